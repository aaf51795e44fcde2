//! Which resource a declaration is about: its type, its names and its id.

use crate::model::{GapCode, Hole, Kind, Part, Text, Value};
use crate::source::expr::{Evaluator, Expr, Fault, Scope, canonical_text, resource_id};

/// The type, names and id of a declared resource.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// The whole type, for example `Microsoft.Storage/storageAccounts/blobServices`.
    pub resource_type: String,
    /// As many names as the type has segments.
    pub names: Vec<Text>,
    /// The id.
    pub id: Text,
}

impl Identity {
    /// The name as `name` of the resource: `account/default`.
    pub fn name(&self) -> Text {
        let mut result = Text::default();
        for (at, name) in self.names.iter().enumerate() {
            if at > 0 {
                result.push_known("/");
            }
            result.push(name);
        }
        result
    }

    fn new(scope: &Text, resource_type: String, names: Vec<Text>) -> Self {
        let id = resource_id(scope, &resource_type, &names);
        Self { resource_type, names, id }
    }
}

/// The identity of a resource declared within `parent` or at the top of a template deployed to
/// `place`.
pub(super) fn identify(
    ev: &mut Evaluator<'_>,
    resource: &Expr,
    parent: Option<&Identity>,
    place: &Scope,
) -> Result<Identity, Fault> {
    let Some(declared) = resource.get("type") else {
        return Err(Fault::new(GapCode::InvalidDocument, "the resource has no type"));
    };
    let declared = ev.eval_shared(declared);
    let Some(declared) = declared.as_str() else {
        return Err(Fault::new(GapCode::Unsupported, "the type of the resource is not known before it is deployed"));
    };
    let declared = declared.split('@').next().unwrap_or_default().trim_matches('/');
    let name = resource.get("name").map(|name| ev.eval(name));
    let name = match name.as_ref().map(|name| (name.as_text(), name)) {
        Some((Some(text), _)) => text,
        Some((None, Value { kind: Kind::Number(number), .. })) => Text::known(number.to_string()),
        _ => return Err(Fault::new(GapCode::InvalidDocument, "the resource has no name")),
    };
    if let Some(parent) = parent
        && let Some(identity) = below(declared, &name, parent, place)
    {
        return identity;
    }
    let lower = declared.to_ascii_lowercase();
    if let Some(at) = lower.find("/providers/") {
        return extension(&declared[..at], &declared[at + 11..], &name, place);
    }
    if !declared.contains('/') {
        return Err(Fault::new(GapCode::InvalidDocument, format!("'{declared}' is no resource type")));
    }
    let scope = scope_of(ev, resource, place)?;
    let names = names_of(&name, declared.matches('/').count(), place)?;
    Ok(Identity::new(&scope, declared.to_owned(), names))
}

/// A resource within another: `blobServices`, `Microsoft.Storage/storageAccounts/blobServices`, or
/// `providers/locks` with its namespace in the name. `None` if it is no child of the parent.
fn below(declared: &str, name: &Text, parent: &Identity, place: &Scope) -> Option<Result<Identity, Fault>> {
    let resource_type = match strip_prefix(declared, &parent.resource_type) {
        Some(rest) if rest.starts_with('/') => declared.to_owned(),
        _ if declared.contains('.') && declared.contains('/') => return None,
        _ => format!("{}/{declared}", parent.resource_type),
    };
    if let Some(at) = resource_type.to_ascii_lowercase().find("/providers/") {
        return Some(extension_below(&resource_type[..at], &resource_type[at + 11..], name, parent, place));
    }
    let segments = resource_type.matches('/').count();
    let own = segments - parent.names.len();
    let pieces = name.split('/');
    let own_names = if pieces.len() == segments && segments > own {
        Ok(pieces[segments - own..].to_vec())
    } else {
        names_of(name, own, place)
    };
    Some(own_names.map(|names| descend(parent, &resource_type, names)))
}

/// The child of a resource with these names; the parent may be on another scope than the deployment.
fn descend(parent: &Identity, resource_type: &str, own: Vec<Text>) -> Identity {
    let mut id = parent.id.clone();
    for (segment, name) in resource_type.split('/').skip(1 + parent.names.len()).zip(&own) {
        id.push_known("/");
        id.push_known(segment);
        id.push_known("/");
        id.push(name);
    }
    let names = parent.names.iter().cloned().chain(own).collect();
    Identity { resource_type: resource_type.to_owned(), names, id }
}

