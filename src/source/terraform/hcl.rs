//! HCL text to [`Body`], through `hcl-edit`, which knows the byte range of every node.

use std::ops::Range;
use std::rc::Rc;

use hcl_edit::Span as _;
use hcl_edit::expr::{self as hcl, BinaryOperator, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{Body as HclBody, Structure};
use hcl_edit::template::{Directive, Element, Strip};

use crate::model::{FileId, Span};

use super::number::Num;
use super::syntax::{Attribute, Block, Body, Call, Expr, ExprKind, ForExpr, Key, Member, Operator, Piece, Step};

/// Why a text is not HCL, and the byte at which that shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub offset: u32,
    pub message: String,
}

/// The blocks and attributes of a `.tf` or `.tfvars` file.
pub(super) fn parse_body(text: &str, file: FileId) -> Result<Body, SyntaxError> {
    let body = hcl_edit::parser::parse_body(text).map_err(|error| syntax_error(&error))?;
    Ok(Reader { text, file, base: Base::File }.body(&body))
}

/// A single expression. All of it stands at `place`, for its own offsets are not those of a file.
pub(super) fn parse_expr(text: &str, place: Span) -> Result<Expr, SyntaxError> {
    let parsed = hcl_edit::parser::parse_expr(text).map_err(|error| syntax_error(&error))?;
    Ok(Reader { text, file: place.file, base: Base::Fixed(place) }.expr(&parsed))
}

/// A template without quotes: a string of JSON syntax, or the content of a template file.
pub(super) fn parse_template(text: &str, place: Span) -> Result<Vec<Piece>, SyntaxError> {
    let parsed = hcl_edit::parser::parse_template(text).map_err(|error| syntax_error(&error))?;
    Ok(Reader { text, file: place.file, base: Base::Fixed(place) }.pieces(parsed.iter()))
}

fn syntax_error(error: &hcl_edit::parser::Error) -> SyntaxError {
    let message = error.message().trim().replace('\n', "; ");
    SyntaxError { offset: error.location().offset() as u32, message }
}

/// Where the offsets of the parser lead.
enum Base {
    /// They are offsets into the file.
    File,
    /// The text was taken out of a string: all of it stands there.
    Fixed(Span),
}

struct Reader<'a> {
    text: &'a str,
    file: FileId,
    base: Base,
}

