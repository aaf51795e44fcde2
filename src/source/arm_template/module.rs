//! A template that another dialect deploys as a module.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::model::{DeploymentId, Resource, Span, Value};
use crate::source::FileTree;
use crate::source::expr::{Fault, Found, Iterations, Scope, ScopeKind, Session};

use super::document::{Documents, Strings};
use super::environment::{Context, Given, Template};
use super::expand::Expansion;
use super::frame::Frame;
use super::{is_template, scope_kind};

/// What the modules of one entry point share.
pub(in crate::source) struct Modules<'d>(Context<'d>);

/// The JSON files that they stand in.
#[derive(Default)]
pub(in crate::source) struct ModuleFiles(Documents);

impl<'d> Modules<'d> {
    /// Modules of a tree, read in a session.
    pub fn new(tree: &'d FileTree, files: &'d ModuleFiles, session: &'d Session) -> Self {
        let (linking, frames, linked) = (Cell::new(false), Cell::new(0), RefCell::default());
        Self(Context { tree, documents: &files.0, session, linking, frames, linked })
    }

    /// Starts another deployment of the same files.
    pub fn reset(&self) {
        self.0.frames.set(0);
    }

    /// The scope that the template at a path is written for; `None` if it is no template, which is a
    /// gap then.
    pub fn scope_kind(&'d self, path: &str) -> Option<ScopeKind> {
        let document = self.0.documents.load(self.0.tree, path, Strings::Template, self.0.session);
        let root = document.root.as_ref()?;
        is_template(root, document, self.0.session).then(|| scope_kind(root))
    }

    /// The template at a path, deployed to a scope with these parameter values (names in lower case).
    pub fn open(
        &'d self,
        path: &str,
        scope: Scope,
        supplied: HashMap<String, Value>,
        calls: Vec<Span>,
    ) -> Option<Module<'d>> {
        let document = self.0.documents.load(self.0.tree, path, Strings::Template, self.0.session);
        let root = document.root.as_ref()?;
        let given = supplied.into_iter().map(|(name, value)| (name, Given::Computed(value))).collect();
        let template = Rc::new(Template::new(&self.0, document, root, scope.clone(), given));
        Some(Module(Frame::new(template, root, scope, Iterations::default(), calls, vec![path.to_owned()])))
    }
}

/// A template that is deployed as a module.
pub(in crate::source) struct Module<'d>(Rc<Frame<'d>>);

impl Module<'_> {
    /// The value of an output. `None`: it is not known at all; an error if there is none.
    pub fn output(&self, name: &str) -> Option<Result<Found, Fault>> {
        self.0.output(name)
    }

    /// What it deploys.
    pub fn resources(&self, deployment: DeploymentId, condition: Option<&str>) -> Vec<Resource> {
        let mut expansion = Expansion::new(deployment);
        expansion.frame(&self.0, condition);
        expansion.resources
    }
}
