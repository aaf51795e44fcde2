//! GitLab CI.
//!
//! <https://docs.gitlab.com/ci/yaml/>

use std::rc::Rc;

use super::document::Node;
use super::evaluate::{Evaluator, MAX_CASES, Place};
use super::github::enter;
use super::shell::Dialect;
use super::variables::{Bound, Scope};

/// Keys of the top that are no jobs.
const GLOBAL: &[&str] = &["default", "image", "include", "services", "spec", "stages", "variables", "workflow"];

/// Walks through a file; its jobs first bind what the top binds.
pub(super) fn walk(evaluator: &mut Evaluator<'_>, document: &Node, place: &Place) {
    let mut place = place.clone();
    bind(evaluator, document.get("variables"), &mut place.scope);
    includes(evaluator, document.get("include"), &place);
    for (name, job) in document.entries().filter(|(name, job)| !GLOBAL.contains(name) && job.is_map()) {
        walk_job(evaluator, name, job, &place);
    }
}

fn bind(evaluator: &Evaluator<'_>, variables: Option<&Rc<Node>>, scope: &mut Scope) {
    for (name, value) in variables.into_iter().flat_map(|variables| variables.entries()) {
        // A variable with a description or options is asked for when the pipeline is started.
        let bound = match value.is_map() {
            true => Bound::Configured(None),
            false => evaluator.bound(value, scope),
        };
        scope.bind(&format!("ENV.{name}"), bound);
    }
}

fn walk_job(evaluator: &mut Evaluator<'_>, name: &str, job: &Node, place: &Place) {
    let first = evaluator.first;
    for (number, case) in cases(job).into_iter().enumerate() {
        if !evaluator.step(job.start) {
            return;
        }
        evaluator.first = first && number == 0;
        evaluator.planned.clear();
        let mut place = place.clone();
        // Variables of a job, and those of its rules, are data of this one case.
        for (name, value) in job.get("variables").into_iter().flat_map(|variables| variables.entries()) {
            let text = value.text().and_then(|_| evaluator.resolved(value, &place.scope));
            place.scope.bind(&format!("ENV.{name}"), Bound::Configured(text));
        }
        for (name, value) in case {
            place.scope.bind(&format!("ENV.{name}"), Bound::Configured(Some(value)));
        }
        place.names.push(name.to_owned());
        let environment = job.get("environment").and_then(|one| if one.is_map() { one.get("name") } else { Some(one) });
        place.environment = environment.and_then(|environment| evaluator.resolved(environment, &place.scope));
        let text = evaluator.text.clone();
        for key in ["before_script", "script", "after_script"] {
            let Some(script) = job.get(key) else { continue };
            let lines = if script.is_list() { script.items() } else { std::slice::from_ref(script) };
            // One shell runs all lines: `cd` and variables last.
            let mut whole = super::mapped::Mapped::default();
            for line in lines.iter().filter(|line| line.text().is_some()) {
                whole.append(&line.mapped(&text));
            }
            evaluator.script(&whole, Dialect::Posix, &place);
        }
        includes(evaluator, job.get("trigger").and_then(|trigger| trigger.get("include")), &place);
    }
    evaluator.first = first;
}

/// The cases of `parallel: matrix:`.
fn cases(job: &Node) -> Vec<Vec<(String, String)>> {
    let rows = job.get("parallel").and_then(|parallel| parallel.get("matrix")).map_or(&[][..], |matrix| matrix.items());
    let mut cases: Vec<Vec<(String, String)>> = Vec::new();
    for row in rows.iter().take(MAX_CASES) {
        let mut joined: Vec<Vec<(String, String)>> = vec![Vec::new()];
        for (name, values) in row.entries() {
            let values: Vec<&str> = match values.text() {
                Some(text) => vec![text],
                None => values.items().iter().filter_map(|value| value.text()).collect(),
            };
            let with = |case: &Vec<(String, String)>, value: &str| {
                let mut case = case.clone();
                case.push((name.to_owned(), value.to_owned()));
                case
            };
            joined = joined
                .iter()
                .flat_map(|case| values.iter().map(|value| with(case, value)).collect::<Vec<_>>())
                .take(MAX_CASES)
                .collect();
        }
        cases.extend(joined);
    }
    cases.truncate(MAX_CASES);
    if cases.is_empty() { vec![Vec::new()] } else { cases }
}

/// `include: file`, `include: [{local: file}]`; what comes from elsewhere is told.
fn includes(evaluator: &mut Evaluator<'_>, include: Option<&Rc<Node>>, place: &Place) {
    let Some(include) = include else { return };
    let items = if include.is_list() { include.items() } else { std::slice::from_ref(include) };
    for item in items {
        let span = evaluator.span_of(item);
        let local = item.text().filter(|text| !text.contains("://")).or_else(|| item.get("local")?.text());
        let Some(local) = local else {
            let other = item.text().or_else(|| {
                ["project", "remote", "template", "component"].iter().find_map(|key| item.get(key)?.text())
            });
            let other = other.map(str::to_owned);
            evaluator.found.call(None, other.as_deref(), false, span);
            continue;
        };
        let path = local.trim_start_matches('/').to_owned();
        let found = evaluator.tree.contains(&path);
        evaluator.found.call(Some(&path), None, found, span);
        if found {
            enter(evaluator, &path, span, place, &mut |evaluator, document, place| walk(evaluator, document, place));
        }
    }
}
