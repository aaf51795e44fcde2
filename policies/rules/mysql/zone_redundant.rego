# METADATA
# title: MySQL flexible servers use zone-redundant high availability
# description: |
#   A server without a standby in another zone is down with its data centre, and with it every job that
#   reads from it. A standby in the same zone is noted: it helps when the server fails, not when the zone
#   does. The Burstable tier has no high availability at all, and MySQL takes the mode only when a server
#   is created. Read from Azure, the standby must be healthy. Judged is what a connection or
#   data_dependencies names, in regions with zones.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/mysql/flexible-server/concepts-high-availability
# custom:
#   id: HF-MYSQL-001
#   level: {active-active: error, active-standby: warning, active-passive: note}
#   score: 6.0
#   scope: workspace
#   subject: mysql_server
#   evidence:
#     Microsoft.DBforMySQL/flexibleServers:
#       - /location
#       - /properties/highAvailability/mode
#       - any_of: ["", /properties/highAvailability/state]
#       - any_of: ["", /sku/tier]
#     Microsoft.MachineLearningServices/workspaces/connections:
#       - any_of: ["", /properties/target]
#       - any_of: ["", /properties/category]
#   static: yes
#   seeds: [S19, S54]
#   change: replacement
#   cost: "medium: standby server"
#   remediation:
#     text: >-
#       Create a server with zone-redundant high availability, of the General Purpose or Business Critical tier, and
#       move the data by dump and restore or by replication.
#     cli: >-
#       az mysql flexible-server create -n <my-zr> -g <rg> -l <region> --tier GeneralPurpose
#       --sku-name Standard_D2ds_v4 --high-availability ZoneRedundant
#     bicep: |
#       properties: { highAvailability: { mode: 'ZoneRedundant' } }
#     terraform: |
#       resource "azurerm_mysql_flexible_server" "train" {
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
#   aprl: [88856605]
package holdfast.rules.mysql.zone_redundant

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.flexible_server
import data.holdfast.lib.regions

deny contains finding.of(subject, server, "/sku/tier", message) if {
	some subject in estate.subjects("mysql_server")
	server := in_zones(subject)
	flexible_server.mode(server) == "disabled"
	flexible_server.burstable(server)
	message := sprintf(
		`"%s" is Burstable, a tier without high availability; expected is General Purpose or Business Critical`,
		[server.name],
	)
}

deny contains finding.of(subject, server, "/properties/highAvailability/mode", message) if {
	some subject in estate.subjects("mysql_server")
	server := in_zones(subject)
	flexible_server.mode(server) == "disabled"
	not flexible_server.burstable(server)
	message := sprintf(`"%s" has no standby; expected is high availability over zones`, [server.name])
}

deny contains finding.at_level(subject, server, "/properties/highAvailability/mode", message, "note") if {
	some subject in estate.subjects("mysql_server")
	server := in_zones(subject)
	flexible_server.mode(server) == "samezone"
	message := sprintf(`the standby of "%s" is in the same zone; expected is ZoneRedundant`, [server.name])
}

pass contains subject.id if {
	some subject in estate.subjects("mysql_server")
	server := in_zones(subject)
	flexible_server.mode(server) == "zoneredundant"
	flexible_server.healthy(server)
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("mysql_server")
	server := estate.resource(subject)
	regions.zones(server.location) == false
	reason := sprintf("%s has no availability zones (HF-TOPO-005)", [server.location])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("mysql_server")
	server := in_zones(subject)
	flexible_server.mode(server) == "zoneredundant"
	not flexible_server.healthy(server)
	reason := sprintf(`the standby of "%s" is %s, not healthy`, [
		server.name,
		object.get(server.properties.highAvailability, "state", "in an unknown state"),
	])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("mysql_server")
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
