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
use super::{Policies, PolicyError};
use crate::rule::Rule;

/// Far above what a built-in rule needs on an estate of 100,000 resources, and no endless loop.
const BUILT_IN_INSTRUCTIONS: usize = 2_000_000_000;
/// A program has at most 255 entry points; smaller ones spread over threads.
const MAX_GROUP: usize = 16;
/// What a custom rule may spend on one input.
const CUSTOM_INSTRUCTIONS: usize = 50_000_000;
const CUSTOM_TIME: Duration = Duration::from_secs(10);

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
    value: Value,
    /// The ids of the subjects per kind.
    subjects: BTreeMap<String, BTreeSet<String>>,
}

impl Input {
    /// From the document of `docs/rule-input.md`. Subjects without id or kind are nobody's.
    pub fn new(document: serde_json::Value) -> Self {
        let mut subjects: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for subject in document["subjects"].as_array().into_iter().flatten() {
            if let (Some(id), Some(kind)) = (subject["id"].as_str(), subject["kind"].as_str()) {
                subjects.entry(kind.to_owned()).or_default().insert(id.to_owned());
            }
        }
        Self { value: Value::from(document), subjects }
    }

    /// The ids of the subjects of a kind, sorted.
    pub fn subjects(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.subjects.get(kind).into_iter().flatten().map(String::as_str)
    }
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
        Self { policies, library: OnceLock::new(), groups, places, data: policies.data() }
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
            machine.set_max_instructions(CUSTOM_INSTRUCTIONS);
            machine.set_execution_timer_config(Some(ExecutionTimerConfig {
                limit: CUSTOM_TIME,
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
        let value = self.run(rule, input);
        value
            .and_then(|value| answer::answers(&value, input, &about.subject))
            .map_err(|message| RuleError { rule: about.id.clone(), message })
    }

    fn run(&mut self, rule: usize, input: &Input) -> Result<Value, String> {
        let (group, place) = self.evaluator.places[rule];
        let taken = self.machines[group].take();
        // A machine that panicked is dropped.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut machine = match taken {
                Some(machine) => machine,
                None => self.evaluator.machine(&self.evaluator.groups[group])?,
            };
            machine.set_input(input.value.clone());
            let value = machine.execute_entry_point_by_index(place).map_err(|error| error.to_string());
            // Else it would hold the input until its next one.
            machine.set_input(Value::Undefined);
            Ok::<_, String>((machine, value))
        }));
        let (machine, value) = outcome.map_err(|payload| format!("panic: {}", panic_text(&*payload)))??;
        self.machines[group] = Some(machine);
        value
    }
}

/// The message of a panic.
pub(super) fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
