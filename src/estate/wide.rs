//! The wide inputs: one per subscription with workspaces, and those of the estate.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::subjects::{Root, kinds};
use super::{Estate, Subject};
use crate::config::Config;
use crate::model::{Region, ResourceId};

/// What a subscription says of itself as a whole, whether a workspace leads there or not.
const OF_SUBSCRIPTION: &[&str] = &["microsoft.insights/activitylogalerts"];
/// What is judged in the estate although no workspace leads there.
const OF_ESTATE: &[&str] = &["microsoft.containerinstance/containergroups"];
const SUBSCRIPTION: &str = "microsoft.resources/subscriptions";

/// A subscription that holds workspaces or is what pairs fail over into.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionGroup {
    /// Its canonical id. That of a deployment is seldom known: then it stands for the unknown one, and
    /// two that may be one subscription are kept apart.
    pub key: String,
    /// The subscription itself, if the inventory holds it.
    pub resource: Option<usize>,
    /// The judged workspaces in it, by the numbers of their resources.
    pub workspaces: Vec<usize>,
    /// The pairs with a member in it, by their places in [`Estate::pairs`].
    pub pairs: Vec<usize>,
    /// The regions into which pairs fail over.
    pub regions: Vec<FailoverRegion>,
    /// What it says of itself as a whole.
    own: Vec<usize>,
}

/// A region of a subscription that takes over for workspaces elsewhere.
#[derive(Clone, Debug)]
pub struct FailoverRegion {
    /// The region.
    pub region: Region,
    /// The pairs that fail over into it; those without a direction may.
    pub pairs: Vec<usize>,
    /// The first of the workspaces that take over.
    pub workspace: usize,
}

/// The subscriptions of an estate.
pub(super) fn group(estate: &Estate) -> Vec<SubscriptionGroup> {
    let mut groups: BTreeMap<String, SubscriptionGroup> = BTreeMap::new();
    for facts in estate.workspaces.iter().filter(|w| w.judged) {
        at(&mut groups, estate, facts.resource).workspaces.push(facts.resource);
    }
    for (number, pair) in estate.pairs.iter().enumerate() {
        for member in pair.members {
            let group = at(&mut groups, estate, member);
            if group.pairs.last() != Some(&number) {
                group.pairs.push(number);
            }
            if !pair.directed || member == pair.members[1] {
                add_region(group, estate, member, number);
            }
        }
    }
    for (number, resource) in estate.resources.iter().enumerate() {
        let whole = resource.resource_type == SUBSCRIPTION;
        if !whole && !OF_SUBSCRIPTION.contains(&resource.resource_type.as_str()) {
            continue;
        }
        let Some(group) = groups.get_mut(&subscription_of(&resource.id)) else { continue };
        group.own.push(number);
        if whole {
            group.resource = Some(number);
        }
    }
    groups.into_values().collect()
}

fn at<'g>(
    groups: &'g mut BTreeMap<String, SubscriptionGroup>,
    estate: &Estate,
    workspace: usize,
) -> &'g mut SubscriptionGroup {
    let key = subscription_of(&estate.resources[workspace].id);
    groups.entry(key.clone()).or_insert_with(|| SubscriptionGroup { key, ..SubscriptionGroup::default() })
}

fn add_region(group: &mut SubscriptionGroup, estate: &Estate, workspace: usize, pair: usize) {
    let Some(region) = estate.resources[workspace].region() else { return };
    match group.regions.iter_mut().find(|known| known.region == region) {
        Some(known) => known.pairs.push(pair),
        None => group.regions.push(FailoverRegion { region, pairs: vec![pair], workspace }),
    }
}

/// The canonical id of the subscription of a resource; where that is unknown, of its scope.
fn subscription_of(id: &ResourceId) -> String {
    let Some(name) = id.segment_after("subscriptions") else {
        return id.scope().map(|scope| scope.key().to_owned()).unwrap_or_default();
    };
    let mut text = crate::model::Text::known("/subscriptions/");
    text.push(name);
    ResourceId::from_text(text).key().to_owned()
}

