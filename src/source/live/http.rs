//! The read-only client of Azure Resource Manager.
//!
//! It can GET an address of the configured cloud and POST a query to Resource Graph; there is no way
//! to send anything else. The token goes nowhere but to the configured host.

use std::collections::HashSet;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::mpsc::Sender;
use std::time::Duration;

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::source::redact::blank;

use super::auth::Tokens;
use super::checkpoint::Checkpoint;
use super::cloud::Cloud;
use super::failure::{Failure, FailureKind, described};
use super::progress::Event;
use super::throttle::{Bucket, Throttle, back_off, resets_after, retry_after};

/// How much a scan may ask for at once, and when it gives up.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests at once per subscription.
    pub per_subscription: usize,
    /// Requests at once in total.
    pub total: usize,
    /// How often a request is tried.
    pub tries: u32,
    /// The first waiting time of the exponential back-off.
    pub back_off: Duration,
    /// The longest `Retry-After` that is waited for.
    pub longest_wait: Duration,
    /// The largest answer, in bytes after decompression.
    pub response_bytes: usize,
    /// The most pages of one list.
    pub pages: usize,
    /// Pages in a row that may bring nothing new.
    pub idle_pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_subscription: 16,
            total: 128,
            tries: 6,
            back_off: Duration::from_millis(500),
            longest_wait: Duration::from_secs(600),
            response_bytes: 64 * 1024 * 1024,
            pages: 2_000,
            idle_pages: 20,
        }
    }
}

/// The two requests that exist.
enum Read<'a> {
    Get(&'a Url),
    Graph { url: &'a Url, body: &'a [u8] },
}

/// The api-version of the Resource Graph query.
const GRAPH_PATH: &str = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";

/// What became of one try.
enum Outcome {
    Answer(Value),
    /// Worth another try, after at least this time.
    Again(Failure, Option<Duration>),
    /// The token was refused.
    Refused(Failure, Challenge),
    Final(Failure),
}

/// A refused token.
struct Challenge {
    /// Which token it was.
    generation: u64,
    /// What the next one must contain, if the service said so.
    claims: Option<String>,
}

/// The items of a list, and why there are not more if it could not be read to its end.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub items: Vec<Value>,
    pub failure: Option<Failure>,
}

/// The read-only client.
pub(super) struct ArmClient {
    http: reqwest::Client,
    pub(super) cloud: Cloud,
    tokens: Tokens,
    pub(super) throttle: Throttle,
    pub(super) limits: Limits,
    deadline: Option<Instant>,
    interrupted: watch::Receiver<bool>,
    events: Sender<Event>,
    /// What an earlier try of this scan has read already.
    checkpoint: Option<Checkpoint>,
    /// Why reading was stopped before its end.
    stopped: OnceLock<&'static str>,
}

/// The HTTP client that all requests share, those for tokens too: no redirects, and with the trusted
/// certificates of `ca_file` only, if given.
pub(super) fn http_client(cloud: &Cloud, ca_file: Option<&Path>) -> Result<reqwest::Client, HttpError> {
    // A second installation fails and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("holdfast/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(20))
        .read_timeout(Duration::from_secs(60))
        .pool_max_idle_per_host(128);
    if cloud.is_loopback() {
        // A proxy could not reach this machine's loopback address.
        builder = builder.no_proxy();
    }
    if let Some(path) = ca_file {
        builder = builder.tls_certs_only(certificates(path)?);
    }
    builder.build().map_err(|error| HttpError::Client(described(&error)))
}

/// Why no HTTP client could be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The file of trusted certificates is unusable.
    #[error("SSL_CERT_FILE {path}: {reason}; it must hold certificates in PEM form")]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The TLS stack could not be set up.
    #[error("no HTTPS client could be set up: {0}; if no certificates are installed, set SSL_CERT_FILE")]
    Client(String),
}

fn certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, HttpError> {
    let failed = |reason: String| HttpError::Certificates { path: path.display().to_string(), reason };
    let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| failed(described(&error)))?;
    if certificates.is_empty() {
        return Err(failed("there is no certificate in it".to_owned()));
    }
    Ok(certificates)
}

impl ArmClient {
    pub(super) fn new(
        http: reqwest::Client,
        cloud: Cloud,
        tokens: Tokens,
        limits: Limits,
        deadline: Option<Duration>,
        interrupted: watch::Receiver<bool>,
        events: Sender<Event>,
    ) -> Self {
        Self {
            http,
            cloud,
            tokens,
            throttle: Throttle::new(limits.per_subscription, limits.total, limits.longest_wait),
            limits,
            deadline: deadline.map(|time| Instant::now() + time),
            interrupted,
            events,
            checkpoint: None,
            stopped: OnceLock::new(),
        }
    }

