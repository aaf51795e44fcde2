package holdfast.rules.quota.cluster_quota_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_parts
import data.holdfast.rules.quota.cluster_quota as rule

computes := ["Microsoft.MachineLearningServices/workspaces/computes"]

estate(changes) := fixture.live(fixture.complete(fixture.subscription(fixture.part("training", changes)), computes))

# The limit of the family and of all families.
limits(family, total) := {"northeurope/usages": {"value": [
	fixture_parts.usage("Total Cluster Dedicated Regional vCPUs", "dedicatedCores", total),
	fixture_parts.usage("Standard DSv2 Family Cluster Dedicated vCPUs", "vmFamily", family),
]}}

cluster(name, nodes) := {name: {"properties": {"properties": {"scaleSettings": {"maxNodeCount": nodes}}}}}

test_enough_quota_passes if {
	count(rule.pass) == 1 with input as estate({})
	count(((rule.deny | rule.exempt) | rule.open)) == 0 with input as estate({})
}

test_the_mirror_is_the_need_not_an_addition if {
	count(rule.pass) == 1 with input as estate(limits(16, 16))
	doc := estate(limits(15, 16))
	some found in rule.deny with input as doc
	found.about == "standarddsv2family"
	found.resource == fixture.id("northeurope/usages")
	message := concat(" ", [
		`northeurope has a limit of 15 vCPUs for clusters (standarddsv2family), but the failover of`,
		`"ws-west" → "ws-north" needs 16; expected is at least that limit`,
	])
	found.message == message
	count(rule.pass) == 0 with input as doc
}

test_the_limit_over_all_families_counts if {
	doc := estate(limits(-1, 15))
	some found in rule.deny with input as doc
	found.about == "total"
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 1 with input as estate(limits(-1, -1))
}

test_the_share_follows_the_training_tier if {
	doc := estate(object.union(limits(16, 16), cluster("ws-west/cpu", 9)))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 2 with input as fixture.tier(doc, "active-active")
	some found in rule.deny with input as fixture.tier(doc, "active-standby")
	contains(found.message, "needs 20")
}

test_clusters_without_mirror_count_too if {
	doc := estate(object.union(limits(15, -1), {"ws-north/cpu": null}))
	count(rule.pass) == 1 with input as doc
	some found in rule.deny with input as fixture.tier(doc, "active-active")
	contains(found.message, "needs 16")
}

test_clusters_of_the_secondary_alone_count_too if {
	more := fixture.part("training", {})["ws-north/cpu"]
	doc := estate(object.union(limits(31, -1), {"ws-north/more": more}))
	some found in rule.deny with input as doc
	contains(found.message, "needs 32")
}

# The same with a second pair: another primary with a cluster of this name fails over into ws-north too.
two_pairs(limit, name) := object.union(doc, {
	"pairs": [doc.pairs[0], second],
	"subjects": [object.union(doc.subjects[1], {"pairs": ["ws-west|ws-north", "second"]})],
	"resources": {
		"/second": {
			"id": "/second",
			"name": "ws-second",
			"unknown": {},
			"relations": {"computes": [{"id": "/second/cpu", "name": name, "exact": true, "found": true}]},
		},
		"/second/cpu": object.union(doc.resources[fixture.id("ws-west/cpu")], {"id": "/second/cpu", "name": name}),
	},
}) if {
	doc := fixture.tier(estate(limits(limit, -1)), "active-active")
	second := object.union(
		doc.pairs[0],
		{"id": "second", "primary": "/second", "members": ["/second", fixture.id("ws-north")]},
	)
}

test_pairs_that_fail_over_into_one_region_are_summed if {
	every name in ["cpu", "gpu"] {
		count(rule.pass) == 1 with input as two_pairs(32, name)
		doc := two_pairs(31, name)
		some found in rule.deny with input as doc
		contains(found.message, `the failover of "ws-second" → "ws-north", "ws-west" → "ws-north" needs 32`)
		count(rule.pass) == 0 with input as doc
	}
}

