//! Telemetry, alerts, autoscaling, roles and locks.

use std::collections::BTreeMap;

use super::super::value::Val;
use super::apply::Block;
use super::table::{Field, How, Id, LOCATION, Lit, Made, Mapping, TAGS};

pub(super) const TABLE: &[Mapping] = &[
    Mapping::group(
        "azurerm_application_insights",
        "Microsoft.Insights/components",
        &[
            LOCATION,
            TAGS,
            Field::same("application_type", "/properties/Application_Type"),
            Field::same("workspace_id", "/properties/WorkspaceResourceId"),
            Field::same("retention_in_days", "/properties/RetentionInDays").or(Lit::Int(90)),
        ],
    ),
    Mapping::group(
        "azurerm_log_analytics_workspace",
        "Microsoft.OperationalInsights/workspaces",
        &[
            LOCATION,
            TAGS,
            Field::same("sku", "/properties/sku/name").or(Lit::Text("PerGB2018")),
            Field::same("retention_in_days", "/properties/retentionInDays"),
        ],
    ),
    Mapping::of(
        "azurerm_log_analytics_workspace_table",
        "Microsoft.OperationalInsights/workspaces/tables",
        Id::Under("workspace_id", "name"),
        &[
            Field::same("retention_in_days", "/properties/retentionInDays"),
            Field::same("total_retention_in_days", "/properties/totalRetentionInDays"),
            Field::same("plan", "/properties/plan").or(Lit::Text("Analytics")),
        ],
    ),
    Mapping::group(
        "azurerm_monitor_activity_log_alert",
        "Microsoft.Insights/activityLogAlerts",
        &[
            LOCATION,
            TAGS,
            Field::same("enabled", "/properties/enabled").or(Lit::Bool(true)),
            Field::same("scopes", "/properties/scopes"),
            Field::Made { to: "/properties/condition/allOf", make: conditions },
            Field::many(
                "action",
                "/properties/actions/actionGroups",
                &[Field::same("action_group_id", "/actionGroupId")],
            ),
        ],
    ),
    Mapping::group(
        "azurerm_monitor_action_group",
        "Microsoft.Insights/actionGroups",
        &[
            TAGS,
            Field::same("location", "/location").or(Lit::Text("global")),
            Field::same("enabled", "/properties/enabled").or(Lit::Bool(true)),
        ],
    ),
    Mapping::group(
        "azurerm_monitor_autoscale_setting",
        "Microsoft.Insights/autoscaleSettings",
        &[
            LOCATION,
            TAGS,
            Field::same("enabled", "/properties/enabled").or(Lit::Bool(true)),
            Field::same("target_resource_id", "/properties/targetResourceUri"),
            Field::many(
                "profile",
                "/properties/profiles",
                &[
                    Field::same("name", "/name"),
                    Field::same("capacity.minimum", "/capacity/minimum"),
                    Field::same("capacity.maximum", "/capacity/maximum"),
                    Field::same("capacity.default", "/capacity/default"),
                ],
            ),
        ],
    ),
    Mapping::of(
        "azurerm_role_assignment",
        "Microsoft.Authorization/roleAssignments",
        Id::On("scope", "name"),
        &[
            Field::same("scope", "/properties/scope"),
            Field::same("principal_id", "/properties/principalId"),
            Field::same("principal_type", "/properties/principalType"),
            Field::same("role_definition_id", "/properties/roleDefinitionId"),
            Field::with("role_definition_name", "/properties/roleDefinitionId", How::With(role_id)),
        ],
    ),
    Mapping::of(
        "azurerm_management_lock",
        "Microsoft.Authorization/locks",
        Id::On("scope", "name"),
        &[Field::same("lock_level", "/properties/level"), Field::same("notes", "/properties/notes")],
    ),
];

/// The arguments of `criteria` and the fields of the activity log that they compare.
const CRITERIA: &[(&str, &str)] = &[
    ("category", "category"),
    ("operation_name", "operationName"),
    ("caller", "caller"),
    ("level", "level"),
    ("resource_provider", "resourceProvider"),
    ("resource_type", "resourceType"),
    ("resource_group", "resourceGroup"),
    ("resource_id", "resourceId"),
    ("status", "status"),
    ("sub_status", "subStatus"),
];

/// The lists of `criteria.service_health`.
const SERVICE_HEALTH: &[(&str, &str)] = &[
    ("locations", "properties.impactedServices[*].ImpactedRegions[*].RegionName"),
    ("services", "properties.impactedServices[*].ServiceName"),
];

