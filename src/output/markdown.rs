//! A summary in Markdown, as the job summaries of GitHub and Azure Pipelines show it.

use std::collections::HashSet;
use std::io::{self, Write};

use super::OutputOptions;
use super::digest::{self, Reason};
use super::escape::{clean, clean_block, fence, html_in_markdown, markdown, markdown_code, xml};
use super::excerpt::excerpt;
use super::place::label;
use super::wording::{self, State, counted, first_sentence, remediation, sentence};
use crate::finding::{Finding, Report, SourcePlace};
use crate::rule::Rule;

/// GitHub drops a job summary of more than 1 MiB.
const MOST_BYTES: usize = 1_000_000;
/// What failures leave to the sections behind them.
const FOR_FAILURES: usize = 700_000;
/// What tables leave to the lines that close them, and to the end.
const LAST_WORDS: usize = 10_000;
/// Rows of one table.
const MOST_ROWS: usize = 50;
/// Characters of one cell or title.
const LONGEST_TEXT: usize = 300;
/// Columns of a code frame.
const FRAME_WIDTH: usize = 100;

/// Writes a report as Markdown.
pub(super) fn write(report: &Report, _: &OutputOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut summary = Summary { text: String::new() };
    summary.text.push_str(&head(report));
    summary.text.push_str(&proposed(report));
    summary.failures(report);
    summary.table(
        "Fixed",
        &["rule", "place", "what it said"],
        report.fixed.iter().map(|fixed| vec![code(&fixed.rule), code(&fixed.path), cell(&fixed.message)]),
    );
    summary.table(
        "In the baseline too",
        &["level", "rule", "place", "finding"],
        digest::unchanged(report).map(|finding| {
            let rule = &report.rules[finding.rule];
            let level = finding.level.as_str().to_owned();
            vec![level, code(&rule.id), code(&label(&finding.place)), cell(&sentence(finding))]
        }),
    );
    let reasons = digest::by_reason(report, State::Open);
    let open = reasons.iter().map(|reason| reason.count).sum();
    let rows: Vec<_> = reasons.iter().map(row).collect();
    summary.counted_table("Open: could not be judged", open, &["rules", "subjects", "reason", "among them"], &rows);
    summary.waived(report);
    summary.gaps(report);
    summary.table(
        "Configuration",
        &["warning"],
        report.configuration_warnings.iter().map(|warning| vec![cell(warning)]),
    );
    summary.text.push_str(&foot(report));
    out.write_all(summary.text.as_bytes())
}

fn head(report: &Report) -> String {
    let counts = &report.counts;
    let mut text = String::from("## holdfast\n\n");
    if !report.complete {
        text.push_str(
            "> [!CAUTION]\n> **The scan was not completed.** What is not listed here may still be wrong.\n\n",
        );
    }
    let failed = match counts.failed() {
        0 => "**Nothing failed**".to_owned(),
        failed => format!("**{}** ({})", counted(failed, "failure"), wording::by_level(counts)),
    };
    let others =
        [(counts.open, "open"), (counts.waived, "waived"), (counts.passed, "passed"), (counts.exempt, "exempt")];
    let others = others.iter().map(|(count, name)| format!("{count} {name}"));
    text.push_str(&[failed].into_iter().chain(others).collect::<Vec<_>>().join(" · "));
    text.push('\n');
    text
}

/// What a reviewer must not overlook: not folded, and before the failures.
fn proposed(report: &Report) -> String {
    if report.proposed.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n> [!WARNING]\n> **This change would take findings away.** It has no effect on this scan, but it will have once it is merged:\n",
    );
    for proposal in report.proposed.iter().take(MOST_ROWS) {
        text.push_str(&format!("> - {}\n", cell(&wording::proposal(proposal))));
    }
    let more = report.proposed.len().saturating_sub(MOST_ROWS);
    if more > 0 {
        text.push_str(&format!("> - and {more} more\n"));
    }
    text
}

fn foot(report: &Report) -> String {
    let mut text = format!("\n<sub>Read: {}.", markdown(&wording::read(&report.read)));
    if !report.needs_live_scan.is_empty() {
        let count = counted(report.needs_live_scan.len(), "rule");
        text.push_str(&format!(" {count} need a live scan: {}.", markdown(&report.needs_live_scan.join(", "))));
    }
    text.push_str("</sub>\n");
    text
}

fn row(reason: &Reason<'_>) -> Vec<String> {
    vec![code(&reason.rule_ids()), reason.count.to_string(), cell(&reason.text), cell(&reason.names)]
}

/// Text that is cut where it gets long. Cut first: an escape must not be cut in the middle.
fn cell(text: &str) -> String {
    markdown(&shortened(text))
}

fn code(text: &str) -> String {
    markdown_code(&shortened(text))
}

fn shortened(text: &str) -> String {
    let text = clean(text);
    if text.chars().count() <= LONGEST_TEXT {
        return text.into_owned();
    }
    text.chars().take(LONGEST_TEXT - 1).chain(['…']).collect()
}

/// The text so far, which stays within the limit.
struct Summary {
    text: String,
}

impl Summary {
    /// Adds a piece if it fits.
    fn push(&mut self, piece: &str, limit: usize) -> bool {
        let fits = self.text.len() + piece.len() <= limit;
        if fits {
            self.text.push_str(piece);
        }
        fits
    }

