//! Rule inputs: the documents that rules judge, one per workspace, pair or subscription, and one for the
//! estate. Their form is fixed in `docs/rule-input.md`.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::access::ACCESS_RELATIONS;
use super::networks::NETWORK_RELATIONS;
use super::relations::{NAMES_ONLY, REGIONAL};
use super::subjects::{Root, kinds};
use super::{Estate, Reference, strongest};
use crate::config::{Config, Tiers};
use crate::model::{Region, ResourceId};
use crate::rule::Scope;

/// What an input is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// The workspace at this place of [`Estate::workspaces`].
    Workspace(usize),
    /// The pair at this place of [`Estate::pairs`].
    Pair(usize),
    /// The subscription at this place of [`Estate::subscriptions`].
    Subscription(usize),
    /// The scanned repository.
    Repository,
    /// The part of the estate with this number: workspaces that have anything in common are in one.
    Estate(usize),
}

impl Home {
    /// The scope of the rules that are judged at it.
    pub fn scope(self) -> Scope {
        match self {
            Self::Workspace(_) => Scope::Workspace,
            Self::Pair(_) => Scope::Pair,
            Self::Subscription(_) => Scope::Subscription,
            Self::Repository => Scope::Repository,
            Self::Estate(_) => Scope::Estate,
        }
    }
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
    /// The workspace that it belongs to: where it shows if there is no resource of its own. (A resource
    /// of the estate that belongs to none stands for itself.)
    pub workspace: usize,
    /// The property of the workspace that refers to it, if it is no workspace.
    pub pointer: Option<&'static str>,
    /// The pair that it is judged for.
    pub pair: Option<usize>,
    /// The pairs that it is judged for together: those that fail over into a region.
    pub pairs: Vec<usize>,
    /// The region, of a kind that is one.
    pub region: Option<Region>,
    /// The judged workspaces in a subscription, or that reach a resource of the estate.
    pub workspaces: Vec<usize>,
    /// The tiers that decide the level.
    pub tiers: Tiers,
}

