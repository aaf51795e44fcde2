//! Date functions.

use super::{Answer, Args, Stop, Val, string, wrong};

pub(super) fn call(name: &str, args: &Args) -> Option<Answer> {
    Some(match name {
        "timestamp" | "plantimestamp" => Err(Stop::Unnamed),
        "timeadd" => time_add(args),
        "timecmp" => time_compare(args),
        "formatdate" => format_date(args),
        _ => return None,
    })
}

/// A point in time, and the offset from UTC in which it is written.
#[derive(Clone, Copy)]
struct Moment {
    /// Seconds since 1970 in UTC.
    seconds: i64,
    nanos: u32,
    offset_minutes: i64,
}

/// RFC 3339: `2006-01-02T15:04:05.9Z` or with an offset.
fn parse(text: &str) -> Option<Moment> {
    let field = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let bytes = text.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, byte)| bytes.get(*at) != Some(byte)) {
        return None;
    }
    let (year, month, day) = (field(0..4)?, field(5..7)?, field(8..10)?);
    let (hour, minute, second) = (field(11..13)?, field(14..16)?, field(17..19)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        let padded: String = fraction[..digits].chars().chain("000000000".chars()).take(9).collect();
        nanos = padded.parse().ok()?;
        rest = &fraction[digits..];
    }
    let offset_minutes = match rest.as_bytes() {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let minutes = rest[1..3].parse::<i64>().ok()? * 60 + rest[4..6].parse::<i64>().ok()?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let days = days_from_civil(year, month, day);
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset_minutes * 60;
    Some(Moment { seconds, nanos, offset_minutes })
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 of a date of the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn moment(args: &Args, index: usize) -> Result<Moment, Stop> {
    let text = args.text(index)?;
    parse(&text).ok_or_else(|| Stop::Wrong(format!("{text:?} is not a timestamp of RFC 3339")))
}

fn time_add(args: &Args) -> Answer {
    let start = moment(args, 0)?;
    let text = args.text(1)?;
    let Some(nanos) = duration(&text) else { return wrong(format!("{text:?} is not a duration")) };
    let total = i128::from(start.nanos) + nanos;
    let seconds = i128::from(start.seconds) + total.div_euclid(1_000_000_000);
    let Ok(seconds) = i64::try_from(seconds) else { return wrong("the time is out of range") };
    if !(-62_167_219_200..253_402_300_800).contains(&seconds) {
        return wrong("the year is out of range");
    }
    // RFC 3339 without a fraction is what Terraform writes.
    Ok(Val::string(written(Moment { seconds, ..start })))
}

/// Go's durations: `1h30m`, `-2.5s`.
fn duration(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total: i128 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let value: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit() || c == '.').map_or(rest.len(), |at| end + at);
        let unit = match &rest[end..unit_end] {
            "ns" => 1.0,
            "us" | "µs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3_600e9,
            _ => return None,
        };
        total += (value * unit) as i128;
        rest = &rest[unit_end..];
    }
    Some(if negative { -total } else { total })
}

fn written(moment: Moment) -> String {
    let local = moment.seconds + moment.offset_minutes * 60;
    let (year, month, day) = civil_from_days(local.div_euclid(86_400));
    let second = local.rem_euclid(86_400);
    let zone = zone(moment.offset_minutes, true, true);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}{zone}", second / 3_600, second / 60 % 60, second % 60)
}

fn zone(minutes: i64, z: bool, colon: bool) -> String {
    if z && minutes == 0 {
        return "Z".to_owned();
    }
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    format!("{sign}{hours:02}{}{rest:02}", if colon { ":" } else { "" })
}

fn time_compare(args: &Args) -> Answer {
    let (a, b) = (moment(args, 0)?, moment(args, 1)?);
    Ok(Val::int((a.seconds, a.nanos).cmp(&(b.seconds, b.nanos)) as i64))
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

fn format_date(args: &Args) -> Answer {
    let spec = args.text(0)?;
    let moment = moment(args, 1)?;
    let local = moment.seconds + moment.offset_minutes * 60;
    let mut out = String::new();
    let mut rest = spec.as_str();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            rest = quoted(rest, &mut out)?;
            continue;
        }
        let run = rest.chars().take_while(|c| *c == first).count() * first.len_utf8();
        let (verb, after) = rest.split_at(run);
        rest = after;
        if first.is_ascii_alphabetic() {
            out.push_str(&date_part(verb, local, moment.offset_minutes)?);
        } else {
            out.push_str(verb);
        }
    }
    string(out)
}

/// `'literal'`, in which two quotes are one.
fn quoted<'a>(text: &'a str, out: &mut String) -> Result<&'a str, Stop> {
    let mut rest = &text[1..];
    loop {
        let Some(end) = rest.find('\'') else { return wrong("a quote is not closed") };
        out.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                out.push('\'');
                rest = after;
            }
            None => return Ok(rest),
        }
    }
}

fn date_part(verb: &str, local: i64, offset: i64) -> Result<String, Stop> {
    let days = local.div_euclid(86_400);
    let (year, month, day) = civil_from_days(days);
    let second = local.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let weekday = DAYS[days.rem_euclid(7) as usize];
    let month_name = MONTHS[(month - 1).clamp(0, 11) as usize];
    Ok(match verb {
        "YYYY" => format!("{year:04}"),
        "YY" => format!("{:02}", year % 100),
        "MMMM" => month_name.to_owned(),
        "MMM" => month_name[..3].to_owned(),
        "MM" => format!("{month:02}"),
        "M" => month.to_string(),
        "DD" => format!("{day:02}"),
        "D" => day.to_string(),
        "EEEE" => weekday.to_owned(),
        "EEE" => weekday[..3].to_owned(),
        "hh" => format!("{hour:02}"),
        "h" => hour.to_string(),
        "HH" => format!("{twelve:02}"),
        "H" => twelve.to_string(),
        "AA" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if hour < 12 { "am" } else { "pm" }.to_owned(),
        "mm" => format!("{minute:02}"),
        "m" => minute.to_string(),
        "ss" => format!("{second:02}"),
        "s" => second.to_string(),
        "ZZZZZ" => zone(offset, false, true),
        "ZZZZ" => zone(offset, false, false),
        "ZZZ" if offset == 0 => "UTC".to_owned(),
        "ZZZ" => zone(offset, false, false),
        "Z" => zone(offset, true, true),
        _ => return wrong(format!("there is no date verb {verb:?}")),
    })
}