impl Reader<'_> {
    /// A range without the white space that the parser counts in.
    fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = match (&self.base, range) {
            (Base::Fixed(place), _) => return *place,
            (Base::File, range) => range.unwrap_or_default(),
        };
        let piece = self.text.get(range.clone()).unwrap_or("");
        let start = range.start + (piece.len() - piece.trim_start().len());
        let end = (range.start + piece.trim_end().len()).max(start);
        Span { file: self.file, start: start as u32, end: end as u32 }
    }

    fn body(&self, body: &HclBody) -> Body {
        let mut result = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let value = self.expr(&attribute.value);
                    let span = join(self.span(attribute.key.span()), value.span);
                    result.attributes.push(Attribute { name: attribute.key.as_str().into(), value, span });
                }
                Structure::Block(block) => result.blocks.push(self.block(block)),
            }
        }
        result
    }

    fn block(&self, block: &hcl_edit::structure::Block) -> Block {
        let mut header = self.span(block.ident.span());
        if let Some(last) = block.labels.last() {
            header = join(header, self.span(last.span()));
        }
        Block {
            name: block.ident.as_str().into(),
            labels: block.labels.iter().map(|label| label.as_str().into()).collect(),
            body: self.body(&block.body),
            header,
        }
    }

    fn expr(&self, expr: &hcl::Expression) -> Expr {
        let kind = match expr {
            hcl::Expression::Null(_) => ExprKind::Null,
            hcl::Expression::Bool(value) => ExprKind::Bool(*value.value()),
            hcl::Expression::Number(value) => ExprKind::Number(self.number(value)),
            hcl::Expression::String(value) => ExprKind::Text(value.as_str().into()),
            hcl::Expression::Array(items) => ExprKind::List(items.iter().map(|item| self.expr(item)).collect()),
            hcl::Expression::Object(object) => ExprKind::Object(self.members(object)),
            hcl::Expression::StringTemplate(template) => template_kind(self.pieces(template.iter())),
            hcl::Expression::HeredocTemplate(heredoc) => template_kind(self.pieces(heredoc.template.iter())),
            hcl::Expression::Parenthesis(inner) => return self.expr(inner.inner()),
            hcl::Expression::Variable(name) => ExprKind::Name(name.as_str().into()),
            hcl::Expression::Conditional(c) => ExprKind::Conditional(Box::new([
                self.expr(&c.cond_expr),
                self.expr(&c.true_expr),
                self.expr(&c.false_expr),
            ])),
            hcl::Expression::FuncCall(call) => ExprKind::Call(Box::new(self.call(call))),
            hcl::Expression::Traversal(traversal) => self.traversal(traversal),
            hcl::Expression::UnaryOp(op) => match op.operator.value() {
                UnaryOperator::Not => ExprKind::Not(Box::new(self.expr(&op.expr))),
                UnaryOperator::Neg => ExprKind::Negate(Box::new(self.expr(&op.expr))),
            },
            hcl::Expression::BinaryOp(op) => {
                let operator = operator(*op.operator.value());
                ExprKind::Binary(Box::new((self.expr(&op.lhs_expr), operator, self.expr(&op.rhs_expr))))
            }
            hcl::Expression::ForExpr(each) => ExprKind::For(Box::new(self.for_expr(each))),
        };
        Expr { kind, span: self.span(expr.span()) }
    }

    /// The digits as they are written: the parser's numbers have 64 bits.
    fn number(&self, value: &hcl_edit::Formatted<hcl_edit::Number>) -> Num {
        let written = value.span().and_then(|range| self.text.get(range)).map(str::trim);
        match written.and_then(Num::parse) {
            Some(number) => number,
            None => Num::from_f64(value.value().as_f64().unwrap_or_default()),
        }
    }

    fn members(&self, object: &hcl::Object) -> Vec<Member> {
        let member = |(key, value): (&hcl::ObjectKey, &hcl::ObjectValue)| {
            let value = self.expr(value.expr());
            let (key, place) = match key {
                hcl::ObjectKey::Ident(name) => (Key::Name(name.as_str().into()), self.span(name.span())),
                hcl::ObjectKey::Expression(expr) => {
                    let expr = self.expr(expr);
                    let place = expr.span;
                    match expr.kind {
                        ExprKind::Text(text) => (Key::Name(text), place),
                        kind => (Key::Expr(Expr { kind, span: place }), place),
                    }
                }
            };
            // The name of an identifier key has lost its range in the parser.
            let span = if place.start < place.end { join(place, value.span) } else { value.span };
            Member { key, value, span }
        };
        object.iter().map(member).collect()
    }

    fn call(&self, call: &hcl::FuncCall) -> Call {
        let mut name = String::new();
        for part in &call.name.namespace {
            name.push_str(part.as_str());
            name.push_str("::");
        }
        name.push_str(call.name.name.as_str());
        Call {
            name: name.into(),
            args: call.args.iter().map(|arg| self.expr(arg)).collect(),
            expand: call.args.expand_final(),
        }
    }

    fn traversal(&self, traversal: &hcl::Traversal) -> ExprKind {
        let step = |operator: &hcl_edit::Decorated<TraversalOperator>| match operator.value() {
            TraversalOperator::GetAttr(name) => Step::Attr(name.as_str().into()),
            TraversalOperator::Index(index) => Step::Index(self.expr(index)),
            TraversalOperator::LegacyIndex(index) => Step::LegacyIndex(*index.value()),
            TraversalOperator::AttrSplat(_) => Step::AttrSplat,
            TraversalOperator::FullSplat(_) => Step::FullSplat,
        };
        let steps = traversal.operators.iter().map(step).collect();
        ExprKind::Access(Box::new(self.expr(&traversal.expr)), steps)
    }

    fn for_expr(&self, each: &hcl::ForExpr) -> ForExpr {
        ForExpr {
            key_name: each.intro.key_var.as_ref().map(|name| name.as_str().into()),
            value_name: each.intro.value_var.as_str().into(),
            collection: self.expr(&each.intro.collection_expr),
            key: each.key_expr.as_ref().map(|key| self.expr(key)),
            value: self.expr(&each.value_expr),
            condition: each.cond.as_ref().map(|condition| self.expr(&condition.expr)),
            grouping: each.grouping,
        }
    }

    /// The pieces of a template. `~` takes the white space off the neighbouring literal.
    fn pieces<'e>(&self, elements: impl Iterator<Item = &'e Element>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut strip_next = false;
        for element in elements {
            match element {
                Element::Literal(literal) => {
                    let text: &str = literal.as_str();
                    let text = if strip_next { strip_start(text) } else { text };
                    strip_next = false;
                    pieces.push(Piece::Literal(text.to_owned()));
                }
                Element::Interpolation(interpolation) => {
                    strip_last(&mut pieces, interpolation.strip);
                    strip_next = strips_end(interpolation.strip);
                    pieces.push(Piece::Expr(self.expr(&interpolation.expr)));
                }
                Element::Directive(directive) => {
                    let (first, last) = outer_strips(directive);
                    strip_last(&mut pieces, first);
                    strip_next = strips_end(last);
                    pieces.push(self.directive(directive));
                }
            }
        }
        pieces
    }

    fn directive(&self, directive: &Directive) -> Piece {
        match directive {
            Directive::If(d) => {
                let after_then = d.else_expr.as_ref().map_or(d.endif_expr.strip, |other| other.strip);
                let then = self.inner(d.if_expr.template.iter(), d.if_expr.strip, after_then);
                let other = d
                    .else_expr
                    .as_ref()
                    .map_or_else(Vec::new, |other| self.inner(other.template.iter(), other.strip, d.endif_expr.strip));
                Piece::If { condition: self.expr(&d.if_expr.cond_expr), then, other }
            }
            Directive::For(d) => Piece::For {
                key_name: d.for_expr.key_var.as_ref().map(|name| name.as_str().into()),
                value_name: d.for_expr.value_var.as_str().into(),
                collection: self.expr(&d.for_expr.collection_expr),
                body: self.inner(d.for_expr.template.iter(), d.for_expr.strip, d.endfor_expr.strip),
            },
        }
    }

    /// The pieces between two markers, which may strip the first and the last literal.
    fn inner<'e>(&self, elements: impl Iterator<Item = &'e Element>, before: Strip, after: Strip) -> Vec<Piece> {
        let mut pieces = self.pieces(elements);
        if let (true, Some(Piece::Literal(text))) = (strips_end(before), pieces.first_mut()) {
            *text = strip_start(text).to_owned();
        }
        strip_last(&mut pieces, after);
        pieces
    }
}

