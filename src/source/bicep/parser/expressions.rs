//! Expressions.

use std::sync::Arc;

use super::super::token::{TokenKind, string_value};
use super::{Failed, Parsed, Parser};
use crate::source::expr::{
    BinaryOp, Call, Element, Expr, ExprKind, For, IndexAccess, Lambda, Member, MemberAccess, Property, Segment, UnaryOp,
};

/// The operator of a token and how strongly it binds.
fn operator(kind: TokenKind) -> Option<(BinaryOp, u8)> {
    Some(match kind {
        TokenKind::DoubleQuestion => (BinaryOp::Coalesce, 1),
        TokenKind::Or => (BinaryOp::Or, 2),
        TokenKind::And => (BinaryOp::And, 3),
        TokenKind::Equals => (BinaryOp::Equals, 4),
        TokenKind::NotEquals => (BinaryOp::NotEquals, 4),
        TokenKind::EqualsInsensitive => (BinaryOp::EqualsInsensitive, 4),
        TokenKind::NotEqualsInsensitive => (BinaryOp::NotEqualsInsensitive, 4),
        TokenKind::Less => (BinaryOp::Less, 5),
        TokenKind::LessOrEquals => (BinaryOp::LessOrEquals, 5),
        TokenKind::Greater => (BinaryOp::Greater, 5),
        TokenKind::GreaterOrEquals => (BinaryOp::GreaterOrEquals, 5),
        TokenKind::Plus => (BinaryOp::Add, 6),
        TokenKind::Minus => (BinaryOp::Subtract, 6),
        TokenKind::Star => (BinaryOp::Multiply, 7),
        TokenKind::Slash => (BinaryOp::Divide, 7),
        TokenKind::Percent => (BinaryOp::Modulo, 7),
        _ => return None,
    })
}

/// What a loop is written with: `for (item, index) in list`.
pub(super) struct LoopHead {
    pub item: Arc<str>,
    pub index: Option<Arc<str>>,
    pub list: Expr,
}