    /// The same with what an earlier try has read.
    pub(super) fn going_on_from(self, checkpoint: Option<Checkpoint>) -> Self {
        Self { checkpoint, ..self }
    }

    /// Why reading was stopped before its end, if it was.
    pub(super) fn stopped(&self) -> Option<&'static str> {
        self.stopped.get().copied()
    }

    /// What an earlier try of this scan read, under a name that its request always has.
    pub(super) fn recall(&self, key: &str) -> Option<Vec<Value>> {
        let items = self.checkpoint.as_ref()?.take(key)?;
        self.tell(Event::Answered);
        Some(items)
    }

    /// Keeps a whole answer for a next try.
    pub(super) fn remember(&self, key: &str, items: &[Value]) {
        let Some(checkpoint) = &self.checkpoint else { return };
        if let Err(error) = checkpoint.keep(key, items) {
            self.tell(Event::CheckpointLost(error.to_string()));
        }
    }

    /// Nothing is left to read.
    pub(super) fn finish(&self) {
        if let Some(Err(error)) = self.checkpoint.as_ref().map(Checkpoint::finish) {
            self.tell(Event::CheckpointLost(error.to_string()));
        }
    }

    /// Tells whoever watches.
    pub(super) fn tell(&self, event: Event) {
        // Nobody listens any more when the scan was given up.
        let _ = self.events.send(event);
    }

    /// GETs a path with its query.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        let key = format!("GET {path}");
        if let Some(answer) = self.recall(&key).and_then(|mut items| items.pop()) {
            return Ok(answer);
        }
        let operation = operation("GET", path);
        let Some(url) = self.cloud.url(path) else {
            return Err(Failure::new(FailureKind::Failed, &operation, "the path is not a valid address"));
        };
        let mut answer = self.send(&Read::Get(&url), &operation).await?;
        blank(&mut answer);
        self.remember(&key, std::slice::from_ref(&answer));
        Ok(answer)
    }

    /// POSTs a query to Resource Graph.
    pub(super) async fn query_graph(&self, body: &Value) -> Result<Value, Failure> {
        let operation = operation("POST", GRAPH_PATH);
        let Some(url) = self.cloud.url(GRAPH_PATH) else {
            return Err(Failure::new(FailureKind::Failed, &operation, "the path is not a valid address"));
        };
        let body = body.to_string();
        self.send(&Read::Graph { url: &url, body: body.as_bytes() }, &operation).await
    }

    /// GETs all pages of a list.
    pub(super) async fn list(&self, path: &str) -> Listing {
        let key = format!("LIST {path}");
        if let Some(items) = self.recall(&key) {
            return Listing { items, failure: None };
        }
        let mut listing = self.pages(path).await;
        listing.items.iter_mut().for_each(blank);
        if listing.failure.is_none() {
            self.remember(&key, &listing.items);
        }
        listing
    }

    async fn pages(&self, path: &str) -> Listing {
        let operation = operation("GET", path);
        let mut listing = Listing::default();
        let Some(mut url) = self.cloud.url(path) else {
            listing.failure = Some(Failure::new(FailureKind::Failed, &operation, "the path is not a valid address"));
            return listing;
        };
        let mut trail = Trail::new(&self.limits);
        loop {
            let page = match self.send(&Read::Get(&url), &operation).await {
                Ok(page) => page,
                Err(failure) => {
                    listing.failure = Some(failure);
                    return listing;
                }
            };
            match self.next_page(page, &url, &mut trail, &mut listing.items) {
                Ok(Some(next)) => url = next,
                Ok(None) => return listing,
                Err(reason) => {
                    listing.failure = Some(Failure::new(reason.0, &operation, &reason.1));
                    return listing;
                }
            }
        }
    }

    /// Takes the items of a page; where the next one is, if there is one.
    fn next_page(
        &self,
        mut page: Value,
        url: &Url,
        trail: &mut Trail,
        items: &mut Vec<Value>,
    ) -> Result<Option<Url>, (FailureKind, String)> {
        let Some(Value::Array(found)) = page.get_mut("value").map(Value::take) else {
            return Err((FailureKind::Failed, "the answer has no list `value`".to_owned()));
        };
        trail.visit(url, &found).map_err(|reason| (FailureKind::PagingRefused, reason))?;
        items.extend(found);
        let next = page.get("nextLink").and_then(Value::as_str).unwrap_or_default();
        if next.is_empty() {
            return Ok(None);
        }
        let refused = |reason: &str| (FailureKind::PagingRefused, reason.to_owned());
        let next = Url::parse(next).map_err(|_| refused("the next page is not an absolute address"))?;
        if !self.cloud.owns(&next) {
            let host = next.host_str().unwrap_or("no host");
            let reason = format!("the next page is at {}://{host}, not at {}", next.scheme(), self.cloud.endpoint);
            return Err((FailureKind::PagingRefused, reason));
        }
        Ok(Some(next))
    }

    /// Sends a request, again and again where that can help.
    async fn send(&self, read: &Read<'_>, operation: &str) -> Result<Value, Failure> {
        let buckets = buckets(read);
        let mut refreshed = false;
        let mut attempt = 1;
        loop {
            let tried = self.within_deadline(operation, self.attempt(read, operation, &buckets)).await?;
            let (failure, wait) = match tried {
                Outcome::Answer(answer) => {
                    self.tell(Event::Answered);
                    return Ok(answer);
                }
                Outcome::Final(failure) => return Err(self.failed(failure)),
                Outcome::Refused(failure, challenge) => {
                    if refreshed || !self.tokens.renew(challenge.generation, challenge.claims).await {
                        return Err(self.failed(failure));
                    }
                    refreshed = true;
                    continue;
                }
                Outcome::Again(failure, asked) => (failure, asked),
            };
            let asked = wait.is_some() || failure.kind == FailureKind::Throttled;
            let wait = wait.unwrap_or_else(|| back_off(self.limits.back_off, attempt));
            if asked {
                // Everything in the bucket waits; the next try queues up behind the hold.
                let bucket = throttled_bucket(&failure, &buckets);
                self.tell(Event::Held { what: bucket.describe(), time: wait });
                self.throttle.hold(bucket, wait);
            }
            let over = self.deadline.is_some_and(|deadline| Instant::now() + wait > deadline);
            if attempt >= self.limits.tries || over || wait > self.limits.longest_wait {
                return Err(self.failed(failure.after(attempt)));
            }
            self.tell(Event::Retried);
            if !asked {
                self.within_deadline(operation, tokio::time::sleep(wait)).await?;
            }
            attempt += 1;
        }
    }

    fn failed(&self, failure: Failure) -> Failure {
        self.tell(Event::Failed);
        failure
    }

    /// Works until the deadline passes or the scan is interrupted.
    async fn within_deadline<T>(&self, operation: &str, work: impl Future<Output = T>) -> Result<T, Failure> {
        let deadline = async {
            match self.deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let mut interrupted = self.interrupted.clone();
        let interruption = async {
            if interrupted.wait_for(|stop| *stop).await.is_err() {
                // Nobody is left who could interrupt.
                std::future::pending::<()>().await;
            }
        };
        let reason = tokio::select! {
            biased;
            () = deadline => ("the deadline passed before this was read", "the deadline passed"),
            () = interruption => ("the scan was interrupted before this was read", "it was interrupted"),
            result = work => return Ok(result),
        };
        // The first reason stays; who lost the race says the same.
        let _ = self.stopped.set(reason.1);
        Err(self.failed(Failure::new(FailureKind::Deadline, operation, reason.0)))
    }

    async fn attempt(&self, read: &Read<'_>, operation: &str, buckets: &[Bucket]) -> Outcome {
        let _permit = match self.throttle.admit(buckets).await {
            Ok(permit) => permit,
            Err(time) => {
                let message = format!("the service asked to be left alone for {} s", time.as_secs());
                return Outcome::Final(Failure::new(FailureKind::Throttled, operation, &message));
            }
        };
        let token = match self.tokens.bearer().await {
            Ok(token) => token,
            Err(reason) => {
                return Outcome::Final(Failure::new(FailureKind::Unauthorized, operation, &reason));
            }
        };
        let request = match read {
            Read::Get(url) => self.http.get((*url).clone()),
            Read::Graph { url, body } => {
                self.http.post((*url).clone()).header("content-type", "application/json").body(body.to_vec())
            }
        };
        let request = request.header("accept", "application/json").bearer_auth(token.secret.secret());
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let message = format!("no answer: {}", described(&error.without_url()));
                return Outcome::Again(Failure::new(FailureKind::Failed, operation, &message), None);
            }
        };
        self.heed(response.headers(), buckets);
        self.judge(response, operation, token.generation).await
    }

    /// Learns from the headers how much is left.
    fn heed(&self, headers: &HeaderMap, buckets: &[Bucket]) {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
        for bucket in buckets {
            let remaining = match bucket {
                Bucket::Reads(_) => number("x-ms-ratelimit-remaining-subscription-reads"),
                Bucket::Tenant => number("x-ms-ratelimit-remaining-tenant-reads"),
                Bucket::Graph => number("x-ms-user-quota-remaining"),
                Bucket::Provider(..) => None,
            };
            let Some(remaining) = remaining else { continue };
            self.throttle.remaining(bucket, remaining);
            if *bucket == Bucket::Graph && remaining < 1.0 {
                let resets = headers.get("x-ms-user-quota-resets-after").and_then(|value| value.to_str().ok());
                if let Some(time) = resets.and_then(resets_after).filter(|time| *time <= self.limits.longest_wait) {
                    self.throttle.hold(bucket, time);
                }
            }
        }
    }

    async fn judge(&self, response: reqwest::Response, operation: &str, generation: u64) -> Outcome {
        let status = response.status();
        let headers = response.headers().clone();
        let mut failure = Failure::new(FailureKind::of(status), operation, "");
        failure.status = Some(status.as_u16());
        failure.correlation_id = correlation_id(&headers);
        let body = self.body(response).await;
        if status == StatusCode::OK {
            return match body.and_then(|bytes| parsed(&headers, &bytes)) {
                Ok(answer) => {
                    self.tokens.accepted(generation);
                    Outcome::Answer(answer)
                }
                Err(Body::TooLarge(limit)) => {
                    failure.message = format!("the answer is larger than {limit} bytes");
                    Outcome::Final(failure)
                }
                Err(Body::Broken(reason)) => {
                    failure.message = reason;
                    Outcome::Again(failure, None)
                }
            };
        }
        failure.take_error(body.ok().as_deref().unwrap_or_default());
        if status == StatusCode::UNAUTHORIZED {
            return Outcome::Refused(failure, Challenge { generation, claims: claims(&headers) });
        }
        self.tokens.accepted(generation);
        if !failure.is_transient() {
            return Outcome::Final(failure);
        }
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let now = azure_core::time::OffsetDateTime::now_utc();
        let wait = text("retry-after").and_then(|value| retry_after(value, now));
        let quota = || text("x-ms-user-quota-resets-after").and_then(resets_after);
        Outcome::Again(failure, wait.or_else(quota))
    }

    /// The body, up to the limit.
    async fn body(&self, mut response: reqwest::Response) -> Result<Vec<u8>, Body> {
        let limit = self.limits.response_bytes;
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() > limit => return Err(Body::TooLarge(limit)),
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return Ok(bytes),
                Err(error) => {
                    return Err(Body::Broken(format!("the answer broke off: {}", described(&error.without_url()))));
                }
            }
        }
    }
}

