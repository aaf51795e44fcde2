//! Networks: what leads to a resource privately, and how much of it belongs into an input.
//!
//! A hub network, a central DNS zone or a shared registry is connected to all workspaces of a company.
//! An input holds the networks of its own workspaces, what stands in them or in a network that they are
//! peered with, and nothing behind that.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::relations::{
    BASTION, GATEWAY, Index, PRIVATE_ENDPOINT, Relations, VIRTUAL_NETWORK, WORKSPACE, ZONE_LINK, held, id_at,
};
use super::{Estate, Reference};
use crate::model::{Resource, ResourceId};

/// Relations that are not followed from resource to resource; [`Estate::add_networks`] does it.
pub(super) const NETWORK_RELATIONS: &[&str] = &[
    "bastions",
    "dns_links",
    "dns_zone_groups",
    "gateways",
    "peerings",
    "private_endpoints",
    "remote_network",
    "serverless_network",
    "virtual_network",
    "zone",
    "zones",
];

/// Relations of which an input shows only what it holds: the others are those of strangers, or concern
/// another scope.
pub(super) const CROWDED: &[&str] =
    &["dns_links", "management_assignments", "peerings", "private_endpoints", "role_assignments"];

/// Where a private endpoint names what it leads to: approved by itself, or by somebody else.
const CONNECTIONS: [&str; 2] =
    ["/properties/privateLinkServiceConnections", "/properties/manualPrivateLinkServiceConnections"];

pub(super) const POINTERS: &[(&str, &str)] = &[(PRIVATE_ENDPOINT, CONNECTIONS[0]), (PRIVATE_ENDPOINT, CONNECTIONS[1])];

