//! Sources fill an [`Inventory`]: source code through [`Reader`]s, live subscriptions, snapshots.

mod arm_template;
pub mod bicep;
pub mod expr;
#[cfg(feature = "live")]
pub mod live;
pub mod pseudonyms;
pub mod redact;
pub mod repository;
pub mod snapshot;
mod terraform;
mod tree;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

pub use arm_template::ArmTemplate;
pub use bicep::Bicep;
pub use repository::{AmlYaml, Notebook, Python, RepositoryFiles};
pub use terraform::Terraform;
pub use tree::{FileTree, Ignores, StoredFiles, TreeError};

use crate::model::{Gap, GapCode, Inventory};

/// Turns one dialect of infrastructure-as-code into ARM-shaped resources.
pub trait Reader: Sync {
    /// The dialect, for messages and statistics, for example `ARM template`.
    fn name(&self) -> &'static str;

    /// Entry points of this dialect in the tree: a template, a Terraform root module, a notebook.
    fn claims(&self, tree: &FileTree) -> Vec<EntryPoint>;

    /// The resources that an entry point declares. Never fails as a whole: what could not be read is
    /// a gap with its place and reason.
    fn read(&self, tree: &FileTree, entry: &EntryPoint) -> Inventory;
}

/// The dialects, in the order in which their results are put together.
pub static READERS: &[&dyn Reader] =
    &[&ArmTemplate, &Bicep, &Terraform, &AmlYaml, &Python, &Notebook, &RepositoryFiles, &repository::Workflows];

/// Whether some reader may want a file of this name (its path relative to the repository root).
pub fn is_source(path: &str) -> bool {
    const EXTENSIONS: &[&str] = &[
        "json",
        "jsonc",
        "bicep",
        "bicepparam",
        "tf",
        "tfvars",
        "yml",
        "yaml",
        "py",
        "ipynb",
        "sh",
        "bash",
        "azcli",
        "ps1",
        "md",
        "txt",
        "toml",
        "runconfig",
        "dockerfile",
    ];
    const NAMES: &[&str] = &["dockerfile", "pipfile"];
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
        || NAMES.iter().any(|known| name.starts_with(known))
}

/// Where a reader starts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPoint {
    /// The file (or folder) relative to the repository root.
    pub path: String,
    /// Parameter files for it, relative to the repository root; each makes one deployment.
    pub parameters: Vec<String>,
}

/// What the source code of a tree declares, and how many entry points each dialect had.
///
/// `parameters` gives templates other parameter files than those that stand beside them: template →
/// files, all relative to the repository root.
pub fn read_tree(tree: &FileTree, parameters: &BTreeMap<String, Vec<String>>) -> (Inventory, BTreeMap<String, usize>) {
    let mut work: Vec<(&dyn Reader, EntryPoint)> = Vec::new();
    let mut counts = BTreeMap::new();
    let mut inventory = Inventory::default();
    for reader in READERS {
        let claimed = catch_unwind(AssertUnwindSafe(|| reader.claims(tree)));
        let mut entries = claimed.unwrap_or_else(|_| {
            let message = format!("the reader of {} files failed on this repository; please report it", reader.name());
            inventory.collection.gaps.push(Gap::new(GapCode::ReaderFailed, crate::model::GapPlace::Scan, message));
            Vec::new()
        });
        entries.sort();
        if !entries.is_empty() {
            counts.insert(reader.name().to_owned(), entries.len());
        }
        for mut entry in entries {
            if let Some(files) = parameters.get(&entry.path) {
                entry.parameters.clone_from(files);
            }
            work.push((*reader, entry));
        }
    }
    let read: Vec<Inventory> = work.par_iter().map(|(reader, entry)| read_entry(*reader, tree, entry)).collect();
    for part in read {
        inventory.absorb(part);
    }
    inventory.collection.gaps.extend(tree.gaps().iter().cloned());
    (inventory, counts)
}

/// A panic in a reader is a fault of the reader, not the end of the scan.
fn read_entry(reader: &dyn Reader, tree: &FileTree, entry: &EntryPoint) -> Inventory {
    catch_unwind(AssertUnwindSafe(|| reader.read(tree, entry))).unwrap_or_else(|_| {
        let mut inventory = Inventory::default();
        let message = format!("the reader of {} files failed on this file; please report it", reader.name());
        inventory.collection.gaps.push(Gap::at_path(GapCode::ReaderFailed, &entry.path, message));
        inventory
    })
}

#[cfg(test)]
mod location_tests;
