use super::*;
use crate::model::{GapCode, GapPlace, Pointer, Resource};

struct Read {
    inventory: Inventory,
    entries: Vec<EntryPoint>,
}

/// Reads all entry points of a tree of these files.
fn read(files: &[(&str, &str)]) -> Read {
    let dir = tempfile::tempdir().expect("a scratch folder");
    for (path, text) in files {
        let full = dir.path().join(path);
        std::fs::create_dir_all(full.parent().expect("a parent")).expect("folders");
        std::fs::write(full, text).expect("a file");
    }
    let tree = FileTree::open(dir.path(), &[dir.path().to_owned()], &|_| true).expect("a tree");
    let entries = Bicep.claims(&tree);
    let mut inventory = Inventory::default();
    for entry in &entries {
        inventory.absorb(Bicep.read(&tree, entry));
    }
    Read { inventory, entries }
}

/// Reads one file that is understood entirely.
fn clean(text: &str) -> Read {
    let read = read(&[("main.bicep", text)]);
    assert_eq!(read.gaps(), Vec::<String>::new());
    read
}

impl Read {
    fn resource(&self, logical: &str) -> &Resource {
        let wanted = format!("bicep:{logical}");
        let found = self.inventory.resources.iter().find(|r| r.declaration().is_some_and(|d| d.logical_name == wanted));
        found.unwrap_or_else(|| panic!("{logical} is not among {:?}", self.names()))
    }

    fn names(&self) -> Vec<String> {
        let names = self.inventory.resources.iter().filter_map(|r| r.declaration());
        names.map(|d| d.logical_name.trim_start_matches("bicep:").to_owned()).collect()
    }

    /// `main.bicep:3: syntax-error: …`
    fn gaps(&self) -> Vec<String> {
        let gaps = self.inventory.collection.gaps.iter();
        gaps.map(|gap| {
            let place = match &gap.place {
                GapPlace::File { file, offset } => {
                    let file = self.inventory.files.get(*file).expect("the file of a gap");
                    format!("{}:{}", file.path, file.line_of(offset.unwrap_or(0)))
                }
                other => format!("{other:?}"),
            };
            format!("{place}: {}: {}", gap.code.as_str(), gap.message)
        })
        .collect()
    }

    fn codes(&self) -> Vec<GapCode> {
        self.inventory.collection.gaps.iter().map(|gap| gap.code).collect()
    }

    /// The source text that a property's place covers, and the one that supplied it.
    fn place(&self, resource: &Resource, pointer: &str) -> (String, Option<String>) {
        let place = resource.declaration().expect("declared").spans[pointer];
        let text = |span: crate::model::Span| {
            self.inventory.files.get(span.file).expect("a file").text[span.start as usize..span.end as usize].to_owned()
        };
        (text(place.span), place.supplied.map(text))
    }
}

fn at<'r>(resource: &'r Resource, pointer: &str) -> Option<&'r str> {
    resource.get(pointer).and_then(|value| value.as_str())
}

#[test]
fn defaults_and_computed_names_are_known() {
    let read = clean(
        "param r string = 'GRS'\nvar sku = 'Standard_${r}'\nresource st 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: toLower('ST1')\n  location: resourceGroup().location\n  sku: {\n    name: sku\n  }\n  tags: null\n}\n",
    );
    let st = read.resource("st");
    assert_eq!(st.resource_type, "microsoft.storage/storageaccounts");
    assert_eq!(st.display_name(), "st1");
    assert_eq!(at(st, "/sku/name"), Some("Standard_GRS"));
    assert!(st.unknown_at(&Pointer::root().child("location")).is_some());
    assert!(st.get("/tags").is_none());
    let (place, supplied) = read.place(st, "/sku/name");
    assert_eq!((place.as_str(), supplied.as_deref()), ("name: sku", Some("'GRS'")));
    let span = st.declaration().expect("declared").span;
    assert_eq!(read.inventory.files.get(span.file).expect("a file").line_of(span.start), 3);
}

