//! A line of source around a place, for code frames.

use super::escape::is_harmless;
use super::secret;
use crate::finding::SourcePlace;

/// Shown for a tab.
const TAB: &str = "    ";
/// Shown for a character that must not reach a terminal.
const REPLACEMENT: &str = "\u{fffd}";
/// Shown where a long line was cut.
const CUT: &str = "…";
/// How much of a long line is shown in front of the place.
const BEFORE: usize = 20;

/// A part of a line, and which of its columns to underline.
pub(super) struct Excerpt {
    pub(super) text: String,
    /// The first column to underline, from 0.
    pub(super) start: usize,
    pub(super) length: usize,
}

impl Excerpt {
    /// The text in front of what is marked, what is marked, and the text behind it.
    pub(super) fn parts(&self) -> (&str, &str, &str) {
        let at = |column: usize| {
            let mut used = 0;
            let found = self.text.char_indices().find(|(_, c)| {
                let here = used >= column;
                used += char_width(*c);
                here
            });
            found.map_or(self.text.len(), |(at, _)| at)
        };
        let (start, end) = (at(self.start), at(self.start + self.length));
        (&self.text[..start], &self.text[start..end], &self.text[end..])
    }
}

/// A character as it is shown.
struct Cell {
    shown: String,
    width: usize,
    marked: bool,
}

/// The line of a place, or as much of it around the place as has room; nothing if it is blank.
pub(super) fn excerpt(place: &SourcePlace, room: usize) -> Excerpt {
    let window = window(place, room);
    let cells = &window.cells;
    let marked = cells.iter().position(|cell| cell.marked).unwrap_or(cells.len());
    let total: usize = cells.iter().map(|cell| cell.width).sum();
    // The whole line if it fits, otherwise from a little before the place on.
    let whole = total <= room && !window.cut_before && !window.cut_after;
    let first = if whole { 0 } else { marked.saturating_sub(BEFORE) };
    let mut result = Excerpt { text: String::new(), start: 0, length: 0 };
    let mut used = 0;
    if first > 0 || window.cut_before {
        result.text.push_str(CUT);
        used = 1;
    }
    for (at, cell) in cells.iter().enumerate().skip(first) {
        let last = at + 1 == cells.len() && !window.cut_after;
        if used + cell.width > room.saturating_sub(usize::from(!last)) {
            result.text.push_str(CUT);
            break;
        }
        if cell.marked && result.length == 0 {
            result.start = used;
        }
        result.length += if cell.marked { cell.width } else { 0 };
        result.text.push_str(&cell.shown);
        used += cell.width;
    }
    if result.length == 0 {
        (result.start, result.length) = (used, 1);
    }
    result.text.truncate(result.text.trim_end().len());
    result
}

/// The part of a line that an excerpt can need: a minified file is one line of a megabyte.
struct Window {
    cells: Vec<Cell>,
    cut_before: bool,
    cut_after: bool,
}

fn window(place: &SourcePlace, room: usize) -> Window {
    let line = &place.line_text;
    let secrets = secret::ranges(line);
    let (start, end) = (place.region.start_column as usize, place.region.end_column as usize);
    // Two units of UTF-16 can be one character, and some characters take no column.
    let (first, last) = (start.saturating_sub(4 * BEFORE), start + 4 * room);
    let mut column = 1;
    let mut window = Window { cells: Vec::new(), cut_before: false, cut_after: false };
    for (at, c) in line.char_indices() {
        let here = column;
        column += c.len_utf16();
        if here < first {
            window.cut_before = true;
            continue;
        }
        if here > last {
            window.cut_after = true;
            break;
        }
        let shown = match c {
            _ if secrets.iter().any(|range| range.contains(&at)) => "*".to_owned(),
            '\t' => TAB.to_owned(),
            c if is_harmless(c) => c.to_string(),
            _ => REPLACEMENT.to_owned(),
        };
        let width = shown.chars().map(char_width).sum();
        window.cells.push(Cell { shown, width, marked: (start..end).contains(&here) });
    }
    window
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// How many columns a character takes in a terminal (Unicode TR 11, TR 44, roughly).
pub(super) fn char_width(c: char) -> usize {
    match u32::from(c) {
        // Combining marks, variation selectors.
        0x300..=0x36f
        | 0x483..=0x489
        | 0x591..=0x5bd
        | 0x610..=0x61a
        | 0x64b..=0x65f
        | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff
        | 0x20d0..=0x20ff
        | 0xfe00..=0xfe0f
        | 0xfe20..=0xfe2f => 0,
        // Hangul, CJK, full-width forms, pictographs.
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TextRegion;

    fn shown(line: &str, start_column: u32, end_column: u32, room: usize) -> (String, String) {
        let place = SourcePlace {
            region: TextRegion { line: 1, start_column, end_column },
            snippet: String::new(),
            line_text: line.into(),
            line_hash: String::new(),
            cell: None,
        };
        let excerpt = excerpt(&place, room);
        (excerpt.text, format!("{}{}", " ".repeat(excerpt.start), "^".repeat(excerpt.length)))
    }

    #[test]
    fn carets_stand_under_the_columns() {
        assert_eq!(shown("  sku: 'LRS'", 8, 13, 80), ("  sku: 'LRS'".into(), "       ^^^^^".into()));
        assert_eq!(shown("\tsku", 2, 5, 80), ("    sku".into(), "    ^^^".into()));
        // 😀 is two units of UTF-16 and two columns, 日 is one unit and two columns.
        assert_eq!(shown("😀日x", 4, 5, 80), ("😀日x".into(), "    ^".into()));
    }

    #[test]
    fn an_excerpt_has_three_parts() {
        let excerpt = Excerpt { text: "a日b c".into(), start: 1, length: 3 };
        assert_eq!(excerpt.parts(), ("a", "日b", " c"));
        let behind = Excerpt { text: "ab".into(), start: 2, length: 1 };
        assert_eq!(behind.parts(), ("ab", "", ""));
    }

    #[test]
    fn a_place_behind_the_end_is_still_marked() {
        assert_eq!(shown("ab", 3, 4, 80), ("ab".into(), "  ^".into()));
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let line = format!("{}NEEDLE{}", "a".repeat(10_000), "b".repeat(1_000_000));
        let (text, carets) = shown(&line, 10_001, 10_007, 60);
        assert_eq!(text.chars().count(), 60);
        assert!(text.starts_with('…') && text.ends_with('…'), "{text}");
        assert_eq!(text.find("NEEDLE").map(|at| text[..at].chars().count()), carets.find('^'));
        assert_eq!(carets.matches('^').count(), 6);
    }

    #[test]
    fn controls_and_secrets_are_not_shown() {
        assert_eq!(shown("a\u{1b}[1m\u{202e}b", 1, 2, 80).0, "a\u{fffd}[1m\u{fffd}b");
        assert_eq!(shown("password='hunter2'", 1, 9, 80).0, "password*********'");
    }
}
