//! Runs the rules over the inputs of an estate and gives every subject its verdict.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::reason::open_reason;
use super::{capped, is_inferred, tier_of};
use crate::config::Config;
use crate::estate::{Estate, Home, Subject};
use crate::finding::Verdict;
use crate::model::{Gap, GapCode, GapPlace};
use crate::policy::{self, Denial, Evaluator, Judged, Worker};
use crate::rule::{Level, Rule, Scope};

/// The scopes that have inputs, in the order in which they are judged.
const SCOPES: [Scope; 5] = [Scope::Workspace, Scope::Pair, Scope::Subscription, Scope::Repository, Scope::Estate];

/// A rule that takes part in a scan.
pub struct Enabled {
    /// Its number for the evaluator.
    pub number: usize,
    /// The rule, with the levels of the configuration.
    pub rule: Rule,
    /// Whether the source can feed it at all.
    pub feedable: bool,
    /// Whether the configuration gives it other levels than the catalogue: then no finding goes above.
    pub relevelled: bool,
}

impl Enabled {
    /// The level of a denial: the rule's own, or the one that the denial has for itself.
    fn level_of(&self, denial: &Denial, level: Level) -> Level {
        let own = denial.level.unwrap_or(level);
        if self.relevelled { own.min(level) } else { own }
    }
}

/// A subject with its verdict.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// The place of the rule among the enabled ones.
    pub rule: usize,
    /// What was judged.
    pub subject: Subject,
    /// What was proved.
    pub verdict: Verdict,
    /// The level of a denial; for the others the level that it would have had.
    pub level: Level,
    /// The rule's sentence, or the reason.
    pub message: String,
    /// What the rule said, if it denied.
    pub denial: Option<Denial>,
}

/// All verdicts of a scan.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Denials and open verdicts, and, if asked for, passes and exemptions.
    pub rulings: Vec<Ruling>,
    /// How many subjects passed.
    pub passed: usize,
    /// How many are exempt.
    pub exempt: usize,
    /// Rules that failed or contradicted themselves.
    pub faults: Vec<Gap>,
}

impl Judgement {
    fn join(mut self, other: Judgement) -> Judgement {
        self.rulings.extend(other.rulings);
        self.passed += other.passed;
        self.exempt += other.exempt;
        self.faults.extend(other.faults);
        self
    }
}

/// Judges an estate. `today` is `YYYY-MM-DD`; `keep_proved` keeps passes and exemptions in the result.
pub fn judge(
    estate: &Estate,
    evaluator: &Evaluator<'_>,
    rules: &[Enabled],
    config: &Config,
    today: &str,
    keep_proved: bool,
) -> Judgement {
    let bench = Bench { estate, rules, config, today, keep_proved };
    let wanted = |scope: &&Scope| rules.iter().any(|enabled| enabled.feedable && enabled.rule.scope == **scope);
    let homes: Vec<Home> = SCOPES.iter().filter(wanted).flat_map(|scope| estate.homes(*scope)).collect();
    let judged = homes.par_iter().map_init(|| evaluator.worker(), |worker, home| bench.judge(worker, *home));
    judged.reduce(Judgement::default, Judgement::join).join(bench.lone_workspaces())
}

/// What all inputs are judged with.
struct Bench<'a> {
    estate: &'a Estate,
    rules: &'a [Enabled],
    config: &'a Config,
    today: &'a str,
    keep_proved: bool,
}

