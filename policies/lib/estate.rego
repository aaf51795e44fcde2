# METADATA
# title: Questions to the rule input
# description: |
#   Every function is undefined, not false, when the input cannot answer. See docs/rule-input.md.
# scope: package
package holdfast.lib.estate

# The subjects of one kind; a rule names the kind that its METADATA declares.
subjects(kind) := {subject | some subject in input.subjects; subject.kind == kind}

# The resource behind an id, a subject or a reference; undefined when the source does not hold it.
resource(it) := input.resources[it.resource] if {
	it.resource
} else := input.resources[it.id] if {
	it.found
	not it.conditional
} else := input.resources[it] if {
	is_string(it)
}

# The pair of a subject.
pair(subject) := found if {
	some found in input.pairs
	found.id == subject.pair
}

# The facts about a workspace that come from pairing and configuration.
facts(workspace) := input.workspaces[workspace.id]

# Both members of a pair, as resources.
members(pair) := [input.resources[id] | some id in pair.members]

# The members by role; undefined while the direction of an inferred pair is not known.
primary(pair) := input.resources[pair.primary]

secondary(pair) := input.resources[pair.secondary]

# The other member of a pair.
counterpart(pair, workspace) := input.resources[id] if {
	some id in pair.members
	id != workspace.id
}

# The reference behind a relation that holds one resource. Whether it was found or not, it can be
# compared; `resource` follows it.
associated(from, relation) := from.relations[relation][0]

# The resources behind a relation that were found and are there for certain.
related(from, relation) := [input.resources[reference.id] |
	some reference in from.relations[relation]
	reference.found
	not reference.conditional
]

# Whether two resources or references are one resource; undefined unless proved.
same(a, b) if a.id == b.id

same(a, b) if input.same[a.id][b.id]

# Whether they are two; undefined unless proved.
distinct(a, b) if {
	a.exact
	b.exact
	a.id != b.id
	not input.same[a.id][b.id]
}

distinct(a, b) if input.distinct[a.id][b.id]

# Whether nothing is at this path of a resource that was read: not known, and not unknown either.
absent(from, path) if {
	object.get(from, path, null) == null
	every pointer, _ in from.unknown {
		not covers(pointer, path)
	}
}

# Whether nothing that is at this path of a resource, around it or inside it, is unknown.
settled(from, path) if {
	every pointer, _ in from.unknown {
		not covers(pointer, path)
	}
}

# Whether an unknown pointer hides what is at a path, or something inside it.
covers(pointer, path) if startswith(concat("", ["/", concat("/", path), "/"]), concat("", [pointer, "/"]))

covers(pointer, path) if startswith(concat("", [pointer, "/"]), concat("", ["/", concat("/", path), "/"]))

# Whether nothing, or an empty string, is at this path of a resource that was read.
empty(from, path) if absent(from, path)

empty(from, path) if object.get(from, path, null) == ""

# The resource behind a reference that this source itself holds: not only referred to, and not
# deployed under a condition that nobody could decide.
held(reference) := found if {
	found := resource(reference)
	not found.existing
	not found.conditional
}

# Whether a reference leads to nothing: all of its id is known, and every resource of that type was
# read in the scope of the id.
dangling(reference, type) if {
	reference.exact
	reference.found == false
	read_around(type, reference.id)
}

# Whether everything of a type was read where an id lies. That a scan read all of its own subscriptions
# says nothing about another one.
read_around(type, id) if {
	some known in input.complete[lower(type)]
	known != "*"
	startswith(concat("", [id, "/"]), concat("", [known, "/"]))
}

read_around(type, _) if {
	input.source == "iac"
	complete(type)
}

# What a workspace is associated with: the property that names it, its type, what to call it.
associations := {
	"storage": {
		"property": "storageAccount",
		"type": "Microsoft.Storage/storageAccounts",
		"what": "default storage account",
	},
	"key_vault": {"property": "keyVault", "type": "Microsoft.KeyVault/vaults", "what": "key vault"},
	"application_insights": {
		"property": "applicationInsights",
		"type": "Microsoft.Insights/components",
		"what": "Application Insights",
	},
	"container_registry": {
		"property": "containerRegistry",
		"type": "Microsoft.ContainerRegistry/registries",
		"what": "container registry",
	},
}

# Why a rule about an associated resource has nothing to judge: a sentence that names HF-WS-002, the
# owner of what is missing. Undefined unless it is proved to be missing.
missing(workspace, relation) := reason if {
	about := associations[relation]
	empty(workspace, ["properties", about.property])
	reason := sprintf(`"%s" names no %s (HF-WS-002)`, [workspace.name, about.what])
}

missing(workspace, relation) := reason if {
	about := associations[relation]
	reference := associated(workspace, relation)
	dangling(reference, about.type)
	reason := sprintf(
		`the %s "%s" of "%s" does not exist (HF-WS-002)`,
		[about.what, reference.name, workspace.name],
	)
}

# Whether Azure reports a resource as provisioned. Source code has no state, so there its absence is
# as it should be.
provisioned(it) if lower(it.properties.provisioningState) == "succeeded"

provisioned(it) if {
	input.source == "iac"
	absent(it, ["properties", "provisioningState"])
}

# The environment of a workspace that the production selector leaves out.
outside_production(workspace) := environment if {
	facts(workspace).production == false
	environment := object.get(facts(workspace), "environment", "not production")
}

# The same of a pair, if it leaves both members out.
pair_outside_production(pair) := environment if {
	every member in members(pair) {
		outside_production(member)
	}
	environment := outside_production(members(pair)[0])
}

# Whether a workspace is a project: it lives on what its hub owns.
project(workspace) if lower(workspace.kind) == "project"

# The Application Insights component of a workspace.
insights(workspace) := resource(associated(workspace, "application_insights"))

# Whether a component is a classic one, without a Log Analytics workspace.
classic(component) if {
	lower(component.properties.IngestionMode) in {"applicationinsights", "applicationinsightswithdiagnosticsettings"}
}

# Whether every resource of a type was read, in the whole scan or in a scope (an id).
complete(type) if "*" in input.complete[lower(type)]

complete_in(type, _) if complete(type)

complete_in(type, scope) if {
	some known in input.complete[lower(type)]
	startswith(concat("", [scope, "/"]), concat("", [known, "/"]))
}
