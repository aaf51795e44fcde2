//! The identity of a finding across scans: no line numbers, no message text, no times.

use crate::estate::Estate;
use crate::model::{Provenance, Resource, Span};

/// The lower-case ARM id of a live resource; for a declared one its file, its name in the source, and
/// the parameter file where there are several.
pub(crate) fn target_key(resource: &Resource, estate: &Estate) -> String {
    let Provenance::Declared(declaration) = &resource.provenance else {
        return resource.id.key().to_owned();
    };
    let path = |span: &Span| estate.files.get(span.file).map_or("", |file| file.path.as_str());
    let mut key = vec![path(&declaration.span).to_owned(), declaration.logical_name.clone()];
    key.extend(declaration.calls.iter().map(|call| path(call).to_owned()));
    if let Some(deployment) = estate.deployment_of(resource) {
        if !declaration.calls.is_empty() {
            key.push(deployment.template.clone());
        }
        key.extend(deployment.parameters.clone());
    }
    key.join("\n")
}
