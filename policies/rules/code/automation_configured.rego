# METADATA
# title: Automation does not hard-code workspace or resource group
# description: |
#   A pipeline or a script that names its workspace has to be changed, reviewed and merged before it can run
#   against the failover workspace, in the middle of an outage. The name belongs where it can be switched: in a
#   variable of the environment, a parameter, an argument, or an entry of a matrix over the workspaces, which is
#   data. A literal counts also if it stands in a variable of the same file. What is computed in a way that is
#   not followed (the output of a command) proves nothing and stays open, although the catalogue says never.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-setup-mlops-github-azure-ml
# custom:
#   id: HF-CODE-003
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: repository
#   subject: automation
#   evidence:
#     repository/workflow: [/commands]
#     repository/script: [/commands]
#   static: yes
#   seeds: [S66, S72, S74]
#   change: in-place
#   cost: none
#   remediation:
#     text: |
#       Take workspace and resource group from variables of the environment, and run the job once per workspace:
#
#           strategy:
#             matrix:
#               environment: [primary, secondary]
#           environment: ${{ matrix.environment }}
#           env:
#             AML_WORKSPACE: ${{ vars.AML_WORKSPACE }}
#             AML_RESOURCE_GROUP: ${{ vars.AML_RESOURCE_GROUP }}
#     cli: az ml job create -f job.yml -w "$AML_WORKSPACE" -g "$AML_RESOURCE_GROUP"
package holdfast.rules.code.automation_configured

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

# The arguments that choose a workspace, by what they are called in a sentence.
targets := {"workspace": "workspace", "resource_group": "resource group"}

deny contains finding.about(found, concat(" ", [name, member])) if {
	some [subject, one] in judged
	some name, command in repository.facts(one, "commands")
	some member, noun in targets
	value := repository.literal(command[member])
	message := sprintf(
		`"%s" runs "%s" against the %s "%s", which stands in the code; expected is a variable or an argument`,
		[one.name, command.command, noun, value],
	)
	found := finding.of(subject, one, repository.pointer(["commands", name, member]), message)
}

pass contains subject.id if {
	some [subject, one] in judged
	estate.settled(one, ["commands"])
	named := arguments(one)
	count(named) > 0
	every argument in named {
		argument.origin in {"configured", "placeholder"}
	}
}

exempt contains finding.exempt(subject, "no command in it names a workspace") if {
	some [subject, one] in judged
	estate.settled(one, ["commands"])
	count(arguments(one)) == 0
}

open contains finding.open(subject, reason) if {
	some [subject, one] in judged
	some argument in arguments(one)
	argument.origin == "unknown"
	reason := "a workspace or resource group in it is computed in a way that is not followed"
}

judged contains [subject, one] if {
	some subject in estate.subjects("automation")
	one := estate.resource(subject)
}

arguments(one) := [argument |
	some _, command in repository.facts(one, "commands")
	some member, argument in command
	member in object.keys(targets)
]
