//! Evaluates expressions over known and unknown values.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use crate::model::{Span, Text};

use super::fault::Fault;
use super::functions::{self, Stop};
use super::instance::ModuleInstance;
use super::module::Project;
use super::number::Num;
use super::scope::{Names, Scope};
use super::syntax::{Attribute, Call, Expr, ExprKind, ForExpr, Key, Member, Operator, Piece, Step};
use super::value::{Kind, MAX_NESTING, MAX_WEIGHT, Val};

/// How deep evaluation may go, through references too. The stack of a read is made for it.
const MAX_DEPTH: u32 = 1_500;

/// How many expressions and values one deployment may take to evaluate.
const MAX_STEPS: u64 = 4_000_000;

/// How many values the arguments of all resources of a deployment may hold.
const MAX_ARGUMENTS: u64 = 2_000_000;

/// How many instances of resources and modules a deployment may have, read or not.
const MAX_ALL_INSTANCES: usize = 100_000;

/// Evaluates one deployment: a root module with one set of variable values.
pub(super) struct Engine<'p, 't> {
    pub project: &'p Project<'t>,
    /// The values of the root module's variables, from variable files.
    pub given: BTreeMap<Rc<str>, Rc<Attribute>>,
    /// All module instances: their memories are emptied at the end, for they refer to each other.
    pub modules: RefCell<Vec<Rc<ModuleInstance>>>,
    /// Attributes of resources that are being evaluated.
    pub active: RefCell<HashSet<String>>,
    depth: Cell<u32>,
    steps: Cell<u64>,
    arguments: Cell<u64>,
    instances: Cell<usize>,
}

impl Drop for Engine<'_, '_> {
    fn drop(&mut self) {
        for module in self.modules.borrow().iter() {
            module.memo.borrow_mut().clear();
            module.expansions.borrow_mut().clear();
        }
    }
}

impl<'p, 't> Engine<'p, 't> {
    /// An engine for a deployment with these values of variables.
    pub fn new(project: &'p Project<'t>, given: BTreeMap<Rc<str>, Rc<Attribute>>) -> Self {
        Self {
            project,
            given,
            modules: RefCell::default(),
            active: RefCell::default(),
            depth: Cell::new(0),
            steps: Cell::new(0),
            arguments: Cell::new(0),
            instances: Cell::new(0),
        }
    }

    /// The value of an expression.
    pub fn eval(&self, expr: &Expr, scope: Scope) -> Result<Val, Fault> {
        self.spend(1, expr.span)?;
        let depth = self.depth.get() + 1;
        if depth > MAX_DEPTH {
            let message = format!("the expression is nested more than {MAX_DEPTH} levels deep, references included");
            return Err(Fault::limit(Some(expr.span), message));
        }
        self.depth.set(depth);
        let result = self.eval_kind(expr, scope);
        self.depth.set(depth - 1);
        result.map(|value| value.or_at(expr.span))
    }

    /// Counts work done.
    pub fn spend(&self, steps: u64, span: Span) -> Result<(), Fault> {
        let sum = self.steps.get().saturating_add(steps);
        self.steps.set(sum);
        if sum > MAX_STEPS {
            return Err(Fault::limit(
                Some(span),
                "evaluating this root module takes too many steps; the rest is unknown",
            ));
        }
        Ok(())
    }

    /// Counts the values of an argument, each resource for itself: they are not shared afterwards.
    pub fn hold(&self, value: Val, span: Span) -> Result<Val, Fault> {
        let sum = self.arguments.get().saturating_add(value.weight() as u64);
        self.arguments.set(sum);
        if sum > MAX_ARGUMENTS {
            let message =
                format!("the arguments of this root module hold more than {MAX_ARGUMENTS} values; the rest is unknown");
            return Err(Fault::limit(Some(span), message));
        }
        Ok(value)
    }

    /// How many of these instances may be made.
    pub fn allowed_instances(&self, wanted: usize) -> usize {
        let left = MAX_ALL_INSTANCES.saturating_sub(self.instances.get());
        let allowed = wanted.min(left);
        self.instances.set(self.instances.get() + allowed);
        allowed
    }

