//! Functions on lists.

use super::args::{self, value};
use super::{Function, MANY, partial};
use crate::model::Kind;

pub(super) const FUNCTIONS: &[Function] = &[
    partial("createArray", (0, MANY), |_, args, _| {
        Ok(Some(value(Kind::Array(args.iter().map(|arg| (**arg).clone()).collect()))))
    }),
    partial("length", (1, 1), |_, args, _| match &args[0].kind {
        Kind::Array(items) => Ok(Some(args::of_int(items.len() as i64))),
        _ => Ok(None),
    }),
];
