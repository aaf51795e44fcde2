//! What variables of scripts and pipelines stand for.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Span, Value};
use crate::source::repository::{Origin, argument};

use super::shell::{Part, Word};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    /// A value that is written in the code, and where.
    Literal(String, Span),
    /// A value from outside; the text is that of the case that is looked at: an entry of a matrix.
    Configured(Option<String>),
    /// Computed.
    Unknown,
}

/// A word with its variables replaced, as far as they are known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resolved {
    /// Where its value comes from.
    pub origin: Origin,
    /// The text, in the case that is looked at.
    pub text: Option<String>,
    /// Where it was given, if elsewhere.
    pub supplied: Option<Span>,
}

impl Resolved {
    /// As an argument of a command, at its place.
    pub fn argument(&self, span: Span) -> Value {
        let value = self.text.as_deref().filter(|_| self.origin == Origin::Literal);
        argument(self.origin, value, span, self.supplied)
    }
}

/// The names that hold at a place; those of different kinds begin differently: `ENV.`, `MATRIX.`, `INPUTS.`,
/// `PARAMETERS.`, `VARIABLES.`. Case is ignored, since half of the platforms do so.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    names: BTreeMap<String, Bound>,
    /// What the script itself has set so far.
    own: BTreeSet<String>,
}

/// The folders in which a pipeline puts the repository.
const ROOTS: &[&str] = &[
    "ENV.BUILD_SOURCESDIRECTORY",
    "ENV.CI_PROJECT_DIR",
    "ENV.GITHUB_WORKSPACE",
    "ENV.SYSTEM_DEFAULTWORKINGDIRECTORY",
    "GITHUB.WORKSPACE",
    "VARIABLES.BUILD.SOURCESDIRECTORY",
    "VARIABLES.SYSTEM.DEFAULTWORKINGDIRECTORY",
];

impl Scope {
    /// The names that a pipeline has by itself.
    pub fn predefined() -> Self {
        let mut scope = Self::default();
        for name in ROOTS {
            scope.bind(name, Bound::Configured(Some(".".to_owned())));
        }
        scope
    }

    /// Gives a name its meaning.
    pub fn bind(&mut self, name: &str, bound: Bound) {
        self.names.insert(name.to_ascii_uppercase(), bound);
    }

    /// A variable of Azure Pipelines, which is also one of the environment.
    pub fn bind_variable(&mut self, name: &str, bound: Bound) {
        self.bind(&format!("ENV.{}", name.replace(['.', ' '], "_")), bound.clone());
        self.bind(&format!("VARIABLES.{name}"), bound);
    }

    /// Sets a variable in the course of a script. One with several values depends on how the script runs.
    pub fn set(&mut self, name: &str, value: Bound) {
        let name = format!("ENV.{}", name.to_ascii_uppercase());
        let again = !self.own.insert(name.clone());
        let same = match (self.names.get(&name), &value) {
            (Some(Bound::Literal(old, _)), Bound::Literal(new, _)) => old == new,
            _ => false,
        };
        let value = if again && !same { Bound::Configured(None) } else { value };
        self.names.insert(name, value);
    }

