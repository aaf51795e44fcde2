//! A pass is proved, never presumed: what a rule declares as evidence must be known for a pass, and
//! nothing else may matter.
//!
//! Every leaf of every resource type of the scenario estates is made unknown, one (type, property) at a
//! time in all resources of the type. If the property is declared evidence of a rule, none of its passes
//! may survive (inside an `any_of` group they may); if it is not, its verdicts must stay as they were.
//! Then the enumeration of each type is made incomplete: no denial by absence and no pass may rest on it.

mod scenarios;

use std::collections::{BTreeMap, BTreeSet};

use holdfast::finding::Verdict;
use holdfast::model::{Inventory, Pointer, Unknown};
use holdfast::rule::{Evidence, Rule};
use rayon::prelude::*;
use scenarios::{Bench, Scenario, Verdicts};
use serde_json::Value;

fn leaves(value: &Value, at: &Pointer, found: &mut Vec<Pointer>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(name, member)| leaves(member, &at.child(name), found));
        }
        _ => found.push(at.clone()),
    }
}

/// All leaves of an inventory, by type.
fn leaves_by_type(inventory: &Inventory) -> Vec<(String, Pointer)> {
    let mut all = Vec::new();
    for resource in &inventory.resources {
        let mut found = Vec::new();
        leaves(&resource.body, &Pointer::root(), &mut found);
        all.extend(found.into_iter().map(|pointer| (resource.resource_type.clone(), pointer)));
    }
    all.sort();
    all.dedup();
    all
}

fn erase(inventory: &mut Inventory, resource_type: &str, pointer: &Pointer) {
    let name = pointer.segments().last().unwrap_or_default();
    for resource in inventory.resources.iter_mut().filter(|r| r.resource_type == resource_type) {
        let parent = pointer.parent().unwrap_or_default();
        if let Some(members) = resource.body.pointer_mut(parent.as_str()).and_then(Value::as_object_mut)
            && members.remove(&name).is_some()
        {
            resource.unknown.insert(pointer.clone(), Unknown::NotCollected);
        }
    }
}

/// References: without them it cannot be told what is to be judged, so a related subject gives way to one
/// that is open.
const REFERENCES: &[(&str, &str)] = &[
    ("workspaces", "/properties/storageAccount"),
    ("workspaces", "/properties/keyVault"),
    ("workspaces", "/properties/containerRegistry"),
    ("workspaces", "/properties/applicationInsights"),
    ("computes", "/properties/computeType"),
    ("computes", "/properties/resourceId"),
    ("connections", "/properties/target"),
    ("datastores", "/properties/accountName"),
];

/// Whether a property leads from a workspace to what is judged.
fn leads_to_subjects(resource_type: &str, pointer: &Pointer) -> bool {
    let last = resource_type.rsplit('/').next().unwrap_or_default();
    REFERENCES.contains(&(last, pointer.as_str()))
}

/// What makes a resource this resource. Rules read it through relations, subjects and pairs. What Azure
/// says of a region is found by the region.
fn is_identity(resource_type: &str, pointer: &Pointer) -> bool {
    let of_region = resource_type.starts_with("microsoft.machinelearningservices/locations/");
    pointer.as_str().starts_with("/tags") || (of_region && pointer.as_str() == "/location")
}

/// How a rule declares a property of a type: not at all, in a group with others, or by itself.
#[derive(PartialEq)]
enum Declared {
    No,
    AnyOf,
    Alone,
}

fn declared(rule: &Rule, resource_type: &str, pointer: &Pointer) -> Declared {
    let touches = |path: &String| {
        let Some(path) = Pointer::parse(path) else { return false };
        !path.as_str().is_empty() && (pointer.is_within(&path) || path.is_within(pointer))
    };
    let mut result = Declared::No;
    let evidence = |e: &&Evidence| e.resource_type.eq_ignore_ascii_case(resource_type);
    for group in rule.evidence.iter().filter(evidence).flat_map(|e| &e.paths).filter(|g| g.iter().any(touches)) {
        if group.len() == 1 {
            return Declared::Alone;
        }
        result = Declared::AnyOf;
    }
    result
}

