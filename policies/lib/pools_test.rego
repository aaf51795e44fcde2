package holdfast.lib.pools_test

import data.holdfast.lib.fixture
import data.holdfast.lib.pools

cluster(profiles, unknown) := {
	"type": "microsoft.containerservice/managedclusters",
	"properties": {"agentPoolProfiles": profiles},
	"unknown": unknown,
	"relations": {},
}

only(profile, unknown) := pools.of(cluster([object.union({"name": "a"}, profile)], unknown))[0]

test_what_a_pool_says if {
	pool := only({"mode": "System", "count": 3, "availabilityZones": ["1"], "scaleSetPriority": "Spot"}, {})
	object.filter(pool, ["mode", "nodes", "zones", "spot"]) == {"mode": "system", "nodes": 3, "zones": ["1"], "spot": true}
}

test_what_a_pool_leaves_out if {
	pool := only({}, {})
	object.filter(pool, ["mode", "nodes", "zones", "spot"]) == {"zones": [], "spot": false}
}

test_the_minimum_of_the_autoscaler_counts if {
	only({"count": 5, "minCount": 1, "enableAutoScaling": true}, {}).nodes == 1
	only({"count": 5, "minCount": 1, "enableAutoScaling": false}, {}).nodes == 5
}

test_unknown_members_are_missing if {
	unknown := {sprintf("/properties/agentPoolProfiles/0/%s", [member]): "forbidden" |
		some member in ["enableAutoScaling", "availabilityZones", "scaleSetPriority"]
	}
	pool := only({"count": 5}, unknown)
	object.filter(pool, ["nodes", "zones", "spot"]) == {}
	not pools.known(cluster([], unknown))
	pools.known(cluster([], {}))
}

test_pools_of_their_own_count_once if {
	pool := {
		"type": "Microsoft.ContainerService/managedClusters/agentPools",
		"properties": {"mode": "User", "count": 2},
	}
	doc := fixture.pair(fixture.part("kubernetes", {"aks-west/inf": pool, "aks-west/gpu": pool}))
	found := pools.of(doc.resources[fixture.id("aks-west")]) with input as doc
	[one.name | some one in found] == ["sys", "inf", "gpu"]
	pools.known(doc.resources[fixture.id("aks-west")]) with input as doc
	pools.managed(doc.resources[fixture.id("aks-west")])
}

test_pool_without_a_name_counts if {
	nameless := cluster([{"availabilityZones": ["1"]}], {})
	some pool in pools.of(nameless) with input as {"resources": {}}
	pool.name == "0"
	pool.zones == ["1"]
}
