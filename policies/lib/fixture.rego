# METADATA
# title: Rule inputs for tests
# description: |
#   Builds the input of a rule from resources in the shape of ARM and computes what the host computes:
#   ids, relations, facts, subjects. Without changes it is an estate that every rule passes: two
#   workspaces, ws-west in West Europe and ws-north in North Europe, each with its own storage account,
#   Application Insights and Log Analytics, sharing one key vault and one replicated registry.
#
#   Changes are an object: name of a resource -> what is merged into it. null drops the resource, an
#   unknown name adds one (`type` and body). Some members of a change are instructions:
#     without:  list of pointers that are taken away
#     unknown:  pointer -> reason; the value is taken away too
#     refers:   pointer -> identity of an expression that stands where an id should; unknown as well
#     relates:  relation -> ids; for what the host finds by names and hosts
#     links:    relation -> pointer -> names of the resources (or ids, for what is not in the estate) that
#               the property leads to, where that takes more than reading an id
#   Three say where a resource is: `on` what it is a lock or a role assignment, `named` its name where that
#   is not its key here, `elsewhere` what to append to the name of the resource group.
#   fixture_parts has what a workspace may have besides: changes to be merged with those of a test.
#   Functions that take an input and give one (`live`, `complete`, …) change the rest of it.
# scope: package
package holdfast.lib.fixture

import data.holdfast.lib.fixture_access as access
import data.holdfast.lib.fixture_network as network
import data.holdfast.lib.fixture_parts

# The input of a pair rule.
pair(changes) := document("pair", members, changes)

# The input of a workspace rule about the primary, or about the workspace with a name.
workspace(changes) := workspace_of("ws-west", changes)

workspace_of(name, changes) := document("workspace", [name], changes)

# The input of a subscription rule: both workspaces are in one.
subscription(changes) := document("subscription", members, changes)

# The input of an estate rule.
whole(changes) := document("estate", members, changes)

# A part of fixture_parts with changes of it.
part(name, changes) := object.union(fixture_parts.parts[name], changes)

# The same with data services: datastores, connections and data assets of both workspaces, and what they
# lead to.
pair_with_data(changes) := pair(object.union(data_services, changes))

workspace_with_data(changes) := workspace(object.union(data_services, changes))

whole_with_data(changes) := whole(object.union(data_services, changes))

# The same, read from Azure.
live(doc) := object.union(doc, {"source": "live"})

# The same, with a complete enumeration of these types.
complete(doc, types) := object.union(doc, {"complete": {lower(type): ["*"] | some type in types}})

# The same, with policy parameters.
parameters(doc, values) := object.union(doc, {"parameters": values})

# The same, with what the scan says of regions.
regions(doc, values) := object.union(doc, {"regions": values})

# The same, with the facts about one workspace changed.
facts(doc, name, changes) := object.union(doc, {"workspaces": {id(name): changes}})

# The same, without any counterpart.
alone(doc) := object.union(doc, {"workspaces": {own: {"counterparts": [], "role": null} |
	some own, _ in doc.workspaces
}})

# The same, with two ids proved to be of two resources although they are not exact.
distinct(doc, a, b) := object.union(doc, {"distinct": {a: {b: true}, b: {a: true}}})

# The same, with members of the pair changed.
pair_facts(doc, changes) := object.union(doc, {"pairs": [object.union(doc.pairs[0], changes)]})

# The same in another tier.
tier(doc, name) := pair_facts(doc, {"tier": {"overall": name, "inference": name, "training": name}})

# The same, with the pair only inferred.
inferred(doc) := alone(pair_facts(doc, {"declared": false, "tier_declared": false, "basis": "name stem"}))

# An inferred pair whose direction is not known.
undirected(doc) := object.union(
	inferred(doc),
	{"pairs": [object.remove(inferred(doc).pairs[0], ["primary", "secondary"])]},
)

# The same, with every workspace outside production.
nonproduction(doc) := object.union(doc, {"workspaces": {own: {"production": false, "environment": "dev"} |
	some own, _ in doc.workspaces
}})

# The canonical id of a resource of the estate.
id(name) := lower(arm_id(name, estate[name]))

id(name) := lower(arm_id(name, data_services[name])) if not estate[name]

