//! Behaviour of the readers of Python and notebooks.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Notebook, Python};
use crate::model::{GapCode, Inventory, Pointer, Resource};
use crate::source::{EntryPoint, FileTree, Reader};

fn tree(files: &[(&str, &str)]) -> FileTree {
    let files: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    FileTree::stored(Arc::new(files), &[String::new()], &|_| true)
}

fn inventory(files: &[(&str, &str)]) -> Inventory {
    let (path, _) = files[0];
    let entry = EntryPoint { path: path.to_owned(), parameters: Vec::new() };
    let reader: &dyn Reader = if path.ends_with(".py") { &Python } else { &Notebook };
    reader.read(&tree(files), &entry)
}

fn only(inventory: &Inventory) -> &Resource {
    let [resource] = inventory.resources.as_slice() else { panic!("{} artefacts", inventory.resources.len()) };
    resource
}

fn facts(files: &[(&str, &str)]) -> Json {
    only(&inventory(files)).body.clone()
}

fn python(text: &str) -> Json {
    facts(&[("src/a.py", text)])
}

/// The text at a pointer of the artefact, with its line.
fn written(inventory: &Inventory, pointer: &str) -> (u32, String) {
    let declaration = only(inventory).declaration().expect("declared");
    let span = declaration.spans[&Pointer::parse(pointer).expect("a pointer")].span;
    let file = inventory.files.get(span.file).expect("a file");
    (file.line_of(span.start), file.text[span.start as usize..span.end as usize].to_owned())
}

#[test]
fn clients_of_version_2_name_their_workspace() {
    let body = python(
        r#"
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential
WS = "mlw-" + "prod"
client = MLClient(DefaultAzureCredential(), "5b6c1b2e-aaaa-4000-8000-000000000001", resource_group_name=f"rg-{'ml'}", workspace_name=WS)
"#,
    );
    assert_eq!(body["azure_ml"], true);
    let client = &body["workspace_references"]["MLClient mlw-prod"];
    assert_eq!(client["workspace_name"], json!({"origin": "literal", "value": "mlw-prod"}));
    assert_eq!(client["resource_group"], json!({"origin": "literal", "value": "rg-ml"}));
}

#[test]
fn arguments_are_followed_to_where_they_come_from() {
    let body = python(
        r#"
import os, argparse
from os import getenv as env
from azure.ai.ml import MLClient as Client

class Settings:
    group = "rg-ml"

    def __init__(self, name):
        self.name = name
        self.subscription = os.environ["SUB"]

    def client(self):
        return Client(cred, self.subscription, self.group, self.name)

def make(workspace):
    args, _ = argparse.ArgumentParser().parse_known_args()
    parts = {"ws": "mlw-dict", "sub": env("SUB", "00")}
    Client(cred, args.subscription, os.getenv("RG") or "rg", workspace)
    Client(cred, "{}-sub".format(args.sub), "rg-%s" % "ml", parts["ws"])
    Client(cred, subscription_id=parts["sub"], resource_group_name=compute(), workspace_name="<WS>")
    Client(cred, **parts)
    Client(cred, **{"workspace_name": "mlw-splat"})

Client(cred, None, registry_name="shared")
Client(cred, registry_name="azureml")
"#,
    );
    let references = body["workspace_references"].as_object().expect("some");
    let origins = |name: &str| {
        let origin =
            |member: &str| references[name].get(member).map_or("", |a| a["origin"].as_str().unwrap_or_default());
        [origin("subscription_id"), origin("resource_group"), origin("workspace_name")]
    };
    assert_eq!(origins("MLClient"), ["configured", "literal", "configured"], "members of a class");
    assert_eq!(origins("MLClient mlw-dict"), ["configured", "literal", "literal"]);
    assert_eq!(references["MLClient mlw-dict"]["resource_group"]["value"], "rg-ml");
    assert_eq!(origins("MLClient (2)"), ["configured", "configured", "configured"], "through parameters");
    assert_eq!(origins("MLClient (3)"), ["configured", "unknown", "placeholder"]);
    assert_eq!(origins("MLClient mlw-splat"), ["", "", "literal"]);
    assert_eq!(references.len(), 5, "neither clients of registries nor settings without the names: {references:?}");
}

