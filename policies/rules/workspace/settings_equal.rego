# METADATA
# title: Security and network settings do not drift between the two workspaces
# description: |
#   A failover workspace with other settings fails in its own ways: clients that are shut out, jobs that
#   find no subnet, data handled less carefully than promised. Settings drift when one side is changed
#   by hand. The v1 legacy mode is denied on its own as well: it binds the workspace to the retired
#   control plane. The isolation mode of the managed network belongs to HF-NET-006. A setting that only
#   one side states is open, because Azure does not document a default for all of them; a missing
#   identity or subnet means none.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-configure-network-isolation-with-v2
# custom:
#   id: HF-WS-003
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 5.0
#   scope: pair
#   subject: workspace_pair
#   evidence:
#     Microsoft.MachineLearningServices/workspaces:
#       - /properties/publicNetworkAccess
#       - /properties/v1LegacyMode
#       - /properties/hbiWorkspace
#       - /properties/encryption/status
#       - /properties/systemDatastoresAuthMode
#       - /properties/serverlessComputeSettings
#       - /identity/type
#   static: yes
#   seeds: [S40, S43]
#   change: in-place
#   cost: none (v1LegacyMode, hbiWorkspace and encryption need a new workspace)
#   remediation:
#     text: Deploy both workspaces from one module with the region as its parameter.
#     cli: az ml workspace update -n <ws-dr> -g <rg-dr> --public-network-access Disabled
#     bicep: |
#       module ws 'workspace.bicep' = [for region in [primary, secondary]: {
#         name: 'ws-${region}'
#         params: { location: region }
#       }]
#     terraform: |
#       module "workspace" {
#         for_each                      = toset([var.primary, var.secondary])
#         source                        = "./workspace"
#         location                      = each.key
#         public_network_access_enabled = false
#       }
package holdfast.rules.workspace.settings_equal

import data.holdfast.lib.estate
import data.holdfast.lib.finding

subnet := ["properties", "serverlessComputeSettings", "serverlessComputeCustomSubnet"]

settings := [
	["properties", "publicNetworkAccess"],
	["properties", "hbiWorkspace"],
	["properties", "encryption", "status"],
	["properties", "systemDatastoresAuthMode"],
	["properties", "serverlessComputeSettings", "serverlessComputeNoPublicIP"],
	subnet,
	["identity", "type"],
]

deny contains finding.related(found, [{"resource": other, "message": "The other workspace of the pair"}]) if {
	some subject in estate.subjects("workspace_pair")
	workspace := estate.resource(subject)
	other := estate.counterpart(estate.pair(subject), workspace)
	some path in settings
	here := setting(workspace, path)
	there := setting(other, path)
	here != there
	message := sprintf(
		`"%s" has %s %s, but "%s" has %s; expected is the same on both`,
		[workspace.name, path[count(path) - 1], here, other.name, there],
	)
	found := finding.of(subject, workspace, concat("/", array.concat([""], path)), message)
}

deny contains finding.of(subject, workspace, "/properties/v1LegacyMode", message) if {
	some subject in estate.subjects("workspace_pair")
	some workspace in estate.members(estate.pair(subject))
	workspace.properties.v1LegacyMode == true
	message := sprintf(
		`"%s" runs in the v1 legacy mode, which binds it to the retired control plane; expected is v1LegacyMode false`,
		[workspace.name],
	)
}

pass contains subject.id if {
	some subject in estate.subjects("workspace_pair")
	[first, second] := estate.members(estate.pair(subject))
	every path in settings {
		agree(first, second, path)
	}
	modern(first)
	modern(second)
}

agree(a, b, path) if setting(a, path) == setting(b, path)

agree(a, b, path) if {
	estate.absent(a, path)
	estate.absent(b, path)
}

modern(workspace) if workspace.properties.v1LegacyMode == false

modern(workspace) if estate.absent(workspace, ["properties", "v1LegacyMode"])

# What a workspace says of a setting; undefined while that is not known.
setting(workspace, path) := replace(lower(value), " ", "") if {
	path != subnet
	value := object.get(workspace, path, null)
	is_string(value)
}

setting(workspace, path) := sprintf("%v", [value]) if {
	value := object.get(workspace, path, null)
	is_boolean(value)
}

setting(workspace, ["identity", "type"]) := "nothing" if estate.absent(workspace, ["identity", "type"])

# The two subnets differ as the regions do; what counts is whether there is one.
setting(workspace, path) := "a subnet of its own" if {
	path == subnet
	is_string(object.get(workspace, path, null))
}

setting(workspace, path) := "no subnet" if {
	path == subnet
	estate.absent(workspace, path)
}
