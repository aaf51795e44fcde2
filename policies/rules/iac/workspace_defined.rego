# METADATA
# title: The workspace and its associated resources are defined as infrastructure code
# description: |
#   What is only in the portal cannot be deployed to a second region. A template has to declare the workspace, and
#   declare or name its storage account, key vault, Application Insights and registry: what it does not name, Azure
#   makes outside of the template. With last night's snapshot as context (`--context`) every workspace of the estate
#   needs a definition. What is missing is a finding where the repository is complete (`complete: [repository:iac]`).
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-create-workspace-template
# custom:
#   id: HF-IAC-001
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: repository
#   subject: repository
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - {any_of: ["", /properties/storageAccount]}
#       - {any_of: ["", /properties/keyVault]}
#       - {any_of: ["", /properties/applicationInsights]}
#       - {any_of: ["", /properties/containerRegistry]}
#   absence: ["repository:iac"]
#   static: yes
#   seeds: [S39, S84]
#   change: in-place
#   cost: none
#   remediation:
#     text: Export the resources and keep them as a template.
#     cli: az group export -n <rg> > main.json && az bicep decompile -f main.json
#     bicep: |
#       module ws 'br/public:avm/res/machine-learning-services/workspace:<version>' = { ... }
package holdfast.rules.iac.workspace_defined

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

workspace := "microsoft.machinelearningservices/workspaces"

# What belongs to a workspace: relation -> property, and what it is called.
parts := {
	"storage": {"property": "storageAccount", "noun": "storage account"},
	"key_vault": {"property": "keyVault", "noun": "key vault"},
	"application_insights": {"property": "applicationInsights", "noun": "Application Insights"},
	"container_registry": {"property": "containerRegistry", "noun": "container registry"},
}

deny contains finding.of(subject, place, "", message) if {
	estate.complete("repository:iac")
	some subject in estate.subjects("repository")
	place := estate.resource(subject)
	repository.declared(workspace) == set()
	message := "the repository holds no template of an Azure ML workspace; expected is one that both regions are deployed with"
}

deny contains finding.about(found, live.id) if {
	estate.complete("repository:iac")
	some subject in estate.subjects("repository")
	some live in undefined
	named := {one.exact | some one in repository.declared(workspace)}
	named - {true} == set()
	place := estate.resource(subject)
	message := sprintf(`no template defines the workspace "%s" of the estate; expected is one in the repository`, [live.name])
	found := finding.of(subject, place, "", message)
}

deny contains finding.about(found, relation) if {
	estate.complete("repository:iac")
	some subject in estate.subjects("repository")
	some one in whole
	some relation, part in parts
	estate.absent(one, ["properties", part.property])
	message := sprintf(
		`the template of "%s" names no %s, so Azure makes one outside of it, if at all`,
		[one.name, part.noun],
	)
	found := finding.of(subject, one, "", message)
}

pass contains subject.id if {
	some subject in estate.subjects("repository")
	count(repository.declared(workspace)) > 0
	undefined == set()
	unnamed == set()
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository")
	not estate.complete("repository:iac")
	repository.declared(workspace) == set()
	reason := "no template here declares a workspace; declare complete: [repository:iac] if one should"
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository")
	some live in undefined
	reason := sprintf(`which template defines the workspace "%s" of the estate is not known`, [live.name])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository")
	some [name, relation] in unnamed
	reason := sprintf(`the template of "%s" names no %s`, [name, parts[relation].noun])
}

# Workspaces of the context that no template declares.
undefined := {one | some one in repository.live(workspace); not one.existing}

# The declared workspaces that have resources of their own; a project has those of its hub.
whole := {one |
	some one in repository.declared(workspace)
	lower(object.get(one, "kind", "default")) != "project"
}

# The declared workspaces and the parts that their templates do not name.
unnamed := {[one.name, relation] |
	some one in whole
	some relation, _ in parts
	count(object.get(one, ["relations", relation], [])) == 0
}
