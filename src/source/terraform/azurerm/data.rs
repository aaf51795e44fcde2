//! Where data lives: storage, vaults, registries, databases.

use crate::model::Text;

use super::super::value::{Kind, Val};
use super::apply::{Block, Found};
use super::table::{
    Child, ChildName, Field, How, IDENTITIES, IDENTITY, Id, Join, LOCATION, Lit, Made, Mapping, TAGS, ZONES,
};

const STORAGE: &str = "Microsoft.Storage/storageAccounts";

const STORAGE_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    IDENTITY,
    IDENTITIES,
    Field::same("account_kind", "/kind").or(Lit::Text("StorageV2")),
    Field::Made { to: "/sku/name", make: storage_sku },
    Field::same("access_tier", "/properties/accessTier"),
    Field::same("is_hns_enabled", "/properties/isHnsEnabled").or(Lit::Bool(false)),
    Field::same("shared_access_key_enabled", "/properties/allowSharedKeyAccess").or(Lit::Bool(true)),
    Field::with("public_network_access_enabled", "/properties/publicNetworkAccess", How::Enabled)
        .or(Lit::Text("Enabled")),
    Field::same("https_traffic_only_enabled|enable_https_traffic_only", "/properties/supportsHttpsTrafficOnly")
        .or(Lit::Bool(true)),
    Field::same("min_tls_version", "/properties/minimumTlsVersion").or(Lit::Text("TLS1_2")),
    Field::same("allow_nested_items_to_be_public", "/properties/allowBlobPublicAccess").until(
        4,
        Lit::Bool(true),
        Lit::Bool(false),
    ),
    Field::same("cross_tenant_replication_enabled", "/properties/allowCrossTenantReplication").until(
        3,
        Lit::Bool(true),
        Lit::Bool(false),
    ),
    Field::same("network_rules.default_action", "/properties/networkAcls/defaultAction"),
    Field::with("network_rules.bypass", "/properties/networkAcls/bypass", How::With(comma_list))
        .or(Lit::Text("AzureServices")),
    Field::with(
        "network_rules.virtual_network_subnet_ids",
        "/properties/networkAcls/virtualNetworkRules",
        How::With(id_objects),
    ),
    Field::with("network_rules.ip_rules", "/properties/networkAcls/ipRules", How::With(value_objects)),
    Field::many("network_rules.private_link_access", "/properties/networkAcls/resourceAccessRules", RESOURCE_ACCESS),
];

const RESOURCE_ACCESS: &[Field] =
    &[Field::same("endpoint_resource_id", "/resourceId"), Field::same("endpoint_tenant_id", "/tenantId")];

/// The provider turns off what the block does not mention.
const STORAGE_CHILDREN: &[Child] = &[
    Child {
        each: "blob_properties",
        kind: "blobServices",
        name: ChildName::Fixed("default"),
        fields: &[
            Field::Made {
                to: "/properties/deleteRetentionPolicy/enabled",
                make: |block| present(block, "delete_retention_policy"),
            },
            Field::same("delete_retention_policy.days", "/properties/deleteRetentionPolicy/days").or(Lit::Int(7)),
            Field::Made {
                to: "/properties/containerDeleteRetentionPolicy/enabled",
                make: |block| present(block, "container_delete_retention_policy"),
            },
            Field::same("container_delete_retention_policy.days", "/properties/containerDeleteRetentionPolicy/days")
                .or(Lit::Int(7)),
            Field::same("versioning_enabled", "/properties/isVersioningEnabled").or(Lit::Bool(false)),
            Field::same("change_feed_enabled", "/properties/changeFeed/enabled").or(Lit::Bool(false)),
            Field::same("restore_policy.days", "/properties/restorePolicy/days"),
        ],
    },
    Child {
        each: "share_properties",
        kind: "fileServices",
        name: ChildName::Fixed("default"),
        fields: &[
            Field::Made {
                to: "/properties/shareDeleteRetentionPolicy/enabled",
                make: |block| present(block, "retention_policy"),
            },
            Field::same("retention_policy.days", "/properties/shareDeleteRetentionPolicy/days").or(Lit::Int(7)),
        ],
    },
];

