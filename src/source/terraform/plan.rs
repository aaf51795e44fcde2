//! Plans: what `terraform show -json` prints of a plan file.
//!
//! <https://developer.hashicorp.com/terraform/internals/json-format>. The text is read once, resource
//! by resource: nothing of a plan is held in memory but its text and the resources that become ARM
//! resources.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::emit::is_read;

/// A plan, as far as it is read.
#[derive(Deserialize)]
pub(super) struct Plan<'a> {
    #[serde(borrow, default)]
    pub variables: BTreeMap<Cow<'a, str>, Variable<'a>>,
    /// False if the plan covers only some resources (`-target`).
    #[serde(default)]
    pub complete: Option<bool>,
    /// Whether planning ended in an error.
    #[serde(default)]
    pub errored: Option<bool>,
    #[serde(borrow, default)]
    planned_values: Option<Values<'a>>,
    #[serde(borrow, default)]
    resource_changes: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    prior_state: Option<State<'a>>,
    #[serde(borrow, default)]
    pub configuration: Option<Configuration<'a>>,
}

/// The value of a variable.
#[derive(Deserialize)]
pub(super) struct Variable<'a> {
    #[serde(borrow, default)]
    pub value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow, default)]
    values: Option<Values<'a>>,
}

#[derive(Deserialize)]
struct Values<'a> {
    #[serde(borrow, default)]
    root_module: Option<ValuesModule<'a>>,
}

#[derive(Deserialize)]
struct ValuesModule<'a> {
    #[serde(borrow, default)]
    resources: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    child_modules: Vec<&'a RawValue>,
}

/// The configuration that the plan was made of.
#[derive(Deserialize)]
pub(super) struct Configuration<'a> {
    #[serde(borrow, default)]
    pub provider_config: BTreeMap<Cow<'a, str>, ProviderConfig<'a>>,
    #[serde(borrow, default)]
    pub root_module: Option<ConfigModule<'a>>,
}

/// A provider of the configuration.
#[derive(Deserialize)]
pub(super) struct ProviderConfig<'a> {
    #[serde(borrow, default)]
    version_constraint: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub expressions: BTreeMap<Cow<'a, str>, &'a RawValue>,
}

/// A module of the configuration.
#[derive(Deserialize)]
pub(super) struct ConfigModule<'a> {
    #[serde(borrow, default)]
    pub resources: Vec<ConfigResource<'a>>,
    #[serde(borrow, default)]
    pub module_calls: BTreeMap<Cow<'a, str>, &'a RawValue>,
    #[serde(borrow, default)]
    pub outputs: BTreeMap<Cow<'a, str>, &'a RawValue>,
}

/// A resource of the configuration.
#[derive(Deserialize)]
pub(super) struct ConfigResource<'a> {
    #[serde(borrow)]
    pub address: Cow<'a, str>,
    #[serde(borrow, default)]
    pub provider_config_key: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub expressions: Option<&'a RawValue>,
}

/// A module call of the configuration.
#[derive(Deserialize)]
pub(super) struct ModuleCall<'a> {
    #[serde(borrow, default)]
    pub expressions: BTreeMap<Cow<'a, str>, &'a RawValue>,
    #[serde(borrow, default)]
    pub module: Option<ConfigModule<'a>>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(borrow, default)]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    change: ChangeBody<'a>,
}

#[derive(Deserialize)]
struct ChangeBody<'a> {
    #[serde(borrow, default)]
    actions: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    after: Option<&'a RawValue>,
    #[serde(borrow, default)]
    after_unknown: Option<&'a RawValue>,
    #[serde(borrow, default)]
    after_sensitive: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StateResource<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(borrow, default)]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    values: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sensitive_values: Option<&'a RawValue>,
}

/// A resource that the plan leaves in place.
pub(super) struct Planned<'a> {
    pub address: Cow<'a, str>,
    pub kind: Cow<'a, str>,
    pub data: bool,
    /// Only known values are recorded: one that is not there may be known after the apply.
    pub partial: bool,
    pub after: Option<&'a RawValue>,
    pub unknown: Option<&'a RawValue>,
    pub sensitive: Option<&'a RawValue>,
    /// Where it stands.
    pub offset: usize,
}

/// Whether a JSON text is a plan.
pub(super) fn is_plan(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Head {
        format_version: Option<IgnoredAny>,
        planned_values: Option<IgnoredAny>,
        resource_changes: Option<IgnoredAny>,
    }
    let marks = text.contains("\"planned_values\"") || text.contains("\"resource_changes\"");
    if !marks || !text.contains("\"format_version\"") {
        return false;
    }
    match serde_json::from_str::<Head>(text) {
        Ok(head) => head.format_version.is_some() && (head.planned_values.is_some() || head.resource_changes.is_some()),
        // Cut off: what is wrong with it is said when it is read.
        Err(error) => error.is_syntax() || error.is_eof(),
    }
}

