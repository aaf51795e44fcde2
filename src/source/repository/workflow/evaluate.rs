//! What the steps of a workflow do, one after the other, with the variables that hold there.

use std::sync::Arc;

use crate::model::{FileId, Kind, Span, Value};
use crate::source::FileTree;

use super::azure_cli::AzCommand;
use super::deploy::Deploy;
use super::document::Node;
use super::found::Found;
use super::mapped::Mapped;
use super::regions::regions_in;
use super::shell::{Command, Dialect, Word, commands};
use super::variables::{Bound, Scope};

/// How many steps of all files that a workflow leads to are looked at, those of each case of a matrix
/// counted.
const MAX_STEPS: usize = 5000;

/// How deep workflows call each other.
pub(super) const MAX_CALLS: usize = 6;

/// The cases of a matrix that are looked at.
pub(super) const MAX_CASES: usize = 64;

/// What surrounds a step.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The names that hold.
    pub scope: Scope,
    /// The folder in which it runs, relative to the root.
    pub folder: String,
    /// The environment that the platform knows, as far as it can be read.
    pub environment: Option<String>,
    /// Names around it that may tell an environment: of its job, of its stage.
    pub names: Vec<String>,
}

/// A walk through a workflow and the files that it calls.
pub(super) struct Evaluator<'t> {
    pub tree: &'t FileTree,
    /// The file that is walked through now.
    pub path: String,
    pub text: Arc<str>,
    /// The file of the artefact.
    file: FileId,
    /// Where in the artefact's file the file that is walked through is called.
    pub call: Option<Span>,
    /// Whether this is the first case of a matrix.
    pub first: bool,
    pub calls: usize,
    pub found: Found,
    steps: usize,
    /// What the plan of Terraform in this job was made with.
    pub planned: Vec<String>,
}

impl<'t> Evaluator<'t> {
    pub fn new(tree: &'t FileTree, path: &str, text: Arc<str>, file: FileId) -> Self {
        Self {
            tree,
            path: path.to_owned(),
            text,
            file,
            call: None,
            first: true,
            calls: 0,
            found: Found::default(),
            steps: 0,
            planned: Vec::new(),
        }
    }

    /// A place in the file that is walked through; in one that is called it is that of the call.
    pub fn span(&self, start: u32, end: u32) -> Span {
        self.call.unwrap_or(Span { file: self.file, start, end })
    }

    pub fn span_of(&self, node: &Node) -> Span {
        self.span(node.start, node.end)
    }

