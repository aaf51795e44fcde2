//! What is done once to the resources of every source before they are associated: ARM's spelling of
//! property names, one resource per id, and the defaults that Azure documents.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::Defaults;
use crate::model::{Pointer, Provenance, Resource, Unknown};

/// Property paths per resource type (lower case), in ARM's spelling.
pub type EvidencePaths = BTreeMap<String, BTreeSet<Pointer>>;

/// Brings the resources of an inventory into the form that rules read.
pub(crate) fn normalise(resources: Vec<Resource>, paths: &EvidencePaths, defaults: &Defaults) -> Vec<Resource> {
    let mut resources = merge_duplicates(resources);
    for resource in &mut resources {
        if let Some(paths) = paths.get(&resource.resource_type) {
            for path in paths {
                respell(resource, path);
            }
        }
        defaults.apply(resource);
    }
    shorten_sizes(&mut resources);
    resources
}

/// Azure lists hundreds of VM sizes per region, with their prices. What is in use decides; the rest would
/// stand in every input.
fn shorten_sizes(resources: &mut [Resource]) {
    const SIZES: &str = "microsoft.machinelearningservices/locations/vmsizes";
    const USES: &[&str] = &["/properties/properties/vmSize", "/properties/instanceType"];
    let mut used: BTreeSet<String> = BTreeSet::new();
    for resource in resources.iter().filter(|r| r.resource_type.starts_with("microsoft.machinelearningservices/")) {
        let sizes = USES.iter().filter_map(|pointer| resource.get(pointer)?.as_str());
        used.extend(sizes.map(str::to_ascii_lowercase));
    }
    for resource in resources.iter_mut().filter(|r| r.resource_type == SIZES) {
        let Some(list) = resource.body.pointer_mut("/value").and_then(Value::as_array_mut) else { continue };
        list.retain(|size| size["name"].as_str().is_some_and(|name| used.contains(&name.to_ascii_lowercase())));
        for size in list.iter_mut().filter_map(Value::as_object_mut) {
            size.retain(|name, _| matches!(name.as_str(), "name" | "family" | "vCPUs"));
        }
    }
}

/// Azure ignores the case of property names; rules do not. Renames what differs in case only.
fn respell(resource: &mut Resource, path: &Pointer) {
    let mut here = Pointer::root();
    for name in path.segments() {
        if name == "*" {
            return;
        }
        let wanted = here.child(&name);
        while let Some(written) = written_name(resource, &here, &name) {
            let both = resource.get(wanted.as_str()).is_some() || resource.unknown.contains_key(&wanted);
            rename(resource, &here, &written, &name);
            if both {
                take_out(resource, &here, &name);
            }
        }
        here = wanted;
    }
}

/// A property that is written twice in two spellings: which one counts is not known.
fn take_out(resource: &mut Resource, parent: &Pointer, name: &str) {
    if let Some(members) = resource.body.pointer_mut(parent.as_str()).and_then(Value::as_object_mut) {
        members.remove(name);
    }
    disagree(parent.child(name), &mut resource.unknown);
}

/// The name as written, if it is there in another spelling.
fn written_name(resource: &Resource, parent: &Pointer, name: &str) -> Option<String> {
    let other = |candidate: &str| candidate != name && candidate.eq_ignore_ascii_case(name);
    let known = resource.body.pointer(parent.as_str()).and_then(Value::as_object);
    let known = known.and_then(|members| members.keys().find(|k| other(k)).cloned());
    known.or_else(|| {
        let unknown = resource.unknown.keys().filter(|p| p.is_within(parent) && *p != parent);
        let mut names = unknown.filter_map(|p| Pointer::parse(&p.as_str()[parent.as_str().len()..])?.segments().next());
        names.find(|n| other(n))
    })
}

fn rename(resource: &mut Resource, parent: &Pointer, from: &str, to: &str) {
    if let Some(members) = resource.body.pointer_mut(parent.as_str()).and_then(Value::as_object_mut)
        && let Some(value) = members.remove(from)
    {
        members.insert(to.to_owned(), value);
    }
    let (from, to) = (parent.child(from), parent.child(to));
    let moved = |pointer: &Pointer| {
        let rest = &pointer.as_str()[from.as_str().len()..];
        Pointer::parse(&format!("{to}{rest}"))
    };
    fn shift<T: Clone>(map: &mut BTreeMap<Pointer, T>, from: &Pointer, moved: impl Fn(&Pointer) -> Option<Pointer>) {
        let old: Vec<Pointer> = map.keys().filter(|p| p.is_within(from)).cloned().collect();
        for pointer in old {
            if let Some(value) = map.remove(&pointer)
                && let Some(new) = moved(&pointer)
            {
                map.insert(new, value);
            }
        }
    }
    shift(&mut resource.unknown, &from, moved);
    if let Provenance::Declared(declaration) = &mut resource.provenance {
        shift(&mut declaration.spans, &from, moved);
    }
}

