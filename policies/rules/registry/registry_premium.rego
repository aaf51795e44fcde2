# METADATA
# title: The registry is Premium
# description: |
#   Only the Premium tier replicates to another region, and only Premium has private endpoints. On any
#   other tier the images live in one region, and the failover workspace starts without them when that
#   region is down. Registries per region (acr_mode) need no replication and are exempt.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/reliability/reliability-container-registry
#   - ref: https://learn.microsoft.com/azure/container-registry/container-registry-skus
# custom:
#   id: HF-ACR-002
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 6.0
#   scope: pair
#   subject: container_registry
#   evidence:
#     Microsoft.ContainerRegistry/registries: [/sku/name]
#   static: yes
#   seeds: [S14, S32]
#   change: in-place
#   cost: "medium: Premium registry"
#   remediation:
#     text: Upgrade the registry; images and id stay.
#     cli: az acr update -n <acr> --sku Premium
#     bicep: |
#       sku: { name: 'Premium' }
#     terraform: |
#       resource "azurerm_container_registry" "ml" {
#         name                = var.registry_name
#         resource_group_name = azurerm_resource_group.ml.name
#         location            = var.primary
#         sku                 = "Premium"
#       }
#   aprl: [eb005943]
package holdfast.rules.registry.registry_premium

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, registry, "/sku/name", message) if {
	some subject in estate.subjects("container_registry")
	registry := estate.resource(subject)
	lower(registry.sku.name) in {"basic", "standard", "classic"}
	message := sprintf(
		`"%s" has the SKU %s and cannot replicate to the failover region; expected is Premium`,
		[registry.name, registry.sku.name],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("container_registry")
	lower(estate.resource(subject).sku.name) == "premium"
}

exempt contains finding.exempt(subject, "the pair is declared to have a registry per region") if {
	input.parameters.acr_mode == "per-region"
	some subject in estate.subjects("container_registry")
}
