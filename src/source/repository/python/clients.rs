//! How code names its workspace.

use super::callables::{CLIENTS, Sdk};
use super::facts::{Called, Member, Reading};
use super::uris::WorkspaceUri;
use super::values::Worth;
use crate::model::{Span, Value};
use crate::source::repository::{Origin, argument};

/// Adds the workspace that a call names, or the configuration that it reads.
pub(super) fn read(reading: &Reading<'_>, called: &Called<'_>) {
    let Some(sdk) = called.sdk else { return };
    let from_config =
        matches!((sdk, called.name.as_str()), (Sdk::V2, "MLClient.from_config") | (Sdk::V1, "Workspace.from_config"));
    if from_config {
        return config(reading, called, sdk);
    }
    let client = CLIENTS.iter().find(|client| client.sdk == sdk && client.callable == called.name);
    let Some(client) = client else { return };
    // The client of a registry has no workspace.
    let registry = called.call.argument((sdk == Sdk::V2).then_some(4), &["registry_name"]);
    let of_registry = registry.is_some_and(|expr| reading.names.value(&called.at.with(expr)).worth != Worth::None);
    let mut fact = vec![("form".to_owned(), Value::string(client.callable))];
    let mut name = client.callable.to_owned();
    for (member, names, position) in client.arguments {
        let Some((valued, value)) = reading.argument(called, *position, names) else { continue };
        if *member == "workspace_name"
            && let Some(text) = valued.worth.as_str().filter(|_| valued.worth.origin() == Origin::Literal)
        {
            name = format!("{name} {text}");
        }
        fact.push(((*member).to_owned(), value));
    }
    let names_workspace = fact.iter().any(|(member, _)| member == "workspace_name");
    if fact.len() > 1 && (names_workspace || !of_registry) {
        reading.add(Member::Workspaces, &name, fact, reading.span(&called.at.expr));
    }
}

fn config(reading: &Reading<'_>, called: &Called<'_>, sdk: Sdk) {
    let mut fact = vec![("form".to_owned(), Value::string(called.name.as_str()))];
    let position = (sdk == Sdk::V1).then_some(0);
    let path = reading.argument(called, position, &["path"]);
    let path = path.or_else(|| reading.argument(called, None, &["file_name", "_file_name"]));
    fact.extend(path.map(|(_, value)| ("path".to_owned(), value)));
    reading.add(Member::Configs, &called.name, fact, reading.span(&called.at.expr));
}

/// Adds the workspace that a text names.
pub(super) fn add_uri(reading: &Reading<'_>, uri: WorkspaceUri, span: Span) {
    let mut fact = vec![("form".to_owned(), Value::string(uri.form))];
    let mut name = uri.form.to_owned();
    for (member, origin, value) in uri.parts {
        let known = value.filter(|_| origin == Origin::Literal);
        if let Some(text) = known.as_deref().filter(|_| member == "workspace_name") {
            name = format!("{name} {text}");
        }
        fact.push((member.to_owned(), argument(origin, known.as_deref(), span, None)));
    }
    reading.uses_azure_ml();
    reading.add(Member::Workspaces, &name, fact, span);
}
