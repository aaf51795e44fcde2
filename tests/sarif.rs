//! SARIF logs against the schema, the contract of code scanning and, where it is at hand, an
//! independent checker.

use std::path::Path;
use std::process::Command;

use holdfast::finding::Report;
use holdfast::output::{self, Format, OutputOptions, Profile};
use serde_json::Value;

#[path = "support/reports.rs"]
mod reports;

fn sarif(report: &Report, profile: Profile) -> String {
    let format = Format::parse("sarif").expect("SARIF is a format");
    let mut out = Vec::new();
    let options = OutputOptions { profile, ..OutputOptions::default() };
    output::write(report, format, &options, &mut out).expect("a vector can be written to");
    String::from_utf8(out).expect("SARIF is UTF-8")
}

fn log(report: &Report, profile: Profile) -> Value {
    serde_json::from_str(&sarif(report, profile)).expect("SARIF is JSON")
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("a run has results")
}

/// All reports of the tests with a name.
fn all_reports() -> Vec<(&'static str, Report)> {
    vec![
        ("repository", reports::repository()),
        ("tenant", reports::tenant(true)),
        ("incomplete", reports::tenant(false)),
        ("hostile", reports::hostile()),
        ("many", reports::many(60)),
    ]
}

/// Writes all logs together with the source that they speak of, and has them checked.
#[test]
fn an_independent_checker_finds_nothing() {
    let checker = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/tools/check-sarif");
    if !checker.is_file() || Command::new("python3").arg("--version").output().is_err() {
        eprintln!("SKIPPED: the independent SARIF checker or python3 is not here");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sarif");
    let source = folder.join("tree");
    std::fs::create_dir_all(source.join("infra")).expect("a folder");
    std::fs::write(source.join(reports::BICEP_PATH), reports::BICEP).expect("a file");
    std::fs::write(source.join("infra/broken.json"), "{\n").expect("a file");
    for (name, report) in all_reports() {
        for (profile, argument) in [(Profile::Full, "full"), (Profile::Github, "github")] {
            let file = folder.join(format!("{name}-{argument}.sarif"));
            std::fs::write(&file, sarif(&report, profile)).expect("a file");
            let mut command = Command::new("python3");
            command.arg(&checker).args(["--json", "--profile", argument]).arg(&file);
            if name == "repository" {
                command.arg("--source-root").arg(&source);
            }
            let output = command.output().expect("the checker runs");
            let complaints: Vec<&str> = std::str::from_utf8(&output.stdout)
                .expect("the checker writes UTF-8")
                .lines()
                .filter(|line| line.contains("\"level\": \"error\"") && !is_known(line))
                .collect();
            assert!(output.status.code() != Some(2), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(complaints.is_empty(), "{name} {argument}:\n{}", complaints.join("\n"));
        }
    }
}

/// A rule whose level depends on the tier has no `security-severity`: code scanning would show it
/// instead of the level. The checker asks for one on every rule.
fn is_known(complaint: &str) -> bool {
    complaint.contains("HF-QUOTA-001: properties.security-severity is missing")
}

fn failures(log: &Value) -> Vec<&Value> {
    results(log).iter().filter(|result| result["kind"] == "fail").collect()
}

fn line_hash(result: &Value) -> &str {
    result["partialFingerprints"]["primaryLocationLineHash"].as_str().expect("every result has a line hash")
}

fn notifications(log: &Value) -> Vec<&Value> {
    let invocation = &log["runs"][0]["invocations"][0];
    ["toolExecutionNotifications", "toolConfigurationNotifications"]
        .iter()
        .flat_map(|member| invocation[member].as_array().expect("both lists are there"))
        .collect()
}

#[test]
fn logs_have_the_types_of_the_standard_and_no_null() {
    for (name, report) in all_reports() {
        for profile in [Profile::Full, Profile::Github] {
            let text = sarif(&report, profile);
            assert!(!text.contains(":null"), "{name}");
            let parsed: Result<serde_sarif::sarif::Sarif, _> = serde_json::from_str(&text);
            assert!(parsed.is_ok(), "{name}: {parsed:?}");
            assert!(text.ends_with('\n') && !text.contains('\r'), "{name}");
        }
    }
}

#[test]
fn a_finding_has_one_identity_in_both_profiles() {
    for (name, report) in all_reports() {
        let (full, github) = (log(&report, Profile::Full), log(&report, Profile::Github));
        let mut compared = 0;
        for result in failures(&github) {
            let fingerprint = &result["fingerprints"]["holdfastFinding/v1"];
            let same = results(&full).iter().find(|other| other["fingerprints"]["holdfastFinding/v1"] == *fingerprint);
            let Some(same) = same else { continue };
            for member in ["ruleId", "ruleIndex", "locations", "fingerprints", "partialFingerprints", "message"] {
                assert_eq!(result[member], same[member], "{name}: {member}");
            }
            compared += 1;
        }
        assert!(compared > 0, "{name} has failures");
    }
}

#[test]
fn two_findings_of_one_rule_on_one_line_are_two_alerts() {
    let log = log(&reports::repository(), Profile::Full);
    let on_line_5: Vec<&str> = failures(&log)
        .into_iter()
        .filter(|result| result["locations"][0]["physicalLocation"]["region"]["startLine"] == 5)
        .map(line_hash)
        .collect();
    let [first, second] = on_line_5[..] else { panic!("{on_line_5:?}") };
    assert_eq!(second.strip_prefix(first).map(str::len), Some(9), "{first} {second}");
}

#[test]
fn listed_passes_do_not_change_the_identity_of_a_failure() {
    let mut report = reports::repository();
    let hashes = |report: &Report| -> Vec<String> {
        failures(&log(report, Profile::Full)).into_iter().map(|result| line_hash(result).to_owned()).collect()
    };
    let before = hashes(&report);
    // A pass of the same rule at the same place, ahead of the failures in the order of the log.
    let mut pass = report.findings.iter().find(|finding| finding.rule == 2).expect("there is one").clone();
    pass.verdict = holdfast::finding::Verdict::Pass;
    pass.fingerprint = "0".repeat(64);
    pass.waiver = None;
    report.findings.insert(0, pass);
    assert_eq!(hashes(&report), before);
}

#[test]
fn the_upload_holds_failures_that_count_and_nothing_else() {
    let log = log(&reports::repository(), Profile::Github);
    for result in results(&log) {
        assert_eq!(result["kind"], "fail");
        assert!(result.get("suppressions").is_none());
    }
    let text = log.to_string();
    assert!(!text.contains("has no lock"), "the waived finding is not in it");
    assert!(!text.contains("could not be judged"), "open verdicts are not in it");
}

#[test]
fn the_upload_notes_each_file_and_resource_without_evidence_once() {
    let repository = log(&reports::repository(), Profile::Github);
    let notes: Vec<(&str, &str)> = failures(&repository)
        .into_iter()
        .filter(|result| result["ruleId"] == output::EVIDENCE_MISSING)
        .map(|result| {
            assert_eq!(result["level"], "note");
            let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            (uri.as_str().expect("a uri"), result["message"]["text"].as_str().expect("a text"))
        })
        .collect();
    let [(broken, message), (bicep, rules)] = notes[..] else { panic!("{notes:?}") };
    assert_eq!((broken, bicep), ("infra/broken.json", "infra/my%20workspace.bicep"));
    assert!(message.contains("expected a comma"), "{message}");
    assert!(rules.contains("2 rules not evaluated: HF-STOR-001, HF-TOPO-001."), "{rules}");
    let full = log(&reports::repository(), Profile::Full);
    assert!(results(&full).iter().all(|result| result["ruleId"] != output::EVIDENCE_MISSING));
}

#[test]
fn an_archive_says_of_every_result_whether_it_is_suppressed() {
    let log = log(&reports::repository(), Profile::Full);
    let suppressed: Vec<&Value> = results(&log)
        .iter()
        .flat_map(|result| result["suppressions"].as_array().expect("all results have the member"))
        .collect();
    let [suppression] = suppressed[..] else { panic!("{suppressed:?}") };
    assert_eq!(suppression["kind"], "inSource");
    assert_eq!(suppression["status"], "accepted");
    assert_eq!(suppression["justification"], "Recreated with the landing zone");
    assert_eq!(suppression["properties"]["expires"], "2027-01-31");
}

#[test]
fn verdicts_are_kinds_and_only_failures_have_a_level() {
    let log = log(&reports::repository(), Profile::Full);
    let mut kinds: Vec<_> = results(&log)
        .iter()
        .map(|result| {
            let (kind, level) = (result["kind"].as_str().expect("a kind"), result["level"].as_str().expect("a level"));
            assert_eq!(kind == "fail", level != "none");
            kind
        })
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["fail", "notApplicable", "open", "pass"]);
}

#[test]
fn the_baseline_state_is_on_all_results_or_on_none() {
    use holdfast::finding::BaselineState::{New, Unchanged};
    let mut report = reports::repository();
    assert!(results(&log(&report, Profile::Full)).iter().all(|result| result.get("baselineState").is_none()));
    for (number, finding) in report.findings.iter_mut().enumerate() {
        finding.baseline = Some(if number == 0 { New } else { Unchanged });
    }
    let log = log(&report, Profile::Full);
    let states: Vec<_> = results(&log).iter().map(|result| result["baselineState"].as_str()).collect();
    assert_eq!(states.iter().filter(|state| **state == Some("new")).count(), 1);
    assert!(states.iter().all(Option::is_some));
}

#[test]
fn the_upload_keeps_the_most_severe_and_says_how_many_it_left_out() {
    let report = reports::many(6_000);
    let github = log(&report, Profile::Github);
    assert_eq!(results(&github).len(), 5_000);
    let errors = |log: &Value| results(log).iter().filter(|result| result["level"] == "error").count();
    let full = log(&report, Profile::Full);
    assert_eq!(results(&full).len(), 6_000);
    assert_eq!(errors(&github), errors(&full));
    // One note on the resource that could not be read is among those left out.
    let said = notifications(&github).into_iter().find(|note| note["descriptor"]["id"] == "results-left-out");
    let text = said.expect("there is a notification")["message"]["text"].as_str().expect("a text");
    assert!(text.contains("1001 were left out"), "{text}");
}

#[test]
fn every_gap_is_a_notification_of_a_described_kind() {
    let log = log(&reports::tenant(false), Profile::Full);
    let kinds = log["runs"][0]["tool"]["driver"]["notifications"].as_array().expect("descriptors");
    let said = notifications(&log);
    assert_eq!(said.len(), 2);
    for note in &said {
        let index = note["descriptor"]["index"].as_u64().expect("an index") as usize;
        assert_eq!(kinds[index]["id"], note["descriptor"]["id"]);
    }
    assert_eq!(said[0]["properties"]["status"], 403);
    assert_eq!(said[1]["level"], "error");
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    assert_eq!(log["runs"][0]["invocations"][0]["exitCode"], 3);
}

#[test]
fn an_incomplete_scan_always_says_why() {
    let mut report = reports::empty(holdfast::finding::EstateKind::Live);
    report.complete = false;
    let log = log(&report, Profile::Full);
    assert_eq!(notifications(&log)[0]["level"], "error");
}

#[test]
fn the_order_of_the_report_does_not_matter() {
    let report = reports::repository();
    let mut shuffled = report.clone();
    shuffled.findings.reverse();
    shuffled.gaps.reverse();
    for profile in [Profile::Full, Profile::Github] {
        assert_eq!(sarif(&report, profile), sarif(&shuffled, profile));
    }
}

#[test]
fn reproducible_reports_have_no_clock() {
    let mut report = reports::repository();
    report.times = None;
    assert!(!sarif(&report, Profile::Full).contains("TimeUtc"));
}

#[test]
fn a_live_resource_has_a_uri_without_scheme_and_its_id_as_it_is() {
    let log = log(&reports::tenant(true), Profile::Full);
    let location = &results(&log)[1]["locations"][0];
    let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a uri");
    assert_eq!(uri, format!("azure{}", reports::WORKSPACE.to_lowercase()));
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], reports::WORKSPACE);
    assert_eq!(line_hash(&results(&log)[1]).len(), 34);
}

