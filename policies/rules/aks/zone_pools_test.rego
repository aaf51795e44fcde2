package holdfast.rules.aks.zone_pools_test

import data.holdfast.lib.fixture
import data.holdfast.rules.aks.zone_pools as rule

cluster(change) := fixture.workspace(fixture.part("kubernetes", {"aks-west": change}))

profiles(list) := cluster({"properties": {"agentPoolProfiles": list}})

pool(change) := fixture.workspace(fixture.part("kubernetes", {"aks-west/gpu": object.union(
	{
		"type": "Microsoft.ContainerService/managedClusters/agentPools",
		"properties": {"mode": "User", "availabilityZones": ["1", "3"]},
	},
	change,
)}))

test_pools_over_zones_pass if {
	count(rule.pass) == 1 with input as cluster({})
	count(((rule.deny | rule.exempt) | rule.open)) == 0 with input as cluster({})
	count(rule.pass) == 1 with input as pool({})
}

test_pools_in_one_zone_or_none_are_denied if {
	doc := profiles([{"name": "sys", "availabilityZones": ["2"]}, {"name": "inf"}])
	{one.about | some one in rule.deny} == {"sys", "inf"} with input as doc
	some found in rule.deny with input as doc
	found.pointer == "/properties/agentPoolProfiles"
	found.resource == fixture.id("aks-west")
	{one.message | some one in rule.deny} == {
		`"aks-west" has the node pool "sys" in zone 2 only; expected are at least two zones`,
		`"aks-west" has the node pool "inf" in no zone; expected are at least two zones`,
	} with input as doc
	count(rule.pass) == 0 with input as doc
}

test_a_pool_of_its_own_is_judged if {
	doc := pool({"properties": {"availabilityZones": ["1"]}})
	some found in rule.deny with input as doc
	found.resource == lower(fixture.arm_id("aks-west/gpu", {"type": "Microsoft.ContainerService/managedClusters/agentPools"}))
	count(rule.pass) == 0 with input as doc
}

test_regions_without_zones_are_exempt if {
	some exemption in rule.exempt with input as cluster({"location": "westus"})
	exemption.reason == "westus has no availability zones"
}

test_connected_clusters_are_open if {
	arc := fixture.arm_id("arc", {"type": "Microsoft.Kubernetes/connectedClusters"})
	changes := {
		"ws-west/k8s": {"properties": {"resourceId": arc}},
		"arc": {"type": "Microsoft.Kubernetes/connectedClusters", "location": "westeurope"},
	}
	doc := fixture.workspace(fixture.part("kubernetes", changes))
	subject := {"id": "arc", "kind": "kubernetes_cluster", "resource": lower(arc), "workspace": fixture.id("ws-west")}
	with_subject := object.union(doc, {"subjects": [subject]})
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as with_subject
	some words in rule.open with input as with_subject
	contains(words.reason, `"arc" is a connected cluster`)
}

test_what_is_not_known_is_open if {
	docs := [
		cluster({"unknown": {"/properties/agentPoolProfiles": "forbidden"}}),
		cluster({"unknown": {"/location": "forbidden"}}),
		cluster({"location": "atlantiscentral"}),
		cluster({"unknown": {"": "forbidden"}}),
		profiles([]),
		pool({"unknown": {"/properties/availabilityZones": "forbidden"}}),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(profiles([{"name": "sys"}]))
	exemption.reason == "outside production"
}
