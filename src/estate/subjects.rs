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
    /// The same from the primary of a pair only.
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
    ("datastore", Root::Related(&[&["datastores"]])),
    ("data_storage", Root::Related(&[&["datastores", "account"]])),
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
];

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

/// The kinds that relations lead to from each workspace, with every way.
pub(crate) fn related_kinds() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    kinds().flat_map(|(kind, root)| {
        let paths: &[&[&str]] = if let Root::Related(paths) = root { paths } else { &[] };
        paths.iter().map(move |path| (kind, *path))
    })
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
}
