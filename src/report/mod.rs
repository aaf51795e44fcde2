//! From verdicts to the report that outputs show: places, levels, fingerprints, reasons, counts.

mod judge;
mod place;
mod reason;
mod target;

use std::collections::HashMap;

pub use judge::{Enabled, Judgement, Ruling, judge};

use crate::config::Config;
use crate::estate::{Estate, Subject, WORKSPACE};
use crate::finding::fingerprint;
use crate::finding::{self, Counts, Finding, Place, Related, ReportedGap, ResourceRef, Verdict};
use crate::model::{Gap, GapPlace, Pointer};
use crate::policy::Denial;
use crate::rule::{Level, Rule, Scope, Static, Tier};
use place::Locator;
use target::target_key;

/// Makes the findings and gaps of an estate presentable.
pub(crate) struct Reporter<'a> {
    estate: &'a Estate,
    rules: &'a [Enabled],
    locator: Locator<'a>,
    by_key: HashMap<&'a str, usize>,
}

impl<'a> Reporter<'a> {
    /// A reporter for the findings of these rules.
    pub fn new(estate: &'a Estate, rules: &'a [Enabled]) -> Self {
        let by_key = estate.resources.iter().enumerate().map(|(n, r)| (r.id.key(), n)).collect();
        Self { estate, rules, locator: Locator::new(&estate.files), by_key }
    }

