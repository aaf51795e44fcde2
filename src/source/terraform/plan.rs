//! Plans: what `terraform show -json` prints of a plan file.
//!
//! <https://developer.hashicorp.com/terraform/internals/json-format>. The text is read once, resource
//! by resource: nothing of a plan is held in memory but its text and the resources that become ARM
//! resources.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::model::{Declaration, FileId, Span, Text};

use super::azapi;
use super::azurerm;
use super::emit::{Frame, Given, Pending, is_read, translate};
use super::eval::Engine;
use super::instance::{Instance, ResourceInstance, Target};
use super::value::{Kind, Unknown, Val};

/// A plan, as far as it is read.
#[derive(Deserialize)]
pub(super) struct Plan<'a> {
    #[serde(borrow, default)]
    pub variables: BTreeMap<Cow<'a, str>, Variable<'a>>,
    /// False if the plan covers only some resources (`-target`).
    #[serde(default)]
    pub complete: Option<bool>,
    /// Whether planning ended in an error.
    #[serde(default)]
    pub errored: Option<bool>,
    #[serde(borrow, default)]
    planned_values: Option<Values<'a>>,
    #[serde(borrow, default)]
    resource_changes: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    prior_state: Option<State<'a>>,
    #[serde(borrow, default)]
    pub configuration: Option<Configuration<'a>>,
}

/// The value of a variable.
#[derive(Deserialize)]
pub(super) struct Variable<'a> {
    #[serde(borrow, default)]
    pub value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow, default)]
    values: Option<Values<'a>>,
}

#[derive(Deserialize)]
struct Values<'a> {
    #[serde(borrow, default)]
    root_module: Option<ValuesModule<'a>>,
}

#[derive(Deserialize)]
struct ValuesModule<'a> {
    #[serde(borrow, default)]
    resources: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    child_modules: Vec<&'a RawValue>,
}

/// The configuration that the plan was made of.
#[derive(Deserialize)]
pub(super) struct Configuration<'a> {
    #[serde(borrow, default)]
    provider_config: BTreeMap<Cow<'a, str>, ProviderConfig<'a>>,
    #[serde(borrow, default)]
    pub root_module: Option<ConfigModule<'a>>,
}

#[derive(Deserialize)]
struct ProviderConfig<'a> {
    #[serde(borrow, default)]
    version_constraint: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    expressions: BTreeMap<Cow<'a, str>, &'a RawValue>,
}

/// A module of the configuration.
#[derive(Deserialize)]
pub(super) struct ConfigModule<'a> {
    #[serde(borrow, default)]
    pub resources: Vec<ConfigResource<'a>>,
    #[serde(borrow, default)]
    module_calls: BTreeMap<Cow<'a, str>, &'a RawValue>,
    #[serde(borrow, default)]
    outputs: BTreeMap<Cow<'a, str>, &'a RawValue>,
}

/// A resource of the configuration.
#[derive(Deserialize)]
pub(super) struct ConfigResource<'a> {
    #[serde(borrow)]
    pub address: Cow<'a, str>,
    #[serde(borrow, default)]
    provider_config_key: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    expressions: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ModuleCall<'a> {
    #[serde(borrow, default)]
    expressions: BTreeMap<Cow<'a, str>, &'a RawValue>,
    #[serde(borrow, default)]
    module: Option<ConfigModule<'a>>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(borrow, default)]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    change: ChangeBody<'a>,
}

#[derive(Deserialize)]
struct ChangeBody<'a> {
    #[serde(borrow, default)]
    actions: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    after: Option<&'a RawValue>,
    #[serde(borrow, default)]
    after_unknown: Option<&'a RawValue>,
    #[serde(borrow, default)]
    after_sensitive: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StateResource<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(borrow, default)]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    values: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sensitive_values: Option<&'a RawValue>,
}

