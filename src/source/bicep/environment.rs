//! What the evaluator asks a Bicep file.

use std::sync::Arc;

use super::identity::accessors;
use super::index::Symbol;
use super::library::LARGEST;
use super::syntax::Imported;
use super::template::{Loop, Position, Template};
use crate::model::{GapCode, Kind, Span, Value};
use crate::source::expr::{Accessor, Call, Environment, Evaluator, Expr, ExprKind, Fault, Found, Scope};

impl Environment for Template<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn name(&self, name: &str, at: Span, ev: &mut Evaluator<'_>) -> Result<Found, Fault> {
        match self.symbol(name) {
            Some(Symbol::Param(index)) => self.param(index),
            Some(Symbol::Var(index)) => self.var(index),
            Some(Symbol::Resource(node)) => self.resources_value(node, at, ev),
            Some(Symbol::Module(module)) => {
                let expr = Expr::new(ExprKind::Name(name.into()), at);
                self.module_member(module, &[], &expr, ev).map(|(value, _)| value)
            }
            Some(Symbol::Imported(import, position)) => {
                let Imported::Named(names) = &self.source.imports[import].names else {
                    return Err(undeclared(name));
                };
                self.imported(import, &names[position].0, at, ev)
            }
            Some(Symbol::Func(_)) => Err(Fault::expression(format!("'{name}' is a function and must be called"))),
            Some(Symbol::Namespace(_) | Symbol::Type | Symbol::Extension) => {
                Err(Fault::expression(format!("'{name}' is no value")))
            }
            None => Err(undeclared(name)),
        }
    }

    fn call(&self, call: &Call, at: Span, ev: &mut Evaluator<'_>) -> Option<Result<Found, Fault>> {
        match &call.receiver {
            None => match self.symbol(&call.name)? {
                Symbol::Func(index) => Some(self.call_func(index, call, ev)),
                Symbol::Imported(import, position) => match &self.source.imports[import].names {
                    Imported::Named(names) => self.call_imported(import, &names[position].0, call, at, ev),
                    Imported::All(_) => None,
                },
                _ => None,
            },
            Some(receiver) => match &receiver.kind {
                ExprKind::Name(name) if ev.local(name).is_none() => match self.symbol(name)? {
                    Symbol::Namespace(import) => self.call_imported(import, &call.name, call, at, ev),
                    Symbol::Resource(_) => self.resource_method(receiver, call, at, ev),
                    _ => None,
                },
                ExprKind::Member(_) | ExprKind::Index(_) => self.resource_method(receiver, call, at, ev),
                _ => None,
            },
        }
    }

    fn path(&self, root: &Expr, path: &[Accessor], ev: &mut Evaluator<'_>) -> Option<Result<(Found, usize), Fault>> {
        let ExprKind::Name(name) = &root.kind else { return self.referenced_output(root, path, ev) };
        if ev.local(name).is_some() {
            return None;
        }
        match self.symbol(name)? {
            Symbol::Resource(node) => self.resource_path(node, path, root.span, ev),
            Symbol::Module(module) => Some(self.module_member(module, path, root, ev)),
            Symbol::Namespace(import) => {
                let member = path.first()?.name()?.to_owned();
                Some(self.imported(import, &member, root.span, ev).map(|value| (value, 1)))
            }
            _ => None,
        }
    }

    fn load(&self, path: &str, at: Span, ev: &mut Evaluator<'_>) -> Result<Arc<str>, Fault> {
        let missing = |message: String| Fault::new(GapCode::ExternalReference, message);
        let full = self.lib.tree.resolve(&self.source.path, path);
        let full = full.ok_or_else(|| missing(format!("the file '{path}' lies outside the scanned tree")))?;
        let text = self.lib.text(&full).map_err(|gap| Fault::new(gap.code, format!("{full}: {}", gap.message)))?;
        let is_paid = ev.session().charge(text.len() as u64 / 64, at);
        if !is_paid || text.len() > LARGEST {
            let message = format!("{full}: the file has {} bytes; the limit is {LARGEST}", text.len());
            return Err(Fault::new(GapCode::LimitExceeded, message));
        }
        Ok(text)
    }
}

fn undeclared(name: &str) -> Fault {
    Fault::new(GapCode::UnresolvedReference, format!("'{name}' is not declared"))
}

