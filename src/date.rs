//! Calendar days.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day, written `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Date {
    /// From `YYYY-MM-DD`; `None` if it is written otherwise or is not in the calendar.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
        let digits = bytes.iter().enumerate().all(|(at, b)| at == 4 || at == 7 || b.is_ascii_digit());
        if !shape || !digits {
            return None;
        }
        let date =
            Self { year: text[..4].parse().ok()?, month: text[5..7].parse().ok()?, day: text[8..].parse().ok()? };
        let valid = (1..=12).contains(&date.month) && (1..=date.month_length()).contains(&date.day) && date.year > 0;
        valid.then_some(date)
    }

    /// From an RFC 3339 time, which must be in UTC: its day.
    pub fn of_time(rfc3339: &str) -> Option<Self> {
        Self::parse(rfc3339.get(..10)?)
    }

    /// The current day in UTC.
    pub fn today() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        Self::from_day_number(i64::try_from(seconds / SECONDS_PER_DAY).unwrap_or(0))
    }

    /// How many days from this day to another; negative if the other is earlier.
    pub fn days_until(self, other: Date) -> i64 {
        other.day_number() - self.day_number()
    }

    fn month_length(self) -> u8 {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// Days since 1970-01-01. Years begin in March here, so that the leap day is the last of its year.
    fn day_number(self) -> i64 {
        let month = i64::from((self.month + 9) % 12);
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
    }

    fn from_day_number(days: i64) -> Self {
        let days = days + DAYS_TO_EPOCH;
        let day_of_era = days.rem_euclid(DAYS_PER_ERA);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + days.div_euclid(DAYS_PER_ERA) * 400 + i64::from(month <= 2);
        Self { year: year as i32, month: month as u8, day: day as u8 }
    }
}

const SECONDS_PER_DAY: u64 = 86_400;
/// Days in 400 years, after which the calendar repeats.
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

/// The current time, RFC 3339 in UTC, whole seconds.
pub fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    let day = Date::from_day_number(i64::try_from(seconds / SECONDS_PER_DAY).unwrap_or(0));
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{day}T{hour:02}:{minute:02}:{second:02}Z")
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for good in ["2026-11-24", "2024-02-29", "2000-02-29", "9999-12-31", "0001-01-01"] {
            assert_eq!(date(good).to_string(), good);
        }
        for bad in [
            "2026-1-1",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "0000-01-01",
            "+026-01-01",
            "2026/01/01",
            "2026-01-01T00",
            "",
            "tomorrow",
            "２０２６",
        ] {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_are_counted_over_months_and_leap_years() {
        assert_eq!(date("1970-01-01").day_number(), 0);
        assert_eq!(date("2000-03-01").day_number(), 11_017);
        assert_eq!(date("2026-11-24").days_until(date("2027-01-31")), 68);
        assert_eq!(date("2024-02-28").days_until(date("2024-03-01")), 2);
        assert_eq!(date("2026-11-24").days_until(date("2026-11-23")), -1);
        for days in [-719_162, -1, 0, 59, 60, 11_016, 20_781, 2_932_896] {
            assert_eq!(Date::from_day_number(days).day_number(), days);
        }
    }

    #[test]
    fn a_time_has_its_day() {
        assert_eq!(Date::of_time("2026-11-24T23:59:59Z"), Some(date("2026-11-24")));
        assert_eq!(Date::of_time("2026"), None);
    }
}
