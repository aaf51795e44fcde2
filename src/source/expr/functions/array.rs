//! Functions on lists, and those that lists share with strings and objects.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-array>

use crate::model::{Kind, Part, Text, Value};

use super::args::{self, is_partial_text, is_unknown, of_bool, of_int, of_text, value};
use super::{Function, MANY, partial, pure, wrong};
use crate::source::expr::{Evaluator, Expr, Fault, ObjectBuilder, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    partial("array", (1, 1), |_, args, _| match &args[0].kind {
        Kind::Array(_) => Ok(Some((*args[0]).clone())),
        Kind::Unknown(_) => Ok(None),
        _ => Ok(Some(value(Kind::Array(vec![(*args[0]).clone()])))),
    }),
    partial("concat", (0, MANY), concat),
    partial("contains", (2, 2), contains),
    partial("createArray", (0, MANY), |_, args, _| Ok(Some(list(args.iter().map(|arg| (**arg).clone()))))),
    partial("empty", (1, 1), empty),
    partial("first", (1, 1), |_, args, _| end(args, true)),
    partial("last", (1, 1), |_, args, _| end(args, false)),
    partial("flatten", (1, 1), flatten),
    partial("indexFromEnd", (2, 2), |_, args, _| from_end(args, false)),
    partial("tryIndexFromEnd", (2, 2), |_, args, _| from_end(args, true)),
    pure("indexOf", (2, 2), |args| index_of(args, true)),
    pure("lastIndexOf", (2, 2), |args| index_of(args, false)),
    partial("intersection", (2, MANY), intersection),
    partial("length", (1, 1), length),
    pure("max", (1, MANY), |args| extreme(args, i64::max)),
    pure("min", (1, MANY), |args| extreme(args, i64::min)),
    pure("range", (2, 2), range),
    partial("skip", (2, 2), |_, args, _| cut(args, true)),
    partial("take", (2, 2), |_, args, _| cut(args, false)),
    partial("union", (2, MANY), union),
];

fn list(items: impl Iterator<Item = Value>) -> Value {
    value(Kind::Array(items.collect()))
}

/// Strings (numbers and booleans count as their text), or lists.
fn concat(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    if args.is_empty() {
        return Ok(Some(of_text(Text::default())));
    }
    if args.iter().any(|arg| matches!(arg.kind, Kind::Array(_))) {
        if args.iter().any(|arg| is_unknown(arg)) {
            return Ok(None);
        }
        let mut items = Vec::new();
        for at in 0..args.len() {
            items.extend(args::array(args, at)?.iter().cloned());
        }
        return Ok(Some(value(Kind::Array(items))));
    }
    if args.iter().all(|arg| is_unknown(arg)) {
        return Ok(None);
    }
    let mut text = Text::default();
    for (at, arg) in args.iter().enumerate() {
        match arg.kind {
            Kind::Object(_) => return Err(wrong(at, "a string or a list", arg)),
            _ => text.push(&super::to_text(ev, arg)),
        }
    }
    Ok(Some(of_text(text)))
}

/// A list holds an element, an object a name (case ignored), a string another.
fn contains(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let found = match &args[0].kind {
        Kind::Unknown(_) => None,
        Kind::Array(items) => {
            let mut answer = Some(false);
            for item in items {
                match super::comparison::same(item, &args[1]) {
                    Some(true) => return Ok(Some(of_bool(true))),
                    Some(false) => {}
                    None => answer = None,
                }
            }
            answer
        }
        Kind::Object(_) => args::text(args, 1)?.and_then(|name| Some(args[0].get(name.as_known()?).is_some())),
        Kind::Text(text) => {
            let inner = super::to_text(ev, &args[1]);
            match (text.as_known(), inner.as_known()) {
                (Some(text), Some(inner)) => Some(text.contains(inner)),
                (None, Some(inner)) => known_parts(text).any(|part| part.contains(inner)).then_some(true),
                _ => None,
            }
        }
        _ => return Err(wrong(0, "a list, an object or a string", &args[0])),
    };
    Ok(found.map(of_bool))
}

fn known_parts(text: &Text) -> impl Iterator<Item = &str> {
    text.parts().iter().filter_map(|part| match part {
        Part::Known(known) => Some(known.as_str()),
        Part::Unknown(_) => None,
    })
}

