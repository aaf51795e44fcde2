# METADATA
# title: Replicas are healthy and serve traffic
# description: |
#   A replica that failed, or whose regional endpoint is off, does not answer pulls, and the failover
#   workspace notices it at its first image. Azure and Bicep enable the endpoint unless told otherwise;
#   the azurerm provider disables it when the attribute is left out. The states of a replica are
#   judged where they can be seen, in Azure. Zone redundancy is not judged: registries in zone
#   regions have it on every tier, although the property may still say Disabled.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/reliability/reliability-container-registry
#   - ref: https://learn.microsoft.com/azure/container-registry/container-registry-geo-replication
# custom:
#   id: HF-ACR-004
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: pair
#   subject: registry_replication
#   evidence:
#     Microsoft.ContainerRegistry/registries/replications:
#       - /properties/provisioningState
#       - /properties/regionEndpointEnabled
#       - /properties/status/displayStatus
#   static: yes
#   seeds: [S32]
#   change: in-place
#   cost: none
#   remediation:
#     text: Enable the endpoint of the replica, or delete and create it again if it failed.
#     cli: az acr replication update -r <acr> -n <region2> --global-endpoint-routing true
#     bicep: |
#       properties: { regionEndpointEnabled: true }
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
package holdfast.rules.registry.replica_healthy

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, replica, "/properties/regionEndpointEnabled", message) if {
	some subject in estate.subjects("registry_replication")
	replica := estate.resource(subject)
	replica.properties.regionEndpointEnabled == false
	message := sprintf(
		`"%s" is a replica%s whose endpoint is off, so it serves nobody; expected is regionEndpointEnabled true`,
		[replica.name, of_registry(replica)],
	)
}

deny contains finding.of(subject, replica, "/properties/provisioningState", message) if {
	some subject in estate.subjects("registry_replication")
	replica := estate.resource(subject)
	state := replica.properties.provisioningState
	lower(state) in {"failed", "canceled"}
	message := sprintf(
		`"%s" is a replica%s in the provisioning state %s; expected is Succeeded`,
		[replica.name, of_registry(replica), state],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("registry_replication")
	replica := estate.resource(subject)
	replica.properties.regionEndpointEnabled == true
	estate.provisioned(replica)
	ready(replica)
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("registry_replication")
	status := estate.resource(subject).properties.status.displayStatus
	lower(status) != "ready"
	reason := sprintf("its status is %s", [status])
}

of_registry(replica) := concat("", [sprintf(` of "%s"`, [registry.name]) |
	some registry in input.resources
	some reference in registry.relations.replications
	estate.same(reference, replica)
])

ready(replica) if lower(replica.properties.status.displayStatus) == "ready"

# Source code holds no status.
ready(replica) if {
	input.source == "iac"
	estate.absent(replica, ["properties", "status", "displayStatus"])
}
