# METADATA
# title: Private networks for tests
# description: |
#   What the estate of the fixtures has in addition when both workspaces are closed to the internet:
#   a network with a gateway in each region, endpoints of both workspaces and of what they use, and
#   private DNS. The relations are those that the host computes.
# scope: package
package holdfast.lib.fixture_network

import data.holdfast.lib.fixture

# The input of a pair rule about private workspaces.
pair(changes) := fixture.pair(object.union_n([fixture.without_data, estate, changes]))

# The same, with a complete enumeration of what is in networks.
complete_pair(changes) := fixture.complete(pair(changes), types)

types := [
	"Microsoft.Network/privateEndpoints", "Microsoft.Network/virtualNetworks",
	"Microsoft.Network/privateDnsZones", "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
	"Microsoft.Network/virtualNetworkGateways", "Microsoft.Network/virtualHubs", "Microsoft.Network/bastionHosts",
	"Microsoft.MachineLearningServices/workspaces/computes",
]

# The canonical id of a part of it.
id(name) := lower(arm_id(name))

arm_id(name) := fixture.arm_id(name, estate[name])

estate := object.union_n([
	{
		"ws-west": fixture.estate["ws-west"],
		"ws-north": fixture.estate["ws-north"],
		"stwest": closed("stwest"),
		"stnorth": closed("stnorth"),
		"kv": closed("kv"),
		"acr": closed("acr"),
	},
	side("west", "westeurope", "10.10.0.0/16"),
	side("north", "northeurope", "10.20.0.0/16"),
	zone("api", "privatelink.api.azureml.ms", ""),
	zone("notebooks", "privatelink.notebooks.azure.net", ""),
	zone("blob", "privatelink.blob.core.windows.net", ""),
	zone("file", "privatelink.file.core.windows.net", ""),
	zone("vault-west", "privatelink.vaultcore.azure.net", ""),
	zone("vault-north", "privatelink.vaultcore.azure.net", "-north"),
	zone("acr-west", "privatelink.azurecr.io", ""),
	zone("acr-north", "privatelink.azurecr.io", "-north"),
	links("api", "privatelink.api.azureml.ms", "", ["west", "north"]),
	links("notebooks", "privatelink.notebooks.azure.net", "", ["west", "north"]),
	links("blob", "privatelink.blob.core.windows.net", "", ["west", "north"]),
	links("file", "privatelink.file.core.windows.net", "", ["west", "north"]),
	links("vault-west", "privatelink.vaultcore.azure.net", "", ["west"]),
	links("vault-north", "privatelink.vaultcore.azure.net", "-north", ["north"]),
	links("acr-west", "privatelink.azurecr.io", "", ["west"]),
	links("acr-north", "privatelink.azurecr.io", "-north", ["north"]),
])

closed(name) := object.union(fixture.estate[name], {"properties": {"publicNetworkAccess": "Disabled"}})

# What stands in one region.
side(name, location, prefix) := object.union_n([
	{concat("-", ["vnet", name]): {
		"type": "Microsoft.Network/virtualNetworks",
		"location": location,
		"properties": {"addressSpace": {"addressPrefixes": [prefix]}},
	}},
	{concat("-", ["gw", name]): {
		"type": "Microsoft.Network/virtualNetworkGateways",
		"location": location,
		"properties": {
			"gatewayType": "Vpn",
			"activeActive": true,
			"ipConfigurations": [{"properties": {"subnet": {"id": subnet(name, "GatewaySubnet")}}}],
		},
	}},
	endpoint(name, "ws", concat("-", ["ws", name]), "amlworkspace", ["api", "notebooks"]),
	endpoint(name, "blob", concat("", ["st", name]), "blob", ["blob"]),
	endpoint(name, "file", concat("", ["st", name]), "file", ["file"]),
	endpoint(name, "kv", "kv", "vault", [concat("-", ["vault", name])]),
	endpoint(name, "acr", "acr", "registry", [concat("-", ["acr", name])]),
])

# The id of a subnet in the network of a region.
subnet(name, part) := sprintf("%s/subnets/%s", [network(name), part])

network(name) := fixture.arm_id(
	concat("-", ["vnet", name]),
	{"type": "Microsoft.Network/virtualNetworks"},
)

# An endpoint in a region for a service of a resource, and the zones that it registers in.
endpoint(name, what, target, service, registered) := {
	key: {
		"type": "Microsoft.Network/privateEndpoints",
		"properties": {
			"subnet": {"id": subnet(name, "pe")},
			"privateLinkServiceConnections": [{"properties": {
				"privateLinkServiceId": fixture.arm_id(target, fixture.estate[target]),
				"groupIds": [service],
			}}],
		},
	},
	concat("/", [key, "default"]): {
		"type": "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
		"properties": {"privateDnsZoneConfigs": [{"properties": {"privateDnsZoneId": zone_id(place)}} |
			some place in registered
		]},
	},
} if {
	key := concat("-", ["pe", what, name])
}

