# METADATA
# title: Every production compute cluster has an equivalent in the failover workspace
# description: |
#   Clusters are created after the workspace and belong to it, so jobs find none after a failover unless
#   somebody made them there. What counts is a cluster of the same name and VM family that may grow to
#   the share of the primary that the training tier asks for (min_capacity_ratio). At zero nodes it costs
#   nothing. Workspaces that only use serverless compute have nothing to compare.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-create-attach-compute-cluster
# custom:
#   id: HF-COMP-001
#   level: {active-active: error, active-standby: warning, active-passive: note}
#   score: 7.0
#   scope: pair
#   subject: primary_compute
#   tier: training
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/computes:
#       - /properties/computeType
#       - /properties/properties/vmSize
#       - /properties/properties/scaleSettings/maxNodeCount
#       - /properties/provisioningState
#     Microsoft.MachineLearningServices/locations/vmSizes: [{any_of: ["", /value]}]
#   absence: [Microsoft.MachineLearningServices/workspaces/computes]
#   static: yes
#   seeds: [S08, S17, S29]
#   change: in-place
#   cost: none at 0 minimum nodes
#   remediation:
#     text: Create the cluster in the failover workspace; 0 minimum nodes cost nothing.
#     cli: >-
#       az ml compute create --type amlcompute -n <cluster> -w <ws-dr> -g <rg> --size <vmSize>
#       --min-instances 0 --max-instances <n>
#     bicep: |
#       resource cluster 'Microsoft.MachineLearningServices/workspaces/computes@2024-10-01' = {
#         parent: wsDr
#         name: 'cpu'
#         location: secondary
#         properties: {
#           computeType: 'AmlCompute'
#           properties: { vmSize: vmSize, scaleSettings: { minNodeCount: 0, maxNodeCount: 4 } }
#         }
#       }
#     terraform: |
#       resource "azurerm_machine_learning_compute_cluster" "dr" {
#         name                          = "cpu"
#         location                      = var.secondary
#         machine_learning_workspace_id = azurerm_machine_learning_workspace.dr.id
#         vm_priority                   = "Dedicated"
#         vm_size                       = var.vm_size
#         scale_settings {
#           min_node_count                       = 0
#           max_node_count                       = 4
#           scale_down_nodes_after_idle_duration = "PT30M"
#         }
#       }
package holdfast.rules.compute.cluster_counterpart

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.twins

deny contains finding.related(found, [{"resource": cluster, "message": "The cluster of the primary"}]) if {
	some [subject, cluster, _, secondary] in judged
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/computes", secondary.id)
	twins.lacking(secondary, "computes", cluster.name)
	message := sprintf(
		`"%s" has no equivalent of the cluster "%s"; expected is a cluster named "%s"%s`,
		[secondary.name, cluster.name, twins.mapped(cluster.name), of_size(cluster)],
	)
	found := finding.of(subject, secondary, "", message)
}

deny contains finding.of(subject, twin, "/properties/computeType", message) if {
	some [subject, cluster, twin] in compared
	compute.kind(twin) != "amlcompute"
	message := sprintf(
		`"%s" in the failover workspace is a compute of type %s; expected is a cluster like "%s" of the primary`,
		[twin.name, twin.properties.computeType, cluster.name],
	)
}

deny contains finding.of(subject, twin, "/properties/properties/vmSize", message) if {
	some [subject, cluster, twin] in compared
	compute.other_family(failover(subject), size(cluster), size(twin))
	message := sprintf(
		`"%s" in the failover workspace has VMs of size %s, the primary of size %s; expected is one VM family`,
		[twin.name, size(twin), size(cluster)],
	)
}

deny contains finding.of(subject, twin, "/properties/properties/scaleSettings/maxNodeCount", message) if {
	some [subject, cluster, twin] in compared
	nodes(twin) < needed(subject, cluster)
	message := sprintf(
		`"%s" in the failover workspace grows to %v nodes, the primary to %v; expected are at least %v`,
		[twin.name, nodes(twin), nodes(cluster), needed(subject, cluster)],
	)
}

deny contains finding.of(subject, twin, "/properties/provisioningState", message) if {
	some [subject, _, twin] in compared
	state := twin.properties.provisioningState
	lower(state) in {"failed", "canceled"}
	message := sprintf(
		`"%s" in the failover workspace is in the provisioning state %s; expected is Succeeded`,
		[twin.name, state],
	)
}

pass contains subject.id if {
	some [subject, cluster, twin] in compared
	compute.kind(twin) == "amlcompute"
	compute.same_family(failover(subject), size(cluster), size(twin))
	nodes(twin) >= needed(subject, cluster)
	estate.provisioned(twin)
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("primary_compute")
	reason := compute.no_cluster(estate.resource(subject))
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("primary_compute")
	environment := estate.pair_outside_production(estate.pair(subject))
}

# Subject, cluster and members of the pairs whose direction is known.
judged contains [subject, cluster, estate.primary(pair), estate.secondary(pair)] if {
	some subject in estate.subjects("primary_compute")
	cluster := estate.resource(subject)
	compute.kind(cluster) == "amlcompute"
	pair := estate.pair(subject)
}

# Subject, cluster and what has its name in the failover workspace.
compared contains [subject, cluster, twin] if {
	some [subject, cluster, _, secondary] in judged
	twin := twins.twin(secondary, "computes", cluster.name)
}

failover(subject) := estate.secondary(estate.pair(subject))

of_size(cluster) := sprintf(" of size %s", [size(cluster)]) if sized(cluster)

of_size(cluster) := "" if not sized(cluster)

sized(cluster) if is_string(size(cluster))

size(it) := it.properties.properties.vmSize

nodes(it) := it.properties.properties.scaleSettings.maxNodeCount

# How many nodes the tier of the pair asks for.
needed(subject, cluster) := ceil(ratio * nodes(cluster)) if {
	ratio := input.parameters.min_capacity_ratio[estate.pair(subject).tier.training]
}
