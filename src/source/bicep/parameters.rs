//! Parameter files: `.bicepparam`, and the JSON form.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::files::{is_bicep, is_parameters};
use super::library::Library;
use super::template::Template;
use crate::model::{Gap, GapCode, Hole, SourceFile, Span, Value};
use crate::source::arm_template::placeholders;
use crate::source::expr::{Expr, ExprKind, JsonString, Scope, parse_json, placed};

/// How many parameter files may extend each other.
const MAX_EXTENDS: usize = 16;

/// The values of a parameter file by the parameters' names in lower case.
pub(super) type Values = HashMap<String, Arc<Value>>;

/// Reads a parameter file. What is wrong with it is a gap.
pub(super) fn read(lib: &Library<'_>, path: &str, scope: &Scope) -> Values {
    if is_parameters(path) {
        let mut values = Values::new();
        read_bicep(lib, path, scope, &mut vec![path.to_owned()], &mut values);
        return values;
    }
    read_json(lib, path, scope)
}

/// A `.bicepparam` file: its own values win over those of the file that it extends.
fn read_bicep(lib: &Library<'_>, path: &str, scope: &Scope, chain: &mut Vec<String>, values: &mut Values) {
    let Some(source) = lib.source(path) else { return };
    if let Some(base) = &source.extends {
        extend(lib, path, base, scope, chain, values);
    }
    let template = Template::new(lib, source.clone(), scope.clone(), Values::new(), Vec::new(), vec![path.to_owned()]);
    for (index, node) in source.params.iter().enumerate() {
        let name = &node.param.name;
        match template.param(index) {
            Ok(value) => {
                values.insert(name.name.to_ascii_lowercase(), value);
            }
            Err(fault) => {
                lib.session.gap(fault.code, name.span, fault.message);
                values.insert(name.name.to_ascii_lowercase(), Arc::new(unknown(scope, &name.name, name.span)));
            }
        }
    }
}

fn extend(lib: &Library<'_>, path: &str, base: &Expr, scope: &Scope, chain: &mut Vec<String>, values: &mut Values) {
    let reference = base.as_text().unwrap_or_default();
    let missing = |code, message: String| lib.session.gap(code, base.span, message);
    let Some(target) = lib.tree.resolve(path, reference).filter(|target| lib.exists(target)) else {
        return missing(
            GapCode::ExternalReference,
            format!("the parameter file '{reference}' is not in the scanned tree"),
        );
    };
    if chain.contains(&target) || chain.len() >= MAX_EXTENDS {
        return missing(GapCode::Cycle, format!("'{reference}' extends this file again"));
    }
    chain.push(target.clone());
    read_bicep(lib, &target, scope, chain, values);
}

fn unknown(scope: &Scope, name: &str, span: Span) -> Value {
    Value::unresolved(name, Hole::new(&scope.owner, name)).at(span)
}

/// A JSON parameter file. A value that stands in a key vault is unknown.
fn read_json(lib: &Library<'_>, path: &str, scope: &Scope) -> Values {
    let text = match lib.text(path) {
        Ok(text) => text,
        Err(gap) => {
            lib.session.add_gap(*gap);
            return Values::new();
        }
    };
    let source_file = SourceFile::new(path, text);
    let text = source_file.text.clone();
    let file = lib.session.add_file(source_file);
    let plain = |string: &JsonString<'_>| ExprKind::Text(string.value.into());
    let root = match parse_json(&text, file, &plain) {
        Ok(json) => json.root,
        Err(error) => {
            let span = Span { file, start: error.offset, end: error.offset + 1 };
            lib.session.add_gap(Gap::at_span(error.fault.code, span, error.fault.message));
            return Values::new();
        }
    };
    let parameters = match root.get("parameters") {
        Some(parameters) if parameters.is_object() => parameters,
        _ if root.get("$schema").is_none() && root.is_object() => &root,
        _ => {
            lib.session.gap(GapCode::InvalidDocument, root.span, "the parameter file has no 'parameters'");
            return Values::new();
        }
    };
    let mut values = Values::new();
    for member in parameters.members() {
        let Some(name) = member.key.as_text() else { continue };
        let value = match member.value.get("value") {
            Some(value) => placeholders(placed(literal(lib, value), member.span), &scope.deployment),
            None => unknown(scope, name, member.span),
        };
        values.insert(name.to_ascii_lowercase(), Arc::new(value));
    }
    values
}

/// The value of a JSON node, each part of it with its place.
fn literal(lib: &Library<'_>, expr: &Expr) -> Value {
    let source = Rc::new(super::index::Source::new("", expr.span.file, Default::default()));
    let scope = Scope::unknown(source.target_scope, "");
    Template::new(lib, source, scope, Values::new(), Vec::new(), Vec::new()).evaluator().eval(expr)
}

/// The template that a `.bicepparam` file is for, or a gap that says why there is none. Files that are
/// only there to be extended have none and need none.
pub(super) fn explain_missing_template(lib: &Library<'_>, path: &str) {
    let Some(source) = lib.source(path) else { return };
    let whole = Span { file: source.file, start: 0, end: 0 };
    let Some(using) = &source.using else {
        return lib.session.gap(GapCode::InvalidDocument, whole, "the parameter file names no template with 'using'");
    };
    let Some(template) = using else { return };
    let reference = template.as_text().unwrap_or_default();
    let is_json = reference.to_ascii_lowercase().ends_with(".json");
    let message = if is_json || is_bicep(reference) || reference.contains(':') {
        format!("the template '{reference}' is not in the scanned tree; what it deploys is not known")
    } else {
        format!("'{reference}' is no Bicep file")
    };
    lib.session.gap(GapCode::ExternalReference, template.span, message);
}
