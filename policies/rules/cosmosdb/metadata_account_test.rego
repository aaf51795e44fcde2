package holdfast.rules.cosmosdb.metadata_account_test

import data.holdfast.lib.fixture
import data.holdfast.rules.cosmosdb.metadata_account as rule

type := "Microsoft.DocumentDB/databaseAccounts"

both(change) := {"ws-west": change, "ws-north": change}

encrypted := both({
	"properties": {"encryption": {"status": "Enabled", "cosmosDbResourceId": "cosmos"}},
	"links": {"cosmos_accounts": {"/properties/encryption/cosmosDbResourceId": ["cosmos"]}},
})

place(name, zones) := {"locationName": name, "isZoneRedundant": zones}

good := {
	"type": type,
	"location": "westeurope",
	"properties": {
		"locations": [place("West Europe", true), place("North Europe", true)],
		"enableAutomaticFailover": true,
		"enableMultipleWriteLocations": false,
		"backupPolicy": {"type": "Continuous"},
		"consistencyPolicy": {"defaultConsistencyLevel": "Session"},
	},
}

with_account(change) := fixture.pair(object.union(encrypted, {"cosmos": object.union(good, change)}))

account(properties) := with_account({"properties": properties})

denied(doc, pointer, words) if {
	some found in rule.deny with input as doc
	found.pointer == pointer
	contains(found.message, words)
	count(rule.pass) == 0 with input as doc
}

test_account_in_both_regions_passes if {
	count(rule.pass) == 1 with input as account({})
	count(rule.deny | rule.open) == 0 with input as account({})
}

test_several_write_regions_pass_too if {
	doc := account({"enableAutomaticFailover": false, "enableMultipleWriteLocations": true})
	count(rule.pass) == 1 with input as doc
}

test_one_region_is_denied if {
	doc := account({"locations": [place("West Europe", true)]})
	denied(doc, "/properties/locations", `"cosmos" lives in westeurope; expected are 2 regions, northeurope among them`)
	elsewhere := account({"locations": [place("West Europe", true), place("Sweden Central", true)]})
	denied(elsewhere, "/properties/locations", "northeurope among them")
}

test_strong_consistency_needs_three_regions if {
	doc := account({"consistencyPolicy": {"defaultConsistencyLevel": "Strong"}})
	denied(doc, "/properties/locations", "expected are 3 regions")
	three := account({
		"consistencyPolicy": {"defaultConsistencyLevel": "Strong"},
		"locations": [place("westeurope", true), place("northeurope", true), place("swedencentral", true)],
	})
	count(rule.pass) == 1 with input as three
}

test_consistency_has_a_default if {
	doc := with_account({"without": ["/properties/consistencyPolicy"]})
	count(rule.pass) == 1 with input as doc
}

test_failover_by_hand_is_denied if {
	doc := account({"enableAutomaticFailover": false})
	denied(doc, "/properties/enableAutomaticFailover", `"cosmos" waits for somebody to fail it over`)
}

test_one_zone_is_noted if {
	doc := account({"locations": [{"locationName": "westeurope"}, place("northeurope", true)]})
	some found in rule.deny with input as doc
	found.level == "note"
	contains(found.message, `"cosmos" is not zone-redundant in westeurope`)
	count(rule.pass) == 0 with input as doc
}

test_region_without_zones_needs_none if {
	doc := account({"locations": [place("westus", false), place("northeurope", true)]})
	count(rule.pass) == 1 with input as doc
}

test_periodic_backup_is_noted if {
	doc := account({"backupPolicy": {"type": "Periodic"}})
	some found in rule.deny with input as doc
	found.level == "note"
	found.pointer == "/properties/backupPolicy/type"
	count(rule.pass) == 0 with input as doc
}

test_unknown_facts_are_open if {
	changes := [
		{"unknown": {"/properties/locations": "forbidden"}},
		{"unknown": {"/properties/backupPolicy/type": "forbidden"}},
		{"unknown": {
			"/properties/enableAutomaticFailover": "forbidden",
			"/properties/enableMultipleWriteLocations": "forbidden",
		}},
		{"unknown": {"/properties/consistencyPolicy/defaultConsistencyLevel": "forbidden"}},
		{"properties": {"locations": [{"isZoneRedundant": true}, place("northeurope", true)]}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as with_account(change)
		count(rule.exempt) == 0 with input as with_account(change)
	}
}

test_account_that_was_not_found_is_open if {
	doc := fixture.pair(encrypted)
	id := doc.resources[fixture.id("ws-west")].relations.cosmos_accounts[0].id
	named := object.union(doc, {"subjects": [{"id": id, "kind": "cosmos_account", "pair": "ws-west|ws-north"}]})
	count(rule.deny | rule.pass) == 0 with input as named
	some words in rule.open with input as named
	contains(words.reason, `the Cosmos DB account of "ws-west" was not found`)
}

test_service_side_encryption_is_exempt if {
	one_region := {"cosmos": object.union(good, {"properties": {"locations": []}})}
	side := both({"properties": {"enableServiceSideCMKEncryption": true}})
	doc := fixture.pair(object.union_n([encrypted, side, one_region]))
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ws-west" is encrypted on the side of the service`)
	half := fixture.pair(object.union_n([encrypted, {"ws-west": side["ws-west"]}, one_region]))
	count(rule.exempt) == 0 with input as half
}
