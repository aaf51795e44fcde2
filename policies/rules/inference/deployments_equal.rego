# METADATA
# title: Deployments behind the endpoint pair are healthy and equal
# description: |
#   Two endpoints of one name help nobody if the second one has no traffic, a failed deployment or an
#   older model. Compared is what receives traffic, not the names of deployments (blue and green may have
#   swapped). An endpoint that only stands by may have no traffic yet, which is a note; then all of its
#   deployments are compared. Another environment or instance type is a note. The finding is about the
#   endpoint pair, at the deployment where there is one. A missing endpoint belongs to HF-INF-001.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-endpoints-online
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints
# custom:
#   id: HF-INF-002
#   level: {active-active: error, active-standby: error, active-passive: note}
#   score: 7.0
#   scope: pair
#   subject: primary_online_endpoint
#   tier: inference
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints: [/properties/traffic]
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments:
#       - /properties/provisioningState
#       - /properties/model
#       - /properties/environmentId
#       - /properties/instanceType
#   absence:
#     - Microsoft.MachineLearningServices/workspaces/onlineEndpoints
#     - Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments
#   static: partial
#   seeds: [S25, S40, S57]
#   change: in-place
#   cost: none
#   remediation:
#     text: Roll the same version of the model out to both regions.
#     cli: az ml online-deployment create -f blue.yml -w <ws-dr> -g <rg-dr> --all-traffic
#     bicep: |
#       properties: { model: modelId, environmentId: envId, instanceType: 'Standard_DS3_v2' }
#     terraform: |
#       resource "azapi_resource" "blue" {
#         for_each  = local.endpoints # one per region
#         type      = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments@2024-10-01"
#         name      = "blue"
#         parent_id = each.value
#         body = {
#           sku = { name = "Default", capacity = 3 }
#           properties = {
#             endpointComputeType = "Managed"
#             model               = var.model_id
#             environmentId       = var.environment_id
#             instanceType        = "Standard_DS3_v2"
#           }
#         }
#       }
package holdfast.rules.inference.deployments_equal

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.inference
import data.holdfast.lib.twins

deny contains finding.of(subject, endpoint, "/properties/traffic", message) if {
	some [subject, primary, twin] in compared
	some endpoint in [primary, twin]
	total := inference.traffic_sum(endpoint)
	not total in {0, 100}
	message := sprintf(`"%s" gives its deployments %v %% of the traffic; expected are 100`, [endpoint.name, total])
}

deny contains finding.of(subject, endpoint, "/properties/traffic", message) if {
	some [subject, primary, twin] in compared
	some endpoint in [primary, twin]
	inference.traffic_sum(endpoint) == 0
	not rests(subject, endpoint)
	message := sprintf(`"%s" gives no deployment any traffic; expected are 100 %%`, [endpoint.name])
}

deny contains finding.at_level(subject, twin, "/properties/traffic", message, "note") if {
	some [subject, _, twin] in compared
	inference.traffic_sum(twin) == 0
	rests(subject, twin)
	message := sprintf(
		`"%s" stands by without traffic; whoever fails over must give its deployments 100 %% first`,
		[twin.name],
	)
}

deny contains finding.about(found, name) if {
	some [subject, primary, twin] in compared
	some endpoint in [primary, twin]
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments", endpoint.id)
	some name in inference.receiving(endpoint)
	every other in object.get(endpoint, ["relations", "deployments"], []) {
		twins.plain(other.name)
		lower(other.name) != lower(name)
	}
	message := sprintf(`"%s" sends traffic to "%s", which does not exist`, [endpoint.name, name])
	found := finding.of(subject, endpoint, "/properties/traffic", message)
}

deny contains finding.of(subject, deployment, "/properties/provisioningState", message) if {
	some [subject, primary, twin] in compared
	some endpoint in [primary, twin]
	some deployment in inference.serving(endpoint)
	state := deployment.properties.provisioningState
	lower(state) in {"failed", "canceled"}
	message := sprintf(
		`"%s" of the endpoint "%s" is in the provisioning state %s; expected is Succeeded`,
		[deployment.name, endpoint.name, state],
	)
}

deny contains finding.of(subject, deployment, "/properties/model", message) if {
	some [subject, primary, twin] in compared
	models := assets(primary, "model")
	some deployment in inference.serving(twin)
	model := inference.asset(deployment, "model")
	not model in models
	message := sprintf(
		`"%s" of the endpoint "%s" answers with the model %s in the failover workspace, the primary with %s`,
		[deployment.name, twin.name, model, concat(", ", sort(models))],
	)
}

deny contains finding.about(found, member) if {
	some [subject, primary, twin] in compared
	some member in ["environmentId", "instanceType"]
	mine := values(twin, member)
	theirs := values(primary, member)
	mine != theirs
	message := sprintf(
		`"%s" runs on %s (%s) in the failover workspace, in the primary on %s`,
		[twin.name, concat(", ", sort(mine)), member, concat(", ", sort(theirs))],
	)
	found := finding.at_level(subject, twin, "", message, "note")
}

pass contains subject.id if {
	some [subject, primary, twin] in compared
	healthy(primary)
	healthy(twin)
	assets(primary, "model") == assets(twin, "model")
	values(primary, "environmentId") == values(twin, "environmentId")
	values(primary, "instanceType") == values(twin, "instanceType")
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("primary_online_endpoint")
	endpoint := estate.resource(subject)
	not inference.serverless(endpoint)
	secondary := estate.secondary(estate.pair(subject))
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/onlineEndpoints", secondary.id)
	twins.lacking(secondary, "online_endpoints", endpoint.name)
	reason := sprintf(`"%s" has no endpoint of this name (HF-INF-001)`, [secondary.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("primary_online_endpoint")
	endpoint := estate.resource(subject)
	inference.serverless(endpoint)
	reason := sprintf(`"%s" is serverless and has no deployments`, [endpoint.name])
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("primary_online_endpoint")
	environment := estate.pair_outside_production(estate.pair(subject))
}

# Subject and the endpoints of the pairs whose direction is known.
compared contains [subject, endpoint, inference.twin(subject, endpoint)] if {
	some subject in estate.subjects("primary_online_endpoint")
	endpoint := estate.resource(subject)
	not inference.serverless(endpoint)
}

# Whether an endpoint is the one that only stands by.
rests(subject, endpoint) if {
	pair := estate.pair(subject)
	inference.standby(pair, estate.secondary(pair))
	startswith(endpoint.id, concat("", [estate.secondary(pair).id, "/"]))
}

healthy(endpoint) if {
	inference.traffic_sum(endpoint) == 100
	count(inference.serving(endpoint)) == count(inference.receiving(endpoint))
	every deployment in inference.serving(endpoint) {
		estate.provisioned(deployment)
	}
}

# What the deployments that answer have; undefined where one of them is not known.
assets(endpoint, member) := found if {
	serving := inference.serving(endpoint)
	count(serving) > 0
	found := {inference.asset(deployment, member) | some deployment in serving}
	every deployment in serving {
		inference.asset(deployment, member)
	}
}

values(endpoint, "environmentId") := assets(endpoint, "environmentId")

values(endpoint, "instanceType") := found if {
	serving := inference.serving(endpoint)
	count(serving) > 0
	found := {instance_type(deployment) | some deployment in serving}
	every deployment in serving {
		instance_type(deployment)
	}
}

instance_type(deployment) := lower(deployment.properties.instanceType)

instance_type(deployment) := "none" if estate.absent(deployment, ["properties", "instanceType"])
