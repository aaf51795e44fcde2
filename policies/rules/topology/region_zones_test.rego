package holdfast.rules.topology.region_zones_test

import data.holdfast.lib.fixture
import data.holdfast.rules.topology.region_zones as rule

in_region(name) := fixture.workspace({"ws-west": {"location": name}})

test_region_with_zones_passes if {
	count(rule.pass) == 1 with input as fixture.workspace({})
	count(rule.deny) == 0 with input as fixture.workspace({})
}

test_region_without_zones_is_denied if {
	some found in rule.deny with input as in_region("westus")
	contains(found.message, `"ws-west" lies in westus, which has no availability zones`)
	count(rule.pass) == 0 with input as in_region("westus")
}

test_the_scan_knows_zones_better_than_the_table if {
	count(rule.pass) == 1 with input as fixture.regions(in_region("westus"), {"westus": {"zones": true}})
	count(rule.deny) == 1 with input as fixture.regions(in_region("westeurope"), {"westeurope": {"zones": false}})
}

test_region_that_no_table_knows_is_open if {
	doc := in_region("atlantiscentral")
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	words.reason == "no table knows the region atlantiscentral"
}

test_unknown_location_is_open if {
	doc := fixture.workspace({"ws-west": {"unknown": {"/location": "the expression location cannot be resolved"}}})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(in_region("westus"))
	exemption.reason == "outside production (dev)"
}
