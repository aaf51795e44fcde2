//! Evaluation of rules on their inputs.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rayon::prelude::*;
use regorus::rvm::RegoVM;
use regorus::rvm::vm::ExecutionMode;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use thiserror::Error;

use super::answer::{self, Answers};
use super::compile::{self, Compiled};
use super::syntax::brief;
use super::{Policies, PolicyError};
use crate::rule::Rule;

/// Far above what a built-in rule needs on an estate of 100,000 resources, and no endless loop.
const BUILT_IN_INSTRUCTIONS: usize = 2_000_000_000;
/// A program has at most 255 entry points; smaller ones spread over threads.
const MAX_GROUP: usize = 16;

/// What a custom rule may spend on one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Steps of the virtual machine; some five million take a second.
    pub instructions: usize,
    /// Wall time. Only for a machine so slow that the steps do not end first: what ends by the clock may
    /// end otherwise the next time.
    pub time: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self { instructions: 10_000_000, time: Duration::from_secs(60) }
    }
}

/// Why a rule has no answer to an input. All its subjects there are open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("rule {rule} failed: {message}")]
pub struct RuleError {
    /// The id of the rule.
    pub rule: String,
    /// What happened.
    pub message: String,
}

/// A rule input, converted once for all rules of its scope.
pub struct Input {
    /// The document without its subjects.
    value: Value,
    /// Per kind its subjects.
    kinds: BTreeMap<String, Kind>,
}

/// The subjects of a kind.
struct Kind {
    ids: BTreeSet<String>,
    /// The document with these subjects only: a rule judges one kind, and asks for its subjects again and
    /// again.
    document: Value,
}

impl Input {
    /// From the document of `docs/rule-input.md`. Subjects without id or kind are nobody's.
    pub fn new(mut document: serde_json::Value) -> Self {
        let empty = || serde_json::Value::Array(Vec::new());
        let subjects = document.get_mut("subjects").map(|subjects| std::mem::replace(subjects, empty()));
        let value = Value::from(document);
        let mut by_kind: BTreeMap<String, (BTreeSet<String>, Vec<serde_json::Value>)> = BTreeMap::new();
        for subject in subjects.as_ref().and_then(serde_json::Value::as_array).into_iter().flatten() {
            if let (Some(id), Some(kind)) = (subject["id"].as_str(), subject["kind"].as_str()) {
                let of_kind = by_kind.entry(kind.to_owned()).or_default();
                of_kind.0.insert(id.to_owned());
                of_kind.1.push(subject.clone());
            }
        }
        let kinds = by_kind.into_iter().map(|(kind, (ids, subjects))| {
            let document = with_subjects(value.clone(), subjects);
            (kind, Kind { ids, document })
        });
        Self { kinds: kinds.collect(), value }
    }

    /// The ids of the subjects of a kind, sorted.
    pub fn subjects(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.kinds.get(kind).into_iter().flat_map(|kind| &kind.ids).map(String::as_str)
    }

    /// What a rule about a kind sees.
    fn document(&self, kind: &str) -> Value {
        self.kinds.get(kind).map_or_else(|| self.value.clone(), |kind| kind.document.clone())
    }
}

fn with_subjects(mut document: Value, subjects: Vec<serde_json::Value>) -> Value {
    // Its members are shared, not copied. A document that is no object has no rules that understand it.
    if let Ok(members) = document.as_object_mut() {
        members.insert("subjects".into(), Value::from(serde_json::Value::from(subjects)));
    }
    document
}

/// Evaluates rules. Shared by all threads; each has a [`Worker`].
///
/// Rules that judge the same kind of subject are needed together, so they are compiled together, when
/// the first input needs one of them. Custom rules are programs of their own: one that is broken takes
/// no other down.
pub struct Evaluator<'p> {
    policies: &'p Policies,
    library: OnceLock<Result<Engine, PolicyError>>,
    groups: Vec<Group>,
    /// Per rule its group and its place there.
    places: Vec<(usize, usize)>,
    data: Value,
    budget: Budget,
}

/// Rules that are one program.
struct Group {
    rules: Vec<usize>,
    custom: bool,
    compiled: OnceLock<Result<Compiled, PolicyError>>,
}

