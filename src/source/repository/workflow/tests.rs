use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::model::{Pointer, Resource};

/// What is read of a tree of files, by path.
fn read(files: &[(&str, &str)]) -> Inventory {
    let stored: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let tree = FileTree::stored(Arc::new(stored), &[String::new()], &|_| true);
    let mut inventory = Inventory::default();
    for entry in Workflows.claims(&tree) {
        inventory.absorb(Workflows.read(&tree, &entry));
    }
    inventory
}

fn artefact<'i>(inventory: &'i Inventory, path: &str) -> &'i Resource {
    let found = inventory.resources.iter().find(|one| one.get("/path").is_some_and(|known| known == path));
    found.unwrap_or_else(|| panic!("no artefact {path}: {:?}", inventory.collection.gaps))
}

/// The body of the artefact that is a file.
fn body(files: &[(&str, &str)], path: &str) -> Json {
    artefact(&read(files), path).body.clone()
}

/// What stands at a pointer of an artefact.
fn shown(inventory: &Inventory, path: &str, pointer: &str) -> String {
    let resource = artefact(inventory, path);
    let declaration = resource.declaration().expect("declared");
    let span =
        declaration.spans.get(&Pointer::parse(pointer).expect("a pointer")).unwrap_or_else(|| panic!("{pointer}")).span;
    let file = inventory.files.get(span.file).expect("the file");
    file.text[span.start as usize..span.end as usize].to_owned()
}

const GITHUB: &str = "on: push
env:
  WS: mlw-prod
jobs:
  train:
    runs-on: ubuntu-latest
    env: {OTHER: rg-one}
    steps:
      - uses: actions/checkout@v4
      - run: |
          # az ml job create -w commented
          az ml job create -f jobs/train.yml \\
            --workspace-name \"$WS\" -g rg-ml
      - run: az configure --defaults workspace=${{ vars.WS }} group=$RG
      - uses: azure/cli@v2
        with:
          inlineScript: az ml model deploy -n x -w '<workspace>'
";

#[test]
fn commands_of_a_github_workflow() {
    let files = [(".github/workflows/train.yml", GITHUB), ("jobs/train.yml", "x: 1")];
    let inventory = read(&files);
    let workflow = artefact(&inventory, ".github/workflows/train.yml");
    assert_eq!(workflow.resource_type, "repository/workflow");
    let commands = workflow.get("/commands").expect("commands");
    assert_eq!(
        commands["az ml job create"],
        json!({
            "command": "az ml job create", "generation": "v2",
            "workspace": {"origin": "literal", "value": "mlw-prod"},
            "resource_group": {"origin": "literal", "value": "rg-ml"},
            "files": [{"kind": "job", "form": "path", "path": "jobs/train.yml", "found": true}],
        })
    );
    assert_eq!(commands["az configure"]["workspace"], json!({"origin": "configured"}));
    assert_eq!(commands["az configure"]["resource_group"], json!({"origin": "configured"}));
    assert_eq!(commands["az ml model deploy"]["generation"], "v1");
    assert_eq!(commands["az ml model deploy"]["workspace"], json!({"origin": "placeholder"}));
    let path = ".github/workflows/train.yml";
    assert_eq!(shown(&inventory, path, "/commands/az ml job create/workspace"), "\"$WS\"");
    assert_eq!(shown(&inventory, path, "/commands/az ml job create/resource_group"), "rg-ml");
    let declaration = workflow.declaration().expect("declared");
    let place = declaration.spans[&Pointer::parse("/commands/az ml job create/workspace").expect("a pointer")];
    let supplied = place.supplied.expect("the literal stands elsewhere");
    assert_eq!(
        &inventory.files.get(supplied.file).expect("the file").text[supplied.start as usize..supplied.end as usize],
        "mlw-prod"
    );
}

#[test]
fn data_of_a_matrix_is_configured() {
    let text = "on: push
jobs:
  a:
    strategy:
      matrix:
        include:
          - {region: westeurope, ws: mlw-weu}
          - {region: northeurope, ws: mlw-neu}
    steps:
      - run: az ml job create -w ${{ matrix.ws }} -g rg-ml-${{ matrix.region }}
      - run: az deployment group create -g $RG -f main.bicep -p location=${{ matrix.region }}
  b: {env: {WS: one}, steps: [{run: az ml job list -w $WS}]}
  c: {env: {WS: two}, steps: [{run: az ml job list -w $WS}]}
";
    let body = body(&[(".github/workflows/x.yml", text)], ".github/workflows/x.yml");
    assert_eq!(body["commands"]["az ml job create"]["workspace"], json!({"origin": "configured"}));
    assert_eq!(body["commands"]["az ml job list"]["workspace"], json!({"origin": "configured"}));
    let deployment = &body["deployments"]["az deployment"];
    assert_eq!(deployment["environments"], json!({"default": ["northeurope", "westeurope"]}));
    assert!(deployment.get("unresolved").is_none());
    assert_eq!(body["regions"], json!({"northeurope": true, "westeurope": true}));
}

