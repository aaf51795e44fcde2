//! Functions that take a lambda.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-lambda>

use std::sync::Arc;

use crate::model::{Kind, Value};

use super::args::{of_int, value};
use super::{Function, Val, kind_name, lazy, unknown};
use crate::source::expr::{Call, Evaluator, Expr, ExprKind, Fault, Lambda, ObjectBuilder};

pub(super) const FUNCTIONS: &[Function] = &[
    lazy("map", (2, 2), map),
    lazy("filter", (2, 2), filter),
    lazy("reduce", (3, 3), reduce),
    lazy("sort", (2, 2), sort),
    lazy("toObject", (2, 3), to_object),
    lazy("groupBy", (2, 2), group_by),
    lazy("mapValues", (2, 2), map_values),
];

/// The list (or object) that is gone over, or the unknown result if it is not known.
fn source(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Arc<Value>, Val> {
    let source = ev.eval_shared(&call.args[0]);
    if !matches!(source.kind, Kind::Unknown(_)) {
        return Ok(source);
    }
    Err(depends(ev, call, &source, expr))
}

/// The unknown result of a function over a list: named by the list and the text of the lambdas.
fn depends(ev: &Evaluator<'_>, call: &Call, over: &Arc<Value>, expr: &Expr) -> Val {
    let mut args: Vec<Val> = vec![Val::Shared(over.clone())];
    for lambda in &call.args[1..] {
        args.push(Value::string(ev.session().source(lambda.span)).into());
    }
    args.extend(ev.context());
    unknown(ev, &call.name, &args, false, expr)
}

fn lambda(call: &Call, at: usize, most: usize) -> Result<&Lambda, Fault> {
    match &call.args[at].kind {
        ExprKind::Lambda(lambda) if (1..=most).contains(&lambda.params.len()) => Ok(lambda),
        ExprKind::Lambda(_) => {
            Err(Fault::expression(format!("{}: its lambda takes at most {most} arguments", call.name)))
        }
        _ => Err(Fault::expression(format!("{}: argument {} must be a lambda", call.name, at + 1))),
    }
}

fn items<'v>(call: &Call, list: &'v Value) -> Result<&'v [Value], Fault> {
    match &list.kind {
        Kind::Array(items) => Ok(items),
        _ => Err(Fault::expression(format!("{}: goes over a list, not {}", call.name, kind_name(list)))),
    }
}

fn with_index(item: &Value, index: usize) -> [Arc<Value>; 2] {
    [Arc::new(item.clone()), Arc::new(of_int(index as i64))]
}

