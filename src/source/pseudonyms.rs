//! Snapshots to show around: names give way to pseudonyms, and what is compared stays comparable.
//!
//! One name has one pseudonym everywhere, in ids, properties and messages. Regions, types, SKUs and the
//! names that Azure itself gives (`default`) stay, so the verdicts of rules that do not read names do too.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::model::{GapPlace, Inventory, Pointer, Provenance, Resource, ResourceId};

/// Names that Azure gives to everything of a type.
const GIVEN: &[&str] = &[
    "default",
    "latest",
    "workspaceblobstore",
    "workspacefilestore",
    "workspaceartifactstore",
    "workspaceworkingdirectory",
    "apprequests",
    "apptraces",
    "appexceptions",
    "appdependencies",
    "appmetrics",
];

/// Labels of an id after which no chosen name stands.
const LABELS: &[&str] = &["providers", "locations", "roledefinitions", "policydefinitions"];

/// Members of a resource that hold no names.
const NAMELESS: &[&str] = &["location", "kind", "sku", "zones", "type", "extendedLocation"];

/// Properties whose value is a name, whether or not a resource of that name was read.
const NAMING: &[&str] = &[
    "accountname",
    "containername",
    "databasename",
    "description",
    "filesharename",
    "filesystem",
    "friendlyname",
    "resourcegroup",
    "servername",
    "subscriptionid",
];

/// The shortest name that is looked for inside other texts.
const SHORTEST: usize = 3;

/// Why names cannot be hidden.
#[derive(Debug, thiserror::Error)]
pub enum PseudonymError {
    /// Source code shows its names in expressions, file names and lines.
    #[error("names can be hidden in what was read from Azure, not in source code")]
    Declared,
}

/// Replaces the names in an inventory. `key` makes the pseudonyms: without it they cannot be found by
/// trying likely names. Values of tags stay if `is_word` knows them (`prod`, `primary`).
pub fn hide_names(inventory: &mut Inventory, key: &str, is_word: &dyn Fn(&str) -> bool) -> Result<(), PseudonymError> {
    if inventory.resources.iter().any(|resource| resource.declaration().is_some()) {
        return Err(PseudonymError::Declared);
    }
    let names = Names::of(inventory, key);
    for resource in &mut inventory.resources {
        names.hide_in_resource(resource, is_word);
    }
    names.hide_in_record(inventory);
    Ok(())
}

struct Names<'a> {
    key: &'a str,
    /// Lower case; what stays.
    kept: HashSet<String>,
    /// Lower case; what is looked for in texts.
    known: HashSet<String>,
    /// Names that are more than one word, the longest first.
    phrases: Vec<String>,
}

impl<'a> Names<'a> {
    fn of(inventory: &Inventory, key: &'a str) -> Self {
        let mut kept: HashSet<String> = GIVEN.iter().map(|name| (*name).to_owned()).collect();
        kept.extend(inventory.resources.iter().filter_map(|r| Some(r.region()?.as_str().to_owned())));
        let mut names = Self { key, kept, known: HashSet::new(), phrases: Vec::new() };
        for resource in &inventory.resources {
            names.learn_id(resource.id.key());
        }
        let mut phrases = BTreeSet::new();
        let of_shard = inventory.shard.iter().flat_map(|shard| &shard.scope);
        for subscription in inventory.collection.subscriptions.iter().chain(of_shard) {
            names.learn(&subscription.id);
            phrases.extend(subscription.name.clone().filter(|name| !is_one_word(name)));
            subscription.name.iter().for_each(|name| names.learn(name));
        }
        names.phrases = phrases.into_iter().collect();
        names.phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
        names
    }

    fn learn_id(&mut self, id: &str) {
        let names: Vec<String> =
            pairs_of(id).filter_map(|(label, name)| Some(self.named(label, name?)?.to_owned())).collect();
        names.iter().for_each(|name| self.learn(name));
    }

    fn learn(&mut self, name: &str) {
        let lower = name.to_ascii_lowercase();
        if lower.len() >= SHORTEST && !self.kept.contains(&lower) {
            self.known.insert(lower);
        }
    }

