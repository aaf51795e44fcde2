//! What holdfast needs to know of a policy's syntax tree.

use regorus::unstable::{Expr, Literal, Module, Query, Ref, Rule, RuleBody, RuleHead, WithModifier};
use regorus::{Engine, Value};

use super::{PolicyError, PolicyFile};

/// Characters of a message of the engine that are shown.
const MAX_MESSAGE: usize = 300;

/// A parsed policy.
pub(crate) struct Syntax {
    module: Ref<Module>,
}

/// A piece of a rule that [`walk`] comes by.
pub(crate) enum Node<'a> {
    Expr(&'a Expr),
    Literal(&'a Literal),
    With(&'a WithModifier),
}

impl Syntax {
    /// Parses a policy. Names are not resolved yet.
    pub(crate) fn parse(file: &PolicyFile) -> Result<Self, PolicyError> {
        let mut engine = Engine::new();
        add_policy(&mut engine, file)?;
        Self::last_of(&mut engine).ok_or_else(|| file.error(1, "the file holds no policy".to_owned()))
    }

    /// The policy that was added last.
    pub(crate) fn last_of(engine: &mut Engine) -> Option<Self> {
        Self::all_of(engine).pop()
    }

    /// The policies of an engine, in the order in which they were added.
    pub(crate) fn all_of(engine: &mut Engine) -> Vec<Self> {
        engine.get_modules().iter().map(|module| Self { module: module.clone() }).collect()
    }

    /// The rules and functions, with the name and line of each.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (String, usize, &Rule)> {
        self.module.policy.iter().filter_map(|rule| {
            let name = path(head(rule))?.swap_remove(0);
            Some((name, rule.span().line as usize, rule.as_ref()))
        })
    }

    /// Whether a partial set of this name is defined.
    pub(crate) fn has_set(&self, name: &str) -> bool {
        self.rules().any(|(defined, _, rule)| defined == name && is_set(rule))
    }

    /// The imported paths, each with the name that it has in the policy and its line.
    pub(crate) fn imports(&self) -> Vec<(Vec<String>, String, usize)> {
        self.module
            .imports
            .iter()
            .filter_map(|import| {
                let imported = path(&import.refr)?;
                let name = match &import.r#as {
                    Some(alias) => alias.text().to_owned(),
                    None => imported.last()?.clone(),
                };
                Some((imported, name, import.span.line as usize))
            })
            .collect()
    }
}

/// Adds a policy to an engine.
pub(crate) fn add_policy(engine: &mut Engine, file: &PolicyFile) -> Result<(), PolicyError> {
    engine
        .add_policy(file.path.clone(), file.text.clone().into_owned())
        .map(drop)
        .map_err(|error| engine_error(file, &error.to_string()))
}

/// A message of the engine in one short line. It may dump all values in scope, which belong to the estate
/// and not into a message.
pub(crate) fn brief(text: &str) -> String {
    let text = text.split(" (path [").next().unwrap_or(text).trim().replace('\n', " ");
    match text.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The engine has no typed errors: `--> path:line:column`, the line of code, and `error: message`.
pub(crate) fn engine_error(file: &PolicyFile, text: &str) -> PolicyError {
    let message = brief(text.split_once("error: ").map_or(text, |(_, message)| message));
    let place = text.split_once("--> ").and_then(|(_, rest)| rest.lines().next());
    let parsed = place.and_then(|place| {
        let (place, _column) = place.rsplit_once(':')?;
        let (path, line) = place.rsplit_once(':')?;
        Some((path.to_owned(), line.parse().ok()?))
    });
    let (file, line) = parsed.unwrap_or_else(|| (file.path.clone(), 1));
    PolicyError { file, line, message }
}

/// Whether a rule adds to a set: `name contains …`.
pub(crate) fn is_set(rule: &Rule) -> bool {
    matches!(rule, Rule::Spec { head: RuleHead::Set { key: Some(_), .. }, .. })
}

/// The name or path that a rule defines.
fn head(rule: &Rule) -> &Expr {
    match rule {
        Rule::Spec {
            head: RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. },
            ..
        }
        | Rule::Default { refr, .. } => refr,
    }
}

/// The names of a path that is written out: `input.resources`, `x["a"].b`; `None` for `f(x).a` and
/// `x[y]`.
pub(crate) fn path(mut expr: &Expr) -> Option<Vec<String>> {
    let mut names = Vec::new();
    loop {
        match expr {
            Expr::RefDot { refr, field, .. } => {
                names.push(text(&field.1)?);
                expr = refr;
            }
            Expr::RefBrack { refr, index, .. } => {
                names.push(string(index)?);
                expr = refr;
            }
            Expr::Var { value, .. } => {
                names.push(text(value)?);
                names.reverse();
                return Some(names);
            }
            _ => return None,
        }
    }
}

/// The names at the end of a path, whatever it starts with: `a.b` of `f(x)[y].a.b`.
pub(crate) fn tail(mut expr: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let (name, inner) = match expr {
            Expr::RefDot { refr, field, .. } => (text(&field.1), refr),
            Expr::RefBrack { refr, index, .. } => (string(index), refr),
            _ => break,
        };
        let Some(name) = name else { break };
        names.push(name);
        expr = inner;
    }
    names.reverse();
    names
}

