//! `format` and `formatlist`.

use std::iter::Peekable;
use std::str::Chars;

use crate::model::Text;

use super::encoding::json_encode;
use super::{Answer, Args, MAX_TEXT, Num, Stop, Val, known_text, wrong};

/// Widths and precisions beyond this make no sense in a configuration.
const MAX_WIDTH: usize = 1_000;

pub(super) fn format(args: &Args) -> Answer {
    let spec = args.text(0)?;
    formatted(&spec, &args.0[1..]).map(Val::text)
}

pub(super) fn format_list(args: &Args) -> Answer {
    let spec = args.text(0)?;
    let lists: Vec<&[Val]> = args.0[1..].iter().filter_map(Val::as_items).collect();
    if args.0[1..].iter().any(Val::is_unknown) {
        return Err(Stop::Unknown);
    }
    let Some(length) = lists.iter().map(|list| list.len()).max() else {
        return Ok(Val::list(vec![Val::text(formatted(&spec, &args.0[1..])?)]));
    };
    if lists.iter().any(|list| list.len() != length) {
        return wrong("the lists have different lengths");
    }
    let mut result = Vec::with_capacity(length);
    for index in 0..length {
        let row: Vec<Val> = args.0[1..]
            .iter()
            .map(|arg| arg.as_items().map_or_else(|| arg.clone(), |items| items[index].clone()))
            .collect();
        result.push(Val::text(formatted(&spec, &row)?));
    }
    Ok(Val::list(result))
}

#[derive(Default)]
struct Verb {
    minus: bool,
    plus: bool,
    space: bool,
    zero: bool,
    sharp: bool,
    width: Option<usize>,
    precision: Option<usize>,
    letter: char,
}

fn formatted(spec: &str, args: &[Val]) -> Result<Text, Stop> {
    let mut out = Text::default();
    let mut next = 0;
    let mut chars = spec.chars().peekable();
    let mut highest = 0;
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push_known(c.encode_utf8(&mut [0; 4]));
            continue;
        }
        if chars.peek() == Some(&'%') {
            chars.next();
            out.push_known("%");
            continue;
        }
        let mut verb = Verb::default();
        let index = read_verb(&mut chars, &mut verb)?.unwrap_or(next);
        let Some(arg) = args.get(index) else { return wrong("there are fewer arguments than verbs") };
        next = index + 1;
        highest = highest.max(next);
        write(&verb, arg, &mut out)?;
        if super::super::value::text_len(&out) > MAX_TEXT {
            return wrong("the result is too long");
        }
    }
    if highest < args.len() {
        return wrong("there are more arguments than verbs");
    }
    Ok(out)
}

/// Reads what is behind a `%`; gives the argument that is asked for by number.
fn read_verb(chars: &mut Peekable<Chars>, verb: &mut Verb) -> Result<Option<usize>, Stop> {
    while let Some(flag) = chars.peek().copied() {
        match flag {
            '-' => verb.minus = true,
            '+' => verb.plus = true,
            ' ' => verb.space = true,
            '0' => verb.zero = true,
            '#' => verb.sharp = true,
            _ => break,
        }
        chars.next();
    }
    let mut index = read_index(chars)?;
    verb.width = read_number(chars);
    if chars.peek() == Some(&'.') {
        chars.next();
        verb.precision = Some(read_number(chars).unwrap_or(0));
    }
    index = read_index(chars)?.or(index);
    let Some(letter) = chars.next() else { return wrong("the format ends in a `%`") };
    verb.letter = letter;
    if verb.width.max(verb.precision).is_some_and(|n| n > MAX_WIDTH) {
        return wrong("the width is too large");
    }
    Ok(index)
}

fn read_index(chars: &mut Peekable<Chars>) -> Result<Option<usize>, Stop> {
    if chars.peek() != Some(&'[') {
        return Ok(None);
    }
    chars.next();
    let number = read_number(chars).and_then(|n| n.checked_sub(1));
    match (number, chars.next()) {
        (Some(index), Some(']')) => Ok(Some(index)),
        _ => wrong("an argument number is wrong"),
    }
}

fn read_number(chars: &mut Peekable<Chars>) -> Option<usize> {
    let mut result: Option<usize> = None;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        result = Some(result.unwrap_or(0).saturating_mul(10).saturating_add(digit as usize));
        chars.next();
    }
    result
}

