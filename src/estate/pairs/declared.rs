//! Pairs that somebody declared.

use std::collections::BTreeMap;

use super::{Basis, Counterpart, Forming, Role, tag};
use crate::config::WorkspaceRef;
use crate::model::ResourceId;
use crate::nearest::nearest;

/// The pairs of the configuration.
pub(super) fn by_configuration(forming: &mut Forming) {
    for (at, pair) in forming.config.pairs.iter().enumerate() {
        let primaries = resolve(forming, &pair.primary);
        if primaries.is_empty() {
            unmatched(forming, pair.line, "primary", &pair.primary);
        }
        for secondary in &pair.secondaries {
            let secondaries = resolve(forming, secondary);
            if secondaries.is_empty() {
                unmatched(forming, pair.line, "secondary", secondary);
            }
            for primary in &primaries {
                match meant(forming, *primary, &secondaries) {
                    Meant::One(secondary) => forming.declare(*primary, secondary, Basis::Configuration, Some(at)),
                    Meant::None => not_found(forming, *primary, secondary.to_string()),
                    Meant::Several(count) => forming.facts[*primary].problems.push(format!(
                        "line {} of the configuration names \"{secondary}\" as the counterpart, but {count} workspaces \
                         fit; name it by its ARM id or by where it is declared",
                        pair.line
                    )),
                }
            }
        }
    }
}

/// A pair that names a workspace which was not read, perhaps by a slip.
fn unmatched(forming: &mut Forming, line: u32, role: &str, named: &WorkspaceRef) {
    let named = named.to_string();
    let names: Vec<String> = (0..forming.members.len()).map(|at| forming.name(at)).collect();
    let hint = nearest(&named, names.iter().map(String::as_str));
    let hint = hint.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
    let problem = format!("line {line} of the configuration: no workspace \"{named}\" ({role}) was read{hint}");
    forming.unmatched.push(problem);
}

fn not_found(forming: &mut Forming, primary: usize, name: String) {
    forming.facts[primary].role.get_or_insert(Role::Primary);
    forming.facts[primary].counterparts.push(Counterpart { name, target: None });
}

enum Meant {
    None,
    One(usize),
    Several(usize),
}

/// Which of several workspaces a declaration means: one of the same deployment, if there is one.
fn meant(forming: &Forming, from: usize, candidates: &[usize]) -> Meant {
    let deployment = |at: usize| forming.members[at].resource.declaration().map(|d| d.deployment);
    let others: Vec<usize> = candidates.iter().copied().filter(|at| *at != from).collect();
    let own: Vec<usize> = others.iter().copied().filter(|at| deployment(*at) == deployment(from)).collect();
    match (others.as_slice(), own.as_slice()) {
        ([], _) => Meant::None,
        ([one], _) | (_, [one]) => Meant::One(*one),
        (several, _) => Meant::Several(several.len()),
    }
}

/// The workspaces that a reference fits.
fn resolve(forming: &Forming, reference: &WorkspaceRef) -> Vec<usize> {
    let candidates: Vec<usize> = match reference {
        WorkspaceRef::Id(id) => id.name().map_or_else(Vec::new, |name| forming.named(name).to_vec()),
        WorkspaceRef::Name(name) if !name.contains("${") => forming.named(&name.as_str().into()).to_vec(),
        _ => (0..forming.members.len()).collect(),
    };
    candidates.into_iter().filter(|at| fits(forming, *at, reference)).collect()
}

fn fits(forming: &Forming, at: usize, reference: &WorkspaceRef) -> bool {
    let resource = forming.members[at].resource;
    let named = |name: &str| resource.id.name().is_some_and(|own| own.to_string().eq_ignore_ascii_case(name));
    match reference {
        WorkspaceRef::Id(id) => is_meant_by(&resource.id, id),
        WorkspaceRef::Name(name) => named(name),
        WorkspaceRef::Declared { template, parameters, declaration, name } => {
            let Some(declared) = resource.declaration() else { return false };
            let deployment = forming.estate.deployment_of(resource);
            let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
            is(template, deployment.map(|d| d.template.as_str()))
                && is(parameters, deployment.and_then(|d| d.parameters.as_deref()))
                && is(declaration, Some(&declared.logical_name))
                && name.as_deref().is_none_or(named)
        }
    }
}

/// Whether somebody who gives the ARM id `named` means this resource. Source code rarely tells the
/// subscription and group of what it declares: there the name decides, unless more is known.
fn is_meant_by(resource: &ResourceId, named: &ResourceId) -> bool {
    match resource.same(named) {
        Some(same) => same,
        None => resource.name().zip(named.name()).is_some_and(|(a, b)| a.same(b) == Some(true)),
    }
}

