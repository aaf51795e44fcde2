package holdfast.rules.topology.region_offered_test

import data.holdfast.lib.fixture
import data.holdfast.rules.topology.region_offered as rule

elsewhere := fixture.workspace({"ws-west": {"location": "atlantiscentral"}})

test_region_of_the_table_passes if {
	count(rule.pass) == 1 with input as fixture.workspace({})
	count(rule.pass) == 1 with input as fixture.workspace_of("ws-north", {})
	count(rule.deny | rule.open) == 0 with input as fixture.workspace({})
}

test_region_of_the_live_list_passes if {
	count(rule.pass) == 1 with input as fixture.regions(elsewhere, {"atlantiscentral": {"offered": true}})
}

test_region_missing_from_the_live_list_is_denied if {
	doc := fixture.regions(fixture.live(fixture.workspace({})), {"westeurope": {"offered": false}})
	some found in rule.deny with input as doc
	found.pointer == "/location"
	contains(found.message, `"ws-west" is planned in westeurope`)
	count(rule.pass) == 0 with input as doc
}

test_region_missing_from_the_table_is_open if {
	count(rule.deny | rule.pass) == 0 with input as elsewhere
	some words in rule.open with input as elsewhere
	contains(words.reason, "does not name atlantiscentral")
}

test_unknown_location_is_open if {
	doc := fixture.workspace({"ws-west": {"unknown": {"/location": "the expression location cannot be resolved"}}})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(elsewhere)
	exemption.reason == "outside production (dev)"
}
