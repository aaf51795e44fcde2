//! One self-contained page: no script, no font, no image, nothing from elsewhere.

use std::io::{self, Write};

use super::OutputOptions;
use super::digest;
use super::escape::{xml, xml_block};
use super::excerpt::excerpt;
use super::place::label;
use super::wording::{self, State, counted, first_sentence, gap as gap_sentence, remediation, sentence};
use crate::finding::{Finding, Report, SourcePlace};
use crate::rule::Rule;

/// Columns of a code frame.
const FRAME_WIDTH: usize = 110;

/// Colours follow the system; levels differ in their words too, not in colour only.
const STYLE: &str = "
:root { color-scheme: light dark; --error: #b3261e; --warning: #8a5300; --note: #0b57d0; --line: #8884; --soft: #8882; }
@media (prefers-color-scheme: dark) { :root { --error: #f2b8b5; --warning: #ffb95c; --note: #a8c7fa; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; overflow-wrap: anywhere; }
code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .6rem; border-radius: 4px; overflow-x: auto; }
.totals { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.totals li { border: 1px solid var(--line); border-radius: 4px; padding: .3rem .8rem; }
.totals b { font-size: 1.3rem; }
.banner { border: 2px solid var(--error); padding: .6rem 1rem; border-radius: 4px; }
details { border-left: 4px solid var(--line); padding: .3rem .8rem; margin: .6rem 0; }
details.error { border-color: var(--error); } details.warning { border-color: var(--warning); }
details.note { border-color: var(--note); }
summary { cursor: pointer; overflow-wrap: anywhere; } summary b { text-transform: uppercase; font-size: .8rem; }
.error b { color: var(--error); } .warning b { color: var(--warning); } .note b { color: var(--note); }
mark { background: none; color: inherit; text-decoration: underline wavy var(--error); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .3rem .5rem;
border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
footer { margin-top: 3rem; opacity: .7; font-size: .9rem; }
";

/// Writes a report as an HTML page.
pub(super) fn write(report: &Report, _: &OutputOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    // Even if an escape were forgotten, the page could load and run nothing.
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>holdfast report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>holdfast report</h1>\n"
    )?;
    head(&mut out, report)?;
    for (group, findings) in digest::failures(report) {
        writeln!(out, "<h2>{}</h2>", xml(&group))?;
        for finding in findings {
            failure(&mut out, finding, &report.rules[finding.rule])?;
        }
    }
    tables(&mut out, report)?;
    foot(&mut out, report)?;
    out.flush()
}

fn head(out: &mut impl Write, report: &Report) -> io::Result<()> {
    if !report.complete {
        writeln!(
            out,
            "<p class=\"banner\"><strong>The scan was not completed.</strong> What is not listed here may still be \
             wrong.</p>"
        )?;
    }
    let counts = &report.counts;
    let totals = [
        (counts.errors, "errors"),
        (counts.warnings, "warnings"),
        (counts.notes, "notes"),
        (counts.open, "open"),
        (counts.waived, "waived"),
        (counts.passed, "passed"),
        (counts.exempt, "exempt"),
    ];
    writeln!(out, "<ul class=\"totals\">")?;
    for (count, name) in totals {
        writeln!(out, "<li><b>{count}</b> {name}</li>")?;
    }
    writeln!(out, "</ul>\n<p>Read: {}.</p>", xml(&wording::read(&report.read)))
}

fn failure(out: &mut impl Write, finding: &Finding, rule: &Rule) -> io::Result<()> {
    let level = finding.level.as_str();
    writeln!(
        out,
        "<details class=\"{level}\"><summary><b>{level}</b> <code>{}</code> {}</summary>",
        xml(&rule.id),
        xml(&sentence(finding))
    )?;
    writeln!(out, "<p><code>{}</code></p>", xml(&label(&finding.place)))?;
    if let Some(source) = &finding.place.source {
        frame(out, source)?;
    }
    for related in &finding.related {
        writeln!(out, "<p>See <code>{}</code> {}</p>", xml(&label(&related.place)), xml(&related.message))?;
    }
    writeln!(out, "<p><strong>Rule</strong>: {}</p>", xml(&rule.title))?;
    writeln!(out, "<p><strong>Why</strong>: {}</p>", xml(&first_sentence(rule.description.trim())))?;
    writeln!(out, "<p><strong>Fix</strong>: {} {}</p>", xml(&remediation(rule)), rule.change.sentence())?;
    let (_, code) = digest::snippet(finding, rule);
    if !code.trim().is_empty() {
        writeln!(out, "<pre>{}</pre>", xml_block(code.trim_end()))?;
    }
    for reference in rule.references.iter().filter(|reference| reference.starts_with("https://")) {
        let reference = xml(reference);
        writeln!(out, "<p><a href=\"{reference}\" rel=\"noreferrer\">{reference}</a></p>")?;
    }
    writeln!(out, "</details>")
}

fn frame(out: &mut impl Write, source: &SourcePlace) -> io::Result<()> {
    let excerpt = excerpt(source, FRAME_WIDTH);
    if excerpt.text.is_empty() {
        return Ok(());
    }
    let (before, marked, after) = excerpt.parts();
    let line = source.region.line;
    writeln!(out, "<pre>{line} | {}<mark>{}</mark>{}</pre>", xml(before), xml(marked), xml(after))
}

fn tables(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let rule = |finding: &Finding| format!("<code>{}</code>", xml(&report.rules[finding.rule].id));
    let place = |finding: &Finding| format!("<code>{}</code>", xml(&label(&finding.place)));
    let fixed = report.fixed.iter().map(|fixed| vec![xml(&fixed.rule), xml(&fixed.path), xml(&fixed.message)]);
    table(out, "Fixed since the baseline", &["Rule", "Place", "What it said"], fixed)?;
    let unchanged = digest::unchanged(report)
        .map(|finding| vec![finding.level.as_str().to_owned(), rule(finding), place(finding), xml(&sentence(finding))]);
    table(out, "In the baseline too", &["Level", "Rule", "Place", "Finding"], unchanged)?;
    for (state, title) in [(State::Open, "Could not be judged"), (State::Exempt, "Exempt"), (State::Passed, "Passed")] {
        let reasons = digest::by_reason(report, state);
        let subjects = reasons.iter().map(|reason| reason.count).sum();
        let heading = format!("{title}: {}", counted(subjects, "subject"));
        let rows = reasons.into_iter().map(|reason| {
            vec![xml(&reason.rule_ids()), reason.count.to_string(), xml(&reason.text), xml(&reason.names)]
        });
        table(out, &heading, &["Rules", "Subjects", "Reason", "Among them"], rows)?;
    }
    let waived = digest::with_state(report, State::Waived).filter_map(|finding| {
        let waiver = finding.waiver.as_ref()?;
        let mut row = vec![rule(finding), place(finding), xml(&sentence(finding))];
        row.extend([xml(&waiver.reason), xml(&waiver.owner), xml(&waiver.until)]);
        Some(row)
    });
    table(out, "Waived", &["Rule", "Place", "Finding", "Reason", "Owner", "Until"], waived)?;
    let gaps = digest::by_code(&report.gaps).into_iter().flat_map(|(_, gaps)| gaps).map(|gap| {
        let place = gap.place.as_ref().map(label).unwrap_or_default();
        vec![
            format!("<code>{}</code>", gap.code.as_str()),
            xml(&place),
            xml(&gap_sentence(gap)),
            xml(&gap.rules.join(", ")),
        ]
    });
    table(out, "Not read", &["Kind", "Place", "What happened", "Rules not evaluated"], gaps)?;
    let warnings = report.configuration_warnings.iter().map(|warning| vec![xml(warning)]);
    table(out, "Configuration", &["Warning"], warnings)?;
    let proposed = report.proposed.iter().map(|proposal| vec![xml(&wording::proposal(proposal))]);
    table(out, "Added by this change, without effect on this scan", &["What it would do"], proposed)
}

/// A table of cells that are escaped already.
fn table(
    out: &mut impl Write,
    title: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> io::Result<()> {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>{title}</h2>\n<table>\n<tr><th>{}</th></tr>", columns.join("</th><th>"))?;
    for row in rows {
        writeln!(out, "<tr><td>{}</td></tr>", row.join("</td><td>"))?;
    }
    writeln!(out, "</table>")
}

fn foot(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(out, "<footer>")?;
    if !report.needs_live_scan.is_empty() {
        let count = counted(report.needs_live_scan.len(), "rule");
        writeln!(out, "<p>{count} need a live scan: {}.</p>", xml(&report.needs_live_scan.join(", ")))?;
    }
    if let Some((_, end)) = &report.times {
        writeln!(out, "<p>Scanned {}.</p>", xml(end))?;
    }
    writeln!(out, "<p>holdfast {}</p>\n</footer>\n</body>\n</html>", env!("CARGO_PKG_VERSION"))
}
