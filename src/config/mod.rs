//! What people tell holdfast: `holdfast.yaml`, validated.
//!
//! Everything in a [`Config`] was checked: globs compile, tiers and dates are right, no pair stands
//! twice. [`Config::default`] is what holds without a file. See `docs/configuration.md`.

mod changes;
mod load;
mod names;

mod parameters;
mod parse;
mod pattern;
mod production;
#[cfg(test)]
mod schema_tests;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value as Json;

pub use changes::Relaxation;
pub use load::{ConfigError, FILE_NAMES, LoadError, discover, load};
pub use names::{Environments, NameTokens, Role, Stem};
pub use parameters::{PARAMETERS, ParameterKind, ParameterSpec, Parameters};
pub use parse::parse;
pub use pattern::Pattern;
pub use production::{Production, ProductionClause, ProductionSelector, WorkspaceTraits};
pub(crate) use yaml::shown;

use crate::model::ResourceId;
use crate::rule::{Level, Rule, Tier};
use crate::waiver::Waiver;

/// The JSON Schema of `holdfast.yaml`, for editors.
pub const SCHEMA: &str = include_str!("../../docs/schemas/config.schema.json");

/// The configuration of a scan.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The declared workspace pairs.
    pub pairs: Vec<PairConfig>,
    /// The tags that declare pairs, roles, tiers and environments.
    pub tags: TagNames,
    /// The words in names that mean a region, an environment or a role.
    pub tokens: NameTokens,
    /// The tiers of a pair that declares none.
    pub default_tier: Tiers,
    /// Which workspaces serve production.
    pub production: ProductionSelector,
    /// The tag that names the owner of a resource, shown with each finding.
    pub owner_tag: String,
    /// Resource types (lower case) or `repository:` tokens that the scanned source declares completely.
    pub complete: BTreeSet<String>,
    /// ARM ids of resources that the workspaces depend on although nothing refers to them.
    pub data_dependencies: Vec<String>,
    /// The policy parameters that the file sets.
    pub parameters: Parameters,
    /// Rules that are switched off or have another level, in the order of the file: the last one
    /// that matches a rule decides.
    pub rules: Vec<RuleSwitch>,
    /// Paths to scan; empty for all.
    pub include: Vec<Pattern>,
    /// Paths to leave out, also if they are included.
    pub exclude: Vec<Pattern>,
    /// Accepted findings.
    pub waivers: Vec<Waiver>,
    /// What an audit of live subscriptions reads.
    pub scopes: Scopes,
    /// The path of the file; `None` without one.
    pub source: Option<String>,
    /// What this scan does not take from the file, and why: sentences.
    pub remarks: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            pairs: Vec::new(),
            tags: TagNames::default(),
            tokens: NameTokens::default(),
            default_tier: Tiers::uniform(Tier::ActivePassive),
            production: ProductionSelector::default(),
            owner_tag: "owner".to_owned(),
            complete: BTreeSet::new(),
            data_dependencies: Vec::new(),
            parameters: Parameters::default(),
            rules: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            waivers: Vec::new(),
            scopes: Scopes::default(),
            source: None,
            remarks: Vec::new(),
        }
    }
}

impl Config {
    /// `input.parameters` for a pair, or for what belongs to none: defaults, what the file sets, what
    /// the pair sets; and `data_dependencies` of both, in lower case.
    pub fn parameters_for(&self, pair: Option<&PairConfig>) -> Json {
        let parameters = match pair {
            Some(pair) => self.parameters.overridden_by(&pair.parameters),
            None => self.parameters.clone(),
        };
        let own = pair.map_or(&[][..], |pair| &pair.data_dependencies);
        let ids: BTreeSet<String> =
            self.data_dependencies.iter().chain(own).map(|id| id.to_ascii_lowercase()).collect();
        let mut json = parameters.to_json();
        json["data_dependencies"] = ids.into_iter().collect();
        json
    }

    /// What the scanned source declares completely, as far as a pair (or no pair) is concerned.
    pub fn complete_for(&self, pair: Option<&PairConfig>) -> BTreeSet<String> {
        let own = pair.map(|pair| pair.complete.iter()).into_iter().flatten();
        self.complete.iter().chain(own).cloned().collect()
    }

    /// Takes back what the file calls complete, since only a part of what it speaks of was scanned.
    pub fn doubt_complete(&mut self) {
        let of_pairs = self.pairs.iter_mut().map(|pair| std::mem::take(&mut pair.complete));
        let said = of_pairs.chain([std::mem::take(&mut self.complete)]).any(|types| !types.is_empty());
        if said {
            let file = self.source.as_deref().and_then(|path| path.rsplit(['/', '\\']).next()).unwrap_or("the file");
            self.remarks.push(format!(
                "`complete` of {file} is not taken, since only a part of its folder was scanned; scan the folder, or give the file with --config"
            ));
        }
    }

