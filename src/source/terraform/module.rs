//! A Terraform module: the files of one folder, put together.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::model::{FileId, Gap, GapCode, SourceFile, SourceFiles, Span};
use crate::source::FileTree;

use super::hcl;
use super::json;
use super::syntax::{Attribute, Block, Body, Expr, ExprKind};

/// The largest configuration or variable file that is parsed, in bytes: no person writes more.
const MAX_SOURCE_BYTES: usize = 8 * 1024 * 1024;

/// What the files of a folder declare.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The folder relative to the repository root; empty for the root itself.
    pub path: String,
    pub variables: BTreeMap<Rc<str>, Rc<Variable>>,
    pub locals: BTreeMap<Rc<str>, Rc<Attribute>>,
    pub outputs: BTreeMap<Rc<str>, Rc<Block>>,
    /// By address: `azurerm_key_vault.main`, `data.azurerm_key_vault.main`.
    pub resources: BTreeMap<Rc<str>, Rc<ResourceBlock>>,
    pub calls: BTreeMap<Rc<str>, Rc<Block>>,
    pub providers: Vec<Rc<Block>>,
    /// `import` blocks: resources that exist already.
    pub imports: Vec<Rc<Block>>,
    /// The version constraints of the azurerm provider.
    pub azurerm_versions: Vec<String>,
    /// A file could not be read: a name that is not declared may be declared there.
    pub incomplete: bool,
}

/// A `variable` block.
#[derive(Debug)]
pub(super) struct Variable {
    pub block: Block,
    pub sensitive: bool,
    /// Whether null stays null instead of giving way to the default.
    pub nullable: bool,
}

/// A `resource` or `data` block.
#[derive(Debug)]
pub(super) struct ResourceBlock {
    pub data: bool,
    pub kind: Rc<str>,
    pub body: Body,
    pub header: Span,
}

impl Variable {
    /// The attribute with the default.
    pub fn default(&self) -> Option<&Attribute> {
        self.block.body.attribute("default")
    }
}

/// The files and modules that one read of a root module touches, and what went wrong.
pub(super) struct Project<'t> {
    pub tree: &'t FileTree,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    files: SourceFiles,
    by_path: HashMap<String, FileId>,
    modules: HashMap<String, Rc<Module>>,
    gaps: Vec<Gap>,
    told: HashSet<(Option<Span>, String)>,
}

impl<'t> Project<'t> {
    /// A project in which nothing was read yet.
    pub fn new(tree: &'t FileTree) -> Self {
        Self { tree, state: RefCell::default() }
    }

    /// What was read, and what could not be.
    pub fn finish(self) -> (SourceFiles, Vec<Gap>) {
        let state = self.state.into_inner();
        (state.files, state.gaps)
    }

    /// Records a gap, once for each place and message.
    pub fn tell(&self, code: GapCode, span: Option<Span>, message: impl Into<String>) {
        let message = message.into();
        // A name that is not declared, or a limit, is told once in a file, not at each use.
        let once = match code {
            GapCode::UnresolvedReference | GapCode::LimitExceeded => span.map(|span| Span { start: 0, end: 0, ..span }),
            _ => span,
        };
        let mut state = self.state.borrow_mut();
        if !state.told.insert((once, message.clone())) {
            return;
        }
        let gap = match span {
            Some(span) => Gap::at_span(code, span, message),
            None => Gap::new(code, crate::model::GapPlace::Scan, message),
        };
        state.gaps.push(gap);
    }

    /// Records a gap that the tree reported.
    pub fn tell_gap(&self, gap: Gap) {
        let mut state = self.state.borrow_mut();
        if state.told.insert((None, format!("{:?} {}", gap.place, gap.message))) {
            state.gaps.push(gap);
        }
    }

