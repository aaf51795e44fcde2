# METADATA
# title: The workspace pair shares one attached container registry
# description: |
#   The registry holds the images of all environments. A workspace without one creates it at its first
#   image build, so a failover workspace left alone starts without any image and builds them while the
#   primary is down. One geo-replicated registry for both (HF-ACR-003) has them ready. Registries per
#   region are accepted where acr_mode says so and both are set; that images reach both is for
#   HF-IAC-003 to judge. A registry that is set but does not exist belongs to HF-WS-002.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/container-registry/container-registry-geo-replication
# custom:
#   id: HF-ACR-001
#   level: {active-active: error, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/properties/containerRegistry]
#   static: yes
#   seeds: [S06, S14, S33, S76]
#   change: in-place
#   cost: "low: images imported into the shared registry"
#   remediation:
#     text: Attach the geo-replicated registry to both workspaces.
#     cli: az ml workspace update -n <ws-dr> -g <rg-dr> --container-registry <acr-id> --update-dependent-resources
#     bicep: |
#       containerRegistry: acr.id
#     terraform: |
#       resource "azurerm_machine_learning_workspace" "dr" {
#         name                    = "${var.base_name}-${var.secondary}"
#         resource_group_name     = azurerm_resource_group.dr.name
#         location                = var.secondary
#         container_registry_id   = azurerm_container_registry.ml.id
#         key_vault_id            = azurerm_key_vault.ml.id
#         storage_account_id      = azurerm_storage_account.dr.id
#         application_insights_id = azurerm_application_insights.dr.id
#         identity {
#           type = "SystemAssigned"
#         }
#       }
package holdfast.rules.registry.registry_shared

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, workspace, "/properties/containerRegistry", message) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	estate.empty(workspace, ["properties", "containerRegistry"])
	message := sprintf(
		`"%s" has no container registry and would build every image anew after a failover; expected is one attached`,
		[workspace.name],
	)
}

deny contains finding.related(found, [{"resource": other, "message": "The other workspace of the pair"}]) if {
	input.parameters.acr_mode == "shared"
	some subject in estate.subjects("workspace_pair")
	workspace := estate.resource(subject)
	other := estate.counterpart(estate.pair(subject), workspace)
	own := estate.associated(workspace, "container_registry")
	others := estate.associated(other, "container_registry")
	estate.distinct(own, others)
	message := sprintf(
		`"%s" uses the registry "%s" and "%s" uses "%s"; expected is one registry for both, or acr_mode per-region`,
		[workspace.name, own.name, other.name, others.name],
	)
	found := finding.of(subject, workspace, "/properties/containerRegistry", message)
}

deny contains finding.of(subject, workspace, "/properties/containerRegistry", message) if {
	input.parameters.acr_mode == "per-region"
	some subject in estate.subjects("workspace_pair")
	workspace := estate.resource(subject)
	other := estate.counterpart(estate.pair(subject), workspace)
	registry := estate.associated(workspace, "container_registry")
	estate.same(registry, estate.associated(other, "container_registry"))
	message := sprintf(
		`"%s" shares the registry "%s" with "%s", but the pair is declared to have one per region; expected are two`,
		[workspace.name, registry.name, other.name],
	)
}

pass contains subject.id if {
	input.parameters.acr_mode == "shared"
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	estate.same(estate.associated(first, "container_registry"), estate.associated(second, "container_registry"))
}

pass contains subject.id if {
	input.parameters.acr_mode == "per-region"
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	estate.distinct(estate.associated(first, "container_registry"), estate.associated(second, "container_registry"))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	estate.project(workspace)
	reason := sprintf(`"%s" is a project and uses the registry of its hub`, [workspace.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	registry := estate.associated(workspace, "container_registry")
	estate.dangling(registry, "Microsoft.ContainerRegistry/registries")
	reason := sprintf(`the registry "%s" of "%s" does not exist (HF-WS-002)`, [registry.name, workspace.name])
}
