# METADATA
# title: The failover region is the Azure pair of the primary region, when a usable pair exists
# description: |
#   Azure updates the two regions of a pair one after the other, restores one of them first after a
#   wide outage, and copies geo-redundant storage and Key Vault content within the pair. A failover
#   workspace elsewhere works, but does without these. Not every region has a pair, and some pairs are
#   open only to customers who ask: then only HF-TOPO-001 applies. With several failover workspaces one
#   in the paired region is enough. The parameter require_paired_region makes this a warning.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/reliability/regions-paired
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-TOPO-002
#   level: {active-active: note, active-standby: note, active-passive: note}
#   score: 3.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location]
#   static: yes
#   seeds: [S22]
#   change: replacement
#   cost: "medium: recreate the failover side in the paired region"
#   remediation:
#     text: Move the failover workspace to the paired region, or accept the deviation in the configuration.
#     cli: az account list-locations --query "[?name=='<region>'].metadata.pairedRegion[0].name" -o tsv
#     bicep: |
#       param primary string
#       var pair = loadJsonContent('paired-regions.json').regions[primary].pair
#     terraform: |
#       locals {
#         paired = { westeurope = "northeurope", eastus = "westus" }
#       }
#
#       resource "azurerm_machine_learning_workspace" "dr" {
#         name                    = "${var.base_name}-dr"
#         resource_group_name     = azurerm_resource_group.dr.name
#         location                = local.paired[var.primary]
#         key_vault_id            = azurerm_key_vault.ml.id
#         storage_account_id      = azurerm_storage_account.dr.id
#         application_insights_id = azurerm_application_insights.dr.id
#         identity {
#           type = "SystemAssigned"
#         }
#       }
package holdfast.rules.topology.paired_region

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.regions

deny contains finding.at_level(subject, secondary, "/location", message, level) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	primary := estate.primary(pair)
	secondary := estate.secondary(pair)
	paired := usable_pair(primary.location)
	not paired in failover_regions(primary, secondary)
	message := sprintf(
		concat(" ", [
			`"%s" lies in %s, but the pair of %s is %s: staggered platform updates, recovery priority,`,
			"the copy of geo-redundant storage and of Key Vault are lost; expected is the paired region",
		]),
		[secondary.name, secondary.location, primary.location, paired],
	)
	level := {true: "warning", false: "note"}[input.parameters.require_paired_region]
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	primary := estate.primary(pair)
	usable_pair(primary.location) in failover_regions(primary, estate.secondary(pair))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	environment := estate.pair_outside_production(estate.pair(subject))
	reason := sprintf("outside production (%s)", [environment])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	regions.pair(primary.location) == null
	reason := sprintf("%s has no paired region", [primary.location])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	paired := regions.pair(primary.location)
	regions.restricted(paired)
	reason := sprintf("%s, the pair of %s, is open only on request", [paired, primary.location])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	not regions.paired(primary.location)
	reason := sprintf("no table knows the region %s", [primary.location])
}

# The pair of a region that anybody may use.
usable_pair(region) := paired if {
	paired := regions.pair(region)
	is_string(paired)
	not regions.restricted(paired)
}

# Where the primary can fail over to: to this secondary and to other declared counterparts.
failover_regions(primary, secondary) := {secondary.location} | {counterpart.location |
	some counterpart in estate.facts(primary).counterparts
}
