package holdfast.rules.compute.dedicated_priority_test

import data.holdfast.lib.fixture
import data.holdfast.rules.compute.dedicated_priority as rule

cluster(change) := fixture.workspace(fixture.part("training", {"ws-west/cpu": change}))

priority(name) := cluster({"properties": {"properties": {"vmPriority": name}}})

test_dedicated_cluster_passes if {
	count(rule.pass) == 1 with input as cluster({})
	count(rule.pass) == 1 with input as priority("dedicated")
	count(rule.deny | rule.exempt) == 0 with input as cluster({})
}

test_cluster_that_says_nothing_is_dedicated if {
	count(rule.pass) == 1 with input as cluster({"without": ["/properties/properties/vmPriority"]})
}

test_low_priority_is_denied if {
	every name in ["LowPriority", "lowpriority"] {
		some found in rule.deny with input as priority(name)
		contains(found.message, `"cpu" runs on low-priority VMs`)
		count(rule.pass) == 0 with input as priority(name)
	}
}

test_other_words_are_open if {
	count(rule.deny | rule.pass) == 0 with input as priority("Spot")
}

test_unknown_properties_are_open if {
	every pointer in ["/properties/properties/vmPriority", "/properties/properties", "/properties/computeType", ""] {
		doc := cluster({"unknown": {pointer: "forbidden"}})
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_other_computes_are_exempt if {
	some exemption in rule.exempt with input as cluster({"properties": {"computeType": "ComputeInstance"}})
	exemption.reason == `"cpu" is a compute of type ComputeInstance and no cluster`
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(priority("LowPriority"))
	exemption.reason == "outside production (dev)"
}
