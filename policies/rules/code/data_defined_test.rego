package holdfast.rules.code.data_defined_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.code.data_defined as rule

job(reference) := {"train.yml": {
	"type": "definition",
	"kind": "job_command",
	"references": {"inputs.claims.path": object.union({"kind": "data"}, reference)},
}}

code(reference) := {"train.py": {
	"type": "python",
	"references": {"Dataset.get_by_name": object.union({"kind": "data"}, reference)},
}}

named := {"form": "name", "name": "claims", "version": "3"}

defined := {"claims.yml": {"type": "definition", "kind": "data", "declared_name": "claims"}}

complete(artefacts) := fixture.complete(fixture.repository(artefacts), ["data"])

test_undefined_data_is_denied_where_the_repository_is_complete if {
	doc := complete(object.union(job(named), code(named)))
	count(rule.deny) == 2 with input as doc
	some found in rule.deny with input as doc
	found.resource == fixture.id("train.yml")
	found.pointer == "/references/inputs.claims.path"
	contains(found.message, `"train.yml" takes the data asset "claims", which nothing here defines`)
	count(rule.pass) == 0 with input as doc
}

test_undefined_data_is_open_elsewhere if {
	doc := fixture.repository(job(named))
	count(rule.deny) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, `nothing here defines the data asset "claims"`)
}

test_data_may_be_defined_under_a_name_that_is_not_known if {
	doc := complete(object.union(job(named), {"data.yml": {"type": "definition", "kind": "data"}}))
	count(rule.deny) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, `under a name that is not written, as in "data.yml"`)
}

test_defined_data_passes if {
	doc := complete(object.union(job(named), defined))
	"repository/train.yml" in rule.pass with input as doc
	count(rule.deny) == 0 with input as doc
}

test_data_of_a_registry_passes if {
	doc := complete(job({"form": "registry", "name": "claims", "registry": "mlreg"}))
	count(rule.pass) == 1 with input as doc
}

test_template_is_open if {
	doc := complete(job({"form": "unknown"}))
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 0 with input as doc
	count(rule.open) == 1 with input as doc
}

test_files_of_a_job_are_no_assets if {
	doc := complete(object.union(job({"form": "path", "path": "data", "found": true}), defined))
	count(rule.exempt) == 2 with input as doc
	count(rule.pass) == 0 with input as doc
}
