//! The closed list of relations between resources, and how each is read from ARM bodies.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::links::{self, Links};
use super::services::Services;
use super::{access, networks};
use crate::model::{Hole, Part, Pointer, Resource, ResourceId, Text};

/// The type of an Azure ML workspace.
pub const WORKSPACE: &str = "microsoft.machinelearningservices/workspaces";
pub(super) const OUTBOUND_RULE: &str = "microsoft.machinelearningservices/workspaces/outboundrules";
pub(super) const PRIVATE_ENDPOINT: &str = "microsoft.network/privateendpoints";
pub(super) const VIRTUAL_NETWORK: &str = "microsoft.network/virtualnetworks";
pub(super) const PEERING: &str = "microsoft.network/virtualnetworks/virtualnetworkpeerings";
pub(super) const GATEWAY: &str = "microsoft.network/virtualnetworkgateways";
pub(super) const BASTION: &str = "microsoft.network/bastionhosts";
pub(super) const ZONE_LINK: &str = "microsoft.network/privatednszones/virtualnetworklinks";
pub(super) const ASSIGNMENT: &str = "microsoft.authorization/roleassignments";
pub(super) const STORAGE: &str = "microsoft.storage/storageaccounts";
pub(super) const VAULT: &str = "microsoft.keyvault/vaults";
pub(super) const REGISTRY: &str = "microsoft.containerregistry/registries";
const ZONE_GROUP: &str = "microsoft.network/privateendpoints/privatednszonegroups";
pub(super) const COMPUTE: &str = "microsoft.machinelearningservices/workspaces/computes";
const DATASTORE: &str = "microsoft.machinelearningservices/workspaces/datastores";
const CONNECTION: &str = "microsoft.machinelearningservices/workspaces/connections";
const DATA_VERSION: &str = "microsoft.machinelearningservices/workspaces/data/versions";
const SCHEDULE: &str = "microsoft.machinelearningservices/workspaces/schedules";
const ONLINE: &str = "microsoft.machinelearningservices/workspaces/onlineendpoints";
const ONLINE_DEPLOYMENT: &str = "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments";
const SERVERLESS: &str = "microsoft.machinelearningservices/workspaces/serverlessendpoints";
const BATCH: &str = "microsoft.machinelearningservices/workspaces/batchendpoints";
const BATCH_DEPLOYMENT: &str = "microsoft.machinelearningservices/workspaces/batchendpoints/deployments";
const DATA: &str = "microsoft.machinelearningservices/workspaces/data";
const AUTOSCALE: &str = "microsoft.insights/autoscalesettings";
const CLUSTER: &str = "microsoft.containerservice/managedclusters";
const TRAFFIC_MANAGER: &str = "microsoft.network/trafficmanagerprofiles";
const ORIGIN_GROUP: &str = "microsoft.cdn/profiles/origingroups";
const API_MANAGEMENT: &str = "microsoft.apimanagement/service";
const COMPONENT: &str = "microsoft.insights/components";
const LOG_WORKSPACE: &str = "microsoft.operationalinsights/workspaces";
const REPLICATION_POLICY: &str = "microsoft.storage/storageaccounts/objectreplicationpolicies";
const SQL_SERVER: &str = "microsoft.sql/servers";
const SQL_DATABASE: &str = "microsoft.sql/servers/databases";
const FAILOVER_GROUP: &str = "microsoft.sql/servers/failovergroups";
const SQL_INSTANCE: &str = "microsoft.sql/managedinstances";
const INSTANCE_GROUP: &str = "microsoft.sql/locations/instancefailovergroups";
const POSTGRESQL: &str = "microsoft.dbforpostgresql/flexibleservers";
const MYSQL: &str = "microsoft.dbformysql/flexibleservers";
const USAGES: &str = "microsoft.machinelearningservices/locations/usages";
const QUOTAS: &str = "microsoft.machinelearningservices/locations/quotas";
const VM_SIZES: &str = "microsoft.machinelearningservices/locations/vmsizes";
const ACTIVITY_ALERT: &str = "microsoft.insights/activitylogalerts";
const LOCK: &str = "microsoft.authorization/locks";

