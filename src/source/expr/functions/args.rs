//! Reading the arguments of functions.

use crate::model::{Kind, Text, Value};

use super::super::{Fault, Val};
use super::wrong;

/// A known string.
pub(super) fn str(args: &[Val], at: usize) -> Result<&str, Fault> {
    args[at].as_str().ok_or_else(|| wrong(at, "a string", &args[at]))
}

/// A string with whatever is known of it. `None` if even its being a string is not known and it has
/// no identity.
pub(super) fn text(args: &[Val], at: usize) -> Result<Option<Text>, Fault> {
    match &args[at].kind {
        Kind::Text(text) => Ok(Some(text.clone())),
        Kind::Unknown(_) => Ok(args[at].as_text()),
        _ => Err(wrong(at, "a string", &args[at])),
    }
}

/// A known integer.
pub(super) fn int(args: &[Val], at: usize) -> Result<i64, Fault> {
    match &args[at].kind {
        Kind::Number(number) => number.as_i64().ok_or_else(|| wrong(at, "an integer", &args[at])),
        _ => Err(wrong(at, "an integer", &args[at])),
    }
}

/// A known boolean.
pub(super) fn bool(args: &[Val], at: usize) -> Result<bool, Fault> {
    match &args[at].kind {
        Kind::Bool(bool) => Ok(*bool),
        _ => Err(wrong(at, "a boolean", &args[at])),
    }
}

/// A list.
pub(super) fn array(args: &[Val], at: usize) -> Result<&[Value], Fault> {
    match &args[at].kind {
        Kind::Array(items) => Ok(items),
        _ => Err(wrong(at, "a list", &args[at])),
    }
}

/// An object.
pub(super) fn object(args: &[Val], at: usize) -> Result<&[(String, Value)], Fault> {
    match &args[at].kind {
        Kind::Object(members) => Ok(members),
        _ => Err(wrong(at, "an object", &args[at])),
    }
}

/// Whether nothing at all is known of a value, not even its kind.
pub(super) fn is_unknown(value: &Value) -> bool {
    matches!(value.kind, Kind::Unknown(_))
}

/// Whether a value is a string of which something is unknown.
pub(super) fn is_partial_text(value: &Value) -> bool {
    matches!(&value.kind, Kind::Text(text) if !text.is_known())
}

/// A value that nobody wrote.
pub(super) fn value(kind: Kind) -> Value {
    Value::new(kind)
}

/// A string that nobody wrote.
pub(super) fn of_text(text: Text) -> Value {
    Value::new(Kind::Text(text))
}

/// A boolean that nobody wrote.
pub(super) fn of_bool(bool: bool) -> Value {
    Value::new(Kind::Bool(bool))
}

/// An integer that nobody wrote.
pub(super) fn of_int(int: i64) -> Value {
    Value::new(Kind::Number(int.into()))
}
