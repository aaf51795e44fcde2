//! The input of a repository: what its code, jobs and workflows declare and refer to, beside what its
//! templates declare.

use std::collections::BTreeSet;

use super::subjects::{Root, kinds};
use super::{Estate, Subject};
use crate::config::{Config, Tiers};
use crate::model::Resource;

/// The subject that is the repository.
const REPOSITORY: &str = "repository";

/// Types that rules look for anywhere in the templates, whether a workspace leads there or not.
const ANYWHERE: &[&str] = &[
    "microsoft.authorization/roleassignments",
    "microsoft.machinelearningservices/workspaces/environments",
    "microsoft.machinelearningservices/workspaces/environments/versions",
    "microsoft.network/privateendpoints",
    "microsoft.network/virtualnetworks",
];

/// The relations to what is deployed together with a workspace.
const ASSOCIATED: &[&str] = &["storage", "key_vault", "container_registry", "application_insights", "computes"];

impl Estate {
    /// Whether the repository has to do with Azure ML at all: a template declares a workspace, or an
    /// artefact uses the service.
    pub(super) fn is_repository(&self) -> bool {
        !self.live && (self.declared_workspaces().next().is_some() || self.resources.iter().any(uses_azure_ml))
    }

    fn declared_workspaces(&self) -> impl Iterator<Item = usize> {
        self.workspaces.iter().filter(|facts| facts.judged).map(|facts| facts.resource)
    }

    /// The artefacts, what workspaces reach, and what rules look for anywhere.
    pub(super) fn repository_resources(&self) -> BTreeSet<usize> {
        let workspaces: Vec<usize> = self.workspaces.iter().map(|facts| facts.resource).collect();
        let mut found = self.reachable(&workspaces, false);
        let wanted =
            |r: &Resource| r.artefact().is_some() || ANYWHERE.contains(&r.resource_type.as_str()) && !r.context;
        found.extend((0..self.resources.len()).filter(|number| wanted(&self.resources[*number])));
        found
    }

    pub(super) fn repository_subjects(&self, resources: &[usize], config: &Config) -> Vec<Subject> {
        let judged: Vec<usize> = self.declared_workspaces().collect();
        let tiers = self.tiers_of(&judged, config);
        let own: BTreeSet<usize> = judged.iter().copied().chain(self.associated(&judged)).collect();
        let mut subjects = Vec::new();
        for (kind, root) in kinds() {
            let one = |number: &usize| self.repository_subject(self.key(*number), kind, *number, tiers);
            match root {
                Root::Repository => {
                    // It shows where its first workspace is declared, otherwise at its first artefact.
                    let place = judged.first().or_else(|| self.first_artefact(resources));
                    subjects.extend(place.map(|at| self.repository_subject(REPOSITORY.to_owned(), kind, *at, tiers)));
                }
                Root::Artefacts(types, definitions) => {
                    let wanted = |number: &&usize| is_of(&self.resources[**number], types, definitions);
                    subjects.extend(resources.iter().filter(wanted).map(one));
                }
                Root::TemplateResources => subjects.extend(own.iter().map(one)),
                _ => {}
            }
        }
        subjects
    }

    fn repository_subject(&self, id: String, kind: &'static str, number: usize, tiers: Tiers) -> Subject {
        Subject { resource: Some(number), ..Subject::new(id, kind, number, tiers) }
    }

    fn first_artefact<'r>(&self, resources: &'r [usize]) -> Option<&'r usize> {
        let of = |number: &&usize| self.resources[**number].artefact().is_some();
        resources.iter().filter(of).find(|number| uses_azure_ml(&self.resources[**number]))
    }

    /// What the source declares of the resources that workspaces are associated with.
    fn associated(&self, workspaces: &[usize]) -> BTreeSet<usize> {
        let relations = workspaces.iter().flat_map(|workspace| {
            ASSOCIATED.iter().flat_map(|relation| self.relations[*workspace].get(relation).into_iter().flatten())
        });
        let declared = |number: &usize| {
            let resource = &self.resources[*number];
            !resource.context && resource.declaration().is_some_and(|declaration| !declaration.existing)
        };
        relations.filter_map(|reference| reference.target).filter(declared).collect()
    }
}

fn uses_azure_ml(resource: &Resource) -> bool {
    let Some(kind) = resource.artefact() else { return false };
    matches!(kind, "definition" | "config") || resource.get("/azure_ml").is_some_and(|uses| uses == true)
}

fn is_of(resource: &Resource, types: &[&str], definitions: &[&str]) -> bool {
    let Some(kind) = resource.artefact() else { return false };
    let defines = || resource.get("/kind").and_then(|kind| kind.as_str()).unwrap_or_default();
    types.contains(&kind) && (definitions.is_empty() || definitions.iter().any(|start| defines().starts_with(start)))
}
