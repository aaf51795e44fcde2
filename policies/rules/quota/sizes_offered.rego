# METADATA
# title: The VM sizes in use are offered in the failover region
# description: |
#   Not every VM size exists in every region, and what the failover region does not offer can be made
#   there neither before nor during an outage. Judged are clusters, compute instances and managed online
#   deployments of the primary against the list of Azure ML for the region and subscription of the
#   secondary. A size that is about to be retired is left to HF-RET-004.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-compute-target
# custom:
#   id: HF-QUOTA-003
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 8.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/locations/vmSizes: [/value]
#     Microsoft.MachineLearningServices/workspaces: [/location]
#     Microsoft.MachineLearningServices/workspaces/computes:
#       - /properties/computeType
#       - /properties/properties/vmSize
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints: [{any_of: ["", /kind]}]
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments:
#       - {any_of: ["", /properties/instanceType]}
#       - {any_of: ["", /properties/endpointComputeType]}
#   absence:
#     - Microsoft.MachineLearningServices/workspaces/computes
#     - Microsoft.MachineLearningServices/workspaces/onlineEndpoints
#     - Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments
#   static: no
#   seeds: [S21, S29]
#   change: replacement
#   cost: "low: other VM size"
#   remediation:
#     text: Pick a size that both regions offer.
#     cli: az ml compute list-sizes -l <region2> --query "[].name"
#     bicep: |
#       @allowed(['Standard_D4s_v5', 'Standard_E8s_v5'])
#       param vmSize string
#     terraform: |
#       variable "vm_size" {
#         type = string
#         validation {
#           condition     = contains(["Standard_D4s_v5", "Standard_E8s_v5"], var.vm_size)
#           error_message = "Use a size that both regions offer."
#         }
#       }
package holdfast.rules.quota.sizes_offered

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.quota

deny contains finding.about(finding.related(found, others), size) if {
	some [subject, primary, secondary] in judged
	some size in {lower(use.size) | some use in uses(primary)}
	not offered(secondary, size)
	users := sort([[use.user, use.pointer, use.size] | some use in uses(primary); lower(use.size) == size])
	user := input.resources[users[0][0]]
	others := [{"resource": input.resources[users[i][0]], "message": "Uses the same size"} |
		some i, _ in users
		i > 0
	]
	message := sprintf(
		`"%s" uses VMs of size %s, which %s does not offer; expected is a size of both regions`,
		[user.name, users[0][2], secondary.location],
	)
	found := finding.of(subject, user, users[0][1], message)
}

pass contains subject.id if {
	some [subject, primary, secondary] in judged
	whole(primary)
	count(uses(primary)) > 0
	every use in uses(primary) {
		offered(secondary, use.size)
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	whole(primary)
	uses(primary) == set()
	reason := sprintf(`"%s" has no compute or managed deployment`, [primary.name])
}

# Subject and members of the pairs with a list of sizes for the failover region.
judged contains [subject, estate.primary(pair), secondary] if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	secondary := estate.secondary(pair)
	some list in estate.related(secondary, "vm_sizes")
	is_array(list.value)
}

offered(workspace, size) if compute.listed(workspace, size)

# What a workspace uses: size, user, pointer.
uses(workspace) := {use |
	some it in estate.related(workspace, "computes")
	compute.kind(it) in {"amlcompute", "computeinstance"}
	size := it.properties.properties.vmSize
	use := {"size": size, "user": it.id, "pointer": "/properties/properties/vmSize"}
} | {use |
	some endpoint in estate.related(workspace, "online_endpoints")
	some deployment in estate.related(endpoint, "deployments")
	quota.managed(endpoint, deployment)
	size := deployment.properties.instanceType
	use := {"size": size, "user": deployment.id, "pointer": "/properties/instanceType"}
}

# Whether everything that a workspace uses is known.
whole(workspace) if {
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/computes", workspace.id)
	every reference in object.get(workspace, ["relations", "computes"], []) {
		sized(estate.held(reference))
	}
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/onlineEndpoints", workspace.id)
	every reference in object.get(workspace, ["relations", "online_endpoints"], []) {
		endpoint := estate.held(reference)
		estate.complete_in("Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments", endpoint.id)
		every deployment in object.get(endpoint, ["relations", "deployments"], []) {
			deployed(endpoint, estate.held(deployment))
		}
	}
}

sized(it) if compute.kind(it) in compute.attached_kinds

sized(it) if {
	compute.kind(it) in {"amlcompute", "computeinstance"}
	is_string(it.properties.properties.vmSize)
}

deployed(endpoint, deployment) if quota.elsewhere(endpoint, deployment)

deployed(endpoint, deployment) if {
	quota.managed(endpoint, deployment)
	is_string(deployment.properties.instanceType)
}
