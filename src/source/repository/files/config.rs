//! Workspace configurations: `config.json`, `.azureml/config.json`, `config.<region>.json`.
//! <https://learn.microsoft.com/azure/machine-learning/how-to-configure-environment>

use crate::model::{FileId, Hole, Kind, Part, Span, Text, Value};
use crate::source::repository::yaml::{Yaml, written};
use crate::source::repository::{Artefact, Origin, argument};

/// The members that select a workspace.
const MEMBERS: [&str; 3] = ["subscription_id", "resource_group", "workspace_name"];

pub(super) fn is_named(name: &str) -> bool {
    name.ends_with(".json") && name.starts_with("config")
}

/// The configuration that a text is, if it selects a workspace.
pub(super) fn artefact(text: &str, file: FileId) -> Option<Artefact> {
    if !text.contains("workspace_name") && !text.contains("\"Scope\"") {
        return None;
    }
    // JSON is YAML, and what a template engine fills in is found there.
    let document = Yaml::parse(text, file, "").documents.into_iter().next()?;
    let arguments = selected(&document).or_else(|| scope(&document))?;
    let span = document.span?;
    let mut artefact = Artefact::new("config", Span { end: span.start + 1, ..span });
    for (name, value) in MEMBERS.iter().zip(arguments) {
        artefact.set(name, value);
    }
    Some(artefact)
}

fn selected(document: &Value) -> Option<[Value; 3]> {
    let [subscription, group, workspace] = MEMBERS.map(|name| document.get(name));
    Some([of_value(subscription?)?, of_value(group?)?, of_value(workspace?)?])
}

fn of_value(value: &Value) -> Option<Value> {
    let (text, span) = (value.as_text()?, value.span?);
    Some(match text.as_known() {
        Some(known) => argument(Origin::of_text(known), Some(known), span, None),
        None => argument(origin(&text), Some(&written(&text)), span, None),
    })
}

/// What fills in a value: a pipeline, or a reader of a sample.
fn origin(text: &Text) -> Origin {
    let configured = |hole: &Hole| !hole.expression().starts_with('<');
    let holes = text.parts().iter().filter_map(|part| match part {
        Part::Unknown(hole) => Some(hole),
        Part::Known(_) => None,
    });
    if holes.clone().all(configured) { Origin::Configured } else { Origin::Placeholder }
}

/// What the first command line writes: `{"Scope": "/subscriptions/…/workspaces/mlw"}`.
fn scope(document: &Value) -> Option<[Value; 3]> {
    let scope = document.get("Scope").filter(|value| matches!(value.kind, Kind::Text(_)))?;
    let (text, span) = (scope.as_str()?, scope.span?);
    let segments: Vec<&str> = text.split('/').collect();
    let after = |label: &str| {
        let at = segments.iter().position(|segment| segment.eq_ignore_ascii_case(label))?;
        segments.get(at + 1).map(|value| argument(Origin::of_text(value), Some(value), span, None))
    };
    Some([after("subscriptions")?, after("resourcegroups")?, after("workspaces")?])
}
