//! Reading a snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufReader, Read};
use std::path::Path;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::model::{
    Declaration, Deployment, DeploymentId, FileId, GapPlace, Inventory, Pointer, PropertySpan, Provenance, Resource,
    ResourceId, SourceFile, SourceFiles, Span, Text, Unknown,
};

use crate::source::redact::{EvidenceTable, redact_one};

use super::SCHEMA_VERSION;
use super::form::{DeclaredForm, DeploymentForm, ExtraForm, GapForm, LineForm, RESERVED};

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// The highest line number that is taken over. Per file as many bytes are held.
const MAX_LINE: u32 = 1_000_000;

/// The most lines of all files together.
const MAX_LINES: u64 = 50_000_000;

/// Why a file is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It cannot be opened or read.
    #[error("{path}: could not be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// It ends in the middle.
    #[error("{path}:{line}: the snapshot ends in the middle; it was not written to its end, write it again")]
    Truncated {
        /// The file.
        path: String,
        /// Its last line.
        line: usize,
    },
    /// It is not JSON, or something in it is not what it should be.
    #[error("{path}:{line}:{column}: {reason}")]
    Malformed {
        /// The file.
        path: String,
        /// Where, from 1.
        line: usize,
        /// Where in the line.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// It is JSON but no snapshot.
    #[error("{path}: not a holdfast snapshot ({reason}); `holdfast inventory` writes them")]
    Foreign {
        /// The file.
        path: String,
        /// What is missing or what it is instead.
        reason: String,
    },
    /// Something in it refers to something that is not in it.
    #[error("{path}: {reason}; the snapshot was changed by hand or by another program, write it again")]
    Inconsistent {
        /// The file.
        path: String,
        /// What does not fit.
        reason: String,
    },
    /// A newer holdfast wrote it.
    #[error("{path}: written in form {found} by a newer holdfast; this one reads up to {SCHEMA_VERSION}, update it")]
    Newer {
        /// The file.
        path: String,
        /// The version of its form.
        found: u64,
    },
}

/// Reads a snapshot file.
pub fn read_snapshot(path: &Path) -> Result<Inventory, SnapshotError> {
    read_snapshot_keeping(path, &EvidenceTable::new())
}

/// Reads of a snapshot file what [`crate::source::redact`] would keep; an empty table keeps all. With
/// the evidence of the enabled rules a large estate takes a fraction of the memory.
pub fn read_snapshot_keeping(path: &Path, evidence: &EvidenceTable) -> Result<Inventory, SnapshotError> {
    let name = path.display().to_string();
    match std::fs::File::open(path) {
        Ok(file) => read_snapshot_from(&name, file, evidence),
        Err(error) => Err(SnapshotError::Unreadable { path: name, reason: error.to_string() }),
    }
}

/// Reads a snapshot; `name` stands for it in errors.
pub fn read_snapshot_from(name: &str, source: impl Read, evidence: &EvidenceTable) -> Result<Inventory, SnapshotError> {
    let path = name.to_owned();
    let mut source = BufReader::with_capacity(256 * 1024, source.take(MAX_BYTES));
    skip_mark(&mut source)
        .map_err(|error| SnapshotError::Unreadable { path: path.clone(), reason: error.to_string() })?;
    let mut snapshot = Snapshot::new(evidence);
    let mut json = serde_json::Deserializer::from_reader(source);
    let read = json.deserialize_any(TopLevel(&mut snapshot)).and_then(|()| json.end());
    if let Some(found) = snapshot.version.filter(|found| *found > SCHEMA_VERSION) {
        return Err(SnapshotError::Newer { path, found });
    }
    if let Err(error) = read {
        return Err(explained(path, &error, &snapshot));
    }
    if let Some(reason) = snapshot.foreign() {
        return Err(SnapshotError::Foreign { path, reason });
    }
    snapshot.finish().map_err(|reason| SnapshotError::Inconsistent { path, reason })
}

/// A byte order mark is no JSON, but editors write it.
fn skip_mark(source: &mut BufReader<impl Read>) -> io::Result<()> {
    use io::BufRead;
    if source.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        source.consume(3);
    }
    Ok(())
}