fn map(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Val, Fault> {
    let lambda = lambda(call, 1, 2)?;
    let list = match source(ev, call, expr) {
        Ok(list) => list,
        Err(unknown) => return Ok(unknown),
    };
    let mut result = Vec::new();
    for (index, item) in items(call, &list)?.iter().enumerate() {
        result.push(ev.apply(lambda, &with_index(item, index)));
    }
    Ok(value(Kind::Array(result)).into())
}

fn filter(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Val, Fault> {
    let lambda = lambda(call, 1, 2)?;
    let list = match source(ev, call, expr) {
        Ok(list) => list,
        Err(unknown) => return Ok(unknown),
    };
    let mut result = Vec::new();
    for (index, item) in items(call, &list)?.iter().enumerate() {
        match ev.apply(lambda, &with_index(item, index)).kind {
            Kind::Bool(true) => result.push(item.clone()),
            Kind::Bool(false) => {}
            Kind::Unknown(_) => return Ok(depends(ev, call, &list, expr)),
            _ => return Err(Fault::expression("filter: its lambda must give a boolean")),
        }
    }
    Ok(value(Kind::Array(result)).into())
}

fn reduce(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Val, Fault> {
    let lambda = lambda(call, 2, 3)?;
    let list = match source(ev, call, expr) {
        Ok(list) => list,
        Err(unknown) => return Ok(unknown),
    };
    let mut result = ev.eval_shared(&call.args[1]);
    for (index, item) in items(call, &list)?.iter().enumerate() {
        let [item, index] = with_index(item, index);
        result = Arc::new(ev.apply(lambda, &[result, item, index]));
        if ev.session().is_exhausted() {
            break;
        }
    }
    Ok(Val::Shared(result))
}

fn sort(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Val, Fault> {
    let lambda = lambda(call, 1, 2)?;
    let list = match source(ev, call, expr) {
        Ok(list) => list,
        Err(unknown) => return Ok(unknown),
    };
    let items: Vec<Arc<Value>> = items(call, &list)?.iter().cloned().map(Arc::new).collect();
    let mut decided = true;
    let sorted = merge_sort(items, &mut |a, b| match ev.apply(lambda, &[a.clone(), b.clone()]).kind {
        Kind::Bool(before) => before,
        _ => {
            decided = false;
            true
        }
    });
    if !decided {
        return Ok(depends(ev, call, &list, expr));
    }
    Ok(value(Kind::Array(sorted.into_iter().map(Arc::unwrap_or_clone).collect())).into())
}

/// Stable, and content with any predicate, also with one that is no order.
fn merge_sort(mut items: Vec<Arc<Value>>, before: &mut dyn FnMut(&Arc<Value>, &Arc<Value>) -> bool) -> Vec<Arc<Value>> {
    if items.len() < 2 {
        return items;
    }
    let right = items.split_off(items.len() / 2);
    let mut left = merge_sort(items, before).into_iter().peekable();
    let mut right = merge_sort(right, before).into_iter().peekable();
    let mut result = Vec::with_capacity(left.len() + right.len());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if before(b, a) && !before(a, b) { right.next() } else { left.next() };
        result.extend(next);
    }
    result.extend(left);
    result.extend(right);
    result
}

fn to_object(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Val, Fault> {
    let key = lambda(call, 1, 1)?;
    let member = if call.args.len() > 2 { Some(lambda(call, 2, 1)?) } else { None };
    let list = match source(ev, call, expr) {
        Ok(list) => list,
        Err(unknown) => return Ok(unknown),
    };
    let mut builder = ObjectBuilder::default();
    for item in items(call, &list)? {
        let item = Arc::new(item.clone());
        let name = ev.apply(key, std::slice::from_ref(&item));
        let Some(name) = name.as_text() else {
            return Err(Fault::expression(format!("toObject: a name must be a string, not {}", kind_name(&name))));
        };
        let member = match member {
            Some(lambda) => ev.apply(lambda, std::slice::from_ref(&item)),
            None => Arc::unwrap_or_clone(item),
        };
        builder.insert(name.to_string(), member);
    }
    Ok(value(Kind::Object(builder.finish())).into())
}

fn group_by(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Val, Fault> {
    let lambda = lambda(call, 1, 2)?;
    let list = match source(ev, call, expr) {
        Ok(list) => list,
        Err(unknown) => return Ok(unknown),
    };
    let mut builder = ObjectBuilder::default();
    for (index, item) in items(call, &list)?.iter().enumerate() {
        let name = ev.apply(lambda, &with_index(item, index));
        let Some(name) = name.as_str() else {
            return Ok(depends(ev, call, &list, expr));
        };
        match builder.get_mut(name) {
            Some(Value { kind: Kind::Array(group), .. }) => group.push(item.clone()),
            _ => builder.insert(name, value(Kind::Array(vec![item.clone()]))),
        }
    }
    Ok(value(Kind::Object(builder.finish())).into())
}

fn map_values(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Val, Fault> {
    let lambda = lambda(call, 1, 1)?;
    let object = match source(ev, call, expr) {
        Ok(object) => object,
        Err(unknown) => return Ok(unknown),
    };
    let Kind::Object(members) = &object.kind else {
        return Err(Fault::expression(format!("mapValues: goes over an object, not {}", kind_name(&object))));
    };
    let mut result = Vec::with_capacity(members.len());
    for (name, member) in members {
        result.push((name.clone(), ev.apply(lambda, &[Arc::new(member.clone())])));
    }
    Ok(value(Kind::Object(result)).into())
}
