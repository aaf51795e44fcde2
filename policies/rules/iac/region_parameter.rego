# METADATA
# title: The region is a parameter, not a constant, in workspace templates
# description: |
#   A template with a region written into it deploys one region only. The second region needs a changed copy,
#   which drifts from the first. The region belongs in a parameter (its default may name a region), or in an
#   expression such as the location of the resource group. A variable that holds a region is a constant too.
#   What has no region (`global`) is left alone.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/azure-resource-manager/bicep/best-practices#resource-definitions
# custom:
#   id: HF-IAC-002
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: repository
#   subject: template_resource
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [{any_of: ["", /location]}]
#     Microsoft.MachineLearningServices/workspaces/computes: [{any_of: ["", /location]}]
#     Microsoft.Storage/storageAccounts: [{any_of: ["", /location]}]
#     Microsoft.KeyVault/vaults: [{any_of: ["", /location]}]
#     Microsoft.ContainerRegistry/registries: [{any_of: ["", /location]}]
#     Microsoft.Insights/components: [{any_of: ["", /location]}]
#   static: yes
#   seeds: [S39, S40]
#   change: in-place
#   cost: none
#   remediation:
#     text: Replace the region by a parameter, and give it a value per region when the template is deployed.
#     cli: az deployment group create -g <rg-dr> -f main.bicep -p location=<region2>
#     bicep: |
#       param location string = resourceGroup().location
#     terraform: |
#       variable "location" {
#         type = string
#       }
package holdfast.rules.iac.region_parameter

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, one, "/location", message) if {
	some [subject, one] in judged
	origin(one) == "literal"
	not one.location in {"", "global"}
	message := sprintf(
		`the region of "%s" is the constant "%s"; expected is a parameter`,
		[one.name, one.location],
	)
}

pass contains subject.id if {
	some [subject, one] in judged
	origin(one) in {"parameter", "expression"}
}

exempt contains finding.exempt(subject, "it has no region") if {
	some [subject, one] in judged
	origin(one) == "literal"
	one.location == "global"
}

exempt contains finding.exempt(subject, "its region is that of its workspace") if {
	some [subject, one] in judged
	estate.absent(one, ["location"])
	one.type == "microsoft.machinelearningservices/workspaces/computes"
}

open contains finding.open(subject, reason) if {
	some [subject, one] in judged
	not has_origin(one)
	reason := sprintf(`where the region of "%s" comes from is not known`, [one.name])
}

judged contains [subject, one] if {
	some subject in estate.subjects("template_resource")
	one := estate.resource(subject)
}

origin(one) := one.origins["/location"]

has_origin(one) if is_string(origin(one))
