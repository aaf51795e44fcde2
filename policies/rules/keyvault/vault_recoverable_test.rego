package holdfast.rules.keyvault.vault_recoverable_test

import data.holdfast.lib.fixture
import data.holdfast.rules.keyvault.vault_recoverable as rule

vault(properties) := fixture.workspace({"kv": {"properties": properties}})

unprotected := fixture.workspace({"kv": {"without": ["/properties/enablePurgeProtection"]}})

with_key(doc) := object.union(doc, {"resources": {fixture.id("ws-west"): {"relations": {"encryption_vault": [{
	"id": fixture.id("kv"),
	"name": "kv",
	"exact": true,
	"found": true,
}]}}}})

test_protected_vault_passes if {
	count(rule.pass) == 1 with input as fixture.workspace({})
	count(rule.deny) == 0 with input as fixture.workspace({})
	count(rule.pass) == 1 with input as with_key(fixture.workspace({}))
}

test_soft_delete_off_is_denied if {
	doc := vault({"enableSoftDelete": false})
	some found in rule.deny with input as doc
	found.pointer == "/properties/enableSoftDelete"
	not found.level
	contains(found.message, `"kv" is gone for good`)
	count(rule.pass) == 0 with input as doc
}

test_missing_purge_protection_is_denied if {
	every doc in [unprotected, vault({"enablePurgeProtection": false})] {
		some found in rule.deny with input as doc
		found.pointer == "/properties/enablePurgeProtection"
		contains(found.message, `"kv" can be purged`)
		count(rule.pass) == 0 with input as doc
	}
}

test_vault_with_an_encryption_key_is_an_error_in_every_tier if {
	doc := with_key(unprotected)
	some found in rule.deny with input as doc
	found.level == "error"
	count(rule.deny) == 1 with input as doc
}

test_short_retention_is_noted if {
	doc := vault({"softDeleteRetentionInDays": 7})
	some found in rule.deny with input as doc
	found.level == "note"
	contains(found.message, "for 7 days after deletion")
	count(rule.pass) == 0 with input as doc
	count(rule.pass) == 1 with input as vault({"softDeleteRetentionInDays": 30})
}

test_unknown_properties_are_open if {
	pointers := [
		"/properties/enableSoftDelete",
		"/properties/enablePurgeProtection",
		"/properties/softDeleteRetentionInDays",
		"/properties",
		"",
	]
	every pointer in pointers {
		doc := fixture.workspace({"kv": {"unknown": {pointer: "forbidden"}}})
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}

test_soft_delete_without_default_is_open if {
	doc := fixture.workspace({"kv": {"without": ["/properties/enableSoftDelete"]}})
	count(rule.deny | rule.pass) == 0 with input as doc
}
