//! What code refers to by its name: environments, data, models, computes.

use super::callables::{COLLECTIONS, DEFINITIONS, GETTERS, LOADERS, Sdk};
use super::facts::{Called, Member, Reading};
use super::syntax::ExprKind;
use crate::model::{Kind, Span, Text, Value};
use crate::source::repository::Origin;
use crate::source::repository::asset::Asset;
use crate::source::repository::paths::{self, Target};

/// Arguments that refer to something, by what.
const ARGUMENTS: &[(&str, &str)] =
    &[("compute", "compute"), ("environment", "environment"), ("environment_name", "environment"), ("model", "model")];

/// Adds what a call refers to.
pub(super) fn read(reading: &Reading<'_>, called: &Called<'_>) {
    let span = reading.span(&called.at.expr);
    if let Some((kind, position)) = getter(called) {
        if let Some((valued, value)) = reading.argument(called, Some(position), &["name"]) {
            add(reading, kind, valued.worth.origin(), valued.worth.as_str().as_deref(), value.span.unwrap_or(span));
        }
        return;
    }
    let Some(Sdk::V2) = called.sdk else { return };
    if let Some((_, kind)) = LOADERS.iter().find(|(name, _)| *name == called.name) {
        if let Some((valued, value)) = reading.argument(called, Some(0), &["source", "path"]) {
            add_path(reading, kind, valued.worth.as_str().as_deref(), value.span.unwrap_or(span));
        }
        return;
    }
    if called.name == "Input" {
        if let Some((valued, value)) = reading.argument(called, None, &["path"])
            && let Some(text) = valued.worth.as_str().filter(|text| text.starts_with("azureml:"))
        {
            add(reading, "data", valued.worth.origin(), Some(&text), value.span.unwrap_or(span));
        }
        return;
    }
    if !DEFINITIONS.iter().any(|known| known.sdk == Sdk::V2 && known.callable == called.name) {
        return;
    }
    for (name, kind) in ARGUMENTS {
        let Some((valued, value)) = reading.argument(called, None, &[name]) else { continue };
        // An object that the code makes is no reference.
        if let Some(text) = valued.worth.as_str() {
            add(reading, kind, valued.worth.origin(), Some(&text), value.span.unwrap_or(span));
        }
    }
}

/// What a call gets by its name: the kind, and where the name stands.
fn getter(called: &Called<'_>) -> Option<(&'static str, usize)> {
    if let Some(sdk) = called.sdk {
        let known = GETTERS.iter().find(|(of, callable, ..)| *of == sdk && *callable == called.name);
        if let Some((_, _, kind, position)) = known {
            return Some((*kind, *position));
        }
    }
    if called.last != "get" {
        return None;
    }
    // `client.data.get("x")`, whether the client was made here or given.
    let ExprKind::Attribute(object, _) = &called.call.callee.kind else { return None };
    let ExprKind::Attribute(client, collection) = &object.kind else { return None };
    let is_client = called.path.contains("MLClient")
        || client.dotted().and_then(|names| names.last().copied()).is_some_and(|name| name.contains("client"));
    let (_, kind) = COLLECTIONS.iter().find(|(name, _)| name == collection).filter(|_| is_client)?;
    Some((*kind, 0))
}

fn add(reading: &Reading<'_>, kind: &'static str, origin: Origin, text: Option<&str>, span: Span) {
    let text = text.filter(|_| origin == Origin::Literal);
    let asset = text.and_then(|text| match text.starts_with("azureml:") || text.starts_with("/subscriptions/") {
        true => Asset::parse(&Text::known(text)),
        false => Asset::named(text),
    });
    let asset = asset.unwrap_or(Asset { form: "unknown", ..Asset::default() });
    let name = text.map_or_else(|| kind.to_owned(), |text| format!("{kind} {text}"));
    if let Kind::Object(fact) = asset.into_value(kind, span).kind {
        reading.add(Member::References, &name, fact, span);
    }
}

fn add_path(reading: &Reading<'_>, kind: &'static str, text: Option<&str>, span: Span) {
    let mut fact = vec![("kind".to_owned(), Value::string(kind))];
    let tree = reading.names.library.tree;
    match text.and_then(|text| paths::target(tree, &reading.path, text)) {
        Some(Target { path, found }) => {
            fact.push(("form".to_owned(), Value::string("path")));
            fact.extend(found.map(|found| ("found".to_owned(), Value::new(Kind::Bool(found)))));
            fact.push(("path".to_owned(), Value::string(path.as_str()).at(span)));
            reading.add(Member::References, &format!("{kind} {path}"), fact, span);
        }
        None => {
            fact.push(("form".to_owned(), Value::string("unknown")));
            reading.add(Member::References, kind, fact, span);
        }
    }
}
