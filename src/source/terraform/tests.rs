//! Root modules as a whole.

use std::fs;

use super::*;
use crate::model::{Pointer, Resource, Unknown};

/// A repository in a scratch folder.
struct Repository {
    _dir: tempfile::TempDir,
    tree: FileTree,
}

fn repository(files: &[(&str, &str)]) -> Repository {
    let dir = tempfile::tempdir().expect("a scratch folder");
    for (path, text) in files {
        let full = dir.path().join(path);
        fs::create_dir_all(full.parent().expect("a parent")).expect("folders");
        fs::write(full, text).expect("a file");
    }
    let tree = FileTree::open(dir.path(), &[dir.path().to_owned()], &|_| true).expect("a tree");
    Repository { _dir: dir, tree }
}

impl Repository {
    fn read(&self) -> Inventory {
        let mut inventory = Inventory::default();
        for entry in Terraform.claims(&self.tree) {
            inventory.absorb(Terraform.read(&self.tree, &entry));
        }
        inventory
    }
}

fn read(text: &str) -> Inventory {
    repository(&[("main.tf", text)]).read()
}

fn named<'i>(inventory: &'i Inventory, name: &str) -> &'i Resource {
    let wanted = format!("terraform:{name}");
    let found = inventory.resources.iter().find(|r| r.declaration().is_some_and(|d| d.logical_name == wanted));
    found.unwrap_or_else(|| {
        let all: Vec<_> =
            inventory.resources.iter().filter_map(|r| r.declaration().map(|d| d.logical_name.clone())).collect();
        panic!("no {name} among {all:?}; gaps: {:?}", inventory.collection.gaps)
    })
}

fn text<'r>(resource: &'r Resource, pointer: &str) -> &'r str {
    let value = resource.get(pointer).unwrap_or_else(|| panic!("no {pointer} in {resource:#?}"));
    value.as_str().expect("a string")
}

fn line_at(inventory: &Inventory, resource: &Resource, pointer: &str) -> String {
    let pointer = Pointer::parse(pointer).expect("a pointer");
    let span = resource.declaration().expect("declared").spans[&pointer].span;
    let file = inventory.files.get(span.file).expect("a file");
    file.line(file.line_of(span.start)).trim().to_owned()
}

const WORKSPACE: &str = r#"
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

variable "location" {
  default = "westeurope"
}

locals {
  prefix = "mlha"
}

resource "azurerm_resource_group" "main" {
  name     = "${local.prefix}-rg"
  location = var.location
}

resource "azurerm_storage_account" "default" {
  name                     = "${local.prefix}store"
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  account_tier             = "Standard"
  account_replication_type = "ZRS"

  blob_properties {
    delete_retention_policy {
      days = 14
    }
  }
}

resource "azurerm_key_vault" "main" {
  name                     = "${local.prefix}-kv"
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  sku_name                 = "standard"
  tenant_id                = data.azurerm_client_config.current.tenant_id
  purge_protection_enabled = true
}

data "azurerm_client_config" "current" {}

resource "azurerm_container_registry" "main" {
  name                = "${local.prefix}acr"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  sku                 = "Premium"

  georeplications {
    location = "North Europe"
  }
}

resource "azurerm_application_insights" "main" {
  name                = "${local.prefix}-appi"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  application_type    = "web"
}

resource "azurerm_machine_learning_workspace" "main" {
  name                    = "${local.prefix}-ws"
  resource_group_name     = azurerm_resource_group.main.name
  location                = azurerm_resource_group.main.location
  application_insights_id = azurerm_application_insights.main.id
  key_vault_id            = azurerm_key_vault.main.id
  storage_account_id      = azurerm_storage_account.default.id
  container_registry_id   = azurerm_container_registry.main.id

  identity {
    type = "SystemAssigned"
  }
}
"#;

#[test]
fn a_workspace_and_what_it_needs_are_arm_resources_that_refer_to_each_other() {
    let inventory = read(WORKSPACE);
    assert!(inventory.collection.gaps.is_empty(), "{:?}", inventory.collection.gaps);
    let workspace = named(&inventory, "azurerm_machine_learning_workspace.main");
    assert_eq!(workspace.resource_type, "microsoft.machinelearningservices/workspaces");
    assert_eq!(text(workspace, "/location"), "westeurope");
    assert_eq!(text(workspace, "/kind"), "Default");
    assert_eq!(text(workspace, "/properties/publicNetworkAccess"), "Enabled");
    for (pointer, name) in [
        ("/properties/storageAccount", "azurerm_storage_account.default"),
        ("/properties/keyVault", "azurerm_key_vault.main"),
        ("/properties/containerRegistry", "azurerm_container_registry.main"),
        ("/properties/applicationInsights", "azurerm_application_insights.main"),
    ] {
        let id = workspace.text_at(pointer).expect("an id with holes");
        assert_eq!(crate::model::ResourceId::from_text(id), named(&inventory, name).id);
    }
    assert_eq!(text(named(&inventory, "azurerm_storage_account.default"), "/sku/name"), "Standard_ZRS");
}

