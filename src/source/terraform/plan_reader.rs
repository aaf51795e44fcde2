//! The resources of a plan as ARM resources, with or without the configuration beside it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::value::RawValue;

use crate::model::{Declaration, FileId, Span, Text};

use super::address::{outer_module, split_address, without_keys};
use super::azapi;
use super::azurerm;
use super::emit::{Frame, Given, Pending, translate};
use super::eval::Engine;
use super::instance::{Instance, ResourceInstance, Target};
use super::plan::{ConfigModule, MAX_MODULES, ModuleCall, Plan, Planned};
use super::value::{Kind, Unknown, Val};

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
            location: None,
        };
        let id = self.known_id(&planned.address, |reader| reader.compute_id(planned, &values));
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
    fn values(&self, planned: &Planned) -> Val {
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
    fn id(&self, address: &str) -> Option<Text> {
        self.known_id(address, |reader| {
            let planned = reader.by_address.get(address)?;
            reader.compute_id(planned, &reader.values(planned))
        })
    }

    fn known_id(&self, address: &str, compute: impl FnOnce(&Self) -> Option<Text>) -> Option<Text> {
        if let Some(known) = self.ids.borrow().get(address) {
            return known.clone();
        }
        // An id that depends on itself is none.
        self.ids.borrow_mut().insert(address.to_owned(), None);
        let id = compute(self);
        self.ids.borrow_mut().insert(address.to_owned(), id.clone());
        id
    }

    fn compute_id(&self, planned: &Planned, values: &Val) -> Option<Text> {
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
