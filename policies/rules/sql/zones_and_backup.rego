# METADATA
# title: SQL databases are zone-redundant and back up to another region
# description: |
#   Zone redundancy keeps the database up when a data centre fails, a geo-redundant backup keeps the data
#   when the region does. In a region without a pair there is no geo-redundant backup: there the copy of
#   HF-SQL-001 takes its place, and where it is missing that rule alone speaks of it.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/azure-sql/database/failover-group-sql-db
#   - ref: https://learn.microsoft.com/azure/azure-sql/database/high-availability-sla-local-zone-redundancy
# custom:
#   id: HF-SQL-002
#   level: {active-active: warning, active-standby: warning, active-passive: note}
#   score: 5.0
#   scope: pair
#   subject: sql_database
#   evidence:
#     Microsoft.Sql/servers/databases:
#       - /location
#       - any_of: ["", /properties/zoneRedundant]
#       - any_of: ["", /properties/currentBackupStorageRedundancy, /properties/requestedBackupStorageRedundancy]
#       - any_of: ["", /properties/sourceDatabaseId]
#       - any_of: ["", /properties/secondaryType, /properties/createMode]
#     Microsoft.Sql/managedInstances:
#       - /location
#       - any_of: ["", /properties/zoneRedundant]
#       - any_of: ["", /properties/currentBackupStorageRedundancy, /properties/requestedBackupStorageRedundancy]
#     Microsoft.Sql/servers:
#       - any_of: ["", /location]
#     Microsoft.Sql/servers/failoverGroups:
#       - any_of: ["", /properties/partnerServers]
#       - any_of: ["", /properties/databases]
#     Microsoft.Sql/servers/databases/replicationLinks:
#       - any_of: ["", /properties/linkType]
#       - any_of: ["", /properties/partnerLocation]
#     Microsoft.Sql/locations/instanceFailoverGroups:
#       - any_of: ["", /properties/managedInstancePairs]
#       - any_of: ["", /properties/partnerRegions]
#     Microsoft.MachineLearningServices/workspaces:
#       - any_of: ["", /location]
#     Microsoft.MachineLearningServices/workspaces/connections:
#       - any_of: ["", /properties/target]
#       - any_of: ["", /properties/category]
#   static: yes
#   seeds: [S10, S19, S52]
#   change: in-place
#   cost: "medium: zone redundancy and geo backup storage"
#   remediation:
#     text: Enable zone redundancy and geo backup storage.
#     cli: az sql db update -n <db> -s <srv> -g <rg> --zone-redundant true --backup-storage-redundancy GeoZone
#     bicep: |
#       properties: { zoneRedundant: true, requestedBackupStorageRedundancy: 'GeoZone' }
#     terraform: |
#       resource "azurerm_mssql_database" "train" {
#         name                 = "train"
#         server_id            = azurerm_mssql_server.primary.id
#         zone_redundant       = true
#         storage_account_type = "GeoZone"
#       }
#   aprl: [c0085c32, f8f834a9, 15e2712c]
package holdfast.rules.sql.zones_and_backup

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.regions
import data.holdfast.lib.sql

elsewhere := {"geo", "geozone"}

deny contains finding.of(subject, it, "/properties/zoneRedundant", message) if {
	some subject in estate.subjects("sql_database")
	it := estate.resource(subject)
	regions.zones(it.location)
	it.properties.zoneRedundant == false
	message := sprintf(`"%s" is not zone-redundant, although %s has zones`, [it.name, it.location])
}

deny contains finding.of(subject, it, "/properties/requestedBackupStorageRedundancy", message) if {
	some subject in estate.subjects("sql_database")
	it := estate.resource(subject)
	is_string(regions.pair(it.location))
	lower(backup(it)) in {"local", "zone"}
	message := sprintf(`"%s" keeps its backup in %s (%s); expected is Geo or GeoZone`, [it.name, it.location, backup(it)])
}

pass contains subject.id if {
	some subject in estate.subjects("sql_database")
	it := estate.resource(subject)
	zones_used(it)
	recoverable(it, estate.pair(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("sql_database")
	it := estate.resource(subject)
	zones_used(it)
	regions.pair(it.location) == null
	not sql.survives(it, estate.pair(subject))
	reason := sprintf(`in %s "%s" can be backed up nowhere else; a copy is for HF-SQL-001`, [it.location, it.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("sql_database")
	environment := estate.pair_outside_production(estate.pair(subject))
	reason := sprintf("outside production (%s)", [environment])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("sql_database")
	it := estate.resource(subject)
	not regions.known(it.location)
	reason := sprintf(`"%s" lies in %s, and no table says whether that region has zones`, [it.name, it.location])
}

zones_used(it) if {
	regions.zones(it.location)
	it.properties.zoneRedundant == true
}

zones_used(it) if regions.zones(it.location) == false

recoverable(it, _) if {
	is_string(regions.pair(it.location))
	lower(backup(it)) in elsewhere
}

recoverable(it, pair) if {
	regions.pair(it.location) == null
	sql.survives(it, pair)
}

# What holds now counts, in source code what is asked for.
backup(it) := it.properties.currentBackupStorageRedundancy

backup(it) := it.properties.requestedBackupStorageRedundancy if {
	estate.absent(it, ["properties", "currentBackupStorageRedundancy"])
}