/// Reciprocal pair and role tags, and group tags.
pub(super) fn by_tags(forming: &mut Forming) {
    let names = &forming.config.tags;
    let role = |forming: &Forming, at: usize| {
        tag(forming.members[at].resource, &names.role).and_then(|text| Role::parse(text.as_known()?))
    };
    let configured: Vec<bool> = (0..forming.members.len()).map(|at| forming.is_declared(at)).collect();
    let roles: Vec<Option<Role>> = (0..forming.members.len()).map(|at| role(forming, at)).collect();
    for at in (0..forming.members.len()).filter(|at| !configured[*at]) {
        let Some(text) = tag(forming.members[at].resource, &names.pair) else { continue };
        let named = text.to_string();
        let fitting = named_by_tag(forming, at);
        match (meant(forming, at, &fitting), roles[at]) {
            (Meant::Several(count), _) => forming.facts[at]
                .problems
                .push(format!("the tag {} names \"{named}\", but {count} workspaces fit; use the ARM id", names.pair)),
            (Meant::None, Some(Role::Secondary)) => forming.facts[at].problems.push(format!(
                "the tag {} names \"{named}\" as its primary, which is not among what was read",
                names.pair
            )),
            (Meant::None, _) => not_found(forming, at, named),
            (Meant::One(other), _) => reciprocal(forming, at, other, &roles),
        }
    }
    by_group(forming, &configured, &roles);
}

/// The workspaces that the pair tag of a workspace fits.
fn named_by_tag(forming: &Forming, at: usize) -> Vec<usize> {
    let Some(text) = tag(forming.members[at].resource, &forming.config.tags.pair) else { return Vec::new() };
    let id = ResourceId::from_text(text.clone());
    match id.name().filter(|_| id.resource_type().is_some()) {
        Some(name) => {
            let named = forming.named(name).iter().copied();
            named.filter(|other| is_meant_by(&forming.members[*other].resource.id, &id)).collect()
        }
        None => forming.named(&text).to_vec(),
    }
}

fn reciprocal(forming: &mut Forming, at: usize, other: usize, roles: &[Option<Role>]) {
    let names = &forming.config.tags;
    let (name, other_name) = (forming.name(at), forming.name(other));
    if !named_by_tag(forming, other).contains(&at) {
        let problem = format!(
            "the tag {} of \"{name}\" names \"{other_name}\", which does not name it back; set the tag on both",
            names.pair
        );
        forming.facts[at].problems.push(problem.clone());
        forming.facts[other].problems.push(problem);
        return;
    }
    match (roles[at], roles[other]) {
        (Some(Role::Primary), Some(Role::Secondary)) => forming.declare(at, other, Basis::Tags, None),
        // The same pair, seen from the other side.
        (Some(Role::Secondary), Some(Role::Primary)) => {}
        (mine, theirs) => {
            let word = |role: Option<Role>| match role {
                Some(Role::Primary) => "primary",
                Some(Role::Secondary) => "secondary",
                None => "unset",
            };
            let problem = format!(
                "the tags {} of \"{name}\" and \"{other_name}\" are {} and {}; one must be primary, the other secondary",
                names.role,
                word(mine),
                word(theirs)
            );
            forming.facts[at].problems.push(problem);
        }
    }
}

/// Workspaces with one value of the group tag: every primary with every secondary.
fn by_group(forming: &mut Forming, configured: &[bool], roles: &[Option<Role>]) {
    let Some(group_tag) = &forming.config.tags.group else { return };
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in (0..forming.members.len()).filter(|at| !configured[*at]) {
        if let Some(value) = tag(forming.members[at].resource, group_tag).as_ref().and_then(|text| text.as_known()) {
            groups.entry(value.to_ascii_lowercase()).or_default().push(at);
        }
    }
    for (value, members) in groups.into_iter().filter(|(_, members)| members.len() > 1) {
        let with = |role| members.iter().copied().filter(move |at| roles[*at] == Some(role));
        for primary in with(Role::Primary) {
            for secondary in with(Role::Secondary) {
                forming.declare(primary, secondary, Basis::Tags, None);
            }
        }
        if with(Role::Primary).next().is_none() {
            let problem =
                format!("no workspace of the group \"{value}\" has the tag {} = primary", forming.config.tags.role);
            members.iter().for_each(|at| forming.facts[*at].problems.push(problem.clone()));
        }
    }
}
