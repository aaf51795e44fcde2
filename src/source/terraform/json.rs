//! Terraform's JSON syntax (`.tf.json`, `.tfvars.json`) to the same tree as HCL.
//!
//! Strings are templates, blocks are objects below their labels.
//! <https://developer.hashicorp.com/terraform/language/syntax/json>

use std::rc::Rc;

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions};

use crate::model::{FileId, Span};

use super::hcl::{self, SyntaxError};
use super::number::Num;
use super::syntax::{Attribute, Block, Body, Expr, ExprKind, Key, Member, Piece};

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// A `.tf.json` file.
pub(super) fn parse_module(text: &str, file: FileId) -> Result<Body, SyntaxError> {
    let reader = Reader { file, templates: true };
    let mut body = Body::default();
    with_object(text, |object| {
        for property in &object.properties {
            reader.top_level(property, &mut body)?;
        }
        Ok(())
    })?;
    Ok(body)
}

/// A `.tfvars.json` file: plain values.
pub(super) fn parse_values(text: &str, file: FileId) -> Result<Body, SyntaxError> {
    let reader = Reader { file, templates: false };
    let mut body = Body::default();
    with_object(text, |object| reader.attributes(object, &mut body))?;
    Ok(body)
}

/// A value of JSON as an expression; all of it stands at `span`.
pub(super) fn constant(json: &serde_json::Value, span: Span) -> Expr {
    let kind = match json {
        serde_json::Value::Null => ExprKind::Null,
        serde_json::Value::Bool(value) => ExprKind::Bool(*value),
        serde_json::Value::Number(number) => ExprKind::Number(Num::from_json(number)),
        serde_json::Value::String(text) => ExprKind::Text(text.as_str().into()),
        serde_json::Value::Array(items) => ExprKind::List(items.iter().map(|item| constant(item, span)).collect()),
        serde_json::Value::Object(members) => ExprKind::Object(
            members
                .iter()
                .map(|(name, member)| Member {
                    key: Key::Name(name.as_str().into()),
                    value: constant(member, span),
                    span,
                })
                .collect(),
        ),
    };
    Expr { kind, span }
}

fn with_object(text: &str, read: impl FnOnce(&Object) -> Result<(), SyntaxError>) -> Result<(), SyntaxError> {
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &STRICT)
        .map_err(|error| SyntaxError { offset: error.range().start as u32, message: error.kind().to_string() })?;
    match &parsed.value {
        Some(Value::Object(object)) => read(object),
        _ => Err(SyntaxError { offset: 0, message: "expected an object".to_owned() }),
    }
}

struct Reader {
    file: FileId,
    /// Whether strings are templates.
    templates: bool,
}

impl Reader {
    fn span(&self, range: Range) -> Span {
        Span { file: self.file, start: range.start as u32, end: range.end as u32 }
    }

    fn top_level(&self, property: &ObjectProp, body: &mut Body) -> Result<(), SyntaxError> {
        let name: Rc<str> = property.name.as_str().into();
        let labels = match &*name {
            "resource" | "data" => 2,
            "variable" | "output" | "module" | "provider" => 1,
            "locals" | "terraform" | "moved" | "import" | "removed" => 0,
            _ => return Ok(()),
        };
        self.blocks(&name, labels, &mut Vec::new(), property, body)
    }

    /// The blocks below `property`, which stands `labels` levels above their bodies.
    fn blocks(
        &self,
        name: &Rc<str>,
        labels: usize,
        given: &mut Vec<Rc<str>>,
        property: &ObjectProp,
        out: &mut Body,
    ) -> Result<(), SyntaxError> {
        for object in objects(&property.value) {
            if labels == 0 {
                let mut body = Body::default();
                self.attributes(object, &mut body)?;
                let header = self.span(property.name.range());
                out.blocks.push(Block { name: name.clone(), labels: given.clone(), body, header });
                continue;
            }
            for inner in &object.properties {
                given.push(inner.name.as_str().into());
                self.blocks(name, labels - 1, given, inner, out)?;
                given.pop();
            }
        }
        Ok(())
    }

