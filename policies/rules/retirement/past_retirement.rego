# METADATA
# title: No resource relies on a service, SKU or VM series past its retirement date
# description: |
#   What is retired cannot be created again: a failover that has to create it in the second region fails.
#   The table policies/data/retirements.json says what ends when; before the date a finding is a warning,
#   as long as retirement_warn_days reach. Judged are resources that workspaces reach or that the
#   configuration names. Retirements with a rule of their own are left to it (HF-APPI-002, HF-COMP-003,
#   HF-AKS-004, HF-RET-001 to HF-RET-003).
# scope: package
# related_resources:
#   - ref: https://github.com/Azure/EOL
#   - ref: https://learn.microsoft.com/azure/virtual-machines/sizes/retirement/retired-sizes-list
# custom:
#   id: HF-RET-004
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 7.0
#   scope: estate
#   subject: retirable
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/computes:
#       - any_of: ["", /properties/properties/vmSize]
#       - any_of: ["", /properties/computeType]
#     Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments:
#       - any_of: ["", /properties/instanceType]
#     Microsoft.Storage/storageAccounts:
#       - any_of: ["", /kind]
#     Microsoft.Databricks/workspaces:
#       - any_of: ["", /sku/name]
#     Microsoft.HDInsight/clusterpools:
#       - any_of: ["", /location]
#     Microsoft.HDInsight/clusters:
#       - any_of: ["", /properties/computeProfile/roles]
#     Microsoft.ContainerService/managedClusters:
#       - any_of: ["", /properties/agentPoolProfiles]
#       - any_of: ["", /properties/networkProfile/loadBalancerSku]
#       - any_of: ["", /properties/networkProfile/networkPlugin]
#     Microsoft.ContainerRegistry/registries:
#       - any_of: ["", /properties/policies/trustPolicy/status]
#     Microsoft.DBforMySQL/flexibleServers:
#       - any_of: ["", /properties/version]
#     Microsoft.Network/virtualNetworkGateways:
#       - any_of: ["", /properties/sku/name]
#   static: yes
#   seeds: [S08, S09, S18, S19]
#   change: replacement
#   cost: "medium: depends on the replacement named in the finding"
#   remediation:
#     text: Plan the migration that the finding names.
#     cli: >-
#       az graph query -q "resources | where type =~ 'microsoft.storage/storageaccounts' and kind in~
#       ('Storage','BlobStorage')"
#     bicep: |
#       // as the finding says, for example for an old compute size:
#       properties: { vmSize: 'Standard_NC24ads_A100_v4' }
#     terraform: |
#       # as the finding says, for example for an old compute size:
#       vm_size = "Standard_NC24ads_A100_v4"
#   aprl: [6e2af91f, cf2569bb]
package holdfast.rules.retirement.past_retirement

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.retirements
import data.holdfast.tables

# Retirements that have a rule of their own.
elsewhere := {
	"adls-gen1",
	"appinsights-classic",
	"azureml-cli-v1",
	"azureml-low-priority",
	"azureml-sdk-v1",
	"azureml-v1-webservices",
	"mysql-single",
	"pg-single",
}

deny contains finding.about(found, hit.row.id) if {
	some [subject, it, all_hits] in judged
	some hit in all_hits
	retirements.level(hit.row) == "rule"
	found := finding.of(subject, it, hit.pointer, message(it, hit))
}

deny contains finding.about(found, hit.row.id) if {
	some [subject, it, all_hits] in judged
	some hit in all_hits
	retirements.level(hit.row) == "warning"
	found := finding.at_level(subject, it, hit.pointer, message(it, hit), "warning")
}

pass contains subject.id if {
	some [subject, it, all_hits] in judged
	every path in tested(it) {
		settled(it, path)
	}
	every hit in all_hits {
		retirements.later(hit.row)
	}
}

judged contains [subject, it, hits(it)] if {
	some subject in estate.subjects("retirable")
	it := estate.resource(subject)
}

