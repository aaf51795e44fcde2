package holdfast.rules.workspace.associated_resources_test

import data.holdfast.lib.fixture
import data.holdfast.rules.workspace.associated_resources as rule

types := {
	"storageAccount": {"name": "stwest", "type": "Microsoft.Storage/storageAccounts"},
	"keyVault": {"name": "kv", "type": "Microsoft.KeyVault/vaults"},
	"applicationInsights": {"name": "ai-west", "type": "Microsoft.Insights/components"},
	"containerRegistry": {"name": "acr", "type": "Microsoft.ContainerRegistry/registries"},
}

without(property) := fixture.workspace({"ws-west": {"without": [concat("", ["/properties/", property])]}})

test_resources_of_the_source_pass if {
	count(rule.pass) == 1 with input as fixture.workspace({})
	count(rule.deny) == 0 with input as fixture.workspace({})
}

test_dangling_references_are_denied if {
	every property, about in types {
		doc := fixture.complete(fixture.workspace({about.name: null}), [about.type])
		some found in rule.deny with input as doc
		found.pointer == concat("", ["/properties/", property])
		contains(found.message, sprintf(`"%s", which does not exist`, [about.name]))
		count(rule.pass) == 0 with input as doc
	}
}

test_references_out_of_an_incomplete_source_are_open if {
	every about in types {
		doc := fixture.workspace({about.name: null})
		count(rule.deny | rule.pass) == 0 with input as doc
		some words in rule.open with input as doc
		contains(words.reason, sprintf(`"%s" of "ws-west" is there`, [about.name]))
	}
}

test_enumeration_of_another_subscription_does_not_count if {
	other := {"complete": {"microsoft.keyvault/vaults": ["/subscriptions/other"]}}
	doc := object.union(fixture.workspace({"kv": null}), other)
	count(rule.deny) == 0 with input as doc
	own := "/subscriptions/5b6c1b2e-0000-4000-8000-000000000001"
	count(rule.deny) == 1 with input as object.union(doc, {"complete": {"microsoft.keyvault/vaults": [own]}})
}

test_existing_or_conditional_resources_are_open if {
	every change in [{"existing": true}, {"conditional": "parameters('deployVault')"}] {
		doc := fixture.workspace({"kv": change})
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}

test_expressions_are_open if {
	every property, _ in types {
		pointer := concat("", ["/properties/", property])
		doc := fixture.workspace({"ws-west": {"refers": {pointer: "${id}"}}})
		count(rule.deny | rule.pass) == 0 with input as doc
		unread := fixture.workspace({"ws-west": {"unknown": {pointer: "forbidden"}}})
		count(rule.deny | rule.pass) == 0 with input as unread
	}
}

test_missing_storage_or_vault_is_denied if {
	every property in ["storageAccount", "keyVault"] {
		some found in rule.deny with input as without(property)
		found.pointer == concat("", ["/properties/", property])
		count(rule.pass) == 0 with input as without(property)
	}
	count(rule.deny) == 1 with input as fixture.workspace({"ws-west": {"properties": {"keyVault": ""}}})
}

test_missing_telemetry_is_noted if {
	some found in rule.deny with input as without("applicationInsights")
	found.level == "note"
	count(rule.pass) == 0 with input as without("applicationInsights")
}

test_missing_registry_belongs_to_another_rule if {
	count(rule.pass) == 1 with input as without("containerRegistry")
	count(rule.deny) == 0 with input as without("containerRegistry")
}

test_hub_without_vault_is_open if {
	doc := fixture.workspace({"ws-west": {"kind": "Hub", "without": ["/properties/keyVault"]}})
	count(rule.deny | rule.pass) == 0 with input as doc
	bare := {"kind": "Hub", "without": ["/properties/storageAccount"]}
	count(rule.deny) == 1 with input as fixture.workspace({"ws-west": bare})
}

test_projects_are_exempt if {
	count(rule.exempt) == 1 with input as fixture.workspace({"ws-west": {"kind": "Project"}})
}
