package holdfast.lib.sql_test

import data.holdfast.lib.fixture
import data.holdfast.lib.sql

database(doc) := doc.resources[fixture.id("sql-west/train")]

test_regions_come_from_groups_links_and_copies if {
	doc := fixture.pair_with_data({
		"sql-west/train/link": {
			"type": "Microsoft.Sql/servers/databases/replicationLinks",
			"properties": {"linkType": "GEO", "partnerLocation": "Sweden Central"},
		},
		"sql-x": {"type": "Microsoft.Sql/servers", "location": "uksouth"},
		"sql-x/train": {
			"type": "Microsoft.Sql/servers/databases",
			"location": "uksouth",
			"properties": {"sourceDatabaseId": "sql-west/train", "secondaryType": "Geo"},
			"links": {"source": {"/properties/sourceDatabaseId": ["sql-west/train"]}},
		},
	})
	found := sql.regions(database(doc)) with input as doc
	found == {"westeurope", "northeurope", "swedencentral", "uksouth"}
	sql.settled(database(doc)) with input as doc
}

test_a_copy_in_the_same_region_is_none if {
	doc := fixture.pair_with_data({"sql-west/fg": {
		"properties": {"partnerServers": [{"id": "sql-y", "location": "westeurope"}]},
		"links": {"partners": {"/properties/partnerServers": []}},
	}})
	not sql.survives(database(doc), doc.pairs[0]) with input as doc
}

test_what_is_not_understood_is_not_settled if {
	every kind in ["STANDBY", "Novel"] {
		doc := fixture.pair_with_data({"sql-west/train/link": {
			"type": "Microsoft.Sql/servers/databases/replicationLinks",
			"properties": {"linkType": kind, "partnerLocation": "northeurope"},
		}})
		not sql.settled(database(doc)) with input as doc
	}
}
