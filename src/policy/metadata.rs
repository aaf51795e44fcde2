//! The `# METADATA` block of a policy: YAML in comments before the package line, with a closed schema.
//!
//! Read by holdfast itself, because the Rego engine drops comments and has no `rego.metadata`.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use super::{PolicyError, PolicyFile};
use crate::model::Pointer;
use crate::nearest::suggestion;
use crate::rule::{Change, Evidence, Level, REPOSITORY_TOKENS, Remediation, Rule, SUBJECT_KINDS, Scope, Static, Tier};

/// Bounds for what a YAML parser that recurses is given.
const MAX_BLOCK: usize = 64 * 1024;
const MAX_LINE: usize = 1_000;
const MAX_OPEN_BRACKETS: usize = 200;

const TOP: &[&str] = &["title", "description", "scope", "related_resources", "custom"];
const CUSTOM: &[&str] = &[
    "id",
    "aliases",
    "deprecated",
    "level",
    "score",
    "scope",
    "subject",
    "tier",
    "evidence",
    "absence",
    "evidence_seen",
    "static",
    "seeds",
    "change",
    "cost",
    "remediation",
    "aprl",
];
const REMEDIATION: &[&str] = &["text", "cli", "bicep", "terraform"];
const TIERS: &[(&str, Tier)] = &[
    ("active-active", Tier::ActiveActive),
    ("active-standby", Tier::ActiveStandby),
    ("active-passive", Tier::ActivePassive),
];
const LEVELS: &[(&str, Option<Level>)] =
    &[("error", Some(Level::Error)), ("warning", Some(Level::Warning)), ("note", Some(Level::Note)), ("off", None)];
const SCOPES: &[(&str, Scope)] = &[
    ("pair", Scope::Pair),
    ("workspace", Scope::Workspace),
    ("subscription", Scope::Subscription),
    ("repository", Scope::Repository),
    ("estate", Scope::Estate),
];
const STATICS: &[(&str, Static)] = &[("yes", Static::Yes), ("partial", Static::Partial), ("no", Static::No)];
const CHANGES: &[(&str, Change)] = &[
    ("in-place", Change::InPlace),
    ("migration", Change::Migration),
    ("replacement", Change::Replacement),
    ("irreversible", Change::Irreversible),
];
const SPLIT_TIERS: &[(&str, &str)] = &[("inference", "inference"), ("training", "training")];
const BOOLEANS: &[(&str, bool)] = &[("true", true), ("false", false)];
/// Only `none` is ever written: evidence that was seen needs no word.
const EVIDENCE_SEEN: &[(&str, bool)] = &[("none", false)];

/// The package of a policy, from its `package` line.
pub(crate) fn package(file: &PolicyFile) -> Result<(String, usize), PolicyError> {
    for (index, line) in file.text.lines().enumerate() {
        let code = line.split('#').next().unwrap_or_default().trim();
        if let Some(path) = code.strip_prefix("package ") {
            return Ok((path.trim().to_owned(), index + 1));
        }
        if !code.is_empty() {
            return Err(file.error(index + 1, "expected `package`".to_owned()));
        }
    }
    Err(file.error(1, "no `package` line".to_owned()))
}

/// The METADATA of a rule. `custom` for one that came with `--policy-dir`, which need not cite
/// statements of the article and may not use the ids of holdfast.
pub(crate) fn read(file: &PolicyFile, custom: bool) -> Result<Rule, PolicyError> {
    let (package, package_line) = package(file)?;
    let Some(block) = Block::find(&file.text) else {
        return Err(file.error(package_line, "no `# METADATA` block before the package line".to_owned()));
    };
    block.check_bounds(file)?;
    let documents = MarkedYaml::load_from_str(&block.yaml).map_err(|error| {
        file.error(block.line_of(error.marker().line()), format!("METADATA is not YAML: {}", error.info()))
    })?;
    let reader = Reader { file, first_line: block.first_line };
    let Some(document) = documents.first() else {
        return Err(file.error(block.first_line, "METADATA is empty".to_owned()));
    };
    let mut rule = rule_of(&reader, document, custom)?;
    rule.package = package;
    Ok(rule)
}

