use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::model::{GapPlace, Resource};

/// What the reader makes of files.
fn read(files: &[(&str, &str)]) -> Inventory {
    let stored: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let tree = FileTree::stored(Arc::new(stored), &[String::new()], &|_| true);
    let mut inventory = Inventory::default();
    for entry in AmlYaml.claims(&tree) {
        inventory.absorb(AmlYaml.read(&tree, &entry));
    }
    inventory
}

fn only(files: &[(&str, &str)]) -> Resource {
    let mut inventory = read(files);
    assert_eq!(inventory.resources.len(), 1, "{:?}", inventory.collection.gaps);
    inventory.resources.remove(0)
}

fn kinds(files: &[(&str, &str)]) -> Vec<String> {
    let kind = |r: &Resource| r.get("/kind").and_then(Json::as_str).unwrap_or_default().to_owned();
    read(files).resources.iter().map(kind).collect()
}

const JOB: &str = "\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
name: train
command: python train.py --data ${{inputs.claims}}
code: ../src
environment: azureml:train:3
compute: azureml:cpu
environment_variables: {KEY: secret}
inputs:
  claims: {type: uri_folder, path: azureml:claims@latest}
  base: {type: mlflow_model, path: azureml://registries/mlreg/models/base/versions/1}
  raw: {type: uri_file, path: azureml://datastores/training/paths/raw.csv}
  local: {type: uri_file, path: data.csv}
  web: {type: uri_file, path: https://example.com/x.csv}
";

#[test]
fn a_job_refers_to_what_it_needs() {
    let job = only(&[("jobs/train.yml", JOB), ("src/train.py", "")]);
    assert_eq!(job.get("/declared_name"), Some(&json!("train")));
    assert_eq!(job.get("/scripts"), Some(&json!(["src/train.py"])));
    let expected = json!({
        "environment": {"kind": "environment", "form": "name", "name": "train", "version": "3"},
        "compute": {"kind": "compute", "form": "name", "name": "cpu"},
        "code": {"kind": "code", "form": "path", "path": "src", "found": true},
        "inputs.claims.path": {"kind": "data", "form": "name", "name": "claims", "version": "latest"},
        "inputs.base.path": {"kind": "model", "form": "registry", "name": "base", "version": "1", "registry": "mlreg"},
        "inputs.raw.path": {"kind": "datastore", "form": "name", "name": "training"},
        "inputs.local.path": {"kind": "data", "form": "path", "path": "jobs/data.csv", "found": false},
    });
    assert_eq!(job.get("/references"), Some(&expected));
    assert_eq!(job.get("/yaml/environment_variables"), None, "it may hold secrets");
}

#[test]
fn a_reference_stands_where_it_is_written() {
    let inventory = read(&[("train.yml", &format!("\u{feff}# ü😀\n{JOB}"))]);
    let declaration = inventory.resources[0].declaration().expect("it is declared");
    let place = declaration.spans[&crate::model::Pointer::parse("/references/environment").expect("a pointer")].span;
    let file = inventory.files.get(place.file).expect("the file");
    assert_eq!(&file.text[place.start as usize..place.end as usize], "environment: azureml:train:3");
    assert_eq!(file.line_of(place.start), 6);
    assert_eq!(file.line_of(declaration.span.start), 2);
}

#[test]
fn documents_are_told_by_schema_and_by_shape() {
    for (text, kind) in [
        ("$schema: http://azureml/sdk-2-0/CommandComponent.json\nname: x\n", "component"),
        ("$schema: https://azuremlschemas.azureedge.net/latest/modelBatchDeployment.schema.json\n", "batch_deployment"),
        ("$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\ntype: sweep\n", "job_sweep"),
        ("type: command\ncommand: echo\nenvironment: azureml:x:1\ncompute: azureml:cpu\n", "job_command"),
        ("type: command\nname: x\nversion: 1\ncommand: echo\nenvironment: {image: x}\n", "component"),
        ("type: pipeline\njobs: {a: {type: command, environment: azureml:x:1}}\n", "job_pipeline"),
        ("name: blue\nendpoint_name: e\nmodel: azureml:m:1\ninstance_type: x\n", "online_deployment"),
        ("name: b\nendpoint_name: e\nmodel: azureml:m:1\nmini_batch_size: 3\n", "batch_deployment"),
        ("name: e\nauth_mode: aad_token\n", "online_endpoint"),
        ("name: train\nimage: x\nconda_file: conda.yml\n", "environment"),
        ("name: d\ntype: uri_folder\npath: azureml://datastores/x/paths/y\n", "data"),
        ("name: n\ntrigger: {type: cron}\ncreate_job: ./job.yml\n", "schedule"),
        ("name: c\ntype: amlcompute\nsize: x\n", "compute"),
        (
            "type: finetuning\ntask: chat_completion\nmodel: {path: x}\ntraining_data: a.jsonl\nexperiment_name: x\n",
            "job_finetuning",
        ),
    ] {
        assert_eq!(kinds(&[("x.yml", text)]), [kind], "{text}");
    }
}

#[test]
fn other_files_are_not_ours() {
    for text in [
        "apiVersion: v1\nkind: ConfigMap\ndata: {azureml: x}\n",
        "services: {a: {image: azureml, environment: {A: b}, command: x}}\n",
        "name: conda\nchannels: [x]\ndependencies: [{pip: [azureml-core]}]\n",
        "$schema: https://azuremlschemas.azureedge.net/promptflow/latest/Flow.schema.json\nenvironment: azureml:x:1\n",
        "jobs:\n  a:\n    runs-on: x\n    steps: [{run: az ml job create -f x.yml}] # azureml\n",
        "{{- if .Values.azureml }}\na: [\n",
        "",
    ] {
        let inventory = read(&[("x.yml", text)]);
        assert!(inventory.resources.is_empty() && inventory.collection.gaps.is_empty(), "{text}");
    }
}

#[test]
fn pipelines_and_schedules_refer_to_what_their_steps_need() {
    let pipeline = "\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
settings: {default_compute: azureml:cpu}
jobs:
  prepare: {component: ./prepare.yml}
  train:
    type: command
    component: {command: python t.py, code: ./code, environment: azureml:AzureML-sklearn-1.5@latest}
  score: {component: azureml:score@latest, inputs: {model: '${{parent.jobs.train.outputs.model}}'}}
";
    let schedule = "\
$schema: https://azuremlschemas.azureedge.net/latest/schedule.schema.json
name: nightly
trigger: {type: cron, expression: '0 2 * * *'}
create_job: {type: pipeline, job: ./pipeline.yml}
";
    let inventory = read(&[("pipeline.yml", pipeline), ("schedule.yml", schedule)]);
    let expected = json!({
        "settings.default_compute": {"kind": "compute", "form": "name", "name": "cpu"},
        "jobs.prepare.component": {"kind": "component", "form": "path", "path": "prepare.yml", "found": false},
        "jobs.train.component.environment":
            {"kind": "environment", "form": "curated", "name": "AzureML-sklearn-1.5", "version": "latest"},
        "jobs.train.component.code": {"kind": "code", "form": "path", "path": "code"},
        "jobs.score.component": {"kind": "component", "form": "name", "name": "score", "version": "latest"},
    });
    assert_eq!(inventory.resources[0].get("/references"), Some(&expected));
    assert_eq!(inventory.resources[0].get("/scripts"), Some(&json!(["code/t.py"])));
    let job = json!({"create_job.job": {"kind": "job", "form": "path", "path": "pipeline.yml", "found": true}});
    assert_eq!(inventory.resources[1].get("/references"), Some(&job));
}

#[test]
fn deployments_refer_to_model_environment_endpoint_and_program() {
    let deployment = "\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: fraud
model: azureml:/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/mlw/models/m/versions/1
code_configuration: {code: ../src, scoring_script: score.py}
environment: {build: {path: ../docker}, conda_file: conda.yml}
";
    let found = only(&[("deploy/blue.yml", deployment), ("docker/Dockerfile", "FROM x")]);
    let expected = json!({
        "environment": {"kind": "environment", "form": "inline"},
        "environment.conda_file": {"kind": "conda_file", "form": "path", "path": "deploy/conda.yml", "found": false},
        "environment.build.dockerfile_path":
            {"kind": "dockerfile", "form": "path", "path": "docker/Dockerfile", "found": true},
        "endpoint_name": {"kind": "endpoint", "form": "name", "name": "fraud"},
        "model": {"kind": "model", "form": "workspace", "name": "m", "version": "1", "workspace": "mlw"},
        "code_configuration.code": {"kind": "code", "form": "path", "path": "src"},
    });
    assert_eq!(found.get("/references"), Some(&expected));
    assert_eq!(found.get("/scripts"), Some(&json!(["src/score.py"])));
}

#[test]
fn paths_out_of_the_repository_are_neither_there_nor_missing() {
    let text = "name: x\nbuild: {path: ../../elsewhere, dockerfile_path: Dockerfile}\n";
    let environment = only(&[("env.yml", text)]);
    let reference = environment.get("/references/build.dockerfile_path").expect("it is there");
    assert_eq!((reference.get("form"), reference.get("found")), (Some(&json!("path")), None));
    // What git keeps elsewhere is not here either.
    let text = "name: x\nbuild: {path: shared, dockerfile_path: Dockerfile}\n";
    let environment = read(&[("env.yml", text), (".gitmodules", "[submodule \"shared\"]")]);
    assert_eq!(environment.resources[0].get("/references/build.dockerfile_path/found"), None);
}

#[test]
fn what_a_template_fills_in_is_unknown() {
    let text = "\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
name: {{ name }}
command: python train.py
environment: azureml:__ENVIRONMENT__:1
compute: azureml:cpu
";
    let job = only(&[("job.yml", text)]);
    assert_eq!(job.get("/references/environment"), Some(&json!({"kind": "environment", "form": "unknown"})));
    assert_eq!(job.get("/references/compute/name"), Some(&json!("cpu")));
    assert!(job.get("/declared_name").is_none());
    assert!(job.unknown.keys().any(|pointer| pointer.as_str() == "/declared_name"), "{:?}", job.unknown);
}

#[test]
fn each_document_of_a_file_is_a_definition() {
    let text = "---\n$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\nname: a\nimage: x\n---\n\
                a: b\n---\n$schema: https://azuremlschemas.azureedge.net/latest/data.schema.json\nname: b\n--- [\n";
    let inventory = read(&[("x.yml", text)]);
    let ids: Vec<&str> = inventory.resources.iter().map(|r| r.id.key()).collect();
    assert_eq!(ids, ["repository/x.yml", "repository/x.yml#3"]);
    let [gap] = inventory.collection.gaps.as_slice() else { panic!("one gap: {:?}", inventory.collection.gaps) };
    assert_eq!(gap.code, GapCode::SyntaxError);
    assert!(matches!(gap.place, GapPlace::File { offset: Some(_), .. }));
    assert_eq!(gap.types, ["repository:data", "repository:environments"]);
}

#[test]
fn a_file_that_cannot_be_read_hides_no_infrastructure() {
    let broken = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\na: [\n";
    let gaps = read(&[("x.yml", broken)]).collection.gaps;
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].types, ["repository:jobs"]);
    let unknown = "$schema: https://azuremlschemas.azureedge.net/latest/x.schema.json\na: [\n";
    assert_eq!(read(&[("x.yml", unknown)]).collection.gaps[0].types.len(), kind::PARTS.len());
}

#[test]
fn a_file_that_is_no_text_may_define_anything() {
    let stored = BTreeMap::from([("x.yml".to_owned(), b"name: \xe9\n".to_vec())]);
    let tree = FileTree::stored(Arc::new(stored), &[String::new()], &|_| true);
    let entries = AmlYaml.claims(&tree);
    let inventory = AmlYaml.read(&tree, &entries[0]);
    assert_eq!(inventory.collection.gaps[0].code, GapCode::NotUtf8);
    assert_eq!(inventory.collection.gaps[0].types.len(), kind::PARTS.len());
}

#[test]
fn run_configurations_of_the_first_sdk() {
    let text = "\
script: train.py
framework: Python
target: cpu
environment:
  name: train
  python: {condaDependenciesFile: .azureml/conda.yml}
";
    let files = [("ml/.azureml/train.runconfig", text), ("ml/.azureml/conda.yml", "x"), ("ml/train.py", "")];
    let run = only(&files);
    assert_eq!(run.get("/kind"), Some(&json!("job_v1")));
    assert_eq!(run.get("/scripts"), Some(&json!(["ml/train.py"])));
    let conda = json!({"kind": "conda_file", "form": "path", "path": "ml/.azureml/conda.yml", "found": true});
    assert_eq!(run.get("/references/environment.python.condaDependenciesFile"), Some(&conda));
    assert_eq!(run.get("/references/environment/form"), Some(&json!("inline")));
    let named = only(&[("x.runconfig", "script: a.py\ntarget: local\nenvironment: {name: train, version: '3'}\n")]);
    let reference = json!({"kind": "environment", "form": "name", "name": "train", "version": "3"});
    assert_eq!(named.get("/references"), Some(&json!({"environment.name": reference})));
}

#[test]
fn odd_members_are_taken_as_they_are() {
    let odd = "$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\n\
               jobs: [a, b]\nenvironment: [x]\ncompute: {a: b}\ninputs: 3\ncode: 7\nname: [a]\nversion: 1.10\ncreate_job: {}\n";
    let job = only(&[("x.yml", odd)]);
    assert_eq!(job.get("/version"), Some(&json!("1.10")));
    let list = "- $schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\n";
    assert!(read(&[("x.yml", list)]).resources.is_empty());
}
