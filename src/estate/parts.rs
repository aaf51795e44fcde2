//! The parts of an estate: workspaces that have anything in common are judged in one input of the scope
//! `estate`, others need not be. One input for everything would be as large as the estate, and whoever
//! judges it would have to hold all of it at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Estate;
use crate::config::Config;

/// A part takes in more until it holds so many resources: an input has its price too.
const ENOUGH: usize = 1_000;

/// Workspaces and other resources with everything that they lead to.
#[derive(Clone, Debug, Default)]
pub(super) struct EstatePart {
    /// What its input starts from, by the numbers of the resources.
    pub roots: Vec<usize>,
    /// The places of its judged workspaces in [`Estate::workspaces`].
    pub workspaces: Vec<usize>,
    /// The pairs of its workspaces, by their places in [`Estate::pairs`].
    pub pairs: Vec<usize>,
}

/// The parts of an estate, at least one.
pub(super) fn divide(estate: &Estate, config: &Config) -> Vec<EstatePart> {
    let roots = estate.estate_roots(config);
    let reached = estate.reachable(&roots, false);
    let mut groups = Groups::default();
    for number in &reached {
        for target in estate.leads_to(*number).filter(|target| reached.contains(target)) {
            groups.join(*number, target);
        }
    }
    for pair in &estate.pairs {
        groups.join(pair.members[0], pair.members[1]);
    }
    let mut found: BTreeMap<usize, (usize, Vec<usize>)> = BTreeMap::new();
    for number in &reached {
        found.entry(groups.of(*number)).or_default().0 += 1;
    }
    for root in &roots {
        found.entry(groups.of(*root)).or_default().1.push(*root);
    }
    let mut parts = vec![EstatePart::default()];
    let (mut place, mut held) = (HashMap::new(), 0);
    for (group, (resources, roots)) in found {
        if held > 0 && held + resources > ENOUGH {
            parts.push(EstatePart::default());
            held = 0;
        }
        held += resources;
        place.insert(group, parts.len() - 1);
        if let Some(part) = parts.last_mut() {
            part.roots.extend(roots);
        }
    }
    let part_of = |number: usize, groups: &mut Groups| place.get(&groups.of(number)).copied().unwrap_or_default();
    for (at, facts) in estate.workspaces.iter().enumerate().filter(|(_, facts)| facts.judged) {
        parts[part_of(facts.resource, &mut groups)].workspaces.push(at);
    }
    for (at, pair) in estate.pairs.iter().enumerate() {
        parts[part_of(pair.members[0], &mut groups)].pairs.push(at);
    }
    parts
}

/// Which numbers belong together, each group named by its smallest number.
#[derive(Default)]
struct Groups(HashMap<usize, usize>);

impl Groups {
    fn of(&mut self, number: usize) -> usize {
        let mut smallest = number;
        while let Some(next) = self.0.get(&smallest) {
            smallest = *next;
        }
        // The next one who asks has a short way.
        let mut here = number;
        while here != smallest {
            here = self.0.insert(here, smallest).unwrap_or(smallest);
        }
        smallest
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        if a != b {
            self.0.insert(a.max(b), a.min(b));
        }
    }
}

impl Estate {
    /// What the inputs of the estate start from: workspaces, what the configuration names, and the types
    /// that are judged wherever they are.
    fn estate_roots(&self, config: &Config) -> Vec<usize> {
        let mut roots: BTreeSet<usize> = self.workspaces.iter().map(|facts| facts.resource).collect();
        // Source code without any workspace is no business of these rules.
        if !roots.is_empty() {
            roots.extend((0..self.resources.len()).filter(|number| self.is_judged_anywhere(*number)));
        }
        roots.extend(self.all_dependencies(config));
        roots.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::{Defaults, EvidencePaths, Home};
    use crate::model::{Inventory, Resource};
    use crate::rule::Scope;
    use serde_json::{Value, json};

    fn id(rest: &str) -> String {
        format!("/subscriptions/s/resourceGroups/g/providers/{rest}")
    }

    /// Workspaces with many computes each; each has the key vault of this number.
    fn estate(vaults: &[usize]) -> Estate {
        let mut bodies: Vec<Value> = Vec::new();
        for (number, vault) in vaults.iter().enumerate() {
            let workspace = id(&format!("Microsoft.MachineLearningServices/workspaces/w{number}"));
            let vault = id(&format!("Microsoft.KeyVault/vaults/kv{vault}"));
            bodies.push(json!({"id": vault}));
            bodies.push(json!({"id": workspace, "properties": {"keyVault": vault}}));
            bodies.extend((0..600).map(|at| json!({"id": format!("{workspace}/computes/c{at}")})));
        }
        bodies.dedup();
        let resources = bodies.into_iter().filter_map(Resource::live).collect();
        let inventory = Inventory { resources, captured_at: Some(String::new()), ..Inventory::default() };
        Estate::assemble(inventory, &Config::default(), &EvidencePaths::new(), &Defaults::default())
    }

    fn workspaces_per_input(estate: &Estate) -> Vec<usize> {
        let homes: Vec<Home> = estate.homes(Scope::Estate);
        let inputs = homes.iter().map(|home| estate.input(*home, &Config::default(), "2026-11-24"));
        inputs.map(|input| input.document["workspaces"].as_object().map_or(0, serde_json::Map::len)).collect()
    }

    #[test]
    fn what_has_nothing_in_common_is_judged_apart() {
        assert_eq!(workspaces_per_input(&estate(&[1, 2, 3])), [1, 1, 1]);
    }

    #[test]
    fn what_shares_a_resource_is_judged_together() {
        assert_eq!(workspaces_per_input(&estate(&[1, 2, 1])), [2, 1]);
    }

    #[test]
    fn every_subject_has_one_home() {
        let estate = estate(&[1, 2, 2, 3]);
        let homes = estate.homes(Scope::Estate);
        let subjects = homes.iter().flat_map(|home| estate.input(*home, &Config::default(), "2026-11-24").subjects);
        let mut ids: Vec<String> = subjects.filter(|s| s.kind == "resource").map(|subject| subject.id).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), all), (4 * 601 + 3, 4 * 601 + 3));
    }

    #[test]
    fn nothing_is_one_empty_part() {
        let estate =
            Estate::assemble(Inventory::default(), &Config::default(), &EvidencePaths::new(), &Defaults::default());
        assert_eq!(workspaces_per_input(&estate), [0]);
    }
}