const NETWORK_RULES: &[Field] = &[
    Field::same("default_action", "/properties/networkAcls/defaultAction"),
    Field::with("bypass", "/properties/networkAcls/bypass", How::With(comma_list)).or(Lit::Text("AzureServices")),
    Field::with("virtual_network_subnet_ids", "/properties/networkAcls/virtualNetworkRules", How::With(id_objects)),
    Field::with("ip_rules", "/properties/networkAcls/ipRules", How::With(value_objects)),
    Field::many("private_link_access", "/properties/networkAcls/resourceAccessRules", RESOURCE_ACCESS),
];

const VAULT_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    Field::same("sku_name", "/properties/sku/name"),
    Field::same("tenant_id", "/properties/tenantId"),
    // Version 2 could still turn it off.
    Field::same("soft_delete_enabled", "/properties/enableSoftDelete").or(Lit::Bool(true)),
    Field::same("soft_delete_retention_days", "/properties/softDeleteRetentionInDays").or(Lit::Int(90)),
    // The provider leaves `false` out, for the API takes none; it means the same.
    Field::same("purge_protection_enabled", "/properties/enablePurgeProtection").or(Lit::Bool(false)),
    Field::same("rbac_authorization_enabled|enable_rbac_authorization", "/properties/enableRbacAuthorization")
        .or(Lit::Bool(false)),
    Field::with("public_network_access_enabled", "/properties/publicNetworkAccess", How::Enabled)
        .or(Lit::Text("Enabled")),
    Field::same("network_acls.default_action", "/properties/networkAcls/defaultAction"),
    Field::same("network_acls.bypass", "/properties/networkAcls/bypass"),
    Field::with(
        "network_acls.virtual_network_subnet_ids",
        "/properties/networkAcls/virtualNetworkRules",
        How::With(id_objects),
    ),
    Field::with("network_acls.ip_rules", "/properties/networkAcls/ipRules", How::With(value_objects)),
    Field::many("access_policy", "/properties/accessPolicies", ACCESS_POLICY),
];

const ACCESS_POLICY: &[Field] = &[
    Field::same("tenant_id", "/tenantId"),
    Field::same("object_id", "/objectId"),
    Field::same("application_id", "/applicationId"),
    Field::same("key_permissions", "/permissions/keys"),
    Field::same("secret_permissions", "/permissions/secrets"),
    Field::same("certificate_permissions", "/permissions/certificates"),
    Field::same("storage_permissions", "/permissions/storage"),
];

const REGISTRY_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    IDENTITY,
    IDENTITIES,
    Field::same("sku", "/sku/name"),
    Field::same("admin_enabled", "/properties/adminUserEnabled").or(Lit::Bool(false)),
    Field::with("public_network_access_enabled", "/properties/publicNetworkAccess", How::Enabled)
        .or(Lit::Text("Enabled")),
    Field::with("zone_redundancy_enabled", "/properties/zoneRedundancy", How::Enabled).or(Lit::Text("Disabled")),
    Field::same("network_rule_bypass_option", "/properties/networkRuleBypassOptions").or(Lit::Text("AzureServices")),
    Field::same("network_rule_set.default_action", "/properties/networkRuleSet/defaultAction").or(Lit::Text("Allow")),
    Field::many(
        "network_rule_set.ip_rule",
        "/properties/networkRuleSet/ipRules",
        &[Field::same("ip_range", "/value"), Field::same("action", "/action")],
    ),
    Field::many(
        "network_rule_set.virtual_network",
        "/properties/networkRuleSet/virtualNetworkRules",
        &[Field::same("subnet_id", "/id"), Field::same("action", "/action")],
    ),
    Field::with(
        "trust_policy_enabled|trust_policy.enabled",
        "/properties/policies/trustPolicy/status",
        How::Either("enabled", "disabled"),
    ),
    Field::same("retention_policy_in_days|retention_policy.days", "/properties/policies/retentionPolicy/days"),
    Field::same("role_assignment_mode", "/properties/roleAssignmentMode"),
];

