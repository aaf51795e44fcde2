//! Embeds everything under `policies/`: a new rule needs no list to be edited.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=policies");
    println!("cargo:rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut paths = Vec::new();
    collect(&root.join("policies"), "", &mut paths)?;
    paths.sort();
    let mut code = String::from("&[\n");
    for path in &paths {
        let _ = writeln!(
            code,
            "    ({path:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/policies/\", {path:?}))),"
        );
    }
    code.push_str("]\n");
    fs::write(out.join("policies.rs"), code)
}

/// Appends the policies and tables below a folder, as paths with `/` from `policies/`.
fn collect(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &path, paths)?;
        } else if path.ends_with(".rego") || path.ends_with(".json") {
            paths.push(path);
        }
    }
    Ok(())
}
