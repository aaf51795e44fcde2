package holdfast.lib.compute_test

import data.holdfast.lib.compute
import data.holdfast.lib.fixture

bare := {"relations": {}}

test_families_by_name if {
	compute.same_family(bare, "STANDARD_DS3_v2", "Standard_DS3_V2")
	compute.same_family(bare, "Standard_D4s_v5", "Standard_D16s_v5")
	compute.same_family(bare, "Standard_E8-4s_v5", "Standard_E32s_v5")
	compute.same_family(bare, "Standard_NC24ads_A100_v4", "Standard_NC48ads_A100_v4")
	not compute.same_family(bare, "Standard_D4s_v5", "Standard_D4s_v3")
	not compute.same_family(bare, "odd", "even")
}

test_only_other_letters_are_other_families if {
	compute.other_family(bare, "Standard_D4s_v5", "Standard_E4s_v5")
	not compute.other_family(bare, "Standard_D4s_v5", "Standard_D4s_v3")
	not compute.other_family(bare, "odd", "Standard_E4s_v5")
}

test_the_list_of_the_region_decides if {
	doc := fixture.pair(fixture.part("training", {"northeurope/vmSizes": {"value": [
		{"name": "Standard_DS3_v2", "family": "standardDSv2Family", "vCPUs": 4},
		{"name": "Standard_DS4_v2", "family": "Standard DSv2 Family", "vCPUs": 8},
		{"name": "Standard_D4s_v3", "family": "standardDSv3Family", "vCPUs": 4},
	]}}))
	north := doc.resources[fixture.id("ws-north")]
	compute.listed(north, "standard_ds4_V2").vCPUs == 8 with input as doc
	compute.same_family(north, "Standard_DS3_v2", "Standard_DS4_v2") with input as doc
	compute.other_family(north, "Standard_DS3_v2", "Standard_D4s_v3") with input as doc
}

test_a_size_is_known_from_any_region if {
	doc := fixture.pair(fixture.part("training", {}))
	compute.known("STANDARD_DS3_V2") == {"family": "standarddsv2family", "cores": 4} with input as doc
	not compute.known("Standard_X") with input as doc
}

test_families_have_one_spelling if {
	spellings := ["standardDSv2Family", "Standard DSv2 Family Cluster Dedicated vCPUs", "STANDARD_DSv2_FAMILY"]
	every spelling in spellings {
		compute.family_key(spelling) == "standarddsv2family"
	}
}

test_kinds if {
	compute.kind({"properties": {"computeType": "AmlCompute"}}) == "amlcompute"
	compute.no_cluster({"name": "ci", "properties": {"computeType": "ComputeInstance"}})
	not compute.no_cluster({"name": "cpu", "properties": {"computeType": "AMLCompute"}})
	"synapsespark" in compute.attached_kinds
}