/// A METADATA block without its comment signs, line for line.
struct Block {
    yaml: String,
    /// The line of the file on which the YAML starts.
    first_line: usize,
}

impl Block {
    /// The block before the package line.
    fn find(text: &str) -> Option<Self> {
        let mut lines = text.lines().enumerate();
        let (start, _) = lines
            .by_ref()
            .take_while(|(_, line)| !line.starts_with("package "))
            .find(|(_, line)| line.trim_end() == "# METADATA")?;
        let mut yaml = String::new();
        for (_, line) in lines {
            let Some(content) = line.strip_prefix('#') else { break };
            yaml.push_str(content.strip_prefix(' ').unwrap_or(content));
            yaml.push('\n');
        }
        Some(Self { yaml, first_line: start + 2 })
    }

    fn line_of(&self, yaml_line: usize) -> usize {
        self.first_line + yaml_line.saturating_sub(1)
    }

    /// Keeps nesting, and with it recursion in the YAML parser, within bounds: block nesting is bounded
    /// by the length of a line, flow nesting by the brackets that are open.
    fn check_bounds(&self, file: &PolicyFile) -> Result<(), PolicyError> {
        if self.yaml.len() > MAX_BLOCK {
            return Err(file.error(self.first_line, format!("METADATA is longer than {MAX_BLOCK} bytes")));
        }
        let mut open = 0_usize;
        for (index, line) in self.yaml.lines().enumerate() {
            if line.len() > MAX_LINE {
                return Err(file.error(self.line_of(index + 1), format!("line is longer than {MAX_LINE} bytes")));
            }
            for byte in line.bytes() {
                match byte {
                    b'[' | b'{' => open += 1,
                    b']' | b'}' => open = open.saturating_sub(1),
                    _ => {}
                }
            }
            if open > MAX_OPEN_BRACKETS {
                return Err(file.error(self.line_of(index + 1), "METADATA is nested too deeply".to_owned()));
            }
        }
        Ok(())
    }
}

type Node<'a> = MarkedYaml<'a>;

/// Turns YAML nodes into values, with errors that carry the line.
struct Reader<'a> {
    file: &'a PolicyFile,
    first_line: usize,
}

/// The members of a mapping, and where it starts.
struct Fields<'n> {
    line: usize,
    members: BTreeMap<String, &'n Node<'n>>,
}

fn rule_of(reader: &Reader, document: &Node, is_custom: bool) -> Result<Rule, PolicyError> {
    let top = reader.fields(document, "METADATA", TOP)?;
    let annotation = reader.required(&top, "scope", "METADATA")?;
    if reader.text(annotation, "scope")? != "package" {
        return Err(reader.error(annotation, "`scope` must be `package`".to_owned()));
    }
    let custom = reader.fields(reader.required(&top, "custom", "METADATA")?, "custom", CUSTOM)?;
    let scope_node = reader.required(&custom, "scope", "custom")?;
    let scope = reader.choice(scope_node, "scope", SCOPES)?;
    let optional = |name: &str| custom.members.get(name).copied();
    Ok(Rule {
        id: reader.id(reader.required(&custom, "id", "custom")?, is_custom)?,
        aliases: optional("aliases").map_or(Ok(Vec::new()), |node| reader.texts(node, "aliases"))?,
        deprecated: optional("deprecated").map_or(Ok(false), |node| reader.choice(node, "deprecated", BOOLEANS))?,
        title: reader.title(reader.required(&top, "title", "METADATA")?)?,
        description: reader.text(reader.required(&top, "description", "METADATA")?, "description")?,
        package: String::new(),
        level: reader.levels(reader.required(&custom, "level", "custom")?)?,
        score: reader.score(reader.required(&custom, "score", "custom")?)?,
        scope,
        subject: reader.subject(reader.required(&custom, "subject", "custom")?, scope)?,
        tier: optional("tier").map(|node| reader.choice(node, "tier", SPLIT_TIERS)).transpose()?.map(str::to_owned),
        evidence: reader.evidence(reader.required(&custom, "evidence", "custom")?)?,
        absence: optional("absence").map_or(Ok(Vec::new()), |node| reader.types(node))?,
        evidence_seen: optional("evidence_seen")
            .map_or(Ok(true), |node| reader.choice(node, "evidence_seen", EVIDENCE_SEEN))?,
        is_static: reader.choice(reader.required(&custom, "static", "custom")?, "static", STATICS)?,
        seeds: match optional("seeds") {
            Some(node) => reader.texts(node, "seeds")?,
            None if is_custom => Vec::new(),
            None => return Err(reader.missing(&custom, "seeds", "custom")),
        },
        change: reader.choice(reader.required(&custom, "change", "custom")?, "change", CHANGES)?,
        cost: optional("cost").map_or(Ok(String::new()), |node| reader.text(node, "cost"))?,
        remediation: reader.remediation(reader.required(&custom, "remediation", "custom")?)?,
        aprl: optional("aprl").map_or(Ok(Vec::new()), |node| reader.texts(node, "aprl"))?,
        references: reader.references(reader.required(&top, "related_resources", "METADATA")?)?,
        custom: is_custom,
    })
}

