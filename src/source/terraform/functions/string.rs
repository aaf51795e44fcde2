//! String functions.

use regex::Regex;

use crate::model::{Part, Text};

use super::format::{format, format_list};
use super::{Answer, Args, MAX_TEXT, Stop, Val, has_characters, known_text, string, wrong};

pub(super) fn call(name: &str, args: &Args) -> Option<Answer> {
    Some(match name {
        "chomp" => args.text(0).map(|t| Val::string(t.trim_end_matches(['\n', '\r']))),
        "endswith" => end_test(args, false),
        "startswith" => end_test(args, true),
        "strcontains" => contains(args),
        "format" => format(args),
        "formatlist" => format_list(args),
        "indent" => indent(args),
        "join" => join(args),
        // Azure does not tell names apart by case: a hole in a name stays the same hole.
        "lower" => args.open_text(0).map(|t| Val::text(t.map_known(|known| known.to_lowercase()))),
        "upper" => args.open_text(0).map(|t| Val::text(t.map_known(|known| known.to_uppercase()))),
        "regex" => regex(args),
        "regexall" => regex_all(args),
        "replace" => replace(args),
        "split" => split(args),
        "strrev" => args.text(0).map(|t| Val::string(t.chars().rev().collect::<String>())),
        "substr" => substr(args),
        "title" => args.text(0).map(|t| Val::string(title(&t))),
        "trim" => trim(args),
        "trimprefix" => trim_prefix(args),
        "trimsuffix" => trim_suffix(args),
        "trimspace" => trim_space(args),
        _ => return None,
    })
}

/// `startswith` and `endswith` are decided by known characters at that end.
fn end_test(args: &Args, start: bool) -> Answer {
    let (text, piece) = (args.open_text(0)?, args.text(1)?);
    if let Some(known) = text.as_known() {
        return Ok(Val::bool(if start { known.starts_with(&piece) } else { known.ends_with(&piece) }));
    }
    let end = if start { text.parts().first() } else { text.parts().last() };
    let Some(Part::Known(known)) = end else { return Err(Stop::Unknown) };
    let long_enough = known.len() >= piece.len();
    let matches = if start { known.starts_with(&piece) } else { known.ends_with(&piece) };
    let could = if start { piece.starts_with(known.as_str()) } else { piece.ends_with(known.as_str()) };
    match (matches, long_enough || !could) {
        (true, _) => Ok(Val::bool(true)),
        (false, true) => Ok(Val::bool(false)),
        (false, false) => Err(Stop::Unknown),
    }
}

fn contains(args: &Args) -> Answer {
    let (text, piece) = (args.open_text(0)?, args.text(1)?);
    let found = text.parts().iter().any(|part| matches!(part, Part::Known(known) if known.contains(&piece)));
    if found || text.is_known() { Ok(Val::bool(found || piece.is_empty())) } else { Err(Stop::Unknown) }
}

fn indent(args: &Args) -> Answer {
    let (spaces, text) = (args.int(0)?, args.text(1)?);
    let spaces = usize::try_from(spaces).unwrap_or(0);
    let lines = text.matches('\n').count();
    if spaces.saturating_mul(lines + 1) > MAX_TEXT {
        return wrong("the result is too long");
    }
    string(text.replace('\n', &format!("\n{}", " ".repeat(spaces))))
}

fn join(args: &Args) -> Answer {
    let separator = args.open_text(0)?;
    let mut result = Text::default();
    let mut first = true;
    for index in 1..args.len() {
        for item in args.items(index)? {
            if !first {
                result.push(&separator);
            }
            first = false;
            match item.to_text() {
                Some(text) => result.push(&text),
                None if item.is_null() => return wrong("an element is null"),
                None => return wrong("an element is not a string"),
            }
        }
        if super::super::value::text_len(&result) > MAX_TEXT {
            return wrong("the result is too long");
        }
    }
    Ok(Val::text(result))
}

fn pattern(text: &str) -> Result<Regex, Stop> {
    let built = regex::RegexBuilder::new(text).size_limit(1 << 20).build();
    built.map_err(|_| Stop::Wrong(format!("{text:?} is not a regular expression that can be read")))
}

/// The match itself, the list of its groups, or the object of its named groups.
fn captured(pattern: &Regex, captures: &regex::Captures) -> Val {
    let text = |index: usize| captures.get(index).map_or_else(Val::null, |m| Val::string(m.as_str()));
    if pattern.captures_len() == 1 {
        return text(0);
    }
    let named: Vec<_> = pattern.capture_names().enumerate().filter_map(|(i, name)| Some((name?, i))).collect();
    if named.is_empty() {
        return Val::list((1..pattern.captures_len()).map(text).collect());
    }
    Val::object(named.into_iter().map(|(name, index)| (name.into(), text(index))).collect())
}

fn regex(args: &Args) -> Answer {
    let (pattern, text) = (pattern(&args.text(0)?)?, args.text(1)?);
    match pattern.captures(&text) {
        Some(captures) => Ok(captured(&pattern, &captures)),
        None => wrong("the pattern does not match"),
    }
}

fn regex_all(args: &Args) -> Answer {
    let (pattern, text) = (pattern(&args.text(0)?)?, args.text(1)?);
    Ok(Val::list(pattern.captures_iter(&text).map(|captures| captured(&pattern, &captures)).collect()))
}

