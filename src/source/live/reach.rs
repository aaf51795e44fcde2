//! What the workspaces of a subscription refer to: only that is read in detail.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use crate::model::{Resource, ResourceId, Text};

/// The longest string that is looked into.
const LONGEST: usize = 4096;

/// The ids and names that resources mention.
#[derive(Debug, Default)]
pub(super) struct Reach {
    words: HashSet<String>,
    /// Canonical ids of the default storage accounts.
    defaults: HashSet<String>,
}

/// Types that a host name or an account name identifies.
const NAMED: &[&str] = &[
    "microsoft.containerregistry/registries",
    "microsoft.datalakestore/accounts",
    "microsoft.dbformysql/flexibleservers",
    "microsoft.dbformysql/servers",
    "microsoft.dbforpostgresql/flexibleservers",
    "microsoft.dbforpostgresql/servers",
    "microsoft.documentdb/databaseaccounts",
    "microsoft.keyvault/vaults",
    "microsoft.sql/managedinstances",
    "microsoft.sql/servers",
    "microsoft.storage/storageaccounts",
];

/// What identifies a resource when something mentions it.
pub(super) fn identifying_words(resource: &Resource) -> impl Iterator<Item = String> {
    words_of(&resource.id)
}

fn words_of(id: &ResourceId) -> impl Iterator<Item = String> + use<> {
    let named = id.resource_type().is_some_and(|t| NAMED.contains(&t));
    let name = id.name().filter(|_| named).and_then(Text::as_known).map(str::to_ascii_lowercase);
    std::iter::once(id.key().to_owned()).chain(name)
}

impl Reach {
    /// Takes up the resource and all that it mentions.
    pub(super) fn add(&mut self, resource: &Resource) {
        let default = resource.get("/properties/storageAccount").and_then(Value::as_str);
        self.defaults.extend(default.map(|id| ResourceId::parse(id).key().to_owned()));
        self.add_text(resource.id.key());
        self.add_value(&resource.body);
    }

    /// Takes up an id or a name.
    pub(super) fn add_text(&mut self, text: &str) {
        if text.len() > LONGEST {
            return;
        }
        let text = text.to_ascii_lowercase();
        if text.starts_with("/subscriptions/") {
            // An id stands for what it lies in too: a subnet for its network, a database for its server.
            let ends = text.match_indices('/').map(|(at, _)| at).skip(1);
            self.words.extend(ends.map(|at| text[..at].to_owned()));
            self.words.insert(text);
            return;
        }
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        for piece in text.split(|c| !word(c)).filter(|piece| piece.len() > 2) {
            if let Some((host, _)) = piece.split_once('.') {
                self.words.insert(host.to_owned());
            }
            self.words.insert(piece.to_owned());
        }
    }

    fn add_value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add_text(text),
            Value::Array(items) => items.iter().for_each(|item| self.add_value(item)),
            Value::Object(members) => members.values().for_each(|member| self.add_value(member)),
            _ => {}
        }
    }

    /// All words that were taken up: canonical ids, names, host names.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Whether something taken up mentions this resource, or something that it lies in.
    pub(super) fn refers_to(&self, resource: &Resource) -> bool {
        let mut here = Some(resource.id.clone());
        while let Some(id) = here {
            if words_of(&id).any(|word| self.words.contains(&word)) {
                return true;
            }
            here = id.parent();
        }
        false
    }

    /// Whether this is the default storage account of a workspace.
    pub(super) fn is_default(&self, account: &Resource) -> bool {
        self.defaults.contains(account.id.key())
    }

    /// Whether this resource mentions something that was taken up by its id.
    pub(super) fn is_referred_by(&self, resource: &Resource) -> bool {
        fn mentions(words: &HashSet<String>, value: &Value) -> bool {
            match value {
                Value::String(text) => {
                    let text = text.to_ascii_lowercase();
                    text.contains("/providers/") && words.contains(&text)
                }
                Value::Array(items) => items.iter().any(|item| mentions(words, item)),
                Value::Object(members) => members.values().any(|member| mentions(words, member)),
                _ => false,
            }
        }
        mentions(&self.words, &resource.body)
    }
}

