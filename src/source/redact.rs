//! What is kept of a collected resource: identity and evidence, never secrets.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{Inventory, Pointer, Resource, Unknown};

/// Per resource type (lower case) the property paths that something reads. A segment `*` stands for
/// any member or element; a list needs no segment of its own.
pub type EvidenceTable = BTreeMap<String, Vec<Pointer>>;

/// Members of a resource that say what it is.
const IDENTITY: &[&str] = &["location", "kind", "sku", "identity", "tags", "zones", "managedBy", "extendedLocation"];

/// Drops what must not be kept: secrets always, and, if a table is given, all that is neither
/// identity nor evidence. What is dropped is marked as not collected: it was there, so a rule that
/// asks for it must not take it for absent.
pub fn redact(inventory: &mut Inventory, evidence: &EvidenceTable) {
    inventory.resources.iter_mut().for_each(|resource| redact_one(resource, evidence));
}

/// The same for one resource.
pub(super) fn redact_one(resource: &mut Resource, evidence: &EvidenceTable) {
    let mut dropped = scrub(&mut resource.body);
    if !evidence.is_empty() {
        keep_evidence(resource, evidence.get(&resource.resource_type).map_or(&[], Vec::as_slice), &mut dropped);
    }
    for pointer in dropped {
        // What was unknown inside is covered by the mark, and so would be a reason that is no longer true.
        resource.unknown.entry(pointer).or_insert(Unknown::NotCollected);
    }
}

/// Drops members that hold secrets by their name, and signatures in addresses. Where the members
/// were is returned.
///
/// Azure returns most of them only to those who ask for keys; connection strings, environment
/// variables and addresses with a signature do come with a plain read.
pub(super) fn scrub(value: &mut Value) -> Vec<Pointer> {
    let mut dropped = Vec::new();
    scrub_at(value, &Pointer::root(), &mut dropped);
    dropped
}

fn scrub_at(value: &mut Value, at: &Pointer, dropped: &mut Vec<Pointer>) {
    match value {
        Value::Object(members) => {
            members.retain(|name, member| {
                let secret = is_secret(name, member);
                dropped.extend(secret.then(|| at.child(name)));
                !secret
            });
            for (name, member) in members.iter_mut().filter(|(_, member)| holds_members(member)) {
                scrub_at(member, &at.child(name), dropped);
            }
            members.values_mut().for_each(cut_signature);
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                cut_signature(item);
                if holds_members(item) {
                    scrub_at(item, &at.index(index), dropped);
                }
            }
        }
        _ => {}
    }
}

/// Empties what [`scrub`] would drop: no secret is kept, and it is still seen that there was one.
#[cfg(feature = "live")]
pub(super) fn blank(value: &mut Value) {
    cut_signature(value);
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match is_secret(name, member) {
                    true => *member = Value::String(String::new()),
                    false => blank(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blank),
        _ => {}
    }
}