#[test]
fn branches_and_later_assignments_count() {
    let body = python(
        r#"
from azure.ai.ml import MLClient
ws = "<workspace>"
ws = "mlw-first"
MLClient(c, "s1", "g1", ws)
if flag:
    ws = os.environ["WS"]
MLClient(c, "s1", "g1", ws)
ws = "mlw-last"
def late():
    return MLClient(c, "s1", "g1", ws)
for ws in names:
    MLClient(c, "s1", "g1", ws)
"#,
    );
    let references = body["workspace_references"].as_object().expect("some");
    let mut names: Vec<&str> = references.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["MLClient", "MLClient (2)", "MLClient (3)", "MLClient mlw-first"]);
    assert_eq!(references["MLClient"]["workspace_name"]["origin"], "configured");
}

#[test]
fn constants_of_other_modules_are_known() {
    let body = facts(&[
        (
            "src/jobs/run.py",
            "from azure.ai.ml import MLClient\nfrom ..settings import WS\nimport common.env as env\nfrom shared import *\n\
             MLClient(c, env.Env().sub, GROUP, WS)\n",
        ),
        ("src/settings.py", "WS = 'mlw-const'\n"),
        ("src/common/env.py", "import os\nclass Env:\n    sub = os.environ.get('SUB')\n"),
        ("shared/__init__.py", "from .names import GROUP\n"),
        ("shared/names.py", "GROUP = 'rg-far'\n"),
    ]);
    let client = &body["workspace_references"]["MLClient mlw-const"];
    assert_eq!(client["subscription_id"]["origin"], "configured");
    assert_eq!(client["resource_group"]["value"], "rg-far");
    assert_eq!(
        body["local_imports"],
        json!({"src/settings.py": true, "src/common/env.py": true, "shared/__init__.py": true})
    );
}

#[test]
fn version_1_is_read() {
    let body = python(
        r#"
from azureml.core import Workspace, Environment, Dataset, ScriptRunConfig, Model
from azureml.core.webservice import AciWebservice
import azureml.mlflow
ws = Workspace.get(name="mlw-old", subscription_id="s1", resource_group="rg1")
same = Workspace.from_config(path="cfg/config.json")
Workspace("s2", "rg2", "mlw-two")
env = Environment.from_conda_specification("train", "conda.yml")
env.save_to_directory("envs")
Environment.get(ws, "AzureML-Minimal")
Dataset.get_by_name(ws, name="claims")
ScriptRunConfig(source_directory="./train", script="main.py")
Model.deploy(ws, "scorer", [], None)
AciWebservice.deploy_configuration()
"#,
    );
    assert_eq!(body["sdk"], json!({"v1": true}));
    assert_eq!(body["workspace_references"]["Workspace.get mlw-old"]["subscription_id"]["value"], "s1");
    assert!(body["workspace_references"]["Workspace mlw-two"].is_object());
    assert_eq!(body["from_config"]["Workspace.from_config"]["path"]["value"], "cfg/config.json");
    let definitions: Vec<&String> = body["definitions"].as_object().expect("some").keys().collect();
    assert_eq!(
        definitions,
        [
            "AciWebservice.deploy_configuration",
            "Environment.from_conda_specification train",
            "Environment.save_to_directory",
            "Model.deploy scorer",
            "ScriptRunConfig"
        ]
    );
    assert_eq!(body["references"]["environment AzureML-Minimal"]["form"], "curated");
    assert_eq!(body["references"]["data claims"], json!({"kind": "data", "form": "name", "name": "claims"}));
}

