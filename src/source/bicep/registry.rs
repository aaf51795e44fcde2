//! References to modules in registries (`br:`) and template specs (`ts:`).
//! <https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-config-modules>

use super::library::Library;
use crate::model::FileId;
use crate::source::expr::{Expr, ExprKind, JsonString, parse_json};

/// The registry behind the alias that every installation knows.
const PUBLIC: &str = "mcr.microsoft.com/bicep";

/// The full reference of a module, its alias looked up in the nearest `bicepconfig.json`:
/// `br/public:avm/res/x:1.0` is `br:mcr.microsoft.com/bicep/avm/res/x:1.0`. `None`: the alias is not
/// defined.
pub(super) fn expand(lib: &Library<'_>, from: &str, reference: &str) -> Option<String> {
    let (scheme, rest) = reference.split_once(':')?;
    let Some((kind, alias)) = scheme.split_once('/') else { return Some(reference.to_owned()) };
    if let Some((_, config)) = configuration(lib, from)
        && let Some(found) = config.get("moduleAliases").and_then(|all| all.get(kind)?.get(alias))
    {
        let text = |name: &str| found.get(name).and_then(Expr::as_text);
        let base = match kind {
            "br" => match text("modulePath") {
                Some(path) => format!("{}/{path}", text("registry")?),
                None => text("registry")?.to_owned(),
            },
            _ => format!("{}/{}", text("subscription")?, text("resourceGroup")?),
        };
        return Some(format!("{kind}:{base}/{rest}"));
    }
    (kind == "br" && alias == "public").then(|| format!("br:{PUBLIC}/{rest}"))
}

/// The nearest `bicepconfig.json` in the folders above a file: its path and content.
fn configuration(lib: &Library<'_>, from: &str) -> Option<(String, Expr)> {
    let mut folder = from;
    loop {
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        let path = if folder.is_empty() { "bicepconfig.json".to_owned() } else { format!("{folder}/bicepconfig.json") };
        if lib.tree.contains(&path) {
            let text = lib.text(&path).ok()?;
            let plain = |string: &JsonString<'_>| ExprKind::Text(string.value.into());
            return parse_json(&text, FileId(0), &plain).ok().map(|json| (path, json.root));
        }
        if folder.is_empty() {
            return None;
        }
    }
}

/// The compiled form of a registry module that was restored into the tree: below the cache folder that
/// `bicepconfig.json` names, as `br/{registry}/{path with $ for /}/{tag}$/main.json`.
pub(super) fn restored(lib: &Library<'_>, from: &str, full: &str) -> Option<String> {
    let (registry, rest) = full.strip_prefix("br:")?.split_once('/')?;
    let (path, tag) = rest.rsplit_once(':')?;
    let (config_path, config) = configuration(lib, from)?;
    let cache = config.get("cacheRootDirectory")?.as_text()?;
    let file = format!("{cache}/br/{registry}/{}/{tag}$/main.json", path.replace('/', "$"));
    lib.tree.resolve(&config_path, &file).filter(|file| lib.exists(file))
}
