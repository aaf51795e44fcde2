//! The files of a revision, from the objects of the repository. The work tree is neither read nor touched.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::source::StoredFiles;

/// The largest object that is read, in bytes; that of files on disk.
const MAX_BYTES: u64 = 128 * 1024 * 1024;
/// What git may list, in bytes: a million paths.
const MAX_LIST: u64 = 256 * 1024 * 1024;
/// Links that lead to links.
const MAX_LINKS: usize = 40;

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The text cannot be the name of a revision.
    #[error("`{0}` is not the name of a revision")]
    BadName(String),
    /// Git does not know the revision.
    #[error("`{0}` is not a revision of this repository; a shallow clone holds only what was fetched")]
    Unknown(String),
    /// Git cannot be run.
    #[error("git cannot be run: {0}")]
    NoGit(std::io::Error),
    /// Git refuses.
    #[error("git {command}: {reason}")]
    Failed {
        /// The subcommand.
        command: &'static str,
        /// What it said.
        reason: String,
    },
}

/// A file of the revision.
#[derive(Clone, Debug)]
struct Entry {
    object: String,
    size: u64,
    is_link: bool,
}

/// The files of one revision.
pub struct RevisionTree {
    /// The full id of the commit.
    commit: String,
    entries: BTreeMap<String, Entry>,
    objects: Mutex<Objects>,
}

impl Debug for RevisionTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevisionTree({}, {} files)", self.commit, self.entries.len())
    }
}

impl RevisionTree {
    /// The tree of the revision that `name` means in the repository around `root`.
    pub fn open(root: &Path, name: &str) -> Result<Self, GitError> {
        // It becomes an argument: what looks like an option, or like anything but a revision, is refused.
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != ':';
        if name.is_empty() || name.starts_with('-') || !name.chars().all(plain) {
            return Err(GitError::BadName(name.to_owned()));
        }
        let unknown = || GitError::Unknown(name.to_owned());
        let found = output(root, "rev-parse", &["--verify", "--quiet", &format!("{name}^{{commit}}")])?;
        let commit = found.ok_or_else(unknown).map(|text| String::from_utf8_lossy(&text).trim().to_owned())?;
        if !super::is_commit(&commit) {
            return Err(unknown());
        }
        let arguments = ["-r", "-l", "-z", "--full-tree", &commit];
        let listed = output(root, "ls-tree", &arguments)?.ok_or_else(unknown)?;
        let entries = listed.split(|byte| *byte == 0).filter_map(entry).collect();
        Ok(Self { commit, entries, objects: Mutex::new(Objects::start(root)?) })
    }

    /// The id of the commit.
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// The path that `path` means once links are followed; `None` if that is no file inside.
    fn resolve(&self, path: &str) -> Option<String> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            let Some((link, rest)) = self.first_link(&path) else {
                return self.entries.contains_key(&path).then_some(path);
            };
            let target = String::from_utf8(self.object(&self.entries[&link]).ok()?).ok()?;
            path = join(link.rsplit_once('/').map_or("", |(folder, _)| folder), &format!("{target}{rest}"))?;
        }
        None
    }

    /// The first link on the way to a path, and what stands behind it.
    fn first_link<'a>(&self, path: &'a str) -> Option<(String, &'a str)> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let mut links = ends.filter(|at| self.entries.get(&path[..*at]).is_some_and(|entry| entry.is_link));
        links.next().map(|at| (path[..at].to_owned(), &path[at..]))
    }

    fn object(&self, entry: &Entry) -> Result<Vec<u8>, String> {
        if entry.size > MAX_BYTES {
            return Err(format!("the file has {} bytes; the limit is {MAX_BYTES}", entry.size));
        }
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.read(&entry.object).map_err(|error| format!("git cat-file: {error}"))
    }
}

impl StoredFiles for RevisionTree {
    fn files(&self) -> Vec<(String, u64)> {
        let files = self.entries.iter().filter(|(path, entry)| !entry.is_link || self.resolve(path).is_some());
        files.map(|(path, entry)| (path.clone(), entry.size)).collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let resolved = self.resolve(path).ok_or_else(|| format!("no such file in revision {}", self.commit))?;
        self.object(&self.entries[&resolved])
    }
}

/// A line of `ls-tree -l`: mode, type, object, size, a tab, the path. Submodules have no files here.
fn entry(line: &[u8]) -> Option<(String, Entry)> {
    let line = std::str::from_utf8(line).ok()?;
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let (mode, kind, object, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let entry = Entry { object: object.to_owned(), size: size.parse().ok()?, is_link: mode == "120000" };
    (kind == "blob" && super::is_commit(object)).then(|| (path.to_owned(), entry))
}

/// A relative path behind a folder; `None` if it leaves the root.
fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// Git, told to run nothing else, to ask nobody and to fetch nothing.
fn git(root: &Path, command: &str) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", command]);
    let quiet = [("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("GIT_NO_LAZY_FETCH", "1")];
    git.envs(quiet).env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped());
    // The repository is the one around the scanned path, whatever a surrounding git command says.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"] {
        git.env_remove(name);
    }
    git
}

