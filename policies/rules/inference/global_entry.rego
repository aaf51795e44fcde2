# METADATA
# title: A global entry point routes callers to whichever region is up
# description: |
#   Two endpoints have two addresses. Unless something in front of them leads to the one that is up, every
#   caller has to be changed during the outage. One Traffic Manager profile, one Front Door origin group
#   or one API Management service that knows both hosts passes. What stands elsewhere or outside Azure
#   cannot be seen: say so with global_entry (its address or id, `client` if callers switch themselves,
#   `none` if there is nothing); otherwise no entry at all is an open question, while an entry that leads
#   to one region only is not. Without a counterpart HF-INF-001 says what is missing.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/well-architected/service-guides/azure-machine-learning
#   - ref: https://learn.microsoft.com/azure/architecture/guide/technology-choices/load-balancing-overview
# custom:
#   id: HF-INF-004
#   level: {active-active: error, active-standby: warning, active-passive: off}
#   score: 6.0
#   scope: pair
#   subject: primary_online_endpoint
#   tier: inference
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints: [/properties/scoringUri]
#     Microsoft.Network/trafficManagerProfiles: [{any_of: ["", /properties/endpoints]}]
#     Microsoft.Network/trafficManagerProfiles/externalEndpoints:
#       - {any_of: ["", /properties/target]}
#       - {any_of: ["", /properties/endpointStatus]}
#     Microsoft.Cdn/profiles: [{any_of: ["", /sku/name]}]
#     Microsoft.Cdn/profiles/originGroups: [{any_of: ["", /properties]}]
#     Microsoft.Cdn/profiles/originGroups/origins: [/properties/hostName, /properties/enabledState]
#     Microsoft.ApiManagement/service: [{any_of: ["", /sku/name]}]
#     Microsoft.ApiManagement/service/backends: [{any_of: ["", /properties/url]}]
#   absence:
#     - Microsoft.MachineLearningServices/workspaces/onlineEndpoints
#     - Microsoft.Network/trafficManagerProfiles
#     - Microsoft.Cdn/profiles
#     - Microsoft.Cdn/profiles/originGroups/origins
#     - Microsoft.ApiManagement/service
#     - Microsoft.ApiManagement/service/backends
#   static: partial
#   seeds: [S24, S25]
#   change: in-place
#   cost: "medium: Front Door, Traffic Manager or API Management"
#   remediation:
#     text: Put Front Door, Traffic Manager or API Management in front of the two endpoints.
#     cli: >-
#       az afd origin create -g <rg> --profile-name <fd> --origin-group-name ml --origin-name dr
#       --host-name <endpoint>.<region2>.inference.ml.azure.com --priority 2 --enabled-state Enabled
#     bicep: |
#       properties: { hostName: 'score-dr.<region>.inference.ml.azure.com', priority: 2 }
#     terraform: |
#       resource "azurerm_cdn_frontdoor_origin" "dr" {
#         name                           = "dr"
#         cdn_frontdoor_origin_group_id  = azurerm_cdn_frontdoor_origin_group.ml.id
#         host_name                      = "score-dr.${var.secondary}.inference.ml.azure.com"
#         certificate_name_check_enabled = true
#         enabled                        = true
#         priority                       = 2
#       }
package holdfast.rules.inference.global_entry

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.inference
import data.holdfast.lib.twins

deny contains finding.of(subject, endpoint, "", message) if {
	some [subject, endpoint, _] in judged
	input.parameters.global_entry == "none"
	message := sprintf(
		`"%s" has no entry point in front of both regions (global_entry says so), so every caller must be changed`,
		[endpoint.name],
	)
}

deny contains finding.related(found, [{"resource": entry, "message": "Leads to one region only"}]) if {
	some [subject, endpoint, twin] in judged
	not declared
	enumerated
	some one in [endpoint, twin]
	entries := {entry | some entry in estate.related(one, "entry_points"); routes(entry, one)}
	some entry in entries
	whole(entry)
	not common(endpoint, twin)
	is_string(inference.host(endpoint.properties.scoringUri))
	is_string(inference.host(twin.properties.scoringUri))
	message := sprintf(
		`"%s" is behind the entry point "%s", which leads to one region only; expected are the hosts of both`,
		[one.name, entry.name],
	)
	found := finding.of(subject, one, "", message)
}

pass contains subject.id if {
	some [subject, _, _] in judged
	declared
	input.parameters.global_entry != "none"
}

pass contains subject.id if {
	some [subject, endpoint, twin] in judged
	not declared
	common(endpoint, twin)
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("primary_online_endpoint")
	secondary := estate.secondary(estate.pair(subject))
	endpoint := estate.resource(subject)
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/onlineEndpoints", secondary.id)
	twins.lacking(secondary, "online_endpoints", endpoint.name)
	not inference.serverless(endpoint)
	reason := sprintf(`"%s" has no endpoint of this name (HF-INF-001)`, [secondary.name])
}

exempt contains finding.exempt(subject, sprintf("outside production (%s)", [environment])) if {
	some subject in estate.subjects("primary_online_endpoint")
	environment := estate.pair_outside_production(estate.pair(subject))
}

open contains finding.open(subject, reason) if {
	some [subject, _, _] in judged
	not declared
	reason := "no entry point for both hosts was found; say with global_entry what there is"
}

# Subject and the endpoints of both members.
judged contains [subject, endpoint, inference.twin(subject, endpoint)] if {
	some subject in estate.subjects("primary_online_endpoint")
	endpoint := estate.resource(subject)
}

declared if input.parameters.global_entry

# Whether every entry point that Azure has was read.
enumerated if {
	estate.complete("Microsoft.Network/trafficManagerProfiles")
	estate.complete("Microsoft.Cdn/profiles")
	estate.complete("Microsoft.ApiManagement/service")
}

# Whether everything that an entry point leads to was read.
whole(entry) if {
	endswith(entry.type, "/trafficmanagerprofiles")
	estate.settled(entry, ["properties", "endpoints"])
}

whole(entry) if {
	endswith(entry.type, "/origingroups")
	estate.complete_in("Microsoft.Cdn/profiles/originGroups/origins", entry.id)
}

whole(entry) if {
	endswith(entry.type, "/service")
	estate.complete_in("Microsoft.ApiManagement/service/backends", entry.id)
}

# Whether one entry point leads to both endpoints.
common(endpoint, twin) if {
	some entry in estate.related(endpoint, "entry_points")
	routes(entry, endpoint)
	some other in estate.related(twin, "entry_points")
	estate.same(entry, other)
	routes(other, twin)
}

# Whether an entry point sends callers to an endpoint.
routes(profile, endpoint) if {
	some target in profile.properties.endpoints
	inference.host(target.properties.target) == inference.host(endpoint.properties.scoringUri)
	lower(object.get(target.properties, "endpointStatus", "Enabled")) == "enabled"
}

routes(profile, endpoint) if {
	some target in estate.related(profile, "endpoints")
	inference.host(target.properties.target) == inference.host(endpoint.properties.scoringUri)
	enabled(target, "endpointStatus")
}

routes(group, endpoint) if {
	some origin in estate.related(group, "origins")
	inference.host(origin.properties.hostName) == inference.host(endpoint.properties.scoringUri)
	enabled(origin, "enabledState")
}

routes(service, endpoint) if {
	some backend in estate.related(service, "backends")
	inference.host(backend.properties.url) == inference.host(endpoint.properties.scoringUri)
}

enabled(it, member) if lower(it.properties[member]) == "enabled"

# Both are on unless they are turned off.
enabled(it, member) if estate.absent(it, ["properties", member])
