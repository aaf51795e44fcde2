package holdfast.rules.data.datastores_equal_test

import data.holdfast.lib.fixture
import data.holdfast.rules.data.datastores_equal as rule

datastores := ["Microsoft.MachineLearningServices/workspaces/datastores"]

listed(changes) := fixture.complete(fixture.pair_with_data(changes), datastores)

both(properties) := {
	"ws-west/training": {"properties": properties},
	"ws-north/training": {"properties": properties},
}

# The same without the container that the fixture has.
both_without(pointers, properties) := {name: object.union(change, {"without": pointers}) |
	some name, change in both(properties)
}

test_same_datastores_pass if {
	count(rule.pass) == 1 with input as listed({})
	count(rule.deny) == 0 with input as listed({})
}

test_every_kind_of_place_is_compared if {
	every member in ["fileShareName", "filesystem"] {
		same := both_without(["/properties/containerName"], object.union({}, {member: "train"}))
		count(rule.pass) == 1 with input as listed(same)
		doc := listed(object.union(same, {"ws-north/training": {"properties": {member: "other"}}}))
		some found in rule.deny with input as doc
		contains(found.message, "another container")
	}
	lake := both_without(
		["/properties/containerName"],
		{"datastoreType": "AzureDataLakeGen1", "storeName": "lake"},
	)
	count(rule.pass) == 1 with input as listed(lake)
}

test_onelake_is_compared_by_artifact if {
	properties := {
		"datastoreType": "OneLake",
		"oneLakeWorkspaceName": "w",
		"artifact": {"artifactName": "a"},
	}
	same := both_without(["/properties/containerName", "/properties/accountName"], properties)
	count(rule.pass) == 1 with input as listed(same)
	other := {"ws-north/training": {"properties": {"artifact": {"artifactName": "b"}}}}
	count(rule.pass) == 0 with input as listed(object.union(same, other))
}

test_missing_datastore_is_denied if {
	doc := listed({"ws-north/training": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	found.about == "training"
	contains(found.message, `"ws-north" has no datastore "training", which "ws-west" has`)
	count(rule.pass) == 0 with input as doc
}

test_other_target_is_denied if {
	account := {"ws-north/training": {
		"properties": {"accountName": "stnorth"},
		"links": {"account": {"/properties/accountName": ["stnorth"]}},
	}}
	other_account := fixture.pair_with_data(account)
	some found in rule.deny with input as other_account
	found.resource == fixture.id("ws-north/training")
	contains(found.message, `"training" of "ws-north" leads to another account than on the primary`)
	kind := {"ws-north/training": {"properties": {"datastoreType": "AzureDataLakeGen2"}}}
	other_kind := fixture.pair_with_data(kind)
	some other in rule.deny with input as other_kind
	contains(other.message, "another kind of storage")
	count(rule.pass) == 0 with input as listed(account)
	count(rule.pass) == 0 with input as listed(kind)
}

test_names_suffice_where_each_region_has_its_copy if {
	account := {"ws-north/training": {
		"properties": {"accountName": "stnorth"},
		"links": {"account": {"/properties/accountName": ["stnorth"]}},
	}}
	doc := fixture.parameters(listed(account), {"data_mode": "per-region"})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_spelling_does_not_matter if {
	doc := listed(both({"datastoreType": "AZUREBLOB"}))
	count(rule.pass) == 1 with input as doc
}

test_incomplete_lists_are_open if {
	count(rule.deny | rule.pass) == 0 with input as fixture.pair_with_data({"ws-north/training": null})
	count(rule.deny | rule.pass) == 0 with input as fixture.pair_with_data({})
}

test_unknown_facts_are_open if {
	changes := [
		{"ws-north/training": {"unknown": {"/properties/accountName": "forbidden"}}},
		{"ws-north/training": {"unknown": {"/properties/containerName": "forbidden"}}},
		{"ws-west/training": {"unknown": {"/properties/datastoreType": "forbidden"}}},
		{"ws-north/training": {"conditional": "parameters('dr')"}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as listed(change)
	}
}

test_undirected_pair_is_open if {
	count(rule.deny | rule.pass) == 0 with input as fixture.undirected(listed({"ws-north/training": null}))
}

test_primary_without_datastores_is_exempt if {
	doc := fixture.pair_with_data({"ws-west/training": null})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"ws-west" has no datastore`)
	count(rule.deny | rule.pass) == 0 with input as doc
}