#[test]
fn credentials_of_a_remote_and_folders_of_this_machine_stay_out() {
    let mut report = reports::repository();
    let provenance = |report: &Report| log(report, Profile::Full)["runs"][0]["versionControlProvenance"].clone();
    assert_eq!(provenance(&report)[0]["repositoryUri"], "https://example.org/team/repo.git");
    for (remote, expected) in [
        ("git@example.org:team/repo.git", Some("ssh://example.org/team/repo.git")),
        ("/srv/git/repo.git", None),
        ("file:///srv/git/repo.git", None),
        ("C:\\git\\repo", None),
    ] {
        report.revision.as_mut().expect("a revision").repository = remote.into();
        assert_eq!(provenance(&report)[0]["repositoryUri"].as_str(), expected, "{remote}");
    }
}

#[test]
fn levels_that_depend_on_the_tier_have_no_score() {
    let log = log(&reports::repository(), Profile::Full);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    let score = |id: &str| {
        rules.iter().find(|rule| rule["id"] == id).expect("the rule is there")["properties"]["security-severity"]
            .clone()
    };
    assert_eq!(score("HF-STOR-001"), "9.0");
    assert_eq!(score("HF-QUOTA-001"), Value::Null);
}

#[test]
fn help_says_why_how_and_at_what_cost() {
    let log = log(&reports::repository(), Profile::Full);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    let help = rules[3]["help"]["markdown"].as_str().expect("a text");
    for heading in ["## Why", "## Remediation", "### Azure CLI", "### Bicep", "### Terraform", "## References"] {
        assert!(help.contains(&format!("{heading}\n")), "{heading}");
    }
    assert!(help.contains("Needs the resource to be created anew. Running cost: low: second storage account."));
}

#[test]
fn hostile_names_stay_names() {
    for profile in [Profile::Full, Profile::Github] {
        let log = log(&reports::hostile(), profile);
        for result in results(&log) {
            let text = result["message"]["text"].as_str().expect("a text");
            assert!(!text.contains(['\u{1b}', '\n', '\r', '\u{202e}', '\u{2066}']), "{text:?}");
            assert!(!text.contains("[x](1)") && !text.contains("{0}"), "{text:?}");
            assert!(!text.contains("abcdefghijklmnop"), "{text:?}");
            let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a uri");
            assert!(uri.starts_with("dir/") && uri.is_ascii() && !uri.contains([' ', ':', '<', '\n']), "{uri}");
        }
    }
}
