# METADATA
# title: A failover runbook is kept in the repository
# description: |
#   Running jobs do not move to another workspace, and what was made in one is not copied to the other: people
#   have to submit jobs again and to switch endpoints, in an order that somebody wrote down before. Looked
#   for is a Markdown file about failover by its name (failover, runbook, disaster, bcdr, dr-plan) or its
#   headings, or the file that `runbook_path` names. It must name both workspaces and say that jobs are
#   submitted again; whether anybody rehearsed it is not judged. That there is none is a finding where the
#   repository is complete (`complete: [repository:runbook]`).
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-ART-003
#   level: {active-active: note, active-standby: note, active-passive: note}
#   score: 3.0
#   scope: repository
#   subject: repository
#   evidence:
#     repository/runbook: [/mentions]
#   absence: ["repository:runbook"]
#   static: yes
#   seeds: [S01, S02, S72, S75, S77]
#   change: in-place
#   cost: none
#   remediation:
#     text: |
#       Write down the failover steps: who decides, which workspace takes over, who submits which jobs again.
#     cli: |
#       cat > docs/failover.md <<'END'
#       # Failover of fraud scoring
#       Primary workspace: mlw-fraud-prod-weu. Failover workspace: mlw-fraud-prod-neu.
#       1. The engineer on call decides: service health, or 30 minutes without a successful run.
#       2. Route the endpoint to the failover region.
#       3. Resubmit what was running: az ml job create -f jobs/train.yml -w mlw-fraud-prod-neu
#       4. Enable the schedules there: az ml schedule enable -n nightly -w mlw-fraud-prod-neu
#       END
package holdfast.rules.artefact.runbook_kept

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

deny contains finding.about(found, "missing") if {
	estate.complete("repository:runbook")
	some subject in estate.subjects("repository")
	production
	runbooks == set()
	path == ""
	message := "the repository defines a production workspace and holds no failover runbook; expected is docs/failover.md"
	found := finding.of(subject, place(subject), "", message)
}

deny contains finding.about(found, runbook.path) if {
	some subject in estate.subjects("repository")
	production
	good == set()
	some runbook in runbooks
	estate.settled(runbook, ["mentions"])
	message := sprintf(
		`"%s" says nothing of %s; expected are both workspaces by name, and who submits which jobs again`,
		[runbook.name, concat(" and ", lacks(runbook))],
	)
	found := finding.of(subject, runbook, "", message)
}

pass contains subject.id if {
	some subject in estate.subjects("repository")
	production
	count(good) > 0
}

exempt contains finding.exempt(subject, "it defines no production workspace") if {
	some subject in estate.subjects("repository")
	not production
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository")
	path != ""
	runbooks == set()
	reason := sprintf(`the runbook is kept at %s, which is not in what was read`, [path])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository")
	path == ""
	runbooks == set()
	reason := "it holds no failover runbook; name it by runbook_path if it is kept elsewhere"
}

# The workspace: as a template declares it, or as YAML.
place(subject) := workspace if {
	workspace := estate.resource(subject)
	workspace.type == "microsoft.machinelearningservices/workspaces"
} else := input.resources[min({one.id | some one in repository.definitions({"workspace"})})]

# Where the configuration says that the runbook is.
path := object.get(input.parameters, "runbook_path", "")

runbooks := repository.artefacts("runbook") if path == ""

runbooks := {one | some one in repository.artefacts("runbook"); lower(one.path) == lower(path)} if path != ""

good := {runbook | some runbook in runbooks; lacks(runbook) == []}

# What a runbook says nothing of, in words.
lacks(runbook) := [words |
	some [part, words] in [["failover", "failover"], ["resubmission", "jobs that are submitted again"]]
	object.get(runbook.mentions, part, false) == false
] if {
	names_both(runbook)
}

lacks(runbook) := array.concat(["both workspaces"], [words |
	some [part, words] in [["failover", "failover"], ["resubmission", "jobs that are submitted again"]]
	object.get(runbook.mentions, part, false) == false
]) if {
	not names_both(runbook)
}

# By the names of a pair, or as primary and failover workspace.
names_both(runbook) if {
	runbook.mentions.primary
	runbook.mentions.secondary
}

names_both(runbook) if {
	some pair in input.pairs
	every member in estate.members(pair) {
		runbook.mentions.names[lower(member.name)]
	}
}

production if {
	some one in repository.declared("Microsoft.MachineLearningServices/workspaces")
	object.get(estate.facts(one), "production", true)
}

production if count(repository.definitions({"workspace"})) > 0
