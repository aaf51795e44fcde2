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
    location = "northeurope"
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
