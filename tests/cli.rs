//! The binary as people call it: text, files, exit statuses.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

fn holdfast() -> Command {
    let mut command = Command::cargo_bin("holdfast").expect("the binary is built");
    command.env_clear();
    command
}

fn sample() -> String {
    format!("{}/fixtures/estates/fraud-scoring/bicep", env!("CARGO_MANIFEST_DIR"))
}

/// `scan` of the sample as the README has it.
fn scan_of_the_sample() -> Command {
    let mut command = holdfast();
    command.arg("scan").arg(sample()).args(["--config", &format!("{}/../holdfast.yaml", sample())]);
    command
}

/// Exit status, stdout, stderr.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code().expect("no signal"), text(&output.stdout), text(&output.stderr))
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a scratch folder");
    for (path, text) in files {
        let full = dir.path().join(path);
        fs::create_dir_all(full.parent().expect("a parent")).expect("folders");
        fs::write(full, text).expect("a file");
    }
    dir
}

const WORKSPACE: &str = "resource ws 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = {
  name: 'mlw-prod'
  location: 'westeurope'
  properties: { storageAccount: st.id }
}
resource st 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'stprod'
  location: 'westeurope'
  sku: { name: 'Standard_LRS' }
  kind: 'StorageV2'
}
";

#[test]
fn version_and_help_are_no_errors() {
    let (code, out, _) = run(holdfast().arg("--version"));
    assert_eq!((code, out.trim()), (0, concat!("holdfast ", env!("CARGO_PKG_VERSION"))));
    let (code, out, err) = run(holdfast().args(["scan", "--help"]));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("Exit status"), "{out}");
}

#[test]
fn wrong_flags_are_named() {
    let (code, _, err) = run(holdfast().args(["scan", "--fail-onn", "error"]));
    assert_eq!(code, 2);
    assert!(err.contains("--fail-on"), "{err}");
    let (code, _, err) = run(holdfast().args(["scan", "--report", "sarif"]));
    assert_eq!(code, 2);
    assert!(err.contains("FORMAT=FILE"), "{err}");
    let (code, _, err) = run(holdfast().args(["scan", "no/such/folder"]));
    assert_eq!(code, 2);
    assert!(err.contains("no/such/folder"), "{err}");
}

#[test]
fn a_wrong_configuration_is_named_with_line_and_word() {
    let dir = folder(&[("holdfast.yaml", "version: 1\npair: []\n"), ("main.bicep", WORKSPACE)]);
    let (code, out, err) = run(holdfast().arg("scan").arg(dir.path()));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("holdfast.yaml:2:1") && err.contains("did you mean `pairs`?"), "{err}");
}

#[test]
fn the_sample_estate_fails_for_its_defects() {
    let (code, out, _) = run(scan_of_the_sample().args(["--today", "2026-11-24"]));
    assert_eq!(code, 1, "{out}");
    for expected in [
        "error[HF-ACR-003]",
        "warning[HF-STOR-003]",
        "mlw-fraud-prod-weu → mlw-fraud-prod-neu",
        "modules/workspace.bicep:17:10",
    ] {
        assert!(out.contains(expected), "{expected} is missing in\n{out}");
    }
    let (code, ..) = run(scan_of_the_sample().args(["--fail-on", "never"]));
    assert_eq!(code, 0);
}

#[test]
fn one_bad_file_is_a_gap_and_the_others_count() {
    let dir = folder(&[("bad.bicep", "resource x 'A/b@1' = {\n  name: \n"), ("main.bicep", WORKSPACE)]);
    fs::write(dir.path().join("latin.bicep"), b"// caf\xe9\n").expect("a file");
    let (code, out, _) = run(holdfast().arg("scan").arg(dir.path()));
    assert_eq!(code, 0, "{out}");
    for expected in ["HF-STOR-003", "bad.bicep:", "latin.bicep"] {
        assert!(out.contains(expected), "{expected} is missing in\n{out}");
    }
    let (code, ..) = run(holdfast().arg("scan").arg(dir.path()).arg("--strict-evidence"));
    assert_eq!(code, 3);
}

#[test]
fn threads_do_not_show_in_the_bytes() {
    let scan = |jobs: &str| {
        let args = ["--format", "sarif", "--reproducible", "--include-passes", "--jobs", jobs];
        run(scan_of_the_sample().args(args)).1
    };
    let one = scan("1");
    assert!(one.contains("\"HF-ACR-003\""));
    assert_eq!(one, scan("8"));
}

