//! The identity of a finding across scans.

use sha2::{Digest, Sha256};

/// Names the recipe; it changes only with the recipe.
const RECIPE: &str = "holdfast/finding/v1";

/// The fingerprint of a finding: SHA-256 in lower-case hex of the recipe, the rule, the target and the
/// discriminator.
///
/// The target is the lower-case ARM id of a live resource, or the path and the logical name of a
/// declared one (and, where it is instantiated more than once, the module call and the parameter file).
/// The discriminator tells two findings of one rule about one target apart. None of them holds line
/// numbers, message text, levels, versions or times, so the fingerprint survives their change.
pub fn fingerprint(rule: &str, target: &str, discriminator: &str) -> String {
    let text = [RECIPE, rule, target, discriminator].join("\n");
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_counts() {
        let base = fingerprint("HF-STOR-001", "/subscriptions/s", "");
        assert_eq!(base.len(), 64);
        assert_ne!(base, fingerprint("HF-STOR-002", "/subscriptions/s", ""));
        assert_ne!(base, fingerprint("HF-STOR-001", "/subscriptions/t", ""));
        assert_ne!(base, fingerprint("HF-STOR-001", "/subscriptions/s", "/sku"));
    }

    #[test]
    fn the_recipe_is_sha_256_of_the_parts_on_lines() {
        // printf 'holdfast/finding/v1\nHF-SCAN-001\ninfra/main.bicep\n' | sha256sum
        assert_eq!(
            fingerprint("HF-SCAN-001", "infra/main.bicep", ""),
            "b8d009d15cff61e284887247a76934def7282276e06c47392849c3a999c16f89"
        );
    }
}