/// A resource that the plan leaves in place.
pub(super) struct Planned<'a> {
    pub address: Cow<'a, str>,
    pub kind: Cow<'a, str>,
    pub data: bool,
    /// Only known values are recorded: one that is not there may be known after the apply.
    pub partial: bool,
    after: Option<&'a RawValue>,
    unknown: Option<&'a RawValue>,
    sensitive: Option<&'a RawValue>,
    /// Where it stands.
    pub offset: usize,
}

/// Whether a JSON text is a plan.
pub(super) fn is_plan(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Head {
        format_version: Option<IgnoredAny>,
        planned_values: Option<IgnoredAny>,
        resource_changes: Option<IgnoredAny>,
    }
    let marks = text.contains("\"planned_values\"") || text.contains("\"resource_changes\"");
    if !marks || !text.contains("\"format_version\"") {
        return false;
    }
    match serde_json::from_str::<Head>(text) {
        Ok(head) => head.format_version.is_some() && (head.planned_values.is_some() || head.resource_changes.is_some()),
        // Cut off: what is wrong with it is said when it is read.
        Err(error) => error.is_syntax() || error.is_eof(),
    }
}

/// The plan in a JSON text, or why it is none.
pub(super) fn parse(text: &str) -> Result<Plan<'_>, serde_json::Error> {
    serde_json::from_str(text)
}

impl<'a> Plan<'a> {
    /// The resources that exist after the apply and become ARM resources, and the data sources.
    ///
    /// What cannot be read is told with its reason.
    pub fn resources(&self, text: &str, tell: &mut dyn FnMut(usize, String)) -> Vec<Planned<'a>> {
        let mut result = Vec::new();
        let mut seen = HashSet::new();
        let changes = self.resource_changes.as_deref().unwrap_or_default();
        for raw in changes {
            let offset = offset_of(text, raw.get());
            match serde_json::from_str::<Change>(raw.get()) {
                Ok(change) => {
                    seen.insert(change.address.to_string());
                    result.extend(planned(change, offset));
                }
                Err(error) => tell(offset, format!("a change of the plan cannot be read: {error}")),
            }
        }
        if let Some(root) = self.planned_values.as_ref().and_then(|values| values.root_module.as_ref()) {
            recorded(root, text, 0, tell, &mut |one| {
                if !seen.contains(&*one.address) {
                    result.push(one);
                }
            });
        }
        let prior = self.prior_state.as_ref().and_then(|state| state.values.as_ref());
        if let Some(root) = prior.and_then(|values| values.root_module.as_ref()) {
            let mut data = Vec::new();
            recorded(root, text, 0, tell, &mut |one| {
                if one.data && !seen.contains(&*one.address) {
                    data.push(one);
                }
            });
            let known: HashSet<String> = result.iter().map(|one| one.address.to_string()).collect();
            result.extend(data.into_iter().filter(|one| !known.contains(&*one.address)));
        }
        result
    }

    /// The major version of azurerm that the constraints of the configuration allow.
    pub fn azurerm_major(&self) -> Option<u32> {
        let configs = self.configuration.iter().flat_map(|configuration| &configuration.provider_config);
        let own = configs.filter(|(key, _)| *key == "azurerm" || key.ends_with(":azurerm"));
        super::version::only_major(own.filter_map(|(_, config)| config.version_constraint.as_deref()))
    }
}