#[test]
fn what_version_2_defines_is_known_with_its_programs() {
    let body = facts(&[
        (
            "jobs/submit.py",
            r#"
from azure.ai.ml import command, Input, MLClient, dsl, load_component
from azure.ai.ml.entities import *
job = command(code="./src", command="python train.py --data ${{inputs.d}}", environment="azureml:train:3",
              compute="cpu", inputs={"d": Input(path="azureml:claims@latest")})
MLClient.from_config(credential=c)
env = Environment(name="train", image="x", conda_file="c.yml")
ManagedOnlineDeployment(name="blue", endpoint_name="e", model="azureml:m:1",
    code_configuration=CodeConfiguration(code="src", scoring_script="score.py"))
load_component(source="./c.yml")

@dsl.pipeline(name="nightly")
def run_all():
    pass

def others(ml_client, x):
    ml_client.environments.get("other", version="1")
    x.sweep()
"#,
        ),
        ("jobs/src/train.py", ""),
        ("jobs/src/score.py", ""),
        ("jobs/c.yml", ""),
    ]);
    assert_eq!(body["definitions"]["command"]["scripts"], json!(["jobs/src/train.py"]));
    assert_eq!(body["definitions"]["ManagedOnlineDeployment blue"]["scripts"], json!(["jobs/src/score.py"]));
    assert_eq!(body["definitions"]["pipeline run_all"]["name"]["value"], "nightly");
    assert_eq!(body["definitions"]["Environment train"]["kind"], "environment");
    assert!(body["from_config"]["MLClient.from_config"].is_object());
    let references = body["references"].as_object().expect("some");
    let expected = json!({
        "component jobs/c.yml": {"kind": "component", "form": "path", "path": "jobs/c.yml", "found": true},
        "compute cpu": {"kind": "compute", "form": "name", "name": "cpu"},
        "data azureml:claims@latest": {"kind": "data", "form": "name", "name": "claims", "version": "latest"},
        "environment azureml:train:3": {"kind": "environment", "form": "name", "name": "train", "version": "3"},
        "environment other": {"kind": "environment", "form": "name", "name": "other"},
        "model azureml:m:1": {"kind": "model", "form": "name", "name": "m", "version": "1"},
    });
    assert_eq!(json!(references), expected);
}

#[test]
fn texts_name_workspaces_and_docstrings_do_not() {
    let body = python(
        r#"
"""azureml://subscriptions/s/resourcegroups/g/workspaces/mlw-doc/"""
import mlflow, os
sub = os.environ["SUB"]
# /subscriptions/s/resourceGroups/g/workspaces/mlw-comment
mlflow.set_tracking_uri("azureml://westeurope.api.azureml.ms/mlflow/v1.0/subscriptions/" + sub
    + "/resourceGroups/rg-a/providers/Microsoft.MachineLearningServices/workspaces/mlw-a")
uri = f"azureml://subscriptions/{sub}/resourcegroups/rg-b/workspaces/mlw-b/data/x"
data = "adl://lake.azuredatalakestore.net/raw"
"#,
    );
    let references = body["workspace_references"].as_object().expect("some");
    assert_eq!(references.keys().collect::<Vec<_>>(), ["tracking_uri mlw-a", "uri mlw-b"]);
    assert_eq!(references["tracking_uri mlw-a"]["region"]["value"], "westeurope");
    assert_eq!(references["tracking_uri mlw-a"]["subscription_id"]["origin"], "configured");
    assert_eq!(body["data_lake_gen1"], json!({"adl://lake.azuredatalakestore.net/raw": true}));
}

#[test]
fn checkpoints_are_found_with_their_paths() {
    let body = python(
        r#"
import argparse, os, torch
from transformers import Trainer, TrainingArguments
args = argparse.ArgumentParser().parse_args()
torch.save(model.state_dict(), os.path.join(args.output, "model.pt"))
torch.save(model, "model.pt")
TrainingArguments(output_dir=args.output, save_strategy="no")
loss.backward()
"#,
    );
    assert_eq!(body["frameworks"], json!({"torch": true, "transformers": true}));
    assert_eq!(body["trains"], true);
    assert_eq!(body["checkpoints"]["torch.save"]["path"], json!({"origin": "configured"}));
    assert_eq!(body["checkpoints"]["torch.save (2)"]["path"]["value"], "model.pt");
    assert_eq!(body["checkpoints"]["transformers.TrainingArguments"]["enabled"], false);
}

