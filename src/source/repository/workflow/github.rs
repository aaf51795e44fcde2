//! GitHub workflows and composite actions.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax>

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::model::Span;

use super::deploy::Deploy;
use super::document::{Node, documents};
use super::evaluate::{Evaluator, MAX_CALLS, MAX_CASES, Place};
use super::shell::{Dialect, Word};
use super::variables::Bound;

/// A case of a matrix: what its names stand for.
type Case = Vec<(String, Option<String>)>;

/// Walks through a workflow or an action.
pub(super) fn walk(evaluator: &mut Evaluator<'_>, document: &Node, place: &Place) {
    let mut place = place.clone();
    let everywhere = environments_of(document);
    bind(evaluator, document.get("env"), &mut place, &everywhere);
    if let Some(runs) = document.get("runs") {
        steps(evaluator, runs.get("steps"), &place, &everywhere);
    }
    place.folder = folder(evaluator, document, &place).unwrap_or(place.folder);
    for (name, job) in document.get("jobs").into_iter().flat_map(|jobs| jobs.entries()) {
        walk_job(evaluator, name, job, &place, &everywhere);
    }
}

fn walk_job(evaluator: &mut Evaluator<'_>, name: &str, job: &Node, place: &Place, everywhere: &Everywhere) {
    let first = evaluator.first;
    for (number, case) in cases(evaluator, job, place).into_iter().enumerate() {
        if !evaluator.step(job.start) {
            break;
        }
        evaluator.first = first && number == 0;
        evaluator.planned.clear();
        let mut place = place.clone();
        for (key, value) in case {
            place.scope.bind(&format!("MATRIX.{key}"), Bound::Configured(value));
        }
        bind(evaluator, job.get("env"), &mut place, everywhere);
        place.folder = folder(evaluator, job, &place).unwrap_or(place.folder);
        place.names.push(name.to_owned());
        let environment = job.get("environment").and_then(|one| if one.is_map() { one.get("name") } else { Some(one) });
        if let Some(environment) = environment {
            place.environment = evaluator.resolved(environment, &place.scope);
        }
        match job.get("uses") {
            Some(uses) => call(evaluator, uses, job.get("with"), &place),
            None => steps(evaluator, job.get("steps"), &place, everywhere),
        }
    }
    evaluator.first = first;
}

/// The names of the environment in a workflow, each with all values that it has anywhere.
type Everywhere = BTreeMap<String, BTreeSet<String>>;

fn environments_of(document: &Node) -> Everywhere {
    let mut found = Everywhere::new();
    let jobs: Vec<&Rc<Node>> =
        document.get("jobs").into_iter().flat_map(|jobs| jobs.entries()).map(|(_, job)| job).collect();
    let steps = jobs.iter().filter_map(|job| job.get("steps")).flat_map(|steps| steps.items());
    let maps = document
        .get("env")
        .into_iter()
        .chain(jobs.iter().filter_map(|job| job.get("env")))
        .chain(steps.filter_map(|step| step.get("env")));
    for (name, value) in maps.flat_map(|map| map.entries()) {
        found.entry(name.to_ascii_uppercase()).or_default().insert(value.text().unwrap_or_default().to_owned());
    }
    found
}

/// Binds the names of an `env`. A name that has other values elsewhere in the workflow is data.
fn bind(evaluator: &Evaluator<'_>, env: Option<&Rc<Node>>, place: &mut Place, everywhere: &Everywhere) {
    for (name, value) in env.into_iter().flat_map(|env| env.entries()) {
        let bound = match evaluator.bound(value, &place.scope) {
            Bound::Literal(text, _) if everywhere.get(&name.to_ascii_uppercase()).is_some_and(|all| all.len() > 1) => {
                Bound::Configured(Some(text))
            }
            bound => bound,
        };
        place.scope.bind(&format!("ENV.{name}"), bound);
    }
}

fn folder(evaluator: &Evaluator<'_>, of: &Node, place: &Place) -> Option<String> {
    let folder = of.get("defaults")?.get("run")?.get("working-directory")?;
    evaluator.beside("", &evaluator.resolved(folder, &place.scope)?)
}

