# METADATA
# title: Both workspaces are reachable through approved private endpoints
# description: |
#   A workspace that is closed to the internet is reached through its private endpoint only, and a
#   failover workspace whose endpoint is missing, pending or rejected cannot be used by anybody. One
#   member that is closed, or has an endpoint, is enough to ask it of both. Azure lists the connections
#   in the workspace; source code that asks for no manual approval gets it. Projects are reached through
#   their hub.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-configure-private-link
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-NET-002
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 8.0
#   scope: pair
#   subject: workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - {any_of: ["", /properties/publicNetworkAccess]}
#       - {any_of: ["", /properties/privateEndpointConnections]}
#     Microsoft.Network/privateEndpoints:
#       - any_of:
#           - ""
#           - /properties/privateLinkServiceConnections
#           - /properties/manualPrivateLinkServiceConnections
#   absence: [Microsoft.Network/privateEndpoints]
#   static: yes
#   seeds: [S43]
#   change: in-place
#   cost: "low: private endpoint"
#   remediation:
#     text: Create and approve the private endpoint of the failover workspace.
#     cli: |
#       az network private-endpoint create -n pe-ws-dr -g <rg> --vnet-name vnet-dr --subnet pe \
#         --private-connection-resource-id <ws-dr-id> --group-id amlworkspace --connection-name ws-dr
#     bicep: |
#       resource pe 'Microsoft.Network/privateEndpoints@2024-05-01' = {
#         name: 'pe-ws-dr'
#         location: secondary
#         properties: {
#           subnet: { id: subnetDr.id }
#           privateLinkServiceConnections: [
#             { name: 'ws', properties: { privateLinkServiceId: wsDr.id, groupIds: ['amlworkspace'] } }
#           ]
#         }
#       }
#     terraform: |
#       resource "azurerm_private_endpoint" "ws_dr" {
#         name                = "pe-ws-dr"
#         resource_group_name = azurerm_resource_group.dr.name
#         location            = var.secondary
#         subnet_id           = azurerm_subnet.pe_dr.id
#         private_service_connection {
#           name                           = "ws-dr"
#           private_connection_resource_id = azurerm_machine_learning_workspace.dr.id
#           subresource_names              = ["amlworkspace"]
#           is_manual_connection           = false
#         }
#       }
package holdfast.rules.network.workspace_endpoint

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.network

deny contains finding.of(subject, workspace, "/properties/privateEndpointConnections", message) if {
	some subject in estate.subjects("workspace")
	network.private_pair(estate.pair(subject))
	workspace := estate.resource(subject)
	shortfall := missing(workspace)
	message := sprintf(`"%s" %s; expected is an approved private endpoint`, [workspace.name, shortfall])
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	connected(workspace)
}

exempt contains finding.exempt(subject, "both workspaces are reached over the internet, without private endpoints") if {
	some subject in estate.subjects("workspace")
	network.public_pair(estate.pair(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	reason := network.of_hub(estate.pair(subject))
}

open contains finding.open(subject, "its private endpoint waits for somebody's approval") if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	not connected(workspace)
	some endpoint in network.endpoints(workspace, "amlworkspace")
	not network.approved(endpoint)
}

connected(workspace) if {
	some connection in workspace.properties.privateEndpointConnections
	network.state(connection) == "approved"
}

connected(workspace) if {
	input.source == "iac"
	some endpoint in network.endpoints(workspace, "amlworkspace")
	network.approved(endpoint)
}

missing(workspace) := "has no private endpoint" if {
	input.source == "live"
	workspace.properties.privateEndpointConnections == []
}

missing(workspace) := "has no private endpoint" if {
	estate.absent(workspace, ["properties", "privateEndpointConnections"])
	object.get(workspace, ["relations", "private_endpoints"], []) == []
	estate.complete("Microsoft.Network/privateEndpoints")
}

missing(workspace) := sprintf("has private endpoints that are not approved (%s)", [concat(", ", states)]) if {
	connections := workspace.properties.privateEndpointConnections
	count(connections) > 0
	states := {network.state(connection) | some connection in connections}
	every connection in connections {
		network.state(connection) in {"pending", "rejected", "disconnected"}
	}
}
