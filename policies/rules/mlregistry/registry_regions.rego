# METADATA
# title: Azure ML registries replicate to every region that uses them
# description: |
#   Models and environments of an Azure ML registry are stored per region. A workspace in a region that
#   the registry does not list fetches them from afar, and gets nothing when that region is down. Judged
#   are registries whose assets a deployment or a schedule of a pair uses, or that data_dependencies names;
#   the regions of all members of these pairs must be listed. Locally redundant storage is a note. The
#   first region of a registry cannot be changed later. Registries of Microsoft (azureml and the like) are
#   in every region.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-manage-registries
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-machine-learning-registries-mlops
# custom:
#   id: HF-REG-001
#   level: {active-active: error, active-standby: warning, active-passive: warning}
#   score: 7.0
#   scope: estate
#   subject: ml_registry
#   evidence:
#     Microsoft.MachineLearningServices/registries: [/properties/regionDetails]
#     Microsoft.MachineLearningServices/workspaces: [/location]
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments:
#       - {any_of: ["", /properties/model]}
#       - {any_of: ["", /properties/environmentId]}
#     Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments:
#       - {any_of: ["", /properties/model]}
#       - {any_of: ["", /properties/environmentId]}
#     Microsoft.MachineLearningServices/workspaces/schedules:
#       - {any_of: ["", /properties/action/jobDefinition]}
#   evidence_seen: none
#   static: yes
#   seeds: [S75, S76, S79, S80]
#   change: in-place
#   cost: "medium: second region storage and Premium registry per replica"
#   remediation:
#     text: Add the failover region to the registry.
#     cli: az ml registry update --file registry.yml -g <rg>
#     bicep: |
#       resource registry 'Microsoft.MachineLearningServices/registries@2024-10-01' = {
#         name: 'mlreg'
#         location: primary
#         identity: { type: 'SystemAssigned' }
#         properties: {
#           regionDetails: [for region in [primary, secondary]: {
#             location: region
#             acrDetails: [{ systemCreatedAcrAccount: { acrAccountSku: 'Premium' } }]
#             storageAccountDetails: [{ systemCreatedStorageAccount: { storageAccountType: 'Standard_ZRS' } }]
#           }]
#         }
#       }
#     terraform: |
#       resource "azapi_resource" "registry" {
#         type      = "Microsoft.MachineLearningServices/registries@2024-10-01"
#         name      = "mlreg"
#         parent_id = azurerm_resource_group.ml.id
#         location  = var.primary
#         identity {
#           type = "SystemAssigned"
#         }
#         body = {
#           properties = {
#             regionDetails = [for region in [var.primary, var.secondary] : {
#               location              = region
#               acrDetails            = [{ systemCreatedAcrAccount = { acrAccountSku = "Premium" } }]
#               storageAccountDetails = [{ systemCreatedStorageAccount = { storageAccountType = "Standard_ZRS" } }]
#             }]
#           }
#         }
#       }
#   aprl: [611c7c96]
package holdfast.rules.mlregistry.registry_regions

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.about(found, region) if {
	some [subject, registry] in judged
	estate.settled(registry, ["properties", "regionDetails"])
	some region, workspace in needed(subject)
	not region in regions(registry)
	message := sprintf(
		`"%s" has no copy in %s, where "%s" uses it; expected is that region among its regions`,
		[registry.name, region, workspace],
	)
	found := finding.of(subject, registry, "/properties/regionDetails", message)
}

deny contains finding.about(found, concat(" ", [region, sku])) if {
	some [subject, registry] in judged
	some detail in registry.properties.regionDetails
	region := short(detail.location)
	region in object.keys(needed(subject))
	some account in detail.storageAccountDetails
	sku := account.systemCreatedStorageAccount.storageAccountType
	lower(sku) in {"standard_lrs", "premium_lrs"}
	message := sprintf(
		`"%s" keeps its copy in %s in %s, in one data centre; expected is Standard_ZRS or a geo-redundant kind`,
		[registry.name, region, sku],
	)
	found := finding.at_level(subject, registry, "/properties/regionDetails", message, "note")
}

deny contains finding.about(found, concat(" ", [region, sku])) if {
	some [subject, registry] in judged
	some detail in registry.properties.regionDetails
	region := short(detail.location)
	region in object.keys(needed(subject))
	some images in detail.acrDetails
	sku := images.systemCreatedAcrAccount.acrAccountSku
	lower(sku) != "premium"
	message := sprintf(
		`"%s" has a container registry of the kind %s in %s; expected is Premium`,
		[registry.name, sku, region],
	)
	found := finding.of(subject, registry, "/properties/regionDetails", message)
}

pass contains subject.id if {
	some [subject, registry] in judged
	count(needed(subject)) > 0
	every workspace in members(subject) {
		workspace.location in regions(registry)
	}
	every detail in relevant(subject, registry) {
		redundant(detail)
		premium(detail)
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("ml_registry")
	members(subject) == set()
	reason := "no workspace of a pair uses it"
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("ml_registry")
	not subject.resource
	name := regex.replace(subject.id, `^.*/`, "")
	startswith(name, "azureml")
	reason := sprintf(`"%s" belongs to Microsoft and is in every region`, [name])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("ml_registry")
	not subject.resource
	reason := sprintf(`the registry "%s" is not in what was scanned`, [regex.replace(subject.id, `^.*/`, "")])
}

judged contains [subject, estate.resource(subject)] if some subject in estate.subjects("ml_registry")

# The members of the pairs of the workspaces that use a registry.
members(subject) := {estate.members(pair)[_] |
	some pair in input.pairs
	some workspace in subject.workspaces
	workspace in pair.members
}

# Their regions, each with a workspace in it.
needed(subject) := {region: name |
	some region in {workspace.location | some workspace in members(subject)}
	name := min({workspace.name | some workspace in members(subject); workspace.location == region})
}

regions(registry) := {short(detail.location) | some detail in registry.properties.regionDetails}

short(location) := lower(replace(location, " ", ""))

# What a registry says of the regions that count.
relevant(subject, registry) := [detail |
	some detail in registry.properties.regionDetails
	short(detail.location) in object.keys(needed(subject))
]

redundant(detail) if {
	count(detail.storageAccountDetails) > 0
	every account in detail.storageAccountDetails {
		sku := account.systemCreatedStorageAccount.storageAccountType
		lower(sku) in {"standard_zrs", "standard_grs", "standard_gzrs", "standard_ragrs", "standard_ragzrs", "premium_zrs"}
	}
}

premium(detail) if {
	count(detail.acrDetails) > 0
	every images in detail.acrDetails {
		lower(images.systemCreatedAcrAccount.acrAccountSku) == "premium"
	}
}
