package holdfast.rules.code.workspace_selected_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.code.workspace_selected as rule

config(argument) := {
	"type": "config",
	"subscription_id": fixture.literal("5b6c1b2e-0000-4000-8000-000000000001"),
	"resource_group": fixture.literal("rg-ml"),
	"workspace_name": argument,
}

user := {"train.py": {"type": "python", "azure_ml": true, "from_config": {"MLClient.from_config": {
	"form": "MLClient.from_config",
	"path": {"origin": "literal", "value": "config.json"},
}}}}

script := {"run.sh": {"type": "script", "platform": "shell", "commands": {"az ml job create": {
	"command": "az ml job create",
	"generation": "v2",
}}}}

primary := {"config.json": config(fixture.literal("ws-west"))}

secondary := {"config.north.json": config(fixture.literal("ws-north"))}

complete(artefacts) := fixture.complete(fixture.repository(artefacts), ["config"])

test_one_workspace_is_denied_where_the_repository_is_complete if {
	doc := complete(object.union(user, primary))
	some found in rule.deny with input as doc
	found.pointer == "/workspace_name"
	contains(found.message, `"config.json" selects "ws-west", and no configuration selects a workspace of another region`)
	count(rule.pass) == 0 with input as doc
}

test_one_workspace_is_open_elsewhere if {
	doc := fixture.repository(object.union(user, primary))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, `select "ws-west" only`)
}

test_no_configuration_at_all if {
	doc := complete(object.union(user, object.union(script, {"pay.yml": {"type": "definition", "kind": "compute"}})))
	some found in rule.deny with input as doc
	contains(found.message, `"run.sh" takes its workspace from a configuration that is not in the repository`)
	elsewhere := fixture.repository(user)
	count(rule.deny) == 0 with input as elsewhere
	some reason in rule.open with input as elsewhere
	contains(reason.reason, "generated, or ignored by git")
}

test_a_configuration_per_region_passes if {
	doc := complete(object.union_n([user, primary, secondary]))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_members_of_a_pair_must_be_among_them if {
	other := {"config.dev.json": config(fixture.literal("ws-dev"))}
	doc := fixture.repository_with(object.union_n([primary, other]), {})
	count(rule.pass) == 0 with input as doc
	both := fixture.repository_with(object.union_n([primary, secondary]), {})
	count(rule.pass) == 1 with input as both
}

test_workspace_that_a_pipeline_fills_in_passes if {
	doc := complete({"config.json": config(fixture.argument("configured"))})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_placeholders_are_no_workspaces if {
	doc := complete(object.union(user, {"config.json": config({"origin": "placeholder", "value": "<ws>"})}))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_repository_without_users_is_exempt if {
	doc := complete({"data.yml": {"type": "definition", "kind": "data"}})
	count(rule.exempt) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}