message(it, hit) := sprintf(
	`"%s" relies on %s: %s, %s; expected is %s`,
	[it.name, hit.row.service, hit.row.feature, retirements.when(hit.row), hit.row.replacement],
)

# What of the table applies to a resource, and where it says so.
hits(it) := ({{"row": row, "pointer": pointer_to(path)} |
	some [test, row] in tests_of(it)
	path := path_of(test, it)
	fits(test, object.get(it, path, ""))
} | {{"row": row, "pointer": pointer_to(path)} |
	some path in sizes(it)
	some [test, row] in size_tests
	regex.match(lower(test.vmSize), lower(object.get(it, path, "")))
}) | {{"row": row, "pointer": ""} |
	some [test, row] in tests_of(it)
	lower(test.armType) == it.type
	not test.path
	not test.apiVersionMatches
}

rows := [row |
	some row in tables.retirements.retirements
	name := row.id
	not name in elsewhere
]

tests := [[test, row] | some row in rows; some test in row.match]

# The tests that look at virtual machine sizes, and by the type that they ask for the others: a test for each
# resource, not the table for each.
size_tests := [pair | some pair in tests; pair[0].vmSize]

typed_tests := {type: tests_for(type) | some type in {lower(pair[0].armType) | some pair in tests}}

tests_for(type) := [pair | some pair in tests; lower(pair[0].armType) == type]

compute_tests := [pair | some pair in tests; pair[0].computeType]

tests_of(it) := array.concat(object.get(typed_tests, it.type, []), compute_tests) if it.type == compute_type

tests_of(it) := object.get(typed_tests, it.type, []) if it.type != compute_type

compute_type := "microsoft.machinelearningservices/workspaces/computes"

# Where in this resource a test of the table looks.
path_of(test, it) := split(test.path, ".") if lower(test.armType) == it.type

path_of(test, it) := ["properties", "computeType"] if {
	test.computeType
	it.type == compute_type
}

# Case is ignored; lower-case patterns match lower-case values.
fits(test, value) if lower(test.equals) == lower(value)

fits(test, value) if lower(test.computeType) == lower(value)

fits(test, value) if {
	some known in test["in"]
	lower(known) == lower(value)
}

fits(test, value) if startswith(lower(value), lower(test.startsWith))

fits(test, value) if regex.match(lower(test.regex), lower(value))

# Where the sizes of its virtual machines are.
sizes(it) := [["properties", "properties", "vmSize"]] if {
	it.type == "microsoft.machinelearningservices/workspaces/computes"
}

sizes(it) := [["properties", "instanceType"]] if {
	it.type == "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments"
}

sizes(it) := [["properties", "agentPoolProfiles", at, "vmSize"] |
	some at, _ in it.properties.agentPoolProfiles
] if {
	it.type == "microsoft.containerservice/managedclusters"
}

sizes(it) := [["properties", "computeProfile", "roles", at, "hardwareProfile", "vmSize"] |
	some at, _ in it.properties.computeProfile.roles
] if {
	it.type == "microsoft.hdinsight/clusters"
}

# Every place that a test looks at.
tested(it) := {path | some [test, _] in tests_of(it); path := path_of(test, it)} | ({path |
	some path in sizes(it)
} | lists(it))

lists(it) := {["properties", "agentPoolProfiles"]} if it.type == "microsoft.containerservice/managedclusters"

lists(it) := {["properties", "computeProfile", "roles"]} if it.type == "microsoft.hdinsight/clusters"

lists(it) := set() if {
	not it.type in {"microsoft.containerservice/managedclusters", "microsoft.hdinsight/clusters"}
}

# Whether it is known what is there, or that nothing is.
settled(it, path) if is_string(object.get(it, path, null))

settled(it, path) if is_array(object.get(it, path, null))

settled(it, path) if estate.absent(it, [sprintf("%v", [name]) | some name in path])

pointer_to(path) := concat("", [sprintf("/%v", [name]) | some name in path])
