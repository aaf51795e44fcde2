# METADATA
# title: A production workspace has a failover workspace in a different region
# description: |
#   Azure Machine Learning does not fail over by itself: when its region is down, a workspace is gone
#   until the region is back. Only a second workspace in another region, prepared beforehand, keeps work
#   going. Which two workspaces belong together is a decision, so it has to be declared, in the
#   configuration or by tags on both; a similar name or a common key vault only makes a candidate, and a
#   candidate never passes this rule. Several failover workspaces, and several primaries with one
#   failover workspace, are fine.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-TOPO-001
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 9.0
#   scope: workspace
#   subject: workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location]
#   absence: [Microsoft.MachineLearningServices/workspaces]
#   static: partial
#   seeds: [S01, S02, S11, S20, S23, S28]
#   change: in-place
#   cost: "high: second workspace with its own storage and telemetry"
#   remediation:
#     text: >-
#       Create a workspace in another region, or declare the one that exists: under pairs in the configuration, or with
#       the tags holdfast-pair (ARM id of the counterpart) and holdfast-role (primary, secondary) on both.
#     cli: |
#       az ml workspace create -n <ws>-dr -g <rg-dr> -l <region2> --key-vault <kv-id> --container-registry <acr-id>
#       az resource tag --ids <ws-id> --is-incremental --tags holdfast-pair=<ws-dr-id> holdfast-role=primary
#       az resource tag --ids <ws-dr-id> --is-incremental --tags holdfast-pair=<ws-id> holdfast-role=secondary
#     bicep: |
#       resource dr 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = {
#         name: '${baseName}-${secondary}'
#         location: secondary
#         identity: { type: 'SystemAssigned' }
#         properties: {
#           keyVault: kv.id
#           containerRegistry: acr.id
#           storageAccount: stDr.id
#           applicationInsights: aiDr.id
#         }
#       }
#     terraform: |
#       resource "azurerm_machine_learning_workspace" "dr" {
#         name                    = "${var.base_name}-${var.secondary}"
#         resource_group_name     = azurerm_resource_group.dr.name
#         location                = var.secondary
#         key_vault_id            = azurerm_key_vault.ml.id
#         container_registry_id   = azurerm_container_registry.ml.id
#         storage_account_id      = azurerm_storage_account.dr.id
#         application_insights_id = azurerm_application_insights.dr.id
#         identity {
#           type = "SystemAssigned"
#         }
#       }
#   aprl: [a86ed26a, 675d249a]
package holdfast.rules.topology.failover_workspace

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, workspace, "/location", message) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	facts := estate.facts(workspace)
	(count(facts.counterparts) + count(facts.candidates)) + count(facts.problems) == 0
	estate.complete("Microsoft.MachineLearningServices/workspaces")
	message := sprintf(
		`"%s" has no failover workspace, so it is down as long as its region; expected is a second one elsewhere`,
		[workspace.name],
	)
}

deny contains finding.of(subject, workspace, "/location", message) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	facts := estate.facts(workspace)
	facts.problems == []
	names := [counterpart.name | some counterpart in facts.counterparts]
	count(names) > 0
	every counterpart in facts.counterparts {
		counterpart.found
		counterpart.location == workspace.location
	}
	message := sprintf(
		`"%s" and its failover workspace %s both lie in %s and fail together; expected is another region`,
		[workspace.name, concat(", ", quoted(names)), workspace.location],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	some counterpart in estate.facts(workspace).counterparts
	counterpart.found
	not counterpart.conditional
	elsewhere(counterpart.location, workspace.location)
}

deny contains finding.of(subject, workspace, "/location", message) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	facts := estate.facts(workspace)
	facts.problems == []
	count(facts.counterparts) > 0
	every counterpart in facts.counterparts {
		counterpart.gone
	}
	names := [counterpart.name | some counterpart in facts.counterparts]
	message := sprintf(
		`"%s" names %s as its failover workspace, which does not exist; expected is one that is there`,
		[workspace.name, concat(", ", quoted(names))],
	)
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace")
	some counterpart in estate.facts(estate.resource(subject)).counterparts
	reason := sprintf(
		`the failover workspace "%s" is deployed only under a condition that cannot be decided: %s`,
		[counterpart.name, counterpart.conditional],
	)
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	environment := estate.outside_production(estate.resource(subject))
	reason := sprintf("outside production (%s)", [environment])
}

exempt contains finding.exempt(subject, "a project is judged through its hub (HF-WS-001)") if {
	some subject in estate.subjects("workspace")
	estate.project(estate.resource(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	facts := estate.facts(estate.resource(subject))
	facts.role == "secondary"
	names := [counterpart.name | some counterpart in facts.counterparts]
	reason := sprintf("it is itself the declared failover workspace of %s", [concat(", ", quoted(names))])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace")
	some reason in estate.facts(estate.resource(subject)).problems
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	facts := estate.facts(workspace)
	facts.counterparts == []
	names := [candidate.name | some candidate in facts.candidates]
	count(names) > 0
	reason := sprintf(
		concat(" ", [
			`"%s" looks like the counterpart of %s, but nothing declares it: name both under pairs in holdfast.yaml,`,
			"or tag both with holdfast-pair (ARM id of the other) and holdfast-role (primary, secondary)",
		]),
		[workspace.name, concat(" or ", quoted(names))],
	)
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace")
	some counterpart in estate.facts(estate.resource(subject)).counterparts
	counterpart.found == false
	reason := sprintf(`the declared failover workspace "%s" is not among what was read`, [counterpart.name])
}

quoted(names) := [sprintf(`"%s"`, [name]) | some name in names]

elsewhere(region, other) if region != other
