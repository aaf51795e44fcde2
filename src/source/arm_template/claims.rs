//! Which files of a tree are templates to start from, and which parameter files belong to them.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{EntryPoint, FileTree};

use super::outline::Outline;

/// The schemas of deployment templates, one per kind of scope.
pub(super) const TEMPLATE_SCHEMAS: &[&str] = &[
    "deploymenttemplate.json",
    "subscriptiondeploymenttemplate.json",
    "managementgroupdeploymenttemplate.json",
    "tenantdeploymenttemplate.json",
];

/// The schemas of parameter files.
const PARAMETER_SCHEMAS: &[&str] = &[
    "deploymentparameters.json",
    "subscriptiondeploymentparameters.json",
    "managementgroupdeploymentparameters.json",
    "tenantdeploymentparameters.json",
];

/// What a JSON file is.
enum FileKind {
    Template { links: bool },
    Parameters,
    Other,
}

/// The entry points of a tree. `linked_by` gives the templates that a template links to; `called` are
/// those that are modules of another dialect.
pub(super) fn entry_points(
    tree: &FileTree,
    called: &BTreeSet<String>,
    linked_by: &dyn Fn(&EntryPoint) -> BTreeSet<String>,
) -> Vec<EntryPoint> {
    let mut templates: BTreeMap<String, bool> = BTreeMap::new();
    let mut parameters: BTreeSet<String> = BTreeSet::new();
    for path in tree.files().filter(|path| is_json(path)) {
        match kind_of(tree, path) {
            FileKind::Template { links } => {
                templates.insert(path.to_owned(), links);
            }
            FileKind::Parameters => {
                parameters.insert(path.to_owned());
            }
            FileKind::Other => {}
        }
    }
    let mut entries: BTreeMap<String, EntryPoint> = BTreeMap::new();
    for path in templates.keys() {
        let alone = templates.keys().filter(|other| split(other).0 == split(path).0).count() == 1;
        let parameters = parameters_of(path, alone, &parameters);
        entries.insert(path.clone(), EntryPoint { path: path.clone(), parameters });
    }
    let linking = templates.iter().filter(|(_, links)| **links).filter_map(|(path, _)| entries.get(path));
    let links: BTreeMap<String, BTreeSet<String>> =
        linking.map(|entry| (entry.path.clone(), linked_by(entry))).collect();
    for path in only_linked(entries.keys().map(String::as_str), &links) {
        entries.remove(&path);
    }
    // What Bicep calls as a module is read there.
    entries.retain(|path, entry| !entry.parameters.is_empty() || !called.contains(path));
    entries.into_values().collect()
}

fn is_json(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.ends_with(".json") || lower.ends_with(".jsonc")
}

fn kind_of(tree: &FileTree, path: &str) -> FileKind {
    let text = match tree.read(path) {
        Ok(text) => text,
        // Claimed, so that it is told, if its name says what it is.
        Err(_) if names_a_template(path) => return FileKind::Template { links: false },
        Err(_) => return FileKind::Other,
    };
    let may_be_one = text.contains("$schema") || text.contains("contentVersion") && text.contains("resources");
    if !may_be_one {
        return FileKind::Other;
    }
    let outline = Outline::of(&text);
    let schema = outline.schema_name();
    let is = |schemas: &[&str]| schema.as_deref().is_some_and(|schema| schemas.contains(&schema));
    if is(PARAMETER_SCHEMAS) {
        return FileKind::Parameters;
    }
    let looks_like_one = outline.has("contentVersion") && outline.has("resources");
    if !is(TEMPLATE_SCHEMAS) && !looks_like_one || is_compiled(tree, path, &outline) {
        return FileKind::Other;
    }
    FileKind::Template { links: text.contains("templateLink") }
}

fn names_a_template(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.contains("deploy") || name.contains("template")
}

/// Whether a file is a parameter file by its schema.
pub(in crate::source) fn is_parameter_file(tree: &FileTree, path: &str) -> bool {
    is_json(path) && matches!(kind_of(tree, path), FileKind::Parameters)
}

/// Whether a file is a template that is read as such, not one that was compiled from Bicep beside it.
pub(in crate::source) fn is_template_file(tree: &FileTree, path: &str) -> bool {
    tree.contains(path) && matches!(kind_of(tree, path), FileKind::Template { .. })
}

