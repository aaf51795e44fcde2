# METADATA
# title: Questions about private networks
# description: |
#   What a workspace can reach privately. A network of a workspace is one in which a private endpoint of
#   the workspace, one of its computes or its serverless compute stands. Every function is undefined, not
#   false, when the input cannot answer.
# scope: package
package holdfast.lib.network

import data.holdfast.lib.estate

# The networks of a workspace, as references.
networks(workspace) := {object.filter(reference, ["id", "name", "exact", "found"]) |
	some reference in array.concat(
		object.get(workspace, ["relations", "serverless_network"], []),
		[found |
			some relation in ["private_endpoints", "computes"]
			some carrier in estate.related(workspace, relation)
			some found in object.get(carrier, ["relations", "virtual_network"], [])
		],
	)
}

# Those of its networks that are known and lie in its own region.
regional(workspace) := {found |
	some reference in networks(workspace)
	found := estate.resource(reference)
	found.location == workspace.location
}

# The network in which an endpoint, a gateway or a bastion host stands, as a reference.
place(it) := it.relations.virtual_network[0]

# Whether a workspace can be reached from the internet. Azure's default without a private endpoint.
public(workspace) if lower(workspace.properties.publicNetworkAccess) == "enabled"

public(workspace) if estate.absent(workspace, ["properties", "publicNetworkAccess"])

# Whether nothing that was read leads to a workspace privately.
unconnected(workspace) if {
	object.get(workspace, ["relations", "private_endpoints"], []) == []
	listed := object.get(workspace, ["properties", "privateEndpointConnections"], [])
	listed == []
}

# Whether both members of a pair are reached over the internet only.
public_pair(pair) if {
	every workspace in estate.members(pair) {
		public(workspace)
		unconnected(workspace)
	}
}

# Whether a member of a pair is closed to the internet or has a private endpoint.
private_pair(pair) if {
	some workspace in estate.members(pair)
	lower(workspace.properties.publicNetworkAccess) == "disabled"
}

private_pair(pair) if {
	some workspace in estate.members(pair)
	not unconnected(workspace)
}

# Why the network rules leave out a pair of projects: a sentence.
of_hub(pair) := reason if {
	some workspace in estate.members(pair)
	estate.project(workspace)
	reason := sprintf(`"%s" is a project and is reached through its hub`, [workspace.name])
}

# Whether the service manages the network of the computes of a workspace.
managed(workspace) if {
	lower(workspace.properties.managedNetwork.isolationMode) in {"allowinternetoutbound", "allowonlyapprovedoutbound"}
}

# Why a member has no network of its own to judge: a sentence. Undefined unless it is proved.
homeless(workspace) := sprintf(`"%s" has no virtual network of its own (HF-NET-001)`, [workspace.name]) if {
	object.get(workspace, ["relations", "private_endpoints"], []) == []
	networks(workspace) == set()
	estate.complete("Microsoft.Network/privateEndpoints")
	estate.absent(workspace, ["properties", "serverlessComputeSettings", "serverlessComputeCustomSubnet"])
}

# The members of a pair that use a resource, each with the relation that leads there.
users(pair, it) := {{"workspace": workspace, "relation": relation} |
	some [workspace, relation, reference] in uses
	workspace.id in pair.members
	estate.same(reference, it)
}

# What the workspaces of all pairs use, and by which relation.
uses contains [workspace, relation, reference] if {
	some workspace in paired
	some relation in ["storage", "key_vault", "container_registry"]
	some reference in object.get(workspace, ["relations", relation], [])
}

uses contains [workspace, "data_storage", reference] if {
	some workspace in paired
	some datastore in estate.related(workspace, "datastores")
	some reference in object.get(datastore, ["relations", "account"], [])
}

paired contains workspace if {
	some pair in input.pairs
	some workspace in estate.members(pair)
}

# Whether a resource takes no traffic from networks that it does not know: "endpoints" if only private
# endpoints lead to it, "firewall" if its firewall admits networks or resources.
closed(it) := "endpoints" if disabled(it)

closed(it) := "firewall" if {
	not disabled(it)
	default_action(it) == "deny"
	admits(it)
}

closed(it) := "endpoints" if {
	not disabled(it)
	default_action(it) == "deny"
	not admits(it)
	certain(it, ["properties", firewall(it), "virtualNetworkRules"])
	certain(it, ["properties", firewall(it), "resourceAccessRules"])
}

disabled(it) if lower(it.properties.publicNetworkAccess) == "disabled"

# Whether a resource takes traffic from everywhere. Azure's default, also without any firewall.
reachable_by_all(it) if {
	accepts_public(it)
	default_action(it) == "allow"
}

accepts_public(it) if lower(it.properties.publicNetworkAccess) == "enabled"

accepts_public(it) if estate.absent(it, ["properties", "publicNetworkAccess"])

# What the firewall of a resource does with everybody else; undefined while that is not known.
default_action(it) := lower(object.get(it, ["properties", firewall(it), "defaultAction"], "")) if {
	object.get(it, ["properties", firewall(it), "defaultAction"], "") != ""
}

