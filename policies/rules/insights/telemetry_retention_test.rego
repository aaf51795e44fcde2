package holdfast.rules.insights.telemetry_retention_test

import data.holdfast.lib.fixture
import data.holdfast.rules.insights.telemetry_retention as rule

names := ["AppRequests", "AppTraces", "AppExceptions", "AppDependencies", "AppMetrics"]

days(number) := {"properties": {"retentionInDays": number}}

tables(side, change) := {sprintf("log-%s/%s", [side, name]): change | some name in names}

no_tables := object.union(tables("west", null), tables("north", null))

whole(west, north) := fixture.pair(object.union(no_tables, {"log-west": days(west), "log-north": days(north)}))

classic(number) := {"properties": {"IngestionMode": "ApplicationInsights", "RetentionInDays": number}}

test_equal_tables_pass if {
	count(rule.pass) == 1 with input as fixture.pair({})
	count(rule.deny) == 0 with input as fixture.pair({})
}

test_short_tables_are_denied_once_for_each_side if {
	doc := fixture.pair(tables("north", days(30)))
	some found in rule.deny with input as doc
	found.resource == fixture.id("log-north")
	contains(found.message, `"log-north" keeps telemetry of "ws-north" too short (appdependencies, `)
	contains(found.message, ": 30 days)")
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_minimum_is_a_parameter if {
	doc := fixture.parameters(fixture.pair({}), {"min_telemetry_days": 180})
	count(rule.deny) == 2 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_unequal_tables_are_denied if {
	doc := fixture.pair({"log-north/AppTraces": days(180)})
	some found in rule.deny with input as doc
	found.resource == fixture.id("log-north")
	contains(found.message, "180 and 90 days")
	count(rule.pass) == 0 with input as doc
}

test_whole_workspaces_are_judged_without_tables if {
	count(rule.pass) == 1 with input as whole(90, 90)
	count(rule.deny) == 1 with input as whole(90, 120)
	count(rule.pass) == 0 with input as whole(90, 120)
}

test_short_workspace_without_tables_is_open if {
	doc := whole(30, 30)
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "keeps 30 days, but its tables were not read")
}

test_tables_on_one_side_only_are_open if {
	doc := fixture.pair(object.union(tables("north", null), {"log-north": days(90)}))
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_classic_components_keep_their_own_time if {
	both := fixture.pair({"ai-west": classic(90), "ai-north": classic(90)})
	count(rule.pass) == 1 with input as both
	doc := fixture.pair({"ai-west": classic(30), "ai-north": classic(90)})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ai-west")
	found.pointer == "/properties/RetentionInDays"
}

test_tables_of_other_services_do_not_matter if {
	other := object.union(days(30), {"type": "Microsoft.OperationalInsights/workspaces/tables"})
	count(rule.pass) == 1 with input as fixture.pair({"log-north/AppServiceHTTPLogs": other})
}

test_unknown_values_are_open if {
	changes := [
		{"log-north/AppTraces": {"unknown": {"/properties/retentionInDays": "forbidden"}}},
		object.union(no_tables, {"log-north": {"unknown": {"/properties/retentionInDays": "forbidden"}}}),
		{"ai-north": {"unknown": {"/properties/WorkspaceResourceId": "forbidden"}}},
		{"ai-north": {"unknown": {"": "not collected"}}},
		{"ai-north": {"properties": {"IngestionMode": "ApplicationInsights"}}},
		{"ws-north": {"unknown": {"/properties/applicationInsights": "forbidden"}}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as fixture.pair(change)
	}
}

test_missing_component_is_exempt if {
	doc := fixture.pair({"ws-north": {"without": ["/properties/applicationInsights"]}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ws-north" names no Application Insights (HF-WS-002)`)
}

test_dangling_component_is_exempt if {
	doc := fixture.complete(fixture.pair({"ai-west": null}), ["Microsoft.Insights/components"])
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ai-west" of "ws-west" does not exist (HF-WS-002)`)
}
