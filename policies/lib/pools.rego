# METADATA
# title: Node pools of AKS clusters
# description: |
#   A pool stands in agentPoolProfiles of its cluster or is a resource of its own. A member is missing
#   where the pool does not tell it.
# scope: package
package holdfast.lib.pools

import data.holdfast.lib.estate

# Whether a cluster is one of AKS and not a connected one.
managed(cluster) if endswith(cluster.type, "/managedclusters")

# The pools of a cluster: name, mode, zones, nodes, spot, and where each stands.
of(cluster) := array.concat(
	[object.union(facts(cluster, ["properties", "agentPoolProfiles", sprintf("%d", [i])], profile), {
		"name": object.get(profile, "name", sprintf("%d", [i])),
		"resource": cluster,
		"zones_at": "/properties/agentPoolProfiles",
		"nodes_at": "/properties/agentPoolProfiles",
		"spot_at": "/properties/agentPoolProfiles",
	}) |
		some i, profile in cluster.properties.agentPoolProfiles
	],
	[object.union(facts(pool, ["properties"], pool.properties), {
		"name": pool.name,
		"resource": pool,
		"zones_at": "/properties/availabilityZones",
		"nodes_at": "/properties/count",
		"spot_at": "/properties/scaleSetPriority",
	}) |
		some pool in estate.related(cluster, "agent_pools")
		not listed(cluster, pool)
	],
)

# Whether nothing of the pools is unknown.
known(cluster) if {
	estate.settled(cluster, ["properties", "agentPoolProfiles"])
	every reference in object.get(cluster, ["relations", "agent_pools"], []) {
		estate.settled(estate.held(reference), ["properties"])
	}
}

listed(cluster, pool) if {
	some profile in cluster.properties.agentPoolProfiles
	lower(profile.name) == lower(pool.name)
}

facts(from, path, pool) := object.union_n([
	{"mode": mode | mode := lower(pool.mode)},
	{"zones": zones | zones := stated(from, path, pool, "availabilityZones", [])},
	{"nodes": number | number := nodes(from, path, pool)},
	{"spot": spot | spot := is_spot(stated(from, path, pool, "scaleSetPriority", "Regular"))},
])

# A member of a pool, or what holds where the pool says nothing.
stated(_, _, pool, member, _) := value if {
	value := object.get(pool, member, null)
	value != null
}

stated(from, path, pool, member, otherwise) := otherwise if {
	object.get(pool, member, null) == null
	estate.settled(from, array.concat(path, [member]))
}

# The fewest nodes of a pool: with the cluster autoscaler its minimum.
nodes(from, path, pool) := pool.minCount if stated(from, path, pool, "enableAutoScaling", false) == true

nodes(from, path, pool) := pool.count if stated(from, path, pool, "enableAutoScaling", false) == false

is_spot(priority) if lower(priority) == "spot"

is_spot(priority) := false if lower(priority) == "regular"
