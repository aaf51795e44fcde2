//! Every scenario estate, from every source that it is written in, gives its expected verdict table.

mod scenarios;

use std::collections::BTreeSet;
use std::fs;

use scenarios::{Bench, Verdicts, differences, expected};

/// A table is about the rules that it names; another rule changes nothing in it.
fn of_its_rules(expected: &Verdicts, found: Verdicts) -> Verdicts {
    let rules: BTreeSet<&str> = expected.keys().map(|(rule, _)| rule.as_str()).collect();
    found.into_iter().filter(|((rule, _), _)| rules.contains(rule.as_str())).collect()
}

#[test]
fn every_source_gives_the_expected_verdicts() {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    let mut sources = 0;
    for scenario in scenarios::snapshots() {
        let (live, declared) = expected(&scenario);
        let found = of_its_rules(&live, bench.verdicts(scenario.inventory(), &scenario.config));
        wrong.extend(differences(&format!("{} snapshot", scenario.name), &live, &found));
        sources += 1;
        for dialect in scenario.dialects() {
            let inventory = scenario.source(&dialect);
            assert!(!inventory.resources.is_empty(), "{} {dialect} declares nothing", scenario.name);
            let found = of_its_rules(&declared, bench.verdicts(inventory, &scenario.config));
            wrong.extend(differences(&format!("{} {dialect}", scenario.name), &declared, &found));
            sources += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(sources >= 4, "only {sources} sources were judged");
}

/// A recorded inventory of source code is judged as the source code is.
#[test]
fn a_recorded_source_is_judged_like_the_source() {
    let bench = Bench::new();
    let all = scenarios::snapshots();
    for (scenario, dialect) in all.iter().flat_map(|s| s.dialects().into_iter().map(move |d| (s, d))) {
        let source = scenario.source(&dialect);
        let dir = tempfile::tempdir().expect("a scratch folder");
        let file = dir.path().join("recorded.json");
        let mut bytes = Vec::new();
        holdfast::source::snapshot::write_snapshot(&source, &mut bytes).expect("memory");
        fs::write(&file, bytes).expect("a file");
        let recorded = holdfast::source::snapshot::read_snapshot(&file).unwrap_or_else(|error| panic!("{error}"));
        let (direct, recorded) = (bench.verdicts(source, &scenario.config), bench.verdicts(recorded, &scenario.config));
        assert_eq!(direct, recorded, "{} {dialect}", scenario.name);
    }
}

#[test]
fn fingerprints_are_unique_within_a_log() {
    let bench = Bench::new();
    for scenario in scenarios::snapshots() {
        let mut inventories = vec![scenario.inventory()];
        inventories.extend(scenario.dialects().iter().map(|dialect| scenario.source(dialect)));
        for inventory in inventories {
            let report = bench.report(inventory, &scenario.config);
            let mut seen = BTreeSet::new();
            for finding in &report.findings {
                assert!(seen.insert(&finding.fingerprint), "{}: {} stands twice", scenario.name, finding.message);
            }
        }
    }
}
