//! How estates are written into the documents of `docs/rule-input.md`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::access;
use super::networks::{CROWDED, trim};
use super::relations::REGIONAL;
use super::{Counterpart, Estate, Pair, Reference, Role, Subject, WORKSPACE, WorkspaceFacts};
use crate::config::{Config, PairConfig};
use crate::model::{Collection, Region, Resource, ResourceId, Text};
use crate::rule::Scope;

/// So many workspaces on one account are enough to tell; listing all for each would cost the square.
const MAX_SHARING: usize = 10;

impl Estate {
    pub(super) fn subject_json(&self, subject: &Subject, scope: Scope) -> Value {
        let mut json = json!({"id": subject.id, "kind": subject.kind});
        if let Some(resource) = subject.resource {
            json["resource"] = self.key(resource).into();
        }
        if let Some(region) = &subject.region {
            json["region"] = region.as_str().into();
        }
        let keys = |numbers: &[usize]| numbers.iter().map(|n| self.key(*n)).collect::<Vec<_>>();
        match scope {
            Scope::Workspace => json["workspace"] = self.key(subject.workspace).into(),
            Scope::Subscription if subject.region.is_some() => {
                json["pairs"] = subject.pairs.iter().map(|at| self.pairs[*at].id.clone()).collect();
            }
            Scope::Subscription | Scope::Estate => json["workspaces"] = keys(&subject.workspaces).into(),
            Scope::Pair | Scope::Repository => {}
        }
        if let Some(pair) = subject.pair {
            json["pair"] = self.pairs[pair].id.clone().into();
        }
        json
    }

    /// A pair; with its own parameters where the document holds several.
    pub(super) fn pair_json(&self, pair: &Pair, parameters: Option<&Config>) -> Value {
        let mut json = json!({
            "id": pair.id,
            "members": pair.members.map(|m| self.key(m)),
            "declared": pair.basis.is_declared(),
            "basis": pair.basis,
            "tier": {
                "overall": pair.tiers.overall,
                "inference": pair.tiers.inference,
                "training": pair.tiers.training,
            },
            "tier_declared": pair.tier_declared,
        });
        if let Some(config) = parameters {
            json["parameters"] = config.parameters_for(pair.declared_by.map(|at| &config.pairs[at]));
        }
        if pair.directed {
            json["primary"] = self.key(pair.members[0]).into();
            json["secondary"] = self.key(pair.members[1]).into();
        }
        json
    }

    pub(super) fn facts_json(&self, resources: &[usize]) -> Map<String, Value> {
        let facts = resources.iter().filter_map(|number| self.facts(*number));
        facts.map(|facts| (self.key(facts.resource), self.workspace_json(facts))).collect()
    }

    fn workspace_json(&self, facts: &WorkspaceFacts) -> Value {
        let candidate =
            |number: &usize| json!({"id": self.key(*number), "name": self.resources[*number].display_name()});
        let mut json = json!({
            "production": facts.production,
            "counterparts": facts.counterparts.iter().map(|c| self.counterpart_json(c)).collect::<Vec<_>>(),
            "candidates": facts.candidates.iter().map(candidate).collect::<Vec<_>>(),
            "problems": facts.problems,
        });
        if let Some(role) = facts.role {
            json["role"] = if role == Role::Primary { "primary" } else { "secondary" }.into();
        }
        if let Some(environment) = &facts.environment {
            json["environment"] = environment.as_str().into();
        }
        let shared = self.shared_json(facts);
        if !shared.is_empty() {
            json["shared_with"] = shared.into();
        }
        json
    }

    fn counterpart_json(&self, counterpart: &Counterpart) -> Value {
        let mut json = json!({"name": counterpart.name, "found": counterpart.target.is_some()});
        if counterpart.target.is_none() && self.is_gone(&ResourceId::parse(&counterpart.name)) {
            json["gone"] = true.into();
        }
        if let Some(target) = counterpart.target {
            json["id"] = self.key(target).into();
            json["name"] = self.resources[target].display_name().into();
            if let Some(region) = self.resources[target].region() {
                json["location"] = region.as_str().into();
            }
            if let Some(condition) = self.resources[target].declaration().and_then(|d| d.condition.as_deref()) {
                json["conditional"] = condition.into();
            }
        }
        json
    }

