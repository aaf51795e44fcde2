//! The report as JSON, for programs: `docs/schemas/report.schema.json`.
//!
//! Members are only ever added within one major schema version.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;

use super::OutputOptions;
use super::digest;
use super::escape::{clean, clean_block};
use super::place::{live_id, uri};
use super::stream::Members;
use super::wording::{State, remediation, sentence};
use crate::finding::{BaselineState, Finding, Place, Proposal, Report, ReportedGap, Waived};
use crate::rule::{Change, Level, Rule, Scope, Tier};

/// The version of the schema. Its first number changes when a reader may break.
const SCHEMA_VERSION: &str = "1.0";

/// Writes a report as JSON.
pub(super) fn write(report: &Report, _: &OutputOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut json = Members::new(out);
    json.raw("{")?;
    json.member("schemaVersion", &SCHEMA_VERSION)?;
    json.member("tool", &json!({ "name": "holdfast", "version": env!("CARGO_PKG_VERSION") }))?;
    head(&mut json, report)?;
    list(&mut json, "rules", report.rules.iter().map(JsonRule::of))?;
    list(&mut json, "findings", report.findings.iter().map(|finding| JsonFinding::of(finding, report)))?;
    list(
        &mut json,
        "fixed",
        report.fixed.iter().map(|fixed| {
            json!({
                "rule": clean(&fixed.rule),
                "fingerprint": clean(&fixed.fingerprint),
                "path": clean(&fixed.path),
                "message": clean(&fixed.message),
            })
        }),
    )?;
    list(
        &mut json,
        "proposed",
        report.proposed.iter().map(|proposal| Proposal {
            path: proposal.path.as_deref().map(|path| clean(path).into_owned()),
            line: proposal.line,
            message: clean(&proposal.message).into_owned(),
        }),
    )?;
    list(&mut json, "gaps", report.gaps.iter().map(JsonGap::of))?;
    json.member("needsLiveScan", &report.needs_live_scan)?;
    list(&mut json, "configurationWarnings", report.configuration_warnings.iter().map(|text| clean(text)))?;
    json.raw("\n}\n")
}

fn head(json: &mut Members<'_>, report: &Report) -> io::Result<()> {
    json.member("complete", &report.complete)?;
    json.member("exitCode", &report.exit_code)?;
    json.member("estate", &report.kind)?;
    json.member("category", &clean(&report.category))?;
    json.member("subscriptions", &report.subscriptions)?;
    if let Some((start, end)) = &report.times {
        json.member("startedAt", start)?;
        json.member("endedAt", end)?;
    }
    if let Some(revision) = &report.revision {
        json.member(
            "revision",
            &json!({ "commit": revision.commit, "branch": revision.branch.as_deref().map(clean) }),
        )?;
    }
    let counts = &report.counts;
    json.member(
        "summary",
        &json!({
            "failed": counts.failed(),
            "errors": counts.errors,
            "warnings": counts.warnings,
            "notes": counts.notes,
            "open": counts.open,
            "waived": counts.waived,
            "passed": counts.passed,
            "exempt": counts.exempt,
            "gaps": report.gaps.len(),
            "new": digest::failures(report).iter().map(|(_, findings)| findings.len()).sum::<usize>(),
            "fixed": report.fixed.len(),
        }),
    )?;
    json.member("read", &report.read)
}

fn list(json: &mut Members<'_>, name: &str, elements: impl Iterator<Item = impl Serialize>) -> io::Result<()> {
    json.begin(name, "[")?;
    for element in elements {
        json.element(&element)?;
    }
    json.raw("]")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonRule<'a> {
    id: &'a str,
    title: Cow<'a, str>,
    description: String,
    levels: &'a BTreeMap<Tier, Level>,
    score: f64,
    scope: Scope,
    subject: &'a str,
    change: Change,
    cost: Cow<'a, str>,
    remediation: JsonRemediation,
    references: &'a [String],
    aprl: &'a [String],
    custom: bool,
}

#[derive(Serialize)]
struct JsonRemediation {
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    cli: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    bicep: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    terraform: String,
}