#[test]
fn environments_are_not_regions() {
    let text = "on: push
jobs:
  deploy:
    strategy: {matrix: {env: [dev, prod]}}
    steps:
      - uses: azure/arm-deploy@v2
        with: {template: infra/main.bicep, parameters: 'infra/${{ matrix.env }}.bicepparam', resourceGroupName: rg}
";
    let files = [
        (".github/workflows/x.yml", text),
        ("infra/dev.bicepparam", "using 'main.bicep'\nparam location = 'westeurope'\n"),
        ("infra/prod.bicepparam", "using 'main.bicep'\nparam location = 'northeurope'\n"),
        ("infra/main.bicep", "param location string\n"),
    ];
    let body = body(&files, ".github/workflows/x.yml");
    let deployment = &body["deployments"]["azure/arm-deploy"];
    assert_eq!(deployment["environments"], json!({"dev": ["westeurope"], "prod": ["northeurope"]}));
    assert_eq!(deployment["template"]["found"], true);
}

#[test]
fn a_reusable_workflow_is_followed() {
    let caller = "on: push
jobs:
  west: {uses: ./.github/workflows/deploy.yml, with: {location: West Europe}}
  north: {uses: ./.github/workflows/deploy.yml, with: {location: northeurope}}
  far: {uses: contoso/ci/.github/workflows/x.yml@v1}
";
    let callee = "on: {workflow_call: {inputs: {location: {type: string, default: eastus}}}}
jobs:
  deploy:
    steps:
      - run: az deployment sub create -l ${{ inputs.location }} -f main.bicep
";
    let files = [(".github/workflows/all.yml", caller), (".github/workflows/deploy.yml", callee)];
    let body = body(&files, ".github/workflows/all.yml");
    let regions: Vec<&Json> =
        body["deployments"].as_object().expect("two").values().map(|one| &one["regions"]).collect();
    assert_eq!(regions, [&json!({"westeurope": true}), &json!({"northeurope": true})]);
    assert_eq!(body["calls"][".github/workflows/deploy.yml"]["found"], true);
    assert_eq!(
        body["calls"]["contoso/ci/.github/workflows/x.yml@v1"]["remote"],
        "contoso/ci/.github/workflows/x.yml@v1"
    );
    let circle = "on: push\njobs: {a: {uses: ./.github/workflows/x.yml}, b: {uses: ./.github/workflows/x.yml}}\n";
    assert_eq!(read(&[(".github/workflows/x.yml", circle)]).resources.len(), 1);
}

#[test]
fn azure_pipelines_with_templates_and_loops() {
    let pipeline = "trigger: none
variables:
  - {name: ws, value: mlw-prod}
  - group: shared
stages:
  - template: templates/stage.yml
    parameters:
      regions: [westeurope, northeurope]
  - stage: jobs
    jobs:
      - job: run
        steps:
          - task: AzureCLI@2
            inputs:
              scriptType: bash
              inlineScript: |
                az ml job create -w $(ws) -g $(rg)
          - pwsh: |
              $g = 'rg-ml'
              az ml compute list -g $g -w \"$env:WS\"
  - template: far.yml@other
";
    let stage = "parameters: [{name: regions, type: object, default: []}]
stages:
  - ${{ each region in parameters.regions }}:
    - stage: deploy_${{ region }}
      jobs:
        - deployment: infra
          environment: prod
          strategy:
            runOnce:
              deploy:
                steps:
                  - task: AzureResourceManagerTemplateDeployment@3
                    inputs:
                      location: ${{ region }}
                      csmFile: $(System.DefaultWorkingDirectory)/infra/main.json
                      overrideParameters: -name x
";
    let files = [("azure-pipelines.yml", pipeline), ("templates/stage.yml", stage), ("infra/main.json", "{}")];
    let body = body(&files, "azure-pipelines.yml");
    assert_eq!(body["platform"], "azure-pipelines");
    let commands = &body["commands"];
    assert_eq!(commands["az ml job create"]["workspace"], json!({"origin": "literal", "value": "mlw-prod"}));
    assert_eq!(commands["az ml job create"]["resource_group"], json!({"origin": "configured"}));
    assert_eq!(commands["az ml compute list"]["resource_group"], json!({"origin": "literal", "value": "rg-ml"}));
    // An environment variable of that name is the variable of the pipeline.
    assert_eq!(commands["az ml compute list"]["workspace"]["origin"], "literal");
    let deployment = &body["deployments"]["AzureResourceManagerTemplateDeployment"];
    assert_eq!(deployment["environments"], json!({"prod": ["northeurope", "westeurope"]}));
    assert_eq!(deployment["template"]["path"], "infra/main.json");
    assert_eq!(body["calls"]["far.yml@other"], json!({"remote": "far.yml@other"}));
}

