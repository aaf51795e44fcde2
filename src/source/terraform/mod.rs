//! Reads Terraform configurations and plans.
//!
//! A root module is a folder that no other module of the tree calls. It is evaluated lazily, from
//! the resources that become ARM resources to the variables and locals that they need; what cannot be
//! known stays unknown with its source text. `azurerm_*` resources become ARM resources by the tables
//! below `azurerm/`, `azapi_*` resources nearly as they are.

mod azapi;
mod azurerm;
mod body;
mod emit;
mod eval;
mod fault;
mod files;
mod functions;
mod hcl;
mod instance;
mod json;
mod locate;
mod module;
mod number;
mod reference;
mod roots;
mod scope;
mod syntax;
mod types;
mod value;
mod version;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::{Deployment, Gap, GapCode, Inventory};

use super::{EntryPoint, FileTree, Reader};
use emit::Frame;
use eval::Engine;
use instance::ModuleInstance;
use module::{Module, Project, join};
use syntax::Attribute;

/// The reader of Terraform.
pub struct Terraform;

/// Expressions and references nest as deep as the evaluator's limits allow; worker threads have
/// smaller stacks than that needs.
const STACK_BYTES: usize = 256 * 1024 * 1024;

impl Reader for Terraform {
    fn name(&self) -> &'static str {
        "Terraform"
    }

    fn claims(&self, tree: &FileTree) -> Vec<EntryPoint> {
        roots::entry_points(tree)
    }

    fn read(&self, tree: &FileTree, entry: &EntryPoint) -> Inventory {
        on_deep_stack(|| read_root(tree, entry)).unwrap_or_else(|| {
            let mut inventory = Inventory::default();
            let message = "the reader failed unexpectedly on this root module; please report it";
            inventory.collection.gaps.push(Gap::at_path(GapCode::ReaderFailed, &entry.path, message));
            inventory
        })
    }
}

fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        thread.ok().and_then(|thread| thread.join().ok())
    })
}

fn read_root(tree: &FileTree, entry: &EntryPoint) -> Inventory {
    let project = Project::new(tree);
    let mut inventory = Inventory::default();
    let path = if entry.path == "." { "" } else { entry.path.as_str() };
    if let Some(module) = project.module(path) {
        let always = always_given(&project, path);
        if entry.parameters.is_empty() {
            deploy(&project, &module, always, None, &mut inventory);
        } else {
            for file in &entry.parameters {
                let Some(given) = with_file(&project, &always, file) else { continue };
                deploy(&project, &module, given, Some(file), &mut inventory);
            }
        }
    }
    let (files, gaps) = project.finish();
    inventory.files = files;
    inventory.collection.gaps.extend(gaps);
    inventory
}

type Values = BTreeMap<Rc<str>, Rc<Attribute>>;

/// The variable files that Terraform loads by itself, in its order.
fn always_given(project: &Project, root: &str) -> Values {
    let mut names: Vec<String> =
        project.tree.folder(root).into_iter().filter(|name| roots::is_loaded_always(name)).collect();
    names.sort_by_key(|name| {
        let order = ["terraform.tfvars", "terraform.tfvars.json"].iter().position(|first| first == name);
        (order.unwrap_or(2), name.clone())
    });
    let mut values = Values::new();
    for name in names {
        add_values(project, &join(root, &name), &mut values);
    }
    values
}

fn add_values(project: &Project, path: &str, values: &mut Values) -> Option<()> {
    for attribute in project.body(path)?.attributes {
        values.insert(attribute.name.clone(), Rc::new(attribute));
    }
    Some(())
}

fn with_file(project: &Project, always: &Values, file: &str) -> Option<Values> {
    let mut values = always.clone();
    add_values(project, file, &mut values)?;
    Some(values)
}

fn deploy(project: &Project, module: &Rc<Module>, given: Values, file: Option<&str>, inventory: &mut Inventory) {
    let engine = Engine::new(project, given);
    let root = Rc::new(ModuleInstance {
        module: module.clone(),
        address: String::new(),
        owner: format!("{}|{}", module.path, file.unwrap_or("")).into(),
        call: None,
        calls: Vec::new(),
        memo: Default::default(),
        expansions: Default::default(),
    });
    engine.modules.borrow_mut().push(root.clone());
    let deployment = inventory.add_deployment(Deployment {
        template: if module.path.is_empty() { ".".to_owned() } else { module.path.clone() },
        parameters: file.map(str::to_owned),
        values: emit::variable_values(&engine, &root),
    });
    let major = version::azurerm_major(project, &module.path, module.azurerm_versions.iter());
    let pending = emit::collect(&engine, &root, Frame { deployment, major });
    emit::finish(pending, inventory);
}

#[cfg(test)]
mod tests;
