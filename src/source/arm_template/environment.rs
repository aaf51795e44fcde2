//! What the expressions of one template see: its parameters, variables and functions, and the
//! deployments within it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use crate::model::{GapCode, Hole, Kind, Span, Text, Value, ValueOrigin};
use crate::source::FileTree;
use crate::source::expr::{
    Accessor, Call, Environment, Evaluator, Expr, ExprKind, Fault, Found, Iterations, Member, Scope, Session, Slot,
    Source, origin_of,
};

use super::document::{Document, Documents};
use super::frame::Frame;
use super::parameter::{ParameterType, placeholders};

/// What the reading of one entry point shares.
pub(super) struct Context<'d> {
    /// The scanned files.
    pub tree: &'d FileTree,
    /// Those read so far.
    pub documents: &'d Documents,
    /// Gaps and budgets.
    pub session: &'d Session,
    /// Set while the address of a linked template is evaluated: the place that the template is
    /// published at is then the folder that it lies in.
    pub linking: Cell<bool>,
    /// Templates expanded so far.
    pub frames: Cell<usize>,
    /// Templates of the tree that others link to.
    pub linked: RefCell<BTreeSet<String>>,
}

/// Where the value of a parameter comes from.
pub(super) enum Given<'d> {
    /// A member `{"value": …}` of a parameter file or of a nested deployment, evaluated where it is
    /// written.
    Written { member: &'d Member, at: Option<(Weak<Template<'d>>, Iterations)> },
    /// Computed as a whole.
    Computed(Value),
}

struct Parameter<'d> {
    name: &'d str,
    declaration: &'d Expr,
    given: Option<Given<'d>>,
    slot: Slot,
}

/// A template within a deployment, as the expressions in it see it.
pub(super) struct Template<'d> {
    pub context: &'d Context<'d>,
    /// The file that it stands in.
    pub document: &'d Document,
    /// Its JSON.
    pub body: &'d Expr,
    scope: Scope,
    /// The same, with the place that the template is published at.
    linking_scope: Scope,
    parameters: BTreeMap<String, Parameter<'d>>,
    variables: HashMap<String, (&'d Member, Slot)>,
    functions: HashMap<String, &'d Expr>,
    /// The templates whose expressions are evaluated here: this one, and nested ones of outer scope.
    frames: RefCell<Vec<Weak<Frame<'d>>>>,
}

impl<'d> Template<'d> {
    /// How an expression comes to its value: through parameters, and variables that hold no copy loop.
    pub fn origin_of(&self, expr: &Expr) -> Option<ValueOrigin> {
        origin_of(expr, &|expr| {
            let ExprKind::Call(call) = &expr.kind else { return Source::Other };
            let name = call.args.first().and_then(Expr::as_text).map(str::to_ascii_lowercase);
            match (call.name.to_ascii_lowercase().as_str(), name) {
                ("parameters", _) => Source::Parameter,
                ("variables", Some(name)) => match self.variables.get(&name) {
                    Some((member, _)) => Source::Variable(&member.value),
                    None => Source::Other,
                },
                _ => Source::Other,
            }
        })
    }

    /// A template, with what its parameters are given by name.
    pub fn new(
        context: &'d Context<'d>,
        document: &'d Document,
        body: &'d Expr,
        scope: Scope,
        mut given: HashMap<String, Given<'d>>,
    ) -> Self {
        let section = |name: &str| body.get(name).into_iter().flat_map(Expr::members);
        let named = |member: &'d Member| member.key.as_text().map(|name| (name.to_ascii_lowercase(), name));
        let mut parameters = BTreeMap::new();
        for member in section("parameters") {
            let Some((key, name)) = named(member) else { continue };
            let given = given.remove(&key);
            let parameter = Parameter { name, declaration: &member.value, given, slot: Slot::default() };
            parameters.insert(key, parameter);
        }
        let variables = section("variables").filter_map(|member| Some((named(member)?.0, (member, Slot::default()))));
        let published = Text::known(format!("{}{}", Scope::TREE, document.path));
        let linking_scope = Scope { template_uri: Some(published), ..scope.clone() };
        Self {
            context,
            document,
            body,
            linking_scope,
            scope,
            parameters,
            variables: variables.collect(),
            functions: functions(body),
            frames: RefCell::default(),
        }
    }

    /// Lets expressions refer to the deployments of a template by name.
    pub fn add_frame(&self, frame: &Rc<Frame<'d>>) {
        self.frames.borrow_mut().push(Rc::downgrade(frame));
    }

