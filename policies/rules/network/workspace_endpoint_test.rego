package holdfast.rules.network.workspace_endpoint_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_network as private
import data.holdfast.rules.network.workspace_endpoint as rule

connection(status) := {"properties": {"privateLinkServiceConnectionState": {"status": status}}}

connected(west, north) := fixture.live(fixture.pair({
	"ws-west": {"properties": {"privateEndpointConnections": west}},
	"ws-north": {"properties": {"privateEndpointConnections": north}},
}))

public := {"properties": {"publicNetworkAccess": "Enabled"}}

manual := {"pe-ws-north": {
	"without": ["/properties/privateLinkServiceConnections"],
	"properties": {"manualPrivateLinkServiceConnections": [{"properties": {
		"privateLinkServiceId": fixture.arm_id("ws-north", fixture.estate["ws-north"]),
		"groupIds": ["amlworkspace"],
	}}]},
}}

test_declared_endpoints_pass if {
	doc := private.pair({})
	count(rule.pass) == 2 with input as doc
	count(((rule.deny | rule.exempt) | rule.open)) == 0 with input as doc
}

test_approved_connections_pass if {
	doc := connected([connection("Approved")], [connection("Pending"), connection("APPROVED")])
	count(rule.pass) == 2 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_other_states_are_denied if {
	every status in ["Pending", "Rejected", "Disconnected"] {
		doc := connected([connection("Approved")], [connection(status)])
		some found in rule.deny with input as doc
		found.resource == fixture.id("ws-north")
		contains(found.message, sprintf(`"ws-north" has private endpoints that are not approved (%s)`, [lower(status)]))
		count(rule.pass) == 1 with input as doc
	}
}

test_unknown_state_is_open if {
	doc := connected([connection("Approved")], [connection("Waiting"), connection("Pending")])
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 1 with input as doc
}

test_workspace_that_lists_no_connection_is_denied if {
	doc := connected([connection("Approved")], [])
	some found in rule.deny with input as doc
	contains(found.message, `"ws-north" has no private endpoint`)
}

test_missing_endpoint_is_denied_after_a_complete_listing if {
	doc := private.complete_pair({"pe-ws-north": null})
	some found in rule.deny with input as doc
	found.pointer == "/properties/privateEndpointConnections"
	contains(found.message, `"ws-north" has no private endpoint; expected is an approved private endpoint`)
	partial := private.pair({"pe-ws-north": null})
	count(rule.deny) == 0 with input as partial
	count(rule.pass) == 1 with input as partial
}

test_endpoint_of_one_member_asks_for_both if {
	doc := private.complete_pair({"ws-west": public, "ws-north": public, "pe-ws-north": null})
	count(rule.deny) == 1 with input as doc
	count(rule.exempt) == 0 with input as doc
}

test_endpoint_for_something_else_does_not_pass if {
	connections := [{"properties": {
		"privateLinkServiceId": fixture.arm_id("ws-north", fixture.estate["ws-north"]),
		"groupIds": ["other"],
	}}]
	doc := private.complete_pair({"pe-ws-north": {"properties": {"privateLinkServiceConnections": connections}}})
	count(rule.pass) == 1 with input as doc
}

test_manual_connection_is_open if {
	doc := private.pair(manual)
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
	some found in rule.open with input as doc
	contains(found.reason, "approval")
}

test_unknown_state_of_a_declared_endpoint_is_open if {
	state := "/properties/privateLinkServiceConnections/0/properties/privateLinkServiceConnectionState"
	doc := private.pair({"pe-ws-north": {"unknown": {state: "the expression state cannot be resolved"}}})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_unreadable_connections_are_open if {
	doc := fixture.live(private.complete_pair({
		"pe-ws-north": null,
		"ws-north": {"unknown": {"/properties/privateEndpointConnections": "forbidden"}},
	}))
	count(rule.deny) == 0 with input as doc
}

test_public_pair_is_exempt if {
	doc := fixture.pair({"ws-west": public, "ws-north": {"without": ["/properties/publicNetworkAccess"]}})
	count(rule.exempt) == 2 with input as doc
	unknown := fixture.pair({"ws-west": public, "ws-north": {"unknown": {"/properties/publicNetworkAccess": "forbidden"}}})
	count(((rule.exempt | rule.deny) | rule.pass)) == 0 with input as unknown
}

test_projects_are_exempt if {
	doc := private.pair({"ws-north": {"kind": "Project"}})
	count(rule.exempt) == 2 with input as doc
}
