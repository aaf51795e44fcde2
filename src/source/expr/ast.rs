//! The syntax tree that ARM template expressions and Bicep parse to.
//!
//! An ARM template is one tree too: its JSON objects and arrays are [`ExprKind::Object`] and
//! [`ExprKind::Array`], and each `[…]` string is the expression inside.

use std::sync::Arc;

use crate::model::Span;

/// An expression and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// All of its characters.
    pub span: Span,
}

/// The kinds of [`Expr`].
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer. A leading minus of Bicep is a [`UnaryOp::Minus`] around it.
    Int(i64),
    /// A number that is no 64-bit integer; only JSON has them.
    Number(serde_json::Number),
    /// A string without holes.
    Text(Box<str>),
    /// `'st${name}'`: pieces in order.
    Interpolation(Vec<Segment>),
    /// `[a, ...b]`.
    Array(Vec<Element>),
    /// `{ a: 1, 'b-${c}': 2, ...d }`.
    Object(Vec<Property>),
    /// `[for (item, index) in list: body]`.
    For(Box<For>),
    /// ARM's `copy` on a property or a variable: `input` once per index.
    Copy(Box<Copy>),
    /// A function call, with or without something before the dot.
    Call(Box<Call>),
    /// A symbol: a parameter, variable, resource or module of Bicep, or a local of a lambda or loop.
    /// ARM's `lambdaVariables('x')` is the name `x`.
    Name(Box<str>),
    /// `base.name`, `base.?name`.
    Member(Box<MemberAccess>),
    /// `base[index]`, `base[?index]`, `base[^index]`, `base[?^index]`.
    Index(Box<IndexAccess>),
    /// `(a, b) => body`; ARM's `lambda('a', 'b', body)`.
    Lambda(Box<Lambda>),
    /// `!a`, `-a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`.
    Binary(BinaryOp, Box<(Expr, Expr)>),
    /// `condition ? then : otherwise`.
    Ternary(Box<(Expr, Expr, Expr)>),
    /// `a!`: not null by the word of the author.
    NonNull(Box<Expr>),
    /// What could not be parsed; the reason is told where it is evaluated.
    Error(Box<str>),
}

/// A piece of an interpolated string.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// These characters, escapes resolved.
    Text(Box<str>),
    /// The value of this expression as text.
    Expr(Expr),
}

/// An element of an array literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    /// One element.
    Item(Expr),
    /// All elements of a list.
    Spread(Expr),
}

/// A part of an object literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Property {
    /// `key: value`.
    Member(Member),
    /// `...object`.
    Spread(Expr),
}

/// A member of an object literal.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its name: mostly a [`ExprKind::Text`], otherwise computed.
    pub key: Expr,
    /// Its value.
    pub value: Expr,
    /// From the first character of the name to the last of the value: where a finding about the
    /// property is shown.
    pub span: Span,
}

/// A `for` loop.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// The variable that holds the element.
    pub item: Arc<str>,
    /// The variable that holds the position, from 0.
    pub index: Option<Arc<str>>,
    /// What is iterated.
    pub list: Expr,
    /// Only elements for which this is true.
    pub filter: Option<Expr>,
    /// The value per element.
    pub body: Expr,
}

/// ARM's property or variable iteration.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    /// The name that `copyIndex('name')` refers to.
    pub name: Arc<str>,
    /// How often.
    pub count: Expr,
    /// The value per iteration.
    pub input: Expr,
}

/// A function call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What stands before the dot: a namespace (`az.`, `sys.`, an import, a user's namespace in ARM)
    /// or a resource (`storage.listKeys()`).
    pub receiver: Option<Expr>,
    /// The name of the function.
    pub name: Box<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// Its arguments.
    pub args: Vec<Expr>,
}

/// Access to a member by name.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberAccess {
    /// The object.
    pub base: Expr,
    /// The name after the dot.
    pub name: Box<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// `.?`: null instead of an error.
    pub safe: bool,
}

/// Access to an element or a member by a computed index.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexAccess {
    /// The array or object.
    pub base: Expr,
    /// The position or name.
    pub index: Expr,
    /// `[?`: null instead of an error.
    pub safe: bool,
    /// `[^`: counted from the end, the last element is 1.
    pub from_end: bool,
}

/// An anonymous function.
#[derive(Clone, Debug, PartialEq)]
pub struct Lambda {
    /// Its parameters.
    pub params: Vec<Arc<str>>,
    /// What it computes.
    pub body: Expr,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Minus,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `==`
    Equals,
    /// `!=`
    NotEquals,
    /// `=~`
    EqualsInsensitive,
    /// `!~`
    NotEqualsInsensitive,
    /// `<`
    Less,
    /// `<=`
    LessOrEquals,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEquals,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `??`
    Coalesce,
}

impl Expr {
    /// An expression at a place.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// The string, if this is a literal one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The members of an object literal; spreads are left out.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        let properties = match &self.kind {
            ExprKind::Object(properties) => properties.as_slice(),
            _ => &[],
        };
        properties.iter().filter_map(|property| match property {
            Property::Member(member) => Some(member),
            Property::Spread(_) => None,
        })
    }

    /// The member of an object literal with this name, case ignored.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members().find(|member| member.key.as_text().is_some_and(|key| key.eq_ignore_ascii_case(name)))
    }

    /// The value of a member of an object literal, case of its name ignored.
    pub fn get(&self, name: &str) -> Option<&Expr> {
        self.member(name).map(|member| &member.value)
    }

    /// The elements of an array literal; spreads are left out.
    pub fn elements(&self) -> impl Iterator<Item = &Expr> {
        let elements = match &self.kind {
            ExprKind::Array(elements) => elements.as_slice(),
            _ => &[],
        };
        elements.iter().filter_map(|element| match element {
            Element::Item(item) => Some(item),
            Element::Spread(_) => None,
        })
    }

    /// Whether it is an object literal.
    pub fn is_object(&self) -> bool {
        matches!(self.kind, ExprKind::Object(_))
    }

    /// Whether it is an array literal.
    pub fn is_array(&self) -> bool {
        matches!(self.kind, ExprKind::Array(_))
    }

    /// Whether its value stands where it is written: a literal, not something computed.
    pub fn is_literal(&self) -> bool {
        matches!(
            self.kind,
            ExprKind::Null
                | ExprKind::Bool(_)
                | ExprKind::Int(_)
                | ExprKind::Number(_)
                | ExprKind::Text(_)
                | ExprKind::Array(_)
                | ExprKind::Object(_)
                | ExprKind::For(_)
                | ExprKind::Copy(_)
        )
    }
}
