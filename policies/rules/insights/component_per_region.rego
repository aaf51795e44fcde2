# METADATA
# title: Each workspace has its own Application Insights in its own region
# description: |
#   Telemetry is needed most while a region is down, to see what still works. A component that both
#   workspaces share, or one in another region, goes dark with that region. A shared component is
#   reported once, at the failover workspace. A component in the same geographic area that is not in the
#   region of the counterpart is only noted, because the service is not offered everywhere. A component
#   that is missing or does not exist belongs to HF-WS-002.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/azure-monitor/app/create-workspace-resource
# custom:
#   id: HF-APPI-001
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: pair
#   subject: workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/location, /properties/applicationInsights]
#     Microsoft.Insights/components: [/location]
#   static: yes
#   seeds: [S07, S15, S37]
#   change: in-place
#   cost: "low: second component, ingestion per region"
#   remediation:
#     text: Create a component in each region and attach it to the workspace there.
#     cli: |
#       az monitor app-insights component create -a <ai-dr> -g <rg-dr> -l <region2> --workspace <law-dr-id>
#       az ml workspace update -n <ws-dr> -g <rg-dr> --application-insights <ai-dr-id> --update-dependent-resources
#     bicep: |
#       resource aiDr 'Microsoft.Insights/components@2020-02-02' = {
#         name: 'ai-${secondary}'
#         location: secondary
#         kind: 'web'
#         properties: { Application_Type: 'web', WorkspaceResourceId: lawDr.id }
#       }
#     terraform: |
#       resource "azurerm_application_insights" "dr" {
#         name                = "ai-${var.secondary}"
#         resource_group_name = azurerm_resource_group.dr.name
#         location            = var.secondary
#         application_type    = "web"
#         workspace_id        = azurerm_log_analytics_workspace.dr.id
#       }
package holdfast.rules.insights.component_per_region

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.regions

deny contains finding.related(found, [{"resource": other, "message": "The other workspace on the same component"}]) if {
	some subject in estate.subjects("workspace")
	pair := estate.pair(subject)
	workspace := estate.resource(subject)
	other := estate.counterpart(pair, workspace)
	shared(workspace, other)
	not primary(pair, workspace)
	message := sprintf(
		`"%s" sends its telemetry to "%s", which is also that of "%s"; expected is a component of its own in %s`,
		[workspace.name, component(workspace).name, other.name, object.get(workspace, "location", "its region")],
	)
	found := finding.of(subject, workspace, "/properties/applicationInsights", message)
}

deny contains located(subject, workspace, other, insights) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	other := estate.counterpart(estate.pair(subject), workspace)
	not shared(workspace, other)
	insights := estate.resource(component(workspace))
	insights.location != workspace.location
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	unshared(workspace, estate.counterpart(estate.pair(subject), workspace))
	estate.resource(component(workspace)).location == workspace.location
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	pair := estate.pair(subject)
	workspace := estate.resource(subject)
	primary(pair, workspace)
	other := estate.counterpart(pair, workspace)
	shared(workspace, other)
	reason := sprintf(`the shared component is reported at "%s"`, [other.name])
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	reason := estate.missing(estate.resource(subject), "application_insights")
}

exempt contains finding.exempt(subject, "a project uses the component of its hub") if {
	some subject in estate.subjects("workspace")
	estate.project(estate.resource(subject))
}

component(workspace) := estate.associated(workspace, "application_insights")

shared(workspace, other) if estate.same(component(workspace), component(other))

unshared(workspace, other) if estate.distinct(component(workspace), component(other))

unshared(_, other) if estate.empty(other, ["properties", "applicationInsights"])

primary(pair, workspace) if estate.same(estate.primary(pair), workspace)

located(subject, workspace, other, insights) := finding.at_level(
	subject, workspace, "/properties/applicationInsights",
	wrong_region(workspace, insights), "note",
) if {
	nearby(insights, workspace, other)
}

located(subject, workspace, other, insights) := finding.of(
	subject, workspace, "/properties/applicationInsights",
	wrong_region(workspace, insights),
) if {
	not nearby(insights, workspace, other)
}

wrong_region(workspace, insights) := sprintf(
	`"%s" lies in %s, but its Application Insights "%s" in %s; expected is a component in the same region`,
	[workspace.name, workspace.location, insights.name, insights.location],
)

# In the same geographic area as its workspace, and not where the other one is.
nearby(insights, workspace, other) if {
	regions.geography(insights.location) == regions.geography(workspace.location)
	insights.location != other.location
}