/// Whether a template was compiled from Bicep source that lies beside it and is read instead.
fn is_compiled(tree: &FileTree, path: &str, outline: &Outline<'_>) -> bool {
    let generated = outline
        .metadata
        .is_some_and(|text| text.find("\"_generator\"").is_some_and(|at| text[at..].contains("\"bicep\"")));
    if !generated {
        return false;
    }
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let (folder, name) = stem.rsplit_once('/').map_or(("", stem), |(folder, name)| (folder, name));
    let beside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let main = name.eq_ignore_ascii_case("azuredeploy") || name.eq_ignore_ascii_case("main");
    tree.contains(&format!("{stem}.bicep")) || main && tree.contains(&beside("main.bicep"))
}

/// The parameter files of a template by the naming conventions of Azure: `x.parameters.json`,
/// `x.parameters.<env>.json`, `x.<env>.parameters.json` and the like beside it or in a folder
/// `parameters`, and any file in such a folder if the template is `alone` in its own.
/// <https://learn.microsoft.com/azure/azure-resource-manager/templates/parameter-files#file-name>
pub(in crate::source) fn parameters_of(template: &str, alone: bool, parameters: &BTreeSet<String>) -> Vec<String> {
    let (folder, name) = split(template);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase();
    let mut found: Vec<String> = Vec::new();
    for candidate in parameters {
        let (its_folder, its_name) = split(candidate);
        let its_name = its_name.to_ascii_lowercase();
        let below = its_folder.strip_prefix(folder).map(|rest| rest.trim_start_matches('/'));
        let in_folder = below
            .is_some_and(|rest| matches!(rest.to_ascii_lowercase().as_str(), "parameters" | "params" | "parameter"));
        let named = its_name.strip_prefix(&stem).is_some_and(|rest| rest.starts_with(['.', '-', '_']));
        // `parameters.dev.json` beside `template.json`.
        let generic = matches!(stem.as_str(), "template" | "azuredeploy" | "maintemplate" | "main" | "deploy");
        let nameless = alone && generic && names_parameters(its_name.split('.').next().unwrap_or_default());
        let beside = its_folder == folder && (named && names_parameters(&its_name) || nameless);
        if beside || in_folder && (named || alone) {
            found.push(candidate.clone());
        }
    }
    found
}

fn names_parameters(name: &str) -> bool {
    name.split(['.', '-', '_']).any(|word| matches!(word, "parameters" | "parameter" | "params" | "param"))
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The templates that are read as part of another one. Of those that link to each other in a circle the
/// first stays.
fn only_linked<'t>(
    templates: impl Iterator<Item = &'t str> + Clone,
    links: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeSet<String> {
    let targets: BTreeSet<&String> =
        links.iter().flat_map(|(from, to)| to.iter().filter(move |to| *to != from)).collect();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut roots: BTreeSet<&str> = BTreeSet::new();
    let starts = templates.clone().filter(|path| !targets.iter().any(|target| target.as_str() == *path));
    for path in starts.chain(templates) {
        if reached.contains(path) {
            continue;
        }
        roots.insert(path);
        let mut todo = vec![path.to_owned()];
        while let Some(next) = todo.pop() {
            if reached.insert(next.clone()) {
                todo.extend(links.get(&next).into_iter().flatten().cloned());
            }
        }
    }
    reached.into_iter().filter(|path| !roots.contains(path.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linked_templates_are_no_entry_points() {
        let links = |pairs: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
            pairs.iter().map(|(from, to)| ((*from).to_owned(), to.iter().map(|t| (*t).to_owned()).collect())).collect()
        };
        let all = ["a", "b", "c"];
        let only = |links| only_linked(all.into_iter(), &links).into_iter().collect::<Vec<_>>();
        assert_eq!(only(links(&[("c", &["a"]), ("a", &["b"])])), ["a", "b"]);
        // A circle is entered once.
        assert_eq!(only(links(&[("a", &["b"]), ("b", &["a"])])), ["b"]);
        assert_eq!(only(links(&[("a", &["a"])])), Vec::<String>::new());
    }

    #[test]
    fn parameter_files_belong_by_name() {
        let files = [
            "i/main.parameters.json",
            "i/main.parameters.prod.json",
            "i/main.dev.parameters.json",
            "i/parameters/main.test.json",
            "i/parameters/any.json",
            "i/other.parameters.json",
            "main.parameters.json",
        ];
        let parameters: BTreeSet<String> = files.iter().map(|path| (*path).to_owned()).collect();
        let found = parameters_of("i/main.json", false, &parameters);
        assert_eq!(
            found,
            [
                "i/main.dev.parameters.json",
                "i/main.parameters.json",
                "i/main.parameters.prod.json",
                "i/parameters/main.test.json"
            ]
        );
        assert!(parameters_of("i/main.json", true, &parameters).contains(&"i/parameters/any.json".to_owned()));
    }
}
