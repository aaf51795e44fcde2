//! `yamldecode` and `yamlencode`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use saphyr::{LoadableYamlNode, Scalar, Yaml};

use super::super::value::MAX_NESTING;
use super::encoding::json_encode;
use super::{Answer, Kind, Num, Rc, Stop, Val, string, wrong};

pub(super) fn decode(text: &str) -> Answer {
    let documents =
        Yaml::load_from_str(text).map_err(|error| Stop::Wrong(format!("the string is not YAML: {error}")))?;
    match documents.as_slice() {
        [] => Ok(Val::null()),
        [document] => value_of(document, 0),
        _ => wrong("the string holds several documents"),
    }
}

const OLD_BOOLEANS: &[&str] = &["y", "yes", "on", "n", "no", "off"];

fn value_of(node: &Yaml, depth: usize) -> Answer {
    if depth > MAX_NESTING {
        return wrong("the YAML is nested too deep");
    }
    Ok(match node {
        Yaml::Value(Scalar::Null) => Val::null(),
        Yaml::Value(Scalar::Boolean(value)) => Val::bool(*value),
        Yaml::Value(Scalar::Integer(value)) => Val::int(*value),
        Yaml::Value(Scalar::FloatingPoint(value)) => Val::number(Num::from_f64(value.into_inner())),
        // Without quotes these are booleans to Terraform, which reads YAML 1.1; quotes are not seen here.
        Yaml::Value(Scalar::String(text)) if OLD_BOOLEANS.contains(&text.to_ascii_lowercase().as_str()) => {
            return Err(Stop::Unknown);
        }
        Yaml::Value(Scalar::String(text)) => Val::string(text.as_ref()),
        Yaml::Sequence(items) => {
            Val::list(items.iter().map(|item| value_of(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(members) => {
            let mut result: BTreeMap<Rc<str>, Val> = BTreeMap::new();
            for (key, member) in members {
                let key = value_of(key, depth + 1)?.to_text();
                let Some(key) = key.as_ref().and_then(|key| key.as_known()) else {
                    return wrong("a key is not a string");
                };
                result.insert(key.into(), value_of(member, depth + 1)?);
            }
            Val::object(result)
        }
        _ => return Err(Stop::Unknown),
    })
}

/// Block style with quoted strings and keys, as Terraform writes it.
pub(super) fn encode(value: &Val) -> Answer {
    if !value.is_wholly_known() {
        return Err(Stop::Unknown);
    }
    let mut out = String::new();
    write(value, 0, &mut out)?;
    if !out.ends_with('\n') {
        // A plain scalar alone is ended as a document.
        out.push_str(if matches!(value.kind, Kind::Number(_) | Kind::Bool(_) | Kind::Null) { "\n...\n" } else { "\n" });
    }
    string(out)
}

fn write(value: &Val, indent: usize, out: &mut String) -> Result<(), Stop> {
    match &value.kind {
        Kind::List(seq) | Kind::Set(seq) if !seq.items.is_empty() => {
            for item in &seq.items {
                let _ = write!(out, "{:indent$}- ", "");
                write_nested(item, indent + 2, out, true)?;
            }
        }
        Kind::Object(map) if !map.members.is_empty() => {
            for (name, member) in &map.members {
                let _ = write!(out, "{:indent$}{}:", "", quoted(name)?);
                write_nested(member, indent + 2, out, false)?;
            }
        }
        _ => out.push_str(&inline(value)?),
    }
    Ok(())
}

fn write_nested(value: &Val, indent: usize, out: &mut String, in_list: bool) -> Result<(), Stop> {
    let block = match &value.kind {
        Kind::List(seq) | Kind::Set(seq) => !seq.items.is_empty(),
        Kind::Object(map) => !map.members.is_empty(),
        _ => false,
    };
    if !block {
        let text = inline(value)?;
        out.push_str(if in_list { "" } else { " " });
        out.push_str(&text);
        out.push('\n');
        return Ok(());
    }
    if !in_list {
        out.push('\n');
        // Lists stand at the column of their key.
        let indent = if matches!(value.kind, Kind::Object(_)) { indent } else { indent - 2 };
        return write(value, indent, out);
    }
    let mut inner = String::new();
    write(value, indent, &mut inner)?;
    out.push_str(inner.trim_start_matches(' '));
    Ok(())
}

fn inline(value: &Val) -> Result<String, Stop> {
    match &value.kind {
        Kind::Text(text) => quoted(text.as_known().unwrap_or_default()),
        Kind::List(_) | Kind::Set(_) => Ok("[]".to_owned()),
        Kind::Object(_) => Ok("{}".to_owned()),
        _ => Ok(json_encode(value)?.to_string()),
    }
}

/// Terraform writes strings with line breaks as blocks; nobody here reads those, so they are unknown.
fn quoted(text: &str) -> Result<String, Stop> {
    if text.contains('\n') {
        return Err(Stop::Unknown);
    }
    Ok(json_encode(&Val::string(text))?.to_string())
}
