# METADATA
# title: Each region has its own virtual network
# description: |
#   A virtual network lies in one region and goes down with it. A failover workspace whose endpoint or
#   computes stand in the network of the primary region is as unreachable as the primary itself. Networks
#   are found through private endpoints and the subnets of computes, never by name. Address ranges that
#   overlap keep the two networks from being peered later; that is a note. A failover workspace without
#   any endpoint belongs to HF-NET-002, two workspaces in one region to HF-TOPO-001.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-secure-workspace-vnet
#   - ref: https://learn.microsoft.com/azure/virtual-network/virtual-network-peering-overview
# custom:
#   id: HF-NET-001
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 7.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - /location
#       - {any_of: ["", /properties/publicNetworkAccess]}
#       - {any_of: ["", /properties/privateEndpointConnections]}
#       - {any_of: ["", /properties/serverlessComputeSettings/serverlessComputeCustomSubnet]}
#     Microsoft.MachineLearningServices/workspaces/computes: [{any_of: ["", /properties/properties/subnet/id]}]
#     Microsoft.Network/privateEndpoints: [{any_of: ["", /properties/subnet/id]}]
#     Microsoft.Network/virtualNetworks:
#       - /location
#       - /properties/addressSpace/addressPrefixes
#   absence:
#     - Microsoft.Network/virtualNetworks
#     - Microsoft.Network/privateEndpoints
#     - Microsoft.MachineLearningServices/workspaces/computes
#   static: yes
#   seeds: [S43]
#   change: in-place
#   cost: "low: VNet, peering traffic"
#   remediation:
#     text: Create a virtual network in the failover region with a range that does not overlap.
#     cli: |
#       az network vnet create -n vnet-dr -g <rg> -l <region2> \
#         --address-prefixes 10.20.0.0/16 --subnet-name pe --subnet-prefixes 10.20.1.0/24
#     bicep: |
#       resource vnetDr 'Microsoft.Network/virtualNetworks@2024-05-01' = {
#         name: 'vnet-dr'
#         location: secondary
#         properties: { addressSpace: { addressPrefixes: ['10.20.0.0/16'] } }
#       }
#     terraform: |
#       resource "azurerm_virtual_network" "dr" {
#         name                = "vnet-dr"
#         resource_group_name = azurerm_resource_group.dr.name
#         location            = var.secondary
#         address_space       = ["10.20.0.0/16"]
#       }
package holdfast.rules.network.network_per_region

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.network

deny contains finding.of(subject, workspace, "", message) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	some workspace in estate.members(pair)
	settled(pair, workspace)
	every reference in network.networks(workspace) {
		estate.resource(reference).location != workspace.location
	}
	message := sprintf(
		`"%s" lies in %s, but %s; expected is a virtual network in the own region`,
		[workspace.name, workspace.location, present(workspace)],
	)
}

deny contains finding.related(found, [{"resource": one, "message": "The network of the other region"}]) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	workspace := estate.resource(subject)
	some one in network.regional(estate.counterpart(pair, workspace))
	some other in network.regional(workspace)
	one.location != other.location
	overlap(one, other)
	message := sprintf(
		`"%s" and "%s" have overlapping address ranges and cannot be peered; expected are separate ranges`,
		[other.name, one.name],
	)
	found := finding.at_level(subject, other, "/properties/addressSpace/addressPrefixes", message, "note")
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	first.location != second.location
	network.regional(first) != set()
	network.regional(second) != set()
	every one in network.regional(first) {
		every other in network.regional(second) {
			disjoint(one, other)
		}
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	reason := network.of_hub(estate.pair(subject))
}

exempt contains finding.exempt(subject, "both workspaces lie in one region (HF-TOPO-001)") if {
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	first.location == second.location
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	every workspace in leading(pair) {
		network.public(workspace)
		network.unconnected(workspace)
		network.networks(workspace) == set()
	}
	reason := "no private endpoint or subnet was found: the workspace uses no virtual network"
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	network.private_pair(pair)
	some workspace in estate.members(pair)
	network.networks(workspace) == set()
	network.unconnected(workspace)
	estate.complete("Microsoft.Network/privateEndpoints")
	reason := sprintf(`"%s" has no private endpoint (HF-NET-002)`, [workspace.name])
}

# Who decides whether networks are used: the primary, or any member while the direction is not known.
leading(pair) := [estate.primary(pair)]

leading(pair) := estate.members(pair) if not pair.primary

# Whether all networks of a member that is to have one are known.
settled(pair, workspace) if {
	some other in estate.members(pair)
	network.networks(other) != set()
	estate.complete("Microsoft.Network/privateEndpoints")
	estate.complete("Microsoft.Network/virtualNetworks")
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/computes", workspace.id)
	network.certain(workspace, ["properties", "serverlessComputeSettings"])
	every relation in ["private_endpoints", "computes"] {
		every reference in object.get(workspace, ["relations", relation], []) {
			estate.held(reference)
		}
	}
}

present(workspace) := "it stands in no virtual network" if network.networks(workspace) == set()

present(workspace) := sprintf("its virtual networks are %s", [concat(", ", sort(names))]) if {
	names := {sprintf(`"%s" in %s`, [found.name, found.location]) |
		some reference in network.networks(workspace)
		found := estate.resource(reference)
	}
	names != set()
}

overlap(one, other) if {
	some a in one.properties.addressSpace.addressPrefixes
	some b in other.properties.addressSpace.addressPrefixes
	intersect(a, b)
}

intersect(a, b) if net.cidr_contains(a, b)

intersect(a, b) if net.cidr_contains(b, a)

disjoint(one, other) if {
	count(one.properties.addressSpace.addressPrefixes) > 0
	count(other.properties.addressSpace.addressPrefixes) > 0
	every a in one.properties.addressSpace.addressPrefixes {
		every b in other.properties.addressSpace.addressPrefixes {
			net.cidr_contains(a, b) == false
			net.cidr_contains(b, a) == false
		}
	}
}
