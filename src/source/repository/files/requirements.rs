//! Requirements: the packages of Azure ML and of deep learning that a project installs.

use crate::model::{FileId, Kind, Value};
use crate::source::repository::{Artefact, Facts};

use super::{span_of, top};

/// Packages of Azure ML, or what their names start with (`azureml-core`).
const AZURE_ML: &[&str] = &["azure-ai-ml", "azureml", "azureml-", "azure-ml-component", "mltable"];

/// Packages of deep learning.
const DEEP_LEARNING: &[&str] = &[
    "accelerate",
    "deepspeed",
    "fastai",
    "flax",
    "horovod",
    "jax",
    "keras",
    "lightning",
    "mxnet",
    "mxnet-cu112",
    "nebulaml",
    "pytorch",
    "pytorch-lightning",
    "tensorflow",
    "tensorflow-gpu",
    "torch",
    "torchvision",
    "transformers",
];

pub(super) fn is_named(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_folder = path.rsplit('/').nth(1).is_some_and(|folder| folder == "requirements");
    let is_text = name.ends_with(".txt") && (name.contains("requirements") || in_folder);
    is_text
        || matches!(name, "pyproject.toml" | "pipfile" | "setup.py")
        || name.ends_with(".yml")
        || name.ends_with(".yaml")
}

/// The packages of a file that are of interest; `None` if it lists none.
pub(super) fn artefact(path: &str, text: &str, file: FileId) -> Option<Artefact> {
    let lower = path.to_ascii_lowercase();
    let is_conda = lower.ends_with(".yml") || lower.ends_with(".yaml");
    if is_conda && !text.lines().any(|line| line.starts_with("dependencies:")) {
        return None;
    }
    let quoted = lower.ends_with(".toml") || lower.ends_with(".py");
    let mut packages = Facts::default();
    for line in text.lines() {
        let content = line.split(" #").next().unwrap_or(line).trim();
        if content.starts_with('#') {
            continue;
        }
        if quoted {
            content.split(['"', '\'']).for_each(|part| add(&mut packages, part, text, file));
        }
        let item = content.strip_prefix("- ").unwrap_or(content).trim_matches(['"', '\'', ' ']);
        add(&mut packages, item, text, file);
    }
    if packages.is_empty() {
        return None;
    }
    let mut artefact = Artefact::new("requirements", top(file, text));
    artefact.set("packages", packages.into_value());
    Some(artefact)
}

fn add(packages: &mut Facts, requirement: &str, text: &str, file: FileId) {
    let end =
        requirement.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(requirement.len());
    let name = requirement[..end].to_lowercase().replace(['_', '.'], "-");
    let is_azure_ml = AZURE_ML.iter().any(|known| name == *known || known.ends_with('-') && name.starts_with(known));
    if !is_azure_ml && !DEEP_LEARNING.contains(&name.as_str()) {
        return;
    }
    let rest = requirement[end..].trim_start_matches(|c: char| c != '=' && c != '>' && c != '<' && c != '~');
    let version = rest.trim_start_matches(['=', '>', '<', '~', ' ', '"', '\'']);
    let version: String = version.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '*' | '+')).collect();
    let members = match version.is_empty() {
        true => Vec::new(),
        false => vec![("version".to_owned(), Value::string(version))],
    };
    packages.add(&name, Value::new(Kind::Object(members)).at(span_of(file, text, requirement)));
}