    /// The names and known values of its parameters that are no secrets.
    pub fn parameter_values(&self) -> Vec<(String, Arc<Value>)> {
        let mut values = Vec::new();
        for parameter in self.parameters.values() {
            if !self.type_of(parameter).is_secure()
                && let Ok(value) = self.parameter(parameter)
            {
                values.push((parameter.name.to_owned(), value));
            }
        }
        values
    }

    fn type_of(&self, parameter: &Parameter<'d>) -> ParameterType<'d> {
        ParameterType::of(parameter.declaration, self.body)
    }

    fn cached(&self, slot: &Slot, what: &str, compute: impl FnOnce() -> Arc<Value>) -> Result<Found, Fault> {
        if self.context.linking.get() {
            return Ok(compute());
        }
        slot.get_in(self.context.session, compute)
            .ok_or_else(|| Fault::new(GapCode::Cycle, format!("{what} depends on itself")))
    }

    fn parameter(&self, parameter: &Parameter<'d>) -> Result<Found, Fault> {
        let what = format!("parameter '{}'", parameter.name);
        self.cached(&parameter.slot, &what, || Arc::new(self.parameter_value(parameter)))
    }

    fn parameter_value(&self, parameter: &Parameter<'d>) -> Value {
        // By convention the folder (and its access token) that a pipeline copies the templates to.
        if self.context.linking.get() && parameter.name.eq_ignore_ascii_case("_artifactsLocation") {
            let folder = self.document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            return Value::string(format!("{}{folder}/", Scope::TREE));
        }
        let kind = self.type_of(parameter);
        let unknown = || {
            let expression = format!("parameters('{}')", parameter.name);
            let hole = Hole::new(&self.scope.owner, &expression);
            if kind.is_text() { Value::new(Kind::Text(Text::hole(hole))) } else { Value::unresolved(expression, hole) }
        };
        if kind.is_secure() {
            return unknown();
        }
        let default = parameter.declaration.member("defaultValue");
        let value = match &parameter.given {
            Some(Given::Computed(value)) => value.clone(),
            // `if(…, createObject('value', …), createObject('value', null()))`
            Some(Given::Written { member, at: at @ Some(_) }) if !member.value.is_object() => {
                match self.evaluate_given(member, at.as_ref(), parameter).get("value") {
                    Some(value) => value.clone(),
                    None => return unknown(),
                }
            }
            Some(Given::Written { member, at }) => match member.value.member("value") {
                Some(written) => self.evaluate_given(written, at.as_ref(), parameter),
                // A reference to a secret of a key vault, or nothing.
                None => return unknown(),
            },
            None => Value::new(Kind::Null),
        };
        let value = match (value.is_null(), default) {
            (true, Some(default)) => {
                let mut ev = Evaluator::new(self.context.session, self);
                let value = ev.eval_at(&default.value, default.span);
                ev.bounded(value, default.span)
            }
            (true, None) if parameter.given.is_some() || kind.is_nullable() => value,
            (true, None) => return unknown(),
            (false, _) => value,
        };
        kind.redacted(value, &unknown)
    }

    fn evaluate_given(
        &self,
        written: &'d Member,
        at: Option<&(Weak<Template<'d>>, Iterations)>,
        parameter: &Parameter<'d>,
    ) -> Value {
        let session = self.context.session;
        let Some((template, iterations)) = at else {
            let value = Evaluator::new(session, self).eval_at(&written.value, written.span);
            return placeholders(value, &self.scope.deployment);
        };
        let Some(template) = template.upgrade() else {
            return Evaluator::new(session, self).opaque(parameter.declaration);
        };
        let mut ev = Evaluator::resume(session, &*template, iterations);
        let value = ev.eval_at(&written.value, written.span);
        ev.bounded(value, written.span)
    }

    fn find_parameter(&self, name: &str) -> Result<Found, Fault> {
        match self.parameters.get(&name.to_ascii_lowercase()) {
            Some(parameter) => self.parameter(parameter),
            None => Err(Fault::new(GapCode::UnresolvedReference, format!("there is no parameter '{name}'"))),
        }
    }

    fn find_variable(&self, name: &str) -> Result<Found, Fault> {
        let Some((member, slot)) = self.variables.get(&name.to_ascii_lowercase()) else {
            return Err(Fault::new(GapCode::UnresolvedReference, format!("there is no variable '{name}'")));
        };
        self.cached(slot, &format!("variable '{name}'"), || {
            let mut ev = Evaluator::new(self.context.session, self);
            let value = ev.eval_at(&member.value, member.span);
            Arc::new(ev.bounded(value, member.span))
        })
    }

    /// `parameters(name)` or `variables(name)`.
    fn lookup(
        &self,
        call: &Call,
        at: Span,
        ev: &mut Evaluator<'_>,
        find: impl FnOnce(&str) -> Result<Found, Fault>,
    ) -> Result<Found, Fault> {
        let [arg] = call.args.as_slice() else {
            return Err(Fault::expression(format!("{}: takes one name", call.name)));
        };
        if let Some(name) = arg.as_text() {
            return find(name);
        }
        let name = ev.eval_shared(arg);
        match name.as_str() {
            Some(name) => find(name),
            None if !name.is_known() => {
                let expr = Expr::new(ExprKind::Null, at);
                Ok(Arc::new(ev.derived(&call.name, &[(*name).clone()], false, &expr)))
            }
            None => Err(Fault::expression(format!("{}: the name must be a string", call.name))),
        }
    }

    fn user_function(&self, call: &Call, ev: &mut Evaluator<'_>) -> Option<Result<Found, Fault>> {
        let ExprKind::Name(namespace) = &call.receiver.as_ref()?.kind else { return None };
        let name = format!("{namespace}.{}", call.name).to_ascii_lowercase();
        let declaration = *self.functions.get(&name)?;
        let output = declaration.get("output").and_then(|output| output.get("value"));
        let Some(output) = output else {
            return Some(Err(Fault::expression(format!("the function '{name}' has no output"))));
        };
        let parameters: Vec<Arc<str>> = declaration
            .get("parameters")
            .into_iter()
            .flat_map(Expr::elements)
            .filter_map(|p| Some(p.get("name")?.as_text()?.into()))
            .collect();
        if parameters.len() != call.args.len() {
            let message = format!("{name}: takes {} arguments, not {}", parameters.len(), call.args.len());
            return Some(Err(Fault::expression(message)));
        }
        let args: Vec<Arc<Value>> = call.args.iter().map(|arg| ev.eval_shared(arg)).collect();
        let body = UserFunction { template: self };
        let mut ev = Evaluator::new(self.context.session, &body);
        let value = ev.with_locals(parameters.into_iter().zip(args), |ev| {
            let value = ev.eval(output);
            ev.bounded(value, output.span)
        });
        Some(Ok(Arc::new(value)))
    }

    /// The deployment that `reference(…)` refers to: by resource id, by name, or by symbolic name.
    fn frame_of(&self, target: &Value) -> Option<Rc<Frame<'d>>> {
        let text = target.as_text()?;
        let frames: Vec<Rc<Frame<'d>>> = self.frames.borrow().iter().filter_map(Weak::upgrade).collect();
        frames.iter().find_map(|frame| frame.deployment(&text))
    }

    /// `reference('symbol')` and `resourceInfo('symbol')` of a resource in this template.
    fn symbol(&self, call: &Call, at: Span, ev: &mut Evaluator<'_>) -> Option<Result<Found, Fault>> {
        let target = ev.eval_shared(call.args.first()?);
        let name = target.as_str()?;
        if name.contains('/') {
            return None;
        }
        let frames: Vec<Rc<Frame<'d>>> = self.frames.borrow().iter().filter_map(Weak::upgrade).collect();
        let identity = frames.iter().find_map(|frame| frame.symbol(name))?;
        if call.name.eq_ignore_ascii_case("resourceInfo") {
            let member = |name: &str, text: Text| (name.to_owned(), Value::new(Kind::Text(text)));
            let members = vec![
                member("id", identity.id.clone()),
                member("name", identity.name()),
                member("type", Text::known(identity.resource_type.as_str())),
            ];
            return Some(Ok(Arc::new(Value::new(Kind::Object(members)))));
        }
        let mut args = vec![Value::new(Kind::Text(identity.id))];
        if call.args.len() > 2 {
            args.push(Value::string("full"));
        }
        let expr = Expr::new(ExprKind::Null, at);
        Some(Ok(Arc::new(ev.derived("reference", &args, false, &expr))))
    }
}

/// The functions that a template declares, by namespace and name in lower case.
/// <https://learn.microsoft.com/azure/azure-resource-manager/templates/user-defined-functions>
fn functions(body: &Expr) -> HashMap<String, &Expr> {
    let mut functions = HashMap::new();
    for group in body.get("functions").into_iter().flat_map(Expr::elements) {
        let Some(namespace) = group.get("namespace").and_then(Expr::as_text) else { continue };
        for member in group.get("members").into_iter().flat_map(Expr::members) {
            if let Some(name) = member.key.as_text() {
                functions.insert(format!("{namespace}.{name}").to_ascii_lowercase(), &member.value);
            }
        }
    }
    functions
}

impl Environment for Template<'_> {
    fn scope(&self) -> &Scope {
        if self.context.linking.get() { &self.linking_scope } else { &self.scope }
    }

