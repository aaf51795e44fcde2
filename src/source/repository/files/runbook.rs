//! Runbooks: documents about failover, by their name or their headings.

use std::collections::BTreeSet;

use crate::model::{FileId, Kind, Value};
use crate::source::repository::Artefact;

use super::top;

/// What the names of such documents hold. (`dr-plan`, `dr_plan`, `dr plan` are one.)
const NAMES: &[&str] = &["failover", "runbook", "disaster", "bcdr", "dr-plan"];

/// What their headings speak of.
const HEADINGS: &[&str] = &["failover", "fail over", "disaster recovery", "business continuity", "region outage"];

/// How many names a document is searched for.
const MOST_NAMES: usize = 500;

pub(super) fn is_named(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace(['_', ' '], "-");
    let name = path.rsplit('/').next().unwrap_or(&path);
    NAMES.iter().any(|known| name.contains(known))
}

/// The runbook that a text is.
pub(super) fn artefact(path: &str, text: &str, file: FileId) -> Option<Artefact> {
    if !is_named(path) && !has_heading(text) {
        return None;
    }
    let mut artefact = Artefact::new("runbook", top(file, text));
    artefact.set("mentions", mentions(text));
    Some(artefact)
}

fn has_heading(text: &str) -> bool {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(str::to_lowercase).any(|line| HEADINGS.iter().any(|known| line.contains(known)))
}

/// What a document speaks of, each with the words for it.
const SUBJECTS: &[(&str, &[&str])] = &[
    ("failover", &["failover", "fail over", "failing over", "fails over"]),
    (
        "resubmission",
        &["resubmi", "re-submi", "submit the job", "submit them again", "rerun", "re-run", "az ml job create"],
    ),
    ("primary", &["primary"]),
    ("secondary", &["secondary", "failover workspace", "failover region", "standby"]),
];

fn mentions(text: &str) -> Value {
    let lower = text.to_lowercase();
    let yes = || Value::new(Kind::Bool(true));
    let spoken = SUBJECTS.iter().filter(|(_, words)| words.iter().any(|word| lower.contains(word)));
    let mut members: Vec<(String, Value)> = spoken.map(|(name, _)| ((*name).to_owned(), yes())).collect();
    let names = names(&lower).into_iter().map(|name| (name.to_owned(), yes())).collect();
    members.push(("names".to_owned(), Value::new(Kind::Object(names))));
    Value::new(Kind::Object(members))
}

/// What may be the name of a resource: letters and digits with a hyphen or a digit between, as workspaces have.
fn names(lower: &str) -> BTreeSet<&str> {
    let words = lower.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    let is_name = |word: &&str| {
        (3..=33).contains(&word.len())
            && word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && word.contains(|c: char| c == '-' || c == '_' || c.is_ascii_digit())
            && word.contains(|c: char| c.is_ascii_alphabetic())
    };
    let mut names = BTreeSet::new();
    for word in words.filter(is_name) {
        if names.len() >= MOST_NAMES {
            break;
        }
        names.insert(word);
    }
    names
}