fn planned(change: Change<'_>, offset: usize) -> Option<Planned<'_>> {
    let gone = change.change.actions.iter().any(|action| action == "delete" || action == "forget")
        && !change.change.actions.iter().any(|action| action == "create");
    if gone || !is_read(&change.kind) {
        return None;
    }
    Some(Planned {
        data: change.mode.as_deref() == Some("data"),
        address: change.address,
        kind: change.kind,
        partial: false,
        after: change.change.after,
        unknown: change.change.after_unknown,
        sensitive: change.change.after_sensitive,
        offset,
    })
}

/// How deep modules may be nested.
const MAX_MODULES: usize = 64;

fn recorded<'a>(
    module: &ValuesModule<'a>,
    text: &str,
    depth: usize,
    tell: &mut dyn FnMut(usize, String),
    take: &mut dyn FnMut(Planned<'a>),
) {
    for raw in &module.resources {
        let offset = offset_of(text, raw.get());
        match serde_json::from_str::<StateResource>(raw.get()) {
            Ok(resource) if is_read(&resource.kind) => take(Planned {
                data: resource.mode.as_deref() == Some("data"),
                address: resource.address,
                kind: resource.kind,
                partial: true,
                after: resource.values,
                unknown: None,
                sensitive: resource.sensitive_values,
                offset,
            }),
            Ok(_) => {}
            Err(error) => tell(offset, format!("a resource of the plan cannot be read: {error}")),
        }
    }
    for raw in &module.child_modules {
        let offset = offset_of(text, raw.get());
        match serde_json::from_str::<ValuesModule>(raw.get()) {
            Ok(inner) if depth < MAX_MODULES => recorded(&inner, text, depth + 1, tell, take),
            Ok(_) => tell(offset, format!("modules are nested more than {MAX_MODULES} levels deep")),
            Err(error) => tell(offset, format!("a module of the plan cannot be read: {error}")),
        }
    }
}

/// Where a piece of a text stands in it.
fn offset_of(text: &str, piece: &str) -> usize {
    (piece.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

/// Reads the resources of a plan without the sources that it was made of.
pub(super) struct Reader<'p, 'a> {
    plan: &'p Plan<'a>,
    file: FileId,
    /// Who owns what is unknown: the plan.
    owner: Rc<str>,
    by_address: HashMap<String, &'p Planned<'a>>,
    index: Index<'a>,
    ids: RefCell<HashMap<String, Option<Text>>>,
    sources: Option<Sources<'p>>,
}

/// The configuration beside a plan: the plan wins for values, the configuration gives places and what
/// the plan does not know.
pub(super) struct Sources<'p> {
    pub engine: &'p Engine<'p, 'p>,
    /// By address.
    pub instances: HashMap<String, Rc<Instance>>,
}

impl Sources<'_> {
    fn resource(&self, address: &str) -> Option<(&Instance, &ResourceInstance)> {
        let instance = self.instances.get(address)?;
        match &instance.target {
            Target::Resource(resource) => Some((instance, resource)),
            Target::Module(_) | Target::External(_) => None,
        }
    }
}

/// Where the expressions of the configuration are, by addresses without keys.
#[derive(Default)]
struct Index<'a> {
    resources: HashMap<String, (Option<&'a RawValue>, Option<String>)>,
    /// The arguments of module calls, by the address of the module.
    calls: HashMap<String, BTreeMap<String, &'a RawValue>>,
    /// By the address of the module and the name.
    outputs: HashMap<(String, String), &'a RawValue>,
}

impl<'a> Index<'a> {
    fn add(&mut self, module: &ConfigModule<'a>, prefix: &str, depth: usize) {
        for resource in &module.resources {
            let key = resource.provider_config_key.as_ref().map(|key| key.to_string());
            self.resources.insert(format!("{prefix}{}", resource.address), (resource.expressions, key));
        }
        for (name, raw) in &module.outputs {
            self.outputs.insert((prefix.to_owned(), name.to_string()), raw);
        }
        for (name, raw) in &module.module_calls {
            let Ok(call) = serde_json::from_str::<ModuleCall>(raw.get()) else { continue };
            let inner = format!("{prefix}module.{name}.");
            let arguments = call.expressions.iter().map(|(name, raw)| (name.to_string(), *raw)).collect();
            self.calls.insert(inner.clone(), arguments);
            if let (Some(module), true) = (&call.module, depth < MAX_MODULES) {
                self.add(module, &inner, depth + 1);
            }
        }
    }
}

impl<'p, 'a> Reader<'p, 'a> {
    /// A reader of these resources of a plan.
    pub fn new(
        plan: &'p Plan<'a>,
        resources: &'p [Planned<'a>],
        file: FileId,
        owner: Rc<str>,
        sources: Option<Sources<'p>>,
    ) -> Self {
        let by_address = resources.iter().map(|one| (one.address.to_string(), one)).collect();
        let mut index = Index::default();
        if let Some(root) = plan.configuration.as_ref().and_then(|configuration| configuration.root_module.as_ref()) {
            index.add(root, "", 0);
        }
        Self { plan, file, owner, by_address, index, ids: RefCell::default(), sources }
    }

    /// The place of a resource in the plan.
    fn place(&self, planned: &Planned) -> Span {
        let start = u32::try_from(planned.offset).unwrap_or(u32::MAX);
        Span { file: self.file, start, end: start.saturating_add(1) }
    }

    /// Adds a resource as the plan has it.
    pub fn emit(&self, planned: &Planned, frame: Frame, out: &mut Vec<Pending>) {
        let values = self.values(planned);
        let unknown = Unknown { owner: self.owner.clone(), text: planned.address.to_string() };
        let source = self.sources.as_ref().and_then(|sources| sources.resource(&planned.address));
        let place = source.map_or_else(|| self.place(planned), |(_, resource)| resource.block.header);
        let declaration = Declaration {
            deployment: frame.deployment,
            logical_name: format!("terraform:{}", planned.address),
            span: place,
            spans: Default::default(),
            calls: source.map(|(_, resource)| resource.module.calls.clone()).unwrap_or_default(),
            existing: planned.data,
            condition: None,
        };
        let id = self.id(&planned.address);
        let whole = |name: &str| match name {
            "" => id.as_ref().map(azurerm::parent_of),
            _ => values.member(name).and_then(Val::to_text),
        };
        let written = self.written(planned);
        let configured = |name: &str| written.as_ref().is_none_or(|written| written.get(name).is_some());
        let given = Given {
            partial: planned.partial,
            configured: &configured,
            kind: &planned.kind,
            arguments: &values,
            id: id.clone(),
            whole: &whole,
            unknown: &unknown,
            declaration,
            place,
        };
        translate(given, frame, out);
    }

    /// The arguments that the configuration gives, as expressions.
    fn written(&self, planned: &Planned) -> Option<serde_json::Value> {
        let (expressions, _) = self.index.resources.get(&without_keys(&planned.address))?;
        serde_json::from_str((*expressions)?.get()).ok()
    }

    /// The values after the apply: unknown ones by the references that they come from, sensitive ones
    /// not at all.
    pub fn values(&self, planned: &Planned) -> Val {
        let json = |raw: Option<&RawValue>| -> serde_json::Value {
            raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(serde_json::Value::Null)
        };
        let (after, unknown, sensitive) = (json(planned.after), json(planned.unknown), json(planned.sensitive));
        let expressions = self.written(planned).unwrap_or_default();
        let merge = Merge { reader: self, address: &planned.address };
        let value = merge.value(Some(&after), Some(&unknown), Some(&sensitive), Some(&expressions), String::new());
        let value = match value.kind {
            Kind::Object(_) => value,
            _ => Val::object(BTreeMap::new()),
        };
        match self.sources.as_ref().and_then(|sources| Some((sources, sources.resource(&planned.address)?))) {
            Some((sources, (instance, resource))) => {
                overlay(&value, &sources.engine.all_arguments(resource, instance.unknown()))
            }
            None => value,
        }
    }

    /// The id of a resource: the one that it has, or the one that its arguments make.
    pub fn id(&self, address: &str) -> Option<Text> {
        if let Some(known) = self.ids.borrow().get(address) {
            return known.clone();
        }
        // An id that depends on itself is none.
        self.ids.borrow_mut().insert(address.to_owned(), None);
        let id = self.by_address.get(address).and_then(|planned| self.compute_id(planned));
        self.ids.borrow_mut().insert(address.to_owned(), id.clone());
        id
    }

    fn compute_id(&self, planned: &Planned) -> Option<Text> {
        let values = self.values(planned);
        if let Some(id) = values.member("id").and_then(Val::as_str).filter(|id| id.starts_with('/')) {
            return Some(Text::known(id.trim_end_matches('/')));
        }
        let get = |name: &str| match values.member(name) {
            Some(value) if !(value.is_null() && name == "name") => value.clone(),
            _ if name == "name" => Val::unknown(&self.owner, format!("{}.name", planned.address)),
            _ => Val::null(),
        };
        let subscription = self.subscription(&planned.address);
        if planned.kind.starts_with("azapi_") {
            return azapi::id_of(&get, &|| subscription.clone());
        }
        azurerm::id(azurerm::mapping(&planned.kind)?, &subscription, &get)
    }

    fn subscription(&self, address: &str) -> Text {
        if let Some((sources, (_, resource))) =
            self.sources.as_ref().and_then(|sources| Some((sources, sources.resource(address)?)))
        {
            return sources.engine.subscription(&resource.module, &azurerm::provider_of(resource));
        }
        let config = self.index.resources.get(&without_keys(address)).and_then(|(_, key)| key.clone());
        let key = config.unwrap_or_else(|| "azurerm".to_owned());
        match self.configured_subscription(&key) {
            Some(id) => Text::known(id),
            None => Val::unknown(&self.owner, format!("{key}.subscription_id")).to_text().unwrap_or_default(),
        }
    }

    fn configured_subscription(&self, key: &str) -> Option<String> {
        let config = self.plan.configuration.as_ref()?.provider_config.get(key)?;
        let expression: serde_json::Value =
            serde_json::from_str(config.expressions.get("subscription_id")?.get()).ok()?;
        if let Some(text) = expression.get("constant_value").and_then(serde_json::Value::as_str) {
            return Some(text.to_owned());
        }
        let (reference, _) = single_reference(&expression)?;
        let value = self.plan.variables.get(reference.strip_prefix("var.")?)?.value?;
        serde_json::from_str(value.get()).ok()
    }

    /// The id that an expression takes from one other resource. `prefix` is the module with its keys,
    /// `own` the key of the instance.
    fn resolve(&self, expression: &serde_json::Value, prefix: &str, own: Option<&str>, depth: usize) -> Option<Text> {
        if depth > MAX_MODULES {
            return None;
        }
        let (reference, by_key) = single_reference(expression)?;
        let parsed = |raw: &RawValue| serde_json::from_str::<serde_json::Value>(raw.get()).ok();
        if let Some(name) = reference.strip_prefix("var.") {
            let argument = self.index.calls.get(&without_keys(prefix))?.get(name)?;
            let (outer, key) = outer_module(prefix)?;
            return self.resolve(&parsed(argument)?, &outer, key.as_deref(), depth + 1);
        }
        if let Some(rest) = reference.strip_prefix("module.") {
            let (call, output) = rest.rsplit_once('.')?;
            let inner = format!("{prefix}module.{call}.");
            let output = self.index.outputs.get(&(without_keys(&inner), output.to_owned()))?;
            let json = parsed(output)?;
            return self.resolve(json.get("expression")?, &inner, None, depth + 1);
        }
        if let Some(target) = reference.strip_suffix(".id") {
            return self.id(&format!("{prefix}{target}"));
        }
        // `x[each.key].id` is listed as `x` and `each.key`.
        let own = own.filter(|_| by_key)?;
        self.id(&format!("{prefix}{reference}[{own}]"))
    }
}

