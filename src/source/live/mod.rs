//! Live subscriptions: Azure Resource Graph and Azure Resource Manager, read only.
//!
//! ```text
//! sign in ─▶ subscriptions ─▶ Resource Graph (all at once) ─▶ per subscription, side by side:
//!    what the graph does not prove ─▶ below workspaces ─▶ what they refer to ─▶ below that
//! ```
//!
//! Whatever cannot be read is a gap, and its type is then not marked complete. This is the only
//! asynchronous code; [`collect`] blocks.

mod access;
mod auth;
mod checkpoint;
mod cloud;
mod collect;
mod failure;
mod graph;
mod http;
mod jobs;
mod plan;
mod progress;
mod reach;
mod record;
mod scope;
mod shard;
mod throttle;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use azure_core::time::OffsetDateTime;
use checkpoint::Checkpoint;
use tokio::sync::watch;

use crate::model::{Gap, GapCode, GapPlace, Inventory};

pub use access::{Access, check_access, render_access};
pub use auth::{Attempt, AuthError, Method};
pub use checkpoint::{CheckpointError, forget_checkpoint};
pub use cloud::{Cloud, CloudError, Environment, process_environment};
pub use http::{HttpError, Limits};
pub use plan::{Scale, WantedTypes, render_plan};
pub use progress::{Event, Lines, Progress, Silent, Terminal};
pub use scope::Scope;
pub use shard::{Shard, Together};

/// How to read live subscriptions.
#[derive(Clone)]
pub struct LiveOptions {
    /// What to read.
    pub scope: Scope,
    /// Which of the subscriptions that are found are read, by id and display name; `None` for all.
    pub admits: Option<Admits>,
    /// The one way to sign in; `None` tries all.
    pub auth: Option<Method>,
    /// Environment variables: cloud, credentials, `SSL_CERT_FILE`.
    pub environment: Environment,
    /// When to stop and report what was read until then.
    pub deadline: Option<Duration>,
    /// Politeness and patience.
    pub limits: Limits,
    /// Ids or names of services that workspaces depend on besides those that they name, for example
    /// `data_dependencies` of the configuration.
    pub dependencies: BTreeSet<String>,
    /// Which part of the scope is read, if it is divided.
    pub shard: Option<Shard>,
    /// A file to which answers are written as they come, and from which an interrupted scan goes on.
    pub resume: Option<PathBuf>,
    /// Whether Ctrl-C ends the reading and keeps what was read (a second one kills as usual).
    pub stop_on_interrupt: bool,
}

/// Says by id and display name whether a subscription is read.
pub type Admits = Arc<dyn Fn(&str, Option<&str>) -> bool + Send + Sync>;

impl LiveOptions {
    /// Defaults with the environment of this process.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            admits: None,
            auth: None,
            environment: process_environment(),
            deadline: None,
            limits: Limits::default(),
            dependencies: BTreeSet::new(),
            shard: None,
            resume: None,
            stop_on_interrupt: false,
        }
    }
}

/// Why nothing was read at all.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// No subscription, management group or "all" was given.
    #[error("no live scope is given: name subscriptions or management groups, or ask for all")]
    NoScope,
    /// The settings of the cloud are wrong.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// No HTTPS client.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// No credential worked.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// All subscriptions were asked for and their list cannot be read.
    #[error("the subscriptions could not be listed: {0}")]
    Subscriptions(String),
    /// What belongs together could not be found out, so a part of the scope could be any.
    #[error("the scope could not be divided: {0}")]
    Division(String),
    /// The file of `--resume` is of no use.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// No threads or sockets.
    #[error("the asynchronous runtime could not be started: {0}")]
    Runtime(#[from] std::io::Error),
    /// A defect of holdfast.
    #[error("reading ended unexpectedly: {0}")]
    Unexpected(String),
}

