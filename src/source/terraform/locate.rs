//! Where called modules are, and which provider they get.

use crate::source::FileTree;

use super::instance::ModuleInstance;
use super::module::{Project, join};
use super::syntax::{Block, Expr, ExprKind, Key, Step};

/// The folder of a called module, relative to the repository root; otherwise why it is not there.
///
/// Modules that are not local are where `terraform init` left them: `.terraform/modules/modules.json`
/// of the root module says where.
pub(super) fn module_folder(
    project: &Project,
    root: &str,
    caller: &ModuleInstance,
    name: &str,
    source: &str,
) -> Result<String, String> {
    if source.starts_with("./") || source.starts_with("../") || source == "." || source == ".." {
        return resolve(project.tree, &caller.module.path, source)
            .ok_or_else(|| format!("module {name}: {source:?} leads out of the scanned repository"));
    }
    installed(project, root, caller, name).ok_or_else(|| {
        format!("module {name}: {source:?} is not in the repository; `terraform init` puts it where it can be read")
    })
}

fn resolve(tree: &FileTree, folder: &str, reference: &str) -> Option<String> {
    tree.resolve(&join(folder, "x.tf"), reference).map(|path| path.trim_end_matches('/').to_owned())
}

fn installed(project: &Project, root: &str, caller: &ModuleInstance, name: &str) -> Option<String> {
    let text = project.tree.read(&join(root, ".terraform/modules/modules.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    let key = manifest_key(&caller.address, name);
    let entry = manifest
        .get("Modules")?
        .as_array()?
        .iter()
        .find(|entry| entry.get("Key").and_then(serde_json::Value::as_str) == Some(&key))?;
    resolve(project.tree, root, entry.get("Dir")?.as_str()?)
}

/// `module.a["x"].module.b` and `c` are `a.b.c` in the manifest.
fn manifest_key(address: &str, name: &str) -> String {
    let mut key = String::new();
    let mut rest = address;
    while let Some(after) = rest.strip_prefix("module.") {
        let end = after.find(['.', '[']).unwrap_or(after.len());
        key.push_str(&after[..end]);
        key.push('.');
        rest = &after[end..];
        if rest.starts_with('[') {
            let close = if rest.starts_with("[\"") {
                rest.find("\"]").map(|at| at + 2)
            } else {
                rest.find(']').map(|at| at + 1)
            };
            rest = &rest[close.unwrap_or(rest.len())..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    key + name
}

/// The provider of the caller that a module call passes as `provider` of the called module.
pub(super) fn passed_provider(call: &Block, provider: &str) -> Option<String> {
    let ExprKind::Object(members) = &call.body.attribute("providers")?.value.kind else { return None };
    let member = members.iter().find(|member| match &member.key {
        Key::Name(name) => &**name == provider,
        Key::Expr(expr) => provider_name(expr).as_deref() == Some(provider),
    })?;
    provider_name(&member.value)
}

/// `azurerm` or `azurerm.west`.
pub(super) fn provider_name(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Text(name) => Some(name.to_string()),
        ExprKind::Access(root, steps) => match (&root.kind, steps.as_slice()) {
            (ExprKind::Name(name), [Step::Attr(alias)]) => Some(format!("{name}.{alias}")),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_knows_modules_without_their_keys() {
        assert_eq!(manifest_key("", "ml"), "ml");
        assert_eq!(manifest_key("module.a[\"x.y\"].module.b[0]", "c"), "a.b.c");
    }
}
