//! Rego policies: loading, METADATA, the contract that they keep, evaluation, verdicts, their tests.
//!
//! The only module that knows the Rego engine.

mod answer;
mod compile;
mod contract;
mod embedded;
mod engine;
mod examples;
mod file;
mod metadata;
mod policies;
mod recursion;
mod syntax;
mod test_runner;
mod verdict;

pub use answer::{Answers, Denial};
pub use engine::{Budget, Evaluator, Input, RuleError, Worker};
pub use examples::examples;
pub use file::{PolicyError, PolicyFile};
pub use policies::{Policies, SelectError};
pub(crate) use policies::{custom_files, is_policy};
pub use test_runner::{
    Coverage, FixtureInput, Outcome, TestCase, TestReport, fixture_inputs, test_builtin, test_folder,
};
pub use verdict::{Judged, judge, judge_failed};
