package holdfast.lib.estate_test

import data.holdfast.lib.estate
import data.holdfast.lib.fixture

account := {"sku": {"name": "Standard_LRS"}, "unknown": {"/properties/networkAcls": "forbidden"}}

exact(id) := {"id": id, "exact": true}

hole(id) := {"id": id, "exact": false}

vaults := "Microsoft.KeyVault/vaults"

test_absence_needs_a_resource_that_was_read if {
	estate.absent(account, ["kind"])
	not estate.absent(account, ["sku", "name"])
	not estate.absent(account, ["properties", "networkAcls", "defaultAction"])
	not estate.absent(account, ["properties"])
	estate.absent(account, ["properties", "networkAclsLog"])
	not estate.absent({"unknown": {"": "not collected"}}, ["kind"])
}

test_null_is_absent_and_an_empty_string_is_empty if {
	estate.absent({"kind": null, "unknown": {}}, ["kind"])
	estate.empty({"kind": "", "unknown": {}}, ["kind"])
	estate.empty({"unknown": {}}, ["kind"])
	not estate.empty({"kind": "x", "unknown": {}}, ["kind"])
	not estate.empty({"unknown": {"/kind": "forbidden"}}, ["kind"])
}

test_sameness_is_undefined_unless_decidable if {
	estate.same(exact("a"), exact("a"))
	not estate.same(exact("a"), exact("b"))
	estate.distinct(exact("a"), exact("b"))
	not estate.distinct(exact("a"), hole("b")) with input as {"distinct": {}}
	estate.distinct(exact("a"), hole("b")) with input as {"distinct": {"a": {"b": true}}}
}

test_resources_are_found_by_id_subject_and_reference if {
	doc := fixture.pair({})
	kv := fixture.id("kv")
	estate.resource(kv).name == "kv" with input as doc
	estate.resource({"resource": kv}).name == "kv" with input as doc
	estate.resource({"id": kv, "found": true}).name == "kv" with input as doc
	not estate.resource({"id": kv, "found": false}) with input as doc
}

test_held_means_declared_here_for_certain if {
	reference := {"id": fixture.id("kv"), "found": true}
	certain := fixture.pair({})
	estate.held(reference).name == "kv" with input as certain
	maybe := fixture.pair({"kv": {"conditional": "parameters('vault')"}})
	not estate.held(reference) with input as maybe
	existing := fixture.pair({"kv": {"existing": true}})
	not estate.held(reference) with input as existing
}

test_dangling_needs_a_complete_enumeration if {
	gone := {"id": "/subscriptions/s/x", "exact": true, "found": false}
	inexact := {"id": "/subscriptions/s/x", "exact": false, "found": false}
	declared := {"source": "iac", "complete": {"microsoft.keyvault/vaults": ["*"]}}
	read := {"source": "live", "complete": {"microsoft.keyvault/vaults": ["*"]}}
	estate.dangling(gone, vaults) with input as declared
	not estate.dangling(gone, vaults) with input as read
	estate.dangling(gone, vaults) with input as {"complete": {"microsoft.keyvault/vaults": ["/subscriptions/s"]}}
	not estate.dangling(gone, vaults) with input as {"complete": {"microsoft.keyvault/vaults": ["/subscriptions/sx"]}}
	not estate.dangling(gone, vaults) with input as {"complete": {}}
	not estate.dangling(inexact, vaults) with input as declared
}

test_provisioning_state_is_missing_in_source_code_only if {
	estate.provisioned({"properties": {"provisioningState": "succeeded"}}) with input as {"source": "live"}
	estate.provisioned({"unknown": {}}) with input as {"source": "iac"}
	not estate.provisioned({"unknown": {}}) with input as {"source": "live"}
	not estate.provisioned({"unknown": {"/properties": "forbidden"}}) with input as {"source": "iac"}
	not estate.provisioned({"properties": {"provisioningState": "Failed"}}) with input as {"source": "iac"}
}

test_a_pair_is_outside_production_if_both_members_are if {
	doc := fixture.pair({})
	dev := fixture.nonproduction(doc)
	estate.pair_outside_production(dev.pairs[0]) == "dev" with input as dev
	half := fixture.facts(dev, "ws-west", {"production": true})
	not estate.pair_outside_production(half.pairs[0]) with input as half
	unnamed := fixture.facts(doc, "ws-west", {"production": false})
	workspace := unnamed.resources[fixture.id("ws-west")]
	estate.outside_production(workspace) == "not production" with input as unnamed
}

test_members_by_role if {
	doc := fixture.pair({})
	estate.primary(doc.pairs[0]).name == "ws-west" with input as doc
	estate.secondary(doc.pairs[0]).name == "ws-north" with input as doc
	estate.counterpart(doc.pairs[0], doc.resources[fixture.id("ws-west")]).name == "ws-north" with input as doc
	undirected := fixture.undirected(doc)
	not estate.primary(undirected.pairs[0]) with input as undirected
	count(estate.members(undirected.pairs[0])) == 2 with input as undirected
}

test_settled_means_nothing_inside_or_around_is_unknown if {
	estate.settled(account, ["sku"])
	not estate.settled(account, ["properties"])
	not estate.settled(account, ["properties", "networkAcls", "defaultAction"])
	not estate.settled({"unknown": {"": "not collected"}}, ["sku"])
}
