//! One scan from inventory to report: what the command line and the tests call.

mod split;

pub use split::by_subscription;

use crate::baseline::{self, Recorded};
use crate::config::Config;
use crate::date::Date;
use crate::estate::{Defaults, Estate};
use crate::finding::{BaselineState, EstateKind, Finding, Proposal, ReadCounts, Report, Revision, Verdict};
use crate::model::{ARTEFACT, Inventory};
use crate::policy::Policies;
use crate::report::{self, Reporter};
use crate::rule::{Level, Rule};
use crate::waiver::{self, InlineEntry, InlineWaiver, WaiverScan};

/// What a scan is asked for, beside its sources.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// The day to judge for; by default the day of the snapshot, otherwise today.
    pub today: Option<Date>,
    /// Whether passes and exemptions are listed.
    pub include_passes: bool,
    /// No times and no correlation ids.
    pub reproducible: bool,
    /// The lowest level that fails the scan; `None` for never.
    pub fail_on: Option<Level>,
    /// Whether missing evidence fails the scan.
    pub strict_evidence: bool,
    /// Whether waivers beside declarations count.
    pub inline_waivers: bool,
    /// The category of the SARIF log; derived from the source by default.
    pub category: Option<String>,
    /// Start of the scan, RFC 3339 in UTC.
    pub started: Option<String>,
    /// Files per reader.
    pub files: std::collections::BTreeMap<String, usize>,
    /// The revision of the checkout.
    pub revision: Option<Revision>,
    /// An earlier scan: only what it had not fails the scan.
    pub baseline: Option<Recorded>,
    /// The waivers that stand beside declarations in the base revision of a change; others have no effect.
    pub base_waivers: Option<Vec<InlineEntry>>,
    /// What else the change would take findings away with.
    pub proposed: Vec<Proposal>,
}

/// The table of property defaults that comes with the rules.
const DEFAULTS: &str = include_str!("../policies/data/defaults.json");

/// The estate of an inventory, with the property names that these rules read.
///
/// # Errors
/// The built-in table of defaults does not parse.
pub fn assemble(inventory: Inventory, config: &Config, rules: &[Rule]) -> Result<Estate, serde_json::Error> {
    let defaults = Defaults::from_json(DEFAULTS)?;
    Ok(Estate::assemble(inventory, config, &evidence_paths(rules), &defaults))
}

/// The property paths that rules read in Azure, per resource type.
pub fn evidence_paths(rules: &[Rule]) -> crate::estate::EvidencePaths {
    let mut paths = crate::estate::EvidencePaths::new();
    let in_azure = |evidence: &&crate::rule::Evidence| !evidence.resource_type.starts_with(ARTEFACT);
    for evidence in rules.iter().flat_map(|rule| &rule.evidence).filter(in_azure) {
        let pointers = evidence.paths.iter().flatten().filter_map(|path| crate::model::Pointer::parse(path));
        paths.entry(evidence.resource_type.to_ascii_lowercase()).or_default().extend(pointers);
    }
    paths
}

/// The types and properties that a scan with these policies reads from Azure: the evidence of its rules,
/// and the facts about regions if some rule asks for them.
pub fn wanted(policies: &Policies) -> crate::estate::EvidencePaths {
    let rules: Vec<Rule> = policies.rules().cloned().collect();
    let mut paths = evidence_paths(&rules);
    if policies.read_regions() {
        for (resource_type, pointer) in crate::estate::region_paths() {
            paths.entry(resource_type.to_owned()).or_default().extend(crate::model::Pointer::parse(pointer));
        }
    }
    paths
}

