# METADATA
# title: Telemetry retention is set deliberately and equal in both regions
# description: |
#   After a failover one looks back across both regions; if one of them has forgotten already, the
#   incident cannot be understood. What counts is the retention of the tables of Application Insights,
#   which keep 90 days by default even where the Log Analytics workspace keeps 30. Only where no table
#   was read the value of the workspace is judged, and a value below the minimum is open there. A classic
#   component has a retention of its own. Tables of other services whose names begin with App are not
#   judged.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure
# custom:
#   id: HF-APPI-004
#   level: {active-active: note, active-standby: note, active-passive: note}
#   score: 2.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/properties/applicationInsights]
#     Microsoft.Insights/components:
#       - /properties/IngestionMode
#       - {any_of: ["", /properties/WorkspaceResourceId]}
#       - {any_of: ["", /properties/RetentionInDays]}
#     Microsoft.OperationalInsights/workspaces: [{any_of: ["", /properties/retentionInDays]}]
#     Microsoft.OperationalInsights/workspaces/tables: [/properties/retentionInDays]
#   static: yes
#   seeds: [S38]
#   change: in-place
#   cost: "low: longer retention"
#   remediation:
#     text: >-
#       Set the same retention, at least the minimum, on the Log Analytics workspace of each region or on its tables.
#     cli: |
#       az monitor log-analytics workspace update -g <rg> -n <law> --retention-time 90
#       az monitor log-analytics workspace table update -g <rg> --workspace-name <law> -n AppTraces \
#         --retention-time 90
#     bicep: |
#       properties: { retentionInDays: 90 }
#     terraform: |
#       resource "azurerm_log_analytics_workspace" "ml" {
#         name                = var.logs_name
#         resource_group_name = azurerm_resource_group.ml.name
#         location            = var.location
#         sku                 = "PerGB2018"
#         retention_in_days   = 90
#       }
package holdfast.rules.insights.telemetry_retention

import data.holdfast.lib.estate
import data.holdfast.lib.finding

table_names := {"apprequests", "apptraces", "appexceptions", "appdependencies", "appmetrics"}

deny contains finding.of(subject, keeper(workspace), pointer, message) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	pointer := pointers[basis(workspace)]
	kept := retention(workspace)
	short := sort([name | some name, days in kept; name != ""; days < input.parameters.min_telemetry_days])
	count(short) > 0
	message := sprintf(
		`"%s" keeps telemetry of "%s" too short (%s: %v days); expected are at least %v days`,
		[
			keeper(workspace).name, workspace.name, concat(", ", short),
			min({kept[name] | some name in short}), input.parameters.min_telemetry_days,
		],
	)
}

deny contains finding.of(subject, keeper(workspace), pointer, message) if {
	some subject in estate.subjects("workspace_pair")
	workspace := estate.resource(subject)
	other := estate.counterpart(estate.pair(subject), workspace)
	pointer := pointers[basis(workspace)]
	here := retention(workspace)
	there := retention(other)
	long_enough(here)
	long_enough(there)
	differing := sort([sprintf("%v and %v days", [days, there[name]]) |
		some name, days in here
		days != there[name]
	])
	count(differing) > 0
	message := sprintf(
		`"%s" keeps telemetry of "%s" for another time than "%s" has (%s); expected is the same in both regions`,
		[keeper(workspace).name, workspace.name, other.name, differing[0]],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	kept := retention(first)
	kept == retention(second)
	long_enough(kept)
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	reason := estate.missing(workspace, "application_insights")
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	basis(workspace) == "workspace"
	not long_enough(retention(workspace))
	reason := sprintf(
		`"%s" keeps %v days, but its tables were not read and may keep more`,
		[keeper(workspace).name, retention(workspace)[""]],
	)
}

pointers := {
	"tables": "/properties/retentionInDays",
	"workspace": "/properties/retentionInDays",
	"component": "/properties/RetentionInDays",
}

# What decides how long the telemetry of a workspace is kept: found once for each.
basis(workspace) := bases[workspace.id]

bases := {workspace.id: found |
	some workspace in judged
	some found in [basis_of(workspace)]
}

judged contains workspace if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
}

basis_of(workspace) := "component" if estate.classic(estate.insights(workspace))

basis_of(workspace) := "tables" if count(tables(log_workspace(workspace))) > 0

basis_of(workspace) := "workspace" if count(tables(log_workspace(workspace))) == 0

# The resource that keeps it.
keeper(workspace) := estate.insights(workspace) if basis(workspace) == "component"

keeper(workspace) := log_workspace(workspace) if basis(workspace) != "component"

# Days by table; under the name "" the days of a whole Log Analytics workspace, under the one of the
# component its own.
retention(workspace) := times[workspace.id]

times := {workspace.id: found |
	some workspace in judged
	some found in [retention_of(workspace)]
}

retention_of(workspace) := {"component": days} if {
	basis(workspace) == "component"
	days := estate.insights(workspace).properties.RetentionInDays
	is_number(days)
}

retention_of(workspace) := {"": days} if {
	basis(workspace) == "workspace"
	days := log_workspace(workspace).properties.retentionInDays
	is_number(days)
}

retention_of(workspace) := {lower(table.name): table.properties.retentionInDays | some table in read} if {
	basis(workspace) == "tables"
	read := tables(log_workspace(workspace))
	every table in read {
		is_number(table.properties.retentionInDays)
	}
}

log_workspace(workspace) := estate.resource(estate.associated(component, "log_workspace")) if {
	component := estate.insights(workspace)
	lower(component.properties.IngestionMode) == "loganalytics"
}

tables(logs) := [table | some table in estate.related(logs, "tables"); lower(table.name) in table_names]

long_enough(kept) if {
	count(kept) > 0
	every days in kept {
		days >= input.parameters.min_telemetry_days
	}
}
