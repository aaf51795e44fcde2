//! Run configurations of the first SDK and command line (`.azureml/train.runconfig`).
//! <https://learn.microsoft.com/previous-versions/azure/machine-learning/reference-azure-machine-learning-cli>

use crate::model::{Kind, Value};
use crate::source::FileTree;
use crate::source::repository::asset::Asset;

use super::references::References;

/// The kind of its definitions.
pub(super) const KIND: &str = "job_v1";

/// What the document of a `.runconfig` file defines.
pub(super) fn kind_of(document: &Value) -> Option<&'static str> {
    let known = ["script", "framework", "target", "environment", "arguments", "communicator"];
    known.iter().any(|name| document.get(name).is_some()).then_some(KIND)
}

/// References and programs. Paths are relative to the folder that holds `.azureml`.
pub(super) fn references(tree: &FileTree, path: &str, document: &Value) -> (Option<Value>, Option<Value>) {
    let base = base_of(path);
    let mut references = References::new(tree, base);
    environment(&mut references, document);
    if let Some(target) = document.get("target").filter(|target| target.as_str() != Some("local")) {
        references.reference(target, "compute", "target");
    }
    if let Some(script) = document.get("script").filter(|script| script.as_str().is_some_and(|text| !text.is_empty())) {
        references.program(script);
    }
    references.into_values()
}

fn environment(references: &mut References, document: &Value) {
    let Some(environment) = document.get("environment") else { return };
    let docker = environment.get("docker");
    let given = |value: Option<&Value>| value.is_some_and(|value| !value.is_null() && value.as_str() != Some(""));
    let python = environment.get("python");
    let conda = python.and_then(|python| python.get("condaDependenciesFile"));
    let inline = given(conda)
        || given(python.and_then(|python| python.get("condaDependencies")))
        || given(docker.and_then(|docker| docker.get("baseImage")))
        || given(docker.and_then(|docker| docker.get("baseDockerfile")));
    if let Some(conda) = conda.filter(|conda| given(Some(conda))) {
        references.reference(conda, "conda_file", "environment.python.condaDependenciesFile");
    }
    let name = environment.get("name");
    if inline {
        let inline = Asset { form: "inline", ..Asset::default() };
        references.add("environment", inline, "environment", environment);
    } else if let Some(name) = name.filter(|name| given(Some(name))) {
        let asset = name.as_str().and_then(Asset::named).unwrap_or(Asset { form: "unknown", ..Asset::default() });
        let version = environment.get("version").and_then(Value::as_str).map(str::to_owned);
        references.add(
            "environment.name",
            Asset { version: asset.version.clone().or(version), ..asset },
            "environment",
            name,
        );
    } else if let (Some(text), Kind::Text(_)) = (environment.as_str(), &environment.kind) {
        let asset = Asset::named(text).unwrap_or(Asset { form: "unknown", ..Asset::default() });
        references.add("environment", asset, "environment", environment);
    }
}

/// A path in the folder to which those in a run configuration are relative.
fn base_of(path: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_own = |name: &str| matches!(name, ".azureml" | "aml_config");
    let (parent, name) = folder.rsplit_once('/').unwrap_or(("", folder));
    let base = if is_own(name) { parent } else { folder };
    if base.is_empty() { "x".to_owned() } else { format!("{base}/x") }
}