/// Judges an estate and makes the report.
pub fn report(estate: &Estate, policies: &Policies, config: &Config, options: &ScanOptions) -> Report {
    let all: Vec<Rule> = policies.rules().cloned().collect();
    let rules = report::enable(&all, config, estate.live);
    let today = today(estate, options);
    let evaluator = policies.evaluator();
    let judgement = report::judge(estate, &evaluator, &rules, config, &today.to_string(), options.include_passes);
    let reporter = Reporter::new(estate, &rules);
    let mut findings = reporter.findings(&judgement.rulings, options.include_passes);
    let needs_live_scan: Vec<String> = rules.iter().filter(|r| !r.feedable).map(|r| r.rule.id.clone()).collect();
    let workspaces = estate.workspaces.iter().filter(|w| w.judged).count();
    let kind = if estate.live { EstateKind::Live } else { EstateKind::Iac };
    let enabled: Vec<Rule> = rules.iter().map(|enabled| enabled.rule.clone()).collect();
    let known: Vec<&str> =
        all.iter().flat_map(|rule| rule.aliases.iter().chain([&rule.id])).map(String::as_str).collect();
    let waivers = WaiverScan { rules: &enabled, not_run: &needs_live_scan, known_rules: &known, kind, today };
    let (inline, proposed) = trusted_waivers(estate, options);
    let problems = waiver::apply(&mut findings, &config.waivers, &inline, &waivers);
    let counts = report::count(&judgement, &findings);
    let mut gaps = estate.collection.gaps.clone();
    let complete = !gaps.iter().chain(&judgement.faults).any(|gap| gap.code.ends_complete_scan());
    gaps.extend(judgement.faults);
    let gaps = reporter.gaps(&gaps, options.reproducible);
    let mut report = Report {
        kind,
        subscriptions: estate.collection.subscriptions.iter().map(|s| s.id.clone()).collect(),
        // Where there is nothing to judge, a live scan would judge no more.
        needs_live_scan: if workspaces == 0 { Vec::new() } else { needs_live_scan },
        category: category(estate, options),
        read: ReadCounts {
            files: options.files.clone(),
            resources: estate.resources.iter().filter(|resource| resource.artefact().is_none()).count(),
            workspaces,
            pairs: estate.pairs.len(),
        },
        exit_code: 0,
        times: options.started.clone().filter(|_| !options.reproducible).map(|start| (start, crate::date::now())),
        revision: options.revision.clone(),
        rules: enabled,
        fixed: Vec::new(),
        proposed,
        findings,
        counts,
        gaps,
        configuration_warnings: estate
            .unmatched_pairs
            .iter()
            .chain(&config.remarks)
            .cloned()
            .chain(problems.iter().map(ToString::to_string))
            .collect(),
        complete,
    };
    if let Some(old) = &options.baseline {
        baseline::apply(&mut report, old);
    }
    report.exit_code = exit_code(&report, options);
    report
}

/// 1 wins over 3: what failed is certain.
pub(crate) fn exit_code(report: &Report, options: &ScanOptions) -> i32 {
    let fails = |finding: &Finding| {
        let counts = finding.verdict == Verdict::Deny && finding.waiver.is_none();
        let new = finding.baseline != Some(BaselineState::Unchanged);
        counts && new && options.fail_on.is_some_and(|threshold| finding.level >= threshold)
    };
    let missing = options.strict_evidence && (report.counts.open > 0 || !report.gaps.is_empty());
    match (report.findings.iter().any(fails), report.complete && !missing) {
        (true, _) => 1,
        (false, false) => 3,
        (false, true) => 0,
    }
}

/// The waivers that stand beside the declarations of an estate.
pub fn waivers_beside_declarations(estate: &Estate) -> Vec<InlineEntry> {
    estate.files.iter().flat_map(|(_, file)| waiver::inline_waivers(file)).collect()
}

/// The waivers beside declarations that have an effect, and what the change would take findings away with.
fn trusted_waivers(estate: &Estate, options: &ScanOptions) -> (Vec<InlineEntry>, Vec<Proposal>) {
    let mut proposed = options.proposed.clone();
    let mut inline = if options.inline_waivers { waivers_beside_declarations(estate) } else { Vec::new() };
    if let Some(base) = &options.base_waivers {
        // One that is malformed has no effect anywhere, and is to be reported as that.
        for entry in waiver::take_added(&mut inline, base) {
            match proposal(&entry) {
                Some(proposal) => proposed.push(proposal),
                None => inline.push(entry),
            }
        }
    }
    proposed.sort();
    (inline, proposed)
}

fn proposal(entry: &InlineEntry) -> Option<Proposal> {
    let InlineWaiver { rule, owner, until, .. } = entry.waiver.as_ref().ok()?;
    Some(Proposal {
        path: Some(entry.place.path.clone()),
        line: entry.place.source.as_ref().map(|source| source.region.line),
        message: format!("waives {rule} beside the declaration until {until} (owner {owner})"),
    })
}

/// The day to judge for.
fn today(estate: &Estate, options: &ScanOptions) -> Date {
    let captured = estate.captured_at.as_deref().and_then(Date::of_time);
    options.today.or(captured).unwrap_or_else(Date::today)
}

fn category(estate: &Estate, options: &ScanOptions) -> String {
    if let Some(name) = &options.category {
        return format!("{}/", name.trim_end_matches('/'));
    }
    match estate.collection.subscriptions.as_slice() {
        _ if !estate.live => "holdfast/iac/".to_owned(),
        [one] => format!("holdfast/live/{}/", one.id),
        _ => "holdfast/live/".to_owned(),
    }
}