/// The values of a plan at the places of the configuration; what the plan does not know is taken from
/// the configuration.
fn overlay(plan: &Val, config: &Val) -> Val {
    let kind = match (&plan.kind, &config.kind) {
        (Kind::Unknown(_), other) if !matches!(other, Kind::Null) => config.kind.clone(),
        (Kind::Object(values), Kind::Object(written)) => {
            let member = |(name, value): (&Rc<str>, &Val)| {
                let value = written.members.get(name).map_or_else(|| value.clone(), |written| overlay(value, written));
                (name.clone(), value)
            };
            Val::object(values.members.iter().map(member).collect()).kind
        }
        (Kind::List(values), Kind::List(written)) if values.items.len() == written.items.len() => {
            Val::list(values.items.iter().zip(&written.items).map(|(value, written)| overlay(value, written)).collect())
                .kind
        }
        _ => plan.kind.clone(),
    };
    Val { kind, span: config.span, place: config.place }
}

/// The reference of an expression, if it has only one, and whether a key of the instance selects.
///
/// Terraform lists each reference together with its prefixes.
fn single_reference(expression: &serde_json::Value) -> Option<(&str, bool)> {
    let all: Vec<&str> = expression.get("references")?.as_array()?.iter().filter_map(|r| r.as_str()).collect();
    let is_key = |one: &str| one == "each.key" || one == "count.index";
    let longest = all.iter().copied().filter(|one| !is_key(one)).max_by_key(|one| one.len())?;
    let one = all.iter().all(|one| longest.starts_with(one) || is_key(one));
    one.then(|| (longest, all.iter().any(|one| is_key(one))))
}

