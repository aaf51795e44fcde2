package holdfast.rules.storage.default_region_test

import data.holdfast.lib.fixture
import data.holdfast.rules.storage.default_region as rule

test_same_region_passes if {
	count(rule.pass) == 1 with input as fixture.workspace({})
	count(rule.deny) == 0 with input as fixture.workspace({})
}

test_other_region_is_denied if {
	doc := fixture.workspace({"stwest": {"location": "swedencentral"}})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-west")
	found.pointer == "/properties/storageAccount"
	found.related[0].resource == fixture.id("stwest")
	contains(found.message, `"ws-west" lies in westeurope, but its default storage account "stwest" in swedencentral; `)
	count(rule.pass) == 0 with input as doc
}

test_secondary_with_its_account_in_the_primary_region_is_told_so if {
	doc := fixture.workspace_of("ws-north", {"stnorth": {"location": "westeurope"}})
	some found in rule.deny with input as doc
	contains(found.message, "in westeurope, the region of its primary, whose outage takes both")
}

test_primary_with_its_account_in_the_secondary_region_is_not if {
	doc := fixture.workspace({"stwest": {"location": "northeurope"}})
	some found in rule.deny with input as doc
	not contains(found.message, "the region of its primary")
}

test_unknown_locations_and_accounts_are_open if {
	changes := [
		{"stwest": {"unknown": {"/location": "forbidden"}}},
		{"stwest": {"existing": true, "unknown": {"": "not collected"}}},
		{"stwest": null},
		{"ws-west": {"unknown": {"/location": "the expression location cannot be resolved"}}},
		{"ws-west": {"refers": {"/properties/storageAccount": "${account}"}}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as fixture.workspace(change)
	}
}

test_projects_are_exempt if {
	count(rule.exempt) == 1 with input as fixture.workspace({"ws-west": {"kind": "Project"}})
}

test_missing_account_belongs_to_another_rule if {
	doc := fixture.complete(fixture.workspace({"stwest": null}), ["Microsoft.Storage/storageAccounts"])
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `the default storage account "stwest" of "ws-west" does not exist (HF-WS-002)`)
	count(rule.deny | rule.pass) == 0 with input as doc
}
