# METADATA
# title: Production inference does not run on bare container instances
# description: |
#   A container group is one group of containers in one region; nothing starts it elsewhere. Web services
#   of the first version of Azure ML deployed to such groups and are deprecated with it. A group is known
#   by an image that Azure ML builds (`azureml/…` in a container registry); other groups are nobody's
#   business here. One that runs to its end (restart policy Never or OnFailure) is a task and no service.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/container-instances/container-instances-orchestrator-relationship
#   - ref: https://learn.microsoft.com/azure/machine-learning/migrate-to-v2-deploy-endpoints
# custom:
#   id: HF-ACI-001
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 6.0
#   scope: estate
#   subject: container_group
#   evidence:
#     Microsoft.ContainerInstance/containerGroups:
#       - /properties/containers
#       - /properties/restartPolicy
#   static: partial
#   seeds: [S09, S18, S48]
#   change: replacement
#   cost: "medium: managed endpoint instances"
#   remediation:
#     text: Move to a managed online endpoint with three instances.
#     cli: az ml online-endpoint create -f endpoint.yml -w <ws> -g <rg>
#     bicep: |
#       // Microsoft.MachineLearningServices/workspaces/onlineEndpoints instead of
#       // Microsoft.ContainerInstance/containerGroups
#       resource endpoint 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2024-10-01' = {
#         parent: ws
#         name: 'score'
#         location: location
#         kind: 'Managed'
#         identity: { type: 'SystemAssigned' }
#         properties: { authMode: 'AADToken' }
#       }
#     terraform: |
#       # instead of azurerm_container_group
#       resource "azapi_resource" "endpoint" {
#         type      = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2024-10-01"
#         name      = "score"
#         parent_id = azurerm_machine_learning_workspace.ml.id
#         location  = azurerm_machine_learning_workspace.ml.location
#         identity {
#           type = "SystemAssigned"
#         }
#         body = {
#           kind       = "Managed"
#           properties = { authMode = "AADToken" }
#         }
#       }
package holdfast.rules.aci.container_group

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, group, "/properties/containers", message) if {
	some [subject, group] in judged
	serves(group)
	message := sprintf(
		`"%s" serves an image of Azure ML (%s) on container instances, which nothing starts in another region`,
		[group.name, min(own_images(group))],
	)
}

pass contains subject.id if {
	some [subject, group] in judged
	lower(group.properties.restartPolicy) in {"never", "onfailure"}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("container_group")
	group := estate.resource(subject)
	count(group.properties.containers) > 0
	every pointer, _ in group.unknown {
		not hides_image(pointer)
	}
	own_images(group) == set()
	reason := sprintf(`"%s" runs no image of Azure ML`, [group.name])
}

# That a secret of a container is not known says nothing of its image.
hides_image(pointer) if regex.match(`^(/properties(/containers(/[0-9]+(/properties(/image)?)?)?)?)?$`, pointer)

judged contains [subject, group] if {
	some subject in estate.subjects("container_group")
	group := estate.resource(subject)
	count(own_images(group)) > 0
}

# Always, unless it says otherwise.
# https://learn.microsoft.com/azure/container-instances/container-instances-restart-policy
serves(group) if lower(group.properties.restartPolicy) == "always"

serves(group) if estate.absent(group, ["properties", "restartPolicy"])

# Images that Azure ML builds: registry.azurecr.io/azureml/azureml_0123…
own_images(group) := {image |
	some container in group.properties.containers
	some part in container
	is_object(part)
	image := part.image
	regex.match(`^[^/]+\.azurecr\.[^/]+/azureml[/_]`, lower(image))
}
