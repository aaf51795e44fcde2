//! Finds and reads `holdfast.yaml`.

use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Config, parse};
use crate::model::TextRegion;

/// The names under which the configuration is looked for, at the root of the repository.
pub const FILE_NAMES: [&str; 4] = ["holdfast.yaml", "holdfast.yml", ".holdfast.yaml", ".holdfast.yml"];

/// A configuration is small; what is larger is another file.
const MAX_BYTES: u64 = 1024 * 1024;

/// Why there is no configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Two files, and nothing tells which one counts.
    #[error("{0} and {1} are both there; keep one")]
    Ambiguous(String, String),
    /// The file was read and is wrong; all that is wrong, in the order of the file.
    #[error("{}", lines(.0))]
    Invalid(Vec<ConfigError>),
}

/// Something that is wrong in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub path: String,
    /// Where in it.
    pub region: TextRegion,
    /// What is wrong and what is expected.
    pub message: String,
}

/// `holdfast.yaml:3:5: unknown key …`
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.region.line, self.region.start_column, self.message)
    }
}

fn lines(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The configuration file of a repository, if it has one.
pub fn discover(root: &Path) -> Result<Option<PathBuf>, LoadError> {
    let mut found = FILE_NAMES.iter().map(|name| root.join(name)).filter(|path| path.symlink_metadata().is_ok());
    match (found.next(), found.next()) {
        (Some(first), Some(second)) => {
            Err(LoadError::Ambiguous(first.display().to_string(), second.display().to_string()))
        }
        (first, _) => Ok(first),
    }
}

/// Reads a configuration file. `known_rules` are the ids that rule switches and waivers may name.
pub fn load(path: &Path, known_rules: &[&str]) -> Result<Config, LoadError> {
    let shown = path.display().to_string().replace('\\', "/");
    let text = read(path).map_err(|reason| LoadError::Unreadable { path: shown.clone(), reason })?;
    parse(&text, &shown, known_rules).map_err(LoadError::Invalid)
}

fn read(path: &Path) -> Result<String, String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("the file is larger than {MAX_BYTES} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8 text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_one_configuration_or_none() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        assert_eq!(discover(dir.path()), Ok(None));
        fs::write(dir.path().join("holdfast.yml"), "version: 1\n").expect("a file");
        let found = discover(dir.path()).expect("one").expect("one");
        assert_eq!(load(&found, &[]).expect("valid").source, Some(found.display().to_string()));
        fs::write(dir.path().join(".holdfast.yaml"), "version: 1\n").expect("a file");
        assert!(matches!(discover(dir.path()), Err(LoadError::Ambiguous(..))));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_reason() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let path = dir.path().join("holdfast.yaml");
        let reason = || load(&path, &[]).expect_err("unreadable").to_string();
        assert!(reason().starts_with(&format!("{}: ", path.display())));
        fs::write(&path, [b'v', 0xff]).expect("a file");
        assert!(reason().ends_with("not UTF-8 text"));
        fs::write(&path, vec![b'#'; 1024 * 1024 + 1]).expect("a file");
        assert!(reason().contains("larger than"));
        fs::remove_file(&path).expect("removed");
        fs::create_dir(&path).expect("a folder");
        assert!(reason().ends_with("not a file"));
    }
}
