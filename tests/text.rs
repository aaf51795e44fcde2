//! The output for people, as a whole.

use holdfast::finding::{EstateKind, Report};
use holdfast::output::{self, Format, OutputOptions};

#[path = "support/reports.rs"]
mod reports;

fn text(report: &Report, color: bool) -> String {
    let format = Format::parse("text").expect("text is a format");
    let mut out = Vec::new();
    let options = OutputOptions { color, width: 100, ..OutputOptions::default() };
    output::write(report, format, &options, &mut out).expect("a vector can be written to");
    String::from_utf8(out).expect("text is UTF-8")
}

#[test]
fn a_repository_reads_like_this() {
    let expected = include_str!("support/repository.txt");
    assert_eq!(text(&reports::repository(), false), expected);
}

#[test]
fn colours_change_nothing_but_the_colours() {
    let colored = text(&reports::repository(), true);
    assert!(colored.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text(&reports::repository(), false));
}

#[test]
fn a_live_finding_shows_the_id_and_the_command() {
    let text = text(&reports::tenant(true), false);
    assert!(text.contains(&format!("--> {}\n", reports::WORKSPACE)), "{text}");
    assert!(text.contains("az ml workspace create"), "{text}");
    assert!(!text.contains("INCOMPLETE"), "{text}");
}

#[test]
fn an_incomplete_scan_is_loud_and_last() {
    let text = text(&reports::tenant(false), false);
    let last = text.lines().last().expect("there are lines");
    assert!(last.starts_with("INCOMPLETE: the scan was not completed (1 reason above)."), "{last}");
    assert!(text.contains("scope-unreadable (1)"), "{text}");
}

#[test]
fn open_verdicts_with_one_reason_are_one_line() {
    let mut report = reports::tenant(true);
    let open = report.findings[0].clone();
    report.findings = (0..500)
        .map(|number| {
            let mut open = open.clone();
            open.subject.name = format!("mlw-{number:03}");
            open
        })
        .collect();
    let text = text(&report, false);
    assert!(text.contains("500 × its storage account could not be read [mlw-000, mlw-001, mlw-002 and 497"), "{text}");
    assert!(text.lines().count() < 40, "{text}");
}

#[test]
fn many_gaps_are_counted_and_not_all_listed() {
    let mut report = reports::empty(EstateKind::Iac);
    for number in 0..1_000 {
        let place = holdfast::finding::Place { path: format!("{number:04}.json"), source: None, resource: None };
        report.gaps.push(reports::gap(holdfast::model::GapCode::SyntaxError, Some(place), "expected a comma", &[]));
    }
    let text = text(&report, false);
    assert!(text.contains("syntax-error (1000)") && text.contains("and 980 more"), "{text}");
    assert!(text.lines().count() < 50, "{text}");
}

#[test]
fn with_a_baseline_only_new_findings_are_explained() {
    use holdfast::finding::{BaselineState, Fixed};
    let mut report = reports::repository();
    for finding in &mut report.findings {
        let new = finding.message.contains("Standard_LRS");
        finding.baseline = Some(if new { BaselineState::New } else { BaselineState::Unchanged });
    }
    report.fixed = vec![Fixed {
        rule: "HF-KV-001".into(),
        fingerprint: "f".repeat(64),
        path: "infra/kv.bicep".into(),
        message: "Key vault 'kv' has no purge protection.".into(),
    }];
    let text = text(&report, false);
    assert_eq!(text.matches(" --> ").count(), 1, "{text}");
    assert!(text.contains("in the baseline too (2)") && text.contains("fixed since the baseline (1)"), "{text}");
}

#[test]
fn hostile_names_stay_names() {
    let text = text(&reports::hostile(), false);
    for line in text.lines() {
        assert!(!line.trim_start().starts_with("::"), "{line}");
        assert!(!line.contains("##[") && !line.contains("##vso["), "{line}");
    }
    let unwanted =
        |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(unwanted), "{text}");
    assert!(!text.contains("abcdefghijklmnop"), "{text}");
}
