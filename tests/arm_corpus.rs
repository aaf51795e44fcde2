//! Real ARM templates, where a checkout has them beside it: all expand, or say why not.

use std::path::{Path, PathBuf};

use holdfast::model::{GapCode, Inventory};
use holdfast::source::{ArmTemplate, FileTree, Reader};

/// What is wrong with a template itself, or not in the tree: no fault of the reader.
const FAULT_OF_THE_TEMPLATE: &[GapCode] =
    &[GapCode::SyntaxError, GapCode::InvalidDocument, GapCode::UnresolvedReference, GapCode::ExternalReference];

#[test]
fn arm_templates_of_the_corpus_expand() {
    expand("corpus/arm", 450);
}

#[test]
fn compiled_bicep_of_the_corpus_expands() {
    expand("corpus/bicep", 600);
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn expand(folder: &str, at_least: usize) {
    let Some(root) = shared(folder) else {
        eprintln!("SKIPPED: there is no ../shared/{folder} beside the checkout");
        return;
    };
    let tree = FileTree::open(&root, std::slice::from_ref(&root), &|path| path.ends_with(".json")).expect("a tree");
    let entries = ArmTemplate.claims(&tree);
    assert!(entries.len() >= at_least, "{} templates", entries.len());
    let (mut valid, mut expanded) = (0, 0);
    for entry in &entries {
        let inventory = ArmTemplate.read(&tree, entry);
        let gaps = &inventory.collection.gaps;
        assert!(!gaps.iter().any(|gap| gap.code == GapCode::ReaderFailed), "{}", entry.path);
        assert!(gaps.iter().all(|gap| !gap.message.is_empty()), "{}", entry.path);
        if gaps.iter().any(|gap| FAULT_OF_THE_TEMPLATE.contains(&gap.code)) {
            continue;
        }
        valid += 1;
        expanded += usize::from(gaps.is_empty());
        check(&inventory, &entry.path);
    }
    assert!(valid * 100 >= entries.len() * 80, "{valid} of {} templates are valid", entries.len());
    assert!(expanded * 100 >= valid * 99, "{expanded} of {valid} valid templates expand");
}

/// What holds of whatever is read.
fn check(inventory: &Inventory, path: &str) {
    let mut names = std::collections::BTreeSet::new();
    for resource in &inventory.resources {
        let declaration = resource.declaration().expect("declared");
        assert!(
            names.insert((declaration.deployment, &declaration.logical_name)),
            "{path}: {}",
            declaration.logical_name
        );
        assert_eq!(resource.id.resource_type(), Some(resource.resource_type.as_str()), "{path}: {}", resource.id);
        let places = declaration.spans.values().map(|place| place.span).chain([declaration.span]);
        for place in places {
            let file = inventory.files.get(place.file).expect("a file that was read");
            let text = file.text.get(place.start as usize..place.end as usize);
            assert!(text.is_some_and(|text| !text.is_empty()), "{path}: {place:?}");
        }
    }
}

/// A folder of the shared material, beside the checkout or beside the folder of its worktrees.
fn shared(folder: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["../shared", "../../shared"].iter().map(|up| here.join(up).join(folder)).find(|path| path.is_dir())
}
