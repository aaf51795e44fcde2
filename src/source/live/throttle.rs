//! Politeness: token buckets per (subscription, kind of operation), bounded concurrency, back-off.
//!
//! A request first waits for its turn in every bucket that it draws on, then for a free slot. So a
//! throttled subscription holds no slot and never stops the others.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// A limit that Azure documents: so many at once, and so many per second after that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limit {
    burst: f64,
    per_second: f64,
}

/// What a request counts against, besides the reads of its subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Bucket {
    /// Reads of Azure Resource Manager in a subscription (lower case).
    Reads(String),
    /// The requests to one resource provider (lower case) in a subscription.
    Provider(String, String),
    /// Calls above subscriptions.
    Tenant,
    /// Queries of Azure Resource Graph.
    Graph,
}

impl Bucket {
    /// The documented limit.
    ///
    /// - Azure Resource Manager, per principal: 250 reads, refilled by 25 per second.
    ///   <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>
    /// - Storage: 800 reads in 5 minutes; Network: 10,000 reads in 5 minutes (same page).
    /// - Resource Graph: 15 queries in 5 seconds per user.
    ///   <https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests>
    ///
    /// Other providers publish none; they are held back when they say so.
    fn limit(&self) -> Limit {
        match self {
            Self::Reads(_) | Self::Tenant => Limit { burst: 250.0, per_second: 25.0 },
            Self::Graph => Limit { burst: 15.0, per_second: 3.0 },
            Self::Provider(_, provider) => match provider.as_str() {
                "microsoft.storage" => Limit { burst: 800.0, per_second: 800.0 / 300.0 },
                "microsoft.network" => Limit { burst: 10_000.0, per_second: 10_000.0 / 300.0 },
                _ => Limit { burst: f64::INFINITY, per_second: f64::INFINITY },
            },
        }
    }

    /// For people: what is held back.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Reads(subscription) => format!("subscription {subscription}"),
            Self::Provider(subscription, provider) => format!("{provider} in subscription {subscription}"),
            Self::Tenant => "calls above subscriptions".to_owned(),
            Self::Graph => "Azure Resource Graph".to_owned(),
        }
    }
}

/// One token bucket. Whoever waits keeps the queue; so the order is that of arrival, and only one
/// waiter wakes at a time.
#[derive(Debug)]
struct State {
    limit: Limit,
    tokens: f64,
    at: Instant,
    held_until: Option<Instant>,
}

#[derive(Debug)]
struct Gate {
    queue: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

impl State {
    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        if passed > 0.0 {
            self.tokens = (self.tokens + passed * self.limit.per_second).min(self.limit.burst);
            self.at = now;
        }
    }

    /// Takes a token, or says when to come again.
    fn take(&mut self, now: Instant) -> Result<(), Instant> {
        if let Some(until) = self.held_until.filter(|until| *until > now) {
            return Err(until);
        }
        self.refill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(now + Duration::from_secs_f64((1.0 - self.tokens) / self.limit.per_second))
    }
}

impl Gate {
    fn new(limit: Limit) -> Self {
        let state = State { limit, tokens: limit.burst, at: Instant::now(), held_until: None };
        Self { queue: tokio::sync::Mutex::new(()), state: Mutex::new(state) }
    }

    /// Waits for a token; the time of a hold that is longer than `patience` is returned at once.
    async fn pass(&self, patience: Duration) -> Result<(), Duration> {
        let _turn = self.queue.lock().await;
        loop {
            let now = Instant::now();
            let answer = locked(&self.state).take(now);
            match answer {
                Ok(()) => return Ok(()),
                Err(again) if again > now + patience => return Err(again - now),
                Err(again) => sleep_until(again).await,
            }
        }
    }

    fn held(&self) -> bool {
        locked(&self.state).held_until.is_some_and(|until| until > Instant::now())
    }

