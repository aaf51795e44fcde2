# METADATA
# title: A shared vault lives in a region whose content is copied to another region
# description: |
#   A vault that both workspaces use must survive the loss of its region. Key Vault copies its content to
#   the paired region and fails over by itself, but not everywhere: not in regions without a pair, and
#   not in Brazil South, Brazil Southeast and West US 3. The article of 2021 claims it for all regions;
#   the reliability guide of Key Vault corrects that. It is noted where neither the vault nor its copy
#   lies in the failover region: the secrets survive then, but a third region has to be up.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/reliability/reliability-key-vault
#   - ref: https://learn.microsoft.com/azure/key-vault/general/disaster-recovery-guidance
# custom:
#   id: HF-KV-002
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 7.0
#   scope: pair
#   subject: key_vault
#   evidence:
#     Microsoft.KeyVault/vaults: [/location]
#     Microsoft.MachineLearningServices/workspaces: [/location, /properties/keyVault]
#   static: yes
#   seeds: [S13, S31]
#   change: migration
#   cost: "low: second vault, secrets copied"
#   remediation:
#     text: Use one vault per region and replicate the secrets, or move the shared vault to a region with a copy.
#     cli: az keyvault create -n <kv-dr> -g <rg-dr> -l <region2> --enable-purge-protection true
#     bicep: |
#       location: contains(['brazilsouth', 'brazilsoutheast', 'westus3'], primary) ? secondary : primary
#     terraform: |
#       resource "azurerm_key_vault" "dr" {
#         name                     = var.vault_dr_name
#         resource_group_name      = azurerm_resource_group.dr.name
#         location                 = var.secondary
#         tenant_id                = data.azurerm_client_config.current.tenant_id
#         sku_name                 = "standard"
#         purge_protection_enabled = true
#       }
package holdfast.rules.keyvault.vault_copy

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.regions

deny contains finding.of(subject, vault, "/location", message) if {
	some subject in estate.subjects("key_vault")
	vault := estate.resource(subject)
	shared(estate.pair(subject), vault)
	regions.vault_copy(vault.location) == null
	message := sprintf(
		concat(" ", [
			`"%s" serves both workspaces from %s, and Key Vault copies nothing from there to another region;`,
			"expected is a region with a copy, or a vault per region",
		]),
		[vault.name, vault.location],
	)
}

deny contains finding.at_level(subject, vault, "/location", message, "note") if {
	some subject in estate.subjects("key_vault")
	vault := estate.resource(subject)
	pair := estate.pair(subject)
	shared(pair, vault)
	copy := regions.vault_copy(vault.location)
	is_string(copy)
	secondary := estate.secondary(pair)
	not secondary.location in {vault.location, copy}
	message := sprintf(
		`"%s" lies in %s and is copied to %s, but "%s" runs in %s; expected is the vault or its copy in that region`,
		[vault.name, vault.location, copy, secondary.name, secondary.location],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("key_vault")
	vault := estate.resource(subject)
	pair := estate.pair(subject)
	shared(pair, vault)
	copy := regions.vault_copy(vault.location)
	is_string(copy)
	estate.secondary(pair).location in {vault.location, copy}
}

exempt contains finding.exempt(subject, "the pair is declared to have a vault per region") if {
	input.parameters.keyvault_mode == "per-region"
	some subject in estate.subjects("key_vault")
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("key_vault")
	unshared(estate.pair(subject))
	reason := sprintf(`"%s" does not serve both workspaces (HF-KV-001)`, [estate.resource(subject).name])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("key_vault")
	vault := estate.resource(subject)
	not copy_known(vault.location)
	reason := sprintf(`"%s" lies in %s, and no table says whether Key Vault copies from there`, [
		vault.name,
		vault.location,
	])
}

# Whether the members are proved to use two vaults, or one of them none.
unshared(pair) if {
	[first, second] := estate.members(pair)
	estate.distinct(estate.associated(first, "key_vault"), estate.associated(second, "key_vault"))
}

unshared(pair) if {
	some member in estate.members(pair)
	estate.empty(member, ["properties", "keyVault"])
}

# Whether both members of the pair use this vault.
shared(pair, vault) if {
	every member in estate.members(pair) {
		estate.same(estate.associated(member, "key_vault"), vault)
	}
}

copy_known(region) if regions.vault_copy(region) == null

copy_known(region) if is_string(regions.vault_copy(region))
