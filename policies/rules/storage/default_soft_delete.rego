# METADATA
# title: Default storage keeps deleted blobs, containers and shares
# description: |
#   No failover brings back what somebody deleted. The default account holds models, logs and snapshots
#   in blob containers and the notebooks in a file share; soft delete on all three keeps them long enough
#   to notice. A policy that the services do not state is open, because its default depends on how the
#   account was made.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-soft-delete
#   - ref: https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview
#   - ref: https://learn.microsoft.com/azure/storage/files/storage-files-prevent-file-share-deletion
# custom:
#   id: HF-STOR-005
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: workspace
#   subject: default_storage
#   evidence:
#     Microsoft.Storage/storageAccounts: [/kind]
#     Microsoft.Storage/storageAccounts/blobServices:
#       - /properties/deleteRetentionPolicy/enabled
#       - /properties/deleteRetentionPolicy/days
#       - /properties/containerDeleteRetentionPolicy/enabled
#       - /properties/containerDeleteRetentionPolicy/days
#     Microsoft.Storage/storageAccounts/fileServices:
#       - /properties/shareDeleteRetentionPolicy/enabled
#       - /properties/shareDeleteRetentionPolicy/days
#   static: yes
#   seeds: [S04, S83]
#   change: in-place
#   cost: "low: retained deleted data"
#   remediation:
#     text: Turn on soft delete for blobs, containers and file shares.
#     cli: |
#       az storage account blob-service-properties update -n <st> -g <rg> \
#         --enable-delete-retention true --delete-retention-days 14 \
#         --enable-container-delete-retention true --container-delete-retention-days 14
#       az storage account file-service-properties update -n <st> -g <rg> \
#         --enable-delete-retention true --delete-retention-days 14
#     bicep: |
#       resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
#         parent: st
#         name: 'default'
#         properties: {
#           deleteRetentionPolicy: { enabled: true, days: 14 }
#           containerDeleteRetentionPolicy: { enabled: true, days: 14 }
#         }
#       }
#       resource files 'Microsoft.Storage/storageAccounts/fileServices@2024-01-01' = {
#         parent: st
#         name: 'default'
#         properties: {
#           shareDeleteRetentionPolicy: { enabled: true, days: 14 }
#         }
#       }
#     terraform: |
#       resource "azurerm_storage_account" "ml" {
#         name                     = var.storage_name
#         resource_group_name      = azurerm_resource_group.ml.name
#         location                 = var.location
#         account_tier             = "Standard"
#         account_replication_type = "ZRS"
#         blob_properties {
#           delete_retention_policy {
#             days = 14
#           }
#           container_delete_retention_policy {
#             days = 14
#           }
#         }
#         share_properties {
#           retention_policy {
#             days = 14
#           }
#         }
#       }
#   aprl: [03263c57]
package holdfast.rules.storage.default_soft_delete

import data.holdfast.lib.estate
import data.holdfast.lib.finding

policies := {
	"deleteRetentionPolicy": {"relation": "blob_services", "what": "blobs"},
	"containerDeleteRetentionPolicy": {"relation": "blob_services", "what": "containers"},
	"shareDeleteRetentionPolicy": {"relation": "file_services", "what": "file shares"},
}

deny contains finding.of(subject, service, pointer, message) if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	some name, about in policies
	some service in estate.related(account, about.relation)
	policy := service.properties[name]
	policy.enabled == false
	pointer := sprintf("/properties/%s/enabled", [name])
	message := sprintf(
		`"%s" does not keep deleted %s; expected is soft delete for at least %d days`,
		[account.name, about.what, input.parameters.min_soft_delete_days],
	)
}

deny contains finding.of(subject, service, pointer, message) if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	some name, about in policies
	some service in estate.related(account, about.relation)
	policy := service.properties[name]
	policy.enabled == true
	is_number(policy.days)
	policy.days < input.parameters.min_soft_delete_days
	pointer := sprintf("/properties/%s/days", [name])
	message := sprintf(
		`"%s" keeps deleted %s for %v days only; expected are at least %d`,
		[account.name, about.what, policy.days, input.parameters.min_soft_delete_days],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	lower(account.kind) == "storagev2"
	every name, about in policies {
		kept(account, about.relation, name)
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("default_storage")
	account := estate.resource(subject)
	lower(account.kind) != "storagev2"
	reason := sprintf(`"%s" is of the old kind %s (HF-RET-004)`, [account.name, account.kind])
}

kept(account, relation, name) if {
	some reference in account.relations[relation]
	policy := estate.held(reference).properties[name]
	policy.enabled == true
	is_number(policy.days)
	policy.days >= input.parameters.min_soft_delete_days
}
