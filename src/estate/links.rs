//! Relations that are more than one id in one property: names, host names, references from the other
//! side.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::relations::{Index, Reference, WORKSPACE, held};
use crate::model::{Hole, Pointer, Resource, ResourceId, Text, Unknown};

const DATABRICKS: &str = "microsoft.databricks/workspaces";
const HDINSIGHT: &str = "microsoft.hdinsight/clusters";
const ML_REGISTRY: &str = "microsoft.machinelearningservices/registries";
const TRAFFIC_MANAGER: &str = "microsoft.network/trafficmanagerprofiles";
const TRAFFIC_ENDPOINT: &str = "microsoft.network/trafficmanagerprofiles/externalendpoints";
const ORIGIN: &str = "microsoft.cdn/profiles/origingroups/origins";
const BACKEND: &str = "microsoft.apimanagement/service/backends";
/// The prefix of an id of an asset in an Azure ML registry.
const REGISTRY_ASSET: &str = "azureml://registries/";

/// What these relations read, per type: it is collected whatever the rules ask for.
pub(super) const POINTERS: &[(&str, &str)] = &[
    ("microsoft.machinelearningservices/workspaces/computes", "/properties/computeType"),
    ("microsoft.machinelearningservices/workspaces/computes", "/properties/properties/workspaceUrl"),
    ("microsoft.machinelearningservices/workspaces/computes", "/properties/properties/address"),
    ("microsoft.machinelearningservices/workspaces/onlineendpoints", "/properties/scoringUri"),
    (DATABRICKS, "/properties/workspaceUrl"),
    (TRAFFIC_MANAGER, "/properties/endpoints"),
    (TRAFFIC_ENDPOINT, "/properties/target"),
    (ORIGIN, "/properties/hostName"),
    (BACKEND, "/properties/url"),
];

/// Everything that is found by another way than its id.
#[derive(Default)]
pub(super) struct Links {
    /// By type, pointer and the canonical id that stands there.
    referrers: HashMap<(&'static str, &'static str, String), Vec<usize>>,
    /// Databricks workspaces by their host name.
    databricks: HashMap<String, usize>,
    /// HDInsight clusters and Azure ML registries by type and name, both unique.
    named: HashMap<(&'static str, String), usize>,
    /// What routes to a host name.
    entries: HashMap<String, BTreeSet<usize>>,
}

impl Links {
    /// Takes up the resources; `referring` are the properties that are followed backwards.
    pub fn new(resources: &[Resource], index: &Index, referring: &[(&'static str, &'static str)]) -> Self {
        let mut links = Self::default();
        for (number, resource) in resources.iter().enumerate() {
            for (of, pointer) in referring.iter().filter(|(of, _)| *of == resource.resource_type) {
                if let Some(text) = resource.text_at(pointer) {
                    let key = (*of, *pointer, ResourceId::from_text(text).key().to_owned());
                    links.referrers.entry(key).or_default().push(number);
                }
            }
            match resource.resource_type.as_str() {
                DATABRICKS => {
                    links.databricks.extend(host_at(resource, "/properties/workspaceUrl").map(|host| (host, number)));
                }
                HDINSIGHT => links.add_name(HDINSIGHT, number, resource),
                ML_REGISTRY => links.add_name(ML_REGISTRY, number, resource),
                TRAFFIC_MANAGER => {
                    for endpoint in
                        resource.get("/properties/endpoints").and_then(Value::as_array).into_iter().flatten()
                    {
                        let target = endpoint.pointer("/properties/target").and_then(Value::as_str);
                        links.add_entry(target.and_then(host), Some(number));
                    }
                }
                TRAFFIC_ENDPOINT => links.add_child_entry(resource, "/properties/target", index, resources),
                ORIGIN => links.add_child_entry(resource, "/properties/hostName", index, resources),
                BACKEND => links.add_child_entry(resource, "/properties/url", index, resources),
                _ => {}
            }
        }
        links
    }

    fn add_name(&mut self, of: &'static str, number: usize, resource: &Resource) {
        let name = resource.id.name().and_then(Text::as_known).map(str::to_ascii_lowercase);
        self.named.extend(name.map(|name| ((of, name), number)));
    }

    fn add_child_entry(&mut self, child: &Resource, pointer: &str, index: &Index, resources: &[Resource]) {
        let parent = child.id.parent().and_then(|id| index.find(&id, child, resources));
        self.add_entry(host_at(child, pointer), parent);
    }

    fn add_entry(&mut self, host: Option<String>, number: Option<usize>) {
        if let (Some(host), Some(number)) = (host, number) {
            self.entries.entry(host).or_default().insert(number);
        }
    }

