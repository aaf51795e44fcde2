//! Places as outputs name them.

use std::borrow::Cow;

use super::escape::{clean, uri_path};
use crate::finding::Place;

/// What the path of a live resource starts with.
const LIVE: &str = "azure";

/// Shown where a place has no path: a finding about a repository as a whole.
const WHOLE_REPOSITORY: &str = "holdfast.yaml";

/// The ARM id of a place that is a resource in Azure; `None` for a file.
pub(super) fn live_id(place: &Place) -> Option<&str> {
    let resource = place.resource.as_ref().filter(|_| place.source.is_none())?;
    let id = place.path.strip_prefix(LIVE)?;
    id.eq_ignore_ascii_case(&resource.qualified_name).then_some(&*resource.qualified_name)
}

/// The URI of a place, relative to the root of the repository.
pub(super) fn uri(place: &Place) -> Cow<'_, str> {
    // No scheme, no leading slash: code scanning refuses a log with either.
    let uri = match live_id(place) {
        Some(_) => match clean(&place.path) {
            Cow::Borrowed(path) => uri_path(path),
            Cow::Owned(path) => Cow::Owned(uri_path(&path).into_owned()),
        },
        None => uri_path(&place.path),
    };
    if uri.is_empty() { Cow::Borrowed(WHOLE_REPOSITORY) } else { uri }
}

/// Line and column, from 1; 1 and 1 where a place has none.
pub(super) fn position(place: &Place) -> (u32, u32) {
    place.source.as_ref().map_or((1, 1), |source| (source.region.line, source.region.start_column))
}

/// A place on one line, for people: `path:line:column`, a path, or an ARM id.
pub(super) fn label(place: &Place) -> String {
    if let Some(id) = live_id(place) {
        return clean(id).into_owned();
    }
    let path = if place.path.is_empty() { WHOLE_REPOSITORY } else { &place.path };
    match &place.source {
        Some(source) => {
            let cell = source.in_notebook().map_or_else(String::new, |cell| format!(" ({cell})"));
            format!("{}:{}:{}{cell}", clean(path), source.region.line, source.region.start_column)
        }
        None => clean(path).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::ResourceRef;
    use crate::model::{CellLine, SourceFile};

    fn place(path: &str, name: &str) -> Place {
        let resource = ResourceRef {
            qualified_name: name.into(),
            name: "n".into(),
            resource_type: "t".into(),
            location: None,
            pointer: String::new(),
        };
        Place { path: path.into(), source: None, resource: Some(resource) }
    }

    #[test]
    fn a_place_in_a_notebook_names_its_cell() {
        let mut file = SourceFile::new("a.ipynb", "{}\n\"x = 1\"");
        file.cell_lines = vec![CellLine { start: 4, cell: 3, line: 2 }];
        let place = Place::of_text(&file, &[], 4, 5);
        assert_eq!(label(&place), "a.ipynb:2:2 (cell 3, line 2)");
        assert_eq!(label(&Place::of_text(&file, &[], 0, 1)), "a.ipynb:1:1");
    }

    #[test]
    fn a_live_place_is_one_whose_path_is_its_id() {
        let live = place("azure/subscriptions/s/a b", "/subscriptions/S/a b");
        assert_eq!(live_id(&live), Some("/subscriptions/S/a b"));
        assert_eq!(uri(&live), "azure/subscriptions/s/a%20b");
        assert_eq!(label(&live), "/subscriptions/S/a b");
    }

    #[test]
    fn a_file_in_a_folder_named_azure_is_a_file() {
        let file = place("azure/main.bicep", "bicep:ws");
        assert_eq!(live_id(&file), None);
        assert_eq!(uri(&file), "azure/main.bicep");
    }
}
