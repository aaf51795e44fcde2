//! `azurerm_*` resources as ARM resources, by tables.

mod apply;
mod table;

mod data;
mod ml;
mod network;
mod observe;
mod platform;

use crate::model::Text;

use super::eval::Engine;
use super::instance::ResourceInstance;
use super::locate::provider_name;
use super::scope::Scope;
use super::syntax::ExprKind;
use super::value::Val;

pub(super) use apply::{Block, Draft, Found, fill, id, unresolved};
pub(super) use table::{Child, ChildName, Join, Mapping};

/// All tables.
const TABLES: &[&[Mapping]] = &[ml::TABLE, data::TABLE, network::TABLE, observe::TABLE, platform::TABLE];

/// The table of a Terraform type.
pub(super) fn mapping(terraform: &str) -> Option<&'static Mapping> {
    TABLES.iter().flat_map(|table| table.iter()).find(|mapping| mapping.terraform == terraform)
}

/// The provider that a resource names, or the one that its type begins with.
pub(super) fn provider_of(resource: &ResourceInstance) -> String {
    let written = resource.block.body.attribute("provider").and_then(|a| provider_name(&a.value));
    written.unwrap_or_else(|| resource.block.kind.split('_').next().unwrap_or("azurerm").to_owned())
}

/// The ARM id of a resource or data source, if its type is known here.
pub(super) fn id_of(engine: &Engine, resource: &ResourceInstance) -> Option<Text> {
    if let Some(id) = imported(engine, resource) {
        return Some(id);
    }
    let get = |name: &str| match engine.argument(resource, name) {
        // A name that is left out is made up by the provider.
        value if value.is_null() && name == "name" => {
            Val::unknown(&resource.module.owner, format!("{}.name", resource.address))
        }
        value => value,
    };
    if resource.block.kind.starts_with("azapi_") {
        return super::azapi::id(engine, resource);
    }
    // A data source may be asked for by its id.
    if resource.block.data
        && let Some(text) = get("resource_id").to_text().or_else(|| get("id").to_text())
    {
        return Some(text);
    }
    let mapping = mapping(&resource.block.kind)?;
    let subscription = engine.subscription(&resource.module, &provider_of(resource));
    id(mapping, &subscription, &get)
}

/// The id that an `import` block of the root module gives.
fn imported(engine: &Engine, resource: &ResourceInstance) -> Option<Text> {
    let root = engine.modules.borrow().first().cloned()?;
    let block = root.module.imports.iter().find(|block| {
        let to = block.body.attribute("to").map(|a| match &a.value.kind {
            ExprKind::Text(text) => text.to_string(),
            _ => engine.project.source(a.value.span),
        });
        to.as_deref() == Some(&*resource.address) && block.body.attribute("for_each").is_none()
    })?;
    let id = engine.eval(&block.body.attribute("id")?.value, Scope::of(&root)).ok()?;
    id.as_str().filter(|id| id.starts_with('/')).map(Text::known)
}

/// The id of the virtual network that a peering, which names it, is a part of.
pub(super) fn whole_of(engine: &Engine, resource: &ResourceInstance) -> Option<Text> {
    id_of(engine, resource).as_ref().map(parent_of)
}

/// The id without its last type and name.
pub(super) fn parent_of(id: &Text) -> Text {
    let mut pieces = id.split('/');
    pieces.truncate(pieces.len().saturating_sub(2));
    apply::joined(&pieces)
}

/// Attributes that Azure computes and that are known all the same.
pub(super) fn computed(engine: &Engine, resource: &ResourceInstance, name: &str) -> Option<Val> {
    match (&*resource.block.kind, name) {
        ("azurerm_client_config" | "azurerm_subscription", "subscription_id") => {
            let given = engine.argument(resource, "subscription_id").to_text();
            Some(Val::text(given.unwrap_or_else(|| engine.subscription(&resource.module, &provider_of(resource)))))
        }
        ("azapi_client_config", "subscription_id") => Some(Val::text(engine.subscription(&resource.module, "azurerm"))),
        ("azapi_client_config", "subscription_resource_id") => {
            let mut id = Text::known("/subscriptions/");
            id.push(&engine.subscription(&resource.module, "azurerm"));
            Some(Val::text(id))
        }
        ("azurerm_storage_container" | "azurerm_storage_share", "resource_manager_id") => {
            id_of(engine, resource).map(Val::text)
        }
        ("azurerm_role_definition", "id" | "role_definition_id") if resource.block.data => {
            let name = engine.argument(resource, "name");
            name.as_str().is_some().then(|| observe::role_id(&name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::table::{Field, Id};
    use super::*;

    #[test]
    fn every_type_has_one_table() {
        let mut names: Vec<_> = TABLES.iter().flat_map(|table| table.iter()).map(|m| m.terraform).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn properties_are_pointers_and_types_have_as_many_names_as_segments() {
        for mapping in TABLES.iter().flat_map(|table| table.iter()) {
            for field in mapping.fields {
                let to = match field {
                    Field::One { to, .. }
                    | Field::Many { to, .. }
                    | Field::Fixed { to, .. }
                    | Field::Made { to, .. } => to,
                };
                assert!(to.starts_with('/'), "{}: {to}", mapping.terraform);
            }
            if let Id::Group(names) = mapping.id {
                assert_eq!(names.len(), mapping.arm.split('/').count() - 1, "{}", mapping.terraform);
            }
        }
    }
}
