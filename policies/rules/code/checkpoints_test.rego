package holdfast.rules.code.checkpoints_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.code.checkpoints as rule

training(change) := {"src/train.py": object.union(
	{"type": "python", "frameworks": {"torch": true}, "trains": true},
	change,
)}

job := {"job.yml": {"type": "definition", "kind": "job_command", "scripts": ["src/train.py"]}}

saved(path) := {"checkpoints": {"torch.save": object.union({"call": "torch.save"}, path)}}

run(change) := fixture.repository(object.union(job, training(change)))

denied_nowhere(doc) if count(rule.deny) == 0 with input as doc

test_training_without_checkpoints_is_denied if {
	doc := run({})
	some found in rule.deny with input as doc
	found.resource == fixture.id("src/train.py")
	found.pointer == "/trains"
	contains(found.message, `"src/train.py" trains with torch and writes no checkpoint`)
}

test_jobs_of_code_count_too if {
	submit := {"submit.py": {
		"type": "python",
		"definitions": {"command": {"kind": "job_command", "form": "command", "scripts": ["src/train.py"]}},
	}}
	count(rule.deny) == 1 with input as fixture.repository(object.union(submit, training({})))
}

test_checkpoints_that_are_switched_off_are_none if {
	off := {"checkpoints": {"TrainingArguments": {
		"call": "TrainingArguments",
		"path": fixture.argument("configured"),
		"enabled": false,
	}}}
	count(rule.deny) == 1 with input as run(off)
	count(rule.pass) == 0 with input as run(off)
}

test_path_from_outside_passes if {
	doc := run(saved({"path": fixture.argument("configured")}))
	count(rule.pass) == 1 with input as doc
	denied_nowhere(doc)
}

test_path_in_the_code_is_open if {
	every path in [{"path": fixture.literal("./ckpt")}, {"path": fixture.argument("unknown")}, {}] {
		doc := run(saved(path))
		denied_nowhere(doc)
		count(rule.pass) == 0 with input as doc
		count(rule.open) == 1 with input as doc
	}
}

test_imported_modules_may_write_them if {
	helper := object.union({"type": "python"}, saved({"path": fixture.argument("configured")}))
	files := object.union(training({"local_imports": {"src/save.py": true}}), {"src/save.py": helper})
	doc := fixture.repository(object.union(job, files))
	"repository/src/train.py" in rule.pass with input as doc
	denied_nowhere(doc)
}

test_imported_trainings_are_run_by_the_job if {
	main := {"main.py": {"type": "python", "azure_ml": true, "local_imports": {"src/train.py": true}}}
	starts := {"job.yml": {"type": "definition", "kind": "job_command", "scripts": ["main.py"]}}
	doc := fixture.repository(object.union(object.union(main, starts), training({})))
	some found in rule.deny with input as doc
	count(rule.deny) == 1 with input as doc
	found.subject == fixture.id("main.py")
	found.resource == fixture.id("src/train.py")
	some exemption in rule.exempt with input as doc
	exemption.subject == fixture.id("src/train.py")
}

test_unread_parts_are_open if {
	every pointer in ["/checkpoints/unread", "/local_imports/src~1x.py"] {
		doc := run({"unknown": {pointer: "a part of the file"}})
		denied_nowhere(doc)
		count(rule.pass) == 0 with input as doc
		count({1 | some exemption in rule.exempt; exemption.subject == "repository/src/train.py"}) == 0 with input as doc
	}
}

test_programs_that_no_job_runs_are_open_or_exempt if {
	doc := fixture.repository(object.union(training({}), {"x.yml": {"type": "definition", "kind": "environment"}}))
	denied_nowhere(doc)
	count(rule.exempt) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, `no job here runs "src/train.py"`)
	complete := fixture.complete(doc, ["jobs"])
	some exemption in rule.exempt with input as complete
	exemption.reason == "no job runs it"
}

test_other_code_is_exempt if {
	doc := fixture.repository({
		"a.ipynb": {"type": "notebook", "azure_ml": true, "frameworks": {"torch": true}, "trains": true},
		"b.py": {"type": "python", "azure_ml": true, "trains": true},
	})
	denied_nowhere(doc)
	count(rule.exempt) == 2 with input as doc
}