/// Why a body is of no use.
enum Body {
    TooLarge(usize),
    Broken(String),
}

fn parsed(headers: &HeaderMap, bytes: &[u8]) -> Result<Value, Body> {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("application/json");
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !(kind == "application/json" || kind == "text/json" || kind.ends_with("+json")) {
        return Err(Body::Broken(format!("the answer is {kind}, not JSON")));
    }
    serde_json::from_slice(bytes).map_err(|error| Body::Broken(format!("the answer is not valid JSON: {error}")))
}

fn correlation_id(headers: &HeaderMap) -> Option<String> {
    let names = ["x-ms-correlation-request-id", "x-ms-request-id"];
    let value = names.iter().find_map(|name| headers.get(*name))?.to_str().ok()?;
    Some(value.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect())
}

/// The claims of a continuous access evaluation challenge, decoded.
/// <https://learn.microsoft.com/entra/identity-platform/claims-challenge>
fn claims(headers: &HeaderMap) -> Option<String> {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let encoded = challenges.filter_map(|text| text.split_once("claims=\"")?.1.split_once('"')).next()?.0;
    let trimmed = encoded.trim_end_matches('=');
    let decoded = azure_core::base64::decode(encoded).or_else(|_| azure_core::base64::decode_url_safe(trimmed)).ok()?;
    String::from_utf8(decoded).ok()
}

