package holdfast.rules.retirement.data_lake_gen1_test

import data.holdfast.lib.fixture
import data.holdfast.rules.retirement.data_lake_gen1 as rule

lake := {"type": "Microsoft.DataLakeStore/accounts"}

kind(name) := fixture.whole_with_data({"ws-west/training": {"properties": {"datastoreType": name}}})

uri(text) := fixture.whole_with_data({"ws-west/claims/3": {"properties": {"dataUri": text}}})

passed(doc, name) if {
	some one in doc.subjects
	one.kind == "data_lake_user"
	one.resource == fixture.id(name)
	one.id in rule.pass with input as doc
}

test_other_datastores_and_uris_pass if {
	every name in ["AzureBlob", "AzureFile", "AzureDataLakeGen2", "OneLake"] {
		passed(kind(name), "ws-west/training")
		count(rule.deny) == 0 with input as kind(name)
	}
	passed(fixture.whole_with_data({}), "ws-west/claims/3")
}

test_gen1_datastore_is_denied if {
	every name in ["AzureDataLakeGen1", "azuredatalakegen1", "adls", "AzureDataLake"] {
		doc := kind(name)
		some found in rule.deny with input as doc
		found.resource == fixture.id("ws-west/training")
		found.pointer == "/properties/datastoreType"
		not found.level
		contains(found.message, `"training" leads to Data Lake Storage Gen1, retired on 2024-02-29; expected is`)
		count(rule.deny) == 1 with input as doc
	}
}

test_uri_into_gen1_is_denied if {
	every text in ["adl://lake.azuredatalakestore.net/x", "https://lake.azuredatalakestore.net/webhdfs/v1/x"] {
		doc := uri(text)
		some found in rule.deny with input as doc
		found.pointer == "/properties/dataUri"
		contains(found.message, `"3" lies in Data Lake Storage Gen1`)
	}
}

test_account_is_denied_once if {
	linked := {"links": {"account": {"/properties/accountName": ["lake"]}}}
	with_datastore := fixture.whole_with_data({
		"lake": lake,
		"ws-west/training": object.union(linked, {"properties": {"datastoreType": "AzureDataLakeGen1"}}),
	})
	{found.pointer | some found in rule.deny} == {"/properties/datastoreType"} with input as with_datastore
	some exemption in rule.exempt with input as with_datastore
	contains(exemption.reason, `told at the datastore "training"`)
	alone := fixture.whole_with_data({
		"lake": lake,
		"ws-west/my": {"links": {"service": {"/properties/target": ["lake"]}}},
	})
	some found in rule.deny with input as alone
	found.pointer == ""
	contains(found.message, `"lake" is a Data Lake Storage Gen1 account`)
}

test_before_the_date_it_is_a_warning_and_earlier_nothing if {
	warned := object.union(kind("AzureDataLakeGen1"), {"today": "2023-03-01"})
	some found in rule.deny with input as warned
	found.level == "warning"
	contains(found.message, "to be retired on 2024-02-29")
	earlier := object.union(kind("AzureDataLakeGen1"), {"today": "2022-11-24"})
	count(rule.deny) == 0 with input as earlier
	passed(earlier, "ws-west/training")
}

test_unknown_facts_are_open if {
	changes := [
		{"ws-west/training": {"unknown": {"/properties/datastoreType": "forbidden"}}},
		{"ws-west/claims/3": {"unknown": {"/properties/dataUri": "forbidden"}}},
	]
	every change in changes {
		doc := fixture.whole_with_data(change)
		some name, _ in change
		count(rule.deny) == 0 with input as doc
		not passed(doc, name)
	}
}
