# METADATA
# title: SQL databases and managed instances used for training are in a failover group to the other region
# description: |
#   A database in one region takes the training with it. A failover group keeps a copy in the other region
#   and the connection string, active geo-replication only the copy: both pass. Groups that fail over
#   automatically are noted: that is left to the platform, which may lose data and moves the database
#   without the workspace. Whether a Standby secondary suffices for training was not verified, so it stays
#   open. Judged is what a datastore, a connection or data_dependencies names, nothing else.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/azure-sql/database/failover-group-sql-db
#   - ref: https://learn.microsoft.com/azure/azure-sql/managed-instance/failover-group-sql-mi
# custom:
#   id: HF-SQL-001
#   level: {active-active: error, active-standby: warning, active-passive: warning}
#   score: 7.0
#   scope: pair
#   subject: sql_database
#   evidence:
#     Microsoft.Sql/servers/databases:
#       - /location
#       - any_of: ["", /properties/sourceDatabaseId]
#       - any_of: ["", /properties/secondaryType, /properties/createMode]
#     Microsoft.Sql/servers:
#       - any_of: ["", /location]
#     Microsoft.Sql/servers/failoverGroups:
#       - any_of: ["", /properties/partnerServers]
#       - any_of: ["", /properties/databases]
#       - any_of: ["", /properties/readWriteEndpoint/failoverPolicy]
#     Microsoft.Sql/servers/databases/replicationLinks:
#       - any_of: ["", /properties/linkType]
#       - any_of: ["", /properties/partnerLocation]
#     Microsoft.Sql/managedInstances: [/location]
#     Microsoft.Sql/locations/instanceFailoverGroups:
#       - any_of: ["", /properties/managedInstancePairs]
#       - any_of: ["", /properties/partnerRegions]
#       - any_of: ["", /properties/readWriteEndpoint/failoverPolicy]
#     Microsoft.MachineLearningServices/workspaces: [/location]
#     Microsoft.MachineLearningServices/workspaces/connections:
#       - any_of: ["", /properties/target]
#       - any_of: ["", /properties/category]
#   absence:
#     - Microsoft.Sql/servers/failoverGroups
#     - Microsoft.Sql/servers/databases/replicationLinks
#     - Microsoft.Sql/locations/instanceFailoverGroups
#   static: yes
#   seeds: [S10, S19, S52]
#   change: in-place
#   cost: "high: second server or instance"
#   remediation:
#     text: Create a failover group and connect through its listener.
#     cli: >-
#       az sql failover-group create -n <fg> -g <rg> -s <srv> --partner-server <srv-dr> --add-db <db>
#       --failover-policy Manual
#     bicep: |
#       resource fg 'Microsoft.Sql/servers/failoverGroups@2023-08-01' = {
#         parent: sql
#         name: 'fg'
#         properties: {
#           partnerServers: [{ id: sqlDr.id }]
#           databases: [db.id]
#           readWriteEndpoint: { failoverPolicy: 'Manual' }
#         }
#       }
#     terraform: |
#       resource "azurerm_mssql_failover_group" "train" {
#         name      = "fg"
#         server_id = azurerm_mssql_server.primary.id
#         databases = [azurerm_mssql_database.train.id]
#         partner_server {
#           id = azurerm_mssql_server.dr.id
#         }
#         read_write_endpoint_failover_policy {
#           mode = "Manual"
#         }
#       }
#   aprl: [943c168a, 0f838324, 257cd903]
package holdfast.rules.sql.failover_group

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.sql

deny contains finding.of(subject, it, "", message) if {
	some subject in estate.subjects("sql_database")
	it := estate.resource(subject)
	enumerated(it)
	sql.settled(it)
	secondary := estate.secondary(estate.pair(subject))
	is_string(it.location)
	is_string(secondary.location)
	not sql.survives(it, estate.pair(subject))
	message := sprintf(
		`"%s" is kept in %s only, but "%s" runs in %s; expected is a failover group to that region`,
		[it.name, concat(", ", sort(sql.regions(it))), secondary.name, secondary.location],
	)
}

deny contains finding.at_level(subject, group, "/properties/readWriteEndpoint/failoverPolicy", message, "note") if {
	some subject in estate.subjects("sql_database")
	it := estate.resource(subject)
	some group in sql.groups(it)
	lower(group.properties.readWriteEndpoint.failoverPolicy) == "automatic"
	message := sprintf(
		`"%s" fails "%s" over by itself and may lose data; expected is the policy Manual`,
		[group.name, it.name],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("sql_database")
	it := estate.resource(subject)
	sql.survives(it, estate.pair(subject))
	every group in sql.groups(it) {
		lower(group.properties.readWriteEndpoint.failoverPolicy) == "manual"
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("sql_database")
	environment := estate.pair_outside_production(estate.pair(subject))
	reason := sprintf("outside production (%s)", [environment])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("sql_database")
	it := estate.resource(subject)
	sql.standby(it)
	reason := sprintf(`"%s" has a Standby secondary, and nothing documents that it suffices for training`, [it.name])
}

# Whether all failover groups and links that could hold it were read.
enumerated(it) if {
	sql.is_database(it)
	estate.complete_in("Microsoft.Sql/servers/failoverGroups", sql.server(it).id)
	estate.complete_in("Microsoft.Sql/servers/databases/replicationLinks", it.id)
}

enumerated(it) if {
	sql.is_instance(it)
	estate.complete_in("Microsoft.Sql/locations/instanceFailoverGroups", it.id)
}
