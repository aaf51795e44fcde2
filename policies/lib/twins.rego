# METADATA
# title: What has the same name in both workspaces
# description: |
#   Computes, endpoints and deployments of a pair belong together by name; the parameter name_map says
#   where names differ. A name of which a part is not known (`${…}`) is neither alike nor different.
# scope: package
package holdfast.lib.twins

import data.holdfast.lib.estate

# The name that something of the primary has in the secondary.
mapped(name) := object.get(input.parameters, ["name_map", name], name)

# Whether all of a name is known.
plain(name) if not contains(name, "${")

# Whether two names are equal for certain.
alike(a, b) if {
	plain(a)
	plain(b)
	lower(a) == lower(b)
}

# What a resource has by a relation under the name that belongs to a name of the primary.
twin(from, relation, name) := one if {
	some one in estate.related(from, relation)
	alike(one.name, mapped(name))
}

# Whether nothing of what is known has that name. Whether everything is known is for the rule to ask.
lacking(from, relation, name) if {
	plain(mapped(name))
	every other in object.get(from, ["relations", relation], []) {
		plain(other.name)
		lower(other.name) != lower(mapped(name))
	}
}
