# METADATA
# title: Endpoints and deployments are defined as code
# description: |
#   An endpoint of the failover workspace is deployed from its definition: Azure copies neither endpoints nor
#   deployments. Judged are repositories with scoring code or with definitions of either, and, with last
#   night's snapshot as `--context`, the endpoints that run in Azure: each must be defined under its name, in
#   YAML, in code or in a template. That something is missing is a finding where the repository is complete
#   (`complete: [repository:endpoints]`).
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/reference-yaml-deployment-managed-online
# custom:
#   id: HF-CODE-008
#   level: {active-active: warning, active-standby: warning, active-passive: note}
#   score: 5.0
#   scope: repository
#   subject: repository
#   evidence:
#     repository/definition: [/kind, {any_of: ["", /declared_name]}]
#     repository/python: [{any_of: ["", /scoring]}, {any_of: ["", /definitions]}]
#     repository/notebook: [{any_of: ["", /definitions]}]
#   absence: ["repository:endpoints"]
#   static: yes
#   seeds: [S57, S71, S78]
#   change: in-place
#   cost: none
#   remediation:
#     text: |
#       Keep endpoint and deployment as YAML and deploy them to both workspaces.
#     cli: |
#       az ml online-endpoint show -n fraud -w <ws> -g <rg> -o yaml > endpoints/fraud.yml
#       az ml online-deployment show -n blue -e fraud -w <ws> -g <rg> -o yaml > endpoints/fraud-blue.yml
#       az ml online-endpoint create -f endpoints/fraud.yml -w <ws-dr> -g <rg-dr>
#     bicep: |
#       resource endpoint 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2024-10-01' = {
#         parent: workspace
#         name: 'fraud'
#         location: location
#         kind: 'Managed'
#         identity: { type: 'SystemAssigned' }
#         properties: { authMode: 'AADToken' }
#       }
#     terraform: |
#       resource "azapi_resource" "endpoint" {
#         type      = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2024-10-01"
#         name      = "fraud"
#         parent_id = azurerm_machine_learning_workspace.ml.id
#         location  = var.location
#         identity {
#           type = "SystemAssigned"
#         }
#         body = { kind = "Managed", properties = { authMode = "AADToken" } }
#       }
package holdfast.rules.code.endpoints_defined

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

deny contains finding.about(found, part) if {
	estate.complete("repository:endpoints")
	some subject in estate.subjects("repository")
	some part in ({"endpoint", "deployment"} - defined)
	count(scoring | defined) > 0
	message := sprintf(
		`%s, and no %s is defined here; expected is its YAML, the code that creates it, or a template`,
		[occasion, part],
	)
	found := finding.of(subject, estate.resource(subject), "", message)
}

deny contains finding.about(found, lower(endpoint.name)) if {
	estate.complete("repository:endpoints")
	repository.unnamed(repository.endpoint_kinds) == set()
	some subject in estate.subjects("repository")
	some endpoint in missing
	message := sprintf(
		`"%s" is an endpoint in Azure that nothing here defines; expected is its YAML, with its deployments`,
		[endpoint.name],
	)
	found := finding.of(subject, endpoint, "", message)
}

pass contains subject.id if {
	some subject in estate.subjects("repository")
	defined == {"endpoint", "deployment"}
	missing == set()
}

exempt contains finding.exempt(subject, "nothing in it scores, and no endpoint is known") if {
	some subject in estate.subjects("repository")
	scoring | defined == set()
	live == set()
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository")
	some endpoint in missing
	reason := sprintf(
		`nothing here defines the endpoint "%s"; declare complete: [repository:endpoints] if it should`,
		[endpoint.name],
	)
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository")
	count(scoring | defined) > 0
	some part in ({"endpoint", "deployment"} - defined)
	reason := sprintf(`no %s is defined here; declare complete: [repository:endpoints] if there should be one`, [part])
}

# Code that is loaded to score.
scoring contains one.name if {
	some one in repository.code
	one.scoring
}

# What is defined: in YAML, in code, in templates. The first SDK makes both at once.
defined contains "endpoint" if repository.defines(repository.endpoint_kinds)

defined contains "deployment" if repository.defines(repository.deployment_kinds)

defined contains "endpoint" if {
	some one in repository.code
	some definition in repository.facts(one, "definitions")
	definition.kind in repository.deployment_kinds
	one.sdk.v1
}

defined contains "endpoint" if {
	some type in endpoint_types
	count(repository.declared(type)) > 0
}

defined contains "deployment" if {
	some type in endpoint_types
	count(repository.declared(concat("/", [type, "deployments"]))) > 0
}

occasion := sprintf(`"%s" scores`, [min(scoring)]) if count(scoring) > 0

occasion := "an endpoint is defined" if {
	scoring == set()
	"endpoint" in defined
}

occasion := "a deployment is defined" if {
	scoring == set()
	defined == {"deployment"}
}

endpoint_types := {
	"Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
	"Microsoft.MachineLearningServices/workspaces/batchEndpoints",
}

# The endpoints that run in Azure and that the repository does not declare itself.
live contains endpoint if {
	some type in endpoint_types
	some endpoint in repository.live(type)
}

missing contains endpoint if {
	some endpoint in live
	not lower(endpoint.name) in names
}

names := repository.defined(repository.endpoint_kinds) | {lower(endpoint.name) |
	some type in endpoint_types
	some endpoint in repository.declared(type)
}