/// A replica that does not take part in global routing is one to which clients are never sent. The
/// argument is optional and false up to version 4, and required since version 5.
const REPLICATIONS: &[Child] = &[Child {
    each: "georeplications",
    kind: "replications",
    name: ChildName::Region("location"),
    fields: &[
        LOCATION,
        TAGS,
        Field::same("global_endpoint_routing_enabled|regional_endpoint_enabled", "/properties/regionEndpointEnabled")
            .or(Lit::Bool(false)),
        Field::with("zone_redundancy_enabled", "/properties/zoneRedundancy", How::Enabled).or(Lit::Text("Disabled")),
    ],
}];

const COSMOS_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    IDENTITY,
    IDENTITIES,
    Field::same("kind", "/kind").or(Lit::Text("GlobalDocumentDB")),
    Field::same("offer_type", "/properties/databaseAccountOfferType"),
    Field::many(
        "geo_location",
        "/properties/locations",
        &[
            Field::same("location", "/locationName"),
            Field::same("failover_priority", "/failoverPriority"),
            Field::same("zone_redundant", "/isZoneRedundant").or(Lit::Bool(false)),
        ],
    ),
    Field::same("automatic_failover_enabled|enable_automatic_failover", "/properties/enableAutomaticFailover")
        .or(Lit::Bool(false)),
    Field::same(
        "multiple_write_locations_enabled|enable_multiple_write_locations",
        "/properties/enableMultipleWriteLocations",
    )
    .or(Lit::Bool(false)),
    Field::same("consistency_policy.consistency_level", "/properties/consistencyPolicy/defaultConsistencyLevel"),
    Field::same("backup.type", "/properties/backupPolicy/type"),
    Field::with("public_network_access_enabled", "/properties/publicNetworkAccess", How::Enabled)
        .or(Lit::Text("Enabled")),
];

const SQL_SERVER: &str = "Microsoft.Sql/servers";
const SQL_DATABASE: &str = "Microsoft.Sql/servers/databases";

const DATABASE_FIELDS: &[Field] = &[
    TAGS,
    Field::same("sku_name", "/sku/name"),
    Field::same("zone_redundant", "/properties/zoneRedundant").or(Lit::Bool(false)),
    Field::same("create_mode", "/properties/createMode"),
    Field::same("creation_source_database_id", "/properties/sourceDatabaseId"),
    Field::same("secondary_type", "/properties/secondaryType"),
    Field::Made { to: "/properties/secondaryType", make: secondary_type },
    Field::same("elastic_pool_id", "/properties/elasticPoolId"),
    Field::with("storage_account_type", "/properties/requestedBackupStorageRedundancy", How::Words(BACKUP_WORDS))
        .or(Lit::Text("Geo")),
];

/// Versions up to 2.99 and managed instances used the names of storage redundancy.
const BACKUP_WORDS: &[(&str, &str)] = &[("GRS", "Geo"), ("GZRS", "GeoZone"), ("LRS", "Local"), ("ZRS", "Zone")];

const FAILOVER_MODE: Field =
    Field::same("read_write_endpoint_failover_policy.mode", "/properties/readWriteEndpoint/failoverPolicy");
const FAILOVER_GRACE: Field = Field::same(
    "read_write_endpoint_failover_policy.grace_minutes",
    "/properties/readWriteEndpoint/failoverWithDataLossGracePeriodMinutes",
);

const INSTANCE_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    Field::same("sku_name", "/sku/name"),
    Field::same("subnet_id", "/properties/subnetId"),
    Field::same("zone_redundant_enabled", "/properties/zoneRedundant").or(Lit::Bool(false)),
    Field::with("storage_account_type", "/properties/requestedBackupStorageRedundancy", How::Words(BACKUP_WORDS))
        .or(Lit::Text("Geo")),
];

