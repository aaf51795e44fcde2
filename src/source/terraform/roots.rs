//! Which folders of a tree are root modules, and which variable files belong to them.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{EntryPoint, FileTree};

use super::module::is_module_file;

/// The most variable files of one root module that are taken without being told.
const MAX_VARIABLE_FILES: usize = 100;

/// The folder of a file; empty for the root of the tree.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether `terraform init` made this folder: what is in it is read through the modules that use it.
fn is_installed(path: &str) -> bool {
    path.split('/').any(|part| part == ".terraform")
}

/// The root modules of the tree: the folders with Terraform files that no other module calls.
pub(super) fn entry_points(tree: &FileTree) -> Vec<EntryPoint> {
    let mut calls: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for path in tree.files().filter(|path| is_module_file(name(path)) && !is_installed(path)) {
        let called = calls.entry(folder(path)).or_default();
        let Ok(text) = tree.read(path) else { continue };
        let sources = if path.ends_with(".json") { json_sources(&text) } else { local_sources(&text) };
        called.extend(
            sources
                .iter()
                .filter_map(|source| tree.resolve(path, source))
                .map(|path| path.trim_end_matches('/').to_owned()),
        );
    }
    let roots = roots(&calls);
    let variable_files = variable_files(tree, &calls, &roots);
    let entry = |root: &&str| EntryPoint {
        path: if root.is_empty() { ".".to_owned() } else { (*root).to_owned() },
        parameters: variable_files.get(root).cloned().unwrap_or_default(),
    };
    roots.iter().map(entry).collect()
}

/// Folders that nobody calls; of modules that only call each other in a circle the first.
fn roots<'t>(calls: &BTreeMap<&'t str, BTreeSet<String>>) -> BTreeSet<&'t str> {
    let called_by_others =
        |folder: &str| calls.iter().any(|(caller, called)| *caller != folder && called.contains(folder));
    let all: BTreeSet<String> = calls.values().flatten().cloned().collect();
    let mut roots: BTreeSet<&str> =
        calls.keys().copied().filter(|folder| !all.contains(*folder) || !called_by_others(folder)).collect();
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    roots.iter().for_each(|root| reach(root, calls, &mut reached));
    for folder in calls.keys().copied() {
        if !reached.contains(folder) {
            roots.insert(folder);
            reach(folder, calls, &mut reached);
        }
    }
    roots
}

fn reach<'t>(from: &'t str, calls: &BTreeMap<&'t str, BTreeSet<String>>, reached: &mut BTreeSet<&'t str>) {
    let mut open = vec![from];
    while let Some(folder) = open.pop() {
        if !reached.insert(folder) {
            continue;
        }
        for called in calls.get(folder).into_iter().flatten() {
            open.extend(calls.get_key_value(called.as_str()).map(|(key, _)| *key));
        }
    }
}

/// Variable files that Terraform does not load by itself, by root: beside it, or in folders below it
/// that are no modules.
fn variable_files<'t>(
    tree: &FileTree,
    calls: &BTreeMap<&'t str, BTreeSet<String>>,
    roots: &BTreeSet<&'t str>,
) -> BTreeMap<&'t str, Vec<String>> {
    let mut result: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for path in tree.files().filter(|path| is_variable_file(name(path)) && !is_installed(path)) {
        let home = folder(path);
        let mut at = home;
        let module = loop {
            if let Some((key, _)) = calls.get_key_value(at) {
                break Some(*key);
            }
            if at.is_empty() {
                break None;
            }
            at = folder(at);
        };
        let Some(root) = module.filter(|module| roots.contains(module)) else { continue };
        if home == root && is_loaded_always(name(path)) {
            continue;
        }
        let files = result.entry(root).or_default();
        if files.len() < MAX_VARIABLE_FILES {
            files.push(path.to_owned());
        }
    }
    result
}

fn is_variable_file(name: &str) -> bool {
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
}

/// Whether Terraform loads a variable file of the root module without being told.
pub(super) fn is_loaded_always(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or(name);
    stem == "terraform.tfvars" || stem.ends_with(".auto.tfvars")
}

fn json_sources(text: &str) -> Vec<String> {
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let modules = json.get("module").into_iter().flat_map(|modules| match modules {
        serde_json::Value::Array(items) => items.iter().collect(),
        other => vec![other],
    });
    let calls = modules.filter_map(serde_json::Value::as_object).flat_map(|modules| modules.values());
    let sources = calls.filter_map(|call| call.get("source")?.as_str().map(str::to_owned));
    sources.filter(|source| is_local(source)).collect()
}

