# METADATA
# title: PostgreSQL flexible servers use zone-redundant high availability
# description: |
#   A server without a standby in another zone is down with its data centre, and with it every job that
#   reads from it. A standby in the same zone is noted: it helps when the server fails, not when the zone
#   does. The Burstable tier has no high availability at all. Read from Azure, the standby must
#   be healthy. Judged is what a connection or data_dependencies names, in regions with zones.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-high-availability
# custom:
#   id: HF-PG-001
#   level: {active-active: error, active-standby: warning, active-passive: note}
#   score: 6.0
#   scope: workspace
#   subject: postgresql_server
#   evidence:
#     Microsoft.DBforPostgreSQL/flexibleServers:
#       - /location
#       - /properties/highAvailability/mode
#       - any_of: ["", /properties/highAvailability/state]
#       - any_of: ["", /sku/tier]
#     Microsoft.MachineLearningServices/workspaces/connections:
#       - any_of: ["", /properties/target]
#       - any_of: ["", /properties/category]
#   static: yes
#   seeds: [S19, S53]
#   change: in-place
#   cost: "medium: standby server"
#   remediation:
#     text: >-
#       Enable zone-redundant high availability; a Burstable server has to change its tier first.
#     cli: >-
#       az postgres flexible-server update -n <pg> -g <rg> --zonal-resiliency Enabled
#     bicep: |
#       properties: { highAvailability: { mode: 'ZoneRedundant' } }
#     terraform: |
#       resource "azurerm_postgresql_flexible_server" "train" {
#         name                = var.server_name
#         resource_group_name = azurerm_resource_group.data.name
#         location            = var.primary
#         sku_name            = "GP_Standard_D4ds_v4"
#         zone                = "1"
#         high_availability {
#           mode                      = "ZoneRedundant"
#           standby_availability_zone = "2"
#         }
#       }
#   aprl: [ca87914f]
package holdfast.rules.postgresql.zone_redundant

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.flexible_server
import data.holdfast.lib.regions

deny contains finding.of(subject, server, "/sku/tier", message) if {
	some subject in estate.subjects("postgresql_server")
	server := in_zones(subject)
	flexible_server.mode(server) == "disabled"
	flexible_server.burstable(server)
	message := sprintf(
		`"%s" is Burstable, a tier without high availability; expected is General Purpose or Memory Optimized`,
		[server.name],
	)
}

deny contains finding.of(subject, server, "/properties/highAvailability/mode", message) if {
	some subject in estate.subjects("postgresql_server")
	server := in_zones(subject)
	flexible_server.mode(server) == "disabled"
	not flexible_server.burstable(server)
	message := sprintf(`"%s" has no standby; expected is high availability over zones`, [server.name])
}

deny contains finding.at_level(subject, server, "/properties/highAvailability/mode", message, "note") if {
	some subject in estate.subjects("postgresql_server")
	server := in_zones(subject)
	flexible_server.mode(server) == "samezone"
	message := sprintf(`the standby of "%s" is in the same zone; expected is ZoneRedundant`, [server.name])
}

pass contains subject.id if {
	some subject in estate.subjects("postgresql_server")
	server := in_zones(subject)
	flexible_server.mode(server) == "zoneredundant"
	flexible_server.healthy(server)
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("postgresql_server")
	server := estate.resource(subject)
	regions.zones(server.location) == false
	reason := sprintf("%s has no availability zones (HF-TOPO-005)", [server.location])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("postgresql_server")
	server := in_zones(subject)
	flexible_server.mode(server) == "zoneredundant"
	not flexible_server.healthy(server)
	reason := sprintf(`the standby of "%s" is %s, not healthy`, [
		server.name,
		object.get(server.properties.highAvailability, "state", "in an unknown state"),
	])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("postgresql_server")
	server := estate.resource(subject)
	not regions.known(server.location)
	reason := sprintf(
		`"%s" lies in %s, and no table says whether that region has zones`,
		[server.name, server.location],
	)
}

# The server of a subject, in a region with zones.
in_zones(subject) := server if {
	server := estate.resource(subject)
	regions.zones(server.location)
}
