//! What code refers to by its name: environments, data, models, computes.

use super::callables::{COLLECTIONS, DEFINITIONS, GETTERS, LOADERS, Sdk};
use super::facts::{Called, Member, Reading};
use super::syntax::ExprKind;
use crate::model::{Span, Value};
use crate::source::repository::Origin;

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

fn add(reading: &Reading<'_>, kind: &str, origin: Origin, text: Option<&str>, span: Span) {
    let mut fact = vec![("kind".to_owned(), Value::string(kind))];
    let mut set = |name: &str, value: &str| fact.push((name.to_owned(), Value::string(value).at(span)));
    let text = text.filter(|_| origin == Origin::Literal);
    let Some(text) = text else {
        set("form", "unknown");
        return reading.add(Member::References, kind, fact, span);
    };
    let lower = text.to_ascii_lowercase();
    if let Some(rest) = text.get(21..).filter(|_| lower.starts_with("azureml://registries/")) {
        let mut parts = rest.split('/');
        let registry = parts.next().unwrap_or_default();
        set("form", if registry == "azureml" { "curated" } else { "registry" });
        set("registry", registry);
        parts.next();
        parts.next().into_iter().for_each(|name| set("name", name));
        parts.next();
        parts.next().into_iter().for_each(|version| set("version", version));
    } else if lower.starts_with("azureml://subscriptions/") || lower.starts_with("azureml://locations/") {
        set("form", "workspace");
    } else {
        let short = text.strip_prefix("azureml:").unwrap_or(text);
        let (name, version) = short.split_once(['@', ':']).map_or((short, None), |(name, v)| (name, Some(v)));
        set("form", if lower.contains("azureml-") && kind == "environment" { "curated" } else { "name" });
        set("name", name);
        version.into_iter().for_each(|version| set("version", version));
    }
    reading.add(Member::References, &format!("{kind} {text}"), fact, span);
}

fn add_path(reading: &Reading<'_>, kind: &str, text: Option<&str>, span: Span) {
    let mut fact = vec![("kind".to_owned(), Value::string(kind))];
    let tree = reading.names.library.tree;
    let path = text.and_then(|text| tree.resolve(&reading.path, text));
    match path {
        Some(path) => {
            fact.push(("form".to_owned(), Value::string("path")));
            fact.push(("found".to_owned(), Value::new(crate::model::Kind::Bool(tree.contains(&path)))));
            fact.push(("path".to_owned(), Value::string(path.as_str()).at(span)));
            reading.add(Member::References, &format!("{kind} {path}"), fact, span);
        }
        None => {
            fact.push(("form".to_owned(), Value::string("unknown")));
            reading.add(Member::References, kind, fact, span);
        }
    }
}
