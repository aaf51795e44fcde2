package holdfast.rules.cosmosdb.encryption_keys_test

import data.holdfast.lib.fixture
import data.holdfast.rules.cosmosdb.encryption_keys as rule

key := "https://kv.vault.azure.net/keys/ml"

encryption := {"properties": {"encryption": {"status": "Enabled", "keyVaultProperties": {
	"keyVaultArmId": "kv",
	"keyIdentifier": key,
}}}}

linked := {"links": {"encryption_vault": {"/properties/encryption/keyVaultProperties/keyVaultArmId": ["kv"]}}}

# Both workspaces encrypt with a key in the shared vault.
cmk(changes) := fixture.pair(object.union(
	{name: object.union(encryption, linked) | some name in ["ws-west", "ws-north"]},
	changes,
))

vault_in(region) := cmk({"kv": {"location": region}})

identifier(name, text) := cmk({name: {"properties": {"encryption": {"keyVaultProperties": {"keyIdentifier": text}}}}})

test_vault_with_a_copy_passes if {
	count(rule.pass) == 1 with input as cmk({})
	count(rule.deny | rule.exempt) == 0 with input as cmk({})
	count(rule.pass) == 1 with input as cmk({"ws-west": {"properties": {"encryption": {"status": "enabled"}}}})
}

test_vault_without_a_copy_passes_in_its_own_region if {
	doc := cmk({
		"ws-west": {"location": "italynorth"},
		"ws-north": {"location": "italynorth"},
		"kv": {"location": "italynorth"},
	})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_vault_without_a_copy_elsewhere_is_denied if {
	doc := vault_in("italynorth")
	{found.resource | some found in rule.deny} == {fixture.id("ws-west"), fixture.id("ws-north")} with input as doc
	some found in rule.deny with input as doc
	found.pointer == "/properties/encryption/keyVaultProperties/keyVaultArmId"
	not found.level
	contains(found.message, `is in "kv" in italynorth, from where nothing is copied`)
	count(rule.pass) == 0 with input as doc
}

test_versioned_key_is_noted if {
	doc := identifier("ws-north", concat("/", [key, "0123abcd"]))
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	found.level == "note"
	contains(found.message, `the key of "ws-north" is fixed to a version`)
	count(rule.pass) == 0 with input as doc
}

test_unknown_facts_are_open if {
	changes := [
		{"ws-west": {"unknown": {"/properties/encryption/status": "forbidden"}}},
		{"ws-west": {"unknown": {"/properties/encryption/keyVaultProperties/keyVaultArmId": "forbidden"}}},
		{"ws-west": {"unknown": {"/properties/encryption/keyVaultProperties/keyIdentifier": "forbidden"}}},
		{"kv": {"unknown": {"/location": "forbidden"}}},
		{"kv": {"location": "atlantiscentral"}},
		{"ws-west": {"unknown": {"/location": "forbidden"}}, "kv": {"location": "italynorth"}, "ws-north": null},
	]
	every change in changes {
		count(rule.pass | rule.exempt) == 0 with input as cmk(change)
		count(rule.deny) == 0 with input as cmk(change)
	}
}

test_workspaces_without_a_key_are_exempt if {
	some exemption in rule.exempt with input as fixture.pair({})
	contains(exemption.reason, "neither workspace has a customer-managed key")
}

test_one_encrypted_workspace_belongs_to_another_rule if {
	doc := cmk({"ws-north": {"properties": {"encryption": {"status": "Disabled"}}}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `only "ws-west" has a customer-managed key (HF-WS-003)`)
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_its_vault_is_judged_all_the_same if {
	doc := cmk({"ws-north": {"properties": {"encryption": {"status": "Disabled"}}}, "kv": {"location": "italynorth"}})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-west")
	count(rule.exempt) == 0 with input as doc
}
