//! YAML as values with places: several documents, of which those before an error count.
//!
//! What a template engine fills in before anybody reads the file (`{{ name }}`, `#{name}#`, `__NAME__`,
//! `$(NAME)`, `<name>`) is unknown, and the rest counts. Aliases are copied within a budget.

mod mask;
mod scalar;

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, Span as Marks, StrInput, Tag};

use crate::model::{FileId, GapCode, Hole, Kind, Part, Span, Text, Value};

use mask::Masked;

/// The deepest nesting that is read.
const DEEPEST: usize = 100;

/// How many values a file may have, copies by aliases included.
const MOST_VALUES: usize = 200_000;

/// The largest file that is read. Definitions are written by hand; generated ones stay far below.
pub const MOST_BYTES: usize = 1024 * 1024;

/// What the parser says of a quoted text whose next line is not indented. The specification wants it to be; the
/// parsers of Azure's command line do not, and such files are deployed.
const INDENTED: &str = "invalid indentation in quoted scalar";

/// How many of those texts of a file are read all the same.
const MOST_JOINS: usize = 20;

/// What a file holds.
#[derive(Debug, Default)]
pub struct Yaml {
    /// The documents before the first error.
    pub documents: Vec<Value>,
    /// Why the rest could not be read.
    pub error: Option<YamlError>,
}

/// Why YAML could not be read, and where.
#[derive(Debug, PartialEq)]
pub struct YamlError {
    /// Byte offset.
    pub offset: u32,
    /// Whether it is wrong or too much.
    pub code: GapCode,
    /// A clause.
    pub message: String,
}

impl Yaml {
    /// Reads a text. `owner` tells its unknown values apart from those of other files.
    pub fn parse(text: &str, file: FileId, owner: &str) -> Self {
        if text.len() > MOST_BYTES {
            let message = format!("the YAML has {} bytes; the limit is {MOST_BYTES}", text.len());
            let error = YamlError { offset: 0, code: GapCode::LimitExceeded, message };
            return Self { documents: Vec::new(), error: Some(error) };
        }
        let mut masked = Masked::of(text);
        let mut yaml = Self::parse_masked(text, file, owner, &masked);
        for _ in 0..MOST_JOINS {
            let Some(error) = yaml.error.as_ref().filter(|error| error.message.ends_with(INDENTED)) else { break };
            if !masked.join_lines(text[..error.offset as usize].chars().count()) {
                break;
            }
            yaml = Self::parse_masked(text, file, owner, &masked);
        }
        yaml
    }

    fn parse_masked(text: &str, file: FileId, owner: &str, masked: &Masked) -> Self {
        let mut builder = Builder {
            file,
            owner,
            offsets: Offsets::of(text),
            masked,
            documents: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            values: 0,
        };
        let error = builder.read(Parser::new_from_str(masked.text())).err();
        Self { documents: builder.documents, error }
    }
}

/// Byte offsets of characters: the parser counts characters.
enum Offsets {
    /// They are the same.
    Ascii(u32),
    /// The offset of every character, and the end.
    Table(Vec<u32>),
}

impl Offsets {
    fn of(text: &str) -> Self {
        let end = text.len() as u32;
        if text.is_ascii() {
            return Self::Ascii(end);
        }
        Self::Table(text.char_indices().map(|(at, _)| at as u32).chain([end]).collect())
    }

    fn byte(&self, character: usize) -> u32 {
        match self {
            Self::Ascii(end) => (character as u32).min(*end),
            Self::Table(offsets) => offsets.get(character).or(offsets.last()).copied().unwrap_or_default(),
        }
    }
}

/// A collection that is not closed yet.
struct Open {
    anchor: usize,
    start: u32,
    /// A tag that is none of YAML's own: what it makes of the collection is not known.
    tag: Option<String>,
    content: Content,
}

enum Content {
    Items(Vec<Value>),
    /// The members, and the key that waits for its value. A key that is no scalar has no name.
    Members(Vec<(String, Value)>, Option<(Option<String>, u32)>),
}

/// What an alias stands for.
#[derive(Clone)]
struct Anchored {
    value: Value,
    /// How many values it holds, and how deep they are nested.
    size: (usize, usize),
}

struct Builder<'t> {
    file: FileId,
    owner: &'t str,
    offsets: Offsets,
    masked: &'t Masked<'t>,
    documents: Vec<Value>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    values: usize,
}

