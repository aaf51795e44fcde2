package holdfast.rules.network.private_dns_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_network as private
import data.holdfast.rules.network.private_dns as rule

ids(names) := {sprintf("private_endpoint_target:%s", [fixture.id(name)]) | some name in names}

everything := ids(["ws-west", "ws-north", "stwest", "stnorth", "kv", "acr"])

registers(key) := {"properties": {"privateDnsZoneConfigs": [{"properties": {"privateDnsZoneId": private.zone_id(key)}}]}}

in_one_zone := {"pe-kv-north/default": registers("vault-west")}

spokes := ["west", "north"]

hub_only := object.union(private.hub("swedencentral", spokes), {
	"pe-kv-west": {"properties": {"subnet": {"id": private.hub_part("/subnets/pe")}}},
	"pe-kv-north": null,
	"pe-kv-north/default": null,
})

test_zone_per_region_and_shared_zones_pass if {
	doc := private.pair({})
	rule.pass == everything with input as doc
	count(((rule.deny | rule.exempt) | rule.open)) == 0 with input as doc
	complete := private.complete_pair({})
	count(rule.deny | rule.exempt) == 0 with input as complete
}

test_one_zone_for_both_regions_is_denied if {
	doc := private.pair(in_one_zone)
	some found in rule.deny with input as doc
	found.resource == fixture.id("kv")
	contains(found.message, `the private endpoints of "kv" in both regions register in one zone "privatelink.vaultcore.azure.net"`)
	found.related[0].resource == private.id("pe-kv-west")
	count(rule.deny) == 1 with input as doc
	rule.pass == everything - ids(["kv"]) with input as doc
}

# Azure accepts one name in two resource groups.
one_name := {
	"pe-kv-west": {"named": "pe-kv", "elsewhere": "-west"}, "pe-kv-north": {"named": "pe-kv", "elsewhere": "-north"},
	"pe-kv-west/default": {"named": "pe-kv/default", "elsewhere": "-west"},
	"pe-kv-north/default": {"named": "pe-kv/default", "elsewhere": "-north"},
}

test_endpoints_of_one_name_are_told_apart if {
	doc := private.pair(object.union(one_name, in_one_zone))
	some found in rule.deny with input as doc
	found.resource == fixture.id("kv")
	rule.pass == everything - ids(["kv"]) with input as doc
	apart := private.pair(one_name)
	rule.pass == everything with input as apart
}

# The other service of an account, which has endpoints in both regions too.
both_regions := object.union_n([
	private.endpoint("north", "blob-of-west", "stwest", "blob", ["vault-north"]),
	private.endpoint("north", "file-of-west", "stwest", "file", ["file"]),
])

test_every_service_of_an_account_needs_zones_of_its_own if {
	doc := private.pair(both_regions)
	some found in rule.deny with input as doc
	found.resource == fixture.id("stwest")
	contains(found.message, `of "stwest" in both regions register in one zone "privatelink.file.`)
}

test_network_without_link_is_denied if {
	missing := {
		"link-api-north": "ws-north", "link-notebooks-north": "ws-north", "link-blob-north": "stnorth",
		"link-file-north": "stnorth", "link-vault-north-north": "kv", "link-acr-north-north": "acr",
	}
	every link, name in missing {
		doc := private.complete_pair({link: null})
		some found in rule.deny with input as doc
		found.resource == fixture.id(name)
		contains(found.message, `not linked to the network "vnet-north" of "ws-north"; expected is a link`)
		rule.pass == everything - ids([name]) with input as doc
		partial := private.pair({link: null})
		count(rule.deny) == 0 with input as partial
	}
}

test_link_to_the_zone_of_the_other_region_does_not_count if {
	wrong := {"link-vault-north-north": {"named": "privatelink.vaultcore.azure.net/north", "elsewhere": ""}}
	doc := private.complete_pair(wrong)
	some found in rule.deny with input as doc
	found.resource == fixture.id("kv")
}

