# METADATA
# title: The pipeline deploys to both regions
# description: |
#   A failover workspace that is deployed by hand, or by a pipeline that nobody runs, drifts from the primary.
#   What deploys the primary deploys the secondary too: a matrix over two regions, two parameter files, a loop
#   over regions in the template. Environments are not regions: `dev` in one region and `prod` in another do
#   not cover each other. All workflows of the repository count together. That there is one region only is a
#   finding where the repository is complete (`complete: [repository:ci]`), and every region is known.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/azure-resource-manager/bicep/deploy-github-actions
# custom:
#   id: HF-IAC-003
#   level: {active-active: error, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: repository
#   subject: workflow
#   evidence:
#     repository/workflow: [/deployments, {any_of: ["", /calls]}]
#     Microsoft.MachineLearningServices/workspaces: [{any_of: ["", /location]}]
#   absence: ["repository:ci"]
#   static: yes
#   seeds: [S40, S72, S74]
#   change: in-place
#   cost: none
#   remediation:
#     text: |
#       Deploy the template once per region:
#
#           strategy:
#             matrix:
#               region: [westeurope, northeurope]
#           steps:
#             - run: az deployment group create -g rg-ml-${{ matrix.region }} -f main.bicep -p location=${{ matrix.region }}
#     cli: az deployment sub create -l <r> -f main.bicep -p regions="['<r1>','<r2>']"
#     bicep: |
#       param regions array = [primary, secondary]
#       module stack 'stack.bicep' = [for r in regions: { name: 'stack-${r}', params: { location: r } }]
package holdfast.rules.iac.both_regions

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

workspace := "microsoft.machinelearningservices/workspaces"

deny contains found if {
	estate.complete("repository:ci")
	some [subject, one] in judged
	applies(one)
	count(twice(one)) == 0
	templates_with_several == set()
	nothing_unknown
	some region in regions_of(one)
	message := sprintf(
		`"%s" deploys to "%s" only, and no other workflow to a second region; expected are both regions`,
		[one.name, region],
	)
	first := min(object.keys(repository.facts(one, "deployments")))
	found := finding.of(subject, one, repository.pointer(["deployments", first]), message)
}

pass contains subject.id if {
	some [subject, one] in judged
	applies(one)
	count(twice(one)) > 0
}

# One deployment of a template that loops over regions.
pass contains subject.id if {
	some [subject, one] in judged
	applies(one)
	some _, deployment in repository.facts(one, "deployments")
	object.get(deployment, ["template", "path"], "") in templates_with_several
}

exempt contains finding.exempt(subject, "it deploys nothing") if {
	some [subject, one] in judged
	estate.settled(one, ["deployments"])
	estate.settled(one, ["calls"])
	count(repository.facts(one, "deployments")) == 0
	unseen(one) == set()
}

exempt contains finding.exempt(subject, "no template here declares a workspace") if {
	some [subject, _] in judged
	repository.declared(workspace) == set()
}

open contains finding.open(subject, reason) if {
	some [subject, one] in judged
	count(unresolved(one)) > 0
	reason := sprintf(`into which region "%s" deploys is not written in the repository`, [one.name])
}

open contains finding.open(subject, reason) if {
	some [subject, one] in judged
	applies(one)
	count(regions_of(one)) == 1
	not estate.complete("repository:ci")
	reason := sprintf(
		`"%s" deploys to one region; declare complete: [repository:ci] if no other pipeline deploys the second`,
		[one.name],
	)
}

judged contains [subject, one] if {
	some subject in estate.subjects("workflow")
	one := estate.resource(subject)
}

# Whether a workflow deploys, in a repository with the template of a workspace.
applies(one) if {
	estate.settled(one, ["deployments"])
	count(repository.facts(one, "deployments")) > 0
	count(repository.declared(workspace)) > 0
}

# The environments of a workflow that all workflows together deploy to two regions.
twice(one) := {environment |
	some environment in environments_of(one)
	count(covered(environment)) > 1
}

environments_of(one) := {environment |
	some _, deployment in repository.facts(one, "deployments")
	some environment, _ in deployment.environments
}

covered(environment) := {region |
	some one in repository.artefacts("workflow")
	some _, deployment in repository.facts(one, "deployments")
	some region in object.get(deployment.environments, environment, [])
}

regions_of(one) := {region |
	some _, deployment in repository.facts(one, "deployments")
	some region, _ in deployment.regions
}

# Every deployment of every workflow is known to the last region, and nothing that is called may deploy as well.
nothing_unknown if {
	uncertain := {one.id |
		some one in repository.artefacts("workflow")
		count(doubts(one)) > 0
	}
	uncertain == set()
}

doubts(one) := (unresolved(one) | unseen(one)) | {pointer |
	some pointer, _ in one.unknown
	estate.covers(pointer, ["deployments"])
}

# The deployments of which some region is not known.
unresolved(one) := {name |
	some name, deployment in repository.facts(one, "deployments")
	object.get(deployment, "unresolved", false)
}

# What is called and not looked into: what lies elsewhere, and scripts.
unseen(one) := {name |
	some name, call in repository.facts(one, "calls")
	object.get(call, "found", false) == false
} | {name |
	some name, _ in repository.facts(one, "calls")
	strings.any_suffix_match(lower(name), [".sh", ".bash", ".azcli", ".ps1"])
}

# Templates that declare workspaces in two regions by themselves, with one set of parameters.
templates_with_several := {one.deployment.template |
	some one in repository.declared(workspace)
	regions := {other.location |
		some other in repository.declared(workspace)
		other.deployment == one.deployment
	}
	count(regions) > 1
}
