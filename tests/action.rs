//! The scripts of the Action under bash, with the environment that a runner gives and a program in place of
//! holdfast; and what `action.yml` must keep to.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A program that notes its arguments, one a line and ended by `.`, and writes the reports that they ask for.
const STUB: &str = r#"#!/usr/bin/env bash
printf '%s\n.\n' "$@" >"$STUB_ARGUMENTS"
if [ "$1" = --version ]; then echo 'holdfast 0.0.0'; exit 0; fi
echo '::error::from a file name'
if [ "${STUB_STATUS:-0}" = 2 ]; then exit 2; fi
for argument in "$@"; do
  case $argument in
    --report=sarif=*) echo '{}' >"${argument#--report=sarif=}" ;;
    --report=markdown=*) echo '## summary' >"${argument#--report=markdown=}" ;;
    --report=json=*)
      printf '{\n"complete": %s,\n"category": "holdfast/iac/",\n' "${STUB_COMPLETE:-true}" >"${argument#--report=json=}"
      printf '"summary": {"failed":7,"errors":1,"warnings":2,"notes":4,"open":5,"waived":6,"passed":0,"gaps":3,"new":2,"fixed":0},\n"rules": []\n}\n' \
        >>"${argument#--report=json=}"
      ;;
  esac
done
exit "${STUB_STATUS:-0}"
"#;

