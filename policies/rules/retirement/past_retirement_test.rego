package holdfast.rules.retirement.past_retirement_test

import data.holdfast.lib.fixture
import data.holdfast.rules.retirement.past_retirement as rule

compute(properties) := fixture.whole_with_data({"ws-west/cpu": {
	"type": "Microsoft.MachineLearningServices/workspaces/computes",
	"location": "westeurope",
	"properties": properties,
}})

cluster(size) := compute({"computeType": "AmlCompute", "properties": {"vmSize": size}})

# Something that a compute of the workspace attaches.
attached(body) := fixture.whole_with_data({
	"thing": body,
	"ws-west/my": {"links": {"service": {"/properties/target": ["thing"]}}},
})

# The findings of a document, as row and pointer.
found_in(doc) := {[found.about, found.pointer] | some found in found_all} if {
	found_all := rule.deny with input as doc
}

passes(doc, name) if {
	some one in doc.subjects
	one.kind == "retirable"
	endswith(one.resource, concat("", ["/", name]))
	one.id in rule.pass with input as doc
}

test_current_sizes_and_skus_pass if {
	passes(cluster("Standard_DS3_v2"), "stdata")
	passes(cluster("Standard_NC24ads_A100_v4"), "cpu")
	passes(fixture.whole_with_data({}), "stdata")
	passes(fixture.whole_with_data({}), "acr")
	count(rule.deny) == 0 with input as fixture.whole_with_data({})
}

test_retired_sizes_are_denied if {
	sizes := {
		"Standard_NC6s_v3": "nc-v3",
		"standard_nc24rs_v3": "nc24rs-v3",
		"Standard_NC6": "nc-v1",
		"Standard_NC12_Promo": "nc-v1",
		"Standard_NC6s_v2": "nc-v2",
		"Standard_ND24rs": "nd-v1",
		"Standard_NV6": "nv-v1",
		"Standard_NV12s_v3": "nv-v3",
		"Standard_NV4as_v4": "nv-v4",
		"Standard_A8": "a-v1",
		"Standard_HB60rs": "hb-v1",
		"Standard_DC4s_v2": "dc-v2",
	}
	all := fixture.whole_with_data({name: body |
		some size, _ in sizes
		name := concat("/", ["ws-west", lower(size)])
		body := {
			"type": "Microsoft.MachineLearningServices/workspaces/computes",
			"properties": {"computeType": "AmlCompute", "properties": {"vmSize": size}},
		}
	})
	denied := rule.deny with input as all
	count(denied) == count(sizes)
	every found in denied {
		found.pointer == "/properties/properties/vmSize"
		some size, row in sizes
		endswith(found.resource, concat("", ["/", lower(size)]))
		found.about == row
	}
	doc := cluster("Standard_NC6s_v3")
	some found in rule.deny with input as doc
	not found.level
	contains(found.message, `"cpu" relies on Virtual Machines: Standard_NC6s_v3`)
	contains(found.message, "retired on 2025-09-30; expected is NCads_H100_v5")
	not passes(doc, "cpu")
}

test_announced_is_a_warning_and_later_nothing if {
	soon := cluster("Standard_M192is_v2")
	some found in rule.deny with input as soon
	found.level == "warning"
	contains(found.message, "to be retired on 2027-03-31")
	every size in ["Standard_DS3_v2", "Standard_F4s_v2", "Standard_B2ms", "Standard_GS5", "Standard_L8s"] {
		passes(cluster(size), "cpu")
	}
	near := fixture.parameters(cluster("Standard_DS3_v2"), {"retirement_warn_days": 1000})
	some warned in rule.deny with input as near
	warned.level == "warning"
}