impl Template<'_> {
    /// A resource as a value; one in a loop is a list.
    fn resources_value(&self, node: usize, at: Span, ev: &mut Evaluator<'_>) -> Result<Found, Fault> {
        let one = |position: &Position, ev: &mut Evaluator<'_>| {
            self.resource_member(node, position, &[], at, ev).map(|(value, _)| value)
        };
        match &*self.resource_loop(node) {
            Loop::Once => one(&Position::Once, ev).map(Arc::new),
            Loop::Over(items) => {
                let values: Result<Vec<Value>, Fault> = (0..items.len()).map(|i| one(&Position::At(i), ev)).collect();
                Ok(Arc::new(Value::new(Kind::Array(values?))))
            }
            Loop::Unknown(list) => {
                let name = Value::string(self.source.logical_name(node));
                let expr = Expr::new(ExprKind::Null, at);
                Ok(Arc::new(ev.derived("resources", &[name, (**list).clone()], false, &expr)))
            }
        }
    }

    fn resource_path(
        &self,
        node: usize,
        path: &[Accessor],
        at: Span,
        ev: &mut Evaluator<'_>,
    ) -> Option<Result<(Found, usize), Fault>> {
        let (node, position, used) = self.follow(node, path);
        let is_list = self.source.resources[node].resource.body.repeat.is_some();
        if is_list && matches!(position, Position::Once) {
            return None;
        }
        let span = path.last().map_or(at, |last| Span { end: last.span.end.max(at.end), ..at });
        let found = self.resource_member(node, &position, &path[used..], span, ev);
        Some(found.map(|(value, more)| (Arc::new(value), used + more)))
    }

    /// `reference(module.id).outputs.x.value`, as older templates read outputs.
    fn referenced_output(
        &self,
        root: &Expr,
        path: &[Accessor],
        ev: &mut Evaluator<'_>,
    ) -> Option<Result<(Found, usize), Fault>> {
        let ExprKind::Call(call) = &root.kind else { return None };
        let [outputs, name, value, ..] = path else { return None };
        if &*call.name != "reference" || !outputs.is("outputs") || !value.is("value") {
            return None;
        }
        let (symbol, target) = accessors(call.args.first()?, ev);
        let (ExprKind::Name(symbol), Some((last, position))) = (&symbol.kind, target.split_last()) else { return None };
        let Some(Symbol::Module(module)) = self.symbol(symbol).filter(|_| last.is("id")) else { return None };
        let path = [position, &[outputs.clone(), name.clone()]].concat();
        Some(self.module_member(module, &path, root, ev).map(|(value, _)| (value, 3)))
    }

    /// `storage.listKeys()`, `vault.getSecret('x')`: known to the deployment only, and named as the
    /// function of the resource's id.
    fn resource_method(
        &self,
        receiver: &Expr,
        call: &Call,
        at: Span,
        ev: &mut Evaluator<'_>,
    ) -> Option<Result<Found, Fault>> {
        let is_method = call.name.len() > 4 && call.name.starts_with("list") || &*call.name == "getSecret";
        let identity = is_method.then(|| self.resource_of(receiver, ev).ok()).flatten()?;
        let mut args = vec![Value::new(Kind::Text(identity.id.clone()))];
        args.extend(call.args.iter().map(|arg| ev.eval(arg)));
        let expr = Expr::new(ExprKind::Null, at);
        Some(Ok(Arc::new(ev.derived(&call.name, &args, &*call.name == "getSecret", &expr))))
    }

    /// An imported variable.
    fn imported(&self, import: usize, name: &str, at: Span, ev: &mut Evaluator<'_>) -> Result<Found, Fault> {
        let Some(other) = self.import(import) else {
            let expr = Expr::new(ExprKind::Null, at);
            return Ok(Arc::new(ev.derived("import", &[Value::string(name)], false, &expr)));
        };
        match other.source.symbol(name) {
            Some(Symbol::Var(_) | Symbol::Imported(..)) => other.name(name, at, ev),
            _ => Err(Fault::new(
                GapCode::UnresolvedReference,
                format!("'{}' exports no variable '{name}'", other.source.path),
            )),
        }
    }

    /// A function that is declared here.
    fn call_func(&self, index: usize, call: &Call, ev: &mut Evaluator<'_>) -> Result<Found, Fault> {
        let func = &self.source.funcs[index];
        let wanted = func.lambda.params.len();
        if call.args.len() != wanted {
            let message = format!("{}: takes {wanted} arguments, not {}", call.name, call.args.len());
            return Err(Fault::expression(message));
        }
        let args: Vec<Arc<Value>> = call.args.iter().map(|arg| ev.eval_shared(arg)).collect();
        Ok(Arc::new(self.evaluator().apply(&func.lambda, &args)))
    }

    fn call_imported(
        &self,
        import: usize,
        name: &str,
        call: &Call,
        at: Span,
        ev: &mut Evaluator<'_>,
    ) -> Option<Result<Found, Fault>> {
        let Some(other) = self.import(import) else {
            let args: Vec<Value> = call.args.iter().map(|arg| ev.eval(arg)).collect();
            let expr = Expr::new(ExprKind::Null, at);
            return Some(Ok(Arc::new(ev.derived(name, &args, false, &expr))));
        };
        match other.source.symbol(name) {
            Some(Symbol::Func(index)) => Some(other.call_func(index, call, ev)),
            Some(Symbol::Imported(next, position)) => match &other.source.imports[next].names {
                Imported::Named(names) => other.call_imported(next, &names[position].0, call, at, ev),
                Imported::All(_) => None,
            },
            _ => Some(Err(Fault::new(
                GapCode::UnresolvedReference,
                format!("'{}' exports no function '{name}'", other.source.path),
            ))),
        }
    }
}
