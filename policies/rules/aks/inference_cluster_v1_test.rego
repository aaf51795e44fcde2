package holdfast.rules.aks.inference_cluster_v1_test

import data.holdfast.lib.fixture
import data.holdfast.rules.aks.inference_cluster_v1 as rule

cluster(change) := fixture.workspace(fixture.part("kubernetes", {"ws-west/k8s": change}))

old(more) := cluster({"properties": object.union({"computeType": "AKS"}, more)})

test_kubernetes_compute_passes if {
	count(rule.pass) == 1 with input as cluster({})
	count(rule.deny | rule.exempt) == 0 with input as cluster({})
}

test_clusters_of_the_first_version_are_denied if {
	every kind in ["AKS", "Aks"] {
		doc := old({"computeType": kind})
		some found in rule.deny with input as doc
		found.message == `"k8s" is an inference cluster of the v1 service; expected is a Kubernetes compute`
		count(rule.pass) == 0 with input as doc
	}
}

test_the_message_says_more_of_it if {
	created := old({"isAttachedCompute": false})
	some made in rule.deny with input as created
	contains(made.message, "made by the service, so it cannot be made available in another region")
	tried := old({"properties": {"clusterPurpose": "DevTest"}})
	some test in rule.deny with input as tried
	contains(test.message, "made for development and testing")
	unknown := cluster({"properties": {"computeType": "AKS"}, "unknown": {"/properties/isAttachedCompute": "forbidden"}})
	count(rule.deny) == 1 with input as unknown
}

test_unknown_type_is_open if {
	every pointer in ["/properties/computeType", ""] {
		doc := cluster({"unknown": {pointer: "forbidden"}})
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_other_computes_are_exempt if {
	some exemption in rule.exempt with input as fixture.workspace(fixture.part("training", {}))
	exemption.reason == `"cpu" is a compute of type AmlCompute`
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(old({}))
	exemption.reason == "outside production (dev)"
}
