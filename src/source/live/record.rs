//! What a scan has read so far.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::model::{Collection, Pointer, Resource, ResourceId, SubscriptionScope, Unknown};

use super::failure::Failure;
use super::jobs::unknown;
use super::plan::{self, MODEL_VERSIONS, Plan, Row, STORAGE, WORKSPACES};
use super::reach::{Used, identifying_words};

/// Resources, gaps and what is complete.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// By type (lower case) and canonical id.
    resources: BTreeMap<(String, String), Resource>,
    /// Canonical ids, and the names of services that are unique in Azure, to canonical ids.
    index: HashMap<String, Vec<String>>,
    pub collection: Collection,
    /// Reads that somebody makes already.
    claimed: BTreeSet<(String, String)>,
    /// Types per subscription of which a gap says that the deadline passed.
    late: BTreeSet<(String, String)>,
    /// Storage accounts whose replication statistics were asked for.
    asked: BTreeSet<String>,
}

impl Record {
    /// Adds a resource that Azure Resource Manager or Resource Graph gave. What came first stays, but
    /// the manager knows better than the graph's cache.
    pub(super) fn put_json(&mut self, mut item: Value, row: &Row) {
        let Some(id) = item.get("id").and_then(Value::as_str).map(str::to_owned) else { return };
        let resource_type = row.resource_type();
        let parsed = ResourceId::parse(&id);
        // Some providers write their types short or in another spelling; the id says what it is.
        if parsed.resource_type().is_none_or(|t| t == resource_type) || item.get("type").is_none() {
            item["type"] = row.spelling.into();
        }
        self.put(item);
    }

    /// Adds a resource as it is.
    pub(super) fn put(&mut self, item: Value) {
        if let Some(resource) = Resource::live(item) {
            let key = (resource.resource_type.clone(), resource.id.key().to_owned());
            if self.resources.insert(key, resource.clone()).is_none() {
                for word in identifying_words(&resource) {
                    self.index.entry(word).or_default().push(resource.id.key().to_owned());
                }
            }
        }
    }

