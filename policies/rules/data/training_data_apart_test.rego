package holdfast.rules.data.training_data_apart_test

import data.holdfast.lib.fixture
import data.holdfast.rules.data.training_data_apart as rule

lists := [
	"Microsoft.MachineLearningServices/workspaces/datastores",
	"Microsoft.MachineLearningServices/workspaces/data",
]

listed(changes) := fixture.complete(fixture.workspace_with_data(changes), lists)

# The training datastore on another account.
on(account) := {"ws-west/training": {
	"properties": {"accountName": account},
	"links": {"account": {"/properties/accountName": [account]}},
}}

uri(text, links) := {"ws-west/claims/3": {"properties": {"dataUri": text}, "links": links}}

test_data_on_its_own_account_passes if {
	count(rule.pass) == 1 with input as listed({})
	count(rule.deny | rule.exempt) == 0 with input as listed({})
}

test_datastore_on_the_default_account_is_denied if {
	doc := listed(on("stwest"))
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-west")
	contains(found.message, `"ws-west" keeps training data on a default storage account ("training", "claims")`)
	count(found.related) == 2
	count(rule.pass) == 0 with input as doc
}

test_default_account_of_another_workspace_is_denied if {
	doc := listed({"stdata": {"default_of": [{"id": "x", "name": "ws-other"}]}})
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_asset_in_a_datastore_of_the_service_is_denied if {
	every name in ["workspaceblobstore", "WorkspaceFileStore", "workspaceartifactstore", "workspaceworkingdirectory"] {
		id := sprintf("%s/datastores/%s", [fixture.id("ws-west"), name])
		text := sprintf("azureml://datastores/%s/paths/x", [name])
		doc := listed(uri(text, {"datastore": {"/properties/dataUri": [id]}}))
		some found in rule.deny with input as doc
		contains(found.message, `("claims")`)
		count(rule.pass) == 0 with input as doc
	}
}

test_asset_on_the_default_account_by_uri_is_denied if {
	links := {"datastore": null, "account": {"/properties/dataUri": ["stwest"]}}
	doc := listed(uri("https://stwest.blob.core.windows.net/train", object.remove(links, ["datastore"])))
	changed := object.union(doc, {"resources": {fixture.id("ws-west/claims/3"): {"relations": {"datastore": []}}}})
	count(rule.deny) == 1 with input as changed
}

test_asset_on_another_account_or_elsewhere_passes if {
	account := listed({
		"ws-west/claims/3": null, "ws-west/claims/4": {
			"type": "Microsoft.MachineLearningServices/workspaces/data/versions",
			"properties": {"dataUri": "abfss://train@stdata.dfs.core.windows.net/x"},
			"links": {"account": {"/properties/dataUri": ["stdata"]}},
		},
		"ws-west/claims": {"properties": {"latestVersion": "4"}},
	})
	count(rule.pass) == 1 with input as account
	elsewhere := listed({
		"ws-west/claims/3": null, "ws-west/claims/4": {
			"type": "Microsoft.MachineLearningServices/workspaces/data/versions",
			"properties": {"dataUri": "https://example.com/train"},
		},
		"ws-west/claims": {"without": ["/properties/latestVersion"]},
	})
	count(rule.pass) == 1 with input as elsewhere
}

test_onelake_is_no_storage_account if {
	doc := listed({"ws-west/training": {
		"properties": {"datastoreType": "OneLake"},
		"without": ["/properties/accountName"],
	}})
	count(rule.pass) == 1 with input as doc
}

test_archived_and_generated_assets_do_not_count if {
	changes := [
		{"ws-west/claims": {"properties": {"isArchived": true}}},
		{"ws-west/claims/3": {"properties": {"isAnonymous": true}}},
		{
			"ws-west/claims": null,
			"ws-west/claims/3": null,
			"ws-west/azureml_job_output": {"type": "Microsoft.MachineLearningServices/workspaces/data"},
		},
	]
	every change in changes {
		count(rule.pass) == 1 with input as listed(object.union(uri("azureml://x", {}), change))
	}
}

test_incomplete_lists_are_open if {
	every type in lists {
		doc := fixture.complete(fixture.workspace_with_data({}), [type])
		count(rule.deny | rule.pass) == 0 with input as doc
		count(rule.exempt) == 0 with input as doc
	}
}

test_unknown_facts_are_open if {
	changes := [
		{"ws-west": {"unknown": {"/properties/storageAccount": "forbidden"}}},
		{"ws-west/training": {"unknown": {"/properties/accountName": "the expression x cannot be resolved"}}},
		{"ws-west/claims/3": {"unknown": {"/properties/dataUri": "the expression x cannot be resolved"}}},
		{"ws-west/claims/3": null},
		{"ws-west/claims": {"properties": {"latestVersion": "4"}}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as listed(change)
		count(rule.exempt) == 0 with input as listed(change)
	}
}

nothing := {"ws-west/training": null, "ws-west/claims": null, "ws-west/claims/3": null}

test_workspace_without_data_is_exempt if {
	every doc in [listed(nothing), fixture.workspace_with_data(nothing), fixture.live(listed(nothing))] {
		some exemption in rule.exempt with input as doc
		contains(exemption.reason, `"ws-west" has neither a datastore nor a data asset`)
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}

test_nothing_in_an_incomplete_live_list_is_open if {
	doc := fixture.live(fixture.workspace_with_data(nothing))
	count(rule.exempt | rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_at_most_ten_are_listed if {
	doc := listed({name: one |
		some number in numbers.range(1, 12)
		name := sprintf("ws-west/more%d", [number])
		one := object.union(fixture.datastore("AzureBlob", "stwest", "c"), {})
	})
	some found in rule.deny with input as doc
	contains(found.message, "and 2 more")
	count(found.related) == 10
}
