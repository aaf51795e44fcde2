//! The scan: one pass over Resource Graph, then all subscriptions side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::task::JoinSet;

use crate::model::{Gap, GapCode, GapPlace, Inventory, Resource, ResourceId};

use super::access::{self, Permissions};
use super::failure::Failure;
use super::graph::{self, Rows};
use super::http::ArmClient;
use super::jobs::{Job, azure_id, path_of};
use super::plan::{Asked, Choice, ENDPOINTS, Fallback, INSTANCES, Plan, ROWS, Row, Source, Table, WORKSPACES};
use super::progress::Event;
use super::reach::Reach;
use super::record::Record;
use super::shard::Part;

/// What the tasks of a scan share.
pub(super) struct Scan {
    pub client: Arc<ArmClient>,
    pub plan: Plan,
    /// Ids and names of services that the configuration says workspaces depend on.
    pub dependencies: BTreeSet<String>,
    record: Mutex<Record>,
}

/// What became of the graph's answers.
struct GraphAnswers {
    /// Table and subscription of which not all rows came, and why.
    failed: BTreeMap<(Table, String), Failure>,
    /// Whether the graph gave any endpoint of Azure ML at all.
    has_endpoints: bool,
}

/// Endpoints are in the graph's table of types, but an answer without any of them does not show that
/// this cloud's graph carries them.
const GRAPH_DOUBTS: &str = "microsoft.machinelearningservices/workspaces/";

