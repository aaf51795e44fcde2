package holdfast.rules.inference.deployments_equal_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_parts
import data.holdfast.rules.inference.deployments_equal as rule

types := [
	"Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
	"Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
]

pair(changes) := fixture.complete(fixture.pair(fixture.part("inference", changes)), types)

twin(change) := pair({"ws-north/score": change})

blue(values) := pair({"ws-north/score/blue": {"properties": values}})

traffic(weights) := {"without": ["/properties/traffic/blue"], "properties": {"traffic": weights}}

test_equal_deployments_pass if {
	count(rule.pass) == 1 with input as pair({})
	count(rule.deny | rule.exempt) == 0 with input as pair({})
}

test_names_of_deployments_do_not_matter if {
	doc := pair({
		"ws-north/score/blue": null,
		"ws-north/score/green": fixture_parts.parts.inference["ws-north/score/blue"],
		"ws-north/score": traffic({"green": 100}),
	})
	count(rule.pass) == 1 with input as doc
}

test_traffic_that_is_no_whole_is_denied if {
	doc := twin({"properties": {"traffic": {"blue": 90}}})
	some found in rule.deny with input as doc
	found.message == `"score" gives its deployments 90 % of the traffic; expected are 100`
	count(rule.pass) == 0 with input as doc
}

test_standby_without_traffic_is_a_note if {
	doc := twin({"properties": {"traffic": {"blue": 0}}})
	every tier in ["active-passive", "active-standby"] {
		some found in rule.deny with input as fixture.tier(doc, tier)
		found.level == "note"
		contains(found.message, "stands by without traffic")
	}
	some found in rule.deny with input as fixture.tier(doc, "active-active")
	not found.level
	count(rule.pass) == 0 with input as doc
}

test_primary_without_traffic_is_denied if {
	doc := pair({"ws-west/score": {"properties": {"traffic": {"blue": 0}}}})
	some found in rule.deny with input as doc
	found.message == `"score" gives no deployment any traffic; expected are 100 %`
}

test_traffic_to_nothing_is_denied if {
	doc := twin({"properties": {"traffic": {"blue": 50, "gone": 50}}})
	some found in rule.deny with input as doc
	found.about == "gone"
	contains(found.message, `"score" sends traffic to "gone", which does not exist`)
	count(rule.pass) == 0 with input as doc
	unsure := fixture.pair(fixture.part("inference", {"ws-north/score/blue": null}))
	count(rule.deny | rule.pass) == 0 with input as unsure
}

test_failed_deployments_are_denied if {
	every state in ["Failed", "canceled"] {
		doc := blue({"provisioningState": state})
		some found in rule.deny with input as doc
		found.resource == fixture.id("ws-north/score/blue")
		count(rule.pass) == 0 with input as doc
	}
}

test_transitional_states_are_open if {
	count(rule.deny | rule.pass) == 0 with input as blue({"provisioningState": "Updating"})
}

test_another_model_is_denied if {
	doc := blue({"model": "azureml://registries/mlreg/models/fraud/versions/2"})
	some found in rule.deny with input as doc
	found.pointer == "/properties/model"
	contains(found.message, "versions/2 in the failover workspace, the primary with azureml://registries/mlreg/models/fraud/")
	count(rule.pass) == 0 with input as doc
}

own_model(name) := sprintf("%s/models/fraud/versions/3", [fixture.id(name)])

test_the_same_model_of_each_workspace_passes if {
	doc := pair({
		"ws-west/score/blue": {"properties": {"model": own_model("ws-west")}},
		"ws-north/score/blue": {"properties": {"model": own_model("ws-north")}},
	})
	count(rule.pass) == 1 with input as doc
}

test_another_environment_or_size_is_a_note if {
	every values in [
		{"environmentId": "azureml://registries/mlreg/environments/fraud/versions/2"},
		{"instanceType": "Standard_DS4_v2"},
	] {
		doc := blue(values)
		some found in rule.deny with input as doc
		found.level == "note"
		count(rule.pass) == 0 with input as doc
	}
}

test_what_neither_side_has_is_equal if {
	without := {"without": ["/properties/instanceType", "/properties/environmentId", "/properties/model"]}
	count(rule.pass) == 1 with input as pair({"ws-west/score/blue": without, "ws-north/score/blue": without})
}

test_unknown_properties_are_open if {
	docs := [
		twin({"unknown": {"/properties/traffic": "forbidden"}}),
		twin({"unknown": {"/properties/traffic/green": "forbidden"}}),
		pair({"ws-north/score/blue": {"unknown": {"/properties/model": "forbidden"}}}),
		pair({"ws-west/score/blue": {"unknown": {"/properties/environmentId": "forbidden"}}}),
		pair({"ws-north/score/blue": {"unknown": {"/properties/instanceType": "forbidden"}}}),
		pair({"ws-north/score/blue": {"unknown": {"/properties/provisioningState": "forbidden"}}}),
		fixture.undirected(pair({})),
		fixture.pair(fixture.part("inference", {"ws-north/score": null})),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_missing_endpoint_belongs_to_another_rule if {
	some exemption in rule.exempt with input as pair({"ws-north/score": null})
	contains(exemption.reason, "HF-INF-001")
}

test_serverless_endpoints_are_exempt if {
	endpoint := {"type": "Microsoft.MachineLearningServices/workspaces/serverlessEndpoints"}
	some exemption in rule.exempt with input as fixture.pair({"ws-west/llm": endpoint})
	exemption.reason == `"llm" is serverless and has no deployments`
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(pair({}))
	exemption.reason == "outside production (dev)"
}
