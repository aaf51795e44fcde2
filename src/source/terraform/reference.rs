//! What a reference leads to: variables, locals, modules, resources, data sources.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::{GapCode, Span, Text};

use super::avm::ExternalModule;
use super::azurerm;
use super::eval::{Engine, entries};
use super::fault::Fault;
use super::instance::{
    Binding, CallSite, Expansion, Instance, Keyed, Memo, ModuleInstance, ResourceInstance, Shape, Target,
};
use super::module::Variable;
use super::scope::Scope;
use super::syntax::{Block, Body, Expr, ExprKind, Step};
use super::types::Type;
use super::value::{Kind, Unknown, Val};

/// The most instances of one resource or module.
const MAX_INSTANCES: usize = 10_000;

/// How deep modules may call modules.
const MAX_MODULE_DEPTH: usize = 32;

impl Engine<'_, '_> {
    /// The value of `root` followed by `steps`.
    pub fn access(&self, root: &Expr, steps: &[Step], span: Span, scope: Scope) -> Result<Val, Fault> {
        let ExprKind::Name(name) = &root.kind else {
            let value = self.eval(root, scope)?;
            return self.walk(value, steps, span, scope);
        };
        if let Some(value) = scope.name(name) {
            return self.walk(value.clone(), steps, span, scope);
        }
        let first = match steps.first() {
            Some(Step::Attr(first)) => first,
            _ => return Err(Fault::undeclared(span, format!("`{name}` is not the name of anything here"))),
        };
        let rest = &steps[1..];
        match &**name {
            "var" => self.walk(self.variable(first, span, scope.module)?.taken(), rest, span, scope),
            "local" => self.walk(self.local(first, span, scope.module)?.taken(), rest, span, scope),
            "each" | "count" => self.walk(self.binding_value(name, first, span, scope)?, rest, span, scope),
            "path" => self.walk(self.path_value(first, scope), rest, span, scope),
            "terraform" | "self" | "ephemeral" => {
                let value = Val::unknown(&scope.module.owner, format!("{name}.{first}"));
                self.walk(value, rest, span, scope)
            }
            "module" => {
                let expansion = self.module_expansion(first, span, scope.module)?;
                self.expanded(&expansion, &format!("module.{first}"), rest, span, scope)
            }
            "data" => {
                let Some(Step::Attr(second)) = rest.first() else {
                    return Err(Fault::undeclared(span, "`data` needs a type and a name"));
                };
                self.resource(&format!("data.{first}.{second}"), &rest[1..], span, scope)
            }
            _ => self.resource(&format!("{name}.{first}"), rest, span, scope),
        }
    }

    fn resource(&self, address: &str, rest: &[Step], span: Span, scope: Scope) -> Result<Val, Fault> {
        let Some(expansion) = self.expansion(address, scope.module) else {
            if scope.module.module.incomplete {
                return self.walk(Val::unknown(&scope.module.owner, address), rest, span, scope);
            }
            return Err(Fault::undeclared(span, format!("{address} is not declared in this module")));
        };
        self.expanded(&expansion, address, rest, span, scope)
    }

    /// The instances as a value, then the steps.
    fn expanded(
        &self,
        expansion: &Expansion,
        address: &str,
        rest: &[Step],
        span: Span,
        scope: Scope,
    ) -> Result<Val, Fault> {
        if let (Shape::Single, [(_, instance)]) = (expansion.shape, expansion.instances.as_slice()) {
            return self.walk(Kind::Instance(instance.clone()).into(), rest, span, scope);
        }
        if !expansion.certain {
            return self.uncertain(expansion, address, rest, span, scope);
        }
        self.spend(expansion.instances.len() as u64, span)?;
        let value = |(_, instance): &(_, Rc<Instance>)| Val::from(Kind::Instance(instance.clone()));
        let all = match expansion.shape {
            Shape::Each => {
                let named = expansion.instances.iter().filter_map(|one| Some((one.0.clone()?, value(one))));
                Val::object(named.collect())
            }
            _ => Val::list(expansion.instances.iter().map(value).collect()),
        };
        self.walk(all, rest, span, scope)
    }