/// A runner: folders, the file of outputs, and the stub.
struct Runner {
    dir: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

/// What a script did.
struct Done {
    code: i32,
    log: String,
    outputs: BTreeMap<String, String>,
    /// The arguments that the stub got.
    arguments: Vec<String>,
    summary: String,
}

impl Runner {
    /// `None` where there is no bash.
    #[expect(clippy::print_stderr, reason = "a test that is skipped must say so")]
    fn new() -> Option<Self> {
        if !cfg!(unix) || Command::new("bash").arg("--version").output().is_err() {
            eprintln!("SKIPPED: bash is not here, so the scripts of the Action are not tested");
            return None;
        }
        let dir = tempfile::tempdir().expect("a scratch folder");
        for folder in ["workspace/infra", "temp", "bin"] {
            fs::create_dir_all(dir.path().join(folder)).expect("a folder");
        }
        let path = |name: &str| dir.path().join(name).display().to_string();
        let mut environment = BTreeMap::from(
            [
                ("RUNNER_TEMP", path("temp")),
                ("RUNNER_OS", "Linux".to_owned()),
                ("RUNNER_ARCH", "X64".to_owned()),
                ("GITHUB_WORKSPACE", path("workspace")),
                ("GITHUB_OUTPUT", path("output")),
                ("GITHUB_STEP_SUMMARY", path("summary")),
                ("GITHUB_EVENT_NAME", "push".to_owned()),
                ("GITHUB_REPOSITORY", "contoso/ml".to_owned()),
                ("HOLDFAST_BINARY", path("bin/holdfast")),
                ("STUB_ARGUMENTS", path("arguments")),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let system = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
        environment.insert("PATH".to_owned(), format!("{}:{system}", path("bin")));
        let runner = Self { dir, environment };
        runner.program("holdfast", STUB);
        Some(runner)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, text).expect("a file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
    }

    fn set(&mut self, values: &[(&str, &str)]) -> &mut Self {
        self.environment.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    fn run(&self, script: &str) -> Done {
        for file in ["output", "summary", "arguments"] {
            fs::write(self.path(file), "").expect("a file");
        }
        let mut bash = Command::new("bash");
        bash.arg(Path::new(ROOT).join("action").join(script)).current_dir(self.dir.path());
        let output = bash.env_clear().envs(&self.environment).output().expect("bash runs");
        let read = |name: &str| fs::read_to_string(self.path(name)).expect("a file");
        let lines = read("output").lines().map(str::to_owned).collect::<Vec<_>>();
        let outputs = lines.iter().map(|line| line.split_once('=').expect("name=value"));
        let arguments = read("arguments");
        Done {
            code: output.status.code().expect("no signal"),
            log: format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
            outputs: outputs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            arguments: arguments.split_terminator("\n.\n").map(str::to_owned).collect(),
            summary: read("summary"),
        }
    }

    fn git(&self, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        let mut git = Command::new("git");
        let output = git.arg("-C").arg(self.path("workspace")).args(identity).args(arguments).output();
        let output = output.expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A base branch, a change, and the merge commit of both checked out. Gives base and merge.
    fn pull_request(&mut self) -> [String; 2] {
        self.git(&["init", "-q", "-b", "main"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
        self.git(&["checkout", "-q", "-b", "change"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
        self.git(&["checkout", "-q", "main"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "base"]);
        let base = self.git(&["rev-parse", "HEAD"]);
        self.git(&["checkout", "-q", "--detach"]);
        self.git(&["merge", "-q", "--no-ff", "-m", "merge", "change"]);
        let merge = self.git(&["rev-parse", "HEAD"]);
        let event = [("GITHUB_EVENT_NAME", "pull_request"), ("HOLDFAST_HEAD_REPOSITORY", "contoso/ml")];
        self.set(&event).set(&[("GITHUB_SHA", &merge)]);
        [base, merge]
    }
}

impl Done {
    fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    fn has(&self, argument: &str) -> bool {
        self.arguments.iter().any(|given| given == argument)
    }
}

#[test]
fn a_scan_gives_outputs_a_summary_and_keeps_its_status() {
    let Some(mut runner) = Runner::new() else { return };
    let done = runner.set(&[("STUB_STATUS", "1")]).run("scan.sh");
    assert_eq!(done.code, 0, "{}", done.log);
    for (name, value) in [
        ("exit-code", "1"),
        ("complete", "true"),
        ("category", "holdfast/iac/"),
        ("findings", "7"),
        ("new", "2"),
        ("errors", "1"),
        ("warnings", "2"),
        ("notes", "4"),
        ("open", "5"),
        ("waived", "6"),
        ("gaps", "3"),
        ("upload", "true"),
    ] {
        assert_eq!(done.output(name), value, "{name}");
    }
    assert_eq!(done.summary, "## summary\n");
    assert!(Path::new(done.output("sarif-file")).is_file());
    assert_eq!(done.arguments.last().map(String::as_str), Some("."));
    assert!(done.has("--sarif-profile=github") && done.has("--fail-on=error"), "{:?}", done.arguments);
    // What the scan prints is no command of the runner.
    let stop = done.log.find("::stop-commands::").expect("commands are stopped");
    assert!(stop < done.log.find("::error::from a file name").expect("the output"), "{}", done.log);
    let token = done.log[stop..].lines().next().expect("a line").trim_start_matches("::stop-commands::").to_owned();
    assert!(token.len() == 32 && done.log.contains(&format!("\n::{token}::\n")), "{}", done.log);
}

#[test]
fn the_reports_of_the_real_program_are_understood() {
    let Some(mut runner) = Runner::new() else { return };
    let sample = Path::new(ROOT).join("fixtures/estates/fraud-scoring");
    for (file, copy) in [("arm/azuredeploy.json", "azuredeploy.json"), ("holdfast.yaml", "holdfast.yaml")] {
        fs::copy(sample.join(file), runner.path("workspace").join(copy)).expect("a copy");
    }
    let program = assert_cmd::cargo::cargo_bin("holdfast").display().to_string();
    let done = runner.set(&[("HOLDFAST_BINARY", &program)]).run("scan.sh");
    assert_eq!((done.code, done.output("exit-code"), done.output("complete")), (0, "1", "true"), "{}", done.log);
    assert_eq!(done.output("category"), "holdfast/iac/", "{:?}", done.outputs);
    assert_ne!(done.output("errors"), "0", "the registry has no replica");
    let numbers = ["findings", "new", "warnings", "notes", "open", "waived", "gaps"];
    assert!(numbers.iter().all(|name| done.output(name).parse::<usize>().is_ok()), "{:?}", done.outputs);
    assert_eq!(done.output("findings"), done.output("new"), "there is no base");
    assert!(done.summary.starts_with("## holdfast\n") && done.summary.contains("HF-ACR-003"), "{}", done.summary);
    let log = fs::read_to_string(done.output("sarif-file")).expect("a log");
    assert!(log.contains("\"HF-ACR-003\""));
}

#[test]
fn hostile_inputs_stay_values() {
    let hostile = ["$(touch owned)", "`touch owned`", "a'b\"c", "--output=owned", "; touch owned", "*", " "];
    for value in hostile {
        let Some(mut runner) = Runner::new() else { return };
        runner.set(&[("HOLDFAST_CONFIG", value), ("HOLDFAST_CATEGORY", value), ("HOLDFAST_PATH", value)]);
        let done = runner.set(&[("HOLDFAST_ARGS", value)]).run("scan.sh");
        assert_eq!(done.code, 0, "{value}: {}", done.log);
        assert!(done.has(&format!("--config={value}")) && done.has(&format!("--category={value}")), "{value}");
        let end = done.arguments.iter().position(|argument| argument == "--").expect("an end of options");
        let path = if value.trim().is_empty() { "." } else { value };
        assert_eq!(done.arguments[end + 1..], [path], "paths stand behind the options");
        assert_eq!(done.arguments[..end].iter().filter(|a| *a == value).count(), usize::from(value != " "), "{value}");
        assert!(!runner.path("workspace/owned").exists() && !runner.path("owned").exists(), "{value}");
    }
    for (name, value) in [
        ("HOLDFAST_SARIF_FILE", "x\nexit-code=0"),
        ("HOLDFAST_MODE", "iac\n"),
        ("HOLDFAST_UPLOAD", "yes"),
        ("HOLDFAST_FAIL_ON", "error --config=x"),
    ] {
        let Some(mut runner) = Runner::new() else { return };
        let done = runner.set(&[(name, value)]).run("scan.sh");
        assert_eq!(done.code, 2, "{name}");
        assert!(done.log.starts_with("::error title=holdfast::") && done.outputs.is_empty(), "{}", done.log);
        assert_eq!(done.log.lines().count(), 1, "no line of its own: {}", done.log);
    }
}

#[test]
fn several_lines_are_several_arguments() {
    let Some(mut runner) = Runner::new() else { return };
    runner.set(&[
        ("HOLDFAST_PATH", "infra\n\nmy jobs\r\n"),
        ("HOLDFAST_ARGS", "--rule=HF-STOR-*\n--tier\nactive-active\n"),
    ]);
    let done = runner.run("scan.sh");
    let end = done.arguments.len() - 6;
    assert_eq!(done.arguments[end..], ["--rule=HF-STOR-*", "--tier", "active-active", "--", "infra", "my jobs"]);
}

#[test]
fn an_incomplete_scan_is_not_uploaded() {
    for upload in ["auto", "true"] {
        let Some(mut runner) = Runner::new() else { return };
        runner.set(&[("STUB_COMPLETE", "false"), ("STUB_STATUS", "1"), ("HOLDFAST_UPLOAD", upload)]);
        let done = runner.run("scan.sh");
        assert_eq!((done.code, done.output("upload"), done.output("complete")), (0, "false", "false"));
        assert_eq!(done.output("exit-code"), "1", "findings, and incomplete all the same");
        assert!(done.log.contains("::warning title=holdfast::"), "{}", done.log);
    }
}

#[test]
fn a_scan_that_did_not_start_says_so() {
    let Some(mut runner) = Runner::new() else { return };
    let done = runner.set(&[("STUB_STATUS", "2")]).run("scan.sh");
    assert_eq!((done.code, done.output("exit-code"), done.output("upload")), (0, "2", "false"));
    assert_eq!((done.output("complete"), done.output("sarif-file")), ("false", ""));
    assert!(done.summary.contains("did not start"), "{}", done.summary);
}

#[test]
fn forks_and_bots_upload_nothing_by_themselves() {
    let cases = [
        (&[("GITHUB_EVENT_NAME", "pull_request"), ("HOLDFAST_HEAD_REPOSITORY", "stranger/ml")][..], "false"),
        (&[("GITHUB_EVENT_NAME", "pull_request_target"), ("HOLDFAST_HEAD_REPOSITORY", "stranger/ml")], "false"),
        (&[("GITHUB_EVENT_NAME", "pull_request"), ("HOLDFAST_HEAD_REPOSITORY", "")], "false"),
        (&[("GITHUB_EVENT_NAME", "pull_request"), ("HOLDFAST_HEAD_REPOSITORY", "contoso/ml")], "true"),
        (&[("GITHUB_ACTOR", "dependabot[bot]")], "false"),
        (&[("GITHUB_EVENT_NAME", "schedule")], "true"),
        (&[("HOLDFAST_UPLOAD", "false")], "false"),
    ];
    for (values, upload) in cases {
        let Some(mut runner) = Runner::new() else { return };
        let done = runner.set(&[("HOLDFAST_BASELINE_REF", "none")]).set(values).run("scan.sh");
        assert_eq!((done.code, done.output("upload")), (0, upload), "{values:?}: {}", done.log);
    }
}

#[test]
fn live_scans_are_not_for_forks() {
    let Some(mut runner) = Runner::new() else { return };
    let live = [("HOLDFAST_MODE", "live"), ("HOLDFAST_SUBSCRIPTIONS", "ML production\n--all-subscriptions\n")];
    let done = runner.set(&live).run("scan.sh");
    assert_eq!(done.code, 0, "{}", done.log);
    assert!(done.has("--subscription=ML production") && done.has("--subscription=--all-subscriptions"));
    assert!(!done.has("--") && !done.has("."), "no path: {:?}", done.arguments);
    let fork = [("GITHUB_EVENT_NAME", "pull_request"), ("HOLDFAST_HEAD_REPOSITORY", "stranger/ml")];
    let done = runner.set(&fork).run("scan.sh");
    assert_eq!((done.code, done.arguments.len()), (2, 0), "{}", done.log);
    let done = runner.set(&[("GITHUB_EVENT_NAME", "schedule"), ("HOLDFAST_SUBSCRIPTIONS", "")]).run("scan.sh");
    assert_eq!(done.code, 2, "{}", done.log);
}

#[test]
fn the_base_is_that_of_the_merge_commit_of_github_only() {
    let Some(mut runner) = Runner::new() else { return };
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("SKIPPED: git is not here");
        return;
    }
    let [base, merge] = runner.pull_request();
    let done = runner.run("scan.sh");
    assert!(done.has(&format!("--baseline-ref={base}")), "{}{:?}", done.log, done.arguments);
    // A merge commit that the author of the pull request made: its first parent is what he likes.
    runner.set(&[("GITHUB_SHA", "0123456789012345678901234567890123456789")]);
    let done = runner.run("scan.sh");
    assert_eq!((done.code, done.arguments.len()), (2, 0), "{}", done.log);
    assert!(done.log.contains("fetch-depth"), "{}", done.log);
    let done = runner.set(&[("HOLDFAST_BASE_SHA", &base)]).run("scan.sh");
    assert!(done.has(&format!("--baseline-ref={base}")), "{}", done.log);
    let done = runner.set(&[("HOLDFAST_BASE_SHA", "main")]).run("scan.sh");
    assert_eq!(done.code, 2, "a name is no commit");
    let done = runner.set(&[("HOLDFAST_BASELINE_REF", "none")]).run("scan.sh");
    assert!(!done.arguments.iter().any(|argument| argument.starts_with("--baseline-ref")), "{}", done.log);
    let done = runner.set(&[("HOLDFAST_BASELINE_REF", "origin/main"), ("GITHUB_SHA", &merge)]).run("scan.sh");
    assert!(done.has("--baseline-ref=origin/main"), "{}", done.log);
}

#[test]
fn the_status_of_the_scan_ends_the_action() {
    for (status, code) in [("0", 0), ("1", 1), ("2", 2), ("3", 3), ("", 2), ("0; exit 0", 2)] {
        let Some(mut runner) = Runner::new() else { return };
        assert_eq!(runner.set(&[("HOLDFAST_EXIT_CODE", status)]).run("result.sh").code, code, "{status}");
    }
}

#[test]
fn only_versions_are_versions() {
    let Some(mut runner) = Runner::new() else { return };
    for bad in ["1.2", "v1.2.3", "1.2.3; touch owned", "$(id)", "--help", "main", "1.2.3\n4"] {
        let done = runner.set(&[("HOLDFAST_VERSION", bad)]).run("prepare.sh");
        assert_eq!((done.code, done.outputs.len()), (2, 0), "{bad}: {}", done.log);
    }
    let done = runner.set(&[("HOLDFAST_VERSION", "1.2.3")]).run("prepare.sh");
    assert_eq!((done.output("kind"), done.output("cache-key")), ("release", "holdfast-1.2.3-Linux-X64"));
    let done = runner.set(&[("HOLDFAST_VERSION", "source")]).run("prepare.sh");
    let key = done.output("cache-key").to_owned();
    let expected = concat!("holdfast-", env!("CARGO_PKG_VERSION"), "-Linux-X64-");
    assert!(done.output("kind") == "source" && key.len() == expected.len() + 64 && key.starts_with(expected), "{key}");
    let done = runner.set(&[("RUNNER_OS", "Windows")]).run("prepare.sh");
    assert!(done.output("binary").ends_with("holdfast.exe"), "{}", done.log);
    let done = runner.set(&[("HOLDFAST_VERSION", "./target/debug/holdfast")]).run("prepare.sh");
    assert_eq!((done.output("kind"), done.output("cache-key")), ("binary", ""));
}

/// `curl` that copies what the last argument names from a folder.
const CURL: &str = r#"#!/usr/bin/env bash
while [ $# -gt 1 ]; do
  if [ "$1" = --output ]; then output=$2; fi
  shift
done
cp "$SERVER/${1##*/}" "$output"
"#;

#[test]
fn a_release_is_installed_only_with_its_checksum() {
    let Some(mut runner) = Runner::new() else { return };
    runner.program("curl", CURL);
    let (server, directory) = (runner.path("server"), runner.path("temp/holdfast-1.2.3"));
    fs::create_dir_all(&server).expect("a folder");
    let archive = "holdfast-1.2.3-x86_64-unknown-linux-gnu.tar.gz";
    let mut packed = Command::new("tar");
    packed.arg("-czf").arg(server.join(archive)).arg("-C").arg(runner.path("bin")).arg("holdfast");
    assert!(packed.status().expect("tar runs").success());
    let binary = directory.join("holdfast").display().to_string();
    let (server_text, directory_text) = (server.display().to_string(), directory.display().to_string());
    runner.set(&[("SERVER", &server_text), ("HOLDFAST_KIND", "release"), ("HOLDFAST_RELEASE", "1.2.3")]);
    runner.set(&[("HOLDFAST_DIRECTORY", &directory_text), ("HOLDFAST_BINARY", &binary)]);

    for sums in
        [String::new(), format!("{}  {archive}\n", "0".repeat(64)), format!("{}  other.tar.gz\n", "0".repeat(64))]
    {
        fs::write(server.join("SHA256SUMS"), sums).expect("a file");
        let done = runner.run("install.sh");
        assert_eq!(done.code, 2, "{}", done.log);
        assert!(done.log.contains("SHA-256") && !Path::new(&binary).exists(), "{}", done.log);
    }
    use sha2::Digest;
    let bytes = fs::read(server.join(archive)).expect("a file");
    let digest: String = sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(server.join("SHA256SUMS"), format!("{digest}  {archive}\n")).expect("a file");
    let done = runner.run("install.sh");
    assert_eq!((done.code, done.output("binary")), (0, binary.as_str()), "{}", done.log);
    // Now it is there, and nothing is fetched.
    fs::remove_dir_all(&server).expect("removed");
    assert_eq!(runner.run("install.sh").code, 0);
    let done = runner.set(&[("HOLDFAST_KIND", "binary"), ("HOLDFAST_BINARY", "./none")]).run("install.sh");
    assert_eq!(done.code, 2, "{}", done.log);
}

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names at the first level below a key of `action.yml`.
fn names_below(action: &str, key: &str) -> Vec<String> {
    let lines = action.lines().skip_while(|line| *line != format!("{key}:")).skip(1);
    let block = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    let names =
        block.filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':').filter(|name| !name.starts_with(' ')));
    names.map(str::to_owned).collect()
}

#[test]
fn every_input_is_used_once_and_every_input_and_output_is_documented() {
    let (action, page) = (text("action.yml"), text("docs/github-action.md"));
    let inputs = names_below(&action, "inputs");
    assert_eq!(inputs.len(), 11, "{inputs:?}");
    for input in &inputs {
        assert_eq!(action.matches(&format!("${{{{ inputs.{input} }}}}")).count(), 1, "{input}");
    }
    let outputs = names_below(&action, "outputs");
    assert!(outputs.len() > 10, "{outputs:?}");
    let scan = text("action/scan.sh");
    for name in inputs.iter().chain(&outputs) {
        assert!(page.contains(&format!("| `{name}` |")), "docs/github-action.md has no row for {name}");
    }
    // What an output reads, a script writes.
    for name in action.split("steps.scan.outputs.").skip(1).filter_map(|rest| rest.split([' ', '\'']).next()) {
        let in_loop = scan.contains(&format!(" {name} ")) || scan.contains(&format!(" {name};"));
        assert!(scan.contains(&format!("put {name} ")) || in_loop, "{name}");
    }
}

/// All workflows and the Action.
fn workflows() -> Vec<(String, String)> {
    let mut files = vec![("action.yml".to_owned(), text("action.yml"))];
    let folder = Path::new(ROOT).join(".github/workflows");
    for entry in fs::read_dir(folder).expect("workflows") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        files.push((name, fs::read_to_string(path).expect("text")));
    }
    assert!(files.len() > 3, "{}", files.len());
    files
}

#[test]
fn actions_of_others_are_pinned_and_nothing_is_expanded_into_scripts() {
    for (name, text) in workflows() {
        let mut in_script: Option<usize> = None;
        for (number, line) in text.lines().enumerate() {
            let place = format!("{name}:{}: {line}", number + 1);
            let indent = line.len() - line.trim_start().len();
            let trimmed = line.trim_start().trim_start_matches("- ");
            if let Some(used) = trimmed.strip_prefix("uses: ").filter(|used| !used.starts_with("./")) {
                let (_, pinned) = used.split_once('@').expect("a version");
                let (commit, version) = pinned.split_once(" # v").unwrap_or((pinned, ""));
                assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{place}");
                assert_eq!(version.split('.').count(), 3, "{place}");
            }
            if in_script.is_some_and(|start| !line.trim().is_empty() && indent <= start) {
                in_script = None;
            }
            if trimmed.starts_with("run:") {
                in_script = Some(indent);
            }
            assert!(in_script.is_none() || !line.contains("${{"), "{place}");
        }
    }
}
