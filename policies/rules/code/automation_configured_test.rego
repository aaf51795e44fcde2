package holdfast.rules.code.automation_configured_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.code.automation_configured as rule

with_arguments(arguments) := fixture.repository({
	".github/workflows/train.yml": {
		"type": "workflow",
		"commands": {"az ml job create": object.union(
			{"command": "az ml job create", "generation": "v2"},
			arguments,
		)},
	},
	"train.py": {"type": "python", "azure_ml": true},
})

test_literal_workspace_is_denied if {
	doc := with_arguments({"workspace": fixture.literal("mlw-prod"), "resource_group": fixture.argument("configured")})
	some found in rule.deny with input as doc
	found.pointer == "/commands/az ml job create/workspace"
	contains(found.message, `runs "az ml job create" against the workspace "mlw-prod", which stands in the code`)
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_literal_group_is_denied if {
	doc := with_arguments({"resource_group": fixture.literal("rg-ml")})
	some found in rule.deny with input as doc
	contains(found.message, `the resource group "rg-ml"`)
}

test_variables_and_arguments_pass if {
	every origin in ["configured", "placeholder"] {
		doc := with_arguments({"workspace": fixture.argument(origin)})
		count(rule.pass) == 1 with input as doc
		count(rule.deny) == 0 with input as doc
	}
}

test_what_is_computed_is_open if {
	doc := with_arguments({"workspace": fixture.argument("unknown")})
	count(((rule.pass | rule.deny) | rule.exempt)) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "computed")
}

test_commands_without_a_workspace_are_exempt if {
	doc := with_arguments({})
	count(rule.exempt) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_unknown_commands_are_open if {
	doc := fixture.repository({
		"run.sh": {"type": "script", "unknown": {"/commands": "not read"}},
		"train.py": {"type": "python", "azure_ml": true},
	})
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	count(rule.exempt) == 0 with input as doc
}
