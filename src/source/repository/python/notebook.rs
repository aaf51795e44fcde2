//! The code of Jupyter notebooks. Outputs are skipped unread.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::code::Code;
use super::magics::{self, Body};
use crate::model::CellLine;

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    cells: Option<Vec<Cell<'a>>>,
    /// Before format 4.
    #[serde(borrow)]
    worksheets: Option<Vec<Worksheet<'a>>>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Worksheet<'a> {
    #[serde(borrow)]
    cells: Option<Vec<Cell<'a>>>,
}

#[derive(Deserialize)]
struct Cell<'a> {
    cell_type: Option<String>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    /// The source before format 4.
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata {
    kernelspec: Option<Kernel>,
    language_info: Option<Language>,
}

#[derive(Deserialize)]
struct Kernel {
    language: Option<String>,
}

#[derive(Deserialize)]
struct Language {
    name: Option<String>,
}

/// What the code cells of a notebook hold.
#[derive(Debug, Default)]
pub(super) struct Notebook {
    /// The cells with Python, in their order.
    pub cells: Vec<Code>,
    /// Programs that cells write to files: the path, and the cell.
    pub written: Vec<(String, Code)>,
    /// Where each line of each code cell starts in the file.
    pub lines: Vec<CellLine>,
}

/// Why a notebook cannot be read, and at which line and column of the file.
#[derive(Debug)]
pub(super) struct NotebookError {
    pub line: usize,
    pub message: String,
}

/// Reads a notebook; one in another language than Python has no cells.
pub(super) fn read(text: &str) -> Result<Notebook, NotebookError> {
    let document: Document<'_> = serde_json::from_str(text)
        .map_err(|error| NotebookError { line: error.line(), message: format!("no Jupyter notebook: {error}") })?;
    if document.metadata.as_ref().is_some_and(|metadata| !is_python(metadata)) {
        return Ok(Notebook::default());
    }
    let sheets = document.worksheets.into_iter().flatten().filter_map(|sheet| sheet.cells);
    let mut notebook = Notebook::default();
    for (number, cell) in document.cells.into_iter().chain(sheets).flatten().enumerate() {
        if cell.cell_type.as_deref() == Some("code")
            && let Some(source) = cell.source.or(cell.input)
        {
            notebook.add(number as u32 + 1, source.get(), offset_in(text, source.get()));
        }
    }
    Ok(notebook)
}

impl Notebook {
    fn add(&mut self, cell: u32, raw: &str, start: usize) {
        let mut code = Code::default();
        for (from, to) in strings(raw) {
            code.push_json(&raw[from..to], start + from);
        }
        if code.text.is_empty() {
            return;
        }
        let starts = std::iter::once(0).chain(code.text.match_indices('\n').map(|(at, _)| at + 1));
        for (line, at) in starts.filter(|at| *at < code.text.len()).enumerate() {
            self.lines.push(CellLine { start: code.file_range(at, at + 1).0, cell, line: line as u32 + 1 });
        }
        match magics::mask(&code.text) {
            Body::Python(masked) => {
                code.mask(masked);
                self.cells.push(code);
            }
            Body::Written(path, masked) => {
                code.mask(masked);
                self.written.push((path, code));
            }
            Body::Other => {}
        }
    }
}

fn is_python(metadata: &Metadata) -> bool {
    let kernel = metadata.kernelspec.as_ref().and_then(|kernel| kernel.language.as_deref());
    let named = kernel.or_else(|| metadata.language_info.as_ref().and_then(|language| language.name.as_deref()));
    named.is_none_or(|name| name.to_ascii_lowercase().contains("python"))
}

/// Where a part of a text starts in it.
fn offset_in(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// The strings (without quotes) in well-formed JSON that is a string or a list of strings.
fn strings(raw: &str) -> Vec<(usize, usize)> {
    let bytes = raw.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        let start = at + 1;
        at = start;
        while at < bytes.len() && bytes[at] != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        found.push((start, at.min(bytes.len())));
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r##"{
 "cells": [
  {"cell_type": "markdown", "source": ["x = 1"]},
  {"cell_type": "code", "outputs": [{"text": ["secret"]}], "source": [
    "%pip install x\n",
    "ws = \"a\"\n",
    "b"
  ]},
  {"cell_type": "code", "source": "!ls\nc = 'd'"},
  {"cell_type": "code", "source": ["%%bash\n", "az ml job create"]},
  {"cell_type": "code", "source": ["%%writefile src/train.py\n", "import torch"]}
 ],
 "metadata": {"kernelspec": {"language": "python"}}
}"##;

    #[test]
    fn code_cells_are_read_with_their_places() {
        let notebook = read(TEXT).expect("a notebook");
        let texts: Vec<&str> = notebook.cells.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(texts, ["0             \nws = \"a\"\nb", "0  \nc = 'd'"]);
        assert_eq!(notebook.written.len(), 1);
        assert_eq!(notebook.written[0].0, "src/train.py");
        let at = notebook.cells[1].text.find("'d'").expect("it is there");
        let (from, to) = notebook.cells[1].file_range(at, at + 3);
        assert_eq!(&TEXT[from as usize..to as usize], "'d'");
        let numbers: Vec<(u32, u32)> = notebook.lines.iter().map(|line| (line.cell, line.line)).collect();
        assert_eq!(numbers, [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (4, 1), (4, 2), (5, 1), (5, 2)]);
        assert!(TEXT[notebook.lines[1].start as usize..].starts_with("ws ="));
    }

    #[test]
    fn notebooks_in_other_languages_have_no_cells() {
        let text = TEXT.replace(r#""language": "python""#, r#""language": "R""#);
        assert!(read(&text).expect("a notebook").cells.is_empty());
    }

    #[test]
    fn what_is_no_notebook_is_told_with_its_line() {
        assert_eq!(read("{\n\"cells\": [{]}").expect_err("no JSON").line, 2);
        let deep = format!("{{\"cells\": {}", "[".repeat(100_000));
        assert!(read(&deep).is_err());
        assert!(read("{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"\\ud800\"]}]}").is_ok());
    }
}
