# METADATA
# title: Workspace, compute and endpoint identities have rights on every shared resource
# description: |
#   Identities are new in every workspace: nothing that the primary's were granted holds for those of the
#   failover workspace. The identity of the workspace needs to write to its default storage, to push to the
#   registry and to use the secrets of the vault; which roles do that depends on the kind of resource, and
#   on the access model of the vault: roles count in an RBAC vault only, access policies in the other. On
#   data accounts, and for computes and endpoints everywhere, the measure is what the counterpart of the
#   same name has in the primary. Roles that an identity may hold through a group, and custom roles, of
#   which the actions are not known, are open.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-assign-roles
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-identity-based-service-authentication
#   - ref: https://learn.microsoft.com/azure/key-vault/general/rbac-guide
# custom:
#   id: HF-RBAC-002
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 8.0
#   scope: pair
#   subject: identity
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - any_of: ["", /properties/storageAccount, /properties/keyVault, /properties/containerRegistry]
#       - {any_of: ["", /identity]}
#     Microsoft.MachineLearningServices/workspaces/computes: [{any_of: ["", /identity]}]
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints: [{any_of: ["", /identity]}]
#     Microsoft.KeyVault/vaults:
#       - {any_of: [/properties/enableRbacAuthorization, /properties/accessPolicies]}
#     Microsoft.Authorization/roleAssignments:
#       - /properties/principalId
#       - /properties/roleDefinitionId
#       - {any_of: ["", /properties/principalType]}
#   absence: [Microsoft.Authorization/roleAssignments]
#   static: partial
#   seeds: [S05, S31, S33, S42, S76]
#   change: in-place
#   cost: none
#   remediation:
#     text: Grant the failover identities the same roles.
#     cli: |
#       az role assignment create --assignee-object-id <ws-dr-principal> \
#         --assignee-principal-type ServicePrincipal --role AcrPush --scope <acr-id>
#     bicep: |
#       resource push 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
#         name: guid(acr.id, wsDr.id, acrPush)
#         scope: acr
#         properties: {
#           principalId: wsDr.identity.principalId
#           principalType: 'ServicePrincipal'
#           roleDefinitionId: acrPush
#         }
#       }
#     terraform: |
#       resource "azurerm_role_assignment" "push" {
#         scope                = azurerm_container_registry.ml.id
#         role_definition_name = "AcrPush"
#         principal_id         = azurerm_machine_learning_workspace.dr.identity[0].principal_id
#       }
package holdfast.rules.access.identity_roles

import data.holdfast.lib.access
import data.holdfast.lib.estate
import data.holdfast.lib.finding

# What the identity of a workspace needs on what it is associated with, and roles that give it.
needs := {
	"storage": {"power": "blob-write", "role": "Storage Blob Data Contributor"},
	"container_registry": {"power": "registry-push", "role": "AcrPush"},
	"key_vault": {"power": "secrets", "role": "Key Vault Secrets Officer"},
}

deny contains finding.about(finding.related(found, related), sprintf("%s %s", [want.it.name, want.role])) if {
	some subject in estate.subjects("identity")
	pair := estate.pair(subject)
	bearer := estate.resource(subject)
	some want in wants(pair, bearer)
	refused(bearer, want)
	message := sprintf(
		`the identity of "%s" has no access to "%s"; expected is the role %s`,
		[bearer.name, want.it.name, want.role],
	)
	found := finding.of(subject, bearer, "/identity", message)
	related := [{"resource": want.it, "message": "What it needs"}]
}

