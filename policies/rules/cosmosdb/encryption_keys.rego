# METADATA
# title: Customer-managed keys stay available to both workspaces
# description: |
#   Without its key a workspace cannot read its own metadata. The vault of the key must be there when the
#   region of the other workspace is not: in the region of its workspace, or in a region whose vaults are
#   copied. A vault that failed over still unwraps keys, but can neither rotate nor make them. A key
#   identifier with a version is noted: the two workspaces drift apart at the next rotation. That the
#   vault cannot be purged is HF-KV-003, that only one of the two encrypts HF-WS-003, the rights of the
#   identity HF-RBAC-002.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-customer-managed-keys
#   - ref: https://learn.microsoft.com/azure/reliability/reliability-key-vault
# custom:
#   id: HF-COS-002
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 8.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - /properties/encryption/status
#       - /properties/encryption/keyVaultProperties/keyVaultArmId
#       - /properties/encryption/keyVaultProperties/keyIdentifier
#       - any_of: ["", /location]
#     Microsoft.KeyVault/vaults: [/location]
#   static: yes
#   seeds: [S05, S56]
#   change: migration
#   cost: "low: vault and key in another region"
#   remediation:
#     text: Use a key that the failover workspace can reach when the primary region is down.
#     cli: az ml workspace create -f ws-cmk.yml -g <rg>
#     bicep: |
#       encryption: {
#         status: 'Enabled'
#         keyVaultProperties: { keyVaultArmId: kv.id, keyIdentifier: key.properties.keyUri }
#       }
#     terraform: |
#       encryption {
#         key_vault_id              = azurerm_key_vault.dr.id
#         key_id                    = azurerm_key_vault_key.dr.versionless_id
#         user_assigned_identity_id = azurerm_user_assigned_identity.ml.id
#       }
package holdfast.rules.cosmosdb.encryption_keys

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.regions

deny contains finding.of(subject, workspace, "/properties/encryption/keyVaultProperties/keyVaultArmId", message) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	vault := lonely_vault(workspace)
	message := sprintf(
		`the key of "%s" is in "%s" in %s, from where nothing is copied; expected is a vault in %s, or one with a copy`,
		[workspace.name, vault.name, vault.location, workspace.location],
	)
}

deny contains finding.at_level(subject, workspace, pointer, message, "note") if {
	pointer := "/properties/encryption/keyVaultProperties/keyIdentifier"
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	encrypted(workspace)
	versioned(workspace)
	message := sprintf(`the key of "%s" is fixed to a version; expected is an identifier without one`, [workspace.name])
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	members := estate.members(estate.pair(subject))
	count(members) == 2
	every workspace in members {
		encrypted(workspace)
		available(workspace)
		versionless(workspace)
	}
}

exempt contains finding.exempt(subject, "neither workspace has a customer-managed key") if {
	some subject in estate.subjects("workspace_pair")
	every workspace in estate.members(estate.pair(subject)) {
		unencrypted(workspace)
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	members := estate.members(estate.pair(subject))
	some workspace in members
	encrypted(workspace)
	available(workspace)
	versionless(workspace)
	some other in members
	unencrypted(other)
	reason := sprintf(`only "%s" has a customer-managed key (HF-WS-003)`, [workspace.name])
}

encrypted(workspace) if lower(workspace.properties.encryption.status) == "enabled"

unencrypted(workspace) if lower(workspace.properties.encryption.status) == "disabled"

# The vault of its key, if it is in another region and nothing copies it.
lonely_vault(workspace) := vault if {
	encrypted(workspace)
	vault := estate.resource(estate.associated(workspace, "encryption_vault"))
	regions.vault_copy(vault.location) == null
	is_string(workspace.location)
	vault.location != workspace.location
}

available(workspace) if {
	estate.resource(estate.associated(workspace, "encryption_vault")).location == workspace.location
}

available(workspace) if {
	is_string(regions.vault_copy(estate.resource(estate.associated(workspace, "encryption_vault")).location))
}

# `…/keys/{name}/{version}` or `…/keys/{name}`.
versioned(workspace) if regex.match(`/keys/[^/]+/[^/]+$`, identifier(workspace))

versionless(workspace) if regex.match(`/keys/[^/]+/?$`, identifier(workspace))

identifier(workspace) := lower(workspace.properties.encryption.keyVaultProperties.keyIdentifier)