impl<'a> JsonRule<'a> {
    fn of(rule: &'a Rule) -> Self {
        Self {
            id: &rule.id,
            title: clean(&rule.title),
            description: clean_block(rule.description.trim()),
            levels: &rule.level,
            score: rule.score,
            scope: rule.scope,
            subject: &rule.subject,
            change: rule.change,
            cost: clean(&rule.cost),
            remediation: JsonRemediation {
                text: remediation(rule),
                code: clean_block(&rule.remediation.code()),
                cli: clean_block(rule.remediation.cli.trim_end()),
                bicep: clean_block(rule.remediation.bicep.trim_end()),
                terraform: clean_block(rule.remediation.terraform.trim_end()),
            },
            references: &rule.references,
            aprl: &rule.aprl,
            custom: rule.custom,
        }
    }
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    state: &'static str,
    level: Level,
    message: String,
    subject: JsonSubject<'a>,
    place: JsonPlace<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<JsonRelated<'a>>,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<JsonWaiver<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<BaselineState>,
}

#[derive(Serialize)]
struct JsonSubject<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    group: Cow<'a, str>,
    tier: Tier,
    inferred: bool,
}

impl<'a> JsonFinding<'a> {
    fn of(finding: &'a Finding, report: &'a Report) -> Self {
        let subject = &finding.subject;
        Self {
            rule: &report.rules[finding.rule].id,
            state: State::of(finding).as_str(),
            level: finding.level,
            message: sentence(finding),
            subject: JsonSubject {
                id: clean(&subject.id),
                name: clean(&subject.name),
                group: clean(&subject.group),
                tier: subject.tier,
                inferred: subject.inferred,
            },
            place: JsonPlace::of(&finding.place),
            related: finding
                .related
                .iter()
                .map(|related| JsonRelated { message: clean(&related.message), place: JsonPlace::of(&related.place) })
                .collect(),
            fingerprint: &finding.fingerprint,
            waiver: finding.waiver.as_ref().map(JsonWaiver::of),
            baseline: finding.baseline,
        }
    }
}

#[derive(Serialize)]
struct JsonRelated<'a> {
    message: Cow<'a, str>,
    place: JsonPlace<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonPlace<'a> {
    /// As in SARIF, percent-encoded.
    uri: Cow<'a, str>,
    /// Whether it is a resource in Azure rather than a file.
    live: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<JsonResource<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonResource<'a> {
    qualified_name: Cow<'a, str>,
    name: Cow<'a, str>,
    #[serde(rename = "type")]
    resource_type: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    property: Cow<'a, str>,
}

impl<'a> JsonPlace<'a> {
    fn of(place: &'a Place) -> Self {
        let region = place.source.as_ref().map(|source| source.region);
        Self {
            uri: uri(place),
            live: live_id(place).is_some(),
            line: region.map(|region| region.line),
            column: region.map(|region| region.start_column),
            end_column: region.map(|region| region.end_column),
            resource: place.resource.as_ref().map(|resource| JsonResource {
                qualified_name: clean(&resource.qualified_name),
                name: clean(&resource.name),
                resource_type: clean(&resource.resource_type),
                location: resource.location.as_deref().map(clean),
                property: clean(&resource.pointer),
            }),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonWaiver<'a> {
    reason: Cow<'a, str>,
    owner: Cow<'a, str>,
    until: Cow<'a, str>,
    in_source: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<JsonPlace<'a>>,
}

impl<'a> JsonWaiver<'a> {
    fn of(waiver: &'a Waived) -> Self {
        Self {
            reason: clean(&waiver.reason),
            owner: clean(&waiver.owner),
            until: clean(&waiver.until),
            in_source: waiver.in_source,
            place: waiver.place.as_deref().map(JsonPlace::of),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonGap<'a> {
    code: &'static str,
    title: &'static str,
    message: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<JsonPlace<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<Cow<'a, str>>,
    rules: &'a [String],
    /// Whether the scan counts as not completed because of it.
    ends_complete_scan: bool,
}

impl<'a> JsonGap<'a> {
    fn of(gap: &'a ReportedGap) -> Self {
        Self {
            code: gap.code.as_str(),
            title: gap.code.title(),
            message: clean(&gap.message),
            place: gap.place.as_ref().map(JsonPlace::of),
            operation: gap.operation.as_deref().map(clean),
            status: gap.status,
            correlation_id: gap.correlation_id.as_deref().map(clean),
            rules: &gap.rules,
            ends_complete_scan: gap.code.ends_complete_scan(),
        }
    }
}