    /// How many instances there are is not known, but one that is asked for by its key is.
    fn uncertain(
        &self,
        expansion: &Expansion,
        address: &str,
        rest: &[Step],
        span: Span,
        scope: Scope,
    ) -> Result<Val, Fault> {
        let key = match rest.first() {
            Some(Step::Index(index)) => {
                self.eval(index, scope)?.to_text().and_then(|t| t.as_known().map(str::to_owned))
            }
            Some(Step::LegacyIndex(index)) => Some(index.to_string()),
            _ => None,
        };
        if let Some(instance) = key.and_then(|key| expansion.get(&key)) {
            return self.walk(Kind::Instance(instance.clone()).into(), &rest[1..], span, scope);
        }
        self.walk(Val::unknown(&scope.module.owner, address), rest, span, scope)
    }

    fn binding_value(&self, name: &str, what: &str, span: Span, scope: Scope) -> Result<Val, Fault> {
        let binding = scope.binding;
        let value = match (name, what) {
            ("count", "index") => binding.and_then(|b| b.count.clone()),
            ("each", "key") => binding.and_then(|b| b.each.as_ref()).map(|(key, _)| key.clone()),
            ("each", "value") => binding.and_then(|b| b.each.as_ref()).map(|(_, value)| value.clone()),
            _ => None,
        };
        value.map(Val::taken).ok_or_else(|| Fault::undeclared(span, format!("`{name}.{what}` has no meaning here")))
    }

    fn path_value(&self, what: &str, scope: Scope) -> Val {
        let root = self.modules.borrow().first().map(|m| m.module.path.clone()).unwrap_or_default();
        match what {
            // Paths are relative to the root module, where Terraform runs.
            "module" => Val::string(relative(&root, &scope.module.module.path)),
            "root" => Val::string("."),
            _ => Val::unknown(&scope.module.owner, format!("path.{what}")),
        }
    }

    /// Computes a value once; a computation that needs itself is a circle.
    fn once(
        &self,
        module: &ModuleInstance,
        key: String,
        span: Span,
        compute: impl FnOnce() -> Result<Val, Fault>,
    ) -> Result<Val, Fault> {
        match module.memo.borrow().get(&key) {
            Some(Memo::Done(result)) => return result.clone(),
            Some(Memo::Running) => return Err(circle(span, &key)),
            None => {}
        }
        module.memo.borrow_mut().insert(key.clone(), Memo::Running);
        let result = compute();
        module.memo.borrow_mut().insert(key, Memo::Done(result.clone()));
        result
    }

    fn local(&self, name: &str, span: Span, module: &Rc<ModuleInstance>) -> Result<Val, Fault> {
        let key = format!("local.{name}");
        let Some(attribute) = module.module.locals.get(name) else {
            return self.missing(&key, span, module);
        };
        self.once(module, key, span, || {
            let value = self.eval(&attribute.value, Scope::of(module))?;
            Ok(value.or_at(attribute.span))
        })
    }

    /// A name that is not declared: unknown if it may be declared in a file that could not be read.
    fn missing(&self, name: &str, span: Span, module: &Rc<ModuleInstance>) -> Result<Val, Fault> {
        if module.module.incomplete {
            return Ok(Val::unknown(&module.owner, name));
        }
        Err(Fault::undeclared(span, format!("{name} is not declared in this module")))
    }

    /// The value of a variable within a module.
    pub fn variable(&self, name: &str, span: Span, module: &Rc<ModuleInstance>) -> Result<Val, Fault> {
        let key = format!("var.{name}");
        let Some(variable) = module.module.variables.get(name) else {
            return self.missing(&key, span, module);
        };
        self.once(module, key.clone(), span, || self.compute_variable(name, &key, variable, module))
    }

    fn compute_variable(
        &self,
        name: &str,
        key: &str,
        variable: &Variable,
        module: &Rc<ModuleInstance>,
    ) -> Result<Val, Fault> {
        let kind = variable.block.body.attribute("type").map(|a| Type::parse(&a.value)).unwrap_or(Type::Any);
        let mut given = self.given_value(name, module)?;
        if !variable.nullable {
            given = given.filter(|value| !value.is_null());
        }
        let value = match (given, variable.default()) {
            (Some(value), _) => value,
            (None, Some(default)) => self.eval(&default.value, Scope::of(module))?.or_at(default.span),
            (None, None) => return Ok(Val::unknown(&module.owner, key)),
        };
        if variable.sensitive && !matches!(value.kind, Kind::Null | Kind::Bool(_)) {
            return Ok(Val::unknown(&module.owner, key));
        }
        kind.convert(value).map_err(|message| {
            Fault::wrong(variable.block.header, format!("the value of {key} does not fit its type: {message}"))
        })
    }

