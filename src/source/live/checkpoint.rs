//! What an interrupted scan has read: each answer that came whole, a line each, written as it comes.
//!
//! Only whole answers are kept, so a scan that goes on from them is the scan that was not interrupted.
//! What failed is asked again. No line holds a token: requests are named by path and query, and secrets
//! are blanked before anything is kept.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use azure_core::time::OffsetDateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A checkpoint of an earlier night is not gone on from: an estate of two days is no estate.
const OLDEST: Duration = Duration::from_secs(24 * 3600);

/// The longest line that is read, in bytes, and the longest first line.
const LONGEST_LINE: u64 = 1 << 30;
const LONGEST_HEAD: u64 = 4096;

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It cannot be opened, read or written.
    #[error("{path}: the checkpoint could not be opened: {reason}")]
    Unusable {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// It is some other file.
    #[error("{path}: not a checkpoint of holdfast; name a file that does not exist yet")]
    Foreign {
        /// The file.
        path: String,
    },
    /// Another scope, other rules, another version or endpoint.
    #[error(
        "{path}: a checkpoint of another scan (its scope, rules, cloud or version differ); delete it or name another file"
    )]
    OfAnother {
        /// The file.
        path: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Head {
    checkpoint: u32,
    /// What is scanned, as a hash.
    of: String,
    started: String,
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    key: std::borrow::Cow<'a, str>,
    items: Vec<Value>,
}

const FORM: u32 = 1;
const FINISHED: &str = "finished";

/// An open checkpoint.
pub(super) struct Checkpoint {
    /// `None` once it could not be written.
    file: Mutex<Option<File>>,
    known: Mutex<HashMap<String, Vec<Value>>>,
    /// When the scan that it is of started, RFC 3339 in UTC.
    pub started: String,
}

impl Checkpoint {
    /// Opens the checkpoint of a scan, or begins one. `of` tells scans apart, `now` is the time.
    pub(super) fn open(path: &Path, of: &str, now: OffsetDateTime) -> Result<Self, CheckpointError> {
        let name = || path.display().to_string();
        let unusable = |error: io::Error| CheckpointError::Unusable { path: name(), reason: error.to_string() };
        let mut file = options().open(path).map_err(unusable)?;
        let length = file.metadata().map_err(unusable)?.len();
        if length > 0 {
            let read = read_lines(&mut file).map_err(unusable)?;
            let head = read.head.ok_or_else(|| CheckpointError::Foreign { path: name() })?;
            if head.of != of || head.checkpoint != FORM {
                return Err(CheckpointError::OfAnother { path: name() });
            }
            if is_young(&head.started, now) {
                // A line that was being written when the process died is written anew.
                file.set_len(read.whole).map_err(unusable)?;
                file.seek(SeekFrom::End(0)).map_err(unusable)?;
                return Ok(Self::new(file, read.known, head.started));
            }
            file.set_len(0).and_then(|()| file.rewind()).map_err(unusable)?;
        }
        let started = now.replace_nanosecond(0).map(|time| azure_core::time::to_rfc3339(&time)).unwrap_or_default();
        let head = Head { checkpoint: FORM, of: of.to_owned(), started: started.clone() };
        write_line(&mut file, &head).map_err(unusable)?;
        Ok(Self::new(file, HashMap::new(), started))
    }

    fn new(file: File, known: HashMap<String, Vec<Value>>, started: String) -> Self {
        Self { file: Mutex::new(Some(file)), known: Mutex::new(known), started }
    }

    /// How many answers are there already.
    pub(super) fn len(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The answer to a request, if an earlier try had it. Each is given once.
    pub(super) fn take(&self, key: &str) -> Option<Vec<Value>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// Keeps an answer. An error is told once; then nothing more is kept.
    pub(super) fn keep(&self, key: &str, items: &[Value]) -> io::Result<()> {
        #[derive(Serialize)]
        struct Kept<'a> {
            key: &'a str,
            items: &'a [Value],
        }
        self.append(&Kept { key, items })
    }

    /// Notes that nothing is left to read.
    pub(super) fn finish(&self) -> io::Result<()> {
        self.append(&Line { key: FINISHED.into(), items: Vec::new() })
    }

    fn append(&self, line: &impl Serialize) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = file.as_mut() else { return Ok(()) };
        let written = write_line(open, line);
        if written.is_err() {
            *file = None;
        }
        written
    }
}

/// Removes the checkpoint of a scan that has read everything: the next one must not take its answers.
/// That of an interrupted one stays.
pub fn forget_checkpoint(path: &Path) -> io::Result<()> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if is_finished(&mut file)? { std::fs::remove_file(path) } else { Ok(()) }
}