    /// The text of a file, which becomes one of the files that were read.
    pub fn file(&self, path: &str) -> Result<(FileId, std::sync::Arc<str>), Box<Gap>> {
        if let Some(id) = self.state.borrow().by_path.get(path) {
            let text = self.state.borrow().files.get(*id).map(|file| file.text.clone());
            return Ok((*id, text.unwrap_or_else(|| "".into())));
        }
        let file = SourceFile::new(path, self.tree.read(path)?);
        let text = file.text.clone();
        let mut state = self.state.borrow_mut();
        let id = state.files.add(file);
        state.by_path.insert(path.to_owned(), id);
        Ok((id, text))
    }

    /// The source text of a range, white space collapsed.
    pub fn source(&self, span: Span) -> String {
        let state = self.state.borrow();
        let text = state.files.get(span.file).and_then(|f| f.text.get(span.start as usize..span.end as usize));
        text.unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The module in a folder; `None` if the folder holds no Terraform file.
    pub fn module(&self, path: &str) -> Option<Rc<Module>> {
        if let Some(module) = self.state.borrow().modules.get(path) {
            return Some(module.clone());
        }
        let mut names: Vec<String> = self.tree.folder(path).into_iter().filter(|name| is_module_file(name)).collect();
        if names.is_empty() {
            return None;
        }
        // Override files are merged over the others.
        names.sort_by_key(|name| (is_override(name), name.clone()));
        let mut module = Module { path: path.to_owned(), ..Module::default() };
        for name in names {
            match self.body(&join(path, &name)) {
                Some(body) => module.add(body, is_override(&name), self),
                None => module.incomplete = true,
            }
        }
        let module = Rc::new(module);
        self.state.borrow_mut().modules.insert(path.to_owned(), module.clone());
        Some(module)
    }

    /// The body of a `.tf`, `.tfvars` or JSON file; `None`, and a gap, if it cannot be read.
    pub fn body(&self, path: &str) -> Option<Body> {
        let (file, text) = match self.file(path) {
            Ok(read) => read,
            Err(gap) => {
                self.tell_gap(*gap);
                return None;
            }
        };
        if text.len() > MAX_SOURCE_BYTES {
            let message =
                format!("the file has {} bytes; the limit for configurations is {MAX_SOURCE_BYTES}", text.len());
            self.tell_gap(Gap::at_path(GapCode::FileTooLarge, path, message));
            return None;
        }
        let parsed = if path.ends_with(".tfvars.json") {
            json::parse_values(&text, file)
        } else if path.ends_with(".json") {
            json::parse_module(&text, file)
        } else {
            hcl::parse_body(&text, file)
        };
        parsed
            .map_err(|error| {
                let (line, column) = self.position(file, error.offset);
                let message =
                    format!("line {line}, column {column}: {}; the rest of the module is read", error.message);
                let span = Span { file, start: error.offset, end: error.offset };
                self.tell(GapCode::SyntaxError, Some(span), message);
            })
            .ok()
    }

    fn position(&self, file: FileId, offset: u32) -> (u32, u32) {
        let state = self.state.borrow();
        let region = state.files.get(file).map(|file| file.region(offset, offset));
        region.map_or((0, 0), |region| (region.line, region.start_column))
    }
}

/// The path of a file in a folder.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Whether a file name is one of those that make a module.
pub(super) fn is_module_file(name: &str) -> bool {
    name.ends_with(".tf") || name.ends_with(".tf.json")
}

fn is_override(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or(name);
    let stem = stem.strip_suffix(".tf").unwrap_or(stem);
    stem == "override" || stem.ends_with("_override")
}

impl Module {
    fn add(&mut self, body: Body, overrides: bool, project: &Project) {
        for block in body.blocks {
            match &*block.name {
                "variable" => self.add_variable(block, overrides),
                "locals" => {
                    for attribute in block.body.attributes {
                        self.locals.insert(attribute.name.clone(), Rc::new(attribute));
                    }
                }
                "output" => {
                    let name: Rc<str> = block.label(0).into();
                    self.outputs.insert(name, Rc::new(block));
                }
                "resource" | "data" => self.add_resource(block, overrides, project),
                "module" => {
                    let name: Rc<str> = block.label(0).into();
                    let block = match self.calls.remove(&name) {
                        Some(base) if overrides => Block { body: merged_into(&base.body, block.body), ..block },
                        _ => block,
                    };
                    self.calls.insert(name, Rc::new(block));
                }
                "provider" => self.providers.push(Rc::new(block)),
                "import" => self.imports.push(Rc::new(block)),
                "terraform" => self.add_settings(&block),
                _ => {}
            }
        }
    }