fn replace(args: &Args) -> Answer {
    let (text, needle, with) = (args.open_text(0)?, args.text(1)?, args.text(2)?);
    let expression = needle.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    if text.is_known() || expression.is_some() {
        let text = args.text(0)?;
        if let Some(expression) = expression {
            let pattern = pattern(expression)?;
            check_growth(pattern.find_iter(&text).count(), &with, &text)?;
            return string(pattern.replace_all(&text, with.as_str()).into_owned());
        }
        check_growth(text.matches(&needle).count(), &with, &text)?;
        return string(text.replace(&needle, &with));
    }
    // Providers and modules differ in how they spell types: the text stays the same id.
    if needle.eq_ignore_ascii_case(&with) {
        return Ok(Val::text(text.map_known(|known| known.replace(&needle, &with))));
    }
    // A single character lies within one part; what becomes of a hole has a name of its own.
    if needle.chars().count() != 1 {
        return Err(Stop::Unknown);
    }
    let mut result = Text::default();
    for part in text.parts() {
        match part {
            Part::Known(known) => result.push_known(&known.replace(&needle, &with)),
            Part::Unknown(hole) => {
                let source = Val::text(Text::hole(hole.clone()));
                let name = format!("replace({}, {needle:?}, {with:?})", hole.expression());
                let identity = format!("replace\u{1e}{}\u{1e}{needle}\u{1e}{with}", source.identity());
                if let Some(changed) = Val::derived(name, &identity).to_text() {
                    result.push(&changed);
                }
            }
        }
    }
    Ok(Val::text(result))
}

fn check_growth(count: usize, with: &str, text: &str) -> Result<(), Stop> {
    if count.saturating_mul(with.len()).saturating_add(text.len()) > MAX_TEXT {
        return wrong("the result is too long");
    }
    Ok(())
}

fn split(args: &Args) -> Answer {
    let (separator, text) = (args.text(0)?, args.open_text(1)?);
    if let Some(known) = text.as_known() {
        if separator.is_empty() {
            return Ok(Val::list(known.chars().map(|c| Val::string(c.to_string())).collect()));
        }
        return Ok(Val::list(known.split(separator.as_str()).map(Val::string).collect()));
    }
    // The segments of an id: no hole in one holds a slash.
    let id = text.parts().first().is_some_and(|part| matches!(part, Part::Known(known) if known.starts_with('/')));
    if separator == "/" && id {
        return Ok(Val::list(text.split('/').into_iter().map(Val::text).collect()));
    }
    Err(Stop::Unknown)
}

fn substr(args: &Args) -> Answer {
    let (text, offset, length) = (args.open_text(0)?, args.int(1)?, args.int(2)?);
    if let (None, Some(Part::Known(known))) = (text.as_known(), text.parts().first()) {
        let known: Vec<char> = known.chars().collect();
        let (Ok(start), Ok(length)) = (usize::try_from(offset), usize::try_from(length)) else {
            return Err(Stop::Unknown);
        };
        let end = start.saturating_add(length);
        if end > known.len() {
            return Err(Stop::Unknown);
        }
        return string(known[start..end].iter().collect());
    }
    let chars: Vec<char> = args.text(0)?.chars().collect();
    let start = if offset < 0 { chars.len() as i64 + offset } else { offset };
    let Ok(start) = usize::try_from(start) else { return Ok(Val::string("")) };
    let start = start.min(chars.len());
    let end = match usize::try_from(length) {
        Ok(length) => start.saturating_add(length).min(chars.len()),
        Err(_) => chars.len(),
    };
    string(chars[start..end].iter().collect())
}

fn title(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut start = true;
    for c in text.chars() {
        if start {
            result.extend(c.to_uppercase())
        } else {
            result.push(c)
        }
        start = !(c.is_alphanumeric() || matches!(c, '_' | '\''));
    }
    result
}

fn trim(args: &Args) -> Answer {
    let (text, set) = (args.text(0)?, args.text(1)?);
    Ok(Val::string(text.trim_matches(|c| set.contains(c))))
}

fn trim_prefix(args: &Args) -> Answer {
    let (text, prefix) = (args.text(0)?, args.text(1)?);
    Ok(Val::string(text.strip_prefix(&prefix).unwrap_or(&text)))
}

fn trim_suffix(args: &Args) -> Answer {
    let (text, suffix) = (args.text(0)?, args.text(1)?);
    Ok(Val::string(text.strip_suffix(&suffix).unwrap_or(&text)))
}

fn trim_space(args: &Args) -> Answer {
    let value = args.val(0)?;
    if let Ok(text) = known_text(value) {
        return Ok(Val::string(text.trim()));
    }
    let text = args.open_text(0)?;
    // Known characters at both ends that are not blank: nothing is taken off.
    let solid = |part: Option<&Part>, end: fn(&str) -> Option<char>| matches!(part, Some(Part::Known(known)) if end(known).is_some_and(|c| !c.is_whitespace()));
    let (first, last) = (text.parts().first(), text.parts().last());
    let keeps = solid(first, |s| s.chars().next()) && solid(last, |s| s.chars().next_back());
    if keeps && has_characters(&text) == Some(true) { Ok(Val::text(text)) } else { Err(Stop::Unknown) }
}
