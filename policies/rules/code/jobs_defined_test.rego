package holdfast.rules.code.jobs_defined_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_repository as repository
import data.holdfast.rules.code.jobs_defined as rule

training := {"train.py": {"type": "python", "azure_ml": true, "trains": true}}

job(names) := {"job.yml": object.union({"type": "definition", "kind": "job_pipeline"}, names)}

complete(doc) := repository.complete(doc, ["jobs"])

# Last night `ws-west/nightly` ran in Azure.
over(artefacts) := repository.repository_over(artefacts, fixture.part("training", {"ws-west/nightly": {"properties": {
	"isEnabled": true,
	"action": {"actionType": "CreateJob", "jobDefinition": {"jobType": "Pipeline", "displayName": "Train claims"}},
}}}))

test_training_without_jobs_is_denied_where_the_repository_is_complete if {
	doc := complete(repository.repository(training))
	some found in rule.deny with input as doc
	contains(found.message, `"train.py" trains a model, and no job or pipeline is defined here`)
	elsewhere := repository.repository(training)
	count(rule.deny) == 0 with input as elsewhere
	count(rule.pass) == 0 with input as elsewhere
	some reason in rule.open with input as elsewhere
	contains(reason.reason, "no job is defined here")
}

test_jobs_in_yaml_and_in_code_pass if {
	yaml := complete(repository.repository(object.union(training, job({}))))
	count(rule.pass) == 1 with input as yaml
	count(rule.deny) == 0 with input as yaml
	code := {"submit.py": {"type": "python", "definitions": {"command": {"kind": "job_command", "form": "command"}}}}
	doc := repository.repository(object.union(training, code))
	count(rule.pass) == 1 with input as doc
}

test_schedule_without_definition_is_denied_where_the_repository_is_complete if {
	doc := complete(over(job({})))
	some found in rule.deny with input as doc
	found.about == "nightly"
	contains(found.message, `"nightly" is a schedule in Azure that nothing here defines`)
	count(rule.pass) == 0 with input as doc
	elsewhere := over(job({}))
	count(rule.deny) == 0 with input as elsewhere
	count(rule.pass) == 0 with input as elsewhere
	some reason in rule.open with input as elsewhere
	contains(reason.reason, `nothing here defines the schedule "nightly"`)
}

test_schedule_may_be_defined_under_a_name_that_is_not_known if {
	doc := complete(over({"s.yml": {"type": "definition", "kind": "schedule"}}))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_schedule_with_a_definition_of_its_name_passes if {
	doc := complete(over({"s.yml": {"type": "definition", "kind": "schedule", "declared_name": "Nightly"}}))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_schedule_whose_job_is_defined_passes if {
	doc := over(job({"yaml": {"display_name": "train claims"}}))
	count(rule.pass) == 1 with input as doc
}

test_schedule_of_a_template_is_not_asked_about if {
	doc := repository.repository_with(job({}), fixture.part("training", {}))
	count(rule.pass) == 1 with input as doc
}

test_repository_without_training_is_exempt if {
	doc := complete(repository.repository({"env.yml": {"type": "definition", "kind": "environment"}}))
	count(rule.exempt) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}
