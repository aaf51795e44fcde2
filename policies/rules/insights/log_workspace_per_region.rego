# METADATA
# title: Telemetry of the two regions does not depend on one Log Analytics workspace
# description: |
#   Two components on one Log Analytics workspace are one telemetry after all: when its region is down,
#   neither side can be queried and ingestion is lost. Either each region has a Log Analytics workspace,
#   or the shared one is replicated to the other region. A shared component belongs to HF-APPI-001, a
#   classic one to HF-APPI-002.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/azure-monitor/logs/workspace-replication
#   - ref: https://learn.microsoft.com/azure/azure-monitor/logs/availability-zones
# custom:
#   id: HF-APPI-003
#   level: {active-active: warning, active-standby: note, active-passive: note}
#   score: 4.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location, /properties/applicationInsights]
#     Microsoft.Insights/components: [/properties/WorkspaceResourceId]
#     Microsoft.OperationalInsights/workspaces:
#       - /location
#       - {any_of: ["", /properties/replication]}
#   static: yes
#   seeds: [S07, S37]
#   change: in-place
#   cost: "medium: replicated ingestion or a second workspace"
#   remediation:
#     text: Use a Log Analytics workspace per region, or enable replication of the shared one.
#     cli: |
#       az monitor log-analytics workspace update -g <rg> -n <law> \
#         --replication-enabled true --replication-location <region2>
#     bicep: |
#       resource law 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
#         name: 'law'
#         location: primary
#         properties: { replication: { enabled: true, location: secondary } }
#       }
#     terraform: |
#       resource "azapi_update_resource" "law_replication" {
#         type        = "Microsoft.OperationalInsights/workspaces@2025-02-01"
#         resource_id = azurerm_log_analytics_workspace.ml.id
#         body = {
#           properties = {
#             replication = { enabled = true, location = var.secondary }
#           }
#         }
#       }
package holdfast.rules.insights.log_workspace_per_region

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, logs, "/properties/replication", message) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	logs := common(pair)
	shortfall := missing(pair, logs)
	message := sprintf(
		`"%s" takes the telemetry of both regions %s; expected is a replica there, or a workspace per region`,
		[logs.name, shortfall],
	)
}

deny contains finding.of(subject, component, "/properties/WorkspaceResourceId", message) if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	separate(pair)
	some workspace in estate.members(pair)
	component := estate.insights(workspace)
	logs := estate.resource(destination(workspace))
	logs.location != workspace.location
	message := sprintf(
		`"%s" serves "%s" in %s, but writes to "%s" in %s; expected is a Log Analytics workspace in the same region`,
		[component.name, workspace.name, workspace.location, logs.name, logs.location],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	separate(pair)
	every workspace in estate.members(pair) {
		estate.resource(destination(workspace)).location == workspace.location
	}
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	pair := estate.pair(subject)
	logs := common(pair)
	logs.properties.replication.enabled == true
	replica_ready(logs)
	every workspace in estate.members(pair) {
		workspace.location in covered(logs)
	}
}

exempt contains finding.exempt(subject, "both workspaces use one component (HF-APPI-001)") if {
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	estate.same(estate.associated(first, "application_insights"), estate.associated(second, "application_insights"))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	component := estate.insights(workspace)
	estate.classic(component)
	reason := sprintf(`"%s" is a classic component (HF-APPI-002)`, [component.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	reason := estate.missing(workspace, "application_insights")
}

# The reference from the component of a workspace to its Log Analytics workspace.
destination(workspace) := estate.associated(estate.insights(workspace), "log_workspace")

# Both members write to Log Analytics workspaces that are proved to be two.
separate(pair) if {
	[first, second] := estate.members(pair)
	estate.distinct(destination(first), destination(second))
}

# The Log Analytics workspace that both members write to.
common(pair) := estate.resource(destination(first)) if {
	[first, second] := estate.members(pair)
	estate.same(destination(first), destination(second))
}

missing(_, logs) := sprintf("from %s, without replication", [logs.location]) if {
	object.get(logs, ["properties", "replication", "enabled"], null) == false
}

missing(_, logs) := sprintf("from %s, without replication", [logs.location]) if {
	estate.absent(logs, ["properties", "replication"])
}

missing(pair, logs) := sprintf("from %s, and its replica in %s leaves out %s", [
	logs.location,
	logs.properties.replication.location,
	concat(", ", outside),
]) if {
	logs.properties.replication.enabled == true
	outside := {workspace.location | some workspace in estate.members(pair)} - covered(logs)
	count(outside) > 0
}

missing(pair, logs) := sprintf("from %s, and its replication is in the state %s", [logs.location, state]) if {
	logs.properties.replication.enabled == true
	state := logs.properties.replication.provisioningState
	lower(state) in {"failed", "canceled"}
	every workspace in estate.members(pair) {
		workspace.location in covered(logs)
	}
}

# The regions in which a replicated Log Analytics workspace can be used.
covered(logs) := {logs.location, lower(replace(logs.properties.replication.location, " ", ""))}

replica_ready(logs) if lower(logs.properties.replication.provisioningState) == "succeeded"

# Source code holds no state.
replica_ready(logs) if {
	input.source == "iac"
	estate.absent(logs, ["properties", "replication", "provisioningState"])
}
