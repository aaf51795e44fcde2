package holdfast.rules.registry.replica_healthy_test

import data.holdfast.lib.fixture
import data.holdfast.rules.registry.replica_healthy as rule

replica(change) := fixture.live(fixture.pair({"acr/northeurope": change}))

state(name) := replica({"properties": {"provisioningState": name}})

test_healthy_replica_passes if {
	count(rule.pass) == 1 with input as fixture.live(fixture.pair({}))
	count(rule.deny) == 0 with input as fixture.live(fixture.pair({}))
}

test_source_code_has_no_states if {
	doc := fixture.pair({"acr/northeurope": {"without": ["/properties/provisioningState", "/properties/status"]}})
	count(rule.pass) == 1 with input as doc
	count(rule.pass) == 0 with input as fixture.live(doc)
}

test_endpoint_that_is_off_is_denied if {
	doc := replica({"properties": {"regionEndpointEnabled": false}})
	some found in rule.deny with input as doc
	found.pointer == "/properties/regionEndpointEnabled"
	contains(found.message, `"northeurope" is a replica of "acr" whose endpoint is off`)
	count(rule.pass) == 0 with input as doc
}

test_failed_replicas_are_denied if {
	every name in ["Failed", "Canceled"] {
		some found in rule.deny with input as state(name)
		contains(found.message, name)
		count(rule.pass) == 0 with input as state(name)
	}
}

test_transitional_states_are_open if {
	every name in ["Creating", "Updating", "Deleting"] {
		count(rule.deny | rule.pass) == 0 with input as state(name)
	}
}

test_status_that_is_not_ready_is_open_and_named if {
	doc := replica({"properties": {"status": {"displayStatus": "Syncing"}}})
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	words.reason == "its status is Syncing"
}

test_zone_redundancy_is_not_judged if {
	count(rule.pass) == 1 with input as replica({"properties": {"zoneRedundancy": "Disabled"}})
}

test_unknown_properties_are_open if {
	pointers := [
		"/properties/regionEndpointEnabled",
		"/properties/provisioningState",
		"/properties/status/displayStatus",
		"",
	]
	every pointer in pointers {
		doc := replica({"unknown": {pointer: "forbidden"}})
		count(rule.deny | rule.pass) == 0 with input as doc
		code := fixture.pair({"acr/northeurope": {"unknown": {pointer: "forbidden"}}})
		count(rule.deny | rule.pass) == 0 with input as code
	}
}

test_endpoint_without_default_is_open if {
	count(rule.deny | rule.pass) == 0 with input as replica({"without": ["/properties/regionEndpointEnabled"]})
}
