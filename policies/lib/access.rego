# METADATA
# title: Questions about role assignments
# description: |
#   Who holds which role where. Principals are compared like ids: that of a declared identity is known to
#   Azure only. Every function is undefined, not false, when the input cannot answer.
# scope: package
package holdfast.lib.access

import data.holdfast.lib.estate
import data.holdfast.tables

# The role assignments that hold for a resource, its own and inherited ones.
assignments(it) := estate.related(it, "role_assignments")

# The same as references, with those of management groups, which may hold for it.
possible(it) := array.concat(
	object.get(it, ["relations", "role_assignments"], []),
	object.get(it, ["relations", "management_assignments"], []),
)

# The id of the role of an assignment; undefined while it is not known.
role(assignment) := lower(name) if {
	name := assignment.relations.role[0].name
	regex.match(`^[0-9A-Fa-f-]{36}$`, name)
}

# What to call it.
title(assignment) := tables.roles.roles[role(assignment)].name

title(assignment) := role(assignment) if not tables.roles.roles[role(assignment)]

principal(assignment) := assignment.relations.principal[0]

kind(assignment) := lower(assignment.properties.principalType)

# Whether many may hold the role of an assignment.
of_group(assignment) if kind(assignment) in {"group", "foreigngroup"}

# Whether nothing is known of a role, which is the case with those that a company made.
unheard(assignment) if not tables.roles.roles[role(assignment)]

# Whether a role is known to grant something, or known not to.
grants(assignment, power) if power in tables.roles.roles[role(assignment)].grants

lacks(assignment, power) if {
	known := tables.roles.roles[role(assignment)].grants
	is_array(known)
	not power in known
}

# The identities of a workspace, a compute or an endpoint.
identities(bearer) := object.get(bearer, ["relations", "identities"], [])

# Whether an assignment is for one of these identities, or proved to be for somebody else.
is_for(assignment, those) if {
	some identity in those
	estate.same(identity, principal(assignment))
}

is_for_other(assignment, those) if {
	kind(assignment) in {"user", "serviceprincipal", "device"}
	every identity in those {
		estate.distinct(identity, principal(assignment))
	}
}

# Whether an assignment is for an identity that this input holds.
is_for_bearer(assignment) if {
	some bearer in input.resources
	is_for(assignment, identities(bearer))
}

# Whether a workspace and another one lie in one subscription: what a management group assigns holds for
# both or for none.
together(one, other) if {
	first := split(one.id, "/")
	second := split(other.id, "/")
	first[1] == "subscriptions"
	array.slice(first, 0, 3) == array.slice(second, 0, 3)
}
