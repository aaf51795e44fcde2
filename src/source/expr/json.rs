//! JSON as Azure Resource Manager reads it, with the place of every node.
//!
//! Comments and line breaks within strings are documented for templates. Trailing commas are not, but
//! Azure's parser (Newtonsoft.Json) takes them, and so do we: refusing a template that deploys would
//! hide it. Single quotes and bare names are refused: the tools in front of Azure refuse them.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax#comments-and-metadata>

use jsonc_parser::ast;
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions};

use crate::model::{FileId, GapCode, Kind, Span, Text, Value};

use super::{Element, Expr, ExprKind, Fault, Member, Property};

/// The deepest nesting that is read.
const DEEPEST: u32 = 100;

/// A JSON document.
#[derive(Debug)]
pub struct Json {
    /// Its value.
    pub root: Expr,
    /// Names that stand twice in one object, at their second place. The last one counts, as in Azure.
    pub duplicates: Vec<(String, Span)>,
}

/// Why a document could not be read, and where.
#[derive(Debug)]
pub struct JsonError {
    /// Byte offset.
    pub offset: u32,
    /// What is wrong.
    pub fault: Fault,
}

/// A string of a document.
pub struct JsonString<'a> {
    /// Its characters, escapes resolved.
    pub value: &'a str,
    /// The same as written, without the quotes.
    pub raw: &'a str,
    /// Where `raw` starts.
    pub start: u32,
    /// The file.
    pub file: FileId,
}

impl JsonString<'_> {
    /// The place of the string with its quotes.
    pub fn span(&self) -> Span {
        Span { file: self.file, start: self.start - 1, end: self.start + self.raw.len() as u32 + 1 }
    }
}

/// Reads a document; `string` says what a string that is no name means.
pub fn parse_json(text: &str, file: FileId, string: &dyn Fn(&JsonString<'_>) -> ExprKind) -> Result<Json, JsonError> {
    if let Some(offset) = too_deep(text) {
        let message = format!("the JSON is nested more than {DEEPEST} deep");
        return Err(JsonError { offset, fault: Fault::new(GapCode::LimitExceeded, message) });
    }
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        let message = format!("the file is no valid JSON: {}", lower_first(&error.kind().to_string()));
        JsonError { offset: error.range().start as u32, fault: Fault::new(GapCode::SyntaxError, message) }
    })?;
    let Some(value) = parsed.value else {
        let fault = Fault::new(GapCode::SyntaxError, "the file is empty");
        return Err(JsonError { offset: 0, fault });
    };
    let mut reader = Reader { text, file, string, duplicates: Vec::new() };
    let root = reader.value(&value);
    Ok(Json { root, duplicates: reader.duplicates })
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

/// Where the nesting goes past the limit. Looked for before parsing: parsers recurse.
fn too_deep(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                while at < bytes.len() && bytes[at] != b'\n' {
                    at += 1;
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at += 2;
                while at < bytes.len() && !(bytes[at] == b'*' && bytes.get(at + 1) == Some(&b'/')) {
                    at += 1;
                }
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > DEEPEST {
                    return Some(at as u32);
                }
            }
            b'}' | b']' => depth = u32::saturating_sub(depth, 1),
            _ => {}
        }
        at += 1;
    }
    None
}

struct Reader<'a> {
    text: &'a str,
    file: FileId,
    string: &'a dyn Fn(&JsonString<'_>) -> ExprKind,
    duplicates: Vec<(String, Span)>,
}