impl<'t> Builder<'t> {
    fn read(&mut self, mut parser: Parser<'t, StrInput<'t>>) -> Result<(), YamlError> {
        while let Some(event) = parser.next_event() {
            let (event, marks) = event.map_err(|error| YamlError {
                offset: self.offsets.byte(error.marker().index()),
                code: GapCode::SyntaxError,
                message: format!("the YAML is not valid: {}", error.info()),
            })?;
            self.event(event, marks)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'t>, marks: Marks) -> Result<(), YamlError> {
        let span = self.span(marks);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if let Some(Open { content: Content::Members(_, key @ None), .. }) = self.open.last_mut() {
                    *key = Some((Some(self.masked.plain(&text)), span.start));
                    return Ok(());
                }
                let value = match foreign(tag.as_deref()) {
                    Some(tag) => self.unresolved(&format!("{tag} {}", self.masked.plain(&text))),
                    None => scalar::value(&text, style, tag.as_ref(), self.masked, self.owner),
                };
                self.close(value.at(span), anchor, (1, 0))
            }
            Event::SequenceStart(anchor, tag) => self.start(anchor, tag.as_deref(), span, Content::Items(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                self.start(anchor, tag.as_deref(), span, Content::Members(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => {
                let Some(Anchored { value, size }) = self.anchors.get(&anchor).cloned() else {
                    let circle = self.unresolved("an alias inside of what it stands for");
                    return self.close(circle.at(span), 0, (1, 0));
                };
                self.close(value.used_at(span), 0, size)
            }
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn span(&self, marks: Marks) -> Span {
        let (start, end) = (self.offsets.byte(marks.start.index()), self.offsets.byte(marks.end.index()));
        Span { file: self.file, start, end: end.max(start) }
    }

    fn unresolved(&self, expression: &str) -> Value {
        Value::unresolved(expression, Hole::new(self.owner, expression))
    }

    fn start(&mut self, anchor: usize, tag: Option<&Tag>, span: Span, content: Content) -> Result<(), YamlError> {
        if self.open.len() >= DEEPEST {
            return Err(self.too_much(span.start, format!("the YAML is nested more than {DEEPEST} deep")));
        }
        self.open.push(Open { anchor, start: span.start, tag: foreign(tag), content });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let kind = match open.content {
            Content::Items(items) => Kind::Array(items),
            Content::Members(members, _) => Kind::Object(self.merged(members)),
        };
        let value = open.tag.map_or(Value::new(kind), |tag| self.unresolved(&tag));
        let span = Span { file: self.file, start: open.start, end: span.end.max(open.start) };
        self.close(value.at(span), open.anchor, (1, 0))
    }

    /// Puts a value where it belongs. `added` are the values that it adds, and their nesting: what is in a
    /// collection was counted before, what is in a copy was not.
    fn close(&mut self, mut value: Value, anchor: usize, added: (usize, usize)) -> Result<(), YamlError> {
        let start = value.span.map_or(0, |span| span.start);
        let size = if anchor > 0 { measure(&value) } else { (0, 0) };
        self.values += added.0 + size.0;
        if self.values > MOST_VALUES {
            return Err(self.too_much(start, format!("the YAML has more than {MOST_VALUES} values")));
        }
        if self.open.len() + added.1 > DEEPEST {
            return Err(self.too_much(start, format!("the YAML is nested more than {DEEPEST} deep")));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored { value: value.clone(), size });
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.documents.push(value),
            Some(Content::Items(items)) => items.push(value),
            Some(Content::Members(_, key @ None)) => *key = Some((None, start)),
            Some(Content::Members(members, key)) => {
                if let Some((Some(name), from)) = key.take() {
                    // A property stands from its name to the end of its value.
                    value.span = value.span.map(|span| Span { start: from, ..span });
                    put(members, name, value);
                }
            }
        }
        Ok(())
    }

    /// The members with those that `<<` merges in; what is written itself wins.
    fn merged(&self, members: Vec<(String, Value)>) -> Vec<(String, Value)> {
        let (merges, mut own): (Vec<_>, Vec<_>) = members.into_iter().partition(|(name, _)| name == "<<");
        for (_, source) in merges {
            let sources = match source.kind {
                Kind::Array(items) => items,
                _ => vec![source],
            };
            let members = sources.into_iter().filter_map(|source| match source.kind {
                Kind::Object(members) => Some(members),
                _ => None,
            });
            for (name, value) in members.flatten() {
                if !own.iter().any(|(known, _)| *known == name) {
                    own.push((name, value));
                }
            }
        }
        own
    }

    fn too_much(&self, offset: u32, message: String) -> YamlError {
        YamlError { offset, code: GapCode::LimitExceeded, message }
    }
}

/// Adds a member; of two with one name the last counts, as for the tools that read these files.
fn put(members: &mut Vec<(String, Value)>, name: String, value: Value) {
    // Long mappings have no duplicates worth the square of their length.
    const FEW: usize = 500;
    if name != "<<" && members.len() < FEW {
        members.retain(|(known, _)| *known != name);
    }
    members.push((name, value));
}

/// A text as it is written in the file, templates included.
pub fn written(text: &Text) -> String {
    let parts = text.parts().iter().map(|part| match part {
        Part::Known(known) => known.as_str(),
        Part::Unknown(hole) => hole.expression(),
    });
    parts.collect()
}

/// How many values a value is, and how deep they are nested in it.
fn measure(value: &Value) -> (usize, usize) {
    let inside = |values: &mut dyn Iterator<Item = &Value>| {
        let inner = values.map(measure).fold((0, 0), |(count, depth), (more, deep)| (count + more, depth.max(deep)));
        (inner.0 + 1, inner.1 + 1)
    };
    match &value.kind {
        Kind::Array(items) => inside(&mut items.iter()),
        Kind::Object(members) => inside(&mut members.iter().map(|(_, member)| member)),
        _ => (1, 0),
    }
}

/// A tag that is none of YAML's own: `!include`, `!vault`.
fn foreign(tag: Option<&Tag>) -> Option<String> {
    let tag = tag.filter(|tag| !tag.is_yaml_core_schema() && !tag.suffix.is_empty())?;
    Some(format!("{}{}", tag.handle, tag.suffix))
}

#[cfg(test)]
mod tests;
