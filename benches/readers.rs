//! What reading source code costs: the Bicep parser per byte, the readers on generated trees, and loading
//! the policies, which every scan waits for.
//!
//! `cargo bench --bench readers`. Results are kept in `docs/performance.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use holdfast::model::FileId;
use holdfast::policy::Policies;
use holdfast::source::bicep::parse;
use holdfast::source::{FileTree, read_tree};

const WORKSPACES: usize = 200;

/// A storage account and a workspace on it, with the expressions that templates use.
fn bicep(number: usize) -> String {
    format!(
        "param location{number} string = resourceGroup().location\n\
         var name{number} = 'st${{uniqueString(resourceGroup().id)}}{number}'\n\
         @description('The default storage account.')\n\
         resource account{number} 'Microsoft.Storage/storageAccounts@2023-05-01' = {{\n\
         \x20 name: toLower(take(name{number}, 24))\n\
         \x20 location: location{number}\n\
         \x20 kind: 'StorageV2'\n\
         \x20 sku: {{ name: contains(location{number}, 'europe') ? 'Standard_ZRS' : 'Standard_LRS' }}\n\
         \x20 properties: {{ minimumTlsVersion: 'TLS1_2', allowBlobPublicAccess: false }}\n\
         }}\n\
         resource workspace{number} 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = {{\n\
         \x20 name: 'mlw-{number}'\n\
         \x20 location: location{number}\n\
         \x20 identity: {{ type: 'SystemAssigned' }}\n\
         \x20 properties: {{ storageAccount: account{number}.id, publicNetworkAccess: 'Disabled' }}\n\
         }}\n"
    )
}

/// The same in Terraform.
fn terraform(number: usize) -> String {
    format!(
        "variable \"location{number}\" {{\n  default = \"westeurope\"\n}}\n\
         resource \"azurerm_storage_account\" \"a{number}\" {{\n\
         \x20 name                     = lower(\"st${{var.location{number}}}{number}\")\n\
         \x20 resource_group_name      = \"rg-ml\"\n\
         \x20 location                 = var.location{number}\n\
         \x20 account_tier             = \"Standard\"\n\
         \x20 account_replication_type = var.location{number} == \"westeurope\" ? \"ZRS\" : \"LRS\"\n}}\n\
         resource \"azurerm_machine_learning_workspace\" \"w{number}\" {{\n\
         \x20 name                = \"mlw-{number}\"\n\
         \x20 resource_group_name = \"rg-ml\"\n\
         \x20 location            = var.location{number}\n\
         \x20 storage_account_id  = azurerm_storage_account.a{number}.id\n\
         \x20 identity {{\n    type = \"SystemAssigned\"\n  }}\n}}\n"
    )
}

fn text(one: fn(usize) -> String) -> String {
    (0..WORKSPACES).fold(String::new(), |mut text, number| {
        let _ = write!(text, "{}", one(number));
        text
    })
}

fn readers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    group.sample_size(10);
    for (file, text) in [("main.bicep", text(bicep)), ("main.tf", text(terraform))] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        fs::write(folder.path().join(file), &text).expect("the folder is writable");
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(file, |bencher| {
            bencher.iter(|| {
                let tree =
                    FileTree::open(folder.path(), &[folder.path().to_owned()], &|_| true).expect("the folder is there");
                let (inventory, _) = read_tree(&tree, &BTreeMap::new());
                assert_eq!(inventory.resources.len(), 2 * WORKSPACES);
                inventory
            });
        });
    }
    group.finish();
}

fn parser(criterion: &mut Criterion) {
    let text = text(bicep);
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("bicep", |bencher| bencher.iter(|| parse(black_box(&text), FileId(0))));
    group.finish();
}

fn policies(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policies");
    group.sample_size(10);
    group.bench_function("load", |bencher| bencher.iter(|| Policies::builtin().expect("the built-in rules load")));
    group.bench_function("compile", |bencher| {
        let policies = Policies::builtin().expect("the built-in rules load");
        bencher.iter(|| policies.evaluator().prepare(|_| true));
    });
    group.finish();
}

criterion_group!(benches, readers, parser, policies);
criterion_main!(benches);
