//! Bicep's functions that read files beside the source when it is compiled, and its other compile-time
//! functions. <https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-files>

use crate::model::{GapCode, Hole, Kind, Text, Value};

use super::args::{self, value};
use super::{Body, Function, Val, lazy, partial, partial_text};
use crate::source::expr::{Call, Evaluator, Expr, ExprKind, Fault};

pub(super) const FUNCTIONS: &[Function] = &[
    partial_text("loadTextContent", (1, 2), |ev, args, expr| {
        let text = load(ev, args, expr)?;
        Ok(Some(Value::string(&*text)))
    }),
    partial_text("loadFileAsBase64", (1, 1), |ev, args, expr| {
        let text = load(ev, args, expr)?;
        Ok(Some(Value::string(super::encoding::encode(text.as_bytes()))))
    }),
    partial("loadJsonContent", (1, 3), load_json),
    partial("loadYamlContent", (1, 3), load_yaml),
    Function { name: "loadDirectoryFileInfo", arity: (1, 2), text: false, body: Body::Deployed },
    partial_text("readEnvironmentVariable", (1, 2), environment_variable),
    lazy("nameof", (1, 1), name_of),
];

fn load(ev: &mut Evaluator<'_>, args: &[Val], expr: &Expr) -> Result<std::sync::Arc<str>, Fault> {
    let path = args::str(args, 0)?;
    ev.env().load(path, expr.span, ev)
}

/// What a JSON path (`$.a.b`, `a[0]`) selects, or all.
fn select(root: Value, args: &[Val]) -> Result<Value, Fault> {
    if args.len() < 2 || args[1].is_null() {
        return Ok(root);
    }
    let path = args::str(args, 1)?;
    let mut at = root;
    for name in path.trim_start_matches('$').split(['.', '[']).map(|name| name.trim_end_matches(']')) {
        let name = name.trim_matches(['\'', '"']);
        if name.is_empty() {
            continue;
        }
        let next = match &mut at.kind {
            Kind::Array(items) => name.parse().ok().filter(|at| *at < items.len()).map(|at| items.swap_remove(at)),
            Kind::Object(members) => {
                let found = members.iter().position(|(key, _)| key == name);
                found.map(|found| members.swap_remove(found).1)
            }
            _ => None,
        };
        at = next.ok_or_else(|| Fault::expression(format!("the file has nothing at '{path}'")))?;
    }
    Ok(at)
}

fn load_json(ev: &mut Evaluator<'_>, args: &[Val], expr: &Expr) -> Result<Option<Value>, Fault> {
    let text = load(ev, args, expr)?;
    let path = args::str(args, 0)?;
    let root = crate::source::expr::json_value(&text)
        .map_err(|error| Fault::new(error.fault.code, format!("{path}: {}", error.fault.message)))?;
    select(root, args).map(Some)
}

fn load_yaml(ev: &mut Evaluator<'_>, args: &[Val], expr: &Expr) -> Result<Option<Value>, Fault> {
    use saphyr::LoadableYamlNode;
    let text = load(ev, args, expr)?;
    let path = args::str(args, 0)?;
    let documents = saphyr::Yaml::load_from_str(&text)
        .map_err(|error| Fault::new(GapCode::SyntaxError, format!("{path} is no YAML: {error}")))?;
    let root = documents.first().map_or_else(|| value(Kind::Null), |document| from_yaml(document, 0));
    select(root, args).map(Some)
}

fn from_yaml(node: &saphyr::Yaml<'_>, depth: usize) -> Value {
    use saphyr::{Scalar, Yaml};
    if depth > 100 {
        return value(Kind::Null);
    }
    value(match node {
        Yaml::Value(Scalar::String(text)) => Kind::Text(Text::known(&**text)),
        Yaml::Value(Scalar::Integer(int)) => Kind::Number((*int).into()),
        Yaml::Value(Scalar::Boolean(bool)) => Kind::Bool(*bool),
        Yaml::Value(Scalar::FloatingPoint(float)) => {
            serde_json::Number::from_f64(float.into_inner()).map_or(Kind::Null, Kind::Number)
        }
        Yaml::Sequence(items) => Kind::Array(items.iter().map(|item| from_yaml(item, depth + 1)).collect()),
        Yaml::Mapping(members) => {
            let name = |key: &Yaml<'_>| match key {
                Yaml::Value(Scalar::String(text)) => Some(text.to_string()),
                Yaml::Value(Scalar::Integer(int)) => Some(int.to_string()),
                Yaml::Value(Scalar::Boolean(bool)) => Some(bool.to_string()),
                _ => None,
            };
            let pairs = members.iter().filter_map(|(key, member)| Some((name(key)?, from_yaml(member, depth + 1))));
            Kind::Object(pairs.collect())
        }
        _ => Kind::Null,
    })
}

/// A variable of the environment of whoever deploys: never known, the same at each use.
fn environment_variable(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let name = args::str(args, 0)?;
    let hole = Hole::new(&ev.scope().deployment, &format!("readEnvironmentVariable('{name}')"));
    Ok(Some(args::of_text(Text::hole(hole))))
}

/// The name of a symbol or member.
fn name_of(_: &mut Evaluator<'_>, call: &Call, _: &Expr) -> Result<Val, Fault> {
    match &call.args[0].kind {
        ExprKind::Name(name) => Ok(Value::string(&**name).into()),
        ExprKind::Member(access) => Ok(Value::string(&*access.name).into()),
        ExprKind::Index(access) if access.index.as_text().is_some() => {
            Ok(Value::string(access.index.as_text().unwrap_or_default()).into())
        }
        _ => Err(Fault::expression("nameof: takes the name of a symbol or member")),
    }
}