/// An address without the keys of `count` and `for_each`.
fn without_keys(address: &str) -> String {
    let mut result = String::new();
    for (text, is_key) in address_parts(address) {
        if !is_key {
            result.push_str(text);
        }
    }
    result
}

/// The pieces of an address: names, and keys without their brackets.
fn address_parts(address: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut rest = address;
    while let Some(open) = rest.find('[') {
        parts.push((&rest[..open], false));
        let inner = &rest[open + 1..];
        let close = match inner.strip_prefix('"') {
            Some(quoted) => quoted.find("\"]").map(|at| at + 2),
            None => inner.find(']'),
        };
        let Some(close) = close else { return parts };
        parts.push((&inner[..close], true));
        rest = inner.get(close + 1..).unwrap_or("");
    }
    parts.push((rest, false));
    parts
}

/// The module prefix of an address, and the key of the instance.
fn split_address(address: &str) -> (String, Option<String>) {
    let parts = address_parts(address);
    let key = match parts.as_slice() {
        [.., (key, true), ("", false)] | [.., (key, true)] => Some((*key).to_owned()),
        _ => None,
    };
    let mut prefix = String::new();
    let mut rest = address;
    while rest.starts_with("module.") {
        let name_end = rest[7..].find(['.', '[']).map_or(rest.len(), |at| at + 7);
        let mut end = name_end;
        if rest[name_end..].starts_with('[') {
            let inner = &rest[name_end + 1..];
            let close = match inner.strip_prefix('"') {
                Some(quoted) => quoted.find("\"]").map(|at| at + 2),
                None => inner.find(']'),
            };
            end = close.map_or(rest.len(), |close| name_end + close + 2);
        }
        let end = (end + 1).min(rest.len());
        prefix.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    (prefix, key)
}

/// The module around `module.a["x"].module.b.`, and the key of the inner one.
fn outer_module(prefix: &str) -> Option<(String, Option<String>)> {
    let at = prefix.rfind("module.")?;
    let (_, key) = split_address(prefix[at..].strip_prefix("module.")?.trim_end_matches('.'));
    Some((prefix[..at].to_owned(), key))
}

struct Merge<'r, 'p, 'a> {
    reader: &'r Reader<'p, 'a>,
    address: &'r str,
}

