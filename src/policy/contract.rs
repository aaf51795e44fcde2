//! The contract that a rule keeps, checked before it runs: what METADATA promises is what the policy
//! does, and nothing in it can presume a verdict.
//!
//! Built-in rules are checked by a test, custom rules at each load. Whatever cannot be decided from the
//! text is left to the erasure test.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, BoolOp, Expr, Literal, Span};

use super::compile::SETS;
use super::syntax::{Node, Syntax, is_set, path, string, tail, walk, walk_query};
use super::{PolicyError, PolicyFile};
use crate::model::Pointer;
use crate::rule::Rule;

/// Members that hold an id. (`id` alone is also a usual name for a variable that holds one.)
const ID_MEMBERS: &[&str] = &["id", "resource", "primary", "secondary"];

/// Builtins that depend on something else than the input, or print.
const IMPURE: &[&str] =
    &["time.now_ns", "http.send", "opa.runtime", "net.lookup_ip_addr", "test.sleep", "print", "trace"];
const IMPURE_FAMILIES: &[&str] = &["rand.", "uuid.", "rego.metadata.", "providers.", "crypto.", "io.jwt."];
/// Builtins that can fill the memory before any limit is looked at.
const UNBOUNDED: &[&str] = &["numbers.range", "numbers.range_step", "net.cidr_expand"];

const FINDING: &str = "data.holdfast.lib.finding.";
const ESTATE: &str = "data.holdfast.lib.estate.";
/// Functions of the estate library that ask whether a type was enumerated, the place of the type among
/// their arguments, and whether METADATA must name it: what `dangling` finds is often only exempt.
const ENUMERATIONS: &[(&str, usize, bool)] = &[("complete", 0, true), ("complete_in", 0, true), ("dangling", 1, false)];

/// Checks one rule. `relative` is its path below `rules/`, or below the folder of `--policy-dir`.
pub(crate) fn check(rule: &Rule, file: &PolicyFile, relative: &str, syntax: &Syntax) -> Vec<PolicyError> {
    let mut check = Check { rule, file, aliases: aliases(syntax), errors: Vec::new(), absences: Vec::new() };
    check.package(relative);
    check.sets(syntax);
    check.imports(syntax);
    for (_, _, rego) in syntax.rules() {
        walk(rego, &mut |node| match node {
            Node::Expr(expr) => check.expression(expr),
            Node::Literal(literal) => check.literal(literal),
            Node::With(_) => {}
        });
    }
    check.longest_properties();
    check.absence();
    check.errors.sort();
    check.errors.dedup();
    check.errors
}

/// In the body of an `every` no index is the variable of that `every`: the virtual machine takes it for a
/// search, so `every name in names { it[name] }` holds where nothing has that name. It would be a pass that
/// nothing proves.
pub(crate) fn check_every(file: &PolicyFile, syntax: &Syntax) -> Vec<PolicyError> {
    let mut errors = Vec::new();
    for (_, _, rego) in syntax.rules() {
        walk(rego, &mut |node| {
            let Node::Literal(Literal::Every { key, value, query, .. }) = node else { return };
            let names: Vec<&str> = key.iter().chain([value]).map(Span::text).collect();
            walk_query(query, &mut |inner| {
                if let Node::Expr(Expr::RefBrack { index, span, .. }) = inner
                    && let Expr::Var { span: variable, .. } = index.as_ref()
                    && names.contains(&variable.text())
                {
                    let message = format!(
                        "`{}` of `every` is an index in its body, which the virtual machine takes for a search; look it up in a function",
                        variable.text()
                    );
                    errors.push(file.error(span.line as usize, message));
                }
            });
        });
    }
    errors
}

/// Ids and aliases are unique over all rules.
pub(crate) fn check_unique<'a>(rules: impl Iterator<Item = (&'a Rule, &'a PolicyFile)>) -> Vec<PolicyError> {
    let mut owners: BTreeMap<&str, &PolicyFile> = BTreeMap::new();
    let mut errors = Vec::new();
    for (rule, file) in rules {
        for id in std::iter::once(&rule.id).chain(&rule.aliases) {
            if let Some(owner) = owners.insert(id, file) {
                errors.push(file.error(1, format!("the id `{id}` is already that of {}", owner.path)));
            }
        }
    }
    errors
}

