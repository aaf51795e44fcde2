package holdfast.rules.insights.component_per_region_test

import data.holdfast.lib.fixture
import data.holdfast.rules.insights.component_per_region as rule

shared := {"ws-north": {"properties": {"applicationInsights": upper(fixture.id("ai-west"))}}}

bare := {"without": ["/properties/applicationInsights"]}

test_component_per_region_passes_for_both if {
	count(rule.pass) == 2 with input as fixture.pair({})
	count(rule.deny) == 0 with input as fixture.pair({})
	count(rule.pass) == 2 with input as fixture.undirected(fixture.pair({}))
}

test_shared_component_is_denied_once_at_the_secondary if {
	doc := fixture.pair(shared)
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	found.related[0].resource == fixture.id("ws-west")
	contains(found.message, `"ws-north" sends its telemetry to "ai-west", which is also that of "ws-west"`)
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
	some exemption in rule.exempt with input as doc
	exemption.reason == `the shared component is reported at "ws-north"`
}

test_shared_component_is_denied_at_both_without_direction if {
	count(rule.deny) == 2 with input as fixture.undirected(fixture.pair(shared))
}

test_component_in_the_region_of_the_counterpart_is_denied if {
	doc := fixture.pair({"ai-north": {"location": "westeurope"}})
	some found in rule.deny with input as doc
	not found.level
	contains(found.message, `"ws-north" lies in northeurope, but its Application Insights "ai-north" in westeurope`)
	count(rule.pass) == 1 with input as doc
}

test_component_in_another_geography_is_denied if {
	doc := fixture.pair({"ai-north": {"location": "eastus"}})
	some found in rule.deny with input as doc
	not found.level
}

test_component_nearby_is_noted if {
	paris := {"ws-west": {"location": "francecentral"}, "ai-west": {"location": "francesouth"}}
	doc := fixture.pair(paris)
	some found in rule.deny with input as doc
	found.level == "note"
	found.resource == fixture.id("ws-west")
	count(rule.pass) == 1 with input as doc
}

test_counterpart_without_component_shares_nothing if {
	doc := fixture.pair({"ws-west": bare})
	count(rule.pass) == 1 with input as doc
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ws-west" names no Application Insights (HF-WS-002)`)
}

test_dangling_component_is_exempt if {
	doc := fixture.complete(fixture.pair({"ai-north": null}), ["Microsoft.Insights/components"])
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "does not exist (HF-WS-002)")
}

test_unknown_components_are_open if {
	changes := [
		{"ai-north": {"unknown": {"/location": "forbidden"}}},
		{"ai-north": null},
		{"ws-north": {"unknown": {"/location": "forbidden"}}},
	]
	every change in changes {
		doc := fixture.pair(change)
		count(rule.deny) == 0 with input as doc
		count(rule.pass) == 1 with input as doc
	}
	unread := fixture.pair({"ws-north": {"unknown": {"/properties/applicationInsights": "forbidden"}}})
	count(rule.deny | rule.pass) == 0 with input as unread
}

test_projects_are_exempt if {
	count(rule.exempt) == 1 with input as fixture.pair({"ws-west": {"kind": "Project"}})
}
