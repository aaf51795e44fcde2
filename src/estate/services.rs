//! The data services that datastores, connections, data assets and the configuration name: host names,
//! account names and URIs become ids.

use super::relations::{Index, Reference};
use crate::model::{Hole, Pointer, Resource, ResourceId, Text};

pub(super) const STORAGE: &str = "Microsoft.Storage/storageAccounts";
const DATA_LAKE_GEN1: &str = "Microsoft.DataLakeStore/accounts";
const SQL_SERVER: &str = "Microsoft.Sql/servers";
const SQL_INSTANCE: &str = "Microsoft.Sql/managedInstances";
const POSTGRESQL: &[&str] = &["Microsoft.DBforPostgreSQL/flexibleServers", "Microsoft.DBforPostgreSQL/servers"];
const MYSQL: &[&str] = &["Microsoft.DBforMySQL/flexibleServers", "Microsoft.DBforMySQL/servers"];

/// The datastores that the service makes with each workspace.
/// <https://learn.microsoft.com/azure/machine-learning/concept-workspace>
const SERVICE_MADE: &[&str] =
    &["workspaceblobstore", "workspacefilestore", "workspaceworkingdirectory", "workspaceartifactstore"];

/// The longest text in which a host is looked for.
const LONGEST: usize = 4096;

/// What follows the name of a resource in its host, and the types that have such hosts. Flexible and
/// single servers share theirs. The clouds differ in what follows.
/// <https://learn.microsoft.com/azure/private-link/private-endpoint-dns>
const HOSTS: &[(&str, &[&str])] = &[
    (".blob.", &[STORAGE]),
    (".dfs.", &[STORAGE]),
    (".file.", &[STORAGE]),
    (".azuredatalakestore.net", &[DATA_LAKE_GEN1]),
    (".postgres.database.", POSTGRESQL),
    (".mysql.database.", MYSQL),
];

/// Between the name of a SQL server, or of a managed instance and its DNS zone, and the cloud.
const SQL_HOST: &str = ".database.";

/// What a connection of a category leads to when its target is not known.
/// <https://learn.microsoft.com/azure/templates/microsoft.machinelearningservices/workspaces/connections>
const CATEGORIES: &[(&str, &str)] = &[
    ("adlsgen2", STORAGE),
    ("azureblob", STORAGE),
    ("azuresqldb", "Microsoft.Sql/servers/databases"),
    ("azuresynapseanalytics", "Microsoft.Sql/servers/databases"),
    ("azuresqlmi", SQL_INSTANCE),
    ("azurepostgresdb", POSTGRESQL[0]),
    ("postgresql", POSTGRESQL[0]),
    ("azuremysqldb", MYSQL[0]),
    ("mysql", MYSQL[0]),
];

/// Makes the references of one resource.
pub(super) struct Services<'a> {
    pub from: &'a Resource,
    pub index: &'a Index,
    pub resources: &'a [Resource],
}

