//! Property defaults that Azure documents, filled in once for all sources.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::model::{Pointer, Provenance, Resource};

/// Default values per resource type (lower case), from `policies/data/defaults.json`.
#[derive(Clone, Debug, Default)]
pub struct Defaults(BTreeMap<String, Vec<PropertyDefault>>);

#[derive(Clone, Debug)]
struct PropertyDefault {
    pointer: Pointer,
    value: Value,
    /// The only names that have it; empty for all.
    names: Vec<String>,
}

#[derive(Deserialize)]
struct Table {
    defaults: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "type")]
    resource_type: String,
    pointer: String,
    value: Value,
    #[serde(default)]
    names: Vec<String>,
}

impl Defaults {
    /// Reads the table.
    ///
    /// # Errors
    /// The text is not a table of defaults.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let table: Table = serde_json::from_str(text)?;
        let mut defaults: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for row in table.defaults {
            let pointer = Pointer::parse(&row.pointer).ok_or_else(|| {
                serde::de::Error::custom(format!("`{}` is not a pointer: it does not start with `/`", row.pointer))
            })?;
            let default = PropertyDefault { pointer, value: row.value, names: row.names };
            defaults.entry(row.resource_type.to_ascii_lowercase()).or_default().push(default);
        }
        Ok(Self(defaults))
    }

    /// Fills in what is proved absent: not known, not unknown, and not a mere reference to a resource
    /// that is declared elsewhere.
    pub(crate) fn apply(&self, resource: &mut Resource) {
        let reference = matches!(&resource.provenance, Provenance::Declared(d) if d.existing);
        let Some(rows) = self.0.get(&resource.resource_type).filter(|_| !reference) else { return };
        for row in rows {
            let absent = resource.get(row.pointer.as_str()).is_none() && resource.unknown_at(&row.pointer).is_none();
            if absent && row.is_for(resource) {
                insert(&mut resource.body, &row.pointer, row.value.clone());
            }
        }
    }
}

impl PropertyDefault {
    fn is_for(&self, resource: &Resource) -> bool {
        let name = resource.id.name().and_then(|name| name.as_known());
        self.names.is_empty() || name.is_some_and(|name| self.names.iter().any(|n| n.eq_ignore_ascii_case(name)))
    }
}

/// Puts a value at a pointer, with the objects on the way to it. What is there already stays.
fn insert(body: &mut Value, pointer: &Pointer, value: Value) {
    let names: Vec<String> = pointer.segments().collect();
    let Some((last, parents)) = names.split_last() else { return };
    let mut here = body;
    for name in parents {
        let Some(object) = here.as_object_mut() else { return };
        here = object.entry(name).or_insert_with(|| Value::Object(Default::default()));
    }
    if let Some(object) = here.as_object_mut() {
        object.entry(last).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unknown;
    use serde_json::json;

    #[test]
    fn only_what_is_proved_absent_is_filled_in() {
        let text = r#"{"defaults": [
            {"type": "Microsoft.KeyVault/vaults", "pointer": "/properties/enableSoftDelete", "value": true},
            {"type": "Microsoft.KeyVault/vaults", "pointer": "/properties/a", "value": 1},
            {"type": "Microsoft.KeyVault/vaults", "pointer": "/properties/b", "value": 1}]}"#;
        let defaults = Defaults::from_json(text).expect("a table");
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v";
        let mut resource = Resource::live(json!({"id": id, "properties": {"a": 2}})).expect("it has an id");
        resource.unknown.insert(Pointer::parse("/properties/b").expect("valid"), Unknown::Forbidden);
        defaults.apply(&mut resource);
        assert_eq!(resource.body, json!({"properties": {"a": 2, "enableSoftDelete": true}}));
    }
}
