//! Source files and places in them.

use std::sync::{Arc, OnceLock};

/// The number of a file within one [`SourceFiles`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A range of bytes in a file, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// Where text stands, as editors and SARIF count: lines and columns from 1, columns in UTF-16 code
/// units, the end column after the last character. Always on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextRegion {
    /// Line, from 1.
    pub line: u32,
    /// First column, from 1.
    pub start_column: u32,
    /// The column after the last character.
    pub end_column: u32,
}

/// A line of a code cell of a notebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellLine {
    /// Where it starts in the file.
    pub start: u32,
    /// The cell among all cells, from 1.
    pub cell: u32,
    /// The line in the cell, from 1.
    pub line: u32,
}

/// A file that was read.
#[derive(Debug)]
pub struct SourceFile {
    /// Path relative to the repository root, with `/`.
    pub path: String,
    /// The text, without a byte order mark.
    pub text: Arc<str>,
    /// Whether the file starts with a byte order mark, which `text` leaves out.
    pub has_bom: bool,
    /// The lines of the code cells, if it is a notebook, in their order.
    pub cell_lines: Vec<CellLine>,
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// A file with this path relative to the repository root.
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text: Arc<str> = text.into();
        let (text, has_bom) = match text.strip_prefix('\u{feff}') {
            Some(rest) => (rest.into(), true),
            None => (text, false),
        };
        Self { path: path.into(), text, has_bom, cell_lines: Vec::new(), line_starts: OnceLock::new() }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            // A lone carriage return ends a line too: so count GitHub and editors.
            let ends_line =
                |at: &usize| bytes[*at] == b'\n' || bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
            std::iter::once(0).chain((0..bytes.len()).filter(ends_line).map(|at| at as u32 + 1)).collect()
        })
    }

    /// The cell of a notebook, and the line in it, at a byte offset.
    pub fn cell_at(&self, offset: u32) -> Option<CellLine> {
        let number = self.cell_lines.partition_point(|line| line.start <= offset);
        self.cell_lines.get(number.checked_sub(1)?).copied()
    }

    /// The line (from 1) of a byte offset.
    pub fn line_of(&self, offset: u32) -> u32 {
        self.line_starts().partition_point(|start| *start <= offset) as u32
    }

    /// The first byte of a line (from 1).
    pub fn line_start(&self, line: u32) -> u32 {
        let starts = self.line_starts();
        starts.get(line.saturating_sub(1) as usize).copied().unwrap_or_default()
    }

    /// The text of a line (from 1) without its line break.
    pub fn line(&self, line: u32) -> &str {
        let starts = self.line_starts();
        let Some(start) = starts.get(line.saturating_sub(1) as usize) else { return "" };
        let end = starts.get(line as usize).map_or(self.text.len(), |next| *next as usize);
        self.text[*start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// Where a range of bytes stands, cut to its first line.
    pub fn region(&self, start: u32, end: u32) -> TextRegion {
        let start = floor_char(&self.text, start);
        let line = self.line_of(start);
        let line_start = self.line_starts()[line as usize - 1];
        let text = self.line(line);
        let line_end = line_start + text.len() as u32;
        let start = start.min(line_end);
        let end = floor_char(&self.text, end).clamp(start, line_end);
        let column = |at: u32| utf16(&self.text[line_start as usize..at as usize]) + 1;
        let (start_column, mut end_column) = (column(start), column(end));
        if end_column == start_column {
            end_column += 1;
        }
        TextRegion { line, start_column, end_column }
    }
}

fn utf16(text: &str) -> u32 {
    // Lines of minified files are long, and nearly always ASCII.
    if text.is_ascii() {
        return text.len() as u32;
    }
    text.chars().map(|c| c.len_utf16() as u32).sum()
}

/// The nearest character boundary at or before `offset`.
fn floor_char(text: &str, offset: u32) -> u32 {
    let mut at = (offset as usize).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at as u32
}

/// The files of a scan.
#[derive(Debug, Default)]
pub struct SourceFiles {
    files: Vec<SourceFile>,
}

impl SourceFiles {
    /// Adds a file.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u32 - 1)
    }

    /// Adds all files of another set, behind those that are here.
    pub fn append(&mut self, mut other: SourceFiles) {
        self.files.append(&mut other.files);
    }

    /// The file with this number.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u32), file))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16_units_and_end_after_the_last() {
        let file = SourceFile::new("a.json", "{\r\n  \"é😀\": 1\r\n}");
        let start = file.text.find('1').expect("there is a 1") as u32;
        assert_eq!(file.region(start, start + 1), TextRegion { line: 2, start_column: 10, end_column: 11 });
    }

    #[test]
    fn a_region_stays_on_its_first_line() {
        let file = SourceFile::new("a.json", "ab\ncd");
        assert_eq!(file.region(1, 5), TextRegion { line: 1, start_column: 2, end_column: 3 });
        // An offset past the end is the end of the last line.
        assert_eq!(file.region(50, 60).line, 2);
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line() {
        let file = SourceFile::new("a.json", "ab\rcd\r\nef");
        assert_eq!(file.region(3, 5), TextRegion { line: 2, start_column: 1, end_column: 3 });
        assert_eq!((file.line(1), file.line(2), file.line(3)), ("ab", "cd", "ef"));
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_line_one() {
        let file = SourceFile::new("a.json", "\u{feff}{}");
        assert_eq!(file.region(0, 1).start_column, 1);
        assert!(file.has_bom);
    }
}
