//! What a definition refers to, and which programs it runs.

use crate::model::{FileId, Kind, Span, Text, Value};
use crate::source::FileTree;
use crate::source::repository::asset::Asset;
use crate::source::repository::yaml::written;
use crate::source::repository::{Facts, paths};

use super::scripts;

/// What a definition refers to, each under the names of the members that lead there.
pub(super) struct References<'t> {
    tree: &'t FileTree,
    /// The file, to which paths are relative.
    from: String,
    facts: Facts,
    scripts: Vec<Value>,
}

impl<'t> References<'t> {
    /// What a document of a kind refers to.
    pub fn of(tree: &'t FileTree, from: &str, kind: &str, document: &Value) -> Self {
        let mut references = Self::new(tree, from.to_owned());
        references.definition(kind, document, "");
        references
    }

    /// None yet, in a file.
    pub fn new(tree: &'t FileTree, from: String) -> Self {
        Self { tree, from, facts: Facts::default(), scripts: Vec::new() }
    }

    /// The references, and the paths of programs.
    pub fn into_values(self) -> (Option<Value>, Option<Value>) {
        let scripts = (!self.scripts.is_empty()).then(|| Value::new(Kind::Array(self.scripts)));
        ((!self.facts.is_empty()).then(|| self.facts.into_value()), scripts)
    }

    fn definition(&mut self, kind: &str, node: &Value, at: &str) {
        match kind {
            "environment" => self.environment_parts(node, at),
            "data" => self.member(node, "path", "data", at),
            "model" => self.member(node, "path", "model", at),
            _ => self.steps(node, at),
        }
    }

    /// A job, a component, a deployment, a schedule, or a step of a pipeline.
    fn steps(&mut self, node: &Value, at: &str) {
        self.environment(node, at);
        self.member(node, "compute", "compute", at);
        self.member(node, "default_compute", "compute", at);
        if let Some(settings) = node.get("settings") {
            self.member(settings, "default_compute", "compute", &join(at, "settings"));
        }
        self.member(node, "code", "code", at);
        self.member(node, "endpoint_name", "endpoint", at);
        self.model(node, at);
        self.inputs(node, at);
        for name in ["component", "trial"] {
            self.nested(node, name, "component", at);
        }
        self.schedule(node, at);
        for (part, inner) in members(node.get("jobs")) {
            self.steps(inner, &join(&join(at, "jobs"), part));
        }
        for name in ["code_configuration", "task"] {
            if let Some(part) = node.get(name).filter(|part| matches!(part.kind, Kind::Object(_))) {
                self.member(part, "code", "code", &join(at, name));
                self.environment(part, &join(at, name));
            }
        }
        self.programs(node);
    }

    /// A member that names an asset, or defines one on the spot.
    fn nested(&mut self, node: &Value, name: &str, kind: &'static str, at: &str) {
        match node.get(name) {
            Some(inner) if matches!(inner.kind, Kind::Object(_)) => self.steps(inner, &join(at, name)),
            _ => self.member(node, name, kind, at),
        }
    }

    fn schedule(&mut self, node: &Value, at: &str) {
        let Some(job) = node.get("create_job") else { return };
        let at = join(at, "create_job");
        if !matches!(job.kind, Kind::Object(_)) {
            self.reference(job, "job", &at);
            return;
        }
        self.steps(job, &at);
        self.member(job, "job", "job", &at);
    }

    fn environment(&mut self, node: &Value, at: &str) {
        let Some(environment) = node.get("environment") else { return };
        let at = join(at, "environment");
        if matches!(environment.kind, Kind::Object(_)) {
            let form = Asset { form: "inline", ..Asset::default() };
            self.facts.add(&at, form.into_value("environment", span_of(environment)));
            self.environment_parts(environment, &at);
            return;
        }
        self.reference(environment, "environment", &at);
    }

    /// The conda file and the Dockerfile of an environment.
    fn environment_parts(&mut self, environment: &Value, at: &str) {
        self.member(environment, "conda_file", "conda_file", at);
        let Some(build) = environment.get("build") else { return };
        let Some(context) = build.get("path") else { return };
        let at = join(&join(at, "build"), "dockerfile_path");
        let file = build.get("dockerfile_path");
        let place = span_of(file.unwrap_or(context));
        let parts = [context.as_text(), file.map_or(Some(Text::known("Dockerfile")), Value::as_text)];
        let [Some(folder), Some(file)] = parts else { return };
        let mut path = folder;
        path.push_known("/");
        path.push(&file);
        self.path_or_asset(&path, "dockerfile", place, &at);
    }

    fn model(&mut self, node: &Value, at: &str) {
        match node.get("model") {
            Some(model) if matches!(model.kind, Kind::Object(_)) => {
                self.member(model, "path", "model", &join(at, "model"));
            }
            _ => self.member(node, "model", "model", at),
        }
    }

