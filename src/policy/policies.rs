//! The policies of a scan: built-in rules, custom rules, the library and the data tables.

use std::collections::BTreeMap;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use regorus::Value;
use serde_json::Value as Json;
use thiserror::Error;

use super::embedded::FILES;
use super::engine::Evaluator;
use super::file::{is_test, read_folder};
use super::syntax::Syntax;
use super::{PolicyError, PolicyFile, compile, contract, metadata, recursion};
use crate::nearest::nearest;
use crate::rule::Rule;

/// The library file that only tests use.
pub(super) const FIXTURE: &str = "lib/fixture";

/// Why rules cannot be selected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectError {
    /// A pattern is not a glob.
    #[error("`{pattern}` is not a valid pattern: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong.
        reason: String,
    },
    /// A pattern matches no rule, so it was meant to be another.
    #[error("no rule matches `{pattern}`{}", .nearest.as_ref().map(|id| format!("; did you mean `{id}`?")).unwrap_or_default())]
    NoMatch {
        /// The pattern.
        pattern: String,
        /// The nearest id.
        nearest: Option<String>,
    },
}

/// A rule and where it came from.
pub(crate) struct RulePolicy {
    pub(crate) rule: Rule,
    pub(crate) file: PolicyFile,
    /// Its path below `rules/`, or below the folder of `--policy-dir`.
    pub(crate) relative: String,
}

/// The rules of a scan and what they share.
pub struct Policies {
    /// Sorted by id.
    rules: Vec<RulePolicy>,
    library: Vec<PolicyFile>,
    tables: BTreeMap<String, Json>,
}

impl Policies {
    /// The built-in policies. They are tested, so an error is a mistake of the build.
    pub fn builtin() -> Result<Self, Vec<PolicyError>> {
        let rules = built_in("rules/").filter(|(path, _)| path.ends_with(".rego") && !is_test(path));
        let library = built_in("lib/").filter(|(path, _)| !is_test(path) && !path.starts_with(FIXTURE));
        let mut policies =
            Self { rules: Vec::new(), library: library.map(|(_, file)| file).collect(), tables: BTreeMap::new() };
        let mut errors = Vec::new();
        for (path, file) in rules {
            let relative = path.trim_start_matches("rules/").to_owned();
            policies.add(metadata::read(&file, false), file, relative, &mut errors);
        }
        for (path, file) in built_in("data/") {
            match table(&path, &file) {
                Ok((name, table)) => drop(policies.tables.insert(name, table)),
                Err(error) => errors.push(error),
            }
        }
        policies.finish(errors)
    }

    /// The same with the rules of `--policy-dir`, checked. Rules are its files with a METADATA block;
    /// files below a folder `lib` are helpers that its rules may import.
    pub fn with_custom(self, folder: &Path) -> Result<Self, Vec<PolicyError>> {
        self.with_custom_files(folder, read_folder(folder)?)
    }

