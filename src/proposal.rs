//! `holdfast init`: a first `holdfast.yaml` from what an estate shows. It proposes; people confirm.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{Config, NameTokens};
use crate::estate::{Basis, Estate, Pair, WorkspaceFacts};
use crate::model::{Provenance, Resource};

/// Tags that name who answers for a resource, the likeliest first.
const OWNER_TAGS: &[&str] = &[
    "owner",
    "team",
    "service-owner",
    "owner-team",
    "ownedby",
    "contact",
    "squad",
    "department",
    "cost-center",
    "costcenter",
];

/// A proposed configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The text of the file.
    pub text: String,
    /// How many pairs it declares.
    pub pairs: usize,
    /// How many workspaces there are.
    pub workspaces: usize,
}

/// Proposes a configuration for an estate that was assembled without one. `source` says for people where
/// the estate was read.
pub fn propose(estate: &Estate, source: &str) -> Proposal {
    let mut draft = Draft { estate, config: Config::default(), text: String::new(), pairs: 0 };
    draft.head(source);
    draft.pairs();
    draft.tiers();
    draft.production();
    draft.owner();
    draft.leave_out();
    let workspaces = draft.judged().count();
    Proposal { text: draft.text, pairs: draft.pairs, workspaces }
}

struct Draft<'e> {
    estate: &'e Estate,
    config: Config,
    text: String,
    pairs: usize,
}

