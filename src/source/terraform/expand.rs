//! `count` and `for_each`: how many of a resource or module there are.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::{GapCode, Span};

use super::avm::ExternalModule;
use super::eval::{Engine, entries};
use super::fault::Fault;
use super::instance::{Binding, CallSite, Expansion, Instance, Keyed, Memo, ModuleInstance, ResourceInstance, Shape};
use super::reference::circle;
use super::scope::Scope;
use super::syntax::{Block, Body, Expr, ExprKind};
use super::value::{Kind, Val};

/// The most instances of one resource or module.
const MAX_INSTANCES: usize = 10_000;

/// How deep modules may call modules.
const MAX_MODULE_DEPTH: usize = 32;

impl Engine<'_, '_> {
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
        (Shape::Single, self.limited(vec![(None, Binding::default())], header), true)
    }

    fn limited<T>(&self, mut all: Vec<T>, header: Span) -> Vec<T> {
        if all.len() > MAX_INSTANCES {
            let message = format!("{} instances; only the first {MAX_INSTANCES} are read", all.len());
            self.project.tell(GapCode::LimitExceeded, Some(header), message);
            all.truncate(MAX_INSTANCES);
        }
        let allowed = self.allowed_instances(all.len());
        if allowed < all.len() {
            let message = "the root module has too many resources and modules; the rest is not read";
            self.project.tell(GapCode::LimitExceeded, Some(header), message);
            all.truncate(allowed);
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
