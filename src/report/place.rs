//! From a resource and a pointer to a place that a person can open.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::finding::{Place, ResourceRef, line_hashes_of};
use crate::model::{Declaration, FileId, Pointer, Provenance, Resource, SourceFile, SourceFiles, Span};

/// Turns spans into places; remembers the line hashes of the files that it was asked about.
pub(crate) struct Locator<'a> {
    files: &'a SourceFiles,
    hashes: Mutex<HashMap<FileId, std::sync::Arc<Vec<String>>>>,
}

impl<'a> Locator<'a> {
    pub fn new(files: &'a SourceFiles) -> Self {
        Self { files, hashes: Mutex::new(HashMap::new()) }
    }

    /// Where a property of a resource stands; if it stands nowhere, where the resource is declared.
    pub fn property(&self, resource: &Resource, pointer: &Pointer) -> Place {
        let reference = resource_ref(resource, pointer);
        let Some(declaration) = resource.declaration() else {
            return Place { path: live_path(resource), source: None, resource: Some(reference) };
        };
        let span = written_at(declaration, pointer).unwrap_or(declaration.span);
        Place { resource: Some(reference), ..self.span(span) }
    }

    /// The parameter, variable or module call that gave the value of a property, if it stands elsewhere.
    pub fn supplied(&self, resource: &Resource, pointer: &Pointer) -> Option<Place> {
        let property = resource.declaration()?.spans.get(pointer)?;
        let supplied = property.supplied.filter(|given| *given != property.span)?;
        Some(self.span(supplied))
    }

    /// A place in a file.
    pub fn span(&self, span: Span) -> Place {
        let Some(file) = self.files.get(span.file) else {
            return Place { path: String::new(), source: None, resource: None };
        };
        Place::of_text(file, &self.hashes_of(span.file, file), span.start, span.end)
    }

    fn hashes_of(&self, id: FileId, file: &SourceFile) -> std::sync::Arc<Vec<String>> {
        let mut hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        hashes.entry(id).or_insert_with(|| line_hashes_of(file).into()).clone()
    }
}

/// The span of a property, or of the object around it: `sku: {…}` for `/sku/name`. `properties` as a
/// whole tells nothing that the resource itself does not.
fn written_at(declaration: &Declaration, pointer: &Pointer) -> Option<Span> {
    let mut here = Some(pointer.clone());
    while let Some(at) = here {
        if matches!(at.as_str(), "" | "/properties") {
            return None;
        }
        if let Some(property) = declaration.spans.get(&at) {
            return Some(property.span);
        }
        here = at.parent();
    }
    None
}

/// `azure/subscriptions/…` in lower case: stable although Azure varies the case of ids.
fn live_path(resource: &Resource) -> String {
    format!("azure{}", resource.id.key())
}

fn resource_ref(resource: &Resource, pointer: &Pointer) -> ResourceRef {
    let qualified_name = match &resource.provenance {
        Provenance::Live(origin) => origin.id.clone(),
        Provenance::Declared(declaration) => declaration.logical_name.clone(),
    };
    ResourceRef {
        qualified_name,
        name: resource.display_name(),
        resource_type: resource.resource_type.clone(),
        location: resource.region().map(|region| region.as_str().to_owned()),
        pointer: pointer.to_string(),
    }
}
