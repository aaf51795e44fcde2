# METADATA
# title: Production clusters use dedicated, not low-priority VMs
# description: |
#   Capacity of low priority is taken back first when a region runs short, which is exactly what happens
#   when everybody fails over into it. The offer itself ended on 31 March 2026, so this rule is the one
#   that reports it. A cluster that says nothing is dedicated.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/well-architected/service-guides/azure-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-manage-optimize-cost
# custom:
#   id: HF-COMP-003
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 7.0
#   scope: workspace
#   subject: compute
#   tier: training
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/computes:
#       - /properties/computeType
#       - /properties/properties/vmPriority
#   static: yes
#   seeds: [S08, S17]
#   change: replacement
#   cost: "high: dedicated over low-priority price"
#   remediation:
#     text: Create the cluster anew with dedicated VMs.
#     cli: az ml compute create --type amlcompute -n <cluster> -w <ws> -g <rg> --size <vmSize> --tier dedicated
#     bicep: |
#       properties: { vmPriority: 'Dedicated' }
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
package holdfast.rules.compute.dedicated_priority

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, cluster, "/properties/properties/vmPriority", message) if {
	some [subject, cluster] in judged
	lower(cluster.properties.properties.vmPriority) == "lowpriority"
	message := sprintf(
		`"%s" runs on low-priority VMs, which are withdrawn first and no longer offered; expected is Dedicated`,
		[cluster.name],
	)
}

pass contains subject.id if {
	some [subject, cluster] in judged
	lower(cluster.properties.properties.vmPriority) == "dedicated"
}

pass contains subject.id if {
	some [subject, cluster] in judged
	estate.absent(cluster, ["properties", "properties", "vmPriority"])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("compute")
	reason := compute.no_cluster(estate.resource(subject))
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("compute")
	environment := estate.outside_production(estate.resource(subject.workspace))
}

judged contains [subject, cluster] if {
	some subject in estate.subjects("compute")
	cluster := estate.resource(subject)
	compute.kind(cluster) == "amlcompute"
}