impl Services<'_> {
    /// The account behind a datastore that people made; those of the service are on the default account.
    /// Storage account names are unique in Azure, and so are those of
    /// Data Lake Gen1: the name alone leads to the account.
    pub fn account_of_datastore(&self) -> Option<Reference> {
        const NAME: &str = "/properties/accountName";
        const STORE: &str = "/properties/storeName";
        let part = |pointer: &str| self.from.text_at(pointer).unwrap_or_default();
        let name = self.from.display_name().to_ascii_lowercase();
        if SERVICE_MADE.contains(&name.as_str()) {
            return None;
        }
        if let Some(name) = self.from.text_at(STORE) {
            return Some(self.reference(self.id(DATA_LAKE_GEN1, &name), STORE));
        }
        let name = self.from.text_at(NAME)?;
        let mut text = Text::known("/subscriptions/");
        text.push(&part("/properties/subscriptionId"));
        text.push_known("/resourceGroups/");
        text.push(&part("/properties/resourceGroup"));
        text.push_known("/providers/Microsoft.Storage/storageAccounts/");
        text.push(&name);
        Some(self.reference(ResourceId::from_text(text), NAME))
    }

    /// The database behind a SQL datastore of the first api-versions.
    pub fn database_of_datastore(&self) -> Option<Reference> {
        const SERVER: &str = "/properties/serverName";
        let server = self.from.text_at(SERVER)?;
        let database = self.from.text_at("/properties/databaseName")?;
        Some(self.database(&self.id(SQL_SERVER, &server), &database, SERVER))
    }

    /// What a connection leads to, by the host in its target.
    pub fn of_connection(&self) -> Option<Reference> {
        const TARGET: &str = "/properties/target";
        let target = match self.from.text_at(TARGET) {
            Some(text) if text.is_known() => text,
            _ => return self.by_category(TARGET),
        };
        self.by_host(target.as_known()?, TARGET)
    }

    /// The account that the URI of a data asset names.
    pub fn account_of_uri(&self) -> Option<Reference> {
        const URI: &str = "/properties/dataUri";
        self.by_host(self.from.text_at(URI)?.as_known()?, URI)
    }

    /// The datastore that the URI of a data asset names: `azureml://datastores/{d}/paths/…` or with the
    /// workspace before it.
    pub fn datastore_of_uri(&self) -> Option<Reference> {
        const URI: &str = "/properties/dataUri";
        let uri = self.from.text_at(URI)?;
        let pieces = uri.split('/');
        let scheme = pieces.first()?.as_known()?;
        if !scheme.eq_ignore_ascii_case("azureml:") {
            return None;
        }
        let after = |label: &str| {
            let at = pieces.iter().position(|p| p.as_known().is_some_and(|p| p.eq_ignore_ascii_case(label)))?;
            pieces.get(at + 1)
        };
        let name = after("datastores")?;
        let own = || self.from.id.parent()?.parent();
        let workspace = match (after("subscriptions"), after("resourcegroups"), after("workspaces")) {
            (Some(subscription), Some(group), Some(workspace)) => {
                let mut text = Text::known("/subscriptions/");
                text.push(subscription);
                text.push_known("/resourceGroups/");
                text.push(group);
                text.push_known("/providers/Microsoft.MachineLearningServices/workspaces/");
                text.push(workspace);
                ResourceId::from_text(text)
            }
            _ => own()?,
        };
        Some(self.reference(workspace.child("datastores", name), URI))
    }

    /// An account that a property names, or whose id it holds.
    pub fn account(&self, pointer: &'static str) -> Option<Reference> {
        let text = self.from.text_at(pointer)?;
        let is_id = text.split('/').len() > 1;
        let id = if is_id { ResourceId::from_text(text) } else { self.id(STORAGE, &text) };
        Some(self.reference(id, pointer))
    }

    /// The ids in a list: those of its elements, or of a member of each.
    pub fn ids(&self, list: &'static str, member: &str) -> Vec<Reference> {
        let count = self.from.get(list).and_then(|value| value.as_array()).map_or(0, Vec::len);
        let pointer = |at: usize| format!("{list}/{at}{member}");
        let texts = (0..count).filter_map(|at| self.from.text_at(&pointer(at)));
        texts.map(|text| self.reference(ResourceId::from_text(text), list)).collect()
    }

    /// The Cosmos DB accounts that hold the metadata of a workspace with a customer-managed key: the one
    /// that it names, or those in the resource group that the service made.
    /// <https://learn.microsoft.com/azure/machine-learning/concept-customer-managed-keys>
    pub fn cosmos_accounts(&self) -> Vec<Reference> {
        const ID: &str = "/properties/encryption/cosmosDbResourceId";
        const GROUP: &str = "/properties/serviceProvisionedResourceGroup";
        const TYPE: &str = "microsoft.documentdb/databaseaccounts";
        if let Some(text) = self.from.text_at(ID).filter(|text| text.as_known() != Some("")) {
            return vec![self.reference(ResourceId::from_text(text), ID)];
        }
        let status = self.from.get("/properties/encryption/status").and_then(|value| value.as_str());
        if !status.is_some_and(|status| status.eq_ignore_ascii_case("Enabled")) {
            return Vec::new();
        }
        let group = self.from.get(GROUP).and_then(|value| value.as_str()).map(str::to_ascii_lowercase);
        let inside = |id: &ResourceId| {
            group.is_some() && id.resource_group() == group && id.subscription() == self.from.id.subscription()
        };
        let accounts = self.resources.iter().enumerate().filter(|(_, r)| r.resource_type == TYPE && inside(&r.id));
        let found: Vec<Reference> = accounts.map(|(number, r)| Reference::to(r, number, GROUP)).collect();
        if found.is_empty() {
            return vec![self.reference(self.unknown("Microsoft.DocumentDB/databaseAccounts", ID), ID)];
        }
        found
    }

    fn by_host(&self, text: &str, pointer: &'static str) -> Option<Reference> {
        let host = host_in(text)?;
        if let Some((types, name)) = HOSTS.iter().find_map(|(suffix, types)| {
            let name = host.split_once(suffix)?.0;
            Some((*types, name.rsplit('.').next()?.to_owned()))
        }) {
            let ids = types.iter().map(|t| self.id(t, &Text::known(name.as_str())));
            let mut references: Vec<Reference> = ids.map(|id| self.reference(id, pointer)).collect();
            let at = references.iter().position(|reference| reference.target.is_some()).unwrap_or(0);
            return Some(references.swap_remove(at));
        }
        let (labels, _) = host.split_once(SQL_HOST)?;
        let name = Text::known(labels.split('.').next()?);
        if labels.contains('.') && !labels.ends_with(".privatelink") {
            return Some(self.reference(self.id(SQL_INSTANCE, &name), pointer));
        }
        let server = self.id(SQL_SERVER, &name);
        Some(match database_in(text) {
            Some(database) => self.database(&server, &Text::known(database), pointer),
            None => self.reference(server, pointer),
        })
    }

    fn by_category(&self, pointer: &'static str) -> Option<Reference> {
        let pointer_of_target = Pointer::parse(pointer)?;
        self.from.unknown_at(&pointer_of_target)?;
        let category = self.from.get("/properties/category")?.as_str()?.to_ascii_lowercase();
        let (_, resource_type) = CATEGORIES.iter().find(|(name, _)| *name == category)?;
        Some(self.reference(self.unknown(resource_type, pointer), pointer))
    }

    fn database(&self, server: &ResourceId, database: &Text, pointer: &'static str) -> Reference {
        let known = self.index.find(server, self.from, self.resources);
        let server = known.map_or(server, |number| &self.resources[number].id);
        self.reference(server.child("databases", database), pointer)
    }

    /// The id of a resource whose name is unique in Azure; where it is stays open.
    fn id(&self, resource_type: &str, name: &Text) -> ResourceId {
        let hole = |what: &str| Text::hole(Hole::new(self.from.id.key(), what));
        let mut text = Text::known("/subscriptions/");
        text.push(&hole("subscription"));
        text.push_known("/resourceGroups/");
        text.push(&hole("resource group"));
        text.push_known(&format!("/providers/{resource_type}/"));
        text.push(name);
        ResourceId::from_text(text)
    }

    /// A resource of which nothing is known but its type.
    fn unknown(&self, resource_type: &str, pointer: &str) -> ResourceId {
        let name = |what: &str| Text::hole(Hole::new(self.from.id.key(), &format!("{pointer}{what}")));
        match resource_type.strip_suffix("/databases") {
            Some(server) => self.id(server, &name(" server")).child("databases", &name("")),
            None => self.id(resource_type, &name("")),
        }
    }

    fn reference(&self, id: ResourceId, pointer: &'static str) -> Reference {
        let target = self.index.find(&id, self.from, self.resources);
        let id = target.map_or(id, |number| self.resources[number].id.clone());
        Reference { id, target, pointer: Some(pointer), inherited: false }
    }
}

