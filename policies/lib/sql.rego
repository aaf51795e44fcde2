# METADATA
# title: Where SQL databases and managed instances live on
# description: |
#   A database survives its region through a failover group, through active geo-replication (a link that
#   Azure reports, or a secondary database that names it), a managed instance through an instance failover
#   group. https://learn.microsoft.com/azure/azure-sql/database/active-geo-replication-overview
# scope: package
package holdfast.lib.sql

import data.holdfast.lib.estate

is_database(it) if it.type == "microsoft.sql/servers/databases"

is_instance(it) if it.type == "microsoft.sql/managedinstances"

region(text) := replace(lower(text), " ", "")

server(database) := estate.resource(estate.associated(database, "server"))

# The failover groups that are proved to hold it.
groups(it) := [group |
	some group in estate.related(server(it), "failover_groups")
	some reference in group.relations.databases
	estate.same(reference, it)
] if {
	is_database(it)
}

groups(it) := estate.related(it, "failover_groups") if is_instance(it)

# The regions to which a failover group leads.
partner_regions(group) := array.concat(
	[region(partner.location) |
		some partner in group.properties.partnerServers
	],
	array.concat(
		[estate.held(partner).location | some partner in group.relations.partners],
		[region(partner.location) | some partner in group.properties.partnerRegions],
	),
)

# The regions in which its data is kept up to date: where it is, where its failover groups lead, and
# where its geo-secondaries are.
regions(it) := ({it.location} | grouped(it)) | (linked(it) | copied(it))

grouped(it) := {place | some group in groups(it); some place in partner_regions(group)}

linked(it) := {region(link.properties.partnerLocation) |
	some link in estate.related(it, "replication_links")
	lower(link.properties.linkType) == "geo"
}

copied(it) := {copy.location |
	some copy in estate.related(it, "copies")
	geo_secondary(copy)
}

geo_secondary(copy) if lower(copy.properties.secondaryType) == "geo"

geo_secondary(copy) if {
	estate.absent(copy, ["properties", "secondaryType"])
	lower(copy.properties.createMode) in {"secondary", "onlinesecondary"}
}

# Whether its data is kept up to date in the failover region, and in another one besides.
survives(it, pair) if {
	count(regions(it)) > 1
	estate.secondary(pair).location in regions(it)
}

# Whether everything that was read of its replication is understood, so that what is not there can be
# told to be missing.
settled(it) if {
	every group in all_groups(it) {
		settled_group(estate.held(group), it)
	}
	every link in object.get(it, ["relations", "replication_links"], []) {
		settled_link(estate.held(link))
	}
	every copy in object.get(it, ["relations", "copies"], []) {
		settled_copy(estate.held(copy))
	}
}

all_groups(it) := object.get(server(it), ["relations", "failover_groups"], []) if is_database(it)

all_groups(it) := object.get(it, ["relations", "failover_groups"], []) if is_instance(it)

# Its regions are known, or it holds other databases.
settled_group(group, _) if {
	is_array(group.properties.partnerServers)
	count({place | some place in partner_regions(group)}) >= count(group.properties.partnerServers)
	is_array(group.properties.databases)
	count(object.get(group, ["relations", "databases"], [])) == count(group.properties.databases)
	every reference in object.get(group, ["relations", "databases"], []) {
		reference.exact
	}
}

settled_group(group, it) if {
	is_instance(it)
	count(group.properties.partnerRegions) > 0
	every partner in group.properties.partnerRegions {
		is_string(partner.location)
	}
}

settled_link(link) if {
	lower(link.properties.linkType) in {"geo", "named"}
	is_string(link.properties.partnerLocation)
}

settled_copy(copy) if {
	lower(object.get(copy, ["properties", "secondaryType"], "")) in {"geo", "named"}
	is_string(copy.location)
}

settled_copy(copy) if {
	estate.absent(copy, ["properties", "secondaryType"])
	is_string(copy.properties.createMode)
	is_string(copy.location)
}

# Whether a Standby secondary is all that there is: whether it suffices for training is not documented.
standby(it) if {
	some link in estate.related(it, "replication_links")
	lower(link.properties.linkType) == "standby"
}

standby(it) if {
	some copy in estate.related(it, "copies")
	lower(copy.properties.secondaryType) == "standby"
}
