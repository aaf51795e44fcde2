//! Holds the table "who may know whom" of docs/architecture.md.

use std::fs;
use std::path::{Path, PathBuf};

/// Module → words that must not stand in its code.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("model", &["crate::source", "crate::estate", "crate::policy", "crate::output", "crate::config", "crate::report"]),
    ("source", &["crate::policy", "crate::output", "crate::estate", "crate::report"]),
    ("estate", &["crate::source", "crate::policy", "crate::output", "crate::report"]),
    ("policy", &["crate::source", "crate::output", "crate::estate", "crate::report", "serde_sarif", "reqwest"]),
    ("baseline", &["crate::source", "crate::policy", "crate::output", "crate::estate", "serde_sarif", "regorus"]),
    ("proposal.rs", &["crate::source", "crate::output", "crate::policy", "crate::report"]),
    ("report", &["crate::source", "crate::output", "serde_sarif", "reqwest", "regorus"]),
    ("output", &["crate::source", "crate::policy", "crate::estate", "crate::report", "regorus"]),
];

/// Crate → the only folders in which it may be used.
const OWNERS: &[(&str, &[&str])] = &[
    ("regorus", &["policy"]),
    ("reqwest", &["source/live"]),
    ("azure_identity", &["source/live"]),
    ("azure_core", &["source/live"]),
    ("serde_sarif", &["output"]),
    ("clap", &["cli"]),
];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
                found.push((relative, fs::read_to_string(&path).expect("UTF-8")));
            }
        }
    }
    assert!(found.len() > 30, "the walk found only {} files", found.len());
    found
}

/// The code without comments and without its tests.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn uses(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let after = code[at + word.len()..].chars().next();
        let before = code[..at].chars().next_back();
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !joins(after) && !joins(before)
    })
}

#[test]
fn modules_know_only_what_they_may() {
    for (path, text) in sources() {
        let module = path.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        let Some((_, words)) = FORBIDDEN.iter().find(|(name, _)| *name == module) else { continue };
        for word in *words {
            assert!(!uses(&code(&text), word), "src/{path} uses {word}");
        }
    }
}

#[test]
fn each_crate_has_one_owner() {
    for (path, text) in sources() {
        for (krate, owners) in OWNERS {
            let owned = owners.iter().any(|owner| path.starts_with(owner));
            assert!(owned || !uses(&code(&text), krate), "src/{path} uses {krate}, which belongs to {owners:?}");
        }
    }
}
