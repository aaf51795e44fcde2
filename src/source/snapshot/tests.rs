use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::model::{
    Declaration, Deployment, FileId, Gap, GapCode, GapPlace, Hole, Inventory, Kind, Part, Pointer, Resource,
    ResourceId, SourceFile, Span, SubscriptionScope, Text, Unknown, Value as Declared,
};

const ACCOUNT: &str = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Storage/storageAccounts/A";

fn live() -> Inventory {
    let mut inventory = Inventory { captured_at: Some("2026-11-24T01:02:03Z".to_owned()), ..Inventory::default() };
    let account = json!({"id": ACCOUNT, "type": "Microsoft.Storage/storageAccounts", "name": "A", "location": "westeurope",
        "sku": {"name": "Standard_RAGRS"}, "properties": {"isHnsEnabled": false, "tier": null, "future": {"x": [1, {}]}}});
    let mut account = Resource::live(account).expect("it has an id");
    account.unknown.insert(Pointer::root().child("properties").child("geoReplicationStats"), Unknown::Forbidden);
    inventory.resources.push(account);
    let usages =
        json!({"id": "/subscriptions/S/x", "type": "a.b/usages", "value": [{"limit": 3}], "location": "westeurope"});
    inventory.resources.extend(Resource::live(usages));
    let collection = &mut inventory.collection;
    collection.subscriptions.push(SubscriptionScope { id: "s".into(), name: Some("Prod".into()), readable: true });
    collection.mark_complete("microsoft.storage/storageaccounts", "/subscriptions/s");
    let mut gap = Gap::new(GapCode::Forbidden, GapPlace::Scope(ResourceId::parse(ACCOUNT)), "no access");
    gap.status = Some(403);
    gap.correlation_id = Some("c-1".into());
    gap.operation = Some("GET …".into());
    gap.types = vec!["a.b/c".into()];
    let pointer = Pointer::root().child("tags");
    collection.gaps.push(gap);
    let place = GapPlace::Property { id: ResourceId::parse(ACCOUNT), pointer };
    collection.gaps.push(Gap::new(GapCode::RequestFailed, place, "broken"));
    collection.gaps.push(Gap::new(GapCode::Throttled, GapPlace::Scan, "late"));
    inventory
}

fn declared() -> Inventory {
    let mut inventory = Inventory::default();
    let file = inventory.files.add(SourceFile::new("infra/main.json", "{\n  \"a\": 1,\n  \"b\": 2\n}\n"));
    let at = |start: u32| Span { file, start, end: start + 3 };
    let values = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
    let deployment =
        inventory.add_deployment(Deployment { template: "infra/main.json".into(), parameters: None, values });
    let hole = || Hole::new("infra/main.json", "uniqueString(resourceGroup().id)");
    let mut name = Text::known("st");
    name.push_hole(hole());
    let mut id = Text::hole(Hole::new("infra/main.json", "resourceGroup().id"));
    id.push_known("/providers/Microsoft.Storage/storageAccounts/");
    id.push(&name);
    let body = Declared::new(Kind::Object(vec![
        ("sku".into(), Declared::new(Kind::Object(vec![("name".into(), Declared::string("Standard_LRS").at(at(6)))]))),
        ("location".into(), Declared::unresolved("parameters('location')", hole()).at(at(15))),
    ]));
    let declaration = Declaration {
        deployment,
        logical_name: "arm:Microsoft.Storage/storageAccounts/[variables('name')]".into(),
        span: at(4),
        spans: BTreeMap::new(),
        calls: vec![at(16)],
        existing: false,
        condition: Some("parameters('deploy')".into()),
        location: None,
    };
    let id = ResourceId::from_text(id);
    inventory.resources.push(Resource::declared(id, "Microsoft.Storage/storageAccounts", body, declaration));
    inventory.collection.gaps.push(Gap::at_span(GapCode::Unsupported, at(16), "a loop"));
    inventory.collection.gaps.push(Gap::at_path(GapCode::NotUtf8, "x.json", "not text"));
    inventory
}

fn written(inventory: &Inventory) -> String {
    let mut bytes = Vec::new();
    write_snapshot(inventory, &mut bytes).expect("a vector takes everything");
    String::from_utf8(bytes).expect("JSON is text")
}

