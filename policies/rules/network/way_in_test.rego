package holdfast.rules.network.way_in_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_network as private
import data.holdfast.rules.network.way_in as rule

no_gateways := {"gw-west": null, "gw-north": null}

bastion(region) := {
	"type": "Microsoft.Network/bastionHosts",
	"properties": {"ipConfigurations": [{"properties": {"subnet": {"id": private.subnet(region, "AzureBastionSubnet")}}}]},
}

hub(location, spokes) := object.union(private.hub(location, spokes), no_gateways)

test_gateway_in_each_network_passes if {
	doc := private.pair({})
	count(rule.pass) == 1 with input as doc
	count(((rule.deny | rule.exempt) | rule.open)) == 0 with input as doc
	complete := private.complete_pair({})
	count(rule.deny) == 0 with input as complete
}

test_bastion_hosts_are_ways_in if {
	doc := private.pair(object.union(no_gateways, {"b-west": bastion("west"), "b-north": bastion("north")}))
	count(rule.pass) == 1 with input as doc
}

test_network_without_a_way_in_is_denied if {
	doc := private.complete_pair({"gw-north": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, `the network "vnet-north" of "ws-north" has no gateway and no peering`)
	count(rule.pass) == 0 with input as doc
	partial := private.pair({"gw-north": null})
	count(rule.deny | rule.pass) == 0 with input as partial
}

test_hub_in_a_third_region_is_a_way_in_for_both if {
	doc := private.pair(hub("swedencentral", ["west", "north"]))
	count(rule.pass) == 1 with input as doc
}

test_hub_in_the_region_of_the_primary_is_none_for_the_other if {
	doc := private.complete_pair(hub("westeurope", ["west", "north"]))
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, `"vnet-north" of "ws-north" depends on the gateway of "hub" in the other region`)
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_live_peerings_must_be_connected if {
	states := {name: {"properties": {"peeringState": "Connected"}} | some name in ["vnet-west/hub", "vnet-north/hub"]}
	doc := fixture.live(private.pair(object.union(hub("swedencentral", ["west", "north"]), states)))
	count(rule.pass) == 1 with input as doc
	cut := fixture.live(private.pair(object.union_n([
		hub("swedencentral", ["west", "north"]), states,
		{"vnet-north/hub": {"properties": {"peeringState": "Initiated"}}},
	])))
	count(rule.pass | rule.deny) == 0 with input as cut
}

test_other_peerings_are_open if {
	to_appliance := {"vnet-north/nva": private.peering(private.hub_part(""), {"allowForwardedTraffic": true}), "gw-north": null}
	doc := private.complete_pair(to_appliance)
	count(rule.pass | rule.deny) == 0 with input as doc
}

test_virtual_wan_is_open if {
	remote := fixture.arm_id("HV_hub-north_1", {"type": "Microsoft.Network/virtualNetworks"})
	doc := private.complete_pair({"vnet-north/wan": private.peering(remote, {"useRemoteGateways": true}), "gw-north": null})
	count(rule.pass | rule.deny) == 0 with input as doc
	some found in rule.open with input as doc
	found.reason == `"vnet-north" is connected to a virtual WAN hub, of which the routes were not read`
}

test_unknown_peerings_are_open if {
	doc := private.complete_pair({
		"gw-north": null,
		"vnet-north": {"unknown": {"/properties/virtualNetworkPeerings": "forbidden"}},
	})
	count(rule.pass | rule.deny) == 0 with input as doc
}

test_vpn_gateway_with_one_instance_is_a_note if {
	doc := private.pair({"gw-west": {"properties": {"activeActive": false}}})
	some found in rule.deny with input as doc
	found.level == "note"
	contains(found.message, `the VPN gateway "gw-west" has a single instance`)
	count(rule.pass) == 0 with input as doc
	express := private.pair({"gw-west": {"properties": {"activeActive": false, "gatewayType": "ExpressRoute"}}})
	count(rule.pass) == 1 with input as express
}

test_public_pair_is_exempt if {
	public := {"properties": {"publicNetworkAccess": "Enabled"}}
	doc := fixture.pair({"ws-west": public, "ws-north": public})
	count(rule.exempt) == 1 with input as doc
}

test_workspace_without_network_belongs_to_another_rule if {
	doc := private.complete_pair({"pe-ws-north": null})
	count(rule.exempt) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_projects_are_exempt if {
	doc := private.pair({"ws-north": {"kind": "Project"}})
	count(rule.exempt) == 1 with input as doc
}
