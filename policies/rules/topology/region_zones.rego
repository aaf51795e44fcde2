# METADATA
# title: The workspace region supports availability zones
# description: |
#   In a region with zones most failures stay within one data centre and need no failover at all. In a
#   region without them every outage is a regional one, so it is the second choice, above all for a
#   primary. This is said once for each workspace; the rules about zone redundancy of single resources
#   are exempt in such a region.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/reliability/regions-list
#   - ref: https://learn.microsoft.com/azure/reliability/availability-zones-overview
# custom:
#   id: HF-TOPO-005
#   level: {active-active: warning, active-standby: warning, active-passive: note}
#   score: 4.0
#   scope: workspace
#   subject: workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location]
#   static: yes
#   seeds: [S11, S21]
#   change: replacement
#   cost: "high: move to a region with zones"
#   remediation:
#     text: Prefer a region with zones, at least for the primary.
#     cli: az account list-locations --query "[?availabilityZoneMappings!=null].name" -o tsv
#     bicep: |
#       var zonal = contains(loadJsonContent('zone-regions.json').regions, location)
#     terraform: |
#       data "azurerm_location" "chosen" {
#         location = var.location
#       }
#
#       check "zones" {
#         assert {
#           condition     = length(data.azurerm_location.chosen.zone_mappings) > 0
#           error_message = "The region has no availability zones."
#         }
#       }
package holdfast.rules.topology.region_zones

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.regions

deny contains finding.of(subject, workspace, "/location", message) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	regions.zones(workspace.location) == false
	message := sprintf(
		`"%s" lies in %s, which has no availability zones; expected is a region that has them`,
		[workspace.name, workspace.location],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	regions.zones(estate.resource(subject).location)
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	environment := estate.outside_production(estate.resource(subject))
	reason := sprintf("outside production (%s)", [environment])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	not regions.known(workspace.location)
	reason := sprintf("no table knows the region %s", [workspace.location])
}
