# METADATA
# title: Data storage accounts survive a regional outage
# description: |
#   Training data in one region is gone when the region is: the failover workspace has nothing to train
#   on. Geo-redundant accounts keep a copy elsewhere; where both workspaces serve at the same time the copy
#   must be readable without a failover. Object replication to an account in the failover region is the
#   alternative for block blobs, and the only one in regions without a pair and for premium block blobs. It
#   copies neither file shares nor accounts with a hierarchical namespace, and premium file shares cannot
#   be geo-redundant at all. A pair that is declared to have a copy per region (data_mode) is exempt, and
#   so are default storage accounts, which belong to HF-DATA-001 here.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/storage/common/storage-redundancy
#   - ref: https://learn.microsoft.com/azure/storage/blobs/object-replication-overview
# custom:
#   id: HF-DATA-003
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 8.0
#   scope: pair
#   subject: data_storage
#   evidence:
#     Microsoft.Storage/storageAccounts:
#       - /sku/name
#       - any_of: ["", /kind]
#       - any_of: ["", /location]
#       - any_of: ["", /properties/isHnsEnabled]
#     Microsoft.Storage/storageAccounts/objectReplicationPolicies:
#       - any_of: ["", /properties/destinationAccount, /properties/sourceAccount]
#     Microsoft.MachineLearningServices/workspaces:
#       - any_of: ["", /location]
#     Microsoft.MachineLearningServices/workspaces/datastores:
#       - any_of: ["", /properties/accountName]
#       - any_of: ["", /properties/datastoreType]
#     Microsoft.MachineLearningServices/workspaces/connections:
#       - any_of: ["", /properties/target]
#   absence: [Microsoft.Storage/storageAccounts/objectReplicationPolicies]
#   static: yes
#   seeds: [S10, S12, S50, S60]
#   change: migration
#   cost: "medium: second region storage and replication traffic"
#   remediation:
#     text: >-
#       Convert the redundancy first (LRS to ZRS or GZRS by a conversion that you start and the platform runs; GRS can
#       be added to LRS directly), then turn on read access. Where that is impossible, replicate objects to an account
#       in the failover region.
#     cli: |
#       az storage account migration start -n <data> -g <rg> --sku Standard_GZRS --no-wait true
#       az storage account update -n <data> -g <rg> --sku Standard_RAGZRS  # when the conversion has finished
#     bicep: |
#       sku: { name: 'Standard_RAGZRS' }
#     terraform: |
#       resource "azurerm_storage_account" "data" {
#         name                     = var.data_storage_name
#         resource_group_name      = azurerm_resource_group.data.name
#         location                 = var.primary
#         account_tier             = "Standard"
#         account_replication_type = "RAGZRS"
#       }
package holdfast.rules.data.data_accounts_survive

import data.holdfast.lib.estate
import data.holdfast.lib.finding

readable := {"standard_ragrs", "standard_ragzrs"}

geo_redundant := {"standard_grs", "standard_gzrs"} | readable

one_region := {"standard_lrs", "standard_zrs", "premium_lrs", "premium_zrs"}

deny contains finding.of(subject, account, "/sku/name", message) if {
	some subject in estate.subjects("data_storage")
	account := estate.resource(subject)
	lower(account.sku.name) in one_region
	reason := unreplicable(account)
	message := sprintf(`"%s" is %s, so its region takes the data along, and %s`, [account.name, account.sku.name, reason])
}

deny contains finding.of(subject, account, "/sku/name", message) if {
	some subject in estate.subjects("data_storage")
	account := estate.resource(subject)
	lower(account.sku.name) in one_region
	replicable(account)
	alone(account)
	estate.complete_in("Microsoft.Storage/storageAccounts/objectReplicationPolicies", account.id)
	message := sprintf(
		`"%s" is %s and nothing replicates it; expected is a geo-redundant SKU, or object replication to %s`,
		[account.name, account.sku.name, estate.secondary(estate.pair(subject)).location],
	)
}

deny contains finding.of(subject, account, "/sku/name", message) if {
	some subject in estate.subjects("data_storage")
	account := estate.resource(subject)
	estate.pair(subject).tier.overall == "active-active"
	lower(account.sku.name) in (geo_redundant - readable)
	alone(account)
	estate.complete_in("Microsoft.Storage/storageAccounts/objectReplicationPolicies", account.id)
	message := sprintf(
		concat(" ", [
			`"%s" is %s, whose copy cannot be read before a failover, although both workspaces are active;`,
			"expected is read access (RAGRS or RAGZRS)",
		]),
		[account.name, account.sku.name],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("data_storage")
	lower(estate.resource(subject).sku.name) in readable
}

pass contains subject.id if {
	some subject in estate.subjects("data_storage")
	estate.pair(subject).tier.overall in {"active-standby", "active-passive"}
	lower(estate.resource(subject).sku.name) in geo_redundant
}

pass contains subject.id if {
	some subject in estate.subjects("data_storage")
	account := estate.resource(subject)
	lower(account.sku.name) in (one_region | geo_redundant)
	replicable(account)
	every datastore in datastores_on(account) {
		lower(datastore.properties.datastoreType) == "azureblob"
	}
	covered := {account.location} | {other.location | some other in other_ends(account)}
	count(covered) > 1
	estate.secondary(estate.pair(subject)).location in covered
}

exempt contains finding.exempt(subject, "the pair is declared to have a copy of the data per region") if {
	input.parameters.data_mode == "per-region"
	some subject in estate.subjects("data_storage")
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("data_storage")
	account := estate.resource(subject)
	count(account.default_of) > 0
	reason := sprintf(`"%s" is the default storage account of a workspace (HF-DATA-001)`, [account.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("data_storage")
	environment := estate.pair_outside_production(estate.pair(subject))
	reason := sprintf("outside production (%s)", [environment])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("data_storage")
	account := estate.resource(subject)
	not lower(account.sku.name) in (one_region | geo_redundant)
	reason := sprintf(`"%s" has the SKU %s, of which no table knows the redundancy`, [account.name, account.sku.name])
}

# Why object replication cannot help.
unreplicable(account) := "object replication does not copy accounts with a hierarchical namespace" if {
	account.properties.isHnsEnabled == true
}

unreplicable(account) := "premium file shares cannot be geo-redundant: copy them to a second account" if {
	account.properties.isHnsEnabled == false
	lower(account.kind) == "filestorage"
}

replicable(account) if {
	account.properties.isHnsEnabled == false
	lower(account.kind) != "filestorage"
}

# Whether no policy that was read names the account.
alone(account) if object.get(account, ["relations", "object_replication"], []) == []

# The other accounts of its replication policies.
other_ends(account) := [other |
	some policy in estate.related(account, "object_replication")
	some end in ["source", "destination"]
	reference := estate.associated(policy, end)
	estate.distinct(reference, account)
	other := estate.held(reference)
]

datastores_on(account) := [datastore |
	some datastore in input.resources
	some reference in datastore.relations.account
	datastore.type == "microsoft.machinelearningservices/workspaces/datastores"
	estate.same(reference, account)
]
