//! Findings as results.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Value, json};
use serde_sarif::sarif::{PropertyBag, Result as SarifResult, ResultKind, ResultLevel, Suppression};

use super::locations::{location, related};
use super::rules::RuleTable;
use super::{bag, message};
use crate::finding::{BaselineState, Finding, Verdict, Waived};
use crate::output::escape::{clean, sarif_message, uri_path};
use crate::output::wording::{self, State};
use crate::output::{Profile, place};
use crate::rule::Level;

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

/// A finding as a result; `baseline` tells whether the report was compared with an earlier one.
pub(super) fn result(entry: &Entry<'_>, rules: &RuleTable<'_>, profile: Profile, baseline: bool) -> SarifResult {
    let finding = entry.finding;
    let rule = rules.get(finding);
    let (kind, level) = kind_and_level(finding);
    let mut result = SarifResult::builder()
        .rule_id(rule.id.as_str())
        .rule_index(rules.index(finding))
        .kind(kind)
        .level(level)
        .message(message(message_text(finding)))
        .locations(vec![location(&finding.place)])
        .fingerprints([("holdfastFinding/v1".to_owned(), finding.fingerprint.clone())])
        .partial_fingerprints([("primaryLocationLineHash".to_owned(), line_hash(entry))])
        .properties(properties(finding, rules.remediation(finding)))
        .build();
    if !finding.related.is_empty() {
        let places = finding.related.iter().enumerate();
        result.related_locations = Some(places.map(|(at, place)| related(place, at + 1)).collect());
    }
    // The standard wants these two on all results of a run or on none.
    if profile == Profile::Full {
        result.suppressions = Some(finding.waiver.iter().map(suppression).collect());
    }
    if baseline {
        result.baseline_state = Some(json!(finding.baseline.unwrap_or(BaselineState::New)));
    }
    result
}

fn kind_and_level(finding: &Finding) -> (ResultKind, ResultLevel) {
    match finding.verdict {
        Verdict::Deny => (ResultKind::Fail, result_level(finding.level)),
        Verdict::Open => (ResultKind::Open, ResultLevel::None),
        Verdict::Pass => (ResultKind::Pass, ResultLevel::None),
        Verdict::Exempt => (ResultKind::NotApplicable, ResultLevel::None),
    }
}

fn result_level(level: Level) -> ResultLevel {
    match level {
        Level::Error => ResultLevel::Error,
        Level::Warning => ResultLevel::Warning,
        Level::Note => ResultLevel::Note,
    }
}

/// The sentence of the finding, then a link to each related place.
fn message_text(finding: &Finding) -> String {
    let sentence = wording::sentence(finding);
    let mut text = sarif_message(&sentence).into_owned();
    for (at, related) in finding.related.iter().enumerate() {
        let label = related.message.replace('[', "(").replace(']', ")").replace('\\', "/");
        let label = sarif_message(&label);
        let label = if label.trim().is_empty() { "place" } else { label.trim().trim_end_matches('.') };
        text.push_str(if at == 0 { " See also: " } else { ", " });
        text.push_str(&format!("[{label}]({})", at + 1));
    }
    if !finding.related.is_empty() {
        text.push('.');
    }
    text
}

/// GitHub's identity of an alert besides rule and path.
fn line_hash(entry: &Entry<'_>) -> String {
    let fingerprint = &entry.finding.fingerprint;
    let start = |length: usize| fingerprint.get(..length).unwrap_or(fingerprint);
    match &entry.finding.place.source {
        Some(source) if !source.line_hash.is_empty() && entry.repeats_line => {
            format!("{}:{}", source.line_hash, start(8))
        }
        Some(source) if !source.line_hash.is_empty() => source.line_hash.clone(),
        // There is no line that the uploader could hash.
        _ => format!("{}:1", start(32)),
    }
}

fn suppression(waiver: &Waived) -> Suppression {
    let mut suppression = Suppression::builder()
        .kind(json!(if waiver.in_source { "inSource" } else { "external" }))
        .status(json!("accepted"))
        .justification(clean(&waiver.reason))
        .properties(bag([("owner", json!(clean(&waiver.owner))), ("expires", json!(clean(&waiver.until)))]))
        .build();
    suppression.location = waiver.place.as_deref().map(location);
    suppression
}

fn properties(finding: &Finding, remediation: &str) -> PropertyBag {
    let subject = &finding.subject;
    let mut members: Vec<(&'static str, Value)> = vec![
        ("remediation", json!(remediation)),
        ("subject", json!(clean(&subject.name))),
        ("group", json!(clean(&subject.group))),
        ("tier", json!(subject.tier.as_str())),
    ];
    if subject.inferred {
        members.push(("inferredPair", json!(true)));
    }
    if let Some(resource) = &finding.place.resource {
        if !resource.resource_type.is_empty() {
            members.push(("resourceType", json!(clean(&resource.resource_type))));
        }
        members.extend(resource.location.as_ref().map(|location| ("location", json!(clean(location)))));
        if !resource.pointer.is_empty() {
            members.push(("property", json!(clean(&resource.pointer))));
        }
    }
    if let Some(id) = place::live_id(&finding.place) {
        let id = clean(id);
        members
            .push(("portal", json!(format!("https://portal.azure.com/#resource/{}", uri_path(id.trim_matches('/'))))));
        members.push(("resourceId", json!(id)));
    }
    bag(members)
}
