package holdfast.rules.access.outputs_readable_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_access as granted
import data.holdfast.rules.access.outputs_readable as rule

group(role) := {"ra-operators-north": granted.grant("stnorth", "operators", "Group", role)}

test_group_with_a_data_role_passes if {
	doc := granted.pair({})
	count(rule.pass) == 2 with input as doc
	complete := granted.complete_pair({})
	count(rule.deny | rule.exempt) == 0 with input as complete
	writer := granted.pair(group("blob contributor"))
	count(rule.pass) == 2 with input as writer
	inherited := granted.pair({
		"ra-operators-west": null,
		"ra-operators-north": null,
		"ra-all": granted.grant("group", "operators", "Group", "blob reader"),
	})
	count(rule.pass) == 2 with input as inherited
}

test_account_without_a_reader_is_denied if {
	changes := [{"ra-operators-north": null}, group("reader"), group("contributor"), group("owner")]
	every change in changes {
		doc := granted.complete_pair(change)
		some found in rule.deny with input as doc
		found.resource == fixture.id("stnorth")
		contains(found.message, `no group may read the run outputs in "stnorth"`)
		count(rule.deny) == 1 with input as doc
		count(rule.pass) == 1 with input as doc
		partial := granted.pair(change)
		count(rule.deny) == 0 with input as partial
	}
}

test_single_user_is_open if {
	doc := granted.complete_pair({"ra-operators-north": granted.grant("stnorth", "person", "User", "blob reader")})
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 1 with input as doc
	some found in rule.open with input as doc
	contains(found.reason, "only single users")
}

test_custom_and_unknown_roles_are_open if {
	changes := [
		group("custom"),
		{"ra-operators-north": {"refers": {"/properties/roleDefinitionId": "${role}"}}},
		{"ra-operators-north": {"unknown": {"/properties/principalType": "forbidden"}}},
		{"ra-operators-north": {"conditional": "parameters('operators')"}},
	]
	every change in changes {
		doc := granted.complete_pair(change)
		count(rule.deny) == 0 with input as doc
		count(rule.pass) == 1 with input as doc
	}
}

test_role_of_a_management_group_is_open if {
	above := object.union(granted.grant("stnorth", "operators", "Group", "blob reader"), {"on": "management"})
	doc := granted.complete_pair({"ra-operators-north": null, "ra-above": above})
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 1 with input as doc
}

test_outside_production_is_exempt if {
	doc := fixture.nonproduction(granted.pair({}))
	count(rule.exempt) == 2 with input as doc
}

test_projects_are_exempt if {
	doc := granted.pair({"ws-north": {"kind": "Project"}})
	count(rule.exempt) == 2 with input as doc
}
