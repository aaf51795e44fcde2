//! Azure Machine Learning: workspaces, computes, datastores, outbound rules.

use crate::model::{Part, Text};

use super::super::value::{Kind, Val};
use super::apply::{Block, Found};
use super::table::{Field, How, IDENTITIES, IDENTITY, Id, LOCATION, Lit, Made, Mapping, TAGS};

const WORKSPACE: &str = "Microsoft.MachineLearningServices/workspaces";
const COMPUTE: &str = "Microsoft.MachineLearningServices/workspaces/computes";
const DATASTORE: &str = "Microsoft.MachineLearningServices/workspaces/datastores";
const OUTBOUND: &str = "Microsoft.MachineLearningServices/workspaces/outboundRules";

const WORKSPACE_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    IDENTITY,
    IDENTITIES,
    Field::same("kind", "/kind").or(Lit::Text("Default")),
    Field::same("sku_name", "/sku/name").or(Lit::Text("Basic")),
    Field::same("storage_account_id", "/properties/storageAccount"),
    Field::same("key_vault_id", "/properties/keyVault"),
    Field::same("application_insights_id", "/properties/applicationInsights"),
    Field::same("container_registry_id", "/properties/containerRegistry"),
    // The default of version 3 was computed; since version 4 it is true.
    Field::with("public_network_access_enabled", "/properties/publicNetworkAccess", How::Enabled).until(
        3,
        Lit::Unsure,
        Lit::Text("Enabled"),
    ),
    Field::same("v1_legacy_mode_enabled", "/properties/v1LegacyMode").or(Lit::Bool(false)),
    Field::same("high_business_impact", "/properties/hbiWorkspace"),
    Field::same("friendly_name", "/properties/friendlyName"),
    Field::same("description", "/properties/description"),
    Field::same("image_build_compute_name", "/properties/imageBuildCompute"),
    Field::same("primary_user_assigned_identity", "/properties/primaryUserAssignedIdentity"),
    // Sent since version 4 only.
    Field::with(
        "storage_account_access_type",
        "/properties/systemDatastoresAuthMode",
        How::Words(&[("AccessKey", "AccessKey"), ("Identity", "Identity")]),
    )
    .until(3, Lit::None, Lit::Text("AccessKey")),
    Field::same("service_side_encryption_enabled", "/properties/enableServiceSideCMKEncryption").until(
        3,
        Lit::None,
        Lit::Bool(false),
    ),
    Field::fixed("encryption", "/properties/encryption/status", Lit::Text("Enabled")),
    Field::same("encryption.key_vault_id", "/properties/encryption/keyVaultProperties/keyVaultArmId"),
    Field::same("encryption.key_id", "/properties/encryption/keyVaultProperties/keyIdentifier"),
    Field::same("encryption.user_assigned_identity_id", "/properties/encryption/identity/userAssignedIdentity"),
    Field::same("managed_network.isolation_mode", "/properties/managedNetwork/isolationMode"),
    Field::same("managed_network.provision_on_creation_enabled", "/properties/provisionNetworkNow"),
    Field::same("serverless_compute.subnet_id", "/properties/serverlessComputeSettings/serverlessComputeCustomSubnet"),
    Field::with(
        "serverless_compute.public_ip_enabled",
        "/properties/serverlessComputeSettings/serverlessComputeNoPublicIP",
        How::Not,
    )
    .or(Lit::Bool(true)),
];

const HUB_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    IDENTITY,
    IDENTITIES,
    Field::fixed("", "/kind", Lit::Text("Hub")),
    Field::same("storage_account_id", "/properties/storageAccount"),
    Field::same("key_vault_id", "/properties/keyVault"),
    Field::same("application_insights_id", "/properties/applicationInsights"),
    Field::same("container_registry_id", "/properties/containerRegistry"),
    Field::same("public_network_access", "/properties/publicNetworkAccess").or(Lit::Text("Enabled")),
    Field::same("high_business_impact_enabled", "/properties/hbiWorkspace"),
    Field::fixed("encryption", "/properties/encryption/status", Lit::Text("Enabled")),
    Field::same("encryption.key_vault_id", "/properties/encryption/keyVaultProperties/keyVaultArmId"),
    Field::same("encryption.key_id", "/properties/encryption/keyVaultProperties/keyIdentifier"),
    Field::same("managed_network.isolation_mode", "/properties/managedNetwork/isolationMode"),
];

const PROJECT_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    IDENTITY,
    IDENTITIES,
    Field::fixed("", "/kind", Lit::Text("Project")),
    Field::same("ai_services_hub_id", "/properties/hubResourceId"),
    Field::same("high_business_impact_enabled", "/properties/hbiWorkspace"),
];

