//! What holds for every rule: the contract, its tests, and that the virtual machine which scans agrees
//! with the interpreter in which the tests run.

use holdfast::policy::{Input, Outcome, Policies, fixture_inputs, test_builtin};

fn builtin() -> Policies {
    Policies::builtin().unwrap_or_else(|errors| panic!("{}", lines(&errors)))
}

fn lines(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn rules_keep_the_contract() {
    let policies = builtin();
    assert!(policies.rules().len() > 0);
    let errors = policies.check_contract();
    assert!(errors.is_empty(), "{}", lines(&errors));
}

#[test]
fn policy_tests_pass_and_reach_every_line() {
    let report = test_builtin(true).unwrap_or_else(|errors| panic!("{}", lines(&errors)));
    assert!(report.errors.is_empty(), "{}", lines(&report.errors));
    let failed: Vec<_> = (report.tests.iter())
        .filter(|test| test.outcome != Outcome::Passed)
        .map(|test| format!("{}:{}: {} {:?} {}", test.file, test.line, test.name, test.outcome, test.prints.join("; ")))
        .collect();
    assert!(failed.is_empty(), "{}", lines(&failed));
    let rules = || report.coverage.iter().filter(|file| file.file.starts_with("policies/rules/"));
    let gaps: Vec<_> = rules()
        .filter(|file| !file.not_covered.is_empty())
        .map(|file| format!("{}: lines {:?} are not reached", file.file, file.not_covered))
        .collect();
    assert!(gaps.is_empty(), "{}", lines(&gaps));
    assert_eq!(rules().count(), builtin().rules().len());
}

#[test]
fn interpreter_and_machine_agree() {
    let policies = builtin();
    let evaluator = policies.evaluator();
    let mut worker = evaluator.worker();
    let fixtures = fixture_inputs().unwrap_or_else(|errors| panic!("{}", lines(&errors)));
    let mut compared = 0;
    let mut differences = Vec::new();
    for fixture in &fixtures {
        let Some(index) = policies.rules().position(|rule| rule.package == fixture.package) else { continue };
        let input = Input::new(fixture.document.clone());
        let machine = worker.evaluate(index, &input);
        let interpreter = evaluator.interpret(index, &input);
        compared += 1;
        if machine != interpreter {
            differences.push(format!("{} {}:\n{machine:?}\n{interpreter:?}", fixture.package, fixture.test));
        }
    }
    assert!(differences.is_empty(), "{}", lines(&differences));
    assert!(compared >= policies.rules().len(), "only {compared} inputs were compared");
}
