//! Examples for documentation, from the policy tests of a rule: what it denies, and what passes.

use std::ops::ControlFlow;

use rayon::prelude::*;
use serde_json::{Map, Value as Json};

use super::test_runner::Suite;
use super::{Answers, Denial, FixtureInput, Input, Policies, PolicyError};
use crate::model::Pointer;
use crate::rule::{Evidence, Example, Rule};

/// The examples of built-in rules, in their order; a rule without any has an empty one.
///
/// # Errors
/// The policies of the tests do not load.
pub fn examples(policies: &Policies, rules: &[Rule]) -> Result<Vec<Example>, Vec<PolicyError>> {
    let suite = Suite::builtin()?;
    let found: Result<Vec<_>, _> = rules.par_iter().map(|rule| example(&suite, policies, rule)).collect();
    found.map_err(|error| vec![error])
}

fn example(suite: &Suite, policies: &Policies, rule: &Rule) -> Result<Example, PolicyError> {
    let mut example = Example::default();
    let Some(number) = policies.rules().position(|known| known.id == rule.id) else { return Ok(example) };
    let evaluator = policies.evaluator();
    let mut worker = evaluator.worker();
    let mut shown: Vec<String> = Vec::new();
    let mut failing = Json::Null;
    let mut look = |fixture: FixtureInput| {
        let document = fixture.document;
        let Ok(answers) = worker.evaluate(number, &Input::new(document.clone())) else {
            return ControlFlow::Continue(());
        };
        if let Some(denial) = answers.deny.first().filter(|_| example.fails.is_empty()) {
            shown = resources_of(denial);
            example.fails = excerpts(&document, &shown, rule);
            example.message.clone_from(&denial.message);
            failing = document;
        } else if example.passes.is_empty() && !shown.is_empty() && answers.deny.is_empty() {
            example.passes = passing(&document, &answers, &shown, rule);
            if example.passes == example.fails {
                // The difference lies elsewhere: in what else is there.
                (example.fails, example.passes) = (widely(&failing, &shown, rule), widely(&document, &shown, rule));
            }
        }
        if example.passes.is_empty() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    if suite.each_input(&rule.package, &mut look)?.is_continue() {
        // The first test often is that of a pass, which is looked for after a denial is found.
        _ = suite.each_input(&rule.package, &mut look)?;
    }
    Ok(example)
}

fn resources_of(denial: &Denial) -> Vec<String> {
    let mut ids = vec![denial.resource.clone()];
    ids.extend(denial.related.iter().map(|(resource, _)| resource.clone()));
    ids
}

/// What passes, as the same resources that were shown for the denial; where these are not in the
/// document, as the subject.
fn passing(document: &Json, answers: &Answers, shown: &[String], rule: &Rule) -> Vec<Json> {
    let subjects = document["subjects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let passes = |subject: &&Json| answers.pass.iter().any(|id| subject["id"] == id.as_str());
    let Some(subject) = subjects.iter().find(passes) else { return Vec::new() };
    match excerpts(document, shown, rule) {
        same if !same.is_empty() => same,
        _ => subject["resource"].as_str().map_or_else(Vec::new, |id| excerpts(document, &[id.to_owned()], rule)),
    }
}

fn excerpts(document: &Json, ids: &[String], rule: &Rule) -> Vec<Json> {
    ids.iter().filter_map(|id| excerpt(&document["resources"][id.as_str()], rule)).collect()
}

/// The most resources that one example shows.
const MOST: usize = 5;

/// These resources, and others of the types that the rule reads.
fn widely(document: &Json, shown: &[String], rule: &Rule) -> Vec<Json> {
    let is_read = |resource: &Json| {
        let own = resource["type"].as_str().unwrap_or_default();
        rule.evidence.iter().any(|evidence| evidence.resource_type.eq_ignore_ascii_case(own))
    };
    let all = document["resources"].as_object().into_iter().flatten();
    let others = all.filter(|(id, resource)| !shown.contains(id) && is_read(resource)).map(|(id, _)| id.clone());
    let ids: Vec<String> = shown.iter().cloned().chain(others).take(MOST).collect();
    excerpts(document, &ids, rule)
}

/// Of a resource its name, its type and what the rule reads of it.
fn excerpt(resource: &Json, rule: &Rule) -> Option<Json> {
    let own_type = resource["type"].as_str()?;
    let evidence: Vec<&Evidence> =
        rule.evidence.iter().filter(|evidence| evidence.resource_type.eq_ignore_ascii_case(own_type)).collect();
    let spelling = evidence.first().map_or(own_type, |evidence| evidence.resource_type.as_str());
    let mut shown = Json::Object(Map::from_iter([
        ("name".to_owned(), resource["name"].clone()),
        ("type".to_owned(), spelling.into()),
    ]));
    for path in evidence.iter().flat_map(|evidence| evidence.paths.iter().flatten()).filter(|path| !path.is_empty()) {
        if let (Some(value), Some(pointer)) = (resource.pointer(path), Pointer::parse(path)) {
            put(&mut shown, &pointer, value.clone());
        }
    }
    Some(shown)
}

/// Sets a value inside nested objects.
fn put(into: &mut Json, at: &Pointer, value: Json) {
    let mut here = into;
    for name in at.segments() {
        let Json::Object(members) = here else { return };
        here = members.entry(name).or_insert_with(|| Json::Object(Map::new()));
    }
    *here = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_shows_what_the_rule_reads() {
        let policies = Policies::builtin().expect("they load");
        let rules: Vec<Rule> = policies.rules().filter(|rule| rule.id == "HF-STOR-003").cloned().collect();
        let examples = examples(&policies, &rules).expect("the tests load");
        let [example] = examples.as_slice() else { panic!("one per rule") };
        assert!(example.message.contains("Standard_LRS"), "{}", example.message);
        let sku = |excerpts: &[Json]| excerpts[0]["sku"]["name"].clone();
        assert_eq!(sku(&example.fails), "Standard_LRS");
        assert_ne!(sku(&example.passes), "Standard_LRS");
        assert!(example.fails[0].get("kind").is_none(), "nothing else");
    }
}
