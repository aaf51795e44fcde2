use super::*;
use crate::model::SourceFile;

fn parse(text: &str) -> Yaml {
    Yaml::parse(text, FileId(0), "x.yml")
}

/// The one document of a text that can be read.
fn document(text: &str) -> Value {
    let mut yaml = parse(text);
    assert_eq!((&yaml.error, yaml.documents.len()), (&None, 1), "{text}");
    yaml.documents.remove(0)
}

/// What stands at the span of a value.
fn written<'t>(text: &'t str, value: &Value) -> &'t str {
    let span = value.span.expect("it is written");
    &text[span.start as usize..span.end as usize]
}

#[test]
fn a_property_stands_from_its_name_to_its_end() {
    let text = "# é😀\nname: \"ü\"\nenvironment: azureml:train:3 # why\nlist: [a, b]\n";
    let value = document(text);
    assert_eq!(written(text, value.get("environment").expect("it is there")), "environment: azureml:train:3");
    assert_eq!(written(text, value.get("name").expect("it is there")), "name: \"ü\"");
    assert_eq!(written(text, value.get("list").expect("it is there")), "list: [a, b]");
}

#[test]
fn scalars_have_types_and_versions_keep_their_digits() {
    let value = document("a: 1\nb: 1.5\nc: true\nd:\ne: 1.10\nf: '1'\ng: 0x10\nh: 2024-01-01\n");
    let json = serde_json::json!({"a": 1, "b": 1.5, "c": true, "d": null, "e": "1.10", "f": "1", "g": "0x10", "h": "2024-01-01"});
    assert_eq!(value.to_json(), Some(json));
}

#[test]
fn what_a_template_fills_in_is_unknown_and_the_rest_counts() {
    let text = "a: {{ name }}\nb: 'azureml:{{ x }}:1'\nc: #{token}#\nd: <NAME>\ne: __NAME__\nf: $(Name)\ng: ${{ inputs.x }}\nh: plain\n\
                i: a < b and c > d\n";
    let value = document(text);
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        assert!(!value.get(name).expect("it is there").is_known(), "{name}: {value:?}");
    }
    assert_eq!(value.get("h").and_then(Value::as_str), Some("plain"));
    assert_eq!(value.get("i").and_then(Value::as_str), Some("a < b and c > d"));
    assert_eq!(value.get("b").and_then(Value::as_text).expect("text").to_string(), "azureml:${{{ x }}}:1");
    assert_eq!(written(text, value.get("h").expect("it is there")), "h: plain");
}

#[test]
fn control_flow_of_templates_is_no_yaml() {
    let value = document("{% if prod %}\na: 1\n  {%- endif %}\nb: 2\n");
    assert_eq!(value.to_json(), Some(serde_json::json!({"a": 1, "b": 2})));
}

#[test]
fn documents_before_an_error_count() {
    let text = "a: 1\n---\nb: 2\n---\nc: [1,\nd: }\n";
    let yaml = parse(text);
    assert_eq!(yaml.documents.len(), 2);
    let error = yaml.error.expect("the third is wrong");
    assert_eq!(error.code, GapCode::SyntaxError);
    assert!(SourceFile::new("x.yml", text).line_of(error.offset) >= 5, "{error:?}");
}

#[test]
fn aliases_and_merges_are_copies() {
    let text = "base: &base {image: x, tag: 1}\nuse: {<<: *base, tag: 2}\nagain: *base\n";
    let value = document(text);
    let json = value.to_json().expect("all is known");
    assert_eq!(json["use"], serde_json::json!({"tag": 2, "image": "x"}));
    assert_eq!(json["again"], json["base"]);
    // A copy shows where it is used, and tells where it was given.
    let image = value.get("again").and_then(|again| again.get("image")).expect("it is there");
    assert_eq!(written(text, image), "*base");
    assert!(image.supplied.is_some());
}

#[test]
fn tags_that_mean_something_elsewhere_are_unknown() {
    let value = document("a: !include x.yml\nb: !!str 1\nc: !vault {x: 1}\nd: 1\n");
    assert!(!value.get("a").expect("it is there").is_known() && !value.get("c").expect("it is there").is_known());
    assert_eq!(value.get("b").and_then(Value::as_str), Some("1"));
}

#[test]
fn of_two_members_with_one_name_the_last_counts() {
    assert_eq!(document("a: 1\na: 2\n").to_json(), Some(serde_json::json!({"a": 2})));
}

#[test]
fn hostile_files_end_at_a_limit() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let circle = "a: &a [*a]\n";
    let deep: String = (0..5000).map(|level| format!("{}a:\n", " ".repeat(level.min(300)))).collect();
    let nested = "[".repeat(100_000);
    let dashes = "- ".repeat(100_000);
    let mut tower = "- &b0 [x]\n".to_owned();
    for level in 1..60 {
        tower.push_str(&format!("- &b{level} {}*b{}{}\n", "[".repeat(60), level - 1, "]".repeat(60)));
    }
    let many = "x: &x y\n".to_owned() + &"- *x\n".repeat(10);
    for text in [laughs.as_str(), &deep, &nested, &dashes, &tower, &many] {
        let yaml = parse(text);
        assert!(yaml.error.is_some(), "{}", &text[..20]);
    }
    assert_eq!(parse(&laughs).error.map(|error| error.code), Some(GapCode::LimitExceeded));
    assert!(parse(circle).error.is_none() || !parse(circle).documents.iter().any(Value::is_known));
    let large = "a".repeat(MOST_BYTES + 1);
    assert_eq!(parse(&large).error.map(|error| error.code), Some(GapCode::LimitExceeded));
}

#[test]
fn quoted_texts_need_no_indentation() {
    let text = "a:\n  b: \"{\\n  \\\"x\\\": {{x}}\\n\\\n}\"\n  c: 1\n";
    let value = document(text);
    assert_eq!(value.get("a").and_then(|a| a.get("c")).and_then(Value::to_json), Some(1.into()));
    assert_eq!(written(text, value.get("a").and_then(|a| a.get("c")).expect("it is there")), "c: 1");
    // Not without end.
    let many = "a:\n".to_owned() + &"  b: \"x\ny\"\n".repeat(MOST_JOINS + 1);
    assert_eq!(parse(&many).error.map(|error| error.code), Some(GapCode::SyntaxError));
}
