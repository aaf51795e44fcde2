//! Values of the Terraform language: known, partly known or unknown, cheap to copy.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::model::{self, Hole, Part, Span, Text};

use super::instance::Instance;
use super::number::Num;

/// A value, and where it was given.
#[derive(Clone, Debug)]
pub(super) struct Val {
    pub kind: Kind,
    /// Where it was given: a literal, a member of an object, the value of a variable.
    pub span: Option<Span>,
    /// The attribute of a block that holds it, if that is what was asked for.
    pub place: Option<Span>,
}

/// The kinds of [`Val`].
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Num),
    Text(Rc<Text>),
    List(Rc<Seq>),
    /// Sorted and without duplicates.
    Set(Rc<Seq>),
    Object(Rc<Map>),
    Unknown(Rc<Unknown>),
    /// A resource, a data source or a module: its attributes are evaluated when they are asked for.
    Instance(Rc<Instance>),
}

/// Elements, and how many values there are in all.
#[derive(Debug, Default)]
pub(super) struct Seq {
    pub items: Vec<Val>,
    weight: usize,
    depth: usize,
}

/// Members in the order of their names, as Terraform iterates them.
#[derive(Debug, Default)]
pub(super) struct Map {
    pub members: BTreeMap<Rc<str>, Val>,
    /// A resource or a block of one: further attributes exist but are not known.
    pub open: Option<Rc<Unknown>>,
    weight: usize,
    depth: usize,
}

/// What is not known: who owns it, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// The deployment or module that gives the expression its meaning.
    pub owner: Rc<str>,
    /// The expression, for people.
    pub text: String,
}

/// The most values that one value may hold, shared parts counted each time.
pub(super) const MAX_WEIGHT: usize = 2_000_000;

/// How deep lists and objects may be nested in one value.
pub(super) const MAX_NESTING: usize = 200;

impl Unknown {
    /// The identity.
    pub fn hole(&self) -> Hole {
        Hole::new(&self.owner, &self.text)
    }

    /// What an attribute of it is: unknown too.
    pub fn member(&self, suffix: &str) -> Self {
        Self { owner: self.owner.clone(), text: clip(format!("{}{suffix}", self.text)) }
    }
}

/// Expressions are shown to people and are keys of identity: long ones end in their digest.
pub(super) fn clip(text: String) -> String {
    const LONGEST: usize = 240;
    if text.len() <= LONGEST {
        return text;
    }
    let mut end = 200;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…{}", &text[..end], digest(&text))
}

/// Sixteen characters that stand for a text.
pub(super) fn digest(text: &str) -> String {
    let mut result = String::new();
    for byte in &Sha256::digest(text.as_bytes())[..8] {
        // Writing to a string cannot fail.
        let _ = write!(result, "{byte:02x}");
    }
    result
}

impl Seq {
    fn new(items: Vec<Val>) -> Self {
        let weight = items.iter().fold(1usize, |sum, item| sum.saturating_add(item.weight()));
        let depth = 1 + items.iter().map(Val::depth).max().unwrap_or(0);
        Self { items, weight, depth }
    }
}

impl Map {
    fn new(members: BTreeMap<Rc<str>, Val>, open: Option<Rc<Unknown>>) -> Self {
        let weight = members.values().fold(1usize, |sum, member| sum.saturating_add(1 + member.weight()));
        let depth = 1 + members.values().map(Val::depth).max().unwrap_or(0);
        Self { members, open, weight, depth }
    }
}

impl From<Kind> for Val {
    fn from(kind: Kind) -> Self {
        Self { kind, span: None, place: None }
    }
}

impl Val {
    /// Null.
    pub fn null() -> Self {
        Kind::Null.into()
    }

    /// True or false.
    pub fn bool(value: bool) -> Self {
        Kind::Bool(value).into()
    }

    /// A number.
    pub fn number(value: Num) -> Self {
        Kind::Number(value).into()
    }

    /// A whole number.
    pub fn int(value: i64) -> Self {
        Kind::Number(Num::Int(value.into())).into()
    }

    /// A known string.
    pub fn string(value: impl Into<String>) -> Self {
        Self::text(Text::known(value))
    }

    /// A string that may hold holes.
    pub fn text(value: Text) -> Self {
        Kind::Text(Rc::new(value)).into()
    }

