//! Code frames: the line of a place with its columns underlined.

use std::io;

use super::page::{Line, Page};
use crate::finding::SourcePlace;
use crate::output::excerpt::excerpt;
use crate::rule::Level;

/// Prints the line of a place. `gutter` is the width of the column with line numbers.
pub(super) fn print(page: &mut Page<'_>, place: &SourcePlace, level: Level, gutter: usize) -> io::Result<()> {
    if place.line_text.trim().is_empty() {
        return Ok(());
    }
    let room = page.width.saturating_sub(gutter + 3).max(30);
    let excerpt = excerpt(place, room);
    let (frame, mark) = (page.styles.frame, page.styles.level(level));
    let bar = || Line::default().styled(frame, format!("{:gutter$} |", ""));
    page.print(bar())?;
    let number = Line::default().styled(frame, format!("{:>gutter$} |", place.region.line));
    page.print(number.plain(format!(" {}", excerpt.text)))?;
    page.print(bar().plain(" ".repeat(excerpt.start + 1)).styled(mark, "^".repeat(excerpt.length)))
}
