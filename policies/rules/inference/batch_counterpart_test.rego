package holdfast.rules.inference.batch_counterpart_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_parts
import data.holdfast.rules.inference.batch_counterpart as rule

types := [
	"Microsoft.MachineLearningServices/workspaces/batchEndpoints",
	"Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments",
]

pair(changes) := fixture.complete(fixture.pair(fixture.part("inference", changes)), types)

twin(change) := pair({"ws-north/batch": change})

nightly(change) := pair({"ws-north/batch/nightly": change})

test_counterpart_with_a_default_deployment_passes if {
	count(rule.pass) == 1 with input as pair({})
	count(rule.deny | rule.exempt) == 0 with input as pair({})
}

test_missing_endpoint_is_denied if {
	doc := pair({"ws-north/batch": null})
	some found in rule.deny with input as doc
	contains(found.message, `"ws-north" has no batch endpoint "batch"`)
	count(rule.pass) == 0 with input as doc
	unsure := fixture.pair(fixture.part("inference", {"ws-north/batch": null}))
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as unsure
}

test_names_are_mapped if {
	doc := pair({
		"ws-north/batch": null,
		"ws-north/batch/nightly": null,
		"ws-north/dr": fixture_parts.parts.inference["ws-north/batch"],
		"ws-north/dr/nightly": fixture_parts.parts.inference["ws-north/batch/nightly"],
	})
	count(rule.pass) == 1 with input as fixture.parameters(doc, {"name_map": {"batch": "dr"}})
}

test_failed_endpoint_or_deployment_is_denied if {
	failed := {"properties": {"provisioningState": "Failed"}}
	every doc in [twin(failed), nightly(failed)] {
		some found in rule.deny with input as doc
		found.pointer == "/properties/provisioningState"
		count(rule.pass) == 0 with input as doc
	}
}

test_endpoint_without_default_is_denied if {
	every change in [{"without": ["/properties/defaults"]}, {"properties": {"defaults": {"deploymentName": ""}}}] {
		some found in rule.deny with input as twin(change)
		contains(found.message, "has no default deployment")
		count(rule.pass) == 0 with input as twin(change)
	}
}

test_default_that_does_not_exist_is_denied if {
	doc := pair({"ws-north/batch/nightly": null})
	some found in rule.deny with input as doc
	contains(found.message, `has the default deployment "nightly", which does not exist`)
	unsure := fixture.pair(fixture.part("inference", {"ws-north/batch/nightly": null}))
	count(rule.deny | rule.pass) == 0 with input as unsure
}

test_compute_of_the_primary_is_denied if {
	doc := nightly({"relates": {"compute": [fixture.id("ws-west/cpu")]}})
	some found in rule.deny with input as doc
	contains(found.message, `"nightly" of the batch endpoint "batch" runs on "cpu" of another workspace`)
	count(rule.pass) == 0 with input as doc
}

test_compute_that_was_not_found_is_open if {
	count(rule.deny | rule.pass) == 0 with input as pair({"ws-north/cpu": null})
}

test_no_retries_are_a_note if {
	doc := nightly({"properties": {"retrySettings": {"maxRetries": 0}}})
	some found in rule.deny with input as doc
	found.level == "note"
	count(rule.pass) == 0 with input as doc
	count(rule.pass) == 1 with input as nightly({"without": ["/properties/retrySettings"]})
}

test_unknown_properties_are_open if {
	docs := [
		twin({"unknown": {"/properties/provisioningState": "forbidden"}}),
		twin({"unknown": {"/properties/defaults/deploymentName": "forbidden"}}),
		twin({"unknown": {"": "forbidden"}}),
		nightly({"unknown": {"/properties/compute": "forbidden"}, "relates": {"compute": []}}),
		nightly({"unknown": {"/properties/provisioningState": "forbidden"}}),
		nightly({"unknown": {"/properties/retrySettings": "forbidden"}}),
		fixture.undirected(pair({})),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(pair({}))
	exemption.reason == "outside production (dev)"
}