id(name) := lower(arm_id(name, more[name])) if some more in fixture_parts.parts

# The ARM id of a resource, from its type and its name (a child's name starts with its parent's). A
# lock hangs below what it is `on`: a resource of the estate, or the resource group.
arm_id(name, body) := sprintf("%s/providers/%s/%s", [scope, parts[0], concat("/", segments)]) if {
	not body.on
	parts := split(body.type, "/")
	path := split(object.get(body, "named", name), "/")
	segments := [sprintf("%s/%s", [parts[i + 1], segment]) | some i, segment in path]
	scope := sprintf("%s%s", [group, object.get(body, "elsewhere", "")])
}

arm_id(name, body) := sprintf("%s/providers/%s/%s", [scope, body.type, name]) if {
	parts := split(targets[body.on], "/")
	scope := sprintf("%s/providers/%s/%s/%s", [group, parts[0], parts[1], body.on])
}

arm_id(name, body) := sprintf("%s/providers/%s/%s", [group, body.type, name]) if body.on == "group"

arm_id(name, body) := sprintf("%s/providers/%s/%s", [management_group, body.type, name]) if body.on == "management"

# What Azure says of a region: `northeurope/usages`.
arm_id(name, body) := sprintf("%s/providers/%s/locations/%s/default", [subscription_id, parts[0], name]) if {
	body.on == "region"
	parts := split(body.type, "/")
}

subscription_id := "/subscriptions/5b6c1b2e-0000-4000-8000-000000000001"

management_group := "/providers/Microsoft.Management/managementGroups/mg"

group := sprintf("%s/resourceGroups/rg-ml", [subscription_id])

members := ["ws-west", "ws-north"]

# What can carry a lock of its own here, and its type.
targets := {
	"ws-west": "Microsoft.MachineLearningServices/workspaces",
	"ws-north": "Microsoft.MachineLearningServices/workspaces",
	"stwest": "Microsoft.Storage/storageAccounts",
	"stnorth": "Microsoft.Storage/storageAccounts",
	"kv": "Microsoft.KeyVault/vaults",
	"acr": "Microsoft.ContainerRegistry/registries",
}

# The estate without changes.
estate := object.union_n([
	shared,
	region("west", "westeurope"),
	region("north", "northeurope"),
	{concat("-", ["lock", name]): lock | some name, _ in targets; lock := {
		"type": "Microsoft.Authorization/locks",
		"on": name,
		"properties": {"level": "CanNotDelete"},
	}},
])

# What both workspaces use.
shared := {
	"kv": {
		"type": targets.kv,
		"location": "westeurope",
		"properties": {"enableSoftDelete": true, "enablePurgeProtection": true, "softDeleteRetentionInDays": 90},
	},
	"acr": {"type": targets.acr, "location": "westeurope", "sku": {"name": "Premium"}},
	"acr/northeurope": {
		"type": "Microsoft.ContainerRegistry/registries/replications",
		"location": "northeurope",
		"properties": {
			"provisioningState": "Succeeded",
			"regionEndpointEnabled": true,
			"status": {"displayStatus": "Ready"},
		},
	},
}