const POSTGRES_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    Field::same("version", "/properties/version"),
    Field::with("sku_name", "/sku/name", How::With(sku_after_tier)),
    Field::with("sku_name", "/sku/tier", How::With(sku_tier)),
    Field::same("zone", "/properties/availabilityZone"),
    Field::Made { to: "/properties/highAvailability/mode", make: high_availability },
    Field::same("high_availability.standby_availability_zone", "/properties/highAvailability/standbyAvailabilityZone"),
    Field::same("backup_retention_days", "/properties/backup/backupRetentionDays"),
    Field::with("geo_redundant_backup_enabled", "/properties/backup/geoRedundantBackup", How::Enabled)
        .or(Lit::Text("Disabled")),
    Field::same("create_mode", "/properties/createMode"),
    Field::same("source_server_id", "/properties/sourceServerResourceId"),
    Field::Made { to: "/properties/replicationRole", make: postgres_role },
    Field::same("delegated_subnet_id", "/properties/network/delegatedSubnetResourceId"),
    Field::same("private_dns_zone_id", "/properties/network/privateDnsZoneArmResourceId"),
];

const MYSQL_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    Field::same("version", "/properties/version"),
    Field::with("sku_name", "/sku/name", How::With(sku_after_tier)),
    Field::with("sku_name", "/sku/tier", How::With(sku_tier)),
    Field::same("zone", "/properties/availabilityZone"),
    Field::Made { to: "/properties/highAvailability/mode", make: high_availability },
    Field::same("backup_retention_days", "/properties/backup/backupRetentionDays"),
    Field::with("geo_redundant_backup_enabled", "/properties/backup/geoRedundantBackup", How::Enabled)
        .or(Lit::Text("Disabled")),
    Field::same("create_mode", "/properties/createMode"),
    Field::same("source_server_id", "/properties/sourceServerResourceId"),
    Field::Made { to: "/properties/replicationRole", make: mysql_role },
    Field::same("delegated_subnet_id", "/properties/network/delegatedSubnetResourceId"),
];

const SINGLE_SERVER: &[Field] = &[
    LOCATION,
    TAGS,
    Field::same("sku_name", "/sku/name"),
    Field::same("version", "/properties/version"),
    Field::with("geo_redundant_backup_enabled", "/properties/storageProfile/geoRedundantBackup", How::Enabled),
];

const LAKE: &[Field] = &[LOCATION, TAGS];