#[test]
fn a_property_shows_where_it_is_written_and_where_its_value_was_given() {
    let inventory = read(WORKSPACE);
    let storage = named(&inventory, "azurerm_storage_account.default");
    assert_eq!(line_at(&inventory, storage, "/sku/name"), "account_replication_type = \"ZRS\"");
    let group = named(&inventory, "azurerm_resource_group.main");
    assert_eq!(line_at(&inventory, group, "/location"), "location = var.location");
    let place = group.declaration().expect("declared").spans[&Pointer::parse("/location").expect("a pointer")];
    let given = place.supplied.expect("the default gave it");
    let file = inventory.files.get(given.file).expect("a file");
    assert_eq!(&file.text[given.start as usize..given.end as usize], "\"westeurope\"");
}

#[test]
fn blocks_that_are_resources_in_arm_become_resources() {
    let inventory = read(WORKSPACE);
    let replica = named(&inventory, "azurerm_container_registry.main/georeplications[northeurope]");
    assert_eq!(replica.resource_type, "microsoft.containerregistry/registries/replications");
    assert_eq!(replica.id.parent(), Some(named(&inventory, "azurerm_container_registry.main").id.clone()));
    assert_eq!(replica.get("/properties/regionEndpointEnabled"), Some(&false.into()), "the provider sends false");
    let blobs = named(&inventory, "azurerm_storage_account.default/blob_properties");
    assert_eq!(blobs.get("/properties/deleteRetentionPolicy/days"), Some(&14.into()));
    assert_eq!(blobs.get("/properties/containerDeleteRetentionPolicy/enabled"), Some(&false.into()));
}

#[test]
fn what_only_the_deployment_knows_is_unknown_and_never_absent() {
    let inventory = read(WORKSPACE);
    let vault = named(&inventory, "azurerm_key_vault.main");
    let pointer = Pointer::parse("/properties/tenantId").expect("a pointer");
    let Some(Unknown::Unresolved { expression, .. }) = vault.unknown_at(&pointer) else { panic!("{vault:#?}") };
    assert_eq!(expression, "data.azurerm_client_config.current.tenant_id");
    assert_eq!(vault.get("/properties/enablePurgeProtection"), Some(&true.into()));
}

/// The value of an expression that refers to nothing, as JSON; `error` if Terraform refuses it.
fn console(expression: &str) -> String {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let tree = FileTree::open(dir.path(), &[], &|_| true).expect("a tree");
    let project = Project::new(&tree);
    let engine = Engine::new(&project, Values::new());
    let root = root_instance(&Rc::new(Module::default()), None);
    let place = Span { file: FileId(0), start: 0, end: 0 };
    let value = hcl::parse_expr(&format!("jsonencode({expression})"), place)
        .map_err(|error| error.message)
        .and_then(|expr| engine.eval(&expr, scope::Scope::of(&root)).map_err(|fault| fault.message));
    match value {
        Ok(value) => value.as_str().unwrap_or("unknown").to_owned(),
        Err(_) => "error".to_owned(),
    }
}

/// Expressions and what `terraform console` of version 1.11.4 answers to `jsonencode` of them.
#[test]
fn expressions_have_the_values_that_terraform_gives_them() {
    let table = include_str!("expressions.tsv");
    let rows: Vec<(&str, &str)> = table.lines().filter_map(|line| line.split_once('\t')).collect();
    assert!(rows.len() > 300);
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or(serde_json::Value::Null);
    for (expression, expected) in rows {
        let found = console(expression);
        assert!(
            found == expected || json(&found) == json(expected) && json(expected) != serde_json::Value::Null,
            "{expression}: {found}, Terraform says {expected}"
        );
    }
}

#[test]
fn count_and_for_each_make_one_resource_for_each_element() {
    let inventory = read(
        r#"
        locals { regions = { primary = "westeurope", secondary = "northeurope" } }
        resource "azurerm_resource_group" "r" {
          for_each = local.regions
          name     = "rg-${each.key}"
          location = each.value
        }
        resource "azurerm_storage_account" "s" {
          count                    = 2
          name                     = "store${count.index}"
          resource_group_name      = azurerm_resource_group.r["primary"].name
          location                 = azurerm_resource_group.r["primary"].location
          account_tier             = "Standard"
          account_replication_type = count.index == 0 ? "LRS" : "ZRS"
        }
        resource "azurerm_key_vault" "none" {
          count               = 0
          name                = "kv"
          resource_group_name = "g"
          location            = "x"
        }
        "#,
    );
    assert_eq!(text(named(&inventory, "azurerm_resource_group.r[\"secondary\"]"), "/location"), "northeurope");
    assert_eq!(text(named(&inventory, "azurerm_storage_account.s[1]"), "/sku/name"), "Standard_ZRS");
    assert_eq!(named(&inventory, "azurerm_storage_account.s[0]").id.resource_group().as_deref(), Some("rg-primary"));
    assert_eq!(inventory.resources.len(), 4);
}

#[test]
fn an_undecided_count_keeps_the_resource_and_says_so() {
    let inventory = read(
        r#"
        variable "dr" { type = bool }
        variable "names" { type = set(string) }
        resource "azurerm_key_vault" "dr" {
          count               = var.dr ? 1 : 0
          name                = "kv-dr"
          resource_group_name = "g"
          location            = "northeurope"
        }
        resource "azurerm_key_vault" "many" {
          for_each            = var.names
          name                = "kv-${each.value}"
          resource_group_name = "g"
          location            = "northeurope"
        }
        resource "azurerm_machine_learning_workspace" "w" {
          name                = "w"
          resource_group_name = "g"
          location            = "x"
          key_vault_id        = azurerm_key_vault.dr[0].id
        }
        "#,
    );
    let vault = named(&inventory, "azurerm_key_vault.dr[0]");
    assert_eq!(vault.declaration().expect("declared").condition.as_deref(), Some("var.dr ? 1 : 0"));
    let id = named(&inventory, "azurerm_machine_learning_workspace.w").text_at("/properties/keyVault");
    assert_eq!(id.map(crate::model::ResourceId::from_text), Some(vault.id.clone()));
    let many = named(&inventory, "azurerm_key_vault.many[*]");
    assert!(many.declaration().expect("declared").condition.is_some());
    assert!(!many.id.is_exact());
}

