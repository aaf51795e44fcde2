//! A change against its base: baselines, what a change may not decide about itself, and `holdfast diff`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A folder that is a git repository, if git is here.
struct Repository(tempfile::TempDir);

impl Repository {
    fn folder() -> Self {
        Self(tempfile::tempdir().expect("a scratch folder"))
    }

    /// A repository with the estate of the sample as its one commit, or `None` where git is not installed.
    #[expect(clippy::print_stderr, reason = "a test that is skipped must say so")]
    fn of_sample() -> Option<Self> {
        let repository = Self::folder();
        if Command::new("git").arg("--version").output().is_err() {
            eprintln!("SKIPPED: git is not here");
            return None;
        }
        repository.git(&["init", "-q", "-b", "main"]);
        repository.write("infra/azuredeploy.json", &template());
        repository.write("holdfast.yaml", &configuration());
        repository.commit();
        Some(repository)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let full = self.path(path);
        fs::create_dir_all(full.parent().expect("a parent")).expect("folders");
        fs::write(full, text).expect("a file");
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        let mut git = Command::new("git");
        let output = git.arg("-C").arg(self.0.path()).args(identity).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn commit(&self) {
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "-m", "state"]);
    }

    /// Exit status, stdout, stderr of a command in this folder.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = assert_cmd::Command::cargo_bin("holdfast").expect("the binary is built");
        command.env_clear().current_dir(self.0.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        let output = command.args(arguments).output().expect("it starts");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (output.status.code().expect("no signal"), text(&output.stdout), text(&output.stderr))
    }

    fn scan(&self, arguments: &[&str]) -> (i32, String, String) {
        // These rules, so that a new one changes nothing here.
        let rules = ["--rule", "HF-ACR-*", "--rule", "HF-APPI-*", "--rule", "HF-KV-*", "--rule", "HF-STOR-*"];
        self.run(&[&["scan", "--today", "2026-11-24", "--reproducible"], &rules[..], arguments].concat())
    }

    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let (code, out, err) = self.scan(&[&["--format", "json"], arguments].concat());
        (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
    }
}

fn sample(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates/fraud-scoring").join(file);
    fs::read_to_string(path).expect("the sample")
}

/// It has one error (the registry) and three warnings.
fn template() -> String {
    sample("arm/azuredeploy.json")
}

fn configuration() -> String {
    sample("holdfast.yaml")
}

/// The template with one more error: both workspaces have the default storage of the first.
fn with_shared_storage() -> String {
    let template = template();
    let defect = template.replace(
        "concat('st', variables('flat'), variables('regions')[copyIndex()].short))]\",",
        "concat('st', variables('flat'), variables('regions')[0].short))]\",",
    );
    assert_ne!(defect, template);
    defect
}

/// The same declarations on other lines, in another order.
fn moved(template: &str) -> String {
    let mut json: Value = serde_json::from_str(template).expect("JSON");
    json["resources"].as_array_mut().expect("resources").reverse();
    format!("\n\n\n{}", serde_json::to_string_pretty(&json).expect("JSON"))
}

fn states(report: &Value) -> Vec<(String, String)> {
    let failed = report["findings"].as_array().expect("findings").iter().filter(|f| f["state"] == "failed");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    failed.map(|finding| (text(&finding["rule"]), text(&finding["baseline"]))).collect()
}

