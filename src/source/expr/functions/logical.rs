//! Logical functions, and the comparison function that is lazy. ARM evaluates only the branch that it
//! takes. <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-logical>

use crate::model::{Kind, Value};

use super::args::{self, of_bool};
use super::{Function, MANY, lazy, partial, pure, wrong};
use crate::source::expr::{Call, Evaluator, Expr, Fault, Val, canonical};

pub(super) const FUNCTIONS: &[Function] = &[
    lazy("and", (2, MANY), |ev, call, expr| all_or_any(ev, call.args.iter(), true, expr)),
    lazy("or", (2, MANY), |ev, call, expr| all_or_any(ev, call.args.iter(), false, expr)),
    lazy("if", (3, 3), if_function),
    lazy("coalesce", (1, MANY), |ev, call, expr| coalesce(ev, call.args.iter(), expr)),
    partial("not", (1, 1), |_, args, _| match &args[0].kind {
        Kind::Bool(bool) => Ok(Some(of_bool(!bool))),
        Kind::Unknown(_) => Ok(None),
        _ => Err(wrong(0, "a boolean", &args[0])),
    }),
    pure("bool", (1, 1), bool_function),
    pure("xor", (2, 2), |args| Ok(of_bool(args::bool(args, 0)? != args::bool(args, 1)?))),
    pure("true", (0, 0), |_| Ok(of_bool(true))),
    pure("false", (0, 0), |_| Ok(of_bool(false))),
    pure("null", (0, 0), |_| Ok(Value::new(Kind::Null))),
];

fn bool_function(args: &[Val]) -> Result<Value, Fault> {
    match &args[0].kind {
        Kind::Bool(bool) => Ok(of_bool(*bool)),
        Kind::Number(number) => Ok(of_bool(number.as_i64() != Some(0))),
        Kind::Text(_) => match args::str(args, 0)?.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(of_bool(true)),
            "false" | "0" => Ok(of_bool(false)),
            other => Err(Fault::expression(format!("'{other}' is neither true nor false"))),
        },
        _ => Err(wrong(0, "a string or a number", &args[0])),
    }
}

fn if_function(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Val, Fault> {
    let [condition, then, otherwise] = call.args.as_slice() else {
        return Err(Fault::expression("if: takes 3 arguments"));
    };
    choose(ev, condition, then, otherwise, expr)
}

/// `condition ? then : otherwise`. Of an unknown condition both branches are evaluated; what they
/// agree in stays known.
pub(in crate::source::expr) fn choose(
    ev: &mut Evaluator<'_>,
    condition: &Expr,
    then: &Expr,
    otherwise: &Expr,
    expr: &Expr,
) -> Result<Val, Fault> {
    let test = ev.value(condition);
    match &test.kind {
        Kind::Bool(true) => Ok(ev.value(then)),
        Kind::Bool(false) => Ok(ev.value(otherwise)),
        Kind::Unknown(_) => {
            let (then, otherwise) = ev.session().doubtfully(|| (ev.eval(then), ev.eval(otherwise)));
            Ok(Val::Owned(merge(ev, &test, then, otherwise, expr)))
        }
        _ => Err(Fault::expression(format!("a condition must be a boolean, not {}", super::kind_name(&test)))),
    }
}

/// What two branches agree in, the rest unknown.
fn merge(ev: &Evaluator<'_>, condition: &Value, then: Value, otherwise: Value, expr: &Expr) -> Value {
    if then.kind == otherwise.kind || canonical(&then, "") == canonical(&otherwise, "") {
        return then;
    }
    let either = |then: &Value, otherwise: &Value| {
        let text = matches!((&then.kind, &otherwise.kind), (Kind::Text(_), Kind::Text(_)));
        let mut value = ev.derived("if", &[condition.clone(), then.clone(), otherwise.clone()], text, expr);
        value.span = then.span;
        value
    };
    match (then.kind, otherwise.kind) {
        (Kind::Object(mut left), Kind::Object(right)) => {
            let absent = Value::new(Kind::Null);
            let right_names: Vec<String> = right.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
            let mut right: Vec<Option<(String, Value)>> = right.into_iter().map(Some).collect();
            for (name, member) in &mut left {
                let at = right_names.iter().position(|other| other.eq_ignore_ascii_case(name));
                let mine = std::mem::replace(member, Value::new(Kind::Null));
                *member = match at.and_then(|at| right[at].take()) {
                    Some((_, theirs)) => merge(ev, condition, mine, theirs, expr),
                    None => either(&mine, &absent),
                };
            }
            for (name, theirs) in right.into_iter().flatten() {
                let value = either(&absent, &theirs);
                left.push((name, Value { span: theirs.span, ..value }));
            }
            Value { kind: Kind::Object(left), span: then.span, supplied: then.supplied }
        }
        (Kind::Array(left), Kind::Array(right)) if left.len() == right.len() => {
            let items = left.into_iter().zip(right).map(|(a, b)| merge(ev, condition, a, b, expr)).collect();
            Value { kind: Kind::Array(items), span: then.span, supplied: then.supplied }
        }
        (left, right) => {
            let then = Value { kind: left, span: then.span, supplied: then.supplied };
            let otherwise = Value { kind: right, span: otherwise.span, supplied: otherwise.supplied };
            either(&then, &otherwise)
        }
    }
}

/// The value of an operand that Azure may not evaluate, if one before it is unknown.
fn value_after(ev: &mut Evaluator<'_>, operand: &Expr, unknown: bool) -> Val {
    if unknown { ev.session().doubtfully(|| ev.value(operand)) } else { ev.value(operand) }
}

/// `and` (`all`) and `or`: decided by the first operand that decides, or by a later known one if the
/// first is unknown.
pub(in crate::source::expr) fn all_or_any<'e>(
    ev: &mut Evaluator<'_>,
    operands: impl IntoIterator<Item = &'e Expr>,
    all: bool,
    expr: &Expr,
) -> Result<Val, Fault> {
    let name = if all { "and" } else { "or" };
    let mut unknown = Vec::new();
    for operand in operands {
        let value = value_after(ev, operand, !unknown.is_empty());
        match &value.kind {
            Kind::Bool(bool) if *bool != all => return Ok(of_bool(!all).into()),
            Kind::Bool(_) => {}
            Kind::Unknown(_) => unknown.push(value),
            _ => return Err(Fault::expression(format!("{name}: takes booleans, not {}", super::kind_name(&value)))),
        }
    }
    match unknown.as_slice() {
        [] => Ok(of_bool(all).into()),
        [one] => Ok(one.clone()),
        several => Ok(super::unknown(ev, name, several, false, expr)),
    }
}

/// The first operand that is not null.
pub(in crate::source::expr) fn coalesce<'e>(
    ev: &mut Evaluator<'_>,
    operands: impl IntoIterator<Item = &'e Expr>,
    expr: &Expr,
) -> Result<Val, Fault> {
    let mut unknown: Vec<Val> = Vec::new();
    for operand in operands {
        let value = value_after(ev, operand, !unknown.is_empty());
        match &value.kind {
            Kind::Null => {}
            // Of these it is not known whether they are null.
            Kind::Unknown(_) => unknown.push(value),
            _ if unknown.is_empty() => return Ok(value),
            _ => {
                unknown.push(value);
                break;
            }
        }
    }
    match unknown.as_slice() {
        [] => Ok(Value::new(Kind::Null).into()),
        [one] => Ok(one.clone()),
        several => Ok(super::unknown(ev, "coalesce", several, false, expr)),
    }
}