# The data that both workspaces train on.
data_services := object.union_n([
	{
		"stdata": {
			"type": targets.stwest,
			"location": "westeurope",
			"kind": "StorageV2",
			"sku": {"name": "Standard_RAGZRS"},
			"properties": {
				"isHnsEnabled": false,
				"secondaryLocation": "northeurope",
				"statusOfPrimary": "available",
				"geoReplicationStats": {"status": "Live", "lastSyncTime": "2026-11-24T02:55:00Z"},
			},
		},
		"sql-west": {"type": "Microsoft.Sql/servers", "location": "westeurope"},
		"sql-north": {"type": "Microsoft.Sql/servers", "location": "northeurope"},
		"sql-west/train": {
			"type": "Microsoft.Sql/servers/databases",
			"location": "westeurope",
			"properties": {
				"zoneRedundant": true,
				"requestedBackupStorageRedundancy": "GeoZone",
				"currentBackupStorageRedundancy": "GeoZone",
			},
		},
		"sql-west/fg": {
			"type": "Microsoft.Sql/servers/failoverGroups",
			"properties": {
				"databases": ["sql-west/train"],
				"partnerServers": [{"id": "sql-north", "location": "northeurope", "replicationRole": "Secondary"}],
				"readWriteEndpoint": {"failoverPolicy": "Manual"},
				"replicationRole": "Primary",
			},
			"links": {
				"databases": {"/properties/databases": ["sql-west/train"]},
				"partners": {"/properties/partnerServers": ["sql-north"]},
			},
		},
		"pg-west": {
			"type": "Microsoft.DBforPostgreSQL/flexibleServers",
			"location": "westeurope",
			"sku": {"name": "Standard_D4ds_v5", "tier": "GeneralPurpose"},
			"properties": {
				"highAvailability": {"mode": "ZoneRedundant", "state": "Healthy"},
				"backup": {"geoRedundantBackup": "Disabled"},
			},
		},
		"pg-north": {
			"type": "Microsoft.DBforPostgreSQL/flexibleServers",
			"location": "northeurope",
			"sku": {"name": "Standard_D4ds_v5", "tier": "GeneralPurpose"},
			"properties": {
				"replicationRole": "GeoAsyncReplica",
				"sourceServerResourceId": "pg-west",
			},
			"links": {"source": {"/properties/sourceServerResourceId": ["pg-west"]}},
		},
		"my-west": {
			"type": "Microsoft.DBforMySQL/flexibleServers",
			"location": "westeurope",
			"sku": {"name": "Standard_D4ds_v4", "tier": "GeneralPurpose"},
			"properties": {
				"highAvailability": {"mode": "ZoneRedundant", "state": "Healthy"},
				"backup": {"geoRedundantBackup": "Enabled"},
			},
		},
	},
	data_of("west"),
	data_of("north"),
])

# Changes that take them away, for tests of what else there is.
without_data := {name: null | some name, _ in data_services}

# The datastores, connections and data assets of a workspace.
data_of(side) := {
	concat("/", [workspace_name, "workspaceblobstore"]): object.remove(
		datastore("AzureBlob", concat("", ["st", side]), "azureml-blobstore"),
		["links"],
	),
	concat("/", [workspace_name, "training"]): datastore("AzureBlob", "stdata", "train"),
	concat("/", [workspace_name, "sql"]): connection(
		"AzureSqlDb",
		"Server=tcp:sql-west.database.windows.net,1433;Database=train",
		"sql-west/train",
	),
	concat("/", [workspace_name, "pg"]): connection("AzurePostgresDb", "pg-west.postgres.database.azure.com", "pg-west"),
	concat("/", [workspace_name, "my"]): connection("AzureMySqlDb", "my-west.mysql.database.azure.com", "my-west"),
	concat("/", [workspace_name, "claims"]): {
		"type": "Microsoft.MachineLearningServices/workspaces/data",
		"properties": {"latestVersion": "3", "isArchived": false},
		"systemData": {"lastModifiedAt": "2026-10-01T00:00:00Z"},
	},
	concat("/", [workspace_name, "claims", "3"]): {
		"type": "Microsoft.MachineLearningServices/workspaces/data/versions",
		"properties": {"dataUri": "azureml://datastores/training/paths/claims/", "isAnonymous": false},
		"links": {"datastore": {"/properties/dataUri": [concat("/", [workspace_name, "training"])]}},
	},
} if {
	workspace_name := concat("-", ["ws", side])
}

datastore(kind, account, container) := {
	"type": "Microsoft.MachineLearningServices/workspaces/datastores",
	"properties": {
		"datastoreType": kind,
		"accountName": account,
		"containerName": container,
		"endpoint": "core.windows.net",
		"credentials": {"credentialsType": "None"},
	},
	"links": {"account": {"/properties/accountName": [account]}},
}

connection(category, target, service) := {
	"type": "Microsoft.MachineLearningServices/workspaces/connections",
	"properties": {"category": category, "target": target},
	"links": {"service": {"/properties/target": [service]}},
}