    /// The name behind a label of an id, if somebody chose it.
    fn named<'n>(&self, label: &str, name: &'n str) -> Option<&'n str> {
        let given = LABELS.iter().any(|given| given.eq_ignore_ascii_case(label));
        let number = name.chars().all(|c| c.is_ascii_digit());
        (!given && !number && !self.kept.contains(&name.to_ascii_lowercase())).then_some(name)
    }

    fn pseudonym(&self, name: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.key.as_bytes());
        hash.update([0]);
        hash.update(name.to_ascii_lowercase().as_bytes());
        let bytes = hash.finalize();
        let hex: String = bytes.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("x{hex}")
    }

    fn id(&self, id: &str) -> String {
        let mut hidden = String::with_capacity(id.len());
        for (label, name) in pairs_of(id) {
            hidden.push('/');
            hidden.push_str(label);
            let Some(name) = name else { continue };
            hidden.push('/');
            match self.named(label, name) {
                Some(name) => hidden.push_str(&self.pseudonym(name)),
                None => hidden.push_str(name),
            }
        }
        hidden
    }

    /// A text with pseudonyms for the known names in it.
    fn text(&self, text: &str) -> String {
        if is_id(text) {
            return self.id(text);
        }
        let mut text = text.to_owned();
        for phrase in &self.phrases {
            text = text.replace(phrase.as_str(), &self.pseudonym(phrase));
        }
        let mut hidden = String::with_capacity(text.len());
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
            self.push_word(&rest[..end], &mut hidden);
            let next = rest[end..].find(word).map_or(rest.len(), |at| end + at);
            hidden.push_str(&rest[end..next]);
            rest = &rest[next..];
        }
        hidden
    }

    /// A word as a whole, or piece by piece: host names begin with the name of a service.
    fn push_word(&self, word: &str, hidden: &mut String) {
        let known = |piece: &str| self.known.contains(&piece.to_ascii_lowercase());
        if known(word) {
            hidden.push_str(&self.pseudonym(word));
            return;
        }
        for (index, piece) in word.split('.').enumerate() {
            if index > 0 {
                hidden.push('.');
            }
            match known(piece) {
                true => hidden.push_str(&self.pseudonym(piece)),
                false => hidden.push_str(piece),
            }
        }
    }

    fn hide_in_value(&self, name: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                let is_name = NAMING.contains(&name.to_ascii_lowercase().as_str());
                *text = match is_name && !is_id(text) && self.named("", text).is_some() {
                    true => self.pseudonym(text),
                    false => self.text(text),
                };
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide_in_value(name, item)),
            Value::Object(members) => {
                for (name, member) in std::mem::take(members) {
                    let mut member = member;
                    self.hide_in_value(&name, &mut member);
                    members.insert(self.member(&name), member);
                }
            }
            _ => {}
        }
    }

    /// The name of a member: identities are listed by their ids.
    fn member(&self, name: &str) -> String {
        if is_id(name) { self.id(name) } else { name.to_owned() }
    }

    fn hide_in_resource(&self, resource: &mut Resource, is_word: &dyn Fn(&str) -> bool) {
        if let Provenance::Live(origin) = &mut resource.provenance {
            origin.id = self.id(&origin.id);
            resource.id = ResourceId::parse(&origin.id);
        }
        for (name, member) in resource.body.as_object_mut().into_iter().flatten() {
            match name.as_str() {
                "tags" => self.hide_in_tags(member.as_object_mut(), is_word),
                name if NAMELESS.contains(&name) => {}
                name => self.hide_in_value(name, member),
            }
        }
        let unknown = std::mem::take(&mut resource.unknown);
        resource.unknown = unknown.into_iter().map(|(pointer, why)| (self.pointer(&pointer), why)).collect();
    }

    fn pointer(&self, pointer: &Pointer) -> Pointer {
        pointer.segments().fold(Pointer::root(), |at, name| at.child(&self.member(&name)))
    }

    /// Tags hold people, projects, cost centres; only what is a word for everybody stays.
    fn hide_in_tags(&self, tags: Option<&mut Map<String, Value>>, is_word: &dyn Fn(&str) -> bool) {
        for value in tags.into_iter().flat_map(Map::values_mut) {
            if let Value::String(text) = value
                && !text.is_empty()
                && !is_word(text)
            {
                *text = if is_id(text) { self.id(text) } else { self.pseudonym(text) };
            }
        }
    }

    fn hide_in_record(&self, inventory: &mut Inventory) {
        let collection = &mut inventory.collection;
        let of_shard = inventory.shard.iter_mut().flat_map(|shard| &mut shard.scope);
        for subscription in collection.subscriptions.iter_mut().chain(of_shard) {
            subscription.id = self.pseudonym(&subscription.id);
            subscription.name = subscription.name.as_deref().map(|name| self.pseudonym(name));
        }
        collection.subscriptions.sort();
        let scopes = std::mem::take(&mut collection.complete);
        let hidden = |scopes: BTreeSet<String>| scopes.iter().map(|scope| self.text(scope)).collect();
        collection.complete =
            scopes.into_iter().map(|(kind, scopes)| (kind, hidden(scopes))).collect::<BTreeMap<_, _>>();
        let id = |id: &ResourceId| ResourceId::parse(&self.id(&id.to_string()));
        for gap in &mut collection.gaps {
            gap.message = self.text(&gap.message);
            gap.operation = gap.operation.as_deref().map(|operation| self.text(operation));
            gap.correlation_id = None;
            gap.place = match &gap.place {
                GapPlace::Scope(scope) => GapPlace::Scope(id(scope)),
                GapPlace::Property { id: of, pointer } => {
                    GapPlace::Property { id: id(of), pointer: self.pointer(pointer) }
                }
                other => other.clone(),
            };
        }
    }
}