impl Reader<'_> {
    fn span(&self, range: Range) -> Span {
        Span { file: self.file, start: range.start as u32, end: range.end as u32 }
    }

    fn value(&mut self, value: &ast::Value<'_>) -> Expr {
        let range = value.range();
        let kind = match value {
            ast::Value::NullKeyword(_) => ExprKind::Null,
            ast::Value::BooleanLit(literal) => ExprKind::Bool(literal.value),
            ast::Value::NumberLit(literal) => number(literal.value),
            ast::Value::StringLit(literal) => self.string(&literal.value, range),
            ast::Value::Array(array) => {
                ExprKind::Array(array.elements.iter().map(|item| Element::Item(self.value(item))).collect())
            }
            ast::Value::Object(object) => ExprKind::Object(self.members(object)),
        };
        Expr::new(kind, self.span(range))
    }

    fn string(&self, value: &str, range: Range) -> ExprKind {
        let start = range.start + 1;
        let raw = self.text.get(start..range.end.saturating_sub(1)).unwrap_or_default();
        (self.string)(&JsonString { value, raw, start: start as u32, file: self.file })
    }

    fn members(&mut self, object: &ast::Object<'_>) -> Vec<Property> {
        let mut names = std::collections::HashMap::with_capacity(object.properties.len());
        let mut members: Vec<Property> = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            let name = match &property.name {
                ast::ObjectPropName::String(literal) => literal.value.as_ref(),
                ast::ObjectPropName::Word(word) => word.value,
            };
            let range = property.name.range();
            let key = Expr::new(self.string(name, range), self.span(range));
            let span = self.span(property.range);
            let member = Property::Member(Member { key, value: self.value(&property.value), span });
            match names.insert(name, members.len()) {
                Some(earlier) => {
                    self.duplicates.push((name.to_owned(), self.span(range)));
                    members[earlier] = member;
                    names.insert(name, earlier);
                }
                None => members.push(member),
            }
        }
        members
    }
}

fn number(text: &str) -> ExprKind {
    match text.parse::<i64>() {
        Ok(int) => ExprKind::Int(int),
        Err(_) => match text.parse::<serde_json::Number>() {
            Ok(number) => ExprKind::Number(number),
            Err(_) => ExprKind::Error(format!("'{text}' is no number").into()),
        },
    }
}

/// The value of a document in which strings are just strings; it stands nowhere.
pub fn json_value(text: &str) -> Result<Value, JsonError> {
    let json = parse_json(text, FileId(0), &|string| ExprKind::Text(string.value.into()))?;
    Ok(literal(&json.root))
}

fn literal(expr: &Expr) -> Value {
    Value::new(match &expr.kind {
        ExprKind::Bool(bool) => Kind::Bool(*bool),
        ExprKind::Int(int) => Kind::Number((*int).into()),
        ExprKind::Number(number) => Kind::Number(number.clone()),
        ExprKind::Text(text) => Kind::Text(Text::known(&**text)),
        ExprKind::Array(_) => Kind::Array(expr.elements().map(literal).collect()),
        ExprKind::Object(_) => Kind::Object(
            expr.members().map(|m| (m.key.as_text().unwrap_or_default().to_owned(), literal(&m.value))).collect(),
        ),
        _ => Kind::Null,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_azure_takes_is_taken() {
        let text = "// a comment\n{ \"a\": \"two\nlines\", /* more */ \"b\": [1, 2,], }";
        let value = json_value(text).expect("valid");
        assert_eq!(value.get("a").and_then(Value::as_str), Some("two\nlines"));
        assert!(json_value("{ 'a': 1 }").is_err());
        assert!(json_value("{ a: 1 }").is_err());
        assert!(json_value("{ \"a\": 1 \"b\": 2 }").is_err());
        assert!(json_value("").is_err());
    }

    #[test]
    fn deep_nesting_is_refused_before_it_is_parsed() {
        let error = json_value(&"[".repeat(1_000_000)).expect_err("too deep");
        assert_eq!(error.fault.code, GapCode::LimitExceeded);
        // Brackets in strings and comments do not nest.
        assert!(json_value(&format!("\"{}\"", "[".repeat(500))).is_ok());
        assert!(json_value(&format!("1 //{}", "[".repeat(500))).is_ok());
    }

    #[test]
    fn the_last_of_two_members_counts() {
        let text = r#"{"a": 1, "b": 2, "a": 3}"#;
        let json = parse_json(text, FileId(0), &|s| ExprKind::Text(s.value.into())).expect("valid");
        assert_eq!(json.duplicates.len(), 1);
        assert_eq!(json.root.get("a").map(|value| value.kind.clone()), Some(ExprKind::Int(3)));
    }
}
