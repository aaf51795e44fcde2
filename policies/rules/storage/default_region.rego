# METADATA
# title: Default storage lies in the region of its workspace
# description: |
#   A workspace depends on two regions if its default account lies elsewhere, and is down when either
#   is. The worst case is a failover workspace that keeps its account in the region of the primary: the
#   outage that calls for it takes it away as well. The account of an existing workspace cannot be
#   exchanged.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-workspace
# custom:
#   id: HF-STOR-004
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 7.0
#   scope: workspace
#   subject: workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location, /properties/storageAccount]
#     Microsoft.Storage/storageAccounts: [/location]
#   static: yes
#   seeds: [S20, S35]
#   change: replacement
#   cost: "low: workspace recreated"
#   remediation:
#     text: Recreate the workspace with an account in its own region.
#     cli: az storage account show --ids <st-id> --query primaryLocation
#     bicep: |
#       location: ws.location
#     terraform: |
#       resource "azurerm_storage_account" "ml" {
#         name                     = var.storage_name
#         resource_group_name      = azurerm_resource_group.ml.name
#         location                 = var.location # the one of the workspace
#         account_tier             = "Standard"
#         account_replication_type = "ZRS"
#       }
package holdfast.rules.storage.default_region

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.related(found, [{"resource": account, "message": "The default storage account"}]) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	account := estate.resource(estate.associated(workspace, "storage"))
	account.location != workspace.location
	message := sprintf(
		`"%s" lies in %s, but its default storage account "%s" in %s%s; expected is an account in the same region`,
		[workspace.name, workspace.location, account.name, account.location, consequence(workspace, account)],
	)
	found := finding.of(subject, workspace, "/properties/storageAccount", message)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	account := estate.resource(estate.associated(workspace, "storage"))
	account.location == workspace.location
}

exempt contains finding.exempt(subject, "a project uses the storage account of its hub") if {
	some subject in estate.subjects("workspace")
	estate.project(estate.resource(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	reason := estate.missing(estate.resource(subject), "storage")
}

primary_in(workspace, region) if {
	facts := estate.facts(workspace)
	facts.role == "secondary"
	some counterpart in facts.counterparts
	counterpart.location == region
}

consequence(workspace, account) := ", the region of its primary, whose outage takes both" if {
	primary_in(workspace, account.location)
}

consequence(workspace, account) := "" if not primary_in(workspace, account.location)