test_names_of_one_endpoint_in_a_hub_stand_in_one_zone if {
	both := {"link-vault-west-north": {
		"type": "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
		"named": "privatelink.vaultcore.azure.net/north",
		"properties": {"virtualNetwork": {"id": private.network("north")}},
	}}
	doc := private.complete_pair(object.union(hub_only, both))
	rule.pass == everything with input as doc
	without := private.complete_pair(hub_only)
	some found in rule.deny with input as without
	contains(found.message, `is not linked to the network "vnet-north"`)
}

test_live_links_are_complete if {
	live := fixture.live(private.complete_pair({"link-vault-north-north": {"properties": {
		"virtualNetworkLinkState": "InProgress",
	}}}))
	count(rule.deny) == 0 with input as live
	count(rule.pass & ids(["kv"])) == 0 with input as live
	doc := fixture.live(private.pair(completed))
	ids(["kv"]) - rule.pass == set() with input as doc
}

completed := {name: {"properties": {"virtualNetworkLinkState": "Completed"}} |
	some name in ["link-vault-north-north", "link-vault-west-west"]
}

test_dns_servers_of_its_own_are_open if {
	doc := private.complete_pair({
		"vnet-north": {"properties": {"dhcpOptions": {"dnsServers": ["10.20.0.4"]}}},
		"link-vault-north-north": null,
	})
	count(rule.deny) == 0 with input as doc
	rule.pass == ids(["ws-west", "stwest"]) with input as doc
	some found in rule.open with input as doc
	found.reason == `the network "vnet-north" has DNS servers of its own, or may have`
	none := private.pair({"vnet-north": {"properties": {"dhcpOptions": {"dnsServers": []}}}})
	rule.pass == everything with input as none
}

test_records_kept_by_hand_are_open if {
	doc := private.complete_pair({"pe-kv-north/default": null})
	rule.pass == everything - ids(["kv"]) with input as doc
	count(rule.deny) == 0 with input as doc
	some found in rule.open with input as doc
	found.reason == `"pe-kv-north" has no zone group: its records are kept by hand`
}

test_zone_that_is_not_registered_is_open if {
	doc := private.complete_pair({"pe-ws-north/default": registers("api")})
	rule.pass == everything - ids(["ws-north"]) with input as doc
	count(rule.deny) == 0 with input as doc
}

test_unknown_zone_is_open if {
	doc := private.complete_pair({"pe-kv-north/default": {"unknown": {"/properties/privateDnsZoneConfigs": "forbidden"}}})
	rule.pass == everything - ids(["kv"]) with input as doc
	count(rule.deny) == 0 with input as doc
}

test_resource_without_endpoints_is_exempt if {
	gone := {name: null | some name in ["pe-kv-west", "pe-kv-north", "pe-kv-west/default", "pe-kv-north/default"]}
	listed := private.complete_pair(gone)
	some exemption in rule.exempt with input as listed
	exemption.reason == "no private endpoint leads to it"
	public := private.pair(object.union(gone, {"kv": {"properties": {"publicNetworkAccess": "Enabled"}}}))
	count(rule.exempt) == 1 with input as public
	rules := {"defaultAction": "Deny", "virtualNetworkRules": [{"id": private.subnet("west", "a")}]}
	firewall := private.pair(object.union(gone, {"kv": {
		"unknown": {"/properties/publicNetworkAccess": "forbidden"},
		"properties": {"networkAcls": rules},
	}}))
	count(rule.exempt) == 1 with input as firewall
	partial := private.pair(gone)
	count(rule.exempt) == 0 with input as partial
}

test_missing_endpoint_belongs_to_another_rule if {
	doc := private.complete_pair({"pe-kv-north": null, "pe-kv-north/default": null})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `no private endpoint of it serves the network of "ws-north"`)
	count(rule.deny) == 0 with input as doc
	homeless := private.complete_pair({"pe-ws-north": null, "pe-ws-north/default": null})
	count(rule.deny) == 0 with input as homeless
	count(rule.exempt) > 2 with input as homeless
}

test_projects_are_exempt if {
	doc := private.pair({"ws-north": {"kind": "Project"}})
	count(rule.exempt) == 6 with input as doc
}
