//! What was found in a workflow or script, on its way to the members of an artefact.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Kind, Span, Value};
use crate::source::repository::{Artefact, Facts};

/// So many commands, deployments and calls of one file are told; a file with more is a generated one.
const MAX_FACTS: usize = 1000;

/// A step that deploys, in all cases in which it runs.
#[derive(Debug, Default)]
pub(super) struct Deployed {
    /// The first case: tool, template, parameters, location.
    pub members: Vec<(String, Value)>,
    pub span: Option<Span>,
    pub tool: String,
    pub regions: BTreeSet<String>,
    /// Environment → regions.
    pub environments: BTreeMap<String, BTreeSet<String>>,
    /// In some case the region is not known.
    pub unresolved: bool,
}

/// What a file does.
#[derive(Debug, Default)]
pub(super) struct Found {
    commands: Facts,
    /// How often a name was given.
    names: BTreeMap<String, usize>,
    /// By the place of the step, and that of the call which leads there.
    deployments: BTreeMap<(u32, String, u32, String), Deployed>,
    calls: BTreeMap<String, Value>,
    pub regions: BTreeMap<String, Span>,
    counted: usize,
    /// Where the limit was reached.
    pub overflow: Option<Span>,
}

impl Found {
    /// Whether some command is one of the machine learning extension.
    fn uses_azure_ml(&self) -> bool {
        self.names.keys().any(|name| name.starts_with("az ml "))
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.deployments.is_empty()
    }

    fn counts(&mut self, span: Span) -> bool {
        self.counted += 1;
        if self.counted > MAX_FACTS {
            self.overflow.get_or_insert(span);
        }
        self.counted <= MAX_FACTS
    }

    /// Adds a command.
    pub fn command(&mut self, name: &str, span: Span, members: Vec<(String, Value)>) {
        if self.counts(span) {
            self.commands.add(&numbered(&mut self.names, name), Value::new(Kind::Object(members)).at(span));
        }
    }

    /// Adds a case of a deployment.
    pub fn deployment(&mut self, key: (u32, String, u32, String), case: Deployed) {
        let known = self.deployments.contains_key(&key);
        let Some(span) = case.span else { return };
        if !known && !self.counts(span) {
            return;
        }
        let all = self.deployments.entry(key).or_default();
        if !known {
            (all.members, all.span, all.tool) = (case.members, case.span, case.tool);
        }
        all.regions.extend(case.regions);
        for (environment, regions) in case.environments {
            all.environments.entry(environment).or_default().extend(regions);
        }
        all.unresolved |= case.unresolved;
    }

    /// Adds a call of another file: one in the repository by its path, one elsewhere by its name.
    pub fn call(&mut self, path: Option<&str>, remote: Option<&str>, found: bool, span: Span) {
        let Some(name) = path.or(remote) else { return };
        if self.calls.contains_key(name) || !self.counts(span) {
            return;
        }
        let mut members = Vec::new();
        members.extend(path.map(|path| ("path".to_owned(), Value::string(path))));
        members.extend(path.map(|_| ("found".to_owned(), Value::new(Kind::Bool(found)))));
        members.extend(remote.map(|remote| ("remote".to_owned(), Value::string(remote))));
        self.calls.insert(name.to_owned(), Value::new(Kind::Object(members)).at(span));
    }

    /// Puts it into an artefact.
    pub fn add_to(self, artefact: &mut Artefact) {
        if self.uses_azure_ml() {
            artefact.set("azure_ml", truth());
        }
        if !self.commands.is_empty() {
            artefact.set("commands", self.commands.into_value());
        }
        let mut deployments = Facts::default();
        let mut names = BTreeMap::new();
        for deployed in self.deployments.into_values() {
            deployments.add(&numbered(&mut names, &deployed.tool), deployed.into_value());
        }
        if !deployments.is_empty() {
            artefact.set("deployments", deployments.into_value());
        }
        if !self.calls.is_empty() {
            artefact.set("calls", Value::new(Kind::Object(self.calls.into_iter().collect())));
        }
        if !self.regions.is_empty() {
            let regions = self.regions.into_iter().map(|(name, span)| (name, truth().at(span)));
            artefact.set("regions", Value::new(Kind::Object(regions.collect())));
        }
    }
}

impl Deployed {
    fn into_value(self) -> Value {
        let mut members = vec![("tool".to_owned(), Value::string(self.tool))];
        members.extend(self.members);
        let regions = self.regions.into_iter().map(|region| (region, truth()));
        members.push(("regions".to_owned(), Value::new(Kind::Object(regions.collect()))));
        let list =
            |regions: BTreeSet<String>| Value::new(Kind::Array(regions.into_iter().map(Value::string).collect()));
        let environments = self.environments.into_iter().map(|(name, regions)| (name, list(regions)));
        members.push(("environments".to_owned(), Value::new(Kind::Object(environments.collect()))));
        if self.unresolved {
            members.push(("unresolved".to_owned(), truth()));
        }
        let value = Value::new(Kind::Object(members));
        match self.span {
            Some(span) => value.at(span),
            None => value,
        }
    }
}

/// A name for the next fact of this name: `az ml job create (2)`.
fn numbered(names: &mut BTreeMap<String, usize>, name: &str) -> String {
    let count = names.entry(name.to_owned()).or_insert(0);
    *count += 1;
    if *count == 1 { name.to_owned() } else { format!("{name} ({count})") }
}

/// What sets of names are made of.
pub(super) fn truth() -> Value {
    Value::new(Kind::Bool(true))
}
