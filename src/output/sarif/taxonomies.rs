//! The catalogues of others that our rules point into.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use serde_sarif::sarif::{
    ReportingDescriptor, ReportingDescriptorReference, ReportingDescriptorRelationship, ToolComponent,
    ToolComponentReference,
};

use super::text;
use crate::rule::Rule;

const WELL_ARCHITECTED: &str = "Azure Well-Architected reliability";
const APRL: &str = "Azure Proactive Resiliency Library";

/// The reliability checklist as far as rules point to it.
/// <https://learn.microsoft.com/azure/well-architected/reliability/checklist>, as of June 2025.
const CHECKLIST: &[(&str, &str)] = &[
    ("RE:05", "Design for redundancy"),
    ("RE:06", "Design for reliable scaling"),
    ("RE:09", "Plan for business continuity and disaster recovery"),
    ("RE:10", "Monitor health and alert"),
];

/// The recommendation of the checklist that the rules of an area serve.
fn recommendation(area: &str) -> Option<&'static str> {
    match area {
        "QUOTA" => Some("RE:06"),
        "APPI" | "MON" => Some("RE:10"),
        "IAC" | "CODE" | "ART" | "RET" | "RBAC" => Some("RE:09"),
        "TOPO" | "WS" | "STOR" | "DATA" | "KV" | "ACR" | "COMP" | "INF" | "REG" | "AKS" | "DBX" | "ACI" | "HDI"
        | "SQL" | "PG" | "MYSQL" | "COS" | "NET" => Some("RE:05"),
        _ => None,
    }
}

/// The taxa that a set of rules points to, by taxonomy; without those that are empty.
pub(super) struct Taxa<'a> {
    /// Name of the taxonomy and ids of its taxa, in the order of the run's taxonomies.
    taxonomies: Vec<(&'static str, BTreeSet<&'a str>)>,
}

impl<'a> Taxa<'a> {
    pub(super) fn of(rules: &[&'a Rule]) -> Self {
        let checklist = rules.iter().filter_map(|rule| built_in_recommendation(rule)).collect();
        let aprl = rules.iter().flat_map(|rule| rule.aprl.iter().map(String::as_str)).collect();
        let mut taxonomies: Vec<(_, BTreeSet<&str>)> = vec![(WELL_ARCHITECTED, checklist), (APRL, aprl)];
        taxonomies.retain(|(_, ids)| !ids.is_empty());
        Self { taxonomies }
    }

    /// A rule is relevant to the recommendations that it checks a part of.
    pub(super) fn relationships(&self, rule: &Rule) -> Vec<ReportingDescriptorRelationship> {
        let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        wanted.entry(WELL_ARCHITECTED).or_default().extend(built_in_recommendation(rule));
        wanted.entry(APRL).or_default().extend(rule.aprl.iter().map(String::as_str));
        let mut relationships = Vec::new();
        for (number, (name, ids)) in self.taxonomies.iter().enumerate() {
            for id in wanted.get(name).into_iter().flatten() {
                let index = ids.iter().position(|known| known == id).unwrap_or_default();
                let target = ReportingDescriptorReference::builder()
                    .id(*id)
                    .index(index as i64)
                    .tool_component(reference(name, number))
                    .build();
                relationships.push(
                    ReportingDescriptorRelationship::builder()
                        .kinds(vec!["relevant".to_owned()])
                        .target(target)
                        .build(),
                );
            }
        }
        relationships
    }
}

fn built_in_recommendation(rule: &Rule) -> Option<&'static str> {
    recommendation(rule.area()).filter(|_| !rule.custom)
}

/// The taxonomies of a run.
pub(super) fn taxonomies(rules: &[Rule]) -> Vec<ToolComponent> {
    let taxa = Taxa::of(&rules.iter().collect::<Vec<_>>());
    taxa.taxonomies
        .iter()
        .map(|(name, ids)| {
            let (about, organization, uri) = match *name {
                APRL => (
                    "Recommendations for the resiliency of Azure resources",
                    "Microsoft",
                    "https://azure.github.io/Azure-Proactive-Resiliency-Library-v2/",
                ),
                _ => (
                    "Design review checklist of the reliability pillar",
                    "Microsoft",
                    "https://learn.microsoft.com/azure/well-architected/reliability/checklist",
                ),
            };
            ToolComponent::builder()
                .name(*name)
                .organization(organization)
                .short_description(text(about))
                .information_uri(uri)
                .is_comprehensive(false)
                .taxa(ids.iter().map(|id| taxon(id)).collect::<Vec<_>>())
                .contents(vec![json!("nonLocalizedData")])
                .build()
        })
        .collect()
}

fn taxon(id: &str) -> ReportingDescriptor {
    let mut taxon = ReportingDescriptor::builder().id(id).build();
    if let Some((_, title)) = CHECKLIST.iter().find(|(known, _)| *known == id) {
        taxon.short_description = Some(text(*title));
    }
    taxon
}

/// References to all taxonomies of a run.
pub(super) fn references(taxonomies: &[ToolComponent]) -> Vec<ToolComponentReference> {
    taxonomies.iter().enumerate().map(|(index, taxonomy)| reference(&taxonomy.name, index)).collect()
}

fn reference(name: &str, index: usize) -> ToolComponentReference {
    ToolComponentReference::builder().name(name).index(index as i64).build()
}
