package holdfast.rules.access.workspace_roles_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_access as granted
import data.holdfast.rules.access.workspace_roles as rule

test_equal_roles_pass if {
	doc := granted.complete_pair({})
	count(rule.pass) == 1 with input as doc
	count(rule.deny | rule.open) == 0 with input as doc
}

test_missing_group_is_denied if {
	doc := granted.complete_pair({"ra-science-north": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, `"ws-north" lacks roles that "ws-west" has: AzureML Data Scientist of the group bbbbbbbb-`)
	count(rule.pass) == 0 with input as doc
	partial := granted.pair({"ra-science-north": null})
	count(rule.deny | rule.pass) == 0 with input as partial
}

test_another_role_does_not_count if {
	changes := [
		{"ra-science-north": granted.grant("ws-north", "scientists", "Group", "reader")},
		{"ra-science-north": granted.grant("ws-north", "operators", "Group", "data scientist")},
		{"ra-custom": granted.grant("ws-west", "scientists", "Group", "custom")},
	]
	every change in changes {
		doc := granted.complete_pair(change)
		count(rule.deny) == 1 with input as doc
		count(rule.pass) == 0 with input as doc
	}
}

test_inherited_roles_count if {
	doc := granted.complete_pair({
		"ra-science-north": null,
		"ra-group": granted.grant("group", "scientists", "Group", "data scientist"),
	})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_user_who_may_be_in_a_group_is_open if {
	user := {"ra-user": granted.grant("ws-west", "person", "User", "data scientist")}
	doc := granted.complete_pair(user)
	count(rule.deny | rule.pass) == 0 with input as doc
	some unsure in rule.open with input as doc
	endswith(unsure.reason, `on "ws-north" as a member of a group, and members cannot be read`)
	reader := granted.complete_pair({"ra-user": granted.grant("ws-west", "person", "User", "reader")})
	some found in rule.deny with input as reader
	contains(found.message, "Reader of the user dddddddd-")
}

test_long_lists_are_shortened if {
	names := ["owner", "contributor", "reader", "blob reader", "push", "pull"]
	many := {sprintf("ra-%s", [name]): granted.grant("ws-west", "person", "User", name) | some name in names}
	doc := granted.complete_pair(many)
	some found in rule.deny with input as doc
	contains(found.message, " and 1 more; ")
}

test_identities_and_pipelines_belong_to_other_rules if {
	doc := granted.complete_pair({
		"ra-own": granted.grant("ws-west", "west", "ServicePrincipal", "reader"),
		"ra-pipeline-north": null,
	})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_unknown_assignments_are_open if {
	changes := [
		{"ra-science-west": {"refers": {"/properties/principalId": "${group}"}}},
		{"ra-science-north": {"refers": {"/properties/roleDefinitionId": "${role}"}}},
		{"ra-science-north": {"conditional": "parameters('roles')"}},
		{"ra-science-west": {"without": ["/properties/principalType"]}, "ra-science-north": null},
	]
	every change in changes {
		doc := granted.complete_pair(change)
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}

test_one_unknown_principal_on_both_sides_is_the_same if {
	refers := {"refers": {"/properties/principalId": "${group}"}}
	doc := granted.complete_pair({"ra-science-west": refers, "ra-science-north": refers})
	count(rule.pass) == 1 with input as doc
}

test_management_groups_hold_for_one_subscription_alike if {
	doc := granted.complete_pair(above)
	count(rule.pass) == 1 with input as doc
	apart := object.union(doc, {"resources": {fixture.id("ws-north"): {"id": "/subscriptions/other/ws"}}})
	count(rule.pass) == 0 with input as apart
	some found in rule.open with input as apart
	contains(found.reason, "management groups")
	missing := granted.complete_pair(object.union(above, {"ra-science-north": null}))
	count(rule.deny) == 0 with input as missing
}

above := {"ra-above": object.union(
	granted.grant("ws-north", "scientists", "Group", "data scientist"),
	{"on": "management"},
)}

test_undirected_pair_is_open if {
	doc := fixture.undirected(granted.complete_pair({}))
	count(rule.deny | rule.pass) == 0 with input as doc
}