    /// The resources of a type that name this one at a pointer.
    pub fn referring(
        &self,
        to: &Resource,
        of: &'static str,
        pointer: &'static str,
        resources: &[Resource],
    ) -> Vec<Reference> {
        let found = self.referrers.get(&(of, pointer, to.id.key().to_owned()));
        found.into_iter().flatten().map(|number| held(resources, *number)).collect()
    }

    /// What routes to the host of an endpoint.
    pub fn entry_points(&self, endpoint: &Resource, resources: &[Resource]) -> Vec<Reference> {
        let host = host_at(endpoint, "/properties/scoringUri");
        let found = host.and_then(|host| self.entries.get(&host));
        found.into_iter().flatten().map(|number| held(resources, *number)).collect()
    }

    /// The Azure ML registries whose assets a resource mentions.
    pub fn ml_registries(&self, from: &Resource, resources: &[Resource]) -> Vec<Reference> {
        let mut names = BTreeSet::new();
        strings(&from.body, &mut |text| names.extend(registry_name(text)));
        let known = |name: &String| self.named.get(&(ML_REGISTRY, name.clone())).copied();
        let reference = |name: &String| match known(name) {
            Some(number) => held(resources, number),
            None => Reference { id: registry_id(name), target: None, pointer: None, inherited: false },
        };
        names.iter().map(reference).collect()
    }

    /// The cluster or workspace behind an attached compute of one kind: by its id, by its host name, or
    /// as something of which nothing is known.
    pub fn attached(&self, compute: &Resource, by_id: Option<Reference>, types: &[&str]) -> Option<Reference> {
        let kind = compute.get("/properties/computeType").and_then(Value::as_str)?;
        if !types.iter().any(|wanted| wanted.eq_ignore_ascii_case(kind)) {
            return None;
        }
        by_id.or_else(|| {
            let id = Text::hole(Hole::new(compute.id.key(), RESOURCE_ID));
            let target = self.by_host(compute);
            Some(Reference { id: ResourceId::from_text(id), target, pointer: Some(RESOURCE_ID), inherited: false })
        })
    }

    fn by_host(&self, compute: &Resource) -> Option<usize> {
        if let Some(host) = host_at(compute, "/properties/properties/workspaceUrl") {
            return self.databricks.get(&host).copied();
        }
        // `name.azurehdinsight.net`, `name-ssh.azurehdinsight.net`
        let host = host_at(compute, "/properties/properties/address")?;
        let name = host.split_once(".azurehdinsight.").map(|(name, _)| name)?;
        let short = name.trim_end_matches("-ssh").trim_end_matches("-int");
        [name, short].into_iter().find_map(|name| self.named.get(&(HDINSIGHT, name.to_owned())).copied())
    }
}

/// Where an attached compute names what is behind it.
const RESOURCE_ID: &str = "/properties/resourceId";

/// The ids in a list, each at a member of its elements.
pub(super) fn each_id(
    from: &Resource,
    list: &'static str,
    member: &str,
    index: &Index,
    resources: &[Resource],
) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    for item in from.get(list).and_then(Value::as_array).into_iter().flatten() {
        let id = item.get(member).and_then(Value::as_str).filter(|id| !id.is_empty());
        if let Some(id) = id.map(ResourceId::parse).filter(|id| !found.iter().any(|known| known.id == *id)) {
            let target = index.find(&id, from, resources);
            found.push(Reference { id, target, pointer: Some(list), inherited: false });
        }
    }
    found
}

/// The computes of the own workspace that a job, a pipeline or a deployment names at these members,
/// anywhere below a pointer.
pub(super) fn computes_in(
    from: &Resource,
    below: &'static str,
    members: &[&str],
    index: &Index,
    resources: &[Resource],
) -> Vec<Reference> {
    let Some(workspace) = workspace_of(&from.id) else { return Vec::new() };
    let mut texts: BTreeSet<Text> = BTreeSet::new();
    if let Some(value) = from.get(below) {
        named_strings(value, members, &mut |text| {
            texts.insert(Text::known(text));
        });
    }
    for (pointer, unknown) in &from.unknown {
        let within = Pointer::parse(below).is_some_and(|below| pointer.is_within(&below));
        let last = pointer.segments().last();
        if let (true, Some(last), Unknown::Unresolved { text: Some(text), .. }) = (within, last, unknown)
            && members.contains(&last.as_str())
        {
            texts.insert(text.clone());
        }
    }
    let ids = texts.into_iter().filter_map(|text| compute_id(text, &workspace));
    ids.map(|id| {
        let target = index.find(&id, from, resources);
        Reference { id, target, pointer: Some(below), inherited: false }
    })
    .collect()
}

