# METADATA
# title: Batch endpoints exist in both regions with a default deployment
# description: |
#   A batch job that is due during an outage needs an endpoint of the same name in the failover workspace,
#   with a default deployment that exists and runs on a compute of that workspace, not of the primary.
#   Without retries one lost node fails a job, which is a note.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-endpoints-batch
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-INF-005
#   level: {active-active: warning, active-standby: warning, active-passive: note}
#   score: 5.0
#   scope: pair
#   subject: primary_batch_endpoint
#   tier: inference
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/batchEndpoints:
#       - /properties/provisioningState
#       - /properties/defaults/deploymentName
#     Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments:
#       - /properties/compute
#       - /properties/provisioningState
#       - {any_of: ["", /properties/retrySettings/maxRetries]}
#     Microsoft.MachineLearningServices/workspaces/computes: [{any_of: ["", /properties/computeType]}]
#   absence:
#     - Microsoft.MachineLearningServices/workspaces/batchEndpoints
#     - Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments
#   static: partial
#   seeds: [S25, S57]
#   change: in-place
#   cost: "low: compute only while it runs"
#   remediation:
#     text: Deploy the batch endpoint to the failover workspace.
#     cli: az ml batch-endpoint create -f batch.yml -w <ws-dr> -g <rg-dr>
#     bicep: |
#       resource batch 'Microsoft.MachineLearningServices/workspaces/batchEndpoints@2024-10-01' = {
#         parent: wsDr
#         name: 'score'
#         location: secondary
#         identity: { type: 'SystemAssigned' }
#         properties: { authMode: 'AADToken', defaults: { deploymentName: 'nightly' } }
#       }
#     terraform: |
#       resource "azapi_resource" "batch_dr" {
#         type      = "Microsoft.MachineLearningServices/workspaces/batchEndpoints@2024-10-01"
#         name      = "score"
#         parent_id = azurerm_machine_learning_workspace.dr.id
#         location  = var.secondary
#         identity {
#           type = "SystemAssigned"
#         }
#         body = {
#           properties = { authMode = "AADToken", defaults = { deploymentName = "nightly" } }
#         }
#       }
package holdfast.rules.inference.batch_counterpart

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.inference
import data.holdfast.lib.twins

deny contains finding.related(found, [{"resource": endpoint, "message": "The endpoint of the primary"}]) if {
	some [subject, endpoint, secondary] in judged
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/batchEndpoints", secondary.id)
	twins.lacking(secondary, "batch_endpoints", endpoint.name)
	message := sprintf(
		`"%s" has no batch endpoint "%s" to take over for that of the primary; expected is one of this name`,
		[secondary.name, twins.mapped(endpoint.name)],
	)
	found := finding.of(subject, secondary, "", message)
}

deny contains finding.of(subject, it, "/properties/provisioningState", message) if {
	some [subject, _, twin] in compared
	some it in checked(twin)
	state := it.properties.provisioningState
	lower(state) in {"failed", "canceled"}
	message := sprintf(
		`"%s" in the failover workspace is in the provisioning state %s; expected is Succeeded`,
		[it.name, state],
	)
}

deny contains finding.of(subject, twin, "/properties/defaults/deploymentName", message) if {
	some [subject, _, twin] in compared
	estate.empty(twin, ["properties", "defaults", "deploymentName"])
	message := sprintf(
		`"%s" in the failover workspace has no default deployment, so a call that names no deployment fails`,
		[twin.name],
	)
}

deny contains finding.of(subject, twin, "/properties/defaults/deploymentName", message) if {
	some [subject, _, twin] in compared
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments", twin.id)
	name := twin.properties.defaults.deploymentName
	name != ""
	every other in object.get(twin, ["relations", "deployments"], []) {
		twins.plain(other.name)
		lower(other.name) != lower(name)
	}
	message := sprintf(
		`"%s" in the failover workspace has the default deployment "%s", which does not exist`,
		[twin.name, name],
	)
}

deny contains finding.of(subject, deployment, "/properties/compute", message) if {
	some [subject, secondary, twin] in compared
	deployment := chosen(twin)
	some target in deployment.relations.compute
	target.exact
	not startswith(target.id, concat("", [secondary.id, "/"]))
	message := sprintf(
		`"%s" of the batch endpoint "%s" runs on "%s" of another workspace; expected is a compute of "%s"`,
		[deployment.name, twin.name, target.name, secondary.name],
	)
}

deny contains finding.at_level(subject, deployment, "/properties/retrySettings/maxRetries", message, "note") if {
	some [subject, _, twin] in compared
	deployment := chosen(twin)
	deployment.properties.retrySettings.maxRetries < 1
	message := sprintf(
		`"%s" of the batch endpoint "%s" retries nothing, so one lost node fails the job; expected is at least 1`,
		[deployment.name, twin.name],
	)
}

pass contains subject.id if {
	some [subject, secondary, twin] in compared
	estate.provisioned(twin)
	deployment := chosen(twin)
	estate.provisioned(deployment)
	some target in deployment.relations.compute
	startswith(estate.held(target).id, concat("", [secondary.id, "/"]))
	retries(deployment)
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("primary_batch_endpoint")
	environment := estate.pair_outside_production(estate.pair(subject))
}

# Subject, endpoint and secondary of the pairs whose direction is known.
judged contains [subject, estate.resource(subject), estate.secondary(estate.pair(subject))] if {
	some subject in estate.subjects("primary_batch_endpoint")
}

# Subject, secondary and its endpoint of the same name.
compared contains [subject, secondary, twins.twin(secondary, "batch_endpoints", endpoint.name)] if {
	some [subject, endpoint, secondary] in judged
}

# The endpoint and its default deployment, as far as it is there.
checked(endpoint) := {endpoint} | {one |
	some one in estate.related(endpoint, "deployments")
	twins.alike(one.name, endpoint.properties.defaults.deploymentName)
}

chosen(endpoint) := inference.deployment(endpoint, endpoint.properties.defaults.deploymentName)

retries(deployment) if deployment.properties.retrySettings.maxRetries >= 1

# Three unless set otherwise.
# https://learn.microsoft.com/azure/machine-learning/reference-yaml-deployment-batch
retries(deployment) if estate.absent(deployment, ["properties", "retrySettings", "maxRetries"])
