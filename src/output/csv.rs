//! One line per finding, for spreadsheets (RFC 4180).

use std::io::{self, Write};

use super::OutputOptions;
use super::escape::{clean, csv_cell};
use super::place::{live_id, position, uri};
use super::wording::{State, remediation, sentence};
use crate::finding::{Finding, Report};

/// The first line.
const HEADER: &[&str] = &[
    "state",
    "level",
    "rule",
    "title",
    "group",
    "subject",
    "tier",
    "resource",
    "type",
    "region",
    "place",
    "line",
    "column",
    "message",
    "remediation",
    "waived until",
    "owner",
    "waiver reason",
    "baseline",
    "fingerprint",
];

/// Writes the findings of a report as CSV.
pub(super) fn write(report: &Report, _: &OutputOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let header = HEADER.iter().map(|name| (*name).to_owned());
    line(&mut out, header)?;
    for finding in &report.findings {
        line(&mut out, cells(finding, report).into_iter())?;
    }
    out.flush()
}

fn line(out: &mut impl Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let cells: Vec<String> = cells.map(|cell| csv_cell(&cell)).collect();
    write!(out, "{}\r\n", cells.join(","))
}

fn cells(finding: &Finding, report: &Report) -> [String; 20] {
    let rule = &report.rules[finding.rule];
    let subject = &finding.subject;
    let resource = finding.place.resource.as_ref();
    let text = |text: Option<&str>| clean(text.unwrap_or_default()).into_owned();
    let (line, column) = position(&finding.place);
    let number = |number: u32| finding.place.source.as_ref().map(|_| number.to_string()).unwrap_or_default();
    let waiver = finding.waiver.as_ref();
    let baseline = finding.baseline.map(|state| format!("{state:?}").to_lowercase());
    [
        State::of(finding).as_str().to_owned(),
        finding.level.as_str().to_owned(),
        rule.id.clone(),
        text(Some(&rule.title)),
        text(Some(&subject.group)),
        text(Some(&subject.name)),
        subject.tier.as_str().to_owned(),
        text(resource.map(|resource| resource.qualified_name.as_str())),
        text(resource.map(|resource| resource.resource_type.as_str())),
        text(resource.and_then(|resource| resource.location.as_deref())),
        live_id(&finding.place).map_or_else(|| uri(&finding.place).into_owned(), |id| clean(id).into_owned()),
        number(line),
        number(column),
        sentence(finding),
        remediation(rule),
        text(waiver.map(|waiver| waiver.until.as_str())),
        text(waiver.map(|waiver| waiver.owner.as_str())),
        text(waiver.map(|waiver| waiver.reason.as_str())),
        baseline.unwrap_or_default(),
        finding.fingerprint.clone(),
    ]
}
