package holdfast.rules.network.managed_network_test

import data.holdfast.lib.fixture
import data.holdfast.rules.network.managed_network as rule

type := "Microsoft.MachineLearningServices/workspaces/outboundRules"

managed(mode, status) := {"properties": {"managedNetwork": {"isolationMode": mode, "status": {"status": status}}}}

approved := managed("AllowOnlyApprovedOutbound", "Active")

fqdn(name) := {"type": type, "properties": {"type": "FQDN", "category": "UserDefined", "destination": name}}

service(tag, ports) := {"type": type, "properties": {
	"type": "ServiceTag",
	"destination": {"serviceTag": tag, "protocol": "TCP", "portRanges": ports},
}}

endpoint(name, part) := {"type": type, "properties": {
	"type": "PrivateEndpoint",
	"category": "UserDefined",
	"destination": {
		"serviceResourceId": fixture.arm_id(name, fixture.estate[name]),
		"subresourceTarget": part,
	},
}}

both := {
	"ws-west": approved,
	"ws-north": approved,
	"ws-west/pypi": fqdn("pypi.org"),
	"ws-north/packages": fqdn("PyPI.org"),
	"ws-west/hub": service("AzureMachineLearning.WestEurope", "443"),
	"ws-north/hub": service("AzureMachineLearning.NorthEurope", "443"),
	"ws-west/monitor": service("AzureMonitor", "443"),
	"ws-north/monitor": service("AzureMonitor", "443"),
	"ws-west/vault": endpoint("kv", "vault"),
	"ws-north/vault": endpoint("kv", "Vault"),
	"ws-west/blob": endpoint("stwest", "blob"),
	"ws-north/blob": endpoint("stnorth", "blob"),
	"ws-west/made": {"type": type, "properties": {"type": "FQDN", "category": "Required", "destination": "a.west"}},
}

doc_of(changes) := fixture.complete(fixture.pair(object.union(both, changes)), [type])

test_equal_rules_pass if {
	doc := doc_of({})
	count(rule.pass) == 1 with input as doc
	count(rule.deny | rule.exempt) == 0 with input as doc
}

test_open_outbound_passes_too if {
	mode := managed("AllowInternetOutbound", "Active")
	doc := fixture.complete(fixture.pair({"ws-west": mode, "ws-north": mode}), [type])
	count(rule.pass) == 1 with input as doc
}

test_other_mode_is_denied if {
	every mode in ["AllowInternetOutbound", "Disabled"] {
		doc := doc_of({"ws-north": managed(mode, "Active")})
		some found in rule.deny with input as doc
		found.resource == fixture.id("ws-north")
		contains(found.message, sprintf(`"ws-north" is in the mode %s, that of "ws-west" in the mode`, [lower(mode)]))
		count(rule.pass) == 0 with input as doc
	}
}

test_no_managed_network_on_one_side_is_denied if {
	doc := fixture.pair({"ws-west": approved})
	some found in rule.deny with input as doc
	contains(found.message, `"ws-north" is in the mode disabled`)
	count(rule.exempt) == 0 with input as doc
}

test_missing_rules_are_one_finding if {
	doc := doc_of({"ws-north/packages": null, "ws-north/extra": fqdn("conda.io"), "ws-north/vault": null})
	some found in rule.deny with input as doc
	found.pointer == "/properties/managedNetwork/outboundRules"
	contains(found.message, `"ws-north" has no rule like "pypi" of "ws-west"`)
	contains(found.message, `"ws-north" has no rule like "vault" of "ws-west"`)
	contains(found.message, `"ws-west" has no rule like "extra" of "ws-north"`)
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_each_part_of_a_rule_counts if {
	changes := [
		{"ws-north/packages": fqdn("pypi.com")},
		{"ws-north/monitor": service("AzureMonitor", "80")},
		{"ws-north/monitor": service("AzureMonitor.WestEurope", "443")},
		{"ws-north/vault": endpoint("kv", "managedhsm")},
		{"ws-north/vault": endpoint("acr", "registry")},
		{"ws-north/blob": endpoint("stnorth", "file")},
	]
	every change in changes {
		doc := doc_of(change)
		count(rule.deny) == 1 with input as doc
		count(rule.pass) == 0 with input as doc
	}
}

test_rules_that_were_not_listed_are_open if {
	doc := fixture.pair(object.union(both, {"ws-north/packages": null}))
	count(rule.deny | rule.pass) == 0 with input as doc
	one_side := object.union(doc, {"complete": {lower(type): [fixture.id("ws-west")]}})
	count(rule.deny | rule.pass) == 0 with input as one_side
}

test_unknown_rules_are_open if {
	changes := [
		{"ws-north/packages": {"unknown": {"/properties/destination": "the expression host cannot be resolved"}}},
		{"ws-north": {"unknown": {"/properties/managedNetwork/outboundRules": "forbidden"}}},
		{"ws-north/vault": {"refers": {"/properties/destination/serviceResourceId": "${vault}"}}},
		{"ws-north": {"unknown": {"/properties/managedNetwork/isolationMode": "forbidden"}}},
	]
	every change in changes {
		doc := doc_of(change)
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}

test_network_that_is_not_provisioned_is_denied_where_it_is_needed if {
	waiting := managed("AllowOnlyApprovedOutbound", "Inactive")
	primary := doc_of({"ws-west": waiting})
	some found in rule.deny with input as primary
	contains(found.message, `the managed network of "ws-west" is not provisioned yet`)
	passive := doc_of({"ws-north": waiting})
	count(rule.pass) == 1 with input as passive
	every tier in ["active-active", "active-standby"] {
		doc := fixture.tier(doc_of({"ws-north": waiting}), tier)
		count(rule.deny) == 1 with input as doc
		count(rule.pass) == 0 with input as doc
	}
}

test_source_code_says_that_the_network_is_provisioned if {
	now := {
		"without": ["/properties/managedNetwork/status"],
		"properties": {"provisionNetworkNow": true},
	}
	doc := doc_of({"ws-west": now})
	count(rule.pass) == 1 with input as doc
	silent := doc_of({"ws-west": {"without": ["/properties/managedNetwork/status"]}})
	count(rule.pass | rule.deny) == 0 with input as silent
}

test_pair_without_managed_networks_is_exempt if {
	plain := fixture.pair({})
	count(rule.exempt) == 1 with input as plain
	disabled := fixture.pair({"ws-west": managed("Disabled", "Inactive")})
	count(rule.exempt) == 1 with input as disabled
	count(rule.deny) == 0 with input as disabled
}

test_projects_are_exempt if {
	doc := doc_of({"ws-north": {"kind": "Project"}})
	count(rule.exempt) == 1 with input as doc
}
