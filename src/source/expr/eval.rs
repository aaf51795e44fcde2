//! Evaluates expressions to values.

use std::sync::Arc;

use crate::model::{GapCode, Hole, Kind, Part, Span, Text, Unknown, Value};

use super::canonical::{canonical, shorten};
use super::path::{Step, is_try_get, step};
use super::{
    Accessor, BinaryOp, Call, Environment, Expr, ExprKind, Fault, Key, Lambda, Scope, Session, UnaryOp, Val, functions,
    placed,
};

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
