//! Writing a snapshot.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::model::{Inventory, Provenance, Resource, SourceFiles, Span, Text, Unknown};
use crate::source::redact::scrub;

use super::SCHEMA_VERSION;
use super::form::{DeclaredForm, DeploymentForm, ExtraForm, GapForm, LineForm, RESERVED, TextForm, UnknownForm};

/// Writes an inventory, one resource a line, in an order that does not depend on how it was read.
/// Secrets are left out; see [`crate::source::redact`] for leaving out more.
pub fn write_snapshot(inventory: &Inventory, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let head = Head { out: &mut out };
    head.write(inventory)?;
    let mut order: Vec<&Resource> = inventory.resources.iter().collect();
    order.sort_by_cached_key(|resource| sort_key(resource));
    let mut separator = "\n";
    for resource in order {
        out.write_all(separator.as_bytes())?;
        serde_json::to_writer(&mut out, &to_json(resource, &inventory.files))?;
        separator = ",\n";
    }
    out.write_all(b"\n]\n}\n")?;
    out.flush()
}

fn sort_key(resource: &Resource) -> (String, String, u32, String) {
    let (deployment, logical_name) =
        resource.declaration().map(|d| (d.deployment.0, d.logical_name.clone())).unwrap_or_default();
    (resource.id.key().to_owned(), resource.resource_type.clone(), deployment, logical_name)
}

struct Head<'a> {
    out: &'a mut dyn Write,
}

impl Head<'_> {
    fn write(mut self, inventory: &Inventory) -> io::Result<()> {
        let files: Vec<&str> = inventory.files.iter().map(|(_, file)| file.path.as_str()).collect();
        let deployments: Vec<DeploymentForm> = inventory.deployments.iter().map(DeploymentForm::from).collect();
        let line = |span: Span| line_of(&inventory.files, span);
        let gaps: Vec<GapForm> = inventory.collection.gaps.iter().map(|gap| GapForm::new(gap, line)).collect();
        self.out.write_all(b"{\n")?;
        self.member("schemaVersion", &SCHEMA_VERSION)?;
        self.member("tool", &json!({"name": "holdfast", "version": env!("CARGO_PKG_VERSION")}))?;
        self.member("kind", if inventory.is_live() { "live" } else { "declared" })?;
        if let Some(at) = &inventory.captured_at {
            self.member("capturedAt", at)?;
        }
        if let Some(shard) = &inventory.shard {
            self.member("shard", shard)?;
        }
        self.member("subscriptions", &inventory.collection.subscriptions)?;
        self.member("complete", &inventory.collection.complete)?;
        self.member("gaps", &gaps)?;
        if !files.is_empty() {
            self.member("files", &files)?;
        }
        if !deployments.is_empty() {
            self.member("deployments", &deployments)?;
        }
        self.out.write_all(b"\"resources\": [")
    }

    fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        write!(self.out, "\"{name}\": ")?;
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b",\n")
    }
}

/// A resource as ARM shows it, with what ARM has no word for.
fn to_json(resource: &Resource, files: &SourceFiles) -> Value {
    let mut body = resource.body.clone();
    let dropped = scrub(&mut body);
    let mut members = Map::new();
    let (id, name) = match &resource.provenance {
        Provenance::Live(origin) => (origin.id.clone(), origin.id.rsplit('/').next().unwrap_or_default().to_owned()),
        Provenance::Declared(_) => {
            (resource.id.to_string(), resource.id.name().map(Text::to_string).unwrap_or_default())
        }
    };
    members.insert("id".to_owned(), id.into());
    members.insert("name".to_owned(), name.into());
    members.insert("type".to_owned(), resource.resource_type.clone().into());
    if let Value::Object(body) = body {
        members.extend(body);
    }
    let (missing, unknown): (Vec<_>, Vec<_>) =
        resource.unknown.iter().partition(|(_, unknown)| **unknown == Unknown::NotCollected);
    let mut not_collected: Vec<String> =
        dropped.iter().chain(missing.into_iter().map(|(pointer, _)| pointer)).map(|p| p.as_str().to_owned()).collect();
    not_collected.sort();
    not_collected.dedup();
    let extra = ExtraForm {
        unknown: unknown.into_iter().map(|(pointer, unknown)| UnknownForm::new(pointer, unknown)).collect(),
        not_collected,
        declared: declared(resource, files).map(Box::new),
    };
    if !extra.is_empty() {
        let extra = serde_json::to_value(extra).expect("these forms have string keys only");
        members.insert(RESERVED.to_owned(), extra);
    }
    Value::Object(members)
}

fn declared(resource: &Resource, files: &SourceFiles) -> Option<DeclaredForm> {
    let declaration = resource.declaration()?;
    let line = |span: &Span| line_of(files, *span);
    let lines = declaration.spans.iter().map(|(pointer, place)| {
        let lines = std::iter::once(line(&place.span)).chain(place.supplied.as_ref().map(line));
        (pointer.as_str().to_owned(), lines.collect())
    });
    Some(DeclaredForm {
        id: TextForm::from(resource.id.text()),
        deployment: declaration.deployment.0,
        logical_name: declaration.logical_name.clone(),
        line: line(&declaration.span),
        calls: declaration.calls.iter().map(line).collect(),
        existing: declaration.existing,
        condition: declaration.condition.clone(),
        location: declaration.location,
        lines: lines.collect(),
    })
}

fn line_of(files: &SourceFiles, span: Span) -> LineForm {
    let line = files.get(span.file).map_or(1, |file| file.line_of(span.start));
    LineForm(span.file.0, line)
}
