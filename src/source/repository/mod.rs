//! What a repository holds beside infrastructure code: Azure ML YAML, Python, notebooks, workflows,
//! scripts, configuration and documents, as artefacts in the shape of resources.
//!
//! Which artefacts there are, and what each holds, is fixed in `docs/repository-facts.md`.

mod aml_yaml;
pub mod asset;
mod files;
pub mod paths;
mod placeholder;
mod python;
mod workflow;
pub mod yaml;

pub use aml_yaml::AmlYaml;
pub use files::RepositoryFiles;
pub use placeholder::is_placeholder;
pub use python::{Notebook, Python};
pub use workflow::Workflows;

use std::collections::HashMap;

use crate::model::{
    ARTEFACT, Declaration, Deployment, FileId, Inventory, Kind, Resource, ResourceId, SourceFile, Span, Text, Value,
};

/// How source code comes to a value, as rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written in the code, also through a constant.
    Literal,
    /// From outside of the code: an environment variable, an argument, a parameter, a pipeline variable.
    Configured,
    /// A text that stands for a value: `<SUBSCRIPTION_ID>`.
    Placeholder,
    /// Computed in a way that the reader does not follow.
    Unknown,
}

impl Origin {
    /// `literal`, `configured`, `placeholder` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Literal => "literal",
            Self::Configured => "configured",
            Self::Placeholder => "placeholder",
            Self::Unknown => "unknown",
        }
    }

    /// The origin of a text that is written in the code.
    pub fn of_text(text: &str) -> Self {
        if is_placeholder(text) { Self::Placeholder } else { Self::Literal }
    }
}

/// A value of the code with its origin: `{"origin": "literal", "value": "mlw-prod"}`, at its place.
/// `supplied` is where the value was given if that is elsewhere (a constant).
pub fn argument(origin: Origin, value: Option<&str>, span: Span, supplied: Option<Span>) -> Value {
    let mut members = vec![("origin".to_owned(), Value::string(origin.as_str()))];
    members.extend(value.map(|text| ("value".to_owned(), Value::string(text))));
    Value { kind: Kind::Object(members), span: Some(span), supplied }
}

/// Facts of one kind in a file, each under a name that stays the same when lines move: an object in
/// the artefact.
#[derive(Debug, Default)]
pub struct Facts {
    facts: Vec<(String, Value)>,
    /// How often a name was given so far.
    names: HashMap<String, usize>,
}

impl Facts {
    /// Adds a fact; the second of one name is called `name (2)`.
    pub fn add(&mut self, name: &str, fact: Value) {
        let mut count = self.names.get(name).copied().unwrap_or_default();
        let mut unique = name.to_owned();
        while count > 0 && self.names.contains_key(&unique) {
            count += 1;
            unique = format!("{name} ({count})");
        }
        self.names.insert(name.to_owned(), count.max(1));
        self.names.entry(unique.clone()).or_insert(1);
        self.facts.push((unique, fact));
    }

    /// Adds a fact unless there is one of that name.
    pub fn add_once(&mut self, name: &str, fact: Value) {
        if !self.names.contains_key(name) {
            self.add(name, fact);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// The object.
    pub fn into_value(self) -> Value {
        Value::new(Kind::Object(self.facts))
    }
}

/// An artefact on its way into an inventory.
#[derive(Debug)]
pub struct Artefact {
    /// `python`, `definition`, …: what follows [`ARTEFACT`] in its type.
    kind: &'static str,
    /// The document of a file with several, from 1.
    document: usize,
    members: Vec<(String, Value)>,
    span: Span,
}

impl Artefact {
    /// An artefact that is a file, or the part of one at a span.
    pub fn new(kind: &'static str, span: Span) -> Self {
        Self { kind, document: 1, members: Vec::new(), span }
    }

    /// The same, as the n-th document (from 1) of its file.
    pub fn document(mut self, number: usize) -> Self {
        self.document = number;
        self
    }

    /// Sets a member of its body. Empty facts are left out by the caller where absence means none.
    pub fn set(&mut self, name: &str, value: Value) {
        self.members.push((name.to_owned(), value));
    }

    /// Puts it into an inventory. The file must be among the inventory's files.
    pub fn add_to(mut self, inventory: &mut Inventory) {
        let path = inventory.files.get(self.span.file).map_or_else(String::new, |file| file.path.clone());
        let deployment = inventory.add_deployment(Deployment { template: path.clone(), ..Deployment::default() });
        let part = if self.document > 1 { format!("#{}", self.document) } else { String::new() };
        self.members.insert(0, ("path".to_owned(), Value::string(path.as_str())));
        let declaration = Declaration {
            deployment,
            logical_name: format!("{}:{path}{part}", self.kind),
            span: self.span,
            spans: Default::default(),
            calls: Vec::new(),
            existing: false,
            condition: None,
            location: None,
        };
        let id = ResourceId::from_text(Text::known(format!("{ARTEFACT}{path}{part}")));
        let body = Value::new(Kind::Object(self.members));
        inventory.resources.push(Resource::declared(id, &format!("{ARTEFACT}{}", self.kind), body, declaration));
    }
}

/// Adds a file to an inventory.
pub fn add_file(inventory: &mut Inventory, path: &str, text: impl Into<std::sync::Arc<str>>) -> FileId {
    inventory.files.add(SourceFile::new(path, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_one_name_are_numbered() {
        let mut facts = Facts::default();
        assert!(facts.is_empty());
        for name in ["a", "b", "a", "a (2)", "a", "b"] {
            facts.add(name, Value::string("x"));
        }
        let Kind::Object(members) = facts.into_value().kind else { panic!("an object") };
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "a (2)", "a (2) (2)", "a (3)", "b (2)"]);
    }
}
