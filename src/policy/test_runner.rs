//! Policy tests: the `test_` rules of `_test.rego` files, run in the interpreter, which knows `with`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rayon::prelude::*;
use regorus::unstable::Span;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use serde_json::Value as Json;

use super::engine::panic_text;
use super::file::{is_test, read_folder};
use super::policies::{built_in, data, is_helper, table};
use super::syntax::{Node, Syntax, add_policy, engine_error, path, walk};
use super::{PolicyError, PolicyFile, compile, metadata, recursion};

/// What one test may take.
const TIME: Duration = Duration::from_secs(60);

/// What came of a run of policy tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    /// The tests, by file and line.
    pub tests: Vec<TestCase>,
    /// Files that do not load, and rules without a test file.
    pub errors: Vec<PolicyError>,
    /// Lines of rules and helpers that their own test file does not reach; if it was asked for.
    pub coverage: Vec<Coverage>,
}

impl TestReport {
    /// Whether everything loads and no test failed.
    pub fn is_success(&self) -> bool {
        self.errors.is_empty() && self.tests.iter().all(|test| matches!(test.outcome, Outcome::Passed | Outcome::Todo))
    }

    /// How many tests passed.
    pub fn passed(&self) -> usize {
        self.tests.iter().filter(|test| test.outcome == Outcome::Passed).count()
    }
}

/// A test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestCase {
    /// Its file.
    pub file: String,
    /// Its line.
    pub line: usize,
    /// Its name, for example `test_shared_account_denied`.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What it printed, per `print` with file and line.
    pub prints: Vec<String>,
}

/// `policies/…_test.rego:12: test_x failed`, and what it printed.
impl std::fmt::Display for TestCase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {} ", self.file, self.line, self.name)?;
        match &self.outcome {
            Outcome::Passed => f.write_str("passed")?,
            Outcome::Failed => f.write_str("failed")?,
            Outcome::Error(reason) => write!(f, "cannot be evaluated: {reason}")?,
            Outcome::Todo => f.write_str("is still to be done")?,
        }
        self.prints.iter().try_for_each(|print| write!(f, "\n  {print}"))
    }
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is true.
    Passed,
    /// It is false or undefined.
    Failed,
    /// It could not be evaluated, for this reason.
    Error(String),
    /// It is named `todo_test_…` and was not run.
    Todo,
}

/// How much of a policy its own test file reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coverage {
    /// The policy.
    pub file: String,
    /// How many lines were evaluated.
    pub covered: usize,
    /// The lines that were not.
    pub not_covered: Vec<u32>,
}

/// An input that a policy test uses.
#[derive(Clone, Debug, PartialEq)]
pub struct FixtureInput {
    /// The package of the test file, without `_test`.
    pub package: String,
    /// The test.
    pub test: String,
    /// The document.
    pub document: Json,
}

/// Runs the tests of the built-in policies.
pub fn test_builtin(coverage: bool) -> Result<TestReport, Vec<PolicyError>> {
    Ok(Suite::builtin()?.run(coverage))
}

/// Runs the tests below a folder, against the built-in library as far as the folder does not bring its
/// own.
pub fn test_folder(folder: &Path, coverage: bool) -> Result<TestReport, Vec<PolicyError>> {
    Ok(Suite::of_folder(folder)?.run(coverage))
}

/// Every input that the tests of the built-in rules use, once per test: for documentation, and for tests
/// that hold for all inputs.
pub fn fixture_inputs() -> Result<Vec<FixtureInput>, Vec<PolicyError>> {
    let suite = Suite::builtin()?;
    let inputs_of = |test| {
        let mut inputs = Vec::new();
        let flow = suite.inputs_of(test, &mut |input| {
            inputs.push(input);
            ControlFlow::Continue(())
        });
        flow.map(|_| inputs)
    };
    let inputs: Result<Vec<Vec<_>>, PolicyError> = suite.tests.par_iter().map(inputs_of).collect();
    Ok(inputs.map_err(|error| vec![error])?.into_iter().flatten().collect())
}

/// A policy with its package and its path without `.rego`.
struct Module {
    package: String,
    stem: String,
    file: PolicyFile,
}

impl Module {
    fn new(path: &str, file: PolicyFile) -> Result<Self, PolicyError> {
        Ok(Self { package: metadata::package(&file)?.0, stem: path.trim_end_matches(".rego").to_owned(), file })
    }
}

