//! Reads Python files and notebooks: how they name their workspace, what they define, refer to and train.
//!
//! A file that names no SDK, no framework and nothing of Azure ML has no artefact. Of one that follows the
//! grammar only in part the rest is read; what is not is a gap, and unknown in the artefact.
//!
//! Names are followed through assignments, constants, classes and modules of the repository. What comes from
//! the environment, the command line, a file or a parameter of a function is configured.

mod callables;
mod clients;
mod code;
mod definitions;
mod expression;
mod facts;
mod library;
mod magics;
mod names;
mod notebook;
mod references;
mod syntax;
#[cfg(test)]
mod tests;
mod training;
mod uris;
mod values;
mod walk;

use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use crate::model::{FileId, Gap, GapCode, GapPlace, Inventory, SourceFile, Span};
use crate::source::repository::Artefact;
use crate::source::{EntryPoint, FileTree, Reader};

use code::Code;
use facts::Reading;
use library::{Library, Source};
use names::Names;
use syntax::Module;

/// Reads Python files.
#[derive(Debug)]
pub struct Python;

/// Reads Jupyter notebooks.
#[derive(Debug)]
pub struct Notebook;

/// Longer programs are not read.
const LARGEST: usize = 4 << 20;

/// What a file may define that could not be read.
const HIDDEN: &[&str] = &["repository:data", "repository:endpoints", "repository:environments", "repository:jobs"];

/// What a file has to hold to be of interest.
static SIGNS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let signs = r"azureml|azure\.ai|mldesigner|mlflow|torch|tensorflow|keras|transformers|lightning|/workspaces/|adl://|azuredatalakestore|def init\(|MLClient|save_pretrained|save_checkpoint";
    Regex::new(signs).ok()
});

fn is_of_interest(text: &str) -> bool {
    SIGNS.as_ref().is_none_or(|signs| signs.is_match(text))
}

impl Reader for Python {
    fn name(&self) -> &'static str {
        "Python"
    }

    fn claims(&self, tree: &FileTree) -> Vec<EntryPoint> {
        claimed(tree, ".py")
    }

    fn read(&self, tree: &FileTree, entry: &EntryPoint) -> Inventory {
        read(tree, entry, "python", |text| Ok(Content { cells: vec![Code::whole(text)], ..Content::default() }))
    }
}

impl Reader for Notebook {
    fn name(&self) -> &'static str {
        "notebook"
    }

    fn claims(&self, tree: &FileTree) -> Vec<EntryPoint> {
        claimed(tree, ".ipynb")
    }

    fn read(&self, tree: &FileTree, entry: &EntryPoint) -> Inventory {
        read(tree, entry, "notebook", notebook::read)
    }
}

use notebook::{Notebook as Content, NotebookError};

fn claimed(tree: &FileTree, extension: &str) -> Vec<EntryPoint> {
    let of_kind = |path: &&str| path.to_ascii_lowercase().ends_with(extension);
    let files = tree.files().filter(of_kind).filter(|path| !path.contains(".ipynb_checkpoints/"));
    files.map(|path| EntryPoint { path: path.to_owned(), parameters: Vec::new() }).collect()
}

fn read(
    tree: &FileTree,
    entry: &EntryPoint,
    kind: &'static str,
    content: impl Fn(&str) -> Result<Content, NotebookError>,
) -> Inventory {
    let mut inventory = Inventory::default();
    let text = match tree.read(&entry.path) {
        Ok(text) if is_of_interest(&text) => text,
        Ok(_) => return inventory,
        Err(gap) => {
            inventory.collection.gaps.push(hiding(*gap));
            return inventory;
        }
    };
    let mut file = SourceFile::new(entry.path.as_str(), text);
    let content = match content(&file.text) {
        Ok(content) => content,
        Err(error) => {
            let place = GapPlace::File { file: FileId(0), offset: Some(file.line_start(error.line as u32)) };
            inventory.collection.gaps.push(hiding(Gap::new(GapCode::InvalidDocument, place, error.message)));
            inventory.files.add(file);
            return inventory;
        }
    };
    file.cell_lines = content.lines;
    let length: usize =
        content.cells.iter().chain(content.written.iter().map(|(_, code)| code)).map(|c| c.text.len()).sum();
    if length > LARGEST {
        let message = format!("the file has {length} bytes of Python; the limit is {LARGEST}");
        let place = GapPlace::File { file: FileId(0), offset: None };
        inventory.collection.gaps.push(hiding(Gap::new(GapCode::FileTooLarge, place, message)));
        inventory.files.add(file);
        return inventory;
    }
    let source = |module: Module| Rc::new(Source { path: entry.path.clone(), module });
    let mut sources = vec![source(module_of(&content.cells))];
    sources.extend(content.written.iter().map(|(_, code)| source(module_of(std::slice::from_ref(code)))));
    let id = FileId(0);
    let reading = Reading::new(Names::new(Library::new(tree)), id, &file);
    sources.iter().for_each(|source| reading.module(source));
    let unread: Vec<(u32, u32)> = sources.iter().flat_map(|source| source.module.unread.iter().copied()).collect();
    let place = unread.first().map(|(start, _)| place_of(&file, *start));
    let end = file.region(0, file.text.len() as u32);
    let first_line = Span { file: id, start: 0, end: end.end_column.saturating_sub(1) };
    inventory.files.add(file);
    let mut artefact = Artefact::new(kind, first_line);
    if !reading.finish(&mut artefact, place.as_deref()) {
        return Inventory::default();
    }
    artefact.add_to(&mut inventory);
    if let Some((start, end)) = unread.first() {
        let span = Span { file: id, start: *start, end: *end };
        let message = "this does not follow the grammar of Python 3; the rest of the file was read";
        inventory.collection.gaps.push(hiding(Gap::at_span(GapCode::SyntaxError, span, message)));
    }
    inventory
}

/// A gap behind which jobs, endpoints, environments and data may be defined.
fn hiding(mut gap: Gap) -> Gap {
    gap.types = HIDDEN.iter().map(|part| (*part).to_owned()).collect();
    gap
}

/// Where something is, for people: `in line 3`, `in cell 2, line 3`.
fn place_of(file: &SourceFile, offset: u32) -> String {
    match file.cell_at(offset) {
        Some(place) => format!("in cell {}, line {}", place.cell, place.line),
        None => format!("in line {}", file.line_of(offset)),
    }
}

/// The module of a Python text.
fn parse_module(text: &str) -> Module {
    module_of(&[Code::whole(text)])
}

/// The module that texts make one after the other, as the cells of a notebook.
fn module_of(codes: &[Code]) -> Module {
    let mut module = Module::default();
    for code in codes {
        match parse(&code.text) {
            Some(tree) => walk::walk(tree.root_node(), code, &mut module),
            None => module.unread.push(code.file_range(0, code.text.len().min(1))),
        }
    }
    module
}

/// The syntax tree of a text; `None` if that takes too many steps, as with megabytes of brackets.
fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
    let mut left = 10_000 + text.len();
    let mut step = |_: &ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    let options = ParseOptions::new().progress_callback(&mut step);
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}
