//! The findings of an earlier scan, and what a later one has that it had not.
//!
//! Findings are compared by fingerprint, so neither renumbered lines nor moved blocks make a difference.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::finding::{BaselineState, Finding, Fixed, Report, Verdict};
use crate::rule::Level;

/// The largest log that is read, in bytes: some 250,000 results.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// The rule of a log of code scanning under which missing evidence stands.
const EVIDENCE_MISSING: &str = "HF-SCAN-001";

/// Why there is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The file is no SARIF log of holdfast.
    #[error("{path}:{line}: {reason}")]
    Invalid {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// What became of the subject of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordState {
    /// Denied and not waived.
    Failed,
    /// Denied and waived.
    Waived,
    /// Nothing was proved.
    Open,
    /// It passed, or the rule did not apply.
    Proved,
}

/// A finding of a scan that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The id of its rule.
    pub rule: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// What became of its subject.
    pub state: RecordState,
    /// The level, if it failed.
    pub level: Level,
    /// A path, or `azure` and the id of a live resource.
    pub path: String,
    /// The line, from 1, if it is in a file.
    pub line: Option<u32>,
    /// What it says.
    pub message: String,
    /// What was judged, for people.
    pub subject: String,
}

/// The findings of a scan that is over, and what it could have found.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// The findings.
    pub records: Vec<Record>,
    /// The ids of the rules that were run.
    rules: BTreeSet<String>,
    /// Paths at which something could not be read.
    blind: BTreeSet<String>,
    /// Whether the scan was completed.
    pub complete: bool,
}

/// What a later scan has that an earlier one had not, and the other way round. Failures only.
#[derive(Debug, Default)]
pub struct Comparison<'a> {
    /// Failures that the earlier scan had not.
    pub new: Vec<&'a Record>,
    /// Failures of the earlier scan of which the later one proved that they are gone.
    pub fixed: Vec<&'a Record>,
    /// Failures of both.
    pub unchanged: Vec<&'a Record>,
    /// Failures of the earlier scan about which the later one knows nothing.
    pub unknown: Vec<&'a Record>,
}

impl Recorded {
    /// Reads a SARIF log that holdfast wrote.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let shown = path.display().to_string();
        let unreadable = |reason: String| BaselineError::Unreadable { path: shown.clone(), reason };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(unreadable(format!("the file is larger than {MAX_BYTES} bytes")));
        }
        Self::parse(&bytes, &shown)
    }

    /// Reads the text of such a log; `path` is its name in errors.
    pub fn parse(bytes: &[u8], path: &str) -> Result<Self, BaselineError> {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let log: Log = serde_json::from_slice(text).map_err(|error| {
            let message = error.to_string();
            let reason = message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason);
            let reason = format!("not a SARIF log of holdfast: {reason}");
            BaselineError::Invalid { path: path.to_owned(), line: error.line().max(1), reason }
        })?;
        Ok(log.runs.into_iter().fold(Self { complete: true, ..Self::default() }, Self::with_run))
    }

    fn with_run(mut self, run: Run) -> Self {
        let not_run = run.properties.holdfast.needs_live_scan;
        self.rules.extend(run.tool.driver.rules.into_iter().map(|rule| rule.id).filter(|id| !not_run.contains(id)));
        for invocation in run.invocations {
            self.complete &= invocation.execution_successful;
            let notifications = invocation.tool_execution_notifications.into_iter();
            self.blind.extend(notifications.flat_map(|n| n.locations).filter_map(|location| location.path()));
        }
        for result in run.results {
            let record = result.into_record();
            if record.rule == EVIDENCE_MISSING {
                self.blind.insert(record.path);
            } else {
                self.records.push(record);
            }
        }
        self
    }

    /// What a report would be remembered as.
    pub fn of(report: &Report) -> Self {
        let rules = report.rules.iter().map(|rule| &rule.id).filter(|id| !report.needs_live_scan.contains(id));
        let blind = report.gaps.iter().filter_map(|gap| gap.place.as_ref().map(|place| place.path.clone()));
        Self {
            records: report.findings.iter().map(|finding| record(finding, report)).collect(),
            rules: rules.cloned().collect(),
            blind: blind.collect(),
            complete: report.complete,
        }
    }

    fn failures(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| record.state == RecordState::Failed)
    }

    /// Whether this scan proves that a failure of an earlier one is gone, as far as it does not have it.
    fn proves_gone(&self, record: &Record, open: &HashMap<&str, Vec<&Record>>) -> bool {
        let same = |other: &&Record| other.path == record.path || other.subject == record.subject;
        let is_open = open.get(record.rule.as_str()).is_some_and(|others| others.iter().any(same));
        self.complete && self.rules.contains(&record.rule) && !self.blind.contains(&record.path) && !is_open
    }
}

