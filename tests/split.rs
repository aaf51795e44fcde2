//! `--split-by subscription`: one log per subscription, each complete or not by itself.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

const PRIMARY: &str = "3f1c0a52-7f0e-4d8e-9a55-0b5d2c1e7a10";
const SECONDARY: &str = "11111111-2222-4333-8444-555555555555";
const UNREADABLE: &str = "99999999-2222-4333-8444-555555555555";

/// The sample estate with its failover half in another subscription, and a third one that is unreadable.
fn snapshot() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates/fraud-scoring/snapshot.json");
    let mut snapshot: Value = serde_json::from_str(&fs::read_to_string(path).expect("the sample")).expect("JSON");
    move_failover(&mut snapshot["resources"]);
    for (id, readable) in [(SECONDARY, true), (UNREADABLE, false)] {
        let subscription = json!({"id": id, "name": "other", "readable": readable});
        snapshot["subscriptions"].as_array_mut().expect("a list").push(subscription);
    }
    for scopes in snapshot["complete"].as_object_mut().expect("an object").values_mut() {
        scopes.as_array_mut().expect("a list").push(json!(format!("/subscriptions/{SECONDARY}")));
    }
    snapshot["gaps"] = json!([{
        "code": "scope-unreadable",
        "place": {"scope": format!("/subscriptions/{UNREADABLE}")},
        "message": "the subscription could not be read",
    }]);
    snapshot
}

/// Every id of something in the failover region gets the other subscription.
fn move_failover(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("prodneu") || text.contains("prod-neu") => {
            *text = text.replace(PRIMARY, SECONDARY);
        }
        Value::Array(items) => items.iter_mut().for_each(move_failover),
        Value::Object(members) => members.values_mut().for_each(move_failover),
        _ => {}
    }
}

fn scan(dir: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = assert_cmd::Command::cargo_bin("holdfast").expect("the binary is built");
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates/fraud-scoring/holdfast.yaml");
    command.env_clear().current_dir(dir).args(["scan", "--reproducible", "--config"]).arg(configuration);
    let output = command.args(arguments).output().expect("it starts");
    (output.status.code().expect("no signal"), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn log(dir: &Path, id: &str) -> Value {
    let path = dir.join(format!("night.{id}.sarif"));
    serde_json::from_str(&fs::read_to_string(path).expect("a log")).expect("JSON")
}

fn rules(log: &Value) -> Vec<&str> {
    let results = log["runs"][0]["results"].as_array().expect("results").iter();
    let failed = results.filter(|result| result["kind"] == "fail");
    failed.map(|result| result["ruleId"].as_str().expect("an id")).collect()
}

#[test]
fn each_subscription_has_its_log_and_a_pair_is_reported_with_its_secondary() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    fs::write(dir.path().join("night.json"), snapshot().to_string()).expect("a file");
    let arguments = ["--snapshot", "night.json", "--split-by", "subscription", "-f", "sarif", "-o", "night.sarif"];
    let (code, err) = scan(dir.path(), &[&arguments[..], &["--report", "json=all.json"]].concat());
    assert_eq!(code, 1, "{err}");
    assert!(!dir.path().join("night.sarif").exists());
    let all: Value =
        serde_json::from_str(&fs::read_to_string(dir.path().join("all.json")).expect("a file")).expect("JSON");
    let logs = [PRIMARY, SECONDARY, UNREADABLE].map(|id| log(dir.path(), id));
    let split: usize = logs.iter().map(|log| rules(log).len()).sum();
    assert_eq!(all["summary"]["failed"], split, "nothing is lost and nothing is told twice");
    assert_eq!(all["complete"], false);
    let [primary, secondary, unreadable] = &logs;
    // The registry lies in the subscription of the primary; its missing replica is the secondary's trouble.
    assert!(rules(secondary).contains(&"HF-ACR-003"), "{:?}", rules(secondary));
    assert!(!rules(primary).contains(&"HF-ACR-003"), "{:?}", rules(primary));
    assert!(rules(unreadable).is_empty());
    for (log, id, successful) in
        [(primary, PRIMARY, true), (secondary, SECONDARY, true), (unreadable, UNREADABLE, false)]
    {
        let run = &log["runs"][0];
        assert_eq!(run["automationDetails"]["id"], format!("holdfast/live/{id}/"));
        assert_eq!(run["invocations"][0]["executionSuccessful"], successful, "{id}");
        assert_eq!(run["properties"]["holdfast"]["subscriptions"], json!([id]));
    }
    let passed =
        |log: &Value| log["runs"][0]["properties"]["holdfast"]["counts"]["passed"].as_u64().unwrap_or_default();
    assert_eq!(all["summary"]["passed"], passed(primary) + passed(secondary));
}

#[test]
fn a_split_needs_a_file_subscriptions_and_ids_that_are_no_paths() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    fs::write(dir.path().join("night.json"), snapshot().to_string()).expect("a file");
    let (code, err) = scan(dir.path(), &["--snapshot", "night.json", "--split-by", "subscription", "-f", "sarif"]);
    assert_eq!(code, 2);
    assert!(err.contains("--split-by"), "{err}");
    let arguments = ["--split-by", "subscription", "-f", "sarif", "-o", "night.sarif"];
    let (code, err) = scan(dir.path(), &[&arguments[..], &["."]].concat());
    assert_eq!(code, 2);
    assert!(err.contains("source code has no subscriptions"), "{err}");
    let hostile = snapshot().to_string().replace(UNREADABLE, "../../x");
    fs::write(dir.path().join("hostile.json"), hostile).expect("a file");
    let (code, err) = scan(dir.path(), &[&arguments[..], &["--snapshot", "hostile.json"]].concat());
    assert_eq!(code, 2, "{err}");
}
