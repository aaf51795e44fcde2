# METADATA
# title: The deployment pipeline identity can deploy to both regions
# description: |
#   A pipeline that may deploy to the primary only cannot bring the failover workspace up to date, least of
#   all on the day of the failover. The identity is the one that the configuration names (ci_principal),
#   otherwise every application with a role on the primary that may write. Owner and Contributor count, on
#   the workspace or around it.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-assign-roles
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-RBAC-003
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [{any_of: ["", /identity]}]
#     Microsoft.Authorization/roleAssignments:
#       - {any_of: ["", /properties/principalId]}
#       - /properties/roleDefinitionId
#       - {any_of: ["", /properties/principalType]}
#   absence: [Microsoft.Authorization/roleAssignments]
#   static: partial
#   seeds: [S40, S42, S74]
#   change: in-place
#   cost: none
#   remediation:
#     text: Grant the pipeline identity access to the failover resource group.
#     cli: az role assignment create --assignee <app-id> --role Contributor --scope <rg-dr-id>
#     bicep: |
#       module access 'access.bicep' = [for group in [rgPrimary, rgDr]: {
#         name: 'pipeline-${group}'
#         scope: resourceGroup(group)
#         params: { principalId: pipelinePrincipalId }
#       }]
#     terraform: |
#       resource "azurerm_role_assignment" "pipeline" {
#         for_each = {
#           primary   = azurerm_resource_group.primary.id
#           secondary = azurerm_resource_group.dr.id
#         }
#         scope                = each.value
#         role_definition_name = "Contributor"
#         principal_id         = var.pipeline_principal_id
#       }
package holdfast.rules.access.pipeline_roles

import data.holdfast.lib.access
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.about(found, identity.name) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	some identity in pipelines(pair)
	some workspace in estate.members(pair)
	shut_out(identity, workspace)
	message := sprintf(
		`the pipeline identity %s may not deploy to "%s"; expected is Contributor on its resource group`,
		[identity.name, workspace.name],
	)
	found := finding.of(subject, workspace, "", message)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	pipelines(pair) != set()
	settled(pair)
	every identity in pipelines(pair) {
		every workspace in estate.members(pair) {
			may_deploy(identity, workspace)
		}
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	pipelines(pair) == set()
	settled(pair)
	reason := "no pipeline identity is configured (ci_principal), and no application may deploy to the primary"
}

# The identities that deploy: the configured one, or the applications that may write to the primary.
pipelines(_) := {{"id": name, "name": name, "exact": true}} if {
	name := lower(input.parameters.ci_principal)
}

pipelines(pair) := {object.filter(access.principal(one), ["id", "name", "exact"]) |
	some one in access.assignments(estate.primary(pair))
	access.kind(one) == "serviceprincipal"
	access.grants(one, "write")
	not access.is_for_bearer(one)
} if {
	not input.parameters.ci_principal
	pair.primary
}

# The assignments on the primary of which the role or the kind of principal is not known.
unread(pair) := [reference |
	not input.parameters.ci_principal
	some reference in object.get(estate.primary(pair), ["relations", "role_assignments"], [])
	not judged(reference)
]

judged(reference) if {
	assignment := estate.held(reference)
	access.role(assignment)
	access.kind(assignment)
}

# Whether the pipelines are all there are.
settled(_) if input.parameters.ci_principal

settled(pair) if {
	estate.complete_in("Microsoft.Authorization/roleAssignments", estate.primary(pair).id)
	unread(pair) == []
}

may_deploy(identity, workspace) if {
	some assignment in access.assignments(workspace)
	access.is_for(assignment, [identity])
	access.grants(assignment, "write")
}

shut_out(identity, workspace) if {
	estate.complete_in("Microsoft.Authorization/roleAssignments", workspace.id)
	every reference in access.possible(workspace) {
		of_no_use(identity, estate.held(reference))
	}
}

of_no_use(identity, assignment) if access.is_for_other(assignment, [identity])

of_no_use(_, assignment) if access.lacks(assignment, "write")
