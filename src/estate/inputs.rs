//! Rule inputs: the small documents that rules judge, one per workspace or pair. Their form is fixed
//! in `docs/rule-input.md`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::subjects::{Root, kinds};
use super::{Counterpart, Estate, Pair, Reference, Role, WORKSPACE, WorkspaceFacts, strongest};
use crate::config::{Config, PairConfig, Tiers};
use crate::model::{Collection, Region, Resource, ResourceId, Text};
use crate::rule::Scope;

/// So many workspaces on one account are enough to tell; listing all for each would cost the square.
const MAX_SHARING: usize = 10;

/// What an input is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// The workspace at this place of [`Estate::workspaces`].
    Workspace(usize),
    /// The pair at this place of [`Estate::pairs`].
    Pair(usize),
}

/// A document for rules, and the subjects in it.
#[derive(Debug)]
pub struct RuleInput {
    /// The scope of the rules that it is for.
    pub scope: Scope,
    /// The document.
    pub document: Value,
    /// What can be judged.
    pub subjects: Vec<Subject>,
    /// The numbers of the resources in it, in order.
    pub resources: Vec<usize>,
}

/// Something that a rule can judge.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Unique within the input.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
    /// The resource that it is, if the inventory holds it.
    pub resource: Option<usize>,
    /// The workspace that it belongs to: where it shows if there is no resource of its own.
    pub workspace: usize,
    /// The property of the workspace that refers to it, if it is no workspace.
    pub pointer: Option<&'static str>,
    /// The pair that it is judged for.
    pub pair: Option<usize>,
    /// The tiers that decide the level.
    pub tiers: Tiers,
}

impl Estate {
    /// The homes of the inputs of a scope.
    pub fn homes(&self, scope: Scope) -> Vec<Home> {
        match scope {
            Scope::Workspace => {
                let judged = (0..self.workspaces.len()).filter(|at| self.workspaces[*at].judged);
                judged.map(Home::Workspace).collect()
            }
            Scope::Pair => (0..self.pairs.len()).map(Home::Pair).collect(),
            Scope::Subscription | Scope::Repository | Scope::Estate => Vec::new(),
        }
    }

    /// The input of a home. `today` is `YYYY-MM-DD`.
    pub fn input(&self, home: Home, config: &Config, today: &str) -> RuleInput {
        let (scope, roots) = match home {
            Home::Workspace(at) => (Scope::Workspace, vec![self.workspaces[at].resource]),
            Home::Pair(at) => (Scope::Pair, self.pairs[at].members.to_vec()),
        };
        let resources: Vec<usize> = self.reachable(&roots).into_iter().collect();
        let pairs: Vec<&Pair> = match home {
            Home::Pair(at) => vec![&self.pairs[at]],
            Home::Workspace(_) => self.pairs_of(roots[0]).map(|at| &self.pairs[at]).collect(),
        };
        // A workspace in several pairs has the global parameters.
        let declared = match pairs.as_slice() {
            [pair] => pair.declared_by.map(|at| &config.pairs[at]),
            _ => None,
        };
        let subjects = self.subjects(home, config);
        let document = json!({
            "version": 1,
            "scope": scope,
            "source": if self.live { "live" } else { "iac" },
            "today": today,
            "parameters": config.parameters_for(declared),
            "subjects": subjects.iter().map(|s| self.subject_json(s)).collect::<Vec<_>>(),
            "pairs": pairs.iter().map(|p| self.pair_json(p)).collect::<Vec<_>>(),
            "workspaces": self.facts_json(&resources),
            "resources": resources.iter().map(|n| (self.key(*n), self.resource_json(*n))).collect::<Map<_, _>>(),
            "same": self.sameness_json(&resources, true),
            "distinct": self.sameness_json(&resources, false),
            "complete": self.complete_json(&resources, declared, config),
        });
        RuleInput { scope, document, subjects, resources }
    }

