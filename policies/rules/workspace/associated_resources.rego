# METADATA
# title: All associated resources of both workspaces exist and resolve
# description: |
#   A workspace whose storage, key vault, Application Insights or registry is gone still shows in the
#   portal and fails at the first job. A deleted dependency, even a soft-deleted one, also blocks the
#   recovery of the workspace itself. This rule owns missing and dangling references; only a registry
#   that was never set belongs to HF-ACR-001. A hub may leave out the key vault, because the service can
#   keep its credentials.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-workspace
# custom:
#   id: HF-WS-002
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 7.0
#   scope: workspace
#   subject: workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - /properties/storageAccount
#       - /properties/keyVault
#       - /properties/applicationInsights
#       - /properties/containerRegistry
#   absence:
#     - Microsoft.Storage/storageAccounts
#     - Microsoft.KeyVault/vaults
#     - Microsoft.Insights/components
#     - Microsoft.ContainerRegistry/registries
#   static: partial
#   seeds: [S03, S04, S05, S06, S07, S26]
#   change: replacement
#   cost: "low: missing resource, possibly a new workspace"
#   remediation:
#     text: >-
#       Restore the missing dependency, then let the workspace synchronise its keys; a storage account or vault that
#       is lost for good needs a new workspace.
#     cli: |
#       az ml workspace diagnose -n <ws> -g <rg>
#       az ml workspace sync-keys -n <ws> -g <rg>
#     bicep: |
#       properties: {
#         storageAccount: st.id
#         keyVault: kv.id
#         applicationInsights: ai.id
#         containerRegistry: acr.id
#       }
#     terraform: |
#       resource "azurerm_machine_learning_workspace" "ml" {
#         name                    = var.name
#         resource_group_name     = azurerm_resource_group.ml.name
#         location                = var.location
#         storage_account_id      = azurerm_storage_account.ml.id
#         key_vault_id            = azurerm_key_vault.ml.id
#         application_insights_id = azurerm_application_insights.ml.id
#         container_registry_id   = azurerm_container_registry.ml.id
#         identity {
#           type = "SystemAssigned"
#         }
#       }
package holdfast.rules.workspace.associated_resources

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, workspace, pointer, message) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	some relation, about in estate.associations
	reference := estate.associated(workspace, relation)
	estate.dangling(reference, about.type)
	pointer := concat("", ["/properties/", about.property])
	message := sprintf(
		`"%s" refers to the %s "%s", which does not exist; expected is a resource that is there`,
		[workspace.name, about.what, reference.name],
	)
}

deny contains finding.of(subject, workspace, pointer, message) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	some relation in required(workspace)
	about := estate.associations[relation]
	estate.empty(workspace, ["properties", about.property])
	pointer := concat("", ["/properties/", about.property])
	message := sprintf(`"%s" names no %s; expected is the id of one`, [workspace.name, about.what])
}

deny contains finding.at_level(subject, workspace, "/properties/applicationInsights", message, "note") if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	estate.empty(workspace, ["properties", "applicationInsights"])
	message := sprintf(
		`"%s" names no Application Insights, so endpoints and jobs leave no telemetry; expected is a component`,
		[workspace.name],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	every relation in ["storage", "key_vault", "application_insights"] {
		estate.held(estate.associated(workspace, relation))
	}
	registry_fits(workspace)
}

exempt contains finding.exempt(subject, "a project uses what its hub is associated with") if {
	some subject in estate.subjects("workspace")
	estate.project(estate.resource(subject))
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	some relation, about in estate.associations
	reference := estate.associated(workspace, relation)
	not estate.held(reference)
	not estate.dangling(reference, about.type)
	reason := sprintf(
		`nothing that was read shows that the %s "%s" of "%s" is there`,
		[about.what, reference.name, workspace.name],
	)
}

# What a workspace cannot be without. A hub can keep its credentials with the service:
# https://learn.microsoft.com/azure/ai-foundry/concepts/hub-resources
required(workspace) := ["storage", "key_vault"] if lower(workspace.kind) in {"default", "featurestore"}

required(workspace) := ["storage"] if lower(workspace.kind) == "hub"

registry_fits(workspace) if estate.held(estate.associated(workspace, "container_registry"))

registry_fits(workspace) if estate.empty(workspace, ["properties", "containerRegistry"])
