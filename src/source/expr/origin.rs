//! How an expression comes to its value: written there, from a parameter, or from the deployment.

use crate::model::ValueOrigin;

use super::{Element, Expr, ExprKind, Property, Segment};

/// What a name or a call stands for.
pub enum Source<'e> {
    /// A parameter.
    Parameter,
    /// A variable with this value.
    Variable(&'e Expr),
    /// Neither.
    Other,
}

/// Variables that refer to variables are followed so far, and expressions as deep.
const MAX_DEPTH: usize = 100;

/// So many parts of expressions are looked at; a variable counts each time that it is used.
const MAX_PARTS: usize = 10_000;

/// How an expression comes to its value; `source_of` tells what its names stand for. `None` where that is too
/// long to follow.
pub fn origin_of<'e>(expr: &'e Expr, source_of: &dyn Fn(&'e Expr) -> Source<'e>) -> Option<ValueOrigin> {
    Tracer { source_of, parts: 0 }.origin(expr, 0)
}

struct Tracer<'e, 's> {
    source_of: &'s dyn Fn(&'e Expr) -> Source<'e>,
    parts: usize,
}

impl<'e> Tracer<'e, '_> {
    fn origin(&mut self, expr: &'e Expr, depth: usize) -> Option<ValueOrigin> {
        self.parts += 1;
        if depth > MAX_DEPTH || self.parts > MAX_PARTS {
            return None;
        }
        match (self.source_of)(expr) {
            Source::Parameter => return Some(ValueOrigin::Parameter),
            Source::Variable(value) => return self.origin(value, depth + 1),
            Source::Other => {}
        }
        let (own, inner): (ValueOrigin, Vec<&'e Expr>) = match &expr.kind {
            ExprKind::Name(_) => (ValueOrigin::Expression, Vec::new()),
            // `resourceGroup()`: what the deployment knows.
            ExprKind::Call(call) if call.args.is_empty() => (ValueOrigin::Expression, call.receiver.iter().collect()),
            ExprKind::Call(call) => (ValueOrigin::Literal, call.receiver.iter().chain(&call.args).collect()),
            ExprKind::Member(access) => (ValueOrigin::Literal, vec![&access.base]),
            ExprKind::Index(access) => (ValueOrigin::Literal, vec![&access.base, &access.index]),
            ExprKind::Unary(_, operand) | ExprKind::NonNull(operand) => (ValueOrigin::Literal, vec![operand]),
            ExprKind::Binary(_, operands) => (ValueOrigin::Literal, vec![&operands.0, &operands.1]),
            ExprKind::Ternary(parts) => (ValueOrigin::Literal, vec![&parts.0, &parts.1, &parts.2]),
            ExprKind::Interpolation(segments) => {
                let parts = segments.iter().filter_map(|segment| match segment {
                    Segment::Expr(expr) => Some(expr),
                    Segment::Text(_) => None,
                });
                (ValueOrigin::Literal, parts.collect())
            }
            ExprKind::Array(elements) => {
                let parts = elements.iter().map(|element| match element {
                    Element::Item(expr) | Element::Spread(expr) => expr,
                });
                (ValueOrigin::Literal, parts.collect())
            }
            ExprKind::Object(properties) => {
                let parts = properties.iter().map(|property| match property {
                    Property::Member(member) => &member.value,
                    Property::Spread(expr) => expr,
                });
                (ValueOrigin::Literal, parts.collect())
            }
            ExprKind::For(_) | ExprKind::Copy(_) | ExprKind::Lambda(_) => (ValueOrigin::Expression, Vec::new()),
            ExprKind::Error(_) => return None,
            _ => (ValueOrigin::Literal, Vec::new()),
        };
        inner.into_iter().try_fold(own, |origin, part| Some(origin.max(self.origin(part, depth + 1)?)))
    }
}
