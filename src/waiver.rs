//! Accepted findings: who accepted what, why, and until when.

use crate::config::Pattern;
use crate::date::Date;

/// An accepted finding, from `holdfast.yaml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// A rule id or a glob of ids.
    pub rule: Pattern,
    /// What it is about: an ARM id, a name, a path, or a glob of one.
    pub target: WaiverTarget,
    /// Why the finding is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub until: Date,
    /// The line (from 1) at which it begins.
    pub line: u32,
}

/// What a waiver is about.
#[derive(Clone, Debug, PartialEq)]
pub enum WaiverTarget {
    /// A resource or subject, by ARM id, name, or a glob of one.
    Resource(Pattern),
    /// Files, by a glob of their paths relative to the repository root.
    Path(Pattern),
}

impl WaiverTarget {
    /// A path if it holds a `/` and does not begin with one (as ARM ids do); otherwise an id or a name.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains('/') && !text.starts_with('/') && !text.starts_with("*/") {
            Pattern::path(text).map(Self::Path)
        } else {
            Pattern::name(text).map(Self::Resource)
        }
    }
}
