//! Bicep, read as the Bicep compiler and Azure would expand it.
//!
//! Files are parsed on demand ([`parse`]); each entry point is evaluated once per parameter file, with
//! the modules that it calls, by the evaluator that ARM templates use. What the compiler would put
//! into a nested deployment is a module evaluated in a scope of its own here.

mod claims;
mod environment;
mod files;
mod identity;
mod index;
mod lazy;
mod lexer;
mod library;
mod modules;
mod nested;
mod parameters;
mod parser;
mod registry;
mod resources;
mod syntax;
mod target;
mod template;
mod token;
mod types;

pub(super) use claims::called_templates;
pub use parser::parse;
pub use syntax::Document;
pub use token::SyntaxError;

use std::collections::BTreeMap;

use crate::model::{Deployment, Inventory};
use crate::source::arm_template::{ModuleFiles, Modules};
use crate::source::expr::{Scope, Session};
use crate::source::{EntryPoint, FileTree, Reader};

use library::Library;
use resources::Output;
use template::Template;

/// Reads Bicep.
pub struct Bicep;

impl Reader for Bicep {
    fn name(&self) -> &'static str {
        "Bicep"
    }

    fn claims(&self, tree: &FileTree) -> Vec<EntryPoint> {
        claims::claims(tree)
    }

    fn read(&self, tree: &FileTree, entry: &EntryPoint) -> Inventory {
        let session = Session::new();
        let mut inventory = Inventory::default();
        let template_files = ModuleFiles::default();
        let templates = Modules::new(tree, &template_files, &session);
        let library = Library::new(tree, &session, &templates);
        if files::is_parameters(&entry.path) {
            parameters::explain_missing_template(&library, &entry.path);
        } else if entry.parameters.is_empty() {
            deploy(&library, &entry.path, None, &mut inventory);
        } else {
            for parameters in &entry.parameters {
                deploy(&library, &entry.path, Some(parameters), &mut inventory);
            }
        }
        drop(library);
        drop(templates);
        let (files, gaps) = session.finish();
        inventory.files = files;
        inventory.collection.gaps = gaps;
        // Each goes with the syntax error that it comes from.
        inventory.collection.gaps.retain(|gap| gap.message != parser::BROKEN_VALUE);
        inventory
    }
}

/// Adds what a template with one parameter file deploys.
fn deploy(library: &Library<'_>, path: &str, parameters: Option<&str>, inventory: &mut Inventory) {
    library.session.reset();
    library.templates.reset();
    let Some(source) = library.source(path) else { return };
    if !source.deploys() {
        return;
    }
    let owner = match parameters {
        Some(parameters) => format!("{path}\u{1}{parameters}"),
        None => path.to_owned(),
    };
    let scope = Scope::unknown(source.target_scope, &owner);
    let supplied = parameters.map(|file| parameters::read(library, file, &scope)).unwrap_or_default();
    let template = Template::new(library, source, scope, supplied, Vec::new(), vec![path.to_owned()]);
    let deployment = inventory.add_deployment(Deployment {
        template: path.to_owned(),
        parameters: parameters.map(str::to_owned),
        values: known_values(&template),
    });
    let mut output = Output { deployment, resources: Vec::new() };
    template.lower(&[], &mut output);
    inventory.resources.append(&mut output.resources);
}

/// The values of the parameters that are known, as text. Secure ones never are.
fn known_values(template: &Template<'_>) -> BTreeMap<String, String> {
    const LONGEST: usize = 200;
    let params = template.source.params.iter().enumerate();
    let values = params.filter_map(|(index, node)| {
        let json = template.param(index).ok()?.to_json()?;
        let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        Some((node.param.name.name.to_string(), text.chars().take(LONGEST).collect()))
    });
    values.collect()
}

#[cfg(test)]
mod tests;
