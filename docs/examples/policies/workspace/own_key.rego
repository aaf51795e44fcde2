# METADATA
# title: Production workspaces are encrypted with a key of their own
# description: |
#   The data protection officer asks for keys that can be withdrawn. A key of the platform cannot be.
# scope: package
# related_resources:
#   - ref: https://wiki.contoso.example/ml/keys
# custom:
#   id: ACME-001
#   level: {active-active: error, active-standby: error, active-passive: warning}
#   score: 6.0
#   scope: workspace
#   subject: workspace
#   static: yes
#   change: replacement
#   evidence:
#     Microsoft.MachineLearningServices/workspaces: [/properties/encryption/status]
#   remediation:
#     text: Create the workspace with a customer-managed key; it cannot be added later.
package workspace.own_key

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(subject, workspace, "/properties/encryption/status", message) if {
	some subject in estate.subjects("workspace")
	workspace := estate.resource(subject)
	platform_key(workspace)
	message := sprintf(`"%s" has a key of the platform; expected is one of Contoso`, [workspace.name])
}

pass contains subject.id if {
	some subject in estate.subjects("workspace")
	estate.resource(subject).properties.encryption.status == "Enabled"
}

platform_key(workspace) if workspace.properties.encryption.status == "Disabled"

platform_key(workspace) if estate.absent(workspace, ["properties", "encryption", "status"])