impl Estate {
    /// What the input of a subscription starts from.
    pub(super) fn subscription_roots(&self, at: usize) -> Vec<usize> {
        let group = &self.subscriptions[at];
        let members = group.pairs.iter().flat_map(|pair| self.pairs[*pair].members);
        let mut roots: Vec<usize> = group.workspaces.iter().chain(&group.own).copied().chain(members).collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    pub(super) fn subscription_subjects(
        &self,
        at: usize,
        kind: &'static str,
        root: &Root,
        config: &Config,
        subjects: &mut Vec<Subject>,
    ) {
        let group = &self.subscriptions[at];
        match root {
            Root::Subscription => {
                // What pairs fail over into holds no workspace that is judged if it is only referred to.
                let Some(first) = group.workspaces.first() else { return };
                let tiers = self.tiers_of(&group.workspaces, config);
                let workspaces = group.workspaces.clone();
                let subject = Subject::new(group.key.clone(), kind, *first, tiers);
                subjects.push(Subject { resource: group.resource, workspaces, ..subject });
            }
            Root::FailoverRegion => {
                for region in &group.regions {
                    let usages = self.relations[region.workspace].get("usages").and_then(|found| found.first());
                    let id = format!("{}/locations/{}", group.key, region.region);
                    subjects.push(Subject {
                        resource: usages.and_then(|usages| usages.target),
                        pairs: region.pairs.clone(),
                        region: Some(region.region.clone()),
                        ..Subject::new(id, kind, region.workspace, self.tiers_of_pairs(&region.pairs, config))
                    });
                }
            }
            _ => {}
        }
    }

    /// Whether a resource is judged in the estate although no workspace leads there.
    pub(super) fn is_judged_anywhere(&self, number: usize) -> bool {
        OF_ESTATE.contains(&self.resources[number].resource_type.as_str())
    }

    pub(super) fn estate_subjects(&self, part: usize, resources: &[usize], config: &Config) -> Vec<Subject> {
        let users = self.users_in(part);
        let named = self.all_dependencies(config);
        let mut subjects = Vec::new();
        for (kind, root) in kinds() {
            if let Root::Referred(relation, _) = root {
                subjects.extend(self.referred(kind, relation, resources, &users, config));
            }
            for number in resources {
                let used = users.get(number).map_or(&[][..], Vec::as_slice);
                let is_one = match root {
                    Root::OfType(types) => types.contains(&self.resources[*number].resource_type.as_str()),
                    Root::Referred(_, of) => named.contains(number) && self.resources[*number].resource_type == *of,
                    Root::Anything => !used.is_empty() || named.contains(number),
                    _ => false,
                };
                if is_one {
                    let place = used.first().copied().unwrap_or(*number);
                    let subject = Subject::new(self.key(*number), kind, place, self.tiers_of(used, config));
                    subjects.push(Subject { resource: Some(*number), workspaces: used.to_vec(), ..subject });
                }
            }
        }
        let mut seen = BTreeSet::new();
        subjects.retain(|subject: &Subject| seen.insert((subject.kind, subject.id.clone())));
        subjects
    }

    /// What these resources lead to by a relation, held or not.
    fn referred(
        &self,
        kind: &'static str,
        relation: &str,
        resources: &[usize],
        users: &HashMap<usize, Vec<usize>>,
        config: &Config,
    ) -> Vec<Subject> {
        let mut by_key: BTreeMap<String, (Option<usize>, BTreeSet<usize>)> = BTreeMap::new();
        for from in resources {
            for reference in self.relations[*from].get(relation).into_iter().flatten() {
                let id = reference.target.map_or(&reference.id, |number| &self.resources[number].id);
                let found = by_key.entry(id.key().to_owned()).or_default();
                found.0 = reference.target;
                found.1.extend(users.get(from).into_iter().flatten());
            }
        }
        // What no judged workspace leads to is nobody's.
        let used = by_key.into_iter().filter(|(_, (_, users))| !users.is_empty());
        used.map(|(id, (resource, users))| {
            let workspaces: Vec<usize> = users.into_iter().collect();
            let subject = Subject::new(id, kind, workspaces[0], self.tiers_of(&workspaces, config));
            Subject { resource, workspaces, ..subject }
        })
        .collect()
    }

    /// What the configuration names as depended on, by any pair.
    pub(super) fn all_dependencies(&self, config: &Config) -> BTreeSet<usize> {
        let of_pairs = config.pairs.iter().flat_map(|pair| &pair.data_dependencies);
        self.dependencies(config.data_dependencies.iter().chain(of_pairs).map(String::as_str))
    }

    /// The judged workspaces of a part that reach each resource.
    fn users_in(&self, part: usize) -> HashMap<usize, Vec<usize>> {
        let mut users: HashMap<usize, Vec<usize>> = HashMap::new();
        for facts in self.parts[part].workspaces.iter().map(|at| &self.workspaces[*at]) {
            for number in self.reachable(&[facts.resource], false) {
                users.entry(number).or_default().push(facts.resource);
            }
        }
        users
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::estate::{Defaults, EvidencePaths, Home};
    use crate::model::{Inventory, Resource};
    use crate::rule::Scope;
    use serde_json::{Value, json};

    const ML: &str = "Microsoft.MachineLearningServices";

    fn workspace(subscription: &str, name: &str, location: &str, tags: Value) -> Value {
        let id = format!("/subscriptions/{subscription}/resourceGroups/g/providers/{ML}/workspaces/{name}");
        json!({"id": id, "location": location, "tags": tags, "properties": {}})
    }

    fn primary(subscription: &str, name: &str, location: &str, counterpart: &str) -> Value {
        let other = format!("/subscriptions/s2/resourceGroups/g/providers/{ML}/workspaces/{counterpart}");
        workspace(subscription, name, location, json!({"holdfast-pair": other, "holdfast-role": "primary"}))
    }

    /// Two primaries in two subscriptions that fail over to workspaces in one region.
    fn estate(more: Vec<Value>) -> Estate {
        let back = |subscription: &str, name: &str| {
            let id = format!("/subscriptions/{subscription}/resourceGroups/g/providers/{ML}/workspaces/{name}");
            json!({"holdfast-pair": id, "holdfast-role": "secondary"})
        };
        let mut bodies = vec![
            primary("s1", "a", "westeurope", "a-dr"),
            primary("s2", "b", "swedencentral", "b-dr"),
            workspace("s2", "a-dr", "northeurope", back("s1", "a")),
            workspace("s2", "b-dr", "North Europe", back("s2", "b")),
        ];
        bodies.extend(more);
        let resources = bodies.into_iter().filter_map(Resource::live).collect();
        let inventory = Inventory { resources, captured_at: Some(String::new()), ..Inventory::default() };
        Estate::assemble(inventory, &Config::default(), &EvidencePaths::new(), &Defaults::default())
    }

    fn document(estate: &Estate, home: Home) -> Value {
        estate.input(home, &Config::default(), "2026-11-24").document
    }

    fn of_kind<'d>(document: &'d Value, kind: &str) -> Vec<&'d Value> {
        document["subjects"].as_array().expect("a list").iter().filter(|s| s["kind"] == kind).collect()
    }