    /// Everything that the roots lead to. The projects of a hub belong to it only as names: their own
    /// resources stay out.
    fn reachable(&self, roots: &[usize]) -> BTreeSet<usize> {
        let mut seen: BTreeSet<usize> = roots.iter().copied().collect();
        let mut queue: VecDeque<usize> = roots.iter().copied().collect();
        while let Some(here) = queue.pop_front() {
            for (relation, references) in &self.relations[here] {
                let leaf = *relation == "projects";
                if leaf && !roots.contains(&here) {
                    continue;
                }
                for target in references.iter().filter_map(|r| r.target) {
                    if seen.insert(target) && !leaf {
                        queue.push_back(target);
                    }
                }
            }
        }
        seen
    }

    /// The pairs of a workspace, by their places in [`Estate::pairs`].
    pub(crate) fn pairs_of(&self, workspace: usize) -> impl Iterator<Item = usize> {
        self.pairs_of.get(&workspace).into_iter().flatten().copied()
    }

    fn key(&self, number: usize) -> String {
        self.resources[number].id.key().to_owned()
    }

    fn subjects(&self, home: Home, config: &Config) -> Vec<Subject> {
        let mut subjects = Vec::new();
        for (kind, root) in kinds() {
            match home {
                Home::Workspace(at) => self.workspace_subjects(at, kind, root, config, &mut subjects),
                Home::Pair(at) => self.pair_subjects(at, kind, root, &mut subjects),
            }
        }
        subjects
    }

    fn workspace_subjects(
        &self,
        at: usize,
        kind: &'static str,
        root: &Root,
        config: &Config,
        subjects: &mut Vec<Subject>,
    ) {
        let workspace = self.workspaces[at].resource;
        match root {
            Root::Workspace => {
                subjects.push(Subject { kind, ..self.workspace_subject(workspace, config) });
            }
            Root::Related(path) => {
                for reference in self.follow(workspace, path) {
                    // Shared by several workspaces it is judged in one of them, with the strictest tier.
                    let users = self.users_of(kind, reference);
                    if users.first().is_some_and(|first| *first != workspace) {
                        continue;
                    }
                    let users = if users.is_empty() { vec![workspace] } else { users };
                    let tiers = self.tiers_of(&users, config);
                    subjects.push(related_subject(kind, reference, workspace, path, None, tiers));
                }
            }
            Root::Pair | Root::SecondaryWorkspace => {}
        }
    }

    fn pair_subjects(&self, at: usize, kind: &'static str, root: &Root, subjects: &mut Vec<Subject>) {
        let pair = &self.pairs[at];
        // Without a direction the second member stands for the pair.
        let [first, second] = pair.members;
        let member = |id: String, workspace: usize| Subject {
            id,
            kind,
            resource: Some(workspace),
            workspace,
            pointer: None,
            pair: Some(at),
            tiers: pair.tiers,
        };
        match root {
            Root::Pair => subjects.push(member(pair.id.clone(), second)),
            Root::SecondaryWorkspace => subjects.push(member(self.key(second), second)),
            Root::Workspace => subjects.extend([first, second].map(|w| member(self.key(w), w))),
            Root::Related(path) => {
                let mut seen = BTreeSet::new();
                for workspace in [first, second] {
                    for reference in self.follow(workspace, path) {
                        if seen.insert(reference_key(self, reference)) {
                            subjects.push(related_subject(kind, reference, workspace, path, Some(at), pair.tiers));
                        }
                    }
                }
            }
        }
    }

    /// A workspace as a subject of its own.
    pub(crate) fn workspace_subject(&self, workspace: usize, config: &Config) -> Subject {
        Subject {
            id: self.key(workspace),
            kind: "workspace",
            resource: Some(workspace),
            workspace,
            pointer: None,
            pair: None,
            tiers: self.tiers_of(&[workspace], config),
        }
    }

