//! YAML of workflows, with places: nodes that are shared where anchors are used, within limits.

use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::mapped::Mapped;

/// Nesting that no workflow needs.
const MAX_DEPTH: usize = 100;

/// So many nodes a document may have, those that aliases repeat counted each time.
const MAX_NODES: usize = 200_000;

/// A part of a document.
#[derive(Debug)]
pub(super) struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
    /// How many nodes it is, aliases expanded.
    size: usize,
    depth: usize,
}

/// The kinds of nodes.
#[derive(Debug)]
pub(super) enum NodeKind {
    /// Text, number, boolean or nothing; as written, without quotes.
    Scalar(String, ScalarStyle),
    /// A list.
    List(Vec<Rc<Node>>),
    /// Names and values in order; a name may stand twice.
    Map(Vec<(Rc<Node>, Rc<Node>)>),
}

/// Why a file is not read.
#[derive(Debug, PartialEq)]
pub(super) enum DocumentError {
    /// Not valid YAML: where and why.
    Syntax(u32, String),
    /// Past a limit.
    Limit(u32),
}

impl Node {
    fn new(kind: NodeKind, start: u32, end: u32) -> Self {
        let children: Vec<&Rc<Node>> = match &kind {
            NodeKind::Scalar(..) => Vec::new(),
            NodeKind::List(items) => items.iter().collect(),
            NodeKind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        };
        let size = children.iter().fold(1, |sum: usize, child| sum.saturating_add(child.size));
        let depth = children.iter().map(|child| child.depth + 1).max().unwrap_or(0);
        Self { kind, start, end, size, depth }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Rc<Node>] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a mapping with a text as key; none of anything else.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Rc<Node>)> {
        let entries = match &self.kind {
            NodeKind::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().filter_map(|(key, value)| Some((key.text()?, value)))
    }

    /// The value of a key.
    pub fn get(&self, name: &str) -> Option<&Rc<Node>> {
        self.entries().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The value of a key in any case.
    pub fn get_any_case(&self, name: &str) -> Option<&Rc<Node>> {
        self.entries().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether it is a mapping.
    pub fn is_map(&self) -> bool {
        matches!(self.kind, NodeKind::Map(_))
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.kind, NodeKind::List(_))
    }

    /// The text of a scalar with the places of its bytes; `file` is the text of the file.
    pub fn mapped(&self, file: &str) -> Mapped {
        let NodeKind::Scalar(text, style) = &self.kind else { return Mapped::default() };
        let source = file.get(self.start as usize..self.end as usize).unwrap_or_default();
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => block(file, self.start, text, *style),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted | ScalarStyle::Plain => {
                flow(source, self.start, *style)
            }
        }
    }
}

/// A block scalar: the lines behind its header, without their indentation. Folding joins lines with a
/// blank; the words and their places are the same.
fn block(file: &str, start: u32, text: &str, style: ScalarStyle) -> Mapped {
    let mut mapped = Mapped::default();
    let Some((before, header)) = file.get(..start as usize).zip(file.get(start as usize..)) else { return mapped };
    // The start is that of the first line, or the header behind its key.
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let mut at = match before[line..].trim().is_empty() {
        true => line,
        false => (start as usize + header.split('\n').next().map_or(0, str::len) + 1).min(file.len()),
    };
    let mut wanted = text.lines().filter(|line| !line.trim().is_empty()).count().max(1);
    if style == ScalarStyle::Folded {
        // Folded text has fewer lines than the file; its words tell when it ends.
        wanted = usize::MAX;
    }
    let mut left = text.split_whitespace().map(str::len).sum::<usize>();
    let indent = file.get(at..).map_or(0, indent_of);
    for line in file.get(at..).unwrap_or_default().split_inclusive('\n') {
        if left == 0 || wanted == 0 {
            break;
        }
        let bare = line.trim_end_matches(['\n', '\r']);
        let cut = indent.min(bare.len() - bare.trim_start_matches(' ').len());
        mapped.push_str(&bare[cut..], (at + cut) as u32);
        if !bare.trim().is_empty() {
            wanted = wanted.saturating_sub(1);
            left = left.saturating_sub(bare.split_whitespace().map(str::len).sum());
        }
        let folds = style == ScalarStyle::Folded && !bare.trim().is_empty();
        mapped.push(if folds { ' ' } else { '\n' }, (at + bare.len()) as u32);
        at += line.len();
    }
    mapped
}

