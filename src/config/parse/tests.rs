use serde_json::json;

use super::*;
use crate::config::WorkspaceTraits;
use crate::rule::Level;

const RULES: [&str; 4] = ["HF-STOR-001", "HF-STOR-003", "HF-TOPO-001", "HF-NET-006"];

fn good(text: &str) -> Config {
    parse(text, "holdfast.yaml", &RULES).unwrap_or_else(|errors| panic!("{}", shown_errors(&errors)))
}

fn bad(text: &str) -> Vec<String> {
    let errors = parse(text, "holdfast.yaml", &RULES).expect_err(text);
    errors.iter().map(|error| error.to_string().replacen("holdfast.yaml:", "", 1)).collect()
}

fn shown_errors(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// One error, for a file that begins with `version: 1`.
fn one(text: &str) -> String {
    let errors = bad(&format!("version: 1\n{text}"));
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors[0].clone()
}

#[test]
fn the_least_file_is_the_default() {
    let config = good("version: 1\n");
    assert_eq!(config, Config { source: Some("holdfast.yaml".to_owned()), ..Config::default() });
}

#[test]
fn everything_can_be_said() {
    let config = good(include_str!("../../../docs/examples/holdfast.yaml"));
    assert_eq!(config.pairs.len(), 3);
    assert_eq!(config.pairs[0].tiers.overall, Some(Tier::ActiveStandby));
    assert_eq!(config.pairs[0].tiers.inference, Some(Tier::ActiveActive));
    assert_eq!(config.pairs[0].tiers.training, None);
    assert_eq!(config.pairs[1].secondaries.len(), 2);
    assert!(matches!(&config.pairs[1].primary, WorkspaceRef::Id(id) if id.is_exact()));
    let WorkspaceRef::Declared { template, parameters, .. } = &config.pairs[2].primary else {
        panic!("{:?}", config.pairs[2].primary)
    };
    assert_eq!(template.as_deref(), Some("infra/main.bicep"));
    assert_eq!(parameters.as_deref(), Some("infra/prod-weu.bicepparam"));
    assert_eq!(config.waivers[0].until.to_string(), "2027-01-31");
    assert!(config.complete.contains("microsoft.keyvault/vaults") && config.complete.contains("repository:jobs"));
    assert_eq!(config.tags.group.as_deref(), Some("app"));
    assert!(config.tokens.is_secondary_token("green"));
    assert!(!config.wants("sandbox/main.bicep") && config.wants("infra/main.bicep"));
    assert!(!config.scopes.admits("00000000-0000-0000-0000-000000000001", Some("Sandbox Alice")));
}

#[test]
fn the_parameters_of_a_pair_win_over_the_global_ones() {
    let config = good(concat!(
        "version: 1\nparameters: {rpo_minutes: 30, keyvault_mode: per-region}\n",
        "data_dependencies: [/subscriptions/S/resourceGroups/g/providers/Microsoft.Sql/servers/s1]\n",
        "pairs: [{primary: a, secondary: b, parameters: {rpo_minutes: 5},\n",
        "  data_dependencies: [/subscriptions/S/resourceGroups/g/providers/Microsoft.Sql/servers/s2]}]\n",
    ));
    let json = config.parameters_for(config.pairs.first());
    assert_eq!((&json["rpo_minutes"], &json["keyvault_mode"]), (&json!(5), &json!("per-region")));
    assert_eq!(json["data_dependencies"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["data_dependencies"][0], "/subscriptions/s/resourcegroups/g/providers/microsoft.sql/servers/s1");
    assert_eq!(config.parameters_for(None)["rpo_minutes"], 30);
}

#[test]
fn several_errors_are_reported_at_once_in_the_order_of_the_file() {
    let errors = bad("version: 1\npair: []\nwaivers:\n  - rule: HF-STOR-003\n    until: soon\nowner_tag: 7\n");
    assert_eq!(
        errors,
        [
            "2:1: unknown key `pair` in the configuration; did you mean `pairs`?",
            "4:5: the waiver has no `target`, `reason`, `owner`; all five are required",
            "5:12: `soon` is not a date; expected YYYY-MM-DD, for example 2027-01-31",
            "6:12: `owner_tag` is the number 7; put it in quotes to make it a string",
        ]
    );
}

#[test]
fn the_version_is_required_and_known() {
    assert_eq!(bad("pairs: []\n"), ["1:1: `version` is missing; begin with `version: 1`"]);
    for version in ["2", "'1'", "1.0", "[]", "~"] {
        let errors = bad(&format!("version: {version}\n"));
        assert_eq!(errors, ["1:10: unknown version; this holdfast reads `version: 1`"], "{version}");
    }
}

#[test]
fn what_is_not_a_configuration_is_refused() {
    assert_eq!(bad(""), ["1:1: the file is empty; expected at least `version: 1`"]);
    assert_eq!(bad("# nothing\n"), ["1:1: the file is empty; expected at least `version: 1`"]);
    assert_eq!(bad("- 1\n"), ["1:1: the configuration is a list; expected a mapping"]);
    assert_eq!(bad("version: 1\n---\nversion: 1\n"), ["3:1: the file holds a second YAML document; expected one"]);
    assert_eq!(bad("version: 1\nversion: 1\n"), ["2:1: the key stands twice in its mapping"]);
    assert!(bad("version: 1\npairs: [\n")[0].contains("not valid YAML"));
    assert_eq!(one("1: x\n"), "2:1: a key of the configuration is the number 1; expected a word");
    assert_eq!(one("<<: {}\n"), "2:1: unknown key `<<` in the configuration");
}

#[test]
fn columns_count_as_editors_do() {
    let text = "version: 1\npairs: [{primary: a, secondary: b, tier: \"é\", \"ü😀\": 1, colour: 2}]\n";
    let errors = parse(text, "holdfast.yaml", &RULES).expect_err(text);
    let columns: Vec<_> = errors.iter().map(|error| (error.region.start_column, error.region.end_column)).collect();
    assert_eq!(columns, [(42, 45), (47, 52), (57, 63)]);
}

#[test]
fn wrong_types_name_what_is_expected() {
    assert_eq!(one("pairs: {}\n"), "2:8: `pairs` is a mapping; expected a list");
    assert_eq!(one("waivers:\n"), "2:8: `waivers` is empty; expected a list, or leave it out");
    assert_eq!(one("rules: [HF-STOR-001]\n"), "2:8: `rules` is a list; expected a mapping");
    assert_eq!(one("include: infra\n"), "2:10: `include` is the string `infra`; expected a list");
    assert_eq!(one("owner_tag: '  '\n"), "2:12: `owner_tag` is blank");
    assert_eq!(one("owner_tag: \"a\\eb\"\n"), "2:12: `owner_tag` holds a control character");
    assert_eq!(one("exclude: ['[a']\n").split(": ").nth(1), Some("`[a` is not a glob"));
}

#[test]
fn tiers_are_of_a_closed_list() {
    assert_eq!(
        one("default_tier: active-pasive\n"),
        "2:15: `active-pasive` is not a tier; did you mean `active-passive`?"
    );
    assert_eq!(
        one("pairs: [{primary: a, secondary: b, inference_tier: cold}]\n"),
        "2:52: `cold` is not a tier; expected `active-active`, `active-standby`, `active-passive`"
    );
    let tiers = good("version: 1\ndefault_tier: {tier: hot/warm, training_tier: active-passive}\n").default_tier;
    assert_eq!(
        (tiers.overall, tiers.inference, tiers.training),
        (Tier::ActiveStandby, Tier::ActiveStandby, Tier::ActivePassive)
    );
}

#[test]
fn a_pair_stands_once() {
    let pair = |a: &str, b: &str| format!("  - {{primary: {a}, secondary: {b}}}\n");
    let pairs = |rest: &str| format!("pairs:\n{}{rest}", pair("mlw-a", "mlw-b"));
    let second = |a: &str, b: &str| one(&pairs(&pair(a, b)));
    assert_eq!(second("MLW-A", "mlw-b"), "4:5: the pair of `MLW-A` and `mlw-b` is already declared in line 3");
    assert_eq!(
        second("mlw-b", "mlw-a"),
        "4:5: the pair of `mlw-b` and `mlw-a` is declared the other way round in line 3"
    );
    assert_eq!(second("mlw-c", "mlw-c"), "4:5: `mlw-c` is its own secondary");
    assert_eq!(second("mlw-c", "[mlw-d, MLW-D]"), "4:5: `MLW-D` stands twice as a secondary of `mlw-c`");
    // Three regions, and several primaries of one counterpart.
    good(&format!("version: 1\n{}", pairs(&(pair("mlw-a", "mlw-c") + &pair("mlw-d", "mlw-b")))));
}

#[test]
fn a_workspace_is_named_without_doubt() {
    let primary = |text: &str| one(&format!("pairs: [{{primary: {text}, secondary: b}}]\n"));
    assert!(primary("/subscriptions/0/resourceGroups/g").contains("is not the ARM id of an Azure ML workspace"));
    assert!(primary("infra/main.bicep").contains("refer to a file with"));
    assert!(primary("'mlw-*'").contains("is a glob"));
    assert!(primary("{}").contains("says nothing"));
    assert_eq!(
        primary("{file: x}").split(": ").nth(1),
        Some("unknown key `file` in `primary`; expected `template`, `parameters`, `declaration`, `name`")
    );
    assert_eq!(one("pairs: [{primary: a}]\n"), "2:9: the pair has no `secondary`");
    assert_eq!(
        one("pairs: [{primary: a, secondary: []}]\n"),
        "2:33: `secondary` is an empty list; expected at least one workspace"
    );
}

#[test]
fn parameters_are_a_closed_list_with_types() {
    let parameter = |text: &str| one(&format!("parameters: {{{text}}}\n"));
    assert_eq!(parameter("rpo_minute: 3"), "2:14: unknown parameter `rpo_minute`; did you mean `rpo_minutes`?");
    assert_eq!(parameter("rpo_minutes: '3'"), "2:27: `rpo_minutes` is the string `3`; expected a whole number");
    assert_eq!(parameter("min_online_instances: 0"), "2:36: `min_online_instances` is 0; expected 1 to 1000000");
    assert_eq!(
        parameter("rpo_minutes: 99999999999999999999"),
        "2:27: `rpo_minutes` is the number 100000000000000000000; expected a whole number"
    );
    assert_eq!(
        parameter("require_paired_region: yes"),
        "2:37: `require_paired_region` is the string `yes`; expected `true` or `false`"
    );
    assert_eq!(parameter("acr_mode: Shared"), "2:24: `Shared` is not a value of `acr_mode`; did you mean `shared`?");
    assert_eq!(
        parameter("min_capacity_ratio: {active-active: 1.5}"),
        "2:50: the ratio of active-active is 1.5; expected a number from 0 to 1"
    );
    assert_eq!(
        parameter("min_capacity_ratio: {active-active: .nan}"),
        "2:50: the ratio of active-active is NaN; expected a number from 0 to 1"
    );
    assert_eq!(parameter("min_capacity_ratio: {hot: 1}").split("; ").next(), Some("2:35: `hot` is not a tier"));
    assert_eq!(
        parameter("name_map: {a: 1}"),
        "2:28: a value of `name_map` is the number 1; put it in quotes to make it a string"
    );
    assert_eq!(
        one("pairs: [{primary: a, secondary: b, parameters: {open_policy: ignore}}]\n"),
        "2:49: `open_policy` cannot be set for a pair; set it in the top-level `parameters`"
    );
}

#[test]
fn rules_are_switched_by_id_or_glob_and_the_last_one_wins() {
    let config = good(concat!(
        "version: 1\nrules:\n  HF-STOR-*: off\n  hf-stor-003: note\n",
        "  HF-NET-006: {active-active: error, active-passive: off}\n",
    ));
    let mut rule = crate::config::tests::rule("HF-STOR-001");
    assert_eq!(config.levels_of(&rule), None);
    rule.id = "HF-STOR-003".to_owned();
    let levels = config.levels_of(&rule).expect("on");
    assert!(levels.values().all(|level| *level == Level::Note) && levels.len() == 3);
    rule.id = "HF-NET-006".to_owned();
    let levels = config.levels_of(&rule).expect("on");
    assert_eq!(levels.get(&Tier::ActiveActive), Some(&Level::Error));
    assert_eq!(levels.get(&Tier::ActiveStandby), Some(&Level::Warning));
    assert_eq!(levels.get(&Tier::ActivePassive), None);
    rule.id = "HF-TOPO-001".to_owned();
    assert_eq!(config.levels_of(&rule), Some(rule.level.clone()));
}

#[test]
fn rules_that_are_not_there_are_errors() {
    assert_eq!(
        one("rules: {HF-STOR-0001: off}\n"),
        "2:9: there is no rule `HF-STOR-0001`; did you mean `HF-STOR-001`?"
    );
    assert_eq!(one("rules: {HF-XYZ-*: off}\n"), "2:9: `HF-XYZ-*` matches no rule");
    assert_eq!(
        one("rules: {HF-STOR-001: false}\n"),
        "2:22: a setting of a rule is the boolean `false`; put it in quotes to make it a string"
    );
    assert_eq!(one("rules: {HF-STOR-001: warn}\n").split("; ").next(), Some("2:22: `warn` is not a setting of a rule"));
}

#[test]
fn the_production_selector_is_an_ordered_list() {
    let config = good(concat!(
        "version: 1\nproduction:\n  select:\n    - {name: mlw-dev-shared, production: true}\n",
        "    - tags: {stage: [lab, 'play*']}\n      production: false\n  non_production: [dev, qa]\n",
    ));
    let decide = |name: &str| {
        let traits = WorkspaceTraits { name: Some(name), tags_complete: true, ..WorkspaceTraits::default() };
        config.production.decide(&traits, &config.tokens, &config.tags.environment).production
    };
    assert!(decide("mlw-dev-shared") && !decide("mlw-dev-weu") && !decide("mlw-qa") && decide("mlw-test"));
    assert!(one("production: {select: [{name: a}]}\n").contains("does not decide"));
    assert!(one("production: {select: [{production: true}]}\n").contains("no criterion"));
    assert!(one("production: {non_production: [devl]}\n").contains("did you mean `dev`?"));
}

#[test]
fn words_of_names_have_one_meaning() {
    let tokens =
        good("version: 1\ntokens: {region: [ams], secondary: [green], environment: {lab: [labs]}, ignore: [ne]}\n")
            .tokens;
    assert_eq!(tokens.stem("mlw-ams-ne-green").expect("a stem").text, "mlw-ne");
    assert!(tokens.environment_names().contains("lab"));
    assert_eq!(one("tokens: {primary: [x], secondary: [x]}\n"), "2:36: `x` already means the primary");
    assert!(one("tokens: {region: [west-eu]}\n").contains("without separators"));
    assert!(one("tokens: {ignore: [banana]}\n").contains("no meaning"));
    assert_eq!(one("tags: {pair: x, role: X}\n"), "2:7: the tag `X` is given two meanings");
}

#[test]
fn ids_and_types_are_checked() {
    assert!(one("complete: [KeyVault]\n").contains("is not a resource type"));
    assert!(one("complete: ['repository:job']\n").contains("did you mean `jobs`?"));
    assert!(one("data_dependencies: [stmlprod]\n").contains("is not the ARM id of a resource"));
    assert!(one("scopes: {subscriptions: [prod]}\n").contains("is not a subscription id"));
    assert!(one("scopes: {management_groups: ['my group']}\n").contains("management group"));
}

#[test]
fn hostile_files_end_in_an_error() {
    let deep_blocks: String = (0..5000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let bomb: String = "a0: &a0 [x]\n".to_owned()
        + &(1..40).map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9))).collect::<String>();
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        format!("version: 1\npairs:\n{}x\n", "- ".repeat(100_000)),
        "? ".repeat(100_000),
        "-\t".repeat(100_000),
        "- &a ".repeat(50_000),
        "! ".repeat(100_000),
        deep_blocks,
        bomb,
        "version: 1\nowner_tag: \"\\ud800\"\n".to_owned(),
        "\u{0}".to_owned(),
        "version: 1\npairs: *x\n".to_owned(),
        "version: 1\nowner_tag: !!binary aGk=\n".to_owned(),
        "version: !foo 1\n".to_owned(),
        "%YAML 9.9\n---\nversion: 1\nx: 1\n".to_owned(),
    ] {
        assert!(!bad(&text).is_empty());
    }
    // Names in messages are short and harmless.
    let error = one(&format!("\"\\e[31m\u{202e}{}\": 1\n", "x".repeat(500)));
    assert!(error.len() < 300 && !error.contains('\u{1b}') && !error.contains('\u{202e}'), "{error}");
}

#[test]
fn anchors_and_byte_order_marks_are_read() {
    let config = good(
        "\u{feff}version: 1\npairs:\n  - {primary: a, secondary: b, parameters: &p {rpo_minutes: 5}}\n  - {primary: c, secondary: d, parameters: *p}\n",
    );
    assert_eq!(config.pairs[0].parameters, config.pairs[1].parameters);
    assert_eq!(config.pairs[1].line, 4);
}
