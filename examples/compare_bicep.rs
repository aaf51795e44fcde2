//! Compares the Bicep reader with the Bicep compiler: every `x.bicep` below a folder that has the
//! compiled JSON beside it is expanded by the Bicep reader, the JSON by the ARM reader.
//!
//!     cargo run --release --example compare_bicep -- FOLDER [--verbose] [--shapes] [--only TEXT]
//!
//! Parameters without a default get the same invented values on both sides. For that, parameter files
//! are written beside the templates, and removed: FOLDER must be a scratch copy.
#![allow(clippy::print_stdout)] // A tool for people.

use std::fs;
use std::path::{Path, PathBuf};

use holdfast::model::{Gap, GapCode};
use holdfast::source::{ArmTemplate, Bicep, EntryPoint, FileTree, Reader};
use serde_json::{Map, Value, json};

#[path = "../tests/compare/mod.rs"]
mod compare;

const SYNTHETIC: &str = "holdfast-synthetic.json";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("which folder?")?);
    let verbose = std::env::args().any(|arg| arg == "--verbose");
    let shapes = std::env::args().any(|arg| arg == "--shapes");
    let only = std::env::args().skip_while(|arg| arg != "--only").nth(1);
    let wanted = |path: &str| !path.ends_with(SYNTHETIC);
    let tree = FileTree::open(&folder, std::slice::from_ref(&folder), &wanted)?;
    let (mut pairs, mut equal, mut incomplete) = (0, 0, 0);
    let mut total = compare::Outcome::default();
    for path in tree.files().filter(|path| path.ends_with(".bicep")) {
        if only.as_ref().is_some_and(|only| !path.contains(only)) {
            continue;
        }
        let Some(twin) = twin(&tree, path) else { continue };
        let (outcome, missing) = compare_pair(&folder, &tree, path, &twin)?;
        if missing && !outcome.differences.is_empty() {
            incomplete += 1;
            continue;
        }
        pairs += 1;
        equal += usize::from(outcome.differences.is_empty());
        let shown = if verbose { usize::MAX } else { 3 };
        for difference in outcome.differences.iter().take(shown) {
            println!("{path}: {difference}");
        }
        if outcome.differences.len() > shown {
            println!("{path}: … and {} more", outcome.differences.len() - shown);
        }
        total.resources += outcome.resources;
        total.leaves += outcome.leaves;
        total.unknown += outcome.unknown;
        total.shape_only.extend(outcome.shape_only);
        total.declared += outcome.declared;
    }
    if shapes {
        total.shape_only.iter().for_each(|leaf| println!("shape: {leaf}"));
    }
    let share = |part: usize| 100.0 * part as f64 / total.leaves.max(1) as f64;
    println!("{incomplete} pairs left out: a module or file that they need is not in the folder");
    println!("{equal} of {pairs} pairs are equal ({:.1} %)", 100.0 * f64::from(equal as u32) / f64::from(pairs.max(1)));
    println!(
        "{} resources, {} leaves, unknown on both sides: {} ({:.2} %), of other expressions: {} ({:.2} %)",
        total.resources,
        total.leaves,
        total.unknown,
        share(total.unknown),
        total.shape_only.len(),
        share(total.shape_only.len())
    );
    println!("{} leaves known in Bicep where the JSON asks Azure", total.declared);
    Ok(())
}

/// The compiled JSON beside a Bicep file.
fn twin(tree: &FileTree, path: &str) -> Option<String> {
    let stem = path.strip_suffix(".bicep")?;
    let mut candidates = vec![format!("{stem}.json")];
    if let Some(folder) = stem.strip_suffix("main") {
        candidates.insert(0, format!("{folder}azuredeploy.json"));
    }
    candidates.into_iter().find(|candidate| {
        tree.contains(candidate) && tree.read(candidate).is_ok_and(|text| text.contains("\"_generator\""))
    })
}

