# METADATA
# title: Data assets are defined as code
# description: |
#   A data asset that was registered by hand exists in one workspace. With its definition in the repository
#   it is there in the failover workspace after one command. Judged are jobs, components and code that name
#   a data asset; data of a registry and data by its address in a datastore need no asset. That a name is
#   defined nowhere is a finding where the repository is complete (`complete: [repository:data]`).
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/reference-yaml-data
# custom:
#   id: HF-CODE-007
#   level: {active-active: note, active-standby: note, active-passive: note}
#   score: 4.0
#   scope: repository
#   subject: repository_file
#   evidence:
#     repository/definition: [{any_of: ["", /references]}, {any_of: ["", /kind]}, {any_of: ["", /declared_name]}]
#     repository/python: [{any_of: ["", /references]}, {any_of: ["", /definitions]}]
#     repository/notebook: [{any_of: ["", /references]}, {any_of: ["", /definitions]}]
#   absence: ["repository:data"]
#   static: yes
#   seeds: [S70, S78, S82]
#   change: in-place
#   cost: none
#   remediation:
#     text: |
#       Keep the data asset as YAML beside the job and create it in both workspaces.
#     cli: |
#       cat > data/claims.yml <<'END'
#       $schema: https://azuremlschemas.azureedge.net/latest/data.schema.json
#       name: claims
#       version: "3"
#       type: uri_folder
#       path: azureml://datastores/training/paths/claims/v3/
#       END
#       az ml data create --file data/claims.yml -w <ws-dr> -g <rg-dr>
#     bicep: |
#       resource claims 'Microsoft.MachineLearningServices/workspaces/data/versions@2024-10-01' = {
#         name: '${workspaceName}/claims/3'
#         properties: { dataType: 'uri_folder', dataUri: 'azureml://datastores/training/paths/claims/v3/' }
#       }
package holdfast.rules.code.data_defined

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

deny contains finding.about(found, name) if {
	estate.complete("repository:data")
	some [subject, one, name, reference] in named
	undefined_here(reference)
	nameless == set()
	message := sprintf(
		`"%s" takes the data asset "%s", which nothing here defines; expected is its YAML in the repository`,
		[one.name, reference.name],
	)
	found := finding.of(subject, one, repository.pointer(["references", name]), message)
}

pass contains subject.id if {
	some subject in estate.subjects("repository_file")
	one := estate.resource(subject)
	estate.settled(one, ["references"])
	references := assets(one)
	count(references) > 0
	every reference in references {
		available(reference)
	}
}

exempt contains finding.exempt(subject, "it names no data asset") if {
	some subject in estate.subjects("repository_file")
	one := estate.resource(subject)
	estate.settled(one, ["references"])
	assets(one) == {}
}

open contains finding.open(subject, reason) if {
	nameless == set()
	some [subject, one, _, reference] in named
	undefined_here(reference)
	reason := sprintf(
		`nothing here defines the data asset "%s" of "%s"; declare complete: [repository:data] if it should`,
		[reference.name, one.name],
	)
}

open contains finding.open(subject, reason) if {
	some [subject, one, _, reference] in named
	undefined_here(reference)
	count(nameless) > 0
	reason := sprintf(
		`the data asset "%s" of "%s" may be one of those that are defined here under a name that is not written, as in "%s"`,
		[reference.name, one.name, min(nameless)],
	)
}

open contains finding.open(subject, reason) if {
	some [subject, one, _, reference] in named
	reference.form == "unknown"
	reason := sprintf(`the data asset that "%s" takes is computed, or left to a template`, [one.name])
}

known := repository.defined({"data"})

nameless := repository.unnamed({"data"})

named contains [subject, one, name, reference] if {
	some subject in estate.subjects("repository_file")
	one := estate.resource(subject)
	some name, reference in assets(one)
}

# The data assets that a file takes. Files that are uploaded with a job are none; a definition of data tells
# where it lies.
assets(one) := {name: reference |
	some name, reference in repository.references(one, "data")
	not reference.form in {"path", "inline"}
	object.get(one, "kind", "") != "data"
}

undefined_here(reference) if {
	reference.form in {"name", "workspace"}
	not lower(reference.name) in known
}

available(reference) if reference.form in {"registry", "curated"}

available(reference) if {
	reference.form in {"name", "workspace"}
	lower(reference.name) in known
}
