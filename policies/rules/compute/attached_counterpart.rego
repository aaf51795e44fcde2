# METADATA
# title: Attached computes have a counterpart on the failover workspace
# description: |
#   What is attached, not made by the service, is yours to keep available: a virtual machine, a Synapse
#   pool or a data factory fails with its region. The failover workspace needs one of the same name and
#   type that leads to another resource in its own region. Kubernetes, Databricks and HDInsight have
#   rules of their own (HF-AKS-003, HF-DBX-001, HF-HDI-001).
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-train-with-custom-image
# custom:
#   id: HF-COMP-005
#   level: {active-active: error, active-standby: warning, active-passive: note}
#   score: 6.0
#   scope: pair
#   subject: primary_compute
#   tier: training
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/computes:
#       - /properties/computeType
#       - /properties/resourceId
#     Microsoft.MachineLearningServices/workspaces: [/location]
#     Microsoft.Compute/virtualMachines: [{any_of: ["", /location]}]
#     Microsoft.Synapse/workspaces/bigDataPools: [{any_of: ["", /location]}]
#     Microsoft.DataFactory/factories: [{any_of: ["", /location]}]
#   absence: [Microsoft.MachineLearningServices/workspaces/computes]
#   static: yes
#   seeds: [S09, S18, S29, S41]
#   change: in-place
#   cost: "medium: second attached compute"
#   remediation:
#     text: Attach a counterpart of the failover region under the same name.
#     cli: az ml compute attach --type SynapseSpark -n <compute> -w <ws-dr> -g <rg> --resource-id <pool-dr-id>
#     bicep: |
#       properties: { computeType: 'SynapseSpark', resourceId: sparkPoolDr.id }
#     terraform: |
#       resource "azurerm_machine_learning_synapse_spark" "dr" {
#         name                          = "spark"
#         location                      = var.secondary
#         machine_learning_workspace_id = azurerm_machine_learning_workspace.dr.id
#         synapse_spark_pool_id         = azurerm_synapse_spark_pool.dr.id
#       }
package holdfast.rules.compute.attached_counterpart

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.twins

deny contains finding.related(found, [{"resource": it, "message": "The attached compute of the primary"}]) if {
	some [subject, it, secondary] in judged
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/computes", secondary.id)
	twins.lacking(secondary, "computes", it.name)
	message := sprintf(
		`"%s" has no counterpart of "%s", an attached compute of type %s; expected is one under the name "%s"`,
		[secondary.name, it.name, it.properties.computeType, twins.mapped(it.name)],
	)
	found := finding.of(subject, secondary, "", message)
}

deny contains finding.of(subject, twin, "/properties/computeType", message) if {
	some [subject, it, twin, _] in compared
	compute.kind(twin) != compute.kind(it)
	message := sprintf(
		`"%s" in the failover workspace is a compute of type %s; expected is %s as in the primary`,
		[twin.name, twin.properties.computeType, it.properties.computeType],
	)
}

deny contains finding.of(subject, twin, "/properties/resourceId", message) if {
	some [subject, it, twin, _] in compared
	target := estate.associated(twin, "attached")
	estate.same(target, estate.associated(it, "attached"))
	message := sprintf(
		`"%s" leads to "%s" in both workspaces, which fails with its region; expected is one per region`,
		[twin.name, target.name],
	)
}

deny contains finding.of(subject, twin, "/properties/resourceId", message) if {
	some [subject, it, twin, secondary] in compared
	reference := estate.associated(twin, "attached")
	not estate.same(reference, estate.associated(it, "attached"))
	target := estate.resource(reference)
	target.location != secondary.location
	message := sprintf(
		`"%s" of "%s" leads to "%s" in %s; expected is one in %s`,
		[twin.name, secondary.name, target.name, target.location, secondary.location],
	)
}

pass contains subject.id if {
	some [subject, it, twin, secondary] in compared
	compute.kind(twin) == compute.kind(it)
	reference := estate.associated(twin, "attached")
	estate.distinct(reference, estate.associated(it, "attached"))
	estate.resource(reference).location == secondary.location
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("primary_compute")
	it := estate.resource(subject)
	not compute.kind(it) in compute.attached_kinds
	reason := sprintf(`"%s" is a compute of type %s and not attached`, [it.name, it.properties.computeType])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("primary_compute")
	it := estate.resource(subject)
	reason := sprintf(`"%s" is judged by %s`, [it.name, owners[compute.kind(it)]])
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("primary_compute")
	environment := estate.pair_outside_production(estate.pair(subject))
}

# The rules that own a type of compute.
owners := {
	"kubernetes": "HF-AKS-003",
	"aks": "HF-AKS-003",
	"databricks": "HF-DBX-001",
	"hdinsight": "HF-HDI-001",
}

judged contains [subject, it, estate.secondary(estate.pair(subject))] if {
	some subject in estate.subjects("primary_compute")
	it := estate.resource(subject)
	compute.kind(it) in compute.attached_kinds
}

compared contains [subject, it, twin, secondary] if {
	some [subject, it, secondary] in judged
	twin := twins.twin(secondary, "computes", it.name)
}
