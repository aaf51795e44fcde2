# METADATA
# title: Datastores and data assets
# scope: package
package holdfast.lib.training_data

import data.holdfast.lib.estate

# The datastores that the service makes on the default storage account. What lies there is run history
# and code, not training data.
service_made := {"workspaceblobstore", "workspacefilestore", "workspaceworkingdirectory", "workspaceartifactstore"}

is_service_made(datastore) if lower(datastore.name) in service_made

# The datastores of a workspace that people made.
datastores(workspace) := [datastore |
	some datastore in estate.related(workspace, "datastores")
	not is_service_made(datastore)
]

# The data assets of a workspace that people made: not the outputs of jobs, not those without a name of
# their own, and not those that are archived.
assets(workspace) := [asset |
	some asset in estate.related(workspace, "data")
	not startswith(lower(asset.name), "azureml_")
	not asset.properties.isArchived == true
	not anonymous(asset)
]

anonymous(asset) if {
	some version in estate.related(asset, "versions")
	version.properties.isAnonymous == true
}

# Whether an asset is in use: proved not to be archived.
current(asset) if asset.properties.isArchived == false

current(asset) if estate.absent(asset, ["properties", "isArchived"])

# The latest of the versions that were read.
latest(asset) := [version |
	some version in estate.related(asset, "versions")
	is_latest(version, asset)
]

is_latest(version, asset) if version.name == asset.properties.latestVersion

is_latest(_, asset) if estate.absent(asset, ["properties", "latestVersion"])

# Whether a datastore is on a default storage account.
on_default_storage(datastore, _) if is_service_made(datastore)

on_default_storage(datastore, workspace) if {
	estate.same(estate.associated(datastore, "account"), estate.associated(workspace, "storage"))
}

on_default_storage(datastore, _) if {
	count(estate.resource(estate.associated(datastore, "account")).default_of) > 0
}

# Whether a datastore is proved to be elsewhere.
apart(datastore, workspace) if {
	not is_service_made(datastore)
	not on_default_storage(datastore, workspace)
	estate.distinct(estate.associated(datastore, "account"), estate.associated(workspace, "storage"))
}

# OneLake is no storage account.
apart(datastore, _) if lower(datastore.properties.datastoreType) == "onelake"

# Whether a version of a data asset lies on a default storage account.
version_on_default_storage(version, _) if is_service_made(estate.associated(version, "datastore"))

version_on_default_storage(version, workspace) if {
	on_default_storage(estate.resource(estate.associated(version, "datastore")), workspace)
}

version_on_default_storage(version, workspace) if on_default_storage(version, workspace)

# Whether it is proved to lie elsewhere.
version_apart(version, workspace) if {
	not is_service_made(estate.associated(version, "datastore"))
	apart(estate.resource(estate.associated(version, "datastore")), workspace)
}

version_apart(version, workspace) if {
	not estate.associated(version, "datastore")
	apart(version, workspace)
}

version_apart(version, _) if {
	is_string(version.properties.dataUri)
	not estate.associated(version, "datastore")
	not estate.associated(version, "account")
}

# Whether a workspace is proved to have neither a datastore nor a data asset of its own. Source code
# that declares none has nothing to judge, whether it is all of the source code or not.
without_datastores(workspace) if {
	none(workspace, "datastores")
	listed_or_declared("Microsoft.MachineLearningServices/workspaces/datastores", workspace)
}

without_assets(workspace) if {
	none(workspace, "data")
	listed_or_declared("Microsoft.MachineLearningServices/workspaces/data", workspace)
}

none(workspace, relation) if {
	kept := [reference |
		some reference in object.get(workspace.relations, relation, [])
		not ignored(reference)
	]
	count(kept) == 0
}

ignored(reference) if is_service_made(reference)

ignored(reference) if startswith(lower(reference.name), "azureml_")

ignored(reference) if anonymous(estate.resource(reference))

ignored(reference) if estate.resource(reference).properties.isArchived == true

listed_or_declared(type, workspace) if estate.complete_in(type, workspace.id)

listed_or_declared(_, workspace) if {
	input.source == "iac"
	not workspace.existing
}

# At most ten names, and how many there are more.
listing(names) := concat(", ", names) if count(names) <= 10

listing(names) := sprintf("%s and %d more", [concat(", ", array.slice(names, 0, 10)), count(names) - 10]) if {
	count(names) > 10
}
