//! How a template comes to the location of a resource is the same in every language.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::model::ValueOrigin::{self, Expression, Literal, Parameter};

/// The origin of the location of each storage account that a file declares, by the account's name in the
/// source, in the order of the names.
fn origins(path: &str, text: &str) -> Vec<Option<ValueOrigin>> {
    let files = BTreeMap::from([(path.to_owned(), text.as_bytes().to_vec())]);
    let tree = FileTree::stored(Arc::new(files), &[String::new()], &|_| true);
    let (inventory, _) = read_tree(&tree, &BTreeMap::new());
    let accounts = inventory.resources.iter().filter(|one| one.resource_type == "microsoft.storage/storageaccounts");
    let mut found: Vec<(String, Option<ValueOrigin>)> =
        accounts.filter_map(|one| one.declaration()).map(|one| (one.logical_name.clone(), one.location)).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(_, origin)| origin).collect()
}

/// A constant, one in a variable, a parameter, one in a variable, the group, a choice, a function of a constant,
/// and nothing.
const EXPECTED: [Option<ValueOrigin>; 8] = [
    Some(Literal),
    Some(Literal),
    Some(Parameter),
    Some(Parameter),
    Some(Expression),
    Some(Parameter),
    Some(Literal),
    None,
];

#[test]
fn of_bicep() {
    let location = |name: &str, location: &str| {
        format!("resource {name} 'Microsoft.Storage/storageAccounts@2023-01-01' = {{ name: 'st{name}', {location} }}\n")
    };
    let text = "param location string = 'westeurope'\nparam dr bool\nvar fixed = 'westeurope'\nvar again = fixed\n\
                var derived = toLower(location)\nvar regions = { a: 'westeurope', b: 'northeurope' }\n"
        .to_owned()
        + &location("a", "location: 'westeurope'")
        + &location("b", "location: again")
        + &location("c", "location: location")
        + &location("d", "location: derived")
        + &location("e", "location: resourceGroup().location")
        + &location("f", "location: dr ? regions.a : regions.b")
        + &location("g", "location: toLower('WestEurope')")
        + &location("h", "tags: {}");
    assert_eq!(origins("main.bicep", &text), EXPECTED);
}

#[test]
fn of_arm_templates() {
    let resource = |name: &str, location: &str| {
        format!(
            r#"{{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "{name}"{location}}}"#
        )
    };
    let at = |location: &str| format!(r#", "location": "{location}""#);
    let resources = [
        resource("a", &at("westeurope")),
        resource("b", &at("[variables('again')]")),
        resource("c", &at("[parameters('location')]")),
        resource("d", &at("[variables('derived')]")),
        resource("e", &at("[resourceGroup().location]")),
        resource("f", &at("[if(parameters('dr'), 'westeurope', 'northeurope')]")),
        resource("g", &at("[toLower('WestEurope')]")),
        resource("h", ""),
    ];
    let text = format!(
        r#"{{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "parameters": {{"location": {{"type": "string", "defaultValue": "westeurope"}}, "dr": {{"type": "bool"}}}},
            "variables": {{"fixed": "westeurope", "again": "[variables('fixed')]", "derived": "[toLower(parameters('location'))]"}},
            "resources": [{}]}}"#,
        resources.join(",")
    );
    assert_eq!(origins("azuredeploy.json", &text), EXPECTED);
}

#[test]
fn of_terraform() {
    let account = |name: &str, location: &str| {
        format!(
            "resource \"azurerm_storage_account\" \"{name}\" {{\n  name = \"st{name}\"\n  resource_group_name = \"g\"\n  {location}\n}}\n"
        )
    };
    let text = "provider \"azurerm\" {\n  features {}\n}\nvariable \"location\" { default = \"westeurope\" }\nvariable \"dr\" {}\n\
                locals {\n  fixed = \"westeurope\"\n  again = local.fixed\n  derived = lower(var.location)\n}\n\
                resource \"azurerm_resource_group\" \"g\" {\n  name = \"g\"\n  location = \"westeurope\"\n}\n"
        .to_owned()
        + &account("a", "location = \"westeurope\"")
        + &account("b", "location = local.again")
        + &account("c", "location = var.location")
        + &account("d", "location = local.derived")
        + &account("e", "location = azurerm_resource_group.g.location")
        + &account("f", "location = var.dr ? \"westeurope\" : \"northeurope\"")
        + &account("g", "location = lower(\"WestEurope\")")
        + &account("h", "");
    assert_eq!(origins("main.tf", &text), EXPECTED);
}

#[test]
fn variables_that_never_end_are_not_traced() {
    let mut text = "var a0 = 'x'\n".to_owned();
    for level in 1..30 {
        text.push_str(&format!("var a{level} = '${{a{0}}}${{a{0}}}${{a{0}}}'\n", level - 1));
    }
    text.push_str("resource s 'Microsoft.Storage/storageAccounts@2023-01-01' = { name: 's', location: a29 }\n");
    assert_eq!(origins("main.bicep", &text), [None]);
    let circle = "var a = b\nvar b = a\nresource s 'Microsoft.Storage/storageAccounts@2023-01-01' = { name: 's', location: a }\n";
    assert_eq!(origins("main.bicep", circle), [None]);
}