#[test]
fn modules_get_their_inputs_and_give_their_outputs() {
    let repository = repository(&[
        (
            "main.tf",
            r#"
            module "store" {
              source   = "./modules/store"
              for_each = toset(["westeurope", "northeurope"])
              region   = each.key
            }
            resource "azurerm_machine_learning_workspace" "w" {
              name                = "w"
              resource_group_name = "g"
              location            = "westeurope"
              storage_account_id  = module.store["westeurope"].id
            }
            "#,
        ),
        (
            "modules/store/main.tf",
            r#"
            variable "region" {}
            variable "replication" { default = "ZRS" }
            resource "azurerm_storage_account" "s" {
              name                     = "st${var.region}"
              resource_group_name      = "g"
              location                 = var.region
              account_tier             = "Standard"
              account_replication_type = var.replication
            }
            output "id" { value = azurerm_storage_account.s.id }
            "#,
        ),
    ]);
    let inventory = repository.read();
    assert!(inventory.collection.gaps.is_empty(), "{:?}", inventory.collection.gaps);
    assert_eq!(inventory.deployments.len(), 1, "a called module is no root");
    let store = named(&inventory, "module.store[\"westeurope\"].azurerm_storage_account.s");
    assert_eq!(text(store, "/location"), "westeurope");
    let declaration = store.declaration().expect("declared");
    assert_eq!(inventory.files.get(declaration.span.file).expect("a file").path, "modules/store/main.tf");
    let call = declaration.calls.first().expect("the module call");
    assert_eq!(inventory.files.get(call.file).expect("a file").path, "main.tf");
    let id = named(&inventory, "azurerm_machine_learning_workspace.w").text_at("/properties/storageAccount");
    assert_eq!(id.map(crate::model::ResourceId::from_text), Some(store.id.clone()));
}

#[test]
fn modules_that_are_not_there_are_gaps_and_what_they_give_is_unknown() {
    let inventory = read(
        r#"
        module "vault" {
          source = "Azure/avm-res-keyvault-vault/azurerm"
        }
        resource "azurerm_machine_learning_workspace" "w" {
          name                = "w"
          resource_group_name = "g"
          location            = "westeurope"
          key_vault_id        = module.vault.resource_id
        }
        "#,
    );
    let codes: Vec<GapCode> = inventory.collection.gaps.iter().map(|gap| gap.code).collect();
    assert_eq!(codes, [GapCode::ExternalReference]);
    let workspace = named(&inventory, "azurerm_machine_learning_workspace.w");
    let pointer = Pointer::parse("/properties/keyVault").expect("a pointer");
    assert!(workspace.unknown_at(&pointer).is_some());
}

#[test]
fn installed_modules_are_read_where_the_manifest_says() {
    let repository = repository(&[
        ("infra/main.tf", "module \"kv\" {\n  source = \"Azure/kv/azurerm\"\n}\n"),
        (
            "infra/.terraform/modules/modules.json",
            r#"{"Modules":[{"Key":"kv","Source":"x","Dir":".terraform/modules/kv"}]}"#,
        ),
        (
            "infra/.terraform/modules/kv/main.tf",
            "resource \"azurerm_key_vault\" \"v\" {\n  name = \"kv\"\n  resource_group_name = \"g\"\n  location = \"x\"\n}\n",
        ),
    ]);
    let inventory = repository.read();
    assert!(inventory.collection.gaps.is_empty(), "{:?}", inventory.collection.gaps);
    named(&inventory, "module.kv.azurerm_key_vault.v");
    assert_eq!(inventory.deployments.len(), 1);
}

#[test]
fn each_variable_file_is_a_deployment_of_its_own() {
    let repository = repository(&[
        (
            "main.tf",
            r#"
            variable "location" {}
            variable "password" {
              sensitive = true
              default   = "hunter2"
            }
            resource "azurerm_storage_account" "s" {
              name                     = "s"
              resource_group_name      = "g"
              location                 = var.location
              account_tier             = "Standard"
              account_replication_type = "LRS"
              tags                     = { secret = var.password }
            }
            "#,
        ),
        ("terraform.tfvars", "location = \"westeurope\"\n"),
        ("env/dr.tfvars", "location = \"northeurope\"\n"),
        ("env/prod.tfvars", "# as terraform.tfvars\n"),
    ]);
    let inventory = repository.read();
    let regions: Vec<_> = inventory.resources.iter().map(|resource| text(resource, "/location")).collect();
    assert_eq!(regions, ["northeurope", "westeurope"]);
    let files: Vec<_> = inventory.deployments.iter().map(|d| d.parameters.as_deref().unwrap_or("")).collect();
    assert_eq!(files, ["env/dr.tfvars", "env/prod.tfvars"]);
    assert_eq!(inventory.deployments[0].values.get("location").map(String::as_str), Some("northeurope"));
    let all = format!("{inventory:?}").replace("default   = \\\"hunter2\\\"", "");
    assert!(!all.contains("hunter2"), "a sensitive value is told nowhere");
}

