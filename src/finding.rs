//! What a scan says: findings with their places, gaps, and the report that outputs are made of.

use serde::Serialize;

pub use identity::fingerprint;
pub use line_hash::{line_hashes, line_hashes_of};

use crate::model::{GapCode, SourceFile, TextRegion};
use crate::rule::{Level, Rule, Tier};

mod identity;
mod line_hash;

/// What was proved about a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The rule does not apply, for a stated reason.
    Exempt,
    /// The subject breaks the rule.
    Deny,
    /// The subject keeps the rule.
    Pass,
    /// Nothing was proved.
    Open,
}

/// A verdict about a subject, ready to be shown. Made by [`Finding::new`] only.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The number of the rule in [`Report::rules`].
    pub rule: usize,
    /// What was proved.
    pub verdict: Verdict,
    /// The level of a denial; for the others the level that a denial would have had.
    pub level: Level,
    /// What was judged.
    pub subject: Subject,
    /// For a denial one sentence: the resource's name in quotes, what is wrong, what is expected. For
    /// the others the reason.
    pub message: String,
    /// Where to look.
    pub place: Place,
    /// Other places that explain the finding.
    pub related: Vec<Related>,
    /// SHA-256 in lower-case hex: the identity across scans. No line numbers, no message text.
    pub fingerprint: String,
    /// Set when an accepted finding is waived.
    pub waiver: Option<Waived>,
    /// How it relates to the baseline; on all findings of a report or on none.
    pub baseline: Option<BaselineState>,
}

impl Finding {
    /// A finding that is neither waived nor compared with a baseline, and relates to no other place.
    pub fn new(
        rule: usize,
        verdict: Verdict,
        level: Level,
        subject: Subject,
        place: Place,
        message: String,
        fingerprint: String,
    ) -> Self {
        let (related, waiver, baseline) = (Vec::new(), None, None);
        Self { rule, verdict, level, subject, message, place, related, fingerprint, waiver, baseline }
    }
}

/// How a finding relates to the findings of an earlier scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BaselineState {
    /// The earlier scan did not have it.
    New,
    /// The earlier scan had it too.
    Unchanged,
}

/// A finding of the baseline that this scan no longer has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fixed {
    /// The id of its rule.
    pub rule: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Where it was: a path, or `azure` and the id of a live resource.
    pub path: String,
    /// What it said.
    pub message: String,
}

/// Something in a change that would take findings away once it is merged. It has no effect on the scan
/// of the change itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Proposal {
    /// The file that holds it, relative to the repository root; `None` if there is no one file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What it does; starts lower-case, without a full stop.
    pub message: String,
}

/// What a rule judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// Unique within the scan and stable across scans.
    pub id: String,
    /// For people: `mlw-prod-weu`, or `mlw-prod-weu → mlw-prod-neu` for a pair.
    pub name: String,
    /// The workspace pair or workspace under which text output lists it.
    pub group: String,
    /// The tier that decided the level.
    pub tier: Tier,
    /// Whether the pair is only inferred.
    pub inferred: bool,
    /// The subscription (lower case) in whose log it belongs: that of the workspace, of a pair that of the
    /// secondary. `None` if it is not known.
    pub subscription: Option<String>,
}

/// An accepted finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day, `YYYY-MM-DD`.
    pub until: String,
    /// Whether the waiver stands beside the declaration rather than in `holdfast.yaml`.
    pub in_source: bool,
    /// Where the waiver stands.
    pub place: Option<Box<Place>>,
}

/// Another place that explains a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there.
    pub message: String,
}

/// A place in a file, or a resource in Azure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Repository-relative path with `/` for source; for a live resource `azure` and its id in lower
    /// case. Not percent-encoded.
    pub path: String,
    /// Where in the file; `None` for a live resource.
    pub source: Option<SourcePlace>,
    /// The resource, if the place is about one.
    pub resource: Option<ResourceRef>,
}

impl Place {
    /// The place of a range of bytes in a file; `hashes` are those of its lines.
    ///
    /// Of a very long line (minified JSON) only the beginning is kept: places are many.
    pub fn of_text(file: &SourceFile, hashes: &[String], start: u32, end: u32) -> Self {
        let region = file.region(start, end);
        let line = file.line(region.line);
        let units: Vec<u16> = line.encode_utf16().take(MAX_LINE_UNITS).collect();
        let (from, to) = (region.start_column as usize - 1, region.end_column as usize - 1);
        let snippet = units.get(from..to.min(units.len())).unwrap_or_default();
        let source = SourcePlace {
            region,
            snippet: String::from_utf16_lossy(snippet),
            line_text: String::from_utf16_lossy(&units),
            line_hash: hashes.get(region.line as usize - 1).cloned().unwrap_or_default(),
            cell: file.cell_at(start).map(|place| (place.cell, place.line)),
        };
        Self { path: file.path.clone(), source: Some(source), resource: None }
    }
}