/// One resource per id: a reference (`existing`) gives way to a declaration. Where two declarations
/// differ (two branches of a condition, a later update), nobody knows which one holds.
fn merge_duplicates(resources: Vec<Resource>) -> Vec<Resource> {
    let mut merged: Vec<Resource> = Vec::with_capacity(resources.len());
    let mut first: HashMap<String, usize> = HashMap::with_capacity(resources.len());
    for resource in resources {
        match first.get(resource.id.key()) {
            None => {
                first.insert(resource.id.key().to_owned(), merged.len());
                merged.push(resource);
            }
            Some(number) => combine(&mut merged[*number], resource),
        }
    }
    merged
}

fn combine(kept: &mut Resource, other: Resource) {
    let existing = |r: &Resource| r.declaration().is_some_and(|d| d.existing);
    if existing(&other) {
        return;
    }
    if existing(kept) {
        *kept = other;
        return;
    }
    let mut unknown = BTreeMap::new();
    let mine = std::mem::take(&mut kept.body);
    kept.body = agreed(mine, other.body, &Pointer::root(), &mut unknown).unwrap_or_default();
    kept.unknown.extend(other.unknown);
    kept.unknown.extend(unknown);
    if let (Provenance::Declared(a), Provenance::Declared(b)) = (&mut kept.provenance, other.provenance) {
        for (pointer, span) in b.spans {
            a.spans.entry(pointer).or_insert(span);
        }
        // Deployed in any case if one of the two is.
        a.condition = a.condition.take().filter(|_| b.condition.is_some());
    }
}

/// What two bodies have in common; where they differ the pointer is unknown.
fn agreed(a: Value, b: Value, at: &Pointer, unknown: &mut BTreeMap<Pointer, Unknown>) -> Option<Value> {
    match (a, b) {
        (a, b) if a == b => Some(a),
        (Value::Object(a), Value::Object(mut b)) => {
            let mut common = serde_json::Map::new();
            for (name, value) in a {
                let here = at.child(&name);
                match b.remove(&name) {
                    Some(other) => common.extend(agreed(value, other, &here, unknown).map(|v| (name, v))),
                    None => disagree(here, unknown),
                }
            }
            for (name, _) in b {
                disagree(at.child(&name), unknown);
            }
            Some(Value::Object(common))
        }
        _ => {
            disagree(at.clone(), unknown);
            None
        }
    }
}

fn disagree(at: Pointer, unknown: &mut BTreeMap<Pointer, Unknown>) {
    unknown.insert(at, Unknown::Disputed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn vault(body: Value) -> Resource {
        let mut body = body;
        body["id"] = json!("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v");
        Resource::live(body).expect("it has an id")
    }

    #[test]
    fn property_names_take_the_spelling_of_arm() {
        let mut resource = vault(json!({"Properties": {"enablepurgeprotection": true}}));
        resource.unknown.insert(Pointer::parse("/Properties/enablesoftdelete").expect("valid"), Unknown::Forbidden);
        for path in ["/properties/enablePurgeProtection", "/properties/enableSoftDelete"] {
            respell(&mut resource, &Pointer::parse(path).expect("valid"));
        }
        assert_eq!(resource.get("/properties/enablePurgeProtection"), Some(&json!(true)));
        assert!(resource.unknown.contains_key("/properties/enableSoftDelete"));
    }

    #[test]
    fn a_property_in_two_spellings_is_unknown() {
        let mut resource =
            vault(json!({"properties": {"enablePurgeProtection": true, "EnablePurgeProtection": false}}));
        respell(&mut resource, &Pointer::parse("/properties/enablePurgeProtection").expect("valid"));
        assert_eq!(resource.body, json!({"properties": {}}));
        assert!(resource.unknown.contains_key("/properties/enablePurgeProtection"));
    }

    #[test]
    fn of_the_vm_sizes_only_those_in_use_are_kept() {
        let live = |json: Value| Resource::live(json).expect("it has an id");
        let of = |rest: &str| format!("/subscriptions/s/providers/Microsoft.MachineLearningServices/{rest}");
        let compute =
            json!({"id": of("workspaces/w/computes/c"), "properties": {"properties": {"vmSize": "STANDARD_A"}}});
        let sizes = json!({"id": of("locations/r/vmSizes/default"), "value": [
            {"name": "Standard_a", "family": "aFamily", "vCPUs": 2, "gpus": 0}, {"name": "Standard_b"}, {}]});
        let mut resources = vec![live(compute), live(sizes)];
        shorten_sizes(&mut resources);
        assert_eq!(resources[1].body, json!({"value": [{"name": "Standard_a", "family": "aFamily", "vCPUs": 2}]}));
    }

    #[test]
    fn two_declarations_that_differ_leave_the_difference_unknown() {
        let a = vault(json!({"location": "westeurope", "properties": {"a": 1, "b": 1}}));
        let b = vault(json!({"location": "westeurope", "properties": {"a": 2, "b": 1, "c": 3}}));
        let merged = merge_duplicates(vec![a, b]);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].body, json!({"location": "westeurope", "properties": {"b": 1}}));
        let unknown: Vec<&str> = merged[0].unknown.keys().map(Pointer::as_str).collect();
        assert_eq!(unknown, ["/properties/a", "/properties/c"]);
    }
}
