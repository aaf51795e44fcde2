//! Accepted findings: who accepted what, why, and until when.
//!
//! A waiver stands in `holdfast.yaml` ([`Waiver`]) or beside a declaration ([`InlineWaiver`]). One
//! that has expired, matches nothing or is malformed waives nothing and is reported.

mod comments;
mod inline;
mod lexer;
mod metadata;

use std::fmt;

pub use inline::{InlineEntry, InlineWaiver, inline_waivers, parse_inline, take_added};

use crate::config::Pattern;
use crate::date::Date;
use crate::finding::{EstateKind, Finding, Place, Verdict, Waived};
use crate::rule::Rule;

/// An accepted finding, from `holdfast.yaml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// A rule id or a glob of ids.
    pub rule: Pattern,
    /// What it is about.
    pub target: WaiverTarget,
    /// Why the finding is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub until: Date,
    /// Where it stands.
    pub place: Place,
}

/// What a waiver is about.
#[derive(Clone, Debug, PartialEq)]
pub enum WaiverTarget {
    /// A resource or subject, by ARM id, name, or a glob of one; also a file at the root.
    Resource(Pattern),
    /// Files, by a glob of their paths relative to the repository root.
    Path(Pattern),
}

impl WaiverTarget {
    /// A path if it holds a `/` and does not begin with one (as ARM ids do); otherwise an id or a name.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains('/') && !text.starts_with('/') && !text.starts_with("*/") {
            Pattern::path(text).map(Self::Path)
        } else {
            Pattern::name(text).map(Self::Resource)
        }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Resource(pattern) | Self::Path(pattern) => pattern.as_str(),
        }
    }

    /// Whether a finding shows at the target, or has it as its subject. Other resources that a finding
    /// relates to do not count: a waiver takes out what it names and no more.
    fn covers(&self, finding: &Finding) -> bool {
        let pattern = match self {
            Self::Path(pattern) => return finding.place.source.is_some() && pattern.matches(&finding.place.path),
            Self::Resource(pattern) => pattern,
        };
        let resource = finding.place.resource.iter();
        let names = resource.flat_map(|resource| [resource.qualified_name.as_str(), resource.name.as_str()]);
        let subject = [finding.subject.id.as_str(), finding.subject.name.as_str()];
        let file = finding.place.source.is_some().then_some(finding.place.path.as_str());
        names.chain(subject).chain(file).any(|text| pattern.matches(text))
    }

    /// Whether a scan of this kind could show a finding at the target.
    fn can_occur_in(&self, kind: EstateKind) -> bool {
        match self {
            Self::Path(_) => kind == EstateKind::Iac,
            Self::Resource(pattern) => kind == EstateKind::Live || !pattern.as_str().starts_with('/'),
        }
    }
}

/// What of a scan decides about waivers.
#[derive(Clone, Copy, Debug)]
pub struct WaiverScan<'a> {
    /// The rules that [`Finding::rule`] counts.
    pub rules: &'a [Rule],
    /// Ids of those that were not run, because the source cannot feed them.
    pub not_run: &'a [String],
    /// Ids and aliases of all rules there are, also of those that are switched off.
    pub known_rules: &'a [&'a str],
    /// Where the estate came from.
    pub kind: EstateKind,
    /// The day of the scan.
    pub today: Date,
}

/// What is wrong with a waiver. It does not stop a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverProblem {
    /// What.
    pub kind: WaiverProblemKind,
    /// Where the waiver stands.
    pub place: Place,
    /// A sentence without a full stop, with what to do.
    pub message: String,
}

/// The ways in which a waiver can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WaiverProblemKind {
    /// Its last day has passed.
    Expired,
    /// No finding is waived by it, although its rule was run.
    Unmatched,
    /// A field is missing or wrong.
    Malformed,
}