/// Reads the subscriptions and returns what was there, and what could not be read. Blocks.
pub fn collect(
    options: &LiveOptions,
    wanted: &WantedTypes,
    progress: &mut dyn Progress,
) -> Result<Inventory, LiveError> {
    if options.scope.is_empty() {
        return Err(LiveError::NoScope);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (events, watched) = channel();
    let work = runtime.spawn(read(options.clone(), wanted.clone(), events));
    watch_over(&watched, progress);
    let result = runtime.block_on(work);
    progress.finish();
    runtime.shutdown_timeout(Duration::from_secs(1));
    result.map_err(|error| LiveError::Unexpected(error.to_string()))?
}

/// Passes events on until the reading is over.
fn watch_over(events: &Receiver<Event>, progress: &mut dyn Progress) {
    const PERIOD: Duration = Duration::from_millis(250);
    let mut next = Instant::now() + PERIOD;
    loop {
        match events.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(event) => progress.event(&event),
            Err(RecvTimeoutError::Timeout) => {
                progress.tick();
                next = Instant::now() + PERIOD;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

async fn read(options: LiveOptions, wanted: WantedTypes, events: Sender<Event>) -> Result<Inventory, LiveError> {
    let now = OffsetDateTime::now_utc();
    let started = now.replace_nanosecond(0).map(|time| azure_core::time::to_rfc3339(&time)).ok();
    let dependencies = options.dependencies.clone();
    let checkpoint = checkpoint_of(&options, &wanted, now, &events)?;
    let started = checkpoint.as_ref().map(|checkpoint| checkpoint.started.clone()).or(started);
    let shard = options.shard.clone();
    let (client, resolved) = begin(options, events, checkpoint).await?;
    let client = Arc::new(client);
    let part = match shard {
        Some(shard) => shard::part_of(&client, &shard, resolved).await?,
        None => shard::Part { own: resolved, ..shard::Part::default() },
    };
    let scan = collect::Scan::new(client.clone(), plan::Plan::new(&wanted), dependencies);
    let mut inventory = scan.run(part).await;
    crate::source::redact::redact(&mut inventory, &Default::default());
    inventory.captured_at = started;
    match client.stopped() {
        Some(reason) => inventory.collection.gaps.push(stopped_gap(reason)),
        None => client.finish(),
    }
    Ok(inventory)
}

/// The checkpoint that the options name.
fn checkpoint_of(
    options: &LiveOptions,
    wanted: &WantedTypes,
    now: OffsetDateTime,
    events: &Sender<Event>,
) -> Result<Option<Checkpoint>, LiveError> {
    let Some(path) = &options.resume else { return Ok(None) };
    let endpoint = Cloud::from_environment(&options.environment)?.endpoint.to_string();
    let shard = options.shard.as_ref().map(|shard| (shard.index, shard.count));
    let scope = format!("{:?} {shard:?}", options.scope);
    let parts = [env!("CARGO_PKG_VERSION").to_owned(), endpoint, scope].into_iter();
    let parts = parts.chain(wanted.iter().cloned()).chain(options.dependencies.iter().cloned());
    let checkpoint = Checkpoint::open(path, &checkpoint::identity(parts), now)?;
    if checkpoint.len() > 0 {
        // Whoever does not watch misses nothing that matters.
        let _ = events.send(Event::Resumed { started: checkpoint.started.clone(), answers: checkpoint.len() });
    }
    Ok(Some(checkpoint))
}

/// The gap of a scan that did not come to its end.
fn stopped_gap(reason: &str) -> Gap {
    let message =
        format!("reading ended before everything was read, because {reason}; --resume FILE can go on from there");
    Gap::new(GapCode::Interrupted, GapPlace::Scan, message)
}

/// Signs in and finds the subscriptions.
async fn begin(
    options: LiveOptions,
    events: Sender<Event>,
    checkpoint: Option<Checkpoint>,
) -> Result<(http::ArmClient, scope::Resolved), LiveError> {
    let cloud = Cloud::from_environment(&options.environment)?;
    let ca_file = (options.environment)("SSL_CERT_FILE").map(PathBuf::from);
    let http = http::http_client(&cloud, ca_file.as_deref())?;
    let setup = auth::Setup { http: http.clone(), cloud: cloud.clone(), environment: options.environment };
    let tokens = auth::Tokens::sign_in(setup, options.auth).await?;
    // Whoever does not watch misses nothing that matters.
    let _ = events.send(Event::SignedIn(tokens.method.name()));
    let interrupted = interruption(options.stop_on_interrupt);
    let client = http::ArmClient::new(http, cloud, tokens, options.limits, options.deadline, interrupted, events);
    let client = client.going_on_from(checkpoint);
    let resolved = scope::resolve(&client, &options.scope).await;
    let mut resolved = resolved.map_err(|failure| LiveError::Subscriptions(failure.message))?;
    if let Some(admits) = &options.admits {
        resolved.retain(&|subscription| admits(&subscription.id, subscription.name.as_deref()));
    }
    Ok((client, resolved))
}

/// Becomes true at the first Ctrl-C, if asked to listen. The second one ends the process: its default
/// handler does not come back by itself.
fn interruption(listen: bool) -> watch::Receiver<bool> {
    let (stop, interrupted) = watch::channel(false);
    if listen {
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                let _ = stop.send(true);
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
    }
    interrupted
}
