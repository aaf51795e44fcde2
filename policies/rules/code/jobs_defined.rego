# METADATA
# title: Jobs and pipelines are defined as code under version control
# description: |
#   A job that was only ever started by hand, in the studio or in a designer pipeline, cannot be submitted
#   again after a failover: neither jobs nor schedules are copied to another workspace. Judged are
#   repositories with training code, and, with last night's snapshot as `--context`, the schedules that run
#   in Azure: each must have a definition of its name, or of the name of its job. That something is missing
#   is a finding where the repository is complete (`complete: [repository:jobs]`).
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/reference-yaml-schedule
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-train-model-git-integration
# custom:
#   id: HF-CODE-004
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: repository
#   subject: repository
#   evidence:
#     repository/definition: [/kind, {any_of: ["", /declared_name]}, {any_of: ["", /yaml/display_name]}]
#     repository/python: [{any_of: ["", /trains]}, {any_of: ["", /definitions]}]
#     repository/notebook: [{any_of: ["", /trains]}, {any_of: ["", /definitions]}]
#     Microsoft.MachineLearningServices/workspaces/schedules: [{any_of: ["", /properties/action/jobDefinition]}]
#   evidence_seen: none
#   absence: ["repository:jobs"]
#   static: yes
#   seeds: [S62, S63, S64, S67, S78, S81]
#   change: in-place
#   cost: none
#   remediation:
#     text: |
#       Export the job or the schedule and commit it. A designer pipeline is built anew as a pipeline job, with
#       `$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json`.
#     cli: |
#       az ml job show -n <job> -w <ws> -g <rg> -o yaml > jobs/train.yml
#       az ml schedule show -n <schedule> -w <ws> -g <rg> -o yaml > schedules/nightly.yml
#       git add jobs schedules
package holdfast.rules.code.jobs_defined

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

deny contains finding.of(subject, estate.resource(subject), "", message) if {
	estate.complete("repository:jobs")
	some subject in estate.subjects("repository")
	count(training) > 0
	not repository.defines(kinds)
	first := min({one.name | some one in training})
	message := sprintf(
		`"%s" trains a model, and no job or pipeline is defined here; expected is its YAML, or the code that submits it`,
		[first],
	)
}

deny contains finding.about(found, lower(schedule.name)) if {
	estate.complete("repository:jobs")
	repository.unnamed({"schedule"}) == set()
	some subject in estate.subjects("repository")
	some schedule in missing
	message := sprintf(
		`"%s" is a schedule in Azure that nothing here defines; expected is its YAML, or that of its job`,
		[schedule.name],
	)
	found := finding.of(subject, schedule, "", message)
}

pass contains subject.id if {
	some subject in estate.subjects("repository")
	repository.defines(kinds)
	missing == set()
}

exempt contains finding.exempt(subject, "nothing in it trains, and no schedule is known") if {
	some subject in estate.subjects("repository")
	training == set()
	schedules == set()
	not repository.defines(kinds)
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository")
	some schedule in missing
	reason := sprintf(
		`nothing here defines the schedule "%s"; declare complete: [repository:jobs] if it should`,
		[schedule.name],
	)
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository")
	count(training) > 0
	not repository.defines(kinds)
	reason := "no job is defined here; declare complete: [repository:jobs] if there should be one"
}

# A schedule defines the job that it starts.
kinds := repository.job_kinds | {"schedule"}

training contains one if {
	some one in repository.code
	one.trains
}

# The schedules that run in Azure and that the repository does not declare itself.
schedules := repository.live("Microsoft.MachineLearningServices/workspaces/schedules")

missing contains schedule if {
	some schedule in schedules
	names_of(schedule) & known == set()
}

# What the definition of a schedule may be called: as itself, or as its job.
names_of(schedule) := {lower(name) |
	some name in [
		schedule.name,
		object.get(schedule, ["properties", "action", "jobDefinition", "displayName"], ""),
	]
	name != ""
}

known := (repository.defined(kinds) | {lower(one.yaml.display_name) |
	some one in repository.definitions(kinds)
	is_string(one.yaml.display_name)
}) | {lower(one.name) |
	some one in repository.declared("Microsoft.MachineLearningServices/workspaces/schedules")
}
