# METADATA
# title: Firewalls of shared resources admit the failover network
# description: |
#   A vault or data account that both workspaces use, and that admits networks by its firewall, must admit
#   those of the failover workspace before they are needed: while a vault has failed over its firewall
#   cannot be edited. Admitted are a subnet of its computes (or one of its networks, where no compute is
#   known), the workspace by a resource rule, or a private endpoint in its network. What is closed to all
#   networks belongs to HF-NET-003. The firewall of a registry knows no networks, only addresses.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/reliability/reliability-key-vault
#   - ref: https://learn.microsoft.com/azure/storage/common/storage-network-security
#   - ref: https://learn.microsoft.com/azure/key-vault/general/network-security
# custom:
#   id: HF-NET-007
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: pair
#   subject: associated_resource
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - any_of: ["", /properties/storageAccount, /properties/keyVault, /properties/containerRegistry]
#       - {any_of: ["", /properties/serverlessComputeSettings/serverlessComputeCustomSubnet]}
#     Microsoft.MachineLearningServices/workspaces/computes: [{any_of: ["", /properties/properties/subnet/id]}]
#     Microsoft.Storage/storageAccounts:
#       - {any_of: [/properties/publicNetworkAccess, /properties/networkAcls]}
#       - {any_of: ["", /properties/networkAcls/virtualNetworkRules]}
#       - {any_of: ["", /properties/networkAcls/resourceAccessRules]}
#     Microsoft.KeyVault/vaults:
#       - {any_of: [/properties/publicNetworkAccess, /properties/networkAcls]}
#       - {any_of: ["", /properties/networkAcls/virtualNetworkRules]}
#     Microsoft.ContainerRegistry/registries:
#       - {any_of: [/properties/publicNetworkAccess, /properties/networkRuleSet]}
#     Microsoft.Network/privateEndpoints: [{any_of: ["", /properties/subnet/id]}]
#     Microsoft.Network/virtualNetworks: [{any_of: ["", /properties/virtualNetworkPeerings]}]
#   absence: [Microsoft.Network/privateEndpoints]
#   static: yes
#   seeds: [S43, S44]
#   change: in-place
#   cost: none
#   remediation:
#     text: Allow the failover subnet.
#     cli: |
#       az storage account network-rule add -n <data> -g <rg> --subnet <subnet-dr-id>
#       az keyvault network-rule add -n <kv> -g <rg> --subnet <subnet-dr-id>
#     bicep: |
#       networkAcls: {
#         defaultAction: 'Deny'
#         virtualNetworkRules: [ { id: subnet.id }, { id: subnetDr.id } ]
#       }
#     terraform: |
#       resource "azurerm_storage_account_network_rules" "data" {
#         storage_account_id         = azurerm_storage_account.data.id
#         default_action             = "Deny"
#         virtual_network_subnet_ids = [azurerm_subnet.ml.id, azurerm_subnet.ml_dr.id]
#       }
package holdfast.rules.network.firewall_admits

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.network

deny contains finding.about(found, workspace.name) if {
	some [subject, it] in judged
	network.closed(it) == "firewall"
	pair := estate.pair(subject)
	shared(pair, it)
	some workspace in estate.members(pair)
	shut_out(pair, it, workspace)
	message := sprintf(
		`the firewall of "%s" does not admit "%s"; expected is a rule for its subnet, or a private endpoint in its network`,
		[it.name, workspace.name],
	)
	pointer := sprintf("/properties/%s/virtualNetworkRules", [network.firewall(it)])
	found := finding.of(subject, it, pointer, message)
}

pass contains subject.id if {
	some [subject, it] in judged
	network.closed(it) == "firewall"
	pair := estate.pair(subject)
	shared(pair, it)
	every workspace in estate.members(pair) {
		admitted(pair, it, workspace)
	}
}

exempt contains finding.exempt(subject, "only one workspace of the pair uses it") if {
	some [subject, it] in judged
	pair := estate.pair(subject)
	[first, second] := estate.members(pair)
	some [user, other] in [[first, second], [second, first]]
	user in {one.workspace | some one in network.users(pair, it)}
	unused(it, other)
}

