//! Which workspaces serve production. The rules about pairs are for those.

use std::collections::BTreeMap;

use super::{NameTokens, Pattern};

/// What is known about a workspace and decides whether it serves production. `None` is not known.
#[derive(Clone, Copy, Debug, Default)]
pub struct WorkspaceTraits<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// Its tags, as far as they are known.
    pub tags: Option<&'a BTreeMap<String, String>>,
    /// Whether a tag that is not in `tags` is not there.
    pub tags_complete: bool,
    /// The name of its resource group.
    pub resource_group: Option<&'a str>,
    /// The id of its subscription.
    pub subscription_id: Option<&'a str>,
    /// The display name of its subscription.
    pub subscription_name: Option<&'a str>,
    /// The parameter file that it is deployed with, relative to the repository root; `None` if there
    /// is none.
    pub parameter_file: Option<&'a str>,
}

impl<'a> WorkspaceTraits<'a> {
    fn tag(&self, name: &str) -> Option<(&'a str, &'a str)> {
        let found = self.tags?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some((found.0, found.1))
    }

    /// The first of these tags that is known and not blank.
    pub(super) fn first_tag(&self, names: &[String]) -> Option<(&'a str, &'a str)> {
        names.iter().find_map(|name| self.tag(name).filter(|(_, value)| !value.trim().is_empty()))
    }
}

/// Decides which workspaces serve production: the first clause that matches, otherwise the
/// environment that the tag, the name and what is around the workspace tell.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductionSelector {
    /// The clauses in the order of the file.
    pub clauses: Vec<ProductionClause>,
    /// The environments (usual names) that are not production.
    pub non_production: Vec<String>,
}

impl Default for ProductionSelector {
    fn default() -> Self {
        let environments = ["dev", "test", "sandbox", "poc", "nonprod"];
        Self { clauses: Vec::new(), non_production: environments.map(str::to_owned).to_vec() }
    }
}

/// One clause of the selector: every criterion that it gives must match; a criterion matches if one
/// of its globs does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProductionClause {
    /// What it decides.
    pub production: bool,
    /// Globs over the name.
    pub name: Vec<Pattern>,
    /// Globs over the values of tags.
    pub tags: BTreeMap<String, Vec<Pattern>>,
    /// Globs over the resource group.
    pub resource_group: Vec<Pattern>,
    /// Globs over the id or display name of the subscription.
    pub subscription: Vec<Pattern>,
    /// Globs over the path of the parameter file.
    pub parameter_file: Vec<Pattern>,
    /// The line (from 1).
    pub line: u32,
}

/// Whether a workspace serves production, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Production {
    /// Whether it does. Also true if that is not known: only what is proved to be outside is exempt.
    pub production: bool,
    /// What says that it does not, for people, for example ``token `dev` of the name `mlw-dev-weu` ``.
    pub environment: Option<String>,
}

impl Production {
    const YES: Production = Production { production: true, environment: None };

    fn no(environment: String) -> Self {
        Self { production: false, environment: Some(environment) }
    }
}

impl ProductionSelector {
    /// Decides about a workspace.
    pub fn decide(&self, traits: &WorkspaceTraits, tokens: &NameTokens, environment_tags: &[String]) -> Production {
        for clause in &self.clauses {
            match (clause.matches(traits), clause.production) {
                (Some(true), true) | (None, true) => return Production::YES,
                (Some(true), false) => {
                    return Production::no(format!(
                        "the production selector in line {} of the configuration",
                        clause.line
                    ));
                }
                // What is not proved to match does not take a workspace out.
                (None | Some(false), false) | (Some(false), true) => {}
            }
        }
        self.by_environment(traits, tokens, environment_tags)
    }

    /// The tag first, then the name, and from there outwards: what stands nearer to the workspace says
    /// more about it. Of several words in one place each must be outside production.
    fn by_environment(&self, traits: &WorkspaceTraits, tokens: &NameTokens, tags: &[String]) -> Production {
        if let Some((tag, value)) = traits.first_tag(tags)
            && let Some(environment) = tokens.environment_of_word(value)
        {
            return if self.is_outside(environment) {
                Production::no(format!("the tag `{tag}` with the value `{value}`"))
            } else {
                Production::YES
            };
        }
        let places = [
            ("name", traits.name),
            ("resource group", traits.resource_group),
            ("parameter file", traits.parameter_file),
            ("subscription", traits.subscription_name),
        ];
        for (place, text) in places {
            let Some(text) = text else { continue };
            let words = tokens.environment_words(text);
            let Some((word, _)) = words.first() else { continue };
            return if words.iter().all(|(_, environment)| self.is_outside(environment)) {
                Production::no(format!("token `{word}` of the {place} `{text}`"))
            } else {
                Production::YES
            };
        }
        Production::YES
    }

    fn is_outside(&self, environment: &str) -> bool {
        self.non_production.iter().any(|name| name.eq_ignore_ascii_case(environment))
    }
}

impl ProductionClause {
    /// Whether it matches; `None` if that depends on something unknown.
    fn matches(&self, traits: &WorkspaceTraits) -> Option<bool> {
        // No parameter file is known to be none: an empty path matches no glob but `*`.
        let plain = [
            (&self.name, traits.name),
            (&self.resource_group, traits.resource_group),
            (&self.parameter_file, traits.parameter_file.or(Some(""))),
        ];
        let mut answers: Vec<Option<bool>> = Vec::new();
        answers.extend(plain.iter().filter(|(globs, _)| !globs.is_empty()).map(|(globs, text)| any(globs, *text)));
        if !self.subscription.is_empty() {
            answers.push(either(
                any(&self.subscription, traits.subscription_id),
                any(&self.subscription, traits.subscription_name),
            ));
        }
        answers.extend(self.tags.iter().map(|(name, globs)| match traits.tag(name) {
            Some((_, value)) => any(globs, Some(value)),
            None if traits.tags_complete => Some(false),
            None => None,
        }));
        if answers.contains(&Some(false)) {
            return Some(false);
        }
        (!answers.contains(&None)).then_some(true)
    }
}

fn any(globs: &[Pattern], text: Option<&str>) -> Option<bool> {
    text.map(|text| globs.iter().any(|glob| glob.matches(text)))
}

fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}
