//! Rules as reporting descriptors.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor, ReportingDescriptorRelationship,
};

use super::missing::EVIDENCE_MISSING;
use super::{taxonomies, text};
use crate::finding::Finding;
use crate::output::escape::{clean, clean_block};
use crate::output::wording::remediation;
use crate::rule::{Level, Rule, Static, Tier};

/// Code scanning cuts longer descriptions.
const LONGEST_DESCRIPTION: usize = 1_024;

/// The rules of a log: those of the report and the reserved one, in the order of their ids.
pub(super) struct RuleTable<'a> {
    /// By the number that findings carry; the reserved rule is the last.
    rules: Vec<&'a Rule>,
    /// Numbers in the order of the ids.
    order: Vec<usize>,
    /// The place of each number in that order.
    index: Vec<i64>,
    /// What to do, for each number.
    remediations: Vec<String>,
}

impl<'a> RuleTable<'a> {
    pub(super) fn new(rules: &'a [Rule], reserved: &'a Rule) -> Self {
        let rules: Vec<&Rule> = rules.iter().chain([reserved]).collect();
        let mut order: Vec<usize> = (0..rules.len()).collect();
        order.sort_by(|a, b| rules[*a].id.cmp(&rules[*b].id));
        let mut index = vec![0; rules.len()];
        for (position, number) in order.iter().enumerate() {
            index[*number] = position as i64;
        }
        let remediations = rules.iter().map(|rule| remediation(rule)).collect();
        Self { rules, order, index, remediations }
    }

    /// The rule of a finding.
    pub(super) fn get(&self, finding: &Finding) -> &'a Rule {
        self.rules[finding.rule]
    }

    /// What to do about a finding.
    pub(super) fn remediation(&self, finding: &Finding) -> &str {
        &self.remediations[finding.rule]
    }

    /// The index of a finding's rule in the log.
    pub(super) fn index(&self, finding: &Finding) -> i64 {
        self.index[finding.rule]
    }

    /// The index of the rule with this id.
    pub(super) fn find(&self, id: &str) -> Option<i64> {
        let found = self.order.binary_search_by(|number| self.rules[*number].id.as_str().cmp(id));
        found.ok().map(|position| position as i64)
    }

    pub(super) fn descriptors(&self) -> Vec<ReportingDescriptor> {
        let taxa = taxonomies::Taxa::of(&self.rules);
        let mut names = BTreeSet::new();
        let rules = self.order.iter().map(|number| self.rules[*number]);
        rules.map(|rule| descriptor(rule, unique_name(rule, &mut names), taxa.relationships(rule))).collect()
    }
}

fn descriptor(rule: &Rule, name: String, relationships: Vec<ReportingDescriptorRelationship>) -> ReportingDescriptor {
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.id.as_str())
        .name(name)
        .short_description(text(shortened(&clean(&rule.title))))
        .full_description(text(full_description(rule)))
        .help(help(rule))
        .help_uri(help_uri(rule))
        .default_configuration(ReportingConfiguration::builder().level(json!(default_level(rule))).build())
        .properties(properties(rule))
        .build();
    if !rule.aliases.is_empty() {
        descriptor.deprecated_ids = Some(rule.aliases.clone());
    }
    if !relationships.is_empty() {
        descriptor.relationships = Some(relationships);
    }
    descriptor
}

/// One PascalCase word from the end of the package, which is unique; longer where its end is not.
fn unique_name(rule: &Rule, taken: &mut BTreeSet<String>) -> String {
    let segments: Vec<&str> = rule.package.split('.').collect();
    let end = pascal_case(&segments[segments.len().saturating_sub(2)..].join("_"));
    let candidates = [end, pascal_case(&rule.package), pascal_case(&format!("{}_{}", rule.package, rule.id))];
    let free = |name: &String| !taken.contains(name) && *name != rule.id;
    let name = candidates.into_iter().find(free).unwrap_or_else(|| format!("Rule{}", taken.len()));
    taken.insert(name.clone());
    name
}

