# METADATA
# title: Attached AKS clusters have an SLA tier and enough nodes
# description: |
#   The Free tier has no agreement about the control plane, without which nothing new starts. System pools
#   need three nodes to lose one, user pools two; with the cluster autoscaler the minimum counts. Spot
#   nodes are taken back at any time and no place for inference.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/aks/ha-dr-overview
#   - ref: https://learn.microsoft.com/azure/aks/free-standard-pricing-tiers
# custom:
#   id: HF-AKS-002
#   level: {active-active: warning, active-standby: warning, active-passive: note}
#   score: 6.0
#   scope: workspace
#   subject: kubernetes_cluster
#   tier: inference
#   evidence:
#     Microsoft.ContainerService/managedClusters: [/sku/tier, /properties/agentPoolProfiles]
#     Microsoft.ContainerService/managedClusters/agentPools:
#       - {any_of: ["", /properties/count]}
#       - {any_of: ["", /properties/minCount]}
#       - {any_of: ["", /properties/enableAutoScaling]}
#       - {any_of: ["", /properties/mode]}
#       - {any_of: ["", /properties/scaleSetPriority]}
#   static: yes
#   seeds: [S09, S18, S45]
#   change: in-place
#   cost: "medium: SLA tier and nodes"
#   remediation:
#     text: Move to the Standard tier and scale the pools.
#     cli: az aks update -n <aks> -g <rg> --tier standard
#     bicep: |
#       sku: { name: 'Base', tier: 'Standard' }
#     terraform: |
#       resource "azurerm_kubernetes_cluster" "ml" {
#         name                = var.cluster_name
#         resource_group_name = azurerm_resource_group.ml.name
#         location            = var.primary
#         dns_prefix          = var.cluster_name
#         sku_tier            = "Standard"
#         default_node_pool {
#           name       = "sys"
#           vm_size    = var.vm_size
#           node_count = 3
#           zones      = ["1", "2", "3"]
#         }
#         identity {
#           type = "SystemAssigned"
#         }
#       }
#   aprl: [0611251f, 7f7ae535, 005ccbbd]
package holdfast.rules.aks.sla_and_nodes

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.pools

deny contains finding.of(subject, cluster, "/sku/tier", message) if {
	some [subject, cluster] in judged
	lower(cluster.sku.tier) == "free"
	message := sprintf(`"%s" is in the Free tier, which has no SLA; expected is Standard or Premium`, [cluster.name])
}

deny contains finding.about(found, pool.name) if {
	some [subject, cluster] in judged
	some pool in pools.of(cluster)
	pool.nodes < needed[pool.mode]
	message := sprintf(
		`"%s" has the %s pool "%s" with %v nodes; expected are at least %v`,
		[cluster.name, pool.mode, pool.name, pool.nodes, needed[pool.mode]],
	)
	found := finding.of(subject, pool.resource, pool.nodes_at, message)
}

deny contains finding.about(found, concat(" ", [pool.name, "spot"])) if {
	some [subject, cluster] in judged
	some pool in pools.of(cluster)
	pool.spot == true
	message := sprintf(
		`"%s" has the pool "%s" of Spot nodes, which are withdrawn at any time; expected are regular nodes`,
		[cluster.name, pool.name],
	)
	found := finding.of(subject, pool.resource, pool.spot_at, message)
}

pass contains subject.id if {
	some [subject, cluster] in judged
	lower(cluster.sku.tier) in {"standard", "premium"}
	pools.known(cluster)
	count(pools.of(cluster)) > 0
	every pool in pools.of(cluster) {
		pool.spot == false
		pool.nodes >= needed[pool.mode]
	}
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
}

needed := {"system": 3, "user": 2, "gateway": 0}
