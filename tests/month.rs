//! A month of scans and a dashboard that keeps the last log of a category, as code scanning does: an alert is
//! open exactly as long as its defect is there, and keeps its identity over everything else that changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const DAYS: u32 = 30;

/// A defect: the rule that finds it and the days on which it is there.
struct Defect {
    rule: &'static str,
    /// The name of the resource at which it shows.
    resource: &'static str,
    days: fn(u32) -> bool,
}

/// The rule here that finds what is missing: nobody knows while a file cannot be read that may hold it.
const BY_ABSENCE: &str = "HF-ACR-003";

/// Rule, path and fingerprint: what an alert is known by.
type Identity = (String, String, String);

/// What one log says.
struct Log {
    complete: bool,
    /// Whether it says that evidence is missing.
    lacks_evidence: bool,
    /// The failures that are not waived, each with the name of the resource at which it shows.
    alerts: BTreeMap<Identity, String>,
}

fn scan(folder: &Path, day: u32, defects: &[Defect], arguments: &[&str]) -> Log {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.env_clear().current_dir(folder).args([
        "scan",
        "--reproducible",
        "--sarif-profile",
        "github",
        "-f",
        "sarif",
    ]);
    // These rules, so that a new one changes nothing here.
    for defect in defects {
        command.args(["--rule", defect.rule]);
    }
    let output = command.args(["--today", &format!("2026-11-{day:02}")]).args(arguments).output().expect("it starts");
    let log: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("day {day}: {error}: {}", String::from_utf8_lossy(&output.stderr)));
    let run = &log["runs"][0];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (lacking, results): (Vec<&Value>, Vec<&Value>) =
        run["results"].as_array().expect("results").iter().partition(|result| result["ruleId"] == "HF-SCAN-001");
    let alerts = results.into_iter().map(|result| {
        let location = &result["locations"][0];
        let uri = text(&location["physicalLocation"]["artifactLocation"]["uri"]);
        let identity = (text(&result["ruleId"]), uri, text(&result["fingerprints"]["holdfastFinding/v1"]));
        (identity, text(&location["logicalLocations"][0]["name"]))
    });
    let complete = run["invocations"][0]["executionSuccessful"] == true;
    Log { complete, lacks_evidence: !lacking.is_empty(), alerts: alerts.collect() }
}

/// What people see: the alerts of the last log that was uploaded.
#[derive(Default)]
struct Dashboard {
    open: BTreeSet<Identity>,
    /// The identities that a defect ever had.
    known: BTreeMap<(String, String), BTreeSet<Identity>>,
    /// How often alerts were opened and closed.
    opened: usize,
    closed: usize,
}

impl Dashboard {
    fn upload(&mut self, log: Log) {
        for (identity, resource) in &log.alerts {
            self.known.entry((identity.0.clone(), resource.to_lowercase())).or_default().insert(identity.clone());
        }
        let now: BTreeSet<Identity> = log.alerts.into_keys().collect();
        self.opened += now.difference(&self.open).count();
        self.closed += self.open.difference(&now).count();
        self.open = now;
    }

    /// The open alerts by rule and resource.
    fn shown(&self) -> BTreeSet<(String, String)> {
        let is_open = |identities: &BTreeSet<Identity>| identities.iter().any(|identity| self.open.contains(identity));
        self.known.iter().filter(|(_, identities)| is_open(identities)).map(|(defect, _)| defect.clone()).collect()
    }
}