impl<'p> Evaluator<'p> {
    pub(super) fn new(policies: &'p Policies) -> Self {
        let mut by_subject: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, rule) in policies.rules().enumerate() {
            let alone = rule.custom.then_some(index);
            by_subject.entry((rule.scope, rule.subject.as_str(), alone)).or_default().push(index);
        }
        let groups: Vec<Group> = by_subject
            .into_iter()
            .flat_map(|((_, _, alone), rules)| {
                let chunks: Vec<_> = rules.chunks(MAX_GROUP).map(<[usize]>::to_vec).collect();
                chunks.into_iter().map(move |rules| Group { rules, custom: alone.is_some(), compiled: OnceLock::new() })
            })
            .collect();
        let mut places = vec![(0, 0); policies.rules().len()];
        for (group, Group { rules, .. }) in groups.iter().enumerate() {
            for (place, rule) in rules.iter().enumerate() {
                places[*rule] = (group, place);
            }
        }
        Self { policies, library: OnceLock::new(), groups, places, data: policies.data(), budget: Budget::default() }
    }

    /// The same with another budget for custom rules.
    pub fn with_budget(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// Compiles the rules that are needed now rather than when their first input comes; for a thread
    /// that would otherwise wait for files. Errors are kept for [`Worker::evaluate`].
    pub fn prepare(&self, needed: impl Fn(&Rule) -> bool + Sync) {
        self.groups.par_iter().for_each(|group| {
            if group.rules.iter().any(|rule| needed(&self.policies.policy(*rule).rule)) {
                let _ = self.compiled(group);
            }
        });
    }

    /// The answers of a rule as the interpreter gives them: the reference that policy tests use, ten times
    /// slower than a [`Worker`].
    pub fn interpret(&self, rule: usize, input: &Input) -> Result<Answers, RuleError> {
        let about = &self.policies.policy(rule).rule;
        let (group, place) = self.places[rule];
        self.compiled(&self.groups[group])
            .and_then(|compiled| {
                compiled
                    .interpret(place, &input.document(&about.subject), &self.data)
                    .map_err(|error| brief(&error.to_string()))
            })
            .and_then(|value| answer::answers(&value, input, &about.subject))
            .map_err(|message| RuleError { rule: about.id.clone(), message })
    }

    /// An evaluator for one thread.
    pub fn worker(&self) -> Worker<'_> {
        Worker { evaluator: self, machines: self.groups.iter().map(|_| None).collect() }
    }

    fn compiled<'g>(&self, group: &'g Group) -> Result<&'g Compiled, String> {
        let compiled = group.compiled.get_or_init(|| {
            let library = self.library.get_or_init(|| compile::library(self.policies.library())).as_ref();
            let rules = group.rules.iter().map(|rule| self.policies.policy(*rule));
            let files: Vec<_> = rules.map(|policy| (&policy.file, policy.rule.package.as_str())).collect();
            compile::compile(library.map_err(Clone::clone)?, &files)
        });
        compiled.as_ref().map_err(ToString::to_string)
    }

    fn machine(&self, group: &Group) -> Result<RegoVM, String> {
        let compiled = self.compiled(group)?;
        let mut machine = RegoVM::new_with_policy(compiled.policy.clone());
        machine.load_program(Arc::clone(&compiled.program));
        // Strict, one malformed value would take a whole set with it. (The flag of the engine has no
        // effect here.)
        machine.set_strict_builtin_errors(false);
        machine.set_max_instructions(BUILT_IN_INSTRUCTIONS);
        if group.custom {
            machine.set_max_instructions(self.budget.instructions);
            machine.set_execution_timer_config(Some(ExecutionTimerConfig {
                limit: self.budget.time,
                check_interval: NonZeroU32::MIN.saturating_add(999),
            }));
            // Its stack is on the heap: endless recursion ends at the limit instead of killing the process.
            machine.set_execution_mode(ExecutionMode::Suspendable);
        }
        machine.set_data(self.data.clone()).map_err(|error| error.to_string())?;
        Ok(machine)
    }
}

/// Evaluates rules on one thread.
pub struct Worker<'e> {
    evaluator: &'e Evaluator<'e>,
    /// Per group, made when it is first needed.
    machines: Vec<Option<RegoVM>>,
}

impl Worker<'_> {
    /// The answers of a rule to an input.
    pub fn evaluate(&mut self, rule: usize, input: &Input) -> Result<Answers, RuleError> {
        let about = &self.evaluator.policies.policy(rule).rule;
        let value = self.run(rule, input.document(&about.subject));
        value
            .and_then(|value| answer::answers(&value, input, &about.subject))
            .map_err(|message| RuleError { rule: about.id.clone(), message })
    }

    fn run(&mut self, rule: usize, input: Value) -> Result<Value, String> {
        let (group, place) = self.evaluator.places[rule];
        let taken = self.machines[group].take();
        // A machine that panicked is dropped.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut machine = match taken {
                Some(machine) => machine,
                None => self.evaluator.machine(&self.evaluator.groups[group])?,
            };
            machine.set_input(input);
            let value = machine.execute_entry_point_by_index(place).map_err(|error| brief(&error.to_string()));
            // Else it would hold the input until its next one.
            machine.set_input(Value::Undefined);
            Ok::<_, String>((machine, value))
        }));
        let (machine, value) = outcome.map_err(|payload| format!("panic: {}", brief(&panic_text(&*payload))))??;
        self.machines[group] = Some(machine);
        value
    }
}

