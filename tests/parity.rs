//! Every scenario estate, from every source that it is written in, gives its expected verdict table.
//!
//! `expected.tsv` was derived from the catalogue of rules by hand: rule, subject, verdict, and, where
//! source code cannot know what Azure knows, a fourth column with the verdict of source code.

mod scenarios;

use std::fs;

use holdfast::finding::Verdict;
use scenarios::{Bench, Scenario, Verdicts};

/// The expected tables: for Azure, and for source code.
fn expected(scenario: &Scenario) -> (Verdicts, Verdicts) {
    let text = fs::read_to_string(scenario.folder.join("expected.tsv")).expect("an expected table");
    let mut tables = (Verdicts::new(), Verdicts::new());
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [rule, subject, live, rest @ ..] = fields.as_slice() else { panic!("{line}: not a row") };
        let key = ((*rule).to_owned(), (*subject).to_owned());
        tables.0.insert(key.clone(), verdict(live));
        tables.1.insert(key, verdict(rest.first().unwrap_or(live)));
    }
    tables
}

fn verdict(word: &str) -> Verdict {
    match word {
        "deny" => Verdict::Deny,
        "pass" => Verdict::Pass,
        "exempt" => Verdict::Exempt,
        "open" => Verdict::Open,
        other => panic!("{other} is no verdict"),
    }
}

/// A table is about the rules that it names; another rule changes nothing in it.
fn differences(source: &str, expected: &Verdicts, found: &Verdicts) -> Vec<String> {
    let rules: std::collections::BTreeSet<&str> = expected.keys().map(|(rule, _)| rule.as_str()).collect();
    let found_keys = found.keys().filter(|(rule, _)| rules.contains(rule.as_str()));
    let keys: std::collections::BTreeSet<_> = expected.keys().chain(found_keys).collect();
    let mut lines = Vec::new();
    for key in keys {
        if expected.get(key) != found.get(key) {
            lines.push(format!(
                "{source}: {} on {}: expected {:?}, found {:?}",
                key.0,
                key.1,
                expected.get(key),
                found.get(key)
            ));
        }
    }
    lines
}

#[test]
fn every_source_gives_the_expected_verdicts() {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    let mut sources = 0;
    for scenario in scenarios::snapshots() {
        let (live, declared) = expected(&scenario);
        let found = bench.verdicts(scenario.inventory(), &scenario.config);
        wrong.extend(differences(&format!("{} snapshot", scenario.name), &live, &found));
        sources += 1;
        for dialect in scenario.dialects() {
            let inventory = scenario.source(&dialect);
            assert!(!inventory.resources.is_empty(), "{} {dialect} declares nothing", scenario.name);
            let found = bench.verdicts(inventory, &scenario.config);
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
            let mut seen = std::collections::BTreeSet::new();
            for finding in &report.findings {
                assert!(seen.insert(&finding.fingerprint), "{}: {} stands twice", scenario.name, finding.message);
            }
        }
    }
}
