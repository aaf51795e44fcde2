//! A Bicep file with the values of its parameters: what its names stand for.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::identity::Identity;
use super::index::{Source, Symbol};
use super::lazy::Lazy;
use super::library::Library;
use super::modules::Instance;
use super::syntax::Repeat;
use super::types;
use crate::model::{GapCode, Hole, Kind, Span, Text, Value};
use crate::source::expr::{Evaluator, Expr, Fault, Found, Scope, Slot};

/// A file that is evaluated: the entry point, a module with the parameters of its call, or a file of
/// which symbols are imported.
pub(super) struct Template<'a> {
    pub lib: &'a Library<'a>,
    pub source: Rc<Source>,
    pub scope: Scope,
    /// The module calls on the way here, outermost first.
    pub calls: Vec<Span>,
    /// The files on the way here, this one last.
    pub chain: Vec<String>,
    supplied: HashMap<String, Arc<Value>>,
    params: Vec<Slot>,
    vars: Vec<Slot>,
    outputs: Vec<Slot>,
    loops: Vec<Lazy<Rc<Loop>>>,
    module_loops: Vec<Lazy<Rc<Loop>>>,
    identities: Instances<Result<Rc<Identity>, Fault>>,
    modules: Instances<Rc<Instance<'a>>>,
    imports: RefCell<HashMap<String, Option<Rc<Template<'a>>>>>,
    /// The resource whose body is being evaluated: names of resources nested in it are in sight.
    pub current: Cell<Option<usize>>,
}

/// Most instances of one resource or module loop. Azure allows 800.
/// <https://learn.microsoft.com/azure/azure-resource-manager/bicep/loops#loop-limits>
const MOST_COPIES: usize = 2_000;

/// How deep files may import from each other, the module calls before included.
const MAX_IMPORTS: usize = 48;

/// What was computed per declaration and index in its loop.
type Instances<T> = RefCell<HashMap<(usize, Option<usize>), Rc<Lazy<T>>>>;

/// What a resource or module loop goes over.
#[derive(Debug)]
pub(super) enum Loop {
    /// There is no loop.
    Once,
    /// These elements.
    Over(Vec<Arc<Value>>),
    /// A list that is not known.
    Unknown(Arc<Value>),
}

impl Loop {
    /// An error if a position lies outside of the loop.
    pub fn check(&self, position: &Position) -> Result<(), Fault> {
        match (self, position) {
            (Self::Over(items), Position::At(at)) if *at >= items.len() => {
                Err(Fault::expression(format!("the index is outside of a loop of {} elements", items.len())))
            }
            _ => Ok(()),
        }
    }
}

/// Which instance of a loop is meant.
#[derive(Clone, Debug)]
pub(super) enum Position {
    /// There is no loop.
    Once,
    /// The one with this index.
    At(usize),
    /// One that is not known; the value is the index.
    Unknown(Arc<Value>),
}

impl Position {
    /// The position in a cache; `None` for what is not cached.
    pub fn key(&self) -> Option<Option<usize>> {
        match self {
            Self::Once => Some(None),
            Self::At(index) => Some(Some(*index)),
            Self::Unknown(_) => None,
        }
    }

    /// `[2]`, or nothing.
    pub fn suffix(&self) -> String {
        match self {
            Self::Once => String::new(),
            Self::At(index) => format!("[{index}]"),
            Self::Unknown(_) => "[*]".to_owned(),
        }
    }
}

impl<'a> Template<'a> {
    /// A file with the values that were supplied for its parameters, by their name in lower case.
    pub fn new(
        lib: &'a Library<'a>,
        source: Rc<Source>,
        scope: Scope,
        supplied: HashMap<String, Arc<Value>>,
        calls: Vec<Span>,
        chain: Vec<String>,
    ) -> Self {
        fn lazies<T: Default>(count: usize) -> Vec<T> {
            std::iter::repeat_with(T::default).take(count).collect()
        }
        Self {
            lib,
            scope,
            calls,
            chain,
            supplied,
            params: lazies(source.params.len()),
            vars: lazies(source.vars.len()),
            outputs: lazies(source.outputs.len()),
            loops: lazies(source.resources.len()),
            module_loops: lazies(source.modules.len()),
            identities: RefCell::default(),
            modules: RefCell::default(),
            imports: RefCell::default(),
            current: Cell::new(None),
            source,
        }
    }

