//! Bicep text to tokens.
//!
//! Line breaks are tokens (they separate declarations, members and elements); blanks, comments and
//! `#disable…` directives are not. An interpolated string comes as pieces with the tokens of its
//! expressions between them.

use super::token::{DECLARATIONS, SyntaxError, Token, TokenKind};

const DIRECTIVES: &[&str] = &["disable-next-line", "disable-diagnostics", "restore-diagnostics"];

/// More dollar signs before `'''` than anyone writes.
const MAX_DOLLARS: usize = 16;

/// The tokens of a file, with an [`TokenKind::End`] behind them, and what is wrong with them.
pub(super) fn tokenize(text: &str) -> (Vec<Token>, Vec<SyntaxError>) {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        tokens: Vec::with_capacity(text.len() / 5),
        open: Vec::new(),
        errors: Vec::new(),
    };
    lexer.run();
    (lexer.tokens, lexer.errors)
}

/// The expression inside an interpolated string that is being read.
struct Interpolation {
    /// Where its string starts.
    start: usize,
    /// Braces that are open within the expression.
    braces: usize,
    /// `'''` strings: how many dollar signs start an interpolation.
    verbatim: Option<usize>,
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    open: Vec<Interpolation>,
    errors: Vec<SyntaxError>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.peek(0) {
            self.token(byte);
        }
        self.abandon_open_strings();
        self.push(TokenKind::End, self.at);
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.tokens.push(Token { kind, verbatim: false, head: 0, tail: 0, start: start as u32, end: self.at as u32 });
    }

    fn error(&mut self, start: usize, message: &str) {
        self.errors.push(SyntaxError::new(start as u32, self.at as u32, message));
    }

    fn token(&mut self, byte: u8) {
        let start = self.at;
        match byte {
            b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
            b'\n' | b'\r' => self.new_line(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.identifier(),
            b'0'..=b'9' => {
                self.skip_while(|b| b.is_ascii_digit());
                self.push(TokenKind::Integer, start);
            }
            b'\'' => self.string(0),
            b'$' => self.dollar(),
            b'/' if self.peek(1) == Some(b'/') => self.skip_while(|b| b != b'\n' && b != b'\r'),
            b'/' if self.peek(1) == Some(b'*') => self.block_comment(),
            b'#' => self.directive(),
            b'{' => {
                if let Some(open) = self.open.last_mut() {
                    open.braces += 1;
                }
                self.at += 1;
                self.push(TokenKind::LeftBrace, start);
            }
            b'}' => self.right_brace(),
            _ => self.punctuation(byte),
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|b| !wanted(*b)).unwrap_or(rest.len());
    }

    /// One token for all line breaks in a row.
    fn new_line(&mut self) {
        let start = self.at;
        self.skip_while(|b| matches!(b, b'\n' | b'\r'));
        self.push(TokenKind::NewLine, start);
        if !self.open.is_empty() && self.at_declaration() {
            self.abandon_open_strings();
        }
    }

    /// Whether a declaration starts here, at the start of a line.
    fn at_declaration(&self) -> bool {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(rest.len());
        rest.get(length) == Some(&b' ') && DECLARATIONS.iter().any(|word| word.as_bytes() == &rest[..length])
    }

    fn abandon_open_strings(&mut self) {
        if let Some(outermost) = self.open.first() {
            let start = outermost.start as u32;
            self.errors.push(SyntaxError::new(start, start + 1, "the interpolation in this string is never closed"));
            self.open.clear();
        }
    }

    fn identifier(&mut self) {
        let start = self.at;
        self.skip_while(|b| b.is_ascii_alphanumeric() || b == b'_');
        self.push(TokenKind::Identifier, start);
    }

    fn block_comment(&mut self) {
        let start = self.at;
        match self.text[self.at + 2..].find("*/") {
            Some(length) => self.at += length + 4,
            None => {
                self.at = self.bytes.len();
                self.error(start, "this comment is never closed: expected '*/'");
            }
        }
    }

    fn directive(&mut self) {
        let start = self.at;
        self.at += 1;
        self.skip_while(|b| b.is_ascii_alphabetic() || b == b'-');
        if DIRECTIVES.contains(&&self.text[start + 1..self.at]) {
            self.skip_while(|b| b != b'\n' && b != b'\r');
            return;
        }
        self.push(TokenKind::Unknown, start);
        self.error(start, "unknown directive");
    }

    fn dollar(&mut self) {
        let start = self.at;
        self.skip_while(|b| b == b'$');
        let dollars = self.at - start;
        if self.bytes[self.at..].starts_with(b"'''") && dollars <= MAX_DOLLARS {
            self.at = start;
            return self.string(dollars);
        }
        self.push(TokenKind::Unknown, start);
        self.error(start, "unexpected '$': an interpolation stands inside a string");
    }

    fn right_brace(&mut self) {
        match self.open.last_mut() {
            Some(open) if open.braces == 0 => {
                let verbatim = open.verbatim;
                let start = open.start;
                self.open.pop();
                let piece = self.at;
                self.at += 1;
                self.string_rest(start, piece, 1, verbatim);
            }
            open => {
                if let Some(open) = open {
                    open.braces -= 1;
                }
                self.at += 1;
                self.push(TokenKind::RightBrace, self.at - 1);
            }
        }
    }

    /// A string that starts here; `dollars` before `'''`.
    fn string(&mut self, dollars: usize) {
        let start = self.at;
        if self.bytes[start + dollars..].starts_with(b"'''") {
            self.at += dollars + 3;
            self.string_rest(start, start, dollars + 3, Some(dollars));
        } else {
            self.at += 1;
            self.string_rest(start, start, 1, None);
        }
    }

    /// Reads on to the end of a string or to the next interpolation in it.
    fn string_rest(&mut self, string: usize, piece: usize, head: usize, verbatim: Option<usize>) {
        let first = piece == string;
        let tail = match verbatim {
            Some(dollars) => self.verbatim_piece(dollars),
            None => self.plain_piece(),
        };
        let (tail, interpolated) = match tail {
            Piece::End(tail) => (tail, false),
            Piece::Interpolation(tail) => (tail, true),
            Piece::Unterminated => {
                self.error(string, "this string is never closed: expected a closing quote");
                (0, false)
            }
        };
        let kind = match (first, interpolated) {
            (true, false) => TokenKind::String,
            (true, true) => TokenKind::StringStart,
            (false, true) => TokenKind::StringMiddle,
            (false, false) => TokenKind::StringEnd,
        };
        if interpolated {
            self.open.push(Interpolation { start: string, braces: 0, verbatim });
        }
        self.tokens.push(Token {
            kind,
            verbatim: verbatim.is_some(),
            head: head as u8,
            tail: tail as u8,
            start: piece as u32,
            end: self.at as u32,
        });
    }

    fn plain_piece(&mut self) -> Piece {
        loop {
            self.skip_while(|b| !matches!(b, b'\'' | b'\\' | b'$' | b'\n' | b'\r'));
            match (self.peek(0), self.peek(1)) {
                (Some(b'\''), _) => {
                    self.at += 1;
                    return Piece::End(1);
                }
                (Some(b'$'), Some(b'{')) => {
                    self.at += 2;
                    return Piece::Interpolation(2);
                }
                (Some(b'$'), _) => self.at += 1,
                (Some(b'\\'), Some(next)) if next != b'\n' && next != b'\r' => {
                    let escaped = self.text[self.at + 1..].chars().next().map_or(1, char::len_utf8);
                    self.at += 1 + escaped;
                }
                (Some(b'\\'), _) => {
                    self.at += 1;
                    return Piece::Unterminated;
                }
                _ => return Piece::Unterminated,
            }
        }
    }

    fn verbatim_piece(&mut self, dollars: usize) -> Piece {
        loop {
            self.skip_while(|b| !matches!(b, b'\'' | b'$'));
            let run_start = self.at;
            match self.peek(0) {
                None => return Piece::Unterminated,
                Some(b'\'') => {
                    // Of more than three quotes the last three close; the others belong to the string.
                    self.skip_while(|b| b == b'\'');
                    if self.at - run_start >= 3 {
                        return Piece::End(3);
                    }
                }
                Some(_) => {
                    self.skip_while(|b| b == b'$');
                    if dollars > 0 && self.at - run_start >= dollars && self.peek(0) == Some(b'{') {
                        self.at += 1;
                        return Piece::Interpolation(dollars + 1);
                    }
                }
            }
        }
    }

    fn punctuation(&mut self, byte: u8) {
        use TokenKind::*;
        let (kind, length) = match (byte, self.peek(1), self.peek(2)) {
            (b'.', Some(b'.'), Some(b'.')) => (Ellipsis, 3),
            (b':', Some(b':'), _) => (DoubleColon, 2),
            (b'?', Some(b'?'), _) => (DoubleQuestion, 2),
            (b'=', Some(b'>'), _) => (Arrow, 2),
            (b'=', Some(b'='), _) => (Equals, 2),
            (b'=', Some(b'~'), _) => (EqualsInsensitive, 2),
            (b'!', Some(b'='), _) => (NotEquals, 2),
            (b'!', Some(b'~'), _) => (NotEqualsInsensitive, 2),
            (b'<', Some(b'='), _) => (LessOrEquals, 2),
            (b'>', Some(b'='), _) => (GreaterOrEquals, 2),
            (b'&', Some(b'&'), _) => (And, 2),
            (b'|', Some(b'|'), _) => (Or, 2),
            (b'[', ..) => (LeftBracket, 1),
            (b']', ..) => (RightBracket, 1),
            (b'(', ..) => (LeftParen, 1),
            (b')', ..) => (RightParen, 1),
            (b',', ..) => (Comma, 1),
            (b':', ..) => (Colon, 1),
            (b'.', ..) => (Dot, 1),
            (b'?', ..) => (Question, 1),
            (b'@', ..) => (At, 1),
            (b'=', ..) => (Assign, 1),
            (b'+', ..) => (Plus, 1),
            (b'-', ..) => (Minus, 1),
            (b'*', ..) => (Star, 1),
            (b'/', ..) => (Slash, 1),
            (b'%', ..) => (Percent, 1),
            (b'^', ..) => (Caret, 1),
            (b'|', ..) => (Pipe, 1),
            (b'!', ..) => (Exclamation, 1),
            (b'<', ..) => (Less, 1),
            (b'>', ..) => (Greater, 1),
            _ => (Unknown, self.text[self.at..].chars().next().map_or(1, char::len_utf8)),
        };
        let start = self.at;
        self.at += length;
        self.push(kind, start);
        if kind == Unknown {
            let message = format!("unexpected character '{}'", self.text[start..self.at].escape_debug());
            self.error(start, &message);
        }
    }
}

