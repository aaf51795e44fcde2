//! Which Bicep files of a tree are deployed on their own, and with which parameter files.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{is_bicep, is_parameters};
use super::lexer::tokenize;
use super::library::LARGEST;
use super::token::{Token, TokenKind, string_value};
use crate::source::arm_template::{is_parameter_file, is_template_file, parameters_of};
use crate::source::{EntryPoint, FileTree};

/// The entry points of a tree: files that no other one calls as a module, files that a parameter file
/// is for, and parameter files whose template is not there.
pub(super) fn claims(tree: &FileTree) -> Vec<EntryPoint> {
    let calls = calls(tree);
    let mut parameters: BTreeMap<String, BTreeSet<String>> = json_parameters(tree, &calls);
    let mut alone = Vec::new();
    for path in tree.files().filter(|path| is_parameters(path)) {
        match template_of(tree, path) {
            Some(template) => {
                parameters.entry(template).or_default().insert(path.to_owned());
            }
            None => alone.push(EntryPoint { path: path.to_owned(), parameters: Vec::new() }),
        }
    }
    let entries = entries(&calls, &parameters);
    let entry = |path: String| {
        let parameters = parameters.get(&path).into_iter().flatten().cloned().collect();
        EntryPoint { path, parameters }
    };
    entries.into_iter().map(entry).chain(alone).collect()
}

/// The files that each Bicep file calls as modules.
fn calls(tree: &FileTree) -> BTreeMap<&str, BTreeSet<String>> {
    tree.files().filter(|path| is_bicep(path)).map(|path| (path, module_calls(tree, path))).collect()
}

/// The ARM templates that Bicep files call as modules.
pub(in crate::source) fn called_templates(tree: &FileTree) -> BTreeSet<String> {
    calls(tree).into_values().flatten().filter(|path| !is_bicep(path)).collect()
}

/// The JSON parameter files by the template that they belong to.
fn json_parameters(tree: &FileTree, calls: &BTreeMap<&str, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    let is_candidate = |path: &&str| path.to_ascii_lowercase().contains("param");
    let candidates = tree.files().filter(is_candidate).filter(|path| is_parameter_file(tree, path));
    let candidates: BTreeSet<String> = candidates.map(str::to_owned).collect();
    let called: BTreeSet<&str> = calls.values().flatten().map(String::as_str).collect();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in calls.keys() {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_neighbour = |other: &&&str| {
            other.rsplit_once('/').map_or("", |(folder, _)| folder) == folder && !called.contains(**other)
        };
        let alone = !called.contains(path) && calls.keys().filter(is_neighbour).count() == 1;
        let mut files = parameters_of(path, alone, &candidates);
        if name.eq_ignore_ascii_case("main.bicep") {
            // Where the compiled template is kept too, parameter files are called after it.
            let compiled =
                if folder.is_empty() { "azuredeploy.json".into() } else { format!("{folder}/azuredeploy.json") };
            if !is_template_file(tree, &compiled) && !tree.contains(&compiled.replace(".json", ".bicep")) {
                files.extend(parameters_of(&compiled, false, &candidates));
            }
        }
        if !files.is_empty() {
            found.insert((*path).to_owned(), files.into_iter().collect());
        }
    }
    found
}

/// Files that nobody calls or that have parameter files; then, of files that only call each other, the
/// first.
fn entries(
    calls: &BTreeMap<&str, BTreeSet<String>>,
    parameters: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeSet<String> {
    let called: BTreeSet<&str> = calls.values().flatten().map(String::as_str).collect();
    let is_entry = |path: &str| !called.contains(path) || parameters.contains_key(path);
    let mut entries: BTreeSet<String> =
        calls.keys().filter(|path| is_entry(path)).map(|path| (*path).to_owned()).collect();
    // A parameter file may be for a template that was not scanned itself.
    entries.extend(parameters.keys().cloned());
    let mut reached = BTreeSet::new();
    entries.iter().for_each(|entry| reach(entry, calls, &mut reached));
    for path in calls.keys() {
        if !reached.contains(*path) {
            entries.insert((*path).to_owned());
            reach(path, calls, &mut reached);
        }
    }
    entries
}

fn reach(from: &str, calls: &BTreeMap<&str, BTreeSet<String>>, reached: &mut BTreeSet<String>) {
    let mut pending = vec![from.to_owned()];
    while let Some(path) = pending.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        pending.extend(calls.get(path.as_str()).into_iter().flatten().cloned());
    }
}

/// The files that a file calls as modules. Tokens suffice for that: `module name 'path'`.
fn module_calls(tree: &FileTree, path: &str) -> BTreeSet<String> {
    let is_call = |text: &str, tokens: &[Token]| {
        let [word, name, quoted] = tokens else { return false };
        word.kind == TokenKind::Identifier
            && &text[word.start as usize..word.end as usize] == "module"
            && name.kind == TokenKind::Identifier
            && quoted.kind == TokenKind::String
    };
    quoted_after(tree, path, 3, &is_call).into_iter().filter(|called| called != path).collect()
}

/// The template that a parameter file names with `using`.
fn template_of(tree: &FileTree, path: &str) -> Option<String> {
    let is_using = |text: &str, tokens: &[Token]| {
        let [word, quoted] = tokens else { return false };
        &text[word.start as usize..word.end as usize] == "using" && quoted.kind == TokenKind::String
    };
    let template = quoted_after(tree, path, 2, &is_using).into_iter().next()?;
    (is_bicep(&template) && (tree.contains(&template) || tree.read(&template).is_ok())).then_some(template)
}

/// The files of the tree that the strings at the end of matching runs of tokens mean.
fn quoted_after(tree: &FileTree, path: &str, length: usize, is_match: &dyn Fn(&str, &[Token]) -> bool) -> Vec<String> {
    let Ok(text) = tree.read(path) else { return Vec::new() };
    if text.len() > LARGEST {
        return Vec::new();
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (tokens, _) = tokenize(text);
    let found = tokens.windows(length).filter(|run| is_match(text, run));
    let references = found.filter_map(|run| {
        let reference = string_value(text, &run[length - 1], &mut Vec::new());
        (!reference.contains(':')).then(|| tree.resolve(path, &reference)).flatten()
    });
    references.collect()
}
