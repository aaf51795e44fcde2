//! What a live audit costs over what Azure makes it cost: a simulated Azure on this machine with 80 ms
//! latency and Azure's limits.
//!
//! `cargo bench --bench live` (5 subscriptions with 40 workspaces each), or with `-- 5 400`. Results are
//! kept in `docs/performance.md`. It prints and never fails: it measures the machine too.

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast::policy::Policies;
use holdfast::scan;
use holdfast::source::live::{self, Limits, LiveOptions, Scope, Silent, WantedTypes};
use serde_json::json;
use support::{Azure, Server};

const LATENCY: Duration = Duration::from_millis(80);
const ML: &str = "microsoft.machinelearningservices/workspaces";

fn id(subscription: &str, rest: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/rg-ml/providers/{rest}")
}

/// A workspace with its associated resources, two computes, three datastores and an endpoint.
fn add_workspace(azure: &mut Azure, subscription: &str, number: usize) {
    let region = if number.is_multiple_of(2) { "westeurope" } else { "northeurope" };
    let of = |kind: &str, name: &str| id(subscription, &format!("{kind}/{name}{number}"));
    let (storage, data) =
        (of("Microsoft.Storage/storageAccounts", "st"), of("Microsoft.Storage/storageAccounts", "data"));
    let (vault, component) = (of("Microsoft.KeyVault/vaults", "kv"), of("Microsoft.Insights/components", "appi"));
    let (registry, log) =
        (of("Microsoft.ContainerRegistry/registries", "cr"), of("Microsoft.OperationalInsights/workspaces", "log"));
    let workspace = of("Microsoft.MachineLearningServices/workspaces", "mlw-prod-");
    let account = |sku: &str| json!({"location": region, "kind": "StorageV2", "sku": {"name": sku}, "properties": {}});
    azure
        .add(
            &workspace,
            json!({"location": region, "kind": "Default", "properties": {"storageAccount": storage, "keyVault": vault,
                "containerRegistry": registry, "applicationInsights": component, "provisioningState": "Succeeded"}}),
        )
        .add(&storage, account("Standard_ZRS"))
        .add(&data, account("Standard_RAGRS"))
        .add(&format!("{storage}/blobServices/default"), json!({"properties": {}}))
        .add(&format!("{storage}/fileServices/default"), json!({"properties": {}}))
        .add(&vault, json!({"location": region, "properties": {"enablePurgeProtection": true}}))
        .add(&registry, json!({"location": region, "sku": {"name": "Premium"}, "properties": {}}))
        .add(&component, json!({"location": region, "properties": {"WorkspaceResourceId": log}}))
        .add(&log, json!({"location": region, "properties": {"retentionInDays": 90}}))
        .add(&format!("{log}/tables/AppRequests"), json!({"properties": {"retentionInDays": 90}}))
        .add(&format!("{workspace}/onlineEndpoints/score"), json!({"location": region, "properties": {}}))
        .add(
            &format!("{workspace}/onlineEndpoints/score/deployments/blue"),
            json!({"location": region, "properties": {}}),
        );
    for compute in ["cpu", "gpu"] {
        let body = json!({"location": region, "properties": {"computeType": "AmlCompute"}});
        azure.add(&format!("{workspace}/computes/{compute}"), body);
    }
    for store in ["workspaceblobstore", "workspacefilestore", "training"] {
        let account = if store == "training" { format!("data{number}") } else { format!("st{number}") };
        let body = json!({"properties": {"datastoreType": "AzureBlob", "accountName": account}});
        azure.add(&format!("{workspace}/datastores/{store}"), body);
    }
}

/// What must be asked: the list of subscriptions, the own permissions, the graph by pages of a hundred rows
/// (as the simulator cuts them), and what only Azure Resource Manager has.
fn lean(wanted: &WantedTypes, subscriptions: usize, workspaces: usize, rows: usize, page: usize) -> usize {
    let asks = |name: &str| usize::from(wanted.contains(name));
    let below = |name: &str| asks(&format!("{ML}/{name}"));
    let each_workspace = ["computes", "datastores", "connections", "schedules", "data", "environments", "components"];
    let of_workspace: usize = each_workspace.iter().map(|name| below(name)).sum();
    // Detailed reads of the default account, of the data account that a datastore names, of the log workspace.
    let of_resources = asks("microsoft.storage/storageaccounts/blobservices")
        + asks("microsoft.storage/storageaccounts/fileservices")
        + asks("microsoft.storage/storageaccounts") * below("datastores")
        + asks("microsoft.operationalinsights/workspaces/tables");
    let once = ["microsoft.resources/locations", "microsoft.resources/providers", "microsoft.authorization/locks"];
    let of_subscription: usize = 1 + once.iter().map(|name| asks(name)).sum::<usize>();
    let regional: usize = ["usages", "quotas", "vmsizes"]
        .iter()
        .map(|name| 2 * asks(&format!("microsoft.machinelearningservices/locations/{name}")))
        .sum();
    let tables = usize::from(wanted.contains("microsoft.resources/resourcegroups"))
        + usize::from(wanted.contains("microsoft.authorization/roleassignments"));
    1 + rows.div_ceil(page)
        + tables
        + subscriptions * (of_subscription + regional)
        + workspaces * (of_workspace + of_resources)
}

