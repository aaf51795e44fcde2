//! `holdfast inventory` as a process: what a snapshot keeps, what it hides.

#![cfg(feature = "live")]

mod support;

use serde_json::Value;
use support::{fraud_team, holdfast, serve};

fn resource<'a>(snapshot: &'a Value, ending: &str) -> &'a Value {
    let all = snapshot["resources"].as_array().expect("a list");
    let ends = |r: &&Value| r["id"].as_str().is_some_and(|id| id.to_ascii_lowercase().ends_with(ending));
    all.iter().find(ends).unwrap_or_else(|| panic!("no resource {ending}"))
}

/// Evidence of rules that did not exist yet is not known, not absent.
const NEWER_RULE: &str = r#"# METADATA
# title: TLS is new enough
# description: Newer than the snapshot.
# scope: package
# related_resources:
#   - ref: https://example.org/tls
# custom:
#   id: ACME-TLS-001
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 1.0
#   scope: workspace
#   subject: default_storage
#   static: yes
#   seeds: []
#   change: in-place
#   evidence:
#     Microsoft.Storage/storageAccounts: [/properties/minimumTlsVersion]
#   remediation:
#     text: Raise it.
package acme.tls

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, account, "/properties", "there is no TLS version") if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	estate.absent(account, ["properties", "minimumTlsVersion"])
}

pass contains subject.id if {
	some subject in estate.subjects("default_storage")
	estate.resource(subject).properties.minimumTlsVersion == "TLS1_2"
}
"#;

