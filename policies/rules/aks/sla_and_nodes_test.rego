package holdfast.rules.aks.sla_and_nodes_test

import data.holdfast.lib.fixture
import data.holdfast.rules.aks.sla_and_nodes as rule

cluster(change) := fixture.workspace(fixture.part("kubernetes", {"aks-west": change}))

profile(change) := cluster({"properties": {"agentPoolProfiles": [object.union(
	{"name": "p", "mode": "System", "count": 3},
	change,
)]}})

test_standard_cluster_with_enough_nodes_passes if {
	count(rule.pass) == 1 with input as cluster({})
	count(((rule.deny | rule.exempt) | rule.open)) == 0 with input as cluster({})
	count(rule.pass) == 1 with input as cluster({"sku": {"tier": "PREMIUM"}})
	count(rule.pass) == 1 with input as profile({"mode": "Gateway", "count": 1})
	count(rule.pass) == 1 with input as profile({"scaleSetPriority": "Regular"})
}

test_free_tier_is_denied if {
	doc := cluster({"sku": {"tier": "Free"}})
	some found in rule.deny with input as doc
	found.pointer == "/sku/tier"
	count(rule.pass) == 0 with input as doc
}

test_few_nodes_are_denied if {
	doc := profile({"count": 2})
	some found in rule.deny with input as doc
	found.message == `"aks-west" has the system pool "p" with 2 nodes; expected are at least 3`
	count(rule.pass) == 0 with input as doc
	count(rule.deny) == 1 with input as profile({"mode": "User", "count": 1})
	count(rule.pass) == 1 with input as profile({"mode": "User", "count": 2})
}

test_the_minimum_of_the_autoscaler_counts if {
	count(rule.deny) == 1 with input as profile({"enableAutoScaling": true, "minCount": 1, "count": 9})
	count(rule.pass) == 1 with input as profile({"enableAutoScaling": true, "minCount": 3, "count": 3})
}

test_spot_nodes_are_denied if {
	doc := profile({"scaleSetPriority": "Spot"})
	some found in rule.deny with input as doc
	found.about == "p spot"
	count(rule.pass) == 0 with input as doc
}

test_a_pool_of_its_own_is_judged if {
	doc := fixture.workspace(fixture.part("kubernetes", {"aks-west/gpu": {
		"type": "Microsoft.ContainerService/managedClusters/agentPools",
		"properties": {"mode": "User", "count": 1},
	}}))
	some found in rule.deny with input as doc
	found.pointer == "/properties/count"
	count(rule.pass) == 0 with input as doc
}

test_connected_clusters_are_open if {
	doc := cluster({})
	id := "/arc"
	with_subject := object.union(doc, {
		"resources": {id: {"id": id, "name": "arc", "type": "microsoft.kubernetes/connectedclusters", "unknown": {}}},
		"subjects": [{"id": id, "kind": "kubernetes_cluster", "resource": id, "workspace": fixture.id("ws-west")}],
	})
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as with_subject
	some words in rule.open with input as with_subject
	contains(words.reason, "connected cluster")
}

test_what_is_not_known_is_open if {
	docs := [
		cluster({"unknown": {"/sku/tier": "forbidden"}}),
		cluster({"sku": {"tier": "Paid"}}),
		cluster({"unknown": {"/properties/agentPoolProfiles": "forbidden"}}),
		profile({"mode": "Odd"}),
		profile({"scaleSetPriority": "Odd"}),
		cluster({"properties": {"agentPoolProfiles": []}}),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(cluster({"sku": {"tier": "Free"}}))
	exemption.reason == "outside production"
}
