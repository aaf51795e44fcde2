# METADATA
# title: vCPUs that a failover region must have
# description: |
#   Rows {family, cores} of what runs in a region after all pairs of a subject failed over into it: for
#   clusters and for managed online deployments. What the secondary has already under the same name is
#   the mirror of the primary's, not an addition to it; several primaries may share one mirror. What is
#   not known is left out of the rows, so at least their sum is needed; `countable` tells whether
#   anything was left out.
# scope: package
package holdfast.lib.quota

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.twins

# The pairs of a subject that fail over into its region, with both members.
failovers(subject) := [found |
	some id in subject.pairs
	some found in [by_pair[id]]
]

by_pair := {pair.id: found |
	some pair in input.pairs
	some found in [with_members(pair)]
}

with_members(pair) := {"pair": pair, "primary": primary, "secondary": secondary} if {
	some primary in [estate.primary(pair)]
	some secondary in [estate.secondary(pair)]
}

# The same by the workspace that they fail over into. A region may take over for hundreds of workspaces:
# comparing each with each would cost the square.
arrivals(subject) := [{"target": rows[start][2].secondary, "failovers": failovers_in(array.slice(rows, start, end))} |
	rows := sort([[failover.secondary.id, failover.pair.id, failover] | some failover in failovers(subject)])
	starts := [at | some at, row in rows; not follows(rows, at, row)]
	ends := array.concat(array.slice(starts, 1, count(starts)), [count(rows)])
	some number, start in starts
	end := ends[number]
]

failovers_in(rows) := [row[2] | some row in rows]

# Whether a row has the target of the one before it.
follows(rows, at, row) if rows[at - 1][0] == row[0]

# The workspaces that they fail over into.
targets(subject) := {failover.secondary | some failover in failovers(subject)}

# All their workspaces.
workspaces(subject) := targets(subject) | {failover.primary | some failover in failovers(subject)}

# Whether the direction of every pair is known.
directed(subject) if count(failovers(subject)) == count(subject.pairs)

# The pairs in words.
pairs_of(subject) := concat(", ", sort([sprintf(`"%s" → "%s"`, [failover.primary.name, failover.secondary.name]) |
	some failover in failovers(subject)
]))

# The limit of a family in the region of a subject; -1 is no limit. Rows of single workspaces stand in
# the same list. "total" is the row over all families.
limit(subject, family) := min(found) if {
	found := {row.limit |
		some row in estate.resource(subject).value
		not of_workspace(row)
		row_family(row) == family
	}
	count(found) > 0
}

# What a workspace is allotted of a family by its own quota, if anything.
allotted(workspace, family) := {row.limit |
	some list in estate.related(workspace, "quotas")
	some row in list.value
	startswith(lower(row.id), concat("", [workspace.id, "/"]))
	row_family(row) == family
	row.limit > 0
}

# Whether a limit lets so many vCPUs run.
fits(most, _) if most == -1

fits(most, cores) if most >= cores

row_family(row) := "total" if total(row)

row_family(row) := compute.family_key(row.name.value) if not total(row)

total(row) if compute.family_key(row.name.value) == "totalclusterdedicatedregionalvcpus"

total(row) if endswith(lower(row.type), "/dedicatedcores/usages")

of_workspace(row) if contains(lower(row.type), "/workspaces/")

of_workspace(row) if contains(lower(row.id), "/workspaces/")

# The families of rows with what each of them needs, and all together as "total".
sums(rows) := object.union(
	{family: sum([row.cores | some row in rows; row.family == family]) |
		some family in {row.family | some row in rows}
	},
	{"total": sum([row.cores | some row in rows])},
)

# What the clusters of the pairs of a subject need.
cluster_rows(subject) := array.concat(
	[taken(size(cluster), max([nodes(cluster), mirrored])) |
		some arrival in arrivals(subject)
		some cluster in clusters(arrival.target)
		mirrored := sum([training_share(failover.pair, nodes(other)) |
			some failover in arrival.failovers
			some other in clusters(failover.primary)
			twins.alike(cluster.name, twins.mapped(other.name))
		])
	],
	[taken(size(cluster), training_share(failover.pair, nodes(cluster))) |
		some failover in failovers(subject)
		some cluster in clusters(failover.primary)
		every other in clusters(failover.secondary) {
			not twins.alike(other.name, twins.mapped(cluster.name))
		}
	],
)

