# METADATA
# title: "The failover workspace is usable: same kind, provisioned, attached to its own regional hub"
# description: |
#   A failover workspace whose deployment failed, or that is of another kind, is noticed at the moment
#   it is needed. A project works only as long as its hub does: its counterpart must hang on the hub of
#   the failover region, and a hub must have a counterpart for each project. Projects belong together if
#   that is declared or if their names are equal. Source code has no provisioning state, so there only
#   kind and hub are judged.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-hub-workspace
# custom:
#   id: HF-WS-001
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 8.0
#   scope: pair
#   subject: secondary_workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - /kind
#       - /properties/provisioningState
#       - {any_of: ["", /properties/hubResourceId]}
#       - {any_of: ["", /properties/associatedWorkspaces]}
#   absence: [Microsoft.MachineLearningServices/workspaces]
#   static: partial
#   seeds: [S20, S24, S25, S26, S28]
#   change: replacement
#   cost: "low: recreate the failover workspace"
#   remediation:
#     text: Recreate or repair the failover workspace before it is needed.
#     cli: az ml workspace show -n <ws-dr> -g <rg-dr> --query "{kind:kind,state:provisioning_state}"
#     bicep: |
#       kind: 'Default'  // keep equal in both regions
#     terraform: |
#       resource "azurerm_machine_learning_workspace" "dr" {
#         name                    = "${var.base_name}-${var.secondary}"
#         resource_group_name     = azurerm_resource_group.dr.name
#         location                = var.secondary
#         kind                    = azurerm_machine_learning_workspace.primary.kind
#         key_vault_id            = azurerm_key_vault.ml.id
#         storage_account_id      = azurerm_storage_account.dr.id
#         application_insights_id = azurerm_application_insights.dr.id
#         identity {
#           type = "SystemAssigned"
#         }
#       }
#   aprl: [a86ed26a, 675d249a]
package holdfast.rules.workspace.failover_usable

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.related(found, [{"resource": primary, "message": "The primary workspace"}]) if {
	some [subject, primary, secondary] in judged
	lower(primary.kind) != lower(secondary.kind)
	message := sprintf(
		`"%s" is of kind %s, but the primary "%s" is of kind %s; expected is the same kind on both sides`,
		[secondary.name, secondary.kind, primary.name, primary.kind],
	)
	found := finding.of(subject, secondary, "/kind", message)
}

deny contains finding.of(subject, secondary, "/properties/provisioningState", message) if {
	some [subject, _, secondary] in judged
	state := secondary.properties.provisioningState
	lower(state) in {"failed", "canceled"}
	message := sprintf(
		`"%s" is in the provisioning state %s and cannot take over; expected is Succeeded`,
		[secondary.name, state],
	)
}

deny contains finding.of(subject, secondary, "/properties/hubResourceId", message) if {
	some [subject, primary, secondary] in judged
	own := estate.associated(secondary, "hub")
	estate.same(own, estate.associated(primary, "hub"))
	message := sprintf(
		`"%s" hangs on "%s", the hub of the primary "%s", and fails with it; expected is a hub in its own region`,
		[secondary.name, own.name, primary.name],
	)
}

deny contains finding.of(subject, secondary, "/properties/hubResourceId", message) if {
	some [subject, _, secondary] in judged
	hub := estate.resource(estate.associated(secondary, "hub"))
	hub.location != secondary.location
	message := sprintf(
		`"%s" lies in %s, but its hub "%s" lies in %s; expected is a hub in the region of the project`,
		[secondary.name, secondary.location, hub.name, hub.location],
	)
}

deny contains finding.about(found, project.name) if {
	some [subject, primary, secondary] in judged
	estate.complete("Microsoft.MachineLearningServices/workspaces")
	some project in object.get(primary, ["relations", "projects"], [])
	not has_counterpart(project, secondary)
	object.get(estate.facts(project), "candidates", []) == []
	message := sprintf(
		`"%s" has no counterpart for the project "%s" of "%s"; expected is one project on this hub for each`,
		[secondary.name, project.name, primary.name],
	)
	found := finding.of(subject, secondary, "/kind", message)
}

pass contains subject.id if {
	some [subject, primary, secondary] in judged
	lower(primary.kind) == lower(secondary.kind)
	estate.provisioned(secondary)
	hubs_fit(primary, secondary)
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("secondary_workspace")
	state := estate.resource(subject).properties.provisioningState
	not lower(state) in {"succeeded", "failed", "canceled"}
	reason := sprintf("its provisioning state is %s", [state])
}

# Subject, primary and secondary of the pairs whose direction is known.
judged contains [subject, estate.primary(pair), estate.secondary(pair)] if {
	some subject in estate.subjects("secondary_workspace")
	pair := estate.pair(subject)
}

hubs_fit(_, secondary) if lower(secondary.kind) in {"default", "featurestore"}

hubs_fit(primary, secondary) if {
	estate.project(secondary)
	own := estate.associated(secondary, "hub")
	estate.resource(own).location == secondary.location
	some declared in estate.facts(estate.resource(estate.associated(primary, "hub"))).counterparts
	estate.same(own, declared)
}

hubs_fit(primary, secondary) if {
	lower(secondary.kind) == "hub"
	estate.complete("Microsoft.MachineLearningServices/workspaces")
	every project in object.get(primary, ["relations", "projects"], []) {
		has_counterpart(project, secondary)
	}
}

has_counterpart(project, hub) if {
	some other in hub.relations.projects
	lower(other.name) == lower(project.name)
}

has_counterpart(project, hub) if {
	some other in hub.relations.projects
	some declared in estate.facts(project).counterparts
	estate.same(other, declared)
}
