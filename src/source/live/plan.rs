//! The lean plan: which requests the wanted resource types need, and no others.
//!
//! [`ROWS`] says for each type how it is read. A type that is not in the table is asked of Resource
//! Graph, so a rule of one's own can name it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::model::Resource;

use super::reach::{Reach, Used};

/// The resource types (lower case) that the enabled rules' evidence names.
pub type WantedTypes = BTreeSet<String>;

/// How one resource type is read.
#[derive(Debug)]
pub(super) struct Row {
    /// In Azure's spelling, as it stands in paths.
    pub spelling: &'static str,
    /// Api-versions to try, the preferred one first; clouds differ in what they know.
    pub versions: &'static [&'static str],
    pub source: Source,
    /// When within a subscription: 0 lists, 1 what hangs on workspaces, 2 what they refer to, 3 what
    /// hangs on those.
    pub stage: u8,
    /// Types that must be read first to know what to ask for.
    pub needs: &'static [&'static str],
}

/// Where a type is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// In a table of Resource Graph; how Azure Resource Manager lists it where the graph proves
    /// nothing.
    Graph(Table, Fallback),
    /// One list per subscription.
    Subscription,
    /// Below each chosen parent.
    Below(Below),
    /// One answer per subscription and region with workspaces.
    Region(&'static str),
    /// One answer per subscription, at this path below it.
    Whole(&'static str),
    /// Groups of managed instances: per region and resource group with a chosen instance.
    InstanceGroups,
}

/// Tables of Resource Graph.
/// <https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Resources,
    Containers,
    Authorization,
}

impl Table {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Resources => "resources",
            Self::Containers => "resourcecontainers",
            Self::Authorization => "authorizationresources",
        }
    }
}

/// How to list what the graph does not prove.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fallback {
    /// `{subscription}/providers/{type}`.
    List,
    /// `{subscription}/{path}`.
    Path(&'static str),
    /// Below each parent.
    Below(Below),
    /// There is no list.
    None,
}

/// Children of a resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Below {
    /// The type of the parent, lower case.
    pub of: &'static str,
    /// What follows the id of the parent.
    pub path: &'static str,
    /// Further query, starting with `&`.
    pub query: &'static str,
    pub shape: Shape,
    /// Which parents are asked.
    pub choose: fn(&Resource, &Asked<'_>) -> Choice,
}

/// What the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A list of resources.
    List,
    /// One resource.
    Item,
    /// The resource itself with more properties: this member of `properties` is taken over.
    Merge(&'static str),
    /// The newest version of an asset.
    Latest,
}

/// Whether a parent is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Ask,
    Skip,
    /// Not asked because it is certain that there is nothing.
    Empty,
}

/// What a choice may depend on.
pub(super) struct Asked<'a> {
    pub reach: &'a Reach,
    pub used: &'a Used,
}

pub(super) const WORKSPACES: &str = "microsoft.machinelearningservices/workspaces";
pub(super) const STORAGE: &str = "microsoft.storage/storageaccounts";
pub(super) const MODEL_VERSIONS: &str = "microsoft.machinelearningservices/workspaces/models/versions";

fn ask_if(condition: bool) -> Choice {
    if condition { Choice::Ask } else { Choice::Skip }
}

fn every(_: &Resource, _: &Asked<'_>) -> Choice {
    Choice::Ask
}

fn referred(resource: &Resource, asked: &Asked<'_>) -> Choice {
    ask_if(asked.reach.refers_to(resource))
}

/// A private endpoint into something that a workspace uses.
fn pointing(resource: &Resource, asked: &Asked<'_>) -> Choice {
    ask_if(asked.reach.is_referred_by(resource))
}

fn text<'a>(resource: &'a Resource, pointer: &str) -> &'a str {
    resource.get(pointer).and_then(|value| value.as_str()).unwrap_or_default()
}

