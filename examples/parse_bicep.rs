//! Parses every Bicep file below the given folders: prints syntax errors and the speed.
//!
//!     cargo run --release --example parse_bicep -- FOLDER…

#![allow(clippy::print_stdout)] // A tool for people.

use std::path::PathBuf;
use std::time::Instant;

use holdfast::model::{FileId, SourceFile};
use holdfast::source::bicep::parse;

fn main() {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut files = Vec::new();
    for entry in folders.iter().flat_map(|folder| ignore::WalkBuilder::new(folder).standard_filters(false).build()) {
        let Ok(entry) = entry else { continue };
        let is_bicep = entry.path().extension().is_some_and(|e| e == "bicep" || e == "bicepparam");
        let Some(text) = is_bicep.then(|| std::fs::read_to_string(entry.path()).ok()).flatten() else { continue };
        files.push(SourceFile::new(entry.path().display().to_string(), text));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let bytes: usize = files.iter().map(|file| file.text.len()).sum();
    let started = Instant::now();
    let results: Vec<_> = files.iter().map(|file| (file, parse(&file.text, FileId(0)).1)).collect();
    let seconds = started.elapsed().as_secs_f64();
    let mut broken = 0;
    for (file, errors) in results.iter().filter(|(_, errors)| !errors.is_empty()) {
        broken += 1;
        for error in errors {
            let region = file.region(error.start, error.end);
            println!("{}:{}:{}: {}", file.path, region.line, region.start_column, error.message);
        }
    }
    let speed = bytes as f64 / 1e6 / seconds;
    println!("{} files, {bytes} bytes, {broken} with errors, {speed:.1} MB/s", files.len());
}
