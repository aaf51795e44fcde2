package holdfast.rules.access.identity_roles_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_access as granted
import data.holdfast.rules.access.identity_roles as rule

workspace := sprintf("identity:%s", [fixture.id("ws-north")])

part(name) := sprintf("identity:%s/%s", [fixture.id("ws-north"), name])

cluster(principal) := {
	"type": "Microsoft.MachineLearningServices/workspaces/computes",
	"identity": {"type": "SystemAssigned", "principalId": principal},
}

endpoint(principal) := {
	"type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
	"identity": {"type": "SystemAssigned", "principalId": principal},
}

clusters := {
	"ws-west/cpu": cluster(granted.principals.operators),
	"ws-north/cpu": cluster(granted.principals.person),
	"ra-operators-west": null,
	"ra-operators-north": null,
	"ra-pull-west": granted.grant("acr", "operators", "ServicePrincipal", "pull"),
	"ra-pull-north": granted.grant("acr", "person", "ServicePrincipal", "pull"),
	"ra-own-west": granted.grant("stwest", "operators", "ServicePrincipal", "custom"),
	"ra-own-north": granted.grant("stnorth", "person", "ServicePrincipal", "custom"),
}

test_identity_with_all_it_needs_passes if {
	doc := granted.complete_pair({})
	rule.pass == {workspace} with input as doc
	count(rule.deny | rule.exempt) == 0 with input as doc
	partial := granted.pair({})
	rule.pass == {workspace} with input as partial
}

test_each_role_that_is_missing_is_denied if {
	missing := {
		"ra-blob-north": `no access to "stnorth"; expected is the role Storage Blob Data Contributor`,
		"ra-push-north": `no access to "acr"; expected is the role AcrPush`,
		"ra-secrets-north": `no access to "kv"; expected is the role Key Vault Secrets Officer`,
	}
	every name, words in missing {
		doc := granted.complete_pair({name: null})
		some found in rule.deny with input as doc
		found.resource == fixture.id("ws-north")
		contains(found.message, words)
		count(rule.deny) == 1 with input as doc
		count(rule.pass) == 0 with input as doc
		partial := granted.pair({name: null})
		count(rule.deny | rule.pass) == 0 with input as partial
	}
}

test_roles_of_the_wrong_plane_do_not_count if {
	changes := [
		{"ra-blob-north": granted.grant("stnorth", "north", "ServicePrincipal", "contributor")},
		{"ra-blob-north": granted.grant("stnorth", "north", "ServicePrincipal", "blob reader")},
		{"ra-push-north": granted.grant("acr", "north", "ServicePrincipal", "pull")},
		{"ra-secrets-north": granted.grant("kv", "north", "ServicePrincipal", "vault contributor")},
	]
	every change in changes {
		doc := granted.complete_pair(change)
		count(rule.deny) == 1 with input as doc
		count(rule.pass) == 0 with input as doc
	}
}

test_contributor_pushes_to_the_registry if {
	doc := granted.complete_pair({"ra-push-north": granted.grant("group", "north", "ServicePrincipal", "contributor")})
	rule.pass == {workspace} with input as doc
}

test_user_assigned_identity_counts if {
	doc := granted.complete_pair({
		"ws-north": {
			"identity": {
				"type": "UserAssigned",
				"userAssignedIdentities": {"/subscriptions/s/x": {"principalId": granted.principals.person}},
			},
			"without": ["/identity/principalId"],
		},
		"ra-blob-north": granted.grant("stnorth", "person", "ServicePrincipal", "blob contributor"),
		"ra-push-north": granted.grant("acr", "person", "ServicePrincipal", "push"),
		"ra-secrets-north": granted.grant("kv", "person", "ServicePrincipal", "secrets officer"),
	})
	rule.pass == {workspace} with input as doc
}

