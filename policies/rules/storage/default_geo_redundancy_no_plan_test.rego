package holdfast.rules.storage.default_geo_redundancy_no_plan_test

import data.holdfast.lib.fixture
import data.holdfast.rules.storage.default_geo_redundancy_no_plan as rule

workspaces := ["Microsoft.MachineLearningServices/workspaces"]

sku(name) := fixture.workspace({"stwest": {"sku": {"name": name}}})

geo := ["Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS", "STANDARD_GRS"]

alone(name) := fixture.complete(fixture.alone(sku(name)), workspaces)

test_geo_redundancy_beside_a_counterpart_passes if {
	every name in geo {
		count(rule.pass) == 1 with input as sku(name)
		count(rule.deny) == 0 with input as sku(name)
	}
}

test_geo_redundancy_without_counterpart_is_denied if {
	every name in geo {
		some found in rule.deny with input as alone(name)
		contains(found.message, sprintf(`"stwest" is %s, but the service does not fail "ws-west" over`, [name]))
		count(rule.pass) == 0 with input as alone(name)
	}
}

test_it_shows_at_the_account if {
	doc := alone("Standard_GRS")
	some found in rule.deny with input as doc
	found.resource == fixture.id("stwest")
	found.pointer == "/sku/name"
}

test_incomplete_enumeration_of_workspaces_is_open if {
	doc := fixture.alone(sku("Standard_GRS"))
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_candidate_is_open_and_named if {
	doc := fixture.facts(alone("Standard_GRS"), "ws-west", {"candidates": [{"id": "n", "name": "ws-north"}]})
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, `"ws-north" may be the counterpart of "ws-west"`)
}

test_counterpart_outside_the_scan_is_open if {
	doc := fixture.facts(alone("Standard_GRS"), "ws-west", {"counterparts": [{"name": "ws-north", "found": false}]})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_unknown_sku_or_account_is_open if {
	changes := [
		{"stwest": {"unknown": {"/sku/name": "forbidden"}}},
		{"ws-west": {"unknown": {"/properties/storageAccount": "forbidden"}}},
		{"stwest": {"sku": {"name": "Standard_XRS"}}},
	]
	every change in changes {
		doc := fixture.complete(fixture.alone(fixture.workspace(change)), workspaces)
		count(rule.deny | rule.pass) == 0 with input as doc
		count(rule.exempt) == 0 with input as doc
	}
}

test_other_redundancy_is_exempt if {
	every name in ["Standard_LRS", "Standard_ZRS", "Premium_LRS", "Premium_ZRS"] {
		some exemption in rule.exempt with input as alone(name)
		contains(exemption.reason, name)
		count(rule.deny) == 0 with input as alone(name)
	}
}

test_outside_production_is_exempt if {
	doc := fixture.nonproduction(alone("Standard_GRS"))
	some exemption in rule.exempt with input as doc
	exemption.reason == "outside production (dev)"
}

test_projects_are_exempt if {
	doc := fixture.workspace({"ws-west": {"kind": "Project"}, "stwest": {"sku": {"name": "Standard_GRS"}}})
	count(rule.exempt) == 1 with input as doc
}

test_missing_account_belongs_to_another_rule if {
	doc := fixture.complete(fixture.workspace({"stwest": null}), ["Microsoft.Storage/storageAccounts"])
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `the default storage account "stwest" of "ws-west" does not exist (HF-WS-002)`)
	count(rule.deny | rule.pass) == 0 with input as doc
}
