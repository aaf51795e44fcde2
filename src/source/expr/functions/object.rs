//! Functions on objects.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-object>

use crate::model::{Kind, Value};

use super::args::{self, is_unknown, value};
use super::{Function, MANY, partial, pure, wrong};
use crate::source::expr::{Evaluator, Expr, Fault, ObjectBuilder, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    partial("createObject", (0, MANY), create),
    partial("items", (1, 1), items),
    partial("objectKeys", (1, 1), keys),
    partial("shallowMerge", (1, 1), shallow_merge),
    pure("json", (1, 1), json),
    // Bicep: takes any type away, gives the value back.
    partial("any", (1, 1), |_, args, _| Ok(Some((*args[0]).clone()))),
];

fn create(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    if !args.len().is_multiple_of(2) {
        return Err(Fault::expression("takes names and values in turn"));
    }
    let mut builder = ObjectBuilder::default();
    for (pair, at) in args.chunks(2).zip((0..).step_by(2)) {
        let Some(name) = args::text(args, at)? else { return Ok(None) };
        builder.insert(name.to_string(), (*pair[1]).clone());
    }
    Ok(Some(value(Kind::Object(builder.finish()))))
}

/// Names in the order of `items` and `objectKeys`.
fn sorted(members: &[(String, Value)]) -> Vec<&(String, Value)> {
    let mut members: Vec<&(String, Value)> = members.iter().collect();
    members.sort_by_key(|(name, _)| name.to_lowercase());
    members
}

fn items(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    if is_unknown(&args[0]) {
        return Ok(None);
    }
    let pair = |(name, member): &(String, Value)| {
        let key = ("key".to_owned(), Value { span: member.span, ..Value::string(name.as_str()) });
        Value { span: member.span, ..value(Kind::Object(vec![key, ("value".to_owned(), member.clone())])) }
    };
    Ok(Some(value(Kind::Array(sorted(args::object(args, 0)?).into_iter().map(pair).collect()))))
}

fn keys(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    if is_unknown(&args[0]) {
        return Ok(None);
    }
    let name = |(name, _): &(String, Value)| Value::string(name.as_str());
    Ok(Some(value(Kind::Array(sorted(args::object(args, 0)?).into_iter().map(name).collect()))))
}

/// The members of all objects of a list; the last of a name wins.
fn shallow_merge(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    if is_unknown(&args[0]) {
        return Ok(None);
    }
    let mut builder = ObjectBuilder::default();
    for item in args::array(args, 0)? {
        match &item.kind {
            Kind::Object(members) => {
                members.iter().for_each(|(name, member)| builder.insert(name.clone(), member.clone()));
            }
            Kind::Unknown(_) => return Ok(None),
            _ => return Err(wrong(0, "a list of objects", item)),
        }
    }
    Ok(Some(value(Kind::Object(builder.finish()))))
}

fn json(args: &[Val]) -> Result<Value, Fault> {
    let text = args::str(args, 0)?;
    let parsed: serde_json::Value =
        serde_json::from_str(text).map_err(|error| Fault::expression(format!("the string is no JSON: {error}")))?;
    Ok(crate::model::Value::from_json(&parsed))
}
