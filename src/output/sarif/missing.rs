//! The reserved rule *evidence missing*: what the uploaded log says where nothing could be judged.
//!
//! Code scanning has no open verdicts. Without these notes a resource that could not be read would
//! look like one without defects, and alerts about it would be closed.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Place, Report, ResourceRef, Subject, Verdict, fingerprint};
use crate::output::escape::clean;
use crate::output::place;
use crate::output::wording::{counted, gap as gap_sentence};
use crate::rule::{Change, Level, Remediation, Rule, Scope, Static, Tier};

/// The id of the reserved rule.
pub const EVIDENCE_MISSING: &str = "HF-SCAN-001";

/// How many reasons a note tells.
const MOST_REASONS: usize = 3;

/// The reserved rule.
pub(super) fn rule() -> Rule {
    Rule {
        id: EVIDENCE_MISSING.into(),
        aliases: Vec::new(),
        deprecated: false,
        title: "Everything that a rule needs to know can be read".into(),
        description: "A resource or file could not be read completely, so some rules were not evaluated for it. The \
                      absence of other alerts about it proves nothing."
            .into(),
        package: "holdfast.scan.evidence_missing".into(),
        level: Tier::ALL.into_iter().map(|tier| (tier, Level::Note)).collect(),
        score: 1.0,
        scope: Scope::Estate,
        subject: "evidence".into(),
        tier: None,
        evidence: Vec::new(),
        absence: Vec::new(),
        evidence_seen: true,
        is_static: Static::Yes,
        seeds: Vec::new(),
        change: Change::InPlace,
        cost: String::new(),
        remediation: Remediation {
            text: "Grant the identity of the scan Reader on the resource, correct the file, or give the values that \
                   it leaves open (parameter files, a snapshot as context), as the message says."
                .into(),
            ..Remediation::default()
        },
        aprl: Vec::new(),
        references: Vec::new(),
        custom: false,
    }
}

/// What is missing about one resource or file.
struct Missing<'a> {
    place: &'a Place,
    rules: BTreeSet<&'a str>,
    reasons: BTreeSet<String>,
}

/// One note per resource or file that could not be read or judged completely.
pub(super) fn findings(report: &Report) -> Vec<Finding> {
    let mut by_uri: BTreeMap<String, Missing<'_>> = BTreeMap::new();
    for gap in &report.gaps {
        let Some(place) = &gap.place else { continue };
        let missing = entry(&mut by_uri, place);
        missing.rules.extend(gap.rules.iter().map(String::as_str));
        missing.reasons.insert(gap_sentence(gap));
    }
    for finding in report.findings.iter().filter(|finding| finding.verdict == Verdict::Open) {
        let missing = entry(&mut by_uri, &finding.place);
        missing.rules.insert(&report.rules[finding.rule].id);
    }
    by_uri.into_values().map(|missing| finding(&missing, report.rules.len())).collect()
}

/// The entry of a place; of several places in one file the first counts.
fn entry<'m, 'a>(by_uri: &'m mut BTreeMap<String, Missing<'a>>, place: &'a Place) -> &'m mut Missing<'a> {
    let uri = place::uri(place).into_owned();
    let missing =
        by_uri.entry(uri).or_insert_with(|| Missing { place, rules: BTreeSet::new(), reasons: BTreeSet::new() });
    let before =
        |a: &Place, b: &Place| (a.source.is_none(), place::position(a)) < (b.source.is_none(), place::position(b));
    if before(place, missing.place) {
        missing.place = place;
    }
    missing
}

fn finding(missing: &Missing<'_>, rule: usize) -> Finding {
    let live = place::live_id(missing.place);
    let resource = missing.place.resource.clone().filter(|_| live.is_some());
    let resource = resource.map(|resource| ResourceRef { pointer: String::new(), ..resource });
    let name = resource.as_ref().map_or_else(|| missing.place.path.clone(), |resource| resource.name.clone());
    let target = live.map_or_else(|| missing.place.path.clone(), str::to_ascii_lowercase);
    let fingerprint = fingerprint(EVIDENCE_MISSING, &target, "");
    let place = Place { resource, ..missing.place.clone() };
    let message = message(missing, &name);
    let subject =
        Subject { id: target, name, group: String::new(), tier: Tier::default(), inferred: false, subscription: None };
    Finding::new(rule, Verdict::Deny, Level::Note, subject, place, message, fingerprint)
}

fn message(missing: &Missing<'_>, name: &str) -> String {
    let mut message = format!("Evidence is missing for '{}'.", clean(name));
    if missing.rules.is_empty() {
        message.push_str(" What it declares was not evaluated by any rule.");
    } else {
        let rules: Vec<&str> = missing.rules.iter().copied().collect();
        message.push_str(&format!(" {} not evaluated: {}.", counted(rules.len(), "rule"), rules.join(", ")));
    }
    for reason in missing.reasons.iter().take(MOST_REASONS) {
        message.push(' ');
        message.push_str(reason);
    }
    if missing.reasons.len() > MOST_REASONS {
        message.push_str(&format!(" And {}.", counted(missing.reasons.len() - MOST_REASONS, "more reason")));
    }
    message
}