/// What a request counts against.
fn buckets(read: &Read<'_>) -> Vec<Bucket> {
    let Read::Get(url) = read else { return vec![Bucket::Graph] };
    let segments: Vec<String> = url.path().split('/').map(str::to_ascii_lowercase).collect();
    let after = |label: &str| {
        let at = segments.iter().rposition(|segment| segment == label)?;
        segments.get(at + 1).filter(|segment| !segment.is_empty()).cloned()
    };
    let Some(subscription) = after("subscriptions") else { return vec![Bucket::Tenant] };
    let provider = after("providers").map(|provider| Bucket::Provider(subscription.clone(), provider));
    std::iter::once(Bucket::Reads(subscription)).chain(provider).collect()
}

/// Which bucket a 429 is about: the resource provider's own limit, or that of the first bucket.
fn throttled_bucket<'a>(failure: &Failure, buckets: &'a [Bucket]) -> &'a Bucket {
    let own = failure.code.as_deref() == Some("ResourceRequestsThrottled") || failure.status == Some(503);
    let provider = buckets.iter().find(|bucket| matches!(bucket, Bucket::Provider(..)));
    provider.filter(|_| own).unwrap_or(&buckets[0])
}

/// The request for people, without its query: next-page tokens are nobody's business.
fn operation(method: &str, path: &str) -> String {
    format!("{method} {}", path.split('?').next().unwrap_or_default())
}

