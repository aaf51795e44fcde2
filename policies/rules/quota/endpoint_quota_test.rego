package holdfast.rules.quota.endpoint_quota_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_parts
import data.holdfast.rules.quota.endpoint_quota as rule

types := [
	"Microsoft.MachineLearningServices/workspaces/computes",
	"Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
	"Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
]

both := object.union(fixture_parts.parts.training, fixture_parts.parts.inference)

estate(changes) := fixture.live(fixture.complete(fixture.subscription(object.union(both, changes)), types))

# The limit of the family and of all families. The fixture needs 16 vCPUs each for its cluster and for
# its deployment (four instances with the reserve).
limits(family, total) := {"northeurope/usages": {"value": [
	fixture_parts.usage("Total Cluster Dedicated Regional vCPUs", "dedicatedCores", total),
	fixture_parts.usage("standardDSv2Family", "vmFamily", family),
]}}

deployment(name, change) := estate(object.union(limits(32, 32), {name: change}))

test_enough_quota_passes if {
	count(rule.pass) == 1 with input as estate({})
	count(rule.pass) == 1 with input as estate(limits(32, 32))
	count(((rule.deny | rule.exempt) | rule.open)) == 0 with input as estate({})
}

test_clusters_and_the_reserve_are_counted if {
	doc := estate(limits(31, -1))
	some found in rule.deny with input as doc
	found.about == "standarddsv2family"
	contains(found.message, "online deployments need 16 with the reserve for upgrades and clusters 16")
	contains(found.message, `northeurope has a limit of 31 vCPUs (standarddsv2family), but after the failover of "ws-west"`)
	count(rule.pass) == 0 with input as doc
}

test_the_limit_over_all_families_counts if {
	doc := estate(limits(-1, 31))
	{found.about | some found in rule.deny} == {"total"} with input as doc
	count(rule.pass) == 0 with input as doc
}

test_the_share_follows_the_inference_tier if {
	doc := deployment("ws-west/score/blue", {"sku": {"capacity": 10}})
	count(rule.pass) == 1 with input as doc
	some found in rule.deny with input as fixture.tier(doc, "active-standby")
	contains(found.message, "need 24")
	some more in rule.deny with input as fixture.tier(doc, "active-active")
	contains(more.message, "need 48")
}

test_deployments_without_mirror_count_too if {
	doc := deployment("ws-north/score/blue", null)
	count(rule.pass) == 1 with input as doc
	green := fixture.tier(deployment("ws-north/score/green", fixture_parts.parts.inference["ws-north/score/blue"]), "active-active")
	count(rule.deny) == 2 with input as green
}

test_kubernetes_deployments_need_none if {
	changes := {
		"ws-west/score/blue": {"properties": {"endpointComputeType": "Kubernetes"}},
		"ws-north/score/blue": {"without": ["/properties/endpointComputeType"]},
		"ws-north/score": {"kind": "Kubernetes"},
	}
	some exemption in rule.exempt with input as estate(object.union(limits(16, 16), changes))
	exemption.reason == "no pair that fails over into northeurope has managed online deployments"
}

test_the_endpoint_tells_the_kind if {
	doc := deployment("ws-west/score/blue", {"without": ["/properties/endpointComputeType"]})
	count(rule.pass) == 1 with input as doc
}

test_too_many_clusters_belong_to_another_rule if {
	grown := {name: {"properties": {"properties": {"scaleSettings": {"maxNodeCount": 9}}}} | some name in ["ws-north/cpu"]}
	some exemption in rule.exempt with input as estate(object.union(limits(32, -1), grown))
	exemption.reason == "the clusters alone need more than the limit of 32 vCPUs (HF-QUOTA-001)"
	count(rule.deny) == 0 with input as estate(object.union(limits(32, -1), grown))
}

test_both_alone_too_many_is_denied if {
	doc := estate(limits(15, -1))
	count(rule.deny) == 1 with input as doc
	count(rule.exempt) == 0 with input as doc
}

test_what_is_not_known_is_open if {
	docs := [
		fixture.live(fixture.complete(fixture.subscription(both), [types[0], types[1]])),
		fixture.live(fixture.complete(fixture.subscription(both), [types[0], types[2]])),
		fixture.live(fixture.complete(fixture.subscription(both), [types[1], types[2]])),
		estate({"northeurope/usages": null}),
		estate({"northeurope/vmSizes": null}),
		deployment("ws-west/score/blue", {"unknown": {"/sku/capacity": "forbidden"}}),
		deployment("ws-west/score/blue", {"unknown": {"/properties/instanceType": "forbidden"}}),
		deployment("ws-west/score/blue", {"unknown": {"/properties/endpointComputeType": "forbidden"}}),
		deployment("ws-north/cpu", {"unknown": {"/properties/computeType": "forbidden"}}),
		deployment("ws-north/score", {"unknown": {"": "forbidden"}, "existing": true}),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_size_that_is_offered_nowhere_is_named if {
	doc := estate({"ws-west/score/blue": {"properties": {"instanceType": "Standard_F8s_v2"}}})
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	some words in rule.open with input as doc
	words.reason == "no region that was read offers Standard_F8s_v2, so its family and cores are not known"
}

test_direction_is_needed if {
	doc := estate({})
	undirected := object.union(doc, {"pairs": [object.remove(doc.pairs[0], ["primary", "secondary"])]})
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as undirected
	some words in rule.open with input as undirected
	words.reason == "it is not known in which direction a pair fails over"
}