test_roles_of_groups_and_custom_roles_are_open if {
	changes := [
		{"ra-blob-north": granted.grant("stnorth", "scientists", "Group", "blob contributor")},
		{"ra-blob-north": granted.grant("stnorth", "north", "ServicePrincipal", "custom")},
		{"ra-blob-north": {"refers": {"/properties/principalId": "${ws.identity.principalId}"}}},
		{"ra-blob-north": {"conditional": "parameters('roles')"}},
	]
	every change in changes {
		doc := granted.complete_pair(change)
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}

test_custom_role_is_named_where_it_decides if {
	doc := granted.complete_pair({"ra-blob-north": granted.grant("stnorth", "north", "ServicePrincipal", "custom")})
	some found in rule.open with input as doc
	found.reason == `what its role 99999999-0000-4000-8000-000000000001 on "stnorth" allows is not known`
}

test_declared_identity_is_open if {
	doc := granted.complete_pair({"ws-north": {"refers": {"/identity/principalId": "${ws.identity.principalId}"}}})
	count(rule.deny | rule.pass) == 0 with input as doc
	some found in rule.open with input as doc
	found.reason == "the object ids of its identities are known to Azure only"
}

policy(principal, secrets) := {"objectId": granted.principals[principal], "permissions": {"secrets": secrets}}

by_policy(policies) := granted.complete_pair({
	"ra-secrets-north": null,
	"kv": {"properties": {"enableRbacAuthorization": false, "accessPolicies": policies}},
})

test_vault_with_access_policies if {
	passing := [["Get", "List"], ["all"]]
	every secrets in passing {
		doc := by_policy([policy("west", ["get"]), policy("north", secrets)])
		rule.pass == {workspace} with input as doc
		count(rule.deny) == 0 with input as doc
	}
	failing := [[policy("west", ["get"])], [policy("north", ["list"])], []]
	every policies in failing {
		doc := by_policy(policies)
		some found in rule.deny with input as doc
		contains(found.message, `no access to "kv"`)
		count(rule.pass) == 0 with input as doc
	}
	group := by_policy([policy("operators", ["get"])])
	count(rule.deny | rule.pass) == 0 with input as group
}

test_roles_do_not_count_in_a_vault_with_access_policies if {
	doc := granted.complete_pair({"kv": {"without": ["/properties/enableRbacAuthorization"]}})
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_workspace_without_registry_passes if {
	doc := granted.complete_pair({
		"ws-north": {"without": ["/properties/containerRegistry"]},
		"ra-push-north": null,
	})
	rule.pass == {workspace} with input as doc
}

test_computes_have_what_their_namesakes_have if {
	doc := granted.complete_pair(clusters)
	rule.pass == {workspace, part("computes/cpu")} with input as doc
	count(rule.deny) == 0 with input as doc
	without := granted.complete_pair(object.union(clusters, {"ra-pull-north": null, "ra-own-north": null}))
	messages := {found.message | some found in rule.deny} with input as without
	messages == {
		`the identity of "cpu" has no access to "acr"; expected is the role AcrPull`,
		`the identity of "cpu" has no access to "stnorth"; expected is the role 99999999-0000-4000-8000-000000000001`,
	}
	rule.pass == {workspace} with input as without
	partial := granted.pair(clusters)
	rule.pass == {workspace} with input as partial
}

test_endpoints_are_found_by_the_name_map if {
	doc := granted.complete_pair({
		"ws-west/score-west": endpoint(granted.principals.pipeline),
		"ws-north/score-north": endpoint(granted.principals.person),
		"ra-pull": granted.grant("acr", "pipeline", "ServicePrincipal", "pull"),
	})
	mapped := fixture.parameters(doc, {"name_map": {"score-west": "score-north"}})
	some found in rule.deny with input as mapped
	contains(found.message, `the identity of "score-north" has no access to "acr"; expected is the role AcrPull`)
	some exemption in rule.exempt with input as doc
	exemption.subject == part("onlineendpoints/score-north")
	contains(exemption.reason, `"ws-west" has nothing of this name`)
}

account := {"type": "Microsoft.Storage/storageAccounts", "location": "westeurope"}

datastore := {
	"type": "Microsoft.MachineLearningServices/workspaces/datastores",
	"relates": {"account": [fixture.arm_id("stdata", account)]},
}

test_data_accounts_are_compared if {
	changes := {
		"stdata": account,
		"ws-west/d": datastore,
		"ws-north/d": datastore,
		"ra-data": object.union(granted.grant("stwest", "west", "ServicePrincipal", "blob reader"), {"on": "group"}),
	}
	doc := granted.complete_pair(changes)
	some found in rule.deny with input as doc
	contains(found.message, `no access to "stdata"; expected is the role Storage Blob Data Reader`)
	both := granted.complete_pair(object.union(changes, {
		"ra-data-north": object.union(changes["ra-data"], {"properties": {"principalId": granted.principals.north}}),
	}))
	rule.pass == {workspace} with input as both
	unknown := granted.complete_pair(object.union(changes, {
		"ra-data": {"refers": {"/properties/principalId": "${ws.identity.principalId}"}},
	}))
	count(rule.deny | rule.pass) == 0 with input as unknown
}

test_projects_are_exempt if {
	doc := granted.pair({"ws-north": {"kind": "Project"}})
	count(rule.exempt) == 1 with input as doc
}
