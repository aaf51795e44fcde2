//! Evaluates expressions to values.

use std::sync::Arc;

use crate::model::{GapCode, Hole, Kind, Part, Span, Text, Unknown, Value};

use super::canonical::{canonical, shorten};
use super::{
    BinaryOp, Call, Element, Expr, ExprKind, Lambda, Member, ObjectBuilder, Property, Scope, Segment, Session, UnaryOp,
    functions, placed,
};

/// What a dialect tells the [`Evaluator`].
///
/// Implementations hold a reference to the [`Session`] and evaluate what they are asked for with an
/// evaluator of their own ([`Evaluator::new`] with `ev.session()`): a variable sees no locals of the
/// lambda that uses it.
pub trait Environment {
    /// The scope that is deployed to.
    fn scope(&self) -> &Scope;

    /// What a symbol stands for: a parameter, a variable, a resource, a module of Bicep. Locals of
    /// lambdas and loops are looked up before. ARM templates have no symbols.
    fn name(&self, name: &str, at: Span, ev: &mut Evaluator<'_>) -> Result<Found, Fault>;

    /// A call that the dialect knows better than the function library: `parameters('x')`,
    /// `variables('x')`, a user's function, `storage.listKeys()`. `None` leaves it to the library.
    fn call(&self, call: &Call, at: Span, ev: &mut Evaluator<'_>) -> Option<Result<Found, Fault>>;

    /// What stands at the end of a path, or at a part of it, if the dialect knows without evaluating
    /// `root`: `storage.id`, `module.outputs.x`, `reference('nested').outputs.x.value`. The number
    /// says how many accessors are answered; the evaluator goes on with the others.
    fn path(&self, root: &Expr, path: &[Accessor], ev: &mut Evaluator<'_>) -> Option<Result<(Found, usize), Fault>>;

    /// The text of a file beside the source, for `loadTextContent` and its kin.
    fn load(&self, path: &str, at: Span, ev: &mut Evaluator<'_>) -> Result<Arc<str>, Fault>;
}

/// A value that an environment found: shared, so that a big parameter is not copied to read one
/// member of it.
pub type Found = Arc<Value>;

/// One step of a path: `.name`, `[0]`, `[?'name']`, `[^1]`.
#[derive(Clone, Debug)]
pub struct Accessor {
    /// What is accessed.
    pub key: Key,
    /// Null instead of an error.
    pub safe: bool,
    /// Where it is written.
    pub span: Span,
}

/// What an [`Accessor`] accesses.
#[derive(Clone, Debug)]
pub enum Key {
    /// A member.
    Name(String),
    /// An element, from 0.
    Position(i64),
    /// An element from the end, the last is 1.
    FromEnd(i64),
    /// Something that is not known.
    Unknown(Value),
}

impl Accessor {
    /// An accessor with a computed key.
    pub(super) fn computed(value: Val, safe: bool, from_end: bool, span: Span) -> Result<Self, Fault> {
        let key = match &value.kind {
            Kind::Number(number) => {
                let position = number.as_i64().ok_or_else(|| Fault::expression("an index must be a whole number"))?;
                if from_end { Key::FromEnd(position) } else { Key::Position(position) }
            }
            Kind::Text(text) => match text.as_known() {
                Some(name) => Key::Name(name.to_owned()),
                None => Key::Unknown(value.into_owned()),
            },
            Kind::Unknown(_) => Key::Unknown(value.into_owned()),
            _ => {
                let message = format!("an index must be a number or a string, not {}", kind_name(&value));
                return Err(Fault::expression(message));
            }
        };
        Ok(Self { key, safe, span })
    }

    /// The name of the member, if it is one.
    pub fn name(&self) -> Option<&str> {
        match &self.key {
            Key::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Whether it is this member, case ignored.
    pub fn is(&self, name: &str) -> bool {
        self.name().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The kind of gap that it becomes.
    pub code: GapCode,
    /// What is wrong, starting lower-case.
    pub message: String,
}

impl Fault {
    /// An expression is wrong.
    pub fn expression(message: impl Into<String>) -> Self {
        Self::new(GapCode::ExpressionError, message)
    }

    /// Any other reason.
    pub fn new(code: GapCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// A value that is computed or shared.
#[derive(Clone, Debug)]
pub enum Val {
    /// Computed just now.
    Owned(Value),
    /// Held by an environment or a local too.
    Shared(Arc<Value>),
}

impl std::ops::Deref for Val {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Self::Owned(value) => value,
            Self::Shared(value) => value,
        }
    }
}

impl Val {
    /// As a value that can be held in several places.
    pub fn into_shared(self) -> Arc<Value> {
        match self {
            Self::Owned(value) => Arc::new(value),
            Self::Shared(value) => value,
        }
    }

    /// As a value of its own.
    pub fn into_owned(self) -> Value {
        match self {
            Self::Owned(value) => value,
            Self::Shared(value) => Arc::unwrap_or_clone(value),
        }
    }
}

impl From<Value> for Val {
    fn from(value: Value) -> Self {
        Self::Owned(value)
    }
}

/// The copy loops that are going on where something is evaluated later on.
#[derive(Clone, Debug, Default)]
pub struct Iterations(Vec<Iteration>);

/// An iteration that is going on.
#[derive(Clone, Debug)]
struct Iteration {
    name: Arc<str>,
    index: Value,
    /// A copy loop of a resource, module or output; `copyIndex()` without a name means it.
    outer: bool,
}

/// How deep values may be nested. Templates may be nested 100 deep as JSON.
const DEEPEST: usize = 120;

/// Evaluates expressions in an environment.
pub struct Evaluator<'a> {
    session: &'a Session,
    env: &'a dyn Environment,
    locals: Vec<(Arc<str>, Arc<Value>)>,
    iterations: Vec<Iteration>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator without locals.
    pub fn new(session: &'a Session, env: &'a dyn Environment) -> Self {
        Self { session, env, locals: Vec::new(), iterations: Vec::new() }
    }

    /// An evaluator within iterations that [`Evaluator::iterations`] gave.
    pub fn resume(session: &'a Session, env: &'a dyn Environment, iterations: &Iterations) -> Self {
        Self { iterations: iterations.0.clone(), ..Self::new(session, env) }
    }

    /// The iterations that are going on.
    pub fn iterations(&self) -> Iterations {
        Iterations(self.iterations.clone())
    }

    /// What is shared with other evaluations of the deployment.
    pub fn session(&self) -> &'a Session {
        self.session
    }

    /// What the dialect knows.
    pub fn env(&self) -> &'a dyn Environment {
        self.env
    }

    /// The scope that is deployed to.
    pub fn scope(&self) -> &'a Scope {
        self.env.scope()
    }

    /// Evaluates with a local bound to a value.
    pub fn with_local<T>(&mut self, name: Arc<str>, value: Arc<Value>, run: impl FnOnce(&mut Self) -> T) -> T {
        self.locals.push((name, value));
        let result = run(self);
        self.locals.pop();
        result
    }

    /// Evaluates with several locals bound.
    pub fn with_locals<T>(
        &mut self,
        locals: impl IntoIterator<Item = (Arc<str>, Arc<Value>)>,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.locals.len();
        self.locals.extend(locals);
        let result = run(self);
        self.locals.truncate(before);
        result
    }

    /// Evaluates within an iteration that `copyIndex` reads. `outer` marks the loop of a resource, a
    /// module or an output, which `copyIndex()` without a name refers to.
    pub fn with_iteration<T>(
        &mut self,
        name: Arc<str>,
        index: Value,
        outer: bool,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.iterations.push(Iteration { name, index, outer });
        let result = run(self);
        self.iterations.pop();
        result
    }

    /// The index of an iteration: of this name, or of the resource loop.
    pub fn iteration(&self, name: Option<&str>) -> Option<&Value> {
        let mut iterations = self.iterations.iter().rev();
        let found = match name {
            Some(name) => iterations.find(|i| i.name.eq_ignore_ascii_case(name)),
            None => iterations.clone().find(|i| i.outer).or_else(|| iterations.next()),
        };
        found.map(|iteration| &iteration.index)
    }

    /// The value of a local of a lambda or loop.
    pub fn local(&self, name: &str) -> Option<&Arc<Value>> {
        let exact = self.locals.iter().rev().find(|(local, _)| **local == *name);
        exact.or_else(|| self.locals.iter().rev().find(|(l, _)| l.eq_ignore_ascii_case(name))).map(|(_, value)| value)
    }

    /// All that a lambda or a loop body may depend on besides what it names: the locals and iterations
    /// around it, and whose template it is in. Part of the identity of what they make.
    pub(super) fn context(&self) -> Vec<Val> {
        let mut context: Vec<Val> = self.locals.iter().map(|(_, value)| Val::Shared(value.clone())).collect();
        context.extend(self.iterations.iter().map(|iteration| Val::Owned(iteration.index.clone())));
        let scope = self.scope();
        if let Some(own) = scope.owner.strip_prefix(&*scope.deployment).filter(|own| !own.is_empty()) {
            context.push(Value::string(own.trim_start_matches('\u{1}')).into());
        }
        context
    }

    /// The value of an expression. Never fails: what is wrong becomes a gap and an unknown value.
    pub fn eval(&mut self, expr: &Expr) -> Value {
        self.value(expr).into_owned()
    }

    /// The value of an expression, shared where it can be.
    pub fn eval_shared(&mut self, expr: &Expr) -> Arc<Value> {
        self.value(expr).into_shared()
    }

    /// The value of an expression that stands at a place of its own: a property, an element, the value
    /// of a variable. See [`placed`].
    pub fn eval_at(&mut self, expr: &Expr, place: Span) -> Value {
        let value = self.value(expr);
        if expr.is_literal() {
            return value.into_owned().at(place);
        }
        if let Val::Shared(shared) = &value
            && !self.charge_size(shared, place)
        {
            return self.opaque(expr).at(place);
        }
        placed(value.into_owned(), place)
    }

    /// The value of an expression; what is wrong becomes a gap.
    pub fn value(&mut self, expr: &Expr) -> Val {
        if !self.session.charge(1, expr.span) {
            return Val::Owned(self.opaque(expr));
        }
        let Some(_level) = self.session.enter(expr.span) else {
            return Val::Owned(self.opaque(expr));
        };
        match self.try_value(expr) {
            Ok(value) => value,
            Err(fault) => {
                self.session.gap(fault.code, expr.span, fault.message);
                Val::Owned(self.opaque(expr))
            }
        }
    }

    fn try_value(&mut self, expr: &Expr) -> Result<Val, Fault> {
        let literal = |kind: Kind| Ok(Val::Owned(Value::new(kind).at(expr.span)));
        match &expr.kind {
            ExprKind::Null => literal(Kind::Null),
            ExprKind::Bool(bool) => literal(Kind::Bool(*bool)),
            ExprKind::Int(int) => literal(Kind::Number((*int).into())),
            ExprKind::Number(number) => literal(Kind::Number(number.clone())),
            ExprKind::Text(text) => literal(Kind::Text(Text::known(&**text))),
            ExprKind::Interpolation(segments) => self.interpolation(segments, expr),
            ExprKind::Array(elements) => self.array(elements, expr).map(Val::Owned),
            ExprKind::Object(properties) => self.object(properties, expr).map(Val::Owned),
            ExprKind::For(_) | ExprKind::Copy(_) => self.loops(expr).map(Val::Owned),
            ExprKind::Name(name) => match self.local(name) {
                Some(value) => Ok(Val::Shared(value.clone())),
                None => self.env.name(name, expr.span, self).map(Val::Shared),
            },
            ExprKind::Member(_) | ExprKind::Index(_) | ExprKind::NonNull(_) => self.access(expr),
            ExprKind::Call(call) => self.call(call, expr),
            ExprKind::Lambda(_) => {
                Err(Fault::expression("a lambda can only be an argument of a function that calls it"))
            }
            ExprKind::Unary(op, operand) => self.unary(*op, operand, expr),
            ExprKind::Binary(op, operands) => self.binary(*op, operands, expr),
            ExprKind::Ternary(parts) => {
                let (condition, then, otherwise) = &**parts;
                functions::choose(self, condition, then, otherwise, expr)
            }
            ExprKind::Error(reason) => Err(Fault::new(GapCode::SyntaxError, reason.to_string())),
        }
    }

    fn interpolation(&mut self, segments: &[Segment], expr: &Expr) -> Result<Val, Fault> {
        let mut text = Text::default();
        let mut given = None;
        for segment in segments {
            match segment {
                Segment::Text(known) => text.push_known(known),
                Segment::Expr(inner) => {
                    let value = self.value(inner);
                    given = given.or(value.span.filter(|span| !super::place::within(*span, expr.span)));
                    text.push(&functions::to_text(self, &value));
                }
            }
        }
        self.check_text(&text)?;
        let mut value = Value::new(Kind::Text(text));
        value.span = given;
        Ok(Val::Owned(value))
    }

    fn array(&mut self, elements: &[Element], expr: &Expr) -> Result<Value, Fault> {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            match element {
                Element::Item(item) => items.push(self.eval_at(item, item.span)),
                Element::Spread(list) => {
                    let spread = self.eval_at(list, list.span);
                    match spread.kind {
                        Kind::Array(more) => items.extend(more),
                        Kind::Null => {}
                        Kind::Unknown(_) | Kind::Text(_) if !spread.is_known() => {
                            return Ok(self.derived("array", &[spread], false, expr));
                        }
                        _ => return Err(Fault::expression("only a list can be spread into a list")),
                    }
                }
            }
        }
        self.limited_len(items.len())?;
        Ok(Value::new(Kind::Array(items)).at(expr.span))
    }

    fn object(&mut self, properties: &[Property], expr: &Expr) -> Result<Value, Fault> {
        let plain =
            |p: &Property| matches!(p, Property::Member(Member { key: Expr { kind: ExprKind::Text(_), .. }, .. }));
        if properties.iter().all(plain) {
            let mut members = Vec::with_capacity(properties.len());
            for property in properties {
                let Property::Member(Member { key: Expr { kind: ExprKind::Text(name), .. }, value, span }) = property
                else {
                    continue;
                };
                members.push((name.to_string(), self.eval_at(value, *span)));
            }
            return Ok(Value::new(Kind::Object(members)).at(expr.span));
        }
        let mut builder = ObjectBuilder::default();
        for property in properties {
            match property {
                Property::Member(member) => {
                    let key = self.value(&member.key);
                    let name = functions::to_text(self, &key).to_string();
                    let value = self.eval_at(&member.value, member.span);
                    builder.insert(name, value);
                }
                Property::Spread(object) => {
                    let spread = self.eval_at(object, object.span);
                    match spread.kind {
                        Kind::Object(members) => {
                            members.into_iter().for_each(|(name, member)| builder.insert(name, member));
                        }
                        Kind::Null => {}
                        Kind::Unknown(_) => {
                            let before = Value::new(Kind::Object(builder.finish()));
                            return Ok(self.derived("shallowMerge", &[before, spread], false, expr));
                        }
                        _ => return Err(Fault::expression("only an object can be spread into an object")),
                    }
                }
            }
        }
        Ok(Value::new(Kind::Object(builder.finish())).at(expr.span))
    }

    #[inline(never)]
    fn loops(&mut self, expr: &Expr) -> Result<Value, Fault> {
        match &expr.kind {
            ExprKind::For(each) => functions::for_loop(self, each, expr),
            ExprKind::Copy(copy) => functions::copy_loop(self, copy, expr),
            _ => Err(Fault::expression("not a loop")),
        }
    }

    #[inline(never)]
    fn unary(&mut self, op: UnaryOp, operand: &Expr, expr: &Expr) -> Result<Val, Fault> {
        let value = self.value(operand);
        match op {
            UnaryOp::Not => functions::invoke(self, "not", &[value], expr),
            UnaryOp::Minus => functions::invoke(self, "sub", &[Value::new(Kind::Number(0.into())).into(), value], expr),
        }
    }

    #[inline(never)]
    fn binary(&mut self, op: BinaryOp, operands: &(Expr, Expr), expr: &Expr) -> Result<Val, Fault> {
        let (left, right) = operands;
        let name = match op {
            BinaryOp::And => return functions::all_or_any(self, [left, right], true, expr),
            BinaryOp::Or => return functions::all_or_any(self, [left, right], false, expr),
            BinaryOp::Coalesce => return functions::coalesce(self, [left, right], expr),
            BinaryOp::Add => "add",
            BinaryOp::Subtract => "sub",
            BinaryOp::Multiply => "mul",
            BinaryOp::Divide => "div",
            BinaryOp::Modulo => "mod",
            BinaryOp::Equals | BinaryOp::NotEquals => "equals",
            BinaryOp::EqualsInsensitive | BinaryOp::NotEqualsInsensitive => "equalsInsensitive",
            BinaryOp::Less => "less",
            BinaryOp::LessOrEquals => "lessOrEquals",
            BinaryOp::Greater => "greater",
            BinaryOp::GreaterOrEquals => "greaterOrEquals",
        };
        let args = [self.value(left), self.value(right)];
        let result = functions::invoke(self, name, &args, expr)?;
        match op {
            BinaryOp::NotEquals | BinaryOp::NotEqualsInsensitive => functions::invoke(self, "not", &[result], expr),
            _ => Ok(result),
        }
    }

    #[inline(never)]
    fn call(&mut self, call: &Call, expr: &Expr) -> Result<Val, Fault> {
        if is_try_get(call) {
            return self.access(expr);
        }
        if let Some(result) = self.env.call(call, expr.span, self) {
            return result.map(Val::Shared);
        }
        functions::call(self, call, expr)
    }

    /// `root.a.b[0]`: asks the environment first, then walks the value without copying it.
    #[inline(never)]
    fn access(&mut self, expr: &Expr) -> Result<Val, Fault> {
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
                    let index = self.value(&access.index);
                    path.push(Accessor::computed(index, access.safe, access.from_end, access.index.span)?);
                    root = &access.base;
                }
                ExprKind::NonNull(inner) => root = inner,
                ExprKind::Call(call) if is_try_get(call) => {
                    let (base, keys) =
                        call.args.split_first().ok_or_else(|| Fault::expression("tryGet: takes a value"))?;
                    for key in keys.iter().rev() {
                        let value = self.value(key);
                        path.push(Accessor::computed(value, true, false, key.span)?);
                    }
                    root = base;
                }
                _ => break,
            }
        }
        path.reverse();
        let (base, used) = match self.env.path(root, &path, self) {
            Some(found) => found?,
            None => (self.value(root).into_shared(), 0),
        };
        if used >= path.len() {
            return Ok(Val::Shared(base));
        }
        self.walk(&base, &path[used..], expr)
    }

    /// What stands at the end of a path within a value.
    pub fn walk(&mut self, base: &Arc<Value>, path: &[Accessor], expr: &Expr) -> Result<Val, Fault> {
        let mut at: &Value = base;
        for (index, accessor) in path.iter().enumerate() {
            match step(at, accessor)? {
                Step::At(next) => at = next,
                Step::Null => return Ok(Val::Owned(Value::new(Kind::Null))),
                Step::Unknown => return Ok(Val::Owned(self.unknown_at(at, &path[index..], expr))),
            }
        }
        if std::ptr::eq(at, &**base) {
            return Ok(Val::Shared(base.clone()));
        }
        if !self.charge_size(at, expr.span) {
            return Ok(Val::Owned(self.opaque(expr)));
        }
        Ok(Val::Owned(at.clone()))
    }

    /// What an unknown value holds at a path.
    fn unknown_at(&self, base: &Value, path: &[Accessor], expr: &Expr) -> Value {
        let mut name = canonical(base, &self.scope().deployment);
        for accessor in path {
            match &accessor.key {
                Key::Name(member) => {
                    name.push('.');
                    name.push_str(member);
                }
                Key::Position(position) => name.push_str(&format!("[{position}]")),
                Key::FromEnd(position) => name.push_str(&format!("[^{position}]")),
                Key::Unknown(key) => name.push_str(&format!("[{}]", canonical(key, &self.scope().deployment))),
            }
        }
        let mut value = self.named_unknown(&shorten(name), expr);
        value.span = base.span;
        value.supplied = base.supplied;
        value
    }

    /// An unknown value that is named by how it came about: equal names are equal values.
    pub fn named_unknown(&self, name: &str, expr: &Expr) -> Value {
        let hole = Hole::new(&self.scope().deployment, name);
        Value::new(Kind::Unknown(Unknown::Unresolved {
            expression: self.session.source(expr.span),
            text: Some(Text::hole(hole)),
        }))
    }

    /// The unknown result of a function of these arguments: the same wherever the same function is
    /// called with the same arguments. `text`: whether it is a string.
    pub fn derived(&self, function: &str, args: &[Value], text: bool, expr: &Expr) -> Value {
        self.derived_of(function, args.iter(), text, expr)
    }

    pub(super) fn derived_of<'v>(
        &self,
        function: &str,
        args: impl Iterator<Item = &'v Value>,
        text: bool,
        expr: &Expr,
    ) -> Value {
        let args: Vec<String> = args.map(|arg| canonical(arg, &self.scope().deployment)).collect();
        let name = shorten(format!("{function}({})", args.join(", ")));
        if text {
            return Value::new(Kind::Text(Text::hole(Hole::new(&self.scope().deployment, &name))));
        }
        self.named_unknown(&name, expr)
    }

    /// An unknown value that is equal to no other: of an expression that is wrong, or that has another
    /// value at each use (`newGuid()`).
    pub fn opaque(&self, expr: &Expr) -> Value {
        let source = self.session.source(expr.span);
        let owner = format!("{}\u{1}#{}", self.scope().deployment, self.session.next_opaque());
        Value::unresolved(source.clone(), Hole::new(&owner, &source))
    }

    /// Calls a lambda.
    pub fn apply(&mut self, lambda: &Lambda, args: &[Arc<Value>]) -> Value {
        let before = self.locals.len();
        self.locals.extend(lambda.params.iter().cloned().zip(args.iter().cloned()));
        let value = self.value(&lambda.body);
        self.locals.truncate(before);
        self.bounded(value.into_owned(), lambda.body.span)
    }

    /// The value, or an unknown one and a gap if it is nested too deep. What is kept (a variable, the
    /// accumulator of a loop) goes through here, so that values never grow deep step by step.
    pub fn bounded(&mut self, value: Value, span: Span) -> Value {
        fn depth(value: &Value, left: usize, nodes: &mut u64) -> bool {
            *nodes += 1;
            match &value.kind {
                Kind::Array(items) => left > 0 && items.iter().all(|item| depth(item, left - 1, nodes)),
                Kind::Object(members) => left > 0 && members.iter().all(|(_, member)| depth(member, left - 1, nodes)),
                _ => true,
            }
        }
        let mut nodes = 0;
        let fits = depth(&value, DEEPEST, &mut nodes);
        if !self.session.charge(nodes / 4, span) || !fits {
            if !fits {
                self.session.gap(GapCode::LimitExceeded, span, format!("a value is nested more than {DEEPEST} deep"));
            }
            return self.opaque(&Expr::new(ExprKind::Null, span));
        }
        value
    }

    /// Charges for a copy of a value.
    fn charge_size(&self, value: &Value, span: Span) -> bool {
        fn size(value: &Value) -> u64 {
            match &value.kind {
                Kind::Array(items) => 1 + items.iter().map(size).sum::<u64>(),
                Kind::Object(members) => 1 + members.iter().map(|(_, member)| size(member)).sum::<u64>(),
                Kind::Text(text) => match text.as_known() {
                    Some(known) => 1 + known.len() as u64 / 64,
                    None => 1,
                },
                _ => 1,
            }
        }
        self.session.charge(size(value), span)
    }

    /// An error if a text is too long.
    pub(super) fn check_text(&self, text: &Text) -> Result<(), Fault> {
        let limit = self.session.limits.text;
        let lengths = text.parts().iter().map(|part| match part {
            Part::Known(known) => known.len(),
            Part::Unknown(_) => 8,
        });
        let length: usize = lengths.sum();
        self.session.add_steps(length as u64 / 64);
        if length > limit {
            return Err(Fault::new(GapCode::LimitExceeded, format!("a string is longer than {limit} bytes")));
        }
        Ok(())
    }

    /// An error if an array of this length is too long.
    pub(super) fn limited_len(&self, length: usize) -> Result<(), Fault> {
        let limit = self.session.limits.elements;
        if length > limit {
            return Err(Fault::new(GapCode::LimitExceeded, format!("a list has more than {limit} elements")));
        }
        Ok(())
    }
}

