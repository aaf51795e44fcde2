//! Templates and what Azure would deploy of them.

use std::fs;

use super::ArmTemplate;
use crate::model::{GapCode, Inventory, Resource, ResourceId, Text, Unknown};
use crate::source::{EntryPoint, FileTree, Reader};

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

/// The scanned tree of some files.
struct Files {
    _folder: tempfile::TempDir,
    tree: FileTree,
}

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        for (path, text) in files {
            let full = folder.path().join(path);
            fs::create_dir_all(full.parent().expect("a parent")).expect("folders");
            fs::write(full, text).expect("a file");
        }
        let tree = FileTree::open(folder.path(), &[folder.path().to_owned()], &|_| true).expect("a tree");
        Self { _folder: folder, tree }
    }

    fn claims(&self) -> Vec<EntryPoint> {
        ArmTemplate.claims(&self.tree)
    }

    fn paths(&self) -> Vec<String> {
        self.claims().into_iter().map(|entry| entry.path).collect()
    }

    fn read(&self, path: &str) -> Inventory {
        let entry = self.claims().into_iter().find(|entry| entry.path == path).expect("the file is claimed");
        ArmTemplate.read(&self.tree, &entry)
    }
}

/// A template of these sections, for example `"resources": […]`.
fn template(sections: &str) -> String {
    format!(r#"{{ "$schema": "{SCHEMA}", "contentVersion": "1.0.0.0", {sections} }}"#)
}

fn read(sections: &str) -> Inventory {
    Files::new(&[("main.json", &template(sections))]).read("main.json")
}

/// What an expression evaluates to, as the only property of a resource.
fn evaluated(sections: &str, expression: &str) -> Result<String, String> {
    let sections = format!(
        r#"{sections} "resources": [
            {{ "type": "Microsoft.Test/things", "apiVersion": "1", "name": "x", "properties": {{ "v": "[{expression}]" }} }}
        ]"#
    );
    let inventory = read(&sections);
    if let Some(gap) = inventory.collection.gaps.first() {
        return Err(format!("{}: {}", gap.code.as_str(), gap.message));
    }
    let resource = &inventory.resources[0];
    if let Some(unknown) = resource.unknown.get("/properties/v") {
        return Ok(match unknown {
            Unknown::Unresolved { text: Some(text), .. } => text.to_string(),
            other => other.reason(),
        });
    }
    Ok(resource.get("/properties/v").map_or("absent".to_owned(), ToString::to_string))
}

fn value(expression: &str) -> String {
    evaluated("", expression).unwrap_or_else(|gap| gap)
}

fn gaps(inventory: &Inventory) -> Vec<(GapCode, &str)> {
    inventory.collection.gaps.iter().map(|gap| (gap.code, gap.message.as_str())).collect()
}

fn resource<'i>(inventory: &'i Inventory, resource_type: &str) -> &'i Resource {
    let found = inventory.resources.iter().find(|r| r.resource_type.eq_ignore_ascii_case(resource_type));
    found.unwrap_or_else(|| panic!("a {resource_type} among {:?}; gaps {:?}", ids(inventory), gaps(inventory)))
}

/// The ids without subscription and group.
fn ids(inventory: &Inventory) -> Vec<String> {
    let short = |resource: &Resource| {
        let id = resource.id.to_string();
        id.replace("/subscriptions/${subscription().subscriptionId}", "S")
            .replace("/resourceGroups/${resourceGroup().name}", "/G")
            .replace("/providers/Microsoft.", " ")
    };
    inventory.resources.iter().map(short).collect()
}

/// What a property is known to be as text, holes as `${…}`.
fn text(resource: &Resource, pointer: &str) -> String {
    match (resource.get(pointer), resource.unknown.get(pointer)) {
        (Some(value), _) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        (None, Some(Unknown::Unresolved { text: Some(text), .. })) => text.to_string(),
        (None, other) => format!("{other:?}"),
    }
}

/// The characters of the file that a property is placed at.
fn placed<'i>(inventory: &'i Inventory, resource: &Resource, pointer: &str) -> (&'i str, Option<&'i str>) {
    let place = resource.declaration().expect("declared").spans.get(pointer).expect("a place");
    let of = |span: crate::model::Span| {
        let file = inventory.files.get(span.file).expect("a file");
        &file.text[span.start as usize..span.end as usize]
    };
    (of(place.span), place.supplied.map(of))
}

