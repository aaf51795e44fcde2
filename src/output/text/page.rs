//! Lines of text: styles, wrapping, and nothing that a workflow runner would obey.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::output::escape::defuse_commands;
use crate::output::excerpt::width;
use crate::rule::Level;

/// How parts of a line look; all plain without colours.
#[derive(Clone, Copy, Default)]
pub(super) struct Styles {
    pub(super) error: Style,
    pub(super) warning: Style,
    pub(super) note: Style,
    pub(super) good: Style,
    /// The arrows, bars and numbers of code frames.
    pub(super) frame: Style,
    pub(super) strong: Style,
    pub(super) faint: Style,
}

impl Styles {
    fn colored() -> Self {
        let bold = |color: AnsiColor| color.on_default().bold();
        Self {
            error: bold(AnsiColor::Red),
            warning: bold(AnsiColor::Yellow),
            note: bold(AnsiColor::Cyan),
            good: bold(AnsiColor::Green),
            frame: bold(AnsiColor::Blue),
            strong: Style::new().bold(),
            faint: Style::new().dimmed(),
        }
    }

    pub(super) fn level(&self, level: Level) -> Style {
        match level {
            Level::Error => self.error,
            Level::Warning => self.warning,
            Level::Note => self.note,
        }
    }
}

/// A line in the making: pieces with their styles.
#[derive(Default)]
pub(super) struct Line(Vec<(Style, String)>);

impl Line {
    pub(super) fn plain(self, text: impl Into<String>) -> Self {
        self.styled(Style::new(), text)
    }

    pub(super) fn styled(mut self, style: Style, text: impl Into<String>) -> Self {
        self.0.push((style, text.into()));
        self
    }

    fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| width(text)).sum()
    }
}

/// Where text output goes.
pub(super) struct Page<'w> {
    out: &'w mut dyn Write,
    pub(super) styles: Styles,
    /// Columns before text is wrapped.
    pub(super) width: usize,
}

impl<'w> Page<'w> {
    pub(super) fn new(out: &'w mut dyn Write, color: bool, width: usize) -> Self {
        let styles = if color { Styles::colored() } else { Styles::default() };
        Self { out, styles, width: width.clamp(40, 200) }
    }

    pub(super) fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    pub(super) fn print(&mut self, line: Line) -> io::Result<()> {
        let mut started = false;
        for (style, text) in line.0 {
            let text = defuse(&text, &mut started);
            write!(self.out, "{style}{text}{style:#}")?;
        }
        self.blank()
    }

    /// A heading over a section.
    pub(super) fn heading(&mut self, title: &str) -> io::Result<()> {
        let rule = self.width.min(80).saturating_sub(width(title) + 4).max(2);
        let frame = self.styles.frame;
        let line = Line::default().styled(frame, "── ").styled(self.styles.strong, title);
        self.blank()?;
        self.print(line.styled(frame, format!(" {}", "─".repeat(rule))))
    }

    /// Text that continues under its own start where it is too long for the line.
    pub(super) fn wrapped(&mut self, start: Line, text: &str, style: Style) -> io::Result<()> {
        let indent = start.width();
        let room = self.width.saturating_sub(indent).max(30);
        let mut line = start;
        for (number, part) in wrap(text, room).into_iter().enumerate() {
            if number > 0 {
                line = Line::default().plain(" ".repeat(indent));
            }
            self.print(line.styled(style, part))?;
            line = Line::default();
        }
        Ok(())
    }
}

/// Text that no runner obeys: commands count only where a line starts.
fn defuse(text: &str, started: &mut bool) -> String {
    if *started {
        return text.replace("##[", "## [").replace("##vso[", "## vso[");
    }
    *started = !text.trim().is_empty();
    defuse_commands(text).into_owned()
}

/// Text as lines of at most `room` columns, broken at blanks; a word that is longer stays whole.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = width(word);
        if used > 0 && used + 1 + length > room {
            lines.push(String::new());
            used = 0;
        }
        let Some(line) = lines.last_mut() else { continue };
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_long_ones_stay_whole() {
        assert_eq!(wrap("a bb ccc dddddddddd e", 6), ["a bb", "ccc", "dddddddddd", "e"]);
        assert_eq!(wrap("", 6), [""]);
    }

    #[test]
    fn a_wrapped_line_is_no_command() {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, false, 40);
        let text = format!("{} ::error::x ##[error]y", "word ".repeat(7));
        page.wrapped(Line::default().plain("  "), &text, Style::new()).expect("a vector can be written to");
        let text = String::from_utf8(out).expect("text");
        assert!(text.contains("\n  : :error::x ## [error]y"), "{text}");
        assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{text}");
    }
}
