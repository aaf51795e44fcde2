# METADATA
# title: A Service Health alert covers Azure Machine Learning in both regions
# description: |
#   Azure ML does not fail over by itself: somebody has to be told that a region is down. A Service Health
#   alert does that if it is enabled, watches the subscription, has an action group, and does not leave out
#   Azure Machine Learning or one of the regions by its conditions. A condition on the kind of event must
#   let incidents through. One alert for each region is as good as one for both.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/service-health/alerts-activity-log-service-notifications-portal
#   - ref: https://learn.microsoft.com/azure/service-health/resource-health-alert-arm-template-guide
#   - ref: https://learn.microsoft.com/azure/templates/microsoft.insights/activitylogalerts
# custom:
#   id: HF-MON-001
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: subscription
#   subject: subscription
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location]
#     Microsoft.Insights/activityLogAlerts:
#       - {any_of: ["", /properties/enabled]}
#       - /properties/scopes
#       - /properties/condition/allOf
#       - /properties/actions/actionGroups
#   absence: [Microsoft.Insights/activityLogAlerts]
#   static: partial
#   seeds: [S01, S72]
#   change: in-place
#   cost: none
#   remediation:
#     text: Create a Service Health alert for both regions.
#     cli: |
#       az monitor activity-log alert create -n ml-health -g <rg> --scope /subscriptions/<sub> \
#         --condition category=ServiceHealth --action-group <ag-id>
#     bicep: |
#       resource health 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
#         name: 'ml-health'
#         location: 'global'
#         properties: {
#           scopes: [ subscription().id ]
#           condition: { allOf: [ { field: 'category', equals: 'ServiceHealth' } ] }
#           actions: { actionGroups: [ { actionGroupId: ag.id } ] }
#         }
#       }
#     terraform: |
#       resource "azurerm_monitor_activity_log_alert" "health" {
#         name                = "ml-health"
#         resource_group_name = azurerm_resource_group.ml.name
#         location            = "global"
#         scopes              = [data.azurerm_subscription.current.id]
#         criteria {
#           category = "ServiceHealth"
#         }
#         action {
#           action_group_id = azurerm_monitor_action_group.ml.id
#         }
#       }
package holdfast.rules.monitoring.service_health_alert

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, home, "", message) if {
	some subject in estate.subjects("subscription")
	home := anchor(subject)
	estate.complete_in("Microsoft.Insights/activityLogAlerts", home.id)
	uncovered := sort([region |
		some region in regions(subject)
		every alert in alerts {
			useless(alert, subject, region)
		}
	])
	count(uncovered) > 0
	message := sprintf(
		"nobody is told when Azure Machine Learning fails in %s: %s; expected is a Service Health alert with an action group",
		[concat(" and ", uncovered), shortfall],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("subscription")
	every name in subject.workspaces {
		is_string(estate.resource(name).location)
	}
	count(regions(subject)) > 0
	every region in regions(subject) {
		some alert in alerts
		covers(alert, subject, region)
	}
}

exempt contains finding.exempt(subject, "the subscription holds no production workspace") if {
	some subject in estate.subjects("subscription")
	every name in subject.workspaces {
		estate.outside_production(estate.resource(name))
	}
}

alerts := [alert | some alert in input.resources; alert.type == "microsoft.insights/activitylogalerts"]

# Where the finding shows: the subscription, or the first of its workspaces.
anchor(subject) := estate.resource(subject)

anchor(subject) := estate.resource(subject.workspaces[0]) if not estate.resource(subject)

# The regions of the production workspaces of a subscription and of their counterparts.
regions(subject) := {region |
	some name in subject.workspaces
	workspace := estate.resource(name)
	not estate.outside_production(workspace)
	some region in ({workspace.location} | {other.location | some other in estate.facts(workspace).counterparts})
}

covers(alert, subject, region) if {
	not alert.conditional
	enabled(alert)
	count(alert.properties.actions.actionGroups) > 0
	watching(alert, subject)
	conditions := alert.properties.condition.allOf
	some condition in conditions
	is_category(condition)
	every each in conditions {
		lets_through(each, region)
	}
}

enabled(alert) if alert.properties.enabled == true

# Azure's default.
enabled(alert) if estate.absent(alert, ["properties", "enabled"])

# Whether an alert watches the subscription of the workspaces.
watching(alert, subject) if {
	some scope in alert.properties.scopes
	watches(scope, subject)
}

# A template seldom knows its subscription, but that it is the same.
watching(alert, subject) if {
	some reference in alert.relations.watched
	not contains(reference.id, "/resourcegroups/")
	every name in subject.workspaces {
		startswith(name, concat("", [reference.id, "/"]))
	}
}

# Whether a scope is the subscription of the workspaces; some write it without the first slash.
watches(scope, subject) if {
	watched := sprintf("/%s/", [trim(lower(scope), "/")])
	count(split(watched, "/")) == 4
	every name in subject.workspaces {
		startswith(name, watched)
	}
}

is_category(condition) if {
	lower(condition.field) == "category"
	lower(condition.equals) == "servicehealth"
}

lets_through(condition, region) if fits(condition, region)

lets_through(condition, region) if {
	some option in condition.anyOf
	fits(option, region)
}

stops(condition, region) if misses(condition, region)

stops(condition, region) if {
	every option in condition.anyOf {
		misses(option, region)
	}
}

# Whether a condition is true of an incident of Azure Machine Learning in a region, or proved not to be.
fits(condition, region) if {
	some text in texts(condition)
	expected(condition.field, text, region)
}

misses(condition, region) if {
	known_field(condition.field)
	every text in texts(condition) {
		is_string(text)
		not expected(condition.field, text, region)
	}
}

texts(condition) := [condition.equals] if condition.equals

texts(condition) := condition.containsAny if not condition.equals

known_field(field) if {
	lower(field) in {
		"category", "properties.incidenttype", "properties.impactedservices[*].servicename",
		"properties.impactedservices[*].impactedregions[*].regionname",
	}
}

expected(field, text, _) if {
	lower(field) == "category"
	lower(text) == "servicehealth"
}

expected(field, text, _) if {
	lower(field) == "properties.incidenttype"
	lower(text) == "incident"
}

# The service has had several names, all of them with these words.
expected(field, text, _) if {
	lower(field) == "properties.impactedservices[*].servicename"
	contains(lower(text), "machine learning")
}

expected(field, text, region) if {
	lower(field) == "properties.impactedservices[*].impactedregions[*].regionname"
	replace(lower(text), " ", "") == region
}

# Whether an alert is proved to tell nobody of a region.
useless(alert, _, _) if alert.properties.enabled == false

useless(alert, _, _) if {
	object.get(alert, ["properties", "actions", "actionGroups"], []) == []
	certain(alert, ["properties", "actions"])
}

useless(alert, _, _) if {
	certain(alert, ["properties", "condition"])
	every condition in alert.properties.condition.allOf {
		not is_category(condition)
	}
}

useless(alert, subject, _) if {
	certain(alert, ["properties", "scopes"])
	every name in subject.workspaces {
		estate.resource(name).exact
	}
	every scope in alert.properties.scopes {
		not watches(scope, subject)
	}
}

useless(alert, _, region) if {
	certain(alert, ["properties", "condition"])
	some condition in alert.properties.condition.allOf
	stops(condition, region)
}

certain(it, path) if {
	every pointer, _ in it.unknown {
		not estate.covers(pointer, path)
	}
}

shortfall := "there is no alert" if alerts == []

shortfall := "no alert that is there is enabled, has an action group and covers it" if alerts != []
