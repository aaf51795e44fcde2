package holdfast.rules.mysql.recoverable_elsewhere_test

import data.holdfast.lib.fixture
import data.holdfast.rules.mysql.recoverable_elsewhere as rule

servers := ["Microsoft.DBforMySQL/flexibleServers"]

backup(name) := {"my-west": {"properties": {"backup": {"geoRedundantBackup": name}}}}

replica(change) := {"my-north": object.union(
	{
		"type": "Microsoft.DBforMySQL/flexibleServers",
		"location": "northeurope",
		"properties": {"sourceServerResourceId": "my-west", "replicationRole": "Replica"},
		"links": {"source": {"/properties/sourceServerResourceId": ["my-west"]}},
	},
	change,
)}

# Without a replica.
listed(change) := fixture.complete(fixture.pair_with_data(object.union({"my-north": null}, change)), servers)

replicated(change) := listed(object.union(backup("Disabled"), replica(change)))

test_replica_in_the_failover_region_passes if {
	every role in ["Replica", "replica"] {
		doc := replicated({"properties": {"replicationRole": role}})
		count(rule.pass) == 1 with input as doc
		count(rule.deny) == 0 with input as doc
	}
	count(rule.pass) == 1 with input as replicated({"without": ["/properties/replicationRole"]})
}

test_replica_that_a_workspace_uses_has_its_source_elsewhere if {
	used := {"ws-north/my": {"links": {"service": {"/properties/target": ["my-north"]}}}}
	doc := listed(object.union(object.union(backup("Disabled"), replica({})), used))
	count(rule.pass) == 2 with input as doc
}

test_geo_redundant_backup_passes if {
	count(rule.pass) == 1 with input as listed(backup("Enabled"))
	count(rule.deny) == 0 with input as listed(backup("Enabled"))
	count(rule.pass) == 1 with input as fixture.pair_with_data(backup("enabled"))
}

test_neither_is_denied if {
	changes := [backup("Disabled"), {"my-west": {"without": ["/properties/backup"]}}]
	every change in changes {
		doc := listed(change)
		some found in rule.deny with input as doc
		found.resource == fixture.id("my-west")
		found.pointer == "/properties/backup/geoRedundantBackup"
		not found.level
		contains(found.message, `"my-west" in westeurope has neither a geo-redundant backup nor a replica in northeurope`)
		count(rule.pass) == 0 with input as doc
	}
}

test_replica_elsewhere_or_promoted_is_denied if {
	every change in [{"location": "swedencentral"}, {"properties": {"replicationRole": "None"}}] {
		count(rule.deny) == 1 with input as replicated(change)
	}
}

test_backup_means_nothing_without_a_pair if {
	doc := listed(object.union(backup("Enabled"), {"my-west": {"location": "italynorth"}}))
	some found in rule.deny with input as doc
	contains(found.message, "which takes a paired region")
	count(rule.pass) == 0 with input as doc
}

test_region_that_no_table_knows if {
	enabled := listed(object.union(backup("Enabled"), {"my-west": {"location": "atlantiscentral"}}))
	count(rule.deny | rule.pass) == 0 with input as enabled
	disabled := listed(object.union(backup("Disabled"), {"my-west": {"location": "atlantiscentral"}}))
	count(rule.deny) == 1 with input as disabled
}

test_incomplete_enumeration_is_open if {
	doc := fixture.pair_with_data(object.union(backup("Disabled"), {"my-north": null}))
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_unknown_facts_are_open if {
	changes := [
		{"my-west": {"unknown": {"/properties/backup/geoRedundantBackup": "forbidden"}}},
		{"my-west": {"unknown": {"/location": "forbidden"}}},
		{"my-west": {"unknown": {"/properties/replicationRole": "forbidden"}}},
		{"ws-north": {"unknown": {"/location": "forbidden"}}},
		replica({"unknown": {"/location": "forbidden"}}),
		replica({"unknown": {"/properties/replicationRole": "forbidden"}}),
		replica({"conditional": "parameters('dr')"}),
	]
	every change in changes {
		doc := listed(object.union(object.filter(backup("Disabled"), ["my-west"]), change))
		plain := object.union(doc, {"parameters": {}})
		count(rule.deny | rule.pass) == 0 with input as plain
	}
}

test_outside_production_is_exempt if {
	doc := fixture.nonproduction(listed(backup("Disabled")))
	some exemption in rule.exempt with input as doc
	exemption.reason == "outside production (dev)"
}