#[test]
fn dynamic_blocks_make_blocks() {
    let inventory = read(
        r#"
        variable "replicas" { default = ["northeurope", "uksouth"] }
        variable "unknown" { type = list(string) }
        resource "azurerm_container_registry" "r" {
          name                = "r"
          resource_group_name = "g"
          location            = "westeurope"
          sku                 = "Premium"
          dynamic "georeplications" {
            for_each = toset(var.replicas)
            content {
              location                  = georeplications.value
              regional_endpoint_enabled = true
            }
          }
        }
        resource "azurerm_container_registry" "u" {
          name                = "u"
          resource_group_name = "g"
          location            = "westeurope"
          sku                 = "Premium"
          dynamic "georeplications" {
            for_each = var.unknown
            content { location = georeplications.value }
          }
        }
        "#,
    );
    let replica = named(&inventory, "azurerm_container_registry.r/georeplications[uksouth]");
    assert_eq!(replica.get("/properties/regionEndpointEnabled"), Some(&true.into()));
    let open: Vec<_> = inventory
        .resources
        .iter()
        .filter_map(|resource| resource.declaration())
        .filter(|d| d.logical_name.contains(".u/georeplications"))
        .collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].condition.as_deref(), Some("var.unknown"));
}

#[test]
fn defaults_follow_the_version_of_the_provider() {
    let account = |version: &str| {
        let inventory = read(&format!(
            r#"
            terraform {{
              required_providers {{
                azurerm = {{ version = "{version}" }}
              }}
            }}
            resource "azurerm_machine_learning_workspace" "w" {{
              name                = "w"
              resource_group_name = "g"
              location            = "x"
            }}
            "#
        ));
        let workspace = named(&inventory, "azurerm_machine_learning_workspace.w").clone();
        let pointer = Pointer::parse("/properties/systemDatastoresAuthMode").expect("a pointer");
        (workspace.get(pointer.as_str()).cloned(), workspace.unknown_at(&pointer).is_some())
    };
    assert_eq!(account("~> 3.100"), (None, false));
    assert_eq!(account("~> 4.0"), (Some("AccessKey".into()), false));
    assert_eq!(account(">= 3.0"), (None, true), "either");
}

#[test]
fn data_sources_are_existing_resources_known_by_their_arguments() {
    let inventory = read(
        r#"
        data "azurerm_key_vault" "shared" {
          name                = "shared-kv"
          resource_group_name = "shared"
        }
        resource "azurerm_machine_learning_workspace" "w" {
          name                = "w"
          resource_group_name = "g"
          location            = data.azurerm_key_vault.shared.location
          key_vault_id        = data.azurerm_key_vault.shared.id
        }
        "#,
    );
    let vault = named(&inventory, "data.azurerm_key_vault.shared");
    assert!(vault.declaration().expect("declared").existing);
    assert_eq!(vault.unknown_at(&Pointer::parse("/location").expect("a pointer")), Some(&Unknown::NotCollected));
    let id = named(&inventory, "azurerm_machine_learning_workspace.w").text_at("/properties/keyVault");
    assert_eq!(id.map(crate::model::ResourceId::from_text), Some(vault.id.clone()));
}

#[test]
fn a_provider_alias_decides_the_subscription() {
    let inventory = read(
        r#"
        provider "azurerm" {
          features {}
        }
        provider "azurerm" {
          alias           = "dr"
          subscription_id = "00000000-0000-0000-0000-000000000001"
          features {}
        }
        resource "azurerm_resource_group" "a" {
          name     = "g"
          location = "x"
        }
        resource "azurerm_resource_group" "b" {
          provider = azurerm.dr
          name     = "g"
          location = "x"
        }
        "#,
    );
    let subscription = |name| named(&inventory, name).id.subscription();
    assert_eq!(subscription("azurerm_resource_group.b").as_deref(), Some("00000000-0000-0000-0000-000000000001"));
    assert_eq!(subscription("azurerm_resource_group.a"), None);
}

#[test]
fn parts_join_the_resource_that_they_belong_to() {
    let inventory = read(
        r#"
        variable "extra" { type = bool }
        resource "azurerm_kubernetes_cluster" "k" {
          name                = "k"
          resource_group_name = "g"
          location            = "x"
          default_node_pool {
            name    = "system"
            vm_size = "Standard_D4s_v5"
            zones   = ["1", "2", "3"]
          }
        }
        resource "azurerm_kubernetes_cluster_node_pool" "p" {
          name                  = "user"
          kubernetes_cluster_id = azurerm_kubernetes_cluster.k.id
          vm_size               = "Standard_D4s_v5"
        }
        resource "azurerm_key_vault" "v" {
          name                = "v"
          resource_group_name = "g"
          location            = "x"
        }
        resource "azurerm_key_vault_access_policy" "p" {
          count              = var.extra ? 1 : 0
          key_vault_id       = azurerm_key_vault.v.id
          tenant_id          = "t"
          object_id          = "o"
          secret_permissions = ["Get"]
        }
        resource "azurerm_storage_account" "s" {
          name                     = "s"
          resource_group_name      = "g"
          location                 = "x"
          account_tier             = "Standard"
          account_replication_type = "LRS"
        }
        resource "azurerm_storage_account_network_rules" "n" {
          storage_account_id = azurerm_storage_account.s.id
          default_action     = "Deny"
        }
        resource "azurerm_key_vault_access_policy" "elsewhere" {
          key_vault_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/other"
          tenant_id    = "t"
          object_id    = "o"
        }
        "#,
    );
    let cluster = named(&inventory, "azurerm_kubernetes_cluster.k");
    let modes: Vec<_> =
        (0..2).map(|index| text(cluster, &format!("/properties/agentPoolProfiles/{index}/mode"))).collect();
    assert_eq!(modes, ["System", "User"]);
    named(&inventory, "azurerm_kubernetes_cluster_node_pool.p");
    let storage = named(&inventory, "azurerm_storage_account.s");
    assert_eq!(text(storage, "/properties/networkAcls/defaultAction"), "Deny");
    let vault = named(&inventory, "azurerm_key_vault.v");
    let policies = Pointer::parse("/properties/accessPolicies").expect("a pointer");
    assert!(vault.unknown_at(&policies).is_some(), "whether the policy is there is not known");
    let other = named(&inventory, "azurerm_key_vault_access_policy.elsewhere");
    assert_eq!(other.resource_type, "microsoft.keyvault/vaults");
    assert!(other.declaration().expect("declared").existing);
}