default_action(it) := "allow" if estate.absent(it, ["properties", firewall(it), "defaultAction"])

# The property that holds the firewall of a resource.
firewall(it) := "networkRuleSet" if it.type == "microsoft.containerregistry/registries"

firewall(it) := "networkAcls" if it.type != "microsoft.containerregistry/registries"

admits(it) if {
	some rules in ["virtualNetworkRules", "resourceAccessRules"]
	count(object.get(it, ["properties", firewall(it), rules], [])) > 0
}

# Whether nothing at or inside of a path is unknown.
certain(it, path) if {
	every pointer, _ in it.unknown {
		not estate.covers(pointer, path)
	}
}

# The private endpoints of a resource for one of its services (blob, vault, …).
endpoints(it, group) := [endpoint |
	some endpoint in estate.related(it, "private_endpoints")
	lower(group) in groups(endpoint)
]

# The services to which an endpoint leads.
groups(endpoint) := {lower(group) |
	some connection in connections(endpoint)
	some group in connection.properties.groupIds
	is_string(group)
}

connections(endpoint) := array.concat(
	object.get(endpoint, ["properties", "privateLinkServiceConnections"], []),
	object.get(endpoint, ["properties", "manualPrivateLinkServiceConnections"], []),
)

# Whether an endpoint is approved. Source code has no state: what asks for no approval gets it.
approved(endpoint) if {
	some connection in connections(endpoint)
	state(connection) == "approved"
}

approved(endpoint) if {
	input.source == "iac"
	some at, connection in endpoint.properties.privateLinkServiceConnections
	path := ["properties", "privateLinkServiceConnections", sprintf("%d", [at]), "properties"]
	certain(endpoint, array.concat(path, ["privateLinkServiceConnectionState"]))
	not state(connection)
}

# Whether an endpoint is known not to be approved.
refused(endpoint) if {
	some connection in connections(endpoint)
	state(connection) in {"pending", "rejected", "disconnected"}
}

state(connection) := lower(connection.properties.privateLinkServiceConnectionState.status)

# Whether traffic flows between a network and another one (a reference): peered, and the peering is complete. Source
# code has no state: the peering is declared on both sides.
peered(network, other) if {
	some peering in toward(network, other)
	lower(peering.properties.peeringState) == "connected"
}

peered(network, other) if {
	input.source == "iac"
	some peering in toward(network, other)
	estate.absent(peering, ["properties", "peeringState"])
	count(toward(estate.resource(other), network)) > 0
}

# Whether a peering leads through the gateway of the other side.
borrows_gateway(peering) if peering.properties.useRemoteGateways == true

toward(network, other) := [peering |
	some peering in estate.related(network, "peerings")
	estate.same(estate.associated(peering, "remote_network"), other)
]

# Whether an endpoint serves a workspace: it stands in one of its networks, or in a hub that one of them
# is peered with and that does not go down with the other region.
serves(endpoint, workspace, _) if {
	some reference in networks(workspace)
	estate.same(reference, place(endpoint))
}

serves(endpoint, workspace, other) if {
	hub := place(endpoint)
	some reference in networks(workspace)
	peered(estate.resource(reference), hub)
	survives(estate.resource(hub), workspace, other)
}

survives(hub, workspace, _) if hub.location == workspace.location

survives(hub, _, other) if hub.location != other.location

# Whether an endpoint is proved not to serve a workspace.
useless(endpoint, workspace, other) if {
	hub := place(endpoint)
	every reference in networks(workspace) {
		estate.distinct(reference, hub)
		network := estate.resource(reference)
		unrelated(network, hub, workspace, other)
	}
}

# A network that is not peered with a hub, or only with one that goes down with the other region.
unrelated(network, hub, _, _) if {
	certain(network, ["properties", "virtualNetworkPeerings"])
	every reference in object.get(network, ["relations", "peerings"], []) {
		estate.distinct(estate.associated(estate.resource(reference), "remote_network"), hub)
	}
}

unrelated(_, hub, workspace, other) if {
	found := estate.resource(hub)
	found.location == other.location
	found.location != workspace.location
}

# Whether all endpoints that could stand in the networks of a workspace, or in what these are peered
# with, were read. An endpoint lies in the subscription of its network:
# https://learn.microsoft.com/azure/private-link/private-endpoint-overview
surveyed(workspace) if {
	networks(workspace) != set()
	every reference in networks(workspace) {
		network := estate.resource(reference)
		estate.complete_in("Microsoft.Network/privateEndpoints", network.id)
		estate.complete_in("Microsoft.Network/virtualNetworks", network.id)
		certain(network, ["properties", "virtualNetworkPeerings"])
		every peering in object.get(network, ["relations", "peerings"], []) {
			remote := estate.associated(estate.resource(peering), "remote_network")
			estate.complete_in("Microsoft.Network/privateEndpoints", remote.id)
		}
	}
}
