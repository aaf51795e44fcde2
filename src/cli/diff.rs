//! `holdfast diff`.

use super::args::{DiffArgs, DiffFormat};
use super::{Failure, print};
use crate::baseline::{self, Recorded};
use crate::output;

/// Compares two logs. Exit status 1 if something new is at or above the threshold.
pub(super) fn diff(args: &DiffArgs) -> Result<u8, Failure> {
    let read = |path| Recorded::read(path).map_err(|error| Failure::usage(error.to_string()));
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let comparison = baseline::compare(&old, &new);
    print(&match args.format {
        DiffFormat::Text => output::diff::text(&comparison),
        DiffFormat::Markdown => output::diff::markdown_summary(&comparison),
        DiffFormat::Json => output::diff::json(&comparison).map_err(|error| Failure::usage(error.to_string()))?,
    })?;
    let fails = |level| args.fail_on.level().is_some_and(|threshold| level >= threshold);
    Ok(u8::from(comparison.new.iter().any(|record| fails(record.level))))
}
