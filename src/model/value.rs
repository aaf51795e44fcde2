//! Declared values: JSON in which any leaf may be unknown, and every node knows where it stands.

use std::collections::BTreeMap;

use super::{Hole, Span, Text, Unknown};

/// A value as a reader of source code sees it, and as the expression evaluator computes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// Where the property that holds it is written; `None` for values that nobody wrote.
    pub span: Option<Span>,
    /// Where the value itself was given, if not at `span`: a parameter's default, a parameter file,
    /// a variable, a module call.
    pub supplied: Option<Span>,
}

/// The kinds of [`Value`].
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// JSON null. In ARM a null property counts as absent.
    Null,
    /// True or false.
    Bool(bool),
    /// A number; ARM and Bicep only know 64-bit integers, JSON files may hold others.
    Number(serde_json::Number),
    /// A string, possibly with holes.
    Text(Text),
    /// A list of which every element is there (each may be unknown).
    Array(Vec<Value>),
    /// Named values in the order in which they were written. Azure ignores the case of names.
    Object(Vec<(String, Value)>),
    /// Nothing is known but why. A whole string that is unknown is a [`Text`] of one hole when the
    /// reader knows that it is a string, otherwise this.
    Unknown(Unknown),
}

impl Value {
    /// A value that stands nowhere.
    pub fn new(kind: Kind) -> Self {
        Self { kind, span: None, supplied: None }
    }

    /// A known string that stands nowhere.
    pub fn string(text: impl Into<String>) -> Self {
        Self::new(Kind::Text(Text::known(text)))
    }

    /// A value that cannot be learnt from the source: its expression and its identity.
    pub fn unresolved(expression: impl Into<String>, hole: Hole) -> Self {
        Self::new(Kind::Unknown(Unknown::Unresolved { expression: expression.into(), text: Some(Text::hole(hole)) }))
    }

    /// The same value, written at this place.
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The same value, used at this place: the place where it was given becomes `supplied`, here and
    /// in everything inside.
    pub fn used_at(mut self, place: Span) -> Self {
        if let Some(given) = self.span.filter(|given| *given != place) {
            self.supplied.get_or_insert(given);
        }
        self.span = Some(place);
        match &mut self.kind {
            Kind::Array(items) => {
                for item in items {
                    *item = std::mem::replace(item, Value::new(Kind::Null)).used_at(place);
                }
            }
            Kind::Object(members) => {
                for (_, member) in members {
                    *member = std::mem::replace(member, Value::new(Kind::Null)).used_at(place);
                }
            }
            _ => {}
        }
        self
    }

    /// The string, if all of it is known.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => text.as_known(),
            _ => None,
        }
    }

    /// The text that this value is as a string, holes included; `None` for anything that is not a
    /// string and not unknown.
    pub fn as_text(&self) -> Option<Text> {
        match &self.kind {
            Kind::Text(text) => Some(text.clone()),
            Kind::Unknown(Unknown::Unresolved { text, .. }) => text.clone(),
            _ => None,
        }
    }

    /// A member of an object by its name, case ignored.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match &self.kind {
            Kind::Object(members) => members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Whether this is JSON null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Whether nothing in it is unknown.
    pub fn is_known(&self) -> bool {
        match &self.kind {
            Kind::Unknown(_) => false,
            Kind::Text(text) => text.is_known(),
            Kind::Array(items) => items.iter().all(Value::is_known),
            Kind::Object(members) => members.iter().all(|(_, member)| member.is_known()),
            _ => true,
        }
    }

    /// Plain JSON if everything in it is known.
    pub fn to_json(&self) -> Option<serde_json::Value> {
        Some(match &self.kind {
            Kind::Null => serde_json::Value::Null,
            Kind::Bool(bool) => (*bool).into(),
            Kind::Number(number) => number.clone().into(),
            Kind::Text(text) => text.as_known()?.into(),
            Kind::Array(items) => serde_json::Value::Array(items.iter().map(Value::to_json).collect::<Option<_>>()?),
            Kind::Object(members) => serde_json::Value::Object(
                members.iter().map(|(k, v)| Some((k.clone(), v.to_json()?))).collect::<Option<_>>()?,
            ),
            Kind::Unknown(_) => return None,
        })
    }

    /// A known value that stands nowhere, from JSON.
    pub fn from_json(json: &serde_json::Value) -> Self {
        Self::new(match json {
            serde_json::Value::Null => Kind::Null,
            serde_json::Value::Bool(bool) => Kind::Bool(*bool),
            serde_json::Value::Number(number) => Kind::Number(number.clone()),
            serde_json::Value::String(text) => Kind::Text(Text::known(text.as_str())),
            serde_json::Value::Array(items) => Kind::Array(items.iter().map(Value::from_json).collect()),
            serde_json::Value::Object(members) => {
                Kind::Object(members.iter().map(|(k, v)| (k.clone(), Value::from_json(v))).collect())
            }
        })
    }
}