/// The plan in a JSON text, or why it is none.
pub(super) fn parse(text: &str) -> Result<Plan<'_>, serde_json::Error> {
    serde_json::from_str(text)
}

impl<'a> Plan<'a> {
    /// The resources that exist after the apply and become ARM resources, and the data sources.
    ///
    /// What cannot be read is told with its reason.
    pub fn resources(&self, text: &str, tell: &mut dyn FnMut(usize, String)) -> Vec<Planned<'a>> {
        let mut result = Vec::new();
        let mut seen = HashSet::new();
        let changes = self.resource_changes.as_deref().unwrap_or_default();
        for raw in changes {
            let offset = offset_of(text, raw.get());
            match serde_json::from_str::<Change>(raw.get()) {
                Ok(change) => {
                    seen.insert(change.address.to_string());
                    result.extend(planned(change, offset));
                }
                Err(error) => tell(offset, format!("a change of the plan cannot be read: {error}")),
            }
        }
        if let Some(root) = self.planned_values.as_ref().and_then(|values| values.root_module.as_ref()) {
            recorded(root, text, 0, tell, &mut |one| {
                if !seen.contains(&*one.address) {
                    result.push(one);
                }
            });
        }
        let prior = self.prior_state.as_ref().and_then(|state| state.values.as_ref());
        if let Some(root) = prior.and_then(|values| values.root_module.as_ref()) {
            let mut data = Vec::new();
            recorded(root, text, 0, tell, &mut |one| {
                if one.data && !seen.contains(&*one.address) {
                    data.push(one);
                }
            });
            let known: HashSet<String> = result.iter().map(|one| one.address.to_string()).collect();
            result.extend(data.into_iter().filter(|one| !known.contains(&*one.address)));
        }
        result
    }

    /// The major version of azurerm that the constraints of the configuration allow.
    pub fn azurerm_major(&self) -> Option<u32> {
        let configs = self.configuration.iter().flat_map(|configuration| &configuration.provider_config);
        let own = configs.filter(|(key, _)| *key == "azurerm" || key.ends_with(":azurerm"));
        super::version::only_major(own.filter_map(|(_, config)| config.version_constraint.as_deref()))
    }
}

fn planned(change: Change<'_>, offset: usize) -> Option<Planned<'_>> {
    let gone = change.change.actions.iter().any(|action| action == "delete" || action == "forget")
        && !change.change.actions.iter().any(|action| action == "create");
    if gone || !is_read(&change.kind) {
        return None;
    }
    Some(Planned {
        data: change.mode.as_deref() == Some("data"),
        address: change.address,
        kind: change.kind,
        partial: false,
        after: change.change.after,
        unknown: change.change.after_unknown,
        sensitive: change.change.after_sensitive,
        offset,
    })
}

/// How deep modules may be nested.
pub(super) const MAX_MODULES: usize = 64;

fn recorded<'a>(
    module: &ValuesModule<'a>,
    text: &str,
    depth: usize,
    tell: &mut dyn FnMut(usize, String),
    take: &mut dyn FnMut(Planned<'a>),
) {
    for raw in &module.resources {
        let offset = offset_of(text, raw.get());
        match serde_json::from_str::<StateResource>(raw.get()) {
            Ok(resource) if is_read(&resource.kind) => take(Planned {
                data: resource.mode.as_deref() == Some("data"),
                address: resource.address,
                kind: resource.kind,
                partial: true,
                after: resource.values,
                unknown: None,
                sensitive: resource.sensitive_values,
                offset,
            }),
            Ok(_) => {}
            Err(error) => tell(offset, format!("a resource of the plan cannot be read: {error}")),
        }
    }
    for raw in &module.child_modules {
        let offset = offset_of(text, raw.get());
        match serde_json::from_str::<ValuesModule>(raw.get()) {
            Ok(inner) if depth < MAX_MODULES => recorded(&inner, text, depth + 1, tell, take),
            Ok(_) => tell(offset, format!("modules are nested more than {MAX_MODULES} levels deep")),
            Err(error) => tell(offset, format!("a module of the plan cannot be read: {error}")),
        }
    }
}

/// Where a piece of a text stands in it.
fn offset_of(text: &str, piece: &str) -> usize {
    (piece.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plans_are_plans() {
        assert!(is_plan(r#"{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{}}"#));
        assert!(!is_plan(r#"{"format_version":"1.0","values":{}}"#), "that is a state");
        assert!(!is_plan(r#"{"mock":{"a":{"format_version":"1.0","planned_values":{}}}}"#));
        assert!(!is_plan("{}"));
    }
}
