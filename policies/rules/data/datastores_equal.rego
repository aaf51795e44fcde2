# METADATA
# title: Both workspaces register the same data storage as datastores
# description: |
#   Jobs name their data by datastore. If the failover workspace lacks one, or has another account behind
#   the same name, the jobs fail or train on other data. Datastores are compared by name and by what they
#   lead to; the account decides, so the endpoint is not compared. Where the pair is declared to have a
#   copy of the data per region (data_mode), the names alone are. The datastores that the service makes
#   are left out. What is missing is a finding only where all datastores of the failover workspace are
#   known.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-datastore
# custom:
#   id: HF-DATA-002
#   level: {active-active: error, active-standby: warning, active-passive: warning}
#   score: 7.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/datastores:
#       - any_of: ["", /properties/datastoreType]
#       - any_of: ["", /properties/accountName, /properties/storeName, /properties/oneLakeWorkspaceName]
#       - any_of:
#           - ""
#           - /properties/containerName
#           - /properties/fileShareName
#           - /properties/filesystem
#           - /properties/artifact/artifactName
#   absence: [Microsoft.MachineLearningServices/workspaces/datastores]
#   static: partial
#   seeds: [S59, S76]
#   change: in-place
#   cost: none
#   remediation:
#     text: Create the missing datastore on the failover workspace.
#     cli: az ml datastore create --file datastore.yml -w <ws-dr> -g <rg-dr>
#     bicep: |
#       resource dsDr 'Microsoft.MachineLearningServices/workspaces/datastores@2024-10-01' = {
#         parent: wsDr
#         name: ds.name
#         properties: ds.properties
#       }
#     terraform: |
#       resource "azurerm_machine_learning_datastore_blobstorage" "training_dr" {
#         name                       = azurerm_machine_learning_datastore_blobstorage.training.name
#         workspace_id               = azurerm_machine_learning_workspace.dr.id
#         storage_container_id       = azurerm_machine_learning_datastore_blobstorage.training.storage_container_id
#         service_data_auth_identity = "WorkspaceSystemAssignedIdentity"
#       }
package holdfast.rules.data.datastores_equal

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.training_data

deny contains finding.about(finding.related(found, [of_primary]), lower(datastore.name)) if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	secondary := estate.secondary(estate.pair(subject))
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/datastores", secondary.id)
	some datastore in training_data.datastores(primary)
	not lower(datastore.name) in names(secondary)
	message := sprintf(
		`"%s" has no datastore "%s", which "%s" has; expected is the same name for the same data`,
		[secondary.name, datastore.name, primary.name],
	)
	of_primary := {"resource": datastore, "message": "The datastore of the primary"}
	found := finding.of(subject, secondary, "", message)
}

deny contains finding.about(finding.related(found, [of_primary]), lower(datastore.name)) if {
	not input.parameters.data_mode == "per-region"
	some subject in estate.subjects("workspace_pair")
	secondary := estate.secondary(estate.pair(subject))
	some datastore in training_data.datastores(estate.primary(estate.pair(subject)))
	other := namesake(datastore, secondary)
	difference := differences(datastore, other)[0]
	message := sprintf(
		`"%s" of "%s" leads to another %s than on the primary; expected is the same data`,
		[other.name, secondary.name, difference],
	)
	of_primary := {"resource": datastore, "message": "The datastore of the primary"}
	found := finding.of(subject, other, "", message)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	secondary := estate.secondary(estate.pair(subject))
	estate.complete_in("Microsoft.MachineLearningServices/workspaces/datastores", primary.id)
	datastores := training_data.datastores(primary)
	count(datastores) > 0
	every datastore in datastores {
		agree(datastore, namesake(datastore, secondary))
	}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("workspace_pair")
	primary := estate.primary(estate.pair(subject))
	training_data.without_datastores(primary)
	reason := sprintf(`"%s" has no datastore besides those of the service`, [primary.name])
}

# The names of the datastores of a workspace, those that may be missing included.
names(workspace) := {lower(reference.name) | some reference in object.get(workspace.relations, "datastores", [])}

# The datastore of the same name in the other workspace.
namesake(datastore, workspace) := other if {
	some other in estate.related(workspace, "datastores")
	lower(other.name) == lower(datastore.name)
}

agree(_, _) if input.parameters.data_mode == "per-region"

agree(a, b) if {
	lower(a.properties.datastoreType) == lower(b.properties.datastoreType)
	estate.same(estate.associated(a, "account"), estate.associated(b, "account"))
	place(a) == place(b)
}

agree(a, b) if {
	lower(a.properties.datastoreType) == "onelake"
	lower(b.properties.datastoreType) == "onelake"
	a.properties.oneLakeWorkspaceName == b.properties.oneLakeWorkspaceName
	a.properties.artifact.artifactName == b.properties.artifact.artifactName
}

# Where in the account. A Data Lake Gen1 datastore has all of it.
place(datastore) := lower(datastore.properties.containerName)

place(datastore) := lower(datastore.properties.fileShareName)

place(datastore) := lower(datastore.properties.filesystem)

place(datastore) := "" if is_string(datastore.properties.storeName)

# What is proved to be different.
differences(a, b) := array.concat(
	array.concat(
		["kind of storage" | lower(a.properties.datastoreType) != lower(b.properties.datastoreType)],
		["account" | estate.distinct(estate.associated(a, "account"), estate.associated(b, "account"))],
	),
	["container" | place(a) != place(b)],
)