fn is_id(text: &str) -> bool {
    let start = "/subscriptions/";
    let is_scope = text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    is_scope || (text.starts_with('/') && text.to_ascii_lowercase().contains("/providers/"))
}

/// Labels and what stands behind them: `subscriptions`, its id, `resourceGroups`, its name, …
fn pairs_of(id: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut segments = id.split('/').skip(1);
    std::iter::from_fn(move || Some((segments.next()?, segments.next())))
}

fn is_one_word(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gap, GapCode, SubscriptionScope};
    use serde_json::json;

    const GROUP: &str = "/subscriptions/0f0f/resourceGroups/rg-fraud/providers";

    fn inventory() -> Inventory {
        let mut inventory = Inventory::default();
        let account = format!("{GROUP}/Microsoft.Storage/storageAccounts/stfraud");
        let workspace = json!({
            "id": format!("{GROUP}/Microsoft.MachineLearningServices/workspaces/mlw-Fraud"), "location": "westeurope",
            "kind": "Default", "tags": {"env": "prod", "owner": "jane@contoso.com", "holdfast-pair": account},
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {format!("{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/id-fraud"): {}}},
            "properties": {"storageAccount": account.to_ascii_uppercase(), "discoveryUrl": "https://westeurope.api.azureml.ms/mlw-fraud",
                "provisioningState": "Succeeded"},
        });
        let datastore = json!({
            "id": format!("{GROUP}/Microsoft.MachineLearningServices/workspaces/mlw-fraud/datastores/workspaceblobstore"),
            "properties": {"accountName": "stfraud", "containerName": "secret-project", "target": "https://stfraud.blob.core.windows.net"},
        });
        let account =
            json!({"id": account, "location": "westeurope", "sku": {"name": "Standard_ZRS"}, "properties": {}});
        inventory.resources.extend([workspace, datastore, account].into_iter().filter_map(Resource::live));
        let subscription = SubscriptionScope { id: "0f0f".into(), name: Some("Fraud team".into()), readable: true };
        inventory.collection.subscriptions.push(subscription);
        inventory.collection.mark_complete("microsoft.storage/storageaccounts", "/subscriptions/0f0f");
        let place = GapPlace::Scope(ResourceId::parse(&format!("{GROUP}/Microsoft.Storage/storageAccounts/stfraud")));
        let message = "Fraud team: GET /subscriptions/0f0f/x failed at stfraud.blob.core.windows.net";
        inventory.collection.gaps.push(Gap::new(GapCode::RequestFailed, place, message));
        inventory
    }

    fn hidden(key: &str) -> Inventory {
        let mut inventory = inventory();
        hide_names(&mut inventory, key, &|word| word == "prod").expect("it is live");
        inventory
    }

    #[test]
    fn no_name_is_left_and_what_is_no_name_is() {
        let text = format!("{:?}", hidden("k")).to_ascii_lowercase();
        for name in ["fraud", "0f0f", "contoso", "jane", "secret-project"] {
            assert!(!text.contains(name), "{name} is in {text}");
        }
        for kept in ["westeurope", "standard_zrs", "prod", "succeeded", "workspaceblobstore", "blob.core.windows.net"] {
            assert!(text.contains(kept), "{kept} is not in {text}");
        }
    }

    #[test]
    fn one_name_has_one_pseudonym() {
        let inventory = hidden("k");
        let [workspace, datastore, account] = inventory.resources.as_slice() else { panic!("three resources") };
        let text =
            |resource: &Resource, pointer: &str| resource.get(pointer).and_then(Value::as_str).map(str::to_owned);
        let link = text(workspace, "/properties/storageAccount").expect("a link");
        assert_eq!(ResourceId::parse(&link).key(), account.id.key(), "an id in another spelling");
        assert_eq!(
            text(workspace, "/tags/holdfast-pair").map(|id| ResourceId::parse(&id).key().to_owned()),
            Some(account.id.key().to_owned())
        );
        assert_eq!(text(datastore, "/properties/accountName"), account.id.name().map(ToString::to_string));
        assert_eq!(datastore.id.parent().expect("a workspace").key(), workspace.id.key());
        let subscription = account.id.subscription().expect("a subscription");
        assert_eq!(inventory.collection.subscriptions[0].id, subscription);
        assert!(inventory.collection.is_complete("microsoft.storage/storageaccounts", account.id.key()));
    }

    #[test]
    fn the_key_makes_the_pseudonyms() {
        let id = |inventory: &Inventory| inventory.resources[0].id.key().to_owned();
        assert_eq!(id(&hidden("k")), id(&hidden("k")));
        assert_ne!(id(&hidden("k")), id(&hidden("other")));
    }
}
