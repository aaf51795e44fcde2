//! What names stand for, across assignments, classes and modules of the repository.

use std::cell::Cell;
use std::rc::Rc;

use super::library::{Library, Source};
use super::syntax::{Binding, Bound, Expr, ExprKind, ScopeKind};

/// So many steps are taken for one value.
const MOST_STEPS: u32 = 400;

/// So deep names lead to names.
const DEEPEST: u32 = 24;

/// An expression in its file and scope.
#[derive(Clone)]
pub(super) struct Located {
    pub source: Rc<Source>,
    pub scope: usize,
    pub expr: Rc<Expr>,
}

impl Located {
    /// Another expression of the same scope.
    pub fn with(&self, expr: &Rc<Expr>) -> Self {
        Self { source: Rc::clone(&self.source), scope: self.scope, expr: Rc::clone(expr) }
    }
}

/// What an expression may stand for.
#[derive(Clone)]
pub(super) enum Target {
    /// This expression, which is no name.
    Expr(Located),
    /// A part of what this expression gives.
    PartOf(Located),
    /// Something from outside of the repository: `azure.ai.ml.MLClient`.
    Path(String),
    /// What a call of something from outside gives: `azure.ai.ml.MLClient()`, and the call.
    Made(String, Located),
    Module(Rc<Source>),
    Class(Rc<Source>, usize),
    Function,
    Parameter,
    Opaque,
}

/// Follows names.
pub(super) struct Names<'t> {
    pub library: Library<'t>,
    steps: Cell<u32>,
}

impl<'t> Names<'t> {
    pub fn new(library: Library<'t>) -> Self {
        Self { library, steps: Cell::new(0) }
    }

    /// Begins another value.
    pub fn begin(&self) {
        self.steps.set(0);
    }

    /// Whether there is a step left.
    pub fn step(&self, depth: u32) -> bool {
        self.steps.set(self.steps.get() + 1);
        self.steps.get() < MOST_STEPS && depth < DEEPEST
    }

    /// What an expression may stand for; several where branches differ.
    pub fn follow(&self, at: &Located, depth: u32) -> Vec<Target> {
        if !self.step(depth) {
            return vec![Target::Opaque];
        }
        match &at.expr.kind {
            ExprKind::Name(name) => self.name(at, name, depth),
            ExprKind::Attribute(object, name) => self.attribute(at, object, name, depth),
            ExprKind::Call(call) => {
                let mut targets = Vec::new();
                for callee in self.follow(&at.with(&call.callee), depth + 1) {
                    targets.push(match callee {
                        Target::Path(path) => Target::Made(format!("{path}()"), at.clone()),
                        _ => Target::Expr(at.clone()),
                    });
                }
                targets
            }
            _ => vec![Target::Expr(at.clone())],
        }
    }

    fn name(&self, at: &Located, name: &str, depth: u32) -> Vec<Target> {
        let scopes = &at.source.module.scopes;
        let mut here = Some(at.scope);
        while let Some(number) = here {
            let scope = &scopes[number];
            // The names of a class are not those of its methods.
            if (scope.kind != ScopeKind::Class || number == at.scope)
                && let Some(bindings) = scope.names.get(name)
            {
                let before = (number == at.scope).then_some(at.expr.start);
                return self.bindings(&at.source, bindings, before, depth);
            }
            here = scope.parent;
        }
        let mut wildcards = scopes[0].wildcards.iter();
        let found = wildcards.find_map(|module| {
            let source = self.library.module(&at.source.path, module)?;
            self.of_module(&source, name, depth)
        });
        found.unwrap_or_else(|| vec![Target::Path(outside(&scopes[0].wildcards, name))])
    }

    /// What a name of a module stands for to those who import it.
    fn of_module(&self, source: &Rc<Source>, name: &str, depth: u32) -> Option<Vec<Target>> {
        let bindings = source.module.scopes[0].names.get(name)?;
        Some(self.bindings(source, bindings, None, depth))
    }

    fn bindings(&self, source: &Rc<Source>, bindings: &[Binding], before: Option<u32>, depth: u32) -> Vec<Target> {
        let mut targets = Vec::new();
        for binding in in_force(bindings, before) {
            let located =
                |expr: &Rc<Expr>| Located { source: Rc::clone(source), scope: binding.scope, expr: Rc::clone(expr) };
            match &binding.kind {
                Bound::Value(expr) => targets.extend(self.follow(&located(expr), depth + 1)),
                Bound::PartOf(expr) => targets.push(Target::PartOf(located(expr))),
                Bound::Import(path) => targets.extend(self.import(source, path, depth)),
                Bound::Class(scope) => targets.push(Target::Class(Rc::clone(source), *scope)),
                Bound::Parameter => targets.push(Target::Parameter),
                Bound::Function => targets.push(Target::Function),
                Bound::Opaque => targets.push(Target::Opaque),
            }
        }
        targets
    }