/// The indentation of the first line that is not blank.
fn indent_of(text: &str) -> usize {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.len() - line.trim_start_matches(' ').len()
}

/// A scalar between quotes, or plain: escapes decoded, line breaks folded to a blank.
fn flow(source: &str, start: u32, style: ScalarStyle) -> Mapped {
    let mut mapped = Mapped::default();
    let quote = match style {
        ScalarStyle::SingleQuoted => Some('\''),
        ScalarStyle::DoubleQuoted => Some('"'),
        _ => None,
    };
    let mut chars = source.char_indices().peekable();
    if quote.is_some() && chars.peek().is_some_and(|(_, c)| Some(*c) == quote) {
        chars.next();
    }
    while let Some((at, c)) = chars.next() {
        let place = start + at as u32;
        match c {
            '\'' if quote == Some('\'') => match chars.next() {
                Some((_, '\'')) => mapped.push('\'', place),
                _ => break,
            },
            '"' if quote == Some('"') => break,
            '\\' if quote == Some('"') => match chars.next() {
                Some((_, 'n')) => mapped.push('\n', place),
                Some((_, 't')) => mapped.push('\t', place),
                Some((_, '\n')) | None => {}
                Some((_, other)) => mapped.push(other, place),
            },
            '\n' => {
                mapped.push(' ', place);
                while chars.next_if(|(_, c)| *c == ' ').is_some() {}
            }
            '\r' => {}
            _ => mapped.push(c, place),
        }
    }
    mapped
}

/// The documents of a text. What a template engine is to fill in (`{{ name }}`, `{% if %}`) is taken as
/// text where it would not be YAML.
pub(super) fn documents(text: &str) -> Result<Vec<Rc<Node>>, DocumentError> {
    match parse(text) {
        Err(DocumentError::Syntax(..)) if text.contains("{{") || text.contains("{%") => parse(&without_templates(text)),
        parsed => parsed,
    }
}

/// The text with as many letters in place of what a template engine fills in.
fn without_templates(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let close = if rest[at..].starts_with("{{") { "}}" } else { "%}" };
        let Some(length) = rest[at..].find(close).map(|end| end + 2) else { break };
        // Expressions of the platforms are YAML.
        if rest[..at].ends_with('$') {
            result.push_str(&rest[..at + length]);
        } else {
            result.push_str(&rest[..at]);
            let filler = if close == "%}" { '#' } else { 'x' };
            result.extend(rest[at..at + length].bytes().map(|b| if b == b'\n' { '\n' } else { filler }));
        }
        rest = &rest[at + length..];
    }
    result + rest
}

fn parse(text: &str) -> Result<Vec<Rc<Node>>, DocumentError> {
    Builder { offsets: Offsets::new(text), stack: Vec::new(), anchors: Vec::new(), documents: Vec::new() }.run(text)
}

/// Byte offsets of characters: the parser counts characters.
struct Offsets(Option<Vec<u32>>, usize);

impl Offsets {
    fn new(text: &str) -> Self {
        let wide = || text.char_indices().map(|(at, _)| at as u32).collect();
        Self((!text.is_ascii()).then(wide), text.len())
    }

    fn byte(&self, character: usize) -> u32 {
        match &self.0 {
            Some(offsets) => offsets.get(character).copied().unwrap_or(self.1 as u32),
            None => character.min(self.1) as u32,
        }
    }
}

/// A collection that is not closed yet.
struct Open {
    start: u32,
    anchor: usize,
    is_map: bool,
    children: Vec<Rc<Node>>,
}

struct Builder {
    offsets: Offsets,
    stack: Vec<Open>,
    anchors: Vec<(usize, Rc<Node>)>,
    documents: Vec<Rc<Node>>,
}