fn check(
    bench: &Bench,
    name: &str,
    before: &Verdicts,
    after: &Verdicts,
    resource_type: &str,
    pointer: &Pointer,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let leads = leads_to_subjects(resource_type, pointer);
    for ((rule_id, subject), verdict) in before {
        let rule = bench.rule(rule_id);
        // Without its region it cannot be told into which regions a pair fails over.
        let of_region = rule.subject == "subscription_region" && pointer.as_str() == "/location";
        if (leads || of_region) && !after.contains_key(&(rule_id.clone(), subject.clone())) {
            continue;
        }
        let now = after.get(&(rule_id.clone(), subject.clone()));
        match declared(rule, resource_type, pointer) {
            Declared::Alone if *verdict == Verdict::Pass && now == Some(&Verdict::Pass) => wrong.push(format!(
                "{name}: {rule_id} still passes {subject} without {resource_type}{pointer}, which it declares"
            )),
            Declared::No if now != Some(verdict) => wrong.push(format!(
                "{name}: {rule_id} on {subject} was {verdict:?} and is {now:?} without {resource_type}{pointer}, which it does \
                 not declare"
            )),
            _ => {}
        }
    }
    wrong
}

/// The estates in which passes are at stake, those with the most of them first.
fn passing_estates() -> Vec<Scenario> {
    let mut estates = scenarios::snapshots();
    estates.retain(|estate| estate.name.starts_with("perfect-") || estate.name == "fraud-scoring");
    estates.sort_by_key(|estate| std::cmp::Reverse(estate.inventory().resources.len()));
    estates
}

#[test]
fn passes_rest_on_declared_evidence_only() {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    let mut erased = 0;
    let mut exercised: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for estate in passing_estates() {
        let before = bench.verdicts(estate.inventory(), &estate.config);
        for ((rule, _), verdict) in &before {
            *exercised.entry(rule.clone()).or_default() += usize::from(*verdict == Verdict::Pass);
        }
        let mut leaves = Vec::new();
        for (resource_type, pointer) in leaves_by_type(&estate.inventory()) {
            // Once is enough: the estates come with the richest first.
            if is_identity(&resource_type, &pointer) || !seen.insert((resource_type.clone(), pointer.clone())) {
                continue;
            }
            leaves.push((resource_type, pointer));
        }
        erased += leaves.len();
        wrong.par_extend(leaves.par_iter().flat_map_iter(|(resource_type, pointer)| {
            let mut inventory = estate.inventory();
            erase(&mut inventory, resource_type, pointer);
            let after = bench.verdicts(inventory, &estate.config);
            check(&bench, &estate.name, &before, &after, resource_type, pointer)
        }));
    }
    assert!(erased > 30, "only {erased} leaves were erased");
    let passing = exercised.values().filter(|passes| **passes > 0).count();
    assert!(passing >= 60, "the scenario estates pass only {passing} rules");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Denials that rest on what was read: a pair in one region, and failover workspaces that are broken.
const READ: &[(&str, &str)] = &[
    ("HF-TOPO-001", "mlw-claims-uks"),
    ("HF-TOPO-001", "mlw-load-weu"),
    ("HF-WS-001", "mlw-maps-neu"),
    ("HF-WS-001", "mlw-meter-neu"),
    ("HF-WS-001", "mlw-pensions-gwc"),
];

/// Whether a rule reads nothing but this type, and may deny on its absence.
fn rests_on(rule: &Rule, resource_type: &str) -> bool {
    rule.absence.iter().any(|t| t.eq_ignore_ascii_case(resource_type))
        && rule.evidence.iter().all(|e| e.resource_type.eq_ignore_ascii_case(resource_type))
}

#[test]
fn nothing_is_concluded_from_an_incomplete_listing() {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    for estate in scenarios::snapshots() {
        let types: Vec<String> = estate.inventory().collection.complete.keys().cloned().collect();
        for resource_type in types.into_iter().filter(|t| bench.rules.iter().any(|rule| rests_on(rule, t))) {
            let mut inventory = estate.inventory();
            inventory.collection.complete.remove(&resource_type);
            // With the listing incomplete, the resources of the type may be anywhere else.
            inventory
                .resources
                .retain(|r| r.resource_type != resource_type || r.resource_type == holdfast::estate::WORKSPACE);
            let after = bench.verdicts(inventory, &estate.config);
            for ((rule_id, subject), verdict) in after {
                let by_absence = !READ.contains(&(rule_id.as_str(), subject.as_str()));
                if rests_on(bench.rule(&rule_id), &resource_type) && verdict == Verdict::Deny && by_absence {
                    wrong.push(format!(
                        "{}: {rule_id} denies {subject} although {resource_type} is not complete",
                        estate.name
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