impl Bench<'_> {
    fn judge(&self, worker: &mut Worker<'_>, home: Home) -> Judgement {
        let mut result = Judgement::default();
        let mut input = self.estate.input(home, self.config, self.today);
        let document = policy::Input::new(std::mem::take(&mut input.document));
        let mut by_kind: HashMap<&str, BTreeMap<&str, &Subject>> = HashMap::new();
        for subject in input.subjects.iter().filter(|subject| !self.is_only_known(subject)) {
            // Of two with one id the first counts.
            by_kind.entry(subject.kind).or_default().entry(&subject.id).or_insert(subject);
        }
        for (place, enabled) in self.rules.iter().enumerate() {
            if !enabled.feedable || enabled.rule.scope != input.scope {
                continue;
            }
            let Some(subjects) = by_kind.get(enabled.rule.subject.as_str()) else { continue };
            let ids = subjects.keys().copied();
            let find = |id: &str| subjects.get(id).copied();
            let judged = match worker.evaluate(enabled.number, &document) {
                Ok(answers) => policy::judge(ids, answers, |id| {
                    find(id).map_or_else(String::new, |s| open_reason(self.estate, &enabled.rule, &input, s))
                }),
                Err(error) => {
                    result.faults.push(fault(GapCode::RuleFailed, &error.to_string()));
                    policy::judge_failed(ids, &error)
                }
            };
            for judged in judged {
                if let Some(subject) = find(&judged.subject) {
                    self.note(place, subject, self.unless_conditional(judged, subject), &mut result);
                }
            }
        }
        result
    }

    /// A pass that rests on a resource which may not be deployed is not proved: another one may be used
    /// in its place.
    fn unless_conditional(&self, judged: Judged, subject: &Subject) -> Judged {
        let members = subject.pair.map_or(&[][..], |at| &self.estate.pairs[at].members);
        let parts = members.iter().copied().chain(subject.resource);
        let condition = |number: usize| self.estate.resources[number].declaration().and_then(|d| d.condition.clone());
        // What stands under one condition is there together or not at all.
        let given = condition(members.first().copied().unwrap_or(subject.workspace));
        let doubtful = parts.into_iter().find(|number| condition(*number).is_some_and(|c| Some(&c) != given.as_ref()));
        match (judged.verdict, doubtful) {
            (Verdict::Pass, Some(number)) => Judged {
                verdict: Verdict::Open,
                reason: format!(
                    "\"{}\" is deployed only under a condition that cannot be decided: {}",
                    self.estate.resources[number].display_name(),
                    condition(number).unwrap_or_default()
                ),
                ..judged
            },
            _ => judged,
        }
    }

    /// Whether a subject is context. A pair is judged if one of its members is.
    fn is_only_known(&self, subject: &Subject) -> bool {
        let context = subject.resource.is_some_and(|resource| self.estate.resources[resource].context);
        context && subject.kind != "workspace_pair"
    }

    fn note(&self, place: usize, subject: &Subject, judged: Judged, result: &mut Judgement) {
        let rule = &self.rules[place].rule;
        // Off in this tier.
        let Some(level) = rule.level_in(tier_of(rule, subject)) else {
            result.exempt += 1;
            return;
        };
        if judged.conflict {
            let message = format!("{} proves a pass and a denial for {}", rule.id, subject.id);
            result.faults.push(fault(GapCode::RuleConflict, &message));
        }
        let inferred = is_inferred(self.estate, subject);
        let ruling = |level, message, denial| Ruling {
            rule: place,
            subject: subject.clone(),
            verdict: judged.verdict,
            level: capped(level, inferred),
            message,
            denial,
        };
        match judged.verdict {
            Verdict::Deny => result.rulings.extend(judged.denials.into_iter().map(|denial| {
                let note = match (inferred, subject.pair) {
                    (true, Some(_)) => " (the pair is inferred)",
                    (true, None) => " (the pairs are inferred)",
                    _ => "",
                };
                let message = format!("{}{note}", denial.message);
                ruling(self.rules[place].level_of(&denial, level), message, Some(denial))
            })),
            Verdict::Open => result.rulings.push(ruling(level, judged.reason, None)),
            Verdict::Pass | Verdict::Exempt => {
                let (count, message) = match judged.verdict {
                    Verdict::Pass => (&mut result.passed, rule.title.clone()),
                    _ => (&mut result.exempt, judged.reason),
                };
                *count += 1;
                if self.keep_proved {
                    result.rulings.push(ruling(level, message, None));
                }
            }
        }
    }

    /// One cause, one finding: what pair rules would say about a workspace without any counterpart is
    /// said by HF-TOPO-001. Not counted, since no pair is there to be exempt.
    fn lone_workspaces(&self) -> Judgement {
        let mut result = Judgement::default();
        let lone =
            self.estate.workspaces.iter().filter(|w| w.judged && self.estate.pairs_of(w.resource).next().is_none());
        for facts in lone {
            if !self.keep_proved {
                continue;
            }
            let message = match facts.counterparts.first() {
                Some(named) => {
                    format!("its counterpart \"{}\" is not among what was read, see HF-TOPO-001", named.name)
                }
                None => "the workspace has no counterpart, see HF-TOPO-001".to_owned(),
            };
            for (place, enabled) in self.rules.iter().enumerate().filter(|(_, e)| e.rule.scope == Scope::Pair) {
                let subject = self.estate.workspace_subject(facts.resource, self.config);
                let level = enabled.rule.level_in(tier_of(&enabled.rule, &subject)).unwrap_or(Level::Note);
                let (verdict, message, denial) = (Verdict::Exempt, message.clone(), None);
                result.rulings.push(Ruling { rule: place, subject, verdict, level, message, denial });
            }
        }
        result
    }
}

fn fault(code: GapCode, message: &str) -> Gap {
    Gap::new(code, GapPlace::Scan, message)
}
