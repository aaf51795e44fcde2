//! Finds rules and functions that use themselves.
//!
//! Rego forbids recursion, the engine does not look for it, and its interpreter would overflow the stack,
//! which ends the process.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, Expr, Literal, Rule, RuleHead};

use super::syntax::{Node, Syntax, path, walk};
use super::{PolicyError, PolicyFile};

/// A policy with what is known of it: its file, package and syntax.
pub(crate) type Module<'a> = (&'a PolicyFile, &'a str, &'a Syntax);

/// One error per rule or function that leads back to itself.
pub(crate) fn check(modules: &[Module]) -> Vec<PolicyError> {
    let graph = Graph::of(modules);
    let mut errors = Vec::new();
    for (name, node) in &graph.nodes {
        if graph.leads_to_itself(name) {
            errors.push(node.file.error(node.line, format!("`{name}` uses itself; Rego has no recursion")));
        }
    }
    errors
}

struct Graph<'a> {
    /// Full name (`package.rule`) → what it uses.
    nodes: BTreeMap<String, GraphNode<'a>>,
}

struct GraphNode<'a> {
    file: &'a PolicyFile,
    line: usize,
    uses: BTreeSet<String>,
}

impl<'a> Graph<'a> {
    fn of(modules: &[Module<'a>]) -> Self {
        let names: BTreeSet<String> = (modules.iter())
            .flat_map(|(_, package, syntax)| syntax.rules().map(move |(name, ..)| format!("{package}.{name}")))
            .collect();
        let mut nodes: BTreeMap<String, GraphNode> = BTreeMap::new();
        for (file, package, syntax) in modules {
            let aliases: BTreeMap<_, _> = (syntax.imports().into_iter())
                .filter_map(|(path, name, _)| Some((name, path.join(".").strip_prefix("data.")?.to_owned())))
                .collect();
            for (name, line, rule) in syntax.rules() {
                let node = nodes.entry(format!("{package}.{name}")).or_insert_with(|| GraphNode {
                    file,
                    line,
                    uses: BTreeSet::new(),
                });
                node.uses.extend(uses(rule, package, &aliases, &names));
            }
        }
        Self { nodes }
    }

    fn leads_to_itself(&self, name: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&str> = self.nodes[name].uses.iter().map(String::as_str).collect();
        while let Some(used) = next.pop() {
            if used == name {
                return true;
            }
            if seen.insert(used) {
                next.extend(self.nodes.get(used).into_iter().flat_map(|node| node.uses.iter().map(String::as_str)));
            }
        }
        false
    }
}

/// The known rules and functions that a rule names, in any of its expressions.
fn uses(rule: &Rule, package: &str, aliases: &BTreeMap<String, String>, names: &BTreeSet<String>) -> BTreeSet<String> {
    let local = local_names(rule);
    let mut found = BTreeSet::new();
    walk(rule, &mut |node| {
        let Node::Expr(expr @ (Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. })) = node else { return };
        let Some(path) = path(expr) else { return };
        if local.contains(&path[0]) {
            return;
        }
        let rest = path[1..].iter().fold(String::new(), |text, name| text + "." + name);
        let full = match aliases.get(&path[0]) {
            Some(target) => format!("{target}{rest}"),
            None if path[0] == "data" => rest.trim_start_matches('.').to_owned(),
            None => format!("{package}.{}{rest}", path[0]),
        };
        found.extend(names.get(&full).cloned());
    });
    found
}

/// The names that a rule binds itself; they hide rules of the same name.
fn local_names(rule: &Rule) -> BTreeSet<String> {
    let mut bound: Vec<&Expr> = Vec::new();
    let mut local = BTreeSet::new();
    if let Rule::Spec { head: RuleHead::Func { args, .. }, .. } = rule {
        bound.extend(args.iter().map(AsRef::as_ref));
    }
    walk(rule, &mut |node| match node {
        Node::Expr(Expr::AssignExpr { op: AssignOp::ColEq, lhs, .. }) => bound.push(lhs),
        Node::Literal(Literal::SomeVars { vars, .. }) => {
            local.extend(vars.iter().map(|var| var.text().to_owned()));
        }
        Node::Literal(Literal::SomeIn { key, value, .. }) => {
            bound.extend(key.iter().map(AsRef::as_ref));
            bound.push(value);
        }
        Node::Literal(Literal::Every { key, value, .. }) => {
            local.extend(key.iter().chain([value]).map(|var| var.text().to_owned()));
        }
        _ => {}
    });
    while let Some(expr) = bound.pop() {
        match expr {
            Expr::Var { .. } => local.extend(path(expr).into_iter().flatten()),
            Expr::Array { items, .. } => bound.extend(items.iter().map(AsRef::as_ref)),
            Expr::Object { fields, .. } => bound.extend(fields.iter().map(|(_, _, value)| value.as_ref())),
            _ => {}
        }
    }
    local
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recursive(policies: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = (policies.iter())
            .map(|(package, text)| PolicyFile::new(format!("{package}.rego"), format!("package {package}\n{text}\n")))
            .collect();
        let syntaxes: Vec<_> = files.iter().map(|file| Syntax::parse(file).unwrap()).collect();
        let modules: Vec<Module> = (policies.iter().zip(&files).zip(&syntaxes))
            .map(|(((package, _), file), syntax)| (file, *package, syntax))
            .collect();
        check(&modules).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_function_that_calls_itself_is_found() {
        let errors = recursive(&[("a.b", "f(n) := f(n - 1) if n > 0")]);
        assert_eq!(errors, ["a.b.rego:2: `a.b.f` uses itself; Rego has no recursion"]);
    }

    #[test]
    fn cycles_over_rules_and_packages_are_found() {
        assert_eq!(recursive(&[("a", "x := y\ny := z.w\nz := {\"w\": x}")]).len(), 3);
        let other = ("lib.c", "import data.a\ng(n) := a.f(n)");
        assert_eq!(recursive(&[("a", "import data.lib.c\nf(n) := c.g(n)"), other]).len(), 2);
        assert_eq!(recursive(&[("a", "f(n) := data.lib.c.g(n)"), other]).len(), 2);
    }

    #[test]
    fn local_names_hide_rules() {
        let text = "pair(s) := [p | some pair in input.pairs; p := pair]\nprimary(pair) := pair.primary\n\
                    same(same) := same";
        assert_eq!(recursive(&[("a", text)]), [""; 0]);
    }
}
