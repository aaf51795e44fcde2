# METADATA
# title: Datastores use identity-based access instead of stored keys
# description: |
#   A datastore with a stored key needs the key vault for every access and for every rotation. A vault that
#   failed over is read-only, so a key that must be changed then cannot be. Identity-based access needs
#   neither. The datastores that the service makes follow the setting of their workspace
#   (systemDatastoresAuthMode), which is judged wherever it is stated.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-datastore
# custom:
#   id: HF-DATA-005
#   level: {active-active: note, active-standby: note, active-passive: note}
#   score: 4.0
#   scope: workspace
#   subject: datastore
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/datastores: [/properties/credentials/credentialsType]
#     Microsoft.MachineLearningServices/workspaces:
#       - any_of: ["", /properties/systemDatastoresAuthMode]
#   evidence_seen: none
#   static: yes
#   seeds: [S05]
#   change: replacement
#   cost: none (datastore recreated)
#   remediation:
#     text: Recreate the datastore without credentials and grant the identities roles on the data.
#     cli: az ml datastore create --file datastore-identity.yml -w <ws> -g <rg>
#     bicep: |
#       credentials: { credentialsType: 'None' }
#     terraform: |
#       resource "azurerm_machine_learning_datastore_blobstorage" "training" {
#         name                       = "training"
#         workspace_id               = azurerm_machine_learning_workspace.ml.id
#         storage_container_id       = azurerm_storage_container.train.resource_manager_id
#         service_data_auth_identity = "WorkspaceSystemAssignedIdentity"
#       }
package holdfast.rules.data.datastore_identity

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.training_data

stored := {"accountkey", "sas", "serviceprincipal", "certificate"}

deny contains finding.of(subject, datastore, "/properties/credentials/credentialsType", message) if {
	some subject in estate.subjects("datastore")
	datastore := estate.resource(subject)
	not training_data.is_service_made(datastore)
	kind := datastore.properties.credentials.credentialsType
	lower(kind) in stored
	message := sprintf(`"%s" stores a credential (%s); expected is identity-based access`, [datastore.name, kind])
}

deny contains finding.of(subject, workspace, "/properties/systemDatastoresAuthMode", message) if {
	some subject in estate.subjects("datastore")
	workspace := estate.resource(subject)
	lower(workspace.properties.systemDatastoresAuthMode) == "accesskey"
	message := sprintf(
		`"%s" reaches its default datastores with an account key; expected is Identity or UserDelegationSAS`,
		[workspace.name],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("datastore")
	datastore := estate.resource(subject)
	not training_data.is_service_made(datastore)
	lower(datastore.properties.credentials.credentialsType) == "none"
}

pass contains subject.id if {
	some subject in estate.subjects("datastore")
	lower(estate.resource(subject).properties.systemDatastoresAuthMode) in {"identity", "userdelegationsas"}
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("datastore")
	datastore := estate.resource(subject)
	training_data.is_service_made(datastore)
	reason := sprintf(`the service made "%s"; its workspace has the setting`, [datastore.name])
}
