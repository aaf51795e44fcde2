//! Globs over names, ids and paths.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

/// A glob that compiles. Case does not count, as in Azure.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// A glob over names or ids: `*` matches anything, also `/`.
    pub fn name(text: &str) -> Result<Self, String> {
        Self::build(text, false)
    }

    /// A glob over paths: `*` stays within a folder, `**` does not.
    pub fn path(text: &str) -> Result<Self, String> {
        Self::build(text.strip_prefix("./").unwrap_or(text), true)
    }

    fn build(text: &str, path: bool) -> Result<Self, String> {
        let glob = GlobBuilder::new(text).case_insensitive(true).literal_separator(path).backslash_escape(true).build();
        match glob {
            Ok(glob) => Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() }),
            Err(error) => Err(error.kind().to_string()),
        }
    }

    /// Whether it matches.
    pub fn matches(&self, text: &str) -> bool {
        text.eq_ignore_ascii_case(&self.text) || self.matcher.is_match(text)
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it holds a wildcard.
    pub fn is_glob(&self) -> bool {
        self.text.contains(['*', '?', '[', '{'])
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
