//! A template deployed to a place: the resources that it declares, the deployments within it, and its
//! outputs.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::model::{GapCode, Kind, ResourceId, Span, Text, Value};
use crate::source::expr::{Evaluator, Expr, Fault, Found, Iterations, Member, Scope, Slot};

use super::environment::Template;
use super::identity::{Identity, identify};
use super::nested;
use super::parameter::ParameterType;

/// The type of nested and linked deployments.
const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";

/// Most instances of one copy loop. Azure allows 800.
/// <https://learn.microsoft.com/azure/azure-resource-manager/templates/copy-resources>
const MOST_COPIES: u64 = 2_000;

/// A template deployed to a place.
pub(super) struct Frame<'d> {
    /// Where its expressions are evaluated; that of the outer template, if nested with outer scope.
    pub template: Rc<Template<'d>>,
    /// The JSON of the template.
    pub body: &'d Expr,
    /// Where its resources go.
    pub place: Scope,
    /// The copy loops around it, if its expressions are those of the outer template.
    pub iterations: Iterations,
    /// The deployments around it.
    pub calls: Vec<Span>,
    /// The paths of the files around it and its own, to find circles of links.
    pub files: Vec<String>,
    outputs: HashMap<String, (&'d Expr, Slot)>,
    deployments: OnceCell<Vec<NestedDeployment<'d>>>,
    searching: Cell<bool>,
    symbols: RefCell<HashMap<String, Option<Identity>>>,
}

/// A declared resource.
#[derive(Clone, Copy)]
pub(super) struct Declared<'d> {
    /// The symbolic name, in templates of language version 2.0.
    pub symbol: Option<&'d str>,
    /// Its JSON.
    pub body: &'d Expr,
}

/// A deployment within a template, one per iteration.
pub(super) struct NestedDeployment<'d> {
    symbol: Option<String>,
    identity: Identity,
    /// Its JSON.
    pub resource: &'d Expr,
    /// The index in its copy loop.
    pub index: Option<u64>,
    /// The loops around it.
    pub iterations: Iterations,
    frame: OnceCell<Option<Rc<Frame<'d>>>>,
}

impl<'d> Frame<'d> {
    /// A template deployed to a place; expressions may refer to its deployments.
    pub fn new(
        template: Rc<Template<'d>>,
        body: &'d Expr,
        place: Scope,
        iterations: Iterations,
        calls: Vec<Span>,
        files: Vec<String>,
    ) -> Rc<Self> {
        let outputs = body.get("outputs").into_iter().flat_map(Expr::members);
        let outputs = outputs
            .filter_map(|member| Some((member.key.as_text()?.to_ascii_lowercase(), (&member.value, Slot::default()))));
        let frame = Rc::new(Self {
            outputs: outputs.collect(),
            template,
            body,
            place,
            iterations,
            calls,
            files,
            deployments: OnceCell::new(),
            searching: Cell::new(false),
            symbols: RefCell::default(),
        });
        frame.template.add_frame(&frame);
        frame
    }

