//! A small Azure: Resource Manager and Resource Graph over a list of resources, with faults.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::server::{Reply, Request};

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Effect {
    /// A status with an error code and headers.
    Status(u16, &'static str, Vec<(&'static str, String)>),
    /// Half an answer.
    Truncated,
    /// HTML with status 200.
    Html,
    /// No answer.
    Reset,
    /// A next page at this address.
    NextLink(String),
    /// Always one more page, with something new on it.
    Endless,
    /// A page that is its own next page.
    Circle,
    /// A redirect to this address.
    Redirect(String),
    /// Rows are cut off without a token for the rest.
    Cut,
}

struct Fault {
    /// What the path and query must contain, lower case.
    within: String,
    times: usize,
    effect: Effect,
}

/// An Azure with these resources.
pub struct Azure {
    base: Mutex<String>,
    subscriptions: Vec<(String, String)>,
    resources: BTreeMap<String, Value>,
    /// Actions that are granted, per subscription; `None` where permissions cannot be asked.
    permissions: BTreeMap<String, Option<Vec<String>>>,
    faults: Mutex<Vec<Fault>>,
    pages: Mutex<usize>,
    page_size: usize,
    delay: Duration,
    /// Resources that the graph does not show though they exist.
    hidden: Vec<String>,
    /// The locations of every subscription, and the regions that offer workspaces.
    locations: Value,
    offering: Vec<String>,
    /// The limits of Azure, if they are kept.
    quotas: Option<Mutex<BTreeMap<String, Quota>>>,
}

/// What is left of a limit: so many at once, refilled by so many per second.
struct Quota {
    burst: f64,
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Quota {
    fn new(burst: f64, per_second: f64) -> Self {
        Self { burst, per_second, left: burst, at: Instant::now() }
    }

    /// Takes one: what is left, or when to come again.
    fn take(&mut self) -> Result<f64, f64> {
        let now = Instant::now();
        self.left = (self.left + (now - self.at).as_secs_f64() * self.per_second).min(self.burst);
        self.at = now;
        if self.left < 1.0 {
            return Err((1.0 - self.left) / self.per_second);
        }
        self.left -= 1.0;
        Ok(self.left)
    }
}

/// Types that Resource Graph does not carry.
const NOT_IN_GRAPH: &[&str] = &[
    "/computes",
    "/datastores",
    "/connections",
    "/schedules",
    "/data",
    "/versions",
    "/models",
    "/outboundrules",
    "/blobservices",
    "/fileservices",
    "/locks",
    "/failovergroups",
];

impl Azure {
    /// One with these subscriptions (id and name), in which everything may be read.
    pub fn new(subscriptions: &[(&str, &str)]) -> Self {
        let everything = || Some(vec!["*/read".to_owned()]);
        Self {
            base: Mutex::default(),
            subscriptions: subscriptions.iter().map(|(id, name)| ((*id).into(), (*name).into())).collect(),
            resources: BTreeMap::new(),
            permissions: subscriptions.iter().map(|(id, _)| ((*id).into(), everything())).collect(),
            faults: Mutex::default(),
            pages: Mutex::default(),
            page_size: 100,
            delay: Duration::ZERO,
            hidden: Vec::new(),
            locations: json!([]),
            offering: Vec::new(),
            quotas: None,
        }
    }

    /// Adds a resource: its id in any spelling, and its body.
    pub fn add(&mut self, id: &str, mut body: Value) -> &mut Self {
        body["id"] = id.into();
        body["name"] = id.rsplit('/').next().unwrap_or_default().into();
        body["type"] = type_of(id).into();
        self.resources.insert(id.to_ascii_lowercase(), body);
        self
    }

    /// Changes the resource whose id ends so.
    pub fn change(&mut self, ending: &str, change: impl Fn(&mut Value)) -> &mut Self {
        let found = self.resources.iter_mut().find(|(id, _)| id.ends_with(&format!("/{ending}")));
        change(found.unwrap_or_else(|| panic!("there is no {ending}")).1);
        self
    }

