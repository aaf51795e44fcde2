//! Files of a repository that are no code: workspace configurations, requirements, Dockerfiles, runbooks.

mod config;
mod dockerfile;
mod requirements;
mod runbook;

use rayon::prelude::*;

use crate::model::{FileId, Gap, Inventory, Span};
use crate::source::{EntryPoint, FileTree, Reader};

use super::Artefact;

/// The largest file that is read. What is meant here is written by hand.
const MOST_BYTES: usize = 1024 * 1024;

/// The reader of these files.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepositoryFiles;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileKind {
    Config,
    Requirements,
    Dockerfile,
    Runbook,
}

impl FileKind {
    /// What a path may be.
    fn of(path: &str) -> Option<Self> {
        let path = path.to_ascii_lowercase();
        let name = path.rsplit('/').next().unwrap_or(&path);
        if config::is_named(name) {
            return Some(Self::Config);
        }
        if dockerfile::is_named(name) {
            return Some(Self::Dockerfile);
        }
        if name.ends_with(".md") {
            return Some(Self::Runbook);
        }
        requirements::is_named(&path).then_some(Self::Requirements)
    }

    /// The part of the repository that is not complete if the file cannot be read.
    fn part(self) -> &'static str {
        match self {
            Self::Config => "repository:config",
            Self::Requirements => "repository:environments",
            Self::Dockerfile => "repository:environments",
            Self::Runbook => "repository:runbook",
        }
    }

    fn artefact(self, path: &str, text: &str, file: FileId) -> Option<Artefact> {
        match self {
            Self::Config => config::artefact(text, file),
            Self::Requirements => requirements::artefact(path, text, file),
            Self::Dockerfile => dockerfile::artefact(path, text, file),
            Self::Runbook => runbook::artefact(path, text, file),
        }
    }
}

impl Reader for RepositoryFiles {
    fn name(&self) -> &'static str {
        "repository file"
    }

    fn claims(&self, tree: &FileTree) -> Vec<EntryPoint> {
        let files: Vec<(&str, FileKind)> = tree.files().filter_map(|path| Some((path, FileKind::of(path)?))).collect();
        let claimed = files.into_par_iter().filter(|(path, kind)| is_claimed(tree, path, *kind));
        claimed.map(|(path, _)| EntryPoint { path: path.to_owned(), parameters: Vec::new() }).collect()
    }

    fn read(&self, tree: &FileTree, entry: &EntryPoint) -> Inventory {
        let mut inventory = Inventory::default();
        let Some(kind) = FileKind::of(&entry.path) else { return inventory };
        match tree.read(&entry.path) {
            Ok(text) => {
                let file = super::add_file(&mut inventory, &entry.path, text.clone());
                let text = inventory.files.get(file).map_or(text, |file| file.text.clone());
                if let Some(artefact) = kind.artefact(&entry.path, &text, file) {
                    artefact.add_to(&mut inventory);
                }
            }
            Err(gap) => inventory.collection.gaps.push(Gap { types: vec![kind.part().to_owned()], ..*gap }),
        }
        inventory
    }
}

/// Whether a file is what its name says. One that cannot be read is claimed where the name alone says so.
fn is_claimed(tree: &FileTree, path: &str, kind: FileKind) -> bool {
    match tree.read(path) {
        Ok(text) if text.len() > MOST_BYTES => false,
        Ok(text) => kind.artefact(path, text.trim_start_matches('\u{feff}'), FileId(0)).is_some(),
        Err(_) => kind == FileKind::Dockerfile || kind == FileKind::Runbook && runbook::is_named(path),
    }
}

/// The place of a line's content.
fn span_of(file: FileId, text: &str, part: &str) -> Span {
    // `part` is a slice of `text`.
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len());
    Span { file, start: start as u32, end: (start + part.len()) as u32 }
}

/// The first line of a file.
fn top(file: FileId, text: &str) -> Span {
    span_of(file, text, text.lines().next().unwrap_or_default())
}

#[cfg(test)]
mod tests;