fn read(text: &str) -> Result<Inventory, SnapshotError> {
    read_snapshot_from("s.json", text.as_bytes(), &BTreeMap::new())
}

fn reread(inventory: &Inventory) -> Inventory {
    read(&written(inventory)).expect("its own form")
}

#[test]
fn a_live_estate_comes_back_as_it_was() {
    let (before, after) = (live(), reread(&live()));
    assert_eq!(after.captured_at, before.captured_at);
    assert_eq!(after.collection, before.collection);
    assert_eq!(after.resources.len(), 2);
    for resource in &before.resources {
        let same = after.resources.iter().find(|other| other.id == resource.id).expect("it is there");
        assert_eq!(same.body, resource.body);
        assert_eq!(same.unknown, resource.unknown);
        assert_eq!(same.resource_type, resource.resource_type);
        assert_eq!(format!("{:?}", same.provenance), format!("{:?}", resource.provenance), "in Azure's spelling");
    }
    assert_eq!(written(&after), written(&before));
}

#[test]
fn a_declared_inventory_comes_back_with_its_holes_and_lines() {
    let (before, after) = (declared(), reread(&declared()));
    let (was, is) = (&before.resources[0], &after.resources[0]);
    assert_eq!(is.id.key(), was.id.key());
    assert_eq!(is.id.same(&was.id), Some(true), "the same holes");
    assert_eq!(is.body, was.body);
    assert_eq!(is.unknown, was.unknown);
    assert!(!after.is_live());
    assert_eq!(after.deployments, before.deployments);
    let (was, is) = (was.declaration().expect("declared"), is.declaration().expect("declared"));
    assert_eq!((&is.logical_name, &is.condition, is.deployment), (&was.logical_name, &was.condition, was.deployment));
    let line = |inventory: &Inventory, span: Span| {
        let file = inventory.files.get(span.file).expect("a file");
        (file.path.clone(), file.line_of(span.start))
    };
    assert_eq!(line(&after, is.span), line(&before, was.span));
    assert_eq!(line(&after, is.calls[0]), ("infra/main.json".to_owned(), 3));
    assert_eq!(is.spans.len(), was.spans.len());
    for (pointer, place) in &was.spans {
        assert_eq!(line(&after, is.spans[pointer].span), line(&before, place.span), "{pointer}");
    }
    assert_eq!(written(&after), written(&before));
    assert_eq!(after.collection.gaps[1], before.collection.gaps[1]);
    let GapPlace::File { file, offset } = after.collection.gaps[0].place else { panic!("a place in a file") };
    assert_eq!((file, after.files.get(file).expect("a file").line_of(offset.expect("a place"))), (FileId(0), 3));
}

#[test]
fn the_order_of_reading_does_not_show() {
    let mut other = live();
    other.resources.reverse();
    assert_eq!(written(&other), written(&live()));
}

#[test]
fn secrets_are_not_written() {
    let mut inventory = live();
    inventory.resources[0].body["properties"]["connectionString"] = "AccountKey=hunter2".into();
    assert!(!written(&inventory).contains("hunter2"));
}

#[test]
fn what_is_not_known_of_the_form_is_passed_over() {
    let mut json: Value = serde_json::from_str(&written(&live())).expect("JSON");
    json["added"] = json!({"later": [1, 2]});
    json["resources"][0]["newMember"] = "kept".into();
    let sorted_differently = serde_json::to_string_pretty(&json).expect("JSON");
    let inventory = read(&sorted_differently).expect("still the same version");
    assert!(inventory.resources.iter().any(|resource| resource.get("/newMember").is_some()));
    assert_eq!(inventory.collection, live().collection);
    assert!(read(&format!("\u{feff}{sorted_differently}")).is_ok(), "a byte order mark");
}