    fn failures(&mut self, report: &Report) {
        let groups = digest::failures(report);
        let total: usize = groups.iter().map(|(_, findings)| findings.len()).sum();
        if total == 0 {
            return;
        }
        let title = if report.findings.iter().any(|finding| finding.baseline.is_some()) {
            "Added by this change"
        } else {
            "Failures"
        };
        self.push(&format!("\n### {title} ({total})\n"), FOR_FAILURES);
        let (mut shown, mut explained) = (0, HashSet::new());
        'groups: for (group, findings) in groups {
            if !self.push(&format!("\n#### {}\n", cell(&group)), FOR_FAILURES) {
                break;
            }
            for finding in findings {
                let rule = &report.rules[finding.rule];
                if !self.push(&failure(finding, rule, explained.insert(finding.rule)), FOR_FAILURES) {
                    break 'groups;
                }
                shown += 1;
            }
        }
        if shown < total {
            let text = format!("\n**{} more failures are not shown here.** The SARIF log has all.\n", total - shown);
            self.push(&text, MOST_BYTES);
        }
    }

    /// A table of as many rows as are read, with a count of the others.
    fn table(&mut self, title: &str, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        let rows: Vec<Vec<String>> = rows.collect();
        self.counted_table(title, rows.len(), columns, &rows);
    }

    /// The same where a row stands for several subjects.
    fn counted_table(&mut self, title: &str, count: usize, columns: &[&str], rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        let rule = "|---".repeat(columns.len());
        let head = format!("\n<details><summary>{title} ({count})</summary>\n\n| {} |\n{rule}|\n", columns.join(" | "));
        if !self.push(&head, MOST_BYTES - LAST_WORDS) {
            return;
        }
        let mut shown = 0;
        for row in rows.iter().take(MOST_ROWS) {
            if !self.push(&format!("| {} |\n", row.join(" | ")), MOST_BYTES - LAST_WORDS) {
                break;
            }
            shown += 1;
        }
        if shown < rows.len() {
            self.text.push_str(&format!("\nand {} more\n", rows.len() - shown));
        }
        self.text.push_str("\n</details>\n");
    }

    fn waived(&mut self, report: &Report) {
        let waived = digest::with_state(report, State::Waived);
        self.table(
            "Waived",
            &["rule", "place", "finding", "reason", "owner", "until"],
            waived.filter_map(|finding| {
                let waiver = finding.waiver.as_ref()?;
                let rule = &report.rules[finding.rule];
                let mut row = vec![code(&rule.id), code(&label(&finding.place)), cell(&sentence(finding))];
                row.extend([cell(&waiver.reason), cell(&waiver.owner), cell(&waiver.until)]);
                Some(row)
            }),
        );
    }

    fn gaps(&mut self, report: &Report) {
        let gaps = digest::by_code(&report.gaps);
        self.table(
            "Not read",
            &["kind", "place", "what happened"],
            gaps.iter().flat_map(|(kind, gaps)| {
                gaps.iter().map(|gap| {
                    let place = gap.place.as_ref().map(|place| code(&label(place))).unwrap_or_default();
                    vec![code(kind.as_str()), place, cell(&gap.message)]
                })
            }),
        );
    }
}

/// A failure: its sentence, and folded what it is about and what to do.
fn failure(finding: &Finding, rule: &Rule, first: bool) -> String {
    let level = finding.level.as_str();
    let mut text = format!(
        "\n<details><summary><b>{level}</b> <code>{}</code> {}</summary>\n\n",
        xml(&rule.id),
        html_in_markdown(&shortened(&sentence(finding))),
    );
    text.push_str(&format!("{}\n", code(&label(&finding.place))));
    if let Some(source) = &finding.place.source {
        text.push_str(&frame(source));
    }
    for (number, related) in finding.related.iter().enumerate() {
        let gap = if number == 0 { "\n" } else { "" };
        text.push_str(&format!("{gap}- see {} {}\n", code(&label(&related.place)), cell(&related.message)));
    }
    text.push_str(&format!("\n**Rule**: {}\n", cell(&rule.title)));
    if first {
        text.push_str(&format!("\n**Why**: {}\n", cell(&first_sentence(rule.description.trim()))));
    }
    text.push_str(&format!("\n**Fix**: {}\n", markdown(&remediation(rule))));
    if first {
        text.push_str(&snippet(finding, rule));
        text.push_str(
            &rule.references.first().map(|link| format!("\n**Docs**: {}\n", documentation(link))).unwrap_or_default(),
        );
    }
    text.push_str("\n</details>\n");
    text
}

/// A link that leads where it says; text if it is no plain address.
fn documentation(reference: &str) -> String {
    let plain = reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#%=&,+".contains(&byte));
    if plain && reference.starts_with("https://") { format!("<{reference}>") } else { cell(reference) }
}

fn frame(source: &SourcePlace) -> String {
    let excerpt = excerpt(source, FRAME_WIDTH);
    if excerpt.text.is_empty() {
        return String::new();
    }
    let number = source.region.line.to_string();
    let code = format!(
        "{number} | {}\n{:width$} | {}{}",
        excerpt.text,
        "",
        " ".repeat(excerpt.start),
        "^".repeat(excerpt.length),
        width = number.len()
    );
    block("text", &code)
}

fn snippet(finding: &Finding, rule: &Rule) -> String {
    let (language, code) = digest::snippet(finding, rule);
    let code = clean_block(code.trim_end());
    if code.is_empty() { String::new() } else { block(language, &code) }
}

fn block(language: &str, code: &str) -> String {
    let fence = fence(code);
    format!("\n{fence}{language}\n{code}\n{fence}\n")
}
