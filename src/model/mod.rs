//! What a scan knows: ARM-shaped resources, what is unknown about them and why, and where each
//! value stands.
//!
//! Every source (live subscription, snapshot, ARM template, …) fills an [`Inventory`] with these
//! types; nothing behind it knows where a resource came from.

mod collection;
mod files;
mod id;
mod inventory;
mod pointer;
mod region;
mod resource;
mod text;
mod value;

pub use collection::{Collection, Gap, GapCode, GapPlace, SubscriptionScope};
pub use files::{CellLine, FileId, SourceFile, SourceFiles, Span, TextRegion};
pub use id::ResourceId;
pub use inventory::{Deployment, DeploymentId, Inventory, ShardRecord};
pub use pointer::Pointer;
pub use region::Region;
pub use resource::{ARTEFACT, Declaration, LiveOrigin, PropertySpan, Provenance, Resource, Unknown, ValueOrigin};
pub use text::{Hole, Part, Text};
pub use value::{Kind, Value};
