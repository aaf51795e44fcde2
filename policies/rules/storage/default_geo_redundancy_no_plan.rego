# METADATA
# title: Geo-redundancy of the default storage account is not used as the failover plan
# description: |
#   A geo-redundant default account looks like a plan and is none: Azure Machine Learning does not
#   support failing this account over, so its copy in the other region cannot carry a workspace. The
#   copy does no harm (artefacts stay readable), and general storage advice asks for it; what is needed
#   is a second workspace with an account of its own. This rule speaks beside HF-TOPO-001 where a
#   workspace has a geo-redundant account and no counterpart. Workspaces that HF-TOPO-001 leaves out
#   because they are not production are left out here too.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/storage/common/storage-redundancy
# custom:
#   id: HF-STOR-002
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: workspace
#   subject: workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/properties/storageAccount]
#     Microsoft.Storage/storageAccounts: [/sku/name]
#   absence: [Microsoft.MachineLearningServices/workspaces]
#   static: yes
#   seeds: [S34]
#   change: in-place
#   cost: "high: failover workspace (HF-TOPO-001)"
#   remediation:
#     text: Create a failover workspace with its own account instead of relying on account failover.
#     cli: az ml workspace create -n <ws>-dr -g <rg-dr> -l <region2> --storage-account <stdr-id>
#     bicep: |
#       sku: { name: 'Standard_ZRS' }  // default storage: zone redundancy; geo-redundancy is optional
#     terraform: |
#       resource "azurerm_storage_account" "dr" {
#         name                     = var.storage_dr_name
#         resource_group_name      = azurerm_resource_group.dr.name
#         location                 = var.secondary
#         account_tier             = "Standard"
#         account_replication_type = "ZRS"
#       }
package holdfast.rules.storage.default_geo_redundancy_no_plan

import data.holdfast.lib.estate
import data.holdfast.lib.finding

geo_redundant := {"standard_grs", "standard_ragrs", "standard_gzrs", "standard_ragzrs"}

one_region := {"standard_lrs", "standard_zrs", "premium_lrs", "premium_zrs"}

deny contains finding.of(subject, account, "/sku/name", message) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	account := estate.resource(estate.associated(workspace, "storage"))
	lower(account.sku.name) in geo_redundant
	facts := estate.facts(workspace)
	(count(facts.counterparts) + count(facts.candidates)) + count(facts.problems) == 0
	estate.complete("Microsoft.MachineLearningServices/workspaces")
	message := sprintf(
		`"%s" is %s, but the service does not fail "%s" over to its copy; expected is a failover workspace`,
		[account.name, account.sku.name, workspace.name],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	lower(estate.resource(estate.associated(workspace, "storage")).sku.name) in geo_redundant
	some counterpart in estate.facts(workspace).counterparts
	counterpart.found
	not counterpart.conditional
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	account := estate.resource(estate.associated(estate.resource(subject), "storage"))
	lower(account.sku.name) in one_region
	reason := sprintf(`"%s" is %s, not geo-redundant`, [account.name, account.sku.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	environment := estate.outside_production(estate.resource(subject))
	reason := sprintf("outside production (%s)", [environment])
}

exempt contains finding.exempt(subject, "a project uses the storage account of its hub") if {
	some subject in estate.subjects("workspace")
	estate.project(estate.resource(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	reason := estate.missing(estate.resource(subject), "storage")
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	facts := estate.facts(workspace)
	facts.counterparts == []
	some candidate in facts.candidates
	reason := sprintf(
		`"%s" may be the counterpart of "%s", but nothing declares it (HF-TOPO-001)`,
		[candidate.name, workspace.name],
	)
}