    /// The references at the end of a path of relations.
    pub(super) fn follow<'e>(&'e self, from: usize, path: &[&str]) -> Vec<&'e Reference> {
        let Some((relation, rest)) = path.split_first() else { return Vec::new() };
        let references = self.relations[from].get(*relation).into_iter().flatten();
        if rest.is_empty() {
            return references.collect();
        }
        references.filter_map(|r| r.target).flat_map(|target| self.follow(target, rest)).collect()
    }

    /// The judged workspaces that a resource is a subject of this kind for, in order.
    fn users_of(&self, kind: &'static str, reference: &Reference) -> Vec<usize> {
        let users = reference.target.and_then(|target| self.users.get(&(kind, target)));
        users.cloned().unwrap_or_default()
    }

    fn tiers_of(&self, workspaces: &[usize], config: &Config) -> Tiers {
        let pairs = || workspaces.iter().flat_map(|w| self.pairs_of(*w)).map(|at| &self.pairs[at]);
        let default = config.default_tier;
        Tiers {
            overall: strongest(pairs().map(|p| p.tiers.overall), default.overall),
            inference: strongest(pairs().map(|p| p.tiers.inference), default.inference),
            training: strongest(pairs().map(|p| p.tiers.training), default.training),
        }
    }

    fn subject_json(&self, subject: &Subject) -> Value {
        let mut json = json!({"id": subject.id, "kind": subject.kind});
        if let Some(resource) = subject.resource {
            json["resource"] = self.key(resource).into();
        }
        match subject.pair {
            Some(pair) => json["pair"] = self.pairs[pair].id.clone().into(),
            None => json["workspace"] = self.key(subject.workspace).into(),
        }
        json
    }

    fn pair_json(&self, pair: &Pair) -> Value {
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
        if pair.directed {
            json["primary"] = self.key(pair.members[0]).into();
            json["secondary"] = self.key(pair.members[1]).into();
        }
        json
    }

    fn facts_json(&self, resources: &[usize]) -> Map<String, Value> {
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

    /// The workspaces, no counterparts of this one, that have the same associated resource.
    fn shared_json(&self, facts: &WorkspaceFacts) -> Map<String, Value> {
        let counterpart = |number: usize| facts.counterparts.iter().any(|c| c.target == Some(number));
        let mut shared = Map::new();
        for (relation, kind) in [("storage", "default_storage"), ("application_insights", "application_insights")] {
            let reference = self.relations[facts.resource].get(relation).and_then(|r| r.first());
            let Some(target) = reference.and_then(|r| r.target) else { continue };
            let users = self.users.get(&(kind, target)).into_iter().flatten().copied();
            let others = users.filter(|user| *user != facts.resource && !counterpart(*user)).take(MAX_SHARING);
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

    fn resource_json(&self, number: usize) -> Value {
        let resource = &self.resources[number];
        let mut object = resource.body.as_object().cloned().unwrap_or_default();
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
            .map(|(name, references)| {
                let references: Vec<Value> = references.iter().map(|r| self.reference_json(resource, r)).collect();
                ((*name).to_owned(), references.into())
            })
            .collect();
        object.insert("relations".to_owned(), relations.into());
        if let Some(declaration) = resource.declaration() {
            if declaration.existing {
                object.insert("existing".to_owned(), true.into());
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
            "exact": id.is_exact() && id.resource_type().is_some(),
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
    fn sameness_json(&self, resources: &[usize], wanted: bool) -> Map<String, Value> {
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

    fn complete_json(&self, resources: &[usize], pair: Option<&PairConfig>, config: &Config) -> Map<String, Value> {
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

fn related_subject(
    kind: &'static str,
    reference: &Reference,
    workspace: usize,
    path: &[&'static str],
    pair: Option<usize>,
    tiers: Tiers,
) -> Subject {
    // Deeper on the path the pointer belongs to another resource than the workspace.
    let pointer = reference.pointer.filter(|_| path.len() == 1);
    Subject { id: reference.id.key().to_owned(), kind, resource: reference.target, workspace, pointer, pair, tiers }
}

fn reference_key(estate: &Estate, reference: &Reference) -> String {
    reference.target.map_or_else(|| reference.id.key().to_owned(), |number| estate.key(number))
}
