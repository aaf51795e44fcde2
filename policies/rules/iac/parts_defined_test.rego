package holdfast.rules.iac.parts_defined_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.iac.parts_defined as rule

job := {"train.yml": {
	"type": "definition",
	"kind": "job_command",
	"references": {"compute": {"kind": "compute", "form": "name", "name": "cpu"}},
}}

assignment := {"role": {"type": "Microsoft.Authorization/roleAssignments"}}

complete(doc) := fixture.complete(doc, ["iac"])

only_workspaces := {own: one |
	some own, one in fixture.repository_with(job, {}).resources
	one.type != "microsoft.machinelearningservices/workspaces/computes"
	one.type != "microsoft.authorization/roleassignments"
	one.type != "microsoft.network/privateendpoints"
}

bare := object.union(
	object.remove(fixture.repository_with(job, {}), ["resources"]),
	{"resources": only_workspaces},
)

test_missing_parts_are_denied_where_the_repository_is_complete if {
	doc := complete(bare)
	found := {one.about | some one in rule.deny} with input as doc
	{"compute", "role assignment"} - found == set()
	count(rule.pass) == 0 with input as doc
}

test_missing_parts_are_open_elsewhere if {
	doc := bare
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	count(rule.open) > 0 with input as doc
}

test_closed_workspace_needs_an_endpoint if {
	closed := {own: object.union(one, {"properties": object.union(
		object.get(one, "properties", {}),
		{"publicNetworkAccess": "Disabled"},
	)}) |
		some own, one in only_workspaces
	}
	doc := complete(object.union(object.remove(bare, ["resources"]), {"resources": closed}))
	some found in rule.deny with input as doc
	found.about == "private endpoint"
}

test_templates_with_all_parts_pass if {
	every_part := {
		"c": {"id": "c", "type": "microsoft.machinelearningservices/workspaces/computes", "unknown": {}, "relations": {}},
		"r": {"id": "r", "type": "microsoft.authorization/roleassignments", "unknown": {}, "relations": {}},
		"p": {"id": "p", "type": "microsoft.network/privateendpoints", "unknown": {}, "relations": {}},
	}
	doc := object.union(bare, {"resources": object.union(only_workspaces, every_part)})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_unknown_access_is_open if {
	unknown := {own: object.union(one, {"unknown": {"/properties/publicNetworkAccess": "a parameter"}}) |
		some own, one in only_workspaces
	}
	doc := object.union(object.remove(bare, ["resources"]), {"resources": object.union(unknown, {
		"c": {"id": "c", "type": "microsoft.machinelearningservices/workspaces/computes", "unknown": {}, "relations": {}},
		"r": {"id": "r", "type": "microsoft.authorization/roleassignments", "unknown": {}, "relations": {}},
	})})
	count(rule.pass) == 0 with input as doc
}

test_repository_without_a_workspace_is_exempt if {
	count(rule.exempt) == 1 with input as fixture.repository(job)
}
