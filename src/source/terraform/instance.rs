//! Resources and modules as they are created: one for each element of `count` and `for_each`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::model::Span;

use super::avm::ExternalModule;
use super::fault::Fault;
use super::module::{Module, ResourceBlock};
use super::syntax::Block;
use super::value::{Unknown, Val};

/// Something that a reference leads to and whose attributes are evaluated when asked for.
#[derive(Debug)]
pub(super) struct Instance {
    /// What it is as a whole: not known, but named.
    unknown: Rc<Unknown>,
    pub target: Target,
}

/// What an [`Instance`] is.
#[derive(Debug)]
pub(super) enum Target {
    Resource(Box<ResourceInstance>),
    Module(Rc<ModuleInstance>),
    /// A module that is not on disk.
    External(Box<ExternalModule>),
}

/// One resource or data source.
#[derive(Debug)]
pub(super) struct ResourceInstance {
    pub block: Rc<ResourceBlock>,
    pub module: Rc<ModuleInstance>,
    pub binding: Binding,
    /// `module.ml["eu"].azurerm_key_vault.main[0]`.
    pub address: Rc<str>,
}

/// One call of a module, or the root module.
#[derive(Debug)]
pub(super) struct ModuleInstance {
    pub module: Rc<Module>,
    /// `module.ml["eu"]`; empty for the root.
    pub address: String,
    /// Owner of what is unknown in it: root module, variable file and address.
    pub owner: Rc<str>,
    pub call: Option<CallSite>,
    /// The module calls that lead here, outermost first.
    pub calls: Vec<Span>,
    /// Values that were computed, by `var.x`, `local.x`, `output.x`.
    pub memo: RefCell<HashMap<String, Memo>>,
    /// Resources and modules, by address within this module.
    pub expansions: RefCell<HashMap<Rc<str>, Rc<Expansion>>>,
}

/// Where a module is called.
#[derive(Debug)]
pub(super) struct CallSite {
    pub parent: Rc<ModuleInstance>,
    pub block: Rc<Block>,
    pub binding: Binding,
}

/// The state of a computation.
#[derive(Clone, Debug)]
pub(super) enum Memo {
    Running,
    Done(Result<Val, Fault>),
}

/// What `count` and `each` mean in an instance.
#[derive(Clone, Debug, Default)]
pub(super) struct Binding {
    pub count: Option<Val>,
    pub each: Option<(Val, Val)>,
    /// The expression that decides whether the instance exists, if that is not known.
    pub condition: Option<Rc<str>>,
}

/// How a resource or module is multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Single,
    Count,
    Each,
}

/// A binding by its key: the index, or the key of `for_each`; `None` where the key is not known.
pub(super) type Keyed = (Option<Rc<str>>, Binding);

/// The instances of a resource or module.
#[derive(Debug)]
pub(super) struct Expansion {
    pub shape: Shape,
    /// By key: the index, or the key of `for_each`; `None` where the key is not known.
    pub instances: Vec<(Option<Rc<str>>, Rc<Instance>)>,
    /// Whether these are exactly the instances that exist.
    pub certain: bool,
}

impl Instance {
    /// A resource.
    pub fn resource(resource: ResourceInstance) -> Self {
        let owner = resource.module.owner.clone();
        let unknown = Unknown { owner, text: resource.local_address() };
        Self { unknown: Rc::new(unknown), target: Target::Resource(Box::new(resource)) }
    }

    /// A module.
    pub fn module(module: Rc<ModuleInstance>) -> Self {
        let owner = module.call.as_ref().map_or_else(|| module.owner.clone(), |call| call.parent.owner.clone());
        let text = module.address.rsplit_once("module.").map_or("module", |(_, name)| name);
        let unknown = Unknown { owner, text: format!("module.{text}") };
        Self { unknown: Rc::new(unknown), target: Target::Module(module) }
    }

    /// A module that is not on disk.
    pub fn external(module: ExternalModule) -> Self {
        let owner = module.parent.owner.clone();
        let text = module.address.rsplit_once("module.").map_or("module", |(_, name)| name);
        let unknown = Unknown { owner, text: format!("module.{text}") };
        Self { unknown: Rc::new(unknown), target: Target::External(Box::new(module)) }
    }

    /// What it is as a whole.
    pub fn unknown(&self) -> &Unknown {
        &self.unknown
    }
}

impl ResourceInstance {
    /// The address within its module.
    fn local_address(&self) -> String {
        let module = &self.module.address;
        let rest = self.address.strip_prefix(module.as_str()).unwrap_or(&self.address);
        rest.strip_prefix('.').unwrap_or(rest).to_owned()
    }
}

impl Binding {
    /// A text that tells the bindings of one block apart.
    pub fn identity(&self) -> String {
        match (&self.count, &self.each) {
            (Some(index), _) => index.identity(),
            (_, Some((key, _))) => key.identity(),
            _ => String::new(),
        }
    }
}

impl Expansion {
    /// The instance with this key.
    pub fn get(&self, key: &str) -> Option<&Rc<Instance>> {
        self.instances.iter().find(|(name, _)| name.as_deref() == Some(key)).map(|(_, instance)| instance)
    }
}
