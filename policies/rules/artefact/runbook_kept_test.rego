package holdfast.rules.artefact.runbook_kept_test

import data.holdfast.lib.fixture
import data.holdfast.lib.fixture_repository as repository
import data.holdfast.rules.artefact.runbook_kept as rule

runbook(mentions) := {"docs/failover.md": {"type": "runbook", "mentions": mentions}}

full := {"failover": true, "resubmission": true, "names": {"ws-west": true, "ws-north": true}}

estate(artefacts) := repository.repository_with(artefacts, {})

complete(artefacts) := repository.complete(estate(artefacts), ["runbook"])

kept_at(doc, path) := fixture.parameters(doc, object.union(doc.parameters, {"runbook_path": path}))

test_missing_runbook_is_denied_where_the_repository_is_complete if {
	doc := complete({})
	some found in rule.deny with input as doc
	contains(found.message, "holds no failover runbook; expected is docs/failover.md")
	elsewhere := estate({})
	count(rule.deny) == 0 with input as elsewhere
	count(rule.pass) == 0 with input as elsewhere
	some reason in rule.open with input as elsewhere
	contains(reason.reason, "name it by runbook_path")
}

test_runbook_with_everything_passes if {
	doc := complete(runbook(full))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_roles_name_both_workspaces_too if {
	doc := estate(runbook({"failover": true, "resubmission": true, "primary": true, "secondary": true, "names": {}}))
	count(rule.pass) == 1 with input as doc
}

test_runbook_that_says_too_little_is_denied if {
	one := estate(runbook(object.union(object.remove(full, ["names"]), {"names": {"ws-west": true}})))
	some found in rule.deny with input as one
	found.resource == repository.id("docs/failover.md")
	contains(found.message, `"docs/failover.md" says nothing of both workspaces; expected`)
	count(rule.pass) == 0 with input as one
	silent := estate(runbook(object.remove(full, ["resubmission"])))
	some other in rule.deny with input as silent
	contains(other.message, "says nothing of jobs that are submitted again;")
	neither := estate(runbook({"failover": true, "names": {}}))
	some third in rule.deny with input as neither
	contains(third.message, "says nothing of both workspaces and jobs that are submitted again;")
}

test_one_good_runbook_is_enough if {
	more := {"README.md": {"type": "runbook", "mentions": {"failover": true, "names": {}}}}
	doc := complete(object.union(runbook(full), more))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_runbook_that_the_configuration_names if {
	doc := kept_at(complete(runbook(full)), "docs/failover.md")
	count(rule.pass) == 1 with input as doc
	elsewhere := kept_at(complete(runbook(full)), "https://wiki.contoso.example/failover")
	count(rule.deny) == 0 with input as elsewhere
	count(rule.pass) == 0 with input as elsewhere
	some reason in rule.open with input as elsewhere
	contains(reason.reason, "kept at https://wiki.contoso.example/failover")
}

test_workspace_in_yaml_needs_a_runbook_too if {
	yaml := {
		"a.yml": {"type": "definition", "kind": "job_command"},
		"ws.yml": {"type": "definition", "kind": "workspace"},
	}
	doc := repository.complete(repository.repository(yaml), ["runbook"])
	some found in rule.deny with input as doc
	found.resource == repository.id("ws.yml")
}

test_nothing_in_production_is_exempt if {
	doc := fixture.nonproduction(complete({}))
	count(rule.exempt) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}
