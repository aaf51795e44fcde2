# METADATA
# title: Databricks attached to the workspace has a counterpart in the failover region
# description: |
#   A Databricks workspace has one region. The failover workspace needs a Databricks compute that leads to
#   another one, in its own region and of the Premium tier. A managed storage account with one copy in one
#   data centre is a note. The Standard tier is retired and left to HF-RET-004. Clusters and notebooks
#   inside Databricks cannot be seen from Azure and are not judged.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/databricks/admin/disaster-recovery
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-DBX-001
#   level: {active-active: error, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: pair
#   subject: primary_compute
#   tier: training
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location]
#     Microsoft.MachineLearningServices/workspaces/computes: [/properties/computeType, /properties/resourceId]
#     Microsoft.Databricks/workspaces:
#       - /location
#       - /sku/name
#       - {any_of: ["", /properties/parameters/storageAccountSkuName/value]}
#   absence: [Microsoft.MachineLearningServices/workspaces/computes]
#   static: partial
#   seeds: [S09, S18, S47]
#   change: in-place
#   cost: "medium: second workspace"
#   remediation:
#     text: Create a workspace in the failover region, attach it, and automate its content.
#     cli: az databricks workspace create -n <dbx-dr> -g <rg> -l <region2> --sku premium
#     bicep: |
#       resource dbxDr 'Microsoft.Databricks/workspaces@2024-05-01' = {
#         name: 'dbx-dr'
#         location: secondary
#         sku: { name: 'premium' }
#         properties: {
#           managedResourceGroupId: managedGroupId
#           parameters: { storageAccountSkuName: { value: 'Standard_GRS' } }
#         }
#       }
#     terraform: |
#       resource "azurerm_databricks_workspace" "dr" {
#         name                = "dbx-dr"
#         resource_group_name = azurerm_resource_group.dr.name
#         location            = var.secondary
#         sku                 = "premium"
#         custom_parameters {
#           storage_account_sku_name = "Standard_GRS"
#         }
#       }
package holdfast.rules.databricks.workspace_counterpart

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.related(found, [{"resource": it, "message": "The compute of the primary"}]) if {
	some [subject, it, secondary] in judged
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/computes", secondary.id)
	every reference in object.get(secondary, ["relations", "computes"], []) {
		compute.kind(estate.held(reference)) != "databricks"
	}
	message := sprintf(
		`"%s" has no Databricks compute, but the primary has "%s"; expected is one for a Databricks workspace in %s`,
		[secondary.name, it.name, secondary.location],
	)
	found := finding.of(subject, secondary, "", message)
}

deny contains finding.of(subject, twin, "/properties/resourceId", message) if {
	some [subject, it, twin, secondary] in compared
	target := behind(twin)
	estate.same(target, behind(it))
	not another(it, secondary)
	message := sprintf(
		`"%s" leads to "%s" in both workspaces, which fails with its region; expected is one per region`,
		[twin.name, target.name],
	)
}

deny contains finding.of(subject, brick, "/location", message) if {
	some [subject, it, twin, secondary] in compared
	brick := estate.resource(behind(twin))
	estate.distinct(behind(twin), behind(it))
	not another(it, secondary)
	brick.location != secondary.location
	message := sprintf(
		`"%s" behind "%s" lies in %s; expected is a Databricks workspace in %s`,
		[brick.name, twin.name, brick.location, secondary.location],
	)
}

deny contains finding.at_level(subject, brick, pointer, message, "note") if {
	some [subject, it, twin, _] in compared
	brick := estate.resource(behind(twin))
	estate.distinct(behind(twin), behind(it))
	pointer := "/properties/parameters/storageAccountSkuName/value"
	sku := brick.properties.parameters.storageAccountSkuName.value
	lower(sku) == "standard_lrs"
	message := sprintf(
		`"%s" keeps its managed storage in %s, in one data centre; expected is a zone- or geo-redundant kind`,
		[brick.name, sku],
	)
}

pass contains subject.id if {
	some [subject, it, twin, secondary] in compared
	fits(it, twin, secondary)
	every one in [it, twin] {
		premium(estate.resource(behind(one)))
	}
	redundant(estate.resource(behind(twin)))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("primary_compute")
	it := estate.resource(subject)
	compute.kind(it) != "databricks"
	reason := sprintf(`"%s" is a compute of type %s`, [it.name, it.properties.computeType])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("primary_compute")
	brick := estate.resource(behind(estate.resource(subject)))
	lower(brick.sku.name) == "standard"
	reason := sprintf(`"%s" is of the Standard tier, which is retired (HF-RET-004)`, [brick.name])
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("primary_compute")
	environment := estate.pair_outside_production(estate.pair(subject))
}

# Subject, compute and secondary of the pairs whose direction is known.
judged contains [subject, it, estate.secondary(estate.pair(subject))] if {
	some subject in estate.subjects("primary_compute")
	it := estate.resource(subject)
	compute.kind(it) == "databricks"
}

# The same with each Databricks compute of the secondary.
compared contains [subject, it, twin, secondary] if {
	some [subject, it, secondary] in judged
	some twin in estate.related(secondary, "computes")
	compute.kind(twin) == "databricks"
}

behind(it) := estate.associated(it, "databricks_workspace")

fits(it, twin, secondary) if {
	estate.distinct(behind(twin), behind(it))
	estate.resource(behind(twin)).location == secondary.location
}

# Whether some Databricks compute of the secondary is right already.
another(it, secondary) if {
	some twin in estate.related(secondary, "computes")
	compute.kind(twin) == "databricks"
	fits(it, twin, secondary)
}

premium(brick) if lower(brick.sku.name) == "premium"

redundant(brick) if {
	sku := lower(brick.properties.parameters.storageAccountSkuName.value)
	sku in {"standard_grs", "standard_ragrs", "standard_zrs", "standard_gzrs", "standard_ragzrs", "premium_zrs"}
}

# Only what is stated can be one copy in one data centre.
redundant(brick) if estate.absent(brick, ["properties", "parameters", "storageAccountSkuName"])
