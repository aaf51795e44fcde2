//! What a `scope:` property names.

use std::rc::Rc;

use super::identity::Identity;
use super::template::Template;
use crate::model::{GapCode, Kind, Text};
use crate::source::expr::{Call, Evaluator, Expr, ExprKind, Fault, Scope};

/// Where a resource or module goes.
pub(super) enum Target {
    /// A deployment scope.
    Scope(Box<Scope>),
    /// A resource: an extension resource goes onto it, a module into it.
    Resource(Rc<Identity>),
    /// What cannot be told; its source text.
    Unknown(String),
}

impl Template<'_> {
    /// The target that an expression names: `resourceGroup('x')`, `subscription()`, a resource, or one
    /// of two by a condition.
    pub fn target(&self, expr: &Expr, ev: &mut Evaluator<'_>) -> Target {
        let unknown = |ev: &Evaluator<'_>| Target::Unknown(ev.session().source(expr.span));
        match &expr.kind {
            ExprKind::Call(call) if is_builtin(call) => match self.called(call, ev) {
                Some(scope) => Target::Scope(Box::new(scope)),
                None => unknown(ev),
            },
            ExprKind::Ternary(parts) => match ev.eval(&parts.0).kind {
                Kind::Bool(true) => self.target(&parts.1, ev),
                Kind::Bool(false) => self.target(&parts.2, ev),
                _ => unknown(ev),
            },
            ExprKind::NonNull(inner) => self.target(inner, ev),
            ExprKind::Name(_) | ExprKind::Member(_) | ExprKind::Index(_) => match self.resource_of(expr, ev) {
                Ok(identity) => Target::Resource(identity),
                Err(Fault { code, message }) => {
                    ev.session().gap(code, expr.span, message);
                    unknown(ev)
                }
            },
            _ => {
                ev.session().gap(GapCode::Unsupported, expr.span, "this scope is not understood");
                unknown(ev)
            }
        }
    }

    fn called(&self, call: &Call, ev: &mut Evaluator<'_>) -> Option<Scope> {
        let mut args: Vec<Text> = Vec::new();
        for arg in &call.args {
            args.push(ev.eval(arg).as_text()?);
        }
        let scope = self.scope.clone();
        Some(match (&*call.name, args.as_slice()) {
            ("resourceGroup" | "subscription" | "managementGroup", []) => match &*call.name {
                "resourceGroup" => scope,
                "subscription" => scope.clone().in_subscription(scope.subscription),
                _ => scope.clone().in_management_group(scope.management_group),
            },
            ("resourceGroup", [name]) => scope.in_group(None, name.clone()),
            ("resourceGroup", [subscription, name]) => scope.in_group(Some(subscription.clone()), name.clone()),
            ("subscription", [id]) => scope.in_subscription(id.clone()),
            ("managementGroup", [name]) => scope.in_management_group(name.clone()),
            ("tenant", []) => scope.in_tenant(),
            _ => return None,
        })
    }
}

/// Whether a call is one of the language's own, `az.` before it or not.
fn is_builtin(call: &Call) -> bool {
    match &call.receiver {
        None => true,
        Some(receiver) => matches!(&receiver.kind, ExprKind::Name(name) if &**name == "az"),
    }
}
