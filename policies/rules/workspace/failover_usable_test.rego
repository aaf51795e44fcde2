package holdfast.rules.workspace.failover_usable_test

import data.holdfast.lib.fixture
import data.holdfast.rules.workspace.failover_usable as rule

workspace_type := "Microsoft.MachineLearningServices/workspaces"

both(change) := fixture.pair({"ws-west": change, "ws-north": change})

state(name) := fixture.pair({"ws-north": {"properties": {"provisioningState": name}}})

# A hub in each region, and one project in each.
hub(location) := {"type": workspace_type, "location": location, "kind": "Hub"}

project(name) := {"kind": "Project", "properties": {"hubResourceId": fixture.arm_id(name, {"type": workspace_type})}}

hub_fact(name) := {"counterparts": [{
	"id": lower(fixture.arm_id(name, {"type": workspace_type})),
	"name": name,
	"found": true,
}]}

projects(primary_hub, secondary_hub) := object.union(
	fixture.pair({
		"ws-west": project(primary_hub),
		"ws-north": project(secondary_hub),
		"hub-west": hub("westeurope"),
		"hub-north": hub("northeurope"),
	}),
	{"workspaces": {lower(fixture.arm_id("hub-west", {"type": workspace_type})): hub_fact("hub-north")}},
)

hubs(secondary_project) := fixture.pair({
	"ws-west": {"kind": "Hub"},
	"ws-north": {"kind": "Hub"},
	"churn": object.union(project("ws-west"), {"type": workspace_type}),
	secondary_project: object.union(project("ws-north"), {"type": workspace_type}),
})

test_same_kind_and_provisioned_passes if {
	count(rule.pass) == 1 with input as fixture.live(fixture.pair({}))
	count(rule.deny) == 0 with input as fixture.live(fixture.pair({}))
	count(rule.pass) == 1 with input as both({"kind": "FeatureStore"})
}

test_source_code_has_no_state if {
	doc := both({"without": ["/properties/provisioningState"]})
	count(rule.pass) == 1 with input as doc
	count(rule.pass) == 0 with input as fixture.live(doc)
	count(rule.deny) == 0 with input as fixture.live(doc)
}

test_other_kind_is_denied if {
	doc := fixture.pair({"ws-north": {"kind": "FeatureStore"}})
	some found in rule.deny with input as doc
	found.pointer == "/kind"
	contains(found.message, `"ws-north" is of kind FeatureStore, but the primary "ws-west" is of kind Default`)
	count(rule.pass) == 0 with input as doc
}

test_kinds_compare_without_case if {
	count(rule.pass) == 1 with input as fixture.pair({"ws-north": {"kind": "default"}})
}

test_failed_states_are_denied if {
	every name in ["Failed", "Canceled"] {
		some found in rule.deny with input as state(name)
		contains(found.message, name)
		count(rule.pass) == 0 with input as state(name)
	}
}

test_transitional_states_are_open if {
	every name in ["Creating", "Updating", "Unknown"] {
		count(rule.deny | rule.pass) == 0 with input as state(name)
		some words in rule.open with input as state(name)
		contains(words.reason, name)
	}
}

test_unknown_kind_or_state_is_open if {
	every pointer in ["/kind", "/properties/provisioningState"] {
		doc := fixture.pair({"ws-north": {"unknown": {pointer: "forbidden"}}})
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}

test_undirected_pair_is_open if {
	count(rule.deny | rule.pass) == 0 with input as fixture.undirected(fixture.pair({"ws-north": {"kind": "Hub"}}))
}

test_project_on_the_counterpart_of_the_hub_passes if {
	count(rule.pass) == 1 with input as projects("hub-west", "hub-north")
	count(rule.deny) == 0 with input as projects("hub-west", "hub-north")
}

test_project_on_an_undeclared_hub_is_open if {
	doc := object.union(projects("hub-west", "hub-north"), {"workspaces": {lower(fixture.arm_id(
		"hub-west",
		{"type": workspace_type},
	)): {"counterparts": []}}})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_project_on_the_hub_of_the_primary_is_denied if {
	doc := projects("hub-west", "hub-west")
	messages := {found.message | some found in rule.deny} with input as doc
	some message in messages
	contains(message, `"ws-north" hangs on "hub-west"`)
	some other in messages
	contains(other, `"ws-north" lies in northeurope, but its hub "hub-west" lies in westeurope`)
	count(rule.pass) == 0 with input as doc
}

test_hub_without_projects_passes if {
	doc := fixture.pair({
		"ws-west": {"kind": "Hub"},
		"ws-north": {"kind": "Hub"},
	})
	count(rule.pass) == 1 with input as fixture.complete(doc, [workspace_type])
	count(rule.pass) == 0 with input as doc
}

test_hub_without_counterpart_of_a_project_is_denied if {
	doc := fixture.complete(hubs("pricing"), [workspace_type])
	some found in rule.deny with input as doc
	found.about == "churn"
	contains(found.message, `"ws-north" has no counterpart for the project "churn" of "ws-west"`)
	count(rule.pass) == 0 with input as doc
	count(rule.deny) == 0 with input as hubs("pricing")
}

test_project_of_the_same_name_passes if {
	renamed := {"resources": {fixture.id("ws-north"): {"relations": {"projects": [{"id": "p", "name": "CHURN"}]}}}}
	doc := object.union(fixture.complete(hubs("pricing"), [workspace_type]), renamed)
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_declared_counterpart_of_a_project_passes if {
	churn := lower(fixture.arm_id("churn", {"type": workspace_type}))
	doc := object.union(
		fixture.complete(hubs("pricing"), [workspace_type]),
		{"workspaces": {churn: hub_fact("pricing")}},
	)
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_candidate_of_a_project_is_open if {
	churn := lower(fixture.arm_id("churn", {"type": workspace_type}))
	doc := object.union(
		fixture.complete(hubs("pricing"), [workspace_type]),
		{"workspaces": {churn: {"candidates": [{"name": "pricing"}]}}},
	)
	count(rule.deny | rule.pass) == 0 with input as doc
}
