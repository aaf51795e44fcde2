//! The closed list of relations between resources, and how each is read from ARM bodies.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Hole, Pointer, Resource, ResourceId, Text};

/// The type of an Azure ML workspace.
pub const WORKSPACE: &str = "microsoft.machinelearningservices/workspaces";
const COMPUTE: &str = "microsoft.machinelearningservices/workspaces/computes";
const DATASTORE: &str = "microsoft.machinelearningservices/workspaces/datastores";
const STORAGE: &str = "microsoft.storage/storageaccounts";
const REGISTRY: &str = "microsoft.containerregistry/registries";
const COMPONENT: &str = "microsoft.insights/components";
const LOG_WORKSPACE: &str = "microsoft.operationalinsights/workspaces";
const LOCK: &str = "microsoft.authorization/locks";

/// How the targets of a relation are found.
enum Via {
    /// An id in a property of the source.
    Id(&'static str),
    /// The children of the source that have this type.
    Children(&'static str),
    /// The storage account that a datastore names.
    DatastoreAccount,
}

struct Relation {
    from: &'static str,
    name: &'static str,
    via: Via,
}

const fn relation(from: &'static str, name: &'static str, via: Via) -> Relation {
    Relation { from, name, via }
}

/// Sources: the associated resources of a workspace
/// (<https://learn.microsoft.com/azure/machine-learning/concept-workspace#associated-resources>) and the
/// REST reference of each type.
const RELATIONS: &[Relation] = &[
    relation(WORKSPACE, "storage", Via::Id("/properties/storageAccount")),
    relation(WORKSPACE, "key_vault", Via::Id("/properties/keyVault")),
    relation(WORKSPACE, "container_registry", Via::Id("/properties/containerRegistry")),
    relation(WORKSPACE, "application_insights", Via::Id("/properties/applicationInsights")),
    relation(WORKSPACE, "encryption_vault", Via::Id("/properties/encryption/keyVaultProperties/keyVaultArmId")),
    relation(WORKSPACE, "hub", Via::Id("/properties/hubResourceId")),
    relation(WORKSPACE, "computes", Via::Children(COMPUTE)),
    relation(WORKSPACE, "datastores", Via::Children(DATASTORE)),
    relation(COMPUTE, "attached", Via::Id("/properties/resourceId")),
    relation(DATASTORE, "account", Via::DatastoreAccount),
    relation(STORAGE, "blob_services", Via::Children("microsoft.storage/storageaccounts/blobservices")),
    relation(STORAGE, "file_services", Via::Children("microsoft.storage/storageaccounts/fileservices")),
    relation(REGISTRY, "replications", Via::Children("microsoft.containerregistry/registries/replications")),
    relation(COMPONENT, "log_workspace", Via::Id("/properties/WorkspaceResourceId")),
    relation(LOG_WORKSPACE, "tables", Via::Children("microsoft.operationalinsights/workspaces/tables")),
];

/// The pointers that relations read, per type: their spelling is made ARM's, and they are collected
/// whatever the rules ask for.
pub(crate) fn pointers() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ids = RELATIONS.iter().filter_map(|relation| match relation.via {
        Via::Id(pointer) => Some((relation.from, pointer)),
        _ => None,
    });
    let account = ["/properties/accountName", "/properties/subscriptionId", "/properties/resourceGroup"];
    ids.chain(account.into_iter().map(|pointer| (DATASTORE, pointer)))
}

/// A resource that another one refers to.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Its id as the referring resource has it; holes possible.
    pub id: ResourceId,
    /// The number of the resource, if the inventory holds it.
    pub target: Option<usize>,
    /// The property that refers to it.
    pub pointer: Option<&'static str>,
    /// A lock that stands on the group or subscription rather than on the resource.
    pub inherited: bool,
}

/// The references of one resource, by relation.
pub type Relations = BTreeMap<&'static str, Vec<Reference>>;

/// Finds resources by id.
pub(crate) struct Index {
    by_key: HashMap<String, usize>,
    by_global_name: HashMap<(String, String), Vec<usize>>,
}

impl Index {
    pub fn new(resources: &[Resource]) -> Self {
        let mut by_key = HashMap::with_capacity(resources.len());
        let mut by_global_name: HashMap<_, Vec<usize>> = HashMap::new();
        for (number, resource) in resources.iter().enumerate() {
            by_key.insert(resource.id.key().to_owned(), number);
            if let Some(name) = resource.id.global_name() {
                by_global_name.entry(name).or_default().push(number);
            }
        }
        Self { by_key, by_global_name }
    }

    /// The resource that an id names for a resource of this deployment (`None` for a live one).
    ///
    /// Two deployments may declare one globally named resource: the own deployment's declaration is the
    /// one that is meant. Where only others declare it, and more than one does, nobody knows which one
    /// is deployed last.
    pub fn find(&self, id: &ResourceId, from: &Resource, resources: &[Resource]) -> Option<usize> {
        if let Some(number) = self.by_key.get(id.key()) {
            return Some(*number);
        }
        let candidates = self.by_global_name.get(&id.global_name()?)?;
        let deployment = |r: &Resource| r.declaration().map(|d| d.deployment);
        let own = candidates.iter().find(|n| deployment(&resources[**n]) == deployment(from));
        match (own, candidates.as_slice()) {
            (Some(own), _) => Some(*own),
            (None, [only]) => Some(*only),
            (None, _) => None,
        }
    }
}

