package holdfast.rules.network.resource_endpoints_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_network as private
import data.holdfast.rules.network.resource_endpoints as rule

ids(names) := {sprintf("associated_resource:%s", [fixture.id(name)]) | some name in names}

all_four := ids(["stwest", "stnorth", "kv", "acr"])

test_endpoints_in_both_networks_pass if {
	doc := private.pair({})
	rule.pass == all_four with input as doc
	count(rule.deny | rule.exempt) == 0 with input as doc
	complete := private.complete_pair({})
	count(rule.deny) == 0 with input as complete
}

test_each_missing_endpoint_is_denied if {
	missing := {
		"pe-blob-north": ["stnorth", "blob"], "pe-file-north": ["stnorth", "file"],
		"pe-kv-north": ["kv", "vault"], "pe-acr-north": ["acr", "registry"],
	}
	every name, about in missing {
		doc := private.complete_pair({name: null})
		some found in rule.deny with input as doc
		found.resource == fixture.id(about[0])
		contains(found.message, sprintf(`no private endpoint for %s serves the network of "ws-north"`, [about[1]]))
		rule.pass == all_four - ids([about[0]]) with input as doc
		partial := private.pair({name: null})
		count(rule.deny) == 0 with input as partial
	}
}

test_only_the_networks_that_were_read_are_judged if {
	doc := private.pair({"pe-kv-north": null})
	listed := object.union(doc, {"complete": {
		"microsoft.network/privateendpoints": [lower(fixture.group)],
		"microsoft.network/virtualnetworks": [lower(fixture.group)],
	}})
	count(rule.deny) == 1 with input as listed
}

test_firewall_that_admits_nobody_is_closed if {
	doc := private.complete_pair({
		"kv": {
			"properties": {"publicNetworkAccess": "Enabled", "networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"}},
		},
		"acr": {"properties": {"publicNetworkAccess": "Enabled", "networkRuleSet": {"defaultAction": "Deny"}}},
		"pe-kv-north": null,
	})
	some found in rule.deny with input as doc
	found.resource == fixture.id("kv")
	ids(["acr"]) - rule.pass == set() with input as doc
}

test_open_resources_are_exempt if {
	doc := private.complete_pair({
		"kv": {"without": ["/properties/publicNetworkAccess"]},
		"acr": {"properties": {"publicNetworkAccess": "Enabled", "networkRuleSet": {"defaultAction": "Allow"}}},
	})
	{exemption.reason | some exemption in rule.exempt} == {"it takes traffic from everywhere"} with input as doc
	count(rule.exempt) == 2 with input as doc
}

test_firewall_that_admits_networks_belongs_to_another_rule if {
	rules := [{"id": private.subnet("west", "computes")}]
	doc := private.complete_pair({"kv": {"properties": {
		"publicNetworkAccess": "Enabled",
		"networkAcls": {"defaultAction": "Deny", "virtualNetworkRules": rules},
	}}})
	some exemption in rule.exempt with input as doc
	exemption.reason == "its firewall admits networks (HF-NET-007)"
}

in_hub(spokes) := {
	"pe-kv-west": {"properties": {"subnet": {"id": private.hub_part("/subnets/pe")}}},
	"pe-kv-north": null,
} if {
	count(spokes) > 0
}

test_hub_in_a_third_region_serves_both if {
	spokes := ["west", "north"]
	doc := private.complete_pair(object.union(private.hub("swedencentral", spokes), in_hub(spokes)))
	rule.pass == all_four with input as doc
	one_way := private.complete_pair(object.union_n([
		private.hub("swedencentral", spokes), in_hub(spokes), {"hub/north": null},
	]))
	rule.pass == all_four - ids(["kv"]) with input as one_way
	count(rule.deny) == 0 with input as one_way
}

test_live_hub_counts_while_the_peering_is_connected if {
	spokes := ["west", "north"]
	state := {"vnet-west/hub": "Connected", "vnet-north/hub": "Connected"}
	peerings := {name: {"properties": {"peeringState": value}} | some name, value in state}
	doc := fixture.live(private.complete_pair(object.union_n([
		private.hub("swedencentral", spokes), in_hub(spokes), peerings, approved,
	])))
	rule.pass == all_four with input as doc
	cut := fixture.live(private.complete_pair(object.union_n([
		private.hub("swedencentral", spokes), in_hub(spokes), peerings, approved,
		{"vnet-north/hub": {"properties": {"peeringState": "Disconnected"}}},
	])))
	rule.pass == all_four - ids(["kv"]) with input as cut
}