    /// The findings in the order in which outputs show them, each with a fingerprint of its own.
    pub fn findings(&self, rulings: &[Ruling], include_passes: bool) -> Vec<Finding> {
        let shown = rulings.iter().filter(|r| include_passes || !matches!(r.verdict, Verdict::Pass | Verdict::Exempt));
        let mut findings: Vec<Finding> = shown.map(|ruling| self.finding(ruling)).collect();
        findings.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.message.cmp(&b.message)));
        findings.dedup_by(|b, a| a.fingerprint == b.fingerprint && a.message == b.message && a.place == b.place);
        tell_apart(&mut findings);
        findings
    }

    fn finding(&self, ruling: &Ruling) -> Finding {
        let rule = &self.rules[ruling.rule].rule;
        let subject = &ruling.subject;
        let denial = ruling.denial.as_ref();
        let shown_at = denial.and_then(|d| self.by_key.get(d.resource.as_str()).copied());
        let number = shown_at.or(subject.resource).unwrap_or(subject.workspace);
        let pointer = denial.map(|d| d.pointer.as_str()).or(subject.pointer.filter(|_| subject.resource.is_none()));
        let pointer = Pointer::parse(pointer.unwrap_or_default()).unwrap_or_default();
        let resource = &self.estate.resources[number];
        let place = self.locator.property(resource, &pointer);
        let discriminator = self.discriminator(ruling, number, &pointer).join("\u{1f}");
        let fingerprint = fingerprint(&rule.id, &target_key(resource, self.estate), &discriminator);
        let related = self.related(subject, denial, number, &pointer);
        let (subject, message) = (self.subject(subject, rule), ruling.message.clone());
        let finding = Finding::new(ruling.rule, ruling.verdict, ruling.level, subject, place, message, fingerprint);
        Finding { related, ..finding }
    }

    fn subject(&self, subject: &Subject, rule: &Rule) -> finding::Subject {
        let name = |number: usize| self.estate.resources[number].display_name();
        let pair = subject.pair.map(|at| &self.estate.pairs[at]);
        let own_name = match (subject.kind, &subject.region) {
            ("workspace_pair", _) => self.pair_name(subject),
            ("repository", _) => "the repository".to_owned(),
            (_, Some(region)) => region.to_string(),
            _ => subject.resource.map_or_else(|| name(subject.workspace), name),
        };
        let group = match (pair, self.estate.pairs_of(subject.workspace).next()) {
            _ if rule.scope == Scope::Repository => "the repository".to_owned(),
            (Some(_), _) => self.pair_name(subject),
            (None, Some(at)) => self.members_name(at),
            (None, None) => name(subject.workspace),
        };
        finding::Subject {
            id: subject.id.clone(),
            name: own_name,
            group,
            tier: tier_of(rule, subject),
            inferred: is_inferred(self.estate, subject),
            subscription: self.subscription(subject),
        }
    }

    /// A pair across subscriptions belongs to the one that must take over.
    fn subscription(&self, subject: &Subject) -> Option<String> {
        let workspace = subject.pair.map_or(subject.workspace, |at| self.estate.pairs[at].members[1]);
        self.estate.resources[workspace].id.subscription()
    }

    fn pair_name(&self, subject: &Subject) -> String {
        subject.pair.map(|at| self.members_name(at)).unwrap_or_default()
    }

    fn members_name(&self, pair: usize) -> String {
        let pair = &self.estate.pairs[pair];
        let [first, second] = pair.members.map(|number| self.estate.resources[number].display_name());
        let arrow = if pair.directed { "→" } else { "↔" };
        format!("{first} {arrow} {second}")
    }

    /// What tells the findings of one rule at one resource apart. For a pair it is the other member, so
    /// that another pair of the same resource changes nothing.
    fn discriminator(&self, ruling: &Ruling, shown_at: usize, pointer: &Pointer) -> Vec<String> {
        let mut parts = vec![pointer.to_string()];
        if let Some(at) = ruling.subject.pair {
            let members = self.estate.pairs[at].members;
            let others = members.iter().filter(|member| **member != shown_at);
            parts.extend(others.map(|member| target_key(&self.estate.resources[*member], self.estate)));
        }
        if ruling.subject.resource.is_some_and(|resource| resource != shown_at)
            && ruling.subject.kind != "workspace_pair"
        {
            let resource = ruling.subject.resource.unwrap_or(ruling.subject.workspace);
            parts.push(target_key(&self.estate.resources[resource], self.estate));
        }
        parts.extend(ruling.denial.as_ref().and_then(|denial| denial.about.clone()));
        if ruling.verdict != Verdict::Deny {
            parts.push(format!("{:?}", ruling.verdict));
        }
        parts
    }

    fn related(&self, subject: &Subject, denial: Option<&Denial>, shown_at: usize, pointer: &Pointer) -> Vec<Related> {
        let Some(denial) = denial else { return Vec::new() };
        let mut related = Vec::new();
        let at = |number: usize, message: String| Related {
            place: self.locator.property(&self.estate.resources[number], &Pointer::root()),
            message,
        };
        for (resource, message) in &denial.related {
            if let Some(number) = self.by_key.get(resource.as_str()) {
                related.push(at(*number, message.clone()));
            }
        }
        let members = subject.pair.map(|at| self.estate.pairs[at].members).into_iter().flatten();
        for member in members.filter(|member| *member != shown_at) {
            let name = self.estate.resources[member].display_name();
            related.push(at(member, format!("the workspace \"{name}\" of the pair")));
        }
        let resource = &self.estate.resources[shown_at];
        if let Some(place) = self.locator.supplied(resource, pointer) {
            related.push(Related { place, message: "the value is given here".to_owned() });
        }
        if let Some(declaration) = resource.declaration() {
            for call in &declaration.calls {
                related
                    .push(Related { place: self.locator.span(*call), message: "deployed by this module".to_owned() });
            }
        }
        let mut seen: Vec<Place> = Vec::new();
        related.retain(|r| {
            !seen.contains(&r.place) && {
                seen.push(r.place.clone());
                true
            }
        });
        related
    }

    /// The gaps, sorted, each with the rules that it concerns.
    pub fn gaps(&self, gaps: &[Gap], reproducible: bool) -> Vec<ReportedGap> {
        let mut reported: Vec<ReportedGap> = gaps.iter().map(|gap| self.gap(gap, reproducible)).collect();
        reported.sort_by(|a, b| {
            (a.code, &a.place, &a.message, &a.operation).cmp(&(b.code, &b.place, &b.message, &b.operation))
        });
        reported.dedup();
        reported
    }

    fn gap(&self, gap: &Gap, reproducible: bool) -> ReportedGap {
        let concerns = |rule: &Rule| {
            rule.evidence.iter().any(|e| gap.types.iter().any(|t| t.eq_ignore_ascii_case(&e.resource_type)))
        };
        ReportedGap {
            code: gap.code,
            place: self.gap_place(&gap.place),
            message: gap.message.clone(),
            operation: gap.operation.clone(),
            status: gap.status,
            correlation_id: gap.correlation_id.clone().filter(|_| !reproducible),
            rules: self
                .rules
                .iter()
                .map(|e| &e.rule)
                .filter(|rule| concerns(rule))
                .map(|rule| rule.id.clone())
                .collect(),
        }
    }

    fn gap_place(&self, place: &GapPlace) -> Option<Place> {
        match place {
            GapPlace::File { file, offset } => {
                let start = offset.unwrap_or(0);
                Some(self.locator.span(crate::model::Span { file: *file, start, end: start + 1 }))
            }
            GapPlace::Path(path) => Some(Place { path: path.clone(), source: None, resource: None }),
            GapPlace::Scope(id) => Some(self.live_place(id, &Pointer::root())),
            GapPlace::Property { id, pointer } => Some(match self.by_key.get(id.key()) {
                Some(number) => self.locator.property(&self.estate.resources[*number], pointer),
                None => self.live_place(id, pointer),
            }),
            GapPlace::Scan => None,
        }
    }

    fn live_place(&self, id: &crate::model::ResourceId, pointer: &Pointer) -> Place {
        let reference = ResourceRef {
            qualified_name: id.to_string(),
            name: id.name().map_or_else(|| id.to_string(), ToString::to_string),
            resource_type: id.resource_type().unwrap_or_default().to_owned(),
            location: None,
            pointer: pointer.to_string(),
        };
        Place { path: format!("azure{}", id.key()), source: None, resource: Some(reference) }
    }
}

