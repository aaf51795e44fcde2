//! Type expressions. Little of them matters to a scan (whether null is allowed, whether a value is
//! secret); all of them must be read to know where they end.

use super::super::syntax::{Type, TypeKind, TypeMember};
use super::super::token::TokenKind;
use super::{Parsed, Parser};

impl Parser<'_> {
    /// Any type expression.
    pub(super) fn type_expression(&mut self) -> Parsed<Type> {
        self.nested(Self::union)
    }

    fn make_type(&self, kind: TypeKind, start: u32) -> Type {
        Type { kind, span: self.span_from(start) }
    }

    fn union(&mut self) -> Parsed<Type> {
        let start = self.token().start;
        let mut members = Vec::new();
        let mut height = 0;
        if self.kind_past_new_lines().0 == TokenKind::Pipe {
            self.skip_new_lines();
            self.advance();
            self.skip_new_lines();
        }
        loop {
            members.push(self.type_member_of_union()?);
            height = height.max(self.height);
            let (next, ahead) = self.kind_past_new_lines();
            if next != TokenKind::Pipe {
                break;
            }
            self.at += ahead + 1;
            self.skip_new_lines();
        }
        self.grown(height)?;
        match members.len() {
            1 => Ok(members.swap_remove(0)),
            _ => Ok(self.make_type(TypeKind::Union(members), start)),
        }
    }

    fn type_member_of_union(&mut self) -> Parsed<Type> {
        let start = self.token().start;
        if matches!(self.kind(), TokenKind::Minus | TokenKind::Exclamation) {
            self.advance();
            self.nested(Self::type_member_of_union)?;
            return Ok(self.make_type(TypeKind::Literal { text: false }, start));
        }
        let mut base = self.type_primary()?;
        loop {
            base = match self.kind() {
                TokenKind::Question => {
                    self.advance();
                    self.make_type(TypeKind::Nullable(Box::new(base)), start)
                }
                TokenKind::Exclamation => {
                    self.advance();
                    self.make_type(TypeKind::NonNull(Box::new(base)), start)
                }
                TokenKind::LeftBracket => self.type_index(base, start)?,
                // `sys.resourceInput<…>`
                TokenKind::Less if matches!(base.kind, TypeKind::Name(_) | TypeKind::Member(..)) => {
                    self.advance();
                    self.type_arguments()?;
                    self.make_type(TypeKind::Resource, start)
                }
                TokenKind::Dot => {
                    self.advance();
                    if self.eat(TokenKind::Star) {
                        self.make_type(TypeKind::Element(Box::new(base)), start)
                    } else {
                        let name = self.identifier("the name of a type member")?;
                        self.make_type(TypeKind::Member(Box::new(base), (&*name.name).into()), start)
                    }
                }
                _ => return Ok(base),
            };
            self.grown(self.height)?;
        }
    }

    /// `base[]`, `base[*]`, `base[0]`
    fn type_index(&mut self, base: Type, start: u32) -> Parsed<Type> {
        self.advance();
        let element = self.eat(TokenKind::Star) || self.eat(TokenKind::Integer);
        self.expect(TokenKind::RightBracket, "']'")?;
        let base = Box::new(base);
        Ok(self.make_type(if element { TypeKind::Element(base) } else { TypeKind::Array(base) }, start))
    }

    fn type_primary(&mut self) -> Parsed<Type> {
        let start = self.token().start;
        self.height = 1;
        match self.kind() {
            TokenKind::Identifier => self.named_type(),
            TokenKind::Integer => {
                self.advance();
                Ok(self.make_type(TypeKind::Literal { text: false }, start))
            }
            TokenKind::String | TokenKind::StringStart => {
                self.string()?;
                Ok(self.make_type(TypeKind::Literal { text: true }, start))
            }
            TokenKind::LeftBrace => self.object_type(),
            TokenKind::LeftBracket => self.tuple_type(),
            TokenKind::LeftParen => {
                self.advance();
                self.skip_new_lines();
                let inner = self.type_expression()?;
                self.skip_new_lines();
                self.expect(TokenKind::RightParen, "')'")?;
                Ok(inner)
            }
            _ => Err(self.expected("a type")),
        }
    }

    fn named_type(&mut self) -> Parsed<Type> {
        let start = self.token().start;
        let name = self.identifier("a type")?;
        let is_string = matches!(self.kind(), TokenKind::String | TokenKind::StringStart);
        if &*name.name == "resource" && is_string {
            self.string()?;
            return Ok(self.make_type(TypeKind::Resource, start));
        }
        let kind = match &*name.name {
            "null" => TypeKind::Null,
            "true" | "false" => TypeKind::Literal { text: false },
            _ => TypeKind::Name((&*name.name).into()),
        };
        Ok(self.make_type(kind, start))
    }

    fn type_arguments(&mut self) -> Parsed<()> {
        loop {
            self.skip_new_lines();
            self.type_expression()?;
            self.skip_new_lines();
            if self.eat(TokenKind::Greater) {
                return Ok(());
            }
            self.expect(TokenKind::Comma, "',' or '>'")?;
        }
    }

    fn object_type(&mut self) -> Parsed<Type> {
        let start = self.advance().start;
        let mut members = Vec::new();
        let mut height = 0;
        loop {
            self.skip_new_lines();
            if self.eat(TokenKind::RightBrace) {
                self.grown(height)?;
                return Ok(self.make_type(TypeKind::Object(members), start));
            }
            members.push(self.type_member()?);
            height = height.max(self.height);
            self.separator(TokenKind::RightBrace, "',', a new line or '}'")?;
        }
    }

    fn type_member(&mut self) -> Parsed<TypeMember> {
        let decorators = self.decorators()?;
        let name = match self.kind() {
            TokenKind::Star => {
                self.advance();
                None
            }
            TokenKind::String => self.string()?.as_text().map(Into::into),
            _ => Some((&*self.identifier("the name of a member, '*' or '}'")?.name).into()),
        };
        self.expect(TokenKind::Colon, "':' behind the name of the member")?;
        self.skip_new_lines();
        let ty = self.type_expression()?;
        Ok(TypeMember { name, decorators, ty })
    }

    fn tuple_type(&mut self) -> Parsed<Type> {
        let start = self.advance().start;
        let mut items = Vec::new();
        let mut height = 0;
        loop {
            self.skip_new_lines();
            if self.eat(TokenKind::RightBracket) {
                self.grown(height)?;
                return Ok(self.make_type(TypeKind::Tuple(items), start));
            }
            self.decorators()?;
            items.push(self.type_expression()?);
            height = height.max(self.height);
            self.separator(TokenKind::RightBracket, "',', a new line or ']'")?;
        }
    }
}
