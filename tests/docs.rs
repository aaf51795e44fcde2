//! What the guides show is real.

use std::fs;
use std::path::Path;

use holdfast::policy::{Outcome, test_folder};

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_rule_of_the_guide_is_the_example_and_passes_its_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/policies");
    let report = test_folder(&folder, true).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    assert_eq!(report.tests.len(), 3);
    assert!(report.tests.iter().all(|test| test.outcome == Outcome::Passed));
    let guide = text("docs/writing-rules.md");
    for file in ["own_key.rego", "own_key_test.rego"] {
        let example = text(&format!("docs/examples/policies/workspace/{file}"));
        assert!(guide.contains(&format!("```rego\n{example}```\n")), "{file} differs from the guide");
    }
}

/// Relative links of the hand-written pages lead to files.
#[test]
fn links_between_the_guides_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<_> = ["README.md", "CONTRIBUTING.md"].iter().map(|name| root.join(name)).collect();
    let docs = fs::read_dir(root.join("docs")).expect("the guides").map(|entry| entry.expect("an entry").path());
    pages.extend(docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    let mut followed = 0;
    for page in &pages {
        let text = fs::read_to_string(page).expect("text");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") || target.starts_with('#') || target.contains(char::is_whitespace) {
                continue;
            }
            let file = target.split('#').next().unwrap_or_default();
            assert!(page.with_file_name("").join(file).exists(), "{}: {target}", page.display());
            followed += 1;
        }
    }
    assert!(followed > 10, "{followed}");
}