/// `/subscriptions/…/computes/cpu`, `azureml:cpu` or `cpu`; nothing for serverless compute.
fn compute_id(text: Text, workspace: &ResourceId) -> Option<ResourceId> {
    let Some(known) = text.as_known() else { return Some(ResourceId::from_text(text)) };
    if known.is_empty() || known.eq_ignore_ascii_case("serverless") || known.contains("://") {
        return None;
    }
    if known.starts_with('/') {
        return Some(ResourceId::parse(known));
    }
    let name = known.strip_prefix("azureml:").unwrap_or(known);
    Some(workspace.child("computes", &name.into()))
}

fn workspace_of(id: &ResourceId) -> Option<ResourceId> {
    let mut here = id.clone();
    while here.resource_type() != Some(WORKSPACE) {
        here = here.parent()?;
    }
    Some(here)
}

/// The id of a registry of which only the name is known.
fn registry_id(name: &str) -> ResourceId {
    let mut text = Text::hole(Hole::new(REGISTRY_ASSET, name));
    text.push_known(&format!("/providers/Microsoft.MachineLearningServices/registries/{name}"));
    ResourceId::from_text(text)
}

fn registry_name(text: &str) -> Option<String> {
    let start = text.get(..REGISTRY_ASSET.len())?;
    let rest = start.eq_ignore_ascii_case(REGISTRY_ASSET).then(|| &text[REGISTRY_ASSET.len()..])?;
    rest.split('/').next().filter(|name| !name.is_empty()).map(str::to_ascii_lowercase)
}

fn strings(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, take)),
        Value::Object(members) => members.values().for_each(|member| strings(member, take)),
        _ => {}
    }
}

fn named_strings(value: &Value, wanted: &[&str], take: &mut impl FnMut(&str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| named_strings(item, wanted, take)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if wanted.contains(&name.as_str()) => take(text),
                    _ => named_strings(member, wanted, take),
                }
            }
        }
        _ => {}
    }
}

fn host_at(resource: &Resource, pointer: &str) -> Option<String> {
    host(resource.get(pointer)?.as_str()?)
}

