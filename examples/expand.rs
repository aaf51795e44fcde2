//! Expands the ARM templates (or Bicep files) below a folder and tells what could not be read: how many templates, how
//! many without a gap, the gaps by code and reason, the resources by type.
//!
//! `cargo run --release --example expand -- FOLDER [--bicep] [--gaps] [--resources] [--only TEXT]`

#![allow(clippy::print_stdout, reason = "a tool that prints")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use holdfast::model::{Gap, GapPlace, Inventory, ResourceId, Text, Unknown};
use holdfast::source::{ArmTemplate, Bicep, FileTree, Reader};

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| args.iter().any(|arg| arg == name);
    let only = args.iter().position(|arg| arg == "--only").and_then(|at| args.get(at + 1));
    let root = PathBuf::from(args.first().map_or(".", String::as_str));
    let tree = FileTree::open(&root, std::slice::from_ref(&root), &|_| true)?;
    let start = Instant::now();
    let reader: &dyn Reader = if flag("--bicep") { &Bicep } else { &ArmTemplate };
    let entries = reader.claims(&tree);
    let claimed = start.elapsed();
    let mut total = Totals::default();
    for entry in &entries {
        if only.is_some_and(|only| !entry.path.contains(only.as_str())) {
            continue;
        }
        let began = Instant::now();
        let inventory = reader.read(&tree, entry);
        total.slowest = total.slowest.clone().max((began.elapsed(), entry.path.clone()));
        total.add(&inventory, flag("--gaps"), flag("--resources"));
    }
    println!("claimed {} templates in {claimed:.0?}, read in {:.0?}", entries.len(), start.elapsed() - claimed);
    println!("slowest: {} in {:.0?}", total.slowest.1, total.slowest.0);
    println!("without a gap: {} of {}", total.clean, total.read);
    println!("deployments {}, resources {}", total.deployments, total.resources);
    println!("unknown leaves {} of {}", total.unknown, total.leaves);
    println!("references of workspaces to declared resources: {:?}", total.references);
    for (reason, (count, example)) in &total.gaps {
        println!("{count:5}  {reason}  ({example})");
    }
    Ok(())
}

#[derive(Default)]
struct Totals {
    read: usize,
    clean: usize,
    deployments: usize,
    resources: usize,
    unknown: usize,
    leaves: usize,
    gaps: BTreeMap<String, (usize, String)>,
    references: BTreeMap<bool, usize>,
    slowest: (std::time::Duration, String),
}

impl Totals {
    fn add(&mut self, inventory: &Inventory, show_gaps: bool, show_resources: bool) {
        self.read += 1;
        self.deployments += inventory.deployments.len();
        self.resources += inventory.resources.len();
        let gaps = &inventory.collection.gaps;
        self.clean += usize::from(gaps.is_empty());
        for gap in gaps {
            let place = place(inventory, gap);
            if show_gaps {
                println!("{place}: {}: {}", gap.code.as_str(), gap.message);
            }
            let reason = format!("{}: {}", gap.code.as_str(), generic(&gap.message));
            self.gaps.entry(reason).or_insert((0, place)).0 += 1;
        }
        self.add_references(inventory);
        for resource in &inventory.resources {
            self.unknown += resource.unknown.len();
            self.leaves += leaves(&resource.body) + resource.unknown.len();
            if show_resources {
                println!("{} {}", resource.resource_type, resource.id);
                if let Some(declaration) = resource.declaration() {
                    let condition = declaration.condition.as_deref().unwrap_or("-");
                    println!("  {} existing={} if {condition}", declaration.logical_name, declaration.existing);
                }
                println!("  {}", resource.body);
                for (pointer, unknown) in &resource.unknown {
                    println!("  ? {pointer}: {}", unknown.reason());
                }
            }
        }
    }
}

impl Totals {
    /// Whether what workspaces are associated with is declared in the same template.
    fn add_references(&mut self, inventory: &Inventory) {
        let workspaces = inventory.resources.iter().filter(|r| r.resource_type == WORKSPACE);
        for workspace in workspaces {
            for name in ["storageAccount", "keyVault", "containerRegistry", "applicationInsights"] {
                let pointer = format!("/properties/{name}");
                let known = workspace.get(&pointer).and_then(|value| value.as_str()).map(Text::known);
                let text = known.or_else(|| match workspace.unknown.get(pointer.as_str()) {
                    Some(Unknown::Unresolved { text, .. }) => text.clone(),
                    _ => None,
                });
                let Some(text) = text else { continue };
                let id = ResourceId::from_text(text);
                let declared = inventory.resources.iter().any(|resource| resource.id == id);
                *self.references.entry(declared).or_default() += 1;
                if !declared {
                    println!("not declared: {} {name} {id}", workspace.id);
                }
            }
        }
    }
}

const WORKSPACE: &str = "microsoft.machinelearningservices/workspaces";

fn leaves(json: &serde_json::Value) -> usize {
    match json {
        serde_json::Value::Array(items) => items.iter().map(leaves).sum(),
        serde_json::Value::Object(members) => members.values().map(leaves).sum(),
        _ => 1,
    }
}

fn place(inventory: &Inventory, gap: &Gap) -> String {
    match &gap.place {
        GapPlace::File { file, offset } => match inventory.files.get(*file) {
            Some(file) => format!("{}:{}", file.path, offset.map_or(1, |offset| file.line_of(offset))),
            None => "?".to_owned(),
        },
        GapPlace::Path(path) => path.clone(),
        other => format!("{other:?}"),
    }
}

/// A message without the names and numbers in it.
fn generic(message: &str) -> String {
    let mut result = String::new();
    let mut quoted = false;
    for char in message.chars() {
        match char {
            '\'' => {
                quoted = !quoted;
                result.push('\'');
            }
            _ if quoted => {}
            c if c.is_ascii_digit() => {}
            c => result.push(c),
        }
    }
    result.chars().take(90).collect()
}
