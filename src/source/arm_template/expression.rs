//! The expressions of ARM templates: strings that start with `[` and end with `]`.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions>

use crate::model::{FileId, Span};
use crate::source::expr::{Call, Expr, ExprKind, IndexAccess, JsonString, Lambda, MemberAccess};

/// The deepest nesting of calls and indexes.
const DEEPEST: u32 = 100;

/// What a string of a template means: an expression, or itself (`[[` stands for `[`).
pub(super) fn parse_string(string: &JsonString<'_>) -> ExprKind {
    let text = string.value;
    if text.len() < 2 || !text.starts_with('[') || !text.ends_with(']') {
        return ExprKind::Text(text.into());
    }
    if text.starts_with("[[") {
        return ExprKind::Text(text[1..].into());
    }
    let map = OffsetMap::new(string);
    let mut parser = Parser { text, at: 1, end: text.len() - 1, depth: 0, map: &map, file: string.file };
    match parser.whole() {
        Ok(expr) => expr.kind,
        Err(error) => {
            ExprKind::Error(format!("the expression is wrong at character {}: {}", error.at, error.message).into())
        }
    }
}

/// From positions in the characters of a string to those in the file.
struct OffsetMap {
    start: u32,
    /// Per byte of the decoded string its place in the written one; empty if they are the same.
    raw: Vec<u32>,
}

impl OffsetMap {
    fn new(string: &JsonString<'_>) -> Self {
        if string.raw.len() == string.value.len() {
            return Self { start: string.start, raw: Vec::new() };
        }
        let mut raw = Vec::with_capacity(string.value.len() + 1);
        let bytes = string.raw.as_bytes();
        let mut at = 0;
        for char in string.value.chars() {
            raw.extend(std::iter::repeat_n(at as u32, char.len_utf8()));
            at += match (bytes.get(at), bytes.get(at + 1)) {
                // A character outside of the basic plane is written as two escapes.
                (Some(b'\\'), Some(b'u')) => 6 * char.len_utf16(),
                (Some(b'\\'), _) => 2,
                _ => char.len_utf8(),
            };
        }
        raw.push(at as u32);
        Self { start: string.start, raw }
    }

    fn place(&self, at: usize) -> u32 {
        self.start + self.raw.get(at).copied().unwrap_or(at as u32)
    }
}

struct SyntaxError {
    at: usize,
    message: String,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    depth: u32,
    map: &'a OffsetMap,
    file: FileId,
}

type Parsed<T> = Result<T, SyntaxError>;

