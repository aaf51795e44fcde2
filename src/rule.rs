//! What a rule says about itself: the METADATA of its policy, as outputs and documentation need it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How bad a finding is. Ordered: `Note < Warning < Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Hygiene.
    Note,
    /// Failover is slower or partial.
    Warning,
    /// Failover is blocked or data is lost.
    Error,
}

impl Level {
    /// `error`, `warning` or `note`, as in SARIF.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How much of a workspace stands ready in the second region, from the Azure ML failover guidance.
/// Ordered by strength.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Workspace, associated resources and data are there; the rest is deployed by hand.
    #[default]
    ActivePassive,
    /// Critical resources (deployed models) are ready too.
    ActiveStandby,
    /// Both regions serve at the same time.
    ActiveActive,
}

impl Tier {
    /// All tiers, strongest first.
    pub const ALL: [Tier; 3] = [Self::ActiveActive, Self::ActiveStandby, Self::ActivePassive];

    /// The name, for example `active-standby`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActivePassive => "active-passive",
            Self::ActiveStandby => "active-standby",
            Self::ActiveActive => "active-active",
        }
    }

    /// From its name or synonym (`hot/hot`, `hot/warm`, `hot/cold`), case ignored.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "active-active" | "active/active" | "hot/hot" | "hot-hot" => Some(Self::ActiveActive),
            "active-standby" | "active/standby" | "hot/warm" | "hot-warm" => Some(Self::ActiveStandby),
            "active-passive" | "active/passive" | "hot/cold" | "hot-cold" => Some(Self::ActivePassive),
            _ => None,
        }
    }
}

/// Whether a rule can be judged from source code alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Static {
    /// Yes.
    Yes,
    /// Some of its cases.
    Partial,
    /// No: it needs the live state.
    No,
}

/// What applying the remediation means to a deployed resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A property changes or something is added.
    InPlace,
    /// Data or configuration is moved, or the platform converts it.
    Migration,
    /// The resource is recreated.
    Replacement,
    /// In place, and cannot be undone.
    Irreversible,
}

impl Change {
    /// What to tell the reader of a remediation.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::InPlace => "Changes the deployed resource in place.",
            Self::Migration => "Moves data or configuration, or lets the platform convert the resource.",
            Self::Replacement => "Needs the resource to be created anew.",
            Self::Irreversible => "Changes the resource in place and cannot be undone.",
        }
    }
}

/// The home input of a rule's subjects (a closed list).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// A workspace pair with everything that either member reaches.
    Pair,
    /// One workspace with everything that it reaches.
    Workspace,
    /// A subscription.
    Subscription,
    /// The files of a repository.
    Repository,
    /// Everything.
    Estate,
}

impl Scope {
    /// The name, for example `pair`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pair => "pair",
            Self::Workspace => "workspace",
            Self::Subscription => "subscription",
            Self::Repository => "repository",
            Self::Estate => "estate",
        }
    }
}

/// The kinds of subject and the scopes in which each occurs (a closed list, see
/// `docs/rule-input.md`).
pub const SUBJECT_KINDS: &[(&str, &[Scope])] = &[
    ("workspace", WORKSPACE_OR_PAIR),
    ("secondary_workspace", &[Scope::Pair]),
    ("workspace_pair", &[Scope::Pair]),
    ("default_storage", WORKSPACE_OR_PAIR),
    ("key_vault", WORKSPACE_OR_PAIR),
    ("container_registry", WORKSPACE_OR_PAIR),
    ("registry_replication", WORKSPACE_OR_PAIR),
    ("application_insights", WORKSPACE_OR_PAIR),
    ("log_workspace", WORKSPACE_OR_PAIR),
    ("compute", WORKSPACE_OR_PAIR),
    ("datastore", WORKSPACE_OR_PAIR),
    ("data_storage", WORKSPACE_OR_PAIR),
    ("sql_database", WORKSPACE_OR_PAIR),
    ("postgresql_server", WORKSPACE_OR_PAIR),
    ("mysql_server", WORKSPACE_OR_PAIR),
    ("cosmos_account", WORKSPACE_OR_PAIR),
    ("data_lake_user", &[Scope::Estate]),
    ("database_server", &[Scope::Estate]),
    ("retirable", &[Scope::Estate]),
    ("primary_compute", &[Scope::Pair]),
    ("kubernetes_cluster", WORKSPACE_OR_PAIR),
    ("online_endpoint", WORKSPACE_OR_PAIR),
    ("primary_online_endpoint", &[Scope::Pair]),
    ("online_deployment", WORKSPACE_OR_PAIR),
    ("primary_batch_endpoint", &[Scope::Pair]),
    ("schedule", &[Scope::Estate]),
    ("data_version", &[Scope::Estate]),
    ("ml_registry", &[Scope::Estate]),
    ("container_group", &[Scope::Estate]),
    ("subscription", &[Scope::Subscription]),
    ("subscription_region", &[Scope::Subscription]),
    ("resource", &[Scope::Estate]),
    ("associated_resource", WORKSPACE_OR_PAIR),
    ("private_endpoint_target", &[Scope::Pair]),
    ("identity", &[Scope::Pair]),
    ("repository", REPOSITORY),
    ("repository_file", REPOSITORY),
    ("code_file", REPOSITORY),
    ("automation", REPOSITORY),
    ("workflow", REPOSITORY),
    ("definition", REPOSITORY),
    ("job_or_deployment", REPOSITORY),
    ("environment_definition", REPOSITORY),
    ("template_resource", REPOSITORY),
];