impl Parser<'_> {
    /// Any expression. On return `height` is that of its tree.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.nested(Self::ternary)
    }

    fn ternary(&mut self) -> Parsed<Expr> {
        let start = self.token().start;
        let condition = self.binary(1)?;
        let (next, ahead) = self.kind_past_new_lines();
        if next != TokenKind::Question {
            return Ok(condition);
        }
        let mut height = self.height;
        self.at += ahead + 1;
        self.skip_new_lines();
        let then = self.expression()?;
        height = height.max(self.height);
        self.skip_new_lines();
        self.expect(TokenKind::Colon, "':' between the two results of the condition")?;
        self.skip_new_lines();
        let otherwise = self.expression()?;
        self.grown(height.max(self.height))?;
        Ok(self.expr(ExprKind::Ternary(Box::new((condition, then, otherwise))), start))
    }

    /// Operators that bind at least as strongly as `weakest`.
    fn binary(&mut self, weakest: u8) -> Parsed<Expr> {
        let start = self.token().start;
        let mut left = self.unary()?;
        loop {
            let (kind, ahead) = self.kind_past_new_lines();
            // On a line of its own a minus starts the next element of an array.
            if ahead > 0 && kind == TokenKind::Minus {
                return Ok(left);
            }
            let Some((op, strength)) = operator(kind).filter(|(_, strength)| *strength >= weakest) else {
                return Ok(left);
            };
            let height = self.height;
            self.at += ahead + 1;
            self.skip_new_lines();
            let right = self.binary(strength + 1)?;
            self.grown(height.max(self.height))?;
            left = self.expr(ExprKind::Binary(op, Box::new((left, right))), start);
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.token().start;
        let op = match self.kind() {
            TokenKind::Exclamation => UnaryOp::Not,
            TokenKind::Minus => UnaryOp::Minus,
            _ => return self.postfix(),
        };
        self.advance();
        if op == UnaryOp::Minus && self.is(TokenKind::Integer) && self.token_text() == MIN_MAGNITUDE {
            self.advance();
            self.height = 1;
            return Ok(self.expr(ExprKind::Int(i64::MIN), start));
        }
        let operand = self.nested(Self::unary)?;
        self.grown(self.height)?;
        Ok(self.expr(ExprKind::Unary(op, Box::new(operand)), start))
    }

    pub(super) fn postfix(&mut self) -> Parsed<Expr> {
        let start = self.token().start;
        let mut base = self.primary()?;
        loop {
            base = match self.kind() {
                TokenKind::Dot => self.member_access(base, start)?,
                TokenKind::DoubleColon => {
                    self.advance();
                    self.nested_resource(base, start)?
                }
                TokenKind::LeftBracket => self.index_access(base, start)?,
                TokenKind::Exclamation => {
                    self.advance();
                    self.expr(ExprKind::NonNull(Box::new(base)), start)
                }
                _ => return Ok(base),
            };
            self.grown(self.height)?;
        }
    }

    fn member_access(&mut self, base: Expr, start: u32) -> Parsed<Expr> {
        self.advance();
        let safe = self.eat(TokenKind::Question);
        let name = self.identifier("the name of a member")?;
        if self.is(TokenKind::LeftParen) && !safe {
            return self.call(Some(base), name, start);
        }
        let access = MemberAccess { base, name: (&*name.name).into(), name_span: name.span, safe };
        Ok(self.expr(ExprKind::Member(Box::new(access)), start))
    }

    /// `parent::child`: the name of a nested resource is one symbol, `parent::child`.
    fn nested_resource(&mut self, base: Expr, start: u32) -> Parsed<Expr> {
        let name = self.identifier("the name of a nested resource")?;
        let access = MemberAccess { base, name: format!("::{}", name.name).into(), name_span: name.span, safe: false };
        Ok(self.expr(ExprKind::Member(Box::new(access)), start))
    }

    fn index_access(&mut self, base: Expr, start: u32) -> Parsed<Expr> {
        let mut height = self.height;
        self.advance();
        let safe = self.eat(TokenKind::Question);
        let from_end = self.eat(TokenKind::Caret);
        self.skip_new_lines();
        let index = self.expression()?;
        height = height.max(self.height);
        self.skip_new_lines();
        self.expect(TokenKind::RightBracket, "']'")?;
        self.height = height;
        Ok(self.expr(ExprKind::Index(Box::new(IndexAccess { base, index, safe, from_end })), start))
    }

    fn call(&mut self, receiver: Option<Expr>, name: super::Identifier, start: u32) -> Parsed<Expr> {
        let mut height = if receiver.is_some() { self.height } else { 0 };
        self.advance();
        let mut args = Vec::new();
        loop {
            self.skip_new_lines();
            if self.eat(TokenKind::RightParen) {
                break;
            }
            args.push(self.expression()?);
            height = height.max(self.height);
            self.skip_new_lines();
            if !self.eat(TokenKind::Comma) && !self.is(TokenKind::RightParen) {
                return Err(self.expected("',' or ')'"));
            }
        }
        self.grown(height)?;
        let call = Call { receiver, name: (&*name.name).into(), name_span: name.span, args };
        Ok(self.expr(ExprKind::Call(Box::new(call)), start))
    }

    fn primary(&mut self) -> Parsed<Expr> {
        self.height = 1;
        let start = self.token().start;
        match self.kind() {
            TokenKind::Identifier => self.name_or_call(),
            TokenKind::Integer => self.integer(),
            TokenKind::String | TokenKind::StringStart => self.string(),
            TokenKind::LeftBrace => self.object(None),
            TokenKind::LeftBracket => self.array(),
            TokenKind::LeftParen if self.is_lambda() => {
                let params = self.lambda_params()?;
                self.lambda(params, start)
            }
            TokenKind::LeftParen => {
                self.advance();
                self.skip_new_lines();
                let inner = self.expression()?;
                self.skip_new_lines();
                self.expect(TokenKind::RightParen, "')'")?;
                Ok(Expr::new(inner.kind, self.span_from(start)))
            }
            _ => Err(self.expected("an expression")),
        }
    }

    fn name_or_call(&mut self) -> Parsed<Expr> {
        let name = self.identifier("a name")?;
        let start = name.span.start;
        match self.kind() {
            TokenKind::LeftParen => return self.call(None, name, start),
            TokenKind::Arrow => return self.lambda(vec![name.name], start),
            _ => {}
        }
        let kind = match &*name.name {
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "null" => ExprKind::Null,
            symbol => ExprKind::Name(symbol.into()),
        };
        Ok(Expr::new(kind, name.span))
    }

    fn integer(&mut self) -> Parsed<Expr> {
        let Ok(number) = self.token_text().parse() else {
            return Err(self.expected("an integer of at most 64 bits"));
        };
        let token = self.advance();
        Ok(Expr::new(ExprKind::Int(number), self.span(token.start, token.end)))
    }

    /// A string, interpolated or not.
    pub(super) fn string(&mut self) -> Parsed<Expr> {
        let start = self.token().start;
        let mut token = self.advance();
        if token.kind == TokenKind::String {
            let text = string_value(self.text, &token, &mut self.errors);
            self.height = 1;
            return Ok(self.expr(ExprKind::Text(text), start));
        }
        let mut segments = Vec::new();
        let mut height = 0;
        loop {
            let text = string_value(self.text, &token, &mut self.errors);
            if !text.is_empty() {
                segments.push(Segment::Text(text));
            }
            if token.kind == TokenKind::StringEnd {
                self.grown(height)?;
                return Ok(self.expr(ExprKind::Interpolation(segments), start));
            }
            self.skip_new_lines();
            segments.push(Segment::Expr(self.expression()?));
            height = height.max(self.height);
            self.skip_new_lines();
            if !matches!(self.kind(), TokenKind::StringMiddle | TokenKind::StringEnd) {
                return Err(self.expected("'}' behind the interpolated expression"));
            }
            token = self.advance();
        }
    }

    /// Whether the parenthesis here holds the parameters of a lambda.
    fn is_lambda(&self) -> bool {
        let mut ahead = 1;
        loop {
            match self.kind_after(ahead) {
                TokenKind::Identifier | TokenKind::Comma | TokenKind::NewLine => ahead += 1,
                TokenKind::RightParen => return self.kind_after(ahead + 1) == TokenKind::Arrow,
                _ => return false,
            }
        }
    }

    fn lambda_params(&mut self) -> Parsed<Vec<Arc<str>>> {
        self.advance();
        let mut params = Vec::new();
        loop {
            self.skip_new_lines();
            if self.eat(TokenKind::RightParen) {
                return Ok(params);
            }
            params.push(self.identifier("the name of a parameter")?.name);
            self.skip_new_lines();
            if !self.eat(TokenKind::Comma) && !self.is(TokenKind::RightParen) {
                return Err(self.expected("',' or ')'"));
            }
        }
    }

    fn lambda(&mut self, params: Vec<Arc<str>>, start: u32) -> Parsed<Expr> {
        self.expect(TokenKind::Arrow, "'=>'")?;
        self.skip_new_lines();
        let body = self.expression()?;
        self.grown(self.height)?;
        Ok(self.expr(ExprKind::Lambda(Box::new(Lambda { params, body })), start))
    }

    fn array(&mut self) -> Parsed<Expr> {
        let start = self.advance().start;
        self.skip_new_lines();
        if self.is_loop() {
            return self.for_expression(start);
        }
        let mut elements = Vec::new();
        let mut height = 0;
        loop {
            self.skip_new_lines();
            if self.eat(TokenKind::RightBracket) {
                self.grown(height)?;
                return Ok(self.expr(ExprKind::Array(elements), start));
            }
            elements.push(if self.eat(TokenKind::Ellipsis) {
                Element::Spread(self.expression()?)
            } else {
                Element::Item(self.expression()?)
            });
            height = height.max(self.height);
            self.separator(TokenKind::RightBracket, "',', a new line or ']'")?;
        }
    }

    /// What stands between two elements or members: a comma, line breaks, or both.
    pub(super) fn separator(&mut self, close: TokenKind, what: &str) -> Parsed<()> {
        let broken = self.is(TokenKind::NewLine);
        self.skip_new_lines();
        if self.eat(TokenKind::Comma) || broken || self.is(close) {
            return Ok(());
        }
        Err(self.expected(what))
    }

    /// Whether a loop starts here, behind a bracket.
    pub(super) fn is_loop(&self) -> bool {
        self.is_word("for") && matches!(self.kind_after(1), TokenKind::Identifier | TokenKind::LeftParen)
    }

    /// `for (item, index) in list:`
    pub(super) fn loop_head(&mut self) -> Parsed<LoopHead> {
        self.advance();
        let (item, index) = if self.eat(TokenKind::LeftParen) {
            self.skip_new_lines();
            let item = self.identifier("the name of the loop variable")?;
            self.skip_new_lines();
            self.expect(TokenKind::Comma, "','")?;
            self.skip_new_lines();
            let index = self.identifier("the name of the index variable")?;
            self.skip_new_lines();
            self.expect(TokenKind::RightParen, "')'")?;
            (item, Some(index.name))
        } else {
            (self.identifier("the name of the loop variable")?, None)
        };
        if !self.eat_word("in") {
            return Err(self.expected("'in'"));
        }
        self.skip_new_lines();
        let list = self.expression()?;
        self.skip_new_lines();
        self.expect(TokenKind::Colon, "':'")?;
        self.skip_new_lines();
        Ok(LoopHead { item: item.name, index, list })
    }

    /// `if (condition)`, where one may stand.
    pub(super) fn condition(&mut self) -> Parsed<Option<Expr>> {
        if !self.is_word("if") || self.kind_after(1) != TokenKind::LeftParen {
            return Ok(None);
        }
        self.advance();
        let condition = self.nested(Self::primary)?;
        self.skip_new_lines();
        Ok(Some(condition))
    }

    fn for_expression(&mut self, start: u32) -> Parsed<Expr> {
        let LoopHead { item, index, list } = self.loop_head()?;
        let mut height = self.height;
        let filter = self.condition()?;
        height = height.max(self.height);
        let body = self.expression()?;
        height = height.max(self.height);
        self.skip_new_lines();
        self.expect(TokenKind::RightBracket, "']' behind the loop")?;
        self.grown(height)?;
        Ok(self.expr(ExprKind::For(Box::new(For { item, index, list, filter, body })), start))
    }

    /// An object. `children` takes the resources declared in it, if it is the body of a resource.
    pub(super) fn object(&mut self, mut children: Option<&mut Vec<super::declarations::Child>>) -> Parsed<Expr> {
        let start = self.expect(TokenKind::LeftBrace, "'{'")?.start;
        let mut properties = Vec::new();
        let mut height = 0;
        loop {
            self.skip_new_lines();
            if self.eat(TokenKind::RightBrace) {
                self.grown(height)?;
                return Ok(self.expr(ExprKind::Object(properties), start));
            }
            match &mut children {
                Some(children) if self.at_child() => children.push(self.child()?),
                _ => properties.push(self.property()?),
            }
            height = height.max(self.height);
            self.separator(TokenKind::RightBrace, "',', a new line or '}'")?;
        }
    }

    fn property(&mut self) -> Parsed<Property> {
        if self.eat(TokenKind::Ellipsis) {
            return Ok(Property::Spread(self.expression()?));
        }
        let start = self.token().start;
        let key = match self.kind() {
            TokenKind::Identifier => {
                let name = self.identifier("a name")?;
                Expr::new(ExprKind::Text((&*name.name).into()), name.span)
            }
            TokenKind::String | TokenKind::StringStart => self.string()?,
            _ => return Err(self.expected("the name of a property or '}'")),
        };
        let height = self.height;
        self.expect(TokenKind::Colon, "':' behind the name of the property")?;
        self.skip_new_lines();
        let value = self.property_value()?;
        self.height = self.height.max(height);
        let span = self.span_from(start);
        Ok(Property::Member(Member { key, value, span }))
    }

    /// The value of a property; if it is broken, only it is given up where the next line goes on.
    fn property_value(&mut self) -> Parsed<Expr> {
        let before = self.at;
        let start = self.token().start;
        match self.expression() {
            Ok(value) if matches!(self.kind(), TokenKind::NewLine | TokenKind::Comma | TokenKind::RightBrace) => {
                Ok(value)
            }
            Ok(_) => {
                let failed = self.expected("',', a new line or '}'");
                self.broken_value(before, start, failed)
            }
            Err(failed) => self.broken_value(before, start, failed),
        }
    }

    /// Goes behind a value that cannot be read: to the end of its line and of the brackets that it
    /// opened. The next line must look like the next property, otherwise the object is given up.
    fn broken_value(&mut self, before: usize, start: u32, failed: Failed) -> Parsed<Expr> {
        let reached = self.at;
        let mut brackets = super::Brackets::default();
        self.at = before;
        loop {
            let ends = match self.kind() {
                TokenKind::End => true,
                TokenKind::NewLine => brackets.are_closed() && self.at >= reached,
                TokenKind::RightBrace => brackets.are_closed(),
                _ => self.at > before && self.starts_declaration(),
            };
            if ends {
                break;
            }
            brackets.see(self.kind());
            self.at += 1;
        }
        if !self.next_looks_like_property() {
            self.at = reached;
            return Err(failed);
        }
        self.height = 1;
        Ok(self.expr(ExprKind::Error(super::BROKEN_VALUE.into()), start))
    }

    fn next_looks_like_property(&self) -> bool {
        let (kind, ahead) = self.kind_past_new_lines();
        match kind {
            TokenKind::RightBrace => true,
            TokenKind::Identifier | TokenKind::String => self.kind_after(ahead + 1) == TokenKind::Colon,
            _ => false,
        }
    }
}

/// The only integer whose magnitude does not fit without its minus.
const MIN_MAGNITUDE: &str = "9223372036854775808";