fn record(finding: &Finding, report: &Report) -> Record {
    Record {
        rule: report.rules[finding.rule].id.clone(),
        fingerprint: finding.fingerprint.clone(),
        state: match finding.verdict {
            Verdict::Deny if finding.waiver.is_some() => RecordState::Waived,
            Verdict::Deny => RecordState::Failed,
            Verdict::Open => RecordState::Open,
            Verdict::Pass | Verdict::Exempt => RecordState::Proved,
        },
        level: finding.level,
        path: finding.place.path.clone(),
        line: finding.place.source.as_ref().map(|source| source.region.line),
        message: finding.message.clone(),
        subject: finding.subject.name.clone(),
    }
}

/// Compares two scans.
pub fn compare<'a>(old: &'a Recorded, new: &'a Recorded) -> Comparison<'a> {
    let before: HashSet<&str> = old.failures().map(|record| record.fingerprint.as_str()).collect();
    let denied = |record: &&Record| matches!(record.state, RecordState::Failed | RecordState::Waived);
    let now: HashSet<&str> = new.records.iter().filter(denied).map(|r| r.fingerprint.as_str()).collect();
    let mut open: HashMap<&str, Vec<&Record>> = HashMap::new();
    for record in new.records.iter().filter(|record| record.state == RecordState::Open) {
        open.entry(&record.rule).or_default().push(record);
    }
    let mut result = Comparison::default();
    for record in new.failures() {
        let known = before.contains(record.fingerprint.as_str());
        if known { &mut result.unchanged } else { &mut result.new }.push(record);
    }
    for record in old.failures().filter(|record| !now.contains(record.fingerprint.as_str())) {
        let gone = new.proves_gone(record, &open);
        if gone { &mut result.fixed } else { &mut result.unknown }.push(record);
    }
    result
}

/// Marks the findings of a report as new or unchanged, and lists what is fixed.
///
/// A failure that was waived and is not any more is new: it counts again.
pub fn apply(report: &mut Report, old: &Recorded) {
    let new = Recorded::of(report);
    let mut fixed: Vec<Fixed> = compare(old, &new).fixed.into_iter().map(fixed_of).collect();
    fixed.sort();
    report.fixed = fixed;
    let states: BTreeMap<&str, RecordState> =
        old.records.iter().map(|record| (record.fingerprint.as_str(), record.state)).collect();
    for finding in &mut report.findings {
        let before = states.get(finding.fingerprint.as_str());
        let failed = finding.verdict == Verdict::Deny && finding.waiver.is_none();
        let known = if failed { before == Some(&RecordState::Failed) } else { before.is_some() };
        finding.baseline = Some(if known { BaselineState::Unchanged } else { BaselineState::New });
    }
    if !old.complete {
        let warning = "the scan of the baseline was not completed: what it did not see counts as new";
        report.configuration_warnings.push(warning.to_owned());
    }
}

