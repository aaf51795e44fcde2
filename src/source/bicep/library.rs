//! The Bicep files that a deployment consists of, read once each.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::index::Source;
use super::parser::parse;
use crate::model::{Gap, GapCode, GapPlace, SourceFile, Span};
use crate::source::FileTree;
use crate::source::arm_template::Modules;
use crate::source::expr::Session;

/// Reads and parses files on demand.
pub(super) struct Library<'a> {
    pub tree: &'a FileTree,
    pub session: &'a Session,
    /// Modules that are ARM templates.
    pub templates: &'a Modules<'a>,
    /// How many resources are being identified, one through the other.
    pub identifying: Cell<usize>,
    sources: RefCell<HashMap<String, Option<Rc<Source>>>>,
}

/// The largest file that is parsed, in bytes. Azure takes compiled templates of up to 4 MiB.
pub(super) const LARGEST: usize = 8 << 20;

impl<'a> Library<'a> {
    pub fn new(tree: &'a FileTree, session: &'a Session, templates: &'a Modules<'a>) -> Self {
        Self { tree, session, templates, identifying: Cell::new(0), sources: RefCell::default() }
    }

    /// A file by its path. Syntax errors are gaps, once; `None` if it cannot be read at all, which is
    /// a gap too.
    pub fn source(&self, path: &str) -> Option<Rc<Source>> {
        if let Some(known) = self.sources.borrow().get(path) {
            return known.clone();
        }
        let source = self.load(path).map(Rc::new);
        self.sources.borrow_mut().insert(path.to_owned(), source.clone());
        source
    }

    /// Whether there is a file at this path that may be read.
    pub fn exists(&self, path: &str) -> bool {
        self.tree.contains(path) || self.tree.read(path).is_ok()
    }

    /// The text of any file.
    pub fn text(&self, path: &str) -> Result<Arc<str>, Box<Gap>> {
        self.tree.read(path)
    }

    fn load(&self, path: &str) -> Option<Source> {
        let text = match self.tree.read(path) {
            Ok(text) => text,
            Err(gap) => {
                self.session.add_gap(*gap);
                return None;
            }
        };
        let source_file = SourceFile::new(path, text);
        let text = source_file.text.clone();
        let file = self.session.add_file(source_file);
        if text.len() > LARGEST {
            let message = format!("the file has {} bytes; the limit is {LARGEST}", text.len());
            self.session.add_gap(Gap::new(GapCode::FileTooLarge, GapPlace::File { file, offset: None }, message));
            return None;
        }
        let (document, errors) = parse(&text, file);
        for error in errors {
            let code = if error.is_limit { GapCode::LimitExceeded } else { GapCode::SyntaxError };
            self.session.add_gap(Gap::at_span(code, Span { file, start: error.start, end: error.end }, error.message));
        }
        let source = Source::new(path, file, document);
        for (name, span) in &source.duplicates {
            let message = format!("'{name}' is declared more than once; the first declaration counts");
            self.session.gap(GapCode::InvalidDocument, *span, message);
        }
        Some(source)
    }
}
