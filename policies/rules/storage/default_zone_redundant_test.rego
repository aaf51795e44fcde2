package holdfast.rules.storage.default_zone_redundant_test

import data.holdfast.lib.fixture
import data.holdfast.rules.storage.default_zone_redundant as rule

sku(name) := fixture.workspace({"stwest": {"sku": {"name": name}}})

test_zone_redundant_skus_pass if {
	every name in ["Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS", "standard_zrs"] {
		count(rule.pass) == 1 with input as sku(name)
		count(rule.deny) == 0 with input as sku(name)
	}
}

test_other_skus_are_denied if {
	every name in ["Standard_LRS", "Standard_GRS", "Standard_RAGRS", "STANDARD_LRS"] {
		some found in rule.deny with input as sku(name)
		found.pointer == "/sku/name"
		contains(found.message, sprintf(`"stwest" has the SKU %s`, [name]))
		count(rule.pass) == 0 with input as sku(name)
	}
}

test_skus_that_no_default_account_has_are_open if {
	every name in ["Premium_ZRS", "StandardV2_ZRS", "Standard_XRS"] {
		count(rule.deny) == 0 with input as sku(name)
		count(rule.pass) == 0 with input as sku(name)
		some words in rule.open with input as sku(name)
		contains(words.reason, name)
	}
}

test_unknown_sku_is_open if {
	doc := fixture.workspace({"stwest": {"unknown": {"/sku/name": "the expression sku cannot be resolved"}}})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_existing_account_is_open if {
	doc := fixture.workspace({"stwest": {"existing": true, "unknown": {"": "not collected"}}})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_unknown_location_is_open if {
	doc := fixture.workspace({"stwest": {"unknown": {"/location": "the expression location cannot be resolved"}}})
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
}

test_region_that_no_table_knows_is_open if {
	doc := fixture.workspace({"stwest": {"location": "atlantiscentral"}})
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "atlantiscentral")
}

test_region_without_zones_is_exempt if {
	doc := fixture.workspace({"stwest": {"location": "westus", "sku": {"name": "Standard_LRS"}}})
	count(rule.deny) == 0 with input as doc
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "westus has no availability zones")
}

test_the_scan_knows_zones_better_than_the_table if {
	doc := fixture.regions(
		fixture.workspace({"stwest": {"location": "westus", "sku": {"name": "Standard_LRS"}}}),
		{"westus": {"zones": true}},
	)
	count(rule.deny) == 1 with input as doc
	count(rule.exempt) == 0 with input as doc
}
