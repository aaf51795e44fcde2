package holdfast.lib.access_test

import data.holdfast.lib.access
import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_access as granted

grant := {"properties": {"principalType": "User"}, "relations": {
	"principal": [{"id": "p", "exact": true}],
	"role": [{"name": "8E3AF657-A8FF-443C-A75C-2FE8C4BCB635"}],
}}

test_roles_are_known_by_their_id if {
	access.title(grant) == "Owner"
	access.grants(grant, "write")
	access.lacks(grant, "blob-read")
	custom := object.union(grant, {"relations": {"role": [{"name": "99999999-0000-4000-8000-000000000001"}]}})
	access.title(custom) == "99999999-0000-4000-8000-000000000001"
	not access.lacks(custom, "blob-read")
	access.unheard(custom)
	not access.unheard(grant)
	unknown := object.union(grant, {"relations": {"role": [{"name": "${role}"}]}})
	not access.role(unknown)
}

test_principals_are_compared_like_ids if {
	access.is_for(grant, [{"id": "p", "exact": true}])
	access.is_for_other(grant, [{"id": "q", "exact": true}])
	not access.is_for_other(grant, [{"id": "q", "exact": false}])
}

test_inherited_assignments_hold_too if {
	inherited := {"ra-all": granted.grant("group", "operators", "Group", "blob reader")}
	doc := fixture.pair(object.union(granted.estate, inherited))
	names := {one.name | some one in access.assignments(doc.resources[fixture.id("stwest")])} with input as doc
	names == {"ra-all", "ra-operators-west", "ra-blob-west"}
}
