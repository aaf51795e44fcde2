//! Outputs: a [`Report`] as bytes, in the formats that people, dashboards and pipelines read.
//!
//! An output knows the report and nothing else: not where the estate came from, nor how it was judged.
//! Names in a report are those that somebody gave to a file or a resource, so every output passes
//! them through `escape` first.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::finding::Report;

mod csv;
pub mod diff;
mod digest;
mod escape;
mod excerpt;
mod html;
mod json;
mod junit;
mod markdown;
mod place;
mod sarif;
mod secret;
mod stream;
mod text;
mod wording;

pub use sarif::EVIDENCE_MISSING;

/// Writes a report in one format.
type Writer = fn(&Report, &OutputOptions, &mut dyn Write) -> io::Result<()>;

/// An output format.
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for, one phrase for `--help`.
    pub about: &'static str,
    write: Writer,
}

/// All formats, the default first.
pub static FORMATS: &[Format] = &[
    Format { name: "text", about: "findings with code frames, for people", write: text::write },
    Format { name: "sarif", about: "SARIF 2.1.0, for code scanning and dashboards", write: sarif::write },
    Format { name: "json", about: "the whole report, for programs", write: json::write },
    Format { name: "markdown", about: "a job summary of at most 1 MiB", write: markdown::write },
    Format { name: "html", about: "one page that needs nothing else", write: html::write },
    Format { name: "junit", about: "JUnit XML, for test reports", write: junit::write },
    Format { name: "csv", about: "one line per finding, for spreadsheets", write: csv::write },
];

impl Format {
    /// The format of this name.
    pub fn parse(name: &str) -> Option<&'static Format> {
        FORMATS.iter().find(|format| format.name == name)
    }
}

/// Two formats are one if they have one name.
impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What a SARIF log is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The archive: failures, open verdicts, waived findings and, if listed, passes.
    #[default]
    Full,
    /// What is uploaded to code scanning: failures that are not waived, the most severe first to
    /// stay within its limits, and a note per resource or file without evidence.
    Github,
}

/// How outputs look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputOptions {
    /// The profile of SARIF.
    pub profile: Profile,
    /// Whether text has colours.
    pub color: bool,
    /// The width at which text is wrapped, in columns.
    pub width: usize,
}

impl Default for OutputOptions {
    fn default() -> Self {
        Self { profile: Profile::Full, color: false, width: 100 }
    }
}

/// Writes a report.
pub fn write(report: &Report, format: &Format, options: &OutputOptions, out: &mut dyn Write) -> io::Result<()> {
    (format.write)(report, options, out)
}

/// Writes a report to a file: either all of it, or the file stays as it was.
pub fn write_file(report: &Report, format: &Format, options: &OutputOptions, path: &Path) -> io::Result<()> {
    replace_file(path, &mut |out| write(report, format, options, out))
}

/// Writes a file with what `fill` gives: either all of it, or the file stays as it was.
///
/// The bytes go to a temporary file in the same folder, which then takes the place of the file. What
/// is not a regular file (a pipe, `/dev/stdout`) is written to directly.
pub fn replace_file(path: &Path, fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // A link keeps pointing where it points: its target is replaced.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let mut out = BufWriter::new(File::options().write(true).open(&path)?);
        fill(&mut out)?;
        return out.flush();
    }
    let (temporary, file) = create_beside(&path)?;
    let result = fill_file(fill, file).and_then(|()| std::fs::rename(&temporary, &path));
    if result.is_err() {
        // The first error is the one to tell; what is left over is named as temporary.
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

fn fill_file(fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>, file: File) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    fill(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()
}

/// A new file in the folder of `path`. It must not exist yet, so that nobody's link is followed.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().ok_or_else(|| io::Error::other("the output is not a file name"))?;
    for attempt in 0..100 {
        let temporary =
            path.with_file_name(format!(".{}.{}-{attempt}.tmp", name.to_string_lossy(), std::process::id()));
        match File::create_new(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no name is free for a temporary file"))
}
