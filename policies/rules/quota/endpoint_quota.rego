# METADATA
# title: Online endpoint quota includes the 20 % upgrade reserve in the failover region
# description: |
#   Managed online deployments draw on the same vCPU quota as clusters, and Azure ML keeps 20 % more than
#   the instances in use, to upgrade them. What is needed is summed over all pairs that fail over into the
#   region of a subscription: for each deployment the larger of the mirror in the secondary and the
#   primary's share by the inference tier (min_capacity_ratio), on top of what the clusters need.
#   In an active-passive pair it is only a warning: the deployments are made at failover, and need the
#   quota then. Where the clusters alone are too many, HF-QUOTA-001 says so.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-endpoints-online
# custom:
#   id: HF-QUOTA-002
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 7.0
#   scope: subscription
#   subject: subscription_region
#   tier: inference
#   evidence:
#     Microsoft.MachineLearningServices/locations/usages: [/value]
#     Microsoft.MachineLearningServices/locations/vmSizes: [/value]
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints: [{any_of: ["", /kind]}]
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments:
#       - /properties/instanceType
#       - /properties/endpointComputeType
#       - /sku/capacity
#     Microsoft.MachineLearningServices/workspaces/computes:
#       - /properties/computeType
#       - {any_of: ["", /properties/properties/vmSize]}
#       - {any_of: ["", /properties/properties/vmPriority]}
#       - {any_of: ["", /properties/properties/scaleSettings/maxNodeCount]}
#   absence:
#     - Microsoft.MachineLearningServices/workspaces/onlineEndpoints
#     - Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments
#     - Microsoft.MachineLearningServices/workspaces/computes
#   static: no
#   seeds: [S30]
#   change: in-place
#   cost: none (quota request)
#   remediation:
#     text: Request quota for the VM family of the endpoints in the failover region.
#     cli: az ml compute list-usage -l <region2> --query "[?contains(name.value,'<family>')]"
#     bicep: |
#       // instance type x ceil(1.2 x capacity) must fit the quota of the family in both regions
#     terraform: |
#       # quota is no resource of the provider; request it for the family in the failover region
#   aprl: [6e4f0fd1]
package holdfast.rules.quota.endpoint_quota

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.quota

deny contains finding.about(found, family) if {
	some [subject, usages, endpoints, clusters] in judged
	some family, cores in endpoints
	most := quota.limit(subject, family)
	others := object.get(clusters, family, 0)
	not quota.fits(most, cores + others)
	caused_here(most, cores, others)
	message := sprintf(
		concat(" ", [
			`%s has a limit of %v vCPUs (%s), but after the failover of %s online deployments need %v`,
			`with the reserve for upgrades and clusters %v; expected is at least the sum`,
		]),
		[subject.region, most, family, quota.pairs_of(subject), cores, others],
	)
	found := finding.of(subject, usages, "/value", message)
}

pass contains subject.id if {
	some [subject, _, endpoints, clusters] in judged
	whole(subject)
	not nothing(subject)
	every family, cores in endpoints {
		quota.fits(quota.limit(subject, family), cores + object.get(clusters, family, 0))
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("subscription_region")
	deployments_known(subject)
	nothing(subject)
	reason := sprintf("no pair that fails over into %s has managed online deployments", [subject.region])
}

exempt contains finding.exempt(subject, reason) if {
	some [subject, _, endpoints, clusters] in judged
	some family, cores in endpoints
	most := quota.limit(subject, family)
	others := object.get(clusters, family, 0)
	not quota.fits(most, others)
	not denied(subject, endpoints, clusters)
	reason := sprintf("the clusters alone need more than the limit of %v vCPUs (HF-QUOTA-001)", [most])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("subscription_region")
	not quota.directed(subject)
	reason := "it is not known in which direction a pair fails over"
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("subscription_region")
	some workspace in quota.workspaces(subject)
	compute.names != set()
	some one in quota.deployments(workspace)
	size := one.size
	not lower(size) in compute.names
	reason := sprintf("no region that was read offers %s, so its family and cores are not known", [size])
}

# Subject, usages, and what deployments and clusters need.
judged contains [subject, estate.resource(subject), endpoints, clusters] if {
	some subject in estate.subjects("subscription_region")
	endpoints := quota.sums(quota.deployment_rows(subject))
	clusters := quota.sums(quota.cluster_rows(subject))
}

# One cause, one finding: what the clusters alone exceed belongs to HF-QUOTA-001, unless the deployments
# alone exceed it too.
caused_here(most, cores, _) if not quota.fits(most, cores)

caused_here(most, _, others) if quota.fits(most, others)

denied(subject, endpoints, clusters) if {
	some family, cores in endpoints
	others := object.get(clusters, family, 0)
	not quota.fits(quota.limit(subject, family), cores + others)
	caused_here(quota.limit(subject, family), cores, others)
}

whole(subject) if {
	deployments_known(subject)
	every workspace in quota.workspaces(subject) {
		estate.complete_in("Microsoft.MachineLearningServices/workspaces/computes", workspace.id)
		quota.clusters_countable(workspace)
	}
}

deployments_known(subject) if {
	quota.directed(subject)
	every workspace in quota.workspaces(subject) {
		estate.complete_in("Microsoft.MachineLearningServices/workspaces/onlineEndpoints", workspace.id)
		every endpoint in estate.related(workspace, "online_endpoints") {
			estate.complete_in("Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments", endpoint.id)
		}
		quota.deployments_countable(workspace)
	}
}

nothing(subject) if {
	every failover in quota.failovers(subject) {
		quota.deployments(failover.primary) == []
	}
}
