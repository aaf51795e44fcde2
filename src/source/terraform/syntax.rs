//! Terraform's language as the evaluator sees it: one tree for HCL and for its JSON form.

use std::rc::Rc;

use crate::model::Span;

use super::number::Num;

/// An expression and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// The kinds of [`Expr`].
#[derive(Clone, Debug)]
pub(super) enum ExprKind {
    Null,
    Bool(bool),
    Number(Num),
    Text(Rc<str>),
    Template(Vec<Piece>),
    List(Vec<Expr>),
    Object(Vec<Member>),
    /// A bare name: `var`, `each`, the variable of a `for`, `string` in a type.
    Name(Rc<str>),
    Access(Box<Expr>, Vec<Step>),
    Call(Box<Call>),
    Conditional(Box<[Expr; 3]>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(Box<(Expr, Operator, Expr)>),
    For(Box<ForExpr>),
}

/// `name(arguments)`; `expand` is the `...` behind the last argument.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub name: Rc<str>,
    pub args: Vec<Expr>,
    pub expand: bool,
}

/// A member of an object: its key and value, and the range of both.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub key: Key,
    pub value: Expr,
    pub span: Span,
}

/// The key of a [`Member`].
#[derive(Clone, Debug)]
pub(super) enum Key {
    Name(Rc<str>),
    Expr(Expr),
}

/// A step of a traversal.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Attr(Rc<str>),
    Index(Expr),
    LegacyIndex(u64),
    /// `.*`: the attributes behind it are taken of every element, an index of the whole list.
    AttrSplat,
    /// `[*]`: all that is behind it is taken of every element.
    FullSplat,
}

/// `[for k, v in x : …]` and `{for k, v in x : … => …}`.
#[derive(Clone, Debug)]
pub(super) struct ForExpr {
    pub key_name: Option<Rc<str>>,
    pub value_name: Rc<str>,
    pub collection: Expr,
    pub key: Option<Expr>,
    pub value: Expr,
    pub condition: Option<Expr>,
    pub grouping: bool,
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Literal(String),
    Expr(Expr),
    If { condition: Expr, then: Vec<Piece>, other: Vec<Piece> },
    For { key_name: Option<Rc<str>>, value_name: Rc<str>, collection: Expr, body: Vec<Piece> },
}

/// The binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
}

impl Operator {
    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }
}

/// The attributes and blocks between braces.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
}

/// `name = value`.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub name: Rc<str>,
    pub value: Expr,
    /// From the name to the end of the value.
    pub span: Span,
}

/// `name "label" { … }`.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub name: Rc<str>,
    pub labels: Vec<Rc<str>>,
    pub body: Body,
    /// The name and the labels.
    pub header: Span,
}

impl Body {
    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| &*a.name == name)
    }

    /// The first block of this name.
    pub fn block(&self, name: &str) -> Option<&Block> {
        self.blocks.iter().find(|b| &*b.name == name)
    }
}

impl Block {
    /// A label; empty if there are fewer.
    pub fn label(&self, index: usize) -> &str {
        self.labels.get(index).map_or("", |label| label)
    }
}
