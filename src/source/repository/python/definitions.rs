//! What code defines: jobs, environments, data, endpoints, …

use std::rc::Rc;

use super::callables::{DEFINITIONS, Definition};
use super::facts::{Called, Member, Reading};
use super::library::{Source, join};
use super::names::{Located, Target};
use super::syntax::{Call, Decorated, ExprKind};
use super::values::{Piece, Worth};
use crate::model::{Kind, Value};
use crate::source::repository::{Origin, argument};

/// Adds what a call defines.
pub(super) fn read(reading: &Reading<'_>, called: &Called<'_>) {
    let Some(sdk) = called.sdk else { return };
    let Some(definition) = DEFINITIONS.iter().find(|known| known.sdk == sdk && is_call_of(known, called)) else {
        return;
    };
    let (keyword, position) = definition.name;
    let name = if keyword.is_empty() { None } else { reading.argument(called, position, &[keyword]) };
    let text = name.as_ref().and_then(|(valued, _)| valued.worth.as_str());
    let form = definition.callable.replace(".*", "");
    let mut fact =
        vec![("kind".to_owned(), Value::string(definition.kind)), ("form".to_owned(), Value::string(form.as_str()))];
    fact.extend(name.map(|(_, value)| ("name".to_owned(), value)));
    let scripts = scripts(reading, called);
    if !scripts.is_empty() {
        let list = scripts.into_iter().map(Value::string).collect();
        fact.push(("scripts".to_owned(), Value::new(Kind::Array(list))));
    }
    let title = text.map_or_else(|| form.clone(), |text| format!("{form} {text}"));
    reading.add(Member::Definitions, &title, fact, reading.span(&called.at.expr));
    if definition.callable == "Datastore.register_azure_data_lake"
        || definition.callable == "AzureDataLakeGen1Datastore"
    {
        reading.gen1(&title, reading.span(&called.at.expr));
    }
}

fn is_call_of(definition: &Definition, called: &Called<'_>) -> bool {
    if definition.callable == called.name {
        return true;
    }
    match definition.callable {
        // Methods of what a call gave: `Environment("x").save_to_directory(…)`, `command(…).sweep(…)`.
        "Environment.save_to_directory" => called.last == "save_to_directory" && called.path.contains("Environment"),
        "sweep" => called.last == "sweep" && called.path.contains("command()"),
        "Dataset.*.register" => called.last == "register" && called.path.contains("Dataset."),
        "Pipeline.publish" => called.last == "publish" && called.path.contains("Pipeline()"),
        _ => false,
    }
}

/// Adds what a decorated function defines: a pipeline, a component.
pub(super) fn read_decorated(reading: &Reading<'_>, source: &Rc<Source>, decorated: &Decorated) {
    let at = Located { source: Rc::clone(source), scope: decorated.scope, expr: Rc::clone(&decorated.decorator) };
    let Some(path) = reading.names.path(&at) else { return };
    let kind = match path.trim_end_matches("()") {
        "azure.ai.ml.dsl.pipeline" | "azureml.pipeline.core.pipeline" => "job_pipeline",
        "mldesigner.command_component" | "mldesigner.component" => "component",
        _ => return,
    };
    let named = match &decorated.decorator.kind {
        ExprKind::Call(call) => call.argument(None, &["name"]),
        _ => None,
    };
    let span = reading.span(&decorated.decorator);
    let name = named.and_then(|expr| reading.argument_of(&reading.names.value(&at.with(expr)), reading.span(expr)));
    let name = name.unwrap_or_else(|| argument(Origin::Literal, Some(&decorated.function), span, None));
    let form = if kind == "component" { "command_component" } else { "pipeline" };
    let fact = vec![
        ("kind".to_owned(), Value::string(kind)),
        ("form".to_owned(), Value::string(form)),
        ("name".to_owned(), name),
    ];
    reading.add(Member::Definitions, &format!("{form} {}", decorated.function), fact, span);
}

/// The programs that a definition runs, as far as they are in the repository.
fn scripts(reading: &Reading<'_>, called: &Called<'_>) -> Vec<String> {
    let mut found = Vec::new();
    add_scripts(reading, &called.at, called.call, &mut found);
    for nested in ["code_configuration", "task", "run_config", "entry"] {
        let Some(expr) = called.call.keyword(nested) else { continue };
        reading.names.begin();
        for target in reading.names.follow(&called.at.with(expr), 0) {
            if let Target::Made(_, inner) | Target::Expr(inner) = target
                && let ExprKind::Call(call) = &inner.expr.kind
            {
                add_scripts(reading, &inner, call, &mut found);
            }
        }
    }
    found
}

fn add_scripts(reading: &Reading<'_>, at: &Located, call: &Call, found: &mut Vec<String>) {
    let text = |names: &[&str]| {
        let expr = call.argument(None, names)?;
        Some(flat(reading, &at.with(expr)))
    };
    let folder = text(&["code", "source_directory"]);
    let script = text(&["script", "script_name", "entry_script", "scoring_script", "file", "program_file"]);
    let script = script.or_else(|| text(&["command"]).and_then(|command| program_in(&command)));
    let Some(script) = script.filter(|script| script.ends_with(".py") && !script.contains(HOLE)) else { return };
    if let Some(path) = resolve(reading, folder.as_deref(), &script)
        && !found.contains(&path)
    {
        found.push(path);
    }
}

/// Stands for what is computed in a text.
const HOLE: char = '\u{1}';

fn flat(reading: &Reading<'_>, at: &Located) -> String {
    let Worth::Text(pieces) = reading.names.value(at).worth else { return HOLE.to_string() };
    pieces.into_iter().map(|piece| if let Piece::Known(text) = piece { text } else { HOLE.to_string() }).collect()
}

/// The program in a command line: `python train.py --x 1`.
fn program_in(command: &str) -> Option<String> {
    let words = command.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '&'));
    words.filter(|word| word.ends_with(".py")).map(str::to_owned).next()
}

/// Where a program lies: its folder is relative to the file, to a folder around it, or to the root.
fn resolve(reading: &Reading<'_>, folder: Option<&str>, script: &str) -> Option<String> {
    let tree = reading.names.library.tree;
    let written = join(folder.unwrap_or_default().trim_end_matches('/'), script.trim_start_matches("./"));
    // A folder that is computed, as of `__file__`, mostly ends in names that are there.
    let written = written.rsplit(HOLE).next().unwrap_or_default().trim_start_matches('/').to_owned();
    let mut from = reading.path.as_str();
    loop {
        if let Some(path) = tree.resolve(from, &written).filter(|path| tree.contains(path)) {
            return Some(path);
        }
        from = from.rsplit_once('/').map(|(above, _)| above)?;
    }
}