#[test]
fn an_output_that_cannot_be_written_leaves_nothing() {
    let dir = folder(&[("main.bicep", WORKSPACE)]);
    let missing = dir.path().join("no/such/folder/out.sarif");
    let (code, _, err) = run(holdfast().arg("scan").arg(dir.path()).args(["-f", "sarif", "-o"]).arg(&missing));
    assert_eq!(code, 2);
    assert!(err.contains("out.sarif"), "{err}");
    let left: Vec<_> = fs::read_dir(dir.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn several_results_come_from_one_run() {
    let dir = folder(&[("main.bicep", WORKSPACE)]);
    let sarif = dir.path().join("out.sarif");
    let json = dir.path().join("out.json");
    let (code, out, _) = run(holdfast()
        .arg("scan")
        .arg(dir.path())
        .arg("--report")
        .arg(format!("sarif={}", sarif.display()))
        .arg("--report")
        .arg(format!("json={}", json.display())));
    assert_eq!(code, 0, "{out}");
    let parse = |path: &Path| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
    };
    assert_eq!(parse(&sarif)["version"], "2.1.0");
    assert!(parse(&json).is_object());
}

#[test]
fn nothing_is_said_about_templates_without_a_workspace() {
    let template = WORKSPACE.split("resource st").nth(1).expect("two resources");
    let dir = folder(&[("main.bicep", &format!("resource st{template}"))]);
    let (code, out, _) = run(holdfast().arg("scan").arg(dir.path()));
    assert_eq!(code, 0, "{out}");
    for verdict in ["failed", "open", "passed", "exempt"] {
        assert!(out.lines().any(|line| line.split_whitespace().eq([verdict, "0"])), "{verdict}: {out}");
    }
}

#[test]
fn a_rule_is_shown_and_a_wrong_id_finds_its_neighbour() {
    let (code, out, _) = run(holdfast().args(["rules", "show", "hf-stor-001"]));
    assert_eq!(code, 0);
    assert!(out.starts_with("# HF-STOR-001: "), "{out}");
    let (code, _, err) = run(holdfast().args(["rules", "show", "HF-STORE-001"]));
    assert_eq!(code, 2);
    assert!(err.contains("did you mean HF-STOR-001?"), "{err}");
}

#[test]
fn every_schema_is_json() {
    for kind in ["config", "snapshot", "input", "report"] {
        let (code, out, _) = run(holdfast().args(["schema", kind]));
        assert_eq!(code, 0);
        let schema: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert!(schema["$schema"].is_string(), "{kind}");
    }
}

/// Two accounts of which only the parameters that name them are known.
#[test]
fn accounts_with_unknown_names_are_neither_the_same_nor_distinct() {
    let pair = |primary: &str, secondary: &str| {
        let workspace = |name: &str, region: &str, account: &str| {
            format!(
                "resource {name} 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = {{\n  name: '{name}'\n  \
                 location: '{region}'\n  properties: {{ storageAccount: {account} }}\n}}\n"
            )
        };
        let template = format!(
            "param a string\nparam b string\n{}{}",
            workspace("west", "westeurope", primary),
            workspace("north", "northeurope", secondary)
        );
        let config = "version: 1\npairs:\n  - primary: west\n    secondary: north\n";
        let dir = folder(&[("holdfast.yaml", config), ("main.bicep", &template)]);
        let args = ["-f", "json", "--include-passes", "--rule", "HF-STOR-001"];
        let (_, out, err) = run(holdfast().arg("scan").arg(dir.path()).args(args));
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
        report["findings"][0]["state"].as_str().expect("a state").to_owned()
    };
    assert_eq!(pair("a", "b"), "open");
    assert_eq!(pair("a", "a"), "failed");
}

#[test]
fn a_run_of_one_rule_takes_the_configuration_of_all() {
    let config = "version: 1\nrules:\n  HF-KV-003: note\n";
    let dir = folder(&[("holdfast.yaml", config), ("main.bicep", WORKSPACE)]);
    let (code, out, err) = run(holdfast().arg("scan").arg(dir.path()).args(["--rule", "HF-STOR*"]));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("HF-STOR-003"), "{out}");
}

#[test]
fn a_scan_of_nothing_says_so() {
    let dir = folder(&[("notes.md", "nothing")]);
    let (code, _, err) = run(holdfast().arg("scan").arg(dir.path()));
    assert_eq!(code, 0);
    assert!(err.contains("nothing that holdfast reads") && err.contains("--snapshot"), "{err}");
    let (code, _, err) = run(holdfast().args(["scan", &sample(), "--snapshot", "x.json"]));
    assert_eq!(code, 2);
    assert!(err.contains("in two runs"), "{err}");
}

