//! What the sources of a scan delivered.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Collection, GapPlace, Provenance, Resource, ResourceId, SourceFiles, Span, SubscriptionScope};

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

    /// The ids of what the source declares itself, rather than refer to it.
    pub fn declared_ids(&self) -> Vec<ResourceId> {
        let declared = self.resources.iter().filter(|r| r.declaration().is_some_and(|d| !d.existing));
        declared.map(|resource| resource.id.clone()).collect()
    }

    /// Adds to source code what is known from elsewhere, which is not judged. What the source declares
    /// wins; what it only refers to (`existing`) is known from now on; what a change removed, of which
    /// `removed` are the ids, is not taken from elsewhere.
    ///
    /// A type is complete everywhere if it is in the context. Gaps of the context are not ours.
    pub fn add_context(&mut self, mut context: Inventory, removed: &[ResourceId]) {
        let mut complete = std::mem::take(&mut context.collection.complete);
        let record = Collection { complete: complete.clone(), ..context.collection };
        for (resource_type, scopes) in &mut complete {
            if record.is_complete(resource_type, Collection::EVERYWHERE) {
                scopes.insert(Collection::EVERYWHERE.to_owned());
            }
        }
        let mut elsewhere = Elsewhere::new(context.resources);
        for own in &mut self.resources {
            let Some(known) = elsewhere.take(&own.id) else { continue };
            if own.declaration().is_some_and(|declaration| declaration.existing) {
                own.body = known.body;
                own.unknown = known.unknown;
                own.context = true;
            }
        }
        removed.iter().for_each(|id| drop(elsewhere.take(id)));
        context.resources = elsewhere.rest();
        context.resources.iter_mut().for_each(|resource| resource.context = true);
        context.collection = Collection { complete, ..Collection::default() };
        context.captured_at = None;
        self.absorb(context);
    }

    /// Whether anything in it was read from Azure rather than from source code.
    pub fn is_live(&self) -> bool {
        !self.collection.subscriptions.is_empty() || self.captured_at.is_some()
    }
}

/// The resources of a context, each of which can be taken once.
struct Elsewhere {
    resources: Vec<Option<Resource>>,
    /// By type and names, in lower case.
    by_name: HashMap<String, Vec<usize>>,
}

impl Elsewhere {
    fn new(resources: Vec<Resource>) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, resource) in resources.iter().enumerate() {
            if let Some(name) = full_name(&resource.id) {
                by_name.entry(name).or_default().push(number);
            }
        }
        Self { resources: resources.into_iter().map(Some).collect(), by_name }
    }

    /// The resource with this id; also the only one of its type and names, if nothing says that it is
    /// another: a declaration rarely knows its subscription.
    fn take(&mut self, id: &ResourceId) -> Option<Resource> {
        let candidates = self.by_name.get(&full_name(id)?)?;
        let same = |number: &usize| self.resources[*number].as_ref().and_then(|other| id.same(&other.id));
        let proved = candidates.iter().copied().find(|number| same(number) == Some(true));
        let possible: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|number| self.resources[*number].is_some() && same(number) != Some(false))
            .collect();
        let number = match (proved, possible.as_slice()) {
            (Some(number), _) => number,
            (None, [only]) => *only,
            (None, _) => return None,
        };
        self.resources[number].take()
    }

    fn rest(self) -> Vec<Resource> {
        self.resources.into_iter().flatten().collect()
    }
}

/// Type and names, if all of them are known.
fn full_name(id: &ResourceId) -> Option<String> {
    let mut name = id.resource_type()?.to_owned();
    for part in id.names() {
        name.push('/');
        name.push_str(&part.as_known()?.to_ascii_lowercase());
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Declaration, Span, Text};

    fn live(name: &str, sku: &str) -> Resource {
        let id = format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/{name}");
        Resource::live(serde_json::json!({"id": id, "sku": {"name": sku}})).expect("it has an id")
    }

    fn declared(inventory: &mut Inventory, name: &str, existing: bool) {
        let deployment = inventory.add_deployment(Deployment::default());
        let mut id = Text::known("/subscriptions/");
        id.push_hole(crate::model::Hole::new("main", "subscription"));
        id.push_known(&format!("/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/{name}"));
        let declaration = Declaration {
            deployment,
            logical_name: format!("bicep:{name}"),
            span: Span { file: super::super::FileId(0), start: 0, end: 1 },
            spans: Default::default(),
            calls: Vec::new(),
            existing,
            condition: None,
            location: None,
        };
        let id = ResourceId::from_text(id);
        let resource_type = "Microsoft.Storage/storageAccounts";
        inventory.resources.push(Resource::declared(id, resource_type, Resource::empty_body(), declaration));
    }

    #[test]
    fn the_source_wins_and_what_it_refers_to_becomes_known() {
        let mut inventory = Inventory::default();
        declared(&mut inventory, "own", false);
        declared(&mut inventory, "stub", true);
        let mut context = Inventory { captured_at: Some("2026-11-24T01:00:00Z".to_owned()), ..Inventory::default() };
        context.resources = vec![live("OWN", "LRS"), live("stub", "ZRS"), live("other", "GRS"), live("gone", "LRS")];
        context.collection.mark_complete("Microsoft.Storage/storageAccounts", "*");
        let gone = live("gone", "LRS").id;
        inventory.add_context(context, &[gone]);
        assert!(!inventory.is_live(), "it is source code all the same");
        let shown: Vec<_> = (inventory.resources.iter())
            .map(|r| (r.id.name().expect("a name").to_string(), r.get("/sku/name").is_some(), r.context))
            .collect();
        let expected = [("own", false, false), ("stub", true, true), ("other", true, true)];
        assert_eq!(shown, expected.map(|(name, known, context)| (name.to_owned(), known, context)));
        assert!(inventory.collection.is_complete("microsoft.storage/storageaccounts", Collection::EVERYWHERE));
    }
}
