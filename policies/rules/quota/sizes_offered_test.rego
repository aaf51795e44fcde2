package holdfast.rules.quota.sizes_offered_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_parts
import data.holdfast.rules.quota.sizes_offered as rule

types := [
	"Microsoft.MachineLearningServices/workspaces/computes",
	"Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
	"Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
]

both := object.union(fixture_parts.parts.training, fixture_parts.parts.inference)

pair(changes) := fixture.live(fixture.complete(fixture.pair(object.union(both, changes)), types))

test_offered_sizes_pass if {
	count(rule.pass) == 1 with input as pair({})
	count(rule.deny | rule.exempt) == 0 with input as pair({})
	count(rule.pass) == 1 with input as pair({"ws-west/cpu": {"properties": {"properties": {"vmSize": "STANDARD_DS3_V2"}}}})
}

test_size_of_a_compute_that_is_not_offered_is_denied if {
	every kind in ["AmlCompute", "ComputeInstance"] {
		change := {"properties": {"computeType": kind, "properties": {"vmSize": "Standard_ND96asr_v4"}}}
		doc := pair({"ws-west/cpu": change})
		some found in rule.deny with input as doc
		found.resource == fixture.id("ws-west/cpu")
		found.about == "standard_nd96asr_v4"
		contains(found.message, `"cpu" uses VMs of size Standard_ND96asr_v4, which northeurope does not offer`)
		count(rule.pass) == 0 with input as doc
	}
}

test_size_of_a_deployment_that_is_not_offered_is_denied if {
	doc := pair({"ws-west/score/blue": {"properties": {"instanceType": "Standard_NC6s_v3"}}})
	some found in rule.deny with input as doc
	found.pointer == "/properties/instanceType"
	count(rule.pass) == 0 with input as doc
}

test_one_size_is_one_finding if {
	rare := {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_X"}}}
	cluster := object.union(fixture_parts.parts.training["ws-west/cpu"], rare)
	doc := pair({"ws-west/cpu": rare, "ws-west/more": cluster})
	count(rule.deny) == 1 with input as doc
	some found in rule.deny with input as doc
	found.related[0].message == "Uses the same size"
}

test_sizes_of_the_secondary_are_its_own_matter if {
	count(rule.pass) == 1 with input as pair({"ws-north/cpu": {"properties": {"properties": {"vmSize": "Standard_X"}}}})
}

test_what_is_on_kubernetes_or_attached_has_no_size if {
	doc := pair({
		"ws-west/cpu": {"properties": {"computeType": "Kubernetes"}},
		"ws-west/score/blue": {"properties": {"endpointComputeType": "Kubernetes"}},
	})
	some exemption in rule.exempt with input as doc
	exemption.reason == `"ws-west" has no compute or managed deployment`
}

test_what_is_not_known_is_open if {
	docs := [
		pair({"northeurope/vmSizes": null}),
		pair({"northeurope/vmSizes": {"unknown": {"/value": "forbidden"}}}),
		pair({"ws-west/cpu": {"unknown": {"/properties/properties/vmSize": "forbidden"}}}),
		pair({"ws-west/cpu": {"unknown": {"/properties/computeType": "forbidden"}}}),
		pair({"ws-west/score/blue": {"unknown": {"/properties/instanceType": "forbidden"}}}),
		pair({"ws-west/score/blue": {"unknown": {"/properties/endpointComputeType": "forbidden"}}}),
		fixture.undirected(pair({})),
		fixture.live(fixture.complete(fixture.pair(both), [types[0], types[1]])),
		fixture.live(fixture.complete(fixture.pair(both), [types[0], types[2]])),
		fixture.live(fixture.complete(fixture.pair(both), [types[1], types[2]])),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}
