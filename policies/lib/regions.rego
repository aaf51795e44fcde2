# METADATA
# title: Facts about regions
# description: |
#   What the scan itself or the configuration says of a region (input.regions) stands above the tables
#   of policies/data, member by member. Every function is undefined where neither knows the region.
# scope: package
package holdfast.lib.regions

import data.holdfast.tables

# The name of the paired region, or null if the region has none.
pair(region) := input.regions[region].pair

pair(region) := tables.paired_regions.regions[region].pair if not stated(region, "pair")

# Whether it is known which region is the pair, if any.
paired(region) if is_string(pair(region))

paired(region) if is_null(pair(region))

# Whether the region has availability zones.
zones(region) := input.regions[region].zones

zones(region) if {
	not stated(region, "zones")
	tables.zone_regions.regions[region].zones
}

zones(region) := false if {
	not stated(region, "zones")
	tables.paired_regions.regions[region]
	not tables.zone_regions.regions[region]
}

# Whether it is known if the region has zones.
known(region) if is_boolean(zones(region))

# Whether Azure ML workspaces are offered in the region. The table is not complete, so only a live
# list of the provider says no.
offered(region) := input.regions[region].offered

offered(region) if {
	not stated(region, "offered")
	tables.ml_regions.regions[region]
}

# The region to which Key Vault copies its content, or null if it copies nothing. Brazil South, Brazil
# Southeast and West US 3 have a pair and no copy:
# https://learn.microsoft.com/azure/reliability/reliability-key-vault
vault_copy(region) := pair(region) if tables.paired_regions.regions[region].keyVaultCrossRegion

vault_copy(region) := null if tables.paired_regions.regions[region].keyVaultCrossRegion == false

# Whether only customers who asked for it may use the region.
restricted(region) := tables.paired_regions.regions[region].accessRestricted

# The geographic area of the region, for example Europe.
geography(region) := tables.paired_regions.regions[region].geography

stated(region, member) if member in object.keys(input.regions[region])
