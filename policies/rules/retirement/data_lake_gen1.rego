# METADATA
# title: No Data Lake Storage Gen1 datastore or account
# description: |
#   Data Lake Storage Gen1 was retired on 2024-02-29: what still refers to it cannot run, in neither region.
#   The article of 2021 links to its high-availability guide, which is obsolete with it. Judged are the
#   datastores, the data assets and the accounts that workspaces reach; an account that a datastore leads
#   to is told there.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/lifecycle/products/azure-data-lake-storage-gen1
#   - ref: https://learn.microsoft.com/azure/storage/blobs/data-lake-storage-migrate-gen1-to-gen2
# custom:
#   id: HF-RET-001
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 9.0
#   scope: estate
#   subject: data_lake_user
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/datastores:
#       - any_of: ["", /properties/datastoreType]
#     Microsoft.MachineLearningServices/workspaces/data/versions:
#       - any_of: ["", /properties/dataUri]
#     Microsoft.DataLakeStore/accounts:
#       - any_of: ["", /location]
#   static: yes
#   seeds: [S51]
#   change: migration
#   cost: "low: data moved once"
#   remediation:
#     text: Move the data to Data Lake Storage Gen2 and recreate the datastore.
#     cli: az ml datastore create --file adls-gen2.yml -w <ws> -g <rg>
#     bicep: |
#       properties: {
#         datastoreType: 'AzureDataLakeGen2'
#         accountName: dataSt.name
#         filesystem: 'raw'
#         credentials: { credentialsType: 'None' }
#       }
#     terraform: |
#       resource "azurerm_machine_learning_datastore_datalake_gen2" "raw" {
#         name                 = "raw"
#         workspace_id         = azurerm_machine_learning_workspace.ml.id
#         storage_container_id = azurerm_storage_container.raw.resource_manager_id
#       }
package holdfast.rules.retirement.data_lake_gen1

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.retirements

# The names of Gen1, now and in the first api-versions.
gen1 := {"azuredatalakegen1", "azuredatalake", "adls"}

deny contains found if {
	some subject in estate.subjects("data_lake_user")
	it := estate.resource(subject)
	some fault in faults(it)
	retirements.level(retirement) == "rule"
	found := finding.of(subject, it, fault.pointer, message(it, fault))
}

deny contains found if {
	some subject in estate.subjects("data_lake_user")
	it := estate.resource(subject)
	some fault in faults(it)
	retirements.level(retirement) == "warning"
	found := finding.at_level(subject, it, fault.pointer, message(it, fault), "warning")
}

pass contains subject.id if {
	some subject in estate.subjects("data_lake_user")
	clean(estate.resource(subject))
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("data_lake_user")
	it := estate.resource(subject)
	some datastore in datastores_on(it)
	reason := sprintf(`told at the datastore "%s"`, [datastore.name])
}

retirement := retirements.row("adls-gen1")

message(it, fault) := sprintf(
	`"%s" %s, %s; expected is %s`,
	[it.name, fault.words, retirements.when(retirement), retirement.replacement],
)

faults(it) := ({fault |
	lower(it.properties.datastoreType) in gen1
	fault := {"pointer": "/properties/datastoreType", "words": "leads to Data Lake Storage Gen1"}
} | {fault |
	on_gen1(it.properties.dataUri)
	fault := {"pointer": "/properties/dataUri", "words": "lies in Data Lake Storage Gen1"}
}) | {fault |
	it.type == "microsoft.datalakestore/accounts"
	count(datastores_on(it)) == 0
	fault := {"pointer": "", "words": "is a Data Lake Storage Gen1 account"}
}

on_gen1(uri) if startswith(lower(uri), "adl://")

on_gen1(uri) if contains(lower(uri), ".azuredatalakestore.net")

clean(it) if {
	is_string(it.properties.datastoreType)
	not lower(it.properties.datastoreType) in gen1
}

clean(it) if {
	is_string(it.properties.dataUri)
	not on_gen1(it.properties.dataUri)
}

clean(it) if {
	count(faults(it)) > 0
	retirements.later(retirement)
}

# The datastores that lead to a Gen1 account.
datastores_on(account) := [datastore |
	account.type == "microsoft.datalakestore/accounts"
	some datastore in input.resources
	lower(datastore.properties.datastoreType) in gen1
	some reference in datastore.relations.account
	estate.same(reference, account)
]
