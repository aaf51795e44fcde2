//! What several test files share: the scenario estates and how they are judged.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use holdfast::config::{self, Config};
use holdfast::finding::{Finding, Report, Verdict};
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

/// The verdict table of a report.
pub fn verdicts(report: &Report) -> Verdicts {
    // What a rule judges once for each pair is told apart by the pair.
    let mut subjects: BTreeMap<(usize, String), BTreeSet<(&str, &str)>> = BTreeMap::new();
    for finding in &report.findings {
        subjects
            .entry((finding.rule, name_of(finding)))
            .or_default()
            .insert((&finding.subject.id, &finding.subject.group));
    }
    let mut verdicts = Verdicts::new();
    for finding in &report.findings {
        let name = name_of(finding);
        let alone = subjects.get(&(finding.rule, name.clone())).is_some_and(|ids| ids.len() == 1);
        let name = if alone { name } else { format!("{name} ({})", finding.subject.group) };
        let before = verdicts.insert((report.rules[finding.rule].id.clone(), name), finding.verdict);
        assert!(before.is_none_or(|before| before == finding.verdict), "two verdicts: {finding:?}");
    }
    verdicts
}

/// What a table calls a subject: its name, that of a child behind those that it stands below, a region
/// by its own.
fn name_of(finding: &Finding) -> String {
    let (id, name) = (&finding.subject.id, &finding.subject.name);
    if let Some((_, region)) = id.rsplit_once("/locations/") {
        return region.to_owned();
    }
    // The id of a pair is that of both members; one of source code may have anything in it.
    let tail = id.rsplit_once("/providers/").filter(|_| !id.contains(' ')).map(|(_, tail)| tail);
    let Some(tail) = tail.filter(|tail| !tail.contains('\u{27e8}')) else { return name.clone() };
    // Namespace, then type and name by turns; the last name as Azure spells it.
    let mut names: Vec<&str> = tail.split('/').skip(2).step_by(2).collect();
    if let Some(last) = names.last_mut().filter(|last| last.eq_ignore_ascii_case(name)) {
        *last = name;
    }
    names.join("/")
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

/// The expected verdicts of a scenario: for Azure, and for source code where that cannot know the same.
///
/// `expected.tsv` was derived from the catalogue of rules by hand: rule, subject, verdict, and, where
/// source code cannot know what Azure knows, a fourth column with the verdict of source code (`-`: none).
pub fn expected(scenario: &Scenario) -> (Verdicts, Verdicts) {
    let text = fs::read_to_string(scenario.folder.join("expected.tsv")).expect("an expected table");
    let mut tables = (Verdicts::new(), Verdicts::new());
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [rule, subject, live, rest @ ..] = fields.as_slice() else { panic!("{line}: not a row") };
        let key = ((*rule).to_owned(), (*subject).to_owned());
        assert!(tables.0.insert(key.clone(), verdict(live)).is_none(), "{}: {line} stands twice", scenario.name);
        let declared = rest.first().unwrap_or(live);
        if *declared != "-" {
            tables.1.insert(key, verdict(declared));
        }
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

/// Where two tables differ, a line each.
pub fn differences(source: &str, expected: &Verdicts, found: &Verdicts) -> Vec<String> {
    let keys: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let word = |verdict: Option<&Verdict>| verdict.map_or("none".to_owned(), |v| format!("{v:?}").to_lowercase());
    let differ = keys.into_iter().filter(|key| expected.get(key) != found.get(key));
    let line = |key: &(String, String)| {
        let (expected, found) = (word(expected.get(key)), word(found.get(key)));
        format!("{source}: {} on {}: expected {expected}, found {found}", key.0, key.1)
    };
    differ.map(line).collect()
}
