package holdfast.rules.data.data_assets_equal_test

import data.holdfast.lib.fixture
import data.holdfast.rules.data.data_assets_equal as rule

data_assets := ["Microsoft.MachineLearningServices/workspaces/data"]

listed(changes) := fixture.complete(fixture.pair_with_data(changes), data_assets)

asset(changed) := {
	"type": "Microsoft.MachineLearningServices/workspaces/data",
	"properties": {"latestVersion": "1", "isArchived": false},
	"systemData": {"lastModifiedAt": changed},
}

test_same_assets_pass if {
	count(rule.pass) == 1 with input as listed({})
	count(rule.deny | rule.open) == 0 with input as listed({})
}

test_missing_asset_is_denied if {
	doc := listed({"ws-north/claims": null, "ws-north/claims/3": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	not found.level
	contains(found.message, `"ws-north" lacks data assets that "ws-west" has: "claims"`)
	count(rule.pass) == 0 with input as doc
}

test_those_changed_last_come_first if {
	doc := listed({"ws-west/older": asset("2025-01-01T00:00:00Z"), "ws-west/newer": asset("2026-11-01T00:00:00Z")})
	some found in rule.deny with input as doc
	contains(found.message, `: "newer", "older";`)
}

test_other_version_is_noted if {
	doc := listed({
		"ws-north/claims": {"properties": {"latestVersion": "2"}},
		"ws-north/claims/3": null,
		"ws-north/claims/2": {
			"type": "Microsoft.MachineLearningServices/workspaces/data/versions",
			"properties": {"dataUri": "https://example.com/x"},
		},
	})
	some found in rule.deny with input as doc
	found.level == "note"
	found.about == "versions"
	contains(found.message, `"ws-north" has another latest version than "ws-west" of "claims"`)
	count(rule.pass) == 0 with input as doc
}

test_archived_counterpart_does_not_pass if {
	doc := listed({"ws-north/claims": {"properties": {"isArchived": true}}})
	count(rule.pass) == 0 with input as doc
}

test_archived_asset_needs_no_counterpart if {
	doc := listed({"ws-west/old": object.union(asset("2020"), {"properties": {"isArchived": true}})})
	count(rule.pass) == 1 with input as doc
	absent := listed({
		"ws-west/claims": {"without": ["/properties/isArchived"]},
		"ws-north/claims": null,
	})
	count(rule.deny) == 1 with input as absent
}

test_asset_on_default_storage_is_open if {
	id := concat("", [fixture.id("ws-north"), "/datastores/workspaceblobstore"])
	doc := listed({"ws-north/claims/3": {
		"properties": {"dataUri": "azureml://datastores/workspaceblobstore/paths/x"},
		"links": {"datastore": {"/properties/dataUri": [id]}},
	}})
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, `"claims" of "ws-north" is on a default storage account (HF-DATA-001)`)
}

test_incomplete_lists_are_open if {
	count(rule.deny | rule.pass) == 0 with input as fixture.pair_with_data({"ws-north/claims": null})
	count(rule.deny | rule.pass) == 0 with input as fixture.pair_with_data({})
}

test_unknown_facts_are_open if {
	changes := [
		{"ws-north/claims": {"unknown": {"/properties/latestVersion": "forbidden"}}},
		{"ws-north/claims": {"unknown": {"/properties/isArchived": "forbidden"}}},
		{"ws-north/claims/3": {"unknown": {"/properties/dataUri": "forbidden"}}},
		{"ws-north/claims/3": null},
		{"ws-west/claims": {"unknown": {"/properties/isArchived": "forbidden"}}, "ws-north/claims": null},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as listed(change)
	}
}

test_primary_without_assets_is_exempt if {
	doc := fixture.pair_with_data({"ws-west/claims": null, "ws-west/claims/3": null})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ws-west" has no data asset`)
	count(rule.deny | rule.pass) == 0 with input as doc
}