/// Policies and their tests.
pub(super) struct Suite {
    /// The library, parsed once and cloned for each test file.
    engine: Engine,
    library: Vec<Module>,
    rules: Vec<Module>,
    tests: Vec<Module>,
    /// What does not load.
    errors: Vec<PolicyError>,
}

impl Suite {
    pub(super) fn builtin() -> Result<Self, Vec<PolicyError>> {
        Self::of(built_in("").collect(), Vec::new())
    }

    fn of_folder(folder: &Path) -> Result<Self, Vec<PolicyError>> {
        let files = read_folder(folder)?;
        if !files.iter().any(|(path, _)| is_test(path)) {
            let message = "holds no policy tests (`_test.rego`)".to_owned();
            return Err(vec![PolicyError { file: folder.display().to_string(), line: 0, message }]);
        }
        let base = built_in("lib/").chain(built_in("data/")).filter(|(path, _)| !is_test(path)).collect();
        Self::of(files, base)
    }

    /// `base` is the library and the tables as far as `files` do not replace them.
    fn of(files: Vec<(String, PolicyFile)>, base: Vec<(String, PolicyFile)>) -> Result<Self, Vec<PolicyError>> {
        let mut tables = BTreeMap::new();
        let mut library: BTreeMap<String, Module> = BTreeMap::new();
        let (mut rules, mut tests, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        for (path, file) in base.into_iter().chain(files) {
            if path.ends_with(".json") {
                match table(&path, &file) {
                    Ok((name, table)) => drop(tables.insert(name, table)),
                    Err(error) => errors.push(error),
                }
                continue;
            }
            match Module::new(&path, file) {
                Ok(module) if is_test(&path) => tests.push(module),
                Ok(module) if is_helper(&path) => drop(library.insert(module.package.clone(), module)),
                Ok(module) => rules.push(module),
                Err(error) => errors.push(error),
            }
        }
        let library: Vec<Module> = library.into_values().collect();
        let mut engine = compile::library(library.iter().map(|module| &module.file)).map_err(|error| vec![error])?;
        if let Err(error) = engine.add_data(data(&tables)) {
            return Err(vec![PolicyError { file: "data".to_owned(), line: 0, message: error.to_string() }]);
        }
        Ok(Self { engine, library, rules, tests, errors })
    }

    fn run(mut self, coverage: bool) -> TestReport {
        let results: Vec<_> = self.tests.par_iter().map(|test| self.run_file(test, coverage)).collect();
        let mut report = TestReport { errors: std::mem::take(&mut self.errors), ..TestReport::default() };
        for result in results {
            match result {
                Ok((tests, covered)) => {
                    report.tests.extend(tests);
                    report.coverage.extend(covered);
                }
                Err(error) => report.errors.push(error),
            }
        }
        let untested = self.rules.iter().filter(|rule| !self.tests.iter().any(|test| test.stem == test_stem(rule)));
        report.errors.extend(untested.map(|rule| rule.file.error(0, "has no `_test.rego` beside it".to_owned())));
        report.tests.sort();
        report.errors.sort();
        report.coverage.sort();
        report
    }

    fn run_file(&self, test: &Module, coverage: bool) -> Result<(Vec<TestCase>, Option<Coverage>), PolicyError> {
        let mut engine = self.engine_for(&test.file)?;
        engine.set_enable_coverage(coverage);
        let cases = run_tests(&mut engine, test);
        if !coverage {
            return Ok((cases, None));
        }
        let subject = self.rules.iter().chain(&self.library).find(|module| test_stem(module) == test.stem);
        let covered = subject.and_then(|module| coverage_of(&engine, &module.file));
        Ok((cases, covered))
    }

    /// An engine with a test file, the policies that it imports and the library. Refuses recursion.
    fn engine_for(&self, test: &PolicyFile) -> Result<Engine, PolicyError> {
        let imports = Syntax::parse(test)?.imports();
        let imported = imports.iter().map(|(path, ..)| path[1..].join("."));
        let packages: Vec<String> = imported.collect();
        let mut engine = self.engine.clone();
        let mut files: Vec<_> = self.library.iter().map(|module| (&module.file, module.package.as_str())).collect();
        for rule in self.rules.iter().filter(|rule| packages.contains(&rule.package)) {
            add_policy(&mut engine, &rule.file)?;
            files.push((&rule.file, &rule.package));
        }
        let package = metadata::package(test)?.0;
        add_policy(&mut engine, test)?;
        files.push((test, &package));
        let syntaxes = Syntax::all_of(&mut engine);
        let modules: Vec<recursion::Module> =
            files.into_iter().zip(&syntaxes).map(|((file, package), syntax)| (file, package, syntax)).collect();
        if let Some(error) = recursion::check(&modules).into_iter().next() {
            return Err(error);
        }
        engine.set_strict_builtin_errors(true);
        engine.set_gather_prints(true);
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: TIME,
            check_interval: NonZeroU32::MIN.saturating_add(9_999),
        });
        Ok(engine)
    }

    /// Gives the inputs that the tests of a package use, in their order, until there are enough.
    pub(super) fn each_input(
        &self,
        package: &str,
        take: &mut dyn FnMut(FixtureInput) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, PolicyError> {
        let own = self.tests.iter().find(|test| test.package.strip_suffix("_test") == Some(package));
        own.map_or(Ok(ControlFlow::Continue(())), |test| self.inputs_of(test, take))
    }

    /// Runs a test file with every `with input as x` made `with input as capture(x)`.
    fn inputs_of(
        &self,
        test: &Module,
        take: &mut dyn FnMut(FixtureInput) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, PolicyError> {
        let rewritten = PolicyFile::new(test.file.path.clone(), capturing(&test.file)?);
        let captured: Arc<Mutex<Vec<Value>>> = Arc::default();
        let sink = Arc::clone(&captured);
        let mut engine = self.engine_for(&rewritten)?;
        let capture = move |mut arguments: Vec<Value>| {
            let value = arguments.pop().unwrap_or(Value::Undefined);
            if let Ok(mut captured) = sink.lock()
                && !captured.contains(&value)
            {
                captured.push(value.clone());
            }
            Ok(value)
        };
        engine
            .add_extension(CAPTURE.to_owned(), 1, Box::new(capture))
            .map_err(|error| engine_error(&test.file, &error.to_string()))?;
        for (name, ..) in tests_of(&test.file)? {
            let _ = engine.eval_rule(format!("data.{}.{name}", test.package));
            let values = captured.lock().map(|mut captured| std::mem::take(&mut *captured)).unwrap_or_default();
            for value in values {
                let document = serde_json::to_value(&value).map_err(|e| test.file.error(0, e.to_string()))?;
                let package = test.package.trim_end_matches("_test").to_owned();
                if take(FixtureInput { package, test: name.clone(), document }).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

const CAPTURE: &str = "holdfast_capture";

fn test_stem(module: &Module) -> String {
    format!("{}_test", module.stem)
}

/// The names and lines of the tests of a file, once each.
fn tests_of(file: &PolicyFile) -> Result<Vec<(String, usize)>, PolicyError> {
    let syntax = Syntax::parse(file)?;
    let mut tests: Vec<(String, usize)> = Vec::new();
    for (name, line, _) in syntax.rules() {
        let is_test = name.starts_with("test_") || name.starts_with("todo_test_");
        if is_test && !tests.iter().any(|(known, _)| *known == name) {
            tests.push((name, line));
        }
    }
    Ok(tests)
}

fn run_tests(engine: &mut Engine, module: &Module) -> Vec<TestCase> {
    let fresh = engine.clone();
    let tests = tests_of(&module.file).unwrap_or_default();
    let run = |(name, line): (String, usize)| {
        let outcome = if name.starts_with("todo_") {
            Outcome::Todo
        } else {
            let rule = format!("data.{}.{name}", module.package);
            match catch_unwind(AssertUnwindSafe(|| engine.eval_rule(rule))) {
                Ok(Ok(Value::Bool(true))) => Outcome::Passed,
                Ok(Ok(_)) => Outcome::Failed,
                Ok(Err(error)) => Outcome::Error(engine_error(&module.file, &error.to_string()).to_string()),
                Err(payload) => {
                    *engine = fresh.clone();
                    Outcome::Error(format!("panic: {}", panic_text(&*payload)))
                }
            }
        };
        let prints = engine.take_prints().unwrap_or_default();
        TestCase { file: module.file.path.clone(), line, name, outcome, prints }
    };
    tests.into_iter().map(run).collect()
}

fn coverage_of(engine: &Engine, file: &PolicyFile) -> Option<Coverage> {
    let report = engine.get_coverage_report().ok()?;
    let found = report.files.into_iter().find(|found| found.path == file.path)?;
    Some(Coverage {
        file: found.path,
        covered: found.covered.len(),
        not_covered: found.not_covered.into_iter().collect(),
    })
}

/// The text of a test file in which each value of `with input as` goes through [`CAPTURE`].
fn capturing(file: &PolicyFile) -> Result<String, PolicyError> {
    let syntax = Syntax::parse(file)?;
    let mut values: Vec<Span> = Vec::new();
    for (_, _, rule) in syntax.rules() {
        walk(rule, &mut |node| {
            if let Node::With(with) = node
                && path(&with.refr).is_some_and(|names| names == ["input"])
            {
                values.push(with.r#as.span().clone());
            }
        });
    }
    values.sort_by_key(|span| std::cmp::Reverse(span.start));
    let mut text = file.text.clone().into_owned();
    for span in values {
        text.insert(span.end as usize, ')');
        text.insert_str(span.start as usize, &format!("{CAPTURE}("));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "package acme.x\n\ndeny contains 1 if input.bad\n\npass contains 1 if {\n\tinput.good\n}\n";
    const TEST: &str = "\
package acme.x_test

import data.acme.x as rule

test_bad if count(rule.deny) == 1 with input as {\"bad\": true}

test_wrong if {
	print(\"here\")
	count(rule.deny) == 2 with input as {\"bad\": true}
}

test_strict if to_number(\"abc\") == 1

todo_test_later if false
";

    fn run(files: &[(&str, &str)], coverage: bool) -> Result<TestReport, Vec<PolicyError>> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            std::fs::write(folder.path().join(path), text).unwrap();
        }
        test_folder(folder.path(), coverage)
    }

    #[test]
    fn outcomes_are_told_apart() {
        let report = run(&[("x.rego", RULE), ("x_test.rego", TEST)], false).unwrap();
        let outcomes: Vec<_> =
            report.tests.iter().map(|test| (test.name.as_str(), test.line, test.outcome.clone())).collect();
        assert_eq!(outcomes[0], ("test_bad", 5, Outcome::Passed));
        assert_eq!(outcomes[1], ("test_wrong", 7, Outcome::Failed));
        assert!(matches!(&outcomes[2], ("test_strict", 12, Outcome::Error(text)) if text.contains("x_test.rego:12:")));
        assert_eq!(outcomes[3], ("todo_test_later", 14, Outcome::Todo));
        assert!(report.tests[1].prints[0].contains("here"), "{:?}", report.tests[1]);
        assert!(!report.is_success());
        assert_eq!(report.passed(), 1);
    }

    #[test]
    fn lines_that_no_test_reaches_are_named() {
        let report = run(&[("x.rego", RULE), ("x_test.rego", TEST)], true).unwrap();
        assert_eq!(report.coverage.len(), 1);
        assert_eq!(report.coverage[0].not_covered, [5]);
    }

    #[test]
    fn rules_without_tests_and_broken_files_are_errors() {
        let report = run(
            &[
                ("x.rego", RULE),
                ("x_test.rego", TEST),
                ("y.rego", "package acme.y\n"),
                ("z_test.rego", "package z\nx :="),
            ],
            false,
        )
        .unwrap();
        let errors: Vec<_> = report.errors.iter().map(ToString::to_string).collect();
        assert!(errors[0].ends_with("y.rego: has no `_test.rego` beside it"), "{errors:?}");
        assert!(errors[1].contains("z_test.rego:2:") || errors[1].contains("z_test.rego:1:"), "{errors:?}");
        assert_eq!(report.tests.len(), 4);
        assert!(run(&[("x.rego", RULE)], false).is_err());
    }

    #[test]
    fn recursion_is_an_error_and_not_the_end_of_the_process() {
        let endless = "package acme.r_test\n\nf(n) := f(n + 1)\n\ntest_it if f(1)\n";
        let report = run(&[("r_test.rego", endless)], false).unwrap();
        assert!(report.errors[0].message.contains("uses itself"), "{:?}", report.errors);
    }

    #[test]
    fn inputs_are_captured() {
        let file = PolicyFile::new("x_test.rego", TEST);
        let text = capturing(&file).unwrap();
        assert_eq!(text.matches("with input as holdfast_capture({\"bad\": true})").count(), 2, "{text}");
    }
}
