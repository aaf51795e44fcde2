//! The files of a repository, as far as a scan may look at them.

mod ignores;

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

pub use ignores::Ignores;

use crate::model::{Gap, GapCode};

/// The largest file that is read, in bytes. Azure accepts templates up to 4 MiB; plans and notebooks
/// are larger.
const MAX_FILE_BYTES: u64 = 128 * 1024 * 1024;

/// The files below the scanned paths. Every path is relative to the repository root, with `/`.
///
/// Files that git ignores are left out; symbolic links are not followed out of the root.
#[derive(Debug)]
pub struct FileTree {
    backing: Backing,
    /// Path relative to the root → whether it lies below a scanned path (others may be referred to).
    files: BTreeMap<String, u64>,
    gaps: Vec<Gap>,
}

/// Where the bytes are.
enum Backing {
    /// Below this folder, which is canonical.
    Disk(PathBuf),
    /// Somewhere else, with the paths of all files in order.
    Stored(Arc<dyn StoredFiles>, Vec<String>),
}

impl Debug for Backing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(root) => root.fmt(f),
            Self::Stored(..) => f.write_str("stored"),
        }
    }
}

/// Files that are not on disk, such as those of a git revision. Paths are relative to the root, with `/`.
pub trait StoredFiles: Send + Sync {
    /// All files, each with its size in bytes, in the order of their paths.
    fn files(&self) -> Vec<(String, u64)>;

    /// The bytes of a file; links are followed as far as they stay inside. The error is a clause.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// Files by path.
impl StoredFiles for BTreeMap<String, Vec<u8>> {
    fn files(&self) -> Vec<(String, u64)> {
        self.iter().map(|(path, bytes)| (path.clone(), bytes.len() as u64)).collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

/// Why a tree cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A path given on the command line is not there.
    #[error("{}: no such file or folder", .0.display())]
    Missing(PathBuf),
    /// A path given on the command line lies outside the repository root.
    #[error("{}: lies outside the repository root {}", .0.display(), .1.display())]
    Outside(PathBuf, PathBuf),
}

impl FileTree {
    /// The files below `paths` that `wanted` accepts (by their relative path), within the repository
    /// root `root`.
    pub fn open(root: &Path, paths: &[PathBuf], wanted: &dyn Fn(&str) -> bool) -> Result<Self, TreeError> {
        Self::open_ignoring(root, paths, wanted, None)
    }

    /// The same; with `ignores` in place of the ignore files of the tree, which are then not trusted.
    pub fn open_ignoring(
        root: &Path,
        paths: &[PathBuf],
        wanted: &dyn Fn(&str) -> bool,
        ignores: Option<&Arc<Ignores>>,
    ) -> Result<Self, TreeError> {
        let root = root.canonicalize().map_err(|_| TreeError::Missing(root.to_owned()))?;
        let mut tree = Self { backing: Backing::Disk(root.clone()), files: BTreeMap::new(), gaps: Vec::new() };
        for path in paths {
            let start = path.canonicalize().map_err(|_| TreeError::Missing(path.clone()))?;
            if !start.starts_with(&root) {
                return Err(TreeError::Outside(path.clone(), root));
            }
            tree.walk(&root, &start, wanted, ignores);
        }
        Ok(tree)
    }

    /// Those of `files` below `starts` (paths relative to the root; empty for all) that `wanted` accepts.
    pub fn stored(files: Arc<dyn StoredFiles>, starts: &[String], wanted: &dyn Fn(&str) -> bool) -> Self {
        let ignores = Ignores::of(&*files);
        let below = |path: &str| starts.iter().any(|start| is_below(path, start));
        let mut found = files.files();
        let mut paths: Vec<String> = found.iter().map(|(path, _)| path.clone()).collect();
        paths.sort_unstable();
        found.retain(|(path, _)| below(path) && wanted(path) && !ignores.is_ignored(path, false));
        Self { files: found.into_iter().collect(), backing: Backing::Stored(files, paths), gaps: Vec::new() }
    }

