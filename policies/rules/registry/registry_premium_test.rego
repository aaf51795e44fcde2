package holdfast.rules.registry.registry_premium_test

import data.holdfast.lib.fixture
import data.holdfast.rules.registry.registry_premium as rule

sku(name) := fixture.pair({"acr": {"sku": {"name": name}}})

test_premium_passes if {
	every name in ["Premium", "premium"] {
		count(rule.pass) == 1 with input as sku(name)
		count(rule.deny) == 0 with input as sku(name)
	}
}

test_other_tiers_are_denied if {
	every name in ["Basic", "Standard", "Classic", "basic"] {
		some found in rule.deny with input as sku(name)
		found.pointer == "/sku/name"
		contains(found.message, sprintf(`"acr" has the SKU %s`, [name]))
		count(rule.pass) == 0 with input as sku(name)
	}
}

test_new_tier_is_open if {
	count(rule.deny | rule.pass) == 0 with input as sku("Ultra")
}

test_unknown_tier_is_open if {
	changes := [{"unknown": {"/sku/name": "forbidden"}}, {"unknown": {"": "not collected"}}, {"without": ["/sku"]}]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as fixture.pair({"acr": change})
	}
}

test_registries_per_region_are_exempt if {
	count(rule.exempt) == 1 with input as fixture.parameters(sku("Basic"), {"acr_mode": "per-region"})
}