    /// A list or tuple.
    pub fn list(items: Vec<Val>) -> Self {
        Kind::List(Rc::new(Seq::new(items))).into()
    }

    /// A map or object.
    pub fn object(members: BTreeMap<Rc<str>, Val>) -> Self {
        Kind::Object(Rc::new(Map::new(members, None))).into()
    }

    /// An object that has more attributes than are known.
    pub fn open_object(members: BTreeMap<Rc<str>, Val>, open: Unknown) -> Self {
        Kind::Object(Rc::new(Map::new(members, Some(Rc::new(open))))).into()
    }

    /// Something that is not known.
    pub fn unknown(owner: &Rc<str>, text: impl Into<String>) -> Self {
        Kind::Unknown(Rc::new(Unknown { owner: owner.clone(), text: clip(text.into()) })).into()
    }

    /// The result of a computation that is not known: equal `identity`, equal value.
    pub fn derived(text: impl Into<String>, identity: &str) -> Self {
        Self::unknown(&format!("={}", digest(identity)).into(), text)
    }

    /// The same value, given at this place.
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The same value; if it stands nowhere yet, it was given at this place.
    pub fn or_at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// The same value as the value of an attribute.
    pub fn placed(mut self, place: Span) -> Self {
        self.place = Some(place);
        self
    }

    /// The same value, read from elsewhere: the attribute that held it is where it was given.
    pub fn taken(mut self) -> Self {
        if let Some(place) = self.place.take() {
            self.span.get_or_insert(place);
        }
        self
    }

    /// How many values it holds, itself included; long strings count as several.
    pub fn weight(&self) -> usize {
        match &self.kind {
            Kind::Text(text) => 1 + text_len(text) / 16,
            Kind::List(seq) | Kind::Set(seq) => seq.weight,
            Kind::Object(map) => map.weight,
            _ => 1,
        }
    }

    /// How deep lists and objects are nested in it.
    pub fn depth(&self) -> usize {
        match &self.kind {
            Kind::List(seq) | Kind::Set(seq) => seq.depth,
            Kind::Object(map) => map.depth,
            _ => 0,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Whether nothing is known of it as a whole.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, Kind::Unknown(_))
    }

    /// Whether all of it is known.
    pub fn is_wholly_known(&self) -> bool {
        match &self.kind {
            Kind::Unknown(_) | Kind::Instance(_) => false,
            Kind::Text(text) => text.is_known(),
            Kind::List(seq) | Kind::Set(seq) => seq.items.iter().all(Val::is_wholly_known),
            Kind::Object(map) => map.open.is_none() && map.members.values().all(Val::is_wholly_known),
            _ => true,
        }
    }

