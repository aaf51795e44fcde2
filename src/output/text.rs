//! The output for people: findings with code frames under the workspaces that they concern, then what
//! is not known, then the totals.

mod frame;
mod page;
mod summary;

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use super::OutputOptions;
use super::escape::{clean, clean_block};
use super::place;
use super::wording::{State, first_sentence, remediation, sentence};
use crate::finding::{BaselineState, Finding, Report};
use crate::rule::Rule;
use page::{Line, Page};

/// How many lines of a remediation are shown; `holdfast rules show` has the rest.
const MOST_SNIPPET_LINES: usize = 8;

/// Writes a report as text.
pub(super) fn write(report: &Report, options: &OutputOptions, out: &mut dyn Write) -> io::Result<()> {
    // One system call per line would be slow on a terminal and slower in a container.
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let mut page = Page::new(&mut out, options.color, options.width);
    failures(&mut page, report)?;
    summary::print(&mut page, report)?;
    out.flush()
}

/// The failures that are new, or all of them where there is no baseline.
fn failures(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        if State::of(finding) == State::Failed && finding.baseline != Some(BaselineState::Unchanged) {
            groups.entry(&finding.subject.group).or_default().push(finding);
        }
    }
    let mut explained = HashSet::new();
    for (group, mut findings) in groups {
        findings.sort_by(|a, b| {
            b.level
                .cmp(&a.level)
                .then_with(|| (a.rule, &a.place, &a.fingerprint).cmp(&(b.rule, &b.place, &b.fingerprint)))
        });
        page.heading(&title(group, findings[0]))?;
        for finding in findings {
            page.blank()?;
            let first = explained.insert(finding.rule);
            print_finding(page, finding, &report.rules[finding.rule], first)?;
        }
    }
    Ok(())
}

/// The workspace or pair, its tier, and whether the pair is only inferred.
fn title(group: &str, finding: &Finding) -> String {
    if group.is_empty() {
        return "repository".to_owned();
    }
    let inferred = if finding.subject.inferred { ", inferred pair" } else { "" };
    format!("{} ({}{inferred})", clean(group), finding.subject.tier.as_str())
}

fn print_finding(page: &mut Page<'_>, finding: &Finding, rule: &Rule, first: bool) -> io::Result<()> {
    let styles = page.styles;
    let head = Line::default().styled(styles.level(finding.level), format!("{}[{}]", finding.level.as_str(), rule.id));
    let message = sentence(finding);
    page.wrapped(head.styled(styles.strong, ": "), &message, styles.strong)?;

    let line = finding.place.source.as_ref().map_or(0, |source| source.region.line);
    let gutter = line.to_string().len().max(2);
    let arrow = Line::default().styled(styles.frame, format!("{:gutter$}--> ", ""));
    page.print(arrow.plain(place::label(&finding.place)))?;
    if let Some(source) = &finding.place.source {
        frame::print(page, source, finding.level, gutter)?;
    }
    let mut remark = |name: &str, text: &str| {
        let start = Line::default()
            .styled(styles.frame, format!("{:gutter$} = ", ""))
            .styled(styles.strong, format!("{name}: "));
        page.wrapped(start, text, anstyle::Style::new())
    };
    for related in &finding.related {
        remark("see", &format!("{} ({})", place::label(&related.place), clean(&related.message)))?;
    }
    if !first {
        return remark("fix", &format!("as for {} above", rule.id));
    }
    remark("rule", &clean(&rule.title))?;
    remark("why", &first_sentence(rule.description.trim()))?;
    remark("fix", &remediation(rule))?;
    snippet(page, finding, rule, gutter)?;
    reference(page, rule, gutter)
}

/// The remediation in the language of the place.
fn snippet(page: &mut Page<'_>, finding: &Finding, rule: &Rule, gutter: usize) -> io::Result<()> {
    let code = clean_block(snippet_for(finding, rule).trim_end());
    if code.is_empty() {
        return Ok(());
    }
    let indent = " ".repeat(gutter + 8);
    let faint = page.styles.faint;
    for line in code.lines().take(MOST_SNIPPET_LINES) {
        page.print(Line::default().plain(indent.as_str()).styled(faint, line))?;
    }
    let more = code.lines().count().saturating_sub(MOST_SNIPPET_LINES);
    if more > 0 {
        let text = format!("({more} more lines: holdfast rules show {})", rule.id);
        page.print(Line::default().plain(indent).styled(faint, text))?;
    }
    Ok(())
}

fn snippet_for<'a>(finding: &Finding, rule: &'a Rule) -> &'a str {
    let remediation = &rule.remediation;
    let extension = finding.place.path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let order = match extension {
        _ if finding.place.source.is_none() => [&remediation.cli, &remediation.bicep, &remediation.terraform],
        "tf" | "tfvars" => [&remediation.terraform, &remediation.bicep, &remediation.cli],
        "bicep" | "bicepparam" | "json" | "jsonc" => [&remediation.bicep, &remediation.cli, &remediation.terraform],
        _ => [&remediation.cli, &remediation.bicep, &remediation.terraform],
    };
    order.into_iter().find(|code| !code.trim().is_empty()).map_or("", String::as_str)
}

fn reference(page: &mut Page<'_>, rule: &Rule, gutter: usize) -> io::Result<()> {
    let Some(reference) = rule.references.first() else { return Ok(()) };
    let start = Line::default().styled(page.styles.frame, format!("{:gutter$} = ", ""));
    page.print(start.styled(page.styles.strong, "docs: ").plain(clean(reference)))
}
