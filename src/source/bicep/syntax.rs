//! The declarations of a Bicep file. Their expressions are those that ARM templates share.

use std::sync::Arc;

use crate::model::Span;
use crate::source::expr::{Expr, Lambda};

/// A parsed `.bicep` or `.bicepparam` file: its declarations in order.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// All declarations that could be read, at least in part.
    pub declarations: Vec<Declaration>,
}

/// A declaration with its decorators.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// `@secure()`, `@export()`, …: calls, without the `@`.
    pub decorators: Vec<Expr>,
    /// What is declared.
    pub kind: DeclarationKind,
    /// From the keyword to the end.
    pub span: Span,
}

/// The kinds of [`Declaration`].
#[derive(Clone, Debug)]
pub enum DeclarationKind {
    /// `targetScope = 'subscription'`
    TargetScope(Expr),
    /// `metadata name = value`
    Metadata,
    /// `param name type = default`; in a parameter file `param name = value`.
    Param(Param),
    /// `var name type = value`
    Var(Named),
    /// `resource …`
    Resource(Box<Resource>),
    /// `module …`; also `test …`, which deploys nothing and is left out of the document.
    Module(Box<Module>),
    /// `output name type = value`
    Output(Named),
    /// `type name = …`
    Type(Identifier, Type),
    /// `func name(a string) string => body`
    Func(Func),
    /// `import { a, b as c } from 'file'`, `import * as d from 'file'`
    Import(Import),
    /// `using 'template'`; `using none` has no value.
    Using(Option<Expr>),
    /// `extends 'file'`
    Extends(Expr),
    /// `extension name`: a language extension whose resources are not Azure's own.
    Extension(Extension),
    /// `assert name = condition`
    Assert,
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Identifier {
    /// The name.
    pub name: Arc<str>,
    /// Its characters.
    pub span: Span,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Identifier,
    /// Its type, if written.
    pub ty: Option<Type>,
    /// Its default, or in a parameter file its value.
    pub value: Option<Expr>,
}

/// A variable or an output.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name.
    pub name: Identifier,
    /// Its value.
    pub value: Expr,
}

/// A resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its symbolic name.
    pub name: Identifier,
    /// `'Microsoft.Storage/storageAccounts@2023-01-01'`; a nested one has only the last part of the type.
    pub ty: Expr,
    /// `existing`: only referred to.
    pub existing: bool,
    /// What follows the equals sign.
    pub body: Body,
    /// From the keyword to the end of the first line: the place of the resource as a whole.
    pub header: Span,
}

/// A module call.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its symbolic name.
    pub name: Identifier,
    /// The path or registry reference.
    pub path: Expr,
    /// What follows the equals sign.
    pub body: Body,
    /// From the keyword to the end of its path.
    pub header: Span,
}

/// The body of a resource or module: `[for x in list: if (condition) { … }]`.
#[derive(Clone, Debug)]
pub struct Body {
    /// The loop around it.
    pub repeat: Option<Repeat>,
    /// The condition before it.
    pub condition: Option<Expr>,
    /// The object without the members below, or an error.
    pub object: Expr,
    /// `name`
    pub name: Option<Expr>,
    /// `parent`
    pub parent: Option<Expr>,
    /// `scope`
    pub scope: Option<Expr>,
    /// `params` of a module.
    pub params: Option<Expr>,
    /// Resources that are declared inside the object.
    pub children: Vec<(Vec<Expr>, Resource)>,
}

/// The head of a resource or module loop.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// The variable that holds the element.
    pub item: Arc<str>,
    /// The variable that holds the position.
    pub index: Option<Arc<str>>,
    /// What is iterated.
    pub list: Expr,
}

/// A user-defined function.
#[derive(Clone, Debug)]
pub struct Func {
    /// Its name.
    pub name: Identifier,
    /// Its parameters and what it computes.
    pub lambda: Lambda,
}

/// An import from another file.
#[derive(Clone, Debug)]
pub struct Import {
    /// What is imported.
    pub names: Imported,
    /// The file.
    pub from: Expr,
}

/// What an [`Import`] brings in.
#[derive(Clone, Debug)]
pub enum Imported {
    /// These symbols: the name there, the name here.
    Named(Vec<(Arc<str>, Identifier)>),
    /// Everything, as members of this name.
    All(Identifier),
}

/// A language extension.
#[derive(Clone, Debug)]
pub struct Extension {
    /// Its name or reference, for example `microsoftGraphV1` or `kubernetes@1.0.0`.
    pub reference: Box<str>,
    /// The name given with `as`.
    pub alias: Option<Arc<str>>,
}

/// A type expression and where it stands.
#[derive(Clone, Debug)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// All of its characters.
    pub span: Span,
}

/// The kinds of [`Type`].
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `string`, a user's type.
    Name(Box<str>),
    /// `base.name`, `sys.string`.
    Member(Box<Type>, Box<str>),
    /// `base[]`
    Array(Box<Type>),
    /// `base[*]`, `base[0]`, `base.*`
    Element(Box<Type>),
    /// `base?`
    Nullable(Box<Type>),
    /// `base!`
    NonNull(Box<Type>),
    /// `'a' | 'b'`
    Union(Vec<Type>),
    /// `{ a: string, b: int? }`; members with name, decorators and type.
    Object(Vec<TypeMember>),
    /// `[string, int]`
    Tuple(Vec<Type>),
    /// `resourceInput<'…'>`, `resource '…'`
    Resource,
    /// A literal; whether it is a string.
    Literal {
        /// It is a string.
        text: bool,
    },
    /// `null`
    Null,
}

/// A member of an object type.
#[derive(Clone, Debug)]
pub struct TypeMember {
    /// Its name; `None` for `*`.
    pub name: Option<Box<str>>,
    /// Its decorators.
    pub decorators: Vec<Expr>,
    /// Its type.
    pub ty: Type,
}

impl Declaration {
    /// Whether a decorator with this name stands before it, with or without `sys.`.
    pub fn has_decorator(&self, name: &str) -> bool {
        has_decorator(&self.decorators, name)
    }
}

/// Whether one of these decorators has this name, with or without `sys.`.
pub fn has_decorator(decorators: &[Expr], name: &str) -> bool {
    use crate::source::expr::ExprKind;
    decorators.iter().any(|decorator| matches!(&decorator.kind, ExprKind::Call(call) if &*call.name == name))
}