/// Where a list has been.
struct Trail {
    pages: usize,
    idle: usize,
    max_pages: usize,
    max_idle: usize,
    addresses: HashSet<String>,
    ids: HashSet<String>,
}

impl Trail {
    fn new(limits: &Limits) -> Self {
        Self {
            pages: 0,
            idle: 0,
            max_pages: limits.pages,
            max_idle: limits.idle_pages,
            addresses: HashSet::new(),
            ids: HashSet::new(),
        }
    }

    /// Counts a page; an error if the list does not get anywhere.
    fn visit(&mut self, url: &Url, items: &[Value]) -> Result<(), String> {
        if !self.addresses.insert(url.as_str().to_owned()) {
            return Err("the pages lead in a circle".to_owned());
        }
        self.pages += 1;
        let mut fresh = false;
        for id in items.iter().filter_map(|item| item.get("id")?.as_str()) {
            fresh |= self.ids.insert(id.to_ascii_lowercase());
        }
        self.idle = if fresh { 0 } else { self.idle + 1 };
        if self.idle > self.max_idle {
            return Err(format!("{} pages in a row brought nothing new", self.idle));
        }
        if self.pages > self.max_pages {
            return Err(format!("there are more than {} pages", self.max_pages));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn limits() -> Limits {
        Limits { pages: 5, idle_pages: 2, ..Limits::default() }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn a_circle_of_pages_is_cut() {
        let mut trail = Trail::new(&limits());
        let page = [json!({"id": "a"})];
        assert!(trail.visit(&url("https://h/1"), &page).is_ok());
        assert!(trail.visit(&url("https://h/1"), &page).is_err());
    }

    #[test]
    fn pages_without_anything_new_are_cut_but_some_may_be_empty() {
        let mut trail = Trail::new(&limits());
        assert!(trail.visit(&url("https://h/1"), &[json!({"id": "a"})]).is_ok());
        assert!(trail.visit(&url("https://h/2"), &[]).is_ok());
        assert!(trail.visit(&url("https://h/3"), &[json!({"id": "A"})]).is_ok());
        assert!(trail.visit(&url("https://h/4"), &[]).is_err());
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let mut trail = Trail::new(&limits());
        for page in 0..5 {
            assert!(trail.visit(&url(&format!("https://h/{page}")), &[json!({"id": page.to_string()})]).is_ok());
        }
        assert!(trail.visit(&url("https://h/9"), &[json!({"id": "x"})]).is_err());
    }

    #[test]
    fn a_request_counts_against_its_subscription_and_provider() {
        let address = url("https://h/subscriptions/S1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a");
        assert_eq!(
            buckets(&Read::Get(&address)),
            [Bucket::Reads("s1".into()), Bucket::Provider("s1".into(), "microsoft.storage".into())]
        );
        assert_eq!(buckets(&Read::Get(&url("https://h/subscriptions?api-version=1"))), [Bucket::Tenant]);
        assert_eq!(buckets(&Read::Get(&url("https://h/subscriptions/S1"))), [Bucket::Reads("s1".into())]);
    }

    #[test]
    fn claims_are_decoded_from_the_challenge() {
        let mut headers = HeaderMap::new();
        let challenge = r#"Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ==""#;
        headers.insert(WWW_AUTHENTICATE, challenge.parse().expect("a header"));
        assert_eq!(claims(&headers).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(claims(&HeaderMap::new()), None);
    }

    #[test]
    fn operations_leave_the_query_out() {
        assert_eq!(operation("GET", "/subscriptions/s?api-version=1&$skipToken=secret"), "GET /subscriptions/s");
    }
}
