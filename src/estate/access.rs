//! Who may do what: identities, and the role assignments that hold for a resource.

use std::collections::{BTreeSet, HashMap};

use super::relations::{ASSIGNMENT, COMPUTE, REGISTRY, Relations, STORAGE, VAULT, WORKSPACE, held, id_at};
use super::{Estate, Reference};
use crate::model::{Hole, Pointer, Resource, ResourceId, Text};

/// Relations to role assignments. One on a subscription holds for everything in it, so they are followed
/// only for what compares access, see [`Estate::with_access`].
pub(super) const ACCESS_RELATIONS: &[&str] = &["management_assignments", "role_assignments"];
const ENDPOINT: &str = "microsoft.machinelearningservices/workspaces/onlineendpoints";
/// What runs under an identity of its own.
const BEARERS: &[&str] = &[WORKSPACE, COMPUTE, ENDPOINT];
/// Where rules ask who has access.
const GUARDED: &[&str] = &[WORKSPACE, STORAGE, VAULT, REGISTRY];
const MANAGEMENT_GROUP: &str = "/providers/microsoft.management/managementgroups/";

pub(super) const POINTERS: &[(&str, &str)] = &[
    (ASSIGNMENT, "/properties/principalType"),
    (WORKSPACE, "/identity"),
    (COMPUTE, "/identity"),
    (ENDPOINT, "/identity"),
];

/// Relates workspaces, computes and endpoints to their identities, and what is guarded to the role
/// assignments on it and around it.
pub(super) fn relate(all: &mut [Relations], resources: &[Resource]) {
    let assignments = by_scope(resources);
    let above = above(&assignments, resources);
    for (number, resource) in resources.iter().enumerate() {
        let kind = resource.resource_type.as_str();
        if BEARERS.contains(&kind) {
            put(&mut all[number], "identities", identities(resource));
        }
        if GUARDED.contains(&kind) && !assignments.is_empty() {
            put(&mut all[number], "role_assignments", effective(resource, &assignments, resources));
            put(&mut all[number], "management_assignments", above.clone());
        }
    }
}

fn put(relations: &mut Relations, name: &'static str, found: Vec<Reference>) {
    if !found.is_empty() {
        relations.insert(name, found);
    }
}

/// The object ids under which a resource acts. That of a declared identity is known to Azure only: a
/// hole of its own, for a user-assigned one the same wherever it is used.
fn identities(bearer: &Resource) -> Vec<Reference> {
    let identity = Pointer::root().child("identity");
    let reference = |id: ResourceId| Reference { id, target: None, pointer: Some("/identity"), inherited: false };
    let unknown = |owner: &str| ResourceId::from_text(Text::hole(Hole::new(owner, "principalId")));
    if bearer.get("/identity/type").is_none() {
        return bearer.unknown_at(&identity).map(|_| reference(unknown(bearer.id.key()))).into_iter().collect();
    }
    let mut found = Vec::new();
    let kind = bearer.get("/identity/type").and_then(|kind| kind.as_str()).unwrap_or_default().to_ascii_lowercase();
    if kind.contains("systemassigned") {
        let own = id_at(bearer, "/identity/principalId");
        found.push(reference(own.unwrap_or_else(|| unknown(bearer.id.key()))));
    }
    let assigned = bearer.get("/identity/userAssignedIdentities").and_then(|list| list.as_object());
    for (name, member) in assigned.into_iter().flatten() {
        let known = member.get("principalId").and_then(|id| id.as_str()).map(ResourceId::parse);
        found.push(reference(known.unwrap_or_else(|| unknown(&name.to_ascii_lowercase()))));
    }
    if kind.contains("userassigned") && assigned.is_none_or(|list| list.is_empty()) {
        found.push(reference(unknown(bearer.id.key())));
    }
    found
}

