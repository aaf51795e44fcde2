//! Recorded inventories: what a live scan saw, or what source code declares, as one JSON file.
//!
//! The form is described by `docs/schemas/snapshot.schema.json`. A live resource stands there as
//! Azure returned it, so that later rules can judge old nights; what ARM has no word for is in its
//! member `holdfast`. Both directions stream: neither holds the file's text.

mod form;
mod merge;
mod read;
mod write;

pub use merge::merge;
pub use read::{SnapshotError, read_snapshot, read_snapshot_from, read_snapshot_keeping};
pub use write::write_snapshot;

/// The version of the form. It grows when an older holdfast could misread a file.
pub const SCHEMA_VERSION: u64 = 1;

#[cfg(test)]
mod tests;