    fn walk(&mut self, root: &Path, start: &Path, wanted: &dyn Fn(&str) -> bool, ignores: Option<&Arc<Ignores>>) {
        let mut walk = ignore::WalkBuilder::new(start);
        walk.hidden(false).require_git(false).follow_links(false);
        match ignores.cloned() {
            None => walk.filter_entry(|entry| entry.file_name() != ".git"),
            Some(ignores) => {
                let root = root.to_owned();
                walk.git_ignore(false).ignore(false).filter_entry(move |entry| {
                    let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
                    let relative = relative(&root, entry.path());
                    entry.file_name() != ".git" && !relative.is_some_and(|path| ignores.is_ignored(&path, is_dir))
                })
            }
        };
        for entry in walk.build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.gaps.push(unreadable(start.display().to_string(), &error.to_string()));
                    continue;
                }
            };
            let Some(relative) = relative(root, entry.path()) else { continue };
            // A link is read only if it leads to a file inside the root.
            let is_file = match entry.file_type() {
                Some(kind) if kind.is_symlink() => match entry.path().canonicalize() {
                    Ok(target) if target.starts_with(root) => target.is_file(),
                    _ => false,
                },
                Some(kind) => kind.is_file(),
                None => false,
            };
            if is_file && wanted(&relative) {
                let size = entry.metadata().map_or(0, |m| m.len());
                self.files.insert(relative, size);
            }
        }
    }

    /// The scanned files in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether this file (relative to the root) was found below a scanned path.
    pub fn contains(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The names of the files directly in a folder inside the root (empty for the root itself), scanned
    /// or referred to, in order. Empty if there is no such folder.
    pub fn folder(&self, path: &str) -> Vec<String> {
        let root = match &self.backing {
            Backing::Disk(root) => root,
            Backing::Stored(_, paths) => return names_in(paths, path),
        };
        let Ok(target) = root.join(path).canonicalize() else { return Vec::new() };
        if !target.starts_with(root) {
            return Vec::new();
        }
        let entries = fs::read_dir(target).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_dir()));
        let mut names: Vec<String> = files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names
    }

    /// What could not be walked.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The path that `reference` means inside the file `from`: `./modules/x.bicep` beside
    /// `infra/main.bicep` is `infra/modules/x.bicep`. `None` if it leaves the root or is absolute.
    pub fn resolve(&self, from: &str, reference: &str) -> Option<String> {
        let mut names: Vec<&str> = from.split('/').collect();
        names.pop();
        let reference = reference.replace('\\', "/");
        let path = Path::new(&reference);
        for component in path.components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    names.pop()?;
                }
                Component::Normal(name) => names.push(name.to_str()?),
                Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        Some(names.join("/"))
    }

    /// The text of a file inside the root, scanned or referred to.
    ///
    /// A byte order mark is kept; UTF-16 files with one are converted. What cannot be read, is too
    /// large or is not text comes back as a gap.
    pub fn read(&self, path: &str) -> Result<Arc<str>, Box<Gap>> {
        let bytes = match &self.backing {
            Backing::Disk(root) => read_below(root, path)?,
            Backing::Stored(files, _) => read_stored(&**files, path)?,
        };
        decode(bytes).map(Into::into).ok_or_else(|| {
            let message = "the file is neither UTF-8 nor UTF-16 text; save it as UTF-8".to_owned();
            Box::new(Gap::at_path(GapCode::NotUtf8, path, message))
        })
    }
}

