//! A parsed file with its symbols looked up by name.

use std::collections::HashMap;
use std::sync::Arc;

use super::syntax::{
    self, DeclarationKind, Document, Extension, Func, Identifier, Import, Imported, Module, Named, Param, Resource,
    Type,
};
use crate::model::{FileId, Span};
use crate::source::expr::{Expr, ScopeKind};

/// A `.bicep` or `.bicepparam` file as the rest of the reader sees it.
#[derive(Debug)]
pub(super) struct Source {
    pub path: String,
    pub file: FileId,
    pub target_scope: ScopeKind,
    pub params: Vec<ParamNode>,
    pub vars: Vec<Named>,
    pub resources: Vec<ResourceNode>,
    pub modules: Vec<Module>,
    pub outputs: Vec<Named>,
    pub funcs: Vec<Func>,
    pub types: HashMap<Arc<str>, TypeNode>,
    pub imports: Vec<Import>,
    pub extensions: Vec<Extension>,
    /// The template that a parameter file is for: `Some(None)` is `using none`.
    pub using: Option<Option<Expr>>,
    pub extends: Option<Expr>,
    symbols: HashMap<Arc<str>, Symbol>,
    /// Names that are declared more than once, with the later place.
    pub duplicates: Vec<(Arc<str>, Span)>,
}

/// A parameter and what its decorators and type say.
#[derive(Debug)]
pub(super) struct ParamNode {
    pub param: Param,
    pub secure: bool,
}

/// A user-defined type.
#[derive(Debug)]
pub(super) struct TypeNode {
    pub ty: Type,
    pub secure: bool,
}

/// A resource in the tree of nested declarations.
#[derive(Debug)]
pub(super) struct ResourceNode {
    pub resource: Resource,
    /// The resource in whose body it is declared.
    pub parent: Option<usize>,
    pub children: Vec<usize>,
}

/// What a name stands for; numbers are positions in the lists of [`Source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    Param(usize),
    Var(usize),
    Resource(usize),
    Module(usize),
    Func(usize),
    /// An imported symbol: import, position in its list of names.
    Imported(usize, usize),
    /// `import * as name`
    Namespace(usize),
    Type,
    Extension,
}

impl Source {
    /// Sorts the declarations of a document.
    pub fn new(path: &str, file: FileId, document: Document) -> Self {
        let mut source = Self {
            path: path.to_owned(),
            file,
            target_scope: ScopeKind::ResourceGroup,
            params: Vec::new(),
            vars: Vec::new(),
            resources: Vec::new(),
            modules: Vec::new(),
            outputs: Vec::new(),
            funcs: Vec::new(),
            types: HashMap::new(),
            imports: Vec::new(),
            extensions: Vec::new(),
            using: None,
            extends: None,
            symbols: HashMap::new(),
            duplicates: Vec::new(),
        };
        for declaration in document.declarations {
            source.add(declaration);
        }
        source
    }

    fn add(&mut self, declaration: syntax::Declaration) {
        let secure = declaration.has_decorator("secure");
        match declaration.kind {
            DeclarationKind::TargetScope(scope) => self.target_scope = target_scope(&scope),
            DeclarationKind::Param(param) => {
                self.declare(&param.name, Symbol::Param(self.params.len()));
                self.params.push(ParamNode { param, secure });
            }
            DeclarationKind::Var(var) => {
                self.declare(&var.name, Symbol::Var(self.vars.len()));
                self.vars.push(var);
            }
            DeclarationKind::Resource(resource) => {
                self.declare(&resource.name, Symbol::Resource(self.resources.len()));
                self.add_resource(*resource, None);
            }
            DeclarationKind::Module(module) => {
                self.declare(&module.name, Symbol::Module(self.modules.len()));
                self.modules.push(*module);
            }
            DeclarationKind::Output(output) => self.outputs.push(output),
            DeclarationKind::Type(name, ty) => {
                self.declare(&name, Symbol::Type);
                self.types.entry(name.name).or_insert(TypeNode { ty, secure });
            }
            DeclarationKind::Func(func) => {
                self.declare(&func.name, Symbol::Func(self.funcs.len()));
                self.funcs.push(func);
            }
            DeclarationKind::Import(import) => self.add_import(import),
            DeclarationKind::Using(template) => self.using = Some(template),
            DeclarationKind::Extends(base) => self.extends = Some(base),
            DeclarationKind::Extension(extension) => {
                if let Some(alias) = &extension.alias {
                    self.symbols.entry(alias.clone()).or_insert(Symbol::Extension);
                }
                self.extensions.push(extension);
            }
            DeclarationKind::Metadata | DeclarationKind::Assert => {}
        }
    }

    fn add_resource(&mut self, mut resource: Resource, parent: Option<usize>) -> usize {
        let children = std::mem::take(&mut resource.body.children);
        let at = self.resources.len();
        self.resources.push(ResourceNode { resource, parent, children: Vec::new() });
        for (_, child) in children {
            let child = self.add_resource(child, Some(at));
            self.resources[at].children.push(child);
        }
        at
    }

    fn add_import(&mut self, import: Import) {
        let at = self.imports.len();
        match &import.names {
            Imported::All(name) => self.declare(name, Symbol::Namespace(at)),
            Imported::Named(names) => {
                for (position, (_, here)) in names.iter().enumerate() {
                    self.declare(here, Symbol::Imported(at, position));
                }
            }
        }
        self.imports.push(import);
    }

    fn declare(&mut self, name: &Identifier, symbol: Symbol) {
        if self.symbols.contains_key(&name.name) {
            self.duplicates.push((name.name.clone(), name.span));
            return;
        }
        self.symbols.insert(name.name.clone(), symbol);
    }

    /// What a name stands for at the top of the file.
    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        self.symbols.get(name).copied()
    }

    /// The resource of this name that is declared in the body of another.
    pub fn child(&self, parent: usize, name: &str) -> Option<usize> {
        self.resources[parent]
            .children
            .iter()
            .copied()
            .find(|child| &*self.resources[*child].resource.name.name == name)
    }

    /// `storage`, `storage::blobs`
    pub fn logical_name(&self, node: usize) -> String {
        let own = &self.resources[node].resource.name.name;
        match self.resources[node].parent {
            Some(parent) => format!("{}::{own}", self.logical_name(parent)),
            None => own.to_string(),
        }
    }

    /// Whether the file deploys anything or returns anything.
    pub fn deploys(&self) -> bool {
        !self.resources.is_empty() || !self.modules.is_empty() || !self.outputs.is_empty()
    }
}

/// Several scopes can only be written for modules that are checked against each of them.
fn target_scope(scope: &Expr) -> ScopeKind {
    match scope.as_text() {
        Some("subscription") => ScopeKind::Subscription,
        Some("managementGroup") => ScopeKind::ManagementGroup,
        Some("tenant") => ScopeKind::Tenant,
        _ => ScopeKind::ResourceGroup,
    }
}