fn steps(evaluator: &mut Evaluator<'_>, steps: Option<&Rc<Node>>, place: &Place, everywhere: &Everywhere) {
    for step in steps.into_iter().flat_map(|steps| steps.items()) {
        if !evaluator.step(step.start) {
            return;
        }
        let mut here = place.clone();
        bind(evaluator, step.get("env"), &mut here, everywhere);
        if let Some(folder) = step.get("working-directory") {
            let folder = evaluator.resolved(folder, &here.scope);
            here.folder = folder.and_then(|folder| evaluator.beside("", &folder)).unwrap_or(here.folder);
        }
        if let Some(run) = step.get("run") {
            let dialect = dialect(step.get("shell").and_then(|shell| shell.text()));
            evaluator.script(&run.mapped(&evaluator.text.clone()), dialect, &here);
        }
        if let Some(uses) = step.get("uses") {
            action(evaluator, uses, step.get("with"), &mut here);
        }
    }
}

fn dialect(shell: Option<&str>) -> Dialect {
    match shell.map(str::to_ascii_lowercase).as_deref() {
        Some("pwsh" | "powershell") => Dialect::PowerShell,
        Some("cmd") => Dialect::Cmd,
        _ => Dialect::Posix,
    }
}

fn action(evaluator: &mut Evaluator<'_>, uses: &Node, with: Option<&Rc<Node>>, place: &mut Place) {
    let Some(text) = uses.text() else { return };
    let name = text.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let input = |name: &str| with.and_then(|with| with.get_any_case(name));
    let script = match name.as_str() {
        "azure/cli" => input("inlineScript").map(|script| (script, Dialect::Posix)),
        "azure/powershell" => input("inlineScript").map(|script| (script, Dialect::PowerShell)),
        _ => None,
    };
    if let Some((script, dialect)) = script {
        evaluator.script(&script.mapped(&evaluator.text.clone()), dialect, place);
        return;
    }
    if text.starts_with("./") {
        call(evaluator, uses, with, place);
        return;
    }
    let words: BTreeMap<String, Word> = with
        .into_iter()
        .flat_map(|with| with.entries())
        .map(|(name, value)| (name.to_ascii_lowercase(), evaluator.word(value)))
        .collect();
    let span = evaluator.span_of(uses);
    Deploy::task(evaluator, &name, &|name| words.get(name).cloned(), span, place);
}

/// A reusable workflow or an action of the repository.
fn call(evaluator: &mut Evaluator<'_>, uses: &Node, with: Option<&Rc<Node>>, place: &Place) {
    let Some(reference) = uses.text() else { return };
    let span = evaluator.span_of(uses);
    let Some(local) = reference.strip_prefix("./") else {
        evaluator.found.call(None, Some(reference), false, span);
        return;
    };
    let candidates = [local.to_owned(), format!("{local}/action.yml"), format!("{local}/action.yaml")];
    let path = candidates
        .into_iter()
        .find(|path| evaluator.tree.contains(path) && (path.ends_with("yml") || path.ends_with("yaml")));
    evaluator.found.call(Some(path.as_deref().unwrap_or(local)), None, path.is_some(), span);
    let Some(path) = path else { return };
    let mut inner = Place { environment: place.environment.clone(), names: place.names.clone(), ..Place::default() };
    inner.scope = super::variables::Scope::predefined();
    for (name, value) in with.into_iter().flat_map(|with| with.entries()) {
        let text = evaluator.resolved(value, &place.scope);
        inner.scope.bind(&format!("INPUTS.{name}"), Bound::Configured(text));
    }
    enter(evaluator, &path, span, &inner, &mut |evaluator, document, place| {
        bind_defaults(evaluator, document, place);
        walk(evaluator, document, place);
    });
}

/// The inputs that the caller leaves out have their defaults.
fn bind_defaults(evaluator: &Evaluator<'_>, document: &Node, place: &mut Place) {
    let on = document.get("on").or_else(|| document.get("true"));
    let inputs = on
        .and_then(|on| on.get("workflow_call"))
        .and_then(|call| call.get("inputs"))
        .or_else(|| document.get("inputs"));
    for (name, input) in inputs.into_iter().flat_map(|inputs| inputs.entries()) {
        let key = format!("INPUTS.{name}");
        if let Some(default) = input.get("default").filter(|_| place.scope.text(&key).is_none()) {
            let text = evaluator.resolved(default, &place.scope);
            place.scope.bind(&key, Bound::Configured(text));
        }
    }
}

