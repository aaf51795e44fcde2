# METADATA
# title: No Azure ML SDK v1 or CLI v1
# description: |
#   Version 1 of the SDK and of the CLI is out of support: what depends on it is not repaired when it fails, in
#   a failover least of all. Judged are the packages that a project installs, the modules that its code imports
#   and the commands of its automation, once per file each. azureml-mlflow and azureml-inference-server-http
#   belong to version 2.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-v2
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-migrate-from-v1
# custom:
#   id: HF-RET-003
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: repository
#   subject: repository_file
#   evidence:
#     repository/python: [{any_of: ["", /imports]}, {any_of: ["", /sdk]}]
#     repository/notebook: [{any_of: ["", /imports]}, {any_of: ["", /sdk]}]
#     repository/requirements: [/packages]
#     repository/workflow: [{any_of: ["", /commands]}]
#     repository/script: [{any_of: ["", /commands]}]
#   static: yes
#   seeds: [S65, S66, S67, S68, S70, S71, S79, S80, S81, S82]
#   change: migration
#   cost: none
#   remediation:
#     text: |
#       Move to azure-ai-ml and to the extension ml:
#
#           # requirements.txt
#           azure-ai-ml
#           azureml-mlflow
#           # instead of Workspace.from_config()
#           ml_client = MLClient.from_config(credential)
#     cli: |
#       az extension remove -n azure-cli-ml
#       az extension add -n ml
#     bicep: |
#       // not applicable: pip install azure-ai-ml
package holdfast.rules.retirement.sdk_v1

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository
import data.holdfast.lib.retirements

deny contains finding.of(subject, one, "/sdk/v1", message) if {
	some subject in estate.subjects("repository_file")
	one := estate.resource(subject)
	one.sdk.v1
	message := sprintf(
		`"%s" imports %s of Azure ML SDK v1, %s; expected is azure-ai-ml`,
		[one.name, listed(modules(one)), retirements.when(sdk)],
	)
}

deny contains finding.about(found, "packages") if {
	some subject in estate.subjects("repository_file")
	one := estate.resource(subject)
	one.type == "repository/requirements"
	found_here := packages(one)
	count(found_here) > 0
	not serves_v2(one)
	pointer := repository.pointer(["packages", found_here[0]])
	message := sprintf(
		`"%s" installs %s of Azure ML SDK v1, %s; expected is azure-ai-ml`,
		[one.name, listed(found_here), retirements.when(sdk)],
	)
	found := finding.of(subject, one, pointer, message)
}

# Commands that version 2 does not have stop a pipeline.
deny contains finding.about(found, "commands") if {
	some subject in estate.subjects("repository_file")
	one := estate.resource(subject)
	old := commands(one)
	count(old) > 0
	words := listed(sort({one.commands[name].command | some name in old}))
	message := sprintf(
		`"%s" runs %s of Azure ML CLI v1, %s; expected is the extension ml`,
		[one.name, words, retirements.when(cli)],
	)
	level := {"repository/workflow": "error", "repository/script": "warning"}[one.type]
	found := finding.at_level(subject, one, repository.pointer(["commands", old[0]]), message, level)
}

pass contains subject.id if {
	some subject in estate.subjects("repository_file")
	clean(estate.resource(subject))
}

# As long as nothing was retired and nothing announced.
pass contains subject.id if {
	some subject in estate.subjects("repository_file")
	one := estate.resource(subject)
	one.type in {"repository/python", "repository/notebook", "repository/requirements"}
	object.get(one, ["sdk", "v1"], count(packages(one)) > 0)
	retirements.later(sdk)
}

pass contains subject.id if {
	some subject in estate.subjects("repository_file")
	count(commands(estate.resource(subject))) > 0
	retirements.later(cli)
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("repository_file")
	reason := serves_v2(estate.resource(subject))
}

exempt contains finding.exempt(subject, "it installs, imports and runs nothing") if {
	some subject in estate.subjects("repository_file")
	estate.resource(subject).type in {"repository/definition", "repository/config"}
}

sdk := retirements.row("azureml-sdk-v1")

cli := retirements.row("azureml-cli-v1")

clean(one) if {
	one.type in {"repository/python", "repository/notebook"}
	estate.settled(one, ["imports"])
	estate.settled(one, ["sdk"])
	object.get(one, ["sdk", "v1"], false) == false
}

clean(one) if {
	one.type == "repository/requirements"
	count(one.packages) > 0
	estate.settled(one, ["packages"])
	packages(one) == []
	not serves_v2(one)
}

clean(one) if {
	one.type in {"repository/workflow", "repository/script"}
	estate.settled(one, ["commands"])
	commands(one) == []
}

# The modules of SDK v1 that a file imports.
modules(one) := sort([module |
	some module, _ in repository.facts(one, "imports")
	parts := split(module, ".")
	parts[0] == "azureml"
	parts[1] in {"accel", "contrib", "core", "data", "datadrift", "explain", "interpret", "pipeline", "train", "widgets"}
	array.slice(parts, 0, 3) != ["azureml", "contrib", "services"]
])

# The packages of SDK v1 that a project installs.
packages(one) := sort([name |
	one.type == "repository/requirements"
	some name, _ in repository.facts(one, "packages")
	of_v1(name)
])

of_v1(name) if name in {"azureml-core", "azureml-sdk", "azureml-widgets"}

of_v1(name) if {
	strings.any_prefix_match(name, ["azureml-pipeline", "azureml-train", "azureml-contrib"])
	name != "azureml-contrib-services"
}

# Why packages of version 1 may serve version 2: batch deployments and parallel jobs need azureml-core with
# azureml-dataset-runtime, and environments for inference were built with azureml-defaults.
# https://learn.microsoft.com/azure/machine-learning/how-to-use-batch-model-deployments
serves_v2(one) := "azureml-core may be there for a batch deployment or a parallel job of version 2" if {
	packages(one) == ["azureml-core"]
	one.packages["azureml-dataset-runtime"]
}

serves_v2(one) := "azureml-defaults may be there for inference" if {
	packages(one) == []
	one.packages["azureml-defaults"]
}

# The commands of CLI v1, by their names as facts.
commands(one) := sort([name |
	some name, command in repository.facts(one, "commands")
	command.generation == "v1"
])

listed(names) := concat(", ", names) if count(names) <= 3

listed(names) := sprintf("%s and %d more", [concat(", ", array.slice(names, 0, 3)), count(names) - 3]) if count(names) > 3
