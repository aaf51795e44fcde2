# METADATA
# title: Data assets needed for training exist in both workspaces
# description: |
#   Jobs refer to data assets by name and version. Assets are pointers that belong to one workspace; the
#   failover workspace needs its own of the same name, on storage that both can reach. In 2021 registered
#   datasets could not be moved, today they can also be shared through an Azure ML registry. The API does
#   not say which assets are in use, so the finding lists those that were changed last first. Assets that
#   are archived or that a job made are left out. A version that differs is noted.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-create-data-assets
# custom:
#   id: HF-DATA-006
#   level: {active-active: warning, active-standby: warning, active-passive: note}
#   score: 5.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/data:
#       - /properties/latestVersion
#       - any_of: ["", /properties/isArchived]
#       - any_of: ["", /systemData/lastModifiedAt]
#     Microsoft.MachineLearningServices/workspaces/data/versions:
#       - /properties/dataUri
#       - any_of: ["", /properties/isAnonymous]
#     Microsoft.MachineLearningServices/workspaces:
#       - any_of: ["", /properties/storageAccount]
#     Microsoft.MachineLearningServices/workspaces/datastores:
#       - any_of: ["", /properties/accountName]
#       - any_of: ["", /properties/datastoreType]
#   absence: [Microsoft.MachineLearningServices/workspaces/data]
#   evidence_seen: none
#   static: partial
#   seeds: [S61, S70, S75, S82]
#   change: in-place
#   cost: none
#   remediation:
#     text: Register the data asset on the failover workspace.
#     cli: az ml data create --file data.yml -w <ws-dr> -g <rg-dr>
#     bicep: |
#       resource da 'Microsoft.MachineLearningServices/workspaces/data/versions@2024-10-01' = {
#         name: '${wsDr.name}/train/1'
#         properties: { dataType: 'uri_folder', dataUri: 'azureml://datastores/training/paths/v1/' }
#       }
#     terraform: |
#       resource "azapi_resource" "train_dr" {
#         type      = "Microsoft.MachineLearningServices/workspaces/data/versions@2024-10-01"
#         name      = "1"
#         parent_id = "${azurerm_machine_learning_workspace.dr.id}/data/train"
#         body = {
#           properties = { dataType = "uri_folder", dataUri = "azureml://datastores/training/paths/v1/" }
#         }
#       }
package holdfast.rules.data.data_assets_equal

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.training_data

deny contains finding.related(found, [of_primary]) if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	secondary := estate.secondary(estate.pair(subject))
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/data", secondary.id)
	missing := [asset |
		some asset in training_data.assets(primary)
		training_data.current(asset)
		not lower(asset.name) in names(secondary)
	]
	count(missing) > 0
	message := sprintf(
		`"%s" lacks data assets that "%s" has: %s; expected is the same name on both`,
		[secondary.name, primary.name, training_data.listing(newest_first(missing))],
	)
	of_primary := {"resource": primary, "message": "The workspace that has them"}
	found := finding.of(subject, secondary, "", message)
}

deny contains finding.about(finding.related(found, [of_primary]), "versions") if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	secondary := estate.secondary(estate.pair(subject))
	behind := [asset |
		some asset in training_data.assets(primary)
		training_data.current(asset)
		namesake(asset, secondary).properties.latestVersion != asset.properties.latestVersion
	]
	count(behind) > 0
	message := sprintf(
		`"%s" has another latest version than "%s" of %s`,
		[secondary.name, primary.name, training_data.listing(newest_first(behind))],
	)
	of_primary := {"resource": primary, "message": "The workspace with the other versions"}
	found := finding.at_level(subject, secondary, "", message, "note")
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	secondary := estate.secondary(estate.pair(subject))
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/data", primary.id)
	assets := training_data.assets(primary)
	count(assets) > 0
	every asset in assets {
		other := namesake(asset, secondary)
		other.properties.latestVersion == asset.properties.latestVersion
		usable(other, secondary)
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	training_data.without_assets(primary)
	reason := sprintf(`"%s" has no data asset`, [primary.name])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	secondary := estate.secondary(estate.pair(subject))
	some asset in training_data.assets(secondary)
	some version in training_data.latest(asset)
	training_data.version_on_default_storage(version, secondary)
	reason := sprintf(`"%s" of "%s" is on a default storage account (HF-DATA-001)`, [asset.name, secondary.name])
}

# The names of the data assets of a workspace, those that may be missing included.
names(workspace) := {lower(reference.name) | some reference in object.get(workspace.relations, "data", [])}

# The data asset of the same name in the other workspace, if it is in use.
namesake(asset, workspace) := other if {
	some other in training_data.assets(workspace)
	training_data.current(other)
	lower(other.name) == lower(asset.name)
}

# Whether an asset leads to storage that does not belong to one workspace alone.
usable(asset, workspace) if {
	versions := training_data.latest(asset)
	count(versions) > 0
	every version in versions {
		training_data.version_apart(version, workspace)
	}
}

newest_first(assets) := [sprintf(`"%s"`, [names[at]]) |
	names := [row[1] | some row in sort([[object.get(asset, ["systemData", "lastModifiedAt"], ""), asset.name] |
		some asset in assets
	])]
	some back, _ in names
	at := (count(names) - back) - 1
]
