//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::output::{FORMATS, Format};
use crate::rule::{Level, Tier};

/// Checks the high availability and disaster recovery of Azure Machine Learning.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge a repository, live subscriptions or a recorded inventory.
    ///
    /// Exit status: 0 nothing at or above the threshold; 1 findings at or above it; 2 usage,
    /// configuration or policy does not load; 3 the scan could not be completed, or evidence is missing
    /// under --strict-evidence.
    Scan(Box<ScanArgs>),
    /// Write the inventory that a scan would judge.
    Inventory(Box<InventoryArgs>),
    /// Propose a holdfast.yaml: pairs with the evidence for each, environments, owners, tiers.
    Init(Box<InitArgs>),
    /// List the rules, show one, or export them.
    Rules(RulesArgs),
    /// Run policy tests.
    Test(TestArgs),
    /// List the waivers with the days that they have left.
    Waivers(WaiversArgs),
    /// Compare two SARIF logs: what is new, fixed, unchanged.
    ///
    /// Exit status: 0 nothing new at or above the threshold; 1 something new at or above it; 2 a log cannot
    /// be read.
    Diff(DiffArgs),
    /// Print a JSON Schema.
    Schema {
        /// Of what.
        kind: SchemaKind,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Where resources come from.
#[derive(Clone, Debug, Default, Args)]
pub struct SourceArgs {
    /// Files and folders of one repository; "." if neither a live scope nor a snapshot is given.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// The parameter file for a template, in place of those beside it (repeatable).
    #[arg(long, value_name = "TEMPLATE=FILE", help_heading = "Sources")]
    pub parameters: Vec<String>,

    /// A recorded inventory to judge (repeatable).
    #[arg(long, value_name = "FILE", help_heading = "Sources")]
    pub snapshot: Vec<PathBuf>,

    /// A recorded inventory that is known but not judged: what source code refers to and does not declare
    /// (repeatable).
    #[arg(long, value_name = "FILE", help_heading = "Sources")]
    pub context: Vec<PathBuf>,

    /// Live: a subscription id or name (repeatable, comma list).
    #[cfg(feature = "live")]
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Live subscriptions")]
    pub subscription: Vec<String>,

    /// Live: all subscriptions of a management group (repeatable).
    #[cfg(feature = "live")]
    #[arg(long, value_name = "ID", help_heading = "Live subscriptions")]
    pub management_group: Vec<String>,

    /// Live: all subscriptions that can be read, or those that `scopes` in the configuration names.
    #[cfg(feature = "live")]
    #[arg(long, help_heading = "Live subscriptions")]
    pub all_subscriptions: bool,

    /// Live: how to sign in, in place of trying one way after the other.
    #[cfg(feature = "live")]
    #[arg(long, value_name = "METHOD", help_heading = "Live subscriptions")]
    pub auth: Option<String>,

    /// Live: stop reading after this time, for example 45m; what is missing is reported.
    #[cfg(feature = "live")]
    #[arg(long, value_name = "DURATION", help_heading = "Live subscriptions")]
    pub deadline: Option<String>,

    /// Live: read one of several parts of the scope, for example 2/4; pairs stay together.
    #[cfg(feature = "live")]
    #[arg(long, value_name = "I/N", value_parser = parse_shard, help_heading = "Live subscriptions")]
    pub shard: Option<(usize, usize)>,

    /// Live: write answers to this file as they come; if it is there, go on from them.
    #[cfg(feature = "live")]
    #[arg(long, value_name = "FILE", help_heading = "Live subscriptions")]
    pub resume: Option<PathBuf>,

    /// Live: print the requests that would be sent, and send none.
    #[cfg(feature = "live")]
    #[arg(long, help_heading = "Live subscriptions")]
    pub dry_run: bool,

    /// No progress on stderr.
    #[arg(long, help_heading = "Display")]
    pub no_progress: bool,

    /// The configuration; holdfast.yaml at the repository root if it is there.
    #[arg(long, value_name = "FILE", help_heading = "Policy")]
    pub config: Option<PathBuf>,
}

/// Which rules judge.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Policy")]
pub struct PolicyArgs {
    /// A folder of custom rules (repeatable).
    #[arg(long, value_name = "DIR")]
    pub policy_dir: Vec<PathBuf>,

    /// Run only rules whose id matches (repeatable).
    #[arg(long, value_name = "GLOB")]
    pub rule: Vec<String>,

    /// Leave out rules whose id matches (repeatable).
    #[arg(long, value_name = "GLOB")]
    pub skip_rule: Vec<String>,

    /// The tier of pairs that declare none.
    #[arg(long, value_parser = parse_tier)]
    pub tier: Option<Tier>,

    /// The day to judge for, YYYY-MM-DD; the capture time of a snapshot, otherwise today.
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub today: Option<String>,
}

/// `holdfast scan`.
#[derive(Clone, Debug, Args)]
pub struct ScanArgs {
    #[command(flatten)]
    pub source: SourceArgs,

    #[command(flatten)]
    pub policy: PolicyArgs,

    /// The format of the result.
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = parse_format, help_heading = "Output")]
    pub format: &'static Format,

    /// Write the result to a file.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// One more result (repeatable).
    #[arg(long, value_name = "FORMAT=FILE", help_heading = "Output")]
    pub report: Vec<String>,

    /// full for archives and importers, github for code scanning.
    #[arg(long, value_name = "PROFILE", default_value = "full", help_heading = "Output")]
    pub sarif_profile: SarifProfile,

    /// The category of the SARIF log.
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub category: Option<String>,

    /// One SARIF log per subscription, each with a category of its own; the id goes into the file name.
    #[arg(long, value_name = "WHAT", help_heading = "Output")]
    pub split_by: Option<SplitBy>,

    /// List passes and exemptions too.
    #[arg(long, help_heading = "Output")]
    pub include_passes: bool,

    /// No times and no correlation ids: same input, same bytes.
    #[arg(long, help_heading = "Output")]
    pub reproducible: bool,

    /// The level from which on a finding fails the scan.
    #[arg(long, value_name = "LEVEL", default_value = "error", help_heading = "Gate")]
    pub fail_on: FailOn,

    /// Fail (exit status 3) if evidence is missing.
    #[arg(long, help_heading = "Gate")]
    pub strict_evidence: bool,

    /// Ignore waivers that stand beside declarations.
    #[arg(long, help_heading = "Gate")]
    pub no_inline_waivers: bool,

    /// An earlier SARIF log: only findings that it has not fail the scan.
    #[arg(long, value_name = "FILE", help_heading = "Gate", conflicts_with = "baseline_ref")]
    pub baseline: Option<PathBuf>,

    /// The base revision of a change: only findings that it has not fail the scan, and configuration,
    /// waivers and custom policies are those of the base.
    #[arg(long, value_name = "GITREF", help_heading = "Gate", allow_hyphen_values = true)]
    pub baseline_ref: Option<String>,

    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Display")]
    pub color: clap::ColorChoice,

    /// Only the exit status and files.
    #[arg(short, long, help_heading = "Display")]
    pub quiet: bool,

    /// Threads; as many as there are cores by default.
    #[arg(long, value_name = "N", help_heading = "Display")]
    pub jobs: Option<usize>,
}

