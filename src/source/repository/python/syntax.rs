//! What of Python matters here: expressions, and the names that they are bound to.

use std::collections::HashMap;
use std::rc::Rc;

/// An expression with its place in the file.
#[derive(Debug)]
pub(super) struct Expr {
    pub kind: ExprKind,
    /// First byte in the file.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// The kinds of [`Expr`].
#[derive(Debug)]
pub(super) enum ExprKind {
    /// A string, also an f-string: its known and its computed parts.
    Text(Vec<Part>),
    Name(String),
    Attribute(Rc<Expr>, String),
    Call(Call),
    Subscript(Rc<Expr>, Rc<Expr>),
    /// `a + b`
    Add(Rc<Expr>, Rc<Expr>),
    /// `a % b`
    Percent(Rc<Expr>, Rc<Expr>),
    /// `a / b`: of paths.
    Slash(Rc<Expr>, Rc<Expr>),
    /// One of these: `a or b`, `a if c else b`.
    Either(Vec<Rc<Expr>>),
    Dict(Vec<(Rc<Expr>, Rc<Expr>)>),
    /// A list or a tuple.
    List(Vec<Rc<Expr>>),
    None,
    Bool(bool),
    Number(String),
    /// Anything else.
    Other,
}

/// A part of a string.
#[derive(Debug)]
pub(super) enum Part {
    Known(String),
    Computed(Rc<Expr>),
}

/// A call.
#[derive(Debug)]
pub(super) struct Call {
    pub callee: Rc<Expr>,
    pub positional: Vec<Rc<Expr>>,
    pub keywords: Vec<(String, Rc<Expr>)>,
    /// `*args`
    pub more_positional: bool,
    /// `**settings`
    pub more_keywords: Vec<Rc<Expr>>,
}

impl Call {
    /// A keyword argument.
    pub fn keyword(&self, name: &str) -> Option<&Rc<Expr>> {
        self.keywords.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The argument that has a name, or stands at a position (from 0).
    pub fn argument(&self, position: Option<usize>, names: &[&str]) -> Option<&Rc<Expr>> {
        let named = names.iter().find_map(|name| self.keyword(name));
        named.or_else(|| position.and_then(|at| self.positional.get(at)))
    }
}

impl Expr {
    /// The names of `a.b.c`; `None` for anything else.
    pub fn dotted(&self) -> Option<Vec<&str>> {
        let mut names = Vec::new();
        let mut here = self;
        loop {
            match &here.kind {
                ExprKind::Name(name) => {
                    names.push(name.as_str());
                    names.reverse();
                    return Some(names);
                }
                ExprKind::Attribute(of, name) => {
                    names.push(name.as_str());
                    here = of;
                }
                _ => return None,
            }
        }
    }
}

/// What a name stands for from some place on.
#[derive(Debug)]
pub(super) struct Binding {
    /// Where, in the file.
    pub at: u32,
    /// In a branch or a loop: what it stood for before may last.
    pub conditional: bool,
    /// The scope in which its value is written.
    pub scope: usize,
    pub kind: Bound,
}

/// The kinds of [`Binding`].
#[derive(Clone, Debug)]
pub(super) enum Bound {
    Value(Rc<Expr>),
    /// A part of this, by unpacking.
    PartOf(Rc<Expr>),
    /// A module, or something of one: `azure.ai.ml.MLClient`, `.config.WORKSPACE`.
    Import(String),
    Parameter,
    /// A class, by its scope.
    Class(usize),
    /// A function.
    Function,
    /// A loop variable, a deleted name, …
    Opaque,
}

/// What can have names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Class,
    /// A function, a lambda, a comprehension.
    Function,
}

/// A scope of names.
#[derive(Debug)]
pub(super) struct Scope {
    pub kind: ScopeKind,
    pub parent: Option<usize>,
    pub names: HashMap<String, Vec<Binding>>,
    /// Modules of which all names were imported.
    pub wildcards: Vec<String>,
    /// Names that a function takes from the module.
    pub globals: Vec<String>,
}

/// An expression in a scope: a call that may be a fact, a string that names something.
#[derive(Debug)]
pub(super) struct Site {
    pub scope: usize,
    pub expr: Rc<Expr>,
}

/// A function with what decorates it.
#[derive(Debug)]
pub(super) struct Decorated {
    pub scope: usize,
    pub function: String,
    pub decorator: Rc<Expr>,
}

/// An import as it is written.
#[derive(Debug)]
pub(super) struct Import {
    pub module: String,
    pub start: u32,
    pub end: u32,
}

/// A file, or all cells of a notebook.
#[derive(Debug)]
pub(super) struct Module {
    /// The first is that of the module.
    pub scopes: Vec<Scope>,
    pub imports: Vec<Import>,
    pub calls: Vec<Site>,
    pub texts: Vec<Site>,
    pub decorated: Vec<Decorated>,
    /// Functions of the module itself: name and place.
    pub functions: Vec<String>,
    /// Places (bytes in the file) that do not follow the grammar, or are nested too deep.
    pub unread: Vec<(u32, u32)>,
}

impl Default for Module {
    fn default() -> Self {
        Self {
            scopes: vec![Scope::new(ScopeKind::Module, None)],
            imports: Vec::new(),
            calls: Vec::new(),
            texts: Vec::new(),
            decorated: Vec::new(),
            functions: Vec::new(),
            unread: Vec::new(),
        }
    }
}

impl Scope {
    pub fn new(kind: ScopeKind, parent: Option<usize>) -> Self {
        Self { kind, parent, names: HashMap::new(), wildcards: Vec::new(), globals: Vec::new() }
    }
}