/// An extension of a resource or of a child of it: `databases/providers/diagnosticSettings` named
/// `master/Microsoft.Insights/audit`, perhaps with the names of the parent in front.
fn extension_below(
    extended: &str,
    rest: &str,
    name: &Text,
    parent: &Identity,
    place: &Scope,
) -> Result<Identity, Fault> {
    let own = extended.matches('/').count() - parent.names.len();
    let pieces = name.split('/');
    let expected = own + 2 + rest.matches('/').count();
    let pieces = match pieces.len().checked_sub(expected) {
        Some(0) => pieces.as_slice(),
        Some(more) if more == parent.names.len() => &pieces[more..],
        _ => {
            let message = format!("the name '{name}' does not fit the type '{extended}/providers/{rest}'");
            return Err(Fault::new(GapCode::InvalidDocument, message));
        }
    };
    let extended = descend(parent, extended, pieces[..own].to_vec());
    on(&extended.id, rest, &pieces[own..], place)
}

/// The namespaces of common extensions, for names that are not known.
const EXTENSIONS: &[(&str, &str)] = &[
    ("roleAssignments", "Microsoft.Authorization"),
    ("roleDefinitions", "Microsoft.Authorization"),
    ("policyAssignments", "Microsoft.Authorization"),
    ("locks", "Microsoft.Authorization"),
    ("diagnosticSettings", "Microsoft.Insights"),
    ("eventSubscriptions", "Microsoft.EventGrid"),
];

/// `Microsoft.KeyVault/vaults/providers/diagnosticSettings` named `vault/Microsoft.Insights/service`.
fn extension(parent: &str, rest: &str, name: &Text, place: &Scope) -> Result<Identity, Fault> {
    let segments = parent.matches('/').count();
    let mut pieces = name.split('/');
    if segments > 0
        && let [Part::Unknown(_)] = name.parts()
        && let Some((_, namespace)) = EXTENSIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(rest))
    {
        pieces = names_of(name, segments + 2, place)?;
        pieces[segments] = Text::known(*namespace);
    }
    if segments == 0 || pieces.len() <= segments {
        let message = "the name of the resource does not say what it extends";
        return Err(Fault::new(GapCode::Unsupported, message));
    }
    let scope = resource_id(&place.id(), parent, &pieces[..segments]);
    on(&scope, rest, &pieces[segments..], place)
}

/// A resource on another: its names start with the namespace of its type.
fn on(scope: &Text, rest: &str, pieces: &[Text], place: &Scope) -> Result<Identity, Fault> {
    let namespace = pieces.first().and_then(Text::as_known).filter(|name| name.contains('.'));
    let (resource_type, names) = match namespace {
        Some(namespace) => (format!("{namespace}/{rest}"), &pieces[1..]),
        None if rest.contains('.') && rest.contains('/') => (rest.to_owned(), pieces),
        None => {
            let message = format!("the name of the resource does not start with the namespace of '{rest}'");
            return Err(Fault::new(GapCode::Unsupported, message));
        }
    };
    let mut name = Text::default();
    for (at, piece) in names.iter().enumerate() {
        if at > 0 {
            name.push_known("/");
        }
        name.push(piece);
    }
    let names = names_of(&name, resource_type.matches('/').count(), place)?;
    Ok(Identity::new(scope, resource_type, names))
}

fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = (text.get(..prefix.len())?, text.get(prefix.len()..)?);
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The names in `a/b`, as many as asked for. Where they lie in a hole each gets a name of its own.
fn names_of(name: &Text, count: usize, place: &Scope) -> Result<Vec<Text>, Fault> {
    let pieces = name.split('/');
    if pieces.len() == count {
        return Ok(pieces);
    }
    if name.is_known() || pieces.len() > count {
        let message = format!("the name '{name}' has {} segments, but the type of the resource {count}", pieces.len());
        return Err(Fault::new(GapCode::InvalidDocument, message));
    }
    let whole = canonical_text(name, &place.deployment);
    let piece = |at| Text::hole(Hole::new(&place.deployment, &format!("split({whole}, '/')[{at}]")));
    Ok((0..count).map(piece).collect())
}