    fn hold(&self, time: Duration) {
        let mut state = locked(&self.state);
        let now = Instant::now();
        state.refill(now);
        let until = now + time;
        if state.held_until.is_none_or(|held| held < until) {
            state.held_until = Some(until);
            // The service has at most what flowed back while it was silent.
            if state.limit.burst.is_finite() {
                state.tokens = state.tokens.min(0.0);
            }
        }
    }

    fn at_most(&self, remaining: f64) {
        let mut state = locked(&self.state);
        state.refill(Instant::now());
        state.tokens = state.tokens.min(remaining);
    }
}

/// A poisoned lock only means that another task panicked; the counters are still numbers.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All buckets and slots of a scan.
#[derive(Debug)]
pub(super) struct Throttle {
    per_subscription: usize,
    patience: Duration,
    total: Arc<Semaphore>,
    slots: Mutex<HashMap<Bucket, Arc<Semaphore>>>,
    gates: Mutex<HashMap<Bucket, Arc<Gate>>>,
}

/// The right to send one request; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    _own: OwnedSemaphorePermit,
    _total: OwnedSemaphorePermit,
}

impl Throttle {
    /// At most so many requests at once per subscription and in total; holds longer than `patience`
    /// are not waited for.
    pub(super) fn new(per_subscription: usize, total: usize, patience: Duration) -> Self {
        Self {
            per_subscription: per_subscription.max(1),
            patience,
            total: Arc::new(Semaphore::new(total.max(1))),
            slots: Mutex::default(),
            gates: Mutex::default(),
        }
    }

    fn gate(&self, bucket: &Bucket) -> Arc<Gate> {
        let mut gates = locked(&self.gates);
        if let Some(gate) = gates.get(bucket) {
            return gate.clone();
        }
        gates.entry(bucket.clone()).or_insert_with(|| Arc::new(Gate::new(bucket.limit()))).clone()
    }

    fn slots(&self, bucket: &Bucket) -> Arc<Semaphore> {
        let mut slots = locked(&self.slots);
        slots.entry(bucket.clone()).or_insert_with(|| Arc::new(Semaphore::new(self.per_subscription))).clone()
    }

    /// Waits until a request that counts against these buckets may be sent. The first decides whose
    /// slots it uses. An error is the time for which the service wants to be left alone, if that is
    /// longer than anyone will wait.
    pub(super) async fn admit(&self, buckets: &[Bucket]) -> Result<Permit, Duration> {
        let gates: Vec<_> = buckets.iter().map(|bucket| self.gate(bucket)).collect();
        let slots = self.slots(buckets.first().unwrap_or(&Bucket::Tenant));
        loop {
            for gate in &gates {
                gate.pass(self.patience).await?;
            }
            let own = permit(slots.clone()).await;
            let total = permit(self.total.clone()).await;
            // A hold that came while waiting for a slot counts too.
            if !gates.iter().any(|gate| gate.held()) {
                return Ok(Permit { _own: own, _total: total });
            }
        }
    }

    /// Holds back everything that counts against a bucket.
    pub(super) fn hold(&self, bucket: &Bucket, time: Duration) {
        self.gate(bucket).hold(time);
    }

    /// The service says how much is left; others may draw on the same allowance.
    pub(super) fn remaining(&self, bucket: &Bucket, remaining: f64) {
        self.gate(bucket).at_most(remaining);
    }
}

async fn permit(semaphore: Arc<Semaphore>) -> OwnedSemaphorePermit {
    semaphore.acquire_owned().await.expect("the semaphores of a throttle are never closed")
}

/// How long to wait before try number `attempt` (from 1) after a failure: exponential, with jitter
/// so that parallel requests do not come back together.
pub(super) fn back_off(base: Duration, attempt: u32) -> Duration {
    const LONGEST: Duration = Duration::from_secs(30);
    let full = base.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(LONGEST);
    full / 2 + full.mul_f64(random_share() / 2.0)
}

/// A number from 0 to 1 from the seed that the standard library draws for hash maps.
fn random_share() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

/// The waiting time of a `Retry-After` header: seconds or an HTTP date.
/// <https://www.rfc-editor.org/rfc/rfc9110#name-retry-after>
pub(super) fn retry_after(value: &str, now: azure_core::time::OffsetDateTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let date = azure_core::time::parse_rfc7231(value).ok()?;
    Some(Duration::try_from(date - now).unwrap_or_default())
}

