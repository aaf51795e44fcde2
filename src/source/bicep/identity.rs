//! Which resource a declaration or a reference is about.

use std::rc::Rc;

use super::index::{ResourceNode, Symbol};
use super::target::Target;
use super::template::{Loop, Position, Template};
use crate::model::{GapCode, Hole, Kind, Text, Value};
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

/// How many resources may be identified one through the other: names, parents, scopes.
const MAX_PARENTS: usize = 64;

impl Template<'_> {
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
