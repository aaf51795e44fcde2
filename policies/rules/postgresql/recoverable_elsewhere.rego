# METADATA
# title: PostgreSQL data is recoverable in another region
# description: |
#   A geo-redundant backup can be restored in the paired region, a read replica in another region has the
#   data already. Regions without a pair have no geo-redundant backup: there only a replica passes.
#   Where the second region stands ready, the backup alone is noted: restoring it takes hours.
#   Judged is what a connection or data_dependencies names.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-high-availability
#   - ref: https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-geo-disaster-recovery
# custom:
#   id: HF-PG-002
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 7.0
#   scope: pair
#   subject: postgresql_server
#   evidence:
#     Microsoft.DBforPostgreSQL/flexibleServers:
#       - /location
#       - any_of: ["", /properties/backup/geoRedundantBackup]
#       - any_of: ["", /properties/sourceServerResourceId]
#       - any_of: ["", /properties/replicationRole]
#     Microsoft.MachineLearningServices/workspaces:
#       - any_of: ["", /location]
#     Microsoft.MachineLearningServices/workspaces/connections:
#       - any_of: ["", /properties/target]
#       - any_of: ["", /properties/category]
#   absence: [Microsoft.DBforPostgreSQL/flexibleServers]
#   static: yes
#   seeds: [S19, S53]
#   change: in-place
#   cost: "high: read replica (geo backup alone: replacement, low)"
#   remediation:
#     text: >-
#       Create a read replica in the failover region; geo-redundant backup can only be chosen when a server is created.
#     cli: az postgres flexible-server replica create --name <pg-dr> --source-server <pg> -g <rg> -l <region2>
#     bicep: |
#       properties: { createMode: 'Replica', sourceServerResourceId: pg.id }
#     terraform: |
#       resource "azurerm_postgresql_flexible_server" "dr" {
#         name                = var.server_dr_name
#         resource_group_name = azurerm_resource_group.dr.name
#         location            = var.secondary
#         create_mode         = "Replica"
#         source_server_id    = azurerm_postgresql_flexible_server.train.id
#       }
#   aprl: [31f4ac4b, 2ab85a67]
package holdfast.rules.postgresql.recoverable_elsewhere

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.flexible_server
import data.holdfast.lib.regions

deny contains finding.of(subject, server, "/properties/backup/geoRedundantBackup", message) if {
	some subject in estate.subjects("postgresql_server")
	server := estate.resource(subject)
	secondary := estate.secondary(estate.pair(subject))
	is_string(secondary.location)
	flexible_server.not_backed_up(server)
	flexible_server.settled(server)
	estate.complete_in("Microsoft.DBforPostgreSQL/flexibleServers", server.id)
	not flexible_server.replicated(server, estate.pair(subject))
	message := sprintf(
		`"%s" in %s has neither %s nor a replica in %s; when its region is lost, so is the data`,
		[server.name, server.location, backup_there(server), secondary.location],
	)
}

deny contains finding.at_level(subject, server, "/properties/backup/geoRedundantBackup", message, "note") if {
	some subject in estate.subjects("postgresql_server")
	server := estate.resource(subject)
	estate.pair(subject).tier.overall in {"active-active", "active-standby"}
	flexible_server.backed_up(server)
	flexible_server.settled(server)
	estate.complete_in("Microsoft.DBforPostgreSQL/flexibleServers", server.id)
	not flexible_server.replicated(server, estate.pair(subject))
	message := sprintf(
		`"%s" has a geo-redundant backup only, which takes hours to restore; expected in this tier is a replica`,
		[server.name],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("postgresql_server")
	flexible_server.replicated(estate.resource(subject), estate.pair(subject))
}

pass contains subject.id if {
	some subject in estate.subjects("postgresql_server")
	estate.pair(subject).tier.overall == "active-passive"
	flexible_server.backed_up(estate.resource(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("postgresql_server")
	environment := estate.pair_outside_production(estate.pair(subject))
	reason := sprintf("outside production (%s)", [environment])
}

backup_there(server) := "a geo-redundant backup" if is_string(regions.pair(server.location))

backup_there(server) := "a backup in another region (which takes a paired region)" if {
	regions.pair(server.location) == null
}

backup_there(server) := "a geo-redundant backup" if not regions.paired(server.location)
