# METADATA
# title: Everyone with a role on the primary workspace has it on the failover workspace
# description: |
#   Role assignments do not fail over: people who lack theirs on the failover workspace cannot work in it,
#   and who assigns roles may be away on that day. Every role of a person, a group or an application on the
#   primary, own or inherited, must hold on the other side. Identities of workspaces, computes and
#   endpoints belong to HF-RBAC-002, applications that may deploy to HF-RBAC-003. A user or application
#   that is missing while a group holds the role is open, because members of groups cannot be read. Single
#   users are named as such: groups are easier to keep equal.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-assign-roles
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-RBAC-001
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 7.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [{any_of: ["", /identity]}]
#     Microsoft.MachineLearningServices/workspaces/computes: [{any_of: ["", /identity]}]
#     Microsoft.Authorization/roleAssignments:
#       - /properties/principalId
#       - /properties/roleDefinitionId
#       - {any_of: ["", /properties/principalType]}
#   absence: [Microsoft.Authorization/roleAssignments]
#   static: partial
#   seeds: [S42]
#   change: in-place
#   cost: none
#   remediation:
#     text: Assign the same groups on the failover workspace.
#     cli: |
#       az role assignment create --assignee-object-id <group-id> --assignee-principal-type Group \
#         --role "AzureML Data Scientist" --scope <ws-dr-id>
#     bicep: |
#       resource scientists 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
#         name: guid(wsDr.id, groupId, roleId) // the same module for both workspaces
#         scope: wsDr
#         properties: { principalId: groupId, principalType: 'Group', roleDefinitionId: roleId }
#       }
#     terraform: |
#       resource "azurerm_role_assignment" "scientists" {
#         for_each = {
#           primary   = azurerm_machine_learning_workspace.primary.id
#           secondary = azurerm_machine_learning_workspace.dr.id
#         }
#         scope                = each.value
#         role_definition_name = "AzureML Data Scientist"
#         principal_id         = var.scientists_group_id
#       }
package holdfast.rules.access.workspace_roles

import data.holdfast.lib.access
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.related(found, [{"resource": primary, "message": "The primary workspace"}]) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	primary := estate.primary(pair)
	secondary := estate.secondary(pair)
	estate.complete_in("Microsoft.Authorization/roleAssignments", secondary.id)
	lacking := {sprintf("%s of the %s %s", [access.title(one), access.kind(one), access.principal(one).name]) |
		some one in access.assignments(primary)
		concerns(one)
		missing(one, secondary)
	}
	count(lacking) > 0
	message := sprintf(
		`"%s" lacks roles that "%s" has: %s%s; expected are the same on both`,
		[secondary.name, primary.name, concat(", ", array.slice(sort(lacking), 0, 5)), more(lacking)],
	)
	found := finding.of(subject, secondary, "", message)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	primary := estate.primary(pair)
	secondary := estate.secondary(pair)
	estate.complete_in("Microsoft.Authorization/roleAssignments", primary.id)
	estate.complete_in("Microsoft.Authorization/roleAssignments", secondary.id)
	governed_alike(primary, secondary)
	every reference in object.get(primary, ["relations", "role_assignments"], []) {
		kept(estate.held(reference), secondary)
	}
}

open contains finding.open(subject, "what management groups assign may hold for one of its two subscriptions only") if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	primary := estate.primary(pair)
	count(object.get(primary, ["relations", "management_assignments"], [])) > 0
	not access.together(primary, estate.secondary(pair))
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	secondary := estate.secondary(pair)
	some one in access.assignments(estate.primary(pair))
	concerns(one)
	some candidate in access.assignments(secondary)
	access.role(candidate) == access.role(one)
	may_be_member(one, candidate)
	reason := sprintf(
		`the %s %s may have the role %s on "%s" as a member of a group, and members cannot be read`,
		[access.kind(one), access.principal(one).name, access.title(one), secondary.name],
	)
}

governed_alike(primary, secondary) if access.together(primary, secondary)

governed_alike(primary, _) if object.get(primary, ["relations", "management_assignments"], []) == []

# Whether this rule judges an assignment.
concerns(assignment) if {
	access.kind(assignment) in {"user", "group", "foreigngroup", "serviceprincipal", "device"}
	not access.is_for_bearer(assignment)
	not deploys(assignment)
}

deploys(assignment) if {
	access.kind(assignment) == "serviceprincipal"
	access.grants(assignment, "write")
}

kept(assignment, secondary) if matched(assignment, secondary)

kept(assignment, _) if access.is_for_bearer(assignment)

kept(assignment, _) if deploys(assignment)

matched(assignment, secondary) if {
	some candidate in access.assignments(secondary)
	estate.same(access.principal(candidate), access.principal(assignment))
	access.role(candidate) == access.role(assignment)
}

# Whether nothing on the other side gives the principal the role.
missing(assignment, secondary) if {
	every reference in access.possible(secondary) {
		differs(assignment, estate.held(reference))
	}
}

differs(assignment, candidate) if access.role(assignment) != access.role(candidate)

differs(assignment, candidate) if {
	estate.distinct(access.principal(assignment), access.principal(candidate))
	not may_be_member(assignment, candidate)
}

may_be_member(assignment, candidate) if {
	not access.of_group(assignment)
	not access.kind(candidate) in {"user", "serviceprincipal", "device"}
}

more(lacking) := sprintf(" and %d more", [count(lacking) - 5]) if count(lacking) > 5

more(lacking) := "" if count(lacking) <= 5
