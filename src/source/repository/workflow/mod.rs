//! Workflows (GitHub, Azure Pipelines, GitLab) and scripts: which commands of Azure they run against which
//! workspace, and what they deploy where.
//!
//! Nothing is run. Variables are followed as far as their values are written in the files; what is given from
//! outside is `configured`, and that is what the rules ask for.

mod azure_cli;
mod azure_pipelines;
mod deploy;
mod document;
mod evaluate;
mod found;
mod github;
mod gitlab;
mod mapped;
mod parameters;
mod place;
mod regions;
mod shell;
mod variables;

#[cfg(test)]
mod tests;

use std::rc::Rc;
use std::sync::Arc;

use crate::model::{FileId, Gap, GapCode, GapPlace, Inventory, Span, Value};
use crate::source::{EntryPoint, FileTree, Reader};

use super::{Artefact, add_file};
use document::{DocumentError, Node, documents};
use evaluate::{Evaluator, Place};
use mapped::Mapped;
use place::Platform;
use shell::Dialect;
use variables::Scope;

/// The reader of workflows and scripts.
pub struct Workflows;

/// The part of a repository that is not complete if a file of it cannot be read.
const PART: &str = "repository:ci";

/// The largest file that is read; workflows are written by hand.
const MAX_BYTES: usize = 2 * 1024 * 1024;

impl Reader for Workflows {
    fn name(&self) -> &'static str {
        "workflow"
    }

    fn claims(&self, tree: &FileTree) -> Vec<EntryPoint> {
        let claimed = tree.files().filter(|path| match place::kind_of(path) {
            place::Kind::Other => false,
            place::Kind::Ci(_) => true,
            place::Kind::Script(_) => tree.read(path).map_or(true, |text| place::names_azure(&text)),
            place::Kind::Yaml => tree.read(path).is_ok_and(|text| place::looks_like_ci(&text)),
        });
        claimed.map(|path| EntryPoint { path: path.to_owned(), parameters: Vec::new() }).collect()
    }

    fn read(&self, tree: &FileTree, entry: &EntryPoint) -> Inventory {
        let mut inventory = Inventory::default();
        let text = match tree.read(&entry.path) {
            Ok(text) => text,
            Err(gap) => {
                inventory.collection.gaps.push(of_ci(*gap, &entry.path));
                return inventory;
            }
        };
        let file = add_file(&mut inventory, &entry.path, text);
        let Some(text) = inventory.files.get(file).map(|file| Arc::clone(&file.text)) else { return inventory };
        if text.len() > MAX_BYTES {
            let message =
                format!("the file has {} bytes; the limit for workflows and scripts is {MAX_BYTES}", text.len());
            inventory
                .collection
                .gaps
                .push(of_ci(Gap::at_path(GapCode::FileTooLarge, &entry.path, message), &entry.path));
            return inventory;
        }
        let evaluator = Evaluator::new(tree, &entry.path, Arc::clone(&text), file);
        match place::kind_of(&entry.path) {
            place::Kind::Script(dialect) => script(evaluator, file, &text, dialect, &mut inventory),
            _ => workflow(evaluator, file, &text, &mut inventory),
        }
        inventory
    }
}

/// A gap about a file; of one that is a CI file by its place what is missing may be in it.
fn of_ci(mut gap: Gap, path: &str) -> Gap {
    if matches!(place::kind_of(path), place::Kind::Ci(_)) {
        gap.types = vec![PART.to_owned()];
    }
    gap
}

fn script(mut evaluator: Evaluator<'_>, file: FileId, text: &Arc<str>, dialect: Dialect, inventory: &mut Inventory) {
    let folder = evaluator.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let mut place = Place { scope: Scope::predefined(), folder: folder.clone(), ..Place::default() };
    let own = if folder.is_empty() { ".".to_owned() } else { folder };
    place.scope.bind("ENV.PSScriptRoot", variables::Bound::Configured(Some(own)));
    evaluator.script(&Mapped::verbatim(text, 0), dialect, &place);
    evaluator.note_regions(&without_comments(text), 0, 1);
    if evaluator.found.is_empty() {
        return;
    }
    let platform = if dialect == Dialect::PowerShell { "powershell" } else { "shell" };
    finish("script", platform, evaluator, file, text, inventory);
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

fn workflow(mut evaluator: Evaluator<'_>, file: FileId, text: &Arc<str>, inventory: &mut Inventory) {
    let path = evaluator.path.clone();
    let parsed = match documents(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let (code, start, message) = match error {
                DocumentError::Syntax(at, reason) => {
                    (GapCode::SyntaxError, at, format!("the YAML is not valid: {reason}"))
                }
                DocumentError::Limit(at) => {
                    (GapCode::LimitExceeded, at, "the YAML is nested too deeply or too large".to_owned())
                }
            };
            let span = Span { file, start, end: start + 1 };
            inventory.collection.gaps.push(of_ci(Gap::at_span(code, span, message), &path));
            return;
        }
    };
    let Some(platform) = place::platform(&path, &parsed) else { return };
    let place = Place { scope: Scope::predefined(), ..Place::default() };
    for document in &parsed {
        note_regions(&mut evaluator, document);
        match platform {
            Platform::GitHub => github::walk(&mut evaluator, document, &place),
            Platform::AzurePipelines => azure_pipelines::walk(&mut evaluator, document, &place),
            Platform::GitLab => gitlab::walk(&mut evaluator, document, &place),
        }
    }
    finish("workflow", platform.as_str(), evaluator, file, text, inventory);
}

/// Notes the regions in all scalars. Nesting is limited by the reader of documents.
fn note_regions(evaluator: &mut Evaluator<'_>, node: &Rc<Node>) {
    if let Some(text) = node.text() {
        evaluator.note_regions(text, node.start, node.end);
    }
    node.items().iter().for_each(|item| note_regions(evaluator, item));
    node.entries().for_each(|(_, value)| note_regions(evaluator, value));
}

fn finish(
    kind: &'static str,
    platform: &str,
    evaluator: Evaluator<'_>,
    file: FileId,
    text: &str,
    inventory: &mut Inventory,
) {
    let path = evaluator.path.clone();
    let mut artefact = Artefact::new(kind, Span { file, start: 0, end: first_line(text) });
    artefact.set("platform", Value::string(platform));
    let found = evaluator.found;
    if let Some(span) = found.overflow {
        let message = "the file does more than is looked at: too many steps, commands or cases".to_owned();
        let gap = Gap {
            place: GapPlace::File { file, offset: Some(span.start) },
            ..Gap::at_span(GapCode::LimitExceeded, span, message)
        };
        inventory.collection.gaps.push(of_ci(gap, &path));
    }
    found.add_to(&mut artefact);
    artefact.add_to(inventory);
}

fn first_line(text: &str) -> u32 {
    text.lines().next().unwrap_or_default().len().max(1) as u32
}