/// The relations of every resource, in the order of `resources`.
pub(crate) fn associate(resources: &[Resource], index: &Index) -> Vec<Relations> {
    let children = children_by_parent(resources);
    let locks = locks_by_scope(resources);
    let mut all: Vec<Relations> = Vec::with_capacity(resources.len());
    for resource in resources {
        let mut relations = Relations::new();
        for relation in RELATIONS.iter().filter(|r| r.from == resource.resource_type) {
            let found: Vec<Reference> = match relation.via {
                Via::Id(pointer) => by_id(resource, pointer, index, resources).into_iter().collect(),
                Via::DatastoreAccount => datastore_account(resource, index, resources).into_iter().collect(),
                Via::Children(child_type) => {
                    let own = children.get(resource.id.key()).into_iter().flatten();
                    own.filter(|n| resources[**n].resource_type == child_type).map(|n| held(resources, *n)).collect()
                }
            };
            if !found.is_empty() {
                relations.insert(relation.name, found);
            }
        }
        let locks = locks_on(resource, &locks, resources);
        if !locks.is_empty() {
            relations.insert("locks", locks);
        }
        all.push(relations);
    }
    add_projects(&mut all, resources);
    all
}

fn held(resources: &[Resource], number: usize) -> Reference {
    Reference { id: resources[number].id.clone(), target: Some(number), pointer: None, inherited: false }
}

/// An id that is unknown through and through is a reference too: to a resource of which nothing is
/// known but who refers to it.
fn by_id(from: &Resource, pointer: &'static str, index: &Index, resources: &[Resource]) -> Option<Reference> {
    let unknown = || Text::hole(Hole::new(from.id.key(), pointer));
    let text = match from.text_at(pointer) {
        Some(text) if text.as_known() == Some("") => return None,
        Some(text) => text,
        None => Pointer::parse(pointer).and_then(|p| from.unknown_at(&p)).map(|_| unknown())?,
    };
    let id = ResourceId::from_text(text);
    let target = index.find(&id, from, resources);
    Some(Reference { id, target, pointer: Some(pointer), inherited: false })
}

/// Storage account names are unique in Azure: the name alone leads to the account.
fn datastore_account(from: &Resource, index: &Index, resources: &[Resource]) -> Option<Reference> {
    const NAME: &str = "/properties/accountName";
    let name = from.text_at(NAME)?;
    let part = |pointer: &str| from.text_at(pointer).unwrap_or_default();
    let mut text = Text::known("/subscriptions/");
    text.push(&part("/properties/subscriptionId"));
    text.push_known("/resourceGroups/");
    text.push(&part("/properties/resourceGroup"));
    text.push_known("/providers/Microsoft.Storage/storageAccounts/");
    text.push(&name);
    let id = ResourceId::from_text(text);
    let target = index.find(&id, from, resources);
    let id = target.map_or(id, |number| resources[number].id.clone());
    Some(Reference { id, target, pointer: Some(NAME), inherited: false })
}

fn children_by_parent(resources: &[Resource]) -> HashMap<String, Vec<usize>> {
    let mut children: HashMap<String, Vec<usize>> = HashMap::new();
    for (number, resource) in resources.iter().enumerate() {
        if let Some(parent) = resource.id.parent() {
            children.entry(parent.key().to_owned()).or_default().push(number);
        }
    }
    children
}

fn locks_by_scope(resources: &[Resource]) -> HashMap<String, Vec<usize>> {
    let mut locks: HashMap<String, Vec<usize>> = HashMap::new();
    for (number, resource) in resources.iter().enumerate().filter(|(_, r)| r.resource_type == LOCK) {
        if let Some(scope) = resource.id.scope() {
            locks.entry(scope.key().to_owned()).or_default().push(number);
        }
    }
    locks
}

/// The locks on a resource itself and on the group and subscription around it.
fn locks_on(resource: &Resource, locks: &HashMap<String, Vec<usize>>, resources: &[Resource]) -> Vec<Reference> {
    if locks.is_empty() || resource.resource_type == LOCK {
        return Vec::new();
    }
    let key = resource.id.key();
    let group = key.find("/providers/").map(|at| &key[..at]);
    let subscription = group.and_then(|g| g.find("/resourcegroups/")).map(|at| &key[..at]);
    let mut found = Vec::new();
    for (scope, inherited) in [(Some(key), false), (group, true), (subscription, true)] {
        for number in scope.and_then(|scope| locks.get(scope)).into_iter().flatten() {
            found.push(Reference { inherited, ..held(resources, *number) });
        }
    }
    found
}

/// A hub knows its projects by their reference to it.
fn add_projects(all: &mut [Relations], resources: &[Resource]) {
    let projects: Vec<(usize, usize)> = all
        .iter()
        .enumerate()
        .filter_map(|(project, relations)| Some((relations.get("hub")?.first()?.target?, project)))
        .collect();
    for (hub, project) in projects {
        all[hub].entry("projects").or_default().push(held(resources, project));
    }
}
