//! Characters to words.

use super::{Dialect, Part, Word};
use crate::source::repository::workflow::mapped::Mapped;

/// Commands inside commands that are looked at: `$(a $(b))`.
const MAX_NESTED: usize = 8;

/// The simple commands of a script, each as its words; those inside of substitutions stand before the
/// command that uses them.
pub(super) fn commands(script: &Mapped, dialect: Dialect) -> Vec<Vec<Word>> {
    let mut lexer = Lexer { script, bytes: script.text.as_bytes(), at: 0, dialect, done: Vec::new(), depth: 0 };
    lexer.commands();
    lexer.done
}

/// A text as one word: variables count, quotes and blanks are text.
pub(super) fn value(text: &Mapped) -> Word {
    let bytes = text.text.as_bytes();
    let mut lexer = Lexer { script: text, bytes, at: 0, dialect: Dialect::Posix, done: Vec::new(), depth: MAX_NESTED };
    let mut parts = Parts::default();
    while lexer.at < bytes.len() {
        if lexer.bytes[lexer.at] != b'$' || !lexer.expansion(&mut parts) {
            lexer.character(&mut parts);
        }
    }
    let start = text.place(0);
    Word { parts: parts.finish(), start, end: text.end_place(bytes.len()).max(start) }
}

/// The parts of a word under way.
#[derive(Default)]
struct Parts {
    parts: Vec<Part>,
    text: String,
    /// Whether there is a word at all, also an empty one (`""`).
    any: bool,
}

impl Parts {
    fn push(&mut self, part: Part) {
        self.flush();
        self.any = true;
        self.parts.push(part);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text)));
        }
    }

    fn finish(mut self) -> Vec<Part> {
        self.flush();
        self.parts
    }
}

