package holdfast.rules.inference.endpoint_authentication_test

import data.holdfast.lib.fixture
import data.holdfast.rules.inference.endpoint_authentication as rule

types := [
	"Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
	"Microsoft.MachineLearningServices/workspaces/serverlessEndpoints",
]

pair(changes) := fixture.complete(fixture.pair(fixture.part("inference", changes)), types)

modes(west, north) := pair({
	"ws-west/score": {"properties": {"authMode": west}},
	"ws-north/score": {"properties": {"authMode": north}},
})

test_entra_tokens_on_both_pass if {
	count(rule.pass) == 1 with input as pair({})
	count(rule.pass) == 1 with input as modes("aad_token", "AADTOKEN")
	count(((rule.deny | rule.exempt) | rule.open)) == 0 with input as pair({})
}

test_two_modes_are_denied if {
	doc := modes("Key", "AADToken")
	some found in rule.deny with input as doc
	found.pointer == "/properties/authMode"
	not found.level
	contains(found.message, `"score" asks for AADToken in the failover workspace and for Key in the primary`)
	count(rule.pass) == 0 with input as doc
}

test_keys_and_tokens_of_the_service_are_notes if {
	every mode in ["Key", "AMLToken", "aml_token", "key"] {
		doc := modes(mode, mode)
		some found in rule.deny with input as doc
		found.level == "note"
		contains(found.message, mode)
		count(rule.pass) == 0 with input as doc
	}
}

test_other_modes_are_open if {
	doc := modes("AADToken", "None")
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	words.reason == "None is no authentication mode that is known"
}

test_unknown_modes_are_open if {
	every name in ["ws-west/score", "ws-north/score"] {
		doc := pair({name: {"unknown": {"/properties/authMode": "forbidden"}}})
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_missing_counterpart_belongs_to_another_rule if {
	doc := pair({"ws-north/score": null})
	some exemption in rule.exempt with input as doc
	exemption.reason == `"ws-north" has no endpoint of this name (HF-INF-001)`
	unsure := fixture.pair(fixture.part("inference", {"ws-north/score": null}))
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as unsure
}

test_serverless_endpoints_are_judged_too if {
	endpoint := {"type": types[1], "properties": {"authMode": "AAD"}}
	both := {"ws-west/score": null, "ws-north/score": null, "ws-west/llm": endpoint}
	count(rule.pass) == 1 with input as pair(object.union(both, {"ws-north/llm": endpoint}))
	count(rule.exempt) == 1 with input as pair(both)
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(modes("Key", "AADToken"))
	exemption.reason == "outside production (dev)"
}
