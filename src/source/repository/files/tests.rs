use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::model::{GapCode, Resource};

fn read(files: &[(&str, &[u8])]) -> Inventory {
    let stored: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.to_vec())).collect();
    let tree = FileTree::stored(Arc::new(stored), &[String::new()], &|_| true);
    let mut inventory = Inventory::default();
    for entry in RepositoryFiles.claims(&tree) {
        inventory.absorb(RepositoryFiles.read(&tree, &entry));
    }
    inventory
}

fn artefact(path: &str, text: &str) -> Option<Resource> {
    let mut inventory = read(&[(path, text.as_bytes())]);
    assert!(inventory.resources.len() < 2 && inventory.collection.gaps.is_empty());
    inventory.resources.pop()
}

fn member(path: &str, text: &str, pointer: &str) -> Json {
    let artefact = artefact(path, text).unwrap_or_else(|| panic!("{path} is an artefact"));
    artefact.get(pointer).cloned().unwrap_or_default()
}

#[test]
fn configurations_select_a_workspace() {
    let text = "{\n  \"subscription_id\": \"<id>\",\n  \"resource_group\": \"$(group)\",\n  \"workspace_name\": \"mlw-weu\"\n}\n";
    for path in ["config.json", "ml/.azureml/config.json", "config.westeurope.json"] {
        let config = artefact(path, text).expect("it is one");
        assert_eq!(config.resource_type, "repository/config");
        assert_eq!(config.get("/workspace_name"), Some(&json!({"origin": "literal", "value": "mlw-weu"})));
        assert_eq!(config.get("/subscription_id/origin"), Some(&json!("placeholder")));
        assert_eq!(config.get("/resource_group/origin"), Some(&json!("configured")));
        let place = config.declaration().expect("declared").spans
            [&crate::model::Pointer::parse("/workspace_name").expect("a pointer")]
            .span;
        assert_eq!(&text[place.start as usize..place.end as usize], "\"workspace_name\": \"mlw-weu\"");
    }
    let v1 = "{\"Id\": null, \"Scope\": \"/subscriptions/s/resourceGroups/g/providers/x/workspaces/mlw\"}";
    assert_eq!(member("config.json", v1, "/workspace_name/value"), json!("mlw"));
    for text in ["{}", "{\"workspace_name\": 1}", "{\"workspace_name\": \"x\"}", "[", "{\"Scope\": \"x\"}"] {
        assert!(artefact("config.json", text).is_none(), "{text}");
    }
}

#[test]
fn requirements_list_packages_of_azure_ml_and_deep_learning() {
    let torch = json!({"version": "2.1.0"});
    for (path, text) in [
        ("requirements.txt", "# torch==1\nnumpy\ntorch==2.1.0  # x\nazure-ai-ml\n"),
        ("requirements/dev.txt", "torch == 2.1.0 ; python_version > '3'\nazure-ai-ml[x]\n"),
        ("conda.yml", "name: x\ndependencies:\n  - python=3.10\n  - torch=2.1.0\n  - pip:\n    - azure-ai-ml\n"),
        ("pyproject.toml", "[project]\ndependencies = [\"torch>=2.1.0\", \"azure-ai-ml\"]\n"),
        ("Pipfile", "[packages]\ntorch = \"==2.1.0\"\nazure_ai_ml = \"*\"\n"),
    ] {
        assert_eq!(member(path, text, "/packages/torch"), torch, "{path}");
        assert!(member(path, text, "/packages/azure-ai-ml").is_object(), "{path}");
    }
    for (path, text) in [
        ("requirements.txt", "numpy\n"),
        ("Chart.yaml", "dependencies:\n  - name: torchserve\n"),
        ("values.yaml", "torch: 1\n"),
        ("notes.txt", "torch\n"),
    ] {
        assert!(artefact(path, text).is_none(), "{path}");
    }
}

#[test]
fn dockerfiles_start_from_images() {
    let text = "ARG TAG=22.04\nARG BASE\nFROM mcr.microsoft.com/azureml/base:${TAG} AS build\nFROM --platform=x $BASE\n\
                from build\nFROM scratch\nRUN x\n";
    let docker = artefact("docker/Dockerfile", text).expect("it is one");
    assert_eq!(docker.get("/base_images"), Some(&json!({"mcr.microsoft.com/azureml/base:22.04": true})));
    assert!(docker.unknown.keys().any(|pointer| pointer.as_str() == "/base_images/$BASE"), "{:?}", docker.unknown);
    for path in ["Dockerfile.gpu", "train.dockerfile"] {
        assert!(artefact(path, "FROM x\n").is_some(), "{path}");
    }
    assert!(artefact("dockerfile.py", "FROM x\n").is_none());
    assert!(artefact("Dockerfile", "no instruction\n").is_none());
}

#[test]
fn runbooks_are_found_by_name_and_by_heading() {
    let text = "# Steps\nFailover from `mlw-fraud-weu` (primary) to mlw_fraud_neu2: resubmit the jobs.\n";
    for path in ["docs/failover.md", "DR_plan.md", "docs/Region Runbook.md"] {
        let mentions = member(path, text, "/mentions");
        assert_eq!(mentions["failover"], json!(true), "{path}");
        assert_eq!(mentions["resubmission"], json!(true));
        assert_eq!(mentions["primary"], json!(true));
        assert_eq!(mentions.get("secondary"), None);
        assert_eq!(mentions["names"], json!({"mlw-fraud-weu": true, "mlw_fraud_neu2": true}));
    }
    assert!(artefact("README.md", "# Project\n## Disaster recovery\n").is_some());
    assert!(artefact("README.md", "# Project\nfailover\n").is_none());
}

#[test]
fn what_is_no_text_is_a_gap_where_its_name_tells() {
    let inventory = read(&[("failover.md", &[0xff, 0x80]), ("README.md", &[0xff]), ("config.json", &[0xff])]);
    let [gap] = inventory.collection.gaps.as_slice() else { panic!("one gap") };
    assert_eq!((gap.code, gap.types.as_slice()), (GapCode::NotUtf8, &["repository:runbook".to_owned()][..]));
    assert!(inventory.resources.is_empty());
}