    fn name(&self, name: &str, _: Span, _: &mut Evaluator<'_>) -> Result<Found, Fault> {
        Err(Fault::new(GapCode::UnresolvedReference, format!("there is no lambda variable '{name}'")))
    }

    fn call(&self, call: &Call, at: Span, ev: &mut Evaluator<'_>) -> Option<Result<Found, Fault>> {
        if call.receiver.is_some() {
            return self.user_function(call, ev);
        }
        let name = &*call.name;
        if name.eq_ignore_ascii_case("parameters") {
            return Some(self.lookup(call, at, ev, |name| self.find_parameter(name)));
        }
        if name.eq_ignore_ascii_case("variables") {
            return Some(self.lookup(call, at, ev, |name| self.find_variable(name)));
        }
        if name.eq_ignore_ascii_case("reference") || name.eq_ignore_ascii_case("resourceInfo") {
            return self.symbol(call, at, ev);
        }
        None
    }

    fn path(&self, root: &Expr, path: &[Accessor], ev: &mut Evaluator<'_>) -> Option<Result<(Found, usize), Fault>> {
        let ExprKind::Call(call) = &root.kind else { return None };
        if call.receiver.is_some() || !call.name.eq_ignore_ascii_case("reference") {
            return None;
        }
        // With 'full' the outputs are below `properties`.
        let skipped = usize::from(path.first()?.is("properties"));
        if !path.get(skipped)?.is("outputs") {
            return None;
        }
        let output = path.get(skipped + 1)?;
        path.get(skipped + 2).filter(|accessor| accessor.is("value"))?;
        let target = ev.eval_shared(call.args.first()?);
        let frame = self.frame_of(&target)?;
        let used = skipped + 3;
        match frame.output(output.name()?)? {
            Ok(found) => Some(Ok((found, used))),
            Err(_) if output.safe => Some(Ok((Arc::new(Value::new(Kind::Null)), used))),
            Err(fault) => Some(Err(fault)),
        }
    }