    fn given_value(&self, name: &str, module: &Rc<ModuleInstance>) -> Result<Option<Val>, Fault> {
        let Some(call) = &module.call else {
            let Some(attribute) = self.given.get(name) else { return Ok(None) };
            return Ok(Some(self.eval(&attribute.value, Scope::of(module))?.or_at(attribute.span)));
        };
        let Some(attribute) = call.block.body.attribute(name) else { return Ok(None) };
        let scope = Scope { binding: Some(&call.binding), ..Scope::of(&call.parent) };
        Ok(Some(self.eval(&attribute.value, scope)?.or_at(attribute.span)))
    }

    fn output(&self, name: &str, span: Span, module: &Rc<ModuleInstance>) -> Result<Val, Fault> {
        let Some(block) = module.module.outputs.get(name) else {
            return self.missing(&format!("output.{name}"), span, module);
        };
        let Some(attribute) = block.body.attribute("value") else { return Ok(Val::null()) };
        self.once(module, format!("output.{name}"), span, || {
            Ok(self.eval(&attribute.value, Scope::of(module))?.or_at(attribute.span))
        })
    }

    /// An attribute of a resource, a data source or a module.
    pub fn instance_attribute(&self, instance: &Rc<Instance>, name: &str, span: Span) -> Result<Val, Fault> {
        match &instance.target {
            Target::Module(module) => self.output(name, span, module).map(Val::taken),
            Target::External(module) => {
                let output = self.module_output(module, name).map(Val::taken);
                Ok(output.unwrap_or_else(|| unknown_member(instance.unknown(), &format!(".{name}"))))
            }
            Target::Resource(resource) => {
                let key = format!("{}\u{1f}{}.{name}", resource.module.owner, resource.address);
                if !self.active.borrow_mut().insert(key.clone()) {
                    return Err(circle(span, &format!("{}.{name}", resource.address)));
                }
                let result = self.resource_attribute(instance, resource, name);
                self.active.borrow_mut().remove(&key);
                result.map(Val::taken)
            }
        }
    }

    fn resource_attribute(&self, instance: &Instance, resource: &ResourceInstance, name: &str) -> Result<Val, Fault> {
        let unknown = || Kind::Unknown(Rc::new(instance.unknown().member(&format!(".{name}")))).into();
        if name == "id"
            && let Some(id) = azurerm::id_of(self, resource)
        {
            return Ok(Val::text(id));
        }
        if let Some(value) = azurerm::computed(self, resource, name) {
            return Ok(value);
        }
        let scope = Scope { binding: Some(&resource.binding), ..Scope::of(&resource.module) };
        if let Some(attribute) = resource.block.body.attribute(name) {
            let value = self.eval(&attribute.value, scope)?.placed(attribute.span);
            // What is left to the provider is not null afterwards.
            return Ok(if value.is_null() { unknown() } else { value });
        }
        let open = instance.unknown().member(&format!(".{name}"));
        match self.blocks(&resource.block.body, name, scope, &open)? {
            Some(blocks) => Ok(blocks),
            None => Ok(unknown()),
        }
    }

    /// An argument of a resource, as far as it is given; faults are unknown values.
    pub fn argument(&self, resource: &ResourceInstance, name: &str) -> Val {
        let scope = Scope { binding: Some(&resource.binding), ..Scope::of(&resource.module) };
        let Some(attribute) = resource.block.body.attribute(name) else { return Val::null() };
        let key = format!("{}\u{1f}{}.{name}", resource.module.owner, resource.address);
        let first = self.active.borrow_mut().insert(key.clone());
        if !first {
            return self.unknown_here(attribute.value.span, scope);
        }
        let value = self.eval(&attribute.value, scope);
        self.active.borrow_mut().remove(&key);
        match value {
            Ok(value) => value.placed(attribute.span),
            Err(fault) => {
                self.report(&fault);
                self.unknown_here(attribute.value.span, scope)
            }
        }
    }

    /// Records a fault as a gap.
    pub fn report(&self, fault: &Fault) {
        self.project.tell(fault.code, fault.span, fault.message.clone());
    }

    /// The instances of a resource or data source; `None` if it is not declared.
    pub fn expansion(&self, address: &str, module: &Rc<ModuleInstance>) -> Option<Rc<Expansion>> {
        if let Some(known) = module.expansions.borrow().get(address) {
            return Some(known.clone());
        }
        let block = module.module.resources.get(address)?.clone();
        let prefix = if module.address.is_empty() { String::new() } else { format!("{}.", module.address) };
        let expansion = self.multiply(&block.body, address, block.header, module, |binding, key| {
            let address = format!("{prefix}{address}{key}").into();
            Some(Rc::new(Instance::resource(ResourceInstance {
                block: block.clone(),
                module: module.clone(),
                binding,
                address,
            })))
        });
        let expansion = Rc::new(expansion);
        module.expansions.borrow_mut().insert(address.into(), expansion.clone());
        Some(expansion)
    }