test_rows_of_workspaces_are_not_the_limit if {
	own := {
		"id": sprintf("%s/usages/x", [fixture.id("ws-north")]),
		"type": "Microsoft.MachineLearningServices/workspaces/usages",
		"name": {"value": "Standard DSv2 Family Cluster Dedicated vCPUs"},
		"limit": 1,
	}
	rows := array.concat(limits(100, 100)["northeurope/usages"].value, [own, object.remove(own, ["type"])])
	count(rule.pass) == 1 with input as estate({"northeurope/usages": {"value": rows}})
}

test_small_allotment_is_a_note if {
	row := {
		"id": sprintf("%s/quotas/x", [upper(fixture.id("ws-north"))]),
		"name": {"value": "Standard_DSv2_Family_Cluster_Dedicated_vCPUs"},
		"limit": 4,
	}
	doc := estate({"northeurope/quotas": {"value": [row]}})
	some found in rule.deny with input as doc
	found.level == "note"
	found.message == concat(" ", [
		`"ws-north" is allotted 4 vCPUs (standarddsv2family) of the quota of northeurope,`,
		`but the failover of "ws-west" → "ws-north" needs 16`,
	])
	count(rule.pass) == 0 with input as doc
	unset := estate({"northeurope/quotas": {"value": [object.union(row, {"limit": -1})]}})
	count(rule.pass) == 1 with input as unset
}

test_low_priority_clusters_have_another_quota if {
	low := {"properties": {"properties": {"vmPriority": "LowPriority"}}}
	doc := estate(object.union(limits(0, 0), {"ws-west/cpu": low, "ws-north/cpu": low}))
	count(rule.exempt) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_a_cluster_that_says_nothing_is_dedicated if {
	without := {"without": ["/properties/properties/vmPriority"]}
	doc := estate(object.union(limits(15, -1), {"ws-west/cpu": without, "ws-north/cpu": without}))
	count(rule.deny) == 1 with input as doc
}

test_other_computes_need_none if {
	doc := estate({"ws-west/cpu": {"properties": {"computeType": "ComputeInstance"}}})
	some exemption in rule.exempt with input as doc
	exemption.reason == "no pair that fails over into northeurope has dedicated clusters"
}

test_what_is_not_known_is_open if {
	docs := [
		fixture.live(fixture.subscription(fixture.part("training", {}))),
		estate({"northeurope/usages": null}),
		estate({"northeurope/usages": {"unknown": {"/value": "forbidden"}}}),
		estate({"northeurope/vmSizes": null}),
		estate({"northeurope/vmSizes": {"value": []}}),
		estate({"northeurope/usages": {"value": []}}),
		estate({"ws-west/cpu": {"unknown": {"/properties/properties/scaleSettings/maxNodeCount": "forbidden"}}}),
		estate({"ws-north/cpu": {"unknown": {"/properties/properties/vmSize": "forbidden"}}}),
		estate({"ws-north/cpu": {"unknown": {"/properties/properties/vmPriority": "forbidden"}}}),
		estate({"ws-west/cpu": {"unknown": {"/properties/computeType": "forbidden"}}}),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_what_is_known_can_be_too_much_already if {
	changes := object.union(limits(15, -1), {"ws-west/cpu": {"unknown": {"/properties/properties/vmSize": "forbidden"}}})
	count(rule.deny) == 1 with input as estate(changes)
}

test_size_that_is_offered_nowhere_is_named if {
	doc := estate({"ws-west/cpu": {"properties": {"properties": {"vmSize": "Standard_F8s_v2"}}}})
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	some words in rule.open with input as doc
	words.reason == "no region that was read offers Standard_F8s_v2, so its family and cores are not known"
}

test_direction_is_needed if {
	doc := estate({})
	undirected := object.union(doc, {"pairs": [object.remove(doc.pairs[0], ["primary", "secondary"])]})
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as undirected
	some words in rule.open with input as undirected
	words.reason == "it is not known in which direction a pair fails over"
}
