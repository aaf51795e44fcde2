//! What a reference leads to: variables, locals, modules, resources, data sources.

use std::rc::Rc;

use crate::model::{GapCode, Span, Text};

use super::azurerm;
use super::eval::Engine;
use super::fault::Fault;
use super::instance::{Expansion, Instance, Memo, ModuleInstance, ResourceInstance, Shape, Target};
use super::module::Variable;
use super::scope::Scope;
use super::syntax::{Expr, ExprKind, Step};
use super::types::Type;
use super::value::{Kind, Unknown, Val};

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
    pub fn missing(&self, name: &str, span: Span, module: &Rc<ModuleInstance>) -> Result<Val, Fault> {
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

/// A fault for something that needs itself.
pub(super) fn circle(span: Span, name: &str) -> Fault {
    Fault { code: GapCode::Cycle, span: Some(span), message: format!("{name} depends on itself") }
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
