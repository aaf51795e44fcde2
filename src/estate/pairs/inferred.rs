//! Pairs that nobody declared but that look like one. They never prove anything by themselves.

use std::collections::BTreeMap;

use super::{Basis, Forming, Role};
use crate::model::{Part, Text};

/// Infers pairs among the workspaces about which nothing is declared.
pub(super) fn by_likeness(forming: &mut Forming) {
    let mut alike: BTreeMap<usize, BTreeMap<usize, Basis>> = BTreeMap::new();
    // The name tells more than shared resources, so it goes last and wins.
    for (basis, groups) in [(Basis::SharedResources, by_shared_resources(forming)), (Basis::Name, by_stem(forming))] {
        for group in groups {
            for (a, b) in pairs_within(&group).filter(|(a, b)| may_pair(forming, *a, *b)) {
                alike.entry(a).or_default().insert(b, basis);
                alike.entry(b).or_default().insert(a, basis);
            }
        }
    }
    for (at, candidates) in &alike {
        forming.facts[*at].candidates = candidates.keys().map(|other| forming.members[*other].number).collect();
        let Some((other, basis)) = candidates.first_key_value().filter(|_| candidates.len() == 1) else { continue };
        let mutual = alike.get(other).is_some_and(|theirs| theirs.len() == 1);
        if at < other && mutual {
            let (first, second, directed) = direction(forming, *at, *other);
            forming.add(first, second, directed, *basis, None);
        }
    }
}

/// In a larger group each is compared with so many neighbours only: that there is more than one
/// candidate shows soon, and comparing all with all would cost the square of the group.
const MAX_ALIKE: usize = 32;

fn pairs_within(group: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    let others = |index: usize| group[index + 1..].iter().take(MAX_ALIKE);
    group.iter().enumerate().flat_map(move |(index, a)| others(index).map(|b| (*a, *b)))
}

/// Never in one region, never across environments.
fn may_pair(forming: &Forming, a: usize, b: usize) -> bool {
    let [a, b] = [a, b].map(|at| &forming.members[at]);
    let regions = a.resource.region().zip(b.resource.region());
    regions.is_none_or(|(a, b)| a != b) && a.environments == b.environments
}

/// Source code: only within one template, with one or several parameter files. Two templates of a
/// repository need not have anything to do with each other.
fn neighbourhood(forming: &Forming, at: usize) -> String {
    let deployment = forming.estate.deployment_of(forming.members[at].resource);
    deployment.map(|d| d.template.clone()).unwrap_or_default()
}

fn undeclared(forming: &Forming) -> impl Iterator<Item = usize> {
    (0..forming.members.len()).filter(|at| forming.facts[*at].judged && !forming.is_declared(*at))
}

fn by_stem(forming: &Forming) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for at in undeclared(forming) {
        if let Some(stem) = forming.config.tokens.stem(&comparable_name(forming, at)) {
            groups.entry((neighbourhood(forming, at), stem.text)).or_default().push(at);
        }
    }
    groups.into_values().collect()
}

fn by_shared_resources(forming: &Forming) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<(String, String, String), Vec<usize>> = BTreeMap::new();
    for at in undeclared(forming) {
        let relations = &forming.estate.relations[forming.members[at].number];
        let target = |relation: &str| {
            let reference = relations.get(relation)?.first()?;
            reference.target.map(|number| forming.estate.resources[number].id.key().to_owned())
        };
        if let Some((vault, registry)) = target("key_vault").zip(target("container_registry")) {
            groups.entry((neighbourhood(forming, at), vault, registry)).or_default().push(at);
        }
    }
    groups.into_values().collect()
}

/// The name with a mark for each unknown part: two names with the same unknown part stay alike, and
/// the words of an expression are no words of the name.
fn comparable_name(forming: &Forming, at: usize) -> String {
    let parts = forming.members[at].resource.id.name().map(Text::parts).unwrap_or_default();
    let mut name = String::new();
    for part in parts {
        match part {
            Part::Known(text) => name.push_str(text),
            Part::Unknown(hole) => name.extend(hole.expression().bytes().filter_map(mark)),
        }
    }
    name
}

/// An ideograph for a byte: a letter without case, so that no name is cut into words inside it.
fn mark(byte: u8) -> Option<char> {
    char::from_u32(0x4e00 + u32::from(byte))
}

/// The members in order, and whether the order means anything: one of the two names says so.
fn direction(forming: &Forming, a: usize, b: usize) -> (usize, usize, bool) {
    let role = |at| forming.config.tokens.stem(&comparable_name(forming, at)).and_then(|stem| stem.role);
    match (role(a), role(b)) {
        (Some(Role::Primary) | None, Some(Role::Secondary)) | (Some(Role::Primary), None) => (a, b, true),
        (Some(Role::Secondary), Some(Role::Primary) | None) | (None, Some(Role::Primary)) => (b, a, true),
        _ => (a, b, false),
    }
}