/// The blob service of default accounts. Premium file accounts have none.
/// <https://learn.microsoft.com/azure/storage/common/storage-account-overview#types-of-storage-accounts>
fn default_blobs(account: &Resource, asked: &Asked<'_>) -> Choice {
    if text(account, "/kind") == "FileStorage" { Choice::Empty } else { ask_if(asked.reach.is_default(account)) }
}

/// The file service of default accounts. Blob-only accounts have none (same page).
fn default_files(account: &Resource, asked: &Asked<'_>) -> Choice {
    let none = matches!(text(account, "/kind"), "BlobStorage" | "BlockBlobStorage");
    if none { Choice::Empty } else { ask_if(asked.reach.is_default(account)) }
}

/// Data accounts that cannot be read in two regions already. Object replication copies block blobs only, and
/// none of accounts with a hierarchical namespace.
/// <https://learn.microsoft.com/azure/storage/blobs/object-replication-overview#prerequisites-and-caveats-for-object-replication>
fn copied_elsewhere(account: &Resource, asked: &Asked<'_>) -> Choice {
    let hierarchical = account.get("/properties/isHnsEnabled").and_then(|value| value.as_bool()) == Some(true);
    if hierarchical || text(account, "/kind") == "FileStorage" {
        return Choice::Empty;
    }
    ask_if(!has_read_access(account) && !asked.reach.is_default(account) && asked.reach.refers_to(account))
}

/// Only accounts that can be read in the second region have replication statistics.
/// <https://learn.microsoft.com/azure/storage/common/last-sync-time-get>
fn readable_twice(resource: &Resource, asked: &Asked<'_>) -> Choice {
    if !has_read_access(resource) { Choice::Empty } else { referred(resource, asked) }
}

pub(super) fn has_read_access(account: &Resource) -> bool {
    text(account, "/sku/name").to_ascii_uppercase().contains("_RA")
}

/// Outbound rules exist only where the service manages the network.
/// <https://learn.microsoft.com/azure/machine-learning/how-to-managed-network>
fn managed_network(resource: &Resource, _: &Asked<'_>) -> Choice {
    let mode = text(resource, "/properties/managedNetwork/isolationMode");
    if mode.is_empty() || mode.eq_ignore_ascii_case("Disabled") { Choice::Empty } else { Choice::Ask }
}

fn current_data(resource: &Resource, _: &Asked<'_>) -> Choice {
    let archived = resource.get("/properties/isArchived").and_then(|value| value.as_bool());
    ask_if(archived != Some(true))
}

fn with_used_models(_: &Resource, asked: &Asked<'_>) -> Choice {
    ask_if(asked.used.any_models())
}

fn used_model(resource: &Resource, asked: &Asked<'_>) -> Choice {
    ask_if(asked.used.model(resource))
}

/// Front Door has origin groups; the classic profiles of the same type have none.
fn front_door(resource: &Resource, _: &Asked<'_>) -> Choice {
    if text(resource, "/sku/name").contains("AzureFrontDoor") { Choice::Ask } else { Choice::Empty }
}

const fn graph(spelling: &'static str, versions: &'static [&'static str]) -> Row {
    Row { spelling, versions, source: Source::Graph(Table::Resources, Fallback::List), stage: 0, needs: &[] }
}

const fn graph_only(spelling: &'static str, versions: &'static [&'static str]) -> Row {
    Row { spelling, versions, source: Source::Graph(Table::Resources, Fallback::None), stage: 0, needs: &[] }
}

const fn list_below(of: &'static str, path: &'static str) -> Below {
    Below { of, path, query: "", shape: Shape::List, choose: every }
}

/// In the graph; where that proves nothing, listed below each parent.
const fn graph_below(
    spelling: &'static str,
    versions: &'static [&'static str],
    stage: u8,
    needs: &'static [&'static str],
    below: Below,
) -> Row {
    let source = Source::Graph(Table::Resources, Fallback::Below(below));
    Row { spelling, versions, source, stage, needs }
}

const fn below(
    spelling: &'static str,
    versions: &'static [&'static str],
    stage: u8,
    needs: &'static [&'static str],
    below: Below,
) -> Row {
    Row { spelling, versions, source: Source::Below(below), stage, needs }
}

