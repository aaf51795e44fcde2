//! What a document of YAML defines: by its `$schema`, otherwise by the members that only Azure ML has.

use crate::model::Value;

/// What the names of schemas say, in lower case and without `.schema.json`.
/// <https://learn.microsoft.com/azure/machine-learning/reference-yaml-overview>
const SCHEMAS: &[(&str, &str)] = &[
    ("amlcompute", "compute"),
    ("automljob", "job_automl"),
    ("azureblob", "datastore"),
    ("azuredatalakegen1", "datastore"),
    ("azuredatalakegen2", "datastore"),
    ("azurefile", "datastore"),
    ("batchdeployment", "batch_deployment"),
    ("batchendpoint", "batch_endpoint"),
    ("commandcomponent", "component"),
    ("commandjob", "job_command"),
    ("component", "component"),
    ("computecluster", "compute"),
    ("computeinstance", "compute"),
    ("connection", "connection"),
    ("data", "data"),
    ("dataset", "data"),
    ("distributedcomponent", "component"),
    ("environment", "environment"),
    ("hub", "workspace"),
    ("importcomponent", "component"),
    ("kubernetescompute", "compute"),
    ("kubernetesonlinedeployment", "online_deployment"),
    ("kubernetesonlineendpoint", "online_endpoint"),
    ("managedonlinedeployment", "online_deployment"),
    ("managedonlineendpoint", "online_endpoint"),
    ("model", "model"),
    ("modelbatchdeployment", "batch_deployment"),
    ("onelake", "datastore"),
    ("onlinedeployment", "online_deployment"),
    ("onlineendpoint", "online_endpoint"),
    ("paralleljob", "job_parallel"),
    ("parallelcomponent", "component"),
    ("pipelinecomponent", "component"),
    ("pipelinecomponentbatchdeployment", "batch_deployment"),
    ("pipelinejob", "job_pipeline"),
    ("project", "workspace"),
    ("registry", "registry"),
    ("schedule", "schedule"),
    ("sparkcomponent", "component"),
    ("sparkjob", "job_spark"),
    ("sweepcomponent", "component"),
    ("sweepjob", "job_sweep"),
    ("synapsesparkcompute", "compute"),
    ("vmcompute", "compute"),
    ("workspace", "workspace"),
    ("workspaceconnection", "connection"),
];

/// Values of `type` that stand for jobs and components, with the kind of the job.
const JOB_TYPES: &[(&str, &str)] = &[
    ("automl", "job_automl"),
    ("command", "job_command"),
    ("distillation", "job_distillation"),
    ("finetuning", "job_finetuning"),
    ("parallel", "job_parallel"),
    ("pipeline", "job_pipeline"),
    ("spark", "job_spark"),
    ("sweep", "job_sweep"),
];

const DATA_TYPES: &[&str] = &["uri_file", "uri_folder", "mltable"];
const MODEL_TYPES: &[&str] = &["custom_model", "mlflow_model", "triton_model"];
const DATASTORE_TYPES: &[&str] =
    &["azure_blob", "azure_data_lake_gen1", "azure_data_lake_gen2", "azure_file", "one_lake"];
const COMPUTE_TYPES: &[&str] = &["amlcompute", "computeinstance", "kubernetes", "synapsespark", "virtualmachine"];

/// Members and values of which a definition has at least one, so that other files need not be parsed.
const MARKS: &[&str] = &[
    "amlcompute",
    "auth_mode",
    "azure_blob",
    "azure_data_lake",
    "azure_file",
    "azureml",
    "computeinstance",
    "conda_file",
    "create_job",
    "custom_model",
    "dockerfile_path",
    "endpoint_name",
    "environment: file:",
    "experiment_name",
    "mlflow_model",
    "mltable",
    "replication_locations",
    "search_space",
    "synapsespark",
    "triton_model",
    "type: command",
    "uri_file",
    "uri_folder",
];

/// Whether a text may hold a definition.
pub(super) fn may_define(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

/// Whether a text names a schema of Azure ML: what cannot be read of it is missed.
pub(super) fn names_schema(text: &str) -> bool {
    text.lines()
        .any(|line| line.trim_start().trim_start_matches(['"', '\'']).starts_with("$schema") && is_azure_ml(line))
}

fn is_azure_ml(schema: &str) -> bool {
    schema.to_ascii_lowercase().contains("azureml")
}

/// The kinds that the schemas in a text name.
pub(super) fn kinds_named(text: &str) -> Vec<&'static str> {
    let schemas = text.lines().filter(|line| line.contains("$schema") && is_azure_ml(line));
    schemas.filter_map(|line| of_schema(line.trim().trim_end_matches(['"', '\'', ',']))).collect()
}