/// The times that no scan can beat: that of the answers that wait for each other, with as many at once as a
/// scan allows itself, and that of what Azure lets through.
fn floor(log: &[support::Seen], limits: &Limits) -> (Duration, Duration) {
    let graph_pages = log.iter().filter(|seen| seen.request.method == "POST").count();
    let mut reads: BTreeMap<String, usize> = BTreeMap::new();
    for seen in log {
        if let Some(rest) = seen.request.path().strip_prefix("/subscriptions/") {
            *reads.entry(rest.split('/').next().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    let most = reads.values().copied().max().unwrap_or_default();
    let all: usize = reads.values().sum();
    // The list of subscriptions, the graph page by page, then what hangs on what was found.
    let rounds = most.div_ceil(limits.per_subscription).max(all.div_ceil(limits.total));
    let latency = LATENCY * u32::try_from(1 + graph_pages + rounds).unwrap_or(u32::MAX);
    let throttle = Duration::from_secs_f64((most as f64 - 250.0).max(0.0) / 25.0);
    (latency, throttle)
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let [subscriptions, each] = *numbers.as_slice() else { return measure(5, 40) };
    measure(subscriptions, each);
}

#[allow(clippy::print_stdout, reason = "a benchmark tells what it measured")]
fn measure(subscriptions: usize, each: usize) {
    const PAGE: usize = 1000;
    let names: Vec<String> = (0..subscriptions).map(|n| format!("{n:08x}-0000-0000-0000-000000000000")).collect();
    let named: Vec<(&str, &str)> = names.iter().map(|id| (id.as_str(), "ml")).collect();
    let mut azure = Azure::new(&named);
    azure.page_size(PAGE).delay(LATENCY).throttle();
    for (at, subscription) in names.iter().enumerate() {
        (0..each).for_each(|number| add_workspace(&mut azure, subscription, at * each + number));
    }
    let azure = Arc::new(azure);
    let answering = azure.clone();
    let server = Server::start(move |request| answering.answer(request));
    azure.at(&server.base());
    let policies = Policies::builtin().expect("the built-in policies load");
    let wanted: WantedTypes = scan::wanted(&policies).into_keys().collect();
    let variables: HashMap<&str, String> = server.environment().into_iter().collect();
    let mut options = LiveOptions::new(Scope { all: true, ..Scope::default() });
    options.environment = Arc::new(move |name| variables.get(name).cloned());
    let limits = options.limits.clone();
    let start = Instant::now();
    let inventory = live::collect(&options, &wanted, &mut Silent).expect("a scan");
    let wall = start.elapsed();
    let log = server.log();
    let (chain, throttle) = floor(&log, &limits);
    let rows = inventory
        .resources
        .iter()
        .filter(|r| {
            !r.id.key().contains("/computes/")
                && !r.id.key().contains("/datastores/")
                && !r.id.key().contains("services/default")
                && !r.id.key().contains("/tables/")
        })
        .count();
    let lean = lean(&wanted, subscriptions, subscriptions * each, rows, PAGE);
    let refused = log.iter().filter(|seen| seen.status == 429).count();
    let longest = chain.max(throttle);
    println!(
        "{subscriptions} subscriptions x {each} workspaces, {} rules, latency {LATENCY:?}",
        policies.rules().len()
    );
    println!("resources  {}, gaps {}", inventory.resources.len(), inventory.collection.gaps.len());
    println!(
        "requests   {} of {lean} lean: {:.3}; refused with 429: {refused}",
        log.len(),
        log.len() as f64 / lean as f64
    );
    println!(
        "wall       {:.2} s, floor {:.2} s (latency {:.2} s, throttle {:.2} s): {:.2}",
        wall.as_secs_f64(),
        longest.as_secs_f64(),
        chain.as_secs_f64(),
        throttle.as_secs_f64(),
        wall.as_secs_f64() / longest.as_secs_f64()
    );
    println!("at once    {} at most", log.iter().map(|seen| seen.at_once).max().unwrap_or_default());
    if std::env::var_os("HOLDFAST_BENCH_LOG").is_some() {
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for seen in &log {
            let path = seen.request.path();
            let kind = path
                .split('/')
                .rev()
                .find(|s| !s.is_empty() && !s.chars().any(|c| c.is_ascii_digit()))
                .unwrap_or_default()
                .to_owned();
            *kinds.entry(kind).or_default() += 1;
        }
        println!("{kinds:?}");
    }
}
