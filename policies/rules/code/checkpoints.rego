# METADATA
# title: Long training jobs write checkpoints to durable storage
# description: |
#   A job that is interrupted is not moved and not resumed: it is submitted again in the failover workspace.
#   With checkpoints on an output of the job or a path that is given to it, it goes on from there. Judged are
#   programs that train with torch, tensorflow, keras, lightning or transformers, with the modules of the
#   repository that they import. The rule cannot tell a long training from a short one. A path that is written
#   in the code may be on the disk of the node, and stays open.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/reference-checkpoint-performance-for-large-models
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-CODE-009
#   level: {active-active: warning, active-standby: warning, active-passive: note}
#   score: 6.0
#   scope: repository
#   subject: code_file
#   evidence:
#     repository/python:
#       - any_of: ["", /checkpoints]
#       - any_of: ["", /frameworks]
#       - any_of: ["", /trains]
#       - any_of: ["", /definitions]
#       - any_of: ["", /local_imports]
#     repository/notebook:
#       - any_of: ["", /definitions]
#     repository/definition:
#       - any_of: ["", /scripts]
#   absence: ["repository:jobs"]
#   static: yes
#   seeds: [S77]
#   change: in-place
#   cost: "low: checkpoint storage"
#   remediation:
#     text: |
#       Save checkpoints below a path that the job is given, and go on from the last one if there is one:
#
#           parser.add_argument("--checkpoints")
#           torch.save({"epoch": epoch, "model": model.state_dict()}, os.path.join(args.checkpoints, "last.pt"))
#
#           # job.yml
#           command: python train.py --checkpoints ${{outputs.checkpoints}}
#           outputs:
#             checkpoints:
#               type: uri_folder
#               mode: rw_mount
#               path: azureml://datastores/training/paths/checkpoints/
#     cli: az ml job create -f job.yml -w <ws-dr> -g <rg-dr>
#     bicep: |
#       // the job YAML: outputs: { checkpoints: { type: uri_folder, mode: rw_mount } }
#   aprl: [98f15850]
package holdfast.rules.code.checkpoints

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

deny contains finding.of(subject, trainer, "/trains", message) if {
	some [subject, one] in trainings
	one.path in scripts
	every file in with_imports(one.path) {
		settled(file)
		effective(file) == {}
	}
	trainer := trainer_of(one)
	message := sprintf(
		`"%s" trains with %s and writes no checkpoint; expected is one below a path that the job is given`,
		[trainer.name, concat(", ", sort([name | some name, _ in trainer.frameworks]))],
	)
}

pass contains subject.id if {
	some [subject, one] in trainings
	some file in with_imports(one.path)
	some checkpoint in effective(file)
	checkpoint.path.origin == "configured"
}

exempt contains finding.exempt(subject, "a notebook is run by hand, not as a job") if {
	some subject in estate.subjects("code_file")
	estate.resource(subject).type == "repository/notebook"
}

exempt contains finding.exempt(subject, "it trains no deep-learning model") if {
	some subject in estate.subjects("code_file")
	one := estate.resource(subject)
	one.type == "repository/python"
	every file in with_imports(one.path) {
		settled(file)
	}
	count(deep_in(one)) == 0
}

exempt contains finding.exempt(subject, "it is judged with the program that imports it and that a job runs") if {
	some [subject, one] in trainings
	one.path in run_by_jobs
	not one.path in scripts
}

exempt contains finding.exempt(subject, "no job runs it") if {
	estate.complete("repository:jobs")
	some [subject, one] in trainings
	not one.path in run_by_jobs
}

open contains finding.open(subject, reason) if {
	some [subject, one] in trainings
	not one.path in run_by_jobs
	reason := sprintf(`no job here runs "%s"; declare complete: [repository:jobs] if that is so`, [one.name])
}

open contains finding.open(subject, reason) if {
	some [subject, one] in trainings
	one.path in scripts
	some file in with_imports(one.path)
	some checkpoint in effective(file)
	reason := sprintf(`whether what %s writes outlives the node of the job is not known`, [checkpoint.call])
}

trainings contains [subject, one] if {
	some subject in estate.subjects("code_file")
	one := estate.resource(subject)
	one.type == "repository/python"
	count(deep_in(one)) > 0
}

# The paths of a program and the modules that it imports, as far as these train.
deep_in(one) := {file.path | some file in with_imports(one.path); deep(file)}

# What of them a finding shows: the program itself, if it trains.
trainer_of(one) := one if deep(one)

trainer_of(one) := repository.file(min(deep_in(one))) if not one.path in deep_in(one)

deep(one) if {
	one.trains
	count(repository.facts(one, "frameworks")) > 0
}

effective(one) := {name: checkpoint |
	some name, checkpoint in repository.facts(one, "checkpoints")
	object.get(checkpoint, "enabled", true)
}

settled(one) if {
	every member in ["checkpoints", "frameworks", "trains", "local_imports"] {
		estate.settled(one, [member])
	}
}

# A program with the modules of the repository that it imports, as far as these have facts.
with_imports(path) := {one |
	some one in repository.code
	one.path in graph.reachable(imports, {path})
}

imports := {one.path: {path | some path, _ in repository.facts(one, "local_imports")} | some one in repository.code}

# The programs that jobs run, with what they import.
run_by_jobs := graph.reachable(imports, scripts)

scripts := {path | some one in repository.artefacts("definition"); some path in object.get(one, "scripts", [])} | {path |
	some one in repository.code
	some definition in repository.facts(one, "definitions")
	some path in object.get(definition, "scripts", [])
}