const CLUSTER_FIELDS: &[Field] = &[
    TAGS,
    IDENTITY,
    IDENTITIES,
    Field::fixed("", "/properties/computeType", Lit::Text("AmlCompute")),
    Field::same("location", "/properties/computeLocation"),
    Field::with("local_auth_enabled", "/properties/disableLocalAuth", How::Not).or(Lit::Bool(false)),
    Field::same("vm_size", "/properties/properties/vmSize"),
    Field::same("vm_priority", "/properties/properties/vmPriority"),
    Field::same("scale_settings.max_node_count", "/properties/properties/scaleSettings/maxNodeCount"),
    Field::same("scale_settings.min_node_count", "/properties/properties/scaleSettings/minNodeCount"),
    Field::same(
        "scale_settings.scale_down_nodes_after_idle_duration",
        "/properties/properties/scaleSettings/nodeIdleTimeBeforeScaleDown",
    ),
    Field::same("subnet_resource_id", "/properties/properties/subnet/id"),
    Field::same("node_public_ip_enabled", "/properties/properties/enableNodePublicIp").or(Lit::Bool(true)),
];

const INSTANCE_FIELDS: &[Field] = &[
    TAGS,
    IDENTITY,
    IDENTITIES,
    Field::fixed("", "/properties/computeType", Lit::Text("ComputeInstance")),
    Field::with("local_auth_enabled", "/properties/disableLocalAuth", How::Not).or(Lit::Bool(false)),
    Field::same("virtual_machine_size", "/properties/properties/vmSize"),
    Field::same("subnet_resource_id", "/properties/properties/subnet/id"),
    Field::same("node_public_ip_enabled", "/properties/properties/enableNodePublicIp").or(Lit::Bool(true)),
];

const INFERENCE_FIELDS: &[Field] = &[
    TAGS,
    IDENTITY,
    IDENTITIES,
    Field::fixed("", "/properties/computeType", Lit::Text("AKS")),
    Field::same("location", "/properties/computeLocation"),
    Field::same("kubernetes_cluster_id", "/properties/resourceId"),
    Field::same("cluster_purpose", "/properties/properties/clusterPurpose").or(Lit::Text("FastProd")),
];

const SPARK_FIELDS: &[Field] = &[
    TAGS,
    IDENTITY,
    IDENTITIES,
    Field::fixed("", "/properties/computeType", Lit::Text("SynapseSpark")),
    Field::same("location", "/properties/computeLocation"),
    Field::same("synapse_spark_pool_id", "/properties/resourceId"),
];

const BLOB_FIELDS: &[Field] = &[
    Field::fixed("", "/properties/datastoreType", Lit::Text("AzureBlob")),
    Field::with("storage_container_id", "/properties/accountName", How::With(account_name)),
    Field::with("storage_container_id", "/properties/containerName", How::With(last_segment)),
    Field::same("is_default", "/properties/isDefault"),
    Field::same("service_data_auth_identity", "/properties/serviceDataAccessAuthIdentity").or(Lit::Text("None")),
    Field::Made { to: "/properties/credentials/credentialsType", make: key_or_signature },
];

const GEN2_FIELDS: &[Field] = &[
    Field::fixed("", "/properties/datastoreType", Lit::Text("AzureDataLakeGen2")),
    Field::with("storage_container_id", "/properties/accountName", How::With(account_name)),
    Field::with("storage_container_id", "/properties/filesystem", How::With(last_segment)),
    Field::same("is_default", "/properties/isDefault"),
    Field::same("service_data_identity", "/properties/serviceDataAccessAuthIdentity").or(Lit::Text("None")),
    Field::Made { to: "/properties/credentials/credentialsType", make: principal },
];

const FILE_FIELDS: &[Field] = &[
    Field::fixed("", "/properties/datastoreType", Lit::Text("AzureFile")),
    Field::with("storage_fileshare_id", "/properties/accountName", How::With(account_name)),
    Field::with("storage_fileshare_id", "/properties/fileShareName", How::With(last_segment)),
    Field::same("is_default", "/properties/isDefault"),
    Field::same("service_data_identity", "/properties/serviceDataAccessAuthIdentity").or(Lit::Text("None")),
    Field::Made { to: "/properties/credentials/credentialsType", make: key_or_signature },
];

const USER_DEFINED: Field = Field::fixed("", "/properties/category", Lit::Text("UserDefined"));

