package holdfast.rules.code.images_rebuilt_test

import data.holdfast.lib.fixture_repository as fixture
import data.holdfast.rules.code.images_rebuilt as rule

environment(yaml, references) := {"env.yml": {
	"type": "definition",
	"kind": "environment",
	"declared_name": "train",
	"yaml": yaml,
	"references": references,
}}

image(name) := environment({"image": name}, {})

build(reference) := environment({"build": {"path": "docker"}}, {"build.dockerfile_path": object.union(
	{"kind": "dockerfile", "form": "path", "path": "docker/Dockerfile"},
	reference,
)})

all := ["Microsoft.ContainerRegistry/registries", "Microsoft.ContainerRegistry/registries/replications"]

test_missing_dockerfile_is_denied if {
	doc := fixture.repository(build({"found": false}))
	some found in rule.deny with input as doc
	found.pointer == "/references/build.dockerfile_path"
	contains(found.message, `"env.yml" is built from "docker/Dockerfile", which is not in the repository`)
	count(rule.pass) == 0 with input as doc
}

test_dockerfile_that_is_there_passes if {
	doc := fixture.repository(build({"found": true}))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_build_outside_of_the_repository_is_open if {
	doc := fixture.repository(build({}))
	count(rule.pass) == 0 with input as doc
	count(rule.deny) == 0 with input as doc
	some reason in rule.open with input as doc
	contains(reason.reason, "outside of the repository")
}

test_images_of_microsoft_pass if {
	doc := fixture.repository(image("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"))
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_image_of_a_replicated_registry_passes if {
	doc := fixture.complete(fixture.repository_with(image("acr.azurecr.io/train:3"), {}), all)
	count(rule.pass) == 1 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_image_of_a_registry_in_one_region_is_denied if {
	single := {"acr/northeurope": null}
	doc := fixture.complete(fixture.repository_with(image("ACR.azurecr.io/train:3"), single), all)
	some found in rule.deny with input as doc
	found.pointer == "/yaml/image"
	contains(found.message, `and "acr" is in one region`)
	count(rule.pass) == 0 with input as doc
	partial := fixture.repository_with(image("acr.azurecr.io/train:3"), single)
	count(rule.deny) == 0 with input as partial
	count(rule.pass) == 0 with input as partial
}

test_image_of_an_unknown_registry_is_denied_where_all_are_known if {
	elsewhere := image("contoso.azurecr.io/train:3")
	doc := fixture.complete(fixture.repository_with(elsewhere, {}), all)
	some found in rule.deny with input as doc
	contains(found.message, "of a registry that nothing here declares")
	partial := fixture.repository_with(elsewhere, {})
	count(rule.deny) == 0 with input as partial
	some reason in rule.open with input as partial
	contains(reason.reason, `the registry of "contoso.azurecr.io/train:3"`)
}

test_public_tags_are_a_note_and_digests_pass if {
	tag := fixture.repository(image("python:3.11"))
	some found in rule.deny with input as tag
	found.level == "note"
	contains(found.message, `expected is the image by digest, python@sha256:…`)
	port := fixture.repository(image("nvcr.io/nvidia/pytorch:24.01-py3"))
	count(rule.deny) == 1 with input as port
	digest := fixture.repository(image("docker.io/library/python@sha256:0a1b"))
	count(rule.pass) == 1 with input as digest
	count(rule.deny) == 0 with input as digest
}

test_registry_with_a_port_is_not_public if {
	doc := fixture.repository(image("registry:5000/train:1"))
	count(rule.deny) == 0 with input as doc
	count(rule.open) == 1 with input as doc
}

test_image_left_to_a_template_is_open if {
	doc := fixture.repository({"env.yml": {
		"type": "definition",
		"kind": "environment",
		"yaml": {},
		"unknown": {"/yaml/image": "the expression {{ image }} cannot be resolved"},
	}})
	verdicts := count(rule.deny) + count(rule.pass) with input as doc
	verdicts == 0
	count(rule.exempt) == 0 with input as doc
}

test_environment_without_image_is_exempt if {
	doc := fixture.repository(environment({"conda_file": "conda.yml"}, {}))
	count(rule.exempt) == 1 with input as doc
}

test_build_counts_where_an_image_is_named_too if {
	both := environment(
		{"image": "mcr.microsoft.com/x:1", "build": {"path": "docker"}},
		{"build.dockerfile_path": {"kind": "dockerfile", "form": "path", "path": "docker/Dockerfile", "found": false}},
	)
	doc := fixture.repository(both)
	count(rule.deny) == 1 with input as doc
	count(rule.pass) == 0 with input as doc
}
