# METADATA
# title: Attached AKS clusters span availability zones
# description: |
#   A node pool in one zone takes inference down with it. Every pool of a cluster that is attached to a
#   workspace must lie in at least two zones, where the region has zones: pools for the system, and pools
#   on which inference may run. Zones of a pool are fixed when it is made. The finding is about the
#   cluster, one for each pool.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/aks/availability-zones
#   - ref: https://learn.microsoft.com/azure/aks/ha-dr-overview
# custom:
#   id: HF-AKS-001
#   level: {active-active: error, active-standby: warning, active-passive: warning}
#   score: 7.0
#   scope: workspace
#   subject: kubernetes_cluster
#   tier: inference
#   evidence:
#     Microsoft.ContainerService/managedClusters: [/location, /properties/agentPoolProfiles]
#     Microsoft.ContainerService/managedClusters/agentPools:
#       - {any_of: ["", /properties/availabilityZones]}
#   static: yes
#   seeds: [S09, S18, S45]
#   change: replacement
#   cost: "low: new node pool, cross-zone traffic"
#   remediation:
#     text: Add a node pool that spans zones and drain the old one.
#     cli: az aks nodepool add --cluster-name <aks> -g <rg> -n z1 --zones 1 2 3 --node-count 3
#     bicep: |
#       agentPoolProfiles: [{ name: 'sys', mode: 'System', count: 3, availabilityZones: ['1', '2', '3'] }]
#     terraform: |
#       resource "azurerm_kubernetes_cluster_node_pool" "inference" {
#         name                  = "z1"
#         kubernetes_cluster_id = azurerm_kubernetes_cluster.ml.id
#         vm_size               = var.vm_size
#         node_count            = 3
#         zones                 = ["1", "2", "3"]
#       }
#   aprl: [4f63619f]
package holdfast.rules.aks.zone_pools

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.pools
import data.holdfast.lib.regions

deny contains finding.about(found, pool.name) if {
	some [subject, cluster] in judged
	some pool in pools.of(cluster)
	count(pool.zones) < 2
	message := sprintf(
		`"%s" has the node pool "%s" in %s; expected are at least two zones`,
		[cluster.name, pool.name, words(pool.zones)],
	)
	found := finding.of(subject, pool.resource, pool.zones_at, message)
}

pass contains subject.id if {
	some [subject, cluster] in judged
	pools.known(cluster)
	count(pools.of(cluster)) > 0
	every pool in pools.of(cluster) {
		count(pool.zones) >= 2
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("kubernetes_cluster")
	cluster := estate.resource(subject)
	regions.zones(cluster.location) == false
	reason := sprintf("%s has no availability zones", [cluster.location])
}

exempt contains finding.exempt(subject, "outside production") if {
	some subject in estate.subjects("kubernetes_cluster")
	estate.outside_production(estate.resource(subject.workspace))
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("kubernetes_cluster")
	cluster := estate.resource(subject)
	not pools.managed(cluster)
	reason := sprintf(`"%s" is a connected cluster, whose nodes Azure does not know`, [cluster.name])
}

judged contains [subject, cluster] if {
	some subject in estate.subjects("kubernetes_cluster")
	cluster := estate.resource(subject)
	pools.managed(cluster)
	regions.zones(cluster.location)
}

words([]) := "no zone"

words(zones) := sprintf("zone %s only", [zones[0]]) if count(zones) == 1