fn conditions(block: &Block) -> Made {
    let criteria = block.get("criteria");
    if criteria.is_null() || criteria.is_unknown() {
        return if criteria.is_null() { Made::Absent } else { Made::Value(criteria) };
    }
    let condition = |field: &str, operator: &str, value: Val| {
        let members = [("field".into(), Val::string(field)), (operator.into(), value)];
        Val::object(BTreeMap::from(members))
    };
    let mut all = Vec::new();
    for (from, field) in CRITERIA {
        let value = block.get(&format!("criteria.{from}"));
        if !value.is_null() {
            all.push(condition(field, "equals", value));
        }
        let several = block.get(&format!("criteria.{from}s"));
        if !several.is_null() {
            all.push(any_of(field, &several));
        }
    }
    for (from, field) in SERVICE_HEALTH {
        let value = block.get(&format!("criteria.service_health.{from}"));
        if !value.is_null() && value.as_items().is_none_or(|items| !items.is_empty()) {
            all.push(condition(field, "containsAny", value));
        }
    }
    let events = block.get("criteria.service_health.events");
    if !events.is_null() && events.as_items().is_none_or(|items| !items.is_empty()) {
        all.push(any_of("properties.incidentType", &events));
    }
    let list = Val::list(all);
    Made::Value(Val { span: criteria.span, place: criteria.place, ..list })
}

fn any_of(field: &str, values: &Val) -> Val {
    let Some(items) = values.as_items() else {
        return Val::object(BTreeMap::from([("anyOf".into(), values.clone())]));
    };
    let one = |item: &Val| {
        Val::object(BTreeMap::from([("field".into(), Val::string(field)), ("equals".into(), item.clone())]))
    };
    Val::object(BTreeMap::from([("anyOf".into(), Val::list(items.iter().map(one).collect()))]))
}

/// The id of a built-in role by its name; of another role it is not known.
pub(super) fn role_id(value: &Val) -> Val {
    let id = value.as_str().and_then(|name| ROLES.iter().find(|(role, _)| role.eq_ignore_ascii_case(name)));
    match id {
        Some((_, id)) => Val::string(format!("/providers/Microsoft.Authorization/roleDefinitions/{id}")),
        None => {
            Val::derived(format!("the id of the role {}", value.display()), &format!("role\u{1e}{}", value.identity()))
        }
    }
}

/// Built-in roles. <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>
const ROLES: &[(&str, &str)] = &[
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ("User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
    ("Role Based Access Control Administrator", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"),
    ("Storage Account Contributor", "17d1049b-9a84-46fb-8f53-869881c3d3ab"),
    ("Storage Blob Data Owner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
    ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    ("Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"),
    ("Storage File Data Privileged Contributor", "69566ab7-960f-475b-8e7c-b3118f30c6bd"),
    ("Storage File Data SMB Share Contributor", "0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb"),
    ("Storage Queue Data Contributor", "974c5e8b-45b9-4653-ba55-5f855dd0fb88"),
    ("Storage Table Data Contributor", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"),
    ("AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
    ("AcrPush", "8311e382-0749-4cb8-b61a-304f252e45ec"),
    ("Container Registry Repository Reader", "b93aa761-3e63-49ed-ac28-beffa264f7ac"),
    ("Container Registry Repository Writer", "2a1e307c-b015-4ebd-883e-5b7698a07328"),
    ("Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483"),
    ("Key Vault Contributor", "f25e0fa2-a7c8-4377-a976-54943a77a395"),
    ("Key Vault Reader", "21090545-7ca7-4776-b22c-e363652d74d2"),
    ("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
    ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("Key Vault Crypto Officer", "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"),
    ("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424"),
    ("Key Vault Crypto Service Encryption User", "e147488a-f6f5-4113-8e2d-b22465e65bf6"),
    ("AzureML Data Scientist", "f6c7c914-8db3-469d-8ca1-694a8f32e121"),
    ("AzureML Compute Operator", "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815"),
    ("AzureML Registry User", "1823dd4f-9b8c-4ab6-ab4e-7397a3684615"),
    ("Azure AI Developer", "64702f94-c441-49e6-a78b-ef80e0188fee"),
    ("Azure AI Enterprise Network Connection Approver", "b556d68e-0be0-4f35-a333-ad7ee1ce17ea"),
    ("Cognitive Services Contributor", "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68"),
    ("Cognitive Services User", "a97b65f3-24c7-4388-baec-2e87135dc908"),
    ("Cognitive Services OpenAI User", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"),
    ("Network Contributor", "4d97b98b-1d4f-4787-a291-c67834d212e7"),
    ("Managed Identity Operator", "f1a07417-d97a-45cb-824c-7a7467783830"),
    ("Monitoring Reader", "43d0d8ad-25c7-4714-9337-8ba259a9fe05"),
    ("Log Analytics Contributor", "92aaf0da-9dab-42b6-94a3-d43ce8d16293"),
];
