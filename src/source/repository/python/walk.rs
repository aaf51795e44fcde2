//! From a syntax tree to the names, calls and strings of a module.
//!
//! The tree is walked with a list of what is left to do, and expressions are followed to a bounded
//! depth: nesting in the file is no nesting here.

use std::rc::Rc;

use tree_sitter::Node;

use super::code::Code;
use super::expression::Reader;
use super::syntax::{Binding, Bound, Decorated, Import, Module, Scope, ScopeKind, Site};
use super::{callables, uris};

/// So many calls, and strings, of one file are looked at.
pub(super) const MOST_SITES: usize = 4_000;

/// So many places of one file that do not follow the grammar are told apart.
const MOST_UNREAD: usize = 64;

/// What is left to do.
#[derive(Clone, Copy)]
struct Work<'t> {
    node: Node<'t>,
    scope: usize,
    conditional: bool,
    /// The expression that a string is a part of, if it is: `"a" + b`, `"{}".format(a)`.
    whole: Option<Node<'t>>,
}

/// Adds what a tree holds to a module.
pub(super) fn walk(root: Node<'_>, code: &Code, module: &mut Module) {
    unread(root, Reader { code }, module);
    let mut walker = Walker { reader: Reader { code }, module, stack: Vec::new() };
    walker.stack.push(Work { node: root, scope: 0, conditional: false, whole: None });
    while let Some(work) = walker.stack.pop() {
        walker.step(work);
    }
}

/// Records the places that do not follow the grammar.
fn unread(root: Node<'_>, reader: Reader<'_>, module: &mut Module) {
    let mut left = vec![root];
    while let Some(node) = left.pop() {
        if module.unread.len() >= MOST_UNREAD {
            return;
        }
        if node.is_error() || node.is_missing() {
            module.unread.push(reader.range(node));
        } else if node.has_error() {
            let from = left.len();
            left.extend(node.children(&mut node.walk()));
            left[from..].reverse();
        }
    }
}

struct Walker<'t, 'c> {
    reader: Reader<'c>,
    module: &'c mut Module,
    stack: Vec<Work<'t>>,
}