#[test]
fn loops_give_one_resource_per_element() {
    let read = clean(
        "resource v 'Microsoft.KeyVault/vaults@2023-01-01' = [for (n, i) in ['a', 'b', 'c']: if (i != 1) {\n  name: 'kv-${n}'\n  properties: { i: i }\n}]\noutput ids array = [for i in range(0, 1): v[i].id]\n",
    );
    assert_eq!(read.names(), ["v[0]", "v[2]"]);
    assert_eq!(read.resource("v[2]").display_name(), "kv-c");
    assert_eq!(read.resource("v[2]").get("/properties/i"), Some(&2.into()));
}

#[test]
fn a_loop_over_something_unknown_keeps_one_marked_resource() {
    let read = clean(
        "param names array\nresource v 'Microsoft.KeyVault/vaults@2023-01-01' = [for n in names: {\n  name: n\n}]\n",
    );
    let vault = read.resource("v[*]");
    assert_eq!(vault.declaration().and_then(|d| d.condition.as_deref()), Some("for n in names"));
}

#[test]
fn false_conditions_drop_and_unknown_ones_mark() {
    let read = clean(
        "param on bool\nresource a 'Microsoft.KeyVault/vaults@2023-01-01' = if (false) {\n  name: 'a'\n  resource s 'secrets' = {\n    name: 's'\n  }\n}\nresource b 'Microsoft.KeyVault/vaults@2023-01-01' = if (on && true) {\n  name: 'b'\n  resource s 'secrets' = {\n    name: 's'\n  }\n}\n",
    );
    assert_eq!(read.names(), ["b", "b::s"]);
    for name in ["b", "b::s"] {
        let condition = read.resource(name).declaration().and_then(|d| d.condition.as_deref());
        assert_eq!(condition, Some("on && true"));
    }
}

#[test]
fn children_and_references_have_equal_ids() {
    let read = clean(
        "resource st 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: 'st${uniqueString(resourceGroup().id)}'\n  resource blobs 'blobServices' = {\n    name: 'default'\n    resource c 'containers' = {\n      name: 'data'\n    }\n  }\n}\nresource files 'Microsoft.Storage/storageAccounts/fileServices@2023-01-01' = {\n  parent: st\n  name: 'default'\n}\nresource ws 'Microsoft.MachineLearningServices/workspaces@2023-04-01' = {\n  name: 'ws'\n  properties: {\n    storageAccount: st.id\n    other: resourceId('Microsoft.Storage/storageAccounts', st.name)\n    container: st::blobs::c.id\n  }\n}\nresource lock 'Microsoft.Authorization/locks@2020-05-01' = {\n  name: 'l'\n  scope: st\n}\n",
    );
    let id = |name: &str| read.resource(name).id.clone();
    let ws = read.resource("ws");
    let reference = |pointer: &str| crate::model::ResourceId::from_text(ws.text_at(pointer).expect("a text"));
    assert_eq!(reference("/properties/storageAccount"), id("st"));
    assert_eq!(reference("/properties/other"), id("st"));
    assert_eq!(reference("/properties/container"), id("st::blobs::c"));
    assert_eq!(id("files").parent(), Some(id("st")));
    assert_eq!(id("st::blobs").parent(), Some(id("st")));
    assert_eq!(
        read.resource("st::blobs::c").resource_type,
        "microsoft.storage/storageaccounts/blobservices/containers"
    );
    assert!(id("lock").key().starts_with(id("st").key()));
}