/// Children of every workspace.
const fn of_workspace(spelling: &'static str, path: &'static str, query: &'static str) -> Row {
    below(spelling, ML, 1, &[WORKSPACES], Below { query, ..list_below(WORKSPACES, path) })
}

const fn chosen(
    of: &'static str,
    path: &'static str,
    shape: Shape,
    choose: fn(&Resource, &Asked<'_>) -> Choice,
) -> Below {
    Below { of, path, query: "", shape, choose }
}

/// Pinned stable versions that were checked property by property; the newer one of workspaces has
/// `encryption.cosmosDbResourceId` and `systemDatastoresAuthMode`.
const ML: &[&str] = &["2024-10-01"];
const WS: &[&str] = &["2025-12-01", "2025-06-01", "2024-10-01"];
const MU: &[&str] = &["2025-12-01", "2024-10-01"];
const ST: &[&str] = &["2024-01-01"];
const KV: &[&str] = &["2023-07-01"];
const CR: &[&str] = &["2023-07-01"];
const LA: &[&str] = &["2025-02-01", "2023-09-01"];
const SQ: &[&str] = &["2023-08-01"];
const PG: &[&str] = &["2024-08-01"];
const NW: &[&str] = &["2024-05-01"];
const DZ: &[&str] = &["2020-06-01"];
const CN: &[&str] = &["2024-02-01"];
const AM: &[&str] = &["2024-05-01"];
const RM: &[&str] = &["2021-04-01"];
const SB: &[&str] = &["2022-12-01"];
const SS: &[&str] = &["2017-12-01"];

const ONLINE: &str = "microsoft.machinelearningservices/workspaces/onlineendpoints";
const BATCH: &str = "microsoft.machinelearningservices/workspaces/batchendpoints";
const ONLINE_DEPLOYMENTS: &str = "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments";
const SERVERS: &str = "microsoft.sql/servers";
const DATABASES: &str = "microsoft.sql/servers/databases";
const ZONES: &str = "microsoft.network/privatednszones";
const REGISTRIES: &str = "microsoft.containerregistry/registries";
pub(super) const COMPONENTS: &str = "microsoft.insights/components";
const LOGS: &str = "microsoft.operationalinsights/workspaces";
const CLUSTERS: &str = "microsoft.containerservice/managedclusters";
const PROFILES: &str = "microsoft.cdn/profiles";
const ORIGIN_GROUPS: &str = "microsoft.cdn/profiles/origingroups";
const API: &str = "microsoft.apimanagement/service";
pub(super) const ENDPOINTS: &str = "microsoft.network/privateendpoints";
const FLEXIBLE: &str = "microsoft.dbforpostgresql/flexibleservers";
const DATA: &str = "microsoft.machinelearningservices/workspaces/data";
const MODELS: &str = "microsoft.machinelearningservices/workspaces/models";

/// How each type is read.
pub(super) static ROWS: &[Row] = &[
    // Azure Machine Learning.
    graph("Microsoft.MachineLearningServices/workspaces", WS),
    graph("Microsoft.MachineLearningServices/registries", ML),
    graph_below(
        "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
        ML,
        1,
        &[WORKSPACES],
        list_below(WORKSPACES, "onlineEndpoints"),
    ),
    graph_below(
        "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
        ML,
        2,
        &[ONLINE],
        list_below(ONLINE, "deployments"),
    ),
    graph_below(
        "Microsoft.MachineLearningServices/workspaces/batchEndpoints",
        ML,
        1,
        &[WORKSPACES],
        list_below(WORKSPACES, "batchEndpoints"),
    ),
    graph_below(
        "Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments",
        ML,
        2,
        &[BATCH],
        list_below(BATCH, "deployments"),
    ),
    graph_below(
        "Microsoft.MachineLearningServices/workspaces/serverlessEndpoints",
        ML,
        1,
        &[WORKSPACES],
        list_below(WORKSPACES, "serverlessEndpoints"),
    ),
    of_workspace("Microsoft.MachineLearningServices/workspaces/computes", "computes", ""),
    of_workspace("Microsoft.MachineLearningServices/workspaces/datastores", "datastores", "&count=100"),
    of_workspace("Microsoft.MachineLearningServices/workspaces/connections", "connections", ""),
    of_workspace("Microsoft.MachineLearningServices/workspaces/schedules", "schedules", "&listViewType=All"),
    of_workspace("Microsoft.MachineLearningServices/workspaces/data", "data", "&listViewType=All"),
    of_workspace("Microsoft.MachineLearningServices/workspaces/environments", "environments", ""),
    of_workspace("Microsoft.MachineLearningServices/workspaces/components", "components", ""),
    of_workspace(
        "Microsoft.MachineLearningServices/workspaces/privateEndpointConnections",
        "privateEndpointConnections",
        "",
    ),
    below(
        "Microsoft.MachineLearningServices/workspaces/outboundRules",
        ML,
        1,
        &[WORKSPACES],
        chosen(WORKSPACES, "outboundRules", Shape::List, managed_network),
    ),
    below(
        "Microsoft.MachineLearningServices/workspaces/data/versions",
        ML,
        3,
        &[DATA],
        chosen(DATA, "versions", Shape::Latest, current_data),
    ),
    below(
        "Microsoft.MachineLearningServices/workspaces/models",
        ML,
        2,
        &[WORKSPACES, ONLINE_DEPLOYMENTS],
        chosen(WORKSPACES, "models", Shape::List, with_used_models),
    ),
    below(
        "Microsoft.MachineLearningServices/workspaces/models/versions",
        ML,
        3,
        &[MODELS],
        chosen(MODELS, "versions", Shape::List, used_model),
    ),
    Row {
        spelling: "Microsoft.MachineLearningServices/locations/usages",
        versions: MU,
        source: Source::Region("usages"),
        stage: 1,
        needs: &[WORKSPACES],
    },
    Row {
        spelling: "Microsoft.MachineLearningServices/locations/quotas",
        versions: MU,
        source: Source::Region("quotas"),
        stage: 1,
        needs: &[WORKSPACES],
    },
    Row {
        spelling: "Microsoft.MachineLearningServices/locations/vmSizes",
        versions: MU,
        source: Source::Region("vmSizes"),
        stage: 1,
        needs: &[WORKSPACES],
    },
    // The subscription itself.
    Row {
        spelling: "Microsoft.Resources/resourceGroups",
        versions: RM,
        source: Source::Graph(Table::Containers, Fallback::Path("resourcegroups")),
        stage: 0,
        needs: &[],
    },
    Row {
        spelling: "Microsoft.Resources/providers",
        versions: RM,
        source: Source::Whole("providers/Microsoft.MachineLearningServices"),
        stage: 1,
        needs: &[],
    },
    Row {
        spelling: "Microsoft.Resources/locations",
        versions: SB,
        source: Source::Whole("locations"),
        stage: 1,
        needs: &[],
    },
    Row {
        spelling: "Microsoft.Authorization/locks",
        versions: &["2020-05-01"],
        source: Source::Subscription,
        stage: 1,
        needs: &[],
    },
    Row {
        spelling: "Microsoft.Authorization/roleAssignments",
        versions: &["2022-04-01"],
        source: Source::Graph(Table::Authorization, Fallback::List),
        stage: 0,
        needs: &[],
    },
    // Associated resources.
    graph("Microsoft.Storage/storageAccounts", ST),
    below(
        "Microsoft.Storage/storageAccounts/blobServices",
        ST,
        2,
        &[STORAGE],
        chosen(STORAGE, "blobServices/default", Shape::Item, default_blobs),
    ),
    below(
        "Microsoft.Storage/storageAccounts/fileServices",
        ST,
        2,
        &[STORAGE],
        chosen(STORAGE, "fileServices/default", Shape::Item, default_files),
    ),
    below(
        "Microsoft.Storage/storageAccounts/objectReplicationPolicies",
        ST,
        2,
        &[STORAGE],
        chosen(STORAGE, "objectReplicationPolicies", Shape::List, copied_elsewhere),
    ),
    graph("Microsoft.KeyVault/vaults", KV),
    graph("Microsoft.ContainerRegistry/registries", CR),
    graph_below(
        "Microsoft.ContainerRegistry/registries/replications",
        CR,
        2,
        &[REGISTRIES],
        chosen(REGISTRIES, "replications", Shape::List, referred),
    ),
    graph("Microsoft.Insights/components", &["2020-02-02"]),
    graph("Microsoft.OperationalInsights/workspaces", LA),
    below(
        "Microsoft.OperationalInsights/workspaces/tables",
        LA,
        2,
        &[LOGS, COMPONENTS],
        chosen(LOGS, "tables", Shape::List, referred),
    ),
    graph("Microsoft.Insights/activityLogAlerts", &["2020-10-01"]),
    graph("Microsoft.Insights/autoscaleSettings", &["2022-10-01"]),
    // Attached compute and data services.
    graph("Microsoft.ContainerService/managedClusters", &["2024-09-01"]),
    below(
        "Microsoft.ContainerService/managedClusters/agentPools",
        &["2024-09-01"],
        2,
        &[CLUSTERS],
        chosen(CLUSTERS, "agentPools", Shape::List, referred),
    ),
    graph("Microsoft.Databricks/workspaces", &["2024-05-01"]),
    graph("Microsoft.HDInsight/clusters", &["2021-06-01"]),
    graph("Microsoft.ContainerInstance/containerGroups", &["2023-05-01"]),
    graph("Microsoft.Sql/servers", SQ),
    graph_below(
        "Microsoft.Sql/servers/databases",
        SQ,
        2,
        &[SERVERS],
        chosen(SERVERS, "databases", Shape::List, referred),
    ),
    below(
        "Microsoft.Sql/servers/failoverGroups",
        SQ,
        2,
        &[SERVERS],
        chosen(SERVERS, "failoverGroups", Shape::List, referred),
    ),
    below(
        "Microsoft.Sql/servers/databases/replicationLinks",
        SQ,
        3,
        &[DATABASES],
        chosen(DATABASES, "replicationLinks", Shape::List, referred),
    ),
    graph("Microsoft.Sql/managedInstances", SQ),
    Row {
        spelling: "Microsoft.Sql/locations/instanceFailoverGroups",
        versions: SQ,
        source: Source::InstanceGroups,
        stage: 2,
        needs: &[INSTANCES],
    },
    graph("Microsoft.DBforPostgreSQL/flexibleServers", PG),
    below(
        "Microsoft.DBforPostgreSQL/flexibleServers/replicas",
        PG,
        2,
        &[FLEXIBLE],
        chosen(FLEXIBLE, "replicas", Shape::List, referred),
    ),
    graph("Microsoft.DBforPostgreSQL/servers", SS),
    graph("Microsoft.DBforMySQL/flexibleServers", &["2023-12-30"]),
    graph("Microsoft.DBforMySQL/servers", SS),
    graph("Microsoft.DocumentDB/databaseAccounts", &["2024-11-15"]),
    graph("Microsoft.DataLakeStore/accounts", &["2016-11-01"]),
    // Network.
    graph("Microsoft.Network/virtualNetworks", NW),
    graph("Microsoft.Network/privateEndpoints", NW),
    below(
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        NW,
        2,
        &[ENDPOINTS],
        chosen(ENDPOINTS, "privateDnsZoneGroups", Shape::List, pointing),
    ),
    graph("Microsoft.Network/privateDnsZones", DZ),
    graph_below(
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        DZ,
        2,
        &[ZONES],
        list_below(ZONES, "virtualNetworkLinks"),
    ),
    // Gateways have no list per subscription.
    graph_only("Microsoft.Network/virtualNetworkGateways", NW),
    graph("Microsoft.Network/virtualHubs", NW),
    graph("Microsoft.Network/bastionHosts", NW),
    graph("Microsoft.Network/trafficManagerProfiles", &["2022-04-01"]),
    graph("Microsoft.Cdn/profiles", CN),
    below(
        "Microsoft.Cdn/profiles/originGroups",
        CN,
        2,
        &[PROFILES],
        chosen(PROFILES, "originGroups", Shape::List, front_door),
    ),
    below("Microsoft.Cdn/profiles/originGroups/origins", CN, 3, &[ORIGIN_GROUPS], list_below(ORIGIN_GROUPS, "origins")),
    graph("Microsoft.ApiManagement/service", AM),
    below("Microsoft.ApiManagement/service/backends", AM, 2, &[API], list_below(API, "backends")),
    below(
        "Microsoft.Insights/diagnosticSettings",
        &["2021-05-01-preview"],
        1,
        &[WORKSPACES],
        list_below(WORKSPACES, "providers/Microsoft.Insights/diagnosticSettings"),
    ),
];

pub(super) const INSTANCES: &str = "microsoft.sql/managedinstances";

/// The replication statistics of the storage accounts of [`STORAGE`]: not a type of their own, but
/// only the account itself gives them.
pub(super) static REPLICATION_STATISTICS: Row = Row {
    spelling: "Microsoft.Storage/storageAccounts",
    versions: ST,
    source: Source::Below(Below {
        of: STORAGE,
        path: "",
        query: "&$expand=geoReplicationStats",
        shape: Shape::Merge("geoReplicationStats"),
        choose: readable_twice,
    }),
    stage: 2,
    needs: &[STORAGE],
};

impl Row {
    /// The type in lower case.
    pub(super) fn resource_type(&self) -> String {
        self.spelling.to_ascii_lowercase()
    }

    /// Where the graph has it.
    pub(super) fn table(&self) -> Option<Table> {
        match self.source {
            Source::Graph(table, _) => Some(table),
            _ => None,
        }
    }

    /// The children that it reads by itself or as fallback.
    pub(super) fn below(&self) -> Option<&Below> {
        match &self.source {
            Source::Below(below) | Source::Graph(_, Fallback::Below(below)) => Some(below),
            _ => None,
        }
    }

    /// The action that reading it needs. Azure names a few of them differently from the type.
    pub(super) fn action(&self) -> String {
        let spelling = match self.spelling {
            "Microsoft.Resources/resourceGroups" => "Microsoft.Resources/subscriptions/resourceGroups",
            "Microsoft.Resources/locations" => "Microsoft.Resources/subscriptions/locations",
            spelling => spelling,
        };
        format!("{spelling}/read")
    }
}

/// The plan of a scan.
#[derive(Debug)]
pub(super) struct Plan {
    /// The rows that are read, in the order of the table.
    pub rows: Vec<&'static Row>,
    /// Types (lower case) that are not in the table and are asked of the graph only.
    pub others: Vec<String>,
}

impl Plan {
    /// What the wanted types need. Workspaces are always read: everything hangs on them.
    pub(super) fn new(wanted: &WantedTypes) -> Self {
        let by_type: BTreeMap<String, &'static Row> = ROWS.iter().map(|row| (row.resource_type(), row)).collect();
        let mut types = BTreeSet::new();
        let mut others = Vec::new();
        let mut queue: Vec<String> = wanted.iter().map(|t| canonical(t)).collect();
        queue.push(WORKSPACES.to_owned());
        while let Some(next) = queue.pop() {
            match by_type.get(&next) {
                Some(row) if types.insert(next.clone()) => {
                    queue.extend(row.needs.iter().map(|need| (*need).to_owned()))
                }
                Some(_) => {}
                None if is_graph_type(&next) && !others.contains(&next) => others.push(next),
                None => {}
            }
        }
        others.sort();
        let mut rows: Vec<_> = ROWS.iter().filter(|row| types.contains(&row.resource_type())).collect();
        if types.contains(STORAGE) {
            rows.push(&REPLICATION_STATISTICS);
        }
        Self { rows, others }
    }

    /// The actions that its reads need, sorted.
    pub(super) fn actions(&self) -> BTreeSet<String> {
        let others = self.others.iter().map(|resource_type| format!("{resource_type}/read"));
        self.rows.iter().map(|row| row.action()).chain(others).collect()
    }

    /// The types that one table of the graph is asked for, lower case.
    pub(super) fn types_in(&self, table: Table) -> Vec<String> {
        let rows = self.rows.iter().filter(|row| row.table() == Some(table));
        let mut types: Vec<String> = rows.map(|row| row.resource_type()).collect();
        if table == Table::Resources {
            types.extend(self.others.iter().cloned());
        }
        types
    }
}

/// Two spellings of one type.
fn canonical(resource_type: &str) -> String {
    let lower = resource_type.to_ascii_lowercase();
    if lower == "microsoft.resources/subscriptions/resourcegroups" {
        return "microsoft.resources/resourcegroups".to_owned();
    }
    lower
}

/// A type that Resource Graph can be asked for. Everything else is no Azure type (`repository:iac`), is
/// known already (the subscriptions), or would let a rule write into the query.
fn is_graph_type(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-' | '_');
    name.contains('.') && name.contains('/') && name.chars().all(plain) && name != "microsoft.resources/subscriptions"
}

/// How large an estate is, to estimate a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Subscriptions.
    pub subscriptions: usize,
    /// Workspaces in total.
    pub workspaces: usize,
    /// Pairs of subscription and region with workspaces.
    pub regions: usize,
}

