# METADATA
# title: "Managed virtual network: equal isolation and outbound rules, already provisioned"
# description: |
#   With a managed network the service decides what computes can reach. A failover workspace with another
#   isolation mode, or without an outbound rule that the primary has, runs the same jobs into closed doors.
#   Both directions of a difference are one finding. The rules that the service makes itself are left out;
#   a service tag of the own region counts as the same on both sides, and so do private endpoints to what
#   each workspace has for itself. The network is provisioned with the first compute unless asked before:
#   in an active member that must have happened. This rule owns the isolation mode (not HF-WS-003).
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-managed-network
#   - ref: https://learn.microsoft.com/azure/templates/microsoft.machinelearningservices/workspaces/outboundrules
# custom:
#   id: HF-NET-006
#   level: {active-active: error, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - {any_of: ["", /location]}
#       - {any_of: ["", /properties/managedNetwork/isolationMode]}
#       - {any_of: ["", /properties/managedNetwork/status/status]}
#       - {any_of: ["", /properties/provisionNetworkNow]}
#       - {any_of: ["", /properties/managedNetwork/outboundRules]}
#     Microsoft.MachineLearningServices/workspaces/outboundRules:
#       - {any_of: ["", /properties/type]}
#       - {any_of: ["", /properties/category]}
#       - {any_of: ["", /properties/destination]}
#   absence: [Microsoft.MachineLearningServices/workspaces/outboundRules]
#   static: yes
#   seeds: [S43]
#   change: irreversible
#   cost: "low: managed network rules, firewall with FQDN rules"
#   remediation:
#     text: Copy the outbound rules and provision the network in advance.
#     cli: |
#       az ml workspace outbound-rule set -w <ws-dr> -g <rg> --rule pypi --type fqdn --destination pypi.org
#       az ml workspace provision-network -n <ws-dr> -g <rg>
#     bicep: |
#       resource ws 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = {
#         name: 'ws-${region}'
#         location: region
#         identity: { type: 'SystemAssigned' }
#         properties: {
#           managedNetwork: { isolationMode: 'AllowOnlyApprovedOutbound', outboundRules: rules }
#           provisionNetworkNow: true
#         }
#       }
#     terraform: |
#       resource "azurerm_machine_learning_workspace_network_outbound_rule_fqdn" "pypi" {
#         for_each         = toset([var.primary_workspace_id, var.secondary_workspace_id])
#         name             = "pypi"
#         workspace_id     = each.value
#         destination_fqdn = "pypi.org"
#       }
package holdfast.rules.network.managed_network

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.network

type := "Microsoft.MachineLearningServices/workspaces/outboundRules"

deny contains finding.related(found, [{"resource": other, "message": "The other workspace of the pair"}]) if {
	some subject in estate.subjects("workspace_pair")
	workspace := estate.resource(subject)
	other := estate.counterpart(estate.pair(subject), workspace)
	here := mode(workspace)
	there := mode(other)
	here != there
	message := sprintf(
		`the managed network of "%s" is in the mode %s, that of "%s" in the mode %s; expected is the same on both`,
		[workspace.name, here, other.name, there],
	)
	found := finding.of(subject, workspace, "/properties/managedNetwork/isolationMode", message)
}

deny contains finding.of(subject, workspace, "/properties/managedNetwork/status/status", message) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	some workspace in active(pair)
	network.managed(workspace)
	lower(workspace.properties.managedNetwork.status.status) == "inactive"
	message := sprintf(
		`the managed network of "%s" is not provisioned yet; expected is the status Active`,
		[workspace.name],
	)
}

deny contains finding.related(found, [{"resource": other, "message": "The other workspace of the pair"}]) if {
	some subject in estate.subjects("workspace_pair")
	workspace := estate.resource(subject)
	other := estate.counterpart(estate.pair(subject), workspace)
	mode(workspace) == mode(other)
	differences := array.concat(lacking(workspace, other), lacking(other, workspace))
	count(differences) > 0
	message := sprintf("the outbound rules of the managed networks differ: %s; expected are the same rules on both", [concat("; ", differences)])
	found := finding.of(subject, workspace, "/properties/managedNetwork/outboundRules", message)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	[first, second] := estate.members(pair)
	mode(first) == mode(second)
	network.managed(first)
	every workspace in [first, second] {
		listed(workspace)
		provisioned(pair, workspace)
	}
	every rule in own_rules(first) {
		matched(rule, first, second)
	}
	every rule in own_rules(second) {
		matched(rule, second, first)
	}
}

