//! JUnit XML: a suite per rule with a case per subject.
//!
//! Only what was proved good is a passed case. Open and waived subjects are skipped ones, and a scope
//! that could not be read is an error, so that a report of green cases says no more than it may.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::OutputOptions;
use super::escape::xml;
use super::place::{label, position};
use super::wording::{State, gap as gap_sentence, remediation, sentence};
use crate::finding::{Finding, Report, ReportedGap};

/// How a case ended.
enum Outcome {
    Passed,
    Skipped,
    Failed,
    Error,
}

struct Case {
    outcome: Outcome,
    xml: String,
}

/// Writes a report as JUnit XML.
pub(super) fn write(report: &Report, _: &OutputOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<usize, Vec<Case>> = BTreeMap::new();
    for finding in &report.findings {
        suites.entry(finding.rule).or_default().push(finding_case(finding, report));
    }
    let mut suites: Vec<(String, Vec<Case>)> = suites
        .into_iter()
        .map(|(rule, cases)| (format!("{} {}", report.rules[rule].id, report.rules[rule].title), cases))
        .collect();
    if !report.gaps.is_empty() || !report.complete {
        suites.push(("evidence".to_owned(), evidence(report)));
    }
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"holdfast\"{}>", totals(all()))?;
    for (name, cases) in &suites {
        writeln!(out, "  <testsuite name=\"{}\"{}>", xml(name), totals(cases.iter()))?;
        for case in cases {
            out.write_all(case.xml.as_bytes())?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")?;
    out.flush()
}

fn totals<'a>(cases: impl Iterator<Item = &'a Case>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.outcome {
            Outcome::Passed => {}
            Outcome::Skipped => skipped += 1,
            Outcome::Failed => failures += 1,
            Outcome::Error => errors += 1,
        }
    }
    format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

fn finding_case(finding: &Finding, report: &Report) -> Case {
    let rule = &report.rules[finding.rule];
    let message = sentence(finding);
    let (outcome, inner) = match State::of(finding) {
        State::Failed => {
            let body = format!("{}\n{message}\nFix: {}", label(&finding.place), remediation(rule));
            (Outcome::Failed, element("failure", finding.level.as_str(), &message, &body))
        }
        State::Open => (Outcome::Skipped, element("skipped", "open", &message, "")),
        State::Waived => {
            let reason = finding.waiver.as_ref().map(|waiver| waiver.reason.as_str()).unwrap_or_default();
            (Outcome::Skipped, element("skipped", "waived", &format!("Waived: {reason}. {message}"), ""))
        }
        State::Exempt => (Outcome::Skipped, element("skipped", "exempt", &message, "")),
        State::Passed => (Outcome::Passed, String::new()),
    };
    let name = format!("{} ({})", finding.subject.name, label(&finding.place));
    let file = match &finding.place.source {
        Some(_) => format!(" file=\"{}\" line=\"{}\"", xml(&finding.place.path), position(&finding.place).0),
        None => String::new(),
    };
    Case { outcome, xml: case(&rule.id, &name, &file, &inner) }
}

/// A case for everything that could not be read, and one for a scan that was not completed.
fn evidence(report: &Report) -> Vec<Case> {
    let mut cases: Vec<Case> = report.gaps.iter().map(gap_case).collect();
    if !report.complete {
        let text = "The scan was not completed. What this report does not say proves nothing.";
        let inner = element("error", "incomplete", text, "");
        cases.push(Case { outcome: Outcome::Error, xml: case("evidence", "complete", "", &inner) });
    }
    cases
}

fn gap_case(gap: &ReportedGap) -> Case {
    let place = gap.place.as_ref().map_or_else(|| "scan".to_owned(), label);
    let text = gap_sentence(gap);
    let (outcome, kind) =
        if gap.code.ends_complete_scan() { (Outcome::Error, "error") } else { (Outcome::Skipped, "skipped") };
    let inner = element(kind, gap.code.as_str(), &text, "");
    Case { outcome, xml: case("evidence", &format!("{} ({place})", gap.code.as_str()), "", &inner) }
}

fn case(class: &str, name: &str, attributes: &str, inner: &str) -> String {
    let start = format!("    <testcase classname=\"{}\" name=\"{}\"{attributes}", xml(class), xml(name));
    if inner.is_empty() { format!("{start}/>\n") } else { format!("{start}>\n{inner}    </testcase>\n") }
}

fn element(name: &str, kind: &str, message: &str, body: &str) -> String {
    // `skipped` has no type in the schema that most readers follow.
    let kind = if name == "skipped" { String::new() } else { format!(" type=\"{}\"", xml(kind)) };
    let start = format!("      <{name}{kind} message=\"{}\"", xml(message));
    if body.is_empty() {
        format!("{start}/>\n")
    } else {
        format!("{start}>{}</{name}>\n", super::escape::xml_block(body))
    }
}