    fn eval_kind(&self, expr: &Expr, scope: Scope) -> Result<Val, Fault> {
        match &expr.kind {
            ExprKind::Null => Ok(Val::null()),
            ExprKind::Bool(value) => Ok(Val::bool(*value)),
            ExprKind::Number(value) => Ok(Val::number(*value)),
            ExprKind::Text(text) => Ok(Val::string(&**text)),
            ExprKind::Template(pieces) => self.template(pieces, expr.span, scope),
            ExprKind::List(items) => self.list(items, expr.span, scope),
            ExprKind::Object(members) => self.object(members, expr.span, scope),
            ExprKind::Name(name) => self.bare_name(name, expr.span, scope),
            ExprKind::Access(root, steps) => self.access(root, steps, expr.span, scope),
            ExprKind::Call(call) => self.call(call, expr.span, scope),
            ExprKind::Conditional(parts) => self.conditional(parts, expr.span, scope),
            ExprKind::Not(inner) => self.not(inner, expr.span, scope),
            ExprKind::Negate(inner) => self.negate(inner, expr.span, scope),
            ExprKind::Binary(parts) => self.binary(&parts.0, parts.1, &parts.2, expr.span, scope),
            ExprKind::For(each) => self.for_expr(each, expr.span, scope),
        }
    }

    fn bare_name(&self, name: &str, span: Span, scope: Scope) -> Result<Val, Fault> {
        match scope.name(name) {
            Some(value) => Ok(value.clone()),
            None => Err(Fault::undeclared(span, format!("`{name}` is not the name of anything here"))),
        }
    }

    /// A value that is not known, named by the expression as it is written here.
    pub fn unknown_here(&self, span: Span, scope: Scope) -> Val {
        Val::unknown(&scope.owner(), self.project.source(span))
    }

    /// A value that is not known, but equal wherever it is computed from equal values.
    fn derived(&self, span: Span, operation: &str, inputs: &[&Val]) -> Val {
        let mut identity = operation.to_owned();
        for input in inputs {
            identity.push('\u{1e}');
            identity.push_str(&input.identity());
        }
        Val::derived(self.project.source(span), &identity)
    }

    fn list(&self, items: &[Expr], span: Span, scope: Scope) -> Result<Val, Fault> {
        let items: Vec<Val> = items.iter().map(|item| self.eval(item, scope)).collect::<Result<_, _>>()?;
        self.bounded(Val::list(items), span)
    }

    fn object(&self, members: &[Member], span: Span, scope: Scope) -> Result<Val, Fault> {
        let mut result = BTreeMap::new();
        for member in members {
            let key: Rc<str> = match &member.key {
                Key::Name(name) => name.clone(),
                Key::Expr(expr) => match self.eval(expr, scope)?.to_text() {
                    Some(text) => match text.as_known() {
                        Some(known) => known.into(),
                        None => return Ok(self.unknown_here(span, scope)),
                    },
                    None => return Err(Fault::wrong(expr.span, "the key of an object must be a string")),
                },
            };
            let value = self.eval(&member.value, scope)?;
            result.insert(key, value.or_at(member.span));
        }
        self.bounded(Val::object(result), span)
    }

    /// Refuses values that are larger than any configuration needs.
    pub fn bounded(&self, value: Val, span: Span) -> Result<Val, Fault> {
        let weight = value.weight();
        if weight > MAX_WEIGHT {
            return Err(Fault::limit(Some(span), format!("the value has more than {MAX_WEIGHT} parts")));
        }
        if value.depth() > MAX_NESTING {
            return Err(Fault::limit(Some(span), format!("the value is nested more than {MAX_NESTING} levels deep")));
        }
        Ok(value)
    }

    fn conditional(&self, parts: &[Expr; 3], span: Span, scope: Scope) -> Result<Val, Fault> {
        let [condition, then, other] = parts;
        let decided = self.eval(condition, scope)?;
        if decided.is_null() {
            return Err(Fault::wrong(condition.span, "the condition is null"));
        }
        match decided.as_bool() {
            Some(true) => Ok(beside_string(self.eval(then, scope)?, other)),
            Some(false) => Ok(beside_string(self.eval(other, scope)?, then)),
            None if !could_be_bool(&decided) => Err(Fault::wrong(condition.span, "the condition is not a boolean")),
            None => {
                let (then, other) = (self.eval(then, scope), self.eval(other, scope));
                let (Ok(then), Ok(other)) = (&then, &other) else { return Ok(self.unknown_here(span, scope)) };
                if equal(then, other) == Some(true) {
                    return Ok(then.clone());
                }
                Ok(self.derived(span, "?:", &[&decided, then, other]))
            }
        }
    }

