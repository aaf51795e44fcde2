# METADATA
# title: Storage, key vault and registry have private endpoints in both VNets
# description: |
#   What is closed to the internet can be used only where a private endpoint leads to it. The default
#   storage needs blob and file in the network of its workspace; data accounts, a shared vault and a shared
#   registry need theirs in the network of every workspace that uses them. A hub that a network is peered
#   with counts, unless it lies in the region that the failover is for. An endpoint whose approval is
#   pending does not count. The computes of a managed network have their own endpoints (HF-NET-006). A
#   firewall that admits networks belongs to HF-NET-007, a workspace without a network to HF-NET-001.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-configure-private-link
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-secure-workspace-vnet
#   - ref: https://learn.microsoft.com/azure/private-link/private-endpoint-overview
# custom:
#   id: HF-NET-003
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 7.0
#   scope: pair
#   subject: associated_resource
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - any_of: ["", /properties/storageAccount, /properties/keyVault, /properties/containerRegistry]
#       - {any_of: ["", /properties/managedNetwork/isolationMode]}
#       - {any_of: ["", /properties/serverlessComputeSettings/serverlessComputeCustomSubnet]}
#     Microsoft.Storage/storageAccounts:
#       - {any_of: [/properties/publicNetworkAccess, /properties/networkAcls]}
#     Microsoft.KeyVault/vaults:
#       - {any_of: [/properties/publicNetworkAccess, /properties/networkAcls]}
#     Microsoft.ContainerRegistry/registries:
#       - {any_of: [/properties/publicNetworkAccess, /properties/networkRuleSet]}
#     Microsoft.Network/privateEndpoints:
#       - /properties/subnet/id
#       - {any_of: [/properties/privateLinkServiceConnections, /properties/manualPrivateLinkServiceConnections]}
#     Microsoft.Network/virtualNetworks:
#       - {any_of: ["", /location]}
#       - {any_of: ["", /properties/virtualNetworkPeerings]}
#   absence: [Microsoft.Network/privateEndpoints, Microsoft.Network/virtualNetworks]
#   static: yes
#   seeds: [S43]
#   change: in-place
#   cost: "low: private endpoint per resource"
#   remediation:
#     text: Add the missing endpoint in the failover network.
#     cli: |
#       az network private-endpoint create -n pe-kv-dr -g <rg> --vnet-name vnet-dr --subnet pe \
#         --private-connection-resource-id <kv-id> --group-id vault --connection-name kv-dr
#     bicep: |
#       resource pe 'Microsoft.Network/privateEndpoints@2024-05-01' = {
#         name: 'pe-kv-dr'
#         location: secondary
#         properties: {
#           subnet: { id: subnetDr.id }
#           privateLinkServiceConnections: [ // blob, file, dfs, registry likewise
#             { name: 'kv', properties: { privateLinkServiceId: kv.id, groupIds: ['vault'] } }
#           ]
#         }
#       }
#     terraform: |
#       resource "azurerm_private_endpoint" "kv_dr" {
#         name                = "pe-kv-dr"
#         resource_group_name = azurerm_resource_group.dr.name
#         location            = var.secondary
#         subnet_id           = azurerm_subnet.pe_dr.id
#         private_service_connection {
#           name                           = "kv-dr"
#           private_connection_resource_id = azurerm_key_vault.ml.id
#           subresource_names              = ["vault"]
#           is_manual_connection           = false
#         }
#       }
package holdfast.rules.network.resource_endpoints

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.network

# The services of which an endpoint is needed, each of them or one of several.
services := {
	"storage": [{"blob"}, {"file"}],
	"data_storage": [{"blob", "dfs"}],
	"key_vault": [{"vault"}],
	"container_registry": [{"registry"}],
}

deny contains finding.about(found, sprintf("%s %s", [user.workspace.name, service])) if {
	some [subject, it] in judged
	network.closed(it) == "endpoints"
	pair := estate.pair(subject)
	some user in network.users(pair, it)
	not by_service(user.workspace)
	some alternatives in services[user.relation]
	lacking(pair, it, user.workspace, alternatives)
	service := concat(" or ", sort(alternatives))
	message := sprintf(
		`"%s" is closed to the internet, and no private endpoint for %s serves the network of "%s"; expected is one`,
		[it.name, service, user.workspace.name],
	)
	found := finding.of(subject, it, "", message)
}

pass contains subject.id if {
	some [subject, it] in judged
	network.closed(it) == "endpoints"
	pair := estate.pair(subject)
	users := network.users(pair, it)
	users != set()
	every user in users {
		served(pair, it, user)
	}
}

exempt contains finding.exempt(subject, "it takes traffic from everywhere") if {
	some [subject, it] in judged
	network.reachable_by_all(it)
}

exempt contains finding.exempt(subject, "its firewall admits networks (HF-NET-007)") if {
	some [subject, it] in judged
	network.closed(it) == "firewall"
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("associated_resource")
	reason := network.of_hub(estate.pair(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some [subject, it] in judged
	some user in network.users(estate.pair(subject), it)
	not network.managed(user.workspace)
	reason := network.homeless(user.workspace)
}

judged contains [subject, it] if {
	some subject in estate.subjects("associated_resource")
	it := estate.resource(subject)
}

served(_, _, user) if by_service(user.workspace)

served(pair, it, user) if {
	other := estate.counterpart(pair, user.workspace)
	every alternatives in services[user.relation] {
		some service in alternatives
		some endpoint in network.endpoints(it, service)
		network.approved(endpoint)
		network.serves(endpoint, user.workspace, other)
	}
}

# The service itself leads the computes of a managed network to what the workspace uses, and the
# workspace has no other network.
by_service(workspace) if {
	network.managed(workspace)
	network.networks(workspace) == set()
}

lacking(pair, it, workspace, alternatives) if {
	network.surveyed(workspace)
	some home in network.networks(workspace)
	estate.complete_in("Microsoft.Network/privateEndpoints", estate.resource(home).id)
	estate.complete_in("Microsoft.Network/virtualNetworks", estate.resource(home).id)
	other := estate.counterpart(pair, workspace)
	every reference in object.get(it, ["relations", "private_endpoints"], []) {
		wrong(estate.held(reference), workspace, other, alternatives)
	}
}

# An endpoint for another service, in another place, or not approved.
wrong(endpoint, _, _, alternatives) if {
	groups := network.groups(endpoint)
	groups != set()
	groups & alternatives == set()
}

wrong(endpoint, workspace, other, _) if network.useless(endpoint, workspace, other)

wrong(endpoint, _, _, _) if network.refused(endpoint)
