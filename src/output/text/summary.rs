//! What stands under the findings: what is not known, what was waived, and the totals.

use std::io;

use anstyle::Style;

use super::page::{Line, Page};
use crate::finding::{Fixed, Report, ReportedGap};
use crate::output::escape::clean;
use crate::output::excerpt::width;
use crate::output::wording::{self, State, counted, sentence};
use crate::output::{digest, place};

/// How many lines of a list are shown before `and N more`.
const MOST_LINES: usize = 20;

/// Prints everything but the findings.
pub(super) fn print(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    proposed(page, report)?;
    unchanged(page, report)?;
    fixed(page, report)?;
    by_reason(page, report, State::Open, "could not be judged")?;
    waived(page, report)?;
    by_reason(page, report, State::Exempt, "exempt")?;
    by_reason(page, report, State::Passed, "passed")?;
    gaps(page, &report.gaps)?;
    live_only(page, report)?;
    configuration(page, report)?;
    totals(page, report)
}

/// A list under a heading, cut when it gets long.
fn list(page: &mut Page<'_>, title: &str, lines: Vec<(Line, String)>) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    page.heading(title)?;
    page.blank()?;
    let more = lines.len().saturating_sub(MOST_LINES);
    for (start, text) in lines.into_iter().take(MOST_LINES) {
        page.wrapped(start, &text, Style::new())?;
    }
    and_more(page, "  ", more)
}

/// Where everybody sees it: this is what a reviewer must not overlook.
fn proposed(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let warning = page.styles.warning;
    let line = |proposal| (Line::default().plain("  ").styled(warning, "proposed: "), wording::proposal(proposal));
    let title = format!("added by this change, without effect on this scan ({})", report.proposed.len());
    list(page, &title, report.proposed.iter().map(line).collect())
}

fn unchanged(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let styles = page.styles;
    let lines: Vec<_> = digest::unchanged(report)
        .map(|finding| {
            let rule = &report.rules[finding.rule].id;
            let start = Line::default().plain("  ").styled(styles.level(finding.level), format!("{rule} "));
            (start, format!("{} {}", place::label(&finding.place), sentence(finding)))
        })
        .collect();
    list(page, &format!("in the baseline too ({})", lines.len()), lines)
}

fn fixed(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let good = page.styles.good;
    let line = |fixed: &Fixed| {
        let start = Line::default().plain("  ").styled(good, format!("{} ", clean(&fixed.rule)));
        (start, format!("{} {}", clean(&fixed.path), clean(&fixed.message)))
    };
    let lines: Vec<_> = report.fixed.iter().map(line).collect();
    list(page, &format!("fixed since the baseline ({})", lines.len()), lines)
}

/// One entry per reason instead of one per subject and rule.
fn by_reason(page: &mut Page<'_>, report: &Report, state: State, title: &str) -> io::Result<()> {
    let reasons = digest::by_reason(report, state);
    let total: usize = reasons.iter().map(|reason| reason.count).sum();
    let strong = page.styles.strong;
    let lines = reasons.into_iter().map(|reason| {
        let start = Line::default().plain("  ").styled(strong, reason.rule_ids());
        (start.plain(format!("{:>4} × ", reason.count)), format!("{} [{}]", reason.text, reason.names))
    });
    list(page, &format!("{title} ({total})"), lines.collect())
}

fn waived(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let strong = page.styles.strong;
    let lines: Vec<_> = digest::with_state(report, State::Waived)
        .filter_map(|finding| finding.waiver.as_ref().map(|waiver| (finding, waiver)))
        .map(|(finding, waiver)| {
            let start = Line::default().plain("  ").styled(strong, format!("{} ", report.rules[finding.rule].id));
            let (reason, owner, until) = (clean(&waiver.reason), clean(&waiver.owner), clean(&waiver.until));
            (start, format!("{} Waived until {until} by {owner}: {}.", sentence(finding), reason.trim_end_matches('.')))
        })
        .collect();
    list(page, &format!("waived ({})", lines.len()), lines)
}