/// Whether an id is that of a principal, which is no id of Azure Resource Manager but a GUID.
pub(super) fn is_object_id(id: &ResourceId) -> bool {
    let Some(text) = id.text().as_known() else { return false };
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn by_scope(resources: &[Resource]) -> HashMap<String, Vec<usize>> {
    let mut found: HashMap<String, Vec<usize>> = HashMap::new();
    for (number, resource) in resources.iter().enumerate().filter(|(_, r)| r.resource_type == ASSIGNMENT) {
        // The id of one for the whole tenant has no scope.
        let scope = resource.id.scope().map(|scope| scope.key().to_owned()).unwrap_or_default();
        found.entry(scope).or_default().push(number);
    }
    found
}

/// The assignments on a resource itself, and those on its group, subscription and tenant.
fn effective(resource: &Resource, assignments: &HashMap<String, Vec<usize>>, all: &[Resource]) -> Vec<Reference> {
    let key = resource.id.key();
    let group = key.find("/providers/").map(|at| &key[..at]);
    let subscription = group.and_then(|g| g.find("/resourcegroups/")).map(|at| &key[..at]);
    let mut found = Vec::new();
    for (scope, inherited) in [(Some(key), false), (group, true), (subscription, true), (Some(""), true)] {
        for number in scope.and_then(|scope| assignments.get(scope)).into_iter().flatten() {
            found.push(Reference { inherited, ..held(all, *number) });
        }
    }
    found
}

/// The assignments of management groups: which subscriptions lie in them, an assignment does not say.
fn above(assignments: &HashMap<String, Vec<usize>>, all: &[Resource]) -> Vec<Reference> {
    let mut numbers: Vec<usize> = assignments
        .iter()
        .filter(|(scope, _)| scope.starts_with(MANAGEMENT_GROUP))
        .flat_map(|(_, n)| n.clone())
        .collect();
    numbers.sort_unstable();
    numbers.into_iter().map(|number| Reference { inherited: true, ..held(all, number) }).collect()
}

impl Estate {
    /// What an input holds, with the role assignments that hold for it.
    pub(super) fn with_access(&self, mut held: BTreeSet<usize>) -> BTreeSet<usize> {
        let found: Vec<usize> = held
            .iter()
            .flat_map(|number| ACCESS_RELATIONS.iter().filter_map(|relation| self.relations[*number].get(*relation)))
            .flat_map(|references| references.iter().filter_map(|reference| reference.target))
            .collect();
        held.extend(found);
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::relations::{Index, associate};
    use crate::model::Unknown;
    use serde_json::json;

    const WORKSPACE_ID: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w";

    fn related(resources: &[Resource], number: usize, relation: &str) -> Vec<(String, bool)> {
        let all = associate(resources, &Index::new(resources));
        let found = all[number].get(relation).into_iter().flatten();
        found.map(|reference| (reference.id.key().to_owned(), reference.inherited)).collect()
    }

    fn resource(id: &str, identity: serde_json::Value) -> Resource {
        Resource::live(json!({"id": id, "identity": identity})).expect("it has an id")
    }

    #[test]
    fn an_object_id_is_a_guid() {
        let is_one = |text: &str| is_object_id(&ResourceId::parse(text));
        assert!(is_one("2F1D9B3A-55c0-4e1f-9a37-0c8d5e6b7a91"));
        assert!(!is_one("stfraudprod"));
        assert!(!is_one("2f1d9b3a-55c0-4e1f-9a37-0c8d5e6b7a9g"));
        assert!(!is_one(WORKSPACE_ID));
        assert!(!is_object_id(&ResourceId::from_text(Text::hole(Hole::new(WORKSPACE_ID, "principalId")))));
    }

    #[test]
    fn assignments_hold_for_what_lies_inside_their_scope() {
        let assignment =
            |scope: &str| resource(&format!("{scope}/providers/Microsoft.Authorization/roleAssignments/r"), json!({}));
        let mut resources = vec![
            resource(WORKSPACE_ID, json!({})),
            assignment(WORKSPACE_ID),
            assignment("/subscriptions/s/resourceGroups/g"),
            assignment("/subscriptions/s/resourceGroups/other"),
            assignment("/subscriptions/s"),
            assignment(""),
            assignment("/providers/Microsoft.Management/managementGroups/m"),
        ];
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        let own = resources.iter().position(|r| r.id.key() == WORKSPACE_ID.to_lowercase()).expect("it is there");
        let found = related(&resources, own, "role_assignments");
        assert_eq!(found.len(), 4);
        assert_eq!(found.iter().filter(|(_, inherited)| !inherited).count(), 1);
        assert_eq!(related(&resources, own, "management_assignments").len(), 1);
    }

    #[test]
    fn identities_are_object_ids_as_far_as_they_are_known() {
        let both = json!({
            "type": "SystemAssigned, UserAssigned", "principalId": "P1",
            "userAssignedIdentities": {"/subscriptions/s/ID": {"principalId": "p2"}, "/subscriptions/s/other": {}},
        });
        let names = |identity| {
            let resources = [resource(WORKSPACE_ID, identity)];
            related(&resources, 0, "identities").into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        let found = names(both);
        assert_eq!(found[..2], ["p1", "p2"]);
        assert!(found[2].contains("/subscriptions/s/other"), "a hole of its own, the same for all who use it");
        assert!(names(json!({"type": "None"})).is_empty());
        assert!(names(json!({})).is_empty());
        assert_eq!(names(json!({"type": "SystemAssigned"})).len(), 1);
        let mut unread = resource(WORKSPACE_ID, json!({}));
        unread.body = json!({});
        unread.unknown.insert(Pointer::root().child("identity"), Unknown::Forbidden);
        assert_eq!(related(&[unread], 0, "identities").len(), 1);
    }
}