    #[test]
    fn pairs_are_gathered_where_they_fail_over() {
        let usages = format!("/subscriptions/S2/providers/{ML}/locations/northeurope/usages/default");
        let estate = estate(vec![json!({"id": usages, "location": "northeurope", "value": []})]);
        let homes = estate.homes(Scope::Subscription);
        assert_eq!(homes.len(), 2);
        let first = document(&estate, homes[0]);
        assert!(of_kind(&first, "subscription_region").is_empty(), "nothing fails over into s1");
        assert_eq!(of_kind(&first, "subscription")[0]["workspaces"].as_array().map(Vec::len), Some(1));
        let second = document(&estate, homes[1]);
        let regions = of_kind(&second, "subscription_region");
        assert_eq!(regions.len(), 1);
        assert_eq!(regions[0]["region"], "northeurope");
        assert_eq!(regions[0]["pairs"].as_array().map(Vec::len), Some(2));
        assert_eq!(regions[0]["resource"], usages.to_lowercase());
        assert_eq!(second["resources"].as_object().map(serde_json::Map::len), Some(5));
        assert_eq!(second["pairs"][0]["parameters"]["min_online_instances"], 3);
    }

    #[test]
    fn lists_of_a_region_stay_out_of_small_inputs() {
        let usages = format!("/subscriptions/s2/providers/{ML}/locations/northeurope/usages/default");
        let estate = estate(vec![json!({"id": usages, "location": "northeurope", "value": []})]);
        for home in estate.homes(Scope::Workspace).into_iter().chain(estate.homes(Scope::Estate)) {
            assert!(!document(&estate, home).to_string().contains("usages"));
        }
        let pairs = estate.homes(Scope::Pair);
        assert!(document(&estate, pairs[0])["resources"].get(usages.to_lowercase()).is_some());
    }

