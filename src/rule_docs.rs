//! Pages about rules, generated from their METADATA: one per rule, an index, and the traceability of
//! the statements of the Azure ML failover article.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

use crate::model::GapCode;
use crate::rule::{Evidence, Example, Level, Rule, Static, Tier};

/// The statements of the article that rules refer to as seeds.
const STATEMENTS: &str = include_str!("../docs/statements.json");

#[derive(Deserialize)]
struct Statements {
    source: String,
    edition: String,
    statements: BTreeMap<String, String>,
}

/// All pages: file name relative to `docs/` → Markdown.
///
/// # Errors
/// The embedded list of statements does not parse.
pub fn pages(rules: &[Rule], examples: &[Example]) -> Result<BTreeMap<String, String>, serde_json::Error> {
    let statements: Statements = serde_json::from_str(STATEMENTS)?;
    let of_rule =
        |(rule, example): (&Rule, &Example)| (format!("rules/{}.md", rule.id), page(rule, example, &statements));
    let mut pages: BTreeMap<String, String> = rules.iter().zip(examples).map(of_rule).collect();
    pages.insert("rules/README.md".to_owned(), index(rules));
    pages.insert(format!("rules/{EVIDENCE_MISSING}.md"), EVIDENCE_MISSING_PAGE.to_owned());
    pages.insert("gap-codes.md".to_owned(), gap_codes());
    pages.insert("traceability.md".to_owned(), traceability(rules, &statements));
    Ok(pages)
}

/// The reserved id of what could not be read; not one of the catalogue's rules.
const EVIDENCE_MISSING: &str = "HF-SCAN-001";

const EVIDENCE_MISSING_PAGE: &str = "\
# HF-SCAN-001: Evidence is missing

Not a rule of the catalogue but the reserved id under which the upload profile of SARIF (`--sarif-profile github`) reports what could
not be read: one note per resource or file, naming the rules that were not evaluated. Without it a dashboard would read \"no alert\" as
\"fine\", and would close alerts that are still true.

In the full profile, in text and in every other format the affected subjects are `open` instead, each with its reason.

What to do follows from the reason: give a parameter a value (a parameter file beside the template, or `--parameters`), bring a module into
the repository, correct the file, or grant the permission that is named. The codes are listed in [gap codes](../gap-codes.md).
";

/// The closed list of gap codes, from the code that uses them.
fn gap_codes() -> String {
    let mut page = String::from(
        "# Gap codes\n\nWhat could not be read carries one of these codes. The list is closed and codes never change their \
         meaning: they are rule ids of SARIF notifications. Codes in bold make the scan incomplete (exit status 3, \
         `executionSuccessful: false`).\n\n| code | meaning |\n|---|---|\n",
    );
    for code in GapCode::ALL {
        let name = if code.ends_complete_scan() { format!("**{}**", code.as_str()) } else { code.as_str().to_owned() };
        _ = writeln!(page, "| {name} | {} |", code.title());
    }
    page
}

/// The page of one rule, without the texts of its statements.
pub fn show(rule: &Rule, example: &Example) -> String {
    let none = Statements { source: String::new(), edition: String::new(), statements: BTreeMap::new() };
    page(rule, example, &none)
}

fn page(rule: &Rule, example: &Example, statements: &Statements) -> String {
    let mut page = format!("# {}: {}\n\n{}\n\n", rule.id, rule.title, rule.description.trim());
    facts(&mut page, rule);
    _ = writeln!(page, "\n## Evidence\n\n{}", evidence(rule));
    page.push_str(&examples_of(example));
    _ = writeln!(page, "## Remediation\n\n{}\n", rule.remediation.text.trim());
    _ = writeln!(page, "{} Cost: {}.\n", rule.change.sentence(), rule.cost.trim_end_matches('.'));
    let snippets = [
        ("Azure CLI", "bash", &rule.remediation.cli),
        ("Bicep", "bicep", &rule.remediation.bicep),
        ("Terraform", "terraform", &rule.remediation.terraform),
    ];
    for (title, language, code) in snippets.into_iter().filter(|(_, _, code)| !code.is_empty()) {
        _ = writeln!(page, "### {title}\n\n```{language}\n{}\n```\n", code.trim_end());
    }
    sources(&mut page, rule, statements);
    page
}