/// `holdfast inventory`.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct InventoryArgs {
    /// What else to do.
    #[command(subcommand)]
    pub command: Option<InventoryCommand>,

    #[command(flatten)]
    pub source: SourceArgs,

    /// The file to write; stdout by default.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Live: only ask which permissions are missing, and name them. Exit status 3 if some are.
    #[cfg(feature = "live")]
    #[arg(long, conflicts_with_all = ["output", "redact"])]
    pub check_access: bool,

    /// Keep identity and evidence only, and pseudonyms in place of names. HOLDFAST_REDACT_KEY makes them
    /// impossible to guess.
    #[arg(long)]
    pub redact: bool,

    /// A folder of custom rules whose evidence is read and kept too (repeatable).
    #[arg(long, value_name = "DIR")]
    pub policy_dir: Vec<PathBuf>,
}

/// `holdfast init`.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    #[command(flatten)]
    pub source: SourceArgs,

    /// The file to write. It must not exist.
    #[arg(short, long, value_name = "FILE", default_value = "holdfast.yaml")]
    pub output: PathBuf,
}

/// What `holdfast inventory` does besides reading.
#[derive(Clone, Debug, Subcommand)]
pub enum InventoryCommand {
    /// Join snapshots of one estate, for example of shards.
    Merge {
        /// The snapshots.
        #[arg(required = true, value_name = "FILE")]
        snapshots: Vec<PathBuf>,

        /// The file to write; stdout by default.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// `holdfast rules`.
#[derive(Clone, Debug, Args)]
pub struct RulesArgs {
    /// What to do; lists by default.
    #[command(subcommand)]
    pub command: Option<RulesCommand>,

    /// A folder of custom rules (repeatable).
    #[arg(long, value_name = "DIR", global = true)]
    pub policy_dir: Vec<PathBuf>,

    /// text or json.
    #[arg(short, long, default_value = "text", global = true)]
    pub format: RulesFormat,
}

/// What `holdfast rules` does.
#[derive(Clone, Debug, Subcommand)]
pub enum RulesCommand {
    /// One line per rule.
    List,
    /// Everything about one rule.
    Show {
        /// The id, for example HF-STOR-001.
        id: String,
    },
    /// The pages of docs/rules, written to a folder.
    Export {
        /// The folder.
        dir: PathBuf,
    },
}

/// `holdfast test`.
#[derive(Clone, Debug, Args)]
pub struct TestArgs {
    /// A folder of policies; the built-in ones by default.
    pub dir: Option<PathBuf>,

    /// Name the lines of rules that no test covers.
    #[arg(long)]
    pub coverage: bool,
}

/// `holdfast waivers`.
#[derive(Clone, Debug, Args)]
pub struct WaiversArgs {
    /// The configuration; by default the nearest holdfast.yaml, up to the root of the repository.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// A folder of custom rules that waivers may name (repeatable).
    #[arg(long, value_name = "DIR")]
    pub policy_dir: Vec<PathBuf>,

    /// The day to count from, YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub today: Option<String>,
}

/// `holdfast diff`.
#[derive(Clone, Debug, Args)]
pub struct DiffArgs {
    /// The log of the earlier scan.
    pub old: PathBuf,

    /// The log of the later scan.
    pub new: PathBuf,

    /// text, markdown or json.
    #[arg(short, long, default_value = "text", value_name = "FORMAT")]
    pub format: DiffFormat,

    /// The level from which on a new finding makes the exit status 1.
    #[arg(long, value_name = "LEVEL", default_value = "never")]
    pub fail_on: FailOn,
}

/// Formats of `holdfast diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people.
    Text,
    /// For job summaries.
    Markdown,
    /// For programs.
    Json,
}

/// Formats of `holdfast rules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RulesFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Schemas that can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// holdfast.yaml.
    Config,
    /// Recorded inventories.
    Snapshot,
    /// The document that rules judge.
    Input,
    /// `--format json`.
    Report,
}

