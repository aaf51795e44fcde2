//! `holdfast scan`.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::args::{PolicyArgs, SarifProfile, ScanArgs, SplitBy};
use super::change::Base;
use super::{Failure, sources};
use crate::baseline::Recorded;
use crate::config::{Config, Tiers};
use crate::date::{self, Date};
use crate::estate::Estate;
use crate::finding::{EstateKind, Proposal, Report, Verdict};
use crate::model::Inventory;
use crate::output::{self, Format, OutputOptions, Profile};
use crate::policy::Policies;
use crate::rule::Rule;
use crate::scan::{self, ScanOptions};

/// Scans and writes the results. The exit status is the report's.
pub(super) fn scan(args: &ScanArgs) -> Result<u8, Failure> {
    let started = date::now();
    if let Some(jobs) = args.jobs {
        set_jobs(jobs)?;
    }
    // A wrong flag is found before anything is read.
    let outputs = outputs(args)?;
    let old = args.baseline.as_deref().map(Recorded::read).transpose();
    let old = old.map_err(|error| Failure::usage(error.to_string()))?;
    let base = Base::open(args)?;
    let Basis { policies, config, mut proposed } = basis(args, base.as_ref())?;
    let rules: Vec<Rule> = policies.rules().cloned().collect();
    let evidence = scan::wanted(&policies);
    #[cfg(feature = "live")]
    if args.source.dry_run {
        return super::print(&super::live::plan(&args.source, &evidence));
    }
    let before = base.as_ref().map(|base| sources::read_base(&args.source, &config, base)).transpose()?;
    let removed = before.as_ref().map(Inventory::declared_ids).unwrap_or_default();
    let read = sources::read(&args.source, &config, &evidence, base.as_ref(), &removed)?;
    proposed.extend(read.hidden);
    let mut options = ScanOptions {
        today: args.policy.today.as_deref().and_then(Date::parse),
        include_passes: args.include_passes,
        reproducible: args.reproducible,
        fail_on: args.fail_on.level(),
        strict_evidence: args.strict_evidence,
        inline_waivers: !args.no_inline_waivers,
        category: args.category.clone().or_else(|| sources::category(&args.source)),
        started: Some(started),
        files: read.files,
        revision: read.revision,
        baseline: old,
        base_waivers: None,
        proposed,
    };
    if let Some(mut before) = before {
        sources::add_context(&args.source, &mut before, &[])?;
        let before = assemble(before, &config, &rules)?;
        options.base_waivers = Some(scan::waivers_beside_declarations(&before));
        let alone = ScanOptions { proposed: Vec::new(), ..options.clone() };
        options.baseline = Some(Recorded::of(&scan::report(&before, &policies, &config, &alone)));
    }
    let estate = assemble(read.inventory, &config, &rules)?;
    let counting = ScanOptions { include_passes: args.include_passes || args.split_by.is_some(), ..options.clone() };
    let mut report = scan::report(&estate, &policies, &config, &counting);
    if args.split_by.is_some() && report.kind == EstateKind::Iac {
        return Err(Failure::usage("--split-by subscription: source code has no subscriptions"));
    }
    let parts = match args.split_by {
        Some(SplitBy::Subscription) => scan::by_subscription(&report, &estate, &options),
        None => Vec::new(),
    };
    report.findings.retain(|f| args.include_passes || !matches!(f.verdict, Verdict::Pass | Verdict::Exempt));
    write_outputs(&report, &parts, args, &outputs)?;
    #[cfg(feature = "live")]
    super::live::done(&args.source)?;
    Ok(u8::try_from(report.exit_code).unwrap_or(3))
}

/// What judges: the rules and the configuration.
struct Basis {
    policies: Policies,
    config: Config,
    /// What a change would take findings away with; it has no effect.
    proposed: Vec<Proposal>,
}

/// The rules and the configuration, of the base revision if there is one.
fn basis(args: &ScanArgs, base: Option<&Base>) -> Result<Basis, Failure> {
    let ids = |policies: &Policies| -> Vec<String> { policies.rules().map(|rule| rule.id.clone()).collect() };
    let (policies, known_to_change, mut proposed) = match base {
        Some(base) => base.policies(&args.policy)?,
        None => (custom_policies(&args.policy)?, Vec::new(), Vec::new()),
    };
    // What the configuration may name does not depend on what this run leaves out.
    let known = ids(&policies);
    let policies = select(policies, &args.policy)?;
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let mut config = match base {
        None => sources::configuration(&args.source, &known)?,
        Some(base) => {
            let known_to_change: Vec<&str> = known_to_change.iter().map(String::as_str).collect();
            let (config, relaxations) = base.configuration(args, &known, &known_to_change)?;
            proposed.extend(relaxations);
            config
        }
    };
    if !sources::covers(&args.source, &config)? {
        config.doubt_complete();
    }
    if let Some(tier) = args.policy.tier {
        config.default_tier = Tiers::uniform(tier);
    }
    Ok(Basis { policies, config, proposed })
}

