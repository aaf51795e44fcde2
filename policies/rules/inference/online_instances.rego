# METADATA
# title: Each production deployment runs at least three instances
# description: |
#   Azure ML spreads the instances of a deployment over zones, and upgrades them one after the other: with
#   fewer than three (min_online_instances) a zone or an upgrade takes it down. A deployment that only
#   stands by needs one. Where autoscale governs, its lowest minimum counts, and on Kubernetes the minimum
#   of its own scaling. Deployments without traffic are left out.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-endpoints-online
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-autoscale-endpoints
# custom:
#   id: HF-INF-003
#   level: {active-active: error, active-standby: warning, active-passive: note}
#   score: 7.0
#   scope: pair
#   subject: online_deployment
#   tier: inference
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints: [/properties/traffic]
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments:
#       - {any_of: [/sku/capacity, /properties/scaleSettings/minInstances]}
#       - {any_of: ["", /properties/scaleSettings/scaleType]}
#     Microsoft.Insights/autoscaleSettings:
#       - {any_of: ["", /properties/profiles]}
#       - {any_of: ["", /properties/enabled]}
#   absence: [Microsoft.Insights/autoscaleSettings]
#   static: yes
#   seeds: [S25, S57]
#   change: in-place
#   cost: "medium: more instances"
#   remediation:
#     text: Raise the number of instances to three or more.
#     cli: az ml online-deployment update -n <deployment> -e <endpoint> -w <ws> -g <rg> --set instance_count=3
#     bicep: |
#       sku: { name: 'Default', capacity: 3 }
#     terraform: |
#       resource "azapi_resource" "blue" {
#         type      = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments@2024-10-01"
#         name      = "blue"
#         parent_id = azapi_resource.endpoint.id
#         body = {
#           sku        = { name = "Default", capacity = 3 }
#           properties = local.deployment
#         }
#       }
package holdfast.rules.inference.online_instances

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.inference

deny contains finding.of(subject, place.resource, place.pointer, message) if {
	some [subject, deployment] in judged
	some place in places(deployment)
	needed := wanted(subject, deployment)
	place.instances < needed
	message := sprintf(
		`"%s" may run on %v instances; expected are at least %v`,
		[deployment.name, place.instances, needed],
	)
}

pass contains subject.id if {
	some [subject, deployment] in judged
	settled(deployment)
	count(places(deployment)) > 0
	every place in places(deployment) {
		place.instances >= wanted(subject, deployment)
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("online_deployment")
	deployment := estate.resource(subject)
	endpoint := endpoint_of(deployment)
	not served(subject, deployment, endpoint)
	is_number(inference.traffic_sum(endpoint))
	reason := sprintf(`"%s" receives no traffic`, [deployment.name])
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("online_deployment")
	environment := estate.pair_outside_production(estate.pair(subject))
}

judged contains [subject, deployment] if {
	some subject in estate.subjects("online_deployment")
	deployment := estate.resource(subject)
	served(subject, deployment, endpoint_of(deployment))
}

endpoint_of(deployment) := endpoint if {
	some endpoint in input.resources
	some reference in endpoint.relations.deployments
	estate.same(reference, deployment)
}

# Whether a deployment answers now, or will when its endpoint takes over.
served(_, deployment, endpoint) if {
	some name in inference.receiving(endpoint)
	lower(name) == lower(deployment.name)
}

served(subject, deployment, endpoint) if {
	inference.traffic_sum(endpoint) == 0
	rests(subject, deployment)
}

rests(subject, deployment) if {
	pair := estate.pair(subject)
	inference.standby(pair, estate.secondary(pair))
	startswith(deployment.id, concat("", [estate.secondary(pair).id, "/"]))
}

# How many instances a deployment needs. Without a direction nobody is known to stand by only.
wanted(subject, deployment) := 1 if rests(subject, deployment)

wanted(subject, deployment) := input.parameters.min_online_instances if {
	not rests(subject, deployment)
	is_string(direction(estate.pair(subject)))
}

direction(pair) := pair.secondary

direction(pair) := "none needed" if {
	not pair.secondary
	pair.tier.inference == "active-active"
}

# Where the fewest instances of a deployment are set, and how many.
places(deployment) := by_autoscale(deployment) if count(by_autoscale(deployment)) > 0

places(deployment) := [{
	"resource": deployment,
	"pointer": "/properties/scaleSettings/minInstances",
	"instances": deployment.properties.scaleSettings.minInstances,
}] if {
	count(by_autoscale(deployment)) == 0
	own_scaling(deployment)
}

places(deployment) := [{"resource": deployment, "pointer": "/sku/capacity", "instances": deployment.sku.capacity}] if {
	count(by_autoscale(deployment)) == 0
	not own_scaling(deployment)
	estate.settled(deployment, ["properties", "scaleSettings", "scaleType"])
}

own_scaling(deployment) if lower(deployment.properties.scaleSettings.scaleType) == "targetutilization"

by_autoscale(deployment) := [{"resource": setting, "pointer": "/properties/profiles", "instances": least} |
	some setting in estate.related(deployment, "autoscale")
	not setting.properties.enabled == false
	least := min([to_number(profile.capacity.minimum) | some profile in setting.properties.profiles])
]

# Whether no other autoscale settings can lower the number, and those that are there are known. What
# source code declares stands for itself.
settled(deployment) if {
	enumerated(deployment)
	every reference in object.get(deployment, ["relations", "autoscale"], []) {
		setting := estate.held(reference)
		is_array(setting.properties.profiles)
		estate.settled(setting, ["properties", "profiles"])
		estate.settled(setting, ["properties", "enabled"])
	}
}

enumerated(_) if input.source == "iac"

enumerated(deployment) if estate.complete_in("Microsoft.Insights/autoscaleSettings", deployment.id)
