//! `for` loops, ARM's `copy`, and `copyIndex`.

use std::sync::Arc;

use crate::model::{Kind, Value};

use super::args::{self, of_int};
use super::{Function, Val, lazy, unknown};
use crate::source::expr::ast::Copy;
use crate::source::expr::{Call, Evaluator, Expr, Fault, For};

pub(super) const FUNCTIONS: &[Function] = &[lazy("copyIndex", (0, 2), copy_index)];

/// `[for (item, index) in list: body]`.
pub(in crate::source::expr) fn for_loop(ev: &mut Evaluator<'_>, each: &For, expr: &Expr) -> Result<Value, Fault> {
    let list = ev.eval_shared(&each.list);
    let items = match &list.kind {
        Kind::Array(items) => items,
        Kind::Unknown(_) => return Ok(of_unknown_length(ev, &list, expr)),
        _ => return Err(Fault::expression(format!("a loop goes over a list, not {}", super::kind_name(&list)))),
    };
    ev.limited_len(items.len())?;
    let mut result = Vec::with_capacity(items.len());
    for (position, item) in items.iter().enumerate() {
        let item = Arc::new(item.clone());
        let index = Arc::new(of_int(position as i64));
        let kept = ev.with_local(each.item.clone(), item, |ev| {
            let name = each.index.clone().unwrap_or_else(|| Arc::from(""));
            ev.with_local(name, index, |ev| {
                let wanted = each.filter.as_ref().map(|filter| ev.eval(filter).kind);
                match wanted {
                    None | Some(Kind::Bool(true)) => Ok(Some(ev.eval_at(&each.body, each.body.span))),
                    Some(Kind::Bool(false)) => Ok(None),
                    Some(_) => Err(()),
                }
            })
        });
        match kept {
            Ok(value) => result.extend(value),
            Err(()) => return Ok(of_unknown_length(ev, &list, expr)),
        }
        if ev.session().is_exhausted() {
            break;
        }
    }
    Ok(Value::new(Kind::Array(result)).at(expr.span))
}

/// ARM's property and variable iteration.
pub(in crate::source::expr) fn copy_loop(ev: &mut Evaluator<'_>, copy: &Copy, expr: &Expr) -> Result<Value, Fault> {
    let count = ev.eval(&copy.count);
    let count = match &count.kind {
        Kind::Number(number) => number.as_u64().ok_or_else(|| Fault::expression("the count of a copy is negative"))?,
        Kind::Unknown(_) => return Ok(of_unknown_length(ev, &count, expr)),
        _ => return Err(Fault::expression(format!("the count of a copy is {}", super::kind_name(&count)))),
    };
    ev.limited_len(usize::try_from(count).unwrap_or(usize::MAX))?;
    let mut items = Vec::with_capacity(count as usize);
    for index in 0..count as i64 {
        let place = copy.input.span;
        let item = ev.with_iteration(copy.name.clone(), of_int(index), false, |ev| ev.eval_at(&copy.input, place));
        items.push(item);
        if ev.session().is_exhausted() {
            break;
        }
    }
    Ok(Value::new(Kind::Array(items)).at(expr.span))
}

/// A list of which not even the length is known.
fn of_unknown_length(ev: &Evaluator<'_>, over: &Value, expr: &Expr) -> Value {
    let mut args: Vec<Val> = vec![over.clone().into(), Value::string(ev.session().source(expr.span)).into()];
    args.extend(ev.context());
    unknown(ev, "for", &args, false, expr).into_owned().at(expr.span)
}

/// `copyIndex()`, `copyIndex(offset)`, `copyIndex('loop')`, `copyIndex('loop', offset)`.
fn copy_index(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Val, Fault> {
    let args: Vec<Val> = call.args.iter().map(|arg| ev.value(arg)).collect();
    let (name, offset) = match args.as_slice() {
        [] => (None, None),
        [one] if matches!(one.kind, Kind::Number(_)) => (None, Some(args::int(&args, 0)?)),
        [_] => (Some(args::str(&args, 0)?), None),
        [_, ..] => (Some(args::str(&args, 0)?), Some(args::int(&args, 1)?)),
    };
    let Some(index) = ev.iteration(name) else {
        return Err(Fault::expression("copyIndex: there is no such copy loop around it"));
    };
    match (&index.kind, offset) {
        (_, None | Some(0)) => Ok(index.clone().into()),
        (Kind::Number(number), Some(offset)) => {
            let sum = number.as_i64().and_then(|index| index.checked_add(offset));
            Ok(of_int(sum.ok_or_else(|| Fault::expression("copyIndex: the offset is too large"))?).into())
        }
        _ => {
            let index: Val = index.clone().into();
            Ok(unknown(ev, "add", &[index, of_int(offset.unwrap_or(0)).into()], false, expr))
        }
    }
}
