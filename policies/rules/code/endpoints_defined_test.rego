package holdfast.rules.code.endpoints_defined_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_repository as repository
import data.holdfast.rules.code.endpoints_defined as rule

scoring := {"score.py": {"type": "python", "azure_ml": true, "scoring": true}}

endpoint(names) := {"endpoint.yml": object.union({"type": "definition", "kind": "online_endpoint"}, names)}

deployment := {"blue.yml": {"type": "definition", "kind": "online_deployment", "declared_name": "blue"}}

complete(doc) := repository.complete(doc, ["endpoints"])

# Last night the endpoints `score` and `batch` ran in both workspaces.
over(artefacts) := repository.repository_over(artefacts, fixture.part("inference", {}))

both := {
	"endpoint.yml": {"type": "definition", "kind": "online_endpoint", "declared_name": "score"},
	"batch.yml": {"type": "definition", "kind": "batch_endpoint", "declared_name": "Batch"},
	"blue.yml": {"type": "definition", "kind": "online_deployment", "declared_name": "blue"},
}

test_scoring_without_definitions_is_denied_where_the_repository_is_complete if {
	doc := complete(repository.repository(scoring))
	{found.about | some found in rule.deny} == {"endpoint", "deployment"} with input as doc
	some found in rule.deny with input as doc
	contains(found.message, `"score.py" scores, and no`)
	elsewhere := repository.repository(scoring)
	count(rule.deny) == 0 with input as elsewhere
	count(rule.pass) == 0 with input as elsewhere
	count(rule.open) == 2 with input as elsewhere
}

test_endpoint_without_deployment_is_denied if {
	doc := complete(repository.repository(endpoint({"declared_name": "score"})))
	some found in rule.deny with input as doc
	contains(found.message, "an endpoint is defined, and no deployment is defined here")
	count(rule.pass) == 0 with input as doc
}

test_both_in_yaml_pass if {
	doc := complete(repository.repository(object.union_n([scoring, endpoint({}), deployment])))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_deployment_of_the_first_sdk_is_both if {
	deploy := {"deploy.py": {"type": "python", "sdk": {"v1": true}, "definitions": {"Model.deploy": {
		"kind": "online_deployment",
		"form": "Model.deploy",
	}}}}
	doc := complete(repository.repository(object.union(scoring, deploy)))
	count(rule.pass) == 1 with input as doc
}

test_endpoints_of_templates_count if {
	doc := complete(repository.repository_with(scoring, fixture.part("inference", {})))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_endpoint_in_azure_without_definition_is_denied_where_the_repository_is_complete if {
	doc := complete(over(object.union(endpoint({"declared_name": "score"}), deployment)))
	{found.about | some found in rule.deny} == {"batch"} with input as doc
	some found in rule.deny with input as doc
	contains(found.message, `"batch" is an endpoint in Azure that nothing here defines`)
	count(rule.pass) == 0 with input as doc
	elsewhere := over(deployment)
	count(rule.deny) == 0 with input as elsewhere
	count(rule.pass) == 0 with input as elsewhere
}

test_endpoint_may_be_defined_under_a_name_that_is_not_known if {
	doc := complete(over(object.union(endpoint({}), deployment)))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_endpoints_in_azure_with_definitions_pass if {
	doc := complete(over(both))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_repository_without_scoring_is_exempt if {
	doc := complete(repository.repository({"env.yml": {"type": "definition", "kind": "environment"}}))
	count(rule.exempt) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_deployment_without_endpoint_is_denied if {
	doc := complete(repository.repository(deployment))
	some found in rule.deny with input as doc
	contains(found.message, "a deployment is defined, and no endpoint is defined here")
}