type Json<'j> = Option<&'j serde_json::Value>;

fn names(json: Json<'_>) -> impl Iterator<Item = &String> {
    json.and_then(serde_json::Value::as_object).into_iter().flat_map(|members| members.keys())
}

fn member_of<'j>(json: Json<'j>, name: &str) -> Json<'j> {
    json?.get(name)
}

fn item_of(json: Json<'_>, index: usize) -> Json<'_> {
    json?.get(index)
}

impl Merge<'_, '_, '_> {
    fn value(&self, after: Json, unknown: Json, sensitive: Json, expression: Json, path: String) -> Val {
        if unknown == Some(&serde_json::Value::Bool(true)) {
            let known = expression.and_then(|expression| self.referred(expression, &path));
            return known.unwrap_or_else(|| self.hole(&path));
        }
        if sensitive == Some(&serde_json::Value::Bool(true)) && after.is_some_and(|after| !after.is_null()) {
            return self.hole(&path);
        }
        match (after, unknown) {
            (Some(serde_json::Value::Object(_)), _) | (_, Some(serde_json::Value::Object(_))) => {
                let names: BTreeSet<&String> = names(after).chain(names(unknown)).collect();
                let member = |name: &String| {
                    let at = |json| member_of(json, name);
                    let path = format!("{path}.{name}");
                    let value = self.value(at(after), at(unknown), at(sensitive), at(expression), path);
                    (Rc::from(name.as_str()), value)
                };
                Val::object(names.into_iter().map(member).collect())
            }
            (Some(serde_json::Value::Array(items)), _) => {
                let item = |index: usize, item: &serde_json::Value| {
                    // Blocks that `dynamic` makes have no expressions of their own.
                    let written = expression.filter(|e| e.as_array().is_some_and(|list| list.len() == items.len()));
                    let (unknown, sensitive) = (item_of(unknown, index), item_of(sensitive, index));
                    let path = format!("{path}[{index}]");
                    self.value(Some(item), unknown, sensitive, item_of(written, index), path)
                };
                Val::list(items.iter().enumerate().map(|(index, one)| item(index, one)).collect())
            }
            (Some(other), _) => Val::from_json(other),
            (None, _) => Val::null(),
        }
    }

    fn hole(&self, path: &str) -> Val {
        Val::unknown(&self.reader.owner, format!("{}{path}", self.address))
    }

    /// The id that an attribute takes from one other resource. An expression over several resources
    /// could be anything.
    fn referred(&self, expression: &serde_json::Value, path: &str) -> Option<Val> {
        if !(path.ends_with("id") || path.ends_with("scope")) {
            return None;
        }
        let (prefix, key) = split_address(self.address);
        self.reader.resolve(expression, &prefix, key.as_deref(), 0).map(Val::text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(without_keys("module.a[\"x.y\"].azurerm_b.c[0]"), "module.a.azurerm_b.c");
        let split = |address| {
            let (prefix, key) = split_address(address);
            (prefix, key.unwrap_or_default())
        };
        assert_eq!(split("module.a[\"x.y\"].azurerm_b.c[0]"), ("module.a[\"x.y\"].".to_owned(), "0".to_owned()));
        assert_eq!(split("azurerm_b.c[\"k\"]"), (String::new(), "\"k\"".to_owned()));
        assert_eq!(split("module.a.module.b.azurerm_b.c"), ("module.a.module.b.".to_owned(), String::new()));
        assert_eq!(
            outer_module("module.a[\"x\"].module.b[1]."),
            Some(("module.a[\"x\"].".to_owned(), Some("1".to_owned())))
        );
    }

    #[test]
    fn only_plans_are_plans() {
        assert!(is_plan(r#"{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{}}"#));
        assert!(!is_plan(r#"{"format_version":"1.0","values":{}}"#), "that is a state");
        assert!(!is_plan(r#"{"mock":{"a":{"format_version":"1.0","planned_values":{}}}}"#));
        assert!(!is_plan("{}"));
    }
}