/// What a command prints; `None` if it only says no.
fn output(root: &Path, command: &'static str, arguments: &[&str]) -> Result<Option<Vec<u8>>, GitError> {
    let failed = |reason: String| GitError::Failed { command, reason };
    let mut child = git(root, command).args(arguments).stderr(Stdio::piped()).spawn().map_err(GitError::NoGit)?;
    let mut printed = Vec::new();
    if let Some(out) = child.stdout.take() {
        out.take(MAX_LIST + 1).read_to_end(&mut printed).map_err(|error| failed(error.to_string()))?;
    }
    if printed.len() as u64 > MAX_LIST {
        _ = child.kill();
        _ = child.wait();
        return Err(failed("the tree is too large".to_owned()));
    }
    let ended = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    let reason = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    match (ended.status.success(), reason.is_empty()) {
        (true, _) => Ok(Some(printed)),
        (false, true) => Ok(None),
        (false, false) => Err(failed(reason)),
    }
}

/// A `git cat-file --batch` that answers until it is dropped.
struct Objects {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Objects {
    fn start(root: &Path) -> Result<Self, GitError> {
        let mut command = git(root, "cat-file");
        command.arg("--batch").stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(GitError::NoGit)?;
        let closed = || GitError::NoGit(std::io::Error::other("its pipes are closed"));
        let questions = child.stdin.take().ok_or_else(closed)?;
        let answers = BufReader::new(child.stdout.take().ok_or_else(closed)?);
        Ok(Self { child, questions, answers })
    }

    /// `<object> blob <size>`, the bytes, a line feed.
    fn read(&mut self, object: &str) -> Result<Vec<u8>, std::io::Error> {
        writeln!(self.questions, "{object}")?;
        self.questions.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let size = head.trim_end().split_once(" blob ").and_then(|(_, size)| size.parse::<u64>().ok());
        let Some(size) = size.filter(|size| *size <= MAX_BYTES) else {
            return Err(std::io::Error::other(format!("object {object} cannot be read: {}", head.trim_end())));
        };
        let mut bytes = vec![0; size as usize];
        self.answers.read_exact(&mut bytes)?;
        self.answers.read_exact(&mut [0])?;
        Ok(bytes)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It has nothing to lose: it only reads.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A repository with one commit of these files; `None` where git is not installed.
    fn repository(files: &[(&str, &str)]) -> Option<tempfile::TempDir> {
        let dir = tempfile::tempdir().expect("a scratch folder");
        for (path, text) in files {
            let full = dir.path().join(path);
            fs::create_dir_all(full.parent().expect("a parent")).expect("folders");
            fs::write(full, text).expect("a file");
        }
        let run = |arguments: &[&str]| {
            let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
            Command::new("git").arg("-C").arg(dir.path()).args(identity).args(arguments).output().ok()
        };
        if run(&["init", "-q"]).is_none() {
            eprintln!("SKIPPED: git is not here");
            return None;
        }
        for arguments in [&["add", "-A"][..], &["commit", "-q", "-m", "base"]] {
            assert!(run(arguments).expect("git runs").status.success());
        }
        Some(dir)
    }

    #[test]
    fn a_revision_is_read_while_the_work_tree_differs() {
        let Some(dir) = repository(&[("infra/main.bicep", "base\n"), ("name with blank.json", "{}")]) else { return };
        fs::write(dir.path().join("infra/main.bicep"), "changed\n").expect("a file");
        let tree = RevisionTree::open(dir.path(), "HEAD").expect("a revision");
        let paths: Vec<String> = tree.files().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["infra/main.bicep", "name with blank.json"]);
        assert_eq!(tree.read("infra/main.bicep").expect("a file"), b"base\n");
        assert_eq!(tree.read("name with blank.json").expect("a file"), b"{}");
        assert!(tree.read("infra/none.bicep").is_err());
        assert_eq!(fs::read(dir.path().join("infra/main.bicep")).expect("a file"), b"changed\n");
    }

    #[test]
    fn what_is_no_revision_is_refused() {
        let Some(dir) = repository(&[("a.json", "{}")]) else { return };
        for name in ["", "--output=x", "-h", "a b", "HEAD:a.json", "x\ny"] {
            assert!(matches!(RevisionTree::open(dir.path(), name), Err(GitError::BadName(_))), "{name}");
        }
        for name in ["none", "HEAD~9", "0123456789012345678901234567890123456789"] {
            let error = RevisionTree::open(dir.path(), name).expect_err("not there");
            assert!(matches!(error, GitError::Unknown(_)), "{name}: {error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_the_revision_only() {
        let link = |dir: &Path, target: &str, name: &str| {
            std::os::unix::fs::symlink(target, dir.join(name)).expect("a link");
        };
        let Some(dir) = repository(&[("infra/a.json", "{}")]) else { return };
        for (target, name) in [
            ("infra", "folder"),
            ("folder/a.json", "inside"),
            ("/etc/hostname", "out"),
            ("../x", "up"),
            ("loop", "loop"),
        ] {
            link(dir.path(), target, name);
        }
        let run = |arguments: &[&str]| {
            let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
            let output = Command::new("git").arg("-C").arg(dir.path()).args(identity).args(arguments).output();
            assert!(output.expect("git runs").status.success());
        };
        run(&["add", "-A"]);
        run(&["commit", "-q", "-m", "links"]);
        let tree = RevisionTree::open(dir.path(), "HEAD").expect("a revision");
        let paths: Vec<String> = tree.files().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["infra/a.json", "inside"]);
        assert_eq!(tree.read("folder/a.json").expect("through the folder"), b"{}");
        for outside in ["out", "up", "loop"] {
            assert!(tree.read(outside).is_err(), "{outside}");
        }
    }
}
