package holdfast.rules.registry.registry_replicated_test

import data.holdfast.lib.fixture
import data.holdfast.rules.registry.registry_replicated as rule

replications := ["Microsoft.ContainerRegistry/registries/replications"]

complete(changes) := fixture.complete(fixture.pair(changes), replications)

test_replica_in_the_failover_region_passes if {
	count(rule.pass) == 1 with input as fixture.pair({})
	count(rule.deny) == 0 with input as complete({})
}

test_home_in_the_failover_region_passes if {
	doc := complete({"acr": {"location": "northeurope"}, "acr/northeurope": {"location": "westeurope"}})
	count(rule.pass) == 1 with input as doc
}

test_registry_without_replica_is_denied if {
	doc := complete({"acr/northeurope": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("acr")
	found.about == "northeurope"
	contains(found.message, `"acr" lies in westeurope and has no replica in northeurope, where "ws-north" needs`)
	count(rule.pass) == 0 with input as doc
}

test_replica_elsewhere_is_denied if {
	doc := complete({"acr/northeurope": {"location": "swedencentral"}})
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_registry_away_from_both_workspaces_is_denied_twice if {
	doc := complete({"acr": {"location": "swedencentral"}, "acr/northeurope": null})
	{found.about | some found in rule.deny} == {"westeurope", "northeurope"} with input as doc
}

test_enumeration_within_the_registry_suffices if {
	own := {"microsoft.containerregistry/registries/replications": [fixture.id("acr")]}
	doc := object.union(fixture.pair({"acr/northeurope": null}), {"complete": own})
	count(rule.deny) == 1 with input as doc
}

test_missing_replica_of_an_incomplete_source_is_open if {
	doc := fixture.pair({"acr/northeurope": null})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_unknown_locations_are_open if {
	changes := [
		{"acr": {"unknown": {"/location": "forbidden"}}},
		{"acr/northeurope": {"unknown": {"/location": "forbidden"}}},
		{"ws-north": {"unknown": {"/location": "forbidden"}}},
		{"ws-north": {"unknown": {"/properties/containerRegistry": "forbidden"}}},
		{"acr/northeurope": {"conditional": "parameters('replicate')"}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as complete(change)
	}
}

test_direction_does_not_matter if {
	count(rule.pass) == 1 with input as fixture.undirected(fixture.pair({}))
}

test_other_tiers_are_exempt if {
	doc := complete({"acr": {"sku": {"name": "Standard"}}, "acr/northeurope": null})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"acr" is Standard`)
}

test_registries_per_region_are_exempt if {
	doc := fixture.parameters(complete({"acr/northeurope": null}), {"acr_mode": "per-region"})
	count(rule.exempt) == 1 with input as doc
}

test_registry_of_one_workspace_is_exempt if {
	other := fixture.arm_id("acrnorth", {"type": "Microsoft.ContainerRegistry/registries"})
	doc := complete({"ws-north": {"properties": {"containerRegistry": other}}, "acr/northeurope": null})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "does not serve both workspaces")
	count(rule.deny) == 0 with input as doc
}

test_registry_beside_a_workspace_without_one_is_exempt if {
	doc := complete({"ws-north": {"without": ["/properties/containerRegistry"]}, "acr/northeurope": null})
	count(rule.exempt) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}
