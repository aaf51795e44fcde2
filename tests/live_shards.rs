//! A scope that several scans read in parts.

#![cfg(feature = "live")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Azure, Server, holdfast, serve};

const HUB: &str = "00000000-0000-0000-0000-000000000000";

fn subscription(number: usize) -> String {
    format!("{number:08x}-0000-0000-0000-000000000001")
}

fn id(subscription: &str, rest: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/rg-ml/providers/{rest}")
}

/// Twelve subscriptions with a workspace each: pairs across two of them by tags, by name, or none; a vault
/// and a registry in a hub that all use.
fn estate() -> Azure {
    let all: Vec<String> = (1..=12).map(subscription).collect();
    let mut named: Vec<(&str, &str)> = all.iter().map(|id| (id.as_str(), "ml")).collect();
    named.push((HUB, "hub"));
    let mut azure = Azure::new(&named);
    let (vault, registry) =
        (id(HUB, "Microsoft.KeyVault/vaults/kv"), id(HUB, "Microsoft.ContainerRegistry/registries/cr"));
    azure.add(&vault, json!({"location": "westeurope", "properties": {"enablePurgeProtection": true}}));
    azure.add(&registry, json!({"location": "westeurope", "sku": {"name": "Premium"}, "properties": {}}));
    let replication = format!("{registry}/replications/northeurope");
    azure.add(&replication, json!({"location": "northeurope", "properties": {"provisioningState": "Succeeded"}}));
    let log = id(HUB, "Microsoft.OperationalInsights/workspaces/log");
    azure.add(&log, json!({"location": "westeurope", "properties": {"retentionInDays": 90}}));
    azure.add(&format!("{log}/tables/AppRequests"), json!({"properties": {"retentionInDays": 30}}));
    let workspace = |number: usize| {
        let region = if number % 2 == 1 { "weu" } else { "neu" };
        let name = format!("Microsoft.MachineLearningServices/workspaces/mlw-p{}-prod-{region}", number.div_ceil(2));
        id(&all[number - 1], &name)
    };
    for (number, own) in (1..).zip(&all) {
        let region = if number % 2 == 1 { "westeurope" } else { "northeurope" };
        let storage = id(own, &format!("Microsoft.Storage/storageAccounts/st{number}"));
        let component = id(own, &format!("Microsoft.Insights/components/appi{number}"));
        let mut body = json!({"location": region, "kind": "Default", "tags": {}, "properties": {"storageAccount": storage,
            "keyVault": vault, "containerRegistry": registry, "applicationInsights": component, "provisioningState": "Succeeded"}});
        if number <= 6 {
            let role = if number % 2 == 1 { "primary" } else { "secondary" };
            let other = if number % 2 == 1 { number + 1 } else { number - 1 };
            body["tags"] = json!({"holdfast-pair": workspace(other), "holdfast-role": role});
        }
        azure.add(&workspace(number), body);
        let sku = if number % 3 == 0 { "Standard_LRS" } else { "Standard_ZRS" };
        azure.add(&storage, json!({"location": region, "kind": "StorageV2", "sku": {"name": sku}, "properties": {}}));
        let retention = json!({"enabled": number % 4 == 0, "days": 14});
        azure.add(
            &format!("{storage}/blobServices/default"),
            json!({"properties": {"deleteRetentionPolicy": retention}}),
        );
        azure.add(&component, json!({"location": region, "properties": {"WorkspaceResourceId": log}}));
    }
    azure
}

struct Bench {
    server: Server,
    dir: tempfile::TempDir,
}

impl Bench {
    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn judged(&self, source: &[&str]) -> String {
        let common =
            ["-f", "sarif", "--reproducible", "--include-passes", "--today", "2026-11-24", "--fail-on", "never"];
        let run = holdfast(&self.server, &[&["scan"], source, &common].concat());
        assert!(run.code == 0 || run.code == 3, "{}", run.err);
        run.out
    }

