# METADATA
# title: Delete locks protect the workspaces and the resources they share
# description: |
#   A deleted storage account, vault or registry takes the workspace with it, and a shared one takes
#   both workspaces of a pair. A CanNotDelete lock on each of the four makes that a deliberate act.
#   Inherited and ReadOnly locks count as protection, with a warning in words: the documentation of
#   compute clusters says that a lock on the resource group blocks scaling, because nodes and load
#   balancers cannot be removed, and ReadOnly also blocks listing keys. Soft delete keeps a workspace for
#   14 days only and covers neither computes nor endpoints.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-create-attach-compute-cluster
#   - ref: https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
# custom:
#   id: HF-WS-004
#   level: {active-active: note, active-standby: note, active-passive: note}
#   score: 3.0
#   scope: workspace
#   subject: workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - /properties/storageAccount
#       - /properties/keyVault
#       - /properties/containerRegistry
#     Microsoft.Authorization/locks: [/properties/level]
#   absence: [Microsoft.Authorization/locks]
#   static: partial
#   seeds: [S03]
#   change: in-place
#   cost: none
#   remediation:
#     text: >-
#       Lock the workspace, its default storage, its vault and its registry with CanNotDelete, each by itself and not
#       by their resource group.
#     cli: |
#       for id in <ws-id> <st-id> <kv-id> <acr-id>; do
#         az lock create --name no-delete --lock-type CanNotDelete --resource $id
#       done
#     bicep: |
#       resource noDelete 'Microsoft.Authorization/locks@2020-05-01' = {
#         name: 'no-delete'
#         scope: ws
#         properties: { level: 'CanNotDelete' }
#       }
#     terraform: |
#       resource "azurerm_management_lock" "no_delete" {
#         for_each = {
#           workspace = azurerm_machine_learning_workspace.ml.id
#           storage   = azurerm_storage_account.ml.id
#           vault     = azurerm_key_vault.ml.id
#           registry  = azurerm_container_registry.ml.id
#         }
#         name       = "no-delete"
#         scope      = each.value
#         lock_level = "CanNotDelete"
#       }
package holdfast.rules.workspace.delete_locks

import data.holdfast.lib.estate
import data.holdfast.lib.finding

associated := {"storage": "storageAccount", "key_vault": "keyVault", "container_registry": "containerRegistry"}

deny contains finding.of(subject, workspace, "", message) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	names := sort([sprintf(`"%s"`, [it.name]) | some it in to_protect(workspace); unlocked(it)])
	count(names) > 0
	message := sprintf(
		`"%s" depends on resources that nothing protects from deletion: %s; expected is a CanNotDelete lock on each`,
		[workspace.name, concat(", ", names)],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	locked(workspace)
	every relation, property in associated {
		covered(workspace, relation, property)
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	environment := estate.outside_production(estate.resource(subject))
	reason := sprintf("outside production (%s)", [environment])
}

to_protect(workspace) := {workspace} | {it |
	some relation, _ in associated
	it := estate.resource(estate.associated(workspace, relation))
}

covered(workspace, relation, _) if locked(estate.resource(estate.associated(workspace, relation)))

covered(workspace, _, property) if estate.empty(workspace, ["properties", property])

locked(it) if {
	some reference in it.relations.locks
	lock := estate.held(reference)
	lower(lock.properties.level) in {"cannotdelete", "readonly"}
}

unlocked(it) if {
	estate.complete_in("Microsoft.Authorization/locks", it.id)
	object.get(it, ["relations", "locks"], []) == []
}