    /// The same with files that were read elsewhere, each with its path from `folder` with `/`.
    pub fn with_custom_files(
        mut self,
        folder: &Path,
        mut files: Vec<(String, PolicyFile)>,
    ) -> Result<Self, Vec<PolicyError>> {
        files.retain(|(path, _)| is_policy(path));
        let (helpers, rules): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| is_helper(path));
        if rules.is_empty() {
            let message = "holds no policies (`.rego` files with METADATA)".to_owned();
            return Err(vec![PolicyError { file: folder.display().to_string(), line: 0, message }]);
        }
        let mut errors = Vec::new();
        let helpers = helpers.into_iter().map(|(_, file)| file).collect::<Vec<_>>();
        errors.extend(helpers.iter().filter_map(|helper| check_helper(helper).err()));
        for (relative, file) in rules {
            self.add(metadata::read(&file, true), file, relative, &mut errors);
        }
        let custom = || self.rules.iter().filter(|policy| policy.rule.custom);
        if errors.is_empty() {
            self.library.extend(helpers.iter().cloned());
            errors.extend(contract::check_unique(self.rules.iter().map(|policy| (&policy.rule, &policy.file))));
            errors.extend(custom().flat_map(|policy| check_custom(policy, &helpers)));
        }
        if errors.is_empty() {
            let library = compile::library(&self.library).map_err(|error| vec![error])?;
            errors.extend(
                custom().filter_map(|policy| compile::compile(&library, &[(&policy.file, &policy.rule.package)]).err()),
            );
        }
        self.finish(errors)
    }

    /// Only the rules that match one of `include` (all, if it is empty) and none of `exclude`: globs
    /// over id, former ids and name (`storage/default_account_separate`), case ignored. Deprecated rules
    /// are left out.
    pub fn select(mut self, include: &[String], exclude: &[String]) -> Result<Self, SelectError> {
        let included = self.matchers(include)?;
        let excluded = self.matchers(exclude)?;
        self.rules.retain(|policy| {
            !policy.rule.deprecated
                && (included.is_empty() || included.iter().any(|glob| is_named(policy, glob)))
                && !excluded.iter().any(|glob| is_named(policy, glob))
        });
        Ok(self)
    }

    /// The rules, sorted by id. Their places are the numbers that the [`Evaluator`] takes.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.iter().map(|policy| &policy.rule)
    }

    /// Whether any of the rules asks for facts about regions (`input.regions`), itself or through the
    /// library.
    pub fn read_regions(&self) -> bool {
        let asks =
            |file: &PolicyFile| file.text.contains("data.holdfast.lib.regions") || file.text.contains("input.regions");
        let helper = |file: &&PolicyFile| !file.text.contains("package holdfast.lib.");
        self.rules.iter().any(|policy| asks(&policy.file)) || self.library.iter().filter(helper).any(asks)
    }

    /// The source file of a rule.
    pub fn source(&self, rule: usize) -> &PolicyFile {
        &self.rules[rule].file
    }

    /// A data table as rules see it, for example `paired_regions`.
    pub fn table(&self, name: &str) -> Option<&Json> {
        self.tables.get(name)
    }

    /// Replaces a data table, for example by what the live scan learnt.
    pub fn set_table(&mut self, name: &str, table: Json) {
        self.tables.insert(name.to_owned(), table);
    }

    /// An evaluator of these rules. Rules are compiled when an input first needs them.
    pub fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(self)
    }

    /// Checks every rule against the contract. For the built-in rules this is a test; custom rules were
    /// checked when they were loaded.
    pub fn check_contract(&self) -> Vec<PolicyError> {
        let mut errors = contract::check_unique(self.rules.iter().map(|policy| (&policy.rule, &policy.file)));
        errors.extend(self.rules.iter().flat_map(|policy| check_custom(policy, &self.library)));
        errors.extend(self.rules.iter().filter(|policy| !policy.rule.custom).filter_map(|policy| {
            let test = format!("rules/{}_test.rego", policy.relative.trim_end_matches(".rego"));
            let missing = !FILES.iter().any(|(path, _)| *path == test);
            missing.then(|| policy.file.error(0, format!("has no policies/{test}")))
        }));
        errors
    }

    pub(super) fn policy(&self, rule: usize) -> &RulePolicy {
        &self.rules[rule]
    }

    pub(super) fn library(&self) -> &[PolicyFile] {
        &self.library
    }

    /// `data` as rules see it.
    pub(super) fn data(&self) -> Value {
        data(&self.tables)
    }

    /// One custom rule that was not checked, as the engine might get it if a check had a hole.
    #[cfg(test)]
    pub(super) fn unchecked(file: PolicyFile) -> Self {
        let mut policies = Self::builtin().expect("the built-in policies load");
        let rule = metadata::read(&file, true).expect("the METADATA is good");
        policies.rules = vec![RulePolicy { rule, relative: file.path.clone(), file }];
        policies
    }

    fn add(
        &mut self,
        rule: Result<Rule, PolicyError>,
        file: PolicyFile,
        relative: String,
        errors: &mut Vec<PolicyError>,
    ) {
        match rule {
            Ok(rule) => self.rules.push(RulePolicy { rule, file, relative }),
            Err(error) => errors.push(error),
        }
    }

    fn finish(mut self, mut errors: Vec<PolicyError>) -> Result<Self, Vec<PolicyError>> {
        if errors.is_empty() {
            self.rules.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
            return Ok(self);
        }
        errors.sort();
        errors.dedup();
        Err(errors)
    }

    fn matchers(&self, patterns: &[String]) -> Result<Vec<GlobMatcher>, SelectError> {
        patterns
            .iter()
            .map(|pattern| {
                let glob = GlobBuilder::new(pattern).case_insensitive(true).literal_separator(false).build();
                let glob = glob
                    .map_err(|error| SelectError::Pattern {
                        pattern: pattern.clone(),
                        reason: error.kind().to_string(),
                    })?
                    .compile_matcher();
                if self.rules.iter().any(|policy| is_named(policy, &glob)) {
                    return Ok(glob);
                }
                let nearest = nearest(pattern, self.rules().map(|rule| rule.id.as_str())).map(str::to_owned);
                Err(SelectError::NoMatch { pattern: pattern.clone(), nearest })
            })
            .collect()
    }
}