fn template_kind(mut pieces: Vec<Piece>) -> ExprKind {
    match pieces.as_slice() {
        [] => ExprKind::Text("".into()),
        [Piece::Literal(text)] => ExprKind::Text(Rc::from(text.as_str())),
        _ => {
            pieces.retain(|piece| !matches!(piece, Piece::Literal(text) if text.is_empty()));
            ExprKind::Template(pieces)
        }
    }
}

/// The markers at the two ends of a directive.
fn outer_strips(directive: &Directive) -> (Strip, Strip) {
    match directive {
        Directive::If(d) => (d.if_expr.strip, d.endif_expr.strip),
        Directive::For(d) => (d.for_expr.strip, d.endfor_expr.strip),
    }
}

fn strips_end(strip: Strip) -> bool {
    matches!(strip, Strip::End | Strip::Both)
}

fn strip_last(pieces: &mut [Piece], strip: Strip) {
    if let (true, Some(Piece::Literal(text))) = (matches!(strip, Strip::Start | Strip::Both), pieces.last_mut()) {
        text.truncate(text.trim_end().len());
    }
}

/// White space behind a marker goes up to and with the first line break: the scanner of HCL hands
/// out literals line by line, and only the next one is stripped.
fn strip_start(text: &str) -> &str {
    match text.find('\n') {
        Some(line_end) if text[..line_end].trim().is_empty() => &text[line_end + 1..],
        _ => text.trim_start(),
    }
}

fn join(first: Span, last: Span) -> Span {
    Span { file: first.file, start: first.start, end: last.end.max(first.end) }
}

fn operator(operator: BinaryOperator) -> Operator {
    match operator {
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::NotEqual,
        BinaryOperator::LessEq => Operator::LessEqual,
        BinaryOperator::GreaterEq => Operator::GreaterEqual,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::Plus => Operator::Plus,
        BinaryOperator::Minus => Operator::Minus,
        BinaryOperator::Mul => Operator::Times,
        BinaryOperator::Div => Operator::Divide,
        BinaryOperator::Mod => Operator::Modulo,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Body {
        parse_body(text, FileId(0)).expect("it is HCL")
    }

    fn text_at(text: &str, span: Span) -> &str {
        &text[span.start as usize..span.end as usize]
    }

    #[test]
    fn an_attribute_reaches_from_its_name_to_the_end_of_its_value() {
        let text = "resource \"a\" \"b\" {\n  name   = \"x\" # why\n  tags = { a = 1 }\n}\n";
        let body = parse(text);
        let block = &body.blocks[0];
        assert_eq!(text_at(text, block.header), "resource \"a\" \"b\"");
        assert_eq!(text_at(text, block.body.attributes[0].span), "name   = \"x\"");
        let ExprKind::Object(members) = &block.body.attributes[1].value.kind else { panic!("an object") };
        assert!(text_at(text, members[0].span).ends_with('1'));
    }

    #[test]
    fn a_wrong_file_says_where() {
        let error = parse_body("a = 1\nb = {\n", FileId(0)).expect_err("it is open");
        assert!(error.offset >= 6, "{error:?}");
        assert!(!error.message.is_empty());
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let text = format!("a = {}1{}", "[".repeat(5000), "]".repeat(5000));
        assert!(parse_body(&text, FileId(0)).is_err());
        let text = format!("a = {}1", "1 + ".repeat(20000));
        assert!(parse_body(&text, FileId(0)).is_err());
    }
}
