//! The base revision of a change, from which configuration, waivers and custom policies are taken.
//!
//! Whoever opens a pull request writes the files that are scanned. What decides about them must not be
//! among those.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::args::{PolicyArgs, ScanArgs};
use super::{Failure, sources};
use crate::config::{self, Config, FILE_NAMES, LoadError};
use crate::finding::Proposal;
use crate::git::{GitError, RevisionTree};
use crate::policy::{self, Policies, PolicyFile};
use crate::source::{FileTree, Ignores, StoredFiles};

/// How many hidden files are named.
const MOST_NAMES: usize = 5;

/// The base revision of a change.
pub(super) struct Base {
    /// The root of the repository.
    root: PathBuf,
    /// The scanned paths, relative to the root.
    starts: Vec<String>,
    tree: Arc<RevisionTree>,
    /// What the base revision ignores.
    ignores: Arc<Ignores>,
}

impl Base {
    /// The revision that `--baseline-ref` names, if it is given.
    pub fn open(args: &ScanArgs) -> Result<Option<Self>, Failure> {
        let Some(name) = &args.baseline_ref else { return Ok(None) };
        let paths = sources::scanned_paths(&args.source);
        if paths.is_empty() || !args.source.snapshot.is_empty() || sources::is_live(&args.source) {
            let message = "--baseline-ref compares source code; a live scan or a snapshot has no revision";
            return Err(Failure::usage(message).hint("compare with an earlier log: --baseline OLD.sarif"));
        }
        let root = sources::repository_root(&paths)?;
        let tree = RevisionTree::open(&root, name).map_err(|error| failure(name, &error))?;
        let ignores = Arc::new(Ignores::of(&tree));
        let mut base = Self { root, starts: Vec::new(), tree: Arc::new(tree), ignores };
        for path in &paths {
            let outside = || Failure::usage(format!("{}: lies outside the repository", path.display()));
            base.starts.push(base.inside(path).ok_or_else(outside)?);
        }
        Ok(Some(base))
    }

    /// What the base revision ignores: a change may not hide its own files.
    pub fn ignores(&self) -> &Arc<Ignores> {
        &self.ignores
    }

    /// The scanned files as they were.
    pub fn files(&self, wanted: &dyn Fn(&str) -> bool) -> FileTree {
        FileTree::stored(self.tree.clone(), &self.starts, wanted)
    }

    /// The configuration of the base revision, and what that of the change would take findings away with.
    pub fn configuration(
        &self,
        args: &ScanArgs,
        known: &[&str],
        known_to_change: &[&str],
    ) -> Result<(Config, Vec<Proposal>), Failure> {
        let given = args.source.config.as_deref();
        let path = match given.map(|file| self.inside(file)) {
            // Somewhere else: it is not part of the change.
            Some(None) => return Ok((sources::configuration(&args.source, known)?, Vec::new())),
            Some(Some(path)) => Some(path).filter(|path| self.tree.read(path).is_ok()),
            None => self.discover()?,
        };
        let config = path.as_deref().map_or(Ok(Config::default()), |path| self.load(path, known))?;
        // The change may have removed the file that it was told to use.
        let gone = given.is_some_and(|file| !file.exists());
        let changed = if gone { Config::default() } else { sources::configuration(&args.source, known_to_change)? };
        let of_change = changed.source.as_deref().and_then(|file| self.inside(Path::new(file)));
        let proposal = |relaxation: config::Relaxation| Proposal {
            path: of_change.clone().or_else(|| path.clone()),
            line: relaxation.line,
            message: relaxation.message,
        };
        let proposed = changed.relaxations_since(&config).into_iter().map(proposal).collect();
        Ok((config, proposed))
    }

    /// The nearest configuration at or above what is scanned.
    fn discover(&self) -> Result<Option<String>, Failure> {
        let start = match self.starts.as_slice() {
            [one] => one.as_str(),
            _ => "",
        };
        let mut folder = start;
        loop {
            let names = FILE_NAMES.iter().map(|name| join(folder, name));
            let mut found = names.filter(|path| self.tree.read(path).is_ok());
            match (found.next(), found.next()) {
                (Some(first), Some(second)) => return Err(Failure::config(LoadError::Ambiguous(first, second))),
                (Some(first), None) => return Ok(Some(first)),
                (None, _) if folder.is_empty() => return Ok(None),
                (None, _) => folder = folder.rsplit_once('/').map_or("", |(above, _)| above),
            }
        }
    }

    fn load(&self, path: &str, known: &[&str]) -> Result<Config, Failure> {
        let hint = format!("this is the file of the base revision {}", self.tree.commit());
        let unreadable = |reason: String| LoadError::Unreadable { path: path.to_owned(), reason };
        let text = self.tree.read(path).map_err(|reason| Failure::config(unreadable(reason)).hint(&hint))?;
        let text = String::from_utf8(text)
            .map_err(|_| Failure::config(unreadable("the file is not UTF-8 text".to_owned())).hint(&hint))?;
        let config = config::parse(&text, path, known);
        config.map_err(|errors| Failure::config(LoadError::Invalid(errors)).hint(&hint))
    }

