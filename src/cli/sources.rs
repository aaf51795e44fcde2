//! From arguments to an inventory.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Failure;
use super::args::SourceArgs;
use super::change::Base;
use crate::config::{self, Config};
use crate::estate::EvidencePaths;
use crate::finding::{Proposal, Revision};
use crate::git;
use crate::model::{Inventory, ResourceId};
use crate::source::snapshot::{merge, read_snapshot};
use crate::source::{self, FileTree};

/// What was read, and from where.
pub(super) struct Sources {
    pub inventory: Inventory,
    /// Entry points per reader.
    pub files: BTreeMap<String, usize>,
    pub revision: Option<Revision>,
    /// What ignore files of a change would take out of the scan.
    pub hidden: Option<Proposal>,
}

/// The configuration that holds for these sources.
pub(super) fn configuration(args: &SourceArgs, known_rules: &[&str]) -> Result<Config, Failure> {
    let file = match &args.config {
        Some(file) => Some(file.clone()),
        None => discover(&scanned_paths(args))?,
    };
    let Some(file) = file else { return Ok(Config::default()) };
    let mut config = config::load(&file, known_rules).map_err(Failure::config)?;
    // Outputs name files of the repository from its root.
    let root = repository_root(&scanned_paths(args)).ok();
    let inside = root.and_then(|root| Some(file.canonicalize().ok()?.strip_prefix(root).ok()?.to_owned()));
    if let Some(path) = inside.as_deref().and_then(Path::to_str) {
        config.waivers.iter_mut().for_each(|waiver| waiver.place.path = path.replace('\\', "/"));
    }
    Ok(config)
}

/// Whether the scan covers what a configuration speaks of: the folder that it lies in. One that the command
/// line names speaks of what is scanned.
pub(super) fn covers(args: &SourceArgs, config: &Config) -> Result<bool, Failure> {
    let Some(file) = config.source.as_deref().filter(|_| args.config.is_none()) else { return Ok(true) };
    let paths = scanned_paths(args);
    if paths.is_empty() {
        return Ok(true);
    }
    let file = Path::new(file).canonicalize().unwrap_or(repository_root(&paths)?.join(file));
    let folder = file.parent().unwrap_or(&file);
    Ok(paths.iter().filter_map(|path| path.canonicalize().ok()).any(|path| folder.starts_with(path)))
}

