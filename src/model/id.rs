//! ARM resource ids, parsed once.

use std::fmt;
use std::sync::Arc;

use super::{Part, Text};

/// The id of a resource: `/subscriptions/{s}/resourceGroups/{g}/providers/{namespace}/{type}/{name}…`.
///
/// Compared without case. An id from a template may hold holes (the subscription and the resource
/// group of a deployment are rarely known), so sameness has three answers: see [`ResourceId::same`].
#[derive(Clone, Debug)]
pub struct ResourceId {
    text: Text,
    key: Arc<str>,
    parsed: Option<Arc<Parsed>>,
}

#[derive(Debug)]
struct Parsed {
    /// Everything before the last `/providers/`.
    scope: Vec<Text>,
    /// Lower case, `microsoft.storage/storageaccounts/blobservices`.
    resource_type: String,
    names: Vec<Text>,
}

/// Types whose names are unique in Azure, not only in their resource group: equal names are one
/// resource whatever the scope. <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules>
const GLOBALLY_UNIQUE: &[&str] = &[
    "microsoft.containerregistry/registries",
    "microsoft.datalakestore/accounts",
    "microsoft.dbformysql/flexibleservers",
    "microsoft.dbformysql/servers",
    "microsoft.dbforpostgresql/flexibleservers",
    "microsoft.dbforpostgresql/servers",
    "microsoft.documentdb/databaseaccounts",
    "microsoft.keyvault/vaults",
    "microsoft.sql/managedinstances",
    "microsoft.sql/servers",
    "microsoft.storage/storageaccounts",
];

impl ResourceId {
    /// An id of which everything is known.
    pub fn parse(id: &str) -> Self {
        Self::from_text(Text::known(id.trim()).trim_end('/'))
    }

    /// An id that may hold holes. Never fails: what does not read as an ARM id is opaque, and only
    /// equal to itself.
    pub fn from_text(text: Text) -> Self {
        let mut key = String::new();
        for part in text.parts() {
            match part {
                Part::Known(known) => key.push_str(&known.to_ascii_lowercase()),
                Part::Unknown(hole) => {
                    key.push('\u{27e8}');
                    key.push_str(hole.as_str());
                    key.push('\u{27e9}');
                }
            }
        }
        let parsed = parse(&text).map(Arc::new);
        Self { text, key: key.into(), parsed }
    }

    /// The id of a child resource: `blobServices`, `default` below a storage account.
    pub fn child(&self, child_type: &str, name: &Text) -> Self {
        let mut text = self.text.clone();
        text.push_known(&format!("/{child_type}/"));
        text.push(name);
        Self::from_text(text)
    }

    /// The id as written, with its holes.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The canonical spelling: lower case, holes by identity. Equal keys are the same resource;
    /// different keys may be the same too, see [`ResourceId::same`].
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether all of the id is known.
    pub fn is_exact(&self) -> bool {
        self.text.is_known()
    }

    /// The resource type in lower case, for example `microsoft.keyvault/vaults`; `None` if opaque.
    pub fn resource_type(&self) -> Option<&str> {
        self.parsed.as_ref().map(|p| p.resource_type.as_str())
    }

    /// The last name; `None` if the id is opaque.
    pub fn name(&self) -> Option<&Text> {
        self.parsed.as_ref().and_then(|p| p.names.last())
    }

    /// The subscription id in lower case, if known.
    pub fn subscription(&self) -> Option<String> {
        self.scope_after("subscriptions")
    }

    /// The resource group in lower case, if known.
    pub fn resource_group(&self) -> Option<String> {
        self.scope_after("resourcegroups")
    }

    fn scope_after(&self, label: &str) -> Option<String> {
        self.segment_after(label)?.as_known().map(str::to_ascii_lowercase)
    }

    /// The name behind a label (`subscriptions`, `resourcegroups`) in the scope of the id.
    pub fn segment_after(&self, label: &str) -> Option<&Text> {
        let scope = &self.parsed.as_ref()?.scope;
        let at = scope.iter().position(|s| s.as_known().is_some_and(|s| s.eq_ignore_ascii_case(label)))?;
        scope.get(at + 1)
    }

