//! Just enough of a lexer to find comments and where brackets close, for languages with brackets.

use std::ops::Range;

/// What is comment and what is string in a language.
pub(super) struct Syntax {
    line_comments: &'static [&'static str],
    block_comments: bool,
    strings: &'static [Quote],
    heredocs: bool,
}

struct Quote {
    delimiter: &'static str,
    escapes: bool,
    spans_lines: bool,
    /// `${…}` inside is code again.
    interpolates: bool,
}

const fn quote(delimiter: &'static str, escapes: bool, spans_lines: bool, interpolates: bool) -> Quote {
    Quote { delimiter, escapes, spans_lines, interpolates }
}

pub(super) const BICEP: Syntax = Syntax {
    line_comments: &["//"],
    block_comments: true,
    strings: &[quote("'''", false, true, false), quote("'", true, false, true)],
    heredocs: false,
};

pub(super) const TERRAFORM: Syntax = Syntax {
    line_comments: &["#", "//"],
    block_comments: true,
    strings: &[quote("\"", true, false, true)],
    heredocs: true,
};

pub(super) const PYTHON: Syntax = Syntax {
    line_comments: &["#"],
    block_comments: false,
    strings: &[
        quote("\"\"\"", true, true, false),
        quote("'''", true, true, false),
        quote("\"", true, false, false),
        quote("'", true, false, false),
    ],
    heredocs: false,
};

pub(super) const SHELL: Syntax = Syntax {
    line_comments: &["#"],
    block_comments: false,
    strings: &[quote("\"", true, true, false), quote("'", false, true, false)],
    heredocs: false,
};

/// JSON as ARM accepts it: with comments, and with strings over several lines.
pub(super) const JSON: Syntax = Syntax {
    line_comments: &["//"],
    block_comments: true,
    strings: &[quote("\"", true, true, false)],
    heredocs: false,
};

/// A line of a text.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// The comment that begins on it, comment sign included; of block comments one that ends on it.
    pub comment: Option<Range<usize>>,
    /// Whether anything but blanks and comments is on it.
    pub has_code: bool,
    /// Whether its code begins with `@`: a decorator of what follows.
    pub is_decorator: bool,
    /// How many brackets are open before it.
    pub depth_before: usize,
    /// How many brackets are open after it.
    pub depth_after: usize,
    /// Whether a string goes on in the next line.
    pub string_goes_on: bool,
}

/// The byte ranges of the lines of a text, without their breaks: `\n`, `\r\n` or `\r`.
pub(super) fn line_ranges(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut ranges = Vec::new();
    let mut start = 0;
    for at in 0..bytes.len() {
        let ends = bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        if ends {
            let end = if bytes[at] == b'\n' && at > start && bytes[at - 1] == b'\r' { at - 1 } else { at };
            ranges.push(start..end);
            start = at + 1;
        }
    }
    ranges.push(start..bytes.len());
    ranges
}

/// What the lexer is inside of.
enum Inside {
    /// The interpolation of a string; the brackets that were open when it began.
    Interpolation(usize),
    String(&'static Quote),
    BlockComment(usize),
    Heredoc(String),
}

/// Strings in interpolations in strings… beyond this are read as plain strings.
const MAX_NESTING: usize = 64;

/// The lines of a text.
pub(super) fn lines(text: &str, syntax: &'static Syntax) -> Vec<Line> {
    let mut lexer = Lexer { text, syntax, inside: Vec::new(), depth: 0 };
    line_ranges(text).into_iter().map(|range| lexer.line(range)).collect()
}

struct Lexer<'t> {
    text: &'t str,
    syntax: &'static Syntax,
    inside: Vec<Inside>,
    depth: usize,
}

