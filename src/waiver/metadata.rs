//! Waivers in the metadata of ARM templates, for those who do not write comments into JSON:
//! `"metadata": {"holdfast": {"waive": [{"rule": …, "owner": …, "until": …, "reason": …}]}}`.

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;

use super::inline::{InlineEntry, InlineWaiver};
use crate::finding::line_hashes_of;
use crate::model::SourceFile;

/// The waivers in the metadata of a JSON file. Each covers the object that has the metadata: a
/// resource, or the whole template.
pub(super) fn waivers(file: &SourceFile) -> Vec<InlineEntry> {
    if !file.path.to_ascii_lowercase().ends_with(".json") || !file.text.contains("\"holdfast\"") {
        return Vec::new();
    }
    // A file that is not JSON is a gap of its reader.
    let Ok(parsed) = jsonc_parser::parse_to_ast(&file.text, &Default::default(), &Default::default()) else {
        return Vec::new();
    };
    let hashes = line_hashes_of(file);
    let mut entries = Vec::new();
    let mut rest: Vec<&Value> = parsed.value.iter().collect();
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(array) => rest.extend(&array.elements),
            Value::Object(object) => {
                entries.extend(of_object(file, &hashes, object));
                rest.extend(object.properties.iter().map(|property| &property.value));
            }
            _ => {}
        }
    }
    entries.sort_by(|a, b| a.place.cmp(&b.place));
    entries
}

fn of_object(file: &SourceFile, hashes: &[String], object: &Object) -> Vec<InlineEntry> {
    let Some(holdfast) = member(object, "metadata").and_then(as_object).and_then(|m| member_prop(m, "holdfast")) else {
        return Vec::new();
    };
    let lines = (file.line_of(object.range.start as u32), file.line_of(object.range.end as u32));
    let entry =
        |at: &dyn Ranged, waiver| InlineEntry::new(file, hashes, at.range().start..at.range().end, lines, waiver);
    let wrong = |at: &dyn Ranged, reason: &str| vec![entry(at, Err(reason.to_owned()))];
    let Some(settings) = as_object(&holdfast.value) else {
        return wrong(holdfast, "`holdfast` is not an object; expected `{\"waive\": […]}`");
    };
    if let Some(other) = settings.properties.iter().find(|property| property.name.as_str() != "waive") {
        return wrong(other, "the only member of `holdfast` is `waive`");
    }
    match member(settings, "waive") {
        Some(Value::Array(list)) => list.elements.iter().map(|item| entry(item, waiver(item))).collect(),
        _ => wrong(holdfast, "`waive` is not a list of waivers"),
    }
}

fn waiver(item: &Value) -> Result<InlineWaiver, String> {
    let object = as_object(item).ok_or("a waiver is an object with `rule`, `owner`, `until` and `reason`")?;
    let mut fields = Vec::new();
    for property in &object.properties {
        let name = property.name.as_str();
        let Value::StringLit(text) = &property.value else { return Err(format!("`{name}` is not a string")) };
        fields.push((name.to_owned(), text.value.to_string()));
    }
    InlineWaiver::from_fields(&fields)
}

fn member_prop<'a, 'b>(object: &'a Object<'b>, name: &str) -> Option<&'a ObjectProp<'b>> {
    object.properties.iter().find(|property| property.name.as_str() == name)
}

fn member<'a, 'b>(object: &'a Object<'b>, name: &str) -> Option<&'a Value<'b>> {
    member_prop(object, name).map(|property| &property.value)
}

fn as_object<'a, 'b>(value: &'a Value<'b>) -> Option<&'a Object<'b>> {
    if let Value::Object(object) = value { Some(object) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<InlineEntry> {
        waivers(&SourceFile::new("infra/azuredeploy.json", text))
    }

    const GOOD: &str = r#"{"rule": "HF-STOR-003", "owner": "ml", "until": "2027-01-31", "reason": "later"}"#;

    #[test]
    fn the_metadata_of_a_resource_covers_the_resource() {
        let text = format!(
            "{{\n \"resources\": [\n  {{\n   \"type\": \"x\",\n   \"metadata\": {{\"holdfast\": {{\"waive\": [\n{GOOD}]}}}}\n  }},\n  {{}}\n ]\n}}"
        );
        let entries = found(&text);
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].first_line, entries[0].last_line), (3, 7));
        assert_eq!(entries[0].place.source.as_ref().map(|source| source.region.line), Some(6));
        assert_eq!(entries[0].waiver.as_ref().expect("valid").owner, "ml");
    }

    #[test]
    fn the_metadata_of_a_template_covers_it_all() {
        let entries =
            found(&format!("{{\n\"metadata\": {{\"holdfast\": {{\"waive\": [{GOOD}]}}}},\n\"resources\": []\n}}"));
        assert_eq!((entries[0].first_line, entries[0].last_line), (1, 4));
    }

    #[test]
    fn what_is_malformed_has_a_reason() {
        let reason = |holdfast: &str| {
            let entries = found(&format!("{{\"metadata\": {{\"holdfast\": {holdfast}}}}}"));
            entries[0].waiver.clone().expect_err("malformed")
        };
        assert!(reason("true").contains("not an object"));
        assert!(reason("{\"wave\": []}").contains("only member"));
        assert!(reason("{}").contains("not a list"));
        assert!(reason("{\"waive\": {}}").contains("not a list"));
        assert!(reason("{\"waive\": [1]}").contains("is an object with"));
        assert!(reason("{\"waive\": [{\"rule\": 1}]}").contains("`rule` is not a string"));
        assert!(reason("{\"waive\": [{\"rule\": \"HF-X\"}]}").contains("missing"));
    }

    #[test]
    fn what_is_not_json_has_none() {
        assert_eq!(found("{\"holdfast\""), []);
        assert_eq!(found(&"[".repeat(100_000)), []);
        assert_eq!(found(&format!("\"holdfast\"{}", "{\"a\":".repeat(100_000))), []);
        assert_eq!(waivers(&SourceFile::new("a.bicep", "\"holdfast\"")), []);
    }
}
