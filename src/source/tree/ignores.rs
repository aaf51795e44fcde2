//! The ignore rules of a tree that is not on disk.

use std::collections::BTreeMap;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::StoredFiles;

/// The files that hold ignore rules; in one folder the later one wins.
const NAMES: [&str; 2] = [".gitignore", ".ignore"];

/// More rules than this in one file are not meant for people.
const MAX_BYTES: usize = 1024 * 1024;

/// What the ignore files of a tree say, by folder.
#[derive(Debug, Default)]
pub struct Ignores {
    /// The texts, by path.
    texts: BTreeMap<String, String>,
    /// The rules of each folder (relative to the root, empty for the root), the strongest first.
    folders: BTreeMap<String, Vec<Gitignore>>,
}

impl Ignores {
    /// The rules of a tree. A line that is no rule is left out, as git does.
    pub fn of(files: &dyn StoredFiles) -> Self {
        let mut ignores = Self::default();
        for (path, _) in files.files() {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            if !NAMES.contains(&name) {
                continue;
            }
            let Ok(bytes) = files.read(&path) else { continue };
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_BYTES)]).into_owned();
            let mut rules = GitignoreBuilder::new("");
            for line in text.lines() {
                _ = rules.add_line(None, line);
            }
            // `.gitignore` comes before `.ignore`, which is the stronger one.
            ignores.folders.entry(folder.to_owned()).or_default().splice(0..0, rules.build().ok());
            ignores.texts.insert(path, text);
        }
        ignores
    }

    /// Whether a path is ignored, or a folder around it.
    pub fn is_ignored(&self, path: &str, is_dir: bool) -> bool {
        if self.folders.is_empty() {
            return false;
        }
        let ends = path.match_indices('/').map(|(at, _)| (&path[..at], true)).chain([(path, is_dir)]);
        // What stands in an ignored folder cannot be taken in again.
        ends.into_iter().any(|(path, is_dir)| self.is_excluded(path, is_dir))
    }

    /// What the rules say of the path itself: those of the nearest folder that say anything.
    fn is_excluded(&self, path: &str, is_dir: bool) -> bool {
        let mut folder = path;
        while !folder.is_empty() {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            let within = path[folder.len()..].trim_start_matches('/');
            for rules in self.folders.get(folder).into_iter().flatten() {
                let decision = rules.matched(within, is_dir);
                if !decision.is_none() {
                    return decision.is_ignore();
                }
            }
        }
        false
    }

    /// The text of the ignore files, by path.
    pub fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignores(files: &[(&str, &str)]) -> Ignores {
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        Ignores::of(&files)
    }

    #[test]
    fn rules_hold_below_their_folder_and_the_nearest_wins() {
        let ignores = ignores(&[(".gitignore", "*.json\n/out\n"), ("infra/.gitignore", "!keep.json\n/tmp/\n")]);
        for (path, ignored) in [
            ("a.json", true),
            ("infra/a.json", true),
            ("infra/keep.json", false),
            ("keep.json", true),
            ("out/x.bicep", true),
            ("infra/out/x.bicep", false),
            ("infra/tmp/x.bicep", true),
            ("infra/deep/tmp/x.bicep", false),
        ] {
            assert_eq!(ignores.is_ignored(path, false), ignored, "{path}");
        }
    }

    #[test]
    fn what_is_in_an_ignored_folder_stays_out() {
        let ignores = ignores(&[(".gitignore", "build/\n!build/x.json\n")]);
        assert!(ignores.is_ignored("build/x.json", false));
        assert!(!ignores.is_ignored("build", false), "a file is no folder");
    }
}