fn pascal_case(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = String::new();
    for word in words {
        name.push_str(&word[..1].to_ascii_uppercase());
        name.push_str(&word[1..]);
    }
    if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        name.insert_str(0, "Rule");
    }
    name.truncate(255);
    name
}

fn full_description(rule: &Rule) -> String {
    let description = clean(rule.description.trim());
    if description.is_empty() {
        return shortened(&format!("Checks this: {}.", clean(&rule.title)));
    }
    shortened(&description)
}

/// Cut behind the last whole sentence or word that fits.
fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_DESCRIPTION {
        return text.to_owned();
    }
    let fits: String = text.chars().take(LONGEST_DESCRIPTION - 4).collect();
    match fits.rfind(". ") {
        Some(end) => fits[..=end].to_owned(),
        None => format!("{} ...", &fits[..fits.rfind(' ').unwrap_or(fits.len())]),
    }
}

/// The page of a built-in rule; for a custom one its first reference, or how custom rules work.
fn help_uri(rule: &Rule) -> String {
    let docs = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs");
    if !rule.custom {
        return format!("{docs}/rules/{}.md", rule.id);
    }
    web_references(rule).next().map_or_else(|| format!("{docs}/writing-rules.md"), str::to_owned)
}

fn web_references(rule: &Rule) -> impl Iterator<Item = &str> {
    let is_plain = |url: &str| url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"\\^`{|}".contains(&byte));
    rule.references.iter().map(String::as_str).filter(move |url| {
        url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) && is_plain(url)
    })
}

/// The level in the default tier, or the highest where the rule is off there.
pub(super) fn default_level(rule: &Rule) -> Level {
    let highest = || rule.level.values().max().copied();
    rule.level_in(Tier::default()).or_else(highest).unwrap_or(Level::Note)
}

/// The score, as code scanning wants it. Only for rules whose level is the same in all tiers: code
/// scanning shows the bucket of the score instead of the level of a result.
fn security_severity(rule: &Rule) -> Option<String> {
    rule.uniform_level().filter(|_| rule.score > 0.0).map(|_| format!("{:.1}", rule.score.clamp(0.1, 10.0)))
}

fn properties(rule: &Rule) -> PropertyBag {
    let severity = security_severity(rule);
    let mut tags = vec!["azure", "machine-learning", "reliability", "disaster-recovery"];
    tags.extend(severity.as_ref().map(|_| "security"));
    let mut members: Vec<(&'static str, Value)> = vec![
        ("precision", json!(if rule.custom { "medium" } else { "high" })),
        ("problem.severity", json!(problem_severity(default_level(rule)))),
        ("holdfast", details(rule)),
    ];
    members.extend(severity.map(|score| ("security-severity", json!(score))));
    let mut bag = super::bag(members);
    bag.tags = Some(tags.into_iter().map(str::to_owned).collect());
    bag
}

fn problem_severity(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "recommendation",
    }
}

/// What the catalogue says beyond what the standard has members for.
fn details(rule: &Rule) -> Value {
    let static_scan = match rule.is_static {
        Static::Yes => "yes",
        Static::Partial => "partial",
        Static::No => "no",
    };
    json!({
        "area": rule.area(),
        "aprl": rule.aprl,
        "change": rule.change,
        "cost": clean(&rule.cost),
        "levels": rule.level,
        "package": rule.package,
        "scope": rule.scope,
        "score": rule.score,
        "statements": rule.seeds,
        "static": static_scan,
        "subject": rule.subject,
    })
}

fn help(rule: &Rule) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(help_text(rule)).markdown(help_markdown(rule)).build()
}

fn help_text(rule: &Rule) -> String {
    let mut help = format!("{}\n\nRemediation: {}", full_description(rule), remediation(rule));
    if rule.id != EVIDENCE_MISSING {
        let _ = write!(help, "\n{}", effect(rule));
    }
    for reference in web_references(rule) {
        let _ = write!(help, "\n{reference}");
    }
    help
}

