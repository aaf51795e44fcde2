# METADATA
# title: What a workspace of the fixtures may have besides
# description: |
#   Computes, endpoints, attached clusters: each part alone is an estate that every rule passes when it is
#   merged into the changes of a fixture.
# scope: package
package holdfast.lib.fixture_parts

import data.holdfast.lib.fixture

# What a workspace may have besides, so that the rules about it pass.
parts := {
	"training": object.union_n([
		training("west", "westeurope"),
		training("north", "northeurope"),
		{"ws-west/nightly": {
			"type": "Microsoft.MachineLearningServices/workspaces/schedules",
			"relates": {"computes": [fixture.arm_id("ws-west/cpu", {"type": compute_type})]},
			"properties": {"isEnabled": true, "action": {"actionType": "CreateJob", "jobDefinition": {
				"jobType": "Command",
				"computeId": fixture.arm_id("ws-west/cpu", {"type": compute_type}),
			}}},
		}},
		{"northeurope/usages": {
			"type": "Microsoft.MachineLearningServices/locations/usages",
			"on": "region",
			"location": "northeurope",
			"value": [
				usage("Total Cluster Dedicated Regional vCPUs", "dedicatedCores", 100),
				usage("Standard DSv2 Family Cluster Dedicated vCPUs", "vmFamily", 100),
			],
		}},
		{"northeurope/quotas": {
			"type": "Microsoft.MachineLearningServices/locations/quotas",
			"on": "region",
			"location": "northeurope",
			"value": [],
		}},
		{"northeurope/vmSizes": {
			"type": "Microsoft.MachineLearningServices/locations/vmSizes",
			"on": "region",
			"location": "northeurope",
			"value": [{"name": "Standard_DS3_v2", "family": "standardDSv2Family", "vCPUs": 4}],
		}},
	]),
	"inference": object.union_n([
		inference("west", "westeurope"),
		inference("north", "northeurope"),
		{"fd/ml": {"type": "Microsoft.Cdn/profiles/originGroups"}},
		{"mlreg": {
			"type": "Microsoft.MachineLearningServices/registries",
			"location": "westeurope",
			"properties": {"regionDetails": [detail |
				some location in ["westeurope", "northeurope"]
				detail := {
					"location": location,
					"acrDetails": [{"systemCreatedAcrAccount": {"acrAccountSku": "Premium"}}],
					"storageAccountDetails": [{"systemCreatedStorageAccount": {"storageAccountType": "Standard_ZRS"}}],
				}
			]},
		}},
	]),
	"kubernetes": object.union(kubernetes("west", "westeurope"), kubernetes("north", "northeurope")),
	"databricks": object.union(databricks("west", "westeurope"), databricks("north", "northeurope")),
	"hdinsight": object.union(hdinsight("west", "westeurope"), hdinsight("north", "northeurope")),
}

compute_type := "Microsoft.MachineLearningServices/workspaces/computes"

usage(name, kind, limit) := {
	"type": sprintf("Microsoft.MachineLearningServices/%s/usages", [kind]),
	"name": {"value": name},
	"limit": limit,
}

training(side, location) := {sprintf("ws-%s/cpu", [side]): {
	"type": compute_type,
	"location": location,
	"properties": {
		"computeType": "AmlCompute",
		"provisioningState": "Succeeded",
		"properties": {
			"vmSize": "Standard_DS3_v2",
			"vmPriority": "Dedicated",
			"scaleSettings": {"minNodeCount": 0, "maxNodeCount": 4},
		},
	},
}}

inference(side, location) := {
	sprintf("ws-%s/score", [side]): {
		"type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
		"location": location,
		"kind": "Managed",
		"relates": {"entry_points": [fixture.arm_id("fd/ml", {"type": "Microsoft.Cdn/profiles/originGroups"})]},
		"properties": {
			"authMode": "AADToken",
			"provisioningState": "Succeeded",
			"scoringUri": sprintf("https://%s/score", [host]),
			"traffic": {"blue": 100},
		},
	},
	sprintf("ws-%s/score/blue", [side]): {
		"type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
		"location": location,
		"sku": {"name": "Default", "capacity": 3},
		"relates": {"ml_registries": [fixture.arm_id("mlreg", {"type": "Microsoft.MachineLearningServices/registries"})]},
		"properties": {
			"endpointComputeType": "Managed",
			"provisioningState": "Succeeded",
			"instanceType": "Standard_DS3_v2",
			"model": "azureml://registries/mlreg/models/fraud/versions/3",
			"environmentId": "azureml://registries/mlreg/environments/fraud/versions/1",
		},
	},
	sprintf("ws-%s/batch", [side]): {
		"type": "Microsoft.MachineLearningServices/workspaces/batchEndpoints",
		"location": location,
		"properties": {"provisioningState": "Succeeded", "defaults": {"deploymentName": "nightly"}},
	},
	sprintf("ws-%s/batch/nightly", [side]): {
		"type": "Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments",
		"location": location,
		"relates": {"compute": [fixture.arm_id(sprintf("ws-%s/cpu", [side]), {"type": compute_type})]},
		"properties": {
			"provisioningState": "Succeeded",
			"compute": fixture.arm_id(sprintf("ws-%s/cpu", [side]), {"type": compute_type}),
			"retrySettings": {"maxRetries": 3},
		},
	},
	sprintf("ws-%s/cpu", [side]): training(side, location)[sprintf("ws-%s/cpu", [side])],
	sprintf("fd/ml/%s", [side]): {
		"type": "Microsoft.Cdn/profiles/originGroups/origins",
		"properties": {"hostName": host, "enabledState": "Enabled"},
	},
} if {
	host := sprintf("score.%s.inference.ml.azure.com", [location])
}

kubernetes(side, location) := {
	sprintf("ws-%s/k8s", [side]): attached(location, "Kubernetes", fixture.arm_id(cluster, {"type": type})),
	cluster: {
		"type": type,
		"location": location,
		"sku": {"name": "Base", "tier": "Standard"},
		"properties": {"agentPoolProfiles": [
			{"name": "sys", "mode": "System", "count": 3, "availabilityZones": ["1", "2", "3"]},
			{"name": "inf", "mode": "User", "count": 2, "availabilityZones": ["1", "2"]},
		]},
	},
} if {
	cluster := sprintf("aks-%s", [side])
	type := "Microsoft.ContainerService/managedClusters"
}

databricks(side, location) := {
	sprintf("ws-%s/dbx", [side]): attached(location, "Databricks", fixture.arm_id(workspace_name, {"type": type})),
	workspace_name: {
		"type": type,
		"location": location,
		"sku": {"name": "premium"},
		"properties": {"parameters": {"storageAccountSkuName": {"value": "Standard_GRS"}}},
	},
} if {
	workspace_name := sprintf("dbx-%s", [side])
	type := "Microsoft.Databricks/workspaces"
}

hdinsight(side, location) := {
	sprintf("ws-%s/hdi", [side]): attached(location, "HDInsight", fixture.arm_id(cluster, {"type": type})),
	cluster: {"type": type, "location": location, "properties": {"clusterState": "Running"}},
} if {
	cluster := sprintf("hdi-%s", [side])
	type := "Microsoft.HDInsight/clusters"
}

attached(location, kind, target) := {
	"type": compute_type,
	"location": location,
	"properties": {"computeType": kind, "isAttachedCompute": true, "resourceId": target, "provisioningState": "Succeeded"},
}