    fn load(&self, _: &str, _: Span, _: &mut Evaluator<'_>) -> Result<Arc<str>, Fault> {
        Err(Fault::expression("a template cannot load files"))
    }
}

/// What the body of a user's function sees: its arguments, the other functions and the variables.
struct UserFunction<'t, 'd> {
    template: &'t Template<'d>,
}

impl Environment for UserFunction<'_, '_> {
    fn scope(&self) -> &Scope {
        self.template.scope()
    }

    fn name(&self, name: &str, at: Span, ev: &mut Evaluator<'_>) -> Result<Found, Fault> {
        self.template.name(name, at, ev)
    }

    fn call(&self, call: &Call, at: Span, ev: &mut Evaluator<'_>) -> Option<Result<Found, Fault>> {
        if call.receiver.is_some() {
            return self.template.user_function(call, ev);
        }
        // Functions that Bicep compiles may read variables.
        if call.name.eq_ignore_ascii_case("variables") {
            return self.template.call(call, at, ev);
        }
        if !call.name.eq_ignore_ascii_case("parameters") {
            return None;
        }
        let name = ev.eval_shared(call.args.first()?);
        let name = name.as_str()?;
        let found = ev.local(name).cloned();
        Some(
            found.ok_or_else(|| {
                Fault::new(GapCode::UnresolvedReference, format!("the function has no parameter '{name}'"))
            }),
        )
    }

    fn path(&self, _: &Expr, _: &[Accessor], _: &mut Evaluator<'_>) -> Option<Result<(Found, usize), Fault>> {
        None
    }

    fn load(&self, path: &str, at: Span, ev: &mut Evaluator<'_>) -> Result<Arc<str>, Fault> {
        self.template.load(path, at, ev)
    }
}
