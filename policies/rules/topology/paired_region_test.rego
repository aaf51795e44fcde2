package holdfast.rules.topology.paired_region_test

import data.holdfast.lib.fixture
import data.holdfast.rules.topology.paired_region as rule

between(primary, secondary) := fixture.pair({"ws-west": {"location": primary}, "ws-north": {"location": secondary}})

test_paired_region_passes if {
	count(rule.pass) == 1 with input as fixture.pair({})
	count(rule.deny) == 0 with input as fixture.pair({})
}

test_one_way_pairs_pass if {
	every primary, secondary in {"westus3": "eastus", "westindia": "southindia", "brazilsouth": "southcentralus"} {
		count(rule.pass) == 1 with input as between(primary, secondary)
	}
}

test_another_region_is_noted if {
	doc := between("westeurope", "swedencentral")
	some found in rule.deny with input as doc
	found.level == "note"
	found.resource == fixture.id("ws-north")
	contains(found.message, `"ws-north" lies in swedencentral, but the pair of westeurope is northeurope`)
	count(rule.pass) == 0 with input as doc
}

test_required_pair_is_a_warning if {
	doc := fixture.parameters(between("westeurope", "swedencentral"), {"require_paired_region": true})
	some found in rule.deny with input as doc
	found.level == "warning"
}

test_one_of_several_counterparts_in_the_pair_suffices if {
	counterparts := {"counterparts": [
		{"name": "ws-north", "found": true, "location": "swedencentral"},
		{"name": "ws-third", "found": true, "location": "northeurope"},
	]}
	doc := fixture.facts(between("westeurope", "swedencentral"), "ws-west", counterparts)
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_the_scan_knows_pairs_better_than_the_table if {
	doc := fixture.regions(between("westeurope", "swedencentral"), {"westeurope": {"pair": "swedencentral"}})
	count(rule.pass) == 1 with input as doc
}

test_region_without_pair_is_exempt if {
	doc := between("italynorth", "westeurope")
	some exemption in rule.exempt with input as doc
	exemption.reason == "italynorth has no paired region"
	count(rule.deny) == 0 with input as doc
}

test_restricted_pair_is_exempt if {
	doc := between("switzerlandnorth", "westeurope")
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "switzerlandwest, the pair of switzerlandnorth")
	count(rule.deny) == 0 with input as doc
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(fixture.pair({}))
	exemption.reason == "outside production (dev)"
}

test_unknown_locations_are_open if {
	every name in ["ws-west", "ws-north"] {
		doc := fixture.pair({name: {"unknown": {"/location": "the expression location cannot be resolved"}}})
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}

test_region_that_no_table_knows_is_open if {
	doc := between("atlantiscentral", "westeurope")
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	words.reason == "no table knows the region atlantiscentral"
}

test_undirected_pair_is_open if {
	count(rule.deny | rule.pass) == 0 with input as fixture.undirected(fixture.pair({}))
}
