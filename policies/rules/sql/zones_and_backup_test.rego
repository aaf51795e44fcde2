package holdfast.rules.sql.zones_and_backup_test

import data.holdfast.lib.fixture
import data.holdfast.rules.sql.zones_and_backup as rule

database(change) := fixture.pair_with_data({"sql-west/train": change})

backup(current, requested) := database({"properties": {
	"currentBackupStorageRedundancy": current,
	"requestedBackupStorageRedundancy": requested,
}})

test_zone_redundant_with_geo_backup_passes if {
	every kind in ["Geo", "GeoZone", "geo"] {
		count(rule.pass) == 1 with input as backup(kind, kind)
		count(rule.deny) == 0 with input as backup(kind, kind)
	}
}

test_what_is_asked_for_counts_where_nothing_holds_yet if {
	doc := database({"without": ["/properties/currentBackupStorageRedundancy"]})
	count(rule.pass) == 1 with input as doc
	local := backup("Local", "Geo")
	count(rule.deny) == 1 with input as local
}

test_backup_in_the_region_is_denied if {
	every kind in ["Local", "Zone", "local"] {
		doc := backup(kind, kind)
		some found in rule.deny with input as doc
		found.pointer == "/properties/requestedBackupStorageRedundancy"
		contains(found.message, sprintf(`"train" keeps its backup in westeurope (%s)`, [kind]))
		count(rule.pass) == 0 with input as doc
	}
}

test_one_zone_is_denied if {
	doc := database({"properties": {"zoneRedundant": false}})
	some found in rule.deny with input as doc
	found.pointer == "/properties/zoneRedundant"
	contains(found.message, `"train" is not zone-redundant, although westeurope has zones`)
	count(rule.pass) == 0 with input as doc
}

test_region_without_zones_needs_none if {
	doc := database({"location": "westus", "properties": {"zoneRedundant": false}})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_instances_are_judged_alike if {
	connected := {"links": {"service": {"/properties/target": ["mi-west"]}}}
	doc := fixture.pair_with_data({
		"ws-west/sql": connected,
		"ws-north/sql": connected,
		"mi-west": {
			"type": "Microsoft.Sql/managedInstances",
			"location": "westeurope",
			"properties": {"zoneRedundant": false, "currentBackupStorageRedundancy": "Local"},
		},
	})
	count(rule.deny) == 2 with input as doc
}

test_copy_takes_the_place_of_the_backup_where_there_is_no_pair if {
	local := {"location": "italynorth", "properties": {
		"currentBackupStorageRedundancy": "Local",
		"requestedBackupStorageRedundancy": "Local",
	}}
	copied := database(local)
	count(rule.pass) == 1 with input as copied
	alone := fixture.pair_with_data({"sql-west/train": local, "sql-west/fg": null})
	some exemption in rule.exempt with input as alone
	contains(exemption.reason, "HF-SQL-001")
	count(rule.deny | rule.pass) == 0 with input as alone
}

test_unknown_facts_are_open if {
	changes := [
		{"unknown": {"/properties/zoneRedundant": "forbidden"}},
		{"without": ["/properties/zoneRedundant"]},
		{"unknown": {"/properties/currentBackupStorageRedundancy": "forbidden"}},
		{"unknown": {"/location": "forbidden"}},
		{"properties": {"currentBackupStorageRedundancy": "Novel"}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as database(change)
		count(rule.exempt) == 0 with input as database(change)
	}
}

test_region_that_no_table_knows_is_open if {
	doc := database({"location": "atlantiscentral"})
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "atlantiscentral")
}

test_outside_production_is_exempt if {
	doc := fixture.nonproduction(database({}))
	some exemption in rule.exempt with input as doc
	exemption.reason == "outside production (dev)"
}
