package holdfast.lib.inference_test

import data.holdfast.lib.inference

endpoint(traffic) := {"properties": {"traffic": traffic}, "unknown": {}}

model(value) := {"properties": {"model": value}, "unknown": {}}

test_assets_are_the_same_in_every_workspace if {
	same := [
		"azureml:fraud:3",
		"AzureML:Fraud:3",
		"/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models/fraud/versions/3",
	]
	every id in same {
		inference.asset(model(id), "model") == "fraud:3"
		inference.asset(model({"referenceType": "Id", "assetId": id}), "model") == "fraud:3"
	}
	inference.asset(model("azureml://registries/R/models/m/versions/1"), "model") == "azureml://registries/r/models/m/versions/1"
	inference.asset({"properties": {}, "unknown": {}}, "model") == "none"
}

test_other_assets_are_not_known if {
	ids := ["./model", "azureml://locations/x", "/subscriptions/s/workspaces/w/models/fraud", "azureml:/subscriptions/s"]
	every id in ids {
		not inference.asset(model(id), "model")
	}
	not inference.asset({"properties": {}, "unknown": {"/properties/model": "forbidden"}}, "model")
}

test_hosts if {
	inference.host("https://A.westeurope.inference.ml.azure.com:443/score") == "a.westeurope.inference.ml.azure.com"
	inference.host("a.westeurope.inference.ml.azure.com") == "a.westeurope.inference.ml.azure.com"
}

test_traffic if {
	inference.traffic_sum(endpoint({"blue": 90, "green": 10})) == 100
	inference.receiving(endpoint({"blue": 100, "green": 0})) == {"blue"}
	inference.relation({"type": "microsoft.machinelearningservices/workspaces/serverlessendpoints"}) == "serverless_endpoints"
	inference.relation({"type": "microsoft.machinelearningservices/workspaces/onlineendpoints"}) == "online_endpoints"
}
