package holdfast.rules.topology.failover_workspace_test

import data.holdfast.lib.fixture
import data.holdfast.rules.topology.failover_workspace as rule

workspaces := ["Microsoft.MachineLearningServices/workspaces"]

alone := fixture.alone(fixture.workspace({}))

counterparts(list) := fixture.facts(fixture.workspace({}), "ws-west", {"counterparts": list})

test_declared_counterpart_elsewhere_passes if {
	count(rule.pass) == 1 with input as fixture.workspace({})
	count(rule.deny) == 0 with input as fixture.workspace({})
}

test_one_of_several_counterparts_elsewhere_suffices if {
	doc := counterparts([
		{"name": "ws-near", "found": true, "location": "westeurope"},
		{"name": "ws-far", "found": true, "location": "northeurope"},
	])
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_no_counterpart_after_complete_enumeration_is_denied if {
	doc := fixture.complete(alone, workspaces)
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-west")
	found.pointer == "/location"
	contains(found.message, `"ws-west" has no failover workspace`)
}

test_no_counterpart_in_a_repository_is_open if {
	count(rule.deny | rule.pass) == 0 with input as alone
}

test_counterpart_in_the_same_region_is_denied if {
	doc := counterparts([{"name": "ws-near", "found": true, "location": "westeurope"}])
	some found in rule.deny with input as doc
	contains(found.message, `"ws-near" both lie in westeurope`)
	count(rule.pass) == 0 with input as doc
}

test_counterpart_with_unknown_location_is_open if {
	doc := fixture.complete(counterparts([{"name": "ws-dr", "found": true}]), workspaces)
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_own_unknown_location_is_open if {
	doc := fixture.workspace({"ws-west": {"unknown": {"/location": "the expression location cannot be resolved"}}})
	count(rule.deny | rule.pass) == 0 with input as fixture.complete(doc, workspaces)
}

test_counterpart_outside_the_scan_is_open_and_named if {
	doc := fixture.complete(counterparts([{"name": "ws-dr", "found": false, "location": "northeurope"}]), workspaces)
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, `"ws-dr" is not among what was read`)
}

test_candidates_are_open_and_named if {
	candidates := {"candidates": [{"id": "a", "name": "ws-neu"}, {"id": "b", "name": "ws-dr"}]}
	doc := fixture.facts(fixture.complete(alone, workspaces), "ws-west", candidates)
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, `"ws-west" looks like the counterpart of "ws-neu" or "ws-dr"`)
	contains(words.reason, "holdfast-pair")
}

test_declaration_that_does_not_hold_is_open if {
	problems := {"problems": [`"ws-dr" does not carry the tag holdfast-pair`]}
	doc := fixture.facts(fixture.complete(alone, workspaces), "ws-west", problems)
	count(rule.deny | rule.pass) == 0 with input as doc
	{words.reason | some words in rule.open} == {problems.problems[0]} with input as doc
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(alone)
	exemption.reason == "outside production (dev)"
}

test_projects_are_exempt if {
	count(rule.exempt) == 1 with input as fixture.workspace({"ws-west": {"kind": "Project"}})
}

test_declared_secondary_is_exempt if {
	some exemption in rule.exempt with input as fixture.workspace_of("ws-north", {})
	contains(exemption.reason, `failover workspace of "ws-west"`)
}

test_hubs_and_feature_stores_are_judged if {
	every kind in ["Hub", "FeatureStore"] {
		count(rule.pass) == 1 with input as fixture.workspace({"ws-west": {"kind": kind}})
	}
}

test_conditional_counterpart_is_open if {
	doc := fixture.facts(fixture.workspace({}), "ws-west", {"counterparts": [{
		"name": "ws-north",
		"found": true,
		"location": "northeurope",
		"conditional": "deployFailover",
	}]})
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "deployFailover")
}

test_counterpart_that_is_gone_is_denied if {
	doc := fixture.facts(fixture.workspace({}), "ws-west", {"counterparts": [{
		"name": "ws-north",
		"found": false,
		"gone": true,
	}]})
	some found in rule.deny with input as doc
	contains(found.message, `names "ws-north" as its failover workspace, which does not exist`)
	count(rule.pass) == 0 with input as doc
}
