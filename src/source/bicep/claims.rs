//! Which Bicep files of a tree are deployed on their own, and with which parameter files.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{is_bicep, is_parameters};
use super::lexer::{self, Token, TokenKind};
use crate::source::{EntryPoint, FileTree};

/// The entry points of a tree: files that no other one calls as a module, files that a parameter file
/// is for, and parameter files whose template is not there.
pub(super) fn claims(tree: &FileTree) -> Vec<EntryPoint> {
    let mut calls: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut parameters: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut alone = Vec::new();
    for path in tree.files() {
        if is_bicep(path) {
            calls.insert(path, module_calls(tree, path));
        } else if is_parameters(path) {
            match template_of(tree, path) {
                Some(template) => {
                    parameters.entry(template).or_default().insert(path.to_owned());
                }
                None => alone.push(EntryPoint { path: path.to_owned(), parameters: Vec::new() }),
            }
        } else if let Some(template) = template_beside(tree, path) {
            parameters.entry(template).or_default().insert(path.to_owned());
        }
    }
    let entries = entries(&calls, &parameters);
    let entry = |path: String| {
        let parameters = parameters.get(&path).into_iter().flatten().cloned().collect();
        EntryPoint { path, parameters }
    };
    entries.into_iter().map(entry).chain(alone).collect()
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
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (tokens, _) = lexer::tokenize(text);
    let found = tokens.windows(length).filter(|run| is_match(text, run));
    let references = found.filter_map(|run| {
        let reference = lexer::string_value(text, &run[length - 1], &mut Vec::new());
        (!reference.contains(':')).then(|| tree.resolve(path, &reference)).flatten()
    });
    references.collect()
}

/// The template that a JSON parameter file lies beside: `x.bicep` of `x.parameters.json` and
/// `x.parameters.prod.json`.
/// <https://learn.microsoft.com/azure/azure-resource-manager/bicep/parameter-files>
fn template_beside(tree: &FileTree, path: &str) -> Option<String> {
    let stem = path.strip_suffix(".json")?;
    let name_start = stem.rfind('/').map_or(0, |slash| slash + 1);
    let at = stem[name_start..].to_ascii_lowercase().find(".parameters")? + name_start;
    let rest = &stem[at + ".parameters".len()..];
    if !(rest.is_empty() || rest.starts_with('.')) {
        return None;
    }
    let template = format!("{}.bicep", &stem[..at]);
    tree.contains(&template).then_some(template)
}
