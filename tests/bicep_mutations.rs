//! Broken Bicep never stops a scan: every fixture with pieces taken out, cut off or doubled is read to
//! the end, with gaps where it is not understood.

use std::path::Path;

use holdfast::model::FileId;
use holdfast::source::bicep::parse;
use holdfast::source::{Bicep, FileTree, Reader};

/// The mutants of a text: cut off, without a stretch, with a stretch doubled, with a character put in.
fn mutants(text: &str) -> Vec<String> {
    let mut result = Vec::new();
    let boundaries: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
    for (step, at) in boundaries.iter().copied().enumerate().step_by(7) {
        let (head, tail) = text.split_at(at);
        result.push(head.to_owned());
        let skipped = boundaries.get(step + 1 + step % 5).copied().unwrap_or(text.len());
        result.push(format!("{head}{}", &text[skipped..]));
        result.push(format!("{head}{}{tail}", &text[at..skipped]));
        let inserted = ["'", "{", "}", "[", "(", "${", "'''", "\n", "::", "é"][step % 10];
        result.push(format!("{head}{inserted}{tail}"));
    }
    result
}

fn fixtures() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bicep-pairs");
    let tree = FileTree::open(&folder, std::slice::from_ref(&folder), &|path| path.ends_with(".bicep"));
    let tree = tree.expect("the fixtures are there");
    tree.files().map(|path| tree.read(path).expect("a readable fixture").to_string()).collect()
}

#[test]
fn broken_files_are_parsed_to_the_end() {
    let mut broken = 0;
    for text in fixtures() {
        assert_eq!(parse(&text, FileId(0)).1, []);
        for mutant in mutants(&text) {
            let (document, errors) = parse(&mutant, FileId(0));
            broken += usize::from(!errors.is_empty());
            assert!(errors.iter().all(|error| error.start <= error.end && error.end as usize <= mutant.len()));
            assert!(!errors.is_empty() || !document.declarations.is_empty() || mutant.len() < 200);
        }
    }
    assert!(broken > 1_000, "{broken} mutants are broken");
}

#[test]
fn broken_files_are_expanded_without_a_panic() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let path = dir.path().join("main.bicep");
    for text in fixtures() {
        for mutant in mutants(&text).iter().step_by(5) {
            std::fs::write(&path, mutant).expect("a file");
            let root = dir.path().to_owned();
            let tree = FileTree::open(&root, std::slice::from_ref(&root), &|_| true).expect("a tree");
            for entry in Bicep.claims(&tree) {
                let inventory = Bicep.read(&tree, &entry);
                let (_, errors) = parse(mutant, FileId(0));
                assert!(errors.is_empty() || !inventory.collection.gaps.is_empty(), "an error is a gap:\n{mutant}");
            }
        }
    }
}