impl Draft<'_> {
    fn judged(&self) -> impl Iterator<Item = &WorkspaceFacts> {
        self.estate.workspaces.iter().filter(|facts| facts.judged)
    }

    fn resource(&self, number: usize) -> &Resource {
        &self.estate.resources[number]
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// A comment, however long and whatever is in it.
    fn comment(&mut self, indent: &str, text: &str) {
        const WIDTH: usize = 100;
        let mut line = format!("{indent}#");
        for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
            if line.len() + word.len() >= WIDTH && line.len() > indent.len() + 1 {
                self.line(&line);
                line = format!("{indent}#");
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }

    fn head(&mut self, source: &str) {
        const SCHEMA: &str =
            "https://raw.githubusercontent.com/holdfast-scanner/holdfast/main/docs/schemas/config.schema.json";
        let count = self.judged().count();
        self.line(&format!("# yaml-language-server: $schema={SCHEMA}"));
        self.comment("", &format!("Proposed by holdfast init from {source}: {count} workspaces."));
        self.comment("", "Nothing here is certain until somebody who knows the estate has read it. Correct what is wrong, delete what you do not need; docs/configuration.md has every key.");
        self.line("version: 1");
    }

    fn pairs(&mut self) {
        self.line("");
        self.comment("", "Which workspace takes over for which. Each pair that stands here is declared: its findings count in full, and HF-TOPO-001 can pass.");
        let (declared, inferred): (Vec<&Pair>, Vec<&Pair>) =
            self.estate.pairs.iter().partition(|pair| pair.basis.is_declared());
        let start = self.text.len();
        for pair in inferred {
            self.pair(pair);
        }
        let key = if self.pairs == 0 { "pairs: []\n" } else { "pairs:\n" };
        self.text.insert_str(start, key);
        for pair in declared {
            let [a, b] = pair.members.map(|member| self.place(member));
            self.comment("  ", &format!("Declared by tags already: {a} and {b}."));
        }
        self.without_pair();
    }

    fn pair(&mut self, pair: &Pair) {
        let [first, second] = pair.members;
        let (a, b) = (self.place(first), self.place(second));
        self.comment("  ", &format!("{a} and {b}: {}.", self.evidence(pair).join("; ")));
        if ![first, second].iter().all(|member| can_be_named(&self.resource(*member).display_name())) {
            self.comment("  ", "No proposal: a configuration cannot name workspaces with such characters.");
            return;
        }
        if !pair.directed {
            self.comment("  ", "Nothing says which one is the primary: swap them if it is the other way round.");
        }
        self.line(&format!("  - primary: {}", self.reference(first)));
        self.line(&format!("    secondary: {}", self.reference(second)));
        match pair.tier_declared {
            true => self.line(&format!("    tier: {}", pair.tiers.overall.as_str())),
            false => self.line("    # tier: active-passive    # or active-standby, active-active"),
        }
        self.pairs += 1;
    }

    /// Why two workspaces look like a pair.
    fn evidence(&self, pair: &Pair) -> Vec<String> {
        let [a, b] = pair.members;
        let mut evidence = Vec::new();
        if pair.basis == Basis::Name {
            evidence.push("their names are equal but for the region or the role".to_owned());
        }
        for (relation, noun) in
            [("key_vault", "the key vault"), ("container_registry", "the registry"), ("storage", "the storage account")]
        {
            let of = |member: usize| self.estate.relations[member].get(relation)?.first();
            if let (Some(one), Some(other)) = (of(a), of(b))
                && one.id.same(&other.id) == Some(true)
            {
                let name = one.id.name().map(ToString::to_string).unwrap_or_default();
                evidence.push(format!("both use {noun} {name}"));
            }
        }
        let production = |member: usize| self.estate.facts(member).is_some_and(|facts| facts.production);
        if let (false, false) = (production(a), production(b)) {
            evidence.push("both are outside production".to_owned());
        }
        evidence
    }

    /// Name and region for people.
    fn place(&self, number: usize) -> String {
        let resource = self.resource(number);
        let region = resource.region().map(|region| format!(" ({region})")).unwrap_or_default();
        format!("{}{region}", resource.display_name())
    }

    /// How the configuration names a workspace: its name, or its id where the name is not unique.
    fn reference(&self, number: usize) -> String {
        let resource = self.resource(number);
        let name = resource.display_name();
        let same =
            self.judged().filter(|facts| self.resource(facts.resource).display_name().eq_ignore_ascii_case(&name));
        match (same.count(), &resource.provenance) {
            (0 | 1, _) | (_, Provenance::Declared(_)) => scalar(&name),
            (_, Provenance::Live(origin)) => scalar(&origin.id),
        }
    }

    fn without_pair(&mut self) {
        let paired: BTreeSet<usize> = self.estate.pairs.iter().flat_map(|pair| pair.members).collect();
        let lone: Vec<(usize, Vec<usize>)> = self
            .judged()
            .filter(|facts| facts.production && !paired.contains(&facts.resource))
            .map(|facts| (facts.resource, facts.candidates.clone()))
            .collect();
        let (none, several): (Vec<_>, Vec<_>) = lone.into_iter().partition(|(_, candidates)| candidates.is_empty());
        for (workspace, candidates) in several {
            let names: Vec<String> = candidates.into_iter().map(|candidate| self.place(candidate)).collect();
            let text = format!(
                "{} could belong to {}: more than one fits, so none is proposed.",
                self.place(workspace),
                names.join(" or ")
            );
            self.comment("  ", &text);
        }
        if !none.is_empty() {
            let names: Vec<String> = none.into_iter().map(|(workspace, _)| self.place(workspace)).collect();
            self.comment("  ", &format!("Without a counterpart, and in production as far as names and tags tell: {}. HF-TOPO-001 will report them.", names.join(", ")));
        }
    }

    fn tiers(&mut self) {
        self.line("");
        self.comment("", "The tier of pairs that name none: active-passive restores after an outage, active-standby keeps the second region ready at reduced size, active-active serves from both.");
        self.line("default_tier: active-passive");
    }

    fn production(&mut self) {
        self.line("");
        self.comment("", "Workspaces outside production are exempt from the rules on failover. What counts is the environment tag, then words in the names of workspace, resource group and subscription.");
        let mut outside: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut unsaid = BTreeSet::new();
        for facts in self.judged() {
            let resource = self.resource(facts.resource);
            match &facts.environment {
                Some(environment) if !facts.production => {
                    outside.entry(environment.clone()).or_default().push(resource.display_name());
                }
                _ if !says_environment(resource, &self.config) => drop(unsaid.insert(resource.display_name())),
                _ => {}
            }
        }
        self.line("production:");
        self.line(&format!("  non_production: [{}]", self.config.production.non_production.join(", ")));
        for (environment, names) in outside {
            self.comment("  ", &format!("Outside ({environment}): {}.", names.join(", ")));
        }
        if unsaid.is_empty() {
            return;
        }
        self.comment(
            "  ",
            "Nothing tells the environment of these, so they count as production. Uncomment those that do not:",
        );
        self.line("  # select:");
        for name in unsaid {
            self.line(&format!("  #   - {{name: {}, production: false}}", scalar(&name)));
        }
    }

    fn owner(&mut self) {
        let total = self.judged().count();
        let mut used: BTreeMap<String, usize> = BTreeMap::new();
        for facts in self.judged() {
            let tags = self.resource(facts.resource).get("/tags").and_then(|tags| tags.as_object());
            let names: BTreeSet<String> =
                tags.into_iter().flat_map(|tags| tags.keys()).map(|name| name.to_ascii_lowercase()).collect();
            names.into_iter().for_each(|name| *used.entry(name).or_default() += 1);
        }
        let known = OWNER_TAGS.iter().filter_map(|name| Some((*name, *used.get(*name)?)));
        // Of two that are used equally the likelier one: `max_by_key` takes the last.
        let best = known.rev().max_by_key(|(_, count)| *count);
        self.line("");
        match best {
            Some((name, count)) => {
                self.comment(
                    "",
                    &format!("The tag that names who answers for a resource; {count} of {total} workspaces have it."),
                );
                self.line(&format!("owner_tag: {name}"));
            }
            None => {
                self.comment(
                    "",
                    "The tag that names who answers for a resource. No workspace has one that looks like it.",
                );
                self.line("# owner_tag: owner");
            }
        }
    }

    /// Subscriptions without any production workspace need not be audited.
    fn leave_out(&mut self) {
        let mut production: BTreeMap<String, bool> = BTreeMap::new();
        for facts in self.judged() {
            if let Some(subscription) = self.resource(facts.resource).id.subscription() {
                *production.entry(subscription).or_default() |= facts.production;
            }
        }
        let name = |id: &String| {
            let found = self.estate.collection.subscriptions.iter().find(|s| s.id.eq_ignore_ascii_case(id));
            found.and_then(|subscription| subscription.name.clone()).unwrap_or_else(|| id.clone())
        };
        let idle: Vec<String> = production.iter().filter(|(_, any)| !**any).map(|(id, _)| name(id)).collect();
        if idle.is_empty() {
            return;
        }
        self.line("");
        self.comment(
            "",
            "Subscriptions in which no workspace serves production. To leave them out of audits, uncomment:",
        );
        self.line("# scopes:");
        let names: Vec<String> = idle.iter().map(|name| scalar(name)).collect();
        self.line(&format!("#   exclude: [{}]", names.join(", ")));
    }
}

fn says_environment(resource: &Resource, config: &Config) -> bool {
    let tags = resource.get("/tags").and_then(|tags| tags.as_object());
    let by_tag = tags
        .into_iter()
        .flatten()
        .any(|(name, _)| config.tags.environment.iter().any(|tag| tag.eq_ignore_ascii_case(name)));
    let group = resource.id.resource_group().unwrap_or_default();
    by_tag || [resource.display_name(), group].iter().any(|text| names_environment(&config.tokens, text))
}

fn names_environment(tokens: &NameTokens, text: &str) -> bool {
    !tokens.environments(text).is_empty()
}

/// Azure gives workspaces letters, digits, `-` and `_`; everything else might be a glob.
fn can_be_named(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// A string in YAML: plain where nothing else could be meant. A JSON string is one in YAML too.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let begins = text.starts_with('/') || text.starts_with(|c: char| c.is_ascii_alphabetic());
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    if begins && text.chars().all(plain) && !words.contains(&text.to_ascii_lowercase().as_str()) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::estate::{Defaults, EvidencePaths};
    use crate::model::{Inventory, SubscriptionScope};
    use serde_json::{Value, json};

    fn workspace(group: &str, name: &str, region: &str, tags: Value) -> Value {
        let base = format!("/subscriptions/s1/resourceGroups/{group}/providers");
        json!({"id": format!("{base}/Microsoft.MachineLearningServices/workspaces/{name}"), "location": region, "tags": tags,
            "properties": {"keyVault": format!("{base}/Microsoft.KeyVault/vaults/kv-{group}")}})
    }

    fn estate(workspaces: Vec<Value>, config: &Config) -> Estate {
        let mut inventory = Inventory { captured_at: Some("2026-11-24T00:00:00Z".into()), ..Inventory::default() };
        let scope = SubscriptionScope { id: "s1".into(), name: Some("ML \"one\"".into()), readable: true };
        inventory.collection.subscriptions.push(scope);
        inventory.resources.extend(workspaces.into_iter().filter_map(Resource::live));
        Estate::assemble(inventory, config, &EvidencePaths::new(), &Defaults::default())
    }

    fn all() -> Vec<Value> {
        vec![
            workspace("rg-fraud", "mlw-fraud-prod-weu", "westeurope", json!({"Team": "a"})),
            workspace("rg-fraud", "mlw-fraud-prod-neu", "northeurope", json!({"team": "a"})),
            workspace("rg-churn", "mlw-churn-dev", "westeurope", json!({"owner": "x"})),
            workspace("rg-a", "mlw-same-weu", "westeurope", json!({})),
            workspace("rg-b", "mlw-same-weu", "northeurope", json!({})),
            workspace("rg-c", "mlw-lone", "westeurope", json!({})),
        ]
    }

    #[test]
    fn a_proposal_is_a_configuration_and_makes_its_pairs_declared() {
        let proposal = propose(&estate(all(), &Config::default()), "a test");
        let config =
            config::parse(&proposal.text, "holdfast.yaml", &[]).unwrap_or_else(|e| panic!("{e:?}\n{}", proposal.text));
        let judged = estate(all(), &config);
        let declared = judged.pairs.iter().filter(|pair| pair.basis == Basis::Configuration).count();
        assert_eq!((declared, proposal.pairs, proposal.workspaces), (proposal.pairs, 2, 6), "{}", proposal.text);
        assert!(judged.workspaces.iter().all(|facts| facts.problems.is_empty()), "{}", proposal.text);
        assert_eq!(config.owner_tag, "team");
    }

    #[test]
    fn the_evidence_and_what_is_open_are_told() {
        let text = propose(&estate(all(), &Config::default()), "a test").text;
        let flat = text.replace("\n  # ", " ").replace("\n# ", " ");
        for told in [
            "names are equal but for the region or the role; both use the key vault kv-rg-fraud",
            "swap them if it is the other way round",
            "- primary: /subscriptions/s1/resourceGroups/rg-a/",
            "Without a counterpart, and in production as far as names and tags tell: mlw-lone (westeurope)",
            "mlw-churn-dev",
        ] {
            assert!(flat.contains(told), "{told:?} is not in\n{text}");
        }
        assert!(text.contains("\n  #   - {name: mlw-lone, production: false}\n"), "{text}");
    }

    #[test]
    fn hostile_names_stay_comments_and_strings() {
        let hostile = "mlw-x-weu\nrules: {\"*\": off}";
        let workspaces = vec![
            workspace("g", hostile, "westeurope", json!({})),
            workspace("g", &hostile.replace("weu", "neu"), "northeurope", json!({})),
            workspace("g", "null", "westeurope", json!({"env": "dev\nversion: 2"})),
        ];
        let text = propose(&estate(workspaces, &Config::default()), "x\nversion: 3").text;
        let config = config::parse(&text, "holdfast.yaml", &[]).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
        assert!(config.rules.is_empty(), "{text}");
    }

    #[test]
    fn an_estate_of_nothing_is_a_configuration_too() {
        let proposal = propose(&estate(Vec::new(), &Config::default()), "nothing");
        assert!(config::parse(&proposal.text, "holdfast.yaml", &[]).is_ok(), "{}", proposal.text);
    }
}