#[test]
fn modules_see_the_parameters_of_their_call_only() {
    let main = "param sku string = 'Standard_LRS'\nmodule m 'modules/st.bicep' = {\n  name: 'dep'\n  scope: resourceGroup('other')\n  params: {\n    sku: 'Standard_GRS'\n  }\n}\noutput id string = m.outputs.id\nresource ws 'Microsoft.MachineLearningServices/workspaces@2023-04-01' = {\n  name: 'ws'\n  properties: {\n    storageAccount: m.outputs.id\n  }\n}\n";
    let module = "param sku string = 'Standard_LRS'\nparam name string = 'st1'\nparam required string\nresource st 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: name\n  sku: { name: sku }\n  properties: { r: required }\n}\noutput id string = st.id\n";
    let read = read(&[("main.bicep", main), ("modules/st.bicep", module)]);
    assert_eq!(read.gaps(), Vec::<String>::new());
    assert_eq!(read.entries.len(), 1, "a module that is called is no entry point");
    let st = read.resource("st");
    assert_eq!(at(st, "/sku/name"), Some("Standard_GRS"));
    assert_eq!(st.id.resource_group().as_deref(), Some("other"));
    let ws = read.resource("ws");
    let reference = crate::model::ResourceId::from_text(ws.text_at("/properties/storageAccount").expect("a text"));
    assert_eq!(reference, st.id);
    let (place, supplied) = read.place(st, "/sku/name");
    assert_eq!((place.as_str(), supplied.as_deref()), ("name: sku", Some("sku: 'Standard_GRS'")));
    assert_eq!(st.declaration().map(|d| d.calls.len()), Some(1));
}

#[test]
fn what_cannot_be_followed_is_a_gap() {
    let main = "module a 'a.bicep' = { name: 'a' }\nmodule b 'gone.bicep' = { name: 'b' }\nmodule c '../../etc/x.bicep' = { name: 'c' }\nmodule d 'br/public:avm/res/key-vault/vault:0.1.0' = { name: 'd' }\nmodule e 'br/own:x:1' = { name: 'e' }\nvar x = y\nvar y = x\nresource w 'Microsoft.KeyVault/vaults@2023-01-01' = {\n  name: x\n}\nresource v 'Microsoft.KeyVault/vaults@2023-01-01' = {\n  name: b.outputs.name\n}\n";
    let config =
        "{ \"moduleAliases\": { \"br\": { \"own\": { \"registry\": \"r.azurecr.io\", \"modulePath\": \"bicep\" } } } }";
    let read = read(&[
        ("main.bicep", main),
        ("a.bicep", "module m 'main.bicep' = { name: 'm' }\n"),
        ("bicepconfig.json", config),
    ]);
    let gaps = read.gaps().join("\n");
    for part in [
        "main.bicep:1: cycle: the module 'a.bicep' calls itself",
        "main.bicep:2: external-reference: the module 'gone.bicep' is not there",
        "main.bicep:3: external-reference: the module '../../etc/x.bicep' lies outside",
        "(br:mcr.microsoft.com/bicep/avm/res/key-vault/vault:0.1.0) is not in the scanned tree",
        "(br:r.azurecr.io/bicep/x:1) is not in the scanned tree",
        "cycle: 'x' depends on itself",
    ] {
        assert!(gaps.contains(part), "{part} is not in\n{gaps}");
    }
    assert!(!read.resource("v").id.is_exact());
}

#[test]
fn each_parameter_file_is_a_deployment() {
    let main = "param location string\nparam n int = 1\n@secure()\nparam password string\nresource v 'Microsoft.KeyVault/vaults@2023-01-01' = {\n  name: 'v'\n  location: location\n  properties: { n: n, p: password }\n}\n";
    let json = "{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#\", \"parameters\": {\"location\": {\"value\": \"westeurope\"}, \"password\": {\"value\": \"hunter2\"}}}";
    let secondary = "using '../main.bicep'\nvar region = 'northeurope'\nparam location = region\nparam n = 2\nparam password = readEnvironmentVariable('PASSWORD')\n";
    let child = "using '../main.bicep'\nextends 'secondary.bicepparam'\nparam n = 3\n";
    let read = read(&[
        ("main.bicep", main),
        ("main.parameters.json", json),
        ("params/secondary.bicepparam", secondary),
        ("params/third.bicepparam", child),
    ]);
    assert_eq!(read.gaps(), Vec::<String>::new());
    assert_eq!(read.inventory.deployments.len(), 3);
    let regions: Vec<_> =
        read.inventory.resources.iter().map(|r| (at(r, "/location"), r.get("/properties/n"))).collect();
    assert_eq!(
        regions,
        [
            (Some("westeurope"), Some(&1.into())),
            (Some("northeurope"), Some(&2.into())),
            (Some("northeurope"), Some(&3.into()))
        ]
    );
    let shown = format!("{:?}{:?}", read.inventory.resources, read.inventory.deployments);
    assert!(!shown.contains("hunter2"), "secure values are never shown");
    assert_eq!(read.inventory.deployments[0].values.get("location").map(String::as_str), Some("westeurope"));
}

