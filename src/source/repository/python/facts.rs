//! What a Python file or a notebook says, as the members of its artefact.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::callables::{self, Sdk};
use super::library::Source;
use super::names::{Located, Names};
use super::syntax::{Bound, Call, Expr, ExprKind};
use super::values::{Valued, Worth};
use super::{clients, definitions, references, training, uris};
use crate::model::{CellLine, FileId, Kind, SourceFile, Span, Unknown, Value};
use crate::source::repository::{Artefact, Facts, Origin, argument};

/// So many facts of one kind are told apart.
const MOST_FACTS: usize = 500;

/// The facts of a file, by member of the artefact.
#[derive(Default)]
pub(super) struct Members {
    pub workspace_references: Facts,
    pub from_config: Facts,
    pub definitions: Facts,
    pub references: Facts,
    pub checkpoints: Facts,
    imports: Facts,
    frameworks: Facts,
    data_lake_gen1: Facts,
    sdk: Facts,
    counts: [usize; 5],
    local_imports: BTreeSet<String>,
    pub trains: Option<Span>,
    scoring: bool,
    azure_ml: bool,
}

/// Which list of facts.
#[derive(Clone, Copy)]
pub(super) enum Member {
    Workspaces,
    Configs,
    Definitions,
    References,
    Checkpoints,
}

/// A call with what is known of it.
pub(super) struct Called<'a> {
    pub at: Located,
    pub call: &'a Call,
    /// `Workspace.get`, `MLClient().data.get`; empty if what is called is not known.
    pub name: String,
    /// The SDK that it belongs to, if it does.
    pub sdk: Option<Sdk>,
    /// The whole path: `azureml.core.Workspace.get`.
    pub path: String,
    /// The last part of what is called: `get`.
    pub last: String,
}

/// Reads the facts of one file.
pub(super) struct Reading<'t> {
    pub names: Names<'t>,
    pub file: FileId,
    pub path: String,
    pub cell_lines: Vec<CellLine>,
    pub members: RefCell<Members>,
}

impl<'t> Reading<'t> {
    pub fn new(names: Names<'t>, file: FileId, source: &SourceFile) -> Self {
        let (path, cell_lines) = (source.path.clone(), source.cell_lines.clone());
        Self { names, file, path, cell_lines, members: RefCell::default() }
    }

    /// Adds what a module says.
    pub fn module(&self, source: &Rc<Source>) {
        self.imports(source);
        let module = &source.module;
        for site in &module.calls {
            let at = Located { source: Rc::clone(source), scope: site.scope, expr: Rc::clone(&site.expr) };
            let ExprKind::Call(call) = &site.expr.kind else { continue };
            let called = self.called(at, call);
            clients::read(self, &called);
            definitions::read(self, &called);
            references::read(self, &called);
            training::read(self, &called);
        }
        for decorated in &module.decorated {
            definitions::read_decorated(self, source, decorated);
        }
        self.texts(source);
        let has = |name: &str| module.functions.iter().any(|function| function == name);
        self.members.borrow_mut().scoring |= has("init") && has("run");
    }

    fn imports(&self, source: &Rc<Source>) {
        let mut members = self.members.borrow_mut();
        let mut seen = BTreeSet::new();
        for import in &source.module.imports {
            let first = import.module.split('.').next().unwrap_or_default();
            let framework = callables::FRAMEWORKS.iter().find(|(name, _)| *name == first).map(|(_, name)| *name);
            let of_azure = matches!(first, "azure" | "azureml" | "mldesigner" | "mlflow");
            if framework.is_none() && !of_azure || !seen.insert(import.module.as_str()) || seen.len() > MOST_FACTS {
                continue;
            }
            let span = self.span_of(import.start, import.end);
            let flag = || Value::new(Kind::Bool(true)).at(span);
            members.imports.add_once(&import.module, flag());
            if let Some(framework) = framework {
                members.frameworks.add_once(framework, flag());
            }
            match callables::sdk_of(&import.module) {
                Some(Sdk::V1) => members.sdk.add_once("v1", flag()),
                Some(Sdk::V2) => members.sdk.add_once("v2", flag()),
                None => {}
            }
            members.azure_ml |= first == "azureml" || callables::sdk_of(&import.module).is_some();
        }
        let names = source.module.scopes.iter().flat_map(|scope| scope.names.values().flatten());
        let imported = names.filter_map(|binding| match &binding.kind {
            Bound::Import(path) => Some(path.as_str()),
            _ => None,
        });
        let written = source.module.imports.iter().map(|import| import.module.as_str());
        for path in imported.chain(written).take(MOST_FACTS) {
            // `from azure.ai import ml`
            members.azure_ml |= path == "azure.ai.ml";
            let outer = path.rsplit_once('.').map(|(outer, _)| outer);
            let files = [Some(path), outer].into_iter().flatten();
            let file = files.filter_map(|name| self.names.library.path_of(&source.path, name)).next();
            members.local_imports.extend(file.filter(|file| *file != source.path));
        }
    }