/// What was not read, by kind: those that end a complete scan first, then those with most gaps.
fn gaps(page: &mut Page<'_>, gaps: &[ReportedGap]) -> io::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    let kinds = digest::by_code(gaps);
    page.heading(&format!("not read ({})", gaps.len()))?;
    let per_kind = (MOST_LINES / kinds.len()).max(1);
    for (code, gaps) in kinds {
        let style = if code.ends_complete_scan() { page.styles.error } else { page.styles.warning };
        page.blank()?;
        let head = Line::default().plain("  ").styled(style, code.as_str());
        page.print(head.plain(format!(" ({}): {}", gaps.len(), code.title())))?;
        for gap in gaps.iter().take(per_kind) {
            let place = gap.place.as_ref().map(|place| format!("{}: ", place::label(place))).unwrap_or_default();
            let text = format!("{place}{}", clean(gap.message.trim()));
            page.wrapped(Line::default().plain("    "), &text, Style::new())?;
        }
        and_more(page, "    ", gaps.len().saturating_sub(per_kind))?;
    }
    Ok(())
}

fn and_more(page: &mut Page<'_>, indent: &str, more: usize) -> io::Result<()> {
    if more == 0 {
        return Ok(());
    }
    let faint = page.styles.faint;
    page.print(Line::default().styled(faint, format!("{indent}and {more} more")))
}

fn live_only(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    if report.needs_live_scan.is_empty() {
        return Ok(());
    }
    page.heading(&format!("needs a live scan ({})", counted(report.needs_live_scan.len(), "rule")))?;
    page.blank()?;
    page.wrapped(Line::default().plain("  "), &report.needs_live_scan.join(", "), Style::new())
}

fn configuration(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let warning = page.styles.warning;
    let line = |text: &String| (Line::default().plain("  ").styled(warning, "warning: "), clean(text).into_owned());
    list(page, "configuration", report.configuration_warnings.iter().map(line).collect())
}

fn totals(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let counts = &report.counts;
    let styles = page.styles;
    page.heading("summary")?;
    page.blank()?;
    let failed = if counts.failed() > 0 { styles.error } else { styles.good };
    let open = if counts.open > 0 { styles.warning } else { Style::new() };
    let rows = [
        ("failed", failed, counts.failed(), wording::by_level(counts)),
        ("open", open, counts.open, "neither a failure nor a pass was proved".to_owned()),
        ("waived", Style::new(), counts.waived, String::new()),
        ("passed", Style::new(), counts.passed, String::new()),
        ("exempt", Style::new(), counts.exempt, String::new()),
    ];
    let columns = rows.iter().map(|(_, _, count, _)| width(&count.to_string())).max().unwrap_or_default();
    for (name, style, count, remark) in rows {
        let remark = if count == 0 { String::new() } else { remark };
        let line = Line::default().plain(format!("  {name:8}")).styled(style, format!("{count:>columns$}"));
        page.print(if remark.is_empty() { line } else { line.styled(styles.faint, format!("  {remark}")) })?;
    }
    page.wrapped(Line::default().plain("  read    "), &wording::read(&report.read), Style::new())?;
    incomplete(page, report)
}

/// Loud, and last: whoever sees one line of the output sees this one.
fn incomplete(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    if report.complete {
        return Ok(());
    }
    page.blank()?;
    let start = Line::default().styled(page.styles.error, "INCOMPLETE: ");
    let reasons = report.gaps.iter().filter(|gap| gap.code.ends_complete_scan()).count();
    let why = if reasons > 0 { format!(" ({} above)", counted(reasons, "reason")) } else { String::new() };
    let text = format!("the scan was not completed{why}. What is not listed here may still be wrong.");
    page.wrapped(start, &text, page.styles.strong)
}
