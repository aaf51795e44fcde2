//! Sets: their making, and the functions over them.

use std::cmp::Ordering;

use super::super::eval::equal;
use super::{Answer, Args, Kind, Stop, Val, check_count, holds, wrong};

pub(super) fn call(name: &str, args: &Args) -> Option<Answer> {
    Some(match name {
        "setintersection" => combined(args, |all, next| filter(all, next, true)),
        "setsubtract" => combined(args, |all, next| filter(all, next, false)),
        "setunion" => combined(args, |mut all, next| {
            all.extend_from_slice(next);
            Ok(all)
        }),
        "setproduct" => product(args),
        _ => return None,
    })
}

/// The set of these values, in the order in which Terraform iterates it.
pub(in super::super) fn set_of(mut items: Vec<Val>) -> Val {
    items.sort_by(order);
    items.dedup_by(|a, b| equal(a, b) == Some(true));
    match Val::list(items).kind {
        Kind::List(seq) => Kind::Set(seq).into(),
        other => other.into(),
    }
}

fn order(a: &Val, b: &Val) -> Ordering {
    match (&a.kind, &b.kind) {
        (Kind::Number(x), Kind::Number(y)) => x.cmp(y),
        (Kind::Bool(x), Kind::Bool(y)) => x.cmp(y),
        (Kind::Text(x), Kind::Text(y)) => match (x.as_known(), y.as_known()) {
            (Some(x), Some(y)) => x.cmp(y),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => x.cmp(y),
        },
        _ => a.identity().cmp(&b.identity()),
    }
}

type Items = Result<Vec<Val>, Stop>;

fn combined(args: &Args, step: fn(Vec<Val>, &[Val]) -> Items) -> Answer {
    let mut all = args.items(0)?.to_vec();
    for index in 1..args.len() {
        all = step(all, args.items(index)?)?;
        check_count(all.len())?;
    }
    Ok(set_of(all))
}

fn filter(all: Vec<Val>, other: &[Val], keep: bool) -> Items {
    let mut result = Vec::new();
    for item in all {
        if holds(other, &item)? == keep {
            result.push(item);
        }
    }
    Ok(result)
}

fn product(args: &Args) -> Answer {
    if args.len() < 2 {
        return wrong("needs at least two collections");
    }
    let mut rows: Vec<Vec<Val>> = vec![Vec::new()];
    let mut lists = false;
    for index in 0..args.len() {
        let items = args.items(index)?;
        lists |= matches!(args.val(index)?.kind, Kind::List(_));
        check_count(rows.len().saturating_mul(items.len()).saturating_mul(args.len()))?;
        rows = rows
            .iter()
            .flat_map(|row| items.iter().map(move |item| row.iter().cloned().chain([item.clone()]).collect()))
            .collect();
    }
    let rows: Vec<Val> = rows.into_iter().map(Val::list).collect();
    Ok(if lists { Val::list(rows) } else { set_of(rows) })
}
