//! Azure Pipelines, their templates included.
//!
//! <https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/>

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::deploy::Deploy;
use super::document::Node;
use super::evaluate::{Evaluator, MAX_CASES, Place};
use super::github::{enter, named};
use super::shell::{Dialect, Word};
use super::variables::{Bound, Scope};

/// The keys under which stages, jobs and steps stand.
const LISTS: [&str; 3] = ["stages", "jobs", "steps"];

/// The steps of a deployment job stand below these.
const HOOKS: [&str; 6] = ["deploy", "failure", "on", "postRouteTraffic", "preDeploy", "routeTraffic"];

/// Walks through a pipeline or a template.
pub(super) fn walk(evaluator: &mut Evaluator<'_>, document: &Node, place: &Place) {
    let mut place = place.clone();
    bind_defaults(evaluator, document, &mut place);
    let all = values_of(document);
    level(evaluator, document, &place, &all);
    if let Some(extends) = document.get("extends") {
        template(evaluator, extends, &place);
    }
}

/// The variables of a pipeline, each with all values that it has anywhere.
type Values = BTreeMap<String, BTreeSet<String>>;

fn values_of(document: &Node) -> Values {
    let mut values = Values::new();
    let mut left = vec![document];
    while let Some(node) = left.pop() {
        for (name, value) in node.get("variables").into_iter().flat_map(|variables| pairs(variables)) {
            values.entry(name.to_ascii_uppercase()).or_default().insert(value.text().unwrap_or_default().to_owned());
        }
        left.extend(node.items().iter().map(|item| &**item));
        left.extend(
            node.entries().filter(|(key, _)| LISTS.contains(key) || key.starts_with("${{")).map(|(_, value)| &**value),
        );
    }
    values
}

/// The variables of a mapping, or of a list of `name` and `value`.
fn pairs(variables: &Node) -> Vec<(&str, &Rc<Node>)> {
    let mut found: Vec<(&str, &Rc<Node>)> = variables.entries().filter(|(name, _)| !name.starts_with("${{")).collect();
    for item in variables.items() {
        found.extend(item.get("name").and_then(|name| name.text()).zip(item.get("value")));
    }
    found
}

fn bind_defaults(evaluator: &Evaluator<'_>, document: &Node, place: &mut Place) {
    let Some(parameters) = document.get("parameters") else { return };
    let listed = parameters.items().iter().filter_map(|one| Some((one.get("name")?.text()?, one.get("default")?)));
    let defaults: Vec<(&str, &Rc<Node>)> = parameters.entries().chain(listed).collect();
    for (name, default) in defaults {
        if !place.scope.is_bound(&format!("PARAMETERS.{name}")) {
            bind_parameter(evaluator, name, default, &Scope::predefined(), place);
        }
    }
}

/// A parameter; the members of an object and the items of a list have names of their own.
fn bind_parameter(evaluator: &Evaluator<'_>, name: &str, value: &Node, from: &Scope, place: &mut Place) {
    let outer = Place { scope: from.clone(), ..Place::default() };
    if value.is_list() {
        place.scope.bind(&format!("PARAMETERS.{name}"), Bound::Configured(None));
        for (index, item) in value.items().iter().take(MAX_CASES).enumerate() {
            for (name, text) in named(evaluator, &format!("{name}[{index}]"), item, &outer) {
                place.scope.bind(&format!("PARAMETERS.{name}"), Bound::Configured(text));
            }
        }
        return;
    }
    // `${{ parameters.all }}` passes a list or an object on as a whole.
    let whole = value.text().and_then(|text| text.trim().strip_prefix("${{")?.strip_suffix("}}")).map(str::trim);
    if let Some(source) = whole {
        place.scope.copy_from(from, source, &format!("PARAMETERS.{name}"));
    }
    for (name, text) in named(evaluator, name, value, &outer) {
        place.scope.bind(&format!("PARAMETERS.{name}"), Bound::Configured(text));
    }
}

