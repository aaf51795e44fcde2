# METADATA
# title: Environments are defined in the repository or a shared registry
# description: |
#   An environment that was registered by hand exists in one workspace. The failover workspace can run a job
#   or a deployment only if its environment can be created there: from a definition in the repository, or
#   from a registry that both workspaces read. Curated environments are everywhere, and what a job defines
#   itself (an image with a conda file, a build) comes with it. That a name is defined nowhere is a finding
#   where the repository is complete (`complete: [repository:environments]`); a path that leads to nothing
#   and an environment of a named workspace are findings in any case.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/reference-yaml-environment
# custom:
#   id: HF-CODE-005
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: repository
#   subject: job_or_deployment
#   evidence:
#     repository/definition: [/references, {any_of: ["", /kind]}, {any_of: ["", /declared_name]}]
#     repository/python: [{any_of: ["", /definitions]}]
#     repository/notebook: [{any_of: ["", /definitions]}]
#   absence: ["repository:environments"]
#   static: yes
#   seeds: [S61, S68, S78, S80]
#   change: in-place
#   cost: none
#   remediation:
#     text: |
#       Keep the environment as YAML beside the job and create it in both workspaces, or share it in a registry that
#       both read and name it there: `environment: azureml://registries/mlreg/environments/train/versions/3`.
#     cli: |
#       cat > environments/train.yml <<'END'
#       $schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json
#       name: train
#       version: "3"
#       image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04
#       conda_file: train-conda.yml
#       END
#       az ml environment create --file environments/train.yml -w <ws-dr> -g <rg-dr>
#     bicep: |
#       resource environment 'Microsoft.MachineLearningServices/workspaces/environments/versions@2024-10-01' = {
#         name: '${workspaceName}/train/3'
#         properties: { image: baseImage, condaFile: loadTextContent('train-conda.yml') }
#       }
package holdfast.rules.code.environments_defined

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

deny contains finding.about(found, name) if {
	estate.complete("repository:environments")
	some [subject, one, name, reference] in named
	reference.form == "name"
	not lower(reference.name) in known
	nameless == set()
	message := sprintf(
		`"%s" runs in the environment "%s", which nothing here defines; expected is its YAML, or azureml://registries/…`,
		[one.name, reference.name],
	)
	found := finding.of(subject, one, repository.pointer(["references", name]), message)
}

deny contains finding.about(found, name) if {
	some [subject, one, name, reference] in named
	reference.form == "path"
	reference.found == false
	message := sprintf(
		`"%s" takes its environment from "%s", which is not in the repository; expected is that file`,
		[one.name, reference.path],
	)
	found := finding.of(subject, one, repository.pointer(["references", name]), message)
}

deny contains finding.about(found, name) if {
	some [subject, one, name, reference] in named
	reference.form == "workspace"
	message := sprintf(
		`"%s" takes its environment from the workspace "%s"; expected is a name, azureml:…, or a registry`,
		[one.name, object.get(reference, "workspace", "?")],
	)
	found := finding.of(subject, one, repository.pointer(["references", name]), message)
}

pass contains subject.id if {
	some subject in estate.subjects("job_or_deployment")
	one := estate.resource(subject)
	references := environments(one)
	count(references) > 0
	every reference in references {
		available(reference)
	}
}

exempt contains finding.exempt(subject, "it names no environment") if {
	some subject in estate.subjects("job_or_deployment")
	one := estate.resource(subject)
	estate.settled(one, ["references"])
	environments(one) == {}
}

open contains finding.open(subject, reason) if {
	nameless == set()
	some [subject, one, _, reference] in named
	reference.form == "name"
	not lower(reference.name) in known
	reason := sprintf(
		`nothing here defines the environment "%s" of "%s"; declare complete: [repository:environments] if it should`,
		[reference.name, one.name],
	)
}

open contains finding.open(subject, reason) if {
	some [subject, one, _, reference] in named
	reference.form == "name"
	not lower(reference.name) in known
	count(nameless) > 0
	reason := sprintf(
		`the environment "%s" of "%s" may be one of those that are defined here under a name that is not written, as in "%s"`,
		[reference.name, one.name, min(nameless)],
	)
}

open contains finding.open(subject, reason) if {
	some [subject, one, _, reference] in named
	reference.form == "unknown"
	reason := sprintf(`the environment of "%s" is left to a template`, [one.name])
}

known := repository.defined({"environment"})

nameless := repository.unnamed({"environment"})

named contains [subject, one, name, reference] if {
	some subject in estate.subjects("job_or_deployment")
	one := estate.resource(subject)
	some name, reference in environments(one)
}

environments(one) := repository.references(one, "environment")

available(reference) if reference.form in {"registry", "curated", "inline"}

available(reference) if {
	reference.form == "name"
	lower(reference.name) in known
}

available(reference) if {
	reference.form == "path"
	reference.found
}