    /// Whether another step may be looked at.
    pub fn step(&mut self, node_start: u32) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            let span = self.span(node_start, node_start + 1);
            self.found.overflow.get_or_insert(span);
        }
        self.steps <= MAX_STEPS
    }

    /// The parts of a scalar.
    pub fn word(&self, node: &Node) -> Word {
        Word::of(&node.mapped(&self.text))
    }

    /// The text of a scalar in the case that is looked at.
    pub fn resolved(&self, node: &Node, scope: &Scope) -> Option<String> {
        scope.resolve(&self.word(node)).text
    }

    /// What a scalar stands for, to bind a name to it.
    pub fn bound(&self, node: &Node, scope: &Scope) -> Bound {
        scope.value(&self.word(node), self.span_of(node))
    }

    /// Runs a script.
    pub fn script(&mut self, script: &Mapped, dialect: Dialect, place: &Place) {
        let mut place = place.clone();
        for command in commands(script, dialect) {
            match command {
                Command::Set(name, word) => {
                    let span = self.span(word.start, word.end);
                    let value = place.scope.value(&word, span);
                    place.scope.set(&name, value);
                }
                Command::Vary(name) => place.scope.set(&name, Bound::Configured(None)),
                Command::Run(words) => self.run(&words, &mut place),
            }
        }
    }

    fn run(&mut self, words: &[Word], place: &mut Place) {
        let Some(program) = words.first().and_then(Word::literal).map(str::to_ascii_lowercase) else { return };
        if let Some(az) = AzCommand::of(words) {
            let span = self.span(words[0].start, words.last().map_or(words[0].end, |last| last.end));
            self.azure(&az, span, place);
            return;
        }
        match program.as_str() {
            "cd" | "pushd" | "set-location" => {
                let target = words.get(1).and_then(|word| place.scope.resolve(word).text);
                let folder = target.and_then(|target| self.beside(&place.folder, &target));
                place.folder = folder.unwrap_or_default();
            }
            _ => {
                Deploy::run(self, &program, words, place);
                self.called_script(words, place);
            }
        }
    }

    /// A script of the repository that a command runs: it is an artefact of its own.
    fn called_script(&mut self, words: &[Word], place: &Place) {
        for word in words.iter().take(3) {
            let Some(text) = place.scope.resolve(word).text else { continue };
            let is_script = [".sh", ".bash", ".ps1", ".azcli"].iter().any(|end| text.ends_with(end));
            if let Some(path) = is_script.then(|| self.locate(&place.folder, &text)).flatten() {
                let span = self.span(word.start, word.end);
                self.found.call(Some(&path), None, true, span);
            }
        }
    }

    fn azure(&mut self, az: &AzCommand<'_>, span: Span, place: &Place) {
        Deploy::azure(self, az, span, place);
        let defaults = if az.is(&["configure"]) { az.values(&["--defaults", "-d"]) } else { Vec::new() };
        let is_told =
            az.is(&["ml"]) || !defaults.is_empty() || az.is(&["extension", "add"]) || az.is(&["extension", "update"]);
        if !is_told || !self.first || self.call.is_some() {
            return;
        }
        let mut members = vec![
            ("command".to_owned(), Value::string(az.title())),
            ("generation".to_owned(), Value::string(az.generation())),
        ];
        let mut add = |name: &str, word: Option<Word>| {
            if let Some(word) = word {
                let resolved = place.scope.resolve(&word);
                members.push((name.to_owned(), resolved.argument(self.span(word.start, word.end))));
            }
        };
        if defaults.is_empty() {
            let named =
                if az.is(&["ml", "workspace"]) { &["--workspace-name", "-w", "--name", "-n"][..] } else { &WORKSPACE };
            let wanted = az.is(&["ml"]);
            add("workspace", az.value(named).filter(|_| wanted).cloned());
            add("resource_group", az.value(&GROUP).filter(|_| wanted).cloned());
            add("subscription", az.value(&["--subscription"]).filter(|_| wanted).cloned());
        } else {
            let default = |name: &str| defaults.iter().find_map(|word| word.without_prefix(name));
            add("workspace", default("workspace="));
            add("resource_group", default("group="));
        }
        let files: Vec<Value> =
            az.values(&["--file", "-f"]).into_iter().map(|word| self.file_reference(az, word, place)).collect();
        if !files.is_empty() && az.is(&["ml"]) {
            members.push(("files".to_owned(), Value::new(Kind::Array(files))));
        }
        self.found.command(&az.title(), span, members);
    }

    fn file_reference(&self, az: &AzCommand<'_>, word: &Word, place: &Place) -> Value {
        let kind = match az.names.get(1).map(String::as_str) {
            Some("online-endpoint" | "batch-endpoint" | "online-deployment" | "batch-deployment") => "endpoint",
            Some("environment" | "data" | "model" | "component" | "compute" | "datastore") => &az.names[1],
            _ => "job",
        };
        self.reference(kind, word, place)
    }

    /// A reference to a file of the repository.
    pub fn reference(&self, kind: &str, word: &Word, place: &Place) -> Value {
        let resolved = place.scope.resolve(word);
        let text = resolved.text.as_deref().map(|text| text.trim_start_matches('@'));
        let mut members = vec![("kind".to_owned(), Value::string(kind))];
        match text {
            None => members.push(("form".to_owned(), Value::string("unknown"))),
            Some(text) => {
                let found = self.locate(&place.folder, text);
                let path =
                    found.clone().or_else(|| self.beside(&place.folder, text)).unwrap_or_else(|| text.to_owned());
                members.push(("form".to_owned(), Value::string("path")));
                members.push(("path".to_owned(), Value::string(path)));
                members.push(("found".to_owned(), Value::new(Kind::Bool(found.is_some()))));
            }
        }
        Value::new(Kind::Object(members)).at(self.span(word.start, word.end))
    }

    /// The path that a text means in a folder.
    pub fn beside(&self, folder: &str, text: &str) -> Option<String> {
        let from = if folder.is_empty() { "x".to_owned() } else { format!("{folder}/x") };
        self.tree.resolve(&from, text)
    }

    /// The file or folder of the repository that a text means: where the step runs, at the root (of a
    /// repository that lies inside another one, too), or beside the file that says so.
    pub fn locate(&self, folder: &str, text: &str) -> Option<String> {
        // No path is longer.
        const LONGEST: usize = 1000;
        if text.is_empty() || text.len() > LONGEST || text.contains('\n') {
            return None;
        }
        let beside_file = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let own_root = self.path.split_once("/.github/").map_or("", |(root, _)| root);
        let mut candidates =
            [folder, "", own_root, beside_file].into_iter().filter_map(|folder| self.beside(folder, text));
        candidates.find(|path| self.exists(path))
    }

    fn exists(&self, path: &str) -> bool {
        if path.is_empty() {
            return false;
        }
        if self.tree.contains(path) {
            return true;
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        !self.tree.folder(path).is_empty() || self.tree.folder(folder).iter().any(|known| known == name)
    }

    /// Notes the regions that stand in a text of the artefact's own file.
    pub fn note_regions(&mut self, text: &str, start: u32, end: u32) {
        if self.call.is_none() {
            let span = self.span(start, end);
            for region in regions_in(text) {
                self.found.regions.entry(region).or_insert(span);
            }
        }
    }
}

const WORKSPACE: [&str; 2] = ["--workspace-name", "-w"];

const GROUP: [&str; 2] = ["--resource-group", "-g"];
