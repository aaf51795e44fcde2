//! Why nothing could be proved about a subject: words for people, found in the evidence of the rule.

use crate::estate::{Estate, RuleInput, Subject, WORKSPACE};
use crate::model::{Collection, Pointer, Resource, ResourceId};
use crate::rule::{Evidence, Rule};

/// One clause, without a full stop.
pub(crate) fn open_reason(estate: &Estate, rule: &Rule, input: &RuleInput, subject: &Subject) -> String {
    missing_resource(estate, subject)
        .or_else(|| unknown_evidence(estate, rule, input, subject))
        .or_else(|| missing_type(estate, rule, input, subject))
        .or_else(|| incomplete_type(estate, rule))
        .or_else(|| unfound_reference(estate, rule, subject))
        .or_else(|| absent_property(estate, rule, subject))
        .unwrap_or_else(|| "the evidence that was read does not decide it".to_owned())
}

/// The subject itself is only referred to.
fn missing_resource(estate: &Estate, subject: &Subject) -> Option<String> {
    if subject.resource.is_some() {
        return None;
    }
    let workspace = &estate.resources[subject.workspace];
    let Some(pointer) = subject.pointer.and_then(Pointer::parse) else {
        let name = ResourceId::parse(&subject.id).name().map_or_else(|| subject.id.clone(), ToString::to_string);
        let known = !name.contains('\u{27e8}');
        return known
            .then(|| format!("\"{name}\", which \"{}\" uses, is not in what was scanned", workspace.display_name()));
    };
    if let Some(name) = named_by(workspace, &pointer) {
        return Some(format!(
            "\"{name}\", which {pointer} of \"{}\" names, is not in what was scanned",
            workspace.display_name()
        ));
    }
    match workspace.unknown_at(&pointer) {
        Some(unknown) => {
            Some(format!("{pointer} of \"{}\" is not known: {}", workspace.display_name(), unknown.reason()))
        }
        None => Some(format!(
            "the resource that {pointer} of \"{}\" names is not in what was scanned",
            workspace.display_name()
        )),
    }
}

/// The name in an id of which only the scope is not known: a template seldom knows its subscription.
fn named_by(workspace: &Resource, pointer: &Pointer) -> Option<String> {
    let id = ResourceId::from_text(workspace.text_at(pointer.as_str())?);
    id.name().and_then(|name| name.as_known()).map(str::to_owned)
}

/// The first property of the declared evidence that is unknown; the subject's own resource goes first.
fn unknown_evidence(estate: &Estate, rule: &Rule, input: &RuleInput, subject: &Subject) -> Option<String> {
    let others = input.resources.iter().copied().filter(|number| Some(*number) != subject.resource);
    subject.resource.into_iter().chain(others).find_map(|number| {
        let resource = &estate.resources[number];
        let evidence = rule.evidence.iter().filter(|e| e.resource_type.eq_ignore_ascii_case(&resource.resource_type));
        let mut paths = evidence.flat_map(|e| e.paths.iter().flatten());
        paths.find_map(|path| unknown_property(resource, path).filter(|_| !is_resolved(estate, number, path)))
    })
}

/// An id with unknown parts that leads to a resource of the inventory all the same.
fn is_resolved(estate: &Estate, number: usize, path: &str) -> bool {
    let mut references = estate.relations[number].values().flatten();
    references.any(|reference| reference.pointer == Some(path) && reference.target.is_some())
}

/// What a workspace names data services with: it led to the subject, or something else did.
const WAYS: &[&str] = &[
    "microsoft.machinelearningservices/workspaces/connections",
    "microsoft.machinelearningservices/workspaces/datastores",
];

/// A type that the rule reads and of which nothing is there.
fn missing_type(estate: &Estate, rule: &Rule, input: &RuleInput, subject: &Subject) -> Option<String> {
    let own = subject.resource.map_or("", |number| estate.resources[number].resource_type.as_str());
    let is_way = |name: &str| WAYS.iter().any(|way| way.eq_ignore_ascii_case(name)) && own != WORKSPACE;
    let is_there = |resource_type: &str| {
        let mut types = input.resources.iter().map(|number| estate.resources[*number].resource_type.as_str());
        types.any(|there| there.eq_ignore_ascii_case(resource_type))
    };
    // A type of which nothing is read in every case may well be missing.
    let always = |e: &&Evidence| e.paths.iter().any(|group| !group.iter().any(String::is_empty));
    let mut missing = rule.evidence.iter().filter(|e| !is_there(&e.resource_type) && !is_way(&e.resource_type));
    let missing = missing.find(always)?;
    let source = if estate.live { "was read" } else { "is declared" };
    Some(format!("no {} that belongs to it {source}", missing.resource_type))
}

fn unknown_property(resource: &Resource, path: &str) -> Option<String> {
    let pointer = Pointer::parse(path).filter(|pointer| !pointer.as_str().is_empty())?;
    let unknown = resource.unknown_at(&pointer)?;
    Some(format!("{pointer} of \"{}\" is not known: {}", resource.display_name(), unknown.reason()))
}

/// A property of the subject that the rule always reads, and that nobody gave.
fn absent_property(estate: &Estate, rule: &Rule, subject: &Subject) -> Option<String> {
    let resource = &estate.resources[subject.resource?];
    let mut evidence = rule.evidence.iter().filter(|e| e.resource_type.eq_ignore_ascii_case(&resource.resource_type));
    let always = evidence.by_ref().flat_map(|e| &e.paths).filter_map(|group| match group.as_slice() {
        [one] => Some(one),
        _ => None,
    });
    let absent = always.into_iter().find(|path| resource.get(path).is_none())?;
    Some(format!("{absent} of \"{}\" is not given", resource.display_name()))
}

fn incomplete_type(estate: &Estate, rule: &Rule) -> Option<String> {
    let incomplete = |t: &&String| !estate.collection.is_complete(&t.to_ascii_lowercase(), Collection::EVERYWHERE);
    let resource_type = rule.absence.iter().find(incomplete)?;
    let why = if estate.live { "the listing is not complete" } else { "source code is not a complete listing" };
    Some(format!("it cannot be told whether there is a {resource_type} elsewhere: {why}"))
}

/// Something that the workspace refers to is not in the inventory.
fn unfound_reference(estate: &Estate, rule: &Rule, subject: &Subject) -> Option<String> {
    let workspace = &estate.resources[subject.workspace];
    let evidence = rule.evidence.iter().flat_map(|e| e.paths.iter().flatten());
    let pointers: Vec<&String> = evidence.collect();
    // The object id of an identity is no resource that could be found.
    let relations = estate.relations[subject.workspace].iter().filter(|(name, _)| **name != "identities");
    let references = relations.flat_map(|(_, references)| references);
    let mut missing = references.filter(|r| r.target.is_none());
    let reference = missing.find(|r| r.pointer.is_some_and(|p| pointers.iter().any(|e| *e == p)))?;
    Some(format!(
        "the resource that {} of \"{}\" names is not in what was scanned",
        reference.pointer.unwrap_or_default(),
        workspace.display_name()
    ))
}
