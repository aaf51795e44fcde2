//! Several inventories of one estate as one: the shards of a scan, or the snapshots of several tenants.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{
    Collection, Gap, GapCode, GapPlace, Inventory, Pointer, Resource, ResourceId, SubscriptionScope, Unknown,
};

/// Joins inventories, in whatever order they come. Of a resource that several hold, that of the one which
/// scanned its subscription counts. Subscriptions that belong to the scope of a shard and that none of
/// them read are gaps.
pub fn merge(mut parts: Vec<Inventory>) -> Inventory {
    parts.sort_by_cached_key(|part| subscriptions_of(part).into_iter().collect::<Vec<_>>());
    let mut merged = Inventory::default();
    let mut live: BTreeMap<(String, String), (bool, Resource)> = BTreeMap::new();
    let mut scope: BTreeSet<SubscriptionScope> = BTreeSet::new();
    for mut part in parts {
        let own = subscriptions_of(&part);
        scope.extend(part.shard.take().into_iter().flat_map(|shard| shard.scope));
        let (declared, read): (Vec<_>, Vec<_>) =
            std::mem::take(&mut part.resources).into_iter().partition(|resource| resource.declaration().is_some());
        part.resources = declared;
        merged.absorb(part);
        for resource in read {
            let owned = subscription_of(&resource.id).is_some_and(|id| own.contains(&id));
            let key = (resource.resource_type.clone(), resource.id.key().to_owned());
            match live.remove(&key) {
                None => drop(live.insert(key, (owned, resource))),
                Some(other) => drop(live.insert(key, joined(other, (owned, resource)))),
            }
        }
    }
    merged.resources.extend(live.into_values().map(|(_, resource)| resource));
    add_missing(&mut merged.collection, scope);
    settle_scopes(&mut merged);
    settle_children(&mut merged);
    merged.collection.sort_gaps();
    merged
}

fn subscriptions_of(part: &Inventory) -> BTreeSet<String> {
    part.collection.subscriptions.iter().map(|subscription| subscription.id.clone()).collect()
}

/// `/subscriptions/{id}` and some answers below it are no ids of resources, so the text is read.
fn subscription_of(id: &ResourceId) -> Option<String> {
    id.key().strip_prefix("/subscriptions/")?.split('/').next().map(str::to_owned)
}

/// The resource of the one that scanned its subscription, with what only the other one asked for.
fn joined(first: (bool, Resource), second: (bool, Resource)) -> (bool, Resource) {
    let (kept, other) = if !first.0 && second.0 { (second, first) } else { (first, second) };
    let (owned, mut kept) = kept;
    let missing = kept.unknown.iter().filter(|(_, why)| **why == Unknown::NotCollected);
    let missing: Vec<Pointer> = missing.map(|(pointer, _)| pointer.clone()).collect();
    for pointer in missing {
        if let Some(value) = other.1.get(pointer.as_str()) {
            if put(&mut kept.body, &pointer, value.clone()) {
                kept.unknown.remove(&pointer);
            }
        } else if let Some(why) = other.1.unknown.get(&pointer) {
            kept.unknown.insert(pointer, why.clone());
        }
    }
    (owned, kept)
}

/// Puts a value at a pointer whose parent is an object.
fn put(body: &mut Value, pointer: &Pointer, value: Value) -> bool {
    let parent = pointer.parent().unwrap_or_default();
    let Some(name) = pointer.segments().last() else { return false };
    let Some(members) = body.pointer_mut(parent.as_str()).and_then(Value::as_object_mut) else { return false };
    members.insert(name, value);
    true
}

/// Subscriptions that some shard should have read.
fn add_missing(collection: &mut Collection, scope: BTreeSet<SubscriptionScope>) {
    let known: BTreeSet<String> = collection.subscriptions.iter().map(|s| s.id.clone()).collect();
    for subscription in scope.into_iter().filter(|subscription| !known.contains(&subscription.id)) {
        let place = GapPlace::Scope(ResourceId::parse(&format!("/subscriptions/{}", subscription.id)));
        let message = format!(
            "subscription {} is in the scope of the shards, and none of the snapshots holds it; add the shard that has it",
            subscription.id
        );
        collection.gaps.push(Gap::new(GapCode::ScopeUnreadable, place, message));
        collection.subscriptions.push(SubscriptionScope { readable: false, ..subscription });
    }
    collection.subscriptions.sort();
}

/// What lay outside the scope of one may lie in that of another.
fn settle_scopes(merged: &mut Inventory) {
    let collection = &mut merged.collection;
    let readable: BTreeSet<String> =
        collection.subscriptions.iter().filter(|s| s.readable).map(|s| s.id.clone()).collect();
    collection.gaps.retain(|gap| match &gap.place {
        GapPlace::Scope(id) if gap.code == GapCode::OutOfScope => {
            subscription_of(id).is_none_or(|id| !readable.contains(&id))
        }
        _ => true,
    });
}