    fn not(&self, inner: &Expr, span: Span, scope: Scope) -> Result<Val, Fault> {
        let value = self.eval(inner, scope)?;
        match value.as_bool() {
            Some(known) => Ok(Val::bool(!known)),
            None if could_be_bool(&value) => Ok(self.derived(span, "!", &[&value])),
            None => Err(Fault::wrong(inner.span, "`!` needs a boolean")),
        }
    }

    fn negate(&self, inner: &Expr, span: Span, scope: Scope) -> Result<Val, Fault> {
        let value = self.eval(inner, scope)?;
        match value.as_number() {
            Some(known) => Ok(Val::number(known.neg())),
            None if !value.is_wholly_known() => Ok(self.derived(span, "-", &[&value])),
            None => Err(Fault::wrong(inner.span, "`-` needs a number")),
        }
    }

    fn binary(&self, left: &Expr, op: Operator, right: &Expr, span: Span, scope: Scope) -> Result<Val, Fault> {
        if matches!(op, Operator::And | Operator::Or) {
            return self.logical(left, op, right, span, scope);
        }
        let (a, b) = (self.eval(left, scope)?, self.eval(right, scope)?);
        self.spend((a.weight() + b.weight()) as u64, span)?;
        if matches!(op, Operator::Equal | Operator::NotEqual) {
            return Ok(match equal(&a, &b) {
                // A typed list is never equal to a tuple of the same elements, nor a map to an object: types
                // are not kept here, so only two literals are equal for certain.
                Some(true) if is_collection(&a) && !(is_literal(left) && is_literal(right)) => {
                    self.derived(span, op.as_str(), &[&a, &b])
                }
                Some(same) => Val::bool(same == (op == Operator::Equal)),
                None => self.derived(span, op.as_str(), &[&a, &b]),
            });
        }
        let (Some(x), Some(y)) = (a.as_number(), b.as_number()) else {
            if a.is_wholly_known() && b.is_wholly_known() {
                return Err(Fault::wrong(span, format!("`{}` needs numbers", op.as_str())));
            }
            return Ok(self.derived(span, op.as_str(), &[&a, &b]));
        };
        arithmetic(x, op, y).ok_or_else(|| Fault::wrong(span, "division by zero"))
    }

    fn logical(&self, left: &Expr, op: Operator, right: &Expr, span: Span, scope: Scope) -> Result<Val, Fault> {
        let decisive = op == Operator::Or;
        let a = self.eval(left, scope)?;
        if a.as_bool() == Some(decisive) {
            return Ok(Val::bool(decisive));
        }
        let b = self.eval(right, scope)?;
        match (a.as_bool(), b.as_bool()) {
            (_, Some(b)) if b == decisive => Ok(Val::bool(decisive)),
            (Some(_), Some(_)) => Ok(Val::bool(!decisive)),
            _ if could_be_bool(&a) && could_be_bool(&b) => Ok(self.derived(span, op.as_str(), &[&a, &b])),
            _ => Err(Fault::wrong(span, format!("`{}` needs booleans", op.as_str()))),
        }
    }

    fn for_expr(&self, each: &ForExpr, span: Span, scope: Scope) -> Result<Val, Fault> {
        let collection = self.eval(&each.collection, scope)?;
        let Some(entries) = entries(&collection) else {
            if may_have_entries(&collection) {
                return Ok(self.unknown_here(span, scope));
            }
            return Err(Fault::wrong(each.collection.span, "`for` needs a list, a set or a map"));
        };
        let mut list = Vec::new();
        let mut map: BTreeMap<Rc<str>, Vec<Val>> = BTreeMap::new();
        for (key, value) in entries {
            self.spend(1, span)?;
            let mut names = vec![(each.value_name.clone(), value)];
            if let Some(name) = &each.key_name {
                names.push((name.clone(), key));
            }
            let names = Names { entries: &names, outer: scope.names };
            let inner = Scope { names: Some(&names), ..scope };
            if let Some(condition) = &each.condition {
                match self.eval(condition, inner)?.as_bool() {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return Ok(self.unknown_here(span, scope)),
                }
            }
            let value = self.eval(&each.value, inner)?;
            let Some(key) = &each.key else {
                list.push(value);
                continue;
            };
            let text = self.eval(key, inner)?.to_text();
            let text = text.ok_or_else(|| Fault::wrong(key.span, "the key of an object must be a string"))?;
            let Some(key_text) = text.as_known() else { return Ok(self.unknown_here(span, scope)) };
            let slot = map.entry(key_text.into()).or_default();
            if !slot.is_empty() && !each.grouping {
                return Err(Fault::wrong(key.span, format!("two elements have the key {key_text:?}")));
            }
            slot.push(value);
        }
        let result = match (&each.key, each.grouping) {
            (None, _) => Val::list(list),
            (Some(_), true) => Val::object(map.into_iter().map(|(k, v)| (k, Val::list(v))).collect()),
            (Some(_), false) => Val::object(map.into_iter().filter_map(|(k, mut v)| Some((k, v.pop()?))).collect()),
        };
        self.bounded(result, span)
    }

