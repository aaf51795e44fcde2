package holdfast.rules.iac.region_parameter_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.iac.region_parameter as rule

# The default account of the estate, with a region that comes from somewhere; the other resources say nothing.
account(change) := fixture.repository_with({}, {"stwest": object.union(
	{"type": "Microsoft.Storage/storageAccounts", "location": "westeurope"},
	change,
)})

of_account(found) if contains(found.resource, "stwest")

test_constant_is_denied if {
	doc := account({"origins": {"/location": "literal"}})
	some found in rule.deny with input as doc
	of_account(found)
	found.message == `the region of "stwest" is the constant "westeurope"; expected is a parameter`
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}

test_parameter_and_expression_pass if {
	some origin in ["parameter", "expression"]
	doc := account({"origins": {"/location": origin}})
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_unknown_region_from_a_parameter_passes if {
	doc := account({
		"origins": {"/location": "parameter"},
		"unknown": {"/location": "the parameter has no value"},
	})
	count(rule.pass) == 1 with input as doc
}

test_global_is_exempt if {
	doc := account({"location": "global", "origins": {"/location": "literal"}})
	some found in rule.exempt with input as doc
	found.reason == "it has no region"
	count(rule.deny) == 0 with input as doc
}

test_region_of_unknown_origin_is_open if {
	doc := account({})
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	some found in rule.open with input as doc
	contains(found.reason, "is not known")
}

test_compute_without_a_region_has_that_of_its_workspace if {
	doc := fixture.repository_with({}, {"ws-west/cpu": {
		"type": "Microsoft.MachineLearningServices/workspaces/computes",
		"without": ["/location"],
	}})
	reasons := {found.reason | some found in rule.exempt} with input as doc
	"its region is that of its workspace" in reasons
}
