//! The types of parameters, and values that stand for others.

use crate::model::{Hole, Kind, Part, Text, Value};
use crate::source::expr::Expr;

/// How many `$ref`s are followed.
const MOST_REFERENCES: usize = 16;

/// The type of a parameter or output, references to `definitions` resolved.
/// <https://learn.microsoft.com/azure/azure-resource-manager/templates/definitions>
pub(super) struct ParameterType<'d> {
    schema: &'d Expr,
    template: &'d Expr,
    nullable: bool,
}

impl<'d> ParameterType<'d> {
    /// The type that a declaration names.
    pub fn of(declaration: &'d Expr, template: &'d Expr) -> Self {
        let mut schema = declaration;
        let mut nullable = false;
        for _ in 0..MOST_REFERENCES {
            nullable |= schema.get("nullable").is_some_and(|n| n.kind == crate::source::expr::ExprKind::Bool(true));
            let Some(target) = schema.get("$ref").and_then(|reference| definition(reference, template)) else { break };
            schema = target;
        }
        Self { schema, template, nullable }
    }

    fn is(&self, names: &[&str]) -> bool {
        let name = self.schema.get("type").and_then(Expr::as_text).unwrap_or_default();
        names.iter().any(|other| other.eq_ignore_ascii_case(name))
    }

    /// Whether its values must not be shown.
    pub fn is_secure(&self) -> bool {
        self.is(&["secureString", "secureObject"])
    }

    /// Whether its values are strings.
    pub fn is_text(&self) -> bool {
        self.is(&["string", "secureString"])
    }

    /// Whether it is null if it is not given.
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// The value without the secrets within: members of a secure type.
    pub fn redacted(&self, mut value: Value, unknown: &dyn Fn() -> Value) -> Value {
        self.redact(&mut value, unknown, 0);
        value
    }

    fn redact(&self, value: &mut Value, unknown: &dyn Fn() -> Value, depth: usize) {
        if depth > MOST_REFERENCES {
            return;
        }
        let part = |schema: &'d Expr| ParameterType::of(schema, self.template);
        match &mut value.kind {
            _ if depth > 0 && self.is_secure() => *value = unknown(),
            Kind::Object(members) => {
                let known = self.schema.get("properties");
                let other = self.schema.get("additionalProperties").filter(|schema| schema.is_object());
                if known.is_none() && other.is_none() {
                    return;
                }
                for (name, member) in members {
                    if let Some(schema) = known.and_then(|known| known.get(name)).or(other) {
                        part(schema).redact(member, unknown, depth + 1);
                    }
                }
            }
            Kind::Array(items) => {
                if let Some(schema) = self.schema.get("items").filter(|schema| schema.is_object()) {
                    items.iter_mut().for_each(|item| part(schema).redact(item, unknown, depth + 1));
                }
            }
            _ => {}
        }
    }
}

/// What `#/definitions/name` refers to.
fn definition<'d>(reference: &Expr, template: &'d Expr) -> Option<&'d Expr> {
    let name = reference.as_text()?.strip_prefix("#/definitions/")?;
    let name = name.replace("~1", "/").replace("~0", "~");
    template.get("definitions")?.members().find(|m| m.key.as_text() == Some(&name)).map(|member| &member.value)
}

/// The value of a parameter file, with placeholders that a pipeline replaces as what they are: not
/// known. Two templates with `GEN-UNIQUE` for a name do not share a resource.
///
/// Known are those of the Azure quickstart templates (`GEN-…`, `GET-PREREQ-…`), `#{Token}#`,
/// `__Token__` and `$(variable)` of Azure Pipelines, and a whole value `<…>`.
pub(in crate::source) fn placeholders(mut value: Value, deployment: &str) -> Value {
    replace(&mut value, deployment);
    value
}

fn replace(value: &mut Value, deployment: &str) {
    match &mut value.kind {
        Kind::Text(text) => {
            if let Some(replaced) = text.as_known().and_then(|known| replaced(known, deployment)) {
                value.kind = Kind::Text(replaced);
            }
        }
        Kind::Array(items) => items.iter_mut().for_each(|item| replace(item, deployment)),
        Kind::Object(members) => members.iter_mut().for_each(|(_, member)| replace(member, deployment)),
        _ => {}
    }
}

fn replaced(known: &str, deployment: &str) -> Option<Text> {
    let hole = |token: &str| Hole::new(deployment, token);
    let whole = known.starts_with('<') && known.ends_with('>');
    let quickstart = known.starts_with("GEN-") || known.starts_with("GET-PREREQ-");
    if whole || quickstart && known.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-') {
        return Some(Text::hole(hole(known)));
    }
    let mut result = Text::default();
    let mut rest = known;
    while let Some((start, end)) = token(rest) {
        result.push_known(&rest[..start]);
        result.push_hole(hole(&rest[start..end]));
        rest = &rest[end..];
    }
    result.push_known(rest);
    result.parts().iter().any(|part| matches!(part, Part::Unknown(_))).then_some(result)
}

/// The first `#{…}#`, `$(…)` or `__…__` of a string.
fn token(text: &str) -> Option<(usize, usize)> {
    let marks = [("#{", "}#"), ("$(", ")"), ("__", "__")];
    let found = marks.iter().filter_map(|(open, close)| {
        let start = text.find(open)?;
        let inside = &text[start + open.len()..];
        let length = inside.find(close).filter(|length| *length > 0)?;
        let name = &inside[..length];
        let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '));
        plain.then_some((start, start + open.len() + length + close.len()))
    });
    found.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(known: &str) -> Option<String> {
        replaced(known, "d").map(|text| text.to_string())
    }

    #[test]
    fn placeholders_are_unknown() {
        assert_eq!(shown("GEN-UNIQUE-8").as_deref(), Some("${GEN-UNIQUE-8}"));
        assert_eq!(shown("<your name>").as_deref(), Some("${<your name>}"));
        assert_eq!(shown("st#{Env}#01").as_deref(), Some("st${#{Env}#}01"));
        assert_eq!(shown("kv-$(env)").as_deref(), Some("kv-${$(env)}"));
        assert_eq!(shown("kv-__ENV__").as_deref(), Some("kv-${__ENV__}"));
        assert_eq!(shown("GEN-lower"), None);
        assert_eq!(shown("plain_name"), None);
    }
}