/// Relations against the direction of the reference: a resource knows its private endpoints, a network
/// what stands in it and which zones are linked to it.
pub(super) fn relate(all: &mut [Relations], resources: &[Resource], index: &Index) {
    let mut found: Vec<(usize, &'static str, usize)> = Vec::new();
    for (number, resource) in resources.iter().enumerate() {
        let relation = match resource.resource_type.as_str() {
            PRIVATE_ENDPOINT => {
                let targets = targets(resource).into_iter().filter_map(|id| index.find(&id, resource, resources));
                found.extend(targets.map(|target| (target, "private_endpoints", number)));
                continue;
            }
            ZONE_LINK => "dns_links",
            GATEWAY => "gateways",
            BASTION => "bastions",
            _ => continue,
        };
        let networks = all[number].get("virtual_network").into_iter().flatten().filter_map(|r| r.target);
        let networks: BTreeSet<usize> = networks.collect();
        found.extend(networks.into_iter().map(|network| (network, relation, number)));
    }
    for (target, relation, number) in found {
        let references = all[target].entry(relation).or_default();
        if references.last().is_none_or(|last| last.target != Some(number)) {
            references.push(held(resources, number));
        }
    }
}

/// The ids that an endpoint leads to.
fn targets(endpoint: &Resource) -> Vec<ResourceId> {
    let mut targets = Vec::new();
    for list in CONNECTIONS {
        match endpoint.get(list).and_then(Value::as_array) {
            Some(items) => targets.extend(
                (0..items.len())
                    .filter_map(|at| id_at(endpoint, &format!("{list}/{at}/properties/privateLinkServiceId"))),
            ),
            None => targets.extend(id_at(endpoint, list)),
        }
    }
    targets
}

/// Types of which a resource may lead to anything: nobody can tell whose endpoint is missing.
pub(super) fn undecided(resources: &[Resource], index: &Index) -> Option<String> {
    let lost = |endpoint: &Resource| {
        targets(endpoint).iter().any(|id| !id.is_exact() && index.find(id, endpoint, resources).is_none())
    };
    let mut endpoints = resources.iter().filter(|r| r.resource_type == PRIVATE_ENDPOINT);
    endpoints.any(lost).then(|| PRIVATE_ENDPOINT.to_owned())
}

/// Drops what no rule asks of a network and what makes a hub large: its subnets list every address.
pub(super) fn trim(resource: &Resource, object: &mut Map<String, Value>) {
    if resource.resource_type == VIRTUAL_NETWORK
        && let Some(Value::Object(properties)) = object.get_mut("properties")
    {
        properties.remove("subnets");
    }
}

/// The networks of an input by their ids, and those that the inventory holds.
#[derive(Default)]
struct Networks {
    keys: BTreeSet<String>,
    held: BTreeSet<usize>,
}

impl Networks {
    fn add(&mut self, estate: &Estate, reference: &Reference) {
        self.keys.insert(key(estate, reference));
        self.held.extend(reference.target);
    }

    fn holds(&self, estate: &Estate, reference: &Reference) -> bool {
        self.keys.contains(&key(estate, reference))
    }
}

fn key(estate: &Estate, reference: &Reference) -> String {
    reference.target.map_or(&reference.id, |number| &estate.resources[number].id).key().to_owned()
}

impl Estate {
    /// What an input holds, with the networks that concern it.
    pub(super) fn with_networks(&self, mut held: BTreeSet<usize>, roots: &[usize]) -> BTreeSet<usize> {
        self.add_networks(&mut held, roots);
        held
    }

    fn add_networks(&self, seen: &mut BTreeSet<usize>, roots: &[usize]) {
        let workspaces = self.workspaces_behind(roots);
        let own = self.networks_of(&workspaces);
        let mut near = Networks { keys: own.keys.clone(), held: own.held.clone() };
        for remote in own.held.iter().flat_map(|network| self.remotes(*network)) {
            near.add(self, remote.1);
        }
        let targets: Vec<usize> = seen.iter().copied().collect();
        let mut networks = Networks { keys: own.keys.clone(), held: own.held.clone() };
        for endpoint in targets.iter().flat_map(|target| self.targets_of(*target, "private_endpoints")) {
            let places: Vec<&Reference> = self.references(endpoint, "virtual_network").collect();
            let concerns =
                |place: &&Reference| near.holds(self, place) || (place.target.is_none() && !place.id.is_exact());
            if places.is_empty() || places.iter().any(concerns) {
                seen.insert(endpoint);
                places.iter().for_each(|place| networks.add(self, place));
            }
        }
        for (peering, remote) in own.held.iter().flat_map(|network| self.remotes(*network)) {
            seen.insert(peering);
            if self.may_use_gateways(peering) {
                networks.add(self, remote);
            }
        }
        self.add_zones(seen, &targets, &own);
        self.add_ways_in(seen, &networks);
    }

    /// The workspaces of an input: the roots, and the hubs of projects among them.
    fn workspaces_behind(&self, roots: &[usize]) -> BTreeSet<usize> {
        let of_type = |number: &usize| self.resources[*number].resource_type == WORKSPACE;
        let roots = roots.iter().copied().filter(of_type);
        roots.flat_map(|root| self.targets_of(root, "hub").chain([root])).collect()
    }

    fn networks_of(&self, workspaces: &BTreeSet<usize>) -> Networks {
        let mut own = Networks::default();
        for workspace in workspaces {
            let inside = ["private_endpoints", "computes"].into_iter().flat_map(|r| self.targets_of(*workspace, r));
            let places = inside.flat_map(|number| self.references(number, "virtual_network"));
            places.chain(self.references(*workspace, "serverless_network")).for_each(|place| own.add(self, place));
        }
        own
    }

    /// The zone groups of the endpoints in an input with their zones, and how its own networks are
    /// linked to these.
    fn add_zones(&self, seen: &mut BTreeSet<usize>, targets: &[usize], own: &Networks) {
        let endpoints = targets.iter().flat_map(|target| self.targets_of(*target, "private_endpoints"));
        let endpoints: Vec<usize> = endpoints.filter(|endpoint| seen.contains(endpoint)).collect();
        let groups: Vec<usize> = endpoints.iter().flat_map(|e| self.targets_of(*e, "dns_zone_groups")).collect();
        let mut zones = Networks::default();
        groups.iter().flat_map(|group| self.references(*group, "zones")).for_each(|zone| zones.add(self, zone));
        seen.extend(groups);
        seen.extend(&zones.held);
        for link in own.held.iter().flat_map(|network| self.targets_of(*network, "dns_links")) {
            if self.references(link, "zone").any(|zone| zones.holds(self, zone) || !zone.id.is_exact()) {
                seen.insert(link);
            }
        }
    }

    fn add_ways_in(&self, seen: &mut BTreeSet<usize>, networks: &Networks) {
        for network in &networks.held {
            seen.insert(*network);
            seen.extend(["gateways", "bastions"].into_iter().flat_map(|r| self.targets_of(*network, r)));
            let back = self.remotes(*network).filter(|(_, remote)| networks.holds(self, remote));
            seen.extend(back.map(|(peering, _)| peering));
        }
    }

    /// The peerings of a network, each with the network on the other side.
    fn remotes(&self, network: usize) -> impl Iterator<Item = (usize, &Reference)> {
        let peerings = self.targets_of(network, "peerings");
        peerings.flat_map(|peering| self.references(peering, "remote_network").map(move |remote| (peering, remote)))
    }

    /// Whether a network may reach the outside through the other side of a peering; one that is not
    /// known may.
    fn may_use_gateways(&self, peering: usize) -> bool {
        const FLAG: &str = "/properties/useRemoteGateways";
        let resource = &self.resources[peering];
        let pointer = crate::model::Pointer::parse(FLAG);
        match resource.get(FLAG).and_then(Value::as_bool) {
            Some(known) => known,
            None => pointer.is_some_and(|pointer| resource.unknown_at(&pointer).is_some()),
        }
    }

    fn references(&self, number: usize, relation: &'static str) -> impl Iterator<Item = &Reference> {
        self.relations[number].get(relation).into_iter().flatten()
    }

    fn targets_of(&self, number: usize, relation: &'static str) -> impl Iterator<Item = usize> {
        self.references(number, relation).filter_map(|reference| reference.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::estate::{Defaults, EvidencePaths, Home};
    use crate::model::Inventory;
    use serde_json::json;

    const GROUP: &str = "/subscriptions/s/resourceGroups/g/providers";
    const ML: &str = "Microsoft.MachineLearningServices/workspaces";

    fn id(rest: &str) -> String {
        format!("{GROUP}/{rest}")
    }

    fn network(name: &str) -> String {
        id(&format!("Microsoft.Network/virtualNetworks/{name}"))
    }

    fn endpoint(name: &str, home: &str, target: &str) -> Value {
        json!({
            "id": id(&format!("Microsoft.Network/privateEndpoints/{name}")),
            "properties": {
                "subnet": {"id": format!("{}/subnets/pe", network(home))},
                "privateLinkServiceConnections": [{"properties": {"privateLinkServiceId": target}}],
            },
        })
    }

    /// A pair for each number; all share a registry, a hub with a gateway, and a DNS zone.
    fn company(pairs: usize) -> Estate {
        let registry = id("Microsoft.ContainerRegistry/registries/acr");
        let zone = id("Microsoft.Network/privateDnsZones/privatelink.azurecr.io");
        let mut back = Vec::new();
        let mut bodies = vec![json!({"id": registry}), json!({"id": zone})];
        for name in (0..pairs).flat_map(|number| [format!("a{number}"), format!("b{number}")]) {
            let (other, role) = match name.strip_prefix('a') {
                Some(number) => (format!("b{number}"), "primary"),
                None => (format!("a{}", &name[1..]), "secondary"),
            };
            let workspace = id(&format!("{ML}/{name}"));
            bodies.push(json!({
                "id": workspace,
                "location": if role == "primary" { "westeurope" } else { "northeurope" },
                "tags": {"holdfast-pair": id(&format!("{ML}/{other}")), "holdfast-role": role},
                "properties": {"containerRegistry": registry},
            }));
            bodies.push(json!({"id": network(&name), "properties": {"virtualNetworkPeerings": [{
                "name": "hub",
                "properties": {"useRemoteGateways": true, "remoteVirtualNetwork": {"id": network("hub")}},
            }]}}));
            bodies.push(endpoint(&format!("{name}-ws"), &name, &workspace));
            bodies.push(endpoint(&format!("{name}-acr"), &name, &registry));
            let group = format!("Microsoft.Network/privateEndpoints/{name}-acr/privateDnsZoneGroups/default");
            let configs = json!([{"properties": {"privateDnsZoneId": zone}}]);
            bodies.push(json!({"id": id(&group), "properties": {"privateDnsZoneConfigs": configs}}));
            let link = format!("{zone}/virtualNetworkLinks/{name}");
            bodies.push(json!({"id": link, "properties": {"virtualNetwork": {"id": network(&name)}}}));
            back.push(json!({"name": name, "properties": {"remoteVirtualNetwork": {"id": network(&name)}}}));
        }
        let addresses =
            json!([{"properties": {"subnet": {"id": format!("{}/subnets/GatewaySubnet", network("hub"))}}}]);
        bodies.push(json!({"id": network("hub"), "properties": {"virtualNetworkPeerings": back, "subnets": [1]}}));
        let gateway = id("Microsoft.Network/virtualNetworkGateways/gw");
        bodies.push(json!({"id": gateway, "properties": {"ipConfigurations": addresses}}));
        let resources = bodies.into_iter().filter_map(Resource::live).collect();
        let inventory = Inventory { resources, captured_at: Some(String::new()), ..Inventory::default() };
        Estate::assemble(inventory, &Config::default(), &EvidencePaths::new(), &Defaults::default())
    }

    fn document(pairs: usize) -> Value {
        company(pairs).input(Home::Pair(0), &Config::default(), "2026-11-24").document
    }

    #[test]
    fn what_all_workspaces_share_does_not_pull_them_together() {
        let (few, many) = (document(2), document(40));
        let size = |document: &Value| document["resources"].as_object().map(Map::len);
        assert_eq!(size(&few), size(&many));
        assert_eq!(few.to_string().len(), many.to_string().len());
    }

    #[test]
    fn an_input_holds_its_networks_and_the_ways_into_them() {
        let document = document(3);
        let relation = |key: &str, name: &str| {
            let found = document["resources"][key.to_lowercase()]["relations"][name].as_array().cloned();
            let mut names: Vec<String> =
                found.into_iter().flatten().filter_map(|r| Some(r["name"].as_str()?.to_owned())).collect();
            names.sort();
            names
        };
        let registry = id("Microsoft.ContainerRegistry/registries/acr");
        assert_eq!(relation(&registry, "private_endpoints"), ["a0-acr", "b0-acr"], "not those of the other pairs");
        assert_eq!(relation(&network("hub"), "peerings"), ["a0", "b0"]);
        assert_eq!(relation(&network("hub"), "gateways"), ["gw"]);
        assert_eq!(relation(&network("a0"), "dns_links"), ["a0"]);
        assert!(document["resources"][network("hub").to_lowercase()]["properties"].get("subnets").is_none());
    }

    #[test]
    fn an_endpoint_of_an_unknown_target_leaves_the_others_undecided() {
        let mut endpoint = Resource::live(endpoint("e", "n", "x")).expect("it has an id");
        let index = Index::new(&[]);
        assert_eq!(undecided(std::slice::from_ref(&endpoint), &index), None, "a known target of another source");
        endpoint.body["properties"]["privateLinkServiceConnections"][0]["properties"] = json!({});
        let at = "/properties/privateLinkServiceConnections/0/properties/privateLinkServiceId";
        let at = crate::model::Pointer::parse(at).expect("valid");
        endpoint.unknown.insert(at, crate::model::Unknown::NotCollected);
        assert_eq!(undecided(&[endpoint], &index).as_deref(), Some(PRIVATE_ENDPOINT));
    }
}