    #[test]
    fn the_estate_holds_what_is_reached_and_what_is_judged_anywhere() {
        let id = |rest: &str| format!("/subscriptions/s1/resourceGroups/g/providers/{rest}");
        let compute = id(&format!("{ML}/workspaces/a/computes/c"));
        let group = id("Microsoft.ContainerInstance/containerGroups/g");
        let stranger = id("Microsoft.Web/sites/w");
        let estate = estate(vec![json!({"id": compute}), json!({"id": group}), json!({"id": stranger})]);
        let document = document(&estate, Home::Estate(0));
        assert_eq!(document["resources"].as_object().map(serde_json::Map::len), Some(6));
        let groups = of_kind(&document, "container_group");
        assert_eq!(groups[0]["workspaces"], json!([]));
        let used: Vec<_> =
            of_kind(&document, "resource").into_iter().filter(|s| s["id"] == compute.to_lowercase()).collect();
        assert_eq!(used[0]["workspaces"].as_array().map(Vec::len), Some(1));
        assert!(!document["subjects"].to_string().contains("sites/w"));
    }

    #[test]
    fn a_registry_is_judged_if_an_asset_of_it_is_used() {
        let id = |rest: &str| format!("/subscriptions/s1/resourceGroups/g/providers/{ML}/{rest}");
        let deployment = id("workspaces/a/onlineEndpoints/e/deployments/blue");
        let model = |name: &str| format!("azureml://registries/{name}/models/m/versions/1");
        let bodies = vec![
            json!({"id": id("workspaces/a/onlineEndpoints/e")}),
            json!({"id": deployment, "properties": {"model": model("used"), "environmentId": model("lost")}}),
            json!({"id": id("registries/used")}),
            json!({"id": id("registries/unused")}),
        ];
        let document = document(&estate(bodies), Home::Estate(0));
        let registries = of_kind(&document, "ml_registry");
        assert_eq!(registries.len(), 2, "{registries:?}");
        assert!(registries.iter().any(|s| s["resource"] == id("registries/used").to_lowercase()));
        assert!(registries.iter().all(|s| s["workspaces"].as_array().map(Vec::len) == Some(1)));
    }

    #[test]
    fn unknown_subscriptions_are_kept_apart() {
        use crate::model::{Hole, Text};
        let id = |owner: &str| {
            let mut text = Text::known("/subscriptions/");
            text.push_hole(Hole::new(owner, "subscription().subscriptionId"));
            text.push_known("/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w");
            subscription_of(&ResourceId::from_text(text))
        };
        assert_ne!(id("a"), id("b"));
        assert_eq!(id("a"), id("a"));
        assert_eq!(subscription_of(&ResourceId::parse("/subscriptions/S/resourceGroups/g")), "/subscriptions/s");
    }
}
