//! The JSON report against its published schema.

use holdfast::finding::Report;
use holdfast::output::{self, Format, OutputOptions};
use serde_json::Value;

#[path = "support/reports.rs"]
mod reports;

fn json(report: &Report) -> Value {
    let format = Format::parse("json").expect("JSON is a format");
    let mut out = Vec::new();
    output::write(report, format, &OutputOptions::default(), &mut out).expect("a vector can be written to");
    serde_json::from_slice(&out).expect("JSON is JSON")
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../docs/schemas/report.schema.json")).expect("the schema is JSON")
}

#[test]
fn reports_follow_their_schema() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let mut compared = reports::repository();
    compared.findings[0].baseline = Some(holdfast::finding::BaselineState::Unchanged);
    compared.fixed = vec![holdfast::finding::Fixed {
        rule: "HF-KV-001".into(),
        fingerprint: "f".repeat(64),
        path: "kv.bicep".into(),
        message: "gone".into(),
    }];
    let all = [reports::repository(), reports::tenant(false), reports::hostile(), compared];
    for report in all {
        let errors: Vec<String> =
            validator.iter_errors(&json(&report)).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
}

#[test]
fn the_schema_knows_every_gap_code() {
    let schema = schema();
    let known = schema["$defs"]["gap"]["properties"]["code"]["enum"].as_array().expect("a list");
    let codes: Vec<Value> = holdfast::model::GapCode::ALL.iter().map(|code| code.as_str().into()).collect();
    assert_eq!(*known, codes);
}

#[test]
fn a_report_says_whether_it_is_complete_and_what_became_of_each_subject() {
    let report = json(&reports::repository());
    assert_eq!(report["complete"], true);
    assert_eq!(report["summary"]["failed"], 3);
    let mut states: Vec<&str> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|finding| finding["state"].as_str().expect("a state"))
        .collect();
    states.sort_unstable();
    states.dedup();
    assert_eq!(states, ["exempt", "failed", "open", "passed", "waived"]);
    assert_eq!(json(&reports::tenant(false))["complete"], false);
}

#[test]
fn hostile_names_stay_names() {
    let report = json(&reports::hostile()).to_string();
    for unwanted in ["\u{202e}", "\u{2066}", "\\u001b", "AccountKey="] {
        assert!(!report.contains(unwanted), "{unwanted:?}");
    }
}