    /// An evaluator that sees the names of this file.
    pub fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(self.lib.session, self)
    }

    /// Evaluates outside of any resource body.
    fn at_top<T>(&self, run: impl FnOnce(&mut Evaluator<'_>) -> T) -> T {
        let before = self.current.replace(None);
        let result = run(&mut self.evaluator());
        self.current.set(before);
        result
    }

    /// The value of something declared once, placed where it is declared.
    fn declared(&self, expr: &Expr) -> Arc<Value> {
        self.at_top(|ev| {
            let value = ev.eval_at(expr, expr.span);
            Arc::new(ev.bounded(value, expr.span))
        })
    }

    /// A parameter: what was supplied, else its default, else null if its type allows that, else
    /// unknown. A secure one is never known.
    pub fn param(&self, index: usize) -> Result<Found, Fault> {
        let node = &self.source.params[index];
        let name = &node.param.name;
        let compute = || {
            let facts = node.param.ty.as_ref().map(|ty| types::facts(self.lib, &self.source, ty)).unwrap_or_default();
            if node.secure || facts.secure {
                return Arc::new(self.unknown_param(&name.name, name.span, facts));
            }
            let supplied = self.supplied.get(&name.name.to_ascii_lowercase());
            match (supplied, &node.param.value) {
                (Some(value), Some(default)) if value.is_null() => self.declared(default),
                (Some(value), _) => types::without_secrets(self, node.param.ty.as_ref(), value.clone()),
                (None, Some(default)) => types::without_secrets(self, node.param.ty.as_ref(), self.declared(default)),
                (None, None) if facts.nullable => Arc::new(Value::new(Kind::Null).at(name.span)),
                (None, None) => Arc::new(self.unknown_param(&name.name, name.span, facts)),
            }
        };
        self.params[index].get(compute).ok_or_else(|| circular(&name.name))
    }

    fn unknown_param(&self, name: &str, span: Span, facts: types::Facts) -> Value {
        let hole = Hole::new(&self.scope.owner, name);
        let is_text = facts.text && !facts.nullable;
        let value = if is_text { Value::new(Kind::Text(Text::hole(hole))) } else { Value::unresolved(name, hole) };
        value.at(span)
    }

    /// A variable.
    pub fn var(&self, index: usize) -> Result<Found, Fault> {
        let var = &self.source.vars[index];
        self.vars[index].get(|| self.declared(&var.value)).ok_or_else(|| circular(&var.name.name))
    }

    /// An output by its name.
    pub fn output(&self, name: &str) -> Result<Found, Fault> {
        let Some(index) = self.source.outputs.iter().position(|output| *output.name.name == *name) else {
            let message = format!("the module '{}' has no output '{name}'", self.source.path);
            return Err(Fault::new(GapCode::UnresolvedReference, message));
        };
        let output = &self.source.outputs[index];
        self.outputs[index].get(|| self.declared(&output.value)).ok_or_else(|| circular(&output.name.name))
    }

    /// What a name stands for here: a resource nested in the one that is being evaluated or in one
    /// around it, otherwise a symbol of the file.
    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        let mut around = self.current.get();
        while let Some(node) = around {
            if let Some(child) = self.source.child(node, name) {
                return Some(Symbol::Resource(child));
            }
            around = self.source.resources[node].parent;
        }
        self.source.symbol(name)
    }

    /// What the loop around a resource goes over.
    pub fn resource_loop(&self, node: usize) -> Rc<Loop> {
        self.loop_of(&self.loops[node], self.source.resources[node].resource.body.repeat.as_ref())
    }

    /// What the loop around a module goes over.
    pub fn module_loop(&self, module: usize) -> Rc<Loop> {
        self.loop_of(&self.module_loops[module], self.source.modules[module].body.repeat.as_ref())
    }

    fn loop_of(&self, cell: &Lazy<Rc<Loop>>, repeat: Option<&Repeat>) -> Rc<Loop> {
        let Some(repeat) = repeat else { return Rc::new(Loop::Once) };
        let compute = || {
            Rc::new(self.at_top(|ev| {
                let list = ev.eval_shared(&repeat.list);
                match &list.kind {
                    Kind::Array(items) => {
                        if items.len() > MOST_COPIES {
                            let message =
                                format!("the loop has {} iterations; the first {MOST_COPIES} are read", items.len());
                            self.lib.session.gap(GapCode::LimitExceeded, repeat.list.span, message);
                        }
                        Loop::Over(items.iter().take(MOST_COPIES).cloned().map(Arc::new).collect())
                    }
                    Kind::Unknown(_) => Loop::Unknown(list),
                    _ => {
                        let message = "a loop goes over a list, and this is none";
                        self.lib.session.gap(GapCode::ExpressionError, repeat.list.span, message);
                        Loop::Unknown(Arc::new(ev.opaque(&repeat.list)))
                    }
                }
            }))
        };
        cell.get(compute).unwrap_or_else(|| {
            let message = "this loop depends on itself";
            self.lib.session.gap(GapCode::Cycle, repeat.list.span, message);
            Rc::new(Loop::Unknown(Arc::new(self.evaluator().opaque(&repeat.list))))
        })
    }

    /// Evaluates with the variables of a loop bound to one of its instances.
    pub fn with_position<T>(
        &self,
        ev: &mut Evaluator<'_>,
        repeat: Option<&Repeat>,
        list: &Loop,
        position: &Position,
        run: impl FnOnce(&mut Evaluator<'_>) -> T,
    ) -> T {
        let Some(repeat) = repeat else { return run(ev) };
        let (item, index) = match (list, position) {
            (Loop::Over(items), Position::At(at)) if *at < items.len() => {
                (items[*at].clone(), Arc::new(Value::new(Kind::Number((*at).into()))))
            }
            _ => self.unknown_instance(ev, repeat, list, position),
        };
        let name = repeat.index.clone().unwrap_or_else(|| "".into());
        ev.with_local(repeat.item.clone(), item, |ev| ev.with_local(name, index, run))
    }

    /// The element and the index of an instance of which one of them is not known.
    fn unknown_instance(
        &self,
        ev: &Evaluator<'_>,
        repeat: &Repeat,
        list: &Loop,
        position: &Position,
    ) -> (Arc<Value>, Arc<Value>) {
        let list = match list {
            Loop::Over(items) => Value::new(Kind::Array(items.iter().map(|item| (**item).clone()).collect())),
            Loop::Unknown(list) => (**list).clone(),
            Loop::Once => Value::new(Kind::Null),
        };
        let index = match position {
            Position::Unknown(index) => (**index).clone(),
            Position::At(at) => Value::new(Kind::Number((*at).into())),
            Position::Once => ev.opaque(&repeat.list),
        };
        let item = ev.derived("element", &[list, index.clone()], false, &repeat.list);
        (Arc::new(item), Arc::new(index))
    }

    /// The cell of a resource's identity.
    pub(super) fn identity_cell(&self, node: usize, at: Option<usize>) -> Rc<Lazy<Result<Rc<Identity>, Fault>>> {
        self.identities.borrow_mut().entry((node, at)).or_default().clone()
    }

    /// The cell of a module instance.
    pub(super) fn module_cell(&self, module: usize, at: Option<usize>) -> Rc<Lazy<Rc<Instance<'a>>>> {
        self.modules.borrow_mut().entry((module, at)).or_default().clone()
    }

    /// The file that an import takes its symbols from, ready to be evaluated. What is missing is a
    /// gap, once.
    pub fn import(&self, index: usize) -> Option<Rc<Template<'a>>> {
        let from = &self.source.imports[index].from;
        let reference = from.as_text().unwrap_or_default();
        if let Some(known) = self.imports.borrow().get(reference) {
            return known.clone();
        }
        let imported = self.open_import(reference, from.span);
        self.imports.borrow_mut().insert(reference.to_owned(), imported.clone());
        imported
    }

    fn open_import(&self, reference: &str, span: Span) -> Option<Rc<Template<'a>>> {
        let path = super::files::local(self.lib, &self.source.path, reference, span, "imported file")?;
        if !super::files::is_bicep(&path) {
            let message = format!("'{reference}' is no Bicep file; only those are imported from");
            self.lib.session.gap(GapCode::Unsupported, span, message);
            return None;
        }
        if self.chain.contains(&path) {
            let message = format!("'{reference}' imports this file again");
            self.lib.session.gap(GapCode::Cycle, span, message);
            return None;
        }
        if self.chain.len() >= MAX_IMPORTS {
            let message = format!("files import each other more than {MAX_IMPORTS} deep");
            self.lib.session.gap(GapCode::LimitExceeded, span, message);
            return None;
        }
        let source = self.lib.source(&path)?;
        let mut chain = self.chain.clone();
        chain.push(path);
        let scope = self.scope.clone();
        Some(Rc::new(Template::new(self.lib, source, scope, HashMap::new(), self.calls.clone(), chain)))
    }
}

fn circular(name: &str) -> Fault {
    Fault::new(GapCode::Cycle, format!("'{name}' depends on itself"))
}
