package holdfast.rules.inference.global_entry_test

import data.holdfast.lib.fixture
import data.holdfast.rules.inference.global_entry as rule

types := [
	"Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
	"Microsoft.Network/trafficManagerProfiles",
	"Microsoft.Cdn/profiles",
	"Microsoft.Cdn/profiles/originGroups/origins",
	"Microsoft.ApiManagement/service",
	"Microsoft.ApiManagement/service/backends",
]

pair(changes) := fixture.complete(fixture.pair(fixture.part("inference", changes)), types)

# The estate without Front Door, with what both endpoints lead to instead.
behind(type, more) := pair(object.union_n([
	{name: null | some name in ["fd/ml", "fd/ml/west", "fd/ml/north"]},
	{name: {"relates": {"entry_points": [fixture.arm_id("entry", {"type": type})]}} |
		some name in ["ws-west/score", "ws-north/score"]
	},
	{"entry": {"type": type}},
	more,
]))

host(region) := sprintf("score.%s.inference.ml.azure.com", [region])

target(region, more) := {"properties": object.union({"target": host(region)}, more)}

profile(more) := behind("Microsoft.Network/trafficManagerProfiles", {"entry": {"properties": {"endpoints": [
	target("westeurope", {}),
	target("northeurope", more),
]}}})

test_one_front_door_for_both_passes if {
	count(rule.pass) == 1 with input as pair({})
	count(rule.deny | rule.exempt) == 0 with input as pair({})
	count(rule.pass) == 1 with input as pair({"fd/ml/west": {"without": ["/properties/enabledState"]}})
}

test_one_traffic_manager_for_both_passes if {
	count(rule.pass) == 1 with input as profile({"endpointStatus": "Enabled"})
	children := behind("Microsoft.Network/trafficManagerProfiles", {sprintf("entry/%s", [region]): {
		"type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
		"properties": {"target": host(region)},
	} |
		some region in ["westeurope", "northeurope"]
	})
	count(rule.pass) == 1 with input as children
}

test_one_api_management_for_both_passes if {
	doc := behind("Microsoft.ApiManagement/service", {sprintf("entry/%s", [region]): {
		"type": "Microsoft.ApiManagement/service/backends",
		"properties": {"url": sprintf("https://%s/score", [host(region)])},
	} |
		some region in ["westeurope", "northeurope"]
	})
	count(rule.pass) == 1 with input as doc
}

test_an_entry_to_one_region_is_denied if {
	docs := [
		pair({"fd/ml/north": {"properties": {"enabledState": "Disabled"}}}),
		pair({"fd/ml/north": null}),
		profile({"endpointStatus": "Disabled"}),
	]
	every doc in docs {
		some found in rule.deny with input as doc
		found.resource == fixture.id("ws-west/score")
		contains(found.message, "which leads to one region only")
		count(rule.pass) == 0 with input as doc
	}
}

test_an_api_management_for_one_region_is_denied if {
	doc := behind("Microsoft.ApiManagement/service", {"entry/west": {
		"type": "Microsoft.ApiManagement/service/backends",
		"properties": {"url": sprintf("https://%s/score", [host("westeurope")])},
	}})
	count(rule.deny) == 1 with input as doc
}

test_an_entry_to_one_region_of_an_incomplete_source_is_open if {
	doc := fixture.pair(fixture.part("inference", {"fd/ml/north": null}))
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_no_entry_is_an_open_question if {
	doc := pair({
		"ws-west/score": {"relates": {"entry_points": []}},
		"ws-north/score": {"relates": {"entry_points": []}},
	})
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "global_entry")
}

test_what_is_declared_decides if {
	doc := pair({"fd/ml/north": null})
	every entry in ["client", "https://ml.example.com"] {
		count(rule.pass) == 1 with input as fixture.parameters(doc, {"global_entry": entry})
		count(rule.deny | rule.open) == 0 with input as fixture.parameters(doc, {"global_entry": entry})
	}
	some found in rule.deny with input as fixture.parameters(pair({}), {"global_entry": "none"})
	contains(found.message, "(global_entry says so)")
	count(rule.pass) == 0 with input as fixture.parameters(pair({}), {"global_entry": "none"})
}

test_unknown_hosts_are_open if {
	every name in ["ws-west/score", "ws-north/score"] {
		doc := pair({name: {"unknown": {"/properties/scoringUri": "forbidden"}}})
		count(rule.deny | rule.pass) == 0 with input as doc
	}
	origin := fixture.pair(fixture.part("inference", {"fd/ml/west": {"unknown": {"/properties/enabledState": "forbidden"}}}))
	count(rule.deny | rule.pass) == 0 with input as origin
}

test_missing_counterpart_belongs_to_another_rule if {
	some exemption in rule.exempt with input as pair({"ws-north/score": null})
	contains(exemption.reason, "HF-INF-001")
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(pair({}))
	exemption.reason == "outside production (dev)"
}