pub(super) const TABLE: &[Mapping] = &[
    Mapping::group("azurerm_machine_learning_workspace", WORKSPACE, WORKSPACE_FIELDS),
    Mapping::group("azurerm_ai_foundry", WORKSPACE, HUB_FIELDS),
    // The project is created in the resource group of its hub.
    Mapping::of("azurerm_ai_foundry_project", WORKSPACE, Id::Beside("ai_services_hub_id", "name"), PROJECT_FIELDS),
    Mapping::of(
        "azurerm_machine_learning_compute_cluster",
        COMPUTE,
        Id::Under("machine_learning_workspace_id", "name"),
        CLUSTER_FIELDS,
    ),
    Mapping::of(
        "azurerm_machine_learning_compute_instance",
        COMPUTE,
        Id::Under("machine_learning_workspace_id", "name"),
        INSTANCE_FIELDS,
    ),
    Mapping::of(
        "azurerm_machine_learning_inference_cluster",
        COMPUTE,
        Id::Under("machine_learning_workspace_id", "name"),
        INFERENCE_FIELDS,
    ),
    Mapping::of(
        "azurerm_machine_learning_synapse_spark",
        COMPUTE,
        Id::Under("machine_learning_workspace_id", "name"),
        SPARK_FIELDS,
    ),
    Mapping::of(
        "azurerm_machine_learning_datastore_blobstorage",
        DATASTORE,
        Id::Under("workspace_id", "name"),
        BLOB_FIELDS,
    ),
    Mapping::of(
        "azurerm_machine_learning_datastore_datalake_gen2",
        DATASTORE,
        Id::Under("workspace_id", "name"),
        GEN2_FIELDS,
    ),
    Mapping::of(
        "azurerm_machine_learning_datastore_fileshare",
        DATASTORE,
        Id::Under("workspace_id", "name"),
        FILE_FIELDS,
    ),
    Mapping::of(
        "azurerm_machine_learning_workspace_network_outbound_rule_fqdn",
        OUTBOUND,
        Id::Under("workspace_id", "name"),
        &[
            USER_DEFINED,
            Field::fixed("", "/properties/type", Lit::Text("FQDN")),
            Field::same("destination_fqdn", "/properties/destination"),
        ],
    ),
    Mapping::of(
        "azurerm_machine_learning_workspace_network_outbound_rule_private_endpoint",
        OUTBOUND,
        Id::Under("workspace_id", "name"),
        &[
            USER_DEFINED,
            Field::fixed("", "/properties/type", Lit::Text("PrivateEndpoint")),
            Field::same("service_resource_id", "/properties/destination/serviceResourceId"),
            Field::same("sub_resource_target", "/properties/destination/subresourceTarget"),
            Field::same("spark_enabled", "/properties/destination/sparkEnabled"),
        ],
    ),
    Mapping::of(
        "azurerm_machine_learning_workspace_network_outbound_rule_service_tag",
        OUTBOUND,
        Id::Under("workspace_id", "name"),
        &[
            USER_DEFINED,
            Field::fixed("", "/properties/type", Lit::Text("ServiceTag")),
            Field::same("service_tag", "/properties/destination/serviceTag"),
            Field::same("protocol", "/properties/destination/protocol"),
            Field::same("port_ranges", "/properties/destination/portRanges"),
        ],
    ),
];

/// The account of a container or share: from its ARM id, or from its address at the storage service.
fn account_name(value: &Val) -> Val {
    let Some(text) = value.to_text() else { return value.clone() };
    let pieces = text.split('/');
    let named = |label: &str| {
        let at = pieces.iter().position(|p| p.as_known().is_some_and(|p| p.eq_ignore_ascii_case(label)))?;
        pieces.get(at + 1).cloned()
    };
    if let Some(name) = named("storageAccounts") {
        return Val::text(name);
    }
    let host = pieces.first().and_then(Text::as_known).filter(|scheme| scheme.starts_with("http")).and(pieces.get(2));
    if let Some(host) = host {
        return Val::text(host.split('.').swap_remove(0));
    }
    Val::derived(format!("the account of {}", value.display()), &format!("account\u{1e}{}", value.identity()))
}

fn last_segment(value: &Val) -> Val {
    match value.to_text().map(|text| text.split('/')) {
        Some(pieces) if pieces.len() > 1 => Val::text(pieces.last().cloned().unwrap_or_default()),
        _ => Val::derived(format!("the name of {}", value.display()), &format!("name\u{1e}{}", value.identity())),
    }
}

/// Whether a secret is given. The key of another resource is not known, but it is there.
fn given(block: &Block, name: &str) -> Option<bool> {
    match block.find(name) {
        Found::Given(value) => match &value.kind {
            Kind::Text(text) if text.parts().iter().all(|part| matches!(part, Part::Unknown(_))) => {
                text.to_string().contains("azurerm_").then_some(true)
            }
            _ => Some(true),
        },
        Found::Unknown(value) => value.display().contains("azurerm_").then_some(true),
        Found::Absent { .. } => Some(false),
    }
}

fn key_or_signature(block: &Block) -> Made {
    match (given(block, "account_key"), given(block, "shared_access_signature")) {
        (Some(true), _) => Made::Value(Val::string("AccountKey")),
        (Some(false), Some(true)) => Made::Value(Val::string("Sas")),
        (Some(false), Some(false)) => Made::Value(Val::string("None")),
        _ => Made::Value(block.get("account_key|shared_access_signature")),
    }
}

fn principal(block: &Block) -> Made {
    match given(block, "client_id") {
        Some(true) => Made::Value(Val::string("ServicePrincipal")),
        Some(false) => Made::Value(Val::string("None")),
        None => Made::Value(block.get("client_id")),
    }
}