/// What deployments use.
#[derive(Debug, Default)]
pub(super) struct Used {
    models: BTreeSet<String>,
}

impl Used {
    /// Takes up the workspace model of a deployment, if it uses one.
    pub(super) fn add(&mut self, deployment: &Resource) {
        let model = deployment.get("/properties/model");
        let id = model.and_then(|model| model.as_str().or_else(|| model.get("assetId")?.as_str()));
        if let Some(name) = id.and_then(workspace_model) {
            self.models.insert(name);
        }
    }

    /// Whether any deployment uses a workspace model.
    pub(super) fn any_models(&self) -> bool {
        !self.models.is_empty()
    }

    /// The names of the models, lower case.
    pub(super) fn models(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(String::as_str)
    }

    /// Whether a deployment uses a model of this name.
    pub(super) fn model(&self, model: &Resource) -> bool {
        let name = model.id.name().and_then(Text::as_known).map(str::to_ascii_lowercase);
        name.is_some_and(|name| self.models.contains(&name))
    }
}

/// The name in `azureml:name:version` or `…/workspaces/w/models/name/versions/1`; models of registries
/// are not in a workspace.
fn workspace_model(id: &str) -> Option<String> {
    let lower = id.to_ascii_lowercase();
    if lower.contains("/registries/") {
        return None;
    }
    if let Some((_, rest)) = lower.split_once("/models/") {
        return rest.split('/').next().filter(|name| !name.is_empty()).map(str::to_owned);
    }
    let rest = lower.strip_prefix("azureml:").filter(|rest| !rest.starts_with('/'))?;
    rest.split([':', '@']).next().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resource(id: &str, body: Value) -> Resource {
        let mut json = body;
        json["id"] = id.into();
        Resource::live(json).expect("it has an id and a type")
    }

    const GROUP: &str = "/subscriptions/s/resourceGroups/G/providers";

    #[test]
    fn ids_hosts_and_account_names_reach() {
        let mut reach = Reach::default();
        let datastore = json!({"properties": {"accountName": "stData", "container": "c"}});
        reach
            .add(&resource(&format!("{GROUP}/Microsoft.MachineLearningServices/workspaces/w/datastores/d"), datastore));
        let connection = json!({"properties": {"target": "Server=tcp:sql-1.database.windows.net,1433;Database=x"}});
        reach.add(&resource(
            &format!("{GROUP}/Microsoft.MachineLearningServices/workspaces/w/connections/c"),
            connection,
        ));
        let reached = |id: &str| reach.refers_to(&resource(&format!("{GROUP}/{id}"), json!({})));
        assert!(reached("Microsoft.Storage/storageAccounts/stdata"));
        assert!(reached("Microsoft.Sql/servers/sql-1/databases/x"), "through its server");
        assert!(!reached("Microsoft.Storage/storageAccounts/other"));
        assert!(!reached("Microsoft.Web/sites/stdata"), "names of other types are not unique");
    }

    #[test]
    fn an_endpoint_points_at_what_is_reached() {
        let mut reach = Reach::default();
        reach.add_text("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a");
        let to = |name: &str| {
            let target = format!("{GROUP}/Microsoft.Storage/storageAccounts/{name}");
            let body = json!({"properties": {"privateLinkServiceConnections": [{"properties": {"privateLinkServiceId": target}}]}});
            reach.is_referred_by(&resource(&format!("{GROUP}/Microsoft.Network/privateEndpoints/e"), body))
        };
        assert!(to("A"));
        assert!(!to("b"));
    }

    #[test]
    fn models_of_a_workspace_are_told_from_those_of_a_registry() {
        assert_eq!(workspace_model("azureml:fraud:3").as_deref(), Some("fraud"));
        assert_eq!(
            workspace_model("/subscriptions/s/x/workspaces/w/models/Fraud/versions/3").as_deref(),
            Some("fraud")
        );
        assert_eq!(workspace_model("azureml://registries/r/models/fraud/versions/3"), None);
        assert_eq!(workspace_model(""), None);
    }
}
