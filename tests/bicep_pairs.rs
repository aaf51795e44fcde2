//! The Bicep reader against the Bicep compiler, on the small pairs of `fixtures/bicep-pairs`.
//! `examples/compare_bicep.rs` does the same on folders of real files.

use std::path::{Path, PathBuf};

use holdfast::source::{ArmTemplate, Bicep, EntryPoint, FileTree, Reader};

mod compare;

fn expand(pair: &str) -> (compare::Outcome, usize) {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bicep-pairs").join(pair);
    let tree = FileTree::open(&folder, std::slice::from_ref(&folder), &|_| true).expect("the fixture is there");
    let parameters: Vec<String> = tree.files().filter(|p| *p == "main.parameters.json").map(str::to_owned).collect();
    let entry = |path: &str| EntryPoint { path: path.to_owned(), parameters: parameters.clone() };
    let bicep = Bicep.read(&tree, &entry("main.bicep"));
    let arm = ArmTemplate.read(&tree, &entry("main.json"));
    assert_eq!(bicep.collection.gaps, [], "{pair}: gaps in Bicep");
    assert_eq!(arm.collection.gaps, [], "{pair}: gaps in JSON");
    (compare::compare(&bicep, &arm), bicep.resources.len())
}

fn assert_equal(pair: &str, resources: usize) {
    let (outcome, all) = expand(pair);
    assert_eq!(outcome.differences, Vec::<String>::new(), "{pair}");
    assert_eq!(outcome.resources, resources, "{pair}: resources that are deployed");
    assert!(all >= resources);
}

#[test]
fn a_workspace_with_its_resources() {
    assert_equal("workspace", 4);
}

#[test]
fn loops_over_resources_properties_and_modules() {
    assert_equal("loops", 7);
}

#[test]
fn modules_with_outputs() {
    assert_equal("modules", 2);
}

#[test]
fn children_extensions_and_existing_resources() {
    assert_equal("children", 6);
}

#[test]
fn user_types_functions_and_imports() {
    assert_equal("symbolic", 3);
}

#[test]
fn a_subscription_deployment() {
    assert_equal("subscription", 3);
}

#[test]
fn a_difference_is_found() {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bicep-pairs");
    let tree = FileTree::open(&folder, std::slice::from_ref(&folder), &|_| true).expect("the fixtures are there");
    let entry = |path: &str| EntryPoint { path: path.to_owned(), parameters: Vec::new() };
    let with = Bicep.read(
        &tree,
        &EntryPoint {
            path: "workspace/main.bicep".to_owned(),
            parameters: vec!["workspace/main.parameters.json".to_owned()],
        },
    );
    let without = ArmTemplate.read(&tree, &entry("workspace/main.json"));
    assert!(!compare::compare(&with, &without).differences.is_empty());
}
