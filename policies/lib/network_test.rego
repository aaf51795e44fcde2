package holdfast.lib.network_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_network as private
import data.holdfast.lib.network

west := fixture.id("ws-west")

north := fixture.id("ws-north")

test_networks_of_a_workspace_are_those_of_its_endpoints if {
	doc := private.pair({})
	{found.name | some found in network.networks(doc.resources[west])} == {"vnet-west"} with input as doc
	{found.name | some found in network.regional(doc.resources[west])} == {"vnet-west"} with input as doc
}

test_compute_and_serverless_subnets_count if {
	doc := private.pair({
		"pe-ws-west": null,
		"ws-west": {"properties": {"serverlessComputeSettings": {
			"serverlessComputeCustomSubnet": private.subnet("west", "a"),
		}}},
		"ws-north/c": {
			"type": "Microsoft.MachineLearningServices/workspaces/computes",
			"properties": {"properties": {"subnet": {"id": private.subnet("west", "b")}}},
		},
	})
	{found.name | some found in network.networks(doc.resources[west])} == {"vnet-west"} with input as doc
	{found.name | some found in network.networks(doc.resources[north])} == {"vnet-west", "vnet-north"} with input as doc
}

test_peerings_are_declared_on_both_sides if {
	doc := private.pair(private.hub("westeurope", ["west"]))
	here := doc.resources[private.id("vnet-west")]
	hub := {"id": lower(private.hub_part("")), "exact": true, "found": true}
	network.peered(here, hub) with input as doc
	half := private.pair(object.union(private.hub("westeurope", ["west"]), {"hub/west": null}))
	not network.peered(half.resources[private.id("vnet-west")], hub) with input as half
}

test_firewalls if {
	account := {"type": "microsoft.storage/storageaccounts", "unknown": {}, "properties": {}}
	registry := {"type": "microsoft.containerregistry/registries", "unknown": {}, "properties": {}}
	deny := {"defaultAction": "Deny"}
	network.reachable_by_all(account)
	network.closed(object.union(account, {"properties": {"networkAcls": deny}})) == "endpoints"
	network.closed(object.union(registry, {"properties": {"networkRuleSet": deny}})) == "endpoints"
	rules := object.union(deny, {"resourceAccessRules": [{"resourceId": "x"}]})
	network.closed(object.union(account, {"properties": {"networkAcls": rules}})) == "firewall"
	hidden := object.union(account, {"unknown": {"/properties/networkAcls": "forbidden"}})
	not network.reachable_by_all(hidden)
	not network.closed(hidden)
}
