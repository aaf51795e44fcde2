//! What Azure itself says of its regions: the locations of a subscription, and where the provider of
//! Azure ML offers workspaces. It stands above the tables of `policies/data`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::model::{Region, Resource};

/// The locations of a subscription, as one resource.
const LOCATIONS: &str = "microsoft.resources/locations";
/// The provider of Azure ML in a subscription.
const PROVIDER: &str = "microsoft.resources/providers";

/// The types and properties that facts about regions come from: what a live scan must read for them.
pub fn region_paths() -> [(&'static str, &'static str); 2] {
    [(LOCATIONS, "/value"), (PROVIDER, "/resourceTypes")]
}

/// What one subscription is told of a region.
#[derive(Clone, Debug, Default, PartialEq)]
struct Facts {
    /// `Some(None)`: it has no pair.
    pair: Option<Option<Region>>,
    zones: Option<bool>,
    offered: Option<bool>,
}

/// What subscriptions are told of regions.
#[derive(Debug, Default)]
pub(super) struct RegionFacts {
    by_subscription: HashMap<String, Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    locations: BTreeMap<Region, Facts>,
    /// The regions that offer workspaces; `None` if the provider was not asked.
    offering: Option<BTreeSet<Region>>,
}

impl RegionFacts {
    pub(super) fn of(resources: &[Resource]) -> Self {
        let mut facts = Self::default();
        for resource in resources {
            let Some(subscription) = subscription_of(resource) else { continue };
            match resource.resource_type.as_str() {
                LOCATIONS => facts.answers(subscription).locations = locations(resource),
                PROVIDER => facts.answers(subscription).offering = offering(resource),
                _ => {}
            }
        }
        facts
    }

    fn answers(&mut self, subscription: String) -> &mut Answers {
        self.by_subscription.entry(subscription).or_default()
    }

    /// The facts about the regions of these resources, as rules see them.
    pub(super) fn to_json<'r>(&self, resources: impl Iterator<Item = &'r Resource>) -> Map<String, Value> {
        if self.by_subscription.is_empty() {
            return Map::new();
        }
        let places: BTreeSet<(Region, String)> =
            resources.filter_map(|r| Some((r.region()?, r.id.subscription()?))).collect();
        let mut all: BTreeMap<Region, Facts> = BTreeMap::new();
        for (region, subscription) in places {
            let Some(answers) = self.by_subscription.get(&subscription) else { continue };
            let told = answers.facts(&region);
            let known = all.entry(region).or_default();
            known.pair = known.pair.take().or(told.pair);
            // Subscriptions may be told different things; what holds for all of them is the lesser.
            known.zones = lesser(known.zones, told.zones);
            known.offered = lesser(known.offered, told.offered);
        }
        let all = all.into_iter().map(|(region, facts)| (region.as_str().to_owned(), facts.to_json()));
        all.filter(|(_, facts)| facts.as_object().is_some_and(|facts| !facts.is_empty())).collect()
    }
}

/// Both are `…/subscriptions/{id}/locations` and the like, which is no id of a resource.
fn subscription_of(resource: &Resource) -> Option<String> {
    let key = resource.id.key().strip_prefix("/subscriptions/")?;
    key.split('/').next().map(str::to_owned)
}

fn lesser(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a && b),
        (a, b) => a.or(b),
    }
}

impl Answers {
    fn facts(&self, region: &Region) -> Facts {
        let located = self.locations.get(region).cloned().unwrap_or_default();
        Facts { offered: self.offering.as_ref().map(|regions| regions.contains(region)), ..located }
    }
}

impl Facts {
    fn to_json(&self) -> Value {
        let mut json = Map::new();
        if let Some(pair) = &self.pair {
            json.insert("pair".to_owned(), pair.as_ref().map_or(Value::Null, |pair| pair.as_str().into()));
        }
        json.extend(self.zones.map(|zones| ("zones".to_owned(), zones.into())));
        json.extend(self.offered.map(|offered| ("offered".to_owned(), json!(offered))));
        Value::Object(json)
    }
}

