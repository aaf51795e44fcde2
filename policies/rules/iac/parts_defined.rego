# METADATA
# title: Templates include attached compute, role assignments and network of both regions
# description: |
#   A failover workspace without its computes, the roles of those who use it, and its way in is a shell. The
#   templates have to declare computes where jobs or the estate use them (a compute as Azure ML YAML counts),
#   role assignments, and private endpoints where a workspace is closed to the internet. Whether each region has
#   its own is for the rules of pairs. What is missing is a finding where the repository is complete
#   (`complete: [repository:iac]`).
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-IAC-004
#   level: {active-active: warning, active-standby: warning, active-passive: note}
#   score: 5.0
#   scope: repository
#   subject: repository
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [{any_of: ["", /properties/publicNetworkAccess]}]
#     repository/definition: [{any_of: ["", /references]}, {any_of: ["", /kind]}]
#   absence: ["repository:iac"]
#   static: yes
#   seeds: [S41, S42, S43, S84]
#   change: in-place
#   cost: none
#   remediation:
#     text: Move what was made by hand into the template.
#     cli: az ml compute list -w <ws> -g <rg> -o yaml
#     bicep: |
#       module rbac 'rbac.bicep' = { ... }
package holdfast.rules.iac.parts_defined

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

workspace := "microsoft.machinelearningservices/workspaces"

compute := "microsoft.machinelearningservices/workspaces/computes"

deny contains finding.about(found, part) if {
	estate.complete("repository:iac")
	some [subject, place] in judged
	some part in missing
	found := finding.of(subject, place, "", sprintf("the templates declare no %s; expected are those of both regions", [part]))
}

pass contains subject.id if {
	some [subject, _] in judged
	missing == set()
	settled
}

exempt contains finding.exempt(subject, "no template here declares a workspace") if {
	some subject in estate.subjects("repository")
	repository.declared(workspace) == set()
}

open contains finding.open(subject, reason) if {
	some [subject, _] in judged
	not estate.complete("repository:iac")
	some part in missing
	reason := sprintf("the templates declare no %s; declare complete: [repository:iac] if they should", [part])
}

judged contains [subject, place] if {
	some subject in estate.subjects("repository")
	count(repository.declared(workspace)) > 0
	place := estate.resource(subject)
}

missing contains "compute" if {
	uses_compute
	repository.declared(compute) == set()
	repository.definitions({"compute"}) == set()
}

missing contains "role assignment" if repository.declared("Microsoft.Authorization/roleAssignments") == set()

missing contains "private endpoint" if {
	some one in repository.declared(workspace)
	one.properties.publicNetworkAccess == "Disabled"
	repository.declared("Microsoft.Network/privateEndpoints") == set()
}

uses_compute if count(repository.live(compute)) > 0

uses_compute if {
	some one in repository.artefacts("definition")
	count(repository.references(one, "compute")) > 0
}

# Whether what decides which parts are needed is known.
settled if {
	doubts := {one.id |
		some one in repository.declared(workspace)
		some pointer, _ in one.unknown
		estate.covers(pointer, ["properties", "publicNetworkAccess"])
	} | {one.id |
		some one in repository.artefacts("definition")
		some pointer, _ in one.unknown
		some member in ["references", "kind"]
		estate.covers(pointer, [member])
	}
	doubts == set()
}
