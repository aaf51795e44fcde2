package holdfast.lib.regions_test

import data.holdfast.lib.regions

test_tables_answer if {
	regions.pair("westeurope") == "northeurope"
	regions.pair("italynorth") == null
	regions.zones("westeurope")
	regions.zones("westus") == false
	regions.offered("westeurope")
	regions.geography("westeurope") == "Europe"
	regions.restricted("francesouth")
}

test_the_scan_stands_above_the_tables if {
	said := {"regions": {"westus": {"pair": null, "zones": true, "offered": false}}}
	regions.pair("westus") == null with input as said
	regions.zones("westus") with input as said
	regions.offered("westus") == false with input as said
}

test_what_the_scan_leaves_out_comes_from_the_tables if {
	said := {"regions": {"westus": {"pair": null}}}
	regions.zones("westus") == false with input as said
	regions.offered("westus") with input as said
}

test_unknown_regions_are_undefined if {
	not regions.known("atlantiscentral")
	not regions.paired("atlantiscentral")
	not regions.offered("atlantiscentral")
	not regions.vault_copy("atlantiscentral")
	not regions.geography("atlantiscentral")
}

test_some_regions_have_a_pair_and_no_copy_of_vaults if {
	regions.vault_copy("westeurope") == "northeurope"
	every region in ["brazilsouth", "brazilsoutheast", "westus3", "italynorth"] {
		regions.vault_copy(region) == null
	}
}

# One table must not contradict another.
test_pairs_and_zones_speak_of_the_same_regions if {
	tables := data.holdfast.tables
	every region, _ in tables.zone_regions.regions {
		tables.paired_regions.regions[region]
	}
	every region, _ in tables.ml_regions.regions {
		tables.paired_regions.regions[region]
	}
	every row in tables.paired_regions.regions {
		known_or_null(row.pair)
	}
}

known_or_null(region) if region == null

known_or_null(region) if data.holdfast.tables.paired_regions.regions[region]