    /// Data and models that a job takes. A relative path is uploaded with the job; an address leads elsewhere.
    fn inputs(&mut self, node: &Value, at: &str) {
        for part in ["inputs", "outputs"] {
            for (name, input) in members(node.get(part)) {
                self.input(input, &join(&join(at, part), name));
            }
        }
        for name in ["training_data", "validation_data", "test_data"] {
            if let Some(input) = node.get(name) {
                self.input(input, &join(at, name));
            }
        }
    }

    fn input(&mut self, input: &Value, at: &str) {
        let is_asset = |text: &Text| written(text).starts_with("azureml:");
        if input.as_text().is_some_and(|text| is_asset(&text)) {
            self.reference(input, "data", at);
            return;
        }
        let stated = input.get("type").and_then(Value::as_str).unwrap_or_default();
        self.member(input, "path", if stated.ends_with("_model") { "model" } else { "data" }, at);
    }

    fn member(&mut self, node: &Value, name: &str, kind: &'static str, at: &str) {
        if let Some(value) = node.get(name) {
            self.reference(value, kind, &join(at, name));
        }
    }

    /// What a text refers to, or what is defined on the spot.
    pub fn reference(&mut self, value: &Value, kind: &'static str, at: &str) {
        if matches!(value.kind, Kind::Object(_)) {
            let inline = Asset { form: "inline", ..Asset::default() };
            return self.facts.add(at, inline.into_value(kind, span_of(value)));
        }
        if let Some(text) = value.as_text() {
            self.path_or_asset(&text, kind, span_of(value), at);
        }
    }

    fn path_or_asset(&mut self, text: &Text, kind: &'static str, place: Span, at: &str) {
        let Some(known) = text.as_known() else {
            // What Azure ML itself puts in (the output of another step) refers to nothing outside of the job. It
            // does not do so for environments.
            if kind != "environment" && written(text).contains("${{") {
                return;
            }
            let unknown = Asset { form: "unknown", ..Asset::default() };
            return self.facts.add(at, unknown.into_value(kind, place));
        };
        let Some(mut asset) = Asset::parse(text) else { return };
        let plain = asset.path.clone().unwrap_or_default();
        if asset.form == "path" && is_name(kind, &plain) {
            if kind == "compute" && matches!(known.to_ascii_lowercase().as_str(), "local" | "serverless") {
                return;
            }
            asset = Asset::named(known.trim()).unwrap_or(Asset { form: "unknown", ..Asset::default() });
        }
        let found = match asset.form {
            "path" => self.resolve(&mut asset, &plain),
            _ => None,
        };
        let mut value = asset.into_value(kind, place);
        if let (Kind::Object(members), Some(found)) = (&mut value.kind, found) {
            members.push(("found".to_owned(), Value::new(Kind::Bool(found))));
        }
        self.facts.add(at, value);
    }

    fn resolve(&self, asset: &mut Asset, plain: &str) -> Option<bool> {
        let target = paths::target(self.tree, &self.from, plain);
        // A path out of the repository is kept as it is written.
        asset.path = Some(target.as_ref().map_or(plain, |target| &target.path).to_owned());
        target.and_then(|target| target.found)
    }

    fn programs(&mut self, node: &Value) {
        for (program, place) in scripts::of(node) {
            self.add_program(&program, place);
        }
    }

    fn add_program(&mut self, program: &str, place: Span) {
        let Some(path) = self.tree.resolve(&self.from, program) else { return };
        if !self.scripts.iter().any(|known| known.as_str() == Some(path.as_str())) {
            self.scripts.push(Value::string(path).at(place));
        }
    }

    /// A program that a value names.
    pub fn program(&mut self, value: &Value) {
        if let Some(program) = value.as_str() {
            self.add_program(program, span_of(value));
        }
    }

    /// A reference that a value is.
    pub fn add(&mut self, at: &str, asset: Asset, kind: &'static str, value: &Value) {
        self.facts.add(at, asset.into_value(kind, span_of(value)));
    }
}

/// Whether a text without `azureml:` is a name all the same: these kinds have no files.
fn is_name(kind: &str, text: &str) -> bool {
    match kind {
        "compute" | "endpoint" => true,
        "environment" => !text.contains(['/', '\\']) && !text.ends_with(".yml") && !text.ends_with(".yaml"),
        _ => false,
    }
}

fn members(node: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let members = match node.map(|node| &node.kind) {
        Some(Kind::Object(members)) => members.as_slice(),
        _ => &[],
    };
    members.iter().map(|(name, value)| (name.as_str(), value))
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// Where a value stands. Everything that the parser gives stands somewhere.
fn span_of(value: &Value) -> Span {
    value.span.unwrap_or(Span { file: FileId(0), start: 0, end: 0 })
}
