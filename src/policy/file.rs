//! Policy files and the folders that hold them.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The engine takes no larger policy.
const MAX_FILE: u64 = 1024 * 1024;
const MAX_FILES: usize = 10_000;
const MAX_DEPTH: usize = 32;

/// Why a policy does not load.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("{file}{}: {message}", line_suffix(*line))]
pub struct PolicyError {
    /// The file, as it was given.
    pub file: String,
    /// The line, from 1; 0 if it is about the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

fn line_suffix(line: usize) -> String {
    if line == 0 { String::new() } else { format!(":{line}") }
}

/// A policy file and its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// Where it is, for messages: `policies/rules/…` for built-ins.
    pub path: String,
    /// The content.
    pub text: Cow<'static, str>,
}

impl PolicyFile {
    /// A file from its path and content.
    pub fn new(path: impl Into<String>, text: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    pub(crate) fn error(&self, line: usize, message: String) -> PolicyError {
        PolicyError { file: self.path.clone(), line, message }
    }
}

/// Whether a file holds policy tests.
pub(crate) fn is_test(path: &str) -> bool {
    path.ends_with("_test.rego")
}

/// The policies (`.rego`) and tables (`.json`) below a folder, sorted by path, each with its path from the
/// folder with `/`.
///
/// Links are followed as far as they stay in the folder: a mounted configuration is made of links.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<(String, PolicyFile)>, Vec<PolicyError>> {
    let about = |path: &Path, message: String| PolicyError { file: path.display().to_string(), line: 0, message };
    let root = fs::canonicalize(folder).map_err(|error| vec![about(folder, format!("cannot be read: {error}"))])?;
    let mut paths = Vec::new();
    collect(&root, folder, "", 0, &mut paths).map_err(|error| vec![error])?;
    paths.sort();
    let mut files = Vec::new();
    let mut errors = Vec::new();
    for (relative, path) in paths {
        match read_text(&path) {
            Ok(text) => files.push((relative, PolicyFile::new(path.display().to_string(), text))),
            Err(message) => errors.push(about(&path, message)),
        }
    }
    if errors.is_empty() { Ok(files) } else { Err(errors) }
}

fn collect(
    root: &Path,
    folder: &Path,
    prefix: &str,
    depth: usize,
    paths: &mut Vec<(String, PathBuf)>,
) -> Result<(), PolicyError> {
    let fault = |path: &Path, message: String| PolicyError { file: path.display().to_string(), line: 0, message };
    if depth > MAX_DEPTH {
        return Err(fault(folder, format!("folders are nested more than {MAX_DEPTH} deep")));
    }
    let entries = fs::read_dir(folder).map_err(|error| fault(folder, format!("cannot be read: {error}")))?;
    for entry in entries {
        let entry = entry.map_err(|error| fault(folder, format!("cannot be read: {error}")))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with('.') {
            continue;
        }
        let real = fs::canonicalize(&path).map_err(|error| fault(&path, format!("cannot be read: {error}")))?;
        if !real.starts_with(root) {
            return Err(fault(&path, "is a link out of the policy folder".to_owned()));
        }
        let relative = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if real.is_dir() {
            collect(root, &path, &relative, depth + 1, paths)?;
        } else if relative.ends_with(".rego") || relative.ends_with(".json") {
            paths.push((relative, path));
        }
        if paths.len() > MAX_FILES {
            return Err(fault(root, format!("holds more than {MAX_FILES} files")));
        }
    }
    Ok(())
}

fn read_text(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_FILE {
        return Err(format!("is larger than {MAX_FILE} bytes"));
    }
    String::from_utf8(fs::read(path).map_err(unreadable)?).map_err(|_| "is not UTF-8".to_owned())
}
