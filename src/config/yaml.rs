//! YAML with places: what every part of the file is read with.

use std::borrow::Cow;
use std::cell::OnceCell;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::Value as Json;

use super::{ConfigError, Pattern};
use crate::finding::{Place, line_hashes_of};
use crate::model::{SourceFile, TextRegion};
use crate::nearest::suggestion;

/// A node of the file.
pub(super) type Node<'y> = MarkedYaml<'y>;

/// The text of a file, and what is wrong with it so far.
pub(super) struct Reader<'f> {
    file: &'f SourceFile,
    /// Byte offset of every character: saphyr counts characters.
    offsets: Vec<u32>,
    line_hashes: OnceCell<Vec<String>>,
    errors: Vec<ConfigError>,
}

/// Nesting that no configuration needs, but that would exhaust the stack of a recursive reader. Flow
/// collections are limited by saphyr itself (to 255).
const MAX_INDENT: usize = 200;

/// Compact nesting (`- - - x`) in one line.
const MAX_INDICATORS: usize = 100;

impl<'f> Reader<'f> {
    pub(super) fn new(file: &'f SourceFile) -> Self {
        let offsets = file.text.char_indices().map(|(at, _)| at as u32).collect();
        Self { file, offsets, line_hashes: OnceCell::new(), errors: Vec::new() }
    }

    /// The one document of the file; `None` if there is none or it cannot be read.
    pub(super) fn document(&mut self) -> Option<Node<'f>> {
        if let Some(line) = self.file.text.lines().position(is_nested_too_deeply) {
            let offset = self.file.text.lines().take(line).map(|l| l.len() + 1).sum::<usize>() as u32;
            self.push(self.file.region(offset, offset + 1), "the line is indented or nested too deeply".to_owned());
            return None;
        }
        let mut documents = match MarkedYaml::load_from_str(&self.file.text) {
            Ok(documents) => documents,
            Err(error) => {
                let at = self.byte(error.marker().index());
                let message = match error.info() {
                    "duplicated key in mapping" => "the key stands twice in its mapping".to_owned(),
                    info => format!("not valid YAML: {info}"),
                };
                self.push(self.file.region(at, at + 1), message);
                return None;
            }
        };
        if let Some(second) = documents.get(1) {
            self.error(second, "the file holds a second YAML document; expected one");
            return None;
        }
        if documents.is_empty() {
            self.push(self.file.region(0, 1), "the file is empty; expected at least `version: 1`".to_owned());
        }
        documents.pop()
    }

    fn byte(&self, char_index: usize) -> u32 {
        self.offsets.get(char_index).copied().unwrap_or(self.file.text.len() as u32)
    }

    fn push(&mut self, region: TextRegion, message: String) {
        self.errors.push(ConfigError { path: self.file.path.clone(), region, message });
    }

    /// Records what is wrong with a node.
    pub(super) fn error(&mut self, node: &Node, message: impl Into<String>) {
        let (start, end) = (self.byte(node.span.start.index()), self.byte(node.span.end.index()));
        self.push(self.file.region(start, end), message.into());
    }

    /// The line (from 1) at which a node begins.
    pub(super) fn line(&self, node: &Node) -> u32 {
        self.file.line_of(self.byte(node.span.start.index()))
    }

    /// Where a node stands, for outputs.
    pub(super) fn place(&self, node: &Node) -> Place {
        let (start, end) = (self.byte(node.span.start.index()), self.byte(node.span.end.index()));
        Place::of_text(self.file, self.line_hashes.get_or_init(|| line_hashes_of(self.file)), start, end)
    }

    /// What went wrong, in the order of the file.
    pub(super) fn into_errors(mut self) -> Vec<ConfigError> {
        self.errors.sort_by_key(|error| error.region);
        self.errors
    }

    fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let message = match &node.data {
            YamlData::Value(Scalar::Null) => format!("{what} is empty; expected {expected}, or leave it out"),
            _ => format!("{what} is {}; expected {expected}", kind(node)),
        };
        self.error(node, message);
    }

    /// The entries of a mapping with string keys.
    pub(super) fn entries<'n, 'y>(
        &mut self,
        node: &'n Node<'y>,
        what: &str,
    ) -> Vec<(&'n Node<'y>, &'n str, &'n Node<'y>)> {
        let YamlData::Mapping(mapping) = &node.data else {
            self.wrong_type(node, what, "a mapping");
            return Vec::new();
        };
        let mut entries = Vec::new();
        for (key, value) in mapping {
            match &key.data {
                YamlData::Value(Scalar::String(name)) => entries.push((key, name.as_ref(), value)),
                _ => self.wrong_type(key, &format!("a key of {what}"), "a word"),
            }
        }
        entries
    }

    /// The value of each of `keys` in a mapping; other keys are errors.
    pub(super) fn section<'n, 'y, const N: usize>(
        &mut self,
        node: &'n Node<'y>,
        what: &str,
        keys: [&'static str; N],
    ) -> [Option<&'n Node<'y>>; N] {
        let mut values = [None; N];
        for (key, name, value) in self.entries(node, what) {
            match keys.iter().position(|known| *known == name) {
                Some(at) => values[at] = Some(value),
                None => {
                    let hint = suggestion(name, keys);
                    self.error(key, format!("unknown key `{}` in {what}{hint}", shown(name)));
                }
            }
        }
        values
    }

    /// A string that is not blank.
    pub(super) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match &node.data {
            YamlData::Value(Scalar::String(text)) if text.trim().is_empty() => {
                self.error(node, format!("{what} is blank"));
                None
            }
            YamlData::Value(Scalar::String(text)) if text.contains(|c: char| c.is_control() && c != '\n') => {
                self.error(node, format!("{what} holds a control character"));
                None
            }
            YamlData::Value(Scalar::String(text)) => Some(text.trim()),
            YamlData::Value(Scalar::Integer(_) | Scalar::FloatingPoint(_) | Scalar::Boolean(_)) => {
                self.error(node, format!("{what} is {}; put it in quotes to make it a string", kind(node)));
                None
            }
            _ => {
                self.wrong_type(node, what, "a string");
                None
            }
        }
    }

    /// The items of a list.
    pub(super) fn items<'n, 'y>(&mut self, node: &'n Node<'y>, what: &str) -> &'n [Node<'y>] {
        match &node.data {
            YamlData::Sequence(items) => items,
            _ => {
                self.wrong_type(node, what, "a list");
                &[]
            }
        }
    }

    /// The strings of a list, each with its node.
    pub(super) fn texts<'n, 'y>(&mut self, node: &'n Node<'y>, what: &str) -> Vec<(&'n Node<'y>, &'n str)> {
        let item = format!("an item of {what}");
        self.items(node, what).iter().filter_map(|node| Some((node, self.text(node, &item)?))).collect()
    }

    /// The strings of a list, or one string.
    pub(super) fn one_or_more<'n, 'y>(&mut self, node: &'n Node<'y>, what: &str) -> Vec<(&'n Node<'y>, &'n str)> {
        if matches!(node.data, YamlData::Sequence(_)) {
            let texts = self.texts(node, what);
            if self.items(node, what).is_empty() {
                self.error(node, format!("{what} is an empty list; expected at least one item"));
            }
            return texts;
        }
        self.text(node, what).map(|text| (node, text)).into_iter().collect()
    }

    /// Globs of a list, or one glob.
    pub(super) fn patterns(
        &mut self,
        texts: Vec<(&Node, &str)>,
        parse: fn(&str) -> Result<Pattern, String>,
    ) -> Vec<Pattern> {
        texts.into_iter().filter_map(|(node, text)| self.glob(node, text, parse)).collect()
    }

    /// A glob.
    pub(super) fn glob<T>(&mut self, node: &Node, text: &str, parse: fn(&str) -> Result<T, String>) -> Option<T> {
        parse(text).map_err(|reason| self.error(node, format!("`{}` is not a glob: {reason}", shown(text)))).ok()
    }

    /// One of a few words.
    pub(super) fn word<T>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(node, what)?;
        let parsed = parse(text);
        if parsed.is_none() {
            let hint = suggestion(text, words.iter().copied());
            self.error(node, format!("`{}` is not {what}{hint}", shown(text)));
        }
        parsed
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        let YamlData::Value(Scalar::Boolean(value)) = &node.data else {
            self.wrong_type(node, what, "`true` or `false`");
            return None;
        };
        Some(*value)
    }

    /// A whole number.
    pub(super) fn integer(&mut self, node: &Node, what: &str, min: i64) -> Option<i64> {
        let YamlData::Value(Scalar::Integer(value)) = &node.data else {
            self.wrong_type(node, what, "a whole number");
            return None;
        };
        if *value < min || *value > MAX_INTEGER {
            self.error(node, format!("{what} is {value}; expected {min} to {MAX_INTEGER}"));
            return None;
        }
        Some(*value)
    }

    /// A number from 0 to 1.
    pub(super) fn ratio(&mut self, node: &Node, what: &str) -> Option<Json> {
        let value = match &node.data {
            YamlData::Value(Scalar::Integer(value)) => *value as f64,
            YamlData::Value(Scalar::FloatingPoint(value)) => value.0,
            _ => {
                self.wrong_type(node, what, "a number from 0 to 1");
                return None;
            }
        };
        if !(0.0..=1.0).contains(&value) {
            self.error(node, format!("{what} is {value}; expected a number from 0 to 1"));
            return None;
        }
        Some(value.into())
    }
}