#[test]
fn azapi_bodies_are_arm_bodies() {
    let inventory = read(
        r#"
        resource "azapi_resource" "w" {
          type      = "Microsoft.MachineLearningServices/workspaces@2024-10-01"
          name      = "w"
          parent_id = azurerm_resource_group.g.id
          location  = "westeurope"
          identity { type = "SystemAssigned" }
          body = {
            kind       = "Default"
            properties = { storageAccount = azapi_resource.s.id }
          }
        }
        resource "azapi_resource" "s" {
          type      = "Microsoft.Storage/storageAccounts@2024-01-01"
          name      = "s"
          parent_id = azurerm_resource_group.g.id
          location  = "westeurope"
          body = jsonencode({
            sku        = { name = "Standard_ZRS" }
            properties = { isHnsEnabled = var.hns }
          })
        }
        resource "azapi_update_resource" "u" {
          type        = "Microsoft.Storage/storageAccounts@2024-01-01"
          resource_id = azapi_resource.s.id
          body        = { properties = { allowSharedKeyAccess = false } }
        }
        variable "hns" { type = bool }
        resource "azurerm_resource_group" "g" {
          name     = "g"
          location = "westeurope"
        }
        "#,
    );
    let workspace = named(&inventory, "azapi_resource.w");
    assert_eq!(workspace.resource_type, "microsoft.machinelearningservices/workspaces");
    assert_eq!(text(workspace, "/identity/type"), "SystemAssigned");
    assert_eq!(text(workspace, "/kind"), "Default");
    let storage = named(&inventory, "azapi_resource.s");
    let id = workspace.text_at("/properties/storageAccount");
    assert_eq!(id.map(crate::model::ResourceId::from_text), Some(storage.id.clone()));
    assert_eq!(text(storage, "/sku/name"), "Standard_ZRS");
    assert_eq!(line_at(&inventory, storage, "/sku/name"), "sku        = { name = \"Standard_ZRS\" }");
    assert_eq!(storage.get("/properties/allowSharedKeyAccess"), Some(&false.into()));
    assert!(storage.unknown_at(&Pointer::parse("/properties/isHnsEnabled").expect("a pointer")).is_some());
}

#[test]
fn a_file_that_is_wrong_is_a_gap_and_the_others_count() {
    let repository = repository(&[
        ("bad.tf", "variable \"location\" {\n  default = \n}\n"),
        ("main.tf", "resource \"azurerm_resource_group\" \"g\" {\n  name     = \"g\"\n  location = var.location\n}\n"),
    ]);
    let inventory = repository.read();
    let [gap] = inventory.collection.gaps.as_slice() else { panic!("{:?}", inventory.collection.gaps) };
    assert_eq!(gap.code, GapCode::SyntaxError);
    assert!(gap.message.starts_with("line 2, column "), "{}", gap.message);
    let group = named(&inventory, "azurerm_resource_group.g");
    assert!(group.unknown_at(&Pointer::parse("/location").expect("a pointer")).is_some());
}

#[test]
fn circles_are_gaps_and_end() {
    let repository = repository(&[
        (
            "main.tf",
            r#"
            locals {
              a = local.b
              b = local.a
            }
            module "m" { source = "./m" }
            resource "azurerm_resource_group" "g" {
              name     = local.a
              location = azurerm_resource_group.h.location
            }
            resource "azurerm_resource_group" "h" {
              name     = "h"
              location = azurerm_resource_group.g.location
            }
            "#,
        ),
        ("m/main.tf", "module \"n\" { source = \"../n\" }\n"),
        ("n/main.tf", "module \"m\" { source = \"../m\" }\n"),
    ]);
    let inventory = repository.read();
    let cycles = inventory.collection.gaps.iter().filter(|gap| gap.code == GapCode::Cycle).count();
    assert!(cycles >= 3, "{:?}", inventory.collection.gaps);
    assert_eq!(inventory.resources.len(), 2);
}