    /// A dotted path: a module of the repository, something in one, or something from outside.
    fn import(&self, from: &Rc<Source>, path: &str, depth: u32) -> Vec<Target> {
        if !self.step(depth) {
            return vec![Target::Opaque];
        }
        if let Some(module) = self.library.module(&from.path, path) {
            return vec![Target::Module(module)];
        }
        let (module, name) = match path.rsplit_once('.') {
            // `from . import config` has no name before the last dot.
            Some((module, name)) if module.chars().all(|c| c == '.') => (format!("{module}."), name),
            Some((module, name)) => (module.to_owned(), name),
            None => return vec![Target::Path(path.to_owned())],
        };
        let found =
            self.library.module(&from.path, &module).and_then(|module| self.of_module(&module, name, depth + 1));
        found.unwrap_or_else(|| vec![Target::Path(path.to_owned())])
    }

    fn attribute(&self, at: &Located, object: &Rc<Expr>, name: &str, depth: u32) -> Vec<Target> {
        if let ExprKind::Name(of) = &object.kind
            && matches!(of.as_str(), "self" | "cls")
            && let Some(class) = class_around(at)
        {
            return self.member(&at.source, class, name, depth);
        }
        let mut targets = Vec::new();
        for target in self.follow(&at.with(object), depth + 1) {
            match target {
                Target::Path(path) => targets.extend(self.attribute_of_path(at, &path, name)),
                Target::Made(path, _) => targets.push(Target::Path(format!("{path}.{name}"))),
                Target::Module(module) => {
                    let found = self.of_module(&module, name, depth + 1);
                    targets.extend(found.unwrap_or_else(|| vec![Target::Opaque]));
                }
                Target::Class(source, class) => targets.extend(self.member(&source, class, name, depth)),
                Target::Expr(made) => targets.extend(self.attribute_of(&made, name, depth)),
                Target::Parameter => targets.push(Target::Parameter),
                Target::PartOf(_) => targets.push(target),
                Target::Function | Target::Opaque => targets.push(Target::Opaque),
            }
        }
        targets
    }

    fn attribute_of_path(&self, at: &Located, path: &str, name: &str) -> Vec<Target> {
        let joined = format!("{path}.{name}");
        match self.library.module(&at.source.path, &joined) {
            Some(module) => vec![Target::Module(module)],
            None => vec![Target::Path(joined)],
        }
    }

    /// A member of what a call of a class of the repository makes.
    fn attribute_of(&self, made: &Located, name: &str, depth: u32) -> Vec<Target> {
        let ExprKind::Call(call) = &made.expr.kind else { return vec![Target::Opaque] };
        let mut targets = Vec::new();
        for callee in self.follow(&made.with(&call.callee), depth + 1) {
            match callee {
                // A field of a data class that the call gives.
                Target::Class(..) if call.keyword(name).is_some() => {
                    targets.extend(call.keyword(name).map(|value| Target::Expr(made.with(value))));
                }
                Target::Class(source, class) => targets.extend(self.member(&source, class, name, depth)),
                _ => targets.push(Target::Opaque),
            }
        }
        targets
    }

    fn member(&self, source: &Rc<Source>, class: usize, name: &str, depth: u32) -> Vec<Target> {
        match source.module.scopes[class].names.get(name) {
            Some(bindings) => self.bindings(source, bindings, None, depth + 1),
            None => vec![Target::Opaque],
        }
    }
}

/// The bindings that may hold at a place: the last one for certain before it, and those in branches after that.
fn in_force(bindings: &[Binding], before: Option<u32>) -> impl Iterator<Item = &Binding> {
    let is_before = |binding: &&Binding| {
        let end = match &binding.kind {
            Bound::Value(expr) | Bound::PartOf(expr) => expr.end,
            _ => binding.at,
        };
        before.is_none_or(|before| end <= before)
    };
    let mut held: Vec<&Binding> = bindings.iter().filter(is_before).collect();
    if held.is_empty() {
        // In a loop, or in a cell that was run before.
        held = bindings.iter().collect();
    }
    let certain = held.iter().rposition(|binding| !binding.conditional).unwrap_or_default();
    held.into_iter().skip(certain)
}

/// A name that no import binds: of a module of which all names were imported, if that is an SDK.
fn outside(wildcards: &[String], name: &str) -> String {
    let mut sdk = wildcards.iter().filter(|module| module.starts_with("azure"));
    sdk.next().map_or_else(|| name.to_owned(), |module| format!("{module}.{name}"))
}

fn class_around(at: &Located) -> Option<usize> {
    let scopes = &at.source.module.scopes;
    let mut here = Some(at.scope);
    while let Some(number) = here {
        if scopes[number].kind == ScopeKind::Class {
            return Some(number);
        }
        here = scopes[number].parent;
    }
    None
}
