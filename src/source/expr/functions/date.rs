//! Functions on dates; the current time is known only to the deployment.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-date>

use crate::model::Value;

use super::args::{self, of_int};
use super::{Body, Function, Val, pure, pure_text};
use crate::source::expr::Fault;

pub(super) const FUNCTIONS: &[Function] = &[
    pure_text("dateTimeAdd", (2, 3), add),
    pure_text("dateTimeFromEpoch", (1, 1), |args| Ok(Value::string(Moment(args::int(args, 0)?).to_string()))),
    pure("dateTimeToEpoch", (1, 1), |args| Ok(of_int(moment(args, 0)?.0))),
    Function { name: "utcNow", arity: (0, 1), text: true, body: Body::Fresh },
    Function { name: "newGuid", arity: (0, 0), text: true, body: Body::Fresh },
];

/// Seconds since 1970 in UTC.
struct Moment(i64);

fn moment(args: &[Val], at: usize) -> Result<Moment, Fault> {
    let text = args::str(args, at)?;
    parse(text).ok_or_else(|| Fault::expression(format!("'{text}' is no ISO 8601 date")))
}

/// A date plus an ISO 8601 duration. A third argument asks for a .NET format, of which only the
/// sortable one is known.
fn add(args: &[Val]) -> Result<Value, Fault> {
    let Moment(start) = moment(args, 0)?;
    let text = args::str(args, 1)?;
    let duration = duration(text).ok_or_else(|| Fault::expression(format!("'{text}' is no ISO 8601 duration")))?;
    let (months, seconds) = duration;
    let moved = Moment(start).add_months(months).and_then(|moment| moment.0.checked_add(seconds));
    let moved = moved.ok_or_else(|| Fault::expression("the date is out of range"))?;
    let result = Moment(moved).to_string();
    if args.len() > 2 {
        let format = args::str(args, 2)?;
        return formatted(&Moment(moved), format).map(Value::string);
    }
    Ok(Value::string(result))
}

/// The custom formats that consist of the usual letters.
fn formatted(moment: &Moment, format: &str) -> Result<String, Fault> {
    let (year, month, day) = moment.date();
    let second = moment.0.rem_euclid(86_400);
    let mut result = String::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        let run = rest.chars().take_while(|c| *c == first).count();
        match (first, run) {
            ('y', 4) => result.push_str(&format!("{year:04}")),
            ('y', 2) => result.push_str(&format!("{:02}", year % 100)),
            ('M', 2) => result.push_str(&format!("{month:02}")),
            ('d', 2) => result.push_str(&format!("{day:02}")),
            ('H', 2) => result.push_str(&format!("{:02}", second / 3600)),
            ('m', 2) => result.push_str(&format!("{:02}", second / 60 % 60)),
            ('s', 2) => result.push_str(&format!("{:02}", second % 60)),
            ('u', 1) if format.len() == 1 => return Ok(moment.to_string().replace('T', " ")),
            (other, _) if !other.is_ascii_alphabetic() || other == 'T' || other == 'Z' => {
                result.extend(std::iter::repeat_n(other, run));
            }
            _ => {
                return Err(Fault::new(
                    crate::model::GapCode::Unsupported,
                    format!("the date format '{format}' is not supported"),
                ));
            }
        }
        rest = &rest[run * first.len_utf8()..];
    }
    Ok(result)
}

impl Moment {
    /// Year, month and day of the proleptic Gregorian calendar.
    fn date(&self) -> (i64, i64, i64) {
        // Howard Hinnant's days-to-civil algorithm: years start in March.
        let days = self.0.div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
    }

    fn add_months(&self, months: i64) -> Option<Moment> {
        let (year, month, day) = self.date();
        let total = year.checked_mul(12)?.checked_add(month - 1)?.checked_add(months)?;
        let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
        if !(1..=9999).contains(&year) {
            return None;
        }
        let longest = (28..=31).rev().find(|day| Moment(days(year, month, *day) * 86_400).date().1 == month)?;
        Some(Moment(days(year, month, day.min(longest)) * 86_400 + self.0.rem_euclid(86_400)))
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.date();
        let second = self.0.rem_euclid(86_400);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
    }
}