/// `infra/main.bicep:12: the waiver …`
impl fmt::Display for WaiverProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place.path)?;
        if let Some(source) = &self.place.source {
            write!(f, ":{}", source.region.line)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl Waiver {
    /// Days until the last day, 0 on it, negative behind it.
    pub fn days_left(&self, today: Date) -> i64 {
        today.days_until(self.until)
    }
}

/// Waives the denials that a valid waiver covers, and says which waivers are of no use.
///
/// A waiver beside the declaration wins over one in the file, and of several the first. An open verdict
/// is never waived, but it keeps its waiver from counting as unmatched: the evidence may come back.
pub fn apply(
    findings: &mut [Finding],
    waivers: &[Waiver],
    inline: &[InlineEntry],
    scan: &WaiverScan,
) -> Vec<WaiverProblem> {
    let mut problems = Vec::new();
    let mut candidates = Vec::new();
    for entry in inline {
        match &entry.waiver {
            Ok(waiver) => candidates.push(Candidate::inline(entry, waiver)),
            Err(reason) => problems.push(malformed(&entry.place, reason)),
        }
    }
    candidates.extend(waivers.iter().map(Candidate::of_file));
    let mut matched = vec![false; candidates.len()];
    let per_rule: Vec<Vec<usize>> = scan.rules.iter().map(|rule| named(&candidates, rule)).collect();
    for finding in findings {
        let Some(named) = per_rule.get(finding.rule) else { continue };
        if !matches!(finding.verdict, Verdict::Deny | Verdict::Open) {
            continue;
        }
        for at in named {
            if !candidates[*at].covers(finding) {
                continue;
            }
            matched[*at] = true;
            let holds = candidates[*at].until >= scan.today;
            if holds && finding.verdict == Verdict::Deny && finding.waiver.is_none() {
                finding.waiver = Some(candidates[*at].waived());
            }
        }
    }
    problems.extend(candidates.iter().zip(matched).filter_map(|(candidate, matched)| candidate.problem(matched, scan)));
    problems.sort_by(|a, b| a.place.cmp(&b.place).then_with(|| a.message.cmp(&b.message)));
    problems
}

/// The numbers of the waivers that name a rule.
fn named(candidates: &[Candidate], rule: &Rule) -> Vec<usize> {
    let names = |candidate: &Candidate| {
        candidate.rule.matches(&rule.id) || rule.aliases.iter().any(|alias| candidate.rule.matches(alias))
    };
    candidates.iter().enumerate().filter(|(_, candidate)| names(candidate)).map(|(at, _)| at).collect()
}

fn malformed(place: &Place, reason: &str) -> WaiverProblem {
    let message = format!("the waiver is malformed and waives nothing: {reason}");
    WaiverProblem { kind: WaiverProblemKind::Malformed, place: place.clone(), message }
}

/// A waiver of either kind.
struct Candidate<'a> {
    rule: &'a Pattern,
    reason: &'a str,
    owner: &'a str,
    until: Date,
    place: &'a Place,
    covered: Covered<'a>,
}