zones := {
	"api": ["privatelink.api.azureml.ms", ""],
	"notebooks": ["privatelink.notebooks.azure.net", ""],
	"blob": ["privatelink.blob.core.windows.net", ""],
	"file": ["privatelink.file.core.windows.net", ""],
	"vault-west": ["privatelink.vaultcore.azure.net", ""],
	"vault-north": ["privatelink.vaultcore.azure.net", "-north"],
	"acr-west": ["privatelink.azurecr.io", ""],
	"acr-north": ["privatelink.azurecr.io", "-north"],
}

# The id of a zone of this estate.
zone_id(key) := fixture.arm_id(key, {
	"type": "Microsoft.Network/privateDnsZones",
	"named": zones[key][0],
	"elsewhere": zones[key][1],
})

zone(key, name, elsewhere) := {concat("-", ["zone", key]): {
	"type": "Microsoft.Network/privateDnsZones",
	"named": name,
	"elsewhere": elsewhere,
	"location": "global",
}}

links(key, name, elsewhere, regions) := {concat("-", ["link", key, region]): {
	"type": "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
	"named": concat("/", [name, region]),
	"elsewhere": elsewhere,
	"properties": {"virtualNetwork": {"id": network(region)}},
} |
	some region in regions
}

# A hub network with a gateway, peered with the networks of some regions, which use that gateway.
hub(location, spokes) := object.union_n([
	{
		"hub": {
			"type": "Microsoft.Network/virtualNetworks",
			"location": location,
			"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
		},
		"gw-hub": {
			"type": "Microsoft.Network/virtualNetworkGateways",
			"location": location,
			"properties": {
				"gatewayType": "ExpressRoute",
				"ipConfigurations": [{"properties": {"subnet": {"id": hub_part("/subnets/GatewaySubnet")}}}],
			},
		},
	},
	{concat("/", ["hub", spoke]): peering(network(spoke), {"allowGatewayTransit": true}) | some spoke in spokes},
	{concat("", ["vnet-", spoke, "/hub"]): peering(hub_part(""), {"useRemoteGateways": true}) | some spoke in spokes},
])

# The id of the hub, or of what is below it. A function: a value of this module that is read first makes
# the interpreter lose what its functions import.
hub_part(path) := concat("", [fixture.arm_id("hub", {"type": "Microsoft.Network/virtualNetworks"}), path])

peering(remote, properties) := {
	"type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
	"properties": object.union({"remoteVirtualNetwork": {"id": remote}}, properties),
}

# The relations that networks have, as the host computes them, by resource. Most fixtures have no network:
# they are built faster without.
connections(_, of_type) := {} if not involved(of_type)

involved(of_type) if of_type["microsoft.network/virtualnetworks"]

involved(of_type) if of_type["microsoft.machinelearningservices/workspaces/outboundrules"]

connections(plain, of_type) := {own: object.union(ahead(one, plain), object.get(back, own, {})) |
	some own, one in plain
} if {
	involved(of_type)
	pointing := [edge |
		some relation, about in reverse
		some own, one in of_type[about.type]
		some path in about.paths
		some [named, _] in ids(one, path)
		edge := [about_target(about, named), relation, own]
	]
	back := {target: {relation: [fixture.reference(own, plain) | some own in sources] |
		some relation, sources in grouped(pointing, target)
	} |
		some [target, _, _] in pointing
	}
}

grouped(pointing, target) := {relation: {edge[2] | some edge in pointing; edge[0] == target; edge[1] == relation} |
	some one in pointing
	one[0] == target
	relation := one[1]
}

# The relations that a resource has by what it says itself.
ahead(one, plain) := object.union_n([
	{relation: [reference(named, pointer, plain) | some [named, pointer] in ids(one, path)] |
		some relation, path in object.get(forward, one.type, {})
	},
	{relation: [reference(home(named), pointer, plain) | some [named, pointer] in ids(one, path)] |
		some relation, path in object.get(subnets, one.type, {})
	},
	{"zone": [fixture.reference(parent(one), plain) | one.type == "microsoft.network/privatednszones/virtualnetworklinks"]},
])

parent(one) := concat("/", array.slice(parts, 0, count(parts) - 2)) if parts := split(one.id, "/")

