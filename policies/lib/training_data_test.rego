package holdfast.lib.training_data_test

import data.holdfast.lib.fixture
import data.holdfast.lib.training_data

test_datastores_of_the_service_are_left_out if {
	doc := fixture.workspace_with_data({})
	found := [one.name | some one in training_data.datastores(doc.resources[fixture.id("ws-west")])] with input as doc
	found == ["training"]
}

test_apart_is_proved if {
	doc := fixture.workspace_with_data({})
	workspace := doc.resources[fixture.id("ws-west")]
	training_data.apart(doc.resources[fixture.id("ws-west/training")], workspace) with input as doc
	hidden := fixture.workspace_with_data({"ws-west": {"unknown": {"/properties/storageAccount": "forbidden"}}})
	own := hidden.resources[fixture.id("ws-west")]
	not training_data.apart(hidden.resources[fixture.id("ws-west/training")], own) with input as hidden
}

test_the_latest_version_is_the_one_that_the_asset_names if {
	doc := fixture.workspace_with_data({"ws-west/claims/2": {
		"type": "Microsoft.MachineLearningServices/workspaces/data/versions",
		"properties": {"dataUri": "https://example.com/x"},
	}})
	asset := doc.resources[fixture.id("ws-west/claims")]
	found := [one.name | some one in training_data.latest(asset)] with input as doc
	found == ["3"]
}

test_source_code_without_datastores_has_nothing_to_judge if {
	workspace := {"id": "w", "unknown": {}, "relations": {}}
	declared := {"source": "iac", "complete": {}}
	training_data.without_datastores(workspace) with input as declared
	read := {"source": "live", "complete": {}}
	not training_data.without_datastores(workspace) with input as read
}

test_ten_names_at_most if {
	training_data.listing(["a", "b"]) == "a, b"
	training_data.listing([sprintf("n%d", [n]) | some n in numbers.range(1, 11)]) == concat("", [
		"n1, n2, n3, n4, n5, n6, n7, n8, n9, n10",
		" and 1 more",
	])
}
