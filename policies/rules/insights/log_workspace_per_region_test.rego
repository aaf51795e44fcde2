package holdfast.rules.insights.log_workspace_per_region_test

import data.holdfast.lib.fixture
import data.holdfast.rules.insights.log_workspace_per_region as rule

on_west := {"properties": {"WorkspaceResourceId": upper(fixture.id("log-west"))}}

shared(replication) := fixture.pair({"ai-north": on_west, "log-west": {"properties": {"replication": replication}}})

replicated := {"enabled": true, "location": "North Europe", "provisioningState": "Succeeded"}

test_workspace_per_region_passes if {
	count(rule.pass) == 1 with input as fixture.pair({})
	count(rule.deny) == 0 with input as fixture.pair({})
}

test_replicated_workspace_passes if {
	doc := shared(replicated)
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 1 with input as fixture.live(doc)
}

test_source_code_has_no_state if {
	doc := shared({"enabled": true, "location": "northeurope"})
	count(rule.pass) == 1 with input as doc
	count(rule.deny | rule.pass) == 0 with input as fixture.live(doc)
}

test_shared_workspace_is_denied if {
	every doc in [fixture.pair({"ai-north": on_west}), shared({"enabled": false})] {
		some found in rule.deny with input as doc
		found.pointer == "/properties/replication"
		contains(found.message, `"log-west" takes the telemetry of both regions from westeurope, without replication`)
		count(rule.pass) == 0 with input as doc
	}
}

test_replica_elsewhere_is_denied if {
	doc := shared(object.union(replicated, {"location": "swedencentral"}))
	some found in rule.deny with input as doc
	contains(found.message, "its replica in swedencentral leaves out northeurope")
	count(rule.pass) == 0 with input as doc
}

test_failed_replication_is_denied if {
	doc := shared(object.union(replicated, {"provisioningState": "Failed"}))
	some found in rule.deny with input as doc
	contains(found.message, "its replication is in the state Failed")
	count(rule.pass) == 0 with input as doc
}

test_replication_under_way_is_open if {
	doc := shared(object.union(replicated, {"provisioningState": "EnableRequested"}))
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_workspace_in_the_other_region_is_denied if {
	doc := fixture.pair({"log-north": {"location": "westeurope"}})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ai-north")
	contains(found.message, `"ai-north" serves "ws-north" in northeurope, but writes to "log-north" in westeurope`)
	count(rule.pass) == 0 with input as doc
}

test_unknown_facts_are_open if {
	changes := [
		{"ws-north": {"unknown": {"/properties/applicationInsights": "forbidden"}}},
		{"ws-north": {"unknown": {"/location": "forbidden"}}},
		{"ai-north": {"unknown": {"/properties/WorkspaceResourceId": "forbidden"}}},
		{"log-north": {"unknown": {"/location": "forbidden"}}},
		{"log-north": null},
		{"ai-north": on_west, "log-west": {"unknown": {"/properties/replication": "forbidden"}}},
		{"ai-north": on_west, "log-west": {"unknown": {"": "not collected"}}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as fixture.pair(change)
	}
}

test_shared_component_belongs_to_another_rule if {
	doc := fixture.pair({"ws-north": {"properties": {"applicationInsights": fixture.id("ai-west")}}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "HF-APPI-001")
}

test_classic_component_belongs_to_another_rule if {
	doc := fixture.pair({"ai-west": {"properties": {"IngestionMode": "ApplicationInsights"}}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ai-west" is a classic component (HF-APPI-002)`)
}

test_missing_component_belongs_to_another_rule if {
	doc := fixture.pair({"ws-north": {"without": ["/properties/applicationInsights"]}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ws-north" names no Application Insights (HF-WS-002)`)
}
