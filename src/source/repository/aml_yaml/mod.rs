//! Azure ML YAML: what the command line of Azure ML takes (CLI v2), and run configurations of v1.
//! <https://learn.microsoft.com/azure/machine-learning/reference-yaml-overview>

mod kind;
mod references;
mod runconfig;
pub(super) mod scripts;

use rayon::prelude::*;

use crate::model::{FileId, Gap, GapCode, Inventory, Kind, Span, Value};
use crate::source::{EntryPoint, FileTree, Reader};

use super::Artefact;
use super::yaml::{Yaml, YamlError};
use references::References;

/// The reader of Azure ML YAML.
#[derive(Clone, Copy, Debug, Default)]
pub struct AmlYaml;

impl Reader for AmlYaml {
    fn name(&self) -> &'static str {
        "Azure ML YAML"
    }

    fn claims(&self, tree: &FileTree) -> Vec<EntryPoint> {
        let files: Vec<&str> = tree.files().filter(|path| is_yaml(path) || is_runconfig(path)).collect();
        let claimed = files.into_par_iter().filter(|path| is_claimed(tree, path));
        claimed.map(|path| EntryPoint { path: path.to_owned(), parameters: Vec::new() }).collect()
    }

    fn read(&self, tree: &FileTree, entry: &EntryPoint) -> Inventory {
        let mut inventory = Inventory::default();
        match tree.read(&entry.path) {
            Ok(text) => read_file(tree, &entry.path, &text, &mut inventory),
            Err(gap) => {
                let types = kind::PARTS.iter().map(|part| (*part).to_owned()).collect();
                inventory.collection.gaps.push(Gap { types, ..*gap });
            }
        }
        inventory
    }
}

fn is_yaml(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.ends_with(".yml") || lower.ends_with(".yaml")
}

fn is_runconfig(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".runconfig")
}

/// Whether a file holds a definition, or would if it could be read.
fn is_claimed(tree: &FileTree, path: &str) -> bool {
    if is_runconfig(path) {
        return true;
    }
    // Whose it is cannot be told, so it may be ours.
    let Ok(text) = tree.read(path) else { return true };
    if !kind::may_define(&text) {
        return false;
    }
    let yaml = Yaml::parse(&text, FileId(0), path);
    yaml.documents.iter().any(|document| kind::of(document).is_some())
        || yaml.error.is_some() && kind::names_schema(&text)
}

fn read_file(tree: &FileTree, path: &str, text: &std::sync::Arc<str>, inventory: &mut Inventory) {
    let file = super::add_file(inventory, path, text.clone());
    // Without a byte order mark.
    let text = inventory.files.get(file).map_or_else(|| text.clone(), |file| file.text.clone());
    let yaml = Yaml::parse(&text, file, path);
    let mut number = 0;
    for document in yaml.documents {
        if document.is_null() {
            continue;
        }
        number += 1;
        let found = if is_runconfig(path) { runconfig::kind_of(&document) } else { kind::of(&document) };
        if let Some(kind) = found {
            definition(tree, path, kind, number, document).add_to(inventory);
        }
    }
    if let Some(error) = yaml.error {
        inventory.collection.gaps.push(gap(file, path, &text, error));
    }
}

/// What could not be read hides definitions of the kinds that the file names.
fn gap(file: FileId, path: &str, text: &str, error: YamlError) -> Gap {
    let span = Span { file, start: error.offset, end: error.offset };
    let mut types: Vec<String> = match is_runconfig(path) {
        true => vec![kind::part_of("job_v1").to_owned()],
        false => kind::kinds_named(text).into_iter().map(|kind| kind::part_of(kind).to_owned()).collect(),
    };
    types.sort();
    types.dedup();
    if types.is_empty() {
        types.extend(kind::PARTS.iter().map(|part| (*part).to_owned()));
    }
    let message = match error.code {
        GapCode::SyntaxError => format!("{}; what is defined from here on was not read", error.message),
        _ => error.message,
    };
    Gap { types, ..Gap::at_span(error.code, span, message) }
}

fn definition(tree: &FileTree, path: &str, kind: &'static str, number: usize, document: Value) -> Artefact {
    let start = document.span.unwrap_or(Span { file: FileId(0), start: 0, end: 0 });
    let span = document.get("$schema").or(first(&document)).and_then(|value| value.span).unwrap_or(start);
    let mut artefact = Artefact::new("definition", span).document(number);
    artefact.set("kind", Value::string(kind));
    for (member, name) in [("declared_name", "name"), ("version", "version")] {
        if let Some(value) = document.get(name).filter(|value| !value.is_null()) {
            artefact.set(member, as_text(value));
        }
    }
    let (references, scripts) = match kind {
        runconfig::KIND => runconfig::references(tree, path, &document),
        _ => References::of(tree, path, kind, &document).into_values(),
    };
    for (member, value) in [("references", references), ("scripts", scripts)] {
        if let Some(value) = value {
            artefact.set(member, value);
        }
    }
    artefact.set("yaml", without_secrets(document));
    artefact
}

/// Members that may hold secrets. No rule reads them, and nothing that is written down may hold them.
const SECRET: &[&str] = &["credentials", "environment_variables", "environmentvariables", "secrets"];

fn without_secrets(mut value: Value) -> Value {
    value.kind = match value.kind {
        Kind::Object(members) => {
            let kept = members.into_iter().filter(|(name, _)| !SECRET.contains(&name.to_ascii_lowercase().as_str()));
            Kind::Object(kept.map(|(name, member)| (name, without_secrets(member))).collect())
        }
        Kind::Array(items) => Kind::Array(items.into_iter().map(without_secrets).collect()),
        other => other,
    };
    value
}

fn first(document: &Value) -> Option<&Value> {
    match &document.kind {
        Kind::Object(members) => members.first().map(|(_, value)| value),
        _ => None,
    }
}

/// A name or version, which may be written as a number.
fn as_text(value: &Value) -> Value {
    let kind = match &value.kind {
        Kind::Number(number) => Kind::Text(crate::model::Text::known(number.to_string())),
        other => other.clone(),
    };
    Value { kind, ..value.clone() }
}

#[cfg(test)]
mod tests;
