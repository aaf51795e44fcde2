package holdfast.rules.data.datastore_identity_test

import data.holdfast.lib.fixture
import data.holdfast.rules.data.datastore_identity as rule

credentials(kind) := fixture.workspace_with_data({"ws-west/training": {"properties": {"credentials": {
	"credentialsType": kind,
}}}})

# The workspace says how the datastores of the service are accessed, and is a subject for that.
mode(name) := object.union(doc, {"subjects": array.concat(doc.subjects, [{
	"id": "default datastores",
	"kind": "datastore",
	"resource": fixture.id("ws-west"),
}])}) if {
	doc := fixture.workspace_with_data({"ws-west": {"properties": {"systemDatastoresAuthMode": name}}})
}

test_identity_passes if {
	count(rule.pass) == 1 with input as credentials("None")
	count(rule.deny) == 0 with input as credentials("None")
	count(rule.pass) == 1 with input as credentials("none")
}

test_stored_credentials_are_denied if {
	every kind in ["AccountKey", "Sas", "ServicePrincipal", "Certificate", "accountkey"] {
		doc := credentials(kind)
		some found in rule.deny with input as doc
		found.resource == fixture.id("ws-west/training")
		contains(found.message, sprintf(`"training" stores a credential (%s)`, [kind]))
		count(rule.pass) == 0 with input as doc
	}
}

test_access_of_the_service_is_judged_at_the_workspace if {
	keyed := mode("AccessKey")
	some found in rule.deny with input as keyed
	found.resource == fixture.id("ws-west")
	contains(found.message, `"ws-west" reaches its default datastores with an account key`)
	every name in ["Identity", "UserDelegationSAS", "identity"] {
		doc := mode(name)
		"default datastores" in rule.pass with input as doc
		count(rule.deny) == 0 with input as doc
	}
}

test_unknown_credentials_are_open if {
	changes := [
		{"ws-west/training": {"without": ["/properties/credentials"]}},
		{"ws-west/training": {"unknown": {"/properties/credentials/credentialsType": "forbidden"}}},
		{"ws-west/training": {"properties": {"credentials": {"credentialsType": "Novel"}}}},
	]
	every change in changes {
		count(rule.deny | rule.pass) == 0 with input as fixture.workspace_with_data(change)
	}
	count(rule.deny) == 0 with input as mode("Novel")
}

test_datastores_of_the_service_are_exempt if {
	some exemption in rule.exempt with input as fixture.workspace_with_data({})
	contains(exemption.reason, `the service made "workspaceblobstore"`)
}
