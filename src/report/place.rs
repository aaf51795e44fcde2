//! From a resource and a pointer to a place that a person can open.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::finding::{Place, ResourceRef, SourcePlace, line_hashes_of};
use crate::model::{Declaration, FileId, Pointer, Resource, SourceFile, SourceFiles, Span};

/// The longest snippet, in characters: one line of a minified template can have megabytes.
const MAX_SNIPPET: usize = 256;

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
        Place { path: file.path.clone(), source: Some(self.source_place(span, file)), resource: None }
    }

    fn source_place(&self, span: Span, file: &SourceFile) -> SourcePlace {
        let region = file.region(span.start, span.end);
        let line_text = file.line(region.line).to_owned();
        let snippet = columns(&line_text, region.start_column, region.end_column);
        let hashes = self.hashes_of(span.file, file);
        let line_hash = hashes.get(region.line as usize - 1).cloned().unwrap_or_default();
        SourcePlace { region, snippet, line_text, line_hash }
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

/// The text between two columns (UTF-16 units, from 1), of bounded length.
fn columns(line: &str, start: u32, end: u32) -> String {
    let mut column = 1;
    let mut text = String::new();
    for character in line.chars() {
        if column >= end || text.len() >= MAX_SNIPPET {
            break;
        }
        if column >= start {
            text.push(character);
        }
        column += character.len_utf16() as u32;
    }
    text
}

/// `azure/subscriptions/…` in lower case: stable although Azure varies the case of ids.
fn live_path(resource: &Resource) -> String {
    format!("azure{}", resource.id.key())
}

fn resource_ref(resource: &Resource, pointer: &Pointer) -> ResourceRef {
    let qualified_name = match &resource.provenance {
        crate::model::Provenance::Live(origin) => origin.id.clone(),
        crate::model::Provenance::Declared(declaration) => declaration.logical_name.clone(),
    };
    ResourceRef {
        qualified_name,
        name: resource.display_name(),
        resource_type: resource.resource_type.clone(),
        location: resource.region().map(|region| region.as_str().to_owned()),
        pointer: pointer.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_cut_out_by_utf16_columns() {
        assert_eq!(columns("a😀bc", 2, 5), "😀b");
        assert_eq!(columns("abc", 3, 9), "c");
    }
}
