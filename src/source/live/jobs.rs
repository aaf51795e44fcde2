//! The single reads of a scan, and how their answers become resources.

use serde_json::{Value, json};

use crate::model::{GapCode, GapPlace, Pointer, Resource, ResourceId, Unknown};

use super::failure::{Failure, FailureKind};
use super::http::{ArmClient, Listing};
use super::plan::{Below, Row, Shape};
use super::record::Record;

/// One read.
#[derive(Debug)]
pub(super) struct Job {
    pub row: &'static Row,
    /// The path without its api-version.
    path: String,
    /// Further query, starting with `&`.
    query: String,
    kind: Kind,
    /// The scope that is complete when it succeeds.
    scope: String,
}

#[derive(Debug)]
enum Kind {
    List,
    Item,
    /// The first item of the first page.
    First,
    /// A member of `properties` for a resource that is known otherwise.
    Merge {
        id: ResourceId,
        member: &'static str,
    },
    /// The whole list is one resource of this id.
    Whole {
        id: String,
        location: Option<String>,
    },
    /// A resource in a subscription that is not scanned.
    Outside,
}

impl Job {
    /// A list whose answer is everything of its type in `scope`.
    pub(super) fn list(row: &'static Row, path: String, scope: String) -> Self {
        Self { row, path, query: String::new(), kind: Kind::List, scope }
    }

    /// One answer that becomes one resource as a whole.
    pub(super) fn whole(row: &'static Row, path: String, id: String, location: Option<String>, scope: String) -> Self {
        Self { row, path, query: String::new(), kind: Kind::Whole { id, location }, scope }
    }

    /// A resource by its id, in a subscription that is not scanned.
    pub(super) fn outside(row: &'static Row, id: &str) -> Option<Self> {
        let path = path_of(id)?;
        Some(Self { row, path, query: String::new(), kind: Kind::Outside, scope: id.to_owned() })
    }

    /// What lies below a parent. `None` if its id makes no path.
    pub(super) fn below(row: &'static Row, below: &Below, parent: &Resource) -> Option<Self> {
        let id = azure_id(parent);
        let base = path_of(&id)?;
        let mut path = if below.path.is_empty() { base } else { format!("{base}/{}", below.path) };
        let mut query = below.query.to_owned();
        let kind = match below.shape {
            Shape::List => Kind::List,
            Shape::Item => Kind::Item,
            Shape::Merge(member) => Kind::Merge { id: parent.id.clone(), member },
            Shape::Latest => match parent.get("/properties/latestVersion").and_then(Value::as_str) {
                Some(version) => {
                    path = format!("{path}{}", path_of(&format!("/{version}"))?);
                    Kind::Item
                }
                None => {
                    query.push_str("&$top=1&$orderBy=createdtime%20desc");
                    Kind::First
                }
            },
        };
        Some(Self { row, path, query, kind, scope: id })
    }

    /// Makes the request, with an older api-version where the cloud does not know the newer one.
    pub(super) async fn run(&self, client: &ArmClient) -> Listing {
        let mut result = Listing::default();
        for version in self.row.versions {
            let path = format!("{}?api-version={version}{}", self.path, self.query);
            result = match self.kind {
                Kind::List | Kind::Whole { .. } if self.lists() => client.list(&path).await,
                _ => match client.get(&path).await {
                    Ok(answer) => Listing { items: vec![answer], failure: None },
                    Err(failure) => Listing { items: Vec::new(), failure: Some(failure) },
                },
            };
            if !result.failure.as_ref().is_some_and(Failure::is_unknown_version) {
                break;
            }
        }
        result
    }

    /// The answer to `SUB/providers/{namespace}` is no list.
    fn lists(&self) -> bool {
        !self.path.ends_with("/providers/Microsoft.MachineLearningServices")
    }

