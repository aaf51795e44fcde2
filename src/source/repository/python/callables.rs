//! What the SDKs call what: the callables that define, refer to, save or train something.
//!
//! Names and signatures are those of azure-ai-ml 1.x and azureml-core 1.x.
//! <https://learn.microsoft.com/python/api/azure-ai-ml/>
//! <https://learn.microsoft.com/python/api/azureml-core/>

use std::collections::HashSet;
use std::sync::LazyLock;

/// Which Azure ML SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sdk {
    V1,
    V2,
}

/// A callable that defines something.
#[derive(Debug)]
pub(super) struct Definition {
    pub sdk: Sdk,
    /// `ManagedOnlineEndpoint`, `Dataset.Tabular.*`.
    pub callable: &'static str,
    /// As in Azure ML YAML.
    pub kind: &'static str,
    /// The argument with its name: keyword, and position from 0.
    pub name: (&'static str, Option<usize>),
}

const fn v2(callable: &'static str, kind: &'static str) -> Definition {
    Definition { sdk: Sdk::V2, callable, kind, name: ("name", None) }
}

const fn v1(callable: &'static str, kind: &'static str, name: &'static str, position: Option<usize>) -> Definition {
    Definition { sdk: Sdk::V1, callable, kind, name: (name, position) }
}

/// What defines something.
pub(super) const DEFINITIONS: &[Definition] = &[
    v2("command", "job_command"),
    v2("CommandJob", "job_command"),
    v2("Command", "job_command"),
    v2("sweep", "job_sweep"),
    v2("SweepJob", "job_sweep"),
    v2("spark", "job_spark"),
    v2("SparkJob", "job_spark"),
    v2("PipelineJob", "job_pipeline"),
    v2("parallel_run_function", "job_parallel"),
    v2("ParallelJob", "job_parallel"),
    v2("classification", "job_automl"),
    v2("regression", "job_automl"),
    v2("forecasting", "job_automl"),
    v2("image_classification", "job_automl"),
    v2("image_classification_multilabel", "job_automl"),
    v2("image_object_detection", "job_automl"),
    v2("image_instance_segmentation", "job_automl"),
    v2("text_classification", "job_automl"),
    v2("text_classification_multilabel", "job_automl"),
    v2("text_ner", "job_automl"),
    v2("CommandComponent", "component"),
    v2("ParallelComponent", "component"),
    v2("PipelineComponent", "component"),
    v2("SparkComponent", "component"),
    v2("Environment", "environment"),
    v2("Data", "data"),
    v2("Model", "model"),
    v2("OnlineEndpoint", "online_endpoint"),
    v2("ManagedOnlineEndpoint", "online_endpoint"),
    v2("KubernetesOnlineEndpoint", "online_endpoint"),
    v2("OnlineDeployment", "online_deployment"),
    v2("ManagedOnlineDeployment", "online_deployment"),
    v2("KubernetesOnlineDeployment", "online_deployment"),
    v2("BatchEndpoint", "batch_endpoint"),
    v2("BatchDeployment", "batch_deployment"),
    v2("ModelBatchDeployment", "batch_deployment"),
    v2("PipelineComponentBatchDeployment", "batch_deployment"),
    v2("AmlCompute", "compute"),
    v2("ComputeInstance", "compute"),
    v2("KubernetesCompute", "compute"),
    v2("SynapseSparkCompute", "compute"),
    v2("VirtualMachineCompute", "compute"),
    v2("JobSchedule", "schedule"),
    v2("MonitorSchedule", "schedule"),
    v2("ImportDataSchedule", "schedule"),
    v2("Workspace", "workspace"),
    v2("Hub", "workspace"),
    v2("Project", "workspace"),
    v2("Registry", "registry"),
    v2("AzureBlobDatastore", "datastore"),
    v2("AzureFileDatastore", "datastore"),
    v2("AzureDataLakeGen1Datastore", "datastore"),
    v2("AzureDataLakeGen2Datastore", "datastore"),
    v2("OneLakeDatastore", "datastore"),
    v2("WorkspaceConnection", "connection"),
    v1("ScriptRunConfig", "job_command", "", None),
    v1("Estimator", "job_command", "", None),
    v1("PyTorch", "job_command", "", None),
    v1("TensorFlow", "job_command", "", None),
    v1("SKLearn", "job_command", "", None),
    v1("HyperDriveConfig", "job_sweep", "", None),
    v1("AutoMLConfig", "job_automl", "", None),
    v1("Pipeline", "job_pipeline", "description", None),
    v1("PythonScriptStep", "component", "name", Some(1)),
    v1("CommandStep", "component", "name", None),
    v1("EstimatorStep", "component", "name", Some(0)),
    v1("HyperDriveStep", "component", "name", Some(0)),
    v1("AutoMLStep", "component", "name", Some(0)),
    v1("ParallelRunStep", "job_parallel", "name", Some(0)),
    v1("ParallelRunConfig", "job_parallel", "", None),
    v1("Environment", "environment", "name", Some(0)),
    v1("Environment.from_conda_specification", "environment", "name", Some(0)),
    v1("Environment.from_pip_requirements", "environment", "name", Some(0)),
    v1("Environment.from_docker_image", "environment", "name", Some(0)),
    v1("Environment.from_dockerfile", "environment", "name", Some(0)),
    v1("Environment.from_docker_build_context", "environment", "name", Some(0)),
    v1("Environment.from_existing_conda_environment", "environment", "name", Some(0)),
    v1("Environment.load_from_directory", "environment", "", None),
    v1("Environment.save_to_directory", "environment", "", None),
    v1("Dataset.*.register", "data", "name", Some(1)),
    v1("Model.register", "model", "model_name", Some(2)),
    v1("InferenceConfig", "online_deployment", "", None),
    v1("Model.deploy", "online_deployment", "name", Some(1)),
    v1("Webservice.deploy", "online_deployment", "name", Some(1)),
    v1("Webservice.deploy_from_model", "online_deployment", "name", Some(1)),
    v1("AciWebservice.deploy_configuration", "online_deployment", "", None),
    v1("AksWebservice.deploy_configuration", "online_deployment", "", None),
    v1("AksEndpoint.deploy_configuration", "online_deployment", "", None),
    v1("ComputeTarget.create", "compute", "name", Some(1)),
    v1("AmlCompute.provisioning_configuration", "compute", "", None),
    v1("AksCompute.provisioning_configuration", "compute", "", None),
    v1("ComputeInstance.provisioning_configuration", "compute", "", None),
    v1("Schedule.create", "schedule", "name", Some(1)),
    v1("PublishedPipeline.publish", "job_pipeline", "name", None),
    v1("Pipeline.publish", "job_pipeline", "name", Some(0)),
    v1("Datastore.register_azure_blob_container", "datastore", "datastore_name", Some(1)),
    v1("Datastore.register_azure_file_share", "datastore", "datastore_name", Some(1)),
    v1("Datastore.register_azure_data_lake", "datastore", "datastore_name", Some(1)),
    v1("Datastore.register_azure_data_lake_gen2", "datastore", "datastore_name", Some(1)),
    v1("Datastore.register_azure_sql_database", "datastore", "datastore_name", Some(1)),
];

/// A callable that gets something by its name: the callable, the kind, and the position of the name.
pub(super) const GETTERS: &[(Sdk, &str, &str, usize)] = &[
    (Sdk::V1, "Dataset.get_by_name", "data", 1),
    (Sdk::V1, "Environment.get", "environment", 1),
    (Sdk::V1, "Datastore.get", "datastore", 1),
    (Sdk::V1, "Datastore", "datastore", 1),
    (Sdk::V1, "Model", "model", 1),
    (Sdk::V1, "ComputeTarget", "compute", 1),
    (Sdk::V1, "AmlCompute", "compute", 1),
    (Sdk::V1, "AksCompute", "compute", 1),
    (Sdk::V1, "Webservice", "endpoint", 1),
];

/// The collections of a client of SDK v2, each with what it holds.
pub(super) const COLLECTIONS: &[(&str, &str)] = &[
    ("batch_endpoints", "endpoint"),
    ("components", "component"),
    ("compute", "compute"),
    ("data", "data"),
    ("datastores", "datastore"),
    ("environments", "environment"),
    ("models", "model"),
    ("online_endpoints", "endpoint"),
];

/// Functions of SDK v2 that read a file of Azure ML YAML.
pub(super) const LOADERS: &[(&str, &str)] = &[
    ("load_batch_deployment", "endpoint"),
    ("load_batch_endpoint", "endpoint"),
    ("load_component", "component"),
    ("load_compute", "compute"),
    ("load_data", "data"),
    ("load_datastore", "datastore"),
    ("load_environment", "environment"),
    ("load_job", "job"),
    ("load_model", "model"),
    ("load_online_deployment", "endpoint"),
    ("load_online_endpoint", "endpoint"),
];

/// How a workspace is named: the callable, the arguments with their positions.
pub(super) struct Client {
    pub sdk: Sdk,
    pub callable: &'static str,
    /// Member, other name of the argument, position.
    pub arguments: &'static [(&'static str, &'static [&'static str], Option<usize>)],
}