fn help_markdown(rule: &Rule) -> String {
    let mut help = format!(
        "## Why\n\n{}\n\n{}\n\n## Remediation\n\n{}\n",
        clean_block(rule.description.trim()),
        levels(rule),
        remediation(rule)
    );
    let code = rule.remediation.code();
    let snippets = [
        ("In the code", "", &code),
        ("Azure CLI", "sh", &rule.remediation.cli),
        ("Bicep", "bicep", &rule.remediation.bicep),
        ("Terraform", "hcl", &rule.remediation.terraform),
    ];
    for (title, language, code) in snippets {
        let code = clean_block(code.trim_end());
        if !code.is_empty() {
            let fence = crate::output::escape::fence(&code);
            let _ = write!(help, "\n### {title}\n\n{fence}{language}\n{code}\n{fence}\n");
        }
    }
    if rule.id != EVIDENCE_MISSING {
        let _ = write!(help, "\n### What it changes and costs\n\n{}\n", effect(rule));
    }
    help.push_str("\n## References\n\n");
    for reference in web_references(rule).chain([help_uri(rule).as_str()]) {
        let _ = writeln!(help, "- <{reference}>");
    }
    help
}

/// What applying the remediation does to a deployed resource, and its running cost.
fn effect(rule: &Rule) -> String {
    let cost = clean(rule.cost.trim().trim_end_matches('.'));
    let cost = if cost.is_empty() { String::new() } else { format!(" Running cost: {cost}.") };
    format!("{}{cost}", rule.change.sentence())
}

fn levels(rule: &Rule) -> String {
    if let Some(level) = rule.uniform_level() {
        return format!("Level: {}.", level.as_str());
    }
    let in_tier = |tier: &Tier| {
        let level = rule.level_in(*tier).map_or("off", Level::as_str);
        format!("{level} ({})", tier.as_str())
    };
    format!("Level by tier: {}.", Tier::ALL.iter().map(in_tier).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sarif::missing;

    fn rule(id: &str, package: &str) -> Rule {
        Rule { id: id.into(), package: package.into(), ..missing::rule() }
    }

    #[test]
    fn names_are_one_word_and_differ() {
        let rules = [
            rule("A-1", "holdfast.rules.storage.default_account_separate"),
            rule("A-2", "acme.storage.default_account_separate"),
            rule("A-3", "acme.storage.default_account_separate"),
            rule("A-4", "é.0day"),
        ];
        let reserved = missing::rule();
        let names: Vec<_> =
            RuleTable::new(&rules, &reserved).descriptors().into_iter().filter_map(|rule| rule.name).collect();
        let expected = [
            "StorageDefaultAccountSeparate",
            "AcmeStorageDefaultAccountSeparate",
            "AcmeStorageDefaultAccountSeparateA3",
            "Rule0day",
            "ScanEvidenceMissing",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn long_descriptions_end_with_a_sentence_or_a_word() {
        let sentences = "A sentence of some words. ".repeat(100);
        let cut = shortened(&sentences);
        assert!(cut.len() <= LONGEST_DESCRIPTION && cut.ends_with("words."), "{cut}");
        let words = "word ".repeat(500);
        let cut = shortened(&words);
        assert!(cut.len() <= LONGEST_DESCRIPTION && cut.ends_with("word ..."), "{cut}");
    }

    #[test]
    fn only_plain_web_addresses_are_references() {
        let references =
            ["https://a.example/x", "http://a.example", "https://", "https://a b", "javascript:x", "https://a>b"];
        let rule = Rule { references: references.map(str::to_owned).to_vec(), custom: true, ..missing::rule() };
        assert_eq!(web_references(&rule).collect::<Vec<_>>(), ["https://a.example/x"]);
        assert_eq!(help_uri(&rule), "https://a.example/x");
    }
}