    fn add_variable(&mut self, block: Block, overrides: bool) {
        let name: Rc<str> = block.label(0).into();
        let block = match self.variables.remove(&name) {
            Some(base) if overrides => Block { body: merged_into(&base.block.body, block.body), ..block },
            _ => block,
        };
        let flag = |name: &str| match block.body.attribute(name).map(|a| &a.value.kind) {
            Some(ExprKind::Bool(value)) => Some(*value),
            _ => None,
        };
        let (sensitive, nullable) = (flag("sensitive").unwrap_or(false), flag("nullable").unwrap_or(true));
        self.variables.insert(name, Rc::new(Variable { block, sensitive, nullable }));
    }

    fn add_resource(&mut self, block: Block, overrides: bool, project: &Project) {
        let data = &*block.name == "data";
        let (kind, name) = (block.label(0), block.label(1));
        let address: Rc<str> = format!("{}{kind}.{name}", if data { "data." } else { "" }).into();
        let mut body = block.body;
        match self.resources.get(&address) {
            Some(base) if overrides => body = merged_into(&base.body, body),
            Some(_) => {
                let message = format!("{address} is declared twice in this module; the first declaration is read");
                project.tell(GapCode::ExpressionError, Some(block.header), message);
                return;
            }
            None => {}
        }
        let kind = block.labels.first().cloned().unwrap_or_else(|| "".into());
        let resource = ResourceBlock { data, kind, body, header: block.header };
        self.resources.insert(address, Rc::new(resource));
    }

    /// `required_providers`: the version of azurerm decides its defaults.
    fn add_settings(&mut self, block: &Block) {
        let providers = block.body.blocks.iter().filter(|b| &*b.name == "required_providers").map(|b| &b.body);
        for attribute in providers.flat_map(|body| &body.attributes) {
            self.add_version(&attribute.name, &attribute.value);
        }
        // The JSON syntax has no blocks here.
        if let Some(Expr { kind: ExprKind::Object(members), .. }) =
            block.body.attribute("required_providers").map(|a| &a.value)
        {
            for member in members {
                if let super::syntax::Key::Name(name) = &member.key {
                    self.add_version(name, &member.value);
                }
            }
        }
    }

    fn add_version(&mut self, name: &str, value: &Expr) {
        let version = match &value.kind {
            ExprKind::Text(text) => Some(text.clone()),
            ExprKind::Object(members) => members.iter().find_map(|member| match (&member.key, &member.value.kind) {
                (super::syntax::Key::Name(key), ExprKind::Text(text)) if &**key == "version" => Some(text.clone()),
                _ => None,
            }),
            _ => None,
        };
        if let (true, Some(version)) = (name == "azurerm", version) {
            self.azurerm_versions.push(version.to_string());
        }
    }
}

/// A body in which the attributes and blocks of another replace those of the same name.
/// <https://developer.hashicorp.com/terraform/language/files/override>
fn merged_into(base: &Body, over: Body) -> Body {
    let mut result = over;
    for attribute in &base.attributes {
        if result.attribute(&attribute.name).is_none() {
            result.attributes.push(attribute.clone());
        }
    }
    for block in &base.blocks {
        if result.block(&block.name).is_none() {
            result.blocks.push(block.clone());
        }
    }
    result
}
