//! Tokens, and what the pieces of strings stand for.

/// A syntax error: where, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
    /// What is wrong; starts lower-case.
    pub message: String,
    /// Whether a limit of the reader was reached rather than the grammar broken.
    pub is_limit: bool,
}

impl SyntaxError {
    pub(super) fn new(start: u32, end: u32, message: impl Into<String>) -> Self {
        Self { start, end, message: message.into(), is_limit: false }
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Identifier,
    Integer,
    /// A string without interpolation.
    String,
    /// `'abc${`
    StringStart,
    /// `}abc${`
    StringMiddle,
    /// `}abc'`
    StringEnd,
    NewLine,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    LeftParen,
    RightParen,
    Comma,
    Colon,
    DoubleColon,
    Dot,
    Ellipsis,
    Question,
    DoubleQuestion,
    At,
    Assign,
    Arrow,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Caret,
    Pipe,
    Exclamation,
    Equals,
    NotEquals,
    EqualsInsensitive,
    NotEqualsInsensitive,
    Less,
    LessOrEquals,
    Greater,
    GreaterOrEquals,
    And,
    Or,
    Unknown,
    End,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    /// Of a string piece: written between `'''`, so that nothing in it is an escape.
    pub verbatim: bool,
    /// Of a string piece: how many bytes at its start are quotes or a brace.
    pub head: u8,
    /// Of a string piece: how many bytes at its end are quotes or the start of an interpolation.
    pub tail: u8,
    pub start: u32,
    pub end: u32,
}

/// The words that start a declaration. A line that starts with one of them in its first column ends
/// what was left open before it.
pub(super) const DECLARATIONS: &[&str] = &[
    "assert",
    "extends",
    "extension",
    "extensionConfig",
    "func",
    "import",
    "metadata",
    "module",
    "output",
    "param",
    "provider",
    "resource",
    "targetScope",
    "test",
    "type",
    "using",
    "var",
];

/// The characters of a string piece, escapes resolved; errors as (offset in the piece, message).
pub(super) fn string_value(text: &str, token: &Token, errors: &mut Vec<SyntaxError>) -> Box<str> {
    let from = token.start as usize + usize::from(token.head);
    let to = (token.end as usize).saturating_sub(usize::from(token.tail)).max(from);
    let raw = text.get(from..to).unwrap_or_default();
    if token.verbatim {
        let is_first = matches!(token.kind, TokenKind::String | TokenKind::StringStart);
        // A line break right behind the opening quotes is not part of the string.
        let skipped = if is_first { raw.strip_prefix("\r\n").or_else(|| raw.strip_prefix('\n')) } else { None };
        return skipped.unwrap_or(raw).into();
    }
    if !raw.contains('\\') {
        return raw.into();
    }
    unescape(raw, from, errors)
}

fn unescape(raw: &str, offset: usize, errors: &mut Vec<SyntaxError>) -> Box<str> {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let start = offset + raw.len() - rest.len() - 1;
        match escaped(rest) {
            Some((character, length)) => {
                value.push(character);
                rest = &rest[length..];
            }
            None => {
                let message = r"unknown escape: expected one of \\ \' \$ \n \r \t \u{…}";
                errors.push(SyntaxError::new(start as u32, start as u32 + 2, message));
            }
        }
    }
    value.push_str(rest);
    value.into()
}

/// The character that an escape stands for, and how many bytes follow the backslash.
fn escaped(rest: &str) -> Option<(char, usize)> {
    Some(match rest.as_bytes().first()? {
        b'\\' => ('\\', 1),
        b'\'' => ('\'', 1),
        b'$' => ('$', 1),
        b'n' => ('\n', 1),
        b'r' => ('\r', 1),
        b't' => ('\t', 1),
        b'u' => {
            let (first, length) = code_point(rest)?;
            // Two halves of a UTF-16 pair are one character.
            let second = rest[length..].strip_prefix('\\').and_then(code_point);
            match second.filter(|(low, _)| (0xdc00..0xe000).contains(low) && (0xd800..0xdc00).contains(&first)) {
                Some((low, more)) => {
                    (char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00))?, length + 1 + more)
                }
                None => (char::from_u32(first)?, length),
            }
        }
        _ => return None,
    })
}

/// The number in `u{…}`, and its length.
fn code_point(text: &str) -> Option<(u32, usize)> {
    let digits = text.strip_prefix("u{")?;
    let end = digits.find('}')?;
    Some((u32::from_str_radix(&digits[..end], 16).ok()?, end + 3))
}
