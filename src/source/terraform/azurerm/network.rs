//! Networks, private endpoints and DNS zones, gateways, traffic routing.

use super::super::value::Val;
use super::apply::Block;
use super::table::{Child, ChildName, Field, How, Id, Join, LOCATION, Lit, Made, Mapping, TAGS, ZONES};

const VNET: &str = "Microsoft.Network/virtualNetworks";
const SUBNET: &str = "Microsoft.Network/virtualNetworks/subnets";

const SUBNET_FIELDS: &[Field] = &[
    Field::same("address_prefixes", "/properties/addressPrefixes"),
    Field::with("address_prefix", "/properties/addressPrefixes", How::Listed),
    Field::same("private_endpoint_network_policies", "/properties/privateEndpointNetworkPolicies"),
    Field::with("service_endpoints", "/properties/serviceEndpoints", How::With(services)),
    Field::many("service_endpoint", "/properties/serviceEndpoints", &[Field::same("service", "/service")]),
];

const INLINE_SUBNETS: &[Child] =
    &[Child { each: "subnet", kind: "subnets", name: ChildName::Attribute("name"), fields: SUBNET_FIELDS }];

const PEERING: &[Field] = &[
    Field::same("name", "/name"),
    Field::same("remote_virtual_network_id", "/properties/remoteVirtualNetwork/id"),
    Field::same("allow_virtual_network_access", "/properties/allowVirtualNetworkAccess").or(Lit::Bool(true)),
    Field::same("allow_forwarded_traffic", "/properties/allowForwardedTraffic").or(Lit::Bool(false)),
    Field::same("allow_gateway_transit", "/properties/allowGatewayTransit").or(Lit::Bool(false)),
    Field::same("use_remote_gateways", "/properties/useRemoteGateways").or(Lit::Bool(false)),
];

const ENDPOINT_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    Field::same("subnet_id", "/properties/subnet/id"),
    Field::Made { to: "/properties/privateLinkServiceConnections", make: |block| connections(block, false) },
    Field::Made { to: "/properties/manualPrivateLinkServiceConnections", make: |block| connections(block, true) },
];

const ZONE_GROUP: &[Child] = &[Child {
    each: "private_dns_zone_group",
    kind: "privateDnsZoneGroups",
    name: ChildName::Attribute("name"),
    fields: &[Field::with("private_dns_zone_ids", "/properties/privateDnsZoneConfigs", How::With(zone_configs))],
}];

const GATEWAY_FIELDS: &[Field] = &[
    LOCATION,
    TAGS,
    Field::same("type", "/properties/gatewayType"),
    Field::same("vpn_type", "/properties/vpnType"),
    Field::same("sku", "/properties/sku/name"),
    Field::same("active_active", "/properties/activeActive").or(Lit::Bool(false)),
    Field::many(
        "ip_configuration",
        "/properties/ipConfigurations",
        &[
            Field::same("name", "/name"),
            Field::same("subnet_id", "/properties/subnet/id"),
            Field::same("public_ip_address_id", "/properties/publicIPAddress/id"),
        ],
    ),
];

const TRAFFIC: &str = "Microsoft.Network/trafficManagerProfiles";

const TRAFFIC_ENDPOINT: &[Field] = &[
    Field::same("name", "/name"),
    Field::same("target", "/properties/target"),
    Field::same("target_resource_id", "/properties/targetResourceId"),
    Field::same("endpoint_location", "/properties/endpointLocation"),
    Field::same("priority", "/properties/priority"),
    Field::same("weight", "/properties/weight"),
    Field::with("enabled", "/properties/endpointStatus", How::Enabled).or(Lit::Text("Enabled")),
];

