//! The function library of ARM templates and Bicep, one file per family of the documentation.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions>
//!
//! Each family is a table of [`Function`]s. A [`Body::Pure`] one only ever sees values of which all is
//! known; a [`Body::Partial`] one sees what there is, and answers `None` where it depends on what is
//! unknown; a [`Body::Lazy`] one gets its arguments unevaluated. Whatever the body, the result for
//! unknown arguments is named by the function and its arguments, so equal calls are equal values.

mod args;
mod array;
mod cidr;
mod comparison;
mod date;
mod encoding;
mod files;
mod hash;
mod lambda;
mod logical;
mod loops;
mod numeric;
mod object;
mod resource;
mod scope;
mod string;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::model::{GapCode, Kind, Text, Value};

use super::dialect::kind_name;
use super::place::within;
use super::{Call, Evaluator, Expr, ExprKind, Fault, Val};

pub(super) use logical::{all_or_any, choose, coalesce};
pub(super) use loops::{copy_loop, for_loop};

/// A function of the library.
struct Function {
    /// The name as documented; found without case.
    name: &'static str,
    /// Fewest and most arguments.
    arity: (usize, usize),
    /// Whether an unknown result is known to be a string.
    text: bool,
    /// What it does.
    body: Body,
}

type Pure = fn(&[Val]) -> Result<Value, Fault>;
type Partial = fn(&mut Evaluator<'_>, &[Val], &Expr) -> Result<Option<Value>, Fault>;
type Lazy = fn(&mut Evaluator<'_>, &Call, &Expr) -> Result<Val, Fault>;

#[derive(Clone, Copy)]
enum Body {
    /// Called only when all arguments are known.
    Pure(Pure),
    /// Called with what is known; `None`: it depends on what is not.
    Partial(Partial),
    /// Called with unevaluated arguments.
    Lazy(Lazy),
    /// Known only to the deployment; equal calls have equal values.
    Deployed,
    /// Another value at each use.
    Fresh,
}

/// Any number of arguments.
const MANY: usize = usize::MAX;

const fn pure(name: &'static str, arity: (usize, usize), body: Pure) -> Function {
    Function { name, arity, text: false, body: Body::Pure(body) }
}

const fn pure_text(name: &'static str, arity: (usize, usize), body: Pure) -> Function {
    Function { name, arity, text: true, body: Body::Pure(body) }
}

const fn partial(name: &'static str, arity: (usize, usize), body: Partial) -> Function {
    Function { name, arity, text: false, body: Body::Partial(body) }
}

const fn partial_text(name: &'static str, arity: (usize, usize), body: Partial) -> Function {
    Function { name, arity, text: true, body: Body::Partial(body) }
}

const fn lazy(name: &'static str, arity: (usize, usize), body: Lazy) -> Function {
    Function { name, arity, text: false, body: Body::Lazy(body) }
}

const FAMILIES: &[&[Function]] = &[
    array::FUNCTIONS,
    cidr::FUNCTIONS,
    comparison::FUNCTIONS,
    date::FUNCTIONS,
    encoding::FUNCTIONS,
    files::FUNCTIONS,
    hash::FUNCTIONS,
    lambda::FUNCTIONS,
    logical::FUNCTIONS,
    loops::FUNCTIONS,
    numeric::FUNCTIONS,
    object::FUNCTIONS,
    resource::FUNCTIONS,
    scope::FUNCTIONS,
    string::FUNCTIONS,
];

fn find(name: &str) -> Option<&'static Function> {
    static INDEX: OnceLock<HashMap<String, &'static Function>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        FAMILIES.iter().flat_map(|family| family.iter()).map(|f| (f.name.to_ascii_lowercase(), f)).collect()
    });
    match index.get(name) {
        Some(function) => Some(function),
        None => index.get(&name.to_ascii_lowercase()).copied(),
    }
}

/// Calls a function of the library.
pub(super) fn call(ev: &mut Evaluator<'_>, call: &Call, expr: &Expr) -> Result<Val, Fault> {
    let builtin = match &call.receiver {
        None => true,
        Some(receiver) => matches!(&receiver.kind, ExprKind::Name(name) if matches!(&**name, "az" | "sys")),
    };
    if let (false, Some(receiver)) = (builtin, &call.receiver) {
        return resource_method(ev, call, receiver, expr);
    }
    let Some(function) = find(&call.name) else {
        if is_list_function(&call.name) {
            let args = evaluate(ev, &call.args);
            return Ok(unknown(ev, &call.name, &args, false, expr));
        }
        return Err(Fault::new(GapCode::UnresolvedReference, format!("there is no function '{}'", call.name)));
    };
    check_arity(function, call.args.len())?;
    if let Body::Lazy(body) = function.body {
        return body(ev, call, expr);
    }
    let args = evaluate(ev, &call.args);
    run(ev, function, &args, expr)
}

