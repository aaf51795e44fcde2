//! What judging costs per resource: generated live estates of 1,000, 10,000 and 100,000 resources.
//!
//! `cargo bench --bench estate`. Results are kept in `docs/performance.md`.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use holdfast::config::Config;
use holdfast::model::{Inventory, Resource, SubscriptionScope};
use holdfast::policy::Policies;
use holdfast::rule::Rule;
use holdfast::scan::{self, ScanOptions};
use serde_json::{Value, json};

/// Resources of one pair of workspaces with what belongs to it.
const PER_PAIR: usize = 20;

fn resource(subscription: usize, kind: &str, path: &str, mut body: Value) -> Value {
    let group = format!("/subscriptions/00000000-0000-0000-0000-{subscription:012}/resourceGroups/rg-ml");
    body["id"] = format!("{group}/providers/{path}").into();
    body["type"] = kind.into();
    body
}

/// A pair with a defect in every second one: an account without zone redundancy.
fn pair(number: usize) -> Vec<Value> {
    let subscription = number / 500;
    let make = |kind: &str, path: String, body: Value| resource(subscription, kind, &path, body);
    let id = |path: &str| resource(subscription, "", path, json!({}))["id"].clone();
    let (vault, registry) =
        (format!("Microsoft.KeyVault/vaults/kv{number}"), format!("Microsoft.ContainerRegistry/registries/cr{number}"));
    let mut all = vec![
        make(
            "Microsoft.KeyVault/vaults",
            vault.clone(),
            json!({"location": "westeurope", "properties": {"enablePurgeProtection": true}}),
        ),
        make(
            "Microsoft.ContainerRegistry/registries",
            registry.clone(),
            json!({"location": "westeurope", "sku": {"name": "Premium"}, "properties": {"provisioningState": "Succeeded"}}),
        ),
        make(
            "Microsoft.ContainerRegistry/registries/replications",
            format!("{registry}/replications/northeurope"),
            json!({"location": "northeurope", "properties": {"provisioningState": "Succeeded"}}),
        ),
    ];
    for (at, region, role) in [(0, "westeurope", "primary"), (1, "northeurope", "secondary")] {
        let name = format!("mlw-{number}-{at}");
        let workspace = format!("Microsoft.MachineLearningServices/workspaces/{name}");
        let account = format!("Microsoft.Storage/storageAccounts/st{number}x{at}");
        let component = format!("Microsoft.Insights/components/appi{number}x{at}");
        let log = format!("Microsoft.OperationalInsights/workspaces/log{number}x{at}");
        let other = id(&format!("Microsoft.MachineLearningServices/workspaces/mlw-{number}-{}", 1 - at));
        let sku = if number.is_multiple_of(2) { "Standard_ZRS" } else { "Standard_LRS" };
        all.push(make(
            "Microsoft.MachineLearningServices/workspaces",
            workspace.clone(),
            json!({"location": region, "kind": "Default", "identity": {"type": "SystemAssigned"},
                "tags": {"holdfast-pair": other, "holdfast-role": role, "holdfast-tier": "active-passive"},
                "properties": {"provisioningState": "Succeeded", "storageAccount": id(&account), "keyVault": id(&vault),
                    "containerRegistry": id(&registry), "applicationInsights": id(&component),
                    "publicNetworkAccess": "Disabled"}}),
        ));
        all.push(make(
            "Microsoft.Storage/storageAccounts",
            account.clone(),
            json!({"location": region, "sku": {"name": sku}, "kind": "StorageV2", "properties": {}}),
        ));
        let days = json!({"enabled": true, "days": 14});
        all.push(make(
            "Microsoft.Storage/storageAccounts/blobServices",
            format!("{account}/blobServices/default"),
            json!({"properties": {"deleteRetentionPolicy": days, "containerDeleteRetentionPolicy": days}}),
        ));
        all.push(make(
            "Microsoft.Storage/storageAccounts/fileServices",
            format!("{account}/fileServices/default"),
            json!({"properties": {"shareDeleteRetentionPolicy": days}}),
        ));
        all.push(make(
            "Microsoft.Insights/components",
            component,
            json!({"location": region, "properties": {"IngestionMode": "LogAnalytics", "WorkspaceResourceId": id(&log)}}),
        ));
        all.push(make(
            "Microsoft.OperationalInsights/workspaces",
            log,
            json!({"location": region, "properties": {"retentionInDays": 90}}),
        ));
        for compute in 0..2 {
            all.push(make(
                "Microsoft.MachineLearningServices/workspaces/computes",
                format!("{workspace}/computes/cpu{compute}"),
                json!({"location": region, "properties": {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_DS3_v2"}}}),
            ));
        }
    }
    all.truncate(PER_PAIR);
    all
}

fn inventory(resources: usize) -> Inventory {
    let mut inventory = Inventory { captured_at: Some("2026-01-01T00:00:00Z".to_owned()), ..Inventory::default() };
    let pairs = resources / PER_PAIR;
    inventory.resources = (0..pairs).flat_map(pair).filter_map(Resource::live).collect();
    for number in 0..=pairs / 500 {
        let id = format!("00000000-0000-0000-0000-{number:012}");
        inventory.collection.subscriptions.push(SubscriptionScope { id, name: None, readable: true });
    }
    for kind in inventory.resources.iter().map(|r| r.resource_type.clone()).collect::<std::collections::BTreeSet<_>>() {
        inventory.collection.mark_complete(&kind, "*");
    }
    inventory
}

fn options() -> ScanOptions {
    ScanOptions { reproducible: true, inline_waivers: true, ..ScanOptions::default() }
}

fn judge(criterion: &mut Criterion) {
    let policies = Policies::builtin().expect("the built-in rules load");
    let rules: Vec<Rule> = policies.rules().cloned().collect();
    let config = Config::default();
    let mut group = criterion.benchmark_group("judge");
    group.sample_size(10);
    for resources in [1_000, 10_000, 100_000] {
        group.throughput(Throughput::Elements(resources as u64));
        group.bench_with_input(BenchmarkId::from_parameter(resources), &resources, |bencher, resources| {
            bencher.iter_batched(
                || inventory(*resources),
                |inventory| {
                    let estate = scan::assemble(inventory, &config, &rules).expect("the table of defaults");
                    scan::report(&estate, &policies, &config, &options()).counts
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, judge);
criterion_main!(benches);
