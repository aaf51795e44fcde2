package holdfast.lib.repository_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.lib.repository

jobs := fixture.repository({
	"jobs/train.yml": {
		"type": "definition", "kind": "job_command", "scripts": ["src/train.py"],
		"references": {"environment train": {"kind": "environment", "form": "name", "name": "train"}},
	},
	"env.yml": {"type": "definition", "kind": "environment", "declared_name": "Train"},
	"data.yml": {"type": "definition", "kind": "data", "unknown": {"/declared_name": "a template"}},
	"jobs/code.py": {"type": "python", "azure_ml": true, "definitions": {
		"Environment score": {"kind": "environment", "form": "Environment", "name": fixture.literal("score")},
		"Data": {"kind": "data", "form": "Data", "name": fixture.argument("configured")},
		"command": {"kind": "job_command", "form": "command", "scripts": ["src/train.py"]},
	}},
})

test_names_of_what_is_defined if {
	doc := jobs
	repository.defined({"environment"}) == {"train", "score"} with input as doc
	repository.defined({"data"}) == set() with input as doc
	repository.unnamed({"data"}) == {"data.yml", "jobs/code.py"} with input as doc
	repository.unnamed({"environment"}) == set() with input as doc
	repository.defines({"job_command"}) with input as doc
	not repository.defines({"model"}) with input as doc
}

test_programs_lead_to_their_jobs if {
	doc := jobs
	{one.path | some one in repository.running("src/train.py")} == {"jobs/train.yml", "jobs/code.py"} with input as doc
}

test_artefacts_by_kind_and_path if {
	doc := jobs
	count(repository.artefacts({"python", "definition"})) == 4 with input as doc
	count(repository.artefacts("definition")) == 3 with input as doc
	{one.path | some one in repository.code} == {"jobs/code.py"} with input as doc
	repository.automation == set() with input as doc
	repository.file("Jobs/Train.yml").kind == "job_command" with input as doc
	object.keys(repository.references(repository.file("jobs/train.yml"), "environment")) == {"environment train"} with input as doc
}

test_pointers_are_escaped if {
	repository.pointer(["references", "a/b~", "", 1]) == "/references/a~1b~0/1"
}

test_what_templates_declare_and_what_is_only_known if {
	declared := fixture.repository_with({}, {})
	known := fixture.repository_over({}, {})
	count(repository.declared("Microsoft.MachineLearningServices/workspaces")) == 2 with input as declared
	count(repository.live("Microsoft.MachineLearningServices/workspaces")) == 0 with input as declared
	count(repository.live("Microsoft.MachineLearningServices/workspaces")) == 2 with input as known
	count(repository.declared("Microsoft.MachineLearningServices/workspaces")) == 0 with input as known
}

test_only_what_is_written_is_a_literal if {
	repository.literal(fixture.literal("x")) == "x"
	not repository.literal({"origin": "placeholder", "value": "<x>"})
}

test_subjects_of_a_repository if {
	alone := fixture.repository({
		"a.py": {"type": "python", "azure_ml": true, "document": 2},
		"b.md": {"type": "runbook"},
	})
	{[subject.kind, subject.resource] | some subject in alone.subjects} == {
		["repository", "repository/a.py#2"],
		["repository_file", "repository/a.py#2"],
		["code_file", "repository/a.py#2"],
	}
	declared := fixture.repository_with({"j.yml": {"type": "definition", "kind": "environment"}}, {})
	kinds := [subject.kind | some subject in declared.subjects]
	count([kind | some kind in kinds; kind == "template_resource"]) == 8
	"environment_definition" in kinds
	not "job_or_deployment" in kinds
	known := fixture.complete(fixture.repository_over({"j.yml": {"type": "definition", "kind": "job_sweep"}}, {}), ["jobs"])
	known.complete["repository:jobs"] == ["*"]
	{subject.kind | some subject in known.subjects} == {"repository", "repository_file", "definition", "job_or_deployment"}
}

test_assets_of_templates_are_defined_too if {
	doc := fixture.repository({})
	declared := object.union(doc, {"resources": {sprintf("/workspaces/ws/%s", [path]): one |
		some path, type in {
			"environments/train/versions/3": "environments/versions",
			"environments/$x": "environments",
			"data/claims": "data",
		}
		one := {
			"id": sprintf("/workspaces/ws/%s", [path]),
			"type": concat("/", ["microsoft.machinelearningservices/workspaces", type]),
		}
	}})
	repository.defined({"environment"}) == {"train"} with input as declared
	repository.unnamed({"environment"}) == {"/workspaces/ws/environments/$x"} with input as declared
	repository.defined({"data"}) == {"claims"} with input as declared
}