/// What a document defines; `None` if it is none of Azure ML's kinds.
pub(super) fn of(document: &Value) -> Option<&'static str> {
    match document.get("$schema").and_then(Value::as_str) {
        Some(schema) if is_azure_ml(schema) => of_schema(schema).map(|kind| narrowed(kind, document)),
        // A document of something else.
        Some(_) => None,
        None => by_shape(document),
    }
}

fn of_schema(schema: &str) -> Option<&'static str> {
    let lower = schema.to_ascii_lowercase();
    let file = lower.rsplit('/').next()?;
    let name = file.trim_end_matches(".json").trim_end_matches(".schema");
    SCHEMAS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// A job that says of itself to be another one (the schema was copied with the file).
fn narrowed(kind: &'static str, document: &Value) -> &'static str {
    let stated = text(document, "type").and_then(|stated| JOB_TYPES.iter().find(|(name, _)| *name == stated));
    match stated {
        Some((_, job)) if kind.starts_with("job_") => job,
        _ => kind,
    }
}

fn text<'v>(document: &'v Value, name: &str) -> Option<&'v str> {
    document.get(name).and_then(Value::as_str)
}

/// `$schema` is optional for the command line, which is told the kind by the command.
fn by_shape(document: &Value) -> Option<&'static str> {
    let has = |name: &str| document.get(name).is_some_and(|value| !value.is_null());
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    let stated = text(document, "type").unwrap_or_default();
    let typed = |types: &[&str]| types.contains(&stated);
    if has("trigger") && has("create_job") {
        return Some("schedule");
    }
    if has("endpoint_name")
        && any(&["mini_batch_size", "output_action", "max_concurrency_per_instance", "retry_settings"])
    {
        return Some("batch_deployment");
    }
    if has("endpoint_name") && any(&["code_configuration", "instance_type", "environment", "model"]) {
        return Some("online_deployment");
    }
    if has("name") && matches!(text(document, "auth_mode"), Some("key" | "aml_token" | "aad_token")) {
        return Some(if has("defaults") { "batch_endpoint" } else { "online_endpoint" });
    }
    if let Some((_, job)) = JOB_TYPES.iter().find(|(name, _)| *name == stated) {
        return by_job_type(document, job);
    }
    if has("command") && names_environment(document) {
        return Some("job_command");
    }
    if has("trial") && has("search_space") {
        return Some("job_sweep");
    }
    if has("path") && typed(DATA_TYPES) {
        return Some("data");
    }
    if has("path") && typed(MODEL_TYPES) {
        return Some("model");
    }
    if typed(DATASTORE_TYPES) && any(&["account_name", "store_name", "one_lake_workspace_name"]) {
        return Some("datastore");
    }
    if typed(COMPUTE_TYPES) && has("name") && any(&["size", "resource_id", "min_instances"]) {
        return Some("compute");
    }
    if has("name") && has("replication_locations") {
        return Some("registry");
    }
    if has("storage_account") && has("key_vault") && has("name") {
        return Some("workspace");
    }
    let builds = document.get("build").is_some_and(|build| build.get("dockerfile_path").is_some());
    let is_environment = has("conda_file") && any(&["image", "build", "name"]) || builds && has("name");
    is_environment.then_some("environment")
}

/// A document whose `type` is that of a job: a job is run somewhere, a component says what it takes.
fn by_job_type(document: &Value, job: &'static str) -> Option<&'static str> {
    let has = |name: &str| document.get(name).is_some();
    let is_one = match job {
        "job_command" => has("command") && names_environment(document),
        "job_pipeline" => has("jobs"),
        "job_sweep" => has("trial"),
        "job_spark" => has("entry"),
        "job_parallel" => has("task"),
        "job_distillation" => has("training_data"),
        _ => has("task") && has("training_data"),
    };
    let is_component = !["compute", "experiment_name", "services", "settings", "trial"].iter().any(|name| has(name))
        && has("name")
        && has("version");
    is_one.then_some(if is_component { "component" } else { job })
}

/// Whether a document names an environment as Azure ML does.
fn names_environment(document: &Value) -> bool {
    let Some(environment) = document.get("environment") else { return false };
    let named = |name: &str| ["azureml:", "file:"].iter().any(|start| name.starts_with(start));
    environment.as_str().is_some_and(named)
        || environment.get("image").is_some()
        || environment.get("conda_file").is_some()
        || environment.get("build").is_some()
}

/// The part of a repository that is not complete where a definition of a kind cannot be read.
pub(super) fn part_of(kind: &str) -> &'static str {
    match kind {
        "environment" => "repository:environments",
        "data" => "repository:data",
        "online_endpoint" | "online_deployment" | "batch_endpoint" | "batch_deployment" => "repository:endpoints",
        "workspace" | "compute" | "datastore" | "registry" | "connection" => "repository:iac",
        _ => "repository:jobs",
    }
}

/// All of them.
pub(super) const PARTS: &[&str] =
    &["repository:data", "repository:endpoints", "repository:environments", "repository:iac", "repository:jobs"];