impl Parser<'_> {
    fn whole(&mut self) -> Parsed<Expr> {
        let expr = self.expression()?;
        match self.peek() {
            None => Ok(expr),
            Some(other) => self.fail(format!("expected the end of the expression, found '{other}'")),
        }
    }

    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError { at: self.at, message: message.into() })
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: self.map.place(start), end: self.map.place(end) }
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..self.end];
        self.at += rest.len() - rest.trim_start().len();
    }

    /// The next character that is not blank.
    fn peek(&mut self) -> Option<char> {
        self.skip_blanks();
        self.text[self.at..self.end].chars().next()
    }

    fn take(&mut self, wanted: char) -> Parsed<()> {
        match self.peek() {
            Some(found) if found == wanted => {
                self.at += found.len_utf8();
                Ok(())
            }
            Some(found) => self.fail(format!("expected '{wanted}', found '{found}'")),
            None => self.fail(format!("expected '{wanted}', found the end")),
        }
    }

    fn expression(&mut self) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.fail(format!("nested more than {DEEPEST} deep"));
        }
        let mut expr = self.primary()?;
        let start = expr.span.start;
        let from = |span: Span| Span { start, ..span };
        loop {
            match self.peek() {
                Some('.') => {
                    self.at += 1;
                    let (name, name_span) = self.name()?;
                    let access = MemberAccess { base: expr, name: name.into(), name_span, safe: false };
                    expr = Expr::new(ExprKind::Member(Box::new(access)), from(name_span));
                }
                Some('[') => {
                    self.at += 1;
                    let index = self.expression()?;
                    self.take(']')?;
                    let end = self.span(self.at, self.at);
                    let access = IndexAccess { base: expr, index, safe: false, from_end: false };
                    expr = Expr::new(ExprKind::Index(Box::new(access)), from(end));
                }
                _ => break,
            }
        }
        self.depth -= 1;
        Ok(expr)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        match self.peek() {
            Some('\'') => self.string(),
            Some(c) if c.is_ascii_digit() || c == '-' || c == '+' => self.number(),
            Some(c) if is_name_start(c) => self.call(),
            Some(other) => self.fail(format!("expected a function, a string or a number, found '{other}'")),
            None => self.fail("expected a function, a string or a number, found the end"),
        }
    }

    /// `'text'`, in which `''` stands for `'`.
    fn string(&mut self) -> Parsed<Expr> {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            let rest = &self.text[self.at..self.end];
            let Some(quote) = rest.find('\'') else {
                self.at = start;
                return self.fail("the string has no end");
            };
            value.push_str(&rest[..quote]);
            self.at += quote + 1;
            if !self.text[self.at..self.end].starts_with('\'') {
                break;
            }
            value.push('\'');
            self.at += 1;
        }
        Ok(Expr::new(ExprKind::Text(value.into()), self.span(start, self.at)))
    }

    fn number(&mut self) -> Parsed<Expr> {
        let start = self.at;
        self.at += 1;
        let rest = &self.text[self.at..self.end];
        self.at += rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let text = &self.text[start..self.at];
        let kind = match (text.parse::<i64>(), text.parse::<f64>().ok().and_then(serde_json::Number::from_f64)) {
            (Ok(int), _) => ExprKind::Int(int),
            (_, Some(float)) => ExprKind::Number(float),
            _ => return self.fail(format!("'{text}' is no number")),
        };
        Ok(Expr::new(kind, self.span(start, self.at)))
    }

    fn name(&mut self) -> Parsed<(String, Span)> {
        match self.peek() {
            Some(first) if is_name_start(first) => {}
            Some(other) => return self.fail(format!("expected a name, found '{other}'")),
            None => return self.fail("expected a name, found the end"),
        }
        let start = self.at;
        let rest = &self.text[start..self.end];
        self.at += rest.find(|c: char| !is_name_start(c) && !c.is_ascii_digit()).unwrap_or(rest.len());
        Ok((self.text[start..self.at].to_owned(), self.span(start, self.at)))
    }

    /// `name(…)` or `namespace.name(…)`.
    fn call(&mut self) -> Parsed<Expr> {
        let (mut name, mut name_span) = self.name()?;
        let start = name_span.start;
        let mut receiver = None;
        while self.peek() == Some('.') {
            self.at += 1;
            let namespace = std::mem::take(&mut name);
            let namespace = receiver.take().map_or(namespace.clone(), |outer: Expr| match outer.kind {
                ExprKind::Name(outer) => format!("{outer}.{namespace}"),
                _ => namespace,
            });
            receiver = Some(Expr::new(ExprKind::Name(namespace.into()), Span { start, ..name_span }));
            (name, name_span) = self.name()?;
        }
        if self.peek() != Some('(') {
            return self.fail(format!("expected '(' after '{name}'"));
        }
        self.at += 1;
        let mut args = Vec::new();
        if self.peek() == Some(')') {
            self.at += 1;
        } else {
            loop {
                args.push(self.expression()?);
                match self.peek() {
                    Some(',') => self.at += 1,
                    _ => break,
                }
            }
            self.take(')')?;
        }
        let span = Span { start, ..self.span(self.at, self.at) };
        let call = Call { receiver, name: name.into(), name_span, args };
        Ok(Expr::new(with_lambdas(call), span))
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

/// `lambda('x', body)` is a lambda, `lambdaVariables('x')` the name `x`.
fn with_lambdas(mut call: Call) -> ExprKind {
    if call.receiver.is_none()
        && call.name.eq_ignore_ascii_case("lambdaVariables")
        && let [Expr { kind: ExprKind::Text(name), .. }] = call.args.as_slice()
    {
        return ExprKind::Name(name.clone());
    }
    if call.receiver.is_none() && call.name.eq_ignore_ascii_case("lambda") {
        let (body, params) = match call.args.split_last() {
            Some((_, params)) if params.iter().all(|param| param.as_text().is_some()) => {
                let params = params.iter().filter_map(|param| param.as_text().map(Into::into)).collect();
                (call.args.pop(), params)
            }
            _ => (None, Vec::new()),
        };
        return match body {
            Some(body) => ExprKind::Lambda(Box::new(Lambda { params, body })),
            None => ExprKind::Error("a lambda takes the names of its arguments and a body".into()),
        };
    }
    ExprKind::Call(Box::new(call))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> ExprKind {
        parse_string(&JsonString { value, raw: value, start: 10, file: FileId(0) })
    }

    #[test]
    fn brackets_make_an_expression() {
        assert_eq!(parse("plain"), ExprKind::Text("plain".into()));
        assert_eq!(parse("[[literal]"), ExprKind::Text("[literal]".into()));
        assert_eq!(parse("[not closed"), ExprKind::Text("[not closed".into()));
        assert_eq!(parse("['it''s']"), ExprKind::Text("it's".into()));
        assert_eq!(parse("[-5]"), ExprKind::Int(-5));
        assert_eq!(parse("["), ExprKind::Text("[".into()));
    }

    #[test]
    fn places_point_into_the_file() {
        let ExprKind::Member(access) = parse("[ parameters('x').name ]") else { panic!("a member access") };
        // The string starts at byte 10 of the file.
        assert_eq!((access.name_span.start, access.name_span.end), (28, 32));
        assert_eq!((access.base.span.start, access.base.span.end), (12, 27));
    }

    #[test]
    fn places_count_escapes() {
        let string = JsonString { value: "[f('\n', g())]", raw: r"[f('\n', g())]", start: 0, file: FileId(0) };
        let ExprKind::Call(call) = parse_string(&string) else { panic!("a call") };
        assert_eq!((call.args[1].span.start, call.args[1].span.end), (9, 12));
    }

    #[test]
    fn lambdas_become_lambdas() {
        let ExprKind::Call(call) = parse("[map(createArray(1), lambda('x', lambdaVariables('x')))]") else {
            panic!("a call")
        };
        let ExprKind::Lambda(lambda) = &call.args[1].kind else { panic!("a lambda") };
        assert_eq!(lambda.body.kind, ExprKind::Name("x".into()));
    }

    #[test]
    fn errors_say_where_and_what() {
        for (text, expected) in [
            ("[concat('a', ]", "expected a function, a string or a number, found the end"),
            ("[concat('a' 'b')]", "expected ')'"),
            ("[f('a]", "the string has no end"),
            ("[f()g]", "expected the end of the expression"),
            ("[f().]", "expected a name"),
            ("[é😀]", "expected '(' after 'é'"),
        ] {
            let ExprKind::Error(message) = parse(text) else { panic!("{text} is wrong") };
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let text = format!("[{}{}]", "f(".repeat(10_000), ")".repeat(10_000));
        assert!(matches!(parse(&text), ExprKind::Error(_)));
    }
}
