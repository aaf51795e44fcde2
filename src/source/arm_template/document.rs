//! The JSON files of a deployment, read once each.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::model::{FileId, Gap, GapCode, GapPlace, SourceFile, Span};
use crate::source::FileTree;
use crate::source::expr::{Copy, Expr, ExprKind, Fault, Json, Member, Property, Session, parse_json};

use super::expression::parse_string;

/// Azure takes templates of up to 4 MiB.
const LARGEST: usize = 16 << 20;

/// A JSON file.
#[derive(Debug)]
pub(super) struct Document {
    /// Its path relative to the repository root.
    pub path: String,
    /// Its number.
    pub file: FileId,
    /// Its content; `None` if it could not be read, which is a gap then.
    pub root: Option<Expr>,
}

/// The files read so far. Grows while references into it are alive.
#[derive(Debug, Default)]
pub(super) struct Documents {
    first: OnceCell<Box<Link>>,
}

#[derive(Debug)]
struct Link {
    document: Document,
    next: OnceCell<Box<Link>>,
}

/// What the strings of a file are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Strings {
    /// `[…]` is an expression.
    Template,
    /// Just strings.
    Literal,
}

impl Documents {
    /// The file at a path, read if that was not done yet. What is wrong with it becomes a gap of the
    /// session.
    pub fn load(&self, tree: &FileTree, path: &str, strings: Strings, session: &Session) -> &Document {
        let mut link = &self.first;
        while let Some(found) = link.get() {
            if found.document.path == path {
                return &found.document;
            }
            link = &found.next;
        }
        let document = read(tree, path, strings, session);
        &link.get_or_init(|| Box::new(Link { document, next: OnceCell::new() })).document
    }
}

impl Documents {
    /// Keeps a template that was computed; it counts as written in the file that computes it.
    pub fn keep(&self, computed: Document) -> &Document {
        let mut link = &self.first;
        while let Some(found) = link.get() {
            link = &found.next;
        }
        &link.get_or_init(|| Box::new(Link { document: computed, next: OnceCell::new() })).document
    }
}

fn read(tree: &FileTree, path: &str, strings: Strings, session: &Session) -> Document {
    let failed = |file: FileId| Document { path: path.to_owned(), file, root: None };
    let text = match tree.read(path) {
        Ok(text) => text,
        Err(gap) => {
            session.add_gap(*gap);
            return failed(FileId(u32::MAX));
        }
    };
    let file = session.add_file(SourceFile::new(path, text));
    let text = session.file_text(file).unwrap_or_else(|| Arc::from(""));
    if text.len() > LARGEST {
        let message = format!("the template has {} bytes; the limit is {LARGEST}", text.len());
        session.add_gap(Gap::new(GapCode::FileTooLarge, GapPlace::File { file, offset: None }, message));
        return failed(file);
    }
    let parsed = match strings {
        Strings::Template => parse_json(&text, file, &parse_string),
        Strings::Literal => parse_json(&text, file, &|string| ExprKind::Text(string.value.into())),
    };
    match parsed {
        Ok(Json { mut root, duplicates }) => {
            for (name, span) in duplicates {
                let message = format!("'{name}' stands twice in this object; Azure takes the last one");
                session.gap(GapCode::InvalidDocument, span, message);
            }
            if strings == Strings::Template {
                iterate(&mut root);
            }
            Document { path: path.to_owned(), file, root: Some(root) }
        }
        Err(error) => {
            let Fault { code, message } = error.fault;
            session.add_gap(Gap::new(code, GapPlace::File { file, offset: Some(error.offset) }, message));
            failed(file)
        }
    }
}

/// Turns property and variable iteration into members: `"copy": [{"name": "x", …}]` in an object is a
/// list `x`. <https://learn.microsoft.com/azure/azure-resource-manager/templates/copy-properties>
fn iterate(expr: &mut Expr) {
    match &mut expr.kind {
        ExprKind::Array(elements) => {
            for element in elements {
                match element {
                    crate::source::expr::Element::Item(item) | crate::source::expr::Element::Spread(item) => {
                        iterate(item)
                    }
                }
            }
        }
        ExprKind::Object(properties) => {
            let mut result = Vec::with_capacity(properties.len());
            for property in properties.drain(..) {
                match property {
                    Property::Member(mut member) => {
                        iterate(&mut member.value);
                        match loops_of(&member) {
                            Some(members) => result.extend(members.into_iter().map(Property::Member)),
                            None => result.push(Property::Member(member)),
                        }
                    }
                    spread => result.push(spread),
                }
            }
            *properties = result;
        }
        _ => {}
    }
}

/// The members that a `copy` list stands for; `None` if the member is something else.
fn loops_of(member: &Member) -> Option<Vec<Member>> {
    if !member.key.as_text()?.eq_ignore_ascii_case("copy") || !member.value.is_array() {
        return None;
    }
    let mut members = Vec::new();
    for element in member.value.elements() {
        let (name, count) = (element.member("name")?, element.get("count")?);
        // A variable may iterate without an input, over nothing.
        let input = element.get("input")?;
        let text = name.value.as_text()?;
        let copy = Copy { name: text.into(), count: count.clone(), input: input.clone() };
        let value = Expr::new(ExprKind::Copy(Box::new(copy)), element.span);
        members.push(Member { key: name.value.clone(), value, span: element.span });
    }
    Some(members)
}

/// The place of a document as a whole: its first character.
pub(super) fn start_of(file: FileId) -> Span {
    Span { file, start: 0, end: 1 }
}
