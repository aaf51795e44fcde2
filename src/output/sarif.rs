//! SARIF 2.1.0, in the profiles that `docs/sarif.md` describes.
//!
//! The head of the log is built whole; results are built, written and dropped one at a time, so that a
//! log of 25,000 results needs the memory of one.

mod locations;
mod missing;
mod notifications;
mod results;
mod rules;
mod taxonomies;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};
use serde_sarif::sarif::{Message, MultiformatMessageString, PropertyBag, ToolComponent, VersionControlDetails};

use super::stream::Members;
use super::{OutputOptions, Profile};
use crate::finding::{Report, Revision};
use results::Entry;
use rules::RuleTable;

pub use missing::EVIDENCE_MISSING;

/// The address by which GitHub, Azure DevOps and editors know the schema.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Code scanning keeps no more results of one run.
const MOST_RESULTS: usize = 5_000;

/// Writes a report as a SARIF log.
pub(super) fn write(report: &Report, options: &OutputOptions, out: &mut dyn Write) -> io::Result<()> {
    let missing_rule = missing::rule();
    let missing = match options.profile {
        Profile::Full => Vec::new(),
        Profile::Github => missing::findings(report),
    };
    let rules = RuleTable::new(&report.rules, &missing_rule);
    let entries = results::in_order(&report.findings, &missing, &rules);
    let (entries, left_out) = match options.profile {
        Profile::Full => (entries, 0),
        Profile::Github => most_severe(entries, &rules),
    };

    let mut log = Members::new(out);
    log.raw("{")?;
    log.member("$schema", &SCHEMA)?;
    log.member("version", &"2.1.0")?;
    log.begin("runs", "[{")?;
    write_head(&mut log, report, &rules, left_out)?;
    log.begin("results", "[")?;
    let baseline = report.findings.iter().any(|finding| finding.baseline.is_some());
    for entry in &entries {
        log.element(&results::result(entry, &rules, options.profile, baseline))?;
    }
    log.raw("\n]}]}\n")
}

/// Everything of the run but its results.
fn write_head(log: &mut Members<'_>, report: &Report, rules: &RuleTable<'_>, left_out: usize) -> io::Result<()> {
    let taxonomies = taxonomies::taxonomies(&report.rules);
    log.member("tool", &json!({ "driver": driver(rules, &taxonomies) }))?;
    log.member("automationDetails", &json!({ "id": automation_id(&report.category) }))?;
    log.member("columnKind", &"utf16CodeUnits")?;
    log.member("newlineSequences", &["\r\n", "\n", "\r"])?;
    log.member("invocations", &[notifications::invocation(report, rules, left_out)])?;
    if let Some(details) = report.revision.as_ref().and_then(version_control) {
        log.member("versionControlProvenance", &[details])?;
    }
    if !taxonomies.is_empty() {
        log.member("taxonomies", &taxonomies)?;
    }
    log.member("properties", &run_properties(report))
}

/// Failures that count, at most as many as code scanning keeps; and how many were left out.
fn most_severe<'a>(entries: Vec<Entry<'a>>, rules: &RuleTable<'_>) -> (Vec<Entry<'a>>, usize) {
    let mut kept: Vec<_> = entries.into_iter().filter(|entry| entry.is_active_failure()).collect();
    let left_out = kept.len().saturating_sub(MOST_RESULTS);
    if left_out > 0 {
        let mut ranks: Vec<usize> = (0..kept.len()).collect();
        ranks.sort_by(|a, b| {
            let severity = |at: usize| (kept[at].finding.level, rules.get(kept[at].finding).score);
            let ((level_a, score_a), (level_b, score_b)) = (severity(*a), severity(*b));
            level_b.cmp(&level_a).then(score_b.total_cmp(&score_a)).then(a.cmp(b))
        });
        let mut keep = vec![false; kept.len()];
        ranks[..MOST_RESULTS].iter().for_each(|at| keep[*at] = true);
        let mut keep = keep.into_iter();
        kept.retain(|_| keep.next().unwrap_or(false));
    }
    (kept, left_out)
}

fn driver(rules: &RuleTable<'_>, taxonomies: &[ToolComponent]) -> ToolComponent {
    let version = env!("CARGO_PKG_VERSION");
    let repository = env!("CARGO_PKG_REPOSITORY");
    ToolComponent::builder()
        .name("holdfast")
        .full_name(format!("holdfast {version}"))
        .organization("holdfast")
        .version(version)
        .semantic_version(version)
        .information_uri(repository)
        .short_description(text(env!("CARGO_PKG_DESCRIPTION")))
        .rules(rules.descriptors())
        .notifications(notifications::descriptors())
        .supported_taxonomies(taxonomies::references(taxonomies))
        .build()
}

/// `category/` with an empty run id behind it: the output stays the same from run to run.
fn automation_id(category: &str) -> String {
    let category = category.trim_matches('/');
    if category.is_empty() { "holdfast/".to_owned() } else { format!("{category}/") }
}

fn version_control(revision: &Revision) -> Option<VersionControlDetails> {
    let mut details = json!({ "repositoryUri": repository_uri(&revision.repository)?, "revisionId": revision.commit });
    if let Some(branch) = &revision.branch {
        details["branch"] = json!(branch);
    }
    serde_json::from_value(details).ok()
}

/// The address of a remote as a URI without user and password; `None` for a folder of this machine.
fn repository_uri(remote: &str) -> Option<String> {
    let (scheme, rest) = match remote.split_once("://") {
        Some((scheme, rest)) => (scheme, rest.to_owned()),
        None => {
            // The short form of ssh: git@github.com:owner/name.git.
            let (host, path) = remote.split_once(':').filter(|(host, _)| host.contains('@'))?;
            ("ssh", format!("{host}/{path}"))
        }
    };
    if !matches!(scheme, "https" | "http" | "ssh" | "git") {
        return None;
    }
    let (authority, path) = rest.split_once('/')?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let valid = !host.is_empty() && host.chars().all(is_host);
    valid.then(|| format!("{scheme}://{host}/{}", super::escape::uri_path(path)))
}

/// What the standard has no member for: whether the scan is complete, and its totals.
fn run_properties(report: &Report) -> Value {
    json!({ "holdfast": {
        "complete": report.complete,
        "estate": report.kind,
        "counts": report.counts,
        "read": report.read,
        "needsLiveScan": report.needs_live_scan,
        "subscriptions": report.subscriptions,
    }})
}

fn message(text: impl Into<String>) -> Message {
    Message::builder().text(text).build()
}

fn text(text: impl Into<String>) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn bag(members: impl IntoIterator<Item = (&'static str, Value)>) -> PropertyBag {
    let members: BTreeMap<_, _> = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    PropertyBag::builder().additional_properties(members).build()
}
