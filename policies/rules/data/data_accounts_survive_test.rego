package holdfast.rules.data.data_accounts_survive_test

import data.holdfast.lib.fixture
import data.holdfast.rules.data.data_accounts_survive as rule

policies := ["Microsoft.Storage/storageAccounts/objectReplicationPolicies"]

sku(name) := {"stdata": {"sku": {"name": name}}}

listed(changes) := fixture.complete(fixture.pair_with_data(changes), policies)

# The account replicates to another one in a region.
replicated(region) := object.union(sku("Premium_LRS"), {
	"stdata": {"kind": "BlockBlobStorage"},
	"stcopy": {"type": "Microsoft.Storage/storageAccounts", "location": region, "sku": {"name": "Premium_LRS"}},
	"stdata/policy": {
		"type": "Microsoft.Storage/storageAccounts/objectReplicationPolicies",
		"properties": {"sourceAccount": "stdata", "destinationAccount": "stcopy"},
		"links": {
			"source": {"/properties/sourceAccount": ["stdata"]},
			"destination": {"/properties/destinationAccount": ["stcopy"]},
		},
	},
})

test_readable_copies_pass_in_every_tier if {
	every name in ["Standard_RAGRS", "Standard_RAGZRS", "standard_ragzrs"] {
		every tier in ["active-active", "active-standby", "active-passive"] {
			count(rule.pass) == 1 with input as fixture.tier(fixture.pair_with_data(sku(name)), tier)
		}
	}
}

test_other_copies_pass_unless_both_are_active if {
	every name in ["Standard_GRS", "Standard_GZRS"] {
		every tier in ["active-standby", "active-passive"] {
			count(rule.pass) == 1 with input as fixture.tier(fixture.pair_with_data(sku(name)), tier)
		}
		doc := fixture.tier(listed(sku(name)), "active-active")
		some found in rule.deny with input as doc
		contains(found.message, "cannot be read before a failover")
		count(rule.pass) == 0 with input as doc
	}
}

test_one_region_is_denied if {
	every name in ["Standard_LRS", "Standard_ZRS", "Premium_LRS", "Premium_ZRS"] {
		doc := listed(sku(name))
		some found in rule.deny with input as doc
		found.resource == fixture.id("stdata")
		found.pointer == "/sku/name"
		contains(found.message, sprintf(`"stdata" is %s and nothing replicates it`, [name]))
		contains(found.message, "northeurope")
		count(rule.pass) == 0 with input as doc
	}
}

test_hierarchical_accounts_and_premium_files_are_denied_without_looking_further if {
	hierarchical := {"stdata": {"sku": {"name": "Standard_ZRS"}, "properties": {"isHnsEnabled": true}}}
	some found in rule.deny with input as fixture.pair_with_data(hierarchical)
	contains(found.message, "hierarchical namespace")
	files := {"stdata": {"sku": {"name": "Premium_ZRS"}, "kind": "FileStorage"}}
	some other in rule.deny with input as fixture.pair_with_data(files)
	contains(other.message, "premium file shares cannot be geo-redundant")
}

test_object_replication_to_the_failover_region_passes if {
	count(rule.pass) == 1 with input as listed(replicated("northeurope"))
	count(rule.deny) == 0 with input as listed(replicated("northeurope"))
	both_active := fixture.tier(listed(object.union(replicated("northeurope"), sku("Standard_GRS"))), "active-active")
	count(rule.pass) == 1 with input as both_active
	count(rule.deny) == 0 with input as both_active
}

test_object_replication_does_not_copy_file_shares if {
	files := {"ws-north/training": {"properties": {"datastoreType": "AzureFile"}}}
	doc := listed(object.union(replicated("northeurope"), files))
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_object_replication_elsewhere_is_not_enough if {
	every region in ["westeurope", "swedencentral"] {
		count(rule.pass) == 0 with input as listed(replicated(region))
	}
}

test_unread_policies_are_open if {
	count(rule.deny | rule.pass) == 0 with input as fixture.pair_with_data(sku("Standard_LRS"))
	both_active := fixture.tier(fixture.pair_with_data(sku("Standard_GRS")), "active-active")
	count(rule.deny | rule.pass) == 0 with input as both_active
}

test_unknown_facts_are_open if {
	lrs := sku("Standard_LRS")
	changes := [
		{"stdata": {"unknown": {"/sku/name": "forbidden"}}},
		{"stdata": {"existing": true, "unknown": {"": "not collected"}}},
		object.union(lrs, {"stdata": {"unknown": {"/properties/isHnsEnabled": "forbidden"}}}),
		object.union(lrs, {"stdata": {"unknown": {"/kind": "forbidden"}}}),
		object.union(replicated("northeurope"), {"stcopy": null}),
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as listed(change)
		count(rule.exempt) == 0 with input as listed(change)
	}
}

test_unknown_sku_says_so if {
	doc := listed(sku("StandardV2_LRS"))
	count(rule.deny | rule.pass) == 0 with input as doc
	some words in rule.open with input as doc
	contains(words.reason, "StandardV2_LRS")
}

test_copies_per_region_are_exempt if {
	doc := fixture.parameters(listed(sku("Standard_LRS")), {"data_mode": "per-region"})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "copy of the data per region")
}

test_default_accounts_belong_to_another_rule if {
	doc := listed(object.union(sku("Standard_LRS"), {"stdata": {"default_of": [{"id": "x", "name": "ws-west"}]}}))
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, `"stdata" is the default storage account of a workspace (HF-DATA-001)`)
}

test_outside_production_is_exempt if {
	doc := fixture.nonproduction(listed(sku("Standard_LRS")))
	some exemption in rule.exempt with input as doc
	exemption.reason == "outside production (dev)"
}
