//! From nodes of a syntax tree to expressions.

use std::rc::Rc;

use tree_sitter::Node;

use super::code::Code;
use super::syntax::{Call, Expr, ExprKind, Part};

/// Expressions are followed so deep; what is inside is something else then.
const DEEPEST: u32 = 48;

/// So many elements of a list, a dictionary, a call are looked at.
const MOST_ELEMENTS: usize = 512;

/// Reads expressions of a text.
#[derive(Clone, Copy)]
pub(super) struct Reader<'c> {
    pub code: &'c Code,
}

impl<'c> Reader<'c> {
    /// The text of a node.
    pub fn text(self, node: Node<'_>) -> &'c str {
        self.code.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The bytes of the file that a node stands for.
    pub fn range(self, node: Node<'_>) -> (u32, u32) {
        self.code.file_range(node.start_byte(), node.end_byte())
    }

    /// A node as an expression.
    pub fn expr(self, node: Node<'_>) -> Rc<Expr> {
        self.at_depth(node, 0)
    }

    fn at_depth(self, node: Node<'_>, depth: u32) -> Rc<Expr> {
        let (start, end) = self.range(node);
        let kind = if depth > DEEPEST { ExprKind::Other } else { self.kind(node, depth + 1) };
        Rc::new(Expr { kind, start, end })
    }

    fn field(self, node: Node<'_>, name: &str, depth: u32) -> Option<Rc<Expr>> {
        Some(self.at_depth(node.child_by_field_name(name)?, depth))
    }

    fn kind(self, node: Node<'_>, depth: u32) -> ExprKind {
        let kind = match node.kind() {
            "identifier" => Some(ExprKind::Name(self.text(node).to_owned())),
            "string" => Some(ExprKind::Text(self.string(node, depth))),
            "concatenated_string" => Some(ExprKind::Text(
                named(node)
                    .into_iter()
                    .filter(|child| child.kind() == "string")
                    .flat_map(|s| self.string(s, depth))
                    .collect(),
            )),
            "attribute" => self.field(node, "object", depth).and_then(|object| {
                Some(ExprKind::Attribute(object, self.text(node.child_by_field_name("attribute")?).to_owned()))
            }),
            "call" => self.call(node, depth),
            "subscript" => self
                .field(node, "value", depth)
                .zip(self.field(node, "subscript", depth))
                .map(|(of, key)| ExprKind::Subscript(of, key)),
            "binary_operator" => self.binary(node, depth),
            "boolean_operator" => Some(ExprKind::Either(
                ["left", "right"].iter().filter_map(|side| self.field(node, side, depth)).collect(),
            )),
            // value, condition, other
            "conditional_expression" => {
                let parts = named(node);
                Some(ExprKind::Either(
                    [parts.first(), parts.get(2)].into_iter().flatten().map(|n| self.at_depth(*n, depth)).collect(),
                ))
            }
            "parenthesized_expression" | "await" | "expression_statement" | "type" => {
                return named(node).first().map_or(ExprKind::Other, |inner| self.kind_below(*inner, depth));
            }
            "dictionary" => Some(ExprKind::Dict(self.pairs(node, depth))),
            "list" | "tuple" | "expression_list" => Some(ExprKind::List(
                named(node).into_iter().take(MOST_ELEMENTS).map(|item| self.at_depth(item, depth)).collect(),
            )),
            "none" => Some(ExprKind::None),
            "true" => Some(ExprKind::Bool(true)),
            "false" => Some(ExprKind::Bool(false)),
            "integer" | "float" => Some(ExprKind::Number(self.text(node).to_owned())),
            _ => None,
        };
        kind.unwrap_or(ExprKind::Other)
    }

    fn kind_below(self, node: Node<'_>, depth: u32) -> ExprKind {
        if depth > DEEPEST { ExprKind::Other } else { self.kind(node, depth + 1) }
    }

    fn binary(self, node: Node<'_>, depth: u32) -> Option<ExprKind> {
        let operator = self.text(node.child_by_field_name("operator")?);
        let (left, right) = (self.field(node, "left", depth)?, self.field(node, "right", depth)?);
        Some(match operator {
            "+" => ExprKind::Add(left, right),
            "%" => ExprKind::Percent(left, right),
            "/" => ExprKind::Slash(left, right),
            _ => ExprKind::Other,
        })
    }

    fn pairs(self, node: Node<'_>, depth: u32) -> Vec<(Rc<Expr>, Rc<Expr>)> {
        let pairs = named(node).into_iter().filter(|child| child.kind() == "pair").take(MOST_ELEMENTS);
        pairs.filter_map(|pair| self.field(pair, "key", depth).zip(self.field(pair, "value", depth))).collect()
    }

    fn call(self, node: Node<'_>, depth: u32) -> Option<ExprKind> {
        let callee = self.field(node, "function", depth)?;
        let mut call = Call {
            callee,
            positional: Vec::new(),
            keywords: Vec::new(),
            more_positional: false,
            more_keywords: Vec::new(),
        };
        let arguments = node.child_by_field_name("arguments")?;
        let list = if arguments.kind() == "argument_list" { named(arguments) } else { Vec::new() };
        for argument in list.into_iter().take(MOST_ELEMENTS) {
            match argument.kind() {
                "keyword_argument" => {
                    let name = argument.child_by_field_name("name").map(|name| self.text(name).to_owned());
                    call.keywords.extend(name.zip(self.field(argument, "value", depth)));
                }
                "list_splat" => call.more_positional = true,
                "dictionary_splat" => {
                    call.more_keywords.extend(argument.named_child(0).map(|inner| self.at_depth(inner, depth)));
                }
                "comment" => {}
                _ => call.positional.push(self.at_depth(argument, depth)),
            }
        }
        Some(ExprKind::Call(call))
    }

    /// The parts of a string: its characters, and what is computed in an f-string.
    fn string(self, node: Node<'_>, depth: u32) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut known = String::new();
        let prefix = node.child(0).map_or("", |start| self.text(start)).to_ascii_lowercase();
        let (raw, formatted) = (prefix.contains('r'), prefix.contains('f') || prefix.contains('t'));
        for child in named(node) {
            match child.kind() {
                "string_content" => unescape(self.text(child), raw, formatted, &mut known),
                "interpolation" => {
                    if !known.is_empty() {
                        parts.push(Part::Known(std::mem::take(&mut known)));
                    }
                    let inner = child.child_by_field_name("expression");
                    let range = self.range(child);
                    let other = || Rc::new(Expr { kind: ExprKind::Other, start: range.0, end: range.1 });
                    parts.push(Part::Computed(inner.map_or_else(other, |inner| self.at_depth(inner, depth))));
                }
                _ => {}
            }
        }
        if !known.is_empty() || parts.is_empty() {
            parts.push(Part::Known(known));
        }
        parts
    }
}

fn named(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children(&mut node.walk()).filter(|child| child.kind() != "comment").collect()
}

/// Adds the characters of a part of a string. Escapes that names cannot hold stay as they are.
fn unescape(text: &str, raw: bool, formatted: bool, into: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek().copied()) {
            ('\\', Some(next)) if !raw && matches!(next, '\\' | '\'' | '"') => {
                into.push(next);
                chars.next();
            }
            ('\\', Some('n')) if !raw => {
                into.push('\n');
                chars.next();
            }
            ('\\', Some('\n')) if !raw => _ = chars.next(),
            ('{', Some('{')) | ('}', Some('}')) if formatted => {
                into.push(c);
                chars.next();
            }
            _ => into.push(c),
        }
    }
}
