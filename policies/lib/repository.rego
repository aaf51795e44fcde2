# METADATA
# title: Questions to a repository
# description: |
#   What the code, jobs and workflows of a repository define and refer to: artefacts, in the shape of
#   resources. See docs/repository-facts.md. Functions are undefined, not false, when the input cannot answer.
# scope: package
package holdfast.lib.repository

# The artefacts of one kind (`python`, `definition`, …), or of a set of kinds.
artefacts(kind) := {one |
	some one in input.resources
	one.type == concat("/", ["repository", kind])
} if {
	is_string(kind)
}

artefacts(kinds) := {one |
	some one in input.resources
	startswith(one.type, "repository/")
	trim_prefix(one.type, "repository/") in kinds
} if {
	is_set(kinds)
}

# Python files and notebooks.
code := artefacts({"python", "notebook"})

# Workflows and scripts.
automation := artefacts({"workflow", "script"})

# The artefact that is the file at a path.
file(path) := input.resources[lower(concat("/", ["repository", path]))]

# The documents of Azure ML YAML of these kinds (`environment`, `job_command`, …).
definitions(kinds) := {one |
	some one in artefacts("definition")
	one.kind in kinds
}

# The kinds of jobs, of endpoints and of what is deployed to them.
job_kinds := {
	"job_command", "job_sweep", "job_spark", "job_pipeline",
	"job_automl", "job_parallel", "job_v1",
	"job_finetuning", "job_distillation",
}

endpoint_kinds := {"online_endpoint", "batch_endpoint"}

deployment_kinds := {"online_deployment", "batch_deployment"}

# A JSON pointer from the names on the way: ["references", "environment"]. Empty names are left out.
pointer(names) := concat("", [concat("", ["/", escaped]) |
	some name in names
	text := sprintf("%v", [name])
	text != ""
	escaped := replace(replace(text, "~", "~0"), "/", "~1")
])

# Facts of one kind (`references`, `workspace_references`, …) in an artefact: name -> fact.
facts(artefact, member) := object.get(artefact, member, {})

# The references of a kind in an artefact: name -> reference.
references(artefact, kind) := {name: reference |
	some name, reference in facts(artefact, "references")
	reference.kind == kind
}

# The value of an argument that is written in the code.
literal(argument) := argument.value if argument.origin == "literal"

# The names, in lower case, that the repository gives to what it defines of these kinds, in YAML and in code.
# (`name` of an artefact is its path, as everywhere in messages.)
defined(kinds) := ({lower(one.declared_name) | some one in definitions(kinds)} | {name |
	some one in code
	some definition in facts(one, "definitions")
	definition.kind in kinds
	definition.name.origin == "literal"
	name := lower(definition.name.value)
}) | {name | some name in templated(kinds); regex.match(`^[a-z0-9_.-]+$`, name)}

# The files that define something of these kinds under a name that is not known: given on the command line,
# computed, left to a template engine. What seems to be missing may be one of them.
unnamed(kinds) := ({one.path |
	some one in definitions(kinds)
	object.get(one, "declared_name", null) == null
} | {one.path |
	some one in code
	some definition in facts(one, "definitions")
	definition.kind in kinds
	object.get(definition, ["name", "origin"], "unknown") != "literal"
}) | {one.id |
	some kind, collection in collections
	kind in kinds
	some one in declared_below(collection)
	not regex.match(`^[a-z0-9_.-]+$`, name_in(one.id, collection))
}

# What templates call the assets that they declare of these kinds; a name that is computed is no name.
templated(kinds) := {name_in(one.id, collection) |
	some kind, collection in collections
	kind in kinds
	some one in declared_below(collection)
}

# Assets that templates may declare, and where they are in a workspace.
collections := {
	"batch_endpoint": "batchendpoints",
	"data": "data",
	"environment": "environments",
	"online_endpoint": "onlineendpoints",
	"schedule": "schedules",
}

# Versions count as well: a template may declare them alone.
declared_below(collection) := {one |
	some one in input.resources
	startswith(one.type, concat("/", ["microsoft.machinelearningservices/workspaces", collection]))
	not one.existing
	not one.context
}

name_in(path, collection) := split(split(path, sprintf("/%s/", [collection]))[1], "/")[0]

# Whether something of these kinds is defined at all, in YAML or in code.
defines(kinds) if count(definitions(kinds)) > 0

defines(kinds) if {
	some one in code
	some definition in facts(one, "definitions")
	definition.kind in kinds
}

# The jobs, components and deployments that run a program of the repository, by its path.
running(path) := {one | some one in artefacts("definition"); path in object.get(one, "scripts", [])} | {one |
	some one in code
	some definition in facts(one, "definitions")
	path in object.get(definition, "scripts", [])
}

# The resources of templates of a type, those that are declared and not only referred to.
declared(type) := {one |
	some one in input.resources
	one.type == lower(type)
	not one.existing
	not one.context
}

# The resources of a type that are known from the context: the estate as it was last read.
live(type) := {one |
	some one in input.resources
	one.type == lower(type)
	one.context
}