/// Runs the month. `waived` says on which days a defect (by its rule) is waived, `uploaded` on which days the
/// scan can be completed.
fn live_through(
    defects: &[Defect],
    waived: fn(&str, u32) -> bool,
    completed: fn(u32) -> bool,
    state_of: &dyn Fn(u32) -> Log,
) {
    let mut dashboard = Dashboard::default();
    let (mut expected, mut opened, mut closed) = (BTreeSet::new(), 0, 0);
    for day in 1..=DAYS {
        let log = state_of(day);
        assert_eq!(log.complete, completed(day), "day {day}");
        if log.complete {
            let known = |defect: &Defect| !(defect.rule == BY_ABSENCE && log.lacks_evidence);
            let counts = |d: &&Defect| (d.days)(day) && !waived(d.rule, day) && known(d);
            let now: BTreeSet<(String, String)> =
                defects.iter().filter(counts).map(|d| (d.rule.to_owned(), d.resource.to_owned())).collect();
            opened += now.difference(&expected).count();
            closed += expected.difference(&now).count();
            expected = now;
            dashboard.upload(log);
        }
        assert_eq!(dashboard.shown(), expected, "day {day}");
    }
    assert!(opened > defects.len() && closed > 2, "the month is a quiet one: {opened} {closed}");
    assert_eq!((dashboard.opened, dashboard.closed), (opened, closed), "alerts opened and closed with their defects");
    for (defect, identities) in &dashboard.known {
        assert_eq!(identities.len(), 1, "{defect:?} is one alert all month");
    }
}

fn fixture(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates").join(path)).expect("a fixture")
}

/// A waiver of the vault, which ends on the 15th.
const WAIVER: &str =
    "waivers:\n  - {rule: HF-KV-003, target: KV, reason: The vault moves., owner: ml, until: 2026-11-15}\n";

fn vault_is_waived(rule: &str, day: u32) -> bool {
    rule == "HF-KV-003" && (10..=15).contains(&day)
}

const TENANT: [Defect; 3] = [
    Defect {
        rule: "HF-STOR-003",
        resource: "stchurnprodneu",
        days: |day| (3..=9).contains(&day) || (20..=24).contains(&day),
    },
    Defect { rule: "HF-KV-003", resource: "kv-churn-prod", days: |day| day >= 5 },
    Defect { rule: "HF-ACR-003", resource: "crchurnprod", days: |day| (12..=17).contains(&day) },
];

fn partial(day: u32) -> bool {
    matches!(day, 4 | 8 | 13 | 22)
}

fn tenant(day: u32) -> Value {
    let mut snapshot: Value = serde_json::from_str(&fixture("perfect-active-passive/snapshot.json")).expect("JSON");
    let subscription = snapshot["subscriptions"][0]["id"].as_str().expect("an id").to_owned();
    let mut resources: Vec<Value> = snapshot["resources"].as_array().expect("resources").clone();
    let has = |resource: &Value, end: &str| resource["id"].as_str().is_some_and(|id| id.ends_with(end));
    for resource in &mut resources {
        if has(resource, "/stchurnprodneu") && (TENANT[0].days)(day) {
            resource["sku"] = json!({"name": "Standard_LRS", "tier": "Standard"});
        }
        if has(resource, "/kv-churn-prod") && (TENANT[1].days)(day) {
            resource["properties"]["enablePurgeProtection"] = json!(false);
        }
    }
    resources.retain(|resource| !(has(resource, "/replications/northeurope") && (TENANT[2].days)(day)));
    if day >= 7 {
        // A third workspace, which shares what it can.
        let mut third = resources.iter().find(|r| has(r, "/mlw-churn-prod-weu")).expect("the primary").clone();
        third["id"] = json!(third["id"].as_str().expect("an id").replace("mlw-churn-prod-weu", "mlw-lab-dev-frc"));
        third["name"] = json!("mlw-lab-dev-frc");
        third["tags"] = json!({"environment": "dev"});
        resources.push(third);
    }
    if partial(day) {
        resources.retain(|resource| !has(resource, "/stchurnprodneu") && !has(resource, "/kv-churn-prod"));
        snapshot["complete"] = json!({});
        snapshot["gaps"] = json!([{
            "code": "scope-unreadable",
            "place": {"scope": format!("/subscriptions/{subscription}")},
            "message": "the subscription could not be read",
        }]);
    }
    if day.is_multiple_of(5) {
        resources.reverse();
    }
    if day % 4 == 1 {
        for resource in &mut resources {
            resource["id"] = json!(resource["id"].as_str().expect("an id").to_uppercase());
        }
    }
    snapshot["resources"] = Value::Array(resources);
    snapshot["capturedAt"] = json!(format!("2026-11-{day:02}T02:15:00Z"));
    snapshot
}

