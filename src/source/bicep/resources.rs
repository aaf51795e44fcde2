//! Resources: their identity, what other expressions see of them, and what they declare.

use std::rc::Rc;

use super::index::{ResourceNode, Symbol};
use super::syntax::Repeat;
use super::target::Target;
use super::template::{Loop, Position, Template};
use crate::model::{Declaration, DeploymentId, GapCode, Hole, Kind, Resource, ResourceId, Span, Text, Value};
use crate::source::expr::{Accessor, Evaluator, Expr, ExprKind, Fault, Key, canonical_text, resource_id};

/// What identifies a resource.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// Its declaration and instance.
    pub node: usize,
    pub position: Position,
    pub id: Text,
    /// `Microsoft.Storage/storageAccounts/blobServices`
    pub resource_type: String,
    pub api_version: String,
    /// The name as `name` of the resource gives it: only the last one below a parent.
    pub name: Value,
}

/// Where lowered resources go.
pub(super) struct Output {
    pub deployment: DeploymentId,
    pub resources: Vec<Resource>,
}

/// Nested deployments. Modules are the way to write them in Bicep.
pub(super) const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";

/// How many resources may be identified one through the other: names, parents, scopes.
const MAX_PARENTS: usize = 64;

/// The steps that a resource costs at least, so that loops around large templates end.
const STEPS_PER_RESOURCE: u64 = 200;