/// The message of a panic.
pub(super) fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyFile;

    const HEAD: &str = "\
# METADATA
# title: Good
# description: Why.
# scope: package
# related_resources: [https://example.com/]
# custom:
#   id: ACME-001
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 5
#   scope: pair
#   subject: key_vault
#   static: yes
#   change: in-place
#   evidence: {}
#   remediation: {text: Do it.}
package acme.x

import data.holdfast.lib.estate
import data.holdfast.lib.finding
";

    fn evaluate(body: &str) -> Result<Answers, String> {
        let policies = Policies::unchecked(PolicyFile::new("x.rego", format!("{HEAD}\n{body}\n")));
        let evaluator = policies.evaluator().with_budget(Budget { instructions: 1_000_000, ..Budget::default() });
        let input = Input::new(serde_json::json!({
            "subjects": [
                {"id": "kv1", "kind": "key_vault", "resource": "kv1"},
                {"id": "ws1", "kind": "workspace", "resource": "ws1"},
            ],
            "resources": {"kv1": {"id": "kv1", "name": "kv1", "days": "seven"}},
        }));
        let mut worker = evaluator.worker();
        let answers = worker.evaluate(0, &input);
        assert_eq!(worker.evaluate(0, &input), answers, "a second evaluation gives the same");
        answers.map_err(|error| error.to_string())
    }

    #[test]
    fn all_four_sets_are_answered() {
        let answers = evaluate(
            "deny contains finding.about(finding.at_level(s, s, \"/a\", \"m\", \"note\"), \"b\") if {
                some s in estate.subjects(\"key_vault\")
            }
            pass contains \"kv1\"
            exempt contains finding.exempt({\"id\": \"kv1\"}, \"e\")
            open contains finding.open({\"id\": \"kv1\"}, \"o\")",
        )
        .unwrap();
        assert_eq!(answers.deny[0].level, Some(crate::rule::Level::Note));
        assert_eq!(answers.deny[0].about.as_deref(), Some("b"));
        assert_eq!(answers.pass, ["kv1"]);
        assert_eq!(answers.exempt, [("kv1".to_owned(), "e".to_owned())]);
        assert_eq!(answers.open, [("kv1".to_owned(), "o".to_owned())]);
    }

    #[test]
    fn a_set_that_is_missing_does_not_hide_the_others() {
        assert_eq!(evaluate("pass contains \"kv1\"").unwrap().pass, ["kv1"]);
        assert_eq!(evaluate("deny contains 1 if false").unwrap(), Answers::default());
    }

    #[test]
    fn malformed_answers_are_faults_of_the_rule() {
        let wrong = |body: &str| evaluate(body).unwrap_err();
        assert_eq!(
            wrong("pass contains \"ws1\""),
            "rule ACME-001 failed: `pass` names `ws1`, which is no subject of kind `key_vault` of this input"
        );
        assert!(wrong("pass contains 1").contains("not a subject id"));
        assert!(wrong("deny contains \"kv1\"").contains("`deny`: is not made by the helper library"));
        assert!(wrong("deny contains {\"subject\": \"kv1\"}").contains("`resource` is missing"));
        assert!(wrong("exempt contains {\"subject\": \"kv1\", \"reason\": \"\"}").contains("`reason` is missing"));
        let found = "deny contains object.union(finding.of({\"id\": \"kv1\"}, {\"id\": \"r\"}, \"/p\", \"m\"), ";
        assert!(wrong(&format!("{found}{{\"level\": \"fatal\"}})")).contains("`level`"));
        assert!(wrong(&format!("{found}{{\"colour\": 1}})")).contains("unknown member `colour`"));
        assert!(wrong(&format!("{found}{{\"pointer\": \"p\"}})")).contains("`pointer`"));
    }

    #[test]
    fn one_malformed_value_does_not_empty_a_set() {
        let body = "pass contains \"kv1\" if to_number(\"7\") == 7
            pass contains \"kv1\" if to_number(input.resources.kv1.days) == 7
            deny contains finding.of(s, s, \"\", \"m\") if {
                some s in estate.subjects(\"key_vault\")
                1 / to_number(\"0\") > 1
            }";
        let answers = evaluate(body).unwrap();
        assert_eq!(answers.pass, ["kv1"]);
        assert!(answers.deny.is_empty());
    }

    #[test]
    fn endless_rules_end_at_their_budget() {
        let recursion = "f(n) := f(n + 1)\npass contains \"kv1\" if f(1)";
        let error = evaluate(recursion).unwrap_err();
        assert!(error.contains("limit") || error.contains("ecursion"), "{error}");
        let product = (0..9).map(|n| format!("some a{n} in numbers.range(1, 100)\n")).collect::<String>();
        let error = evaluate(&format!("pass contains \"kv1\" if {{\n{product}\na0 == 0\n}}")).unwrap_err();
        assert!(error.contains("limit"), "{error}");
    }

    #[test]
    fn what_does_not_compile_is_a_fault_of_the_rule() {
        assert!(evaluate("pass contains nowhere(1)").unwrap_err().contains("x.rego:"));
    }
}