fn is_finished(file: &mut File) -> io::Result<bool> {
    const TAIL: u64 = 64;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    io::Read::read_to_end(file, &mut tail)?;
    let last = tail.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()).unwrap_or_default();
    Ok(serde_json::from_slice::<Line<'_>>(last).is_ok_and(|line| line.key == FINISHED))
}

/// What tells scans apart, as one word.
pub(super) fn identity(parts: impl Iterator<Item = String>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Only the owner reads it: it holds what the identity may read.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// One write per line: what a killed process leaves is whole lines and at most one piece of a line.
fn write_line(file: &mut File, line: &impl Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    file.write_all(&bytes)
}

struct Lines {
    head: Option<Head>,
    known: HashMap<String, Vec<Value>>,
    /// The length of all whole lines.
    whole: u64,
}

fn read_lines(file: &mut File) -> io::Result<Lines> {
    let mut lines = Lines { head: None, known: HashMap::new(), whole: 0 };
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let longest = if lines.head.is_none() { LONGEST_HEAD } else { LONGEST_LINE };
        let read = io::Read::take(&mut reader, longest).read_until(b'\n', &mut line)?;
        if read == 0 || line.last() != Some(&b'\n') {
            return Ok(lines);
        }
        if lines.head.is_none() {
            let Ok(head) = serde_json::from_slice(&line) else { return Ok(lines) };
            lines.head = Some(head);
        } else {
            // What cannot be understood is read again from Azure, and so is all that follows it.
            let Ok(kept) = serde_json::from_slice::<Line<'_>>(&line) else { return Ok(lines) };
            if kept.key != FINISHED {
                lines.known.insert(kept.key.into_owned(), kept.items);
            }
        }
        lines.whole += read as u64;
    }
}

fn is_young(started: &str, now: OffsetDateTime) -> bool {
    azure_core::time::parse_rfc3339(started).is_ok_and(|started| now - started < OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> OffsetDateTime {
        azure_core::time::parse_rfc3339("2026-11-24T02:00:00Z").expect("a time")
    }

    fn begun(path: &Path) {
        let checkpoint = Checkpoint::open(path, "scan", now()).expect("a new one");
        checkpoint.keep("GET /a", &[json!({"id": "a"})]).expect("it is written");
        checkpoint.keep("GET /b", &[json!({"id": "b"}), json!(null)]).expect("it is written");
    }

    #[test]
    fn whole_lines_come_back_and_a_piece_of_one_does_not() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let path = dir.path().join("c");
        begun(&path);
        let whole = std::fs::read(&path).expect("a file");
        for cut in 1..20 {
            std::fs::write(&path, &whole[..whole.len() - cut]).expect("a file");
            let checkpoint = Checkpoint::open(&path, "scan", now() + Duration::from_secs(60)).expect("the same scan");
            assert_eq!((checkpoint.len(), checkpoint.started.as_str()), (1, "2026-11-24T02:00:00Z"));
            assert_eq!(checkpoint.take("GET /a"), Some(vec![json!({"id": "a"})]));
            assert_eq!(checkpoint.take("GET /b"), None);
            checkpoint.keep("GET /b", &[json!({"id": "b"}), json!(null)]).expect("it is written");
            assert_eq!(std::fs::read(&path).expect("a file"), whole, "as if nothing had happened");
        }
    }

    #[test]
    fn another_scan_and_another_file_are_refused() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let path = dir.path().join("c");
        begun(&path);
        assert!(matches!(Checkpoint::open(&path, "other", now()), Err(CheckpointError::OfAnother { .. })));
        std::fs::write(&path, "{\"schemaVersion\": 1}\n").expect("a file");
        assert!(matches!(Checkpoint::open(&path, "scan", now()), Err(CheckpointError::Foreign { .. })));
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "{\"schemaVersion\": 1}\n", "it is left alone");
        assert!(matches!(Checkpoint::open(dir.path(), "scan", now()), Err(CheckpointError::Unusable { .. })));
    }

    #[test]
    fn an_old_one_begins_anew() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let path = dir.path().join("c");
        begun(&path);
        let checkpoint = Checkpoint::open(&path, "scan", now() + Duration::from_secs(25 * 3600)).expect("a new one");
        assert_eq!((checkpoint.len(), checkpoint.started.as_str()), (0, "2026-11-25T03:00:00Z"));
    }

    #[test]
    fn only_a_finished_one_is_forgotten() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let path = dir.path().join("c");
        begun(&path);
        forget_checkpoint(&path).expect("nothing goes wrong");
        assert!(path.exists());
        Checkpoint::open(&path, "scan", now()).expect("the same scan").finish().expect("it is written");
        assert_eq!(Checkpoint::open(&path, "scan", now()).expect("the same scan").len(), 2);
        forget_checkpoint(&path).expect("nothing goes wrong");
        assert!(!path.exists());
        forget_checkpoint(&path).expect("there is none");
    }
}