    /// The id of the resource that this one is a child of; `None` for a top-level resource.
    pub fn parent(&self) -> Option<ResourceId> {
        let parsed = self.parsed.as_ref()?;
        if parsed.names.len() < 2 {
            return None;
        }
        let pieces = self.text.split('/');
        Some(Self::from_text(join(&pieces[..pieces.len() - 2])))
    }

    /// What an extension resource (a lock, a role assignment) stands on: everything before the last
    /// `/providers/`. For other resources their resource group or subscription; `None` if opaque.
    pub fn scope(&self) -> Option<ResourceId> {
        let parsed = self.parsed.as_ref().filter(|p| !p.scope.is_empty())?;
        Some(Self::from_text(join(&parsed.scope)))
    }

    /// The names, outermost first: a child resource has several. Empty if opaque.
    pub fn names(&self) -> &[Text] {
        self.parsed.as_ref().map_or(&[], |p| &p.names)
    }

    /// The type and name, if names of this type are unique in Azure and this one is known: two such
    /// ids are one resource whatever their scopes.
    pub fn global_name(&self) -> Option<(String, String)> {
        let parsed = self.parsed.as_ref().filter(|p| GLOBALLY_UNIQUE.contains(&p.resource_type.as_str()))?;
        let name = parsed.names.last()?.as_known()?;
        Some((parsed.resource_type.clone(), name.to_ascii_lowercase()))
    }

    /// Whether two ids name the same resource: `None` if that cannot be decided.
    pub fn same(&self, other: &ResourceId) -> Option<bool> {
        if self.key == other.key {
            return Some(true);
        }
        if self.is_exact() && other.is_exact() {
            return Some(self.same_globally(other));
        }
        let (Some(a), Some(b)) = (&self.parsed, &other.parsed) else {
            return None;
        };
        if a.resource_type != b.resource_type || a.names.len() != b.names.len() {
            return Some(false);
        }
        let names = all(a.names.iter().zip(&b.names).map(|(x, y)| x.same(y)));
        if names == Some(true) && self.same_globally(other) {
            return Some(true);
        }
        if names == Some(false) {
            return Some(false);
        }
        let scopes = if a.scope.len() == b.scope.len() {
            all(a.scope.iter().zip(&b.scope).map(|(x, y)| x.same(y)))
        } else {
            None
        };
        all([names, scopes].into_iter())
    }

    /// Known equal names of a type whose names are unique in Azure.
    fn same_globally(&self, other: &ResourceId) -> bool {
        let (Some(a), Some(b)) = (&self.parsed, &other.parsed) else { return false };
        a.resource_type == b.resource_type
            && GLOBALLY_UNIQUE.contains(&a.resource_type.as_str())
            && a.names.last().zip(b.names.last()).is_some_and(|(x, y)| x.same(y) == Some(true))
    }
}

/// True if all are, false if one is not, otherwise undecided.
fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}

fn join(pieces: &[Text]) -> Text {
    let mut text = Text::default();
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            text.push_known("/");
        }
        text.push(piece);
    }
    text
}

fn parse(text: &Text) -> Option<Parsed> {
    let pieces = text.split('/');
    let is = |piece: &Text, word: &str| piece.as_known().is_some_and(|p| p.eq_ignore_ascii_case(word));
    let start = match pieces.iter().rposition(|p| is(p, "providers")) {
        Some(at) => at,
        // A resource group or a subscription is a resource of its own.
        None => return parse_container(&pieces, is),
    };
    let rest = &pieces[start + 1..];
    // namespace, then (type, name) pairs
    if rest.len() < 3 || rest.len().is_multiple_of(2) {
        return None;
    }
    let mut resource_type = rest[0].as_known()?.to_ascii_lowercase();
    let mut names = Vec::new();
    for pair in rest[1..].chunks(2) {
        resource_type.push('/');
        resource_type.push_str(&pair[0].as_known()?.to_ascii_lowercase());
        names.push(pair[1].clone());
    }
    Some(Parsed { scope: pieces[..start].to_vec(), resource_type, names })
}

