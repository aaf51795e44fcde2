package holdfast.rules.code.environments_defined_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.code.environments_defined as rule

job(reference) := {"train.yml": {
	"type": "definition",
	"kind": "job_command",
	"references": {"environment": object.union({"kind": "environment"}, reference)},
}}

defined(name) := {"env.yml": {"type": "definition", "kind": "environment", "declared_name": name}}

named := {"form": "name", "name": "train", "version": "3"}

complete(artefacts) := fixture.complete(fixture.repository(artefacts), ["environments"])

test_undefined_environment_is_denied_where_the_repository_is_complete if {
	doc := complete(object.union(job(named), defined("score")))
	some found in rule.deny with input as doc
	found.pointer == "/references/environment"
	contains(found.message, `"train.yml" runs in the environment "train", which nothing here defines`)
	count(rule.pass) == 0 with input as doc
}

test_undefined_environment_is_open_elsewhere if {
	doc := fixture.repository(job(named))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, `nothing here defines the environment "train"`)
}

test_environment_may_be_defined_under_a_name_that_is_not_known if {
	doc := complete(object.union(job(named), {"env.yml": {"type": "definition", "kind": "environment"}}))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, `under a name that is not written, as in "env.yml"`)
}

test_defined_environment_passes if {
	doc := complete(object.union(job(named), defined("Train")))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_environment_defined_in_code_passes if {
	code := {"env.py": {"type": "python", "definitions": {"Environment": {
		"kind": "environment",
		"form": "Environment",
		"name": fixture.literal("train"),
	}}}}
	doc := complete(object.union(job(named), code))
	count(rule.pass) == 1 with input as doc
}

test_environments_that_are_everywhere_pass if {
	some form in ["registry", "curated", "inline"]
	doc := fixture.repository(job({"form": form}))
	count(rule.pass) == 1 with input as doc
}

test_file_that_is_there_passes if {
	doc := fixture.repository(job({"form": "path", "path": "env.yml", "found": true}))
	count(rule.pass) == 1 with input as doc
}

test_file_that_is_not_there_is_denied if {
	doc := fixture.repository(job({"form": "path", "path": "env.yml", "found": false}))
	some found in rule.deny with input as doc
	contains(found.message, `takes its environment from "env.yml", which is not in the repository`)
}

test_environment_of_a_workspace_is_denied if {
	doc := fixture.repository(job({"form": "workspace", "name": "train", "workspace": "mlw-weu"}))
	some found in rule.deny with input as doc
	contains(found.message, `takes its environment from the workspace "mlw-weu"`)
}

test_template_is_open if {
	doc := complete(job({"form": "unknown"}))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, "left to a template")
}

test_one_environment_of_several_is_enough_to_deny if {
	steps := {"pipeline.yml": {"type": "definition", "kind": "job_pipeline", "references": {
		"jobs.a.environment": {"kind": "environment", "form": "inline"},
		"jobs.b.environment": {"kind": "environment", "form": "path", "path": "b.yml", "found": false},
	}}}
	doc := fixture.repository(steps)
	some found in rule.deny with input as doc
	found.about == "jobs.b.environment"
	count(rule.pass) == 0 with input as doc
}

test_job_without_environment_is_exempt if {
	doc := fixture.repository({"p.yml": {"type": "definition", "kind": "job_pipeline"}})
	count(rule.exempt) == 1 with input as doc
	hidden := fixture.repository({"p.yml": {"type": "definition", "kind": "job_pipeline", "unknown": {"/references": "x"}}})
	count(rule.exempt) == 0 with input as hidden
}
