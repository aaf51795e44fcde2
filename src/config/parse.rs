//! `holdfast.yaml` from text to a validated [`Config`]: all that is wrong is reported at once.

use std::collections::BTreeSet;

use saphyr::{Scalar, YamlData};

use super::yaml::{Node, Reader, shown};
use super::{Config, ConfigError, DeclaredTiers, PairConfig, Pattern, Scopes, Tiers, WorkspaceRef};
use crate::model::{ResourceId, SourceFile};
use crate::nearest::suggestion;
use crate::rule::{REPOSITORY_TOKENS, Tier};

mod meaning;
mod policy;

/// The version of the format that this holdfast reads.
const VERSION: i64 = 1;

/// Reads a configuration. `known_rules` are the ids that rule switches and waivers may name.
pub fn parse(text: &str, path: &str, known_rules: &[&str]) -> Result<Config, Vec<ConfigError>> {
    let file = SourceFile::new(path, text);
    let mut parser = Parser { reader: Reader::new(&file), known_rules };
    let config = parser.config(path);
    let errors = parser.reader.into_errors();
    if errors.is_empty() { Ok(config.unwrap_or_default()) } else { Err(errors) }
}

struct Parser<'f> {
    reader: Reader<'f>,
    known_rules: &'f [&'f str],
}

