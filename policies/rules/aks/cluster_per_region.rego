# METADATA
# title: Each region has its own attached cluster
# description: |
#   One cluster behind both workspaces fails for both. The failover workspace needs a Kubernetes compute of
#   its own, and the cluster behind each must lie in the region of its workspace. Connected clusters
#   (Azure Arc) have no region of Azure that counts: for them only sharing is judged.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/aks/ha-dr-overview
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-attach-kubernetes-anywhere
# custom:
#   id: HF-AKS-003
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 8.0
#   scope: pair
#   subject: workspace_pair
#   tier: inference
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location]
#     Microsoft.MachineLearningServices/workspaces/computes: [/properties/computeType, /properties/resourceId]
#     Microsoft.ContainerService/managedClusters: [/location]
#   absence: [Microsoft.MachineLearningServices/workspaces/computes]
#   static: yes
#   seeds: [S09, S41, S45]
#   change: in-place
#   cost: "high: second cluster"
#   remediation:
#     text: Attach a cluster in the failover region.
#     cli: az ml compute attach --type Kubernetes -n inf -w <ws-dr> -g <rg> --resource-id <aks-dr-id>
#     bicep: |
#       properties: { computeType: 'Kubernetes', resourceId: aksDr.id }
#     terraform: |
#       resource "azapi_resource" "k8s_dr" {
#         type      = "Microsoft.MachineLearningServices/workspaces/computes@2024-10-01"
#         name      = "inf"
#         parent_id = azurerm_machine_learning_workspace.dr.id
#         location  = var.secondary
#         body = {
#           properties = {
#             computeType = "Kubernetes"
#             resourceId  = azurerm_kubernetes_cluster.dr.id
#             properties  = { namespace = "azureml" }
#           }
#         }
#       }
package holdfast.rules.aks.cluster_per_region

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, secondary, "", message) if {
	some [subject, primary, secondary] in judged
	count(kubernetes(primary)) > 0
	whole(secondary)
	kubernetes(secondary) == set()
	message := sprintf(
		`"%s" has no Kubernetes compute, but "%s" has "%s"; expected is a cluster of its own`,
		[secondary.name, primary.name, min({it.name | some it in kubernetes(primary)})],
	)
}

deny contains finding.of(subject, it, "/properties/resourceId", message) if {
	some [subject, primary, secondary] in judged
	some it in kubernetes(secondary)
	cluster := behind(it)
	some other in kubernetes(primary)
	estate.same(cluster, behind(other))
	message := sprintf(
		`"%s" leads to "%s", the cluster of the primary, and fails with it; expected is one in its own region`,
		[it.name, cluster.name],
	)
}

deny contains finding.of(subject, it, "/properties/resourceId", message) if {
	some [subject, primary, secondary] in judged
	some workspace in [primary, secondary]
	some it in kubernetes(workspace)
	cluster := estate.resource(behind(it))
	endswith(cluster.type, "/managedclusters")
	cluster.location != workspace.location
	not shared(primary, secondary, cluster)
	message := sprintf(
		`"%s" of "%s" leads to "%s" in %s; expected is a cluster in %s`,
		[it.name, workspace.name, cluster.name, cluster.location, workspace.location],
	)
}

pass contains subject.id if {
	some [subject, primary, secondary] in judged
	count(kubernetes(primary)) > 0
	count(kubernetes(secondary)) > 0
	every workspace in [primary, secondary] {
		whole(workspace)
		every it in kubernetes(workspace) {
			at_home(it, workspace)
		}
	}
	every it in kubernetes(secondary) {
		every other in kubernetes(primary) {
			estate.distinct(behind(it), behind(other))
		}
	}
}

exempt contains finding.exempt(subject, reason) if {
	some [subject, primary, _] in judged
	whole(primary)
	kubernetes(primary) == set()
	reason := sprintf(`"%s" has no Kubernetes compute`, [primary.name])
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("workspace_pair")
	environment := estate.pair_outside_production(estate.pair(subject))
}

# Subject and members of the pairs whose direction is known.
judged contains [subject, estate.primary(pair), estate.secondary(pair)] if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
}

kubernetes(workspace) := {it |
	some it in estate.related(workspace, "computes")
	compute.kind(it) in {"kubernetes", "aks"}
}

behind(it) := estate.associated(it, "kubernetes_cluster")

# Whether all computes of a workspace are known by their type.
whole(workspace) if {
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/computes", workspace.id)
	every reference in object.get(workspace, ["relations", "computes"], []) {
		is_string(compute.kind(estate.held(reference)))
	}
}

at_home(it, workspace) if {
	cluster := estate.resource(behind(it))
	cluster.location == workspace.location
}

at_home(it, _) if contains(behind(it).id, "/microsoft.kubernetes/connectedclusters/")

shared(primary, secondary, cluster) if {
	every workspace in [primary, secondary] {
		some it in kubernetes(workspace)
		estate.same(behind(it), cluster)
	}
}
