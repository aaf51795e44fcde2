# METADATA
# title: MySQL data is recoverable in another region
# description: |
#   A geo-redundant backup can be restored in the paired region, a read replica in another region has the
#   data already. Regions without a pair have no geo-redundant backup: there only a replica passes.
#   Judged is what a connection or data_dependencies names.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/mysql/flexible-server/concepts-high-availability
#   - ref: https://learn.microsoft.com/azure/mysql/flexible-server/concepts-business-continuity
# custom:
#   id: HF-MYSQL-002
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 7.0
#   scope: pair
#   subject: mysql_server
#   evidence:
#     Microsoft.DBforMySQL/flexibleServers:
#       - /location
#       - any_of: ["", /properties/backup/geoRedundantBackup]
#       - any_of: ["", /properties/sourceServerResourceId]
#       - any_of: ["", /properties/replicationRole]
#     Microsoft.MachineLearningServices/workspaces:
#       - any_of: ["", /location]
#     Microsoft.MachineLearningServices/workspaces/connections:
#       - any_of: ["", /properties/target]
#       - any_of: ["", /properties/category]
#   absence: [Microsoft.DBforMySQL/flexibleServers]
#   static: yes
#   seeds: [S19, S54]
#   change: in-place
#   cost: "medium: geo backup storage or replica"
#   remediation:
#     text: Enable geo-redundant backup or add a cross-region replica.
#     cli: az mysql flexible-server update -n <my> -g <rg> --geo-redundant-backup Enabled
#     bicep: |
#       properties: { backup: { geoRedundantBackup: 'Enabled', backupRetentionDays: 14 } }
#     terraform: |
#       resource "azurerm_mysql_flexible_server" "train" {
#         name                         = var.server_name
#         resource_group_name          = azurerm_resource_group.data.name
#         location                     = var.primary
#         sku_name                     = "GP_Standard_D4ds_v4"
#         geo_redundant_backup_enabled = true
#       }
#   aprl: [5c96afc3, b49a8653]
package holdfast.rules.mysql.recoverable_elsewhere

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.flexible_server
import data.holdfast.lib.regions

deny contains finding.of(subject, server, "/properties/backup/geoRedundantBackup", message) if {
	some subject in estate.subjects("mysql_server")
	server := estate.resource(subject)
	secondary := estate.secondary(estate.pair(subject))
	is_string(secondary.location)
	flexible_server.not_backed_up(server)
	flexible_server.settled(server)
	estate.complete_in("Microsoft.DBforMySQL/flexibleServers", server.id)
	not flexible_server.replicated(server, estate.pair(subject))
	message := sprintf(
		`"%s" in %s has neither %s nor a replica in %s; when its region is lost, so is the data`,
		[server.name, server.location, backup_there(server), secondary.location],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("mysql_server")
	flexible_server.replicated(estate.resource(subject), estate.pair(subject))
}

pass contains subject.id if {
	some subject in estate.subjects("mysql_server")
	flexible_server.backed_up(estate.resource(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("mysql_server")
	environment := estate.pair_outside_production(estate.pair(subject))
	reason := sprintf("outside production (%s)", [environment])
}

backup_there(server) := "a geo-redundant backup" if is_string(regions.pair(server.location))

backup_there(server) := "a backup in another region (which takes a paired region)" if {
	regions.pair(server.location) == null
}

backup_there(server) := "a geo-redundant backup" if not regions.paired(server.location)
