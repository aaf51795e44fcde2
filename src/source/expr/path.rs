//! Paths into values: `.name`, `[0]`, `.?name`, `tryGet(…)`.

use crate::model::{Kind, Span, Value};

use super::dialect::kind_name;
use super::{Call, Fault, Val};

/// One step of a path: `.name`, `[0]`, `[?'name']`, `[^1]`.
#[derive(Clone, Debug)]
pub struct Accessor {
    /// What is accessed.
    pub key: Key,
    /// Null instead of an error.
    pub safe: bool,
    /// Where it is written.
    pub span: Span,
}

/// What an [`Accessor`] accesses.
#[derive(Clone, Debug)]
pub enum Key {
    /// A member.
    Name(String),
    /// An element, from 0.
    Position(i64),
    /// An element from the end, the last is 1.
    FromEnd(i64),
    /// Something that is not known.
    Unknown(Value),
}

impl Accessor {
    /// An accessor with a computed key.
    pub(super) fn computed(value: Val, safe: bool, from_end: bool, span: Span) -> Result<Self, Fault> {
        let key = match &value.kind {
            Kind::Number(number) => {
                let position = number.as_i64().ok_or_else(|| Fault::expression("an index must be a whole number"))?;
                if from_end { Key::FromEnd(position) } else { Key::Position(position) }
            }
            Kind::Text(text) => match text.as_known() {
                Some(name) => Key::Name(name.to_owned()),
                None => Key::Unknown(value.into_owned()),
            },
            Kind::Unknown(_) => Key::Unknown(value.into_owned()),
            _ => {
                let message = format!("an index must be a number or a string, not {}", kind_name(&value));
                return Err(Fault::expression(message));
            }
        };
        Ok(Self { key, safe, span })
    }

    /// The name of the member, if it is one.
    pub fn name(&self) -> Option<&str> {
        match &self.key {
            Key::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Whether it is this member, case ignored.
    pub fn is(&self, name: &str) -> bool {
        self.name().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }
}

/// `tryGet(base, 'a', 'b')` is the path `base.?a.?b`, which environments may answer.
pub(super) fn is_try_get(call: &Call) -> bool {
    call.receiver.is_none() && call.args.len() > 1 && call.name.eq_ignore_ascii_case("tryGet")
}

/// What one step leads to.
pub(super) enum Step<'v> {
    /// This.
    At(&'v Value),
    /// Null, and so does the rest of the path.
    Null,
    /// It is not known.
    Unknown,
}

/// One step into a value.
pub(super) fn step<'v>(value: &'v Value, accessor: &Accessor) -> Result<Step<'v>, Fault> {
    let missing = |message: String| if accessor.safe { Ok(Step::Null) } else { Err(Fault::expression(message)) };
    match (&value.kind, &accessor.key) {
        (Kind::Unknown(_), _) => Ok(Step::Unknown),
        (Kind::Text(text), _) if !text.is_known() => Ok(Step::Unknown),
        (Kind::Null, _) if accessor.safe => Ok(Step::Null),
        (Kind::Object(_) | Kind::Array(_), Key::Unknown(_)) => Ok(Step::Unknown),
        (Kind::Object(members), Key::Name(name)) => match value.get(name) {
            Some(member) => Ok(Step::At(member)),
            None => {
                let names: Vec<&str> = members.iter().take(8).map(|(name, _)| name.as_str()).collect();
                missing(format!("there is no member '{name}'; there are: {}", names.join(", ")))
            }
        },
        (Kind::Array(items), Key::Position(at)) => match usize::try_from(*at).ok().and_then(|at| items.get(at)) {
            Some(item) => Ok(Step::At(item)),
            None => missing(format!("the index {at} is outside of a list of {} elements", items.len())),
        },
        (Kind::Array(items), Key::FromEnd(at)) => {
            let position = usize::try_from(*at).ok().filter(|at| *at > 0).and_then(|at| items.len().checked_sub(at));
            match position.and_then(|at| items.get(at)) {
                Some(item) => Ok(Step::At(item)),
                None => {
                    missing(format!("the index {at} from the end is outside of a list of {} elements", items.len()))
                }
            }
        }
        (_, Key::Name(name)) => Err(Fault::expression(format!("{} has no member '{name}'", kind_name(value)))),
        _ => Err(Fault::expression(format!("{} cannot be indexed so", kind_name(value)))),
    }
}