exempt contains finding.exempt(subject, "it takes traffic from everywhere") if {
	some [subject, it] in judged
	network.reachable_by_all(it)
}

exempt contains finding.exempt(subject, "its firewall admits no networks (HF-NET-003)") if {
	some [subject, it] in judged
	network.closed(it) == "endpoints"
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("associated_resource")
	reason := network.of_hub(estate.pair(subject))
}

# How a workspace is associated with what is no storage account.
uses := {
	"microsoft.containerregistry/registries": "container_registry",
	"microsoft.keyvault/vaults": "key_vault",
}

judged contains [subject, it] if {
	some subject in estate.subjects("associated_resource")
	it := estate.resource(subject)
}

shared(pair, it) if count({user.workspace | some user in network.users(pair, it)}) == 2

# Whether a workspace is proved not to be associated with a resource. A data account is shared unless it is
# the default storage of one of them.
unused(it, workspace) if estate.distinct(estate.associated(workspace, uses[it.type]), it)

unused(it, workspace) if {
	it.type == "microsoft.storage/storageaccounts"
	estate.distinct(estate.associated(workspace, "storage"), it)
	every reference in object.get(workspace, ["relations", "datastores"], []) {
		elsewhere(estate.resource(reference), it)
	}
}

elsewhere(datastore, it) if {
	every account in object.get(datastore, ["relations", "account"], []) {
		estate.distinct(account, it)
	}
}

# The subnets from which the computes of a workspace come.
subnets(workspace) := {object.filter(reference, ["id", "name", "exact"]) |
	some compute in estate.related(workspace, "computes")
	some reference in object.get(compute, ["relations", "subnet"], [])
} | {object.filter(reference, ["id", "name", "exact"]) |
	some reference in object.get(workspace, ["relations", "serverless_subnet"], [])
}

admitted(_, it, workspace) if {
	every subnet in subnets(workspace) {
		some allowed in it.relations.allowed_subnets
		estate.same(allowed, subnet)
	}
	subnets(workspace) != set()
}

admitted(_, it, workspace) if {
	subnets(workspace) == set()
	some allowed in it.relations.allowed_networks
	some reference in network.networks(workspace)
	estate.same(allowed, reference)
}

admitted(_, it, workspace) if {
	some allowed in it.relations.allowed_resources
	estate.same(allowed, workspace)
}

admitted(pair, it, workspace) if {
	some endpoint in estate.related(it, "private_endpoints")
	network.approved(endpoint)
	network.serves(endpoint, workspace, estate.counterpart(pair, workspace))
}

# Whether nothing admits a workspace of which the networks are known.
shut_out(pair, it, workspace) if {
	known(workspace)
	refused(it, workspace)
	every allowed in object.get(it, ["relations", "allowed_resources"], []) {
		not contains(allowed.id, "*")
		estate.distinct(allowed, workspace)
	}
	estate.complete("Microsoft.Network/privateEndpoints")
	every reference in object.get(it, ["relations", "private_endpoints"], []) {
		network.useless(estate.held(reference), workspace, estate.counterpart(pair, workspace))
	}
}

known(workspace) if {
	network.networks(workspace) != set()
	every relation in ["private_endpoints", "computes"] {
		every reference in object.get(workspace, ["relations", relation], []) {
			estate.held(reference)
		}
	}
}

# A subnet of its computes is not admitted, or, where no compute is known, none of its networks.
refused(it, workspace) if {
	some subnet in subnets(workspace)
	every allowed in object.get(it, ["relations", "allowed_subnets"], []) {
		estate.distinct(allowed, subnet)
	}
}

refused(it, workspace) if {
	subnets(workspace) == set()
	every reference in network.networks(workspace) {
		every allowed in object.get(it, ["relations", "allowed_networks"], []) {
			estate.distinct(allowed, reference)
		}
	}
}
