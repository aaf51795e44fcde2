//! What words in names, tags and the production selector mean.

use std::collections::{BTreeMap, BTreeSet};

use saphyr::YamlData;

use super::Parser;
use crate::config::yaml::{Node, shown};
use crate::config::{NameTokens, Pattern, ProductionClause, ProductionSelector, Role, TagNames};
use crate::nearest::suggestion;

impl Parser<'_> {
    pub(super) fn tags(&mut self, node: &Node) -> TagNames {
        let keys = ["pair", "role", "tier", "inference_tier", "training_tier", "group", "environment"];
        let [pair, role, tier, inference, training, group, environment] = self.reader.section(node, "`tags`", keys);
        let names = TagNames::default();
        let names = TagNames {
            pair: self.name_of_tag(pair, "`pair`", names.pair),
            role: self.name_of_tag(role, "`role`", names.role),
            tier: self.name_of_tag(tier, "`tier`", names.tier),
            inference_tier: self.name_of_tag(inference, "`inference_tier`", names.inference_tier),
            training_tier: self.name_of_tag(training, "`training_tier`", names.training_tier),
            group: group.and_then(|node| self.reader.text(node, "`group`")).map(str::to_owned),
            environment: environment.map_or(names.environment, |node| {
                let texts = self.reader.one_or_more(node, "`environment`");
                texts.into_iter().map(|(_, text)| text.to_owned()).collect()
            }),
        };
        self.check_tags(node, &names);
        names
    }

    /// One tag cannot say two things.
    fn check_tags(&mut self, node: &Node, names: &TagNames) {
        let mut seen = BTreeSet::new();
        let single = [&names.pair, &names.role, &names.tier, &names.inference_tier, &names.training_tier];
        for name in single.into_iter().chain(&names.group).chain(&names.environment) {
            if !seen.insert(name.to_ascii_lowercase()) {
                self.reader.error(node, format!("the tag `{}` is given two meanings", shown(name)));
            }
        }
    }

    pub(super) fn name_of_tag(&mut self, node: Option<&Node>, what: &str, default: String) -> String {
        node.and_then(|node| self.reader.text(node, what)).map_or(default, str::to_owned)
    }

    pub(super) fn tokens(&mut self, node: &Node) -> NameTokens {
        let keys = ["region", "primary", "secondary", "environment", "ignore"];
        let [region, primary, secondary, environment, ignore] = self.reader.section(node, "`tokens`", keys);
        let mut tokens = NameTokens::default();
        if let Some(node) = ignore {
            for (item, word) in self.name_words(node, "`ignore`") {
                if !tokens.ignore(&word) {
                    self.reader.error(item, format!("`{}` has no meaning that could be ignored", shown(&word)));
                }
            }
        }
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        let mut add = |parser: &mut Self, node: &Node, meaning: &str, each: &mut dyn FnMut(&str)| {
            for (item, word) in parser.name_words(node, &format!("the words for {meaning}")) {
                match taken.insert(word.clone(), meaning.to_owned()) {
                    Some(other) if other != meaning => {
                        parser.reader.error(item, format!("`{word}` already means {other}"));
                    }
                    _ => each(&word),
                }
            }
        };
        if let Some(node) = region {
            add(self, node, "a region", &mut |word| tokens.add_region(word));
        }
        if let Some(node) = primary {
            add(self, node, "the primary", &mut |word| tokens.add_role(Role::Primary, word));
        }
        if let Some(node) = secondary {
            add(self, node, "the secondary", &mut |word| tokens.add_role(Role::Secondary, word));
        }
        for (key, name, node) in environment.map(|node| self.reader.entries(node, "`environment`")).unwrap_or_default()
        {
            let Some(name) = self.name_word(key, name) else { continue };
            add(self, node, &format!("the environment `{name}`"), &mut |word| tokens.add_environment(&name, word));
            tokens.add_environment(&name, &name);
        }
        tokens
    }

    fn name_words<'n, 'y>(&mut self, node: &'n Node<'y>, what: &str) -> Vec<(&'n Node<'y>, String)> {
        let texts = self.reader.texts(node, what);
        texts.into_iter().filter_map(|(node, text)| Some((node, self.name_word(node, text)?))).collect()
    }

    /// A word as names are split into: letters and digits, in lower case.
    fn name_word(&mut self, node: &Node, text: &str) -> Option<String> {
        if text.chars().all(char::is_alphanumeric) {
            return Some(text.to_lowercase());
        }
        self.reader.error(node, format!("`{}` is not a word of letters and digits, without separators", shown(text)));
        None
    }

    pub(super) fn production(&mut self, node: &Node, tokens: &NameTokens) -> ProductionSelector {
        let [select, non_production] = self.reader.section(node, "`production`", ["select", "non_production"]);
        let mut selector = ProductionSelector::default();
        if let Some(node) = select {
            let items = self.reader.items(node, "`select`");
            selector.clauses = items.iter().filter_map(|node| self.clause(node)).collect();
        }
        if let Some(node) = non_production {
            let known = tokens.environment_names();
            let texts = self.reader.texts(node, "`non_production`");
            selector.non_production = texts.iter().map(|(_, text)| text.to_ascii_lowercase()).collect();
            for (node, text) in texts {
                if !known.contains(text.to_ascii_lowercase().as_str()) {
                    let hint = suggestion(text, known.iter().copied());
                    self.reader.error(node, format!("`{}` is not a known environment{hint}", shown(text)));
                }
            }
        }
        selector
    }

    fn clause(&mut self, node: &Node) -> Option<ProductionClause> {
        let keys = ["production", "name", "tags", "resource_group", "subscription", "parameter_file"];
        let [production, name, tags, resource_group, subscription, parameter_file] =
            self.reader.section(node, "a clause of `select`", keys);
        let mut globs = |node: Option<&Node>, what: &str, parse: fn(&str) -> Result<Pattern, String>| {
            let texts = node.map(|node| self.reader.one_or_more(node, what)).unwrap_or_default();
            self.reader.patterns(texts, parse)
        };
        let mut clause = ProductionClause {
            name: globs(name, "`name`", Pattern::name),
            resource_group: globs(resource_group, "`resource_group`", Pattern::name),
            subscription: globs(subscription, "`subscription`", Pattern::name),
            parameter_file: globs(parameter_file, "`parameter_file`", Pattern::path),
            line: self.reader.line(node),
            ..ProductionClause::default()
        };
        for (_, tag, value) in tags.map(|node| self.reader.entries(node, "`tags`")).unwrap_or_default() {
            let texts = self.reader.one_or_more(value, "the value of a tag");
            clause.tags.insert(tag.to_owned(), self.reader.patterns(texts, Pattern::name));
        }
        let criteria = [name, tags, resource_group, subscription, parameter_file];
        if !matches!(node.data, YamlData::Mapping(_)) {
            return None;
        }
        if criteria.iter().all(Option::is_none) {
            let message = "the clause has no criterion; use `name: \"*\"` for all workspaces";
            self.reader.error(node, message);
        }
        let Some(production) = production else {
            self.reader.error(node, "the clause does not decide; add `production: true` or `production: false`");
            return None;
        };
        clause.production = self.reader.boolean(production, "`production`")?;
        Some(clause)
    }
}
