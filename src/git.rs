//! What a git checkout says of itself, read from its files; and the tree of another revision, read from its
//! objects.

mod revision_tree;

use std::fs;
use std::path::{Path, PathBuf};

pub use revision_tree::{GitError, RevisionTree};

use crate::finding::Revision;

/// The folder that holds `.git`, at or above a path; `None` outside a checkout.
pub fn root_of(path: &Path) -> Option<PathBuf> {
    let start = path.canonicalize().ok()?;
    start.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

/// The revision that is checked out in a repository root; `None` if it cannot be told.
pub fn revision(root: &Path) -> Option<Revision> {
    let git = git_dir(root)?;
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let (commit, branch) = match head.trim().strip_prefix("ref: ") {
        None => (head.trim().to_owned(), None),
        Some(name) => (resolve(&git, name)?, name.strip_prefix("refs/heads/").map(str::to_owned)),
    };
    let repository = origin(&git)?;
    is_commit(&commit).then_some(Revision { repository, commit, branch })
}

/// `.git` is a folder, or a file that names one (worktrees, submodules).
fn git_dir(root: &Path) -> Option<PathBuf> {
    let dot_git = root.join(".git");
    if dot_git.is_dir() {
        return Some(dot_git);
    }
    let text = fs::read_to_string(&dot_git).ok()?;
    Some(root.join(text.trim().strip_prefix("gitdir: ")?))
}

/// Refs and configuration of a worktree live in the main `.git`.
fn common_dir(git: &Path) -> PathBuf {
    fs::read_to_string(git.join("commondir")).map_or_else(|_| git.to_owned(), |text| git.join(text.trim()))
}

fn resolve(git: &Path, name: &str) -> Option<String> {
    // A ref is data from the checkout: it must not lead out of the git folder.
    if name.split('/').any(|part| part == "..") {
        return None;
    }
    let common = common_dir(git);
    for folder in [git, &common] {
        if let Ok(text) = fs::read_to_string(folder.join(name)) {
            return Some(text.trim().to_owned());
        }
    }
    let packed = fs::read_to_string(common.join("packed-refs")).ok()?;
    packed.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix(' ').map(str::to_owned))
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The URL of `origin`, as https and without credentials.
fn origin(git: &Path) -> Option<String> {
    let config = fs::read_to_string(common_dir(git).join("config")).ok()?;
    let mut inside = false;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[remote \"origin\"]";
        } else if let Some(url) = line.strip_prefix("url").filter(|_| inside) {
            return web_url(url.trim_start().strip_prefix('=')?.trim());
        }
    }
    None
}

fn web_url(url: &str) -> Option<String> {
    if let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) {
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        return Some(format!("https://{}", host.trim_end_matches(".git")));
    }
    let rest = url.strip_prefix("ssh://").unwrap_or(url);
    let (_, rest) = rest.split_once('@')?;
    let path = rest.replacen(':', "/", 1);
    Some(format!("https://{}", path.trim_end_matches(".git")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_lose_credentials_and_become_web_addresses() {
        let web = |url| web_url(url).unwrap_or_default();
        assert_eq!(web("https://user:secret@example.com/a/b.git"), "https://example.com/a/b");
        assert_eq!(web("git@example.com:a/b.git"), "https://example.com/a/b");
        assert_eq!(web("ssh://git@example.com/a/b"), "https://example.com/a/b");
        assert_eq!(web_url("/srv/repositories/a"), None);
    }

    #[test]
    fn a_packed_ref_is_found() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let git = dir.path().join(".git");
        fs::create_dir_all(&git).expect("a folder");
        let commit = "0123456789abcdef0123456789abcdef01234567";
        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").expect("a file");
        fs::write(git.join("packed-refs"), format!("# pack-refs\n{commit} refs/heads/main\n")).expect("a file");
        fs::write(git.join("config"), "[remote \"origin\"]\n\turl = https://example.com/a/b.git\n").expect("a file");
        let revision = revision(dir.path()).expect("a checkout");
        assert_eq!((revision.commit.as_str(), revision.branch.as_deref()), (commit, Some("main")));
    }
}