#[test]
fn long_chains_of_references_end_in_a_gap_and_not_in_a_crash() {
    let mut chain = String::from("locals {\n  a0 = \"x\"\n");
    for index in 1..5_000 {
        chain.push_str(&format!("  a{index} = [local.a{}]\n", index - 1));
    }
    chain.push_str("}\nresource \"azurerm_resource_group\" \"g\" {\n  name = \"g\"\n  location = local.a4999\n");
    // Each link alone is short, but the value grows with each.
    for index in 0..5_000 {
        chain.push_str(&format!("  x{index} = local.a{index}\n"));
    }
    chain.push_str("}\n");
    let inventory = read(&chain);
    assert!(inventory.collection.gaps.iter().any(|gap| gap.code == GapCode::LimitExceeded));
    named(&inventory, "azurerm_resource_group.g");
}

#[test]
fn values_that_grow_without_end_are_refused() {
    let mut text = String::from("locals {\n  a0 = [\"x\", \"y\"]\n");
    for index in 1..80 {
        text.push_str(&format!("  a{index} = [local.a{0}, local.a{0}]\n", index - 1));
    }
    text.push_str("  s = join(\",\", [for i in range(1000) : format(\"%01000d\", i)])\n");
    text.push_str("  t = join(\",\", [for i in range(1000) : local.s])\n}\n");
    text.push_str(
        "resource \"azurerm_resource_group\" \"g\" {\n  name = jsonencode(local.a79)\n  location = local.t\n}\n",
    );
    let inventory = read(&text);
    assert!(!inventory.collection.gaps.is_empty());
    assert_eq!(inventory.resources.len(), 1);
}

#[test]
fn many_instances_stop_at_the_limit() {
    let inventory = read(
        "resource \"azurerm_resource_group\" \"g\" {\n  count = 1000000\n  name = \"g${count.index}\"\n  location = \"x\"\n}\n",
    );
    assert_eq!(inventory.resources.len(), 10_000);
    assert!(inventory.collection.gaps.iter().any(|gap| gap.code == GapCode::LimitExceeded));
}

#[test]
fn files_outside_the_repository_are_not_read() {
    let inventory = read(
        "resource \"azurerm_resource_group\" \"g\" {\n  name = file(\"../../../../etc/hostname\")\n  location = file(\"/etc/hostname\")\n}\nmodule \"m\" { source = \"../../../..\" }\n",
    );
    let group = named(&inventory, "azurerm_resource_group.g");
    assert!(group.unknown_at(&Pointer::parse("/location").expect("a pointer")).is_some());
    assert!(inventory.collection.gaps.iter().any(|gap| gap.code == GapCode::ExternalReference));
}

#[test]
fn files_of_the_repository_are_read_by_functions() {
    let repository = repository(&[
        (
            "infra/main.tf",
            r#"
            locals { settings = jsondecode(file("${path.module}/../settings.json")) }
            resource "azurerm_resource_group" "g" {
              name     = templatefile("name.tftpl", { env = "prod" })
              location = local.settings.location
            }
            "#,
        ),
        ("settings.json", r#"{"location": "westeurope"}"#),
        ("infra/name.tftpl", "rg-${env}"),
    ]);
    let inventory = repository.read();
    let group = named(&inventory, "azurerm_resource_group.g");
    assert_eq!(text(group, "/location"), "westeurope");
    assert_eq!(group.id.resource_group().as_deref(), Some("rg-prod"));
}

#[test]
fn the_json_syntax_is_read_too() {
    let repository = repository(&[(
        "main.tf.json",
        r#"{
          "variable": {"location": {"default": "westeurope"}},
          "resource": {"azurerm_storage_account": {"s": {
            "name": "store",
            "resource_group_name": "g",
            "location": "${var.location}",
            "account_tier": "Standard",
            "account_replication_type": "ZRS",
            "identity": {"type": "SystemAssigned"}
          }}}
        }"#,
    )]);
    let inventory = repository.read();
    let storage = named(&inventory, "azurerm_storage_account.s");
    assert_eq!(text(storage, "/location"), "westeurope");
    assert_eq!(text(storage, "/identity/type"), "SystemAssigned");
    assert_eq!(line_at(&inventory, storage, "/sku/name"), "\"account_replication_type\": \"ZRS\",");
}

const PLAN: &str = r#"{
  "format_version": "1.2",
  "terraform_version": "1.11.4",
  "variables": {"location": {"value": "westeurope"}},
  "planned_values": {"root_module": {}},
  "resource_changes": [
    {"address": "azurerm_storage_account.s", "mode": "managed", "type": "azurerm_storage_account", "name": "s",
     "change": {"actions": ["create"], "before": null,
       "after": {"name": "store", "resource_group_name": "g", "location": "westeurope", "account_tier": "Standard",
                 "account_replication_type": "ZRS", "account_kind": "StorageV2", "blob_properties": []},
       "after_unknown": {"id": true, "access_tier": true}, "after_sensitive": {"primary_access_key": true}}},
    {"address": "azurerm_key_vault.gone", "mode": "managed", "type": "azurerm_key_vault", "name": "gone",
     "change": {"actions": ["delete"], "before": {"name": "old"}, "after": null, "after_unknown": {}}},
    {"address": "azurerm_key_vault.kept", "mode": "managed", "type": "azurerm_key_vault", "name": "kept",
     "change": {"actions": ["no-op"],
       "after": {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kept", "name": "kept",
                 "resource_group_name": "g", "location": "westeurope", "purge_protection_enabled": true},
       "after_unknown": {}}},
    {"address": "azurerm_machine_learning_workspace.w", "mode": "managed", "type": "azurerm_machine_learning_workspace",
     "name": "w",
     "change": {"actions": ["create"], "before": null,
       "after": {"name": "w", "resource_group_name": "g", "location": "westeurope", "kind": "Default",
         "key_vault_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kept"},
       "after_unknown": {"id": true, "storage_account_id": true, "application_insights_id": true}}}
  ],
  "configuration": {
    "provider_config": {"azurerm": {"name": "azurerm", "version_constraint": "~> 4.0"}},
    "root_module": {"resources": [
      {"address": "azurerm_storage_account.s", "type": "azurerm_storage_account", "name": "s", "expressions": {}},
      {"address": "azurerm_machine_learning_workspace.w", "type": "azurerm_machine_learning_workspace", "name": "w",
       "expressions": {
         "storage_account_id": {"references": ["azurerm_storage_account.s.id", "azurerm_storage_account.s"]},
         "application_insights_id": {"references": ["azurerm_application_insights.a.id",
           "azurerm_application_insights.a", "azurerm_application_insights.b.id", "azurerm_application_insights.b"]}}}
    ]}
  }
}"#;