/// The waiting time of `x-ms-user-quota-resets-after`: `hh:mm:ss`.
pub(super) fn resets_after(value: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    for part in value.trim().split(':') {
        let number: u64 = part.split('.').next()?.parse().ok()?;
        seconds = seconds.checked_mul(60)?.checked_add(number)?;
    }
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(3600);

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
    }

    fn gate(burst: f64, per_second: f64) -> Gate {
        Gate::new(Limit { burst, per_second })
    }

    #[test]
    fn a_bucket_lets_its_burst_through_and_then_its_rate() {
        runtime().block_on(async {
            let gate = gate(3.0, 50.0);
            let start = Instant::now();
            for _ in 0..8 {
                gate.pass(PATIENCE).await.expect("no hold");
            }
            let passed = start.elapsed();
            assert!(passed >= Duration::from_millis(95), "five waited 20 ms each: {passed:?}");
        });
    }

    #[test]
    fn a_hold_stops_the_whole_bucket() {
        runtime().block_on(async {
            let gate = gate(100.0, 1000.0);
            let start = Instant::now();
            gate.hold(Duration::from_millis(80));
            gate.hold(Duration::from_millis(10));
            gate.pass(PATIENCE).await.expect("no long hold");
            assert!(start.elapsed() >= Duration::from_millis(80), "the longer hold counts");
        });
    }

    #[test]
    fn a_hold_beyond_patience_is_not_waited_for() {
        runtime().block_on(async {
            let gate = gate(100.0, 1000.0);
            gate.hold(Duration::from_secs(600));
            let refused = gate.pass(Duration::from_secs(60)).await.expect_err("too long");
            assert!(refused > Duration::from_secs(590));
        });
    }

    #[test]
    fn what_the_service_has_left_lowers_the_bucket_only() {
        runtime().block_on(async {
            let gate = gate(100.0, 20.0);
            gate.at_most(1.0);
            gate.at_most(90.0);
            let start = Instant::now();
            gate.pass(PATIENCE).await.expect("no long hold");
            gate.pass(PATIENCE).await.expect("no long hold");
            assert!(start.elapsed() >= Duration::from_millis(30));
        });
    }

    #[test]
    fn a_held_subscription_keeps_no_slot_from_the_others() {
        runtime().block_on(async {
            let throttle = Arc::new(Throttle::new(4, 1, PATIENCE));
            let (slow, fast) = (Bucket::Reads("a".into()), Bucket::Reads("b".into()));
            throttle.hold(&slow, Duration::from_secs(600));
            let waiting = tokio::spawn({
                let (throttle, slow) = (throttle.clone(), slow.clone());
                async move { throttle.admit(&[slow]).await }
            });
            tokio::task::yield_now().await;
            let admitted = tokio::time::timeout(Duration::from_secs(5), throttle.admit(&[fast])).await;
            assert!(admitted.is_ok_and(|permit| permit.is_ok()));
            waiting.abort();
        });
    }

    #[test]
    fn back_off_grows_and_stays_bounded() {
        let base = Duration::from_millis(500);
        for attempt in 1..40 {
            let full = Duration::from_millis(500 * (1 << (attempt - 1_u32).min(10))).min(Duration::from_secs(30));
            let wait = back_off(base, attempt);
            assert!(wait >= full / 2 && wait <= full, "{attempt}: {wait:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = azure_core::time::parse_rfc7231("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        assert_eq!(retry_after("17", now), Some(Duration::from_secs(17)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(Duration::ZERO), "already over");
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("1e300", now), None);
    }

    #[test]
    fn quota_resets_after_hours_minutes_seconds() {
        assert_eq!(resets_after("00:00:05"), Some(Duration::from_secs(5)));
        assert_eq!(resets_after("01:01:01"), Some(Duration::from_secs(3661)));
        assert_eq!(resets_after("soon"), None);
    }
}
