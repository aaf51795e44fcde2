//! A scan that is killed or interrupted, and goes on.

#![cfg(all(feature = "live", unix))]

mod support;

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Server, fraud_team, holdfast, serve};

/// An estate that takes a while, with a scratch folder for what a scan writes.
struct Bench {
    server: Server,
    dir: tempfile::TempDir,
    args: Vec<String>,
}

impl Bench {
    fn new() -> Self {
        let (mut azure, subscription, config) = fraud_team();
        azure.delay(Duration::from_millis(80));
        let secret = serde_json::json!({"location": "westeurope", "properties": {"ConnectionString": "hunter2"}});
        azure.add(
            &format!("/subscriptions/{subscription}/resourceGroups/g/providers/Microsoft.Insights/components/x"),
            secret,
        );
        let (_, server) = serve(azure);
        let config = config.to_str().expect("UTF-8");
        let args = ["scan", "--subscription", &subscription, "--config", config, "-f", "sarif", "--reproducible"];
        let more = ["--include-passes", "--today", "2026-11-24", "--fail-on", "never"];
        let args = args.iter().chain(&more).map(|arg| (*arg).to_owned()).collect();
        Self { server, dir: tempfile::tempdir().expect("a scratch folder"), args }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn whole(&self) -> String {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        let run = holdfast(&self.server, &args);
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    }

    fn resumed(&self, checkpoint: &str) -> (String, String) {
        let args = self.args.iter().map(String::as_str).chain(["--resume", checkpoint]);
        let run = holdfast(&self.server, &args.collect::<Vec<_>>());
        assert_eq!(run.code, 0, "{}", run.err);
        (run.out, run.err)
    }

    /// Starts a scan and ends it after so many requests.
    fn broken_off(&self, checkpoint: &str, output: &str, after: usize, end: impl Fn(&mut Child)) -> ExitStatus {
        let before = self.server.log().len();
        let mut child = Command::new(env!("CARGO_BIN_EXE_holdfast"))
            .env_clear()
            .envs(self.server.environment())
            .args(&self.args)
            .args(["--resume", checkpoint, "-o", output])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let start = Instant::now();
        while self.server.log().len() < before + after {
            assert!(start.elapsed() < Duration::from_secs(30), "too few requests");
            std::thread::sleep(Duration::from_millis(2));
        }
        end(&mut child);
        child.wait().expect("it ends")
    }
}

fn interrupt(child: &mut Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

#[test]
fn a_killed_scan_goes_on_to_the_same_bytes() {
    let bench = Bench::new();
    let whole = bench.whole();
    let requests = bench.server.log().len();
    assert!(requests >= 10, "{requests} requests are too few to be interesting");
    for after in [3, requests / 2, requests - 2] {
        let (checkpoint, output) = (bench.path("c"), bench.path("killed.sarif"));
        let status = bench.broken_off(&checkpoint, &output, after, |child| child.kill().expect("it runs"));
        assert!(!status.success() && !std::path::Path::new(&output).exists(), "nothing half is left");
        let kept = std::fs::read_to_string(&checkpoint).expect("a checkpoint");
        assert!(!kept.contains("a-token-of-the-tests") && !kept.contains("hunter2"));
        let before = bench.server.log().len();
        let (out, err) = bench.resumed(&checkpoint);
        assert_eq!(out, whole, "killed after {after} of {requests}");
        let known = kept.lines().count() - 1;
        let asked = bench.server.log().len() - before;
        assert!(known == 0 || err.contains("going on with the scan of"), "{err}");
        assert!(asked <= requests - known + 1, "{asked} of {requests} although {known} are known");
        assert!(!std::path::Path::new(&checkpoint).exists(), "it has done its work");
    }
}

#[test]
fn an_interrupted_scan_reports_what_it_has_and_goes_on() {
    let bench = Bench::new();
    let whole = bench.whole();
    let (checkpoint, output) = (bench.path("c"), bench.path("partial.sarif"));
    let status = bench.broken_off(&checkpoint, &output, 7, interrupt);
    assert_eq!(status.code(), Some(3));
    let text = std::fs::read_to_string(&output).expect("a partial report");
    let log: Value = serde_json::from_str(&text).expect("JSON");
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = invocation["toolExecutionNotifications"].as_array().expect("notifications");
    assert!(told.iter().any(|n| n["descriptor"]["id"] == "interrupted"), "{told:?}");
    let passes = |text: &str| {
        let log: Value = serde_json::from_str(text).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        results.iter().filter(|r| r["kind"] == "pass").map(|r| r["fingerprints"].to_string()).collect::<Vec<_>>()
    };
    let all = passes(&whole);
    assert!(passes(&text).iter().all(|pass| all.contains(pass)), "no pass rests on what was not read");
    assert_eq!(bench.resumed(&checkpoint).0, whole);
}

#[test]
fn a_checkpoint_of_another_scan_is_refused() {
    let bench = Bench::new();
    let (checkpoint, output) = (bench.path("c"), bench.path("x.sarif"));
    bench.broken_off(&checkpoint, &output, 3, |child| child.kill().expect("it runs"));
    let other = ["scan", "--all-subscriptions", "--resume", &checkpoint];
    let run = holdfast(&bench.server, &other);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("a checkpoint of another scan"), "{}", run.err);
}