/// Anything that may have variables and stages, jobs or steps.
fn level(evaluator: &mut Evaluator<'_>, node: &Node, place: &Place, all: &Values) {
    let mut place = place.clone();
    bind_variables(evaluator, node, &mut place, all);
    for key in ["stage", "job", "deployment"] {
        place.names.extend(node.get(key).and_then(|name| evaluator.resolved(name, &place.scope)));
    }
    if let Some(environment) = node.get("environment") {
        let name = if environment.is_map() { environment.get("name") } else { Some(environment) };
        place.environment = name.and_then(|name| evaluator.resolved(name, &place.scope));
    }
    if node.get("job").is_some() || node.get("deployment").is_some() {
        evaluator.planned.clear();
    }
    let first = evaluator.first;
    for (number, case) in cases(evaluator, node, &place).into_iter().enumerate() {
        evaluator.first = first && number == 0;
        let mut place = place.clone();
        for (name, text) in case {
            place.scope.bind_variable(&name, Bound::Configured(text));
        }
        for list in LISTS.iter().filter_map(|key| node.get(key)) {
            items(evaluator, list, &place, all);
        }
        for hooks in node.get("strategy").into_iter().flat_map(|strategy| strategy.entries()).map(|(_, hooks)| hooks) {
            hook(evaluator, hooks, &place, all, 0);
        }
    }
    evaluator.first = first;
}

/// The steps of a deployment job: `runOnce: deploy: steps:`, `runOnce: on: failure: steps:`.
fn hook(evaluator: &mut Evaluator<'_>, node: &Node, place: &Place, all: &Values, depth: usize) {
    if let Some(steps) = node.get("steps") {
        items(evaluator, steps, place, all);
    }
    let inner = node.entries().filter(|(key, _)| HOOKS.contains(key) || *key == "success");
    if depth < 3 {
        inner.for_each(|(_, value)| hook(evaluator, value, place, all, depth + 1));
    }
}

/// The cases of `strategy: matrix:`.
fn cases(evaluator: &Evaluator<'_>, node: &Node, place: &Place) -> Vec<Vec<(String, Option<String>)>> {
    let matrix = node.get("strategy").and_then(|strategy| strategy.get("matrix"));
    let rows = matrix.into_iter().flat_map(|matrix| matrix.entries()).take(MAX_CASES);
    let cases: Vec<_> = rows
        .map(|(_, row)| row.entries().flat_map(|(name, value)| named(evaluator, name, value, place)).collect())
        .collect();
    if cases.is_empty() { vec![Vec::new()] } else { cases }
}

fn bind_variables(evaluator: &Evaluator<'_>, node: &Node, place: &mut Place, all: &Values) {
    for (name, value) in node.get("variables").into_iter().flat_map(|variables| pairs(variables)) {
        let bound = match evaluator.bound(value, &place.scope) {
            // Another value elsewhere: which one holds depends on the stage.
            Bound::Literal(text, _) if all.get(&name.to_ascii_uppercase()).is_some_and(|all| all.len() > 1) => {
                Bound::Configured(Some(text))
            }
            bound => bound,
        };
        place.scope.bind_variable(name, bound);
    }
}

/// Stages, jobs or steps; with loops and conditions between them.
fn items(evaluator: &mut Evaluator<'_>, list: &Node, place: &Place, all: &Values) {
    let mut place = place.clone();
    for item in list.items() {
        if !evaluator.step(item.start) {
            return;
        }
        let directive = item.entries().find(|(key, _)| key.starts_with("${{"));
        match directive {
            Some((key, value)) => expand(evaluator, key, value, &place, all),
            None if item.get("template").is_some() => template(evaluator, item, &place),
            None if item.get("stage").is_some() || item.get("job").is_some() || item.get("deployment").is_some() => {
                level(evaluator, item, &place, all);
            }
            None => step(evaluator, item, &mut place),
        }
    }
}

/// `${{ if … }}:` may hold; `${{ each x in parameters.y }}:` holds once for each item.
fn expand(evaluator: &mut Evaluator<'_>, key: &str, value: &Node, place: &Place, all: &Values) {
    let inside = key.trim_start_matches("${{").trim_end_matches("}}").trim();
    let Some((name, source)) = inside.strip_prefix("each ").and_then(|rest| rest.split_once(" in ")) else {
        items(evaluator, value, place, all);
        return;
    };
    let (name, source) = (name.trim(), source.trim());
    let first = evaluator.first;
    let count = place.scope.length(source).clamp(1, MAX_CASES);
    for index in 0..count {
        evaluator.first = first && index == 0;
        let mut place = place.clone();
        let scope = place.scope.clone();
        place.scope.bind(name, Bound::Configured(None));
        place.scope.copy_from(&scope, &format!("{source}[{index}]"), name);
        items(evaluator, value, &place, all);
    }
    evaluator.first = first;
}