/// The first host of Azure in a URL or connection string, in lower case.
fn host_in(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let of_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let known = |piece: &str| {
        let suffixes = HOSTS.iter().map(|(suffix, _)| *suffix).chain([SQL_HOST]);
        suffixes.into_iter().any(|suffix| piece.find(suffix).is_some_and(|at| at > 0))
    };
    text.split(|c| !of_host(c)).find(|piece| known(piece)).map(str::to_owned)
}

/// The database that a connection string names.
fn database_in(text: &str) -> Option<&str> {
    text.split(';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        let names = ["database", "databasename", "initial catalog"];
        let value = value.trim();
        (names.iter().any(|name| key.trim().eq_ignore_ascii_case(name)) && !value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::estate::{Defaults, Estate, EvidencePaths, Home};
    use crate::model::Inventory;
    use crate::rule::Scope;
    use serde_json::json;

    const GROUP: &str = "/subscriptions/s/resourceGroups/g/providers";
    const WORKSPACE: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w";

    fn resource(id: &str, properties: serde_json::Value) -> Resource {
        Resource::live(json!({"id": id, "properties": properties})).expect("it has an id")
    }

    /// The target of what `make` finds from a child of the workspace, and whether it is in the inventory.
    fn leads(
        child: &str,
        properties: serde_json::Value,
        known: &[&str],
        make: fn(&Services<'_>) -> Option<Reference>,
    ) -> Option<(String, bool)> {
        let mut resources: Vec<Resource> =
            known.iter().map(|id| resource(&format!("{GROUP}/{id}"), json!({}))).collect();
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        let from = resource(&format!("{WORKSPACE}/{child}"), properties);
        let index = Index::new(&resources);
        let found = make(&Services { from: &from, index: &index, resources: &resources })?;
        let kind = found.id.resource_type().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
        Some((format!("{kind}:{}", found.id.name().expect("a name")), found.target.is_some()))
    }

    fn connection(target: &str, known: &[&str]) -> Option<(String, bool)> {
        leads("connections/c", json!({"target": target}), known, |s| s.of_connection())
    }

    #[test]
    fn hosts_in_targets_lead_to_services() {
        let found = |text: &str| Some((text.to_owned(), true));
        let sql = "Server=tcp:SQL-1.database.windows.net,1433;Database=train;Encrypt=True";
        assert_eq!(
            connection(sql, &["Microsoft.Sql/servers/sql-1/databases/train", "Microsoft.Sql/servers/sql-1"]),
            found("databases:train")
        );
        let instance = "Server=mi-1.a1b2c3.database.windows.net;Initial Catalog=x";
        assert_eq!(connection(instance, &["Microsoft.Sql/managedInstances/mi-1"]), found("managedinstances:mi-1"));
        let storage = "https://stdata.dfs.core.windows.net/train";
        assert_eq!(connection(storage, &["Microsoft.Storage/storageAccounts/stdata"]), found("storageaccounts:stdata"));
        let postgresql = "host=pg-1.postgres.database.azure.com port=5432 dbname=train";
        assert_eq!(connection(postgresql, &["Microsoft.DBforPostgreSQL/servers/pg-1"]), found("servers:pg-1"));
        assert_eq!(connection(postgresql, &[]), Some(("flexibleservers:pg-1".to_owned(), false)));
        assert_eq!(connection("https://example.com/", &[]), None);
    }

    #[test]
    fn uris_of_data_assets_lead_to_datastores_and_accounts() {
        let uri = |uri: &str, make| {
            leads("data/d/versions/1", json!({"dataUri": uri}), &["Microsoft.Storage/storageAccounts/stdata"], make)
        };
        assert_eq!(
            uri("azureml://datastores/workspaceblobstore/paths/x", |s| s.datastore_of_uri()),
            Some(("datastores:workspaceblobstore".to_owned(), false))
        );
        assert_eq!(
            uri("abfss://train@stdata.dfs.core.windows.net/x", |s| s.account_of_uri()),
            Some(("storageaccounts:stdata".to_owned(), true))
        );
        assert_eq!(uri("https://example.com/x", |s| s.datastore_of_uri()), None);
    }

    #[test]
    fn a_target_that_is_not_known_keeps_its_category() {
        let mut from = resource(&format!("{WORKSPACE}/connections/c"), json!({"category": "AzureSqlDb"}));
        from.unknown.insert(Pointer::parse("/properties/target").expect("valid"), crate::model::Unknown::Forbidden);
        let services = Services { from: &from, index: &Index::new(&[]), resources: &[] };
        let found = services.of_connection().expect("a reference");
        assert_eq!(found.id.resource_type(), Some("microsoft.sql/servers/databases"));
        assert!(found.target.is_none() && !found.id.is_exact());
    }

    const SERVER: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/sql-1";

    /// One live workspace with a user datastore, one of the service, and a connection to a database.
    fn estate(config: &Config) -> Estate {
        let child = |rest: &str, properties: serde_json::Value| json!({"id": format!("{WORKSPACE}/{rest}"), "properties": properties});
        let service = |rest: &str| json!({"id": format!("{GROUP}/{rest}"), "properties": {}});
        let account = |name: &str| service(&format!("Microsoft.Storage/storageAccounts/{name}"));
        let own = format!("{GROUP}/Microsoft.Storage/storageAccounts/stml");
        let bodies = [
            json!({"id": WORKSPACE, "location": "westeurope", "properties": {"storageAccount": own}}),
            child("datastores/workspaceblobstore", json!({"accountName": "stml"})),
            child("datastores/training", json!({"accountName": "stdata"})),
            child("connections/sql", json!({"target": "Server=sql-1.database.windows.net;Database=train"})),
            account("stml"),
            account("stdata"),
            account("stranger"),
            service("Microsoft.Sql/servers/sql-1"),
            service("Microsoft.Sql/servers/sql-1/databases/train"),
            service("Microsoft.Sql/servers/sql-1/databases/other"),
            service("Microsoft.Sql/servers/sql-1/databases/master"),
        ];
        let resources = bodies.into_iter().filter_map(Resource::live).collect();
        let inventory =
            Inventory { resources, captured_at: Some("2026-11-24T03:00:00Z".to_owned()), ..Inventory::default() };
        Estate::assemble(inventory, config, &EvidencePaths::new(), &Defaults::default())
    }

    fn document(config: &Config) -> serde_json::Value {
        let estate = estate(config);
        let home: Home = estate.homes(Scope::Workspace)[0];
        estate.input(home, config, "2026-11-24").document
    }

    fn names(document: &serde_json::Value, kind: &str) -> Vec<String> {
        let subjects = document["subjects"].as_array().expect("a list").iter().filter(|s| s["kind"] == kind);
        let mut names: Vec<String> = subjects
            .map(|s| s["id"].as_str().expect("an id").rsplit('/').next().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_datastores_and_connections_name_is_judged_and_nothing_else() {
        let document = document(&Config::default());
        assert_eq!(names(&document, "data_storage"), ["stdata"]);
        assert_eq!(names(&document, "sql_database"), ["train"]);
        assert_eq!(document["captured_at"], "2026-11-24T03:00:00Z");
        let own = format!("{GROUP}/Microsoft.Storage/storageAccounts/stml").to_lowercase();
        assert_eq!(document["resources"][own]["default_of"][0]["name"], "w");
    }

    #[test]
    fn a_server_in_the_configuration_stands_for_its_databases() {
        let config = Config { data_dependencies: vec![SERVER.to_uppercase()], ..Config::default() };
        assert_eq!(names(&document(&config), "sql_database"), ["other", "train"]);
    }

    #[test]
    fn a_dependency_that_was_not_read_is_a_subject_too() {
        let gone = format!("{GROUP}/Microsoft.DBforPostgreSQL/flexibleServers/gone");
        let config = Config { data_dependencies: vec![gone], ..Config::default() };
        let document = document(&config);
        let subject =
            document["subjects"].as_array().expect("a list").iter().find(|s| s["kind"] == "postgresql_server");
        assert!(subject.expect("a subject").get("resource").is_none());
    }
}
