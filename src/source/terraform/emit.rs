//! From the instances of a deployment to ARM resources.

use std::collections::HashMap;
use std::rc::Rc;

use crate::model::{
    self, Declaration, DeploymentId, GapCode, Inventory, Region, Resource, ResourceId, Span, Text, Value,
};

use super::avm::ExternalModule;
use super::azapi;
use super::azurerm::{self, Block, Child, ChildName, Draft, Found, Join, Mapping, fill, unresolved};
use super::eval::Engine;
use super::instance::{Instance, ModuleInstance, ResourceInstance, Target};
use super::origin::origin_of;
use super::syntax::ExprKind;
use super::value::{Unknown, Val};

/// The most resources of one deployment.
const MAX_RESOURCES: usize = 50_000;

/// A resource before its parts are joined to it.
pub(super) struct Pending {
    pub id: Text,
    pub arm: String,
    pub body: Value,
    pub declaration: Declaration,
    pub part: Option<Part>,
}

impl Pending {
    /// The resource.
    pub fn into_resource(self) -> Resource {
        Resource::declared(ResourceId::from_text(self.id), &self.arm, self.body, self.declaration)
    }
}

/// The ARM type of what resources of this type are a part of; empty if it may be any.
pub(super) fn whole_type(kind: &str) -> Option<&'static str> {
    if kind == "azapi_update_resource" {
        return Some("");
    }
    azurerm::mapping(kind)?.part_of.map(|part| part.arm)
}

/// What a resource adds to another one.
pub(super) struct Part {
    pub whole: Text,
    pub arm: String,
    pub join: PartJoin,
    /// Whether it is a resource of its own too.
    pub own: bool,
}

/// How a part is joined.
pub(super) enum PartJoin {
    /// An element of an array.
    Element(String, Value),
    /// Properties of the whole: the body of the pending resource.
    Merge,
}

/// What the resources of a deployment have in common.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub deployment: DeploymentId,
    /// The major version of azurerm.
    pub major: Option<u32>,
}

/// One resource as its source gives it: the same for configurations and plans.
pub(super) struct Given<'g> {
    /// Whether values that are not there may be given all the same.
    pub partial: bool,
    pub kind: &'g str,
    pub arguments: &'g Val,
    pub id: Option<Text>,
    /// Whether the configuration gives a block: one that is unknown and not given is the provider's own.
    pub configured: &'g dyn Fn(&str) -> bool,
    /// The id of what it is a part of.
    pub whole: &'g dyn Fn(&str) -> Option<Text>,
    pub unknown: &'g Unknown,
    pub declaration: Declaration,
    pub place: Span,
}

/// All resources of a deployment.
pub(super) fn collect(engine: &Engine, root: &Rc<ModuleInstance>, frame: Frame) -> Vec<Pending> {
    let mut pending = Vec::new();
    collect_module(engine, root, frame, None, &mut pending);
    pending
}

fn collect_module(
    engine: &Engine,
    module: &Rc<ModuleInstance>,
    frame: Frame,
    condition: Option<&Rc<str>>,
    out: &mut Vec<Pending>,
) {
    for (address, block) in &module.module.resources {
        if !is_read(&block.kind) {
            continue;
        }
        let Some(expansion) = engine.expansion(address, module) else { continue };
        for (_, instance) in &expansion.instances {
            if out.len() >= MAX_RESOURCES {
                let message = format!("more than {MAX_RESOURCES} resources; the rest is not read");
                engine.project.tell(GapCode::LimitExceeded, Some(block.header), message);
                return;
            }
            if let Target::Resource(resource) = &instance.target {
                let condition = resource.binding.condition.as_ref().or(condition);
                one(engine, instance, resource, frame, condition, out);
            }
        }
    }
    for (name, block) in &module.module.calls {
        let Ok(expansion) = engine.module_expansion(name, block.header, module) else { continue };
        for (_, instance) in &expansion.instances {
            match &instance.target {
                Target::Module(inner) => {
                    let own = inner.call.as_ref().and_then(|call| call.binding.condition.as_ref());
                    collect_module(engine, inner, frame, own.or(condition), out);
                }
                Target::External(external) => {
                    let own = external.binding.condition.as_ref().or(condition);
                    out.push(external_module(engine, instance, external, frame, own));
                }
                Target::Resource(_) => {}
            }
        }
    }
}