fn parse_container(pieces: &[Text], is: impl Fn(&Text, &str) -> bool) -> Option<Parsed> {
    let (resource_type, label) = match pieces.len() {
        3 => ("microsoft.resources/subscriptions", 1),
        5 => ("microsoft.resources/resourcegroups", 3),
        _ => return None,
    };
    if !is(&pieces[1], "subscriptions") || (label == 3 && !is(&pieces[3], "resourcegroups")) {
        return None;
    }
    Some(Parsed {
        scope: pieces.to_vec(),
        resource_type: resource_type.to_owned(),
        names: vec![pieces[label + 1].clone()],
    })
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for ResourceId {}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl std::hash::Hash for ResourceId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hole;

    const STORAGE: &str = "/subscriptions/S1/resourceGroups/RG/providers/Microsoft.Storage/storageAccounts/St1";

    fn declared(scope: &str, resource_type: &str, name: &Text) -> ResourceId {
        let mut text = Text::hole(Hole::new("", scope));
        text.push_known(&format!("/providers/{resource_type}/"));
        text.push(name);
        ResourceId::from_text(text)
    }

    #[test]
    fn case_does_not_matter() {
        let id = ResourceId::parse(STORAGE);
        assert_eq!(id, ResourceId::parse(&STORAGE.to_uppercase()));
        assert_eq!(id.resource_type(), Some("microsoft.storage/storageaccounts"));
        assert_eq!(id.subscription().as_deref(), Some("s1"));
        assert_eq!(id.resource_group().as_deref(), Some("rg"));
        assert_eq!(id.name().and_then(Text::as_known), Some("St1"));
    }

    #[test]
    fn a_child_knows_its_parent() {
        let id = ResourceId::parse(STORAGE);
        let child = id.child("blobServices", &"default".into());
        assert_eq!(child.resource_type(), Some("microsoft.storage/storageaccounts/blobservices"));
        assert_eq!(child.parent(), Some(id.clone()));
        assert_eq!(id.parent(), None);
    }

    #[test]
    fn an_extension_resource_knows_what_it_stands_on() {
        let lock = ResourceId::parse(&format!("{STORAGE}/providers/Microsoft.Authorization/locks/l"));
        assert_eq!(lock.resource_type(), Some("microsoft.authorization/locks"));
        assert_eq!(lock.scope(), Some(ResourceId::parse(STORAGE)));
        assert_eq!(ResourceId::parse(STORAGE).scope(), Some(ResourceId::parse("/subscriptions/s1/resourceGroups/rg")));
    }

    #[test]
    fn unknown_names_are_neither_same_nor_distinct() {
        let a = declared("d#rg", "Microsoft.Storage/storageAccounts", &Text::hole(Hole::new("d", "a")));
        let b = declared("d#rg", "Microsoft.Storage/storageAccounts", &Text::hole(Hole::new("d", "b")));
        assert_eq!(a.same(&b), None);
        assert_eq!(a.same(&a.clone()), Some(true));
    }

    #[test]
    fn known_names_decide_in_unknown_scopes() {
        let storage = |scope: &str, name: &str| declared(scope, "Microsoft.Storage/storageAccounts", &name.into());
        assert_eq!(storage("d1#rg", "a").same(&storage("d2#rg", "b")), Some(false));
        // Storage account names are unique in Azure, those of workspaces are not.
        assert_eq!(storage("d1#rg", "a").same(&storage("d2#rg", "a")), Some(true));
        let workspace = |scope: &str| declared(scope, "Microsoft.MachineLearningServices/workspaces", &"w".into());
        assert_eq!(workspace("d1#rg").same(&workspace("d2#rg")), None);
        assert_eq!(ResourceId::parse(STORAGE).same(&storage("d1#rg", "ST1")), Some(true));
    }

    #[test]
    fn an_opaque_id_is_only_equal_to_itself() {
        let opaque = ResourceId::from_text(Text::hole(Hole::new("d", "parameters('id')")));
        assert_eq!(opaque.resource_type(), None);
        assert_eq!(opaque.same(&ResourceId::parse(STORAGE)), None);
        assert_eq!(opaque.same(&opaque.clone()), Some(true));
    }
}