    /// Whether every workspace was read where this id lies, so that it would have been found.
    fn is_gone(&self, id: &ResourceId) -> bool {
        id.resource_type() == Some(WORKSPACE) && self.collection.is_complete(WORKSPACE, id.key())
    }

    /// The workspaces, no counterparts of this one, that have the same associated resource. A project has
    /// none of its own: it uses what its hub is associated with.
    fn shared_json(&self, facts: &WorkspaceFacts) -> Map<String, Value> {
        let counterpart = |number: usize| facts.counterparts.iter().any(|c| c.target == Some(number));
        let mut shared = Map::new();
        for (relation, kind) in [("storage", "default_storage"), ("application_insights", "application_insights")] {
            let reference = self.relations[facts.resource].get(relation).and_then(|r| r.first());
            let Some(target) = reference.and_then(|r| r.target) else { continue };
            let users = self.users.get(&(kind, target)).into_iter().flatten().copied();
            let stranger = |user: &usize| {
                *user != facts.resource && !counterpart(*user) && !self.relations[*user].contains_key("hub")
            };
            let others = users.filter(stranger).take(MAX_SHARING);
            let others: Vec<Value> = others.map(|user| self.user_json(user)).collect();
            if !others.is_empty() {
                shared.insert(relation.to_owned(), others.into());
            }
        }
        shared
    }

    fn user_json(&self, number: usize) -> Value {
        let resource = &self.resources[number];
        let mut json = json!({"id": resource.id.key(), "name": resource.display_name()});
        if let Some(region) = resource.region() {
            json["location"] = region.as_str().into();
        }
        json
    }

    /// A resource; with its relations to lists of its region, and to what is related to many, only where
    /// those are in the document (`held`).
    pub(super) fn resource_json(&self, number: usize, regional: bool, held: &[usize]) -> Value {
        let resource = &self.resources[number];
        let mut object = resource.body.as_object().cloned().unwrap_or_default();
        trim(resource, &mut object);
        let mut unknown: Map<String, Value> =
            resource.unknown.iter().map(|(p, u)| (p.to_string(), u.reason().into())).collect();
        match object.remove("location") {
            Some(Value::String(location)) => {
                object.insert("location".to_owned(), Region::parse(&location).as_str().into());
            }
            Some(_) => _ = unknown.insert("/location".to_owned(), "it is not a string".into()),
            None => {}
        }
        object.insert("id".to_owned(), resource.id.key().into());
        object.insert("name".to_owned(), resource.display_name().into());
        object.insert("type".to_owned(), resource.resource_type.as_str().into());
        object.insert("exact".to_owned(), resource.id.is_exact().into());
        object.insert("unknown".to_owned(), unknown.into());
        let relations: Map<String, Value> = self.relations[number]
            .iter()
            .filter(|(name, _)| regional || !REGIONAL.contains(name))
            .map(|(name, references)| {
                let is_held = |r: &&Reference| r.target.is_some_and(|target| held.binary_search(&target).is_ok());
                let shown = references.iter().filter(|r| !CROWDED.contains(name) || is_held(r));
                let references: Vec<Value> = shown.map(|r| self.reference_json(resource, r)).collect();
                ((*name).to_owned(), references.into())
            })
            .collect();
        object.insert("relations".to_owned(), relations.into());
        if let Some(workspaces) = self.default_of.get(&number) {
            let workspaces: Vec<Value> = workspaces.iter().map(|workspace| self.user_json(*workspace)).collect();
            object.insert("default_of".to_owned(), workspaces.into());
        }
        if resource.context {
            object.insert("context".to_owned(), true.into());
        }
        if let Some(deployment) = self.deployment_of(resource).filter(|_| resource.resource_type == WORKSPACE) {
            let mut json = json!({"template": deployment.template});
            if let Some(parameters) = &deployment.parameters {
                json["parameters"] = parameters.as_str().into();
            }
            object.insert("deployment".to_owned(), json);
        }
        if let Some(declaration) = resource.declaration() {
            if declaration.existing {
                object.insert("existing".to_owned(), true.into());
            }
            if let Some(origin) = declaration.location {
                object.insert("origins".to_owned(), json!({"/location": origin.as_str()}));
            }
            if let Some(condition) = &declaration.condition {
                object.insert("conditional".to_owned(), condition.as_str().into());
            }
        }
        object.into()
    }

