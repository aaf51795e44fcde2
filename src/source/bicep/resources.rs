//! Resources: what they declare, and what other expressions see of them.

use super::identity::Identity;
use super::index::{ResourceNode, Symbol};
use super::syntax::Repeat;
use super::template::{Loop, Position, Template};
use crate::model::{Declaration, DeploymentId, Hole, Kind, Resource, ResourceId, Span, Value, ValueOrigin};
use crate::source::expr::{Accessor, Evaluator, Expr, ExprKind, Fault, Source, canonical_text, origin_of};

/// Where lowered resources go.
pub(super) struct Output {
    pub deployment: DeploymentId,
    pub resources: Vec<Resource>,
}

/// Nested deployments. Modules are the way to write them in Bicep.
pub(super) const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";

/// The steps that a resource costs at least, so that loops around large templates end.
const STEPS_PER_RESOURCE: u64 = 200;

impl Template<'_> {
    /// Everything that the file deploys.
    pub fn lower(&self, conditions: &[String], output: &mut Output) {
        for node in 0..self.source.resources.len() {
            if self.source.resources[node].parent.is_none() {
                self.lower_all(node, &Position::Once, conditions, output);
            }
        }
        for module in 0..self.source.modules.len() {
            self.lower_module(module, conditions, output);
        }
    }

    /// A resource, once per instance if it is in a loop.
    fn lower_all(&self, node: usize, outer: &Position, conditions: &[String], output: &mut Output) {
        let Some(repeat) = &self.source.resources[node].resource.body.repeat else {
            return self.lower_resource(node, outer, conditions, output);
        };
        match &*self.resource_loop(node) {
            Loop::Over(items) => {
                for at in 0..items.len() {
                    if self.lib.session.is_exhausted() {
                        return;
                    }
                    self.lower_resource(node, &Position::At(at), conditions, output);
                }
            }
            _ => {
                let conditions = with_condition(conditions, self.loop_condition(repeat));
                self.lower_resource(node, &self.unknown_position(repeat), &conditions, output);
            }
        }
    }

    /// What an instance of a loop over an unknown list depends on.
    pub(super) fn loop_condition(&self, repeat: &Repeat) -> String {
        format!("for {} in {}", repeat.item, self.lib.session.source(repeat.list.span))
    }

    pub(super) fn unknown_position(&self, repeat: &Repeat) -> Position {
        let name = format!("index of {} in {}", repeat.item, self.lib.session.source(repeat.list.span));
        Position::Unknown(Value::unresolved(name.clone(), Hole::new(&self.scope.owner, &name)).into())
    }

    fn lower_resource(&self, node: usize, position: &Position, conditions: &[String], output: &mut Output) {
        let resource = &self.source.resources[node].resource;
        if !self.lib.session.charge(STEPS_PER_RESOURCE, resource.header) {
            return;
        }
        if !resource.ty.as_text().is_none_or(is_azure) && self.source.resources[node].parent.is_none() {
            return;
        }
        let Some(conditions) = self.conditions(resource.body.condition.as_ref(), node, position, conditions) else {
            return;
        };
        if conditions.is_empty() {
            self.lower_deployed(node, position, &conditions, output);
        } else {
            self.lib.session.doubtfully(|| self.lower_deployed(node, position, &conditions, output));
        }
        for child in &self.source.resources[node].children {
            self.lower_all(*child, position, &conditions, output);
        }
    }

    /// A resource that is deployed, if perhaps only on a condition.
    fn lower_deployed(&self, node: usize, position: &Position, conditions: &[String], output: &mut Output) {
        let resource = &self.source.resources[node].resource;
        match self.identity(node, position) {
            Ok(identity) if !resource.existing && identity.resource_type.eq_ignore_ascii_case(DEPLOYMENTS) => {
                self.lower_deployment(node, position, conditions, output);
            }
            Ok(identity) => {
                output.resources.push(self.declare(node, position, &identity, conditions, output.deployment));
            }
            Err(fault) => self.lib.session.gap(fault.code, resource.header, fault.message),
        }
    }

    /// The conditions that the resource depends on; `None` if it is not deployed.
    fn conditions(
        &self,
        own: Option<&Expr>,
        node: usize,
        position: &Position,
        outer: &[String],
    ) -> Option<Vec<String>> {
        let Some(condition) = own else { return Some(outer.to_vec()) };
        let value = self.in_resource(node, position, |ev| ev.eval(condition));
        self.known_condition(&value, condition).map(|condition| with_condition(outer, condition.unwrap_or_default()))
    }

    /// `None`: it is false. Otherwise its text, if it is not known to be true.
    pub(super) fn known_condition(&self, value: &Value, condition: &Expr) -> Option<Option<String>> {
        match &value.kind {
            Kind::Bool(true) => Some(None),
            Kind::Bool(false) => None,
            _ => {
                let source = self.lib.session.source(condition.span);
                let inner = source.strip_prefix('(').and_then(|source| source.strip_suffix(')'));
                Some(Some(inner.unwrap_or(&source).trim().to_owned()))
            }
        }
    }

    fn declare(
        &self,
        node: usize,
        position: &Position,
        identity: &Identity,
        conditions: &[String],
        deployment: DeploymentId,
    ) -> Resource {
        let resource = &self.source.resources[node].resource;
        let body = if resource.existing {
            Resource::empty_body()
        } else if let ExprKind::Error(reason) = &resource.body.object.kind {
            let name = format!("body of {}", self.source.logical_name(node));
            Value::unresolved(&**reason, Hole::new(&self.scope.owner, &name))
        } else {
            self.in_resource(node, position, |ev| ev.eval(&resource.body.object))
        };
        let declaration = Declaration {
            deployment,
            logical_name: format!("bicep:{}{}", self.source.logical_name(node), position.suffix()),
            span: resource.header,
            spans: Default::default(),
            calls: self.calls.clone(),
            existing: resource.existing,
            condition: (!conditions.is_empty()).then(|| conditions.join(" && ")),
            location: resource.body.object.get("location").and_then(|location| self.origin_of(location)),
        };
        Resource::declared(ResourceId::from_text(identity.id.clone()), &identity.resource_type, body, declaration)
    }

    /// How an expression comes to its value: through parameters and variables of the file.
    fn origin_of(&self, expr: &Expr) -> Option<ValueOrigin> {
        origin_of(expr, &|expr| {
            let ExprKind::Name(name) = &expr.kind else { return Source::Other };
            match self.source.symbol(name) {
                Some(Symbol::Param(_)) => Source::Parameter,
                Some(Symbol::Var(index)) => Source::Variable(&self.source.vars[index].value),
                _ => Source::Other,
            }
        })
    }

    /// Evaluates in the body of a resource: with the variables of the loop around it, and with the
    /// resources nested in it in sight.
    pub(super) fn in_resource<T>(
        &self,
        node: usize,
        position: &Position,
        run: impl FnOnce(&mut Evaluator<'_>) -> T,
    ) -> T {
        let (looped, repeat) = self.loop_around(node);
        let list = self.resource_loop(looped);
        let before = self.current.replace(Some(node));
        let mut ev = self.evaluator();
        let result = self.with_position(&mut ev, repeat, &list, position, run);
        self.current.set(before);
        result
    }

    /// The nearest resource around a node (or itself) that is in a loop.
    pub(super) fn loop_around(&self, node: usize) -> (usize, Option<&Repeat>) {
        let mut at = node;
        loop {
            let ResourceNode { resource, parent, .. } = &self.source.resources[at];
            match (&resource.body.repeat, parent) {
                (Some(repeat), _) => return (at, Some(repeat)),
                (None, Some(parent)) => at = *parent,
                (None, None) => return (at, None),
            }
        }
    }

    /// What stands at a member of a resource: its id, name, type; what the body declares if that is a
    /// plain value; else what only the deployment knows.
    pub fn resource_member(
        &self,
        node: usize,
        position: &Position,
        path: &[Accessor],
        at: Span,
        ev: &mut Evaluator<'_>,
    ) -> Result<(Value, usize), Fault> {
        let identity = self.identity(node, position)?;
        let Some(first) = path.first().and_then(Accessor::name) else {
            return Ok((self.resource_value(&identity, ev, at), 0));
        };
        let own = match first {
            "id" => Some(Value::new(Kind::Text(identity.id.clone()))),
            "name" => Some(identity.name.clone()),
            "type" => Some(Value::string(identity.resource_type.as_str())),
            "apiVersion" => Some(Value::string(identity.api_version.as_str())),
            _ => None,
        };
        if let Some(own) = own {
            return Ok((own, 1));
        }
        let names: Option<Vec<&str>> = path.iter().map(Accessor::name).collect();
        if let Some(declared) = names.and_then(|names| self.declared_member(node, position, &names)) {
            return Ok((declared, path.len()));
        }
        let full = if first == "properties" { "" } else { ", 'full'" };
        let name = format!("reference({}{full})", canonical_text(&identity.id, &self.scope.deployment));
        let state = Value::unresolved(ev.session().source(at), Hole::new(&self.scope.deployment, &name));
        Ok((state, usize::from(first == "properties")))
    }

    /// A resource as a value of its own.
    fn resource_value(&self, identity: &Identity, ev: &Evaluator<'_>, at: Span) -> Value {
        let name = format!("reference({})", canonical_text(&identity.id, &self.scope.deployment));
        let state = Value::unresolved(ev.session().source(at), Hole::new(&self.scope.deployment, &name));
        Value::new(Kind::Object(vec![
            ("id".to_owned(), Value::new(Kind::Text(identity.id.clone()))),
            ("name".to_owned(), identity.name.clone()),
            ("type".to_owned(), Value::string(identity.resource_type.as_str())),
            ("apiVersion".to_owned(), Value::string(identity.api_version.as_str())),
            ("properties".to_owned(), state),
        ]))
    }

    /// A plain value that the body of a resource declares at a path. Azure may add members to objects
    /// and lists, so only strings, numbers and booleans are what the deployed resource has.
    pub(super) fn declared_member(&self, node: usize, position: &Position, path: &[&str]) -> Option<Value> {
        let resource = &self.source.resources[node].resource;
        if resource.existing {
            return None;
        }
        let mut at = &resource.body.object;
        for name in path {
            at = at.get(name)?;
        }
        let value = self.in_resource(node, position, |ev| ev.eval_at(at, at.span));
        matches!(value.kind, Kind::Text(_) | Kind::Number(_) | Kind::Bool(_)).then_some(value)
    }
}

pub(super) fn with_condition(outer: &[String], condition: String) -> Vec<String> {
    let mut conditions = outer.to_vec();
    if !condition.is_empty() {
        conditions.push(condition);
    }
    conditions
}

/// Whether a type is one of Azure Resource Manager's: language extensions bring types of Kubernetes
/// (`core/Service`) and of Microsoft Graph.
fn is_azure(resource_type: &str) -> bool {
    let namespace = resource_type.split('/').next().unwrap_or_default();
    namespace.contains('.') && !namespace.eq_ignore_ascii_case("Microsoft.Graph") && !namespace.ends_with(".io")
}
