//! What all outputs say in the same words.

use std::borrow::Cow;

use super::escape::clean;
use crate::finding::{Counts, Finding, Proposal, ReadCounts, ReportedGap, Verdict};
use crate::rule::Rule;

/// What became of a subject, as people read it: a verdict, with waived denials apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// Denied and not waived.
    Failed,
    /// Nothing was proved.
    Open,
    /// Denied and waived.
    Waived,
    /// Proved good.
    Passed,
    /// The rule does not apply.
    Exempt,
}

impl State {
    pub(super) fn of(finding: &Finding) -> Self {
        match finding.verdict {
            Verdict::Deny if finding.waiver.is_some() => Self::Waived,
            Verdict::Deny => Self::Failed,
            Verdict::Open => Self::Open,
            Verdict::Pass => Self::Passed,
            Verdict::Exempt => Self::Exempt,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Open => "open",
            Self::Waived => "waived",
            Self::Passed => "passed",
            Self::Exempt => "exempt",
        }
    }
}

/// A finding in one or more sentences.
pub(super) fn sentence(finding: &Finding) -> String {
    let message = clean(finding.message.trim());
    let name = clean(&finding.subject.name);
    let text = match finding.verdict {
        Verdict::Deny if message.is_empty() => format!("'{name}' breaks the rule"),
        Verdict::Deny => message.into_owned(),
        Verdict::Open if message.is_empty() => format!("'{name}' could not be judged"),
        Verdict::Open => format!("'{name}' could not be judged: {message}"),
        Verdict::Pass if message.is_empty() => format!("'{name}' keeps the rule"),
        Verdict::Pass => format!("'{name}' keeps the rule: {message}"),
        Verdict::Exempt => format!("The rule does not apply to '{name}': {message}"),
    };
    stopped(text)
}

/// What to do about a finding of a rule, one or more sentences without code.
pub(super) fn remediation(rule: &Rule) -> String {
    let sentences = rule.remediation.sentences();
    let text = clean(sentences.trim_end_matches(':'));
    if text.is_empty() { format!("Make this true: {}.", clean(&rule.title)) } else { stopped(text.into_owned()) }
}

/// The first sentence of a text.
pub(super) fn first_sentence(text: &str) -> Cow<'_, str> {
    let end = text.match_indices(['.', '!', '?']).map(|(at, mark)| at + mark.len()).find(|end| {
        // A stop within a name or a number is not the end of a sentence, nor is an abbreviation.
        let (before, after) = text.split_at(*end);
        (after.is_empty() || after.starts_with(char::is_whitespace))
            && !before.ends_with("e.g.")
            && !before.ends_with("i.e.")
    });
    clean(&text[..end.unwrap_or(text.len())])
}

/// A gap in one sentence: what kind, what happened, which request.
pub(super) fn gap(gap: &ReportedGap) -> String {
    let mut text = format!("{}: {}", gap.code.title(), clean(gap.message.trim()).trim_end_matches('.'));
    let detail: Vec<String> =
        gap.operation.iter().map(|o| clean(o).into_owned()).chain(gap.status.map(|s| format!("status {s}"))).collect();
    if !detail.is_empty() {
        text.push_str(&format!(" ({})", detail.join(", ")));
    }
    stopped(text)
}

/// What a change proposes, with its place.
pub(super) fn proposal(proposal: &Proposal) -> String {
    let place = match (&proposal.path, proposal.line) {
        (Some(path), Some(line)) => format!("{}:{line}: ", clean(path)),
        (Some(path), None) => format!("{}: ", clean(path)),
        (None, _) => String::new(),
    };
    format!("{place}{}", clean(&proposal.message))
}

/// `1 rule`, `2 rules`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Failures by level: `2 errors, 1 warning`; empty where there is none.
pub(super) fn by_level(counts: &Counts) -> String {
    let levels = [(counts.errors, "error"), (counts.warnings, "warning"), (counts.notes, "note")];
    let named = levels.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(*count, noun));
    named.collect::<Vec<_>>().join(", ")
}

/// What was read, on one line.
pub(super) fn read(read: &ReadCounts) -> String {
    let files: usize = read.files.values().sum();
    let mut text = String::new();
    if files > 0 {
        let by_reader: Vec<String> = read.files.iter().map(|(reader, count)| format!("{count} {reader}")).collect();
        text = format!("{} ({}), ", counted(files, "file"), by_reader.join(", "));
    }
    let resources = counted(read.resources, "resource");
    format!("{text}{resources}, {}, {}", counted(read.workspaces, "workspace"), counted(read.pairs, "workspace pair"))
}

/// With a full stop at its end.
fn stopped(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_ends_before_a_blank() {
        assert_eq!(first_sentence("Version 2.0 of x, e.g. y, is old. It goes."), "Version 2.0 of x, e.g. y, is old.");
        assert_eq!(first_sentence("no stop"), "no stop");
    }

    #[test]
    fn counts_agree_with_their_noun() {
        assert_eq!(counted(1, "rule"), "1 rule");
        assert_eq!(counted(0, "rule"), "0 rules");
    }
}
