# METADATA
# title: The business-continuity tier is declared, per component where it differs
# description: |
#   Whether the failover side runs, waits or is only prepared decides what it must have, and with it the
#   severity of most other rules; without a declared tier they assume active-passive. Inference and
#   training may differ, and inference is rarely the weaker of the two: callers wait for an answer, a
#   training run can wait for a region. That order is noted when it is reversed. An inferred pair has no
#   tier of its own; it is open here until somebody declares it.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
# custom:
#   id: HF-TOPO-004
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [{any_of: ["", /tags/holdfast-tier]}]
#   static: yes
#   seeds: [S23, S24, S25, S26, S27, S57]
#   change: in-place
#   cost: none
#   remediation:
#     text: >-
#       Declare the tier in the configuration or by the same tag on both workspaces, so that the other rules apply the
#       right severity.
#     cli: az resource tag --ids <ws-id> <ws-dr-id> --is-incremental --tags holdfast-tier=active-standby
#     bicep: |
#       tags: { 'holdfast-tier': 'active-standby', 'holdfast-tier-training': 'active-passive' }
#     terraform: |
#       tags = {
#         "holdfast-tier"          = "active-standby"
#         "holdfast-tier-training" = "active-passive"
#       }
package holdfast.rules.topology.tier_declared

import data.holdfast.lib.estate
import data.holdfast.lib.finding

strength := {"active-passive": 0, "active-standby": 1, "active-active": 2}

deny contains finding.of(subject, workspace, "/tags", message) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	pair.declared
	pair.tier_declared == false
	workspace := estate.resource(subject)
	other := estate.counterpart(pair, workspace)
	message := sprintf(
		concat(" ", [
			`"%s" and "%s" are a pair without a common tier (the tag holdfast-tier says %s and %s);`,
			"expected is one of active-active, active-standby, active-passive for both",
		]),
		[workspace.name, other.name, tag(workspace), tag(other)],
	)
}

deny contains finding.at_level(subject, workspace, "/tags", message, "note") if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	pair.declared
	pair.tier_declared
	strength[pair.tier.inference] < strength[pair.tier.training]
	workspace := estate.resource(subject)
	message := sprintf(
		`"%s" is declared %s for inference but %s for training; expected is inference at least as strong`,
		[workspace.name, pair.tier.inference, pair.tier.training],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	pair.declared
	pair.tier_declared
	strength[pair.tier.inference] >= strength[pair.tier.training]
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	environment := estate.pair_outside_production(estate.pair(subject))
	reason := sprintf("outside production (%s)", [environment])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	pair.declared == false
	reason := sprintf(
		"the pair is only inferred; %s is assumed until the pair and its tier are declared",
		[pair.tier.overall],
	)
}

# What the tag of a workspace says; undefined while that is not known.
tag(workspace) := sprintf(`"%s"`, [value]) if value := workspace.tags["holdfast-tier"]

tag(workspace) := "nothing" if estate.absent(workspace, ["tags", "holdfast-tier"])