impl Lexer<'_> {
    fn line(&mut self, range: Range<usize>) -> Line {
        let mut line = Line { depth_before: self.depth, ..Line::default() };
        if let Some(Inside::Heredoc(end)) = self.inside.last() {
            line.has_code = true;
            if self.text[range].trim() == end.as_str() {
                self.inside.pop();
            }
            line.depth_after = self.depth;
            line.string_goes_on = matches!(self.inside.last(), Some(Inside::Heredoc(_)));
            return line;
        }
        let mut heredoc = None;
        let mut at = range.start;
        while at < range.end {
            at = match self.inside.last() {
                None | Some(Inside::Interpolation(_)) => self.code(at, range.end, &mut line, &mut heredoc),
                Some(Inside::String(quote)) => {
                    line.has_code = true;
                    let quote = *quote;
                    self.string(at, range.end, quote)
                }
                Some(Inside::BlockComment(start)) => {
                    let start = *start;
                    self.block_comment(at, range.end, start, &mut line)
                }
                Some(Inside::Heredoc(_)) => range.end,
            };
        }
        self.end_of_line();
        self.inside.extend(heredoc.map(Inside::Heredoc));
        line.depth_after = self.depth;
        line.string_goes_on = matches!(self.inside.last(), Some(Inside::String(_) | Inside::Heredoc(_)));
        line
    }

    /// A string that ends with its line was not closed: go on as if it had been.
    fn end_of_line(&mut self) {
        let Some(open) = self.inside.iter().position(|i| matches!(i, Inside::String(quote) if !quote.spans_lines))
        else {
            return;
        };
        if let Some(Inside::Interpolation(depth)) = self.inside.get(open + 1) {
            self.depth = *depth;
        }
        self.inside.truncate(open);
    }

    fn code(&mut self, at: usize, end: usize, line: &mut Line, heredoc: &mut Option<String>) -> usize {
        let rest = &self.text[at..end];
        let Some(c) = rest.chars().next() else { return end };
        if c.is_whitespace() {
            return at + c.len_utf8();
        }
        if self.syntax.line_comments.iter().any(|sign| rest.starts_with(sign)) {
            line.comment.get_or_insert(at..end);
            return end;
        }
        if self.syntax.block_comments && rest.starts_with("/*") {
            self.inside.push(Inside::BlockComment(at));
            return at + 2;
        }
        if !line.has_code {
            line.has_code = true;
            line.is_decorator = c == '@';
        }
        if let Some(quote) = self.syntax.strings.iter().find(|quote| rest.starts_with(quote.delimiter)) {
            self.inside.push(Inside::String(quote));
            return at + quote.delimiter.len();
        }
        if self.syntax.heredocs
            && let Some(word) = heredoc_word(rest)
        {
            *heredoc = Some(word.to_owned());
        }
        self.bracket(c);
        at + c.len_utf8()
    }

    fn bracket(&mut self, c: char) {
        match c {
            '{' | '[' | '(' => self.depth += 1,
            '}' | ']' | ')' => {
                self.depth = self.depth.saturating_sub(1);
                if matches!(self.inside.last(), Some(Inside::Interpolation(depth)) if self.depth <= *depth) {
                    self.inside.pop();
                }
            }
            _ => {}
        }
    }

    fn string(&mut self, at: usize, end: usize, quote: &'static Quote) -> usize {
        let rest = &self.text[at..end];
        if rest.starts_with(quote.delimiter) {
            self.inside.pop();
            return at + quote.delimiter.len();
        }
        let mut chars = rest.chars();
        let first = chars.next().map_or(1, char::len_utf8);
        if quote.escapes && rest.starts_with('\\') {
            return at + 1 + chars.next().map_or(0, char::len_utf8);
        }
        if quote.interpolates && rest.starts_with("$${") {
            return at + 3;
        }
        if quote.interpolates && rest.starts_with("${") && self.inside.len() < MAX_NESTING {
            self.inside.push(Inside::Interpolation(self.depth));
            self.depth += 1;
            return at + 2;
        }
        at + first
    }

    fn block_comment(&mut self, at: usize, end: usize, start: usize, line: &mut Line) -> usize {
        let Some(close) = self.text[at..end].find("*/") else { return end };
        self.inside.pop();
        line.comment.get_or_insert(start..at + close);
        at + close + 2
    }
}

/// The word that ends a heredoc: `EOT` of `<<EOT` and `<<-EOT`.
fn heredoc_word(rest: &str) -> Option<&str> {
    let word = rest.strip_prefix("<<")?;
    let word = word.strip_prefix('-').unwrap_or(word).trim_end();
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    is_word.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comments(text: &str, syntax: &'static Syntax) -> Vec<String> {
        lines(text, syntax).into_iter().filter_map(|line| line.comment).map(|range| text[range].to_owned()).collect()
    }

    fn depths(text: &str, syntax: &'static Syntax) -> Vec<usize> {
        lines(text, syntax).iter().map(|line| line.depth_after).collect()
    }

    #[test]
    fn lines_end_as_files_count_them() {
        assert_eq!(line_ranges("a\r\nb\rc\n"), [0..1, 3..4, 5..6, 7..7]);
        let text = "a\r\nb\rc\n\n";
        let file = crate::model::SourceFile::new("x", text);
        for (index, range) in line_ranges(text).into_iter().enumerate() {
            assert_eq!(file.line(index as u32 + 1), &text[range]);
        }
    }

    #[test]
    fn comments_in_strings_are_none() {
        let text = "var a = 'http://x' // one\nvar b = '${f('//', {a: '}'})}' // two\nvar c = '''\n// text\n''' // three\n/* four */";
        assert_eq!(comments(text, &BICEP), ["// one", "// two", "// three", "/* four "]);
        let text = "a = \"#${x[\"#\"]}\" # one\nb = <<-EOT\n# text {\nEOT\nc = 1 // two";
        assert_eq!(comments(text, &TERRAFORM), ["# one", "// two"]);
        let text = "a = '#' # one\nb = \"\"\"\n# text\n\"\"\" # two\nc = 'it\\'s' # three";
        assert_eq!(comments(text, &PYTHON), ["# one", "# two", "# three"]);
        assert_eq!(comments("{\"a\": \"http://x\"} // one", &JSON), ["// one"]);
    }

    #[test]
    fn brackets_are_counted_outside_of_strings_and_comments() {
        assert_eq!(depths("a = { // {\n b: '}'\n c: '${x({})}'\n}", &BICEP), [1, 1, 1, 0]);
        assert_eq!(depths("a = <<EOT\n{\nEOT\nb {\n}", &TERRAFORM), [0, 0, 0, 1, 0]);
        assert_eq!(depths("f(\n'''(\n'''\n)", &PYTHON), [1, 1, 1, 0]);
    }

    #[test]
    fn an_open_string_ends_with_its_line() {
        assert_eq!(depths("a: 'x ${ {\nb: {", &BICEP), [0, 1]);
        assert_eq!(comments("a: 'x\n// one", &BICEP), ["// one"]);
    }

    #[test]
    fn odd_texts_do_no_harm() {
        for text in [
            "'${".repeat(10_000),
            "}".repeat(10_000),
            "/*".into(),
            "'''".into(),
            "\\".into(),
            "<<".into(),
            "é'é\\é".into(),
        ] {
            for syntax in [&BICEP, &TERRAFORM, &PYTHON, &SHELL, &JSON] {
                assert_eq!(lines(&text, syntax).len(), 1);
            }
        }
    }
}