pass contains subject.id if {
	some subject in estate.subjects("identity")
	pair := estate.pair(subject)
	bearer := estate.resource(subject)
	settled(pair, bearer)
	every want in wants(pair, bearer) {
		granted(bearer, want)
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("identity")
	bearer := estate.resource(subject)
	home := workspace_of(estate.pair(subject), bearer)
	not estate.same(home, bearer)
	other := estate.counterpart(estate.pair(subject), home)
	namesakes(bearer, home, other) == []
	reason := sprintf(`"%s" has nothing of this name to compare with (HF-COMP-001, HF-INF-001)`, [other.name])
}

exempt contains finding.exempt(subject, "a project works on what its hub has access to") if {
	some subject in estate.subjects("identity")
	some workspace in estate.members(estate.pair(subject))
	estate.project(workspace)
}

open contains finding.open(subject, "the object ids of its identities are known to Azure only") if {
	some subject in estate.subjects("identity")
	some identity in access.identities(estate.resource(subject))
	identity.exact == false
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("identity")
	bearer := estate.resource(subject)
	some want in wants(estate.pair(subject), bearer)
	some assignment in access.assignments(want.it)
	access.is_for(assignment, access.identities(bearer))
	access.unheard(assignment)
	reason := sprintf(`what its role %s on "%s" allows is not known`, [access.role(assignment), want.it.name])
}

# The member of a pair that a compute or an endpoint belongs to.
workspace_of(pair, bearer) := workspace if {
	some workspace in estate.members(pair)
	startswith(concat("", [bearer.id, "/"]), concat("", [workspace.id, "/"]))
}

# What stands for a bearer in the other workspace: the other workspace, or what has the same name, or the
# name that name_map gives it.
namesakes(bearer, home, other) := [other] if estate.same(bearer, home)

namesakes(bearer, home, other) := [candidate |
	some relation in ["computes", "online_endpoints"]
	some candidate in estate.related(other, relation)
	candidate.type == bearer.type
	mapped := object.get(input.parameters, ["name_map", candidate.name], candidate.name)
	lower(mapped) == lower(bearer.name)
] if {
	not estate.same(bearer, home)
}

# All that a bearer needs: {it, role, and power or id of the role}.
wants(pair, bearer) := own_wants(pair, bearer) | {want |
	home := workspace_of(pair, bearer)
	other := estate.counterpart(pair, home)
	some model in namesakes(bearer, home, other)
	some places in shared_places(bearer, home, other)
	some assignment in access.assignments(places.there)
	access.is_for(assignment, access.identities(model))
	want := {"it": places.here, "guid": access.role(assignment), "role": access.title(assignment)}
}

own_wants(pair, bearer) := {object.union(need, {"it": it}) |
	home := workspace_of(pair, bearer)
	estate.same(home, bearer)
	some relation, need in needs
	it := estate.resource(estate.associated(home, relation))
}

# What the two sides use for the same purpose. The workspace itself is measured by what it needs.
shared_places(bearer, home, other) := array.concat(data_places(home, other), [{"here": here, "there": there} |
	not estate.same(bearer, home)
	some relation, _ in needs
	here := estate.resource(estate.associated(home, relation))
	there := estate.resource(estate.associated(other, relation))
])

data_places(home, other) := [{"here": here, "there": here} |
	some datastore in estate.related(home, "datastores")
	some here in estate.related(datastore, "account")
	some counterpart in estate.related(other, "datastores")
	estate.same(estate.associated(counterpart, "account"), here)
	not estate.same(estate.associated(home, "storage"), here)
]

# Whether all that a bearer needs is known.
settled(pair, bearer) if {
	home := workspace_of(pair, bearer)
	other := estate.counterpart(pair, home)
	every relation, _ in needs {
		associated(home, relation)
	}
	namesakes(bearer, home, other) != []
	every model in namesakes(bearer, home, other) {
		every places in shared_places(bearer, home, other) {
			compared(places.there, model)
		}
	}
}

associated(home, relation) if estate.resource(estate.associated(home, relation))

associated(home, "container_registry") if estate.empty(home, ["properties", "containerRegistry"])

# Whether it is known what the model has on a resource.
compared(it, model) if {
	estate.complete_in("Microsoft.Authorization/roleAssignments", it.id)
	every reference in object.get(it, ["relations", "role_assignments"], []) {
		told_apart(estate.held(reference), access.identities(model))
	}
}

told_apart(assignment, those) if access.is_for_other(assignment, those)

told_apart(assignment, _) if access.of_group(assignment)

told_apart(assignment, those) if {
	access.is_for(assignment, those)
	access.role(assignment)
}

granted(bearer, want) if {
	by_role(want.it)
	some assignment in access.assignments(want.it)
	access.is_for(assignment, access.identities(bearer))
	gives(assignment, want)
}

granted(bearer, want) if {
	by_policy(want.it)
	some policy in want.it.properties.accessPolicies
	lower(policy.objectId) in {identity.name | some identity in access.identities(bearer)}
	opens(policy)
}

gives(assignment, want) if access.grants(assignment, want.power)

gives(assignment, want) if access.role(assignment) == want.guid

refused(bearer, want) if {
	by_role(want.it)
	estate.complete_in("Microsoft.Authorization/roleAssignments", want.it.id)
	count(access.identities(bearer)) > 0
	every reference in access.possible(want.it) {
		of_no_use(bearer, estate.held(reference), want)
	}
}

refused(bearer, want) if {
	by_policy(want.it)
	every identity in access.identities(bearer) {
		identity.exact
	}
	every policy in object.get(want.it, ["properties", "accessPolicies"], []) {
		for_nobody_else(bearer, policy)
	}
}

of_no_use(bearer, assignment, _) if access.is_for_other(assignment, access.identities(bearer))

of_no_use(_, assignment, want) if access.lacks(assignment, want.power)

of_no_use(_, assignment, want) if access.role(assignment) != want.guid

# A policy that is not for a group with this identity in it, or opens no secret.
for_nobody_else(bearer, policy) if {
	some other in input.resources
	some identity in access.identities(other)
	lower(policy.objectId) == lower(identity.name)
	every own in access.identities(bearer) {
		estate.distinct(own, identity)
	}
}

for_nobody_else(_, policy) if {
	is_array(policy.permissions.secrets)
	not opens(policy)
}

opens(policy) if {
	some permission in policy.permissions.secrets
	lower(permission) in {"get", "all"}
}

# How access to a resource is given: by roles, or by the policies of a vault, which is Azure's default.
by_role(it) if it.type != "microsoft.keyvault/vaults"

by_role(it) if it.properties.enableRbacAuthorization == true

by_policy(it) if it.properties.enableRbacAuthorization == false

by_policy(it) if {
	it.type == "microsoft.keyvault/vaults"
	estate.absent(it, ["properties", "enableRbacAuthorization"])
}
