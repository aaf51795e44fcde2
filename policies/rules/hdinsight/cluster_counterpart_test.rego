package holdfast.rules.hdinsight.cluster_counterpart_test

import data.holdfast.lib.fixture
import data.holdfast.rules.hdinsight.cluster_counterpart as rule

types := ["Microsoft.MachineLearningServices/workspaces/computes", "Microsoft.HDInsight/clusters"]

pair(changes) := fixture.complete(fixture.pair(fixture.part("hdinsight", changes)), types)

twin(change) := pair({"hdi-north": change})

account_id := fixture.arm_id("sthdi", {"type": "Microsoft.Storage/storageAccounts"})

with_account(change, more) := pair(object.union(more, {
	"hdi-west": {
		"relates": {"accounts": [account_id]},
		"properties": {"storageProfile": {"storageaccounts": [{"resourceId": account_id}]}},
	},
	"sthdi": object.union({"type": "Microsoft.Storage/storageAccounts", "sku": {"name": "Standard_RAGRS"}}, change),
}))

named(doc) := fixture.parameters(doc, {"data_dependencies": [fixture.id("hdi-north")]})

test_counterpart_in_the_failover_region_passes if {
	count(rule.pass) == 1 with input as pair({})
	count(rule.deny | rule.exempt) == 0 with input as pair({})
}

test_no_cluster_on_the_secondary_is_denied if {
	doc := pair({"ws-north/hdi": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, `"ws-north" has no HDInsight cluster in northeurope, but the primary has "hdi"`)
	count(rule.pass) == 0 with input as doc
	every type in types {
		unsure := fixture.complete(fixture.pair(fixture.part("hdinsight", {"ws-north/hdi": null})), [type])
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as unsure
	}
}

test_a_cluster_that_is_only_named_counts if {
	part := fixture.part("hdinsight", {"ws-north/hdi": null})
	base := fixture.complete(fixture.pair(part), types)
	cluster := pair({}).resources[fixture.id("hdi-north")]
	doc := named(object.union(base, {"resources": {fixture.id("hdi-north"): cluster}}))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_one_cluster_behind_both_is_denied if {
	doc := pair({"ws-north/hdi": {"properties": {"resourceId": fixture.id("hdi-west")}}})
	some found in rule.deny with input as doc
	contains(found.message, `"hdi" leads to "hdi-west" in both workspaces`)
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_cluster_in_another_region_is_denied if {
	doc := twin({"location": "westeurope"})
	some found in rule.deny with input as doc
	contains(found.message, `"hdi-north" behind "hdi" lies in westeurope; expected is a cluster in northeurope`)
	count(rule.pass) == 0 with input as doc
}

test_cluster_that_does_not_run_is_a_note if {
	doc := twin({"properties": {"clusterState": "Error"}})
	some found in rule.deny with input as doc
	found.level == "note"
	found.message == `"hdi-north" in the failover region is in the state Error; expected is Running`
	count(rule.pass) == 0 with input as doc
}

test_source_code_has_no_state if {
	doc := twin({"without": ["/properties/clusterState"]})
	count(rule.pass) == 1 with input as doc
	count(rule.pass) == 0 with input as fixture.live(doc)
}

test_storage_in_one_region_is_a_note if {
	every sku in ["Standard_LRS", "standard_zrs"] {
		doc := with_account({"sku": {"name": sku}}, {})
		some found in rule.deny with input as doc
		found.level == "note"
		contains(found.message, `"sthdi" holds the data of the cluster "hdi-west" in one region`)
		count(rule.pass) == 0 with input as doc
	}
	every sku in ["Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS"] {
		count(rule.pass) == 1 with input as with_account({"sku": {"name": sku}}, {})
	}
}

test_storage_behind_a_datastore_belongs_to_another_rule if {
	datastore := {
		"type": "Microsoft.MachineLearningServices/workspaces/datastores",
		"relates": {"account": [account_id]},
	}
	doc := with_account({"sku": {"name": "Standard_LRS"}}, {"ws-west/lake": datastore})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_what_is_not_known_is_open if {
	docs := [
		pair({"ws-west/hdi": {"without": ["/properties/resourceId"]}}),
		pair({"ws-north/hdi": {"unknown": {"/properties/computeType": "forbidden"}}}),
		pair({"ws-west/hdi": {"unknown": {"/properties/computeType": "forbidden"}}}),
		pair({"hdi-north": null}),
		twin({"unknown": {"/location": "forbidden"}}),
		twin({"unknown": {"/properties/clusterState": "forbidden"}}),
		pair({"hdi-west": {"unknown": {"/properties/storageProfile": "forbidden"}}}),
		with_account({"unknown": {"/sku/name": "forbidden"}}, {}),
		fixture.undirected(pair({})),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_other_computes_are_exempt if {
	some exemption in rule.exempt with input as fixture.pair(fixture.part("training", {}))
	exemption.reason == `"cpu" is a compute of type AmlCompute`
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(pair({"ws-north/hdi": null}))
	exemption.reason == "outside production (dev)"
}
