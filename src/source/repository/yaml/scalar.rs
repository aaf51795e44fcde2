//! Scalars of YAML as values.

use std::borrow::Cow;

use saphyr::Scalar;
use saphyr_parser::{ScalarStyle, Tag};

use crate::model::{Kind, Value};

use super::mask::Masked;

/// The value of a scalar without a tag, or with one of YAML's own.
pub(super) fn value(text: &str, style: ScalarStyle, tag: Option<&Cow<'_, Tag>>, masked: &Masked, owner: &str) -> Value {
    let scalar = Scalar::parse_from_cow_and_metadata(Cow::Borrowed(text), style, tag);
    let kind = match scalar {
        Some(Scalar::Null) => Some(Kind::Null),
        Some(Scalar::Boolean(value)) => Some(Kind::Bool(value)),
        Some(Scalar::Integer(value)) => same(text, value.to_string()).then(|| Kind::Number(value.into())),
        // What would be written in another way is kept as it is: the version 1.10 is not 1.1.
        Some(Scalar::FloatingPoint(value)) => {
            let number = serde_json::Number::from_f64(value.0).filter(|number| same(text, number.to_string()));
            number.map(Kind::Number)
        }
        _ => None,
    };
    Value::new(kind.unwrap_or_else(|| Kind::Text(masked.text_of(text, owner))))
}

fn same(text: &str, written: String) -> bool {
    text == written
}
