//! Expands every Bicep entry point below the given folder and prints what was not understood.
//!
//!     cargo run --release --example expand_bicep -- FOLDER [--resources]
#![allow(clippy::print_stdout)] // A tool for people.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use holdfast::model::GapPlace;
use holdfast::source::bicep::Bicep;
use holdfast::source::{FileTree, Reader};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("which folder?")?);
    let with_resources = std::env::args().any(|arg| arg == "--resources");
    let started = Instant::now();
    let wanted = |path: &str| path.ends_with(".bicep") || path.ends_with(".bicepparam") || path.ends_with(".json");
    let tree = FileTree::open(&folder, std::slice::from_ref(&folder), &wanted)?;
    println!("tree {:.2} s", started.elapsed().as_secs_f64());
    let entries = Bicep.claims(&tree);
    println!("claims {:.2} s", started.elapsed().as_secs_f64());
    let (mut deployments, mut resources, mut unknown) = (0, 0, 0);
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &entries {
        let before = started.elapsed().as_secs_f64();
        let inventory = Bicep.read(&tree, entry);
        let took = started.elapsed().as_secs_f64() - before;
        if took > 0.2 {
            println!("slow: {} {took:.2} s", entry.path);
        }
        deployments += inventory.deployments.len();
        resources += inventory.resources.len();
        unknown += inventory.resources.iter().map(|resource| resource.unknown.len()).sum::<usize>();
        for gap in &inventory.collection.gaps {
            *codes.entry(gap.code.as_str()).or_default() += 1;
            let place = match &gap.place {
                GapPlace::File { file, offset } => {
                    let file = inventory.files.get(*file).ok_or("no such file")?;
                    let region = file.region(offset.unwrap_or(0), offset.unwrap_or(0) + 1);
                    format!("{}:{}:{}", file.path, region.line, region.start_column)
                }
                other => format!("{other:?}"),
            };
            println!("{place}: {}: {}", gap.code.as_str(), gap.message);
        }
        if with_resources {
            println!("== {} {:?}", entry.path, entry.parameters);
            for resource in &inventory.resources {
                println!("{} {} {}", resource.resource_type, resource.id, resource.body);
                println!(
                    "   {:?}",
                    resource.unknown.iter().map(|(p, u)| format!("{p}: {}", u.reason())).collect::<Vec<_>>()
                );
                println!("   {:?}", resource.declaration().map(|d| (&d.logical_name, &d.condition, d.existing)));
            }
        }
    }
    println!(
        "{} entries, {deployments} deployments, {resources} resources, {unknown} unknown, {codes:?}, {:.2} s",
        entries.len(),
        started.elapsed().as_secs_f64()
    );
    Ok(())
}