    /// Built-in rules with the custom ones of the base revision, all ids that the change knows, and the
    /// custom policies that it adds or changes.
    pub fn policies(&self, args: &PolicyArgs) -> Result<(Policies, Vec<String>, Vec<Proposal>), Failure> {
        let builtin = || Policies::builtin().map_err(Failure::list);
        let (mut policies, mut changed, mut proposed) = (builtin()?, builtin()?, Vec::new());
        for folder in &args.policy_dir {
            let Some(path) = self.inside(folder) else {
                policies = policies.with_custom(folder).map_err(Failure::list)?;
                changed = changed.with_custom(folder).map_err(Failure::list)?;
                continue;
            };
            let before = self.policy_files(folder, &path)?;
            let now = if folder.exists() { policy::custom_files(folder).map_err(Failure::list)? } else { Vec::new() };
            proposed.extend(policy_changes(&path, &before, &now));
            if !before.is_empty() {
                policies = policies.with_custom_files(folder, before).map_err(Failure::list)?;
            }
            if !now.is_empty() {
                changed = changed.with_custom_files(folder, now).map_err(Failure::list)?;
            }
        }
        let known = changed.rules().map(|rule| rule.id.clone()).collect();
        Ok((policies, known, proposed))
    }

    /// The policies that stood in a folder.
    fn policy_files(&self, folder: &Path, path: &str) -> Result<Vec<(String, PolicyFile)>, Failure> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut files = Vec::new();
        for (file, _) in self.tree.files() {
            let Some(relative) = file.strip_prefix(&prefix).filter(|relative| policy::is_policy(relative)) else {
                continue;
            };
            if relative.split('/').any(|name| name.starts_with('.')) {
                continue;
            }
            let shown = folder.join(relative).display().to_string();
            let failed = |reason: &str| Failure::usage(format!("{shown}: {reason} (in the base revision)"));
            let bytes = self.tree.read(&file).map_err(|reason| failed(&reason))?;
            let text = String::from_utf8(bytes).map_err(|_| failed("is not UTF-8"))?;
            files.push((relative.to_owned(), PolicyFile::new(shown, text)));
        }
        Ok(files)
    }

    /// What the ignore files of the change would take out of the scan.
    pub fn hidden(&self, tree: &FileTree) -> Option<Proposal> {
        let is_rule = |path: &str| matches!(path.rsplit('/').next(), Some(".gitignore" | ".ignore"));
        let rules =
            FileTree::open_ignoring(&self.root, std::slice::from_ref(&self.root), &is_rule, Some(&self.ignores));
        let rules = rules.ok()?;
        let texts =
            rules.files().filter_map(|path| Some((path.to_owned(), rules.read(path).ok()?.as_bytes().to_vec())));
        let ignores = Ignores::of(&texts.collect::<BTreeMap<String, Vec<u8>>>());
        let hidden: Vec<&str> = tree.files().filter(|path| ignores.is_ignored(path, false)).collect();
        if hidden.is_empty() {
            return None;
        }
        let more = hidden.len().saturating_sub(MOST_NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let names = hidden.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
        Some(Proposal { path: None, line: None, message: format!("ignore files hide {names}{more} from scans") })
    }

    /// The path relative to the root, if a path names something in the repository, be it a link out of it.
    fn inside(&self, path: &Path) -> Option<String> {
        let full = std::path::absolute(path).ok()?;
        let ancestor = full.ancestors().find(|folder| folder.canonicalize().is_ok_and(|folder| folder == self.root));
        let relative = match ancestor {
            Some(ancestor) => full.strip_prefix(ancestor).ok()?.to_owned(),
            None => path.canonicalize().ok()?.strip_prefix(&self.root).ok()?.to_owned(),
        };
        let mut names: Vec<&str> = Vec::new();
        for component in relative.components() {
            match component {
                Component::Normal(name) => names.push(name.to_str()?),
                Component::ParentDir => drop(names.pop()?),
                _ => {}
            }
        }
        Some(names.join("/"))
    }
}

fn failure(name: &str, error: &GitError) -> Failure {
    let failure = Failure::usage(format!("--baseline-ref {name}: {error}"));
    match error {
        GitError::Unknown(_) => failure.hint("fetch it first; with actions/checkout set fetch-depth: 2, or 0"),
        _ => failure,
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Which policies were added, changed and removed.
fn policy_changes(folder: &str, before: &[(String, PolicyFile)], now: &[(String, PolicyFile)]) -> Vec<Proposal> {
    let texts = |files: &[(String, PolicyFile)]| -> BTreeMap<String, String> {
        files.iter().map(|(path, file)| (path.clone(), file.text.clone().into_owned())).collect()
    };
    let (before, now) = (texts(before), texts(now));
    let proposal = |path: &String, message: &str| Proposal {
        path: Some(join(folder, path)),
        line: None,
        message: message.to_owned(),
    };
    let mut proposed = Vec::new();
    for (path, text) in &now {
        match before.get(path) {
            None => proposed.push(proposal(path, "adds a custom policy")),
            Some(old) if old != text => proposed.push(proposal(path, "changes a custom policy")),
            Some(_) => {}
        }
    }
    let removed = before.keys().filter(|path| !now.contains_key(*path));
    proposed.extend(removed.map(|path| proposal(path, "removes a custom policy")));
    proposed
}
