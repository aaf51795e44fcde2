//! Module calls: another file evaluated with the parameters of the call, in a scope of its own.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::files;
use super::identity::Identity;
use super::resources::{DEPLOYMENTS, Output, with_condition};
use super::syntax::Repeat;
use super::target::Target;
use super::template::{Loop, Position, Template};
use crate::model::{GapCode, Hole, Kind, ResourceId, Span, Text, Value};
use crate::source::arm_template::Module;
use crate::source::expr::{Accessor, Evaluator, Expr, Fault, Key, Scope, resource_id};

/// An instance of a module.
pub(super) struct Instance<'a> {
    /// The file that is called.
    pub called: Called<'a>,
    /// The name of the deployment.
    pub name: Value,
    /// Its id.
    pub id: Text,
}

/// The file that a module call evaluates.
pub(super) enum Called<'a> {
    /// A Bicep file.
    Bicep(Box<Template<'a>>),
    /// An ARM template.
    Json(Module<'a>),
    /// None that can be read, which is a gap.
    Missing,
}

/// How deep modules may call modules. Azure nests deployments 5 deep at most per template language
/// documentation; real trees stay below 10.
const MAX_CALLS: usize = 32;

/// The steps that a module call costs at least.
const STEPS_PER_MODULE: u64 = 200;

impl<'a> Template<'a> {
    /// What a module deploys, once per instance if it is in a loop.
    pub(super) fn lower_module(&self, module: usize, conditions: &[String], output: &mut Output) {
        let node = &self.source.modules[module];
        let Some(repeat) = &node.body.repeat else {
            return self.lower_instance(module, &Position::Once, conditions, output);
        };
        match &*self.module_loop(module) {
            Loop::Over(items) => {
                for at in 0..items.len() {
                    if self.lib.session.is_exhausted() {
                        return;
                    }
                    self.lower_instance(module, &Position::At(at), conditions, output);
                }
            }
            _ => {
                let conditions = with_condition(conditions, self.loop_condition(repeat));
                self.lower_instance(module, &self.unknown_position(repeat), &conditions, output);
            }
        }
    }

    fn lower_instance(&self, module: usize, position: &Position, conditions: &[String], output: &mut Output) {
        let body = &self.source.modules[module].body;
        let own = match &body.condition {
            Some(condition) => {
                let value = self.in_module(module, position, |ev| ev.eval(condition));
                match self.known_condition(&value, condition) {
                    Some(unknown) => unknown.unwrap_or_default(),
                    None => return,
                }
            }
            None => String::new(),
        };
        let instance = match self.instance(module, position) {
            Ok(instance) => instance,
            Err(fault) => {
                self.lib.session.gap(fault.code, self.source.modules[module].header, fault.message);
                return;
            }
        };
        let conditions = with_condition(conditions, own);
        match &instance.called {
            Called::Bicep(template) => template.lower(&conditions, output),
            Called::Json(module) => {
                let condition = (!conditions.is_empty()).then(|| conditions.join(" && "));
                output.resources.append(&mut module.resources(output.deployment, condition.as_deref()));
            }
            Called::Missing => {}
        }
    }

    /// Evaluates where a module is called: with the variables of the loop around the call.
    fn in_module<T>(&self, module: usize, position: &Position, run: impl FnOnce(&mut Evaluator<'_>) -> T) -> T {
        let repeat: Option<&Repeat> = self.source.modules[module].body.repeat.as_ref();
        let list = self.module_loop(module);
        let before = self.current.replace(None);
        let mut ev = self.evaluator();
        let result = self.with_position(&mut ev, repeat, &list, position, run);
        self.current.set(before);
        result
    }

    /// An instance of a module.
    pub fn instance(&self, module: usize, position: &Position) -> Result<Rc<Instance<'a>>, Fault> {
        let Some(key) = position.key() else { return Ok(Rc::new(self.open_module(module, position))) };
        self.module_cell(module, key).get(|| Rc::new(self.open_module(module, position))).ok_or_else(|| {
            let name = &self.source.modules[module].name.name;
            Fault::new(GapCode::Cycle, format!("the parameters of module '{name}' depend on its own outputs"))
        })
    }

    fn open_module(&self, module: usize, position: &Position) -> Instance<'a> {
        let node = &self.source.modules[module];
        let name = match &node.body.name {
            Some(name) => self.in_module(module, position, |ev| ev.eval_at(name, name.span)),
            None => self.deployment_name(module, position),
        };
        let scope = self.module_scope(module, position, self.scope.kind);
        let id = resource_id(&scope.id(), DEPLOYMENTS, &[name.as_text().unwrap_or_default()]);
        let called = self.open_called(module, position, &name).unwrap_or(Called::Missing);
        Instance { called, name, id }
    }

    /// The compiler makes a name for a module without one.
    fn deployment_name(&self, module: usize, position: &Position) -> Value {
        let name = format!("{}{}.name", self.source.modules[module].name.name, position.suffix());
        Value::new(Kind::Text(Text::hole(Hole::new(&self.scope.owner, &name))))
    }

    fn open_called(&self, module: usize, position: &Position, name: &Value) -> Option<Called<'a>> {
        let node = &self.source.modules[module];
        let session = self.lib.session;
        if !session.charge(STEPS_PER_MODULE, node.header) {
            return None;
        }
        let path = self.module_path(node.path.as_text(), node.path.span)?;
        if self.chain.contains(&path) {
            session.gap(GapCode::Cycle, node.path.span, format!("the module '{path}' calls itself"));
            return None;
        }
        if self.chain.len() >= MAX_CALLS {
            session.gap(GapCode::LimitExceeded, node.path.span, format!("modules call each other {MAX_CALLS} deep"));
            return None;
        }
        let is_bicep = files::is_bicep(&path);
        let source = if is_bicep { Some(self.lib.source(&path)?) } else { None };
        let kind = match &source {
            Some(source) => source.target_scope,
            None => self.lib.templates.scope_kind(&path)?,
        };
        let symbol = format!("{}{}", node.name.name, position.suffix());
        let scope = self.module_scope(module, position, kind).nested(&symbol, name.as_text().unwrap_or_default());
        let supplied = self.arguments(module, position);
        let mut calls = self.calls.clone();
        calls.push(node.header);
        let Some(source) = source else {
            let supplied = supplied.into_iter().map(|(name, value)| (name, Arc::unwrap_or_clone(value))).collect();
            return self.lib.templates.open(&path, scope, supplied, calls).map(Called::Json);
        };
        for name in supplied.keys() {
            if !source.params.iter().any(|param| param.param.name.name.eq_ignore_ascii_case(name)) {
                let message = format!("the module '{}' has no parameter '{name}'", source.path);
                session.gap(GapCode::UnresolvedReference, node.header, message);
            }
        }
        let mut chain = self.chain.clone();
        chain.push(path);
        Some(Called::Bicep(Box::new(Template::new(self.lib, source, scope, supplied, calls, chain))))
    }

    /// The file of a module, if it is one of the scanned tree.
    fn module_path(&self, reference: Option<&str>, span: Span) -> Option<String> {
        let Some(reference) = reference else {
            self.lib.session.gap(GapCode::Unsupported, span, "the path of a module must be a plain string");
            return None;
        };
        files::module(self.lib, &self.source.path, reference, span)
    }

    fn module_scope(&self, module: usize, position: &Position, kind: crate::source::expr::ScopeKind) -> Scope {
        let own = || Scope { kind, ..self.scope.clone() };
        let Some(written) = &self.source.modules[module].body.scope else { return own() };
        match self.in_module(module, position, |ev| self.target(written, ev)) {
            Target::Scope(scope) => *scope,
            Target::Resource(identity) => {
                let id = ResourceId::from_text(identity.id.clone());
                let name = id.name().cloned().unwrap_or_default();
                match identity.resource_type.to_ascii_lowercase().as_str() {
                    "microsoft.resources/resourcegroups" => self.in_declared_group(&identity, name),
                    "microsoft.management/managementgroups" => self.scope.clone().in_management_group(name),
                    "microsoft.resources/subscriptions" | "microsoft.subscription/aliases" => {
                        self.scope.clone().in_subscription(name)
                    }
                    _ => own(),
                }
            }
            Target::Unknown(source) => {
                let hole = |part: &str| Text::hole(Hole::new(&self.scope.deployment, &format!("{part} of {source}")));
                Scope {
                    subscription: hole("subscription"),
                    resource_group: hole("resource group"),
                    group_location: hole("location"),
                    management_group: hole("management group"),
                    ..own()
                }
            }
        }
    }

    /// The scope of a resource group that this file declares or refers to; what it declares has a
    /// known location.
    fn in_declared_group(&self, group: &Identity, name: Text) -> Scope {
        let scope = self.scope.clone().in_group(subscription_of(&group.id), name);
        match self.declared_member(group.node, &group.position, &["location"]).and_then(|value| value.as_text()) {
            Some(location) => Scope { group_location: location, ..scope },
            None => scope,
        }
    }

    /// The values that a call gives, by the parameters' names in lower case.
    fn arguments(&self, module: usize, position: &Position) -> HashMap<String, Arc<Value>> {
        let Some(params) = &self.source.modules[module].body.params else { return HashMap::new() };
        let value = self.in_module(module, position, |ev| {
            let value = ev.eval_at(params, params.span);
            ev.bounded(value, params.span)
        });
        match value.kind {
            Kind::Object(members) => {
                members.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), Arc::new(value))).collect()
            }
            _ => HashMap::new(),
        }
    }

    /// What stands at a path behind a module: `outputs.x`, `name`.
    pub fn module_member(
        &self,
        module: usize,
        path: &[Accessor],
        expr: &Expr,
        ev: &mut Evaluator<'_>,
    ) -> Result<(Arc<Value>, usize), Fault> {
        let (position, used) = self.module_position(module, path);
        let symbol = format!("{}{}", self.source.modules[module].name.name, position.suffix());
        let unknown = |ev: &Evaluator<'_>, member: &str| {
            let name = format!("{symbol}{member}");
            Arc::new(Value::unresolved(ev.session().source(expr.span), Hole::new(&self.scope.owner, &name)))
        };
        self.module_loop(module).check(&position)?;
        let instance = self.instance(module, &position)?;
        let rest = &path[used..];
        match (rest.first().and_then(Accessor::name), rest.get(1).and_then(Accessor::name)) {
            (Some("name"), _) => Ok((Arc::new(instance.name.clone()), used + 1)),
            (Some("id"), _) => Ok((Arc::new(Value::new(Kind::Text(instance.id.clone()))), used + 1)),
            (Some("outputs"), Some(output)) => {
                let value = match &instance.called {
                    Called::Bicep(template) => Some(template.output(output)?),
                    Called::Json(module) => module.output(output).transpose()?,
                    Called::Missing => None,
                };
                Ok((value.unwrap_or_else(|| unknown(ev, &format!(".outputs.{output}"))), used + 2))
            }
            (Some("outputs"), None) => Ok((unknown(ev, ".outputs"), used + 1)),
            _ => Ok((unknown(ev, ""), used)),
        }
    }

    fn module_position(&self, module: usize, path: &[Accessor]) -> (Position, usize) {
        let Some(repeat) = &self.source.modules[module].body.repeat else { return (Position::Once, 0) };
        match path.first().map(|accessor| &accessor.key) {
            Some(Key::Position(at)) => (Position::At(usize::try_from(*at).unwrap_or(usize::MAX)), 1),
            Some(Key::Unknown(index)) => (Position::Unknown(index.clone().into()), 1),
            _ => (self.unknown_position(repeat), 0),
        }
    }
}

/// The subscription that the id of a resource group names.
fn subscription_of(group: &Text) -> Option<Text> {
    let mut pieces = group.split('/').into_iter();
    let is_label = |piece: &Text| piece.as_known().is_some_and(|p| p.eq_ignore_ascii_case("subscriptions"));
    pieces.find(is_label)?;
    pieces.next()
}
