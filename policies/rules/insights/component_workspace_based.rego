# METADATA
# title: Application Insights is workspace-based, not classic
# description: |
#   Classic components were retired on 29 February 2024: they keep their data to themselves, cannot be
#   replicated and are converted whenever Azure gets to it. A component on a Log Analytics workspace can
#   be queried together with the other region and follows its retention and replication. A template that
#   names no workspace is open: Azure then makes one of its own choice.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/azure-monitor/app/convert-classic-resource
#   - ref: https://learn.microsoft.com/azure/azure-monitor/app/create-workspace-resource
# custom:
#   id: HF-APPI-002
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 4.0
#   scope: workspace
#   subject: application_insights
#   evidence:
#     Microsoft.Insights/components: [/properties/WorkspaceResourceId, /properties/IngestionMode]
#   static: yes
#   seeds: [S07, S15]
#   change: irreversible
#   cost: "low: Log Analytics ingestion"
#   remediation:
#     text: Link the component to a Log Analytics workspace; it cannot go back to classic.
#     cli: az monitor app-insights component update -a <ai> -g <rg> --workspace <law-id>
#     bicep: |
#       properties: { Application_Type: 'web', WorkspaceResourceId: law.id, IngestionMode: 'LogAnalytics' }
#     terraform: |
#       resource "azurerm_application_insights" "ml" {
#         name                = var.insights_name
#         resource_group_name = azurerm_resource_group.ml.name
#         location            = var.location
#         application_type    = "web"
#         workspace_id        = azurerm_log_analytics_workspace.ml.id
#       }
#   aprl: [dac421ec]
package holdfast.rules.insights.component_workspace_based

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, component, "/properties/IngestionMode", message) if {
	some subject in estate.subjects("application_insights")
	component := estate.resource(subject)
	estate.classic(component)
	message := sprintf(
		`"%s" is a classic component (%s), retired on 2024-02-29; expected is one on a Log Analytics workspace`,
		[component.name, component.properties.IngestionMode],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("application_insights")
	component := estate.resource(subject)
	lower(component.properties.IngestionMode) == "loganalytics"
	workspace_named(component)
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("application_insights")
	component := estate.resource(subject)
	not estate.classic(component)
	estate.empty(component, ["properties", "WorkspaceResourceId"])
	reason := sprintf(`"%s" names no Log Analytics workspace, so Azure chooses one`, [component.name])
}

workspace_named(component) if {
	count(component.properties.WorkspaceResourceId) > 0
}

# An id of which a part is unknown, but which leads to a workspace that was read.
workspace_named(component) if estate.associated(component, "log_workspace").found
