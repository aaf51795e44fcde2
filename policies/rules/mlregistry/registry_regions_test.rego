package holdfast.rules.mlregistry.registry_regions_test

import data.holdfast.lib.fixture
import data.holdfast.rules.mlregistry.registry_regions as rule

estate(change) := fixture.whole(fixture.part("inference", {"mlreg": change}))

details(west, north) := estate({"properties": {"regionDetails": array.concat(west, north)}})

detail(location, storage, images) := [{
	"location": location,
	"acrDetails": [{"systemCreatedAcrAccount": {"acrAccountSku": images}}],
	"storageAccountDetails": [{"systemCreatedStorageAccount": {"storageAccountType": storage}}],
}]

west := detail("West Europe", "Standard_GRS", "premium")

test_copies_in_both_regions_pass if {
	count(rule.pass) == 1 with input as estate({})
	count(((rule.deny | rule.exempt) | rule.open)) == 0 with input as estate({})
}

test_every_redundant_storage_passes if {
	kinds := ["Standard_ZRS", "Standard_GRS", "Standard_GZRS", "Standard_RAGZRS", "standard_ragrs", "Premium_ZRS"]
	every kind in kinds {
		count(rule.pass) == 1 with input as details(west, detail("northeurope", kind, "Premium"))
	}
}

test_region_without_a_copy_is_denied if {
	doc := details(west, detail("swedencentral", "Standard_ZRS", "Premium"))
	some found in rule.deny with input as doc
	found.resource == fixture.id("mlreg")
	found.about == "northeurope"
	contains(found.message, `"mlreg" has no copy in northeurope, where "ws-north" uses it`)
	count(rule.pass) == 0 with input as doc
}

test_locally_redundant_storage_is_a_note if {
	doc := details(west, detail("northeurope", "Standard_LRS", "Premium"))
	some found in rule.deny with input as doc
	found.level == "note"
	contains(found.message, "keeps its copy in northeurope in Standard_LRS")
	count(rule.pass) == 0 with input as doc
}

test_container_registry_must_be_premium if {
	doc := details(west, detail("northeurope", "Standard_ZRS", "Basic"))
	some found in rule.deny with input as doc
	contains(found.message, `"mlreg" has a container registry of the kind Basic in northeurope`)
	count(rule.pass) == 0 with input as doc
}

test_other_regions_do_not_matter if {
	more := array.concat(detail("northeurope", "Standard_ZRS", "Premium"), detail("eastus", "Standard_LRS", "Basic"))
	count(rule.pass) == 1 with input as details(west, more)
}

test_what_is_not_known_is_open if {
	bare := [{"location": "northeurope", "acrDetails": [], "storageAccountDetails": []}]
	docs := [
		estate({"unknown": {"/properties/regionDetails": "forbidden"}}),
		estate({"unknown": {"": "forbidden"}}),
		details(west, detail("northeurope", "Odd_RS", "Premium")),
		details(west, bare),
		fixture.whole(fixture.part("inference", {"ws-north": {"unknown": {"/location": "forbidden"}}})),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

subject(id) := {"subjects": [{"id": id, "kind": "ml_registry", "workspaces": [fixture.id("ws-west")]}]}

test_registry_that_was_not_read_is_open if {
	doc := object.union(estate({}), subject("x/registries/lost"))
	some words in rule.open with input as doc
	words.reason == `the registry "lost" is not in what was scanned`
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	some exemption in rule.exempt with input as object.union(estate({}), subject("x/registries/azureml-meta"))
	contains(exemption.reason, "belongs to Microsoft")
}

test_registry_of_no_pair_is_exempt if {
	doc := object.union(estate({}), {"pairs": []})
	some exemption in rule.exempt with input as doc
	exemption.reason == "no workspace of a pair uses it"
}