/// A template of the repository, or of another one (`x.yml@name`).
fn template(evaluator: &mut Evaluator<'_>, item: &Node, place: &Place) {
    let Some(node) = item.get("template") else { return };
    let span = evaluator.span_of(node);
    let Some(name) = evaluator.resolved(node, &place.scope) else {
        let text = node.text().unwrap_or_default().to_owned();
        evaluator.found.call(Some(&text), None, false, span);
        return;
    };
    if name.contains('@') && !name.ends_with("@self") {
        evaluator.found.call(None, Some(&name), false, span);
        return;
    }
    let name = name.trim_end_matches("@self").trim_start_matches('/');
    let beside = evaluator.tree.resolve(&evaluator.path, name).filter(|path| evaluator.tree.contains(path));
    let path = beside.or_else(|| evaluator.tree.contains(name).then(|| name.to_owned()));
    evaluator.found.call(Some(path.as_deref().unwrap_or(name)), None, path.is_some(), span);
    let Some(path) = path else { return };
    let mut inner = place.clone();
    inner.scope.forget("PARAMETERS.");
    for (name, value) in item.get("parameters").into_iter().flat_map(|parameters| parameters.entries()) {
        bind_parameter(evaluator, name, value, &place.scope, &mut inner);
    }
    enter(evaluator, &path, span, &inner, &mut |evaluator, document, place| walk(evaluator, document, place));
}

fn step(evaluator: &mut Evaluator<'_>, step: &Node, place: &mut Place) {
    let mut here = place.clone();
    for (name, value) in step.get("env").into_iter().flat_map(|env| env.entries()) {
        here.scope.bind(&format!("ENV.{name}"), evaluator.bound(value, &here.scope));
    }
    let text = evaluator.text.clone();
    let scripts = [
        ("script", Dialect::Posix),
        ("bash", Dialect::Posix),
        ("pwsh", Dialect::PowerShell),
        ("powershell", Dialect::PowerShell),
    ];
    let folder = step.get_any_case("workingDirectory").and_then(|folder| evaluator.resolved(folder, &here.scope));
    here.folder = folder.and_then(|folder| evaluator.beside("", &folder)).unwrap_or(here.folder);
    for (key, dialect) in scripts {
        if let Some(script) = step.get(key) {
            evaluator.script(&script.mapped(&text), dialect, &here);
        }
    }
    if let Some(task) = step.get("task") {
        run_task(evaluator, task, step, &mut here);
    }
}

fn run_task(evaluator: &mut Evaluator<'_>, task: &Node, step: &Node, place: &mut Place) {
    let name = task.text().unwrap_or_default().split('@').next().unwrap_or_default().to_owned();
    let inputs = step.get("inputs");
    let input = |name: &str| inputs.and_then(|inputs| inputs.get_any_case(name));
    let plain = |name: &str| input(name).and_then(|value| value.text()).unwrap_or_default().to_ascii_lowercase();
    if let Some(folder) = input("workingDirectory").or_else(|| input("cwd")) {
        let folder = evaluator.resolved(folder, &place.scope);
        place.folder = folder.and_then(|folder| evaluator.beside("", &folder)).unwrap_or_default();
    }
    let dialect = match (name.to_ascii_lowercase().as_str(), plain("scriptType").as_str()) {
        ("azurecli", "ps" | "pscore") | ("azurepowershell" | "powershell", _) => Some(Dialect::PowerShell),
        ("azurecli", "batch") | ("cmdline", _) => Some(Dialect::Cmd),
        ("azurecli" | "bash", _) => Some(Dialect::Posix),
        _ => None,
    };
    if let Some(dialect) = dialect {
        if let Some(script) = input("inlineScript").or_else(|| input("inline")).or_else(|| input("script")) {
            let script = script.mapped(&evaluator.text.clone());
            evaluator.script(&script, dialect, place);
        }
        if let Some(file) = input("scriptPath").or_else(|| input("filePath")) {
            let path = evaluator.resolved(file, &place.scope).and_then(|text| evaluator.locate(&place.folder, &text));
            let span = evaluator.span_of(file);
            evaluator.found.call(path.as_deref(), None, true, span);
        }
        return;
    }
    let words: BTreeMap<String, Word> = inputs
        .into_iter()
        .flat_map(|inputs| inputs.entries())
        .map(|(name, value)| (name.to_ascii_lowercase(), evaluator.word(value)))
        .collect();
    let span = evaluator.span_of(task);
    Deploy::task(evaluator, &name, &|name| words.get(name).cloned(), span, place);
}