/// What a scan of these types would send, for people. Nothing is sent.
pub fn render_plan(wanted: &WantedTypes, scale: Scale) -> String {
    let plan = Plan::new(wanted);
    let mut text = String::new();
    let mut total = 1 + scale.subscriptions;
    let _ = writeln!(text, "{:>8}  GET /subscriptions", 1);
    let _ = writeln!(text, "{:>8}  GET own permissions, one per subscription", scale.subscriptions);
    let tables = [Table::Resources, Table::Containers, Table::Authorization];
    for table in tables {
        let types = plan.types_in(table);
        if types.is_empty() {
            continue;
        }
        let batches = scale.subscriptions.div_ceil(super::graph::BATCH);
        total += batches;
        let _ = writeln!(
            text,
            "{batches:>8}  POST Resource Graph, table {} ({} types), more if there are over 1000 rows each",
            table.name(),
            types.len()
        );
    }
    for row in &plan.rows {
        let (count, note) = match row.source {
            Source::Graph(..) => continue,
            Source::Subscription | Source::Whole(_) => (scale.subscriptions, "one per subscription"),
            Source::Region(_) => (scale.regions, "one per subscription and region"),
            Source::Below(below) if below.of == WORKSPACES => (scale.workspaces, "at most one per workspace"),
            Source::Below(Below { shape: Shape::Merge(member), .. }) => {
                let _ = writeln!(text, "{:>8}  GET {} ({member}), one per data account", "?", row.spelling);
                continue;
            }
            Source::Below(_) | Source::InstanceGroups => {
                let _ = writeln!(text, "{:>8}  GET {}, one per resource that a workspace uses", "?", row.spelling);
                continue;
            }
        };
        total += count;
        let _ = writeln!(text, "{count:>8}  GET {}, {note}", row.spelling);
    }
    let per_subscription = total.div_ceil(scale.subscriptions.max(1));
    let floor = (per_subscription as f64 - 250.0).max(0.0) / 25.0;
    let _ = writeln!(text, "{total:>8}  requests at least; Azure's limit of reads alone makes them last {floor:.0} s");
    text
}