fn fixed_of(record: &Record) -> Fixed {
    Fixed {
        rule: record.rule.clone(),
        fingerprint: record.fingerprint.clone(),
        path: record.path.clone(),
        message: record.message.clone(),
    }
}

/// What of a SARIF log counts. Members that are missing in a log of holdfast are errors, so that another
/// tool's log is not taken for one without findings.
#[derive(Deserialize)]
struct Log {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    tool: Tool,
    results: Vec<SarifResult>,
    invocations: Vec<Invocation>,
    #[serde(default)]
    properties: RunProperties,
}

#[derive(Deserialize)]
struct Tool {
    driver: Driver,
}

#[derive(Deserialize)]
struct Driver {
    #[serde(rename = "name", deserialize_with = "own_name")]
    _name: (),
    rules: Vec<RuleId>,
}

#[derive(Deserialize)]
struct RuleId {
    id: String,
}

/// Only our own logs have our fingerprints.
fn own_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "holdfast" => Ok(()),
        other => Err(D::Error::custom(format!("it is one of `{}`", other.escape_debug()))),
    }
}

#[derive(Default, Deserialize)]
struct RunProperties {
    #[serde(default)]
    holdfast: OwnProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnProperties {
    #[serde(default)]
    needs_live_scan: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(default)]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Deserialize)]
struct Notification {
    #[serde(default)]
    locations: Vec<Location>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    #[serde(default = "fail")]
    kind: String,
    level: Option<String>,
    message: Message,
    locations: Vec<Location>,
    fingerprints: Fingerprints,
    #[serde(default)]
    suppressions: Vec<Suppression>,
    #[serde(default)]
    properties: ResultProperties,
}

fn fail() -> String {
    "fail".to_owned()
}

#[derive(Deserialize)]
struct Message {
    text: String,
}

#[derive(Deserialize)]
struct Fingerprints {
    #[serde(rename = "holdfastFinding/v1")]
    finding: String,
}

#[derive(Deserialize)]
struct Suppression {
    #[serde(default)]
    status: String,
}

#[derive(Default, Deserialize)]
struct ResultProperties {
    #[serde(default)]
    subject: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<PhysicalLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Option<ArtifactLocation>,
    region: Option<Region>,
}

#[derive(Deserialize)]
struct ArtifactLocation {
    uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: Option<u32>,
}

impl Location {
    fn path(&self) -> Option<String> {
        let artifact = self.physical_location.as_ref()?.artifact_location.as_ref()?;
        artifact.uri.as_deref().map(decoded)
    }

    fn line(&self) -> Option<u32> {
        self.physical_location.as_ref()?.region.as_ref()?.start_line
    }
}

impl SarifResult {
    fn into_record(self) -> Record {
        let accepted = self.suppressions.iter().any(|suppression| suppression.status == "accepted");
        let place = self.locations.first();
        let path = place.and_then(Location::path).unwrap_or_default();
        Record {
            state: match self.kind.as_str() {
                "fail" if accepted => RecordState::Waived,
                "fail" => RecordState::Failed,
                "pass" | "notApplicable" => RecordState::Proved,
                _ => RecordState::Open,
            },
            level: self.level.as_deref().and_then(level).unwrap_or(Level::Warning),
            line: place.and_then(Location::line).filter(|_| !path.starts_with("azure/")),
            path,
            rule: self.rule_id,
            fingerprint: self.fingerprints.finding,
            message: self.message.text,
            subject: self.properties.subject,
        }
    }
}

fn level(name: &str) -> Option<Level> {
    [Level::Error, Level::Warning, Level::Note].into_iter().find(|level| level.as_str() == name)
}

