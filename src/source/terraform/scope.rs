//! What names mean at a place.

use std::rc::Rc;

use super::instance::{Binding, ModuleInstance};
use super::value::Val;

/// The module, the instance and the variables of enclosing `for` expressions and `dynamic` blocks.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub module: &'s Rc<ModuleInstance>,
    pub binding: Option<&'s Binding>,
    pub names: Option<&'s Names<'s>>,
}

/// Names in front of those of the module.
pub(super) struct Names<'s> {
    pub entries: &'s [(Rc<str>, Val)],
    pub outer: Option<&'s Names<'s>>,
}

impl<'s> Scope<'s> {
    /// The scope of a module without an instance.
    pub fn of(module: &'s Rc<ModuleInstance>) -> Self {
        Self { module, binding: None, names: None }
    }

    /// A name of an enclosing `for` or `dynamic`.
    pub fn name(&self, name: &str) -> Option<&'s Val> {
        let mut names = self.names;
        while let Some(here) = names {
            if let Some((_, value)) = here.entries.iter().rev().find(|(key, _)| &**key == name) {
                return Some(value);
            }
            names = here.outer;
        }
        None
    }

    /// Who owns what is unknown here: the module, and what tells this place from its siblings.
    pub fn owner(&self) -> Rc<str> {
        let mut identity = self.binding.map(Binding::identity).unwrap_or_default();
        let mut names = self.names;
        while let Some(here) = names {
            for (name, value) in here.entries {
                identity.push_str(name);
                identity.push('=');
                identity.push_str(&value.identity());
            }
            names = here.outer;
        }
        if identity.is_empty() {
            return self.module.owner.clone();
        }
        format!("{}#{}", self.module.owner, super::value::digest(&identity)).into()
    }
}