    fn attributes(&self, object: &Object, body: &mut Body) -> Result<(), SyntaxError> {
        for property in &object.properties {
            let name: Rc<str> = property.name.as_str().into();
            if &*name == "//" {
                continue;
            }
            if self.templates && &*name == "dynamic" {
                for inner in objects(&property.value).flat_map(|object| &object.properties) {
                    self.dynamic(inner, body)?;
                }
                continue;
            }
            let value = self.expr(&property.value)?;
            body.attributes.push(Attribute { name, value, span: self.span(property.range) });
        }
        Ok(())
    }

    fn dynamic(&self, property: &ObjectProp, out: &mut Body) -> Result<(), SyntaxError> {
        for object in objects(&property.value) {
            let mut body = Body::default();
            for inner in &object.properties {
                if inner.name.as_str() == "content" {
                    self.blocks(&"content".into(), 0, &mut Vec::new(), inner, &mut body)?;
                } else {
                    let value = self.expr(&inner.value)?;
                    body.attributes.push(Attribute {
                        name: inner.name.as_str().into(),
                        value,
                        span: self.span(inner.range),
                    });
                }
            }
            let labels = vec![property.name.as_str().into()];
            let header = self.span(property.name.range());
            out.blocks.push(Block { name: "dynamic".into(), labels, body, header });
        }
        Ok(())
    }

    fn expr(&self, value: &Value) -> Result<Expr, SyntaxError> {
        let span = self.span(value.range());
        let kind = match value {
            Value::NullKeyword(_) => ExprKind::Null,
            Value::BooleanLit(literal) => ExprKind::Bool(literal.value),
            Value::NumberLit(literal) => ExprKind::Number(Num::parse(literal.value).unwrap_or(Num::Int(0))),
            Value::StringLit(literal) => self.text(&literal.value, span)?,
            Value::Array(array) => {
                ExprKind::List(array.elements.iter().map(|item| self.expr(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(object) => {
                ExprKind::Object(object.properties.iter().map(|p| self.member(p)).collect::<Result<_, _>>()?)
            }
        };
        Ok(Expr { kind, span })
    }

    fn member(&self, property: &ObjectProp) -> Result<Member, SyntaxError> {
        let place = self.span(property.name.range());
        let key = match self.text(property.name.as_str(), place)? {
            ExprKind::Text(text) => Key::Name(text),
            kind => Key::Expr(Expr { kind, span: place }),
        };
        Ok(Member { key, value: self.expr(&property.value)?, span: self.span(property.range) })
    }

    fn text(&self, text: &str, place: Span) -> Result<ExprKind, SyntaxError> {
        if !self.templates || !(text.contains("${") || text.contains("%{")) {
            return Ok(ExprKind::Text(text.into()));
        }
        let pieces = hcl::parse_template(text, place)
            .map_err(|error| SyntaxError { offset: place.start, message: error.message })?;
        Ok(match <[Piece; 1]>::try_from(pieces) {
            Ok([Piece::Literal(text)]) => ExprKind::Text(text.into()),
            Ok(single) => ExprKind::Template(single.into()),
            Err(pieces) => ExprKind::Template(pieces),
        })
    }
}

/// The object, or the objects of the array.
fn objects<'a, 'b>(value: &'b Value<'a>) -> impl Iterator<Item = &'b Object<'a>> {
    let items = match value {
        Value::Array(array) => array.elements.as_slice(),
        other => std::slice::from_ref(other),
    };
    items.iter().filter_map(|item| match item {
        Value::Object(object) => Some(object),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_below_their_labels() {
        let text = r#"{"resource": {"a": {"b": {"name": "x-${var.y}", "dynamic": {"z": {"for_each": [1],
            "content": {"v": "${z.value}"}}}}, "c": [{"name": "1"}]}}, "locals": [{"d": 1}]}"#;
        let body = parse_module(text, FileId(0)).expect("it is a module");
        let names: Vec<String> = body.blocks.iter().map(|b| format!("{} {}", b.name, b.labels.join("."))).collect();
        assert_eq!(names, ["resource a.b", "resource a.c", "locals "]);
        assert!(matches!(body.blocks[0].body.attributes[0].value.kind, ExprKind::Template(_)));
        assert_eq!(body.blocks[0].body.blocks[0].label(0), "z");
    }

    #[test]
    fn values_are_not_templates() {
        let body = parse_values(r#"{"a": "${x}"}"#, FileId(0)).expect("it is an object");
        assert!(matches!(&body.attributes[0].value.kind, ExprKind::Text(text) if &**text == "${x}"));
    }
}
