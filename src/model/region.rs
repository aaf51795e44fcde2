//! Azure regions.

use std::fmt;
use std::sync::Arc;

/// The name of an Azure region in its short form: `West Europe` and `westeurope` are one region.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(Arc<str>);

impl Region {
    /// Lower-cases and drops blanks, as Azure does for `location`.
    pub fn parse(text: &str) -> Self {
        let name: String = text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
        Self(name.into())
    }

    /// The short name, for example `westeurope`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_name_and_short_name_are_one_region() {
        assert_eq!(Region::parse("East US 2"), Region::parse("eastus2"));
        assert_ne!(Region::parse("eastus"), Region::parse("eastus2"));
    }
}