/// <https://learn.microsoft.com/rest/api/resources/subscriptions/list-locations>
fn locations(resource: &Resource) -> BTreeMap<Region, Facts> {
    let list: Vec<&Value> = resource.get("/value").and_then(Value::as_array).into_iter().flatten().collect();
    let zoned = |location: &Value| {
        location.get("availabilityZoneMappings").and_then(Value::as_array).is_some_and(|zones| !zones.is_empty())
    };
    // Clouds that know no zone mappings leave them out everywhere; that says nothing.
    let tells_zones = list.iter().any(|location| zoned(location));
    let mut facts = BTreeMap::new();
    for location in list {
        let Some(name) = location.get("name").and_then(Value::as_str) else { continue };
        let logical = location.pointer("/metadata/regionType").and_then(Value::as_str) == Some("Logical");
        if logical {
            continue;
        }
        let paired = location.pointer("/metadata/pairedRegion").and_then(Value::as_array);
        let pair = paired.map(|list| Some(Region::parse(list.first()?.get("name")?.as_str()?)));
        facts.insert(Region::parse(name), Facts { pair, zones: tells_zones.then(|| zoned(location)), offered: None });
    }
    facts
}

/// The regions of resource type `workspaces`; `None` if the answer does not list any, which no
/// registered provider does.
fn offering(resource: &Resource) -> Option<BTreeSet<Region>> {
    let types = resource.get("/resourceTypes")?.as_array()?;
    let is_workspace = |t: &&Value| {
        t.get("resourceType").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case("workspaces"))
    };
    let locations = types.iter().find(is_workspace)?.get("locations")?.as_array()?;
    let regions: BTreeSet<Region> = locations.iter().filter_map(|name| Some(Region::parse(name.as_str()?))).collect();
    Some(regions).filter(|regions| !regions.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(subscription: &str, region: &str) -> Resource {
        let id = format!(
            "/subscriptions/{subscription}/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/{region}"
        );
        Resource::live(json!({"id": id, "location": region})).expect("it has an id")
    }

    fn told(subscription: &str, offered: &[&str]) -> [Resource; 2] {
        let pair = |name: &str| json!([{"name": name, "id": "…"}]);
        let value = json!([
            {"name": "westeurope", "metadata": {"regionType": "Physical", "pairedRegion": pair("northeurope")},
             "availabilityZoneMappings": [{"logicalZone": "1"}]},
            {"name": "polandcentral", "metadata": {"regionType": "Physical", "pairedRegion": []}},
            {"name": "europe", "metadata": {"regionType": "Logical"}},
        ]);
        let base = format!("/subscriptions/{subscription}");
        let locations =
            json!({"id": format!("{base}/locations"), "type": "Microsoft.Resources/locations", "value": value});
        let types = json!([{"resourceType": "workspaces", "locations": offered}]);
        let provider = json!({"id": format!("{base}/providers/Microsoft.MachineLearningServices"),
            "type": "Microsoft.Resources/providers", "resourceTypes": types});
        [locations, provider].map(|json| Resource::live(json).expect("it has an id"))
    }

    fn facts(told: &[Resource], workspaces: &[Resource]) -> Value {
        Value::Object(RegionFacts::of(told).to_json(workspaces.iter()))
    }

    #[test]
    fn only_regions_of_the_input_are_told() {
        let told = told("s", &["West Europe"]);
        let both = facts(&told, &[workspace("s", "westeurope"), workspace("s", "polandcentral")]);
        assert_eq!(
            both,
            json!({"westeurope": {"pair": "northeurope", "zones": true, "offered": true},
                   "polandcentral": {"pair": null, "zones": false, "offered": false}})
        );
        assert_eq!(facts(&told, &[workspace("s", "northeurope")]), json!({"northeurope": {"offered": false}}));
        assert_eq!(facts(&told, &[workspace("other", "westeurope")]), json!({}));
    }

    #[test]
    fn an_answer_without_locations_says_nothing() {
        let facts = facts(&told("s", &[])[1..], &[workspace("s", "westeurope")]);
        assert_eq!(facts, json!({}));
    }

    #[test]
    fn what_one_subscription_is_refused_is_not_offered_to_both() {
        let told = [told("a", &["westeurope"]), told("b", &["northeurope"])].concat();
        let facts = facts(&told, &[workspace("a", "westeurope"), workspace("b", "westeurope")]);
        assert_eq!(facts["westeurope"]["offered"], false);
    }
}
