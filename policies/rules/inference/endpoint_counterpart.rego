# METADATA
# title: Online endpoints exist in both regions as the inference tier demands
# description: |
#   An endpoint has one region. What calls it during an outage must find another one: the failover
#   workspace needs an endpoint of the same name (names are unique per region only; name_map says where
#   they differ), provisioned and of the same kind. Managed, Kubernetes and serverless endpoints are
#   judged; a serverless one must offer the same model.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-endpoints-online
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-INF-001
#   level: {active-active: error, active-standby: error, active-passive: note}
#   score: 9.0
#   scope: pair
#   subject: primary_online_endpoint
#   tier: inference
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints: [/kind, /properties/provisioningState]
#     Microsoft.MachineLearningServices/workspaces/serverlessEndpoints:
#       - /properties/modelSettings/modelId
#       - /properties/provisioningState
#   absence:
#     - Microsoft.MachineLearningServices/workspaces/onlineEndpoints
#     - Microsoft.MachineLearningServices/workspaces/serverlessEndpoints
#   static: partial
#   seeds: [S24, S25, S26, S57]
#   change: in-place
#   cost: "high: instances in a second region"
#   remediation:
#     text: Deploy the endpoint to the failover workspace from the same definition.
#     cli: az ml online-endpoint create -f endpoint.yml -w <ws-dr> -g <rg-dr>
#     bicep: |
#       resource endpoint 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2024-10-01' = {
#         parent: wsDr
#         name: 'score'
#         location: secondary
#         kind: 'Managed'
#         identity: { type: 'SystemAssigned' }
#         properties: { authMode: 'AADToken' }
#       }
#     terraform: |
#       resource "azapi_resource" "endpoint_dr" {
#         type      = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2024-10-01"
#         name      = "score"
#         parent_id = azurerm_machine_learning_workspace.dr.id
#         location  = var.secondary
#         identity {
#           type = "SystemAssigned"
#         }
#         body = {
#           kind       = "Managed"
#           properties = { authMode = "AADToken" }
#         }
#       }
package holdfast.rules.inference.endpoint_counterpart

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.inference
import data.holdfast.lib.twins

deny contains finding.related(found, [{"resource": endpoint, "message": "The endpoint of the primary"}]) if {
	some [subject, endpoint, secondary] in judged
	enumerated(endpoint, secondary)
	twins.lacking(secondary, inference.relation(endpoint), endpoint.name)
	message := sprintf(
		`"%s" has no endpoint "%s" to take over for that of the primary; expected is one of this name`,
		[secondary.name, twins.mapped(endpoint.name)],
	)
	found := finding.of(subject, secondary, "", message)
}

deny contains finding.of(subject, twin, "/properties/provisioningState", message) if {
	some [subject, _, twin] in compared
	state := twin.properties.provisioningState
	lower(state) in {"failed", "canceled"}
	message := sprintf(
		`"%s" in the failover workspace is in the provisioning state %s; expected is Succeeded`,
		[twin.name, state],
	)
}

deny contains finding.at_level(subject, twin, "/kind", message, "note") if {
	some [subject, endpoint, twin] in compared
	lower(endpoint.kind) != lower(twin.kind)
	message := sprintf(
		`"%s" is of kind %s in the failover workspace and of kind %s in the primary; one kind is easier to keep equal`,
		[twin.name, twin.kind, endpoint.kind],
	)
}

deny contains finding.of(subject, twin, "/properties/modelSettings/modelId", message) if {
	some [subject, endpoint, twin] in compared
	model(endpoint) != model(twin)
	message := sprintf(
		`"%s" offers %s in the failover workspace; expected is %s as in the primary`,
		[twin.name, twin.properties.modelSettings.modelId, endpoint.properties.modelSettings.modelId],
	)
}

pass contains subject.id if {
	some [subject, endpoint, twin] in compared
	estate.provisioned(twin)
	alike(endpoint, twin)
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("primary_online_endpoint")
	environment := estate.pair_outside_production(estate.pair(subject))
}

# Subject, endpoint and secondary of the pairs whose direction is known.
judged contains [subject, estate.resource(subject), estate.secondary(estate.pair(subject))] if {
	some subject in estate.subjects("primary_online_endpoint")
}

compared contains [subject, endpoint, inference.twin(subject, endpoint)] if some [subject, endpoint, _] in judged

enumerated(endpoint, workspace) if {
	inference.serverless(endpoint)
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/serverlessEndpoints", workspace.id)
}

enumerated(endpoint, workspace) if {
	not inference.serverless(endpoint)
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/onlineEndpoints", workspace.id)
}

alike(endpoint, twin) if {
	not inference.serverless(endpoint)
	lower(endpoint.kind) == lower(twin.kind)
}

alike(endpoint, twin) if {
	not inference.serverless(endpoint)
	estate.absent(endpoint, ["kind"])
	estate.absent(twin, ["kind"])
}

alike(endpoint, twin) if model(endpoint) == model(twin)

model(endpoint) := lower(endpoint.properties.modelSettings.modelId)