/// A failing and a passing example, as far as the tests of the rule have them.
fn examples_of(example: &Example) -> String {
    let mut text = String::new();
    if !example.fails.is_empty() {
        _ = write!(text, "## Example\n\nFails: {}.\n\n{}", example.message.trim_end_matches('.'), json(&example.fails));
    }
    if !example.passes.is_empty() && example.passes != example.fails {
        _ = write!(text, "Passes:\n\n{}", json(&example.passes));
    }
    text
}

fn json(excerpts: &[serde_json::Value]) -> String {
    excerpts.iter().map(|excerpt| format!("```json\n{excerpt:#}\n```\n\n")).collect()
}

fn facts(page: &mut String, rule: &Rule) {
    let levels: Vec<&str> = Tier::ALL.iter().map(|tier| rule.level_in(*tier).map_or("off", Level::as_str)).collect();
    let from_source = match rule.is_static {
        Static::Yes => "yes",
        Static::Partial => "in part",
        Static::No => "no, it needs a live scan or a snapshot",
    };
    let rows = [
        ("Level (active-active / active-standby / active-passive)", levels.join(" / ")),
        ("Score (impact on the ability to fail over, no CVSS score)", format!("{:.1}", rule.score)),
        ("Judged", format!("{}, once per {}", rule.subject.replace('_', " "), rule.scope.as_str())),
        ("From source code alone", from_source.to_owned()),
        ("APRL", rule.aprl.join(", ")),
    ];
    page.push_str("| | |\n|---|---|\n");
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        _ = writeln!(page, "| {name} | {value} |");
    }
}

fn evidence(rule: &Rule) -> String {
    let mut text = String::from("What must be known for a pass:\n\n| type | properties |\n|---|---|\n");
    for Evidence { resource_type, paths } in &rule.evidence {
        let groups: Vec<String> = paths.iter().map(|group| group_text(group)).collect();
        _ = writeln!(text, "| {resource_type} | {} |", groups.join(", "));
    }
    if !rule.absence.is_empty() {
        _ = writeln!(
            text,
            "\nIt denies what is missing only where every resource of these types was read: {}.",
            rule.absence.join(", ")
        );
    }
    text
}

/// A group of several pointers: one that is known suffices. The empty pointer is the resource itself.
fn group_text(group: &[String]) -> String {
    let named: Vec<String> = group.iter().filter(|path| !path.is_empty()).map(|path| format!("`{path}`")).collect();
    match (named.len(), group.iter().any(String::is_empty)) {
        (0, _) => "the resource itself".to_owned(),
        (_, true) => format!("{} where it is there", named.join(" or ")),
        (_, false) => named.join(" or "),
    }
}

fn sources(page: &mut String, rule: &Rule, statements: &Statements) {
    page.push_str("## Sources\n\n");
    for reference in &rule.references {
        _ = writeln!(page, "- <{reference}>");
    }
    for seed in &rule.seeds {
        match statements.statements.get(seed) {
            Some(text) => {
                _ = writeln!(page, "- Statement {seed} of the [failover article]({}): {text}", statements.source)
            }
            None => _ = writeln!(page, "- Statement {seed} of the failover article"),
        }
    }
}

fn index(rules: &[Rule]) -> String {
    let mut page = String::from(
        "# Rules\n\nGenerated from the METADATA of `policies/rules`. Levels are given for active-active / active-standby / \
         active-passive.\n\nFor rules of your own see [writing rules](../writing-rules.md).\n\n\
         | rule | what it asks for | level |\n|---|---|---|\n",
    );
    for rule in rules {
        let levels: Vec<&str> = Tier::ALL.iter().map(|t| rule.level_in(*t).map_or("off", Level::as_str)).collect();
        _ = writeln!(page, "| [{0}]({0}.md) | {1} | {2} |", rule.id, rule.title, levels.join(" / "));
    }
    page
}

fn traceability(rules: &[Rule], statements: &Statements) -> String {
    let mut page = format!(
        "# Traceability\n\nThe statements of [the failover article]({}) (edition of {}) and the rules that encode them. \
         Generated from the METADATA of `policies/rules`.\n\n| no. | statement | rules |\n|---|---|---|\n",
        statements.source, statements.edition
    );
    for (number, text) in &statements.statements {
        let encoding = rules.iter().filter(|rule| rule.seeds.contains(number));
        let links: Vec<String> = encoding.map(|rule| format!("[{0}](rules/{0}.md)", rule.id)).collect();
        _ = writeln!(page, "| {number} | {} | {} |", text.replace('|', "\\|"), links.join(", "));
    }
    page
}