    /// The text of a name, if it is known in the case that is looked at.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.get(name) {
            Bound::Literal(text, _) => Some(text),
            Bound::Configured(text) => text,
            Bound::Unknown => None,
        }
    }

    /// Whether a name means anything.
    pub fn is_bound(&self, name: &str) -> bool {
        self.names.contains_key(&name.to_ascii_uppercase())
    }

    /// Forgets all names that begin so.
    pub fn forget(&mut self, prefix: &str) {
        self.names.retain(|name, _| !name.starts_with(prefix));
    }

    /// How many items the list of a name has, as far as they were bound: `PARAMETERS.REGIONS[0]`.
    pub fn length(&self, name: &str) -> usize {
        let prefix = format!("{}[", name.to_ascii_uppercase());
        let indices = self.names.range(prefix.clone()..).map_while(|(key, _)| key.strip_prefix(&prefix));
        indices
            .filter_map(|rest| rest.split(']').next()?.parse::<usize>().ok())
            .map(|index| index + 1)
            .max()
            .unwrap_or(0)
    }

    /// Gives `target` and all inside of it the meaning that `source` has elsewhere.
    pub fn copy_from(&mut self, other: &Self, source: &str, target: &str) {
        let (source, target) = (source.to_ascii_uppercase(), target.to_ascii_uppercase());
        let inside = other.names.range(source.clone()..).take_while(|(name, _)| name.starts_with(&source));
        for (name, bound) in inside {
            let rest = &name[source.len()..];
            if rest.is_empty() || rest.starts_with(['.', '[']) {
                self.names.insert(format!("{target}{rest}"), bound.clone());
            }
        }
    }

    /// The variables that the environment gives Terraform, as `name=value`.
    pub fn terraform_variables(&self) -> Vec<String> {
        let given = self.names.iter().filter_map(|(name, bound)| Some((name.strip_prefix("ENV.TF_VAR_")?, bound)));
        let texts = given.map(|(name, bound)| match bound {
            Bound::Literal(text, _) | Bound::Configured(Some(text)) => format!("{name}={text}"),
            _ => format!("{name}="),
        });
        texts.collect()
    }

    fn get(&self, name: &str) -> Bound {
        self.names.get(&name.to_ascii_uppercase()).cloned().unwrap_or(Bound::Configured(None))
    }

    /// The text of a word, and where it comes from.
    pub fn resolve(&self, word: &Word) -> Resolved {
        let mut resolved = Resolved { origin: Origin::Literal, text: Some(String::new()), supplied: None };
        for part in &word.parts {
            let bound = match part {
                Part::Text(text) => {
                    append(&mut resolved.text, Some(text));
                    continue;
                }
                Part::Variable(name) => self.get(&format!("ENV.{name}")),
                Part::Macro(name) => self.get(&format!("VARIABLES.{name}")),
                Part::Expression(expression) => self.expression(expression),
                Part::Given => Bound::Configured(None),
                Part::Computed => Bound::Unknown,
            };
            match bound {
                Bound::Literal(text, span) => {
                    append(&mut resolved.text, Some(&text));
                    resolved.supplied = Some(span);
                }
                Bound::Configured(text) => {
                    append(&mut resolved.text, text.as_deref());
                    if resolved.origin == Origin::Literal {
                        resolved.origin = Origin::Configured;
                    }
                }
                Bound::Unknown => {
                    resolved.text = None;
                    resolved.origin = Origin::Unknown;
                }
            }
        }
        if resolved.origin == Origin::Literal {
            resolved.origin = resolved.text.as_deref().map_or(Origin::Unknown, Origin::of_text);
        }
        resolved
    }

    /// The value of a word, to bind another name to it.
    pub fn value(&self, word: &Word, span: Span) -> Bound {
        let resolved = self.resolve(word);
        match (resolved.origin, resolved.text) {
            (Origin::Literal, Some(text)) => Bound::Literal(text, span),
            (Origin::Placeholder, text) | (Origin::Configured, text) => Bound::Configured(text),
            _ => Bound::Unknown,
        }
    }

    /// An expression between `${{` and `}}`, or the condition of one.
    pub fn expression(&self, expression: &str) -> Bound {
        let expression = expression.trim();
        if let Some(text) = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            // A text in an expression that holds nothing else; both quotes are its own.
            return if text.contains('\'') {
                Bound::Configured(None)
            } else {
                Bound::Configured(Some(text.to_owned()))
            };
        }
        let name = expression.replace("['", ".").replace("']", "");
        let is_path = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if !is_path {
            return Bound::Configured(None);
        }
        let upper = name.to_ascii_uppercase();
        self.get(upper.strip_prefix("GITHUB.EVENT.").filter(|rest| rest.starts_with("INPUTS.")).unwrap_or(&upper))
    }
}

fn append(text: &mut Option<String>, more: Option<&str>) {
    match (text.as_mut(), more) {
        (Some(known), Some(more)) => known.push_str(more),
        _ => *text = None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::mapped::Mapped;
    use super::*;
    use crate::model::FileId;

    const PLACE: Span = Span { file: FileId(0), start: 3, end: 5 };

    fn literal(text: &str) -> Bound {
        Bound::Literal(text.to_owned(), PLACE)
    }

    fn resolve(scope: &Scope, text: &str) -> (Origin, Option<String>) {
        let resolved = scope.resolve(&Word::of(&Mapped::verbatim(text, 0)));
        (resolved.origin, resolved.text)
    }

    #[test]
    fn names_of_every_kind_are_found() {
        let mut scope = Scope::predefined();
        scope.bind("env.WS", literal("mlw"));
        scope.bind("matrix.region", Bound::Configured(Some("westeurope".into())));
        scope.bind_variable("rg.name", literal("rg-ml"));
        assert_eq!(resolve(&scope, "$WS-1"), (Origin::Literal, Some("mlw-1".into())));
        assert_eq!(resolve(&scope, "${{ env.WS }}"), (Origin::Literal, Some("mlw".into())));
        assert_eq!(resolve(&scope, "x-${{matrix.region}}"), (Origin::Configured, Some("x-westeurope".into())));
        assert_eq!(resolve(&scope, "$(Rg.Name)"), (Origin::Literal, Some("rg-ml".into())));
        assert_eq!(resolve(&scope, "$RG_NAME"), (Origin::Literal, Some("rg-ml".into())));
        assert_eq!(resolve(&scope, "${{ vars.WS }}"), (Origin::Configured, None));
        assert_eq!(resolve(&scope, "${{ env.WS || 'x' }}"), (Origin::Configured, None));
        assert_eq!(resolve(&scope, "${{ variables['rg.name'] }}"), (Origin::Literal, Some("rg-ml".into())));
        assert_eq!(resolve(&scope, "$(System.DefaultWorkingDirectory)/a").1, Some("./a".into()));
        assert_eq!(resolve(&scope, "<name>").0, Origin::Placeholder);
    }

    #[test]
    fn a_variable_with_several_values_depends_on_the_run() {
        let mut scope = Scope::default();
        scope.set("WS", literal("a"));
        assert_eq!(resolve(&scope, "$WS").0, Origin::Literal);
        scope.set("WS", literal("a"));
        assert_eq!(resolve(&scope, "$WS").0, Origin::Literal);
        scope.set("WS", literal("b"));
        assert_eq!(resolve(&scope, "$WS"), (Origin::Configured, None));
    }
}