/// Days since 1970 of a date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let year_of_era = year.rem_euclid(400);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// `2020-04-07`, `2020-04-07 14:53:14Z`, `2020-04-07T14:53:14.5+02:00`, `20200407T145314Z`.
fn parse(text: &str) -> Option<Moment> {
    let text = text.trim();
    let compact: String = text.chars().take(10).filter(|c| *c != '-').collect();
    let date = compact.get(..8).filter(|date| date.bytes().all(|byte| byte.is_ascii_digit()))?;
    let number = |text: &str| text.parse::<i64>().ok();
    let (year, month, day) = (number(&date[..4])?, number(&date[4..6])?, number(&date[6..8])?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let rest = text.get(if text.as_bytes().get(4) == Some(&b'-') { 10 } else { 8 }..)?;
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    let end = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    let time: String = time.split('.').next()?.chars().filter(|c| *c != ':').collect();
    let mut second = 0;
    for (at, unit) in [3600, 60, 1].into_iter().enumerate() {
        match time.get(at * 2..at * 2 + 2) {
            Some(digits) => second += number(digits)? * unit,
            None if time.len() <= at * 2 => break,
            None => return None,
        }
    }
    let offset = match zone.chars().next() {
        Some(sign @ ('+' | '-')) => {
            let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
            let minutes = number(digits.get(..2)?)? * 60 + digits.get(2..4).map_or(Some(0), number)?;
            if sign == '+' { minutes * 60 } else { -minutes * 60 }
        }
        _ => 0,
    };
    Some(Moment(days(year, month, day) * 86_400 + second - offset))
}

/// Months and seconds of `P1Y2M3DT4H5M6S`, `-P1D`, `PT1H`.
fn duration(text: &str) -> Option<(i64, i64)> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let mut rest = text.strip_prefix('P')?;
    let (mut months, mut seconds, mut in_time) = (0i64, 0i64, false);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            in_time = true;
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..end].parse().ok()?;
        match (rest.as_bytes()[end], in_time) {
            (b'Y', false) => months = months.checked_add(number.checked_mul(12)?)?,
            (b'M', false) => months = months.checked_add(number)?,
            (b'W', false) => seconds = seconds.checked_add(number.checked_mul(604_800)?)?,
            (b'D', false) => seconds = seconds.checked_add(number.checked_mul(86_400)?)?,
            (b'H', true) => seconds = seconds.checked_add(number.checked_mul(3600)?)?,
            (b'M', true) => seconds = seconds.checked_add(number.checked_mul(60)?)?,
            (b'S', true) => seconds = seconds.checked_add(number)?,
            _ => return None,
        }
        rest = &rest[end + 1..];
    }
    Some((sign * months, sign * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_the_documentation() {
        let added = |start: &str, span: &str| {
            let Moment(start) = parse(start).expect("a date");
            let (months, seconds) = duration(span).expect("a duration");
            Moment(Moment(start).add_months(months).expect("in range").0 + seconds).to_string()
        };
        assert_eq!(added("2020-04-07 14:53:14Z", "P3Y"), "2023-04-07T14:53:14Z");
        assert_eq!(added("2020-04-07 14:53:14Z", "-P9D"), "2020-03-29T14:53:14Z");
        assert_eq!(added("2020-04-07 14:53:14Z", "PT1H"), "2020-04-07T15:53:14Z");
        assert_eq!(added("2024-01-31T00:00:00Z", "P1M"), "2024-02-29T00:00:00Z");
        assert_eq!(parse("2023-05-02T15:16:13Z").map(|m| m.0), Some(1_683_040_573));
        assert_eq!(parse("no date").map(|m| m.0), None);
    }
}