    /// The value of a template: of a single `${…}` its value, otherwise a string.
    pub fn template(&self, pieces: &[Piece], span: Span, scope: Scope) -> Result<Val, Fault> {
        if let [Piece::Expr(expr)] = pieces {
            return self.eval(expr, scope);
        }
        let mut text = Text::default();
        self.render(pieces, span, scope, &mut text)?;
        self.bounded(Val::text(text), span)
    }

    fn render(&self, pieces: &[Piece], span: Span, scope: Scope, out: &mut Text) -> Result<(), Fault> {
        for piece in pieces {
            self.spend(1 + (super::value::text_len(out) / 4096) as u64, span)?;
            match piece {
                Piece::Literal(text) => out.push_known(text),
                Piece::Expr(expr) => {
                    let value = self.eval(expr, scope)?;
                    let message = "only a string, a number or a boolean can be part of a template";
                    let part = value.to_text().ok_or_else(|| Fault::wrong(expr.span, message))?;
                    out.push(&part);
                }
                Piece::If { condition, then, other } => {
                    let decided = self.eval(condition, scope)?;
                    match decided.as_bool() {
                        Some(true) => self.render(then, span, scope, out)?,
                        Some(false) => self.render(other, span, scope, out)?,
                        None => push_unknown(out, &self.unknown_here(condition.span, scope)),
                    }
                }
                Piece::For { key_name, value_name, collection, body } => {
                    let all = self.eval(collection, scope)?;
                    let Some(entries) = entries(&all) else {
                        push_unknown(out, &self.unknown_here(collection.span, scope));
                        continue;
                    };
                    for (key, value) in entries {
                        let mut names = vec![(value_name.clone(), value)];
                        names.extend(key_name.as_ref().map(|name| (name.clone(), key)));
                        let names = Names { entries: &names, outer: scope.names };
                        self.render(body, span, Scope { names: Some(&names), ..scope }, out)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn call(&self, call: &Call, span: Span, scope: Scope) -> Result<Val, Fault> {
        match &*call.name {
            "try" => return self.try_call(call, span, scope),
            "can" => return self.can_call(call, span, scope),
            _ => {}
        }
        let mut args: Vec<Val> = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            args.push(self.eval(arg, scope)?.taken());
        }
        if call.expand
            && let Some(last) = args.pop()
        {
            match last.as_items() {
                Some(items) => args.extend(items.iter().cloned()),
                None if !last.is_wholly_known() => return Ok(self.unknown_here(span, scope)),
                None => return Err(Fault::wrong(span, "`...` needs a list")),
            }
        }
        self.spend(args.iter().map(|arg| arg.weight() as u64).sum(), span)?;
        let result = match self.special_function(&call.name, &args, span, scope) {
            Some(result) => result,
            None => functions::call(&call.name, &args),
        };
        match result {
            Ok(value) => self.bounded(value, span),
            Err(Stop::Unknown) => Ok(self.derived(span, &call.name, &args.iter().collect::<Vec<_>>())),
            Err(Stop::Unnamed) => Ok(Val::unknown(&scope.owner(), format!("{}(…)", call.name))),
            Err(Stop::Wrong(message)) => Err(Fault::wrong(span, format!("{}: {message}", call.name))),
            Err(Stop::Fault(fault)) => Err(fault),
        }
    }

    fn try_call(&self, call: &Call, span: Span, scope: Scope) -> Result<Val, Fault> {
        for arg in &call.args {
            match self.eval(arg, scope) {
                Err(fault) if fault.is_catchable() => {}
                done => return done,
            }
        }
        Err(Fault::wrong(span, "try: no argument could be evaluated"))
    }

    fn can_call(&self, call: &Call, span: Span, scope: Scope) -> Result<Val, Fault> {
        let [arg] = call.args.as_slice() else { return Err(Fault::wrong(span, "can: needs one argument")) };
        match self.eval(arg, scope) {
            Ok(value) if value.is_unknown() => Ok(self.derived(span, "can", &[&value])),
            Ok(_) => Ok(Val::bool(true)),
            Err(fault) if fault.is_catchable() => Ok(Val::bool(false)),
            Err(fault) => Err(fault),
        }
    }

    /// What the steps of a traversal lead to, from a value on.
    pub fn walk(&self, mut value: Val, steps: &[Step], span: Span, scope: Scope) -> Result<Val, Fault> {
        for (at, step) in steps.iter().enumerate() {
            value = match step {
                Step::Attr(name) => self.attribute_of(&value, name, span)?,
                Step::LegacyIndex(index) => self.index_of(&value, &Val::number(Num::Int((*index).into())), span)?,
                Step::Index(index) => {
                    let key = self.eval(index, scope)?;
                    self.index_of(&value, &key, span)?
                }
                Step::FullSplat => return self.splat(&value, &steps[at + 1..], span, scope),
                Step::AttrSplat => {
                    let rest = &steps[at + 1..];
                    let attributes = rest.iter().take_while(|step| matches!(step, Step::Attr(_))).count();
                    let list = self.splat(&value, &rest[..attributes], span, scope)?;
                    return self.walk(list, &rest[attributes..], span, scope);
                }
            };
        }
        Ok(value)
    }

    fn splat(&self, value: &Val, rest: &[Step], span: Span, scope: Scope) -> Result<Val, Fault> {
        let items = match &value.kind {
            Kind::List(seq) | Kind::Set(seq) => seq.items.as_slice(),
            Kind::Null => &[],
            Kind::Unknown(_) => {
                return Ok(self.derived(span, "[*]", &[value, &Val::string(self.project.source(span))]));
            }
            _ => std::slice::from_ref(value),
        };
        self.spend(items.len() as u64, span)?;
        let items = items.iter().map(|item| self.walk(item.clone(), rest, span, scope));
        self.bounded(Val::list(items.collect::<Result<_, _>>()?), span)
    }

    fn attribute_of(&self, value: &Val, name: &str, span: Span) -> Result<Val, Fault> {
        match &value.kind {
            Kind::Object(map) => match (map.members.get(name), &map.open) {
                (Some(member), _) => Ok(member.clone().taken()),
                (None, Some(open)) => Ok(Kind::Unknown(Rc::new(open.member(&format!(".{name}")))).into()),
                (None, None) => Err(Fault::wrong(span, format!("there is no attribute {name:?}"))),
            },
            Kind::Instance(instance) => self.instance_attribute(instance, name, span),
            Kind::Unknown(unknown) => Ok(Kind::Unknown(Rc::new(unknown.member(&format!(".{name}")))).into()),
            Kind::Null => Err(Fault::wrong(span, format!("attribute {name:?} of null"))),
            _ => Err(Fault::wrong(span, format!("a value without attributes has no {name:?}"))),
        }
    }

    fn index_of(&self, value: &Val, key: &Val, span: Span) -> Result<Val, Fault> {
        match &value.kind {
            Kind::Unknown(unknown) if key.is_wholly_known() => {
                return Ok(Kind::Unknown(Rc::new(unknown.member(&format!("[{}]", key.display())))).into());
            }
            Kind::Null => return Err(Fault::wrong(span, "an element of null")),
            _ if !key.is_wholly_known() => return Ok(self.derived(span, "[]", &[value, key])),
            _ => {}
        }
        match &value.kind {
            Kind::List(seq) => {
                let index = key.as_number().and_then(Num::to_int).and_then(|n| usize::try_from(n).ok());
                let item = index.and_then(|index| seq.items.get(index));
                item.cloned().map(Val::taken).ok_or_else(|| {
                    Fault::wrong(
                        span,
                        format!("a list of {} elements has no element {}", seq.items.len(), key.display()),
                    )
                })
            }
            Kind::Object(_) | Kind::Instance(_) => {
                let name = key.to_text().and_then(|text| text.as_known().map(str::to_owned));
                let name = name.ok_or_else(|| Fault::wrong(span, "the key of a map must be a string"))?;
                self.attribute_of(value, &name, span)
            }
            _ => Err(Fault::wrong(span, "only lists and maps have elements")),
        }
    }
}

fn is_collection(value: &Val) -> bool {
    matches!(value.kind, Kind::List(_) | Kind::Set(_) | Kind::Object(_))
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::List(_) | ExprKind::Object(_))
}

/// Both results of a conditional have one type: beside a string, numbers and booleans become strings.
fn beside_string(value: Val, other: &Expr) -> Val {
    let string = matches!(other.kind, ExprKind::Text(_))
        || matches!(&other.kind, ExprKind::Template(pieces) if !matches!(pieces.as_slice(), [Piece::Expr(_)]));
    match (&value.kind, value.to_text()) {
        (Kind::Number(_) | Kind::Bool(_), Some(text)) if string => Val { kind: Val::text(text).kind, ..value },
        _ => value,
    }
}

fn push_unknown(out: &mut Text, value: &Val) {
    if let Some(text) = value.to_text() {
        out.push(&text);
    }
}

/// Whether a value that is not a known boolean may turn out to be one.
fn could_be_bool(value: &Val) -> bool {
    !value.is_wholly_known() || value.as_bool().is_some()
}

fn arithmetic(x: Num, op: Operator, y: Num) -> Option<Val> {
    Some(match op {
        Operator::Plus => Val::number(x.add(y)),
        Operator::Minus => Val::number(x.sub(y)),
        Operator::Times => Val::number(x.mul(y)),
        Operator::Divide => Val::number(x.div(y)?),
        Operator::Modulo => Val::number(x.rem(y)?),
        Operator::Less => Val::bool(x < y),
        Operator::LessEqual => Val::bool(x <= y),
        Operator::Greater => Val::bool(x > y),
        _ => Val::bool(x >= y),
    })
}

/// Keys and values of a collection, as `for` and `for_each` see them. `None` for anything else.
pub(super) fn entries(value: &Val) -> Option<Vec<(Val, Val)>> {
    match &value.kind {
        Kind::List(seq) => {
            Some(seq.items.iter().enumerate().map(|(index, item)| (Val::int(index as i64), item.clone())).collect())
        }
        Kind::Set(seq) => Some(seq.items.iter().map(|item| (item.clone(), item.clone())).collect()),
        // Of an open object there are more members than are known.
        Kind::Object(map) if map.open.is_none() => {
            Some(map.members.iter().map(|(key, member)| (Val::string(&**key), member.clone())).collect())
        }
        _ => None,
    }
}

/// Whether a value that has no known entries may have some.
pub(super) fn may_have_entries(value: &Val) -> bool {
    matches!(value.kind, Kind::Unknown(_) | Kind::Instance(_) | Kind::Object(_))
}

/// Whether two values are equal; `None` if that depends on what is not known.
pub(super) fn equal(a: &Val, b: &Val) -> Option<bool> {
    match (&a.kind, &b.kind) {
        (Kind::Null, Kind::Null) => Some(true),
        (Kind::Unknown(x), Kind::Unknown(y)) => (x == y).then_some(true),
        (Kind::Instance(x), Kind::Instance(y)) => Rc::ptr_eq(x, y).then_some(true),
        (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) => None,
        (Kind::Instance(_), other) | (other, Kind::Instance(_)) => matches!(other, Kind::Null).then_some(false),
        (Kind::Bool(x), Kind::Bool(y)) => Some(x == y),
        (Kind::Number(x), Kind::Number(y)) => Some(x == y),
        (Kind::Text(x), Kind::Text(y)) => equal_text(x, y),
        (Kind::List(x), Kind::List(y)) | (Kind::Set(x), Kind::Set(y)) => {
            if x.items.len() != y.items.len() {
                let certain = a.is_wholly_known() && b.is_wholly_known() || matches!(a.kind, Kind::List(_));
                return certain.then_some(false);
            }
            all_equal(x.items.iter().zip(&y.items))
        }
        (Kind::Object(x), Kind::Object(y)) => {
            if !x.members.keys().eq(y.members.keys()) {
                return (x.open.is_none() && y.open.is_none()).then_some(false);
            }
            let same = all_equal(x.members.values().zip(y.members.values()));
            if x.open.is_some() || y.open.is_some() { same.filter(|same| !same) } else { same }
        }
        // `==` converts nothing: values of different types are different.
        _ => Some(false),
    }
}

fn equal_text(x: &Text, y: &Text) -> Option<bool> {
    if x == y {
        return Some(true);
    }
    if x.is_known() && y.is_known() {
        return Some(false);
    }
    // Different without regard to case is different.
    x.same(y).filter(|same| !same)
}

fn all_equal<'v>(pairs: impl Iterator<Item = (&'v Val, &'v Val)>) -> Option<bool> {
    let mut result = Some(true);
    for (a, b) in pairs {
        match equal(a, b) {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}
