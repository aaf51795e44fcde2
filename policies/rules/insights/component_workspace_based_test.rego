package holdfast.rules.insights.component_workspace_based_test

import data.holdfast.lib.fixture
import data.holdfast.rules.insights.component_workspace_based as rule

mode(name) := fixture.workspace({"ai-west": {"properties": {"IngestionMode": name}}})

test_component_on_a_log_workspace_passes if {
	count(rule.pass) == 1 with input as fixture.workspace({})
	count(rule.deny) == 0 with input as fixture.workspace({})
	count(rule.pass) == 1 with input as mode("loganalytics")
}

test_classic_components_are_denied if {
	every name in ["ApplicationInsights", "ApplicationInsightsWithDiagnosticSettings"] {
		some found in rule.deny with input as mode(name)
		found.pointer == "/properties/IngestionMode"
		contains(found.message, sprintf(`"ai-west" is a classic component (%s)`, [name]))
		count(rule.pass) == 0 with input as mode(name)
	}
}

test_component_without_log_workspace_is_open if {
	every change in [{"without": ["/properties/WorkspaceResourceId"]}, {"properties": {"WorkspaceResourceId": ""}}] {
		doc := fixture.workspace({"ai-west": change})
		count(rule.deny | rule.pass) == 0 with input as doc
		some words in rule.open with input as doc
		contains(words.reason, `"ai-west" names no Log Analytics workspace`)
	}
}

test_new_mode_is_open if {
	count(rule.deny | rule.pass) == 0 with input as mode("Stream")
}

test_unknown_properties_are_open if {
	every pointer in ["/properties/IngestionMode", "/properties/WorkspaceResourceId", "/properties", ""] {
		doc := fixture.workspace({"ai-west": {"unknown": {pointer: "forbidden"}}})
		count(rule.deny | rule.pass) == 0 with input as doc
	}
}
