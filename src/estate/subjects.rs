//! How the subjects of each kind are found from a workspace, a pair, a subscription or the estate.

use crate::rule::SUBJECT_KINDS;

/// How subjects of a kind are found.
#[derive(Debug, PartialEq)]
pub(crate) enum Root {
    /// The workspaces of the input.
    Workspace,
    /// The failover member of a pair.
    SecondaryWorkspace,
    /// The pair.
    Pair,
    /// What one of these paths of relations leads to from each workspace.
    Related(&'static [&'static [&'static str]]),
    /// The data services of these types that a datastore, a connection or the configuration names.
    Services(&'static [&'static str]),
    /// The same as related from the primary of a pair only.
    OfPrimary(&'static [&'static [&'static str]]),
    /// The subscription.
    Subscription,
    /// A region of the subscription into which pairs fail over.
    FailoverRegion,
    /// Every resource of the estate's input that has one of these types.
    OfType(&'static [&'static str]),
    /// What any resource of the estate's input leads to by this relation, and what the configuration names
    /// of this type.
    Referred(&'static str, &'static str),
    /// Every resource of the estate's input that a workspace reaches or the configuration names.
    Anything,
    /// The members of a pair, and what these paths lead to from them.
    Targets(&'static [&'static [&'static str]]),
    /// What acts under an identity of its own in the failover workspace: itself, its computes, its
    /// endpoints.
    Identities,
    /// The repository as a whole.
    Repository,
    /// Artefacts of a repository of these kinds (what follows `repository/` in their type), and of
    /// definitions only those whose kind starts with one of these texts; none for all.
    Artefacts(&'static [&'static str], &'static [&'static str]),
    /// What the repository's templates declare of workspaces and what these are associated with.
    TemplateResources,
}

/// The resources that a workspace works on.
const ASSOCIATED: &[&[&str]] = &[&["storage"], &["key_vault"], &["container_registry"], &["datastores", "account"]];

const ROOTS: &[(&str, Root)] = &[
    ("workspace", Root::Workspace),
    ("secondary_workspace", Root::SecondaryWorkspace),
    ("workspace_pair", Root::Pair),
    ("default_storage", Root::Related(&[&["storage"]])),
    ("key_vault", Root::Related(&[&["key_vault"]])),
    ("container_registry", Root::Related(&[&["container_registry"]])),
    ("registry_replication", Root::Related(&[&["container_registry", "replications"]])),
    ("application_insights", Root::Related(&[&["application_insights"]])),
    ("log_workspace", Root::Related(&[&["application_insights", "log_workspace"]])),
    ("compute", Root::Related(&[&["computes"]])),
    ("datastore", Root::Related(&[&["default_datastores"], &["datastores"]])),
    ("data_storage", Root::Services(&["microsoft.storage/storageaccounts"])),
    (
        "sql_database",
        Root::Services(&["microsoft.sql/servers/databases", "microsoft.sql/managedinstances", "microsoft.sql/servers"]),
    ),
    ("postgresql_server", Root::Services(&["microsoft.dbforpostgresql/flexibleservers"])),
    ("mysql_server", Root::Services(&["microsoft.dbformysql/flexibleservers"])),
    ("cosmos_account", Root::Related(&[&["cosmos_accounts"]])),
    (
        "data_lake_user",
        Root::OfType(&[
            "microsoft.datalakestore/accounts",
            "microsoft.machinelearningservices/workspaces/datastores",
            "microsoft.machinelearningservices/workspaces/data/versions",
        ]),
    ),
    (
        "retirable",
        Root::OfType(&[
            "microsoft.containerregistry/registries",
            "microsoft.containerservice/managedclusters",
            "microsoft.databricks/workspaces",
            "microsoft.dbformysql/flexibleservers",
            "microsoft.hdinsight/clusterpools",
            "microsoft.hdinsight/clusters",
            "microsoft.machinelearningservices/workspaces/computes",
            "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments",
            "microsoft.network/virtualnetworkgateways",
            "microsoft.storage/storageaccounts",
        ]),
    ),
    (
        "database_server",
        Root::OfType(&[
            "microsoft.dbforpostgresql/servers",
            "microsoft.dbforpostgresql/flexibleservers",
            "microsoft.dbformysql/servers",
            "microsoft.dbformysql/flexibleservers",
        ]),
    ),
    ("primary_compute", Root::OfPrimary(&[&["computes"]])),
    ("kubernetes_cluster", Root::Related(&[&["computes", "kubernetes_cluster"]])),
    ("online_endpoint", Root::Related(ENDPOINTS)),
    ("primary_online_endpoint", Root::OfPrimary(ENDPOINTS)),
    ("online_deployment", Root::Related(&[&["online_endpoints", "deployments"]])),
    ("primary_batch_endpoint", Root::OfPrimary(&[&["batch_endpoints"]])),
    ("schedule", Root::OfType(&["microsoft.machinelearningservices/workspaces/schedules"])),
    ("data_version", Root::OfType(&["microsoft.machinelearningservices/workspaces/data/versions"])),
    ("ml_registry", Root::Referred("ml_registries", "microsoft.machinelearningservices/registries")),
    ("container_group", Root::OfType(&["microsoft.containerinstance/containergroups"])),
    ("subscription", Root::Subscription),
    ("subscription_region", Root::FailoverRegion),
    ("resource", Root::Anything),
    ("associated_resource", Root::Related(ASSOCIATED)),
    ("private_endpoint_target", Root::Targets(ASSOCIATED)),
    ("identity", Root::Identities),
    ("repository", Root::Repository),
    (
        "repository_file",
        Root::Artefacts(&["config", "definition", "notebook", "python", "requirements", "script", "workflow"], &[]),
    ),
    ("code_file", Root::Artefacts(&["notebook", "python"], &[])),
    ("automation", Root::Artefacts(&["script", "workflow"], &[])),
    ("workflow", Root::Artefacts(&["workflow"], &[])),
    ("definition", Root::Artefacts(&["definition"], &[])),
    (
        "job_or_deployment",
        Root::Artefacts(&["definition"], &["job_", "component", "online_deployment", "batch_deployment"]),
    ),
    ("environment_definition", Root::Artefacts(&["definition"], &["environment"])),
    ("template_resource", Root::TemplateResources),
];

/// What leads from a workspace to the data services that it uses.
const SERVICE_PATHS: &[&[&str]] =
    &[&["datastores", "account"], &["datastores", "service"], &["connections", "service"], &["dependencies"]];

impl Root {
    /// The paths of relations from each workspace, and the types that count; none for all.
    pub(crate) fn paths(&self) -> (&'static [&'static [&'static str]], &'static [&'static str]) {
        match self {
            Self::Related(paths) | Self::OfPrimary(paths) | Self::Targets(paths) => (paths, &[]),
            Self::Services(types) => (SERVICE_PATHS, types),
            _ => (&[], &[]),
        }
    }
}

/// Online endpoints: managed, Kubernetes, serverless.
const ENDPOINTS: &[&[&str]] = &[&["online_endpoints"], &["serverless_endpoints"]];

/// How the subjects of a kind (a name of [`SUBJECT_KINDS`]) are found.
pub(crate) fn root_of(kind: &str) -> Option<&'static Root> {
    ROOTS.iter().find(|(name, _)| *name == kind).map(|(_, root)| root)
}

/// All kinds with their roots.
pub(crate) fn kinds() -> impl Iterator<Item = (&'static str, &'static Root)> {
    SUBJECT_KINDS.iter().filter_map(|(name, _)| Some((*name, root_of(name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_contract_can_be_found() {
        for (name, _) in SUBJECT_KINDS {
            assert!(root_of(name).is_some(), "{name}");
        }
        assert_eq!(kinds().count(), ROOTS.len());
    }

    /// Types of the table that no workspace reaches are not judged.
    #[test]
    fn what_was_retired_can_be_judged() {
        const UNREACHED: [&str; 4] = [
            "microsoft.datalakeanalytics/accounts",
            "microsoft.machinelearningservices/workspaces/batchendpoints",
            "microsoft.network/loadbalancers",
            "microsoft.network/publicipaddresses",
        ];
        const ELSEWHERE: [&str; 4] = ["adls-gen1", "appinsights-classic", "pg-single", "mysql-single"];
        let table: serde_json::Value =
            serde_json::from_str(include_str!("../../policies/data/retirements.json")).expect("JSON");
        let Some(Root::OfType(types)) = root_of("retirable") else { panic!("by type") };
        for row in table["retirements"].as_array().expect("a list") {
            let own = ELSEWHERE.contains(&row["id"].as_str().unwrap_or_default());
            for test in row["match"].as_array().into_iter().flatten().filter(|_| !own) {
                let pattern = test["vmSize"].as_str().or_else(|| test["regex"].as_str()).unwrap_or_default();
                assert!(!pattern.contains('\\'), "the rule lowers {pattern}, which changes what a class means");
                let Some(name) = test["armType"].as_str().map(str::to_ascii_lowercase) else { continue };
                assert!(types.contains(&name.as_str()) || UNREACHED.contains(&name.as_str()), "{name}");
            }
        }
    }
}
