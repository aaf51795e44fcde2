# METADATA
# title: Users can reach both networks by VPN, ExpressRoute or peering
# description: |
#   An endpoint in a network that nobody can enter is of no use. The network of each workspace needs a
#   gateway of its own, one in a hub that it is peered with, or a Bastion host. A hub in the region that the
#   failover is for is no way in for the other side: it goes down with that region. Virtual WAN, appliances
#   and peerings without a gateway may be ways in that Azure does not tell of; they are open. A VPN gateway
#   with a single instance is a note; gateway SKUs without zones belong to HF-RET-004.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-secure-workspace-vnet
#   - ref: https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-peering-gateway-transit
# custom:
#   id: HF-NET-005
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - /location
#       - {any_of: ["", /properties/publicNetworkAccess]}
#       - {any_of: ["", /properties/privateEndpointConnections]}
#       - {any_of: ["", /properties/serverlessComputeSettings/serverlessComputeCustomSubnet]}
#     Microsoft.Network/privateEndpoints: [{any_of: ["", /properties/subnet/id]}]
#     Microsoft.Network/virtualNetworks:
#       - {any_of: ["", /location]}
#       - {any_of: ["", /properties/virtualNetworkPeerings]}
#     Microsoft.Network/virtualNetworkGateways:
#       - {any_of: ["", /properties/ipConfigurations]}
#       - {any_of: ["", /properties/gatewayType]}
#       - {any_of: ["", /properties/activeActive]}
#     Microsoft.Network/bastionHosts: [{any_of: ["", /properties/ipConfigurations]}]
#     Microsoft.Network/virtualHubs: [{any_of: ["", /location]}]
#   absence:
#     - Microsoft.Network/virtualNetworkGateways
#     - Microsoft.Network/virtualHubs
#     - Microsoft.Network/bastionHosts
#   static: partial
#   seeds: [S44]
#   change: in-place
#   cost: "high: gateway in the second region"
#   remediation:
#     text: Give the failover network its own way in.
#     cli: |
#       az network vnet peering create -n to-hub-dr -g <rg> --vnet-name vnet-dr --remote-vnet <hub-dr-id> \
#         --allow-vnet-access --use-remote-gateways
#     bicep: |
#       resource gateway 'Microsoft.Network/virtualNetworkGateways@2024-05-01' = {
#         name: 'vpn-dr'
#         location: secondary
#         properties: {
#           gatewayType: 'Vpn'
#           sku: { name: 'VpnGw2AZ', tier: 'VpnGw2AZ' }
#           activeActive: true
#           ipConfigurations: configurations
#         }
#       }
#     terraform: |
#       resource "azurerm_virtual_network_peering" "to_hub_dr" {
#         name                      = "to-hub-dr"
#         resource_group_name       = azurerm_resource_group.dr.name
#         virtual_network_name      = azurerm_virtual_network.dr.name
#         remote_virtual_network_id = azurerm_virtual_network.hub_dr.id
#         use_remote_gateways       = true
#       }
package holdfast.rules.network.way_in

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.network

deny contains finding.about(finding.of(subject, workspace, "", message), found.name) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	network.private_pair(pair)
	some workspace in estate.members(pair)
	some reference in network.networks(workspace)
	found := estate.resource(reference)
	every own in network.networks(workspace) {
		shut(estate.resource(own), workspace, estate.counterpart(pair, workspace))
	}
	message := sprintf(
		`the network "%s" of "%s" %s; expected is a gateway, in it or in a hub of its region`,
		[found.name, workspace.name, shortfall(found)],
	)
}

deny contains finding.at_level(subject, gateway, "/properties/activeActive", message, "note") if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	network.private_pair(pair)
	some gateway in single(pair)
	message := sprintf(
		`the VPN gateway "%s" has a single instance; expected is activeActive true`,
		[gateway.name],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	single(pair) == set()
	every workspace in estate.members(pair) {
		entered(workspace, estate.counterpart(pair, workspace))
	}
}

exempt contains finding.exempt(subject, "both workspaces are reached over the internet, without private endpoints") if {
	some subject in estate.subjects("workspace_pair")
	network.public_pair(estate.pair(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	reason := network.of_hub(estate.pair(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	reason := network.homeless(workspace)
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	some reference in network.networks(workspace)
	some peering in estate.related(estate.resource(reference), "peerings")
	remote := estate.associated(peering, "remote_network")
	startswith(lower(remote.name), "hv_")
	reason := sprintf(`"%s" is connected to a virtual WAN hub, of which the routes were not read`, [reference.name])
}

# Whether one of the networks of a workspace has a way in.
entered(workspace, other) if {
	some reference in network.networks(workspace)
	way_in(estate.resource(reference), workspace, other)
}

way_in(found, _, _) if estate.related(found, "gateways") != []

way_in(found, _, _) if estate.related(found, "bastions") != []

way_in(found, workspace, other) if {
	some peering in estate.related(found, "peerings")
	network.borrows_gateway(peering)
	remote := estate.associated(peering, "remote_network")
	network.peered(found, remote)
	hub := estate.resource(remote)
	estate.related(hub, "gateways") != []
	network.survives(hub, workspace, other)
}

# Whether a network is proved to have no way in: nothing in it, and no peering or only one that uses the
# gateway of a hub in the other region.
shut(found, workspace, other) if {
	object.get(found, ["relations", "gateways"], []) == []
	object.get(found, ["relations", "bastions"], []) == []
	network.certain(found, ["properties", "virtualNetworkPeerings"])
	estate.complete("Microsoft.Network/virtualNetworkGateways")
	estate.complete("Microsoft.Network/virtualHubs")
	estate.complete("Microsoft.Network/bastionHosts")
	every reference in object.get(found, ["relations", "peerings"], []) {
		peering := estate.held(reference)
		network.borrows_gateway(peering)
		hub := estate.resource(estate.associated(peering, "remote_network"))
		hub.location == other.location
		hub.location != workspace.location
	}
}

shortfall(found) := "has no gateway and no peering" if object.get(found, ["relations", "peerings"], []) == []

shortfall(found) := sprintf(`depends on the gateway of "%s" in the other region`, [hub.name]) if {
	hub := estate.associated(estate.related(found, "peerings")[0], "remote_network")
}

# The VPN gateways of a pair with one instance only.
single(pair) := {gateway |
	some workspace in estate.members(pair)
	some reference in network.networks(workspace)
	some gateway in estate.related(estate.resource(reference), "gateways")
	lower(gateway.properties.gatewayType) == "vpn"
	gateway.properties.activeActive == false
}
