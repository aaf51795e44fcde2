# METADATA
# title: Custom images are built from a Dockerfile kept with the code
# description: |
#   An image that only exists in one registry is gone with its region. One that is built from a Dockerfile of
#   the repository can be built again; images of Microsoft's registry and of a registry that is replicated
#   stay available. A Dockerfile that is not at the path of the build is a finding in any case; an image of a
#   registry that nothing here declares is one where all registries are known. A tag of a public registry
#   may be moved by its owner, so that two regions differ: that is a note.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/reference-yaml-environment
#   - ref: https://learn.microsoft.com/azure/container-registry/container-registry-geo-replication
# custom:
#   id: HF-CODE-006
#   level: {active-active: warning, active-standby: warning, active-passive: note}
#   score: 5.0
#   scope: repository
#   subject: environment_definition
#   evidence:
#     repository/definition:
#       - {any_of: [/yaml/image, /references]}
#     Microsoft.ContainerRegistry/registries: [{any_of: ["", /location]}]
#     Microsoft.ContainerRegistry/registries/replications: [{any_of: ["", /location]}]
#   absence: [Microsoft.ContainerRegistry/registries, Microsoft.ContainerRegistry/registries/replications]
#   static: yes
#   seeds: [S06, S69]
#   change: in-place
#   cost: none
#   remediation:
#     text: |
#       Commit the Dockerfile and build from it, or take the image from a registry that is replicated to both regions:
#       `image: crfraudprod.azurecr.io/train:3`.
#     cli: |
#       cat > environments/train.yml <<'END'
#       $schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json
#       name: train
#       build:
#         path: ../docker
#         dockerfile_path: Dockerfile
#       END
#       az acr build -r <acr> -t train:3 -f docker/Dockerfile docker
#     bicep: |
#       properties: { build: { contextUri: contextUri, dockerfilePath: 'Dockerfile' } }
package holdfast.rules.code.images_rebuilt

import data.holdfast.lib.estate
import data.holdfast.lib.finding
import data.holdfast.lib.repository

deny contains finding.about(found, name) if {
	some subject in estate.subjects("environment_definition")
	one := estate.resource(subject)
	some name, reference in repository.references(one, "dockerfile")
	reference.found == false
	message := sprintf(
		`"%s" is built from "%s", which is not in the repository; expected is that Dockerfile`,
		[one.name, reference.path],
	)
	found := finding.of(subject, one, repository.pointer(["references", name]), message)
}

deny contains finding.of(subject, one, "/yaml/image", message) if {
	estate.complete("Microsoft.ContainerRegistry/registries")
	some [subject, one, image] in images
	private(image)
	registries(image) == set()
	message := sprintf(
		`"%s" uses the image "%s" of a registry that nothing here declares; expected is a Dockerfile or a replicated registry`,
		[one.name, image],
	)
}

deny contains finding.of(subject, one, "/yaml/image", message) if {
	some [subject, one, image] in images
	some registry in registries(image)
	estate.complete_in("Microsoft.ContainerRegistry/registries/replications", registry.id)
	object.get(registry, ["relations", "replications"], []) == []
	message := sprintf(
		`"%s" uses the image "%s", and "%s" is in one region; expected is a Dockerfile or a replicated registry`,
		[one.name, image, registry.name],
	)
}

deny contains finding.at_level(subject, one, "/yaml/image", message, "note") if {
	some [subject, one, image] in images
	public(image)
	not contains(image, "@sha256:")
	message := sprintf(
		`"%s" uses "%s", a tag that its owner may move; expected is the image by digest, %s@sha256:…`,
		[one.name, image, regex.replace(image, `:[^:/]*$`, "")],
	)
}

pass contains subject.id if {
	some [subject, one, image] in images
	repository.references(one, "dockerfile") == {}
	available(image)
}

pass contains subject.id if {
	some subject in estate.subjects("environment_definition")
	some reference in repository.references(estate.resource(subject), "dockerfile")
	reference.found
}

exempt contains finding.exempt(subject, "it names neither an image nor a build") if {
	some subject in estate.subjects("environment_definition")
	one := estate.resource(subject)
	estate.absent(one, ["yaml", "image"])
	estate.absent(one, ["yaml", "build"])
}

open contains finding.open(subject, reason) if {
	some [subject, _, image] in images
	private(image)
	registries(image) == set()
	reason := sprintf(`the registry of "%s" is not in what was scanned`, [image])
}

open contains finding.open(subject, reason) if {
	some subject in estate.subjects("environment_definition")
	some reference in repository.references(estate.resource(subject), "dockerfile")
	object.get(reference, "found", null) == null
	reason := "its build context is outside of the repository, or left to a template"
}

images contains [subject, one, image] if {
	some subject in estate.subjects("environment_definition")
	one := estate.resource(subject)
	image := one.yaml.image
	is_string(image)
}

# Microsoft's registry, a public one by digest, a replicated one of this estate.
available(image) if host(image) == "mcr.microsoft.com"

available(image) if {
	public(image)
	contains(image, "@sha256:")
}

available(image) if {
	some registry in registries(image)
	some replica in registry.relations.replications
	replica.found
}

public(image) if {
	host(image) in {
		"docker.io", "registry-1.docker.io", "index.docker.io", "ghcr.io",
		"quay.io", "nvcr.io", "gcr.io", "public.ecr.aws",
	}
}

private(image) if {
	not public(image)
	host(image) != "mcr.microsoft.com"
}

# The registry of an image: what stands before the first slash if it can be a host.
host(image) := lower(parts[0]) if {
	parts := split(image, "/")
	count(parts) > 1
	is_host(parts[0])
} else := "docker.io"

is_host(part) if contains(part, ".")

is_host(part) if contains(part, ":")

# The container registries of the estate with the login server of an image.
registries(image) := {registry |
	some registry in all_registries
	startswith(host(image), concat("", [lower(registry.name), ".azurecr."]))
}

all_registries := {registry |
	some registry in input.resources
	registry.type == "microsoft.containerregistry/registries"
}
