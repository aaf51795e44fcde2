//! The JSON Schema for editors and the parser agree.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value as Json, json};

use super::{PARAMETERS, ParameterKind, SCHEMA, parse};

fn schema() -> Json {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

fn is_valid(validator: &jsonschema::Validator, yaml: &str) -> bool {
    let documents = Yaml::load_from_str(yaml).expect("YAML");
    validator.is_valid(&to_json(&documents[0]))
}

fn to_json(node: &Yaml) -> Json {
    match node {
        Yaml::Value(Scalar::Null) => Json::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.0),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(items) => items.iter().map(to_json).collect(),
        Yaml::Mapping(entries) => {
            let entries =
                entries.iter().map(|(key, value)| (key.as_str().expect("string keys").to_owned(), to_json(value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
        other => panic!("not plain YAML: {other:?}"),
    }
}

const RULES: [&str; 2] = ["HF-STOR-003", "HF-NET-006"];

const GOOD: &[&str] = &[
    "{}",
    "{pairs: []}",
    "{pairs: [{primary: a, secondary: b}]}",
    "{pairs: [{primary: a, secondary: [b, c], tier: hot/warm, inference_tier: active-active, training_tier: hot-cold}]}",
    "{pairs: [{primary: {template: t, parameters: p}, secondary: {declaration: d, name: n}}]}",
    "{pairs: [{primary: /subscriptions/s/resourceGroups/g/providers/microsoft.machinelearningservices/workspaces/w, secondary: b}]}",
    "{pairs: [{primary: a, secondary: b, parameters: {rpo_minutes: 0}, complete: [], data_dependencies: []}]}",
    "{default_tier: active-active}",
    "{default_tier: {tier: active-active, training_tier: active-passive}}",
    "{tags: {}}",
    "{tags: {environment: env, group: app}}",
    "{tags: {environment: [a, b]}}",
    "{tokens: {region: [ams], environment: {lab: [], int: [intg]}, ignore: [ne]}}",
    "{production: {select: [{name: a, production: true}, {tags: {a: b, c: [d, e]}, production: false}]}}",
    "{production: {non_production: []}}",
    "{owner_tag: team}",
    "{complete: [Microsoft.KeyVault/vaults, 'repository:iac', microsoft.storage/storageaccounts/blobservices]}",
    "{data_dependencies: [/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/x]}",
    "{parameters: {acr_mode: per-region, min_capacity_ratio: {active-standby: 1}, name_map: {a: b}, open_policy: ignore}}",
    "{parameters: {allow_duplicate_schedules: [], require_paired_region: true, min_online_instances: 1000000}}",
    "{rules: {HF-STOR-003: off, HF-*: {active-active: off, active-passive: note}, HF-NET-006: on}}",
    "{include: [infra/], exclude: ['**/x']}",
    "{waivers: [{rule: HF-*, target: x, reason: r, owner: o, until: 2027-01-31}]}",
    "{scopes: {subscriptions: [00000000-0000-0000-0000-00000000000A], management_groups: [mg.x], include: ['*'], exclude: []}}",
];

const BAD: &[&str] = &[
    "{pair: []}",
    "{pairs: {}}",
    "{pairs: ~}",
    "{pairs: [a]}",
    "{pairs: [{primary: a}]}",
    "{pairs: [{secondary: a}]}",
    "{pairs: [{primary: a, secondary: []}]}",
    "{pairs: [{primary: a, secondary: b, tier: cold}]}",
    "{pairs: [{primary: a, secondary: b, tier: Hot/Hot}]}",
    "{pairs: [{primary: 1, secondary: b}]}",
    "{pairs: [{primary: ' ', secondary: b}]}",
    "{pairs: [{primary: a/b, secondary: b}]}",
    "{pairs: [{primary: 'a*', secondary: b}]}",
    "{pairs: [{primary: {}, secondary: b}]}",
    "{pairs: [{primary: {file: x}, secondary: b}]}",
    "{pairs: [{primary: /subscriptions/s/resourceGroups/g, secondary: b}]}",
    "{pairs: [{primary: a, secondary: b, parameters: {open_policy: ignore}}]}",
    "{default_tier: 1}",
    "{default_tier: {overall: active-active}}",
    "{tags: {owner: x}}",
    "{tags: {environment: []}}",
    "{tags: {pair: ''}}",
    "{tokens: {region: ams}}",
    "{tokens: {region: [west-eu]}}",
    "{tokens: {environment: {lab: x}}}",
    "{tokens: {environment: {a-b: []}}}",
    "{production: {select: [{name: a}]}}",
    "{production: {select: [{production: true}]}}",
    "{production: {select: [{production: 'yes', name: a}]}}",
    "{production: {select: [{production: true, name: []}]}}",
    "{production: {select: [{production: true, tag: {a: b}}]}}",
    "{production: {non_production: dev}}",
    "{owner_tag: 1}",
    "{complete: [KeyVault]}",
    "{complete: ['repository:x']}",
    "{complete: [Microsoft.KeyVault]}",
    "{data_dependencies: [stmlprod]}",
    "{parameters: {acr_mode: both}}",
    "{parameters: {rpo: 1}}",
    "{parameters: {rpo_minutes: -1}}",
    "{parameters: {rpo_minutes: 1.5}}",
    "{parameters: {rpo_minutes: 1000001}}",
    "{parameters: {min_online_instances: 0}}",
    "{parameters: {min_capacity_ratio: {active-active: 2}}}",
    "{parameters: {min_capacity_ratio: {hot/hot: 1}}}",
    "{parameters: {require_paired_region: 'true'}}",
    "{parameters: {name_map: {a: 1}}}",
    "{parameters: {ci_principal: ~}}",
    "{rules: [HF-STOR-003]}",
    "{rules: {HF-STOR-003: warn}}",
    "{rules: {HF-STOR-003: false}}",
    "{rules: {HF-STOR-003: {active-active: on}}}",
    "{rules: {HF-STOR-003: {enabled: false}}}",
    "{include: infra}",
    "{exclude: ['']}",
    "{waivers: [{rule: HF-STOR-003, target: x, reason: r, owner: o}]}",
    "{waivers: [{rule: HF-STOR-003, target: x, reason: r, owner: o, until: 2027-1-31}]}",
    "{waivers: [{rule: HF-STOR-003, target: x, reason: '', owner: o, until: 2027-01-31}]}",
    "{waivers: [{rule: HF-STOR-003, target: x, reason: r, owner: o, until: 2027-01-31, ticket: 1}]}",
    "{scopes: {subscriptions: [prod]}}",
    "{scopes: {management_groups: [a b]}}",
    "{scopes: {management_groups: [a.]}}",
    "{scopes: {all: true}}",
];

/// What only the parser can know: other parts of the file, the rules, the calendar, globs.
const BAD_FOR_THE_PARSER: &[&str] = &[
    "{pairs: [{primary: a, secondary: a}]}",
    "{rules: {HF-NONE-001: off}}",
    "{include: ['[a']}",
    "{waivers: [{rule: HF-STOR-003, target: x, reason: r, owner: o, until: 2027-02-30}]}",
    "{tags: {pair: x, role: x}}",
    "{tokens: {ignore: [banana]}}",
    "{production: {non_production: [banana]}}",
];

fn with_version(document: &str) -> String {
    document.replacen('{', "{version: 1, ", 1)
}

#[test]
fn schema_and_parser_agree() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    for (documents, by_parser, by_schema) in
        [(GOOD, true, true), (BAD, false, false), (BAD_FOR_THE_PARSER, false, true)]
    {
        for document in documents {
            let text = with_version(document);
            assert_eq!(parse(&text, "x", &RULES).is_ok(), by_parser, "parser: {text}");
            assert_eq!(is_valid(&validator, &text), by_schema, "schema: {text}");
        }
    }
    for (version, good) in [("1", true), ("2", false), ("'1'", false), ("~", false)] {
        let text = format!("{{version: {version}}}");
        assert_eq!(parse(&text, "x", &RULES).is_ok(), good, "{text}");
        assert_eq!(is_valid(&validator, &text), good, "{text}");
    }
    assert!(!is_valid(&validator, "{}"));
}

#[test]
fn the_example_is_valid() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    assert!(is_valid(&validator, include_str!("../../docs/examples/holdfast.yaml")));
}

#[test]
fn the_schema_describes_every_parameter_as_the_table_does() {
    let schema = schema();
    let parameters = schema["definitions"]["parameters"]["properties"].as_object().expect("parameters");
    assert!(parameters.keys().eq(PARAMETERS.iter().map(|spec| spec.name)));
    let of_pairs = schema["definitions"]["pairParameters"]["properties"].as_object().expect("parameters");
    assert!(of_pairs.keys().eq(PARAMETERS.iter().filter(|spec| spec.per_pair).map(|spec| spec.name)));
    for spec in PARAMETERS {
        let described = &parameters[spec.name];
        assert_eq!(described["description"], spec.description, "{}", spec.name);
        assert_eq!(described.get("default").cloned(), spec.default_value(), "{}", spec.name);
        match spec.kind {
            ParameterKind::Integer { min } => assert_eq!(described["minimum"], min, "{}", spec.name),
            ParameterKind::Choice(words) => assert_eq!(described["enum"], json!(words), "{}", spec.name),
            _ => {}
        }
    }
}

#[test]
fn every_key_has_a_description() {
    fn check(at: &str, properties: &Json, schema: &Json) {
        for (name, property) in properties.as_object().into_iter().flatten() {
            let referred = property["$ref"].as_str().and_then(|path| schema.pointer(path.trim_start_matches('#')));
            let property = referred.unwrap_or(property);
            let is_level = property["enum"][0] == "off" || property["type"] == "number";
            assert!(is_level || property["description"].is_string(), "{at}/{name}");
            check(&format!("{at}/{name}"), &property["properties"], schema);
            check(&format!("{at}/{name}[]"), &property["items"]["properties"], schema);
        }
    }
    let schema = schema();
    check("", &schema["properties"], &schema);
}

/// The blocks of one language in a Markdown text.
fn blocks<'t>(markdown: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    markdown.split(fence.as_str()).skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block)).collect()
}

const GUIDE: &str = include_str!("../../docs/configuration.md");

#[test]
fn the_examples_of_the_guide_are_valid() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let examples = blocks(GUIDE, "yaml");
    assert!(examples.len() >= 15);
    for example in examples {
        let text = if example.contains("version:") { example.to_owned() } else { format!("version: 1\n{example}") };
        parse(&text, "configuration.md", &RULES).unwrap_or_else(|errors| panic!("{text}\n{errors:?}"));
        assert!(is_valid(&validator, &text), "{text}");
    }
}

#[test]
fn the_guide_names_every_key_and_parameter() {
    let schema = schema();
    let keys = schema["properties"].as_object().expect("keys").keys().map(String::as_str);
    for name in keys.chain(PARAMETERS.iter().map(|spec| spec.name)) {
        assert!(GUIDE.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_inline_waivers_of_the_guide_are_valid() {
    let bicep = crate::model::SourceFile::new("main.bicep", blocks(GUIDE, "bicep").concat());
    let json = crate::model::SourceFile::new("main.json", format!("{{{}}}", blocks(GUIDE, "json").concat()));
    for file in [bicep, json] {
        let entries = crate::waiver::inline_waivers(&file);
        assert_eq!(entries.len(), 1, "{}", file.path);
        assert!(entries[0].waiver.is_ok() && entries[0].last_line > entries[0].first_line, "{entries:?}");
    }
}
