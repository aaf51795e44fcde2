//! Which files are workflows and scripts.

use std::rc::Rc;

use super::document::Node;
use super::shell::Dialect;

/// The platform that runs a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Platform {
    GitHub,
    AzurePipelines,
    GitLab,
}

impl Platform {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::AzurePipelines => "azure-pipelines",
            Self::GitLab => "gitlab",
        }
    }
}

/// What a file is by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A workflow by its place; the platform where the place tells it.
    Ci(Option<Platform>),
    /// YAML of which the content tells.
    Yaml,
    Script(Dialect),
    Other,
}

pub(super) fn kind_of(path: &str) -> Kind {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("sh" | "bash" | "azcli") => return Kind::Script(Dialect::Posix),
        Some("ps1") => return Kind::Script(Dialect::PowerShell),
        Some("yml" | "yaml") => {}
        _ => return Kind::Other,
    }
    let inside = |folder: &str| lower.starts_with(&format!("{folder}/")) || lower.contains(&format!("/{folder}/"));
    if inside(".github/workflows") {
        return Kind::Ci(Some(Platform::GitHub));
    }
    if name.ends_with(".gitlab-ci.yml") || inside(".gitlab/ci") {
        return Kind::Ci(Some(Platform::GitLab));
    }
    if name.starts_with("azure-pipelines") || name.starts_with(".azure-pipelines") {
        return Kind::Ci(Some(Platform::AzurePipelines));
    }
    // Folders of pipelines also hold files of variables and configuration, which are none.
    if [".azure-pipelines", "azure-pipelines", ".azuredevops", "devops-pipelines", ".pipelines"]
        .iter()
        .any(|folder| inside(folder))
    {
        return Kind::Ci(None);
    }
    Kind::Yaml
}

/// The platform of a file; `None` if it is no workflow.
pub(super) fn platform(path: &str, documents: &[Rc<Node>]) -> Option<Platform> {
    if let Kind::Ci(Some(platform)) = kind_of(path) {
        return Some(platform);
    }
    let document = documents.first()?;
    let has = |name: &str| document.get(name).is_some();
    // Azure ML has jobs and pipelines of its own.
    if has("$schema") || has("type") {
        return None;
    }
    let action = document.get("runs").is_some_and(|runs| runs.get("using").is_some());
    if action || document.get("jobs").is_some_and(|jobs| jobs.is_map()) && (has("on") || has("true")) {
        return Some(Platform::GitHub);
    }
    let lists = |name: &str, wanted: &[&str]| {
        let items = document.get(name).map_or(&[][..], |list| list.items());
        let is_one = |item: &Rc<Node>| item.entries().any(|(key, _)| wanted.contains(&key) || key.starts_with("${{"));
        items.first().is_some_and(is_one)
    };
    let extends = document.get("extends").is_some_and(|extends| extends.get("template").is_some());
    let is_pipeline = extends
        || lists("stages", &["stage", "template"])
        || lists("jobs", &["job", "deployment", "template"])
        || lists("steps", STEPS);
    is_pipeline.then_some(Platform::AzurePipelines)
}

/// What a step of Azure Pipelines begins with.
const STEPS: &[&str] = &["bash", "checkout", "download", "powershell", "publish", "pwsh", "script", "task", "template"];

/// Whether YAML may be a workflow, from a look at its lines.
pub(super) fn looks_like_ci(text: &str) -> bool {
    const STARTS: &[&str] = &["steps:", "jobs:", "stages:", "extends:", "runs:"];
    text.lines().any(|line| STARTS.iter().any(|start| line.starts_with(start)))
}

/// Whether a script runs a tool of Azure.
pub(super) fn names_azure(text: &str) -> bool {
    const TOOLS: &[&str] = &[
        "az ml",
        "az configure",
        "az deployment",
        "az extension",
        "azd ",
        "terraform ",
        "AzResourceGroupDeployment",
        "AzSubscriptionDeployment",
        "New-AzDeployment",
        "az stack",
    ];
    TOOLS.iter().any(|tool| text.contains(tool))
}