    fn shard(&self, index: usize, more: &[&str]) -> String {
        let (file, of) = (self.path(&format!("{index}.json")), format!("{index}/4"));
        let args = ["inventory", "--all-subscriptions", "--shard", &of, "-o", &file];
        let run = holdfast(&self.server, &[args.as_slice(), more].concat());
        assert!(run.code == 0 || run.code == 3, "{}", run.err);
        file
    }
}

fn bench(azure: Azure) -> Bench {
    Bench { server: serve(azure).1, dir: tempfile::tempdir().expect("a scratch folder") }
}

fn snapshot(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).expect("a snapshot")).expect("JSON")
}

#[test]
fn four_merged_shards_give_the_bytes_of_one_run() {
    let bench = bench(estate());
    let whole = bench.judged(&["--all-subscriptions"]);
    let results: Value = serde_json::from_str(&whole).expect("JSON");
    let kinds: BTreeSet<&str> =
        results["runs"][0]["results"].as_array().expect("results").iter().filter_map(|r| r["kind"].as_str()).collect();
    assert!(["fail", "open", "pass"].iter().all(|kind| kinds.contains(kind)), "{kinds:?} is not worth comparing");
    let before = bench.server.log().len();
    let files: Vec<String> = (1..=4).map(|index| bench.shard(index, &[])).collect();
    let shares: Vec<BTreeSet<String>> = files
        .iter()
        .map(|file| {
            let all = snapshot(file)["subscriptions"].clone();
            all.as_array().expect("a list").iter().map(|s| s["id"].as_str().unwrap_or_default().to_owned()).collect()
        })
        .collect();
    assert_eq!(shares.iter().map(BTreeSet::len).sum::<usize>(), 13, "each in one: {shares:?}");
    assert!(shares.iter().filter(|share| share.len() > 1).count() >= 3, "{shares:?}");
    for pair in 1..=6 {
        let [a, b] = [2 * pair - 1, 2 * pair].map(subscription);
        assert!(shares.iter().any(|share| share.contains(&a) && share.contains(&b)), "pair {pair} is torn: {shares:?}");
    }
    let of_shards = bench.server.log().len() - before;
    assert!(of_shards < 2 * before, "{of_shards} requests of the shards, {before} of one run");
    let merged = bench.path("merged.json");
    for order in [[0, 1, 2, 3], [3, 1, 0, 2]] {
        let order = order.map(|at: usize| files[at].as_str());
        let run = holdfast(&bench.server, &[&["inventory", "merge"], order.as_slice(), &["-o", &merged]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(bench.judged(&["--snapshot", &merged]) == whole, "the merged shards give other bytes");
    }
    let all: Vec<&str> = files.iter().flat_map(|file| ["--snapshot", file]).collect();
    assert!(bench.judged(&all) == whole, "several snapshots of a scan are merged too");
}

#[test]
fn a_missing_shard_is_told() {
    let bench = bench(estate());
    let mut files: Vec<String> = (1..=4).map(|index| bench.shard(index, &[])).collect();
    let full = |file: &String| snapshot(file)["subscriptions"].as_array().is_some_and(|all| !all.is_empty());
    files.remove(files.iter().position(full).expect("one has subscriptions"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let merged = bench.path("merged.json");
    let run = holdfast(&bench.server, &[&["inventory", "merge"], files.as_slice(), &["-o", &merged]].concat());
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(snapshot(&merged)["gaps"].to_string().contains("none of the snapshots holds it"));
}

#[test]
fn a_shard_is_a_number_of_how_many() {
    let bench = bench(estate());
    for wrong in ["0/4", "5/4", "4", "a/b", "1/0"] {
        let run = holdfast(&bench.server, &["scan", "--all-subscriptions", "--shard", wrong]);
        assert!(run.code == 2 && run.err.contains("for example 2/4"), "{wrong}: {}", run.err);
    }
}