/// How the targets of a relation are found.
enum Via {
    /// An id in a property of the source.
    Id(&'static str),
    /// The virtual network of the subnet whose id is in a property of the source.
    Network(&'static str),
    /// The ids in the elements of a list: the list, and the place in each element.
    Each(&'static str, &'static str),
    /// The virtual networks of the subnets in the elements of a list.
    EachNetwork(&'static str, &'static str),
    /// The children of the source that have this type.
    Children(&'static str),
    /// What the source is a child of.
    Parent,
    /// The ids in a list: its elements, or this member of each.
    Ids(&'static str, &'static str),
    /// A storage account by its name, or by its id.
    Account(&'static str),
    /// A data service that is found in another way.
    Service(fn(&Services<'_>) -> Option<Reference>),
    /// The Cosmos DB accounts of a workspace with a customer-managed key.
    CosmosAccounts,
    /// The source itself, if this property says how it does something.
    Own(&'static str),
    /// The sources of another relation that leads here.
    Reverse(&'static str, &'static str),
    /// The resources of this type in the subscription and region of the source.
    InRegion(&'static str),
    /// The resources of this type that name the source at this pointer.
    ReferredBy(&'static str, &'static str),
    /// What is behind an attached compute of one of these types.
    Attached(&'static [&'static str]),
    /// The computes that are named at these members anywhere below this pointer.
    Computes(&'static str, &'static [&'static str]),
    /// The ids in a list, at this member of its elements.
    EachId(&'static str, &'static str),
    /// The Azure ML registries whose assets it mentions.
    MlRegistries,
    /// What routes to the host of an endpoint.
    EntryPoints,
}

struct Relation {
    from: &'static str,
    name: &'static str,
    via: Via,
}

const fn relation(from: &'static str, name: &'static str, via: Via) -> Relation {
    Relation { from, name, via }
}

/// Sources: the associated resources of a workspace
/// (<https://learn.microsoft.com/azure/machine-learning/concept-workspace#associated-resources>) and the
/// REST reference of each type.
const RELATIONS: &[Relation] = &[
    relation(WORKSPACE, "storage", Via::Id("/properties/storageAccount")),
    relation(WORKSPACE, "key_vault", Via::Id("/properties/keyVault")),
    relation(WORKSPACE, "container_registry", Via::Id("/properties/containerRegistry")),
    relation(WORKSPACE, "application_insights", Via::Id("/properties/applicationInsights")),
    relation(WORKSPACE, "encryption_vault", Via::Id("/properties/encryption/keyVaultProperties/keyVaultArmId")),
    relation(WORKSPACE, "hub", Via::Id("/properties/hubResourceId")),
    relation(WORKSPACE, "computes", Via::Children(COMPUTE)),
    relation(WORKSPACE, "datastores", Via::Children(DATASTORE)),
    relation(WORKSPACE, "schedules", Via::Children(SCHEDULE)),
    relation(WORKSPACE, "online_endpoints", Via::Children(ONLINE)),
    relation(WORKSPACE, "serverless_endpoints", Via::Children(SERVERLESS)),
    relation(WORKSPACE, "batch_endpoints", Via::Children(BATCH)),
    relation(WORKSPACE, "data", Via::Children(DATA)),
    relation(WORKSPACE, "usages", Via::InRegion(USAGES)),
    relation(WORKSPACE, "quotas", Via::InRegion(QUOTAS)),
    relation(WORKSPACE, "vm_sizes", Via::InRegion(VM_SIZES)),
    relation(COMPUTE, "attached", Via::Id("/properties/resourceId")),
    relation(WORKSPACE, "connections", Via::Children(CONNECTION)),
    relation(ACTIVITY_ALERT, "watched", Via::Ids("/properties/scopes", "")),
    relation(WORKSPACE, "cosmos_accounts", Via::CosmosAccounts),
    relation(WORKSPACE, "default_datastores", Via::Own("/properties/systemDatastoresAuthMode")),
    relation(DATASTORE, "account", Via::Service(|services| services.account_of_datastore())),
    relation(DATASTORE, "service", Via::Service(|services| services.database_of_datastore())),
    relation(CONNECTION, "service", Via::Service(|services| services.of_connection())),
    relation(DATA_VERSION, "datastore", Via::Service(|services| services.datastore_of_uri())),
    relation(DATA_VERSION, "account", Via::Service(|services| services.account_of_uri())),
    relation(STORAGE, "object_replication", Via::Children(REPLICATION_POLICY)),
    relation(REPLICATION_POLICY, "source", Via::Account("/properties/sourceAccount")),
    relation(REPLICATION_POLICY, "destination", Via::Account("/properties/destinationAccount")),
    relation(SQL_DATABASE, "server", Via::Parent),
    relation(SQL_DATABASE, "replication_links", Via::Children("microsoft.sql/servers/databases/replicationlinks")),
    relation(SQL_DATABASE, "source", Via::Id("/properties/sourceDatabaseId")),
    relation(SQL_DATABASE, "copies", Via::Reverse(SQL_DATABASE, "source")),
    relation(SQL_SERVER, "failover_groups", Via::Children(FAILOVER_GROUP)),
    relation(FAILOVER_GROUP, "databases", Via::Ids("/properties/databases", "")),
    relation(FAILOVER_GROUP, "partners", Via::Ids("/properties/partnerServers", "/id")),
    relation(SQL_INSTANCE, "failover_groups", Via::Reverse(INSTANCE_GROUP, "instances")),
    relation(SQL_INSTANCE, "failover_groups", Via::Reverse(INSTANCE_GROUP, "partners")),
    relation(INSTANCE_GROUP, "instances", Via::Ids("/properties/managedInstancePairs", "/primaryManagedInstanceId")),
    relation(INSTANCE_GROUP, "partners", Via::Ids("/properties/managedInstancePairs", "/partnerManagedInstanceId")),
    relation(POSTGRESQL, "source", Via::Id("/properties/sourceServerResourceId")),
    relation(POSTGRESQL, "replicas", Via::Reverse(POSTGRESQL, "source")),
    relation(MYSQL, "source", Via::Id("/properties/sourceServerResourceId")),
    relation(MYSQL, "replicas", Via::Reverse(MYSQL, "source")),
    relation(COMPUTE, "kubernetes_cluster", Via::Attached(&["Kubernetes", "AKS"])),
    relation(COMPUTE, "databricks_workspace", Via::Attached(&["Databricks"])),
    relation(COMPUTE, "hdinsight_cluster", Via::Attached(&["HDInsight"])),
    relation(CLUSTER, "agent_pools", Via::Children("microsoft.containerservice/managedclusters/agentpools")),
    relation(
        "microsoft.hdinsight/clusters",
        "accounts",
        Via::EachId("/properties/storageProfile/storageaccounts", "resourceId"),
    ),
    relation(SCHEDULE, "computes", Via::Computes("/properties/action/jobDefinition", JOB_COMPUTE)),
    relation(SCHEDULE, "ml_registries", Via::MlRegistries),
    relation(ONLINE, "deployments", Via::Children(ONLINE_DEPLOYMENT)),
    relation(ONLINE, "entry_points", Via::EntryPoints),
    relation(ONLINE_DEPLOYMENT, "autoscale", Via::ReferredBy(AUTOSCALE, "/properties/targetResourceUri")),
    relation(ONLINE_DEPLOYMENT, "ml_registries", Via::MlRegistries),
    relation(BATCH, "deployments", Via::Children(BATCH_DEPLOYMENT)),
    relation(BATCH_DEPLOYMENT, "compute", Via::Computes("/properties", &["compute"])),
    relation(BATCH_DEPLOYMENT, "ml_registries", Via::MlRegistries),
    relation(DATA, "versions", Via::Children("microsoft.machinelearningservices/workspaces/data/versions")),
    relation(TRAFFIC_MANAGER, "endpoints", Via::Children("microsoft.network/trafficmanagerprofiles/externalendpoints")),
    relation(ORIGIN_GROUP, "origins", Via::Children("microsoft.cdn/profiles/origingroups/origins")),
    relation(API_MANAGEMENT, "backends", Via::Children("microsoft.apimanagement/service/backends")),
    relation(STORAGE, "blob_services", Via::Children("microsoft.storage/storageaccounts/blobservices")),
    relation(STORAGE, "file_services", Via::Children("microsoft.storage/storageaccounts/fileservices")),
    relation(REGISTRY, "replications", Via::Children("microsoft.containerregistry/registries/replications")),
    relation(COMPONENT, "log_workspace", Via::Id("/properties/WorkspaceResourceId")),
    relation(LOG_WORKSPACE, "tables", Via::Children("microsoft.operationalinsights/workspaces/tables")),
    relation(WORKSPACE, "serverless_subnet", Via::Id(SERVERLESS_SUBNET)),
    relation(WORKSPACE, "serverless_network", Via::Network(SERVERLESS_SUBNET)),
    relation(WORKSPACE, "outbound_rules", Via::Children(OUTBOUND_RULE)),
    relation(OUTBOUND_RULE, "target", Via::Id("/properties/destination/serviceResourceId")),
    relation(COMPUTE, "subnet", Via::Id("/properties/properties/subnet/id")),
    relation(COMPUTE, "virtual_network", Via::Network("/properties/properties/subnet/id")),
    relation(PRIVATE_ENDPOINT, "virtual_network", Via::Network("/properties/subnet/id")),
    relation(PRIVATE_ENDPOINT, "dns_zone_groups", Via::Children(ZONE_GROUP)),
    relation(ZONE_GROUP, "zones", Via::Each("/properties/privateDnsZoneConfigs", "/properties/privateDnsZoneId")),
    relation(ZONE_LINK, "zone", Via::Parent),
    relation(ZONE_LINK, "virtual_network", Via::Id("/properties/virtualNetwork/id")),
    relation(VIRTUAL_NETWORK, "peerings", Via::Children(PEERING)),
    relation(PEERING, "remote_network", Via::Id("/properties/remoteVirtualNetwork/id")),
    relation(GATEWAY, "virtual_network", Via::EachNetwork("/properties/ipConfigurations", "/properties/subnet/id")),
    relation(BASTION, "virtual_network", Via::EachNetwork("/properties/ipConfigurations", "/properties/subnet/id")),
    relation(STORAGE, "allowed_subnets", Via::Each("/properties/networkAcls/virtualNetworkRules", "/id")),
    relation(STORAGE, "allowed_networks", Via::EachNetwork("/properties/networkAcls/virtualNetworkRules", "/id")),
    relation(STORAGE, "allowed_resources", Via::Each("/properties/networkAcls/resourceAccessRules", "/resourceId")),
    relation(VAULT, "allowed_subnets", Via::Each("/properties/networkAcls/virtualNetworkRules", "/id")),
    relation(VAULT, "allowed_networks", Via::EachNetwork("/properties/networkAcls/virtualNetworkRules", "/id")),
    relation(REGISTRY, "allowed_subnets", Via::Each("/properties/networkRuleSet/virtualNetworkRules", "/id")),
    relation(REGISTRY, "allowed_networks", Via::EachNetwork("/properties/networkRuleSet/virtualNetworkRules", "/id")),
    relation(ASSIGNMENT, "principal", Via::Id("/properties/principalId")),
    relation(ASSIGNMENT, "role", Via::Id("/properties/roleDefinitionId")),
];

const SERVERLESS_SUBNET: &str = "/properties/serverlessComputeSettings/serverlessComputeCustomSubnet";

/// Relations of which a rule needs the id only: what they lead to stays out of an input.
pub(super) const NAMES_ONLY: &[&str] = &[
    "allowed_networks",
    "allowed_resources",
    "allowed_subnets",
    "principal",
    "role",
    "serverless_subnet",
    "subnet",
    "target",
];

/// Where jobs and pipelines name what they run on.
/// <https://learn.microsoft.com/azure/templates/microsoft.machinelearningservices/workspaces/jobs>
const JOB_COMPUTE: &[&str] = &["computeId", "compute", "default_compute", "defaultCompute"];

/// The relations to what Azure says of a whole region.
pub(crate) const REGIONAL: &[&str] = &["usages", "quotas", "vm_sizes"];

/// The pointers that relations read, per type: their spelling is made ARM's, and they are collected
/// whatever the rules ask for.
pub(crate) fn pointers() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ids = RELATIONS.iter().filter_map(|relation| match relation.via {
        Via::Id(pointer) | Via::Network(pointer) | Via::Own(pointer) | Via::Account(pointer) => {
            Some((relation.from, pointer))
        }
        Via::Each(list, _) | Via::EachId(list, _) | Via::EachNetwork(list, _) | Via::Ids(list, _) => {
            Some((relation.from, list))
        }
        Via::ReferredBy(from, pointer) => Some((from, pointer)),
        _ => None,
    });
    let others = links::POINTERS.iter().chain(networks::POINTERS).chain(access::POINTERS);
    ids.chain(SERVICE_POINTERS.iter().chain(others).copied())
}

/// What [`Services`] reads.
const SERVICE_POINTERS: &[(&str, &str)] = &[
    (DATASTORE, "/properties/accountName"),
    (DATASTORE, "/properties/subscriptionId"),
    (DATASTORE, "/properties/resourceGroup"),
    (DATASTORE, "/properties/storeName"),
    (DATASTORE, "/properties/serverName"),
    (DATASTORE, "/properties/databaseName"),
    (CONNECTION, "/properties/target"),
    (CONNECTION, "/properties/category"),
    (DATA_VERSION, "/properties/dataUri"),
    (WORKSPACE, "/properties/encryption/status"),
    (WORKSPACE, "/properties/encryption/cosmosDbResourceId"),
    (WORKSPACE, "/properties/serviceProvisionedResourceGroup"),
];

/// A resource that another one refers to.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Its id as the referring resource has it; holes possible.
    pub id: ResourceId,
    /// The number of the resource, if the inventory holds it.
    pub target: Option<usize>,
    /// The property that refers to it.
    pub pointer: Option<&'static str>,
    /// A lock that stands on the group or subscription rather than on the resource.
    pub inherited: bool,
}

impl Reference {
    /// To a resource that was found through a property.
    pub(super) fn to(resource: &Resource, number: usize, pointer: &'static str) -> Self {
        Self { id: resource.id.clone(), target: Some(number), pointer: Some(pointer), inherited: false }
    }
}

/// The references of one resource, by relation.
pub type Relations = BTreeMap<&'static str, Vec<Reference>>;

/// Finds resources by id.
pub(crate) struct Index {
    by_key: HashMap<String, usize>,
    by_global_name: HashMap<(String, String), Vec<usize>>,
}

impl Index {
    pub fn new(resources: &[Resource]) -> Self {
        let mut by_key = HashMap::with_capacity(resources.len());
        let mut by_global_name: HashMap<_, Vec<usize>> = HashMap::new();
        for (number, resource) in resources.iter().enumerate() {
            by_key.insert(resource.id.key().to_owned(), number);
            if let Some(name) = resource.id.global_name() {
                by_global_name.entry(name).or_default().push(number);
            }
        }
        Self { by_key, by_global_name }
    }

    /// The resource that an id names for a resource of this deployment (`None` for a live one).
    ///
    /// Two deployments may declare one globally named resource: the own deployment's declaration is the
    /// one that is meant. Where only others declare it, and more than one does, nobody knows which one
    /// is deployed last.
    pub fn find(&self, id: &ResourceId, from: &Resource, resources: &[Resource]) -> Option<usize> {
        if let Some(number) = self.by_key.get(id.key()) {
            return Some(*number);
        }
        let candidates = self.by_global_name.get(&id.global_name()?)?;
        let deployment = |r: &Resource| r.declaration().map(|d| d.deployment);
        let own = candidates.iter().find(|n| deployment(&resources[**n]) == deployment(from));
        match (own, candidates.as_slice()) {
            (Some(own), _) => Some(*own),
            (None, [only]) => Some(*only),
            (None, _) => None,
        }
    }
}

/// The relations of every resource, in the order of `resources`.
pub(crate) fn associate(resources: &[Resource], index: &Index) -> Vec<Relations> {
    let children = children_by_parent(resources);
    let locks = locks_by_scope(resources);
    let services = |from| Services { from, index, resources };
    let regional = by_region(resources);
    let referring: Vec<_> = RELATIONS
        .iter()
        .filter_map(|relation| match relation.via {
            Via::ReferredBy(from, pointer) => Some((from, pointer)),
            _ => None,
        })
        .collect();
    let links = Links::new(resources, index, &referring);
    let mut all: Vec<Relations> = Vec::with_capacity(resources.len());
    for resource in resources {
        let mut relations = Relations::new();
        for relation in RELATIONS.iter().filter(|r| r.from == resource.resource_type) {
            let found: Vec<Reference> = match relation.via {
                Via::Id(pointer) => by_id(resource, pointer, index, resources).into_iter().collect(),
                Via::Network(pointer) => by_network(resource, pointer, index, resources).into_iter().collect(),
                Via::Each(list, inner) => by_elements(resource, list, inner, |id| id, index, resources),
                Via::EachNetwork(list, inner) => by_elements(resource, list, inner, network_of, index, resources),
                Via::Parent => parent(resource, index, resources).into_iter().collect(),
                Via::Ids(list, member) => services(resource).ids(list, member),
                Via::Account(pointer) => services(resource).account(pointer).into_iter().collect(),
                Via::Service(find) => find(&services(resource)).into_iter().collect(),
                Via::CosmosAccounts => services(resource).cosmos_accounts(),
                Via::Own(pointer) => {
                    let stated = Pointer::parse(pointer).is_some_and(|p| resource.unknown_at(&p).is_some());
                    let stated = stated || resource.get(pointer).is_some();
                    let own = index.find(&resource.id, resource, resources).filter(|_| stated);
                    own.map(|number| Reference::to(resource, number, pointer)).into_iter().collect()
                }
                Via::Reverse(..) => Vec::new(),
                Via::InRegion(wanted) => {
                    let here = region_of(resource)
                        .and_then(|(subscription, region)| regional.get(&(subscription, region, wanted.to_owned())));
                    here.into_iter().flatten().map(|n| held(resources, *n)).collect()
                }
                Via::ReferredBy(from, pointer) => links.referring(resource, from, pointer, resources),
                Via::Attached(types) => {
                    let by_id = by_id(resource, "/properties/resourceId", index, resources);
                    links.attached(resource, by_id, types).into_iter().collect()
                }
                Via::Computes(below, members) => links::computes_in(resource, below, members, index, resources),
                Via::EachId(list, member) => links::each_id(resource, list, member, index, resources),
                Via::MlRegistries => links.ml_registries(resource, resources),
                Via::EntryPoints => links.entry_points(resource, resources),
                Via::Children(child_type) => {
                    let own = children.get(resource.id.key()).into_iter().flatten();
                    own.filter(|n| resources[**n].resource_type == child_type).map(|n| held(resources, *n)).collect()
                }
            };
            if !found.is_empty() {
                relations.insert(relation.name, found);
            }
        }
        let locks = locks_on(resource, &locks, resources);
        if !locks.is_empty() {
            relations.insert("locks", locks);
        }
        all.push(relations);
    }
    add_projects(&mut all, resources);
    add_reverse(&mut all, resources);
    networks::relate(&mut all, resources, index);
    access::relate(&mut all, resources);
    all
}

/// What an id in `data_dependencies` stands for: a SQL server for the databases on it.
pub(super) fn dependencies(from: &Resource, id: &str, index: &Index, resources: &[Resource]) -> Vec<Reference> {
    let id = ResourceId::parse(id);
    let target = index.find(&id, from, resources);
    let server = target.map(|number| &resources[number]).filter(|resource| resource.resource_type == SQL_SERVER);
    let databases = server.into_iter().flat_map(|server| {
        let own = |resource: &Resource| {
            resource.resource_type == SQL_DATABASE && resource.id.parent().as_ref() == Some(&server.id)
        };
        // The service itself keeps this one.
        let user = |resource: &Resource| !resource.display_name().eq_ignore_ascii_case("master");
        let all = resources.iter().enumerate();
        all.filter(move |(_, resource)| own(resource) && user(resource)).map(|(number, _)| held(resources, number))
    });
    let databases: Vec<Reference> = databases.collect();
    if !databases.is_empty() {
        return databases;
    }
    let id = target.map_or(id, |number| resources[number].id.clone());
    vec![Reference { id, target, pointer: None, inherited: false }]
}

fn parent(from: &Resource, index: &Index, resources: &[Resource]) -> Option<Reference> {
    let id = from.id.parent()?;
    let target = index.find(&id, from, resources);
    Some(Reference { id, target, pointer: None, inherited: false })
}

pub(super) fn held(resources: &[Resource], number: usize) -> Reference {
    Reference { id: resources[number].id.clone(), target: Some(number), pointer: None, inherited: false }
}

/// An id that is unknown through and through is a reference too: to a resource of which nothing is
/// known but who refers to it.
fn by_id(from: &Resource, pointer: &'static str, index: &Index, resources: &[Resource]) -> Option<Reference> {
    let id = id_at(from, pointer)?;
    let target = index.find(&id, from, resources);
    Some(Reference { id, target, pointer: Some(pointer), inherited: false })
}

/// The id at a pointer; a hole of its own where nothing of it is known.
pub(super) fn id_at(from: &Resource, pointer: &str) -> Option<ResourceId> {
    let unknown = || Text::hole(Hole::new(from.id.key(), pointer));
    let text = match from.text_at(pointer) {
        Some(text) if text.as_known() == Some("") => return None,
        Some(text) => text,
        None => Pointer::parse(pointer).and_then(|p| from.unknown_at(&p)).map(|_| unknown())?,
    };
    Some(ResourceId::from_text(text.trim_end('/')))
}

fn by_network(from: &Resource, pointer: &'static str, index: &Index, resources: &[Resource]) -> Option<Reference> {
    let id = network_of(id_at(from, pointer)?);
    let target = index.find(&id, from, resources);
    Some(Reference { id, target, pointer: Some(pointer), inherited: false })
}

/// The virtual network of a subnet. That of an unknown subnet is unknown too, but one and the same for
/// all who refer to this subnet.
fn network_of(subnet: ResourceId) -> ResourceId {
    subnet.parent().unwrap_or_else(|| {
        let mut text = subnet.text().clone();
        text.push_known("/..");
        ResourceId::from_text(text)
    })
}

/// The ids in a list. A list that is unknown as a whole holds one of which nothing is known.
fn by_elements(
    from: &Resource,
    list: &'static str,
    inner: &str,
    change: fn(ResourceId) -> ResourceId,
    index: &Index,
    resources: &[Resource],
) -> Vec<Reference> {
    let places: Vec<String> = match from.get(list).and_then(serde_json::Value::as_array) {
        Some(items) => (0..items.len()).map(|at| format!("{list}/{at}{inner}")).collect(),
        None => vec![list.to_owned()],
    };
    let ids = places.iter().filter_map(|place| id_at(from, place)).map(change);
    let mut references: Vec<Reference> = Vec::new();
    for id in ids {
        if references.iter().all(|known| known.id != id) {
            let target = index.find(&id, from, resources);
            references.push(Reference { id, target, pointer: Some(list), inherited: false });
        }
    }
    references
}

fn children_by_parent(resources: &[Resource]) -> HashMap<String, Vec<usize>> {
    let mut children: HashMap<String, Vec<usize>> = HashMap::new();
    for (number, resource) in resources.iter().enumerate() {
        if let Some(parent) = resource.id.parent() {
            children.entry(parent.key().to_owned()).or_default().push(number);
        }
    }
    children
}

fn region_of(resource: &Resource) -> Option<(String, String)> {
    Some((resource.id.subscription()?, resource.region()?.as_str().to_owned()))
}

/// What Azure says of regions, by subscription, region and type.
fn by_region(resources: &[Resource]) -> HashMap<(String, String, String), Vec<usize>> {
    let mut found: HashMap<_, Vec<usize>> = HashMap::new();
    for (number, resource) in resources.iter().enumerate() {
        let regional = RELATIONS.iter().any(|r| matches!(r.via, Via::InRegion(t) if t == resource.resource_type));
        if let Some((subscription, region)) = region_of(resource).filter(|_| regional) {
            found.entry((subscription, region, resource.resource_type.clone())).or_default().push(number);
        }
    }
    found
}

fn locks_by_scope(resources: &[Resource]) -> HashMap<String, Vec<usize>> {
    let mut locks: HashMap<String, Vec<usize>> = HashMap::new();
    for (number, resource) in resources.iter().enumerate().filter(|(_, r)| r.resource_type == LOCK) {
        if let Some(scope) = resource.id.scope() {
            locks.entry(scope.key().to_owned()).or_default().push(number);
        }
    }
    locks
}

/// Types whose resources stand on another one, which only their id tells.
const EXTENSIONS: [&str; 3] = [LOCK, ASSIGNMENT, "microsoft.insights/diagnosticsettings"];

/// Types of which a declared resource hangs on something that nobody can tell: a lock whose scope is only
/// known to Azure may be the one that is missing elsewhere.
pub(super) fn adrift(resources: &[Resource]) -> BTreeSet<String> {
    let keys: HashSet<&str> = resources.iter().map(|resource| resource.id.key()).collect();
    let hangs = |resource: &Resource| {
        let own = resource.resource_type.as_str();
        EXTENSIONS.contains(&own) || own.split('/').count() > 2
    };
    let is_adrift = |resource: &&Resource| {
        let declared = resource.declaration().is_some_and(|declaration| !declaration.existing);
        let starts_unknown = matches!(resource.id.text().parts().first(), Some(Part::Unknown(_)));
        let home = resource.id.parent().or_else(|| resource.id.scope());
        let known = home.is_some_and(|home| keys.contains(home.key()))
            || resource.id.key().rsplitn(3, '/').nth(2).is_some_and(|parent| keys.contains(parent));
        declared && hangs(resource) && starts_unknown && !known
    };
    resources.iter().filter(is_adrift).map(|resource| resource.resource_type.clone()).collect()
}

/// The locks on a resource itself and on the group and subscription around it.
fn locks_on(resource: &Resource, locks: &HashMap<String, Vec<usize>>, resources: &[Resource]) -> Vec<Reference> {
    if locks.is_empty() || resource.resource_type == LOCK {
        return Vec::new();
    }
    let key = resource.id.key();
    let group = key.find("/providers/").map(|at| &key[..at]);
    let subscription = group.and_then(|g| g.find("/resourcegroups/")).map(|at| &key[..at]);
    let mut found = Vec::new();
    for (scope, inherited) in [(Some(key), false), (group, true), (subscription, true)] {
        for number in scope.and_then(|scope| locks.get(scope)).into_iter().flatten() {
            found.push(Reference { inherited, ..held(resources, *number) });
        }
    }
    found
}

/// A hub knows its projects by their reference to it.
fn add_projects(all: &mut [Relations], resources: &[Resource]) {
    let projects: Vec<(usize, usize)> = all
        .iter()
        .enumerate()
        .filter_map(|(project, relations)| Some((relations.get("hub")?.first()?.target?, project)))
        .collect();
    for (hub, project) in projects {
        all[hub].entry("projects").or_default().push(held(resources, project));
    }
}

/// What leads to a resource is a relation of it too.
fn add_reverse(all: &mut [Relations], resources: &[Resource]) {
    for relation in RELATIONS {
        let Via::Reverse(from, through) = relation.via else { continue };
        let sources = resources.iter().enumerate().filter(|(_, resource)| resource.resource_type == from);
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (number, _) in sources {
            let references = all[number].get(through).into_iter().flatten();
            found.extend(references.filter_map(|reference| Some((reference.target?, number))));
        }
        for (target, source) in found {
            if resources[target].resource_type == relation.from {
                all[target].entry(relation.name).or_default().push(held(resources, source));
            }
        }
    }
}
