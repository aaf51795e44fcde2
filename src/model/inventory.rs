//! What the sources of a scan delivered.

use serde::{Deserialize, Serialize};

use super::{Collection, GapPlace, Provenance, Resource, SourceFiles, Span, SubscriptionScope};

/// The number of a deployment within an [`Inventory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeploymentId(pub u32);

/// A template together with one parameter set: what one deployment would create.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployment {
    /// The template, relative to the repository root.
    pub template: String,
    /// The parameter file, if one is used.
    pub parameters: Option<String>,
    /// The parameter values that are known, as text, to tell deployments of one template apart.
    /// Secure parameters are left out.
    pub values: std::collections::BTreeMap<String, String>,
}

/// A flat list of resources with provenance, and the record of what was and was not read.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The resources, in no particular order.
    pub resources: Vec<Resource>,
    /// The deployments that declare resources.
    pub deployments: Vec<Deployment>,
    /// What was complete and what is missing.
    pub collection: Collection,
    /// The files that were read.
    pub files: SourceFiles,
    /// When a live estate was captured, RFC 3339 in UTC; `None` for source code.
    pub captured_at: Option<String>,
    /// Which part of a scope it is, if it is one of several.
    pub shard: Option<ShardRecord>,
}

/// One of several scans of a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// From 1.
    pub index: usize,
    /// How many there are.
    pub count: usize,
    /// The subscriptions of all of them.
    pub scope: Vec<SubscriptionScope>,
}

impl Inventory {
    /// Adds a deployment and returns its number.
    pub fn add_deployment(&mut self, deployment: Deployment) -> DeploymentId {
        self.deployments.push(deployment);
        DeploymentId(self.deployments.len() as u32 - 1)
    }

    /// Adds what another source delivered, renumbering its files and deployments.
    pub fn absorb(&mut self, other: Inventory) {
        let files = self.files.len() as u32;
        let deployments = self.deployments.len() as u32;
        let moved = |span: &mut Span| span.file.0 += files;
        for mut resource in other.resources {
            if let Provenance::Declared(declaration) = &mut resource.provenance {
                declaration.deployment.0 += deployments;
                moved(&mut declaration.span);
                declaration.calls.iter_mut().for_each(moved);
                for place in declaration.spans.values_mut() {
                    moved(&mut place.span);
                    place.supplied.iter_mut().for_each(moved);
                }
            }
            self.resources.push(resource);
        }
        let mut collection = other.collection;
        for gap in &mut collection.gaps {
            if let GapPlace::File { file, .. } = &mut gap.place {
                file.0 += files;
            }
        }
        self.shard = self.shard.take().or(other.shard);
        self.collection.merge(collection);
        self.deployments.extend(other.deployments);
        self.files.append(other.files);
        // Several snapshots: the estate is as old as its oldest part.
        self.captured_at = match (self.captured_at.take(), other.captured_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    /// Whether anything in it was read from Azure rather than from source code.
    pub fn is_live(&self) -> bool {
        !self.collection.subscriptions.is_empty() || self.captured_at.is_some()
    }
}
