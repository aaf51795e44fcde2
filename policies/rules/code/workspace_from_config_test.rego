package holdfast.rules.code.workspace_from_config_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.code.workspace_from_config as rule

client(arguments) := {"src/a.py": {
	"type": "python",
	"azure_ml": true,
	"workspace_references": {"MLClient": object.union({"form": "MLClient"}, arguments)},
}}

of(artefacts) := fixture.repository(artefacts)

literals := {
	"subscription_id": fixture.literal("5b6c1b2e-aaaa-4000-8000-000000000001"),
	"resource_group": fixture.literal("rg-ml"),
	"workspace_name": fixture.literal("mlw-prod"),
}

test_literals_are_one_finding_per_client if {
	doc := of(client(literals))
	count(rule.deny) == 1 with input as doc
	some found in rule.deny with input as doc
	found.pointer == "/workspace_references/MLClient/workspace_name"
	contains(found.message, `workspace_name "mlw-prod", resource_group "rg-ml", a subscription_id; expected is MLClient.from_config`)
	count(rule.pass) == 0 with input as doc
}

test_what_comes_from_outside_passes if {
	doc := of(client({
		"subscription_id": fixture.argument("configured"),
		"workspace_name": fixture.argument("configured"),
	}))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 1 with input as doc
}

test_from_config_passes if {
	doc := of({"a.ipynb": {
		"type": "notebook",
		"azure_ml": true,
		"from_config": {"MLClient.from_config": {"form": "MLClient.from_config"}},
	}})
	count(rule.pass) == 1 with input as doc
	count(rule.exempt) == 0 with input as doc
}

test_one_literal_among_others_is_denied if {
	doc := of(client({
		"subscription_id": fixture.argument("configured"),
		"resource_group": fixture.literal("rg-ml"),
		"workspace_name": fixture.argument("configured"),
	}))
	some found in rule.deny with input as doc
	found.pointer == "/workspace_references/MLClient/resource_group"
	count(rule.pass) == 0 with input as doc
}

test_placeholders_are_exempt if {
	doc := of(client({"workspace_name": fixture.argument("placeholder")}))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	count(rule.exempt) == 1 with input as doc
}

test_code_without_a_workspace_is_exempt if {
	doc := of({"a.py": {"type": "python", "azure_ml": true}})
	count(rule.pass) == 0 with input as doc
	some exemption in rule.exempt with input as doc
	exemption.reason == "it names no workspace"
}

test_computed_arguments_are_open if {
	doc := of(client({"workspace_name": fixture.argument("unknown")}))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	count(rule.exempt) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, `"src/a.py" computes the workspace_name`)
}

test_what_is_unread_is_open if {
	doc := of({"a.py": {
		"type": "python",
		"azure_ml": true,
		"from_config": {"MLClient.from_config": {"form": "MLClient.from_config"}},
		"unknown": {"/workspace_references/unread": "a part of the file"},
	}})
	count(rule.pass) == 0 with input as doc
	count(rule.exempt) == 0 with input as doc
}

test_tests_and_documentation_are_left_out_unless_configured if {
	every path in ["tests/a.py", "src/docs/x/a.py", "Test/a.py"] {
		doc := of({path: client(literals)["src/a.py"]})
		count(rule.deny) == 0 with input as doc
		count(rule.exempt) == 1 with input as doc
		all := object.union(doc, {"parameters": object.union(doc.parameters, {"ignored_code_folders": []})})
		count(rule.deny) == 1 with input as all
	}
	count(rule.deny) == 1 with input as of({"tests.py": client(literals)["src/a.py"]})
}

reference(form) := {"a.py": {
	"type": "python",
	"azure_ml": true,
	"workspace_references": {form: {
		"form": form,
		"region": fixture.literal("westeurope"),
		"workspace_name": fixture.argument("configured"),
	}},
}}

test_the_region_counts_in_a_tracking_uri_only if {
	count(rule.deny) == 1 with input as of(reference("tracking_uri"))
	count(rule.deny) == 0 with input as of(reference("Workspace.create"))
	count(rule.pass) == 1 with input as of(reference("Workspace.create"))
}
