//! Findings as results.
//!
//! As with their locations, results borrow from the report and have the members that holdfast fills in.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Serialize;

use super::locations::{Location, Text};
use super::rules::RuleTable;
use crate::finding::{BaselineState, Finding, Verdict, Waived};
use crate::output::escape::{clean, sarif_escaped, uri_path};
use crate::output::wording::{self, State};
use crate::output::{Profile, place};

/// A finding on its way into the log.
pub(super) struct Entry<'a> {
    pub(super) finding: &'a Finding,
    uri: Cow<'a, str>,
    /// Whether an earlier finding of the same rule stands on the same line.
    repeats_line: bool,
}

impl Entry<'_> {
    /// A failure that is not waived: what code scanning is to show.
    pub(super) fn is_active_failure(&self) -> bool {
        State::of(self.finding) == State::Failed
    }
}

/// All findings in the order of the log: place, rule, fingerprint.
pub(super) fn in_order<'a>(findings: &'a [Finding], missing: &'a [Finding], rules: &RuleTable<'_>) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = findings
        .iter()
        .chain(missing)
        .map(|finding| Entry { finding, uri: place::uri(&finding.place), repeats_line: false })
        .collect();
    entries.sort_by(|a, b| {
        let key = |entry: &Entry<'_>| (place::position(&entry.finding.place), rules.index(entry.finding));
        (&a.uri, key(a), &a.finding.fingerprint).cmp(&(&b.uri, key(b), &b.finding.fingerprint))
    });
    mark_repeated_lines(&mut entries);
    entries
}

/// Code scanning makes one alert of two results of one rule with one line hash. Denials go first, so
/// that neither the profile nor listed passes change the identity of an alert.
fn mark_repeated_lines(entries: &mut [Entry<'_>]) {
    let mut seen = HashSet::new();
    let (mut repeated, mut others) = (Vec::new(), Vec::new());
    for (at, entry) in entries.iter().enumerate() {
        let Some(source) = &entry.finding.place.source else { continue };
        let key = (entry.finding.rule, &*entry.uri, source.line_hash.as_str());
        if entry.finding.verdict != Verdict::Deny {
            others.push((at, key));
        } else if !seen.insert(key) {
            repeated.push(at);
        }
    }
    repeated.extend(others.into_iter().filter(|(_, key)| !seen.insert(*key)).map(|(at, _)| at));
    repeated.into_iter().for_each(|at| entries[at].repeats_line = true);
}

/// A result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: i64,
    kind: &'static str,
    level: &'static str,
    message: Text<'a>,
    locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    fingerprints: Fingerprints<'a>,
    partial_fingerprints: PartialFingerprints<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<BaselineState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Suppression<'a>>>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
struct Fingerprints<'a> {
    #[serde(rename = "holdfastFinding/v1")]
    finding: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartialFingerprints<'a> {
    primary_location_line_hash: Cow<'a, str>,
}

#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    justification: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'a>>,
    properties: Acceptance<'a>,
}

#[derive(Serialize)]
struct Acceptance<'a> {
    owner: Cow<'a, str>,
    expires: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    remediation: &'a str,
    subject: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    group: Cow<'a, str>,
    tier: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    inferred_pair: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    property: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    portal: Option<String>,
}