/// What is done with the document of a file that is called.
pub(super) type Walk<'w, 't> = &'w mut dyn FnMut(&mut Evaluator<'t>, &Node, &mut Place);

/// How many steps a file that is called counts for.
const STEPS_OF_A_CALL: usize = 10;

/// Walks through a file that is called at a place, as far as calls may be nested.
pub(super) fn enter<'t>(evaluator: &mut Evaluator<'t>, path: &str, call: Span, place: &Place, walk: Walk<'_, 't>) {
    // Each file costs its parsing, so it counts for several steps.
    if evaluator.calls >= MAX_CALLS || !(0..STEPS_OF_A_CALL).all(|_| evaluator.step(call.start)) {
        return;
    }
    let Ok(text) = evaluator.tree.read(path) else { return };
    let text: std::sync::Arc<str> = text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), Into::into);
    let Ok(parsed) = documents(&text) else { return };
    let outer =
        (evaluator.path.clone(), evaluator.text.clone(), evaluator.call, std::mem::take(&mut evaluator.planned));
    (evaluator.path, evaluator.text, evaluator.call) = (path.to_owned(), text, Some(evaluator.call.unwrap_or(call)));
    evaluator.calls += 1;
    for document in parsed {
        walk(evaluator, &document, &mut place.clone());
    }
    evaluator.calls -= 1;
    (evaluator.path, evaluator.text, evaluator.call, evaluator.planned) = outer;
}

/// The cases of the matrix of a job; one without names if it has none.
fn cases(evaluator: &Evaluator<'_>, job: &Node, place: &Place) -> Vec<Case> {
    let Some(matrix) = job.get("strategy").and_then(|strategy| strategy.get("matrix")) else { return vec![Vec::new()] };
    let mut cases: Vec<Case> = vec![Vec::new()];
    for (name, values) in matrix.entries().filter(|(name, _)| !matches!(*name, "include" | "exclude")) {
        let values: Vec<Case> = match values.is_list() {
            true => values.items().iter().map(|value| named(evaluator, name, value, place)).collect(),
            // An expression: a case of which nothing is known.
            false => vec![vec![(name.to_owned(), None)]],
        };
        let joined = cases.iter().flat_map(|case| values.iter().map(|value| [case.as_slice(), value].concat()));
        cases = joined.take(MAX_CASES).collect();
    }
    let excluded = entries(evaluator, matrix.get("exclude"), place);
    cases.retain(|case| !excluded.iter().any(|row| !row.is_empty() && row.iter().all(|pair| case.contains(pair))));
    for row in entries(evaluator, matrix.get("include"), place) {
        // A row adds to the cases that it agrees with, otherwise it is a case of its own.
        let agrees = |case: &Case| {
            !case.is_empty() && row.iter().all(|(name, value)| case.iter().all(|(n, v)| n != name || v == value))
        };
        let shares = |case: &Case| row.iter().any(|(name, _)| case.iter().any(|(n, _)| n == name));
        let mut added = false;
        for case in cases.iter_mut().filter(|case| agrees(case) && shares(case)) {
            case.extend(row.clone());
            added = true;
        }
        if !added && cases.len() < MAX_CASES {
            cases.push(row);
        }
    }
    if cases.len() > 1 {
        cases.retain(|case| !case.is_empty());
    }
    cases
}

fn entries(evaluator: &Evaluator<'_>, list: Option<&Rc<Node>>, place: &Place) -> Vec<Case> {
    let rows = list.into_iter().flat_map(|list| list.items()).take(MAX_CASES);
    rows.map(|row| row.entries().flat_map(|(name, value)| named(evaluator, name, value, place)).collect()).collect()
}

/// A name with a value; the members of an object have names of their own.
pub(super) fn named(evaluator: &Evaluator<'_>, name: &str, value: &Node, place: &Place) -> Case {
    if value.is_map() {
        return value
            .entries()
            .flat_map(|(member, value)| named(evaluator, &format!("{name}.{member}"), value, place))
            .collect();
    }
    vec![(name.to_owned(), value.text().and_then(|_| evaluator.resolved(value, &place.scope)))]
}
