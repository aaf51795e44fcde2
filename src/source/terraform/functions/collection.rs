//! Functions over lists and maps.

use std::collections::BTreeMap;

use super::super::eval::equal;
use super::{Answer, Args, Kind, Num, Rc, Stop, Val, check_count, has_characters, holds, unified, wrong};

pub(super) fn call(name: &str, args: &Args) -> Option<Answer> {
    Some(match name {
        "alltrue" => quantified(args, true),
        "anytrue" => quantified(args, false),
        "chunklist" => chunks(args),
        "coalesce" => coalesce(args),
        "coalescelist" => coalesce_list(args),
        "compact" => compact(args),
        "concat" => concat(args),
        "contains" => args.items(0).and_then(|items| Ok(Val::bool(holds(items, args.val(1)?)?))),
        "distinct" => distinct(args),
        "element" => element(args),
        "flatten" => flatten(args),
        "index" => index(args),
        "keys" => args.members(0).map(|m| Val::list(m.keys().map(|key| Val::string(&**key)).collect())),
        "values" => args.members(0).map(|m| Val::list(m.values().cloned().collect())),
        "length" => length(args),
        "lookup" => lookup(args),
        "matchkeys" => match_keys(args),
        "merge" => merge(args),
        "one" => one(args),
        "range" => range(args),
        "reverse" => args.items(0).map(|items| Val::list(items.iter().rev().cloned().collect())),
        "slice" => slice(args),
        "sort" => sort(args),
        "sum" => sum(args),
        "transpose" => transpose(args),
        "zipmap" => zip_map(args),
        _ => return None,
    })
}

fn quantified(args: &Args, all: bool) -> Answer {
    let mut open = false;
    for item in args.items(0)? {
        match item.as_bool() {
            Some(value) if value != all => return Ok(Val::bool(!all)),
            Some(_) => {}
            // A null is not true.
            None if item.is_null() && all => return Ok(Val::bool(false)),
            None if item.is_null() => {}
            None => open = true,
        }
    }
    if open { Err(Stop::Unknown) } else { Ok(Val::bool(all)) }
}

fn chunks(args: &Args) -> Answer {
    let (items, size) = (args.items(0)?, args.int(1)?);
    match usize::try_from(size) {
        Ok(0) => Ok(Val::list(vec![Val::list(items.to_vec())])),
        Ok(size) => Ok(Val::list(items.chunks(size).map(|chunk| Val::list(chunk.to_vec())).collect())),
        Err(_) => wrong("the size must not be negative"),
    }
}

fn coalesce(args: &Args) -> Answer {
    for value in args.0 {
        match &value.kind {
            Kind::Null => {}
            Kind::Unknown(_) => return Err(Stop::Unknown),
            Kind::Text(text) => match has_characters(text) {
                Some(true) => return Ok(value.clone()),
                Some(false) => {}
                None => return Err(Stop::Unknown),
            },
            _ => return Ok(value.clone()),
        }
    }
    wrong("every argument is null or empty")
}

fn coalesce_list(args: &Args) -> Answer {
    for index in 0..args.len() {
        if args.val(index)?.is_null() {
            continue;
        }
        let items = args.val(index)?;
        if !args.items(index)?.is_empty() {
            return Ok(items.clone());
        }
    }
    wrong("every list is empty")
}

fn compact(args: &Args) -> Answer {
    let mut result = Vec::new();
    for item in args.items(0)? {
        match &item.kind {
            Kind::Null => {}
            Kind::Text(text) => match has_characters(text) {
                Some(true) => result.push(item.clone()),
                Some(false) => {}
                None => return Err(Stop::Unknown),
            },
            Kind::Unknown(_) => return Err(Stop::Unknown),
            _ => result.push(Val::text(item.to_text().ok_or(Stop::Wrong("a string is required".to_owned()))?)),
        }
    }
    Ok(Val::list(result))
}

fn concat(args: &Args) -> Answer {
    args.val(0)?;
    let mut result = Vec::new();
    for index in 0..args.len() {
        result.extend_from_slice(args.items(index)?);
        check_count(result.len())?;
    }
    Ok(Val::list(result))
}

fn distinct(args: &Args) -> Answer {
    let mut result: Vec<Val> = Vec::new();
    let items = &unified(args.items(0)?);
    if items.len() > 20_000 {
        return wrong("the list is too long");
    }
    for item in items {
        if !holds(&result, item)? {
            result.push(item.clone());
        }
    }
    Ok(Val::list(result))
}

fn element(args: &Args) -> Answer {
    let (items, index) = (args.items(0)?, args.int(1)?);
    if items.is_empty() {
        return wrong("the list is empty");
    }
    let Ok(index) = usize::try_from(index) else { return wrong("the index is negative") };
    Ok(items[index % items.len()].clone())
}

fn flatten(args: &Args) -> Answer {
    let mut result = Vec::new();
    flatten_into(args.items(0)?, &mut result)?;
    Ok(Val::list(result))
}

fn flatten_into(items: &[Val], result: &mut Vec<Val>) -> Result<(), Stop> {
    for item in items {
        match &item.kind {
            Kind::List(seq) | Kind::Set(seq) => flatten_into(&seq.items, result)?,
            // It may be a list.
            Kind::Unknown(_) => return Err(Stop::Unknown),
            _ => result.push(item.clone()),
        }
    }
    check_count(result.len())
}