fn is_named(policy: &RulePolicy, glob: &GlobMatcher) -> bool {
    glob.is_match(&policy.rule.id)
        || policy.rule.aliases.iter().any(|alias| glob.is_match(alias))
        || glob.is_match(policy.relative.trim_end_matches(".rego"))
}

/// Whether a custom file takes part in scans: tests and tables do not.
pub(crate) fn is_policy(relative: &str) -> bool {
    relative.ends_with(".rego") && !is_test(relative)
}

/// The files of a custom policy folder that take part in scans, each with its path from there.
pub(crate) fn custom_files(folder: &Path) -> Result<Vec<(String, PolicyFile)>, Vec<PolicyError>> {
    let mut files = read_folder(folder)?;
    files.retain(|(path, _)| is_policy(path));
    Ok(files)
}

/// Whether a custom file is a helper and not a rule.
pub(super) fn is_helper(relative: &str) -> bool {
    relative.split('/').rev().skip(1).any(|folder| folder == "lib")
}

fn check_helper(helper: &PolicyFile) -> Result<(), PolicyError> {
    let (package, line) = metadata::package(helper)?;
    if package.split('.').next() == Some("holdfast") {
        return Err(helper.error(line, "packages below `holdfast` are those of holdfast".to_owned()));
    }
    Syntax::parse(helper).map(drop)
}

/// The contract and the absence of recursion, for one rule with the helpers that it may use.
fn check_custom(policy: &RulePolicy, helpers: &[PolicyFile]) -> Vec<PolicyError> {
    let parsed: Result<Vec<_>, PolicyError> = std::iter::once(&policy.file)
        .chain(helpers)
        .map(|file| Ok((file, metadata::package(file)?.0, Syntax::parse(file)?)))
        .collect();
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return vec![error],
    };
    let modules: Vec<recursion::Module> =
        parsed.iter().map(|(file, package, syntax)| (*file, package.as_str(), syntax)).collect();
    let mut errors = recursion::check(&modules);
    errors.extend(parsed.iter().flat_map(|(file, _, syntax)| contract::check_every(file, syntax)));
    errors.extend(contract::check(&policy.rule, &policy.file, &policy.relative, &parsed[0].2));
    errors
}

/// Embedded files below a folder, with the path from `policies/`.
pub(super) fn built_in(prefix: &'static str) -> impl Iterator<Item = (String, PolicyFile)> {
    FILES
        .iter()
        .filter(move |(path, _)| path.starts_with(prefix))
        .map(|(path, text)| ((*path).to_owned(), PolicyFile::new(format!("policies/{path}"), *text)))
}

/// A table and its name in Rego: `data/paired-regions.json` is `paired_regions`.
pub(super) fn table(path: &str, file: &PolicyFile) -> Result<(String, Json), PolicyError> {
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".json").replace('-', "_");
    let table = serde_json::from_str(&file.text).map_err(|error| file.error(error.line(), error.to_string()))?;
    Ok((name, table))
}

