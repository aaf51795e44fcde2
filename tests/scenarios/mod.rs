//! What several test files share: the scenario estates and how they are judged.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use holdfast::config::{self, Config};
use holdfast::finding::{Report, Verdict};
use holdfast::model::Inventory;
use holdfast::policy::Policies;
use holdfast::rule::{Level, Rule};
use holdfast::scan::{self, ScanOptions};
use holdfast::source::snapshot::read_snapshot;
use holdfast::source::{self, FileTree};

/// The verdict about each subject: (rule id, subject name) → verdict.
pub type Verdicts = BTreeMap<(String, String), Verdict>;

/// The built-in rules, ready to judge.
pub struct Bench {
    pub policies: Policies,
    pub rules: Vec<Rule>,
}

impl Bench {
    pub fn new() -> Self {
        let policies = Policies::builtin().unwrap_or_else(|errors| panic!("{errors:?}"));
        let rules = policies.rules().cloned().collect();
        Self { policies, rules }
    }

    pub fn rule(&self, id: &str) -> &Rule {
        self.rules.iter().find(|rule| rule.id == id).expect("a rule of this bench")
    }

    pub fn config(&self, path: &Path) -> Config {
        let known: Vec<&str> = self.rules.iter().map(|rule| rule.id.as_str()).collect();
        config::load(path, &known).unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn report(&self, inventory: Inventory, config: &Config) -> Report {
        let estate = scan::assemble(inventory, config, &self.rules).expect("the table of defaults");
        let options = ScanOptions {
            include_passes: true,
            reproducible: true,
            inline_waivers: true,
            fail_on: Some(Level::Error),
            today: holdfast::date::Date::parse("2026-11-24"),
            ..ScanOptions::default()
        };
        scan::report(&estate, &self.policies, config, &options)
    }

    pub fn verdicts(&self, inventory: Inventory, config: &Config) -> Verdicts {
        verdicts(&self.report(inventory, config))
    }
}

/// The verdict table of a report, without the subjects that are rules about pairs of lone workspaces.
pub fn verdicts(report: &Report) -> Verdicts {
    let row = |f: &holdfast::finding::Finding| ((report.rules[f.rule].id.clone(), f.subject.name.clone()), f.verdict);
    report.findings.iter().map(row).collect()
}

/// A scenario: a folder below `fixtures/estates`.
pub struct Scenario {
    pub name: String,
    pub folder: PathBuf,
    pub config: Config,
}

impl Scenario {
    /// The recorded inventory.
    pub fn inventory(&self) -> Inventory {
        read_snapshot(&self.folder.join("snapshot.json")).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The dialects that the scenario is written in too: the names of its folders.
    pub fn dialects(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let mut names: Vec<String> = entries
            .filter(|path| path.is_dir())
            .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// What the scenario declares in a dialect.
    pub fn source(&self, dialect: &str) -> Inventory {
        let folder = self.folder.join(dialect);
        let tree = FileTree::open(&self.folder, &[folder], &source::is_source).expect("a tree");
        source::read_tree(&tree, &BTreeMap::new()).0
    }
}

/// All scenarios that have a recorded inventory.
pub fn snapshots() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates");
    let bench = Bench::new();
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&root).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    let recorded = folders.into_iter().filter(|folder| folder.join("snapshot.json").is_file());
    let scenarios: Vec<Scenario> = recorded
        .map(|folder| Scenario {
            name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            config: match config::discover(&folder).expect("one configuration") {
                Some(file) => bench.config(&file),
                None => Config::default(),
            },
            folder,
        })
        .collect();
    assert!(!scenarios.is_empty(), "no scenario has a snapshot");
    scenarios
}
