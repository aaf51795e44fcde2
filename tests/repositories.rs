//! Two repositories: one that keeps everything that a failover needs, one that breaks each rule about
//! repositories once.

use std::collections::BTreeSet;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// The result of a scan of a fixture as JSON, with passes, and the exit status.
fn scan(name: &str) -> (Value, i32) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/repositories").join(name);
    let mut command = Command::cargo_bin("holdfast").expect("the binary is built");
    let args = ["scan", ".", "-f", "json", "--include-passes", "--today", "2026-11-24", "--fail-on", "note"];
    let output = command.env_clear().current_dir(folder).args(args).output().expect("it starts");
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code().expect("no signal"))
}

fn findings(report: &Value) -> &[Value] {
    report["findings"].as_array().expect("a list")
}

/// The rules that judge repositories.
fn about_repositories(rule: &str) -> bool {
    ["HF-CODE-", "HF-IAC-"].iter().any(|area| rule.starts_with(area)) || ["HF-ART-003", "HF-RET-003"].contains(&rule)
}

#[test]
fn a_repository_that_follows_the_article_has_no_finding_and_nothing_open() {
    let (report, code) = scan("follows-the-article");
    let wrong: Vec<String> = (findings(&report).iter())
        .filter(|f| !matches!(f["state"].as_str(), Some("passed" | "exempt")))
        .map(|f| format!("{} {} {}", f["rule"], f["state"], f["message"]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(code, 0);
    assert_eq!(report["gaps"].as_array().map(Vec::len), Some(0));
    let passed: BTreeSet<&str> = (findings(&report).iter())
        .filter(|f| f["state"] == "passed")
        .filter_map(|f| f["rule"].as_str())
        .filter(|rule| about_repositories(rule))
        .collect();
    assert_eq!(passed.len(), 15, "each of these rules has something to judge: {passed:?}");
}

#[test]
fn a_repository_that_breaks_each_rule_has_exactly_these_findings() {
    let (report, code) = scan("breaks-each-rule");
    assert_eq!(code, 1);
    let root = "fixtures/repositories/breaks-each-rule/";
    let place = |f: &Value| {
        let uri = f["place"]["uri"].as_str().unwrap_or_default().trim_start_matches(root).to_owned();
        format!("{uri}:{}:{}:{}", f["place"]["line"], f["place"]["column"], f["place"]["endColumn"])
    };
    let found: Vec<String> = (findings(&report).iter())
        .filter(|f| f["state"] == "failed" && about_repositories(f["rule"].as_str().unwrap_or_default()))
        .map(|f| format!("{}\t{}", f["rule"].as_str().unwrap_or_default(), place(f)))
        .collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(root).join("expected.tsv");
    let table = std::fs::read_to_string(path).expect("an expected table");
    let expected: BTreeSet<&str> = table.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
    assert_eq!(found.len(), expected.len(), "each once");
}
