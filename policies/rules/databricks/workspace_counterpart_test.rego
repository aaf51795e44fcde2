package holdfast.rules.databricks.workspace_counterpart_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_parts
import data.holdfast.rules.databricks.workspace_counterpart as rule

computes := ["Microsoft.MachineLearningServices/workspaces/computes"]

pair(changes) := fixture.complete(fixture.pair(fixture.part("databricks", changes)), computes)

twin(change) := pair({"dbx-north": change})

storage(sku) := twin({"properties": {"parameters": {"storageAccountSkuName": {"value": sku}}}})

test_counterpart_in_the_failover_region_passes if {
	count(rule.pass) == 1 with input as pair({})
	count(rule.deny | rule.exempt) == 0 with input as pair({})
	count(rule.pass) == 1 with input as twin({"sku": {"name": "Premium"}})
}

test_names_of_computes_do_not_matter if {
	doc := pair({"ws-north/dbx": null, "ws-north/other": fixture_parts.parts.databricks["ws-north/dbx"]})
	count(rule.pass) == 1 with input as doc
}

test_no_databricks_on_the_secondary_is_denied if {
	doc := pair({"ws-north/dbx": null})
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-north")
	contains(found.message, `"ws-north" has no Databricks compute, but the primary has "dbx"`)
	count(rule.pass) == 0 with input as doc
	unsure := fixture.pair(fixture.part("databricks", {"ws-north/dbx": null}))
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as unsure
}

test_one_workspace_behind_both_is_denied if {
	doc := pair({"ws-north/dbx": {"properties": {"resourceId": fixture.id("dbx-west")}}})
	some found in rule.deny with input as doc
	contains(found.message, `"dbx" leads to "dbx-west" in both workspaces`)
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_workspace_in_another_region_is_denied if {
	doc := twin({"location": "westeurope"})
	some found in rule.deny with input as doc
	found.resource == fixture.id("dbx-north")
	contains(found.message, `"dbx-north" behind "dbx" lies in westeurope`)
	count(rule.pass) == 0 with input as doc
}

test_one_right_counterpart_suffices if {
	more := object.union(
		fixture_parts.parts.databricks["ws-north/dbx"],
		{"properties": {"resourceId": fixture.id("dbx-west")}},
	)
	doc := pair({"ws-north/more": more})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_locally_redundant_storage_is_a_note if {
	doc := storage("Standard_LRS")
	some found in rule.deny with input as doc
	found.level == "note"
	count(rule.pass) == 0 with input as doc
	kinds := ["Standard_GRS", "Standard_RAGRS", "Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS", "Premium_ZRS"]
	every kind in kinds {
		count(rule.pass) == 1 with input as storage(kind)
	}
	count(rule.pass) == 1 with input as twin({"without": ["/properties/parameters"]})
}

test_standard_tier_belongs_to_another_rule if {
	some exemption in rule.exempt with input as pair({"dbx-west": {"sku": {"name": "Standard"}}})
	contains(exemption.reason, `"dbx-west" is of the Standard tier, which is retired (HF-RET-004)`)
	count(rule.deny | rule.pass) == 0 with input as twin({"sku": {"name": "standard"}})
}

test_other_tiers_are_open if {
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as twin({"sku": {"name": "trial"}})
}

test_what_is_not_known_is_open if {
	docs := [
		pair({"ws-west/dbx": {"without": ["/properties/resourceId"]}}),
		pair({"ws-north/dbx": {"unknown": {"/properties/computeType": "forbidden"}}}),
		pair({"ws-west/dbx": {"unknown": {"/properties/computeType": "forbidden"}}}),
		pair({"dbx-north": null}),
		twin({"unknown": {"/location": "forbidden"}}),
		twin({"unknown": {"/sku/name": "forbidden"}}),
		twin({"unknown": {"/properties/parameters": "forbidden"}}),
		storage("Odd"),
		pair({"ws-north": {"unknown": {"/location": "forbidden"}}}),
		fixture.undirected(pair({})),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_other_computes_are_exempt if {
	some exemption in rule.exempt with input as fixture.pair(fixture.part("training", {}))
	exemption.reason == `"cpu" is a compute of type AmlCompute`
}

test_outside_production_is_exempt if {
	some exemption in rule.exempt with input as fixture.nonproduction(pair({"ws-north/dbx": null}))
	exemption.reason == "outside production (dev)"
}
