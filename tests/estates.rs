//! The scenario estates, judged by every rule: each verdict about each subject is the expected one, and
//! there are no others. A perfect estate has nothing to find and leaves nothing open.

mod scenarios;

use std::collections::BTreeSet;

use holdfast::finding::Verdict;
use scenarios::{Bench, differences, expected};

#[test]
fn every_verdict_is_the_expected_one() {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    for scenario in scenarios::snapshots() {
        let found = bench.verdicts(scenario.inventory(), &scenario.config);
        wrong.extend(differences(&scenario.name, &expected(&scenario).0, &found));
    }
    assert!(wrong.is_empty(), "{} verdicts differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn perfect_estates_have_nothing_to_find() {
    let bench = Bench::new();
    let all = scenarios::snapshots();
    let perfect: Vec<_> = all.iter().filter(|scenario| scenario.name.starts_with("perfect-")).collect();
    assert!(perfect.len() >= 2, "both tiers have a perfect estate");
    for scenario in perfect {
        let report = bench.report(scenario.inventory(), &scenario.config);
        let bad = report.findings.iter().filter(|f| !matches!(f.verdict, Verdict::Pass | Verdict::Exempt));
        let bad: Vec<_> = bad.map(|f| format!("{:?} on {}: {}", f.verdict, f.subject.name, f.message)).collect();
        assert!(bad.is_empty(), "{}:\n{}", scenario.name, bad.join("\n"));
        assert_eq!(report.exit_code, 0, "{}", scenario.name);
        assert!(report.gaps.is_empty() && report.complete, "{}: {:?}", scenario.name, report.gaps);
    }
}

/// What is judged for a region is called by it, not by the list of usages that Azure gives for it.
#[test]
fn regions_are_called_by_their_names() {
    let bench = Bench::new();
    let all = scenarios::snapshots();
    let scenario = all.iter().find(|scenario| scenario.name == "inference-defects").expect("it is there");
    let report = bench.report(scenario.inventory(), &scenario.config);
    let of_regions = report.findings.iter().filter(|f| report.rules[f.rule].id == "HF-QUOTA-002");
    let names: BTreeSet<&str> = of_regions.map(|f| f.subject.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["eastasia", "northeurope"]));
}
