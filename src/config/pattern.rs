//! Globs over names, ids and paths.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

/// A glob that compiles. Case does not count, as in Azure.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
    is_path: bool,
}

/// Longer globs are refused: nobody reads them, and they make large automata.
const MAX_LENGTH: usize = 1024;

impl Pattern {
    /// A glob over names or ids: `*` matches anything, also `/`.
    pub fn name(text: &str) -> Result<Self, String> {
        Self::build(text, text, false)
    }

    /// A glob over paths relative to the repository root: `*` stays within a folder, `**` does not. One
    /// that matches a folder covers all that is in it.
    pub fn path(text: &str) -> Result<Self, String> {
        let glob = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        Self::build(text, glob, true)
    }

    fn build(text: &str, glob: &str, is_path: bool) -> Result<Self, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("it is longer than {MAX_LENGTH} bytes"));
        }
        let mut builder = GlobBuilder::new(glob);
        builder.case_insensitive(true).literal_separator(is_path).backslash_escape(true);
        let glob = builder.build().map_err(|error| error.kind().to_string())?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher(), is_path })
    }

    /// Whether it matches; for a path also if it matches one of its folders.
    pub fn matches(&self, text: &str) -> bool {
        if text.eq_ignore_ascii_case(&self.text) || self.matches_whole(text) {
            return true;
        }
        self.is_path && text.match_indices('/').any(|(at, _)| self.matches_whole(&text[..at]))
    }

    /// Names are compared directly: it is faster, and there may be many waivers and findings.
    fn matches_whole(&self, text: &str) -> bool {
        if self.is_glob() || self.is_path { self.matcher.is_match(text) } else { false }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it holds a wildcard.
    pub fn is_glob(&self) -> bool {
        self.text.contains(['*', '?', '[', '{', '\\'])
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.is_path == other.is_path
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_of_a_name_crosses_slashes() {
        let glob = Pattern::name("/subscriptions/*/storageAccounts/stmlprod*").expect("a glob");
        assert!(
            glob.matches("/SUBSCRIPTIONS/0/resourceGroups/rg/providers/Microsoft.Storage/storageaccounts/stMLprodweu")
        );
        assert!(!glob.matches("/subscriptions/0/resourceGroups/rg"));
    }

    #[test]
    fn a_star_of_a_path_stays_in_its_folder() {
        let glob = Pattern::path("infra/*.bicep").expect("a glob");
        assert!(glob.matches("infra/main.bicep"));
        assert!(!glob.matches("infra/modules/main.bicep"));
        assert!(Pattern::path("**/*.bicep").expect("a glob").matches("infra/modules/main.bicep"));
    }

    #[test]
    fn a_folder_covers_what_is_in_it() {
        for text in ["sandbox", "sandbox/", "./sandbox", "sand*"] {
            let glob = Pattern::path(text).expect("a glob");
            assert!(glob.matches("sandbox/deep/main.tf"), "{text}");
            assert!(!glob.matches("infra/sandbox.tf"), "{text}");
        }
        assert!(Pattern::path("**/tests").expect("a glob").matches("a/tests/x.json"));
    }

    #[test]
    fn a_broken_glob_has_a_reason() {
        assert!(Pattern::name("mlw-[a").expect_err("broken").contains("character class"));
        assert!(Pattern::name(&"a".repeat(2000)).is_err());
    }
}