    /// The instances of a module call.
    pub fn module_expansion(
        &self,
        name: &str,
        span: Span,
        module: &Rc<ModuleInstance>,
    ) -> Result<Rc<Expansion>, Fault> {
        let address: Rc<str> = format!("module.{name}").into();
        if let Some(known) = module.expansions.borrow().get(&address) {
            return Ok(known.clone());
        }
        let Some(block) = module.module.calls.get(name).cloned() else {
            let missing = self.missing(&address, span, module)?;
            drop(missing);
            return Ok(Rc::new(Expansion { shape: Shape::Single, instances: Vec::new(), certain: false }));
        };
        let target = self.called_module(&block, name, module);
        let parent_prefix = if module.address.is_empty() { String::new() } else { format!("{}.", module.address) };
        let expansion = match target {
            None => self.external_expansion(&block, &address, module),
            Some(target) => self.multiply(&block.body, &address, block.header, module, |binding, key| {
                let address = format!("{parent_prefix}module.{name}{key}");
                let mut calls = module.calls.clone();
                calls.push(block.header);
                let root_owner = module.owner.split('|').take(2).collect::<Vec<_>>().join("|");
                let called = Rc::new(ModuleInstance {
                    module: target.clone(),
                    owner: format!("{root_owner}|{address}").into(),
                    address,
                    call: Some(CallSite { parent: module.clone(), block: block.clone(), binding }),
                    calls,
                    memo: Default::default(),
                    expansions: Default::default(),
                });
                self.modules.borrow_mut().push(called.clone());
                Some(Rc::new(Instance::module(called)))
            }),
        };
        let expansion = Rc::new(expansion);
        module.expansions.borrow_mut().insert(address, expansion.clone());
        Ok(expansion)
    }

    /// The instances of a module that is not on disk, if it is known what it creates.
    fn external_expansion(&self, block: &Rc<Block>, address: &str, module: &Rc<ModuleInstance>) -> Expansion {
        let source = match block.body.attribute("source").map(|a| &a.value.kind) {
            Some(ExprKind::Text(source)) => super::avm::arm_type(source),
            _ => None,
        };
        let Some(arm) = source else {
            return Expansion { shape: Shape::Single, instances: Vec::new(), certain: false };
        };
        let prefix = if module.address.is_empty() { String::new() } else { format!("{}.", module.address) };
        self.multiply(&block.body, address, block.header, module, |binding, key| {
            Some(Rc::new(Instance::external(ExternalModule {
                arm,
                block: block.clone(),
                parent: module.clone(),
                binding,
                address: format!("{prefix}{address}{key}").into(),
            })))
        })
    }

    /// One instance for each element of `count` or `for_each`.
    fn multiply(
        &self,
        body: &Body,
        address: &str,
        header: Span,
        module: &Rc<ModuleInstance>,
        make: impl Fn(Binding, String) -> Option<Rc<Instance>>,
    ) -> Expansion {
        let key = format!("expand {address}");
        if matches!(module.memo.borrow().get(&key), Some(Memo::Running)) {
            self.report(&circle(header, address));
            return Expansion { shape: Shape::Single, instances: Vec::new(), certain: false };
        }
        module.memo.borrow_mut().insert(key.clone(), Memo::Running);
        let (shape, bindings, certain) = self.bindings(body, header, module);
        module.memo.borrow_mut().remove(&key);
        let mut instances = Vec::new();
        for (name, binding) in bindings {
            let suffix = match (&name, shape) {
                (_, Shape::Single) => String::new(),
                (Some(name), Shape::Count) => format!("[{name}]"),
                (Some(name), _) => format!("[{name:?}]"),
                (None, _) => "[*]".to_owned(),
            };
            instances.extend(make(binding, suffix).map(|instance| (name, instance)));
        }
        Expansion { shape, instances, certain }
    }