fn write(verb: &Verb, arg: &Val, out: &mut Text) -> Result<(), Stop> {
    if arg.is_null() && verb.letter == 's' {
        return Err(Stop::Unknown);
    }
    // Holes pass through where nothing is counted.
    if matches!(verb.letter, 's' | 'v') && verb.width.is_none() && verb.precision.is_none() && !verb.sharp {
        if let Some(text) = arg.to_text() {
            out.push(&text);
            return Ok(());
        }
        if verb.letter == 's' && arg.as_items().is_none() && arg.as_members().is_none() && !arg.is_null() {
            return wrong("a string is required");
        }
    }
    let text = match verb.letter {
        'v' if arg.to_text().is_none() || verb.sharp => known_json(arg)?,
        'v' | 's' if arg.to_text().is_none() => known_json(arg)?,
        'v' | 's' => cut(verb, known_text(arg)?),
        'q' => known_json(&Val::string(cut(verb, known_text(arg)?)))?,
        't' => arg.as_bool().map(|b| b.to_string()).ok_or_else(|| super::not_a("boolean", arg))?,
        'd' | 'b' | 'o' | 'x' | 'X' => return write_int(verb, arg, out),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => return write_float(verb, arg, out),
        other => return wrong(format!("there is no verb %{other}")),
    };
    out.push_known(&padded(verb, text, false));
    Ok(())
}

fn known_json(arg: &Val) -> Result<String, Stop> {
    json_encode(arg)?.as_known().map(str::to_owned).ok_or(Stop::Unknown)
}

fn cut(verb: &Verb, text: String) -> String {
    match verb.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text,
    }
}

fn write_int(verb: &Verb, arg: &Val, out: &mut Text) -> Result<(), Stop> {
    let number = arg.as_number().ok_or_else(|| super::not_a("number", arg))?;
    let value = match number {
        Num::Int(value) => value,
        Num::Float(_) => return wrong("a whole number is required"),
    };
    let magnitude = value.unsigned_abs();
    let mut digits = match verb.letter {
        'b' => format!("{magnitude:b}"),
        'o' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        _ => magnitude.to_string(),
    };
    if verb.sharp {
        let prefix = match verb.letter {
            'b' => "0b",
            'o' => "0",
            'x' => "0x",
            'X' => "0X",
            _ => "",
        };
        digits.insert_str(0, prefix);
    }
    out.push_known(&padded(verb, signed(verb, digits, value < 0), true));
    Ok(())
}

fn write_float(verb: &Verb, arg: &Val, out: &mut Text) -> Result<(), Stop> {
    let value = arg.as_number().ok_or_else(|| super::not_a("number", arg))?.to_f64();
    let magnitude = value.abs();
    let digits = match verb.letter {
        'f' | 'F' => format!("{magnitude:.*}", verb.precision.unwrap_or(6)),
        'e' | 'E' => exponent(magnitude, verb.precision.unwrap_or(6)),
        _ => shortest(magnitude, verb.precision),
    };
    let digits = if verb.letter.is_uppercase() { digits.to_uppercase() } else { digits };
    out.push_known(&padded(verb, signed(verb, digits, value < 0.0), true));
    Ok(())
}

/// With the two digits of an exponent that Go writes at least.
fn exponent(magnitude: f64, precision: usize) -> String {
    let text = format!("{magnitude:.precision$e}");
    let Some((mantissa, power)) = text.split_once('e') else { return text };
    let (sign, digits) = power.strip_prefix('-').map_or(('+', power), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

fn shortest(magnitude: f64, precision: Option<usize>) -> String {
    let power = if magnitude == 0.0 { 0 } else { magnitude.log10().floor() as i32 };
    let limit = precision.map_or(21, |p| p.max(1) as i32);
    let plain = |precision: Option<usize>| match precision {
        None => format!("{magnitude}"),
        Some(p) => {
            let decimals = (p.max(1) as i32 - 1 - power).max(0) as usize;
            let text = format!("{magnitude:.decimals$}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
    };
    if (-4..limit).contains(&power) {
        return plain(precision);
    }
    match precision {
        Some(p) => exponent(magnitude, p.max(1) - 1),
        None => {
            let text = format!("{magnitude:e}");
            let Some((mantissa, power)) = text.split_once('e') else { return text };
            let (sign, digits) = power.strip_prefix('-').map_or(('+', power), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
    }
}

fn signed(verb: &Verb, digits: String, negative: bool) -> String {
    match (negative, verb.plus, verb.space) {
        (true, ..) => format!("-{digits}"),
        (false, true, _) => format!("+{digits}"),
        (false, false, true) => format!(" {digits}"),
        _ => digits,
    }
}

fn padded(verb: &Verb, text: String, number: bool) -> String {
    let missing = verb.width.unwrap_or(0).saturating_sub(text.chars().count());
    if missing == 0 {
        return text;
    }
    if verb.minus {
        return format!("{text}{}", " ".repeat(missing));
    }
    if verb.zero && number {
        let (sign, digits) = match text.strip_prefix(['-', '+', ' ']) {
            Some(digits) => (&text[..1], digits),
            None => ("", text.as_str()),
        };
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    let fill = if verb.zero { "0" } else { " " };
    format!("{}{text}", fill.repeat(missing))
}
