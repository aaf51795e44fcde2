package holdfast.rules.compute.attached_counterpart_test

import data.holdfast.lib.fixture
import data.holdfast.rules.compute.attached_counterpart as rule

computes := ["Microsoft.MachineLearningServices/workspaces/computes"]

type := "Microsoft.Compute/virtualMachines"

attached(location, target) := {
	"type": computes[0],
	"location": location,
	"properties": {"computeType": "VirtualMachine", "resourceId": fixture.arm_id(target, {"type": type})},
}

changes := {
	"vm-west": {"type": type, "location": "westeurope"},
	"vm-north": {"type": type, "location": "northeurope"},
	"ws-west/box": attached("westeurope", "vm-west"),
	"ws-north/box": attached("northeurope", "vm-north"),
}

pair(more) := fixture.complete(fixture.pair(object.union(changes, more)), computes)

test_counterpart_in_the_other_region_passes if {
	count(rule.pass) == 1 with input as pair({})
	count(rule.deny | rule.exempt) == 0 with input as pair({})
}

test_missing_counterpart_is_denied if {
	doc := pair({"ws-north/box": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, `"ws-north" has no counterpart of "box", an attached compute of type VirtualMachine`)
	count(rule.pass) == 0 with input as doc
}

test_missing_counterpart_of_an_incomplete_source_is_open if {
	doc := fixture.pair(object.union(changes, {"ws-north/box": null}))
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
}

test_counterpart_of_another_type_is_denied if {
	doc := pair({"ws-north/box": {"properties": {"computeType": "SynapseSpark"}}})
	some found in rule.deny with input as doc
	found.pointer == "/properties/computeType"
	count(rule.pass) == 0 with input as doc
}

test_one_resource_behind_both_is_denied if {
	doc := pair({"ws-north/box": attached("northeurope", "VM-West")})
	some found in rule.deny with input as doc
	contains(found.message, `"box" leads to "vm-west" in both workspaces`)
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_counterpart_in_the_wrong_region_is_denied if {
	doc := pair({"vm-north": {"location": "westeurope"}})
	some found in rule.deny with input as doc
	found.message == `"box" of "ws-north" leads to "vm-north" in westeurope; expected is one in northeurope`
	count(rule.pass) == 0 with input as doc
}

test_unknown_targets_are_open if {
	docs := [
		pair({"vm-north": null}),
		pair({"vm-north": {"unknown": {"/location": "forbidden"}}}),
		pair({"ws-north": {"unknown": {"/location": "forbidden"}}}),
		pair({"ws-north/box": {"without": ["/properties/resourceId"]}}),
		pair({"ws-west/box": {"refers": {"/properties/resourceId": "a"}}}),
		pair({"ws-west/box": {"unknown": {"/properties/computeType": "forbidden"}}}),
		pair({"ws-north/box": {"unknown": {"/properties/computeType": "forbidden"}}}),
		fixture.undirected(pair({})),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_types_with_a_rule_of_their_own_are_exempt if {
	owners := {
		"Kubernetes": "HF-AKS-003",
		"AKS": "HF-AKS-003",
		"Databricks": "HF-DBX-001",
		"HDInsight": "HF-HDI-001",
	}
	every kind, owner in owners {
		some exemption in rule.exempt with input as pair({"ws-west/box": {"properties": {"computeType": kind}}})
		exemption.reason == sprintf(`"box" is judged by %s`, [owner])
	}
}

test_other_attached_types_are_judged if {
	every kind in ["SynapseSpark", "DataFactory", "DataLakeAnalytics"] {
		doc := pair({name: {"properties": {"computeType": kind}} | some name in ["ws-west/box", "ws-north/box"]})
		count(rule.pass) == 1 with input as doc
	}
}

test_computes_of_the_service_are_exempt if {
	some exemption in rule.exempt with input as fixture.pair(fixture.part("training", {}))
	exemption.reason == `"cpu" is a compute of type AmlCompute and not attached`
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(pair({"ws-north/box": null}))
	exemption.reason == "outside production (dev)"
}