struct Lexer<'s> {
    script: &'s Mapped,
    bytes: &'s [u8],
    at: usize,
    dialect: Dialect,
    done: Vec<Vec<Word>>,
    depth: usize,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at.min(self.bytes.len())..]
    }

    fn commands(&mut self) {
        let mut words: Vec<Word> = Vec::new();
        let mut documents: Vec<(String, bool)> = Vec::new();
        while self.at < self.bytes.len() {
            let byte = self.bytes[self.at];
            if self.continuation() || self.comment() {
                continue;
            }
            match byte {
                b'\n' => {
                    self.at += 1;
                    self.end(&mut words);
                    for (end, strips_tabs) in documents.drain(..) {
                        self.skip_document(&end, strips_tabs);
                    }
                }
                b';' | b'|' | b'&' => {
                    // `&` of PowerShell calls what follows; `2>&1` joins streams.
                    let joins = byte == b'&' && self.at > 0 && matches!(self.bytes[self.at - 1], b'>' | b'<');
                    self.at += 1;
                    if !joins {
                        self.end(&mut words);
                    }
                }
                b'(' if self.dialect == Dialect::PowerShell && is_param(&words) => self.parameters(&mut words),
                b'(' | b')' if self.dialect != Dialect::Cmd => {
                    self.at += 1;
                    self.end(&mut words);
                }
                b'{' | b'}' if self.is_alone() || self.dialect == Dialect::PowerShell => {
                    self.at += 1;
                    self.end(&mut words);
                }
                b',' if self.dialect == Dialect::PowerShell => self.at += 1,
                b'<' if self.dialect == Dialect::Posix && self.rest().starts_with(b"<<") => {
                    documents.extend(self.document());
                }
                b'<' | b'>' => self.at += 1,
                b' ' | b'\t' | b'\r' => self.at += 1,
                _ => words.extend(self.word()),
            }
        }
        self.end(&mut words);
    }

    /// `param( … )`: the command with the names that it declares.
    fn parameters(&mut self, words: &mut Vec<Word>) {
        let end = self.closing(self.at, b'(', b')');
        while self.at < end {
            let mut parts = Parts::default();
            if self.bytes[self.at] == b'$' && self.expansion(&mut parts) {
                words.push(Word { parts: parts.finish(), start: 0, end: 0 });
            } else {
                self.at += 1;
            }
        }
        self.at = (end + 1).min(self.bytes.len());
        self.end(words);
    }

    fn end(&mut self, words: &mut Vec<Word>) {
        if !words.is_empty() {
            self.done.push(std::mem::take(words));
        }
    }

    /// Whether the character here is a word of its own.
    fn is_alone(&self) -> bool {
        let next = self.peek(1);
        next == 0 || next.is_ascii_whitespace() || next == b';' || self.bytes[self.at] == b'}'
    }

    /// A line break that does not end the command.
    fn continuation(&mut self) -> bool {
        let mark = match self.dialect {
            Dialect::Posix => b'\\',
            Dialect::PowerShell => b'`',
            Dialect::Cmd => b'^',
        };
        if self.peek(0) != mark {
            return false;
        }
        let blanks = self.rest()[1..].iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
        if self.peek(1 + blanks) != b'\n' {
            return false;
        }
        self.at += blanks + 2;
        true
    }

    fn comment(&mut self) -> bool {
        if self.dialect == Dialect::PowerShell && self.rest().starts_with(b"<#") {
            self.skip_past(b"#>");
            return true;
        }
        let here_string: [&[u8]; 2] = [b"@'", b"@\""];
        if self.dialect == Dialect::PowerShell && here_string.iter().any(|open| self.rest().starts_with(open)) {
            let close: &[u8] = if self.peek(1) == b'\'' { b"\n'@" } else { b"\n\"@" };
            self.skip_past(close);
            return true;
        }
        let starts_word = self.at == 0 || matches!(self.bytes[self.at - 1], b' ' | b'\t' | b'\n' | b';' | b'(' | b'{');
        let is_comment = match self.dialect {
            Dialect::Posix | Dialect::PowerShell => self.peek(0) == b'#' && starts_word,
            Dialect::Cmd => {
                let line = &self.rest()[..self.rest().len().min(4)];
                starts_word && (line.starts_with(b"::") || line.eq_ignore_ascii_case(b"rem "))
            }
        };
        if is_comment {
            self.at += self.rest().iter().take_while(|b| **b != b'\n').count();
        }
        is_comment
    }

    fn skip_past(&mut self, close: &[u8]) {
        let found = self.rest().windows(close.len()).position(|window| window == close);
        self.at = found.map_or(self.bytes.len(), |at| self.at + at + close.len());
    }

    /// `<<EOF`: the word that ends the document, and whether it may be indented. `<<<` is none.
    fn document(&mut self) -> Option<(String, bool)> {
        self.at += 2;
        if self.peek(0) == b'<' {
            self.at += 1;
            return None;
        }
        let strips_tabs = self.peek(0) == b'-';
        self.at += usize::from(strips_tabs);
        self.at += self.rest().iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let length = self.rest().iter().take_while(|b| b.is_ascii_alphanumeric() || b"_'\"\\-".contains(b)).count();
        let word = String::from_utf8_lossy(&self.rest()[..length]).replace(['\'', '"', '\\'], "");
        self.at += length;
        (!word.is_empty()).then_some((word, strips_tabs))
    }

    fn skip_document(&mut self, end: &str, strips_tabs: bool) {
        while self.at < self.bytes.len() {
            let length = self.rest().iter().take_while(|b| **b != b'\n').count();
            let line = &self.rest()[..length];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let tabs = if strips_tabs { line.iter().take_while(|b| **b == b'\t').count() } else { 0 };
            let ends = &line[tabs..] == end.as_bytes();
            self.at = (self.at + length + 1).min(self.bytes.len());
            if ends {
                break;
            }
        }
    }

    fn word(&mut self) -> Option<Word> {
        let first = self.at;
        let mut parts = Parts::default();
        while self.at < self.bytes.len() {
            let byte = self.bytes[self.at];
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b'<' | b'>' => break,
                b'(' | b')' if self.dialect != Dialect::Cmd => break,
                b'{' | b'}' | b',' if self.dialect == Dialect::PowerShell => break,
                b'=' if self.dialect == Dialect::PowerShell && self.is_assignment(&parts) => {
                    if self.at == first {
                        self.at += 1;
                        parts.text.push('=');
                    }
                    break;
                }
                _ if self.continuation() => break,
                b'\'' if self.dialect != Dialect::Cmd => self.single(&mut parts),
                b'"' => self.double(&mut parts),
                b'`' if self.dialect == Dialect::Posix => self.backquoted(&mut parts),
                b'$' if self.dialect != Dialect::Cmd && self.expansion(&mut parts) => {}
                b'$' if self.pipeline(&mut parts) => {}
                b'%' if self.dialect == Dialect::Cmd && self.percent(&mut parts) => {}
                b'\\' if self.dialect == Dialect::Posix => {
                    self.at += 1;
                    self.character(&mut parts);
                }
                b'`' if self.dialect == Dialect::PowerShell => {
                    self.at += 1;
                    self.character(&mut parts);
                }
                _ => self.character(&mut parts),
            }
        }
        if self.at == first {
            // Nothing that a word can hold: go on.
            self.at += 1;
            return None;
        }
        let is_word = parts.any || !parts.text.is_empty();
        let (start, end) = (self.script.place(first), self.script.end_place(self.at));
        is_word.then(|| Word { parts: parts.finish(), start, end: end.max(start) })
    }

    /// `$x=1`: the sign stands by itself. In `--name=x` it does not.
    fn is_assignment(&self, parts: &Parts) -> bool {
        match parts.parts.as_slice() {
            [] => parts.text.is_empty(),
            [Part::Variable(_)] => parts.text.is_empty(),
            _ => false,
        }
    }

    fn character(&mut self, parts: &mut Parts) {
        let Some(c) = self.script.text.get(self.at..).and_then(|rest| rest.chars().next()) else {
            self.at += 1;
            return;
        };
        parts.text.push(c);
        self.at += c.len_utf8();
    }

    fn single(&mut self, parts: &mut Parts) {
        parts.any = true;
        self.at += 1;
        while self.at < self.bytes.len() {
            if self.bytes[self.at] == b'\'' {
                self.at += 1;
                return;
            }
            // What the pipeline fills in is filled in before the shell sees the quotes.
            if self.bytes[self.at] != b'$' || !self.pipeline(parts) {
                self.character(parts);
            }
        }
    }

    fn double(&mut self, parts: &mut Parts) {
        parts.any = true;
        self.at += 1;
        let escape = if self.dialect == Dialect::PowerShell { b'`' } else { b'\\' };
        while self.at < self.bytes.len() {
            let byte = self.bytes[self.at];
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b if b == escape && self.dialect != Dialect::Cmd => {
                    self.at += 1;
                    self.character(parts);
                }
                b'`' if self.dialect == Dialect::Posix => self.backquoted(parts),
                b'%' if self.dialect == Dialect::Cmd && self.percent(parts) => {}
                b'$' if self.dialect == Dialect::Cmd && self.pipeline(parts) => {}
                b'$' if self.dialect != Dialect::Cmd && self.expansion(parts) => {}
                _ => self.character(parts),
            }
        }
    }

    /// `%X%`.
    fn percent(&mut self, parts: &mut Parts) -> bool {
        let length = self.rest()[1..].iter().take_while(|b| is_name_byte(**b)).count();
        if length == 0 || self.peek(1 + length) != b'%' {
            return false;
        }
        parts.push(Part::Variable(self.text(self.at + 1, length)));
        self.at += length + 2;
        true
    }

    fn text(&self, start: usize, length: usize) -> String {
        self.script.text.get(start..start + length).unwrap_or_default().to_owned()
    }

    /// `${{ … }}` and `$(Name)`, which the pipeline fills in before any shell.
    fn pipeline(&mut self, parts: &mut Parts) -> bool {
        if self.rest().starts_with(b"${{") {
            let from = self.at + 3;
            let found = self.bytes[from..].windows(2).position(|window| window == b"}}");
            let end = found.map_or(self.bytes.len(), |length| from + length);
            parts.push(Part::Expression(self.text(from, end - from).trim().to_owned()));
            self.at = (end + 2).min(self.bytes.len());
            return true;
        }
        if !self.rest().starts_with(b"$(") {
            return false;
        }
        let length = self.rest()[2..].iter().take_while(|b| is_name_byte(**b) || matches!(b, b'.' | b'-')).count();
        let first = self.peek(2);
        let is_name = length > 0 && self.peek(2 + length) == b')' && (first.is_ascii_alphabetic() || first == b'_');
        let name = self.text(self.at + 2, length);
        // Programs without arguments that scripts like to call.
        if !is_name || ["date", "pwd", "whoami", "hostname", "id", "uuidgen"].contains(&name.as_str()) {
            return false;
        }
        parts.push(Part::Macro(name));
        self.at += length + 3;
        true
    }

    /// What begins with `$`; `false` if it is only a dollar sign.
    fn expansion(&mut self, parts: &mut Parts) -> bool {
        if self.pipeline(parts) {
            return true;
        }
        match self.peek(1) {
            b'(' => {
                let end = self.closing(self.at + 1, b'(', b')');
                // `$(( … ))` is arithmetic.
                if self.peek(2) != b'(' {
                    self.nested(self.at + 2, end);
                }
                parts.push(Part::Computed);
                self.at = (end + 1).min(self.bytes.len());
                true
            }
            b'{' => {
                let end = self.closing(self.at + 1, b'{', b'}');
                let inside = self.text(self.at + 2, end.saturating_sub(self.at + 2));
                parts.push(braced(&inside));
                self.at = (end + 1).min(self.bytes.len());
                true
            }
            b'0'..=b'9' | b'@' | b'*' => {
                parts.push(Part::Given);
                self.at += 2;
                true
            }
            b'?' | b'!' | b'#' | b'$' => {
                parts.push(Part::Computed);
                self.at += 2;
                true
            }
            b if b.is_ascii_alphabetic() || b == b'_' => {
                self.at += 1;
                if self.dialect == Dialect::PowerShell
                    && self.rest().len() > 4
                    && self.rest()[..4].eq_ignore_ascii_case(b"env:")
                {
                    self.at += 4;
                }
                let length = self.rest().iter().take_while(|b| is_name_byte(**b)).count();
                let name = self.text(self.at, length);
                self.at += length;
                // `$x.Property`, `$x[0]`.
                let computed = self.dialect == Dialect::PowerShell
                    && (self.peek(0) == b'[' || self.peek(0) == b'.' && self.peek(1).is_ascii_alphabetic());
                parts.push(if computed { Part::Computed } else { Part::Variable(name) });
                if computed {
                    self.at += self.rest().iter().take_while(|b| is_name_byte(**b) || b".[]".contains(b)).count();
                }
                true
            }
            _ => false,
        }
    }

    fn backquoted(&mut self, parts: &mut Parts) {
        let from = self.at + 1;
        let length = self.bytes[from..].iter().position(|b| *b == b'`').unwrap_or(self.bytes.len() - from);
        self.nested(from, from + length);
        parts.push(Part::Computed);
        self.at = (from + length + 1).min(self.bytes.len());
    }

    /// Where the bracket at `open` is closed; quotes hide brackets.
    fn closing(&self, open: usize, opens: u8, closes: u8) -> usize {
        let mut depth = 0;
        let mut quote = None;
        let mut at = open;
        while at < self.bytes.len() {
            let byte = self.bytes[at];
            match quote {
                Some(mark) if byte == mark => quote = None,
                Some(b'"') if byte == b'\\' => at += 1,
                Some(_) => {}
                None if byte == b'\'' || byte == b'"' => quote = Some(byte),
                None if byte == b'\\' => at += 1,
                None if byte == opens => depth += 1,
                None if byte == closes => {
                    depth -= 1;
                    if depth == 0 {
                        return at;
                    }
                }
                None => {}
            }
            at += 1;
        }
        self.bytes.len()
    }

    /// The commands of a substitution.
    fn nested(&mut self, start: usize, end: usize) {
        if self.depth >= MAX_NESTED || start >= end {
            return;
        }
        let inside = self.script.slice(start, end);
        let bytes = inside.text.as_bytes();
        let mut lexer =
            Lexer { script: &inside, bytes, at: 0, dialect: self.dialect, done: Vec::new(), depth: self.depth + 1 };
        lexer.commands();
        self.done.append(&mut lexer.done);
    }
}

/// `${X}`, `${X:-y}`, `${X%y}`, `${env:X}`.
fn braced(inside: &str) -> Part {
    let inside = inside.strip_prefix("env:").unwrap_or(inside);
    let length = inside.bytes().take_while(|b| is_name_byte(*b)).count();
    let (name, rest) = inside.split_at(length);
    match rest.as_bytes() {
        [] if name.starts_with(|c: char| c.is_ascii_digit()) => Part::Given,
        [] if !name.is_empty() => Part::Variable(name.to_owned()),
        // `${X:?message}`: X or an end.
        [b':', b'?', ..] | [b'?', ..] => Part::Variable(name.to_owned()),
        [b':', b'-' | b'=' | b'+', ..] | [b'-' | b'=' | b'+', ..] => Part::Given,
        _ => Part::Computed,
    }
}

fn is_param(words: &[Word]) -> bool {
    words.first().and_then(Word::literal).is_some_and(|text| text.eq_ignore_ascii_case("param"))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