#[test]
fn imports_bring_types_variables_and_functions() {
    let shared = "@export()\ntype maybe = string?\n@export()\nvar suffix = 'x${inner()}'\n@export()\nfunc named(a string, b string) string => '${a}-${b}-${inner()}'\nfunc inner() string => 'i'\n@export()\n@secure()\ntype secret = string\n";
    let main = "import { maybe, suffix as s, secret } from 'shared.bicep'\nimport * as shared from 'shared.bicep'\nparam optional maybe\nparam hidden secret = 'topsecret'\nresource v 'Microsoft.KeyVault/vaults@2023-01-01' = {\n  name: shared.named('a', s)\n  properties: {\n    o: optional ?? 'none'\n    t: shared.suffix\n    h: hidden\n  }\n}\n";
    let read = read(&[("main.bicep", main), ("shared.bicep", shared)]);
    assert_eq!(read.gaps(), Vec::<String>::new());
    let vault = read.resource("v");
    assert_eq!(vault.display_name(), "a-xi-i");
    assert_eq!(at(vault, "/properties/o"), Some("none"));
    assert_eq!(at(vault, "/properties/t"), Some("xi"));
    assert!(!format!("{vault:?}").contains("topsecret"));
}

#[test]
fn secure_members_of_an_object_parameter_are_never_known() {
    let read = clean(
        "type login = {\n  user: string\n  @secure()\n  password: string\n}\nparam logins login[] = [ { user: 'u', password: 'topsecret' } ]\nresource v 'Microsoft.KeyVault/vaults@2023-01-01' = {\n  name: 'v'\n  properties: logins[0]\n}\n",
    );
    let vault = read.resource("v");
    assert_eq!(at(vault, "/properties/user"), Some("u"));
    assert!(!format!("{vault:?}").contains("topsecret"));
    assert!(vault.unknown_at(&Pointer::root().child("properties").child("password")).is_some());
}

#[test]
fn existing_resources_are_marked_and_know_nothing() {
    let read = clean(
        "resource v 'Microsoft.KeyVault/vaults@2023-01-01' existing = {\n  name: 'v'\n  scope: resourceGroup('sub', 'hub')\n}\nresource s 'Microsoft.KeyVault/vaults/secrets@2023-01-01' = {\n  parent: v\n  name: 's'\n  properties: { u: v.properties.vaultUri, l: v.location }\n}\n",
    );
    let vault = read.resource("v");
    assert!(vault.declaration().is_some_and(|d| d.existing));
    assert_eq!((vault.id.subscription().as_deref(), vault.id.resource_group().as_deref()), (Some("sub"), Some("hub")));
    assert_eq!(read.resource("s").id.parent(), Some(vault.id.clone()));
    assert!(read.resource("s").unknown.contains_key("/properties/l"));
}

