//! The built-in functions of Terraform that compute without looking at the world.
//!
//! <https://developer.hashicorp.com/terraform/language/functions>

mod collection;
mod date;
mod encoding;
mod format;
mod hash;
mod network;
mod numeric;
mod sets;
mod string;
mod yaml;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::{Part, Text};

use super::eval::equal;
use super::fault::Fault;
use super::number::Num;
use super::value::{Kind, MAX_WEIGHT, Val};

pub(super) use encoding::{base64, json_decode};
pub(super) use hash::digest_of;
pub(super) use sets::set_of;

/// Why a function has no value.
#[derive(Debug)]
pub(super) enum Stop {
    /// An argument is not known; equal arguments give equal results.
    Unknown,
    /// The result is not known and differs at each use, or must not be shown.
    Unnamed,
    /// The call is wrong.
    Wrong(String),
    /// Something went wrong further in.
    Fault(Fault),
}

/// The result of a function.
pub(super) type Answer = Result<Val, Stop>;

/// Longest string that a function may make.
const MAX_TEXT: usize = 16 * 1024 * 1024;

fn wrong<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Wrong(message.into()))
}

/// Calls a function by its name.
pub(super) fn call(name: &str, args: &[Val]) -> Answer {
    let name = name.strip_prefix("core::").unwrap_or(name);
    let args = Args(args);
    numeric::call(name, &args)
        .or_else(|| string::call(name, &args))
        .or_else(|| collection::call(name, &args))
        .or_else(|| sets::call(name, &args))
        .or_else(|| encoding::call(name, &args))
        .or_else(|| date::call(name, &args))
        .or_else(|| hash::call(name, &args))
        .or_else(|| network::call(name, &args))
        .or_else(|| conversion(name, &args))
        .unwrap_or_else(|| unknown_function(name, &args))
}

fn unknown_function(name: &str, args: &Args) -> Answer {
    match name {
        // The provider only corrects the case of the segments, which never counts.
        "provider::azurerm::normalise_resource_id" => args.val(0).cloned(),
        _ if name.starts_with("provider::") => Err(Stop::Unknown),
        _ => wrong("there is no function of this name"),
    }
}

fn conversion(name: &str, args: &Args) -> Option<Answer> {
    Some(match name {
        "tostring" => convert(args, super::types::Type::String),
        "tonumber" => convert(args, super::types::Type::Number),
        "tobool" => convert(args, super::types::Type::Bool),
        "tolist" | "list" if name == "list" || args.0.len() == 1 => to_list(name, args),
        "toset" => args.items(0).map(|items| set_of(unified(items))),
        "tomap" => args.members(0).map(to_map),
        "map" => legacy_map(args),
        "nonsensitive" | "ephemeralasnull" => args.val(0).cloned(),
        "sensitive" => Err(Stop::Unnamed),
        "issensitive" => Err(Stop::Unknown),
        "type" => Err(Stop::Unknown),
        _ => return None,
    })
}

fn convert(args: &Args, kind: super::types::Type) -> Answer {
    kind.convert(args.val(0)?.clone()).map_err(Stop::Wrong)
}

fn to_list(name: &str, args: &Args) -> Answer {
    if name == "list" {
        return Ok(Val::list(args.0.to_vec()));
    }
    args.items(0).map(|items| Val::list(unified(items)))
}

fn to_map(members: &BTreeMap<Rc<str>, Val>) -> Val {
    let values: Vec<Val> = members.values().cloned().collect();
    Val::object(members.keys().cloned().zip(unified(&values)).collect())
}

/// The elements of a collection have one type: where one is a string, numbers and booleans become
/// strings too.
fn unified(items: &[Val]) -> Vec<Val> {
    let strings = items.iter().any(|item| matches!(item.kind, Kind::Text(_)));
    let one = |item: &Val| match (&item.kind, item.to_text()) {
        (Kind::Number(_) | Kind::Bool(_), Some(text)) if strings => Val { kind: Val::text(text).kind, ..item.clone() },
        _ => item.clone(),
    };
    items.iter().map(one).collect()
}

