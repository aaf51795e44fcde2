package workspace.own_key_test

import data.holdfast.lib.fixture
import data.workspace.own_key as rule

with_key(change) := fixture.workspace({"ws-west": change})

test_platform_key_is_denied if {
	count(rule.deny) == 1 with input as fixture.workspace({})
	count(rule.pass) == 0 with input as fixture.workspace({})
	count(rule.deny) == 1 with input as with_key({"without": ["/properties/encryption"]})
}

test_own_key_passes if {
	own := with_key({"properties": {"encryption": {"status": "Enabled"}}})
	count(rule.pass) == 1 with input as own
	count(rule.deny) == 0 with input as own
}

test_unknown_key_is_open if {
	unknown := with_key({"unknown": {"/properties/encryption": "the parameter has no value"}})
	count(rule.deny) == 0 with input as unknown
	count(rule.pass) == 0 with input as unknown
}
