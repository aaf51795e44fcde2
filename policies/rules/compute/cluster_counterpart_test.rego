package holdfast.rules.compute.cluster_counterpart_test

import data.holdfast.lib.fixture
import data.holdfast.rules.compute.cluster_counterpart as rule

computes := ["Microsoft.MachineLearningServices/workspaces/computes"]

with_twin(change) := fixture.pair(fixture.part("training", {"ws-north/cpu": change}))

complete(changes) := fixture.complete(fixture.pair(fixture.part("training", changes)), computes)

settings(values) := {"properties": {"properties": values}}

test_equal_cluster_passes if {
	count(rule.pass) == 1 with input as with_twin({})
	count(rule.deny | rule.exempt) == 0 with input as complete({})
}

test_odd_case_is_the_same if {
	count(rule.pass) == 1 with input as with_twin(settings({"vmSize": "STANDARD_DS3_V2"}))
}

test_missing_cluster_is_denied if {
	doc := complete({"ws-north/cpu": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	found.message == `"ws-north" has no equivalent of the cluster "cpu"; expected is a cluster named "cpu" of size Standard_DS3_v2`
	count(rule.pass) == 0 with input as doc
}

test_missing_cluster_of_unknown_size_is_denied if {
	doc := complete({"ws-north/cpu": null, "ws-west/cpu": {"unknown": {"/properties/properties/vmSize": "forbidden"}}})
	some found in rule.deny with input as doc
	endswith(found.message, `expected is a cluster named "cpu"`)
}

test_missing_cluster_of_an_incomplete_source_is_open if {
	doc := fixture.pair(fixture.part("training", {"ws-north/cpu": null}))
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
}

test_names_are_mapped if {
	other := fixture.part("training", {"ws-north/cpu": null, "ws-north/cpu-dr": fixture.part("training", {})["ws-north/cpu"]})
	doc := fixture.complete(fixture.pair(other), computes)
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 1 with input as fixture.parameters(doc, {"name_map": {"cpu": "cpu-dr"}})
}

test_compute_of_another_type_is_denied if {
	doc := with_twin({"properties": {"computeType": "ComputeInstance"}})
	some found in rule.deny with input as doc
	found.pointer == "/properties/computeType"
	count(rule.pass) == 0 with input as doc
}

test_another_size_of_the_family_passes if {
	count(rule.pass) == 1 with input as with_twin(settings({"vmSize": "Standard_DS4_v2"}))
}

test_another_family_is_denied if {
	doc := with_twin(settings({"vmSize": "Standard_E4s_v5"}))
	some found in rule.deny with input as doc
	contains(found.message, "VMs of size Standard_E4s_v5, the primary of size Standard_DS3_v2")
	count(rule.pass) == 0 with input as doc
}

test_family_that_may_be_another_is_open if {
	count(rule.deny | rule.pass) == 0 with input as with_twin(settings({"vmSize": "Standard_D4s_v5"}))
}

test_nodes_follow_the_training_tier if {
	small := with_twin(settings({"scaleSettings": {"maxNodeCount": 2}}))
	count(rule.pass) == 1 with input as small
	count(rule.pass) == 1 with input as fixture.tier(small, "active-standby")
	some found in rule.deny with input as fixture.tier(small, "active-active")
	found.message == `"cpu" in the failover workspace grows to 2 nodes, the primary to 4; expected are at least 4`
	count(rule.pass) == 0 with input as fixture.tier(small, "active-active")
	less := with_twin(settings({"scaleSettings": {"maxNodeCount": 1}}))
	count(rule.deny) == 1 with input as fixture.tier(less, "active-standby")
	inference := fixture.pair_facts(
		less,
		{"tier": {"overall": "active-active", "inference": "active-active", "training": "active-passive"}},
	)
	count(rule.deny) == 0 with input as inference
}

test_failed_cluster_is_denied if {
	every state in ["Failed", "Canceled"] {
		doc := with_twin({"properties": {"provisioningState": state}})
		some found in rule.deny with input as doc
		contains(found.message, state)
		count(rule.pass) == 0 with input as doc
	}
}

test_transitional_state_is_open if {
	count(rule.deny | rule.pass) == 0 with input as with_twin({"properties": {"provisioningState": "Creating"}})
}

test_source_code_has_no_state if {
	doc := with_twin({"without": ["/properties/provisioningState"]})
	count(rule.pass) == 1 with input as doc
	count(rule.pass) == 0 with input as fixture.live(doc)
}

test_unknown_properties_are_open if {
	pointers := ["/properties/properties/vmSize", "/properties/properties/scaleSettings", "/properties/computeType", ""]
	every name in ["ws-west/cpu", "ws-north/cpu"] {
		every pointer in pointers {
			doc := fixture.tier(complete({name: {"unknown": {pointer: "forbidden"}}}), "active-active")
			count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
		}
	}
}

test_conditional_cluster_is_open if {
	doc := complete({"ws-north/cpu": {"conditional": "parameters('dr')"}})
	count(rule.pass | rule.deny) == 0 with input as doc
}

test_direction_is_needed if {
	doc := fixture.undirected(with_twin({}))
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
}

test_other_computes_are_exempt if {
	doc := fixture.pair(fixture.part("training", {"ws-west/cpu": {"properties": {"computeType": "ComputeInstance"}}}))
	some exemption in rule.exempt with input as doc
	exemption.reason == `"cpu" is a compute of type ComputeInstance and no cluster`
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(complete({"ws-north/cpu": null}))
	exemption.reason == "outside production (dev)"
}
