# METADATA
# title: No AKS cluster created by or attached through the v1 service
# description: |
#   Inference clusters of the first version (compute type AKS) went out with SDK v1. One that the service
#   created itself cannot be moved or made available in another region at all. This rule is the one that
#   reports them; a Kubernetes compute is the successor. What was made for development and testing is no
#   place for production either.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/aks/ha-dr-overview
#   - ref: https://learn.microsoft.com/azure/machine-learning/migrate-to-v2-deploy-endpoints
# custom:
#   id: HF-AKS-004
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 8.0
#   scope: workspace
#   subject: compute
#   tier: inference
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/computes:
#       - /properties/computeType
#       - {any_of: ["", /properties/isAttachedCompute]}
#       - {any_of: ["", /properties/properties/clusterPurpose]}
#   static: yes
#   seeds: [S46]
#   change: replacement
#   cost: "medium: new cluster beside the old one"
#   remediation:
#     text: >-
#       Create the cluster outside the service, install the extension of Azure ML and attach it as
#       Kubernetes compute.
#     cli: >-
#       az k8s-extension create -n azureml --extension-type Microsoft.AzureML.Kubernetes
#       --cluster-type managedClusters --cluster-name <aks> -g <rg> --scope cluster
#       --config enableInference=True inferenceRouterServiceType=LoadBalancer
#     bicep: |
#       properties: { computeType: 'Kubernetes', resourceId: aks.id }
#     terraform: |
#       # instead of azurerm_machine_learning_inference_cluster
#       resource "azapi_resource" "k8s" {
#         type      = "Microsoft.MachineLearningServices/workspaces/computes@2024-10-01"
#         name      = "inf"
#         parent_id = azurerm_machine_learning_workspace.ml.id
#         location  = azurerm_machine_learning_workspace.ml.location
#         body = {
#           properties = {
#             computeType = "Kubernetes"
#             resourceId  = azurerm_kubernetes_cluster.ml.id
#             properties  = { namespace = "azureml" }
#           }
#         }
#       }
package holdfast.rules.aks.inference_cluster_v1

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, it, "/properties/computeType", message) if {
	some [subject, it] in judged
	compute.kind(it) == "aks"
	message := sprintf(
		`"%s" is an inference cluster of the v1 service%s; expected is a Kubernetes compute`,
		[it.name, concat("", array.concat(origin(it), purpose(it)))],
	)
}

pass contains subject.id if {
	some [subject, it] in judged
	compute.kind(it) == "kubernetes"
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("compute")
	it := estate.resource(subject)
	not compute.kind(it) in {"aks", "kubernetes"}
	reason := sprintf(`"%s" is a compute of type %s`, [it.name, it.properties.computeType])
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("compute")
	environment := estate.outside_production(estate.resource(subject.workspace))
}

judged contains [subject, estate.resource(subject)] if some subject in estate.subjects("compute")

origin(it) := [", made by the service, so it cannot be made available in another region" |
	it.properties.isAttachedCompute == false
]

purpose(it) := [", made for development and testing" | lower(it.properties.properties.clusterPurpose) == "devtest"]
