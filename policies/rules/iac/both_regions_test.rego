package holdfast.rules.iac.both_regions_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.iac.both_regions as rule

workflow(environments) := {
	"type": "workflow",
	"deployments": {"az deployment": {
		"tool": "az deployment",
		"template": {"kind": "template", "form": "path", "path": "infra/main.bicep", "found": true},
		"regions": {region: true | some _, regions in environments; some region in regions},
		"environments": environments,
	}},
}

repository(workflows) := fixture.repository_with(workflows, {})

complete(workflows) := fixture.complete(repository(workflows), ["ci"])

one_region := {"deploy.yml": workflow({"prod": ["westeurope"]})}

test_two_regions_of_one_environment_pass if {
	doc := repository({"deploy.yml": workflow({"dev": ["westeurope"], "prod": ["northeurope", "westeurope"]})})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_two_workflows_cover_each_other if {
	doc := repository({
		"north.yml": workflow({"prod": ["northeurope"]}),
		"west.yml": workflow({"prod": ["westeurope"]}),
	})
	count(rule.pass) == 2 with input as doc
}

test_one_region_is_denied_where_the_repository_is_complete if {
	doc := complete(one_region)
	some found in rule.deny with input as doc
	found.pointer == "/deployments/az deployment"
	contains(found.message, `"deploy.yml" deploys to "westeurope" only`)
	count(rule.pass) == 0 with input as doc
}

test_one_region_is_open_elsewhere if {
	doc := repository(one_region)
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, "declare complete: [repository:ci]")
}

test_environments_are_not_regions if {
	doc := complete({"deploy.yml": workflow({"dev": ["westeurope"], "prod": ["northeurope"]})})
	count(rule.pass) == 0 with input as doc
	count(rule.deny) == 2 with input as doc
}

test_unknown_region_is_open if {
	deployment := object.union(workflow({"prod": []}).deployments["az deployment"], {"unresolved": true})
	doc := complete({"deploy.yml": {"type": "workflow", "deployments": {"az deployment": deployment}}})
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, "is not written in the repository")
}

test_pipeline_elsewhere_may_deploy_the_second_region if {
	remote := {"type": "workflow", "calls": {"contoso/ci/x.yml@v1": {"remote": "contoso/ci/x.yml@v1"}}}
	doc := complete(object.union(one_region, {"call.yml": remote}))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	count(rule.exempt) == 0 with input as doc
}

test_template_with_both_regions_passes if {
	deployment := {"template": "infra/main.bicep"}
	doc := fixture.repository_with(one_region, {
		"ws-west": {
			"type": "Microsoft.MachineLearningServices/workspaces",
			"location": "westeurope",
			"deployment": deployment,
		},
		"ws-north": {
			"type": "Microsoft.MachineLearningServices/workspaces",
			"location": "northeurope",
			"deployment": deployment,
		},
	})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_workflow_that_deploys_nothing_is_exempt if {
	doc := repository({"test.yml": {"type": "workflow"}})
	count(rule.exempt) == 1 with input as doc
}

test_repository_without_a_workspace_is_exempt if {
	count(rule.exempt) == 1 with input as fixture.repository(one_region)
}

test_script_may_deploy_the_second_region if {
	calls := {"scripts/north.sh": {"path": "scripts/north.sh", "found": true}}
	doc := complete({"deploy.yml": object.union(one_region["deploy.yml"], {"calls": calls})})
	count(rule.deny) == 0 with input as doc
	only := fixture.repository_with({"call.yml": {"type": "workflow", "calls": calls}}, {})
	count(rule.exempt) == 0 with input as only
}

test_unknown_deployments_of_another_workflow_leave_it_open if {
	doc := complete(object.union(one_region, {"x.yml": {"type": "workflow", "unknown": {"/deployments": "not read"}}}))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
}