/// How a piece of a string ends, and how many bytes that takes.
enum Piece {
    End(usize),
    Interpolation(usize),
    Unterminated,
}

#[cfg(test)]
mod tests {
    use super::super::token::string_value;
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let (tokens, errors) = tokenize(text);
        assert_eq!(errors, []);
        tokens.iter().map(|token| token.kind).collect()
    }

    fn strings(text: &str) -> Vec<String> {
        let (tokens, errors) = tokenize(text);
        assert_eq!(errors, []);
        let mut wrong = Vec::new();
        let pieces = tokens.iter().filter(|token| token.head > 0);
        let values = pieces.map(|token| string_value(text, token, &mut wrong).into()).collect();
        assert_eq!(wrong, []);
        values
    }

    #[test]
    fn comments_and_directives_are_no_tokens() {
        use TokenKind::*;
        let text = "// a\nvar /* b\n */ x = 1 // c\r\n\r\n#disable-next-line foo bar\n";
        assert_eq!(kinds(text), [NewLine, Identifier, Identifier, Assign, Integer, NewLine, NewLine, End]);
    }

    #[test]
    fn interpolated_strings_nest() {
        use TokenKind::*;
        let text = "'a${b['${c}']}d${ {e: 1} }'";
        assert_eq!(
            kinds(text),
            [
                StringStart,
                Identifier,
                LeftBracket,
                StringStart,
                Identifier,
                StringEnd,
                RightBracket,
                StringMiddle,
                LeftBrace,
                Identifier,
                Colon,
                Integer,
                RightBrace,
                StringEnd,
                End
            ]
        );
    }

    #[test]
    fn escapes_are_resolved_and_verbatim_strings_have_none() {
        assert_eq!(strings(r"'a\'b\\c\${d}\u{1F600}\u{D83D}\u{DE00}$ {'"), ["a'b\\c${d}😀😀$ {"]);
        assert_eq!(strings("'''\na\\n${b}''c''''"), ["a\\n${b}''c'"]);
        assert_eq!(strings("''"), [""]);
    }

    #[test]
    fn verbatim_strings_interpolate_after_as_many_dollars_as_they_start_with() {
        assert_eq!(strings("$'''\na ${b} c'''"), ["a ", " c"]);
        assert_eq!(strings("$$'''${a} $${b} $$${c}'''"), ["${a} ", " $", ""]);
    }

    #[test]
    fn a_declaration_ends_an_interpolation_that_was_never_closed() {
        let (tokens, errors) = tokenize("var a = 'x${b\nvar c = 'd'\n");
        assert_eq!(errors.len(), 1);
        assert_eq!(tokens.iter().filter(|t| t.kind == TokenKind::String).count(), 1);
    }

    #[test]
    fn a_wrong_escape_is_an_error_at_its_place() {
        let text = r"'ab\qc'";
        let (tokens, _) = tokenize(text);
        let mut errors = Vec::new();
        string_value(text, &tokens[0], &mut errors);
        assert_eq!((errors.len(), errors[0].start), (1, 3));
    }
}
