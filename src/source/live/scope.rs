//! Which subscriptions are read.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Gap, GapCode, GapPlace, ResourceId, SubscriptionScope};

use super::failure::Failure;
use super::http::ArmClient;

/// What to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Subscriptions by id or display name.
    pub subscriptions: Vec<String>,
    /// Management groups by name or ARM id: all subscriptions below them.
    pub management_groups: Vec<String>,
    /// All subscriptions that the identity can see.
    pub all: bool,
    /// Subscriptions to leave out, by id or display name.
    pub exclude: Vec<String>,
}

impl Scope {
    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.subscriptions.is_empty() && self.management_groups.is_empty() && !self.all
    }
}

/// The subscriptions of a scan.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// Sorted by id.
    pub subscriptions: Vec<SubscriptionScope>,
    /// What Azure says of those that can be read, by id.
    pub bodies: BTreeMap<String, Value>,
    pub gaps: Vec<Gap>,
}

const VERSION: &str = "api-version=2022-12-01";

/// Finds the subscriptions. An error only if all were asked for and the list cannot be read.
pub(super) async fn resolve(client: &ArmClient, scope: &Scope) -> Result<Resolved, Failure> {
    let listing = client.list(&format!("/subscriptions?{VERSION}")).await;
    if let (Some(failure), true, true) = (&listing.failure, scope.all, listing.items.is_empty()) {
        return Err(failure.clone());
    }
    let seen: BTreeMap<String, Value> =
        listing.items.into_iter().filter_map(|item| Some((id_of(&item)?, item))).collect();
    let mut resolved = Resolved::default();
    if let (Some(failure), true) = (&listing.failure, scope.all) {
        let gap = failure.gap(GapPlace::Scan, &[], None);
        resolved.gaps.push(Gap { code: GapCode::ScopeUnreadable, ..gap });
    }
    let mut wanted = scope.subscriptions.clone();
    for group in &scope.management_groups {
        wanted.extend(descendants(client, group, &mut resolved.gaps).await);
    }
    if scope.all {
        wanted.extend(seen.keys().cloned());
    }
    for name in wanted {
        find(client, &name, &seen, &mut resolved).await;
    }
    let excluded = |subscription: &SubscriptionScope| {
        let name = subscription.name.as_deref().unwrap_or_default();
        scope.exclude.iter().any(|out| out.eq_ignore_ascii_case(&subscription.id) || out.eq_ignore_ascii_case(name))
    };
    resolved.subscriptions.sort();
    resolved.subscriptions.dedup_by(|a, b| a.id == b.id);
    resolved.retain(&|subscription| !excluded(subscription));
    Ok(resolved)
}

fn id_of(item: &Value) -> Option<String> {
    let id = item.get("subscriptionId").and_then(Value::as_str);
    let id = id.or_else(|| item.get("id")?.as_str()?.strip_prefix("/subscriptions/"))?;
    Some(id.to_ascii_lowercase())
}

fn display_name(item: &Value) -> Option<&str> {
    item.get("displayName").and_then(Value::as_str)
}

/// Adds one subscription, readable or not.
async fn find(client: &ArmClient, wanted: &str, seen: &BTreeMap<String, Value>, resolved: &mut Resolved) {
    let id = wanted.trim().trim_start_matches("/subscriptions/").to_ascii_lowercase();
    let named =
        || seen.iter().filter(|(_, item)| display_name(item).is_some_and(|name| name.eq_ignore_ascii_case(wanted)));
    let found: Vec<_> = match seen.get_key_value(&id) {
        Some(entry) => vec![entry],
        None => named().collect(),
    };
    if !found.is_empty() {
        for (id, item) in found {
            resolved.add(id, item.clone());
        }
        return;
    }
    let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) && !id.contains("..");
    let failure = if plain {
        match client.get(&format!("/subscriptions/{id}?{VERSION}")).await {
            Ok(item) => return resolved.add(&id, item),
            Err(failure) => Some(failure),
        }
    } else {
        None
    };
    resolved.add_unreadable(&id, wanted, failure, seen);
}

impl Resolved {
    /// Leaves out subscriptions.
    pub(super) fn retain(&mut self, wanted: &dyn Fn(&SubscriptionScope) -> bool) {
        self.subscriptions.retain(|subscription| wanted(subscription));
        let Self { subscriptions, bodies, .. } = self;
        bodies.retain(|id, _| subscriptions.iter().any(|subscription| subscription.id == *id));
    }

    fn add(&mut self, id: &str, item: Value) {
        let name = display_name(&item).map(str::to_owned);
        self.subscriptions.push(SubscriptionScope { id: id.to_owned(), name, readable: true });
        self.bodies.insert(id.to_owned(), item);
    }

    fn add_unreadable(&mut self, id: &str, wanted: &str, failure: Option<Failure>, seen: &BTreeMap<String, Value>) {
        let names: Vec<&str> = seen.values().filter_map(display_name).take(5).collect();
        let reason = failure.as_ref().map_or("no subscription has this id or name".to_owned(), |f| f.message.clone());
        let readable = match names.as_slice() {
            [] => "this identity can read no subscription at all".to_owned(),
            names => format!("readable are {} of {}, such as {}", names.len(), seen.len(), names.join(", ")),
        };
        let message = format!(
            "subscription {wanted} could not be read: {reason}; grant the role Reader on it, or leave it out ({readable})"
        );
        let place = GapPlace::Scope(ResourceId::parse(&format!("/subscriptions/{id}")));
        let mut gap = Gap::new(GapCode::ScopeUnreadable, place, message);
        if let Some(failure) = failure {
            gap.operation = Some(failure.operation);
            gap.status = failure.status;
            gap.correlation_id = failure.correlation_id;
        }
        self.gaps.push(gap);
        self.subscriptions.push(SubscriptionScope { id: id.to_owned(), name: None, readable: false });
    }
}

/// The ids of the subscriptions below a management group.
/// <https://learn.microsoft.com/rest/api/managementgroups/management-groups/get-descendants>
async fn descendants(client: &ArmClient, group: &str, gaps: &mut Vec<Gap>) -> Vec<String> {
    const PREFIX: &str = "/providers/Microsoft.Management/managementGroups/";
    let name = group.rsplit('/').next().unwrap_or(group);
    let listing = if super::jobs::path_of(&format!("{PREFIX}{name}")).is_some() {
        client.list(&format!("{PREFIX}{name}/descendants?api-version=2020-05-01")).await
    } else {
        super::http::Listing::default()
    };
    if let Some(failure) = &listing.failure {
        let place = GapPlace::Scope(ResourceId::parse(&format!("{PREFIX}{name}")));
        let gap = failure.gap(place, &[], Some("Microsoft.Management/managementGroups/descendants/read"));
        let message = format!("management group {name} could not be read: {}", gap.message);
        gaps.push(Gap { code: GapCode::ScopeUnreadable, message, ..gap });
    }
    let subscriptions = listing.items.iter().filter(|item| {
        item.get("type").and_then(Value::as_str).is_some_and(|t| t.to_ascii_lowercase().ends_with("/subscriptions"))
    });
    subscriptions.filter_map(|item| Some(item.get("name")?.as_str()?.to_ascii_lowercase())).collect()
}
