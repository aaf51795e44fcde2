package holdfast.rules.access.pipeline_roles_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_access as granted
import data.holdfast.rules.access.pipeline_roles as rule

configured(doc) := fixture.parameters(doc, {"ci_principal": upper(granted.principals.pipeline)})

test_pipeline_with_both_roles_passes if {
	doc := granted.complete_pair({})
	count(rule.pass) == 1 with input as doc
	count(rule.deny | rule.exempt) == 0 with input as doc
	named := configured(granted.pair({}))
	count(rule.pass) == 1 with input as named
}

test_missing_role_is_denied if {
	changes := [
		{"ra-pipeline-north": null},
		{"ra-pipeline-north": granted.grant("ws-north", "pipeline", "ServicePrincipal", "reader")},
		{"ra-pipeline-north": granted.grant("ws-north", "person", "User", "owner")},
	]
	every change in changes {
		doc := granted.complete_pair(change)
		some found in rule.deny with input as doc
		found.resource == fixture.id("ws-north")
		contains(found.message, `the pipeline identity cccccccc-0000-4000-8000-000000000001 may not deploy to "ws-north"`)
		count(rule.pass) == 0 with input as doc
		partial := granted.pair(change)
		count(rule.deny | rule.pass) == 0 with input as partial
	}
}

test_configured_identity_is_asked_of_both if {
	doc := configured(granted.complete_pair({"ra-pipeline-west": null}))
	some found in rule.deny with input as doc
	found.resource == fixture.id("ws-west")
	count(rule.pass) == 0 with input as doc
}

test_inherited_roles_count if {
	doc := granted.complete_pair({
		"ra-pipeline-north": null,
		"ra-pipeline-west": null,
		"ra-all": granted.grant("group", "pipeline", "ServicePrincipal", "owner"),
	})
	count(rule.pass) == 1 with input as doc
}

test_role_through_a_group_is_open if {
	doc := granted.complete_pair({"ra-pipeline-north": granted.grant("ws-north", "operators", "Group", "contributor")})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_custom_role_is_open if {
	doc := granted.complete_pair({"ra-pipeline-north": granted.grant("ws-north", "pipeline", "ServicePrincipal", "custom")})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_without_pipeline_it_is_exempt if {
	gone := {"ra-pipeline-west": null, "ra-pipeline-north": null}
	doc := granted.complete_pair(gone)
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "no pipeline identity is configured")
	partial := granted.pair(gone)
	count(rule.exempt) == 0 with input as partial
	own := granted.complete_pair(object.union(gone, {
		"ra-own": granted.grant("ws-west", "west", "ServicePrincipal", "contributor"),
	}))
	count(rule.exempt) == 1 with input as own
	unknown := granted.complete_pair(object.union(gone, {
		"ra-science-west": {"refers": {"/properties/roleDefinitionId": "${role}"}},
	}))
	count(((rule.exempt | rule.deny) | rule.pass)) == 0 with input as unknown
}

test_undirected_pair_is_open if {
	doc := fixture.undirected(granted.complete_pair({}))
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
}