pub(super) const TABLE: &[Mapping] = &[
    Mapping::group("azurerm_storage_account", STORAGE, STORAGE_FIELDS).children(STORAGE_CHILDREN),
    Mapping::of("azurerm_storage_account_network_rules", STORAGE, Id::Of("storage_account_id"), NETWORK_RULES).part_of(
        "storage_account_id",
        STORAGE,
        Join::Merge,
        false,
    ),
    Mapping::of(
        "azurerm_storage_container",
        "Microsoft.Storage/storageAccounts/blobServices/containers",
        Id::InAccount("blobServices", "containers"),
        &[],
    ),
    Mapping::of(
        "azurerm_storage_data_lake_gen2_filesystem",
        "Microsoft.Storage/storageAccounts/blobServices/containers",
        Id::InAccount("blobServices", "containers"),
        &[],
    ),
    Mapping::of(
        "azurerm_storage_share",
        "Microsoft.Storage/storageAccounts/fileServices/shares",
        Id::InAccount("fileServices", "shares"),
        &[],
    ),
    Mapping::of(
        "azurerm_storage_object_replication",
        "Microsoft.Storage/storageAccounts/objectReplicationPolicies",
        Id::UnderFixed("source_storage_account_id", "default"),
        &[
            Field::same("source_storage_account_id", "/properties/sourceAccount"),
            Field::same("destination_storage_account_id", "/properties/destinationAccount"),
            Field::many(
                "rules",
                "/properties/rules",
                &[
                    Field::same("source_container_name", "/sourceContainer"),
                    Field::same("destination_container_name", "/destinationContainer"),
                ],
            ),
        ],
    ),
    Mapping::group("azurerm_key_vault", "Microsoft.KeyVault/vaults", VAULT_FIELDS),
    Mapping::of("azurerm_key_vault_access_policy", "Microsoft.KeyVault/vaults", Id::Of("key_vault_id"), &[]).part_of(
        "key_vault_id",
        "Microsoft.KeyVault/vaults",
        Join::Element("/properties/accessPolicies", ACCESS_POLICY),
        false,
    ),
    Mapping::group("azurerm_container_registry", "Microsoft.ContainerRegistry/registries", REGISTRY_FIELDS)
        .children(REPLICATIONS),
    Mapping::group("azurerm_cosmosdb_account", "Microsoft.DocumentDB/databaseAccounts", COSMOS_FIELDS),
    Mapping::group("azurerm_mssql_server", SQL_SERVER, &[LOCATION, TAGS]),
    Mapping::group("azurerm_sql_server", SQL_SERVER, &[LOCATION, TAGS]),
    Mapping::of("azurerm_mssql_database", SQL_DATABASE, Id::Under("server_id", "name"), DATABASE_FIELDS),
    Mapping::of(
        "azurerm_sql_database",
        SQL_DATABASE,
        Id::Group(&["server_name", "name"]),
        &[LOCATION, TAGS, Field::same("zone_redundant", "/properties/zoneRedundant")],
    ),
    Mapping::of(
        "azurerm_mssql_failover_group",
        "Microsoft.Sql/servers/failoverGroups",
        Id::Under("server_id", "name"),
        &[
            TAGS,
            Field::same("databases", "/properties/databases"),
            Field::many("partner_server", "/properties/partnerServers", &[Field::same("id", "/id")]),
            FAILOVER_MODE,
            FAILOVER_GRACE,
        ],
    ),
    Mapping::of(
        "azurerm_sql_failover_group",
        "Microsoft.Sql/servers/failoverGroups",
        Id::Group(&["server_name", "name"]),
        &[
            Field::same("databases", "/properties/databases"),
            Field::many("partner_servers", "/properties/partnerServers", &[Field::same("id", "/id")]),
            FAILOVER_MODE,
        ],
    ),
    Mapping::group("azurerm_mssql_managed_instance", "Microsoft.Sql/managedInstances", INSTANCE_FIELDS),
    Mapping::of(
        "azurerm_mssql_managed_instance_failover_group",
        "Microsoft.Sql/locations/instanceFailoverGroups",
        Id::InstanceFailoverGroup,
        &[
            Field::Made { to: "/properties/managedInstancePairs", make: instance_pairs },
            // The provider takes the location from the partner.
            Field::with("partner_managed_instance_id", "/properties/partnerRegions", How::With(region_of)),
            Field::same("secondary_type", "/properties/secondaryType").or(Lit::Text("Geo")),
            FAILOVER_MODE,
            FAILOVER_GRACE,
        ],
    ),
    Mapping::group("azurerm_postgresql_flexible_server", "Microsoft.DBforPostgreSQL/flexibleServers", POSTGRES_FIELDS),
    Mapping::group("azurerm_postgresql_server", "Microsoft.DBforPostgreSQL/servers", SINGLE_SERVER),
    Mapping::group("azurerm_mysql_flexible_server", "Microsoft.DBforMySQL/flexibleServers", MYSQL_FIELDS),
    Mapping::group("azurerm_mysql_server", "Microsoft.DBforMySQL/servers", SINGLE_SERVER),
    Mapping::group("azurerm_data_lake_store", "Microsoft.DataLakeStore/accounts", LAKE),
    Mapping::group("azurerm_data_lake_analytics_account", "Microsoft.DataLakeAnalytics/accounts", LAKE),
    Mapping::group(
        "azurerm_managed_disk",
        "Microsoft.Compute/disks",
        &[LOCATION, TAGS, ZONES, Field::same("storage_account_type", "/sku/name")],
    ),
];

/// `Standard` and `GRS` are `Standard_GRS`.
fn storage_sku(block: &Block) -> Made {
    let (tier, kind) = (block.get("account_tier"), block.get("account_replication_type"));
    let (Some(tier_text), Some(kind_text)) = (tier.to_text(), kind.to_text()) else { return Made::Absent };
    let mut name = tier_text;
    name.push_known("_");
    name.push(&kind_text);
    // The replication is what matters: a finding shows there.
    Made::Value(Val { span: kind.span, place: kind.place, ..Val::text(name) })
}

