//! Why an expression has no value.

use crate::model::{GapCode, Span};

/// An expression that Terraform would refuse. `try` and `can` catch it.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub code: GapCode,
    pub span: Option<Span>,
    pub message: String,
}

impl Fault {
    /// A wrong expression.
    pub fn wrong(span: Span, message: impl Into<String>) -> Self {
        Self { code: GapCode::ExpressionError, span: Some(span), message: message.into() }
    }

    /// A name that is not declared.
    pub fn undeclared(span: Span, message: impl Into<String>) -> Self {
        Self { code: GapCode::UnresolvedReference, span: Some(span), message: message.into() }
    }

    /// A limit.
    pub fn limit(span: Option<Span>, message: impl Into<String>) -> Self {
        Self { code: GapCode::LimitExceeded, span, message: message.into() }
    }

    /// Whether `try` may go on to its next argument: limits and circles are not errors of the
    /// configuration that it asks about.
    pub fn is_catchable(&self) -> bool {
        !matches!(self.code, GapCode::LimitExceeded | GapCode::Cycle)
    }
}