fn empty(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    Ok(match &args[0].kind {
        Kind::Null => Some(of_bool(true)),
        Kind::Array(items) => Some(of_bool(items.is_empty())),
        Kind::Object(members) => Some(of_bool(members.is_empty())),
        Kind::Text(text) if text.is_known() => Some(of_bool(text.parts().is_empty())),
        // Whatever the holes hold, there are known characters.
        Kind::Text(text) => known_parts(text).next().map(|_| of_bool(false)),
        Kind::Unknown(_) => None,
        _ => return Err(wrong(0, "a list, an object or a string", &args[0])),
    })
}

/// The first or last element, or character.
fn end(args: &[Val], first: bool) -> Result<Option<Value>, Fault> {
    match &args[0].kind {
        Kind::Unknown(_) => Ok(None),
        Kind::Array(items) => {
            let item = if first { items.first() } else { items.last() };
            Ok(Some(item.cloned().unwrap_or_else(|| value(Kind::Null))))
        }
        Kind::Text(text) => {
            let part = if first { text.parts().first() } else { text.parts().last() };
            Ok(match part {
                None => Some(of_text(Text::default())),
                Some(Part::Unknown(_)) => None,
                Some(Part::Known(known)) => {
                    let char = if first { known.chars().next() } else { known.chars().next_back() };
                    Some(of_text(Text::known(char.map(String::from).unwrap_or_default())))
                }
            })
        }
        _ => Err(wrong(0, "a list or a string", &args[0])),
    }
}

/// Lists within a list, one level.
fn flatten(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    if is_unknown(&args[0]) {
        return Ok(None);
    }
    let mut items = Vec::new();
    for item in args::array(args, 0)? {
        match &item.kind {
            Kind::Array(inner) => items.extend(inner.iter().cloned()),
            Kind::Unknown(_) => return Ok(None),
            _ => items.push(item.clone()),
        }
    }
    Ok(Some(value(Kind::Array(items))))
}

fn from_end(args: &[Val], safe: bool) -> Result<Option<Value>, Fault> {
    if is_unknown(&args[0]) || is_unknown(&args[1]) {
        return Ok(None);
    }
    if safe && args[0].is_null() {
        return Ok(Some(value(Kind::Null)));
    }
    let items = args::array(args, 0)?;
    let position = usize::try_from(args::int(args, 1)?).ok().filter(|position| *position > 0);
    match position.and_then(|position| items.len().checked_sub(position)).and_then(|at| items.get(at)) {
        Some(item) => Ok(Some(item.clone())),
        None if safe => Ok(Some(value(Kind::Null))),
        None => Err(Fault::expression(format!("the index is outside of a list of {} elements", items.len()))),
    }
}

/// Where a string stands in another (case ignored), or an element in a list.
fn index_of(args: &[Val], first: bool) -> Result<Value, Fault> {
    let position = match &args[0].kind {
        Kind::Array(items) => {
            let is = |item: &Value| super::comparison::same(item, &args[1]) == Some(true);
            if first { items.iter().position(is) } else { items.iter().rposition(is) }
        }
        _ => {
            let (text, inner) = (args::str(args, 0)?.to_lowercase(), args::str(args, 1)?.to_lowercase());
            let at = if first { text.find(&inner) } else { text.rfind(&inner) };
            at.map(|at| text[..at].encode_utf16().count())
        }
    };
    Ok(of_int(position.map_or(-1, |position| position as i64)))
}

fn length(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    Ok(match &args[0].kind {
        Kind::Array(items) => Some(of_int(items.len() as i64)),
        Kind::Object(members) => Some(of_int(members.len() as i64)),
        Kind::Text(text) => text.as_known().map(|text| of_int(text.encode_utf16().count() as i64)),
        Kind::Unknown(_) => None,
        _ => return Err(wrong(0, "a list, an object or a string", &args[0])),
    })
}

fn extreme(args: &[Val], pick: fn(i64, i64) -> i64) -> Result<Value, Fault> {
    let mut numbers = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        match &arg.kind {
            Kind::Array(items) => {
                for item in items {
                    let int = match &item.kind {
                        Kind::Number(number) => number.as_i64(),
                        _ => None,
                    };
                    numbers.push(int.ok_or_else(|| wrong(at, "a list of integers", item))?);
                }
            }
            _ => numbers.push(args::int(args, at)?),
        }
    }
    let result = numbers.into_iter().reduce(pick);
    result.map(of_int).ok_or_else(|| Fault::expression("there is no number to choose from"))
}

/// The longest list that `range` makes.
/// <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-array#range>
const LONGEST_RANGE: i64 = 10_000;

