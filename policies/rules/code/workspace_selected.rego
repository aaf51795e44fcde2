# METADATA
# title: A workspace config file selects the target workspace, one per region
# description: |
#   `MLClient.from_config` and `az ml` take the workspace from a configuration. With one for each region, a
#   failover is the choice of another file and no change of code. A file whose workspace a pipeline fills in
#   serves every region. That a file for the other region is missing is a finding where all of them are in
#   the repository (`complete: [repository:config]`); elsewhere it may be generated.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-configure-environment
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-CODE-002
#   level: {active-active: note, active-standby: note, active-passive: note}
#   score: 4.0
#   scope: repository
#   subject: repository
#   evidence:
#     repository/config: [/workspace_name]
#     repository/python: [{any_of: ["", /from_config]}]
#     repository/notebook: [{any_of: ["", /from_config]}]
#     repository/workflow: [{any_of: ["", /commands]}]
#     repository/script: [{any_of: ["", /commands]}]
#   absence: ["repository:config"]
#   static: yes
#   seeds: [S65, S66, S73]
#   change: in-place
#   cost: none
#   remediation:
#     text: |
#       Keep a configuration per region and choose one by a variable of the pipeline:
#       `MLClient.from_config(credential, path=f"config.{os.environ['AML_REGION']}.json")`.
#     cli: |
#       cat > config.northeurope.json <<'END'
#       {"subscription_id": "<subscription>", "resource_group": "<rg-dr>", "workspace_name": "<ws-dr>"}
#       END
#       az configure --defaults workspace="$AML_WORKSPACE" group="$AML_RESOURCE_GROUP"
#     bicep: |
#       output config object = {
#         subscription_id: subscription().subscriptionId
#         resource_group: resourceGroup().name
#         workspace_name: workspace.name
#       }
#     terraform: |
#       resource "local_file" "config" {
#         for_each = var.regions
#         filename = "config.${each.key}.json"
#         content = jsonencode({
#           subscription_id = var.subscription_id
#           resource_group  = each.value.resource_group
#           workspace_name  = each.value.workspace
#         })
#       }
package holdfast.rules.code.workspace_selected

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

deny contains finding.about(found, "other region") if {
	estate.complete("repository:config")
	some subject in estate.subjects("repository")
	count(users | configs) > 0
	every one in configs {
		one.workspace_name.origin == "literal"
	}
	[target] := [name | some name in targets]
	some one in configs
	message := sprintf(
		`"%s" selects "%s", and no configuration selects a workspace of another region; expected is one per region`,
		[one.name, target],
	)
	found := finding.of(subject, one, "/workspace_name", message)
}

deny contains finding.of(subject, estate.resource(subject), "", message) if {
	estate.complete("repository:config")
	some subject in estate.subjects("repository")
	count(users) > 0
	configs == set()
	first := min({one.name | some one in users})
	message := sprintf(
		`"%s" takes its workspace from a configuration that is not in the repository; expected is one per region`,
		[first],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("repository")
	count(targets) > 1
	every pair in input.pairs {
		covered(pair)
	}
}

pass contains subject.id if {
	some subject in estate.subjects("repository")
	some one in configs
	one.workspace_name.origin == "configured"
}

exempt contains finding.exempt(subject, "nothing in it reads a workspace configuration") if {
	some subject in estate.subjects("repository")
	users | configs == set()
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository")
	[target] := [name | some name in targets]
	reason := sprintf(
		`the configurations select "%s" only; others may be generated, or ignored by git`,
		[target],
	)
}

open contains finding.open(subject, "its workspace configuration is generated, or ignored by git") if {
	some subject in estate.subjects("repository")
	count(users) > 0
	configs == set()
}

configs := repository.artefacts("config")

# The workspaces that configurations select, in lower case.
targets := {lower(one.workspace_name.value) |
	some one in configs
	one.workspace_name.origin == "literal"
}

# What takes its workspace from a configuration.
users contains one if {
	some one in repository.code
	count(object.get(one, "from_config", {})) > 0
}

users contains one if {
	some one in repository.automation
	some command in object.get(one, "commands", {})
	startswith(command.command, "az ml ")
}

# Whether a configuration selects each member of a pair.
covered(pair) if {
	every member in estate.members(pair) {
		lower(member.name) in targets
	}
}