impl Scan {
    pub(super) fn new(client: Arc<ArmClient>, plan: Plan, dependencies: BTreeSet<String>) -> Self {
        Self { client, plan, dependencies, record: Mutex::default() }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads everything.
    pub(super) async fn run(self, part: Part) -> Inventory {
        let Part { own: resolved, neighbours, record: shard } = part;
        let scan = Arc::new(self);
        let readable: Vec<String> =
            resolved.subscriptions.iter().filter(|s| s.readable).map(|s| s.id.clone()).collect();
        scan.client.tell(Event::Subscriptions(readable.len()));
        scan.record().collection.gaps.extend(resolved.gaps);
        for body in resolved.bodies.into_values() {
            scan.put_subscription(body);
        }
        let permissions = tokio::spawn(permissions_of_all(scan.clone(), readable.clone()));
        let answers = Arc::new(scan.clone().read_graph(&readable, &neighbours).await);
        // The task gives up only by panicking; then nothing is confirmed.
        let permissions = permissions.await.unwrap_or_default();
        let mut tasks = JoinSet::new();
        for subscription in readable {
            let granted = permissions.get(&subscription).cloned().flatten();
            tasks.spawn(scan.clone().read_subscription(subscription, granted, answers.clone()));
        }
        while let Some(ended) = tasks.join_next().await {
            if ended.is_err() {
                let message = "reading a subscription failed unexpectedly";
                scan.record().collection.gaps.push(Gap::new(GapCode::RequestFailed, GapPlace::Scan, message));
            }
        }
        let record = std::mem::take(&mut *scan.record());
        let (resources, collection) = record.finish(&scan.plan, resolved.subscriptions);
        Inventory { resources, collection, shard, ..Inventory::default() }
    }

    fn put_subscription(&self, mut body: Value) {
        if body.is_object() {
            body["type"] = "Microsoft.Resources/subscriptions".into();
            self.record().put(body);
        }
    }

    /// The graph's answers for these subscriptions, and the resources of their neighbours.
    async fn read_graph(self: Arc<Self>, subscriptions: &[String], neighbours: &[String]) -> GraphAnswers {
        let mut tasks = JoinSet::new();
        for table in [Table::Resources, Table::Containers, Table::Authorization] {
            if self.plan.types_in(table).is_empty() {
                continue;
            }
            let also = if table == Table::Resources { neighbours } else { &[] };
            for batch in subscriptions.chunks(graph::BATCH).chain(also.chunks(graph::BATCH)) {
                let (scan, batch) = (self.clone(), batch.to_vec());
                self.client.tell(Event::Planned(1));
                tasks.spawn(async move { graph::read(&scan.client, &scan.plan, table, &batch).await });
            }
        }
        let mut answers = GraphAnswers { failed: BTreeMap::new(), has_endpoints: false };
        while let Some(ended) = tasks.join_next().await {
            // A panic loses the answer; without it nothing is marked complete below.
            if let Ok(rows) = ended {
                self.take_rows(rows, &mut answers);
            }
        }
        answers
    }

    fn take_rows(&self, rows: Rows, answers: &mut GraphAnswers) {
        let mut record = self.record();
        for mut row in rows.rows {
            let kind = row.get("type").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
            answers.has_endpoints |= kind.starts_with(GRAPH_DOUBTS) && kind.contains("endpoints");
            if kind == "microsoft.resources/subscriptions/resourcegroups" {
                row["type"] = "Microsoft.Resources/resourceGroups".into();
            }
            record.put(row);
        }
        if let Some(failure) = rows.failure {
            for subscription in rows.subscriptions {
                answers.failed.insert((rows.table, subscription), failure.clone());
            }
        }
    }

    async fn read_subscription(
        self: Arc<Self>,
        subscription: String,
        granted: Option<Permissions>,
        answers: Arc<GraphAnswers>,
    ) {
        let unproved = self.judge_graph(&subscription, granted.as_ref(), &answers);
        for stage in 0..=3 {
            let jobs = self.jobs(&subscription, stage, &unproved);
            self.client.tell(Event::Planned(jobs.len()));
            let mut tasks = JoinSet::new();
            for job in jobs {
                let scan = self.clone();
                tasks.spawn(async move {
                    let listing = job.run(&scan.client).await;
                    job.settle(listing, &mut scan.record());
                });
            }
            while tasks.join_next().await.is_some() {}
        }
    }

    /// Which types of a subscription the graph's answer is all of; the others are listed by Azure
    /// Resource Manager where it can.
    ///
    /// The graph leaves out silently what the identity may not read. So its answer counts as complete
    /// only if the identity's permissions at the subscription, which one request gives, grant reading
    /// the type.
    fn judge_graph(
        &self,
        subscription: &str,
        granted: Option<&Permissions>,
        answers: &GraphAnswers,
    ) -> BTreeSet<String> {
        let scope = format!("/subscriptions/{subscription}");
        let mut fall_back = BTreeSet::new();
        let mut forbidden = Vec::new();
        let mut unconfirmed = Vec::new();
        let mut record = self.record();
        for row in &self.plan.rows {
            let Source::Graph(table, fallback) = row.source else { continue };
            let resource_type = row.resource_type();
            let failure = answers.failed.get(&(table, subscription.to_owned()));
            let silent = resource_type.starts_with(GRAPH_DOUBTS) && !answers.has_endpoints;
            let may_read = granted.map(|granted| granted.grant(&row.action()));
            match (failure, may_read, fallback) {
                (None, Some(true), _) if !silent => record.collection.mark_complete(&resource_type, &scope),
                (None, Some(false), _) => forbidden.push((resource_type, row.action())),
                (_, _, Fallback::None) => unconfirmed.push((resource_type, failure)),
                _ => {
                    fall_back.insert(resource_type);
                }
            }
        }
        for resource_type in &self.plan.others {
            let failure = answers.failed.get(&(Table::Resources, subscription.to_owned()));
            let action = format!("{resource_type}/read");
            match (failure, granted.map(|granted| granted.grant(&action))) {
                (None, Some(true)) => record.collection.mark_complete(resource_type, &scope),
                (None, Some(false)) => forbidden.push((resource_type.clone(), action)),
                _ => unconfirmed.push((resource_type.clone(), failure)),
            }
        }
        record.collection.gaps.extend(forbidden_gap(&scope, forbidden));
        record.collection.gaps.extend(unconfirmed_gap(&scope, unconfirmed));
        fall_back
    }

    /// The reads of one stage of a subscription.
    fn jobs(&self, subscription: &str, stage: u8, unproved: &BTreeSet<String>) -> Vec<Job> {
        let scope = format!("/subscriptions/{subscription}");
        let mut record = self.record();
        let reach = self.reach(&record, subscription);
        let used = record.used();
        let asked = Asked { reach: &reach, used: &used };
        let mut jobs = Vec::new();
        if stage == 1 {
            jobs.extend(self.outside(&mut record, subscription));
        }
        for row in self.plan.rows.iter().copied().filter(|row| row.stage == stage) {
            match &row.source {
                Source::Graph(_, fallback) if unproved.contains(&row.resource_type()) => match fallback {
                    Fallback::List => {
                        jobs.push(Job::list(row, format!("{scope}/providers/{}", row.spelling), scope.clone()))
                    }
                    Fallback::Path(path) => jobs.push(Job::list(row, format!("{scope}/{path}"), scope.clone())),
                    Fallback::Below(_) => jobs.extend(children(&mut record, row, subscription, &asked)),
                    Fallback::None => {}
                },
                Source::Graph(..) => {}
                Source::Subscription => {
                    jobs.push(Job::list(row, format!("{scope}/providers/{}", row.spelling), scope.clone()));
                }
                Source::Below(_) => jobs.extend(children(&mut record, row, subscription, &asked)),
                Source::Region(name) => jobs.extend(per_region(&record, row, subscription, name)),
                Source::Whole(path) => {
                    let at = format!("{scope}/{path}");
                    jobs.push(Job::whole(row, at.clone(), at, None, scope.clone()));
                }
                Source::InstanceGroups => jobs.extend(instance_groups(&mut record, row, subscription, &asked)),
            }
        }
        jobs
    }

    /// What the workspaces of a subscription mention, and what the components that they use mention.
    fn reach(&self, record: &Record, subscription: &str) -> Reach {
        let mut reach = Reach::default();
        self.dependencies.iter().for_each(|dependency| reach.add_text(dependency));
        let own = format!("/subscriptions/{subscription}/");
        let of_own = record.of_workspaces().filter(|resource| resource.id.key().starts_with(&own));
        of_own.for_each(|resource| reach.add(resource));
        let named = record.named(reach.words());
        let components = named.iter().filter_map(|id| record.get("microsoft.insights/components", id));
        components.for_each(|component| reach.add(component));
        reach
    }

    /// Reads of what workspaces use in subscriptions that are not scanned.
    fn outside(&self, record: &mut Record, subscription: &str) -> Vec<Job> {
        const LINKS: [&str; 5] = [
            "/properties/storageAccount",
            "/properties/keyVault",
            "/properties/containerRegistry",
            "/properties/applicationInsights",
            "/properties/hubResourceId",
        ];
        let own = record.of_type_in(WORKSPACES, subscription);
        let links = own.flat_map(|w| LINKS.iter().filter_map(|link| w.get(link)?.as_str()));
        let scanned: BTreeSet<String> =
            record.of_type("microsoft.resources/subscriptions").filter_map(|s| s.id.subscription()).collect();
        let ids: BTreeSet<String> = links.map(str::to_owned).collect();
        let mut jobs = Vec::new();
        for id in ids {
            let parsed = ResourceId::parse(&id);
            let foreign = parsed.subscription().is_some_and(|s| !scanned.contains(&s));
            let row = ROWS.iter().find(|row| parsed.resource_type() == Some(row.resource_type().as_str()));
            let planned = row.filter(|row| self.plan.rows.iter().any(|planned| std::ptr::eq(*planned, *row)));
            // A neighbour of a shard is not scanned, but its resources are there.
            let there = row.is_some_and(|row| record.get(&row.resource_type(), parsed.key()).is_some());
            if let Some(row) = planned.filter(|_| foreign && !there && record.claim("outside", &parsed)) {
                jobs.extend(Job::outside(row, &id));
            }
        }
        jobs
    }
}

/// The permissions of the identity at each subscription; `None` where they could not be read.
async fn permissions_of_all(scan: Arc<Scan>, subscriptions: Vec<String>) -> BTreeMap<String, Option<Permissions>> {
    let mut tasks = JoinSet::new();
    for subscription in subscriptions {
        let scan = scan.clone();
        scan.client.tell(Event::Planned(1));
        tasks.spawn(async move {
            let granted = access::ask(&scan.client, &subscription).await;
            (subscription, granted)
        });
    }
    let mut all = BTreeMap::new();
    while let Some(ended) = tasks.join_next().await {
        all.extend(ended.ok());
    }
    all
}

/// The reads below the chosen parents.
fn children(record: &mut Record, row: &'static Row, subscription: &str, asked: &Asked<'_>) -> Vec<Job> {
    let Some(below) = row.below() else { return Vec::new() };
    let mut empty = Vec::new();
    let mut found = Vec::new();
    for parent in candidates(record, below.of, subscription, asked) {
        match (below.choose)(parent, asked) {
            Choice::Empty => empty.push(parent.id.key().to_owned()),
            Choice::Ask => found.extend(Job::below(row, below, parent).map(|job| (parent.id.clone(), job))),
            Choice::Skip => {}
        }
    }
    let resource_type = row.resource_type();
    for parent in empty.iter().filter(|_| resource_type != below.of) {
        record.collection.mark_complete(&resource_type, parent);
    }
    let name = format!("{} {}", row.spelling, below.path);
    found.into_iter().filter_map(|(id, job)| record.claim(&name, &id).then_some(job)).collect()
}

/// The resources of a type in a subscription, and those elsewhere that its workspaces refer to. Private
/// endpoints refer to the workspaces instead, often from a hub's subscription.
fn candidates<'a>(
    record: &'a Record,
    resource_type: &'a str,
    subscription: &str,
    asked: &'a Asked<'_>,
) -> Vec<&'a Resource> {
    if resource_type == ENDPOINTS {
        return record.of_type(ENDPOINTS).collect();
    }
    let mut all: Vec<&Resource> = record.of_type_in(resource_type, subscription).collect();
    let own = format!("/subscriptions/{subscription}/");
    for id in record.named(asked.reach.words()).iter().filter(|id| !id.starts_with(&own)) {
        all.extend(record.get(resource_type, id));
        all.extend(record.of_type_within(resource_type, format!("{id}/")));
    }
    all
}