/// What names a workspace.
pub(super) const CLIENTS: &[Client] = &[
    Client {
        sdk: Sdk::V2,
        callable: "MLClient",
        arguments: &[
            ("subscription_id", &["subscription_id"], Some(1)),
            ("resource_group", &["resource_group_name"], Some(2)),
            ("workspace_name", &["workspace_name"], Some(3)),
        ],
    },
    Client {
        sdk: Sdk::V1,
        callable: "Workspace",
        arguments: &[
            ("subscription_id", &["subscription_id"], Some(0)),
            ("resource_group", &["resource_group"], Some(1)),
            ("workspace_name", &["workspace_name"], Some(2)),
        ],
    },
    Client {
        sdk: Sdk::V1,
        callable: "Workspace.get",
        arguments: &[
            ("subscription_id", &["subscription_id"], Some(2)),
            ("resource_group", &["resource_group"], Some(3)),
            ("workspace_name", &["name"], Some(0)),
            ("region", &["location"], None),
        ],
    },
    Client {
        sdk: Sdk::V1,
        callable: "Workspace.create",
        arguments: &[
            ("subscription_id", &["subscription_id"], Some(2)),
            ("resource_group", &["resource_group"], Some(3)),
            ("workspace_name", &["name"], Some(0)),
            ("region", &["location"], Some(4)),
        ],
    },
];

