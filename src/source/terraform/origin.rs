//! How an expression comes to its value: written there, from a variable of the module, or from what is
//! deployed.

use crate::model::ValueOrigin;

use super::module::Module;
use super::syntax::{Expr, ExprKind, Key, Piece, Step};

/// Locals that refer to locals are followed so far, and expressions as deep.
const MAX_DEPTH: usize = 100;

/// So many parts of expressions are looked at; a local counts each time that it is used.
const MAX_PARTS: usize = 10_000;

/// How an expression of a module comes to its value; `None` where that is too long to follow.
pub(super) fn origin_of(expr: &Expr, module: &Module) -> Option<ValueOrigin> {
    origin(expr, module, 0, &mut 0)
}

fn origin(expr: &Expr, module: &Module, depth: usize, parts: &mut usize) -> Option<ValueOrigin> {
    *parts += 1;
    if depth > MAX_DEPTH || *parts > MAX_PARTS {
        return None;
    }
    let mut of_all = |own: ValueOrigin, inner: Vec<&Expr>| {
        inner.into_iter().try_fold(own, |known, part| Some(known.max(origin(part, module, depth + 1, parts)?)))
    };
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::For(_) => Some(ValueOrigin::Expression),
        ExprKind::Access(base, steps) => {
            let first = match steps.first() {
                Some(Step::Attr(name)) => Some(name),
                _ => None,
            };
            let indices = steps.iter().filter_map(|step| match step {
                Step::Index(index) => Some(index),
                _ => None,
            });
            let indices: Vec<&Expr> = indices.collect();
            match (&base.kind, first) {
                (ExprKind::Name(name), _) if &**name == "var" => Some(ValueOrigin::Parameter),
                (ExprKind::Name(name), Some(local)) if &**name == "local" => {
                    let value = &module.locals.get(local)?.value;
                    of_all(ValueOrigin::Literal, [vec![value], indices].concat())
                }
                // A resource, a data source, `each`, `path`.
                (ExprKind::Name(_), _) => of_all(ValueOrigin::Expression, indices),
                _ => of_all(ValueOrigin::Literal, [vec![&**base], indices].concat()),
            }
        }
        ExprKind::Call(call) if call.args.is_empty() => Some(ValueOrigin::Expression),
        ExprKind::Call(call) => of_all(ValueOrigin::Literal, call.args.iter().collect()),
        ExprKind::Conditional(parts) => of_all(ValueOrigin::Literal, parts.iter().collect()),
        ExprKind::Not(inner) | ExprKind::Negate(inner) => of_all(ValueOrigin::Literal, vec![&**inner]),
        ExprKind::Binary(parts) => of_all(ValueOrigin::Literal, vec![&parts.0, &parts.2]),
        ExprKind::List(items) => of_all(ValueOrigin::Literal, items.iter().collect()),
        ExprKind::Object(members) => {
            let keys = members.iter().filter_map(|member| match &member.key {
                Key::Expr(key) => Some(key),
                Key::Name(_) => None,
            });
            of_all(ValueOrigin::Literal, members.iter().map(|member| &member.value).chain(keys).collect())
        }
        // Directives of a template (`%{ if }`) have expressions of their own.
        ExprKind::Template(pieces) => {
            let mut inner = Vec::new();
            for piece in pieces {
                match piece {
                    Piece::Literal(_) => {}
                    Piece::Expr(expr) => inner.push(expr),
                    // A directive may hold anything.
                    _ => return Some(ValueOrigin::Expression),
                }
            }
            of_all(ValueOrigin::Literal, inner)
        }
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) => Some(ValueOrigin::Literal),
    }
}