/// What a module that is not on disk creates.
fn external_module(
    engine: &Engine,
    instance: &Instance,
    module: &ExternalModule,
    frame: Frame,
    condition: Option<&Rc<str>>,
) -> Pending {
    let declaration = Declaration {
        deployment: frame.deployment,
        logical_name: format!("terraform:{}", module.address),
        span: module.block.header,
        spans: Default::default(),
        calls: module.parent.calls.clone(),
        existing: false,
        condition: condition.map(|text| text.to_string()),
        location: None,
    };
    let id = engine.module_id(module).unwrap_or_else(|| Text::hole(instance.unknown().member(".id").hole()));
    Pending { id, arm: module.arm.to_owned(), body: engine.module_body(module).finish(), declaration, part: None }
}

/// The resources of a deployment that are read, by address.
pub(super) fn instances(engine: &Engine, module: &Rc<ModuleInstance>, out: &mut HashMap<String, Rc<Instance>>) {
    for (address, block) in &module.module.resources {
        if !is_read(&block.kind) {
            continue;
        }
        let Some(expansion) = engine.expansion(address, module) else { continue };
        for (_, instance) in &expansion.instances {
            if let Target::Resource(resource) = &instance.target {
                out.insert(resource.address.to_string(), instance.clone());
            }
        }
    }
    for (name, block) in &module.module.calls {
        let Ok(expansion) = engine.module_expansion(name, block.header, module) else { continue };
        for (_, instance) in &expansion.instances {
            if let Target::Module(inner) = &instance.target {
                instances(engine, inner, out);
            }
        }
    }
}

/// Whether resources of this type become ARM resources.
pub(super) fn is_read(kind: &str) -> bool {
    matches!(kind, "azapi_resource" | "azapi_update_resource" | "azapi_data_plane_resource")
        || azurerm::mapping(kind).is_some()
}

fn one(
    engine: &Engine,
    instance: &Rc<Instance>,
    resource: &ResourceInstance,
    frame: Frame,
    condition: Option<&Rc<str>>,
    out: &mut Vec<Pending>,
) {
    let block = &resource.block;
    let arguments = engine.all_arguments(resource, instance.unknown());
    let location = block.body.attribute("location");
    let declaration = Declaration {
        deployment: frame.deployment,
        logical_name: format!("terraform:{}", resource.address),
        span: block.header,
        spans: Default::default(),
        calls: resource.module.calls.clone(),
        existing: block.data,
        condition: condition.map(|text| text.to_string()),
        location: location.and_then(|attribute| origin_of(&attribute.value, &resource.module.module)),
    };
    let whole = |name: &str| match name {
        "" => azurerm::whole_of(engine, resource),
        _ => engine.argument(resource, name).to_text(),
    };
    let given = Given {
        partial: false,
        configured: &|_| true,
        kind: &block.kind,
        arguments: &arguments,
        id: azurerm::id_of(engine, resource),
        whole: &whole,
        unknown: instance.unknown(),
        declaration,
        place: block.header,
    };
    translate(given, frame, out);
}

/// A resource, its parts and its children in ARM's shape.
pub(super) fn translate(given: Given, frame: Frame, out: &mut Vec<Pending>) {
    if given.kind.starts_with("azapi_") {
        translate_azapi(given, out);
        return;
    }
    let Some(mapping) = azurerm::mapping(given.kind) else { return };
    let id = given.id.clone().unwrap_or_else(|| Text::hole(given.unknown.member(".id").hole()));
    let partial = given.partial.then_some(given.unknown);
    let block = Block { values: given.arguments, major: frame.major, partial };
    let mut draft = Draft::default();
    let existing = given.declaration.existing;
    // Of a data source only its arguments are known, and those find it: they are no properties.
    if !existing {
        fill(&mut draft, mapping.fields, &block, None);
    }
    let children = if existing { Vec::new() } else { children(mapping, &id, &block, &given) };
    let part = mapping.part_of.filter(|_| !existing).map(|part| {
        let whole = (given.whole)(part.whole).unwrap_or_else(|| Text::hole(given.unknown.member(".whole").hole()));
        let join = match part.how {
            Join::Merge => PartJoin::Merge,
            Join::Element(pointer, fields) => {
                let mut element = Draft::default();
                fill(&mut element, fields, &block, Some(given.place));
                let mut value = element.finish();
                value.span = Some(given.place);
                PartJoin::Element(pointer.to_owned(), value)
            }
        };
        Part { whole, arm: part.arm.to_owned(), join, own: part.own }
    });
    out.push(Pending { id, arm: mapping.arm.to_owned(), body: draft.finish(), declaration: given.declaration, part });
    out.extend(children);
}