/// Calls that save the state of a training: the last name, keywords and position of the path.
pub(super) const CHECKPOINTS: &[(&str, &[&str], Option<usize>)] = &[
    ("Checkpoint", &["path", "ckptdir"], None),
    ("CheckpointManager", &["directory"], Some(1)),
    ("ModelCheckpoint", &["dirpath", "filepath"], Some(0)),
    ("BackupAndRestore", &["backup_dir"], Some(0)),
    ("Seq2SeqTrainingArguments", &["output_dir"], Some(0)),
    ("TrainingArguments", &["output_dir"], Some(0)),
    ("SFTConfig", &["output_dir"], Some(0)),
    ("save", &["f", "filepath", "export_dir"], None),
    ("save_checkpoint", &["save_dir", "filepath"], Some(0)),
    ("save_model", &["output_dir", "filepath", "path"], None),
    ("save_pretrained", &["save_directory"], Some(0)),
    ("save_state", &["output_dir"], Some(0)),
    ("save_weights", &["filepath"], Some(0)),
];

/// Methods that train a model.
pub(super) const TRAINING: &[&str] =
    &["GradientTape", "apply_gradients", "backward", "fit", "fit_generator", "train", "train_on_batch"];

/// Deep-learning frameworks by the first name of their modules.
pub(super) const FRAMEWORKS: &[(&str, &str)] = &[
    ("keras", "keras"),
    ("lightning", "lightning"),
    ("pytorch_lightning", "lightning"),
    ("tensorflow", "tensorflow"),
    ("torch", "torch"),
    ("transformers", "transformers"),
];

/// The parts of SDK v1, which ended on 2026-06-30. Other modules below `azureml` belong to v2 or to both:
/// `azureml.mlflow`, `azureml.fsspec`, `azureml.dataprep` behind MLTable.
const V1_MODULES: &[&str] =
    &["accel", "contrib", "core", "data", "datadrift", "explain", "interpret", "pipeline", "train", "widgets"];

/// Which SDK a module belongs to.
pub(super) fn sdk_of(module: &str) -> Option<Sdk> {
    if module == "azure.ai.ml" || module.starts_with("azure.ai.ml.") || module == "mldesigner" {
        return Some(Sdk::V2);
    }
    // Scoring scripts of both versions read raw requests with it.
    if module.starts_with("azureml.contrib.services") {
        return None;
    }
    let part = module.strip_prefix("azureml.")?.split(['.', '(']).next()?;
    V1_MODULES.contains(&part).then_some(Sdk::V1)
}

/// Names that only an Azure ML SDK has: they count also where no import tells.
pub(super) const UNMISTAKABLE: &[&str] = &[
    "KubernetesOnlineDeployment",
    "KubernetesOnlineEndpoint",
    "MLClient",
    "MLClient.from_config",
    "ManagedOnlineDeployment",
    "ManagedOnlineEndpoint",
    "ScriptRunConfig",
    "Workspace.from_config",
    "Workspace.get",
];

const OTHERS: &[&str] = &["from_config", "get", "get_by_name", "Input", "Trainer", "RunFunction"];

static NAMES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
    let definitions = DEFINITIONS.iter().map(|definition| last(definition.callable));
    let getters = GETTERS.iter().map(|getter| last(getter.1));
    let clients = CLIENTS.iter().map(|client| last(client.callable));
    let loaders = LOADERS.iter().map(|(name, _)| *name);
    let checkpoints = CHECKPOINTS.iter().map(|(name, ..)| *name);
    let all = definitions.chain(getters).chain(clients).chain(loaders).chain(checkpoints);
    all.chain(TRAINING.iter().copied()).chain(OTHERS.iter().copied()).collect()
});

/// Whether a call of this name (its last part) may be a fact.
pub(super) fn may_be_fact(name: &str) -> bool {
    NAMES.contains(name)
}

/// Whether a decorator may make a pipeline or a component.
pub(super) fn may_decorate(text: &str) -> bool {
    text.contains("pipeline") || text.contains("component")
}