fn explained(path: String, error: &serde_json::Error, snapshot: &Snapshot<'_>) -> SnapshotError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Io => SnapshotError::Unreadable { path, reason: error.to_string() },
        serde_json::error::Category::Eof if snapshot.seen_any => SnapshotError::Truncated { path, line },
        serde_json::error::Category::Eof => {
            SnapshotError::Foreign { path, reason: "it is empty or cut short".to_owned() }
        }
        serde_json::error::Category::Data if !snapshot.seen_any => {
            SnapshotError::Foreign { path, reason: "it is not a JSON object".to_owned() }
        }
        _ => {
            let text = error.to_string();
            let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason).to_owned();
            SnapshotError::Malformed { path, line, column, reason }
        }
    }
}

/// What was read so far.
struct Snapshot<'a> {
    evidence: &'a EvidenceTable,
    inventory: Inventory,
    version: Option<u64>,
    has_resources: bool,
    seen_any: bool,
    template: bool,
    files: Vec<String>,
    gaps: Vec<GapForm>,
    /// Per file the highest line that something stands on.
    lines: BTreeMap<u32, u32>,
}

impl<'a> Snapshot<'a> {
    fn new(evidence: &'a EvidenceTable) -> Self {
        Self {
            evidence,
            inventory: Inventory::default(),
            version: None,
            has_resources: false,
            seen_any: false,
            template: false,
            files: Vec::new(),
            gaps: Vec::new(),
            lines: BTreeMap::new(),
        }
    }

    fn foreign(&self) -> Option<String> {
        if self.template {
            return Some("it looks like a deployment template; give it as a path to scan".to_owned());
        }
        match (self.version, self.has_resources) {
            (None, _) => Some("it has no schemaVersion".to_owned()),
            (_, false) => Some("it has no resources".to_owned()),
            _ => None,
        }
    }

    /// A place for a line: of the files only the lines are known, so they stand for empty ones.
    fn span(&mut self, line: LineForm) -> Span {
        let at = line.1.clamp(1, MAX_LINE);
        let highest = self.lines.entry(line.0).or_insert(1);
        *highest = at.max(*highest);
        Span { file: FileId(line.0), start: at - 1, end: at - 1 }
    }

    fn finish(mut self) -> Result<Inventory, String> {
        for gap in std::mem::take(&mut self.gaps) {
            let gap = gap.read(|line| self.span(line));
            self.inventory.collection.gaps.push(gap);
        }
        self.check()?;
        let mut files = SourceFiles::default();
        for (number, path) in self.files.into_iter().enumerate() {
            let lines = self.lines.get(&(number as u32)).copied().unwrap_or(1);
            files.add(SourceFile::new(path, "\n".repeat(lines as usize - 1)));
        }
        self.inventory.files = files;
        Ok(self.inventory)
    }

    /// All numbers must be those of something.
    fn check(&self) -> Result<(), String> {
        let (files, deployments) = (self.files.len(), self.inventory.deployments.len());
        if let Some((file, _)) = self.lines.last_key_value().filter(|(file, _)| **file as usize >= files) {
            return Err(format!("a line is in file {file}, and there are {files} files"));
        }
        let whole_files = self.inventory.collection.gaps.iter().filter_map(|gap| match gap.place {
            GapPlace::File { file, .. } => Some(file.0),
            _ => None,
        });
        if let Some(file) = whole_files.max().filter(|file| *file as usize >= files) {
            return Err(format!("a gap is in file {file}, and there are {files} files"));
        }
        let named = self.inventory.resources.iter().filter_map(|resource| Some(resource.declaration()?.deployment.0));
        if let Some(number) = named.max().filter(|number| *number as usize >= deployments) {
            return Err(format!("a resource is of deployment {number}, and there are {deployments} deployments"));
        }
        if self.lines.values().map(|line| u64::from(*line)).sum::<u64>() > MAX_LINES {
            return Err(format!("the files have more than {MAX_LINES} lines"));
        }
        Ok(())
    }