impl Parser<'_> {
    fn config(&mut self, path: &str) -> Option<Config> {
        let document = self.reader.document()?;
        let keys = [
            "version",
            "pairs",
            "tags",
            "tokens",
            "default_tier",
            "production",
            "owner_tag",
            "complete",
            "data_dependencies",
            "parameters",
            "rules",
            "include",
            "exclude",
            "waivers",
            "scopes",
        ];
        let [
            version,
            pairs,
            tags,
            tokens,
            default_tier,
            production,
            owner_tag,
            complete,
            data_dependencies,
            parameters,
            rules,
            include,
            exclude,
            waivers,
            scopes,
        ] = self.reader.section(&document, "the configuration", keys);
        self.version(&document, version);
        let tokens = tokens.map(|node| self.tokens(node)).unwrap_or_default();
        let mut config = Config { source: Some(path.to_owned()), ..Config::default() };
        config.production = production.map(|node| self.production(node, &tokens)).unwrap_or_default();
        config.tokens = tokens;
        config.pairs = pairs.map(|node| self.pairs(node)).unwrap_or_default();
        config.tags = tags.map(|node| self.tags(node)).unwrap_or_default();
        config.default_tier = default_tier.map_or(config.default_tier, |node| self.default_tier(node));
        config.owner_tag = self.name_of_tag(owner_tag, "`owner_tag`", config.owner_tag);
        config.complete = complete.map(|node| self.complete(node)).unwrap_or_default();
        config.data_dependencies = data_dependencies.map(|node| self.data_dependencies(node)).unwrap_or_default();
        config.parameters = parameters.map(|node| self.parameters(node, false)).unwrap_or_default();
        config.rules = rules.map(|node| self.rules(node)).unwrap_or_default();
        config.include = include.map(|node| self.paths(node, "`include`")).unwrap_or_default();
        config.exclude = exclude.map(|node| self.paths(node, "`exclude`")).unwrap_or_default();
        config.waivers = waivers.map(|node| self.waivers(node)).unwrap_or_default();
        config.scopes = scopes.map(|node| self.scopes(node)).unwrap_or_default();
        Some(config)
    }

    fn version(&mut self, document: &Node, version: Option<&Node>) {
        match version.map(|node| (node, &node.data)) {
            None if matches!(document.data, YamlData::Mapping(_)) => {
                self.reader.error(document, "`version` is missing; begin with `version: 1`");
            }
            None | Some((_, YamlData::Value(Scalar::Integer(VERSION)))) => {}
            Some((node, _)) => self.reader.error(node, "unknown version; this holdfast reads `version: 1`"),
        }
    }

    fn paths(&mut self, node: &Node, what: &str) -> Vec<Pattern> {
        let texts = self.reader.texts(node, what);
        self.reader.patterns(texts, Pattern::path)
    }

    fn pairs(&mut self, node: &Node) -> Vec<PairConfig> {
        let mut pairs: Vec<PairConfig> = Vec::new();
        for node in self.reader.items(node, "`pairs`") {
            let Some(pair) = self.pair(node) else { continue };
            self.check_duplicate(node, &pair, &pairs);
            pairs.push(pair);
        }
        pairs
    }

    fn pair(&mut self, node: &Node) -> Option<PairConfig> {
        let keys = [
            "primary",
            "secondary",
            "tier",
            "inference_tier",
            "training_tier",
            "parameters",
            "complete",
            "data_dependencies",
        ];
        let [primary, secondary, overall, inference, training, parameters, complete, data_dependencies] =
            self.reader.section(node, "a pair", keys);
        let tiers = self.tiers(overall, inference, training);
        let parameters = parameters.map(|node| self.parameters(node, true)).unwrap_or_default();
        let complete = complete.map(|node| self.complete(node)).unwrap_or_default();
        let data_dependencies = data_dependencies.map(|node| self.data_dependencies(node)).unwrap_or_default();
        for (name, value) in [("primary", primary), ("secondary", secondary)] {
            if value.is_none() && matches!(node.data, YamlData::Mapping(_)) {
                self.reader.error(node, format!("the pair has no `{name}`"));
            }
        }
        let primary = primary.and_then(|node| self.workspace(node, "`primary`"));
        let secondaries = secondary.map(|node| self.secondaries(node)).unwrap_or_default();
        if secondaries.is_empty() {
            return None;
        }
        let line = self.reader.line(node);
        Some(PairConfig { primary: primary?, secondaries, tiers, parameters, complete, data_dependencies, line })
    }

    fn secondaries(&mut self, node: &Node) -> Vec<WorkspaceRef> {
        let YamlData::Sequence(items) = &node.data else {
            return self.workspace(node, "`secondary`").into_iter().collect();
        };
        if items.is_empty() {
            self.reader.error(node, "`secondary` is an empty list; expected at least one workspace");
        }
        items.iter().filter_map(|item| self.workspace(item, "an item of `secondary`")).collect()
    }

    fn workspace(&mut self, node: &Node, what: &str) -> Option<WorkspaceRef> {
        if !matches!(node.data, YamlData::Mapping(_)) {
            return self.workspace_text(node, what);
        }
        let keys = ["template", "parameters", "declaration", "name"];
        let values = self.reader.section(node, what, keys);
        let mut texts = [const { None }; 4];
        for (at, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            texts[at] = Some(self.reader.text(value, &format!("`{}`", keys[at]))?.to_owned());
        }
        if matches!(&node.data, YamlData::Mapping(mapping) if mapping.is_empty()) {
            self.reader
                .error(node, format!("{what} says nothing; give `template`, `parameters`, `declaration` or `name`"));
            return None;
        }
        let [template, parameters, declaration, name] = texts;
        let plain =
            |path: Option<String>| path.map(|path| path.trim_start_matches("./").trim_end_matches('/').to_owned());
        Some(WorkspaceRef::Declared { template: plain(template), parameters: plain(parameters), declaration, name })
    }

    fn workspace_text(&mut self, node: &Node, what: &str) -> Option<WorkspaceRef> {
        let text = self.reader.text(node, what)?;
        let reference = WorkspaceRef::parse(text);
        let message = match &reference {
            WorkspaceRef::Id(id) if id.resource_type() != Some(WORKSPACE_TYPE) => {
                "is not the ARM id of an Azure ML workspace; expected \
                 `/subscriptions/…/resourceGroups/…/providers/Microsoft.MachineLearningServices/workspaces/…`"
            }
            WorkspaceRef::Name(name) if name.contains('/') => {
                "is neither a name nor an ARM id; refer to a file with `{template: …}` or `{parameters: …}`"
            }
            WorkspaceRef::Name(name) if name.contains(['*', '?']) => "is a glob; name one workspace",
            _ => return Some(reference),
        };
        self.reader.error(node, format!("`{}` {message}", shown(text)));
        None
    }

    fn check_duplicate(&mut self, node: &Node, pair: &PairConfig, earlier: &[PairConfig]) {
        let mut seen = BTreeSet::new();
        for secondary in &pair.secondaries {
            let (a, b) = (shown(&pair.primary.to_string()), shown(&secondary.to_string()));
            if pair.primary == *secondary {
                self.reader.error(node, format!("`{a}` is its own secondary"));
            } else if !seen.insert(secondary.key()) {
                self.reader.error(node, format!("`{b}` stands twice as a secondary of `{a}`"));
            }
            for other in earlier {
                let line = other.line;
                if other.primary == pair.primary && other.secondaries.contains(secondary) {
                    self.reader.error(node, format!("the pair of `{a}` and `{b}` is already declared in line {line}"));
                }
                if other.primary == *secondary && other.secondaries.contains(&pair.primary) {
                    let message = format!("the pair of `{a}` and `{b}` is declared the other way round in line {line}");
                    self.reader.error(node, message);
                }
            }
        }
    }

    fn tiers(&mut self, overall: Option<&Node>, inference: Option<&Node>, training: Option<&Node>) -> DeclaredTiers {
        DeclaredTiers {
            overall: overall.and_then(|node| self.tier(node)),
            inference: inference.and_then(|node| self.tier(node)),
            training: training.and_then(|node| self.tier(node)),
        }
    }

    fn tier(&mut self, node: &Node) -> Option<Tier> {
        let lower = |text: &str| !text.bytes().any(|b| b.is_ascii_uppercase());
        self.reader.word(node, "a tier", &Tier::ALL.map(Tier::as_str), |text| Tier::parse(text).filter(|_| lower(text)))
    }

    fn default_tier(&mut self, node: &Node) -> Tiers {
        let builtin = Config::default().default_tier;
        if !matches!(node.data, YamlData::Mapping(_)) {
            return self.tier(node).map_or(builtin, Tiers::uniform);
        }
        let keys = ["tier", "inference_tier", "training_tier"];
        let [overall, inference, training] = self.reader.section(node, "`default_tier`", keys);
        self.tiers(overall, inference, training).resolve(builtin)
    }

    fn complete(&mut self, node: &Node) -> BTreeSet<String> {
        let texts = self.reader.texts(node, "`complete`");
        texts.into_iter().filter_map(|(node, text)| self.complete_entry(node, text)).collect()
    }

    fn complete_entry(&mut self, node: &Node, text: &str) -> Option<String> {
        let lower = text.to_ascii_lowercase();
        if let Some(token) = lower.strip_prefix("repository:") {
            if REPOSITORY_TOKENS.contains(&token) {
                return Some(lower);
            }
            let hint = suggestion(token, REPOSITORY_TOKENS);
            self.reader
                .error(node, format!("`{}` is not something a repository can be complete in{hint}", shown(token)));
            return None;
        }
        if is_resource_type(&lower) {
            return Some(lower);
        }
        let expected = "expected one such as `Microsoft.KeyVault/vaults`, or `repository:` and a word";
        self.reader.error(node, format!("`{}` is not a resource type; {expected}", shown(text)));
        None
    }

    fn data_dependencies(&mut self, node: &Node) -> Vec<String> {
        let mut ids = Vec::new();
        for (node, text) in self.reader.texts(node, "`data_dependencies`") {
            if text.starts_with('/') && ResourceId::parse(text).resource_type().is_some() {
                ids.push(text.trim_end_matches('/').to_owned());
            } else {
                let expected = "expected `/subscriptions/…/resourceGroups/…/providers/…`";
                self.reader.error(node, format!("`{}` is not the ARM id of a resource; {expected}", shown(text)));
            }
        }
        ids
    }

    fn scopes(&mut self, node: &Node) -> Scopes {
        let keys = ["subscriptions", "management_groups", "include", "exclude"];
        let [subscriptions, groups, include, exclude] = self.reader.section(node, "`scopes`", keys);
        let mut names = |node: Option<&Node>, what: &str| {
            let texts = node.map(|node| self.reader.texts(node, what)).unwrap_or_default();
            self.reader.patterns(texts, Pattern::name)
        };
        Scopes {
            include: names(include, "`include`"),
            exclude: names(exclude, "`exclude`"),
            subscriptions: subscriptions.map(|node| self.subscriptions(node)).unwrap_or_default(),
            management_groups: groups.map(|node| self.management_groups(node)).unwrap_or_default(),
        }
    }

    fn subscriptions(&mut self, node: &Node) -> Vec<String> {
        let mut ids = Vec::new();
        for (node, text) in self.reader.texts(node, "`subscriptions`") {
            if is_guid(text) {
                ids.push(text.to_ascii_lowercase());
            } else {
                let expected = "expected one such as `00000000-0000-0000-0000-000000000000`";
                self.reader.error(node, format!("`{}` is not a subscription id; {expected}", shown(text)));
            }
        }
        ids
    }

    fn management_groups(&mut self, node: &Node) -> Vec<String> {
        let mut ids = Vec::new();
        for (node, text) in self.reader.texts(node, "`management_groups`") {
            if is_management_group(text) {
                ids.push(text.to_owned());
            } else {
                self.reader.error(node, format!("`{}` is not the id of a management group", shown(text)));
            }
        }
        ids
    }
}

const WORKSPACE_TYPE: &str = "microsoft.machinelearningservices/workspaces";

/// `namespace.name/type…`, in lower case.
fn is_resource_type(text: &str) -> bool {
    let mut pieces = text.split('/');
    let namespace = pieces.next().unwrap_or_default();
    let word = |piece: &str| !piece.is_empty() && piece.bytes().all(|b| b.is_ascii_alphanumeric());
    let types: Vec<&str> = pieces.collect();
    namespace.contains('.') && namespace.split('.').all(word) && !types.is_empty() && types.into_iter().all(word)
}

fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules>
fn is_management_group(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.()".contains(&b);
    text.len() <= 90 && text.bytes().all(allowed) && !text.ends_with('.')
}

#[cfg(test)]
mod tests;
