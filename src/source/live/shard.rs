//! A part of a scope: which subscriptions one of several scans reads.
//!
//! Every shard finds out for itself, by one cheap query, which subscriptions belong together, and all
//! come to the same answer. What the workspaces of a shard refer to in other subscriptions of the scope
//! is asked of Resource Graph too, so that nothing looks as if it lay outside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::{GapPlace, Resource, ResourceId, ShardRecord};

use super::LiveError;
use super::graph::{self, BATCH};
use super::http::ArmClient;
use super::plan::{COMPONENTS, WORKSPACES};
use super::scope::Resolved;

/// Says which subscriptions (ids) must be read together, given the workspaces and what they name.
pub type Together = Arc<dyn Fn(Vec<Resource>) -> Vec<BTreeSet<String>> + Send + Sync>;

/// One of several scans of a scope.
#[derive(Clone)]
pub struct Shard {
    /// From 1.
    pub index: usize,
    /// How many there are.
    pub count: usize,
    /// What belongs together.
    pub together: Together,
}

/// The part of a scope that a shard reads.
#[derive(Default)]
pub(super) struct Part {
    pub own: Resolved,
    /// Subscriptions of the scope that the own ones refer to.
    pub neighbours: Vec<String>,
    /// `None` where the scope is not divided.
    pub record: Option<ShardRecord>,
}

/// Takes the part of a shard out of a scope.
pub(super) async fn part_of(client: &ArmClient, shard: &Shard, whole: Resolved) -> Result<Part, LiveError> {
    let readable: Vec<String> = whole.subscriptions.iter().filter(|s| s.readable).map(|s| s.id.clone()).collect();
    let mut seen = Vec::new();
    for batch in readable.chunks(BATCH) {
        let types = [WORKSPACES.to_owned(), COMPONENTS.to_owned()];
        let rows = graph::read_types(client, "first pass", &types, batch).await;
        if let Some(failure) = rows.failure {
            return Err(LiveError::Division(failure.message));
        }
        seen.extend(rows.rows.into_iter().filter_map(Resource::live));
    }
    let mut links: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for resource in &seen {
        let Some(subscription) = resource.id.subscription() else { continue };
        mentioned(&resource.body, links.entry(subscription).or_default());
    }
    let all = whole.subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
    let own = own_of(all, (shard.together)(seen), shard);
    let outside = |id: &String| !own.contains(id) && readable.contains(id);
    let neighbours: BTreeSet<String> =
        own.iter().filter_map(|id| links.get(id)).flatten().filter(|id| outside(id)).cloned().collect();
    let record = ShardRecord { index: shard.index, count: shard.count, scope: whole.subscriptions.clone() };
    let Resolved { mut subscriptions, mut bodies, mut gaps } = whole;
    subscriptions.retain(|subscription| own.contains(&subscription.id));
    bodies.retain(|id, _| own.contains(id));
    // What is wrong with a subscription is told by the shard that has it.
    gaps.retain(|gap| match &gap.place {
        GapPlace::Scope(id) => subscription_of(id).is_none_or(|id| own.contains(&id)),
        _ => true,
    });
    let own = Resolved { subscriptions, bodies, gaps };
    Ok(Part { own, neighbours: neighbours.into_iter().collect(), record: Some(record) })
}

/// `/subscriptions/{id}` is no id of a resource, so it is read here.
fn subscription_of(id: &ResourceId) -> Option<String> {
    id.key().strip_prefix("/subscriptions/")?.split('/').next().map(str::to_owned)
}

/// The subscriptions in the ids that a body holds.
fn mentioned(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let lower = text.to_ascii_lowercase();
            let id = lower.strip_prefix("/subscriptions/").and_then(|rest| rest.split('/').next());
            found.extend(id.map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| mentioned(item, found)),
        Value::Object(members) => members.values().for_each(|member| mentioned(member, found)),
        _ => {}
    }
}

/// The subscriptions of a shard. A group goes where the hash of its first member says, so that a
/// subscription more or less moves no other group.
fn own_of(all: BTreeSet<String>, together: Vec<BTreeSet<String>>, shard: &Shard) -> BTreeSet<String> {
    let mut group: BTreeMap<String, String> = all.iter().map(|id| (id.clone(), id.clone())).collect();
    for members in together {
        let firsts: BTreeSet<String> = members.iter().filter_map(|id| group.get(id)).cloned().collect();
        let Some(first) = firsts.first().cloned() else { continue };
        for of in group.values_mut().filter(|of| firsts.contains(*of)) {
            of.clone_from(&first);
        }
    }
    let count = shard.count.max(1) as u64;
    let mine = |first: &str| place(first) % count == (shard.index as u64).saturating_sub(1);
    group.into_iter().filter(|(_, first)| mine(first)).map(|(id, _)| id).collect()
}

fn place(id: &str) -> u64 {
    let hash = Sha256::digest(id.as_bytes());
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(index: usize, count: usize) -> Shard {
        Shard { index, count, together: Arc::new(|_| Vec::new()) }
    }

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn every_subscription_is_in_one_shard_and_groups_stay_together() {
        let all: BTreeSet<String> = (0..40).map(|number| format!("s{number:02}")).collect();
        let together = || vec![set(&["s01", "s17"]), set(&["s17", "s30"]), set(&["s02", "gone"])];
        let parts: Vec<BTreeSet<String>> =
            (1..=4).map(|index| own_of(all.clone(), together(), &shard(index, 4))).collect();
        assert_eq!(parts.iter().map(BTreeSet::len).sum::<usize>(), 40);
        assert_eq!(parts.iter().flatten().cloned().collect::<BTreeSet<_>>(), all);
        assert!(parts.iter().all(|part| part.len() > 2), "{parts:?}");
        assert!(parts.iter().any(|part| ["s01", "s17", "s30"].iter().all(|id| part.contains(*id))));
    }

    #[test]
    fn one_subscription_more_moves_no_other() {
        let all = set(&["a", "b", "c", "d"]);
        let more: BTreeSet<String> = all.iter().cloned().chain(["aa".to_owned()]).collect();
        for index in 1..=3 {
            let before = own_of(all.clone(), Vec::new(), &shard(index, 3));
            let mut after = own_of(more.clone(), Vec::new(), &shard(index, 3));
            after.remove("aa");
            assert_eq!(before, after);
        }
    }
}