approved := {name: {"properties": {"privateLinkServiceConnections": [connection(target, group, "Approved")]}} |
	some name, [target, group] in {
		"pe-blob-west": ["stwest", "blob"], "pe-file-west": ["stwest", "file"],
		"pe-blob-north": ["stnorth", "blob"], "pe-file-north": ["stnorth", "file"],
		"pe-kv-west": ["kv", "vault"],
		"pe-acr-west": ["acr", "registry"], "pe-acr-north": ["acr", "registry"],
	}
}

connection(target, group, status) := {"properties": {
	"privateLinkServiceId": fixture.arm_id(target, fixture.estate[target]),
	"groupIds": [group],
	"privateLinkServiceConnectionState": {"status": status},
}}

test_hub_in_the_region_of_the_primary_does_not_serve_the_other if {
	spokes := ["west", "north"]
	doc := private.complete_pair(object.union(private.hub("westeurope", spokes), in_hub(spokes)))
	some found in rule.deny with input as doc
	found.resource == fixture.id("kv")
	contains(found.message, `serves the network of "ws-north"`)
	count(rule.deny) == 1 with input as doc
}

test_endpoint_without_approval_does_not_count if {
	pending := {"pe-kv-north": {"properties": {"privateLinkServiceConnections": [connection("kv", "vault", "Pending")]}}}
	doc := private.complete_pair(pending)
	count(rule.deny) == 1 with input as doc
	rule.pass == all_four - ids(["kv"]) with input as doc
}

test_unknown_places_are_open if {
	changes := [
		{"pe-kv-north": {"refers": {"/properties/subnet/id": "${subnet}"}}},
		{"pe-kv-north": {"conditional": "parameters('private')"}},
		{"pe-kv-north": {"unknown": {"/properties/privateLinkServiceConnections/0/properties/groupIds": "forbidden"}}},
		{"kv": {"unknown": {"/properties/publicNetworkAccess": "forbidden"}}},
	]
	every change in changes {
		doc := private.complete_pair(change)
		rule.pass == all_four - ids(["kv"]) with input as doc
		count(rule.deny) == 0 with input as doc
	}
}

account := {
	"type": "Microsoft.Storage/storageAccounts",
	"location": "westeurope",
	"properties": {"publicNetworkAccess": "Disabled"},
}

data_account := fixture.arm_id("stdata", account)

datastore := {
	"type": "Microsoft.MachineLearningServices/workspaces/datastores",
	"relates": {"account": [data_account]},
}

leading_to(region, group) := {
	"type": "Microsoft.Network/privateEndpoints",
	"properties": {
		"subnet": {"id": private.subnet(region, "pe")},
		"privateLinkServiceConnections": [{"properties": {
			"privateLinkServiceId": data_account,
			"groupIds": [group],
		}}],
	},
}

shared_data := {
	"stdata": account,
	"ws-west/data": datastore,
	"ws-north/data": datastore,
	"pe-data-west": leading_to("west", "dfs"),
	"pe-data-north": leading_to("north", "blob"),
}

test_data_account_needs_blob_or_dfs_in_both if {
	doc := private.complete_pair(shared_data)
	sprintf("associated_resource:%s", [lower(data_account)]) in rule.pass with input as doc
	count(rule.deny) == 0 with input as doc
	without := private.complete_pair(object.union(shared_data, {"pe-data-north": null}))
	some found in rule.deny with input as without
	contains(found.message, `"stdata" is closed to the internet, and no private endpoint for blob or dfs serves`)
}

test_managed_network_is_served_by_the_service if {
	managed := {"properties": {"managedNetwork": {"isolationMode": "AllowInternetOutbound"}}}
	doc := private.complete_pair({
		"ws-west": managed, "ws-north": managed, "pe-ws-west": null, "pe-ws-north": null,
		"pe-kv-north": null,
	})
	rule.pass == all_four with input as doc
	count(rule.deny | rule.exempt) == 0 with input as doc
}

test_workspace_without_network_belongs_to_another_rule if {
	doc := private.complete_pair({"pe-ws-north": null, "pe-kv-north": null})
	some exemption in rule.exempt with input as doc
	exemption.reason == `"ws-north" has no virtual network of its own (HF-NET-001)`
	count(rule.deny) == 0 with input as doc
}

test_projects_are_exempt if {
	doc := private.pair({"ws-north": {"kind": "Project"}})
	count(rule.exempt) == 4 with input as doc
}
