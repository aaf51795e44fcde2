package holdfast.rules.sql.failover_group_test

import data.holdfast.lib.fixture
import data.holdfast.rules.sql.failover_group as rule

types := [
	"Microsoft.Sql/servers/failoverGroups",
	"Microsoft.Sql/servers/databases/replicationLinks",
	"Microsoft.Sql/locations/instanceFailoverGroups",
]

listed(changes) := fixture.complete(fixture.pair_with_data(changes), types)

alone := {"sql-west/fg": null}

link(kind, region) := {
	"sql-west/fg": null,
	"sql-west/train/link": {
		"type": "Microsoft.Sql/servers/databases/replicationLinks",
		"properties": {"linkType": kind, "partnerLocation": region},
	},
}

copy(properties) := {"sql-west/fg": null, "sql-north/train": {
	"type": "Microsoft.Sql/servers/databases",
	"location": "northeurope",
	"properties": object.union({"sourceDatabaseId": "sql-west/train"}, properties),
	"links": {"source": {"/properties/sourceDatabaseId": ["sql-west/train"]}},
}}

instance(more) := object.union(
	{
		"mi-west": {"type": "Microsoft.Sql/managedInstances", "location": "westeurope"},
		"ws-west/sql": {"links": {"service": {"/properties/target": ["mi-west"]}}},
		"ws-north/sql": {"links": {"service": {"/properties/target": ["mi-west"]}}},
	},
	more,
)

instance_group(region) := instance({"westeurope/ifg": {
	"type": "Microsoft.Sql/locations/instanceFailoverGroups",
	"properties": {
		"managedInstancePairs": [{"primaryManagedInstanceId": "mi-west", "partnerManagedInstanceId": "mi-north"}],
		"partnerRegions": [{"location": region, "replicationRole": "Secondary"}],
		"readWriteEndpoint": {"failoverPolicy": "Manual"},
	},
	"links": {"instances": {"/properties/managedInstancePairs": ["mi-west"]}},
}})

test_group_to_the_failover_region_passes if {
	count(rule.pass) == 1 with input as fixture.pair_with_data({})
	count(rule.deny) == 0 with input as listed({})
}

test_region_of_the_partner_is_taken_from_the_server_too if {
	doc := fixture.pair_with_data({"sql-west/fg": {"properties": {"partnerServers": [{"id": "sql-north"}]}}})
	count(rule.pass) == 1 with input as doc
}

test_automatic_failover_is_noted if {
	doc := listed({"sql-west/fg": {"properties": {"readWriteEndpoint": {"failoverPolicy": "Automatic"}}}})
	some found in rule.deny with input as doc
	found.resource == fixture.id("sql-west/fg")
	found.level == "note"
	contains(found.message, `"fg" fails "train" over by itself`)
	count(rule.pass) == 0 with input as doc
}

test_database_without_a_copy_is_denied if {
	doc := listed(alone)
	some found in rule.deny with input as doc
	found.resource == fixture.id("sql-west/train")
	contains(found.message, `"train" is kept in westeurope only, but "ws-north" runs in northeurope`)
	count(rule.pass) == 0 with input as doc
}

test_group_elsewhere_or_without_the_database_is_denied if {
	elsewhere := listed({"sql-west/fg": {
		"properties": {"partnerServers": [{"id": "sql-x", "location": "Sweden Central"}]},
		"links": {"partners": {"/properties/partnerServers": []}},
	}})
	some found in rule.deny with input as elsewhere
	contains(found.message, `kept in swedencentral, westeurope only`)
	without := listed({"sql-west/fg": {
		"properties": {"databases": []},
		"links": {"databases": {"/properties/databases": []}},
	}})
	count(rule.deny) == 1 with input as without
}

test_geo_link_passes if {
	every kind in ["GEO", "Geo"] {
		count(rule.pass) == 1 with input as listed(link(kind, "North Europe"))
		count(rule.deny) == 0 with input as listed(link(kind, "North Europe"))
	}
}

test_other_links_do_not_pass if {
	named := listed(link("NAMED", "northeurope"))
	count(rule.deny) == 1 with input as named
	standby := listed(link("STANDBY", "northeurope"))
	count(rule.deny | rule.pass) == 0 with input as standby
	some words in rule.open with input as standby
	contains(words.reason, "Standby")
}

test_secondary_database_of_the_source_code_passes if {
	every properties in [{"secondaryType": "Geo"}, {"createMode": "Secondary"}, {"createMode": "OnlineSecondary"}] {
		count(rule.pass) == 1 with input as listed(copy(properties))
	}
}

test_other_copies_do_not_pass if {
	every properties in [{"secondaryType": "Named"}, {"createMode": "Copy"}] {
		count(rule.deny) == 1 with input as listed(copy(properties))
	}
	standby := listed(copy({"secondaryType": "Standby", "createMode": "Secondary"}))
	count(rule.deny | rule.pass) == 0 with input as standby
	count(rule.open) == 1 with input as standby
}

test_instance_in_a_group_passes if {
	count(rule.pass) == 1 with input as fixture.pair_with_data(instance_group("North Europe"))
	count(rule.deny) == 0 with input as listed(instance_group("northeurope"))
}

test_instance_without_a_group_is_denied if {
	doc := listed(instance({}))
	some found in rule.deny with input as doc
	found.resource == lower(fixture.arm_id("mi-west", {"type": "Microsoft.Sql/managedInstances"}))
	count(rule.deny) == 1 with input as listed(instance_group("swedencentral"))
}

test_incomplete_enumeration_is_open if {
	every type in types {
		doc := fixture.complete(fixture.pair_with_data(alone), [type])
		count(rule.deny | rule.pass) == 0 with input as doc
	}
	count(rule.deny | rule.pass) == 0 with input as fixture.pair_with_data(instance({}))
}

test_unknown_facts_are_open if {
	changes := [
		{"sql-west/fg": {"unknown": {"/properties/databases": "forbidden"}}},
		{"sql-west/fg": {"unknown": {"/properties/partnerServers": "forbidden"}}},
		{"sql-west/fg": {"conditional": "parameters('dr')"}},
		{"sql-west/train": {"unknown": {"/location": "forbidden"}}},
		{"ws-north": {"unknown": {"/location": "forbidden"}}},
		object.union(link("GEO", "x"), {"sql-west/train/link": {"unknown": {"/properties/partnerLocation": "x"}}}),
		object.union(copy({}), {"sql-north/train": {"unknown": {"/properties/secondaryType": "x"}}}),
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as listed(change)
	}
}

test_undirected_pair_is_open if {
	count(rule.deny | rule.pass) == 0 with input as fixture.undirected(listed(alone))
}

test_outside_production_is_exempt if {
	doc := fixture.nonproduction(listed(alone))
	some exemption in rule.exempt with input as doc
	exemption.reason == "outside production (dev)"
}