/// Larger numbers of days, minutes or instances are slips.
const MAX_INTEGER: i64 = 1_000_000;

fn is_nested_too_deeply(line: &str) -> bool {
    let indent = line.len() - line.trim_start().len();
    let bytes = line.as_bytes();
    let ends = |at: usize| bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
    let indicators = bytes.iter().enumerate().filter(|(at, b)| matches!(b, b'-' | b'?') && ends(*at)).count();
    indent > MAX_INDENT || indicators > MAX_INDICATORS
}

/// What a node is, for messages.
fn kind(node: &Node) -> Cow<'static, str> {
    match &node.data {
        YamlData::Value(Scalar::Null) => "empty".into(),
        YamlData::Value(Scalar::Boolean(value)) => format!("the boolean `{value}`").into(),
        YamlData::Value(Scalar::Integer(value)) => format!("the number {value}").into(),
        YamlData::Value(Scalar::FloatingPoint(value)) => format!("the number {value}").into(),
        YamlData::Value(Scalar::String(text)) => format!("the string `{}`", shown(text)).into(),
        YamlData::Sequence(_) => "a list".into(),
        YamlData::Mapping(_) => "a mapping".into(),
        YamlData::Tagged(..) => "a value with a YAML tag".into(),
        _ => "not a plain value".into(),
    }
}

/// A string of the file for messages: short, and without characters that could disturb a terminal.
pub(crate) fn shown(text: &str) -> String {
    let mut result: String = text.chars().take(MAX_SHOWN).flat_map(visible).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        result.push('…');
    }
    result
}

fn visible(c: char) -> Vec<char> {
    // Controls, and the marks that change the direction of text.
    let disturbs = c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    if disturbs { c.escape_unicode().collect() } else { vec![c] }
}

const MAX_SHOWN: usize = 120;