/// Imported name → full path.
fn aliases(syntax: &Syntax) -> BTreeMap<String, String> {
    syntax.imports().into_iter().map(|(path, name, _)| (name, path.join("."))).collect()
}

struct Check<'a> {
    rule: &'a Rule,
    file: &'a PolicyFile,
    aliases: BTreeMap<String, String>,
    errors: Vec<PolicyError>,
    /// Types asked of the enumeration (an empty name for a computed one), with the line, and whether
    /// METADATA must name them.
    absences: Vec<(String, usize, bool)>,
}

impl Check<'_> {
    fn error(&mut self, span: &Span, message: String) {
        self.errors.push(self.file.error(span.line as usize, message));
    }

    /// The package says where the file is.
    fn package(&mut self, relative: &str) {
        let place = relative.trim_end_matches(".rego").replace('/', ".");
        let package = &self.rule.package;
        if self.rule.custom {
            let own = package.split('.').next() != Some("holdfast");
            let ends = package == &place || package.ends_with(&format!(".{place}"));
            if !own {
                self.errors.push(self.file.error(1, "packages below `holdfast` are those of holdfast".to_owned()));
            } else if !ends {
                let message = format!("package `{package}` must end with the path of the file, `{place}`");
                self.errors.push(self.file.error(1, message));
            }
        } else if package != &format!("holdfast.rules.{place}") {
            let message = format!("package `{package}` must be `holdfast.rules.{place}` in this file");
            self.errors.push(self.file.error(1, message));
        }
    }

    fn sets(&mut self, syntax: &Syntax) {
        for set in ["deny", "pass"] {
            if !syntax.has_set(set) {
                self.errors.push(self.file.error(1, format!("the rule has no `{set} contains …`")));
            }
        }
        for (name, line, rego) in syntax.rules() {
            if SETS.contains(&name.as_str()) && !is_set(rego) {
                self.errors.push(self.file.error(line, format!("`{name}` must be a set: `{name} contains …`")));
            }
        }
    }

    fn imports(&mut self, syntax: &Syntax) {
        for (imported, _, line) in syntax.imports() {
            if let Some(message) = self.foreign(&imported.join(".")) {
                self.errors.push(self.file.error(line, message));
            }
        }
    }

    /// What is wrong with a path that leads into `data`, if it leads to what is not a rule's business.
    fn foreign(&self, full: &str) -> Option<String> {
        if !full.starts_with("data.") {
            return None;
        }
        if full.starts_with("data.holdfast.lib.fixture") {
            return Some("the fixtures are for tests".to_owned());
        }
        let own = format!("data.{}.", self.rule.package);
        // Pieces of a longer path are visited too.
        let leads_to = |place: &str| full.starts_with(place) || place.starts_with(&format!("{full}."));
        let of_holdfast = full == "data.holdfast" || full.starts_with("data.holdfast.");
        let allowed = ["data.holdfast.lib.", "data.holdfast.tables.", &own].into_iter().any(leads_to);
        if allowed || (self.rule.custom && !of_holdfast) {
            return None;
        }
        let start = full.split('.').take(3).collect::<Vec<_>>().join(".");
        Some(format!("`{start}`: a rule reads `data.holdfast.lib` and `data.holdfast.tables` only"))
    }

    /// A path with its first name resolved: `estate.same` is `data.holdfast.lib.estate.same`.
    fn full_path(&self, expr: &Expr) -> Option<String> {
        let names = path(expr)?;
        let first = self.aliases.get(&names[0]).unwrap_or(&names[0]).clone();
        Some(std::iter::once(&first).chain(&names[1..]).cloned().collect::<Vec<_>>().join("."))
    }

    fn expression(&mut self, expr: &Expr) {
        match expr {
            Expr::BoolExpr { op: BoolOp::Eq | BoolOp::Ne, lhs, rhs, span, .. }
            | Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, span, .. } => self.comparison(lhs, rhs, span),
            Expr::Call { fcn, params, span, .. } => self.call(fcn, params.iter().map(AsRef::as_ref), span),
            Expr::RefDot { span, .. } | Expr::RefBrack { span, .. } => {
                if let Some(message) = path(expr).and_then(|names| self.foreign(&names.join("."))) {
                    self.error(span, message);
                }
                self.property(&tail(expr), span);
            }
            Expr::Array { items, span, .. } => {
                let names: Option<Vec<_>> = items.iter().map(|item| string(item)).collect();
                if let Some(names) = names.filter(|names| names.first().is_some_and(|name| name == "properties")) {
                    self.property(&names, span);
                }
            }
            _ => {}
        }
    }

    fn comparison(&mut self, left: &Expr, right: &Expr, span: &Span) {
        if holds_id(left) || holds_id(right) {
            self.error(span, COMPARED.to_owned());
        }
    }

    /// `not x.id in …` presumes that ids which differ are two resources.
    fn literal(&mut self, literal: &Literal) {
        if let Literal::NotExpr { expr, span } = literal
            && let Expr::Membership { value, .. } = expr.as_ref()
            && holds_id(value)
        {
            self.error(span, COMPARED.to_owned());
        }
    }

    fn call<'e>(&mut self, function: &Expr, mut arguments: impl Iterator<Item = &'e Expr>, span: &Span) {
        let Some(full) = self.full_path(function) else { return };
        if IMPURE.contains(&full.as_str()) || IMPURE_FAMILIES.iter().any(|family| full.starts_with(family)) {
            self.error(span, format!("`{full}` is not available: a rule sees its input and nothing else"));
        }
        if self.rule.custom && UNBOUNDED.contains(&full.as_str()) {
            self.error(span, format!("`{full}` is not available to custom rules: its result has no bound"));
        }
        if full == format!("{FINDING}of") || full == format!("{FINDING}at_level") {
            let Some(pointer) = arguments.nth(2).and_then(string) else { return };
            if !pointer.is_empty() && !self.declared(&pointer) {
                self.error(span, format!("the finding points at `{pointer}`, which is no declared evidence"));
            }
        }
        let asked = full.strip_prefix(ESTATE).and_then(|name| ENUMERATIONS.iter().find(|(known, ..)| *known == name));
        if let Some((_, place, declared)) = asked {
            let name = arguments.nth(*place).and_then(string).unwrap_or_default();
            self.absences.push((name, span.line as usize, *declared));
        }
    }

    /// A property that is read must be declared, or hold something that is.
    fn property(&mut self, names: &[String], span: &Span) {
        let Some(start) = names.iter().position(|name| name == "properties") else { return };
        let pointer = names[start..].iter().fold(Pointer::root(), |pointer, name| pointer.child(name));
        if !self.declared(pointer.as_str()) {
            self.error(span, format!("{UNDECLARED}`{pointer}`"));
        }
    }

    /// Whether a pointer is declared evidence, or holds or is inside of something that is.
    fn declared(&self, pointer: &str) -> bool {
        let Some(pointer) = Pointer::parse(pointer) else { return false };
        let mut paths = self.rule.evidence.iter().flat_map(|evidence| evidence.paths.iter().flatten());
        // The empty pointer only makes the others of its group optional.
        paths.any(|path| {
            Pointer::parse(path)
                .filter(|declared| *declared != Pointer::root())
                .is_some_and(|declared| pointer.is_within(&declared) || declared.is_within(&pointer))
        })
    }

    /// Of `a.b` and `a.b.c` on one line only the longer is told.
    fn longest_properties(&mut self) {
        let found: BTreeSet<(usize, String)> = (self.errors.iter())
            .filter_map(|error| Some((error.line, error.message.strip_prefix(UNDECLARED)?.to_owned())))
            .collect();
        self.errors.retain(|error| {
            let Some(pointer) = error.message.strip_prefix(UNDECLARED) else { return true };
            let inside = format!("{}/", pointer.trim_end_matches('`'));
            !found.iter().any(|(line, other)| *line == error.line && other.starts_with(&inside))
        });
    }

    /// `absence` in METADATA and `estate.complete` in the policy go together.
    fn absence(&mut self) {
        let asked = std::mem::take(&mut self.absences);
        let declared = |name: &str| self.rule.absence.iter().any(|known| known.eq_ignore_ascii_case(name));
        let mut errors = Vec::new();
        for (name, line, _) in asked.iter().filter(|(_, _, must)| *must) {
            if name.is_empty() && self.rule.absence.is_empty() {
                let message = "`estate.complete` is asked, but METADATA has no `absence`".to_owned();
                errors.push(self.file.error(*line, message));
            } else if !name.is_empty() && !declared(name) {
                errors.push(self.file.error(*line, format!("`absence` in METADATA lacks `{name}`")));
            }
        }
        let computed = asked.iter().any(|(name, ..)| name.is_empty());
        for name in self.rule.absence.iter().filter(|_| !computed) {
            if !asked.iter().any(|(known, ..)| known.eq_ignore_ascii_case(name)) {
                let message = format!("absence of `{name}` is denied, but `estate.complete` never asks for it");
                errors.push(self.file.error(0, message));
            }
        }
        self.errors.extend(errors);
    }
}

