package holdfast.rules.postgresql.zone_redundant_test

import data.holdfast.lib.fixture
import data.holdfast.rules.postgresql.zone_redundant as rule

server(change) := fixture.workspace_with_data({"pg-west": change})

mode(name) := server({"properties": {"highAvailability": {"mode": name}}})

test_standby_in_another_zone_passes if {
	count(rule.pass) == 1 with input as server({})
	count(rule.deny) == 0 with input as server({})
	count(rule.pass) == 1 with input as mode("zoneredundant")
	count(rule.pass) == 1 with input as fixture.live(server({}))
}

test_no_standby_is_denied if {
	every doc in [mode("Disabled"), server({"without": ["/properties/highAvailability"]})] {
		some found in rule.deny with input as doc
		found.resource == fixture.id("pg-west")
		found.pointer == "/properties/highAvailability/mode"
		contains(found.message, `"pg-west" has no standby`)
		count(rule.deny) == 1 with input as doc
		count(rule.pass) == 0 with input as doc
	}
}

# Without a standby no tier is right: that the tier is not known changes nothing.
test_no_standby_in_an_unknown_tier if {
	doc := server({"unknown": {"/sku/tier": "forbidden"}, "without": ["/properties/highAvailability"]})
	some found in rule.deny with input as doc
	contains(found.message, "has no standby")
}

test_every_other_tier_can_have_one if {
	every tier in ["GeneralPurpose", "MemoryOptimized"] {
		doc := server({"sku": {"tier": tier}, "without": ["/properties/highAvailability"]})
		some found in rule.deny with input as doc
		found.pointer == "/properties/highAvailability/mode"
	}
}

test_burstable_is_denied_with_its_own_words if {
	doc := server({"sku": {"tier": "Burstable"}, "properties": {"highAvailability": {"mode": "Disabled"}}})
	some found in rule.deny with input as doc
	found.pointer == "/sku/tier"
	contains(found.message, `"pg-west" is Burstable`)
	count(rule.deny) == 1 with input as doc
}

test_standby_in_the_same_zone_is_noted if {
	doc := mode("SameZone")
	some found in rule.deny with input as doc
	found.level == "note"
	contains(found.message, `the standby of "pg-west" is in the same zone`)
	count(rule.pass) == 0 with input as doc
}

test_unhealthy_standby_is_open if {
	doc := fixture.live(server({"properties": {"highAvailability": {"state": "CreatingStandby"}}}))
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "CreatingStandby, not healthy")
}

test_unknown_facts_are_open if {
	changes := [
		{"unknown": {"/properties/highAvailability/mode": "forbidden"}},
		{"unknown": {"/location": "forbidden"}},
		{"properties": {"highAvailability": {"mode": "Novel"}}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as server(change)
		count(rule.exempt) == 0 with input as server(change)
	}
}

test_region_without_zones_is_exempt if {
	doc := server({"location": "westus", "properties": {"highAvailability": {"mode": "Disabled"}}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "westus has no availability zones")
	count(rule.deny) == 0 with input as doc
}

test_region_that_no_table_knows_is_open if {
	doc := server({"location": "atlantiscentral"})
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "atlantiscentral")
}