/// Children are complete in a scope where all parents are, and those of each parent: of two parents in
/// one subscription each snapshot may have asked for one.
fn settle_children(merged: &mut Inventory) {
    let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for resource in &merged.resources {
        parents.entry(&resource.resource_type).or_default().push(resource.id.key());
    }
    let mut types: Vec<String> = merged.collection.complete.keys().cloned().collect();
    types.sort_by_key(|name| name.matches('/').count());
    for child in types {
        let Some((parent, _)) = child.rsplit_once('/').filter(|(parent, _)| parent.contains('/')) else { continue };
        let all = parents.get(parent).map(Vec::as_slice).unwrap_or_default();
        for scope in merged.collection.complete.get(parent).cloned().unwrap_or_default() {
            let inside = |id: &&&str| {
                id.strip_prefix(scope.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if all.iter().filter(inside).all(|id| merged.collection.is_complete(&child, id)) {
                merged.collection.mark_complete(&child, &scope);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ShardRecord;
    use serde_json::json;

    const ACCOUNTS: &str = "microsoft.storage/storageaccounts";
    const BLOBS: &str = "microsoft.storage/storageaccounts/blobservices";

    fn scope(id: &str) -> SubscriptionScope {
        SubscriptionScope { id: id.into(), name: None, readable: true }
    }

    fn account(name: &str, properties: Value) -> Resource {
        let id = format!("/subscriptions/hub/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/{name}");
        Resource::live(json!({"id": id, "properties": properties})).expect("it has an id")
    }

    fn part(index: usize, id: &str, resources: Vec<Resource>) -> Inventory {
        let mut part =
            Inventory { captured_at: Some(format!("2026-11-24T0{index}:00:00Z")), resources, ..Inventory::default() };
        part.collection.subscriptions.push(scope(id));
        part.shard = Some(ShardRecord { index, count: 3, scope: vec![scope("hub"), scope("spoke"), scope("third")] });
        part
    }

    fn stats() -> Pointer {
        Pointer::parse("/properties/geoReplicationStats").expect("valid")
    }

    fn parts() -> Vec<Inventory> {
        let mut own = account("a", json!({"tier": "own"}));
        own.unknown.insert(stats(), Unknown::NotCollected);
        let mut hub = part(1, "hub", vec![own, account("b", json!({}))]);
        hub.collection.mark_complete(ACCOUNTS, "/subscriptions/hub");
        hub.collection.mark_complete(BLOBS, account("b", json!({})).id.key());
        let seen = account("a", json!({"tier": "seen", "geoReplicationStats": {"status": "Live"}}));
        let mut spoke = part(2, "spoke", vec![seen]);
        spoke.collection.mark_complete(BLOBS, account("a", json!({})).id.key());
        let place = GapPlace::Scope(account("gone", json!({})).id);
        spoke.collection.gaps.push(Gap::new(GapCode::OutOfScope, place, "outside"));
        vec![hub, spoke]
    }

    #[test]
    fn each_resource_is_that_of_its_subscription_with_what_others_asked_for() {
        let mut turned = parts();
        turned.reverse();
        for parts in [parts(), turned] {
            let merged = merge(parts);
            assert_eq!(merged.resources.len(), 2);
            let a = &merged.resources[0];
            assert_eq!(a.body["properties"], json!({"tier": "own", "geoReplicationStats": {"status": "Live"}}));
            assert!(a.unknown.is_empty());
            assert_eq!(merged.captured_at.as_deref(), Some("2026-11-24T01:00:00Z"));
        }
    }

    #[test]
    fn what_each_asked_for_is_complete_together() {
        let merged = merge(parts());
        assert!(merged.collection.is_complete(BLOBS, "/subscriptions/hub"));
        assert!(merged.collection.gaps.iter().all(|gap| gap.code != GapCode::OutOfScope), "it is in the scope now");
    }

    #[test]
    fn a_shard_that_is_missing_is_a_gap() {
        let merged = merge(parts());
        let gaps: Vec<_> = merged.collection.gaps.iter().map(|gap| (gap.code, gap.message.contains("third"))).collect();
        assert_eq!(gaps, [(GapCode::ScopeUnreadable, true)]);
        let readable: Vec<_> = merged.collection.subscriptions.iter().map(|s| (s.id.as_str(), s.readable)).collect();
        assert_eq!(readable, [("hub", true), ("spoke", true), ("third", false)]);
    }
}
