# METADATA
# title: Compute runs in the region of its workspace
# description: |
#   A cluster or compute instance may lie in another region than its workspace. One of the primary that
#   lies in the failover region shares the fate of both, and every job waits for two regions instead of
#   one. Without a location of its own a compute is created where its workspace is.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-create-attach-compute-cluster
# custom:
#   id: HF-COMP-002
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: workspace
#   subject: compute
#   tier: training
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/computes:
#       - /properties/computeType
#       - {any_of: [/location, /properties/computeLocation]}
#     Microsoft.MachineLearningServices/workspaces: [/location]
#   static: yes
#   seeds: [S20, S29]
#   change: replacement
#   cost: none
#   remediation:
#     text: Create the compute in the region of the workspace.
#     cli: az ml compute show -n <compute> -w <ws> -g <rg> --query location
#     bicep: |
#       location: ws.location
#     terraform: |
#       resource "azurerm_machine_learning_compute_cluster" "cpu" {
#         name                          = "cpu"
#         location                      = azurerm_machine_learning_workspace.ml.location
#         machine_learning_workspace_id = azurerm_machine_learning_workspace.ml.id
#         vm_priority                   = "Dedicated"
#         vm_size                       = var.vm_size
#         scale_settings {
#           min_node_count                       = 0
#           max_node_count                       = 4
#           scale_down_nodes_after_idle_duration = "PT30M"
#         }
#       }
package holdfast.rules.compute.compute_region

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, it, pointer, message) if {
	some [subject, it, workspace] in judged
	[pointer, region] := place(it)
	region != workspace.location
	message := sprintf(
		`"%s" runs in %s, but its workspace "%s" lies in %s; expected is one region`,
		[it.name, region, workspace.name, workspace.location],
	)
}

pass contains subject.id if {
	some [subject, it, workspace] in judged
	place(it)[1] == workspace.location
}

pass contains subject.id if {
	some [subject, it, workspace] in judged
	is_string(workspace.location)
	estate.absent(it, ["location"])
	estate.absent(it, ["properties", "computeLocation"])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("compute")
	it := estate.resource(subject)
	not managed(it)
	reason := sprintf(`"%s" is a compute of type %s, not one of the service`, [it.name, it.properties.computeType])
}

# Subject, compute and workspace of what the service runs.
judged contains [subject, it, estate.resource(subject.workspace)] if {
	some subject in estate.subjects("compute")
	it := estate.resource(subject)
	managed(it)
}

managed(it) if compute.kind(it) in {"amlcompute", "computeinstance"}

# Where the VMs are, and which property says so.
place(it) := ["/properties/computeLocation", region] if {
	region := lower(replace(it.properties.computeLocation, " ", ""))
	region != ""
}

place(it) := ["/location", it.location] if estate.empty(it, ["properties", "computeLocation"])
