//! Azure Verified Modules that are not on disk: what they create is known by their name, though
//! little else of it is.
//!
//! <https://azure.github.io/Azure-Verified-Modules/indexes/terraform/tf-resource-modules/>

use std::rc::Rc;

use crate::model::Text;

use super::azurerm::Draft;
use super::eval::Engine;
use super::instance::{Binding, ModuleInstance};
use super::scope::Scope;
use super::syntax::Block;
use super::value::Val;

/// A module call whose source is not on disk.
#[derive(Debug)]
pub(super) struct ExternalModule {
    pub arm: &'static str,
    pub block: Rc<Block>,
    pub parent: Rc<ModuleInstance>,
    pub binding: Binding,
    pub address: Rc<str>,
}

/// Members of a body of which nothing is known.
const UNKNOWN: &[&str] = &["properties", "sku", "kind", "identity", "zones"];

/// Modules for one resource each; all take `name`, `location`, and `resource_group_name` or `parent_id`.
const MODULES: &[(&str, &str)] = &[
    ("cognitiveservices-account", "Microsoft.CognitiveServices/accounts"),
    ("containerregistry-registry", "Microsoft.ContainerRegistry/registries"),
    ("containerservice-managedcluster", "Microsoft.ContainerService/managedClusters"),
    ("databricks-workspace", "Microsoft.Databricks/workspaces"),
    ("dbformysql-flexibleserver", "Microsoft.DBforMySQL/flexibleServers"),
    ("dbforpostgresql-flexibleserver", "Microsoft.DBforPostgreSQL/flexibleServers"),
    ("documentdb-databaseaccount", "Microsoft.DocumentDB/databaseAccounts"),
    ("insights-component", "Microsoft.Insights/components"),
    ("keyvault-vault", "Microsoft.KeyVault/vaults"),
    ("machinelearningservices-workspace", "Microsoft.MachineLearningServices/workspaces"),
    ("managedidentity-userassignedidentity", "Microsoft.ManagedIdentity/userAssignedIdentities"),
    ("network-virtualnetwork", "Microsoft.Network/virtualNetworks"),
    ("operationalinsights-workspace", "Microsoft.OperationalInsights/workspaces"),
    ("sql-server", "Microsoft.Sql/servers"),
    ("storage-storageaccount", "Microsoft.Storage/storageAccounts"),
];

/// The ARM type that a module of the registry creates.
pub(super) fn arm_type(source: &str) -> Option<&'static str> {
    let source = source.strip_prefix("registry.terraform.io/").unwrap_or(source);
    let name = source.strip_prefix("Azure/avm-res-")?.strip_suffix("/azurerm")?;
    MODULES.iter().find(|(module, _)| *module == name).map(|(_, arm)| *arm)
}

impl Engine<'_, '_> {
    /// An argument of the call; null if it is not given.
    fn module_argument(&self, module: &ExternalModule, name: &str) -> Val {
        let Some(attribute) = module.block.body.attribute(name) else { return Val::null() };
        let scope = Scope { binding: Some(&module.binding), ..Scope::of(&module.parent) };
        match self.eval(&attribute.value, scope) {
            Ok(value) => value.placed(attribute.span),
            Err(fault) => {
                self.report(&fault);
                self.unknown_here(attribute.value.span, scope)
            }
        }
    }

    /// The id of the resource that the module creates.
    pub fn module_id(&self, module: &ExternalModule) -> Option<Text> {
        let get = |name: &str| self.module_argument(module, name).to_text();
        let name = get("name")?;
        let mut id = match (get("parent_id"), get("resource_group_name")) {
            (Some(parent), _) => parent,
            (None, Some(group)) => {
                let mut scope = Text::known("/subscriptions/");
                scope.push(&self.subscription(&module.parent, "azurerm"));
                scope.push_known("/resourceGroups/");
                scope.push(&group);
                scope
            }
            (None, None) => return None,
        };
        id.push_known(&format!("/providers/{}/", module.arm));
        id.push(&name);
        Some(id)
    }

    /// An output, if it is one of those that every module of this kind has.
    pub fn module_output(&self, module: &ExternalModule, name: &str) -> Option<Val> {
        match name {
            "resource_id" | "id" => self.module_id(module).map(Val::text),
            "name" => Some(self.module_argument(module, "name")).filter(|name| !name.is_null()),
            _ => None,
        }
    }

    /// What is known of the resource: where it is, and that the rest is not known.
    pub fn module_body(&self, module: &ExternalModule) -> Draft {
        let mut draft = Draft::default();
        for name in ["location", "tags"] {
            let value = self.module_argument(module, name);
            if !value.is_null() {
                draft.set(&format!("/{name}"), value.to_model(None));
            }
        }
        for name in UNKNOWN {
            let text = format!("{}, a module that is not in the repository", module.address);
            let value = Val::derived(text, &format!("{}\u{1e}{}\u{1e}{name}", module.parent.owner, module.address));
            draft.set(&format!("/{name}"), value.to_model(Some(module.block.header)));
        }
        draft
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_modules_for_one_resource_are_known() {
        assert_eq!(arm_type("Azure/avm-res-keyvault-vault/azurerm"), Some("Microsoft.KeyVault/vaults"));
        assert_eq!(arm_type("Azure/avm-ptn-aml/azurerm"), None);
        assert_eq!(arm_type("someone/avm-res-keyvault-vault/azurerm"), None);
    }
}
