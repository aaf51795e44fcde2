//! Numbers of the Terraform language.

use std::cmp::Ordering;
use std::fmt;

/// A number. Whole numbers are exact, as Terraform's are; others have the precision of a double.
#[derive(Clone, Copy, Debug)]
pub(super) enum Num {
    /// A whole number.
    Int(i128),
    /// Any other; never whole and small enough to be an `Int`, never infinite.
    Float(f64),
}

/// Doubles are whole numbers without loss up to here.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Num {
    /// A number from a double; what is not finite is 0.
    pub fn from_f64(value: f64) -> Self {
        if value.fract() == 0.0 && value.abs() <= EXACT {
            return Self::Int(value as i128);
        }
        if value.is_finite() { Self::Float(value) } else { Self::Int(0) }
    }

    /// As a double.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// As a whole number; `None` if it has a fraction.
    pub fn to_int(self) -> Option<i64> {
        match self {
            Self::Int(value) => value.try_into().ok(),
            Self::Float(_) => None,
        }
    }

    /// The number that a string spells; `None` if it does not spell one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.bytes().next().is_some_and(|b| b.is_ascii_digit())
            && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
        if !plain {
            return None;
        }
        if let Ok(value) = text.parse::<i128>() {
            return Some(Self::Int(value));
        }
        let value: f64 = text.parse().ok()?;
        value.is_finite().then(|| Self::from_f64(value))
    }

    /// The sum.
    pub fn add(self, other: Self) -> Self {
        self.exactly(other, i128::checked_add).unwrap_or_else(|| decimal(self.to_f64() + other.to_f64()))
    }

    /// The difference.
    pub fn sub(self, other: Self) -> Self {
        self.exactly(other, i128::checked_sub).unwrap_or_else(|| decimal(self.to_f64() - other.to_f64()))
    }

    /// The product.
    pub fn mul(self, other: Self) -> Self {
        self.exactly(other, i128::checked_mul).unwrap_or_else(|| decimal(self.to_f64() * other.to_f64()))
    }

    /// The quotient; `None` for a division by zero.
    pub fn div(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        if let (Self::Int(a), Self::Int(b)) = (self, other)
            && a.checked_rem(b) == Some(0)
        {
            return a.checked_div(b).map(Self::Int);
        }
        Some(Self::from_f64(self.to_f64() / other.to_f64()))
    }

    /// The remainder with the sign of the dividend; `None` for a division by zero.
    pub fn rem(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        if let (Self::Int(a), Self::Int(b)) = (self, other) {
            return a.checked_rem(b).map(Self::Int);
        }
        Some(decimal(self.to_f64() % other.to_f64()))
    }

    /// The negated number.
    pub fn neg(self) -> Self {
        match self {
            Self::Int(value) => Self::Int(value.saturating_neg()),
            Self::Float(value) => Self::Float(-value),
        }
    }

    fn is_zero(self) -> bool {
        matches!(self, Self::Int(0))
    }

    fn exactly(self, other: Self, operation: fn(i128, i128) -> Option<i128>) -> Option<Self> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => operation(a, b).map(Self::Int),
            _ => None,
        }
    }

    /// As JSON holds it.
    pub fn to_json(self) -> serde_json::Number {
        if let Self::Int(value) = self {
            if let Ok(value) = i64::try_from(value) {
                return value.into();
            }
            if let Ok(value) = u64::try_from(value) {
                return value.into();
            }
        }
        serde_json::Number::from_f64(self.to_f64()).unwrap_or_else(|| 0.into())
    }

    /// From JSON.
    pub fn from_json(number: &serde_json::Number) -> Self {
        match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Self::Int(value.into()),
            (_, Some(value)) => Self::Int(value.into()),
            _ => Self::from_f64(number.as_f64().unwrap_or_default()),
        }
    }
}

/// Terraform computes decimals with 512 bits: what it prints as 0.3 is 0.30000000000000004 as the sum
/// of two doubles. Fifteen digits are what a double holds for certain.
fn decimal(value: f64) -> Num {
    let rounded: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    Num::from_f64(rounded)
}

impl PartialEq for Num {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Num {}

impl PartialOrd for Num {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Num {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            _ => self.to_f64().total_cmp(&other.to_f64()),
        }
    }
}

/// Without an exponent, as Terraform turns numbers into strings.
impl fmt::Display for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_print_as_terraform_prints_them() {
        let parse = |text| Num::parse(text).expect("a number");
        assert_eq!(parse("0.1").add(parse("0.2")).to_string(), "0.3");
        assert_eq!(parse("1e3").to_string(), "1000");
        assert_eq!(parse("10").div(parse("4")).expect("not zero").to_string(), "2.5");
        assert_eq!(parse("-7").rem(parse("3")).expect("not zero").to_string(), "-1");
        assert_eq!(parse("18446744073709551615").to_string(), "18446744073709551615");
    }

    #[test]
    fn only_what_spells_a_number_is_one() {
        for text in ["", "a", "1a", "inf", "NaN", " 1", "+1", ".5", "-"] {
            assert_eq!(Num::parse(text), None, "{text}");
        }
        assert!(Num::parse("1").expect("a number").div(Num::Int(0)).is_none());
    }
}