exempt contains finding.exempt(subject, "neither workspace has a managed network") if {
	some subject in estate.subjects("workspace_pair")
	every workspace in estate.members(estate.pair(subject)) {
		mode(workspace) == "disabled"
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	reason := network.of_hub(estate.pair(subject))
}

mode(workspace) := lower(workspace.properties.managedNetwork.isolationMode)

# Azure makes no managed network unless asked for one.
mode(workspace) := "disabled" if estate.absent(workspace, ["properties", "managedNetwork", "isolationMode"])

# The members whose network must exist before the failover.
active(pair) := estate.members(pair) if pair.tier.overall in {"active-active", "active-standby"}

active(pair) := [estate.primary(pair)] if pair.tier.overall == "active-passive"

provisioned(_, workspace) if lower(workspace.properties.managedNetwork.status.status) == "active"

provisioned(_, workspace) if {
	input.source == "iac"
	estate.absent(workspace, ["properties", "managedNetwork", "status", "status"])
	workspace.properties.provisionNetworkNow == true
}

provisioned(pair, workspace) if {
	pair.tier.overall == "active-passive"
	estate.same(workspace, estate.secondary(pair))
}

# Whether all rules of a workspace were read.
listed(workspace) if {
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/outboundRules", workspace.id)
	network.certain(workspace, ["properties", "managedNetwork", "outboundRules"])
}

# The rules that somebody made, not the service.
own_rules(workspace) := [rule |
	some rule in estate.related(workspace, "outbound_rules")
	not made_by_service(rule)
]

made_by_service(rule) if lower(rule.properties.category) in {"required", "recommended", "dependency"}

# What a workspace has that the other one is proved not to have, in words.
lacking(workspace, other) := [text |
	listed(other)
	some rule in own_rules(workspace)
	every reference in object.get(other, ["relations", "outbound_rules"], []) {
		differ(rule, estate.held(reference), workspace, other)
	}
	text := sprintf(`"%s" has no rule like "%s" of "%s"`, [other.name, rule.name, workspace.name])
]

matched(rule, workspace, other) if {
	some candidate in own_rules(other)
	alike(rule, candidate, workspace, other)
}

alike(rule, candidate, workspace, other) if shape(rule, workspace) == shape(candidate, other)

alike(rule, candidate, workspace, other) if {
	private(rule) == private(candidate)
	same_target(rule.relations.target[0], candidate.relations.target[0], workspace, other)
}

differ(rule, candidate, workspace, other) if shape(rule, workspace) != shape(candidate, other)

differ(rule, candidate, _, _) if kind(rule) != kind(candidate)

differ(rule, candidate, _, _) if private(rule) != private(candidate)

differ(rule, candidate, workspace, other) if {
	one := rule.relations.target[0]
	two := candidate.relations.target[0]
	estate.distinct(one, two)
	not counterparts(one, two, workspace, other)
}

kind(rule) := lower(rule.properties.type)

# What a rule admits, told without the region.
shape(rule, _) := ["fqdn", lower(rule.properties.destination)] if kind(rule) == "fqdn"

shape(rule, workspace) := [
	"servicetag", tag(rule.properties.destination.serviceTag, workspace),
	lower(object.get(rule.properties.destination, "protocol", "tcp")),
	object.get(rule.properties.destination, "portRanges", ""),
] if {
	kind(rule) == "servicetag"
}

# The service behind a private endpoint.
private(rule) := lower(rule.properties.destination.subresourceTarget) if kind(rule) == "privateendpoint"

# A tag with the region of its workspace is the same as the one of the other region.
tag(name, workspace) := concat(".", [parts[0], "<region>"]) if {
	parts := split(lower(name), ".")
	count(parts) == 2
	parts[1] == workspace.location
}

tag(name, workspace) := lower(name) if not endswith(lower(name), concat("", [".", workspace.location]))

same_target(one, two, _, _) if estate.same(one, two)

same_target(one, two, workspace, other) if counterparts(one, two, workspace, other)

# Each is what its own workspace is associated with.
counterparts(one, two, workspace, other) if {
	some relation in ["storage", "key_vault", "container_registry"]
	estate.same(one, estate.associated(workspace, relation))
	estate.same(two, estate.associated(other, relation))
}