# An id that only an expression names is the expression.
ids(one, path) := [[value, pointer] |
	pointer := concat("/", array.concat([""], path.at))
	not one.refers[pointer]
	is_array(object.get(one, path.at, null))
	some element in object.get(one, path.at, [])
	value := lower(object.get(element, path.inner, ""))
	value != ""
] if {
	path.inner
}

ids(one, path) := array.concat(
	[[value, pointer] |
		value := lower(object.get(one, path.at, ""))
		value != ""
	],
	[[value, pointer] | value := one.refers[pointer]],
) if {
	not path.inner
	pointer := concat("/", array.concat([""], path.at))
}

about_target(about, id) := home(id) if about.home

about_target(about, id) := id if not about.home

# The network of a subnet.
home(subnet_id) := split(subnet_id, "/subnets/")[0]

reference(id, pointer, plain) := object.union(
	fixture.reference(id, plain),
	{"pointer": pointer, "exact": object.get(plain, [id, "exact"], startswith(id, "/subscriptions/"))},
)

acls := ["properties", "networkAcls", "virtualNetworkRules"]

ip_subnets := {"at": ["properties", "ipConfigurations"], "inner": ["properties", "subnet", "id"]}

# Ids, and subnets of which the network counts too: where they are in a resource.
forward := {
	"microsoft.network/privateendpoints/privatednszonegroups": {"zones": {
		"at": ["properties", "privateDnsZoneConfigs"],
		"inner": ["properties", "privateDnsZoneId"],
	}},
	"microsoft.network/privatednszones/virtualnetworklinks": {"virtual_network": {"at": [
		"properties",
		"virtualNetwork", "id",
	]}},
	"microsoft.network/virtualnetworks/virtualnetworkpeerings": {"remote_network": {"at": [
		"properties",
		"remoteVirtualNetwork", "id",
	]}},
	"microsoft.storage/storageaccounts": {
		"allowed_subnets": {"at": acls, "inner": ["id"]},
		"allowed_resources": {"at": ["properties", "networkAcls", "resourceAccessRules"], "inner": ["resourceId"]},
	},
	"microsoft.keyvault/vaults": {"allowed_subnets": {"at": acls, "inner": ["id"]}},
	"microsoft.machinelearningservices/workspaces": {"serverless_subnet": {"at": serverless}},
	"microsoft.machinelearningservices/workspaces/computes": {"subnet": {"at": compute_subnet}},
	"microsoft.machinelearningservices/workspaces/outboundrules": {"target": {"at": [
		"properties", "destination",
		"serviceResourceId",
	]}},
}

serverless := ["properties", "serverlessComputeSettings", "serverlessComputeCustomSubnet"]

compute_subnet := ["properties", "properties", "subnet", "id"]

subnets := {
	"microsoft.network/privateendpoints": {"virtual_network": {"at": ["properties", "subnet", "id"]}},
	"microsoft.network/virtualnetworkgateways": {"virtual_network": ip_subnets},
	"microsoft.network/bastionhosts": {"virtual_network": ip_subnets},
	"microsoft.storage/storageaccounts": {"allowed_networks": {"at": acls, "inner": ["id"]}},
	"microsoft.keyvault/vaults": {"allowed_networks": {"at": acls, "inner": ["id"]}},
	"microsoft.machinelearningservices/workspaces": {"serverless_network": {"at": serverless}},
	"microsoft.machinelearningservices/workspaces/computes": {"virtual_network": {"at": compute_subnet}},
}

reverse := {
	"private_endpoints": {
		"type": "microsoft.network/privateendpoints",
		"to": {
			"microsoft.machinelearningservices/workspaces", "microsoft.storage/storageaccounts",
			"microsoft.keyvault/vaults", "microsoft.containerregistry/registries",
		},
		"paths": [
			{"at": ["properties", "privateLinkServiceConnections"], "inner": ["properties", "privateLinkServiceId"]},
			{"at": ["properties", "manualPrivateLinkServiceConnections"], "inner": ["properties", "privateLinkServiceId"]},
		],
	},
	"dns_links": {
		"type": "microsoft.network/privatednszones/virtualnetworklinks",
		"to": {"microsoft.network/virtualnetworks"},
		"paths": [{"at": ["properties", "virtualNetwork", "id"]}],
	},
	"gateways": {
		"type": "microsoft.network/virtualnetworkgateways",
		"to": {"microsoft.network/virtualnetworks"},
		"paths": [ip_subnets],
		"home": true,
	},
	"bastions": {
		"type": "microsoft.network/bastionhosts",
		"to": {"microsoft.network/virtualnetworks"},
		"paths": [ip_subnets],
		"home": true,
	},
}