#[cfg(test)]
mod tests {
    use super::super::access::Permissions;
    use super::*;

    fn wanted(types: &[&str]) -> WantedTypes {
        types.iter().map(|t| (*t).to_owned()).collect()
    }

    fn spellings(plan: &Plan) -> Vec<&str> {
        plan.rows.iter().map(|row| row.spelling).collect()
    }

    #[test]
    fn nothing_wanted_reads_the_workspaces_only() {
        assert_eq!(spellings(&Plan::new(&wanted(&[]))), ["Microsoft.MachineLearningServices/workspaces"]);
    }

    #[test]
    fn a_child_brings_what_it_hangs_on() {
        let plan = Plan::new(&wanted(&["microsoft.sql/servers/databases/replicationlinks"]));
        let names = spellings(&plan);
        for needed in ["Microsoft.Sql/servers", "Microsoft.Sql/servers/databases"] {
            assert!(names.contains(&needed), "{names:?}");
        }
    }

    #[test]
    fn unknown_types_go_to_the_graph_but_never_into_its_grammar() {
        let plan = Plan::new(&wanted(&["microsoft.search/searchservices", "repository:iac", "a.b/c') | take 1"]));
        assert_eq!(plan.others, ["microsoft.search/searchservices"]);
        assert!(plan.types_in(Table::Resources).contains(&"microsoft.search/searchservices".to_owned()));
    }