    /// The levels of a rule after the switches; `None` if it is switched off.
    pub fn levels_of(&self, rule: &Rule) -> Option<BTreeMap<Tier, Level>> {
        let matches = |switch: &&RuleSwitch| {
            switch.rule.matches(&rule.id) || rule.aliases.iter().any(|alias| switch.rule.matches(alias))
        };
        let Some(switch) = self.rules.iter().rev().find(matches) else { return Some(rule.level.clone()) };
        switch.enabled.then(|| switch.levels(&rule.level))
    }

    /// Whether a path (relative to the repository root) is to be scanned.
    pub fn wants(&self, path: &str) -> bool {
        let included = self.include.is_empty() || self.include.iter().any(|glob| glob.matches(path));
        included && !self.exclude.iter().any(|glob| glob.matches(path))
    }
}

/// A declared pair: one primary and its counterparts. The pair rules run once per counterpart.
#[derive(Clone, Debug, PartialEq)]
pub struct PairConfig {
    /// The workspace that fails over.
    pub primary: WorkspaceRef,
    /// The workspaces that it fails over to; at least one.
    pub secondaries: Vec<WorkspaceRef>,
    /// The tiers that the pair declares.
    pub tiers: DeclaredTiers,
    /// The parameters that the pair overrides.
    pub parameters: Parameters,
    /// What the scanned source declares completely for this pair, beside [`Config::complete`].
    pub complete: BTreeSet<String>,
    /// Resources that this pair depends on, beside [`Config::data_dependencies`].
    pub data_dependencies: Vec<String>,
    /// The line (from 1) at which the pair begins.
    pub line: u32,
}

/// How the configuration refers to a workspace.
#[derive(Clone, Debug)]
pub enum WorkspaceRef {
    /// By its ARM id.
    Id(ResourceId),
    /// By its name; case does not count.
    Name(String),
    /// By where it is declared: all that is given must hold, and one workspace must fit.
    Declared {
        /// The template (or Terraform folder) relative to the repository root.
        template: Option<String>,
        /// The parameter file relative to the repository root.
        parameters: Option<String>,
        /// The logical name in the source, for example
        /// `terraform:module.primary.azurerm_machine_learning_workspace.main`.
        declaration: Option<String>,
        /// The name.
        name: Option<String>,
    },
}

impl WorkspaceRef {
    /// From a plain string: an ARM id if it begins with `/`, otherwise a name.
    pub fn parse(text: &str) -> Self {
        if text.starts_with('/') { Self::Id(ResourceId::parse(text)) } else { Self::Name(text.to_owned()) }
    }

    /// Two references with equal keys are written alike, but for case.
    pub(crate) fn key(&self) -> String {
        self.to_string().to_ascii_lowercase()
    }
}

impl PartialEq for WorkspaceRef {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

/// As people write it: the id, the name, or `name in template with parameters`.
impl fmt::Display for WorkspaceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{}", id.text()),
            Self::Name(name) => f.write_str(name),
            Self::Declared { template, parameters, declaration, name } => {
                f.write_str(declaration.as_deref().or(name.as_deref()).unwrap_or("the workspace"))?;
                if let (Some(_), Some(name)) = (declaration, name) {
                    write!(f, " {name}")?;
                }
                if let Some(template) = template {
                    write!(f, " in {template}")?;
                }
                if let Some(parameters) = parameters {
                    write!(f, " with {parameters}")?;
                }
                Ok(())
            }
        }
    }
}

/// The tiers that hold for a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiers {
    /// Of everything that is neither inference nor training.
    pub overall: Tier,
    /// Of endpoints and what they serve from.
    pub inference: Tier,
    /// Of training compute and jobs.
    pub training: Tier,
}

impl Tiers {
    /// The same tier for everything.
    pub fn uniform(tier: Tier) -> Self {
        Self { overall: tier, inference: tier, training: tier }
    }
}

/// The tiers that somebody declared, each on its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeclaredTiers {
    /// The tier of the pair.
    pub overall: Option<Tier>,
    /// The tier of inference, if it differs.
    pub inference: Option<Tier>,
    /// The tier of training, if it differs.
    pub training: Option<Tier>,
}

impl DeclaredTiers {
    /// Whether nothing is declared.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What this declares, and what `weaker` declares where this is silent.
    ///
    /// The tier of a component does not come from a weaker source if this one gives the overall tier:
    /// an overall tier in the configuration is not undercut by a tag on inference.
    pub fn or(self, weaker: Self) -> Self {
        if self.overall.is_some() {
            return self;
        }
        Self {
            overall: weaker.overall,
            inference: self.inference.or(weaker.inference),
            training: self.training.or(weaker.training),
        }
    }

    /// The tiers that hold: a component that declares none has the overall tier of the pair, and a
    /// pair that declares no overall tier has the default.
    pub fn resolve(self, default: Tiers) -> Tiers {
        Tiers {
            overall: self.overall.unwrap_or(default.overall),
            inference: self.inference.or(self.overall).unwrap_or(default.inference),
            training: self.training.or(self.overall).unwrap_or(default.training),
        }
    }
}