fn index(args: &Args) -> Answer {
    let value = args.val(1)?;
    for (index, item) in args.items(0)?.iter().enumerate() {
        match equal(item, value) {
            Some(true) => return Ok(Val::int(index as i64)),
            None => return Err(Stop::Unknown),
            Some(false) => {}
        }
    }
    wrong("the list does not hold the value")
}

fn length(args: &Args) -> Answer {
    let value = args.val(0)?;
    match &value.kind {
        Kind::List(seq) => Ok(Val::int(seq.items.len() as i64)),
        // Elements that are not known may be equal.
        Kind::Set(seq) if seq.items.len() < 2 || value.is_wholly_known() => Ok(Val::int(seq.items.len() as i64)),
        Kind::Set(_) => Err(Stop::Unknown),
        Kind::Object(_) => args.members(0).map(|members| Val::int(members.len() as i64)),
        Kind::Text(_) => args.text(0).map(|text| Val::int(text.chars().count() as i64)),
        _ => Err(super::not_a("collection", value)),
    }
}

fn lookup(args: &Args) -> Answer {
    let value = args.val(0)?;
    let Kind::Object(map) = &value.kind else { return Err(super::not_a("map", value)) };
    let key = args.text(1)?;
    match (map.members.get(key.as_str()), &map.open, args.0.get(2)) {
        (Some(member), _, _) => Ok(member.clone()),
        (None, Some(_), _) => Err(Stop::Unknown),
        (None, None, Some(default)) => Ok(default.clone()),
        (None, None, None) => wrong(format!("the map has no key {key:?}")),
    }
}

fn match_keys(args: &Args) -> Answer {
    let (values, keys, wanted) = (args.items(0)?, args.items(1)?, args.items(2)?);
    if values.len() != keys.len() {
        return wrong("values and keys have different lengths");
    }
    let mut result = Vec::new();
    for (value, key) in values.iter().zip(keys) {
        if holds(wanted, key)? {
            result.push(value.clone());
        }
    }
    Ok(Val::list(result))
}

fn merge(args: &Args) -> Answer {
    let mut result: BTreeMap<Rc<str>, Val> = BTreeMap::new();
    for index in 0..args.len() {
        if args.val(index)?.is_null() {
            continue;
        }
        result.extend(args.members(index)?.iter().map(|(name, member)| (name.clone(), member.clone())));
    }
    Ok(Val::object(result))
}

fn one(args: &Args) -> Answer {
    if args.val(0)?.is_null() {
        return Ok(Val::null());
    }
    match args.items(0)? {
        [] => Ok(Val::null()),
        [single] => Ok(single.clone()),
        items => wrong(format!("the list has {} elements", items.len())),
    }
}

fn range(args: &Args) -> Answer {
    let (start, limit) = match args.len() {
        1 => (Num::Int(0), args.number(0)?),
        2 | 3 => (args.number(0)?, args.number(1)?),
        _ => return wrong("needs one to three numbers"),
    };
    let down = limit < start;
    let step = match args.len() {
        3 => args.number(2)?,
        _ => Num::Int(if down { -1 } else { 1 }),
    };
    if step == Num::Int(0) || (step < Num::Int(0)) != down && limit != start {
        return wrong("the step leads nowhere");
    }
    let mut result = Vec::new();
    let mut at = start;
    while if down { at > limit } else { at < limit } {
        // Terraform stops here too.
        if result.len() >= 1024 {
            return wrong("more than 1024 elements");
        }
        result.push(Val::number(at));
        at = at.add(step);
    }
    Ok(Val::list(result))
}

fn slice(args: &Args) -> Answer {
    let (items, start, end) = (args.items(0)?, args.int(1)?, args.int(2)?);
    let bounds = (usize::try_from(start), usize::try_from(end));
    let (Ok(start), Ok(end)) = bounds else { return wrong("an index is negative") };
    match items.get(start..end) {
        Some(piece) => Ok(Val::list(piece.to_vec())),
        None => wrong(format!("the list has {} elements", items.len())),
    }
}

fn sort(args: &Args) -> Answer {
    let mut texts = Vec::new();
    for item in args.items(0)? {
        texts.push((super::known_text(item)?, item.span));
    }
    texts.sort();
    let value = |(text, span): (String, _)| Val { span, ..Val::string(text) };
    Ok(Val::list(texts.into_iter().map(value).collect()))
}

fn sum(args: &Args) -> Answer {
    let items = args.items(0)?;
    if items.is_empty() {
        return wrong("the list is empty");
    }
    let mut total = Num::Int(0);
    for item in items {
        total = total.add(item.as_number().ok_or_else(|| super::not_a("number", item))?);
    }
    Ok(Val::number(total))
}

fn transpose(args: &Args) -> Answer {
    let mut result: BTreeMap<Rc<str>, Vec<Val>> = BTreeMap::new();
    for (key, list) in args.members(0)? {
        for item in list.as_items().ok_or_else(|| super::not_a("list", list))? {
            result.entry(super::known_text(item)?.into()).or_default().push(Val::string(&**key));
        }
    }
    Ok(Val::object(result.into_iter().map(|(key, list)| (key, Val::list(list))).collect()))
}

fn zip_map(args: &Args) -> Answer {
    let (keys, values) = (args.items(0)?, args.items(1)?);
    if keys.len() != values.len() {
        return wrong("keys and values have different lengths");
    }
    let mut result = BTreeMap::new();
    for (key, value) in keys.iter().zip(values) {
        result.insert(super::known_text(key)?.into(), value.clone());
    }
    Ok(Val::object(result))
}
