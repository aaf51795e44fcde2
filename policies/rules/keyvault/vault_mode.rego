# METADATA
# title: "The workspace pair uses one key vault, or a declared vault per region"
# description: |
#   The vault holds the credentials of storage, registry and datastores. One vault for both workspaces is
#   the documented way and needs no copying of secrets; it rests on Key Vault copying its content to the
#   paired region (HF-KV-002), and a vault that has failed over can only be read. Who needs to write in
#   both regions, above all an active-active pair, keeps a vault per region and declares that with
#   keyvault_mode. Two vaults that nobody declared mean that secrets of one side are missing on the
#   other.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/reliability/reliability-key-vault
# custom:
#   id: HF-KV-001
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - /properties/keyVault
#       - {any_of: ["", /location]}
#     Microsoft.KeyVault/vaults: [{any_of: ["", /location]}]
#   static: yes
#   seeds: [S05, S31, S76]
#   change: replacement
#   cost: "low: workspace recreated on the shared vault"
#   remediation:
#     text: >-
#       Attach the same vault when creating the failover workspace (it cannot be changed later), or set keyvault_mode
#       to per-region for the pair.
#     cli: az ml workspace create -n <ws>-dr -g <rg-dr> -l <region2> --key-vault <shared-kv-id>
#     bicep: |
#       keyVault: resourceId(kvRg, 'Microsoft.KeyVault/vaults', kvName)
#     terraform: |
#       resource "azurerm_machine_learning_workspace" "dr" {
#         name                    = "${var.base_name}-${var.secondary}"
#         resource_group_name     = azurerm_resource_group.dr.name
#         location                = var.secondary
#         key_vault_id            = azurerm_machine_learning_workspace.primary.key_vault_id
#         storage_account_id      = azurerm_storage_account.dr.id
#         application_insights_id = azurerm_application_insights.dr.id
#         identity {
#           type = "SystemAssigned"
#         }
#       }
package holdfast.rules.keyvault.vault_mode

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.related(found, [{"resource": other, "message": "The other workspace of the pair"}]) if {
	input.parameters.keyvault_mode == "shared"
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	workspace := estate.resource(subject)
	other := estate.counterpart(pair, workspace)
	own := estate.associated(workspace, "key_vault")
	others := estate.associated(other, "key_vault")
	estate.distinct(own, others)
	message := sprintf(
		`"%s" uses the vault "%s" and "%s" uses "%s"; expected is one vault for both, or keyvault_mode per-region%s`,
		[workspace.name, own.name, other.name, others.name, advice(pair)],
	)
	found := finding.of(subject, workspace, "/properties/keyVault", message)
}

deny contains finding.of(subject, workspace, "/properties/keyVault", message) if {
	input.parameters.keyvault_mode == "per-region"
	some subject in estate.subjects("workspace_pair")
	workspace := estate.resource(subject)
	other := estate.counterpart(estate.pair(subject), workspace)
	vault := estate.associated(workspace, "key_vault")
	estate.same(vault, estate.associated(other, "key_vault"))
	message := sprintf(
		`"%s" shares the vault "%s" with "%s", but the pair is declared to have one per region; expected are two`,
		[workspace.name, vault.name, other.name],
	)
}

deny contains finding.of(subject, workspace, "/properties/keyVault", message) if {
	input.parameters.keyvault_mode == "per-region"
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	estate.distinct(estate.associated(first, "key_vault"), estate.associated(second, "key_vault"))
	some workspace in [first, second]
	vault := estate.resource(estate.associated(workspace, "key_vault"))
	vault.location != workspace.location
	message := sprintf(
		`"%s" lies in %s, but its vault "%s" in %s; expected in per-region mode is a vault in the own region`,
		[workspace.name, workspace.location, vault.name, vault.location],
	)
}

pass contains subject.id if {
	input.parameters.keyvault_mode == "shared"
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	estate.same(estate.associated(first, "key_vault"), estate.associated(second, "key_vault"))
}

pass contains subject.id if {
	input.parameters.keyvault_mode == "per-region"
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	estate.distinct(estate.associated(first, "key_vault"), estate.associated(second, "key_vault"))
	every workspace in [first, second] {
		estate.resource(estate.associated(workspace, "key_vault")).location == workspace.location
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	estate.project(workspace)
	reason := sprintf(`"%s" is a project and uses the vault of its hub`, [workspace.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	reason := estate.missing(workspace, "key_vault")
}

# A failed-over vault is read-only, so two vaults serve an active-active pair better.
advice(pair) := " (the safer choice here: a vault that failed over is read-only)" if {
	pair.tier.overall == "active-active"
}

advice(pair) := "" if pair.tier.overall != "active-active"