pub(super) const TABLE: &[Mapping] = &[
    Mapping::group(
        "azurerm_virtual_network",
        VNET,
        &[LOCATION, TAGS, Field::same("address_space", "/properties/addressSpace/addressPrefixes")],
    )
    .children(INLINE_SUBNETS),
    Mapping::of("azurerm_subnet", SUBNET, Id::Group(&["virtual_network_name", "name"]), SUBNET_FIELDS),
    Mapping::of(
        "azurerm_virtual_network_peering",
        "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        Id::Group(&["virtual_network_name", "name"]),
        PEERING,
    )
    .part_of("", VNET, Join::Element("/properties/virtualNetworkPeerings", PEERING), true),
    Mapping::group("azurerm_private_endpoint", "Microsoft.Network/privateEndpoints", ENDPOINT_FIELDS)
        .children(ZONE_GROUP),
    Mapping::group(
        "azurerm_private_dns_zone",
        "Microsoft.Network/privateDnsZones",
        &[TAGS, Field::fixed("", "/location", Lit::Text("global"))],
    ),
    Mapping::of(
        "azurerm_private_dns_zone_virtual_network_link",
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        Id::Either("private_dns_zone_id", &["private_dns_zone_name", "name"]),
        &[
            TAGS,
            Field::fixed("", "/location", Lit::Text("global")),
            Field::same("virtual_network_id", "/properties/virtualNetwork/id"),
            Field::same("registration_enabled", "/properties/registrationEnabled").or(Lit::Bool(false)),
        ],
    ),
    Mapping::group("azurerm_virtual_network_gateway", "Microsoft.Network/virtualNetworkGateways", GATEWAY_FIELDS),
    Mapping::group("azurerm_virtual_hub", "Microsoft.Network/virtualHubs", &[LOCATION, TAGS]),
    Mapping::group(
        "azurerm_bastion_host",
        "Microsoft.Network/bastionHosts",
        &[
            LOCATION,
            TAGS,
            ZONES,
            Field::same("sku", "/sku/name"),
            Field::many(
                "ip_configuration",
                "/properties/ipConfigurations",
                &[Field::same("subnet_id", "/properties/subnet/id")],
            ),
        ],
    ),
    Mapping::group(
        "azurerm_public_ip",
        "Microsoft.Network/publicIPAddresses",
        // The default was Basic up to version 3.
        &[LOCATION, TAGS, ZONES, Field::same("sku", "/sku/name").until(3, Lit::Text("Basic"), Lit::Text("Standard"))],
    ),
    Mapping::group(
        "azurerm_lb",
        "Microsoft.Network/loadBalancers",
        &[LOCATION, TAGS, Field::same("sku", "/sku/name").until(3, Lit::Text("Basic"), Lit::Text("Standard"))],
    ),
    Mapping::group(
        "azurerm_traffic_manager_profile",
        TRAFFIC,
        &[
            TAGS,
            Field::fixed("", "/location", Lit::Text("global")),
            Field::same("traffic_routing_method", "/properties/trafficRoutingMethod"),
            Field::same("profile_status", "/properties/profileStatus"),
            Field::same("monitor_config.path", "/properties/monitorConfig/path"),
        ],
    ),
    Mapping::of(
        "azurerm_traffic_manager_external_endpoint",
        TRAFFIC,
        Id::Named("profile_id", "externalEndpoints", "name"),
        &[],
    )
    .part_of("profile_id", TRAFFIC, Join::Element("/properties/endpoints", TRAFFIC_ENDPOINT), false),
    Mapping::of(
        "azurerm_traffic_manager_azure_endpoint",
        TRAFFIC,
        Id::Named("profile_id", "azureEndpoints", "name"),
        &[],
    )
    .part_of("profile_id", TRAFFIC, Join::Element("/properties/endpoints", TRAFFIC_ENDPOINT), false),
    Mapping::group(
        "azurerm_cdn_frontdoor_profile",
        "Microsoft.Cdn/profiles",
        &[TAGS, Field::same("sku_name", "/sku/name")],
    ),
    Mapping::of(
        "azurerm_cdn_frontdoor_origin_group",
        "Microsoft.Cdn/profiles/originGroups",
        Id::Under("cdn_frontdoor_profile_id", "name"),
        &[Field::same("health_probe.path", "/properties/healthProbeSettings/probePath")],
    ),
    Mapping::of(
        "azurerm_cdn_frontdoor_origin",
        "Microsoft.Cdn/profiles/originGroups/origins",
        Id::Under("cdn_frontdoor_origin_group_id", "name"),
        &[
            Field::same("host_name", "/properties/hostName"),
            Field::same("priority", "/properties/priority"),
            Field::same("weight", "/properties/weight"),
            Field::with("enabled", "/properties/enabledState", How::Enabled).until(
                3,
                Lit::Unsure,
                Lit::Text("Enabled"),
            ),
        ],
    ),
    Mapping::group(
        "azurerm_api_management",
        "Microsoft.ApiManagement/service",
        &[LOCATION, TAGS, ZONES, Field::same("sku_name", "/sku/name"), ADDITIONAL_LOCATIONS],
    ),
    Mapping::of(
        "azurerm_api_management_backend",
        "Microsoft.ApiManagement/service/backends",
        Id::Group(&["api_management_name", "name"]),
        &[
            Field::same("url", "/properties/url"),
            Field::same("protocol", "/properties/protocol"),
            Field::same("resource_id", "/properties/resourceId"),
        ],
    ),
];

const ADDITIONAL_LOCATIONS: Field = Field::many(
    "additional_location",
    "/properties/additionalLocations",
    &[Field::same("location", "/location"), Field::same("zones", "/zones")],
);

/// `["Microsoft.Storage"]` is `[{"service": "Microsoft.Storage"}]`.
fn services(value: &Val) -> Val {
    let Some(items) = value.as_items() else { return value.clone() };
    Val::list(items.iter().map(|item| Val::object([("service".into(), item.clone())].into_iter().collect())).collect())
}

fn zone_configs(value: &Val) -> Val {
    let Some(items) = value.as_items() else { return value.clone() };
    let config = |item: &Val| {
        let inner = Val::object([("privateDnsZoneId".into(), item.clone())].into_iter().collect());
        Val::object([("properties".into(), inner)].into_iter().collect())
    };
    Val::list(items.iter().map(config).collect())
}

/// The connection stands in one of two lists: whether its owner has to approve it.
fn connections(block: &Block, manual: bool) -> Made {
    let connection = block.get("private_service_connection");
    if connection.is_null() {
        return Made::Absent;
    }
    let approval = block.get("private_service_connection.is_manual_connection");
    match approval.as_bool() {
        Some(known) if known != manual => return Made::Absent,
        Some(_) => {}
        // Manual connections are the exception.
        None if approval.is_null() && manual => return Made::Absent,
        None if approval.is_null() => {}
        None => return Made::Value(approval),
    }
    let get = |name: &str| block.get(&format!("private_service_connection.{name}"));
    let mut properties = std::collections::BTreeMap::new();
    for (from, to) in [("private_connection_resource_id", "privateLinkServiceId"), ("subresource_names", "groupIds")] {
        let value = get(from);
        if !value.is_null() {
            properties.insert(to.into(), value);
        }
    }
    if connection.is_unknown() {
        return Made::Value(connection);
    }
    let members = [("name".into(), get("name")), ("properties".into(), Val::object(properties))];
    let list = Val::list(vec![Val::object(members.into_iter().collect())]);
    Made::Value(Val { span: connection.span, place: connection.place, ..list })
}