fn holds_members(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

fn cut_signature(value: &mut Value) {
    if let Value::String(text) = value
        && let Some((address, query)) = text.split_once('?')
        && query.split('&').any(|pair| pair.to_ascii_lowercase().starts_with("sig="))
    {
        *text = address.to_owned();
    }
}

/// Whether a member of this name is a secret. Numbers and switches never are (`allowSharedKeyAccess`).
fn is_secret(name: &str, value: &Value) -> bool {
    if matches!(value, Value::Null | Value::Bool(_) | Value::Number(_)) {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let whole = ["environmentvariables", "secrets", "instrumentationkey", "sas", "imageregistrycredentials"];
    let endings = [
        "password",
        "secret",
        "connectionstring",
        "connectionstrings",
        "accesskey",
        "accountkey",
        "primarykey",
        "secondarykey",
        "sharedkey",
        "apikey",
        "sastoken",
        "sasuri",
        "accesstoken",
        "privatekey",
    ];
    whole.contains(&name.as_str()) || endings.iter().any(|ending| name.ends_with(ending))
}

/// Keeps identity and what these pointers lead to; where something was dropped goes to `dropped`.
fn keep_evidence(resource: &mut Resource, pointers: &[Pointer], dropped: &mut Vec<Pointer>) {
    let paths: Vec<Vec<String>> = pointers.iter().map(|pointer| pointer.segments().collect()).collect();
    let paths: Vec<&[String]> = paths.iter().map(Vec::as_slice).collect();
    let Value::Object(members) = std::mem::take(&mut resource.body) else { return };
    let mut kept = Map::new();
    for (name, member) in members {
        if IDENTITY.iter().any(|identity| identity.eq_ignore_ascii_case(&name)) {
            kept.insert(name, member);
            continue;
        }
        let at = Pointer::root().child(&name);
        if let Some(member) = member_of(&name, member, &paths, &at, dropped) {
            kept.insert(name, member);
        }
    }
    resource.body = Value::Object(kept);
}

fn member_of(
    name: &str,
    member: Value,
    paths: &[&[String]],
    at: &Pointer,
    dropped: &mut Vec<Pointer>,
) -> Option<Value> {
    let fits = |segment: &String| is_any(segment) || segment.eq_ignore_ascii_case(name);
    let inner: Vec<&[String]> = paths
        .iter()
        .filter_map(|path| path.split_first().filter(|(first, _)| fits(first)).map(|(_, rest)| rest))
        .collect();
    if inner.is_empty() {
        dropped.push(at.clone());
        return None;
    }
    pruned(member, &inner, at, dropped)
}

fn is_any(segment: &str) -> bool {
    matches!(segment, "*" | "[]" | "-")
}

/// The parts of a value that some path leads to.
fn pruned(value: Value, paths: &[&[String]], at: &Pointer, dropped: &mut Vec<Pointer>) -> Option<Value> {
    if paths.iter().any(|path| path.is_empty()) {
        return Some(value);
    }
    match value {
        Value::Object(members) => {
            let mut kept = Map::new();
            for (name, member) in members {
                let here = at.child(&name);
                if let Some(member) = member_of(&name, member, paths, &here, dropped) {
                    kept.insert(name, member);
                }
            }
            Some(Value::Object(kept))
        }
        Value::Array(items) => {
            // Elements keep their places: rules count them and read by position.
            let items = items.into_iter().enumerate().map(|(index, item)| {
                let here = at.index(index);
                element(index, item, paths, &here, dropped).unwrap_or_else(|| Value::Object(Map::new()))
            });
            Some(Value::Array(items.collect()))
        }
        _ => {
            dropped.push(at.clone());
            None
        }
    }
}

fn element(index: usize, item: Value, paths: &[&[String]], at: &Pointer, dropped: &mut Vec<Pointer>) -> Option<Value> {
    let mut inner: Vec<&[String]> = Vec::new();
    for path in paths {
        match path.split_first() {
            Some((first, rest)) if is_any(first) || *first == index.to_string() => inner.push(rest),
            Some((first, _)) if first.parse::<usize>().is_ok() => {}
            // A path that does not mention the list goes on inside each element.
            _ => inner.push(path),
        }
    }
    if inner.is_empty() {
        dropped.push(at.clone());
        return None;
    }
    pruned(item, &inner, at, dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kept(body: Value, pointers: &[&str]) -> Value {
        redacted(body, pointers).body
    }

    fn redacted(body: Value, pointers: &[&str]) -> Resource {
        let mut json = body;
        json["id"] = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a".into();
        let mut inventory = Inventory::default();
        inventory.resources.extend(Resource::live(json));
        let mut evidence = EvidenceTable::new();
        let pointers = pointers.iter().filter_map(|pointer| Pointer::parse(pointer)).collect();
        evidence.insert("microsoft.storage/storageaccounts".to_owned(), pointers);
        redact(&mut inventory, &evidence);
        inventory.resources.remove(0)
    }

    /// What a rule that is newer than the snapshot would ask for is not absent.
    #[test]
    fn what_is_dropped_is_not_collected() {
        let body = json!({
            "systemData": {"createdBy": "x"}, "tags": {"a": "b"},
            "properties": {"kept": 1, "other": 2, "acls": {"bypass": "None", "rules": [{"ip": 1, "name": 2}]}, "secrets": []},
        });
        let resource = redacted(body, &["/properties/kept", "/properties/acls/rules/*/ip"]);
        let marked: Vec<&str> = resource.unknown.keys().map(Pointer::as_str).collect();
        assert_eq!(
            marked,
            [
                "/properties/acls/bypass",
                "/properties/acls/rules/0/name",
                "/properties/other",
                "/properties/secrets",
                "/systemData",
            ]
        );
        let unknown = |pointer: &str| resource.unknown_at(&Pointer::parse(pointer).expect("valid"));
        assert_eq!(unknown("/properties/other"), Some(&Unknown::NotCollected));
        assert_eq!(unknown("/systemData/createdBy"), Some(&Unknown::NotCollected));
        assert_eq!(unknown("/properties/never"), None, "what Azure did not return is absent");
        assert_eq!(unknown("/properties/kept"), None);
    }

    #[test]
    fn secrets_go_whatever_the_evidence_says() {
        let body = json!({"properties": {
            "environmentVariables": {"KEY": "v"}, "ConnectionString": "AccountKey=v", "allowSharedKeyAccess": true,
            "databricksAccessToken": "v", "uri": "https://a.blob.core.windows.net/c?sv=1&sig=v", "credentialsType": "AccountKey",
        }});
        let left = kept(body, &["/properties"]);
        assert_eq!(
            left["properties"],
            json!({"allowSharedKeyAccess": true, "uri": "https://a.blob.core.windows.net/c", "credentialsType": "AccountKey"})
        );
    }

    #[test]
    fn identity_and_evidence_stay() {
        let body = json!({
            "location": "westeurope", "sku": {"name": "Standard_LRS"}, "tags": {"env": "prod"}, "systemData": {"createdBy": "x"},
            "properties": {"minimumTlsVersion": "TLS1_2", "networkAcls": {"defaultAction": "Deny", "bypass": "None"}},
        });
        let left = kept(body, &["/properties/networkacls/defaultAction"]);
        assert_eq!(
            left,
            json!({"location": "westeurope", "sku": {"name": "Standard_LRS"}, "tags": {"env": "prod"},
                   "properties": {"networkAcls": {"defaultAction": "Deny"}}})
        );
    }

    #[test]
    fn elements_keep_their_places() {
        let body = || json!({"properties": {"pools": [{"mode": "System", "x": 1}, {"x": 2}, {"mode": "User"}]}});
        let expected = json!([{"mode": "System"}, {}, {"mode": "User"}]);
        assert_eq!(kept(body(), &["/properties/pools/*/mode"])["properties"]["pools"], expected);
        assert_eq!(kept(body(), &["/properties/pools/mode"])["properties"]["pools"], expected);
        assert_eq!(
            kept(body(), &["/properties/pools/0/mode"])["properties"]["pools"],
            json!([{"mode": "System"}, {}, {}])
        );
    }
}
