//! holdfast checks the high availability and disaster recovery of Azure Machine Learning.
//!
//! ```text
//! sources ─▶ Inventory ─▶ Estate ─▶ rule inputs ─▶ rules ─▶ verdicts ─▶ report ─▶ outputs
//! ```
//!
//! [`source`]s fill a [`model::Inventory`] with ARM-shaped resources; the estate associates
//! workspaces with their resources and forms pairs; Rego rules judge small inputs made from it, each
//! verdict proved; outputs show the [`finding::Report`].

pub mod baseline;
pub mod cli;
pub mod config;
pub mod date;
pub mod estate;
pub mod finding;
pub mod git;
pub mod model;
mod nearest;
pub mod output;
pub mod policy;
pub mod proposal;
pub mod report;
pub mod rule;
pub mod rule_docs;
pub mod scan;
pub mod source;
pub mod waiver;