#[test]
fn a_rule_newer_than_the_snapshot_is_open() {
    let (mut azure, subscription, config) = fraud_team();
    azure.change("stfraudprodweu", |account| account["properties"]["minimumTlsVersion"] = "TLS1_2".into());
    let (_azure, server) = serve(azure);
    let dir = tempfile::tempdir().expect("a scratch folder");
    let file = dir.path().join("s.json").display().to_string();
    let policies = dir.path().join("policies");
    std::fs::create_dir_all(policies.join("acme")).expect("a folder");
    std::fs::write(policies.join("acme/tls.rego"), NEWER_RULE).expect("a file");
    let policies = policies.display().to_string();
    let record = |more: &[&str]| {
        let run = holdfast(&server, &[&["inventory", "--subscription", &subscription, "-o", &file], more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let text = std::fs::read_to_string(&file).expect("a snapshot");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let judge = || {
        let config = config.to_str().expect("UTF-8");
        let args = ["scan", "--snapshot", &file, "--config", config, "--policy-dir", &policies, "--rule", "ACME-*"];
        let run = holdfast(&server, &[args.as_slice(), &["-f", "sarif", "--include-passes"]].concat());
        let log: Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {} {}", run.out, run.err));
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        let about = |r: &Value| r["ruleId"] == "ACME-TLS-001" && r.to_string().contains("stfraudprodweu");
        let kinds = results.iter().filter(|r| about(r)).map(|r| r["kind"].as_str().unwrap_or_default().to_owned());
        kinds.collect::<Vec<_>>()
    };
    let snapshot = record(&[]);
    let account = resource(&snapshot, "/stfraudprodweu");
    assert_eq!(account["properties"]["minimumTlsVersion"], Value::Null);
    let left_out = account["holdfast"]["notCollected"].as_array().expect("a list");
    assert!(left_out.contains(&"/properties/minimumTlsVersion".into()), "{left_out:?}");
    assert_eq!(judge(), ["open"]);
    record(&["--policy-dir", &policies]);
    assert_eq!(judge(), ["pass"]);
}

#[test]
fn a_redacted_snapshot_has_no_names_and_can_be_judged() {
    let (azure, subscription, _) = fraud_team();
    let (_azure, server) = serve(azure);
    let dir = tempfile::tempdir().expect("a scratch folder");
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (plain, redacted, again) = (path("plain.json"), path("redacted.json"), path("again.json"));
    let live = ["inventory", "--subscription", &subscription];
    assert_eq!(holdfast(&server, &[live.as_slice(), &["-o", &plain]].concat()).code, 0);
    assert_eq!(holdfast(&server, &[live.as_slice(), &["--redact", "-o", &redacted]].concat()).code, 0);
    assert_eq!(holdfast(&server, &["inventory", "--redact", "--snapshot", &plain, "-o", &again]).code, 0);
    let read = |file: &str| std::fs::read_to_string(file).expect("a snapshot");
    let text = read(&redacted);
    for name in ["fraud", &subscription] {
        assert!(!text.to_ascii_lowercase().contains(name), "{name} is left");
    }
    let resources = |text: &str| serde_json::from_str::<Value>(text).expect("JSON")["resources"].clone();
    assert_eq!(resources(&read(&again)), resources(&text), "of a snapshot as of the subscription");
    let counts = |file: &str| {
        let run = holdfast(
            &server,
            &["scan", "--snapshot", file, "-f", "json", "--rule", "HF-WS-004", "--rule", "HF-KV-001"],
        );
        serde_json::from_str::<Value>(&run.out).unwrap_or_else(|e| panic!("{e}: {}", run.err))["summary"].clone()
    };
    assert!(counts(&plain)["passed"].as_u64() > Some(0), "{}", counts(&plain));
    assert_eq!(counts(&redacted), counts(&plain), "what does not rest on names is judged as before");
}

#[test]
fn source_code_cannot_be_redacted() {
    let (azure, ..) = fraud_team();
    let (_azure, server) = serve(azure);
    let dir = tempfile::tempdir().expect("a scratch folder");
    let template = r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "resources": [{"type": "Microsoft.MachineLearningServices/workspaces",
        "apiVersion": "2024-10-01", "name": "w", "location": "westeurope", "properties": {}}]}"#;
    let file = dir.path().join("main.json");
    std::fs::write(&file, template).expect("a file");
    let run = holdfast(&server, &["inventory", "--redact", &file.display().to_string()]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("not in source code"), "{}", run.err);
}

#[test]
fn missing_permissions_are_named_before_the_scan() {
    let (azure, subscription, _) = fraud_team();
    let (_azure, server) = serve(azure);
    let check = |scope: &str| holdfast(&server, &["inventory", "--check-access", "--subscription", scope]);
    let run = check(&subscription);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("1 of 1 subscriptions can be read as a whole"), "{}", run.out);
    let run = check(&format!("{subscription},00000000-1111-2222-3333-444444444444"));
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(run.out.contains("444444444444: cannot be read; grant the role Reader"), "{}", run.out);
    assert!(server.seen("/workspaces").is_empty() && server.seen("/resources").is_empty(), "nothing else is read");
    let (mut azure, subscription, _) = fraud_team();
    azure.grant(&subscription, Some(&["Microsoft.MachineLearningServices/*/read"]));
    let (_azure, server) = serve(azure);
    let run = holdfast(&server, &["inventory", "--check-access", "--subscription", &subscription]);
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(run.out.contains("  Microsoft.KeyVault/vaults/read\n"), "{}", run.out);
    let run = holdfast(&server, &["inventory", "--check-access"]);
    assert_eq!((run.code, run.err.contains("needs a live scope")), (2, true), "{}", run.err);
}

#[test]
fn a_first_configuration_is_proposed_and_never_overwrites() {
    let (azure, subscription, _) = fraud_team();
    let (_azure, server) = serve(azure);
    let dir = tempfile::tempdir().expect("a scratch folder");
    let file = dir.path().join("holdfast.yaml");
    let output = file.display().to_string();
    let run = holdfast(&server, &["init", "--subscription", &subscription, "-o", &output]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let text = std::fs::read_to_string(&file).expect("a proposal");
    let config = holdfast::config::load(&file, &[]).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    assert_eq!(config.pairs.len(), 1, "{text}");
    let judged = |config: &[&str]| {
        let args = ["scan", "--subscription", &subscription, "-f", "json", "--rule", "HF-TOPO-001"];
        let run = holdfast(&server, &[args.as_slice(), config].concat());
        serde_json::from_str::<Value>(&run.out).unwrap_or_else(|e| panic!("{e}: {}", run.err))["summary"].clone()
    };
    let empty = dir.path().join("empty.yaml");
    std::fs::write(&empty, "version: 1\n").expect("a file");
    assert_eq!(judged(&["--config", &empty.display().to_string()])["open"], 2, "nobody declared the pair");
    let with = judged(&["--config", &output]);
    assert_eq!((with["open"].as_u64(), with["passed"].as_u64()), (Some(0), Some(1)), "{with}");
    for again in [output.clone(), dir.path().join(".holdfast.yml").display().to_string()] {
        let run = holdfast(&server, &["init", "--subscription", &subscription, "-o", &again]);
        assert!(run.code == 2 && run.err.contains("never overwrites"), "{}", run.err);
    }
    assert_eq!(std::fs::read_to_string(&file).expect("a proposal"), text);
    let run = holdfast(&server, &["init"]);
    assert!(run.code == 2 && run.err.contains("live subscriptions or a snapshot"), "{}", run.err);
}
