//! Numeric functions.

use super::{Answer, Args, Num, Val, wrong};

pub(super) fn call(name: &str, args: &Args) -> Option<Answer> {
    Some(match name {
        "abs" => args.number(0).map(|n| Val::number(if n < Num::Int(0) { n.neg() } else { n })),
        "ceil" => args.number(0).map(|n| Val::number(rounded(n, f64::ceil))),
        "floor" => args.number(0).map(|n| Val::number(rounded(n, f64::floor))),
        "log" => log(args),
        "max" => extreme(args, |a, b| a > b),
        "min" => extreme(args, |a, b| a < b),
        "parseint" => parse_int(args),
        "pow" => pow(args),
        "signum" => args.number(0).map(|n| Val::int(n.cmp(&Num::Int(0)) as i64)),
        _ => return None,
    })
}

fn rounded(number: Num, round: fn(f64) -> f64) -> Num {
    match number {
        Num::Int(_) => number,
        Num::Float(value) => Num::from_f64(round(value)),
    }
}

fn log(args: &Args) -> Answer {
    let (number, base) = (args.number(0)?.to_f64(), args.number(1)?.to_f64());
    let result = number.ln() / base.ln();
    if !result.is_finite() {
        return wrong("the logarithm is not defined");
    }
    // Exact powers come out a little off.
    let near = result.round();
    Ok(Val::number(Num::from_f64(if (result - near).abs() < 1e-12 { near } else { result })))
}

fn extreme(args: &Args, better: fn(Num, Num) -> bool) -> Answer {
    let mut best = args.number(0)?;
    for index in 1..args.len() {
        let number = args.number(index)?;
        if better(number, best) {
            best = number;
        }
    }
    Ok(Val::number(best))
}

fn parse_int(args: &Args) -> Answer {
    let (text, base) = (args.text(0)?, args.int(1)?);
    if !(2..=62).contains(&base) {
        return wrong("the base must be between 2 and 62");
    }
    let (digits, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text.as_str(), false),
    };
    let mut result: i128 = 0;
    for digit in digits.chars() {
        let value = digit_value(digit, base).filter(|value| *value < base);
        let next = value.and_then(|value| result.checked_mul(base.into())?.checked_add(value.into()));
        let Some(next) = next else { return wrong(format!("{text:?} is not a number of base {base}")) };
        result = next;
    }
    if digits.is_empty() {
        return wrong("the string is empty");
    }
    Ok(Val::number(Num::Int(if negative { -result } else { result })))
}

/// Up to base 36 the case of letters does not count; beyond, upper-case letters follow the lower-case.
fn digit_value(digit: char, base: i64) -> Option<i64> {
    let offset = |first: char| i64::from(digit as u32) - i64::from(first as u32);
    match digit {
        '0'..='9' => Some(offset('0')),
        'a'..='z' => Some(10 + offset('a')),
        'A'..='Z' if base <= 36 => Some(10 + offset('A')),
        'A'..='Z' => Some(36 + offset('A')),
        _ => None,
    }
}

fn pow(args: &Args) -> Answer {
    let (base, exponent) = (args.number(0)?, args.number(1)?);
    if let (Num::Int(base), Some(exponent)) = (base, exponent.to_int().and_then(|e| u32::try_from(e).ok()))
        && let Some(exact) = base.checked_pow(exponent)
    {
        return Ok(Val::number(Num::Int(exact)));
    }
    let result = base.to_f64().powf(exponent.to_f64());
    if result.is_finite() { Ok(Val::number(Num::from_f64(result))) } else { wrong("the result is too large") }
}