test_other_places_of_sizes_are_read if {
	deployment := fixture.whole_with_data({
		"ws-west/score": {"type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"},
		"ws-west/score/blue": {
			"type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
			"properties": {"instanceType": "Standard_NC6"},
		},
		"ws-west/my": {"links": {"service": {"/properties/target": ["ws-west/score/blue"]}}},
	})
	found_in(deployment) == {["nc-v1", "/properties/instanceType"]}
	kubernetes := attached({"type": "Microsoft.ContainerService/managedClusters", "properties": {
		"agentPoolProfiles": [{"vmSize": "Standard_D4ds_v5"}, {"vmSize": "Standard_NC6"}],
		"networkProfile": {"networkPlugin": "azure", "loadBalancerSku": "standard"},
	}})
	found_in(kubernetes) == {["nc-v1", "/properties/agentPoolProfiles/1/vmSize"]}
	hadoop := attached({"type": "Microsoft.HDInsight/clusters", "properties": {"computeProfile": {"roles": [
		{"hardwareProfile": {"vmSize": "Standard_A5"}},
		{"hardwareProfile": {"vmSize": "Standard_E8_v3"}},
	]}}})
	found_in(hadoop) == {["a-v1", "/properties/computeProfile/roles/0/hardwareProfile/vmSize"]}
}

test_services_and_skus_are_denied if {
	every case in [
		{"row": "storage-gpv1-blob", "body": {"type": "Microsoft.Storage/storageAccounts", "kind": "Storage"}},
		{"row": "storage-gpv1-blob", "body": {"type": "Microsoft.Storage/storageAccounts", "kind": "BlobStorage"}},
		{"row": "databricks-standard", "body": {"type": "Microsoft.Databricks/workspaces", "sku": {"name": "Standard"}}},
		{"row": "basic-lb", "body": {
			"type": "Microsoft.ContainerService/managedClusters",
			"properties": {"networkProfile": {"loadBalancerSku": "Basic"}},
		}},
		{"row": "mysql-57", "body": {
			"type": "Microsoft.DBforMySQL/flexibleServers",
			"properties": {"version": "5.7"},
		}},
		{"row": "vpngw-non-az", "body": {
			"type": "Microsoft.Network/virtualNetworkGateways",
			"properties": {"sku": {"name": "VpnGw2"}},
		}},
		{"row": "vpngw-legacy", "body": {
			"type": "Microsoft.Network/virtualNetworkGateways",
			"properties": {"sku": {"name": "HighPerformance"}},
		}},
		{"row": "hdinsight-aks", "body": {"type": "Microsoft.HDInsight/clusterpools"}},
		{"row": "adla", "body": {
			"type": "Microsoft.MachineLearningServices/workspaces/computes",
			"properties": {"computeType": "DataLakeAnalytics"},
		}},
	] {
		doc := attached(case.body)
		{row[0] | some row in found_in(doc)} == {case.row}
	}
}

test_what_has_a_rule_of_its_own_is_left_to_it if {
	cluster_doc := compute({"computeType": "AKS", "properties": {
		"vmPriority": "LowPriority",
		"vmSize": "Standard_D4ds_v5",
	}})
	count(rule.deny) == 0 with input as cluster_doc
	classic := fixture.whole_with_data({"ai-west": {"properties": {"IngestionMode": "ApplicationInsights"}}})
	count(rule.deny) == 0 with input as classic
}

test_unknown_facts_are_open if {
	documents := [
		["cpu", fixture.whole_with_data({"ws-west/cpu": {
			"type": "Microsoft.MachineLearningServices/workspaces/computes",
			"properties": {"computeType": "AmlCompute"},
			"unknown": {"/properties/properties/vmSize": "the expression parameters('size') cannot be resolved"},
		}})],
		["stdata", fixture.whole_with_data({"stdata": {"unknown": {"/kind": "forbidden"}}})],
		["thing", attached({
			"type": "Microsoft.ContainerService/managedClusters",
			"properties": {"networkProfile": {"networkPlugin": "azure", "loadBalancerSku": "standard"}},
			"unknown": {"/properties/agentPoolProfiles": "forbidden"},
		})],
	]
	every pair in documents {
		doc := pair[1]
		count(rule.deny) == 0 with input as doc
		not passes(doc, pair[0])
	}
}

test_without_a_date_it_is_open if {
	doc := object.remove(cluster("Standard_NC6"), ["today"])
	count(rule.deny) == 0 with input as doc
	not passes(doc, "cpu")
}