fn read_below(root: &Path, path: &str) -> Result<Vec<u8>, Box<Gap>> {
    let failed = |error: std::io::Error| Box::new(unreadable(path.to_owned(), &error.to_string()));
    let target = root.join(path).canonicalize().map_err(failed)?;
    if !target.starts_with(root) {
        return Err(Box::new(unreadable(path.to_owned(), "a symbolic link leads out of the scanned repository")));
    }
    let file = fs::File::open(&target).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    if size > MAX_FILE_BYTES {
        return Err(too_large(path, size));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn read_stored(files: &dyn StoredFiles, path: &str) -> Result<Vec<u8>, Box<Gap>> {
    files.read(path).map_err(|reason| Box::new(unreadable(path.to_owned(), &reason)))
}

/// The names of the files directly in a folder; `paths` are sorted.
fn names_in(paths: &[String], folder: &str) -> Vec<String> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let start = paths.partition_point(|path| *path < prefix);
    let inside = paths[start..].iter().map_while(|path| path.strip_prefix(&prefix));
    inside.filter(|name| !name.contains('/')).map(str::to_owned).collect()
}

/// Whether a path is a start or lies below it.
fn is_below(path: &str, start: &str) -> bool {
    start.is_empty() || path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let relative = path.strip_prefix(root).ok()?;
    let names: Option<Vec<&str>> = relative.components().map(|c| c.as_os_str().to_str()).collect();
    names.map(|names| names.join("/"))
}

fn too_large(path: &str, size: u64) -> Box<Gap> {
    let message = format!("the file has {size} bytes; the limit is {MAX_FILE_BYTES}");
    Box::new(Gap::at_path(GapCode::FileTooLarge, path, message))
}

fn unreadable(path: String, reason: &str) -> Gap {
    Gap::at_path(GapCode::FileUnreadable, &path, format!("the file could not be read: {reason}"))
}

/// Text from UTF-8, or from UTF-16 that starts with a byte order mark (Windows PowerShell writes it).
fn decode(bytes: Vec<u8>) -> Option<String> {
    let units = |from: fn([u8; 2]) -> u16| -> Option<String> {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => String::from_utf8(bytes).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &[u8])]) -> (tempfile::TempDir, FileTree) {
        let dir = tempfile::tempdir().expect("a scratch folder");
        for (path, bytes) in files {
            let full = dir.path().join(path);
            fs::create_dir_all(full.parent().expect("a parent")).expect("folders");
            fs::write(full, bytes).expect("a file");
        }
        let tree = FileTree::open(dir.path(), &[dir.path().to_owned()], &|_| true).expect("a tree");
        (dir, tree)
    }

    #[test]
    fn references_stay_inside_the_root() {
        let (_dir, tree) = tree(&[("infra/main.bicep", b"")]);
        assert_eq!(tree.resolve("infra/main.bicep", "./m/x.bicep").as_deref(), Some("infra/m/x.bicep"));
        assert_eq!(tree.resolve("infra/main.bicep", "..\\x.json").as_deref(), Some("x.json"));
        assert_eq!(tree.resolve("infra/main.bicep", "../../etc/passwd"), None);
        assert_eq!(tree.resolve("infra/main.bicep", "/etc/passwd"), None);
    }

    #[test]
    fn a_folder_lists_its_files_inside_the_root_only() {
        let files: &[(&str, &[u8])] = &[("m/b.tf", b""), ("m/a.tf", b""), ("m/n/c.tf", b""), ("d.tf", b"")];
        let (_dir, disk) = tree(files);
        for tree in [disk, stored(files)] {
            assert_eq!(tree.folder("m"), ["a.tf", "b.tf"]);
            assert_eq!(tree.folder(""), ["d.tf"]);
            assert!(tree.folder("m/x").is_empty());
            assert!(tree.folder("..").is_empty());
        }
    }

    fn stored(files: &[(&str, &[u8])]) -> FileTree {
        let files: BTreeMap<String, Vec<u8>> = files.iter().map(|(p, b)| ((*p).to_owned(), b.to_vec())).collect();
        FileTree::stored(Arc::new(files), &[String::new()], &|_| true)
    }

    #[test]
    fn a_stored_tree_looks_like_one_on_disk() {
        let files: &[(&str, &[u8])] = &[
            (".gitignore", b"/build/\n"),
            ("build/x.json", b"{}"),
            ("infra/a.json", b"{}"),
            ("infra/build/b.json", &[0xff]),
        ];
        let (_dir, disk) = tree(files);
        let stored = stored(files);
        assert_eq!(stored.files().collect::<Vec<_>>(), disk.files().collect::<Vec<_>>());
        for path in ["infra/a.json", "build/x.json", "infra/build/b.json", "none.json"] {
            let code = |tree: &FileTree| tree.read(path).map_err(|gap| gap.code);
            assert_eq!(code(&stored), code(&disk), "{path}");
        }
        let all: BTreeMap<String, Vec<u8>> = files.iter().map(|(p, b)| ((*p).to_owned(), b.to_vec())).collect();
        let below = FileTree::stored(Arc::new(all), &["infra/build".to_owned()], &|_| true);
        assert_eq!(below.files().collect::<Vec<_>>(), ["infra/build/b.json"]);
    }

    #[test]
    fn ignore_rules_from_elsewhere_replace_those_of_the_tree() {
        let (dir, _) = tree(&[(".gitignore", b"infra/\n"), ("infra/a.json", b"{}"), ("build/x.json", b"{}")]);
        let base = BTreeMap::from([(".gitignore".to_owned(), b"build/\n".to_vec())]);
        let ignores = Arc::new(Ignores::of(&base));
        let paths = [dir.path().to_owned()];
        let tree = FileTree::open_ignoring(dir.path(), &paths, &|_| true, Some(&ignores)).expect("a tree");
        assert_eq!(tree.files().collect::<Vec<_>>(), [".gitignore", "infra/a.json"]);
    }

    #[test]
    fn what_is_not_text_is_a_gap() {
        let (_dir, tree) = tree(&[("a.json", &[0x7b, 0xff, 0x80]), ("b.json", &[0xff, 0xfe, 0x7b, 0, 0x7d, 0])]);
        assert_eq!(tree.read("a.json").expect_err("not text").code, GapCode::NotUtf8);
        assert_eq!(&*tree.read("b.json").expect("UTF-16 with a mark"), "{}");
        assert_eq!(tree.read("c.json").expect_err("not there").code, GapCode::FileUnreadable);
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_root_are_not_followed() {
        let (dir, _) = tree(&[("a.json", b"{}")]);
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("secret.json")).expect("a link");
        std::os::unix::fs::symlink("a.json", dir.path().join("inside.json")).expect("a link");
        let tree = FileTree::open(dir.path(), &[dir.path().to_owned()], &|_| true).expect("a tree");
        assert_eq!(tree.files().collect::<Vec<_>>(), ["a.json", "inside.json"]);
        assert_eq!(tree.read("secret.json").expect_err("outside").code, GapCode::FileUnreadable);
    }

    #[test]
    fn ignored_files_are_left_out() {
        let (_dir, tree) = tree(&[(".gitignore", b"build/\n"), ("build/x.json", b"{}"), (".github/w.yml", b"")]);
        assert_eq!(tree.files().collect::<Vec<_>>(), [".github/w.yml", ".gitignore"]);
    }
}