/// Tables as `data.holdfast.tables`.
pub(super) fn data(tables: &BTreeMap<String, Json>) -> Value {
    let tables: serde_json::Map<_, _> = tables.clone().into_iter().collect();
    Value::from(serde_json::json!({"holdfast": {"tables": tables}}))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const RULE: &str = "\
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
#   subject: workspace_pair
#   static: yes
#   change: in-place
#   evidence: {}
#   remediation: {text: Do it.}
package acme.storage.good

import data.acme.lib.words
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(s, s, \"\", words.bad) if some s in estate.subjects(\"workspace_pair\")

pass contains s.id if {
	some s in estate.subjects(\"workspace_pair\")
	false
}
";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn load(files: &[(&str, &str)]) -> Result<Policies, Vec<String>> {
        let folder = folder(files);
        let policies = Policies::builtin().unwrap().with_custom(folder.path());
        let root = folder.path().display().to_string();
        policies.map_err(|errors| errors.iter().map(|error| error.to_string().replace(&root, "")).collect())
    }

    const WORDS: (&str, &str) = ("lib/words.rego", "package acme.lib.words\n\nbad := \"bad\"\n");

    #[test]
    fn custom_rules_load_with_their_helpers() {
        let policies = load(&[("storage/good.rego", RULE), WORDS]).unwrap_or_else(|errors| panic!("{errors:?}"));
        assert!(policies.rules().any(|rule| rule.id == "ACME-001" && rule.custom));
    }

    #[test]
    fn each_broken_file_is_named() {
        let broken = RULE.replace("ACME-001", "ACME-002").replace("storage.good", "storage.broken") + "\nx := {\n";
        let misplaced = RULE.replace("ACME-001", "ACME-003");
        let errors = load(&[
            ("storage/good.rego", RULE),
            ("storage/broken.rego", &broken),
            ("storage/misplaced.rego", &misplaced),
            ("notes.rego", "package acme.notes\n"),
            WORDS,
        ])
        .err()
        .unwrap();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].starts_with("/notes.rego:1: no `# METADATA` block"), "{errors:?}");
        let errors =
            load(&[("storage/broken.rego", &broken), ("storage/misplaced.rego", &misplaced), WORDS]).err().unwrap();
        assert!(errors[0].starts_with("/storage/broken.rego:"), "{errors:?}");
        assert!(errors[1].contains("misplaced.rego:1: package `acme.storage.good` must end with"), "{errors:?}");
    }

    #[test]
    fn what_the_engine_refuses_is_found_at_load() {
        let unknown = RULE.replace("words.bad", "words.worse(1)");
        let errors = load(&[("storage/good.rego", &unknown), WORDS]).err().unwrap();
        assert!(errors[0].contains("/storage/good.rego:22: "), "{errors:?}");
        let recursive = format!("{RULE}\nf(n) := f(n - 1)\n");
        let errors = load(&[("storage/good.rego", &recursive), WORDS]).err().unwrap();
        assert!(errors[0].contains("`acme.storage.good.f` uses itself"), "{errors:?}");
    }

    #[test]
    fn the_packages_of_holdfast_are_closed() {
        let helper = ("lib/words.rego", "package holdfast.lib.estate\n\ncomplete(_) := true\n");
        let errors = load(&[("storage/good.rego", RULE), helper]).err().unwrap();
        assert!(errors[0].contains("those of holdfast"), "{errors:?}");
        assert!(load(&[("readme.json", "{}")]).err().unwrap()[0].contains("holds no policies"));
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_are_refused() {
        let folder = folder(&[("storage/good.rego", RULE)]);
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("x.rego")).unwrap();
        let errors = Policies::builtin().unwrap().with_custom(folder.path()).err().unwrap();
        assert!(errors[0].message.contains("link out of"), "{errors:?}");
    }

    #[test]
    fn rules_are_selected_by_id_and_name() {
        let load = || load(&[("storage/good.rego", RULE), WORDS]).unwrap_or_else(|errors| panic!("{errors:?}"));
        let ids = |policies: Policies| policies.rules().map(|rule| rule.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(load().select(&["acme-*".to_owned()], &[]).unwrap()), ["ACME-001"]);
        assert!(!ids(load().select(&[], &["storage/good".to_owned()]).unwrap()).contains(&"ACME-001".to_owned()));
        let error = load().select(&["ACME-002".to_owned()], &[]).err().unwrap().to_string();
        assert_eq!(error, "no rule matches `ACME-002`; did you mean `ACME-001`?");
        assert!(load().select(&["[".to_owned()], &[]).err().unwrap().to_string().contains("not a valid pattern"));
    }
}
