# METADATA
# title: Inputs of repository rules for tests
# description: |
#   Builds the input of a rule of scope repository from artefacts: an object path -> body, of which `type` is
#   what stands behind `repository/` ("python"). `document` makes it the n-th document of its file. As in other
#   fixtures, `unknown` is pointer -> reason and takes the value away too.
#
#   `repository_with` adds the workspaces of the estate of `fixture` and what they reach, as templates declare
#   it; `repository_over` adds them as context (`--context`): known and not judged.
# scope: package
package holdfast.lib.fixture_repository

import data.holdfast.lib.fixture

# The input of a repository without templates.
repository(artefacts) := document(resources_of(artefacts), {}, [])

# The input of a repository whose templates declare the estate of the fixtures, with changes.
repository_with(artefacts, changes) := document(
	object.union(estate.resources, resources_of(artefacts)),
	estate.workspaces,
	estate.pairs,
) if {
	estate := fixture.whole(changes)
}

# The input of a repository that is scanned with the estate of the fixtures as context.
repository_over(artefacts, changes) := document(
	object.union(context, resources_of(artefacts)),
	estate.workspaces,
	estate.pairs,
) if {
	estate := fixture.whole(changes)
	context := {own: object.union(one, {"context": true}) | some own, one in estate.resources}
}

# The same, with these parts of the repository (`jobs`, `environments`, …) or types called complete.
complete(doc, parts) := object.union(doc, {"complete": {name: ["*"] |
	some part in parts
	name := {true: lower(part), false: concat(":", ["repository", part])}[contains(part, "/")]
}})

# The canonical id of an artefact.
id(path) := lower(concat("/", ["repository", path]))

# An argument that is written in the code, and one of another origin: configured, placeholder, unknown.
literal(value) := {"origin": "literal", "value": value}

argument(origin) := {"origin": origin}

document(resources, workspaces, pairs) := {
	"version": 1,
	"scope": "repository",
	"source": "iac",
	"today": "2026-11-24",
	"parameters": fixture.defaults,
	"subjects": array.concat(whole(resources), parts(resources)),
	"pairs": pairs,
	"workspaces": workspaces,
	"resources": resources,
	"same": {},
	"distinct": {},
	"complete": {},
}

resources_of(artefacts) := {found.id: found |
	some path, body in artefacts
	found := resource(path, body)
}

resource(path, body) := object.union(
	json.remove(object.remove(body, ["document"]), hidden),
	{
		"id": lower(concat("", ["repository/", path, part])),
		"name": concat("", [path, part]),
		"type": concat("/", ["repository", body.type]),
		"path": path,
		"exact": true,
		"unknown": unknown_of,
		"relations": {},
	},
) if {
	number := object.get(body, "document", 1)
	part := {true: sprintf("#%d", [number]), false: ""}[number > 1]
	unknown_of := object.get(body, "unknown", {})
	hidden := [trim_prefix(pointer, "/") | some pointer, _ in unknown_of]
}

# The repository shows at its first workspace, otherwise at its first artefact that uses Azure ML.
whole(resources) := [{"id": "repository", "kind": "repository", "resource": place} |
	workspaces := [own |
		some own, one in resources
		one.type == "microsoft.machinelearningservices/workspaces"
		not one.context
	]
	users := [own | some own, one in resources; uses_azure_ml(one)]
	place := array.concat(sort(workspaces), sort(users))[0]
]

uses_azure_ml(one) if one.type in {"repository/definition", "repository/config"}

uses_azure_ml(one) if {
	startswith(one.type, "repository/")
	one.azure_ml
}

parts(resources) := [{"id": own, "kind": kind, "resource": own} |
	some own, one in resources
	some kind in kinds_of(one)
]

kinds_of(one) := {kind |
	some kind, types in {
		"repository_file": {
			"config", "definition", "notebook", "python",
			"requirements", "script", "workflow",
		},
		"code_file": {"notebook", "python"},
		"automation": {"script", "workflow"},
		"workflow": {"workflow"},
		"definition": {"definition"},
	}
	trim_prefix(one.type, "repository/") in types
} | {kind |
	one.type == "repository/definition"
	some kind, starts in {
		"job_or_deployment": ["job_", "component", "online_deployment", "batch_deployment"],
		"environment_definition": ["environment"],
	}
	strings.any_prefix_match(one.kind, starts)
} if {
	startswith(one.type, "repository/")
}

kinds_of(one) := {kind |
	kind := "template_resource"
	not one.existing
	not one.context
	one.type in {
		"microsoft.machinelearningservices/workspaces",
		"microsoft.storage/storageaccounts",
		"microsoft.keyvault/vaults",
		"microsoft.containerregistry/registries",
		"microsoft.insights/components",
		"microsoft.machinelearningservices/workspaces/computes",
	}
} if {
	not startswith(one.type, "repository/")
}
