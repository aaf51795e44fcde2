package holdfast.rules.iac.workspace_defined_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.iac.workspace_defined as rule

code := {"train.py": {"type": "python", "azure_ml": true}}

complete(doc) := fixture.complete(doc, ["iac"])

without_insights := {"ws-west": {
	"type": "Microsoft.MachineLearningServices/workspaces",
	"without": ["/properties/applicationInsights"],
}}

test_templates_with_all_parts_pass if {
	doc := fixture.repository_with(code, {})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_missing_template_is_denied_where_the_repository_is_complete if {
	doc := complete(fixture.repository(code))
	some found in rule.deny with input as doc
	contains(found.message, "holds no template")
	count(rule.pass) == 0 with input as doc
}

test_missing_template_is_open_elsewhere if {
	doc := fixture.repository(code)
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, "declare complete: [repository:iac]")
}

test_workspaces_of_the_estate_need_a_definition if {
	doc := complete(fixture.repository_over(code, {}))
	some found in rule.deny with input as doc
	contains(found.message, `no template defines the workspace "ws-west" of the estate`)
	count(rule.pass) == 0 with input as doc
}

test_part_that_no_template_names_is_denied if {
	doc := complete(fixture.repository_with(code, without_insights))
	some found in rule.deny with input as doc
	contains(found.message, `the template of "ws-west" names no Application Insights`)
	count(rule.pass) == 0 with input as doc
}

test_part_that_no_template_names_is_open_elsewhere if {
	doc := fixture.repository_with(code, without_insights)
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_definition_under_a_name_that_is_not_known_may_be_the_one if {
	over := fixture.repository_over(code, {})
	some_template := {"declared": {
		"id": "declared",
		"name": "${name}",
		"type": "microsoft.machinelearningservices/workspaces",
		"exact": false,
		"unknown": {},
		"relations": {},
	}}
	doc := complete(object.union(over, {"resources": object.union(over.resources, some_template)}))
	undefined := {found.about | some found in rule.deny; contains(found.message, "of the estate")} with input as doc
	undefined == set()
	count(rule.pass) == 0 with input as doc
}

test_project_has_the_resources_of_its_hub if {
	project := {"ws-west": {
		"type": "Microsoft.MachineLearningServices/workspaces",
		"kind": "Project",
		"without": ["/properties/storageAccount", "/properties/applicationInsights"],
	}}
	count(rule.pass) == 1 with input as fixture.repository_with(code, project)
}