fn children(mapping: &Mapping, id: &Text, block: &Block, given: &Given) -> Vec<Pending> {
    let mut result = Vec::new();
    for child in mapping.children {
        match block.find(child.each) {
            Found::Absent { .. } => {}
            // How many there are is not known: one stands for them.
            Found::Unknown(_) if !(given.configured)(child.each) => {}
            Found::Unknown(value) => {
                let condition = Some(value.display());
                result.push(pending_child(mapping, child, id, block, given, &value, condition));
            }
            Found::Given(value) => {
                let items = match value.as_items() {
                    Some(items) => items.to_vec(),
                    None => vec![value],
                };
                let count = if matches!(child.name, ChildName::Fixed(_)) { 1 } else { items.len() };
                for item in items.iter().take(count) {
                    result.push(pending_child(mapping, child, id, block, given, item, None));
                }
            }
        }
    }
    result
}

fn pending_child(
    mapping: &Mapping,
    child: &Child,
    parent: &Text,
    block: &Block,
    given: &Given,
    item: &Val,
    condition: Option<String>,
) -> Pending {
    let inner = Block { values: item, ..*block };
    let name = match child.name {
        ChildName::Fixed(name) => Text::known(name),
        ChildName::Attribute(attribute) | ChildName::Region(attribute) => match inner.find(attribute) {
            Found::Given(value) | Found::Unknown(value) => value.to_text().unwrap_or_default(),
            Found::Absent { .. } => Text::hole(given.unknown.member(&format!(".{}.{attribute}", child.each)).hole()),
        },
    };
    let name = match child.name {
        ChildName::Region(_) => name.map_known(|known| Region::parse(known).as_str().to_owned()),
        _ => name,
    };
    let mut id = parent.clone();
    id.push_known(&format!("/{}/", child.kind));
    id.push(&name);
    let place = item.span.or(item.place).unwrap_or(given.place);
    let mut draft = Draft::default();
    fill(&mut draft, child.fields, &inner, Some(place));
    let mut declaration = given.declaration.clone();
    declaration.span = place;
    declaration.logical_name = format!("{}/{}", declaration.logical_name, child.each);
    if !matches!(child.name, ChildName::Fixed(_)) {
        declaration.logical_name = format!("{}[{name}]", declaration.logical_name);
    }
    declaration.condition = declaration.condition.or(condition);
    Pending { id, arm: format!("{}/{}", mapping.arm, child.kind), body: draft.finish(), declaration, part: None }
}

fn translate_azapi(given: Given, out: &mut Vec<Pending>) {
    let Some(arm) = given.arguments.member("type").and_then(azapi::arm_type) else { return };
    let id = given.id.clone().unwrap_or_else(|| Text::hole(given.unknown.member(".id").hole()));
    let mut draft = Draft::default();
    if !given.declaration.existing {
        azapi::fill(&mut draft, given.arguments, None);
    }
    let part = (given.kind == "azapi_update_resource").then(|| Part {
        whole: id.clone(),
        arm: arm.clone(),
        join: PartJoin::Merge,
        own: false,
    });
    out.push(Pending { id, arm, body: draft.finish(), declaration: given.declaration, part });
}

/// Joins parts to their wholes and makes the resources.
pub(super) fn finish(pending: Vec<Pending>, inventory: &mut Inventory) {
    let (mut wholes, mut parts) = (Vec::new(), Vec::new());
    for mut one in pending {
        match one.part.take() {
            None => wholes.push(one),
            Some(part) if part.own => {
                let copy = Pending {
                    id: one.id.clone(),
                    arm: one.arm.clone(),
                    body: Resource::empty_body(),
                    declaration: one.declaration.clone(),
                    part: None,
                };
                wholes.push(one);
                parts.push((copy, part));
            }
            Some(part) => parts.push((one, part)),
        }
    }
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for (index, whole) in wholes.iter().enumerate() {
        if !whole.declaration.existing {
            by_id.entry(key(&whole.id)).or_insert(index);
        }
    }
    for (one, part) in parts {
        match by_id.get(&key(&part.whole)) {
            Some(index) => join(&mut wholes[*index], one, part),
            // The whole is elsewhere: what is known of it are these properties. The one that Azure makes together
            // with its parent, always called `default`, is there as soon as the parent is declared.
            None => {
                let declared = |parent: ResourceId| by_id.contains_key(parent.key());
                let id = ResourceId::from_text(part.whole.clone());
                let is_default = id.name().and_then(Text::as_known).is_some_and(|name| name == "default");
                let made_with_parent = is_default && id.parent().is_some_and(declared);
                wholes.push(alone(one, part, !made_with_parent));
            }
        }
    }
    inventory.resources.extend(wholes.into_iter().map(Pending::into_resource));
}