fn is_local(source: &str) -> bool {
    source == "." || source == ".." || source.starts_with("./") || source.starts_with("../")
}

/// The local sources of the `module` blocks of a file, without parsing all of it.
fn local_sources(text: &str) -> Vec<String> {
    if !text.contains("module") {
        return Vec::new();
    }
    let mut scanner = Scanner { text, at: 0 };
    let mut sources = Vec::new();
    let mut depth = 0usize;
    let mut in_module = false;
    let mut words: Vec<&str> = Vec::new();
    while let Some(token) = scanner.next() {
        match token {
            Token::Word(word) => words.push(word),
            Token::Text(text) => {
                if in_module && depth == 1 && words.last() == Some(&"source") && is_local(text) {
                    sources.push(text.to_owned());
                }
            }
            Token::Open => {
                if depth == 0 {
                    in_module = words.first() == Some(&"module");
                }
                depth += 1;
                words.clear();
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                words.clear();
            }
            Token::Line => words.clear(),
        }
    }
    sources
}

enum Token<'t> {
    Word(&'t str),
    Text(&'t str),
    Open,
    Close,
    Line,
}

/// Words, strings and braces of HCL; comments and heredocs are skipped.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    fn next(&mut self) -> Option<Token<'t>> {
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            match byte {
                b'\n' => {
                    self.at += 1;
                    return Some(Token::Line);
                }
                b'{' | b'}' => {
                    self.at += 1;
                    return Some(if byte == b'{' { Token::Open } else { Token::Close });
                }
                b'#' => self.skip_line(),
                b'/' if bytes.get(self.at + 1) == Some(&b'/') => self.skip_line(),
                b'/' if bytes.get(self.at + 1) == Some(&b'*') => {
                    let end = self.text[self.at..].find("*/").map_or(bytes.len(), |end| self.at + end + 2);
                    self.at = end;
                }
                b'"' => return Some(Token::Text(self.quoted())),
                b'<' if bytes.get(self.at + 1) == Some(&b'<') => self.skip_heredoc(),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => return Some(Token::Word(self.word())),
                _ => self.at += 1,
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }

    fn word(&mut self) -> &'t str {
        let start = self.at;
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// A string; templates in it may hold strings themselves.
    fn quoted(&mut self) -> &'t str {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut templates = 0usize;
        let mut inner = false;
        self.at = start;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 1,
                b'$' | b'%' if !inner && bytes.get(self.at + 1) == Some(&b'{') => {
                    templates += 1;
                    self.at += 1;
                }
                b'}' if templates > 0 && !inner => templates -= 1,
                b'"' if templates > 0 => inner = !inner,
                b'"' | b'\n' => break,
                _ => {}
            }
            self.at += 1;
        }
        let end = self.at.min(bytes.len());
        self.at = end + usize::from(bytes.get(end) == Some(&b'"'));
        self.text.get(start..end).unwrap_or("")
    }

    fn skip_heredoc(&mut self) {
        self.at += 2;
        if self.text.as_bytes().get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let marker = self.word();
        if marker.is_empty() {
            return;
        }
        while self.at < self.text.len() {
            self.skip_line();
            self.at = (self.at + 1).min(self.text.len());
            let line = self.text[self.at..].lines().next().unwrap_or("");
            if line.trim() == marker {
                self.at += line.len();
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_module_calls_count() {
        let text = r#"
            # module "a" { source = "./a" }
            /* module "b" { source = "./b" } */
            module "c" {
              source = "./c" // here
              name   = "x-${lookup(var.m, "}", "{")}"
              other  = { source = "./d" }
            }
            resource "x" "y" { source = "./e" }
            locals { t = <<-EOT
              module "f" { source = "./f" }
              EOT
            }
            module "g" { source = "../g" }
            module "h" { source = "Azure/h/azurerm" }
        "#;
        assert_eq!(local_sources(text), ["./c", "../g"]);
    }

    #[test]
    fn modules_in_a_circle_have_a_first() {
        let mut calls = BTreeMap::new();
        calls.insert("a", BTreeSet::from(["b".to_owned()]));
        calls.insert("b", BTreeSet::from(["a".to_owned()]));
        calls.insert("c", BTreeSet::from(["d".to_owned()]));
        calls.insert("d", BTreeSet::new());
        assert_eq!(roots(&calls), BTreeSet::from(["a", "c"]));
    }
}
