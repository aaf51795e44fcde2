# METADATA
# title: Azure Machine Learning is offered in both regions
# description: |
#   A failover region without Azure Machine Learning is found out when the deployment fails, at the
#   worst moment. A region that the table of offered regions names is fine. The table is not complete,
#   so only the provider's own list, read from Azure, can say that a region does not offer the service.
#   Both members of a pair are judged, each for itself.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/reliability/regions-list
#   - ref: https://learn.microsoft.com/azure/machine-learning/reference-machine-learning-cloud-parity
# custom:
#   id: HF-TOPO-003
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 8.0
#   scope: workspace
#   subject: workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location]
#   static: yes
#   seeds: [S21]
#   change: replacement
#   cost: "medium: recreate in an offered region"
#   remediation:
#     text: Choose a region where the service is available.
#     cli: |
#       az provider show -n Microsoft.MachineLearningServices \
#         --query "resourceTypes[?resourceType=='workspaces'].locations[]"
#     bicep: |
#       @allowed(['westeurope', 'northeurope'])
#       param location string
#     terraform: |
#       variable "location" {
#         type = string
#         validation {
#           condition     = contains(["westeurope", "northeurope"], var.location)
#           error_message = "Azure Machine Learning workspaces are planned in West Europe and North Europe only."
#         }
#       }
package holdfast.rules.topology.region_offered

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.regions

deny contains finding.of(subject, workspace, "/location", message) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	regions.offered(workspace.location) == false
	message := sprintf(
		`"%s" is planned in %s, where Azure does not offer Azure Machine Learning; expected is a region that does`,
		[workspace.name, workspace.location],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	regions.offered(estate.resource(subject).location)
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	environment := estate.outside_production(estate.resource(subject))
	reason := sprintf("outside production (%s)", [environment])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	not offer_known(workspace.location)
	reason := sprintf(
		"the table of regions that offer Azure Machine Learning is not complete and does not name %s",
		[workspace.location],
	)
}

offer_known(region) if is_boolean(regions.offered(region))