/// `map("k", "v", …)` of Terraform 0.11.
fn legacy_map(args: &Args) -> Answer {
    let mut members = BTreeMap::new();
    for pair in args.0.chunks(2) {
        let [key, value] = pair else { return wrong("needs pairs of keys and values") };
        let key = key.as_str().ok_or(Stop::Unknown)?;
        members.insert(key.into(), value.clone());
    }
    Ok(Val::object(members))
}

/// The arguments of a call.
pub(super) struct Args<'a>(pub &'a [Val]);

impl<'a> Args<'a> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn val(&self, index: usize) -> Result<&'a Val, Stop> {
        self.0.get(index).ok_or_else(|| Stop::Wrong("an argument is missing".to_owned()))
    }

    /// A known string; numbers and booleans are converted.
    fn text(&self, index: usize) -> Result<String, Stop> {
        known_text(self.val(index)?)
    }

    /// A string with holes.
    fn open_text(&self, index: usize) -> Result<Text, Stop> {
        let value = self.val(index)?;
        value.to_text().ok_or_else(|| not_a("string", value))
    }

    fn number(&self, index: usize) -> Result<Num, Stop> {
        let value = self.val(index)?;
        value.as_number().ok_or_else(|| not_a("number", value))
    }

    fn int(&self, index: usize) -> Result<i64, Stop> {
        self.number(index)?.to_int().ok_or_else(|| Stop::Wrong("a whole number is required".to_owned()))
    }

    fn items(&self, index: usize) -> Result<&'a [Val], Stop> {
        let value = self.val(index)?;
        value.as_items().ok_or_else(|| not_a("list", value))
    }

    fn members(&self, index: usize) -> Result<&'a BTreeMap<Rc<str>, Val>, Stop> {
        let value = self.val(index)?;
        match &value.kind {
            Kind::Object(map) if map.open.is_none() => Ok(&map.members),
            Kind::Object(_) => Err(Stop::Unknown),
            _ => Err(not_a("map", value)),
        }
    }
}

fn known_text(value: &Val) -> Result<String, Stop> {
    let text = value.to_text().ok_or_else(|| not_a("string", value))?;
    text.as_known().map(str::to_owned).ok_or(Stop::Unknown)
}

/// A value of another kind: wrong if it is known, otherwise unknown.
fn not_a(kind: &str, value: &Val) -> Stop {
    match &value.kind {
        Kind::Unknown(_) | Kind::Instance(_) => Stop::Unknown,
        Kind::Text(text) if !text.is_known() => Stop::Unknown,
        Kind::Null => Stop::Wrong(format!("a {kind} is required, not null")),
        _ => Stop::Wrong(format!("a {kind} is required")),
    }
}

/// A string, unless it is too long.
fn string(text: String) -> Answer {
    if text.len() > MAX_TEXT {
        return wrong(format!("the result is longer than {MAX_TEXT} bytes"));
    }
    Ok(Val::string(text))
}

fn check_count(count: usize) -> Result<(), Stop> {
    if count > MAX_WEIGHT { wrong(format!("the result has more than {MAX_WEIGHT} elements")) } else { Ok(()) }
}

/// Whether a list holds a value.
fn holds(items: &[Val], value: &Val) -> Result<bool, Stop> {
    let mut open = false;
    for item in items {
        match equal(item, value) {
            Some(true) => return Ok(true),
            None => open = true,
            Some(false) => {}
        }
    }
    if open { Err(Stop::Unknown) } else { Ok(false) }
}

/// Whether a text has a character for certain: `Some(false)` is empty, `None` may be either.
fn has_characters(text: &Text) -> Option<bool> {
    if text.parts().iter().any(|part| matches!(part, Part::Known(_))) {
        return Some(true);
    }
    if text.parts().is_empty() { Some(false) } else { None }
}