#[test]
fn gitlab_and_terraform() {
    let text = "include: /ci/base.yml
variables: {TF_ROOT: infra}
deploy:
  parallel: {matrix: [{REGION: [westeurope, northeurope]}]}
  environment: {name: production}
  script:
    - cd $TF_ROOT
    - terraform plan -var-file=\"$REGION.tfvars\" -out plan
    - terraform apply -auto-approve plan
";
    let files = [
        (".gitlab-ci.yml", text),
        ("ci/base.yml", "x: {script: [\"az ml job list -w mlw\"]}"),
        ("infra/westeurope.tfvars", "location = \"westeurope\"\n"),
        ("infra/northeurope.tfvars", "location = \"northeurope\"\n"),
        ("infra/main.tf", ""),
    ];
    let body = body(&files, ".gitlab-ci.yml");
    assert_eq!(body["deployments"]["terraform"]["environments"], json!({"prod": ["northeurope", "westeurope"]}));
    assert_eq!(body["deployments"]["terraform"]["template"]["path"], "infra");
    assert_eq!(body["calls"]["ci/base.yml"]["found"], true);
}

#[test]
fn scripts_with_commands_of_azure_only() {
    let script = "#!/bin/bash\nWS=mlw-prod\nRG=${1:-rg-ml}\nSUB=\"$SUBSCRIPTION\"\naz ml job create -w $WS -g $RG --subscription $SUB\n";
    let files = [("run.sh", script), ("other.sh", "echo az ml job\n"), ("x.ps1", "az ml job list -g rg `\n -w $ws\n")];
    let inventory = read(&files);
    assert_eq!(inventory.resources.len(), 2);
    let command = &artefact(&inventory, "run.sh").body["commands"]["az ml job create"];
    assert_eq!(command["workspace"], json!({"origin": "literal", "value": "mlw-prod"}));
    assert_eq!(command["resource_group"], json!({"origin": "configured"}));
    assert_eq!(command["subscription"], json!({"origin": "configured"}));
    assert_eq!(artefact(&inventory, "x.ps1").body["platform"], "powershell");
}

#[test]
fn what_is_no_workflow_is_left_alone() {
    let files = [
        (
            "pipeline.yml",
            "$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\ntype: pipeline\njobs:\n  a: {type: command}\n",
        ),
        ("k8s.yml", "kind: Job\nspec: {steps: [{script: x}]}\n"),
        ("play.yml", "- hosts: all\n  tasks: []\n"),
        ("ci/steps.yml", "steps:\n  - task: AzureCLI@2\n    inputs: {inlineScript: az ml job list -w mlw}\n"),
    ];
    let inventory = read(&files);
    let paths: Vec<&Json> = inventory.resources.iter().filter_map(|one| one.get("/path")).collect();
    assert_eq!(paths, ["ci/steps.yml"]);
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    let bomb: String = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, level| {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        text + &format!("a{level}: &a{level} [{items}]\n")
    });
    for (text, code) in [("jobs: [\n", GapCode::SyntaxError), (&bomb, GapCode::LimitExceeded)] {
        let inventory = read(&[(".github/workflows/x.yml", text)]);
        let gap = &inventory.collection.gaps[0];
        assert_eq!((gap.code, gap.types.as_slice()), (code, &[PART.to_owned()][..]));
    }
    // A file that is none by its place says nothing about CI.
    let inventory = read(&[("x.yml", "steps:\n  - [\n")]);
    assert!(inventory.collection.gaps[0].types.is_empty());
}

#[test]
fn hostile_workflows_end() {
    let many = format!("on: push\njobs:\n  a:\n    steps:\n{}", "      - run: az ml job list -w x\n".repeat(6000));
    let wide = format!(
        "on: push\njobs:\n  a:\n    strategy: {{matrix: {{{}}}}}\n    steps: [{{run: az ml job list}}]\n",
        (0..40).map(|n| format!("k{n}: [a, b, c, d]")).collect::<Vec<_>>().join(", ")
    );
    let calls = "on: push\njobs:\n".to_owned()
        + &(0..60).map(|n| format!("  j{n}: {{uses: ./.github/workflows/x.yml}}\n")).collect::<String>();
    let steps = "steps:\n".to_owned() + &"  - template: azure-pipelines.yml\n".repeat(60);
    let script = "az ml job list -w x\n".repeat(5000);
    let files = [
        (".github/workflows/many.yml", many.as_str()),
        (".github/workflows/wide.yml", &wide),
        (".github/workflows/x.yml", &calls),
        ("azure-pipelines.yml", &steps),
        ("x.sh", &script),
    ];
    let inventory = read(&files);
    assert_eq!(inventory.resources.len(), 5);
    assert!(inventory.collection.gaps.iter().any(|gap| gap.code == GapCode::LimitExceeded));
}
