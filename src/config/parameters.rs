//! The policy parameters: a closed list, each with its default.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

/// What a parameter may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// `true` or `false`.
    Bool,
    /// A whole number of at least this much.
    Integer {
        /// The least.
        min: i64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A number from 0 to 1 per tier; tiers that are not given keep their default.
    RatioPerTier,
    /// A list of strings.
    Texts,
    /// A string.
    Text,
    /// Strings by strings.
    TextMap,
}

/// A policy parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParameterSpec {
    /// Its name, in `holdfast.yaml` and in `input.parameters`.
    pub name: &'static str,
    /// What it may hold.
    pub kind: ParameterKind,
    /// Its default as JSON; empty if it is absent unless set.
    pub default: &'static str,
    /// Whether a pair may override it.
    pub per_pair: bool,
    /// What it does.
    pub description: &'static str,
}

/// All parameters in the order of their names.
pub const PARAMETERS: &[ParameterSpec] = &[
    spec("acr_mode", MODE, "\"shared\"", "Whether the pair uses one replicated container registry or one per region."),
    spec(
        "allow_duplicate_schedules",
        ParameterKind::Texts,
        "[]",
        "Names of schedules that may be enabled in both workspaces of an active-active pair.",
    ),
    spec("ci_principal", ParameterKind::Text, "", "Object id of the identity with which the pipeline deploys."),
    spec("data_mode", MODE, "\"shared\"", "Whether training data is one replicated account or a copy per region."),
    spec(
        "global_entry",
        ParameterKind::Text,
        "",
        "What sends clients to the healthy region: an ARM id or URL, `client` if clients switch themselves, or `none`.",
    ),
    ParameterSpec {
        name: "ignored_code_folders",
        kind: ParameterKind::Texts,
        default: r#"["docs", "test", "tests"]"#,
        per_pair: false,
        description: "Folders, at any depth, whose code may name a workspace.",
    },
    spec("keyvault_mode", MODE, "\"shared\"", "Whether the pair uses one key vault or one per region."),
    spec(
        "min_capacity_ratio",
        ParameterKind::RatioPerTier,
        r#"{"active-active": 1.0, "active-standby": 0.5, "active-passive": 0.0}"#,
        "Which part of the primary's compute the secondary must be able to run, per tier.",
    ),
    spec(
        "min_online_instances",
        ParameterKind::Integer { min: 1 },
        "3",
        "Instances that a production online deployment must have.",
    ),
    spec(
        "min_soft_delete_days",
        ParameterKind::Integer { min: 1 },
        "7",
        "Days that deleted blobs and shares must be kept.",
    ),
    spec("min_telemetry_days", ParameterKind::Integer { min: 1 }, "90", "Days that telemetry must be kept."),
    spec("name_map", ParameterKind::TextMap, "{}", "Names in the primary → names of the same thing in the secondary."),
    ParameterSpec {
        name: "open_policy",
        kind: ParameterKind::Choice(&["report", "ignore"]),
        default: "\"report\"",
        per_pair: false,
        description: "Whether open verdicts are listed or only counted.",
    },
    spec(
        "require_paired_region",
        ParameterKind::Bool,
        "false",
        "Whether the failover region must be the Azure pair of the primary region.",
    ),
    spec(
        "retirement_warn_days",
        ParameterKind::Integer { min: 0 },
        "365",
        "How many days before its retirement a service is reported.",
    ),
    spec("rpo_minutes", ParameterKind::Integer { min: 0 }, "15", "Largest accepted lag of a data replica, in minutes."),
    spec("runbook_path", ParameterKind::Text, "", "Path of the failover runbook in the repository."),
];

const MODE: ParameterKind = ParameterKind::Choice(&["shared", "per-region"]);

const fn spec(
    name: &'static str,
    kind: ParameterKind,
    default: &'static str,
    description: &'static str,
) -> ParameterSpec {
    ParameterSpec { name, kind, default, per_pair: true, description }
}

impl ParameterSpec {
    /// The parameter of this name.
    pub fn find(name: &str) -> Option<&'static ParameterSpec> {
        PARAMETERS.iter().find(|spec| spec.name == name)
    }

    /// Its default; `None` if it is absent unless set.
    pub fn default_value(&self) -> Option<Json> {
        serde_json::from_str(self.default).ok()
    }
}

/// The parameters that somebody set; the others have their defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    values: BTreeMap<&'static str, Json>,
}

impl Parameters {
    /// Sets a parameter of [`PARAMETERS`] to a value that its kind allows.
    pub fn set(&mut self, spec: &'static ParameterSpec, value: Json) {
        self.values.insert(spec.name, value);
    }

    /// The value that holds: the one that was set, otherwise the default.
    pub fn get(&self, name: &str) -> Option<Json> {
        let spec = ParameterSpec::find(name)?;
        let default = spec.default_value();
        match (self.values.get(name), default) {
            (Some(Json::Object(set)), Some(Json::Object(mut whole))) => {
                whole.extend(set.clone());
                Some(Json::Object(whole))
            }
            (Some(set), _) => Some(set.clone()),
            (None, default) => default,
        }
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// These parameters with what `stronger` sets.
    pub fn overridden_by(&self, stronger: &Parameters) -> Parameters {
        let mut result = self.clone();
        for (name, value) in &stronger.values {
            match (result.values.get_mut(name), value) {
                (Some(Json::Object(own)), Json::Object(other)) => own.extend(other.clone()),
                _ => {
                    result.values.insert(name, value.clone());
                }
            }
        }
        result
    }

    /// All parameters that have a value, as `input.parameters` holds them.
    pub fn to_json(&self) -> Json {
        let all: Map<String, Json> =
            PARAMETERS.iter().filter_map(|spec| Some((spec.name.to_owned(), self.get(spec.name)?))).collect();
        json!(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(values: &[(&str, Json)]) -> Parameters {
        let mut result = Parameters::default();
        for (name, value) in values {
            result.set(ParameterSpec::find(name).expect("a known name"), value.clone());
        }
        result
    }

    #[test]
    fn names_are_sorted_and_defaults_are_json() {
        assert!(PARAMETERS.is_sorted_by(|a, b| a.name < b.name));
        for spec in PARAMETERS {
            assert!(spec.default.is_empty() || spec.default_value().is_some(), "{}", spec.name);
        }
    }

    #[test]
    fn defaults_hold_where_nothing_is_set() {
        let json = Parameters::default().to_json();
        assert_eq!(json["keyvault_mode"], "shared");
        assert_eq!(json["min_capacity_ratio"]["active-standby"], 0.5);
        assert_eq!(json["name_map"], json!({}));
        assert!(json.get("global_entry").is_none(), "unset is absent, not null");
    }

    #[test]
    fn a_pair_overrides_tier_by_tier() {
        let global = set(&[("rpo_minutes", json!(5)), ("min_capacity_ratio", json!({"active-standby": 0.7}))]);
        let pair = set(&[("min_capacity_ratio", json!({"active-passive": 0.2})), ("acr_mode", json!("per-region"))]);
        let json = global.overridden_by(&pair).to_json();
        assert_eq!(json["rpo_minutes"], 5);
        assert_eq!(json["acr_mode"], "per-region");
        assert_eq!(
            json["min_capacity_ratio"],
            json!({"active-active": 1.0, "active-standby": 0.7, "active-passive": 0.2})
        );
    }
}
