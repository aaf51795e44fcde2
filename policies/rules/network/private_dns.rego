# METADATA
# title: Private DNS resolves to the endpoint of the own region in both VNets
# description: |
#   A private endpoint is found by name, and a zone holds one record set per name. Where a resource has an
#   endpoint in each region and both register in one zone, the later one overwrites the other or both
#   addresses are returned, and clients are sent to the region that is down: each region needs a zone of
#   its own, linked to its own network only. Names of a resource with a single endpoint, in one region or in
#   a hub, may stand in one zone, which every network that uses it is linked to. Zones are found through
#   the zone groups of the endpoints; records that are kept by hand and networks with DNS servers of their
#   own cannot be judged. A missing endpoint belongs to HF-NET-002 and HF-NET-003.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-custom-dns
#   - ref: https://learn.microsoft.com/azure/private-link/private-endpoint-dns
#   - ref: https://learn.microsoft.com/azure/dns/private-dns-virtual-network-links
# custom:
#   id: HF-NET-004
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 7.0
#   scope: pair
#   subject: private_endpoint_target
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - {any_of: ["", /properties/publicNetworkAccess]}
#       - {any_of: ["", /properties/privateEndpointConnections]}
#     Microsoft.MachineLearningServices/workspaces/computes: [{any_of: ["", /properties/properties/subnet/id]}]
#     Microsoft.Storage/storageAccounts: [{any_of: ["", /properties/publicNetworkAccess, /properties/networkAcls]}]
#     Microsoft.KeyVault/vaults: [{any_of: ["", /properties/publicNetworkAccess, /properties/networkAcls]}]
#     Microsoft.ContainerRegistry/registries:
#       - {any_of: ["", /properties/publicNetworkAccess, /properties/networkRuleSet]}
#     Microsoft.Network/privateEndpoints:
#       - /properties/subnet/id
#       - {any_of: [/properties/privateLinkServiceConnections, /properties/manualPrivateLinkServiceConnections]}
#     Microsoft.Network/privateEndpoints/privateDnsZoneGroups: [/properties/privateDnsZoneConfigs]
#     Microsoft.Network/privateDnsZones: [{any_of: ["", /location]}]
#     Microsoft.Network/privateDnsZones/virtualNetworkLinks:
#       - /properties/virtualNetwork/id
#       - {any_of: ["", /properties/virtualNetworkLinkState]}
#     Microsoft.Network/virtualNetworks:
#       - {any_of: ["", /location]}
#       - /properties/dhcpOptions/dnsServers
#       - {any_of: ["", /properties/virtualNetworkPeerings]}
#   absence:
#     - Microsoft.Network/privateDnsZones
#     - Microsoft.Network/privateDnsZones/virtualNetworkLinks
#     - Microsoft.Network/privateEndpoints
#   static: yes
#   seeds: [S44]
#   change: migration
#   cost: "low: zones per region, records moved"
#   remediation:
#     text: >-
#       Give each region its own private DNS zone for resources with an endpoint in both regions and link it to that
#       region's network; link shared zones to both networks otherwise.
#     cli: |
#       az network private-dns zone create -g <rg-dns-dr> -n privatelink.vaultcore.azure.net
#       az network private-dns link vnet create -g <rg-dns-dr> -z privatelink.vaultcore.azure.net \
#         -n dr -v vnet-dr -e false
#     bicep: |
#       resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = {
#         parent: zoneDr
#         name: 'dr'
#         location: 'global'
#         properties: { registrationEnabled: false, virtualNetwork: { id: vnetDr.id } }
#       }
#     terraform: |
#       resource "azurerm_private_dns_zone" "vault_dr" {
#         name                = "privatelink.vaultcore.azure.net"
#         resource_group_name = azurerm_resource_group.dns_dr.name
#       }
#       resource "azurerm_private_dns_zone_virtual_network_link" "vault_dr" {
#         name                  = "dr"
#         resource_group_name   = azurerm_resource_group.dns_dr.name
#         private_dns_zone_name = azurerm_private_dns_zone.vault_dr.name
#         virtual_network_id    = azurerm_virtual_network.dr.id
#       }
package holdfast.rules.network.private_dns

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.network

# What the zones of a service are called, in every cloud of Azure.
families := {
	"amlworkspace": ["privatelink.api.", "privatelink.notebooks."],
	"blob": ["privatelink.blob."],
	"file": ["privatelink.file."],
	"dfs": ["privatelink.dfs."],
	"vault": ["privatelink.vaultcore."],
	"registry": ["privatelink.azurecr."],
}

deny contains finding.about(finding.related(found, related), family) if {
	some [subject, _, it, _] in judged
	found_clashes := clashes(it)
	some family in {one.family | some one in found_clashes}
	clash := [one | some one in found_clashes; one.family == family][0]
	message := sprintf(
		`the private endpoints of "%s" in both regions register in one zone "%s"; expected is a zone per region`,
		[it.name, clash.zone.name],
	)
	found := finding.of(subject, it, "", message)
	related := [{"resource": clash.other, "message": "The endpoint of the other region"}]
}

deny contains finding.about(found, sprintf("%s %s", [user.name, family])) if {
	some [subject, pair, it, users] in judged
	clashes(it) == set()
	some user in users
	some family in needed(pair, it, user)
	some reference in network.networks(user)
	found_network := estate.resource(reference)
	unlinked(pair, it, user, family, found_network)
	message := sprintf(
		`"%s" has its private endpoint in a zone %s… that is not linked to the network "%s" of "%s"; expected is a link`,
		[it.name, family, found_network.name, user.name],
	)
	found := finding.of(subject, it, "", message)
}

