//! How the subjects of each kind are found from a workspace or a pair.

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
    /// What these relations lead to from each workspace.
    Related(&'static [&'static str]),
}

const ROOTS: &[(&str, Root)] = &[
    ("workspace", Root::Workspace),
    ("secondary_workspace", Root::SecondaryWorkspace),
    ("workspace_pair", Root::Pair),
    ("default_storage", Root::Related(&["storage"])),
    ("key_vault", Root::Related(&["key_vault"])),
    ("container_registry", Root::Related(&["container_registry"])),
    ("registry_replication", Root::Related(&["container_registry", "replications"])),
    ("application_insights", Root::Related(&["application_insights"])),
    ("log_workspace", Root::Related(&["application_insights", "log_workspace"])),
    ("compute", Root::Related(&["computes"])),
    ("datastore", Root::Related(&["datastores"])),
    ("data_storage", Root::Related(&["datastores", "account"])),
];

/// How the subjects of a kind (a name of [`SUBJECT_KINDS`]) are found.
pub(crate) fn root_of(kind: &str) -> Option<&'static Root> {
    ROOTS.iter().find(|(name, _)| *name == kind).map(|(_, root)| root)
}

/// All kinds with their roots.
pub(crate) fn kinds() -> impl Iterator<Item = (&'static str, &'static Root)> {
    SUBJECT_KINDS.iter().filter_map(|(name, _)| Some((*name, root_of(name)?)))
}

/// The kinds that relations lead to, with the way.
pub(crate) fn related_kinds() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    kinds().filter_map(|(kind, root)| match root {
        Root::Related(path) => Some((kind, *path)),
        _ => None,
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