# What a workspace has for itself.
region(side, location) := object.union_n([
	{workspace_name: {
		"type": targets[workspace_name],
		"location": location,
		"kind": "Default",
		"identity": {"type": "SystemAssigned"},
		"tags": {"holdfast-tier": "active-passive"},
		"properties": {
			"storageAccount": arm_id(account, {"type": targets[account]}),
			"keyVault": arm_id("kv", shared.kv),
			"containerRegistry": arm_id("acr", shared.acr),
			"applicationInsights": arm_id(component, {"type": "Microsoft.Insights/components"}),
			"publicNetworkAccess": "Disabled",
			"v1LegacyMode": false,
			"hbiWorkspace": false,
			"encryption": {"status": "Disabled"},
			"provisioningState": "Succeeded",
		},
	}},
	{account: {"type": targets[account], "location": location, "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}}},
	{concat("/", [account, "blob"]): {
		"type": "Microsoft.Storage/storageAccounts/blobServices",
		"properties": {"deleteRetentionPolicy": kept, "containerDeleteRetentionPolicy": kept},
	}},
	{concat("/", [account, "file"]): {
		"type": "Microsoft.Storage/storageAccounts/fileServices",
		"properties": {"shareDeleteRetentionPolicy": kept},
	}},
	{component: {"type": "Microsoft.Insights/components", "location": location, "properties": {
		"IngestionMode": "LogAnalytics",
		"WorkspaceResourceId": arm_id(logs, {"type": "Microsoft.OperationalInsights/workspaces"}),
	}}},
	{logs: {
		"type": "Microsoft.OperationalInsights/workspaces",
		"location": location,
		"properties": {"retentionInDays": 30},
	}},
	{concat("/", [logs, table]): {
		"type": "Microsoft.OperationalInsights/workspaces/tables",
		"properties": {"retentionInDays": 90},
	} |
		some table in ["AppRequests", "AppTraces", "AppExceptions", "AppDependencies", "AppMetrics"]
	},
]) if {
	workspace_name := concat("-", ["ws", side])
	account := concat("", ["st", side])
	component := concat("-", ["ai", side])
	logs := concat("-", ["log", side])
	kept := {"enabled": true, "days": 14}
}

# Where a resource refers to another, and what its children are called (by type).
references := {
	"storage": "storageAccount",
	"key_vault": "keyVault",
	"container_registry": "containerRegistry",
	"application_insights": "applicationInsights",
	"hub": "hubResourceId",
	"log_workspace": "WorkspaceResourceId",
	"attached": "resourceId",
}

children := {
	"microsoft.storage/storageaccounts/blobservices": "blob_services",
	"microsoft.storage/storageaccounts/fileservices": "file_services",
	"microsoft.containerregistry/registries/replications": "replications",
	"microsoft.operationalinsights/workspaces/tables": "tables",
	"microsoft.containerservice/managedclusters/agentpools": "agent_pools",
	"microsoft.machinelearningservices/workspaces/computes": "computes",
	"microsoft.machinelearningservices/workspaces/datastores": "datastores",
	"microsoft.machinelearningservices/workspaces/connections": "connections",
	"microsoft.storage/storageaccounts/objectreplicationpolicies": "object_replication",
	"microsoft.sql/servers/failovergroups": "failover_groups",
	"microsoft.sql/servers/databases/replicationlinks": "replication_links",
	"microsoft.machinelearningservices/workspaces/schedules": "schedules",
	"microsoft.machinelearningservices/workspaces/data": "data",
	"microsoft.machinelearningservices/workspaces/data/versions": "versions",
	"microsoft.machinelearningservices/workspaces/onlineendpoints": "online_endpoints",
	"microsoft.machinelearningservices/workspaces/onlineendpoints/deployments": "deployments",
	"microsoft.machinelearningservices/workspaces/serverlessendpoints": "serverless_endpoints",
	"microsoft.machinelearningservices/workspaces/batchendpoints": "batch_endpoints",
	"microsoft.machinelearningservices/workspaces/batchendpoints/deployments": "deployments",
	"microsoft.cdn/profiles/origingroups/origins": "origins",
	"microsoft.apimanagement/service/backends": "backends",
	"microsoft.network/trafficmanagerprofiles/externalendpoints": "endpoints",
	"microsoft.machinelearningservices/workspaces/outboundrules": "outbound_rules",
	"microsoft.network/privateendpoints/privatednszonegroups": "dns_zone_groups",
	"microsoft.network/virtualnetworks/virtualnetworkpeerings": "peerings",
}

# The same by the type of the parent.
children_of := {parent: children_below(parent) | some parent in {parent_type(type) | some type, _ in children}}

children_below(parent) := {type: relation | some type, relation in children; parent_type(type) == parent}

parent_type(type) := concat("/", array.slice(parts, 0, count(parts) - 1)) if parts := split(type, "/")

# What leads to a resource of a type through other relations: type -> relation -> the others.
reverse := {
	"microsoft.dbforpostgresql/flexibleservers": {"replicas": {"source"}},
	"microsoft.dbformysql/flexibleservers": {"replicas": {"source"}},
	"microsoft.sql/servers/databases": {"copies": {"source"}},
	"microsoft.sql/managedinstances": {"failover_groups": {"instances", "partners"}},
}

# The relations of computes by what they are attached to.
attachments := {
	"kubernetes_cluster": {"kubernetes", "aks"},
	"databricks_workspace": {"databricks"},
	"hdinsight_cluster": {"hdinsight"},
}

regional := {
	"usages": "microsoft.machinelearningservices/locations/usages",
	"quotas": "microsoft.machinelearningservices/locations/quotas",
	"vm_sizes": "microsoft.machinelearningservices/locations/vmsizes",
}

workspace_type := "microsoft.machinelearningservices/workspaces"

# The types of each kind.
kinds := {
	"workspace": {workspace_type},
	"default_storage": {"microsoft.storage/storageaccounts"},
	"key_vault": {"microsoft.keyvault/vaults"},
	"container_registry": {"microsoft.containerregistry/registries"},
	"registry_replication": {"microsoft.containerregistry/registries/replications"},
	"application_insights": {"microsoft.insights/components"},
	"log_workspace": {"microsoft.operationalinsights/workspaces"},
	"compute": {"microsoft.machinelearningservices/workspaces/computes"},
	"datastore": {"microsoft.machinelearningservices/workspaces/datastores"},
	"kubernetes_cluster": {"microsoft.containerservice/managedclusters"},
	"online_endpoint": endpoint_types,
	"online_deployment": {"microsoft.machinelearningservices/workspaces/onlineendpoints/deployments"},
	"associated_resource": used_types,
	"private_endpoint_target": (used_types | {workspace_type}),
}

used_types := {
	"microsoft.storage/storageaccounts", "microsoft.keyvault/vaults",
	"microsoft.containerregistry/registries",
}

# The types of the kinds that are those of the primary only.
primary_kinds := {
	"primary_compute": kinds.compute,
	"primary_online_endpoint": endpoint_types,
	"primary_batch_endpoint": {"microsoft.machinelearningservices/workspaces/batchendpoints"},
}

endpoint_types := {
	"microsoft.machinelearningservices/workspaces/onlineendpoints",
	"microsoft.machinelearningservices/workspaces/serverlessendpoints",
}

# Data services are subjects if a datastore, a connection or the configuration names them.
services := {
	"data_storage": {"microsoft.storage/storageaccounts"},
	"sql_database": {"microsoft.sql/servers/databases", "microsoft.sql/managedinstances"},
	"postgresql_server": {"microsoft.dbforpostgresql/flexibleservers"},
	"mysql_server": {"microsoft.dbformysql/flexibleservers"},
	"cosmos_account": {"microsoft.documentdb/databaseaccounts"},
}

naming := {"account", "service", "dependencies", "cosmos_accounts"}

defaults := {
	"ignored_code_folders": ["docs", "test", "tests"],
	"keyvault_mode": "shared",
	"acr_mode": "shared",
	"data_mode": "shared",
	"require_paired_region": false,
	"min_soft_delete_days": 7,
	"min_telemetry_days": 90,
	"rpo_minutes": 15,
	"retirement_warn_days": 365,
	"data_dependencies": [],
	"min_online_instances": 3,
	"min_capacity_ratio": {"active-active": 1.0, "active-standby": 0.5, "active-passive": 0.0},
	"name_map": {},
	"data_dependencies": [],
}

document(scope, names, changes) := {
	"version": 1,
	"scope": scope,
	"source": "iac",
	"today": "2026-11-24",
	"parameters": defaults,
	"subjects": subjects(scope, names, resources),
	"pairs": [object.union(found, parameters_of(scope)) |
		scope != "workspace"
		found := pair_of(resources)
	],
	"workspaces": {own: workspace_facts(one.name, all) | some own, one in all; one.type == workspace_type},
	"resources": resources,
	"distinct": {},
	"complete": {},
} if {
	bodies := {name: body | some name, body in object.union(estate, changes); body != null}
	plain := {found.id: found | some name, body in bodies; found := plain_resource(name, body)}
	of_type := {type: found | some type in {one.type | some one in plain}; found := only(plain, type)}
	ids := {name: lower(arm_id(name, body)) | some name, body in bodies}
	networks := network.connections(plain, of_type)
	granted := access.links(plain, of_type)
	all := {own: object.union(object.remove(one, ["refers", "relates", "links"]), {"relations": related}) |
		some own, one in plain
		related := object.remove(
			object.union_n([
				relations(one, plain, of_type),
				links(one, plain, ids),
				object.get(networks, own, {}),
				object.get(granted, own, {}),
			]),
			object.get(left_out, scope, []),
		)
	}
	wide := {own | some own, one in plain; one.type in object.get(wide_types, scope, [])}
	reached := graph.reachable(
		{own: targets_of(one) | some own, one in all},
		{id(name) | some name in names} | wide,
	)
	resources := {own: all[own] | some own in reached}
}

# What a wide input holds although no workspace leads there.
wide_types := {
	"subscription": ["microsoft.resources/subscriptions", "microsoft.insights/activitylogalerts"],
	"estate": ["microsoft.containerinstance/containergroups"],
}

# The lists of a region are in the inputs that judge what fails over.
left_out := {"workspace": object.keys(regional), "estate": object.keys(regional)}

only(plain, type) := {own: one | some own, one in plain; one.type == type}

targets_of(one) := {target.id | some target in one.relations[_]}

plain_resource(name, body) := object.union(
	json.remove(object.remove(known, instructions), hidden),
	{
		"id": own,
		"name": last_name(object.get(body, "named", name)),
		"type": lower(body.type),
		"exact": object.get(body, "exact", true),
		"unknown": unknown,
		"refers": object.get(body, "refers", {}),
		"links": object.get(body, "links", {}),
		"relates": object.get(body, "relates", {}),
	},
) if {
	own := lower(arm_id(name, body))
	refers := object.get(body, "refers", {})
	unknown := object.union(object.get(body, "unknown", {}), refers)
	known := {false: body, true: object.filter(body, ["existing"])}["" in object.keys(unknown)]
	pointers := array.concat(object.get(body, "without", []), [pointer | some pointer, _ in unknown])
	hidden := [trim_prefix(pointer, "/") | some pointer in pointers; pointer != ""]
}

instructions := ["type", "on", "named", "elsewhere", "without", "unknown", "refers", "relates", "links"]

relations(one, plain, of_type) := {relation: found | some relation, found in by_relation; count(found) > 0} if {
	by_relation := object.union_n([
		{relation: array.concat(known, identified) |
			some relation, property in references
			pointer := concat("/", ["", "properties", property])
			known := [found |
				target := lower(object.get(one, ["properties", property], ""))
				target != ""
				found := object.union(reference(target, plain), {"pointer": pointer})
			]
			identified := [found |
				identity := one.refers[pointer]
				found := {"id": identity, "name": identity, "exact": false, "found": false, "pointer": pointer}
			]
		},
		{relation: [reference(child, plain) |
			some child, _ in of_type[type]
			startswith(child, concat("", [one.id, "/"]))
		] |
			some type, relation in object.get(children_of, one.type, {})
			of_type[type]
		},
		{relation: [object.union(reference(target, plain), {"pointer": "/properties/resourceId"})] |
			some relation, types in attachments
			lower(one.properties.computeType) in types
			target := lower(object.get(one.properties, "resourceId", sprintf("unknown of %s", [one.id])))
		},
		{"autoscale": [reference(setting, plain) |
			some setting, other in of_type["microsoft.insights/autoscalesettings"]
			lower(other.properties.targetResourceUri) == one.id
		]},
		{relation: [reference(lower(target), plain) | some target in one.relates[relation]] |
			some relation, _ in one.relates
		},
		{"locks": [object.union(reference(lock, plain), {"inherited": scope != one.id}) |
			some lock, other in of_type["microsoft.authorization/locks"]
			one.type != other.type
			scope := split(lock, "/providers/microsoft.authorization/")[0]
			startswith(concat("", [one.id, "/"]), concat("", [scope, "/"]))
		]},
		{"server": [reference(server, plain) |
			one.type == "microsoft.sql/servers/databases"
			server := split(one.id, "/databases/")[0]
		]},
		{relation: [reference(list, plain) |
			one.type == workspace_type
			some list, other in of_type[type]
			other.location == one.location
		] |
			some relation, type in regional
		},
		{"projects": [reference(project, plain) |
			one.type == workspace_type
			some project, other in of_type[workspace_type]
			lower(other.properties.hubResourceId) == one.id
		]},
	])
}

links(one, plain, ids) := object.union(forward(one, plain, ids), backward(one, plain, ids))

forward(one, plain, ids) := {relation: found |
	some relation, link in one.links
	found := linked(one, link, plain, ids)
	count(found) > 0
}

backward(one, plain, ids) := {relation: found |
	some relation, through in object.get(reverse, one.type, {})
	found := leading(one, through, plain, ids)
	count(found) > 0
}

leading(one, through, plain, ids) := [reference(own, plain) |
	some own, other in plain
	some relation in through
	some _, names in other.links[relation]
	some name in names
	object.get(ids, name, "") == one.id
]

linked(one, link, plain, ids) := array.concat(
	[object.union(reference(object.get(ids, name, lower(name)), plain), {"pointer": pointer}) |
		some pointer, names in link
		object.get(one, split(trim_prefix(pointer, "/"), "/"), null) != null
		some name in names
	],
	[{"id": sprintf("%s %s", [one.id, pointer]), "name": "?", "exact": false, "found": false, "pointer": pointer} |
		some pointer, _ in link
		pointer in object.keys(one.unknown)
	],
)

reference(target, plain) := object.union(object.filter(object.get(plain, target, {}), ["conditional"]), {
	"id": target,
	"name": object.get(plain, [target, "name"], last_name(target)),
	"exact": object.get(plain, [target, "exact"], startswith(target, "/")),
	"found": object.get(plain, target, null) != null,
})

last_name(path) := names[count(names) - 1] if names := split(path, "/")

workspace_facts(name, all) := {
	"production": true,
	"role": object.get({"ws-west": "primary", "ws-north": "secondary"}, name, null),
	"counterparts": [object.union({"id": id(other), "name": other, "found": found}, location) |
		name in members
		some other in members
		other != name
		found := id(other) in object.keys(all)
		location := object.filter(object.get(all, id(other), {}), ["location"])
	],
	"candidates": [],
	"problems": [],
}

# Where there are several pairs each has its own parameters.
parameters_of(scope) := {"parameters": defaults} if scope in {"subscription", "estate"}

parameters_of(scope) := {} if scope in {"workspace", "pair"}

pair_of(resources) := {
	"id": "ws-west|ws-north",
	"members": [id("ws-west"), id("ws-north")],
	"primary": id("ws-west"),
	"secondary": id("ws-north"),
	"declared": true,
	"basis": "configuration",
	"tier": {"overall": "active-passive", "inference": "active-passive", "training": "active-passive"},
	"tier_declared": count(stated) == 1,
} if {
	stated := {object.get(resources, [id(name), "tags", "holdfast-tier"], null) | some name in members} - {null}
	every name in members {
		id(name) in object.keys(resources)
	}
}

subjects(scope, names, resources) := [object.union(subject, home) |
	some list in [
		[{"id": sprintf("%s:%s", [kind, own]), "kind": kind, "resource": own} |
			some own, one in resources
			some kind, types in kinds
			one.type in types
			judged(kind, own, names, resources)
		],
		[{"id": sprintf("%s:%s", [kind, own]), "kind": kind, "resource": own} |
			scope == "pair"
			some own, one in resources
			startswith(own, concat("", [id("ws-west"), "/"]))
			some kind, types in primary_kinds
			one.type in types
		],
		[{"id": sprintf("identity:%s", [own]), "kind": "identity", "resource": own} |
			scope == "pair"
			some own, one in resources
			startswith(concat("", [own, "/"]), concat("", [id("ws-north"), "/"]))
			count(object.get(one, ["relations", "identities"], [])) > 0
		],
		[{"id": sprintf("%s:%s", [kind, id("ws-north")]), "kind": kind, "resource": id("ws-north")} |
			scope == "pair"
			some kind in ["secondary_workspace", "workspace_pair"]
		],
		[{"id": named, "kind": kind, "resource": named} |
			some kind, types in services
			some named in named_services(resources)
			resources[named].type in types
		],
	]
	some subject in list
] if {
	home := {"pair": {"pair": "ws-west|ws-north"}, "workspace": {"workspace": id(names[0])}}[scope]
}

# What datastores, connections, workspaces and the configuration name.
named_services(resources) := {entry.id |
	some one in resources
	one.type != "microsoft.machinelearningservices/workspaces/data/versions"
	some relation in naming
	some entry in one.relations[relation]
}

subjects("subscription", _, resources) := [object.union(subject, place) |
	some subject in [
		{"id": "subscription", "kind": "subscription", "workspaces": [id(name) | some name in members]},
		{
			"id": "subscription/locations/northeurope",
			"kind": "subscription_region",
			"region": "northeurope",
			"pairs": ["ws-west|ws-north"],
		},
	]
	type := {
		"subscription": "microsoft.resources/subscriptions",
		"subscription_region": "microsoft.machinelearningservices/locations/usages",
	}[subject.kind]
	place := {"resource": own | some own, one in resources; one.type == type; at_home(one)}
]

subjects("estate", _, resources) := [subject |
	some own, one in resources
	reached := [id(name) | some name in members; own in reach[name]]
	some kind in estate_kinds_of(one.type, reached)
	subject := {"id": sprintf("%s:%s", [kind, own]), "kind": kind, "resource": own, "workspaces": reached}
] if {
	leads := {from: targets_of(other) | some from, other in resources}
	reach := {name: graph.reachable(leads, {id(name)}) | some name in members}
}

estate_kinds_of(type, reached) := {name | some name, types in estate_kinds; type in types} | used if {
	used := {"resource" | count(reached) > 0}
}

estate_kinds := {
	"container_group": {"microsoft.containerinstance/containergroups"},
	"data_version": {"microsoft.machinelearningservices/workspaces/data/versions"},
	"ml_registry": {"microsoft.machinelearningservices/registries"},
	"schedule": {"microsoft.machinelearningservices/workspaces/schedules"},
	"data_lake_user": {
		"microsoft.datalakestore/accounts",
		"microsoft.machinelearningservices/workspaces/datastores",
		"microsoft.machinelearningservices/workspaces/data/versions",
	},
	"retirable": {
		"microsoft.containerregistry/registries",
		"microsoft.containerservice/managedclusters",
		"microsoft.databricks/workspaces",
		"microsoft.dbformysql/flexibleservers",
		"microsoft.hdinsight/clusterpools",
		"microsoft.hdinsight/clusters",
		"microsoft.machinelearningservices/workspaces/computes",
		"microsoft.machinelearningservices/workspaces/onlineendpoints/deployments",
		"microsoft.network/virtualnetworkgateways",
		"microsoft.storage/storageaccounts",
	},
	"database_server": {
		"microsoft.dbforpostgresql/servers",
		"microsoft.dbforpostgresql/flexibleservers",
		"microsoft.dbformysql/servers",
		"microsoft.dbformysql/flexibleservers",
	},
}

# Whether what Azure says of a region is said of the failover region.
at_home(one) if object.get(one, "location", "northeurope") == "northeurope"

# Of the workspaces in an input only its own are subjects and of the accounts their default ones.
judged(kind, _, _, _) if not kind in {"workspace", "default_storage"}

judged("workspace", own, names, _) if {
	some name in names
	id(name) == own
}

judged("default_storage", own, names, resources) if {
	some name in names
	some entry in resources[id(name)].relations.storage
	entry.id == own
}
