//! `--context`: last night's snapshot under the source code of a repository, known but not judged.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const RULES: [&str; 8] =
    ["--rule", "HF-TOPO-001", "--rule", "HF-STOR-003", "--rule", "HF-ACR-003", "--rule", "HF-KV-003"];

fn scan(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.env_clear().current_dir(folder).args(["scan", "--reproducible", "--today", "2026-11-24"]).args(RULES);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    let output = command.args(arguments).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("no signal"), text(&output.stdout), text(&output.stderr))
}

/// Rule, subject and state of all verdicts.
fn verdicts(folder: &Path, arguments: &[&str]) -> (Value, Vec<[String; 3]>) {
    let (_, out, err) = scan(folder, &[&["-f", "json", "--include-passes"], arguments].concat());
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let findings = report["findings"].as_array().expect("findings").iter();
    let verdicts = findings.map(|f| [text(&f["rule"]), text(&f["subject"]["name"]), text(&f["state"])]).collect();
    (report, verdicts)
}

fn has(verdicts: &[[String; 3]], rule: &str, subject: &str, state: &str) -> bool {
    verdicts.iter().any(|[r, s, v]| (r.as_str(), s.as_str(), v.as_str()) == (rule, subject, state))
}

/// Last night: the sample estate, of which the storage in the failover region is not zone-redundant.
fn night() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates/fraud-scoring/snapshot.json");
    fs::read_to_string(path).expect("the sample")
}

/// The primary workspace as a repository declares it, with the storage that it owns and the registry that it
/// only refers to.
const PRIMARY: &str = "
resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: 'crfraudprod'
}
resource st 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'stfraudprodweu'
  location: 'westeurope'
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
}
resource ws 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = {
  name: 'mlw-fraud-prod-weu'
  location: 'westeurope'
  properties: { storageAccount: st.id, containerRegistry: registry.id }
}
";

const PAIRS: &str =
    "version: 1\npairs:\n  - {primary: mlw-fraud-prod-weu, secondary: mlw-fraud-prod-neu, tier: active-standby}\n";

fn repository() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a scratch folder");
    for (name, text) in [("main.bicep", PRIMARY), ("holdfast.yaml", PAIRS), ("night.json", &night())] {
        fs::write(dir.path().join(name), text).expect("a file");
    }
    dir
}

#[test]
fn a_counterpart_of_last_night_completes_a_pair() {
    let dir = repository();
    let (_, alone) = verdicts(dir.path(), &["."]);
    assert!(!alone.iter().any(|[_, subject, _]| subject.contains('→')), "{alone:?}");
    let (report, known) = verdicts(dir.path(), &[".", "--context", "night.json"]);
    assert_eq!((&report["estate"], &report["category"]), (&"iac".into(), &"holdfast/iac/".into()));
    assert!(has(&known, "HF-TOPO-001", "mlw-fraud-prod-weu", "passed"), "{known:?}");
    // What the repository declares is judged as it stands there, not as it was last night.
    assert!(has(&known, "HF-STOR-003", "stfraudprodweu", "failed"), "{known:?}");
    // The other half is somebody else's: known, and not judged.
    for subject in ["stfraudprodneu", "mlw-fraud-prod-neu", "crfraudprod", "kv-fraud-prod"] {
        assert!(!known.iter().any(|[_, name, _]| name == subject), "{subject}: {known:?}");
    }
    assert_eq!(report["read"]["workspaces"], 1);
}

#[test]
fn context_is_for_source_code() {
    let dir = repository();
    let (code, _, err) = scan(dir.path(), &["--snapshot", "night.json", "--context", "night.json"]);
    assert_eq!(code, 2);
    assert!(err.contains("--context"), "{err}");
    let (code, _, err) = scan(dir.path(), &[".", "--context", "none.json"]);
    assert_eq!(code, 2);
    assert!(err.contains("none.json"), "{err}");
    let (code, _, err) = scan(dir.path(), &[".", "--context", "holdfast.yaml"]);
    assert_eq!(code, 2, "{err}");
}

#[test]
fn what_a_change_removes_does_not_come_back_from_the_context() {
    let dir = repository();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        Command::new("git").arg("-C").arg(dir.path()).args(identity).args(arguments).output().ok()
    };
    if git(&["init", "-q"]).is_none() {
        eprintln!("SKIPPED: git is not here");
        return;
    }
    let secondary = "
resource dr 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = {
  name: 'mlw-fraud-prod-neu'
  location: 'northeurope'
  properties: {}
}
";
    fs::write(dir.path().join("dr.bicep"), secondary).expect("a file");
    for arguments in [&["add", "-A"][..], &["commit", "-q", "-m", "base"]] {
        assert!(git(arguments).expect("git runs").status.success());
    }
    let arguments = [".", "--context", "night.json", "--baseline-ref", "HEAD"];
    let (_, before) = verdicts(dir.path(), &arguments);
    assert!(has(&before, "HF-TOPO-001", "mlw-fraud-prod-weu", "passed"), "{before:?}");
    fs::remove_file(dir.path().join("dr.bicep")).expect("removed");
    let (_, after) = verdicts(dir.path(), &arguments);
    assert!(!has(&after, "HF-TOPO-001", "mlw-fraud-prod-weu", "passed"), "it is deployed, but not for long: {after:?}");
}
