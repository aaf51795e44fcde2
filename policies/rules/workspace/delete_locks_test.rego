package holdfast.rules.workspace.delete_locks_test

import data.holdfast.lib.fixture
import data.holdfast.rules.workspace.delete_locks as rule

locks := ["Microsoft.Authorization/locks"]

on_group := {"type": "Microsoft.Authorization/locks", "on": "group", "properties": {"level": "CanNotDelete"}}

unlocked := {"lock-stwest": null, "lock-kv": null}

test_locks_on_all_four_pass if {
	count(rule.pass) == 1 with input as fixture.workspace({})
	count(rule.deny) == 0 with input as fixture.complete(fixture.workspace({}), locks)
}

test_missing_locks_are_one_finding if {
	doc := fixture.complete(fixture.workspace(unlocked), locks)
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-west")
	contains(found.message, `"ws-west" depends on resources that nothing protects from deletion: "kv", "stwest"`)
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_missing_locks_of_an_incomplete_source_are_open if {
	count(rule.deny | rule.pass) == 0 with input as fixture.workspace(unlocked)
}

test_locks_listed_in_the_subscription_suffice if {
	scope := ["/subscriptions/5b6c1b2e-0000-4000-8000-000000000001"]
	doc := object.union(fixture.workspace(unlocked), {"complete": {"microsoft.authorization/locks": scope}})
	count(rule.deny) == 1 with input as doc
}

test_inherited_and_read_only_locks_pass if {
	count(rule.pass) == 1 with input as fixture.workspace(object.union(unlocked, {"lock-group": on_group}))
	count(rule.pass) == 1 with input as fixture.workspace({"lock-kv": {"properties": {"level": "ReadOnly"}}})
}

test_lock_without_effect_is_no_lock if {
	doc := fixture.workspace({"lock-kv": {"properties": {"level": "NotSpecified"}}})
	count(rule.pass) == 0 with input as doc
}

test_unknown_level_is_open if {
	doc := fixture.workspace({"lock-kv": {"unknown": {"/properties/level": "the expression level cannot be resolved"}}})
	count(rule.deny | rule.pass) == 0 with input as fixture.complete(doc, locks)
}

test_lock_under_a_condition_is_open if {
	doc := fixture.workspace({"lock-kv": {"conditional": "parameters('lock')"}})
	count(rule.deny | rule.pass) == 0 with input as fixture.complete(doc, locks)
}

test_unknown_association_is_open if {
	doc := fixture.workspace({"ws-west": {"unknown": {"/properties/keyVault": "forbidden"}}})
	count(rule.deny | rule.pass) == 0 with input as fixture.complete(doc, locks)
}

test_workspace_without_registry_passes if {
	count(rule.pass) == 1 with input as fixture.workspace({"ws-west": {"without": ["/properties/containerRegistry"]}})
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(fixture.workspace({}))
	exemption.reason == "outside production (dev)"
}
