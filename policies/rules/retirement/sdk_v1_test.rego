package holdfast.rules.retirement.sdk_v1_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.retirement.sdk_v1 as rule

code(change) := fixture.repository({"a.py": object.union({"type": "python", "azure_ml": true}, change)})

v1 := {
	"sdk": {"v1": true},
	"imports": {
		"azureml.core": true,
		"azureml.core.model": true,
		"azureml.mlflow": true,
		"azureml.pipeline.core": true,
		"azureml.widgets": true,
		"torch": true,
	},
}

installs(packages) := fixture.repository({
	"job.yml": {"type": "definition", "kind": "job_command"},
	"requirements.txt": {"type": "requirements", "packages": packages},
})

runs(type, generation) := fixture.repository({
	"job.yml": {"type": "definition", "kind": "job_command"},
	"ci": {
		"type": type,
		"commands": {
			"az ml folder attach": {"command": "az ml folder attach", "generation": generation},
			"az login": {"command": "az login", "generation": "any"},
		},
	},
})

passed(doc, path) if fixture.id(path) in rule.pass with input as doc

test_imports_are_one_finding_per_file if {
	doc := code(v1)
	count(rule.deny) == 1 with input as doc
	some found in rule.deny with input as doc
	found.pointer == "/sdk/v1"
	contains(found.message, `"a.py" imports azureml.core, azureml.core.model, azureml.pipeline.core and 1 more of Azure ML SDK v1`)
	contains(found.message, "retired on 2026-06-30")
	not passed(doc, "a.py")
}

test_version_2_passes if {
	doc := code({"sdk": {"v2": true}, "imports": {"azure.ai.ml": true, "azureml.mlflow": true}})
	count(rule.deny) == 0 with input as doc
	passed(doc, "a.py")
}

test_unread_imports_are_open if {
	doc := code({"imports": {"azure.ai.ml": true}, "unknown": {"/imports/unread": "a part of the file"}})
	count(rule.deny) == 0 with input as doc
	not passed(doc, "a.py")
}

test_packages_are_one_finding_per_file if {
	doc := installs({"azureml-core": {"version": "1.57"}, "azureml-train-automl": {}, "azureml-mlflow": {}})
	count(rule.deny) == 1 with input as doc
	some found in rule.deny with input as doc
	found.pointer == "/packages/azureml-core"
	contains(found.message, "installs azureml-core, azureml-train-automl of Azure ML SDK v1")
	not passed(doc, "requirements.txt")
}

test_packages_of_version_2_pass if {
	doc := installs({"azure-ai-ml": {}, "azureml-mlflow": {}, "azureml-inference-server-http": {}})
	count(rule.deny) == 0 with input as doc
	passed(doc, "requirements.txt")
}

test_commands_are_errors_in_workflows if {
	every type, level in {"workflow": "error", "script": "warning"} {
		doc := runs(type, "v1")
		count(rule.deny) == 1 with input as doc
		some found in rule.deny with input as doc
		found.level == level
		found.pointer == "/commands/az ml folder attach"
		contains(found.message, "runs az ml folder attach of Azure ML CLI v1, retired on 2025-09-30")
	}
	passed(runs("workflow", "v2"), "ci")
}

test_definitions_and_configurations_are_exempt if {
	doc := fixture.repository({
		"job.yml": {"type": "definition", "kind": "job_command"},
		"config.json": {"type": "config"},
	})
	count(rule.exempt) == 2 with input as doc
}

test_before_the_date_it_is_announced_and_earlier_nothing if {
	announced := object.union(code(v1), {"today": "2026-01-01"})
	some found in rule.deny with input as announced
	contains(found.message, "to be retired on 2026-06-30")
	earlier := object.union(code(v1), {"today": "2024-01-01"})
	count(rule.deny) == 0 with input as earlier
	passed(earlier, "a.py")
}

test_packages_that_version_2_may_need_are_open if {
	every packages in [{"azureml-core": {}, "azureml-dataset-runtime": {}}, {"azureml-defaults": {}}] {
		doc := installs(packages)
		count(rule.deny) == 0 with input as doc
		count(rule.open) == 1 with input as doc
		not passed(doc, "requirements.txt")
	}
	with_sdk := installs({"azureml-core": {}, "azureml-sdk": {}, "azureml-dataset-runtime": {}})
	count(rule.deny) == 1 with input as with_sdk
	services := installs({"azureml-contrib-services": {}, "azureml-inference-server-http": {}})
	passed(services, "requirements.txt")
}

test_packages_and_commands_before_anything_was_announced_pass if {
	passed(object.union(installs({"azureml-core": {}}), {"today": "2020-01-01"}), "requirements.txt")
	passed(object.union(runs("workflow", "v1"), {"today": "2020-01-01"}), "ci")
}
