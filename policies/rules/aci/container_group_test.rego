package holdfast.rules.aci.container_group_test

import data.holdfast.lib.fixture
import data.holdfast.rules.aci.container_group as rule

type := "Microsoft.ContainerInstance/containerGroups"

group(images, more) := fixture.whole({"serve": object.union(
	{"type": type, "properties": {"containers": [{"properties": {"image": image}} | some image in images]}},
	more,
)})

own := "acr.azurecr.io/azureml/azureml_0f1e2d"

policy(name) := group([own], {"properties": {"restartPolicy": name}})

test_images_of_azure_ml_are_denied if {
	docs := [group([own], {}), policy("Always"), group(["nginx", upper(own)], {}), group(["acr.azurecr.cn/azureml_0f1e"], {})]
	every doc in docs {
		some found in rule.deny with input as doc
		found.pointer == "/properties/containers"
		contains(found.message, `"serve" serves an image of Azure ML`)
		count(rule.pass | rule.exempt) == 0 with input as doc
	}
}

test_tasks_that_end_pass if {
	every name in ["Never", "OnFailure"] {
		count(rule.pass) == 1 with input as policy(name)
		count(rule.deny) == 0 with input as policy(name)
	}
}

test_other_groups_are_exempt if {
	every image in ["nginx:1", "acr.azurecr.io/shop/api:2", "mcr.microsoft.com/azureml/base", "azureml/x"] {
		some exemption in rule.exempt with input as group([image], {})
		exemption.reason == `"serve" runs no image of Azure ML`
		count(rule.deny | rule.pass) == 0 with input as group([image], {})
	}
}

test_secrets_of_a_container_hide_no_image if {
	secret := "/properties/containers/0/properties/environmentVariables/0/secureValue"
	doc := group(["nginx"], {"unknown": {secret: "forbidden"}})
	some exemption in rule.exempt with input as doc
	contains(exemption.reason, "no image of Azure ML")
}

test_what_is_not_known_is_open if {
	docs := [
		group([own], {"unknown": {"/properties/restartPolicy": "forbidden"}}),
		group([own], {"unknown": {"/properties/containers": "forbidden"}}),
		group(["nginx"], {"unknown": {"/properties/containers/1/properties/image": "forbidden"}}),
		group([], {}),
		policy("Odd"),
	]
	every doc in docs {
		count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as doc
	}
}

test_an_estate_without_groups_has_no_subject if {
	count(((rule.deny | rule.pass) | rule.exempt)) == 0 with input as fixture.whole({})
}