/// The nearest configuration at or above what is scanned, up to the repository root.
pub(super) fn discover(paths: &[PathBuf]) -> Result<Option<PathBuf>, Failure> {
    let root = repository_root(paths)?;
    let start = match paths {
        [one] => one.canonicalize().unwrap_or_else(|_| root.clone()),
        _ => root.clone(),
    };
    for folder in start.ancestors().take_while(|folder| folder.starts_with(&root)) {
        if let Some(file) = config::discover(folder).map_err(Failure::config)? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// Reads everything that the arguments name. `base` is the base revision, if a change is scanned, and
/// `removed` what it declared.
pub(super) fn read(
    args: &SourceArgs,
    config: &Config,
    wanted: &EvidencePaths,
    base: Option<&Base>,
    removed: &[ResourceId],
) -> Result<Sources, Failure> {
    if !args.paths.is_empty() && (is_live(args) || !args.snapshot.is_empty()) {
        let message =
            "source code and a live estate are judged in two runs: what is complete in one is not in the other";
        return Err(Failure::usage(message));
    }
    let mut sources = Sources { inventory: Inventory::default(), files: BTreeMap::new(), revision: None, hidden: None };
    match snapshots(&args.snapshot)?.as_mut_slice() {
        [] => {}
        [one] => sources.inventory = std::mem::take(one),
        several => sources.inventory = merge(several.iter_mut().map(std::mem::take).collect()),
    }
    if is_live(args) {
        sources.inventory.absorb(read_live(args, config, wanted)?);
    }
    let paths = scanned_paths(args);
    if !paths.is_empty() {
        read_repository(args, config, &paths, base, &mut sources)?;
        if sources.files.is_empty() && sources.inventory.collection.gaps.is_empty() {
            warn_of_nothing(&paths);
        }
    }
    add_context(args, &mut sources.inventory, removed)?;
    Ok(sources)
}

/// Nothing to judge is no failure, but rarely what was meant.
fn warn_of_nothing(paths: &[PathBuf]) {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let hint = "a recorded inventory is read with --snapshot";
    let text = format!("warning: nothing that holdfast reads in {} (ARM, Bicep, Terraform); {hint}", names.join(", "));
    _ = writeln!(anstream::stderr(), "{text}");
}

/// Recorded inventories.
pub(super) fn snapshots(paths: &[PathBuf]) -> Result<Vec<Inventory>, Failure> {
    let read = |path: &PathBuf| read_snapshot(path).map_err(|error| Failure::usage(error.to_string()));
    paths.iter().map(read).collect()
}

/// The paths to scan: "." if nothing else is to be read.
pub(super) fn scanned_paths(args: &SourceArgs) -> Vec<PathBuf> {
    let nothing_else = args.snapshot.is_empty() && !is_live(args);
    if args.paths.is_empty() && nothing_else { vec![PathBuf::from(".")] } else { args.paths.clone() }
}

/// The git checkout around the paths; outside of one the folder that is scanned.
pub(super) fn repository_root(paths: &[PathBuf]) -> Result<PathBuf, Failure> {
    let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
    if let Some(root) = git::root_of(first) {
        return Ok(root);
    }
    let missing = |_| Failure::usage(format!("{}: no such file or folder", first.display()));
    let full = first.canonicalize().map_err(missing)?;
    let folder = if full.is_dir() { full } else { full.parent().map_or(full.clone(), Path::to_owned) };
    let holds_all = |folder: &&Path| paths.iter().all(|p| p.canonicalize().is_ok_and(|p| p.starts_with(folder)));
    Ok(folder.ancestors().find(holds_all).map_or(folder.clone(), Path::to_owned))
}

fn read_repository(
    args: &SourceArgs,
    config: &Config,
    paths: &[PathBuf],
    base: Option<&Base>,
    sources: &mut Sources,
) -> Result<(), Failure> {
    let root = repository_root(paths)?;
    let wanted = |path: &str| source::is_source(path) && config.wants(path);
    let tree = FileTree::open_ignoring(&root, paths, &wanted, base.map(Base::ignores))
        .map_err(|error| Failure::usage(error.to_string()))?;
    sources.hidden = base.and_then(|base| base.hidden(&tree));
    let parameters = parameter_files(args, &root)?;
    let (inventory, files) = source::read_tree(&tree, &parameters);
    sources.inventory.absorb(inventory);
    sources.files = files;
    sources.revision = git::revision(&root);
    Ok(())
}

/// Adds the recorded inventories that are known but not judged.
pub(super) fn add_context(args: &SourceArgs, inventory: &mut Inventory, removed: &[ResourceId]) -> Result<(), Failure> {
    if !args.context.is_empty() && (is_live(args) || !args.snapshot.is_empty()) {
        return Err(Failure::usage(
            "--context is for scans of source code; give --snapshot to judge a recorded inventory",
        ));
    }
    for path in &args.context {
        let context = read_snapshot(path).map_err(|error| Failure::usage(error.to_string()))?;
        inventory.add_context(context, removed);
    }
    Ok(())
}

/// What the scanned paths declared in the base revision.
pub(super) fn read_base(args: &SourceArgs, config: &Config, base: &Base) -> Result<Inventory, Failure> {
    let root = repository_root(&scanned_paths(args))?;
    let tree = base.files(&|path: &str| source::is_source(path) && config.wants(path));
    Ok(source::read_tree(&tree, &parameter_files(args, &root)?).0)
}

/// `--parameters TEMPLATE=FILE`, with paths relative to the repository root.
fn parameter_files(args: &SourceArgs, root: &Path) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for argument in &args.parameters {
        let Some((template, file)) = argument.split_once('=') else {
            return Err(Failure::usage(format!("--parameters {argument}: give it as TEMPLATE=FILE")));
        };
        let relative = |path: &str| {
            let full = Path::new(path).canonicalize();
            let full = full.map_err(|_| Failure::usage(format!("--parameters {argument}: no such file: {path}")))?;
            let inside = full.strip_prefix(root).ok().and_then(Path::to_str).map(|path| path.replace('\\', "/"));
            inside.ok_or_else(|| Failure::usage(format!("--parameters {argument}: {path} is not in the repository")))
        };
        files.entry(relative(template)?).or_default().push(relative(file)?);
    }
    Ok(files)
}

#[cfg(not(feature = "live"))]
pub(super) fn is_live(_: &SourceArgs) -> bool {
    false
}

#[cfg(feature = "live")]
pub(super) fn is_live(args: &SourceArgs) -> bool {
    !args.subscription.is_empty() || !args.management_group.is_empty() || args.all_subscriptions
}

#[cfg(feature = "live")]
use super::live::read as read_live;

#[cfg(not(feature = "live"))]
fn read_live(_: &SourceArgs, _: &Config, _: &EvidencePaths) -> Result<Inventory, Failure> {
    Err(Failure::usage("this build of holdfast cannot read live subscriptions"))
}

/// The category of one of several parts of a scope: their logs must not replace each other.
#[cfg(feature = "live")]
pub(super) fn category(args: &SourceArgs) -> Option<String> {
    args.shard.map(|(index, count)| format!("holdfast/live/shard-{index}-of-{count}"))
}

#[cfg(not(feature = "live"))]
pub(super) fn category(_: &SourceArgs) -> Option<String> {
    None
}
