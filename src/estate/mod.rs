//! The estate: workspaces with their associated resources, workspace pairs, and the inputs that rules
//! judge. A pure function of an inventory and the configuration; where a resource came from plays no
//! part.

mod access;
mod defaults;
mod document;
mod inline;
mod inputs;
mod links;
mod networks;
mod normalise;
mod pairs;
mod parts;
mod regions;
mod relations;
mod repository;
mod services;
mod subjects;
mod wide;

use std::collections::{BTreeSet, HashMap};

pub use defaults::Defaults;
pub use inputs::{Home, RuleInput, Subject};
pub use normalise::EvidencePaths;
pub use pairs::{Basis, Counterpart, Pair, Role, WorkspaceFacts};
pub use regions::region_paths;
pub use relations::{Reference, Relations, WORKSPACE};
pub use wide::{FailoverRegion, SubscriptionGroup};

use crate::config::Config;
use crate::model::{Collection, Deployment, Gap, GapPlace, Inventory, Pointer, Resource, SourceFiles};
use crate::rule::Tier;

/// Resources, how they belong together, and what is known to be complete.
#[derive(Debug)]
pub struct Estate {
    /// The resources, normalised.
    pub resources: Vec<Resource>,
    /// The relations of each resource, in the same order.
    pub relations: Vec<Relations>,
    /// The workspaces that are judged, and declared members of pairs.
    pub workspaces: Vec<WorkspaceFacts>,
    /// The pairs, declared and inferred, in the order of their ids.
    pub pairs: Vec<Pair>,
    /// Entries of the configuration that name a workspace which was not read: sentences.
    pub unmatched_pairs: Vec<String>,
    /// The subscriptions with workspaces, in the order of their ids.
    pub subscriptions: Vec<SubscriptionGroup>,
    /// What was complete and what is missing.
    pub collection: Collection,
    /// The deployments that declare resources.
    pub deployments: Vec<Deployment>,
    /// The files that were read.
    pub files: SourceFiles,
    /// When a live estate was captured, RFC 3339 in UTC.
    pub captured_at: Option<String>,
    /// Whether it was read from Azure rather than from source code.
    pub live: bool,
    /// Whether nothing contradicts what the configuration calls complete.
    may_be_complete: bool,
    /// The types (lower case) that are complete in the whole scan.
    complete_everywhere: BTreeSet<String>,
    /// What Azure says of its regions.
    regions: regions::RegionFacts,
    /// Types of which some resource stands under an undecided condition.
    undecided_types: BTreeSet<String>,
    /// The judged workspaces that a resource is a subject for, by kind and resource.
    users: HashMap<(&'static str, usize), Vec<usize>>,
    /// The workspaces of which an account is the default one.
    default_of: HashMap<usize, Vec<usize>>,
    /// The pairs of each member, by the number of its resource.
    pairs_of: HashMap<usize, Vec<usize>>,
    /// What the ids of `data_dependencies` name.
    named: HashMap<String, Vec<usize>>,
    /// What is judged together in the scope `estate`.
    parts: Vec<parts::EstatePart>,
}

impl Estate {
    /// Associates the resources of an inventory and forms pairs.
    ///
    /// `paths` are the property paths that rules read; their names get ARM's spelling.
    pub fn assemble(inventory: Inventory, config: &Config, paths: &EvidencePaths, defaults: &Defaults) -> Self {
        let live = inventory.is_live();
        let all_paths = read_paths(paths);
        let mut resources = inline::expand(normalise::normalise(inventory.resources, &all_paths, defaults));
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        let index = relations::Index::new(&resources);
        let relations = relations::associate(&resources, &index);
        let undecided = resources.iter().filter(|r| r.declaration().is_some_and(|d| d.condition.is_some()));
        let mut undecided_types: BTreeSet<String> = undecided.map(|r| r.resource_type.clone()).collect();
        undecided_types.extend(networks::undecided(&resources, &index));
        undecided_types.extend(relations::adrift(&resources));
        let mut undecided_files = inventory.collection.gaps.iter().filter(|gap| hides_resources(gap));
        let may_be_complete = undecided_files.clone().all(|gap| !gap.types.is_empty());
        undecided_types.extend(undecided_files.by_ref().flat_map(|gap| gap.types.iter().cloned()));
        let mut collection = inventory.collection;
        if !live {
            // What another scan enumerated is complete only as far as this source adds nothing to it.
            let undecided: &BTreeSet<String> = &undecided_types;
            collection.complete.retain(|resource_type, _| may_be_complete && !undecided.contains(resource_type));
        }
        let mut estate = Self {
            regions: regions::RegionFacts::of(&resources),
            resources,
            relations,
            workspaces: Vec::new(),
            pairs: Vec::new(),
            unmatched_pairs: Vec::new(),
            subscriptions: Vec::new(),
            may_be_complete,
            undecided_types,
            complete_everywhere: complete_everywhere(&collection),
            collection,
            deployments: inventory.deployments,
            files: inventory.files,
            captured_at: inventory.captured_at,
            live,
            users: HashMap::new(),
            default_of: HashMap::new(),
            pairs_of: HashMap::new(),
            named: HashMap::new(),
            parts: Vec::new(),
        };
        let formed = pairs::form(&estate, config);
        (estate.workspaces, estate.pairs, estate.unmatched_pairs) = (formed.facts, formed.pairs, formed.unmatched);
        estate.add_dependencies(config, &index);
        estate.index_members();
        estate.subscriptions = wide::group(&estate);
        estate.parts = parts::divide(&estate, config);
        estate
    }

