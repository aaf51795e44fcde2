//! The modules of the repository that a file imports from.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::source::FileTree;

use super::syntax::Module;

/// So many modules are read for one file.
const MOST_MODULES: usize = 24;

/// Larger modules hold no configuration.
const LARGEST: usize = 1 << 20;

/// A file with what it holds.
#[derive(Debug)]
pub(super) struct Source {
    /// Relative to the repository root.
    pub path: String,
    pub module: Module,
}

/// Reads imported modules, each once.
pub(super) struct Library<'t> {
    pub tree: &'t FileTree,
    read: RefCell<HashMap<String, Option<Rc<Source>>>>,
}

impl<'t> Library<'t> {
    pub fn new(tree: &'t FileTree) -> Self {
        Self { tree, read: RefCell::default() }
    }

    /// The module that `name` (`.config`, `settings.prod`) means in the file `from`.
    pub fn module(&self, from: &str, name: &str) -> Option<Rc<Source>> {
        let path = self.path_of(from, name)?;
        if let Some(known) = self.read.borrow().get(&path) {
            return known.clone();
        }
        if self.read.borrow().len() >= MOST_MODULES {
            return None;
        }
        let text = self.tree.read(&path).ok().filter(|text| text.len() <= LARGEST);
        let module = text.map(|text| super::parse_module(text.trim_start_matches('\u{feff}')));
        let source = module.map(|module| Rc::new(Source { path: path.clone(), module }));
        self.read.borrow_mut().insert(path, source.clone());
        source
    }

    /// The file of a module: beside the file, or below a folder around it.
    pub fn path_of(&self, from: &str, name: &str) -> Option<String> {
        let relative = name.trim_start_matches('.');
        let dots = name.len() - relative.len();
        let below = relative.replace('.', "/");
        let mut folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        if dots > 0 {
            for _ in 1..dots {
                folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            }
            return self.file_below(folder, &below);
        }
        if is_foreign(relative) {
            return None;
        }
        loop {
            let found = self.file_below(folder, &below).or_else(|| self.file_below(&join(folder, "src"), &below));
            if found.is_some() || folder.is_empty() {
                return found;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    fn file_below(&self, folder: &str, name: &str) -> Option<String> {
        let base = join(folder, name);
        let package = join(&base, "__init__.py");
        [format!("{base}.py"), package].into_iter().find(|path| self.tree.contains(path))
    }
}

/// Joins paths of which either may be empty.
pub(super) fn join(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}

/// Modules that no repository has of its own, and that most files import.
fn is_foreign(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    matches!(
        first,
        "argparse"
            | "azure"
            | "azureml"
            | "json"
            | "mlflow"
            | "numpy"
            | "os"
            | "pandas"
            | "pathlib"
            | "sys"
            | "tensorflow"
            | "torch"
            | "transformers"
            | "yaml"
    )
}