fn order(finding: &Finding) -> (&str, u32, u32, usize, &str) {
    let region = finding.place.source.as_ref().map(|source| source.region);
    let (line, column) = region.map_or((0, 0), |region| (region.line, region.start_column));
    (&finding.place.path, line, column, finding.rule, &finding.fingerprint)
}

/// Fingerprints are unique within a log: the second of two findings that a rule does not tell apart
/// gets its place among them.
fn tell_apart(findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.fingerprint = fingerprint("", &finding.fingerprint, &count.to_string());
        }
    }
}

/// The tier that decides the level of a rule for a subject.
fn tier_of(rule: &Rule, subject: &Subject) -> Tier {
    match rule.tier.as_deref() {
        Some("inference") => subject.tiers.inference,
        Some("training") => subject.tiers.training,
        _ => subject.tiers.overall,
    }
}

/// Totals over all verdicts.
pub fn count(judgement: &Judgement, findings: &[Finding]) -> Counts {
    let mut counts = Counts { passed: judgement.passed, exempt: judgement.exempt, ..Counts::default() };
    for finding in findings {
        match (finding.verdict, finding.level) {
            (Verdict::Open, _) => counts.open += 1,
            (Verdict::Deny, _) if finding.waiver.is_some() => counts.waived += 1,
            (Verdict::Deny, Level::Error) => counts.errors += 1,
            (Verdict::Deny, Level::Warning) => counts.warnings += 1,
            (Verdict::Deny, Level::Note) => counts.notes += 1,
            (Verdict::Pass | Verdict::Exempt, _) => {}
        }
    }
    counts
}

/// The rules that take part in a scan, with the levels of the configuration, in the order of their ids.
///
/// A rule that needs the live state is listed, since rules must not vary with what is scanned, but a
/// source that can never feed it does not run it.
pub fn enable(rules: &[Rule], config: &Config, live: bool) -> Vec<Enabled> {
    let active = rules.iter().enumerate().filter(|(_, rule)| !rule.deprecated);
    active
        .filter_map(|(number, rule)| {
            let feedable = live || rule.is_static != Static::No;
            let level = config.levels_of(rule)?;
            let relevelled = level != rule.level;
            Some(Enabled { number, feedable, relevelled, rule: Rule { level, ..rule.clone() } })
        })
        .collect()
}

/// How many workspaces of an estate there are.
pub fn workspace_count(estate: &Estate) -> usize {
    estate.resources.iter().filter(|r| r.resource_type == WORKSPACE).count()
}

/// Whether nobody declared any of the pairs that a subject is judged for.
fn is_inferred(estate: &Estate, subject: &Subject) -> bool {
    let mut pairs = subject.pair.iter().chain(&subject.pairs).peekable();
    pairs.peek().is_some() && pairs.all(|at| !estate.pairs[*at].basis.is_declared())
}

/// The capped level of a denial: one of an inferred pair is a warning at most.
fn capped(level: Level, inferred: bool) -> Level {
    if inferred { level.min(Level::Warning) } else { level }
}