/// Calls a function of the library with evaluated arguments.
pub(super) fn invoke(ev: &mut Evaluator<'_>, name: &str, args: &[Val], expr: &Expr) -> Result<Val, Fault> {
    let function = find(name).ok_or_else(|| Fault::expression(format!("there is no function '{name}'")))?;
    run(ev, function, args, expr)
}

fn run(ev: &mut Evaluator<'_>, function: &Function, args: &[Val], expr: &Expr) -> Result<Val, Fault> {
    let failed = |fault: Fault| Fault { message: format!("{}: {}", function.name, fault.message), ..fault };
    let result = match function.body {
        Body::Pure(body) => match args.iter().all(|arg| ev.session().is_known(arg)) {
            true => Some(body(args).map_err(failed)?),
            false => None,
        },
        Body::Partial(body) => body(ev, args, expr).map_err(failed)?,
        Body::Deployed => None,
        Body::Fresh => return Ok(ev.opaque(expr).into()),
        Body::Lazy(_) => return Err(failed(Fault::expression("cannot be used here"))),
    };
    let Some(mut value) = result else {
        return Ok(unknown(ev, function.name, args, function.text, expr));
    };
    if value.span.is_none() {
        value.span = given(args, expr);
    }
    match &value.kind {
        Kind::Array(items) => ev.limited_len(items.len())?,
        Kind::Text(text) => ev.check_text(text)?,
        _ => {}
    }
    Ok(value.into())
}

/// The unknown result of a function.
fn unknown(ev: &Evaluator<'_>, name: &str, args: &[Val], text: bool, expr: &Expr) -> Val {
    let mut value = ev.derived_of(name, args.iter().map(|arg| &**arg), text, expr);
    value.span = given(args, expr);
    Val::Owned(value)
}

/// Where the first argument was given that is not written here: a computed value was given where its
/// parameter was.
fn given(args: &[Val], expr: &Expr) -> Option<crate::model::Span> {
    args.iter().find_map(|arg| arg.supplied.or(arg.span).filter(|span| !within(*span, expr.span)))
}

fn evaluate(ev: &mut Evaluator<'_>, args: &[Expr]) -> Vec<Val> {
    args.iter().map(|arg| ev.value(arg)).collect()
}

fn check_arity(function: &Function, count: usize) -> Result<(), Fault> {
    let (fewest, most) = function.arity;
    if (fewest..=most).contains(&count) {
        return Ok(());
    }
    let wanted = match (fewest, most) {
        (fewest, MANY) => format!("at least {fewest}"),
        (fewest, most) if fewest == most => fewest.to_string(),
        (fewest, most) => format!("{fewest} to {most}"),
    };
    Err(Fault::expression(format!("{}: takes {wanted} arguments, not {count}", function.name)))
}

/// `listKeys`, `listAccountSas`, … exist per resource type; all start so.
/// <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource#list>
fn is_list_function(name: &str) -> bool {
    name.len() > 4 && name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("list"))
}

/// A method of a resource: `storage.listKeys()`, `vault.getSecret('x')`.
fn resource_method(ev: &mut Evaluator<'_>, call: &Call, receiver: &Expr, expr: &Expr) -> Result<Val, Fault> {
    if !is_list_function(&call.name) && !call.name.eq_ignore_ascii_case("getSecret") {
        let name = ev.session().source(receiver.span);
        let message = format!("there is no function '{}' of '{name}'", call.name);
        return Err(Fault::new(GapCode::UnresolvedReference, message));
    }
    let mut args = vec![ev.value(receiver)];
    args.extend(evaluate(ev, &call.args));
    Ok(unknown(ev, &call.name, &args, false, expr))
}

/// A value as text, as `string()` and interpolation see it.
pub(super) fn to_text(ev: &Evaluator<'_>, value: &Value) -> Text {
    match &value.kind {
        Kind::Null => Text::default(),
        Kind::Bool(true) => Text::known("True"),
        Kind::Bool(false) => Text::known("False"),
        Kind::Number(number) => Text::known(number.to_string()),
        Kind::Text(text) => text.clone(),
        Kind::Unknown(_) => match value.as_text() {
            Some(text) => text,
            None => hole_of(ev, value),
        },
        Kind::Array(_) | Kind::Object(_) => match value.to_json() {
            Some(json) => Text::known(json.to_string()),
            None => hole_of(ev, value),
        },
    }
}

fn hole_of(ev: &Evaluator<'_>, value: &Value) -> Text {
    let deployment = &ev.scope().deployment;
    let name = format!("string({})", super::canonical(value, deployment));
    Text::hole(crate::model::Hole::new(deployment, &name))
}

/// An error about the type of an argument.
fn wrong(position: usize, wanted: &str, value: &Value) -> Fault {
    Fault::expression(format!("argument {} must be {wanted}, not {}", position + 1, kind_name(value)))
}