enum Covered<'a> {
    Target(&'a WaiverTarget),
    Lines(&'a InlineEntry),
}

impl<'a> Candidate<'a> {
    fn of_file(waiver: &'a Waiver) -> Self {
        let Waiver { rule, target, reason, owner, until, place } = waiver;
        Self { rule, reason, owner, until: *until, place, covered: Covered::Target(target) }
    }

    fn inline(entry: &'a InlineEntry, waiver: &'a InlineWaiver) -> Self {
        let InlineWaiver { rule, reason, owner, until } = waiver;
        Self { rule, reason, owner, until: *until, place: &entry.place, covered: Covered::Lines(entry) }
    }

    fn covers(&self, finding: &Finding) -> bool {
        match self.covered {
            Covered::Target(target) => target.covers(finding),
            Covered::Lines(entry) => {
                let lines = entry.first_line..=entry.last_line;
                let line = finding.place.source.as_ref().map(|source| source.region.line);
                finding.place.path == entry.place.path && line.is_some_and(|line| lines.contains(&line))
            }
        }
    }

    fn waived(&self) -> Waived {
        Waived {
            reason: self.reason.to_owned(),
            owner: self.owner.to_owned(),
            until: self.until.to_string(),
            in_source: matches!(self.covered, Covered::Lines(_)),
            place: Some(Box::new(self.place.clone())),
        }
    }

    fn problem(&self, matched: bool, scan: &WaiverScan) -> Option<WaiverProblem> {
        let of_what = match self.covered {
            Covered::Target(target) => format!("of {} for `{}`", self.rule, target.as_str()),
            Covered::Lines(_) => format!("of {}", self.rule),
        };
        let problem = |kind, message| Some(WaiverProblem { kind, place: self.place.clone(), message });
        if !scan.known_rules.iter().any(|id| self.rule.matches(id)) {
            return Some(malformed(self.place, &format!("there is no rule `{}`", self.rule)));
        }
        if self.until < scan.today {
            let until = self.until;
            let owner = self.owner;
            let rest = if matched { "its findings count again" } else { "it matches nothing now, remove it" };
            let message = format!("the waiver {of_what} (owner {owner}) ended on {until}: {rest}");
            return problem(WaiverProblemKind::Expired, message);
        }
        if matched || !self.could_match(scan) {
            return None;
        }
        problem(
            WaiverProblemKind::Unmatched,
            format!("the waiver {of_what} matches no finding; remove it or correct its target"),
        )
    }

    /// Whether a rule that it names was run, over an estate in which its target can occur.
    fn could_match(&self, scan: &WaiverScan) -> bool {
        let ran = scan.rules.iter().filter(|rule| !scan.not_run.contains(&rule.id));
        let any = ran
            .into_iter()
            .any(|rule| self.rule.matches(&rule.id) || rule.aliases.iter().any(|alias| self.rule.matches(alias)));
        any && match self.covered {
            Covered::Target(target) => target.can_occur_in(scan.kind),
            Covered::Lines(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::rule;
    use crate::finding::{ResourceRef, SourcePlace, Subject};
    use crate::model::TextRegion;
    use crate::rule::{Level, Tier};

    const ID: &str = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stmlprod";

    fn place(path: &str, line: Option<u32>) -> Place {
        let region = |line| TextRegion { line, start_column: 1, end_column: 2 };
        let source = line.map(|line| SourcePlace {
            region: region(line),
            snippet: String::new(),
            line_text: String::new(),
            line_hash: String::new(),
            cell: None,
        });
        Place { path: path.to_owned(), source, resource: None }
    }

    fn finding(verdict: Verdict, mut at: Place) -> Finding {
        at.resource = Some(ResourceRef {
            qualified_name: ID.to_owned(),
            name: "stmlprod".to_owned(),
            resource_type: "microsoft.storage/storageaccounts".to_owned(),
            location: None,
            pointer: "/sku/name".to_owned(),
        });
        let subject = Subject {
            id: "pair:a:b".to_owned(),
            name: "mlw-a → mlw-b".to_owned(),
            group: "mlw-a → mlw-b".to_owned(),
            tier: Tier::ActivePassive,
            inferred: false,
            subscription: None,
        };
        Finding::new(0, verdict, Level::Error, subject, at, "it fails".to_owned(), "0".to_owned())
    }

    fn waiver(rule: &str, target: &str, until: &str) -> Waiver {
        Waiver {
            rule: Pattern::name(rule).expect("a glob"),
            target: WaiverTarget::parse(target).expect("a target"),
            reason: "later".to_owned(),
            owner: "ml".to_owned(),
            until: Date::parse(until).expect("a date"),
            place: place("holdfast.yaml", Some(3)),
        }
    }

    /// Runs on 2026-11-24 over the rules HF-STOR-003 and HF-LIVE-001, of which the second was not run.
    fn run(
        findings: &mut [Finding],
        waivers: &[Waiver],
        inline: &[InlineEntry],
        kind: EstateKind,
    ) -> Vec<WaiverProblem> {
        let rules = [rule("HF-STOR-003"), rule("HF-LIVE-001")];
        let scan = WaiverScan {
            rules: &rules,
            not_run: &["HF-LIVE-001".to_owned()],
            known_rules: &["HF-STOR-003", "HF-LIVE-001", "HF-OFF-001"],
            kind,
            today: Date::parse("2026-11-24").expect("a date"),
        };
        apply(findings, waivers, inline, &scan)
    }

    fn waives(target: &str) -> bool {
        let mut findings = [finding(Verdict::Deny, place("infra/main.bicep", Some(4)))];
        let problems = run(&mut findings, &[waiver("HF-STOR-003", target, "2026-11-24")], &[], EstateKind::Iac);
        let waived = findings[0].waiver.is_some();
        assert!(waived || target.starts_with('/') || problems[0].kind == WaiverProblemKind::Unmatched);
        waived
    }

    #[test]
    fn a_target_is_an_id_a_name_a_path_or_a_glob() {
        for target in [
            "stmlprod",
            "STMLPROD",
            "stml*",
            ID,
            "/subscriptions/*/storageAccounts/stml*",
            "*/storageAccounts/stmlprod",
            "infra/main.bicep",
            "infra/",
            "infra/**",
            "**/*.bicep",
            "mlw-a → mlw-b",
            "pair:a:b",
            "*",
        ] {
            assert!(waives(target), "{target}");
        }
        for target in ["stml", "main.bicep", "infr/", "modules/**", "/subscriptions/1/*", "mlw-a", "[0-9]*"] {
            assert!(!waives(target), "{target}");
        }
    }

    #[test]
    fn a_waiver_holds_on_its_last_day_and_not_behind_it() {
        for (until, holds) in [("2026-11-25", true), ("2026-11-24", true), ("2026-11-23", false)] {
            let mut findings = [finding(Verdict::Deny, place("azure", None))];
            let problems = run(&mut findings, &[waiver("HF-STOR-*", "stmlprod", until)], &[], EstateKind::Live);
            assert_eq!(findings[0].waiver.is_some(), holds, "{until}");
            assert_eq!(problems.is_empty(), holds);
        }
        let mut findings = [finding(Verdict::Deny, place("azure", None))];
        let problems = run(&mut findings, &[waiver("HF-STOR-003", "stmlprod", "2026-11-23")], &[], EstateKind::Live);
        assert_eq!(
            problems[0].to_string(),
            "holdfast.yaml:3: the waiver of HF-STOR-003 for `stmlprod` (owner ml) ended on 2026-11-23: its findings count again"
        );
        assert_eq!(problems[0].kind, WaiverProblemKind::Expired);
    }

    #[test]
    fn what_is_waived_says_why_and_where() {
        let mut findings = [finding(Verdict::Deny, place("azure", None))];
        assert_eq!(run(&mut findings, &[waiver("HF-STOR-003", ID, "2027-01-31")], &[], EstateKind::Live), []);
        let waived = findings[0].waiver.as_ref().expect("waived");
        assert_eq!(
            (waived.reason.as_str(), waived.owner.as_str(), waived.until.as_str()),
            ("later", "ml", "2027-01-31")
        );
        assert!(!waived.in_source);
        assert_eq!(waived.place.as_deref(), Some(&place("holdfast.yaml", Some(3))));
    }

    #[test]
    fn only_denials_are_waived_and_open_verdicts_keep_a_waiver_alive() {
        let good = [waiver("HF-STOR-003", "stmlprod", "2027-01-31")];
        let mut findings = [finding(Verdict::Open, place("azure", None))];
        assert_eq!(run(&mut findings, &good, &[], EstateKind::Live), []);
        assert_eq!(findings[0].waiver, None);
        let mut findings = [finding(Verdict::Pass, place("azure", None))];
        let problems = run(&mut findings, &good, &[], EstateKind::Live);
        assert_eq!(problems[0].kind, WaiverProblemKind::Unmatched);
        assert_eq!(findings[0].waiver, None);
    }

    #[test]
    fn a_waiver_that_could_not_match_is_not_called_unmatched() {
        let problems = |rule, target, kind| run(&mut [], &[waiver(rule, target, "2027-01-31")], &[], kind);
        // The rule was not run, or is switched off.
        assert_eq!(problems("HF-LIVE-001", "x", EstateKind::Iac), []);
        assert_eq!(problems("HF-OFF-001", "x", EstateKind::Iac), []);
        // Live resources do not occur in source code, nor files in a live estate.
        assert_eq!(problems("HF-STOR-003", ID, EstateKind::Iac), []);
        assert_eq!(problems("HF-STOR-003", "infra/main.bicep", EstateKind::Live), []);
        assert_eq!(problems("HF-STOR-003", ID, EstateKind::Live)[0].kind, WaiverProblemKind::Unmatched);
        assert_eq!(problems("HF-STOR-003", "infra/x", EstateKind::Iac)[0].kind, WaiverProblemKind::Unmatched);
        let unknown = problems("HF-NONE-001", "x", EstateKind::Iac);
        assert_eq!(unknown[0].kind, WaiverProblemKind::Malformed);
        assert!(unknown[0].message.contains("there is no rule `HF-NONE-001`"));
    }

    #[test]
    fn an_inline_waiver_covers_the_lines_of_its_declaration() {
        let text = "// holdfast:waive HF-STOR-003 owner=ml until=2027-01-31 reason=later\nresource a 'x' = {\n}\n\nvar b = 1\n";
        let inline = inline_waivers(&crate::model::SourceFile::new("infra/main.bicep", text));
        let at = |path: &str, line| finding(Verdict::Deny, place(path, Some(line)));
        let mut findings = [
            at("infra/main.bicep", 2),
            at("infra/main.bicep", 3),
            at("infra/main.bicep", 5),
            at("infra/other.bicep", 2),
        ];
        // It stands nearer than the file.
        let file = [waiver("HF-STOR-003", "infra/main.bicep", "2027-01-31")];
        assert_eq!(run(&mut findings, &file, &inline, EstateKind::Iac), []);
        let in_source: Vec<_> = findings.iter().map(|f| f.waiver.as_ref().map(|waived| waived.in_source)).collect();
        assert_eq!(in_source, [Some(true), Some(true), Some(false), None]);
    }

    #[test]
    fn inline_waivers_are_checked_like_the_others() {
        let text = concat!(
            "// holdfast:waive HF-STOR-003 owner=ml until=2026-01-31 reason=later\nvar a = 1\n",
            "// holdfast:waive HF-STOR-003 owner=ml reason=later\nvar b = 1\n",
            "// holdfast:waive HF-STOR-003 owner=ml until=2027-01-31 reason=later\nvar c = 1\n",
        );
        let inline = inline_waivers(&crate::model::SourceFile::new("main.bicep", text));
        let problems = run(&mut [], &[], &inline, EstateKind::Iac);
        let found: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "main.bicep:1: the waiver of HF-STOR-003 (owner ml) ended on 2026-01-31: it matches nothing now, remove it",
                "main.bicep:3: the waiver is malformed and waives nothing: `until` is missing; rule, owner, until and reason are required",
                "main.bicep:5: the waiver of HF-STOR-003 matches no finding; remove it or correct its target",
            ]
        );
    }

    #[test]
    fn days_are_left_until_the_last_day() {
        let today = Date::parse("2026-11-24").expect("a date");
        assert_eq!(waiver("x", "x", "2026-11-24").days_left(today), 0);
        assert_eq!(waiver("x", "x", "2027-01-31").days_left(today), 68);
    }
}