impl<'t> Walker<'t, '_> {
    fn step(&mut self, work: Work<'t>) {
        let node = work.node;
        match node.kind() {
            "import_statement" => self.import(work),
            "import_from_statement" => self.import_from(work),
            "function_definition" => self.function(work),
            "class_definition" => self.class(work),
            "decorated_definition" => self.decorated(work),
            "lambda"
            | "list_comprehension"
            | "dictionary_comprehension"
            | "set_comprehension"
            | "generator_expression" => self.inner_scope(work),
            "assignment" => self.assignment(work),
            "named_expression" => self.assign(work, "name", "value"),
            "augmented_assignment" => self.augmented(work),
            "for_statement" | "for_in_clause" => self.loop_variables(work),
            "as_pattern" | "delete_statement" => self.opaque_names(work, node),
            "global_statement" => self.globals(work),
            "if_statement" | "while_statement" | "match_statement" | "except_clause" | "conditional_expression" => {
                self.children(Work { conditional: true, whole: None, ..work });
            }
            "call" => self.call(work),
            "string" => self.text(work),
            "binary_operator" | "concatenated_string" => {
                self.children(Work { whole: work.whole.or(Some(node)), ..work });
            }
            "parenthesized_expression" | "attribute" => self.children(work),
            "expression_statement" if is_text_alone(node) => {}
            "comment" => {}
            _ => self.children(Work { whole: None, ..work }),
        }
    }

    fn children(&mut self, work: Work<'t>) {
        let from = self.stack.len();
        let mut cursor = work.node.walk();
        self.stack.extend(work.node.children(&mut cursor).filter(is_of_interest).map(|node| Work { node, ..work }));
        self.stack[from..].reverse();
    }

    fn push(&mut self, work: Work<'t>, node: Option<Node<'t>>, scope: usize) {
        if let Some(node) = node {
            self.stack.push(Work { node, scope, whole: None, conditional: work.conditional && scope == work.scope });
        }
    }

    fn bind(&mut self, work: Work<'_>, name: &str, node: Node<'_>, kind: Bound) {
        let at = self.reader.range(node).0;
        let global = self.module.scopes[work.scope].globals.iter().any(|known| known == name);
        let (scope, conditional) = if global { (0, true) } else { (work.scope, work.conditional) };
        let bindings = self.module.scopes[scope].names.entry(name.to_owned()).or_default();
        if bindings.len() < MOST_SITES {
            bindings.push(Binding { at, conditional, scope: work.scope, kind });
        }
    }

    fn add_scope(&mut self, kind: ScopeKind, parent: usize) -> usize {
        self.module.scopes.push(Scope::new(kind, Some(parent)));
        self.module.scopes.len() - 1
    }

    fn import(&mut self, work: Work<'t>) {
        let mut cursor = work.node.walk();
        for node in work.node.children_by_field_name("name", &mut cursor) {
            let (path, alias) = self.aliased(node);
            self.record_import(&path, node);
            match alias {
                Some(alias) => self.bind(work, &alias, node, Bound::Import(path)),
                // `import a.b` binds `a`.
                None => {
                    let first = path.split('.').next().unwrap_or_default().to_owned();
                    self.bind(work, &first, node, Bound::Import(first.clone()));
                }
            }
        }
    }

    fn import_from(&mut self, work: Work<'t>) {
        let Some(from) = work.node.child_by_field_name("module_name") else { return };
        let module = self.reader.text(from).replace(char::is_whitespace, "");
        self.record_import(&module, from);
        let mut cursor = work.node.walk();
        let wildcard = work.node.children(&mut cursor).any(|child| child.kind() == "wildcard_import");
        if wildcard {
            self.module.scopes[work.scope].wildcards.push(module);
            return;
        }
        let mut cursor = work.node.walk();
        for node in work.node.children_by_field_name("name", &mut cursor) {
            let (name, alias) = self.aliased(node);
            let joined = if module.ends_with('.') { format!("{module}{name}") } else { format!("{module}.{name}") };
            self.bind(work, &alias.unwrap_or(name), node, Bound::Import(joined));
        }
    }

    fn aliased(&self, node: Node<'_>) -> (String, Option<String>) {
        let text = |node: Node<'_>| self.reader.text(node).replace(char::is_whitespace, "");
        match (node.child_by_field_name("name"), node.child_by_field_name("alias")) {
            (Some(name), Some(alias)) => (text(name), Some(text(alias))),
            _ => (text(node), None),
        }
    }

    fn record_import(&mut self, module: &str, node: Node<'_>) {
        if self.module.imports.len() < MOST_SITES {
            let (start, end) = self.reader.range(node);
            self.module.imports.push(Import { module: module.to_owned(), start, end });
        }
    }

    fn function(&mut self, work: Work<'t>) {
        let node = work.node;
        if let Some(name) = node.child_by_field_name("name") {
            let text = self.reader.text(name).to_owned();
            self.bind(work, &text, name, Bound::Function);
            if work.scope == 0 {
                self.module.functions.push(text);
            }
        }
        let scope = self.add_scope(ScopeKind::Function, work.scope);
        self.push(work, node.child_by_field_name("body"), scope);
        let Some(parameters) = node.child_by_field_name("parameters") else { return };
        self.parameters(work, parameters, scope);
    }

    /// Binds parameters; defaults and annotations belong to the scope outside.
    fn parameters(&mut self, work: Work<'t>, list: Node<'t>, scope: usize) {
        let inner = Work { scope, conditional: false, ..work };
        let mut cursor = list.walk();
        for parameter in list.named_children(&mut cursor) {
            let name = parameter.child_by_field_name("name").or_else(|| match parameter.kind() {
                "identifier" => Some(parameter),
                "comment" => None,
                _ => parameter.named_child(0).filter(|child| child.kind() == "identifier"),
            });
            match name {
                Some(name) => {
                    let text = self.reader.text(name).to_owned();
                    self.bind(inner, &text, name, Bound::Parameter);
                }
                None => self.names(parameter, &mut |walker, name, node| {
                    walker.bind(inner, name, node, Bound::Parameter);
                }),
            }
            self.push(work, parameter.child_by_field_name("value"), work.scope);
        }
    }

    fn inner_scope(&mut self, work: Work<'t>) {
        let scope = self.add_scope(ScopeKind::Function, work.scope);
        if let Some(parameters) = work.node.child_by_field_name("parameters") {
            self.parameters(work, parameters, scope);
        }
        self.children(Work { scope, whole: None, conditional: false, ..work });
    }

    fn class(&mut self, work: Work<'t>) {
        let node = work.node;
        let scope = self.add_scope(ScopeKind::Class, work.scope);
        if let Some(name) = node.child_by_field_name("name") {
            let text = self.reader.text(name).to_owned();
            self.bind(work, &text, name, Bound::Class(scope));
        }
        self.push(work, node.child_by_field_name("body"), scope);
        self.push(work, node.child_by_field_name("superclasses"), work.scope);
    }

    fn decorated(&mut self, work: Work<'t>) {
        let definition = work.node.child_by_field_name("definition");
        let name = definition.and_then(|definition| definition.child_by_field_name("name"));
        let name = name.map(|name| self.reader.text(name).to_owned()).unwrap_or_default();
        let mut cursor = work.node.walk();
        for decorator in work.node.named_children(&mut cursor).filter(|child| child.kind() == "decorator") {
            let Some(inner) = decorator.named_child(0) else { continue };
            if self.module.decorated.len() < MOST_SITES && callables::may_decorate(self.reader.text(inner)) {
                let decorator = self.reader.expr(inner);
                self.module.decorated.push(Decorated { scope: work.scope, function: name.clone(), decorator });
            }
        }
        self.children(Work { whole: None, ..work });
    }

    fn assignment(&mut self, work: Work<'t>) {
        self.assign(work, "left", "right");
        self.push(work, work.node.child_by_field_name("type"), work.scope);
    }

    fn assign(&mut self, work: Work<'t>, left: &str, right: &str) {
        let Some(target) = work.node.child_by_field_name(left) else { return };
        let Some(value) = work.node.child_by_field_name(right) else { return };
        self.push(work, Some(value), work.scope);
        // `a = b = c`: the value is that of the last assignment.
        let mut last = value;
        while let Some(next) = last.child_by_field_name("right").filter(|_| last.kind() == "assignment") {
            last = next;
        }
        match target.kind() {
            "identifier" => {
                let name = self.reader.text(target).to_owned();
                let value = self.reader.expr(last);
                self.bind(work, &name, target, Bound::Value(value));
            }
            "attribute" => self.attribute(work, target, last),
            "pattern_list" | "tuple_pattern" | "list_pattern" => self.unpack(work, target, last),
            _ => self.push(work, Some(target), work.scope),
        }
    }

    /// `self.name = value` in a method is a name of the class.
    fn attribute(&mut self, work: Work<'t>, target: Node<'t>, value: Node<'t>) {
        let object = target.child_by_field_name("object").map(|object| self.reader.text(object));
        let name = target.child_by_field_name("attribute").map(|name| self.reader.text(name).to_owned());
        let (Some("self" | "cls"), Some(name)) = (object, name) else { return };
        let mut scope = Some(work.scope);
        while let Some(here) = scope {
            if self.module.scopes[here].kind == ScopeKind::Class {
                let value = self.reader.expr(value);
                let at = self.reader.range(target).0;
                let binding = Binding { at, conditional: true, scope: work.scope, kind: Bound::Value(value) };
                self.module.scopes[here].names.entry(name).or_default().push(binding);
                return;
            }
            scope = self.module.scopes[here].parent;
        }
    }

    fn unpack(&mut self, work: Work<'t>, targets: Node<'t>, value: Node<'t>) {
        let list = |node: Node<'t>| node.named_children(&mut node.walk()).collect::<Vec<_>>();
        let names = list(targets);
        let values =
            if matches!(value.kind(), "expression_list" | "tuple" | "list") { list(value) } else { Vec::new() };
        let paired = names.len() == values.len() && values.iter().all(|value| value.kind() != "list_splat");
        let whole = self.reader.expr(value);
        for (at, name) in names.iter().enumerate() {
            if name.kind() != "identifier" {
                self.opaque_names(work, *name);
                continue;
            }
            let kind =
                if paired { Bound::Value(self.reader.expr(values[at])) } else { Bound::PartOf(Rc::clone(&whole)) };
            let text = self.reader.text(*name).to_owned();
            self.bind(work, &text, *name, kind);
        }
    }

    fn augmented(&mut self, work: Work<'t>) {
        if let Some(target) = work.node.child_by_field_name("left").filter(|left| left.kind() == "identifier") {
            let name = self.reader.text(target).to_owned();
            self.bind(work, &name, target, Bound::Opaque);
        }
        self.push(work, work.node.child_by_field_name("right"), work.scope);
    }

    fn loop_variables(&mut self, work: Work<'t>) {
        let work = Work { conditional: true, whole: None, ..work };
        if let Some(left) = work.node.child_by_field_name("left") {
            self.names(left, &mut |walker, name, node| walker.bind(work, name, node, Bound::Opaque));
        }
        self.children(work);
    }

    fn opaque_names(&mut self, work: Work<'t>, node: Node<'t>) {
        let target = node.child_by_field_name("alias").unwrap_or(node);
        self.names(target, &mut |walker, name, node| walker.bind(work, name, node, Bound::Opaque));
        if node.kind() == "as_pattern" {
            // `with MLClient(…) as client`: what the name stands for is the value.
            if let (Some(value), Some(name)) = (node.named_child(0), single_name(target)) {
                let text = self.reader.text(name).to_owned();
                let value = self.reader.expr(value);
                if let Some(last) = self.module.scopes[work.scope].names.get_mut(&text).and_then(|b| b.last_mut()) {
                    last.kind = Bound::Value(value);
                }
            }
            self.push(work, node.named_child(0), work.scope);
        }
    }

    fn globals(&mut self, work: Work<'t>) {
        let mut cursor = work.node.walk();
        for name in work.node.named_children(&mut cursor) {
            let name = self.reader.text(name).to_owned();
            self.module.scopes[work.scope].globals.push(name);
        }
    }

    /// The names in a target: `a`, `(a, *b)`.
    fn names(&mut self, target: Node<'t>, found: &mut dyn FnMut(&mut Self, &str, Node<'t>)) {
        let mut left = vec![target];
        while let Some(node) = left.pop() {
            match node.kind() {
                "identifier" => {
                    let name = self.reader.text(node).to_owned();
                    found(self, &name, node);
                }
                "attribute" | "subscript" => {}
                _ => left.extend(node.named_children(&mut node.walk())),
            }
        }
    }

    fn call(&mut self, work: Work<'t>) {
        let node = work.node;
        let callee = node.child_by_field_name("function");
        let last = callee.map_or("", |callee| match callee.kind() {
            "attribute" => callee.child_by_field_name("attribute").map_or("", |name| self.reader.text(name)),
            "identifier" => self.reader.text(callee),
            _ => "",
        });
        if self.is_of_interest(last) && self.module.calls.len() < MOST_SITES {
            let expr = self.reader.expr(node);
            self.module.calls.push(Site { scope: work.scope, expr });
        }
        let is_format = matches!(last, "format" | "join");
        if let Some(arguments) = node.child_by_field_name("arguments") {
            self.stack.push(Work { node: arguments, whole: None, ..work });
        }
        if let Some(node) = callee {
            self.stack.push(Work { node, whole: is_format.then_some(work.node), ..work });
        }
    }

    fn is_of_interest(&self, name: &str) -> bool {
        let imported = |name: &str| {
            let bindings = self.module.scopes[0].names.get(name)?;
            bindings.iter().find_map(|binding| match &binding.kind {
                Bound::Import(path) => path.rsplit('.').next(),
                _ => None,
            })
        };
        callables::may_be_fact(name) || imported(name).is_some_and(callables::may_be_fact)
    }

    fn text(&mut self, work: Work<'t>) {
        if uris::may_name_something(self.reader.text(work.node)) {
            let whole = self.reader.expr(work.whole.unwrap_or(work.node));
            let known = |site: &Site| (site.expr.start, site.expr.end) == (whole.start, whole.end);
            if self.module.texts.len() < MOST_SITES && !self.module.texts.last().is_some_and(known) {
                self.module.texts.push(Site { scope: work.scope, expr: whole });
            }
        }
        self.children(Work { whole: None, ..work });
    }
}

/// Brackets, commas and comments need no step of their own.
fn is_of_interest(node: &Node<'_>) -> bool {
    node.is_named() && !matches!(node.kind(), "comment" | "identifier" | "integer" | "string_start" | "string_end")
}

/// A docstring, or a string that does nothing.
fn is_text_alone(statement: Node<'_>) -> bool {
    let only = statement.named_child(0).filter(|_| statement.named_child_count() == 1);
    only.is_some_and(|only| matches!(only.kind(), "string" | "concatenated_string"))
}

fn single_name(target: Node<'_>) -> Option<Node<'_>> {
    match target.kind() {
        "identifier" => Some(target),
        "as_pattern_target" => target.named_child(0).filter(|name| name.kind() == "identifier"),
        _ => None,
    }
}
