//! The expression language that ARM templates and Bicep share.
//!
//! Both readers parse to the same [`Expr`]; the [`Evaluator`] computes [`model::Value`]s, in which
//! any leaf may be unknown. What the two languages do differently they tell through an
//! [`Environment`]: what a symbol or `parameters('x')` stands for, which functions a user declared,
//! what is known of `reference(…)` or of a module's outputs, and the [`Scope`] that is deployed to.
//! A [`Session`] holds what all evaluations of one deployment share: the files, the gaps found on
//! the way, and the budgets that keep hostile input from using up time, stack or memory.
//!
//! # Known and unknown
//!
//! - A string of which parts are unknown is a [`model::Text`] with [`model::Hole`]s. Equal holes are
//!   equal values. A hole that a function makes is named by the function and its *evaluated*
//!   arguments, so `uniqueString(resourceGroup().id)` is the same value wherever it is written within
//!   the deployment, through whatever variable or module it came ([`Evaluator::derived`]).
//! - What is not known to be a string is [`model::Kind::Unknown`], with an identity too.
//! - An unknown taints only what depends on it: a condition whose branches agree in a member leaves
//!   that member known, `empty('x${unknown}')` is false, `and(false, unknown)` is false.
//! - What is wrong (an unknown function, an index out of range) becomes one [`model::Gap`] at its
//!   place, and an unknown value of an identity that nothing else has ([`Evaluator::opaque`]).
//!
//! # Places
//!
//! The value of a literal carries the place where it is written. A member of an object is placed at
//! the whole member, from its name to the end of its value. Where a value computed elsewhere is used
//! (a parameter, a variable), the place of its use is `span` and the place where it was given is
//! `supplied`. A part of it that is written inside the place of use keeps its own, more exact place.
//!
//! [`model::Value`]: crate::model::Value
//! [`model::Text`]: crate::model::Text
//! [`model::Hole`]: crate::model::Hole
//! [`model::Kind::Unknown`]: crate::model::Kind::Unknown
//! [`model::Gap`]: crate::model::Gap

mod ast;
mod canonical;
mod dialect;
mod eval;
mod functions;
mod json;
mod literal;
mod object;
mod origin;
mod path;
mod place;
mod scope;
mod session;

pub use ast::{
    BinaryOp, Call, Copy, Element, Expr, ExprKind, For, IndexAccess, Lambda, Member, MemberAccess, Property, Segment,
    UnaryOp,
};
pub use canonical::{canonical, canonical_text};
pub use dialect::{Environment, Fault, Found, Val};
pub use eval::{Evaluator, Iterations};
pub use json::{Json, JsonError, JsonString, json_value, parse_json};
pub use object::ObjectBuilder;
pub use origin::{Source, origin_of};
pub use path::{Accessor, Key};
pub use place::placed;
pub use scope::{Scope, ScopeKind, resource_id};
pub use session::{Limits, Session, Slot};
