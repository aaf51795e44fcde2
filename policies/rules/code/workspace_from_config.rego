# METADATA
# title: Code does not hard-code the workspace
# description: |
#   Code that names its workspace runs in that workspace only: after a failover every file that does so has to
#   be found and changed. A configuration file or the environment names the workspace once, and selects the
#   failover workspace without a change of code. Judged are the clients of both SDKs, addresses that hold a
#   workspace, and the tracking URI of MLflow. Placeholders are no names; the client of a registry has no
#   workspace. Code in folders of `ignored_code_folders` (tests and documentation) is left out.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-configure-environment
# custom:
#   id: HF-CODE-001
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: repository
#   subject: code_file
#   evidence:
#     repository/python: [{any_of: ["", /workspace_references]}]
#     repository/notebook: [{any_of: ["", /workspace_references]}]
#   static: yes
#   seeds: [S65, S72, S73]
#   change: in-place
#   cost: none
#   remediation:
#     text: |
#       Read the workspace from a configuration file, of which there is one per region, or from the environment:
#
#           # SDK v2
#           ml_client = MLClient.from_config(credential, path=".azureml/config.json")
#           # SDK v1
#           ws = Workspace.from_config(path=".azureml/config.json")
#           # MLflow
#           mlflow.set_tracking_uri(ml_client.workspaces.get(ml_client.workspace_name).mlflow_tracking_uri)
#           # data: the datastore, without its workspace
#           path = "azureml://datastores/training/paths/claims/"
#     cli: |
#       az ml workspace show -n <ws> -g <rg> -o json --query "{subscription_id: '<subscription>',
#         resource_group: resource_group, workspace_name: name}" > .azureml/config.json
#     bicep: |
#       output config object = {
#         subscription_id: subscription().subscriptionId
#         resource_group: resourceGroup().name
#         workspace_name: ws.name
#       }
package holdfast.rules.code.workspace_from_config

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

deny contains finding.of(subject, one, pointer, message) if {
	some [subject, one, name, reference] in named
	members := hard_coded(reference)
	count(members) > 0
	pointer := repository.pointer(["workspace_references", name, members[0]])
	words := concat(", ", [shown(member, reference) | some member in members])
	message := sprintf(
		`"%s" hard-codes the workspace: %s with %s; expected is %s`,
		[one.name, what[reference.form], words, expected[reference.form]],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("code_file")
	one := estate.resource(subject)
	not ignored(one)
	estate.settled(one, ["workspace_references"])
	origins := origins_of(one)
	"configured" in origins
	origins & {"literal", "unknown"} == set()
}

pass contains subject.id if {
	some subject in estate.subjects("code_file")
	one := estate.resource(subject)
	not ignored(one)
	estate.settled(one, ["workspace_references"])
	origins_of(one) & {"literal", "unknown", "configured"} == set()
	count(repository.facts(one, "from_config")) > 0
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("code_file")
	one := estate.resource(subject)
	ignored(one)
	reason := "code of tests and documentation is left out (ignored_code_folders)"
}

exempt contains finding.exempt(subject, "it names no workspace") if {
	some subject in estate.subjects("code_file")
	one := estate.resource(subject)
	estate.settled(one, ["workspace_references"])
	origins_of(one) == set()
	repository.facts(one, "from_config") == {}
}

exempt contains finding.exempt(subject, "its workspace is a placeholder") if {
	some subject in estate.subjects("code_file")
	one := estate.resource(subject)
	estate.settled(one, ["workspace_references"])
	origins_of(one) == {"placeholder"}
	repository.facts(one, "from_config") == {}
}

open contains finding.open(subject, reason) if {
	some [subject, one, _, reference] in named
	some member in order
	reference[member].origin == "unknown"
	reason := sprintf(`"%s" computes the %s of its workspace`, [one.name, member])
}

named contains [subject, one, name, reference] if {
	some subject in estate.subjects("code_file")
	one := estate.resource(subject)
	not ignored(one)
	some name, reference in repository.facts(one, "workspace_references")
}

# What names a workspace, the name itself first. The region alone does so in the host of a tracking URI only:
# where a workspace is made, its region is one of its settings.
order := ["workspace_name", "resource_group", "subscription_id", "region"]

hard_coded(reference) := [member |
	some member in order
	reference[member].origin == "literal"
	counts(member, reference)
]

counts(member, _) if member != "region"

counts("region", reference) if reference.form == "tracking_uri"

origins_of(one) := {origin |
	some reference in repository.facts(one, "workspace_references")
	some member in order
	counts(member, reference)
	origin := reference[member].origin
}

shown(member, reference) := sprintf(`%s "%s"`, [member, reference[member].value]) if member != "subscription_id"

shown("subscription_id", _) := "a subscription_id"

ignored(one) if {
	some folder in input.parameters.ignored_code_folders
	lower(folder) in {lower(part) | some part in array.slice(split(one.path, "/"), 0, count(split(one.path, "/")) - 1)}
}

what := {
	"MLClient": "MLClient(…)",
	"Workspace": "Workspace(…)",
	"Workspace.get": "Workspace.get(…)",
	"Workspace.create": "Workspace.create(…)",
	"uri": "an azureml:// address",
	"resource_id": "a resource id",
	"tracking_uri": "a tracking URI",
}

expected := {
	"MLClient": "MLClient.from_config(credential), or values from the environment",
	"Workspace": "Workspace.from_config()",
	"Workspace.get": "Workspace.from_config()",
	"Workspace.create": "values from the environment",
	"uri": "an address without the workspace (azureml://datastores/…), or one that is built from the client",
	"resource_id": "an id that is built from the client or the environment",
	"tracking_uri": "the mlflow_tracking_uri of the workspace that the client has",
}
