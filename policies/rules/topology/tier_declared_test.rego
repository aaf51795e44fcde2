package holdfast.rules.topology.tier_declared_test

import data.holdfast.lib.fixture
import data.holdfast.rules.topology.tier_declared as rule

split(inference, training) := fixture.pair_facts(
	fixture.pair({}),
	{"tier": {"overall": training, "inference": inference, "training": training}},
)

untagged := {"without": ["/tags/holdfast-tier"]}

test_equal_tags_pass if {
	count(rule.pass) == 1 with input as fixture.pair({})
	count(rule.deny) == 0 with input as fixture.pair({})
}

test_tier_of_the_configuration_passes if {
	untagged_pair := fixture.pair({"ws-west": untagged, "ws-north": untagged})
	count(rule.pass) == 1 with input as fixture.pair_facts(untagged_pair, {"tier_declared": true})
}

test_stronger_inference_passes if {
	count(rule.pass) == 1 with input as split("active-active", "active-standby")
	count(rule.pass) == 1 with input as split("active-standby", "active-standby")
}

test_weaker_inference_is_noted if {
	doc := split("active-passive", "active-active")
	some found in rule.deny with input as doc
	found.level == "note"
	contains(found.message, "active-passive for inference but active-active for training")
	count(rule.pass) == 0 with input as doc
}

test_no_tier_is_denied if {
	doc := fixture.pair({"ws-west": untagged, "ws-north": object.union(untagged, {"tags": {"owner": "ml"}})})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, "says nothing and nothing")
	count(rule.pass) == 0 with input as doc
}

test_two_tiers_are_denied if {
	doc := fixture.pair({"ws-north": {"tags": {"holdfast-tier": "active-active"}}})
	some found in rule.deny with input as doc
	contains(found.message, `says "active-active" and "active-passive"`)
}

test_unknown_tags_are_open if {
	unresolved := {"unknown": {"/tags": "the expression tags cannot be resolved"}}
	doc := fixture.pair({"ws-west": untagged, "ws-north": unresolved})
	unread := fixture.pair_facts(doc, {"tier_declared": false})
	count(rule.deny | rule.pass) == 0 with input as unread
}

test_inferred_pair_is_open if {
	doc := fixture.inferred(fixture.pair({}))
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "active-passive is assumed")
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(fixture.pair({}))
	exemption.reason == "outside production (dev)"
}