/// One read per region in which the subscription has workspaces.
fn per_region(record: &Record, row: &'static Row, subscription: &str, name: &str) -> Vec<Job> {
    let regions: BTreeSet<String> =
        record.of_type_in(WORKSPACES, subscription).filter_map(|w| Some(w.region()?.as_str().to_owned())).collect();
    let jobs = regions.into_iter().filter_map(|region| {
        let base = format!("/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations");
        let scope = format!("{base}/{region}");
        let path = path_of(&format!("{scope}/{name}"))?;
        // The answer has no id of its own; this one reads as an ARM id of its type.
        Some(Job::whole(row, path, format!("{scope}/{name}/default"), Some(region), scope))
    });
    jobs.collect()
}

/// A failover group of managed instances is in the group and region of its primary instance.
/// <https://learn.microsoft.com/rest/api/sql/instance-failover-groups/list-by-location>
fn instance_groups(record: &mut Record, row: &'static Row, subscription: &str, asked: &Asked<'_>) -> Vec<Job> {
    let all = candidates(record, INSTANCES, subscription, asked);
    let mut found = Vec::new();
    for instance in all.into_iter().filter(|instance| asked.reach.refers_to(instance)) {
        let id = azure_id(instance);
        let group = id.split("/providers/").next().and_then(path_of);
        if let (Some(group), Some(region)) = (group, instance.region()) {
            let path = format!("{group}/providers/Microsoft.Sql/locations/{}/instanceFailoverGroups", region.as_str());
            found.push((instance.id.clone(), Job::list(row, path, id)));
        }
    }
    found.into_iter().filter_map(|(id, job)| record.claim(row.spelling, &id).then_some(job)).collect()
}

