# METADATA
# title: Facts about endpoints and deployments
# scope: package
package holdfast.lib.inference

import data.holdfast.lib.estate
import data.holdfast.lib.twins

# The relation in which a workspace has endpoints like this one.
relation(endpoint) := "serverless_endpoints" if serverless(endpoint)

relation(endpoint) := "online_endpoints" if not serverless(endpoint)

serverless(endpoint) if endswith(endpoint.type, "/serverlessendpoints")

# The endpoint of the secondary that has the name of one of the primary.
twin(subject, endpoint) := twins.twin(estate.secondary(estate.pair(subject)), relation(endpoint), endpoint.name)

# Whether a workspace is the failover member of a pair in which it only stands by.
standby(pair, workspace) if {
	estate.same(estate.secondary(pair), workspace)
	pair.tier.inference != "active-active"
}

# The sum of the traffic of an endpoint, in percent.
traffic_sum(endpoint) := sum([weight | some weight in endpoint.properties.traffic]) if {
	is_object(endpoint.properties.traffic)
	estate.settled(endpoint, ["properties", "traffic"])
}

# The names of the deployments of an endpoint that receive traffic.
receiving(endpoint) := {name | some name, weight in endpoint.properties.traffic; weight > 0}

# The deployment of an endpoint with a name.
deployment(endpoint, name) := one if {
	some one in estate.related(endpoint, "deployments")
	twins.alike(one.name, name)
}

# The deployments that answer, or that will when the endpoint takes over: those with traffic, or all if
# there is none.
serving(endpoint) := [one |
	some one in estate.related(endpoint, "deployments")
	some name in receiving(endpoint)
	twins.alike(one.name, name)
] if {
	traffic_sum(endpoint) > 0
}

serving(endpoint) := estate.related(endpoint, "deployments") if traffic_sum(endpoint) == 0

# What a model or environment is, whatever workspace it is registered in: name:version, or the asset of
# a registry. "none" if there is none.
asset(one, member) := "none" if estate.absent(one, ["properties", member])

asset(one, member) := asset_key(one.properties[member]) if is_string(one.properties[member])

asset(one, member) := asset_key(one.properties[member].assetId)

asset_key(id) := lower(id) if startswith(lower(id), "azureml://registries/")

asset_key(id) := concat(":", [parts[count(parts) - 3], parts[count(parts) - 1]]) if {
	startswith(id, "/")
	parts := split(lower(id), "/")
	parts[count(parts) - 2] == "versions"
}

asset_key(id) := trim_prefix(lower(id), "azureml:") if {
	startswith(lower(id), "azureml:")
	not startswith(lower(id), "azureml:/")
}

# The host name in a URL, or in a host name.
host(url) := split(split(parts[count(parts) - 1], "/")[0], ":")[0] if parts := split(lower(url), "://")