    /// An evaluator for its expressions.
    pub fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::resume(self.template.context.session, &*self.template, &self.iterations)
    }

    /// The resources at the top of the template, of either form.
    pub fn resources(&self) -> Vec<Declared<'d>> {
        declared(self.body.get("resources"))
    }

    /// Runs something for each instance of a resource: once, or once per iteration of its `copy`. The
    /// index is that of the iteration. A loop of which the count is not known stands for itself once.
    pub fn each(&self, ev: &mut Evaluator<'_>, resource: &'d Expr, run: &mut dyn FnMut(&mut Evaluator<'_>, Instance)) {
        let Some(copy) = resource.get("copy") else {
            return run(ev, Instance::default());
        };
        let name: Arc<str> = copy.get("name").and_then(Expr::as_text).unwrap_or_default().into();
        let Some(count_expr) = copy.get("count") else {
            let session = self.template.context.session;
            return session.gap(GapCode::InvalidDocument, copy.span, "the copy loop has no count");
        };
        let count = ev.eval(count_expr);
        let number = match &count.kind {
            Kind::Number(number) => number.as_u64(),
            Kind::Text(text) => text.as_known().and_then(|text| text.parse().ok()),
            Kind::Unknown(_) => {
                let index = ev.derived("copyIndex", &[Value::string(&*name), count], false, count_expr);
                let condition = format!("copy count {}", ev.session().source(count_expr.span));
                let instance = Instance { index: None, condition: Some(condition) };
                return ev.with_iteration(name, index, true, |ev| run(ev, instance));
            }
            _ => None,
        };
        let Some(number) = number else {
            return ev.session().gap(
                GapCode::ExpressionError,
                count_expr.span,
                "the count of the copy loop is no number",
            );
        };
        if number > MOST_COPIES {
            let message = format!("the copy loop makes {number} resources; the first {MOST_COPIES} are read");
            ev.session().gap(GapCode::LimitExceeded, count_expr.span, message);
        }
        for index in 0..number.min(MOST_COPIES) {
            if ev.session().is_exhausted() {
                return;
            }
            let value = Value::new(Kind::Number(index.into()));
            ev.with_iteration(name.clone(), value, true, |ev| {
                run(ev, Instance { index: Some(index), condition: None })
            });
        }
    }

    /// The deployments within the template. Found when they are first needed; while they are looked
    /// for there are none.
    pub fn deployments(self: &Rc<Self>) -> &[NestedDeployment<'d>] {
        if let Some(found) = self.deployments.get() {
            return found;
        }
        if self.searching.replace(true) {
            return &[];
        }
        let found = self.find_deployments();
        self.searching.set(false);
        self.deployments.get_or_init(|| found)
    }

    fn find_deployments(&self) -> Vec<NestedDeployment<'d>> {
        let mut found = Vec::new();
        let mut ev = self.evaluator();
        for declared in self.resources() {
            if !is_deployment(declared.body) {
                continue;
            }
            self.each(&mut ev, declared.body, &mut |ev, instance| {
                if matches!(condition(ev, declared.body), Condition::NotMet) {
                    return;
                }
                let place = nested::target(ev, declared.body, self);
                // A wrong one is told when it is expanded.
                let Ok(mut identity) = identify(ev, declared.body, None, &place) else { return };
                // `scope` of a deployment says where it goes, not what it extends.
                identity.id = crate::source::expr::resource_id(&place.id(), &identity.resource_type, &identity.names);
                let symbol = declared.symbol.map(|symbol| match instance.index {
                    Some(index) => format!("{symbol}[{index}]"),
                    None => symbol.to_owned(),
                });
                let iterations = ev.iterations();
                let (resource, index) = (declared.body, instance.index);
                found.push(NestedDeployment { symbol, identity, resource, index, iterations, frame: OnceCell::new() });
            });
        }
        found
    }

    /// The deployment that `reference` names by resource id, by name or by symbolic name.
    pub fn deployment(self: &Rc<Self>, target: &Text) -> Option<Rc<Frame<'d>>> {
        let id = ResourceId::from_text(target.clone());
        let found = self.deployments().iter().find(|nested| {
            nested.symbol.is_some() && nested.symbol.as_deref() == target.as_known()
                || nested.identity.names.first() == Some(target)
                || ResourceId::from_text(nested.identity.id.clone()).key() == id.key()
        })?;
        self.frame_of(found)
    }

    /// What a deployment within this template deploys; `None` if that could not be read, which is a gap
    /// then.
    pub fn frame_of(self: &Rc<Self>, nested: &NestedDeployment<'d>) -> Option<Rc<Frame<'d>>> {
        if let Some(frame) = nested.frame.get() {
            return frame.clone();
        }
        let frame = nested::open(self, nested);
        nested.frame.get_or_init(|| frame).clone()
    }

    /// The identity of the resource with this symbolic name, `name` or `name[3]`.
    pub fn symbol(self: &Rc<Self>, name: &str) -> Option<Identity> {
        if let Some(found) = self.symbols.borrow().get(name) {
            return found.clone();
        }
        self.symbols.borrow_mut().insert(name.to_owned(), None);
        let (symbol, index) = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((symbol, index)) => (symbol, index.parse::<u64>().ok()),
            None => (name, None),
        };
        let declared = self.resources().into_iter().find(|declared| declared.symbol == Some(symbol))?;
        let mut identity = None;
        self.each(&mut self.evaluator(), declared.body, &mut |ev, instance| {
            if identity.is_none() && instance.index == index {
                identity = identify(ev, declared.body, None, &self.place).ok();
            }
        });
        self.symbols.borrow_mut().insert(name.to_owned(), identity.clone());
        identity
    }

    /// The value of an output. `None`: it is not known at all; an error if there is none.
    pub fn output(&self, name: &str) -> Option<Result<Found, Fault>> {
        let Some((declaration, slot)) = self.outputs.get(&name.to_ascii_lowercase()) else {
            let message = format!("the deployment has no output '{name}'");
            return Some(Err(Fault::new(GapCode::UnresolvedReference, message)));
        };
        if ParameterType::of(declaration, self.body).is_secure() {
            return None;
        }
        let value = declaration.member("value");
        let copy = declaration.get("copy").filter(|copy| copy.is_object());
        if value.is_none() && copy.is_none() {
            return None;
        }
        let found = slot.get_in(self.template.context.session, || {
            Arc::new(match (value, copy) {
                (Some(member), _) => self.output_value(member),
                (None, Some(copy)) => self.output_list(copy),
                (None, None) => Value::new(Kind::Null),
            })
        });
        let cycle = || Fault::new(GapCode::Cycle, format!("output '{name}' depends on itself"));
        Some(found.ok_or_else(cycle))
    }

    fn output_value(&self, member: &'d Member) -> Value {
        let mut ev = self.evaluator();
        let value = ev.eval_at(&member.value, member.span);
        ev.bounded(value, member.span)
    }

    /// An output with a copy loop is a list.
    fn output_list(&self, copy: &'d Expr) -> Value {
        let mut ev = self.evaluator();
        let (Some(count), Some(input)) = (copy.get("count"), copy.get("input")) else {
            return ev.opaque(copy);
        };
        let count_value = ev.eval(count);
        let Kind::Number(number) = &count_value.kind else {
            return ev.derived("copy", &[count_value, Value::string(ev.session().source(input.span))], false, copy);
        };
        let number = number.as_u64().unwrap_or(0);
        if number > MOST_COPIES {
            ev.session().gap(GapCode::LimitExceeded, count.span, format!("the copy loop has {number} iterations"));
            return ev.opaque(copy);
        }
        let mut items = Vec::new();
        for index in 0..number {
            let index = Value::new(Kind::Number(index.into()));
            items.push(ev.with_iteration("".into(), index, true, |ev| ev.eval_at(input, input.span)));
        }
        let list = Value::new(Kind::Array(items)).at(copy.span);
        ev.bounded(list, copy.span)
    }
}

