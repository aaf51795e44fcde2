//! `holdfast inventory`: what a scan would judge, as a file.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::args::{InventoryArgs, InventoryCommand};
use super::scan::broken_pipe_is_fine;
use super::{Failure, sources};
use crate::config::{Config, Role};
use crate::estate::{self, EvidencePaths};
use crate::model::Inventory;
use crate::output;
use crate::policy::Policies;
use crate::rule::{Rule, Tier};
use crate::scan;
use crate::source::pseudonyms;
use crate::source::redact::{EvidenceTable, redact};
use crate::source::snapshot::{merge, write_snapshot};

/// Writes what a scan would judge.
pub(super) fn inventory(args: &InventoryArgs) -> Result<u8, Failure> {
    if let Some(InventoryCommand::Merge { snapshots, output }) = &args.command {
        return merge_snapshots(snapshots, output.as_deref());
    }
    let mut policies = Policies::builtin().map_err(Failure::list)?;
    for dir in &args.policy_dir {
        policies = policies.with_custom(dir).map_err(Failure::list)?;
    }
    let rules: Vec<Rule> = policies.rules().cloned().collect();
    let known: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    let config: Config = sources::configuration(&args.source, &known)?;
    let wanted = scan::wanted(&policies);
    #[cfg(feature = "live")]
    if args.source.dry_run {
        return super::print(&super::live::plan(&args.source, &wanted));
    }
    #[cfg(feature = "live")]
    if args.check_access {
        return check_access(args, &config, &wanted);
    }
    let mut inventory = sources::read(&args.source, &config, &wanted, None, &[])?.inventory;
    if sources::is_live(&args.source) || args.redact {
        redact(&mut inventory, &kept(&wanted));
    }
    if args.redact {
        hide_names(&mut inventory, &config)?;
    }
    write(&inventory, args.output.as_deref())?;
    #[cfg(feature = "live")]
    super::live::done(&args.source)?;
    Ok(status(&inventory))
}

fn merge_snapshots(snapshots: &[PathBuf], output: Option<&Path>) -> Result<u8, Failure> {
    let merged = merge(sources::snapshots(snapshots)?);
    write(&merged, output)?;
    Ok(status(&merged))
}

#[cfg(feature = "live")]
fn check_access(args: &InventoryArgs, config: &Config, wanted: &EvidencePaths) -> Result<u8, Failure> {
    if !sources::is_live(&args.source) {
        let hint = "name subscriptions with --subscription, or give --all-subscriptions";
        return Err(Failure::usage("--check-access needs a live scope").hint(hint));
    }
    let (text, lacking) = super::live::check_access(&args.source, config, wanted)?;
    super::print(&text)?;
    Ok(if lacking { 3 } else { 0 })
}

/// 3 if something is missing as a whole.
fn status(inventory: &Inventory) -> u8 {
    let incomplete = inventory.collection.gaps.iter().any(|gap| gap.code.ends_complete_scan());
    if incomplete { 3 } else { 0 }
}

/// What is kept of each resource besides its identity: what rules and the estate read.
pub(super) fn kept(wanted: &EvidencePaths) -> EvidenceTable {
    let paths = estate::read_paths(wanted).into_iter();
    paths.map(|(resource_type, pointers)| (resource_type, pointers.into_iter().collect())).collect()
}

/// The variable that holds the key of the pseudonyms.
const KEY: &str = "HOLDFAST_REDACT_KEY";

fn hide_names(inventory: &mut Inventory, config: &Config) -> Result<(), Failure> {
    let key = std::env::var(KEY).unwrap_or_default();
    let is_word = |text: &str| {
        config.tokens.environment_of_word(text).is_some() || Role::parse(text).is_some() || Tier::parse(text).is_some()
    };
    pseudonyms::hide_names(inventory, &key, &is_word).map_err(|error| Failure::usage(format!("--redact: {error}")))
}

pub(super) fn write(inventory: &Inventory, output: Option<&Path>) -> Result<(), Failure> {
    match output {
        Some(path) => output::replace_file(path, &mut |out| write_snapshot(inventory, out))
            .map_err(|error| Failure::output(&path.display().to_string(), &error)),
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            let written = write_snapshot(inventory, &mut out).and_then(|()| out.flush());
            broken_pipe_is_fine(written).map_err(|error| Failure::output("stdout", &error))
        }
    }
}
