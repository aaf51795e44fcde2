//! Declarations.

use super::super::syntax::{
    Body, Declaration, DeclarationKind, Extension, Func, Import, Imported, Module, Named, Param, Repeat, Resource,
};
use super::super::token::TokenKind;
use super::expressions::LoopHead;
use super::{Failed, Parsed, Parser};
use crate::source::expr::{Expr, ExprKind, Lambda, Property};

/// A resource declared in the body of another, with its decorators.
pub(super) type Child = (Vec<Expr>, Resource);

impl Parser<'_> {
    /// One declaration; `None` for one that deploys nothing and is of no further use.
    pub(super) fn declaration(&mut self) -> Parsed<Option<Declaration>> {
        let start = self.token().start;
        let decorators = self.decorators()?;
        let kind = self.declaration_kind()?;
        Ok(kind.map(|kind| Declaration { decorators, kind, span: self.span_from(start) }))
    }

    pub(super) fn decorators(&mut self) -> Parsed<Vec<Expr>> {
        let mut decorators = Vec::new();
        while self.eat(TokenKind::At) {
            decorators.push(self.nested(Self::postfix)?);
            self.skip_new_lines();
        }
        Ok(decorators)
    }

    fn declaration_kind(&mut self) -> Parsed<Option<DeclarationKind>> {
        if !self.is(TokenKind::Identifier) {
            return Err(self.expected("a declaration"));
        }
        let start = self.token().start;
        let word = self.token_text();
        if !super::DECLARATIONS.contains(&word) {
            return Err(self.expected("a declaration such as param, var, resource, module or output"));
        }
        self.advance();
        Ok(Some(match word {
            "targetScope" => DeclarationKind::TargetScope(self.assigned()?),
            "metadata" => {
                self.identifier("a name")?;
                self.assigned()?;
                DeclarationKind::Metadata
            }
            "param" => DeclarationKind::Param(self.param()?),
            "var" => DeclarationKind::Var(self.named("the name of the variable")?),
            "output" => DeclarationKind::Output(self.output()?),
            "resource" => DeclarationKind::Resource(Box::new(self.resource(start, false)?)),
            "module" => DeclarationKind::Module(Box::new(self.module(start)?)),
            "type" => {
                let name = self.identifier("the name of the type")?;
                self.assign()?;
                DeclarationKind::Type(name, self.type_expression()?)
            }
            "func" => DeclarationKind::Func(self.func()?),
            "import" => return self.import(),
            "using" => DeclarationKind::Using(self.using()?),
            "extends" => DeclarationKind::Extends(self.expression()?),
            "extension" | "provider" => DeclarationKind::Extension(self.extension()?),
            "extensionConfig" => {
                self.expression()?;
                self.with_clause()?;
                return Ok(None);
            }
            "assert" => {
                self.named("the name of the assertion")?;
                DeclarationKind::Assert
            }
            _ => {
                // `test`: runs assertions of another file, deploys nothing.
                self.module(start)?;
                return Ok(None);
            }
        }))
    }

    fn assign(&mut self) -> Parsed<()> {
        self.expect(TokenKind::Assign, "'='")?;
        let broken = self.is(TokenKind::NewLine);
        self.skip_new_lines();
        // Nothing behind the equals sign: what follows is the next declaration, not the value.
        let is_name = matches!(self.kind_after(1), TokenKind::Identifier | TokenKind::String);
        if broken && self.starts_declaration() && is_name {
            return Err(self.expected("a value"));
        }
        Ok(())
    }

    fn assigned(&mut self) -> Parsed<Expr> {
        self.assign()?;
        self.expression()
    }

    fn param(&mut self) -> Parsed<Param> {
        let name = self.identifier("the name of the parameter")?;
        let has_type = match self.kind() {
            TokenKind::Assign | TokenKind::End => false,
            // A union may start on the next line.
            TokenKind::NewLine => self.kind_past_new_lines().0 == TokenKind::Pipe,
            _ => true,
        };
        let ty = if has_type { Some(self.type_expression()?) } else { None };
        let value = if self.is(TokenKind::Assign) { Some(self.assigned()?) } else { None };
        if ty.is_none() && value.is_none() {
            return Err(self.expected("the type of the parameter or '='"));
        }
        Ok(Param { name, ty, value })
    }

    /// `name type = value`, where the type may be left out.
    fn named(&mut self, what: &str) -> Parsed<Named> {
        let name = self.identifier(what)?;
        if !self.is(TokenKind::Assign) && !self.is(TokenKind::NewLine) {
            self.type_expression()?;
        }
        let value = self.assigned()?;
        Ok(Named { name, value })
    }

    fn output(&mut self) -> Parsed<Named> {
        let name = self.identifier("the name of the output")?;
        if self.is(TokenKind::Assign) {
            return Err(self.expected("the type of the output"));
        }
        self.type_expression()?;
        let value = self.assigned()?;
        Ok(Named { name, value })
    }

    fn resource(&mut self, start: u32, is_child: bool) -> Parsed<Resource> {
        let name = self.identifier("the symbolic name of the resource")?;
        let ty = self.quoted("the type of the resource, 'Namespace/type@version'")?;
        let existing = self.eat_word("existing");
        let header = self.span_from(start);
        let body = if is_child { self.body(true)? } else { self.body_or_error(true) };
        Ok(Resource { name, ty, existing, body, header })
    }

    fn module(&mut self, start: u32) -> Parsed<Module> {
        let name = self.identifier("the symbolic name of the module")?;
        let path = self.quoted("the path of the module")?;
        let header = self.span_from(start);
        let body = self.body_or_error(false);
        Ok(Module { name, path, body, header })
    }

    fn quoted(&mut self, what: &str) -> Parsed<Expr> {
        if !matches!(self.kind(), TokenKind::String | TokenKind::StringStart) {
            return Err(self.expected(what));
        }
        self.string()
    }

    /// What follows the name and type of a resource or module. If it cannot be read, the resource
    /// stays, with a body of which nothing is known.
    fn body_or_error(&mut self, is_resource: bool) -> Body {
        let before = self.at;
        let start = self.token().start;
        let depth = self.depth;
        self.body(is_resource).unwrap_or_else(|Failed| {
            self.depth = depth;
            self.synchronize(before);
            let object = self.expr(ExprKind::Error("its declaration does not follow the grammar".into()), start);
            new_body(None, None, object, Vec::new())
        })
    }

    fn body(&mut self, is_resource: bool) -> Parsed<Body> {
        self.nested(|parser| parser.body_inner(is_resource))
    }

    fn body_inner(&mut self, is_resource: bool) -> Parsed<Body> {
        self.skip_new_lines();
        self.assign()?;
        let mut children = Vec::new();
        if !self.is(TokenKind::LeftBracket) {
            let condition = self.condition()?;
            let object = self.object(is_resource.then_some(&mut children))?;
            return Ok(new_body(None, condition, object, children));
        }
        self.advance();
        self.skip_new_lines();
        if !self.is_loop() {
            return Err(self.expected("a loop: '[for item in list: { … }]'"));
        }
        let LoopHead { item, index, list } = self.loop_head()?;
        let condition = self.condition()?;
        let object = self.object(is_resource.then_some(&mut children))?;
        self.skip_new_lines();
        self.expect(TokenKind::RightBracket, "']' behind the loop")?;
        Ok(new_body(Some(Repeat { item, index, list }), condition, object, children))
    }

    /// Whether a nested resource or its decorators start here, rather than a property.
    pub(super) fn at_child(&self) -> bool {
        let is_quoted = matches!(self.kind_after(2), TokenKind::String | TokenKind::StringStart);
        let is_resource = self.is_word("resource") && self.kind_after(1) == TokenKind::Identifier && is_quoted;
        is_resource || self.is(TokenKind::At)
    }

    pub(super) fn child(&mut self) -> Parsed<Child> {
        let decorators = self.decorators()?;
        let start = self.token().start;
        if !self.eat_word("resource") {
            return Err(self.expected("'resource'"));
        }
        let child = self.resource(start, true)?;
        Ok((decorators, child))
    }

    fn func(&mut self) -> Parsed<Func> {
        let name = self.identifier("the name of the function")?;
        self.expect(TokenKind::LeftParen, "'('")?;
        let mut params = Vec::new();
        loop {
            self.skip_new_lines();
            if self.eat(TokenKind::RightParen) {
                break;
            }
            params.push(self.identifier("the name of a parameter")?.name);
            self.type_expression()?;
            self.skip_new_lines();
            if !self.eat(TokenKind::Comma) && !self.is(TokenKind::RightParen) {
                return Err(self.expected("',' or ')'"));
            }
        }
        self.type_expression()?;
        self.skip_new_lines();
        self.expect(TokenKind::Arrow, "'=>'")?;
        self.skip_new_lines();
        let body = self.expression()?;
        Ok(Func { name, lambda: Lambda { params, body } })
    }

    fn import(&mut self) -> Parsed<Option<DeclarationKind>> {
        let names = match self.kind() {
            TokenKind::Star => {
                self.advance();
                self.word("as")?;
                Imported::All(self.identifier("a name for what is imported")?)
            }
            TokenKind::LeftBrace => Imported::Named(self.imported_names()?),
            // `import 'kubernetes@1.0.0'` is how extensions were written once.
            _ => return Ok(Some(DeclarationKind::Extension(self.extension()?))),
        };
        self.skip_new_lines();
        self.word("from")?;
        let from = self.quoted("the path of the imported file")?;
        Ok(Some(DeclarationKind::Import(Import { names, from })))
    }

    fn imported_names(&mut self) -> Parsed<Vec<(std::sync::Arc<str>, super::Identifier)>> {
        self.advance();
        let mut names = Vec::new();
        loop {
            self.skip_new_lines();
            if self.eat(TokenKind::RightBrace) {
                return Ok(names);
            }
            let (there, here) = match self.kind() {
                TokenKind::String => {
                    let there = self.string()?.as_text().unwrap_or_default().into();
                    self.word("as")?;
                    (there, self.identifier("a name")?)
                }
                _ => {
                    let there = self.identifier("the name of an exported symbol or '}'")?;
                    let here = if self.eat_word("as") { self.identifier("a name")? } else { there.clone() };
                    (there.name, here)
                }
            };
            names.push((there, here));
            self.separator(TokenKind::RightBrace, "',', a new line or '}'")?;
        }
    }

    fn word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) {
            return Ok(());
        }
        Err(self.expected(&format!("'{word}'")))
    }

    fn using(&mut self) -> Parsed<Option<Expr>> {
        let template = if self.eat_word("none") { None } else { Some(self.quoted("the path of the template")?) };
        self.with_clause()?;
        Ok(template)
    }

    fn with_clause(&mut self) -> Parsed<()> {
        if self.eat_word("with") {
            self.expression()?;
        }
        Ok(())
    }

    fn extension(&mut self) -> Parsed<Extension> {
        let reference: Box<str> = match self.kind() {
            TokenKind::Identifier => (&*self.identifier("a name")?.name).into(),
            TokenKind::String => self.string()?.as_text().unwrap_or_default().into(),
            _ => return Err(self.expected("the name or reference of an extension")),
        };
        self.with_clause()?;
        let alias = if self.eat_word("as") { Some(self.identifier("a name")?.name) } else { None };
        Ok(Extension { reference, alias })
    }
}

/// A body; the members that mean something to the compiler itself are taken out of its object.
fn new_body(repeat: Option<Repeat>, condition: Option<Expr>, mut object: Expr, children: Vec<Child>) -> Body {
    let (name, parent, scope) = (take(&mut object, "name"), take(&mut object, "parent"), take(&mut object, "scope"));
    let params = take(&mut object, "params");
    take(&mut object, "dependsOn");
    Body { repeat, condition, object, name, parent, scope, params, children }
}

fn take(object: &mut Expr, name: &str) -> Option<Expr> {
    let ExprKind::Object(properties) = &mut object.kind else { return None };
    let is_it = |p: &Property| matches!(p, Property::Member(m) if m.key.as_text() == Some(name));
    let at = properties.iter().position(is_it)?;
    match properties.remove(at) {
        Property::Member(member) => Some(member.value),
        Property::Spread(_) => None,
    }
}
