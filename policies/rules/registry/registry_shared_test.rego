package holdfast.rules.registry.registry_shared_test

import data.holdfast.lib.fixture
import data.holdfast.rules.registry.registry_shared as rule

registry := {"type": "Microsoft.ContainerRegistry/registries", "location": "northeurope", "sku": {"name": "Premium"}}

two_registries := fixture.pair({
	"acrnorth": registry,
	"ws-north": {"properties": {"containerRegistry": fixture.arm_id("acrnorth", registry)}},
})

bare := {"without": ["/properties/containerRegistry"]}

per_region(doc) := fixture.parameters(doc, {"acr_mode": "per-region"})

test_shared_registry_passes if {
	count(rule.pass) == 1 with input as fixture.pair({})
	count(rule.deny) == 0 with input as fixture.pair({})
	count(rule.pass) == 1 with input as fixture.undirected(fixture.pair({}))
}

test_case_of_ids_does_not_matter if {
	doc := fixture.pair({"ws-north": {"properties": {"containerRegistry": upper(fixture.id("acr"))}}})
	count(rule.pass) == 1 with input as doc
}

test_two_registries_are_denied if {
	some found in rule.deny with input as two_registries
	found.pointer == "/properties/containerRegistry"
	contains(found.message, `"ws-north" uses the registry "acrnorth" and "ws-west" uses "acr"`)
	count(rule.pass) == 0 with input as two_registries
}

test_missing_registry_is_denied_where_it_is_missing if {
	doc := fixture.pair({"ws-north": bare})
	{found.resource | some found in rule.deny} == {fixture.id("ws-north")} with input as doc
	count(rule.pass) == 0 with input as doc
	count(rule.deny) == 2 with input as fixture.pair({"ws-north": bare, "ws-west": bare})
	count(rule.deny) == 1 with input as fixture.pair({"ws-north": {"properties": {"containerRegistry": ""}}})
	count(rule.deny) == 1 with input as per_region(doc)
}

test_registry_per_region_passes_where_declared if {
	count(rule.pass) == 1 with input as per_region(two_registries)
	count(rule.deny) == 0 with input as per_region(two_registries)
}

test_shared_registry_is_denied_where_two_are_declared if {
	doc := per_region(fixture.pair({}))
	some found in rule.deny with input as doc
	contains(found.message, `"ws-north" shares the registry "acr" with "ws-west"`)
	count(rule.pass) == 0 with input as doc
}

test_unknown_registry_is_open if {
	every change in [
		{"unknown": {"/properties/containerRegistry": "forbidden"}},
		{"refers": {"/properties/containerRegistry": "${registry}"}},
	] {
		doc := fixture.pair({"ws-north": change})
		count(rule.deny | rule.pass) == 0 with input as doc
		count(rule.deny | rule.pass) == 0 with input as per_region(doc)
	}
}

test_dangling_registry_is_exempt if {
	doc := fixture.complete(fixture.pair({"acr": null}), ["Microsoft.ContainerRegistry/registries"])
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"acr" of "ws-`)
}

test_registry_outside_the_source_is_not_dangling if {
	count(rule.exempt) == 0 with input as fixture.pair({"acr": null})
	count(rule.pass) == 1 with input as fixture.pair({"acr": null})
}

test_projects_are_exempt if {
	count(rule.exempt) == 1 with input as fixture.pair({"ws-west": {"kind": "Project"}})
}
