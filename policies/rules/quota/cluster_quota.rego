# METADATA
# title: The failover region has vCPU quota for the clusters it must run
# description: |
#   A cluster without quota stays at zero nodes, and a request takes days when everybody asks at once.
#   What is needed is summed over all pairs that fail over into the region of a subscription: for each
#   cluster the larger of the mirror in the secondary and the primary's share by the training tier
#   (min_capacity_ratio). It is compared with the limit, not with what is free at the moment. Limits are
#   per VM family, and one stands over all families. A smaller allotment of the secondary itself is a
#   note.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-QUOTA-001
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 8.0
#   scope: subscription
#   subject: subscription_region
#   tier: training
#   evidence:
#     Microsoft.MachineLearningServices/locations/usages: [/value]
#     Microsoft.MachineLearningServices/locations/quotas: [{any_of: ["", /value]}]
#     Microsoft.MachineLearningServices/locations/vmSizes: [/value]
#     Microsoft.MachineLearningServices/workspaces/computes:
#       - /properties/computeType
#       - /properties/properties/vmSize
#       - /properties/properties/vmPriority
#       - /properties/properties/scaleSettings/maxNodeCount
#   absence: [Microsoft.MachineLearningServices/workspaces/computes]
#   static: no
#   seeds: [S30]
#   change: in-place
#   cost: none (quota request)
#   remediation:
#     text: Request quota for the failover region in the studio, ahead of time.
#     cli: az ml compute list-usage -l <region2>
#     bicep: |
#       // quota is no deployable property; request it for the family in the failover region
#     terraform: |
#       # quota is no resource of the provider; request it for the family in the failover region
#   aprl: [6e4f0fd1]
package holdfast.rules.quota.cluster_quota

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.quota

deny contains finding.about(found, family) if {
	some [subject, usages, needs] in judged
	some family, cores in needs
	most := quota.limit(subject, family)
	not quota.fits(most, cores)
	message := sprintf(
		`%s has a limit of %v vCPUs for clusters (%s), but the failover of %s needs %v; expected is at least that limit`,
		[subject.region, most, family, quota.pairs_of(subject), cores],
	)
	found := finding.of(subject, usages, "/value", message)
}

deny contains finding.about(found, concat(" ", [workspace.name, family])) if {
	some [subject, _, needs] in judged
	some family, cores in needs
	quota.fits(quota.limit(subject, family), cores)
	some workspace in quota.targets(subject)
	some most in quota.allotted(workspace, family)
	not quota.fits(most, cores)
	some list in estate.related(workspace, "quotas")
	message := sprintf(
		`"%s" is allotted %v vCPUs (%s) of the quota of %s, but the failover of %s needs %v`,
		[workspace.name, most, family, subject.region, quota.pairs_of(subject), cores],
	)
	found := finding.at_level(subject, list, "/value", message, "note")
}

pass contains subject.id if {
	some [subject, _, needs] in judged
	whole(subject)
	not nothing(subject)
	every family, cores in needs {
		quota.fits(quota.limit(subject, family), cores)
	}
	allotted_less(subject, needs) == set()
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("subscription_region")
	whole(subject)
	nothing(subject)
	reason := sprintf("no pair that fails over into %s has dedicated clusters", [subject.region])
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
	some one in quota.clusters(workspace)
	size := quota.size(one)
	not lower(size) in compute.names
	reason := sprintf("no region that was read offers %s, so its family and cores are not known", [size])
}

# Subject, usages and what the clusters need.
judged contains [subject, estate.resource(subject), quota.sums(quota.cluster_rows(subject))] if {
	some subject in estate.subjects("subscription_region")
}

# Whether all clusters of all pairs are known.
whole(subject) if {
	quota.directed(subject)
	every workspace in quota.workspaces(subject) {
		estate.complete_in("Microsoft.MachineLearningServices/workspaces/computes", workspace.id)
		quota.clusters_countable(workspace)
	}
}

nothing(subject) if {
	every failover in quota.failovers(subject) {
		quota.clusters(failover.primary) == []
	}
}

# The allotments of single workspaces that are too small.
allotted_less(subject, needs) := {[workspace.name, family] |
	some workspace in quota.targets(subject)
	some family, cores in needs
	some most in quota.allotted(workspace, family)
	not quota.fits(most, cores)
}
