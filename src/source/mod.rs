//! Sources fill an [`Inventory`]: source code through [`Reader`]s, live subscriptions, snapshots.

mod terraform;
mod tree;

pub use terraform::Terraform;
pub use tree::{FileTree, TreeError};

use crate::model::Inventory;

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

/// Where a reader starts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPoint {
    /// The file (or folder) relative to the repository root.
    pub path: String,
    /// Parameter files for it, relative to the repository root; each makes one deployment.
    pub parameters: Vec<String>,
}