impl Subject {
    /// A subject that is a resource of its own and judged for itself.
    pub(super) fn new(id: String, kind: &'static str, workspace: usize, tiers: Tiers) -> Self {
        let (pairs, workspaces) = (Vec::new(), Vec::new());
        Self { id, kind, resource: None, workspace, pointer: None, pair: None, pairs, region: None, workspaces, tiers }
    }
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
            Scope::Subscription => (0..self.subscriptions.len()).map(Home::Subscription).collect(),
            Scope::Estate => (0..self.parts.len()).map(Home::Estate).collect(),
            Scope::Repository => {
                if self.is_repository() {
                    vec![Home::Repository]
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// The input of a home. `today` is `YYYY-MM-DD`.
    pub fn input(&self, home: Home, config: &Config, today: &str) -> RuleInput {
        let scope = home.scope();
        let pairs = self.pairs_at(home);
        // What is in several pairs, or in none, has the global parameters.
        let declared = match pairs.as_slice() {
            [at] if !is_wide(scope) => self.pairs[*at].declared_by.map(|at| &config.pairs[at]),
            _ => None,
        };
        let resources: Vec<usize> = self.resources_at(home, config).into_iter().collect();
        let regional = matches!(scope, Scope::Pair | Scope::Subscription);
        let resource_json = |number: &usize| (self.key(*number), self.resource_json(*number, regional, &resources));
        let subjects = self.subjects(home, &resources, config);
        let pair_json = |at: &usize| self.pair_json(&self.pairs[*at], is_wide(scope).then_some(config));
        let regions = self.regions.to_json(resources.iter().map(|number| &self.resources[*number]));
        let mut document = json!({
            "version": 1,
            "scope": scope,
            "source": if self.live { "live" } else { "iac" },
            "today": today,
            "parameters": config.parameters_for(declared),
            "subjects": subjects.iter().map(|s| self.subject_json(s, scope)).collect::<Vec<_>>(),
            "pairs": pairs.iter().map(pair_json).collect::<Vec<_>>(),
            "workspaces": self.facts_json(&resources),
            "resources": resources.iter().map(resource_json).collect::<Map<_, _>>(),
            "same": if is_wide(scope) { Map::new() } else { self.sameness_json(&resources, true) },
            "distinct": if is_wide(scope) { Map::new() } else { self.sameness_json(&resources, false) },
            "complete": self.complete_json(&resources, declared, config),
        });
        if !regions.is_empty() {
            document["regions"] = regions.into();
        }
        if let Some(captured_at) = &self.captured_at {
            document["captured_at"] = captured_at.as_str().into();
        }
        RuleInput { scope, document, subjects, resources }
    }

    fn pairs_at(&self, home: Home) -> Vec<usize> {
        match home {
            Home::Workspace(at) => self.pairs_of(self.workspaces[at].resource).collect(),
            Home::Pair(at) => vec![at],
            Home::Subscription(at) => self.subscriptions[at].pairs.clone(),
            Home::Repository => (0..self.pairs.len()).collect(),
            Home::Estate(part) => self.parts[part].pairs.clone(),
        }
    }

    fn resources_at(&self, home: Home, config: &Config) -> BTreeSet<usize> {
        match home {
            Home::Workspace(at) => {
                let roots = [self.workspaces[at].resource];
                self.with_networks(self.reachable(&roots, false), &roots)
            }
            Home::Pair(at) => {
                let pair = &self.pairs[at];
                let own = pair.declared_by.map_or(&[][..], |at| &config.pairs[at].data_dependencies);
                let mut roots = pair.members.to_vec();
                roots.extend(self.dependencies(config.data_dependencies.iter().chain(own).map(String::as_str)));
                self.with_access(self.with_networks(self.reachable(&roots, true), &pair.members))
            }
            Home::Subscription(at) => self.reachable(&self.subscription_roots(at), true),
            Home::Repository => self.repository_resources(),
            Home::Estate(part) => self.reachable(&self.parts[part].roots, false),
        }
    }

    /// The resources of these ids (`data_dependencies`) that the inventory holds.
    pub(super) fn dependencies<'i>(&self, ids: impl Iterator<Item = &'i str>) -> BTreeSet<usize> {
        ids.filter_map(|id| self.named.get(id)).flatten().copied().collect()
    }

    /// The resources that an id names.
    pub(super) fn named(&self, id: &str) -> Vec<usize> {
        let id = ResourceId::parse(id);
        match self.resources.binary_search_by(|r| r.id.cmp(&id)) {
            Ok(number) => vec![number],
            Err(_) => (0..self.resources.len()).filter(|n| self.resources[*n].id.same(&id) == Some(true)).collect(),
        }
    }

    /// Everything that the roots lead to. The projects of a hub belong to it only as names: their own
    /// resources stay out.
    ///
    /// The lists of a region are long and concern only what fails over: `regional` takes them in.
    pub(super) fn reachable(&self, roots: &[usize], regional: bool) -> BTreeSet<usize> {
        let mut seen: BTreeSet<usize> = roots.iter().copied().collect();
        let own = seen.clone();
        let mut queue: VecDeque<usize> = roots.iter().copied().collect();
        while let Some(here) = queue.pop_front() {
            for (relation, references) in &self.relations[here] {
                if !is_followed(relation) {
                    continue;
                }
                let leaf = *relation == "projects";
                if (leaf && !own.contains(&here)) || (!regional && REGIONAL.contains(relation)) {
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

    /// What a resource leads to, see [`Self::reachable`].
    pub(super) fn leads_to(&self, number: usize) -> impl Iterator<Item = usize> {
        let followed = self.relations[number].iter().filter(|(relation, _)| is_followed(relation));
        followed.flat_map(|(_, references)| references).filter_map(|reference| reference.target)
    }

    /// The pairs of a workspace, by their places in [`Estate::pairs`].
    pub(crate) fn pairs_of(&self, workspace: usize) -> impl Iterator<Item = usize> {
        self.pairs_of.get(&workspace).into_iter().flatten().copied()
    }

    pub(super) fn key(&self, number: usize) -> String {
        self.resources[number].id.key().to_owned()
    }

    fn subjects(&self, home: Home, resources: &[usize], config: &Config) -> Vec<Subject> {
        match home {
            Home::Estate(part) => return self.estate_subjects(part, resources, config),
            Home::Repository => return self.repository_subjects(resources, config),
            _ => {}
        }
        let mut subjects = Vec::new();
        for (kind, root) in kinds() {
            match home {
                Home::Workspace(at) => self.workspace_subjects(at, kind, root, config, &mut subjects),
                Home::Pair(at) => self.pair_subjects(at, kind, root, &mut subjects),
                Home::Subscription(at) => self.subscription_subjects(at, kind, root, config, &mut subjects),
                Home::Repository | Home::Estate(_) => {}
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
            Root::Related(_) | Root::Services(_) => {
                let mut seen = BTreeSet::new();
                for (reference, path) in self.related(workspace, root) {
                    // Shared by several workspaces it is judged in one of them, with the strictest tier.
                    let users = self.users_of(kind, reference);
                    if !seen.insert(reference_key(self, reference))
                        || users.first().is_some_and(|first| *first != workspace)
                    {
                        continue;
                    }
                    let users = if users.is_empty() { &[workspace] } else { users };
                    let tiers = self.tiers_of(users, config);
                    subjects.push(related_subject(kind, reference, workspace, path, None, tiers));
                }
            }
            _ => {}
        }
    }

    fn pair_subjects(&self, at: usize, kind: &'static str, root: &Root, subjects: &mut Vec<Subject>) {
        let pair = &self.pairs[at];
        // Without a direction the second member stands for the pair.
        let [first, second] = pair.members;
        let member = |id: String, workspace: usize| Subject {
            resource: Some(workspace),
            pair: Some(at),
            ..Subject::new(id, kind, workspace, pair.tiers)
        };
        let mut related = |members: &[usize]| {
            let mut seen = BTreeSet::new();
            for workspace in members {
                for (reference, path) in self.related(*workspace, root) {
                    if seen.insert(reference_key(self, reference)) {
                        subjects.push(related_subject(kind, reference, *workspace, path, Some(at), pair.tiers));
                    }
                }
            }
        };
        match root {
            Root::Pair => subjects.push(member(pair.id.clone(), second)),
            Root::SecondaryWorkspace => subjects.push(member(self.key(second), second)),
            Root::Workspace => subjects.extend([first, second].map(|w| member(self.key(w), w))),
            Root::Related(_) | Root::Services(_) => related(&pair.members),
            // Which side fails over is for the rule to ask, if nobody said so.
            Root::OfPrimary(_) => related(if pair.directed { &pair.members[..1] } else { &pair.members }),
            Root::Targets(_) => {
                related(&pair.members);
                subjects.extend([first, second].map(|w| member(self.key(w), w)));
            }
            Root::Identities => {
                let parts = ["computes", "online_endpoints"].iter().flat_map(|name| self.follow(second, &[name]));
                let bearers = parts.filter_map(|reference| reference.target).chain([second]);
                let acting = bearers.filter(|bearer| self.relations[*bearer].contains_key("identities"));
                let subject = |number| Subject { resource: Some(number), ..member(self.key(number), second) };
                subjects.extend(acting.map(subject));
            }
            _ => {}
        }
    }

    /// A workspace as a subject of its own.
    pub(crate) fn workspace_subject(&self, workspace: usize, config: &Config) -> Subject {
        let tiers = self.tiers_of(&[workspace], config);
        Subject { resource: Some(workspace), ..Subject::new(self.key(workspace), "workspace", workspace, tiers) }
    }

    /// What the paths of a kind lead to from a workspace, each with its path.
    pub(super) fn related(&self, workspace: usize, root: &Root) -> Vec<(&Reference, &'static [&'static str])> {
        let (paths, types) = root.paths();
        let counts = |reference: &&Reference| types.is_empty() || types.contains(&self.type_of(reference));
        let along = |path: &&'static [&'static str]| {
            let found = self.follow(workspace, path).into_iter().filter(counts);
            found.map(|reference| (reference, *path)).collect::<Vec<_>>()
        };
        paths.iter().flat_map(along).collect()
    }

    fn type_of<'e>(&'e self, reference: &'e Reference) -> &'e str {
        let found = reference.target.map(|number| self.resources[number].resource_type.as_str());
        found.or_else(|| reference.id.resource_type()).unwrap_or_default()
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
    fn users_of(&self, kind: &'static str, reference: &Reference) -> &[usize] {
        let users = reference.target.and_then(|target| self.users.get(&(kind, target)));
        users.map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn tiers_of(&self, workspaces: &[usize], config: &Config) -> Tiers {
        let pairs: Vec<usize> = workspaces.iter().flat_map(|w| self.pairs_of(*w)).collect();
        self.tiers_of_pairs(&pairs, config)
    }

    pub(super) fn tiers_of_pairs(&self, pairs: &[usize], config: &Config) -> Tiers {
        let pairs = || pairs.iter().map(|at| &self.pairs[*at]);
        let default = config.default_tier;
        Tiers {
            overall: strongest(pairs().map(|p| p.tiers.overall), default.overall),
            inference: strongest(pairs().map(|p| p.tiers.inference), default.inference),
            training: strongest(pairs().map(|p| p.tiers.training), default.training),
        }
    }
}

fn is_followed(relation: &str) -> bool {
    let apart = [NAMES_ONLY, NETWORK_RELATIONS, ACCESS_RELATIONS];
    !apart.iter().any(|names| names.contains(&relation))
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
    let resource = reference.target;
    Subject { resource, pointer, pair, ..Subject::new(reference.id.key().to_owned(), kind, workspace, tiers) }
}

fn reference_key(estate: &Estate, reference: &Reference) -> String {
    reference.target.map_or_else(|| reference.id.key().to_owned(), |number| estate.key(number))
}

/// Whether inputs of this scope hold many pairs at once.
fn is_wide(scope: Scope) -> bool {
    matches!(scope, Scope::Subscription | Scope::Repository | Scope::Estate)
}