    #[test]
    fn every_row_is_listed_once_after_what_it_needs() {
        let types: Vec<String> = ROWS.iter().map(Row::resource_type).collect();
        let unique: BTreeSet<_> = types.iter().collect();
        assert_eq!(unique.len(), types.len());
        for row in ROWS {
            assert!(!row.versions.is_empty(), "{}", row.spelling);
            for need in row.needs {
                assert!(types.iter().any(|t| t == need), "{} needs {need}", row.spelling);
            }
            if let Some(below) = row.below() {
                assert!(row.needs.contains(&below.of), "{} must need {}", row.spelling, below.of);
            }
        }
    }

    #[test]
    fn no_row_can_reach_a_secret() {
        for row in ROWS {
            let path = format!("{} {:?}", row.spelling, row.source).to_ascii_lowercase();
            for never in ["listkeys", "listsecrets", "credential", "token", "diagnose", "listnodes", "sas"] {
                assert!(!path.contains(never), "{path}");
            }
        }
    }

    #[test]
    fn the_documented_role_is_what_the_rows_need_and_reads_only() {
        let role: serde_json::Value =
            serde_json::from_str(include_str!("../../../docs/live-role.json")).expect("the role is JSON");
        let actions: Vec<&str> =
            role["Actions"].as_array().into_iter().flatten().filter_map(|action| action.as_str()).collect();
        assert!(actions.iter().all(|action| action.ends_with("/read") && action.starts_with("Microsoft.")));
        let granted = Permissions::parse(std::slice::from_ref(&serde_json::json!({"actions": actions})));
        let rows: Vec<String> = ROWS.iter().map(Row::action).collect();
        let missing: Vec<_> = rows.iter().filter(|action| !granted.grant(action)).collect();
        assert!(missing.is_empty(), "{missing:?} are not in docs/live-role.json");
        let of_no_row = |action: &&str| !action.contains('*') && !rows.iter().any(|row| row == action);
        let others: Vec<&str> = actions.into_iter().filter(of_no_row).collect();
        assert_eq!(
            others,
            [
                "Microsoft.Authorization/permissions/read",
                "Microsoft.Management/managementGroups/descendants/read",
                "Microsoft.ResourceGraph/resources/read",
                "Microsoft.Resources/subscriptions/read",
            ]
        );
    }

    #[test]
    fn a_plan_is_told_without_sending_it() {
        let types = wanted(&["microsoft.machinelearningservices/workspaces/computes", "microsoft.authorization/locks"]);
        let text = render_plan(&types, Scale { subscriptions: 2, workspaces: 300, regions: 3 });
        assert!(text.contains("     300  GET Microsoft.MachineLearningServices/workspaces/computes"), "{text}");
        assert!(text.contains("       2  GET Microsoft.Authorization/locks"), "{text}");
        assert!(text.contains("306  requests at least"), "{text}");
    }
}