/// How much of a line a place holds, in UTF-16 code units.
const MAX_LINE_UNITS: usize = 4096;

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePlace {
    /// One line, exact columns.
    pub region: TextRegion,
    /// The text of the region.
    pub snippet: String,
    /// The whole line, for code frames.
    pub line_text: String,
    /// GitHub's `primaryLocationLineHash` of the line, see `docs/sarif.md`.
    pub line_hash: String,
    /// The cell of a notebook and the line in it, both from 1.
    pub cell: Option<(u32, u32)>,
}

impl SourcePlace {
    /// `cell 3, line 2`, if it is in a notebook.
    pub fn in_notebook(&self) -> Option<String> {
        self.cell.map(|(cell, line)| format!("cell {cell}, line {line}"))
    }
}

/// A resource as outputs name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceRef {
    /// The ARM id as Azure returned it, or the logical name in the source.
    pub qualified_name: String,
    /// Its own name.
    pub name: String,
    /// Its type in lower case.
    pub resource_type: String,
    /// Its region, if known.
    pub location: Option<String>,
    /// The property that the finding is about, as an evidence pointer; empty for the whole resource.
    pub pointer: String,
}

/// Something that could not be read, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedGap {
    /// Which kind.
    pub code: GapCode,
    /// Where, if it is about one place.
    pub place: Option<Place>,
    /// What happened and what to do.
    pub message: String,
    /// The request or step that failed.
    pub operation: Option<String>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Azure's correlation id; `None` in reproducible output.
    pub correlation_id: Option<String>,
    /// Ids of the rules that could not be judged because of it.
    pub rules: Vec<String>,
}

/// How many subjects got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Denials that are not waived, by level.
    pub errors: usize,
    /// Denials of level warning.
    pub warnings: usize,
    /// Denials of level note.
    pub notes: usize,
    /// Nothing proved.
    pub open: usize,
    /// Denials that are waived.
    pub waived: usize,
    /// Passes.
    pub passed: usize,
    /// Exemptions.
    pub exempt: usize,
}

impl Counts {
    /// Denials that are not waived.
    pub fn failed(&self) -> usize {
        self.errors + self.warnings + self.notes
    }
}

/// Where the estate came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EstateKind {
    /// Source code of a repository.
    Iac,
    /// Live subscriptions or a snapshot of them.
    Live,
}

/// The result of a scan: everything that an output needs.
#[derive(Clone, Debug)]
pub struct Report {
    /// The enabled rules in the order of their ids.
    pub rules: Vec<Rule>,
    /// Denials (waived ones too), open verdicts, and, if asked for, passes and exemptions; sorted by
    /// place, rule and fingerprint.
    pub findings: Vec<Finding>,
    /// Totals of all verdicts, whether listed or not.
    pub counts: Counts,
    /// Findings of the baseline that are gone, sorted; empty without a baseline.
    pub fixed: Vec<Fixed>,
    /// What the change would take findings away with, sorted; empty without a base revision.
    pub proposed: Vec<Proposal>,
    /// What could not be read, sorted.
    pub gaps: Vec<ReportedGap>,
    /// Ids of rules that this kind of source can never feed and that were not run.
    pub needs_live_scan: Vec<String>,
    /// Problems of the configuration that do not stop a scan: expired or unmatched waivers.
    pub configuration_warnings: Vec<String>,
    /// Where the estate came from.
    pub kind: EstateKind,
    /// The subscriptions that were read, lower case.
    pub subscriptions: Vec<String>,
    /// What was read.
    pub read: ReadCounts,
    /// Whether the scan was completed: no scope is missing and every rule ran.
    pub complete: bool,
    /// The category of the SARIF log, with a `/` at its end, for example `holdfast/iac/`.
    pub category: String,
    /// Start and end of the scan, RFC 3339 UTC; `None` in reproducible output.
    pub times: Option<(String, String)>,
    /// The exit status that the process will have.
    pub exit_code: i32,
    /// The revision that was scanned, if it is a git checkout.
    pub revision: Option<Revision>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadCounts {
    /// Files per reader.
    pub files: std::collections::BTreeMap<String, usize>,
    /// Resources.
    pub resources: usize,
    /// Azure ML workspaces.
    pub workspaces: usize,
    /// Workspace pairs.
    pub pairs: usize,
}

/// A git checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The URL of the remote `origin`, without credentials.
    pub repository: String,
    /// The commit id.
    pub commit: String,
    /// The branch, if one is checked out.
    pub branch: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_text_holds_its_words_and_its_line() {
        let file = SourceFile::new("a.bicep", "x\n  name: 'é😀'\n");
        let start = file.text.find('\'').expect("a quote") as u32;
        let place = Place::of_text(&file, &line_hashes_of(&file), start, start + 8);
        let source = place.source.expect("in a file");
        assert_eq!((source.region.line, source.snippet.as_str()), (2, "'é😀'"));
        assert_eq!(source.line_text, "  name: 'é😀'");
        assert_eq!(source.line_hash, line_hashes_of(&file)[1]);
    }

    #[test]
    fn a_place_in_a_very_long_line_stays_small() {
        let file = SourceFile::new("a.json", "x".repeat(100_000));
        let source = Place::of_text(&file, &[], 50_000, 60_000).source.expect("in a file");
        assert_eq!((source.region.start_column, source.line_text.len(), source.snippet.len()), (50_001, 4096, 0));
    }
}