pass contains subject.id if {
	some [subject, pair, it, users] in judged
	clashes(it) == set()
	users != set()
	every user in users {
		needed(pair, it, user) != set()
		every family in needed(pair, it, user) {
			resolved(pair, it, user, family)
		}
	}
}

exempt contains finding.exempt(subject, "no private endpoint leads to it") if {
	some [subject, _, it, _] in judged
	object.get(it, ["relations", "private_endpoints"], []) == []
	needs_none(it)
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("private_endpoint_target")
	reason := network.of_hub(estate.pair(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some [subject, pair, it, users] in judged
	some user in users
	unserved(pair, it, user)
	reason := sprintf(`no private endpoint of it serves the network of "%s" (HF-NET-002, HF-NET-003)`, [user.name])
}

open contains finding.open(subject, reason) if {
	some [subject, _, _, users] in judged
	some user in users
	some reference in network.networks(user)
	found := estate.resource(reference)
	not azure_dns(found)
	reason := sprintf(`the network "%s" has DNS servers of its own, or may have`, [found.name])
}

open contains finding.open(subject, reason) if {
	some [subject, _, it, _] in judged
	some endpoint in estate.related(it, "private_endpoints")
	estate.related(endpoint, "dns_zone_groups") == []
	reason := sprintf(`"%s" has no zone group: its records are kept by hand`, [endpoint.name])
}

# Subject, pair, resource and the members that use it.
judged contains [subject, pair, it, users_of(pair, it)] if {
	some subject in estate.subjects("private_endpoint_target")
	pair := estate.pair(subject)
	it := estate.resource(subject)
}

# The members of a pair that find a resource by name: those that use it, or the workspace itself.
users_of(pair, it) := {user.workspace | some user in network.users(pair, it)} | {workspace |
	some workspace in estate.members(pair)
	estate.same(workspace, it)
}

# The zones that a member needs, by the start of their names: those of the endpoints that serve it.
needed(pair, it, user) := {family |
	some endpoint in serving(pair, it, user)
	some group in network.groups(endpoint)
	some family in families[group]
}

serving(pair, it, user) := [endpoint |
	some endpoint in estate.related(it, "private_endpoints")
	network.serves(endpoint, user, estate.counterpart(pair, user))
]

# Whether a workspace is proved to have no endpoint that serves it.
unserved(pair, it, user) if {
	network.surveyed(user)
	every reference in object.get(it, ["relations", "private_endpoints"], []) {
		network.useless(estate.held(reference), user, estate.counterpart(pair, user))
	}
}

# The same for one without any endpoint.
unserved(_, it, user) if {
	network.networks(user) == set()
	object.get(it, ["relations", "private_endpoints"], []) != []
	network.homeless(user)
}

needs_none(it) if network.public(it)

needs_none(it) if network.closed(it) == "firewall"

needs_none(it) if {
	estate.complete_in("Microsoft.Network/privateEndpoints", it.id)
}

# The zones in which an endpoint registers the names of a family.
zones(endpoint, family) := [zone |
	some group in estate.related(endpoint, "dns_zone_groups")
	some zone in object.get(group, ["relations", "zones"], [])
	startswith(lower(zone.name), family)
]

# Endpoints in two regions that register in one zone: each family of names, zone and other endpoint.
clashes(it) := {{"family": family, "zone": zone, "other": second} |
	some [first, second] in regions_apart(it)
	some group in network.groups(first)
	group in network.groups(second)
	some family in families[group]
	some zone in zones(first, family)
	some twin in zones(second, family)
	estate.same(zone, twin)
}

# The endpoints of a resource by two that lie in different regions. An account has one for blobs and one
# for files in each, and endpoints of different groups may have one name.
regions_apart(it) := [[first, second] |
	some first in estate.related(it, "private_endpoints")
	some second in estate.related(it, "private_endpoints")
	estate.resource(network.place(first)).location < estate.resource(network.place(second)).location
]

resolved(pair, it, user, family) if {
	some endpoint in serving(pair, it, user)
	some zone in zones(endpoint, family)
	every reference in network.networks(user) {
		found := estate.resource(reference)
		azure_dns(found)
		linked(found, zone)
	}
}

linked(found, zone) if {
	some link in estate.related(found, "dns_links")
	estate.same(link.relations.zone[0], zone)
	ready(link)
}

ready(link) if lower(link.properties.virtualNetworkLinkState) == "completed"

# Source code has no state.
ready(link) if {
	input.source == "iac"
	estate.absent(link, ["properties", "virtualNetworkLinkState"])
}

unlinked(pair, it, user, family, found) if {
	estate.complete("Microsoft.Network/privateDnsZones")
	estate.complete("Microsoft.Network/privateDnsZones/virtualNetworkLinks")
	azure_dns(found)
	endpoints := [endpoint |
		some endpoint in serving(pair, it, user)
		some group in network.groups(endpoint)
		family in families[group]
	]
	every endpoint in endpoints {
		zones_apart(endpoint, family, found)
	}
}

# The endpoint registers in zones of a family, and none of them is linked to a network.
zones_apart(endpoint, family, found) if {
	count(zones(endpoint, family)) > 0
	every zone in zones(endpoint, family) {
		every reference in object.get(found, ["relations", "dns_links"], []) {
			estate.distinct(estate.held(reference).relations.zone[0], zone)
		}
	}
}

azure_dns(found) if estate.absent(found, ["properties", "dhcpOptions", "dnsServers"])

azure_dns(found) if found.properties.dhcpOptions.dnsServers == []
