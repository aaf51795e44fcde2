package holdfast.rules.keyvault.vault_mode_test

import data.holdfast.lib.fixture
import data.holdfast.rules.keyvault.vault_mode as rule

vault_id := fixture.arm_id("kv-north", {"type": "Microsoft.KeyVault/vaults"})

two_vaults(location) := fixture.pair({
	"kv-north": {"type": "Microsoft.KeyVault/vaults", "location": location},
	"ws-north": {"properties": {"keyVault": vault_id}},
})

per_region(doc) := fixture.parameters(doc, {"keyvault_mode": "per-region"})

test_shared_vault_passes if {
	count(rule.pass) == 1 with input as fixture.pair({})
	count(rule.deny) == 0 with input as fixture.pair({})
}

test_case_of_ids_does_not_matter if {
	doc := fixture.pair({"ws-north": {"properties": {"keyVault": upper(fixture.id("kv"))}}})
	count(rule.pass) == 1 with input as doc
}

test_two_vaults_are_denied if {
	doc := two_vaults("northeurope")
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, `"ws-north" uses the vault "kv-north" and "ws-west" uses "kv"`)
	not contains(found.message, "read-only")
	count(rule.pass) == 0 with input as doc
}

test_active_active_pair_learns_the_trade_off if {
	doc := fixture.tier(two_vaults("northeurope"), "active-active")
	some found in rule.deny with input as doc
	contains(found.message, "a vault that failed over is read-only")
}

test_vault_per_region_passes_where_declared if {
	count(rule.pass) == 1 with input as per_region(two_vaults("northeurope"))
	count(rule.deny) == 0 with input as per_region(two_vaults("northeurope"))
}

test_shared_vault_is_denied_where_two_are_declared if {
	doc := per_region(fixture.pair({}))
	some found in rule.deny with input as doc
	contains(found.message, `"ws-north" shares the vault "kv" with "ws-west"`)
	count(rule.pass) == 0 with input as doc
}

test_vault_per_region_in_the_wrong_region_is_denied if {
	doc := per_region(two_vaults("westeurope"))
	some found in rule.deny with input as doc
	contains(found.message, `"ws-north" lies in northeurope, but its vault "kv-north" in westeurope`)
	count(rule.pass) == 0 with input as doc
}

test_unknown_vaults_are_open if {
	changes := [{"unknown": {"/properties/keyVault": "forbidden"}}, {"refers": {"/properties/keyVault": "${vault}"}}]
	every change in changes {
		doc := fixture.pair({"ws-north": change})
		count(rule.deny | rule.pass) == 0 with input as doc
		count(rule.deny | rule.pass) == 0 with input as per_region(doc)
	}
}

test_unknown_region_of_a_vault_is_open if {
	doc := fixture.pair({
		"kv-north": {"type": "Microsoft.KeyVault/vaults", "existing": true, "unknown": {"": "not collected"}},
		"ws-north": {"properties": {"keyVault": vault_id}},
	})
	count(rule.deny | rule.pass) == 0 with input as per_region(doc)
}

test_direction_does_not_matter if {
	count(rule.pass) == 1 with input as fixture.undirected(fixture.pair({}))
}

test_projects_are_exempt if {
	count(rule.exempt) == 1 with input as fixture.pair({"ws-west": {"kind": "Project"}})
}

test_missing_vault_belongs_to_another_rule if {
	doc := fixture.pair({"ws-north": {"kind": "Hub", "without": ["/properties/keyVault"]}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ws-north" names no key vault (HF-WS-002)`)
	count(rule.deny | rule.pass) == 0 with input as doc
}