fn assemble(inventory: Inventory, config: &Config, rules: &[Rule]) -> Result<Estate, Failure> {
    scan::assemble(inventory, config, rules).map_err(|error| Failure::usage(error.to_string()))
}

fn set_jobs(jobs: usize) -> Result<(), Failure> {
    if jobs == 0 {
        return Err(Failure::usage("--jobs 0: give at least one thread"));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global();
    pool.map_err(|error| Failure::usage(format!("--jobs {jobs}: {error}")))
}

/// Built-in and custom rules.
fn custom_policies(args: &PolicyArgs) -> Result<Policies, Failure> {
    let mut policies = Policies::builtin().map_err(Failure::list)?;
    for dir in &args.policy_dir {
        policies = policies.with_custom(dir).map_err(Failure::list)?;
    }
    Ok(policies)
}

/// Without those that the command line leaves out.
fn select(policies: Policies, args: &PolicyArgs) -> Result<Policies, Failure> {
    policies.select(&args.rule, &args.skip_rule).map_err(|error| Failure::usage(error.to_string()))
}

/// The results that were asked for; the first one goes to `--output` or stdout.
fn outputs(args: &ScanArgs) -> Result<Vec<(&'static Format, Option<&Path>)>, Failure> {
    let mut outputs: Vec<(&'static Format, Option<&Path>)> = vec![(args.format, args.output.as_deref())];
    for report in &args.report {
        let Some((format, file)) = report.split_once('=') else {
            return Err(Failure::usage(format!("--report {report}: give it as FORMAT=FILE")));
        };
        let format =
            super::args::parse_format(format).map_err(|e| Failure::usage(format!("--report {report}: {e}")))?;
        outputs.push((format, Some(Path::new(file))));
    }
    let is_log = |(format, file): &(&Format, Option<&Path>)| format.name == "sarif" && file.is_some();
    if args.split_by.is_some() && !outputs.iter().any(is_log) {
        let failure = Failure::usage("--split-by splits SARIF logs, and none is written to a file");
        return Err(failure.hint("add --report sarif=FILE"));
    }
    Ok(outputs)
}

fn write_outputs(
    report: &Report,
    parts: &[Report],
    args: &ScanArgs,
    outputs: &[(&Format, Option<&Path>)],
) -> Result<(), Failure> {
    for (format, path) in outputs {
        match path {
            Some(path) if args.split_by.is_some() && format.name == "sarif" => {
                let paths = parts.iter().map(|part| split_path(path, part)).collect::<Result<Vec<_>, _>>()?;
                parts.iter().zip(paths).try_for_each(|(part, path)| write_file(part, args, format, &path))?;
            }
            Some(path) => write_file(report, args, format, path)?,
            None if args.quiet => {}
            None => {
                let stdout = io::stdout();
                let options = output_options(args, stdout.is_terminal());
                let mut out = BufWriter::new(stdout.lock());
                let written = output::write(report, format, &options, &mut out).and_then(|()| out.flush());
                broken_pipe_is_fine(written).map_err(|error| Failure::output("stdout", &error))?;
            }
        }
    }
    Ok(())
}

fn write_file(report: &Report, args: &ScanArgs, format: &Format, path: &Path) -> Result<(), Failure> {
    output::write_file(report, format, &output_options(args, false), path)
        .map_err(|error| Failure::output(&path.display().to_string(), &error))
}

/// `night.sarif` becomes `night.<subscription>.sarif`.
fn split_path(path: &Path, part: &Report) -> Result<PathBuf, Failure> {
    let id = part.subscriptions.join("-");
    // An id comes from a snapshot or from Azure, and must not become a path.
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(Failure::usage(format!("--split-by: `{}` is no subscription id", id.escape_debug())));
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map_or(String::new(), |extension| format!(".{}", extension.to_string_lossy()));
    Ok(path.with_file_name(format!("{stem}.{id}{extension}")))
}

/// A reader that has seen enough (`| head`) is no failure.
pub(super) fn broken_pipe_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn output_options(args: &ScanArgs, terminal: bool) -> OutputOptions {
    let color = match args.color {
        clap::ColorChoice::Always => true,
        clap::ColorChoice::Never => false,
        clap::ColorChoice::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let profile = match args.sarif_profile {
        SarifProfile::Full => Profile::Full,
        SarifProfile::Github => Profile::Github,
    };
    OutputOptions { profile, color, ..OutputOptions::default() }
}