const COMPARED: &str = "ids are compared with `estate.same` and `estate.distinct`: ids that differ may be one resource";
const UNDECLARED: &str = "a property is read that is no declared evidence: ";

/// Whether an expression is an id by its name.
fn holds_id(expr: &Expr) -> bool {
    if let Expr::Var { .. } = expr {
        return path(expr).is_some_and(|names| names[0] == "id");
    }
    tail(expr).last().is_some_and(|name| ID_MEMBERS.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::metadata;

    const HEAD: &str = "\
# METADATA
# title: Good
# description: Why.
# scope: package
# related_resources: [https://example.com/]
# custom:
#   id: ACME-STOR-001
#   level: {active-active: error, active-standby: error, active-passive: error}
#   score: 5
#   scope: pair
#   subject: workspace_pair
#   static: yes
#   seeds: []
#   change: in-place
#   evidence:
#     Microsoft.Storage/storageAccounts: [/sku/name, /properties/network/acls]
#   absence: [Microsoft.Insights/metricAlerts]
#   remediation: {text: Do it.}
package holdfast.rules.storage.x

import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.of(s, s, \"/properties/network/acls/rules\", \"m\") if {
	some s in estate.subjects(\"workspace_pair\")
	estate.complete(\"microsoft.insights/metricalerts\")
}

pass contains s.id if some s in estate.subjects(\"workspace_pair\")
";

    fn errors_at(relative: &str, custom: bool, text: &str) -> Vec<String> {
        let file = PolicyFile::new("x.rego", text.to_owned());
        let rule = metadata::read(&file, custom).unwrap();
        let syntax = Syntax::parse(&file).unwrap();
        check(&rule, &file, relative, &syntax).iter().map(ToString::to_string).collect()
    }

    fn errors_with(rest: &str) -> Vec<String> {
        errors_at("storage/x.rego", false, &format!("{HEAD}\n{rest}\n"))
    }

    fn one_error(rest: &str) -> String {
        let errors = errors_with(rest);
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors[0].clone()
    }

    #[test]
    fn a_good_rule_has_no_error() {
        assert_eq!(errors_with(""), [""; 0]);
        assert_eq!(errors_with("helper(x) := x.properties.network.acls[_].name"), [""; 0]);
        assert_eq!(errors_with("helper(x) := x.properties"), [""; 0]);
        assert_eq!(errors_with("helper(x) := data.holdfast.tables.zone_regions[x]"), [""; 0]);
    }

    #[test]
    fn package_is_the_path() {
        let custom = HEAD.replace("holdfast.rules.storage.x", "acme.storage.x");
        assert_eq!(errors_at("storage/x.rego", true, &custom), [""; 0]);
        assert!(
            errors_at("storage/y.rego", true, &custom)[0].contains("must end with the path of the file, `storage.y`")
        );
        assert!(errors_at("storage/y.rego", false, HEAD)[0].contains("must be `holdfast.rules.storage.y`"));
        assert!(errors_at("storage/x.rego", true, HEAD)[0].contains("those of holdfast"));
    }

    #[test]
    fn deny_and_pass_must_be_sets() {
        let errors = errors_at("storage/x.rego", false, &HEAD.replace("pass contains", "passed contains"));
        assert!(errors[0].contains("no `pass contains"), "{errors:?}");
        assert!(one_error("exempt := 1").contains("`exempt` must be a set"));
    }

    #[test]
    fn ids_are_not_compared() {
        for text in ["a.id == b", "a != b.resource", "a[\"primary\"] = b", "not a.id in b", "id == b"] {
            assert!(one_error(&format!("h(a, b, id) if {text}")).contains("estate.same"), "{text}");
        }
        assert_eq!(errors_with("h(a, b) if a.name == b.name"), [""; 0]);
        assert_eq!(errors_with("h(a, b) if b := a.id"), [""; 0]);
    }

    #[test]
    fn rules_are_pure() {
        assert!(one_error("h if time.now_ns() > 0").contains("`time.now_ns` is not available"));
        assert!(one_error("h if rand.intn(\"a\", 3)").contains("`rand.intn`"));
        assert!(one_error("h := data.holdfast.rules.storage.y.pass").contains("a rule reads"));
        assert!(one_error("h := data.holdfast.lib.fixture.pair").contains("for tests"));
        let custom = HEAD.replace("holdfast.rules.storage.x", "acme.storage.x");
        let errors = errors_at("storage/x.rego", true, &format!("{custom}\nh := numbers.range(1, 9)\n"));
        assert!(errors[0].contains("its result has no bound"), "{errors:?}");
    }

    #[test]
    fn what_is_read_is_declared() {
        let error = one_error("h(x) := x.properties.encryption.key.uri");
        assert_eq!(
            error,
            "x.rego:31: a property is read that is no declared evidence: `/properties/encryption/key/uri`"
        );
        assert!(one_error("h(x) if estate.absent(x, [\"properties\", \"zone\"])").contains("`/properties/zone`"));
        let wrong = HEAD.replace("\"/properties/network/acls/rules\"", "\"/location\"");
        assert!(errors_at("storage/x.rego", false, &wrong)[0].contains("points at `/location`"));
    }

    #[test]
    fn absence_and_enumeration_go_together() {
        let never = HEAD.replace("estate.complete(", "estate.absent(");
        assert!(errors_at("storage/x.rego", false, &never)[0].contains("never asks"));
        let other = HEAD.replace("#   absence: [Microsoft.Insights/metricAlerts]\n", "");
        assert!(errors_at("storage/x.rego", false, &other)[0].contains("lacks `microsoft.insights/metricalerts`"));
        let computed = HEAD.replace("\"microsoft.insights/metricalerts\"", "s.kind");
        assert_eq!(errors_at("storage/x.rego", false, &computed), [""; 0]);
    }

    #[test]
    fn an_index_by_the_variable_of_every_is_refused() {
        let errors = |body: &str| {
            let file = PolicyFile::new("x.rego", format!("package acme.x\n\np(it) if {{\n\t{body}\n}}\n"));
            let syntax = Syntax::parse(&file).unwrap_or_else(|error| panic!("{error}"));
            check_every(&file, &syntax).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        for body in [
            "every name in {\"a\"} { it[name] }",
            "every name, _ in {\"a\": 1} { count(it.relations[name]) > 0 }",
            "every one in it { every name in {\"a\"} { one[name] == 1 } }",
        ] {
            assert!(errors(body)[0].starts_with("x.rego:4: `name` of `every`"), "{body}: {:?}", errors(body));
        }
        for body in ["every name in {\"a\"} { has(it, name) }", "every one in it { some k in one.keys; one.by[k] }"] {
            assert!(errors(body).is_empty(), "{body}: {:?}", errors(body));
        }
    }

    #[test]
    fn ids_are_unique_with_aliases() {
        let file = PolicyFile::new("x.rego", HEAD);
        let rule = metadata::read(&file, false).unwrap();
        let mut other = rule.clone();
        other.id = "HF-STOR-002".to_owned();
        other.aliases = vec![rule.id.clone()];
        assert_eq!(check_unique([(&rule, &file), (&other, &file)].into_iter()).len(), 1);
    }
}