fn rules_with<'s>(states: &'s [(String, String)], state: &str) -> Vec<&'s str> {
    let mut rules: Vec<&str> = states.iter().filter(|(_, s)| s == state).map(|(rule, _)| rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

const OLD_RULES: [&str; 4] = ["HF-ACR-003", "HF-APPI-001", "HF-KV-003", "HF-STOR-003"];

#[test]
fn moved_blocks_and_renumbered_lines_are_no_difference() {
    let folder = Repository::folder();
    folder.write("infra/azuredeploy.json", &template());
    folder.write("holdfast.yaml", &configuration());
    let (code, ..) = folder.scan(&["--format", "sarif", "-o", "old.sarif"]);
    assert_eq!(code, 1);
    folder.write("infra/azuredeploy.json", &moved(&template()));
    let (code, report) = folder.json(&["--baseline", "old.sarif"]);
    assert_eq!(code, 0, "nothing is new");
    assert_eq!(rules_with(&states(&report), "unchanged"), OLD_RULES);
    assert_eq!((&report["summary"]["new"], &report["summary"]["fixed"]), (&0.into(), &0.into()));
}

#[test]
fn the_gate_counts_what_the_baseline_has_not() {
    let folder = Repository::folder();
    folder.write("infra/azuredeploy.json", &template());
    folder.write("holdfast.yaml", &configuration());
    folder.scan(&["--format", "sarif", "-o", "old.sarif"]);
    folder.write("infra/azuredeploy.json", &moved(&with_shared_storage()));
    let (code, report) = folder.json(&["--baseline", "old.sarif"]);
    assert_eq!(code, 1);
    assert!(rules_with(&states(&report), "new").contains(&"HF-STOR-001"), "{report}");
    // And back: it is fixed.
    folder.scan(&["--format", "sarif", "-o", "new.sarif"]);
    folder.write("infra/azuredeploy.json", &template());
    let (code, report) = folder.json(&["--baseline", "new.sarif"]);
    assert_eq!(code, 0);
    let fixed = report["fixed"].as_array().expect("fixed");
    assert!(fixed.iter().any(|fixed| fixed["rule"] == "HF-STOR-001"), "{report}");
    // SARIF has the state on every result.
    let (_, sarif, _) = folder.scan(&["--format", "sarif", "--baseline", "old.sarif"]);
    let log: Value = serde_json::from_str(&sarif).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    let states: Vec<&Value> = results.iter().map(|result| &result["baselineState"]).collect();
    assert_eq!(states, ["unchanged"; 4]);
}

#[test]
fn a_broken_baseline_stops_with_its_line() {
    let folder = Repository::folder();
    folder.write("azuredeploy.json", &template());
    folder.write("cut.sarif", "{\n  \"version\": \"2.1.0\",\n  \"runs\": [\n");
    folder.write("other.sarif", "{\"runs\": [\n{\"tool\": {\"driver\": {\"name\": \"trivy\",\n\"rules\": []}}}]}");
    for (file, line) in [("cut.sarif", 4), ("other.sarif", 2)] {
        let (code, out, err) = folder.scan(&["--baseline", file]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(&format!("{file}:{line}: not a SARIF log of holdfast")), "{err}");
    }
    let (code, _, err) = folder.scan(&["--baseline", "none.sarif"]);
    assert_eq!(code, 2);
    assert!(err.contains("none.sarif"), "{err}");
}

#[test]
fn two_logs_are_compared() {
    let folder = Repository::folder();
    folder.write("holdfast.yaml", &configuration());
    for (name, template) in [("old.sarif", template()), ("new.sarif", with_shared_storage())] {
        folder.write("infra/azuredeploy.json", &template);
        folder.scan(&["--format", "sarif", "-o", name]);
    }
    let (code, out, _) = folder.run(&["diff", "old.sarif", "new.sarif"]);
    assert_eq!(code, 0);
    assert!(out.contains("new: error[HF-STOR-001] infra/azuredeploy.json:"), "{out}");
    let (code, out, _) = folder.run(&["diff", "old.sarif", "new.sarif", "--fail-on", "error", "-f", "markdown"]);
    assert_eq!(code, 1);
    assert!(out.contains("### new (") && out.contains("`HF-STOR-001`"), "{out}");
    let (code, out, _) = folder.run(&["diff", "new.sarif", "old.sarif", "--fail-on", "error", "-f", "json"]);
    let diff: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &diff["fixed"][0]["rule"]), (0, &"HF-STOR-001".into()), "{out}");
    let (code, ..) = folder.run(&["diff", "old.sarif", "holdfast.yaml"]);
    assert_eq!(code, 2);
}

#[test]
fn a_change_is_judged_against_its_base() {
    let Some(repository) = Repository::of_sample() else { return };
    let (code, report) = repository.json(&["--baseline-ref", "main"]);
    assert_eq!(code, 0, "what was there before does not fail the change");
    assert_eq!(rules_with(&states(&report), "unchanged"), OLD_RULES);
    repository.write("infra/azuredeploy.json", &moved(&with_shared_storage()));
    let (code, report) = repository.json(&["--baseline-ref", "main"]);
    assert_eq!(code, 1);
    assert!(rules_with(&states(&report), "new").contains(&"HF-STOR-001"), "{report}");
    assert_eq!(report["proposed"], Value::Array(Vec::new()));
    let (code, ..) = repository.scan(&["--baseline-ref", "main", "infra"]);
    assert_eq!(code, 1, "a folder of the repository");
}

#[test]
fn a_base_that_is_none_is_refused() {
    let Some(repository) = Repository::of_sample() else { return };
    for name in ["--output=x", "-h", "none", "main:holdfast.yaml", "a b", ""] {
        let (code, out, err) = repository.scan(&[&format!("--baseline-ref={name}")]);
        assert_eq!((code, out.as_str()), (2, ""), "{name}");
        assert!(err.contains("--baseline-ref"), "{err}");
    }
    let (code, _, err) = repository.scan(&["--baseline-ref", "main", "--baseline", "x.sarif"]);
    assert_eq!(code, 2, "{err}");
}