/// The parts of a value by what is known of them: JSON for rules, and pointers for the rest.
#[derive(Debug, Default)]
pub(super) struct Split {
    pub unknown: BTreeMap<super::Pointer, Unknown>,
    pub spans: BTreeMap<super::Pointer, super::PropertySpan>,
}

impl Split {
    /// Known JSON of `value`; nulls are absent, unknown leaves go to `unknown`, places to `spans`.
    pub fn take(&mut self, value: Value, at: &super::Pointer) -> Option<serde_json::Value> {
        if let Some(span) = value.span {
            self.spans.insert(at.clone(), super::PropertySpan { span, supplied: value.supplied });
        }
        Some(match value.kind {
            Kind::Null => return None,
            Kind::Bool(bool) => bool.into(),
            Kind::Number(number) => number.into(),
            Kind::Text(text) => match text.as_known() {
                Some(known) => known.into(),
                None => {
                    let expression = text.to_string();
                    self.unknown.insert(at.clone(), Unknown::Unresolved { expression, text: Some(text) });
                    return None;
                }
            },
            Kind::Unknown(unknown) => {
                self.unknown.insert(at.clone(), unknown);
                return None;
            }
            Kind::Array(items) => {
                // An unknown element keeps its place: rules count elements and read by position.
                let items = items.into_iter().enumerate().map(|(index, item)| {
                    self.take(item, &at.index(index)).unwrap_or(serde_json::Value::Object(Default::default()))
                });
                serde_json::Value::Array(items.collect())
            }
            Kind::Object(members) => {
                let mut known = serde_json::Map::new();
                for (name, member) in members {
                    if let Some(json) = self.take(member, &at.child(&name)) {
                        known.insert(name, json);
                    }
                }
                serde_json::Value::Object(known)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FileId, Pointer};

    #[test]
    fn unknown_leaves_leave_the_json_and_keep_their_reason() {
        let value = Value::new(Kind::Object(vec![
            ("a".into(), Value::string("x")),
            ("b".into(), Value::unresolved("parameters('b')", Hole::new("d", "parameters('b')"))),
            ("c".into(), Value::new(Kind::Null)),
        ]));
        let mut split = Split::default();
        let json = split.take(value, &Pointer::root());
        assert_eq!(json, Some(serde_json::json!({"a": "x"})));
        assert!(split.unknown.contains_key("/b"));
        assert!(!split.unknown.contains_key("/c"), "null is absent, not unknown");
    }

    #[test]
    fn a_used_value_remembers_where_it_was_given() {
        let given = Span { file: FileId(0), start: 1, end: 2 };
        let place = Span { file: FileId(0), start: 9, end: 12 };
        let object = Value::new(Kind::Object(vec![("name".into(), Value::string("x").at(given))]));
        let used = object.used_at(place);
        let member = used.get("NAME").expect("names ignore case");
        assert_eq!((member.span, member.supplied), (Some(place), Some(given)));
    }
}
