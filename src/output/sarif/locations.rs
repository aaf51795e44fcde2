//! Places as SARIF locations.

use serde_sarif::sarif::{ArtifactContent, ArtifactLocation, Location, LogicalLocation, PhysicalLocation, Region};

use super::message;
use crate::finding::{Place, Related, SourcePlace};
use crate::output::escape::{clean, is_harmless, sarif_message};
use crate::output::{place, secret};

/// A snippet that is longer would be most of a file on one line.
const LONGEST_SNIPPET: usize = 1_000;

/// The physical place that code scanning requires, and the resource or file as logical place.
pub(super) fn location(of: &Place) -> Location {
    Location::builder().physical_location(physical(of)).logical_locations(vec![logical(of)]).build()
}

/// A related place, with the number by which messages link to it.
pub(super) fn related(of: &Related, id: usize) -> Location {
    Location::builder()
        .id(id as i64)
        .physical_location(physical(&of.place))
        .logical_locations(vec![logical(&of.place)])
        .message(message(sarif_message(&of.message)))
        .build()
}

fn physical(of: &Place) -> PhysicalLocation {
    PhysicalLocation::builder()
        .artifact_location(ArtifactLocation::builder().uri(place::uri(of)).build())
        .region(region(of.source.as_ref()))
        .build()
}

/// Code scanning requires all four numbers, so a place without lines is the first character.
fn region(source: Option<&SourcePlace>) -> Region {
    let Some(source) = source else {
        return Region::builder().start_line(1).start_column(1).end_line(1).end_column(2).build();
    };
    let mut region = Region::builder()
        .start_line(source.region.line)
        .start_column(source.region.start_column)
        .end_line(source.region.line)
        .end_column(source.region.end_column)
        .build();
    if is_showable(&source.snippet) {
        region.snippet = Some(ArtifactContent::builder().text(source.snippet.as_str()).build());
    }
    region
}

/// A snippet is the text of the file or it is left out: it is never changed.
fn is_showable(snippet: &str) -> bool {
    !snippet.is_empty()
        && snippet.len() <= LONGEST_SNIPPET
        && snippet.chars().all(|c| c == '\t' || is_harmless(c))
        && secret::ranges(snippet).is_empty()
}

fn logical(of: &Place) -> LogicalLocation {
    match &of.resource {
        Some(resource) => LogicalLocation::builder()
            .name(clean(&resource.name))
            .fully_qualified_name(clean(&resource.qualified_name))
            .kind("resource")
            .build(),
        None => {
            let path = clean(&of.path);
            LogicalLocation::builder()
                .name(path.rsplit('/').next().unwrap_or_default())
                .fully_qualified_name(format!("file:{path}"))
                .kind("file")
                .build()
        }
    }
}