/// The names of the tags that declare something. Azure ignores the case of tag names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagNames {
    /// Holds the ARM id (or name) of the counterpart.
    pub pair: String,
    /// Holds `primary` or `secondary`.
    pub role: String,
    /// Holds the tier of the pair.
    pub tier: String,
    /// Holds the tier of inference.
    pub inference_tier: String,
    /// Holds the tier of training.
    pub training_tier: String,
    /// Workspaces with the same value of this tag form one group.
    pub group: Option<String>,
    /// Tags that hold the environment, most telling first.
    pub environment: Vec<String>,
}

impl Default for TagNames {
    fn default() -> Self {
        Self {
            pair: "holdfast-pair".to_owned(),
            role: "holdfast-role".to_owned(),
            tier: "holdfast-tier".to_owned(),
            inference_tier: "holdfast-tier-inference".to_owned(),
            training_tier: "holdfast-tier-training".to_owned(),
            group: None,
            environment: vec!["environment".to_owned(), "env".to_owned()],
        }
    }
}

/// A change to a rule, or to all rules that a glob names.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSwitch {
    /// A rule id or a glob of ids.
    pub rule: Pattern,
    /// Another level.
    pub level: Option<LevelSetting>,
    /// Whether the rule runs.
    pub enabled: bool,
    /// The line (from 1).
    pub line: u32,
}

impl RuleSwitch {
    fn levels(&self, catalogued: &BTreeMap<Tier, Level>) -> BTreeMap<Tier, Level> {
        match &self.level {
            None => catalogued.clone(),
            Some(LevelSetting::Uniform(level)) => catalogued.keys().map(|tier| (*tier, *level)).collect(),
            Some(LevelSetting::PerTier(levels)) => {
                levels.iter().fold(catalogued.clone(), |mut result, (tier, level)| {
                    match level {
                        Some(level) => result.insert(*tier, *level),
                        None => result.remove(tier),
                    };
                    result
                })
            }
        }
    }
}

/// The level that the configuration gives to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LevelSetting {
    /// In every tier in which the rule is not off.
    Uniform(Level),
    /// In these tiers (`None`: off); the others stay.
    PerTier(BTreeMap<Tier, Option<Level>>),
}

/// What `--all-subscriptions` reads in place of everything that can be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scopes {
    /// Subscription ids, lower case.
    pub subscriptions: Vec<String>,
    /// Management group ids (names, not display names).
    pub management_groups: Vec<String>,
    /// Ids or display names of the subscriptions to read of those found; empty for all.
    pub include: Vec<Pattern>,
    /// Ids or display names of subscriptions to leave out.
    pub exclude: Vec<Pattern>,
}

impl Scopes {
    /// Whether a subscription that was found is to be read.
    pub fn admits(&self, id: &str, display_name: Option<&str>) -> bool {
        let named = |globs: &[Pattern]| {
            globs.iter().any(|glob| glob.matches(id) || display_name.is_some_and(|name| glob.matches(name)))
        };
        (self.include.is_empty() || named(&self.include)) && !named(&self.exclude)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::rule::{Change, Remediation, Scope, Static};

    /// A rule of level warning in all tiers.
    pub(crate) fn rule(id: &str) -> Rule {
        Rule {
            id: id.to_owned(),
            aliases: Vec::new(),
            deprecated: false,
            title: String::new(),
            description: String::new(),
            package: String::new(),
            level: Tier::ALL.into_iter().map(|tier| (tier, Level::Warning)).collect(),
            score: 5.0,
            scope: Scope::Pair,
            subject: "workspace_pair".to_owned(),
            tier: None,
            evidence: Vec::new(),
            absence: Vec::new(),
            evidence_seen: true,
            is_static: Static::Yes,
            seeds: Vec::new(),
            change: Change::InPlace,
            cost: String::new(),
            remediation: Remediation::default(),
            aprl: Vec::new(),
            references: Vec::new(),
            custom: false,
        }
    }

    #[test]
    fn an_overall_tier_is_not_undercut_by_a_weaker_source() {
        let file = DeclaredTiers { overall: Some(Tier::ActiveActive), ..DeclaredTiers::default() };
        let tags = DeclaredTiers { inference: Some(Tier::ActivePassive), ..DeclaredTiers::default() };
        assert_eq!(file.or(tags).inference, None);
        let file = DeclaredTiers { training: Some(Tier::ActivePassive), ..DeclaredTiers::default() };
        let tags = DeclaredTiers { overall: Some(Tier::ActiveActive), ..tags };
        let both = file.or(tags).resolve(Tiers::uniform(Tier::ActiveStandby));
        assert_eq!(
            (both.overall, both.inference, both.training),
            (Tier::ActiveActive, Tier::ActivePassive, Tier::ActivePassive)
        );
    }

    #[test]
    fn a_component_without_a_tier_has_that_of_its_pair() {
        let declared = DeclaredTiers { overall: Some(Tier::ActiveActive), ..DeclaredTiers::default() };
        let default = Tiers { inference: Tier::ActiveStandby, ..Tiers::uniform(Tier::ActivePassive) };
        assert_eq!(declared.resolve(default), Tiers::uniform(Tier::ActiveActive));
        assert_eq!(DeclaredTiers::default().resolve(default), default);
    }
}
