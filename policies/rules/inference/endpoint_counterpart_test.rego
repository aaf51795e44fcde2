package holdfast.rules.inference.endpoint_counterpart_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_parts
import data.holdfast.rules.inference.endpoint_counterpart as rule

types := [
	"Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
	"Microsoft.MachineLearningServices/workspaces/serverlessEndpoints",
]

pair(changes) := fixture.complete(fixture.pair(fixture.part("inference", changes)), types)

twin(change) := pair({"ws-north/score": change})

serverless(names) := pair(object.union({"ws-west/score": null, "ws-north/score": null}, {name: {
	"type": types[1],
	"properties": {"provisioningState": "Succeeded", "modelSettings": {"modelId": model}},
} |
	some name, model in names
}))

test_endpoint_of_the_same_name_passes if {
	count(rule.pass) == 1 with input as pair({})
	count(rule.deny | rule.exempt) == 0 with input as pair({})
	count(rule.pass) == 1 with input as twin({"kind": "MANAGED"})
}

test_missing_endpoint_is_denied if {
	doc := pair({"ws-north/score": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, `"ws-north" has no endpoint "score" to take over`)
	count(rule.pass) == 0 with input as doc
}

test_missing_endpoint_of_an_incomplete_source_is_open if {
	doc := fixture.pair(fixture.part("inference", {"ws-north/score": null}))
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
}

test_names_are_mapped if {
	other := fixture_parts.parts.inference["ws-north/score"]
	doc := pair({"ws-north/score": null, "ws-north/score-dr": other})
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 1 with input as fixture.parameters(doc, {"name_map": {"score": "score-dr"}})
}

test_failed_endpoint_is_denied if {
	every state in ["Failed", "Canceled"] {
		doc := twin({"properties": {"provisioningState": state}})
		some found in rule.deny with input as doc
		contains(found.message, state)
		count(rule.pass) == 0 with input as doc
	}
}

test_transitional_states_are_open if {
	count(rule.deny | rule.pass) == 0 with input as twin({"properties": {"provisioningState": "Updating"}})
}

test_source_code_has_no_state if {
	doc := twin({"without": ["/properties/provisioningState"]})
	count(rule.pass) == 1 with input as doc
	count(rule.pass) == 0 with input as fixture.live(doc)
}

test_another_kind_is_a_note if {
	doc := twin({"kind": "Kubernetes"})
	some found in rule.deny with input as doc
	found.level == "note"
	found.pointer == "/kind"
	count(rule.pass) == 0 with input as doc
}

test_kind_that_neither_states_passes if {
	without := {"without": ["/kind"]}
	count(rule.pass) == 1 with input as pair({"ws-west/score": without, "ws-north/score": without})
	count(rule.deny | rule.pass) == 0 with input as twin(without)
}

test_serverless_endpoints_offer_one_model if {
	model := "azureml://registries/azureml-meta/models/Llama"
	count(rule.pass) == 1 with input as serverless({"ws-west/llm": model, "ws-north/llm": upper(model)})
	other := serverless({"ws-west/llm": model, "ws-north/llm": "azureml://registries/azureml/models/phi"})
	some found in rule.deny with input as other
	contains(found.message, `"llm" offers azureml://registries/azureml/models/phi in the failover workspace`)
	count(rule.pass) == 0 with input as other
	alone := serverless({"ws-west/llm": model})
	some missing in rule.deny with input as alone
	contains(missing.message, `"ws-north" has no endpoint "llm"`)
}

test_unknown_properties_are_open if {
	every pointer in ["/properties/provisioningState", "/kind", ""] {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as twin({"unknown": {pointer: "forbidden"}})
	}
	count(rule.deny | rule.pass) == 0 with input as fixture.undirected(pair({}))
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(pair({"ws-north/score": null}))
	exemption.reason == "outside production (dev)"
}
