//! Comparison functions.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-comparison>

use std::cmp::Ordering;

use crate::model::{Kind, Text, Unknown, Value};

use super::args::{self, of_bool};
use super::{Function, Val, partial, pure, wrong};
use crate::source::expr::Fault;

pub(super) const FUNCTIONS: &[Function] = &[
    partial("equals", (2, 2), |_, args, _| Ok(same(&args[0], &args[1]).map(of_bool))),
    partial("equalsInsensitive", (2, 2), |_, args, _| Ok(same_without_case(&args[0], &args[1]).map(of_bool))),
    pure("greater", (2, 2), |args| compare(args).map(|order| of_bool(order.is_gt()))),
    pure("greaterOrEquals", (2, 2), |args| compare(args).map(|order| of_bool(order.is_ge()))),
    pure("less", (2, 2), |args| compare(args).map(|order| of_bool(order.is_lt()))),
    pure("lessOrEquals", (2, 2), |args| compare(args).map(|order| of_bool(order.is_le()))),
];

fn compare(args: &[Val]) -> Result<Ordering, Fault> {
    match (&args[0].kind, &args[1].kind) {
        (Kind::Number(a), Kind::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Ok(a.cmp(&b)),
            _ => Ok(a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)),
        },
        (Kind::Text(_), Kind::Text(_)) => Ok(args::str(args, 0)?.cmp(args::str(args, 1)?)),
        (Kind::Number(_) | Kind::Text(_), _) => Err(wrong(1, "of the same type as the first", &args[1])),
        _ => Err(wrong(0, "a number or a string", &args[0])),
    }
}

/// Whether two values are equal, strings with case; `None` if that depends on what is unknown.
pub(super) fn same(a: &Value, b: &Value) -> Option<bool> {
    compare_values(a, b, &|a: &Text, b: &Text| match (a.as_known(), b.as_known()) {
        (Some(a), Some(b)) => Some(a == b),
        // Texts that differ without case differ with it; equal ones may differ in it.
        _ if a == b => Some(true),
        _ => a.same(b).filter(|same| !same),
    })
}

fn same_without_case(a: &Value, b: &Value) -> Option<bool> {
    compare_values(a, b, &|a: &Text, b: &Text| a.same(b))
}

fn compare_values(a: &Value, b: &Value, texts: &dyn Fn(&Text, &Text) -> Option<bool>) -> Option<bool> {
    match (&a.kind, &b.kind) {
        (
            Kind::Unknown(Unknown::Unresolved { text: Some(a), .. }),
            Kind::Unknown(Unknown::Unresolved { text: Some(b), .. }),
        ) if a == b => Some(true),
        (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) => None,
        (Kind::Text(a), Kind::Text(b)) => texts(a, b),
        (Kind::Null, Kind::Null) => Some(true),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(a == b || a.as_f64() == b.as_f64() && !(a.is_i64() && b.is_i64())),
        (Kind::Array(a), Kind::Array(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            all(a.iter().zip(b).map(|(a, b)| compare_values(a, b, texts)))
        }
        (Kind::Object(left), Kind::Object(right)) => {
            if left.len() != right.len() {
                return Some(false);
            }
            all(left.iter().map(|(name, member)| match b.get(name) {
                Some(other) => compare_values(member, other, texts),
                None => Some(false),
            }))
        }
        _ => Some(false),
    }
}

/// False if one is, else unknown if one is, else true.
fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for answer in answers {
        match answer {
            Some(true) => {}
            Some(false) => return Some(false),
            None => result = None,
        }
    }
    result
}
