//! `holdfast scan --subscription` as a process, against an Azure on this machine.

#![cfg(feature = "live")]

mod support;

use assert_cmd::Command;
use serde_json::Value;
use support::{Effect, Run, fraud_team, holdfast, serve};

fn sarif(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.out, run.err))
}

fn failed_rules(log: &Value) -> Vec<String> {
    let results = log["runs"][0]["results"].as_array().expect("results");
    let failed = results.iter().filter(|result| result["kind"] == "fail");
    let mut rules: Vec<String> = failed.map(|r| r["ruleId"].as_str().unwrap_or_default().to_owned()).collect();
    rules.sort();
    rules.dedup();
    rules
}

#[test]
fn a_live_scan_finds_what_is_wrong() {
    let (azure, subscription, config) = fraud_team();
    let (_azure, server) = serve(azure);
    let config = config.to_str().expect("UTF-8");
    let run = holdfast(&server, &["scan", "--subscription", &subscription, "--config", config, "-f", "sarif"]);
    assert_eq!(run.code, 1, "{}", run.err);
    let log = sarif(&run);
    let failed = failed_rules(&log);
    for rule in ["HF-ACR-003", "HF-APPI-001", "HF-KV-003", "HF-STOR-003"] {
        assert!(failed.iter().any(|f| f == rule), "{rule} is missing in {failed:?}");
    }
    assert!(!failed.iter().any(|f| f == "HF-STOR-001" || f == "HF-TOPO-001"), "{failed:?}");
    let id = log["runs"][0]["automationDetails"]["id"].as_str().expect("an id");
    assert_eq!(id, format!("holdfast/live/{subscription}/"));
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    let requests = server.log();
    assert!(requests.iter().any(|seen| seen.request.method == "POST"), "the graph was not asked");
}

/// The live scan, and the scan of what `holdfast inventory` recorded, are the same bytes.
#[test]
fn a_recorded_estate_gives_the_bytes_of_the_live_scan() {
    let (azure, subscription, config) = fraud_team();
    let (_azure, server) = serve(azure);
    let dir = tempfile::tempdir().expect("a scratch folder");
    let file = dir.path().join("s.json");
    let (file, config) = (file.to_str().expect("UTF-8"), config.to_str().expect("UTF-8"));
    let common = ["--config", config, "-f", "sarif", "--reproducible", "--include-passes", "--today", "2026-11-24"];
    let live = holdfast(&server, &[&["scan", "--subscription", &subscription], common.as_slice()].concat());
    let recording = holdfast(&server, &["inventory", "--subscription", &subscription, "-o", file]);
    assert_eq!(recording.code, 0, "{}", recording.err);
    let recorded = holdfast(&server, &[&["scan", "--snapshot", file], common.as_slice()].concat());
    assert!(live.out.contains("HF-ACR-003"));
    assert_eq!(live.out, recorded.out);
    assert_eq!((live.code, recorded.code), (1, 1));
}

#[test]
fn one_subscription_that_cannot_be_read_makes_the_scan_incomplete() {
    let (azure, subscription, config) = fraud_team();
    let (_azure, server) = serve(azure);
    let config = config.to_str().expect("UTF-8");
    let other = "00000000-1111-2222-3333-444444444444";
    let both = format!("{subscription},{other}");
    let args = ["scan", "--subscription", &both, "--config", config, "-f", "sarif"];
    let run = holdfast(&server, &args);
    assert_eq!(run.code, 1, "findings win over the gap: {}", run.err);
    let log = sarif(&run);
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let run = holdfast(&server, &[args.as_slice(), &["--fail-on", "never"]].concat());
    assert_eq!(run.code, 3, "{}", run.err);
}

#[test]
fn throttling_is_waited_for_and_refusals_are_told() {
    let (azure, subscription, config) = fraud_team();
    let (azure, server) = serve(azure);
    azure.fault("/blobservices", 1, Effect::Status(429, "TooManyRequests", vec![("Retry-After", "1".to_owned())]));
    azure.fault("/fileservices", usize::MAX, Effect::Status(403, "AuthorizationFailed", Vec::new()));
    let config = config.to_str().expect("UTF-8");
    let run = holdfast(&server, &["scan", "--subscription", &subscription, "--config", config, "-f", "sarif"]);
    assert_eq!(run.code, 1, "{}", run.err);
    let log = sarif(&run);
    let notifications = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(notifications.contains("403") && notifications.contains("fileServices"), "{notifications}");
    assert!(!notifications.contains("blobServices"), "what was throttled once was read: {notifications}");
    let tries = server.log().iter().filter(|seen| seen.request.target.contains("blobServices")).count();
    assert_eq!(tries, 3, "two accounts, one of them twice");
    let open = log["runs"][0]["results"].as_array().expect("results").iter().filter(|r| r["kind"] == "open");
    assert!(open.into_iter().any(|r| r["ruleId"] == "HF-STOR-005"), "what rests on it is open");
}

#[test]
fn without_credentials_every_way_is_named() {
    let (_, server) = serve(fraud_team().0);
    let mut command = Command::cargo_bin("holdfast").expect("the binary is built");
    let environment = server.environment().into_iter().filter(|(name, _)| !name.contains("TOKEN"));
    let output = command
        .env_clear()
        .envs(environment)
        .args(["scan", "--subscription", "00000000-1111-2222-3333-444444444444"])
        .output()
        .expect("it starts");
    let err = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(3), "{err}");
    for way in ["environment", "github-oidc", "workload-identity", "azure-cli", "az login"] {
        assert!(err.contains(way), "{way} is not named in {err}");
    }
}

/// What Azure says of its regions stands above the tables.
#[test]
fn a_region_that_no_longer_offers_the_service_is_found() {
    let (mut azure, subscription, config) = fraud_team();
    azure.tell_regions(
        &[("westeurope", Some("northeurope"), true), ("northeurope", Some("westeurope"), true)],
        &["West Europe", "Sweden Central"],
    );
    let (_azure, server) = serve(azure);
    let config = config.to_str().expect("UTF-8");
    let scan = |rule: &str| {
        let args = ["scan", "--subscription", &subscription, "--config", config, "-f", "sarif", "--rule", rule];
        let run = holdfast(&server, &args);
        failed_rules(&sarif(&run))
    };
    assert_eq!(scan("HF-TOPO-003"), ["HF-TOPO-003"]);
    let asked = |ending: &str| server.seen(ending).len();
    assert_eq!((asked("/locations"), asked("/microsoft.machinelearningservices")), (1, 1));
    assert!(scan("HF-TOPO-001").is_empty());
    assert_eq!(asked("/locations"), 1, "no rule asks for regions");
}

#[test]
fn globs_of_the_configuration_choose_subscriptions() {
    let (azure, subscription, _) = fraud_team();
    let (_azure, server) = serve(azure);
    let dir = tempfile::tempdir().expect("a scratch folder");
    let config = dir.path().join("holdfast.yaml");
    let read = |scopes: &str| {
        std::fs::write(&config, format!("version: 1\nscopes: {scopes}\n")).expect("a file");
        let args = ["inventory", "--all-subscriptions", "--config", config.to_str().expect("UTF-8")];
        let run = holdfast(&server, &args);
        serde_json::from_str::<Value>(&run.out).unwrap_or_else(|e| panic!("{e}: {}", run.err))["subscriptions"].clone()
    };
    assert_eq!(read("{exclude: ['sandbox*']}")[0]["id"], subscription.as_str());
    assert_eq!(read("{exclude: ['FRAUD-*']}"), serde_json::json!([]));
    assert_eq!(read("{include: ['other*']}"), serde_json::json!([]));
}
