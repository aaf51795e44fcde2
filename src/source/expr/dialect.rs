//! What the evaluator asks of a dialect, and what it is answered with.

use std::sync::Arc;

use crate::model::{GapCode, Kind, Span, Value};

use super::{Accessor, Call, Evaluator, Expr, Scope};

/// What a dialect tells the [`Evaluator`].
///
/// Implementations hold a reference to the [`Session`](super::Session) and evaluate what they are asked for with an
/// evaluator of their own ([`Evaluator::new`] with `ev.session()`): a variable sees no locals of the
/// lambda that uses it.
pub trait Environment {
    /// The scope that is deployed to.
    fn scope(&self) -> &Scope;

    /// What a symbol stands for: a parameter, a variable, a resource, a module of Bicep. Locals of
    /// lambdas and loops are looked up before. ARM templates have no symbols.
    fn name(&self, name: &str, at: Span, ev: &mut Evaluator<'_>) -> Result<Found, Fault>;

    /// A call that the dialect knows better than the function library: `parameters('x')`,
    /// `variables('x')`, a user's function, `storage.listKeys()`. `None` leaves it to the library.
    fn call(&self, call: &Call, at: Span, ev: &mut Evaluator<'_>) -> Option<Result<Found, Fault>>;

    /// What stands at the end of a path, or at a part of it, if the dialect knows without evaluating
    /// `root`: `storage.id`, `module.outputs.x`, `reference('nested').outputs.x.value`. The number
    /// says how many accessors are answered; the evaluator goes on with the others.
    fn path(&self, root: &Expr, path: &[Accessor], ev: &mut Evaluator<'_>) -> Option<Result<(Found, usize), Fault>>;

    /// The text of a file beside the source, for `loadTextContent` and its kin.
    fn load(&self, path: &str, at: Span, ev: &mut Evaluator<'_>) -> Result<Arc<str>, Fault>;
}

/// A value that an environment found: shared, so that a big parameter is not copied to read one
/// member of it.
pub type Found = Arc<Value>;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The kind of gap that it becomes.
    pub code: GapCode,
    /// What is wrong, starting lower-case.
    pub message: String,
}

impl Fault {
    /// An expression is wrong.
    pub fn expression(message: impl Into<String>) -> Self {
        Self::new(GapCode::ExpressionError, message)
    }

    /// Any other reason.
    pub fn new(code: GapCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// A value that is computed or shared.
#[derive(Clone, Debug)]
pub enum Val {
    /// Computed just now.
    Owned(Value),
    /// Held by an environment or a local too.
    Shared(Arc<Value>),
}

impl std::ops::Deref for Val {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Self::Owned(value) => value,
            Self::Shared(value) => value,
        }
    }
}

impl Val {
    /// As a value that can be held in several places.
    pub fn into_shared(self) -> Arc<Value> {
        match self {
            Self::Owned(value) => Arc::new(value),
            Self::Shared(value) => value,
        }
    }

    /// As a value of its own.
    pub fn into_owned(self) -> Value {
        match self {
            Self::Owned(value) => value,
            Self::Shared(value) => Arc::unwrap_or_clone(value),
        }
    }
}

impl From<Value> for Val {
    fn from(value: Value) -> Self {
        Self::Owned(value)
    }
}

/// What a value is, for messages.
pub(super) fn kind_name(value: &Value) -> &'static str {
    match &value.kind {
        Kind::Null => "null",
        Kind::Bool(_) => "a boolean",
        Kind::Number(_) => "a number",
        Kind::Text(_) => "a string",
        Kind::Array(_) => "a list",
        Kind::Object(_) => "an object",
        Kind::Unknown(_) => "an unknown value",
    }
}
