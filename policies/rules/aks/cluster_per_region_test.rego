package holdfast.rules.aks.cluster_per_region_test

import data.holdfast.lib.fixture
import data.holdfast.rules.aks.cluster_per_region as rule

computes := ["Microsoft.MachineLearningServices/workspaces/computes"]

pair(changes) := fixture.complete(fixture.pair(fixture.part("kubernetes", changes)), computes)

arc(name) := fixture.arm_id(name, {"type": "Microsoft.Kubernetes/connectedClusters"})

leads(name, target) := {name: {"properties": {"resourceId": target}}}

test_a_cluster_per_region_passes if {
	count(rule.pass) == 1 with input as pair({})
	count(rule.deny | rule.exempt) == 0 with input as pair({})
}

test_no_cluster_on_the_secondary_is_denied if {
	doc := pair({"ws-north/k8s": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, `"ws-north" has no Kubernetes compute, but "ws-west" has "k8s"`)
	count(rule.pass) == 0 with input as doc
	unsure := fixture.pair(fixture.part("kubernetes", {"ws-north/k8s": null}))
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as unsure
}

test_one_cluster_behind_both_is_denied_once if {
	doc := pair(leads("ws-north/k8s", upper(fixture.id("aks-west"))))
	count(rule.deny) == 1 with input as doc
	some found in rule.deny with input as doc
	contains(found.message, `"k8s" leads to "aks-west", the cluster of the primary`)
	count(rule.pass) == 0 with input as doc
}

test_cluster_in_another_region_is_denied if {
	doc := pair({"aks-north": {"location": "swedencentral"}})
	some found in rule.deny with input as doc
	found.message == `"k8s" of "ws-north" leads to "aks-north" in swedencentral; expected is a cluster in northeurope`
	count(rule.pass) == 0 with input as doc
}

test_connected_clusters_have_no_region if {
	doc := pair(object.union(leads("ws-west/k8s", arc("a")), leads("ws-north/k8s", arc("b"))))
	count(rule.pass) == 1 with input as doc
	shared := pair(object.union(leads("ws-west/k8s", arc("a")), leads("ws-north/k8s", arc("a"))))
	count(rule.deny) == 1 with input as shared
}

test_workspaces_without_kubernetes_are_exempt if {
	doc := pair({"ws-west/k8s": null})
	some exemption in rule.exempt with input as doc
	exemption.reason == `"ws-west" has no Kubernetes compute`
}

test_the_first_version_counts_as_cluster if {
	count(rule.pass) == 1 with input as pair({"ws-west/k8s": {"properties": {"computeType": "AKS"}}})
}

test_what_is_not_known_is_open if {
	docs := [
		pair({"ws-north/k8s": {"without": ["/properties/resourceId"]}}),
		pair({"ws-west/k8s": {"unknown": {"/properties/computeType": "forbidden"}}}),
		pair({"ws-north/k8s": {"unknown": {"/properties/computeType": "forbidden"}}}),
		pair({"aks-north": null}),
		pair({"aks-north": {"unknown": {"/location": "forbidden"}}}),
		pair({"ws-north": {"unknown": {"/location": "forbidden"}}}),
		fixture.undirected(pair({})),
		fixture.pair(fixture.part("kubernetes", {})),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(pair({"ws-north/k8s": null}))
	exemption.reason == "outside production (dev)"
}