/// One instance of a declared resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Instance {
    /// The index in its copy loop.
    pub index: Option<u64>,
    /// What decides whether there are any, if that is not known.
    pub condition: Option<String>,
}

/// Resources as a list, or as an object of symbolic names.
pub(super) fn declared(resources: Option<&Expr>) -> Vec<Declared<'_>> {
    let Some(resources) = resources else { return Vec::new() };
    let listed = resources.elements().map(|body| Declared { symbol: None, body });
    let named = resources.members().map(|member| Declared { symbol: member.key.as_text(), body: &member.value });
    listed.chain(named).filter(|declared| declared.body.is_object()).collect()
}

/// Whether a resource is a nested or linked deployment.
pub(super) fn is_deployment(resource: &Expr) -> bool {
    let declared = resource.get("type").and_then(Expr::as_text);
    let existing = resource.get("existing").is_some();
    declared.is_some_and(|name| name.split('@').next().is_some_and(|name| name.eq_ignore_ascii_case(DEPLOYMENTS)))
        && !existing
}

/// Whether a resource is deployed.
pub(super) enum Condition {
    /// It is, or has no condition.
    Met,
    /// It is not.
    NotMet,
    /// It depends on this.
    Unknown(String),
}

/// The condition of a resource.
pub(super) fn condition(ev: &mut Evaluator<'_>, body: &Expr) -> Condition {
    let Some(expr) = body.get("condition") else { return Condition::Met };
    let value = ev.eval(expr);
    match &value.kind {
        Kind::Bool(true) => return Condition::Met,
        Kind::Bool(false) => return Condition::NotMet,
        Kind::Text(text) => match text.as_known().map(str::to_ascii_lowercase).as_deref() {
            Some("true") => return Condition::Met,
            Some("false") => return Condition::NotMet,
            _ => {}
        },
        Kind::Unknown(_) => {}
        _ => ev.session().gap(GapCode::ExpressionError, expr.span, "the condition is no boolean"),
    }
    Condition::Unknown(ev.session().source(expr.span))
}