/// A path without percent-encoding.
fn decoded(uri: &str) -> String {
    let bytes = uri.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        plain.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(fingerprint: &str, members: &str) -> String {
        format!(
            r#"{{"ruleId": "HF-STOR-001", "level": "error", "message": {{"text": "m"}}, {members}
  "locations": [{{"physicalLocation": {{"artifactLocation": {{"uri": "infra/a%20b.bicep"}}, "region": {{"startLine": 3}}}}}}],
  "fingerprints": {{"holdfastFinding/v1": "{fingerprint}"}}}}"#
        )
    }

    fn log(results: &[String], successful: bool) -> String {
        format!(
            r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "holdfast", "rules": [{{"id": "HF-STOR-001"}}]}}}},
"invocations": [{{"executionSuccessful": {successful}}}],
"results": [{}]}}]}}"#,
            results.join(",\n")
        )
    }

    fn recorded(results: &[String]) -> Recorded {
        Recorded::parse(log(results, true).as_bytes(), "old.sarif").expect("a log")
    }

    fn prints<'a>(records: &[&'a Record]) -> Vec<&'a str> {
        records.iter().map(|record| record.fingerprint.as_str()).collect()
    }

    #[test]
    fn failures_are_new_fixed_or_unchanged() {
        let old = recorded(&[result("a", ""), result("b", "")]);
        let new = recorded(&[result("b", ""), result("c", "")]);
        let found = compare(&old, &new);
        assert_eq!((prints(&found.new), prints(&found.unchanged)), (vec!["c"], vec!["b"]));
        assert_eq!((prints(&found.fixed), prints(&found.unknown)), (vec!["a"], vec![]));
        assert_eq!(found.new[0].path, "infra/a b.bicep");
        assert_eq!(found.new[0].line, Some(3));
    }

    #[test]
    fn what_is_not_known_any_more_is_not_fixed() {
        let old = recorded(&[result("a", "")]);
        let open = recorded(&[result("o", r#""kind": "open","#)]);
        assert_eq!(prints(&compare(&old, &open).unknown), ["a"]);
        let incomplete = Recorded::parse(log(&[], false).as_bytes(), "new.sarif").expect("a log");
        assert_eq!(prints(&compare(&old, &incomplete).unknown), ["a"]);
        let missing = result("m", "").replace("HF-STOR-001", EVIDENCE_MISSING);
        assert_eq!(prints(&compare(&old, &recorded(&[missing])).unknown), ["a"]);
        let without = log(&[], true).replace("HF-STOR-001", "HF-STOR-002");
        let without = Recorded::parse(without.as_bytes(), "new.sarif").expect("a log");
        assert_eq!(prints(&compare(&old, &without).unknown), ["a"]);
    }

    #[test]
    fn a_waived_finding_is_neither_new_nor_fixed() {
        let waived = result("a", r#""suppressions": [{"kind": "external", "status": "accepted"}],"#);
        let (failed, waived) = (recorded(&[result("a", "")]), recorded(&[waived]));
        let found = compare(&failed, &waived);
        assert!(found.new.is_empty() && found.fixed.is_empty() && found.unknown.is_empty());
        assert_eq!(prints(&compare(&waived, &failed).new), ["a"], "its waiver is gone");
    }

    #[test]
    fn a_broken_log_is_named_with_its_line() {
        let whole = log(&[result("a", ""), result("b", "")], true);
        let error = |text: &str| Recorded::parse(text.as_bytes(), "old.sarif").expect_err("broken").to_string();
        let lines: Vec<&str> = whole.lines().collect();
        assert!(error(&lines[..4].join("\n")).starts_with("old.sarif:4: not a SARIF log of holdfast: EOF"));
        assert!(error(&whole.replace("\"holdfast\"", "\"trivy\"")).starts_with("old.sarif:1: "));
        let without = whole.replacen("holdfastFinding/v1", "other/v1", 1);
        assert_eq!(error(&without), "old.sarif:5: not a SARIF log of holdfast: missing field `holdfastFinding/v1`");
        for text in ["", "[]", "{}", "{\"runs\": [{}]}", "\u{feff}x"] {
            assert!(error(text).starts_with("old.sarif:1: not a SARIF log of holdfast: "), "{text}");
        }
    }
}
