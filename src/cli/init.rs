//! `holdfast init`: proposes a configuration.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::args::InitArgs;
use super::{Failure, sources};
use crate::config::{self, Config};
use crate::estate::{Defaults, Estate, EvidencePaths};
use crate::proposal::propose;

/// What pairs, environments and owners show in.
const TYPES: &[&str] = &[
    "microsoft.machinelearningservices/workspaces",
    "microsoft.keyvault/vaults",
    "microsoft.containerregistry/registries",
];

/// Writes a proposal to a file that does not exist yet.
pub(super) fn init(args: &InitArgs) -> Result<u8, Failure> {
    if args.source.snapshot.is_empty() && !sources::is_live(&args.source) {
        let hint = "holdfast init --subscription ID, or --snapshot FILE with what holdfast inventory wrote";
        return Err(Failure::usage("init proposes from live subscriptions or a snapshot").hint(hint));
    }
    free(&args.output)?;
    let wanted: EvidencePaths = TYPES.iter().map(|name| ((*name).to_owned(), Default::default())).collect();
    let config = Config::default();
    let inventory = sources::read(&args.source, &config, &wanted, None, &[])?.inventory;
    let incomplete = inventory.collection.gaps.iter().any(|gap| gap.code.ends_complete_scan());
    let source = described(args, inventory.captured_at.as_deref());
    let estate = Estate::assemble(inventory, &config, &wanted, &Defaults::default());
    let proposal = propose(&estate, &source);
    let path = args.output.display();
    let written = File::create_new(&args.output).and_then(|mut file| file.write_all(proposal.text.as_bytes()));
    written.map_err(|error| Failure::output(&path.to_string(), &error))?;
    super::print(&format!(
        "{path}: {} pairs proposed for {} workspaces; read it, correct it, then run holdfast scan with the same scope\n",
        proposal.pairs, proposal.workspaces
    ))?;
    Ok(if incomplete { 3 } else { 0 })
}

/// Nothing is overwritten, and no second configuration is put beside one that is found.
fn free(output: &Path) -> Result<(), Failure> {
    let taken = |path: &Path| {
        let hint = "holdfast init never overwrites: name another file with --output, and take over what you like";
        Failure::usage(format!("{}: there is a configuration already", path.display())).hint(hint)
    };
    if output.symlink_metadata().is_ok() {
        return Err(taken(output));
    }
    let is_found = output.file_name().and_then(|name| name.to_str()).is_some_and(|n| config::FILE_NAMES.contains(&n));
    let folder = output.parent().unwrap_or(Path::new(""));
    let beside = config::FILE_NAMES.iter().map(|name| folder.join(name)).find(|path| path.symlink_metadata().is_ok());
    match beside.filter(|_| is_found) {
        Some(path) => Err(taken(&path)),
        None => Ok(()),
    }
}

fn described(args: &InitArgs, captured_at: Option<&str>) -> String {
    let files: Vec<String> = args.source.snapshot.iter().map(|path| path.display().to_string()).collect();
    let what = if files.is_empty() { "live subscriptions".to_owned() } else { files.join(", ") };
    match captured_at.and_then(|time| time.split('T').next()) {
        Some(day) => format!("{what} as of {day}"),
        None => what,
    }
}
