package holdfast.rules.storage.default_account_separate_test

import data.holdfast.lib.fixture
import data.holdfast.rules.storage.default_account_separate as rule

shared := {"ws-north": {"properties": {"storageAccount": upper(fixture.id("stwest"))}}}

third := [{"id": "ws-third", "name": "ws-third", "location": "westeurope"}]

test_own_accounts_pass if {
	count(rule.pass) == 1 with input as fixture.pair({})
	count(rule.deny) == 0 with input as fixture.pair({})
}

test_shared_account_is_denied_at_the_secondary if {
	doc := fixture.pair(shared)
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	found.pointer == "/properties/storageAccount"
	contains(found.message, `"stwest" in common with "ws-west"`)
	found.related[0].resource == fixture.id("ws-west")
	count(rule.pass) == 0 with input as doc
}

test_shared_account_is_denied_without_direction if {
	count(rule.deny) == 1 with input as fixture.undirected(fixture.pair(shared))
}

test_one_expression_on_both_sides_is_one_account if {
	same := {"properties": {"storageAccount": ""}, "refers": {"/properties/storageAccount": "${accountid}"}}
	doc := fixture.pair({"ws-west": same, "ws-north": same})
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_two_expressions_are_open if {
	doc := fixture.pair({"ws-north": {"refers": {"/properties/storageAccount": "${accountid}"}}})
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_two_expressions_proved_distinct_pass if {
	doc := fixture.pair({"ws-north": {"refers": {"/properties/storageAccount": "${accountid}"}}})
	count(rule.pass) == 1 with input as fixture.distinct(doc, fixture.id("stwest"), "${accountid}")
}

test_unknown_account_is_open if {
	doc := fixture.pair({"ws-north": {"unknown": {"/properties/storageAccount": "forbidden"}}})
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_third_workspace_of_the_region_is_a_warning if {
	doc := fixture.facts(fixture.pair({}), "ws-west", {"shared_with": {"storage": third}})
	some found in rule.deny with input as doc
	found.level == "warning"
	found.about == "ws-third"
	found.resource == fixture.id("ws-west")
	count(rule.pass) == 0 with input as doc
}

test_third_workspace_of_another_region_does_not_matter if {
	doc := fixture.facts(fixture.pair({}), "ws-north", {"shared_with": {"storage": third}})
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 1 with input as doc
}

test_projects_are_exempt if {
	doc := fixture.pair({"ws-north": {"kind": "project"}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ws-north" is a project`)
}

test_missing_account_belongs_to_another_rule if {
	doc := fixture.pair({"ws-north": {"without": ["/properties/storageAccount"]}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ws-north" names no default storage account (HF-WS-002)`)
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_third_workspace_of_unknown_region_is_open if {
	doc := fixture.facts(fixture.pair({}), "ws-west", {"shared_with": {"storage": [{"id": "third", "name": "ws-third"}]}})
	count(rule.deny | rule.pass) == 0 with input as doc
}
