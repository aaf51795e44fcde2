//! Whether what a file refers to is in the repository.

use crate::source::FileTree;

/// What a relative path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Relative to the repository root.
    pub path: String,
    /// Whether it is there; `None` if that is not known.
    pub found: Option<bool>,
}

/// What `reference` inside the file `from` leads to; `None` if it leaves the repository.
pub fn target(tree: &FileTree, from: &str, reference: &str) -> Option<Target> {
    let path = tree.resolve(from, reference)?;
    let found = found(tree, &path);
    Some(Target { path, found })
}

/// Whether a file or folder is there. A folder of nothing but folders cannot be told from none, if nothing in
/// it was scanned.
fn found(tree: &FileTree, path: &str) -> Option<bool> {
    let path = path.trim_end_matches('/');
    if path.is_empty() || tree.contains(path) {
        return Some(true);
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let has = |folder: &str, name: &str| tree.folder(folder).iter().any(|known| known == name);
    if has(folder, name) || !tree.folder(path).is_empty() {
        return Some(true);
    }
    let below = format!("{path}/");
    if tree.files().any(|file| file.starts_with(&below)) {
        return Some(true);
    }
    // A module of git that is not checked out has no files here.
    let is_file = name.contains('.') || name.eq_ignore_ascii_case("dockerfile");
    (is_file && !has("", ".gitmodules")).then_some(false)
}
