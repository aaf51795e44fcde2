//! Child resources that a parent holds in its own body: Azure answers with them there, and templates
//! may write them there or as resources of their own. Rules see one form, the resource.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::relations::{OUTBOUND_RULE, PEERING, VIRTUAL_NETWORK, WORKSPACE};
use crate::model::{Hole, Pointer, Provenance, Resource, Text};

/// Where children stand in the body of their parent.
struct Inline {
    parent: &'static str,
    /// A list of children with a `name` each, or an object of children by name.
    pointer: &'static str,
    child: &'static str,
    /// The last segment of the child's type, as in ids.
    segment: &'static str,
    /// What the members of an object are: the child's `properties`, without a level of their own.
    bare: bool,
}

const INLINE: &[Inline] = &[
    Inline {
        parent: VIRTUAL_NETWORK,
        pointer: "/properties/virtualNetworkPeerings",
        child: PEERING,
        segment: "virtualNetworkPeerings",
        bare: false,
    },
    Inline {
        parent: WORKSPACE,
        pointer: "/properties/managedNetwork/outboundRules",
        child: OUTBOUND_RULE,
        segment: "outboundRules",
        bare: true,
    },
];

/// Makes resources of children that stand in the body of their parent. A child that is a resource
/// already keeps what is said there. What became a child is no longer in the parent; where the list or
/// an element of it is unknown, that stays written at the parent.
pub(super) fn expand(mut resources: Vec<Resource>) -> Vec<Resource> {
    let known: HashSet<String> = resources.iter().map(|r| r.id.key().to_owned()).collect();
    let mut children = Vec::new();
    for resource in &mut resources {
        for inline in INLINE.iter().filter(|inline| inline.parent == resource.resource_type).collect::<Vec<_>>() {
            children.extend(take(resource, inline).into_iter().filter(|child| !known.contains(child.id.key())));
        }
    }
    resources.extend(children);
    resources
}

fn take(parent: &mut Resource, inline: &Inline) -> Vec<Resource> {
    let (Some(at), Some(found)) = (Pointer::parse(inline.pointer), parent.body.pointer_mut(inline.pointer)) else {
        return Vec::new();
    };
    let elements: Vec<(Pointer, Value)> = match found.take() {
        Value::Array(items) => items.into_iter().enumerate().map(|(i, item)| (at.index(i), item)).collect(),
        Value::Object(members) => members.into_iter().map(|(name, member)| (at.child(&name), member)).collect(),
        _ => Vec::new(),
    };
    remove(&mut parent.body, &at);
    elements.into_iter().filter_map(|(place, body)| child(parent, inline, &place, body)).collect()
}

fn remove(body: &mut Value, at: &Pointer) {
    let holder = at.parent().and_then(|holder| body.pointer_mut(holder.as_str()));
    if let (Some(Value::Object(members)), Some(name)) = (holder, at.segments().last()) {
        members.remove(&name);
    }
}

/// One child; `None` if all of it is unknown, which stays with the parent.
fn child(parent: &mut Resource, inline: &Inline, place: &Pointer, body: Value) -> Option<Resource> {
    if parent.unknown.contains_key(place) {
        return None;
    }
    let unknown = moved(&mut parent.unknown, place, inline.bare);
    let name = match (inline.bare, body.get("name").and_then(Value::as_str)) {
        (false, Some(name)) => Text::known(name),
        (true, _) if body.is_object() => Text::known(place.segments().last()?),
        _ => Text::hole(Hole::new(parent.id.key(), place.as_str())),
    };
    let body = if inline.bare { serde_json::json!({"properties": body}) } else { body };
    let id = parent.id.child(inline.segment, &name);
    let mut provenance = parent.provenance.clone();
    match &mut provenance {
        Provenance::Live(origin) => origin.id = format!("{}/{}/{name}", origin.id, inline.segment),
        Provenance::Declared(declaration) => {
            declaration.logical_name = format!("{}/{}/{name}", declaration.logical_name, inline.segment);
            if let Some(own) = declaration.spans.get(place) {
                declaration.span = own.span;
            }
            declaration.spans = moved(&mut declaration.spans, place, inline.bare);
        }
    }
    Some(Resource { id, resource_type: inline.child.to_owned(), body, unknown, provenance, context: parent.context })
}

/// What lies inside of a place, by pointers that start at the child.
fn moved<T>(map: &mut BTreeMap<Pointer, T>, place: &Pointer, bare: bool) -> BTreeMap<Pointer, T> {
    let inside: Vec<Pointer> = map.keys().filter(|p| p.is_within(place)).cloned().collect();
    let level = if bare { "/properties" } else { "" };
    let entries = inside.into_iter().filter_map(|pointer| {
        let rest = format!("{level}{}", &pointer.as_str()[place.as_str().len()..]);
        Some((Pointer::parse(&rest)?, map.remove(&pointer)?))
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unknown;
    use serde_json::json;

    const GROUP: &str = "/subscriptions/s/resourceGroups/g/providers";

    fn network(properties: Value) -> Resource {
        let id = format!("{GROUP}/Microsoft.Network/virtualNetworks/hub");
        Resource::live(json!({"id": id, "properties": properties})).expect("it has an id")
    }

    #[test]
    fn peerings_of_an_answer_become_resources() {
        let peering = json!({"name": "to-spoke", "properties": {"peeringState": "Connected"}});
        let resources = expand(vec![network(json!({"virtualNetworkPeerings": [peering]}))]);
        assert_eq!(resources.len(), 2);
        assert_eq!(resources[0].body, json!({"properties": {}}));
        assert_eq!(resources[1].resource_type, PEERING);
        assert_eq!(resources[1].id.parent(), Some(resources[0].id.clone()));
        assert_eq!(resources[1].get("/properties/peeringState"), Some(&json!("Connected")));
    }

    #[test]
    fn rules_of_a_managed_network_are_named_by_their_key() {
        let id = format!("{GROUP}/Microsoft.MachineLearningServices/workspaces/w");
        let rules = json!({"pypi": {"type": "FQDN", "destination": "pypi.org"}});
        let body = json!({"id": id, "properties": {"managedNetwork": {"outboundRules": rules}}});
        let listed = json!({"id": format!("{id}/outboundRules/PyPI"), "properties": {"type": "FQDN"}});
        let workspace = Resource::live(body).expect("it has an id");
        let resources = expand(vec![workspace.clone()]);
        assert_eq!(resources[1].body, json!({"properties": {"type": "FQDN", "destination": "pypi.org"}}));
        let listed = Resource::live(listed).expect("it has an id");
        assert_eq!(expand(vec![workspace, listed]).len(), 2, "the listed rule stands for the inner one");
    }

    #[test]
    fn what_is_unknown_moves_with_its_child_and_an_unknown_child_stays() {
        let mut hub = network(json!({"virtualNetworkPeerings": [{"name": "a", "properties": {}}, {}]}));
        let inside = "/properties/virtualNetworkPeerings/0/properties/remoteVirtualNetwork/id";
        for pointer in [inside, "/properties/virtualNetworkPeerings/1"] {
            hub.unknown.insert(Pointer::parse(pointer).expect("valid"), Unknown::NotCollected);
        }
        let resources = expand(vec![hub]);
        assert_eq!(resources.len(), 2);
        assert_eq!(
            resources[0].unknown.keys().map(Pointer::as_str).collect::<Vec<_>>(),
            ["/properties/virtualNetworkPeerings/1"]
        );
        assert!(resources[1].unknown.contains_key("/properties/remoteVirtualNetwork/id"));
    }
}