fn key(id: &Text) -> String {
    ResourceId::from_text(id.clone()).key().to_owned()
}

fn join(whole: &mut Pending, one: Pending, part: Part) {
    let condition = one.declaration.condition;
    match part.join {
        PartJoin::Element(pointer, value) => add_element(&mut whole.body, &pointer, value, condition),
        PartJoin::Merge => merge(&mut whole.body, one.body, condition.as_deref()),
    }
}

fn alone(one: Pending, part: Part, existing: bool) -> Pending {
    let mut body = one.body;
    if let PartJoin::Element(pointer, value) = part.join {
        // There are others that are not known here.
        let mut draft = Draft::default();
        draft.set(&pointer, unresolved(format!("the elements beside {}", value_name(&value))));
        body = draft.finish();
    }
    let declaration = Declaration { existing, ..one.declaration };
    Pending { id: part.whole, arm: part.arm, body, declaration, part: None }
}

fn value_name(value: &Value) -> String {
    value.get("name").and_then(|name| name.as_str()).unwrap_or("this one").to_owned()
}

/// The value at a pointer of an object, made if it is not there; `None` where something else stands.
fn entry<'v>(body: &'v mut Value, pointer: &str) -> Option<&'v mut Value> {
    let mut at = body;
    for name in pointer.split('/').skip(1) {
        let model::Kind::Object(members) = &mut at.kind else { return None };
        let index = match members.iter().position(|(key, _)| key == name) {
            Some(index) => index,
            None => {
                members.push((name.to_owned(), Resource::empty_body()));
                members.len() - 1
            }
        };
        at = &mut members[index].1;
    }
    Some(at)
}

fn add_element(body: &mut Value, pointer: &str, value: Value, condition: Option<String>) {
    let Some(slot) = entry(body, pointer) else { return };
    if let Some(condition) = condition {
        // Whether the element is there is not known, so neither is the array.
        *slot = Value { span: slot.span, supplied: slot.supplied, ..unresolved(condition) };
        return;
    }
    match &mut slot.kind {
        model::Kind::Array(items) => items.push(value),
        model::Kind::Object(members) if members.is_empty() => slot.kind = model::Kind::Array(vec![value]),
        _ => {}
    }
}

fn merge(into: &mut Value, from: Value, condition: Option<&str>) {
    let model::Kind::Object(members) = from.kind else {
        *into = match condition {
            Some(condition) => Value { span: from.span, ..unresolved(condition.to_owned()) },
            None => from,
        };
        return;
    };
    if !matches!(into.kind, model::Kind::Object(_)) {
        into.kind = model::Kind::Object(Vec::new());
    }
    let model::Kind::Object(target) = &mut into.kind else { return };
    for (name, member) in members {
        let index = match target.iter().position(|(key, _)| key.eq_ignore_ascii_case(&name)) {
            Some(index) => index,
            None => {
                target.push((name, Resource::empty_body()));
                target.len() - 1
            }
        };
        merge(&mut target[index].1, member, condition);
    }
}

/// The values of the root variables that are known, to tell deployments apart.
pub(super) fn variable_values(
    engine: &Engine,
    root: &Rc<ModuleInstance>,
) -> std::collections::BTreeMap<String, String> {
    let mut values = std::collections::BTreeMap::new();
    for (name, variable) in &root.module.variables {
        if variable.sensitive || is_ephemeral(&variable.block.body) {
            continue;
        }
        let Ok(value) = engine.variable(name, variable.block.header, root) else { continue };
        if let Some(text) = value.to_text().as_ref().and_then(Text::as_known) {
            values.insert(name.to_string(), text.to_owned());
        }
    }
    values
}

fn is_ephemeral(body: &super::syntax::Body) -> bool {
    matches!(body.attribute("ephemeral").map(|a| &a.value.kind), Some(ExprKind::Bool(true)))
}