/// Compares a pair; also whether a file that it needs is missing.
fn compare_pair(
    folder: &Path,
    tree: &FileTree,
    path: &str,
    twin: &str,
) -> Result<(compare::Outcome, bool), Box<dyn std::error::Error>> {
    let text = tree.read(twin).map_err(|gap| gap.message)?;
    let template: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
    let given = given_parameters(tree, path, twin);
    let parameters = format!("{}.{SYNTHETIC}", path.trim_end_matches(".bicep"));
    let document = json!({ "parameters": synthetic(&template, given) });
    fs::write(folder.join(&parameters), document.to_string())?;
    let entry = |path: &str| EntryPoint { path: path.to_owned(), parameters: vec![parameters.clone()] };
    let bicep = Bicep.read(tree, &entry(path));
    let arm = ArmTemplate.read(tree, &entry(twin));
    fs::remove_file(folder.join(&parameters))?;
    let mut outcome = compare::compare(&bicep, &arm);
    for (name, inventory) in [("Bicep", &bicep), ("JSON", &arm)] {
        if outcome.differences.is_empty() {
            break;
        }
        for gap in &inventory.collection.gaps {
            outcome.differences.push(format!("gap in {name}: {}: {}", gap.code.as_str(), gap.message));
        }
    }
    let is_missing = |gap: &Gap| matches!(gap.code, GapCode::ExternalReference | GapCode::FileUnreadable);
    let missing = bicep.collection.gaps.iter().any(is_missing);
    Ok((outcome, missing))
}

/// The values of a parameter file beside the pair.
fn given_parameters(tree: &FileTree, path: &str, twin: &str) -> Map<String, Value> {
    let stems = [path.trim_end_matches(".bicep"), twin.trim_end_matches(".json")];
    for stem in stems {
        let Ok(text) = tree.read(&format!("{stem}.parameters.json")) else { continue };
        let Ok(document) = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) else { continue };
        if let Some(parameters) = document.get("parameters").and_then(Value::as_object) {
            return parameters.clone();
        }
    }
    Map::new()
}

/// A value for every parameter that has neither a default nor a given value.
fn synthetic(template: &Value, given: Map<String, Value>) -> Map<String, Value> {
    let mut values = given;
    let empty = Map::new();
    for (name, parameter) in template.get("parameters").and_then(Value::as_object).unwrap_or(&empty) {
        let is_given = values.keys().any(|given| given.eq_ignore_ascii_case(name));
        let is_optional = parameter.get("defaultValue").is_some() || parameter.get("nullable") == Some(&json!(true));
        if is_given || is_optional {
            continue;
        }
        if let Some(value) = invented(name, parameter, template, 0) {
            values.insert(name.clone(), json!({ "value": value }));
        }
    }
    values
}

fn invented(name: &str, ty: &Value, template: &Value, depth: usize) -> Option<Value> {
    if depth > 8 {
        return None;
    }
    if let Some(reference) = ty.get("$ref").and_then(Value::as_str) {
        let definition = template.pointer(reference.trim_start_matches('#'))?;
        return invented(name, definition, template, depth + 1);
    }
    if let Some(first) = ty.pointer("/allowedValues/0") {
        return Some(if ty.get("type") == Some(&json!("array")) { json!([first]) } else { first.clone() });
    }
    match ty.get("type")?.as_str()?.to_ascii_lowercase().as_str() {
        "string" => {
            let least = ty.get("minLength").and_then(Value::as_u64).unwrap_or(0) as usize;
            let most = ty.get("maxLength").and_then(Value::as_u64).unwrap_or(64) as usize;
            let mut text = format!("p{}", name.to_lowercase());
            while text.len() < least {
                text.push('x');
            }
            text.truncate(most);
            Some(text.into())
        }
        "int" => Some(ty.get("minValue").cloned().unwrap_or_else(|| 3.into())),
        "bool" => Some(true.into()),
        "array" => Some(json!([])),
        "object" => {
            let mut members = Map::new();
            for (member, ty) in ty.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if ty.get("nullable") == Some(&json!(true)) {
                    continue;
                }
                members.insert(member.clone(), invented(member, ty, template, depth + 1)?);
            }
            Some(members.into())
        }
        _ => None,
    }
}