    fn index_members(&mut self) {
        for (at, pair) in self.pairs.iter().enumerate() {
            for member in pair.members {
                self.pairs_of.entry(member).or_default().push(at);
            }
        }
        for (number, relations) in self.relations.iter().enumerate() {
            let workspace = self.resources[number].resource_type == WORKSPACE;
            let accounts = relations.get("storage").into_iter().flatten().filter(|_| workspace);
            for account in accounts.filter_map(|reference| reference.target) {
                self.default_of.entry(account).or_default().push(number);
            }
        }
        let mut users: HashMap<_, Vec<usize>> = HashMap::new();
        for facts in self.workspaces.iter().filter(|w| w.judged) {
            for (kind, root) in subjects::kinds() {
                for target in self.related(facts.resource, root).into_iter().filter_map(|(r, _)| r.target) {
                    let known: &mut Vec<usize> = users.entry((kind, target)).or_default();
                    // Two ways may lead to one resource.
                    if known.last() != Some(&facts.resource) {
                        known.push(facts.resource);
                    }
                }
            }
        }
        self.users = users;
    }

    /// Groups of subscriptions whose workspaces are judged together: members of pairs and candidates, and
    /// those that have the same storage account or component.
    pub fn subscriptions_together(&self) -> Vec<BTreeSet<String>> {
        let subscription = |number: usize| self.resources[number].id.subscription();
        let named = self.workspaces.iter().map(|facts| {
            let counterparts = facts.counterparts.iter().filter_map(|counterpart| counterpart.target);
            [facts.resource].into_iter().chain(counterparts).chain(facts.candidates.iter().copied()).collect()
        });
        let paired = self.pairs.iter().map(|pair| pair.members.to_vec());
        let private = |kind: &str| matches!(kind, "default_storage" | "application_insights");
        let sharing = self.users.iter().filter(|((kind, _), _)| private(kind)).map(|(_, users)| users.clone());
        let groups = named.chain(paired).chain(sharing);
        let groups =
            groups.map(|group: Vec<usize>| group.into_iter().filter_map(subscription).collect::<BTreeSet<_>>());
        let mut groups: Vec<BTreeSet<String>> = groups.filter(|group| group.len() > 1).collect();
        groups.sort();
        groups.dedup();
        groups
    }

    /// What the configuration says that workspaces depend on (`data_dependencies`): all of them, or
    /// those of one pair.
    fn add_dependencies(&mut self, config: &Config, index: &relations::Index) {
        let ids = config.pairs.iter().flat_map(|pair| &pair.data_dependencies).chain(&config.data_dependencies);
        self.named = ids.map(|id| (id.clone(), self.named(id))).collect();
        let own = |pair: &Pair| pair.declared_by.map_or(&[][..], |at| &config.pairs[at].data_dependencies);
        let judged = self.workspaces.iter().filter(|w| w.judged).map(|facts| facts.resource);
        let mut named: BTreeSet<(usize, &str)> = BTreeSet::new();
        for workspace in judged {
            named.extend(config.data_dependencies.iter().map(|id| (workspace, id.as_str())));
        }
        for pair in &self.pairs {
            named.extend(pair.members.iter().flat_map(|member| own(pair).iter().map(|id| (*member, id.as_str()))));
        }
        for (workspace, id) in named {
            let found = relations::dependencies(&self.resources[workspace], id, index, &self.resources);
            self.relations[workspace].entry("dependencies").or_default().extend(found);
        }
    }

    /// What the configuration calls complete (lower-case types), where nothing contradicts it.
    ///
    /// It speaks of source code: what Azure has, the listing says. A file that could not be read may
    /// declare more of any type, and a resource under an undecided condition may or may not be there.
    fn declared_complete(&self, declared: &BTreeSet<String>) -> BTreeSet<String> {
        if !self.may_be_complete || self.live {
            return BTreeSet::new();
        }
        declared.difference(&self.undecided_types).cloned().collect()
    }

    /// The facts about a workspace, by the number of its resource.
    pub fn facts(&self, resource: usize) -> Option<&WorkspaceFacts> {
        let at = self.workspaces.binary_search_by_key(&resource, |w| w.resource).ok()?;
        Some(&self.workspaces[at])
    }

    /// The declaring deployment of a resource, if it was declared.
    pub fn deployment_of(&self, resource: &Resource) -> Option<&Deployment> {
        self.deployments.get(resource.declaration()?.deployment.0 as usize)
    }
}

fn complete_everywhere(collection: &Collection) -> BTreeSet<String> {
    let types = collection.complete.keys();
    types.filter(|t| collection.is_complete(t, Collection::EVERYWHERE)).cloned().collect()
}

/// The property paths that rules read, with those that the estate itself reads besides identity: what
/// a snapshot must keep.
pub fn read_paths(paths: &EvidencePaths) -> EvidencePaths {
    let mut all = paths.clone();
    for (resource_type, pointer) in relations::pointers() {
        all.entry(resource_type.to_owned()).or_default().extend(Pointer::parse(pointer));
    }
    all
}

/// A gap in source code: what could not be read may declare any resource of its types; without types any
/// at all.
fn hides_resources(gap: &Gap) -> bool {
    matches!(gap.place, GapPlace::File { .. } | GapPlace::Path(_))
}

/// The strongest of several tiers; the default where there is none.
fn strongest(tiers: impl Iterator<Item = Tier>, default: Tier) -> Tier {
    tiers.max().unwrap_or(default)
}
