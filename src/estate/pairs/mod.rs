//! Workspace pairs: declared by configuration or tags, otherwise inferred.
//!
//! The rules are those of `docs/configuration.md`: configuration wins over tags, tags over inference; an
//! inferred pair never crosses environments, and more than one candidate is none.

mod declared;
mod inferred;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{Estate, WORKSPACE};
use crate::config::{Config, DeclaredTiers, Environments, Tiers, WorkspaceTraits};
use crate::model::{Pointer, Resource, ResourceId, Text};
use crate::rule::Tier;

pub use crate::config::Role;

/// What makes two workspaces a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// `pairs` of the configuration.
    Configuration,
    /// Reciprocal tags, or a group tag with roles.
    Tags,
    /// Equal names but for the region.
    Name,
    /// The same key vault and registry.
    SharedResources,
}

impl Basis {
    /// Whether somebody said so.
    pub fn is_declared(self) -> bool {
        matches!(self, Self::Configuration | Self::Tags)
    }
}

/// Two workspaces of which one takes over for the other.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Unique within the estate: the ids of both members.
    pub id: String,
    /// The resources; the primary first, if the direction is known.
    pub members: [usize; 2],
    /// Whether it is known which one is the primary.
    pub directed: bool,
    /// Why they are a pair.
    pub basis: Basis,
    /// The tiers that hold.
    pub tiers: Tiers,
    /// Whether the overall tier was declared, by configuration or by equal tags on both.
    pub tier_declared: bool,
    /// The entry of [`Config::pairs`] that declares it.
    pub declared_by: Option<usize>,
}

/// A workspace that somebody named as a counterpart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// As it was named.
    pub name: String,
    /// The resource, if the inventory holds it.
    pub target: Option<usize>,
}

/// What pairing and configuration say about a workspace.
#[derive(Clone, Debug)]
pub struct WorkspaceFacts {
    /// The resource.
    pub resource: usize,
    /// Whether it is judged: declared or live, not only referred to.
    pub judged: bool,
    /// Whether it serves production.
    pub production: bool,
    /// Why it does not, in words.
    pub environment: Option<String>,
    /// Its part in a declared pair.
    pub role: Option<Role>,
    /// The other members of its declared pairs.
    pub counterparts: Vec<Counterpart>,
    /// Workspaces that look like its counterpart.
    pub candidates: Vec<usize>,
    /// Why a declaration does not hold: sentences.
    pub problems: Vec<String>,
}

/// A workspace while pairs are formed.
struct Member<'e> {
    number: usize,
    resource: &'e Resource,
    environments: Environments,
}

/// Facts are in the order of their resources, pairs in the order of their ids.
pub(super) fn form(estate: &Estate, config: &Config) -> Formed {
    let mut members = Vec::new();
    let mut facts = Vec::new();
    for (number, resource) in estate.resources.iter().enumerate().filter(|(_, r)| r.resource_type == WORKSPACE) {
        let tags = known_tags(resource);
        let traits = traits(estate, resource, &tags);
        let production = config.production.decide(&traits, &config.tokens, &config.tags.environment);
        let environments = config.tokens.environments_of(&traits, &config.tags.environment);
        members.push(Member { number, resource, environments });
        facts.push(WorkspaceFacts {
            resource: number,
            judged: !resource.context && !resource.declaration().is_some_and(|d| d.existing),
            production: production.production,
            environment: production.environment,
            role: None,
            counterparts: Vec::new(),
            candidates: Vec::new(),
            problems: Vec::new(),
        });
    }
    let by_name = index_by_name(&members);
    let mut forming = Forming { estate, config, members, by_name, facts, pairs: Vec::new(), unmatched: Vec::new() };
    declared::by_configuration(&mut forming);
    declared::by_tags(&mut forming);
    inferred::by_likeness(&mut forming);
    forming.note_unknown_tags();
    let Forming { mut facts, mut pairs, mut unmatched, .. } = forming;
    pairs.retain(|pair| !pair.members.iter().all(|member| estate.resources[*member].context));
    facts.retain(|f| f.judged || pairs.iter().any(|p| p.members.contains(&f.resource)));
    pairs.sort_by(|a, b| a.id.cmp(&b.id));
    pairs.dedup_by(|later, first| later.id == first.id);
    unmatched.dedup();
    Formed { facts, pairs, unmatched }
}

/// What forming pairs gives.
pub(super) struct Formed {
    pub facts: Vec<WorkspaceFacts>,
    pub pairs: Vec<Pair>,
    /// Entries of the configuration that name a workspace which was not read: sentences.
    pub unmatched: Vec<String>,
}

/// The state of forming pairs. Workspaces are named by their place in `members` (and `facts`).
struct Forming<'e> {
    estate: &'e Estate,
    config: &'e Config,
    members: Vec<Member<'e>>,
    /// The members that have a name, by its canonical spelling.
    by_name: HashMap<String, Vec<usize>>,
    facts: Vec<WorkspaceFacts>,
    pairs: Vec<Pair>,
    /// Entries of the configuration that name a workspace which was not read: sentences.
    unmatched: Vec<String>,
}

