//! Tokens to declarations: recursive descent, with recovery per declaration.
//!
//! An error ends its declaration (or, where the name of a member is known, only its value); reading
//! goes on at the next line that starts a declaration in its first column, or behind the brackets of
//! the broken one. Nesting is limited, so that neither parsing nor dropping or evaluating the tree
//! can run out of stack.

mod declarations;
mod expressions;
mod types;

use super::lexer;
use super::syntax::{Declaration, Document, Identifier};
use super::token::{DECLARATIONS, SyntaxError, Token, TokenKind};
use crate::model::{FileId, Span};
use crate::source::expr::{Expr, ExprKind};

/// How deep expressions, objects and types may nest. Real files stay below 30.
const MAX_DEPTH: u32 = 160;

/// What stands for a value that could not be read.
pub(super) const BROKEN_VALUE: &str = "the expression does not follow the grammar";

/// More errors than anyone reads; what comes behind is not looked at.
const MAX_ERRORS: usize = 100;

/// Marks that an error was recorded and the construct is to be given up.
struct Failed;

type Parsed<T> = Result<T, Failed>;

/// Parses a `.bicep` or `.bicepparam` file. Declarations that cannot be read are errors; all others
/// are in the document.
pub fn parse(text: &str, file: FileId) -> (Document, Vec<SyntaxError>) {
    let (tokens, errors) = lexer::tokenize(text);
    let mut parser = Parser { text, file, tokens, at: 0, errors, depth: 0, height: 0 };
    let declarations = parser.document();
    let mut errors = parser.errors;
    errors.sort_by_key(|error| error.start);
    errors.dedup_by(|later, first| later.start == first.start);
    (Document { declarations }, errors)
}

