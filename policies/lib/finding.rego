# METADATA
# title: The answers of a rule
# description: See docs/rule-input.md.
# scope: package
package holdfast.lib.finding

# A denial: what is judged, where it shows, and one sentence with the name in quotes, what is wrong
# and what is expected.
of(subject, resource, pointer, message) := {
	"subject": subject.id,
	"resource": resource.id,
	"pointer": pointer,
	"message": message,
}

# A denial with a level of its own instead of its rule's.
at_level(subject, resource, pointer, message, level) := object.union(
	of(subject, resource, pointer, message),
	{"level": level},
)

# The same denial with other resources that explain it: a list of {resource, message}.
related(found, others) := object.union(found, {"related": [{"resource": other.resource.id, "message": other.message} |
	some other in others
]})

# The same denial told apart from others of the rule at the same place, by a stable word.
about(found, discriminator) := object.union(found, {"about": discriminator})

# The rule does not apply.
exempt(subject, reason) := {"subject": subject.id, "reason": reason}

# Why nothing could be proved; words only.
open(subject, reason) := {"subject": subject.id, "reason": reason}
