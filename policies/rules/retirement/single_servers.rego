# METADATA
# title: No PostgreSQL or MySQL single server
# description: |
#   Single servers were retired, PostgreSQL on 2025-03-28 and MySQL on 2024-09-16; the links of the article
#   of 2021 lead to their pages. Judged is what a connection or data_dependencies of a workspace names;
#   flexible servers pass here and are judged by the rules of their own area.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-high-availability
#   - ref: https://learn.microsoft.com/azure/mysql/migrate/whats-happening-to-mysql-single-server
# custom:
#   id: HF-RET-002
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 8.0
#   scope: estate
#   subject: database_server
#   evidence:
#     Microsoft.DBforPostgreSQL/servers:
#       - any_of: ["", /location]
#     Microsoft.DBforPostgreSQL/flexibleServers:
#       - any_of: ["", /location]
#     Microsoft.DBforMySQL/servers:
#       - any_of: ["", /location]
#     Microsoft.DBforMySQL/flexibleServers:
#       - any_of: ["", /location]
#     Microsoft.MachineLearningServices/workspaces/connections:
#       - any_of: ["", /properties/target]
#       - any_of: ["", /properties/category]
#   static: yes
#   seeds: [S53, S54]
#   change: migration
#   cost: "medium: flexible server"
#   remediation:
#     text: Migrate to flexible server; the rules of its area apply then.
#     cli: az postgres flexible-server migration create --help
#     bicep: |
#       resource pg 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
#         name: serverName
#         location: primary
#         sku: { name: 'Standard_D4ds_v5', tier: 'GeneralPurpose' }
#         properties: { version: '16', highAvailability: { mode: 'ZoneRedundant' } }
#       }
#     terraform: |
#       resource "azurerm_postgresql_flexible_server" "train" {
#         name                = var.server_name
#         resource_group_name = azurerm_resource_group.data.name
#         location            = var.primary
#         sku_name            = "GP_Standard_D4ds_v5"
#         version             = "16"
#       }
package holdfast.rules.retirement.single_servers

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.retirements

retirement_of := {
	"microsoft.dbforpostgresql/servers": retirements.row("pg-single"),
	"microsoft.dbformysql/servers": retirements.row("mysql-single"),
}

flexible := {"microsoft.dbforpostgresql/flexibleservers", "microsoft.dbformysql/flexibleservers"}

deny contains finding.of(subject, server, "", message(server)) if {
	some subject in estate.subjects("database_server")
	server := estate.resource(subject)
	retirements.level(retirement_of[server.type]) == "rule"
}

deny contains finding.at_level(subject, server, "", message(server), "warning") if {
	some subject in estate.subjects("database_server")
	server := estate.resource(subject)
	retirements.level(retirement_of[server.type]) == "warning"
}

pass contains subject.id if {
	some subject in estate.subjects("database_server")
	estate.resource(subject).type in flexible
}

pass contains subject.id if {
	some subject in estate.subjects("database_server")
	retirements.later(retirement_of[estate.resource(subject).type])
}

message(server) := sprintf(`"%s" is a single server of %s, %s; expected is %s`, [
	server.name,
	retirement_of[server.type].service,
	retirements.when(retirement_of[server.type]),
	retirement_of[server.type].replacement,
])
