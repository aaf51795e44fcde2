# METADATA
# title: The registry is replicated to the failover region
# description: |
#   A registry with one home fails with it: the failover workspace cannot pull a single image. A
#   replication keeps them in both regions. The article of 2021 asks for the paired region; replication
#   works between any two, so what counts is that home and replicas cover the regions of both
#   workspaces. A registry that is not Premium is left to HF-ACR-002, two registries to HF-ACR-001.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/container-registry/container-registry-geo-replication
#   - ref: https://learn.microsoft.com/azure/reliability/reliability-container-registry
# custom:
#   id: HF-ACR-003
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 8.0
#   scope: pair
#   subject: container_registry
#   evidence:
#     Microsoft.ContainerRegistry/registries: [/location]
#     Microsoft.ContainerRegistry/registries/replications: [/location]
#     Microsoft.MachineLearningServices/workspaces: [/location, /properties/containerRegistry]
#   absence: [Microsoft.ContainerRegistry/registries/replications]
#   static: yes
#   seeds: [S14, S32]
#   change: in-place
#   cost: "medium: Premium registry per replica"
#   remediation:
#     text: Add a replication in the failover region.
#     cli: az acr replication create -r <acr> -l <region2>
#     bicep: |
#       resource replica 'Microsoft.ContainerRegistry/registries/replications@2023-07-01' = {
#         parent: acr
#         name: secondary
#         location: secondary
#         properties: {}
#       }
#     terraform: |
#       resource "azurerm_container_registry" "ml" {
#         name                = var.registry_name
#         resource_group_name = azurerm_resource_group.ml.name
#         location            = var.primary
#         sku                 = "Premium"
#         georeplications {
#           location                  = var.secondary
#           regional_endpoint_enabled = true
#         }
#       }
#   aprl: [36ea6c09]
package holdfast.rules.registry.registry_replicated

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.about(found, region) if {
	some subject in estate.subjects("container_registry")
	registry := estate.resource(subject)
	pair := estate.pair(subject)
	shared(pair, registry)
	estate.complete_in("Microsoft.ContainerRegistry/registries/replications", registry.id)
	replicas := object.get(registry, ["relations", "replications"], [])
	every replica in replicas {
		is_string(estate.resource(replica).location)
	}
	some member in estate.members(pair)
	region := member.location
	not region in ({registry.location} | {estate.resource(replica).location | some replica in replicas})
	message := sprintf(
		`"%s" lies in %s and has no replica in %s, where "%s" needs its images; expected is a replication there`,
		[registry.name, registry.location, region, member.name],
	)
	found := finding.of(subject, registry, "", message)
}

pass contains subject.id if {
	some subject in estate.subjects("container_registry")
	registry := estate.resource(subject)
	pair := estate.pair(subject)
	shared(pair, registry)
	covered := {registry.location} | {estate.held(replica).location | some replica in registry.relations.replications}
	every member in estate.members(pair) {
		member.location in covered
	}
}

exempt contains finding.exempt(subject, "the pair is declared to have a registry per region") if {
	input.parameters.acr_mode == "per-region"
	some subject in estate.subjects("container_registry")
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("container_registry")
	registry := estate.resource(subject)
	lower(registry.sku.name) in {"basic", "standard", "classic"}
	reason := sprintf(`"%s" is %s, which cannot replicate (HF-ACR-002)`, [registry.name, registry.sku.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("container_registry")
	unshared(estate.pair(subject))
	reason := sprintf(`"%s" does not serve both workspaces (HF-ACR-001)`, [estate.resource(subject).name])
}

# Whether the members are proved to use two registries, or one of them none.
unshared(pair) if {
	[first, second] := estate.members(pair)
	estate.distinct(estate.associated(first, "container_registry"), estate.associated(second, "container_registry"))
}

unshared(pair) if {
	some member in estate.members(pair)
	estate.empty(member, ["properties", "containerRegistry"])
}

# Whether both members of the pair use this registry.
shared(pair, registry) if {
	every member in estate.members(pair) {
		estate.same(estate.associated(member, "container_registry"), registry)
	}
}