impl Reader<'_> {
    fn line(&self, node: &Node) -> usize {
        self.first_line + node.span.start.line().saturating_sub(1)
    }

    fn error(&self, node: &Node, message: String) -> PolicyError {
        self.file.error(self.line(node), message)
    }

    fn missing(&self, fields: &Fields, name: &str, what: &str) -> PolicyError {
        self.file.error(fields.line, format!("{what} lacks `{name}`"))
    }

    /// The members of a mapping whose keys are strings.
    fn mapping<'n>(&self, node: &'n Node<'n>, what: &str) -> Result<Vec<(String, &'n Node<'n>, usize)>, PolicyError> {
        let YamlData::Mapping(mapping) = &node.data else {
            return Err(self.error(node, format!("{what} must be a mapping")));
        };
        mapping.iter().map(|(key, value)| Ok((self.text(key, "a key")?, value, self.line(key)))).collect()
    }

    /// The members of a mapping with a closed list of keys.
    fn fields<'n>(&self, node: &'n Node<'n>, what: &str, known: &[&str]) -> Result<Fields<'n>, PolicyError> {
        let mut members = BTreeMap::new();
        for (key, value, line) in self.mapping(node, what)? {
            if !known.contains(&key.as_str()) {
                let message = format!("unknown key `{key}` in {what}{}", suggestion(&key, known.iter().copied()));
                return Err(self.file.error(line, message));
            }
            members.insert(key, value);
        }
        Ok(Fields { line: self.line(node), members })
    }

    fn required<'n>(&self, fields: &Fields<'n>, name: &str, what: &str) -> Result<&'n Node<'n>, PolicyError> {
        fields.members.get(name).copied().ok_or_else(|| self.missing(fields, name, what))
    }

    /// A scalar as its text, without blank ends.
    fn text(&self, node: &Node, what: &str) -> Result<String, PolicyError> {
        let text = match &node.data {
            YamlData::Value(Scalar::String(text)) => text.trim().to_owned(),
            YamlData::Value(Scalar::Integer(number)) => number.to_string(),
            YamlData::Value(Scalar::FloatingPoint(number)) => number.to_string(),
            YamlData::Value(Scalar::Boolean(value)) => value.to_string(),
            _ => String::new(),
        };
        if text.is_empty() {
            return Err(self.error(node, format!("`{what}` must be a text and not empty")));
        }
        Ok(text)
    }

    fn sequence<'n>(&self, node: &'n Node<'n>, what: &str) -> Result<&'n [Node<'n>], PolicyError> {
        match &node.data {
            YamlData::Sequence(items) => Ok(items),
            _ => Err(self.error(node, format!("`{what}` must be a list"))),
        }
    }

    fn texts(&self, node: &Node, what: &str) -> Result<Vec<String>, PolicyError> {
        self.sequence(node, what)?.iter().map(|item| self.text(item, what)).collect()
    }

    /// One word of a closed list.
    fn choice<T: Copy>(&self, node: &Node, what: &str, words: &[(&str, T)]) -> Result<T, PolicyError> {
        let word = self.text(node, what)?;
        words.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| {
            let nearest = suggestion(&word, words.iter().map(|(name, _)| *name));
            self.error(node, format!("`{word}` is not a valid `{what}`{nearest}"))
        })
    }

    fn id(&self, node: &Node, is_custom: bool) -> Result<String, PolicyError> {
        let id = self.text(node, "id")?;
        let well_formed = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        };
        let parts: Vec<_> = id.split('-').collect();
        if parts.len() < 2 || !parts.iter().all(|part| well_formed(part)) {
            return Err(self.error(node, format!("`{id}` is not a rule id such as `ACME-STOR-001`")));
        }
        if is_custom && id.starts_with("HF-") {
            return Err(self.error(node, format!("`{id}`: ids that start with `HF-` are those of the built-in rules")));
        }
        Ok(id)
    }

    fn title(&self, node: &Node) -> Result<String, PolicyError> {
        let title = self.text(node, "title")?;
        if title.ends_with('.') || title.contains('\n') {
            return Err(self.error(node, "`title` must be one line without a full stop".to_owned()));
        }
        Ok(title)
    }

    fn levels(&self, node: &Node) -> Result<BTreeMap<Tier, Level>, PolicyError> {
        let names: Vec<_> = TIERS.iter().map(|(name, _)| *name).collect();
        let fields = self.fields(node, "level", &names)?;
        let mut levels = BTreeMap::new();
        for (name, tier) in TIERS {
            let node = self.required(&fields, name, "level")?;
            if let Some(level) = self.choice(node, name, LEVELS)? {
                levels.insert(*tier, level);
            }
        }
        Ok(levels)
    }

    fn score(&self, node: &Node) -> Result<f64, PolicyError> {
        let text = self.text(node, "score")?;
        match text.parse::<f64>() {
            Ok(score) if (0.0..=10.0).contains(&score) => Ok(score),
            _ => Err(self.error(node, format!("`score` must be a number from 0 to 10, not `{text}`"))),
        }
    }

    fn subject(&self, node: &Node, scope: Scope) -> Result<String, PolicyError> {
        let kinds: Vec<_> = SUBJECT_KINDS.iter().filter(|(_, scopes)| scopes.contains(&scope)).collect();
        let kind = self.text(node, "subject")?;
        if kinds.iter().any(|(name, _)| *name == kind) {
            return Ok(kind);
        }
        let nearest = suggestion(&kind, kinds.iter().map(|(name, _)| *name));
        Err(self.error(node, format!("no subject of kind `{kind}` in scope `{}`{nearest}", scope.as_str())))
    }

    /// Types in the spelling of Azure: `Microsoft.Storage/storageAccounts`.
    fn types(&self, node: &Node) -> Result<Vec<String>, PolicyError> {
        self.sequence(node, "absence")?
            .iter()
            .map(|item| {
                let name = self.text(item, "absence")?;
                self.check_type(item, &name)?;
                Ok(name)
            })
            .collect()
    }

    fn check_type(&self, node: &Node, name: &str) -> Result<(), PolicyError> {
        let well_formed = name.split_once('/').is_some_and(|(namespace, rest)| {
            let known = namespace.contains('.') || namespace == "repository";
            known && !rest.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '@')
        });
        // A part of a repository that the configuration may call complete: `repository:jobs`.
        if well_formed || name.strip_prefix("repository:").is_some_and(|part| REPOSITORY_TOKENS.contains(&part)) {
            return Ok(());
        }
        Err(self.error(node, format!("`{name}` is not a resource type such as `Microsoft.Storage/storageAccounts`")))
    }

    fn evidence(&self, node: &Node) -> Result<Vec<Evidence>, PolicyError> {
        self.mapping(node, "evidence")?
            .into_iter()
            .map(|(resource_type, paths, _)| {
                self.check_type(paths, &resource_type)?;
                let paths: Result<_, _> =
                    self.sequence(paths, &resource_type)?.iter().map(|item| self.group(item)).collect();
                Ok(Evidence { resource_type, paths: paths? })
            })
            .collect()
    }

    /// One pointer, or `any_of` with several.
    fn group(&self, node: &Node) -> Result<Vec<String>, PolicyError> {
        if !matches!(node.data, YamlData::Mapping(_)) {
            return Ok(vec![self.pointer(node, false)?]);
        }
        let fields = self.fields(node, "evidence", &["any_of"])?;
        let any_of = self.required(&fields, "any_of", "evidence")?;
        let group = self
            .sequence(any_of, "any_of")?
            .iter()
            .map(|item| self.pointer(item, true))
            .collect::<Result<Vec<_>, _>>()?;
        if group.len() < 2 {
            return Err(self.error(any_of, "`any_of` needs at least two pointers".to_owned()));
        }
        Ok(group)
    }

    /// The empty pointer stands in `any_of` only: beside it, the others are read in some cases.
    fn pointer(&self, node: &Node, or_empty: bool) -> Result<String, PolicyError> {
        if or_empty && matches!(&node.data, YamlData::Value(Scalar::String(text)) if text.is_empty()) {
            return Ok(String::new());
        }
        let text = self.text(node, "evidence")?;
        match Pointer::parse(&text) {
            Some(_) if !text.ends_with('/') && !text.contains(' ') => Ok(text),
            _ => {
                Err(self
                    .error(node, format!("`{text}` is not an evidence pointer such as `/properties/storageAccount`")))
            }
        }
    }

    fn remediation(&self, node: &Node) -> Result<Remediation, PolicyError> {
        let fields = self.fields(node, "remediation", REMEDIATION)?;
        let optional = |name: &str| fields.members.get(name).map_or(Ok(String::new()), |node| self.text(node, name));
        Ok(Remediation {
            text: self.text(self.required(&fields, "text", "remediation")?, "text")?,
            cli: optional("cli")?,
            bicep: optional("bicep")?,
            terraform: optional("terraform")?,
        })
    }

    /// `related_resources`: links, alone or as `ref` with an optional `description`.
    fn references(&self, node: &Node) -> Result<Vec<String>, PolicyError> {
        let links = self
            .sequence(node, "related_resources")?
            .iter()
            .map(|item| {
                let link = if matches!(item.data, YamlData::Mapping(_)) {
                    let fields = self.fields(item, "related_resources", &["ref", "description"])?;
                    self.text(self.required(&fields, "ref", "related_resources")?, "ref")?
                } else {
                    self.text(item, "related_resources")?
                };
                if !link.starts_with("https://") {
                    return Err(self.error(item, format!("`{link}` is not an https link")));
                }
                Ok(link)
            })
            .collect::<Result<Vec<_>, _>>()?;
        if links.is_empty() {
            return Err(self.error(node, "`related_resources` needs at least one link".to_owned()));
        }
        Ok(links)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
# METADATA
# title: The registry has a replica in the failover region
# description: |
#   First line.
#
#   Second paragraph.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/container-registry/container-registry-geo-replication
#   - https://example.com/
# custom:
#   id: HF-ACR-001
#   aliases: [HF-ACR-900]
#   level: {active-active: error, active-standby: warning, active-passive: off}
#   score: 8
#   scope: pair
#   subject: container_registry
#   tier: inference
#   static: yes
#   seeds: [S35, S36]
#   change: in-place
#   cost: low
#   evidence:
#     Microsoft.ContainerRegistry/registries: [/sku/name, any_of: [\"\", /location, /properties/zone]]
#   absence: [Microsoft.ContainerRegistry/registries/replications]
#   evidence_seen: none
#   remediation:
#     text: Add a replication.
#     bicep: |
#       resource r 'x' = {
#         name: 'y'
#       }
package holdfast.rules.registry.replicated

deny contains 1 if false
";

    fn file(text: &str) -> PolicyFile {
        PolicyFile::new("rules/registry/replicated.rego", text.to_owned())
    }

    fn error(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        read(&file(&GOOD.replacen(from, to, 1)), false).unwrap_err().to_string()
    }

    #[test]
    fn all_members_are_read() {
        let rule = read(&file(GOOD), false).unwrap();
        assert_eq!(rule.id, "HF-ACR-001");
        assert_eq!(rule.aliases, ["HF-ACR-900"]);
        assert_eq!(rule.description, "First line.\n\nSecond paragraph.");
        assert_eq!(rule.package, "holdfast.rules.registry.replicated");
        assert_eq!(rule.level_in(Tier::ActiveStandby), Some(Level::Warning));
        assert_eq!(rule.level_in(Tier::ActivePassive), None);
        assert_eq!(rule.is_static, Static::Yes);
        assert_eq!(rule.tier.as_deref(), Some("inference"));
        assert_eq!(rule.evidence[0].paths, [vec!["/sku/name"], vec!["", "/location", "/properties/zone"]]);
        assert_eq!(rule.absence, ["Microsoft.ContainerRegistry/registries/replications"]);
        assert!(!rule.evidence_seen);
        assert_eq!(rule.remediation.bicep, "resource r 'x' = {\n  name: 'y'\n}");
        assert_eq!(rule.references.len(), 2);
        assert!((rule.score - 8.0).abs() < f64::EPSILON);
    }

    #[test]
    fn errors_name_line_and_nearest_word() {
        assert_eq!(
            error("subject: container_registry", "subject: container_registri"),
            "rules/registry/replicated.rego:17: no subject of kind `container_registri` in scope `pair`; \
             did you mean `container_registry`?"
        );
        assert_eq!(
            error("  seeds:", "  sedes:"),
            "rules/registry/replicated.rego:20: unknown key `sedes` in custom; did you mean `seeds`?"
        );
        assert!(error("static: yes", "static: true").contains(":19: `true` is not a valid `static`; expected `yes`"));
        assert!(error("active-passive: off", "active-passive: of").contains("did you mean `off`?"));
        assert!(error("#   score: 8\n", "").contains("custom lacks `score`"));
        assert!(error("score: 8", "score: 11").contains("0 to 10"));
        assert!(error("[/sku/name,", "[sku/name,").contains("evidence pointer"));
        assert!(error("Microsoft.ContainerRegistry/registries:", "registries:").contains("resource type"));
        assert!(error("failover region", "failover region.").contains("full stop"));
        assert!(error("#   id: HF-ACR-001\n", "#   id: HF-ACR-001\n#   id: HF-ACR-002\n").contains("duplicate"));
        assert!(error("scope: pair", "scope: package").contains(":16: `package` is not a valid `scope`"));
        assert!(error("# METADATA\n", "").contains("no `# METADATA` block"));
        assert!(error("title: The registry", "title: The registry: it").contains("METADATA is not YAML"));
    }

    #[test]
    fn custom_rules_need_no_statements_and_get_no_built_in_ids() {
        let text = GOOD.replacen("#   seeds: [S35, S36]\n", "", 1);
        assert!(read(&file(&text), false).unwrap_err().to_string().contains("lacks `seeds`"));
        assert!(read(&file(&text), true).unwrap_err().to_string().contains("built-in"));
        assert!(read(&file(&text.replace("HF-ACR", "ACME-ACR")), true).unwrap().custom);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = |piece: &str, count: usize| format!("# METADATA\n# custom: {}\npackage x\n", piece.repeat(count));
        assert!(read(&file(&deep("[", 900)), false).unwrap_err().to_string().contains("too deeply"));
        assert!(read(&file(&deep("- ", 5_000)), false).unwrap_err().to_string().contains("longer than"));
        let list = format!("# METADATA\n# {}x\npackage x\n", "- ".repeat(490));
        assert!(read(&file(&list), false).unwrap_err().to_string().contains("must be a mapping"));
        let steps: String = (0..300).fold(String::new(), |text, n| text + "# " + &" ".repeat(n) + "a:\n");
        assert!(read(&file(&format!("# METADATA\n{steps}package x\n")), false).is_err());
    }
}