# The dedicated clusters of a workspace.
clusters(workspace) := [it |
	some it in estate.related(workspace, "computes")
	compute.kind(it) == "amlcompute"
	dedicated(it)
]

dedicated(cluster) if lower(cluster.properties.properties.vmPriority) == "dedicated"

dedicated(cluster) if estate.absent(cluster, ["properties", "properties", "vmPriority"])

nodes(cluster) := cluster.properties.properties.scaleSettings.maxNodeCount

size(cluster) := cluster.properties.properties.vmSize

# What a number of VMs of a size takes.
taken(vm_size, number) := {"family": known.family, "cores": number * known.cores} if known := compute.known(vm_size)

# The part of the primary that the tier of a pair asks for.
training_share(pair, number) := ceil(pair.parameters.min_capacity_ratio[pair.tier.training] * number)

inference_share(pair, number) := ceil(pair.parameters.min_capacity_ratio[pair.tier.inference] * number)

# Whether everything that a workspace runs in clusters can be counted.
clusters_countable(workspace) if {
	every reference in object.get(workspace, ["relations", "computes"], []) {
		cluster_countable(estate.held(reference))
	}
}

cluster_countable(it) if compute.kind(it) != "amlcompute"

cluster_countable(it) if {
	compute.kind(it) == "amlcompute"
	lower(it.properties.properties.vmPriority) == "lowpriority"
}

cluster_countable(it) if {
	compute.kind(it) == "amlcompute"
	dedicated(it)
	taken(size(it), nodes(it))
}

# What the managed online deployments of the pairs of a subject need, with the reserve of 20 % that
# Azure ML keeps for upgrades.
# https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
deployment_rows(subject) := array.concat(
	[taken(mine.size, max([mine.number, mirrored])) |
		some arrival in arrivals(subject)
		some mine in deployments(arrival.target)
		mirrored := sum([inference_share(failover.pair, other.number) |
			some failover in arrival.failovers
			some other in deployments(failover.primary)
			one_name(other, mine)
		])
	],
	[taken(one.size, inference_share(failover.pair, one.number)) |
		some failover in failovers(subject)
		some one in deployments(failover.primary)
		every other in deployments(failover.secondary) {
			not one_name(one, other)
		}
	],
)

# Whether a deployment of a secondary has the names of one of a primary.
one_name(of_primary, other) if {
	twins.alike(other.endpoint, twins.mapped(of_primary.endpoint))
	twins.alike(other.name, twins.mapped(of_primary.name))
}

# The managed online deployments of a workspace: endpoint, name, size and number of VMs with reserve.
deployments(workspace) := [one |
	some endpoint in estate.related(workspace, "online_endpoints")
	some deployment in estate.related(endpoint, "deployments")
	managed(endpoint, deployment)
	one := {
		"endpoint": endpoint.name,
		"name": deployment.name,
		"size": deployment.properties.instanceType,
		"number": reserved(deployment),
	}
]

# Whether a deployment runs on VMs of the service, not on Kubernetes.
managed(_, deployment) if lower(deployment.properties.endpointComputeType) == "managed"

managed(endpoint, deployment) if {
	estate.absent(deployment, ["properties", "endpointComputeType"])
	lower(endpoint.kind) == "managed"
}

elsewhere(_, deployment) if lower(deployment.properties.endpointComputeType) == "kubernetes"

elsewhere(endpoint, deployment) if {
	estate.absent(deployment, ["properties", "endpointComputeType"])
	lower(endpoint.kind) == "kubernetes"
}

reserved(deployment) := ceil((12 * deployment.sku.capacity) / 10)

# Whether every deployment of a workspace can be counted.
deployments_countable(workspace) if {
	every reference in object.get(workspace, ["relations", "online_endpoints"], []) {
		endpoint_countable(estate.held(reference))
	}
}

endpoint_countable(endpoint) if {
	every reference in object.get(endpoint, ["relations", "deployments"], []) {
		deployment_countable(endpoint, estate.held(reference))
	}
}

deployment_countable(endpoint, deployment) if elsewhere(endpoint, deployment)

deployment_countable(endpoint, deployment) if {
	managed(endpoint, deployment)
	taken(deployment.properties.instanceType, reserved(deployment))
}