/// `tryGet(base, 'a', 'b')` is the path `base.?a.?b`, which environments may answer.
fn is_try_get(call: &Call) -> bool {
    call.receiver.is_none() && call.args.len() > 1 && call.name.eq_ignore_ascii_case("tryGet")
}

enum Step<'v> {
    At(&'v Value),
    Null,
    Unknown,
}

fn step<'v>(value: &'v Value, accessor: &Accessor) -> Result<Step<'v>, Fault> {
    let missing = |message: String| if accessor.safe { Ok(Step::Null) } else { Err(Fault::expression(message)) };
    match (&value.kind, &accessor.key) {
        (Kind::Unknown(_), _) => Ok(Step::Unknown),
        (Kind::Text(text), _) if !text.is_known() => Ok(Step::Unknown),
        (Kind::Null, _) if accessor.safe => Ok(Step::Null),
        (Kind::Object(_) | Kind::Array(_), Key::Unknown(_)) => Ok(Step::Unknown),
        (Kind::Object(members), Key::Name(name)) => match value.get(name) {
            Some(member) => Ok(Step::At(member)),
            None => {
                let names: Vec<&str> = members.iter().take(8).map(|(name, _)| name.as_str()).collect();
                missing(format!("there is no member '{name}'; there are: {}", names.join(", ")))
            }
        },
        (Kind::Array(items), Key::Position(at)) => match usize::try_from(*at).ok().and_then(|at| items.get(at)) {
            Some(item) => Ok(Step::At(item)),
            None => missing(format!("the index {at} is outside of a list of {} elements", items.len())),
        },
        (Kind::Array(items), Key::FromEnd(at)) => {
            let position = usize::try_from(*at).ok().filter(|at| *at > 0).and_then(|at| items.len().checked_sub(at));
            match position.and_then(|at| items.get(at)) {
                Some(item) => Ok(Step::At(item)),
                None => {
                    missing(format!("the index {at} from the end is outside of a list of {} elements", items.len()))
                }
            }
        }
        (_, Key::Name(name)) => Err(Fault::expression(format!("{} has no member '{name}'", kind_name(value)))),
        _ => Err(Fault::expression(format!("{} cannot be indexed so", kind_name(value)))),
    }
}

/// What a value is, for messages.
pub(super) fn kind_name(value: &Value) -> &'static str {
    match &value.kind {
        Kind::Null => "null",
        Kind::Bool(_) => "a boolean",
        Kind::Number(_) => "a number",
        Kind::Text(_) => "a string",
        Kind::Array(_) => "a list",
        Kind::Object(_) => "an object",
        Kind::Unknown(_) => "an unknown value",
    }
}