    fn bindings(&self, body: &Body, header: Span, module: &Rc<ModuleInstance>) -> (Shape, Vec<Keyed>, bool) {
        if let Some(count) = body.attribute("count") {
            let (bindings, certain) = self.count_bindings(&count.value, header, module);
            return (Shape::Count, self.limited(bindings, header), certain);
        }
        if let Some(each) = body.attribute("for_each") {
            let (bindings, certain) = self.each_bindings(&each.value, header, module);
            return (Shape::Each, self.limited(bindings, header), certain);
        }
        (Shape::Single, vec![(None, Binding::default())], true)
    }

    fn limited<T>(&self, mut all: Vec<T>, header: Span) -> Vec<T> {
        if all.len() > MAX_INSTANCES {
            let message = format!("{} instances; only the first {MAX_INSTANCES} are read", all.len());
            self.project.tell(GapCode::LimitExceeded, Some(header), message);
            all.truncate(MAX_INSTANCES);
        }
        all
    }

    fn count_bindings(&self, expr: &Expr, header: Span, module: &Rc<ModuleInstance>) -> (Vec<Keyed>, bool) {
        let one = |index: i64, condition: Option<Rc<str>>| {
            let binding = Binding { count: Some(Val::int(index)), each: None, condition };
            (Some(Rc::from(index.to_string())), binding)
        };
        match self.branches(expr, module) {
            Branches::Known(value) => {
                let count = value.as_number().and_then(super::number::Num::to_int).unwrap_or(0);
                ((0..count.clamp(0, MAX_INSTANCES as i64 + 1)).map(|index| one(index, None)).collect(), true)
            }
            Branches::Either(condition, values) => {
                let counts = values.iter().filter_map(|value| value.as_number().and_then(super::number::Num::to_int));
                let most = counts.max().unwrap_or(0).clamp(0, MAX_INSTANCES as i64 + 1);
                ((0..most).map(|index| one(index, Some(condition.clone()))).collect(), false)
            }
            Branches::Unknown(condition) => {
                let index = Val::unknown(&instances_owner(header, module), "count.index");
                let binding = Binding { count: Some(index), each: None, condition: Some(condition) };
                (vec![(None, binding)], false)
            }
        }
    }

    fn each_bindings(&self, expr: &Expr, header: Span, module: &Rc<ModuleInstance>) -> (Vec<Keyed>, bool) {
        let (condition, values) = match self.branches(expr, module) {
            Branches::Known(value) => (None, vec![value]),
            Branches::Either(condition, values) => (Some(condition), values),
            Branches::Unknown(condition) => return (vec![unknown_each(condition, header, module)], false),
        };
        let mut result: BTreeMap<Rc<str>, Binding> = BTreeMap::new();
        let mut certain = condition.is_none();
        let mut unnamed = None;
        for value in &values {
            // A list is an error in Terraform unless it comes through toset, which loses its order.
            let is_list = matches!(value.kind, Kind::List(_));
            for (key, element) in entries(value).unwrap_or_default() {
                let key = if is_list { element.clone() } else { key };
                match key.to_text().and_then(|text| text.as_known().map(Rc::<str>::from)) {
                    Some(name) => {
                        let each = Some((Val::string(&*name), element));
                        result.insert(name, Binding { count: None, each, condition: condition.clone() });
                    }
                    None => {
                        certain = false;
                        unnamed = Some(self.project.source(expr.span).into());
                    }
                }
            }
        }
        let mut bindings: Vec<_> = result.into_iter().map(|(name, binding)| (Some(name), binding)).collect();
        bindings.extend(unnamed.map(|condition| unknown_each(condition, header, module)));
        (bindings, certain)
    }

    /// The value of `count` or `for_each`; of a conditional that cannot be decided both values.
    fn branches(&self, expr: &Expr, module: &Rc<ModuleInstance>) -> Branches {
        let scope = Scope::of(module);
        let text = || Rc::from(self.project.source(expr.span));
        match self.eval(expr, scope) {
            Ok(value) if matches!(value.kind, Kind::Unknown(_) | Kind::Instance(_)) => {}
            Ok(value) if value.to_text().is_some_and(|text| !text.is_known()) => {}
            Ok(value) => return Branches::Known(value),
            Err(fault) => {
                self.report(&fault);
                return Branches::Unknown(text());
            }
        }
        let ExprKind::Conditional(parts) = &expr.kind else { return Branches::Unknown(text()) };
        let known = |part: &Expr| match self.eval(part, scope) {
            Ok(value) if !value.is_unknown() => Some(value),
            _ => None,
        };
        match (known(&parts[1]), known(&parts[2])) {
            (Some(then), Some(other)) => Branches::Either(text(), vec![then, other]),
            _ => Branches::Unknown(text()),
        }
    }