struct Parser<'a> {
    text: &'a str,
    file: FileId,
    tokens: Vec<Token>,
    at: usize,
    errors: Vec<SyntaxError>,
    /// Constructs that are being parsed, one within the other.
    depth: u32,
    /// The height of the tree that was parsed last.
    height: u32,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Vec<Declaration> {
        let mut declarations = Vec::new();
        loop {
            self.skip_new_lines();
            if self.is(TokenKind::End) {
                return declarations;
            }
            if self.errors.len() > MAX_ERRORS {
                self.give_up();
                return declarations;
            }
            let before = self.at;
            match self.declaration() {
                Ok(declaration) => declarations.extend(declaration),
                Err(Failed) => {
                    self.synchronize(before);
                    continue;
                }
            }
            if !self.is(TokenKind::NewLine) && !self.is(TokenKind::End) && !self.starts_declaration() {
                self.expected("a new line");
                self.synchronize(before);
            }
        }
    }

    fn give_up(&mut self) {
        let token = self.token();
        self.errors.truncate(MAX_ERRORS - 1);
        let mut error = SyntaxError::new(token.start, token.end, "too many errors; the rest of the file was not read");
        error.is_limit = true;
        self.errors.push(error);
    }

    /// After an error in the declaration that starts at the token `before`: goes to the line break
    /// that ends it, or to the next declaration in the first column of a line.
    fn synchronize(&mut self, before: usize) {
        let reached = self.at;
        let mut brackets = Brackets::default();
        self.at = before;
        while !self.is(TokenKind::End) {
            if self.at > before && self.starts_declaration() {
                return;
            }
            if self.is(TokenKind::NewLine) && brackets.are_closed() && self.at >= reached {
                return;
            }
            brackets.see(self.kind());
            self.at += 1;
        }
    }

    /// Whether the current token starts a declaration in the first column of a line.
    fn starts_declaration(&self) -> bool {
        let start = self.token().start as usize;
        if start > 0 && !matches!(self.text.as_bytes()[start - 1], b'\n' | b'\r') {
            return false;
        }
        match self.kind() {
            TokenKind::At => true,
            TokenKind::Identifier => DECLARATIONS.contains(&self.token_text()),
            _ => false,
        }
    }

    fn token(&self) -> Token {
        self.tokens[self.at]
    }

    fn kind(&self) -> TokenKind {
        self.tokens[self.at].kind
    }

    fn is(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    fn kind_after(&self, ahead: usize) -> TokenKind {
        self.tokens.get(self.at + ahead).map_or(TokenKind::End, |token| token.kind)
    }

    /// The kind of the first token from here that is no line break, and how far away it is.
    fn kind_past_new_lines(&self) -> (TokenKind, usize) {
        let mut ahead = 0;
        while self.kind_after(ahead) == TokenKind::NewLine {
            ahead += 1;
        }
        (self.kind_after(ahead), ahead)
    }

    fn token_text(&self) -> &'a str {
        let token = self.token();
        &self.text[token.start as usize..token.end as usize]
    }

    fn is_word(&self, word: &str) -> bool {
        self.is(TokenKind::Identifier) && self.token_text() == word
    }

    /// Goes past the current token, unless it is the end.
    fn advance(&mut self) -> Token {
        let token = self.token();
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.is(kind);
        if found {
            self.advance();
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn skip_new_lines(&mut self) {
        while self.eat(TokenKind::NewLine) {}
    }

    fn expect(&mut self, kind: TokenKind, what: &str) -> Parsed<Token> {
        if self.is(kind) {
            return Ok(self.advance());
        }
        Err(self.expected(what))
    }

    fn identifier(&mut self, what: &str) -> Parsed<Identifier> {
        if !self.is(TokenKind::Identifier) {
            return Err(self.expected(what));
        }
        let name = self.token_text().into();
        let token = self.advance();
        Ok(Identifier { name, span: self.span(token.start, token.end) })
    }

    /// Records that something else was expected here.
    fn expected(&mut self, what: &str) -> Failed {
        let token = self.token();
        let found = match token.kind {
            TokenKind::End => "the end of the file".to_owned(),
            TokenKind::NewLine => "a new line".to_owned(),
            _ => format!("'{}'", excerpt(self.token_text())),
        };
        self.errors.push(SyntaxError::new(token.start, token.end, format!("expected {what}, found {found}")));
        Failed
    }

    fn too_deep(&mut self) -> Failed {
        let token = self.token();
        let message = format!("nested more than {MAX_DEPTH} deep");
        let mut error = SyntaxError::new(token.start, token.end, message);
        error.is_limit = true;
        self.errors.push(error);
        Failed
    }

    /// Parses one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Records that a tree was made of others of which the tallest has this height.
    fn grown(&mut self, tallest: u32) -> Parsed<()> {
        self.height = tallest + 1;
        if self.height > MAX_DEPTH {
            return Err(self.too_deep());
        }
        Ok(())
    }

    fn span(&self, start: u32, end: u32) -> Span {
        Span { file: self.file, start, end }
    }

    /// From `start` to the end of the last token.
    fn span_from(&self, start: u32) -> Span {
        let end = self.at.checked_sub(1).map_or(start, |last| self.tokens[last].end);
        self.span(start, end.max(start))
    }

    fn expr(&self, kind: ExprKind, start: u32) -> Expr {
        Expr::new(kind, self.span_from(start))
    }
}

/// The brackets that are open in a stretch of tokens that does not follow the grammar.
#[derive(Default)]
struct Brackets(Vec<TokenKind>);

impl Brackets {
    /// A closing bracket closes the nearest one of its kind; if there is none it is ignored.
    fn see(&mut self, kind: TokenKind) {
        let opening = match kind {
            TokenKind::LeftBrace | TokenKind::LeftBracket | TokenKind::LeftParen => return self.0.push(kind),
            TokenKind::RightBrace => TokenKind::LeftBrace,
            TokenKind::RightBracket => TokenKind::LeftBracket,
            TokenKind::RightParen => TokenKind::LeftParen,
            _ => return,
        };
        if let Some(at) = self.0.iter().rposition(|open| *open == opening) {
            self.0.truncate(at);
        }
    }

    fn are_closed(&self) -> bool {
        self.0.is_empty()
    }
}

/// The start of a token, short enough for a message.
fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(24).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(24).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
