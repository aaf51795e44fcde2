package holdfast.rules.workspace.settings_equal_test

import data.holdfast.lib.fixture
import data.holdfast.rules.workspace.settings_equal as rule

north(change) := fixture.pair({"ws-north": change})

both(change) := fixture.pair({"ws-west": change, "ws-north": change})

serverless(settings) := {"properties": {"serverlessComputeSettings": settings}}

drifted := {
	"/properties/publicNetworkAccess": {"properties": {"publicNetworkAccess": "Enabled"}},
	"/properties/hbiWorkspace": {"properties": {"hbiWorkspace": true}},
	"/properties/encryption/status": {"properties": {"encryption": {"status": "Enabled"}}},
	"/identity/type": {"identity": {"type": "UserAssigned"}},
	"/properties/serverlessComputeSettings/serverlessComputeCustomSubnet": serverless({
		"serverlessComputeCustomSubnet": "s",
	}),
}

test_equal_settings_pass if {
	count(rule.pass) == 1 with input as fixture.pair({})
	count(rule.deny) == 0 with input as fixture.pair({})
}

test_drift_is_denied_at_the_secondary if {
	every pointer, change in drifted {
		doc := north(change)
		{found.pointer | some found in rule.deny} == {pointer} with input as doc
		{found.resource | some found in rule.deny} == {fixture.id("ws-north")} with input as doc
		count(rule.pass) == 0 with input as doc
	}
}

test_message_names_both_values if {
	doc := north({"properties": {"publicNetworkAccess": "Enabled"}})
	some found in rule.deny with input as doc
	contains(found.message, `"ws-north" has publicNetworkAccess enabled, but "ws-west" has disabled`)
	found.related[0].resource == fixture.id("ws-west")
}

test_the_same_change_on_both_sides_passes if {
	every _, change in drifted {
		count(rule.pass) == 1 with input as both(change)
	}
}

test_access_mode_of_system_datastores if {
	identity := {"properties": {"systemDatastoresAuthMode": "Identity"}}
	keys := {"properties": {"systemDatastoresAuthMode": "AccessKey"}}
	count(rule.deny) == 1 with input as fixture.pair({"ws-west": keys, "ws-north": identity})
	count(rule.pass) == 1 with input as both(identity)
}

test_public_addresses_of_serverless_nodes if {
	open_nodes := serverless({"serverlessComputeCustomSubnet": "a", "serverlessComputeNoPublicIP": false})
	closed := serverless({"serverlessComputeCustomSubnet": "b", "serverlessComputeNoPublicIP": true})
	count(rule.deny) == 1 with input as fixture.pair({"ws-west": closed, "ws-north": open_nodes})
	count(rule.pass) == 1 with input as both(closed)
}

test_two_subnets_are_equal_settings if {
	doc := fixture.pair({
		"ws-west": serverless({"serverlessComputeCustomSubnet": "a"}),
		"ws-north": serverless({"serverlessComputeCustomSubnet": "b"}),
	})
	count(rule.pass) == 1 with input as doc
}

test_missing_identity_is_nothing if {
	some found in rule.deny with input as north({"without": ["/identity"]})
	contains(found.message, "has type nothing")
}

test_spelling_of_identity_does_not_matter if {
	doc := fixture.pair({
		"ws-west": {"identity": {"type": "SystemAssigned, UserAssigned"}},
		"ws-north": {"identity": {"type": "systemassigned,userassigned"}},
	})
	count(rule.pass) == 1 with input as doc
}

test_legacy_mode_is_denied_on_each_side if {
	doc := fixture.pair({"ws-west": {"properties": {"v1LegacyMode": true}}})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-west")
	contains(found.message, `"ws-west" runs in the v1 legacy mode`)
	count(rule.pass) == 0 with input as doc
	count(rule.deny) == 2 with input as both({"properties": {"v1LegacyMode": true}})
	count(rule.pass) == 0 with input as both({"properties": {"v1LegacyMode": true}})
}

test_settings_that_neither_side_states_pass if {
	pointers := ["/properties/publicNetworkAccess", "/properties/v1LegacyMode", "/properties/hbiWorkspace"]
	count(rule.pass) == 1 with input as both({"without": pointers})
}

test_setting_that_one_side_states_is_open if {
	doc := north({"properties": {"systemDatastoresAuthMode": "Identity"}})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_unknown_settings_are_open if {
	pointers := [
		"/properties/publicNetworkAccess", "/properties/v1LegacyMode", "/properties/hbiWorkspace",
		"/properties/encryption/status", "/properties/systemDatastoresAuthMode",
		"/properties/serverlessComputeSettings",
		"/identity/type", "/properties",
	]
	every pointer in pointers {
		doc := north({"unknown": {pointer: "forbidden"}})
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}