    fn reference_json(&self, from: &Resource, reference: &Reference) -> Value {
        let target = reference.target.map(|number| &self.resources[number]);
        let condition = |r: &Resource| r.declaration().and_then(|d| d.condition.clone());
        let id = target.map_or(&reference.id, |resource| &resource.id);
        let mut json = json!({
            "id": id.key(),
            "name": id.name().map_or_else(|| id.to_string(), Text::excerpt),
            // What is no id of a resource may be another spelling of one; an object id is what it is.
            "exact": id.is_exact() && (id.resource_type().is_some() || access::is_object_id(id)),
            "found": target.is_some(),
        });
        if let Some(pointer) = reference.pointer {
            json["pointer"] = pointer.into();
        }
        if reference.inherited {
            json["inherited"] = true.into();
        }
        // Under the condition of the source itself it is there whenever the source is.
        if let Some(condition) = target.and_then(condition).filter(|c| Some(c) != condition(from).as_ref()) {
            json["conditional"] = condition.into();
        }
        json
    }

    /// Ids that are proved to be one resource (or two) although their spelling does not show it. Exact
    /// ids need no row to be told apart.
    pub(super) fn sameness_json(&self, resources: &[usize], wanted: bool) -> Map<String, Value> {
        let mut ids: BTreeMap<&str, &ResourceId> = BTreeMap::new();
        for number in resources {
            let references = self.relations[*number].values().flatten();
            for reference in references.filter(|r| r.pointer.is_some()) {
                let id = reference.target.map_or(&reference.id, |n| &self.resources[n].id);
                ids.insert(id.key(), id);
            }
        }
        let mut rows: Map<String, Value> = Map::new();
        for (a_key, a) in &ids {
            for (b_key, b) in ids.iter().filter(|(b_key, _)| *b_key != a_key) {
                let needed = wanted || !(a.is_exact() && b.is_exact());
                if needed && a.same(b) == Some(wanted) {
                    let row = rows.entry(*a_key).or_insert_with(|| Value::Object(Map::new()));
                    row[*b_key] = true.into();
                }
            }
        }
        rows
    }

    pub(super) fn complete_json(
        &self,
        resources: &[usize],
        pair: Option<&PairConfig>,
        config: &Config,
    ) -> Map<String, Value> {
        let mut complete: Map<String, Value> = Map::new();
        for resource_type in self.declared_complete(&config.complete_for(pair)) {
            complete.insert(resource_type, json!([Collection::EVERYWHERE]));
        }
        let mut scopes: BTreeSet<String> = BTreeSet::new();
        for number in resources {
            let id = &self.resources[*number].id;
            scopes.insert(id.key().to_owned());
            let referred = self.relations[*number].values().flatten().map(|reference| &reference.id);
            let subscriptions = referred.chain([id]).filter_map(ResourceId::subscription);
            scopes.extend(subscriptions.map(|subscription| format!("/subscriptions/{subscription}")));
        }
        for (resource_type, known) in &self.collection.complete {
            let mut listed: Vec<&str> = known.iter().filter(|s| scopes.contains(*s)).map(String::as_str).collect();
            if self.complete_everywhere.contains(resource_type) {
                listed.push(Collection::EVERYWHERE);
            }
            if !listed.is_empty() {
                complete.entry(resource_type.as_str()).or_insert_with(|| json!(listed));
            }
        }
        complete
    }
}
