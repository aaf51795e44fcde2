package holdfast.rules.databricks.data_outside_root_test

import data.holdfast.lib.fixture
import data.holdfast.rules.databricks.data_outside_root as rule

asset(change) := fixture.whole({
	"ws-west/sales": {"type": "Microsoft.MachineLearningServices/workspaces/data"},
	"ws-west/sales/1": object.union({"type": "Microsoft.MachineLearningServices/workspaces/data/versions"}, change),
})

at(uri) := asset({"properties": {"dataUri": uri}})

test_data_in_storage_of_your_own_passes if {
	uris := [
		"abfss://data@acct.dfs.core.windows.net/v1",
		"azureml://datastores/lake/paths/v1",
		"https://acct.blob.core.windows.net/data/dbfs/x",
		"dbfs:/mnt/lake/v1",
		"/dbfs/mnt/lake/v1",
		"dbfs:/Volumes/main/raw/v1",
	]
	every uri in uris {
		count(rule.pass) == 1 with input as at(uri)
		count(rule.deny | rule.exempt) == 0 with input as at(uri)
	}
}

test_data_in_the_root_is_denied if {
	every uri in ["dbfs:/sales/v1", "DBFS:/sales", "/dbfs/sales/v1", "dbfs:/tmpfiles", "dbfs:/mntother/x"] {
		some found in rule.deny with input as at(uri)
		contains(found.message, `"sales:1" lies in the root of the Databricks file system`)
		count(rule.pass | rule.exempt) == 0 with input as at(uri)
	}
}

test_scratch_folders_are_exempt if {
	every uri in ["dbfs:/tmp/x", "/dbfs/FileStore/jars", "dbfs:/databricks-datasets/iris", "dbfs:/tmp"] {
		count(rule.exempt) == 1 with input as at(uri)
		count(rule.deny | rule.pass) == 0 with input as at(uri)
	}
}

test_unknown_paths_are_open if {
	docs := [asset({"unknown": {"/properties/dataUri": "forbidden"}}), asset({}), at("")]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(at("dbfs:/sales"))
	exemption.reason == "outside production"
}
