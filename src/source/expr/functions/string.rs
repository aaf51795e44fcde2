//! Functions on strings. Of a string that is known in parts, the known parts are worked on; a hole
//! gets the name of what was done to it.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string>

use crate::model::{Hole, Kind, Part, Text, Value};

use super::args::{self, is_unknown, of_bool, of_text, value};
use super::{Function, MANY, partial, partial_text, pure_text, wrong};
use crate::source::expr::{Evaluator, Expr, Fault, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    partial_text("toLower", (1, 1), |ev, args, _| change_case(ev, args, "toLower", str::to_lowercase)),
    partial_text("toUpper", (1, 1), |ev, args, _| change_case(ev, args, "toUpper", str::to_uppercase)),
    partial_text("string", (1, 1), |ev, args, _| Ok(Some(of_text(super::to_text(ev, &args[0]))))),
    partial_text("format", (1, MANY), format),
    partial_text("join", (2, 2), join),
    partial_text("replace", (3, 3), replace),
    partial_text("substring", (2, 3), substring),
    partial_text("trim", (1, 1), trim),
    pure_text("padLeft", (2, 3), pad_left),
    partial("split", (2, 2), split),
    partial("startsWith", (2, 2), |_, args, _| starts(args)),
    partial("endsWith", (2, 2), |_, args, _| ends(args)),
];

/// Functions whose results are lower-case letters and digits, with `-` at most.
const LOWER_CASE: &[&str] = &["uniqueString(", "guid(", "toLower("];

fn change_case(
    ev: &mut Evaluator<'_>,
    args: &[Val],
    name: &str,
    change: fn(&str) -> String,
) -> Result<Option<Value>, Fault> {
    let Some(text) = args::text(args, 0)? else { return Ok(None) };
    let lower = name == "toLower";
    let mut result = Text::default();
    for part in text.parts() {
        match part {
            Part::Known(known) => result.push_known(&change(known)),
            Part::Unknown(hole) if lower && LOWER_CASE.iter().any(|f| hole.expression().starts_with(f)) => {
                result.push_hole(hole.clone());
            }
            Part::Unknown(hole) => result.push_hole(changed(ev, name, hole, "")),
        }
    }
    Ok(Some(of_text(result)))
}

/// The hole that a function makes of another.
fn changed(ev: &Evaluator<'_>, function: &str, hole: &Hole, rest: &str) -> Hole {
    let deployment = &ev.scope().deployment;
    let inner = crate::source::expr::canonical_text(&Text::hole(hole.clone()), deployment);
    Hole::new(deployment, &crate::source::expr::canonical::shorten(format!("{function}({inner}{rest})")))
}

fn join(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    if is_unknown(&args[0]) {
        return Ok(None);
    }
    let Some(separator) = args::text(args, 1)? else { return Ok(None) };
    let mut text = Text::default();
    for (at, item) in args::array(args, 0)?.iter().enumerate() {
        if at > 0 {
            text.push(&separator);
        }
        text.push(&super::to_text(ev, item));
    }
    Ok(Some(of_text(text)))
}