    /// Writes down what came and what did not.
    pub(super) fn settle(&self, listing: Listing, record: &mut Record) {
        let resource_type = self.row.resource_type();
        let unregistered = listing.failure.as_ref().is_some_and(Failure::is_unregistered);
        let complete = listing.failure.is_none() || unregistered;
        let items = listing.items;
        match &self.kind {
            Kind::List => items.into_iter().for_each(|item| record.put_json(item, self.row)),
            Kind::Item | Kind::Outside => items.into_iter().for_each(|item| record.put_json(item, self.row)),
            Kind::First => {
                let first = items.into_iter().next().and_then(|mut page| {
                    let list = page.get_mut("value")?.as_array_mut()?;
                    (!list.is_empty()).then(|| list.swap_remove(0))
                });
                first.into_iter().for_each(|item| record.put_json(item, self.row));
            }
            Kind::Merge { id, member } => {
                record.merge(&resource_type, id, member, items.into_iter().next(), listing.failure.as_ref());
            }
            Kind::Whole { id, location } if complete => {
                let mut body = match items.as_slice() {
                    [whole] if !self.lists() => whole.clone(),
                    _ => json!({"value": items}),
                };
                body["id"] = id.as_str().into();
                if let Some(location) = location {
                    body["location"] = location.as_str().into();
                }
                record.put_json(body, self.row);
            }
            Kind::Whole { .. } => {}
        }
        let enumerates = !matches!(self.kind, Kind::First | Kind::Merge { .. } | Kind::Outside);
        if complete && enumerates {
            record.collection.mark_complete(&resource_type, &self.scope);
        }
        if let Some(failure) = listing.failure.filter(|_| !unregistered) {
            self.leave_gap(&failure, &resource_type, record);
        }
    }

    fn leave_gap(&self, failure: &Failure, resource_type: &str, record: &mut Record) {
        let scope = ResourceId::parse(&self.scope);
        if failure.kind == FailureKind::Deadline && !record.first_of_deadline(&scope, resource_type) {
            return;
        }
        let place = match &self.kind {
            Kind::Merge { id, member } => {
                GapPlace::Property { id: id.clone(), pointer: Pointer::root().child("properties").child(member) }
            }
            _ => GapPlace::Scope(scope),
        };
        let mut gap = failure.gap(place, &[resource_type], Some(&self.row.action()));
        if let Kind::Outside = self.kind {
            gap.code = GapCode::OutOfScope;
            let why = "a workspace uses it, and its subscription is not among those scanned";
            gap.message = format!("{why}; name the subscription too, or grant Reader on it: {}", gap.message);
        }
        record.collection.gaps.push(gap);
    }
}

/// Why a property is not known.
pub(super) fn unknown(failure: &Failure) -> Unknown {
    match failure.kind {
        FailureKind::Forbidden => Unknown::Forbidden,
        _ => Unknown::NotCollected,
    }
}

/// The id in Azure's spelling.
pub(super) fn azure_id(resource: &Resource) -> String {
    match &resource.provenance {
        crate::model::Provenance::Live(origin) => origin.id.clone(),
        crate::model::Provenance::Declared(_) => resource.id.to_string(),
    }
}

/// An id as a path: `None` if it is not a plain absolute one. Names come from the network; none of
/// them may change where a request goes.
pub(super) fn path_of(id: &str) -> Option<String> {
    let rest = id.strip_prefix('/')?;
    let mut path = String::with_capacity(id.len());
    for segment in rest.split('/') {
        if matches!(segment, "" | "." | "..") || segment.chars().any(char::is_control) {
            return None;
        }
        path.push('/');
        for c in segment.chars() {
            match c {
                '%' => path.push_str("%25"),
                '?' => path.push_str("%3F"),
                '#' => path.push_str("%23"),
                '\\' => path.push_str("%5C"),
                ' ' => path.push_str("%20"),
                c => path.push(c),
            }
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_change_where_a_request_goes() {
        assert_eq!(path_of("/subscriptions/s/x/a b?c#d%2e").as_deref(), Some("/subscriptions/s/x/a%20b%3Fc%23d%252e"));
        for hostile in ["//evil.example/x", "/subscriptions/../x", "subscriptions/s", "/a/./b", "/a\n/b", ""] {
            assert_eq!(path_of(hostile), None, "{hostile:?}");
        }
    }
}
