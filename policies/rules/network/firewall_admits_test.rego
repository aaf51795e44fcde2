package holdfast.rules.network.firewall_admits_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_network as private
import data.holdfast.rules.network.firewall_admits as rule

ids(names) := {sprintf("associated_resource:%s", [fixture.id(name)]) | some name in names}

rules(subnets) := {"properties": {
	"publicNetworkAccess": "Enabled",
	"networkAcls": {"defaultAction": "Deny", "virtualNetworkRules": [{"id": subnet} | some subnet in subnets]},
}}

west := private.subnet("west", "computes")

north := private.subnet("north", "computes")

no_endpoints := {name: null | some name in ["pe-kv-west", "pe-kv-north"]}

compute(region) := {
	"type": "Microsoft.MachineLearningServices/workspaces/computes",
	"properties": {"properties": {"subnet": {"id": private.subnet(region, "computes")}}},
}

computes := {"ws-west/c": compute("west"), "ws-north/c": compute("north")}

doc_of(changes) := private.complete_pair(object.union(no_endpoints, changes))

test_both_networks_admitted_pass if {
	doc := doc_of({"kv": rules([west, north])})
	rule.pass == ids(["kv"]) with input as doc
	count(rule.deny) == 0 with input as doc
	from_computes := doc_of(object.union(computes, {"kv": rules([upper(west), north])}))
	rule.pass == ids(["kv"]) with input as from_computes
}

test_failover_network_that_is_not_admitted_is_denied if {
	every changes in [{}, computes] {
		doc := doc_of(object.union(changes, {"kv": rules([west])}))
		some found in rule.deny with input as doc
		found.resource == fixture.id("kv")
		found.pointer == "/properties/networkAcls/virtualNetworkRules"
		contains(found.message, `the firewall of "kv" does not admit "ws-north"`)
		count(rule.deny) == 1 with input as doc
		count(rule.pass) == 0 with input as doc
		not shared_vault in {one.subject | some one in rule.exempt} with input as doc
	}
}

shared_vault := sprintf("associated_resource:%s", [fixture.id("kv")])

test_another_subnet_of_the_same_network_does_not_pass if {
	doc := doc_of(object.union(computes, {"kv": rules([west, private.subnet("north", "other")])}))
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_private_endpoint_admits_too if {
	doc := private.complete_pair({"kv": rules([west]), "pe-kv-west": null})
	rule.pass == ids(["kv"]) with input as doc
	partial := private.pair({"kv": rules([west]), "pe-kv-west": null, "pe-kv-north": null})
	count(rule.deny | rule.pass) == 0 with input as partial
}

account(acls) := {
	"type": "Microsoft.Storage/storageAccounts",
	"location": "westeurope",
	"properties": {"networkAcls": object.union({"defaultAction": "Deny"}, acls)},
}

datastore := {
	"type": "Microsoft.MachineLearningServices/workspaces/datastores",
	"relates": {"account": [fixture.arm_id("stdata", account({}))]},
}

data_pair(acls) := private.complete_pair({"stdata": account(acls), "ws-west/d": datastore, "ws-north/d": datastore})

workspace_rule(name) := {"tenantId": "t", "resourceId": fixture.arm_id(name, fixture.estate[name])}

stdata := sprintf("associated_resource:%s", [lower(fixture.arm_id("stdata", account({})))])

test_resource_rules_of_a_data_account if {
	both := data_pair({"resourceAccessRules": [workspace_rule("ws-west"), workspace_rule("ws-north")]})
	rule.pass == {stdata} with input as both
	one := data_pair({"resourceAccessRules": [workspace_rule("ws-west")]})
	some found in rule.deny with input as one
	contains(found.message, `the firewall of "stdata" does not admit "ws-north"`)
	wildcard := data_pair({"resourceAccessRules": [
		workspace_rule("ws-west"),
		{"resourceId": "/subscriptions/s/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*"},
	]})
	count(rule.deny | rule.pass) == 0 with input as wildcard
}

test_data_account_of_one_workspace_is_exempt if {
	doc := private.complete_pair({"stdata": account({"virtualNetworkRules": [{"id": west}]}), "ws-west/d": datastore})
	some exemption in rule.exempt with input as doc
	exemption.subject == stdata
	exemption.reason == "only one workspace of the pair uses it"
	elsewhere := private.complete_pair({
		"stdata": account({"virtualNetworkRules": [{"id": west}]}),
		"ws-west/d": datastore,
		"ws-north/e": object.union(datastore, {"relates": {"account": [fixture.id("stnorth")]}}),
	})
	stdata in {one.subject | some one in rule.exempt} with input as elsewhere
}

test_vault_per_region_is_exempt if {
	other := object.union(fixture.estate.kv, rules([north]))
	doc := private.complete_pair({
		"kv": rules([west]),
		"kv2": other,
		"ws-north": {"properties": {"keyVault": fixture.arm_id("kv2", other)}},
	})
	fixture.id("kv") in {split(one.subject, ":")[1] | some one in rule.exempt} with input as doc
}

test_open_and_closed_resources_are_exempt if {
	open_doc := fixture.pair({})
	some exemption in rule.exempt with input as open_doc
	exemption.reason == "it takes traffic from everywhere"
	closed := private.pair({})
	some other in rule.exempt with input as closed
	other.reason == "its firewall admits no networks (HF-NET-003)"
}

test_unknown_rules_are_open if {
	changes := [
		{"kv": object.union(rules([west]), {"unknown": {"/properties/networkAcls": "forbidden"}})},
		{"kv": object.union(rules([west]), {"unknown": {"/properties/publicNetworkAccess": "forbidden"}}), "pe-ws-north": null},
		{"kv": rules([west]), "pe-ws-north": {"conditional": "parameters('private')"}},
	]
	every change in changes {
		doc := doc_of(change)
		count(rule.deny) == 0 with input as doc
		count(rule.pass) == 0 with input as doc
	}
}

test_projects_are_exempt if {
	doc := private.pair({"ws-north": {"kind": "Project"}})
	count(rule.exempt) > 3 with input as doc
}