#[test]
fn a_broken_resource_stays_with_an_unknown_body() {
    let read = read(&[(
        "main.bicep",
        "resource a 'Microsoft.KeyVault/vaults@2023-01-01' = {\n  name: 'a'\n  ] \n}\nresource b 'Microsoft.KeyVault/vaults@2023-01-01' = {\n  name: 'b'\n}\n",
    )]);
    assert_eq!(read.names(), ["a", "b"]);
    assert!(read.resource("a").unknown_at(&Pointer::root().child("properties")).is_some());
    assert!(read.codes().contains(&GapCode::SyntaxError));
}

#[test]
fn hostile_input_ends_with_a_gap() {
    let vast = "resource v 'Microsoft.KeyVault/vaults@2023-01-01' = [for i in range(0, 10000): {\n  name: 'v${i}'\n}]\nmodule m 'm.bicep' = [for i in range(0, 10000): {\n  name: 'm${i}'\n}]\n";
    let inner =
        "resource v 'Microsoft.KeyVault/vaults@2023-01-01' = [for i in range(0, 10000): {\n  name: 'v${i}'\n}]\n";
    let read = read(&[("main.bicep", vast), ("m.bicep", inner)]);
    assert!(read.codes().contains(&GapCode::LimitExceeded), "{:?}", read.gaps());
    assert!(read.inventory.resources.len() < 1_000_000);
}

#[test]
fn duplicate_names_and_wrong_references_are_gaps() {
    let read = read(&[(
        "main.bicep",
        "var a = 1\nvar a = 2\nresource v 'Microsoft.KeyVault/vaults@2023-01-01' = {\n  name: nowhere\n  properties: { a: a, f: nofunc() }\n}\n",
    )]);
    assert_eq!(read.gaps().len(), 3, "{:?}", read.gaps());
    assert_eq!(read.resource("v").get("/properties/a"), Some(&1.into()));
}

#[test]
fn files_that_only_call_each_other_are_read_once() {
    let read = read(&[
        ("a.bicep", "module m 'b.bicep' = { name: 'm' }\n"),
        ("b.bicep", "module m 'a.bicep' = { name: 'm' }\n"),
    ]);
    assert_eq!(read.entries.len(), 1);
    assert_eq!(read.codes(), [GapCode::Cycle]);
}

#[test]
fn long_chains_end_with_a_gap_not_with_the_stack() {
    // Each declaration refers to the next one: nothing is known yet when it is asked for.
    let chain = |next: &dyn Fn(usize) -> String, last: &str| -> String {
        (0..3_000).map(next).chain([last.to_owned()]).collect()
    };
    let resource = "resource r 'A.B/c@1' = {\n  name: 'n'\n  properties: { p: PROPERTY }\n}\n";
    let vars = chain(&|n| format!("var v{n} = v{}\n", n + 1), "var v3000 = 'a'\n");
    let scopes = chain(
        &|n| format!("resource r{n} 'A.B/c@1' = {{\n  name: 'n'\n  scope: r{}\n}}\n", n + 1),
        "resource r3000 'A.B/c@1' = {\n  name: 'n'\n}\n",
    );
    let names = chain(
        &|n| format!("resource r{n} 'A.B/c@1' = {{\n  name: r{}.name\n}}\n", n + 1),
        "resource r3000 'A.B/c@1' = {\n  name: 'n'\n}\n",
    );
    let func = "func f(x int) int => f(x)\n".to_owned() + &resource.replace("PROPERTY", "f(1)");
    let vars = vars + &resource.replace("PROPERTY", "v0");
    let types = chain(&|n| format!("type t{n} = (t{0} | t{0} | t{0})?\n", n + 1), "type t3000 = string\n");
    let types = types + "param p t0\n" + &resource.replace("PROPERTY", "p");
    for text in [vars, scopes, names, func, types] {
        let read = read(&[("main.bicep", &text)]);
        assert!(read.codes().contains(&GapCode::LimitExceeded), "{}\n{:?}", &text[..60], read.gaps().first());
    }
}