/// The host name in a URL, or in a host name alone; lower case, without port.
fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let host = host.split(':').next()?.trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::estate::{Defaults, Estate, EvidencePaths};
    use crate::model::Inventory;
    use serde_json::json;

    const GROUP: &str = "/subscriptions/s/resourceGroups/g/providers";
    const WORKSPACE_ID: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w";

    fn estate(bodies: Vec<Value>) -> Estate {
        let resources = bodies.into_iter().filter_map(Resource::live).collect();
        let inventory = Inventory { resources, captured_at: Some(String::new()), ..Inventory::default() };
        Estate::assemble(inventory, &Config::default(), &EvidencePaths::new(), &Defaults::default())
    }

    /// Where a relation of the resource with this last name leads: names, or `?` where it is not held.
    fn leads(estate: &Estate, name: &str, relation: &str) -> Vec<String> {
        let at = estate.resources.iter().position(|r| r.display_name() == name).expect("it is there");
        let references = estate.relations[at].get(relation).into_iter().flatten();
        references.map(|r| r.target.map_or_else(|| "?".to_owned(), |n| estate.resources[n].display_name())).collect()
    }

    #[test]
    fn a_host_is_found_in_urls_and_names() {
        let wanted = Some("a.westeurope.inference.ml.azure.com".to_owned());
        for text in [
            "https://A.westeurope.inference.ml.azure.com/score",
            "a.westeurope.inference.ml.azure.com",
            "https://a.westeurope.inference.ml.azure.com:443/score?x=1",
        ] {
            assert_eq!(host(text), wanted, "{text}");
        }
        assert_eq!(host(""), None);
    }

    #[test]
    fn what_routes_to_an_endpoint_is_known_by_its_host() {
        let endpoint = format!("{WORKSPACE_ID}/onlineEndpoints/score");
        let profile = format!("{GROUP}/Microsoft.Cdn/profiles/fd/originGroups/ml");
        let estate = estate(vec![
            json!({"id": WORKSPACE_ID}),
            json!({"id": endpoint, "properties": {"scoringUri": "https://score.westeurope.inference.ml.azure.com/score"}}),
            json!({"id": profile}),
            json!({"id": format!("{profile}/origins/o"),
                   "properties": {"hostName": "SCORE.westeurope.inference.ml.azure.com"}}),
            json!({"id": format!("{GROUP}/Microsoft.Network/trafficManagerProfiles/tm"), "properties": {"endpoints": [
                {"properties": {"target": "score.westeurope.inference.ml.azure.com"}}, {"properties": {}}]}}),
            json!({"id": format!("{GROUP}/Microsoft.ApiManagement/service/apim/backends/other"),
                   "properties": {"url": "https://elsewhere.example.com/"}}),
        ]);
        assert_eq!(leads(&estate, "score", "entry_points"), ["ml", "tm"]);
    }

    #[test]
    fn an_attached_compute_leads_to_what_is_behind_it() {
        let compute = |name: &str, kind: &str, more: Value| {
            let mut body = json!({"id": format!("{WORKSPACE_ID}/computes/{name}"), "properties": more});
            body["properties"]["computeType"] = kind.into();
            body
        };
        let cluster = format!("{GROUP}/Microsoft.ContainerService/managedClusters/aks");
        let estate = estate(vec![
            json!({"id": WORKSPACE_ID}),
            compute("k8s", "Kubernetes", json!({"resourceId": cluster.to_uppercase()})),
            compute(
                "dbx",
                "Databricks",
                json!({"properties": {"workspaceUrl": "https://ADB-1.2.azuredatabricks.net/"}}),
            ),
            compute("hdi", "HDInsight", json!({"properties": {"address": "spark-ssh.azurehdinsight.net"}})),
            compute("lost", "Databricks", json!({"properties": {"workspaceUrl": "adb-9.azuredatabricks.net"}})),
            json!({"id": cluster}),
            json!({"id": format!("{GROUP}/Microsoft.Databricks/workspaces/brick"),
                   "properties": {"workspaceUrl": "adb-1.2.azuredatabricks.net"}}),
            json!({"id": format!("{GROUP}/Microsoft.HDInsight/clusters/Spark")}),
        ]);
        assert_eq!(leads(&estate, "k8s", "kubernetes_cluster"), ["aks"]);
        assert_eq!(leads(&estate, "k8s", "databricks_workspace"), [""; 0]);
        assert_eq!(leads(&estate, "dbx", "databricks_workspace"), ["brick"]);
        assert_eq!(leads(&estate, "hdi", "hdinsight_cluster"), ["Spark"]);
        assert_eq!(leads(&estate, "lost", "databricks_workspace"), ["?"]);
    }

    #[test]
    fn schedules_and_deployments_lead_to_computes_and_registries() {
        let schedule = json!({"id": format!("{WORKSPACE_ID}/schedules/nightly"), "properties": {"action": {
            "actionType": "CreateJob", "jobDefinition": {"jobType": "Pipeline", "settings": {"default_compute": "azureml:cpu"},
            "jobs": {"train": {"computeId": format!("{WORKSPACE_ID}/computes/ci")}, "later": {"computeId": "serverless"},
                     "eval": {"componentId": "azureml://registries/Shared/components/x/versions/1"}}}}}});
        let deployment = format!("{WORKSPACE_ID}/batchEndpoints/b/deployments/blue");
        let estate = estate(vec![
            json!({"id": WORKSPACE_ID}),
            schedule,
            json!({"id": deployment, "properties": {"compute": "gone",
                   "model": {"referenceType": "Id", "assetId": "azureml://registries/lost/models/m/versions/1"}}}),
            json!({"id": format!("{WORKSPACE_ID}/computes/cpu")}),
            json!({"id": format!("{WORKSPACE_ID}/computes/ci")}),
            json!({"id": format!("{GROUP}/Microsoft.MachineLearningServices/registries/shared")}),
        ]);
        assert_eq!(leads(&estate, "nightly", "computes"), ["ci", "cpu"]);
        assert_eq!(leads(&estate, "nightly", "ml_registries"), ["shared"]);
        assert_eq!(leads(&estate, "blue", "compute"), ["?"]);
        assert_eq!(leads(&estate, "blue", "ml_registries"), ["?"]);
    }

    #[test]
    fn autoscale_settings_are_found_from_their_target() {
        let endpoint = format!("{WORKSPACE_ID}/onlineEndpoints/e");
        let deployment = format!("{endpoint}/deployments/blue");
        let estate = estate(vec![
            json!({"id": WORKSPACE_ID}),
            json!({"id": endpoint}),
            json!({"id": deployment}),
            json!({"id": format!("{GROUP}/Microsoft.Insights/autoscaleSettings/scale"),
                   "properties": {"targetResourceUri": deployment.to_uppercase()}}),
        ]);
        assert_eq!(leads(&estate, "blue", "autoscale"), ["scale"]);
    }
}