#[test]
fn a_plan_gives_the_resources_that_will_be() {
    let inventory = repository(&[("plan.json", PLAN)]).read();
    assert!(inventory.collection.gaps.is_empty(), "{:?}", inventory.collection.gaps);
    let names: Vec<_> =
        inventory.resources.iter().filter_map(|r| r.declaration().map(|d| d.logical_name.as_str())).collect();
    assert_eq!(
        names,
        [
            "terraform:azurerm_storage_account.s",
            "terraform:azurerm_key_vault.kept",
            "terraform:azurerm_machine_learning_workspace.w"
        ]
    );
    let storage = named(&inventory, "azurerm_storage_account.s");
    assert_eq!(text(storage, "/sku/name"), "Standard_ZRS");
    assert!(storage.unknown_at(&Pointer::parse("/properties/accessTier").expect("a pointer")).is_some());
    let workspace = named(&inventory, "azurerm_machine_learning_workspace.w");
    let store = workspace.text_at("/properties/storageAccount").map(crate::model::ResourceId::from_text);
    assert_eq!(store, Some(storage.id.clone()), "the only reference is the id");
    let vault = crate::model::ResourceId::parse(text(workspace, "/properties/keyVault"));
    assert_eq!(vault, named(&inventory, "azurerm_key_vault.kept").id);
    let insights = Pointer::parse("/properties/applicationInsights").expect("a pointer");
    assert!(workspace.unknown_at(&insights).is_some(), "one of two references may be either");
}

#[test]
fn a_plan_beside_its_configuration_gives_the_values_and_the_configuration_the_lines() {
    let configuration = r#"
        variable "location" { default = "northeurope" }
        resource "azurerm_storage_account" "s" {
          name                     = "store"
          resource_group_name      = "g"
          location                 = var.location
          account_tier             = "Standard"
          account_replication_type = "LRS"
        }
        resource "azurerm_machine_learning_workspace" "w" {
          name                    = "w"
          resource_group_name     = "g"
          location                = var.location
          storage_account_id      = azurerm_storage_account.s.id
          application_insights_id = coalesce(azurerm_application_insights.a.id, azurerm_application_insights.b.id)
        }
        resource "azurerm_application_insights" "a" {
          name                = "a"
          resource_group_name = "g"
          location            = "x"
        }
        resource "azurerm_application_insights" "b" {
          name                = "b"
          resource_group_name = "g"
          location            = "x"
        }
    "#;
    let inventory = repository(&[("infra/main.tf", configuration), ("infra/plan.json", PLAN)]).read();
    assert_eq!(inventory.deployments.len(), 1, "the plan stands for the configuration");
    assert_eq!(inventory.deployments[0].template, "infra");
    let storage = named(&inventory, "azurerm_storage_account.s");
    assert_eq!(text(storage, "/sku/name"), "Standard_ZRS", "the plan wins");
    assert_eq!(text(storage, "/location"), "westeurope");
    assert_eq!(line_at(&inventory, storage, "/sku/name"), "account_replication_type = \"LRS\"");
    let workspace = named(&inventory, "azurerm_machine_learning_workspace.w");
    let store = workspace.text_at("/properties/storageAccount").map(crate::model::ResourceId::from_text);
    assert_eq!(store, Some(storage.id.clone()));
    let insights = workspace.text_at("/properties/applicationInsights").expect("the configuration knows it");
    assert_eq!(crate::model::ResourceId::from_text(insights).name().and_then(|name| name.as_known()), Some("a"));
}

#[test]
fn a_plan_that_is_cut_off_is_a_gap() {
    let inventory = repository(&[("plan.json", &PLAN[..PLAN.len() / 2])]).read();
    let codes: Vec<GapCode> = inventory.collection.gaps.iter().map(|gap| gap.code).collect();
    assert_eq!(codes, [GapCode::SyntaxError]);
}