/// One gap for all types of a subscription that the identity may not read.
fn forbidden_gap(scope: &str, forbidden: Vec<(String, String)>) -> Option<Gap> {
    if forbidden.is_empty() {
        return None;
    }
    let actions: Vec<&str> = forbidden.iter().map(|(_, action)| action.as_str()).collect();
    let message = format!(
        "Resource Graph shows only what this identity may read, and in the whole subscription it may not read all; grant {} (the built-in role Reader has them)",
        actions.join(", ")
    );
    let mut gap = Gap::new(GapCode::Forbidden, GapPlace::Scope(ResourceId::parse(scope)), message);
    gap.operation = Some("POST /providers/Microsoft.ResourceGraph/resources".to_owned());
    gap.types = forbidden.into_iter().map(|(resource_type, _)| resource_type).collect();
    Some(gap)
}

/// One gap for all types of a subscription that nothing but the graph can list.
fn unconfirmed_gap(scope: &str, unconfirmed: Vec<(String, Option<&Failure>)>) -> Option<Gap> {
    let (_, first) = unconfirmed.first()?;
    let types: Vec<&str> = unconfirmed.iter().map(|(resource_type, _)| resource_type.as_str()).collect();
    let place = GapPlace::Scope(ResourceId::parse(scope));
    if let Some(failure) = first {
        return Some(failure.gap(place, &types, Some("Microsoft.ResourceGraph/resources/read")));
    }
    let message = "Resource Graph shows only what this identity may read, and its permissions in the subscription could not be confirmed";
    let mut gap = Gap::new(GapCode::RequestFailed, place, message);
    gap.types = types.into_iter().map(str::to_owned).collect();
    Some(gap)
}
