//! The output for people: findings with code frames under the workspaces that they concern, then what
//! is not known, then the totals.

mod frame;
mod page;
mod summary;

use std::collections::HashSet;
use std::io::{self, Write};

use super::OutputOptions;
use super::escape::{clean, clean_block};
use super::wording::{first_sentence, remediation, sentence};
use super::{digest, place};
use crate::finding::{Finding, Report};
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
    let mut explained = HashSet::new();
    for (group, findings) in digest::failures(report) {
        page.heading(&group)?;
        for finding in findings {
            page.blank()?;
            let first = explained.insert(finding.rule);
            print_finding(page, finding, &report.rules[finding.rule], first)?;
        }
    }
    Ok(())
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
    let code = clean_block(digest::snippet(finding, rule).1.trim_end());
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

fn reference(page: &mut Page<'_>, rule: &Rule, gutter: usize) -> io::Result<()> {
    let Some(reference) = rule.references.first() else { return Ok(()) };
    let start = Line::default().styled(page.styles.frame, format!("{:gutter$} = ", ""));
    page.print(start.styled(page.styles.strong, "docs: ").plain(clean(reference)))
}
