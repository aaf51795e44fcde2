package holdfast.rules.compute.compute_region_test

import data.holdfast.lib.fixture
import data.holdfast.rules.compute.compute_region as rule

cluster(change) := fixture.workspace(fixture.part("training", {"ws-west/cpu": change}))

test_compute_in_the_region_of_its_workspace_passes if {
	count(rule.pass) == 1 with input as cluster({})
	count(rule.deny | rule.exempt) == 0 with input as cluster({})
	count(rule.pass) == 1 with input as cluster({"properties": {"computeType": "ComputeInstance"}})
}

test_compute_elsewhere_is_denied if {
	doc := cluster({"location": "northeurope"})
	some found in rule.deny with input as doc
	found.pointer == "/location"
	contains(found.message, `"cpu" runs in northeurope, but its workspace "ws-west" lies in westeurope`)
	count(rule.pass) == 0 with input as doc
}

test_compute_location_goes_before_location if {
	elsewhere := cluster({"properties": {"computeLocation": "North Europe"}})
	some found in rule.deny with input as elsewhere
	found.pointer == "/properties/computeLocation"
	count(rule.pass) == 0 with input as elsewhere
	count(rule.pass) == 1 with input as cluster({
		"location": "northeurope",
		"properties": {"computeLocation": "WestEurope"},
	})
	count(rule.pass) == 1 with input as cluster({"properties": {"computeLocation": ""}})
}

test_compute_without_location_inherits_it if {
	count(rule.pass) == 1 with input as cluster({"without": ["/location"]})
	both := fixture.workspace(fixture.part("training", {
		"ws-west/cpu": {"without": ["/location"]},
		"ws-west": {"unknown": {"/location": "forbidden"}},
	}))
	count(rule.deny | rule.pass) == 0 with input as both
}

test_unknown_properties_are_open if {
	pointers := ["/location", "/properties/computeLocation", "/properties/computeType", ""]
	every pointer in pointers {
		doc := cluster({"unknown": {pointer: "forbidden"}})
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_attached_computes_are_exempt if {
	some exemption in rule.exempt with input as cluster({"properties": {"computeType": "Kubernetes"}})
	contains(exemption.reason, `"cpu" is a compute of type Kubernetes`)
}
