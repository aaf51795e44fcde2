# METADATA
# title: Default storage is zone-redundant where the region has zones
# description: |
#   Without zone redundancy all copies of the default account lie in one data centre; its outage stops
#   every job and every studio page of the workspace, although the region as a whole is up. Zone
#   redundancy is the protection that helps here: geo-redundancy does not, because the service does not
#   support failing this account over (HF-STOR-002). Geo-zone-redundant accounts are accepted. A default
#   account cannot be premium, BlobStorage or hierarchical, so only the general-purpose SKUs are judged.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/storage/common/storage-redundancy
#   - ref: https://learn.microsoft.com/azure/storage/common/redundancy-migration
# custom:
#   id: HF-STOR-003
#   level: {active-active: error, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: workspace
#   subject: default_storage
#   evidence:
#     Microsoft.Storage/storageAccounts: [/sku/name, /location]
#   static: yes
#   seeds: [S12, S50]
#   change: migration
#   cost: "low: ZRS price over LRS"
#   remediation:
#     text: Convert the account to zone redundancy; the conversion keeps the account and its id.
#     cli: az storage account migration start -n <st> -g <rg> --sku Standard_ZRS
#     bicep: |
#       sku: { name: 'Standard_ZRS' }
#     terraform: |
#       resource "azurerm_storage_account" "ml" {
#         name                     = var.storage_name
#         resource_group_name      = azurerm_resource_group.ml.name
#         location                 = var.location
#         account_tier             = "Standard"
#         account_replication_type = "ZRS"
#       }
#   aprl: [e6c7e1cc]
package holdfast.rules.storage.default_zone_redundant

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.regions

redundant := {"standard_zrs", "standard_gzrs", "standard_ragzrs"}

single_zone := {"standard_lrs", "standard_grs", "standard_ragrs"}

deny contains finding.of(subject, account, "/sku/name", message) if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	regions.zones(account.location)
	lower(account.sku.name) in single_zone
	message := sprintf(
		`"%s" has the SKU %s, so one data centre holds all copies in %s; expected is Standard_ZRS (or GZRS)`,
		[account.name, account.sku.name, account.location],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	regions.zones(account.location)
	lower(account.sku.name) in redundant
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	regions.zones(account.location) == false
	reason := sprintf("%s has no availability zones (HF-TOPO-005)", [account.location])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	not lower(account.sku.name) in (redundant | single_zone)
	reason := sprintf(`"%s" has the SKU %s, which no default storage account is known to have`, [
		account.name,
		account.sku.name,
	])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	not regions.known(account.location)
	reason := sprintf(
		`"%s" lies in %s, and no table says whether that region has zones`,
		[account.name, account.location],
	)
}