/// SARIF profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SarifProfile {
    /// Everything: failures, gaps, waived findings.
    Full,
    /// What GitHub code scanning shows rightly.
    Github,
}

/// What SARIF logs are split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SplitBy {
    /// Live subscriptions.
    Subscription,
}

/// The threshold of the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Everything.
    Note,
    /// Nothing.
    Never,
}

impl FailOn {
    /// The lowest level that fails; `None` for never.
    pub fn level(self) -> Option<Level> {
        match self {
            Self::Error => Some(Level::Error),
            Self::Warning => Some(Level::Warning),
            Self::Note => Some(Level::Note),
            Self::Never => None,
        }
    }
}

pub(super) fn parse_format(name: &str) -> Result<&'static Format, String> {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    Format::parse(name).ok_or_else(|| format!("one of {}", names.join(", ")))
}

fn parse_tier(text: &str) -> Result<Tier, String> {
    Tier::parse(text).ok_or_else(|| "one of active-active, active-standby, active-passive".to_owned())
}

/// `2/4`: the second of four.
#[cfg(feature = "live")]
fn parse_shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    let shard = parts.filter(|(index, count)| (1..=*count).contains(index));
    shard.ok_or_else(|| "a number from 1 and how many there are, for example 2/4".to_owned())
}

fn parse_date(text: &str) -> Result<String, String> {
    crate::date::Date::parse(text).map(|date| date.to_string()).ok_or_else(|| "a day as YYYY-MM-DD".to_owned())
}