impl Builder {
    fn run(mut self, text: &str) -> Result<Vec<Rc<Node>>, DocumentError> {
        let mut nodes = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                DocumentError::Syntax(self.offsets.byte(error.marker().index()), error.info().to_owned())
            })?;
            let (start, end) = (self.offsets.byte(span.start.index()), self.offsets.byte(span.end.index()));
            nodes += 1;
            if nodes > MAX_NODES {
                return Err(DocumentError::Limit(start));
            }
            self.take(event, start, end)?;
        }
        Ok(self.documents)
    }

    fn take(&mut self, event: Event<'_>, start: u32, end: u32) -> Result<(), DocumentError> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let node = Node::new(NodeKind::Scalar(text.into_owned(), style), start, end);
                self.finish(node, anchor)
            }
            Event::SequenceStart(anchor, _) => self.open(start, anchor, false),
            Event::MappingStart(anchor, _) => self.open(start, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::Alias(anchor) => match self.anchors.iter().find(|(known, _)| *known == anchor) {
                Some((_, node)) => self.add(Rc::clone(node)),
                None => Err(DocumentError::Syntax(start, "the alias has no anchor".to_owned())),
            },
            _ => Ok(()),
        }
    }

    fn open(&mut self, start: u32, anchor: usize, is_map: bool) -> Result<(), DocumentError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(DocumentError::Limit(start));
        }
        self.stack.push(Open { start, anchor, is_map, children: Vec::new() });
        Ok(())
    }

    fn close(&mut self, end: u32) -> Result<(), DocumentError> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let kind = if open.is_map {
            let mut children = open.children.into_iter();
            let mut entries = Vec::new();
            while let Some((key, value)) = children.next().zip(children.next()) {
                entries.push((key, value));
            }
            NodeKind::Map(entries)
        } else {
            NodeKind::List(open.children)
        };
        self.finish(Node::new(kind, open.start, end), open.anchor)
    }

    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), DocumentError> {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.push((anchor, Rc::clone(&node)));
        }
        self.add(node)
    }

    fn add(&mut self, node: Rc<Node>) -> Result<(), DocumentError> {
        if node.size > MAX_NODES || node.depth + self.stack.len() > MAX_DEPTH {
            return Err(DocumentError::Limit(node.start));
        }
        match self.stack.last_mut() {
            Some(open) => open.children.push(node),
            None => self.documents.push(node),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Rc<Node> {
        documents(text).expect("YAML").remove(0)
    }

    /// The text of `key`, and that every byte of its words stands where the places say.
    fn mapped(text: &str, key: &str) -> String {
        let mapped = one(text).get(key).expect("the key").mapped(text);
        for (at, c) in mapped.text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
            assert!(text[mapped.place(at) as usize..].starts_with(c), "{c} of {text:?}");
        }
        mapped.text
    }

    #[test]
    fn places_are_exact_in_every_style() {
        assert_eq!(mapped("run: az ml  job\n", "run"), "az ml  job");
        assert_eq!(mapped("run: 'az ''x'' y'\n", "run"), "az 'x' y");
        assert_eq!(mapped("ü: 1\nrun: \"az \\\"x\\\" y\"\n", "run"), "az \"x\" y");
        assert_eq!(mapped("run: az ml\n  job list\nx: 1\n", "run"), "az ml job list");
        assert_eq!(
            mapped("a:\n  b: 1\nrun: |\n  az ml \\\n    job\n\n  next\nx: 1\n", "run"),
            "az ml \\\n  job\n\nnext\n"
        );
        assert_eq!(mapped("run: >-\n    az ml\n    job\nx: 1\n", "run"), "az ml job ");
        assert_eq!(mapped("run: |-\r\n  az ml\r\n  job\r\nx: 1\r\n", "run"), "az ml\njob\n");
    }

    #[test]
    fn anchors_are_shared_and_bounded() {
        let doc = one("a: &x {k: v}\nb: *x\n");
        assert_eq!(doc.get("b").and_then(|b| b.get("k")).and_then(|k| k.text()), Some("v"));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(matches!(documents(&bomb), Err(DocumentError::Limit(_))));
        assert!(documents(&"- ".repeat(10_000)).is_err());
        assert!(documents(&format!("x: {}1", "[".repeat(5000))).is_err());
    }

    #[test]
    fn what_a_template_engine_fills_in_is_text() {
        let doc = one("name: {{ cookiecutter.name }}-{{ x }}\nrun: echo ${{ env.A }}\n");
        assert_eq!(doc.get("run").and_then(|run| run.text()), Some("echo ${{ env.A }}"));
        assert!(documents("a: [1\nb: 2\n").is_err());
    }
}
