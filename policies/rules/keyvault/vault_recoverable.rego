# METADATA
# title: "Vault deletion is recoverable: soft delete and purge protection"
# description: |
#   The credentials of both workspaces are in the vault; once it is purged there is no way back. Soft
#   delete keeps a deleted vault, purge protection keeps anybody from emptying the bin. A short retention
#   is noted. If a workspace encrypts with a key of the vault, losing it loses the data, and the missing
#   protection is an error in every tier.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/reliability/reliability-key-vault
#   - ref: https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
# custom:
#   id: HF-KV-003
#   level: {active-active: error, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: workspace
#   subject: key_vault
#   evidence:
#     Microsoft.KeyVault/vaults:
#       - /properties/enableSoftDelete
#       - /properties/enablePurgeProtection
#       - /properties/softDeleteRetentionInDays
#   static: yes
#   seeds: [S05]
#   change: irreversible
#   cost: none
#   remediation:
#     text: >-
#       Enable purge protection; that cannot be undone, and the retention can only be chosen when the vault is
#       created.
#     cli: az keyvault update -n <kv> -g <rg> --enable-purge-protection true
#     bicep: |
#       properties: { enableSoftDelete: true, enablePurgeProtection: true, softDeleteRetentionInDays: 90 }
#     terraform: |
#       resource "azurerm_key_vault" "ml" {
#         name                       = var.vault_name
#         resource_group_name        = azurerm_resource_group.ml.name
#         location                   = var.location
#         tenant_id                  = data.azurerm_client_config.current.tenant_id
#         sku_name                   = "standard"
#         purge_protection_enabled   = true
#         soft_delete_retention_days = 90
#       }
#   aprl: [1cca00d2, 70fcfe6d]
package holdfast.rules.keyvault.vault_recoverable

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, vault, problem.pointer, problem.message) if {
	some subject in estate.subjects("key_vault")
	vault := estate.resource(subject)
	some problem in problems(vault)
	not holds_encryption_key(vault)
}

deny contains finding.at_level(subject, vault, problem.pointer, message, "error") if {
	some subject in estate.subjects("key_vault")
	vault := estate.resource(subject)
	some problem in problems(vault)
	holds_encryption_key(vault)
	message := sprintf("%s, above all where it holds an encryption key", [problem.message])
}

deny contains finding.at_level(subject, vault, "/properties/softDeleteRetentionInDays", message, "note") if {
	some subject in estate.subjects("key_vault")
	vault := estate.resource(subject)
	is_number(vault.properties.softDeleteRetentionInDays)
	vault.properties.softDeleteRetentionInDays < 30
	message := sprintf(
		`"%s" can be recovered for %v days after deletion; expected are at least 30`,
		[vault.name, vault.properties.softDeleteRetentionInDays],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("key_vault")
	properties := estate.resource(subject).properties
	properties.enableSoftDelete == true
	properties.enablePurgeProtection == true
	is_number(properties.softDeleteRetentionInDays)
	properties.softDeleteRetentionInDays >= 30
}

problems(vault) := soft_delete_off(vault) | purge_allowed(vault)

soft_delete_off(vault) := {problem |
	vault.properties.enableSoftDelete == false
	problem := {
		"pointer": "/properties/enableSoftDelete",
		"message": sprintf(`"%s" is gone for good once deleted; expected is soft delete`, [vault.name]),
	}
}

purge_allowed(vault) := {problem |
	stated_or_absent(vault, ["properties", "enablePurgeProtection"])
	problem := {
		"pointer": "/properties/enablePurgeProtection",
		"message": sprintf(`"%s" can be purged while it is deleted; expected is purge protection`, [vault.name]),
	}
}

stated_or_absent(vault, path) if object.get(vault, path, null) == false

stated_or_absent(vault, path) if estate.absent(vault, path)

# Whether a workspace of the input encrypts with a key of this vault.
holds_encryption_key(vault) if {
	some workspace in input.resources
	some reference in workspace.relations.encryption_vault
	estate.same(reference, vault)
}
