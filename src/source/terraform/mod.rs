//! Reads Terraform configurations and plans.
//!
//! A root module is a folder that no other module of the tree calls. It is evaluated lazily, from
//! the resources that become ARM resources to the variables and locals that they need; what cannot be
//! known stays unknown with its source text. `azurerm_*` resources become ARM resources by the tables
//! below `azurerm/`, `azapi_*` resources nearly as they are.

mod address;
mod avm;
mod azapi;
mod azurerm;
mod body;
mod emit;
mod eval;
mod expand;
mod fault;
mod files;
mod functions;
mod hcl;
mod instance;
mod json;
mod locate;
mod module;
mod number;
mod origin;
mod plan;
mod plan_reader;
mod reference;
mod roots;
mod scope;
mod syntax;
mod types;
mod value;
mod version;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::{Deployment, FileId, Gap, GapCode, Inventory, Span};

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
        on_deep_stack(|| claims(tree)).unwrap_or_default()
    }

    fn read(&self, tree: &FileTree, entry: &EntryPoint) -> Inventory {
        on_deep_stack(|| if entry.path.ends_with(".json") { read_plan(tree, entry) } else { read_root(tree, entry) })
            .unwrap_or_else(|| {
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

/// Root modules and plans. A plan of a root module replaces it, unless variable files make further
/// deployments of it.
fn claims(tree: &FileTree) -> Vec<EntryPoint> {
    let mut entries = roots::entry_points(tree);
    let is_plan = |path: &&str| {
        path.ends_with(".json")
            && !path.ends_with(".tf.json")
            && !path.ends_with(".tfvars.json")
            && tree.read(path).is_ok_and(|text| plan::is_plan(text.trim_start_matches('\u{feff}')))
    };
    for path in tree.files().filter(is_plan) {
        let root = tree.read(path).ok().and_then(|text| {
            let plan = plan::parse(text.trim_start_matches('\u{feff}')).ok()?;
            root_of_plan(tree, path, &plan)
        });
        entries.retain(|entry| Some(&entry.path) != root.as_ref() || !entry.parameters.is_empty());
        entries.push(EntryPoint { path: path.to_owned(), parameters: Vec::new() });
    }
    entries
}

/// The root module that a plan was made of: the one in the plan's folder or in the nearest folder
/// above it, otherwise the only one of the tree; and only if it declares every resource of the plan's
/// configuration, and the plan covers all of it.
fn root_of_plan(tree: &FileTree, path: &str, plan: &plan::Plan) -> Option<String> {
    let root = plan.configuration.as_ref()?.root_module.as_ref()?;
    let entries = roots::entry_points(tree);
    let mut folder = roots::folder(path);
    let candidate = loop {
        let name = if folder.is_empty() { "." } else { folder };
        if let Some(entry) = entries.iter().find(|entry| entry.path == name) {
            break entry;
        }
        if folder.is_empty() {
            match entries.as_slice() {
                [only] => break only,
                _ => return None,
            }
        }
        folder = roots::folder(folder);
    };
    let project = Project::new(tree);
    let module = project.module(if candidate.path == "." { "" } else { &candidate.path })?;
    if plan.complete == Some(false) || plan.errored == Some(true) {
        return None;
    }
    let declared = root.resources.iter().all(|resource| module.resources.contains_key(&*resource.address));
    (declared && !root.resources.is_empty()).then(|| candidate.path.clone())
}

fn read_plan(tree: &FileTree, entry: &EntryPoint) -> Inventory {
    let project = Project::new(tree);
    let mut inventory = Inventory::default();
    match project.file(&entry.path) {
        Ok((file, text)) => plan_deployment(&project, entry, file, &text, &mut inventory),
        Err(gap) => project.tell_gap(*gap),
    }
    let (files, gaps) = project.finish();
    inventory.files = files;
    inventory.collection.gaps.extend(gaps);
    inventory
}

fn plan_deployment(project: &Project, entry: &EntryPoint, file: FileId, text: &str, inventory: &mut Inventory) {
    let at = |offset: usize| {
        let start = u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file, start, end: start }
    };
    let parsed = match plan::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let line: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
            let message = format!("the plan cannot be read: {error}");
            project.tell(GapCode::SyntaxError, Some(at(line + error.column().saturating_sub(1))), message);
            return;
        }
    };
    if parsed.complete == Some(false) || parsed.errored == Some(true) {
        let message = "the plan covers only a part of its configuration: it was targeted, or ended in an error";
        project.tell(GapCode::InvalidDocument, Some(at(0)), message);
    }
    let mut tell = |offset: usize, message: String| project.tell(GapCode::InvalidDocument, Some(at(offset)), message);
    let resources = parsed.resources(text, &mut tell);
    let engine = Engine::new(project, plan_variables(&parsed, at(0)));
    let root = root_of_plan(project.tree, &entry.path, &parsed);
    let sources = root.as_ref().and_then(|root| plan_sources(project, root, &entry.path, &engine));
    let deployment = inventory.add_deployment(Deployment {
        template: root.unwrap_or_else(|| entry.path.clone()),
        parameters: Some(entry.path.clone()),
        values: sources.as_ref().map(|(root, _)| emit::variable_values(&engine, root)).unwrap_or_default(),
    });
    let owner = format!("{}|", entry.path).into();
    let reader = plan_reader::Reader::new(&parsed, &resources, file, owner, sources.map(|(_, sources)| sources));
    let frame = Frame { deployment, major: parsed.azurerm_major() };
    // Large plans: only what a part may have to be joined to waits for the end.
    let wholes: Vec<&str> = resources.iter().filter_map(|planned| emit::whole_type(&planned.kind)).collect();
    let (mut waiting, mut ready) = (Vec::new(), Vec::new());
    for planned in &resources {
        reader.emit(planned, frame, &mut ready);
        for one in ready.drain(..) {
            if one.part.is_some() || wholes.iter().any(|whole| whole.is_empty() || one.arm.eq_ignore_ascii_case(whole))
            {
                waiting.push(one);
            } else {
                inventory.resources.push(one.into_resource());
            }
        }
    }
    emit::finish(waiting, inventory);
}

/// The values of the root variables that the plan was made with.
fn plan_variables(parsed: &plan::Plan, place: Span) -> Values {
    let mut values = Values::new();
    for (name, variable) in &parsed.variables {
        let Some(json) = variable.value.and_then(|raw| serde_json::from_str(raw.get()).ok()) else { continue };
        let attribute = Attribute { name: (&**name).into(), value: json::constant(&json, place), span: place };
        values.insert((&**name).into(), Rc::new(attribute));
    }
    values
}

fn plan_sources<'p>(
    project: &'p Project<'p>,
    root: &str,
    plan: &str,
    engine: &'p Engine<'p, 'p>,
) -> Option<(Rc<ModuleInstance>, plan_reader::Sources<'p>)> {
    let module = project.module(if root == "." { "" } else { root })?;
    let instance = root_instance(&module, Some(plan));
    engine.modules.borrow_mut().push(instance.clone());
    let mut instances = Default::default();
    emit::instances(engine, &instance, &mut instances);
    Some((instance, plan_reader::Sources { engine, instances }))
}

fn root_instance(module: &Rc<Module>, file: Option<&str>) -> Rc<ModuleInstance> {
    Rc::new(ModuleInstance {
        module: module.clone(),
        address: String::new(),
        owner: format!("{}|{}", module.path, file.unwrap_or("")).into(),
        call: None,
        calls: Vec::new(),
        memo: Default::default(),
        expansions: Default::default(),
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
    let root = root_instance(module, file);
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
