//! Where values stand once they are used.

use crate::model::{Kind, Span, Value};

/// A computed value, used at `place`. Parts that are written inside the place keep their own; for all
/// others the place becomes `span`, and where they were given becomes `supplied`.
pub fn placed(mut value: Value, place: Span) -> Value {
    relocate(&mut value, place);
    value.span = Some(place);
    value
}

fn relocate(value: &mut Value, place: Span) {
    match value.span {
        Some(span) if within(span, place) => {}
        Some(span) => {
            value.supplied.get_or_insert(span);
            value.span = Some(place);
        }
        None => value.span = Some(place),
    }
    match &mut value.kind {
        Kind::Array(items) => items.iter_mut().for_each(|item| relocate(item, place)),
        Kind::Object(members) => members.iter_mut().for_each(|(_, member)| relocate(member, place)),
        _ => {}
    }
}

/// Whether a place lies inside another.
pub(super) fn within(inner: Span, outer: Span) -> bool {
    inner.file == outer.file && outer.start <= inner.start && inner.end <= outer.end
}
