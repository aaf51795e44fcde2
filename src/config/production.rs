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
        let plain = [(&self.name, traits.name), (&self.resource_group, traits.resource_group)];
        let mut answers: Vec<Option<bool>> = Vec::new();
        answers.extend(plain.iter().filter(|(globs, _)| !globs.is_empty()).map(|(globs, text)| any(globs, *text)));
        if !self.parameter_file.is_empty() {
            // Whether there is a parameter file is always known.
            answers.push(Some(any(&self.parameter_file, traits.parameter_file) == Some(true)));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(selector: &ProductionSelector, traits: &WorkspaceTraits) -> Production {
        let tags = ["environment".to_owned(), "env".to_owned()];
        selector.decide(traits, &NameTokens::default(), &tags)
    }

    fn reason(traits: &WorkspaceTraits) -> Option<String> {
        let decided = decide(&ProductionSelector::default(), traits);
        assert_eq!(decided.production, decided.environment.is_none());
        decided.environment
    }

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn globs(text: &str) -> Vec<Pattern> {
        vec![Pattern::name(text).expect("a glob")]
    }

    #[test]
    fn what_says_nothing_is_production() {
        assert_eq!(reason(&WorkspaceTraits::default()), None);
        assert_eq!(reason(&WorkspaceTraits { name: Some("mlw-fraud"), ..WorkspaceTraits::default() }), None);
        // Environments that are tested like production.
        assert_eq!(reason(&WorkspaceTraits { name: Some("mlw-qa-weu"), ..WorkspaceTraits::default() }), None);
        assert_eq!(reason(&WorkspaceTraits { name: Some("mlw-staging-weu"), ..WorkspaceTraits::default() }), None);
    }

    #[test]
    fn the_reason_names_the_word_and_its_place() {
        let named = WorkspaceTraits { name: Some("mlw-dev-weu"), ..WorkspaceTraits::default() };
        assert_eq!(reason(&named).as_deref(), Some("token `dev` of the name `mlw-dev-weu`"));
        let file = WorkspaceTraits {
            name: Some("mlw-fraud"),
            parameter_file: Some("params/tst.bicepparam"),
            ..WorkspaceTraits::default()
        };
        assert_eq!(reason(&file).as_deref(), Some("token `tst` of the parameter file `params/tst.bicepparam`"));
    }

    #[test]
    fn what_is_nearer_to_the_workspace_decides() {
        let dev = tags(&[("Environment", "Development")]);
        let traits = WorkspaceTraits { name: Some("mlw-prod"), tags: Some(&dev), ..WorkspaceTraits::default() };
        assert_eq!(reason(&traits).as_deref(), Some("the tag `Environment` with the value `Development`"));
        let traits = WorkspaceTraits {
            name: Some("mlw-prod"),
            resource_group: Some("rg-dev"),
            subscription_name: Some("Sandbox"),
            ..WorkspaceTraits::default()
        };
        assert_eq!(reason(&traits), None);
        // A value that is no known word leaves it to the name.
        let blue = tags(&[("env", "blue")]);
        let traits = WorkspaceTraits { name: Some("mlw-poc"), tags: Some(&blue), ..WorkspaceTraits::default() };
        assert!(reason(&traits).is_some());
    }

    #[test]
    fn a_name_with_a_production_word_is_production() {
        assert_eq!(reason(&WorkspaceTraits { name: Some("mlw-prod-test"), ..WorkspaceTraits::default() }), None);
        assert!(reason(&WorkspaceTraits { name: Some("mlw-dev-test"), ..WorkspaceTraits::default() }).is_some());
    }

    #[test]
    fn the_first_clause_that_matches_decides() {
        let keep = ProductionClause { production: true, name: globs("mlw-dev-shared"), ..ProductionClause::default() };
        let drop = ProductionClause { resource_group: globs("rg-lab-*"), line: 7, ..ProductionClause::default() };
        let selector = ProductionSelector { clauses: vec![keep, drop], ..ProductionSelector::default() };
        let traits =
            |name| WorkspaceTraits { name: Some(name), resource_group: Some("RG-LAB-1"), ..WorkspaceTraits::default() };
        assert!(decide(&selector, &traits("mlw-dev-shared")).production);
        let out = decide(&selector, &traits("mlw-prod"));
        assert_eq!(out.environment.as_deref(), Some("the production selector in line 7 of the configuration"));
    }

    #[test]
    fn all_criteria_of_a_clause_must_match() {
        let clause = ProductionClause {
            name: globs("mlw-*"),
            tags: BTreeMap::from([("use".to_owned(), globs("training"))]),
            subscription: globs("Research*"),
            ..ProductionClause::default()
        };
        let training = tags(&[("Use", "Training")]);
        let all = WorkspaceTraits {
            name: Some("mlw-x"),
            tags: Some(&training),
            tags_complete: true,
            subscription_id: Some("0"),
            subscription_name: Some("Research 1"),
            ..WorkspaceTraits::default()
        };
        assert_eq!(clause.matches(&all), Some(true));
        assert_eq!(clause.matches(&WorkspaceTraits { name: Some("x"), ..all }), Some(false));
        assert_eq!(clause.matches(&WorkspaceTraits { tags: None, ..all }), Some(false));
        assert_eq!(clause.matches(&WorkspaceTraits { tags: None, tags_complete: false, ..all }), None);
        assert_eq!(clause.matches(&WorkspaceTraits { subscription_name: None, ..all }), None);
    }

    #[test]
    fn what_is_not_known_takes_no_workspace_out() {
        let unknown = WorkspaceTraits { resource_group: Some("rg-lab"), ..WorkspaceTraits::default() };
        let clause = |production, name: &str| ProductionClause { production, name: globs(name), ..Default::default() };
        let lab = ProductionClause { resource_group: globs("rg-lab"), ..ProductionClause::default() };
        let selector = |clauses| ProductionSelector { clauses, ..ProductionSelector::default() };
        assert!(decide(&selector(vec![clause(false, "mlw-lab")]), &unknown).production);
        // The first clause might keep it, so the second may not drop it.
        assert!(decide(&selector(vec![clause(true, "mlw-shared"), lab.clone()]), &unknown).production);
        assert!(!decide(&selector(vec![lab]), &unknown).production);
    }
}