    fn called<'a>(&self, at: Located, call: &'a Call) -> Called<'a> {
        let last = match &call.callee.kind {
            ExprKind::Name(name) | ExprKind::Attribute(_, name) => name.clone(),
            _ => String::new(),
        };
        let path = self.names.path(&at.with(&call.callee)).unwrap_or_default();
        let name = short(&path);
        let unmistakable = callables::UNMISTAKABLE.contains(&path.as_str());
        let sdk = callables::sdk_of(&path).or_else(|| match unmistakable {
            true if path.starts_with("Workspace") || path == "ScriptRunConfig" => Some(Sdk::V1),
            true => Some(Sdk::V2),
            false => None,
        });
        let last = if last.is_empty() {
            last
        } else {
            name.rsplit('.').next().filter(|n| !n.is_empty()).unwrap_or(&last).to_owned()
        };
        Called { at, call, name, sdk, path, last }
    }

    fn texts(&self, source: &Rc<Source>) {
        for site in &source.module.texts {
            let at = Located { source: Rc::clone(source), scope: site.scope, expr: Rc::clone(&site.expr) };
            let Worth::Text(pieces) = self.names.value(&at).worth else { continue };
            let span = self.span(&site.expr);
            if let Some(uri) = uris::workspace(&pieces) {
                clients::add_uri(self, uri, span);
            }
            if let Some(uri) = uris::data_lake_gen1(&pieces) {
                self.gen1(&uri, span);
            }
        }
    }

    /// Records something in Data Lake Storage Gen1.
    pub fn gen1(&self, what: &str, span: Span) {
        let mut members = self.members.borrow_mut();
        members.data_lake_gen1.add_once(what, Value::new(Kind::Bool(true)).at(span));
    }

    /// Records that the file uses Azure ML.
    pub fn uses_azure_ml(&self) {
        self.members.borrow_mut().azure_ml = true;
    }

    /// Whether the file imports a deep-learning framework.
    pub fn has_framework(&self) -> bool {
        !self.members.borrow().frameworks.is_empty()
    }

    /// The place of an expression.
    pub fn span(&self, expr: &Expr) -> Span {
        self.span_of(expr.start, expr.end)
    }

    fn span_of(&self, start: u32, end: u32) -> Span {
        Span { file: self.file, start, end }
    }

    /// Adds a fact at its place.
    pub fn add(&self, member: Member, name: &str, mut fact: Vec<(String, Value)>, span: Span) {
        let mut members = self.members.borrow_mut();
        let count = &mut members.counts[member as usize];
        *count += 1;
        if *count > MOST_FACTS {
            return;
        }
        if let Some(place) = self.cell_of(span) {
            let number = |number: u32| Value::new(Kind::Number(number.into()));
            fact.push(("cell".to_owned(), number(place.cell)));
            fact.push(("line".to_owned(), number(place.line)));
        }
        let facts = match member {
            Member::Workspaces => &mut members.workspace_references,
            Member::Configs => &mut members.from_config,
            Member::Definitions => &mut members.definitions,
            Member::References => &mut members.references,
            Member::Checkpoints => &mut members.checkpoints,
        };
        facts.add(name, Value::new(Kind::Object(fact)).at(span));
    }

    fn cell_of(&self, span: Span) -> Option<CellLine> {
        let number = self.cell_lines.partition_point(|line| line.start <= span.start);
        self.cell_lines.get(number.checked_sub(1)?).copied()
    }

    /// An argument of a call as a fact; `None` if it is not given, or None.
    pub fn argument(&self, called: &Called<'_>, position: Option<usize>, names: &[&str]) -> Option<(Valued, Value)> {
        if let Some(expr) = called.call.argument(position, names) {
            let valued = self.names.value(&called.at.with(expr));
            let fact = self.argument_of(&valued, self.span(expr))?;
            return Some((valued, fact));
        }
        // `*args` may give it, or `**settings`.
        for settings in &called.call.more_keywords {
            let valued = names.iter().map(|name| self.names.value_under(&called.at, settings, name));
            let valued = valued.max_by_key(|valued| !matches!(valued.worth, Worth::None))?;
            if let Some(fact) = self.argument_of(&valued, self.span(settings)) {
                return Some((valued, fact));
            }
        }
        if called.call.more_positional && position.is_some() {
            let valued = Valued { worth: Worth::Unknown, supplied: None };
            let fact = self.argument_of(&valued, self.span(&called.at.expr))?;
            return Some((valued, fact));
        }
        None
    }

    /// A value as an argument at its place; `None` for None.
    pub fn argument_of(&self, valued: &Valued, span: Span) -> Option<Value> {
        if valued.worth == Worth::None {
            return None;
        }
        let origin = valued.worth.origin();
        let text = valued.worth.as_str().filter(|_| origin == Origin::Literal);
        let supplied = valued.supplied.map(|(start, end)| self.span_of(start, end));
        Some(argument(origin, text.as_deref(), span, supplied))
    }

    /// Puts the facts into an artefact; `unread` tells of places that could not be read. Whether there is any.
    pub fn finish(self, artefact: &mut Artefact, unread: Option<&str>) -> bool {
        let tree = self.names.library.tree;
        let mut members = self.members.into_inner();
        let hole = |place: &str| {
            Value::new(Kind::Unknown(Unknown::Unresolved { expression: format!("what stands {place}"), text: None }))
        };
        if let Some(place) = unread {
            for facts in [
                &mut members.workspace_references,
                &mut members.from_config,
                &mut members.definitions,
                &mut members.references,
                &mut members.checkpoints,
                &mut members.imports,
                &mut members.frameworks,
                &mut members.data_lake_gen1,
            ] {
                facts.add("unread", hole(place));
            }
        }
        let flag = |flag: bool| Value::new(Kind::Bool(flag));
        artefact.set("azure_ml", flag(members.azure_ml));
        let mut any = members.azure_ml || members.scoring || unread.is_some();
        for (name, facts) in [
            ("sdk", members.sdk),
            ("imports", members.imports),
            ("workspace_references", members.workspace_references),
            ("from_config", members.from_config),
            ("definitions", members.definitions),
            ("references", members.references),
            ("frameworks", members.frameworks),
            ("checkpoints", members.checkpoints),
            ("data_lake_gen1", members.data_lake_gen1),
        ] {
            if !facts.is_empty() {
                any = true;
                artefact.set(name, facts.into_value());
            }
        }
        if !members.local_imports.is_empty() {
            // Whether a training writes checkpoints may be said in what it imports.
            let trains = members.trains.is_some();
            let imported = |path: String| match trains && tree.read(&path).is_err() {
                true => (path, hole("of the file that is imported")),
                false => (path, flag(true)),
            };
            let paths = members.local_imports.into_iter().map(imported).collect();
            artefact.set("local_imports", Value::new(Kind::Object(paths)));
        }
        if let Some(span) = members.trains {
            artefact.set("trains", flag(true).at(span));
        }
        if members.scoring {
            artefact.set("scoring", flag(true));
        }
        any
    }
}

/// What follows the modules in a path: `Workspace.get` of `azureml.core.workspace.Workspace.get`.
fn short(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    let is_class = |part: &&str| part.starts_with(|c: char| c.is_ascii_uppercase());
    let from = parts.iter().position(is_class).or_else(|| parts.iter().position(|part| part.contains("()")));
    parts[from.unwrap_or(parts.len().saturating_sub(1))..].join(".")
}
