//! Reads ARM templates.
//!
//! A template is a JSON file whose `$schema` is that of a deployment template (for resource groups,
//! subscriptions, management groups or the tenant; any case, http or https), or one that at least has
//! `contentVersion` and `resources` at its top. Each template is expanded once per parameter file that
//! belongs to it, else once with its defaults: conditions, copy loops, nested and linked deployments,
//! child and extension resources, symbolic names, user-defined functions and types.
//!
//! Not entry points of their own are:
//! - a template that another template of the tree links to: it is expanded there, with the parameters
//!   that it is given;
//! - a template that Bicep calls as a module, unless it has parameter files of its own;
//! - a template that was compiled from Bicep (`metadata._generator`) whose source lies beside it, with
//!   the same name or as `main.bicep`: the Bicep reader reads that.
//!
//! A linked template is found by its `relativePath`, or by a `uri` below the place that the template
//! is published at (`deployment().properties.templateLink.uri`, or the parameter `_artifactsLocation`
//! by convention): that place is taken to be its folder in the tree. All others are gaps.
//!
//! Values of secure parameters are never read. Placeholders of pipelines in parameter files are
//! unknown.

mod claims;
mod document;
mod environment;
mod expand;
mod expression;
mod frame;
mod identity;
mod module;
mod nested;
mod outline;
mod parameter;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::model::{Deployment, DeploymentId, GapCode, Inventory, Resource, Value};
use crate::source::expr::{Expr, Iterations, Scope, ScopeKind, Session};
use crate::source::{EntryPoint, FileTree, Reader};

use document::{Document, Documents, Strings, start_of};
use environment::{Context, Given, Template};
use expand::Expansion;
use frame::Frame;

pub(super) use claims::{is_parameter_file, is_template_file, parameters_of};
pub(super) use module::{Module, ModuleFiles, Modules};
pub(super) use parameter::placeholders;

/// Reads ARM templates.
#[derive(Debug)]
pub struct ArmTemplate;

impl Reader for ArmTemplate {
    fn name(&self) -> &'static str {
        "ARM template"
    }

    fn claims(&self, tree: &FileTree) -> Vec<EntryPoint> {
        claims::entry_points(tree, &super::bicep::called_templates(tree), &|entry| {
            let session = Session::new();
            let mut read = Read::default();
            read.entry(tree, entry, &session)
        })
    }

    fn read(&self, tree: &FileTree, entry: &EntryPoint) -> Inventory {
        let session = Session::new();
        let mut read = Read::default();
        read.entry(tree, entry, &session);
        let (files, gaps) = session.finish();
        let mut inventory = Inventory { files, ..Inventory::default() };
        inventory.resources = read.resources;
        inventory.deployments = read.deployments;
        inventory.collection.gaps = gaps;
        inventory
    }
}

/// What was read of an entry point.
#[derive(Default)]
struct Read {
    resources: Vec<Resource>,
    deployments: Vec<Deployment>,
}

impl Read {
    /// Reads an entry point; gives the templates that it links to.
    fn entry(&mut self, tree: &FileTree, entry: &EntryPoint, session: &Session) -> BTreeSet<String> {
        let documents = Documents::default();
        let context = Context {
            tree,
            documents: &documents,
            session,
            linking: Cell::new(false),
            frames: Cell::new(0),
            linked: RefCell::default(),
        };
        let document = documents.load(tree, &entry.path, Strings::Template, session);
        if let Some(root) = &document.root
            && is_template(root, document, session)
        {
            for parameters in &entry.parameters {
                if let Some(given) = parameters_in(&context, parameters, root) {
                    self.deployment(&context, document, root, Some(parameters), given);
                }
            }
            if self.deployments.is_empty() {
                self.deployment(&context, document, root, None, HashMap::new());
            }
        }
        context.linked.take()
    }

    fn deployment<'d>(
        &mut self,
        context: &'d Context<'d>,
        document: &'d Document,
        root: &'d Expr,
        parameters: Option<&str>,
        given: HashMap<String, Given<'d>>,
    ) {
        context.session.reset();
        context.frames.set(0);
        let id = DeploymentId(self.deployments.len() as u32);
        let owner = format!("{}\u{1}{}", document.path, parameters.unwrap_or_default());
        let scope = Scope::unknown(scope_kind(root), &owner);
        let template = Rc::new(Template::new(context, document, root, scope.clone(), given));
        let files = vec![document.path.clone()];
        let frame = Frame::new(template.clone(), root, scope, Iterations::default(), Vec::new(), files);
        let mut expansion = Expansion::new(id);
        expansion.frame(&frame, None);
        self.resources.append(&mut expansion.resources);
        self.deployments.push(Deployment {
            template: document.path.clone(),
            parameters: parameters.map(str::to_owned),
            values: shown(&template),
        });
    }
}

/// Whether the root of a file can be expanded; what is wrong becomes a gap.
fn is_template(root: &Expr, document: &Document, session: &Session) -> bool {
    if !root.is_object() {
        session.gap(GapCode::InvalidDocument, start_of(document.file), "the template is no JSON object");
        return false;
    }
    match root.member("resources") {
        Some(member) if !member.value.is_array() && !member.value.is_object() => {
            let message = "the resources of the template are neither a list nor an object";
            session.gap(GapCode::InvalidDocument, member.span, message);
            false
        }
        Some(_) => true,
        // Azure accepts templates that only have outputs.
        None => {
            if root.get("outputs").is_none() {
                session.gap(GapCode::InvalidDocument, start_of(document.file), "the template has no resources");
            }
            root.get("outputs").is_some()
        }
    }
}

fn scope_kind(root: &Expr) -> ScopeKind {
    let schema = root.get("$schema").and_then(Expr::as_text).and_then(outline::schema_name);
    match schema.as_deref() {
        Some("subscriptiondeploymenttemplate.json") => ScopeKind::Subscription,
        Some("managementgroupdeploymenttemplate.json") => ScopeKind::ManagementGroup,
        Some("tenantdeploymenttemplate.json") => ScopeKind::Tenant,
        _ => ScopeKind::ResourceGroup,
    }
}

/// What a parameter file gives; `None` if it cannot be read, which is a gap then.
fn parameters_in<'d>(context: &'d Context<'d>, path: &str, template: &Expr) -> Option<HashMap<String, Given<'d>>> {
    let document = context.documents.load(context.tree, path, Strings::Literal, context.session);
    let root = document.root.as_ref()?;
    let Some(parameters) = root.get("parameters").filter(|parameters| parameters.is_object()) else {
        let message = "the file has no object 'parameters'";
        context.session.gap(GapCode::InvalidDocument, start_of(document.file), message);
        return None;
    };
    let mut given = HashMap::new();
    for member in parameters.members() {
        let Some(name) = member.key.as_text() else { continue };
        if template.get("parameters").and_then(|declared| declared.member(name)).is_none() {
            let message = format!("the template has no parameter '{name}'");
            context.session.gap(GapCode::InvalidDocument, member.span, message);
            continue;
        }
        given.insert(name.to_ascii_lowercase(), Given::Written { member, at: None });
    }
    Some(given)
}

/// The values of parameters that are known, as text.
fn shown(template: &Template<'_>) -> BTreeMap<String, String> {
    const LONGEST: usize = 200;
    let text = |value: &Value| {
        let json = value.to_json()?;
        let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        Some(text.chars().take(LONGEST).collect())
    };
    template.parameter_values().into_iter().filter_map(|(name, value)| Some((name, text(&value)?))).collect()
}
