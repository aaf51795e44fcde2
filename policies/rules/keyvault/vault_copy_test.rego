package holdfast.rules.keyvault.vault_copy_test

import data.holdfast.lib.fixture
import data.holdfast.rules.keyvault.vault_copy as rule

vault_in(region) := fixture.pair({"kv": {"location": region}})

test_vault_copied_to_the_failover_region_passes if {
	count(rule.pass) == 1 with input as fixture.pair({})
	count(rule.deny | rule.open) == 0 with input as fixture.pair({})
}

test_vault_in_the_failover_region_passes if {
	count(rule.pass) == 1 with input as vault_in("northeurope")
}

test_regions_without_copy_are_denied if {
	every region in ["brazilsouth", "brazilsoutheast", "westus3", "italynorth"] {
		some found in rule.deny with input as vault_in(region)
		found.pointer == "/location"
		not found.level
		count(rule.open) == 0 with input as vault_in(region)
		contains(found.message, sprintf(`"kv" serves both workspaces from %s`, [region]))
		count(rule.pass) == 0 with input as vault_in(region)
	}
}

test_copy_in_a_third_region_is_noted if {
	doc := vault_in("eastus")
	some found in rule.deny with input as doc
	found.level == "note"
	contains(found.message, `"kv" lies in eastus and is copied to westus, but "ws-north" runs in northeurope`)
	count(rule.pass) == 0 with input as doc
}

test_region_that_no_table_knows_is_open if {
	doc := vault_in("atlantiscentral")
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "atlantiscentral")
}

test_unknown_facts_are_open if {
	changes := [
		{"kv": {"unknown": {"/location": "forbidden"}}},
		{"kv": {"existing": true, "unknown": {"": "not collected"}}},
		{"ws-north": {"unknown": {"/location": "the expression location cannot be resolved"}}},
		{"ws-north": {"unknown": {"/properties/keyVault": "forbidden"}}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as fixture.pair(change)
	}
}

test_undirected_pair_is_open if {
	count(rule.deny | rule.pass) == 0 with input as fixture.undirected(fixture.pair({}))
}

test_per_region_mode_is_exempt if {
	doc := fixture.parameters(vault_in("italynorth"), {"keyvault_mode": "per-region"})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "a vault per region")
}

test_vault_of_one_workspace_is_exempt if {
	other := fixture.arm_id("kv-north", {"type": "Microsoft.KeyVault/vaults"})
	doc := fixture.pair({"kv": {"location": "italynorth"}, "ws-north": {"properties": {"keyVault": other}}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"kv" does not serve both workspaces`)
	count(rule.deny) == 0 with input as doc
}

test_vault_beside_a_workspace_without_one_is_exempt if {
	doc := fixture.pair({"kv": {"location": "italynorth"}, "ws-north": {"without": ["/properties/keyVault"]}})
	count(rule.exempt) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}