#[test]
fn alerts_of_a_tenant_open_and_close_with_their_defects() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    live_through(&TENANT, vault_is_waived, |day| !partial(day), &|day| {
        fs::write(dir.path().join("night.json"), tenant(day).to_string()).expect("a file");
        let waiver = if (10..=18).contains(&day) { WAIVER.replace("KV,", "kv-churn-prod,") } else { String::new() };
        fs::write(dir.path().join("holdfast.yaml"), format!("version: 1\n{waiver}")).expect("a file");
        let arguments = ["--snapshot", "night.json", "--config", "holdfast.yaml"];
        scan(dir.path(), day, &TENANT, &arguments)
    });
}

const REPOSITORY: [Defect; 3] = [
    Defect { rule: "HF-STOR-003", resource: "stfraudprodneu", days: |day| !(6..=11).contains(&day) },
    Defect { rule: "HF-KV-003", resource: "kv-fraud-prod", days: |day| day >= 5 },
    Defect { rule: "HF-ACR-003", resource: "crfraudprod", days: |day| !(14..=19).contains(&day) && day < 27 },
];

/// Of the sample, repaired where the day says so, and then written in another way.
fn template(day: u32) -> String {
    let mut text = fixture("fraud-scoring/arm/azuredeploy.json");
    let mut repair = |defect: usize, from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        if !(REPOSITORY[defect].days)(day) {
            text = text.replace(from, to);
        }
    };
    repair(0, "Standard_LRS", "Standard_ZRS");
    repair(1, "\"enableSoftDelete\": true", "\"enableSoftDelete\": true, \"enablePurgeProtection\": true");
    repair(2, "francecentral", "northeurope");
    let mut json: Value = serde_json::from_str(&text).expect("JSON");
    match day % 4 {
        0 => text,
        1 => json.to_string(),
        2 => format!("\n\n{}", serde_json::to_string_pretty(&json).expect("JSON")),
        _ => {
            json["resources"].as_array_mut().expect("resources").reverse();
            serde_json::to_string_pretty(&json).expect("JSON").replace('\n', "\r\n")
        }
    }
}

/// What does not concern the alerts: files that come, go and change their names, one of them broken, and a third
/// workspace.
fn neighbours(folder: &Path, day: u32) {
    _ = fs::remove_dir_all(folder.join("other"));
    fs::create_dir_all(folder.join("other")).expect("a folder");
    let write = |name: String, text: &str| fs::write(folder.join("other").join(name), text).expect("a file");
    write(
        format!("store-{day}.bicep"),
        "resource st 'Microsoft.Storage/storageAccounts@2024-01-01' = {\n  name: 'st'\n}\n",
    );
    if day.is_multiple_of(6) {
        write("broken.bicep".to_owned(), "resource x 'A/b@1' = {\n  name:");
    }
    if day >= 8 {
        write(
            "lab.bicep".to_owned(),
            "resource ws 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = {\n  name: 'mlw-lab-dev-frc'\n  location: 'francecentral'\n  tags: { environment: 'dev' }\n}\n",
        );
    }
}

#[test]
fn alerts_of_a_repository_open_and_close_with_their_defects() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let configuration = fixture("fraud-scoring/holdfast.yaml");
    fs::create_dir_all(dir.path().join("infra")).expect("a folder");
    live_through(&REPOSITORY, vault_is_waived, |_| true, &|day| {
        fs::write(dir.path().join("infra/azuredeploy.json"), template(day)).expect("a file");
        let waiver = if (10..=18).contains(&day) { WAIVER.replace("KV,", "kv-fraud-prod,") } else { String::new() };
        fs::write(dir.path().join("holdfast.yaml"), format!("{configuration}\n{waiver}")).expect("a file");
        neighbours(dir.path(), day);
        scan(dir.path(), day, &REPOSITORY, &["."])
    });
}
