//! Functions that read files of the scanned repository, and those that only look at paths.

use std::rc::Rc;

use crate::model::Span;

use super::eval::Engine;
use super::fault::Fault;
use super::functions::{self, Stop, base64, digest_of};
use super::hcl;
use super::module::join;
use super::scope::{Names, Scope};
use super::value::{Kind, Val};

type Answer = Result<Val, Stop>;

impl Engine<'_, '_> {
    /// Functions that need more than their arguments; `None` for all others.
    pub fn special_function(&self, name: &str, args: &[Val], span: Span, scope: Scope) -> Option<Answer> {
        Some(match name {
            "file" => self.text_of(args).map(Val::string),
            "filebase64" => self.text_of(args).map(|text| Val::string(base64(text.as_bytes()))),
            "fileexists" => self.path_of(args).map(|path| Val::bool(self.project.tree.read(&path).is_ok())),
            "fileset" => self.file_set(args),
            "templatefile" => self.text_of(args).and_then(|text| self.render_text(&text, args.get(1), span, scope)),
            "templatestring" => known(args, 0).and_then(|text| self.render_text(&text, args.get(1), span, scope)),
            "basename" => known(args, 0).map(|path| Val::string(base_name(&path))),
            "dirname" => known(args, 0).map(|path| Val::string(directory(&path))),
            "pathexpand" => known(args, 0).and_then(|path| match path.starts_with('~') {
                true => Err(Stop::Unknown),
                false => Ok(Val::string(path)),
            }),
            "abspath" => Err(Stop::Unknown),
            _ => {
                let digest = name.strip_prefix("file").and_then(digest_of)?;
                self.text_of(args).map(|text| Val::string(digest(text.as_bytes())))
            }
        })
    }

    /// The path of the first argument relative to the repository root: Terraform takes paths to be
    /// relative to the root module.
    fn path_of(&self, args: &[Val]) -> Result<String, Stop> {
        let path = known(args, 0)?;
        let root = self.modules.borrow().first().map(|m| m.module.path.clone()).unwrap_or_default();
        // A file outside the repository is one that this scan cannot see.
        self.project.tree.resolve(&join(&root, "x.tf"), &path).ok_or(Stop::Unknown)
    }

    fn text_of(&self, args: &[Val]) -> Result<String, Stop> {
        let path = self.path_of(args)?;
        match self.project.tree.read(&path) {
            Ok(text) => Ok(text.to_string()),
            // It may be made before Terraform runs.
            Err(_) => Err(Stop::Unknown),
        }
    }

    fn file_set(&self, args: &[Val]) -> Answer {
        let folder = self.path_of(args)?;
        let pattern = known(args, 1)?;
        let glob = globset::GlobBuilder::new(&pattern).literal_separator(true).build();
        let matcher = glob.map_err(|error| Stop::Wrong(error.to_string()))?.compile_matcher();
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below = self.project.tree.files().filter_map(|path| path.strip_prefix(&prefix));
        Ok(functions::set_of(below.filter(|path| matcher.is_match(path)).map(Val::string).collect()))
    }

    fn render_text(&self, text: &str, variables: Option<&Val>, span: Span, scope: Scope) -> Answer {
        let pieces = hcl::parse_template(text, span).map_err(|error| Stop::Wrong(error.message))?;
        let variables = match variables.map(|value| &value.kind) {
            Some(Kind::Object(map)) => map.members.clone(),
            None => Default::default(),
            Some(_) => return Err(Stop::Unknown),
        };
        let entries: Vec<(Rc<str>, Val)> = variables.into_iter().collect();
        let names = Names { entries: &entries, outer: None };
        let inner = Scope { names: Some(&names), binding: None, ..scope };
        self.template(&pieces, span, inner).map_err(|fault: Fault| Stop::Fault(fault))
    }
}

fn known(args: &[Val], index: usize) -> Result<String, Stop> {
    let value = args.get(index).ok_or_else(|| Stop::Wrong("an argument is missing".to_owned()))?;
    match value.to_text() {
        Some(text) => text.as_known().map(str::to_owned).ok_or(Stop::Unknown),
        None => Err(Stop::Wrong("a string is required".to_owned())),
    }
}

fn base_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".",
        (_, true) => "/",
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

fn directory(path: &str) -> String {
    match path.rsplit_once('/') {
        None => ".".to_owned(),
        Some(("", _)) => "/".to_owned(),
        Some((folder, _)) => folder.trim_end_matches('/').to_owned(),
    }
}