#[test]
fn probes_that_other_scanners_get_wrong() {
    let storage = |name: &str, sku: &str| {
        format!(
            r#"{{ "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "{name}",
                "location": "westeurope", "kind": "StorageV2", "sku": {{ "name": "{sku}" }} }}"#
        )
    };
    // A list, an object of symbolic names, a comment in front.
    let list = read(&format!(r#""resources": [{}]"#, storage("st1", "Standard_LRS")));
    assert_eq!(text(&list.resources[0], "/sku/name"), "Standard_LRS");
    let object =
        read(&format!(r#""languageVersion": "2.0", "resources": {{ "st": {} }}"#, storage("st1", "Standard_LRS")));
    assert_eq!(ids(&object), ids(&list));
    let commented = format!("// a comment\n{}", template(&format!(r#""resources": [{}]"#, storage("st1", "a"))));
    assert_eq!(ids(&Files::new(&[("a.json", &commented)]).read("a.json")), ids(&list));
    // Parameters, alone and in an expression.
    let parameters = r#""parameters": { "s": { "type": "string", "defaultValue": "GRS" } },"#;
    for sku in ["[concat('Standard_', parameters('s'))]", "[format('Standard_{0}', parameters('s'))]"] {
        let inventory = read(&format!(r#"{parameters} "resources": [{}]"#, storage("st1", sku)));
        assert_eq!(text(&inventory.resources[0], "/sku/name"), "Standard_GRS");
        let (at, supplied) = placed(&inventory, &inventory.resources[0], "/sku/name");
        assert_eq!(at, format!("\"name\": \"{sku}\""));
        assert_eq!(supplied, Some("\"defaultValue\": \"GRS\""));
    }
}

#[test]
fn functions_of_the_documentation() {
    for (expression, expected) in [
        ("concat('a', 1, true())", r#""a1True""#),
        ("concat(createArray(1), createArray('b'))", r#"[1,"b"]"#),
        ("contains('abc', 'bc')", "true"),
        ("contains(createArray('a', 'B'), 'b')", "false"),
        ("contains(createObject('Key', 1), 'KEY')", "true"),
        ("empty('')", "true"),
        ("first(createArray('x', 'y'))", r#""x""#),
        ("last('abc')", r#""c""#),
        ("indexOf('testabc', 'ABC')", "4"),
        ("lastIndexOf(createArray('a', 'b', 'a'), 'a')", "2"),
        ("intersection(createArray(1, 2, 3), createArray(3, 2))", "[2,3]"),
        ("union(createArray(1, 2), createArray(2, 3))", "[1,2,3]"),
        (
            "union(createObject('a', createObject('x', 1), 'b', 1), createObject('a', createObject('y', 2), 'B', 3))",
            r#"{"a":{"x":1,"y":2},"b":3}"#,
        ),
        ("flatten(createArray(createArray(1), createArray(2, 3)))", "[1,2,3]"),
        ("length(createObject('a', 1, 'b', 2))", "2"),
        ("max(createArray(3, 9, 4))", "9"),
        ("min(3, 2)", "2"),
        ("range(5, 3)", "[5,6,7]"),
        ("take('abcdef', 2)", r#""ab""#),
        ("skip(createArray(1, 2, 3), 1)", "[2,3]"),
        ("tryGet(createObject('a', createArray(7)), 'a', 0)", "7"),
        ("tryGet(createObject('a', 1), 'b')", "absent"),
        ("coalesce(null(), tryIndexFromEnd(createArray(1, 2), 5), 'z')", r#""z""#),
        ("items(createObject('b', 2, 'a', 1))[0].key", r#""a""#),
        ("objectKeys(createObject('b', 2, 'a', 1))", r#"["a","b"]"#),
        ("shallowMerge(createArray(createObject('a', 1), createObject('a', 2, 'b', 3)))", r#"{"a":2,"b":3}"#),
        ("json('{\"\"}')", "expression-error"),
        ("add(2, 3)", "5"),
        ("div(8, 3)", "2"),
        ("mod(-7, 3)", "-1"),
        ("int('42')", "42"),
        ("equals('a', 'A')", "false"),
        ("less('a', 'b')", "true"),
        ("and(true(), false())", "false"),
        ("or(false(), false())", "false"),
        ("not(false())", "true"),
        ("if(true(), 'y', fail('n'))", r#""y""#),
        ("bool('TRUE')", "true"),
        ("format('{0}-{1:D3}-{{x}}', 'a', 7)", r#""a-007-{x}""#),
        ("join(createArray('a', 'b'), ', ')", r#""a, b""#),
        ("padLeft('7', 3, '0')", r#""007""#),
        ("replace('a-b-c', '-', '')", r#""abc""#),
        ("split('a,b;c', createArray(',', ';'))", r#"["a","b","c"]"#),
        ("startsWith('abcdef', 'AB')", "true"),
        ("endsWith('abcdef', 'x')", "false"),
        ("string(createObject('a', createArray(1)))", r#""{\"a\":[1]}""#),
        ("substring('one two', 4)", r#""two""#),
        ("toUpper('ab')", r#""AB""#),
        ("trim('  a ')", r#""a""#),
        ("base64ToString(base64('text'))", r#""text""#),
        ("uri('https://x.org/a/', 'b.json')", r#""https://x.org/a/b.json""#),
        ("uri('https://x.org/a/main.json', 'b.json')", r#""https://x.org/a/b.json""#),
        ("uriComponent('a b')", r#""a%20b""#),
        ("uniqueString('test')", r#""rbgf3xv4ufgzg""#),
        ("dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')", r#""2023-04-07T14:53:14Z""#),
        ("cidrSubnet('10.144.0.0/20', 24, 1)", r#""10.144.1.0/24""#),
        ("map(range(0, 3), lambda('n', mul(lambdaVariables('n'), 2)))", "[0,2,4]"),
        ("filter(range(0, 5), lambda('n', less(2, lambdaVariables('n'))))", "[3,4]"),
        ("reduce(range(1, 4), 0, lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b'))))", "10"),
        ("sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))", "[1,2,3]"),
        ("toObject(createArray('a', 'b'), lambda('n', lambdaVariables('n')), lambda('n', 1))", r#"{"a":1,"b":1}"#),
        (
            "groupBy(createArray('ab', 'ac', 'b'), lambda('n', first(lambdaVariables('n'))))",
            r#"{"a":["ab","ac"],"b":["b"]}"#,
        ),
        ("mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))", r#"{"a":2}"#),
        ("map(createArray('a', 'b'), lambda('n', 'i', lambdaVariables('i')))", "[0,1]"),
    ] {
        let found = value(&expression.replace('"', "\\\""));
        assert!(
            found == expected || expected.ends_with("error") && found.starts_with(expected),
            "{expression}: {found}"
        );
    }
}

#[test]
fn ids_are_built_alike() {
    let group = "/subscriptions/${subscription().subscriptionId}/resourceGroups/${resourceGroup().name}";
    for (expression, expected) in [
        ("resourceGroup().id", group.to_owned()),
        ("resourceId('A.B/c', 'x')", format!("{group}/providers/A.B/c/x")),
        ("resourceId('A.B/c/d', 'x', 'y')", format!("{group}/providers/A.B/c/x/d/y")),
        (
            "resourceId('g', 'A.B/c', 'x')",
            "/subscriptions/${subscription().subscriptionId}/resourceGroups/g/providers/A.B/c/x".into(),
        ),
        ("resourceId('s', 'g', 'A.B/c', 'x')", r#""/subscriptions/s/resourceGroups/g/providers/A.B/c/x""#.into()),
        (
            "subscriptionResourceId('A.B/c', 'x')",
            "/subscriptions/${subscription().subscriptionId}/providers/A.B/c/x".into(),
        ),
        ("tenantResourceId('A.B/c', 'x')", r#""/providers/A.B/c/x""#.into()),
        (
            "managementGroupResourceId('m', 'A.B/c', 'x')",
            r#""/providers/Microsoft.Management/managementGroups/m/providers/A.B/c/x""#.into(),
        ),
        (
            "extensionResourceId(resourceId('A.B/c', 'x'), 'D.E/f', 'y')",
            format!("{group}/providers/A.B/c/x/providers/D.E/f/y"),
        ),
        ("split(resourceId('A.B/c', 'x'), '/')[4]", "${resourceGroup().name}".into()),
        ("last(split(resourceId('A.B/c', 'x'), '/'))", r#""x""#.into()),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
    assert!(value("resourceId('A.B/c', 'x', 'y')").starts_with("expression-error"));
}

#[test]
fn the_unknown_taints_only_what_depends_on_it() {
    let parameters =
        r#""parameters": { "p": { "type": "string" }, "b": { "type": "bool" }, "o": { "type": "object" } },"#;
    for (expression, expected) in [
        ("concat('st', parameters('p'))", "st${parameters('p')}"),
        ("toLower(concat('ST', uniqueString(resourceGroup().id)))", "st${uniqueString(resourceGroup().id)}"),
        ("toLower(parameters('p'))", "${toLower(parameters('p'))}"),
        ("empty(concat('x', parameters('p')))", "false"),
        ("startsWith(concat('st-', parameters('p')), 'st')", "true"),
        ("startsWith(concat('kv', parameters('p')), 'st')", "false"),
        ("equals(concat('st', parameters('p')), concat('kv', parameters('p')))", "false"),
        ("equals(parameters('p'), parameters('p'))", "true"),
        ("contains(parameters('o'), 'x')", "${contains(parameters('o'), 'x')}"),
        ("and(parameters('b'), false())", "false"),
        ("or(parameters('b'), true())", "true"),
        ("and(parameters('b'), true())", "${parameters('b')}"),
        ("if(parameters('b'), 1, 1)", "1"),
        ("if(parameters('b'), createObject('a', 1, 'c', 2), createObject('a', 1, 'c', 3)).a", "1"),
        ("if(parameters('b'), 'x', split('', '/')[3])", "${if(parameters('b'), 'x', split('', '/')[3]@#1)}"),
        ("coalesce(parameters('p'), 'z')", "${parameters('p')}"),
        ("parameters('o').a[0]", "${parameters('o').a[0]}"),
        ("take(concat('abcd', parameters('p')), 2)", r#""ab""#),
        ("reference('x').y", "${reference('x').y}"),
        ("resourceGroup().location", "${resourceGroup().location}"),
        ("environment().suffixes.storage", "${environment().suffixes.storage}"),
        ("uniqueString(parameters('p'), 'a')", "${uniqueString(parameters('p'), 'a')}"),
        ("length(createArray(parameters('p'), 1))", "2"),
    ] {
        assert_eq!(evaluated(parameters, expression).as_deref(), Ok(expected), "{expression}");
    }
}

#[test]
fn what_is_wrong_is_a_gap_at_its_place() {
    for (expression, expected) in [
        ("noSuchFunction()", "unresolved-reference: there is no function 'noSuchFunction'"),
        ("parameters('no')", "unresolved-reference: there is no parameter 'no'"),
        ("variables('no')", "unresolved-reference: there is no variable 'no'"),
        ("createArray(1)[3]", "expression-error: the index 3 is outside of a list of 1 elements"),
        ("createObject('a', 1).b", "expression-error: there is no member 'b'; there are: a"),
        ("add('a', 1)", "expression-error: add: argument 1 must be an integer, not a string"),
        ("add(1)", "expression-error: add: takes 2 arguments, not 1"),
        ("div(1, 0)", "expression-error: div: 1 and 0 give no 64-bit integer"),
        ("add(9223372036854775807, 1)", "expression-error: add: 9223372036854775807 and 1 give no 64-bit integer"),
        ("copyIndex()", "expression-error: copyIndex: there is no such copy loop around it"),
        ("concat('a'", "syntax-error: the expression is wrong at character 11: expected ')', found the end"),
    ] {
        assert_eq!(evaluated("", expression), Err(expected.to_owned()), "{expression}");
    }
}

#[test]
fn references_resolve_by_id() {
    let inventory = read(
        r#""parameters": { "name": { "type": "string" } },
        "variables": { "st": "[concat('st', uniqueString(resourceGroup().id))]" },
        "resources": [
            { "type": "Microsoft.Storage/storageAccounts", "apiVersion": "1", "name": "[variables('st')]" },
            { "type": "Microsoft.KeyVault/vaults", "apiVersion": "1", "name": "[parameters('name')]" },
            { "type": "Microsoft.MachineLearningServices/workspaces", "apiVersion": "1", "name": "ws", "properties": {
                "storageAccount": "[resourceId('Microsoft.Storage/storageAccounts', concat('st', uniqueString(resourceGroup().id)))]",
                "keyVault": "[concat(resourceGroup().id, '/providers/microsoft.keyvault/vaults/', parameters('name'))]" } }
        ]"#,
    );
    assert_eq!(gaps(&inventory), []);
    let workspace = resource(&inventory, "Microsoft.MachineLearningServices/workspaces");
    for (pointer, resource_type) in [
        ("/properties/storageAccount", "Microsoft.Storage/storageAccounts"),
        ("/properties/keyVault", "Microsoft.KeyVault/vaults"),
    ] {
        let Some(Unknown::Unresolved { text: Some(text), .. }) = workspace.unknown.get(pointer) else {
            panic!("{pointer} has an identity")
        };
        assert_eq!(ResourceId::from_text(text.clone()), resource(&inventory, resource_type).id);
    }
}

#[test]
fn copies_of_resources_properties_variables_and_outputs() {
    let inventory = read(
        r#""variables": {
            "copy": [ { "name": "names", "count": 2, "input": "[concat('n', copyIndex('names'))]" } ],
            "o": { "copy": [ { "name": "list", "count": 2, "input": { "i": "[copyIndex('list', 10)]" } } ] }
        },
        "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "[concat('x', copyIndex(1))]",
            "copy": { "name": "loop", "count": "[length(variables('names'))]" },
            "properties": {
                "n": "[variables('names')[copyIndex()]]", "l": "[variables('o').list]",
                "copy": [ { "name": "inner", "count": 2, "input": "[concat(copyIndex(), '-', copyIndex('inner'))]" } ]
            } } ]"#,
    );
    assert_eq!(gaps(&inventory), []);
    assert_eq!(ids(&inventory), ["S/G/providers/A.B/c/x1", "S/G/providers/A.B/c/x2"]);
    let second = &inventory.resources[1];
    assert_eq!(
        second.body,
        serde_json::json!({"properties": {"n": "n1", "l": [{"i": 10}, {"i": 11}], "inner": ["1-0", "1-1"]}})
    );
    let names: Vec<&str> =
        inventory.resources.iter().map(|r| r.declaration().expect("declared").logical_name.as_str()).collect();
    assert_eq!(names, ["arm:A.B/c/[concat('x', copyIndex(1))][0]", "arm:A.B/c/[concat('x', copyIndex(1))][1]"]);
}

#[test]
fn a_loop_of_unknown_length_stands_for_itself() {
    let inventory = read(
        r#""parameters": { "n": { "type": "int" } },
        "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "[concat('x', copyIndex())]",
            "copy": { "name": "loop", "count": "[parameters('n')]" } } ]"#,
    );
    assert_eq!(gaps(&inventory), []);
    assert_eq!(inventory.resources.len(), 1);
    let declaration = inventory.resources[0].declaration().expect("declared");
    assert_eq!(declaration.condition.as_deref(), Some("copy count parameters('n')"));
}

#[test]
fn conditions() {
    let inventory = read(
        r#""parameters": { "no": { "type": "bool", "defaultValue": false }, "may": { "type": "bool" } },
        "resources": [
            { "condition": "[parameters('no')]", "type": "A.B/c", "apiVersion": "1", "name": "no",
              "resources": [ { "type": "d", "apiVersion": "1", "name": "child" } ] },
            { "condition": "[parameters('may')]", "type": "A.B/c", "apiVersion": "1", "name": "may" },
            { "condition": true, "type": "A.B/c", "apiVersion": "1", "name": "yes" } ]"#,
    );
    let found: Vec<(String, Option<&str>)> = ids(&inventory)
        .into_iter()
        .zip(inventory.resources.iter().map(|r| r.declaration().and_then(|d| d.condition.as_deref())))
        .collect();
    let id = |name: &str| format!("S/G/providers/A.B/c/{name}");
    assert_eq!(found, [(id("no/d/child"), None), (id("may"), Some("parameters('may')")), (id("yes"), None)]);
}

#[test]
fn nested_deployments_of_inner_and_outer_scope() {
    let nested = |scope: &str, name: &str| {
        format!(
            r#"{{ "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "{name}", "properties": {{
                "mode": "Incremental", "expressionEvaluationOptions": {{ "scope": "{scope}" }},
                "parameters": {{ "p": {{ "value": "[concat(parameters('p'), '-given')]" }} }},
                "template": {{ "$schema": "{SCHEMA}", "contentVersion": "1.0.0.0",
                    "parameters": {{ "p": {{ "type": "string" }} }},
                    "resources": [ {{ "type": "A.B/c", "apiVersion": "1", "name": "[parameters('p')]" }} ],
                    "outputs": {{ "name": {{ "type": "string", "value": "[concat(parameters('p'), '!')]" }} }} }} }} }}"#
        )
    };
    let inventory = read(&format!(
        r#""parameters": {{ "p": {{ "type": "string", "defaultValue": "main" }} }},
        "resources": [ {}, {},
            {{ "type": "D.E/f", "apiVersion": "1", "name": "[reference('inner').outputs.name.value]", "properties": {{
                "byId": "[reference(resourceId('Microsoft.Resources/deployments', 'inner'), '2020-10-01').outputs.name.value]",
                "outer": "[reference('outer').outputs.name.value]", "other": "[reference('no').outputs.name.value]" }} }} ]"#,
        nested("inner", "inner"),
        nested("outer", "outer")
    ));
    assert_eq!(gaps(&inventory), []);
    assert_eq!(ids(&inventory)[..2], ["S/G/providers/A.B/c/main-given", "S/G/providers/A.B/c/main"]);
    let user = resource(&inventory, "D.E/f");
    assert!(user.id.to_string().ends_with("/D.E/f/main-given!"));
    assert_eq!(text(user, "/properties/byId"), "main-given!");
    assert_eq!(text(user, "/properties/outer"), "main!");
    assert_eq!(text(user, "/properties/other"), "${reference('no').outputs.name.value}");
    assert_eq!(inventory.resources[0].declaration().expect("declared").calls.len(), 1);
}

#[test]
fn deployments_to_other_scopes() {
    let inventory = read(
        r#""parameters": { "loc": { "type": "string", "defaultValue": "northeurope" } },
        "resources": [
            { "type": "Microsoft.Resources/resourceGroups", "apiVersion": "1", "name": "dr", "location": "[parameters('loc')]" },
            { "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "d", "resourceGroup": "dr", "properties": {
                "expressionEvaluationOptions": { "scope": "inner" },
                "template": { "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "x",
                    "location": "[resourceGroup().location]", "properties": { "id": "[resourceId('A.B/c', 'y')]" } } ] } } },
            { "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "e", "subscriptionId": "s2", "resourceGroup": "g2",
              "properties": { "template": { "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "z" } ] } } }
        ]"#
        .replace("SCHEMA", SCHEMA)
        .as_str(),
    );
    assert_eq!(gaps(&inventory), []);
    assert_eq!(
        ids(&inventory),
        [
            "S/G/resourceGroups/dr",
            "S/resourceGroups/dr/providers/A.B/c/x",
            "/subscriptions/s2/resourceGroups/g2/providers/A.B/c/z"
        ]
    );
}

#[test]
fn a_subscription_template_declares_the_group_it_deploys_to() {
    let schema = SCHEMA.replace("deploymentTemplate", "subscriptionDeploymentTemplate").to_uppercase();
    let file = format!(
        r#"{{ "$schema": "{schema}", "contentVersion": "1.0.0.0", "resources": [
            {{ "type": "Microsoft.Resources/resourceGroups", "apiVersion": "1", "name": "dr", "location": "northeurope" }},
            {{ "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "d", "resourceGroup": "dr", "properties": {{
                "expressionEvaluationOptions": {{ "scope": "inner" }},
                "template": {{ "resources": [ {{ "type": "A.B/c", "apiVersion": "1", "name": "x",
                    "location": "[resourceGroup().location]" }} ] }} }} }} ] }}"#
    );
    let inventory = Files::new(&[("a.json", &file)]).read("a.json");
    assert_eq!(gaps(&inventory), []);
    assert_eq!(ids(&inventory), ["S/resourceGroups/dr", "S/resourceGroups/dr/providers/A.B/c/x"]);
    assert_eq!(text(&inventory.resources[1], "/location"), "northeurope");
}

#[test]
fn symbolic_names_and_existing_resources() {
    let inventory = read(
        r#""languageVersion": "2.0", "resources": {
            "vault": { "existing": true, "type": "Microsoft.KeyVault/vaults", "apiVersion": "1", "name": "kv", "resourceGroup": "shared" },
            "module": { "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "m",
                "copy": { "name": "module", "count": 2 }, "properties": {
                "expressionEvaluationOptions": { "scope": "inner" },
                "parameters": { "i": { "value": "[copyIndex()]" } },
                "template": { "languageVersion": "2.0", "parameters": { "i": { "type": "int" } },
                    "resources": {}, "outputs": { "n": { "type": "int", "value": "[parameters('i')]" } } } } },
            "lock": { "type": "Microsoft.Authorization/locks", "apiVersion": "1", "name": "l",
                "scope": "[format('Microsoft.KeyVault/vaults/{0}', 'kv')]",
                "properties": { "n": "[reference('module[1]').outputs.n.value]", "id": "[resourceInfo('vault').id]",
                    "uri": "[reference('vault').vaultUri]" } } }"#,
    );
    assert_eq!(gaps(&inventory), []);
    assert_eq!(
        ids(&inventory),
        ["S/resourceGroups/shared KeyVault/vaults/kv", "S/G KeyVault/vaults/kv Authorization/locks/l"]
    );
    assert!(inventory.resources[0].declaration().expect("declared").existing);
    let lock = &inventory.resources[1];
    assert_eq!(text(lock, "/properties/n"), "1");
    assert_eq!(text(lock, "/properties/id"), inventory.resources[0].id.to_string());
    assert!(text(lock, "/properties/uri").ends_with(".vaultUri}"));
}

#[test]
fn parameter_files_make_deployments() {
    let parameters = |values: &str| {
        format!(
            r#"{{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
            "contentVersion": "1.0.0.0", "parameters": {{ {values} }} }}"#
        )
    };
    let main = template(
        r#""parameters": { "location": { "type": "string", "defaultValue": "[resourceGroup().location]" },
            "secret": { "type": "secureString", "defaultValue": "hunter2" } },
        "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "[uniqueString(resourceGroup().id)]",
            "location": "[parameters('location')]", "properties": { "password": "[parameters('secret')]" } } ]"#,
    );
    let files = Files::new(&[
        ("infra/main.json", &main),
        (
            "infra/main.parameters.json",
            &parameters(r#""location": { "value": "westeurope" }, "secret": { "value": "s3cret" }"#),
        ),
        ("infra/main.dr.parameters.json", &parameters(r#""location": { "value": "northeurope" }"#)),
        ("infra/other.parameters.json", &parameters("")),
    ]);
    let inventory = files.read("infra/main.json");
    assert_eq!(gaps(&inventory), []);
    let values: Vec<_> = inventory.deployments.iter().map(|d| (d.parameters.as_deref(), d.values.clone())).collect();
    assert_eq!(values[0].0, Some("infra/main.dr.parameters.json"));
    assert_eq!(values[0].1.get("location").map(String::as_str), Some("northeurope"));
    let [dr, main] = inventory.resources.as_slice() else { panic!("one resource per deployment") };
    assert_eq!((text(dr, "/location"), text(main, "/location")), ("northeurope".into(), "westeurope".into()));
    // Two deployments share no unknown value.
    assert_ne!(dr.id, main.id);
    assert_eq!(dr.id.same(&main.id), None);
    assert_eq!(placed(&inventory, dr, "/location").1, Some(r#""value": "northeurope""#));
    let everything = format!("{inventory:?}");
    let shown = format!("{:?}{:?}", inventory.resources, inventory.deployments);
    assert!(everything.contains("hunter2") && !shown.contains("hunter2") && !shown.contains("s3cret"));
}

#[test]
fn linked_templates_of_the_tree() {
    let linking = |link: &str| {
        template(&format!(
            r#""parameters": {{ "_artifactsLocation": {{ "type": "string", "defaultValue": "https://raw.example.org/x/" }},
                "_artifactsLocationSasToken": {{ "type": "secureString", "defaultValue": "" }} }},
            "variables": {{ "base": "[deployment().properties.templateLink.uri]" }},
            "resources": [ {{ "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "l", "properties": {{
                "templateLink": {{ {link} }}, "parameters": {{ "n": {{ "value": "given" }} }} }} }} ]"#
        ))
    };
    let child = template(
        r#""parameters": { "n": { "type": "string" } },
        "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "[parameters('n')]" } ]"#,
    );
    for link in [
        r#""relativePath": "nested/child.json""#,
        r#""uri": "[uri(variables('base'), 'nested/child.json')]""#,
        r#""uri": "[uri(parameters('_artifactsLocation'), concat('nested/child.json', parameters('_artifactsLocationSasToken')))]""#,
        r#""uri": "[concat(parameters('_artifactsLocation'), '/nested/child.json', parameters('_artifactsLocationSasToken'))]""#,
    ] {
        let files = Files::new(&[("i/main.json", &linking(link)), ("i/nested/child.json", &child)]);
        assert_eq!(files.paths(), ["i/main.json"], "{link}");
        let inventory = files.read("i/main.json");
        assert_eq!(gaps(&inventory), [], "{link}");
        assert_eq!(ids(&inventory), ["S/G/providers/A.B/c/given"], "{link}");
    }
    for link in
        [r#""uri": "https://example.org/child.json""#, r#""relativePath": "no.json""#, r#""id": "/subscriptions/s""#]
    {
        let files = Files::new(&[("i/main.json", &linking(link)), ("i/nested/child.json", &child)]);
        assert_eq!(files.paths(), ["i/main.json", "i/nested/child.json"]);
        let inventory = files.read("i/main.json");
        assert_eq!(inventory.collection.gaps[0].code, GapCode::ExternalReference, "{link}");
    }
    let circle = Files::new(&[
        ("a.json", &linking(r#""relativePath": "b.json""#)),
        ("b.json", &linking(r#""relativePath": "a.json""#)),
    ]);
    assert_eq!(circle.paths(), ["a.json"]);
    assert_eq!(circle.read("a.json").collection.gaps[0].code, GapCode::Cycle);
}

#[test]
fn user_defined_functions_and_types() {
    let inventory = read(
        r##""definitions": { "pin": { "type": "secureString" }, "cfg": { "type": "object", "properties": {
                "n": { "type": "string" }, "pin": { "$ref": "#/definitions/pin" } } } },
        "functions": [ { "namespace": "my", "members": { "name": { "parameters": [ { "name": "a", "type": "string" } ],
            "output": { "type": "string", "value": "[concat(parameters('a'), '-', uniqueString('test'))]" } } } } ],
        "parameters": { "cfg": { "$ref": "#/definitions/cfg", "defaultValue": { "n": "x", "pin": "1234" } },
            "none": { "type": "string", "nullable": true } },
        "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "[my.name('x')]",
            "properties": { "c": "[parameters('cfg')]", "d": "[coalesce(parameters('none'), 'default')]" } } ]"##,
    );
    assert_eq!(gaps(&inventory), []);
    let thing = &inventory.resources[0];
    assert!(thing.id.to_string().ends_with("/x-rbgf3xv4ufgzg"));
    assert_eq!(thing.get("/properties/c"), Some(&serde_json::json!({"n": "x"})));
    assert!(thing.unknown.contains_key("/properties/c/pin"));
    assert_eq!(text(thing, "/properties/d"), "default");
}

#[test]
fn claims_follow_the_schema_and_the_look() {
    let compiled = r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "metadata": { "_generator": { "name": "bicep", "version": "1" } }, "resources": [] }"#;
    let other =
        compiled.replace("2019-04-01/deploymentTemplate.json#", "0.1.2-preview/CreateUIDefinition.MultiVm.json#");
    let files = Files::new(&[
        ("a/azuredeploy.json", compiled),
        ("a/main.bicep", ""),
        ("b/other.json", compiled),
        ("b/main.bicep", ""),
        ("c/x.json", compiled),
        ("c/x.bicep", ""),
        ("d/looks.json", r#"{ "contentVersion": "1.0.0.0", "resources": [] }"#),
        ("d/policy.json", r#"{ "properties": { "then": "contentVersion resources" } }"#),
        ("d/ui.json", &other.replace("contentVersion", "version")),
        ("d/broken.json", r#"{ "$schema": "http://x/2015-01-01/deploymenttemplate.json", "resources": [ { ]"#),
        ("d/list.json", "[]"),
    ]);
    assert_eq!(files.paths(), ["b/other.json", "d/broken.json", "d/looks.json"]);
    let broken = files.read("d/broken.json");
    assert_eq!(broken.collection.gaps[0].code, GapCode::SyntaxError);
    assert!(broken.resources.is_empty() && broken.deployments.is_empty());
}

#[test]
fn hostile_templates_end_in_a_limit() {
    let chain = |link: &dyn Fn(usize) -> String, count: usize| {
        let variables: Vec<String> = (0..count).map(|n| format!("\"v{n}\": {}", link(n))).collect();
        format!(r#""variables": {{ {} }},"#, variables.join(", "))
    };
    let last = "A.B/c";
    let resources = |name: &str| {
        format!(
            r#""resources": [ {{ "type": "{last}", "apiVersion": "1", "name": "x", "properties": {{ "v": "[variables('{name}')]" }} }} ]"#
        )
    };
    let first_gap = |sections: String| {
        let inventory = read(&sections);
        inventory.collection.gaps.first().map(|gap| gap.code)
    };
    let wide = |n: usize| match n {
        0 => "[1, 2]".to_owned(),
        n => format!(r#"["[variables('v{}')]", "[variables('v{}')]"]"#, n - 1, n - 1),
    };
    let deep = |n: usize| format!(r#""[concat('a', toLower(trim(variables('v{}'))))]""#, n + 1);
    let text = |n: usize| match n {
        0 => r#""0123456789""#.to_owned(),
        n => format!(r#""[concat(variables('v{0}'), variables('v{0}'), variables('v{0}'))]""#, n - 1),
    };
    let circle = |n: usize| format!(r#""[variables('v{}')]""#, (n + 1) % 3);
    assert_eq!(first_gap(chain(&wide, 60) + &resources("v59")), Some(GapCode::LimitExceeded), "doubling lists");
    assert_eq!(first_gap(chain(&deep, 500) + &resources("v0")), Some(GapCode::LimitExceeded), "a long chain");
    assert_eq!(first_gap(chain(&text, 60) + &resources("v59")), Some(GapCode::LimitExceeded), "tripling strings");
    assert_eq!(first_gap(chain(&circle, 3) + &resources("v0")), Some(GapCode::Cycle), "a circle");
    let nest = "[reduce(range(0, 9999), createArray(), lambda('a', 'b', createArray(lambdaVariables('a'))))]";
    let nested = format!(r#""variables": {{ "v": "{nest}" }}, {}"#, resources("v"));
    assert_eq!(first_gap(nested), Some(GapCode::LimitExceeded), "growing depth");
    let square = "[map(range(0, 9999), lambda('a', map(range(0, 9999), lambda('b', 1))))]";
    let squared = format!(r#""variables": {{ "v": "{square}" }}, {}"#, resources("v"));
    assert_eq!(first_gap(squared), Some(GapCode::LimitExceeded), "a loop in a loop");
    let copies = r#""resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "[string(copyIndex())]", "copy": { "name": "l", "count": 1000000 } } ]"#;
    assert_eq!(first_gap(copies.to_owned()), Some(GapCode::LimitExceeded), "a million copies");
}

#[test]
fn deployments_nested_too_deep_end_in_a_limit() {
    let mut body = r#"{ "resources": [] }"#.to_owned();
    for n in 0..9 {
        body = format!(
            r#"{{ "resources": [ {{ "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "d{n}", "properties": {{ "template": {body} }} }} ] }}"#
        );
    }
    let shallow = template(&body[1..body.len() - 1]);
    assert_eq!(gaps(&Files::new(&[("main.json", &shallow)]).read("main.json")), []);
    for n in 0..30 {
        body = format!(
            r#"{{ "resources": [ {{ "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "e{n}", "properties": {{ "template": {body} }} }} ] }}"#
        );
    }
    let deep = Files::new(&[("main.json", &template(&body[1..body.len() - 1]))]).read("main.json");
    assert_eq!(deep.collection.gaps[0].code, GapCode::LimitExceeded);
}

#[test]
fn every_truncation_is_survived() {
    let text = template(
        r#""parameters": { "p": { "type": "string", "defaultValue": "é\u0041" } }, // comment
        "variables": { "copy": [ { "name": "n", "count": 2, "input": "[copyIndex('n')]" } ] },
        "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "[concat(parameters('p'), '''x')]",
            "copy": { "name": "l", "count": "[length(variables('n'))]" }, "condition": "[not(false())]",
            "resources": [ { "type": "d", "apiVersion": "1", "name": "y" } ] } ],
        "outputs": { "o": { "type": "int", "value": 1 } }"#,
    );
    let whole = Files::new(&[("main.json", &text)]).read("main.json");
    assert_eq!((gaps(&whole), whole.resources.len()), (vec![], 4));
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("main.json");
    let entry = EntryPoint { path: "main.json".to_owned(), parameters: Vec::new() };
    fs::write(&path, "").expect("a file");
    let tree = FileTree::open(folder.path(), &[folder.path().to_owned()], &|_| true).expect("a tree");
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        fs::write(&path, &text[..end]).expect("a file");
        let inventory = ArmTemplate.read(&tree, &entry);
        assert!(!inventory.collection.gaps.is_empty(), "cut at {end}");
    }
    // Single characters replaced.
    for at in (0..text.len()).step_by(5).filter(|at| text.is_char_boundary(*at) && text.is_char_boundary(at + 1)) {
        for other in ["[", "'", "\"", "("] {
            fs::write(&path, format!("{}{other}{}", &text[..at], &text[at + 1..])).expect("a file");
            ArmTemplate.read(&tree, &entry);
        }
    }
}

#[test]
fn a_text_of_its_own_is_no_template_path() {
    // The marker that stands for the folder of a template never shows in a resource.
    let inventory = read(
        r#""parameters": { "_artifactsLocation": { "type": "string", "defaultValue": "[deployment().properties.templateLink.uri]" } },
        "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "x", "properties": {
            "script": "[uri(parameters('_artifactsLocation'), 'run.ps1')]" } } ]"#,
    );
    let text = text(&inventory.resources[0], "/properties/script");
    assert_eq!(text, "${uri(deployment().properties.templateLink.uri, 'run.ps1')}");
    assert_eq!(Text::known("a").to_string(), "a");
}
