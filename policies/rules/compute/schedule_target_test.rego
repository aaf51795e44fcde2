package holdfast.rules.compute.schedule_target_test

import data.holdfast.lib.fixture
import data.holdfast.rules.compute.schedule_target as rule

estate(changes) := fixture.whole(fixture.part("training", changes))

target(kind) := estate({"ws-west/cpu": {"properties": {"computeType": kind}}})

nightly(change) := estate({"ws-west/nightly": change})

test_schedules_on_clusters_pass if {
	every kind in ["AmlCompute", "Kubernetes"] {
		count(rule.pass) == 1 with input as target(kind)
		count(rule.deny | rule.exempt) == 0 with input as target(kind)
	}
}

test_serverless_jobs_pass if {
	doc := nightly({
		"relates": {"computes": []},
		"without": ["/properties/action/jobDefinition/computeId", "/properties/isEnabled"],
	})
	count(rule.pass) == 1 with input as doc
}

test_compute_instances_are_denied if {
	doc := target("computeinstance")
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-west/nightly")
	found.about == "cpu"
	contains(found.message, `"nightly" runs on the compute instance "cpu"`)
	count(rule.pass) == 0 with input as doc
}

test_targets_that_are_not_known_are_open if {
	docs := [
		estate({"ws-west/cpu": null}),
		estate({"ws-west/cpu": {"unknown": {"/properties/computeType": "forbidden"}}}),
		estate({"ws-west/cpu": {"conditional": "parameters('x')"}}),
		nightly({"unknown": {"/properties/action/jobDefinition/computeId": "forbidden"}}),
		nightly({"unknown": {"/properties/action/actionType": "forbidden"}}),
		nightly({"unknown": {"/properties/isEnabled": "forbidden"}}),
		nightly({"unknown": {"": "forbidden"}}),
		nightly({"without": ["/properties/action/jobDefinition"]}),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_disabled_schedules_are_exempt if {
	some exemption in rule.exempt with input as nightly({"properties": {"isEnabled": false}})
	exemption.reason == "the schedule is disabled"
}

test_other_actions_are_exempt if {
	every action in ["InvokeBatchEndpoint", "CreateMonitor", "ImportData"] {
		doc := nightly({"properties": {"action": {"actionType": action}}})
		some exemption in rule.exempt with input as doc
		contains(exemption.reason, action)
	}
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(target("ComputeInstance"))
	exemption.reason == "outside production"
}