    /// The canonical ids of the resources that these words name.
    pub(super) fn named<'a>(&self, words: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
        words.filter_map(|word| self.index.get(word)).flatten().cloned().collect()
    }

    /// The resources of a type (lower case) in a subscription.
    pub(super) fn of_type_in<'a>(
        &'a self,
        resource_type: &'a str,
        subscription: &str,
    ) -> impl Iterator<Item = &'a Resource> {
        self.of_type_within(resource_type, format!("/subscriptions/{subscription}/"))
    }

    /// The resources of a type (lower case) whose canonical id starts so.
    pub(super) fn of_type_within<'a>(
        &'a self,
        resource_type: &'a str,
        start: String,
    ) -> impl Iterator<Item = &'a Resource> {
        let first = (resource_type.to_owned(), start.clone());
        self.resources
            .range(first..)
            .take_while(move |((t, id), _)| t == resource_type && id.starts_with(&start))
            .map(|(_, resource)| resource)
    }

    /// The resource of a type with this canonical id.
    pub(super) fn get(&self, resource_type: &str, id: &str) -> Option<&Resource> {
        self.resources.get(&(resource_type.to_owned(), id.to_owned()))
    }

    /// Workspaces and everything below them.
    pub(super) fn of_workspaces(&self) -> impl Iterator<Item = &Resource> {
        let start = (WORKSPACES.to_owned(), String::new());
        self.resources.range(start..).take_while(|((t, _), _)| t.starts_with(WORKSPACES)).map(|(_, resource)| resource)
    }

    /// All resources of a type (lower case).
    pub(super) fn of_type<'a>(&'a self, resource_type: &'a str) -> impl Iterator<Item = &'a Resource> {
        let start = (resource_type.to_owned(), String::new());
        self.resources.range(start..).take_while(move |((t, _), _)| t == resource_type).map(|(_, resource)| resource)
    }

    /// Takes a read; `false` if somebody has it already.
    pub(super) fn claim(&mut self, kind: &str, id: &ResourceId) -> bool {
        self.claimed.insert((kind.to_owned(), id.key().to_owned()))
    }

    /// Whether this is the first read of a type in a subscription that came too late.
    pub(super) fn first_of_deadline(&mut self, scope: &ResourceId, resource_type: &str) -> bool {
        let subscription = scope.subscription().unwrap_or_default();
        self.late.insert((subscription, resource_type.to_owned()))
    }

    /// Adds a member of `properties` to a resource, or why it is not known.
    pub(super) fn merge(
        &mut self,
        resource_type: &str,
        id: &ResourceId,
        member: &str,
        answer: Option<Value>,
        failure: Option<&Failure>,
    ) {
        self.asked.insert(id.key().to_owned());
        let Some(resource) = self.resources.get_mut(&(resource_type.to_owned(), id.key().to_owned())) else { return };
        if let Some(failure) = failure {
            let pointer = Pointer::root().child("properties").child(member);
            resource.unknown.insert(pointer, unknown(failure));
            return;
        }
        let found = answer.and_then(|mut answer| answer.get_mut("properties")?.get_mut(member).map(Value::take));
        if let (Some(found), Some(properties)) =
            (found, resource.body.get_mut("properties").and_then(Value::as_object_mut))
        {
            properties.insert(member.to_owned(), found);
        }
    }

    /// What the deployments that were read use.
    pub(super) fn used(&self) -> Used {
        let mut used = Used::default();
        let deployments =
            self.of_workspaces().filter(|resource| resource.resource_type.ends_with("endpoints/deployments"));
        deployments.for_each(|deployment| used.add(deployment));
        used
    }

    /// The record of a finished scan: what follows from what, sorted.
    pub(super) fn finish(mut self, plan: &Plan, subscriptions: Vec<SubscriptionScope>) -> (Vec<Resource>, Collection) {
        self.settle_models();
        self.settle_children(plan);
        self.settle_statistics();
        self.collection.subscriptions = subscriptions;
        self.collection.sort_gaps();
        (self.resources.into_values().collect(), self.collection)
    }

    /// A model that the complete list of a workspace does not hold has no versions there.
    fn settle_models(&mut self) {
        const MODELS: &str = "microsoft.machinelearningservices/workspaces/models";
        let used = self.used();
        let workspaces: Vec<String> = self.of_type(WORKSPACES).map(|workspace| workspace.id.key().to_owned()).collect();
        for workspace in workspaces {
            if !self.collection.is_complete(MODELS, &workspace) {
                continue;
            }
            for name in used.models() {
                let model = format!("{workspace}/models/{name}");
                if !self.resources.contains_key(&(MODELS.to_owned(), model.clone())) {
                    self.collection.mark_complete(MODEL_VERSIONS, &model);
                }
            }
        }
    }

    /// Children are complete in a scope where all parents are, and those of each parent.
    fn settle_children(&mut self, plan: &Plan) {
        let mut rows: Vec<&Row> = plan.rows.iter().copied().filter(|row| row.below().is_some()).collect();
        rows.sort_by_key(|row| (row.spelling.matches('/').count(), row.spelling));
        for row in rows {
            let Some(below) = row.below() else { continue };
            let resource_type = row.resource_type();
            if resource_type == below.of {
                continue;
            }
            let scopes = self.collection.complete.get(below.of).cloned().unwrap_or_default();
            for scope in scopes {
                let inside = |id: &str| {
                    id.strip_prefix(scope.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                let all = self.of_type(below.of).filter(|parent| inside(parent.id.key()));
                let complete =
                    all.into_iter().all(|parent| self.collection.is_complete(&resource_type, parent.id.key()));
                if complete {
                    self.collection.mark_complete(&resource_type, &scope);
                }
            }
        }
    }

    /// Accounts that have replication statistics nobody asked for.
    fn settle_statistics(&mut self) {
        let pointer = Pointer::root().child("properties").child("geoReplicationStats");
        for ((resource_type, key), resource) in &mut self.resources {
            if resource_type == STORAGE && plan::has_read_access(resource) && !self.asked.contains(key) {
                resource.unknown.insert(pointer.clone(), Unknown::NotCollected);
            }
        }
    }
}