/// What a repository holds completely, a part of it does not.
#[test]
fn complete_speaks_of_the_folder_of_the_file() {
    let config = "version: 1\ncomplete: [Microsoft.MachineLearningServices/workspaces]\n";
    let git = (".git/HEAD", "ref: refs/heads/main\n");
    let dir = folder(&[git, ("holdfast.yaml", config), ("infra/main.bicep", WORKSPACE)]);
    let state = |path: &str, more: &[&str]| {
        let args = ["-f", "json", "--include-passes", "--rule", "HF-TOPO-001"];
        let (_, out, err) = run(holdfast().current_dir(dir.path()).arg("scan").arg(path).args(args).args(more));
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
        (report["findings"][0]["state"].as_str().expect("a state").to_owned(), out.contains("is not taken"))
    };
    assert_eq!(state(".", &[]), ("failed".to_owned(), false));
    assert_eq!(state("infra", &[]), ("open".to_owned(), true));
    assert_eq!(state("infra", &["--config", "holdfast.yaml"]), ("failed".to_owned(), false));
}

/// A failover workspace that may not be deployed proves nothing.
#[test]
fn a_conditional_counterpart_is_no_pass() {
    let template = "param dr bool
resource a 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = { name: 'a', location: 'westeurope' }
resource b 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = if (dr) { name: 'b', location: 'northeurope' }
";
    let config = "version: 1\npairs:\n  - primary: a\n    secondary: b\n";
    let dir = folder(&[("holdfast.yaml", config), ("main.bicep", template)]);
    let args = ["-f", "json", "--include-passes", "--rule", "HF-TOPO-00[12]"];
    let (_, out, err) = run(holdfast().arg("scan").arg(dir.path()).args(args));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
    let states: Vec<_> = report["findings"].as_array().expect("a list").iter().map(|f| &f["state"]).collect();
    assert!(!states.is_empty() && states.iter().all(|state| *state != "passed"), "{out}");
}

/// The configuration is the nearest one above, as for a scan.
#[test]
fn waivers_are_listed_from_below_too() {
    let waiver = "version: 1\nwaivers:\n  - rule: HF-STOR-003\n    target: stprod\n    reason: r\n    owner: o\n    until: 2026-12-01\n";
    let dir =
        folder(&[(".git/HEAD", "ref: refs/heads/main\n"), ("holdfast.yaml", waiver), ("infra/main.bicep", WORKSPACE)]);
    let below = dir.path().join("infra");
    let (code, out, err) = run(holdfast().current_dir(below).args(["waivers", "--today", "2026-11-25"]));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("HF-STOR-003") && out.contains("6 days left"), "{out}");
}

#[test]
#[cfg(feature = "live")]
fn a_dry_run_sends_nothing() {
    for command in ["scan", "inventory"] {
        let (code, out, err) = run(holdfast().args([command, "--subscription", "x", "--dry-run"]));
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("request"), "{out}");
    }
}

/// A lock of which nobody knows what it stands on may be the one that seems to be missing.
#[test]
fn a_lock_on_something_unknown_denies_nothing() {
    let state = |lock: &str| {
        let config = "version: 1\ncomplete: [Microsoft.Authorization/locks]\n";
        let dir = folder(&[("holdfast.yaml", config), ("main.tf", lock)]);
        let args = ["-f", "json", "--include-passes", "--rule", "HF-WS-004"];
        let (_, out, err) = run(holdfast().arg("scan").arg(dir.path()).args(args));
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
        report["findings"][0]["state"].as_str().expect("a state").to_owned()
    };
    let workspace = r#"
variable "scope" { type = string }
resource "azurerm_machine_learning_workspace" "w" {
  name                = "mlw-prod"
  location            = "westeurope"
  resource_group_name = "rg"
  storage_account_id  = azurerm_storage_account.s.id
}
resource "azurerm_storage_account" "s" {
  name                     = "stprod"
  location                 = "westeurope"
  resource_group_name      = "rg"
  account_tier             = "Standard"
  account_replication_type = "ZRS"
}
"#;
    let lock = |scope: &str| {
        let body = format!("name = \"keep\"\n  scope = {scope}\n  lock_level = \"CanNotDelete\"");
        format!("{workspace}resource \"azurerm_management_lock\" \"l\" {{\n  {body}\n}}\n")
    };
    assert_eq!(state(workspace), "failed");
    assert_eq!(state(&lock("\"/subscriptions/x/resourceGroups/other\"")), "failed");
    assert_eq!(state(&lock("var.scope")), "open");
}