impl<'a> Template<'a> {
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
        };
        Resource::declared(ResourceId::from_text(identity.id.clone()), &identity.resource_type, body, declaration)
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
    fn loop_around(&self, node: usize) -> (usize, Option<&Repeat>) {
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

    /// The identity of an instance of a resource.
    pub fn identity(&self, node: usize, position: &Position) -> Result<Rc<Identity>, Fault> {
        let depth = self.lib.identifying.get();
        if depth >= MAX_PARENTS {
            let message = format!("resources name each other as parents or scopes more than {MAX_PARENTS} deep");
            return Err(Fault::new(GapCode::LimitExceeded, message));
        }
        self.lib.identifying.set(depth + 1);
        let identity = self.cached_identity(node, position);
        self.lib.identifying.set(depth);
        identity
    }

    fn cached_identity(&self, node: usize, position: &Position) -> Result<Rc<Identity>, Fault> {
        self.resource_loop(self.loop_around(node).0).check(position)?;
        let Some(key) = position.key() else { return self.identify(node, position).map(Rc::new) };
        let cell = self.identity_cell(node, key);
        cell.get(|| self.identify(node, position).map(Rc::new)).unwrap_or_else(|| {
            let name = self.source.logical_name(node);
            Err(Fault::new(GapCode::Cycle, format!("the name of '{name}' depends on itself")))
        })
    }

    fn identify(&self, node: usize, position: &Position) -> Result<Identity, Fault> {
        let ResourceNode { resource, parent, .. } = &self.source.resources[node];
        let Some(written) = resource.ty.as_text() else {
            return Err(Fault::new(GapCode::Unsupported, "the type of a resource must be a plain string"));
        };
        let (written, version) = written.split_once('@').unwrap_or((written, ""));
        // The namespace of Azure's own types may be written out: `az:Microsoft.Storage/…`.
        let written = written.strip_prefix("az:").unwrap_or(written);
        let name = match &resource.body.name {
            Some(name) => self.in_resource(node, position, |ev| ev.eval_at(name, name.span)),
            None => self.nameless(node),
        };
        let text = self.name_text(&name, node);
        let names = |own: &str| names_of(&text, own.split('/').count(), &self.scope.deployment);
        if let Some(parent) = parent {
            let outer = self.identity(*parent, position)?;
            let api_version = if version.is_empty() { outer.api_version.clone() } else { version.to_owned() };
            return Ok(Identity {
                node,
                position: position.clone(),
                name,
                api_version,
                ..child(&outer, written, names(written))
            });
        }
        if let Some(parent) = &resource.body.parent {
            let outer = self.in_resource(node, position, |ev| self.resource_of(parent, ev))?;
            let segments = outer.resource_type.split('/').count();
            let own: Vec<&str> = written.split('/').skip(segments).collect();
            if own.is_empty() {
                let message = format!("'{written}' is no child of a '{}'", outer.resource_type);
                return Err(Fault::expression(message));
            }
            let own = own.join("/");
            let api_version = version.to_owned();
            return Ok(Identity {
                node,
                position: position.clone(),
                name,
                api_version,
                ..child(&outer, &own, names(&own))
            });
        }
        let scope = match &resource.body.scope {
            Some(scope) => self.in_resource(node, position, |ev| self.target(scope, ev)).id(self),
            None => self.scope.id(),
        };
        let names = names_of(&text, written.matches('/').count(), &self.scope.deployment);
        let id = resource_id(&scope, written, &names);
        let (resource_type, api_version) = (written.to_owned(), version.to_owned());
        Ok(Identity { node, position: position.clone(), id, resource_type, api_version, name })
    }

    fn nameless(&self, node: usize) -> Value {
        let resource = &self.source.resources[node].resource;
        if !matches!(resource.body.object.kind, ExprKind::Error(_)) {
            let message = "the resource has no name";
            self.lib.session.gap(GapCode::InvalidDocument, resource.header, message);
        }
        let name = format!("name of {}", self.source.logical_name(node));
        Value::unresolved(name.clone(), Hole::new(&self.scope.owner, &name))
    }

    fn name_text(&self, name: &Value, node: usize) -> Text {
        name.as_text().unwrap_or_else(|| {
            let resource = &self.source.resources[node].resource;
            self.lib.session.gap(GapCode::ExpressionError, resource.header, "the name of a resource must be a string");
            self.nameless(node).as_text().unwrap_or_default()
        })
    }

    /// The identity of the resource that an expression refers to: `storage`, `storage[0]`,
    /// `storage::blobs`.
    pub fn resource_of(&self, expr: &Expr, ev: &mut Evaluator<'_>) -> Result<Rc<Identity>, Fault> {
        let (root, path) = accessors(expr, ev);
        if let ExprKind::Name(name) = &root.kind
            && ev.local(name).is_none()
            && let Some(Symbol::Resource(node)) = self.symbol(name)
        {
            let (node, position, used) = self.follow(node, &path);
            if used == path.len() {
                return self.identity(node, &position);
            }
        }
        let source = ev.session().source(expr.span);
        Err(Fault::new(GapCode::UnresolvedReference, format!("'{source}' is no resource of this file")))
    }

    /// Follows `[index]` and `::child` from a resource: the instance that is meant, and how many
    /// accessors that took.
    pub fn follow(&self, node: usize, path: &[Accessor]) -> (usize, Position, usize) {
        let (mut node, mut used) = (node, 0);
        let mut position = Position::Once;
        loop {
            let is_looped = self.source.resources[node].resource.body.repeat.is_some();
            match path.get(used).map(|accessor| &accessor.key) {
                Some(Key::Position(at)) if is_looped => {
                    position = Position::At(usize::try_from(*at).unwrap_or(usize::MAX));
                }
                Some(Key::FromEnd(at)) if is_looped => position = self.counted_from_end(node, *at),
                Some(Key::Unknown(index)) if is_looped => position = Position::Unknown(index.clone().into()),
                Some(Key::Name(name)) => match name.strip_prefix("::").and_then(|n| self.source.child(node, n)) {
                    Some(child) => node = child,
                    None => return (node, position, used),
                },
                _ => return (node, position, used),
            }
            used += 1;
        }
    }

    fn counted_from_end(&self, node: usize, at: i64) -> Position {
        match &*self.resource_loop(node) {
            Loop::Over(items) => {
                let index = usize::try_from(at).ok().and_then(|at| items.len().checked_sub(at));
                Position::At(index.unwrap_or(usize::MAX))
            }
            _ => Position::Unknown(Value::new(Kind::Number((-at).into())).into()),
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

/// The root and the accessors of a path.
pub(super) fn accessors<'e>(expr: &'e Expr, ev: &mut Evaluator<'_>) -> (&'e Expr, Vec<Accessor>) {
    let mut path = Vec::new();
    let mut root = expr;
    loop {
        match &root.kind {
            ExprKind::Member(access) => {
                let key = Key::Name(access.name.to_string());
                path.push(Accessor { key, safe: access.safe, span: access.name_span });
                root = &access.base;
            }
            ExprKind::Index(access) => {
                let index = ev.eval(&access.index);
                let key = match &index.kind {
                    Kind::Number(number) => number.as_i64().map(Key::Position),
                    Kind::Text(text) => text.as_known().map(|name| Key::Name(name.to_owned())),
                    _ => None,
                };
                let key = key.unwrap_or(Key::Unknown(index));
                path.push(Accessor { key, safe: access.safe, span: access.index.span });
                root = &access.base;
            }
            ExprKind::NonNull(inner) => root = inner,
            _ => break,
        }
    }
    path.reverse();
    (root, path)
}

/// The identity of a child: `own` is the part of its type behind that of the parent.
fn child(parent: &Identity, own: &str, names: Vec<Text>) -> Identity {
    let mut id = parent.id.clone();
    for (segment, name) in own.split('/').zip(names) {
        id.push_known(&format!("/{segment}/"));
        id.push(&name);
    }
    Identity { id, resource_type: format!("{}/{own}", parent.resource_type), ..parent.clone() }
}

/// The names in `a/b`, as many as asked for. Where they lie in a hole each gets a name of its own.
fn names_of(name: &Text, count: usize, deployment: &str) -> Vec<Text> {
    let pieces = name.split('/');
    if pieces.len() == count {
        return pieces;
    }
    if count == 1 {
        return vec![name.clone()];
    }
    let whole = canonical_text(name, deployment);
    let piece = |at| Text::hole(Hole::new(deployment, &format!("split({whole}, '/')[{at}]")));
    (0..count).map(piece).collect()
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

/// The scope of a resource, as the start of its id.
impl Target {
    fn id(self, template: &Template<'_>) -> Text {
        match self {
            Self::Scope(scope) => scope.id(),
            Self::Resource(identity) => identity.id.clone(),
            Self::Unknown(source) => Text::hole(Hole::new(&template.scope.deployment, &format!("scope {source}"))),
        }
    }
}
