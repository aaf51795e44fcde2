//! `holdfast scan`.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use super::args::{PolicyArgs, SarifProfile, ScanArgs};
use super::{Failure, sources};
use crate::config::Tiers;
use crate::date::{self, Date};
use crate::finding::Report;
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
    let policies = policies(&args.policy)?;
    let rules: Vec<Rule> = policies.rules().cloned().collect();
    let known: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    let mut config = sources::configuration(&args.source, &known)?;
    if let Some(tier) = args.policy.tier {
        config.default_tier = Tiers::uniform(tier);
    }
    let evidence = scan::wanted(&policies);
    #[cfg(feature = "live")]
    if args.source.dry_run {
        return super::print(&super::live::plan(&args.source, &evidence));
    }
    let read = sources::read(&args.source, &config, &evidence)?;
    let options = ScanOptions {
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
    };
    let estate = scan::assemble(read.inventory, &config, &rules).map_err(|e| Failure::usage(e.to_string()))?;
    let report = scan::report(&estate, &policies, &config, &options);
    write_outputs(&report, args, &outputs)?;
    #[cfg(feature = "live")]
    super::live::done(&args.source)?;
    Ok(u8::try_from(report.exit_code).unwrap_or(3))
}

fn set_jobs(jobs: usize) -> Result<(), Failure> {
    if jobs == 0 {
        return Err(Failure::usage("--jobs 0: give at least one thread"));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global();
    pool.map_err(|error| Failure::usage(format!("--jobs {jobs}: {error}")))
}

/// Built-in and custom rules, without those that the command line leaves out.
pub(super) fn policies(args: &PolicyArgs) -> Result<Policies, Failure> {
    let mut policies = Policies::builtin().map_err(Failure::list)?;
    for dir in &args.policy_dir {
        policies = policies.with_custom(dir).map_err(Failure::list)?;
    }
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
    Ok(outputs)
}

fn write_outputs(report: &Report, args: &ScanArgs, outputs: &[(&Format, Option<&Path>)]) -> Result<(), Failure> {
    for (format, path) in outputs {
        match path {
            Some(path) => {
                let options = output_options(args, false);
                output::write_file(report, format, &options, path)
                    .map_err(|error| Failure::output(&path.display().to_string(), &error))?;
            }
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
