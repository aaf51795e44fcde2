# METADATA
# title: Training data is not kept in the default storage account
# description: |
#   The default account belongs to one workspace and cannot be failed over; training data in it is out of
#   reach of the failover workspace. In an account of its own the data can be replicated and registered in
#   both workspaces (HF-DATA-002, HF-DATA-003). The four datastores that the service itself makes are not
#   counted, nor are outputs of jobs and archived assets; a data asset that lies in one of those four is.
#   That no other datastore or asset is there must be known before this rule passes.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-datastore
# custom:
#   id: HF-DATA-001
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: workspace
#   subject: workspace
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/properties/storageAccount]
#     Microsoft.MachineLearningServices/workspaces/datastores:
#       - any_of: ["", /properties/accountName]
#       - any_of: ["", /properties/datastoreType]
#     Microsoft.MachineLearningServices/workspaces/data:
#       - any_of: ["", /properties/latestVersion]
#       - any_of: ["", /properties/isArchived]
#     Microsoft.MachineLearningServices/workspaces/data/versions:
#       - any_of: ["", /properties/dataUri]
#       - any_of: ["", /properties/isAnonymous]
#   absence:
#     - Microsoft.MachineLearningServices/workspaces/datastores
#     - Microsoft.MachineLearningServices/workspaces/data
#   static: partial
#   seeds: [S36, S58, S82]
#   change: migration
#   cost: "low: second account, data moved once"
#   remediation:
#     text: Put training data in a separate account and register it as a datastore.
#     cli: az ml datastore create --file datastore.yml -w <ws> -g <rg>
#     bicep: |
#       resource ds 'Microsoft.MachineLearningServices/workspaces/datastores@2024-10-01' = {
#         parent: ws
#         name: 'training'
#         properties: {
#           datastoreType: 'AzureBlob'
#           accountName: dataSt.name
#           containerName: 'train'
#           credentials: { credentialsType: 'None' }
#         }
#       }
#     terraform: |
#       resource "azurerm_machine_learning_datastore_blobstorage" "training" {
#         name                       = "training"
#         workspace_id               = azurerm_machine_learning_workspace.ml.id
#         storage_container_id       = azurerm_storage_container.train.resource_manager_id
#         service_data_auth_identity = "WorkspaceSystemAssignedIdentity"
#       }
package holdfast.rules.data.training_data_apart

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.training_data

deny contains finding.related(found, [{"resource": one, "message": "On a default storage account"} |
	some one in array.slice(culprits, 0, 10)
]) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	culprits := array.concat(datastores_at_fault(workspace), assets_at_fault(workspace))
	count(culprits) > 0
	message := sprintf(
		`"%s" keeps training data on a default storage account (%s); expected is an account for data alone`,
		[workspace.name, training_data.listing([sprintf(`"%s"`, [one.name]) | some one in culprits])],
	)
	found := finding.of(subject, workspace, "", message)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/datastores", workspace.id)
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/data", workspace.id)
	datastores := training_data.datastores(workspace)
	assets := training_data.assets(workspace)
	count(datastores) + count(assets) > 0
	every datastore in datastores {
		training_data.apart(datastore, workspace)
	}
	every asset in assets {
		versions := training_data.latest(asset)
		count(versions) > 0
		every version in versions {
			training_data.version_apart(version, workspace)
		}
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	training_data.without_datastores(workspace)
	training_data.without_assets(workspace)
	reason := sprintf(`"%s" has neither a datastore nor a data asset besides those of the service`, [workspace.name])
}

datastores_at_fault(workspace) := [datastore |
	some datastore in training_data.datastores(workspace)
	training_data.on_default_storage(datastore, workspace)
]

assets_at_fault(workspace) := [asset |
	some asset in training_data.assets(workspace)
	training_data.current(asset)
	some version in training_data.latest(asset)
	training_data.version_on_default_storage(version, workspace)
]