fn range(args: &[Val]) -> Result<Value, Fault> {
    let (start, count) = (args::int(args, 0)?, args::int(args, 1)?);
    if !(0..=LONGEST_RANGE).contains(&count) {
        return Err(Fault::expression(format!("a range has 0 to {LONGEST_RANGE} elements, not {count}")));
    }
    let last = start.checked_add(count).ok_or_else(|| Fault::expression("the numbers are too large"))?;
    Ok(list((start..last).map(of_int)))
}

/// `take` and `skip`.
fn cut(args: &[Val], skip: bool) -> Result<Option<Value>, Fault> {
    if is_unknown(&args[0]) || is_unknown(&args[1]) {
        return Ok(None);
    }
    let count = usize::try_from(args::int(args, 1)?.max(0)).unwrap_or(usize::MAX);
    if let Kind::Array(items) = &args[0].kind {
        let at = count.min(items.len());
        let part = if skip { &items[at..] } else { &items[..at] };
        return Ok(Some(list(part.iter().cloned())));
    }
    let Some(text) = args::text(args, 0)? else { return Ok(None) };
    Ok(cut_text(&text, count, skip).map(of_text))
}

/// The first characters of a text or all others; `None` if it depends on how long a hole is.
pub(super) fn cut_text(text: &Text, count: usize, skip: bool) -> Option<Text> {
    let mut left = count;
    let mut result = Text::default();
    for part in text.parts() {
        match part {
            Part::Known(known) => {
                let at = known.char_indices().nth(left).map_or(known.len(), |(at, _)| at);
                let taken = known[..at].chars().count();
                result.push_known(if skip { &known[at..] } else { &known[..at] });
                left -= taken.min(left);
            }
            Part::Unknown(hole) if left == 0 && skip => result.push_hole(hole.clone()),
            Part::Unknown(_) if left == 0 => break,
            Part::Unknown(_) => return None,
        }
    }
    Some(result)
}

/// Elements or members of all; of members with the same name the last wins, objects within objects are
/// merged.
fn union(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    if args.iter().any(|arg| is_unknown(arg)) {
        return Ok(None);
    }
    if let Kind::Array(_) = &args[0].kind {
        let mut items: Vec<Value> = Vec::new();
        for at in 0..args.len() {
            for item in args::array(args, at)? {
                let mut known = items.iter().map(|other| super::comparison::same(other, item));
                if known.any(|same| same == Some(true)) {
                    continue;
                }
                items.push(item.clone());
            }
        }
        // Two unknown elements may be one.
        let unknown = items.iter().filter(|item| !item.is_known()).count();
        return Ok((unknown < 2 && (unknown == 0 || items.len() == 1)).then(|| value(Kind::Array(items))));
    }
    let mut result = ObjectBuilder::default();
    for at in 0..args.len() {
        merge_into(&mut result, args::object(args, at)?);
    }
    Ok(Some(value(Kind::Object(result.finish()))))
}

fn merge_into(target: &mut ObjectBuilder, members: &[(String, Value)]) {
    for (name, member) in members {
        if let Kind::Object(inner) = &member.kind
            && let Some(Value { kind: Kind::Object(existing), .. }) = target.get_mut(name)
        {
            let mut builder = ObjectBuilder::from_members(std::mem::take(existing));
            merge_into(&mut builder, inner);
            *existing = builder.finish();
            continue;
        }
        target.insert(name.clone(), member.clone());
    }
}

fn intersection(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    if args.iter().any(|arg| is_unknown(arg) || is_partial_text(arg)) {
        return Ok(None);
    }
    if let Kind::Array(first) = &args[0].kind {
        let mut items: Vec<Value> = Vec::new();
        for item in first {
            let mut in_all = true;
            for at in 1..args.len() {
                let answers = args::array(args, at)?.iter().map(|other| super::comparison::same(other, item));
                let answers: Vec<Option<bool>> = answers.collect();
                match (answers.contains(&Some(true)), answers.contains(&None)) {
                    (true, _) => {}
                    (false, true) => return Ok(None),
                    (false, false) => in_all = false,
                }
            }
            if in_all && !items.iter().any(|other| super::comparison::same(other, item) == Some(true)) {
                items.push(item.clone());
            }
        }
        return Ok(Some(value(Kind::Array(items))));
    }
    let mut members = Vec::new();
    for (name, member) in args::object(args, 0)? {
        let mut in_all = true;
        for at in 1..args.len() {
            args::object(args, at)?;
            match args[at].get(name).map(|other| super::comparison::same(other, member)) {
                Some(Some(true)) => {}
                Some(None) => return Ok(None),
                _ => in_all = false,
            }
        }
        if in_all {
            members.push((name.clone(), member.clone()));
        }
    }
    Ok(Some(value(Kind::Object(members))))
}