const REPOSITORY: &[Scope] = &[Scope::Repository];

const WORKSPACE_OR_PAIR: &[Scope] = &[Scope::Workspace, Scope::Pair];

/// What a repository may be declared complete in (`complete: [repository:jobs]`), beside resource types.
pub const REPOSITORY_TOKENS: [&str; 8] =
    ["ci", "config", "data", "endpoints", "environments", "iac", "jobs", "runbook"];

/// How to put right what a rule found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remediation {
    /// In words.
    pub text: String,
    /// Azure CLI commands.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cli: String,
    /// Bicep.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bicep: String,
    /// Terraform.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub terraform: String,
}

impl Remediation {
    /// The text without the code in it. Code stands in lines of its own, indented by four spaces, as in
    /// Markdown.
    pub fn sentences(&self) -> String {
        let lines = self.text.lines().filter(|line| !line.starts_with(CODE));
        lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The code in the text; empty if there is none.
    pub fn code(&self) -> String {
        let lines = self.text.lines().skip_while(|line| !line.starts_with(CODE));
        let code: Vec<&str> = lines.map(|line| line.strip_prefix(CODE).unwrap_or_default()).collect();
        code.join("\n").trim_end().to_owned()
    }
}

/// What marks a line of code in a text.
const CODE: &str = "    ";

/// The METADATA of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The stable id, for example `HF-STOR-001`.
    pub id: String,
    /// Former ids.
    pub aliases: Vec<String>,
    /// Kept for its id only; never run.
    pub deprecated: bool,
    /// The good condition, one statement without a full stop.
    pub title: String,
    /// Why it matters: sentences.
    pub description: String,
    /// The Rego package, for example `holdfast.rules.storage.default_account_separate`.
    pub package: String,
    /// Level per tier; a tier that is missing switches the rule off.
    pub level: BTreeMap<Tier, Level>,
    /// Impact on the ability to fail over, 0 to 10. Not a CVSS score.
    pub score: f64,
    /// The home input of its subjects.
    pub scope: Scope,
    /// The kind of subject that it judges, from the closed list of the rule input.
    pub subject: String,
    /// Which tier of a pair decides the level: `inference`, `training`, or the overall tier.
    pub tier: Option<String>,
    /// The property paths that it reads, per resource type.
    pub evidence: Vec<Evidence>,
    /// The resource types whose absence it denies, where their enumeration is complete.
    pub absence: Vec<String>,
    /// Whether its evidence was seen in a recorded response or template (`evidence_seen: none`
    /// admits that it was not).
    pub evidence_seen: bool,
    /// Whether source code suffices.
    pub is_static: Static,
    /// The statements of the 2021 article that it encodes, for example `S35`.
    pub seeds: Vec<String>,
    /// What the remediation does to a deployed resource.
    pub change: Change,
    /// Running cost of the remediation.
    pub cost: String,
    /// How to put it right.
    pub remediation: Remediation,
    /// Recommendation ids of the Azure Proactive Resiliency Library that say the same.
    pub aprl: Vec<String>,
    /// Documentation, most important first.
    pub references: Vec<String>,
    /// Whether it came with `--policy-dir`.
    pub custom: bool,
}

/// What a rule reads of one resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The type in the spelling of Azure, for example `Microsoft.Storage/storageAccounts`.
    pub resource_type: String,
    /// Groups of property paths (evidence pointers). All paths of one group serve the same purpose:
    /// a group of several is an `any_of`, where one that is known suffices.
    pub paths: Vec<Vec<String>>,
}

/// What a rule denies and what passes it, as excerpts of resources: name, type, and what the rule reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// What it denies.
    pub fails: Vec<serde_json::Value>,
    /// The sentence of the denial.
    pub message: String,
    /// What passes.
    pub passes: Vec<serde_json::Value>,
}

impl Rule {
    /// The level in a tier; `None` if the rule is off there.
    pub fn level_in(&self, tier: Tier) -> Option<Level> {
        self.level.get(&tier).copied()
    }

    /// The level, if it is the same in all three tiers.
    pub fn uniform_level(&self) -> Option<Level> {
        let levels: Vec<_> = Tier::ALL.iter().map(|tier| self.level_in(*tier)).collect();
        levels[0].filter(|_| levels.iter().all(|level| *level == levels[0]))
    }

    /// The area of the id: `STOR` of `HF-STOR-001`.
    pub fn area(&self) -> &str {
        self.id.split('-').nth(1).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_sentences() {
        let text = "Run it once per region:\n\n    matrix:\n      region: [a, b]\n\n    steps: []\n".to_owned();
        let remediation = Remediation { text, ..Remediation::default() };
        assert_eq!(remediation.sentences(), "Run it once per region:");
        assert_eq!(remediation.code(), "matrix:\n  region: [a, b]\n\nsteps: []");
        let plain = Remediation { text: "One sentence\nover two lines.".to_owned(), ..Remediation::default() };
        assert_eq!((plain.sentences().as_str(), plain.code().as_str()), ("One sentence over two lines.", ""));
    }
}