    /// What subscriptions are told of regions: name, pair and zones; and those that offer workspaces.
    pub fn tell_regions(&mut self, regions: &[(&str, Option<&str>, bool)], offering: &[&str]) -> &mut Self {
        let location = |(name, pair, zones): &(&str, Option<&str>, bool)| {
            let pair: Vec<Value> = pair.iter().map(|name| json!({"name": name})).collect();
            let mut location = json!({"name": name, "metadata": {"regionType": "Physical", "pairedRegion": pair}});
            if *zones {
                location["availabilityZoneMappings"] = json!([{"logicalZone": "1", "physicalZone": "x-az1"}]);
            }
            location
        };
        self.locations = regions.iter().map(location).collect();
        self.offering = offering.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// What may be read in a subscription; `None`: nobody knows.
    pub fn grant(&mut self, subscription: &str, actions: Option<&[&str]>) -> &mut Self {
        let actions = actions.map(|actions| actions.iter().map(|a| (*a).to_owned()).collect());
        self.permissions.insert(subscription.to_owned(), actions);
        self
    }

    /// Items per page.
    pub fn page_size(&mut self, items: usize) -> &mut Self {
        self.page_size = items;
        self
    }

    /// How long every answer takes.
    pub fn delay(&mut self, delay: Duration) -> &mut Self {
        self.delay = delay;
        self
    }

    /// Keeps to the limits that Azure documents: 250 reads per subscription and 25 more each second, 800
    /// of storage in five minutes, 15 queries of Resource Graph in five seconds.
    pub fn throttle(&mut self) -> &mut Self {
        self.quotas = Some(Mutex::default());
        self
    }

    /// Hides a resource from the graph.
    pub fn hide(&mut self, id: &str) -> &mut Self {
        self.hidden.push(id.to_ascii_lowercase());
        self
    }

    /// So many requests that contain this text in path or query (case ignored) go wrong.
    pub fn fault(&self, within: &str, times: usize, effect: Effect) -> &Self {
        let fault = Fault { within: within.to_ascii_lowercase(), times, effect };
        self.faults.lock().expect("no thread panicked").push(fault);
        self
    }

    /// Where it can be reached; next pages point there.
    pub fn at(&self, base: &str) {
        *self.base.lock().expect("no thread panicked") = base.to_owned();
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Reply {
        let refused = self.refused(request);
        let mut reply = refused.or_else(|| self.faulty(request)).unwrap_or_else(|| self.healthy(request));
        reply.delay = self.delay;
        reply.with("x-ms-correlation-request-id", "11111111-2222-3333-4444-555555555555")
    }

    /// The answer to what is beyond a limit.
    fn refused(&self, request: &Request) -> Option<Reply> {
        let mut quotas = self.quotas.as_ref()?.lock().expect("no thread panicked");
        let path = request.path();
        let mut limits = Vec::new();
        if path.contains("microsoft.resourcegraph") {
            limits.push(("graph".to_owned(), 15.0, 3.0));
        } else if let ["subscriptions", id, ..] = path.trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
            limits.push(((*id).to_owned(), 250.0, 25.0));
            if path.contains("/microsoft.storage/") {
                limits.push((format!("{id} storage"), 800.0, 800.0 / 300.0));
            }
        }
        for (name, burst, per_second) in limits {
            if let Err(wait) = quotas.entry(name).or_insert_with(|| Quota::new(burst, per_second)).take() {
                let code = "SubscriptionRequestsThrottled";
                return Some(error(429, code).with("retry-after", &wait.ceil().to_string()));
            }
        }
        None
    }

    fn faulty(&self, request: &Request) -> Option<Reply> {
        let target = request.target.to_ascii_lowercase();
        let effect = {
            let mut faults = self.faults.lock().expect("no thread panicked");
            let fault = faults.iter_mut().find(|fault| fault.times > 0 && target.contains(&fault.within))?;
            fault.times -= 1;
            fault.effect.clone()
        };
        Some(match effect {
            Effect::Status(status, code, headers) => {
                let mut reply = error(status, code);
                reply.headers.extend(headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
                reply
            }
            Effect::Truncated => Reply { truncated: true, ..self.healthy(request) },
            Effect::Reset => Reply { reset: true, ..self.healthy(request) },
            Effect::Html => {
                let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
                Reply { headers, body: "<html>sorry</html>".to_owned(), ..self.healthy(request) }
            }
            Effect::NextLink(next) => Reply::json(200, &json!({"value": [], "nextLink": next})),
            Effect::Circle => {
                let next = format!("{}{}", self.base.lock().expect("no thread panicked"), request.target);
                Reply::json(200, &json!({"value": [], "nextLink": next}))
            }
            Effect::Endless => self.endless(request),
            Effect::Redirect(to) => Reply::json(302, &json!({})).with("location", &to),
            Effect::Cut => Reply::json(200, &json!({"data": [], "resultTruncated": "true", "count": 0})),
        })
    }

    fn endless(&self, request: &Request) -> Reply {
        let mut pages = self.pages.lock().expect("no thread panicked");
        *pages += 1;
        let path = request.target.split('?').next().unwrap_or_default();
        let base = self.base.lock().expect("no thread panicked");
        let item = json!({"id": format!("{path}/item{pages}"), "name": format!("item{pages}")});
        Reply::json(200, &json!({"value": [item], "nextLink": format!("{base}{path}?$skip={pages}")}))
    }

    fn healthy(&self, request: &Request) -> Reply {
        if request.authorization.as_deref() != Some("Bearer a-token-of-the-tests") {
            return error(401, "InvalidAuthenticationToken");
        }
        let path = request.path();
        match (request.method.as_str(), path.trim_matches('/').split('/').collect::<Vec<_>>().as_slice()) {
            ("POST", ["providers", "microsoft.resourcegraph", "resources"]) => self.graph(request),
            ("GET", ["providers", "microsoft.management", "managementgroups", "mg-ml", "descendants"]) => {
                let below = self.subscriptions.iter().map(|(id, _)| json!({"name": id, "type": "/subscriptions"}));
                let group = json!({"name": "mg-inner", "type": "Microsoft.Management/managementGroups"});
                self.page(request, below.chain([group]).collect())
            }
            ("GET", ["subscriptions"]) => self.page(request, self.subscriptions.iter().map(subscription).collect()),
            ("GET", ["subscriptions", id]) => match self.subscriptions.iter().find(|(known, _)| known == id) {
                Some(found) => Reply::json(200, &subscription(found)),
                None => error(404, "SubscriptionNotFound"),
            },
            ("GET", ["subscriptions", id, "providers", "microsoft.authorization", "permissions"]) => {
                match self.permissions.get(*id) {
                    Some(Some(actions)) => self.page(request, vec![json!({"actions": actions, "notActions": []})]),
                    _ => error(404, "InvalidResourceType"),
                }
            }
            ("GET", ["subscriptions", _, "locations"]) => Reply::json(200, &json!({"value": self.locations})),
            ("GET", ["subscriptions", _, "providers", namespace @ "microsoft.machinelearningservices"]) => {
                let types = json!([{"resourceType": "workspaces", "locations": self.offering}]);
                let answer = json!({"id": request.path(), "namespace": namespace, "resourceTypes": types});
                Reply::json(200, &answer)
            }
            ("GET", _) => self.read(request, &path),
            _ => error(405, "MethodNotAllowed"),
        }
    }

    /// A resource, the resources of a type in a subscription, or the children of a resource.
    fn read(&self, request: &Request, path: &str) -> Reply {
        if let Some(found) = self.resources.get(path) {
            return Reply::json(200, found);
        }
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        if let ["subscriptions", subscription, "providers", namespace, rest @ ..] = segments.as_slice()
            && rest.len() == 1
        {
            let wanted = format!("{namespace}/{}", rest[0]);
            let prefix = format!("/subscriptions/{subscription}/");
            let found = self.below(&prefix).filter(|(_, body)| kind(body) == wanted);
            return self.page(request, found.map(|(_, body)| body.clone()).collect());
        }
        let parent = path.rsplit_once('/').map(|(parent, _)| parent).unwrap_or_default();
        let exists = self.resources.contains_key(parent) || parent.contains("/locations/");
        if !exists {
            return error(404, "ParentResourceNotFound");
        }
        let prefix = format!("{path}/");
        let children = self.below(&prefix).filter(|(id, _)| !id[prefix.len()..].contains('/'));
        self.page(request, children.map(|(_, body)| body.clone()).collect())
    }

    /// The resources whose id starts so.
    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.resources.range(prefix.to_owned()..).take_while(move |(id, _)| id.starts_with(prefix))
    }

    /// One page of a list; the next one is at `$skip`.
    fn page(&self, request: &Request, items: Vec<Value>) -> Reply {
        let start: usize = request.parameter("$skip").and_then(|skip| skip.parse().ok()).unwrap_or(0);
        let end = (start + self.page_size).min(items.len());
        let mut answer = json!({"value": items[start.min(end)..end]});
        if end < items.len() {
            let target = request.target.split("&$skip=").next().unwrap_or_default();
            let base = self.base.lock().expect("no thread panicked");
            answer["nextLink"] = format!("{base}{target}&$skip={end}").into();
        }
        Reply::json(200, &answer)
    }

    fn graph(&self, request: &Request) -> Reply {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let query = body["query"].as_str().unwrap_or_default();
        if !query.contains("project id") || !query.contains("order by id") {
            return error(400, "BadRequest");
        }
        let types: Vec<&str> = query.split('\'').skip(1).step_by(2).collect();
        let scope: Vec<String> = body["subscriptions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| Some(format!("/subscriptions/{}/", id.as_str()?)))
            .collect();
        let shown = |id: &String, body: &Value| {
            let carried = !NOT_IN_GRAPH.iter().any(|ending| kind(body).ends_with(ending));
            let wanted = types.contains(&kind(body).as_str()) && scope.iter().any(|s| id.starts_with(s));
            carried && wanted && !self.hidden.contains(id)
        };
        let rows: Vec<Value> =
            self.resources.iter().filter(|(id, body)| shown(id, body)).map(|(_, body)| graph_row(body)).collect();
        let start: usize = body["options"]["$skipToken"].as_str().and_then(|t| t.parse().ok()).unwrap_or(0);
        let end = (start + self.page_size).min(rows.len());
        let mut answer = json!({
            "totalRecords": rows.len(), "count": end - start, "data": rows[start..end], "facets": [],
            "resultTruncated": "false",
        });
        if end < rows.len() {
            answer["$skipToken"] = end.to_string().into();
        }
        Reply::json(200, &answer)
            .with("x-ms-user-quota-remaining", "14")
            .with("x-ms-user-quota-resets-after", "00:00:05")
    }
}

fn subscription((id, name): &(String, String)) -> Value {
    json!({"id": format!("/subscriptions/{id}"), "subscriptionId": id, "displayName": name, "state": "Enabled"})
}

/// The graph writes types in lower case and every column, null or not.
fn graph_row(body: &Value) -> Value {
    let mut row = body.clone();
    row["type"] = kind(body).into();
    for column in ["kind", "sku", "identity", "tags", "zones"] {
        row.as_object_mut().expect("a resource is an object").entry(column).or_insert(Value::Null);
    }
    row
}

fn kind(body: &Value) -> String {
    body["type"].as_str().unwrap_or_default().to_ascii_lowercase()
}

fn type_of(id: &str) -> String {
    let Some((_, rest)) = id.rsplit_once("/providers/") else {
        return "Microsoft.Resources/subscriptions/resourceGroups".to_owned();
    };
    let names: Vec<&str> = rest.split('/').collect();
    let types = names[1..].iter().step_by(2);
    types.fold(names[0].to_owned(), |so_far, next| format!("{so_far}/{next}"))
}

fn error(status: u16, code: &str) -> Reply {
    Reply::json(status, &json!({"error": {"code": code, "message": format!("This is {code}.")}}))
}
