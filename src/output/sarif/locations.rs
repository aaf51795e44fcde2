//! Places as SARIF locations.
//!
//! Results hold most of the locations of a log, and a log may hold 25,000 results, so these borrow
//! from the report. They write the members that holdfast fills in and no others.

use std::borrow::Cow;

use serde::Serialize;
use serde_sarif::sarif;

use crate::finding::{Place, Related, SourcePlace};
use crate::output::escape::{clean, is_harmless, sarif_message};
use crate::output::{place, secret};

/// A snippet that is longer would be most of a file on one line.
const LONGEST_SNIPPET: usize = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation<'a>,
    logical_locations: [LogicalLocation<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text<'a>>,
}

/// A message or a snippet.
#[derive(Serialize)]
pub(super) struct Text<'a> {
    pub(super) text: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation<'a> {
    artifact_location: ArtifactLocation<'a>,
    region: Region<'a>,
}

#[derive(Serialize)]
struct ArtifactLocation<'a> {
    uri: Cow<'a, str>,
}

/// Code scanning requires all four numbers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region<'a> {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'a> {
    name: Cow<'a, str>,
    fully_qualified_name: Cow<'a, str>,
    kind: &'static str,
}

impl<'a> Location<'a> {
    /// The physical place that code scanning requires, and the resource or file as logical place.
    pub(super) fn of(place: &'a Place) -> Self {
        Self::with_uri(place, place::uri(place))
    }

    /// The same where the URI is known already.
    pub(super) fn with_uri(place: &'a Place, uri: Cow<'a, str>) -> Self {
        let artifact_location = ArtifactLocation { uri };
        Self {
            id: None,
            physical_location: PhysicalLocation { artifact_location, region: region(place.source.as_ref()) },
            logical_locations: [logical(place)],
            message: None,
        }
    }

    /// A related place, with the number by which messages link to it.
    pub(super) fn related(related: &'a Related, id: usize) -> Self {
        let message = Some(Text { text: sarif_message(&related.message) });
        Self { id: Some(id), message, ..Self::of(&related.place) }
    }
}

/// For notifications, of which there are few.
impl From<Location<'_>> for sarif::Location {
    fn from(location: Location<'_>) -> Self {
        let PhysicalLocation { artifact_location, region } = location.physical_location;
        let [logical] = location.logical_locations;
        let mut of_region = sarif::Region::builder()
            .start_line(region.start_line)
            .start_column(region.start_column)
            .end_line(region.end_line)
            .end_column(region.end_column)
            .build();
        of_region.snippet = region.snippet.map(|text| sarif::ArtifactContent::builder().text(text.text).build());
        let artifact = sarif::ArtifactLocation::builder().uri(artifact_location.uri).build();
        let physical = sarif::PhysicalLocation::builder().artifact_location(artifact).region(of_region).build();
        let logical = sarif::LogicalLocation::builder()
            .name(logical.name)
            .fully_qualified_name(logical.fully_qualified_name)
            .kind(logical.kind)
            .build();
        Self::builder().physical_location(physical).logical_locations(vec![logical]).build()
    }
}

fn region(source: Option<&SourcePlace>) -> Region<'_> {
    // A place without lines is the first character.
    let Some(source) = source else {
        return Region { start_line: 1, start_column: 1, end_line: 1, end_column: 2, snippet: None };
    };
    Region {
        start_line: source.region.line,
        start_column: source.region.start_column,
        end_line: source.region.line,
        end_column: source.region.end_column,
        snippet: is_showable(&source.snippet).then_some(Text { text: Cow::Borrowed(&source.snippet) }),
    }
}

/// A snippet is the text of the file or it is left out: it is never changed.
fn is_showable(snippet: &str) -> bool {
    !snippet.is_empty()
        && snippet.len() <= LONGEST_SNIPPET
        && snippet.chars().all(|c| c == '\t' || is_harmless(c))
        && secret::ranges(snippet).is_empty()
}

fn logical(place: &Place) -> LogicalLocation<'_> {
    let Some(resource) = &place.resource else {
        let path = clean(&place.path);
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        return LogicalLocation {
            name: Cow::Owned(name),
            fully_qualified_name: Cow::Owned(format!("file:{path}")),
            kind: "file",
        };
    };
    // A cell is where people look for it: the line of the file is one of JSON.
    if let Some(cell) = place.source.as_ref().and_then(SourcePlace::in_notebook) {
        let fully_qualified_name = Cow::Owned(format!("{}/{cell}", clean(&resource.qualified_name)));
        return LogicalLocation { name: Cow::Owned(cell), fully_qualified_name, kind: "member" };
    }
    LogicalLocation {
        name: clean(&resource.name),
        fully_qualified_name: clean(&resource.qualified_name),
        kind: "resource",
    }
}
