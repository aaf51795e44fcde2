package holdfast.rules.network.network_per_region_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_network as private
import data.holdfast.rules.network.network_per_region as rule

compute(region) := {
	"type": "Microsoft.MachineLearningServices/workspaces/computes",
	"properties": {"properties": {"subnet": {"id": private.subnet(region, "computes")}}},
}

public := {
	"ws-west": {"properties": {"publicNetworkAccess": "Enabled"}},
	"ws-north": {"properties": {"publicNetworkAccess": "Enabled"}},
	"pe-ws-west": null,
	"pe-ws-north": null,
}

in_west := {"pe-ws-north": {"properties": {"subnet": {"id": private.subnet("west", "pe")}}}}

test_a_network_in_each_region_passes if {
	doc := private.pair({})
	count(rule.pass) == 1 with input as doc
	count(rule.deny | rule.exempt) == 0 with input as doc
	complete := private.complete_pair({})
	count(rule.deny | rule.exempt) == 0 with input as complete
}

test_failover_workspace_in_the_network_of_the_primary_is_denied if {
	doc := private.complete_pair(in_west)
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, `"ws-north" lies in northeurope, but its virtual networks are "vnet-west" in westeurope`)
	count(rule.pass) == 0 with input as doc
}

test_a_network_that_may_be_elsewhere_is_open if {
	doc := private.pair(in_west)
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	unread := fixture.complete(private.pair(in_west), [
		"Microsoft.Network/privateEndpoints",
		"Microsoft.Network/virtualNetworks",
	])
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as unread
}

test_computes_in_networks if {
	doc := private.complete_pair(object.union(public, {"ws-west/c": compute("west"), "ws-north/c": compute("north")}))
	count(rule.pass) == 1 with input as doc
	alone := private.complete_pair(object.union(public, {"ws-west/c": compute("west")}))
	some found in rule.deny with input as alone
	contains(found.message, `"ws-north" lies in northeurope, but it stands in no virtual network`)
}

test_overlapping_ranges_are_a_note if {
	ranges := [["10.10.0.0/16"], ["10.10.4.0/24"], ["10.0.0.0/8"], ["192.168.0.0/24", "10.10.128.0/17"]]
	every range in ranges {
		doc := private.pair({"vnet-north": {"properties": {"addressSpace": {"addressPrefixes": range}}}})
		some found in rule.deny with input as doc
		found.level == "note"
		found.resource == private.id("vnet-north")
		contains(found.message, `"vnet-north" and "vnet-west" have overlapping address ranges`)
		count(rule.pass) == 0 with input as doc
	}
}

test_unknown_places_are_open if {
	changes := [
		{"vnet-north": {"unknown": {"/location": "the expression location cannot be resolved"}}},
		{"vnet-north": {"unknown": {"/properties/addressSpace/addressPrefixes": "forbidden"}}},
		{"vnet-north": {"existing": true, "unknown": {"": "not collected"}}},
		{"vnet-north": null},
		{"pe-ws-north": {"refers": {"/properties/subnet/id": "${subnet}"}}},
		{"pe-ws-north": {"conditional": "parameters('private')"}},
		{"ws-north": {"unknown": {"/location": "forbidden"}}},
	]
	every change in changes {
		doc := private.complete_pair(change)
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}

test_pair_without_networks_is_exempt if {
	doc := private.pair(public)
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "uses no virtual network")
	undirected := fixture.undirected(doc)
	count(rule.exempt) == 1 with input as undirected
	closed := private.pair(object.union(public, {"ws-west": {"properties": {"publicNetworkAccess": "Disabled"}}}))
	count(rule.exempt) == 0 with input as closed
}

test_one_region_belongs_to_another_rule if {
	doc := private.complete_pair(object.union(in_west, {"ws-north": {"location": "westeurope"}}))
	some exemption in rule.exempt with input as doc
	exemption.reason == "both workspaces lie in one region (HF-TOPO-001)"
}

test_missing_endpoint_belongs_to_another_rule if {
	doc := private.complete_pair({"pe-ws-north": null})
	some exemption in rule.exempt with input as doc
	exemption.reason == `"ws-north" has no private endpoint (HF-NET-002)`
}

test_projects_are_exempt if {
	doc := private.pair({"ws-north": {"kind": "Project"}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "is a project")
}
