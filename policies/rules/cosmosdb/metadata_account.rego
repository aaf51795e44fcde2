# METADATA
# title: Cosmos DB in your subscription for a CMK workspace spans regions and zones
# description: |
#   A workspace with a customer-managed key keeps its metadata in a Cosmos DB account of your own
#   subscription. If that account lives in one region, the metadata fails with it: expected are two regions
#   (three with strong consistency), the failover region among them, and an account that fails over without
#   you. Zones and continuous backup are noted. Workspaces with service-side encryption have no such
#   account. The account is the one that the workspace names, or those in the resource group that the
#   service made; where neither can be read this rule is open. An account that the service manages may
#   refuse changes: service-side encryption is the way out then.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/reliability/reliability-cosmos-db-nosql
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-customer-managed-keys
# custom:
#   id: HF-COS-001
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 7.0
#   scope: pair
#   subject: cosmos_account
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - /location
#       - any_of: ["", /properties/encryption/status]
#       - any_of: ["", /properties/encryption/cosmosDbResourceId, /properties/serviceProvisionedResourceGroup]
#       - any_of: ["", /properties/enableServiceSideCMKEncryption]
#     Microsoft.DocumentDB/databaseAccounts:
#       - /properties/locations
#       - any_of: [/properties/enableAutomaticFailover, /properties/enableMultipleWriteLocations]
#       - /properties/backupPolicy/type
#       - any_of: ["", /properties/consistencyPolicy/defaultConsistencyLevel]
#   static: partial
#   seeds: [S56]
#   change: in-place
#   cost: "high: second region throughput"
#   remediation:
#     text: Add the failover region and service-managed failover.
#     cli: >-
#       az cosmosdb update -n <acct> -g <mrg> --locations regionName=<r1> failoverPriority=0 isZoneRedundant=true
#       --locations regionName=<r2> failoverPriority=1 --enable-automatic-failover true
#     bicep: |
#       properties: {
#         enableAutomaticFailover: true
#         locations: [
#           { locationName: primary, failoverPriority: 0, isZoneRedundant: true }
#           { locationName: secondary, failoverPriority: 1 }
#         ]
#       }
#     terraform: |
#       resource "azurerm_cosmosdb_account" "ml" {
#         name                       = var.cosmos_name
#         resource_group_name        = azurerm_resource_group.ml.name
#         location                   = var.primary
#         offer_type                 = "Standard"
#         automatic_failover_enabled = true
#         consistency_policy {
#           consistency_level = "Session"
#         }
#         geo_location {
#           location          = var.primary
#           failover_priority = 0
#           zone_redundant    = true
#         }
#         geo_location {
#           location          = var.secondary
#           failover_priority = 1
#         }
#         backup {
#           type = "Continuous"
#         }
#       }
#   aprl: [43663217, 9cabded7, 921631f6, e544520b]
package holdfast.rules.cosmosdb.metadata_account

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.regions

deny contains finding.of(subject, account, "/properties/locations", message) if {
	some subject in estate.subjects("cosmos_account")
	account := estate.resource(subject)
	secondary := estate.secondary(estate.pair(subject))
	is_string(secondary.location)
	known(account)
	not spans(account, secondary.location)
	message := sprintf(
		`"%s" lives in %s; expected are %d regions, %s among them`,
		[account.name, concat(", ", sort(places(account))), wanted(account), secondary.location],
	)
}

deny contains finding.of(subject, account, "/properties/enableAutomaticFailover", message) if {
	some subject in estate.subjects("cosmos_account")
	account := estate.resource(subject)
	account.properties.enableAutomaticFailover == false
	account.properties.enableMultipleWriteLocations == false
	message := sprintf(
		`"%s" waits for somebody to fail it over; expected is service-managed failover or several write regions`,
		[account.name],
	)
}

deny contains finding.at_level(subject, account, "/properties/locations", message, "note") if {
	some subject in estate.subjects("cosmos_account")
	account := estate.resource(subject)
	some place in account.properties.locations
	regions.zones(region(place))
	object.get(place, "isZoneRedundant", false) == false
	message := sprintf(`"%s" is not zone-redundant in %s, which has zones`, [account.name, region(place)])
}

deny contains finding.at_level(subject, account, "/properties/backupPolicy/type", message, "note") if {
	some subject in estate.subjects("cosmos_account")
	account := estate.resource(subject)
	lower(account.properties.backupPolicy.type) == "periodic"
	message := sprintf(`"%s" is backed up periodically; expected is a continuous backup`, [account.name])
}

pass contains subject.id if {
	some subject in estate.subjects("cosmos_account")
	account := estate.resource(subject)
	spans(account, estate.secondary(estate.pair(subject)).location)
	fails_over(account)
	every place in account.properties.locations {
		zones_used(place)
	}
	lower(account.properties.backupPolicy.type) == "continuous"
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("cosmos_account")
	workspaces := owners(subject)
	count(workspaces) > 0
	every workspace in workspaces {
		workspace.properties.enableServiceSideCMKEncryption == true
	}
	reason := sprintf(`"%s" is encrypted on the side of the service, without an account of yours`, [workspaces[0].name])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("cosmos_account")
	not estate.resource(subject)
	some workspace in owners(subject)
	reason := sprintf(
		`the Cosmos DB account of "%s" was not found, neither by its id nor in the resource group of the service`,
		[workspace.name],
	)
}

# The members of the pair whose metadata it holds.
owners(subject) := [workspace |
	some workspace in estate.members(estate.pair(subject))
	some reference in workspace.relations.cosmos_accounts
	estate.same(reference, subject)
]

region(place) := replace(lower(place.locationName), " ", "")

places(account) := {region(place) | some place in account.properties.locations}

# Whether every region and the consistency are known.
known(account) if {
	count(account.properties.locations) > 0
	every place in account.properties.locations {
		is_string(place.locationName)
	}
	is_number(wanted(account))
}

# Two regions, three with strong consistency; Session is the default.
wanted(account) := 3 if lower(account.properties.consistencyPolicy.defaultConsistencyLevel) == "strong"

wanted(account) := 2 if {
	level := account.properties.consistencyPolicy.defaultConsistencyLevel
	lower(level) != "strong"
}

wanted(account) := 2 if estate.absent(account, ["properties", "consistencyPolicy", "defaultConsistencyLevel"])

spans(account, failover_region) if {
	count(places(account)) >= wanted(account)
	failover_region in places(account)
}

fails_over(account) if account.properties.enableAutomaticFailover == true

fails_over(account) if account.properties.enableMultipleWriteLocations == true

zones_used(place) if place.isZoneRedundant == true

zones_used(place) if regions.zones(region(place)) == false
