# METADATA
# title: Geo-replication of data accounts is healthy and lands in the failover region
# description: |
#   A geo-redundant account protects only as far as its last synchronisation, and helps most where its
#   copy lies in the region that takes over. The age of the copy is measured against the time of the
#   capture, not of the evaluation. Azure gives the state of the replication only for accounts with read
#   access to the second region, and only when asked for it; without it this rule stays open.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/storage/common/storage-redundancy
#   - ref: https://learn.microsoft.com/azure/storage/common/last-sync-time-get
# custom:
#   id: HF-DATA-004
#   level: {active-active: note, active-standby: note, active-passive: note}
#   score: 3.0
#   scope: pair
#   subject: data_storage
#   evidence:
#     Microsoft.Storage/storageAccounts:
#       - /sku/name
#       - /properties/secondaryLocation
#       - /properties/statusOfPrimary
#       - /properties/geoReplicationStats/status
#       - /properties/geoReplicationStats/lastSyncTime
#       - any_of: ["", /location]
#     Microsoft.MachineLearningServices/workspaces: [/location]
#   static: no
#   seeds: [S22, S60]
#   change: in-place
#   cost: none
#   remediation:
#     text: Check the replication state and align the regions.
#     cli: >-
#       az storage account show -n <data> -g <rg> --expand geoReplicationStats
#       --query "{s:geoReplicationStats,loc:secondaryLocation}"
#     bicep: |
#       output secondary string = st.properties.secondaryLocation
#     terraform: |
#       output "secondary" {
#         value = azurerm_storage_account.data.secondary_location
#       }
package holdfast.rules.data.geo_replication_healthy

import data.holdfast.lib.estate
import data.holdfast.lib.finding

geo_redundant := {"standard_grs", "standard_ragrs", "standard_gzrs", "standard_ragzrs"}

one_region := {"standard_lrs", "standard_zrs", "premium_lrs", "premium_zrs"}

deny contains finding.of(subject, account, "/properties/geoReplicationStats/status", message) if {
	some subject in estate.subjects("data_storage")
	account := geo_redundant_account(subject)
	lower(account.properties.geoReplicationStats.status) == "unavailable"
	message := sprintf(`the copy of "%s" in its second region is unavailable; expected is Live`, [account.name])
}

deny contains finding.of(subject, account, "/properties/geoReplicationStats/lastSyncTime", message) if {
	some subject in estate.subjects("data_storage")
	account := geo_redundant_account(subject)
	minutes := age(account)
	minutes > input.parameters.rpo_minutes
	message := sprintf(
		`the copy of "%s" was %d minutes old at the capture; expected are at most %d (rpo_minutes)`,
		[account.name, minutes, input.parameters.rpo_minutes],
	)
}

deny contains finding.of(subject, account, "/properties/secondaryLocation", message) if {
	some subject in estate.subjects("data_storage")
	account := geo_redundant_account(subject)
	secondary := estate.secondary(estate.pair(subject))
	regions := regions_of(account)
	not secondary.location in regions
	message := sprintf(
		`"%s" is copied to %s, but "%s" runs in %s; expected is a copy in that region`,
		[account.name, account.properties.secondaryLocation, secondary.name, secondary.location],
	)
}

deny contains finding.of(subject, account, "/properties/statusOfPrimary", message) if {
	some subject in estate.subjects("data_storage")
	account := geo_redundant_account(subject)
	lower(account.properties.statusOfPrimary) == "unavailable"
	message := sprintf(`"%s" is unavailable in its own region`, [account.name])
}

pass contains subject.id if {
	some subject in estate.subjects("data_storage")
	account := geo_redundant_account(subject)
	lower(account.properties.geoReplicationStats.status) == "live"
	age(account) <= input.parameters.rpo_minutes
	estate.secondary(estate.pair(subject)).location in regions_of(account)
	lower(account.properties.statusOfPrimary) == "available"
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("data_storage")
	account := estate.resource(subject)
	lower(account.sku.name) in one_region
	reason := sprintf(`"%s" is %s, not geo-redundant (HF-DATA-003)`, [account.name, account.sku.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("data_storage")
	account := estate.resource(subject)
	count(account.default_of) > 0
	reason := sprintf(`"%s" is the default storage account of a workspace (HF-DATA-001)`, [account.name])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("data_storage")
	account := geo_redundant_account(subject)
	estate.absent(account, ["properties", "geoReplicationStats"])
	reason := sprintf(
		`Azure tells the replication state of "%s" only with read access to the second region (%s gives no such access)`,
		[account.name, account.sku.name],
	)
}

open contains finding.open(subject, "it is not known when the estate was captured") if {
	some subject in estate.subjects("data_storage")
	not input.captured_at
}

geo_redundant_account(subject) := account if {
	account := estate.resource(subject)
	lower(account.sku.name) in geo_redundant
}

# Minutes between the last synchronisation and the capture.
age(account) := minutes if {
	synchronised := time.parse_rfc3339_ns(account.properties.geoReplicationStats.lastSyncTime)
	minutes := floor((time.parse_rfc3339_ns(input.captured_at) - synchronised) / 60000000000)
}

regions_of(account) := {account.location, replace(lower(account.properties.secondaryLocation), " ", "")}
