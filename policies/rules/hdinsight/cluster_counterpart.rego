# METADATA
# title: Attached HDInsight clusters have a counterpart in the failover region
# description: |
#   HDInsight is redundant within a cluster only. The failover workspace needs an attached cluster in its
#   own region; one that data_dependencies names there counts too, since clusters are often made on
#   demand. What is a note: the counterpart does not run, or the storage account of the primary's cluster
#   is not geo-redundant and no datastore's account either (HF-DATA-003 has those). The zone of a cluster
#   pins it and passes nothing.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/hdinsight/hdinsight-business-continuity
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-HDI-001
#   level: {active-active: warning, active-standby: warning, active-passive: note}
#   score: 5.0
#   scope: pair
#   subject: primary_compute
#   tier: training
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location]
#     Microsoft.MachineLearningServices/workspaces/computes: [/properties/computeType, /properties/resourceId]
#     Microsoft.HDInsight/clusters:
#       - /location
#       - {any_of: ["", /properties/clusterState]}
#       - {any_of: ["", /properties/storageProfile/storageaccounts]}
#     Microsoft.Storage/storageAccounts: [{any_of: ["", /sku/name]}]
#   absence: [Microsoft.HDInsight/clusters, Microsoft.MachineLearningServices/workspaces/computes]
#   static: partial
#   seeds: [S09, S18, S49]
#   change: in-place
#   cost: "high: second cluster, or none when scripted and created on demand"
#   remediation:
#     text: >-
#       Script the cluster so that it can be created in the failover region; keep storage and metastore
#       outside.
#     cli: az hdinsight create -n <hdi-dr> -g <rg> -l <region2> -t spark --storage-account <acct>
#     bicep: |
#       location: secondary // same module, storage and metastore outside the cluster
#     terraform: |
#       module "spark_dr" {
#         source   = "./spark" # azurerm_hdinsight_spark_cluster with storage outside
#         location = var.secondary
#       }
package holdfast.rules.hdinsight.cluster_counterpart

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.related(found, [{"resource": it, "message": "The compute of the primary"}]) if {
	some [subject, it, secondary] in judged
	enumerated(secondary)
	candidates(subject) == set()
	every reference in object.get(secondary, ["relations", "computes"], []) {
		compute.kind(estate.held(reference)) != "hdinsight"
	}
	message := sprintf(
		`"%s" has no HDInsight cluster in %s, but the primary has "%s"; expected is one, or a script that makes it`,
		[secondary.name, secondary.location, it.name],
	)
	found := finding.of(subject, secondary, "", message)
}

deny contains finding.of(subject, twin, "/properties/resourceId", message) if {
	some [subject, it, secondary] in judged
	some twin in attached(secondary)
	target := behind(twin)
	estate.same(target, behind(it))
	counterparts(subject) == set()
	message := sprintf(
		`"%s" leads to "%s" in both workspaces, which fails with its region; expected is one per region`,
		[twin.name, target.name],
	)
}

deny contains finding.of(subject, cluster, "/location", message) if {
	some [subject, it, secondary] in judged
	some twin in attached(secondary)
	cluster := estate.resource(behind(twin))
	estate.distinct(behind(twin), behind(it))
	counterparts(subject) == set()
	cluster.location != secondary.location
	message := sprintf(
		`"%s" behind "%s" lies in %s; expected is a cluster in %s`,
		[cluster.name, twin.name, cluster.location, secondary.location],
	)
}

deny contains finding.at_level(subject, cluster, "/properties/clusterState", message, "note") if {
	some [subject, _, _] in judged
	some cluster in counterparts(subject)
	state := cluster.properties.clusterState
	lower(state) != "running"
	message := sprintf(`"%s" in the failover region is in the state %s; expected is Running`, [cluster.name, state])
}

deny contains finding.at_level(subject, account, "/sku/name", message, "note") if {
	some [subject, it, _] in judged
	cluster := estate.resource(behind(it))
	some account in estate.related(cluster, "accounts")
	regex.match(`_(LRS|ZRS)$`, upper(account.sku.name))
	not behind_datastore(subject, account)
	message := sprintf(
		`"%s" holds the data of the cluster "%s" in one region (%s); expected is a geo-redundant account`,
		[account.name, cluster.name, account.sku.name],
	)
}

pass contains subject.id if {
	some [subject, it, _] in judged
	some cluster in counterparts(subject)
	runs(cluster)
	primary := estate.resource(behind(it))
	estate.settled(primary, ["properties", "storageProfile", "storageaccounts"])
	every reference in object.get(primary, ["relations", "accounts"], []) {
		safe(subject, estate.held(reference))
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("primary_compute")
	it := estate.resource(subject)
	compute.kind(it) != "hdinsight"
	reason := sprintf(`"%s" is a compute of type %s`, [it.name, it.properties.computeType])
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("primary_compute")
	environment := estate.pair_outside_production(estate.pair(subject))
}

# Subject, compute and secondary of the pairs whose direction is known.
judged contains [subject, it, estate.secondary(estate.pair(subject))] if {
	some subject in estate.subjects("primary_compute")
	it := estate.resource(subject)
	compute.kind(it) == "hdinsight"
}

enumerated(secondary) if {
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/computes", secondary.id)
	estate.complete("Microsoft.HDInsight/clusters")
}

attached(workspace) := {it | some it in estate.related(workspace, "computes"); compute.kind(it) == "hdinsight"}

behind(it) := estate.associated(it, "hdinsight_cluster")

# The clusters that may take over: those behind the computes of the secondary, and those that
# data_dependencies names.
candidates(subject) := {cluster |
	some it in attached(estate.secondary(estate.pair(subject)))
	some cluster in estate.related(it, "hdinsight_cluster")
} | {cluster |
	some named in input.parameters.data_dependencies
	some own, cluster in input.resources
	own == named
	cluster.type == "microsoft.hdinsight/clusters"
	it := estate.resource(subject)
	estate.distinct(cluster, behind(it))
}

# Those of them that lie in the failover region and are not the primary's.
counterparts(subject) := {cluster |
	some cluster in candidates(subject)
	cluster.location == estate.secondary(estate.pair(subject)).location
	it := estate.resource(subject)
	estate.distinct(cluster, behind(it))
}

runs(cluster) if lower(cluster.properties.clusterState) == "running"

# Source code has no state.
runs(cluster) if {
	input.source == "iac"
	estate.absent(cluster, ["properties", "clusterState"])
}

safe(_, account) if regex.match(`_(GRS|RAGRS|GZRS|RAGZRS)$`, upper(account.sku.name))

safe(subject, account) if behind_datastore(subject, account)

# Whether a datastore of the pair leads to an account, so that HF-DATA-003 judges it.
behind_datastore(subject, account) if {
	some workspace in estate.members(estate.pair(subject))
	some datastore in estate.related(workspace, "datastores")
	some reference in datastore.relations.account
	estate.same(reference, account)
}