#[test]
fn facts_show_where_they_are_written() {
    let text = "from azure.ai.ml import MLClient\r\nWS = 'mlw-é'\r\nc = MLClient(x, 'sub-1', 'rg-1', WS)\r\n";
    let inventory = inventory(&[("a.py", text)]);
    assert_eq!(written(&inventory, "/workspace_references/MLClient mlw-é/workspace_name"), (3, "WS".to_owned()));
    assert_eq!(written(&inventory, "/workspace_references/MLClient mlw-é/subscription_id"), (3, "'sub-1'".to_owned()));
    let spans = &only(&inventory).declaration().expect("declared").spans;
    let given = spans[&Pointer::parse("/workspace_references/MLClient mlw-é/workspace_name").expect("a pointer")];
    let supplied = given.supplied.expect("a constant");
    assert_eq!(
        &inventory.files.get(supplied.file).expect("it").text[supplied.start as usize..supplied.end as usize],
        "'mlw-é'"
    );
    assert_eq!(written(&inventory, "/imports/azure.ai.ml"), (1, "azure.ai.ml".to_owned()));
}

#[test]
fn facts_of_notebooks_show_cell_and_line() {
    let text = r##"{"cells": [
 {"cell_type": "markdown", "source": ["MLClient"]},
 {"cell_type": "code", "source": ["%pip install azure-ai-ml\n", "from azure.ai.ml import MLClient\n", "WS = \"mlw-\\\"nb\""],
  "outputs": [{"text": ["azureml://subscriptions/s/resourcegroups/g/workspaces/mlw-out"]}]},
 {"cell_type": "code", "source": "\nclient = MLClient(c, \"sub-1\", \"rg-1\", WS)"},
 {"cell_type": "code", "source": ["%%writefile train.py\n", "from azureml.core import Run"]}
]}"##;
    let inventory = inventory(&[("nb/a.ipynb", text)]);
    let body = &only(&inventory).body;
    let client = &body["workspace_references"]["MLClient mlw-\"nb"];
    assert_eq!((&client["cell"], &client["line"]), (&json!(3), &json!(2)));
    assert_eq!(body["workspace_references"].as_object().expect("some").len(), 1, "outputs are not read");
    assert_eq!(body["sdk"], json!({"v1": true, "v2": true}), "also of the program that a cell writes");
    let pointer = "/workspace_references/MLClient mlw-\"nb/subscription_id";
    assert_eq!(written(&inventory, pointer), (5, r#"\"sub-1\""#.to_owned()));
    assert_eq!(
        inventory
            .files
            .iter()
            .next()
            .expect("a file")
            .1
            .cell_at(written_start(&inventory, pointer))
            .map(|c| (c.cell, c.line)),
        Some((3, 2))
    );
    assert!(inventory.collection.gaps.is_empty());
}

fn written_start(inventory: &Inventory, pointer: &str) -> u32 {
    let declaration = only(inventory).declaration().expect("declared");
    declaration.spans[&Pointer::parse(pointer).expect("a pointer")].span.start
}

#[test]
fn what_does_not_follow_the_grammar_is_unknown_and_the_rest_is_read() {
    let text = "from azure.ai.ml import MLClient\nx = = 3 )\nMLClient(c, 'sub-1', 'rg-1', 'mlw-a')\n";
    let inventory = inventory(&[("a.py", text)]);
    let resource = only(&inventory);
    assert!(resource.body["workspace_references"]["MLClient mlw-a"].is_object());
    let unread = Pointer::parse("/workspace_references/unread").expect("a pointer");
    assert_eq!(resource.unknown[&unread].reason(), "the source does not determine what stands in line 2");
    let [gap] = inventory.collection.gaps.as_slice() else { panic!("{:?}", inventory.collection.gaps) };
    assert_eq!(gap.code, GapCode::SyntaxError);
    assert!(gap.types.contains(&"repository:jobs".to_owned()));
}

#[test]
fn python_2_is_read() {
    let text = "from azureml.core import Workspace\nprint 'x', 1\nexec 'y'\nws = Workspace('s1', 'rg1', u'mlw-2')\n";
    let inventory = inventory(&[("a.py", text)]);
    assert!(only(&inventory).body["workspace_references"]["Workspace mlw-2"].is_object());
    assert!(inventory.collection.gaps.is_empty(), "{:?}", inventory.collection.gaps);
}

#[test]
fn files_without_anything_of_interest_have_no_artefact() {
    for text in ["import os\nprint(os.name)\n", "", "# azureml\n", "x = 'torch'\n"] {
        let inventory = inventory(&[("a.py", text)]);
        assert!(inventory.resources.is_empty() && inventory.files.is_empty(), "{text}");
    }
}

#[test]
fn hostile_files_end_in_gaps() {
    let nested = |open: &str, close: &str, count: usize| {
        format!("import azureml\nMLClient({}1{})\n", open.repeat(count), close.repeat(count))
    };
    let mut texts = vec![
        nested("(", ")", 20_000),
        nested("f(", ")", 20_000),
        nested("[", "", 100_000),
        nested("lambda: ", "", 50_000),
        format!("import azureml\nx = {}\n", "a.b().".repeat(10_000)),
        format!("import azureml\nx = {}'y'\n", "'x' + ".repeat(10_000)),
        format!("import azureml\n{}", "a = a + a\n".repeat(5_000)),
        format!("import azureml\n{}MLClient(a)", "a = b\nb = a\n".repeat(2_000)),
        format!("import azureml\n{}", "MLClient('a', 'b', 'c', 'd')\n".repeat(5_000)),
        format!("import azureml\n{}", "if x:\n ".repeat(1_000)),
        format!("import azureml\n{}", "\u{0}\u{1}\"'".repeat(5_000)),
    ];
    texts.push(format!("import azureml\n{}", "x".repeat(5 << 20)));
    for text in &texts {
        let inventory = inventory(&[("a.py", text)]);
        assert!(inventory.resources.len() + inventory.collection.gaps.len() > 0);
    }
    let too_large = inventory(&[("a.py", texts.last().expect("one"))]);
    assert_eq!(too_large.collection.gaps[0].code, GapCode::FileTooLarge);
    let no_json = inventory(&[("a.ipynb", "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"azureml\"]}")]);
    assert_eq!(no_json.collection.gaps[0].code, GapCode::InvalidDocument);
}

#[test]
fn modules_that_import_each_other_end() {
    let body = facts(&[
        ("a.py", "from azure.ai.ml import MLClient\nfrom b import WS\nMLClient(c, 's1', 'rg1', WS)\n"),
        ("b.py", "from c import WS\n"),
        ("c.py", "from b import WS\n"),
    ]);
    assert_eq!(body["workspace_references"]["MLClient"]["workspace_name"]["origin"], "unknown");
}

#[test]
fn raw_requests_of_scoring_scripts_are_of_both_versions() {
    let body = python("from azureml.contrib.services.aml_request import rawhttp\n");
    assert_eq!((&body["sdk"], &body["azure_ml"]), (&Json::Null, &json!(true)));
}

#[test]
fn an_import_that_cannot_be_read_is_unknown() {
    let files: BTreeMap<String, Vec<u8>> = BTreeMap::from([
        ("a.py".to_owned(), b"import torch\nimport helper\nloss.backward()\n".to_vec()),
        ("helper.py".to_owned(), vec![0xff, 0x80]),
    ]);
    let tree = FileTree::stored(Arc::new(files), &[String::new()], &|_| true);
    let read = |path: &str| Python.read(&tree, &EntryPoint { path: path.to_owned(), parameters: Vec::new() });
    let inventory = read("a.py");
    assert!(only(&inventory).unknown.contains_key("/local_imports/helper.py"));
    assert_eq!(read("helper.py").collection.gaps[0].code, GapCode::NotUtf8);
}
