# METADATA
# title: PostgreSQL and MySQL flexible servers
# description: |
#   What both services have in common: high availability over zones, geo-redundant backup (only in regions
#   with a pair), read replicas in any region.
#   https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-geo-disaster-recovery
#   https://learn.microsoft.com/azure/mysql/flexible-server/concepts-business-continuity
# scope: package
package holdfast.lib.flexible_server

import data.holdfast.lib.estate
import data.holdfast.lib.regions

mode(server) := lower(server.properties.highAvailability.mode)

mode(server) := "disabled" if estate.absent(server, ["properties", "highAvailability", "mode"])

burstable(server) if lower(server.sku.tier) == "burstable"

# Whether its high availability works as far as the source can tell: source code has no state.
healthy(server) if lower(server.properties.highAvailability.state) == "healthy"

healthy(_) if input.source == "iac"

geo_backup(server) := lower(server.properties.backup.geoRedundantBackup)

geo_backup(server) := "disabled" if estate.absent(server, ["properties", "backup", "geoRedundantBackup"])

# Whether its backup is restorable in another region.
backed_up(server) if {
	geo_backup(server) == "enabled"
	is_string(regions.pair(server.location))
}

# Whether it is known that it is not.
not_backed_up(server) if geo_backup(server) == "disabled"

not_backed_up(server) if regions.pair(server.location) == null

# The regions in which its data is kept up to date: its own, those of its replicas, and that of the
# server whose replica it is.
places(server) := {server.location} | {other.location | some other in others(server)}

others(server) := array.concat(
	[replica | some replica in estate.related(server, "replicas"); replicates(replica)],
	[source |
		replicates(server)
		source := estate.held(estate.associated(server, "source"))
	],
)

# A server that was promoted has a source no more.
replicates(server) if lower(server.properties.replicationRole) in {"asyncreplica", "geoasyncreplica", "replica"}

replicates(server) if {
	input.source == "iac"
	estate.absent(server, ["properties", "replicationRole"])
}

# Whether a replica keeps the data in the failover region, and in another one besides.
replicated(server, pair) if {
	count(places(server)) > 1
	estate.secondary(pair).location in places(server)
}

# Whether all that was read of its replicas is understood.
settled(server) if {
	every reference in object.get(server, ["relations", "replicas"], []) {
		replica := estate.held(reference)
		is_string(replica.location)
		known_role(replica)
	}
	known_role(server)
}

known_role(server) if is_string(server.properties.replicationRole)

known_role(server) if estate.absent(server, ["properties", "replicationRole"])