#[test]
fn an_index_outside_of_a_loop_is_a_gap() {
    let read = read(&[(
        "main.bicep",
        "resource a 'A.B/c@1' = [for i in range(0, 2): {\n  name: 'a${i}'\n}]\nresource b 'A.B/c@1' = {\n  name: 'b'\n  properties: { p: a[1].id, q: a[2].id }\n}\n",
    )]);
    assert_eq!(read.gaps(), ["main.bicep:6: expression-error: the index is outside of a loop of 2 elements"]);
    assert!(read.resource("b").text_at("/properties/p").is_some_and(|p| p.to_string().ends_with("/c/a1")));
}

#[test]
fn a_module_may_be_an_arm_template() {
    let main = "module m 'm.json' = {\n  name: 'm'\n  params: {\n    sku: 'Standard_GRS'\n  }\n}\nresource w 'A.B/c@1' = {\n  name: 'w'\n  properties: { storage: m.outputs.id }\n}\n";
    let module = r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "parameters": {"sku": {"type": "string"}},
        "resources": [{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "st",
            "sku": {"name": "[parameters('sku')]"}}],
        "outputs": {"id": {"type": "string", "value": "[resourceId('Microsoft.Storage/storageAccounts', 'st')]"}}}"#;
    let read = read(&[("main.bicep", main), ("m.json", module)]);
    assert_eq!(read.gaps(), Vec::<String>::new());
    let storage = read.inventory.resources.iter().find(|r| r.resource_type == "microsoft.storage/storageaccounts");
    let storage = storage.expect("the module's resource");
    assert_eq!(at(storage, "/sku/name"), Some("Standard_GRS"));
    assert_eq!(read.place(storage, "/sku/name").1.as_deref(), Some("sku: 'Standard_GRS'"));
    assert_eq!(storage.declaration().map(|d| d.calls.len()), Some(1));
    let reference = read.resource("w").text_at("/properties/storage").expect("a text");
    assert_eq!(crate::model::ResourceId::from_text(reference), storage.id);
}

#[test]
fn a_registry_module_restored_into_the_tree_is_read() {
    let config = r#"{"cacheRootDirectory": ".bicep"}"#;
    let module = r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "resources": [{"type": "A.B/c", "apiVersion": "1", "name": "x"}]}"#;
    let main = "module m 'br/public:avm/res/x/y:1.0.0' = {\n  name: 'm'\n}\n";
    let path = ".bicep/br/mcr.microsoft.com/bicep$avm$res$x$y/1.0.0$/main.json";
    let read = read(&[("main.bicep", main), ("bicepconfig.json", config), (path, module)]);
    assert_eq!(read.gaps(), Vec::<String>::new());
    assert_eq!(read.inventory.resources.len(), 1);
}

#[test]
fn deployments_written_as_resources() {
    let read = read(&[
        (
            "main.bicep",
            "resource telemetry 'Microsoft.Resources/deployments@2024-03-01' = {\n  name: 't'\n  properties: {\n    mode: 'Incremental'\n    template: { '$schema': 's', contentVersion: '1.0.0.0', resources: [] }\n  }\n}\nresource loaded 'Microsoft.Resources/deployments@2024-03-01' = {\n  name: 'l'\n  properties: {\n    mode: 'Incremental'\n    template: loadJsonContent('t.json')\n    parameters: { name: { value: 'x' } }\n  }\n}\nresource inline 'Microsoft.Resources/deployments@2024-03-01' = {\n  name: 'i'\n  properties: { template: { resources: [ { type: 'A.B/c' } ] } }\n}\n",
        ),
        (
            "t.json",
            r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0", "parameters": {"name": {"type": "string"}},
            "resources": [{"type": "A.B/c", "apiVersion": "1", "name": "[parameters('name')]"}]}"#,
        ),
    ]);
    assert_eq!(read.inventory.resources.iter().map(Resource::display_name).collect::<Vec<_>>(), ["x"]);
    assert_eq!(read.codes(), [GapCode::Unsupported], "{:?}", read.gaps());
}
