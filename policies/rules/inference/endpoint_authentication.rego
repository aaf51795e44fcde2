# METADATA
# title: Endpoint authentication works unchanged after failover
# description: |
#   A caller that was redirected must be let in. With Microsoft Entra tokens on both endpoints it needs
#   nothing new. Keys differ per endpoint, and tokens of the service are fetched per endpoint and short
#   of life: both work, but the caller must have them for both, which is a note. Two modes mean that
#   every caller fails. Without a counterpart HF-INF-001 says what is missing.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-endpoints-online
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-endpoints-online-auth
# custom:
#   id: HF-INF-006
#   level: {active-active: warning, active-standby: note, active-passive: off}
#   score: 4.0
#   scope: pair
#   subject: primary_online_endpoint
#   tier: inference
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints: [/properties/authMode]
#     Microsoft.MachineLearningServices/workspaces/serverlessEndpoints: [/properties/authMode]
#   absence:
#     - Microsoft.MachineLearningServices/workspaces/onlineEndpoints
#     - Microsoft.MachineLearningServices/workspaces/serverlessEndpoints
#   static: yes
#   seeds: [S25, S72]
#   change: replacement
#   cost: none (authentication mode is set at creation; not verified that it can be updated)
#   remediation:
#     text: Use Microsoft Entra tokens on both endpoints.
#     cli: az ml online-endpoint create -n <endpoint> --auth-mode aad_token -w <ws-dr> -g <rg>
#     bicep: |
#       properties: { authMode: 'AADToken' }
#     terraform: |
#       resource "azapi_resource" "endpoint_dr" {
#         type      = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2024-10-01"
#         name      = "score"
#         parent_id = azurerm_machine_learning_workspace.dr.id
#         location  = var.secondary
#         body = {
#           kind       = "Managed"
#           properties = { authMode = "AADToken" }
#         }
#       }
package holdfast.rules.inference.endpoint_authentication

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.inference
import data.holdfast.lib.twins

deny contains finding.of(subject, twin, "/properties/authMode", message) if {
	some [subject, endpoint, twin] in compared
	mode(endpoint) != mode(twin)
	message := sprintf(
		`"%s" asks for %s in the failover workspace and for %s in the primary; expected is one mode, best AADToken`,
		[twin.name, twin.properties.authMode, endpoint.properties.authMode],
	)
}

deny contains finding.at_level(subject, twin, "/properties/authMode", message, "note") if {
	some [subject, endpoint, twin] in compared
	mode(endpoint) == mode(twin)
	mode(twin) in {"key", "amltoken"}
	message := sprintf(
		`"%s" asks for a %s of its own in each region, so callers must hold both; AADToken works unchanged`,
		[twin.name, twin.properties.authMode],
	)
}

pass contains subject.id if {
	some [subject, endpoint, twin] in compared
	mode(endpoint) == "aadtoken"
	mode(twin) == "aadtoken"
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("primary_online_endpoint")
	endpoint := estate.resource(subject)
	secondary := estate.secondary(estate.pair(subject))
	enumerated(endpoint, secondary)
	twins.lacking(secondary, inference.relation(endpoint), endpoint.name)
	reason := sprintf(`"%s" has no endpoint of this name (HF-INF-001)`, [secondary.name])
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("primary_online_endpoint")
	environment := estate.pair_outside_production(estate.pair(subject))
}

open contains finding.open(subject, reason) if {
	some [subject, endpoint, twin] in compared
	some one in [endpoint, twin]
	not mode(one)
	reason := sprintf(`%s is no authentication mode that is known`, [one.properties.authMode])
}

compared contains [subject, endpoint, inference.twin(subject, endpoint)] if {
	some subject in estate.subjects("primary_online_endpoint")
	endpoint := estate.resource(subject)
}

enumerated(endpoint, workspace) if {
	inference.serverless(endpoint)
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/serverlessEndpoints", workspace.id)
}

enumerated(endpoint, workspace) if {
	not inference.serverless(endpoint)
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/onlineEndpoints", workspace.id)
}

# The mode in one spelling: AADToken of Azure, aad_token of YAML, AAD of serverless endpoints.
mode(endpoint) := modes[replace(lower(endpoint.properties.authMode), "_", "")]

modes := {"aadtoken": "aadtoken", "aad": "aadtoken", "amltoken": "amltoken", "key": "key"}
