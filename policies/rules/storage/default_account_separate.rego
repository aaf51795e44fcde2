# METADATA
# title: Each workspace has its own default storage account
# description: |
#   The default account holds run history, models, logs and notebooks of a workspace, and Azure
#   Machine Learning does not support failing it over to another region. Two workspaces on one account
#   therefore fail together: when the region of the account is down, the failover workspace has nothing
#   to start from. The account of an existing workspace cannot be exchanged, so one of the two has to be
#   created anew. Sharing it with a third workspace that is no counterpart does not break the failover,
#   but ties the two together: that is a warning.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-workspace
# custom:
#   id: HF-STOR-001
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 9.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/properties/storageAccount]
#   static: yes
#   seeds: [S04, S12, S35]
#   change: replacement
#   cost: "low: one more account, one workspace recreated"
#   remediation:
#     text: Give the failover workspace an account of its own in its own region; that means creating the workspace anew.
#     cli: |
#       az storage account create -n <stdr> -g <rg-dr> -l <region2> --sku Standard_ZRS --kind StorageV2
#       az ml workspace create -n <ws>-dr -g <rg-dr> -l <region2> --storage-account <stdr-id>
#     bicep: |
#       resource stDr 'Microsoft.Storage/storageAccounts@2024-01-01' = {
#         name: stDrName
#         location: secondary
#         sku: { name: 'Standard_ZRS' }
#         kind: 'StorageV2'
#       }
#     terraform: |
#       resource "azurerm_storage_account" "dr" {
#         name                     = var.storage_dr_name
#         resource_group_name      = azurerm_resource_group.dr.name
#         location                 = var.secondary
#         account_tier             = "Standard"
#         account_replication_type = "ZRS"
#       }
package holdfast.rules.storage.default_account_separate

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.related(found, [{"resource": other, "message": "The other workspace on the same account"}]) if {
	some subject in estate.subjects("workspace_pair")
	workspace := estate.resource(subject)
	other := estate.counterpart(estate.pair(subject), workspace)
	account := estate.associated(workspace, "storage")
	estate.same(account, estate.associated(other, "storage"))
	message := sprintf(
		`"%s" has the default storage account "%s" in common with "%s"; each of the two needs an account of its own`,
		[workspace.name, account.name, other.name],
	)
	found := finding.of(subject, workspace, "/properties/storageAccount", message)
}

deny contains finding.about(found, third.name) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	some third in neighbours(workspace)
	message := sprintf(
		`"%s" has its default storage account "%s" in common with "%s", a third workspace; give each its own`,
		[workspace.name, estate.associated(workspace, "storage").name, third.name],
	)
	found := finding.at_level(subject, workspace, "/properties/storageAccount", message, "warning")
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	estate.distinct(estate.associated(first, "storage"), estate.associated(second, "storage"))
	every workspace in [first, second] {
		every third in sharing(workspace) {
			third.location != workspace.location
		}
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	estate.project(workspace)
	reason := sprintf(`"%s" is a project and uses the storage account of its hub`, [workspace.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	reason := estate.missing(workspace, "storage")
}

# Workspaces of the same region, no counterparts, that have the same default account.
neighbours(workspace) := {third |
	some third in sharing(workspace)
	third.location == workspace.location
}

# Workspaces, no counterparts, that have the same default account, wherever they lie.
sharing(workspace) := object.get(estate.facts(workspace), ["shared_with", "storage"], [])