fn index_by_name(members: &[Member<'_>]) -> HashMap<String, Vec<usize>> {
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, member) in members.iter().enumerate() {
        if let Some(name) = member.resource.id.name() {
            by_name.entry(canonical(name)).or_default().push(at);
        }
    }
    by_name
}

/// Equal texts have one canonical spelling: lower case, unknown parts by their identity.
fn canonical(text: &Text) -> String {
    ResourceId::from_text(text.clone()).key().to_owned()
}

impl Forming<'_> {
    /// The members of this name.
    fn named(&self, name: &Text) -> &[usize] {
        self.by_name.get(&canonical(name)).map_or(&[], Vec::as_slice)
    }

    fn name(&self, at: usize) -> String {
        self.members[at].resource.display_name()
    }

    /// Tags that are not known may declare a pair: nothing may be concluded from their silence.
    fn note_unknown_tags(&mut self) {
        let pointer = Pointer::root().child("tags").child(&self.config.tags.pair);
        for at in 0..self.members.len() {
            if self.is_declared(at) || !self.facts[at].candidates.is_empty() {
                continue;
            }
            if let Some(unknown) = self.members[at].resource.unknown_at(&pointer) {
                let problem = format!("the tag {} is not known: {}", self.config.tags.pair, unknown.reason());
                self.facts[at].problems.push(problem);
            }
        }
    }

    /// Whether somebody declared anything about this workspace, right or wrong.
    fn is_declared(&self, at: usize) -> bool {
        let facts = &self.facts[at];
        facts.role.is_some() || !facts.counterparts.is_empty() || !facts.problems.is_empty()
    }

    /// Notes a declared pair: roles, counterpart, and the pair itself.
    fn declare(&mut self, primary: usize, secondary: usize, basis: Basis, declared_by: Option<usize>) {
        for (at, other, role) in [(primary, secondary, Role::Primary), (secondary, primary, Role::Secondary)] {
            let counterpart = Counterpart { name: self.name(other), target: Some(self.members[other].number) };
            let facts = &mut self.facts[at];
            facts.role.get_or_insert(role);
            if !facts.counterparts.contains(&counterpart) {
                facts.counterparts.push(counterpart);
            }
        }
        self.add(primary, secondary, true, basis, declared_by);
    }

    fn add(&mut self, first: usize, second: usize, directed: bool, basis: Basis, declared_by: Option<usize>) {
        let [a, b] = [first, second].map(|at| self.members[at].resource);
        let configured = declared_by.map(|at| self.config.pairs[at].tiers).unwrap_or_default();
        let tags = if basis.is_declared() { self.tiers_by_tags(a, b) } else { DeclaredTiers::default() };
        let declared = configured.or(tags);
        self.pairs.push(Pair {
            id: format!("{} {}", a.id.key(), b.id.key()),
            members: [self.members[first].number, self.members[second].number],
            directed,
            basis,
            tiers: declared.resolve(self.config.default_tier),
            tier_declared: declared.overall.is_some(),
            declared_by,
        });
    }

    /// The tiers that both members have in equal tags.
    fn tiers_by_tags(&self, a: &Resource, b: &Resource) -> DeclaredTiers {
        let tier = |name: &str| {
            let of = |resource| tag(resource, name).and_then(|text| Tier::parse(text.as_known()?));
            of(a).filter(|tier| of(b) == Some(*tier))
        };
        let names = &self.config.tags;
        DeclaredTiers {
            overall: tier(&names.tier),
            inference: tier(&names.inference_tier),
            training: tier(&names.training_tier),
        }
    }
}

/// The value of a tag; Azure ignores the case of tag names.
fn tag(resource: &Resource, name: &str) -> Option<Text> {
    let known = resource.get("/tags").and_then(|tags| tags.as_object());
    if let Some((_, value)) = known.and_then(|tags| tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))) {
        return value.as_str().map(Text::known);
    }
    let pointer = Pointer::root().child("tags").child(name);
    let written = resource.unknown.keys().find(|p| p.as_str().eq_ignore_ascii_case(pointer.as_str()))?;
    resource.text_at(written.as_str())
}

fn known_tags(resource: &Resource) -> BTreeMap<String, String> {
    let tags = resource.get("/tags").and_then(|tags| tags.as_object()).into_iter().flatten();
    tags.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn traits<'a>(estate: &'a Estate, resource: &'a Resource, tags: &'a BTreeMap<String, String>) -> WorkspaceTraits<'a> {
    let known = |text: Option<&'a Text>| text.and_then(|t| t.as_known());
    let tags_pointer = Pointer::root().child("tags");
    let subscription = resource.id.segment_after("subscriptions");
    let names = estate.collection.subscriptions.iter();
    let subscription_name = known(subscription)
        .and_then(|id| names.clone().find(|s| s.id.eq_ignore_ascii_case(id)))
        .and_then(|s| s.name.as_deref());
    WorkspaceTraits {
        name: known(resource.id.name()),
        tags: Some(tags),
        tags_complete: resource.unknown_at(&tags_pointer).is_none(),
        resource_group: known(resource.id.segment_after("resourcegroups")),
        subscription_id: known(subscription),
        subscription_name,
        parameter_file: estate.deployment_of(resource).and_then(|d| d.parameters.as_deref()),
    }
}