/// `enabled: true` where the block is given, `false` where it is not.
fn present(block: &Block, name: &str) -> Made {
    Made::Value(match block.find(name) {
        Found::Given(value) if value.as_items().is_some_and(<[Val]>::is_empty) => Val::bool(false),
        Found::Given(value) => Val { span: value.span, place: value.place, ..Val::bool(true) },
        Found::Unknown(value) => value,
        Found::Absent { .. } => Val::bool(false),
    })
}

/// The database is a secondary only if it is made as one; the provider's default says nothing else.
fn secondary_type(block: &Block) -> Made {
    match block.get("create_mode").as_str() {
        Some(mode) if mode.eq_ignore_ascii_case("Secondary") || mode.eq_ignore_ascii_case("OnlineSecondary") => {
            Made::Value(Val::string("Geo"))
        }
        Some(_) => Made::Absent,
        None => match block.get("create_mode") {
            mode if mode.is_null() => Made::Absent,
            mode => Made::Value(mode),
        },
    }
}

/// Without the block the provider leaves high availability off.
fn high_availability(block: &Block) -> Made {
    let mode = block.get("high_availability.mode");
    Made::Value(if mode.is_null() { Val::string("Disabled") } else { mode })
}

/// A server that is created as a replica is one, unless it was promoted since.
fn role(block: &Block, replica: &str) -> Made {
    let promoted = block.get("replication_role");
    if !promoted.is_null() {
        return Made::Value(promoted);
    }
    match block.get("create_mode") {
        mode if mode.is_null() => Made::Absent,
        mode => match mode.as_str() {
            Some("Replica") => Made::Value(Val { span: mode.span, place: mode.place, ..Val::string(replica) }),
            Some(_) => Made::Absent,
            None => Made::Value(mode),
        },
    }
}

fn postgres_role(block: &Block) -> Made {
    role(block, "AsyncReplica")
}

fn mysql_role(block: &Block) -> Made {
    role(block, "Replica")
}

/// The pair of a failover group of managed instances.
fn instance_pairs(block: &Block) -> Made {
    let pair = [
        ("primaryManagedInstanceId".into(), block.get("managed_instance_id")),
        ("partnerManagedInstanceId".into(), block.get("partner_managed_instance_id")),
    ];
    Made::Value(Val::list(vec![Val::object(pair.into_iter().collect())]))
}

fn region_of(value: &Val) -> Val {
    let text = format!("the location of {}", value.display());
    let location = Val::derived(text, &format!("location\u{1e}{}", value.identity()));
    Val::list(vec![Val::object([("location".into(), location)].into_iter().collect())])
}

/// `GP_Standard_D4s_v3`: a tier and the name of a size.
fn sku_after_tier(value: &Val) -> Val {
    match value.as_str().and_then(|sku| sku.split_once('_')) {
        Some((_, name)) => Val::string(name),
        None => value.clone(),
    }
}

fn sku_tier(value: &Val) -> Val {
    let tier = match value.as_str().and_then(|sku| sku.split('_').next()) {
        Some("B") => "Burstable",
        Some("GP") => "GeneralPurpose",
        Some("MO") => "MemoryOptimized",
        _ => {
            return Val::derived(
                format!("the tier of {}", value.display()),
                &format!("tier\u{1e}{}", value.identity()),
            );
        }
    };
    Val::string(tier)
}

/// `["Logging", "AzureServices"]` is `Logging, AzureServices`.
fn comma_list(value: &Val) -> Val {
    let Some(items) = value.as_items() else { return value.clone() };
    let mut text = Text::default();
    for (index, item) in items.iter().enumerate() {
        text.push_known(if index > 0 { ", " } else { "" });
        text.push(&item.to_text().unwrap_or_default());
    }
    Val::text(text)
}

fn id_objects(value: &Val) -> Val {
    objects(value, "id")
}

fn value_objects(value: &Val) -> Val {
    objects(value, "value")
}

/// `["a"]` is `[{"id": "a"}]`.
fn objects(value: &Val, name: &str) -> Val {
    match &value.kind {
        Kind::List(seq) | Kind::Set(seq) => {
            let object = |item: &Val| Val::object([(name.into(), item.clone())].into_iter().collect());
            Val::list(seq.items.iter().map(object).collect())
        }
        _ => value.clone(),
    }
}