/// A finding as a result; `baseline` tells whether the report was compared with an earlier one.
pub(super) fn result<'a>(
    entry: &'a Entry<'a>,
    rules: &'a RuleTable<'_>,
    profile: Profile,
    baseline: bool,
) -> SarifResult<'a> {
    let finding = entry.finding;
    let related = finding.related.iter().enumerate().map(|(at, place)| Location::related(place, at + 1));
    // The standard wants the suppressions and the baseline state on all results of a run or on none.
    let suppressions = (profile == Profile::Full).then(|| finding.waiver.iter().map(suppression).collect());
    let (kind, level) = kind_and_level(finding);
    SarifResult {
        rule_id: &rules.get(finding).id,
        rule_index: rules.index(finding),
        kind,
        level,
        message: Text { text: Cow::Owned(message_text(finding)) },
        locations: [Location::with_uri(&finding.place, Cow::Borrowed(&entry.uri))],
        related_locations: related.collect(),
        fingerprints: Fingerprints { finding: &finding.fingerprint },
        partial_fingerprints: PartialFingerprints { primary_location_line_hash: line_hash(entry) },
        baseline_state: baseline.then(|| finding.baseline.unwrap_or(BaselineState::New)),
        suppressions,
        properties: properties(finding, rules.remediation(finding)),
    }
}

/// Only failures have a level.
fn kind_and_level(finding: &Finding) -> (&'static str, &'static str) {
    match finding.verdict {
        Verdict::Deny => ("fail", finding.level.as_str()),
        Verdict::Open => ("open", "none"),
        Verdict::Pass => ("pass", "none"),
        Verdict::Exempt => ("notApplicable", "none"),
    }
}

/// The sentence of the finding, then a link to each related place.
fn message_text(finding: &Finding) -> String {
    let sentence = wording::sentence(finding);
    let mut text = match sarif_escaped(&sentence) {
        Cow::Borrowed(_) => sentence,
        Cow::Owned(text) => text,
    };
    for (at, related) in finding.related.iter().enumerate() {
        let label = clean(&related.message).replace('[', "(").replace(']', ")").replace('\\', "/");
        let label = sarif_escaped(label.trim().trim_end_matches('.'));
        let label = if label.is_empty() { "place" } else { &label };
        text.push_str(if at == 0 { " See also: " } else { ", " });
        text.push_str(&format!("[{label}]({})", at + 1));
    }
    if !finding.related.is_empty() {
        text.push('.');
    }
    text
}

/// GitHub's identity of an alert besides rule and path.
fn line_hash<'a>(entry: &Entry<'a>) -> Cow<'a, str> {
    let fingerprint = &entry.finding.fingerprint;
    let start = |length: usize| fingerprint.get(..length).unwrap_or(fingerprint);
    match &entry.finding.place.source {
        Some(source) if !source.line_hash.is_empty() && entry.repeats_line => {
            Cow::Owned(format!("{}:{}", source.line_hash, start(8)))
        }
        Some(source) if !source.line_hash.is_empty() => Cow::Borrowed(&source.line_hash),
        // There is no line that the uploader could hash.
        _ => Cow::Owned(format!("{}:1", start(32))),
    }
}

fn suppression(waiver: &Waived) -> Suppression<'_> {
    Suppression {
        kind: if waiver.in_source { "inSource" } else { "external" },
        status: "accepted",
        justification: clean(&waiver.reason),
        location: waiver.place.as_deref().map(Location::of),
        properties: Acceptance { owner: clean(&waiver.owner), expires: clean(&waiver.until) },
    }
}

fn properties<'a>(finding: &'a Finding, remediation: &'a str) -> Properties<'a> {
    let subject = &finding.subject;
    let resource = finding.place.resource.as_ref();
    let filled = |text: &'a str| (!text.is_empty()).then(|| clean(text));
    let resource_id = place::live_id(&finding.place).map(clean);
    let portal = |id: &Cow<'_, str>| format!("https://portal.azure.com/#resource/{}", uri_path(id.trim_matches('/')));
    Properties {
        remediation,
        subject: clean(&subject.name),
        group: clean(&subject.group),
        tier: subject.tier.as_str(),
        inferred_pair: subject.inferred.then_some(true),
        portal: resource_id.as_ref().map(portal),
        resource_id,
        resource_type: resource.and_then(|resource| filled(&resource.resource_type)),
        location: resource.and_then(|resource| resource.location.as_deref().map(clean)),
        property: resource.and_then(|resource| filled(&resource.pointer)),
    }
}