    fn called_module(
        &self,
        block: &Block,
        name: &str,
        caller: &Rc<ModuleInstance>,
    ) -> Option<Rc<super::module::Module>> {
        let source = block.body.attribute("source");
        let Some(ExprKind::Text(source)) = source.map(|a| &a.value.kind) else {
            let message = format!("module {name}: the source is not a plain string");
            self.project.tell(GapCode::Unsupported, Some(block.header), message);
            return None;
        };
        if caller.calls.len() >= MAX_MODULE_DEPTH {
            let message = format!("modules call modules more than {MAX_MODULE_DEPTH} levels deep");
            self.project.tell(GapCode::LimitExceeded, Some(block.header), message);
            return None;
        }
        let root = self.modules.borrow().first().map(|m| m.module.path.clone()).unwrap_or_default();
        let place = super::locate::module_folder(self.project, &root, caller, name, source);
        let module = place.as_ref().ok().and_then(|folder| self.project.module(folder));
        match (place, module) {
            (Ok(folder), Some(_)) if calls_itself(caller, &folder) => {
                let message = format!("module {name} calls itself through {folder}");
                self.project.tell(GapCode::Cycle, Some(block.header), message);
                None
            }
            (Ok(_), Some(module)) => Some(module),
            (Ok(folder), None) => {
                let message = format!("module {name}: there is no Terraform file in {folder:?}");
                self.project.tell(GapCode::ExternalReference, Some(block.header), message);
                None
            }
            (Err(message), _) => {
                self.project.tell(GapCode::ExternalReference, Some(block.header), message);
                None
            }
        }
    }

    /// The subscription that a provider works in: its id, or a hole that is one for the provider.
    pub fn subscription(&self, module: &Rc<ModuleInstance>, provider: &str) -> Text {
        let (kind, alias) = provider.split_once('.').unwrap_or((provider, ""));
        let own = module.module.providers.iter().find(|block| {
            let name = block.body.attribute("alias").map(|a| &a.value.kind);
            let named = matches!(name, Some(ExprKind::Text(text)) if &**text == alias);
            block.label(0) == kind && (named || (alias.is_empty() && name.is_none()))
        });
        if let Some(attribute) = own.and_then(|block| block.body.attribute("subscription_id"))
            && let Ok(value) = self.eval(&attribute.value, Scope::of(module))
            && let Some(text) = value.to_text()
        {
            return text;
        }
        match (&module.call, own) {
            (Some(call), None) => {
                let outer = super::locate::passed_provider(&call.block, provider);
                self.subscription(&call.parent, outer.as_deref().unwrap_or(provider))
            }
            _ => Val::unknown(&module.owner, format!("{provider}.subscription_id")).to_text().unwrap_or_default(),
        }
    }
}

/// What `count` or `for_each` is.
enum Branches {
    Known(Val),
    Either(Rc<str>, Vec<Val>),
    Unknown(Rc<str>),
}

/// The owner of keys that are not known: those of one resource are not those of another, even where
/// both come from the same expression.
fn instances_owner(header: Span, module: &ModuleInstance) -> Rc<str> {
    format!("{}#{}:{}", module.owner, header.file.0, header.start).into()
}

fn unknown_each(condition: Rc<str>, header: Span, module: &ModuleInstance) -> Keyed {
    let owner = instances_owner(header, module);
    let each = Some((Val::unknown(&owner, "each.key"), Val::unknown(&owner, "each.value")));
    (None, Binding { count: None, each, condition: Some(condition) })
}

fn circle(span: Span, name: &str) -> Fault {
    Fault { code: GapCode::Cycle, span: Some(span), message: format!("{name} depends on itself") }
}

fn calls_itself(caller: &Rc<ModuleInstance>, folder: &str) -> bool {
    let mut at = Some(caller);
    while let Some(module) = at {
        if module.module.path == folder {
            return true;
        }
        at = module.call.as_ref().map(|call| &call.parent);
    }
    false
}

/// The path from one folder of the tree to another.
fn relative(from: &str, to: &str) -> String {
    if from == to {
        return ".".to_owned();
    }
    let (from, to): (Vec<&str>, Vec<&str>) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = vec![".."; from.len() - common];
    up.into_iter().chain(to[common..].iter().copied()).collect::<Vec<_>>().join("/")
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// A member of what is not known.
pub(super) fn unknown_member(unknown: &Unknown, suffix: &str) -> Val {
    Kind::Unknown(Rc::new(unknown.member(suffix))).into()
}
