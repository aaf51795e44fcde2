# METADATA
# title: Operators can read run outputs directly in default storage when the studio is down
# description: |
#   Outputs of runs lie in the default storage and can be read there while the studio is not reachable, by
#   those who hold a role on the data plane of the account: Owner and Contributor of the account do not. A
#   group is expected on both default accounts, because the one person with access may be away. If the
#   account is closed to the internet, operators need a way into its network too (HF-NET-005).
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/storage/blobs/assign-azure-role-data-access
# custom:
#   id: HF-RBAC-004
#   level: {active-active: note, active-standby: note, active-passive: note}
#   score: 4.0
#   scope: pair
#   subject: default_storage
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/properties/storageAccount]
#     Microsoft.Authorization/roleAssignments:
#       - /properties/roleDefinitionId
#       - /properties/principalType
#   absence: [Microsoft.Authorization/roleAssignments]
#   static: partial
#   seeds: [S83]
#   change: in-place
#   cost: none
#   remediation:
#     text: Give an operations group read access to the data plane.
#     cli: |
#       az role assignment create --assignee-object-id <ops-group> --assignee-principal-type Group \
#         --role "Storage Blob Data Reader" --scope <st-id>
#     bicep: |
#       resource operators 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
#         name: guid(st.id, opsGroupId, 'blob-reader')
#         scope: st
#         properties: {
#           principalId: opsGroupId
#           principalType: 'Group'
#           roleDefinitionId: subscriptionResourceId(
#             'Microsoft.Authorization/roleDefinitions', '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1')
#         }
#       }
#     terraform: |
#       resource "azurerm_role_assignment" "operators" {
#         scope                = azurerm_storage_account.ml.id
#         role_definition_name = "Storage Blob Data Reader"
#         principal_id         = var.operations_group_id
#       }
package holdfast.rules.access.outputs_readable

import data.holdfast.lib.access
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, account, "", message) if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	estate.complete_in("Microsoft.Authorization/roleAssignments", account.id)
	every reference in access.possible(account) {
		of_no_use(estate.held(reference))
	}
	message := sprintf(
		`no group may read the run outputs in "%s"; expected is a group with Storage Blob Data Reader`,
		[account.name],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("default_storage")
	some assignment in access.assignments(estate.resource(subject))
	access.of_group(assignment)
	access.grants(assignment, "blob-read")
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("default_storage")
	environment := estate.pair_outside_production(estate.pair(subject))
	reason := sprintf("outside production (%s)", [environment])
}

exempt contains finding.exempt(subject, "the default storage of a project is that of its hub") if {
	some subject in estate.subjects("default_storage")
	some workspace in estate.members(estate.pair(subject))
	estate.project(workspace)
}

open contains finding.open(subject, "only single users may read the data, no group") if {
	some subject in estate.subjects("default_storage")
	some assignment in access.assignments(estate.resource(subject))
	access.kind(assignment) == "user"
	access.grants(assignment, "blob-read")
}

# An application, or a role without access to the data.
of_no_use(assignment) if access.kind(assignment) == "serviceprincipal"

of_no_use(assignment) if access.lacks(assignment, "blob-read")