    fn take_resource(&mut self, mut json: Value) -> Result<(), String> {
        let number = self.inventory.resources.len() + 1;
        let extra = json.as_object_mut().and_then(|members| members.remove(RESERVED));
        let extra: ExtraForm = match extra {
            Some(extra) => serde_json::from_value(extra)
                .map_err(|error| format!("member `{RESERVED}` of resource {number} is not understood: {error}"))?,
            None => ExtraForm::default(),
        };
        let mut unknown = BTreeMap::new();
        for form in extra.unknown {
            let (pointer, why) =
                form.read().ok_or_else(|| format!("an unknown of resource {number} has no JSON pointer"))?;
            unknown.insert(pointer, why);
        }
        for text in extra.not_collected {
            let pointer = Pointer::parse(&text);
            let pointer = pointer.ok_or_else(|| format!("an unknown of resource {number} has no JSON pointer"))?;
            unknown.insert(pointer, Unknown::NotCollected);
        }
        let resource = match extra.declared {
            Some(declared) => self.declared(json, unknown, *declared),
            None => Resource::live(json).map(|live| Resource { unknown, ..live }),
        };
        let mut resource =
            resource.ok_or_else(|| format!("resource {number} is not an object with an id and a type"))?;
        redact_one(&mut resource, self.evidence);
        self.inventory.resources.push(resource);
        Ok(())
    }

    fn declared(&mut self, json: Value, unknown: BTreeMap<Pointer, Unknown>, form: DeclaredForm) -> Option<Resource> {
        let Value::Object(mut body) = json else { return None };
        let resource_type = body.remove("type")?.as_str()?.to_ascii_lowercase();
        body.remove("id");
        body.remove("name");
        let mut spans = BTreeMap::new();
        for (pointer, lines) in form.lines {
            let mut places = lines.into_iter().map(|line| self.span(line));
            if let (Some(pointer), Some(span)) = (Pointer::parse(&pointer), places.next()) {
                spans.insert(pointer, PropertySpan { span, supplied: places.next() });
            }
        }
        let declaration = Declaration {
            deployment: DeploymentId(form.deployment),
            logical_name: form.logical_name,
            span: self.span(form.line),
            spans,
            calls: form.calls.into_iter().map(|line| self.span(line)).collect(),
            existing: form.existing,
            condition: form.condition,
            location: form.location,
        };
        Some(Resource {
            context: false,
            id: ResourceId::from_text(Text::from(form.id)),
            resource_type,
            body: Value::Object(body),
            unknown,
            provenance: Provenance::Declared(Box::new(declaration)),
        })
    }
}

struct TopLevel<'a, 'e>(&'a mut Snapshot<'e>);

impl<'de> Visitor<'de> for TopLevel<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a snapshot object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let snapshot = self.0;
        snapshot.seen_any = true;
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "schemaVersion" => {
                    let version = map.next_value()?;
                    snapshot.version = Some(version);
                    if version > SCHEMA_VERSION {
                        return Err(M::Error::custom("a newer form"));
                    }
                }
                "capturedAt" => snapshot.inventory.captured_at = map.next_value()?,
                "shard" => snapshot.inventory.shard = map.next_value()?,
                "subscriptions" => snapshot.inventory.collection.subscriptions = map.next_value()?,
                "complete" => {
                    let complete: BTreeMap<String, BTreeSet<String>> = map.next_value()?;
                    for (resource_type, scope) in complete.iter().flat_map(|(t, all)| all.iter().map(move |s| (t, s))) {
                        snapshot.inventory.collection.mark_complete(resource_type, scope);
                    }
                }
                "gaps" => snapshot.gaps = map.next_value()?,
                "files" => snapshot.files = map.next_value()?,
                "deployments" => {
                    let forms: Vec<DeploymentForm> = map.next_value()?;
                    snapshot.inventory.deployments = forms.into_iter().map(Deployment::from).collect();
                }
                // Without a version before it this may be anything, and it is not worth reading.
                "resources" if snapshot.version.is_none() && snapshot.template => {
                    map.next_value::<IgnoredAny>()?;
                }
                "resources" => {
                    snapshot.has_resources = true;
                    map.next_value_seed(Resources(snapshot))?;
                }
                "$schema" => {
                    let schema: Value = map.next_value()?;
                    snapshot.template = schema.as_str().is_some_and(|s| s.contains("deploymentTemplate"));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Takes one resource after the other.
struct Resources<'a, 'e>(&'a mut Snapshot<'e>);

impl<'de> DeserializeSeed<'de> for Resources<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Resources<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of resources")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<(), S::Error> {
        while let Some(item) = items.next_element::<Value>()? {
            self.0.take_resource(item).map_err(S::Error::custom)?;
        }
        Ok(())
    }
}