const POLICY: &str = "\
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
package policies.good

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(s, s.id, \"\", \"bad\") if {
	some s in estate.subjects(\"workspace_pair\")
	false
}

pass contains s.id if some s in estate.subjects(\"workspace_pair\")
";

#[test]
fn a_stranger_cannot_waive_his_own_finding() {
    let Some(repository) = Repository::of_sample() else { return };
    repository.write("infra/azuredeploy.json", &with_shared_storage());
    let configuration = format!(
        "{}\nrules:\n  HF-STOR-*: off\nwaivers:\n  - rule: HF-*\n    target: \"*\"\n    reason: I need it.\n    owner: stranger\n    until: 2099-01-01\n",
        configuration()
    );
    repository.write("holdfast.yaml", &configuration);
    repository.write("policies/good.rego", POLICY);
    let arguments = ["--policy-dir", "policies"];
    // Without a base the change decides about itself.
    let (code, ..) = repository.scan(&arguments);
    assert_eq!(code, 0);
    repository.commit();
    for format in ["text", "markdown", "sarif", "html"] {
        let with_base = ["--baseline-ref", "HEAD~1", "--format", format];
        let (code, out, err) = repository.scan(&[&arguments[..], &with_base].concat());
        assert_eq!(code, 1, "{out}{err}");
        assert!(out.contains("HF-STOR-001"), "{out}");
        let plain = out.replace('\\', "");
        let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        for named in [
            "switches off HF-STOR-*",
            "waives HF-* for",
            "until 2099-01-01 (owner stranger)",
            "policies/good.rego: adds a custom policy",
        ] {
            assert!(words.contains(named), "{format}: {named} is missing in\n{words}");
        }
    }
    let (_, report) = repository.json(&[&arguments[..], &["--baseline-ref", "HEAD~1"]].concat());
    assert_eq!(report["proposed"].as_array().map(Vec::len), Some(3), "{}", report["proposed"]);
    assert_eq!(report["summary"]["waived"], 0);
}

#[test]
fn a_waiver_beside_the_declaration_is_not_the_changes_to_make() {
    let Some(repository) = Repository::of_sample() else { return };
    let waiver = "\"metadata\": {\"holdfast\": {\"waive\": [{\"rule\": \"HF-*\", \"owner\": \"x\", \"until\": \"2099-01-01\", \"reason\": \"r\"}]}},";
    let mut template = with_shared_storage();
    let start = template.find('{').expect("an object") + 1;
    template.insert_str(start, waiver);
    repository.write("infra/azuredeploy.json", &template);
    let (code, ..) = repository.scan(&[]);
    assert_eq!(code, 0, "it waives everything");
    let (code, out, _) = repository.scan(&["--baseline-ref", "HEAD"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("waives HF-* beside the declaration"), "{out}");
    // Once it is merged it holds, also for the lines below it.
    repository.commit();
    let (code, report) = repository.json(&["--baseline-ref", "HEAD"]);
    assert_eq!((code, &report["proposed"]), (0, &Value::Array(Vec::new())));
    assert!(report["summary"]["waived"].as_u64() > Some(3), "{}", report["summary"]);
}

#[test]
fn a_change_hides_no_files_from_its_own_scan() {
    let Some(repository) = Repository::of_sample() else { return };
    repository.write("infra/azuredeploy.json", &with_shared_storage());
    repository.write(".gitignore", "infra/\n");
    repository.write(".ignore", "*.json\n");
    let (code, out, _) = repository.scan(&[]);
    assert_eq!(code, 0, "{out}");
    let (code, out, _) = repository.scan(&["--baseline-ref", "main"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("ignore files hide infra/azuredeploy.json"), "{out}");
}

#[test]
fn a_configuration_that_became_a_link_or_vanished_is_still_that_of_the_base() {
    let Some(repository) = Repository::of_sample() else { return };
    let base = format!("{}\nrules: {{HF-ACR-003: off}}\n", configuration());
    repository.write("config/holdfast.yaml", &base);
    repository.commit();
    let elsewhere = tempfile::tempdir().expect("a scratch folder");
    fs::write(elsewhere.path().join("x.yaml"), "version: 1\nrules: {HF-*: off}\n").expect("a file");
    fs::remove_file(repository.path("config/holdfast.yaml")).expect("removed");
    repository.write("infra/azuredeploy.json", &with_shared_storage());
    let arguments = ["--baseline-ref", "HEAD", "--config", "config/holdfast.yaml"];
    let (code, report) = repository.json(&arguments);
    assert_eq!(code, 1);
    assert!(report["proposed"].to_string().contains("the setting of HF-ACR-003 is gone"), "{}", report["proposed"]);
    #[cfg(unix)]
    {
        let link = repository.path("config/holdfast.yaml");
        std::os::unix::fs::symlink(elsewhere.path().join("x.yaml"), link).expect("a link");
        let (code, report) = repository.json(&arguments);
        assert_eq!(code, 1);
        assert!(report["proposed"].to_string().contains("switches off HF-*"), "{}", report["proposed"]);
    }
}