/// Every function with arguments that nobody would write: none may crash, whatever it answers.
#[test]
fn functions_survive_any_arguments() {
    const NAMES: &str = "abs ceil floor log max min parseint pow signum chomp endswith startswith strcontains format \
        formatlist indent join lower upper regex regexall replace split strrev substr title trim trimprefix trimsuffix \
        trimspace alltrue anytrue chunklist coalesce coalescelist compact concat contains distinct element flatten index \
        keys values length lookup matchkeys merge one range reverse slice sort sum transpose zipmap setintersection \
        setproduct setsubtract setunion base64encode base64decode csvdecode jsondecode jsonencode textencodebase64 \
        textdecodebase64 urlencode urldecode yamldecode yamlencode formatdate timeadd timecmp md5 sha1 sha256 sha512 uuid \
        uuidv5 cidrhost cidrnetmask cidrsubnet cidrsubnets tostring tonumber tobool tolist toset tomap list map type";
    let owner: Rc<str> = "o".into();
    let big = value::Val::number(number::Num::parse("-170141183460469231731687303715884105728").expect("a number"));
    let pool = [
        value::Val::null(),
        value::Val::bool(true),
        value::Val::int(0),
        value::Val::int(-1),
        value::Val::int(i64::MIN),
        value::Val::int(i64::MAX),
        big,
        value::Val::number(number::Num::from_f64(1e308)),
        value::Val::number(number::Num::from_f64(-0.5)),
        value::Val::string(""),
        value::Val::string("é😀%[1]d%s%"),
        value::Val::string("(/[a"),
        value::Val::string("10.0.0.0/8"),
        value::Val::string("::/0"),
        value::Val::string("0000-01-01T00:00:00Z"),
        value::Val::string("-9999999999999h"),
        value::Val::string("{\"a\":[1]}"),
        value::Val::unknown(&owner, "x"),
        value::Val::list(vec![value::Val::unknown(&owner, "x"), value::Val::string("b"), value::Val::int(2)]),
        value::Val::list(Vec::new()),
        value::Val::object([("a".into(), value::Val::list(vec![value::Val::int(1)]))].into_iter().collect()),
    ];
    let mut answered = 0;
    for name in NAMES.split_whitespace() {
        for a in &pool {
            answered += usize::from(functions::call(name, std::slice::from_ref(a)).is_ok());
            for b in &pool {
                answered += usize::from(functions::call(name, &[a.clone(), b.clone()]).is_ok());
                for c in &pool[2..8] {
                    answered += usize::from(functions::call(name, &[a.clone(), b.clone(), c.clone()]).is_ok());
                }
            }
        }
    }
    assert!(answered > 1_000);
}

#[test]
fn modules_that_multiply_modules_stop_at_the_limit() {
    let repository = repository(&[
        ("main.tf", "module \"a\" {\n  source = \"./a\"\n  count  = 1000\n}\n"),
        ("a/main.tf", "module \"b\" {\n  source = \"../b\"\n  count  = 1000\n}\n"),
        ("b/main.tf", "resource \"azurerm_resource_group\" \"g\" {\n  name     = \"g\"\n  location = \"x\"\n}\n"),
    ]);
    let inventory = repository.read();
    assert!(inventory.resources.len() <= 50_000);
    assert!(inventory.collection.gaps.iter().any(|gap| gap.code == GapCode::LimitExceeded));
    assert!(inventory.collection.gaps.len() < 10, "{}", inventory.collection.gaps.len());
}

#[test]
fn loops_in_loops_stop_at_the_limit() {
    let inventory = read(
        r#"
        locals { n = length([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]) }
        resource "azurerm_resource_group" "g" {
          name     = "g${local.n}"
          location = "x"
        }
        "#,
    );
    assert!(inventory.collection.gaps.iter().any(|gap| gap.code == GapCode::LimitExceeded));
    assert_eq!(inventory.resources.len(), 1);
}

/// Plans that others wrote, where the development corpus is at hand: all are read, and what is not a plan
/// is a gap.
#[test]
fn plans_of_the_development_corpus_are_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/tfplan");
    if !root.is_dir() {
        eprintln!("skipped: the development corpus is not beside the repository ({})", root.display());
        return;
    }
    let tree = FileTree::open(&root, std::slice::from_ref(&root), &|path| path.ends_with(".json")).expect("a tree");
    let repository = Repository { _dir: tempfile::tempdir().expect("a scratch folder"), tree };
    let inventory = repository.read();
    assert!(inventory.deployments.len() > 90);
    assert!(inventory.collection.gaps.iter().all(|gap| gap.code == GapCode::SyntaxError));
    assert!(inventory.resources.iter().all(|resource| resource.resource_type.contains('/')));
}

/// What `terraform console` of version 1.11.4 says of the same variables and locals.
#[test]
fn type_constraints_convert_and_fill_in() {
    let inventory = read(
        r#"
        variable "account" {
          type = object({
            name        = string
            replication = optional(string, "ZRS")
            tags        = optional(map(string), {})
            regions     = optional(set(string), ["westeurope"])
          })
          default = { name = "n", extra = 1, tags = { n = 1, t = true } }
        }
        variable "nothing" {
          type     = string
          default  = "westeurope"
          nullable = false
        }
        resource "azurerm_storage_account" "s" {
          for_each                 = var.account.regions
          name                     = var.account.name
          resource_group_name      = "g"
          location                 = each.value
          account_tier             = "Standard"
          account_replication_type = var.account.replication
          tags                     = var.account.tags
        }
        resource "azurerm_resource_group" "empty" {
          name     = var.account.tags == {} ? "empty" : "full"
          location = coalesce(null, var.nothing)
        }
        "#,
    );
    let storage = named(&inventory, "azurerm_storage_account.s[\"westeurope\"]");
    assert_eq!(text(storage, "/sku/name"), "Standard_ZRS");
    assert_eq!(storage.get("/tags"), Some(&serde_json::json!({"n": "1", "t": "true"})));
    assert_eq!(named(&inventory, "azurerm_resource_group.empty").id.resource_group().as_deref(), Some("full"));
}
