//! The major version of the azurerm provider, on which defaults depend.

use super::module::{Project, join};

/// A version as numbers.
type Version = (u32, u32, u32);

/// Majors that exist. <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides>
const MAJORS: std::ops::RangeInclusive<u32> = 1..=5;

/// The major version that the lock file names, or the only one that all constraints allow.
pub(super) fn azurerm_major<'c>(
    project: &Project,
    root: &str,
    constraints: impl Iterator<Item = &'c String>,
) -> Option<u32> {
    if let Some(major) = locked(project, root) {
        return Some(major);
    }
    let constraints: Vec<&String> = constraints.collect();
    only_major(constraints.iter().map(|constraint| constraint.as_str()))
}

/// The only major version that constraints allow.
pub(super) fn only_major<'c>(constraints: impl Iterator<Item = &'c str>) -> Option<u32> {
    let (mut low, mut high) = ((0, 0, 0), (u32::MAX, 0, 0));
    for clause in constraints.flat_map(|constraint| constraint.split(',')) {
        let (from, until) = bounds(clause.trim())?;
        low = low.max(from);
        high = high.min(until);
    }
    let mut allowed = MAJORS.filter(|major| low < (major + 1, 0, 0) && high > (*major, 0, 0));
    let first = allowed.next()?;
    allowed.next().is_none().then_some(first)
}

/// The versions that a clause allows: from, and until (exclusive). `None` if it cannot be read.
fn bounds(clause: &str) -> Option<(Version, Version)> {
    const NEVER: Version = (u32::MAX, 0, 0);
    let digits = clause.find(|c: char| c.is_ascii_digit())?;
    let (operator, text) = clause.split_at(digits);
    let parts: Vec<u32> =
        text.split('-').next()?.trim().split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let part = |index: usize| parts.get(index).copied().unwrap_or(0);
    let version = (part(0), part(1), part(2));
    let next = (version.0, version.1, version.2.checked_add(1)?);
    Some(match operator.trim().trim_end_matches('v').trim() {
        "" | "=" => (version, next),
        ">=" => (version, NEVER),
        ">" => (next, NEVER),
        "<" => ((0, 0, 0), version),
        "<=" => ((0, 0, 0), next),
        "!=" => ((0, 0, 0), NEVER),
        "~>" => match parts.len() {
            1 => (version, NEVER),
            2 => (version, (version.0 + 1, 0, 0)),
            _ => (version, (version.0, version.1 + 1, 0)),
        },
        _ => return None,
    })
}

/// `version = "4.12.0"` of the provider's block in `.terraform.lock.hcl`.
fn locked(project: &Project, root: &str) -> Option<u32> {
    let text = project.tree.read(&join(root, ".terraform.lock.hcl")).ok()?;
    let block =
        text.split("provider \"").find(|block| block.starts_with("registry.terraform.io/hashicorp/azurerm\""))?;
    let line = block.lines().find_map(|line| line.trim().strip_prefix("version"))?;
    line.trim_start_matches([' ', '=', '"']).split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_name_a_major_if_they_leave_only_one() {
        let major = |constraints: &[&str]| only_major(constraints.iter().copied());
        assert_eq!(major(&["~> 3.0"]), Some(3));
        assert_eq!(major(&["~>4.12.1"]), Some(4));
        assert_eq!(major(&["=2.99.0"]), Some(2));
        assert_eq!(major(&[">= 3.74, < 4"]), Some(3));
        assert_eq!(major(&[">= 3.74, < 4.0.0"]), Some(3));
        assert_eq!(major(&[">= 3.0"]), None);
        assert_eq!(major(&[">= 3.0", "~> 4.1"]), Some(4));
        assert_eq!(major(&[]), None);
        assert_eq!(major(&[">= 5.0"]), Some(5));
    }
}
