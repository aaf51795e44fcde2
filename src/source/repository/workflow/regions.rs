//! Which words are Azure regions, and which environments a name tells.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::config::NameTokens;
use crate::model::Region;

/// The tables that name regions.
const TABLES: [&str; 3] = [
    include_str!("../../../../policies/data/ml-regions.json"),
    include_str!("../../../../policies/data/paired-regions.json"),
    include_str!("../../../../policies/data/zone-regions.json"),
];

static REGIONS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let tables = TABLES.iter().filter_map(|table| serde_json::from_str::<serde_json::Value>(table).ok());
    let names = tables.filter_map(|table| Some(table.get("regions")?.as_object()?.keys().cloned().collect::<Vec<_>>()));
    names.flatten().collect()
});

static WORDS: LazyLock<NameTokens> = LazyLock::new(NameTokens::default);

/// The region that a text is, in short form: `West Europe` is `westeurope`.
pub(super) fn region(text: &str) -> Option<String> {
    // No region has a longer name.
    const LONGEST: usize = 40;
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let name = Region::parse(text);
    REGIONS.contains(name.as_str()).then(|| name.as_str().to_owned())
}

/// The regions that stand in a text as words of their own.
pub(super) fn regions_in(text: &str) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = text.split(|c: char| !c.is_alphanumeric()).filter_map(region).collect();
    found.extend(text.split(|c: char| !c.is_alphanumeric() && c != ' ').filter_map(region));
    found
}

/// Whether a name says that it holds a region: `location`, `deployRegion`, `secondary_location`.
pub(super) fn is_region_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains("location") || lower.contains("region")
}

/// The environments that a name tells, for example `prod`.
pub(super) fn environments(text: &str) -> BTreeSet<String> {
    // Names of files and groups are shorter.
    const LONGEST: usize = 400;
    if text.len() > LONGEST { BTreeSet::new() } else { WORDS.environments(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_whole_words() {
        assert_eq!(region("West Europe").as_deref(), Some("westeurope"));
        assert_eq!(region("prod"), None);
        let found = regions_in("infra/main.westeurope.bicepparam, 'North Europe' rg-eastus2 westeuropean");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["eastus2", "northeurope", "westeurope"]);
        assert!(is_region_name("secondaryLocation") && !is_region_name("name"));
        assert!(environments("infra/prod-weu.tfvars").contains("prod"));
    }
}