    /// The string, if it is one and all of it is known.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => text.as_known(),
            _ => None,
        }
    }

    /// The boolean, also of the strings that Terraform takes for one.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(value) => Some(*value),
            Kind::Text(text) => match text.as_known() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number, also of a string that spells one.
    pub fn as_number(&self) -> Option<Num> {
        match &self.kind {
            Kind::Number(value) => Some(*value),
            Kind::Text(text) => Num::parse(text.as_known()?),
            _ => None,
        }
    }

    /// The elements of a list, tuple or set.
    pub fn as_items(&self) -> Option<&[Val]> {
        match &self.kind {
            Kind::List(seq) | Kind::Set(seq) => Some(&seq.items),
            _ => None,
        }
    }

    /// The members of a map or object.
    pub fn as_members(&self) -> Option<&BTreeMap<Rc<str>, Val>> {
        match &self.kind {
            Kind::Object(map) => Some(&map.members),
            _ => None,
        }
    }

    /// A member by its exact name.
    pub fn member(&self, name: &str) -> Option<&Val> {
        self.as_members()?.get(name)
    }

    /// What it is as a string: known primitives are converted, what is unknown becomes a hole.
    /// `None` for null and for collections.
    pub fn to_text(&self) -> Option<Text> {
        Some(match &self.kind {
            Kind::Text(text) => (**text).clone(),
            Kind::Bool(value) => Text::known(value.to_string()),
            Kind::Number(value) => Text::known(value.to_string()),
            Kind::Unknown(unknown) => Text::hole(unknown.hole()),
            _ => return None,
        })
    }

    /// A text that is equal for equal values: what an expression over this value is named by.
    pub fn identity(&self) -> String {
        let mut result = String::new();
        self.write_identity(&mut result, &|hole| hole.as_str().to_owned());
        result
    }

    /// The same for people: holes by their expression.
    pub fn display(&self) -> String {
        let mut result = String::new();
        self.write_identity(&mut result, &|hole| hole.expression().to_owned());
        result
    }

    fn write_identity(&self, out: &mut String, name: &dyn Fn(&Hole) -> String) {
        // Nobody reads more, and the digest of an identity is taken of what is here.
        const ENOUGH: usize = 1 << 20;
        if out.len() > ENOUGH {
            return;
        }
        match &self.kind {
            Kind::Null => out.push_str("null"),
            Kind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Kind::Number(value) => out.push_str(&value.to_string()),
            Kind::Text(text) => write_text(text, out, name),
            Kind::Unknown(unknown) => out.push_str(&name(&unknown.hole())),
            Kind::Instance(instance) => out.push_str(&name(&instance.unknown().hole())),
            Kind::List(seq) | Kind::Set(seq) => {
                out.push('[');
                for (index, item) in seq.items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    item.write_identity(out, name);
                }
                out.push(']');
            }
            Kind::Object(map) => {
                out.push('{');
                for (index, (key, member)) in map.members.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    let _ = write!(out, "{key} = ");
                    member.write_identity(out, name);
                }
                if let Some(open) = &map.open {
                    let _ = write!(out, ", {}", name(&open.hole()));
                }
                out.push('}');
            }
        }
    }

    /// The value of a property that is written at `place`: what was given elsewhere becomes
    /// `supplied`.
    pub fn to_model(&self, place: Option<Span>) -> model::Value {
        let (span, supplied) = match (self.place.or(place), self.span) {
            (Some(place), Some(given)) if within(given, place) => (Some(given), None),
            (Some(place), given) => (Some(place), given),
            (None, given) => (given, None),
        };
        let kind = match &self.kind {
            Kind::Null => model::Kind::Null,
            Kind::Bool(value) => model::Kind::Bool(*value),
            Kind::Number(value) => model::Kind::Number(value.to_json()),
            Kind::Text(text) => model::Kind::Text((**text).clone()),
            Kind::Unknown(unknown) => return placed(unresolved(unknown), span, supplied),
            Kind::Instance(instance) => return placed(unresolved(instance.unknown()), span, supplied),
            Kind::List(seq) | Kind::Set(seq) => {
                model::Kind::Array(seq.items.iter().map(|item| item.to_model(span)).collect())
            }
            Kind::Object(map) => {
                let member = |(name, member): (&Rc<str>, &Val)| (name.to_string(), member.to_model(span));
                model::Kind::Object(map.members.iter().map(member).collect())
            }
        };
        model::Value { kind, span, supplied }
    }

    /// From JSON; the strings are plain, not templates.
    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::null(),
            serde_json::Value::Bool(value) => Self::bool(*value),
            serde_json::Value::Number(number) => Self::number(Num::from_json(number)),
            serde_json::Value::String(text) => Self::string(text.as_str()),
            serde_json::Value::Array(items) => Self::list(items.iter().map(Self::from_json).collect()),
            serde_json::Value::Object(members) => Self::object(
                members.iter().map(|(name, member)| (Rc::from(name.as_str()), Self::from_json(member))).collect(),
            ),
        }
    }
}

fn unresolved(unknown: &Unknown) -> model::Value {
    model::Value::unresolved(unknown.text.clone(), unknown.hole())
}

fn placed(mut value: model::Value, span: Option<Span>, supplied: Option<Span>) -> model::Value {
    value.span = span;
    value.supplied = supplied;
    value
}

fn within(inner: Span, outer: Span) -> bool {
    inner.file == outer.file && inner.start >= outer.start && inner.end <= outer.end
}

fn write_text(text: &Text, out: &mut String, name: &dyn Fn(&Hole) -> String) {
    if let [Part::Unknown(hole)] = text.parts() {
        out.push_str(&name(hole));
        return;
    }
    out.push('"');
    for part in text.parts() {
        match part {
            Part::Known(known) => out.push_str(known),
            Part::Unknown(hole) => {
                let _ = write!(out, "${{{}}}", name(hole));
            }
        }
    }
    out.push('"');
}

/// The bytes of the known parts.
pub(super) fn text_len(text: &Text) -> usize {
    text.parts().iter().map(|part| if let Part::Known(known) = part { known.len() } else { 8 }).sum()
}
