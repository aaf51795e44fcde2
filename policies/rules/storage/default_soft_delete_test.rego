package holdfast.rules.storage.default_soft_delete_test

import data.holdfast.lib.fixture
import data.holdfast.rules.storage.default_soft_delete as rule

policies := {
	"deleteRetentionPolicy": "stwest/blob",
	"containerDeleteRetentionPolicy": "stwest/blob",
	"shareDeleteRetentionPolicy": "stwest/file",
}

test_soft_delete_everywhere_passes if {
	count(rule.pass) == 1 with input as fixture.workspace({})
	count(rule.deny) == 0 with input as fixture.workspace({})
}

test_each_policy_that_is_off_is_denied if {
	every name, service in policies {
		doc := fixture.workspace({service: {"properties": {name: {"enabled": false}}}})
		some found in rule.deny with input as doc
		found.resource == fixture.id(service)
		found.pointer == sprintf("/properties/%s/enabled", [name])
		contains(found.message, `"stwest" does not keep deleted`)
		count(rule.pass) == 0 with input as doc
	}
}

test_too_few_days_are_denied if {
	every name, service in policies {
		doc := fixture.workspace({service: {"properties": {name: {"days": 6}}}})
		some found in rule.deny with input as doc
		found.pointer == sprintf("/properties/%s/days", [name])
		contains(found.message, "for 6 days only; expected are at least 7")
		count(rule.pass) == 0 with input as doc
	}
}

test_minimum_is_a_parameter if {
	doc := fixture.parameters(fixture.workspace({}), {"min_soft_delete_days": 30})
	count(rule.deny) == 3 with input as doc
	seven := fixture.workspace({"stwest/file": {"properties": {"shareDeleteRetentionPolicy": {"days": 7}}}})
	count(rule.pass) == 1 with input as seven
}

test_unstated_or_unknown_policies_are_open if {
	every name, service in policies {
		pointer := sprintf("/properties/%s", [name])
		unstated := fixture.workspace({service: {"without": [pointer]}})
		count(rule.deny | rule.pass) == 0 with input as unstated
		unknown := fixture.workspace({service: {"unknown": {concat("/", [pointer, "days"]): "forbidden"}}})
		count(rule.deny | rule.pass) == 0 with input as unknown
	}
}

test_services_that_were_not_read_are_open if {
	every service in ["stwest/blob", "stwest/file"] {
		count(rule.deny | rule.pass) == 0 with input as fixture.workspace({service: null})
		maybe := fixture.workspace({service: {"conditional": "parameters('protect')"}})
		count(rule.deny | rule.pass) == 0 with input as maybe
	}
}

test_unknown_kind_is_open if {
	doc := fixture.workspace({"stwest": {"unknown": {"/kind": "the expression kind cannot be resolved"}}})
	count(rule.deny | rule.pass) == 0 with input as doc
}

test_old_kinds_are_exempt if {
	every kind in ["Storage", "BlobStorage"] {
		some exemption in rule.exempt with input as fixture.workspace({"stwest": {"kind": kind}})
		contains(exemption.reason, kind)
	}
}