/// Every occurrence of a string by another; in a string that is known in parts only that of a single
/// character, which cannot lie half in a hole.
fn replace(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let (Some(text), Some(old), Some(new)) = (args::text(args, 0)?, args::text(args, 1)?, args::text(args, 2)?) else {
        return Ok(None);
    };
    let (Some(old), Some(new)) = (old.as_known(), new.as_known()) else { return Ok(None) };
    if old.is_empty() {
        return Err(Fault::expression("the string to be replaced is empty"));
    }
    if let Some(known) = text.as_known() {
        return Ok(Some(of_text(Text::known(known.replace(old, new)))));
    }
    if old.chars().count() != 1 {
        return Ok(None);
    }
    let untouched = |hole: &Hole| {
        hole.expression().starts_with("uniqueString(")
            && !old.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let mut result = Text::default();
    for part in text.parts() {
        match part {
            Part::Known(known) => result.push_known(&known.replace(old, new)),
            Part::Unknown(hole) if untouched(hole) => result.push_hole(hole.clone()),
            Part::Unknown(hole) => result.push_hole(changed(ev, "replace", hole, &format!(", '{old}', '{new}'"))),
        }
    }
    Ok(Some(of_text(result)))
}

fn substring(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    if args.iter().any(|arg| is_unknown(arg)) {
        return Ok(None);
    }
    let Some(text) = args::text(args, 0)? else { return Ok(None) };
    let index = |at: usize| -> Result<usize, Fault> {
        usize::try_from(args::int(args, at)?).map_err(|_| Fault::expression("an index is negative"))
    };
    let start = index(1)?;
    let length = if args.len() > 2 { Some(index(2)?) } else { None };
    if let Some(known) = text.as_known() {
        let characters = known.chars().count();
        let end = length.map_or(characters, |length| start.saturating_add(length));
        if start > characters || end > characters {
            let message = format!("{start} to {end} is outside of a string of {characters} characters");
            return Err(Fault::expression(message));
        }
        let part: String = known.chars().skip(start).take(end - start).collect();
        return Ok(Some(of_text(Text::known(part))));
    }
    let rest = super::array::cut_text(&text, start, true);
    Ok(match length {
        None => rest.map(of_text),
        Some(length) => rest.and_then(|rest| super::array::cut_text(&rest, length, false)).map(of_text),
    })
}

fn trim(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let Some(text) = args::text(args, 0)? else { return Ok(None) };
    Ok(text.as_known().map(|known| Value::string(known.trim())))
}

fn pad_left(args: &[Val]) -> Result<Value, Fault> {
    let text = match &args[0].kind {
        Kind::Number(number) => number.to_string(),
        _ => args::str(args, 0)?.to_owned(),
    };
    let width = args::int(args, 1)?;
    let filler = if args.len() > 2 { args::str(args, 2)? } else { " " };
    let mut characters = filler.chars();
    let (Some(filler), None) = (characters.next(), characters.next()) else {
        return Err(wrong(2, "one character", &args[2]));
    };
    let width = usize::try_from(width).ok().filter(|width| *width <= 16 * 1024);
    let width = width.ok_or_else(|| Fault::expression("the width must be 0 to 16384"))?;
    let missing = width.saturating_sub(text.chars().count());
    let padding = std::iter::repeat_n(filler, missing);
    Ok(Value::string(padding.chain(text.chars()).collect::<String>()))
}

/// Pieces between separators. A hole may hold separators, unless the string is an ARM id, whose holes
/// are names.
fn split(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let Some(text) = args::text(args, 0)? else { return Ok(None) };
    let separators: Vec<&str> = match &args[1].kind {
        Kind::Unknown(_) => return Ok(None),
        Kind::Array(items) => {
            let known: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            known.ok_or_else(|| wrong(1, "a list of strings", &args[1]))?
        }
        _ => match args[1].as_str() {
            Some(separator) => vec![separator],
            None => return Ok(None),
        },
    };
    let pieces = match (text.as_known(), separators.as_slice()) {
        (Some(known), _) => split_known(known, &separators).into_iter().map(Text::known).collect(),
        (None, ["/"]) if is_id(&text) => text.split('/'),
        _ => return Ok(None),
    };
    Ok(Some(value(Kind::Array(pieces.into_iter().map(of_text).collect()))))
}

fn is_id(text: &Text) -> bool {
    matches!(text.parts().first(), Some(Part::Known(start)) if start.starts_with("/subscriptions/") || start.starts_with("/providers/"))
}

fn split_known<'t>(text: &'t str, separators: &[&str]) -> Vec<&'t str> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        match separators.iter().find(|separator| !separator.is_empty() && text[at..].starts_with(**separator)) {
            Some(separator) => {
                pieces.push(&text[start..at]);
                at += separator.len();
                start = at;
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// Case is ignored, as documented.
fn starts(args: &[Val]) -> Result<Option<Value>, Fault> {
    let (Some(text), Some(prefix)) = (args::text(args, 0)?, args::text(args, 1)?) else { return Ok(None) };
    let Some(prefix) = prefix.as_known().map(str::to_lowercase) else { return Ok(None) };
    let start = match text.parts().first() {
        Some(Part::Known(start)) => start.to_lowercase(),
        _ => String::new(),
    };
    let decided = text.is_known() || start.len() >= prefix.len() || !prefix.starts_with(&start);
    Ok(decided.then(|| of_bool(start.starts_with(&prefix))))
}

fn ends(args: &[Val]) -> Result<Option<Value>, Fault> {
    let (Some(text), Some(suffix)) = (args::text(args, 0)?, args::text(args, 1)?) else { return Ok(None) };
    let Some(suffix) = suffix.as_known().map(str::to_lowercase) else { return Ok(None) };
    let end = match text.parts().last() {
        Some(Part::Known(end)) => end.to_lowercase(),
        _ => String::new(),
    };
    let decided = text.is_known() || end.len() >= suffix.len() || !suffix.ends_with(&end);
    Ok(decided.then(|| of_bool(end.ends_with(&suffix))))
}

/// Composite formatting of .NET: `{0}`, `{0,5}`, `{0:D3}`, `{{`.
/// <https://learn.microsoft.com/dotnet/standard/base-types/composite-formatting>
fn format(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let Some(pattern) = args::text(args, 0)? else { return Ok(None) };
    let mut result = Text::default();
    for part in pattern.parts() {
        let pattern = match part {
            Part::Known(pattern) => pattern.as_str(),
            Part::Unknown(hole) => {
                result.push_hole(hole.clone());
                continue;
            }
        };
        let mut rest = pattern;
        while let Some(at) = rest.find(['{', '}']) {
            result.push_known(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                result.push_known(brace);
                rest = after;
                continue;
            }
            let end = rest.find('}').filter(|_| brace == "{");
            let end = end.ok_or_else(|| Fault::expression("the format string has a brace too many"))?;
            let Some(text) = format_item(ev, &rest[..end], &args[1..])? else { return Ok(None) };
            result.push(&text);
            rest = &rest[end + 1..];
        }
        result.push_known(rest);
    }
    Ok(Some(of_text(result)))
}

fn format_item(ev: &Evaluator<'_>, item: &str, args: &[Val]) -> Result<Option<Text>, Fault> {
    let (head, spec) = item.split_once(':').map_or((item, None), |(head, spec)| (head, Some(spec)));
    let (index, width) = head.split_once(',').map_or((head, None), |(index, width)| (index, Some(width)));
    let index: usize =
        index.trim().parse().map_err(|_| Fault::expression(format!("'{{{item}}}' names no argument")))?;
    let arg = args.get(index).ok_or_else(|| Fault::expression(format!("there is no argument for '{{{item}}}'")))?;
    let text = match (spec, &arg.kind) {
        (None | Some(""), _) => super::to_text(ev, arg),
        (Some(_), Kind::Text(text)) => text.clone(),
        (Some(spec), Kind::Number(number)) => match number.as_i64().and_then(|int| format_int(int, spec)) {
            Some(text) => Text::known(text),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let Some(width) = width else { return Ok(Some(text)) };
    let width: i64 = width.trim().parse().map_err(|_| Fault::expression(format!("'{{{item}}}' has no valid width")))?;
    let Some(known) = text.as_known() else { return Ok(None) };
    let columns = width.unsigned_abs().min(1024) as usize;
    Ok(Some(Text::known(if width < 0 { format!("{known:<columns$}") } else { format!("{known:>columns$}") })))
}

/// A number in a standard or custom format; `None` for those that templates do not use.
fn format_int(int: i64, spec: &str) -> Option<String> {
    let sign = if int < 0 { "-" } else { "" };
    let digits = int.unsigned_abs().to_string();
    if spec.bytes().all(|byte| byte == b'0') {
        return Some(format!("{sign}{digits:0>width$}", width = spec.len()));
    }
    let width: usize = match &spec[1..] {
        "" => 0,
        width => width.parse().ok().filter(|width| *width <= 100)?,
    };
    match spec.as_bytes()[0] {
        b'D' | b'd' | b'G' | b'g' => Some(format!("{sign}{digits:0>width$}")),
        b'X' => Some(format!("{int:0>width$X}")),
        b'x' => Some(format!("{int:0>width$x}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded() {
        assert_eq!(format_int(7, "D3").as_deref(), Some("007"));
        assert_eq!(format_int(-7, "00").as_deref(), Some("-07"));
        assert_eq!(format_int(255, "X4").as_deref(), Some("00FF"));
        assert_eq!(format_int(1, "P1"), None);
    }

    #[test]
    fn several_separators() {
        assert_eq!(split_known("a,b;c", &[",", ";"]), ["a", "b", "c"]);
        assert_eq!(split_known("", &[","]), [""]);
    }
}
