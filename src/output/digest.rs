//! The report grouped as people read it, for all outputs that people read.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::escape::clean;
use super::wording::State;
use crate::finding::{BaselineState, Finding, Report, ReportedGap};
use crate::model::GapCode;
use crate::rule::Rule;

/// How many subjects with one reason are named.
const MOST_NAMES: usize = 3;

/// Findings of a state.
pub(super) fn with_state(report: &Report, state: State) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(move |finding| State::of(finding) == state)
}

/// Failures that the baseline has too.
pub(super) fn unchanged(report: &Report) -> impl Iterator<Item = &Finding> {
    with_state(report, State::Failed).filter(|finding| finding.baseline == Some(BaselineState::Unchanged))
}

/// The failures that are new, or all where there is no baseline: under the title of the workspace or
/// pair that they concern, the worst first.
pub(super) fn failures(report: &Report) -> Vec<(String, Vec<&Finding>)> {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in with_state(report, State::Failed) {
        if finding.baseline != Some(BaselineState::Unchanged) {
            groups.entry(&finding.subject.group).or_default().push(finding);
        }
    }
    let titled = groups.into_iter().map(|(group, mut findings)| {
        findings.sort_by(|a, b| {
            let key = |finding: &&Finding| Reverse(finding.level);
            (key(a), a.rule, &a.place, &a.fingerprint).cmp(&(key(b), b.rule, &b.place, &b.fingerprint))
        });
        (title(group, findings[0]), findings)
    });
    titled.collect()
}

/// The workspace or pair, its tier, and whether the pair is only inferred.
fn title(group: &str, finding: &Finding) -> String {
    if group.is_empty() {
        return "repository".to_owned();
    }
    let inferred = if finding.subject.inferred { ", inferred pair" } else { "" };
    format!("{} ({}{inferred})", clean(group), finding.subject.tier.as_str())
}

/// Findings with one reason: one cause, however many rules ask for what it hides.
pub(super) struct Reason<'a> {
    pub(super) rules: Vec<&'a Rule>,
    /// Without a full stop.
    pub(super) text: String,
    pub(super) count: usize,
    /// Some of their subjects.
    pub(super) names: String,
}

/// Findings of a state by reason; those without one by rule.
pub(super) fn by_reason(report: &Report, state: State) -> Vec<Reason<'_>> {
    let mut reasons: BTreeMap<&str, (BTreeSet<usize>, Vec<&str>)> = BTreeMap::new();
    for finding in with_state(report, state) {
        let text = finding.message.trim();
        let text = if text.is_empty() { &report.rules[finding.rule].title } else { text };
        let (rules, names) = reasons.entry(text).or_default();
        rules.insert(finding.rule);
        names.push(&finding.subject.name);
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by(|(a_text, (a, _)), (b_text, (b, _))| (a.first(), a_text).cmp(&(b.first(), b_text)));
    let reason = |(text, (rules, names)): (&str, (BTreeSet<usize>, Vec<&str>))| Reason {
        rules: rules.into_iter().map(|rule| &report.rules[rule]).collect(),
        text: clean(text).trim_end_matches('.').to_owned(),
        count: names.len(),
        names: some_of(names),
    };
    reasons.into_iter().map(reason).collect()
}

impl Reason<'_> {
    /// The ids of the rules.
    pub(super) fn rule_ids(&self) -> String {
        self.rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn some_of(mut names: Vec<&str>) -> String {
    names.sort_unstable();
    names.dedup();
    let mut text = names.iter().take(MOST_NAMES).map(|name| clean(name)).collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMES {
        text.push_str(&format!(" and {} more", names.len() - MOST_NAMES));
    }
    text
}

/// Gaps by code: those that end a complete scan first, then the most frequent.
pub(super) fn by_code(gaps: &[ReportedGap]) -> Vec<(GapCode, Vec<&ReportedGap>)> {
    let mut codes: BTreeMap<GapCode, Vec<&ReportedGap>> = BTreeMap::new();
    for gap in gaps {
        codes.entry(gap.code).or_default().push(gap);
    }
    let mut codes: Vec<_> = codes.into_iter().collect();
    codes.sort_by_key(|(code, gaps)| (!code.ends_complete_scan(), Reverse(gaps.len()), *code));
    codes
}

/// The remediation in the language of the place; empty if there is none in any.
pub(super) fn snippet<'a>(finding: &Finding, rule: &'a Rule) -> (&'static str, Cow<'a, str>) {
    let remediation = &rule.remediation;
    let code = ("", Cow::Owned(remediation.code()));
    let cli = ("sh", Cow::Borrowed(remediation.cli.as_str()));
    let bicep = ("bicep", Cow::Borrowed(remediation.bicep.as_str()));
    let terraform = ("hcl", Cow::Borrowed(remediation.terraform.as_str()));
    let extension = finding.place.path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let order = match extension {
        _ if finding.place.source.is_none() => [cli, bicep, terraform, code],
        "tf" | "tfvars" => [terraform, bicep, cli, code],
        "bicep" | "bicepparam" | "json" | "jsonc" => [bicep, cli, terraform, code],
        _ => [code, cli, bicep, terraform],
    };
    order.into_iter().find(|(_, code)| !code.trim().is_empty()).unwrap_or_default()
}
