//! `holdfast rules`, `test` and `waivers`.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::{RulesArgs, RulesCommand, RulesFormat, TestArgs, WaiversArgs};
use super::{Failure, print, sources};
use crate::config;
use crate::date::Date;
use crate::policy::{self, Outcome, Policies};
use crate::rule::{Example, Level, Rule, Tier};
use crate::rule_docs;

pub(super) fn rules(args: &RulesArgs) -> Result<u8, Failure> {
    let policies = load(&args.policy_dir)?;
    let rules: Vec<Rule> = policies.rules().cloned().collect();
    match (args.command.as_ref().unwrap_or(&RulesCommand::List), args.format) {
        (RulesCommand::List, RulesFormat::Text) => print(&list(&rules)),
        (RulesCommand::List, RulesFormat::Json) => print_json(&rules.iter().map(to_json).collect()),
        (RulesCommand::Show { id }, format) => {
            let rule = find(&rules, id)?;
            match format {
                RulesFormat::Text => {
                    print(&rule_docs::show(rule, &examples(&policies, std::slice::from_ref(rule))?[0]))
                }
                RulesFormat::Json => print_json(&to_json(rule)),
            }
        }
        (RulesCommand::Export { dir }, _) => export(&rules, &examples(&policies, &rules)?, dir),
    }
}

/// An example for each rule.
fn examples(policies: &Policies, rules: &[Rule]) -> Result<Vec<Example>, Failure> {
    policy::examples(policies, rules).map_err(Failure::list)
}

fn load(policy_dirs: &[PathBuf]) -> Result<Policies, Failure> {
    policy_dirs.iter().try_fold(Policies::builtin().map_err(Failure::list)?, |policies, dir| {
        policies.with_custom(dir).map_err(Failure::list)
    })
}

fn find<'r>(rules: &'r [Rule], id: &str) -> Result<&'r Rule, Failure> {
    let is = |rule: &&Rule| rule.id.eq_ignore_ascii_case(id) || rule.aliases.iter().any(|a| a.eq_ignore_ascii_case(id));
    rules.iter().find(is).ok_or_else(|| {
        let ids = rules.iter().map(|rule| rule.id.as_str());
        let failure = Failure::usage(format!("there is no rule {id}"));
        match crate::nearest::nearest(id, ids) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => failure.hint("`holdfast rules` lists them"),
        }
    })
}

fn list(rules: &[Rule]) -> String {
    let mut text = String::new();
    for rule in rules {
        let level = |tier| rule.level_in(tier).map_or("off", Level::as_str);
        let levels = match rule.uniform_level() {
            Some(level) => level.as_str().to_owned(),
            None => Tier::ALL.map(level).join("/"),
        };
        _ = writeln!(text, "{:<12} {:<22} {}", rule.id, levels, rule.title);
    }
    text
}

fn to_json(rule: &Rule) -> Value {
    let evidence: serde_json::Map<String, Value> =
        rule.evidence.iter().map(|e| (e.resource_type.clone(), json!(e.paths))).collect();
    json!({
        "id": rule.id, "aliases": rule.aliases, "deprecated": rule.deprecated, "title": rule.title,
        "description": rule.description, "package": rule.package, "level": rule.level, "score": rule.score,
        "scope": rule.scope, "subject": rule.subject, "tier": rule.tier, "evidence": evidence,
        "absence": rule.absence, "static": rule.is_static, "seeds": rule.seeds, "change": rule.change,
        "cost": rule.cost, "remediation": rule.remediation, "aprl": rule.aprl, "references": rule.references,
        "custom": rule.custom,
    })
}

fn print_json(value: &Value) -> Result<u8, Failure> {
    print(&format!("{value:#}\n"))
}

/// Writes the pages; a page that is right already is not touched.
fn export(rules: &[Rule], examples: &[Example], dir: &Path) -> Result<u8, Failure> {
    let pages = rule_docs::pages(rules, examples).map_err(|error| Failure::usage(error.to_string()))?;
    for (name, text) in pages {
        // `docs/rules` is the folder that people name; the traceability page stands beside it.
        let path = match name.strip_prefix("rules/") {
            Some(name) => dir.join(name),
            None => dir.parent().unwrap_or(dir).join(name),
        };
        let failed = |error: std::io::Error| Failure::output(&path.display().to_string(), &error);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(dir)).map_err(failed)?;
        fs::write(&path, text).map_err(failed)?;
    }
    Ok(0)
}

/// Runs policy tests. Exit status 1 if one fails.
pub(super) fn test(args: &TestArgs) -> Result<u8, Failure> {
    let report = match &args.dir {
        Some(dir) => policy::test_folder(dir, args.coverage),
        None => policy::test_builtin(args.coverage),
    };
    let report = report.map_err(Failure::list)?;
    let mut text = String::new();
    report.errors.iter().for_each(|error| _ = writeln!(text, "error: {error}"));
    for test in report.tests.iter().filter(|test| !matches!(test.outcome, Outcome::Passed | Outcome::Todo)) {
        _ = writeln!(text, "{test}");
    }
    let gaps = report.coverage.iter().filter(|coverage| !coverage.not_covered.is_empty());
    for coverage in gaps {
        let lines: Vec<String> = coverage.not_covered.iter().map(ToString::to_string).collect();
        _ = writeln!(text, "{}: no test covers line {}", coverage.file, lines.join(", "));
    }
    let failed = report.tests.len() - report.passed();
    _ = writeln!(text, "{} policy tests passed, {failed} did not", report.passed());
    print(&text)?;
    Ok(u8::from(!report.is_success()))
}

/// Lists the waivers of the configuration with the days that they have left.
pub(super) fn waivers(args: &WaiversArgs) -> Result<u8, Failure> {
    let policies = load(&args.policy_dir)?;
    let known: Vec<&str> = policies.rules().map(|rule| rule.id.as_str()).collect();
    let file = match &args.config {
        Some(file) => Some(file.clone()),
        None => sources::discover(&[PathBuf::from(".")])?,
    };
    let Some(file) = file else { return print("there is no holdfast.yaml, so there are no waivers\n") };
    let config = config::load(&file, &known).map_err(Failure::config)?;
    let today = args.today.as_deref().and_then(Date::parse).unwrap_or_else(Date::today);
    let mut text = String::new();
    for waiver in &config.waivers {
        let days = today.days_until(waiver.until);
        let left = if days < 0 { format!("expired {} days ago", -days) } else { format!("{days} days left") };
        let target = waiver.target.as_str();
        _ = writeln!(text, "{:<12} {target}  {left}  ({}: {})", waiver.rule.as_str(), waiver.owner, waiver.reason);
    }
    if config.waivers.is_empty() {
        text.push_str("no waivers\n");
    }
    print(&text)
}
