package holdfast.rules.inference.online_instances_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_parts
import data.holdfast.rules.inference.online_instances as rule

pair(changes) := fixture.pair(fixture.part("inference", changes))

primary(change) := pair({"ws-west/score/blue": change})

capacity(west, north) := pair({
	"ws-west/score/blue": {"sku": {"capacity": west}},
	"ws-north/score/blue": {"sku": {"capacity": north}},
})

autoscale(properties) := pair({"scale": {
	"type": "Microsoft.Insights/autoscaleSettings",
	"properties": object.union({"targetResourceUri": upper(fixture.id("ws-west/score/blue"))}, properties),
}})

minimum(text) := {"profiles": [{"capacity": {"minimum": "9"}}, {"capacity": {"minimum": text}}]}

kubernetes(values) := primary({"properties": {"endpointComputeType": "Kubernetes", "scaleSettings": values}})

test_three_instances_pass if {
	count(rule.pass) == 2 with input as pair({})
	count(rule.deny | rule.exempt) == 0 with input as pair({})
}

test_fewer_are_denied if {
	doc := capacity(2, 3)
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-west/score/blue")
	found.pointer == "/sku/capacity"
	found.message == `"blue" may run on 2 instances; expected are at least 3`
	count(rule.pass) == 1 with input as doc
}

test_standby_needs_one if {
	every tier in ["active-standby", "active-passive"] {
		count(rule.pass) == 2 with input as fixture.tier(capacity(3, 1), tier)
	}
	count(rule.deny) == 1 with input as fixture.tier(capacity(3, 1), "active-active")
	count(rule.deny) == 1 with input as capacity(3, 0)
}

test_the_number_is_a_parameter if {
	count(rule.deny) == 1 with input as fixture.parameters(capacity(3, 3), {"min_online_instances": 4})
}

test_the_minimum_of_autoscale_governs if {
	count(rule.pass) == 2 with input as autoscale(minimum("3"))
	low := autoscale(minimum("1"))
	some found in rule.deny with input as low
	found.pointer == "/properties/profiles"
	contains(found.message, "may run on 1 instances")
	count(rule.pass) == 1 with input as low
	off := autoscale(object.union(minimum("1"), {"enabled": false}))
	count(rule.pass) == 2 with input as off
}

test_live_autoscale_must_be_enumerated if {
	live := fixture.live(pair({}))
	count(rule.deny | rule.pass) == 0 with input as live
	count(rule.pass) == 2 with input as fixture.complete(live, ["Microsoft.Insights/autoscaleSettings"])
	count(rule.deny) == 1 with input as fixture.live(capacity(2, 3))
}

test_kubernetes_scales_itself if {
	count(rule.pass) == 2 with input as kubernetes({"scaleType": "TargetUtilization", "minInstances": 3})
	doc := kubernetes({"scaleType": "TargetUtilization", "minInstances": 1})
	some found in rule.deny with input as doc
	found.pointer == "/properties/scaleSettings/minInstances"
	count(rule.pass) == 2 with input as kubernetes({"scaleType": "Default"})
}

test_deployments_without_traffic_are_exempt if {
	doc := pair({
		"ws-west/score/green": fixture_parts.parts.inference["ws-west/score/blue"],
		"ws-west/score": {"properties": {"traffic": {"green": 0}}},
	})
	some exemption in rule.exempt with input as doc
	exemption.reason == `"green" receives no traffic`
	count(rule.pass) == 2 with input as doc
}

test_standby_without_traffic_is_judged if {
	silent := {"properties": {"traffic": {"blue": 0}}}
	count(rule.pass) == 2 with input as pair({"ws-north/score": silent})
	some exemption in rule.exempt with input as pair({"ws-west/score": silent})
	exemption.reason == `"blue" receives no traffic`
}

test_direction_is_needed_unless_both_serve if {
	undirected := fixture.undirected(pair({}))
	count(rule.deny | rule.pass) == 0 with input as undirected
	active := fixture.pair_facts(
		undirected,
		{"tier": {"overall": "active-active", "inference": "active-active", "training": "active-active"}},
	)
	count(rule.pass) == 2 with input as active
}

test_unknown_properties_are_open if {
	docs := [
		primary({"unknown": {"/sku/capacity": "forbidden"}}),
		primary({"unknown": {"/properties/scaleSettings/scaleType": "forbidden"}}),
		pair({"ws-west/score": {"unknown": {"/properties/traffic": "forbidden"}}}),
		kubernetes({"scaleType": "TargetUtilization"}),
		pair({"scale": {
			"type": "Microsoft.Insights/autoscaleSettings",
			"properties": {"targetResourceUri": fixture.id("ws-west/score/blue")},
			"unknown": {"/properties/profiles": "forbidden"},
		}}),
	]
	every doc in docs {
		count(rule.deny | rule.exempt) == 0 with input as doc
		count(rule.pass) == 1 with input as doc
	}
}

test_outside_production_is_exempt if {
	count(rule.exempt) == 2 with input as fixture.nonproduction(capacity(1, 1))
}
