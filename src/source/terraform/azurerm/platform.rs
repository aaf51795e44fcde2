//! Where things run: clusters, container groups, Databricks, HDInsight; and resource groups.

use super::super::value::Val;
use super::apply::Block;
use super::table::{Field, How, IDENTITIES, IDENTITY, Id, Join, LOCATION, Lit, Made, Mapping, TAGS, ZONES};

const CLUSTER: &str = "Microsoft.ContainerService/managedClusters";

/// `default_node_pool` and a node pool of its own have the same arguments.
const POOL: &[Field] = &[
    Field::same("name", "/name"),
    Field::Made { to: "/mode", make: pool_mode },
    Field::same("vm_size", "/vmSize"),
    Field::same("zones|availability_zones", "/availabilityZones"),
    Field::same("auto_scaling_enabled|enable_auto_scaling", "/enableAutoScaling").or(Lit::Bool(false)),
    Field::same("min_count", "/minCount"),
    Field::same("max_count", "/maxCount"),
    Field::same("node_count", "/count"),
    Field::same("priority", "/scaleSetPriority").or(Lit::Text("Regular")),
    Field::same("vnet_subnet_id", "/vnetSubnetID"),
    Field::same("node_labels", "/nodeLabels"),
    Field::same("node_taints", "/nodeTaints"),
];

/// The first pool is one for the system.
const DEFAULT_POOL: &[Field] = &[
    Field::fixed("", "/mode", Lit::Text("System")),
    POOL[0],
    POOL[2],
    POOL[3],
    POOL[4],
    POOL[5],
    POOL[6],
    POOL[7],
    POOL[8],
    POOL[9],
    POOL[10],
];

const POOL_PROPERTIES: &[Field] = &[
    Field::same("mode", "/properties/mode").or(Lit::Text("User")),
    Field::same("vm_size", "/properties/vmSize"),
    Field::same("zones|availability_zones", "/properties/availabilityZones"),
    Field::same("auto_scaling_enabled|enable_auto_scaling", "/properties/enableAutoScaling").or(Lit::Bool(false)),
    Field::same("min_count", "/properties/minCount"),
    Field::same("max_count", "/properties/maxCount"),
    Field::same("node_count", "/properties/count"),
    Field::same("priority", "/properties/scaleSetPriority").or(Lit::Text("Regular")),
];

const HDINSIGHT_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    ZONES,
    Field::same("tier", "/properties/tier"),
    Field::many("storage_account", "/properties/storageProfile/storageaccounts", HDINSIGHT_STORAGE),
    Field::many("storage_account_gen2", "/properties/storageProfile/storageaccounts", HDINSIGHT_STORAGE),
];

const HDINSIGHT_STORAGE: &[Field] =
    &[Field::same("storage_account_id|storage_resource_id", "/resourceId"), Field::same("is_default", "/isDefault")];

const HDINSIGHT: &str = "Microsoft.HDInsight/clusters";

pub(super) const TABLE: &[Mapping] = &[
    Mapping::of("azurerm_resource_group", "Microsoft.Resources/resourceGroups", Id::ResourceGroup, &[LOCATION, TAGS]),
    Mapping::of("azurerm_subscription", "Microsoft.Resources/subscriptions", Id::Subscription, &[]),
    Mapping::group(
        "azurerm_user_assigned_identity",
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        &[LOCATION, TAGS],
    ),
    Mapping::group(
        "azurerm_kubernetes_cluster",
        CLUSTER,
        &[
            LOCATION,
            TAGS,
            IDENTITY,
            IDENTITIES,
            Field::with("sku_tier", "/sku/tier", How::Words(&[("Paid", "Standard")])).or(Lit::Text("Free")),
            Field::same("kubernetes_version", "/properties/kubernetesVersion"),
            Field::many("default_node_pool", "/properties/agentPoolProfiles", DEFAULT_POOL),
            Field::same("network_profile.network_plugin", "/properties/networkProfile/networkPlugin"),
            Field::same("network_profile.load_balancer_sku", "/properties/networkProfile/loadBalancerSku"),
            Field::same("private_cluster_enabled", "/properties/apiServerAccessProfile/enablePrivateCluster"),
        ],
    ),
    Mapping::of(
        "azurerm_kubernetes_cluster_node_pool",
        "Microsoft.ContainerService/managedClusters/agentPools",
        Id::Under("kubernetes_cluster_id", "name"),
        POOL_PROPERTIES,
    )
    .part_of("kubernetes_cluster_id", CLUSTER, Join::Element("/properties/agentPoolProfiles", POOL), true),
    Mapping::group(
        "azurerm_databricks_workspace",
        "Microsoft.Databricks/workspaces",
        &[
            LOCATION,
            TAGS,
            Field::same("sku", "/sku/name"),
            Field::same(
                "custom_parameters.storage_account_sku_name",
                "/properties/parameters/storageAccountSkuName/value",
            ),
            Field::same(
                "custom_parameters.machine_learning_workspace_id",
                "/properties/parameters/amlWorkspaceId/value",
            ),
            Field::same("custom_parameters.virtual_network_id", "/properties/parameters/customVirtualNetworkId/value"),
        ],
    ),
    Mapping::group("azurerm_hdinsight_hadoop_cluster", HDINSIGHT, HDINSIGHT_FIELDS),
    Mapping::group("azurerm_hdinsight_hbase_cluster", HDINSIGHT, HDINSIGHT_FIELDS),
    Mapping::group("azurerm_hdinsight_interactive_query_cluster", HDINSIGHT, HDINSIGHT_FIELDS),
    Mapping::group("azurerm_hdinsight_kafka_cluster", HDINSIGHT, HDINSIGHT_FIELDS),
    Mapping::group("azurerm_hdinsight_spark_cluster", HDINSIGHT, HDINSIGHT_FIELDS),
    Mapping::group(
        "azurerm_container_group",
        "Microsoft.ContainerInstance/containerGroups",
        &[
            LOCATION,
            TAGS,
            ZONES,
            IDENTITY,
            IDENTITIES,
            Field::same("sku", "/properties/sku").or(Lit::Text("Standard")),
            Field::many(
                "container",
                "/properties/containers",
                &[Field::same("name", "/name"), Field::same("image", "/properties/image")],
            ),
        ],
    ),
    Mapping::group(
        "azurerm_cognitive_account",
        "Microsoft.CognitiveServices/accounts",
        &[LOCATION, TAGS, IDENTITY, Field::same("kind", "/kind"), Field::same("sku_name", "/sku/name")],
    ),
];

fn pool_mode(block: &Block) -> Made {
    let mode = block.get("mode");
    Made::Value(if mode.is_null() { Val::string("User") } else { mode })
}