/// The value of a string literal.
pub(crate) fn string(expr: &Expr) -> Option<String> {
    match expr {
        Expr::String { value, .. } | Expr::RawString { value, .. } => text(value),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_string().ok().map(|text| text.to_string())
}

/// Visits every literal and expression of a rule. Keeps its own stack: a path may be very long.
pub(crate) fn walk<'a>(rule: &'a Rule, visit: &mut dyn FnMut(Node<'a>)) {
    let mut stack: Vec<&Expr> = Vec::new();
    let mut queries: Vec<&Query> = Vec::new();
    match rule {
        Rule::Default { args, value, .. } => {
            stack.extend(args.iter().map(AsRef::as_ref));
            stack.push(value);
        }
        Rule::Spec { head, bodies, .. } => {
            push_head(head, &mut stack);
            for RuleBody { assign, query, .. } in bodies {
                stack.extend(assign.iter().map(|assign| assign.value.as_ref()));
                queries.push(query);
            }
        }
    }
    walk_all(stack, queries, visit);
}

/// Visits every literal and expression of a query.
pub(crate) fn walk_query<'a>(query: &'a Query, visit: &mut dyn FnMut(Node<'a>)) {
    walk_all(Vec::new(), vec![query], visit);
}

fn walk_all<'a>(mut stack: Vec<&'a Expr>, mut queries: Vec<&'a Query>, visit: &mut dyn FnMut(Node<'a>)) {
    loop {
        if let Some(expr) = stack.pop() {
            visit(Node::Expr(expr));
            push_children(expr, &mut stack, &mut queries);
        } else if let Some(query) = queries.pop() {
            for statement in &query.stmts {
                visit(Node::Literal(&statement.literal));
                push_literal(&statement.literal, &mut stack, &mut queries);
                for with in &statement.with_mods {
                    visit(Node::With(with));
                    stack.extend([with.refr.as_ref(), with.r#as.as_ref()]);
                }
            }
        } else {
            return;
        }
    }
}

fn push_head<'a>(head: &'a RuleHead, stack: &mut Vec<&'a Expr>) {
    match head {
        RuleHead::Compr { assign, .. } => stack.extend(assign.iter().map(|assign| assign.value.as_ref())),
        RuleHead::Set { key, .. } => stack.extend(key.iter().map(AsRef::as_ref)),
        RuleHead::Func { args, assign, .. } => {
            stack.extend(args.iter().map(AsRef::as_ref));
            stack.extend(assign.iter().map(|assign| assign.value.as_ref()));
        }
    }
}

fn push_literal<'a>(literal: &'a Literal, stack: &mut Vec<&'a Expr>, queries: &mut Vec<&'a Query>) {
    match literal {
        Literal::SomeVars { .. } => {}
        Literal::SomeIn { key, value, collection, .. } => {
            stack.extend(key.iter().map(AsRef::as_ref));
            stack.extend([value.as_ref(), collection.as_ref()]);
        }
        Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => stack.push(expr),
        Literal::Every { domain, query, .. } => {
            stack.push(domain);
            queries.push(query);
        }
    }
}

fn push_children<'a>(expr: &'a Expr, stack: &mut Vec<&'a Expr>, queries: &mut Vec<&'a Query>) {
    match expr {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => {}
        Expr::Array { items, .. } | Expr::Set { items, .. } => stack.extend(items.iter().map(AsRef::as_ref)),
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                stack.extend([key.as_ref(), value.as_ref()]);
            }
        }
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            stack.push(term);
            queries.push(query);
        }
        Expr::ObjectCompr { key, value, query, .. } => {
            stack.extend([key.as_ref(), value.as_ref()]);
            queries.push(query);
        }
        Expr::Call { fcn, params, .. } => {
            stack.push(fcn);
            stack.extend(params.iter().map(AsRef::as_ref));
        }
        Expr::UnaryExpr { expr, .. } => stack.push(expr),
        Expr::RefDot { refr, .. } => stack.push(refr),
        Expr::RefBrack { refr, index, .. } => stack.extend([refr.as_ref(), index.as_ref()]),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => stack.extend([lhs.as_ref(), rhs.as_ref()]),
        Expr::Membership { key, value, collection, .. } => {
            stack.extend(key.iter().map(AsRef::as_ref));
            stack.extend([value.as_ref(), collection.as_ref()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_engine_are_short_and_hold_no_values() {
        let file = PolicyFile::new("x.rego", "");
        let text = "\n--> lib/y.rego:3:5\n  |\n3 | a\n  | ^\nerror: var a is unsafe (path [\"p\"], scopes [secret])\n";
        assert_eq!(engine_error(&file, text).to_string(), "lib/y.rego:3: var a is unsafe");
        let long = brief(&"é".repeat(5_000));
        assert_eq!(long.chars().count(), MAX_MESSAGE + 1);
    }
}