#[test]
fn bad_files_say_where_and_what_to_do() {
    let whole = written(&live());
    let text =
        |result: Result<Inventory, SnapshotError>| result.err().map(|error| error.to_string()).unwrap_or_default();
    let cut = text(read(&whole[..whole.len() / 2]));
    assert!(cut.starts_with("s.json:") && cut.contains("write it again"), "{cut}");
    let newer = whole.replacen("\"schemaVersion\": 1", "\"schemaVersion\": 7", 1);
    assert!(text(read(&newer)).contains("form 7 by a newer holdfast"), "{}", text(read(&newer)));
    let broken = whole.replacen("\"id\":", "\"id\" ", 1);
    assert!(matches!(read(&broken), Err(SnapshotError::Malformed { line, .. }) if line > 5), "{}", text(read(&broken)));
    for foreign in ["[]", "{}", "3", "", "{\"data\": []}", "{\"schemaVersion\": 1}"] {
        assert!(matches!(read(foreign), Err(SnapshotError::Foreign { .. })), "{foreign}: {}", text(read(foreign)));
    }
    let template = r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": [{}]}"#;
    assert!(text(read(template)).contains("a deployment template"), "{}", text(read(template)));
    assert!(
        text(read_snapshot(std::path::Path::new("/nowhere/s.json"))).contains("/nowhere/s.json: could not be read")
    );
}

#[test]
fn hostile_files_do_no_harm() {
    let resource = |text: &str| format!("{{\"schemaVersion\": 1, \"resources\": [{text}]}}");
    assert!(matches!(read(&resource(&"[".repeat(100_000))), Err(SnapshotError::Malformed { .. })), "too deep");
    assert!(matches!(read(&resource("{\"id\": 3}")), Err(SnapshotError::Malformed { .. })));
    assert!(matches!(read(&resource("17")), Err(SnapshotError::Malformed { .. })));
    let line = |file: u32, deployment: u32| {
        let declared =
            json!({"id": "x", "deployment": deployment, "logicalName": "n", "line": [file, 4_000_000_000_u32]});
        let resource = json!({"id": "x", "type": "a.b/c", "holdfast": {"declared": declared}}).to_string();
        let head = "\"schemaVersion\": 1, \"files\": [\"a\"], \"deployments\": [{\"template\": \"a\"}]";
        read(&format!("{{{head}, \"resources\": [{resource}]}}"))
    };
    assert!(matches!(line(1, 0), Err(SnapshotError::Inconsistent { .. })), "no such file");
    assert!(matches!(line(0, u32::MAX), Err(SnapshotError::Inconsistent { .. })), "no such deployment");
    let inventory = line(0, 0).expect("a line far down is no error");
    assert_eq!(inventory.files.get(FileId(0)).map(|file| file.text.len()), Some(999_999));
}

#[test]
fn both_kinds_follow_the_schema() {
    let schema = include_str!("../../../docs/schemas/snapshot.schema.json");
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    for inventory in [live(), declared(), Inventory::default()] {
        let json: Value = serde_json::from_str(&written(&inventory)).expect("JSON");
        let errors: Vec<_> =
            validator.iter_errors(&json).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    let mut wrong: Value = serde_json::from_str(&written(&live())).expect("JSON");
    wrong["gaps"][0]["code"] = "no-such-code".into();
    assert!(!validator.is_valid(&wrong));
    let codes: Vec<_> = GapCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(schema["$defs"]["gap"]["properties"]["code"]["enum"], json!(codes), "the list of gap codes");
}

#[test]
fn texts_keep_the_identity_of_their_holes() {
    let inventory = reread(&declared());
    let parts = inventory.resources[0].id.text().parts();
    assert!(matches!(&parts[0], Part::Unknown(hole) if hole.expression() == "resourceGroup().id"));
}

#[test]
fn only_evidence_is_kept_where_a_table_is_given() {
    let evidence = BTreeMap::from([(
        "microsoft.storage/storageaccounts".to_owned(),
        vec![Pointer::root().child("properties").child("isHnsEnabled")],
    )]);
    let inventory = read_snapshot_from("s.json", written(&live()).as_bytes(), &evidence).expect("its own form");
    let account = inventory.resources.iter().find(|r| r.resource_type.ends_with("accounts")).expect("it is there");
    assert_eq!(account.get("/properties"), Some(&json!({"isHnsEnabled": false})));
    assert!(account.get("/sku/name").is_some(), "identity stays");
    let collected = account.unknown.values().filter(|why| **why != Unknown::NotCollected).count();
    assert_eq!((collected, account.unknown.len()), (1, 2), "what was left out is marked");
}
