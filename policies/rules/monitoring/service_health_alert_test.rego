package holdfast.rules.monitoring.service_health_alert_test

import data.holdfast.lib.fixture
import data.holdfast.rules.monitoring.service_health_alert as rule

type := "Microsoft.Insights/activityLogAlerts"

alert(conditions) := {
	"type": type,
	"properties": {
		"enabled": true,
		"scopes": [fixture.subscription_id],
		"condition": {"allOf": array.concat([{"field": "category", "equals": "ServiceHealth"}], conditions)},
		"actions": {"actionGroups": [{"actionGroupId": "/subscriptions/s/resourceGroups/g/providers/x/y/z"}]},
	},
}

regions(names) := {
	"field": "properties.impactedServices[*].ImpactedRegions[*].RegionName",
	"containsAny": names,
}

services(names) := {"field": "properties.impactedServices[*].ServiceName", "containsAny": names}

kinds(names) := {"anyOf": [{"field": "properties.incidentType", "equals": name} | some name in names]}

doc_of(changes) := fixture.complete(fixture.subscription(changes), [type])

passing := [
	[],
	[regions(["West Europe", "NorthEurope", "Global"])],
	[services(["Storage", "Azure Machine Learning"])],
	[kinds(["Maintenance", "Incident"])],
	[{"field": "properties.incidentType", "equals": "Incident"}],
]

failing := [
	[regions(["West Europe"])],
	[regions(["Global"])],
	[services(["Storage"])],
	[kinds(["Maintenance", "Informational"])],
	[{"field": "properties.incidentType", "equals": "Maintenance"}],
]

test_alert_for_both_regions_passes if {
	every conditions in passing {
		doc := fixture.subscription({"alert": alert(conditions)})
		count(rule.pass) == 1 with input as doc
		complete := doc_of({"alert": alert(conditions)})
		count(rule.deny | rule.exempt) == 0 with input as complete
	}
}

# In a template the subscription is an expression, which the host knows to be that of the workspaces.
test_scope_by_identity_counts if {
	hidden := object.union(alert([]), {
		"unknown": {"/properties/scopes": "subscription().id"},
		"relates": {"watched": [fixture.subscription_id]},
	})
	doc := fixture.subscription({"alert": hidden})
	count(rule.pass) == 1 with input as doc
	foreign := object.union(hidden, {"relates": {"watched": ["/subscriptions/other"]}})
	other := doc_of({"alert": foreign})
	count(rule.pass | rule.deny) == 0 with input as other
}

# A template for a subscription that it does not name may well be deployed to the one that is watched.
test_scope_of_a_subscription_that_may_be_the_same_is_open if {
	there := object.union(alert([]), {"properties": {"scopes": ["/subscriptions/other"]}})
	changes := {"alert": there, "ws-west": {"exact": false}, "ws-north": {"exact": false}}
	doc := doc_of(changes)
	count(rule.pass | rule.deny) == 0 with input as doc
}

test_alert_per_region_passes if {
	doc := doc_of({"west": alert([regions(["westeurope"])]), "north": alert([regions(["northeurope"])])})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_alert_that_is_enabled_by_default_passes if {
	doc := doc_of({"alert": object.union(alert([]), {"without": ["/properties/enabled"]})})
	count(rule.pass) == 1 with input as doc
}

test_scope_without_the_first_slash_counts if {
	scope := {"properties": {"scopes": [upper(trim_prefix(fixture.subscription_id, "/"))]}}
	doc := doc_of({"alert": object.union(alert([]), scope)})
	count(rule.pass) == 1 with input as doc
}

test_no_alert_is_denied_after_a_complete_listing if {
	doc := doc_of({})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-west")
	contains(found.message, "fails in northeurope and westeurope: there is no alert")
	partial := fixture.subscription({})
	count(rule.deny | rule.pass) == 0 with input as partial
}

test_finding_shows_at_the_subscription if {
	doc := doc_of({"sub": {"type": "Microsoft.Resources/subscriptions", "on": "group"}})
	some found in rule.deny with input as doc
	contains(found.resource, "microsoft.resources/subscriptions")
}

test_conditions_that_leave_it_out_are_denied if {
	every conditions in failing {
		doc := doc_of({"alert": alert(conditions)})
		count(rule.deny) == 1 with input as doc
		count(rule.pass) == 0 with input as doc
	}
	doc := doc_of({"alert": alert(failing[0])})
	some found in rule.deny with input as doc
	contains(found.message, "fails in northeurope: no alert that is there is enabled, has an action group")
}

test_alerts_that_tell_nobody_are_denied if {
	changes := [
		{"properties": {"enabled": false}},
		{"properties": {"actions": {"actionGroups": []}}},
		{"without": ["/properties/actions"]},
		{"properties": {"scopes": ["/subscriptions/other"]}},
		{"properties": {"scopes": [concat("/", [fixture.subscription_id, "resourceGroups/rg-ml"])]}},
		{"properties": {"condition": {"allOf": [{"field": "category", "equals": "ResourceHealth"}]}}},
	]
	every change in changes {
		doc := doc_of({"alert": object.union(alert([]), change)})
		count(rule.deny) == 1 with input as doc
		count(rule.pass) == 0 with input as doc
	}
}

test_unknown_parts_are_open if {
	pointers := [
		"/properties/enabled", "/properties/scopes", "/properties/scopes/0", "/properties/condition/allOf",
		"/properties/actions", "/properties/condition/allOf/0/equals",
	]
	every pointer in pointers {
		doc := doc_of({"alert": object.union(alert([]), {"unknown": {pointer: "forbidden"}})})
		count(rule.deny | rule.pass) == 0 with input as doc
	}
	conditional := doc_of({"alert": object.union(alert([]), {"conditional": "parameters('alerts')"})})
	count(rule.deny | rule.pass) == 0 with input as conditional
}

test_condition_on_another_field_is_open if {
	doc := doc_of({"alert": alert([{"field": "level", "equals": "Error"}])})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_workspace_of_unknown_region_is_open if {
	doc := doc_of({"alert": alert([]), "ws-north": {"unknown": {"/location": "forbidden"}}})
	count(rule.pass) == 0 with input as doc
}

test_subscription_without_production_is_exempt if {
	doc := fixture.nonproduction(doc_of({}))
	some exemption in rule.exempt with input as doc
	exemption.reason == "the subscription holds no production workspace"
	count(rule.deny) == 0 with input as doc
}
