//! The files of a repository, as far as a scan may look at them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::model::{Gap, GapCode};

/// The largest file that is read, in bytes. Azure accepts templates up to 4 MiB; plans and notebooks
/// are larger.
const MAX_FILE_BYTES: u64 = 128 * 1024 * 1024;

/// The files below the scanned paths. Every path is relative to the repository root, with `/`.
///
/// Files that git ignores are left out; symbolic links are not followed out of the root.
#[derive(Debug)]
pub struct FileTree {
    root: PathBuf,
    /// Path relative to the root → whether it lies below a scanned path (others may be referred to).
    files: BTreeMap<String, u64>,
    gaps: Vec<Gap>,
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
        let root = root.canonicalize().map_err(|_| TreeError::Missing(root.to_owned()))?;
        let mut tree = Self { root, files: BTreeMap::new(), gaps: Vec::new() };
        for path in paths {
            let start = path.canonicalize().map_err(|_| TreeError::Missing(path.clone()))?;
            if !start.starts_with(&tree.root) {
                return Err(TreeError::Outside(path.clone(), tree.root));
            }
            tree.walk(&start, wanted);
        }
        Ok(tree)
    }

    fn walk(&mut self, start: &Path, wanted: &dyn Fn(&str) -> bool) {
        let walk = ignore::WalkBuilder::new(start)
            .hidden(false)
            .require_git(false)
            .follow_links(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.gaps.push(unreadable(start.display().to_string(), &error.to_string()));
                    continue;
                }
            };
            let Some(relative) = self.relative(entry.path()) else { continue };
            // A link is read only if it leads to a file inside the root.
            let is_file = match entry.file_type() {
                Some(kind) if kind.is_symlink() => match entry.path().canonicalize() {
                    Ok(target) if target.starts_with(&self.root) => target.is_file(),
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

    fn relative(&self, path: &Path) -> Option<String> {
        let relative = path.strip_prefix(&self.root).ok()?;
        let names: Option<Vec<&str>> = relative.components().map(|c| c.as_os_str().to_str()).collect();
        names.map(|names| names.join("/"))
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
        let Ok(target) = self.root.join(path).canonicalize() else { return Vec::new() };
        if !target.starts_with(&self.root) {
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
        let full = self.root.join(path);
        let target = full.canonicalize().map_err(|e| Box::new(unreadable(path.to_owned(), &e.to_string())))?;
        if !target.starts_with(&self.root) {
            return Err(Box::new(unreadable(path.to_owned(), "a symbolic link leads out of the scanned repository")));
        }
        let failed = |error: std::io::Error| Box::new(unreadable(path.to_owned(), &error.to_string()));
        let file = fs::File::open(&target).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        if size > MAX_FILE_BYTES {
            let message = format!("the file has {size} bytes; the limit is {MAX_FILE_BYTES}");
            return Err(Box::new(Gap::at_path(GapCode::FileTooLarge, path, message)));
        }
        let mut bytes = Vec::with_capacity(size as usize);
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        decode(bytes).map(Into::into).ok_or_else(|| {
            let message = "the file is neither UTF-8 nor UTF-16 text; save it as UTF-8".to_owned();
            Box::new(Gap::at_path(GapCode::NotUtf8, path, message))
        })
    }
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
        let (_dir, tree) = tree(&[("m/b.tf", b""), ("m/a.tf", b""), ("m/n/c.tf", b"")]);
        assert_eq!(tree.folder("m"), ["a.tf", "b.tf"]);
        assert!(tree.folder("m/x").is_empty());
        assert!(tree.folder("..").is_empty());
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
