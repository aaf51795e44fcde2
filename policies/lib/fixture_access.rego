# METADATA
# title: Identities and role assignments for tests
# description: |
#   Role assignments are resources of the estate that are `on` something, as locks are. Without any change
#   both workspaces act under a system-assigned identity that has what it needs.
# scope: package
package holdfast.lib.fixture_access

import data.holdfast.lib.fixture

type := "Microsoft.Authorization/roleAssignments"

# The input of a pair rule about access.
pair(changes) := fixture.pair(object.union(estate, changes))

# The same, with a complete enumeration of role assignments.
complete_pair(changes) := fixture.complete(pair(changes), [type])

principals := {
	"west": "aaaaaaaa-0000-4000-8000-000000000001",
	"north": "aaaaaaaa-0000-4000-8000-000000000002",
	"scientists": "bbbbbbbb-0000-4000-8000-000000000001",
	"operators": "bbbbbbbb-0000-4000-8000-000000000002",
	"pipeline": "cccccccc-0000-4000-8000-000000000001",
	"person": "dddddddd-0000-4000-8000-000000000001",
}

roles := {
	"owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
	"contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
	"reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
	"data scientist": "f6c7c914-8db3-469d-8ca1-694a8f32e121",
	"blob contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
	"blob reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
	"push": "8311e382-0749-4cb8-b61a-304f252e45ec",
	"pull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
	"secrets officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
	"vault contributor": "f25e0fa2-a7c8-4377-a976-54943a77a395",
	"custom": "99999999-0000-4000-8000-000000000001",
}

# A role assignment.
grant(on, principal, kind, role) := {
	"type": type,
	"on": on,
	"properties": {
		"principalId": principals[principal],
		"principalType": kind,
		"roleDefinitionId": sprintf("/providers/Microsoft.Authorization/RoleDefinitions/%s", [upper(roles[role])]),
	},
}

estate := object.union(fixture.without_data, {
	"ws-west": {"identity": {"principalId": principals.west}},
	"ws-north": {"identity": {"principalId": principals.north}},
	"kv": {"properties": {"enableRbacAuthorization": true}},
	"ra-science-west": grant("ws-west", "scientists", "Group", "data scientist"),
	"ra-science-north": grant("ws-north", "scientists", "Group", "data scientist"),
	"ra-pipeline-west": grant("ws-west", "pipeline", "ServicePrincipal", "contributor"),
	"ra-pipeline-north": grant("ws-north", "pipeline", "ServicePrincipal", "contributor"),
	"ra-operators-west": grant("stwest", "operators", "Group", "blob reader"),
	"ra-operators-north": grant("stnorth", "operators", "Group", "blob reader"),
	"ra-blob-west": grant("stwest", "west", "ServicePrincipal", "blob contributor"),
	"ra-blob-north": grant("stnorth", "north", "ServicePrincipal", "blob contributor"),
	"ra-push-west": grant("acr", "west", "ServicePrincipal", "push"),
	"ra-push-north": grant("acr", "north", "ServicePrincipal", "push"),
	"ra-secrets-west": grant("kv", "west", "ServicePrincipal", "secrets officer"),
	"ra-secrets-north": grant("kv", "north", "ServicePrincipal", "secrets officer"),
})

# The relations that access has, as the host computes them, by resource.
links(_, of_type) := {} if not of_type[lower(type)]

links(plain, of_type) := {own: {
	"identities": identities(one),
	"role_assignments": [found | one.type in guarded; some found in effective(one, plain, of_type)],
	"management_assignments": [found | one.type in guarded; some found in above(plain, of_type)],
	"principal": [found | one.type == lower(type); found := named(one, "principalId")],
	"role": [found | one.type == lower(type); found := named(one, "roleDefinitionId")],
} |
	some own, one in plain
} if {
	of_type[lower(type)]
}

effective(one, plain, of_type) := [object.union(fixture.reference(own, plain), {"inherited": scope != one.id}) |
	some own, _ in of_type[lower(type)]
	scope := split(own, "/providers/microsoft.authorization/")[0]
	startswith(concat("", [one.id, "/"]), concat("", [scope, "/"]))
]

above(plain, of_type) := [object.union(fixture.reference(own, plain), {"inherited": true}) |
	some own, _ in of_type[lower(type)]
	contains(own, "/managementgroups/")
]

guarded := {
	"microsoft.machinelearningservices/workspaces", "microsoft.storage/storageaccounts",
	"microsoft.keyvault/vaults", "microsoft.containerregistry/registries",
}

bearers := {
	"microsoft.machinelearningservices/workspaces",
	"microsoft.machinelearningservices/workspaces/computes",
	"microsoft.machinelearningservices/workspaces/onlineendpoints",
}

identities(one) := array.concat(
	[object.union(found, {"pointer": "/identity"}) |
		one.type in bearers
		found := own_principal(one)
	],
	[object.union(principal(member.principalId), {"pointer": "/identity"}) |
		one.type in bearers
		some member in one.identity.userAssignedIdentities
	],
)

# That of a declared identity is known to Azure only.
own_principal(one) := principal(one.identity.principalId)

own_principal(one) := {"id": value, "name": value, "exact": false, "found": false} if {
	value := one.refers["/identity/principalId"]
}

principal(value) := {"id": value, "name": value, "exact": true, "found": false}

named(one, property) := object.union(
	principal(lower(value)),
	{"pointer": concat("/", ["/properties", property]), "name": fixture.last_name(lower(value))},
) if {
	value := one.properties[property]
}

named(one, property) := {"id": value, "name": value, "exact": false, "found": false, "pointer": pointer} if {
	pointer := concat("/", ["/properties", property])
	value := one.refers[pointer]
}
