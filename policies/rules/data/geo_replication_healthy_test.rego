package holdfast.rules.data.geo_replication_healthy_test

import data.holdfast.lib.fixture
import data.holdfast.rules.data.geo_replication_healthy as rule

captured(changes) := object.union(
	fixture.live(fixture.pair_with_data(changes)),
	{"captured_at": "2026-11-24T03:00:00Z"},
)

account(properties) := captured({"stdata": {"properties": properties}})

stats(values) := account({"geoReplicationStats": values})

denied(doc, pointer, words) if {
	some found in rule.deny with input as doc
	found.resource == fixture.id("stdata")
	found.pointer == pointer
	contains(found.message, words)
	count(rule.pass) == 0 with input as doc
}

test_healthy_replication_passes if {
	count(rule.pass) == 1 with input as captured({})
	count(rule.deny | rule.open) == 0 with input as captured({})
	spelled := account({"secondaryLocation": "North Europe", "statusOfPrimary": "Available"})
	count(rule.pass) == 1 with input as spelled
}

test_every_geo_redundant_sku_is_judged if {
	every sku in ["Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS"] {
		count(rule.pass) == 1 with input as captured({"stdata": {"sku": {"name": sku}}})
	}
}

test_unavailable_copy_is_denied if {
	doc := stats({"status": "Unavailable"})
	denied(doc, "/properties/geoReplicationStats/status", `the copy of "stdata" in its second region is unavailable`)
}

test_old_copy_is_denied if {
	doc := stats({"lastSyncTime": "2026-11-24T02:44:00Z"})
	denied(doc, "/properties/geoReplicationStats/lastSyncTime", `was 16 minutes old at the capture; expected are at`)
	count(rule.pass) == 1 with input as stats({"lastSyncTime": "2026-11-24T02:45:00Z"})
	count(rule.deny) == 0 with input as fixture.parameters(doc, {"rpo_minutes": 60})
}

test_copy_in_another_region_is_denied if {
	doc := account({"secondaryLocation": "swedencentral"})
	denied(doc, "/properties/secondaryLocation", `"stdata" is copied to swedencentral, but "ws-north" runs in northeurope`)
}

test_unavailable_primary_is_denied if {
	doc := account({"statusOfPrimary": "unavailable"})
	denied(doc, "/properties/statusOfPrimary", `"stdata" is unavailable in its own region`)
}

test_bootstrap_is_open if {
	doc := stats({"status": "Bootstrap"})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_unknown_facts_are_open if {
	pointers := [
		"/sku/name",
		"/properties/secondaryLocation",
		"/properties/statusOfPrimary",
		"/properties/geoReplicationStats",
		"/properties/geoReplicationStats/status",
		"/properties/geoReplicationStats/lastSyncTime",
	]
	every pointer in pointers {
		count(rule.deny | rule.pass) == 0 with input as captured({"stdata": {"unknown": {pointer: "forbidden"}}})
	}
}

test_missing_state_says_why if {
	doc := captured({"stdata": {"sku": {"name": "Standard_GRS"}, "without": ["/properties/geoReplicationStats"]}})
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "only with read access to the second region (Standard_GRS gives no such access)")
}

test_unknown_capture_time_is_open if {
	doc := fixture.live(fixture.pair_with_data({}))
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "when the estate was captured")
}

test_one_region_is_exempt if {
	every sku in ["Standard_LRS", "Standard_ZRS", "Premium_LRS", "Premium_ZRS"] {
		some exemption in rule.exempt with input as captured({"stdata": {"sku": {"name": sku}}})
		contains(exemption.reason, "not geo-redundant (HF-DATA-003)")
	}
}

test_default_accounts_are_exempt if {
	doc := captured({"stdata": {"default_of": [{"id": "x", "name": "ws-west"}]}})
	count(rule.exempt) == 1 with input as doc
}
