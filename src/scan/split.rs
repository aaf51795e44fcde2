//! One report per subscription, for dashboards that hold one log of each.
//!
//! A log replaces the earlier one of its category, so what cannot be read in one subscription must not
//! withhold, or close, the alerts of another.

use crate::estate::Estate;
use crate::finding::{Counts, EstateKind, Finding, Report, ReportedGap, Verdict};
use crate::rule::Level;

use super::{ScanOptions, exit_code};

/// A report for each subscription that was to be read. Needs all passes and exemptions in `report`, to count
/// them; they are kept if `options` ask for them.
///
/// A pair across subscriptions is reported with its secondary: that is who must take over.
pub fn by_subscription(report: &Report, estate: &Estate, options: &ScanOptions) -> Vec<Report> {
    let parts = report.subscriptions.iter().map(|id| {
        let mut part = report.clone();
        part.subscriptions = vec![id.clone()];
        part.category = match &options.category {
            Some(name) => format!("{}/{id}/", name.trim_end_matches('/')),
            None => format!("holdfast/live/{id}/"),
        };
        part.findings.retain(|finding| home(finding, report) == Some(id));
        part.gaps.retain(|gap| belongs(gap, id, report));
        part.fixed.retain(|fixed| subscription_of(&fixed.path) == Some(id));
        part.counts = counts(&part.findings);
        read(&mut part, id, estate);
        // What has no place of its own, such as a rule that failed, is missing everywhere.
        part.complete = !part.gaps.iter().any(|gap| gap.code.ends_complete_scan());
        part.exit_code = exit_code(&part, options);
        part.findings.retain(|f| options.include_passes || !matches!(f.verdict, Verdict::Pass | Verdict::Exempt));
        part
    });
    parts.filter(|_| report.kind == EstateKind::Live).collect()
}

/// The subscription in whose log a finding belongs; every finding has one.
fn home<'r>(finding: &'r Finding, report: &'r Report) -> Option<&'r String> {
    let known = |id: &str| report.subscriptions.iter().find(|known| known.as_str() == id);
    let own = finding.subject.subscription.as_deref().and_then(known);
    own.or_else(|| subscription_of(&finding.place.path).and_then(known)).or(report.subscriptions.first())
}

/// A gap in a subscription belongs to it. One without a place ends all scans or none; so that it is told
/// once, the first log has it in the latter case.
fn belongs(gap: &ReportedGap, id: &str, report: &Report) -> bool {
    let place = gap.place.as_ref().and_then(|place| subscription_of(&place.path));
    match place.filter(|place| report.subscriptions.iter().any(|known| known == place)) {
        Some(place) => place == id,
        None => gap.code.ends_complete_scan() || report.subscriptions.first().is_some_and(|first| first == id),
    }
}

/// The subscription in the path of a live resource.
fn subscription_of(path: &str) -> Option<&str> {
    path.strip_prefix("azure/subscriptions/")?.split('/').next()
}

fn counts(findings: &[Finding]) -> Counts {
    let mut counts = Counts::default();
    for finding in findings {
        let count = match (finding.verdict, finding.level) {
            (Verdict::Open, _) => &mut counts.open,
            (Verdict::Pass, _) => &mut counts.passed,
            (Verdict::Exempt, _) => &mut counts.exempt,
            (Verdict::Deny, _) if finding.waiver.is_some() => &mut counts.waived,
            (Verdict::Deny, Level::Error) => &mut counts.errors,
            (Verdict::Deny, Level::Warning) => &mut counts.warnings,
            (Verdict::Deny, Level::Note) => &mut counts.notes,
        };
        *count += 1;
    }
    counts
}

/// What was read of a subscription.
fn read(part: &mut Report, id: &str, estate: &Estate) {
    let inside = |number: usize| estate.resources[number].id.subscription().is_some_and(|own| own == id);
    part.read.resources = (0..estate.resources.len()).filter(|number| inside(*number)).count();
    part.read.workspaces = estate.workspaces.iter().filter(|w| w.judged && inside(w.resource)).count();
    part.read.pairs = estate.pairs.iter().filter(|pair| inside(pair.members[1])).count();
}
