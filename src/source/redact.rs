//! What is kept of a collected resource: identity and evidence, never secrets.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{Inventory, Pointer, Resource};

/// Per resource type (lower case) the property paths that something reads. A segment `*` stands for
/// any member or element; a list needs no segment of its own.
pub type EvidenceTable = BTreeMap<String, Vec<Pointer>>;

/// Members of a resource that say what it is.
const IDENTITY: &[&str] = &["location", "kind", "sku", "identity", "tags", "zones", "managedBy", "extendedLocation"];

/// Drops what must not be kept: secrets always, and, if a table is given, all that is neither
/// identity nor evidence.
pub fn redact(inventory: &mut Inventory, evidence: &EvidenceTable) {
    inventory.resources.iter_mut().for_each(|resource| redact_one(resource, evidence));
}

/// The same for one resource.
pub(super) fn redact_one(resource: &mut Resource, evidence: &EvidenceTable) {
    scrub(&mut resource.body);
    if !evidence.is_empty() {
        keep_evidence(resource, evidence.get(&resource.resource_type).map_or(&[], Vec::as_slice));
    }
}

/// Drops members that hold secrets by their name, and signatures in addresses.
///
/// Azure returns most of them only to those who ask for keys; connection strings, environment
/// variables and addresses with a signature do come with a plain read.
pub(super) fn scrub(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, member| !is_secret(name, member));
            members.values_mut().for_each(scrub);
        }
        Value::Array(items) => items.iter_mut().for_each(scrub),
        Value::String(text) => {
            if let Some((address, query)) = text.split_once('?')
                && query.split('&').any(|pair| pair.to_ascii_lowercase().starts_with("sig="))
            {
                *text = address.to_owned();
            }
        }
        _ => {}
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

/// Keeps identity and what these pointers lead to.
fn keep_evidence(resource: &mut Resource, pointers: &[Pointer]) {
    let paths: Vec<Vec<String>> = pointers.iter().map(|pointer| pointer.segments().collect()).collect();
    let paths: Vec<&[String]> = paths.iter().map(Vec::as_slice).collect();
    let Value::Object(members) = std::mem::take(&mut resource.body) else { return };
    let mut kept = Map::new();
    for (name, member) in members {
        if IDENTITY.iter().any(|identity| identity.eq_ignore_ascii_case(&name)) {
            kept.insert(name, member);
        } else if let Some(member) = member_of(&name, member, &paths) {
            kept.insert(name, member);
        }
    }
    resource.body = Value::Object(kept);
}

fn member_of(name: &str, member: Value, paths: &[&[String]]) -> Option<Value> {
    let fits = |segment: &String| is_any(segment) || segment.eq_ignore_ascii_case(name);
    let inner: Vec<&[String]> = paths
        .iter()
        .filter_map(|path| path.split_first().filter(|(first, _)| fits(first)).map(|(_, rest)| rest))
        .collect();
    if inner.is_empty() { None } else { pruned(member, &inner) }
}

fn is_any(segment: &str) -> bool {
    matches!(segment, "*" | "[]" | "-")
}

/// The parts of a value that some path leads to.
fn pruned(value: Value, paths: &[&[String]]) -> Option<Value> {
    if paths.iter().any(|path| path.is_empty()) {
        return Some(value);
    }
    match value {
        Value::Object(members) => {
            let kept: Map<String, Value> = members
                .into_iter()
                .filter_map(|(name, member)| Some((name.clone(), member_of(&name, member, paths)?)))
                .collect();
            Some(Value::Object(kept))
        }
        Value::Array(items) => {
            // Elements keep their places: rules count them and read by position.
            let items = items
                .into_iter()
                .enumerate()
                .map(|(index, item)| element(index, item, paths).unwrap_or_else(|| Value::Object(Map::new())));
            Some(Value::Array(items.collect()))
        }
        _ => None,
    }
}

fn element(index: usize, item: Value, paths: &[&[String]]) -> Option<Value> {
    let mut inner: Vec<&[String]> = Vec::new();
    for path in paths {
        match path.split_first() {
            Some((first, rest)) if is_any(first) || *first == index.to_string() => inner.push(rest),
            Some((first, _)) if first.parse::<usize>().is_ok() => {}
            // A path that does not mention the list goes on inside each element.
            _ => inner.push(path),
        }
    }
    if inner.is_empty() { None } else { pruned(item, &inner) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kept(body: Value, pointers: &[&str]) -> Value {
        let mut json = body;
        json["id"] = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a".into();
        let mut inventory = Inventory::default();
        inventory.resources.extend(Resource::live(json));
        let mut evidence = EvidenceTable::new();
        let pointers = pointers.iter().filter_map(|pointer| Pointer::parse(pointer)).collect();
        evidence.insert("microsoft.storage/storageaccounts".to_owned(), pointers);
        redact(&mut inventory, &evidence);
        inventory.resources.remove(0).body
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