/// The scope that ids start with: the `scope` of the resource, else that of the deployment.
fn scope_of(ev: &mut Evaluator<'_>, resource: &Expr, place: &Scope) -> Result<Text, Fault> {
    if let Some(scope) = resource.get("scope") {
        let value = ev.eval(scope);
        let Some(text) = value.as_text() else {
            return Err(Fault::expression("the scope of the resource is no string"));
        };
        return Ok(absolute(&text, place));
    }
    // Existing resources of symbolic-name templates may lie in another group.
    let own = |ev: &mut Evaluator<'_>, name: &str| resource.get(name).and_then(|expr| ev.eval(expr).as_text());
    let (subscription, group) = (own(ev, "subscriptionId"), own(ev, "resourceGroup"));
    Ok(match (subscription, group) {
        (None, None) => place.id(),
        (subscription, Some(group)) => place.clone().in_group(subscription, group).id(),
        (Some(subscription), None) => place.clone().in_subscription(subscription).id(),
    })
}

/// A scope as an id: `Microsoft.Storage/storageAccounts/x` lies in the scope of the deployment, `/` is
/// the tenant.
pub(super) fn absolute(scope: &Text, place: &Scope) -> Text {
    let Some(Part::Known(start)) = scope.parts().first() else { return scope.clone() };
    if scope.as_known() == Some("/") {
        return Text::default();
    }
    if start.starts_with('/') {
        return scope.clone();
    }
    let lower = start.to_ascii_lowercase();
    let mut id = match lower.starts_with("microsoft.management/managementgroups/") {
        true => Text::default(),
        false if !lower.contains('.') || !lower.contains('/') => return scope.clone(),
        false => place.id(),
    };
    id.push_known("/providers/");
    id.push(scope);
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::expr::ScopeKind;

    fn parent() -> Identity {
        let place = Scope::unknown(ScopeKind::ResourceGroup, "d");
        Identity::new(&place.id(), "Microsoft.Storage/storageAccounts".into(), vec!["st".into()])
    }

    fn child(declared: &str, name: &str) -> String {
        let place = Scope::unknown(ScopeKind::ResourceGroup, "d");
        let identity = below(declared, &name.into(), &parent(), &place).expect("a child").expect("valid");
        let id = identity.id.to_string();
        id.split("/providers/").skip(1).collect::<Vec<_>>().join(" + ")
    }

    #[test]
    fn children_in_every_spelling() {
        let expected = "Microsoft.Storage/storageAccounts/st/blobServices/default";
        assert_eq!(child("blobServices", "default"), expected);
        assert_eq!(child("Microsoft.Storage/storageAccounts/blobServices", "default"), expected);
        assert_eq!(child("Microsoft.Storage/storageAccounts/blobServices", "st/default"), expected);
        assert_eq!(
            child("blobServices/containers", "default/data"),
            "Microsoft.Storage/storageAccounts/st/blobServices/default/containers/data"
        );
        assert_eq!(
            child("providers/locks", "Microsoft.Authorization/keep"),
            "Microsoft.Storage/storageAccounts/st + Microsoft.Authorization/locks/keep"
        );
        assert_eq!(
            child("blobServices/providers/locks", "default/Microsoft.Authorization/keep"),
            "Microsoft.Storage/storageAccounts/st/blobServices/default + Microsoft.Authorization/locks/keep"
        );
        for name in ["Microsoft.Authorization/keep", "st/Microsoft.Authorization/keep"] {
            assert_eq!(
                child("Microsoft.Storage/storageAccounts/providers/locks", name),
                "Microsoft.Storage/storageAccounts/st + Microsoft.Authorization/locks/keep"
            );
        }
    }

    #[test]
    fn old_extensions_name_what_they_extend() {
        let place = Scope::unknown(ScopeKind::ResourceGroup, "d");
        let name = Text::known("kv/Microsoft.Insights/service");
        let identity = extension("Microsoft.KeyVault/vaults", "diagnosticSettings", &name, &place).expect("valid");
        assert_eq!(identity.resource_type, "Microsoft.Insights/diagnosticSettings");
        assert!(identity.id.to_string().ends_with(
            "/providers/Microsoft.KeyVault/vaults/kv/providers/Microsoft.Insights/diagnosticSettings/service"
        ));
    }

    #[test]
    fn names_in_a_hole_are_told_apart() {
        let place = Scope::unknown(ScopeKind::ResourceGroup, "d");
        let name = Text::hole(Hole::new("d", "parameters('n')"));
        let names = names_of(&name, 2, &place).expect("names");
        assert_eq!(names.len(), 2);
        assert_ne!(names[0], names[1]);
        assert!(names_of(&"a/b".into(), 1, &place).is_err());
        assert!(names_of(&"a".into(), 2, &place).is_err());
    }
}
