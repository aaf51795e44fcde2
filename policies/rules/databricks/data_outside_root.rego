# METADATA
# title: Production data is not stored in the Databricks file system root
# description: |
#   The root of the Databricks file system lives in the managed account of one Databricks workspace and is
#   not copied with it. Judged are the data assets of production workspaces; scratch and library folders
#   (/tmp, /FileStore, /databricks-datasets) are left out, mounts and volumes lead to storage of your own.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/databricks/admin/disaster-recovery
#   - ref: https://learn.microsoft.com/azure/databricks/dbfs/root-locations
# custom:
#   id: HF-DBX-002
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 6.0
#   scope: estate
#   subject: data_version
#   tier: training
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/data/versions: [/properties/dataUri]
#   evidence_seen: none
#   static: partial
#   seeds: [S19, S55]
#   change: migration
#   cost: "low: storage account, data moved once"
#   remediation:
#     text: Move the data to Data Lake Storage Gen2, and mount it or address it by abfss.
#     cli: az storage fs directory upload -f <fs> --account-name <data> -s ./export -d v1 --recursive
#     bicep: |
#       properties: { dataUri: 'abfss://data@<account>.dfs.core.windows.net/v1' }
#     terraform: |
#       resource "azapi_resource" "training_data" {
#         type      = "Microsoft.MachineLearningServices/workspaces/data/versions@2024-10-01"
#         name      = "1"
#         parent_id = azapi_resource.data.id
#         body = {
#           properties = {
#             dataType = "uri_folder"
#             dataUri  = "abfss://data@${azurerm_storage_account.data.name}.dfs.core.windows.net/v1"
#           }
#         }
#       }
#   aprl: [14310ba6]
package holdfast.rules.databricks.data_outside_root

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, version, "/properties/dataUri", message) if {
	some [subject, version, uri] in judged
	in_root(uri)
	not scratch(path(uri))
	not mounted(path(uri))
	message := sprintf(
		`"%s" lies in the root of the Databricks file system (%s), which no other region has; expected is storage of your own`,
		[asset(version), uri],
	)
}

pass contains subject.id if {
	some [subject, _, uri] in judged
	not in_root(uri)
}

pass contains subject.id if {
	some [subject, _, uri] in judged
	in_root(uri)
	mounted(path(uri))
}

exempt contains finding.exempt(subject, reason) if {
	some [subject, _, uri] in judged
	in_root(uri)
	scratch(path(uri))
	reason := sprintf("%s is a folder for scratch data or libraries", [uri])
}

exempt contains finding.exempt(subject, "outside production") if {
	some subject in estate.subjects("data_version")
	count(subject.workspaces) > 0
	every workspace in subject.workspaces {
		estate.outside_production(estate.resource(workspace))
	}
}

# Subject, version and what it points at.
judged contains [subject, version, version.properties.dataUri] if {
	some subject in estate.subjects("data_version")
	version := estate.resource(subject)
	is_string(version.properties.dataUri)
	version.properties.dataUri != ""
}

in_root(uri) if regex.match(`^(dbfs:|/dbfs/)`, lower(uri))

# The path in the Databricks file system: dbfs:/x and /dbfs/x are /x.
path(uri) := concat("", ["/", trim_left(substring(uri, 5, -1), "/")])

scratch(at) if regex.match(`^/(tmp|filestore|databricks-datasets)(/|$)`, lower(at))

mounted(at) if regex.match(`^/(mnt|volumes)/`, lower(at))

# name:version, as people know it.
asset(version) := concat(":", [parts[count(parts) - 3], parts[count(parts) - 1]]) if parts := split(version.id, "/")
